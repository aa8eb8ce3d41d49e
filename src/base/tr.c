/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tr.c - texts for people in their language, through gettext
 *
 * The catalogue's key is context, EOT, text, as pgettext() of gettext.h builds it.  gettext gives its argument back if it
 * knows nothing; then the English words behind the EOT are the answer.
 */
#include "base/tr.h"

#include <libintl.h>
#include <stdbool.h>

#include "base/cursor.h"

#define SEPARATOR '\004'
#define KEY_MAX   4096 /* longer than any text of ours; a site's longer ones have no translation */

void tr_open(const char *dir)
{
	(void)bindtextdomain(TR_DOMAIN, dir);
	/* whatever LC_CTYPE says: the terminal writer expects UTF-8 */
	(void)bind_textdomain_codeset(TR_DOMAIN, "UTF-8");
}

static const char *english_of(const char *key)
{
	const char *at = strchr(key, SEPARATOR);

	return at ? at + 1 : key;
}

const char *tr_key(const char *key)
{
	const char *found = dgettext(TR_DOMAIN, key);

	return found == key ? english_of(key) : found;
}

const char *tr_plural(const char *key, const char *many, unsigned long n)
{
	const char *found = dngettext(TR_DOMAIN, key, many, n);

	return found == key ? english_of(key) : found;
}

const char *tr_in(enum tr_language language, const char *key)
{
	return language == TR_LOCAL ? tr_key(key) : english_of(key);
}

const char *tr_plural_in(enum tr_language language, const char *key, const char *many, unsigned long n)
{
	if (language == TR_LOCAL)
		return tr_plural(key, many, n);
	return n == 1 ? english_of(key) : many;
}

struct slice tr_slice(struct slice id, const char *suffix, struct slice english)
{
	size_t suffix_n = strlen(suffix);
	char key[KEY_MAX];
	const char *found;
	char *p = key;

	if (!english.n || id.n >= KEY_MAX || suffix_n >= KEY_MAX || english.n >= KEY_MAX ||
	    id.n + suffix_n + english.n + 2 > KEY_MAX)
		return english;
	memcpy(p, id.p, id.n);
	p += id.n;
	memcpy(p, suffix, suffix_n);
	p += suffix_n;
	*p++ = SEPARATOR;
	memcpy(p, english.p, english.n);
	p[english.n] = '\0';
	found = dgettext(TR_DOMAIN, key);
	return found == key ? english : slice_str(found);
}

/* what stands between braces */
struct hole {
	struct slice before, name, otherwise;
	const struct tr_value *value; /* NULL: not one of ours */
};

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static struct hole hole_of(struct slice inside, const struct tr_value *values, size_t n)
{
	size_t bar = slice_find_byte(inside, '|'), at = bar;
	struct hole h = { .otherwise = bar < inside.n ? slice_from(inside, bar + 1) : SLICE_NONE };

	while (at && is_name_byte(inside.p[at - 1]))
		at--;
	h.before = slice_head(inside, at);
	h.name = slice_of(inside.p + at, bar - at);
	for (size_t i = 0; i < n && !h.value; i++)
		if (slice_eq(h.name, slice_str(values[i].name)))
			h.value = &values[i];
	return h;
}

void tr_fill(struct strbuf *out, const char *text, const struct tr_value *values, size_t n)
{
	struct slice rest = slice_str(text);

	while (rest.n) {
		size_t open = slice_find_byte(rest, '{'), close;
		struct hole h = { 0 };

		strbuf_add(out, slice_head(rest, open));
		rest = slice_from(rest, open);
		close = slice_find_byte(rest, '}');
		if (close < rest.n)
			h = hole_of(slice_of(rest.p + 1, close - 1), values, n);
		if (!h.value) {
			strbuf_add(out, slice_head(rest, 1));
			rest = slice_from(rest, rest.n != 0);
			continue;
		}
		strbuf_add(out, h.value->value.n ? h.before : h.otherwise);
		strbuf_add(out, h.value->value);
		rest = slice_from(rest, close + 1);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tr.c - texts for people in their language, through gettext
 *
 * The catalogue's key is context, EOT, text, as pgettext() of gettext.h builds it.  gettext gives its argument back if it
 * knows nothing; then the English words behind the EOT are the answer.
 */
#include "base/tr.h"

#include <libintl.h>

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

struct slice tr_slice(struct slice id, const char *suffix, struct slice english)
{
	size_t suffix_n = strlen(suffix);
	char key[KEY_MAX];
	const char *found;
	char *p = key;

	if (!english.n || id.n > KEY_MAX / 4 || suffix_n > KEY_MAX / 4 || english.n > KEY_MAX / 4)
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

static const struct tr_value *value_of(struct slice name, const struct tr_value *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(name, slice_str(values[i].name)))
			return &values[i];
	return NULL;
}

void tr_fill(struct strbuf *out, const char *text, const struct tr_value *values, size_t n)
{
	struct slice rest = slice_str(text);

	while (rest.n) {
		size_t open = slice_find_byte(rest, '{'), close;
		const struct tr_value *v = NULL;

		strbuf_add(out, slice_head(rest, open));
		rest = slice_from(rest, open);
		close = slice_find_byte(rest, '}');
		if (close < rest.n)
			v = value_of(slice_of(rest.p + 1, close - 1), values, n);
		if (v)
			strbuf_add(out, v->value);
		else
			strbuf_add(out, slice_head(rest, 1));
		rest = slice_from(rest, v ? close + 1 : rest.n != 0);
	}
}

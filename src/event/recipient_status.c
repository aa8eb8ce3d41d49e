/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recipient_status.c - Exchange's lists of recipients and statuses
 *
 * Source: Microsoft, "Message tracking" (recipient-address, recipient-status).
 * Trap: a remote server may put braces into its reply; then the entry is not split, and all of it is the reply.
 */
#include "event/recipient_status.h"

#include "base/ascii.h"
#include "base/attr.h"

#define DEPTH_MAX 16

static char closing(char open)
{
	return open == '[' ? ']' : open == '{' ? '}' : '\0';
}

bool status_list_next(struct cur *list, struct slice *ret)
{
	const char *from = list->p, *p;
	char waits[DEPTH_MAX];
	size_t depth = 0;
	bool quoted = false;

	if (cur_at_end(list))
		return false;
	for (p = from; p < list->end; p++) {
		if (*p == '"') {
			quoted = !quoted;
		} else if (quoted) {
			continue;
		} else if (depth < DEPTH_MAX && closing(*p)) {
			waits[depth++] = closing(*p);
		} else if (depth && *p == waits[depth - 1]) {
			depth--;
		} else if (depth == 0 && *p == ';') {
			break;
		}
	}
	*ret = slice_trim(slice_between(from, p));
	list->p = p < list->end ? p + 1 : p;
	return true;
}

size_t status_list_count(struct slice list)
{
	struct cur c = cur_of(list);
	struct slice s;
	size_t n = 0;

	while (status_list_next(&c, &s))
		n++;
	/* an empty one at the end counts as well: "Inbox;" */
	return n + (list.n > 0 && list.p[list.n - 1] == ';');
}

void reply_codes(struct slice reply, int64_t *ret_code, struct slice *ret_dsn)
{
	struct cur c = cur_of(reply);
	const char *from;
	uint64_t v;

	*ret_code = -1;
	*ret_dsn = SLICE_NONE;
	if (!cur_u64(&c, 599, &v) || c.p - reply.p != 3 || v < 200)
		return;
	if (!cur_at_end(&c) && !cur_byte(&c, ' ') && !cur_byte(&c, '-'))
		return;
	*ret_code = (int64_t)v;
	from = c.p;
	if (!cur_u64(&c, 5, &v) || !cur_byte(&c, '.') || !cur_u64(&c, 999, &v) || !cur_byte(&c, '.') || !cur_u64(&c, 999, &v))
		return;
	if (cur_at_end(&c) || *c.p == ' ' || *c.p == ';')
		*ret_dsn = slice_between(from, c.p);
}

static const struct slice KEYS[] = {
	{ "LED=", 4 }, { "MSG=", 4 }, { "FQDN=", 5 }, { "IP=", 3 }, { "LRT=", 4 },
};

enum { KEY_LED, KEY_MSG, KEY_FQDN, KEY_IP, KEY_LRT, KEY_COUNT };

/* the key that stands here and was not seen yet; KEY_COUNT: none */
static size_t key_at(const struct cur *c, const struct slice *values)
{
	struct slice rest = cur_rest(c);

	for (size_t i = 0; i < KEY_COUNT; i++)
		if (!values[i].p && rest.n >= KEYS[i].n && slice_eq(slice_head(rest, KEYS[i].n), KEYS[i]))
			return i;
	return KEY_COUNT;
}

/* "[{KEY=value};{KEY=value}]", in whatever order; false: it is something else */
static bool read_braces(struct slice s, struct slice *values)
{
	struct cur c = cur_of(s), at;
	struct slice part;
	size_t key, next;

	if (!slice_ends(s, "}]") || !cur_lit(&c, "[{") || (key = key_at(&c, values)) == KEY_COUNT)
		return false;
	c.end -= 2;
	while (key != KEY_COUNT) {
		const char *from = c.p + KEYS[key].n;

		next = KEY_COUNT;
		values[key] = slice_between(from, c.end);
		for (at = (struct cur){ from, c.end }; next == KEY_COUNT && cur_until_lit(&at, "};{", &part);) {
			next = key_at(&at, values);
			if (next != KEY_COUNT)
				values[key] = slice_between(from, at.p - 3);
		}
		key = next;
		c = at;
	}
	return true;
}

static struct slice told_or_none(struct slice s)
{
	return s.n ? s : SLICE_NONE;
}

void recipient_status_read(struct slice status, struct recipient_status *ret)
{
	struct slice values[KEY_COUNT];

	for (size_t i = 0; i < KEY_COUNT; i++)
		values[i] = SLICE_NONE;
	*ret = (struct recipient_status){ .reply = told_or_none(status), .code = -1 };
	if (read_braces(status, values)) {
		ret->reply = told_or_none(values[KEY_LED]);
		ret->before = told_or_none(values[KEY_MSG]);
		ret->host = told_or_none(values[KEY_FQDN]);
		ret->ip = told_or_none(values[KEY_IP]);
	}
	if (!ret->reply.p)
		return;
	reply_codes(ret->reply, &ret->code, &ret->dsn);
	ret->expired = ret->dsn.p && slice_is(ret->dsn, "4.4.7");
}

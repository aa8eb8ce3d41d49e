/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address_list.c - a list of recipients as Sendmail logs it
 *
 * Trap: an address is cut at some 200 bytes, so quotes and brackets may stay open: then they shield nothing.
 */
#include "event/address_list.h"

#include "base/ascii.h"

/* what may hold commas, and whether it was closed */
struct nesting {
	bool quoted, angle;
	int comments;
};

static bool nesting_open(const struct nesting *n)
{
	return n->quoted || n->angle || n->comments > 0;
}

static void nesting_step(struct nesting *n, char c)
{
	if (c == '"')
		n->quoted = !n->quoted;
	else if (n->quoted)
		return;
	else if (c == '<')
		n->angle = true;
	else if (c == '>')
		n->angle = false;
	else if (c == '(')
		n->comments++;
	else if (c == ')' && n->comments > 0)
		n->comments--;
}

static size_t item_end(struct slice list)
{
	struct nesting n = { false, false, 0 };
	size_t i = 0;

	for (; i < list.n; i++) {
		if (list.p[i] == '\\' && i + 1 < list.n)
			i++;
		else if (list.p[i] == ',' && !nesting_open(&n))
			return i;
		else
			nesting_step(&n, list.p[i]);
	}
	return nesting_open(&n) ? slice_find_byte(list, ',') : list.n;
}

bool address_list_next(struct slice *list, struct slice *ret)
{
	while (list->n) {
		size_t end = item_end(*list);
		struct slice item = slice_trim(slice_head(*list, end));

		*list = slice_from(*list, end < list->n ? end + 1 : list->n);
		if (item.n == 0)
			continue;
		*ret = item;
		return true;
	}
	return false;
}

struct slice address_plain(struct slice s)
{
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		return slice_of(s.p + 1, s.n - 2);
	if (s.n >= 3 && s.p[0] == '"' && s.p[s.n - 1] == '"' && (s.p[1] == '|' || s.p[1] == '/'))
		return slice_of(s.p + 1, s.n - 2);
	if (s.n >= 4 && s.p[s.n - 1] == '>') { /* "Ann Example <ann@example.com>": as a header had it */
		size_t at = slice_rfind(s, SLICE(" <"));

		if (at < s.n)
			return slice_of(s.p + at + 2, s.n - at - 3);
	}
	while (s.n > 1 && s.p[0] == '\\')
		s = slice_from(s, 1);
	return s;
}

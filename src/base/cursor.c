/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor.c - the longer steps of a cursor
 */
#include "base/cursor.h"

bool cur_until_lit_(struct cur *c, const char *lit, size_t n, struct slice *ret)
{
	struct slice rest = cur_rest(c);
	size_t at = slice_find(rest, slice_of(lit, n));

	if (at == rest.n)
		return false;
	*ret = slice_head(rest, at);
	c->p += at + n;
	return true;
}

bool cur_until_last_lit_(struct cur *c, const char *lit, size_t n, struct slice *ret)
{
	struct slice rest = cur_rest(c);
	size_t at = slice_rfind(rest, slice_of(lit, n));

	if (at == rest.n)
		return false;
	*ret = slice_head(rest, at);
	c->p += at + n;
	return true;
}

bool cur_seconds(struct cur *c, usec_t *ret)
{
	static const usec_t UNITS[] = { 1000000, 100000, 10000, 1000, 100, 10, 1 };
	struct cur at = *c;
	const char *p, *end = c->end, *sixth;
	uint64_t sec;
	usec_t fraction = 0;

	if (!cur_u64(&at, INT64_MAX / USEC_PER_SEC - 1, &sec))
		return false;
	p = at.p;
	if (end - p > 1 && *p == '.' && ascii_digit(p[1])) {
		const char *begin = ++p;

		sixth = end - p > 6 ? p + 6 : end;
		for (; p < sixth && ascii_digit(*p); p++)
			fraction = fraction * 10 + (*p - '0');
		fraction *= UNITS[p - begin];
		while (p < end && ascii_digit(*p))
			p++;
	}
	*ret = (usec_t)sec * USEC_PER_SEC + fraction;
	c->p = p;
	return true;
}

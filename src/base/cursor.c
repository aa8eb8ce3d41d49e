/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor.c - the longer steps of a cursor
 */
#include "base/cursor.h"

#include "base/attr.h"

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
	uint64_t sec;
	usec_t fraction = 0;
	size_t digits = 0;

	if (!cur_u64(&at, INT64_MAX / USEC_PER_SEC - 1, &sec))
		return false;
	if (at.p + 1 < at.end && *at.p == '.' && ascii_digit(at.p[1])) {
		at.p++;
		for (; at.p < at.end && ascii_digit(*at.p); at.p++) {
			if (digits == ARRAY_LEN(UNITS) - 1)
				continue;
			fraction = fraction * 10 + (*at.p - '0');
			digits++;
		}
	}
	*ret = (usec_t)sec * USEC_PER_SEC + fraction * UNITS[digits];
	*c = at;
	return true;
}

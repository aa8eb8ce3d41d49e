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

struct cur_number cur_long_u64(struct cur c, uint64_t max)
{
	const char *q = c.p;
	uint64_t v = 0;

	for (; q < c.end && ascii_digit(*q); q++) {
		unsigned d = (unsigned)(*q - '0');

		if (v >= UINT64_MAX / 10 && (v > UINT64_MAX / 10 || d > UINT64_MAX % 10))
			return (struct cur_number){ NULL, 0 };
		v = v * 10 + d;
	}
	return v > max ? (struct cur_number){ NULL, 0 } : (struct cur_number){ q, v };
}

/* any number of digits; the usual few are read by cur_seconds() itself */
static bool long_seconds(struct cur *c, usec_t *ret)
{
	struct cur at = *c;
	usec_t fraction = 0, unit = USEC_PER_SEC;
	uint64_t sec;

	if (!cur_u64(&at, INT64_MAX / USEC_PER_SEC - 1, &sec))
		return false;
	if (at.p + 1 < at.end && *at.p == '.' && ascii_digit(at.p[1])) {
		at.p++;
		for (; at.p < at.end && ascii_digit(*at.p); at.p++) {
			unit /= 10;
			fraction += (*at.p - '0') * unit;
		}
	}
	*ret = (usec_t)sec * USEC_PER_SEC + fraction;
	*c = at;
	return true;
}

bool cur_seconds(struct cur *c, usec_t *ret)
{
	static const usec_t UNITS[] = { 1000000, 100000, 10000, 1000, 100, 10, 1 };
	const char *p = c->p, *end = c->end, *point;
	uint64_t v = 0;

	for (; p < end && ascii_digit(*p); p++)
		v = v * 10 + (unsigned)(*p - '0');
	point = p;
	if (point == c->p)
		return false;
	if (end - p > 1 && *p == '.' && ascii_digit(p[1]))
		for (p++; p < end && ascii_digit(*p); p++)
			v = v * 10 + (unsigned)(*p - '0');
	if (point - c->p > 12 || p - point > 7)
		return long_seconds(c, ret);
	*ret = (usec_t)v * UNITS[p > point ? p - point - 1 : 0];
	c->p = p;
	return true;
}

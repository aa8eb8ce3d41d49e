/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor.h - walking bytes that have an end
 *
 * A cursor is two pointers; every step checks against `end`; a failed step leaves the cursor where it was
 * and the result untouched.  Pass a cursor by value to try something: backtracking is free.  No NUL
 * terminator is needed, nothing is allocated.
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdint.h>

#include "base/ascii.h"
#include "base/attr.h"
#include "base/slice.h"
#include "base/usec.h"

struct cur {
	const char *p, *end; /* p <= end, always */
};

static inline struct cur cur_of(struct slice s)
{
	return (struct cur){ s.p, s.p ? s.p + s.n : s.p };
}

static inline size_t cur_left(const struct cur *c)
{
	return (size_t)(c->end - c->p);
}

static inline bool cur_at_end(const struct cur *c)
{
	return c->p == c->end;
}

/* what is left, without consuming it */
static inline struct slice cur_rest(const struct cur *c)
{
	return (struct slice){ c->p, cur_left(c) };
}

/* the next byte, or '\0' at the end */
static inline char cur_peek(const struct cur *c)
{
	return c->p < c->end ? *c->p : '\0';
}

static inline ATTR_ALWAYS_INLINE bool cur_lit_(struct cur *c, const char *lit, size_t n)
{
	if (cur_left(c) < n || !bytes_eq(c->p, lit, n))
		return false;
	c->p += n;
	return true;
}
/* consume exactly this literal */
#define cur_lit(c, s) cur_lit_((c), "" s "", sizeof(s) - 1)

static inline bool cur_byte(struct cur *c, char want)
{
	if (c->p == c->end || *c->p != want)
		return false;
	c->p++;
	return true;
}

/* up to the first `stop`, which is consumed too */
static inline bool cur_until(struct cur *c, char stop, struct slice *ret)
{
	const char *q = cur_left(c) ? memchr(c->p, stop, cur_left(c)) : NULL;

	if (!q)
		return false;
	*ret = slice_between(c->p, q);
	c->p = q + 1;
	return true;
}

bool cur_until_lit_(struct cur *c, const char *lit, size_t n, struct slice *ret);
/* up to the first occurrence of this literal, which is consumed too */
#define cur_until_lit(c, s, ret) cur_until_lit_((c), "" s "", sizeof(s) - 1, (ret))

bool cur_until_last_lit_(struct cur *c, const char *lit, size_t n, struct slice *ret);
/* up to the LAST occurrence of this literal, which is consumed too */
#define cur_until_last_lit(c, s, ret) cur_until_last_lit_((c), "" s "", sizeof(s) - 1, (ret))

/* up to the first `stop` (consumed) or else to the end; always succeeds */
static inline struct slice cur_token(struct cur *c, char stop)
{
	struct slice s;

	if (!cur_until(c, stop, &s)) {
		s = cur_rest(c);
		c->p = c->end;
	}
	return s;
}

/* all that is left */
static inline struct slice cur_take_rest(struct cur *c)
{
	struct slice s = cur_rest(c);

	c->p = c->end;
	return s;
}

static inline void cur_skip_spaces(struct cur *c)
{
	while (c->p < c->end && *c->p == ' ')
		c->p++;
}

struct cur_number {
	const char *p; /* behind it; NULL: none, or too large */
	uint64_t v;
};
/* what cur_u64() takes, of any number of digits; by value, so that nobody's cursor has to lie in memory */
struct cur_number cur_long_u64(struct cur c, uint64_t max);

/* decimal, at least one digit, <= max */
static inline bool cur_u64(struct cur *c, uint64_t max, uint64_t *ret)
{
	const char *q = c->p;
	uint64_t v = 0;
	unsigned digit;

	for (; q < c->end && (digit = (unsigned)*q - '0') <= 9; q++)
		v = v * 10 + digit;
	if (UNLIKELY(q - c->p > 19)) { /* v may have wrapped */
		struct cur_number n = cur_long_u64(*c, max);

		q = n.p;
		v = n.v;
	}
	if (!q || q == c->p || v > max)
		return false;
	*ret = v;
	c->p = q;
	return true;
}

/* how many of the eight bytes of v are digits, from the first one on, and what number they are; up to 7 */
static inline unsigned cur_seven_digits(uint64_t v, uint64_t *ret)
{
	uint64_t digits = v ^ UINT64_C(0x3030303030303030);
	uint64_t others = ((digits + UINT64_C(0x7676767676767676)) | digits) & UINT64_C(0x8080808080808080);
	unsigned n = others ? (unsigned)__builtin_ctzll(others) / 8 : 8;

	if (n == 0 || n == 8)
		return n;
	digits <<= 64 - 8 * n;
	digits = (digits * 10 + (digits >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
	digits = (digits * 100 + (digits >> 16)) & UINT64_C(0x0000ffff0000ffff);
	*ret = (digits * 10000 + (digits >> 32)) & UINT64_C(0xffffffff);
	return n;
}

/* cur_u64() of what mostly has some digits, as a size in bytes: all of them at one look */
static inline bool cur_size(struct cur *c, int64_t *ret)
{
	uint64_t v = 0;
	unsigned n = 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if (cur_left(c) >= sizeof v) {
		memcpy(&v, c->p, sizeof v);
		n = cur_seven_digits(v, &v);
		if (n == 0)
			return false;
	}
#endif
	if (n == 0 || n == 8) {
		if (!cur_u64(c, INT64_MAX, &v))
			return false;
	}
	*ret = (int64_t)v;
	c->p += n & 7;
	return true;
}

/* the same into a signed result, 0 <= value <= max */
static inline bool cur_i64(struct cur *c, int64_t max, int64_t *ret)
{
	uint64_t v;

	if (!cur_u64(c, (uint64_t)max, &v))
		return false;
	*ret = (int64_t)v;
	return true;
}

/* "12", "0.07", "3600.5": decimal seconds into microseconds; digits past the sixth are dropped */
bool cur_seconds(struct cur *c, usec_t *ret);

#endif

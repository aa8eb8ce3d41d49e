/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.h - looking at the next bytes, where what is looked for is near
 *
 * A call of memchr() costs more than it finds when the token is a dozen bytes long.  These look at 16 bytes
 * at a time without a call; for texts of more than some 60 bytes memchr() is the better one.
 */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <stdint.h>
#include <string.h>

#include "base/ascii.h"
#include "base/attr.h"
#include "base/slice.h"

/* memcmp() == 0 of what mostly is no longer than 16 bytes */
static inline bool scan_same(const char *a, const char *b, size_t n)
{
	uint64_t head[2], tail[2];

	if (n > 16)
		return memcmp(a, b, n) == 0;
	if (n < 4)
		return n == 0 || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
	if (n < 8)
		return memcmp(a, b, 4) == 0 && memcmp(a + n - 4, b + n - 4, 4) == 0;
	memcpy(&head[0], a, 8);
	memcpy(&head[1], b, 8);
	memcpy(&tail[0], a + n - 8, 8);
	memcpy(&tail[1], b + n - 8, 8);
	return head[0] == head[1] && tail[0] == tail[1];
}

/* Does it end with "@domain", byte for byte?  No domain has no address. */
static inline bool scan_is_of_domain(struct slice address, struct slice domain)
{
	return domain.n && address.n > domain.n && address.p[address.n - domain.n - 1] == '@' &&
	       scan_same(address.p + (address.n - domain.n), domain.p, domain.n);
}

/* which of the 16 bytes at a and at b are the same: bit i is a[i] */
static inline ATTR_ALWAYS_INLINE unsigned scan_equal16(const char *a, const char *b)
{
#ifdef __SSE2__
	const __m128i *x = (const __m128i *)(const void *)a, *y = (const __m128i *)(const void *)b;

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(x), _mm_loadu_si128(y)));
#else
	unsigned same = 0;

	for (unsigned i = 0; i < 16; i++)
		same |= (unsigned)(a[i] == b[i]) << i;
	return same;
#endif
}

/* Are all those the same that have a bit in `which`? */
static inline ATTR_ALWAYS_INLINE bool scan_same16(const char *a, const char *b, unsigned which)
{
	return (~scan_equal16(a, b) & which) == 0;
}

/* which of the 16 bytes at p are a or b: bit i is p[i] */
static inline ATTR_ALWAYS_INLINE unsigned scan_either16(const char *p, char a, char b)
{
#ifdef __SSE2__
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i hits = _mm_cmpeq_epi8(v, _mm_set1_epi8(a));

	if (b != a)
		hits = _mm_or_si128(hits, _mm_cmpeq_epi8(v, _mm_set1_epi8(b)));
	return (unsigned)_mm_movemask_epi8(hits);
#else
	unsigned mask = 0;

	for (unsigned i = 0; i < 16; i++)
		mask |= (unsigned)(p[i] == a || p[i] == b) << i;
	return mask;
#endif
}

/*
 * The first a or b from p on, or end.  From base to p lie bytes that may be read too: where that makes 16
 * bytes, a token at the very end costs one look as well.
 */
static inline ATTR_ALWAYS_INLINE const char *scan_either_from(const char *base, const char *p,
							      const char *end, char a, char b)
{
#ifdef __SSE2__
	unsigned mask;

	for (; end - p >= 16; p += 16) {
		mask = scan_either16(p, a, b);
		if (mask)
			return p + __builtin_ctz(mask);
	}
	if (end - base >= 16) {
		/* the last 16, without those before p */
		mask = scan_either16(end - 16, a, b) >> (16 - (end - p));
		return mask ? p + __builtin_ctz(mask) : end;
	}
#else
	(void)base;
#endif
	while (p < end && *p != a && *p != b)
		p++;
	return p;
}

/* the first a or b, or end */
static inline ATTR_ALWAYS_INLINE const char *scan_either(const char *p, const char *end, char a, char b)
{
	return scan_either_from(p, p, end, a, b);
}

/* the first a from p on, or end; see scan_either_from() */
static inline ATTR_ALWAYS_INLINE const char *scan_for_from(const char *base, const char *p,
							   const char *end, char a)
{
	return scan_either_from(base, p, end, a, a);
}

/* the first a, or end */
static inline ATTR_ALWAYS_INLINE const char *scan_for(const char *p, const char *end, char a)
{
	return scan_either(p, end, a, a);
}

/* which of the n bytes at p, 16 or 32, are a or b: bit i is p[i] */
static inline ATTR_ALWAYS_INLINE uint32_t scan_mask(const char *p, size_t n, char a, char b)
{
	uint32_t mask = scan_either16(p, a, b);

	return n == 32 ? mask | scan_either16(p + 16, a, b) << 16 : mask;
}

/*
 * The first a or b among the next n bytes, 16 or 32, or NULL: one look and no loop, so that nobody has to guess how often
 * it turns.  From base to p lie bytes that may be read too; NULL as well if they do not make n bytes with those behind p.
 */
static inline ATTR_ALWAYS_INLINE const char *scan_near(const char *base, const char *p, const char *end, char a,
						       char b, size_t n)
{
	uint32_t mask;

	if ((size_t)(end - p) >= n)
		mask = scan_mask(p, n, a, b);
	else if (LIKELY((size_t)(end - base) >= n))
		mask = (uint32_t)((uint64_t)scan_mask(end - n, n, a, b) >> (n - (size_t)(end - p)));
	else
		return NULL;
	return LIKELY(mask) ? p + (unsigned)__builtin_ctz(mask) : NULL;
}

/* scan_either(), not inlined */
const char *scan_far(const char *p, const char *end, char a, char b);

/* the first a or b, or end, where that is mostly near */
static inline ATTR_ALWAYS_INLINE const char *scan_mostly_near(const char *base, const char *p, const char *end, char a,
							      char b, size_t n)
{
	const char *found = scan_near(base, p, end, a, b, n);

	if (found)
		return found;
	return (size_t)(end - p) <= n && (size_t)(end - base) >= n ? end : scan_far(p, end, a, b);
}

/* Is there an a between p and end?  The bytes from end to limit may be read too. */
static inline ATTR_ALWAYS_INLINE bool scan_has(const char *p, const char *end, const char *limit, char a)
{
#ifdef __SSE2__
	for (; p < end && limit - p >= 16; p += 16) {
		unsigned mask = scan_either16(p, a, a);

		if (mask)
			return p + __builtin_ctz(mask) < end;
	}
#else
	(void)limit;
#endif
	while (p < end && *p != a)
		p++;
	return p < end;
}

#ifdef __SSE2__
/* all bits set in the bytes lo..hi */
static inline ATTR_ALWAYS_INLINE __m128i scan_within(__m128i v, char lo, char hi)
{
	__m128i above = _mm_sub_epi8(v, _mm_set1_epi8(lo));

	return _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8((char)(hi - lo))), above);
}
#endif

/* the first byte that is neither a digit nor a dot, or end */
static inline const char *scan_dotted(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i dot = _mm_cmpeq_epi8(v, _mm_set1_epi8('.'));
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(scan_within(v, '0', '9'), dot));

		if (mask != 0xffff)
			return p + __builtin_ctz(~mask);
	}
#endif
	while (p < end && (ascii_digit(*p) || *p == '.'))
		p++;
	return p;
}

/* which of the 16 bytes at p are digits or dots, and which are dots: bit i is p[i] */
static inline unsigned scan_dotted16(const char *p, unsigned *ret_dots)
{
#ifdef __SSE2__
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);

	*ret_dots = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('.')));
	return *ret_dots | (unsigned)_mm_movemask_epi8(scan_within(v, '0', '9'));
#else
	unsigned dots = 0, digits = 0;

	for (unsigned i = 0; i < 16; i++) {
		dots |= (unsigned)(p[i] == '.') << i;
		digits |= (unsigned)ascii_digit(p[i]) << i;
	}
	*ret_dots = dots;
	return dots | digits;
#endif
}

/* which of the 16 bytes at p are upper case hexadecimal digits: bit i is p[i] */
static inline unsigned scan_upper_hex16(const char *p)
{
#ifdef __SSE2__
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(scan_within(v, '0', '9'), scan_within(v, 'A', 'F')));
#else
	unsigned mask = 0;

	for (unsigned i = 0; i < 16; i++)
		mask |= (unsigned)(ascii_digit(p[i]) || (p[i] >= 'A' && p[i] <= 'F')) << i;
	return mask;
#endif
}

/* which of the 16 bytes at p may stand in a session id (letters, digits, + - . / : = _): bit i is p[i] */
static inline unsigned scan_session16(const char *p)
{
#ifdef __SSE2__
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i lower = _mm_or_si128(v, _mm_set1_epi8(0x20));
	__m128i rare = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('+')),
						 _mm_cmpeq_epi8(v, _mm_set1_epi8('='))),
				    _mm_cmpeq_epi8(v, _mm_set1_epi8('_')));

	_Static_assert('-' + 1 == '.' && '.' + 1 == '/' && '/' + 1 == '0' && '9' + 1 == ':', "one range");
	return (unsigned)_mm_movemask_epi8(
		_mm_or_si128(rare, _mm_or_si128(scan_within(v, '-', ':'), scan_within(lower, 'a', 'z'))));
#else
	unsigned mask = 0;

	for (unsigned i = 0; i < 16; i++)
		mask |= (unsigned)(ascii_alpha(p[i]) || (p[i] >= '-' && p[i] <= ':') || p[i] == '+' ||
				   p[i] == '=' || p[i] == '_') << i;
	return mask;
#endif
}

/* which of the 16 bytes at p may stand in a service's name (lower case letters, digits, - _): bit i is p[i] */
static inline unsigned scan_service16(const char *p)
{
#ifdef __SSE2__
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i rare = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('-')), _mm_cmpeq_epi8(v, _mm_set1_epi8('_')));

	return (unsigned)_mm_movemask_epi8(
		_mm_or_si128(rare, _mm_or_si128(scan_within(v, '0', '9'), scan_within(v, 'a', 'z'))));
#else
	unsigned mask = 0;

	for (unsigned i = 0; i < 16; i++)
		mask |= (unsigned)(ascii_lower(p[i]) || ascii_digit(p[i]) || p[i] == '-' || p[i] == '_') << i;
	return mask;
#endif
}

/* which of the 16 bytes at p are letters: bit i is p[i] */
static inline unsigned scan_alpha16(const char *p)
{
#ifdef __SSE2__
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);

	return (unsigned)_mm_movemask_epi8(scan_within(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 'z'));
#else
	unsigned mask = 0;

	for (unsigned i = 0; i < 16; i++)
		mask |= (unsigned)ascii_alpha(p[i]) << i;
	return mask;
#endif
}

/* which of the 16 bytes at p are letters or digits: bit i is p[i] */
static inline unsigned scan_alnum16(const char *p)
{
#ifdef __SSE2__
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i lower = _mm_or_si128(v, _mm_set1_epi8(0x20));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(scan_within(v, '0', '9'), scan_within(lower, 'a', 'z')));
#else
	unsigned mask = 0;

	for (unsigned i = 0; i < 16; i++)
		mask |= (unsigned)ascii_alnum(p[i]) << i;
	return mask;
#endif
}

#endif

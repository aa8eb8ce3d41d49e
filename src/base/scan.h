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

#include "base/ascii.h"
#include "base/attr.h"

#ifdef __SSE2__
/* which of the 16 bytes at p are a or b: bit i is p[i] */
static inline ATTR_ALWAYS_INLINE unsigned scan_either16(const char *p, char a, char b)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i hits = _mm_cmpeq_epi8(v, _mm_set1_epi8(a));

	if (b != a)
		hits = _mm_or_si128(hits, _mm_cmpeq_epi8(v, _mm_set1_epi8(b)));
	return (unsigned)_mm_movemask_epi8(hits);
}
#endif

/* the first a or b, or end */
static inline ATTR_ALWAYS_INLINE const char *scan_either(const char *p, const char *end, char a, char b)
{
#ifdef __SSE2__
	const char *begin = p;
	unsigned mask;

	for (; end - p >= 16; p += 16) {
		mask = scan_either16(p, a, b);
		if (mask)
			return p + __builtin_ctz(mask);
	}
	if (p > begin) {
		/* the last 16, some of them for the second time */
		mask = scan_either16(end - 16, a, b);
		return mask ? end - 16 + __builtin_ctz(mask) : end;
	}
#endif
	while (p < end && *p != a && *p != b)
		p++;
	return p;
}

/* the first a, or end */
static inline ATTR_ALWAYS_INLINE const char *scan_for(const char *p, const char *end, char a)
{
	return scan_either(p, end, a, a);
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

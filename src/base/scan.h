/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.h - the first of one or two bytes, where it is near
 *
 * A call of memchr() costs more than it finds when the token is a dozen bytes long.  These look at 16 bytes
 * at a time without a call; for texts of more than some 60 bytes memchr() is the better one.
 */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/attr.h"

/* the first a or b, or end */
static inline ATTR_ALWAYS_INLINE const char *scan_either(const char *p, const char *end, char a, char b)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i hits = _mm_cmpeq_epi8(v, _mm_set1_epi8(a));
		int mask;

		if (b != a)
			hits = _mm_or_si128(hits, _mm_cmpeq_epi8(v, _mm_set1_epi8(b)));
		mask = _mm_movemask_epi8(hits);
		if (mask)
			return p + __builtin_ctz((unsigned)mask);
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

#endif

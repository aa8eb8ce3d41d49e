/* SPDX-License-Identifier: Apache-2.0 */
/*
 * newlines.c - where the lines of a chunk end, found in one go
 *
 * A call of memchr() per line costs more than to look at all bytes at once: what is found in 64 bytes is a word, and
 * mostly there is one newline in it or none, which takes no branch.
 */
#include "input/newlines.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

#include "base/attr.h"

#define NUL_STEP 256 /* bytes that are looked at together for a NUL, of which there mostly is none */

typedef uint64_t newlines_mask(const char *p);
typedef unsigned newlines_lowest(uint64_t mask);
typedef bool newlines_nul(const char *p);

#ifdef __SSE2__
static inline ATTR_ALWAYS_INLINE uint64_t mask16(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')));
}

/* bit i is set if p[i] is a newline */
static inline ATTR_ALWAYS_INLINE uint64_t mask_plain(const char *p)
{
	return mask16(p) | mask16(p + 16) << 16 | mask16(p + 32) << 32 | mask16(p + 48) << 48;
}

/* Is one of the NUL_STEP bytes at p a NUL? */
static inline ATTR_ALWAYS_INLINE bool nul_plain(const char *p)
{
	const __m128i *v = (const __m128i *)(const void *)p;
	__m128i least = _mm_loadu_si128(v);

	for (unsigned i = 1; i < NUL_STEP / 16; i++)
		least = _mm_min_epu8(least, _mm_loadu_si128(v + i));
	return _mm_movemask_epi8(_mm_cmpeq_epi8(least, _mm_setzero_si128())) != 0;
}
#else
static inline bool nul_plain(const char *p)
{
	return memchr(p, '\0', NUL_STEP) != NULL;
}

static inline uint64_t mask_plain(const char *p)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < NEWLINES_STEP; i++)
		mask |= (uint64_t)(p[i] == '\n') << i;
	return mask;
}
#endif

/* Before where the last step begins: whole steps only, and with no more than one newline in each but for the last
 * there is room for all. */
static inline size_t last_step(size_t from, size_t end, size_t room)
{
	size_t steps = room < NEWLINES_STEP ? 0 : room - NEWLINES_STEP + 1;

	if (end - from < NEWLINES_STEP)
		return from;
	return steps * NEWLINES_STEP < end - from ? from + steps * NEWLINES_STEP : end - NEWLINES_STEP + 1;
}

/* the lowest bit that is set; of none, anything */
static inline ATTR_ALWAYS_INLINE unsigned lowest_plain(uint64_t mask)
{
	return (unsigned)__builtin_ctzll(mask | UINT64_C(1) << 63);
}

static inline ATTR_ALWAYS_INLINE size_t find(newlines_mask *mask_of, newlines_lowest *lowest, const char *buf,
					     size_t from, size_t end, uint32_t *ret_at, size_t max, size_t *ret_end)
{
	size_t n = 0, last;

	while (from < (last = last_step(from, end, max - n))) {
		uint64_t mask = 0;

		for (; from < last && LIKELY(mask == 0); from += NEWLINES_STEP) {
			mask = mask_of(buf + from);
			/* counts only if there is one */
			ret_at[n] = (uint32_t)from + lowest(mask);
			n += mask != 0;
			mask &= mask - 1;
		}
		for (; mask; mask &= mask - 1)
			ret_at[n++] = (uint32_t)(from - NEWLINES_STEP) + lowest(mask);
	}
	for (; end - from < NEWLINES_STEP && from < end && n < max; from++)
		if (buf[from] == '\n')
			ret_at[n++] = (uint32_t)from;
	*ret_end = from;
	return n;
}

static inline ATTR_ALWAYS_INLINE size_t count(newlines_mask *mask_of, const char *buf, size_t n)
{
	size_t at = 0, found = 0;

	for (; n - at >= NEWLINES_STEP; at += NEWLINES_STEP)
		found += (size_t)__builtin_popcountll(mask_of(buf + at));
	for (; at < n; at++)
		found += buf[at] == '\n';
	return found;
}

static inline ATTR_ALWAYS_INLINE size_t find_nul(newlines_nul *has_nul, const char *buf, size_t n)
{
	size_t at = 0;
	const char *q;

	while (n - at >= NUL_STEP && LIKELY(!has_nul(buf + at)))
		at += NUL_STEP;
	q = at < n ? memchr(buf + at, '\0', n - at) : NULL;
	return q ? (size_t)(q - buf) : n;
}

#if defined __SSE2__ && defined __x86_64__
__attribute__((target("avx2"))) static inline uint64_t mask32(const char *p)
{
	__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);

	return (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('\n')));
}

__attribute__((target("avx2"))) static inline uint64_t mask_avx2(const char *p)
{
	return mask32(p) | mask32(p + 32) << 32;
}

__attribute__((target("avx2"))) static inline bool nul_avx2(const char *p)
{
	const __m256i *v = (const __m256i *)(const void *)p;
	__m256i least = _mm256_loadu_si256(v);

	for (unsigned i = 1; i < NUL_STEP / 32; i++)
		least = _mm256_min_epu8(least, _mm256_loadu_si256(v + i));
	return _mm256_movemask_epi8(_mm256_cmpeq_epi8(least, _mm256_setzero_si256())) != 0;
}

__attribute__((target("bmi"))) static inline unsigned lowest_bmi(uint64_t mask)
{
	return (unsigned)_tzcnt_u64(mask);
}

__attribute__((target("avx2,bmi"))) static size_t find_avx2(const char *buf, size_t from, size_t end,
							     uint32_t *ret_at, size_t max, size_t *ret_end)
{
	return find(mask_avx2, lowest_bmi, buf, from, end, ret_at, max, ret_end);
}

__attribute__((target("avx2"))) static size_t find_nul_avx2(const char *buf, size_t n)
{
	return find_nul(nul_avx2, buf, n);
}

__attribute__((target("avx2,popcnt"))) static size_t count_avx2(const char *buf, size_t n)
{
	return count(mask_avx2, buf, n);
}
#endif

size_t newlines_find(const char *buf, size_t from, size_t end, uint32_t *ret_at, size_t max, size_t *ret_end)
{
	assert(max >= NEWLINES_STEP && end <= UINT32_MAX);
#if defined __SSE2__ && defined __x86_64__
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
		return find_avx2(buf, from, end, ret_at, max, ret_end);
#endif
	return find(mask_plain, lowest_plain, buf, from, end, ret_at, max, ret_end);
}

size_t newlines_count(const char *buf, size_t n)
{
#if defined __SSE2__ && defined __x86_64__
	if (__builtin_cpu_supports("avx2"))
		return count_avx2(buf, n);
#endif
	return count(mask_plain, buf, n);
}

size_t newlines_find_nul(const char *buf, size_t n)
{
#if defined __SSE2__ && defined __x86_64__
	if (__builtin_cpu_supports("avx2"))
		return find_nul_avx2(buf, n);
#endif
	return find_nul(nul_plain, buf, n);
}

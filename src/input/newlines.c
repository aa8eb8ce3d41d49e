/* SPDX-License-Identifier: Apache-2.0 */
/*
 * newlines.c - where the lines of a chunk end, found in one go
 *
 * A call of memchr() per line costs more than to look at all bytes at once: what is found in 64 bytes is a word, and
 * mostly there is one newline in it or none, which takes no branch.
 */
#include "input/newlines.h"

#include <assert.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

#include "base/attr.h"

typedef uint64_t newlines_mask(const char *p);

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
#else
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

static inline ATTR_ALWAYS_INLINE size_t find(newlines_mask *mask_of, const char *buf, size_t from, size_t end,
					     uint32_t *ret_at, size_t max, size_t *ret_end)
{
	size_t n = 0, last = last_step(from, end, max);

	for (; from < last; from += NEWLINES_STEP) {
		uint64_t mask = mask_of(buf + from);

		/* counts only if there is one */
		ret_at[n] = (uint32_t)from + (uint32_t)__builtin_ctzll(mask | UINT64_C(1) << 63);
		n += mask != 0;
		mask &= mask - 1;
		if (LIKELY(mask == 0))
			continue;
		for (; mask; mask &= mask - 1)
			ret_at[n++] = (uint32_t)from + (uint32_t)__builtin_ctzll(mask);
		last = last_step(from + NEWLINES_STEP, end, max - n);
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

__attribute__((target("avx2"))) static size_t find_avx2(const char *buf, size_t from, size_t end,
							 uint32_t *ret_at, size_t max, size_t *ret_end)
{
	return find(mask_avx2, buf, from, end, ret_at, max, ret_end);
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
	if (__builtin_cpu_supports("avx2"))
		return find_avx2(buf, from, end, ret_at, max, ret_end);
#endif
	return find(mask_plain, buf, from, end, ret_at, max, ret_end);
}

size_t newlines_count(const char *buf, size_t n)
{
#if defined __SSE2__ && defined __x86_64__
	if (__builtin_cpu_supports("avx2"))
		return count_avx2(buf, n);
#endif
	return count(mask_plain, buf, n);
}

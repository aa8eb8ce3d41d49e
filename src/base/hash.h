/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.h - hashes of texts, the same on every machine: they have no seed
 *
 * hash_slice() is XXH3 with 64 bits.  hash_quick() is for short texts that are compared when their hashes are equal: it is
 * inlined, takes eight bytes at a time, and whoever wants to finds texts with one hash.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>
#include <string.h>

#include "base/slice.h"

uint64_t hash_slice(struct slice s);

/* Both halves of the product: texts often differ in their last bytes only, which are the high bits here. */
static inline uint64_t hash_mix(uint64_t h, uint64_t w)
{
	const uint64_t k = UINT64_C(0x9e3779b97f4a7c15);
#ifdef __SIZEOF_INT128__
	__extension__ unsigned __int128 product = (unsigned __int128)(h ^ w) * k;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
	h = (h ^ w) * k;
	h = (h ^ h >> 32) * k;
	return h ^ h >> 32;
#endif
}

static inline uint64_t hash_quick(struct slice s)
{
	uint64_t h = s.n, w;

	if (s.n < 8)
		return hash_slice(s);
	for (size_t i = 0; i + 8 < s.n; i += 8) {
		memcpy(&w, s.p + i, sizeof w);
		h = hash_mix(h, w);
	}
	memcpy(&w, s.p + s.n - 8, sizeof w);
	return hash_mix(h, w);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.c - XXH3, compiled in from the library's header so that short keys are inlined
 */
#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_slice(struct slice s)
{
	return XXH3_64bits(s.n ? s.p : "", s.n);
}

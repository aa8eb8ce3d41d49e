/* SPDX-License-Identifier: Apache-2.0 */
/*
 * siphash.h - SipHash-2-4 (Aumasson, Bernstein 2012): a hash that nobody can predict without the key
 *
 * For names that must not be found out by trying: hash_slice() is faster and no secret.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stdint.h>

#include "base/slice.h"

struct siphash_key {
	uint64_t k0, k1;
};

/* the key in 16 bytes, as the authors' test vectors write it */
struct siphash_key siphash_key_of(const uint8_t bytes[16]);
uint64_t siphash(const struct siphash_key *key, struct slice s);

#endif

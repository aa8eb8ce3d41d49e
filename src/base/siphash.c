/* SPDX-License-Identifier: Apache-2.0 */
/*
 * siphash.c - SipHash-2-4, by the paper: two rounds per word of eight bytes, four at the end
 */
#include "base/siphash.h"

static uint64_t load64(const uint8_t *p)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 8; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

struct siphash_key siphash_key_of(const uint8_t bytes[16])
{
	return (struct siphash_key){ load64(bytes), load64(bytes + 8) };
}

static inline uint64_t rotl(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

static void rounds(uint64_t v[4], int n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[0] = rotl(v[0], 32);
		v[2] += v[3];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[2] = rotl(v[2], 32);
	}
}

uint64_t siphash(const struct siphash_key *key, struct slice s)
{
	uint64_t v[4] = { key->k0 ^ UINT64_C(0x736f6d6570736575), key->k1 ^ UINT64_C(0x646f72616e646f6d),
			  key->k0 ^ UINT64_C(0x6c7967656e657261), key->k1 ^ UINT64_C(0x7465646279746573) };
	size_t whole = s.n & ~(size_t)7;
	uint8_t last[8] = { 0 };
	uint64_t m;

	for (size_t i = 0; i < whole; i += 8) {
		m = load64((const uint8_t *)s.p + i);
		v[3] ^= m;
		rounds(v, 2);
		v[0] ^= m;
	}
	if (s.n > whole)
		memcpy(last, s.p + whole, s.n - whole);
	last[7] = (uint8_t)s.n;
	m = load64(last);
	v[3] ^= m;
	rounds(v, 2);
	v[0] ^= m;
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

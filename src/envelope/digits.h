/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digits.h - decimal digits, eight bytes at a time (private to src/envelope)
 *
 * Eight bytes of text are held in one word, the first byte lowest.  XOR with '0's turns digits into 0..9 and nothing
 * else into that; the sums that find other bytes may carry, but only out of a byte that is none already.
 */
#ifndef ENVELOPE_DIGITS_H
#define ENVELOPE_DIGITS_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define DIGITS_ZEROS UINT64_C(0x3030303030303030)

/* eight bytes; they must be there */
static inline uint64_t digits_load(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return le64toh(v);
}

/* The number that eight digits (0..9) make. */
static inline uint32_t digits_join(uint64_t t)
{
	t = t * 10 + (t >> 8); /* pairs, in every other byte */
	return (uint32_t)(((t & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064) +
			   (t >> 16 & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001)) >>
			  32);
}

/* How many of the first seven bytes of `v` are digits, from the first on. */
static inline unsigned digits_lead(uint64_t v)
{
	uint64_t t = v ^ DIGITS_ZEROS;
	uint64_t other = (t | (t + UINT64_C(0x0606060606060606))) & UINT64_C(0xf0f0f0f0f0f0f0f0);

	return (unsigned)__builtin_ctzll(other | UINT64_C(1) << 63) / 8;
}

/* The first n bytes of `v`, digits, 1 to 8 of them, as eight for digits_join(). */
static inline uint64_t digits_align(uint64_t v, unsigned n)
{
	return (v ^ DIGITS_ZEROS) << (64 - 8 * n);
}

/* The number that they make. */
static inline uint32_t digits_number(uint64_t v, unsigned n)
{
	return digits_join(digits_align(v, n));
}

/* "00" to "59" at p */
static inline bool digits_second(const char *p, int32_t *ret)
{
	uint16_t v;
	uint32_t t;

	memcpy(&v, p, sizeof v);
	t = le16toh(v) ^ UINT32_C(0x3030);
	*ret = (int32_t)((t & 0xff) * 10 + (t >> 8));
	return ((t | (t + UINT32_C(0x060a))) & UINT32_C(0xf0f0)) == 0;
}

/* "09:00:01" in seconds since 0:00, or -1; a leap second is taken */
static inline int32_t digits_time_of_day(uint64_t v)
{
	uint64_t t = v ^ UINT64_C(0x30303a30303a3030); /* '0's and ':'s */
	uint64_t pairs = t * 10 + (t >> 8);
	int32_t h = (int32_t)(pairs & 0xff), m = (int32_t)(pairs >> 24 & 0xff), s = (int32_t)(pairs >> 48 & 0xff);

	if (((t | (t + UINT64_C(0x06060f06060f0606))) & UINT64_C(0xf0f0f0f0f0f0f0f0)) != 0 || h > 23 || m > 59 || s > 60)
		return -1;
	return (h * 60 + m) * 60 + s;
}

#endif

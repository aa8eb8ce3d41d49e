/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_id.c - the queue ids of the MTAs: forms and the time in them
 */
#include "event/queue_id.h"

#include <stdint.h>

#include "base/ascii.h"

/* 1: a digit of base 62.  Every Exim line is asked for an id, so this is a table. */
static const unsigned char BASE62[256] = {
	[0x20] = 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* blank to / */
	[0x30] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, /* 0 to ? */
	[0x40] = 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* @ to O */
	[0x50] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, /* P to _ */
	[0x60] = 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* ` to o */
	[0x70] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, /* p to DEL */
};

static inline bool all_alnum(const char *p, size_t n)
{
	unsigned char all = 1;

	for (size_t i = 0; i < n; i++)
		all &= BASE62[(unsigned char)p[i]];
	return all;
}

static inline bool exim_shape(const char *p, size_t middle, size_t last)
{
	return p[6] == '-' && p[7 + middle] == '-' && all_alnum(p, 6) && all_alnum(p + 7, middle) &&
	       all_alnum(p + 8 + middle, last);
}

bool queue_id_is_exim(struct slice s)
{
	return (s.n == 16 && exim_shape(s.p, 6, 2)) || (s.n == 23 && exim_shape(s.p, 11, 4));
}

static inline bool ends_at(struct slice s, size_t n)
{
	return s.n == n || (s.n > n && (s.p[n] == ' ' || s.p[n] == ':' || s.p[n] == '\n'));
}

size_t queue_id_exim_prefix(struct slice s)
{
	if (s.n < 16 || s.p[6] != '-')
		return 0;
	if (ends_at(s, 16) && exim_shape(s.p, 6, 2))
		return 16;
	return ends_at(s, 23) && exim_shape(s.p, 11, 4) ? 23 : 0;
}

static unsigned base62(char c)
{
	if (ascii_digit(c))
		return (unsigned)(c - '0');
	return ascii_upper(c) ? (unsigned)(c - 'A') + 10 : (unsigned)(c - 'a') + 36;
}

bool queue_id_exim_time(struct slice s, usec_t *ret)
{
	int64_t v = 0;

	if (!queue_id_is_exim(s))
		return false;
	for (size_t i = 0; i < 6; i++)
		v = v * 62 + base62(s.p[i]);
	*ret = v * USEC_PER_SEC;
	return true;
}

/* position in the 52 letter alphabet (digits and consonants), or -1 */
static int base52(char c)
{
	static const char ALPHABET[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
	const char *q = c ? memchr(ALPHABET, c, sizeof ALPHABET - 1) : NULL;

	return q ? (int)(q - ALPHABET) : -1;
}

bool queue_id_postfix_time(struct slice s, usec_t *ret)
{
	size_t z = slice_rfind_byte(s, 'z');
	int64_t sec = 0, usec = 0;

	if (s.n < 12 || s.n > 25 || z == s.n || z < 10 || z > 13 || z + 1 == s.n)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int v = base52(s.p[i]);

		if (v < 0)
			return false;
		if (i < z - 4)
			sec = sec * 52 + v;
		else if (i < z)
			usec = usec * 52 + v;
	}
	if (usec >= USEC_PER_SEC || sec > INT64_C(1) << 40)
		return false;
	*ret = sec * USEC_PER_SEC + usec;
	return true;
}

bool queue_id_is_postfix(struct slice s)
{
	bool hex = s.n >= 6 && s.n <= 20;
	usec_t t;

	for (size_t i = 0; hex && i < s.n; i++)
		hex = ascii_digit(s.p[i]) || (s.p[i] >= 'A' && s.p[i] <= 'F');
	return hex || queue_id_postfix_time(s, &t);
}

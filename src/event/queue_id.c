/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_id.c - the queue ids of the MTAs: forms and the time in them
 */
#include "event/queue_id.h"

#include <stdint.h>

#include "base/ascii.h"
#include "base/scan.h"

#define GUID_DIGITS 32

bool queue_id_is_exim(struct slice s)
{
	return (s.n == 16 && queue_id_old_shape_(s.p)) || (s.n == 23 && queue_id_new_shape_(s.p));
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

bool queue_id_is_guid(struct slice s)
{
	size_t digits = 0;

	if (s.n < GUID_DIGITS || s.n > QUEUE_ID_GUID_BYTES)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (ascii_xdigit(s.p[i]))
			digits++;
		else if (s.p[i] != '-')
			return false;
	}
	return digits == GUID_DIGITS;
}

struct slice queue_id_guid(struct slice guid, char buf[QUEUE_ID_GUID_BYTES])
{
	size_t n = 0;

	for (size_t i = 0; i < guid.n; i++) {
		if (guid.p[i] == '-')
			continue;
		if (n == 8 || n == 13 || n == 18 || n == 23)
			buf[n++] = '-';
		buf[n++] = ascii_tolower(guid.p[i]);
	}
	return slice_of(buf, n);
}

bool queue_id_eq(struct slice a, struct slice b)
{
	char x[QUEUE_ID_GUID_BYTES], y[QUEUE_ID_GUID_BYTES];

	if (slice_eq(a, b))
		return true;
	return queue_id_is_guid(a) && queue_id_is_guid(b) && slice_eq(queue_id_guid(a, x), queue_id_guid(b, y));
}

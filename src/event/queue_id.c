/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_id.c - the queue ids of the MTAs: forms and the time in them
 */
#include "event/queue_id.h"

#include <stdint.h>

#include "base/ascii.h"
#include "base/civil.h"
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

/* ---- Sendmail ---- */

#define SENDMAIL_STAMP_BYTES 8 /* year, month, day, hour, minute, second, two of the sequence */
#define SENDMAIL_PID_MIN     5 /* digits; six since 8.13 */
#define SENDMAIL_PID_MAX     10

/* sendmail/queue.c QueueIdChars: digits, upper case, lower case; -1 if c is none of the first `limit` */
static int sendmail_digit(char c, unsigned limit)
{
	unsigned v;

	if (!ascii_alnum(c))
		return -1;
	v = base62(c);
	return v < limit ? (int)v : -1;
}

static bool sendmail_stamp(const char *p, struct civil *ret)
{
	int year = sendmail_digit(p[0], 60), month = sendmail_digit(p[1], 12), day = sendmail_digit(p[2], 32);
	int hour = sendmail_digit(p[3], 24), minute = sendmail_digit(p[4], 60), second = sendmail_digit(p[5], 61);

	if (year < 0 || month < 0 || day < 1 || hour < 0 || minute < 0 || second < 0 || !ascii_alnum(p[6]) ||
	    !ascii_alnum(p[7]))
		return false;
	*ret = (struct civil){ year < 39 ? 2020 + year : 1960 + year, month + 1, day, hour, minute, second, 0 };
	return true;
}

static size_t count_digits(struct slice s, size_t from)
{
	size_t n = 0;

	while (from + n < s.n && ascii_digit(s.p[from + n]))
		n++;
	return n;
}

/* "HAA12345": hour as a letter, two letters of sequence, pid of at least five digits */
static bool is_old_sendmail(struct slice s)
{
	return s.n >= 8 && s.n <= 10 && s.p[0] >= 'A' && s.p[0] <= 'X' && ascii_upper(s.p[1]) && ascii_upper(s.p[2]) &&
	       count_digits(s, 3) == s.n - 3;
}

static bool is_new_sendmail(struct slice s)
{
	struct civil c;
	size_t pid;

	if (s.n < SENDMAIL_STAMP_BYTES + SENDMAIL_PID_MIN)
		return false;
	pid = s.n - SENDMAIL_STAMP_BYTES;
	return pid <= SENDMAIL_PID_MAX && count_digits(s, SENDMAIL_STAMP_BYTES) == pid && sendmail_stamp(s.p, &c);
}

bool queue_id_is_sendmail(struct slice s)
{
	return is_new_sendmail(s) || is_old_sendmail(s);
}

size_t queue_id_sendmail_prefix(struct slice s)
{
	size_t n = 0;

	while (n < s.n && n <= SENDMAIL_STAMP_BYTES + SENDMAIL_PID_MAX && ascii_alnum(s.p[n]))
		n++;
	if (n + 1 >= s.n || s.p[n] != ':' || s.p[n + 1] != ' ' || !queue_id_is_sendmail(slice_head(s, n)))
		return 0;
	return n;
}

bool queue_id_sendmail_time(struct slice s, usec_t *ret)
{
	struct civil c;

	if (!is_new_sendmail(s) || !sendmail_stamp(s.p, &c))
		return false;
	if (c.second > 59)
		c.second = 59; /* a leap second */
	if (!civil_valid(&c))
		return false;
	*ret = civil_to_usec(&c);
	return true;
}

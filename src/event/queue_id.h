/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_id.h - the queue ids of the MTAs: forms and the time in them
 *
 * Sources: Exim receive.c and string.c (base 62; 6-6-2 up to 4.96, 6-11-4 from 4.97), Postfix
 * src/global/mail_queue.h (short: hexadecimal; long: base 52 seconds, microseconds, 'z', base 51 inode),
 * Sendmail queue.c assign_queueid() (from 8.10 on year, month, day, hour, minute, second, sequence, pid; before
 * that hour, sequence, pid: "HAA12345"); Exchange's network-message-id, a GUID of 32 hexadecimal digits, mostly with
 * dashes.
 */
#ifndef EVENT_QUEUE_ID_H
#define EVENT_QUEUE_ID_H

#include <stdbool.h>

#include "base/scan.h"
#include "base/slice.h"
#include "base/usec.h"

/* the whole slice is an Exim message id, old or new form */
bool queue_id_is_exim(struct slice s);

/* 16 bytes: two dashes, all else digits of base 62 */
static inline bool queue_id_old_shape_(const char *p)
{
	return p[6] == '-' && p[13] == '-' && scan_alnum16(p) == (0xffff ^ (1U << 6 | 1U << 13));
}

/* the same, 23 bytes: the first 16 and the last 16 */
static inline bool queue_id_new_shape_(const char *p)
{
	return p[6] == '-' && p[18] == '-' && scan_alnum16(p) == (0xffff ^ 1U << 6) &&
	       scan_alnum16(p + 7) == (0xffff ^ 1U << 11);
}

static inline bool queue_id_ends_at_(struct slice s, size_t n)
{
	return s.n == n || (s.n > n && (s.p[n] == ' ' || s.p[n] == ':' || s.p[n] == '\n'));
}

/* an Exim id at the start of the text, followed by a blank, ':' or the end: its length (16 or 23), else 0 */
static inline size_t queue_id_exim_prefix(struct slice s)
{
	if (s.n < 16 || s.p[6] != '-')
		return 0;
	if (queue_id_ends_at_(s, 16) && queue_id_old_shape_(s.p))
		return 16;
	return queue_id_ends_at_(s, 23) && queue_id_new_shape_(s.p) ? 23 : 0;
}

/* the same where a blank follows */
static inline size_t queue_id_exim_before_blank(struct slice s)
{
	if (s.n <= 23 || s.p[6] != '-')
		return s.n > 16 && s.p[16] == ' ' ? queue_id_exim_prefix(s) : 0;
	if (s.p[16] == ' ' && queue_id_old_shape_(s.p))
		return 16;
	return s.p[23] == ' ' && queue_id_new_shape_(s.p) ? 23 : 0;
}

/* reception start in UTC, whole seconds; false if s is no Exim id */
bool queue_id_exim_time(struct slice s, usec_t *ret);

/* the whole slice is a Postfix queue id, short or long form */
bool queue_id_is_postfix(struct slice s);
#define QUEUE_ID_GUID_BYTES 36

/* the whole slice is a GUID, with or without its dashes */
bool queue_id_is_guid(struct slice s);
/* its usual form, in lower case and with dashes, in buf */
struct slice queue_id_guid(struct slice guid, char buf[QUEUE_ID_GUID_BYTES]);
/* equal, GUIDs in whatever form */
bool queue_id_eq(struct slice a, struct slice b);

/* true if it has the long form; *ret is its arrival time in UTC with microseconds */
bool queue_id_postfix_time(struct slice s, usec_t *ret);

/* the whole slice is a Sendmail queue id, of 8.10 and later or of 8.8 and 8.9 */
bool queue_id_is_sendmail(struct slice s);
/* such an id at the start of the text, followed by ": ": its length, else 0 */
size_t queue_id_sendmail_prefix(struct slice s);
/* true if it has the form of 8.10 and later; *ret is the beginning of its envelope in UTC, whole seconds.  The
 * year in it comes back after 60: 1999 to 2058 are told. */
bool queue_id_sendmail_time(struct slice s, usec_t *ret);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quick.c - the short cut for records that begin as the last one did
 *
 * In a log one record is much like the next: same day, same host, one of a few tags.  What was found valid in
 * full once is only compared here.  No grammar of its own: whatever differs in the least is left to head.c.
 */
#include "envelope/head.h"

#include <string.h>

#include "base/ascii.h"
#include "base/attr.h"

#define TIME_BYTES      8
#define BSD_DATE_BYTES  7 /* with the blank */
#define ISO_DATE_BYTES  10
#define BSD_BYTES       (BSD_DATE_BYTES + TIME_BYTES)
#define ISO_BYTES       (ISO_DATE_BYTES + 1 + TIME_BYTES)
#define FRACTION_DIGITS 6
#define RECORD_MIN_BYTES 40 /* longer than every stamp with its zone */
#define PID_MAX_DIGITS  10
#define TAG_BYTES_MIN   13 /* as many are there behind the host: see writer_slot() */

/* The wall clock time of a day that is cached; false: its meaning is not plain. */
static inline bool wall_clock(struct envelope_cached *k, const char *time, usec_t *ret)
{
	int32_t day_sec;

	if (memcmp(time, k->time, TIME_BYTES) != 0) {
		day_sec = head_time_of_day(time);
		if (day_sec < 0)
			return false;
		k->day_sec = day_sec;
		memcpy(k->time, time, TIME_BYTES);
	}
	*ret = k->day_us + k->day_sec * USEC_PER_SEC;
	return k->day_us != USEC_NONE;
}

static inline bool plain_instant(const struct envelope_clock *clock, usec_t wall, struct line *l)
{
	if (wall < clock->flat_from_us || wall >= clock->flat_until_us)
		return false;
	l->time_us = wall - clock->flat_offset_sec * USEC_PER_SEC;
	l->utc_offset_sec = clock->flat_offset_sec;
	return true;
}

/* by bytes of the tag in which "postfix/smtpd[", "postfix/smtp[", "postfix/qmgr[", ... differ */
static inline struct envelope_writer *writer_slot(struct envelope_clock *clock, const char *tag)
{
	return &clock->writers[((unsigned char)tag[8] * 3U + (unsigned char)tag[12]) % ENVELOPE_WRITERS];
}

/* "Nov 21 09:00:01 " */
static inline const char *stamp_bsd(struct envelope_clock *clock, struct line *l)
{
	const char *p = l->raw.p;
	usec_t wall;

	if (p[BSD_BYTES] != ' ' || !wall_clock(&clock->bsd, p + BSD_DATE_BYTES, &wall) ||
	    !plain_instant(clock, wall, l))
		return NULL;
	l->envelope = p[4] == '0' ? ENVELOPE_POSTFIX : ENVELOPE_RFC3164;
	l->flags |= LINE_YEAR_GUESSED | clock->guessed;
	return p + BSD_BYTES + 1;
}

/* "2026-11-21T09:00:01.123456+01:00 ", also without the fraction */
static inline const char *stamp_rfc3339(struct envelope_clock *clock, struct line *l)
{
	const char *p = l->raw.p + ISO_BYTES;
	int32_t fraction = 0;
	usec_t wall;

	if (*p == '.') {
		for (int i = 1; i <= FRACTION_DIGITS; i++) {
			if (!ascii_digit(p[i]))
				return NULL;
			fraction = fraction * 10 + (p[i] - '0');
		}
		p += 1 + FRACTION_DIGITS;
	}
	if (clock->zone_n == 0 || memcmp(p, clock->zone, clock->zone_n) != 0 || p[clock->zone_n] != ' ' ||
	    !wall_clock(&clock->iso, l->raw.p + ISO_DATE_BYTES + 1, &wall))
		return NULL;
	l->time_us = wall - clock->zone_sec * USEC_PER_SEC + fraction;
	l->utc_offset_sec = clock->zone_sec;
	l->envelope = ENVELOPE_RFC3339;
	return p + clock->zone_n + 1;
}

/* "2026-11-21 09:00:01 " */
static inline const char *stamp_exim(struct envelope_clock *clock, struct line *l)
{
	const char *p = l->raw.p;
	char next = p[ISO_BYTES + 1];
	usec_t wall;

	/* a zone, a pid, rspamd */
	if (p[ISO_BYTES] != ' ' || next == '+' || next == '-' || next == '[' || next == '#' ||
	    !wall_clock(&clock->iso, p + ISO_DATE_BYTES + 1, &wall) || !plain_instant(clock, wall, l))
		return NULL;
	l->envelope = ENVELOPE_EXIM;
	l->flags |= clock->guessed;
	return p + ISO_BYTES + 1;
}

/* "[pid]: text", ": text" */
static inline bool pid_and_text(const char *p, struct line *l)
{
	int64_t pid = -1;

	if (*p == '[') {
		const char *digits = ++p;

		for (pid = 0; ascii_digit(*p) && p < digits + PID_MAX_DIGITS; p++)
			pid = pid * 10 + (*p - '0');
		if (p == digits || *p++ != ']')
			return false;
	}
	/* a bracket: Solaris' message id */
	if (p[0] != ':' || p[1] != ' ' || p[2] == '[')
		return false;
	l->pid = pid;
	l->text = slice_between(p + 2, l->raw.p + l->raw.n);
	return true;
}

/* "host tag" and what follows */
static inline bool writer(struct envelope_clock *clock, const char *p, struct line *l)
{
	size_t left = (size_t)(l->raw.p + l->raw.n - p);
	const struct envelope_writer *w;

	if (left < clock->host_n + 1 + TAG_BYTES_MIN)
		return false;
	w = writer_slot(clock, p + clock->host_n + 1);
	if (w->n == 0 || left < w->n + PID_MAX_DIGITS + 6 || memcmp(p, w->text, w->n) != 0)
		return false;
	l->host = slice_of(p, w->host_n);
	l->program = slice_of(p + w->host_n + 1, w->n - w->host_n - 1);
	return pid_and_text(p + w->n, l);
}

bool quick_parse(struct envelope_clock *clock, struct line *l)
{
	const char *p = l->raw.p;
	uint32_t flags = l->flags;
	bool done = false;

	if (l->raw.n < RECORD_MIN_BYTES || *p == '\0')
		return false;
	if (memcmp(p, clock->bsd.date, BSD_DATE_BYTES) == 0) {
		p = stamp_bsd(clock, l);
		done = p && writer(clock, p, l);
	} else if (memcmp(p, clock->iso.date, ISO_DATE_BYTES) == 0) {
		if (p[ISO_DATE_BYTES] == 'T') {
			p = stamp_rfc3339(clock, l);
			done = p && writer(clock, p, l);
		} else if (p[ISO_DATE_BYTES] == ' ' && (p = stamp_exim(clock, l))) {
			l->host = SLICE_NONE;
			l->program = SLICE_NONE;
			l->pid = -1;
			l->text = slice_between(p, l->raw.p + l->raw.n);
			done = true;
		}
	}
	if (!done) {
		l->flags = flags;
		return false;
	}
	if (l->time_us > clock->high_water_us)
		clock->high_water_us = l->time_us;
	clock->carried_us = l->time_us;
	clock->carried_offset_sec = l->utc_offset_sec;
	return true;
}

/* The zone of RFC 3339: what stands between the fraction and the blank. */
static void keep_zone(struct envelope_clock *clock, const struct line *l)
{
	const char *end = l->raw.p + l->raw.n, *p = l->raw.p + ISO_BYTES, *zone;

	if (p < end && *p == '.')
		for (p++; p < end && ascii_digit(*p);)
			p++;
	for (zone = p; p < end && *p != ' ' && p - zone < (ptrdiff_t)sizeof clock->zone;)
		p++;
	if (p == end || *p != ' ')
		return;
	clock->zone_n = (size_t)(p - zone);
	memcpy(clock->zone, zone, clock->zone_n);
	clock->zone_sec = l->utc_offset_sec;
}

void quick_keep(struct envelope_clock *clock, const struct line *l)
{
	struct envelope_writer *w;
	size_t n;

	if (l->envelope != ENVELOPE_RFC3164 && l->envelope != ENVELOPE_RFC3339 &&
	    l->envelope != ENVELOPE_POSTFIX)
		return;
	/* Exim's text may hold a stamp of its own; a host may look like FreeBSD's facility */
	if (!l->program.p || slice_starts(l->program, "exim") || l->host.n == 0 || l->host.p[0] == '<')
		return;
	if (l->envelope == ENVELOPE_RFC3339 && l->raw.n >= RECORD_MIN_BYTES &&
	    memcmp(l->raw.p, clock->iso.date, ISO_DATE_BYTES) == 0)
		keep_zone(clock, l);
	n = (size_t)(l->program.p + l->program.n - l->host.p);
	clock->host_n = l->host.n;
	if (l->program.p != l->host.p + l->host.n + 1 || n > sizeof w->text ||
	    l->raw.p + l->raw.n - l->program.p < TAG_BYTES_MIN)
		return;
	w = writer_slot(clock, l->program.p);
	memcpy(w->text, l->host.p, n);
	w->n = n;
	w->host_n = l->host.n;
}

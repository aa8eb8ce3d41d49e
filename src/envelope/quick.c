/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quick.c - the short cut for records that begin as others did
 *
 * In a log one record is much like the next: same day, same host, one of a few tags.  What was found valid in
 * full once is only compared here.  No grammar of its own: whatever differs in the least is left to head.c.
 */
#include "envelope/head.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/ascii.h"
#include "base/attr.h"
#include "base/scan.h"
#include "envelope/digits.h"

#define BSD_DATE_BYTES   7      /* with the blank */
#define BSD_MINUTE       0x9fff /* the bytes of "Nov 21 09:00:01 " but for the second */
#define BSD_SECOND       13
#define BSD_BYTES        16
#define ISO_DATE_BYTES   10
#define ISO_MINUTE       0x1fff /* the bytes from the fifth on of "2026-11-21 09:00:01" but for the second */
#define ISO_SECOND       17
#define ISO_BYTES        19
#define FRACTION_DIGITS  6
#define RECORD_MIN_BYTES 40 /* longer than every stamp with its zone: 19 + 7 + 8, and the byte behind */
#define PID_BYTES        8  /* seven digits and "]"; longer ones are rare */
#define TAG_MIN_BYTES    13 /* as many are there: see writer_slot() */
#define WRITER_MIN_BYTES 32 /* of host, tag and what follows; compared at once */

/* The cached day at another minute; false: it is none. */
static bool set_minute(const struct envelope_clock *clock, struct envelope_minute *m, usec_t day_us, const char *p,
		       size_t time_at)
{
	int32_t day_sec = digits_time_of_day(digits_load(p + time_at));
	usec_t wall, last;

	if (day_sec < 0 || day_us == USEC_NONE)
		return false;
	wall = day_us + (day_sec - day_sec % 60) * USEC_PER_SEC;
	last = wall + 59 * USEC_PER_SEC;
	memcpy(m->text, p, sizeof m->text);
	m->wall_us = wall;
	m->flat_us = USEC_NONE;
	if (wall >= clock->flat_from_us && last < clock->flat_until_us)
		m->flat_us = wall - clock->flat_offset_sec * USEC_PER_SEC;
	return true;
}

static ATTR_NOINLINE bool set_bsd_minute(struct envelope_clock *clock, const char *p)
{
	return memcmp(p, clock->bsd.date, BSD_DATE_BYTES) == 0 &&
	       p[BSD_BYTES - 1] == ' ' && set_minute(clock, &clock->bsd_minute, clock->bsd.day_us, p, BSD_DATE_BYTES);
}

static ATTR_NOINLINE bool set_iso_minute(struct envelope_clock *clock, struct envelope_minute *m, const char *p,
					 char separator)
{
	return memcmp(p, clock->iso.date, ISO_DATE_BYTES) == 0 && p[ISO_DATE_BYTES] == separator &&
	       set_minute(clock, m, clock->iso.day_us, p, ISO_DATE_BYTES + 1);
}

/* Most lines are of the minute of the one before.  No line looks like a minute that is empty: it has no NUL at p[3] or p[4]. */
static inline bool know_bsd_minute(struct envelope_clock *clock, const char *p)
{
	return LIKELY(scan_same16(p, clock->bsd_minute.text, BSD_MINUTE)) || set_bsd_minute(clock, p);
}

static inline bool know_iso_minute(struct envelope_clock *clock, struct envelope_minute *m, const char *p,
				   char separator)
{
	return LIKELY(memcmp(p, m->text, 4) == 0 && scan_same16(p + 4, m->text + 4, ISO_MINUTE)) ||
	       set_iso_minute(clock, m, p, separator);
}

/* by the last byte of the host and bytes of the tag in which "postfix/smtpd[", "postfix/smtp[", ... differ */
static inline struct envelope_writer *writer_slot(struct envelope_clock *clock, const char *tag)
{
	uint32_t sum = (unsigned char)tag[-2] * 5U + (unsigned char)tag[8] + (unsigned char)tag[12] * 3U;

	return &clock->writers[sum % ENVELOPE_WRITERS];
}

/* A name that is longer than what is_writer() has compared. */
static inline bool is_long_writer(const char *p, const struct envelope_writer *w)
{
	for (size_t at = WRITER_MIN_BYTES; at + 16 < w->n; at += 16)
		if (!scan_same16(p + at, w->text + at, 0xffff))
			return false;
	return scan_same16(p + w->n - 16, w->text + w->n - 16, 0xffff);
}

/* Do the bytes at p start as the writer does, and are there enough? */
static inline bool is_writer(const char *p, const char *end, const struct envelope_writer *w)
{
	if (end - p < w->room)
		return false;
#ifdef __SSE2__
	const __m128i *text = (const __m128i *)(const void *)w->text, *bytes = (const __m128i *)(const void *)p;
	__m128i low = _mm_cmpeq_epi8(_mm_loadu_si128(text), _mm_loadu_si128(bytes));
	__m128i high = _mm_cmpeq_epi8(_mm_loadu_si128(text + 1), _mm_loadu_si128(bytes + 1));
	uint32_t equal = (uint32_t)_mm_movemask_epi8(low) | (uint32_t)_mm_movemask_epi8(high) << 16;

	if ((~equal & w->mask) != 0)
		return false;
	return LIKELY(w->n - 1 < WRITER_MIN_BYTES) || (w->n > 0 && is_long_writer(p, w));
#else
	return w->n > 0 && memcmp(p, w->text, w->n) == 0;
#endif
}

static void set_host(struct envelope_clock *clock, size_t n)
{
	clock->host_n = n;
	clock->host_room = n + 1 + TAG_MIN_BYTES > WRITER_MIN_BYTES ? n + 1 + TAG_MIN_BYTES : WRITER_MIN_BYTES;
}

/* Who wrote the "host tag..." at p, if it was seen before; the host is that of the last record. */
static inline const struct envelope_writer *find_writer(struct envelope_clock *clock, const char *p, const char *end)
{
	const struct envelope_writer *w;

	if (UNLIKELY((size_t)(end - p) <= clock->host_room - 1)) /* it is 0 if there is no host yet */
		return NULL;
	w = writer_slot(clock, p + clock->host_n + 1);
	return LIKELY(is_writer(p, end, w)) ? w : NULL;
}

/* The host may be another than in the last record, but one that was seen before. */
static ATTR_NOINLINE const struct envelope_writer *another_host(struct envelope_clock *clock, const char *p,
								const char *end)
{
	const char *blank = scan_for(p, end, ' ');
	size_t n = (size_t)(blank - p);

	if (n == 0 || n == clock->host_n)
		return NULL;
	set_host(clock, n);
	return find_writer(clock, p, end);
}

/* First bytes of texts that want a closer look: Solaris' message id, a piece of an entry of Exim; "Last message ... repeated" */
static const bool ODD_TEXTS[256] = { ['['] = true, ['L'] = true };

/* What follows "tag[", "tag:" at p: "123]: text", " text" */
static inline bool put_text(bool has_pid, const char *p, struct line *l)
{
	const char *end = l->raw.p + l->raw.n;
	int64_t pid = -1;

	if (has_pid) {
		uint64_t v = digits_load(p);
		unsigned n = digits_lead(v);

		if (n == 0 || memcmp(p + n, "]: ", 3) != 0)
			return false;
		pid = digits_number(v, n);
		p += n + 2;
	}
	if (p[0] != ' ' || ODD_TEXTS[(unsigned char)p[1]])
		return false;
	l->pid = pid;
	l->text = slice_between(p + 1, end);
	return true;
}

/* "host tag[pid]: text", "host tag: text" */
static inline bool put_writer(struct envelope_clock *clock, const char *p, struct line *l)
{
	const char *end = l->raw.p + l->raw.n;
	const struct envelope_writer *w = find_writer(clock, p, end);

	if (UNLIKELY(!w) && !(w = another_host(clock, p, end)))
		return false;
	/* one by one: a copy of what was just stored in two halves would have to wait for both */
	l->host.p = p;
	l->host.n = w->host_n;
	l->server.p = p;
	l->server.n = w->host_n;
	l->server_no = w->server_no;
	l->program = slice_of(p + w->host_n + 1, w->program_n);
	l->program_no = w->program_no;
	p += w->n;
	return put_text(p[-1] == '[', p, l);
}

/* "Nov 21 09:00:01 ..." */
static inline bool quick_bsd(struct envelope_clock *clock, struct line *l, usec_t *ret_us)
{
	const char *p = l->raw.p;
	int32_t second;

	if (l->raw.n < RECORD_MIN_BYTES || !digits_second(p + BSD_SECOND, &second) ||
	    !know_bsd_minute(clock, p) || clock->bsd_minute.flat_us == USEC_NONE ||
	    !put_writer(clock, p + BSD_BYTES, l))
		return false;
	*ret_us = clock->bsd_minute.flat_us + second * USEC_PER_SEC;
	l->utc_offset_sec = clock->flat_offset_sec;
	l->flags |= LINE_YEAR_GUESSED | clock->guessed;
	l->envelope = clock->bsd_kind;
	return true;
}

/* What is behind the second, if it looks as the last one did; NULL: it does not. */
static inline const char *skip_tail(const struct envelope_tail *t, const char *p, int32_t *ret_fraction_us)
{
	static const int32_t UNITS_US[] = { 0, 100000, 10000, 1000, 100, 10, 1 };

	*ret_fraction_us = 0;
	if (t->fraction_n > 0) {
		uint64_t v = digits_load(p + 1);

		if (*p != '.' || digits_lead(v) != t->fraction_n)
			return NULL;
		*ret_fraction_us = (int32_t)digits_number(v, t->fraction_n) * UNITS_US[t->fraction_n];
		p += 1 + t->fraction_n;
	}
	return t->n > 0 && ((digits_load(p) ^ t->text) & t->mask) == 0 ? p + t->n : NULL;
}

/* "2026-11-21T09:00:01.123456+01:00 ..." */
static inline bool quick_rfc3339(struct envelope_clock *clock, struct line *l, usec_t *ret_us)
{
	const struct envelope_tail *t = &clock->rfc3339_tail;
	const char *p = l->raw.p;
	int32_t fraction_us;
	int32_t second;

	if (l->raw.n < RECORD_MIN_BYTES || !digits_second(p + ISO_SECOND, &second) ||
	    !know_iso_minute(clock, &clock->rfc3339_minute, p, 'T'))
		return false;
	p = skip_tail(t, p + ISO_BYTES, &fraction_us);
	if (!p || !put_writer(clock, p, l))
		return false;
	*ret_us = clock->rfc3339_minute.wall_us + (second - t->zone_sec) * USEC_PER_SEC + fraction_us;
	l->utc_offset_sec = t->zone_sec;
	l->envelope = ENVELOPE_RFC3339;
	return true;
}

/* No host, no program. */
static inline void put_exim(const struct envelope_clock *clock, struct line *l, const char *text, int64_t pid)
{
	l->envelope = ENVELOPE_EXIM;
	l->host = SLICE_NONE;
	l->server = clock->label;
	l->program = SLICE_NONE;
	l->server_no = clock->label_no;
	l->program_no = 0;
	l->flags |= clock->label_flags;
	l->pid = pid;
	l->text = slice_between(text, l->raw.p + l->raw.n);
}

/* Dovecot's own files may have the same stamp. */
static inline bool is_dovecot(const struct line *l, const char *text)
{
	return ascii_lower(*text) && head_is_dovecot(slice_between(text, l->raw.p + l->raw.n));
}

/*
 * "2026-11-21 09:00:01.123 +0100 [123] ", of which every part behind the second may be missing; its minute is known.
 */
static ATTR_NOINLINE bool quick_exim_selected(struct envelope_clock *clock, struct line *l, int32_t second,
					      usec_t *ret_us)
{
	const struct envelope_tail *t = &clock->exim_tail;
	int32_t fraction_us;
	const char *p = skip_tail(t, l->raw.p + ISO_BYTES, &fraction_us);
	int64_t pid = -1;

	if (!p || *p == '#' || is_dovecot(l, p) || (!t->has_zone && (*p == '+' || *p == '-')))
		return false;
	if (*p == '[') {
		unsigned n;

		if (l->raw.p + l->raw.n - p < 1 + PID_BYTES + 2)
			return false;
		n = digits_lead(digits_load(p + 1));
		if (n == 0 || memcmp(p + 1 + n, "] ", 2) != 0)
			return false;
		pid = digits_number(digits_load(p + 1), n);
		p += 1 + n + 2;
	}
	if (t->has_zone) {
		*ret_us = clock->exim_minute.wall_us + (second - t->zone_sec) * USEC_PER_SEC + fraction_us;
		l->utc_offset_sec = t->zone_sec;
	} else {
		if (clock->exim_minute.flat_us == USEC_NONE)
			return false;
		*ret_us = clock->exim_minute.flat_us + second * USEC_PER_SEC + fraction_us;
		l->utc_offset_sec = clock->flat_offset_sec;
		l->flags |= clock->guessed;
	}
	put_exim(clock, l, p, pid);
	return true;
}

/* First bytes behind "2026-11-21 09:00:01 " that want a closer look: of a zone, a pid, rspamd's */
static const bool ODD_EXIM[256] = { ['+'] = true, ['-'] = true, ['['] = true, ['#'] = true };

/* "2026-11-21 09:00:01 ..." */
static inline bool quick_exim(struct envelope_clock *clock, struct line *l, usec_t *ret_us)
{
	const char *p = l->raw.p, *text = p + ISO_BYTES + 1;
	int32_t second;

	if (l->raw.n < RECORD_MIN_BYTES || !digits_second(p + ISO_SECOND, &second) ||
	    !know_iso_minute(clock, &clock->exim_minute, p, ' '))
		return false;
	if (p[ISO_BYTES] != ' ' || ODD_EXIM[(unsigned char)*text])
		return quick_exim_selected(clock, l, second, ret_us);
	if (is_dovecot(l, text) || clock->exim_minute.flat_us == USEC_NONE)
		return false;
	*ret_us = clock->exim_minute.flat_us + second * USEC_PER_SEC;
	l->utc_offset_sec = clock->flat_offset_sec;
	l->flags |= clock->guessed;
	put_exim(clock, l, text, -1);
	return true;
}

typedef bool quick_form(struct envelope_clock *clock, struct line *l, usec_t *ret_us);

/* Records in a row that have the same form. */
static inline ATTR_ALWAYS_INLINE size_t run_of(quick_form *quick, struct envelope_clock *clock, struct line *lines,
					       size_t n, struct envelope_span *span)
{
	usec_t first_us = span->first_us, last_us = span->last_us, t;
	size_t i;

	for (i = 0; i < n && LIKELY(quick(clock, &lines[i], &t)); i++) {
		lines[i].time_us = t;
		first_us = t < first_us ? t : first_us;
		last_us = t > last_us ? t : last_us;
	}
	span->first_us = first_us;
	span->last_us = last_us;
	return i;
}

static size_t any_run(struct envelope_clock *clock, struct line *lines, size_t n, struct envelope_span *span)
{
	const char *p = lines->raw.p;

	if (lines->raw.n < RECORD_MIN_BYTES)
		return 0;
	if (p[3] == ' ')
		return run_of(quick_bsd, clock, lines, n, span);
	if (p[4] != '-')
		return 0;
	return p[ISO_DATE_BYTES] == ' ' ? run_of(quick_exim, clock, lines, n, span) :
					  run_of(quick_rfc3339, clock, lines, n, span);
}

size_t envelope_quick_run(struct envelope_clock *clock, struct line *lines, size_t n, struct envelope_span *ret)
{
	struct envelope_span span = { INT64_MAX, INT64_MIN };
	size_t total = 0, got = 1;

	for (; total < n && got > 0; total += got)
		got = any_run(clock, lines + total, n - total, &span);
	if (total == 0)
		return 0;
	clock->carried_us = lines[total - 1].time_us;
	clock->carried_offset_sec = lines[total - 1].utc_offset_sec;
	if (span.last_us > clock->high_water_us)
		clock->high_water_us = span.last_us;
	*ret = span;
	return total;
}

bool envelope_quick(struct envelope_clock *clock, struct line *l)
{
	struct envelope_span span;

	return envelope_quick_run(clock, l, 1, &span) == 1;
}

/* What stands behind the second of a record that has its blank there. */
static void keep_tail(struct envelope_tail *t, const struct line *l, bool has_zone)
{
	const char *end = l->raw.p + l->raw.n, *p = l->raw.p + ISO_BYTES, *tail;
	uint64_t text = 0;
	unsigned digits = 0;

	if (*p == '.')
		for (p++; p < end && ascii_digit(*p); p++)
			digits++;
	tail = p;
	/* Exim's zone stands behind a blank */
	if (p < end && *p == ' ' && has_zone)
		p++;
	while (p < end && *p != ' ')
		p++;
	if (p == end || digits > FRACTION_DIGITS || p + 1 - tail > (ptrdiff_t)sizeof text)
		return;
	t->fraction_n = digits;
	t->n = (unsigned)(p + 1 - tail);
	for (size_t i = t->n; i-- > 0;)
		text = text << 8 | (unsigned char)tail[i];
	t->text = text;
	t->mask = UINT64_MAX >> (64 - 8 * t->n);
	t->has_zone = has_zone;
	t->zone_sec = l->utc_offset_sec;
}

void quick_keep(struct envelope_clock *clock, const struct line *l, bool has_zone)
{
	const char *end = l->raw.p + l->raw.n, *behind;
	bool iso = l->raw.n >= RECORD_MIN_BYTES && memcmp(l->raw.p, clock->iso.date, ISO_DATE_BYTES) == 0;
	struct envelope_writer *w;
	size_t n;

	if (l->envelope == ENVELOPE_EXIM && iso)
		keep_tail(&clock->exim_tail, l, has_zone);
	if (l->envelope != ENVELOPE_RFC3164 && l->envelope != ENVELOPE_RFC3339 &&
	    l->envelope != ENVELOPE_POSTFIX)
		return;
	/* Exim's text may hold a stamp of its own; a host may look like FreeBSD's facility */
	if (!l->program.p || slice_starts(l->program, "exim") || l->host.n == 0 || l->host.p[0] == '<')
		return;
	if (l->envelope == ENVELOPE_RFC3339 && iso && has_zone)
		keep_tail(&clock->rfc3339_tail, l, true);
	behind = l->program.p + l->program.n;
	n = (size_t)(behind + 1 - l->host.p);
	if (l->program.p != l->host.p + l->host.n + 1 || behind == end || (*behind != '[' && *behind != ':') ||
	    n > sizeof w->text || end - l->program.p < TAG_MIN_BYTES)
		return;
	set_host(clock, l->host.n);
	w = writer_slot(clock, l->program.p);
	*w = (struct envelope_writer){
		.mask = n < WRITER_MIN_BYTES ? (UINT32_C(1) << n) - 1 : UINT32_MAX,
		.n = (uint32_t)n,
		.room = (int32_t)(n + PID_BYTES + 3 > WRITER_MIN_BYTES ? n + PID_BYTES + 3 : WRITER_MIN_BYTES),
		.host_n = (uint32_t)l->host.n,
		.program_n = (uint32_t)l->program.n,
		.server_no = l->server_no,
		.program_no = l->program_no,
	};
	memcpy(w->text, l->host.p, n);
}

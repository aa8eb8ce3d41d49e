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
#include <immintrin.h>
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
	struct envelope_minute *m = &clock->bsd_minute;

	if (memcmp(p, clock->bsd.date, BSD_DATE_BYTES) != 0 || p[BSD_BYTES - 1] != ' ' ||
	    !set_minute(clock, m, clock->bsd.day_us, p, BSD_DATE_BYTES))
		return false;
	/* it is of no use if the time is not certain */
	if (m->flat_us == USEC_NONE)
		memset(m->text, 0, sizeof m->text);
	return m->flat_us != USEC_NONE;
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

/* What can be done better on newer processors. */
struct quick_simd {
	uint32_t (*same32)(const char *a, const char *b); /* bit i: their byte i is the same */
	uint32_t (*join)(uint64_t digits);                /* digits_join() */
};

static inline ATTR_ALWAYS_INLINE uint32_t same32_plain(const char *a, const char *b)
{
	return scan_equal16(a, b) | scan_equal16(a + 16, b + 16) << 16;
}

static const struct quick_simd PLAIN = { same32_plain, digits_join };

/* by the last byte of the host and bytes of the tag in which "postfix/smtpd[", "postfix/smtp[", ... differ */
static inline ATTR_ALWAYS_INLINE struct envelope_writer *writer_slot(struct envelope_clock *clock, const char *tag)
{
	uint32_t sum = (unsigned char)tag[-2] * 5U + (unsigned char)tag[8] + (unsigned char)tag[12] * 3U;

	return &clock->writers[sum % ENVELOPE_WRITERS];
}

/* A name that is longer than what is compared at once. */
static ATTR_NOINLINE bool is_long_writer(const char *p, const struct envelope_writer *w)
{
	for (size_t at = WRITER_MIN_BYTES; at + 16 < w->n; at += 16)
		if (!scan_same16(p + at, w->text + at, 0xffff))
			return false;
	return scan_same16(p + w->n - 16, w->text + w->n - 16, 0xffff);
}

/* Who wrote the "host tag..." of n bytes at p, if it was seen before; the host is that of the last record. */
static inline ATTR_ALWAYS_INLINE const struct envelope_writer *
find_writer(const struct quick_simd *simd, struct envelope_clock *clock, const char *p, size_t n)
{
	const struct envelope_writer *w;

	if (UNLIKELY(n < clock->host_room))
		return NULL;
	w = writer_slot(clock, p + clock->host_n + 1);
	if (n < w->room || (~simd->same32(p, w->text) & w->mask) != 0)
		return NULL;
	return LIKELY(w->n <= WRITER_MIN_BYTES) || is_long_writer(p, w) ? w : NULL;
}

static void set_host(struct envelope_clock *clock, size_t n)
{
	if (clock->host_n == 0)
		for (size_t i = 0; i < ENVELOPE_WRITERS; i++)
			clock->writers[i].room = UINT32_MAX;
	clock->host_n = n;
	clock->host_room = n + 1 + TAG_MIN_BYTES > WRITER_MIN_BYTES ? n + 1 + TAG_MIN_BYTES : WRITER_MIN_BYTES;
}

/* The host may be another than in the last record, but one that was seen before. */
static ATTR_NOINLINE const struct envelope_writer *another_host(struct envelope_clock *clock, const char *p, size_t n)
{
	size_t host_n = (size_t)(scan_for(p, p + n, ' ') - p);

	if (host_n == 0 || host_n == clock->host_n)
		return NULL;
	set_host(clock, host_n);
	return find_writer(&PLAIN, clock, p, n);
}

/* First bytes of texts that want a closer look: Solaris' message id, a piece of an entry of Exim; "Last message ... repeated" */
static const bool ODD_TEXTS[256] = { ['['] = true, ['L'] = true };

/* What follows "tag[" at p: "123]: text"; the blank, or NULL */
static inline ATTR_ALWAYS_INLINE const char *take_pid(const struct quick_simd *simd, const char *p, int64_t *ret)
{
	uint64_t v = digits_load(p);
	unsigned n = digits_lead(v);

	if (n == 0 || memcmp(p + n, "]: ", 3) != 0)
		return NULL;
	*ret = simd->join(digits_align(v, n));
	return p + n + 2;
}

/* "host tag[pid]: text", "host tag: text"; n bytes at p, of which there is at least one */
static inline ATTR_ALWAYS_INLINE bool put_writer(const struct quick_simd *simd, struct envelope_clock *clock,
						 const char *p, size_t n, struct line *l)
{
	const struct envelope_writer *w = find_writer(simd, clock, p, n);
	const char *end = p + n;
	int64_t pid = -1;

	if (UNLIKELY(!w) && !(w = another_host(clock, p, n)))
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
	if (p[-1] != '[' ? *p != ' ' : !(p = take_pid(simd, p, &pid)))
		return false;
	if (ODD_TEXTS[(unsigned char)p[1]])
		return false;
	l->pid = pid;
	l->text = slice_between(p + 1, end);
	return true;
}

/* "Nov 21 09:00:01 ..." */
static inline ATTR_ALWAYS_INLINE bool quick_bsd(const struct quick_simd *simd, struct envelope_clock *clock,
						struct line *l, usec_t *ret_us)
{
	const char *p = l->raw.p;
	size_t n = l->raw.n;
	int32_t second;

	if (n < RECORD_MIN_BYTES || !digits_second(p + BSD_SECOND, &second) || !know_bsd_minute(clock, p) ||
	    !put_writer(simd, clock, p + BSD_BYTES, n - BSD_BYTES, l))
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
static inline ATTR_ALWAYS_INLINE bool quick_rfc3339(const struct quick_simd *simd, struct envelope_clock *clock,
						    struct line *l, usec_t *ret_us)
{
	const struct envelope_tail *t = &clock->rfc3339_tail;
	const char *p = l->raw.p;
	int32_t fraction_us;
	int32_t second;

	if (l->raw.n < RECORD_MIN_BYTES || !digits_second(p + ISO_SECOND, &second) ||
	    !know_iso_minute(clock, &clock->rfc3339_minute, p, 'T'))
		return false;
	p = skip_tail(t, p + ISO_BYTES, &fraction_us);
	if (!p || !put_writer(simd, clock, p, (size_t)(l->raw.p + l->raw.n - p), l))
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

/* Dovecot's own files may have the same stamp, and syslog's by a template of the site's. */
static inline bool is_odd(const struct line *l, const char *text)
{
	struct slice s = slice_between(text, l->raw.p + l->raw.n);

	return (ascii_lower(*text) && head_is_dovecot(s)) || head_is_tagged(s);
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

	if (!p || *p == '#' || is_odd(l, p) || (!t->has_zone && (*p == '+' || *p == '-')))
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
static inline ATTR_ALWAYS_INLINE bool quick_exim(const struct quick_simd *simd, struct envelope_clock *clock,
						 struct line *l, usec_t *ret_us)
{
	const char *p = l->raw.p, *text = p + ISO_BYTES + 1;
	int32_t second;

	(void)simd;
	if (l->raw.n < RECORD_MIN_BYTES || !digits_second(p + ISO_SECOND, &second) ||
	    !know_iso_minute(clock, &clock->exim_minute, p, ' '))
		return false;
	if (p[ISO_BYTES] != ' ' || ODD_EXIM[(unsigned char)*text])
		return quick_exim_selected(clock, l, second, ret_us);
	if (is_odd(l, text) || clock->exim_minute.flat_us == USEC_NONE)
		return false;
	*ret_us = clock->exim_minute.flat_us + second * USEC_PER_SEC;
	l->utc_offset_sec = clock->flat_offset_sec;
	l->flags |= clock->guessed;
	put_exim(clock, l, text, -1);
	return true;
}

typedef bool quick_form(const struct quick_simd *simd, struct envelope_clock *clock, struct line *l, usec_t *ret_us);

/* Records in a row that have the same form. */
static inline ATTR_ALWAYS_INLINE size_t run_of(quick_form *quick, const struct quick_simd *simd,
					       struct envelope_clock *clock, struct line *lines, size_t n,
					       struct envelope_span *span)
{
	usec_t first_us = span->first_us, last_us = span->last_us, t;
	size_t i;

	for (i = 0; i < n && LIKELY(quick(simd, clock, &lines[i], &t)); i++) {
		lines[i].time_us = t;
		first_us = t < first_us ? t : first_us;
		last_us = t > last_us ? t : last_us;
	}
	span->first_us = first_us;
	span->last_us = last_us;
	return i;
}

/* As in "2026-11-21 09:00:01": no other form is like it. */
static inline bool has_exim_blank(const char *p)
{
	return p[4] == '-' && p[ISO_DATE_BYTES] == ' ';
}

/* Records in a row that have the form of the first. */
static inline ATTR_ALWAYS_INLINE size_t any_run(const struct quick_simd *simd, struct envelope_clock *clock,
						struct line *lines, size_t n, struct envelope_span *span)
{
	const char *p = lines->raw.p;

	if (lines->raw.n < RECORD_MIN_BYTES)
		return 0;
	if (has_exim_blank(p))
		return run_of(quick_exim, simd, clock, lines, n, span);
	if (clock->host_n == 0)
		return 0;
	if (p[3] == ' ')
		return run_of(quick_bsd, simd, clock, lines, n, span);
	return p[4] == '-' ? run_of(quick_rfc3339, simd, clock, lines, n, span) : 0;
}

static size_t any_run_plain(struct envelope_clock *clock, struct line *lines, size_t n, struct envelope_span *span)
{
	return any_run(&PLAIN, clock, lines, n, span);
}

#if defined __SSE2__ && defined __x86_64__
__attribute__((target("avx2"))) static inline uint32_t same32_avx2(const char *a, const char *b)
{
	__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)a);
	__m256i y = _mm256_loadu_si256((const __m256i *)(const void *)b);

	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, y));
}

/* pairs, fours, eight: each the sum of two neighbours with their weights */
__attribute__((target("avx2"))) static inline uint32_t join_avx2(uint64_t digits)
{
	__m128i v = _mm_cvtsi64_si128((long long)digits);

	v = _mm_maddubs_epi16(v, _mm_set1_epi16(10 | 1 << 8));
	v = _mm_madd_epi16(v, _mm_set1_epi32(100 | 1 << 16));
	v = _mm_madd_epi16(_mm_packus_epi32(v, v), _mm_set1_epi32(10000 | 1 << 16));
	return (uint32_t)_mm_cvtsi128_si32(v);
}

static const struct quick_simd AVX2 = { same32_avx2, join_avx2 };

__attribute__((target("avx2,bmi,bmi2"))) static size_t any_run_avx2(struct envelope_clock *clock, struct line *lines,
								     size_t n, struct envelope_span *span)
{
	return any_run(&AVX2, clock, lines, n, span);
}
#endif

size_t envelope_quick_run(struct envelope_clock *clock, struct line *lines, size_t n, bool only_exim,
			  struct envelope_span *ret)
{
	struct envelope_span span = { INT64_MAX, INT64_MIN };
	size_t (*run)(struct envelope_clock *, struct line *, size_t, struct envelope_span *) = any_run_plain;
	size_t total = 0, got = 1;

#if defined __SSE2__ && defined __x86_64__
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
		run = any_run_avx2;
#endif
	for (; total < n && got > 0; total += got) {
		if (only_exim && (lines[total].raw.n < RECORD_MIN_BYTES || !has_exim_blank(lines[total].raw.p)))
			break;
		got = run(clock, lines + total, n - total, &span);
	}
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

	return envelope_quick_run(clock, l, 1, false, &span) == 1;
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
		.room = (uint32_t)(n + PID_BYTES + 3 > WRITER_MIN_BYTES ? n + PID_BYTES + 3 : WRITER_MIN_BYTES),
		.host_n = (uint32_t)l->host.n,
		.program_n = (uint32_t)l->program.n,
		.server_no = l->server_no,
		.program_no = l->program_no,
	};
	memcpy(w->text, l->host.p, n);
}

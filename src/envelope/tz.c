/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tz.c - time zones from the system's TZif files
 *
 * Grammar: RFC 8536 (header, version 1 block, version 2+ block, footer with a POSIX TZ rule).  The rule of the
 * footer is expanded once into the transitions of 400 years: the calendar repeats after that, so any later
 * instant is looked up in those years and no rule is worked out per record.
 * Trap: "slim" files stop at the last change of law (Berlin: 1996), all after that is the footer's.
 */
#include "envelope/tz.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/civil.h"
#include "base/cursor.h"
#include "base/io.h"

#define ZONE_DIRECTORY "/usr/share/zoneinfo/"
#define LOCAL_ZONE "/etc/localtime"

#define FILE_MAX_BYTES     ((size_t)128 << 10) /* the largest real ones have 4 KiB */
#define FILE_TRANSITIONS_MAX 2000
#define CYCLE_YEARS        400
#define CYCLE_SEC          (INT64_C(146097) * 86400)
#define OFFSET_MAX_SEC     (26 * 3600)

struct transition {
	int64_t at_sec;
	int32_t offset_sec; /* from then on */
};

struct tz {
	int32_t first_offset_sec; /* before the first transition */
	size_t n, cap;
	struct transition *t;     /* ascending */
	bool repeats;             /* the last CYCLE_YEARS come again and again */
};

static void tz_add(struct tz *tz, int64_t at_sec, int32_t offset_sec)
{
	if (tz->n && at_sec < tz->t[tz->n - 1].at_sec)
		at_sec = tz->t[tz->n - 1].at_sec;
	tz->t = vec_grow(tz->t, tz->n, &tz->cap, sizeof *tz->t);
	tz->t[tz->n++] = (struct transition){ at_sec, offset_sec };
}

/* ---- the POSIX TZ rule: "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

struct rule_day {
	enum { RULE_MONTH_WEEK, RULE_JULIAN, RULE_ZERO_BASED } form;
	int month, week, day;
	int32_t time_sec;
};

static bool rule_name(struct cur *c)
{
	struct slice name;
	const char *from = c->p;

	if (cur_byte(c, '<'))
		return cur_until(c, '>', &name) && name.n >= 3;
	while (ascii_alpha(cur_peek(c)))
		c->p++;
	return c->p - from >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool rule_hms(struct cur *c, uint64_t max_hours, int32_t *ret_sec)
{
	uint64_t h, m = 0, s = 0;
	bool minus = cur_byte(c, '-');

	if (!minus)
		(void)cur_byte(c, '+');
	if (!cur_u64(c, max_hours, &h))
		return false;
	if (cur_byte(c, ':')) {
		if (!cur_u64(c, 59, &m))
			return false;
		if (cur_byte(c, ':') && !cur_u64(c, 59, &s))
			return false;
	}
	*ret_sec = (int32_t)(h * 3600 + m * 60 + s);
	if (minus)
		*ret_sec = -*ret_sec;
	return true;
}

static bool rule_day(struct cur *c, struct rule_day *ret)
{
	uint64_t month = 0, week = 0, day;

	ret->time_sec = 2 * 3600;
	if (!cur_byte(c, ','))
		return false;
	if (cur_byte(c, 'M')) {
		ret->form = RULE_MONTH_WEEK;
		if (!cur_u64(c, 12, &month) || month < 1 || !cur_byte(c, '.') || !cur_u64(c, 5, &week) || week < 1 ||
		    !cur_byte(c, '.') || !cur_u64(c, 6, &day))
			return false;
	} else if (cur_byte(c, 'J')) {
		ret->form = RULE_JULIAN;
		if (!cur_u64(c, 365, &day) || day < 1)
			return false;
	} else {
		ret->form = RULE_ZERO_BASED;
		if (!cur_u64(c, 365, &day))
			return false;
	}
	ret->month = (int)month;
	ret->week = (int)week;
	ret->day = (int)day;
	return !cur_byte(c, '/') || rule_hms(c, 167, &ret->time_sec);
}

/* the wall clock of that rule in that year, as seconds since 1970 read as UTC */
static int64_t rule_in_year(const struct rule_day *r, int year)
{
	int64_t days;

	if (r->form == RULE_MONTH_WEEK) {
		int64_t first = civil_days(year, r->month, 1);
		int weekday = (civil_weekday(first) + 1) % 7; /* the rule's Sunday is 0 */
		int day = 1 + (r->day - weekday + 7) % 7 + (r->week - 1) * 7;

		while (day > civil_month_days(year, r->month))
			day -= 7;
		days = first + day - 1;
	} else if (r->form == RULE_JULIAN) {
		/* day 60 is always March 1 */
		days = civil_days(year, 1, 1) + r->day - 1 + (civil_leap_year(year) && r->day >= 60);
	} else {
		days = civil_days(year, 1, 1) + r->day;
	}
	return days * 86400 + r->time_sec;
}

static void rule_expand(struct tz *tz, const struct rule_day day[2], int32_t std, int32_t dst)
{
	int64_t from = tz->n ? tz->t[tz->n - 1].at_sec : INT64_MIN;
	int first = tz->n ? civil_of(from * USEC_PER_SEC, 0).year : 1900;

	/* two years more than a cycle, so that the last CYCLE_YEARS hold nothing but the rule */
	for (int year = first; year < first + CYCLE_YEARS + 2; year++) {
		int64_t start = rule_in_year(&day[0], year) - std;
		int64_t end = rule_in_year(&day[1], year) - dst;

		if (start <= end && start > from)
			tz_add(tz, start, dst);
		if (end > from)
			tz_add(tz, end, std);
		if (start > end && start > from)
			tz_add(tz, start, dst);
	}
	tz->repeats = true;
}

static bool rule_parse(struct cur c, struct tz *tz)
{
	struct rule_day day[2];
	int32_t std, dst;

	if (!rule_name(&c) || !rule_hms(&c, 25, &std))
		return false;
	std = -std; /* POSIX counts west of Greenwich */
	if (cur_at_end(&c)) {
		if (tz->n)
			tz_add(tz, tz->t[tz->n - 1].at_sec, std);
		else
			tz->first_offset_sec = std;
		return true;
	}
	dst = std + 3600;
	if (!rule_name(&c))
		return false;
	if (cur_peek(&c) != ',') {
		if (!rule_hms(&c, 25, &dst))
			return false;
		dst = -dst;
	}
	if (!rule_day(&c, &day[0]) || !rule_day(&c, &day[1]) || !cur_at_end(&c))
		return false;
	rule_expand(tz, day, std, dst);
	return true;
}

/* ---- the file ---- */

struct tzif_counts {
	uint32_t isut, isstd, leap, time, type, chars;
};

static uint32_t be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static int64_t be_signed(const char *p, size_t size)
{
	return size == 4 ? (int32_t)be32(p) : (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static bool tzif_header(struct cur *c, struct tzif_counts *ret, char *ret_version)
{
	const char *p = c->p;

	if (cur_left(c) < 44 || memcmp(p, "TZif", 4) != 0)
		return false;
	*ret_version = p[4];
	*ret = (struct tzif_counts){ be32(p + 20), be32(p + 24), be32(p + 28), be32(p + 32), be32(p + 36), be32(p + 40) };
	c->p += 44;
	return ret->time <= FILE_TRANSITIONS_MAX && ret->type >= 1 && ret->type <= 256 && ret->chars <= 4096 &&
	       ret->leap <= 1000 && ret->isut <= 256 && ret->isstd <= 256;
}

static size_t tzif_block_bytes(const struct tzif_counts *n, size_t time_size)
{
	return n->time * (time_size + 1) + n->type * 6 + n->chars + n->leap * (time_size + 4) + n->isstd + n->isut;
}

static bool tzif_block(struct cur *c, const struct tzif_counts *n, size_t time_size, struct tz *tz)
{
	const char *times = c->p, *indices, *types;

	/* zones that count leap seconds ("right/...") have another clock than every log */
	if (cur_left(c) < tzif_block_bytes(n, time_size) || n->leap != 0)
		return false;
	indices = times + n->time * time_size;
	types = indices + n->time;
	for (uint32_t i = 0; i < n->type; i++) {
		int32_t offset = (int32_t)be32(types + 6 * i);

		if (offset > OFFSET_MAX_SEC || offset < -OFFSET_MAX_SEC)
			return false;
	}
	tz->first_offset_sec = (int32_t)be32(types);
	for (uint32_t i = 0; i < n->time; i++) {
		int64_t at = be_signed(times + i * time_size, time_size);
		uint32_t type = (unsigned char)indices[i];

		if (type >= n->type || (tz->n && at <= tz->t[tz->n - 1].at_sec))
			return false;
		if (at < -(INT64_C(1) << 40)) /* "since ever" */
			tz->first_offset_sec = (int32_t)be32(types + 6 * type);
		else if (at > INT64_C(1) << 40)
			return false;
		else
			tz_add(tz, at, (int32_t)be32(types + 6 * type));
	}
	c->p += tzif_block_bytes(n, time_size);
	return true;
}

static bool tzif_parse(struct slice bytes, struct tz *tz)
{
	struct cur c = cur_of(bytes);
	struct tzif_counts n;
	struct slice rule;
	char version;

	if (!tzif_header(&c, &n, &version))
		return false;
	if (version == '\0')
		return tzif_block(&c, &n, 4, tz);
	if (cur_left(&c) < tzif_block_bytes(&n, 4))
		return false;
	c.p += tzif_block_bytes(&n, 4);
	if (!tzif_header(&c, &n, &version) || !tzif_block(&c, &n, 8, tz) || !cur_byte(&c, '\n') ||
	    !cur_until(&c, '\n', &rule))
		return false;
	return rule.n == 0 || rule_parse(cur_of(rule), tz);
}

static int tz_read(const char *path, struct tz *tz, struct err *reterr)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct strbuf bytes = { 0 };
	bool fine;

	if (fd < 0)
		return err_set_errno(reterr, ERR_NOT_FOUND, errno, "no such time zone: '%s'", path);
	fine = io_read_all(fd, FILE_MAX_BYTES, &bytes) == 0 && tzif_parse(strbuf_slice(&bytes), tz);
	(void)close(fd);
	strbuf_done(&bytes);
	return fine ? 0 : err_set(reterr, ERR_FORMAT, "'%s' is not a time zone file", path);
}

/* ---- opening ---- */

/* "+0100", "+01:00", "-05" */
static bool fixed_offset(struct slice name, int32_t *ret)
{
	struct cur c = cur_of(name);
	uint64_t v, minutes = 0;
	bool minus = cur_byte(&c, '-');
	size_t digits;

	if (!minus && !cur_byte(&c, '+'))
		return false;
	digits = slice_find_byte(cur_rest(&c), ':');
	if (!cur_u64(&c, 9999, &v))
		return false;
	if (digits == 4 && cur_at_end(&c)) {
		minutes = v % 100;
		v /= 100;
	} else if (digits > 2 || (cur_byte(&c, ':') && !cur_u64(&c, 59, &minutes)) || !cur_at_end(&c)) {
		return false;
	}
	if (v > 24 || minutes > 59)
		return false;
	*ret = (int32_t)(v * 3600 + minutes * 60);
	if (minus)
		*ret = -*ret;
	return true;
}

static bool name_safe(struct slice name)
{
	if (name.n == 0 || name.n > 100 || name.p[0] == '/' || slice_find(name, SLICE("..")) < name.n)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!ascii_alnum(name.p[i]) && !memchr("/_+-.", name.p[i], 5))
			return false;
	return true;
}

int tz_open(const char *name, struct tz **ret, struct err *reterr)
{
	struct slice s = slice_str(name);
	struct tz *tz = xcalloc(1, sizeof *tz);
	int r = 0;

	if (!name) {
		if (access(LOCAL_ZONE, F_OK) == 0)
			r = tz_read(LOCAL_ZONE, tz, reterr);
	} else if (slice_is(s, "UTC") || slice_is(s, "GMT") || slice_is(s, "Z") ||
		   fixed_offset(s, &tz->first_offset_sec)) {
		/* known without a file */
	} else if (!name_safe(s)) {
		r = err_set(reterr, ERR_NOT_FOUND, "no such time zone: '%s'", name);
	} else {
		char path[sizeof ZONE_DIRECTORY + 100] = ZONE_DIRECTORY;

		memcpy(path + sizeof ZONE_DIRECTORY - 1, name, s.n + 1);
		r = tz_read(path, tz, reterr);
	}
	if (r < 0) {
		tz_free(tz);
		return r;
	}
	*ret = tz;
	return 0;
}

void tz_free(struct tz *tz)
{
	if (!tz)
		return;
	free(tz->t);
	free(tz);
}

int tz_from_bytes(struct slice bytes, struct tz **ret, struct err *reterr)
{
	struct tz *tz = xcalloc(1, sizeof *tz);

	if (!tzif_parse(bytes, tz)) {
		tz_free(tz);
		return err_set(reterr, ERR_FORMAT, "not a time zone file");
	}
	*ret = tz;
	return 0;
}

/* ---- looking up ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* by how much to move an instant into the years that the table holds */
static int64_t cycle_shift(const struct tz *tz, int64_t sec)
{
	/* two days before the end: no look-up near it may need what comes after */
	int64_t end = tz->repeats ? tz->t[tz->n - 1].at_sec - 2 * 86400 : INT64_MAX;

	return sec < end ? 0 : ((sec - end) / CYCLE_SEC + 1) * CYCLE_SEC;
}

/* number of transitions at or before that second */
static size_t transitions_until(const struct tz *tz, int64_t sec)
{
	size_t low = 0, high = tz->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (tz->t[mid].at_sec <= sec)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int32_t offset_after(const struct tz *tz, size_t transitions)
{
	return transitions ? tz->t[transitions - 1].offset_sec : tz->first_offset_sec;
}

int32_t tz_offset_at(const struct tz *tz, usec_t t)
{
	int64_t sec = floor_div(t, USEC_PER_SEC);

	return offset_after(tz, transitions_until(tz, sec - cycle_shift(tz, sec)));
}

usec_t tz_local_to_utc(const struct tz *tz, usec_t local, bool later, int32_t *ret_offset)
{
	int64_t sec = floor_div(local, USEC_PER_SEC);
	int64_t shift = cycle_shift(tz, sec);
	int64_t want = sec - shift;
	size_t i = transitions_until(tz, want - OFFSET_MAX_SEC);
	int32_t offset = offset_after(tz, i);
	bool found = false;

	for (;; i++) {
		int32_t o = offset_after(tz, i);
		bool begun = i == 0 || want - o >= tz->t[i - 1].at_sec;
		bool over = i < tz->n && want - o >= tz->t[i].at_sec;

		if (begun && !over && (!found || later)) {
			offset = o;
			found = true;
		} else if (!begun && !found) {
			/* a time that never was: counted with the offset before the gap */
			offset = offset_after(tz, i - 1);
			found = true;
		}
		if (i >= tz->n || tz->t[i].at_sec > want + OFFSET_MAX_SEC)
			break;
	}
	local -= offset * USEC_PER_SEC;
	*ret_offset = tz_offset_at(tz, local);
	return local;
}

void tz_flat_range(const struct tz *tz, usec_t t, usec_t *ret_from, usec_t *ret_until)
{
	int64_t sec = floor_div(t, USEC_PER_SEC);
	int64_t shift = cycle_shift(tz, sec);
	size_t i = transitions_until(tz, sec - shift);

	*ret_from = i ? (tz->t[i - 1].at_sec + shift) * USEC_PER_SEC : INT64_MIN;
	*ret_until = i < tz->n ? (tz->t[i].at_sec + shift) * USEC_PER_SEC : INT64_MAX;
}

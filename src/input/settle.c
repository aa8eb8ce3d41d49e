/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settle.c - the year and the zone of stamps that lack them, and the server of records without a host
 *
 * Per file, before its first record is parsed for good.  The year comes from --year, from queue ids in the
 * sample, from the file before or after it in the set, or else it is the latest that no upper bound of the
 * last line forbids: the date in the file's name, gzip's stored time, the file's time, now.  Trap: all of
 * these bounds are late for copied files, never early.
 */
#include "input/input_priv.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/civil.h"

#define SLACK_US USEC_PER_DAY	       /* by which a bound may be too early: clocks, zones */
#define BESIDE_US (31 * USEC_PER_DAY)  /* by which logs that are read together may miss each other */
#define HALF_YEAR_US (183 * USEC_PER_DAY)
#define DISORDER_US (7 * USEC_PER_DAY) /* by which a line may be late */

/* FILE of FILE=VALUE means this file: by path, by base name, by the name of its rotated set, or as a glob. */
static bool setting_fits(const char *pattern, const struct input_file *f)
{
	const char *slash = strrchr(f->path, '/'), *base = slash ? slash + 1 : f->path;
	size_t dir_n = (size_t)(base - f->path);

	if (strcmp(pattern, f->path) == 0 || strcmp(pattern, base) == 0 ||
	    strcmp(pattern, f->rotated.base) == 0)
		return true;
	if (strncmp(pattern, f->path, dir_n) == 0 && strcmp(pattern + dir_n, f->rotated.base) == 0)
		return true;
	return fnmatch(pattern, f->path, 0) == 0 || fnmatch(pattern, base, 0) == 0;
}

const char *setting_for(const struct input_setting *settings, size_t n, const struct input_file *f)
{
	const char *general = NULL;

	for (size_t i = n; i-- > 0;) {
		if (!settings[i].file)
			general = general ? general : settings[i].value;
		else if (setting_fits(settings[i].file, f))
			return settings[i].value;
	}
	return general;
}

/* A zone from the table, opened on first use. */
static int zone(struct input *in, const char *name, struct input_zone *ret, struct err *reterr)
{
	struct tz *tz;
	int rc;

	for (size_t i = 0; i < in->n_zones; i++) {
		const char *known = in->zones[i].name;

		if (name && known ? strcmp(name, known) == 0 : name == known) {
			*ret = in->zones[i];
			return 0;
		}
	}
	rc = tz_open(name, &tz, reterr);
	if (rc < 0)
		return rc;
	in->zones = vec_grow(in->zones, in->n_zones, &in->cap_zones, sizeof *in->zones);
	in->zones[in->n_zones] = (struct input_zone){ name ? xstrdup(name) : NULL, tz };
	*ret = in->zones[in->n_zones++];
	return 0;
}

static bool has_records(const struct input_file *f)
{
	return !f->failed && !f->skipped && f->first_raw;
}

/* The instant at which a date of a stamp begins, without zone; a 29 February that is none is 1 March. */
static usec_t date_us(int year, int month, int day)
{
	return civil_days(year, month, day) * USEC_PER_DAY;
}

/* The latest year in which the date is not after the bound. */
static int year_until(int month, int day, usec_t bound)
{
	int year = civil_of(bound, 0).year;

	return date_us(year, month, day) <= bound + SLACK_US ? year : year - 1;
}

/* The first year in which the date is not before `from`, disorder aside. */
static int year_from(int month, int day, usec_t from)
{
	int year = civil_of(from - DISORDER_US, 0).year;

	return date_us(year, month, day) >= from - DISORDER_US ? year : year + 1;
}

/* The year that brings the date nearest to the day. */
static int year_near(int month, int day, usec_t t)
{
	int year = civil_of(t, 0).year;
	usec_t here = date_us(year, month, day);

	return here > t + HALF_YEAR_US ? year - 1 : here < t - HALF_YEAR_US ? year + 1 : year;
}

/* The year of the first stamp without one, as other records of the sample tell it; 0: unknown. */
static int told_year(const struct envelope_hints *h)
{
	if (h->id_year || !h->told_year || !h->month)
		return h->id_year;
	return year_near(h->month, h->day, date_us(h->told_year, h->told_month, h->told_day));
}

/* No line of the file can be later than this. */
static usec_t upper_bound(const struct input *in, const struct input_file *f)
{
	const struct rotated *r = &f->rotated;
	usec_t bound = in->options.now_us, t;

	if (f->mtime_us != USEC_NONE && f->mtime_us < bound)
		bound = f->mtime_us;
	t = (usec_t)f->stored_time * USEC_PER_SEC;
	if (t > 0 && t < bound)
		bound = t;
	if (r->kind == ROTATED_DATE) {
		t = date_us(r->year, r->month, r->day ? r->day : civil_month_days(r->year, r->month));
		if (t + USEC_PER_DAY < bound)
			bound = t + USEC_PER_DAY;
	}
	return bound;
}

/* The month and day of a record's stamp, if it lacks the year. */
static bool yearless_date(const char *raw, int *ret_month, int *ret_day)
{
	struct envelope_hints h = { .kind = ENVELOPE_NONE };

	if (!raw)
		return false;
	envelope_look(&h, slice_str(raw));
	*ret_month = h.month;
	*ret_day = h.day;
	return h.month != 0;
}

/* The instant of a record by itself. */
static usec_t instant_of(const struct input_file *f, const char *raw, const struct tz *tz, int year)
{
	struct envelope_clock clock = { .tz = tz, .year = year, .day = f->day };
	struct line l = { .raw = slice_str(raw), .line_count = 1 };

	if (!raw)
		return USEC_NONE;
	envelope_parse(&clock, &l);
	return l.time_us;
}

/* The file holds a 29 February, after its first record or on it: the year must have one. */
static int leap_fix(const struct input_file *f, int year)
{
	int ahead = f->hints.month > 2;

	while (f->hints.leap_day && !civil_leap_year(year + ahead))
		year--;
	return year;
}

/* The year of the file's first stamp from the latest instant that its last line can have. */
static int year_backwards(const struct input_file *f, usec_t bound)
{
	int month, day, year;
	const struct envelope_hints *h = &f->hints;

	/* printed by grep, of several files the newest first: nothing is known of the last line */
	if (h->steps_back)
		return leap_fix(f, year_until(h->month, h->day, bound));
	if (!yearless_date(f->last_raw, &month, &day)) {
		usec_t last_us = instant_of(f, f->last_raw, f->tz, 0);

		if (last_us != USEC_NONE) /* the stamps got years on the way */
			bound = last_us;
		return leap_fix(f, year_until(h->month, h->day, bound));
	}
	year = year_until(month, day, bound);
	/* the file began in December and ended in January; some disorder is no new year */
	if (date_us(year, h->month, h->day) > date_us(year, month, day) + DISORDER_US)
		year--;
	return leap_fix(f, year);
}

static void set_instants(struct input_file *f)
{
	int month, day, year = f->year;

	f->first_us = instant_of(f, f->first_raw, f->tz, f->year);
	if (year && yearless_date(f->last_raw, &month, &day)) {
		usec_t first_us = date_us(year, f->hints.month, f->hints.day);

		if (f->hints.steps_back)
			year = year_near(month, day, first_us);
		else if (date_us(year, month, day) < first_us - DISORDER_US)
			year++;
	}
	f->last_us = instant_of(f, f->last_raw, f->tz, year);
	if (f->hints.steps_back && f->first_us != USEC_NONE && f->last_us != USEC_NONE && f->last_us < f->first_us) {
		usec_t t = f->first_us;

		f->first_us = f->last_us;
		f->last_us = t;
	}
}

static void set_year(struct input_file *f, int year, usec_t bound)
{
	f->year = year;
	set_instants(f);
	/* evidence beats bounds: a clock may have run ahead */
	f->latest_us = f->first_us != USEC_NONE && f->first_us <= bound + SLACK_US ? bound : 0;
}

/* Files whose year stands on evidence of their own; returns the index after the last one, or first_file. */
static uint32_t settle_certain_years(struct input *in, const struct stream *s, int given)
{
	uint32_t end = s->first_file;

	for (uint32_t i = s->first_file; i < s->end_file; i++) {
		struct input_file *f = &in->files[i];
		int year = f->hints.lacks_year ? given ? given : told_year(&f->hints) : 0;

		if (!has_records(f))
			continue;
		given = 0;
		f->certain = year != 0 || !f->hints.lacks_year;
		if (!f->certain)
			continue;
		set_year(f, year, in->options.now_us);
		end = i + 1;
	}
	return end;
}

/* From when to when the files whose years are certain run. */
struct span {
	usec_t first_us, last_us; /* USEC_NONE: there are none */
};

static void span_add(struct span *span, const struct input_file *f)
{
	usec_t last_us = f->last_us != USEC_NONE ? f->last_us : f->first_us;

	if (!f->certain || f->first_us == USEC_NONE)
		return;
	if (span->first_us == USEC_NONE || f->first_us < span->first_us)
		span->first_us = f->first_us;
	if (span->last_us == USEC_NONE || last_us > span->last_us)
		span->last_us = last_us;
}

/*
 * The bound of a set's last file, when nothing but its time and the clock speak: logs that are read together
 * mostly come from one time, so if the file fits beside those whose years are certain, it lies there.
 */
static usec_t bound_beside(const struct input_file *f, const struct span *span, usec_t bound)
{
	usec_t beside = span->last_us + BESIDE_US;
	int month, day;

	if (span->last_us == USEC_NONE || f->stored_time || f->rotated.kind == ROTATED_DATE)
		return bound;
	if (beside >= bound && span->first_us <= bound + SLACK_US)
		return bound;
	if (!yearless_date(f->last_raw, &month, &day)) {
		month = f->hints.month;
		day = f->hints.day;
	}
	if (date_us(year_until(month, day, beside), month, day) < span->first_us - BESIDE_US)
		return bound;
	return beside;
}

/* The years of the files of one set: outwards from what is certain, else backwards from the end. */
static void settle_years(struct input *in, const struct stream *s, uint32_t certain_end,
			 const struct span *span)
{
	bool any = certain_end > s->first_file;
	usec_t next_us = USEC_NONE, before_us = USEC_NONE;

	for (uint32_t i = any ? certain_end : s->end_file; i-- > s->first_file;) {
		struct input_file *f = &in->files[i];
		usec_t bound = upper_bound(in, f);

		if (!has_records(f))
			continue;
		/* a set that runs ahead of the clock has no use for bounds */
		if (next_us != USEC_NONE && (next_us < bound || next_us > in->options.now_us + SLACK_US))
			bound = next_us;
		else if (next_us == USEC_NONE)
			bound = bound_beside(f, span, bound);
		if (!f->certain)
			set_year(f, year_backwards(f, bound), bound);
		next_us = f->first_us;
	}
	for (uint32_t i = any ? certain_end - 1 : s->end_file; i < s->end_file; i++) {
		struct input_file *f = &in->files[i];

		if (!has_records(f))
			continue;
		if (!f->certain && before_us != USEC_NONE)
			set_year(f, leap_fix(f, year_from(f->hints.month, f->hints.day, before_us)),
				 in->options.now_us);
		before_us = f->last_us != USEC_NONE ? f->last_us : f->first_us;
	}
}

/* The file's zone as ids show it: that of this machine if it has the same offset then (it knows about summer
 * time). */
static int zone_of_ids(struct input *in, const struct input_file *f, const struct envelope_hints *h,
		       struct input_zone *ret, struct err *reterr)
{
	int32_t offset = h->id_offset_sec, minutes = (offset < 0 ? -offset : offset) / 60;
	struct input_zone local, fixed;
	char name[16];
	usec_t t;
	int rc;

	(void)snprintf(name, sizeof name, "%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60 % 100,
		       minutes % 60);
	rc = zone(in, offset == 0 ? "UTC" : name, &fixed, reterr);
	if (rc < 0)
		return rc;
	*ret = fixed;
	t = instant_of(f, f->first_raw, fixed.tz, h->id_year);
	if (t != USEC_NONE && zone(in, NULL, &local, NULL) == 0 && tz_offset_at(local.tz, t) == offset)
		*ret = local;
	return 0;
}

/* The nearest file of the set whose ids tell the offset. */
static const struct input_file *file_with_offset(const struct input *in, const struct stream *s, uint32_t at)
{
	for (uint32_t d = 0; d < s->end_file - s->first_file; d++) {
		if (at >= s->first_file + d && in->files[at - d].hints.offset_known)
			return &in->files[at - d];
		if (at + d < s->end_file && in->files[at + d].hints.offset_known)
			return &in->files[at + d];
	}
	return NULL;
}

/* The offset of a file's first record as the record or its ids tell it. */
static bool told_offset(const struct input_file *f, const struct tz *utc, int32_t *ret)
{
	struct envelope_clock clock = { .tz = utc };
	struct line l = { .raw = slice_str(f->first_raw), .line_count = 1 };

	if (!has_records(f) || (!f->hints.shows_zone && !f->hints.offset_known) ||
	    (f->hints.lacks_zone && !f->hints.offset_known))
		return false;
	*ret = f->hints.id_offset_sec;
	if (f->hints.offset_known)
		return true;
	envelope_parse(&clock, &l);
	*ret = l.utc_offset_sec;
	return l.time_us != USEC_NONE;
}

/*
 * A file that tells nothing of its zone: what all the others that tell something agree on is a better guess
 * than this machine's zone, since logs read together mostly come from one place.
 */
static int guess_zone(struct input *in, struct input_zone *ret, struct err *reterr)
{
	const struct input_file *teller = NULL;
	struct envelope_hints agreed = { .kind = ENVELOPE_NONE };
	struct input_zone utc;

	if (zone(in, "UTC", &utc, reterr) < 0)
		return reterr ? (int)reterr->code : ERR_NOT_FOUND;
	for (size_t i = 0; i < in->n_files; i++) {
		int32_t offset;

		if (!told_offset(&in->files[i], utc.tz, &offset))
			continue;
		if (teller && offset != agreed.id_offset_sec)
			return zone(in, NULL, ret, reterr);
		teller = &in->files[i];
		agreed.id_offset_sec = offset;
		agreed.id_year = teller->hints.id_year;
	}
	return teller ? zone_of_ids(in, teller, &agreed, ret, reterr) : zone(in, NULL, ret, reterr);
}

static int settle_zone(struct input *in, const struct stream *s, uint32_t at, struct err *reterr)
{
	struct input_file *f = &in->files[at];
	const char *name = setting_for(in->options.zones, in->options.n_zones, f);
	const struct input_file *teller = file_with_offset(in, s, at);
	struct input_zone z;
	int rc;

	if (name)
		rc = zone(in, name, &z, reterr);
	else if (teller)
		rc = zone_of_ids(in, teller, &teller->hints, &z, reterr);
	else
		rc = guess_zone(in, &z, reterr);
	if (rc < 0)
		return rc;
	f->tz = z.tz;
	f->zone = z.name ? z.name : "local";
	f->zone_guessed = !name && !teller;
	return 0;
}

static int check_zones(struct input *in, const struct input_options *o, struct err *reterr)
{
	for (size_t i = 0; i < o->n_zones; i++) {
		struct input_zone z;

		if (zone(in, o->zones[i].value, &z, reterr) < 0) {
			if (reterr)
				reterr->code = ERR_USAGE;
			return ERR_USAGE;
		}
	}
	return 0;
}

void settle_rough(struct input *in)
{
	struct input_zone utc;

	if (zone(in, "UTC", &utc, NULL) < 0)
		return;
	for (size_t i = 0; i < in->n_files; i++) {
		struct input_file *f = &in->files[i];

		if (f->hints.lacks_year && !told_year(&f->hints))
			continue;
		f->tz = utc.tz;
		f->year = f->hints.lacks_year ? told_year(&f->hints) : 0;
		set_instants(f);
	}
}

int settle_clocks(struct input *in, struct err *reterr)
{
	struct span span = { USEC_NONE, USEC_NONE };
	uint32_t *certain_end;
	int rc = check_zones(in, &in->options, reterr);

	for (size_t i = 0; i < in->n_streams && rc == 0; i++) {
		const struct stream *s = &in->streams[i];

		for (uint32_t k = s->first_file; k < s->end_file && rc == 0; k++)
			rc = settle_zone(in, s, k, reterr);
	}
	if (rc < 0)
		return rc;
	certain_end = xcalloc(in->n_streams + 1, sizeof *certain_end);
	for (size_t i = 0; i < in->n_streams; i++)
		certain_end[i] = settle_certain_years(in, &in->streams[i], in->options.year);
	for (size_t i = 0; i < in->n_files; i++)
		span_add(&span, &in->files[i]);
	for (size_t i = 0; i < in->n_streams; i++)
		settle_years(in, &in->streams[i], certain_end[i], &span);
	free(certain_end);
	for (size_t i = 0; i < in->n_files; i++) {
		const struct input_file *f = &in->files[i];

		in->sources[i].year = f->hints.lacks_year ? f->year : 0;
		in->sources[i].year_guessed = f->hints.lacks_year && f->year && !f->certain;
		in->sources[i].zone = f->hints.lacks_zone ? f->zone : NULL;
		if (f->hints.dateless && !f->day.year)
			diag_say(in->diag, DIAG_WARNING,
				 "'%s': its lines have a time but no date, and neither has its name: give it the name it had "
				 "(such as 2026.09.14-smtpLog.log); its records are read without a time", f->path);
		in->sources[i].zone_guessed = f->hints.lacks_zone && f->zone_guessed;
	}
	return 0;
}

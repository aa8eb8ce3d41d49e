/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.c - from stamps to instants: the year, the zone, the hour that comes twice
 *
 * Walking forward through a file, a date that jumps back by more than half a year has passed New Year; a smaller
 * step back is disorder, and so is a December line that comes late, after January has begun.  The walk goes by the
 * latest date so far, so that no single late line turns the year.
 */
#include "envelope/head.h"

#include <string.h>

#include "base/civil.h"

#define HALF_YEAR_DAYS   183
#define LATE_DAYS        7  /* a line of last year may come that late */
#define SLACK_DAYS       2  /* zones and wrong clocks */
#define DISORDER_US      (60 * USEC_PER_SEC)
#define QUARTER_US       (15 * USEC_PER_MIN) /* offsets of zones are multiples of it */
#define WRAPPED_LATE_US  USEC_PER_MIN        /* by which what wraps a record may be stamped later, */
#define WRAPPED_EARLY_US (5 * USEC_PER_SEC)  /* or earlier, and both mean the same moment */
#define ZONE_MAX_US      (15 * USEC_PER_HOUR)

static bool too_late(const struct envelope_clock *clock, int64_t days)
{
	return clock->latest_us != 0 && days * USEC_PER_DAY > clock->latest_us + SLACK_DAYS * USEC_PER_DAY;
}

/* the year of a date without one; 0: unknown */
static int walk_year(const struct envelope_clock *clock, int month, int day)
{
	int year = clock->last_year;
	int64_t last, here, before;

	if (year == 0)
		return clock->year;
	last = civil_days(year, clock->last_month, clock->last_day);
	here = civil_days(year, month, day);
	before = civil_days(year - 1, month, day);
	if (here < last - HALF_YEAR_DAYS && !too_late(clock, civil_days(year + 1, month, day)))
		return year + 1;
	if (here > last + HALF_YEAR_DAYS && (last - before <= LATE_DAYS || too_late(clock, here)))
		return year - 1;
	return year;
}

/* what the walk has come to: a date of an earlier one changes nothing */
static void note_date(struct envelope_clock *clock, int year, int month, int day)
{
	if (clock->last_year != 0 && civil_days(year, month, day) <=
					     civil_days(clock->last_year, clock->last_month, clock->last_day))
		return;
	clock->last_year = year;
	clock->last_month = month;
	clock->last_day = day;
}

static usec_t day_start(struct envelope_clock *clock, const struct stamp *s)
{
	struct stamp_fields f = stamp_fields(s);
	bool odd = false;

	if (f.year == 0)
		f.year = walk_year(clock, f.month, f.day);
	if (f.year == 0)
		return USEC_NONE;
	/* the walk was wrong: the leap day says so */
	while (f.month == 2 && f.day == 29 && !civil_leap_year(f.year)) {
		f.year--;
		odd = true;
	}
	if (odd)
		clock->last_year = 0;
	note_date(clock, f.year, f.month, f.day);
	return civil_days(f.year, f.month, f.day) * USEC_PER_DAY;
}

static usec_t absolute(usec_t a)
{
	return a < 0 ? -a : a;
}

/*
 * In the hour that comes twice the first one is meant until the log steps back by more than disorder explains:
 * from there on it is the second.
 */
static bool second_pass(const struct envelope_clock *clock, usec_t first, usec_t second)
{
	if (clock->second_pass_us && absolute(second - clock->second_pass_us) < 3 * USEC_PER_HOUR)
		return true;
	return clock->high_water_us && first < clock->high_water_us - DISORDER_US &&
	       clock->high_water_us - first < USEC_PER_DAY;
}

static usec_t settle_local(struct envelope_clock *clock, usec_t local, int32_t *ret_offset)
{
	usec_t first, second, from, until;
	int32_t offset_second;

	if (!clock->tz) {
		*ret_offset = 0;
		return local;
	}
	first = tz_local_to_utc(clock->tz, local, false, ret_offset);
	second = tz_local_to_utc(clock->tz, local, true, &offset_second);
	if (second != first && second_pass(clock, first, second)) {
		clock->second_pass_us = second;
		*ret_offset = offset_second;
		return second;
	}
	tz_flat_range(clock->tz, first, &from, &until);
	/* two days off any change there is only one reading */
	clock->flat_from_us = from == INT64_MIN ? from : from + 2 * USEC_PER_DAY;
	clock->flat_until_us = until == INT64_MAX ? until : until - 2 * USEC_PER_DAY;
	clock->flat_offset_sec = *ret_offset;
	return first;
}

/* make the stamp's date that of *k */
static void cache_date(struct envelope_clock *clock, struct envelope_cached *k, const struct stamp *s)
{
	size_t n = s->text.n - (s->form == STAMP_ISO ? 9 : 8);

	if (k->date[0] != '\0' && k->date[n] == '\0' && memcmp(k->date, s->text.p, n) == 0 && k->day_us != USEC_NONE)
		return;
	k->day_us = day_start(clock, s);
	memset(k->date, 0, sizeof k->date);
	memcpy(k->date, s->text.p, n);
	if (s->form == STAMP_BSD)
		clock->bsd_kind = head_bsd_kind(s);
	k->instant_us = USEC_NONE;
}

usec_t clock_settle(struct envelope_clock *clock, const struct stamp *s, int32_t *ret_offset_sec)
{
	struct envelope_cached *k = s->form == STAMP_ISO ? &clock->iso : &clock->bsd;
	usec_t local, t;

	if (!s->same_day || k->day_us == USEC_NONE)
		cache_date(clock, k, s);
	if (k->day_us == USEC_NONE)
		return USEC_NONE;
	/* the flat range may be another now */
	memset(clock->bsd_minute.text, 0, sizeof clock->bsd_minute.text);
	memset(clock->rfc3339_minute.text, 0, sizeof clock->rfc3339_minute.text);
	memset(clock->exim_minute.text, 0, sizeof clock->exim_minute.text);
	local = k->day_us + s->day_sec * USEC_PER_SEC;
	if (s->has_zone) {
		t = local - s->zone_sec * USEC_PER_SEC;
		*ret_offset_sec = s->zone_sec;
	} else if (local >= clock->flat_from_us && local < clock->flat_until_us) {
		t = local - clock->flat_offset_sec * USEC_PER_SEC;
		*ret_offset_sec = clock->flat_offset_sec;
	} else {
		if (k->instant_us == USEC_NONE || k->second_us != local)
			k->instant_us = settle_local(clock, local, &k->offset_sec);
		k->second_us = local;
		t = k->instant_us;
		*ret_offset_sec = k->offset_sec;
	}
	t += s->fraction_us;
	if (t > clock->high_water_us)
		clock->high_water_us = t;
	return t;
}

/* The wall clock of a stamp, read as UTC; without a year, in that which brings it nearest to t. */
static usec_t wall_near(const struct stamp *s, usec_t t)
{
	struct stamp_fields f = stamp_fields(s);
	int year = f.year ? f.year : civil_of(t, 0).year - 1, last = f.year ? f.year : year + 2;
	usec_t best = USEC_NONE;

	for (; year <= last; year++) {
		usec_t wall;

		if (f.month == 2 && f.day == 29 && !civil_leap_year(year))
			continue;
		wall = civil_days(year, f.month, f.day) * USEC_PER_DAY + s->day_sec * USEC_PER_SEC + s->fraction_us;
		if (best == USEC_NONE || absolute(wall - t) < absolute(best - t))
			best = wall;
	}
	return best;
}

/*
 * Is there an offset by which the wall clock shows the moment at which the record was wrapped?  What wraps it comes a
 * little later; a stamp of whole seconds is behind by up to one more.
 */
static bool same_moment(usec_t wall, usec_t outer, int32_t *ret_offset)
{
	usec_t delta = wall - outer + WRAPPED_LATE_US, offset;

	if (delta < -ZONE_MAX_US || delta > ZONE_MAX_US)
		return false;
	offset = delta - (delta % QUARTER_US + QUARTER_US) % QUARTER_US;
	if (delta - offset > WRAPPED_LATE_US + WRAPPED_EARLY_US)
		return false;
	*ret_offset = (int32_t)(offset / USEC_PER_SEC);
	return true;
}

usec_t clock_settle_wrapped(struct envelope_clock *clock, const struct head *h, int32_t *ret_offset_sec)
{
	usec_t t = h->outer_us, wall = h->stamp.form == STAMP_NONE ? USEC_NONE : wall_near(&h->stamp, t);
	int32_t offset = h->outer_zone_sec;
	struct civil date;

	if (wall != USEC_NONE && h->stamp.has_zone) {
		/* that of the writer itself; it is less exact only if it is cut to seconds */
		offset = h->stamp.zone_sec;
		wall -= offset * USEC_PER_SEC;
		if (h->stamp.fraction_us != 0 || absolute(t - wall) > WRAPPED_EARLY_US)
			t = wall;
	} else if (wall != USEC_NONE && !same_moment(wall, t, &offset)) {
		/* an old record that was wrapped later */
		t = settle_local(clock, wall, &offset);
	} else if (wall == USEC_NONE && !h->outer_has_zone && clock->tz) {
		offset = tz_offset_at(clock->tz, t);
	}
	*ret_offset_sec = offset;
	date = civil_of(t, offset);
	note_date(clock, date.year, date.month, date.day);
	if (t > clock->high_water_us)
		clock->high_water_us = t;
	return t;
}

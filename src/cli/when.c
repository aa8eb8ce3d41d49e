/* SPDX-License-Identifier: Apache-2.0 */
/*
 * when.c - instants that people type
 *
 * The forms are those of systemd.time(7), which journalctl takes, and RFC 3339.  A number of eight digits or
 * less is no epoch: 20261121 is more likely a mistyped date, and 1970 had no logs that anybody still reads.
 */
#include "cli/when.h"

#include "base/attr.h"
#include "base/civil.h"
#include "base/cursor.h"

static const struct {
	const char *name;
	usec_t us;
} UNITS[] = {
	{ "s", USEC_PER_SEC },
	{ "sec", USEC_PER_SEC },
	{ "secs", USEC_PER_SEC },
	{ "second", USEC_PER_SEC },
	{ "seconds", USEC_PER_SEC },
	{ "m", USEC_PER_MIN },
	{ "min", USEC_PER_MIN },
	{ "mins", USEC_PER_MIN },
	{ "minute", USEC_PER_MIN },
	{ "minutes", USEC_PER_MIN },
	{ "h", USEC_PER_HOUR },
	{ "hr", USEC_PER_HOUR },
	{ "hrs", USEC_PER_HOUR },
	{ "hour", USEC_PER_HOUR },
	{ "hours", USEC_PER_HOUR },
	{ "d", USEC_PER_DAY },
	{ "day", USEC_PER_DAY },
	{ "days", USEC_PER_DAY },
	{ "w", 7 * USEC_PER_DAY },
	{ "week", 7 * USEC_PER_DAY },
	{ "weeks", 7 * USEC_PER_DAY },
	{ "month", 30 * USEC_PER_DAY + USEC_PER_DAY / 2 },
	{ "months", 30 * USEC_PER_DAY + USEC_PER_DAY / 2 },
	{ "y", 365 * USEC_PER_DAY },
	{ "year", 365 * USEC_PER_DAY },
	{ "years", 365 * USEC_PER_DAY },
};

static const struct {
	const char *name;
	int days;
} DAYS[] = {
	{ "today", 0 },
	{ "yesterday", -1 },
	{ "tomorrow", 1 },
};

static struct slice word(struct cur *c)
{
	const char *from = c->p;

	while (c->p < c->end && ascii_alpha(*c->p))
		c->p++;
	return slice_between(from, c->p);
}

/* exactly n digits */
static bool digits(struct cur *c, size_t n, int *ret)
{
	int v = 0;

	if (cur_left(c) < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!ascii_digit(c->p[i]))
			return false;
		v = v * 10 + (c->p[i] - '0');
	}
	c->p += n;
	*ret = v;
	return true;
}

/* "14:00", "14:00:30", "14:00:30.25"; hour may have one digit */
static bool clock_time(struct cur *c, struct civil *t)
{
	struct cur d = *c;

	if (!(digits(&d, 2, &t->hour) || digits(&d, 1, &t->hour)) || !cur_byte(&d, ':') ||
	    !digits(&d, 2, &t->minute))
		return false;
	t->second = t->usec = 0;
	if (cur_byte(&d, ':')) {
		usec_t us;

		if (cur_left(&d) < 2 || !ascii_digit(d.p[1]) || !cur_seconds(&d, &us) ||
		    us > 61 * USEC_PER_SEC)
			return false;
		t->second = (int)(us / USEC_PER_SEC);
		t->usec = (int)(us % USEC_PER_SEC);
	}
	*c = d;
	return true;
}

/* "Z", "+01:00", "-0500", "+01", " UTC" */
static bool offset(struct cur *c, int32_t *ret)
{
	int sign, hours, minutes = 0;

	cur_skip_spaces(c);
	if (cur_byte(c, 'Z') || cur_byte(c, 'z') || cur_lit(c, "UTC")) {
		*ret = 0;
		return true;
	}
	if (!cur_byte(c, '+')) {
		if (!cur_byte(c, '-'))
			return false;
		sign = -1;
	} else
		sign = 1;
	if (!digits(c, 2, &hours))
		return false;
	(void)cur_byte(c, ':');
	if (!cur_at_end(c) && !digits(c, 2, &minutes))
		return false;
	if (hours > 15 || minutes > 59)
		return false;
	*ret = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* the wall clock t (with an offset at c, or in tz) as an instant; everything must be read then */
static bool finish(struct cur *c, const struct civil *t, const struct tz *tz, usec_t *ret)
{
	usec_t local = civil_to_usec(t);
	int32_t off;

	if (!civil_valid(t))
		return false;
	if (cur_at_end(c)) {
		*ret = tz_local_to_utc(tz, local, false, &off);
		return true;
	}
	if (!offset(c, &off) || !cur_at_end(c))
		return false;
	*ret = local - off * USEC_PER_SEC;
	return true;
}

/* midnight, `days` from today, as wall clock of tz */
static struct civil day_from_now(usec_t now, const struct tz *tz, int days)
{
	struct civil t = civil_of(now + days * USEC_PER_DAY, tz_offset_at(tz, now));

	t.hour = t.minute = t.second = t.usec = 0;
	return t;
}

static bool absolute(struct cur c, usec_t now, const struct tz *tz, usec_t *ret)
{
	struct civil t = { 0 };

	(void)now;
	if (digits(&c, 4, &t.year) && cur_byte(&c, '-') && digits(&c, 2, &t.month) && cur_byte(&c, '-') &&
	    digits(&c, 2, &t.day)) {
		if (cur_at_end(&c))
			return finish(&c, &t, tz, ret);
		if (!cur_byte(&c, 'T') && !cur_byte(&c, 't') && !cur_byte(&c, ' '))
			return false;
		cur_skip_spaces(&c);
		return clock_time(&c, &t) && finish(&c, &t, tz, ret);
	}
	return false;
}

static bool named_day(struct cur c, usec_t now, const struct tz *tz, usec_t *ret)
{
	struct slice name = word(&c);

	if (slice_eq_fold(name, SLICE("now")) && cur_at_end(&c)) {
		*ret = now;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(DAYS); i++) {
		struct civil t;

		if (!slice_eq_fold(name, slice_str(DAYS[i].name)))
			continue;
		t = day_from_now(now, tz, DAYS[i].days);
		if (!cur_at_end(&c)) {
			cur_skip_spaces(&c);
			if (!clock_time(&c, &t))
				return false;
		}
		return finish(&c, &t, tz, ret);
	}
	return false;
}

static bool time_of_today(struct cur c, usec_t now, const struct tz *tz, usec_t *ret)
{
	struct civil t = day_from_now(now, tz, 0);

	return clock_time(&c, &t) && finish(&c, &t, tz, ret);
}

/* "@1795305600", "1795305600.25"; nine digits or more without the '@' */
static bool epoch(struct cur c, usec_t now, const struct tz *tz, usec_t *ret)
{
	bool at = cur_byte(&c, '@');
	const char *from = c.p;
	usec_t us;

	(void)now;
	(void)tz;
	if (!cur_seconds(&c, &us) || !cur_at_end(&c))
		return false;
	if (!at && slice_find_byte(slice_between(from, c.p), '.') < 9)
		return false;
	*ret = us;
	return true;
}

static bool unit(struct slice name, usec_t *ret)
{
	/* systemd: "M" is a month, "m" a minute; all else ignores case */
	if (slice_is(name, "M")) {
		*ret = 30 * USEC_PER_DAY + USEC_PER_DAY / 2;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(UNITS); i++)
		if (slice_eq_fold(name, slice_str(UNITS[i].name))) {
			*ret = UNITS[i].us;
			return true;
		}
	return false;
}

/* "2h", "1d 12h", "2 hours": what is read is at least one number with its unit */
static bool spans(struct cur *c, usec_t *ret)
{
	const usec_t max = 1000 * 365 * USEC_PER_DAY;
	usec_t sum = 0, us;
	bool any = false;
	uint64_t v;

	while (cur_u64(c, 1000000000, &v)) {
		cur_skip_spaces(c);
		if (!unit(word(c), &us) || (usec_t)v > max / us || sum > max)
			return false;
		sum += (usec_t)v * us;
		cur_skip_spaces(c);
		any = true;
	}
	*ret = sum;
	return any;
}

/* "-2h", "+30min", "-1d 12h", "2 hours ago" */
static bool relative(struct cur c, usec_t now, const struct tz *tz, usec_t *ret)
{
	int sign = cur_byte(&c, '-') ? -1 : cur_byte(&c, '+') ? 1 : 0;
	usec_t sum;

	(void)tz;
	cur_skip_spaces(&c);
	if (!spans(&c, &sum) || sum == 0)
		return false;
	if (sign == 0) {
		if (!slice_eq_fold(word(&c), SLICE("ago")))
			return false;
		sign = -1;
	}
	if (!cur_at_end(&c))
		return false;
	*ret = now + sign * sum;
	return true;
}

int when_span(struct slice text, usec_t *ret, struct err *reterr)
{
	struct cur c = cur_of(slice_trim(text)), d = c;
	uint64_t seconds;

	if (cur_u64(&d, UINT32_MAX, &seconds) && cur_at_end(&d)) {
		*ret = (usec_t)seconds * USEC_PER_SEC;
		return 0;
	}
	if (spans(&c, ret) && cur_at_end(&c))
		return 0;
	return err_set(reterr, ERR_USAGE, "'%.*s' is no span of time: write 90s, 30m, 2h, 3d or 1d12h", SLICE_ARG(text));
}

bool when_hours(struct slice text, int *ret_from, int *ret_until)
{
	struct cur c = cur_of(slice_trim(text));
	int64_t from, until;

	if (!cur_i64(&c, 24, &from) || !cur_byte(&c, '-') || !cur_i64(&c, 24, &until) || !cur_at_end(&c))
		return false;
	*ret_from = (int)from % 24;
	*ret_until = (int)until;
	return true;
}

typedef bool when_form(struct cur c, usec_t now, const struct tz *tz, usec_t *ret);

int when_parse(struct slice text, usec_t now_us, const struct tz *tz, usec_t *ret, struct err *reterr)
{
	static when_form *const FORMS[] = { absolute, named_day, time_of_today, epoch, relative };
	struct slice s = slice_trim(text);

	for (size_t i = 0; s.n && i < ARRAY_LEN(FORMS); i++)
		if (FORMS[i](cur_of(s), now_us, tz, ret))
			return 0;
	return err_set(reterr, ERR_USAGE,
		       "'%.*s' is no time: write 2026-11-21, \"2026-11-21 14:00\", 14:00, yesterday, -2h, "
		       "\"2 hours ago\" or @1795305600",
		       SLICE_ARG(text));
}

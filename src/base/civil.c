/* SPDX-License-Identifier: Apache-2.0 */
/*
 * civil.c - days and dates of the Gregorian calendar
 *
 * The calendar is shifted to start in March, so that the leap day is the last day of a year and 400 years
 * are a whole number of days (146097).
 */
#include "base/civil.h"

int64_t civil_days(int year, int month, int day)
{
	int64_t y = month <= 2 ? (int64_t)year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

usec_t civil_to_usec(const struct civil *c)
{
	int64_t sec = civil_days(c->year, c->month, c->day) * 86400 + c->hour * 3600 + c->minute * 60 + c->second;

	return sec * USEC_PER_SEC + c->usec;
}

struct civil civil_of(usec_t t, int32_t utc_offset_sec)
{
	struct civil c;
	int64_t us, days, era, doe, yoe, doy, mp;

	t += utc_offset_sec * USEC_PER_SEC;
	days = t / USEC_PER_DAY;
	us = t % USEC_PER_DAY;
	if (us < 0) {
		us += USEC_PER_DAY;
		days--;
	}
	c.usec = (int)(us % USEC_PER_SEC);
	us /= USEC_PER_SEC;
	c.hour = (int)(us / 3600);
	c.minute = (int)(us / 60 % 60);
	c.second = (int)(us % 60);

	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = days - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	c.day = (int)(doy - (153 * mp + 2) / 5 + 1);
	c.month = (int)(mp < 10 ? mp + 3 : mp - 9);
	c.year = (int)(yoe + era * 400 + (c.month <= 2));
	return c;
}

bool civil_leap_year(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int civil_month_days(int year, int month)
{
	static const int DAYS[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && civil_leap_year(year) ? 29 : DAYS[month - 1];
}

int civil_weekday(int64_t days)
{
	int64_t w = (days + 3) % 7; /* 1970-01-01 was a Thursday */

	return (int)(w < 0 ? w + 7 : w);
}

bool civil_valid(const struct civil *c)
{
	return c->month >= 1 && c->month <= 12 && c->day >= 1 && c->day <= civil_month_days(c->year, c->month) &&
	       c->hour >= 0 && c->hour <= 23 && c->minute >= 0 && c->minute <= 59 && c->second >= 0 &&
	       c->second <= 60 && c->usec >= 0 && c->usec < USEC_PER_SEC;
}

void civil_format_rfc3339(struct strbuf *out, usec_t t)
{
	struct civil c = civil_of(t, 0);

	strbuf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", c.year, c.month, c.day, c.hour, c.minute, c.second,
		      c.usec);
}

void civil_format_local(struct strbuf *out, usec_t t, int32_t utc_offset_sec)
{
	struct civil c = civil_of(t, utc_offset_sec);

	strbuf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

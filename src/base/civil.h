/* SPDX-License-Identifier: Apache-2.0 */
/*
 * civil.h - days and dates of the Gregorian calendar, without zones
 */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "base/usec.h"

struct civil {
	int year, month, day;     /* month 1 to 12, day 1 to 31 */
	int hour, minute, second; /* second 0 to 60 */
	int usec;                 /* 0 to 999999 */
};

/* days since 1970-01-01 of a valid date, any year */
int64_t civil_days(int year, int month, int day);
/* microseconds since the epoch, the civil time read as UTC; fields are not checked */
usec_t civil_to_usec(const struct civil *c);
/* the civil time of an instant shifted by utc_offset_sec */
struct civil civil_of(usec_t t, int32_t utc_offset_sec);
bool civil_leap_year(int year);
int civil_month_days(int year, int month);
/* Monday 0 to Sunday 6 */
int civil_weekday(int64_t days);
/* true if the fields are a real date and time (60 seconds are allowed) */
bool civil_valid(const struct civil *c);
/* "2026-11-21T21:09:48.000000Z" */
void civil_format_rfc3339(struct strbuf *out, usec_t t);
/* "2026-11-21 21:09:48" as the wall clock at that offset */
void civil_format_local(struct strbuf *out, usec_t t, int32_t utc_offset_sec);

#endif

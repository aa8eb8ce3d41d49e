/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - what panels of hours and days share: mail counted by hour of the log's wall clock
 *
 * A mail counts where it arrived, a delivery where it happened, so that one mail may count in two hours.
 */
#ifndef REPORT_CLOCK_H
#define REPORT_CLOCK_H

#include "report/report_priv.h"

enum clock_value {
	CLOCK_MAILS,
	CLOCK_BYTES,
	CLOCK_DELIVERED,
	CLOCK_FIRST_TRY, /* of those delivered */
	CLOCK_BOUNCED,
	CLOCK_DEFERRALS,
	CLOCK_REJECTIONS,
	CLOCK_VALUES
};

struct clock {
	struct tally t;           /* by hour since 1970, CLOCK_HOUR_BASE added; key 0: those past the limit */
	struct wall_span span;
	/* times come nearly in order: most count in the same row as the one before */
	int64_t *row;             /* NULL: none yet */
	usec_t begin;             /* of the row's hour, in UTC; INT64_MAX: there is none */
	int32_t utc_offset_sec;   /* of the row, and the latest seen */
	usec_t first_us, last_us; /* what the logs cover, on the wall clock; USEC_NONE: nothing yet */
};

#define CLOCK_HOUR_BASE ((int64_t)DAY_BASE * 24)

/* the hour of a row, since 1970 */
static inline int64_t clock_hour(const struct clock *c, size_t row)
{
	return (int64_t)tally_key(&c->t, row) - CLOCK_HOUR_BASE;
}

/* new() of panels: the struct clock that all of them share */
void *clock_of(const struct panel_ops *ops, struct counters *c);

#endif

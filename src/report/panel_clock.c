/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_clock.c - received and delivered by hour of the day and by day
 *
 * Hours and days are those of the log's wall clock.  A mail counts where it arrived, a delivery where it
 * happened, so that one mail may count in two days.
 */
#include "base/attr.h"
#include "report/clock.h"
#include "report/panels.h"

#define DAYS_MIN 31 /* rows of the panel, even if the limit is lower */

#define CLOCK_COLUMNS                                              \
	{ "received", "Received", COLUMN_COUNT, "messages", .bar = true },  \
	{ "bytes", "Size", COLUMN_BYTES, "bytes", .spare = true },   \
	{ "delivered", "Delivered", COLUMN_COUNT, "recipients", .tone = TONE_GOOD },  \
	{ "deferrals", "Deferrals", COLUMN_COUNT, "attempts", .tone = TONE_WAIT },    \
	{ "bounced", "Bounced", COLUMN_COUNT, "recipients", .tone = TONE_BAD },      \
	{ "rejections", "Rejections", COLUMN_COUNT, "refusals", .tone = TONE_SHUT }

static const struct panel_column HOUR_COLUMNS[] = {
	{ "hour", "Hour", COLUMN_TEXT, NULL },
	CLOCK_COLUMNS,
};
static const struct panel_column DAY_COLUMNS[] = {
	{ "day", "Day", COLUMN_TEXT, NULL },
	CLOCK_COLUMNS,
};

/* add the hours up; by_day: by days, DAY_BASE added, else by hour of the day */
static void sum_up(const struct clock *c, bool by_day, struct tally *sums)
{
	tally_init(sums, CLOCK_VALUES, 0);
	for (size_t i = 0; i < c->t.n; i++) {
		uint64_t hour = tally_key(&c->t, i);
		int64_t *v;

		if (hour == c->t.other)
			continue;
		v = tally_row(sums, by_day ? hour / 24 : hour % 24);
		for (int k = 0; k < CLOCK_VALUES; k++)
			v[k] += tally_values(&c->t, i)[k];
	}
}

static void fill(struct panel_row *row, const int64_t *v)
{
	static const enum clock_value SHOWN[] = { CLOCK_MAILS, CLOCK_BYTES, CLOCK_DELIVERED, CLOCK_DEFERRALS, CLOCK_BOUNCED,
						  CLOCK_REJECTIONS };

	for (size_t k = 0; k < ARRAY_LEN(SHOWN); k++)
		row->cells[1 + k] = cell_value(v ? v[SHOWN[k]] : 0);
}

static void hours_build(void *state, struct panel_build *b)
{
	const struct clock *c = state;
	struct strbuf sb = { 0 };
	struct tally hours;

	if (c->t.n == 0)
		return;
	sum_up(c, false, &hours);
	build_rows(b, 24);
	for (unsigned hour = 0; hour < 24; hour++) {
		strbuf_clear(&sb);
		strbuf_printf(&sb, "%02u", hour);
		b->panel->rows[hour].cells[0] = cell_text(arena_copy(b->arena, strbuf_slice(&sb)));
		fill(&b->panel->rows[hour], tally_find(&hours, hour));
	}
	strbuf_done(&sb);
	tally_done(&hours);
}

static void days_build(void *state, struct panel_build *b)
{
	const struct clock *c = state;
	struct strbuf filter = { 0 };
	struct tally days;
	size_t *top;

	sum_up(c, true, &days);
	if (b->limit < DAYS_MIN)
		b->limit = DAYS_MIN;
	top = build_top(b, &days, order_by_key);
	for (size_t i = 0; i < b->panel->n_rows; i++) { /* newest last */
		struct panel_row *row = &b->panel->rows[b->panel->n_rows - 1 - i];
		int64_t day = (int64_t)tally_key(&days, top[i]) - DAY_BASE;

		row->cells[0] = cell_text(build_day(b, day));
		build_filter_day(b, &filter, day, c->utc_offset_sec);
		build_filter_end(b, row, &filter);
		fill(row, tally_values(&days, top[i]));
	}
	strbuf_done(&filter);
	tally_done(&days);
}

const struct panel_ops panel_hours = {
	.id = "hours",
	.title = "By hour of the day",
	.columns = HOUR_COLUMNS,
	.n_columns = ARRAY_LEN(HOUR_COLUMNS),
	.chart = CHART_TIMELINE,
	.new = clock_of,
	.build = hours_build,
};

const struct panel_ops panel_days = {
	.id = "days",
	.title = "By day",
	.columns = DAY_COLUMNS,
	.n_columns = ARRAY_LEN(DAY_COLUMNS),
	.chart = CHART_TIMELINE,
	.new = clock_of,
	.build = days_build,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_clock.c - received and delivered by hour of the day and by day
 *
 * Hours and days are those of the log's wall clock.  A mail counts where it arrived, a delivery where it
 * happened, so that one mail may count in two days.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/panels.h"

enum clock_variant { BY_HOUR, BY_DAY };
enum { RECEIVED, BYTES, DELIVERED, DEFERRALS, BOUNCED, REJECTIONS, VALUES };

#define DAYS_MIN 31 /* rows of the panel, even if the limit is lower */

struct clock_state {
	enum clock_variant variant;
	struct tally t;          /* key: hour or day */
	struct wall_span span;
	/* times come nearly in order: most count in the same row as the one before */
	int64_t *row;            /* NULL: none yet */
	usec_t begin, end;       /* of the row's hour or day, in UTC */
	int32_t utc_offset_sec;  /* of the row, and the latest seen */
};

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

static void *clock_new(const struct panel_ops *ops, struct counters *c)
{
	struct clock_state *s = xcalloc(1, sizeof *s);

	(void)c;
	s->variant = (enum clock_variant)ops->variant;
	s->span.length = s->variant == BY_HOUR ? USEC_PER_HOUR : USEC_PER_DAY;
	tally_init(&s->t, VALUES, 0);
	return s;
}

static void clock_free(void *state)
{
	struct clock_state *s = state;

	tally_done(&s->t);
	free(s);
}

static ATTR_NOINLINE void next_row(struct clock_state *s, usec_t t, int32_t utc_offset_sec)
{
	int64_t number = wall_number(&s->span, t, utc_offset_sec);
	int64_t key = s->variant == BY_HOUR ? (number % 24 + 24) % 24 : number + DAY_BASE;

	s->row = tally_row(&s->t, (uint64_t)key);
	s->begin = s->span.begin - utc_offset_sec * USEC_PER_SEC;
	s->end = s->span.end - utc_offset_sec * USEC_PER_SEC;
	s->utc_offset_sec = utc_offset_sec;
}

/* the counters of the hour or day of t, which is not USEC_NONE */
static inline int64_t *row_of(struct clock_state *s, usec_t t, int32_t utc_offset_sec)
{
	if (t < s->begin || t >= s->end || s->utc_offset_sec != utc_offset_sec)
		next_row(s, t, utc_offset_sec);
	return s->row;
}

static void clock_message(void *state, const struct counted_message *cm)
{
	struct clock_state *s = state;
	int32_t offset = cm->m->utc_offset_sec;

	if (cm->received && cm->m->arrived_us != USEC_NONE) {
		int64_t *v = row_of(s, cm->m->arrived_us, offset);

		v[RECEIVED]++;
		v[BYTES] += cm->bytes;
	}
	for (size_t i = 0; i < cm->n_recipients; i++) {
		const struct counted_recipient *cr = &cm->recipients[i];

		if ((cr->delivered || cr->bounced) && cr->time_us != USEC_NONE)
			row_of(s, cr->time_us, offset)[cr->delivered ? DELIVERED : BOUNCED]++;
	}
	for (size_t i = 0; i < cm->n_failures; i++)
		if (cm->failures[i].kind == FAILURE_DEFERRAL && cm->failures[i].time_us != USEC_NONE)
			row_of(s, cm->failures[i].time_us, offset)[DEFERRALS]++;
}

static void clock_rejection(void *state, const struct counted_rejection *cr)
{
	if (cr->r->time_us != USEC_NONE)
		row_of(state, cr->r->time_us, cr->r->utc_offset_sec)[REJECTIONS] += cr->r->attempts;
}

static void fill(struct panel_row *row, const int64_t *v)
{
	for (int k = 0; k < VALUES; k++)
		row->cells[1 + k] = cell_value(v ? v[k] : 0);
}

static void build_hours(struct clock_state *s, struct panel_build *b)
{
	struct strbuf sb = { 0 };

	if (s->t.n == 0)
		return;
	build_rows(b, 24);
	for (unsigned hour = 0; hour < 24; hour++) {
		strbuf_clear(&sb);
		strbuf_printf(&sb, "%02u", hour);
		b->panel->rows[hour].cells[0] = cell_text(arena_copy(b->arena, strbuf_slice(&sb)));
		fill(&b->panel->rows[hour], tally_find(&s->t, hour));
	}
	strbuf_done(&sb);
}

static void build_days(struct clock_state *s, struct panel_build *b)
{
	struct strbuf filter = { 0 };
	size_t *top;

	if (b->limit < DAYS_MIN)
		b->limit = DAYS_MIN;
	top = build_top(b, &s->t, order_by_key);
	for (size_t i = 0; i < b->panel->n_rows; i++) { /* newest last */
		struct panel_row *row = &b->panel->rows[b->panel->n_rows - 1 - i];
		int64_t day = (int64_t)tally_key(&s->t, top[i]) - DAY_BASE;

		row->cells[0] = cell_text(build_day(b, day));
		build_filter_day(b, &filter, day, s->utc_offset_sec);
		build_filter_end(b, row, &filter);
		fill(row, tally_values(&s->t, top[i]));
	}
	strbuf_done(&filter);
}

static void clock_build(void *state, struct panel_build *b)
{
	struct clock_state *s = state;

	if (s->variant == BY_HOUR)
		build_hours(s, b);
	else
		build_days(s, b);
}

const struct panel_ops panel_hours = {
	.id = "hours",
	.title = "By hour of the day",
	.columns = HOUR_COLUMNS,
	.n_columns = ARRAY_LEN(HOUR_COLUMNS),
	.chart = CHART_TIMELINE,
	.variant = BY_HOUR,
	.new = clock_new,
	.free = clock_free,
	.on_message = clock_message,
	.on_rejection = clock_rejection,
	.build = clock_build,
};

const struct panel_ops panel_days = {
	.id = "days",
	.title = "By day",
	.columns = DAY_COLUMNS,
	.n_columns = ARRAY_LEN(DAY_COLUMNS),
	.chart = CHART_TIMELINE,
	.variant = BY_DAY,
	.new = clock_new,
	.free = clock_free,
	.on_message = clock_message,
	.on_rejection = clock_rejection,
	.build = clock_build,
};

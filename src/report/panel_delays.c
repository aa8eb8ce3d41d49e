/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_delays.c - how long delivery took, with percentiles
 *
 * From arrival to the attempt that delivered, per recipient; by stage where the log tells the stages (Postfix
 * delays=a/b/c/d; Exim tells the last one).
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/histogram.h"
#include "report/panels.h"

enum delay_stage { STAGE_TOTAL, STAGE_LOCAL, STAGE_RELAYED, STAGE_PARTS, STAGE_COUNT = STAGE_PARTS + 4 };

struct delays_state {
	struct histogram stages[STAGE_COUNT]; /* STAGE_TOTAL: summed up when the panel is built */
};

static const char *const STAGE_NAMES[STAGE_COUNT] = {
	[STAGE_TOTAL] = "all deliveries",
	[STAGE_LOCAL] = "into mailboxes here",
	[STAGE_RELAYED] = "to other servers",
	[STAGE_PARTS + 0] = "before the queue manager",
	[STAGE_PARTS + 1] = "in the queue",
	[STAGE_PARTS + 2] = "connection set-up",
	[STAGE_PARTS + 3] = "transmission",
};

static const struct panel_column COLUMNS[] = {
	{ "stage", "Stage", COLUMN_TEXT, NULL },
	{ "count", "Recipients", COLUMN_COUNT, "recipients" },
	{ "p50", "50 %", COLUMN_DURATION, "seconds" },
	{ "p90", "90 %", COLUMN_DURATION, "seconds" },
	{ "p99", "99 %", COLUMN_DURATION, "seconds" },
	{ "max", "Max", COLUMN_DURATION, "seconds" },
};

static void *delays_new(const struct panel_ops *ops, struct counters *c)
{
	(void)ops;
	(void)c;
	return xcalloc(1, sizeof(struct delays_state));
}

static void delays_message(void *state, const struct counted_message *cm)
{
	struct delays_state *s = state;

	for (const struct counted_recipient *cr = cm->recipients, *end = cr + cm->n_recipients; cr < end; cr++) {
		const struct attempt *a = cr->r->deciding;

		if (!cr->delivered || !a)
			continue;
		histogram_add(&s->stages[cr->r->outcome == OUTCOME_DELIVERED ? STAGE_LOCAL : STAGE_RELAYED],
			      a->delay_us);
		for (int k = 0; k < 4; k++)
			histogram_add(&s->stages[STAGE_PARTS + k], a->delay_parts_us[k]);
	}
}

static void delays_build(void *state, struct panel_build *b)
{
	static const unsigned PERMILLE[] = { 500, 900, 990 };
	struct delays_state *s = state;
	size_t n = 0;

	s->stages[STAGE_TOTAL] = (struct histogram){ 0 };
	histogram_merge(&s->stages[STAGE_TOTAL], &s->stages[STAGE_LOCAL]);
	histogram_merge(&s->stages[STAGE_TOTAL], &s->stages[STAGE_RELAYED]);
	build_rows(b, STAGE_COUNT);
	for (int k = 0; k < STAGE_COUNT; k++) {
		const struct histogram *h = &s->stages[k];
		struct panel_row *row = &b->panel->rows[n];

		if (h->n == 0)
			continue;
		n++;
		row->cells[0] = cell_text(slice_str(STAGE_NAMES[k]));
		row->cells[1] = cell_value(h->n);
		for (size_t i = 0; i < ARRAY_LEN(PERMILLE); i++)
			row->cells[2 + i] = cell_value(histogram_percentile(h, PERMILLE[i]));
		row->cells[5] = cell_value(h->max_us);
	}
	b->panel->n_rows = n;
}

const struct panel_ops panel_delays = {
	.id = "delays",
	.title = "Delivery delays",
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = delays_new,
	.free = free,
	.on_message = delays_message,
	.build = delays_build,
};

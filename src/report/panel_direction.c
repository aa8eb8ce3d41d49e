/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_direction.c - where mail comes from and goes to
 *
 * The rows add up to the totals.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/panels.h"

enum { MESSAGES, BYTES, RECIPIENTS, DELIVERED, DEFERRALS, BOUNCED, VALUES };

struct direction_state {
	int64_t values[DIRECTION_COUNT][VALUES];
	int64_t started_before; /* mails whose arrival lies before the logs */
};

static const struct panel_column COLUMNS[] = {
	{ "direction", "Direction", COLUMN_TEXT, NULL },
	{ "messages", "Mails", COLUMN_COUNT, "messages" },
	{ "bytes", "Size", COLUMN_BYTES, "bytes" },
	{ "recipients", "Recipients", COLUMN_COUNT, "recipients", .spare = true },
	{ "delivered", "Delivered", COLUMN_COUNT, "recipients", .tone = TONE_GOOD },
	{ "deferrals", "Deferrals", COLUMN_COUNT, "attempts", .tone = TONE_WAIT },
	{ "bounced", "Bounced", COLUMN_COUNT, "recipients", .tone = TONE_BAD },
};

static void *direction_new(const struct panel_ops *ops, struct counters *c)
{
	(void)ops;
	(void)c;
	return xcalloc(1, sizeof(struct direction_state));
}

static void direction_message(void *state, const struct counted_message *cm)
{
	struct direction_state *s = state;
	int64_t *v = s->values[cm->m->direction < DIRECTION_COUNT ? cm->m->direction : DIRECTION_NONE];

	if (cm->received) {
		v[MESSAGES]++;
		v[BYTES] += cm->bytes;
	} else if (cm->m->role == ROLE_MAIL) {
		s->started_before++;
	}
	v[RECIPIENTS] += cm->destinations;
	v[DELIVERED] += cm->delivered;
	v[DEFERRALS] += cm->deferrals;
	v[BOUNCED] += cm->bounced;
}

static bool direction_used(const int64_t *v)
{
	for (int i = 0; i < VALUES; i++)
		if (v[i])
			return true;
	return false;
}

static void direction_build(void *state, struct panel_build *b)
{
	static const enum direction ORDER[] = { DIRECTION_INBOUND, DIRECTION_OUTBOUND, DIRECTION_LOCAL,
						DIRECTION_RELAYED, DIRECTION_NONE };
	struct direction_state *s = state;
	struct strbuf filter = { 0 };
	size_t n = 0;

	build_rows(b, ARRAY_LEN(ORDER));
	for (size_t i = 0; i < ARRAY_LEN(ORDER); i++) {
		const int64_t *v = s->values[ORDER[i]];
		struct panel_row *row = &b->panel->rows[n];

		if (!direction_used(v))
			continue;
		n++;
		row->cells[0] =
			cell_text(ORDER[i] ? slice_str(direction_name(ORDER[i])) : SLICE("(not told)"));
		for (int k = 0; k < VALUES; k++)
			row->cells[1 + k] = cell_value(v[k]);
		if (ORDER[i])
			build_filter(b, &filter, "--direction", slice_str(direction_name(ORDER[i])));
		build_filter_end(b, row, &filter);
	}
	b->panel->n_rows = n;
	if (s->started_before) {
		strbuf_printf(&filter, "Mails that came before these logs begin, not counted again: %lld",
			      (long long)s->started_before);
		b->panel->note = arena_copy(b->arena, strbuf_slice(&filter));
	}
	strbuf_done(&filter);
}

const struct panel_ops panel_direction = {
	.id = "direction",
	.title = "Direction",
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = direction_new,
	.free = free,
	.on_message = direction_message,
	.build = direction_build,
};

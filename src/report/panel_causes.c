/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_causes.c - why mail was not delivered, whose side that is on, and what to do: what people read first
 *
 * Bounced recipients and attempts that failed for now, by cause.  Refusals are not among them: most are of mail that
 * nobody here wants.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/map.h"
#include "report/panels.h"
#include "report/reasons.h"

static const struct panel_column COLUMNS[] = {
	{ "recipients", "Bounced", COLUMN_COUNT, "recipients" },
	{ "deferrals", "Deferrals", COLUMN_COUNT, "attempts" },
	{ "class", "Class", COLUMN_TEXT, NULL, .spare = true },
	{ "side", "Side", COLUMN_TEXT, NULL },
	{ "cause_id", "Cause id", COLUMN_TEXT, NULL, .data_only = true },
	{ "cause", "Cause", COLUMN_TEXT, NULL, .data_only = true },
	{ "action", "What to do", COLUMN_TEXT, NULL, .data_only = true },
	{ "advice", "Why, and what to do", COLUMN_TEXT, NULL, .view_only = true, .below = true },
};

/* the failures of one cause */
struct cause_row {
	struct cause cause;
	int64_t recipients, deferrals;
};

static void *causes_new(const struct panel_ops *ops, struct counters *c)
{
	struct counters **state = xcalloc(1, sizeof *state);

	(void)ops;
	*state = c;
	return state;
}

/* largest first; an id stands once */
static int order_rows(const void *a, const void *b)
{
	const struct cause_row *x = a, *y = b;
	int64_t nx = x->recipients + x->deferrals, ny = y->recipients + y->deferrals;

	if (nx != ny)
		return nx > ny ? -1 : 1;
	return slice_cmp(x->cause.id, y->cause.id);
}

/* adds up what has the same cause; returns how many causes there are */
static size_t gather(const struct counters *c, struct cause_row *rows)
{
	struct map by_id = { 0 };
	size_t n = 0;

	for (int kind = FAILURE_DEFERRAL; kind <= FAILURE_BOUNCE; kind++)
		for (size_t i = 0; i < c->reasons[kind].n; i++) {
			struct cause_row *row;
			struct cause cause;
			int64_t count = tally_values(&c->reasons[kind], i)[REASON_COUNT];

			if (!reason_cause(c, (enum failure_kind)kind, i, &cause))
				cause = (struct cause){ .id = SLICE("(other)") };
			row = map_get(&by_id, cause.id);
			if (!row) {
				row = &rows[n++];
				row->cause = cause;
				(void)map_put(&by_id, row->cause.id, row);
			}
			*(kind == FAILURE_BOUNCE ? &row->recipients : &row->deferrals) += count;
		}
	map_done(&by_id);
	return n;
}

/* "the mailbox is full. Tell the recipient ..." */
static struct slice advice(struct panel_build *b, struct slice cause, struct slice action)
{
	struct strbuf text = { 0 };
	struct slice ret;

	strbuf_add(&text, cause);
	strbuf_add_str(&text, ". ");
	strbuf_add(&text, action);
	ret = arena_copy(b->arena, strbuf_slice(&text));
	strbuf_done(&text);
	return ret;
}

static void causes_build(void *state, struct panel_build *b)
{
	const struct counters *c = *(struct counters **)state;
	size_t n = c->reasons[FAILURE_DEFERRAL].n + c->reasons[FAILURE_BOUNCE].n;
	struct cause_row *rows = xcalloc(n + 1, sizeof *rows);

	n = gather(c, rows);
	qsort(rows, n, sizeof *rows, order_rows);
	build_rows(b, n < b->limit ? n : b->limit);
	b->panel->more = n - b->panel->n_rows;
	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_cell *cells = b->panel->rows[i].cells;

		cells[0] = cell_value(rows[i].recipients);
		cells[1] = cell_value(rows[i].deferrals);
		if (!rows[i].cause.summary.p) {
			cells[5] = cells[7] = cell_text(rows[i].cause.id);
			continue;
		}
		build_cause(b, cells + 2, &rows[i].cause);
		cells[6] = cell_text(build_cause_text(b, &rows[i].cause, true));
		cells[7] = cell_text(advice(b, cells[5].text, cells[6].text));
	}
	free(rows);
}

const struct panel_ops panel_causes = {
	.id = "causes",
	.title = "Why mail was not delivered",
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = causes_new,
	.free = free,
	.build = causes_build,
};

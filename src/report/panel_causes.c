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
#include "base/tr.h"
#include "report/panels.h"
#include "report/reasons.h"

enum {
	RECIPIENTS, DEFERRALS, SHARE, DOMAINS, TOP_DOMAIN, FIRST, LAST, CAUSE, /* as build_cause() fills them */
	ACTION = CAUSE + CAUSE_COLUMNS_N, ADVICE
};

static const struct panel_column COLUMNS[] = {
	[RECIPIENTS] = { "recipients", "Bounced", COLUMN_COUNT, "recipients", .tone = TONE_BAD },
	[DEFERRALS] = { "deferrals", "Deferrals", COLUMN_COUNT, "attempts", .tone = TONE_WAIT },
	[SHARE] = { "share", "Share", COLUMN_PERCENT, "percent" },
	[DOMAINS] = { "domains", "Domains", COLUMN_COUNT, "domains" },
	[TOP_DOMAIN] = { "top_domain", "Most for", COLUMN_TEXT, NULL, .spare = true },
	[FIRST] = { "first", "First", COLUMN_TIME, NULL, .brief = true },
	[LAST] = { "last", "Last", COLUMN_TIME, NULL, .brief = true },
	CAUSE_COLUMNS,
	[ACTION] = { "action", "What to do", COLUMN_TEXT, NULL, .data_only = true },
	[ADVICE] = { "advice", "Why, and what to do", COLUMN_TEXT, NULL, .view_only = true, .below = true },
};

/* the failures of one cause */
struct cause_row {
	struct cause cause;
	int64_t recipients, deferrals;
	int64_t domains, top_count; /* domains that it met; how often the one that it met most */
	uint32_t top_domain;        /* a ref; NAME_NONE: none */
	int64_t first, last;        /* USEC_NONE: not told */
};

struct cause_rows {
	struct cause_row *items;
	size_t n;
	uint32_t *of[2];            /* by enum failure_kind and row of its reasons: the index of its cause */
};

_Static_assert(FAILURE_DEFERRAL == 0 && FAILURE_BOUNCE == 1, "indices of cause_rows.of");

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

static struct cause_row *row_of(struct cause_rows *rows, struct map *by_id, const struct cause *cause)
{
	struct cause_row *row = map_get(by_id, cause->id);

	if (row)
		return row;
	row = &rows->items[rows->n++];
	row->cause = *cause;
	row->first = row->last = USEC_NONE;
	(void)map_put(by_id, row->cause.id, row);
	return row;
}

/* adds up what has the same cause */
static void gather(const struct counters *c, struct cause_rows *rows)
{
	struct map by_id = { 0 };

	for (int kind = FAILURE_DEFERRAL; kind <= FAILURE_BOUNCE; kind++)
		for (size_t i = 0; i < c->reasons[kind].n; i++) {
			const int64_t *v = tally_values(&c->reasons[kind], i);
			struct cause_row *row;
			struct cause cause;

			if (!reason_cause(c, (enum failure_kind)kind, i, &cause))
				cause = (struct cause){ .id = SLICE("(other)") };
			row = row_of(rows, &by_id, &cause);
			rows->of[kind][i] = (uint32_t)(row - rows->items);
			*(kind == FAILURE_BOUNCE ? &row->recipients : &row->deferrals) += v[REASON_COUNT];
			widen_span(&row->first, &row->last, v[REASON_FIRST], v[REASON_LAST]);
		}
	map_done(&by_id);
}

/* which domains a cause met, under all replies that have it */
static void gather_domains(const struct counters *c, struct cause_rows *rows)
{
	struct tally met; /* (cause, domain) */

	tally_init(&met, 1, SIZE_MAX);
	for (int kind = FAILURE_DEFERRAL; kind <= FAILURE_BOUNCE; kind++)
		for (size_t i = 0; i < c->pairs[kind].n; i++) {
			uint64_t key = tally_key(&c->pairs[kind], i);
			size_t row = reason_row(c, (enum failure_kind)kind, tally_major(key));

			if (row != SIZE_MAX && tally_minor(key) > NAME_OTHER)
				tally_row(&met, tally_pair(rows->of[kind][row], tally_minor(key)))[0] +=
					tally_values(&c->pairs[kind], i)[0];
		}
	for (size_t i = 0; i < met.n; i++) {
		struct cause_row *row = &rows->items[tally_major(tally_key(&met, i))];
		uint32_t domain = tally_minor(tally_key(&met, i));
		int64_t n = tally_values(&met, i)[0];

		row->domains++;
		if (n < row->top_count ||
		    (n == row->top_count && order_refs(&c->domains, domain, row->top_domain) > 0))
			continue;
		row->top_count = n;
		row->top_domain = domain;
	}
	tally_done(&met);
}

/* "the mailbox is full [generic-mailbox-full]. Do: Tell the recipient ...", the action on a line of its own */
static struct panel_cell advice(struct panel_build *b, struct slice cause, struct slice id, struct slice action)
{
	const struct tr_value value = { "action", action };
	struct strbuf text = { 0 };
	struct panel_cell ret;
	size_t first;

	strbuf_add(&text, cause);
	strbuf_printf(&text, " [%.*s]. ", SLICE_ARG(id));
	first = text.n;
	tr_fill(&text, tr_in(b->counters->language, TR_KEY("report.causes.do", "Do: {action}")), &value, 1);
	ret = cell_text(arena_copy(b->arena, strbuf_slice(&text)));
	ret.value = (int64_t)first;
	strbuf_done(&text);
	return ret;
}

static void fill(struct panel_build *b, struct panel_cell *cells, const struct cause_row *row, int64_t all)
{
	const struct counters *c = b->counters;

	cells[RECIPIENTS] = cell_value(row->recipients);
	cells[DEFERRALS] = cell_value(row->deferrals);
	cells[SHARE] = cell_value(share_of(row->recipients + row->deferrals, all));
	cells[FIRST] = cell_value(row->first);
	cells[LAST] = cell_value(row->last);
	if (row->domains || !counters_folded(c))
		cells[DOMAINS] = cell_value(row->domains);
	if (row->top_domain)
		cells[TOP_DOMAIN] = cell_text(build_name_of(&c->domains, names_at(&c->domains, row->top_domain)));
	if (!row->cause.summary.p) {
		cells[CAUSE + CAUSE_COLUMNS_N - 1] = cells[ADVICE] = cell_text(row->cause.id);
		return;
	}
	build_cause(b, cells + CAUSE, &row->cause);
	cells[ACTION] = cell_text(build_cause_text(b, &row->cause, true));
	cells[ADVICE] = advice(b, cells[CAUSE + CAUSE_COLUMNS_N - 1].text, row->cause.id, cells[ACTION].text);
}

static void causes_build(void *state, struct panel_build *b)
{
	const struct counters *c = *(struct counters **)state;
	size_t n = c->reasons[FAILURE_DEFERRAL].n + c->reasons[FAILURE_BOUNCE].n;
	struct cause_rows rows = {
		.items = xcalloc(n + 1, sizeof *rows.items),
		.of = { xcalloc(n + 1, sizeof **rows.of), xcalloc(n + 1, sizeof **rows.of) },
	};
	int64_t all = 0;

	gather(c, &rows);
	gather_domains(c, &rows);
	qsort(rows.items, rows.n, sizeof *rows.items, order_rows);
	for (size_t i = 0; i < rows.n; i++)
		all += rows.items[i].recipients + rows.items[i].deferrals;
	build_rows(b, rows.n < b->limit ? rows.n : b->limit);
	b->panel->more = rows.n - b->panel->n_rows;
	for (size_t i = 0; i < b->panel->n_rows; i++)
		fill(b, b->panel->rows[i].cells, &rows.items[i], all);
	free(rows.items);
	free(rows.of[0]);
	free(rows.of[1]);
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

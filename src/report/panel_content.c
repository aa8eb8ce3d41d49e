/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_content.c - what filters found in mail: spam, viruses, forbidden content
 *
 * Rows are what a filter said: which one, about what, its word, what it did, and the name of a virus.  Two filters that
 * look at the same mail have a row each.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/memo.h"
#include "report/panels.h"
#include "report/seen.h"

enum { COUNT, SCORED, SCORE, SEEN, VALUES = SEEN + SEEN_VALUES };

#define NAME_BYTES 100 /* of a virus */

struct content_state {
	struct counters *c;
	struct tally t; /* by the row's words: "writer\0check\0result\0action\0name" */
};

static const struct panel_column COLUMNS[] = {
	{ "writer", "Filter", COLUMN_TEXT, NULL },
	{ "check", "Check", COLUMN_TEXT, NULL },
	{ "result", "Result", COLUMN_TEXT, NULL },
	{ "action", "What it did", COLUMN_TEXT, NULL },
	{ "name", "Name", COLUMN_TEXT, NULL },
	{ "count", "Count", COLUMN_COUNT, "messages", .bar = true },
	{ "mean_score", "Mean score", COLUMN_TEXT, NULL },
	SEEN_COLUMNS,
};
#define WORDS 5 /* columns that are words of the key */

static void content_merge(int64_t *into, const int64_t *from)
{
	into[COUNT] += from[COUNT];
	into[SCORED] += from[SCORED];
	into[SCORE] += from[SCORE];
	seen_widen(into + SEEN, from[SEEN + SEEN_FIRST], from[SEEN + SEEN_LAST]);
}

static void *content_new(const struct panel_ops *ops, struct counters *c)
{
	struct content_state *s = xcalloc(1, sizeof *s);

	(void)ops;
	s->c = c;
	tally_init(&s->t, VALUES, 0);
	s->t.other = tally_pair(SYM_OTHER, 0);
	counters_add_tally(c, &(struct named_tally){ .t = &s->t, .major = PART_SYMBOL, .weights = 1, .merge = content_merge });
	return s;
}

static void content_free(void *state)
{
	struct content_state *s = state;

	tally_done(&s->t);
	free(s);
}

/* SPF and its kin have a panel of their own, the others are no content */
static bool is_content(struct slice check)
{
	return slice_is(check, "spam") || slice_is(check, "virus") || slice_is(check, "content");
}

static void content_words(void *state, const struct counted_words *cw)
{
	struct content_state *s = state;

	for (const struct verdict *v = cw->verdicts; v; v = v->next) {
		const struct slice words[WORDS] = {
			slice_str(writer_name(v->writer)), v->check, v->result, v->action,
			slice_is(v->check, "virus") ? v->detail : SLICE_NONE,
		};
		int64_t value[VALUES] = { 1, v->score_milli != -1, v->score_milli != -1 ? v->score_milli : 0 };

		if (!is_content(v->check))
			continue;
		seen_at(value + SEEN, v->time_us);
		content_merge(tally_row(&s->t, tally_pair(counters_words(s->c, words, WORDS, NAME_BYTES), 0)), value);
	}
}

/* "7.3", "-0.1" */
static struct slice score_text(struct panel_build *b, int64_t sum, int64_t n)
{
	int64_t tenths = (sum + (sum < 0 ? -n : n) * 50) / (n * 100);
	char text[32];
	int len = snprintf(text, sizeof text, "%s%lld.%lld", tenths < 0 ? "-" : "", (long long)(tenths < 0 ? -tenths : tenths) / 10,
			   (long long)(tenths < 0 ? -tenths : tenths) % 10);

	return arena_copy(b->arena, slice_of(text, (size_t)len));
}

static void content_build(void *state, struct panel_build *b)
{
	struct content_state *s = state;
	size_t *top = build_top(b, &s->t, order_by_values);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		const int64_t *v = tally_values(&s->t, top[i]);

		build_words(b, row, WORDS, tally_major(tally_key(&s->t, top[i])));
		row->cells[WORDS] = cell_value(v[COUNT]);
		if (v[SCORED])
			row->cells[WORDS + 1] = cell_text(score_text(b, v[SCORE], v[SCORED]));
		seen_cells(row->cells + WORDS + 2, v + SEEN);
	}
}

const struct panel_ops panel_content = {
	.id = "content",
	.title = "Spam, viruses and forbidden content",
	.on_request = true,
	.details = DETAIL_VERDICTS,
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = content_new,
	.free = content_free,
	.on_words = content_words,
	.build = content_build,
};

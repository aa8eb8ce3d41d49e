/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_understood.c - what was understood, by program, in physical lines
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/panels.h"

struct understood_state {
	const struct counters *c;
};

static const struct panel_column COLUMNS[] = {
	{ "program", "Program", COLUMN_TEXT, NULL },
	{ "writer", "Writer", COLUMN_TEXT, NULL },
	{ "lines", "Lines", COLUMN_COUNT, "lines" },
	{ "event", "Understood", COLUMN_COUNT, "lines" },
	{ "other", "Other", COLUMN_COUNT, "lines" },
	{ "malformed", "Malformed", COLUMN_COUNT, "lines" },
};

static void *understood_new(const struct panel_ops *ops, struct counters *c)
{
	struct understood_state *s = xcalloc(1, sizeof *s);

	(void)ops;
	s->c = c;
	return s;
}

static void understood_build(void *state, struct panel_build *b)
{
	struct understood_state *s = state;
	const struct tally *programs = report_programs(s->c->report);
	int64_t foreign = report_foreign_lines(s->c->report);
	size_t *top = build_top(b, programs, order_by_values);
	struct strbuf sb = { 0 };

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		const int64_t *v = tally_values(programs, top[i]);
		uint64_t key = tally_key(programs, top[i]);

		row->cells[0] = cell_text(build_name(b, key == SYM_OTHER ? SYM_OTHER : tally_major(key)));
		row->cells[1] = cell_text(
			slice_str(key == SYM_OTHER ? NULL : writer_name((enum writer)tally_minor(key))));
		for (int k = 0; k < PROGRAM_VALUES; k++)
			row->cells[2 + k] = cell_value(v[k]);
	}
	if (foreign) {
		strbuf_printf(&sb, "Lines of other programs: %lld", (long long)foreign);
		b->panel->note = arena_copy(b->arena, strbuf_slice(&sb));
	}
	strbuf_done(&sb);
}

const struct panel_ops panel_understood = {
	.id = "understood",
	.title = "What was understood",
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = understood_new,
	.free = free,
	.build = understood_build,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_health.c - what the servers themselves complain about: warnings and worse, worst first
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/panels.h"

enum { COUNT, LAST_US, SAMPLE, PROGRAM, VALUES };

struct health_state {
	struct counters *c;
	struct tally t; /* (severity, category) */
};

static const struct panel_column COLUMNS[] = {
	{ "severity", "Severity", COLUMN_TEXT, NULL },
	{ "category", "About", COLUMN_TEXT, NULL },
	{ "count", "Count", COLUMN_COUNT, "notices" },
	{ "last", "Last", COLUMN_TIME, NULL, .brief = true },
	{ "program", "Program", COLUMN_TEXT, NULL, .spare = true },
	{ "sample", "Sample", COLUMN_TEXT, NULL },
};

static void *health_new(const struct panel_ops *ops, struct counters *c)
{
	struct health_state *s = xcalloc(1, sizeof *s);

	(void)ops;
	s->c = c;
	tally_init(&s->t, VALUES, 0);
	counters_add_tally(c, &(struct named_tally){ .t = &s->t, .symbols = 1U << SAMPLE | 1U << PROGRAM });
	return s;
}

static void health_free(void *state)
{
	struct health_state *s = state;

	tally_done(&s->t);
	free(s);
}

static void health_count(void *state, const struct health *h)
{
	struct health_state *s = state;
	int64_t *v;

	if (h->severity < SEVERITY_WARNING)
		return;
	v = tally_row(&s->t, tally_pair((uint32_t)h->severity, (uint32_t)h->category));
	v[COUNT] += h->count;
	if (v[COUNT] == h->count) {
		v[SAMPLE] = counters_sample(s->c, h->text);
		v[PROGRAM] =
			intern(&s->c->names, h->program.p ? h->program : slice_str(writer_name(h->writer)));
	}
	if (h->time_us > v[LAST_US])
		v[LAST_US] = h->time_us;
}

/* severity falling, count falling, category */
static int order_health(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	uint64_t ka = tally_key(t, a), kb = tally_key(t, b);
	int64_t na = tally_values(t, a)[COUNT], nb = tally_values(t, b)[COUNT];

	(void)ctx;
	if (tally_major(ka) != tally_major(kb))
		return tally_major(ka) > tally_major(kb) ? -1 : 1;
	if (na != nb)
		return na > nb ? -1 : 1;
	return (tally_minor(ka) > tally_minor(kb)) - (tally_minor(ka) < tally_minor(kb));
}

static void health_build(void *state, struct panel_build *b)
{
	struct health_state *s = state;
	size_t *top = build_top(b, &s->t, order_health);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		const int64_t *v = tally_values(&s->t, top[i]);
		uint64_t key = tally_key(&s->t, top[i]);

		row->cells[0] = cell_text(slice_str(severity_name((enum severity)tally_major(key))));
		row->cells[1] = cell_text(slice_str(notice_name((enum notice)tally_minor(key))));
		row->cells[2] = cell_value(v[COUNT]);
		row->cells[3] = cell_value(v[LAST_US]);
		row->cells[4] = cell_text(intern_name(&s->c->names, (sym_t)v[PROGRAM]));
		row->cells[5] = cell_text(intern_name(&s->c->names, (sym_t)v[SAMPLE]));
	}
}

const struct panel_ops panel_health = {
	.id = "health",
	.title = "Warnings and errors",
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = health_new,
	.free = health_free,
	.on_health = health_count,
	.build = health_build,
};

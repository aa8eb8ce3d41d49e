/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_sizes.c - how long mails stayed in the queue, and how large they were: by classes with fixed bounds
 *
 * The bounds of the times are those of eximstats -q.  Only mails whose arrival and end the logs show have a time, and only those whose
 * size is told have one; the rest is counted in a note.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/panels.h"

enum sizes_variant { QUEUE_TIMES, SIZES };

#define CLASSES_MAX 12

/* a class holds what is below its bound */
struct bound {
	const char *name;
	int64_t below;
};

static const struct bound TIME_BOUNDS[] = {
	{ "under 1 min", USEC_PER_MIN },     { "under 5 min", 5 * USEC_PER_MIN },   { "under 15 min", 15 * USEC_PER_MIN },
	{ "under 30 min", 30 * USEC_PER_MIN }, { "under 1 h", USEC_PER_HOUR },      { "under 3 h", 3 * USEC_PER_HOUR },
	{ "under 6 h", 6 * USEC_PER_HOUR },  { "under 12 h", 12 * USEC_PER_HOUR },  { "under 1 d", USEC_PER_DAY },
	{ "1 d and more", INT64_MAX },
};
static const struct bound SIZE_BOUNDS[] = {
	{ "under 1 KiB", 1 << 10 },     { "under 4 KiB", 4 << 10 },     { "under 16 KiB", 16 << 10 },
	{ "under 64 KiB", 64 << 10 },   { "under 256 KiB", 256 << 10 }, { "under 1 MiB", 1 << 20 },
	{ "under 4 MiB", 4 << 20 },     { "under 16 MiB", 16 << 20 },   { "under 64 MiB", 64 << 20 },
	{ "64 MiB and more", INT64_MAX },
};
_Static_assert(ARRAY_LEN(TIME_BOUNDS) <= CLASSES_MAX && ARRAY_LEN(SIZE_BOUNDS) <= CLASSES_MAX, "room");

enum { MAILS, FIRST_TRY, RELAYED, SUM, MOST, VALUES };

struct sizes_state {
	int64_t classes[CLASSES_MAX][VALUES];
	int64_t mails, not_told;
};

static const struct panel_column TIME_COLUMNS[] = {
	{ "time", "Time", COLUMN_TEXT, NULL },
	{ "mails", "Mails", COLUMN_COUNT, "messages", .bar = true },
	{ "share", "Share", COLUMN_PERCENT, "percent" },
	{ "so_far", "So far", COLUMN_PERCENT, "percent" },
	{ "first_try", "First try", COLUMN_COUNT, "messages" },
	{ "retried", "Retried", COLUMN_COUNT, "messages" },
	{ "relayed", "To others", COLUMN_COUNT, "messages" },
};
static const struct panel_column SIZE_COLUMNS[] = {
	{ "size", "Size", COLUMN_TEXT, NULL },
	{ "mails", "Mails", COLUMN_COUNT, "messages", .bar = true },
	{ "share", "Share", COLUMN_PERCENT, "percent" },
	{ "so_far", "So far", COLUMN_PERCENT, "percent" },
	{ "bytes", "Together", COLUMN_BYTES, "bytes" },
	{ "largest", "Largest", COLUMN_BYTES, "bytes" },
};

static void *sizes_new(const struct panel_ops *ops, struct counters *c)
{
	(void)ops;
	(void)c;
	return xcalloc(1, sizeof(struct sizes_state));
}

static int64_t *class_of(struct sizes_state *s, const struct bound *bounds, int64_t value)
{
	size_t i = 0;

	while (value >= bounds[i].below)
		i++;
	return s->classes[i];
}

static void times_message(void *state, const struct counted_message *cm)
{
	struct sizes_state *s = state;
	const struct message *m = cm->m;
	bool relayed = false;
	int64_t *v;

	if (!cm->received)
		return;
	if (m->state != MESSAGE_DONE || m->arrived_us == USEC_NONE || m->finished_us == USEC_NONE) {
		s->not_told++;
		return;
	}
	for (size_t i = 0; i < cm->n_recipients && !relayed; i++)
		relayed = cm->recipients[i].r->outcome == OUTCOME_RELAYED;
	v = class_of(s, TIME_BOUNDS, m->finished_us - m->arrived_us); /* a clock that went back: the first class */
	v[MAILS]++;
	v[FIRST_TRY] += !cm->deferrals;
	v[RELAYED] += relayed;
	s->mails++;
}

static void sizes_message(void *state, const struct counted_message *cm)
{
	struct sizes_state *s = state;
	int64_t *v;

	if (!cm->received)
		return;
	if (cm->m->size_bytes < 0) {
		s->not_told++;
		return;
	}
	v = class_of(s, SIZE_BOUNDS, cm->m->size_bytes);
	v[MAILS]++;
	v[SUM] += cm->m->size_bytes;
	if (cm->m->size_bytes > v[MOST])
		v[MOST] = cm->m->size_bytes;
	s->mails++;
}

/* the first columns of both; returns the row to go on with */
static struct panel_cell *begin_row(const struct sizes_state *s, struct panel_build *b, const char *name, const int64_t *v,
				    int64_t *so_far)
{
	struct panel_cell *cells = b->panel->rows[b->panel->n_rows++].cells;

	*so_far += v[MAILS];
	cells[0] = cell_text(slice_str(name));
	cells[1] = cell_value(v[MAILS]);
	cells[2] = cell_value(share_of(v[MAILS], s->mails));
	cells[3] = cell_value(share_of(*so_far, s->mails));
	return cells + 4;
}

static void note(struct panel_build *b, const char *text, int64_t n)
{
	struct strbuf sb = { 0 };

	if (!n)
		return;
	strbuf_printf(&sb, "%s: %lld", text, (long long)n);
	b->panel->note = arena_copy(b->arena, strbuf_slice(&sb));
	strbuf_done(&sb);
}

static void times_build(void *state, struct panel_build *b)
{
	struct sizes_state *s = state;
	int64_t so_far = 0;

	if (!s->mails && !s->not_told)
		return;
	build_rows(b, ARRAY_LEN(TIME_BOUNDS));
	b->panel->n_rows = 0;
	for (size_t i = 0; i < ARRAY_LEN(TIME_BOUNDS) && so_far < s->mails; i++) {
		const int64_t *v = s->classes[i];
		struct panel_cell *cells = begin_row(s, b, TIME_BOUNDS[i].name, v, &so_far);

		cells[0] = cell_value(v[FIRST_TRY]);
		cells[1] = cell_value(v[MAILS] - v[FIRST_TRY]);
		cells[2] = cell_value(v[RELAYED]);
	}
	note(b, "Mails that have not left the queue, or whose end is not told", s->not_told);
}

static void sizes_build(void *state, struct panel_build *b)
{
	struct sizes_state *s = state;
	int64_t so_far = 0;

	if (!s->mails && !s->not_told)
		return;
	build_rows(b, ARRAY_LEN(SIZE_BOUNDS));
	b->panel->n_rows = 0;
	for (size_t i = 0; i < ARRAY_LEN(SIZE_BOUNDS) && so_far < s->mails; i++) {
		const int64_t *v = s->classes[i];
		struct panel_cell *cells = begin_row(s, b, SIZE_BOUNDS[i].name, v, &so_far);

		cells[0] = cell_value(v[SUM]);
		cells[1] = cell_value(v[MAILS] ? v[MOST] : PANEL_NULL);
	}
	note(b, "Mails whose size is not told", s->not_told);
}

const struct panel_ops panel_queue_times = {
	.id = "queue_times",
	.title = "Time in the queue",
	.on_request = true,
	.columns = TIME_COLUMNS,
	.n_columns = ARRAY_LEN(TIME_COLUMNS),
	.variant = QUEUE_TIMES,
	.new = sizes_new,
	.free = free,
	.on_message = times_message,
	.build = times_build,
};

const struct panel_ops panel_message_sizes = {
	.id = "message_sizes",
	.title = "Sizes of mails",
	.on_request = true,
	.columns = SIZE_COLUMNS,
	.n_columns = ARRAY_LEN(SIZE_COLUMNS),
	.variant = SIZES,
	.new = sizes_new,
	.free = free,
	.on_message = sizes_message,
	.build = sizes_build,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unknown.c - collecting the lines that no rule knows by their shape
 */
#include "cli/unknown.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/shape.h"

#define SHAPE_TEXT_BYTES ((size_t)400)  /* of a line that decide its shape */
#define SAMPLE_BYTES     ((size_t)1000) /* of a sample that are kept */

struct shape {
	struct slice key; /* kind, program, shape */
	struct unknown_item item;
};

static struct shape *new_shape(struct unknown *u, size_t head, const char *file, const struct line *l,
			       const struct event *e)
{
	struct shape *s = arena_alloc(&u->arena, sizeof *s);

	s->key = arena_copy(&u->arena, strbuf_slice(&u->key));
	s->item = (struct unknown_item){
		.kind = e->kind,
		.writer = e->writer,
		.program = arena_copy(&u->arena, l->program),
		.shape = slice_from(s->key, head),
		/* the fields of an entry of the journal tell no more */
		.sample = arena_copy(&u->arena,
				     slice_head(l->envelope == ENVELOPE_JOURNAL ? l->text : l->raw, SAMPLE_BYTES)),
		.file = arena_copy(&u->arena, slice_str(file)),
		.line_no = l->line_no,
	};
	(void)map_put(&u->shapes, s->key, s);
	return s;
}

void unknown_add(struct unknown *u, const char *file, const struct line *l, const struct event *e)
{
	struct shape *s;
	size_t head;

	if (e->kind != EV_OTHER && e->kind != EV_MALFORMED)
		return;
	strbuf_clear(&u->key);
	strbuf_add_byte(&u->key, e->kind == EV_OTHER ? 'o' : 'm');
	strbuf_add(&u->key, l->program);
	strbuf_add_byte(&u->key, '\0');
	head = u->key.n;
	shape_add(&u->key, l->text, SHAPE_TEXT_BYTES);
	s = map_get(&u->shapes, strbuf_slice(&u->key));
	if (!s && u->shapes.n >= UNKNOWN_SHAPES_MAX) {
		u->beyond += l->line_count;
		return;
	}
	if (!s)
		s = new_shape(u, head, file, l, e);
	s->item.count += l->line_count;
}

/* most frequent first */
static int by_count(const void *a, const void *b)
{
	const struct shape *x = *(const struct shape *const *)a, *y = *(const struct shape *const *)b;

	if (x->item.count != y->item.count)
		return x->item.count < y->item.count ? 1 : -1;
	return slice_cmp(x->key, y->key);
}

void unknown_sort(struct unknown *u)
{
	struct shape **sorted = xcalloc(u->shapes.n + 1, sizeof *sorted);
	const struct map_slot *slot;
	size_t at = 0;

	u->n = 0;
	while ((slot = map_next(&u->shapes, &at)) != NULL)
		sorted[u->n++] = slot->value;
	if (u->n)
		qsort(sorted, u->n, sizeof *sorted, by_count);
	u->list = arena_alloc(&u->arena, (u->n + 1) * sizeof *u->list);
	for (size_t i = 0; i < u->n; i++)
		u->list[i] = sorted[i]->item;
	free(sorted);
}

void unknown_done(struct unknown *u)
{
	map_done(&u->shapes);
	arena_clear(&u->arena);
	strbuf_done(&u->key);
}

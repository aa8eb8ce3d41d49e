/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top.c - the first of many, in order
 *
 * While items come, a full list is a heap: the item that comes last stands in front.
 */
#include "report/top.h"

#include <stdlib.h>

void top_init(struct top *t, size_t limit, size_t most, struct arena *arena, top_order order,
	      const void *ctx)
{
	*t = (struct top){ .limit = limit < most ? limit : most, .order = order, .ctx = ctx };
	t->items = arena_alloc(arena, (t->limit ? t->limit : 1) * sizeof *t->items);
}

/* items[0] was replaced */
static void sift_down(const struct top *t)
{
	size_t *items = t->items;

	for (size_t at = 0;;) {
		size_t child = 2 * at + 1, swap;

		if (child >= t->n)
			return;
		if (child + 1 < t->n && t->order(t->ctx, items[child], items[child + 1]) < 0)
			child++;
		if (t->order(t->ctx, items[at], items[child]) > 0)
			return;
		swap = items[at];
		items[at] = items[child];
		items[child] = swap;
		at = child;
	}
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct top *t = arg;

	return t->order(t->ctx, *(const size_t *)a, *(const size_t *)b);
}

static int compare_reversed(const void *a, const void *b, void *arg)
{
	return compare(b, a, arg);
}

void top_add(struct top *t, size_t item)
{
	t->seen++;
	if (t->n < t->limit) {
		t->items[t->n++] = item;
		return;
	}
	if (t->seen == t->limit + 1) /* the first one too many: falling order is a heap */
		qsort_r(t->items, t->n, sizeof *t->items, compare_reversed, t);
	if (t->n == 0 || t->order(t->ctx, item, t->items[0]) > 0)
		return;
	t->items[0] = item;
	sift_down(t);
}

void top_end(struct top *t)
{
	qsort_r(t->items, t->n, sizeof *t->items, compare, t);
}

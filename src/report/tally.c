/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally.c - counters by key
 */
#include "report/tally.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/alloc.h"
#include "report/top.h"

#define FIRST_SLOTS 64

void tally_init(struct tally *t, unsigned width, size_t limit)
{
	*t = (struct tally){
		.width = width,
		.limit = limit ? limit : TALLY_LIMIT_ROWS,
		.other = SYM_OTHER,
	};
}

void tally_done(struct tally *t)
{
	free(t->slots);
	free(t->rows);
	*t = (struct tally){ 0 };
}

/* rows grow to twice their number, slots to twice that of the rows */
size_t tally_row_bytes(const struct tally *t)
{
	return 2 * (t->width + 1) * sizeof *t->rows + 2 * sizeof *t->slots;
}

/* n rows came, or went if that is less than 0 */
static void charge(const struct tally *t, ssize_t n)
{
	if (t->meter)
		*t->meter += (size_t)n * tally_row_bytes(t);
}

/* the slot of a key, or the free one where the search for it ends; there are slots, and some are free */
static size_t place_of(const struct tally *t, uint64_t key)
{
	size_t at = tally_slot(t, key);

	while (t->slots[at] && tally_key(t, t->slots[at] - 1) != key)
		at = tally_next_slot(t, at);
	return at;
}

static void put_slot(struct tally *t, size_t row)
{
	t->slots[place_of(t, tally_key(t, row))] = (uint32_t)row + 1;
}

static void rebuild(struct tally *t, size_t slots_cap)
{
	free(t->slots);
	t->slots = xcalloc(slots_cap, sizeof *t->slots);
	t->slots_cap = slots_cap;
	for (size_t i = 0; i < t->n; i++)
		put_slot(t, i);
}

int64_t *tally_find(const struct tally *t, uint64_t key)
{
	uint32_t row = t->slots_cap ? t->slots[place_of(t, key)] : 0;

	return row ? tally_values(t, row - 1) : NULL;
}

/* at: the free slot where the search for the key ended */
static int64_t *add_row(struct tally *t, uint64_t key, size_t at)
{
	int64_t *row;

	if (t->n >= t->slots_cap - t->slots_cap / 4) {
		rebuild(t, t->slots_cap ? t->slots_cap + t->slots_cap / 2 : FIRST_SLOTS);
		at = place_of(t, key);
	}
	t->rows = vec_grow(t->rows, t->n, &t->rows_cap, (t->width + 1) * sizeof *t->rows);
	row = t->rows + t->n * (t->width + 1);
	memset(row, 0, (t->width + 1) * sizeof *row);
	row[0] = (int64_t)key;
	t->slots[at] = (uint32_t)++t->n;
	charge(t, 1);
	return row + 1;
}

int64_t *tally_row_(struct tally *t, uint64_t key)
{
	size_t at = t->slots_cap ? place_of(t, key) : 0;

	if (t->slots_cap && t->slots[at])
		return tally_values(t, t->slots[at] - 1);
	if (t->n >= t->limit && key != tally_other(t, key))
		return tally_row(t, tally_other(t, key));
	return add_row(t, key, at);
}

void tally_retain(struct tally *t, bool (*keep)(const void *ctx, uint64_t key), const void *ctx)
{
	size_t to = 0, row_bytes = (t->width + 1) * sizeof *t->rows;

	for (size_t i = 0; i < t->n; i++) {
		if (!keep(ctx, tally_key(t, i)))
			continue;
		if (to != i)
			memcpy(t->rows + to * (t->width + 1), t->rows + i * (t->width + 1), row_bytes);
		to++;
	}
	charge(t, (ssize_t)to - (ssize_t)t->n);
	t->n = to;
	if (t->slots_cap)
		rebuild(t, t->slots_cap);
}

static void shrink(struct tally *t)
{
	size_t cap = t->slots_cap;

	while (cap > FIRST_SLOTS && t->n < cap / 2 - cap / 8)
		cap -= cap / 3;
	rebuild(t, cap);
	if (t->rows_cap > t->n * 2) {
		t->rows_cap = t->n;
		t->rows = xreallocarray(t->rows, t->n, (t->width + 1) * sizeof *t->rows);
	}
}

/* the slots know only rows that are done: those before the one that is looked at */
void tally_rekey(struct tally *t, tally_map *map, const void *ctx, tally_merge *merge)
{
	size_t n = t->n;

	if (n == 0)
		return;
	memset(t->slots, 0, t->slots_cap * sizeof *t->slots);
	t->n = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t key = map(ctx, t, i);
		const int64_t *from = tally_values(t, i);
		int64_t *into = tally_find(t, key);

		if (into && merge)
			merge(into, from);
		for (unsigned k = 0; into && !merge && k < t->width; k++)
			into[k] += from[k];
		if (into)
			continue;
		into = tally_values(t, t->n);
		memmove(into, from, t->width * sizeof *into);
		into[-1] = (int64_t)key;
		put_slot(t, t->n++);
	}
	charge(t, (ssize_t)t->n - (ssize_t)n);
	shrink(t);
}

struct rows_order {
	const struct tally *t;
	tally_order order;
	const void *ctx;
};

static int compare_rows(const void *ctx, size_t a, size_t b)
{
	const struct rows_order *o = ctx;

	return o->order(o->ctx, o->t, a, b);
}

size_t *tally_top(const struct tally *t, size_t limit, tally_order order, const void *ctx,
		  struct arena *arena, size_t *ret_n)
{
	struct rows_order o = { t, order, ctx };
	struct top top;

	top_init(&top, limit, t->n, arena, compare_rows, &o);
	for (size_t i = 0; i < t->n; i++)
		top_add(&top, i);
	top_end(&top);
	*ret_n = top.n;
	return top.items;
}

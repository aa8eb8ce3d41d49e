/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally.c - counters by key
 */
#include "report/tally.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define FIRST_SLOTS 64

void tally_init(struct tally *t, unsigned width, size_t limit)
{
	*t = (struct tally){ .width = width, .limit = limit ? limit : TALLY_LIMIT_ROWS };
}

void tally_init_symbols(struct tally *t, unsigned width, size_t limit)
{
	tally_init(t, width, limit);
	t->by_symbol = true;
}

void tally_done(struct tally *t)
{
	free(t->slots);
	free(t->rows);
	*t = (struct tally){ 0 };
}

static void put_slot(struct tally *t, size_t row)
{
	size_t at = tally_slot(t, tally_key(t, row));

	while (t->slots[at])
		at = (at + 1) & (t->slots_cap - 1);
	t->slots[at] = (uint32_t)row + 1;
}

static void rebuild(struct tally *t, size_t slots_cap)
{
	free(t->slots);
	t->slots = xcalloc(slots_cap, sizeof *t->slots);
	t->slots_cap = slots_cap;
	t->shift = 64 - (unsigned)__builtin_ctzll(slots_cap);
	for (size_t i = 0; i < t->n; i++)
		put_slot(t, i);
}

int64_t *tally_find(const struct tally *t, uint64_t key)
{
	if (t->by_symbol)
		return key < t->slots_cap && t->slots[key] ? tally_values(t, t->slots[key] - 1) : NULL;
	if (!t->slots_cap)
		return NULL;
	for (size_t at = tally_slot(t, key); t->slots[at]; at = (at + 1) & (t->slots_cap - 1))
		if (tally_key(t, t->slots[at] - 1) == key)
			return tally_values(t, t->slots[at] - 1);
	return NULL;
}

/* make room in the index of symbols */
static void reach_symbol(struct tally *t, uint64_t key)
{
	size_t cap = t->slots_cap ? t->slots_cap : FIRST_SLOTS;

	assert(key <= UINT32_MAX);
	while (cap <= key)
		cap *= 2;
	if (cap == t->slots_cap)
		return;
	t->slots = xreallocarray(t->slots, cap, sizeof *t->slots);
	memset(t->slots + t->slots_cap, 0, (cap - t->slots_cap) * sizeof *t->slots);
	t->slots_cap = cap;
}

static int64_t *add_row(struct tally *t, uint64_t key)
{
	int64_t *row;

	if (t->by_symbol)
		reach_symbol(t, key);
	else if (t->n >= t->slots_cap - t->slots_cap / 4)
		rebuild(t, t->slots_cap ? t->slots_cap * 2 : FIRST_SLOTS);
	t->rows = vec_grow(t->rows, t->n, &t->rows_cap, (t->width + 1) * sizeof *t->rows);
	row = t->rows + t->n * (t->width + 1);
	memset(row, 0, (t->width + 1) * sizeof *row);
	row[0] = (int64_t)key;
	t->n++;
	if (t->by_symbol)
		t->slots[key] = (uint32_t)t->n;
	else
		put_slot(t, t->n - 1);
	return row + 1;
}

int64_t *tally_row_(struct tally *t, uint64_t key)
{
	int64_t *values = tally_find(t, key);

	if (values)
		return values;
	if (t->n >= t->limit && key != SYM_OTHER)
		return tally_row(t, SYM_OTHER);
	return add_row(t, key);
}

void tally_retain(struct tally *t, bool (*keep)(const void *ctx, uint64_t key), const void *ctx)
{
	size_t to = 0, row_bytes = (t->width + 1) * sizeof *t->rows;

	assert(!t->by_symbol);
	for (size_t i = 0; i < t->n; i++) {
		if (!keep(ctx, tally_key(t, i)))
			continue;
		if (to != i)
			memcpy(t->rows + to * (t->width + 1), t->rows + i * (t->width + 1), row_bytes);
		to++;
	}
	t->n = to;
	if (t->slots_cap)
		rebuild(t, t->slots_cap);
}

struct sort_ctx {
	const struct tally *t;
	tally_order order;
	const void *ctx;
};

static int compare(const void *a, const void *b, void *arg)
{
	const struct sort_ctx *s = arg;

	return s->order(s->ctx, s->t, *(const size_t *)a, *(const size_t *)b);
}

/* heap[0] is the row that comes last; restore that after heap[0] was replaced */
static void sift_down(const struct sort_ctx *s, size_t *heap, size_t n)
{
	for (size_t at = 0;;) {
		size_t child = 2 * at + 1, swap;

		if (child >= n)
			return;
		if (child + 1 < n && s->order(s->ctx, s->t, heap[child], heap[child + 1]) < 0)
			child++;
		if (s->order(s->ctx, s->t, heap[at], heap[child]) > 0)
			return;
		swap = heap[at];
		heap[at] = heap[child];
		heap[child] = swap;
		at = child;
	}
}

static int compare_reversed(const void *a, const void *b, void *arg)
{
	return compare(b, a, arg);
}

size_t *tally_top(const struct tally *t, size_t limit, tally_order order, const void *ctx,
		  struct arena *arena, size_t *ret_n)
{
	struct sort_ctx s = { t, order, ctx };
	size_t n = limit < t->n ? limit : t->n;
	size_t *top = arena_alloc(arena, (n ? n : 1) * sizeof *top);

	for (size_t i = 0; i < n; i++)
		top[i] = i;
	if (n < t->n && n) {
		qsort_r(top, n, sizeof *top, compare_reversed, &s); /* falling order is a heap */
		for (size_t i = n; i < t->n; i++) {
			if (order(ctx, t, i, top[0]) > 0)
				continue;
			top[0] = i;
			sift_down(&s, top, n);
		}
	}
	qsort_r(top, n, sizeof *top, compare, &s);
	*ret_n = n;
	return top;
}

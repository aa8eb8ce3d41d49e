/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally.h - counters by key
 *
 * A hash table from a 64-bit key (one symbol, or two: see tally_pair()) to a row of int64_t counters.  Rows
 * lie side by side in the order in which their keys came; there is no removal but tally_retain() and
 * tally_rekey().  Past its limit every new key counts in the row of tally_other(), so that sums stay right.
 */
#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/intern.h"

struct tally {
	uint32_t *slots;      /* index of a row + 1; 0: free; private */
	size_t slots_cap;     /* below 2^32 */
	int64_t *rows;        /* n times (key, width counters) */
	size_t n, rows_cap;   /* rows in use, rows allocated; read-only */
	size_t limit;         /* rows */
	unsigned width;       /* counters of a row; 0: a set of keys */
	uint64_t other;       /* see tally_other(); the owner may set these three before the first row */
	bool other_by_minor;
	size_t *meter;        /* what rows take is added here; may be NULL */
};

#define TALLY_LIMIT_ROWS                                                                                     \
	((size_t)2 << 20) /* far beyond what people have; a flood of invented names ends here */

/* width: counters of a row; limit: rows, 0: TALLY_LIMIT_ROWS */
void tally_init(struct tally *t, unsigned width, size_t limit);
void tally_done(struct tally *t);

static inline uint64_t tally_pair(sym_t major, uint32_t minor)
{
	return (uint64_t)major << 32 | minor;
}
static inline sym_t tally_major(uint64_t key)
{
	return (sym_t)(key >> 32);
}
static inline uint32_t tally_minor(uint64_t key)
{
	return (uint32_t)key;
}

/* the key that stands for all that have no row of their own: with other_by_minor one for each minor part */
static inline uint64_t tally_other(const struct tally *t, uint64_t key)
{
	return t->other_by_minor ? tally_pair(SYM_OTHER, tally_minor(key)) : t->other;
}

/* row i in order of arrival */
static inline uint64_t tally_key(const struct tally *t, size_t i)
{
	return (uint64_t)t->rows[i * (t->width + 1)];
}
static inline int64_t *tally_values(const struct tally *t, size_t i)
{
	return t->rows + i * (t->width + 1) + 1;
}

/* the counters of a key, made (all 0) if need be; borrowed until the next call */
int64_t *tally_row_(struct tally *t, uint64_t key);
/* where the search for a key begins: keys are small and dense, the product spreads them over its high bits */
static inline size_t tally_slot(const struct tally *t, uint64_t key)
{
	return (key * UINT64_C(0x9e3779b97f4a7c15) >> 32) * t->slots_cap >> 32;
}
/* where it goes on */
static inline size_t tally_next_slot(const struct tally *t, size_t at)
{
	return at + 1 < t->slots_cap ? at + 1 : 0;
}
static inline int64_t *tally_row(struct tally *t, uint64_t key)
{
	size_t at = t->slots_cap ? tally_slot(t, key) : 0;
	uint32_t row = at < t->slots_cap ? t->slots[at] : 0;

	if (row && tally_key(t, row - 1) == key)
		return tally_values(t, row - 1);
	row = row ? t->slots[tally_next_slot(t, at)] : 0; /* some stand beside it */
	if (row && tally_key(t, row - 1) == key)
		return tally_values(t, row - 1);
	return tally_row_(t, key);
}
/* The key is in the tally from now on.  Was it not there before?  False as well past the limit. */
static inline bool tally_add(struct tally *t, uint64_t key)
{
	size_t before = t->n;

	(void)tally_row(t, key);
	return t->n > before && tally_key(t, before) == key;
}
/* the same, NULL if the key was never counted */
int64_t *tally_find(const struct tally *t, uint64_t key);

/* the index of a row from its counters: it stays the same until tally_retain() or tally_rekey() */
static inline size_t tally_index(const struct tally *t, const int64_t *values)
{
	return (size_t)(values - 1 - t->rows) / (t->width + 1);
}

/* drop the rows for which keep() says no; the others keep their order */
void tally_retain(struct tally *t, bool (*keep)(const void *ctx, uint64_t key), const void *ctx);

/* bytes that a row takes, with its slots, at most */
size_t tally_row_bytes(const struct tally *t);

/* the new key of row i, which may be that of another one */
typedef uint64_t tally_map(const void *ctx, const struct tally *t, size_t i);
/* add the counters of a row to those of another one */
typedef void tally_merge(int64_t *into, const int64_t *from);
/* Give the rows other keys and make those with the same key one; NULL for `merge` adds all counters.  Rows keep
 * their order, spare memory is given back. */
void tally_rekey(struct tally *t, tally_map *map, const void *ctx, tally_merge *merge);

/* < 0 if row a comes before row b; must never say 0 for two different rows */
typedef int (*tally_order)(const void *ctx, const struct tally *t, size_t a, size_t b);

/*
 * tally_top - the first rows of an order
 *
 * Returns the indices of the first `limit` rows (all of them if there are fewer), in order, from the arena;
 * *ret_n is how many.  Without a limit this sorts; with one it costs little more than looking at each row.
 */
size_t *tally_top(const struct tally *t, size_t limit, tally_order order, const void *ctx,
		  struct arena *arena, size_t *ret_n);

#endif

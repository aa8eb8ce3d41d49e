/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h - names with the counters of all lists that count by them
 *
 * What is known of a name stands in one place: the counters of every list, then the text.  A look-up so
 * brings all that a fact adds to, in one or two lines of the processor's cache.  A table holds one class of
 * names (addresses, domains, clients ...); lists ask for room in its names before the first one comes.
 *
 * A flood of invented names must not swell the program.  So the owner folds a table that has become too large:
 * the names that were counted least add what they counted to "(other)" and are forgotten, the others move
 * together.  Between two foldings names never move; a hard cap holds even there, past it a new name is "(other)".
 */
#ifndef REPORT_NAMES_H
#define REPORT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "report/cut.h"

/* refs of the two names that every table has; no other name's ref is below them */
#define NAME_NONE  0U /* not told: SLICE_NONE */
#define NAME_OTHER 1U

struct name {
	uint32_t ref;  /* its number, see names_at(); read-only */
	uint32_t n;    /* bytes of the text; read-only */
	uint32_t used; /* which lists have counted it; above those bits the table's `base` when it came; private */
	uint32_t link; /* for the owner of the table; 0 at first */
	               /* here follow the counters, then the text */
};

struct names_slot {
	uint32_t hash;
	uint32_t ref; /* 0: free */
};

/* how the counters of a list are folded */
struct names_list_ops {
	size_t bytes;                               /* of the counters */
	uint64_t (*weight)(const void *counts);     /* how often the name was counted */
	void (*merge)(void *into, const void *from);/* add what another name has counted */
	size_t symbol;                              /* offset of a sym_t among the counters; 0: there is none */
};

#define NAMES_CHUNK_BITS 13 /* a chunk has so many units; a ref counts units */
#define NAMES_UNIT       8  /* bytes */
#define NAMES_LISTS_MAX  8  /* of one table: bits of `used` */

struct names {
	struct names_slot *slots;  /* cap: a power of two */
	size_t cap, n;             /* names in slots */
	char **chunks;             /* a ref says in which one a name stands and where; NULL: the last goes on */
	size_t n_chunks, chunks_cap;
	size_t end;                /* where the next name goes, as a ref */
	uint32_t counter_bytes;    /* of all lists */
	unsigned n_lists;
	const struct names_list_ops *ops[NAMES_LISTS_MAX];
	size_t bytes, limit_bytes; /* of names with their counters and slots; cap on them */
	size_t *meter;             /* what names take is added here as well; may be NULL */
	uint32_t base;             /* names that counted less were folded */
	uint64_t refused;          /* times a new name was "(other)" for the cap: read-only */
	bool folding;              /* between names_fold() and names_settle() */
	struct name *none, *other;
};

/* the counters of one list */
struct names_list {
	struct names *names;
	uint32_t offset; /* from the name */
	uint32_t bit;    /* in `used` */
};

/*
 * Every list's counters begin with these: names_top() goes by count falling, the other figure falling, name.
 * (A struct of their own would end in four bytes for nothing.)
 */
#define NAME_COUNTS(second) \
	int64_t second;     \
	uint32_t count
struct name_counts {
	NAME_COUNTS(second);
};

/* what the counters of a list take in a name */
static inline size_t names_list_bytes(const struct names_list_ops *ops)
{
	return (ops->bytes + NAMES_UNIT - 1) / NAMES_UNIT * NAMES_UNIT;
}

/* limit_bytes 0: 256 MiB; at most 16 GiB */
void names_init(struct names *t, size_t limit_bytes);
void names_done(struct names *t);
/* room for counters in every name, all 0 at first; before names_start().  ops: borrowed */
struct names_list names_add_list(struct names *t, const struct names_list_ops *ops);
/* all lists are known: from now on names may come */
void names_start(struct names *t);

/* a name that is asked for; the text is borrowed */
struct name_key {
	struct slice s;
	uint32_t hash;
	bool exact; /* as it is; else its ASCII letters are folded to lower case */
};

#define NAMES_PROBES_MAX     4096 /* places that a search looks at: a name that is not found by then counts as "(other)" */
#define NAMES_FOLD_MAX_BYTES 512 /* longer texts are not folded */

/* the same for texts that are equal but for case */
uint32_t name_hash(struct slice s);
/* The text as it is.  Keys are filled in place: a copy just after would have to wait for what was written. */
void name_key(struct name_key *k, struct slice s);
/* the text in lower case */
static inline void name_key_fold(struct name_key *k, struct slice s)
{
	if (s.n > NAMES_FOLD_MAX_BYTES) {
		name_key(k, s);
		return;
	}
	k->s = s;
	k->exact = false;
	k->hash = s.p ? name_hash(s) : 0;
}
/* the name, made if need be: t->none for SLICE_NONE, t->other past the cap; never NULL */
struct name *names_get(struct names *t, const struct name_key *k);

/* hints: fetch where the search for a name begins; then, when that has come, the name */
static inline void names_prefetch_slot(const struct names *t, const struct name_key *k)
{
	__builtin_prefetch(&t->slots[k->hash & (t->cap - 1)]);
}
void names_prefetch_name(const struct names *t, const struct name_key *k);


/* the name with that ref */
static inline struct name *names_at(const struct names *t, uint32_t ref)
{
	char *chunk = t->chunks[ref >> NAMES_CHUNK_BITS];

	if (ref == NAME_OTHER)
		return t->other;
	return (struct name *)(void *)(chunk + (size_t)(ref & ((1U << NAMES_CHUNK_BITS) - 1)) * NAMES_UNIT);
}
/* its text; SLICE_NONE for t->none.  Borrowed until names_done(). */
struct slice names_text(const struct names *t, const struct name *name);
/* bytewise order of two names of the table */
int names_cmp(const struct names *t, const struct name *a, const struct name *b);

/* the list's counters of a name, whether it is in the list or not */
static inline void *names_room(const struct names_list *l, struct name *name)
{
	return (char *)name + l->offset;
}
/* the same, and from now on it is in the list */
static inline void *names_count(const struct names_list *l, struct name *name)
{
	name->used |= l->bit;
	return names_room(l, name);
}
/* Has the list counted it? */
static inline bool names_is_counted(const struct names_list *l, const struct name *name)
{
	return name->used & l->bit;
}
static inline const void *names_counts(const struct names_list *l, const struct name *name)
{
	return (const char *)name + l->offset;
}

/*
 * names_top - the first names of a list
 *
 * Returns them in order, from the arena: at most `limit` of those that were counted; *ret_n is how many,
 * *ret_all how many there are.
 */
const struct name **names_top(const struct names_list *l, size_t limit, struct arena *arena, size_t *ret_n,
			      size_t *ret_all);

/*
 * names_fold - choose the names that go, and add their counters to those of t->other
 *
 * The names that stay take at most keep_bytes.  How often each was counted decides.  Whoever comes late competes
 * fairly: what was needed to stay the last time is added to the count of all that came since.  So a name that is
 * counted again and again is found, whenever it begins, and a count is too low by at most what was needed to stay.
 * Equal ones go or stay together; a name larger than a chunk goes.
 *
 * Until names_settle() names stand where they stood, and a name's `ref` is what it will be: NAME_OTHER if it goes.
 * Whoever holds refs replaces them.  Returns how many names go; 0 and nothing to settle if none has to.
 */
size_t names_fold(struct names *t, size_t keep_bytes);
/* the names that stay move together; borrowed names are void */
void names_settle(struct names *t);
/* the ref that a ref from before will be */
static inline uint32_t names_forward(const struct names *t, uint32_t ref)
{
	return names_at(t, ref)->ref;
}
/* The name that stands at `at` or behind it, first the two that all tables have; *at becomes the place behind
 * that.  NULL: no more.  Begin with 0. */
struct name *names_next(const struct names *t, size_t *at);
/* how often a name was counted, by all lists together */
uint64_t names_weight(const struct names *t, const struct name *name);

/* more of a counter that stops at its end */
static inline void count_add(uint32_t *counter, int64_t n)
{
	*counter = n > (int64_t)(UINT32_MAX - *counter) ? UINT32_MAX : *counter + (uint32_t)n;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h - names with the counters of all lists that count by them
 *
 * What is known of a name stands in one place: the counters of every list, then the text.  A look-up so
 * brings all that a fact adds to, in one or two lines of the processor's cache.  A table holds one class of
 * names (addresses, domains, clients ...); lists ask for room in its names before the first one comes.
 *
 * The table has a cap on the bytes that names may take; past it every new name counts as "(other)", so that a
 * flood of invented names cannot swell the program.  Names never move and are never removed.
 */
#ifndef REPORT_NAMES_H
#define REPORT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

/* refs of the two names that every table has; no other name's ref is below them */
#define NAME_NONE  0U /* not told: SLICE_NONE */
#define NAME_OTHER 1U

struct name {
	uint32_t ref;  /* its number, see names_at(); read-only */
	uint32_t n;    /* bytes of the text; read-only */
	uint32_t used; /* which lists have counted it; private */
	uint32_t link; /* for the owner of the table; 0 at first */
	               /* here follow the counters, then the text */
};

struct names_slot {
	uint32_t hash;
	uint32_t ref; /* 0: free */
};

struct names {
	struct names_slot *slots;  /* cap: a power of two */
	size_t cap, n;             /* names in slots */
	struct arena arena;
	char **chunks;             /* a ref says in which one a name stands and where */
	size_t n_chunks, chunks_cap;
	size_t end;                /* where the next name goes, as a ref */
	uint32_t counter_bytes;    /* of all lists */
	unsigned n_lists;
	size_t bytes, limit_bytes; /* of names with their counters; cap on them */
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

/* limit_bytes 0: 256 MiB; at most 16 GiB */
void names_init(struct names *t, size_t limit_bytes);
void names_done(struct names *t);
/* room for so many bytes of counters in every name, all 0 at first; before names_start() */
struct names_list names_add_list(struct names *t, size_t bytes);
/* all lists are known: from now on names may come */
void names_start(struct names *t);

/* a name that is asked for; the text is borrowed */
struct name_key {
	struct slice s;
	uint32_t hash;
	bool exact; /* as it is; else its ASCII letters are folded to lower case */
};

#define NAMES_FOLD_MAX_BYTES 512 /* longer texts are not folded */

/* the same for texts that are equal but for case */
uint32_t name_hash(struct slice s);
/* the text as it is */
struct name_key name_key(struct slice s);
/* the text in lower case */
static inline struct name_key name_key_fold(struct slice s)
{
	return s.n > NAMES_FOLD_MAX_BYTES ? name_key(s) : (struct name_key){ s, name_hash(s), false };
}
/* the name, made if need be: t->none for SLICE_NONE, t->other past the cap; never NULL */
struct name *names_get(struct names *t, const struct name_key *k);

/* hints: fetch where the search for a name begins; then, when that has come, the name */
static inline void names_prefetch_slot(const struct names *t, const struct name_key *k)
{
	__builtin_prefetch(&t->slots[k->hash & (t->cap - 1)]);
}
void names_prefetch_name(const struct names *t, const struct name_key *k);

#define NAMES_CHUNK_BITS 13 /* a chunk has so many units; a ref counts units */
#define NAMES_UNIT       8  /* bytes */

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

/* more of a counter that stops at its end */
static inline void count_add(uint32_t *counter, int64_t n)
{
	*counter = n > (int64_t)(UINT32_MAX - *counter) ? UINT32_MAX : *counter + (uint32_t)n;
}

#endif

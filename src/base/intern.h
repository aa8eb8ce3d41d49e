/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intern.h - names as small numbers
 *
 * Every distinct text gets the next number from 1 on; 0 is "no name" (SLICE_NONE).  Names are copied once
 * and live as long as the table, or until intern_retain().  The table has a cap on the bytes that names may
 * take; past it every new name is SYM_OTHER, so that a flood of invented names cannot swell the program.
 */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

typedef uint32_t sym_t;
#define SYM_NONE  ((sym_t)0)
#define SYM_OTHER ((sym_t)1) /* shown as "(other)" */

struct intern_slot {
	uint32_t hash;
	sym_t sym; /* 0: free */
};

struct intern {
	struct intern_slot *slots; /* cap: a power of two */
	size_t cap;
	struct slice *names;       /* by symbol */
	size_t n, names_cap;       /* symbols given out (names[n] is the next); read-only */
	size_t bytes, limit_bytes; /* in names; cap on them */
	struct arena arena;
	uint64_t overflows;        /* times a new name became SYM_OTHER: read-only */
	size_t *meter;             /* what names take with all about them is added here; may be NULL */
};

#define INTERN_NAME_BYTES 64 /* what a name takes beside its text, at most */

/* limit_bytes 0: 256 MiB */
void intern_init(struct intern *t, size_t limit_bytes);
void intern_done(struct intern *t);
/* the symbol of s, made if need be */
sym_t intern(struct intern *t, struct slice s);
/* the same, ASCII letters folded to lower case first (host names, domains); s.n over 512 is not folded */
sym_t intern_fold(struct intern *t, struct slice s);
/* the symbol of s (folded), or SYM_NONE if it was never made */
sym_t intern_find_fold(const struct intern *t, struct slice s);
/* the name; SLICE_NONE for SYM_NONE.  Borrowed until intern_done() or intern_retain(). */
struct slice intern_name(const struct intern *t, sym_t sym);
/*
 * Forget all names but those whose `map` is not 0, by symbol; SYM_OTHER stays.  map[s] becomes the new symbol
 * of s, SYM_OTHER if it is forgotten; names keep their order.
 */
void intern_retain(struct intern *t, sym_t *map);

#endif

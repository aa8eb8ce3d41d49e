/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - memory that dies as a whole
 *
 * An arena hands out bytes from chunks; chunks come from and go back to a pool that many arenas share, so
 * that a short-lived arena per message costs no malloc().  Neither is thread-safe.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/slice.h"

struct arena_chunk;

/* Where chunks rest between two uses.  Zero-initialised is ready to use. */
struct arena_pool {
	struct arena_chunk *free_chunks;
	size_t chunk_bytes; /* of ordinary chunks; 0: 1024 */
	size_t held_bytes;  /* in all chunks, used and free: read-only */
};

/* Zero-initialised but for `pool` is ready to use. */
struct arena {
	struct arena_pool *pool;    /* NULL: chunks come from malloc and go back to free */
	struct arena_chunk *chunks; /* newest first */
	char *p, *end;              /* free part of the newest chunk */
	size_t used_bytes;          /* handed out: read-only */
};

/* n bytes, zeroed, aligned for any object; never NULL; borrowed until arena_clear() */
void *arena_alloc(struct arena *a, size_t n);
/* a copy of the bytes; SLICE_NONE stays SLICE_NONE */
struct slice arena_copy(struct arena *a, struct slice s);
/* give everything back; the arena is ready for new use */
void arena_clear(struct arena *a);
/* free the resting chunks; all arenas of the pool must be clear */
void arena_pool_done(struct arena_pool *p);

#endif

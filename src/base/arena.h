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
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

/* Under ASan all goes through arena.c, which puts guards around each piece. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_GUARDED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(ARENA_GUARDED)
#define ARENA_GUARDED 1
#endif
#ifndef ARENA_GUARDED
#define ARENA_GUARDED 0
#endif

#define ARENA_ALIGN    _Alignof(max_align_t)
#define ARENA_ROOM(n)  (((n) + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1))

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
};

/* where the inline functions leave off: no room, or guards to be set */
void *arena_alloc_slow(struct arena *a, size_t n);
char *arena_bytes_slow(struct arena *a, size_t n);

/* n bytes, aligned for any object, whatever they hold; for objects that are filled at once */
static inline void *arena_alloc_raw(struct arena *a, size_t n)
{
	size_t pad = (size_t)(-(uintptr_t)a->p & (ARENA_ALIGN - 1)), room = ARENA_ROOM(n ? n : 1);
	char *p;

	if (ARENA_GUARDED || UNLIKELY((size_t)(a->end - a->p) < room + pad))
		return arena_alloc_slow(a, n);
	p = a->p + pad;
	a->p = p + room;
	return p;
}

/* n bytes, zeroed, aligned for any object; never NULL; borrowed until arena_clear() */
static inline void *arena_alloc(struct arena *a, size_t n)
{
	return memset(arena_alloc_raw(a, n), 0, n);
}

/* n bytes for a text: neither zeroed nor aligned */
static inline char *arena_bytes(struct arena *a, size_t n)
{
	char *p = a->p;

	if (ARENA_GUARDED || UNLIKELY((size_t)(a->end - p) < n))
		return arena_bytes_slow(a, n);
	a->p = p + n;
	return p;
}

/* a copy of the bytes; SLICE_NONE stays SLICE_NONE */
struct slice arena_copy(struct arena *a, struct slice s);

/* a text and its copy, of which many parts are wanted */
struct arena_whole {
	struct slice text, copy;
};

/* the same of a part of a text that was copied as a whole; of anything else it makes a copy of its own */
static inline struct slice arena_part(struct arena *a, const struct arena_whole *whole, struct slice s)
{
	uintptr_t at = (uintptr_t)s.p - (uintptr_t)whole->text.p;

	if (at < whole->text.n && s.n <= whole->text.n - at)
		return slice_of(whole->copy.p + at, s.n);
	return s.p ? arena_copy(a, s) : SLICE_NONE;
}

/* these n bytes of the caller, aligned for any object, before any chunk; the arena is empty, or they go to waste */
void arena_lend(struct arena *a, void *bytes, size_t n);
/* give everything back; the arena is ready for new use */
void arena_clear(struct arena *a);
/* free the resting chunks; all arenas of the pool must be clear */
void arena_pool_done(struct arena_pool *p);

#endif

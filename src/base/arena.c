/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.c - memory that dies as a whole
 *
 * Under ASan the free part of every chunk is poisoned and a few poisoned bytes follow each piece, so that a step
 * past its end is seen as it would be in a malloc() block.
 */
#include "base/arena.h"

#include <stdlib.h>

#include "base/alloc.h"

#if ARENA_GUARDED
#include <sanitizer/asan_interface.h>
#define POISON(p, n)       ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n)     ASAN_UNPOISON_MEMORY_REGION(p, n)
#define WITH_RED_ZONE(n)   ((((n) + 7) & ~(size_t)7) + 8) /* a shadow byte stands for eight */
#else
#define POISON(p, n)       ((void)(p), (void)(n))
#define UNPOISON(p, n)     ((void)(p), (void)(n))
#define WITH_RED_ZONE(n)   (n)
#endif

struct arena_chunk {
	struct arena_chunk *next;
	size_t size; /* of data, in bytes */
	max_align_t data[];
};

#define DEFAULT_CHUNK_BYTES 1024

static size_t chunk_bytes(const struct arena_pool *pool)
{
	return pool && pool->chunk_bytes ? pool->chunk_bytes : DEFAULT_CHUNK_BYTES;
}

static struct arena_chunk *chunk_get(struct arena_pool *pool, size_t n)
{
	size_t usual = chunk_bytes(pool);
	struct arena_chunk *c;

	if (pool && n <= usual && pool->free_chunks) {
		c = pool->free_chunks;
		pool->free_chunks = c->next;
		return c;
	}
	if (n < usual)
		n = usual;
	c = xmalloc(sizeof *c + n);
	c->size = n;
	POISON(c->data, n);
	if (pool)
		pool->held_bytes += n;
	return c;
}

static void chunk_put(struct arena_pool *pool, struct arena_chunk *c)
{
	if (pool && c->size == chunk_bytes(pool)) {
		POISON(c->data, c->size);
		c->next = pool->free_chunks;
		pool->free_chunks = c;
		return;
	}
	if (pool)
		pool->held_bytes -= c->size;
	UNPOISON(c->data, c->size);
	free(c);
}

static void arena_grow(struct arena *a, size_t n)
{
	struct arena_chunk *c = chunk_get(a->pool, n);

	c->next = a->chunks;
	a->chunks = c;
	a->p = (char *)c->data;
	a->end = a->p + c->size;
}

char *arena_bytes_slow(struct arena *a, size_t wanted)
{
	size_t n = WITH_RED_ZONE(wanted);
	char *p;

	if ((size_t)(a->end - a->p) < n)
		arena_grow(a, n);
	p = a->p;
	a->p += n;
	UNPOISON(p, wanted);
	return p;
}

void *arena_alloc_slow(struct arena *a, size_t n)
{
	size_t pad = (size_t)(-(uintptr_t)a->p & (ARENA_ALIGN - 1)), room = ARENA_ROOM(n ? n : 1);

	if ((size_t)(a->end - a->p) >= WITH_RED_ZONE(room) + pad)
		a->p += pad;
	else
		a->p = a->end; /* start a new chunk, which is aligned */
	return arena_bytes_slow(a, room);
}

static ATTR_NOINLINE struct slice copy_slow(struct arena *a, struct slice s)
{
	char *p;

	if (s.n == 0)
		return s.p ? SLICE("") : SLICE_NONE;
	p = arena_bytes_slow(a, s.n);
	memcpy(p, s.p, s.n);
	return slice_of(p, s.n);
}

/* Nearly all texts are names of a few dozen bytes: two moves that overlap in the middle, and no call. */
struct slice arena_copy(struct arena *a, struct slice s)
{
	char *p = a->p;

	if (ARENA_GUARDED || UNLIKELY(s.n - 1 >= (size_t)(a->end - p))) /* no room, or s.n is 0 */
		return copy_slow(a, s);
	a->p = p + s.n;
	if (s.n > 32) {
		memcpy(p, s.p, s.n);
	} else if (s.n >= 16) {
		memcpy(p, s.p, 16);
		memcpy(p + s.n - 16, s.p + s.n - 16, 16);
	} else if (s.n >= 8) {
		memcpy(p, s.p, 8);
		memcpy(p + s.n - 8, s.p + s.n - 8, 8);
	} else if (s.n >= 4) {
		memcpy(p, s.p, 4);
		memcpy(p + s.n - 4, s.p + s.n - 4, 4);
	} else {
		for (size_t i = 0; i < s.n; i++)
			p[i] = s.p[i];
	}
	return slice_of(p, s.n);
}

void arena_lend(struct arena *a, void *bytes, size_t n)
{
	a->p = bytes;
	a->end = a->p + n;
	POISON(bytes, n);
}

void arena_clear(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->next;
		chunk_put(a->pool, c);
	}
	a->p = a->end = NULL;
}

void arena_pool_done(struct arena_pool *p)
{
	while (p->free_chunks) {
		struct arena_chunk *c = p->free_chunks;

		p->free_chunks = c->next;
		p->held_bytes -= c->size;
		UNPOISON(c->data, c->size);
		free(c);
	}
}

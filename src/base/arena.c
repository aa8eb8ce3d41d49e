/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.c - memory that dies as a whole
 *
 * Under ASan the free part of every chunk is poisoned and a few poisoned bytes follow each piece, so that a step
 * past its end is seen as it would be in a malloc() block.
 */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(ARENA_ASAN)
#define ARENA_ASAN 1
#endif
#ifdef ARENA_ASAN
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
#define ALIGN(n) (((n) + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1))

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

static ATTR_NOINLINE void arena_grow(struct arena *a, size_t n)
{
	struct arena_chunk *c = chunk_get(a->pool, n);

	c->next = a->chunks;
	a->chunks = c;
	a->p = (char *)c->data;
	a->end = a->p + c->size;
}

static inline char *arena_take(struct arena *a, size_t wanted)
{
	size_t n = WITH_RED_ZONE(wanted);
	char *p;

	if (UNLIKELY((size_t)(a->end - a->p) < n))
		arena_grow(a, n);
	p = a->p;
	a->p += n;
	a->used_bytes += n;
	UNPOISON(p, wanted);
	return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t room = ALIGN(n ? n : 1);
	size_t pad = (size_t)(-(uintptr_t)a->p & (_Alignof(max_align_t) - 1));
	void *p;

	if ((size_t)(a->end - a->p) >= room + pad)
		a->p += pad;
	else
		a->p = a->end; /* start a new chunk, which is aligned */
	p = arena_take(a, room);
	memset(p, 0, room);
	return p;
}

struct slice arena_copy(struct arena *a, struct slice s)
{
	char *p;

	if (s.n == 0)
		return s.p ? SLICE("") : SLICE_NONE;
	p = arena_take(a, s.n);
	memcpy(p, s.p, s.n);
	return slice_of(p, s.n);
}

void arena_clear(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->next;
		chunk_put(a->pool, c);
	}
	a->p = a->end = NULL;
	a->used_bytes = 0;
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.c - memory that dies as a whole
 */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"

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
	if (pool)
		pool->held_bytes += n;
	return c;
}

static void chunk_put(struct arena_pool *pool, struct arena_chunk *c)
{
	if (pool && c->size == chunk_bytes(pool)) {
		c->next = pool->free_chunks;
		pool->free_chunks = c;
		return;
	}
	if (pool)
		pool->held_bytes -= c->size;
	free(c);
}

static char *arena_take(struct arena *a, size_t n)
{
	char *p;

	if ((size_t)(a->end - a->p) < n) {
		struct arena_chunk *c = chunk_get(a->pool, n);

		c->next = a->chunks;
		a->chunks = c;
		a->p = (char *)c->data;
		a->end = a->p + c->size;
	}
	p = a->p;
	a->p += n;
	a->used_bytes += n;
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

	if (!s.p)
		return SLICE_NONE;
	if (s.n == 0)
		return SLICE("");
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
		free(c);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chunk.c - pieces of a stream that live as long as somebody needs them
 *
 * The resting chunks are a stack without a lock.  Any thread pushes but only one pops, so that the chunk on top can't
 * be popped and pushed again while it is being popped.  Under ASan a resting chunk is poisoned: lines that are read
 * after their batch was given back are seen.
 */
#include "input/chunk.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHUNK_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(CHUNK_ASAN)
#define CHUNK_ASAN 1
#endif
#ifdef CHUNK_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

static struct chunk *pop(struct chunk_pool *pool)
{
	struct chunk *c = atomic_load_explicit(&pool->resting, memory_order_acquire);

	while (c && !atomic_compare_exchange_weak_explicit(&pool->resting, &c, c->next, memory_order_acquire,
							   memory_order_acquire))
		continue;
	return c;
}

static void push(struct chunk_pool *pool, struct chunk *c)
{
	c->next = atomic_load_explicit(&pool->resting, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&pool->resting, &c->next, c, memory_order_release,
						      memory_order_relaxed))
		continue;
}

struct chunk *chunk_new(struct chunk_pool *pool, size_t n)
{
	struct chunk *c = n <= pool->chunk_bytes ? pop(pool) : NULL;

	if (c) {
		UNPOISON(c->bytes, c->cap);
	} else {
		n = n < pool->chunk_bytes ? pool->chunk_bytes : n;
		c = xmalloc(sizeof *c + n);
		c->pool = pool;
		c->cap = n;
	}
	c->next = NULL;
	atomic_init(&c->holders, 1);
	return c;
}

void chunk_hold(struct chunk *c)
{
	(void)atomic_fetch_add_explicit(&c->holders, 1, memory_order_relaxed);
}

void chunk_release(struct chunk *c)
{
	if (!c || atomic_fetch_sub_explicit(&c->holders, 1, memory_order_acq_rel) > 1)
		return;
	if (c->cap > c->pool->chunk_bytes) {
		free(c);
		return;
	}
	POISON(c->bytes, c->cap);
	push(c->pool, c);
}

bool chunk_is_mine(const struct chunk *c)
{
	return atomic_load_explicit(&c->holders, memory_order_acquire) == 1;
}

void chunk_pool_done(struct chunk_pool *pool)
{
	struct chunk *c;

	while ((c = pop(pool))) {
		UNPOISON(c->bytes, c->cap);
		free(c);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chunk.h - pieces of a stream that live as long as somebody needs them
 *
 * A framer fills chunks, batches hold the ones in which their lines lie; the last one who gives a chunk back puts it
 * to rest.  The chunk that came back last is the next one to be filled: it is still in the cache.
 */
#ifndef INPUT_CHUNK_H
#define INPUT_CHUNK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct chunk_pool {
	_Atomic(struct chunk *) resting; /* private */
	size_t chunk_bytes;              /* of an ordinary chunk; set it before the first one is made */
};

struct chunk {
	struct chunk_pool *pool;
	struct chunk *next; /* while resting */
	atomic_uint holders;
	size_t cap;
	char bytes[];
};

/* A chunk of at least n bytes, held once.  To be called by one thread at a time. */
struct chunk *chunk_new(struct chunk_pool *pool, size_t n);
/* Hold it once more; give it back once (NULL is fine).  Both by any thread. */
void chunk_hold(struct chunk *c);
void chunk_release(struct chunk *c);
/* nobody else holds it */
bool chunk_is_mine(const struct chunk *c);
/* Free the resting chunks; no others may be left. */
void chunk_pool_done(struct chunk_pool *pool);

#endif

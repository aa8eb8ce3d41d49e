/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader_ahead.c - reading ahead, in a thread of its own
 *
 * The thread fills the pieces of a small ring and waits when all are full; who reads takes them in order.  An error
 * or the end stands behind the last piece.
 */
#include "input/reader_priv.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define PIECE_BYTES ((size_t)64 << 10)
#define PIECES 4

struct piece {
	char *bytes;
	size_t n;
	uint64_t taken_bytes; /* of the file, when this was read */
};

struct reader_ahead {
	struct reader base;
	struct reader *inner;   /* the thread's */
	pthread_t thread;
	struct piece pieces[PIECES];
	size_t at;              /* bytes of the first full piece that were handed out */

	pthread_mutex_t lock;   /* guards what follows */
	pthread_cond_t filled, emptied;
	size_t first, n_full;   /* full pieces, in a ring */
	bool ended, stop;
	struct err err;         /* why it ended; ERR_OK: the end */
};

/* The piece to fill, once there is one; NULL: nobody wants more. */
static struct piece *wait_for_room(struct reader_ahead *a)
{
	struct piece *p;

	pthread_mutex_lock(&a->lock);
	while (a->n_full == PIECES && !a->stop)
		pthread_cond_wait(&a->emptied, &a->lock);
	p = a->stop ? NULL : &a->pieces[(a->first + a->n_full) % PIECES];
	pthread_mutex_unlock(&a->lock);
	return p;
}

static void *read_on(void *ctx)
{
	struct reader_ahead *a = ctx;
	struct piece *p;
	bool more = true;

	while (more && (p = wait_for_room(a)) != NULL) {
		struct err err = { .code = ERR_OK };
		ssize_t got = reader_read_full(a->inner, p->bytes, PIECE_BYTES, &err);

		more = got > 0;
		p->n = more ? (size_t)got : 0;
		p->taken_bytes = reader_taken(a->inner);
		pthread_mutex_lock(&a->lock);
		if (more)
			a->n_full++;
		else
			a->err = err;
		a->ended = !more;
		pthread_cond_signal(&a->filled);
		pthread_mutex_unlock(&a->lock);
	}
	return NULL;
}

/* The next full piece; NULL at the end. */
static struct piece *wait_for_piece(struct reader_ahead *a)
{
	struct piece *p;

	pthread_mutex_lock(&a->lock);
	while (a->n_full == 0 && !a->ended)
		pthread_cond_wait(&a->filled, &a->lock);
	p = a->n_full ? &a->pieces[a->first] : NULL;
	pthread_mutex_unlock(&a->lock);
	return p;
}

static void give_back(struct reader_ahead *a)
{
	a->at = 0;
	pthread_mutex_lock(&a->lock);
	a->first = (a->first + 1) % PIECES;
	a->n_full--;
	pthread_cond_signal(&a->emptied);
	pthread_mutex_unlock(&a->lock);
}

static ssize_t ahead_read(struct reader *r, char *buf, size_t n, struct err *reterr)
{
	struct reader_ahead *a = (struct reader_ahead *)r;
	struct piece *p = wait_for_piece(a);

	if (!p && a->err.code && reterr)
		*reterr = a->err;
	if (!p)
		return a->err.code;
	if (n > p->n - a->at)
		n = p->n - a->at;
	memcpy(buf, p->bytes + a->at, n);
	a->at += n;
	r->taken_bytes = p->taken_bytes;
	if (a->at == p->n)
		give_back(a);
	return (ssize_t)n;
}

static void ahead_free_parts(struct reader_ahead *a)
{
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->filled);
	pthread_cond_destroy(&a->emptied);
	for (size_t i = 0; i < PIECES; i++)
		free(a->pieces[i].bytes);
}

static void ahead_done(struct reader *r)
{
	struct reader_ahead *a = (struct reader_ahead *)r;

	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_signal(&a->emptied);
	pthread_mutex_unlock(&a->lock);
	(void)pthread_join(a->thread, NULL);
	reader_free(a->inner);
	ahead_free_parts(a);
}

static const struct reader_ops ahead_ops = { .read = ahead_read, .done = ahead_done };

struct reader *reader_ahead(struct reader *inner)
{
	struct reader_ahead *a = xcalloc(1, sizeof *a);

	a->base.ops = &ahead_ops;
	a->base.compression = inner->compression;
	a->base.stored_time = inner->stored_time;
	a->base.ahead = true;
	a->base.taken_bytes = reader_taken(inner);
	a->inner = inner;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->filled, NULL);
	pthread_cond_init(&a->emptied, NULL);
	for (size_t i = 0; i < PIECES; i++)
		a->pieces[i].bytes = xmalloc(PIECE_BYTES);
	if (pthread_create(&a->thread, NULL, read_on, a) != 0) {
		ahead_free_parts(a);
		free(a);
		return inner;
	}
	a->base.name = xstrdup(inner->name);
	return &a->base;
}

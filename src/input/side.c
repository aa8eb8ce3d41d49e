/* SPDX-License-Identifier: Apache-2.0 */
/*
 * side.c - bytes of records beside those of the file: unescaped and joined ones, and what the last record said
 *
 * Bytes of the first kind go into chunks of their own, which batches hold as they hold those of the framer.  A record
 * may lie in several, and may come into a batch later than it was read: all chunks are kept until nothing is on its way.
 */
#include "input/input_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static char *take(void *ctx, size_t n)
{
	struct stream_side *s = ctx;
	struct chunk *last = s->n_chunks ? s->chunks[s->n_chunks - 1].chunk : NULL;
	char *p;

	/* one byte more: what lies at the end of a chunk has an address of its own, too */
	if (!last || last->cap - s->used < n + 1) {
		s->chunks = vec_grow(s->chunks, s->n_chunks, &s->cap_chunks, sizeof *s->chunks);
		last = chunk_new(s->pool, n + 1);
		s->chunks[s->n_chunks++] = (struct side_chunk){ last, 0 };
		s->used = 0;
	}
	p = last->bytes + s->used;
	s->used += n;
	return p;
}

void side_init(struct stream_side *s, struct chunk_pool *pool)
{
	*s = (struct stream_side){ .room = { take, s }, .pool = pool };
}

static void release_from(struct stream_side *s, size_t end)
{
	for (size_t i = 0; i < end; i++)
		chunk_release(s->chunks[i].chunk);
	if (end > 0 && end < s->n_chunks)
		memmove(s->chunks, s->chunks + end, (s->n_chunks - end) * sizeof *s->chunks);
	s->n_chunks -= end;
}

void side_done(struct stream_side *s)
{
	release_from(s, s->n_chunks);
	free(s->chunks);
	s->chunks = NULL;
	s->cap_chunks = 0;
}

void side_forget(struct stream_side *s)
{
	if (s->n_chunks > 1)
		release_from(s, s->n_chunks - 1);
}

void side_keep(struct stream_side *s, struct input_batch *b, uint64_t number)
{
	for (size_t i = 0; i < s->n_chunks; i++)
		if (s->chunks[i].batch != number) {
			s->chunks[i].batch = number;
			batch_hold(b, s->chunks[i].chunk);
		}
}

/* A copy at the end of the bytes, which do not move. */
static struct slice add(struct strbuf *bytes, struct slice s)
{
	const char *at = bytes->p + bytes->n;

	if (!s.p)
		return SLICE_NONE;
	strbuf_add(bytes, s);
	return slice_of(at, s.n);
}

void before_keep(struct stream_before *b, const struct line *l)
{
	b->known = envelope_repeatable(l);
	if (!b->known)
		return;
	strbuf_clear(&b->bytes);
	(void)strbuf_reserve(&b->bytes, l->host.n + l->program.n + l->text.n + 1);
	b->line = *l;
	b->line.host = add(&b->bytes, l->host);
	b->line.program = add(&b->bytes, l->program);
	b->line.text = add(&b->bytes, slice_head(l->text, ENVELOPE_REPEAT_MAX_BYTES));
	b->line.raw = b->line.server = SLICE_NONE;
}

void before_done(struct stream_before *b)
{
	strbuf_done(&b->bytes);
	b->known = false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.c - what a batch of lines holds, and giving it back
 */
#include "input/input_priv.h"

#include <stdlib.h>

#include "base/alloc.h"

static void give_back(struct input_held *h)
{
	for (size_t i = 0; i < h->n_chunks; i++)
		chunk_release(h->chunks[i]);
	h->n_chunks = 0;
}

void batch_begin(struct input_batch *b, size_t n)
{
	struct input_held *h = b->held;

	if (!h)
		h = b->held = xcalloc(1, sizeof *h);
	give_back(h);
	if (h->cap_lines < n) {
		free(h->lines);
		h->lines = xcalloc(n, sizeof *h->lines);
		h->cap_lines = n;
	}
	b->lines = h->lines;
	b->n = 0;
}

void batch_hold(struct input_batch *b, struct chunk *c)
{
	struct input_held *h = b->held;

	h->chunks = vec_grow(h->chunks, h->n_chunks, &h->cap_chunks, sizeof(struct chunk *));
	h->chunks[h->n_chunks++] = c;
	chunk_hold(c);
}

void input_batch_done(struct input_batch *b)
{
	struct input_held *h = b->held;

	if (h) {
		give_back(h);
		free(h->lines);
		free(h->chunks);
		free(h);
	}
	*b = (struct input_batch){ 0 };
}

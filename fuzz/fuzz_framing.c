/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_framing.c - any bytes cut into records: the same ones, however the bytes arrive
 */
#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "fuzz.h"
#include "input/frame.h"

struct seen {
	uint64_t hash, records, lines, bytes;
};

static void note(struct seen *s, const struct line *l)
{
	uint64_t parts[] = { s->hash, hash_slice(l->raw), l->line_no, l->offset, l->length, l->flags, l->line_count };

	s->hash = hash_slice(slice_of((const char *)parts, sizeof parts));
	s->records++;
	s->lines += l->line_count;
	s->bytes += l->length;
}

static struct seen frame_all(struct slice bytes, size_t step)
{
	struct chunk_pool pool = { .chunk_bytes = step };
	struct framer f;
	struct seen s = { 0 };
	struct line l;
	size_t at = 0;

	framer_init(&f, &pool, step);
	for (;;) {
		enum frame_result r;

		memset(&l, 0, sizeof l);
		r = frame_next(&f, &l);
		if (r == FRAME_RECORD) {
			note(&s, &l);
		} else if (r == FRAME_END) {
			break;
		} else if (at == bytes.n) {
			f.eof = true;
		} else {
			struct slice part = slice_head(slice_from(bytes, at), step);

			frame_feed(&f, part);
			at += part.n;
		}
	}
	framer_done(&f);
	chunk_pool_done(&pool);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = slice_of((const char *)data, size);
	struct seen whole = frame_all(bytes, size + 1);

	for (size_t step = 1; step <= 7; step += 2) {
		struct seen parts = frame_all(bytes, step);

		assert(memcmp(&whole, &parts, sizeof whole) == 0);
	}
	return 0;
}

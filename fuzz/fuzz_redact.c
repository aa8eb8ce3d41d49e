/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_redact.c - any text masked as a value of each kind, and lines with their events: the same mask each time
 *
 * Each line of the input is a value and a record of a log.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/strbuf.h"
#include "envelope/tz.h"
#include "cli/guess.h"
#include "export/redact.h"
#include "fuzz.h"
#include "input/places.h"

static void mask_value(struct redact *r, struct arena *a, struct slice value)
{
	for (unsigned m = 0; m <= MASK_RAW; m++) {
		struct slice masked = redact_value(r, a, m, value), again = redact_value(r, a, m, value);

		assert(slice_eq(masked, again));
		assert((masked.p != NULL) == (value.p != NULL));
		assert(value.n || !masked.n);
	}
}

static void mask_line(struct redact *r, struct arena *a, struct guess *guess, struct slice record)
{
	struct strbuf text[2] = { { 0 }, { 0 } };
	struct event event, masked_event;
	struct line line, masked_line;

	if (!guess_line(guess, record, &line, &event))
		return;
	redact_learn(r, &line, &event);
	for (int i = 0; i < 2; i++) {
		masked_line = line;
		masked_event = event;
		redact_record(r, a, &masked_line, &masked_event);
		assert(masked_event.kind == event.kind && masked_line.time_us == line.time_us);
		event_text(&text[i], &masked_event);
		strbuf_add(&text[i], masked_line.raw);
	}
	assert(slice_eq(strbuf_slice(&text[0]), strbuf_slice(&text[1])));
	strbuf_done(&text[0]);
	strbuf_done(&text[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tz *tz;
	const struct siphash_key key = { 1, 2 };
	struct redact *r = redact_new(&key, place_knows_word);
	char *block = malloc(size + !size); /* of exactly its size: ASan sees every step past the end */
	struct slice text = slice_of(block, size), record;
	struct arena arena = { 0 };
	struct guess guess;

	if (size)
		memcpy(block, data, size);
	if (!tz && tz_open("UTC", &tz, NULL) < 0)
		abort();
	guess_init(&guess, tz, false, 2026, INT64_C(1795305600000000));
	while (guess_record(&text, &record)) {
		mask_value(r, &arena, record);
		mask_line(r, &arena, &guess, record);
		arena_clear(&arena);
	}
	guess_done(&guess);
	redact_free(r);
	free(block);
	return 0;
}

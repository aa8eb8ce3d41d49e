/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_envelope.c - any lines through the envelope, the joiner of pieces, the repeats and the hints
 */
#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "envelope/envelope.h"
#include "envelope/join.h"
#include "envelope/repeat.h"
#include "fuzz.h"

struct scratch {
	struct arena arena;
	struct slice last[8]; /* what was taken last */
	size_t n;
};

static char *take(void *ctx, size_t n)
{
	struct scratch *s = ctx;
	char *p = arena_bytes(&s->arena, n + !n);

	s->last[s->n++ % 8] = slice_of(p, n);
	return p;
}

static bool lies_in(struct slice whole, struct slice part)
{
	return whole.p && (uintptr_t)part.p >= (uintptr_t)whole.p && (uintptr_t)part.p + part.n <= (uintptr_t)whole.p + whole.n;
}

/* in the record or in what was unescaped; but for programs whose own files have no tag */
static void assert_lies_somewhere(const struct scratch *s, struct slice raw, struct slice text)
{
	bool found = text.n == 0 || slice_is(text, "rspamd") || slice_is(text, "dovecot") || slice_starts(text, "smartermail") ||
		     lies_in(raw, text);

	for (size_t i = 0; i < 8 && !found; i++)
		found = lies_in(s->last[i], text);
	assert(found);
}

static void check(const struct scratch *s, const struct line *l)
{
	assert_lies_somewhere(s, l->raw, l->text);
	assert_lies_somewhere(s, l->raw, l->host);
	assert_lies_somewhere(s, l->raw, l->program);
	assert(l->text.p != NULL);
	assert(l->pid >= -1);
	assert(l->time_us == USEC_NONE || (l->utc_offset_sec > -26 * 3600 && l->utc_offset_sec < 26 * 3600));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tz *tz;
	struct scratch scratch = { 0 };
	const struct envelope_room room = { take, &scratch };
	struct envelope_clock clock = { .year = size % 3 ? 2024 : 0, .guessed = LINE_ZONE_GUESSED, .room = &room };
	struct envelope_numbers numbers = { 0 };
	struct envelope_joiner joiner = { 0 };
	struct envelope_hints hints = { 0 };
	struct envelope_exim_stamp stamp = { 0 };
	struct cur c = { (const char *)data, (const char *)data + size };
	struct line l;
	uint64_t offset = 0, lines = 0, given = 0;

	clock.numbers = &numbers;
	if (!tz && tz_open("Europe/Berlin", &tz, NULL) < 0)
		abort();
	clock.tz = size % 2 ? tz : NULL;
	while (!cur_at_end(&c)) {
		l = (struct line){ .line_count = 1, .offset = offset };
		/* an entry of the journal ends with an empty line, or where the input does */
		if (!slice_starts(cur_rest(&c), "__CURSOR="))
			l.raw = cur_token(&c, '\n');
		else if (!cur_until_lit(&c, "\n\n", &l.raw))
			l.raw = cur_take_rest(&c);
		l.length = (uint32_t)l.raw.n + 1;
		offset += l.length;
		lines++;
		envelope_look(&hints, l.raw);
		(void)envelope_starts_exim(l.raw, &stamp);
		if (!envelope_next(&joiner, &clock, &l))
			continue;
		check(&scratch, &l);
		assert(l.server_no == envelope_names_number(&numbers.servers, l.host));
		assert(l.program_no == envelope_names_number(&numbers.programs, l.program));
		given += l.line_count;
		if (l.flags & LINE_REPEAT) {
			struct line before = { .program = SLICE("postfix/smtpd"), .text = SLICE("connect"), .host = l.host };

			envelope_repeat(&clock, size % 5 ? &before : NULL, &l);
			check(&scratch, &l);
		}
		if (joiner.has_ready) {
			joiner.has_ready = false;
			check(&scratch, &joiner.ready);
			given += joiner.ready.line_count;
		}
	}
	for (; envelope_join_flush(&joiner, &clock, &l); given += l.line_count)
		check(&scratch, &l);
	assert(given == lines);
	envelope_join_done(&joiner);
	envelope_numbers_done(&numbers);
	arena_clear(&scratch.arena);
	return 0;
}

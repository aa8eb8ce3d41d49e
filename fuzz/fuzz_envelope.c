/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_envelope.c - any lines through the envelope, the joiner of Exim's pieces and the hints
 */
#include <assert.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "envelope/envelope.h"
#include "envelope/join.h"
#include "fuzz.h"

static void check(const struct line *l)
{
	assert_inside(l->raw, l->text);
	assert_inside(l->raw, l->host);
	assert_inside_or_constant(l->raw, l->program);
	assert(l->text.p != NULL);
	assert(l->pid >= -1);
	assert(l->time_us == USEC_NONE || (l->utc_offset_sec > -26 * 3600 && l->utc_offset_sec < 26 * 3600));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct envelope_clock clock = { .year = size % 3 ? 2024 : 0, .guessed = LINE_ZONE_GUESSED };
	struct envelope_numbers numbers = { 0 };
	struct envelope_joiner joiner = { 0 };
	struct envelope_hints hints = { 0 };
	struct envelope_exim_stamp stamp = { 0 };
	char *bytes = NULL;
	struct cur c = { (const char *)data, (const char *)data + size };
	struct tz *tz = NULL;
	struct line l;
	uint64_t offset = 0;

	clock.numbers = &numbers;
	if (size % 2 && tz_open("Europe/Berlin", &tz, NULL) == 0)
		clock.tz = tz;
	while (!cur_at_end(&c)) {
		l = (struct line){ .raw = cur_token(&c, '\n'), .line_count = 1, .offset = offset };
		l.length = (uint32_t)l.raw.n + 1;
		offset += l.length;
		envelope_look(&hints, l.raw);
		(void)envelope_starts_exim(l.raw, &stamp);
		envelope_parse(&clock, &l);
		check(&l);
		assert(l.server_no == envelope_names_number(&numbers.servers, l.host));
		assert(l.program_no == envelope_names_number(&numbers.programs, l.program));
		if (envelope_join(&joiner, &l, &bytes))
			check(&l);
		free(bytes);
		bytes = NULL;
	}
	while (envelope_join_flush(&joiner, &l, &bytes)) {
		check(&l);
		free(bytes);
	}
	envelope_join_done(&joiner);
	envelope_numbers_done(&numbers);
	tz_free(tz);
	return 0;
}

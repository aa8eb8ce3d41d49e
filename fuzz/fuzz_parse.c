/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_parse.c - any program's text through the parsers
 *
 * The first line of the input is the syslog tag (empty: a record of Exim's own files), the rest the text.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/strbuf.h"
#include "fuzz.h"
#include "parse/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur c = { (const char *)data, (const char *)data + size };
	struct slice program = cur_token(&c, '\n'), rest = cur_rest(&c);
	char *block = malloc(rest.n + !rest.n); /* of exactly its size: ASan sees every step past the end */
	struct line l = { .pid = -1, .line_count = 1, .time_us = USEC_NONE };
	struct strbuf out = { 0 };
	struct event e;

	if (rest.n)
		memcpy(block, rest.p, rest.n);
	l.raw = l.text = slice_of(block, rest.n);
	for (size_t i = 0; i < rest.n; i++)
		l.line_count += block[i] == '\n';
	l.envelope = program.n ? ENVELOPE_RFC3164 : ENVELOPE_EXIM;
	if (program.n)
		l.program = program;
	parse_line(&l, &e);
	assert(e.kind < EVENT_KIND_COUNT);
	assert(e.kind != EV_NOTICE || e.category != NOTICE_NONE);
	event_text(&out, &e); /* touches every byte of every field */
#define FUZZ_TEXT(s)          assert_inside_or_constant(l.text, (s))
#define FUZZ_INT(v)           (void)(v) /* Exim's own error numbers are negative */
#define FUZZ_SECONDS(v)       assert((v) >= -1)
#define FUZZ_BOOL(v)          assert((v) >= -1 && (v) <= 1)
#define FUZZ_ENUM_RELATION(v) assert((v) < RELATION_COUNT)
#define FUZZ_ENUM_OUTCOME(v)  assert((v) < OUTCOME_COUNT)
#define FUZZ_ENUM_SEVERITY(v) assert((v) < SEVERITY_COUNT)
#define FUZZ_ENUM_NOTICE(v)   assert((v) < NOTICE_COUNT)
#define F(type, name, help)   FUZZ_##type(e.name);
#include "event/fields.def"
#undef F
	strbuf_done(&out);
	free(block);
	return 0;
}

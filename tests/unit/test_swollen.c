/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_swollen.c - records of a megabyte whose work must not grow with the square of their length
 *
 * Each row is a piece that once was searched from to the end of the record, as often as it stood there: that took seconds.
 * `fuzz_parse --swell` finds such pieces.
 */
#include "unit.h"

#include <time.h>

#include "base/attr.h"
#include "base/strbuf.h"
#include "event/event.h"
#include "parse/parse.h"

#define RECORD_BYTES ((size_t)1 << 20)
#define SECONDS_MAX  (BUILT_SANITIZED ? 12.0 : 2.0) /* a hundred times what it takes */

static const struct {
	const char *program; /* NULL: Exim's own file */
	const char *head, *piece, *tail;
} ROWS[] = {
	{ NULL, "1rJkXm-0003kl-Qp => |/bin/x", " <us", "" },
	{ NULL, "1rJkXm-0003kl-Qp => a", "4 <=", "" },
	{ NULL, "1rJkXm-0003kl-Qp => x y", " (a", ") <a@b.example> R=x T=y" },
	{ NULL, "1rJkXm-0003kl-Qp <= a@b.example ", "H=x (y ", "" },
	{ NULL, "1rJkXm-0003kl-Qp => a@b.example ", "F=<x ", "" },
	{ "amavis", "(01234-05) Passed CLEAN", " {", "" },
	{ "amavis", "(01234-05) Passed CLEAN,", " [1", "" },
	{ "amavis", "(01234-05) Passed CLEAN, <a@b.example> -> ", "<\"\\\">,", "" },
};

static double processor_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void swollen(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct strbuf text = { 0 };
		struct event e;
		double before, took;

		strbuf_add_str(&text, ROWS[i].head);
		while (text.n < RECORD_BYTES)
			strbuf_add_str(&text, ROWS[i].piece);
		strbuf_add_str(&text, ROWS[i].tail);
		const struct line l = {
			.raw = strbuf_slice(&text),
			.line_count = 1,
			.envelope = ROWS[i].program ? ENVELOPE_RFC3164 : ENVELOPE_EXIM,
			.program = slice_str(ROWS[i].program),
			.pid = -1,
			.text = strbuf_slice(&text),
		};

		before = processor_seconds();
		parse_line(&l, &e);
		took = processor_seconds() - before;
		CHECK(took < SECONDS_MAX, "'%s%s...' took %.1f seconds", ROWS[i].head, ROWS[i].piece, took);
		strbuf_done(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(swollen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

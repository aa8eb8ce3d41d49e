/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_swollen.c - long records, whose work must not grow with the square of their length
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

#define RECORD_BYTES ((size_t)256 << 10)
#define QUICK_SEC    0.01 /* too little to compare */
#define GROWTH_MAX   10.0 /* of the time, where the record grows fourfold: 16 would be its square */

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

/* what a record of that row and length takes */
static double seconds_for(size_t row, size_t bytes)
{
	struct strbuf text = { 0 };
	struct event e;
	struct line l;
	double before, took;

	strbuf_add_str(&text, ROWS[row].head);
	while (text.n < bytes)
		strbuf_add_str(&text, ROWS[row].piece);
	strbuf_add_str(&text, ROWS[row].tail);
	l = (struct line){
		.raw = strbuf_slice(&text),
		.line_count = 1,
		.envelope = ROWS[row].program ? ENVELOPE_RFC3164 : ENVELOPE_EXIM,
		.program = slice_str(ROWS[row].program),
		.pid = -1,
		.text = strbuf_slice(&text),
	};
	before = processor_seconds();
	parse_line(&l, &e);
	took = processor_seconds() - before;
	strbuf_done(&text);
	return took;
}

static void swollen(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		double quarter = seconds_for(i, RECORD_BYTES / 4), whole = seconds_for(i, RECORD_BYTES);

		CHECK(whole < QUICK_SEC || whole < GROWTH_MAX * quarter, "'%s%s...' took %.3f seconds, a quarter of it %.3f", ROWS[i].head,
		      ROWS[i].piece, whole, quarter);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(swollen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

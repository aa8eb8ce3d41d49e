/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_progress.c - the words for those who wait
 */
#include "unit.h"

#include "cli/progress.h"

static void test_words(void **state)
{
	static const struct {
		struct input_position at;
		usec_t spent_us;
		const char *want;
	} ROWS[] = {
		{ { 0, 0, 0 }, 0, "0 B read" },
		{ { 0, 0, 1000 }, 0, "0 B read, 0 %" },
		{ { 10 << 20, 0, 0 }, 2 * USEC_PER_SEC, "10.0 MiB read, 5.0 MiB/s" },
		/* compressed: the share is of the files as they lie there */
		{ { 10 << 20, 1 << 20, 4 << 20 }, 2 * USEC_PER_SEC, "10.0 MiB read, 25 %, 5.0 MiB/s, 6 s left" },
		{ { 4 << 20, 4 << 20, 4 << 20 }, USEC_PER_SEC, "4.0 MiB read, 100 %, 4.0 MiB/s, 0 s left" },
		/* a log that grew since it was looked at */
		{ { 5 << 20, 5 << 20, 4 << 20 }, USEC_PER_SEC, "5.0 MiB read, 5.0 MiB/s, 0 s left" },
	};
	struct strbuf text = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		strbuf_clear(&text);
		progress_text(&text, &ROWS[i].at, ROWS[i].spent_us);
		CHECK(slice_eq(strbuf_slice(&text), slice_str(ROWS[i].want)), "row %zu: '%.*s'", i, (int)text.n, text.p);
	}
	strbuf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

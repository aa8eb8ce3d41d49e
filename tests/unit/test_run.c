/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_run.c - programs that answer, fail, hang, flood, or are not there
 */
#include "unit.h"

#include "base/attr.h"
#include "cli/run.h"

static const struct {
	const char *name;
	const char *argv[4];
	usec_t timeout_us;
	size_t bytes;
	int want;
	const char *out, *said; /* NULL: not looked at */
} ROWS[] = {
	{ "answers", { "/bin/echo", "-bp", "; reboot" }, 20 * USEC_PER_SEC, 100, 0, "-bp ; reboot\n", NULL },
	{ "has no input", { "/bin/cat" }, 20 * USEC_PER_SEC, 100, 0, "", NULL },
	{ "has no environment to speak of", { "/usr/bin/env" }, 20 * USEC_PER_SEC, 100, 0,
	  "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLC_ALL=C\n", NULL },
	{ "fails", { "/bin/false" }, 20 * USEC_PER_SEC, 100, ERR_READ, NULL, "exit code 1" },
	{ "fails with words", { "/bin/ls", "/no/such/place" }, 20 * USEC_PER_SEC, 100, ERR_READ, NULL, "/no/such/place" },
	{ "fits", { "/bin/echo", "123456789" }, 20 * USEC_PER_SEC, 10, 0, "123456789\n", NULL },
	{ "is a byte too long", { "/bin/echo", "123456789" }, 20 * USEC_PER_SEC, 9, ERR_LIMIT, NULL, "MiB" },
	{ "floods", { "/usr/bin/yes" }, 20 * USEC_PER_SEC, 1 << 20, ERR_LIMIT, NULL, "MiB" },
	{ "hangs", { "/bin/sleep", "100" }, USEC_PER_SEC / 5, 100, ERR_LIMIT, NULL, "longer" },
	{ "is not there", { "/no/such/program" }, 20 * USEC_PER_SEC, 100, ERR_OPEN, NULL, "cannot be run" },
};

static void test_programs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		const struct run_limits limits = { ROWS[i].timeout_us, ROWS[i].bytes };
		char *argv[ARRAY_LEN(ROWS[i].argv) + 1] = { NULL };
		struct strbuf out = { 0 };
		struct err err = { 0 };
		int r;

		for (size_t k = 0; k < ARRAY_LEN(ROWS[i].argv); k++)
			argv[k] = (char *)(uintptr_t)ROWS[i].argv[k];
		r = run_program(argv, &limits, &out, &err);
		CHECK(r == ROWS[i].want, "%s: got %d (%s), want %d", ROWS[i].name, r, err.msg, ROWS[i].want);
		if (ROWS[i].out)
			CHECK_SLICE(strbuf_slice(&out), slice_str(ROWS[i].out));
		CHECK(!ROWS[i].said || strstr(err.msg, ROWS[i].said), "%s: said '%s'", ROWS[i].name, err.msg);
		strbuf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

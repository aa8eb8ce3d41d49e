/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_read_size.c - the same bytes give the same events, however they are read
 *
 * argv: globs of log files.  Each is read in one go, then with reads of odd and tiny sizes; every record must come
 * out the same: its place, time, flags, and what parse makes of it.
 */
#include "unit.h"

#include <glob.h>

#include "base/strbuf.h"
#include "event/event.h"
#include "input/input.h"
#include "parse/parse.h"

static char **logs;

static void add_record(struct strbuf *out, const struct line *l)
{
	struct event e;

	parse_line(l, &e);
	strbuf_printf(out, "%llu+%u %llu:%u %lld %x %.*s ", (unsigned long long)l->line_no, l->line_count,
		      (unsigned long long)l->offset, l->length, (long long)l->time_us, l->flags, SLICE_ARG(l->server));
	event_text(out, &e);
	strbuf_add_byte(out, '\n');
}

static size_t read_log(struct strbuf *out, const char *path, size_t read_bytes)
{
	const struct input_setting utc = { NULL, "UTC" };
	const struct input_options o = {
		.paths = &path,
		.n_paths = 1,
		.zones = &utc,
		.n_zones = 1,
		.year = 2026,
		.since_us = USEC_NONE,
		.until_us = USEC_NONE,
		.now_us = INT64_C(1798000000000000),
		.read_bytes = read_bytes,
	};
	const struct line *lines;
	struct input *in;
	struct err e;
	size_t n, records = 0;

	strbuf_clear(out);
	CHECK(input_open(&o, &in, &e) == 0, "'%s': %s", path, e.msg);
	while ((n = input_next(in, &lines)) > 0) {
		for (size_t i = 0; i < n; i++)
			add_record(out, &lines[i]);
		records += n;
	}
	CHECK(!input_failed(in), "'%s'", path);
	input_close(in);
	return records;
}

/* the first line in which two texts differ, for the message */
static struct slice first_difference(struct slice a, struct slice b)
{
	size_t i = 0, begin;

	while (i < a.n && i < b.n && a.p[i] == b.p[i])
		i++;
	for (begin = i; begin > 0 && a.p[begin - 1] != '\n';)
		begin--;
	a = slice_from(a, begin);
	return slice_head(a, slice_find_byte(a, '\n'));
}

static void test_any_size(void **state)
{
	static const size_t SIZES[] = { 1, 2, 3, 7, 64, 1000, 4096 };
	struct strbuf whole = { 0 }, got = { 0 };
	size_t records = 0;

	(void)state;
	for (char **log = logs; *log; log++) {
		records += read_log(&whole, *log, 0);
		for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
			(void)read_log(&got, *log, SIZES[i]);
			CHECK(slice_eq(strbuf_slice(&got), strbuf_slice(&whole)),
			      "'%s' read %zu bytes at a time; whole: %.*s", *log, SIZES[i],
			      SLICE_ARG(first_difference(strbuf_slice(&whole), strbuf_slice(&got))));
		}
	}
	CHECK(records > 500, "only %zu records", records);
	strbuf_done(&whole);
	strbuf_done(&got);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_size),
	};

	glob_t found = { 0 };
	int failed;

	for (int i = 1; i < argc; i++)
		if (glob(argv[i], i > 1 ? GLOB_APPEND : 0, NULL, &found) != 0) {
			(void)fprintf(stderr, "no logs in '%s'\n", argv[i]);
			return 1;
		}
	logs = found.gl_pathv;
	failed = argc > 1 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
	globfree(&found);
	return failed;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_read_size.c - the same bytes give the same events, however they are read
 *
 * argv: globs of log files.  Each is read in one go, then with reads and batches of odd and tiny sizes, several of
 * them held at once; every record must come out the same: its place, time, flags, and what parse makes of it.
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

#define HELD_MAX 9

/* How a log is read; 0: as usual. */
struct way {
	size_t read_bytes, batch_lines;
	size_t held; /* batches in hand before the first of them is looked at; less than HELD_MAX */
};

/* Look at a batch and give it back. */
static size_t look(struct strbuf *out, struct input_batch *b)
{
	size_t n = b->n;

	for (size_t i = 0; i < n; i++)
		add_record(out, &b->lines[i]);
	input_batch_done(b);
	return n;
}

static size_t read_log(struct strbuf *out, const char *path, struct way way)
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
		.read_bytes = way.read_bytes,
		.batch_lines = way.batch_lines,
	};
	struct input_batch held[HELD_MAX] = { 0 };
	struct input *in;
	struct err e;
	size_t n = 0, records = 0;

	strbuf_clear(out);
	CHECK(input_open(&o, &in, &e) == 0, "'%s': %s", path, e.msg);
	while (input_next(in, &held[n % (way.held + 1)]) > 0)
		records += look(out, &held[++n % (way.held + 1)]);
	for (size_t i = 0; i <= way.held; i++)
		records += look(out, &held[++n % (way.held + 1)]);
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

static void test_any_way(void **state)
{
	static const struct way WAYS[] = {
		{ 1, 0, 0 },    { 2, 1, 5 },    { 3, 2, 8 },     { 7, 3, 1 },     { 64, 7, 3 },
		{ 1000, 0, 8 }, { 4096, 7, 8 }, { 65536, 1, 8 }, { 0, 3, 2 },     { 0, 0, 4 },
	};
	struct strbuf whole = { 0 }, got = { 0 };
	size_t records = 0;

	(void)state;
	for (char **log = logs; *log; log++) {
		size_t n = read_log(&whole, *log, (struct way){ 0 });

		records += n;
		for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++) {
			const struct way *w = &WAYS[i];

			CHECK(read_log(&got, *log, *w) == n && slice_eq(strbuf_slice(&got), strbuf_slice(&whole)),
			      "'%s' read %zu bytes at a time, batches of %zu, %zu held; whole: %.*s", *log,
			      w->read_bytes, w->batch_lines, w->held,
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
		cmocka_unit_test(test_any_way),
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

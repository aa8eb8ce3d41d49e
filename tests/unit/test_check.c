/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_check.c - ranges of monitoring plug-ins, and what `check` remembers
 */
#include "unit.h"

#include <unistd.h>

#include "check/check.h"
#include "check/range.h"
#include "check/state.h"

struct range_row {
	struct check_scale scale;
	const char *text;
	const char *warn, *crit; /* as performance data has them; NULL: refused */
	int64_t value;           /* thousandths */
	bool warns, alarms;
};

#define COUNT   { UNIT_COUNT, 1, false }
#define PERCENT { UNIT_PERCENT, 1, false }
#define LOW     { UNIT_PERCENT, 1, true }
#define SECONDS { UNIT_SECONDS, 1, false }
#define MINUTES { UNIT_SECONDS, 60, false }

static const struct range_row RANGES[] = {
	{ COUNT, "10", "10", "", 10000, false, false },
	{ COUNT, "10", "10", "", 10001, true, false },
	{ COUNT, "10", "10", "", -1, true, false },
	{ COUNT, "10,20", "10", "20", 21000, true, true },
	{ COUNT, ",20", "", "20", 21000, false, true },
	{ COUNT, "10:", "10:", "", 9999, true, false },
	{ COUNT, "10:", "10:", "", 10000, false, false },
	{ COUNT, "~:10", "~:10", "", -5000, false, false },
	{ COUNT, "~:10", "~:10", "", 10001, true, false },
	{ COUNT, "10:20", "10:20", "", 9000, true, false },
	{ COUNT, "10:20", "10:20", "", 15000, false, false },
	{ COUNT, "@10:20", "@10:20", "", 10000, true, false },
	{ COUNT, "@10:20", "@10:20", "", 20001, false, false },
	{ COUNT, "-5:5", "-5:5", "", -5000, false, false },
	{ COUNT, "@0:0,0", "@0", "0", 0, true, false },
	{ COUNT, ":5", "5", "", 5001, true, false },
	{ COUNT, "0:", "0:", "", 1000000, false, false },
	{ PERCENT, "2.5%,12.125", "2.5", "12.125", 2501, true, false },
	{ LOW, "95,90", "95:", "90:", 94999, true, false },
	{ LOW, "95,90", "95:", "90:", 89999, true, true },
	{ LOW, "@1:2,90:95", "@1:2", "90:95", 96000, false, true },
	{ SECONDS, "1m,2h", "60", "7200", 60001, true, false },
	{ SECONDS, "1d", "86400", "", 0, false, false },
	{ MINUTES, "30,2h", "1800", "7200", 1800001, true, false },
	{ MINUTES, "1.5", "90", "", 90001, true, false },
	{ COUNT, "", NULL }, { COUNT, ",", NULL }, { COUNT, "10,20,30", NULL }, { COUNT, "20:10", NULL }, { COUNT, "x", NULL },
	{ COUNT, "10%", NULL }, { COUNT, "10m", NULL }, { COUNT, "1.", NULL }, { COUNT, "~", NULL }, { COUNT, "@", NULL }, { COUNT, "10:20:30", NULL },
	{ COUNT, "99999999999999999999", NULL }, { COUNT, "-5", NULL }, { SECONDS, "999999999999d", NULL }, { COUNT, "1 ,2", NULL },
};

static void test_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(RANGES); i++) {
		const struct range_row *row = &RANGES[i];
		struct slice text = heap_copy(slice_str(row->text));
		struct strbuf warn = { 0 }, crit = { 0 };
		struct check_range w, c;
		int r = ranges_parse(text, &row->scale, &w, &c, NULL);

		CHECK((r == 0) == (row->warn != NULL), "'%s'", row->text);
		if (r == 0) {
			range_text(&warn, &w);
			range_text(&crit, &c);
			CHECK_SLICE(strbuf_slice(&warn), slice_str(row->warn));
			CHECK_SLICE(strbuf_slice(&crit), slice_str(row->crit));
			CHECK(range_alerts(&w, row->value) == row->warns, "'%s' with %lld", row->text, (long long)row->value);
			CHECK(range_alerts(&c, row->value) == row->alarms, "'%s' with %lld", row->text, (long long)row->value);
		}
		strbuf_done(&warn);
		strbuf_done(&crit);
		heap_free(text);
	}
}

/* Every default and every option name of the table is good. */
static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < check_rows_count; i++) {
		const struct check_ops *ops = &check_rows[i];
		struct check_range w, c;

		CHECK(check_find(ops->option) == ops, "%s", ops->option);
		if (ops->defaults)
			CHECK(ranges_parse(slice_str(ops->defaults), &ops->scale, &w, &c, NULL) == 0, "%s", ops->id);
	}
	assert_null(check_find("no-such-check"));
}

static struct check_span span_of(usec_t from, usec_t until, int64_t lines)
{
	struct check_span s = { .from_us = from, .until_us = until };

	s.counts.n[COUNT_lines] = lines;
	histogram_add(&s.counts.delays, lines * USEC_PER_SEC);
	return s;
}

/* What is saved comes back; spans of less than a minute become one; old ones go. */
static void test_state(void **state)
{
	char dir[] = "/tmp/mailwhy-check-XXXXXX";
	struct strbuf text = { 0 };
	struct check_state s, t;
	struct check_span span;
	char *path;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/a/b.json", dir);
	assert_int_equal(state_open(&s, path, 5, NULL), 0);
	assert_true(s.fresh);
	span = span_of(0, 20 * USEC_PER_SEC, 1);
	state_add(&s, &span, -1);
	span = span_of(20 * USEC_PER_SEC, 50 * USEC_PER_SEC, 2);
	state_add(&s, &span, -1);
	assert_int_equal(s.n_spans, 1);
	span = span_of(50 * USEC_PER_SEC, 90 * USEC_PER_SEC, 4);
	state_add(&s, &span, -1);
	assert_int_equal(s.n_spans, 2);
	s.marks.made_us = 90 * USEC_PER_SEC;
	s.last_mail_us = 7;
	state_text(&s, &text);
	assert_int_equal(state_write(path, strbuf_slice(&text), NULL), 0);
	strbuf_done(&text);
	state_done(&s);

	assert_int_equal(state_open(&t, path, 6, NULL), 0);
	assert_false(t.fresh);
	assert_int_equal(t.created_us, 5);
	assert_int_equal(t.last_mail_us, 7);
	assert_true(t.last_line_us == USEC_NONE);
	assert_int_equal(t.n_spans, 2);
	assert_int_equal(t.spans[0].counts.n[COUNT_lines], 3);
	assert_int_equal(t.spans[0].counts.delays.n, 2);
	assert_int_equal(histogram_percentile(&t.spans[1].counts.delays, 900), 4 * USEC_PER_SEC);
	span = span_of(90 * USEC_PER_SEC, 200 * USEC_PER_SEC, 8);
	state_add(&t, &span, 50 * USEC_PER_SEC);
	assert_int_equal(t.n_spans, 2);
	assert_int_equal(t.spans[0].counts.n[COUNT_lines], 4);
	state_done(&t);
	(void)unlink(path);
	free(path);
	path = xasprintf("%s/a/b.json.lock", dir);
	(void)unlink(path);
	free(path);
	path = xasprintf("%s/a", dir);
	(void)rmdir(path);
	free(path);
	(void)rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

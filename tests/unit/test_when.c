/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_when.c - the times that people type after --since and --until
 */
#include "unit.h"

#include "base/civil.h"
#include "cli/when.h"

#define NOW INT64_C(1795297788) /* 2026-11-21 21:49:48 UTC, a Saturday */

struct row {
	const char *zone;
	const char *text;
	const char *want; /* RFC 3339; NULL: refused */
};

static const struct row ROWS[] = {
	{ "UTC", "2026-11-21", "2026-11-21T00:00:00.000000Z" },
	{ "UTC", "2026-11-21 14:00", "2026-11-21T14:00:00.000000Z" },
	{ "UTC", "2026-11-21 14:00:30", "2026-11-21T14:00:30.000000Z" },
	{ "UTC", " 2026-11-21  14:00:30.25 ", "2026-11-21T14:00:30.250000Z" },
	{ "UTC", "2026-11-21T14:00:30Z", "2026-11-21T14:00:30.000000Z" },
	{ "UTC", "2026-11-21 14:00 UTC", "2026-11-21T14:00:00.000000Z" },
	{ "+0100", "2026-11-21 14:00", "2026-11-21T13:00:00.000000Z" },
	{ "+0100", "2026-11-21T14:00:00-05:00", "2026-11-21T19:00:00.000000Z" },
	{ "+0100", "2026-11-21 14:00 -0530", "2026-11-21T19:30:00.000000Z" },
	{ "+0100", "2026-11-21T14:00:00Z", "2026-11-21T14:00:00.000000Z" },
	{ "UTC", "14:00", "2026-11-21T14:00:00.000000Z" },
	{ "UTC", "9:05", "2026-11-21T09:05:00.000000Z" },
	{ "UTC", "09:05:07", "2026-11-21T09:05:07.000000Z" },
	{ "+0300", "09:05:07", "2026-11-22T06:05:07.000000Z" },
	{ "UTC", "now", "2026-11-21T21:49:48.000000Z" },
	{ "UTC", "Today", "2026-11-21T00:00:00.000000Z" },
	{ "UTC", "yesterday", "2026-11-20T00:00:00.000000Z" },
	{ "UTC", "yesterday 18:30", "2026-11-20T18:30:00.000000Z" },
	{ "UTC", "tomorrow", "2026-11-22T00:00:00.000000Z" },
	{ "+0300", "today", "2026-11-21T21:00:00.000000Z" },
	{ "+0300", "yesterday", "2026-11-20T21:00:00.000000Z" },
	{ "UTC", "-2h", "2026-11-21T19:49:48.000000Z" },
	{ "UTC", "-90min", "2026-11-21T20:19:48.000000Z" },
	{ "UTC", "-1d12h", "2026-11-20T09:49:48.000000Z" },
	{ "UTC", "-1 week", "2026-11-14T21:49:48.000000Z" },
	{ "UTC", "+30s", "2026-11-21T21:50:18.000000Z" },
	{ "UTC", "2 hours ago", "2026-11-21T19:49:48.000000Z" },
	{ "UTC", "1 day 2 hours ago", "2026-11-20T19:49:48.000000Z" },
	{ "UTC", "3DAYS AGO", "2026-11-18T21:49:48.000000Z" },
	{ "UTC", "@1795297788", "2026-11-21T21:49:48.000000Z" },
	{ "UTC", "1795297788.5", "2026-11-21T21:49:48.500000Z" },
	{ "UTC", "@0", "1970-01-01T00:00:00.000000Z" },
	{ "Europe/Berlin", "2026-07-01 12:00", "2026-07-01T10:00:00.000000Z" },
	{ "Europe/Berlin", "2026-12-01 12:00", "2026-12-01T11:00:00.000000Z" },
	{ "Europe/Berlin", "today", "2026-11-20T23:00:00.000000Z" },

	{ "UTC", "", NULL },
	{ "UTC", "  ", NULL },
	{ "UTC", "soon", NULL },
	{ "UTC", "2026-13-01", NULL },
	{ "UTC", "2026-02-29", NULL },
	{ "UTC", "2026-11-21 25:00", NULL },
	{ "UTC", "2026-11-21 14", NULL },
	{ "UTC", "2026-11-21 14:00:", NULL },
	{ "UTC", "2026-11-21T", NULL },
	{ "UTC", "2026-11-21 14:00 Mars", NULL },
	{ "UTC", "20261121", NULL },
	{ "UTC", "14:60", NULL },
	{ "UTC", "yesterdays", NULL },
	{ "UTC", "yesterday noon", NULL },
	{ "UTC", "-2", NULL },
	{ "UTC", "-h", NULL },
	{ "UTC", "-", NULL },
	{ "UTC", "2 hours", NULL },
	{ "UTC", "2 parsecs ago", NULL },
	{ "UTC", "-999999999y", NULL },
	{ "UTC", "@", NULL },
	{ "UTC", "@99999999999999999999", NULL },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		const struct row *row = &ROWS[i];
		struct slice text = heap_copy(slice_str(row->text));
		struct strbuf got = { 0 };
		struct err err = { 0 };
		struct tz *tz;
		usec_t t = 77;
		int r;

		assert_int_equal(tz_open(row->zone, &tz, NULL), 0);
		r = when_parse(text, NOW * USEC_PER_SEC, tz, &t, &err);
		if (!row->want) {
			CHECK(r == ERR_USAGE && t == 77 && err.msg[0], "'%s' was taken", row->text);
		} else {
			CHECK(r == 0, "'%s': %s", row->text, err.msg);
			civil_format_rfc3339(&got, t);
			CHECK(strcmp(got.p, row->want) == 0, "'%s' in %s: got %s, want %s", row->text, row->zone, got.p,
			      row->want);
		}
		strbuf_done(&got);
		tz_free(tz);
		heap_free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

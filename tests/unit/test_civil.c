/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_civil.c - days and dates
 */
#include "unit.h"

#include "base/civil.h"

/* every day from 1583 to 2600: counted one by one, there and back */
static void test_round_trip(void **state)
{
	int64_t days = civil_days(1583, 1, 1);
	int weekday = civil_weekday(days);

	(void)state;
	assert_int_equal(civil_days(1970, 1, 1), 0);
	for (int year = 1583; year <= 2600; year++)
		for (int month = 1; month <= 12; month++)
			for (int day = 1; day <= civil_month_days(year, month); day++, days++) {
				struct civil c = civil_of(days * USEC_PER_DAY + 86399 * USEC_PER_SEC + 999999, 0);

				CHECK(civil_days(year, month, day) == days, "%d-%d-%d", year, month, day);
				CHECK(c.year == year && c.month == month && c.day == day && c.hour == 23 &&
				      c.minute == 59 && c.second == 59 && c.usec == 999999,
				      "%d-%d-%d became %d-%d-%d", year, month, day, c.year, c.month, c.day);
				CHECK(civil_to_usec(&c) == days * USEC_PER_DAY + 86399 * USEC_PER_SEC + 999999,
				      "%d-%d-%d", year, month, day);
				assert_int_equal(civil_weekday(days), weekday);
				weekday = (weekday + 1) % 7;
			}
}

static void test_known(void **state)
{
	static const struct {
		struct civil c;
		int64_t want_sec;
	} ROWS[] = {
		{ { 1970, 1, 1, 0, 0, 0, 0 }, 0 },
		{ { 1969, 12, 31, 23, 59, 59, 0 }, -1 },
		{ { 2000, 2, 29, 12, 0, 0, 0 }, 951825600 },
		{ { 2038, 1, 19, 3, 14, 8, 0 }, 2147483648 },
		{ { 2024, 12, 31, 23, 59, 60, 0 }, 1735689600 },
		{ { 2026, 11, 21, 21, 9, 48, 0 }, 1795295388 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
		CHECK(civil_to_usec(&ROWS[i].c) == ROWS[i].want_sec * USEC_PER_SEC, "row %zu gave %lld", i,
		      (long long)civil_to_usec(&ROWS[i].c));
	assert_int_equal(civil_weekday(0), 3);
	assert_int_equal(civil_weekday(civil_days(2026, 11, 21)), 5);
}

static void test_valid(void **state)
{
	static const struct {
		struct civil c;
		bool want;
	} ROWS[] = {
		{ { 2024, 2, 29, 0, 0, 0, 0 }, true },    { { 2023, 2, 29, 0, 0, 0, 0 }, false },
		{ { 1900, 2, 29, 0, 0, 0, 0 }, false },   { { 2000, 2, 29, 0, 0, 0, 0 }, true },
		{ { 2024, 4, 31, 0, 0, 0, 0 }, false },   { { 2024, 0, 1, 0, 0, 0, 0 }, false },
		{ { 2024, 13, 1, 0, 0, 0, 0 }, false },   { { 2024, 1, 0, 0, 0, 0, 0 }, false },
		{ { 2024, 1, 1, 24, 0, 0, 0 }, false },   { { 2024, 1, 1, 23, 60, 0, 0 }, false },
		{ { 2024, 1, 1, 23, 59, 60, 0 }, true },  { { 2024, 1, 1, 23, 59, 61, 0 }, false },
		{ { 2024, 1, 1, 0, 0, 0, 1000000 }, false }, { { 2024, 1, 1, -1, 0, 0, 0 }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
		CHECK(civil_valid(&ROWS[i].c) == ROWS[i].want, "row %zu", i);
}

static void test_format(void **state)
{
	struct strbuf sb = { 0 };

	(void)state;
	civil_format_rfc3339(&sb, INT64_C(1795295388000001));
	CHECK_SLICE(strbuf_slice(&sb), SLICE("2026-11-21T21:09:48.000001Z"));
	strbuf_clear(&sb);
	civil_format_local(&sb, INT64_C(1795295388000001), 3 * 3600 + 1800);
	CHECK_SLICE(strbuf_slice(&sb), SLICE("2026-11-22 00:39:48"));
	strbuf_clear(&sb);
	civil_format_local(&sb, 0, -3600);
	CHECK_SLICE(strbuf_slice(&sb), SLICE("1969-12-31 23:00:00"));
	strbuf_done(&sb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_tz.c - time zones: both sides of every change, times that come twice or never
 */
#include "envelope/tz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/civil.h"

static usec_t at(int year, int month, int day, int hour, int minute)
{
	struct civil c = { year, month, day, hour, minute, 0, 0 };

	return civil_to_usec(&c);
}

struct offset_row {
	const char *zone;
	int year, month, day, hour, minute; /* UTC */
	int32_t want_sec;
};

static const struct offset_row offset_rows[] = {
	{ "UTC", 2026, 1, 1, 0, 0, 0 },
	{ "+0100", 2026, 7, 1, 0, 0, 3600 },
	{ "+05:45", 2026, 7, 1, 0, 0, 20700 },
	{ "-05", 2026, 7, 1, 0, 0, -18000 },
	{ "-0330", 2026, 7, 1, 0, 0, -12600 },
	{ "Europe/Berlin", 2026, 1, 1, 0, 0, 3600 },
	{ "Europe/Berlin", 2026, 3, 29, 0, 59, 3600 },
	{ "Europe/Berlin", 2026, 3, 29, 1, 0, 7200 },
	{ "Europe/Berlin", 2026, 10, 25, 0, 59, 7200 },
	{ "Europe/Berlin", 2026, 10, 25, 1, 0, 3600 },
	{ "Europe/Berlin", 1980, 1, 1, 0, 0, 3600 },
	{ "Europe/Berlin", 2426, 7, 1, 0, 0, 7200 },
	{ "Europe/Berlin", 2827, 1, 1, 0, 0, 3600 },
	{ "Europe/Berlin", 9826, 7, 1, 0, 0, 7200 },
	{ "America/New_York", 2026, 3, 8, 6, 59, -18000 },
	{ "America/New_York", 2026, 3, 8, 7, 0, -14400 },
	{ "America/New_York", 2026, 11, 1, 5, 59, -14400 },
	{ "America/New_York", 2026, 11, 1, 6, 0, -18000 },
	{ "Australia/Sydney", 2026, 1, 1, 0, 0, 39600 },
	{ "Australia/Sydney", 2026, 7, 1, 0, 0, 36000 },
	{ "Australia/Sydney", 2026, 10, 3, 15, 59, 36000 },
	{ "Australia/Sydney", 2026, 10, 3, 16, 0, 39600 },
	{ "Australia/Lord_Howe", 2026, 1, 1, 0, 0, 39600 },
	{ "Australia/Lord_Howe", 2026, 7, 1, 0, 0, 37800 },
	{ "Asia/Kolkata", 2026, 7, 1, 0, 0, 19800 },
	{ "Asia/Kathmandu", 2026, 7, 1, 0, 0, 20700 },
	{ "Asia/Tokyo", 2300, 7, 1, 0, 0, 32400 },
	{ "Europe/Dublin", 2026, 1, 1, 0, 0, 0 },
	{ "Europe/Dublin", 2026, 7, 1, 0, 0, 3600 },
};

static void test_offset_at(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(offset_rows); i++) {
		const struct offset_row *r = &offset_rows[i];
		struct tz *tz = NULL;
		int32_t got;

		assert_int_equal(tz_open(r->zone, &tz, NULL), 0);
		got = tz_offset_at(tz, at(r->year, r->month, r->day, r->hour, r->minute));
		if (got != r->want_sec)
			fail_msg("%s %d-%d-%d %d:%02d: got %d, want %d", r->zone, r->year, r->month, r->day, r->hour,
				 r->minute, got, r->want_sec);
		tz_free(tz);
	}
}

struct local_row {
	const char *zone;
	int year, month, day, hour, minute; /* wall clock */
	bool later;
	int want_day, want_hour, want_minute; /* UTC */
	int32_t want_sec;
};

static const struct local_row local_rows[] = {
	{ "Europe/Berlin", 2026, 11, 21, 9, 0, false, 21, 8, 0, 3600 },
	{ "Europe/Berlin", 2026, 11, 21, 9, 0, true, 21, 8, 0, 3600 },
	/* twice */
	{ "Europe/Berlin", 2026, 10, 25, 1, 59, true, 24, 23, 59, 7200 },
	{ "Europe/Berlin", 2026, 10, 25, 2, 30, false, 25, 0, 30, 7200 },
	{ "Europe/Berlin", 2026, 10, 25, 2, 30, true, 25, 1, 30, 3600 },
	{ "Europe/Berlin", 2026, 10, 25, 3, 0, false, 25, 2, 0, 3600 },
	/* never */
	{ "Europe/Berlin", 2026, 3, 29, 1, 59, false, 29, 0, 59, 3600 },
	{ "Europe/Berlin", 2026, 3, 29, 2, 30, false, 29, 1, 30, 7200 },
	{ "Europe/Berlin", 2026, 3, 29, 2, 30, true, 29, 1, 30, 7200 },
	{ "Europe/Berlin", 2026, 3, 29, 3, 0, false, 29, 1, 0, 7200 },
	{ "America/New_York", 2026, 11, 1, 1, 30, false, 1, 5, 30, -14400 },
	{ "America/New_York", 2026, 11, 1, 1, 30, true, 1, 6, 30, -18000 },
	{ "America/New_York", 2026, 3, 8, 2, 30, false, 8, 7, 30, -14400 },
	{ "Europe/Berlin", 9826, 6, 30, 23, 0, false, 30, 21, 0, 7200 },
};

static void test_local_to_utc(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(local_rows); i++) {
		const struct local_row *r = &local_rows[i];
		struct tz *tz = NULL;
		int32_t offset = -1;
		usec_t got, want = at(r->year, r->month, r->want_day, r->want_hour, r->want_minute);

		assert_int_equal(tz_open(r->zone, &tz, NULL), 0);
		got = tz_local_to_utc(tz, at(r->year, r->month, r->day, r->hour, r->minute), r->later, &offset);
		if (got != want || offset != r->want_sec)
			fail_msg("row %zu: %s: got %lld offset %d, want %lld offset %d", i, r->zone, (long long)got,
				 offset, (long long)want, r->want_sec);
		tz_free(tz);
	}
}

/* the two directions agree on every hour of some years, the changes of law included */
static void test_round_trip(void **state)
{
	static const char *const ZONES[] = { "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
					     "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia" };

	(void)state;
	for (size_t z = 0; z < ARRAY_LEN(ZONES); z++) {
		struct tz *tz = NULL;

		assert_int_equal(tz_open(ZONES[z], &tz, NULL), 0);
		for (usec_t t = at(2010, 1, 1, 0, 0); t < at(2013, 1, 1, 0, 0); t += USEC_PER_HOUR / 2) {
			int32_t offset = tz_offset_at(tz, t), a, b;
			usec_t local = t + offset * USEC_PER_SEC;
			usec_t first = tz_local_to_utc(tz, local, false, &a);
			usec_t second = tz_local_to_utc(tz, local, true, &b), from, until;

			assert_true(first == t || second == t);
			assert_true(first <= second);
			tz_flat_range(tz, t, &from, &until);
			assert_true(from <= t && t < until);
			assert_int_equal(tz_offset_at(tz, from), offset);
			assert_int_equal(tz_offset_at(tz, until - 1), offset);
		}
		tz_free(tz);
	}
}

static void test_refused(void **state)
{
	static const char *const NAMES[] = { "", "Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "+", "+1:2:3",
					     "+9900", "+01:60", "Europe", "zone.tab", "Europe/Berlin;x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
		struct err err = { 0 };
		struct tz *tz = NULL;

		if (tz_open(NAMES[i], &tz, &err) >= 0)
			fail_msg("'%s' is no zone", NAMES[i]);
		assert_null(tz);
		assert_true(err.msg[0] != '\0');
	}
}

static void test_this_machine(void **state)
{
	struct tz *tz = NULL;

	(void)state;
	assert_int_equal(tz_open(NULL, &tz, NULL), 0);
	assert_int_equal(tz_offset_at(tz, 0) % 60, 0);
	tz_free(tz);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offset_at),  cmocka_unit_test(test_local_to_utc),
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

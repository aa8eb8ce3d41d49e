/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_queue_id.c - the forms of queue ids and the time in them
 */
#include "unit.h"

#include "base/strbuf.h"
#include "event/queue_id.h"

static void test_forms(void **state)
{
	static const struct {
		const char *in;
		bool exim, postfix;
		usec_t exim_us, postfix_us; /* -1: none */
	} ROWS[] = {
		/* 1rJkXm is 1703985790 in base 62 */
		{ "1rJkXm-0003kl-Qp", true, false, INT64_C(1703985790000000), -1 },
		{ "1rJkXm-00000003klQ-0000", true, false, INT64_C(1703985790000000), -1 },
		{ "1rJkXm-0003kl-Q", false, false, -1, -1 },
		{ "1rJkXm-0003kl-Qpx", false, false, -1, -1 },
		{ "1rJkXm_0003kl-Qp", false, false, -1, -1 },
		{ "1rJkX.-0003kl-Qp", false, false, -1, -1 },
		{ "1rJkXm-00000003klQ-000", false, false, -1, -1 },
		{ "4A1B2C3D4E", false, true, -1, -1 },
		{ "4A1B2C", false, true, -1, -1 },
		{ "4A1B2", false, false, -1, -1 },
		{ "4a1b2c3d4e", false, false, -1, -1 },
		{ "4A1B2C3D4G", false, false, -1, -1 },
		/* 52-letter alphabet without vowels: an 'A' in a long id makes it no id */
		{ "4jX4W42RtJz7R", false, true, -1, INT64_C(1795295168345816) },
		{ "4jX4W42RtAz7R", false, false, -1, -1 },
		{ "4jX4W42RtJz", false, false, -1, -1 },
		{ "warning", false, false, -1, -1 },
		{ "NOQUEUE", false, false, -1, -1 },
		{ "", false, false, -1, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct slice s = heap_copy(slice_str(ROWS[i].in));
		usec_t t = -1;

		CHECK(queue_id_is_exim(s) == ROWS[i].exim, "'%s'", ROWS[i].in);
		CHECK(queue_id_is_postfix(s) == ROWS[i].postfix, "'%s'", ROWS[i].in);
		CHECK(queue_id_exim_time(s, &t) == (ROWS[i].exim_us != -1) && t == ROWS[i].exim_us, "'%s': %lld",
		      ROWS[i].in, (long long)t);
		t = -1;
		CHECK(queue_id_postfix_time(s, &t) == (ROWS[i].postfix_us != -1) && t == ROWS[i].postfix_us,
		      "'%s': %lld", ROWS[i].in, (long long)t);
		heap_free(s);
	}
}

static void test_sendmail(void **state)
{
	static const struct {
		const char *in;
		bool is;
		usec_t us; /* -1: none */
		size_t prefix; /* with ": text" behind it */
	} ROWS[] = {
		/* 2026-09-12 08:15:30 */
		{ "68C8FU5u003011", true, INT64_C(1789200930000000), 14 },
		{ "68C8FU5u1234567", true, INT64_C(1789200930000000), 15 },
		{ "68C8FU5u03011", true, INT64_C(1789200930000000), 13 },
		{ "68C8FU5u3011", false, -1, 0 },
		{ "68C8FU5u00301x", false, -1, 0 },
		{ "6CC8FU5u003011", false, -1, 0 }, /* a thirteenth month */
		{ "6808FU5u003011", false, -1, 0 }, /* day 0 */
		{ "68COFU5u003011", false, -1, 0 }, /* hour 24 */
		{ "68C8y05u003011", false, -1, 0 }, /* minute 60 */
		/* 31 February has the form, but no time */
		{ "61V8FU5u003011", true, -1, 14 },
		/* 2000-01-01 01:00:00: 'e' is 40 */
		{ "e011005u003011", true, INT64_C(946688400000000), 14 },
		{ "HAA12345", true, -1, 8 },
		{ "YAA12345", false, -1, 0 },
		{ "haa12345", false, -1, 0 },
		{ "4A1B2C3D4E", false, -1, 0 },
		{ "", false, -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct slice s = heap_copy(slice_str(ROWS[i].in));
		struct strbuf line = { 0 };
		usec_t t = -1;

		CHECK(queue_id_is_sendmail(s) == ROWS[i].is, "'%s'", ROWS[i].in);
		CHECK(queue_id_sendmail_time(s, &t) == (ROWS[i].us != -1) && t == ROWS[i].us, "'%s': %lld", ROWS[i].in,
		      (long long)t);
		CHECK(queue_id_sendmail_prefix(s) == 0, "'%s'", ROWS[i].in);
		strbuf_printf(&line, "%s: text", ROWS[i].in);
		CHECK(queue_id_sendmail_prefix(strbuf_slice(&line)) == ROWS[i].prefix, "'%s'", ROWS[i].in);
		strbuf_done(&line);
		heap_free(s);
	}
}

static void test_prefix(void **state)
{
	static const struct {
		const char *in;
		size_t want;
	} ROWS[] = {
		{ "1rJkXm-0003kl-Qp <= a@example.com", 16 },
		{ "1rJkXm-00000003klQ-0000 <= a@example.com", 23 },
		{ "1rJkXm-0003kl-Qp", 16 },
		{ "1rJkXm-0003kl-Qp: text", 16 },
		{ "1rJkXm-0003kl-Qpx text", 0 },
		{ "1rJkXm-0003kl-", 0 },
		{ "SMTP connection from", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct slice s = heap_copy(slice_str(ROWS[i].in));

		CHECK(queue_id_exim_prefix(s) == ROWS[i].want, "'%s'", ROWS[i].in);
		heap_free(s);
	}
}

static void test_guid(void **state)
{
	static const char USUAL[] = "3c1f0a77-2b54-4e0d-8f10-08dcd5a1b2c3";
	static const struct {
		const char *in;
		bool want;
	} ROWS[] = {
		{ USUAL, true },
		{ "3C1F0A772B544E0D8F1008DCD5A1B2C3", true },
		{ "3c1f0a77-2b54-4e0d-8f10-08dcd5a1b2c", false },
		{ "3c1f0a77-2b54-4e0d-8f10-08dcd5a1b2c31", false },
		{ "3c1f0a77-2b54-4e0d-8f10-08dcd5a1b2cg", false },
		{ "------------------------------------", false },
		{ "", false },
	};
	char buf[QUEUE_ID_GUID_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct slice s = heap_copy(slice_str(ROWS[i].in));

		CHECK(queue_id_is_guid(s) == ROWS[i].want, "'%s'", ROWS[i].in);
		CHECK(queue_id_eq(s, slice_str(USUAL)) == ROWS[i].want, "'%s'", ROWS[i].in);
		CHECK(!ROWS[i].want || slice_eq(queue_id_guid(s, buf), slice_str(USUAL)), "'%s'", ROWS[i].in);
		heap_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_guid),
		cmocka_unit_test(test_sendmail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_tr.c - texts in the user's language: without a catalogue they are English; values go in by name
 */
#include "unit.h"

#include "base/tr.h"

static void test_english(void **state)
{
	static const char LABEL[] = TR_KEY("test.label", "from");

	(void)state;
	assert_string_equal(tr("test.none", "no catalogue knows this"), "no catalogue knows this");
	assert_string_equal(tr_key(LABEL), "from");
	assert_string_equal(tr_key("no id at all"), "no id at all");
	assert_string_equal(trn("test.tries", "one try", "{n} tries", 1), "one try");
	assert_string_equal(trn("test.tries", "one try", "{n} tries", 0), "{n} tries");
	assert_string_equal(trn("test.tries", "one try", "{n} tries", 7), "{n} tries");
}

static void test_slice(void **state)
{
	static char big[5000];
	struct slice got = tr_slice(SLICE("some-cause"), ".summary", SLICE("it failed"));

	(void)state;
	assert_true(slice_is(got, "it failed"));
	got = tr_slice(SLICE("some-cause"), ".action", SLICE_NONE);
	assert_null(got.p);
	memset(big, 'x', sizeof big);
	got = tr_slice(SLICE("some-cause"), ".summary", slice_of(big, sizeof big));
	assert_ptr_equal(got.p, big);
	assert_int_equal(got.n, sizeof big);
	got = tr_slice(slice_of(big, sizeof big), ".summary", SLICE("a"));
	assert_true(slice_is(got, "a"));
}

static void test_fill(void **state)
{
	static const struct tr_value VALUES[] = {
		{ "host", { "mx.example.net", 14 } },
		{ "reply", { "{host}", 6 } },
		{ "none", { NULL, 0 } },
	};
	static const struct {
		const char *text, *want;
	} ROWS[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "to {host}.", "to mx.example.net." },
		{ "{reply}{host}", "{host}mx.example.net" }, /* what a stranger wrote is no placeholder */
		{ "[{none}]", "[]" },
		{ "{other} {host", "{other} {host" },
		{ "{{host}}", "{mx.example.net}" },
		{ "}{", "}{" },
		{ "{host|nobody} {none|nobody}", "mx.example.net nobody" },
		{ "it failed{, via host}{, because none}.", "it failed, via mx.example.net." },
		{ "{, via none|, no way}", ", no way" },
		{ "{|}{ }", "{|}{ }" },
		{ "{}", "{}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct strbuf out = { 0 };

		tr_fill(&out, ROWS[i].text, VALUES, ARRAY_LEN(VALUES));
		assert_string_equal(strbuf_slice(&out).p, ROWS[i].want);
		strbuf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_english),
		cmocka_unit_test(test_slice),
		cmocka_unit_test(test_fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

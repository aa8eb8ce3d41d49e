/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_nearest.c - "did you mean ...?"
 */
#include "unit.h"

#include "cli/nearest.h"

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned limit, want;
	} ROWS[] = {
		{ "", "", 3, 0 },          { "abc", "ABC", 3, 0 },     { "abc", "abd", 3, 1 },  { "abc", "acb", 3, 1 },
		{ "abc", "ab", 3, 1 },     { "abc", "xabc", 3, 1 },    { "abc", "", 3, 3 },     { "abc", "xyz", 2, 3 },
		{ "kitten", "sitting", 5, 3 }, { "abcdefgh", "a", 3, 4 }, { "alcie@x", "alice@x", 3, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct slice a = slice_str(ROWS[i].a), b = slice_str(ROWS[i].b);

		CHECK(edit_distance(a, b, ROWS[i].limit) == ROWS[i].want, "'%s' '%s'", ROWS[i].a, ROWS[i].b);
		CHECK(edit_distance(b, a, ROWS[i].limit) == ROWS[i].want, "'%s' '%s' swapped", ROWS[i].a, ROWS[i].b);
	}
}

static void test_names(void **state)
{
	static const char *const NAMES[] = { "json", "since", "until", "queue-id", "no-limit" };
	static const struct {
		const char *what, *want;
	} ROWS[] = {
		{ "jsno", "json" }, { "sicne", "since" }, { "queue", "queue-id" }, { "nolimit", "no-limit" },
		{ "quux", NULL },   { "x", NULL },        { "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		const char *got = nearest_name(slice_str(ROWS[i].what), NAMES, sizeof NAMES / sizeof *NAMES);

		CHECK(got == ROWS[i].want || (got && ROWS[i].want && strcmp(got, ROWS[i].want) == 0), "'%s': got %s",
		      ROWS[i].what, got ? got : "nothing");
	}
}

static void test_addresses(void **state)
{
	static const char *const LOG[] = {
		"bob@example.com",      "alice@example.net", "unrelated@elsewhere.example", "alice@example.com",
		"alice.b@example.com",  "alice@example.com", "", "zoe@other.example", "carol@example.com",
	};
	struct nearest n = { .what = SLICE("alcie@example.com") };

	(void)state;
	for (size_t i = 0; i < sizeof LOG / sizeof *LOG; i++)
		nearest_offer(&n, slice_str(LOG[i]));
	nearest_offer(&n, SLICE_NONE);
	assert_true(n.n >= 2 && n.n <= NEAREST_MAX);
	CHECK_SLICE(slice_of(n.items[0].text, n.items[0].n), SLICE("alice@example.com"));
	assert_int_equal(n.items[0].count, 2);
	for (size_t i = 1; i < n.n; i++)
		assert_true(n.items[i - 1].score <= n.items[i].score);
	for (size_t i = 0; i < n.n; i++)
		CHECK(!slice_contains_fold(slice_of(n.items[i].text, n.items[i].n), SLICE("elsewhere")), "item %zu", i);
}

static void test_domains(void **state)
{
	static const char *const LOG[] = { "a@example.com", "b@example.com", "c@other.test", "root", "d@examples.com" };
	struct nearest n = { .what = SLICE("@exmaple.com") };

	(void)state;
	for (size_t i = 0; i < sizeof LOG / sizeof *LOG; i++)
		nearest_offer(&n, slice_str(LOG[i]));
	assert_int_equal(n.n, 2);
	CHECK_SLICE(slice_of(n.items[0].text, n.items[0].n), SLICE("@example.com"));
	CHECK_SLICE(slice_of(n.items[1].text, n.items[1].n), SLICE("@examples.com"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_domains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

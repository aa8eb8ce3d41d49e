/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_terminal.c - nothing from a log reaches a terminal raw
 */
#include "unit.h"

#include "export/terminal.h"

static const struct {
	const char *name, *text, *want;
	size_t columns;
} TEXTS[] = {
	{ "plain", "alice@example.com", "alice@example.com", 17 },
	{ "empty", "", "", 0 },
	{ "umlaut and kanji", "Gr\xc3\xbc\xc3\x9f" "e \xe6\x97\xa5", "Gr\xc3\xbc\xc3\x9f" "e \xe6\x97\xa5", 7 },
	{ "escape sequence", "a\033[2Jb", "a\\x1b[2Jb", 9 },
	{ "newline and tab", "a\nb\tc", "a\\x0ab\\x09c", 11 },
	{ "delete", "\x7f", "\\x7f", 4 },
	{ "C1 as UTF-8", "\xc2\x9b" "31m", "\\u009b31m", 9 },
	{ "C1 as a byte", "\x9b" "31m", "\\x9b31m", 7 },
	{ "bidi override", "moc\xe2\x80\xae.exe", "moc\\u202e.exe", 13 },
	{ "isolate", "\xe2\x81\xa6x\xe2\x81\xa9", "\\u2066x\\u2069", 13 },
	{ "zero width space", "pay\xe2\x80\x8bpal", "pay\\u200bpal", 12 },
	{ "tag characters", "\xf3\xa0\x81\x81", "\\U000e0041", 10 },
	{ "overlong slash", "\xc0\xaf", "\\xc0\\xaf", 8 },
	{ "surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80", 12 },
	{ "cut sequence", "\xe2\x82", "\\xe2\\x82", 8 },
	{ "beyond Unicode", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 16 },
};

static void test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
		struct slice s = heap_copy(slice_str(TEXTS[i].text));
		struct strbuf out = { 0 };
		size_t columns = term_text(&out, s);

		CHECK(slice_eq(strbuf_slice(&out), slice_str(TEXTS[i].want)), "%s: got '%s'", TEXTS[i].name, out.p);
		CHECK(columns == TEXTS[i].columns, "%s: %zu columns", TEXTS[i].name, columns);
		strbuf_done(&out);
		heap_free(s);
	}
}

/* whatever the bytes are: valid UTF-8 without controls comes out, and nothing is lost silently */
static void test_random(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char bytes[12];
		struct strbuf out = { 0 };

		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = (char)next_random(&seed);
		(void)term_text(&out, slice_of(bytes, sizeof bytes));
		assert_true(out.n >= sizeof bytes);
		for (size_t i = 0; i < out.n; i++)
			CHECK((unsigned char)out.p[i] >= 0x20 && out.p[i] != 0x7f, "control byte %d", out.p[i]);
		strbuf_done(&out);
	}
}

static void test_wrapped(void **state)
{
	const struct term narrow = { .width = 20 }, pipe = { .width = 0 };
	struct slice text = SLICE("550 5.1.1 <nobody@example.com>: no such user here");
	struct strbuf out = { 0 };

	(void)state;
	strbuf_add_str(&out, "    ");
	(void)term_wrapped(&out, &narrow, 4, 4, text);
	assert_string_equal(out.p, "    550 5.1.1\n    <nobody@example.com>:\n    no such user\n    here");
	strbuf_clear(&out);
	(void)term_wrapped(&out, &pipe, 4, 4, text);
	CHECK_SLICE(strbuf_slice(&out), text);
	strbuf_done(&out);
}

static void test_colour(void **state)
{
	const struct term with = { .colour = true }, without = { .colour = false };
	struct strbuf out = { 0 };

	(void)state;
	(void)term_cell(&out, &without, TERM_BAD, SLICE("bounced"), 10);
	assert_string_equal(out.p, "bounced   ");
	strbuf_clear(&out);
	(void)term_cell(&out, &with, TERM_BAD, SLICE("bounced"), 10);
	assert_string_equal(out.p, "\033[1;31mbounced\033[0m   ");
	strbuf_done(&out);
}

static const struct {
	int64_t span;
	const char *want;
} SPANS[] = {
	{ 0, "0 s" },
	{ 70000, "70 ms" },
	{ 3250000, "3.2 s" },
	{ 12 * USEC_PER_SEC, "12 s" },
	{ 200 * USEC_PER_SEC, "3 min 20 s" },
	{ 2 * USEC_PER_HOUR + 5 * USEC_PER_MIN, "2 h 5 min" },
	{ 4 * USEC_PER_DAY + 3 * USEC_PER_HOUR, "4 d 3 h" },
	{ -1, "" },
}, BYTES[] = {
	{ 0, "0 B" },
	{ 1023, "1023 B" },
	{ 1024, "1.0 KiB" },
	{ 4200, "4.1 KiB" },
	{ INT64_C(26214400), "25.0 MiB" },
	{ INT64_MAX, "7.9 EiB" },
}, COUNTS[] = {
	{ 0, "0" },
	{ 999, "999" },
	{ 1000, "1,000" },
	{ 1234567, "1,234,567" },
};

static void test_units(void **state)
{
	struct strbuf out = { 0 };

	(void)state;
#define EACH(rows, call)                                                                                  \
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {                                         \
		strbuf_clear(&out);                                                                       \
		strbuf_add_str(&out, "");                                                                 \
		call;                                                                                     \
		CHECK(strcmp(out.p, rows[i].want) == 0, "got '%s', want '%s'", out.p, rows[i].want);      \
	}
	EACH(SPANS, term_span(&out, SPANS[i].span))
	EACH(BYTES, term_bytes(&out, BYTES[i].span))
	EACH(COUNTS, term_count(&out, (uint64_t)COUNTS[i].span))
#undef EACH
	strbuf_done(&out);
}

static const struct {
	const char *text, *want;
} WORDS[] = {
	{ "alice@example.com", "alice@example.com" },
	{ "", "''" },
	{ "two words", "'two words'" },
	{ "it's", "'it'\\''s'" },
	{ "$(rm -rf /)", "'$(rm -rf /)'" },
	{ "a\nb'c", "$'a\\x0ab\\'c'" },
	{ "~root", "'~root'" },
	{ "<>", "'<>'" },
};

static void test_shell_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
		struct strbuf out = { 0 };

		term_shell_word(&out, slice_str(WORDS[i].text));
		assert_string_equal(out.p, WORDS[i].want);
		strbuf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),   cmocka_unit_test(test_random), cmocka_unit_test(test_wrapped),
		cmocka_unit_test(test_colour), cmocka_unit_test(test_units),  cmocka_unit_test(test_shell_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

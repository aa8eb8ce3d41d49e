/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_text.c - slices and cursors
 */
#include "unit.h"

#include "base/cursor.h"
#include "base/scan.h"

static void test_find(void **state)
{
	static const struct {
		const char *in, *what;
		size_t first, last;
	} ROWS[] = {
		{ "a => b => c", " => ", 1, 6 },
		{ "a => b", " => ", 1, 1 },
		{ "aaa", "aa", 0, 1 },
		{ "abc", "abcd", 3, 3 },
		{ "abc", "x", 3, 3 },
		{ "abc", "c", 2, 2 },
		{ "", "x", 0, 0 },
		{ "abc", "", 0, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct slice s = heap_copy(slice_str(ROWS[i].in)), what = slice_str(ROWS[i].what);

		CHECK(slice_find(s, what) == ROWS[i].first, "'%s' in '%s'", ROWS[i].what, ROWS[i].in);
		CHECK(slice_rfind(s, what) == ROWS[i].last, "last '%s' in '%s'", ROWS[i].what, ROWS[i].in);
		if (what.n == 1) {
			assert_int_equal(slice_find_byte(s, what.p[0]), ROWS[i].first);
			assert_int_equal(slice_rfind_byte(s, what.p[0]), ROWS[i].last);
		}
		heap_free(s);
	}
}

static void test_slice(void **state)
{
	(void)state;
	CHECK_SLICE(slice_trim(SLICE(" \t a b \r\n")), SLICE("a b"));
	CHECK_SLICE(slice_trim(SLICE("  ")), SLICE(""));
	CHECK_SLICE(slice_domain(SLICE("a@b@c.example")), SLICE("c.example"));
	CHECK_SLICE(slice_domain(SLICE("postmaster")), SLICE_NONE);
	CHECK_SLICE(slice_head(SLICE("abc"), 9), SLICE("abc"));
	CHECK_SLICE(slice_head(SLICE("abc"), 2), SLICE("ab"));
	CHECK_SLICE(slice_from(SLICE("abc"), 3), SLICE(""));
	assert_true(slice_eq_fold(SLICE("MAIL.Example"), SLICE("mail.eXAMPLE")));
	assert_false(slice_eq_fold(SLICE("mail"), SLICE("mails")));
	/* '@' and '`', '[' and '{' differ in the same bit as upper and lower case do */
	assert_false(slice_eq_fold(SLICE("@["), SLICE("`{")));
	assert_true(slice_contains_fold(SLICE("Re: Invoice 7"), SLICE("invoice")));
	assert_false(slice_contains_fold(SLICE("in"), SLICE("inn")));
	assert_true(slice_contains_fold(SLICE("in"), SLICE("")));
	assert_false(slice_contains_fold(SLICE("a long text with [brackets] in it"), SLICE("{b")));
	assert_true(slice_contains_fold(SLICE("many dots, many dots, and MORE DOTS"), SLICE("more d")));
	assert_true(slice_starts(SLICE("status=sent"), "status="));
	assert_false(slice_starts(SLICE("stat"), "status="));
	assert_true(slice_ends(SLICE("mail.log.gz"), ".gz"));
	assert_false(slice_ends(SLICE("gz"), ".gz"));
	assert_true(slice_cmp(SLICE("a"), SLICE("ab")) < 0);
	assert_true(slice_cmp(SLICE("b"), SLICE("ab")) > 0);
	assert_true(slice_cmp(SLICE("\xff"), SLICE("a")) > 0);
	assert_int_equal(slice_cmp(SLICE(""), SLICE_NONE), 0);
}

/* a failed step moves nothing and writes nothing */
static void test_cursor_failure(void **state)
{
	struct slice s = heap_copy(SLICE("from=<a@b>")), kept = SLICE("kept");
	struct cur c = cur_of(s);
	uint64_t v = 7;
	usec_t t = 7;

	(void)state;
	assert_false(cur_lit(&c, "from=<a@b>, size="));
	assert_false(cur_lit(&c, "to=<"));
	assert_false(cur_until(&c, ';', &kept));
	assert_false(cur_until_lit(&c, ">,", &kept));
	assert_false(cur_until_last_lit(&c, ">,", &kept));
	assert_false(cur_u64(&c, UINT64_MAX, &v));
	assert_false(cur_seconds(&c, &t));
	assert_false(cur_byte(&c, 'F'));
	assert_ptr_equal(c.p, s.p);
	assert_int_equal(v, 7);
	assert_int_equal(t, 7);
	CHECK_SLICE(kept, SLICE("kept"));
	heap_free(s);
}

static void test_cursor_walk(void **state)
{
	struct slice s = heap_copy(SLICE("to=<a>b>, relay=x, text, relay=y")), got = SLICE_NONE;
	struct cur c = cur_of(s), again;

	(void)state;
	assert_true(cur_lit(&c, "to=<"));
	again = c;
	assert_true(cur_until_lit(&c, ">, relay=", &got));
	CHECK_SLICE(got, SLICE("a>b"));
	assert_true(cur_until(&c, ',', &got));
	CHECK_SLICE(got, SLICE("x"));
	cur_skip_spaces(&c);
	CHECK_SLICE(cur_token(&c, ','), SLICE("text"));
	CHECK_SLICE(cur_token(&c, ','), SLICE(" relay=y"));
	assert_true(cur_at_end(&c));
	assert_int_equal(cur_peek(&c), '\0');
	CHECK_SLICE(cur_take_rest(&c), SLICE(""));
	assert_true(cur_until_last_lit(&again, ", relay=", &got));
	CHECK_SLICE(got, SLICE("a>b>, relay=x, text"));
	CHECK_SLICE(cur_take_rest(&again), SLICE("y"));
	heap_free(s);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *in;
		uint64_t max;
		bool ok;
		uint64_t want;
		size_t left;
	} ROWS[] = {
		{ "0", 0, true, 0, 0 },
		{ "0123x", 1000, true, 123, 1 },
		{ "255", 255, true, 255, 0 },
		{ "256", 255, false, 0, 3 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX, 0 },
		{ "18446744073709551616", UINT64_MAX, false, 0, 20 },
		{ "99999999999999999999999999", UINT64_MAX, false, 0, 26 },
		{ "", UINT64_MAX, false, 0, 0 },
		{ "-1", UINT64_MAX, false, 0, 2 },
		{ "+1", UINT64_MAX, false, 0, 2 },
		{ "9", 5, false, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct slice s = heap_copy(slice_str(ROWS[i].in));
		struct cur c = cur_of(s);
		uint64_t v = 0;

		CHECK(cur_u64(&c, ROWS[i].max, &v) == ROWS[i].ok, "'%s'", ROWS[i].in);
		CHECK(v == ROWS[i].want, "'%s'", ROWS[i].in);
		CHECK(cur_left(&c) == ROWS[i].left, "'%s'", ROWS[i].in);
		heap_free(s);
	}
}

/* the same as cur_u64(), whatever stands behind the digits */
static void test_size(void **state)
{
	static const char *const ROWS[] = {
		"", "7", "12", "1234567", "12345678", "123456789012345678", "9223372036854775807",
		"9223372036854775808", "99999999999999999999999", "00012", "x", " 1", "-1",
	};
	static const char *const BEHIND[] = {
		"", " ", " id=08b490ff@acme.example", "x", "/99", ":99999999", "\377\3771",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		for (size_t k = 0; k < ARRAY_LEN(BEHIND); k++) {
			char text[64];
			int n = snprintf(text, sizeof text, "%s%s", ROWS[i], BEHIND[k]);
			struct slice s = heap_copy(slice_of(text, (size_t)n));
			struct cur a = cur_of(s), b = cur_of(s);
			int64_t got = -1, want = -1;

			CHECK(cur_size(&a, &got) == cur_i64(&b, INT64_MAX, &want), "'%s'", text);
			CHECK(got == want && a.p == b.p, "'%s'", text);
			heap_free(s);
		}
}

static void test_seconds(void **state)
{
	static const struct {
		const char *in;
		bool ok;
		usec_t want;
		size_t left;
	} ROWS[] = {
		{ "12", true, 12000000, 0 },
		{ "0.07,", true, 70000, 1 },
		{ "3600.5", true, 3600500000, 0 },
		{ "1.1234567", true, 1123456, 0 },
		{ "1.", true, 1000000, 1 },
		{ "1.x", true, 1000000, 2 },
		{ ".5", false, -1, 2 },
		{ "", false, -1, 0 },
		{ "99999999999999999999", false, -1, 20 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct slice s = heap_copy(slice_str(ROWS[i].in));
		struct cur c = cur_of(s);
		usec_t t = -1;

		CHECK(cur_seconds(&c, &t) == ROWS[i].ok, "'%s'", ROWS[i].in);
		CHECK(t == ROWS[i].want, "'%s' gave %lld", ROWS[i].in, (long long)t);
		CHECK(cur_left(&c) == ROWS[i].left, "'%s'", ROWS[i].in);
		heap_free(s);
	}
}

/* every byte belongs to the classes that the C locale gives it, none from 0x80 on */
static void test_ascii(void **state)
{
	(void)state;
	for (int b = 0; b < 256; b++) {
		char c = (char)b;
		bool digit = b >= '0' && b <= '9';
		bool upper = b >= 'A' && b <= 'Z', lower = b >= 'a' && b <= 'z';

		assert_int_equal(ascii_digit(c), digit);
		assert_int_equal(ascii_alnum(c), digit || upper || lower);
		assert_int_equal(ascii_xdigit(c), digit || (b >= 'A' && b <= 'F') || (b >= 'a' && b <= 'f'));
		assert_int_equal(ascii_space(c), b == ' ' || (b >= 9 && b <= 13));
		assert_int_equal(ascii_print(c), b >= 0x20 && b < 0x7f);
		assert_int_equal((unsigned char)ascii_tolower(c), upper ? b + 32 : b);
	}
	assert_int_equal(ascii_hexval('7'), 7);
	assert_int_equal(ascii_hexval('f'), 15);
	assert_int_equal(ascii_hexval('A'), 10);
}

/* every byte in every place, against one look at a time */
static void test_scan_classes(void **state)
{
	unsigned dots;
	char p[16];

	(void)state;
	for (unsigned c = 0; c < 256; c++)
		for (unsigned i = 0; i < 16; i++) {
			bool hex = ascii_digit((char)c) || (c >= 'A' && c <= 'F');
			bool session = ascii_alnum((char)c) || (c && strchr("+-./:=_", (char)c));

			memset(p, ' ', sizeof p);
			p[i] = (char)c;
			CHECK(scan_upper_hex16(p) == (unsigned)hex << i, "%u at %u", c, i);
			CHECK(scan_session16(p) == (unsigned)session << i, "%u at %u", c, i);
			CHECK(scan_alnum16(p) == (unsigned)ascii_alnum((char)c) << i, "%u at %u", c, i);
			CHECK(scan_dotted16(p, &dots) == (unsigned)(ascii_digit((char)c) || c == '.') << i,
			      "%u at %u", c, i);
			CHECK(dots == (unsigned)(c == '.') << i, "%u at %u", c, i);
		}
}

static void check_near(const char *p, size_t from, size_t n, size_t want)
{
	for (size_t near = 16; near <= 32; near += 16) {
		bool seen = n >= near && want < n && want - from < near;

		CHECK(scan_near(p, p + from, p + n, 'y', 'x', near) == (seen ? p + want : NULL), "%zu %zu %zu", n, from,
		      want);
		CHECK(scan_mostly_near(p, p + from, p + n, 'y', 'x', near) == p + want, "%zu %zu %zu", n, from, want);
	}
}

/* the first hit from any place on, in texts of any length; what lies before p and behind end is no hit */
static void test_scan_from(void **state)
{
	static const char DOTS[] = "..................................................";

	(void)state;
	for (size_t n = 0; n <= 50; n++)
		for (size_t from = 0; from <= n; from++)
			for (size_t hit = 0; hit <= n; hit++) {
				struct slice s = heap_copy(slice_of(DOTS, n));
				char *p = (char *)(uintptr_t)s.p;
				size_t want = hit < from ? n : hit;

				if (hit < n)
					p[hit] = 'x';
				CHECK(scan_for_from(p, p + from, p + n, 'x') == p + want, "%zu %zu %zu", n, from, hit);
				CHECK(scan_for(p + from, p + n, 'x') == p + want, "%zu %zu %zu", n, from, hit);
				CHECK(scan_either(p + from, p + n, 'y', 'x') == p + want, "%zu %zu %zu", n, from, hit);
				check_near(p, from, n, want);
				CHECK(scan_has(p, p + from, p + n, 'x') == (hit < from), "%zu %zu %zu", n, from, hit);
				heap_free(s);
			}
}

/* equal but for one byte, in every place and length */
static void test_scan_same(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 40; n++)
		for (size_t odd = 0; odd <= n; odd++) {
			struct slice a = heap_copy(slice_of("0123456789abcdefghijklmnopqrstuvwxyzABCD", n));
			struct slice b = heap_copy(a);

			if (odd < n)
				((char *)(uintptr_t)b.p)[odd] = '-';
			CHECK(scan_same(a.p, b.p, n) == (odd == n), "%zu of %zu", odd, n);
			heap_free(a);
			heap_free(b);
		}
}

/* every place of every length, against a look at each byte */
static void test_contains_fold(void **state)
{
	static const char TEXT[] = "aAbB@`[{ \x00\x80\xc1\xe1zZ.aabB";
	const size_t n = sizeof TEXT - 1;

	(void)state;
	for (size_t from = 0; from < n; from++)
		for (size_t to = from; to <= n; to++)
			for (size_t at = 0; at < n; at++)
				for (size_t len = 0; len < 4 && at + len <= n; len++) {
					struct slice s = slice_of(TEXT + from, to - from), what = slice_of(TEXT + at, len);
					bool found = false;

					for (size_t k = 0; k + len <= s.n; k++)
						found = found || slice_eq_fold(slice_of(s.p + k, len), what);
					CHECK(slice_contains_fold(s, what) == found, "%zu to %zu, %zu at %zu", from, to, len, at);
				}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contains_fold),
		cmocka_unit_test(test_find),        cmocka_unit_test(test_slice),
		cmocka_unit_test(test_cursor_failure), cmocka_unit_test(test_cursor_walk),
		cmocka_unit_test(test_numbers),     cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_ascii),       cmocka_unit_test(test_scan_classes),
		cmocka_unit_test(test_scan_from),   cmocka_unit_test(test_scan_same),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_input_utf16.c - UTF-16 comes out as UTF-8, whatever the size of the reads
 */
#include "input/reader.h"

#include <stdlib.h>
#include <sys/types.h>

#include "unit.h"

#define ROW(name, in, want) { name, { in, sizeof(in) - 1 }, { want, sizeof(want) - 1 }, true }
#define PLAIN(name, in) { name, { in, sizeof(in) - 1 }, { in, sizeof(in) - 1 }, false }

static const struct {
	const char *name;
	struct slice in, want;
	bool decoded;
} rows[] = {
	ROW("little endian", "\xff\xfe#\0A\0\r\0\n\0", "#A\r\n"),
	ROW("big endian", "\xfe\xff\0#\0A\0\r\0\n", "#A\r\n"),
	ROW("no mark, little", "#\0F\0i\0e\0l\0d\0s\0", "#Fields"),
	ROW("no mark, big", "\0#\0F\0i\0e", "#Fie"),
	ROW("only the mark", "\xff\xfe", ""),
	ROW("two and three bytes", "\xff\xfe\xe9\0\xac\x20", "\xc3\xa9\xe2\x82\xac"),
	ROW("a pair of surrogates", "\xff\xfe\x3d\xd8\x00\xde!\0", "\xf0\x9f\x98\x80!"),
	ROW("a high one alone", "\xff\xfe\x3d\xd8!\0", "\xef\xbf\xbd!"),
	ROW("two high ones", "\xff\xfe\x3d\xd8\x3d\xd8\x00\xde", "\xef\xbf\xbd\xf0\x9f\x98\x80"),
	ROW("a low one alone", "\xff\xfe\x00\xde!\0", "\xef\xbf\xbd!"),
	ROW("a high one at the end", "\xff\xfe!\0\x3d\xd8", "!\xef\xbf\xbd"),
	ROW("an odd byte at the end", "\xff\xfe!\0?", "!\xef\xbf\xbd"),
	ROW("both at the end", "\xff\xfe\x3d\xd8?", "\xef\xbf\xbd\xef\xbf\xbd"),
	ROW("a second mark is a character", "\xff\xfe!\0\xff\xfe", "!\xef\xbb\xbf"),
	PLAIN("ASCII", "2026-11-21 a\n"),
	PLAIN("UTF-8 with its mark", "\xef\xbb\xbf#Fields: a\n"),
	PLAIN("NULs of a crash", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0Nov 21\n"),
	PLAIN("three units prove nothing", "a\0b\0c\0"),
	PLAIN("some zeros", "a\0b\0c\0dde\0f\0g\0h\0"),
	PLAIN("nothing", ""),
};

static ssize_t read_all(struct reader *r, size_t step, char *to, size_t room)
{
	size_t at = 0;
	ssize_t got;

	while ((got = reader_read(r, to + at, step < room - at ? step : room - at, NULL)) > 0)
		at += (size_t)got;
	return got < 0 ? got : (ssize_t)at;
}

static void texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t step = 1; step < 20; step++) {
			struct slice in = heap_copy(rows[i].in);
			struct reader *r;
			char out[100];
			ssize_t n;

			assert_int_equal(reader_open_mem(in, SIZE_MAX, "memory", &r, NULL), 0);
			n = read_all(r, step, out, sizeof out);
			CHECK(n >= 0 && slice_eq(slice_of(out, (size_t)n), rows[i].want), "%s, reads of %zu: %.*s",
			      rows[i].name, step, (int)n, out);
			CHECK((r->compression != NULL) == rows[i].decoded, "%s", rows[i].name);
			assert_true(!rows[i].decoded || reader_fd(r) < 0);
			reader_free(r);
			heap_free(in);
		}
}

/* More than one piece of input: no character is lost where the pieces meet. */
static void long_text(void **state)
{
	enum { CHARS = 50000, ROOM = CHARS * 4 };
	char *in = malloc(2 + CHARS * 4), *want = malloc(ROOM), *out = malloc(ROOM + 1);
	size_t n = 2, want_n = 0;
	ssize_t got;
	struct reader *r;

	(void)state;
	assert_true(in && want && out);
	memcpy(in, "\xff\xfe", 2);
	for (size_t i = 0; i < CHARS; i++) {
		static const struct slice pairs[][2] = {
			{ { "a\0", 2 }, { "a", 1 } },
			{ { "\xe9\0", 2 }, { "\xc3\xa9", 2 } },
			{ { "\x3d\xd8\x00\xde", 4 }, { "\xf0\x9f\x98\x80", 4 } },
		};
		const struct slice *p = pairs[i * 7 % 11 % ARRAY_LEN(pairs)];

		memcpy(in + n, p[0].p, p[0].n);
		memcpy(want + want_n, p[1].p, p[1].n);
		n += p[0].n;
		want_n += p[1].n;
	}
	for (size_t step = 1; step <= 65536; step = step * 5 + 2) {
		assert_int_equal(reader_open_mem(slice_of(in, n), SIZE_MAX, "memory", &r, NULL), 0);
		got = read_all(r, step, out, ROOM + 1);
		CHECK(got == (ssize_t)want_n && memcmp(out, want, want_n) == 0, "reads of %zu", step);
		reader_free(r);
	}
	free(in);
	free(want);
	free(out);
}

/* An error comes after what could be read before it. */
static void failing(void **state)
{
	static const char IN[] = "\xff\xfe" "a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l\0";
	struct reader *r;
	char out[100];

	(void)state;
	assert_int_equal(reader_open_mem(slice_of(IN, sizeof IN - 1), 19, "memory", &r, NULL), 0);
	assert_int_equal(reader_read_full(r, out, sizeof out, NULL), 8);
	assert_true(memcmp(out, "abcdefgh", 8) == 0);
	assert_true(reader_read(r, out, sizeof out, NULL) < 0);
	assert_int_equal(reader_read(r, out, sizeof out, NULL), 0);
	reader_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(long_text),
		cmocka_unit_test(failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

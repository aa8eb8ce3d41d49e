/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_input_frame.c - cutting bytes into records, whatever the size of the reads
 */
#include "input/frame.h"

#include "base/strbuf.h"
#include "input/input.h"
#include "input/newlines.h"
#include "unit.h"

static const size_t read_sizes[] = { 1, 2, 3, 7, 64, 4096, 0 };

#define STAMP "2026-11-21 09:00:01 "
#define SYSLOG "Nov 21 09:00:01 mx dovecot: x\n"
#define CURSOR "__CURSOR=s=a;i=1\n"
#define RUN_MAX ((size_t)8)
#define BYTES(n) n "\0\0\0\0\0\0\0"

struct row {
	const char *name;
	struct slice in;
	const char *want; /* "LINE_NO+LINES @OFFSET+LENGTH FLAGS raw;" per record, newlines shown as | */
};

#define ROW(name, in, want)                                                                                  \
	{                                                                                                    \
		name, { in, sizeof(in) - 1 }, want                                                           \
	}

static const struct row rows[] = {
	ROW("nothing", "", ""),
	ROW("one line", "one\n", "1+1 @0+4 - one;"),
	ROW("missing newline", "one\ntwo", "1+1 @0+4 - one;2+1 @4+3 e two;"),
	ROW("CRLF", "one\r\ntwo\r\n", "1+1 @0+5 - one;2+1 @5+5 - two;"),
	ROW("CR inside", "o\rne\n", "1+1 @0+5 - o\rne;"),
	ROW("empty lines", "\n\r\none\n\n", "1+1 @0+1 - ;2+1 @1+2 - ;3+1 @3+4 - one;4+1 @7+1 - ;"),
	ROW("byte order mark",
	    "\xef\xbb\xbf"
	    "one\n",
	    "1+1 @3+4 - one;"),
	ROW("half a byte order mark", "\xef\xbb", "1+1 @0+2 e \xef\xbb;"),
	ROW("NULs in front", "\0\0\0one\ntwo\n", "1+1 @3+4 n one;2+1 @7+4 - two;"),
	ROW("NULs inside", "o\0ne\ntwo\n", "1+1 @0+5 n o?ne;2+1 @5+4 - two;"),
	ROW("NULs between", "one\n\0\0two\n", "1+1 @0+4 - one;2+1 @6+4 n two;"),
	ROW("nothing but NULs", "\0\0\0\0", ""),
	ROW("NULs at the end", "one\n\0\0", "1+1 @0+4 - one;"),
	ROW("a line of NULs", "\0\0\none\n", "1+1 @2+1 n ;2+1 @3+4 - one;"),
	ROW("Exim entries", STAMP "a\n" STAMP "b\n", "1+1 @0+22 - " STAMP "a;2+1 @22+22 - " STAMP "b;"),
	ROW("Exim entry of several lines", STAMP "a\nEnvelope-from: <x>\n\tfolded\n" STAMP "b\n",
	    "1+3 @0+49 - " STAMP "a|Envelope-from: <x>|\tfolded;4+1 @49+22 - " STAMP "b;"),
	ROW("empty lines belong to the Exim entry", STAMP "a\n\n\n" STAMP "b\n",
	    "1+3 @0+24 - " STAMP "a||;4+1 @24+22 - " STAMP "b;"),
	ROW("Exim entry at the end", STAMP "a\n more\n", "1+2 @0+28 - " STAMP "a| more;"),
	ROW("Exim entry cut at the end", STAMP "a\n mor", "1+2 @0+26 e " STAMP "a| mor;"),
	ROW("CRLF in an Exim entry", STAMP "a\r\n more\r\n" STAMP "b\r\n",
	    "1+2 @0+30 - " STAMP "a\r| more;3+1 @30+23 - " STAMP "b;"),
	ROW("grep -A", STAMP "a\n more\n--\n" STAMP "b\n--\n",
	    "1+2 @0+28 - " STAMP "a| more;3+1 @28+3 - --;4+1 @31+22 - " STAMP "b;5+1 @53+3 - --;"),
	ROW("a file's name ends an Exim entry", STAMP "a\nx:" STAMP "b\n more\n",
	    "1+1 @0+22 - " STAMP "a;2+1 @22+24 - x:" STAMP "b;3+1 @46+6 -  more;"),
	ROW("lines before the first Exim entry", "x\n y\n" STAMP "a\n",
	    "1+1 @0+2 - x;2+1 @2+3 -  y;3+1 @5+22 - " STAMP "a;"),
	ROW("syslog after Exim", STAMP "a\nNov 21 09:00:01 mx dovecot: x\n more\n",
	    "1+1 @0+22 - " STAMP "a;2+1 @22+30 - Nov 21 09:00:01 mx dovecot: x;3+1 @52+6 -  more;"),
	ROW("no entries in syslog", "Nov 21 09:00:01 mx exim: a\n b\n",
	    "1+1 @0+27 - Nov 21 09:00:01 mx exim: a;2+1 @27+3 -  b;"),
	ROW("a short stamp at the end", STAMP "a\n2026-11-21 09:00:01",
	    "1+1 @0+22 - " STAMP "a;2+1 @22+19 e 2026-11-21 09:00:01;"),
	ROW("an entry of the journal", CURSOR "A=1\n\n", "1+3 @0+22 - __CURSOR=s=a;i=1|A=1;"),
	ROW("two entries", CURSOR "A=1\n\n" CURSOR "\n",
	    "1+3 @0+22 - __CURSOR=s=a;i=1|A=1;4+2 @22+18 - __CURSOR=s=a;i=1;"),
	ROW("an entry without its empty line", CURSOR "A=1\n", "1+2 @0+21 - __CURSOR=s=a;i=1|A=1;"),
	ROW("an entry cut in a value", CURSOR "A=1", "1+2 @0+20 e __CURSOR=s=a;i=1|A=1;"),
	ROW("an entry cut in a name", CURSOR "A=1\nB_", "1+3 @0+23 e __CURSOR=s=a;i=1|A=1|B_;"),
	ROW("an entry cut in a length", CURSOR "A\n\1\0", "1+3 @0+21 e __CURSOR=s=a;i=1|A|\1?;"),
	ROW("an entry cut in a binary value", CURSOR "A\n" BYTES("\5") "x\n",
	    "1+3 @0+29 e __CURSOR=s=a;i=1|A|\5???????x|;"),
	ROW("an empty line in a binary value", CURSOR "A\n" BYTES("\3") "\n\nx\nB=2\n\nend\n",
	    "1+7 @0+36 - __CURSOR=s=a;i=1|A|\3???????||x|B=2;8+1 @36+4 - end;"),
	ROW("a newline in the length of a value", CURSOR "A\n" BYTES("\n") "0123456789\n\nend\n",
	    "1+5 @0+39 - __CURSOR=s=a;i=1|A||???????0123456789;6+1 @39+4 - end;"),
	ROW("a length that lies", CURSOR "A\n" BYTES("\2") "xyz\nB=2\n\n",
	    "1+5 @0+36 - __CURSOR=s=a;i=1|A|\2???????xyz|B=2;"),
	ROW("a length beyond the end", CURSOR "A\n" BYTES("\x7f") "xyz\n\n" CURSOR,
	    "1+5 @0+49 e __CURSOR=s=a;i=1|A|\x7f???????xyz||__CURSOR=s=a;i=1|;"),
	ROW("a length that nobody writes", CURSOR "A\n\0\0\0\0\0\0\0\x7f" "xyz\n\n" CURSOR,
	    "1+1 @0+17 - __CURSOR=s=a;i=1;2+1 @17+2 - A;3+1 @26+5 n \x7f" "xyz;4+1 @31+1 - ;5+1 @32+17 - __CURSOR=s=a;i=1;"),
	ROW("an entry that runs into the next one", CURSOR "A=1\n" CURSOR "B=2\n\n",
	    "1+2 @0+21 - __CURSOR=s=a;i=1|A=1;3+3 @21+22 - __CURSOR=s=a;i=1|B=2;"),
	ROW("an entry among lines of syslog", SYSLOG CURSOR "A=1\n" SYSLOG,
	    "1+1 @0+30 - Nov 21 09:00:01 mx dovecot: x;2+2 @30+21 - __CURSOR=s=a;i=1|A=1;"
	    "4+1 @51+30 - Nov 21 09:00:01 mx dovecot: x;"),
	ROW("an entry behind one of Exim's", STAMP "a\n" CURSOR "\n" STAMP "b\n",
	    "1+1 @0+22 - " STAMP "a;2+2 @22+18 - __CURSOR=s=a;i=1;4+1 @40+22 - " STAMP "b;"),
	ROW("entries with Windows line ends", "__CURSOR=s=a\r\nA=1\r\n\r\nend\r\n",
	    "1+3 @0+21 - __CURSOR=s=a\r|A=1\r;4+1 @21+5 - end;"),
	ROW("an entry without a cursor", "__REALTIME_TIMESTAMP=1\nA=1\n\n", "1+3 @0+28 - __REALTIME_TIMESTAMP=1|A=1;"),
	ROW("NULs end an Exim entry", STAMP "a\n\0\0" STAMP "b\n",
	    "1+1 @0+22 - " STAMP "a;2+1 @24+22 n " STAMP "b;"),
};

static void describe(struct strbuf *out, const struct line *l)
{
	strbuf_printf(out, "%llu+%u @%llu+%u ", (unsigned long long)l->line_no, l->line_count,
		      (unsigned long long)l->offset, l->length);
	if (!l->flags)
		strbuf_add_byte(out, '-');
	if (l->flags & LINE_NUL)
		strbuf_add_byte(out, 'n');
	if (l->flags & LINE_NO_NEWLINE)
		strbuf_add_byte(out, 'e');
	if (l->flags & LINE_CUT)
		strbuf_add_byte(out, 'c');
	strbuf_add_byte(out, ' ');
	if (l->raw.n > 300) {
		strbuf_printf(out, "%zu bytes", l->raw.n);
	} else {
		for (size_t i = 0; i < l->raw.n; i++)
			strbuf_add_byte(out, l->raw.p[i] == '\n' ? '|' : l->raw.p[i] ? l->raw.p[i] : '?');
	}
	strbuf_add_byte(out, ';');
}

/* The next records by runs of `run`, of which the second half is given back each time; 0: one by one. */
static enum frame_result take(struct framer *f, size_t run, struct strbuf *out)
{
	struct line lines[RUN_MAX];
	bool stamped = false;
	size_t n = run ? frame_run(f, lines, run, &stamped) : 0, back = n / 2, good = 1;
	enum frame_result got = FRAME_RECORD;

	while (stamped && good < n && envelope_starts_exim(lines[good].raw, &(struct envelope_exim_stamp){ 0 }))
		good++;
	if (stamped && good < n && back < n - good + 1)
		back = n - good + 1;
	if (back)
		frame_unread(f, &lines[n - back], back);
	for (size_t i = 0; i < n - back; i++)
		describe(out, &lines[i]);
	if (n == back && (got = run ? frame_any(f, lines) : frame_next(f, lines)) == FRAME_RECORD)
		describe(out, lines);
	return got;
}

/* All records of the bytes, read in pieces and failing at an offset. */
static int frame_all(struct slice in, size_t read_bytes, size_t run, size_t fail_at, struct strbuf *out)
{
	struct chunk_pool pool = { .chunk_bytes = read_bytes };
	struct framer f;
	struct reader *r;
	enum frame_result got;
	int rc = reader_open_mem(in, fail_at, "memory", &r, NULL);

	if (rc < 0)
		return rc;
	framer_init(&f, &pool, read_bytes);
	while ((got = take(&f, run, out)) != FRAME_END) {
		int filled = got == FRAME_MORE ? frame_fill(&f, r, NULL) : 0;

		if (filled < 0)
			rc = filled;
	}
	framer_done(&f);
	chunk_pool_done(&pool);
	reader_free(r);
	return rc;
}

static void records(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t k = 0; k < ARRAY_LEN(read_sizes) * (RUN_MAX + 1); k++) {
			size_t read_bytes = read_sizes[k / (RUN_MAX + 1)], run = k % (RUN_MAX + 1);
			struct strbuf out = { 0 };
			struct slice in = heap_copy(rows[i].in);

			assert_int_equal(frame_all(in, read_bytes, run, SIZE_MAX, &out), 0);
			CHECK(slice_eq(strbuf_slice(&out), slice_str(rows[i].want)),
			      "%s, reads of %zu, runs of %zu:\n got %s\nwant %s", rows[i].name, read_bytes, run,
			      out.p ? out.p : "", rows[i].want);
			strbuf_done(&out);
			heap_free(in);
		}
}

/* A source that fails at any offset: an error, and all records that were complete until then. */
static void failing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t at = 0; at <= rows[i].in.n; at++) {
			struct strbuf got = { 0 }, want = { 0 };
			int rc = frame_all(rows[i].in, 3, 0, at, &got);

			assert_int_equal(frame_all(slice_head(rows[i].in, at), 0, 0, SIZE_MAX, &want), 0);
			assert_int_equal(rc, ERR_READ);
			CHECK(slice_eq(strbuf_slice(&got), strbuf_slice(&want)),
			      "%s, failing at %zu:\n got %s\nwant %s", rows[i].name, at, got.p ? got.p : "",
			      want.p ? want.p : "");
			strbuf_done(&got);
			strbuf_done(&want);
		}
}

/* n bytes of x, with something in front and behind */
static struct slice long_line(const char *before, size_t n, const char *behind)
{
	size_t a = strlen(before), b = strlen(behind);
	char *p = malloc(a + n + b);

	assert_non_null(p);
	memcpy(p, before, a);
	memset(p + a, 'x', n);
	memcpy(p + a + n, behind, b);
	return slice_of(p, a + n + b);
}

struct cap_row {
	const char *name, *before, *behind;
	size_t n;
	const char *want;
};

#define CAP INPUT_RECORD_MAX_BYTES

static const struct cap_row cap_rows[] = {
	{ "just fits", "", "\nnext\n", CAP, "1+1 @0+1048577 - 1048576 bytes;2+1 @1048577+5 - next;" },
	{ "just fits with CRLF", "", "\r\nnext\n", CAP,
	  "1+1 @0+1048578 - 1048576 bytes;2+1 @1048578+5 - next;" },
	{ "one too long", "", "\nnext\n", CAP + 1, "1+1 @0+1048578 c 1048576 bytes;2+1 @1048578+5 - next;" },
	{ "much too long", "", "\nnext\n", 3 * CAP, "1+1 @0+3145729 c 1048576 bytes;2+1 @3145729+5 - next;" },
	{ "too long at the end", "", "", CAP + 1, "1+1 @0+1048577 ec 1048576 bytes;" },
	{ "fits at the end", "", "", CAP, "1+1 @0+1048576 e 1048576 bytes;" },
	{ "too long after a line", "a\n", "\n", 2 * CAP, "1+1 @0+2 - a;2+1 @2+2097153 c 1048576 bytes;" },
	{ "Exim entry that just fits", STAMP "a\n", "\nmore\n", CAP - 22,
	  "1+2 @0+1048577 - 1048576 bytes;3+1 @1048577+5 - more;" },
	{ "Exim entry with a line too many", STAMP "a\n", "\nmore\n", CAP - 21,
	  "1+1 @0+22 - " STAMP "a;2+1 @22+1048556 - 1048555 bytes;3+1 @1048578+5 - more;" },
	{ "Exim entry with a very long line", STAMP "a\n", "\nmore\n", 2 * CAP,
	  "1+1 @0+22 - " STAMP "a;2+1 @22+2097153 c 1048576 bytes;3+1 @2097175+5 - more;" },
	{ "an entry of the journal that just fits", CURSOR "A=", "\n\nmore\n", CAP - 19,
	  "1+3 @0+1048578 - 1048576 bytes;4+1 @1048578+5 - more;" },
	{ "an entry that is too long", CURSOR "A=", "\nB=1\n\nmore\n", CAP - 18,
	  "1+4 @0+1048583 c 1048576 bytes;5+1 @1048583+5 - more;" },
	{ "an entry that is much too long", CURSOR "A=", "\nB=1\n\nmore\n", 3 * CAP,
	  "1+4 @0+3145753 c 1048576 bytes;5+1 @3145753+5 - more;" },
	{ "a long entry that is cut", CURSOR "A=", "", 3 * CAP, "1+2 @0+3145747 ec 1048576 bytes;" },
};

static void cap(void **state)
{
	static const size_t sizes[] = { 1000, 65536, 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cap_rows); i++)
		for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
			struct slice in = long_line(cap_rows[i].before, cap_rows[i].n, cap_rows[i].behind);
			struct strbuf out = { 0 };

			assert_int_equal(frame_all(in, sizes[k], 0, SIZE_MAX, &out), 0);
			CHECK(slice_eq(strbuf_slice(&out), slice_str(cap_rows[i].want)),
			      "%s, reads of %zu:\n got %s\nwant %s", cap_rows[i].name, sizes[k],
			      out.p ? out.p : "", cap_rows[i].want);
			strbuf_done(&out);
			heap_free(in);
		}
}

/* Megabytes of NULs in front of a record are not kept. */
static void nul_run(void **state)
{
	size_t n = 8 * CAP;
	char *bytes = calloc(1, n + 5);
	struct chunk_pool pool = { .chunk_bytes = 65536 };
	struct framer f;
	struct reader *r;
	struct line l;
	enum frame_result got;

	(void)state;
	assert_non_null(bytes);
	memcpy(bytes + n, "one\n", 4);
	assert_int_equal(reader_open_mem(slice_of(bytes, n + 4), SIZE_MAX, "memory", &r, NULL), 0);
	framer_init(&f, &pool, 0);
	while ((got = frame_next(&f, &l)) == FRAME_MORE)
		assert_int_equal(frame_fill(&f, r, NULL), 0);
	assert_int_equal(got, FRAME_RECORD);
	CHECK_SLICE(l.raw, SLICE("one"));
	assert_true(l.offset == n && l.flags == LINE_NUL);
	assert_true(f.chunk->cap <= CAP);
	framer_done(&f);
	chunk_pool_done(&pool);
	reader_free(r);
	free(bytes);
}

/* As a search byte by byte finds them, whatever the place and the room. */
static void newlines(void **state)
{
	enum { BYTES = 1000 };
	uint32_t found[BYTES];
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 400; round++) {
		size_t from = next_random(&seed) % BYTES, end = from + next_random(&seed) % (BYTES - from + 1), at;
		size_t max = NEWLINES_STEP + next_random(&seed) % 100;
		uint32_t rare = 1U << round % 9;
		struct slice s = { 0 };
		char bytes[BYTES];
		size_t n = 0, next = from;

		for (size_t i = 0; i < BYTES; i++)
			bytes[i] = next_random(&seed) % rare ? 'x' : '\n';
		s = heap_copy(slice_of(bytes, end));
		for (at = from; at < end; at = next) {
			n = newlines_find(s.p, at, end, found, max, &next);
			assert_true(n <= max && next > at && next <= end);
			for (size_t i = at, k = 0; i < next || k < n; i++) {
				assert_true(i < next);
				if (bytes[i] == '\n')
					assert_true(k < n && found[k++] == i);
			}
		}
		assert_int_equal(next, end);
		heap_free(s);
	}
}

static void nuls(void **state)
{
	enum { BYTES = 1000 };
	uint64_t seed = 11;

	(void)state;
	for (int round = 0; round < 400; round++) {
		size_t n = next_random(&seed) % (BYTES + 1), want = n;
		char bytes[BYTES];
		struct slice s;

		memset(bytes, '\x01', sizeof bytes);
		for (size_t i = next_random(&seed) % 3; i > 0 && n > 0; i--) {
			size_t at = next_random(&seed) % n;

			bytes[at] = '\0';
			want = at < want ? at : want;
		}
		s = heap_copy(slice_of(bytes, n));
		assert_int_equal(newlines_find_nul(s.p, n), want);
		heap_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records),
		cmocka_unit_test(failing),
		cmocka_unit_test(cap),
		cmocka_unit_test(nul_run),
		cmocka_unit_test(newlines),
		cmocka_unit_test(nuls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

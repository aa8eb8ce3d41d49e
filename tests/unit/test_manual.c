/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_manual.c - the markup of the manual, and its two renderers
 */
#include "unit.h"

#include "manual/markup.h"
#include "manual/roff.h"
#include "manual/text.h"

static const char *render_roff(struct strbuf *out, const char *page)
{
	static const struct manual_title TITLE = { "x-y", 1, "2026-11-21", "x 1", "X" };
	size_t at;

	strbuf_clear(out);
	manual_roff(out, &TITLE, slice_str(page));
	strbuf_add_byte(out, '\0');
	at = slice_find(strbuf_slice(out), SLICE(".ad l\n"));
	CHECK(at < out->n, "%s", out->p);
	return out->p + at + 6;
}

static void test_roff(void **state)
{
	static const struct {
		const char *page, *want;
	} ROWS[] = {
		{ "# A SECTION\ntext\n", ".SH \"A SECTION\"\ntext\n" },
		{ "one\ntwo\n\nthree\n", ".PP\none two\n.PP\nthree\n" },
		{ "= `--x`, `-y` {NAME}\nwhat it is\nand more\n= z\n", ".TP\n\\fB\\-\\-x\\fR, \\fB\\-y\\fR \\fINAME\\fR\nwhat it is and more\n.TP\nz\n" },
		{ "\t$ cat 'a-b' \\\n\n\t.x\nend\n", ".PP\n.RS 4\n.EX\n$ cat \\(aqa\\-b\\(aq \\e\n\n\\&.x\n.EE\n.RE\n.PP\nend\n" },
		/* what begins a line is no request, wherever the line was broken */
		{ ".dot 'tick\n", ".PP\n\\&.dot 'tick\n" },
		{ "= `'x'`\n.y\n", ".TP\n\\fB\\(aqx\\(aq\\fR\n\\&.y\n" },
		{ "a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9 a b .c d\n",
		  ".PP\na b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9 a b\n\\&.c d\n" },
		{ "\\` \\{x\\} \\\\ ^ ~\n", ".PP\n\\(ga {x} \\e \\(ha \\(ti\n" },
		{ "## say \"yes\"\n", ".SS \"say \\(dqyes\\(dq\"\n" },
		{ "b\xc3\xb6se \xf0\x9f\x93\xa7\n", ".PP\nb\\[u00F6]se \\[u1F4E7]\n" },
		/* without its end a span ends with the text */
		{ "`a\n", ".PP\n\\fBa\\fR\n" },
		{ "a\\\n", ".PP\na\\e\n" },
		{ "", "" },
	};
	struct strbuf out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		const char *got = render_roff(&out, ROWS[i].page);

		CHECK(strcmp(got, ROWS[i].want) == 0, "'%s': got\n%s\nwant\n%s", ROWS[i].page, got, ROWS[i].want);
	}
	strbuf_done(&out);
}

static void test_text(void **state)
{
	static const struct {
		const char *page;
		size_t width;
		bool faces;
		const char *want;
	} ROWS[] = {
		{ "# ONE\ntext `of` it\n# TWO\n## part\nmore\n", 80, false, "ONE\n       text of it\n\nTWO\n   part\n       more\n" },
		{ "= -x\nwhat\n\n= `--long-one`\nwhat\n", 80, false, "       -x     what\n\n       --long-one\n              what\n" },
		{ "one two three\n", 15, false, "       one two\n       three\n" },
		/* columns are characters; a word that is too long stays whole */
		{ "\xc3\xb6\xc3\xb6\xc3\xb6 \xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6 aaaaaaaaaaaaaaaa b\n", 15, false,
		  "       \xc3\xb6\xc3\xb6\xc3\xb6 \xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\n       aaaaaaaaaaaaaaaa\n       b\n" },
		{ "see `--x`={Y}, now\n", 80, true, "       see \033[1m--x\033[0m=\033[4mY\033[0m, now\n" },
		{ "`a b`\n", 80, true, "       \033[1ma\033[0m \033[1mb\033[0m\n" },
		{ "\ta  b\n\n\t`c`\n", 80, false, "           a  b\n\n           `c`\n" },
		{ "", 80, true, "" },
	};
	struct strbuf out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		strbuf_clear(&out);
		manual_text(&out, slice_str(ROWS[i].page), ROWS[i].width, ROWS[i].faces);
		CHECK(slice_eq(strbuf_slice(&out), slice_str(ROWS[i].want)), "'%s': got\n%.*s\nwant\n%s", ROWS[i].page, SLICE_ARG(strbuf_slice(&out)),
		      ROWS[i].want);
	}
	strbuf_done(&out);
}

/* Words of a table come out as they went in, whatever they are. */
static void test_plain_words(void **state)
{
	static const char *const ROWS[] = { "a `b` {c} \\d\\\\ e\\`", "{", "}}", "`", "\\", "= x", "--x=[Y]" };
	struct strbuf markup = { 0 }, got = { 0 };
	enum manual_face face;

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
		for (int literal = 0; literal < 2; literal++) {
			struct slice text;

			strbuf_clear(&markup);
			(literal ? manual_add_literal : manual_add_plain)(&markup, slice_str(ROWS[i]));
			text = strbuf_slice(&markup);
			CHECK(manual_span(&text, &got, &face), "'%s'", ROWS[i]);
			CHECK_SLICE(strbuf_slice(&got), slice_str(ROWS[i]));
			CHECK(face == (literal ? MANUAL_BOLD : MANUAL_PLAIN), "'%s'", ROWS[i]);
			CHECK(!manual_span(&text, &got, &face), "'%s'", ROWS[i]);
		}
	strbuf_done(&markup);
	strbuf_done(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roff),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_plain_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

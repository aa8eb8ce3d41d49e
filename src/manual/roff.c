/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roff.c - a page of the manual for man(1)
 *
 * groff_man(7), man(7) of mandoc.  Traps: a dot or an apostrophe that begins a line is a request; in what a reader copies, `-` `'` `\`` `^` `~` are
 * glyphs of their own, since the plain bytes become typographical ones; bytes that are no ASCII are named, for not every formatter is told
 * the encoding.
 */
#include "manual/roff.h"

#include "base/cursor.h"
#include "base/utf8.h"
#include "manual/markup.h"

#define LINE_BYTES 76

struct roff {
	struct strbuf *out;
	bool heading; /* the block before was one: it begins a paragraph by itself */
};

static void add_char(struct strbuf *out, char c, bool literal)
{
	switch (c) {
	case '\\':
		strbuf_add_str(out, "\\e");
		return;
	case '^':
		strbuf_add_str(out, "\\(ha");
		return;
	case '~':
		strbuf_add_str(out, "\\(ti");
		return;
	case '`':
		strbuf_add_str(out, "\\(ga");
		return;
	case '\'':
		strbuf_add_str(out, literal ? "\\(aq" : "'");
		return;
	case '-':
		strbuf_add_str(out, literal ? "\\-" : "-");
		return;
	default:
		strbuf_add_byte(out, c);
	}
}

/* quoted: a double quote would end the argument of a macro */
static void add_escaped(struct strbuf *out, struct slice s, bool literal, bool quoted)
{
	for (size_t i = 0; i < s.n;) {
		uint32_t cp;
		size_t n = (unsigned char)s.p[i] < 0x80 ? 0 : utf8_next(slice_from(s, i), &cp);

		if (n) {
			strbuf_printf(out, "\\[u%04X]", (unsigned)cp);
			i += n;
			continue;
		}
		if (s.p[i] == '"' && quoted)
			strbuf_add_str(out, "\\(dq");
		else
			add_char(out, s.p[i], literal);
		i++;
	}
}

/* the spans of a text on one line, with changes of font */
static void add_spans(struct strbuf *out, struct slice text, bool quoted)
{
	static const char *const FONTS[MANUAL_FACE_COUNT] = { "", "\\fB", "\\fI" };
	struct strbuf words = { 0 };
	enum manual_face face;

	while (manual_span(&text, &words, &face)) {
		strbuf_add_str(out, FONTS[face]);
		add_escaped(out, strbuf_slice(&words), face == MANUAL_BOLD, quoted);
		if (face != MANUAL_PLAIN)
			strbuf_add_str(out, "\\fR");
	}
	strbuf_done(&words);
}

/* A running text, broken at blanks. */
static void add_lines(struct strbuf *out, struct slice text)
{
	struct strbuf line = { 0 };
	struct cur c;
	size_t column = 0;

	add_spans(&line, text, false);
	c = cur_of(slice_trim(strbuf_slice(&line)));
	while (!cur_at_end(&c)) {
		struct slice word = cur_token(&c, ' ');

		if (column && column + 1 + word.n > LINE_BYTES) {
			strbuf_add_byte(out, '\n');
			column = 0;
		} else if (column) {
			strbuf_add_byte(out, ' ');
			column++;
		}
		if (!column && word.n && (word.p[0] == '.' || word.p[0] == '\''))
			strbuf_add_str(out, "\\&");
		strbuf_add(out, word);
		column += word.n;
	}
	strbuf_add_byte(out, '\n');
	strbuf_done(&line);
}

static void add_literal(struct strbuf *out, struct slice lines)
{
	struct cur c = cur_of(lines);

	strbuf_add_str(out, ".RS 4\n.EX\n");
	while (!cur_at_end(&c)) {
		struct slice line = cur_token(&c, '\n');

		if (line.n && (line.p[0] == '.' || line.p[0] == '\''))
			strbuf_add_str(out, "\\&");
		add_escaped(out, line, true, false);
		strbuf_add_byte(out, '\n');
	}
	strbuf_add_str(out, ".EE\n.RE\n");
}

static void on_block(void *ctx, enum manual_block kind, struct slice text, struct slice body)
{
	struct roff *r = ctx;

	switch (kind) {
	case MANUAL_SECTION:
	case MANUAL_PART:
		strbuf_add_str(r->out, kind == MANUAL_SECTION ? ".SH \"" : ".SS \"");
		add_spans(r->out, text, true);
		strbuf_add_str(r->out, "\"\n");
		break;
	case MANUAL_PARAGRAPH:
		strbuf_add_str(r->out, r->heading ? "" : ".PP\n");
		add_lines(r->out, text);
		break;
	case MANUAL_ITEM:
		strbuf_add_str(r->out, ".TP\n");
		add_lines(r->out, text);
		if (body.n)
			add_lines(r->out, body);
		break;
	case MANUAL_LITERAL:
		strbuf_add_str(r->out, r->heading ? "" : ".PP\n");
		add_literal(r->out, text);
		break;
	}
	r->heading = kind == MANUAL_SECTION || kind == MANUAL_PART;
}

void manual_roff(struct strbuf *out, const struct manual_title *title, struct slice page)
{
	struct roff r = { .out = out };

	strbuf_add_str(out, ".\\\" made while mailwhy is built, from its own tables and the folder manual/pages: change those\n.TH \"");
	add_escaped(out, slice_str(title->name), true, true);
	strbuf_printf(out, "\" %d \"%s\" \"%s\" \"%s\"\n", title->section, title->date, title->source, title->manual);
	/* no hyphens that are not in the words, no stretched lines: names and options are searched for and copied; groff's paragraphs ask HY again */
	strbuf_add_str(out, ".nr HY 0\n.nh\n.ad l\n");
	manual_read(page, on_block, &r);
}

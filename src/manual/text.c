/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.c - a page of the manual for the terminal
 *
 * Looks as man(1) shows it: sections at the margin, text below them, what an item is one step further.
 */
#include "manual/text.h"

#include "base/cursor.h"
#include "manual/markup.h"

enum { PART = 3, INDENT = 7, STEP = 7 };

struct writer_of_text {
	struct strbuf *out;
	size_t width;
	bool faces;
	bool section; /* the block before was a heading: no empty line */
};

static void indent(struct strbuf *out, size_t columns)
{
	strbuf_printf(out, "%*s", (int)columns, "");
}

static size_t columns_of(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

/* a word that is being put together, of one span or several */
struct word {
	struct strbuf bytes;
	size_t columns;
};

struct line {
	struct writer_of_text *w;
	size_t column, margin;
	bool empty;
};

static void end_word(struct line *l, struct word *word)
{
	if (!word->columns)
		return;
	if (!l->empty && l->column + 1 + word->columns > l->w->width) {
		strbuf_add_byte(l->w->out, '\n');
		indent(l->w->out, l->margin);
		l->column = l->margin;
	} else if (!l->empty) {
		strbuf_add_byte(l->w->out, ' ');
		l->column++;
	}
	strbuf_add(l->w->out, strbuf_slice(&word->bytes));
	l->column += word->columns;
	l->empty = false;
	strbuf_clear(&word->bytes);
	word->columns = 0;
}

/* bytes of one span up to a blank */
static void add_part(struct word *word, struct slice s, enum manual_face face, bool faces)
{
	static const char *const BEGIN[MANUAL_FACE_COUNT] = { "", "\033[1m", "\033[4m" };

	if (!s.n)
		return;
	if (faces)
		strbuf_add_str(&word->bytes, BEGIN[face]);
	strbuf_add(&word->bytes, s);
	if (faces && face != MANUAL_PLAIN)
		strbuf_add_str(&word->bytes, "\033[0m");
	word->columns += columns_of(s);
}

/* A running text from a column on, broken at blanks; returns the column behind it. */
static size_t running(struct writer_of_text *w, struct slice text, size_t column, size_t margin)
{
	struct line l = { w, column, margin, true };
	struct word word = { { 0 }, 0 };
	struct strbuf span = { 0 };
	enum manual_face face;

	text = slice_trim(text);
	while (manual_span(&text, &span, &face)) {
		struct slice s = strbuf_slice(&span);

		while (s.n) {
			size_t n = slice_find_byte(s, ' ');

			add_part(&word, slice_head(s, n), face, w->faces);
			if (n < s.n) {
				end_word(&l, &word);
				n++;
			}
			s = slice_from(s, n);
		}
	}
	end_word(&l, &word);
	strbuf_done(&word.bytes);
	strbuf_done(&span);
	return l.column;
}

static void heading(struct writer_of_text *w, struct slice text, size_t margin)
{
	indent(w->out, margin);
	if (w->faces)
		strbuf_add_str(w->out, "\033[1m");
	(void)running(&(struct writer_of_text){ .out = w->out, .width = w->width }, text, margin, margin);
	strbuf_add_str(w->out, w->faces ? "\033[0m\n" : "\n");
}

static void item(struct writer_of_text *w, struct slice term, struct slice body)
{
	size_t column;

	indent(w->out, INDENT);
	column = running(w, term, INDENT, INDENT);
	if (body.n && column + 1 < INDENT + STEP) {
		indent(w->out, INDENT + STEP - column);
		(void)running(w, body, INDENT + STEP, INDENT + STEP);
	} else if (body.n) {
		strbuf_add_byte(w->out, '\n');
		indent(w->out, INDENT + STEP);
		(void)running(w, body, INDENT + STEP, INDENT + STEP);
	}
	strbuf_add_byte(w->out, '\n');
}

static void on_block(void *ctx, enum manual_block kind, struct slice text, struct slice body)
{
	struct writer_of_text *w = ctx;
	struct cur c = cur_of(text);

	if (w->out->n && !w->section)
		strbuf_add_byte(w->out, '\n');
	w->section = kind == MANUAL_SECTION || kind == MANUAL_PART;
	switch (kind) {
	case MANUAL_SECTION:
		heading(w, text, 0);
		break;
	case MANUAL_PART:
		heading(w, text, PART);
		break;
	case MANUAL_PARAGRAPH:
		indent(w->out, INDENT);
		(void)running(w, text, INDENT, INDENT);
		strbuf_add_byte(w->out, '\n');
		break;
	case MANUAL_ITEM:
		item(w, text, body);
		break;
	case MANUAL_LITERAL:
		while (!cur_at_end(&c)) {
			struct slice line = cur_token(&c, '\n');

			indent(w->out, line.n ? INDENT + 4 : 0);
			strbuf_add(w->out, line);
			strbuf_add_byte(w->out, '\n');
		}
		break;
	}
}

void manual_text(struct strbuf *out, struct slice page, size_t width, bool faces)
{
	struct writer_of_text w = { .out = out, .width = width, .faces = faces };

	manual_read(page, on_block, &w);
}

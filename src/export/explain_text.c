/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_text.c - an explanation for people: the parts beside what they mean, then the whole, the cause and what to do
 */
#include "base/ascii.h"
#include "base/tr.h"
#include "export/explain.h"

#define INDENT     2
#define TEXT_MIN   12
#define TEXT_MAX   30 /* columns for the parts; a longer one has a line of its own */
#define TEXT_CAP   4096 /* bytes of a part that are shown */

/* without the marks that only part it from the next one */
static struct slice shown(struct slice s)
{
	while (s.n > 1 && (s.p[s.n - 1] == ',' || s.p[s.n - 1] == ';' || s.p[s.n - 1] == ' '))
		s.n--;
	return slice_head(s, TEXT_CAP);
}

static size_t columns_of(struct slice s)
{
	struct strbuf sb = { 0 };
	size_t n = term_text(&sb, s);

	strbuf_done(&sb);
	return n;
}

static size_t text_columns(const struct explanation *x)
{
	size_t widest = TEXT_MIN;

	for (size_t i = 0; i < x->n_parts; i++) {
		size_t n = columns_of(shown(x->parts[i].text));

		if (n > widest && n <= TEXT_MAX)
			widest = n;
	}
	return widest;
}

static void add_meaning(struct strbuf *out, const struct term *t, const struct explain_part *p, size_t column)
{
	struct strbuf text = { 0 };
	size_t at = column;

	if (p->name.n) {
		term_begin(out, t, TERM_NAME);
		at += term_text(out, p->name);
		term_end(out, t, TERM_NAME);
		if (p->meaning.n) {
			strbuf_add_str(out, ": ");
			at += 2;
		}
	}
	strbuf_add(&text, p->meaning);
	if (p->where.n) {
		strbuf_add_str(&text, " [");
		strbuf_add(&text, p->where);
		strbuf_add_byte(&text, ']');
	}
	if (text.n)
		(void)term_wrapped(out, t, at, column, strbuf_slice(&text));
	strbuf_done(&text);
}

static void add_blanks(struct strbuf *out, size_t n)
{
	while (n--)
		strbuf_add_byte(out, ' ');
}

static void add_part(struct strbuf *out, const struct term *t, const struct explain_part *p, size_t width, bool same)
{
	struct slice s = shown(p->text);
	size_t n;

	add_blanks(out, INDENT);
	term_begin(out, t, p->name.n ? TERM_HEADING : TERM_DIM);
	n = same ? 0 : term_wrapped(out, t, INDENT, INDENT, s) - INDENT;
	term_end(out, t, p->name.n ? TERM_HEADING : TERM_DIM);
	if (p->name.n || p->meaning.n) {
		if (n > width || columns_of(s) > width) {
			strbuf_add_byte(out, '\n');
			add_blanks(out, INDENT);
			n = 0;
		}
		add_blanks(out, width - n + 2);
		add_meaning(out, t, p, INDENT + width + 2);
	}
	strbuf_add_byte(out, '\n');
}

static void add_paragraph(struct strbuf *out, const struct term *t, const char *label, enum term_style style, struct slice text)
{
	size_t n;

	if (!text.n)
		return;
	n = term_cell(out, t, style, slice_str(label), 0);
	strbuf_add_byte(out, ' ');
	(void)term_wrapped(out, t, n + 1, n + 1, text);
	strbuf_add_byte(out, '\n');
}

static const char *words(const struct explanation *x, const char *key)
{
	return tr_in(x->language, key);
}

static void add_cause(struct strbuf *out, const struct term *t, const struct explanation *x)
{
	struct strbuf why = { 0 }, what = { 0 };
	const struct cause *c = &x->verdict.cause;

	verdict_summary(&why, x->language, c, &x->verdict.complaint, &x->verdict.deed);
	if (why.n && why.p[why.n - 1] != '.')
		strbuf_add_byte(&why, '.');
	strbuf_add_byte(&why, ' ');
	strbuf_add_str(&why, x->waits_by_code ? words(x, TR_KEY("explain.by_code", "Waiting helps if the reply begins with 4.")) :
			     c->temporary ? words(x, TR_KEY("explain.temporary", "Waiting may help.")) :
					    words(x, TR_KEY("explain.permanent", "Waiting does not help.")));
	if (c->basis != BASIS_TEXT && c->basis != BASIS_DEED && x->kind != EXPLAIN_CODE && x->kind != EXPLAIN_DSN) {
		strbuf_add_byte(&why, ' ');
		strbuf_add_str(&why, c->basis == BASIS_CLASS ?
					     words(x, TR_KEY("explain.basis.class", "(The words are not known, and there is no code.)")) :
					     words(x, TR_KEY("explain.basis.code", "(Only the code is known, not these words.)")));
	}
	if (x->kind != EXPLAIN_CAUSE)
		strbuf_printf(&why, " [%.*s]", SLICE_ARG(c->id));
	verdict_action(&what, x->language, c, &x->verdict.complaint, &x->verdict.deed);
	add_paragraph(out, t, words(x, TR_KEY("explain.label.why", "Why: ")), TERM_BAD, strbuf_slice(&why));
	add_paragraph(out, t, words(x, TR_KEY("explain.label.do", "Do:  ")), TERM_GOOD, strbuf_slice(&what));
	strbuf_done(&why);
	strbuf_done(&what);
}

/* only ids of the usual bytes stand in a command */
static bool is_plain_id(struct slice id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!ascii_alnum(id.p[i]) && id.p[i] != '-')
			return false;
	return id.n > 0 && id.p[0] != '-';
}

void explain_to_text(struct strbuf *out, const struct term *t, const struct explanation *x)
{
	size_t width = text_columns(x);

	if (x->kind == EXPLAIN_UNKNOWN) {
		strbuf_add_str(out, x->n_parts && x->parts[0].name.n ?
					    words(x, TR_KEY("explain.unknown.parts", "mailwhy does not know this; what it recognises of it:")) :
					    words(x, TR_KEY("explain.unknown", "mailwhy does not know this.")));
		strbuf_add_byte(out, '\n');
	}
	for (size_t i = 0; i < x->n_parts; i++) {
		struct slice before = i ? x->parts[i - 1].text : SLICE_NONE;

		add_part(out, t, &x->parts[i], width, i && before.p == x->parts[i].text.p);
	}
	if (x->sentence.n || x->failed || (x->kind == EXPLAIN_LINE && is_plain_id(x->queue_id)))
		strbuf_add_byte(out, '\n');
	add_paragraph(out, t, words(x, TR_KEY("explain.label.so", "So:  ")), TERM_HEADING, x->sentence);
	if (x->failed)
		add_cause(out, t, x);
	if (x->kind == EXPLAIN_CAUSE)
		add_paragraph(out, t, words(x, TR_KEY("explain.label.more", "More:")), TERM_DIM,
			      slice_str(words(x, TR_KEY("explain.more_causes", "mailwhy help causes says what classes and sides are, and how to write a "
									       "rule of your own."))));
	if (x->kind == EXPLAIN_LINE && is_plain_id(x->queue_id)) {
		struct tr_value v = { "id", x->queue_id };
		struct strbuf hint = { 0 };

		tr_fill(&hint, words(x, TR_KEY("explain.more", "mailwhy trace {id} shows what else happened to the message.")), &v, 1);
		add_paragraph(out, t, words(x, TR_KEY("explain.label.more", "More:")), TERM_DIM, strbuf_slice(&hint));
		strbuf_done(&hint);
	}
}

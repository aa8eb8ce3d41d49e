/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_text.c - panels and totals for people
 *
 * Cells are rendered first, then measured, then laid out.  All text goes through term_text(): names in a log
 * were chosen by strangers.
 */
#include "export/panel_text.h"

#include "base/arena.h"
#include "export/panel_cell.h"

#define COLUMNS_MAX    24
#define TEXT_COLUMNS   46 /* the widest a text column gets, but for the last one; the rest is "..." */
#define TEXT_MIN_COLUMNS 13  /* and the narrowest, on a narrow terminal */
#define BAR_COLUMNS    20
#define BAR_MIN_COLUMNS 8
#define NUMBER_COLUMNS 9
#define LONG_MIN_COLUMNS 30
#define LONG_MAX_COLUMNS 200 /* without a terminal's width */
#define ADVICE_LINES     6
#define ADVICE_MAX_COLUMNS 600
#define SIDE_MIN_COLUMNS 76  /* room that a table beside another gets at least */
#define GAP_COLUMNS      3
#define BELOW_INDENT     6

/* --- texts -------------------------------------------------------------------------------------------- */

/* columns that a safe text takes: its code points */
static size_t columns_of(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* The first `columns` columns of a safe text, "..." at the end if it was longer. */
static struct slice cut(struct arena *a, struct slice s, size_t columns)
{
	struct strbuf sb = { 0 };
	size_t i = 0, n = 0;
	struct slice ret;

	if (columns_of(s) <= columns)
		return s;
	for (; i < s.n; i++) {
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
		if (n > columns - 3)
			break;
	}
	strbuf_add(&sb, slice_head(s, i));
	strbuf_add(&sb, SLICE("..."));
	ret = arena_copy(a, strbuf_slice(&sb));
	strbuf_done(&sb);
	return ret;
}

static struct slice take_line(struct slice *text)
{
	size_t n = slice_find_byte(*text, '\n');
	struct slice line = slice_head(*text, n);

	*text = slice_from(*text, n < text->n ? n + 1 : n);
	return line;
}

/* --- tables ------------------------------------------------------------------------------------------- */

/* a table of safe texts, ready to be laid out */
struct table {
	struct arena arena;
	const struct panel *p;
	size_t shown[COLUMNS_MAX]; /* columns of the panel that are drawn */
	size_t widths[COLUMNS_MAX];
	size_t n;
	size_t bar;                /* column of the panel that gets a bar, or n_columns */
	size_t below;              /* column of the panel that stands under the row, or n_columns */
	int64_t bar_max;
	size_t bar_columns;        /* of its largest value */
	struct slice *cells;       /* n per row */
};

static void choose_columns(struct table *t)
{
	const struct panel *p = t->p;

	t->bar = t->below = p->n_columns;
	t->bar_columns = BAR_COLUMNS;
	for (size_t k = 0; k < p->n_columns && t->n < COLUMNS_MAX; k++) {
		if (p->columns[k].bar)
			t->bar = k;
		if (p->columns[k].below)
			t->below = k;
		else if (!p->columns[k].data_only)
			t->shown[t->n++] = k;
	}
	if (t->bar < p->n_columns && p->columns[t->bar].type == COLUMN_PERCENT)
		t->bar_max = 100000;
	for (size_t i = 0; i < p->n_rows && t->bar < p->n_columns; i++)
		if (p->rows[i].cells[t->bar].value > t->bar_max)
			t->bar_max = p->rows[i].cells[t->bar].value;
}

static void render_cells(struct table *t, int32_t utc_offset_sec)
{
	const struct panel *p = t->p;
	struct strbuf sb = { 0 };

	t->cells = arena_alloc(&t->arena, (p->n_rows * t->n + 1) * sizeof *t->cells);
	for (size_t c = 0; c < t->n; c++)
		t->widths[c] = columns_of(slice_str(p->columns[t->shown[c]].title));
	for (size_t i = 0; i < p->n_rows; i++) {
		for (size_t c = 0; c < t->n; c++) {
			struct slice *cell = &t->cells[i * t->n + c];
			size_t k = t->shown[c];

			strbuf_clear(&sb);
			panel_cell_text(&sb, &p->columns[k], &p->rows[i].cells[k], utc_offset_sec);
			*cell = arena_copy(&t->arena, strbuf_slice(&sb));
			if (p->columns[k].type == COLUMN_TEXT && c + 1 < t->n)
				*cell = cut(&t->arena, *cell, TEXT_COLUMNS);
			if (columns_of(*cell) > t->widths[c])
				t->widths[c] = columns_of(*cell);
		}
	}
	strbuf_done(&sb);
}

static bool is_number(const struct table *t, size_t c)
{
	return t->p->columns[t->shown[c]].type != COLUMN_TEXT;
}

/* the last column is a text that may be longer than the line */
static bool has_long(const struct table *t)
{
	return t->n > 1 && !is_number(t, t->n - 1) && t->bar == t->p->n_columns && t->below == t->p->n_columns;
}

/* columns that the table takes, with room for a long text at its end */
static size_t table_columns(const struct table *t)
{
	size_t n = 2;

	for (size_t c = 0; c < t->n; c++) {
		bool is_long = has_long(t) && c + 1 == t->n;

		n += (c ? 2 : 0) +
		     (is_long && t->widths[c] > LONG_MIN_COLUMNS ? LONG_MIN_COLUMNS : t->widths[c]);
	}
	return t->bar < t->p->n_columns ? n + 2 + t->bar_columns : n;
}

static void drop_column(struct table *t, size_t c)
{
	size_t left = t->n - 1 - c;

	for (size_t i = 0; i < t->p->n_rows; i++) { /* rows move together, the first cells first */
		struct slice *row = t->cells + i * t->n, *to = t->cells + i * (t->n - 1);

		memmove(to, row, c * sizeof *row);
		memmove(to + c, row + c + 1, left * sizeof *row);
	}
	memmove(t->shown + c, t->shown + c + 1, left * sizeof *t->shown);
	memmove(t->widths + c, t->widths + c + 1, left * sizeof *t->widths);
	t->n--;
}

/* a text column is never narrower */
static size_t narrowest(const struct table *t, size_t c)
{
	size_t title = columns_of(slice_str(t->p->columns[t->shown[c]].title));

	return title > TEXT_MIN_COLUMNS ? title : TEXT_MIN_COLUMNS;
}

/* Take `over` columns from the widest text, as far as it has them to give; a long one at the end is wrapped anyway. */
static void cut_widest(struct table *t, size_t over)
{
	size_t widest = t->n;

	for (size_t c = 0; c < t->n; c++)
		if (!is_number(t, c) && !t->p->columns[t->shown[c]].whole && !(has_long(t) && c + 1 == t->n) &&
		    t->widths[c] > narrowest(t, c) && (widest == t->n || t->widths[c] > t->widths[widest]))
			widest = c;
	if (widest == t->n)
		return;
	t->widths[widest] = t->widths[widest] > over + narrowest(t, widest) ? t->widths[widest] - over : narrowest(t, widest);
	for (size_t i = 0; i < t->p->n_rows; i++)
		t->cells[i * t->n + widest] = cut(&t->arena, t->cells[i * t->n + widest], t->widths[widest]);
}

/* Without room: the bar is shortened, then it goes, then spare columns from the right, then the widest text is cut. */
static void fit(struct table *t, size_t width)
{
	for (; t->bar_columns > BAR_MIN_COLUMNS && table_columns(t) > width; t->bar_columns--)
		;
	if (table_columns(t) > width)
		t->bar = t->p->n_columns;
	for (size_t c = t->n; c-- > 1 && table_columns(t) > width;)
		if (t->p->columns[t->shown[c]].spare)
			drop_column(t, c);
	for (size_t tries = t->n; tries > 0 && table_columns(t) > width; tries--)
		cut_widest(t, table_columns(t) - width);
}

static void pad(struct strbuf *out, size_t n)
{
	strbuf_printf(out, "%*s", (int)n, "");
}

/* numbers to the right, texts to the left; returns the columns used */
static size_t add_aligned(struct strbuf *out, const struct term *term, const struct table *t, size_t c,
			  enum term_style style, struct slice s)
{
	size_t n = columns_of(s), gap = t->widths[c] > n ? t->widths[c] - n : 0;

	if (is_number(t, c))
		pad(out, gap);
	term_begin(out, term, style);
	strbuf_add(out, s);
	term_end(out, term, style);
	if (!is_number(t, c) && (c + 1 < t->n || t->bar < t->p->n_columns))
		pad(out, gap);
	return n + gap;
}

/* blocks of one to eight eighths; the third byte of what begins so */
#define BLOCK_BEGIN "\xe2\x96"
#define LEFT_EIGHTH(n)  ((char)(0x90 - (n))) /* U+2590 - n: from the left, 8 is the full block */
#define LOWER_EIGHTH(n) ((char)(0x80 + (n))) /* U+2580 + n: from below */

static void add_block(struct strbuf *out, char third)
{
	strbuf_add(out, SLICE(BLOCK_BEGIN));
	strbuf_add_byte(out, third);
}

/* v as a part of `largest` in steps, at least one */
static size_t steps_of(int64_t v, int64_t largest, size_t steps)
{
	size_t n = (size_t)((double)v * (double)steps / (double)largest + 0.5);

	return n > steps ? steps : n ? n : 1;
}

static void add_bar(struct strbuf *out, const struct term *term, const struct table *t, const struct panel_row *row)
{
	int64_t v = t->bar < t->p->n_columns ? row->cells[t->bar].value : 0;
	size_t part = term->utf8 ? 8 : 1, n;

	if (v <= 0 || t->bar_max <= 0)
		return;
	strbuf_add(out, SLICE("  "));
	for (n = steps_of(v, t->bar_max, t->bar_columns * part); n >= part; n -= part) {
		if (term->utf8)
			add_block(out, LEFT_EIGHTH(8));
		else
			strbuf_add_byte(out, '#');
	}
	if (n)
		add_block(out, LEFT_EIGHTH(n));
}

static void add_header(struct strbuf *out, const struct term *term, const struct table *t)
{
	strbuf_add(out, SLICE("  "));
	term_begin(out, term, TERM_DIM);
	for (size_t c = 0; c < t->n; c++) {
		if (c)
			strbuf_add(out, SLICE("  "));
		(void)add_aligned(out, term, t, c, TERM_PLAIN, slice_str(t->p->columns[t->shown[c]].title));
	}
	term_end(out, term, TERM_DIM);
	strbuf_add_byte(out, '\n');
}

/* a text that may be longer than the line: wrapped once, then cut; advice is worth a few lines */
static void add_long(struct strbuf *out, const struct term *term, size_t column, bool advice, struct slice s)
{
	size_t lines = advice ? ADVICE_LINES : 2;
	size_t left = term->width > column + LONG_MIN_COLUMNS ? term->width - column : LONG_MIN_COLUMNS;
	struct arena arena = { 0 };

	s = cut(&arena, s, term->width ? left * lines - left / 8 : advice ? ADVICE_MAX_COLUMNS : LONG_MAX_COLUMNS);
	(void)term_wrapped(out, term, column, column, s);
	arena_clear(&arena);
}

static enum term_style mark_style(enum cell_mark mark)
{
	return mark == MARK_BAD ? TERM_BAD : mark == MARK_NOTICE ? TERM_WARN : TERM_PLAIN;
}

static void add_below(struct strbuf *out, const struct term *term, const struct table *t, size_t i)
{
	struct slice lines[2];

	for (size_t k = 0; k < panel_below_lines(&t->p->rows[i].cells[t->below], lines); k++) {
		pad(out, BELOW_INDENT);
		(void)term_wrapped(out, term, BELOW_INDENT, BELOW_INDENT, lines[k]);
		strbuf_add_byte(out, '\n');
	}
}

static void add_row(struct strbuf *out, const struct term *term, const struct table *t, size_t i)
{
	size_t column = 2;

	strbuf_add(out, SLICE("  "));
	for (size_t c = 0; c < t->n; c++) {
		struct slice cell = t->cells[i * t->n + c];

		if (c) {
			strbuf_add(out, SLICE("  "));
			column += 2;
		}
		if (c && c + 1 == t->n && has_long(t))
			add_long(out, term, column, t->p->columns[t->shown[c]].view_only, cell);
		else
			column += add_aligned(out, term, t, c, mark_style(t->p->rows[i].cells[t->shown[c]].mark), cell);
	}
	add_bar(out, term, t, &t->p->rows[i]);
	while (out->n && out->p[out->n - 1] == ' ') /* of cells without a text */
		out->n--;
	strbuf_add_byte(out, '\n');
	if (t->below < t->p->n_columns && t->p->rows[i].cells[t->below].text.p)
		add_below(out, term, t, i);
}

/* Returns where a long text in the last column begins, 0 if there is none. */
static size_t table_text(struct strbuf *out, const struct term *term, const struct panel *p,
			 int32_t utc_offset_sec)
{
	struct table t = { .p = p };
	size_t column = 2;

	choose_columns(&t);
	render_cells(&t, utc_offset_sec);
	if (term->width)
		fit(&t, term->width);
	term_begin(out, term, TERM_HEADING);
	strbuf_add_str(out, p->title);
	term_end(out, term, TERM_HEADING);
	strbuf_add_byte(out, '\n');
	add_header(out, term, &t);
	for (size_t i = 0; i < p->n_rows; i++)
		if (!panel_row_zero(p, &p->rows[i]))
			add_row(out, term, &t, i);
	if (p->more) {
		strbuf_add(out, SLICE("  ... and "));
		term_count(out, p->more);
		strbuf_add(out, SLICE(" more\n"));
	}
	if (p->note.p) {
		strbuf_add(out, SLICE("  "));
		(void)term_wrapped(out, term, 2, 2, p->note);
		strbuf_add_byte(out, '\n');
	}
	for (size_t c = 0; c + 1 < t.n; c++)
		column += t.widths[c] + 2;
	if (!has_long(&t))
		column = 0;
	arena_clear(&t.arena);
	return column;
}

/* Nothing for a panel that has nothing to say.  Returns as table_text(). */
static size_t panel_text(struct strbuf *out, const struct term *t, const struct panel *p,
			 int32_t utc_offset_sec)
{
	struct arena arena = { 0 };
	struct panel pivoted;
	enum pivot_result r;
	size_t column = 0;

	if (panel_empty(p))
		return 0;
	r = panel_pivot(&arena, p, &pivoted);
	if (r == PIVOT_DONE)
		(void)table_text(out, t, &pivoted, utc_offset_sec);
	else if (r == PIVOT_NONE)
		column = table_text(out, t, p, utc_offset_sec);
	arena_clear(&arena);
	return column;
}

/* --- side by side ------------------------------------------------------------------------------------- */

/* columns that a line takes on the screen; our own colours are the only escapes in it */
static size_t screen_columns(struct slice line)
{
	size_t n = 0;

	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '\033') {
			i += slice_find_byte(slice_from(line, i), 'm');
			continue;
		}
		n += ((unsigned char)line.p[i] & 0xc0) != 0x80;
	}
	return n;
}

static size_t widest_line(struct slice text)
{
	size_t widest = 0;

	while (text.n) {
		size_t n = screen_columns(take_line(&text));

		if (n > widest)
			widest = n;
	}
	return widest;
}

static void add_beside(struct strbuf *out, struct slice left, struct slice right, size_t columns)
{
	while (left.n || right.n) {
		struct slice l = take_line(&left), r = take_line(&right);

		strbuf_add(out, l);
		if (r.n) {
			pad(out, columns - screen_columns(l));
			strbuf_add(out, r);
		}
		strbuf_add_byte(out, '\n');
	}
}

void panels_text(struct strbuf *out, const struct term *t, const struct panel *panels, size_t n,
		 int32_t utc_offset_sec)
{
	bool wide = t->width >= 2 * SIDE_MIN_COLUMNS + GAP_COLUMNS;
	size_t half = wide ? (t->width - GAP_COLUMNS) / 2 : t->width;
	struct term side = { .colour = t->colour, .width = half, .utf8 = t->utf8 };
	struct strbuf waiting = { 0 }, next = { 0 };

	for (size_t i = 0; i < n; i++) {
		strbuf_clear(&next);
		if (panel_text(&next, &side, &panels[i], utc_offset_sec) > half / 2 + half / 10 && wide) {
			strbuf_clear(&next); /* no room for the text at the end: take the whole width */
			(void)panel_text(&next, t, &panels[i], utc_offset_sec);
		}
		if (!next.n)
			continue;
		if (waiting.n && widest_line(strbuf_slice(&next)) <= half) {
			strbuf_add_byte(out, '\n');
			add_beside(out, strbuf_slice(&waiting), strbuf_slice(&next), half + GAP_COLUMNS);
			strbuf_clear(&waiting);
			continue;
		}
		if (waiting.n) {
			strbuf_add_byte(out, '\n');
			strbuf_add(out, strbuf_slice(&waiting));
			strbuf_clear(&waiting);
		}
		if (wide && widest_line(strbuf_slice(&next)) <= half) {
			strbuf_add(&waiting, strbuf_slice(&next));
			continue;
		}
		strbuf_add_byte(out, '\n');
		strbuf_add(out, strbuf_slice(&next));
	}
	if (waiting.n) {
		strbuf_add_byte(out, '\n');
		strbuf_add(out, strbuf_slice(&waiting));
	}
	strbuf_done(&waiting);
	strbuf_done(&next);
}

/* --- totals ------------------------------------------------------------------------------------------- */

struct total_line {
	const char *title;
	size_t offset;     /* in struct report_totals */
	bool always;       /* even if it is 0 */
};

#define AT(name) offsetof(struct report_totals, name)
static const struct total_line LEFT[] = {
	{ "mails", AT(messages), true },          { "connections", AT(connections), true },
	{ "rejections", AT(rejections), true },   { "deferrals", AT(deferrals), true },
	{ "logins", AT(logins_ok), true },        { "failed logins", AT(logins_failed), true },
	{ "filter passes", AT(filter_passes), false }, { "forwards", AT(forwards), false },
	{ "notifications", AT(notifications), false }, { "probes", AT(probes), false },
};
static const struct total_line RIGHT[] = {
	{ "recipients", AT(recipients), true }, { "delivered", AT(delivered), true },
	{ "relayed", AT(relayed), true },	{ "deferred", AT(deferred), true },
	{ "bounced", AT(bounced), true },	{ "expired", AT(expired), false },
	{ "rejected", AT(rejected), false },	{ "discarded", AT(discarded), false },
	{ "removed", AT(removed), false },	{ "held", AT(held), false },
	{ "pending", AT(pending), false },	{ "expanded", AT(expanded), false },
};
#undef AT

static int64_t total_of(const struct report_totals *totals, const struct total_line *l)
{
	int64_t v;

	memcpy(&v, (const char *)totals + l->offset, sizeof v);
	return v;
}

/* the next line of a list that is shown, or NULL */
static const struct total_line *next_line(const struct report_totals *totals, const struct total_line *list,
					  size_t n, size_t *at)
{
	while (*at < n) {
		const struct total_line *l = &list[(*at)++];

		if (l->always || total_of(totals, l) != 0)
			return l;
	}
	return NULL;
}

static size_t add_total(struct strbuf *out, const struct report_totals *totals, const struct total_line *l)
{
	struct strbuf number = { 0 };
	int64_t v = total_of(totals, l);
	size_t before = out->n, n;

	if (v < 0)
		strbuf_add_byte(&number, '-');
	else
		term_count(&number, (uint64_t)v);
	n = number.n < NUMBER_COLUMNS ? NUMBER_COLUMNS - number.n : 0;
	pad(out, n + 2);
	strbuf_add(out, strbuf_slice(&number));
	strbuf_add_byte(out, ' ');
	strbuf_add_str(out, l->title);
	if (l->offset == offsetof(struct report_totals, messages)) {
		strbuf_add(out, SLICE(", "));
		term_bytes(out, totals->bytes);
	}
	strbuf_done(&number);
	return out->n - before;
}

void totals_text(struct strbuf *out, const struct term *t, const struct report_totals *totals)
{
	const size_t left_columns = 36;
	size_t left = 0, right = 0;

	strbuf_add_byte(out, '\n');
	term_begin(out, t, TERM_HEADING);
	strbuf_add(out, SLICE("Totals"));
	term_end(out, t, TERM_HEADING);
	strbuf_add_byte(out, '\n');
	for (;;) {
		const struct total_line *l = next_line(totals, LEFT, sizeof LEFT / sizeof *LEFT, &left);
		const struct total_line *r = next_line(totals, RIGHT, sizeof RIGHT / sizeof *RIGHT, &right);
		size_t used = 0;

		if (!l && !r)
			break;
		if (l)
			used = add_total(out, totals, l);
		if (r) {
			pad(out, used < left_columns ? left_columns - used : 2);
			(void)add_total(out, totals, r);
		}
		strbuf_add_byte(out, '\n');
	}
}

void sparkline_text(struct strbuf *out, const struct term *t, const struct panel *p)
{
	size_t k = 0, most = 0;

	while (k < p->n_columns && !p->columns[k].bar)
		k++;
	if (!t->utf8 || p->chart != CHART_TIMELINE || k == p->n_columns || panel_empty(p))
		return;
	for (size_t i = 0; i < p->n_rows; i++)
		if (p->rows[i].cells[k].value > p->rows[most].cells[k].value)
			most = i;
	strbuf_add(out, SLICE("\n  "));
	(void)term_text(out, p->rows[0].cells[0].text);
	strbuf_add_byte(out, ' ');
	for (size_t i = 0; i < p->n_rows; i++) {
		int64_t v = p->rows[i].cells[k].value;

		if (v <= 0)
			strbuf_add_byte(out, ' ');
		else
			add_block(out, LOWER_EIGHTH(steps_of(v, p->rows[most].cells[k].value, 8)));
	}
	strbuf_add_byte(out, ' ');
	(void)term_text(out, p->rows[p->n_rows - 1].cells[0].text);
	strbuf_printf(out, "  %s, most at ", p->columns[k].title);
	(void)term_text(out, p->rows[most].cells[0].text);
	strbuf_add(out, SLICE(": "));
	panel_cell_text(out, &p->columns[k], &p->rows[most].cells[k], 0);
	strbuf_add_byte(out, '\n');
}

void folded_text(struct strbuf *out, struct report_folded folded)
{
	if (!folded.names)
		return;
	strbuf_add_str(out, "Names took more than ");
	term_bytes(out, (int64_t)folded.limit_bytes);
	strbuf_add_str(out, ": the least frequent ");
	term_count(out, folded.names);
	strbuf_add_str(out, " are counted as (other); --memory raises that.");
}

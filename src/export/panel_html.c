/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_html.c - a panel as a section of an HTML answer
 *
 * Bars are elements whose class is their width ("w40"): a style attribute would need a weaker
 * Content-Security-Policy.
 */
#include "export/panel_html.h"

#include "export/panel_cell.h"
#include "export/terminal.h"

#define COLUMNS_MAX 24
#define LONG_COLUMNS 44 /* a text that is longer may be wrapped */
#define HTML_TEXT_BYTES 1000 /* of one cell */

/* what a table needs to know of its columns */
struct sheet {
	const struct panel *p;
	struct html *h;
	size_t shown[COLUMNS_MAX];
	size_t n;
	size_t volume;    /* column of the panel whose bar is its share of the largest value; n_columns: none */
	int64_t largest;
	size_t good, bad; /* columns whose shares of each other are a bar; n_columns: none */
	size_t below;     /* column that stands under its row, over the whole width; n_columns: none */
	bool is_long;     /* has texts that fill a line: on a phone each row is a paragraph, where figures need names */
	struct strbuf text; /* scratch */
};

static size_t column_of_tone(const struct panel *p, enum column_tone tone)
{
	size_t k = 0;

	while (k < p->n_columns && p->columns[k].tone != tone)
		k++;
	return k;
}

/* the column that gets bars: the one that is marked, or the first count, by which rows are ranked */
static size_t volume_column(const struct panel *p)
{
	size_t k = 0;

	while (k < p->n_columns && !p->columns[k].bar)
		k++;
	if (k < p->n_columns)
		return k;
	for (k = 0; k < p->n_columns; k++)
		if (p->columns[k].type == COLUMN_COUNT && p->columns[k].unit && !p->columns[k].data_only)
			break;
	return k;
}

static bool has_long_text(const struct sheet *s, size_t k)
{
	for (size_t i = 0; i < s->p->n_rows && s->p->columns[k].type == COLUMN_TEXT; i++)
		if (s->p->rows[i].cells[k].text.n > LONG_COLUMNS)
			return true;
	return false;
}

static void sheet_init(struct sheet *s, struct html *h, const struct panel *p)
{
	*s = (struct sheet){ .p = p, .h = h, .below = p->n_columns };
	for (size_t k = 0; k < p->n_columns && s->n < COLUMNS_MAX; k++)
		if (p->columns[k].below)
			s->below = k;
		else if (!p->columns[k].data_only)
			s->shown[s->n++] = k;
	s->good = column_of_tone(p, TONE_GOOD);
	s->bad = column_of_tone(p, TONE_BAD);
	if (s->bad == p->n_columns)
		s->good = p->n_columns;
	s->is_long = s->below < p->n_columns;
	for (size_t c = 0; c < s->n && s->n > 2; c++)
		s->is_long |= has_long_text(s, s->shown[c]);
	s->volume = p->pivot ? p->n_columns : volume_column(p);
	for (size_t i = 0; i < s->p->n_rows && s->volume < p->n_columns; i++)
		if (p->rows[i].cells[s->volume].value > s->largest)
			s->largest = p->rows[i].cells[s->volume].value;
}

/* --- cells -------------------------------------------------------------------------------------------- */

/* "w0" to "w100", in steps of two */
static void add_width(struct strbuf *out, int64_t part, int64_t whole)
{
	int64_t steps = whole > 0 ? (int64_t)((double)part * 50 / (double)whole + 0.5) : 0;

	strbuf_printf(out, "w%d", (int)(2 * (steps > 50 ? 50 : steps < 1 && part > 0 ? 1 : steps)));
}

static void add_bar(struct strbuf *out, const char *tone, int64_t part, int64_t whole)
{
	strbuf_printf(out, "<i class=\"%s ", tone);
	add_width(out, part, whole);
	strbuf_add_str(out, "\"></i>");
}

static void add_bars(struct sheet *s, size_t k, const struct panel_row *row)
{
	int64_t v = row->cells[k].value;
	struct strbuf *out = s->h->out;

	if (s->h->mail) /* most mail programs know no positions */
		return;
	if (k == s->good && k != s->volume && v != PANEL_NULL && row->cells[s->bad].value > 0) {
		int64_t whole = v + row->cells[s->bad].value, most = whole - whole / 25; /* the smallest rest is seen */

		strbuf_add_str(out, "<i class=\"r w100\"></i>");
		if (v > 0)
			add_bar(out, "g", v < most ? v : most, whole);
	} else if (k == s->good && k != s->volume && v > 0) {
		strbuf_add_str(out, "<i class=\"g w100\"></i>");
	} else if (k == s->volume && v > 0 && s->p->n_rows > 1) {
		add_bar(out, "v", v, s->largest);
	} else if (s->p->columns[k].type == COLUMN_PERCENT && v > 0) {
		add_bar(out, "v", v, 100000);
	}
}

static const char *figure_class(const struct panel_column *c, const struct panel_cell *cell)
{
	int64_t v = cell->value;

	if (v == 0 || v == PANEL_NULL)
		return "n z";
	if (cell->mark != MARK_NONE)
		return cell->mark == MARK_BAD ? "n bad" : "n wait";
	if (c->type == COLUMN_PERCENT)
		return "n";
	return c->tone == TONE_BAD ? "n bad" : c->tone == TONE_WAIT ? "n wait" : "n";
}

static void add_name(struct sheet *s, size_t k)
{
	if (!s->is_long || s->h->mail)
		return;
	strbuf_add_str(s->h->out, " data-l=\"");
	html_text(s->h->out, slice_str(s->p->columns[k].title));
	strbuf_add_byte(s->h->out, '"');
}

static void add_figure(struct sheet *s, size_t k, const struct panel_row *row)
{
	const struct panel_column *c = &s->p->columns[k];
	int64_t v = row->cells[k].value;
	struct strbuf *out = s->h->out;

	strbuf_printf(out, "<td class=\"%s\"", figure_class(c, &row->cells[k]));
	add_name(s, k);
	if (c->type != COLUMN_COUNT && v != PANEL_NULL && !s->h->mail)
		strbuf_printf(out, " data-v=\"%lld\"", (long long)v); /* what the script sorts by */
	strbuf_add_byte(out, '>');
	panel_cell_text(out, c, &row->cells[k], s->h->utc_offset_sec);
	add_bars(s, k, row);
	strbuf_add_str(out, "</td>");
}

static void add_text(struct strbuf *out, struct slice text)
{
	size_t n = HTML_TEXT_BYTES;

	while (n < text.n && n > HTML_TEXT_BYTES - 4 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--; /* not within a character */
	html_text(out, slice_head(text, n));
	if (text.n > n)
		strbuf_add_str(out, "...");
}

static void add_words(struct sheet *s, size_t k, const struct panel_row *row)
{
	struct slice text = row->cells[k].text;
	bool head = k == s->shown[0];
	struct strbuf *out = s->h->out;

	strbuf_add_str(out, head ? "<th scope=\"row\"" : "<td");
	if (text.n > LONG_COLUMNS)
		strbuf_add_str(out, " class=\"w\"");
	else if (row->cells[k].mark != MARK_NONE)
		strbuf_add_str(out, row->cells[k].mark == MARK_BAD ? " class=\"bad\"" : " class=\"wait\"");
	if (text.n <= LONG_COLUMNS && text.n && !head)
		add_name(s, k);
	strbuf_add_byte(out, '>');
	add_text(out, text);
	strbuf_add_str(out, head ? "</th>" : "</td>");
}

/* --- the table ---------------------------------------------------------------------------------------- */

static void add_count(struct strbuf *out, uint64_t n, const char *one, const char *many)
{
	term_count(out, n);
	strbuf_add_byte(out, ' ');
	strbuf_add_str(out, n == 1 ? one : many);
}

static void add_lines(struct strbuf *out, const struct panel_cell *cell)
{
	struct slice lines[2];

	for (size_t i = 0; i < panel_below_lines(cell, lines); i++) {
		strbuf_add_str(out, "<div>");
		add_text(out, lines[i]);
		strbuf_add_str(out, "</div>");
	}
}

static void add_row(struct sheet *s, const struct panel_row *row)
{
	struct strbuf *out = s->h->out;
	bool pair = s->below < s->p->n_columns;

	strbuf_add_str(out, pair ? "<tbody><tr>" : "<tr>");
	for (size_t c = 0; c < s->n; c++) {
		size_t k = s->shown[c];

		if (s->p->columns[k].type == COLUMN_TEXT)
			add_words(s, k, row);
		else
			add_figure(s, k, row);
	}
	strbuf_add_str(out, "</tr>");
	if (pair && row->cells[s->below].text.n) {
		strbuf_printf(out, "<tr class=\"under\"><td colspan=\"%zu\">", s->n);
		add_lines(out, &row->cells[s->below]);
		strbuf_add_str(out, "</td></tr>");
	}
	if (pair)
		strbuf_add_str(out, "</tbody>");
	strbuf_add_byte(out, '\n');
}

static void add_table(struct sheet *s, size_t shown_rows)
{
	const struct panel *p = s->p;
	struct strbuf *out = s->h->out;
	bool pairs = s->below < p->n_columns; /* each row with its sentence is a <tbody> */

	strbuf_add_str(out, pairs ? "<table class=\"long pairs\">\n" : s->is_long ? "<table class=\"long\">\n" : "<table>\n");
	if (!s->h->mail) { /* it is for those who cannot see the heading: not every mail program can hide it from the others */
		strbuf_add_str(out, "<caption>");
		html_text(out, slice_str(p->title));
		strbuf_add_str(out, ", ");
		add_count(out, shown_rows, "row", "rows");
		strbuf_add_str(out, "</caption>\n");
	}
	strbuf_add_str(out, "<thead><tr>");
	for (size_t c = 0; c < s->n; c++) {
		const struct panel_column *column = &p->columns[s->shown[c]];

		strbuf_add_str(out, column->type == COLUMN_TEXT ? "<th scope=\"col\">" : "<th scope=\"col\" class=\"n\">");
		html_text(out, slice_str(column->title));
		strbuf_add_str(out, "</th>");
	}
	strbuf_add_str(out, pairs ? "</tr></thead>\n" : "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < p->n_rows; i++)
		if (!panel_row_zero(p, &p->rows[i]))
			add_row(s, &p->rows[i]);
	strbuf_add_str(out, pairs ? "</table>\n" : "</tbody>\n</table>\n");
}

static void add_section(struct html *h, const struct panel *p)
{
	struct strbuf *out = h->out;
	struct sheet s;
	size_t shown = 0;

	sheet_init(&s, h, p);
	for (size_t i = 0; i < p->n_rows; i++)
		shown += !panel_row_zero(p, &p->rows[i]);
	strbuf_add_str(out, "<section class=\"panel\" id=\"");
	html_text(out, slice_str(p->id));
	strbuf_add_str(out, "\">\n<h2>");
	html_text(out, slice_str(p->title));
	strbuf_add_str(out, "</h2>\n");
	if (p->chart == CHART_TIMELINE && !h->mail)
		chart_html(h, p);
	strbuf_add_str(out, "<div class=\"box\">\n");
	add_table(&s, shown);
	strbuf_add_str(out, "</div>\n");
	if (p->more) {
		strbuf_add_str(out, "<p class=\"more\">... and ");
		add_count(out, p->more, "more row", "more rows");
		strbuf_add_str(out, " that this page leaves out</p>\n");
	}
	if (p->note.p) {
		strbuf_add_str(out, "<p class=\"note\">");
		html_text(out, p->note);
		strbuf_add_str(out, "</p>\n");
	}
	strbuf_add_str(out, "</section>\n");
}

void html_panel(struct html *h, const struct panel *p)
{
	struct arena arena = { 0 };
	struct panel pivoted;

	if (panel_empty(p))
		return;
	add_section(h, panel_pivot(&arena, p, &pivoted) == PIVOT_DONE ? &pivoted : p);
	arena_clear(&arena);
}

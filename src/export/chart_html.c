/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chart_html.c - what runs in time, drawn: stacks of what became of mail, and the share of success
 *
 * Vector graphics without any text in them, stretched to the room there is; the scale and the names of the rows are
 * HTML around them, so that they are as readable on a phone as on paper.  All figures stand in the table below,
 * and the bars tell theirs in a <title>.
 */
#include "export/panel_html.h"

#include "export/panel_cell.h"
#include "export/terminal.h"

#define STACK_MAX 6
#define LABELS_MAX 12 /* names along the axis */

struct chart {
	const struct panel *p;
	struct html *h;
	size_t stack[STACK_MAX]; /* columns, from the bottom */
	size_t n_stack;
	int64_t top;             /* of the scale */
};

static const char *const TONE_CLASS[] = {
	[TONE_NONE] = "v", [TONE_GOOD] = "g", [TONE_WAIT] = "d", [TONE_BAD] = "r", [TONE_SHUT] = "s",
};

static int64_t figure(const struct panel_row *row, size_t k)
{
	int64_t v = row->cells[k].value;

	return v == PANEL_NULL || v < 0 ? 0 : v;
}

static int64_t height_of(const struct chart *c, const struct panel_row *row)
{
	int64_t sum = 0;

	for (size_t i = 0; i < c->n_stack; i++)
		sum += figure(row, c->stack[i]);
	return sum;
}

/* the next round number */
static int64_t round_up(int64_t v)
{
	static const int64_t STEPS[] = { 1, 2, 3, 4, 5, 6, 8, 10 };
	int64_t scale = 1;

	while (scale < INT64_MAX / 100 && v > scale * 10)
		scale *= 10;
	for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++)
		if (STEPS[i] * scale >= v)
			return STEPS[i] * scale;
	return v;
}

/* false: nothing to draw */
static bool chart_init(struct chart *c, struct html *h, const struct panel *p)
{
	size_t rows = 0;
	int64_t largest = 0;

	*c = (struct chart){ .p = p, .h = h };
	for (size_t k = 0; k < p->n_columns && c->n_stack < STACK_MAX; k++)
		if (p->columns[k].tone != TONE_NONE && p->columns[k].type == COLUMN_COUNT)
			c->stack[c->n_stack++] = k;
	for (size_t i = 0; i < p->n_rows; i++) {
		int64_t height = height_of(c, &p->rows[i]);

		rows += height > 0;
		largest = height > largest ? height : largest;
	}
	c->top = round_up(largest);
	return rows >= 2 && p->columns[0].type == COLUMN_TEXT;
}

static void add_legend(const struct chart *c)
{
	struct strbuf *out = c->h->out;

	strbuf_add_str(out, "<ul class=\"legend\">");
	for (size_t i = 0; i < c->n_stack; i++) {
		const struct panel_column *column = &c->p->columns[c->stack[i]];

		strbuf_printf(out, "<li><i class=\"%s\"></i>", TONE_CLASS[column->tone]);
		html_text(out, slice_str(column->title));
		strbuf_add_str(out, "</li>");
	}
	strbuf_add_str(out, "</ul>\n");
}

/* "14: 1,234 delivered, 5 bounced" */
static void add_title(const struct chart *c, const struct panel_row *row)
{
	struct strbuf *out = c->h->out;

	strbuf_add_str(out, "<title>");
	html_text(out, row->cells[0].text);
	for (size_t i = 0; i < c->n_stack; i++) {
		strbuf_add_str(out, i ? ", " : ": ");
		html_text(out, slice_str(c->p->columns[c->stack[i]].title));
		strbuf_add_byte(out, ' ');
		term_count(out, (uint64_t)figure(row, c->stack[i]));
	}
	strbuf_add_str(out, "</title>");
}

static void add_stack(const struct chart *c, size_t i)
{
	const struct panel_row *row = &c->p->rows[i];
	struct strbuf *out = c->h->out;
	double y = 100;

	strbuf_add_str(out, "<g>");
	add_title(c, row);
	for (size_t k = 0; k < c->n_stack; k++) {
		double height = (double)figure(row, c->stack[k]) * 100 / (double)c->top;

		if (height <= 0)
			continue;
		y -= height;
		strbuf_printf(out, "<rect class=\"%s\" x=\"%zu.1\" y=\"%.2f\" width=\".8\" height=\"%.2f\"/>",
			      TONE_CLASS[c->p->columns[c->stack[k]].tone], i, y, height);
	}
	strbuf_add_str(out, "</g>\n");
}

static void add_scale(const struct chart *c)
{
	struct strbuf *out = c->h->out;

	strbuf_add_str(out, "<div class=\"scale\" aria-hidden=\"true\"><span>");
	term_count(out, (uint64_t)c->top);
	if (c->top % 2 == 0) {
		strbuf_add_str(out, "</span><span>");
		term_count(out, (uint64_t)c->top / 2);
	}
	strbuf_add_str(out, "</span><span>0</span></div>\n");
}

static void add_labels(const struct chart *c)
{
	size_t n = c->p->n_rows, step = (n + LABELS_MAX - 1) / LABELS_MAX;
	struct strbuf *out = c->h->out;

	strbuf_add_str(out, "<div class=\"labels\" aria-hidden=\"true\">");
	for (size_t i = 0; i < n; i++) {
		struct slice name = c->p->rows[i].cells[0].text;

		strbuf_add_str(out, "<span>");
		if (i % step == 0) /* of a date the day is enough: the table has it in full */
			html_text(out, name.n == sizeof "2026-11-21" - 1 ? slice_from(name, 5) : slice_head(name, 10));
		strbuf_add_str(out, "</span>");
	}
	strbuf_add_str(out, "</div>\n");
}

/* --- the share of success ----------------------------------------------------------------------------- */

static size_t tone_column(const struct panel *p, enum column_tone tone)
{
	size_t k = 0;

	while (k < p->n_columns && p->columns[k].tone != tone)
		k++;
	return k;
}

/* One line per run of rows that have mail.  Returns the row with the lowest share, or n_rows if there is none. */
static size_t add_line(const struct chart *c, size_t good, size_t bad, double *ret_lowest)
{
	struct strbuf *out = c->h->out;
	size_t lowest = c->p->n_rows;
	bool open = false;

	*ret_lowest = 200;
	for (size_t i = 0; i < c->p->n_rows; i++) {
		int64_t ok = figure(&c->p->rows[i], good), sum = ok + figure(&c->p->rows[i], bad);
		double share = sum ? (double)ok * 100 / (double)sum : 0;

		if (!sum) {
			if (open)
				strbuf_add_str(out, "\"/>");
			open = false;
			continue;
		}
		/* a run of one is still a dash */
		strbuf_printf(out, "%s%zu.1,%.1f %zu.9,%.1f", open ? " " : "<polyline points=\"", i, 100 - share, i, 100 - share);
		open = true;
		if (share < *ret_lowest) {
			*ret_lowest = share;
			lowest = i;
		}
	}
	if (open)
		strbuf_add_str(out, "\"/>");
	return lowest;
}

static void add_success(const struct chart *c)
{
	size_t good = tone_column(c->p, TONE_GOOD), bad = tone_column(c->p, TONE_BAD), lowest;
	struct strbuf *out = c->h->out;
	double share;

	if (good == c->p->n_columns || bad == c->p->n_columns)
		return;
	strbuf_printf(out,
		      "<div class=\"scale\" aria-hidden=\"true\"><span>100 %%</span><span>0 %%</span></div>\n"
		      "<svg class=\"line\" viewBox=\"0 0 %zu 100\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
		      c->p->n_rows);
	lowest = add_line(c, good, bad, &share);
	strbuf_add_str(out, "</svg>\n");
	if (lowest == c->p->n_rows)
		return;
	strbuf_add_str(out, "<p class=\"success\">Share delivered, of what was delivered or bounced: lowest ");
	strbuf_printf(out, "%.1f %% at ", share);
	html_text(out, c->p->rows[lowest].cells[0].text);
	strbuf_add_str(out, "</p>\n");
}

void chart_html(struct html *h, const struct panel *p)
{
	struct strbuf *out = h->out;
	struct chart c;

	if (!chart_init(&c, h, p))
		return;
	strbuf_add_str(out, "<figure class=\"chart\">\n");
	add_legend(&c);
	add_scale(&c);
	strbuf_printf(out, "<svg class=\"bars\" viewBox=\"0 0 %zu 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"",
		      p->n_rows);
	html_text(out, slice_str(p->title));
	strbuf_add_str(out, ": what the table below tells, as stacked bars\">\n");
	if (c.top % 2 == 0)
		strbuf_printf(out, "<path d=\"M0 50H%zu\"/>\n", p->n_rows);
	for (size_t i = 0; i < p->n_rows; i++)
		add_stack(&c, i);
	strbuf_add_str(out, "</svg>\n");
	add_labels(&c);
	add_success(&c);
	strbuf_add_str(out, "</figure>\n");
}

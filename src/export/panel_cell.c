/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_cell.c - what all views for people do with a panel before they draw it
 */
#include "export/panel_cell.h"

#include "base/civil.h"
#include "export/terminal.h"

#define PIVOT_MAX 10 /* columns that are made of values */

static void add_duration(struct strbuf *out, usec_t v)
{
	if (v >= 0 && v < USEC_PER_SEC)
		strbuf_printf(out, "%lld ms", (long long)(v / 1000));
	else
		term_span(out, v);
}

static void add_time(struct strbuf *out, usec_t t, int32_t utc_offset_sec, bool brief)
{
	struct civil c = civil_of(t, utc_offset_sec);

	if (brief)
		strbuf_printf(out, "%02d-%02d %02d:%02d", c.month, c.day, c.hour, c.minute);
	else
		civil_format_local(out, t, utc_offset_sec);
}

void panel_cell_text(struct strbuf *out, const struct panel_column *column, const struct panel_cell *cell, int32_t utc_offset_sec)
{
	if (column->type == COLUMN_TEXT) {
		(void)term_text(out, cell->text);
		return;
	}
	if (cell->value == PANEL_NULL) {
		strbuf_add_byte(out, '-');
		return;
	}
	switch (column->type) {
	case COLUMN_COUNT:
	case COLUMN_TEXT:
		term_count(out, (uint64_t)cell->value);
		break;
	case COLUMN_BYTES:
		term_bytes(out, cell->value);
		break;
	case COLUMN_DURATION:
		add_duration(out, cell->value);
		break;
	case COLUMN_PERCENT:
		strbuf_printf(out, "%lld.%lld %%", (long long)(cell->value / 1000),
			      (long long)(cell->value % 1000 / 100));
		break;
	case COLUMN_TIME:
		add_time(out, cell->value, utc_offset_sec, column->brief);
		break;
	}
}

bool panel_row_zero(const struct panel *p, const struct panel_row *row)
{
	bool numbers = false;

	for (size_t k = 0; k < p->n_columns; k++) {
		if (p->columns[k].type == COLUMN_TEXT)
			continue;
		numbers = true;
		if (row->cells[k].value != 0 && row->cells[k].value != PANEL_NULL)
			return false;
	}
	return numbers;
}

bool panel_empty(const struct panel *p)
{
	for (size_t i = 0; i < p->n_rows; i++)
		if (!panel_row_zero(p, &p->rows[i]))
			return false;
	return true;
}

struct panel *panels_cut(struct arena *a, const struct panel *panels, size_t n, size_t rows)
{
	struct panel *ret = arena_alloc(a, (n + 1) * sizeof *ret);

	memcpy(ret, panels, n * sizeof *ret);
	for (size_t i = 0; i < n; i++)
		if (rows && ret[i].n_rows > rows && ret[i].chart == CHART_NONE) {
			ret[i].more += ret[i].n_rows - rows;
			ret[i].n_rows = rows;
		}
	return ret;
}

/* --- pivot -------------------------------------------------------------------------------------------- */

/* Insert a value into the sorted list of column heads; false if there are too many. */
static bool add_head(struct slice *heads, size_t *n, struct slice head)
{
	size_t at = 0;

	while (at < *n && slice_cmp(heads[at], head) < 0)
		at++;
	if (at < *n && slice_eq(heads[at], head))
		return true;
	if (*n == PIVOT_MAX)
		return false;
	memmove(heads + at + 1, heads + at, (*n - at) * sizeof *heads);
	heads[at] = head;
	(*n)++;
	return true;
}

static size_t find_head(const struct slice *heads, size_t n, struct slice head)
{
	size_t at = 0;

	while (at < n && !slice_eq(heads[at], head))
		at++;
	return at;
}

static struct panel_column *pivot_columns(struct arena *a, const struct panel *p, const struct slice *heads, size_t n)
{
	struct panel_column *columns = arena_alloc(a, (n + 1) * sizeof *columns);

	columns[0] = p->columns[0];
	for (size_t k = 0; k < n; k++) {
		char *title = arena_alloc(a, heads[k].n + 1);

		memcpy(title, heads[k].p, heads[k].n);
		columns[1 + k] = p->columns[p->pivot + 1];
		columns[1 + k].title = title;
	}
	return columns;
}

enum pivot_result panel_pivot(struct arena *a, const struct panel *p, struct panel *ret)
{
	struct slice heads[PIVOT_MAX + 1];
	size_t n = 0;

	if (!p->pivot)
		return PIVOT_NONE;
	for (size_t i = 0; i < p->n_rows; i++)
		if (!add_head(heads, &n, p->rows[i].cells[p->pivot].text))
			return PIVOT_NONE;
	if (n < 2)
		return PIVOT_EMPTY;
	*ret = *p;
	ret->columns = pivot_columns(a, p, heads, n);
	ret->n_columns = n + 1;
	ret->rows = arena_alloc(a, p->n_rows * sizeof *ret->rows);
	ret->n_rows = 0;
	ret->more = 0;
	for (size_t i = 0; i < p->n_rows; i++) {
		struct slice name = p->rows[i].cells[0].text;

		if (ret->n_rows == 0 || !slice_eq(ret->rows[ret->n_rows - 1].cells[0].text, name)) {
			ret->rows[ret->n_rows++].cells = arena_alloc(a, (n + 1) * sizeof *ret->rows->cells);
			ret->rows[ret->n_rows - 1].cells[0].text = name;
		}
		ret->rows[ret->n_rows - 1].cells[1 + find_head(heads, n, p->rows[i].cells[p->pivot].text)] =
			p->rows[i].cells[p->pivot + 1];
	}
	return PIVOT_DONE;
}

size_t panel_below_lines(const struct panel_cell *cell, struct slice ret[static 2])
{
	struct slice s = cell->text;
	size_t at = cell->value > 0 && cell->value < (int64_t)s.n ? (size_t)cell->value : 0;

	if (at < 2 || s.p[at - 2] != '.' || s.p[at - 1] != ' ') {
		ret[0] = s;
		return 1;
	}
	ret[0] = slice_head(s, at - 1);
	ret[1] = slice_from(s, at);
	return 2;
}

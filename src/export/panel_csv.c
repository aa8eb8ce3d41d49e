/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_csv.c - panels and totals as CSV
 */
#include "export/panel_csv.h"

#include "base/civil.h"
#include "export/terminal.h"

static bool starts_formula(char c)
{
	return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r';
}

void csv_text(struct strbuf *out, struct slice s)
{
	struct strbuf safe = { 0 };
	struct slice t;

	if (s.n && starts_formula(s.p[0]))
		strbuf_add_byte(&safe, '\'');
	(void)term_text(&safe, s);
	t = strbuf_slice(&safe);
	if (slice_find_byte(t, '"') == t.n && slice_find_byte(t, ',') == t.n &&
	    slice_find_byte(t, ' ') == t.n) {
		strbuf_add(out, t);
	} else {
		strbuf_add_byte(out, '"');
		for (size_t i = 0; i < t.n; i++) {
			if (t.p[i] == '"')
				strbuf_add_byte(out, '"');
			strbuf_add_byte(out, t.p[i]);
		}
		strbuf_add_byte(out, '"');
	}
	strbuf_done(&safe);
}

static void cell_csv(struct strbuf *out, enum column_type type, const struct panel_cell *cell)
{
	int64_t v = cell->value;

	if (type == COLUMN_TEXT) {
		csv_text(out, cell->text);
		return;
	}
	if (v == PANEL_NULL)
		return;
	switch (type) {
	case COLUMN_DURATION:
		strbuf_printf(out, "%lld.%06lld", (long long)(v / USEC_PER_SEC),
			      (long long)(v % USEC_PER_SEC));
		break;
	case COLUMN_PERCENT:
		strbuf_printf(out, "%lld.%03lld", (long long)(v / 1000), (long long)(v % 1000));
		break;
	case COLUMN_TIME:
		civil_format_rfc3339(out, v);
		break;
	case COLUMN_TEXT:
	case COLUMN_COUNT:
	case COLUMN_BYTES:
		strbuf_add_i64(out, v);
		break;
	}
}

static void end_record(struct strbuf *out)
{
	strbuf_add(out, SLICE("\r\n"));
}

static void begin_table(struct strbuf *out)
{
	if (out->n)
		end_record(out);
}

void totals_csv(struct strbuf *out, const struct report_totals *t)
{
	begin_table(out);
	strbuf_add(out, SLICE("panel,total,value\r\n"));
#define X(name, help)                                   \
	strbuf_add(out, SLICE("totals," #name ","));    \
	if (t->name != -1)                              \
		strbuf_add_i64(out, t->name);           \
	end_record(out);
	REPORT_TOTALS(X)
#undef X
}

void panel_csv(struct strbuf *out, const struct panel *p)
{
	begin_table(out);
	strbuf_add(out, SLICE("panel"));
	for (size_t k = 0; k < p->n_columns; k++) {
		if (p->columns[k].view_only)
			continue;
		strbuf_add_byte(out, ',');
		csv_text(out, slice_str(p->columns[k].id));
	}
	strbuf_add(out, SLICE(",filter\r\n"));
	for (size_t i = 0; i < p->n_rows; i++) {
		csv_text(out, slice_str(p->id));
		for (size_t k = 0; k < p->n_columns; k++) {
			if (p->columns[k].view_only)
				continue;
			strbuf_add_byte(out, ',');
			cell_csv(out, p->columns[k].type, &p->rows[i].cells[k]);
		}
		strbuf_add_byte(out, ',');
		csv_text(out, p->rows[i].filter);
		end_record(out);
	}
}

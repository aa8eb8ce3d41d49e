/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_json.c - panels and totals as JSON
 */
#include "export/panel_json.h"

static const char *const TYPE_NAMES[] = {
	[COLUMN_TEXT] = "text",         [COLUMN_COUNT] = "count",     [COLUMN_BYTES] = "bytes",
	[COLUMN_DURATION] = "duration", [COLUMN_PERCENT] = "percent", [COLUMN_TIME] = "time",
};

const char *column_type_name(enum column_type t)
{
	return TYPE_NAMES[t];
}

void totals_json(struct json *j, const struct report_totals *t)
{
	json_begin_object(j);
#define X(name, help) json_kv_int_or_null(j, #name, t->name);
	REPORT_TOTALS(X)
#undef X
	json_end_object(j);
}

static void cell_json(struct json *j, enum column_type type, const struct panel_cell *cell)
{
	if (type == COLUMN_TEXT) {
		json_string(j, cell->text);
		return;
	}
	if (cell->value == PANEL_NULL) {
		json_null(j);
		return;
	}
	switch (type) {
	case COLUMN_DURATION:
		json_decimal(j, cell->value, 6);
		break;
	case COLUMN_PERCENT:
		json_decimal(j, cell->value, 3);
		break;
	case COLUMN_TIME:
		json_time(j, cell->value);
		break;
	case COLUMN_TEXT:
	case COLUMN_COUNT:
	case COLUMN_BYTES:
		json_int(j, cell->value);
		break;
	}
}

static void columns_json(struct json *j, const struct panel *p)
{
	json_key(j, "columns");
	json_begin_array(j);
	for (size_t i = 0; i < p->n_columns; i++) {
		if (p->columns[i].view_only)
			continue;
		json_begin_object(j);
		json_kv_str(j, "id", p->columns[i].id);
		json_kv_str(j, "title", p->columns[i].title);
		json_kv_str(j, "type", column_type_name(p->columns[i].type));
		json_kv_str(j, "unit", p->columns[i].unit);
		json_end_object(j);
	}
	json_end_array(j);
}

void panel_json(struct json *j, const struct panel *p)
{
	json_begin_object(j);
	json_kv_str(j, "id", p->id);
	json_kv_str(j, "title", p->title);
	columns_json(j, p);
	json_key(j, "rows");
	json_begin_array(j);
	for (size_t i = 0; i < p->n_rows; i++) {
		json_begin_object(j);
		for (size_t k = 0; k < p->n_columns; k++) {
			if (p->columns[k].view_only)
				continue;
			json_key(j, p->columns[k].id);
			cell_json(j, p->columns[k].type, &p->rows[i].cells[k]);
		}
		json_kv_string(j, "filter", p->rows[i].filter);
		json_end_object(j);
	}
	json_end_array(j);
	json_kv_int(j, "more", (int64_t)p->more);
	json_kv_string(j, "note", p->note);
	json_end_object(j);
}

void folded_json(struct json *j, struct report_folded folded)
{
	if (!folded.names)
		return;
	json_key(j, "folded");
	json_begin_object(j);
	json_kv_int(j, "names", (int64_t)folded.names);
	json_kv_int(j, "limit_bytes", (int64_t)folded.limit_bytes);
	json_end_object(j);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_json.h - panels and totals as JSON (docs/json.md)
 */
#ifndef EXPORT_PANEL_JSON_H
#define EXPORT_PANEL_JSON_H

#include "base/json.h"
#include "report/panel.h"
#include "report/report.h"

/* the object "totals": one member per row of REPORT_TOTALS; what was not told is null */
void totals_json(struct json *j, const struct report_totals *t);
/* the member "folded", if the cap of memory was reached: {names, limit_bytes} */
void folded_json(struct json *j, struct report_folded folded);
/*
 * One panel: {id, title, columns:[{id, title, type, unit}], rows:[{<column id>: value, ..., filter}], more,
 * note}. Durations are seconds, times RFC 3339, percentages numbers from 0 to 100.
 */
void panel_json(struct json *j, const struct panel *p);
/* "count", "bytes", ...: the name of a column's type, as in JSON */
const char *column_type_name(enum column_type t);

#endif

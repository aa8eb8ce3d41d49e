/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_csv.h - panels and totals as CSV
 *
 * RFC 4180 with "\r\n".  Each panel is a table of its own, a header and its rows; an empty line stands before it if
 * something is in the buffer already.  Every record begins with the panel's id, so that one table can be cut out by it.
 */
#ifndef EXPORT_PANEL_CSV_H
#define EXPORT_PANEL_CSV_H

#include "base/strbuf.h"
#include "report/panel.h"
#include "report/report.h"

void totals_csv(struct strbuf *out, const struct report_totals *t);
void panel_csv(struct strbuf *out, const struct panel *p);

/*
 * csv_text - one field
 *
 * Spreadsheets take a cell that begins with = + - @, a tab or a carriage return for a formula, and names come
 * from strangers: such a cell gets an apostrophe in front.  Control bytes become escapes.
 */
void csv_text(struct strbuf *out, struct slice s);

#endif

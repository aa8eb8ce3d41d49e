/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_text.h - panels and totals for people
 */
#ifndef EXPORT_PANEL_TEXT_H
#define EXPORT_PANEL_TEXT_H

#include "export/terminal.h"
#include "report/panel.h"
#include "report/report.h"

/* all totals in two columns; those of rare things only where they are not 0 */
void totals_text(struct strbuf *out, const struct term *t, const struct report_totals *totals);

/* "00 (a small chart) 23  Received, most at 09: 2,415", for a CHART_TIMELINE panel with a bar; only on a terminal that shows more than ASCII */
void sparkline_text(struct strbuf *out, const struct term *t, const struct panel *p);

/* a sentence about the cap of memory, without an end of line; nothing if it was not reached */
void folded_text(struct strbuf *out, struct report_folded folded);

/*
 * panels_text - tables, in their order
 *
 * Each: a heading, the columns aligned, one line per row, "... and N more".  A long text in the last column
 * is cut after two lines.  Rows of nothing but zeros, panels without rows and days of logs of a single day
 * are left out.  On a wide terminal two tables stand side by side.  Times are the wall clock at
 * utc_offset_sec.
 */
void panels_text(struct strbuf *out, const struct term *t, const struct panel *panels, size_t n,
		 int32_t utc_offset_sec);

#endif

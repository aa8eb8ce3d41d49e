/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_html.h - panels and totals as parts of an HTML answer (html.h)
 */
#ifndef EXPORT_PANEL_HTML_H
#define EXPORT_PANEL_HTML_H

#include "export/html.h"
#include "report/panel.h"
#include "report/report.h"

/* A section: heading, chart, table, "... and N more", note.  Nothing for a panel that has nothing to show. */
void html_panel(struct html *h, const struct panel *p);

/* the totals as cards, and what became of the recipients as one bar */
void totals_html(struct html *h, const struct report_totals *totals);

/* The chart of a CHART_TIMELINE panel: a stack of the columns with a tone per row, and the share of success.  Nothing if fewer than two
 * rows have figures. */
void chart_html(struct html *h, const struct panel *p);

#endif

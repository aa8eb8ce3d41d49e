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

/*
 * panel_text - one table
 *
 * A heading, the columns aligned, one line per row (a long text in the last column is wrapped on a terminal),
 * "... and N more".  Rows of nothing but zeros and panels without rows are left out.  Times are the wall clock
 * at utc_offset_sec.
 */
void panel_text(struct strbuf *out, const struct term *t, const struct panel *p, int32_t utc_offset_sec);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_cell.h - what all views for people do with a panel before they draw it
 */
#ifndef EXPORT_PANEL_CELL_H
#define EXPORT_PANEL_CELL_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "report/panel.h"

/* One cell as people read it, made safe for a terminal: "1,234", "4.1 KiB", "3 min 20 s", "37.4 %"; "-" for null, nothing for a null text.
 * Times are the wall clock at utc_offset_sec, "11-21 09:00" where the column is brief. */
void panel_cell_text(struct strbuf *out, const struct panel_column *column, const struct panel_cell *cell, int32_t utc_offset_sec);

/* All its figures are 0 or null; a row without figures is not zero. */
bool panel_row_zero(const struct panel *p, const struct panel_row *row);
/* It has no row to show. */
bool panel_empty(const struct panel *p);

enum pivot_result {
	PIVOT_NONE,  /* show the panel as it is */
	PIVOT_EMPTY, /* a single column would say what other panels say: show nothing */
	PIVOT_DONE,
};

/*
 * panel_pivot - turn the values of the panel's column `pivot` into columns
 *
 * Rows of one first cell stand together: they become one row.  *ret lives in the arena, its texts are those of p.
 */
enum pivot_result panel_pivot(struct arena *a, const struct panel *p, struct panel *ret);

/* The first `rows` rows of each panel (0: all): the others count as `more`.  What runs in time stays whole.  A copy from the arena, with room
 * for one more. */
struct panel *panels_cut(struct arena *a, const struct panel *panels, size_t n, size_t rows);

/* The lines of a cell that stands under its row, one or two: how many.  A mask may have moved where the second one begins. */
size_t panel_below_lines(const struct panel_cell *cell, struct slice ret[static 2]);

#endif

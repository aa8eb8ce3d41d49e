/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seen.h - two counters of a row: when what it counts was seen first and last
 *
 * 0 stands for never.  They lie side by side, `v` points at the first of them.
 */
#ifndef REPORT_SEEN_H
#define REPORT_SEEN_H

#include "report/report_priv.h"

enum { SEEN_FIRST, SEEN_LAST, SEEN_VALUES };

static inline void seen_widen(int64_t *v, int64_t first, int64_t last)
{
	if (first && (!v[SEEN_FIRST] || first < v[SEEN_FIRST]))
		v[SEEN_FIRST] = first;
	if (last && (!v[SEEN_LAST] || last > v[SEEN_LAST]))
		v[SEEN_LAST] = last;
}

static inline void seen_at(int64_t *v, usec_t t)
{
	if (t != USEC_NONE)
		seen_widen(v, t, t);
}

static inline void seen_cells(struct panel_cell *cells, const int64_t *v)
{
	cells[0] = cell_value(v[SEEN_FIRST] ? v[SEEN_FIRST] : PANEL_NULL);
	cells[1] = cell_value(v[SEEN_LAST] ? v[SEEN_LAST] : PANEL_NULL);
}

#define SEEN_COLUMNS                                             \
	{ "first", "First", COLUMN_TIME, NULL, .spare = true, .brief = true },  \
	{ "last", "Last", COLUMN_TIME, NULL, .brief = true }

#endif

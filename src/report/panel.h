/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel.h - the one model behind every medium
 *
 * A panel is a table: an id, a title, typed columns, rows, and how many more rows there were.  Renderers
 * (text, JSON, later CSV, HTML, the terminal view) know panels, never what is counted in them.
 */
#ifndef REPORT_PANEL_H
#define REPORT_PANEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "base/usec.h"

enum column_type {
	COLUMN_TEXT,
	COLUMN_COUNT,    /* int64_t */
	COLUMN_BYTES,    /* int64_t */
	COLUMN_DURATION, /* usec_t */
	COLUMN_PERCENT,  /* int64_t, thousandths of a percent */
	COLUMN_TIME,     /* usec_t */
};

/* What a figure says of mail: views may colour it, and charts stack such columns in the order of the panel. */
enum column_tone {
	TONE_NONE,
	TONE_GOOD, /* it arrived, it succeeded */
	TONE_WAIT, /* failed for now */
	TONE_BAD,  /* failed for good */
	TONE_SHUT, /* was kept out: refused, thrown away */
};

/* How views may draw a panel, beside its table. */
enum panel_chart {
	CHART_NONE,
	CHART_TIMELINE, /* the rows are hours, days, ... in their order; the first column names them */
};

struct panel_column {
	const char *id;    /* JSON name */
	const char *title; /* for people */
	enum column_type type;
	const char *unit;  /* JSON: "messages", "bytes", "seconds", ...; NULL: none */
	bool data_only;    /* for programs (JSON, CSV); views for people leave it out */
	bool view_only;    /* the other way round: programs find it in other columns */
	bool spare;        /* the first to go where a view has no room */
	bool whole;        /* COLUMN_TEXT: never cut, since people copy it */
	bool bar;          /* views may draw a bar: the share of the column's largest value, percents of 100 */
	bool brief;        /* COLUMN_TIME: views leave the year and the seconds out */
	bool below;        /* sentences: views put them under the row, over its whole width; a cell's value is where the second line
			      of them may begin (PANEL_NULL, 0: there is one line) */
	enum column_tone tone;
};

/* Views may colour what an eye should stop at.  Never the only sign of it: another cell says it in words. */
enum cell_mark { MARK_NONE, MARK_NOTICE, MARK_BAD };

struct panel_cell {
	struct slice text; /* COLUMN_TEXT; SLICE_NONE is null */
	int64_t value;     /* the others; INT64_MIN is null */
	enum cell_mark mark;
};

#define PANEL_NULL INT64_MIN

struct panel_row {
	struct panel_cell *cells; /* as many as the panel has columns */
	struct slice filter; /* options of `trace` that show what this row counts: "--sender a@b"; quoted for
				the shell; SLICE_NONE: none */
};

struct panel {
	const char *id;
	const char *title;
	const struct panel_column *columns;
	size_t n_columns;
	struct panel_row *rows;
	size_t n_rows;
	uint64_t more;            /* rows left out by the limit */
	struct slice note;        /* one sentence under the table; SLICE_NONE: none */
	/* Not 0: views may turn the values of this text column into columns, the first column giving the rows
	   and the one after it the cells. */
	size_t pivot;
	enum panel_chart chart;
};

#endif

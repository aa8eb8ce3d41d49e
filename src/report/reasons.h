/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reasons.h - why mail failed: one row for all failures with the same words, and its cause
 *
 * Counting is one look-up per failure.  A cause is found once per row, when panels are built.
 */
#ifndef REPORT_REASONS_H
#define REPORT_REASONS_H

#include "diagnose/verdict.h"
#include "report/report_priv.h"

/* counters of a row of counters.reasons; the key is (shape, stage), the stage of rejections only */
enum reason_value {
	REASON_COUNT,
	REASON_OTHERS, /* for build(): how many domains it met, and which one most often */
	REASON_BEST,
	REASON_SAMPLE, /* symbols: the first such reply, and who gave it */
	REASON_HOST,
	REASON_CODE,   /* reply code; -1: none, or several */
	REASON_SAID,   /* enum said_by, REASON_TEMPORARY added */
	REASON_FIRST,  /* when it was met first and last; USEC_NONE: not told */
	REASON_LAST,
	REASON_VALUES
};

#define REASON_TEMPORARY 16

void reasons_init(struct counters *c);
void reasons_done(struct counters *c);
void reasons_count(struct counters *c, const struct counted_failure *f);

/* widen a span of time by another one, or by an instant; USEC_NONE in either is not told */
void widen_span(int64_t *first, int64_t *last, usec_t from_first, usec_t from_last);

/* The cause of a row; false: the row stands for many, or there is no diagnoser. */
bool reason_cause(const struct counters *c, enum failure_kind kind, size_t row, struct cause *ret);
/* The row of a shape that counts most (of several stages); SIZE_MAX: none */
size_t reason_row(const struct counters *c, enum failure_kind kind, sym_t shape);

/* the columns of causes: words for people, then what programs want */
#define CAUSE_COLUMNS                                                      \
	{ "class", "Class", COLUMN_TEXT, NULL, .spare = true },            \
	{ "side", "Side", COLUMN_TEXT, NULL },                             \
	{ "cause_id", "Cause id", COLUMN_TEXT, NULL, .data_only = true },  \
	{ "cause", "Cause", COLUMN_TEXT, NULL, .data_only = true }
#define CAUSE_COLUMNS_N 4

/* fill them; cause NULL: none */
void build_cause(struct panel_build *b, struct panel_cell *cells, const struct cause *cause);
/* its summary or action, about nobody in particular */
struct slice build_cause_text(struct panel_build *b, const struct cause *cause, bool action);

#endif

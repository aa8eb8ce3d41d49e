/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - counting facts into panels
 *
 * A report is a fact sink with counters.  What is counted is defined in docs/counting.md.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/tr.h"
#include "diagnose/diagnose.h"
#include "event/event.h"
#include "event/line.h"
#include "fact/fact.h"
#include "fact/filter.h"
#include "report/panel.h"

struct report;

#define REPORT_MEMORY_BYTES ((size_t)256 << 20)

struct report_options {
	size_t top;                  /* rows per panel; 0: 10 */
	bool no_limit;
	bool all_panels;             /* else the panels below, or those that most people read */
	const char *const *panels;   /* ids, known ones; borrowed for report_new() */
	size_t n_panels;
	const struct filter *filter; /* borrowed; NULL: everything */
	enum tr_language language;   /* of causes; JSON and CSV are English */
	size_t memory_bytes;         /* cap on names, their counters, and texts; 0: REPORT_MEMORY_BYTES */
};

/* DESIGN section 6, "totals"; the names of the JSON members */
#define REPORT_TOTALS(X) /* name, help */ \
	X(messages, "mails taken in or submitted, once per trail") \
	X(bytes, "their size") \
	X(recipients, "where mail had to go: the sum of the outcomes but `expanded`") \
	X(delivered, "") X(relayed, "") X(expanded, "") X(deferred, "") X(bounced, "") X(expired, "") \
	X(rejected, "") X(discarded, "") X(held, "") X(removed, "") X(pending, "") \
	X(deferrals, "attempts that failed for now") \
	X(rejections, "refusals before acceptance") \
	X(logins_ok, "") X(logins_failed, "attempts") \
	X(connections, "SMTP sessions; -1: not told (no line shows one, or there is a filter)") \
	X(filter_passes, "passes through a content filter") \
	X(forwards, "copies under a queue id of their own") \
	X(notifications, "bounces, delay warnings and reports made here") \
	X(probes, "address verification")

struct report_totals {
#define X(name, help) int64_t name;
	REPORT_TOTALS(X)
#undef X
};

/* a panel that there is */
struct panel_name {
	const char *id, *title;
	bool by_default; /* shown unless others are asked for */
};
/* all panels, in the order in which a report shows them; borrowed from the arena */
struct panel_name *report_panel_names(struct arena *a, size_t *ret_n);
/* what the panels of a report ask of the tracker: bits of enum fact_detail */
unsigned report_details(const struct report *r);

struct report *report_new(const struct report_options *o);
void report_free(struct report *r);

/* where the tracker delivers; borrowed, lives as long as the report */
const struct fact_sink *report_sink(struct report *r);

#define REPORT_LINE_SLOTS 256 /* a power of two */

/* The account of what was understood: lines of programs, which the report adds up when it needs them.  For report_line(). */
struct report_lines {
	struct report *report;
	struct report_lines_slot {
		uint32_t of;                     /* whose they are: report_lines_of(); 0: nobody's */
		uint32_t at;                     /* where the report counts this program */
		int64_t lines[EVENT_KIND_COUNT]; /* physical ones */
	} slots[REPORT_LINE_SLOTS];
};
/* the report's own; borrowed, lives as long as the report */
struct report_lines *report_lines(struct report *r);

/* The number of a program, which is 0 where there is none, and the writer: nearly always the same for one program. */
static inline uint32_t report_lines_of(const struct line *l, enum writer writer)
{
	return l->program_no << 8 | ((uint32_t)writer + 1);
}
static inline struct report_lines_slot *report_lines_slot(struct report_lines *lines, const struct line *l, enum writer writer)
{
	return &lines->slots[(l->program_no + (uint32_t)writer * 32) % REPORT_LINE_SLOTS];
}
/* a line whose program has no number, or is in no slot */
void report_other_line(struct report_lines *lines, const struct line *l, const struct event *e);

/* One record as it was read, before the tracker sees it. */
static inline void report_line(struct report_lines *lines, const struct line *l, const struct event *e)
{
	struct report_lines_slot *slot = report_lines_slot(lines, l, e->writer);

	if (LIKELY(slot->of == report_lines_of(l, e->writer) && (l->program_no || !l->program.p)))
		slot->lines[e->kind] += l->line_count;
	else
		report_other_line(lines, l, e);
}

/* Build the panels from what was counted so far; borrowed until the next call or report_free().  d: for causes; it may be made when all is
 * counted and the tracker is gone, so that it takes no memory beside that; NULL: none. */
const struct panel *report_panels(struct report *r, const struct diagnoser *d, size_t *ret_n);
/* what was counted so far; borrowed, brought up to date by each call */
const struct report_totals *report_totals(struct report *r);

/* What the cap of memory has cost */
struct report_folded {
	uint64_t names;     /* times a name, reply or pair was folded into "(other)": 0: the cap was not reached */
	size_t limit_bytes; /* the cap */
};
struct report_folded report_folded(const struct report *r);

#endif

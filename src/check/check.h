/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - is anything wrong? values, judged by ranges
 *
 * A check is one row of checks.def.  What it says is a value first; export renders it for monitoring systems and as JSON.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "check/counter.h"
#include "check/range.h"

/* the exit codes of a plug-in */
enum check_status { STATUS_OK, STATUS_WARNING, STATUS_CRITICAL, STATUS_UNKNOWN };
const char *check_status_name(enum check_status s);
/* critical, then warning, then unknown */
enum check_status check_status_worse(enum check_status a, enum check_status b);

/* what the queue tells */
struct check_queue {
	int64_t messages, deferred, held;
	usec_t oldest_us;              /* age; -1: the queue is empty, or no age is told */
};

/* everything that the values are read from */
struct check_facts {
	const struct check_counts *counts; /* over the period */
	const struct check_queue *queue;   /* NULL: not asked for */
	usec_t now_us;
	usec_t last_mail_us, last_line_us; /* USEC_NONE: none was seen */
	usec_t watched_us;                 /* since when mail was looked for */
	int64_t min_count;                 /* a share of fewer is not judged */
	bool silence_ok;                   /* at this hour nobody expects mail */
	enum check_status no_data;         /* of a check without a value */
};

struct check_result;

struct check_ops {
	const char *id, *option, *label;
	struct check_scale scale;
	const char *defaults;
	void (*value)(const struct check_facts *f, int argument, struct check_result *ret);
	int argument;
	enum evidence_kind evidence;
	bool needs_queue;
	const char *help;
};

struct check_result {
	const struct check_ops *ops;
	struct check_range warn, crit;
	enum check_status status;
	bool known;                    /* there is a value */
	bool too_few;                  /* ... of which too little is made to judge it */
	bool excused;                  /* it would alert, but not at this hour */
	int64_t value;                 /* thousandths of the unit */
	int64_t part, whole;           /* of a share; whole alone: what the value was found among; -1 */
	const char *of;                /* what `whole` counts; NULL */
	const struct evidence *evidence;
	size_t n_evidence;
};

extern const struct check_ops check_rows[];
extern const size_t check_rows_count;
const struct check_ops *check_find(const char *option);

/* The result's value and status, by its ranges. */
void check_judge(struct check_result *r, const struct check_facts *f);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counter.h - what the checks look at, counted over facts
 *
 * The figures are those of a report (docs/counting.md), and a few more.  What is new since the last time is the difference
 * of two counters: one of everything that was read, one of what had been read before.  So the sum over all times is
 * what one report over the whole log counts.
 */
#ifndef CHECK_COUNTER_H
#define CHECK_COUNTER_H

#include <stddef.h>
#include <stdint.h>

#include "diagnose/diagnose.h"
#include "fact/fact.h"
#include "fact/filter.h"
#include "report/histogram.h"

#define CHECK_COUNTS(X) /* name, help: the names of the state's and JSON's members */ \
	X(lines, "lines read") \
	X(event, "understood") \
	X(other, "of a mail program, but not understood") \
	X(foreign, "of no mail program") \
	X(malformed, "broken") \
	X(messages, "mails taken in") \
	X(delivered, "recipients") X(relayed, "recipients") X(bounced, "recipients") X(expired, "recipients") \
	X(deferrals, "tries that failed for now") \
	X(rejections, "refusals before acceptance") \
	X(logins_ok, "logins") X(logins_failed, "attempts") \
	X(panics, "entries of panic logs, and notices of severity panic") \
	X(errors, "notices of severity error and worse") \
	X(disk, "notices of a full or failing disk") \
	X(limits, "notices of a limit that was reached") \
	X(certificate, "handshakes in which the peer refused our certificate, and notices of expiry") \
	X(blocklisted, "tries and bounces that speak against our reputation")

enum check_count {
#define X(name, help) COUNT_##name,
	CHECK_COUNTS(X)
#undef X
	CHECK_COUNT_COUNT
};

const char *check_count_name(enum check_count c);

struct check_counts {
	int64_t n[CHECK_COUNT_COUNT];
	struct histogram delays; /* from arrival to delivery, per recipient that was delivered or relayed */
};

/* texts that show what a figure is made of */
enum evidence_kind {
	EVIDENCE_BOUNCES,
	EVIDENCE_DEFERRALS,
	EVIDENCE_REJECTIONS,
	EVIDENCE_LOGINS,
	EVIDENCE_PANICS,
	EVIDENCE_ERRORS,
	EVIDENCE_DISK,
	EVIDENCE_LIMITS,
	EVIDENCE_CERTIFICATE,
	EVIDENCE_BLOCKLISTED,
	EVIDENCE_KIND_COUNT,
	EVIDENCE_NONE = EVIDENCE_KIND_COUNT,
};

struct evidence {
	struct slice text;       /* the first of its kind */
	int64_t count;
};

struct counter;

struct counter_options {
	const struct filter *filter;       /* borrowed; empty: everything */
	const struct diagnoser *diagnoser; /* borrowed; NULL: `blocklisted` is not asked for */
	bool has_panic_log;                /* Exim's panics come by counter_panic(): its main log has them too */
};

struct counter *counter_new(const struct counter_options *o);
void counter_free(struct counter *c);
/* where the tracker delivers; borrowed, lives as long as the counter */
const struct fact_sink *counter_sink(struct counter *c);
/* an entry of Exim's panic log */
void counter_panic(struct counter *c, struct slice text);
/* What the sink counted so far: the counts from `messages` on; borrowed, brought up to date by each call. */
const struct check_counts *counter_counts(struct counter *c);
/* What `all` counted beyond `before`: added to *ret. */
void counts_add_difference(struct check_counts *ret, const struct check_counts *all, const struct check_counts *before);
void counts_add(struct check_counts *to, const struct check_counts *from);
/* The texts that `all` has beyond `before`, the most frequent first; up to `max`.  Returns how many; texts are borrowed from `all`. */
size_t counter_evidence(const struct counter *all, const struct counter *before, enum evidence_kind kind, struct evidence *ret,
			size_t max);

#endif

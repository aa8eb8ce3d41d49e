/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outflow.h - what leaves this server, by who sent it: how much, to how many, and how much of it nobody wants
 *
 * A newsletter is much, too.  What tells it from spam is what comes back: few addresses that do not exist, hardly a refusal as spam.
 */
#ifndef DETECT_OUTFLOW_H
#define DETECT_OUTFLOW_H

#include "detect/detect_priv.h"

struct outflow_entry {
	struct watch_entry entry;    /* key: what outflow_add() was given */
	struct watch_window window;  /* recipients outside */
	uint64_t messages, recipients;
	uint64_t failed;             /* recipients that bounced or expired */
	uint64_t refused;            /* of them: as spam */
	uint64_t marked;             /* messages that a filter here took for spam or infected */
	struct watch_peers senders, domains;
	struct watch_lines lines;
};

struct outflow {
	const struct watch_context *c;
	usec_t span_us;
	struct watch_table table;
};

void outflow_init(struct outflow *o, const struct watch_context *c, usec_t span_us);
void outflow_done(struct outflow *o);
/* Counts a message if it has recipients outside that it went on to. */
void outflow_add(struct outflow *o, struct slice key, const struct message *m);

/* refused or marked as spam, in so many messages or recipients */
static inline uint64_t outflow_spam(const struct outflow_entry *e)
{
	return e->refused + e->marked;
}
/* thousandths of a per cent of its recipients that failed, or were refused or marked as spam */
uint64_t outflow_failed_share(const struct outflow_entry *e);
uint64_t outflow_spam_share(const struct outflow_entry *e);
/* recipients in an hour on which it sent, but for the busiest; -1: there is only that */
int64_t outflow_usual(const struct outflow_entry *e);

/* the evidence of a finding, with times and lines */
void outflow_evidence(const struct outflow *o, struct finding *f, const struct outflow_entry *e);

#endif

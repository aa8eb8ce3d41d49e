/* SPDX-License-Identifier: Apache-2.0 */
/*
 * track.h - from events to facts
 *
 * The only stateful stage, and the only one that knows that queue ids belong to messages.  Feed it events
 * in the order of time (it may step back a little, as logs do); facts go to the sink when they are complete:
 * a message when it left the queue and nothing more was said about it for a while.
 */
#ifndef TRACK_TRACK_H
#define TRACK_TRACK_H

#include <stddef.h>

#include "base/ip.h"
#include "event/event.h"
#include "event/line.h"
#include "fact/fact.h"

struct tracker;

struct tracker_options {
	bool keep_lines;           /* remember which lines belong to a fact (trace) */
	unsigned details;          /* of enum fact_detail: what of the facts is kept beside what counting looks at */
	bool one_log;              /* all lines are of one log, which never tells one thing twice (Exim's files) */
	usec_t linger_us;          /* after the last word about a finished message; 0: 30 s of log time */
	usec_t queue_life_us;      /* silence after which an open message is given up; 0: 6 days */
	size_t max_open;           /* messages at once, 0: 4,000,000; past it the oldest is evicted */
	const struct slice *local_domains; /* --local; borrowed for the life of the tracker */
	size_t n_local_domains;
	const struct ip_net *local_nets;   /* --local with networks; borrowed for the life of the tracker */
	size_t n_local_nets;
};

/* figures about the work itself */
struct tracker_stats {
	size_t open_messages, peak_messages;
	uint64_t evicted;          /* messages closed because max_open was reached */
	uint64_t duplicate_lines;  /* lines that another log of the same server had already told */
	size_t held_bytes;
};

struct tracker *tracker_new(const struct tracker_options *o, const struct fact_sink *sink);
void tracker_free(struct tracker *t);

/* One event with its line.  Slices are borrowed for the call; the numbers in all lines are of one input. */
void tracker_feed(struct tracker *t, const struct line *l, const struct event *e);

/* The logs end here: everything that is still open goes to the sink as it stands. */
void tracker_end(struct tracker *t);

struct tracker_stats tracker_stats(const struct tracker *t);

#endif

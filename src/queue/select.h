/* SPDX-License-Identifier: Apache-2.0 */
/*
 * select.h - the messages of a queue that the user wants to see
 */
#ifndef QUEUE_SELECT_H
#define QUEUE_SELECT_H

#include "fact/filter.h"
#include "queue/queue.h"

struct queue_selection {
	const struct filter *filter;   /* borrowed; recipients that have their copy do not count */
	int64_t min_bytes, max_bytes;  /* -1: open */
	usec_t younger_us, older_us;   /* than; -1: open */
	unsigned states;               /* a bit for each state; 0: any */
};

/* the oldest first; the id breaks ties */
struct queue_view {
	const struct queued **items;
	size_t n;
};

/* What is wanted of a queue; items: caller frees. */
struct queue_view queue_select(const struct queue *q, const struct queue_selection *s);

/* figures of a view */
struct queue_totals {
	uint64_t messages, recipients; /* recipients: that still wait */
	int64_t bytes;
	uint64_t states[QUEUE_STATE_COUNT]; /* messages */
	usec_t oldest_us, newest_us;   /* ages; -1 */
	bool rounded;                  /* some sizes are */
};
struct queue_totals queue_totals(const struct queue_view *v);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * why.h - queued messages and what the log tells of them: why they wait, since when, how often they were tried
 */
#ifndef QUEUE_WHY_H
#define QUEUE_WHY_H

#include "diagnose/verdict.h"
#include "queue/queue.h"

struct queue_join;

/* The queue must not grow, nor go, while it is joined: facts hang on its items until queue_join_free(). */
struct queue_join *queue_join_new(struct queue *q);
/* NULL is fine */
void queue_join_free(struct queue_join *j);
/* A message as the tracker tells it.  Of several with the same id that one counts that arrived when the listing says. */
void queue_join_message(struct queue_join *j, const struct message *m);

/* Find the cause of each recipient that waits: from the log, else from the reason in the listing. */
void queue_explain(struct queue *q, const struct diagnoser *d);

/* Why one copy waits, with all that the sentences need. */
struct queue_why {
	bool known;                /* false: nothing but its tries is */
	bool from_log;             /* else from the listing */
	bool hold;                 /* the cause is why it is held or frozen */
	struct cause cause;
	struct complaint complaint;
	struct deed_words deed;
	bool failed_before;        /* it is held or frozen, and that was after tries that failed */
	struct cause cause_before;
	struct complaint complaint_before;
};

/* r: a recipient of m that waits; NULL: what the listing says of the message as a whole.  Slices of the queue. */
void queue_why(const struct diagnoser *d, const struct queued *m, const struct queued_recipient *r, struct queue_why *ret);

#endif

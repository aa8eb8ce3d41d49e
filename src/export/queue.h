/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h - the answer of `queue` as a value, and its renderings
 */
#ifndef EXPORT_QUEUE_H
#define EXPORT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "export/answer.h"
#include "export/redact.h"
#include "export/terminal.h"
#include "queue/select.h"
#include "queue/why.h"
#include "report/panel.h"

struct queue_answer {
	struct answer_head head;   /* of the logs; no sources: none was read */
	bool with_log;
	const struct diagnoser *diagnoser;
	const struct queue *queue;
	struct queue_totals all;   /* in the queue */
	struct queue_view view;    /* selected, the oldest first */
	struct queue_totals totals;
	size_t limit;              /* of messages that are shown; 0: all */
	bool list;                 /* show messages and causes; else nothing but the panels */
	struct panel *panels;      /* causes first, if there are any */
	size_t n_panels;
	usec_t made_us;            /* of the latest listing */
	int32_t utc_offset_sec;    /* of the wall clock in texts */
	struct redact *redact;     /* NULL: names are shown */
};

/* Where a rendering goes; full() is called between messages and may empty *out.  False from it: stop. */
struct queue_out {
	struct strbuf *out;
	const struct term *term;
	bool (*full)(void *ctx);
	void *ctx;
};

void queue_json(const struct queue_out *o, const struct queue_answer *a);
void queue_text(const struct queue_out *o, const struct queue_answer *a);

/* Mask the names in a queue that was read, in place; what the log tells of its messages is masked when it is shown. */
void redact_queue(struct redact *r, struct arena *a, struct queue *q);

/* Why a copy waits, with names masked if they are to be. */
void queue_why_shown(const struct queue_answer *a, struct arena *scratch, const struct queued *m, const struct queued_recipient *r,
		     struct queue_why *ret);
/* A value of the log, the same way */
struct slice queue_shown(const struct queue_answer *a, struct arena *scratch, enum mask mask, struct slice s);

#endif

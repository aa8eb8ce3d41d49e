/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panels.h - a queue as tables: by domain as exiqsumm does, by age as qshape does, by cause
 */
#ifndef QUEUE_PANELS_H
#define QUEUE_PANELS_H

#include "queue/select.h"
#include "report/panel.h"

struct queue_panel_options {
	bool by_sender;            /* domains of senders instead of recipients */
	size_t limit;              /* rows; 0: all */
	bool with_log;             /* logs were asked too */
};

/*
 * All are built in the arena, and borrow names from the view.
 *
 * summary: a recipient that waits counts at its domain, and the message's size with it.  shape: the same by age, in qshape's
 * steps: less than 5, 10, 20 ... 1280 minutes, and older.  By sender, messages are counted.
 */
void queue_panel_summary(struct panel *p, struct arena *a, const struct queue_view *v, const struct queue_panel_options *o);
void queue_panel_shape(struct panel *p, struct arena *a, const struct queue_view *v, const struct queue_panel_options *o);
/* why they wait; the messages that nothing is known of count too */
void queue_panel_causes(struct panel *p, struct arena *a, const struct queue_view *v, const struct queue_panel_options *o);
/* a row for each message, in the order of the view */
void queue_panel_messages(struct panel *p, struct arena *a, const struct queue_view *v, const struct queue_panel_options *o);

#endif

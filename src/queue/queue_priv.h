/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_priv.h - what the forms of listings share
 */
#ifndef QUEUE_QUEUE_PRIV_H
#define QUEUE_QUEUE_PRIV_H

#include "base/cursor.h"
#include "queue/queue.h"

struct queue_reader {
	struct queue *q;
	const struct queue_form *form;
	const struct queue_clock *clock;
	usec_t made_us;            /* latest time at which the listing can have been made; forms may bring it forward */
	uint64_t odd_lines;
};

struct queue_form {
	const char *name, *program;
	enum writer writer;
	/* Does a listing of this form begin here?  text: the beginning of it, perhaps cut in the middle of a line */
	bool (*is_mine)(struct slice text);
	int (*read)(struct queue_reader *r, struct slice text, struct err *reterr);
};

extern const struct queue_form queue_form_exim, queue_form_postfix, queue_form_postfix_json, queue_form_sendmail;

/* the next line without its end; false: there is none */
bool queue_line(struct cur *c, struct slice *ret);
/* blanks and tabs */
void queue_skip_blanks(struct cur *c);
/* up to a blank or the end; may be empty */
struct slice queue_word(struct cur *c);

/* A new message at the end of the list, until the next one is added; nothing of it is known. */
struct queued *queue_add(struct queue_reader *r, struct slice id);
struct queued_recipient *queue_add_recipient(struct queue_reader *r, struct queued *m, struct slice address, bool delivered);

/* "Sat Sep 12 10:15:30" or "Sat Sep 12 10:15", or without the name of the day: the wall clock without a year */
bool queue_stamp(const struct queue_reader *r, struct cur *c, usec_t *ret);

#endif

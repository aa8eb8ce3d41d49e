/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guess.h - what kind of line is it that somebody copied from somewhere?
 *
 * A line may have its envelope or not ("to=<bob@example.net>, relay=..., status=sent (...)"): then each writer is asked.
 */
#ifndef CLI_GUESS_H
#define CLI_GUESS_H

#include <stdbool.h>

#include "envelope/envelope.h"
#include "event/event.h"
#include "event/line.h"

struct guess {
	struct envelope_clock clock;
	struct envelope_scratch scratch;
	struct envelope_numbers numbers;
	usec_t now_us;
	int year;               /* --year; 0: none */
};

/* tz: borrowed; told: it was given, not taken from this machine; year: of --year, or 0 */
void guess_init(struct guess *g, const struct tz *tz, bool told, int year, usec_t now_us);
void guess_done(struct guess *g);

/* The next record of a text: a line, an entry of Exim's reject log, or a reply of several lines; false: there is none. */
bool guess_record(struct slice *text, struct slice *ret);

/* The record as a line of a log; false: it is none.  The slices of both live until guess_done(), as long as the record does. */
bool guess_line(struct guess *g, struct slice record, struct line *l, struct event *e);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * join.h - putting together what was cut on its way: entries of Exim in syslog, lines of containers
 *
 * Exim sends an entry of more than 870 bytes, or of several lines, as several syslog records, each with
 * "[N/M] " (the next piece follows without a break) or "[N\M] " (a newline stood here) in front of its
 * text.  Pieces of different processes may interleave, so they are kept by host, program, pid and M.
 * Source: Exim src/log.c, write_syslog().
 *
 * Containers' lines are cut at 16 KiB: Docker's pieces have no newline at their end, those of CRI a P instead of an F.
 * Lines of standard output and standard error may interleave.  A line's envelope is looked at when it is whole.
 * Source: Docker daemon/logger/copier.go; Kubernetes, CRI logging.
 */
#ifndef ENVELOPE_JOIN_H
#define ENVELOPE_JOIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "envelope/envelope.h"
#include "event/line.h"

struct envelope_pending;

/* Pieces that wait for the rest of their record.  Zero-initialised is ready to use; one per source. */
struct envelope_joiner {
	struct envelope_pending *pending; /* oldest first */
	size_t n, cap;
	bool has_ready;    /* one more record: to be taken before the next one is read */
	struct line ready;
};

bool envelope_join_in_full(struct envelope_joiner *j, struct envelope_clock *clock, struct line *l);

/*
 * envelope_next - envelope_parse() of a record that may be a piece of a longer one
 *
 * Call it on every record of a source, in order; clock->room is set.  Returns true if *l is to be handed on: an
 * ordinary record is what envelope_parse() makes of it; the last piece has become the whole record: raw and text lie in
 * clock->room, line_count is the sum, time, number and offset are those of the first piece.  Returns false if *l was
 * kept for later.  When too much is waiting, *l becomes the oldest incomplete record, marked LINE_CUT.  If a record that
 * will never be whole stands in the way of *l, *l becomes that and what *l was is in j->ready.
 */
static inline bool envelope_next(struct envelope_joiner *j, struct envelope_clock *clock, struct line *l)
{
	return LIKELY(envelope_quick(clock, l)) || envelope_join_in_full(j, clock, l);
}

/* At the end of the source: the next record that never became whole, false if there is none. */
bool envelope_join_flush(struct envelope_joiner *j, struct envelope_clock *clock, struct line *l);
void envelope_join_done(struct envelope_joiner *j);

#endif

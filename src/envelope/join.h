/* SPDX-License-Identifier: Apache-2.0 */
/*
 * join.h - putting together what Exim cut for syslog
 *
 * Exim sends an entry of more than 870 bytes, or of several lines, as several syslog records, each with
 * "[N/M] " (the next piece follows without a break) or "[N\M] " (a newline stood here) in front of its
 * text.  Pieces of different processes may interleave, so they are kept by host, program, pid and M.
 * Source: Exim src/log.c, write_syslog().
 */
#ifndef ENVELOPE_JOIN_H
#define ENVELOPE_JOIN_H

#include <stdbool.h>
#include <stddef.h>

#include "event/line.h"

struct envelope_pending;

/* Pieces that wait for the rest of their entry.  Zero-initialised is ready to use; one per source. */
struct envelope_joiner {
	struct envelope_pending *pending; /* oldest first */
	size_t n, cap;
};

bool envelope_join_piece(struct envelope_joiner *j, struct line *l, char **ret_bytes);

/*
 * envelope_join - settle a record that may be a piece of a longer one
 *
 * Call it on every record of a source, in order, after envelope_parse() and before anything else.
 * Returns true if *l is to be handed on: an ordinary record is left as it is; the last piece has become the
 * whole entry: text and raw (of the first piece) lie joined in *ret_bytes, which the caller frees with free();
 * line_count is the sum, time, number and offset are those of the first piece.  Returns false if *l was kept for
 * later.  When too much is waiting, *l becomes the oldest incomplete entry, marked LINE_CUT.  *ret_bytes is left
 * alone unless *l was put together.
 */
static inline bool envelope_join(struct envelope_joiner *j, struct line *l, char **ret_bytes)
{
	if (l->text.n < 6 || l->text.p[0] != '[' || l->program.n < 4 || l->program.p[0] != 'e')
		return true;
	return envelope_join_piece(j, l, ret_bytes);
}

/* At the end of the source: the next entry that never became whole (marked LINE_CUT), false if there is none. */
bool envelope_join_flush(struct envelope_joiner *j, struct line *l, char **ret_bytes);
void envelope_join_done(struct envelope_joiner *j);

#endif

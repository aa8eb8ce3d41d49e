/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repeat.h - "last message repeated 2 times": a record that stands for copies of the one before it
 *
 * Syslog daemons write it instead of equal records.  Only whoever has the record before can tell what it means; with
 * that it becomes what rsyslog would have written, which names the text itself: "message repeated 2 times: [ TEXT]" (see
 * parse/repeated.h).
 * Source: sysklogd, FreeBSD syslogd, busybox: "last message repeated N times", without a tag; syslog-ng lib/logwriter.c:
 * "Last message 'TWENTY BYTES OF IT' repeated N times, suppressed by syslog-ng on HOST", with the tag.
 */
#ifndef ENVELOPE_REPEAT_H
#define ENVELOPE_REPEAT_H

#include <stdbool.h>
#include <stddef.h>

#include "envelope/envelope.h"
#include "event/line.h"

#define ENVELOPE_REPEAT_MAX_BYTES ((size_t)2048) /* of a text that are repeated; Postfix cuts its own there */

/* Does the record's text say that another is repeated?  envelope_parse() sets LINE_REPEAT by it. */
bool envelope_is_repeat(struct slice program, struct slice text);

/* May a record be the one that is repeated? */
static inline bool envelope_repeatable(const struct line *l)
{
	return l->program.p != NULL && l->text.n > 0;
}

/*
 * envelope_repeat - what does a record with LINE_REPEAT repeat?
 *
 * before: the record before it in the same file, or NULL.  If that is one of the same host (and, where the record names
 * a program, of the same one, with that text), *l becomes a record of that program with the text told above, in
 * clock->room.  Else *l is left as it is, without LINE_REPEAT: wrong guesses are worse than none.
 */
void envelope_repeat(struct envelope_clock *clock, const struct line *before, struct line *l);

#endif

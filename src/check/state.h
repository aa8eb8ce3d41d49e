/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - what `check` remembers between two calls
 *
 * A JSON file: how far each log was read, when the last mail was seen, and, with --period, the counts of the calls before.
 * It is replaced as a whole, and a lock beside it (FILE.lock) lets one call at a time read and replace it.
 */
#ifndef CHECK_STATE_H
#define CHECK_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/usec.h"
#include "check/counter.h"
#include "input/mark.h"

/* one call, or several of the past together */
struct check_span {
	usec_t from_us, until_us; /* this machine's clock */
	struct check_counts counts;
};

struct check_state {
	char *path;               /* NULL: nothing is remembered */
	int lock_fd;
	bool fresh;               /* there was no state yet */
	usec_t created_us;
	usec_t last_mail_us, last_line_us; /* in the log; USEC_NONE: none was seen */
	struct input_marks marks;
	struct check_span *spans; /* oldest first */
	size_t n_spans, cap_spans;
};

#define STATE_WAIT_US (10 * USEC_PER_SEC) /* for another call to end */

/*
 * state_open - lock and read it
 *
 * Makes the directory if it is not there (0700).  Returns 0; ERR_LIMIT if another call holds the lock for longer than STATE_WAIT_US;
 * ERR_FORMAT if the file is damaged; ERR_OPEN, ERR_READ; ERR_UNSUPPORTED without jansson.  state_done() in either case.
 */
ATTR_NODISCARD int state_open(struct check_state *s, const char *path, usec_t now_us, struct err *reterr);
/* What the file is to hold. */
void state_text(const struct check_state *s, struct strbuf *out);
/* Replace the file at s->path while the lock is held.  ERR_WRITE; what was there is still there then. */
ATTR_NODISCARD int state_write(const char *path, struct slice text, struct err *reterr);
void state_done(struct check_state *s);

/*
 * state_add - remember the counts of this call, and forget what lies before `keep_from_us`
 *
 * Calls that come often are remembered by the minute: memory grows with the period, not with the calls.
 */
void state_add(struct check_state *s, const struct check_span *span, usec_t keep_from_us);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_log.h - reading what is new of the logs, each line once
 *
 * What a new line means may hang on lines before it.  They are read again, and everything is counted twice: with the new lines and
 * without.  The difference is what is new.  How far back the next reading goes is known at the end of this one: to the first line
 * of what is still open then (a message in the queue, a session), and CONTEXT_US at least, but no further than CONTEXT_BYTES.
 */
#ifndef CLI_CHECK_LOG_H
#define CLI_CHECK_LOG_H

#include "check/counter.h"
#include "check/state.h"
#include "cli/app.h"
#include "cli/pipeline.h"

struct check_log {
	struct pipeline pipeline;
	struct counter *all, *before;
	struct check_counts fresh;         /* of the new lines */
	usec_t last_mail_us, last_line_us; /* in what was read; USEC_NONE */
	struct input_marks marks;          /* for the next time */
};

/*
 * check_log_read - read what is new since the marks; NULL: everything
 *
 * d: NULL if `blocklisted` is not asked for.  Returns 0 or an error of input_open(); check_log_done() in either case.
 */
ATTR_NODISCARD int check_log_read(struct check_log *log, struct app *app, const char *const *paths, size_t n_paths,
				  const struct input_marks *marks, const struct diagnoser *d, struct err *reterr);
void check_log_done(struct check_log *log);

#endif

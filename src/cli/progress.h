/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h - "1.2 GB of 3.4 GB (35 %), 410 MB/s, 5 s left" on a terminal, while the logs are read
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "base/usec.h"
#include "input/input.h"

/* Only for people who wait: nothing is shown in the first second, or where standard error is no terminal. */
struct progress {
	bool wanted;
	bool shown;
	usec_t begun_us, next_us; /* on the monotonic clock */
};

void progress_begin(struct progress *p, bool wanted);
/* how far the work has got; cheap to call for every batch */
void progress_step(struct progress *p, const struct input_position *position);
/* the words: `spent_us` after the beginning; what is not known is left out */
void progress_text(struct strbuf *out, const struct input_position *at, usec_t spent_us);
/* wipe what was shown */
void progress_end(struct progress *p);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h - "1,234,567 lines ..." on a terminal, while the logs are read
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/usec.h"

/* Only for people who wait: nothing is shown in the first second, or where standard error is no terminal. */
struct progress {
	bool wanted;
	bool shown;
	usec_t next_us; /* on the monotonic clock */
};

void progress_begin(struct progress *p, bool wanted);
/* lines: read so far; cheap to call for every batch */
void progress_step(struct progress *p, uint64_t lines);
/* wipe what was shown */
void progress_end(struct progress *p);

#endif

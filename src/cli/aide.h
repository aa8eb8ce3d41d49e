/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aide.h - a process that was started before the sandbox was entered, and does one thing when it is told to
 *
 * Writing a file or mailing a report comes after logs were read, when the process that read them may do neither.  The aide has
 * read nothing: it waits for the bytes, does with them what was settled before, and says how it went.  What it does with them
 * is nothing that the bytes could change.
 */
#ifndef CLI_AIDE_H
#define CLI_AIDE_H

#include <sys/types.h>

#include "base/err.h"
#include "base/slice.h"

/* In the aide; returns 0 or a code, as *reterr says. */
typedef int aide_work(void *ctx, struct slice bytes, struct err *reterr);

/* Zero-initialised is one that was not started. */
struct aide {
	pid_t pid;
	int to, from;
};

/* Before any thread was started.  ctx is as it is now: the aide has its own copy. */
ATTR_NODISCARD int aide_start(struct aide *a, aide_work *work, void *ctx, struct err *reterr);
/* Have it done, wait, and let the aide go; what *reterr says is the aide's. */
ATTR_NODISCARD int aide_do(struct aide *a, struct slice bytes, struct err *reterr);
/* It is not needed any more; of one that was not started, or that did its work, nothing. */
void aide_end(struct aide *a);

#endif

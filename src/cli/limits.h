/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.h - what this process may take of the machine
 */
#ifndef CLI_LIMITS_H
#define CLI_LIMITS_H

#include "base/err.h"
#include "cli/options.h"

#define LIMITS_NONE SIZE_MAX /* --memory-limit off */

/*
 * limits_set - a cap on memory, small stacks of threads, and no core dump: it would hold what is in the mail logs
 *
 * Without --memory-limit the cap is half of the machine's memory, or what --memory needs if that is more.  Past it
 * allocations fail and the program ends with a sentence and EXIT_INPUT (base/alloc.h).  Before any thread is started.
 */
ATTR_NODISCARD int limits_set(const struct options *o, struct err *reterr);

/* How many threads may work under the cap, the caller's among them: their stacks take a quarter of it at most; at least 1. */
unsigned limits_threads(void);

#endif

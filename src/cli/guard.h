/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.h - when the sandbox is entered, and by whom
 *
 * In two steps: guard_enter() before the first byte that a stranger may have written is looked at, and guard_paths() when it
 * is known which files are to be read.  What needs more than reading is started before the first: the pager (guard_enter()
 * does that), the programs that list a queue, and the aides that write files and send mails (cli/aide.h).
 * --no-sandbox, MAILWHY_SANDBOX=off and builds with sanitizers (but for MAILWHY_SANDBOX=on) go without.
 */
#ifndef CLI_GUARD_H
#define CLI_GUARD_H

#include "cli/app.h"

/* Also reads the rules of causes of this site, which are files.  Once; then it does nothing. */
void guard_enter(struct app *app);
/* Both steps.  Once; then it does nothing. */
void guard_paths(struct app *app, const char *const *paths, size_t n);

#endif

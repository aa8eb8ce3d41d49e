/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grep.h - `trace --grep PATTERN`: the lines that exigrep would print
 */
#ifndef CLI_GREP_H
#define CLI_GREP_H

#include "cli/app.h"

/* Prints all lines of every message of which one line matches; returns the exit code. */
int trace_grep(struct app *app, const char *pattern, const char *const *logs, size_t n_logs);

#endif

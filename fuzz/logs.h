/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logs.h - an input as log files with names
 *
 * A line "== NAME" begins a file of that name (letters, digits, '.', '-' and '_'); what stands before the first of them is "log".
 */
#ifndef FUZZ_LOGS_H
#define FUZZ_LOGS_H

#include <stddef.h>

#include "base/slice.h"

#define LOGS_MAX 4

struct logs {
	const char *paths[LOGS_MAX];
	struct slice bytes[LOGS_MAX]; /* what each holds; parts of the input */
	size_t n;
};

/* Write the files into a folder of this process, which is removed when it ends. */
void logs_write(struct logs *logs, struct slice input);
void logs_remove(struct logs *logs);

/* One file, written anew each time; the path lives as long as the program. */
const char *logs_file(const char *name, struct slice bytes);

#endif

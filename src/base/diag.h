/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diag.h - where library code sends its warnings
 *
 * Nothing below the commands prints.  What the user should know beside the answer goes to the sink that the
 * command passed in; a warning says what happens next ("..., skipping").
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include "base/attr.h"

enum diag_level {
	DIAG_INFO,
	DIAG_WARNING, /* the answer is complete, but something is odd */
	DIAG_ERROR,   /* an input could not be read: the answer lacks it (exit code 3) */
};

struct diag {
	void (*emit)(void *ctx, enum diag_level level, const char *text); /* text: one line, no newline */
	void *ctx;
};

/* d may be NULL: then nothing is said.  Control bytes in the text become '?'. */
void diag_say(const struct diag *d, enum diag_level level, const char *format, ...) ATTR_PRINTF(3, 4);

#endif

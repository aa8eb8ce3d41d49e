/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err.h - what went wrong with the environment, told once
 *
 * Functions that can fail for a reason outside the program return 0 or a negative enum err_code and fill a
 * struct err that the caller owns (NULL: the caller does not want to know).  Odd log lines are data, not
 * errors; our own mistakes are assert().
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum err_code {
	ERR_OK = 0,
	ERR_USAGE = -1,       /* the user asked for something that does not exist */
	ERR_OPEN = -2,        /* a file or directory could not be opened */
	ERR_READ = -3,        /* reading or decompressing failed after some bytes */
	ERR_FORMAT = -4,      /* the bytes are not what they should be (not a log, truncated archive) */
	ERR_LIMIT = -5,       /* a cap stated at init was reached */
	ERR_NOT_FOUND = -6,   /* nothing of that name */
	ERR_WRITE = -7,       /* output failed */
	ERR_UNSUPPORTED = -8, /* this build lacks the feature */
};

struct err {
	enum err_code code;
	int sys_errno;   /* 0 if no system call was involved */
	uint64_t line;   /* 0 if no line is meant */
	size_t offset;   /* in bytes, within the input named in msg */
	char msg[512];   /* one sentence without a full stop; safe to print (no control bytes) */
};

/* Fill *reterr (NULL is fine) and return code, for "return err_set(reterr, ERR_OPEN, ...)". */
int err_set(struct err *reterr, enum err_code code, const char *format, ...) ATTR_PRINTF(3, 4);

/* The same, with ": strerror(sys_errno)" appended. */
int err_set_errno(struct err *reterr, enum err_code code, int sys_errno, const char *format, ...)
	ATTR_PRINTF(4, 5);

/* Put "context: " in front of the message. */
void err_prefix(struct err *reterr, const char *format, ...) ATTR_PRINTF(2, 3);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.h - run a program of this machine and take what it prints
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "base/err.h"
#include "base/strbuf.h"
#include "base/usec.h"

struct run_limits {
	usec_t timeout_us;
	size_t bytes;              /* of output */
};

/*
 * run_program - argv[0] is the path; no shell, nothing on its standard input, no environment but PATH and the C locale
 *
 * Its standard output is added to `out`.  ERR_OPEN: it could not be started; ERR_READ: it failed (with the first line of what
 * it said on standard error); ERR_LIMIT: it took too long or printed too much, and was killed.
 */
ATTR_NODISCARD int run_program(char *const *argv, const struct run_limits *limits, struct strbuf *out, struct err *reterr);

#endif

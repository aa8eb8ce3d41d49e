/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.h - the answer on its way to standard output
 *
 * One buffer, written with write(2) when it is full and at the end.  A closed pipe is silence (`| head`):
 * nothing more is written, the exit code stays what it was.  Any other failure is told once, at the end.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/strbuf.h"

#define OUTPUT_BUFFER_BYTES ((size_t)64 << 10)

struct output {
	struct strbuf buf; /* commands add here, then call output_check() */
	int fd;
	bool closed;       /* nobody reads any more */
	int write_errno;   /* of the first write that failed for another reason */
	const char *pager_command; /* to be started before the first byte; NULL: none */
	pid_t pager;       /* 0: not running */
};

/* pager: a shell command to put between us and the terminal, borrowed; NULL: none.  Without any output it is
 * not started; if it can't be, the output goes to fd. */
void output_init(struct output *o, int fd, const char *pager);
/* The pager will be wanted, and later it can't be started: it waits for the first byte, and leaves if there is none. */
void output_ready(struct output *o);
/* Write if the buffer is full.  False: nobody reads any more, stop working. */
bool output_check(struct output *o);
/* Write everything.  False as above. */
bool output_flush(struct output *o);
/* Flush, close, wait for the pager.  ERR_WRITE if something was lost for a reason that matters. */
ATTR_NODISCARD int output_done(struct output *o, struct err *reterr);

#endif

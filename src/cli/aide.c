/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aide.c - a process that waits for bytes, and does with them what was settled before
 *
 * The bytes come behind their number; if fewer come, whoever sent them is gone and nothing is done.
 * Trap: what is forked later holds our end of the pipe too, so that the aide may not wait for its end to be closed.
 */
#include "cli/aide.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"

#define NOTHING_TO_DO UINT64_MAX
#define MAX_BYTES     (UINT64_C(1) << 30)

/* the bytes of a value */
static bool write_value(int fd, const void *p, size_t n)
{
	return io_write_all(fd, slice_of(p, n));
}

static bool read_all(int fd, void *p, size_t n)
{
	char *at = p;

	while (n) {
		ssize_t got = read(fd, at, n);

		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		at += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
	return true;
}

static ATTR_NORETURN void be_the_aide(int in, int out, aide_work *work, void *ctx)
{
	struct err err = { 0 };
	uint64_t n;
	char *bytes;

	if (!read_all(in, &n, sizeof n) || n > MAX_BYTES)
		_exit(0);
	bytes = xmalloc((size_t)n);
	if (read_all(in, bytes, (size_t)n)) {
		(void)work(ctx, slice_of(bytes, (size_t)n), &err);
		(void)write_value(out, &err, sizeof err);
	}
	free(bytes);
	_exit(0);
}

int aide_start(struct aide *a, aide_work *work, void *ctx, struct err *reterr)
{
	int to[2] = { -1, -1 }, from[2] = { -1, -1 }, e;

	*a = (struct aide){ .pid = -1 };
	if (pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0)
		a->pid = fork();
	e = errno;
	if (a->pid == 0) {
		(void)close(to[1]);
		(void)close(from[0]);
		be_the_aide(to[0], from[1], work, ctx);
	}
	(void)close(to[0]);
	(void)close(from[1]);
	a->to = to[1];
	a->from = from[0];
	if (a->pid > 0)
		return 0;
	(void)close(to[1]);
	(void)close(from[0]);
	*a = (struct aide){ 0 };
	return err_set_errno(reterr, ERR_WRITE, e, "a process for the answer cannot be started");
}

static void part(struct aide *a)
{
	(void)close(a->to);
	(void)close(a->from);
	while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*a = (struct aide){ 0 };
}

int aide_do(struct aide *a, struct slice bytes, struct err *reterr)
{
	uint64_t n = bytes.n;
	struct err err;
	bool done;

	if (n > MAX_BYTES) {
		aide_end(a);
		return err_set(reterr, ERR_LIMIT, "the answer has more than %d MiB", (int)(MAX_BYTES >> 20));
	}
	done = write_value(a->to, &n, sizeof n) && io_write_all(a->to, bytes) && read_all(a->from, &err, sizeof err);
	part(a);
	if (!done)
		return err_set(reterr, ERR_WRITE, "the process that was to write the answer is gone");
	if (err.code && reterr)
		*reterr = err;
	return (int)err.code;
}

void aide_end(struct aide *a)
{
	const uint64_t nothing = NOTHING_TO_DO;

	if (!a->pid)
		return;
	(void)write_value(a->to, &nothing, sizeof nothing);
	part(a);
}

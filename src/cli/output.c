/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.c - buffered writing, closed pipes, full disks, the pager
 */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

void output_init(struct output *o, int fd, const char *pager)
{
	*o = (struct output){ .fd = fd, .pager_command = pager };
}

/* in the child: it may have been started long before there is an answer, or for none */
static void wait_for_answer(int fd)
{
	struct pollfd answer = { .fd = fd, .events = POLLIN };

	while (poll(&answer, 1, -1) < 0 && errno == EINTR)
		;
	if (!(answer.revents & POLLIN))
		_exit(0);
}

static void start_pager(struct output *o, const char *pager)
{
	int pipe_fds[2];
	pid_t child;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return;
	child = fork();
	if (child < 0) {
		(void)close(pipe_fds[0]);
		(void)close(pipe_fds[1]);
		return;
	}
	if (child == 0) {
		(void)dup2(pipe_fds[0], STDIN_FILENO);
		(void)close(pipe_fds[0]);
		(void)close(pipe_fds[1]);
		wait_for_answer(STDIN_FILENO);
		/* less: leave if it fits on one screen, keep our colours, chop nothing */
		(void)setenv("LESS", "FRX", 0);
		(void)setenv("LV", "-c", 0);
		(void)execl("/bin/sh", "sh", "-c", pager, (char *)NULL);
		_exit(127);
	}
	(void)close(pipe_fds[0]);
	o->fd = pipe_fds[1];
	o->pager = child;
}

void output_ready(struct output *o)
{
	if (o->pager_command)
		start_pager(o, o->pager_command);
	o->pager_command = NULL;
}

bool output_flush(struct output *o)
{
	size_t at = 0;

	if (o->buf.n)
		output_ready(o);
	while (at < o->buf.n && !o->closed && !o->write_errno) {
		ssize_t n = write(o->fd, o->buf.p + at, o->buf.n - at);

		if (n > 0)
			at += (size_t)n;
		else if (n < 0 && errno == EPIPE)
			o->closed = true;
		else if (n < 0 && errno == EAGAIN) /* somebody made our terminal non-blocking */
			(void)poll(&(struct pollfd){ .fd = o->fd, .events = POLLOUT }, 1, -1);
		else if (n < 0 && errno != EINTR)
			o->write_errno = errno;
	}
	strbuf_clear(&o->buf);
	return !o->closed && !o->write_errno;
}

bool output_check(struct output *o)
{
	if (o->buf.n < OUTPUT_BUFFER_BYTES)
		return !o->closed && !o->write_errno;
	return output_flush(o);
}

int output_done(struct output *o, struct err *reterr)
{
	(void)output_flush(o);
	strbuf_done(&o->buf);
	/* network file systems tell a full disk on close */
	if (close(o->fd) < 0 && errno != EINTR && !o->closed && !o->write_errno)
		o->write_errno = errno;
	while (o->pager && waitpid(o->pager, NULL, 0) < 0 && errno == EINTR)
		;
	o->pager = 0;
	if (o->write_errno)
		return err_set_errno(reterr, ERR_WRITE, o->write_errno, "cannot write the answer");
	return 0;
}

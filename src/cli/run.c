/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.c - run a program of this machine and take what it prints
 */
#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/attr.h"

#define READ_BYTES      ((size_t)64 << 10)
#define WORDS_MAX_BYTES 400 /* of standard error that are told */
#define NOT_STARTED     127

static usec_t monotonic(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

/* in the child */
static void start(char *const *argv, const int out[2], const int words[2])
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	static char *const environment[] = { path, locale, NULL };
	int nothing = open("/dev/null", O_RDONLY);

	(void)setpgid(0, 0);
	(void)signal(SIGPIPE, SIG_DFL);
	if (nothing >= 0)
		(void)dup2(nothing, STDIN_FILENO);
	if (dup2(out[1], STDOUT_FILENO) >= 0 && dup2(words[1], STDERR_FILENO) >= 0)
		(void)execve(argv[0], argv, environment);
	_exit(NOT_STARTED);
}

/* Read what is there; false at the end. */
static bool take(int fd, struct strbuf *out, size_t max)
{
	size_t room = out->n < max ? max - out->n : 0;
	char *p = strbuf_reserve(out, READ_BYTES);
	ssize_t n = read(fd, p, READ_BYTES);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	out->n += (size_t)n < room ? (size_t)n : room;
	out->p[out->n] = '\0';
	return n > 0;
}

/* Until both ends are closed; false: too long, or too much. */
static bool take_all(int out_fd, int words_fd, const struct run_limits *limits, struct strbuf *out, struct strbuf *words)
{
	struct pollfd fds[] = { { .fd = out_fd, .events = POLLIN }, { .fd = words_fd, .events = POLLIN } };
	usec_t end = monotonic() + limits->timeout_us;
	size_t max = out->n + limits->bytes;

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		usec_t left = end - monotonic();

		if (left <= 0)
			return false;
		if (poll(fds, ARRAY_LEN(fds), (int)(left / 1000 + 1)) < 0 && errno != EINTR)
			return false;
		if (fds[0].revents && !take(out_fd, out, max + 1))
			fds[0].fd = -1;
		if (fds[1].revents && !take(words_fd, words, WORDS_MAX_BYTES))
			fds[1].fd = -1;
		if (out->n > max)
			return false;
		fds[0].revents = fds[1].revents = 0;
	}
	return true;
}

static int tell(const char *path, int status, const struct strbuf *words, struct err *reterr)
{
	struct slice text = slice_trim(strbuf_slice(words));

	text = slice_trim(slice_head(text, slice_find_byte(text, '\n')));
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_STARTED && !text.n)
		return err_set(reterr, ERR_OPEN, "'%s' cannot be run", path);
	if (WIFSIGNALED(status))
		return err_set(reterr, ERR_READ, "'%s' was killed by signal %d", path, WTERMSIG(status));
	if (text.n)
		return err_set(reterr, ERR_READ, "'%s' failed: %.*s", path, SLICE_ARG(text));
	return err_set(reterr, ERR_READ, "'%s' failed with exit code %d", path, WEXITSTATUS(status));
}

static void close_both(const int fds[2])
{
	(void)close(fds[0]);
	(void)close(fds[1]);
}

int run_program(char *const *argv, const struct run_limits *limits, struct strbuf *out, struct err *reterr)
{
	struct strbuf words = { 0 };
	int out_fds[2], word_fds[2], status = 0, r = 0;
	pid_t child;
	bool ended;

	if (pipe2(out_fds, O_CLOEXEC) < 0)
		return err_set_errno(reterr, ERR_OPEN, errno, "'%s'", argv[0]);
	if (pipe2(word_fds, O_CLOEXEC) < 0) {
		r = err_set_errno(reterr, ERR_OPEN, errno, "'%s'", argv[0]);
		close_both(out_fds);
		return r;
	}
	child = fork();
	if (child == 0)
		start(argv, out_fds, word_fds);
	(void)close(out_fds[1]);
	(void)close(word_fds[1]);
	if (child < 0) {
		r = err_set_errno(reterr, ERR_OPEN, errno, "'%s'", argv[0]);
	} else {
		ended = take_all(out_fds[0], word_fds[0], limits, out, &words);
		if (!ended) {
			(void)kill(-child, SIGKILL);
			(void)kill(child, SIGKILL);
		}
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		if (!ended)
			r = err_set(reterr, ERR_LIMIT, "'%s' took longer than %d seconds, or printed more than %zu MiB", argv[0],
				    (int)(limits->timeout_us / USEC_PER_SEC), limits->bytes >> 20);
		else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			r = tell(argv[0], status, &words, reterr);
	}
	(void)close(out_fds[0]);
	(void)close(word_fds[0]);
	strbuf_done(&words);
	return r;
}

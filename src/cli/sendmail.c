/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sendmail.c - hand a mail to this machine's mail server
 *
 * The mail goes to it as a file in memory, and what it says comes back as one: no pipe can fill, and a delivery that it
 * starts in the background does not keep us waiting.
 */
#include "cli/sendmail.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/usec.h"

#define TIMEOUT_US      (120 * USEC_PER_SEC)
#define PAUSE_US        10000
#define WORDS_MAX_BYTES 400 /* of what it says that are told */
#define NOT_STARTED     127

static const char *usual_program(void)
{
	static const char *const PLACES[] = { "/usr/sbin/sendmail", "/usr/lib/sendmail" };

	return access(PLACES[0], X_OK) < 0 && access(PLACES[1], X_OK) == 0 ? PLACES[1] : PLACES[0];
}

/* a file in memory that holds the mail, to be read from its begin */
static int mail_file(struct slice mail)
{
	int fd = memfd_create("mail", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (!io_write_all(fd, mail)) {
		(void)close(fd);
		return -1;
	}
	(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

/* in the child */
static void start(const char *path, const char *const *to, size_t n_to, int mail, int words)
{
	const char **argv = xcalloc(n_to + 3, sizeof *argv);

	argv[0] = path;
	argv[1] = "-i";
	memcpy(argv + 2, to, n_to * sizeof *to);
	(void)signal(SIGPIPE, SIG_DFL);
	if (dup2(mail, STDIN_FILENO) >= 0 && dup2(words, STDOUT_FILENO) >= 0 && dup2(words, STDERR_FILENO) >= 0)
		(void)execv(path, (char *const *)(uintptr_t)argv);
	_exit(NOT_STARTED);
}

/* false: it took too long and was killed */
static bool wait_for(pid_t child, int *ret_status)
{
	const struct timespec pause = { 0, PAUSE_US * 1000 };

	for (usec_t waited = 0;; waited += PAUSE_US) {
		pid_t r = waitpid(child, ret_status, waited < TIMEOUT_US ? WNOHANG : 0);

		if (r == child)
			return waited < TIMEOUT_US;
		if (r < 0 && errno != EINTR)
			return false;
		if (waited + PAUSE_US >= TIMEOUT_US)
			(void)kill(child, SIGKILL);
		(void)nanosleep(&pause, NULL);
	}
}

static int tell(const char *path, int status, int words, struct err *reterr)
{
	char text[WORDS_MAX_BYTES];
	ssize_t n = pread(words, text, sizeof text, 0);
	struct slice said = slice_trim(slice_of(text, n > 0 ? (size_t)n : 0));

	said = slice_trim(slice_head(said, slice_find_byte(said, '\n')));
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_STARTED && !said.n)
		return err_set(reterr, ERR_WRITE, "cannot mail: '%s' cannot be run (the setting `sendmail` may name another)", path);
	if (WIFSIGNALED(status))
		return err_set(reterr, ERR_WRITE, "cannot mail: '%s' was killed by signal %d", path, WTERMSIG(status));
	return err_set(reterr, ERR_WRITE, "cannot mail: '%s' failed with exit code %d%s%.*s", path, WEXITSTATUS(status), said.n ? ": " : "",
		       SLICE_ARG(said));
}

int sendmail_send(struct slice mail, const char *program, const char *const *to, size_t n_to, struct err *reterr)
{
	const char *path = program ? program : usual_program();
	int in = mail_file(mail), words = memfd_create("words", MFD_CLOEXEC), status = 0, r = 0;
	pid_t child = in < 0 || words < 0 ? -1 : fork();

	if (child == 0)
		start(path, to, n_to, in, words);
	if (child < 0)
		r = err_set_errno(reterr, ERR_WRITE, errno, "cannot mail: '%s'", path);
	else if (!wait_for(child, &status))
		r = err_set(reterr, ERR_WRITE, "cannot mail: '%s' took longer than %d seconds", path, (int)(TIMEOUT_US / USEC_PER_SEC));
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		r = tell(path, status, words, reterr);
	if (in >= 0)
		(void)close(in);
	if (words >= 0)
		(void)close(words);
	return r;
}

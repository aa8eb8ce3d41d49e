/* SPDX-License-Identifier: Apache-2.0 */
/*
 * save.c - an answer into a file, whole or not at all
 */
#include "cli/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"

#define TRIES 100 /* names for the file beside it */

/* a pipe, a terminal, /dev/stdout */
static int write_to(const char *path, struct slice text, struct err *reterr)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int failed = fd < 0 || !io_write_all(fd, text) ? errno : 0;

	if (fd >= 0 && close(fd) < 0 && !failed && errno != EINTR)
		failed = errno;
	return failed ? err_set_errno(reterr, ERR_WRITE, failed, "cannot write '%s'", path) : 0;
}

/* a new file beside `path`; *ret_name is to be freed */
static int open_beside(const char *path, char **ret_name)
{
	for (int i = 0; i < TRIES; i++) {
		char *name = xasprintf("%s.%ld.%d.tmp", path, (long)getpid(), i);
		int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

		if (fd >= 0) {
			*ret_name = name;
			return fd;
		}
		free(name);
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

static int replace(const char *path, const struct stat *old, struct slice text)
{
	char *name = NULL;
	int fd = open_beside(path, &name), failed = 0;

	if (fd < 0)
		return errno;
	/* who could not read the old one must not read the new one */
	if (old && fchmod(fd, old->st_mode & 0777) < 0)
		failed = errno;
	if (!failed && (!io_write_all(fd, text) || fsync(fd) < 0))
		failed = errno;
	if (close(fd) < 0 && !failed && errno != EINTR)
		failed = errno;
	if (!failed && rename(name, path) < 0)
		failed = errno;
	if (failed)
		(void)unlink(name);
	free(name);
	return failed;
}

int save_file(const char *path, struct slice text, struct err *reterr)
{
	struct stat st;
	bool there = stat(path, &st) == 0;
	char *real = NULL;
	int failed;

	if (there && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return write_to(path, text, reterr);
	if (there)
		real = realpath(path, NULL);
	failed = there && S_ISDIR(st.st_mode) ? EISDIR : replace(real ? real : path, there ? &st : NULL, text);
	free(real);
	return failed ? err_set_errno(reterr, ERR_WRITE, failed, "cannot write '%s'", path) : 0;
}

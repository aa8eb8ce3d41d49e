/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logs.c - files for targets that read files
 */
#include "logs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/cursor.h"

#define NAME_MAX_BYTES 40

#define FILES_MAX 8

static char *folder;
static char *files[FILES_MAX]; /* of logs_file() */

static void remove_all(void)
{
	for (size_t i = 0; i < FILES_MAX && files[i]; i++) {
		(void)unlink(files[i]);
		free(files[i]);
	}
	(void)rmdir(folder);
	free(folder);
}

static void make_folder(void)
{
	const char *where = getenv("TMPDIR");

	if (folder)
		return;
	folder = xasprintf("%s/mailwhy-fuzz-XXXXXX", where ? where : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(folder)) {
		perror(folder);
		exit(1);
	}
	(void)atexit(remove_all);
}

static void write_file(const char *path, struct slice bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	while (fd >= 0 && bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n <= 0)
			break;
		bytes = slice_from(bytes, (size_t)n);
	}
	if (fd < 0 || bytes.n) {
		perror(path);
		exit(1);
	}
	(void)close(fd);
}

const char *logs_file(const char *name, struct slice bytes)
{
	char *path;
	size_t i;

	make_folder();
	path = xasprintf("%s/%s", folder, name);
	for (i = 0; i + 1 < FILES_MAX && files[i] && strcmp(files[i], path) != 0; i++)
		;
	if (files[i])
		free(path);
	else
		files[i] = path;
	write_file(files[i], bytes);
	return files[i];
}

/* "== mail.log.1" */
static bool names_file(struct slice line, struct slice *ret)
{
	struct slice name = slice_starts(line, "== ") ? slice_from(line, 3) : SLICE_NONE;

	for (size_t i = 0; i < name.n; i++)
		if (!ascii_alnum(name.p[i]) && name.p[i] != '-' && name.p[i] != '_' && (name.p[i] != '.' || i == 0))
			return false;
	*ret = name;
	return name.n > 0 && name.n <= NAME_MAX_BYTES;
}

static void add(struct logs *logs, struct slice name, struct slice bytes)
{
	char *path = xasprintf("%s/%.*s", folder, SLICE_ARG(name));

	for (size_t i = 0; i < logs->n; i++)
		if (slice_eq(slice_str(logs->paths[i]), slice_str(path))) {
			free(path);
			return;
		}
	write_file(path, bytes);
	logs->bytes[logs->n] = bytes;
	logs->paths[logs->n++] = path;
}

void logs_write(struct logs *logs, struct slice input)
{
	struct cur c = cur_of(input);
	struct slice name = SLICE("log"), next;
	const char *begin = input.p, *end = input.p;

	make_folder();
	*logs = (struct logs){ .n = 0 };
	while (!cur_at_end(&c) && logs->n + 1 < LOGS_MAX) {
		if (!names_file(cur_token(&c, '\n'), &next)) {
			end = c.p;
			continue;
		}
		if (end != begin)
			add(logs, name, slice_between(begin, end));
		name = next;
		begin = end = c.p;
	}
	add(logs, name, slice_between(begin, c.end));
}

void logs_remove(struct logs *logs)
{
	for (size_t i = 0; i < logs->n; i++) {
		(void)unlink(logs->paths[i]);
		free((void *)(uintptr_t)logs->paths[i]);
	}
	logs->n = 0;
}

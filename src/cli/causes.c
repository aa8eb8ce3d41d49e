/* SPDX-License-Identifier: Apache-2.0 */
/*
 * causes.c - the rules of causes: ours, and those of the site
 */
#include "cli/causes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"

#define SITE_DIR       "/etc/mailwhy/causes"
#define FILE_MAX_BYTES ((size_t)1 << 20)
#define FILES_MAX      1000

static int is_rule_file(const struct dirent *e)
{
	return e->d_name[0] != '.' && slice_ends(slice_str(e->d_name), ".rules");
}

/* all of it, or an errno */
static int read_file(const char *path, struct strbuf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), e;

	if (fd < 0)
		return errno;
	e = io_read_all(fd, FILE_MAX_BYTES, out);
	(void)close(fd);
	return e;
}

static void add_file(struct app *app, const char *path)
{
	struct strbuf text = { 0 };
	int e = read_file(path, &text);

	if (e)
		diag_say(&app->diag, DIAG_WARNING, "'%s' cannot be read (%s), going on without its causes", path, strerror(e));
	else
		(void)diagnoser_add(app->diagnoser, path, strbuf_slice(&text), &app->diag);
	strbuf_done(&text);
}

static void add_dir(struct app *app, const char *dir, bool must_be)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_rule_file, alphasort);

	if (n < 0) {
		if (errno == ENOTDIR)
			add_file(app, dir);
		else if (must_be || errno != ENOENT)
			diag_say(&app->diag, DIAG_WARNING, "'%s' cannot be read (%s), going on without its causes", dir,
				 strerror(errno));
		return;
	}
	if (must_be && n == 0)
		diag_say(&app->diag, DIAG_WARNING, "there is no *.rules in '%s'", dir);
	for (int i = 0; i < n; i++) {
		char *path = xasprintf("%s/%s", dir, names[i]->d_name);

		if (i < FILES_MAX)
			add_file(app, path);
		free(path);
		free(names[i]);
	}
	free(names);
	if (n > FILES_MAX)
		diag_say(&app->diag, DIAG_WARNING, "'%s' holds %d files of rules; only the first %d count", dir, n, FILES_MAX);
}

const struct diagnoser *app_diagnoser(struct app *app)
{
	if (!app->diagnoser) {
		app->diagnoser = diagnoser_new();
		add_dir(app, app->options.causes ? app->options.causes : SITE_DIR, app->options.causes != NULL);
	}
	return app->diagnoser;
}

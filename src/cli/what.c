/* SPDX-License-Identifier: Apache-2.0 */
/*
 * what.c - what `trace` is asked for
 */
#include "cli/what.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"

#define WHAT_FILE_MAX_BYTES ((size_t)16 << 20)

static bool is_log(const char *word)
{
	glob_t found = { 0 };
	bool yes;

	if (strcmp(word, "-") == 0 || access(word, F_OK) == 0)
		return true;
	if (!strpbrk(word, "*?["))
		return false;
	yes = glob(word, GLOB_NOSORT, NULL, &found) == 0;
	globfree(&found);
	return yes;
}

static int add(struct what *w, struct app *app, struct slice text, struct err *reterr)
{
	int r = filter_add_what(app->filter, text, reterr);

	if (r < 0)
		return r;
	w->items = vec_grow(w->items, w->n, &w->cap, sizeof *w->items);
	w->items[w->n++] = arena_copy(&w->arena, text);
	return 0;
}

static int read_whole(const char *path, struct strbuf *out, struct err *reterr)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), e;

	if (fd < 0)
		return err_set_errno(reterr, ERR_OPEN, errno, "cannot open the list '%s'", path);
	e = io_read_all(fd, WHAT_FILE_MAX_BYTES, out);
	if (!is_stdin)
		(void)close(fd);
	if (e == EFBIG)
		return err_set(reterr, ERR_LIMIT, "the list '%s' is longer than 16 MiB", path);
	return e ? err_set_errno(reterr, ERR_READ, e, "cannot read the list '%s'", path) : 0;
}

/* one WHAT a line; empty lines and those that begin with '#' are left out */
static int add_list(struct what *w, struct app *app, const char *path, struct err *reterr)
{
	struct strbuf text = { 0 };
	size_t at = 0, before = w->n;
	int r = read_whole(path, &text, reterr);

	while (r == 0 && at < text.n) {
		struct slice rest = slice_from(strbuf_slice(&text), at);
		size_t n = slice_find_byte(rest, '\n');
		struct slice line = slice_trim(slice_head(rest, n));

		if (line.n && line.p[0] != '#')
			r = add(w, app, line, reterr);
		at += n + 1;
	}
	if (r == 0 && w->n == before)
		r = err_set(reterr, ERR_USAGE, "the list '%s' is empty", path);
	strbuf_done(&text);
	return r;
}

int what_read(struct what *w, struct app *app, struct err *reterr)
{
	const struct options *o = &app->options;
	bool given = o->all || o->what_files.n || o->grep;

	w->logs = app->args;
	w->n_logs = app->n_args;
	for (size_t i = 0; i < o->what_files.n; i++) {
		int r = add_list(w, app, o->what_files.items[i], reterr);

		if (r < 0)
			return r;
	}
	if (!given && w->n_logs && !(o->n_filters && is_log(w->logs[0]))) {
		int r = add(w, app, slice_str(w->logs[0]), reterr);

		if (r < 0)
			return r;
		w->logs++;
		w->n_logs--;
		given = true;
	}
	if (!given && !o->n_filters)
		return err_set(reterr, ERR_USAGE,
			       "trace what? An address, @domain, queue id, Message-ID, IP, host, subject or "
			       "account; "
			       "or --all");
	w->all = w->n == 0;
	return 0;
}

void what_done(struct what *w)
{
	free(w->items);
	arena_clear(&w->arena);
}

bool what_has_address(const struct what *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (slice_find_byte(w->items[i], '@') < w->items[i].n)
			return true;
	return false;
}

void what_hint(const struct what *w, struct strbuf *out, const struct term *t)
{
	for (size_t i = 0; i < w->n && i < 3; i++) {
		char *path = xslicedup(w->items[i]);

		if (access(path, F_OK) == 0) {
			strbuf_add_str(out, "'");
			(void)term_cell(out, t, TERM_NAME, w->items[i], 0);
			strbuf_add_str(
				out,
				"' is the name of a file: the first word after trace is what to look for. "
				"Try: mailwhy trace --all ");
			term_shell_word(out, w->items[i]);
			strbuf_add_byte(out, '\n');
		}
		free(path);
	}
}

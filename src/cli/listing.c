/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listing.c - the listings that `queue` reads
 */
#include "cli/listing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/io.h"
#include "cli/run.h"

#define ARGUMENTS_MAX 4
#define TIMEOUT_US    (120 * USEC_PER_SEC) /* a queue of half a million messages takes its time */

enum row_kind { ROW_LISTING, ROW_OR_ELSE, ROW_ALSO };

static const struct {
	enum row_kind kind;
	const char *argv[ARGUMENTS_MAX + 1];
} ROWS[] = {
#define LISTING(...) { ROW_LISTING, { __VA_ARGS__ } },
#define OR_ELSE(...) { ROW_OR_ELSE, { __VA_ARGS__ } },
#define ALSO(...)    { ROW_ALSO, { __VA_ARGS__ } },
#include "data/queue_programs.def"
#undef LISTING
#undef OR_ELSE
#undef ALSO
};

static struct listing *add(struct listings *l, const char *name)
{
	l->items = vec_grow(l->items, l->n, &l->cap, sizeof *l->items);
	l->items[l->n] = (struct listing){ .name = xstrdup(name), .changed_us = USEC_NONE };
	return &l->items[l->n++];
}

static void drop_last(struct listings *l)
{
	struct listing *last = &l->items[--l->n];

	strbuf_done(&last->text);
	free(last->name);
}

/* --- files -------------------------------------------------------------------------------------------- */

/* until there are max_bytes, at most LISTING_MAX_BYTES; ERR_LIMIT if that is not all */
static int read_bytes(int fd, const char *name, size_t max_bytes, struct strbuf *out, struct err *reterr)
{
	int e = io_read_all(fd, max_bytes, out);

	if (e == EFBIG && max_bytes == LISTING_MAX_BYTES)
		return err_set(reterr, ERR_LIMIT, "'%s': a listing of more than %zu MiB is not read", name, LISTING_MAX_BYTES >> 20);
	return e && e != EFBIG ? err_set_errno(reterr, ERR_READ, e, "'%s'", name) : 0;
}

static int read_stdin(struct listings *l, struct err *reterr)
{
	struct listing *one = add(l, "-");
	int r = read_bytes(STDIN_FILENO, "-", LISTING_MAX_BYTES, &one->text, reterr);

	if (r < 0)
		return r;
	one->form = queue_recognise(strbuf_slice(&one->text));
	if (!one->form)
		return err_set(reterr, ERR_FORMAT,
			       "standard input is no listing of a queue (exim -bp, postqueue -p, postqueue -j, mailq)");
	return 0;
}

/* *ret: it was a listing.  What cannot be opened is left to those who read logs. */
static int try_file(struct listings *l, const char *path, bool first, bool *ret, struct err *reterr)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;
	struct listing *one;
	struct stat st;

	*ret = false;
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) < 0 || !(S_ISREG(st.st_mode) || (S_ISFIFO(st.st_mode) && first))) {
		(void)close(fd);
		return 0;
	}
	one = add(l, path);
	r = read_bytes(fd, path, QUEUE_LOOK_BYTES, &one->text, reterr);
	if (r == 0) {
		one->form = queue_recognise(strbuf_slice(&one->text));
		*ret = one->form && queue_form_program(one->form);
		if (*ret)
			r = read_bytes(fd, path, LISTING_MAX_BYTES, &one->text, reterr);
		else if (S_ISFIFO(st.st_mode))
			r = err_set(reterr, ERR_FORMAT, "'%s': this pipe is no listing of a queue", path);
	}
	(void)close(fd);
	if (S_ISREG(st.st_mode))
		one->changed_us = st.st_mtim.tv_sec * USEC_PER_SEC;
	if (!*ret)
		drop_last(l);
	return r;
}

/* --- programs ----------------------------------------------------------------------------------------- */

static int run_row(struct listings *l, size_t row, struct err *reterr)
{
	const struct run_limits limits = { TIMEOUT_US, LISTING_MAX_BYTES };
	struct strbuf name = { 0 };
	char *argv[ARGUMENTS_MAX + 1] = { NULL };
	struct listing *one;
	int r;

	for (size_t i = 0; i < ARGUMENTS_MAX && ROWS[row].argv[i]; i++) {
		argv[i] = (char *)(uintptr_t)ROWS[row].argv[i];
		strbuf_add_str(&name, i ? " " : "");
		strbuf_add_str(&name, argv[i]);
	}
	one = add(l, name.p);
	strbuf_done(&name);
	r = run_program(argv, &limits, &one->text, reterr);
	if (r < 0 && geteuid() != 0 && slice_contains_fold(slice_str(reterr->msg), SLICE("permission")))
		err_prefix(reterr, "the queue of this machine is for root and the mail server's own group to see");
	if (r == 0) {
		one->form = queue_recognise(strbuf_slice(&one->text));
		if (!one->form)
			r = err_set(reterr, ERR_FORMAT, "what '%s' prints is no listing that mailwhy knows", one->name);
	}
	if (r < 0)
		drop_last(l);
	return r;
}

static int run_programs(struct listings *l, const struct app *app, struct err *reterr)
{
	struct err also = { 0 };
	int r;

	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		if (ROWS[i].kind != ROW_LISTING || access(ROWS[i].argv[0], X_OK) < 0)
			continue;
		r = run_row(l, i, reterr);
		for (i++; i < ARRAY_LEN(ROWS) && ROWS[i].kind != ROW_LISTING; i++) {
			if (ROWS[i].kind == ROW_OR_ELSE && r < 0)
				r = run_row(l, i, reterr);
			else if (ROWS[i].kind == ROW_ALSO && r == 0 && access(ROWS[i].argv[0], X_OK) == 0 && run_row(l, i, &also) < 0)
				diag_say(&app->diag, DIAG_WARNING, "%s; the rest of the queue is shown", also.msg);
		}
		return r;
	}
	return err_set(reterr, ERR_NOT_FOUND, "this machine has no mail server that lists its queue: name a file with a listing, or "
					      "- for standard input");
}

/* --- all of them -------------------------------------------------------------------------------------- */

int listings_read(struct listings *l, const struct app *app, struct err *reterr)
{
	bool is_listing;
	int r;

	*l = (struct listings){ .logs = xcalloc(app->n_args + 1, sizeof *l->logs) };
	for (size_t i = 0; i < app->n_args; i++) {
		is_listing = slice_is(slice_str(app->args[i]), "-");
		r = is_listing ? read_stdin(l, reterr) : try_file(l, app->args[i], i == 0, &is_listing, reterr);
		if (r < 0)
			return r;
		if (!is_listing)
			l->logs[l->n_logs++] = app->args[i];
	}
	return l->n ? 0 : run_programs(l, app, reterr);
}

void listings_done(struct listings *l)
{
	while (l->n)
		drop_last(l);
	free(l->items);
	free(l->logs);
}

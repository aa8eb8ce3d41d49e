/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_explain.c - `mailwhy explain`: what each part of a log line, reply or code means
 *
 * The text comes from the command line or from standard input.  It is cut into records (record_next()); each is looked at as a
 * line of a log (line_of_log()), and if it is none, as a reply, a code or a word.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/app.h"
#include "cli/causes.h"
#include "cli/guard.h"
#include "cli/guess.h"
#include "diagnose/explain.h"
#include "export/answer.h"
#include "export/explain.h"

#define EXPLAIN_TOP       10
#define STDIN_MAX_BYTES   ((size_t)16 << 20)

struct explaining {
	struct app *app;
	const struct diagnoser *diagnoser;
	struct guess guess;
	struct json json;
	size_t n, known, more;
};

static bool read_stdin(struct strbuf *text, struct err *reterr)
{
	int e = io_read_all(STDIN_FILENO, STDIN_MAX_BYTES, text);

	if (e == EFBIG)
		text->n = STDIN_MAX_BYTES;
	else if (e)
		(void)err_set_errno(reterr, ERR_READ, e, "standard input");
	return !e || e == EFBIG;
}

static void explain_record(struct explaining *w, struct slice record, bool last)
{
	struct explanation x = { .language = w->app->options.json ? TR_ENGLISH : TR_LOCAL };
	struct line line;
	struct event event;

	if (guess_line(&w->guess, record, &line, &event)) {
		if (event.kind == EV_FOREIGN && line.envelope == ENVELOPE_EXCHANGE && !last)
			return; /* a header of Exchange's: its columns are kept for the rows */
		explain_line(&x, w->diagnoser, &line, &event);
		if (event.kind == EV_FOREIGN && line.envelope != ENVELOPE_EXCHANGE)
			x.kind = EXPLAIN_UNKNOWN;
	} else {
		explain_text(&x, w->diagnoser, record);
	}
	w->known += x.kind != EXPLAIN_UNKNOWN;
	if (w->app->options.json) {
		explain_to_json(&w->json, &x);
		strbuf_add_byte(&w->app->out.buf, '\n');
		w->json.comma = false;
	} else {
		if (w->n)
			strbuf_add_byte(&w->app->out.buf, '\n');
		explain_to_text(&w->app->out.buf, &w->app->term, &x);
	}
	w->n++;
	explanation_done(&x);
}

static void explain_all(struct explaining *w, struct slice text)
{
	const struct options *o = &w->app->options;
	size_t limit = o->top ? o->top : EXPLAIN_TOP;
	struct slice record;

	json_init(&w->json, &w->app->out.buf, 0);
	while (guess_record(&text, &record)) {
		if (!o->no_limit && w->n >= limit) {
			w->more++;
			continue;
		}
		explain_record(w, record, !text.n);
		if (!output_check(&w->app->out))
			return;
	}
	if (w->more && !o->json)
		strbuf_printf(&w->app->out.buf, "\n%zu more not explained; --no-limit explains all\n", w->more);
}

static void join_words(struct strbuf *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			strbuf_add_byte(text, ' ');
		strbuf_add_str(text, words[i]);
	}
}

static int run(struct app *app)
{
	struct explaining w = { .app = app };
	bool from_stdin = app->n_args == 0 || (app->n_args == 1 && slice_is(slice_str(app->args[0]), "-"));
	struct strbuf text = { 0 };
	struct err err = { 0 };

	if (app->n_args == 0 && isatty(STDIN_FILENO) == 1)
		(void)err_set(&err, ERR_USAGE, "explain what? Give a log line, a reply or a code: mailwhy explain \"550 5.1.1 ...\"");
	else if (!from_stdin)
		join_words(&text, app->args, app->n_args);
	else
		(void)read_stdin(&text, &err);
	if (err.code) {
		strbuf_done(&text);
		return app_fail(app, &err);
	}
	w.diagnoser = app_diagnoser(app);
	guard_enter(app);
	guard_paths(app, NULL, 0);
	guess_init(&w.guess, app->tz, app->options.n_zones > 0, app->options.year, app->now_us);
	explain_all(&w, strbuf_slice(&text));
	guess_done(&w.guess);
	strbuf_done(&text);
	if (!w.n)
		diag_say(&app->diag, DIAG_WARNING, "there was nothing to explain");
	return w.known ? EXIT_FOUND : EXIT_NOTHING;
}

const struct command command_explain = {
	.name = "explain",
	.bit = ON_EXPLAIN,
	.arguments = "[TEXT...]",
	.summary = "what a log line, a server's reply, a code or a flag means",
	.help = "Explains every part of a log line in order, says what the line means as a whole, and for a failure the\n"
		"cause and what to do.  TEXT may also be a reply (\"550 5.7.1 ...\"), a code (5.7.26, 421), \"defer (-44)\",\n"
		"an errno, a flag or field of a log (=>, H=, delays=), a program (postfix/cleanup), one of Exim's log\n"
		"selectors, a queue id, or the id of a cause (generic-mailbox-full).  Without TEXT, or with -, it reads lines from standard input.\n"
		"\n"
		"  tail -1 /var/log/mail.log | mailwhy explain\n"
		"  mailwhy explain 550 5.7.26 This mail is unauthenticated\n"
		"  mailwhy explain '=>'          # quote what the shell would take",
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grep.c - `trace --grep PATTERN`: the lines that exigrep would print
 *
 * Into a file or a pipe go the very bytes of the logs; a terminal gets them made safe.
 */
#include "cli/grep.h"

#include "cli/pipeline.h"
#include "compat/exigrep.h"

struct grepping {
	struct app *app;
	struct compat_exigrep *grep;
};

static void print_line(struct app *app, struct slice text)
{
	struct strbuf *out = &app->out.buf;
	struct arena arena = { 0 };

	if (app->redact)
		text = redact_value(app->redact, &arena, MASK_RAW, text);
	if (app->to_terminal)
		(void)term_text(out, text);
	else
		strbuf_add(out, text);
	arena_clear(&arena);
}

static void print(void *ctx, struct slice text)
{
	struct app *app = ctx;

	while ((app->to_terminal || app->redact) && text.n) {
		size_t n = slice_find_byte(text, '\n');

		print_line(app, slice_head(text, n));
		if (n < text.n)
			strbuf_add_byte(&app->out.buf, '\n');
		text = slice_from(text, n + (n < text.n));
	}
	strbuf_add(&app->out.buf, text);
	(void)output_check(&app->out);
}

static bool feed(void *ctx, const struct line *l, const struct event *e)
{
	struct grepping *g = ctx;

	compat_exigrep_feed(g->grep, l, e);
	return output_check(&g->app->out);
}

int trace_grep(struct app *app, const char *pattern, const char *const *logs, size_t n_logs)
{
	struct grepping g = { .app = app };
	struct pipeline pipe;
	struct err err = { 0 };
	int code;

	g.grep = compat_exigrep_new(slice_str(pattern), false, false, print, app, &err);
	if (!g.grep)
		return app_fail(app, &err);
	if (pipeline_open(&pipe, app, logs, n_logs, 0, &err) < 0) {
		compat_exigrep_free(g.grep);
		return app_fail(app, &err);
	}
	pipeline_run(&pipe, feed, &g);
	compat_exigrep_end(g.grep);
	code = compat_exigrep_shown(g.grep) ? EXIT_FOUND : EXIT_NOTHING;
	if (pipeline_failed(&pipe))
		code = EXIT_INPUT;
	pipeline_close(&pipe);
	compat_exigrep_free(g.grep);
	return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_help.c - `mailwhy help`: the manual, without man(1)
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "cli/app.h"
#include "cli/help.h"
#include "cli/manual.h"
#include "cli/nearest.h"
#include "cli/values.h"
#include "manual/text.h"

static int unknown_topic(struct app *app, const char *topic)
{
	struct value_words w = { 0 };
	struct err err = { 0 };
	const char **names, *near;

	(void)value_form_of("TOPIC", &w);
	names = xcalloc(w.n + 1, sizeof *names);
	for (size_t i = 0; i < w.n; i++)
		names[i] = w.items[i].word;
	near = nearest_name(slice_str(topic), names, w.n);
	(void)err_set(&err, ERR_USAGE, "the manual has no page '%s'%s%s%s", topic, near ? "; did you mean '" : ": mailwhy --help lists the commands",
		      near ? near : "", near ? "'?" : "");
	free(names);
	value_words_done(&w);
	return app_fail(app, &err);
}

static int run(struct app *app)
{
	struct strbuf markup = { 0 };
	struct manual_page page;
	int code = EXIT_FOUND;

	if (!app->n_args) {
		help_brief(app, NULL);
		return EXIT_FOUND;
	}
	if (app->n_args > 1) {
		struct err err = { 0 };

		(void)err_set(&err, ERR_USAGE, "help takes one topic");
		return app_fail(app, &err);
	}
	if (manual_page_find(slice_str(app->args[0]), &page))
		manual_page_add(&markup, &page);
	else if (!manual_cause_add(&markup, slice_str(app->args[0])))
		code = unknown_topic(app, app->args[0]);
	manual_text(&app->out.buf, strbuf_slice(&markup), help_width(app), app->term.colour);
	strbuf_done(&markup);
	return code;
}

const struct command command_help = {
	.name = "help",
	.bit = ON_HELP,
	.arguments = "[TOPIC]",
	.summary = "the manual: of a command, of the settings, of a cause",
	.help = "TOPIC is a command, conf (the settings), causes (all of them), mailwhy (the program as a whole), or the id of a "
		"cause. Without one it prints the same as mailwhy --help.\n\n"
		"  mailwhy help trace\n"
		"  mailwhy help causes\n"
		"  mailwhy help google-no-such-user",
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.c - when the sandbox is entered, and by whom
 */
#include "cli/guard.h"

#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "cli/causes.h"
#include "cli/sandbox.h"

/* Sanitizers: the leak checker traces its own process at the end, and reports are made by another program. */
static bool is_wanted(const struct app *app)
{
	const char *word = getenv("MAILWHY_SANDBOX");

	if (app->options.no_sandbox)
		return false;
	return !BUILT_SANITIZED || (word && strcmp(word, "on") == 0);
}

void guard_enter(struct app *app)
{
	if (app->confined)
		return;
	app->confined = true;
	if (app->command_bit & (ON_FACTS | ON_QUEUE | ON_EXPLAIN))
		(void)app_diagnoser(app);
	output_ready(&app->out);
	if (is_wanted(app))
		(void)sandbox_filter();
}

void guard_paths(struct app *app, const char *const *paths, size_t n)
{
	guard_enter(app);
	if (app->paths_confined)
		return;
	app->paths_confined = true;
	if (is_wanted(app))
		(void)sandbox_paths(paths, n, app_locale_dir());
}

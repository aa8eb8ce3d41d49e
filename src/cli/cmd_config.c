/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_config.c - `mailwhy config`: which settings are in force, and where does each come from?
 *
 * The text is a configuration file itself: what nobody set is commented out, and where a value comes from is a comment behind it.
 */
#include <errno.h>
#include <string.h>

#include "base/cursor.h"
#include "base/json.h"
#include "cli/app.h"
#include "export/answer.h"

#define FROM_COLUMN 56

struct showing {
	struct app *app;
	const struct config *config;
	struct slice *wanted;      /* keys, and begins of keys that end before a dot; none: all */
	size_t n_wanted;
	bool all;                  /* also what nobody set */
};

/* --- which keys ----------------------------------------------------------------------------------------- */

/* "threats" and "threats.brute_force" are begins of "threats.brute_force.failures" */
static bool covers(struct slice wanted, struct slice name)
{
	return slice_eq(wanted, name) || (name.n > wanted.n && name.p[wanted.n] == '.' && slice_eq(wanted, slice_head(name, wanted.n)));
}

static bool is_wanted(const struct showing *s, struct slice name)
{
	for (size_t i = 0; i < s->n_wanted; i++)
		if (covers(s->wanted[i], name))
			return true;
	return s->n_wanted == 0;
}

static int check_wanted(struct showing *s, struct err *reterr)
{
	struct strbuf name = { 0 };

	for (size_t i = 0; i < s->n_wanted; i++) {
		bool known = false;
		config_id id;

		for (id = 0; id < config_n_ids() && !known; id++) {
			strbuf_clear(&name);
			config_id_name(id, &name);
			known = covers(s->wanted[i], strbuf_slice(&name));
		}
		strbuf_done(&name);
		if (!known)
			return config_find(s->wanted[i], &id, reterr);
	}
	return 0;
}

/* a word as it is compared: redact-key is redact_key, a dot at the end is left out */
static struct slice plain_word(struct arena *a, const char *word)
{
	struct slice s = slice_str(word);
	char *p;

	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	p = arena_bytes(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] == '-' ? '_' : s.p[i];
	return slice_of(p, s.n);
}

/* the values of a key: *at is the place in the sorted list, and moves behind them */
static size_t values_of(const struct config *c, config_id id, size_t *at)
{
	size_t from = *at;

	while (*at < c->n && c->values[*at].id == id)
		++*at;
	return *at - from;
}

/* --- text ----------------------------------------------------------------------------------------------- */

/* the comment behind a value that begins at `line`; more: NULL, or a word beside it */
static void add_from(struct showing *s, size_t line, const struct config_origin *from, const char *more)
{
	struct strbuf *out = &s->app->out.buf, text = { 0 };
	size_t width = out->n - line;

	strbuf_printf(out, "%*s  ", width < FROM_COLUMN ? (int)(FROM_COLUMN - width) : 0, "");
	strbuf_add_str(&text, "# ");
	config_origin_text(&text, from);
	if (more)
		strbuf_printf(&text, ": %s", more);
	(void)term_cell(out, &s->app->term, TERM_DIM, strbuf_slice(&text), 0);
	strbuf_done(&text);
	strbuf_add_byte(out, '\n');
}

static void add_value(struct showing *s, struct slice value)
{
	struct strbuf *out = &s->app->out.buf;
	const char *quote = config_quotes(value);

	strbuf_add_str(out, quote);
	(void)term_text(out, value);
	strbuf_add_str(out, quote);
}

static void show_text(struct showing *s, config_id id, const struct config_value *values, size_t n)
{
	static const struct config_origin BUILT_IN = { ORIGIN_BUILT_IN, NULL, 0 };
	struct strbuf *out = &s->app->out.buf, name = { 0 }, fallback = { 0 };
	size_t line;

	config_id_name(id, &name);
	for (size_t i = 0; i < n; i++) {
		line = out->n;
		(void)term_cell(out, &s->app->term, TERM_NAME, strbuf_slice(&name), 0);
		strbuf_add_str(out, " = ");
		add_value(s, slice_str(values[i].text));
		add_from(s, line, &values[i].from, NULL);
	}
	if (!n) {
		bool is_value = config_id_fallback(id, &fallback);

		line = out->n;
		strbuf_printf(out, "#%s =%s%s", name.p, is_value ? " " : "", is_value ? fallback.p : "");
		add_from(s, line, &BUILT_IN, is_value ? NULL : fallback.p);
	}
	strbuf_done(&fallback);
	strbuf_done(&name);
}

static void files_text(struct showing *s)
{
	struct strbuf *out = &s->app->out.buf;
	const struct config *c = s->config;

	for (size_t i = 0; i < c->n_files; i++) {
		int e = c->files[i].sys_errno;

		strbuf_add_str(out, "# ");
		(void)term_text(out, slice_str(c->files[i].path));
		strbuf_printf(out, ": %s\n", c->files[i].read ? "read" : e == ENOENT || e == ENOTDIR ? "not there" : "cannot be read");
	}
	strbuf_add_byte(out, '\n');
}

/* --- JSON ----------------------------------------------------------------------------------------------- */

static const char *const ORIGINS[] = {
	[ORIGIN_BUILT_IN] = "built_in", [ORIGIN_FILE] = "file", [ORIGIN_VARIABLE] = "variable", [ORIGIN_OPTION] = "option" };

static void from_json(struct json *j, const struct config_origin *from)
{
	json_key(j, "from");
	json_begin_object(j);
	json_kv_str(j, "kind", ORIGINS[from->kind]);
	json_kv_str(j, "name", from->name);
	json_kv_int_or_null(j, "line", from->line ? (int64_t)from->line : -1);
	json_end_object(j);
}

static void show_json(struct json *j, config_id id, const struct config_value *values, size_t n)
{
	struct strbuf text = { 0 };

	json_begin_object(j);
	config_id_name(id, &text);
	json_kv_string(j, "key", strbuf_slice(&text));
	strbuf_clear(&text);
	(void)config_id_fallback(id, &text);
	json_kv_string(j, "default", strbuf_slice(&text));
	json_key(j, "values");
	json_begin_array(j);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(j);
		json_kv_str(j, "value", values[i].text);
		from_json(j, &values[i].from);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
	strbuf_done(&text);
}

static void files_json(struct json *j, const struct config *c)
{
	json_key(j, "files");
	json_begin_array(j);
	for (size_t i = 0; i < c->n_files; i++) {
		json_begin_object(j);
		json_kv_str(j, "file", c->files[i].path);
		json_kv_bool(j, "read", c->files[i].read);
		json_end_object(j);
	}
	json_end_array(j);
}

static void problems_json(struct json *j, const struct config *c)
{
	json_key(j, "problems");
	json_begin_array(j);
	for (size_t i = 0; i < c->n_problems; i++) {
		json_begin_object(j);
		from_json(j, &c->problems[i].from);
		json_kv_str(j, "text", c->problems[i].text);
		json_end_object(j);
	}
	json_end_array(j);
	json_kv_int(j, "lines_left_out", (int64_t)c->lines_left_out);
}

/* --- what is asked for ---------------------------------------------------------------------------------- */

/* what is shown of all keys: text or JSON */
static void show_keys(struct showing *s, struct json *j)
{
	struct strbuf *out = &s->app->out.buf, name = { 0 };
	int group = -1;
	size_t at = 0;

	for (config_id id = 0; id < config_n_ids(); id++) {
		size_t from = at, n = values_of(s->config, id, &at);
		int own = (int)config_key_info(config_id_key(id)).group;

		strbuf_clear(&name);
		config_id_name(id, &name);
		if (!is_wanted(s, strbuf_slice(&name)) || (!n && !s->all))
			continue;
		if (!s->app->options.json && !s->n_wanted && s->all && own != group)
			strbuf_printf(out, "%s# --- %s ---\n", group < 0 ? "" : "\n", config_group_heading((enum config_group)own));
		group = own;
		if (s->app->options.json)
			show_json(j, id, &s->config->values[from], n);
		else
			show_text(s, id, &s->config->values[from], n);
	}
	strbuf_done(&name);
}

static void show(struct showing *s)
{
	struct app *app = s->app;
	struct json j;

	if (!app->options.json) {
		if (!s->n_wanted)
			files_text(s);
		show_keys(s, NULL);
		if (!s->config->n && !s->all)
			strbuf_add_str(&app->out.buf, "# Nothing is set; `mailwhy config --show` shows every key with what holds then.\n");
		return;
	}
	json_init(&j, &app->out.buf, 2);
	json_begin_object(&j);
	json_kv_int(&j, "schema", ANSWER_SCHEMA);
	files_json(&j, s->config);
	json_key(&j, "keys");
	json_begin_array(&j);
	show_keys(s, &j);
	json_end_array(&j);
	problems_json(&j, s->config);
	json_end_object(&j);
	strbuf_add_byte(&app->out.buf, '\n');
}

static int run_show(struct app *app)
{
	struct showing s = { .app = app, .config = &app->config, .n_wanted = app->n_args, .all = app->options.show || app->n_args };
	struct err err = { 0 };

	s.wanted = arena_alloc(&app->memory, (app->n_args + 1) * sizeof *s.wanted);
	for (size_t i = 0; i < app->n_args; i++)
		s.wanted[i] = plain_word(&app->memory, app->args[i]);
	if (check_wanted(&s, &err) < 0)
		return app_fail(app, &err);
	if (!app->options.json)
		config_tell(&app->config, &app->diag);
	show(&s);
	return EXIT_FOUND;
}

/* "FILE:3: ..." */
static void problem_text(struct app *app, const struct config_problem *p)
{
	struct strbuf text = { 0 };

	config_origin_text(&text, &p->from);
	diag_say(&app->diag, DIAG_ERROR, "%s: %s", text.p, p->text);
	strbuf_done(&text);
}

/* the files among the words, or what is in force */
static int run_check(struct app *app)
{
	struct config named = { .command = ON_CONFIG };
	const struct config *c = app->n_args ? &named : &app->config;
	int code = EXIT_FOUND;
	size_t n_read = 0;
	struct json j;

	for (size_t i = 0; i < app->n_args; i++)
		(void)config_parse_file(&named, app->args[i]);
	for (size_t i = 0; i < c->n_files; i++)
		n_read += c->files[i].read;
	for (size_t i = 0; i < c->n_problems; i++)
		code = c->problems[i].unreadable && code != EXIT_USAGE ? EXIT_INPUT : EXIT_USAGE;
	if (app->options.json) {
		json_init(&j, &app->out.buf, 2);
		json_begin_object(&j);
		json_kv_int(&j, "schema", ANSWER_SCHEMA);
		files_json(&j, c);
		problems_json(&j, c);
		json_end_object(&j);
		strbuf_add_byte(&app->out.buf, '\n');
	} else {
		for (size_t i = 0; i < c->n_problems; i++)
			problem_text(app, &c->problems[i]);
		if (!c->n_problems)
			strbuf_printf(&app->out.buf, "nothing wrong: %zu settings in %zu files\n", c->n, n_read);
		if (c->lines_left_out)
			diag_say(&app->diag, DIAG_ERROR, "after so many mistakes nobody looked at %llu more lines",
				 (unsigned long long)c->lines_left_out);
	}
	config_done(&named);
	return code;
}

static int run(struct app *app)
{
	const struct options *o = &app->options;
	struct err err = { 0 };

	if (o->example + o->check + o->show > 1)
		(void)err_set(&err, ERR_USAGE, "of --show, --example and --check one is enough");
	else if (o->example && (app->n_args || o->json))
		(void)err_set(&err, ERR_USAGE, "--example prints a file: it takes no words and no --json");
	if (err.code)
		return app_fail(app, &err);
	if (o->check)
		return run_check(app);
	if (!o->example)
		return run_show(app);
	config_example(&app->out.buf);
	return EXIT_FOUND;
}

const struct command command_config = {
	.name = "config",
	.bit = ON_CONFIG,
	.arguments = "[KEY...]",
	.summary = "which settings are in force, and where each comes from",
	.help = "Shows what was set in /etc/mailwhy/mailwhy.conf, /etc/mailwhy/conf.d/, the user's own file, MAILWHY_ variables\n"
		"and the command line, with the place where each value stands; --show adds what nobody set.  A KEY shows that\n"
		"one, or all that begin with it.  Options of other commands that are keys may be given too: they stand beside\n"
		"the rest as a command would see them.  No configuration is needed for anything (docs/configuration.md).\n\n"
		"  mailwhy config\n"
		"  mailwhy config --show threats.brute_force\n"
		"  mailwhy config --check /etc/mailwhy/mailwhy.conf  # code 2: it is wrong\n"
		"  mailwhy config --example > mailwhy.conf",
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_report.c - `mailwhy report [LOG...]`: how is the mail going?
 *
 * Lines become events, events facts, facts counters; what comes out is the same panels in every form.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "cli/app.h"
#include "cli/causes.h"
#include "cli/deliver.h"
#include "cli/nearest.h"
#include "cli/peers.h"
#include "cli/pipeline.h"
#include "export/answer.h"
#include "export/html.h"
#include "export/panel_cell.h"
#include "export/panel_csv.h"
#include "export/panel_html.h"
#include "export/panel_json.h"
#include "export/panel_text.h"
#include "report/problems.h"
#include "report/report.h"
#include "track/track.h"

#define PROBLEMS_ROWS 50

struct report_run {
	struct pipeline pipeline;
	struct report *report;
	struct report_lines *lines; /* of that */
	struct tracker *tracker;
	const struct panel *panels;
	size_t n_panels;
	struct panel problems; /* --problems-only: the one panel */
};

static bool feed(void *ctx, const struct line *l, const struct event *e)
{
	struct report_run *run = ctx;

	report_line(run->lines, l, e);
	tracker_feed(run->tracker, l, e);
	return true;
}

static bool found_mail(const struct answer_head *h)
{
	return h->lines.event + h->lines.other + h->lines.malformed > 0;
}

static void print_json(struct report_run *run, struct strbuf *out)
{
	struct json j;

	json_init(&j, out, 2);
	json_begin_object(&j);
	json_kv_int(&j, "schema", ANSWER_SCHEMA);
	answer_json(&j, &run->pipeline.head);
	json_key(&j, "totals");
	totals_json(&j, report_totals(run->report));
	json_key(&j, "panels");
	json_begin_array(&j);
	for (size_t i = 0; i < run->n_panels; i++)
		panel_json(&j, &run->panels[i]);
	json_end_array(&j);
	folded_json(&j, report_folded(run->report));
	json_end_object(&j);
	strbuf_add_byte(out, '\n');
}

/* nothing but tables: what is to be said beside them goes to standard error */
static void print_csv(struct report_run *run, struct strbuf *out, struct diag *diag)
{
	struct strbuf note = { 0 };

	folded_text(&note, report_folded(run->report));
	if (note.n)
		diag_say(diag, DIAG_INFO, "%s", note.p);
	strbuf_done(&note);
	/* one table alone is what a spreadsheet takes */
	if (run->n_panels != 1)
		totals_csv(out, report_totals(run->report));
	for (size_t i = 0; i < run->n_panels; i++)
		panel_csv(out, &run->panels[i]);
}

static void print_text(struct report_run *run, struct strbuf *out, const struct term *term)
{
	const struct answer_head *h = &run->pipeline.head;

	answer_text(out, term, h);
	if (run->pipeline.app->options.problems_only) {
		panels_text(out, term, run->panels, run->n_panels, h->until_offset_sec);
		return;
	}
	if (!found_mail(h)) {
		strbuf_add(out, SLICE("No line of a mail program was found.\n"));
		pipeline_say_window(&run->pipeline, out);
		return;
	}
	totals_text(out, term, report_totals(run->report));
	for (size_t i = 0; i < run->n_panels; i++)
		if (strcmp(run->panels[i].id, "hours") == 0)
			sparkline_text(out, term, &run->panels[i]);
	if (report_folded(run->report).names) {
		strbuf_add_byte(out, '\n');
		folded_text(out, report_folded(run->report));
		strbuf_add_byte(out, '\n');
	}
	panels_text(out, term, run->panels, run->n_panels, h->until_offset_sec);
}

static void give_text(void *ctx, struct strbuf *out, const struct term *term, size_t rows)
{
	struct report_run *run = ctx;
	const struct panel *all = run->panels;

	run->panels = panels_cut(&run->pipeline.app->memory, all, run->n_panels, rows);
	print_text(run, out, term);
	run->panels = all;
}

static void give_html(void *ctx, struct html *h, size_t rows)
{
	struct report_run *run = ctx;
	const struct answer_head *head = &run->pipeline.head;
	struct arena *a = &run->pipeline.app->memory;
	struct panel *panels = panels_cut(a, run->panels, run->n_panels, rows);
	struct strbuf note = { 0 };

	panels[run->n_panels] = html_sources(a, head);
	if (run->pipeline.app->options.problems_only && run->problems.n_rows == 0)
		html_paragraph(h, SLICE("As far as these logs tell, nothing is wrong."));
	if (!found_mail(head))
		html_paragraph(h, SLICE("No line of a mail program was found."));
	html_contents(h, panels, run->n_panels + 1);
	if (found_mail(head) && !run->pipeline.app->options.problems_only)
		totals_html(h, report_totals(run->report));
	folded_text(&note, report_folded(run->report));
	if (note.n)
		html_paragraph(h, strbuf_slice(&note));
	for (size_t i = 0; i <= run->n_panels; i++)
		html_panel(h, &panels[i]);
	strbuf_done(&note);
}

/* --- --compat ----------------------------------------------------------------------------------------- */

struct peer_run {
	struct pipeline pipeline;
	const struct peer_ops *ops;
	void *state;
};

static bool feed_peer(void *ctx, const struct line *l, const struct event *e)
{
	struct peer_run *run = ctx;

	run->ops->feed(run->state, l, e);
	return true;
}

static bool print_peer(struct peer_run *run, struct app *app)
{
	struct strbuf text = { 0 };
	bool found = run->ops->text(run->state, &text) && found_mail(&run->pipeline.head);
	struct json j;

	if (app->options.json) {
		json_init(&j, &app->out.buf, 2);
		json_begin_object(&j);
		json_kv_int(&j, "schema", ANSWER_SCHEMA);
		answer_json(&j, &run->pipeline.head);
		json_kv_str(&j, "compat", run->ops->name);
		json_key(&j, "totals");
		json_begin_object(&j);
		run->ops->json(run->state, &j);
		json_end_object(&j);
		json_end_object(&j);
		strbuf_add_byte(&app->out.buf, '\n');
	} else {
		strbuf_add(&app->out.buf, strbuf_slice(&text));
		if (!found)
			diag_say(&app->diag, DIAG_INFO, "no line that %s would count was found",
				 run->ops->name);
	}
	strbuf_done(&text);
	return found;
}

static int run_compat(struct app *app)
{
	struct peer_run run = { .ops = peer_find(app->options.compat) };
	struct strbuf names = { 0 };
	struct err err = { 0 };
	int code;

	if (!run.ops) {
		peer_names(&names);
		(void)err_set(&err, ERR_USAGE, "--compat knows no '%s'; there are: %s", app->options.compat,
			      names.p);
		strbuf_done(&names);
		return app_fail(app, &err);
	}
	if (!filter_is_empty(app->filter)) {
		(void)err_set(&err, ERR_USAGE, "--compat counts lines as %s does and takes no filters",
			      run.ops->name);
		return app_fail(app, &err);
	}
	if (pipeline_open(&run.pipeline, app, app->args, app->n_args, 0, &err) < 0)
		return app_fail(app, &err);
	run.state = run.ops->new();
	pipeline_run(&run.pipeline, feed_peer, &run);
	pipeline_finish(&run.pipeline);
	code = print_peer(&run, app) ? EXIT_FOUND : EXIT_NOTHING;
	if (pipeline_failed(&run.pipeline))
		code = EXIT_INPUT;
	run.ops->free(run.state);
	pipeline_close(&run.pipeline);
	return code;
}

/* --- the command -------------------------------------------------------------------------------------- */

/* --panel list */
static void print_names(struct app *app, const struct panel_name *names, size_t n)
{
	strbuf_add_str(&app->out.buf, "Tables of the report; those with a * are shown unless others are asked for:\n");
	for (size_t i = 0; i < n; i++)
		strbuf_printf(&app->out.buf, "  %c %-20s %s\n", names[i].by_default ? '*' : ' ', names[i].id,
			      names[i].title);
}

static int find_panel(struct slice id, const struct panel_name *names, size_t n, const char **ret, struct err *reterr)
{
	const char **ids = xcalloc(n, sizeof *ids);
	const char *near;

	for (size_t i = 0; i < n; i++) {
		ids[i] = names[i].id;
		if (slice_eq(id, slice_str(ids[i]))) {
			*ret = ids[i];
			free(ids);
			return 0;
		}
	}
	near = nearest_name(id, ids, n);
	free(ids);
	return err_set(reterr, ERR_USAGE, "there is no table '%.*s'%s%s%s; `--panel list` shows all", SLICE_ARG(id),
		       near ? "; did you mean '" : "", near ? near : "", near ? "'" : "");
}

/* The tables that are asked for: words with commas between names.  *ret is from the arena. */
static int find_panels(const struct options *o, struct arena *a, const struct panel_name *names, size_t n,
		       struct report_options *ret, struct err *reterr)
{
	const char **panels = arena_alloc(a, (n + 1) * sizeof *panels);

	for (size_t i = 0; i < o->panels.n; i++) {
		struct cur c = cur_of(slice_str(o->panels.items[i]));

		while (!cur_at_end(&c)) {
			const char *id = NULL;
			int r = find_panel(cur_token(&c, ','), names, n, &id, reterr);

			if (r < 0)
				return r;
			if (ret->n_panels < n)
				panels[ret->n_panels++] = id;
		}
	}
	ret->panels = panels;
	return 0;
}

/* --problems-only: of all panels one is left */
static void keep_problems(struct report_run *run, struct app *app, enum tr_language language)
{
	const struct answer_head *head = &run->pipeline.head;
	struct problem_source *sources = arena_alloc(&app->memory, (head->n_sources + 1) * sizeof *sources);
	struct problems_input in = {
		.panels = run->panels,
		.n_panels = run->n_panels,
		.sources = sources,
		.no_mail = !found_mail(head),
		.limit = app->options.no_limit ? 0 : app->options.top ? app->options.top : PROBLEMS_ROWS,
		.language = language,
	};

	for (size_t i = 0; i < head->n_sources; i++)
		if (head->sources[i].error)
			sources[in.n_sources++] = (struct problem_source){ slice_str(head->sources[i].name), slice_str(head->sources[i].error) };
	run->problems = problems_panel(&app->memory, &in);
	run->panels = &run->problems;
	run->n_panels = 1;
}

/* What is counted: the panels that are asked for, or those that problems are picked from. */
static int choose_panels(struct app *app, struct report_options *counting, bool *ret_listed, struct err *reterr)
{
	size_t n;
	const struct panel_name *names;

	*ret_listed = false;
	if (app->options.problems_only) {
		if (app->options.panels.n || app->options.all_panels)
			return err_set(reterr, ERR_USAGE, "--problems-only chooses its tables itself");
		counting->panels = problems_panels();
		while (counting->panels[counting->n_panels])
			counting->n_panels++;
		counting->top = PROBLEMS_LOOK_ROWS;
		counting->no_limit = false;
		return 0;
	}
	if (!app->options.panels.n)
		return 0;
	names = report_panel_names(&app->memory, &n);
	*ret_listed = app->options.panels.n == 1 && strcmp(app->options.panels.items[0], "list") == 0;
	if (!*ret_listed)
		return find_panels(&app->options, &app->memory, names, n, counting, reterr);
	print_names(app, names, n);
	return 0;
}

/* the answer in the form that was asked for; false: it could not be given, which has been told */
static bool give(struct report_run *run, struct app *app)
{
	const struct options *o = &app->options;
	const struct delivery delivery = { o->problems_only ? SLICE("Mail problems") : SLICE("Mail report"), &run->pipeline.head, run, give_text,
					   give_html };
	bool silent = o->problems_only && run->problems.n_rows == 0;

	if (delivery_wanted(app))
		return deliver(app, &delivery, silent);
	if (o->json)
		print_json(run, &app->out.buf);
	else if (o->csv)
		print_csv(run, &app->out.buf, &app->diag);
	else if (!silent)
		print_text(run, &app->out.buf, &app->term);
	return true;
}

static int run_report(struct app *app)
{
	struct tracker_options tracking = {
		.local_domains = app->local_domains,
		.n_local_domains = app->n_local_domains,
		.local_nets = app->local_nets,
		.n_local_nets = app->n_local_nets,
	};
	struct report_options counting = {
		.all_panels = app->options.all_panels,
		.top = delivery_rows(app),
		.no_limit = app->options.no_limit,
		.filter = app->filter,
		.language = app->options.json || app->options.csv ? TR_ENGLISH : TR_LOCAL,
		.memory_bytes = app->options.memory_bytes,
	};
	struct report_run run = { 0 };
	struct err err = { 0 };
	bool listed;
	int code;

	if (delivery_check(app, &err) < 0)
		return app_fail(app, &err);
	if (app->options.compat)
		return run_compat(app);
	if (choose_panels(app, &counting, &listed, &err) < 0)
		return app_fail(app, &err);
	if (listed)
		return EXIT_FOUND;
	if (delivery_ready(app, &err) < 0 || pipeline_open(&run.pipeline, app, app->args, app->n_args, 0, &err) < 0)
		return app_fail(app, &err);
	run.report = report_new(&counting);
	run.lines = report_lines(run.report);
	tracking.one_log = pipeline_one_log(&run.pipeline);
	tracking.details = filter_is_empty(app->filter) ? report_details(run.report) : DETAIL_ALL;
	run.tracker = tracker_new(&tracking, report_sink(run.report));
	pipeline_run(&run.pipeline, feed, &run);
	tracker_end(run.tracker);
	tracker_free(run.tracker);
	pipeline_finish(&run.pipeline);
	run.panels = report_panels(run.report, app_diagnoser(app), &run.n_panels);
	if (app->redact)
		run.panels = redact_panels(app->redact, &app->masked, run.panels, run.n_panels);
	if (app->options.problems_only)
		keep_problems(&run, app, counting.language);
	code = found_mail(&run.pipeline.head) ? EXIT_FOUND : EXIT_NOTHING;
	if (pipeline_failed(&run.pipeline))
		code = EXIT_INPUT;
	if (!give(&run, app))
		code = EXIT_INPUT;
	report_free(run.report);
	pipeline_close(&run.pipeline);
	return code;
}

const struct command command_report = {
	.name = "report",
	.bit = ON_REPORT,
	.arguments = "[LOG...]",
	.summary = "how is the mail going? traffic, failures, rejections, logins",
	.help = "Counts what the logs tell: mails, recipients and what became of them, deferrals, bounces\n"
		"and rejections by reason, the busiest senders, recipients, domains, hosts and accounts,\n"
		"failed logins, delays, and how much of the logs was understood.  docs/counting.md defines\n"
		"every figure.  Each row of the JSON answer carries the options that let `mailwhy trace`\n"
		"show what it counts.\n"
		"\n"
		"  mailwhy report /var/log/mail.log*\n"
		"  mailwhy report --since yesterday --until today\n"
		"  mailwhy report --domain example.com --json /var/log/exim4/\n"
		"  mailwhy report --html report.html --since yesterday\n"
		"  mailwhy report --problems-only --since yesterday --mail postmaster@example.com\n"
		"  mailwhy report --compat pflogsumm /var/log/mail.log",
	.run = run_report,
};

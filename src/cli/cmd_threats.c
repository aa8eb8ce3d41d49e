/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_threats.c - `mailwhy threats [LOG...]`: who abuses the server, how sure is that, and what to do?
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "cli/app.h"
#include "cli/causes.h"
#include "cli/conf.h"
#include "cli/geo.h"
#include "cli/nearest.h"
#include "cli/pipeline.h"
#include "cli/when.h"
#include "detect/ban.h"
#include "detect/detector.h"
#include "export/threats.h"
#include "track/track.h"

#define THREATS_TOP 50
#define DETECTORS_MAX 128

struct threats_run {
	struct app *app;
	struct pipeline pipeline;
	struct tracker *tracker;
	struct detect *detect;
	enum threat_level level;
	const char *names[DETECTORS_MAX]; /* --detector, --without */
	size_t n_names;
	struct geo *geo;
	struct ip_net *trusted;
	size_t n_trusted;
	struct detect_setting *settings; /* later ones win */
	size_t n_settings;
	struct ban_options ban;
};

static bool feed(void *ctx, const struct line *l, const struct event *e)
{
	struct threats_run *run = ctx;

	if (e->kind != EV_FOREIGN)
		tracker_feed(run->tracker, l, e);
	return true;
}

/* --- options ------------------------------------------------------------------------------------------ */

/* --detector list */
static void print_detectors(struct app *app)
{
	struct strbuf *out = &app->out.buf;

	for (size_t i = 0; detectors[i]; i++) {
		const struct detector *d = detectors[i];

		strbuf_printf(out, "%s%s\n  ", i ? "\n" : "", d->id);
		(void)term_wrapped(out, &app->term, 2, 2, slice_str(d->help));
		strbuf_add_byte(out, '\n');
		for (size_t k = 0; k < d->n_settings; k++) {
			const struct detector_setting *s = &d->settings[k];
			struct strbuf name = { 0 };

			strbuf_printf(&name, "%s.%s=", d->id, s->name);
			detect_setting_text(&name, s->type, s->fallback);
			strbuf_printf(out, "    %-40s %s\n", name.p, s->help);
			strbuf_done(&name);
		}
	}
}

static int unknown_detector(struct slice name, struct err *reterr)
{
	const char *names[DETECTORS_MAX], *near;
	size_t n = 0;

	for (; detectors[n] && n < DETECTORS_MAX; n++)
		names[n] = detectors[n]->id;
	near = nearest_name(name, names, n);
	return err_set(reterr, ERR_USAGE, "there is no detector '%.*s'%s%s%s; `--detector list` shows all", SLICE_ARG(name),
		       near ? "; did you mean '" : "", near ? near : "", near ? "'" : "");
}

/* marks detectors by their place; *any: some were named */
static int mark(const struct words *w, bool *marks, struct err *reterr)
{
	for (size_t i = 0; i < w->n; i++) {
		struct cur c = cur_of(slice_str(w->items[i]));

		while (!cur_at_end(&c)) {
			struct slice name = slice_trim(cur_token(&c, ','));
			size_t at = 0;

			while (detectors[at] && !slice_eq(name, slice_str(detectors[at]->id)))
				at++;
			if (!detectors[at] || at >= DETECTORS_MAX)
				return unknown_detector(name, reterr);
			marks[at] = true;
		}
	}
	return 0;
}

static int unknown_tool(struct slice name, struct err *reterr)
{
	const char *names[32], *near;
	size_t n = 0;

	while (n < ARRAY_LEN(names) && (names[n] = ban_tool_name(n)))
		n++;
	near = nearest_name(name, names, n);
	return err_set(reterr, ERR_USAGE, "--ban knows no '%.*s'%s%s%s", SLICE_ARG(name), near ? "; did you mean '" : "",
		       near ? near : "", near ? "'?" : "");
}

static int read_ban(struct threats_run *run, struct err *reterr)
{
	const struct options *o = &run->app->options;

	if (!o->ban) {
		if (o->ban_time || o->ban_within || o->ban_jail || o->ban_networks)
			return err_set(reterr, ERR_USAGE, "--ban says for which program: --ban nftables");
		return 0;
	}
	if (!*o->ban)
		return err_set(reterr, ERR_USAGE, "--ban needs the name of a program, as --ban nftables, or a line `ban = nftables` in the configuration");
	run->ban = (struct ban_options){ .tool = ban_tool_find(slice_str(o->ban)), .networks = o->ban_networks,
					 .clock_us = run->app->now_us, .jail = o->ban_jail };
	if (!run->ban.tool)
		return unknown_tool(slice_str(o->ban), reterr);
	if (o->json || o->csv || run->app->redact)
		return err_set(reterr, ERR_USAGE, "--ban prints commands and map entries, with the addresses as they are: neither --json nor "
			       "--csv nor --redact go with it");
	if (o->ban_jail && !ban_is_jail(slice_str(o->ban_jail)))
		return err_set(reterr, ERR_USAGE, "--ban-jail takes the name of a jail, such as postfix-sasl, not '%s'", o->ban_jail);
	if (o->ban_time && when_span(slice_str(o->ban_time), &run->ban.span_us, reterr) < 0)
		return ERR_USAGE;
	if (run->ban.span_us < 0 || (o->ban_time && run->ban.span_us < USEC_PER_SEC))
		return err_set(reterr, ERR_USAGE, "--ban-time must be a second or more");
	if (o->ban_within && when_span(slice_str(o->ban_within), &run->ban.within_us, reterr) < 0)
		return ERR_USAGE;
	return 0;
}

/* --trust and --local */
static int read_trusted(struct threats_run *run, struct err *reterr)
{
	const struct app *app = run->app;
	const struct words *w = &app->options.trusts;

	run->trusted = xcalloc(w->n + app->n_local_nets + 1, sizeof *run->trusted);
	for (size_t i = 0; i < w->n; i++)
		if (!ip_net_parse(slice_trim(slice_str(w->items[i])), &run->trusted[run->n_trusted++]))
			return err_set(reterr, ERR_USAGE, "--trust: '%s' is no address or network: write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32",
				       w->items[i]);
	for (size_t i = 0; i < app->n_local_nets; i++)
		run->trusted[run->n_trusted++] = app->local_nets[i];
	return 0;
}

/* --set: with and without "threats." in front */
static int read_sets(struct threats_run *run, struct err *reterr)
{
	const struct words *w = &run->app->options.sets;
	struct strbuf name = { 0 };
	config_id id;
	int r = 0;

	run->settings = xcalloc(w->n + 1, sizeof *run->settings);
	for (size_t i = 0; r == 0 && i < w->n; i++) {
		struct slice text = slice_str(w->items[i]), key;
		size_t equals = slice_find_byte(text, '=');

		if (equals == text.n)
			return err_set(reterr, ERR_USAGE, "--set takes NAME.SETTING=VALUE, not '%s'", w->items[i]);
		key = slice_trim(slice_head(text, equals));
		if (slice_starts(key, "threats."))
			key = slice_from(key, 8);
		if (!detector_find(slice_head(key, slice_find_byte(key, '.')))) {
			strbuf_printf(&name, "threats.%.*s", SLICE_ARG(key));
			r = config_find(strbuf_slice(&name), &id, reterr);
			strbuf_done(&name);
		}
		if (r == 0)
			r = detect_check_setting(key, slice_trim(slice_from(text, equals + 1)), &run->settings[run->n_settings++], reterr);
	}
	if (r < 0)
		err_prefix(reterr, "--set");
	return r;
}

static int read_options(struct threats_run *run, struct err *reterr)
{
	const struct options *o = &run->app->options;
	bool wanted[DETECTORS_MAX] = { false }, unwanted[DETECTORS_MAX] = { false };
	int r = mark(&o->detectors, wanted, reterr);

	if (r == 0)
		r = mark(&o->without, unwanted, reterr);
	if (r == 0)
		r = read_ban(run, reterr);
	if (r < 0)
		return r;
	for (size_t i = 0; detectors[i] && i < DETECTORS_MAX; i++)
		if ((!o->detectors.n || wanted[i]) && !unwanted[i])
			run->names[run->n_names++] = detectors[i]->id;
	if (!run->n_names)
		return err_set(reterr, ERR_USAGE, "no detector is left to look at the log");
	if (o->level && !threat_level_parse(slice_str(o->level), &run->level))
		return err_set(reterr, ERR_USAGE, "--level takes low, medium, high or critical, not '%s'", o->level);
	r = read_trusted(run, reterr);
	if (r == 0)
		r = read_sets(run, reterr);
	if (r == 0 && o->geoip)
		r = geo_open(&run->geo, o->geoip, reterr);
	return r;
}

/* --- sample lines ------------------------------------------------------------------------------------- */

struct fetching {
	struct arena *arena;
	struct trace_line **places;
};

static void on_fetched(void *ctx, size_t index, struct slice raw)
{
	struct fetching *f = ctx;

	f->places[index]->text = arena_copy(f->arena, raw);
}

static void fetch_lines(struct threats_run *run, struct threat *threats, size_t n)
{
	struct fetching f = { .arena = &run->app->memory };
	const struct input_source *sources;
	size_t n_sources = input_sources(run->pipeline.input, &sources), n_lines = 0, at = 0;
	struct line_ref *refs;

	for (size_t i = 0; i < n; i++)
		n_lines += threats[i].finding->n_lines;
	refs = xcalloc(n_lines + 1, sizeof *refs);
	f.places = xcalloc(n_lines + 1, sizeof *f.places);
	for (size_t i = 0; i < n; i++) {
		const struct finding *x = threats[i].finding;
		struct trace_line *lines = arena_alloc(f.arena, (x->n_lines + 1) * sizeof *lines);

		threats[i].lines = lines;
		for (size_t k = 0; k < x->n_lines; k++, at++) {
			const struct fact_line *l = &x->lines[k];

			lines[k].file = l->source < n_sources ? sources[l->source].name : NULL;
			lines[k].line_no = l->line_no;
			refs[at] = (struct line_ref){ l->source, l->length, l->line_no, l->offset, l->time_us };
			f.places[at] = &lines[k];
		}
	}
	input_fetch(run->pipeline.input, refs, n_lines, on_fetched, &f);
	free(refs);
	free(f.places);
}

/* --- the answer --------------------------------------------------------------------------------------- */

static void print(struct threats_run *run, struct threats_answer *a)
{
	struct app *app = run->app;

	if (app->redact) {
		redact_head(app->redact, &app->masked, &a->head);
		redact_threats(app->redact, &app->masked, a);
	}
	if (app->options.json)
		threats_json(&app->out.buf, a);
	else if (app->options.csv)
		threats_csv(&app->out.buf, a);
	else
		threats_text(&app->out.buf, &app->term, a);
}

/* findings are sorted, the worst first */
static int answer_ban(struct threats_run *run, const struct finding *found, size_t n)
{
	while (n && found[n - 1].level < run->level)
		n--;
	ban_print(run->detect, found, n, &run->ban, &run->app->out.buf);
	if (pipeline_failed(&run->pipeline))
		return EXIT_INPUT;
	return n ? EXIT_FOUND : EXIT_NOTHING;
}

static int answer(struct threats_run *run)
{
	const struct options *o = &run->app->options;
	struct threats_answer a = { .head = run->pipeline.head };
	size_t n_found, limit = o->no_limit ? SIZE_MAX : o->top ? o->top : THREATS_TOP;
	const struct finding *found = detect_findings(run->detect, &n_found);
	struct threat *threats;

	if (run->ban.tool)
		return answer_ban(run, found, n_found);
	threats = xcalloc(n_found + 1, sizeof *threats);
	for (size_t i = 0; i < n_found; i++) {
		if (found[i].level < run->level)
			continue;
		a.levels[found[i].level]++;
		if (a.n < limit)
			threats[a.n++].finding = &found[i];
		else
			a.more++;
	}
	a.left_out = detect_left_out(run->detect);
	a.threats = threats;
	a.members = o->no_limit ? FINDING_MEMBERS_MAX : 0;
	fetch_lines(run, threats, a.n);
	print(run, &a);
	free(threats);
	if (pipeline_failed(&run->pipeline))
		return EXIT_INPUT;
	return a.n ? EXIT_FOUND : EXIT_NOTHING;
}

static int watch(struct threats_run *run, struct err *reterr)
{
	struct app *app = run->app;
	struct detect_options watching = {
		.trusted = run->trusted,
		.n_trusted = run->n_trusted,
		.local_domains = app->local_domains,
		.n_local_domains = app->n_local_domains,
		.settings = run->settings,
		.n_settings = run->n_settings,
		.filter = app->filter,
		.detectors = run->names,
		.n_detectors = run->n_names,
		.diagnoser = app_diagnoser(app),
		.country = run->geo ? geo_country : NULL,
		.country_ctx = run->geo,
		.language = app->options.json || app->options.csv ? TR_ENGLISH : TR_LOCAL,
		.memory_bytes = app->options.memory_bytes,
	};
	struct tracker_options tracking = {
		.keep_lines = true,
		.local_domains = app->local_domains,
		.n_local_domains = app->n_local_domains,
		.local_nets = app->local_nets,
		.n_local_nets = app->n_local_nets,
	};
	int code;

	if (pipeline_open(&run->pipeline, app, app->args, app->n_args, PIPELINE_FETCH | PIPELINE_LINE_NUMBERS, reterr) < 0)
		return app_fail(app, reterr);
	run->detect = detect_new(&watching);
	tracking.one_log = pipeline_one_log(&run->pipeline);
	tracking.details = filter_is_empty(app->filter) ? detect_details(run->detect) : DETAIL_ALL;
	run->tracker = tracker_new(&tracking, detect_sink(run->detect));
	pipeline_run(&run->pipeline, feed, run);
	tracker_end(run->tracker);
	tracker_free(run->tracker);
	pipeline_finish(&run->pipeline);
	code = answer(run);
	detect_free(run->detect);
	pipeline_close(&run->pipeline);
	return code;
}

static int run_threats(struct app *app)
{
	struct threats_run run = { .app = app };
	struct err err = { 0 };
	int code;

	if (app->options.detectors.n == 1 && strcmp(app->options.detectors.items[0], "list") == 0) {
		print_detectors(app);
		return EXIT_FOUND;
	}
	code = read_options(&run, &err) < 0 ? app_fail(app, &err) : watch(&run, &err);
	free(run.trusted);
	free(run.settings);
	geo_close(run.geo);
	return code;
}

const struct command command_threats = {
	.name = "threats",
	.bit = ON_THREATS,
	.arguments = "[LOG...]",
	.summary = "who abuses the server? guessed passwords, stolen accounts, ...",
	.help = "Looks for those who abuse the server or its users, and says who, since when, on what evidence, how sure it is, and\n"
		"what to do.  It knows what honest users do: who logs in from an address too, whose phone repeats an old password,\n"
		"which address many people share.  Own, private and trusted addresses are never accused; what that left out is counted.\n\n"
		"Exit code: 0 something was found, 1 nothing.\n"
		"\n"
		"  mailwhy threats /var/log/mail.log*\n"
		"  mailwhy threats --since yesterday --level high\n"
		"  mailwhy threats --trust 192.0.2.0/24 --set brute_force.failures=20\n"
		"  mailwhy threats --ban nftables /var/log/mail.log | nft -f -\n"
		"  mailwhy threats --detector list",
	.run = run_threats,
};

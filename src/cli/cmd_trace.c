/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_trace.c - `mailwhy trace`: what happened to a message, and why
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "cli/app.h"
#include "cli/causes.h"
#include "cli/collect.h"
#include "cli/grep.h"
#include "cli/nearest.h"
#include "cli/pipeline.h"
#include "cli/what.h"
#include "export/trace.h"
#include "track/track.h"

#define TRACE_TOP 50
#define WALKS_MAX 3 /* over the logs again, for what belongs to what was found */

struct tracing {
	struct app *app;
	struct what what;
	struct pipeline pipe;
	struct tracker *tracker;
	struct collect found;
	struct nearest *nearest; /* NULL: not asked for in this walk */
	size_t n_nearest;
};

static void offer_event(struct nearest *list, size_t n, const struct event *e)
{
	for (size_t i = 0; i < n; i++) {
		nearest_offer(&list[i], e->sender);
		nearest_offer(&list[i], e->recipient);
		nearest_offer(&list[i], e->orig_recipient);
		if (e->kind == EV_MAILBOX)
			nearest_offer(&list[i], e->user);
	}
}

static bool feed(void *ctx, const struct line *l, const struct event *e)
{
	struct tracing *t = ctx;

	if (t->nearest)
		offer_event(t->nearest, t->n_nearest, e);
	if (e->kind != EV_FOREIGN)
		tracker_feed(t->tracker, l, e);
	return true;
}

static bool look_for_nearest(void *ctx, const struct line *l, const struct event *e)
{
	struct tracing *t = ctx;

	(void)l;
	offer_event(t->nearest, t->n_nearest, e);
	return true;
}

static void start_nearest(struct tracing *t)
{
	t->n_nearest = t->what.n < 8 ? t->what.n : 8;
	t->nearest = xcalloc(t->n_nearest + 1, sizeof *t->nearest);
	for (size_t i = 0; i < t->n_nearest; i++)
		t->nearest[i].what = t->what.items[i];
}

/* Standard input and other pipes can't be read twice, so they are watched in the first walk; files are read again only if
 * needed. */
static void find_nearest(struct tracing *t)
{
	struct pipeline again;

	if (t->nearest || !what_has_address(&t->what))
		return;
	start_nearest(t);
	/* warnings were told in the first walk */
	t->app->diag.emit = NULL;
	if (pipeline_open_again(&again, &t->pipe, t->what.logs, t->what.n_logs, 0, NULL) < 0)
		return;
	pipeline_run(&again, look_for_nearest, t);
	pipeline_close(&again);
}

static struct trace_list list_of(const struct kept_list *l)
{
	struct trace_item *items = xcalloc(l->n + 1, sizeof *items);

	for (size_t i = 0; i < l->n; i++)
		items[i] = l->items[i]->item;
	return (struct trace_list){ .items = items, .n = l->n, .more = l->more };
}

static bool full(void *ctx)
{
	return output_check(ctx);
}

static size_t nearest_list(const struct tracing *t, struct slice *ret, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; t->nearest && i < t->n_nearest; i++)
		for (size_t k = 0; k < t->nearest[i].n && n < max; k++)
			ret[n++] = slice_of(t->nearest[i].items[k].text, t->nearest[i].items[k].n);
	return n;
}

static void narrowed(const struct tracing *t)
{
	if (t->app->options.n_filters)
		strbuf_add_str(&t->app->out.buf,
			       "Filters narrowed the search; without them there may be more.\n");
	pipeline_say_window(&t->pipe, &t->app->out.buf);
}

/* the words after "nothing found": what was looked at, and what to try */
static void nothing_found(const struct tracing *t, const struct trace_answer *a)
{
	const struct trace_out o = { &t->app->out.buf, &t->app->term, full, &t->app->out };
	const struct line_counts *c = &a->head.lines;

	answer_text(o.out, o.term, &a->head);
	if (!c->read) {
		strbuf_add_str(o.out, "\nNothing was read, so nothing was found.\n");
		if (!t->app->redact)
			what_hint(&t->what, o.out, o.term);
		narrowed(t);
		return;
	}
	strbuf_add_str(o.out, "\nNothing found");
	if (a->query.n_what) {
		strbuf_add_str(o.out, " for ");
		(void)term_text(o.out, a->query.what[0]);
		if (a->query.n_what > 1)
			strbuf_printf(o.out, " and %zu more", a->query.n_what - 1);
	}
	strbuf_add_str(o.out, ": no message, no rejection, no login and nothing in a mailbox.\n");
	if (c->event + c->other + c->malformed == 0)
		strbuf_add_str(o.out, "There is no line of a mail program in these files.\n");
	if (!t->app->redact)
		what_hint(&t->what, o.out, o.term);
	if (a->n_nearest) {
		strbuf_add_str(o.out, "These come near:\n");
		for (size_t i = 0; i < a->n_nearest; i++) {
			strbuf_add_str(o.out, "  ");
			(void)term_text(o.out, a->nearest[i]);
			strbuf_add_byte(o.out, '\n');
		}
	}
	narrowed(t);
}

static struct trace_filter *filters_of(const struct options *o)
{
	struct trace_filter *list = xcalloc(o->n_filters + 1, sizeof *list);

	for (size_t i = 0; i < o->n_filters; i++)
		list[i] =
			(struct trace_filter){ option_filter_name(o->filters[i].kind), o->filters[i].value };
	return list;
}

static void print_answer(struct tracing *t)
{
	struct slice nearest[16];
	struct trace_filter *filters = filters_of(&t->app->options);
	struct trace_answer a = {
		.head = t->pipe.head,
		.diagnoser = app_diagnoser(t->app),
		.query = {
			.what = t->what.items,
			.n_what = t->what.n,
			.all = t->what.all,
			.since_us = t->app->since_us,
			.until_us = t->app->until_us,
			.filters = filters,
			.n_filters = t->app->options.n_filters,
		},
		.messages = list_of(&t->found.messages),
		.related = list_of(&t->found.related),
		.rejections = list_of(&t->found.rejections),
		.logins = list_of(&t->found.logins),
		.mailbox = list_of(&t->found.mailbox),
		.loose = list_of(&t->found.loose),
		.trails = &t->found.trails,
		.lines = t->app->options.lines,
		.brief = t->app->options.brief,
		.filter = t->app->filter,
		.every_recipient = t->app->options.no_limit,
		.several_servers = t->found.several_servers,
	};
	struct trace_answer plain;
	const struct trace_out o = { &t->app->out.buf, &t->app->term, full, &t->app->out };
	const void *lists[] = { a.messages.items, a.related.items, a.rejections.items, a.logins.items, a.mailbox.items,
				a.loose.items };

	if (collect_empty(&t->found)) {
		find_nearest(t);
		a.nearest = nearest;
		a.n_nearest = nearest_list(t, nearest, ARRAY_LEN(nearest));
	}
	plain = a;
	if (t->app->redact) {
		a.plain = &plain;
		redact_trace(t->app->redact, &t->app->masked, &a);
	}
	if (t->app->options.json)
		trace_json(&o, &a);
	else if (collect_empty(&t->found))
		nothing_found(t, &a);
	else
		trace_text(&o, &a);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		free((void *)(uintptr_t)lists[i]);
	free(filters);
}

/* Several servers are known before the first line is read. */
static void expect_servers(struct tracing *t)
{
	const struct input_source *sources;
	size_t n = input_sources(t->pipe.input, &sources);

	for (size_t i = 0; i < n; i++)
		if (!sources[i].skipped && sources[i].server)
			servers_add_log(&t->found.servers, slice_str(sources[i].server), USEC_NONE, USEC_NONE);
}

/* What the logs that were read cover: where a mail went on to a server, its log may end before. */
static void note_logs(struct tracing *t)
{
	struct servers *s = &t->found.servers;
	const struct input_source *sources;
	size_t n = input_sources(t->pipe.input, &sources);

	for (size_t i = 0; i < n; i++)
		if (!sources[i].skipped && sources[i].lines)
			servers_add_log(s, slice_str(sources[i].server), sources[i].first_us, sources[i].last_us);
	s->local_domains = t->app->local_domains;
	s->n_local_domains = t->app->n_local_domains;
	s->local_nets = t->app->local_nets;
	s->n_local_nets = t->app->n_local_nets;
}

static bool feed_again(void *ctx, const struct line *l, const struct event *e)
{
	if (e->kind != EV_FOREIGN)
		tracker_feed(ctx, l, e);
	return true;
}

/* A mail that lay in a queue for days has its first server's lines far above: those that were not remembered are looked for in
 * another walk.  Each walk leads to the messages before. */
static void find_earlier(struct tracing *t, const struct tracker_options *track)
{
	struct diag diag = t->app->diag;

	t->app->diag.emit = NULL; /* warnings were told in the first walk */
	for (int i = 0; i < WALKS_MAX && !input_may_wait(t->pipe.input) && collect_misses(&t->found); i++) {
		struct fact_sink sink = collect_sink_again(&t->found);
		struct tracker *tracker;
		struct pipeline again;

		if (pipeline_open_again(&again, &t->pipe, t->what.logs, t->what.n_logs,
					t->app->options.lines ? PIPELINE_LINE_NUMBERS : 0, NULL) < 0)
			break;
		tracker = tracker_new(track, &sink);
		pipeline_run(&again, feed_again, tracker);
		tracker_end(tracker);
		tracker_free(tracker);
		pipeline_close(&again);
	}
	t->app->diag = diag;
}

static int trace(struct tracing *t, struct err *reterr)
{
	struct app *app = t->app;
	const struct options *o = &app->options;
	struct tracker_options track = {
		.keep_lines = o->lines,
		.details = DETAIL_ALL,
		.local_domains = app->local_domains,
		.n_local_domains = app->n_local_domains,
		.local_nets = app->local_nets,
		.n_local_nets = app->n_local_nets,
	};
	struct fact_sink sink;
	int code;

	if (pipeline_open(&t->pipe, app, t->what.logs, t->what.n_logs,
			  o->lines ? PIPELINE_AGAIN | PIPELINE_FETCH | PIPELINE_LINE_NUMBERS : PIPELINE_AGAIN, reterr) < 0)
		return app_fail(app, reterr);
	collect_init(&t->found, app->filter, o->no_limit ? 0 : o->top ? o->top : TRACE_TOP,
		     !t->what.all || o->n_filters);
	if (t->found.family)
		t->found.family->read_once = input_may_wait(t->pipe.input);
	expect_servers(t);
	sink = collect_sink(&t->found);
	track.one_log = pipeline_one_log(&t->pipe);
	t->tracker = tracker_new(&track, &sink);
	if (input_may_wait(t->pipe.input) && what_has_address(&t->what))
		start_nearest(t);
	pipeline_run(&t->pipe, feed, t);
	tracker_end(t->tracker);
	tracker_free(t->tracker);
	find_earlier(t, &track);
	pipeline_finish(&t->pipe);
	collect_sort(&t->found);
	note_logs(t);
	collect_trails(&t->found);
	if (o->lines)
		collect_fetch_lines(&t->found, t->pipe.input);
	code = collect_empty(&t->found) ? EXIT_NOTHING : EXIT_FOUND;
	if (pipeline_failed(&t->pipe))
		code = EXIT_INPUT;
	print_answer(t);
	collect_done(&t->found);
	pipeline_close(&t->pipe);
	free(t->nearest);
	return code;
}

/* what can't be done is refused, so that nobody takes the answer for one to more */
static int check_options(const struct options *o, struct err *reterr)
{
	if (o->brief && o->json)
		return err_set(reterr, ERR_USAGE, "--brief is a form for people, --json one for programs: one of them");
	if (!o->grep || (!o->n_filters && !o->json))
		return 0;
	return err_set(reterr, ERR_USAGE,
		       "--grep prints lines, as exigrep does: no filters, no --json; --lines goes with them");
}

static int run(struct app *app)
{
	struct tracing t = { .app = app };
	struct err err = { 0 };
	int code;

	if (check_options(&app->options, &err) < 0 || what_read(&t.what, app, &err) < 0)
		code = app_fail(app, &err);
	else if (app->options.grep)
		code = trace_grep(app, app->options.grep, t.what.logs, t.what.n_logs);
	else
		code = trace(&t, &err);
	what_done(&t.what);
	return code;
}

const struct command command_trace = {
	.name = "trace",
	.bit = ON_TRACE,
	.arguments = "WHAT [LOG...]",
	.summary = "what happened to a message, recipient by recipient, and why",
	.help = "WHAT is an address, @domain, a queue id, a Message-ID, an IP address or network, a host,\n"
		"words of the subject, or an account.  With --all, --what-file or filters there need not be one.\n\n"
		"  mailwhy trace alice@example.com /var/log/mail.log*\n"
		"  mailwhy trace 1rJkXm-0003kl-Qp --lines\n"
		"  mailwhy trace --all --status bounced --since yesterday --brief",
	.run = run,
};

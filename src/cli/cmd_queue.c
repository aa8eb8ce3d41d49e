/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_queue.c - `mailwhy queue`: what waits here, why, and since when
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "cli/app.h"
#include "cli/causes.h"
#include "cli/guard.h"
#include "cli/listing.h"
#include "cli/pipeline.h"
#include "cli/when.h"
#include "export/panel_csv.h"
#include "export/queue.h"
#include "queue/panels.h"
#include "track/track.h"

#define MESSAGES_TOP 20
#define DOMAINS_TOP  20
#define CAUSES_TOP   10
#define EARLIER_US   (2 * USEC_PER_HOUR) /* before the oldest message arrived, where the logs are read from */

/* the filters that only a log can answer */
#define LOG_FILTERS                                                                                                   \
	(1U << FILTER_USER | 1U << FILTER_DIRECTORY | 1U << FILTER_IP | 1U << FILTER_CLIENT | 1U << FILTER_SERVER |   \
	 1U << FILTER_STATUS | 1U << FILTER_MESSAGE_ID | 1U << FILTER_SUBJECT | 1U << FILTER_DIRECTION | \
	 1U << FILTER_REPLY)

struct queue_run {
	struct app *app;
	struct listings listings;
	struct queue queue;
	struct queue_selection wanted;
	bool by_sender;
	bool logs_named;           /* by the user: they must be readable then */
	struct queue_join *join;
	struct tracker *tracker;
	struct pipeline pipeline;
	bool with_log;
	struct arena arena;
};

/* --- options ------------------------------------------------------------------------------------------ */

/* "10K", "+10K": at least; "-1M": at most */
static int read_size(const char *text, struct queue_selection *s, struct err *reterr)
{
	static const char LETTERS[] = "KMG";
	struct cur c = cur_of(slice_str(text));
	bool most = cur_byte(&c, '-');
	unsigned shift = 0;
	int64_t v;

	if (!most)
		(void)cur_byte(&c, '+');
	if (cur_i64(&c, INT64_MAX >> 31, &v)) {
		for (unsigned i = 0; i < sizeof LETTERS - 1; i++)
			if (cur_left(&c) == 1 && ascii_tolower(*c.p) == ascii_tolower(LETTERS[i])) {
				shift = 10 * (i + 1);
				c.p++;
			}
		if (cur_at_end(&c)) {
			*(most ? &s->max_bytes : &s->min_bytes) = v << shift;
			return 0;
		}
	}
	return err_set(reterr, ERR_USAGE, "--size takes a number of bytes, like 10K, +1M or -500, not '%s'", text);
}

static int read_span(const char *name, const char *text, usec_t *ret, struct err *reterr)
{
	int r = text ? when_span(slice_str(text), ret, reterr) : 0;

	if (r < 0)
		err_prefix(reterr, "--%s", name);
	return r;
}

static bool asks_log(const struct options *o)
{
	for (size_t i = 0; i < o->n_filters; i++)
		if (LOG_FILTERS & 1U << o->filters[i].kind)
			return true;
	return false;
}

static int read_options(struct queue_run *run, struct err *reterr)
{
	const struct options *o = &run->app->options;
	struct slice by = slice_str(o->by);

	run->wanted = (struct queue_selection){
		.filter = run->app->filter, .min_bytes = -1, .max_bytes = -1, .younger_us = -1, .older_us = -1,
	};
	if (o->frozen)
		run->wanted.states |= 1U << QUEUE_FROZEN | 1U << QUEUE_HELD;
	if (o->deferred)
		run->wanted.states |= 1U << QUEUE_DEFERRED | 1U << QUEUE_WAITING;
	if (o->active)
		run->wanted.states |= 1U << QUEUE_ACTIVE | 1U << QUEUE_INCOMING;
	run->by_sender = o->by && slice_is(by, "sender");
	if (o->by && !run->by_sender && !slice_is(by, "recipient"))
		return err_set(reterr, ERR_USAGE, "--by takes sender or recipient, not '%s'", o->by);
	if (o->ids + o->count + o->json + o->csv > 1)
		return err_set(reterr, ERR_USAGE, "of --ids, --count, --json and --csv one is enough");
	if (o->brief && o->json)
		return err_set(reterr, ERR_USAGE, "--brief is a form for people, --json one for programs: one of them");
	if (o->no_log && asks_log(o))
		return err_set(reterr, ERR_USAGE, "a filter asks what only the log can tell, and --no-log leaves it out");
	if (o->size && read_size(o->size, &run->wanted, reterr) < 0)
		return ERR_USAGE;
	if (read_span("younger", o->younger, &run->wanted.younger_us, reterr) < 0)
		return ERR_USAGE;
	return read_span("older", o->older, &run->wanted.older_us, reterr);
}

/* --- the queue ---------------------------------------------------------------------------------------- */

static usec_t utc_of(void *ctx, usec_t local_us)
{
	const struct app *app = ctx;
	int32_t offset;

	return tz_local_to_utc(app->tz, local_us, false, &offset);
}

/* the listings are made before the sandbox is entered, and looked at in it */
static int read_queue(struct queue_run *run, struct err *reterr)
{
	struct app *app = run->app;
	struct queue_clock clock = { .now_us = app->now_us, .made_us = USEC_NONE, .utc_of = utc_of, .ctx = app };
	int r = 0;

	if (app->options.now) {
		r = when_parse(slice_str(app->options.now), app->now_us, app->tz, &clock.made_us, reterr);
		if (r < 0) {
			err_prefix(reterr, "--now");
			return r;
		}
	}
	r = listings_read(&run->listings, app, reterr);
	guard_enter(app);
	for (size_t i = 0; r == 0 && i < run->listings.n; i++) {
		struct listing *l = &run->listings.items[i];

		clock.now_us = l->changed_us != USEC_NONE && l->changed_us < app->now_us ? l->changed_us : app->now_us;
		r = queue_read(&run->queue, l->form, l->name, strbuf_slice(&l->text), &clock, reterr);
	}
	return r;
}

/* --- the log ------------------------------------------------------------------------------------------ */

static bool feed(void *ctx, const struct line *l, const struct event *e)
{
	struct queue_run *run = ctx;

	if (e->kind != EV_FOREIGN)
		tracker_feed(run->tracker, l, e);
	return true;
}

static void on_message(void *ctx, const struct message *m)
{
	queue_join_message(ctx, m);
}

static bool wants_log(const struct queue_run *run)
{
	const struct options *o = &run->app->options;

	if (o->no_log || !run->queue.n)
		return false;
	if (run->listings.n_logs || asks_log(o))
		return true;
	return !o->ids && !o->count && !((o->summary || o->shape) && !o->json);
}

static usec_t oldest(const struct queue *q)
{
	usec_t t = USEC_NONE;

	for (size_t i = 0; i < q->n; i++)
		if (q->items[i].arrived_us != USEC_NONE && (t == USEC_NONE || q->items[i].arrived_us < t))
			t = q->items[i].arrived_us;
	return t;
}

static int read_log(struct queue_run *run, struct err *reterr)
{
	struct app *app = run->app;
	struct tracker_options track = {
		.details = DETAIL_ALL,
		.local_domains = app->local_domains,
		.n_local_domains = app->n_local_domains,
		.local_nets = app->local_nets,
		.n_local_nets = app->n_local_nets,
	};
	struct fact_sink sink = { .message = on_message };
	usec_t first = oldest(&run->queue);

	if (app->since_us == USEC_NONE && first != USEC_NONE)
		app->since_us = first - EARLIER_US;
	if (pipeline_open(&run->pipeline, app, run->listings.logs, run->listings.n_logs, PIPELINE_OPTIONAL, reterr) < 0)
		return (int)reterr->code;
	run->with_log = true;
	run->join = queue_join_new(&run->queue);
	sink.ctx = run->join;
	track.one_log = pipeline_one_log(&run->pipeline);
	run->tracker = tracker_new(&track, &sink);
	pipeline_run(&run->pipeline, feed, run);
	tracker_end(run->tracker);
	tracker_free(run->tracker);
	pipeline_finish(&run->pipeline);
	return 0;
}

/* --- the answer --------------------------------------------------------------------------------------- */

static bool full(void *ctx)
{
	return output_check(ctx);
}

static usec_t made(const struct queue *q)
{
	usec_t t = USEC_NONE;

	for (size_t i = 0; i < q->n_listings; i++)
		t = q->listings[i].made_us > t ? q->listings[i].made_us : t;
	return t;
}

static size_t build_panels(struct queue_run *run, const struct queue_answer *a, struct panel *panels)
{
	const struct options *o = &run->app->options;
	struct queue_panel_options p = { .by_sender = run->by_sender, .with_log = run->with_log };
	size_t n = 0;

	if (o->brief || o->csv) {
		p.limit = a->limit;
		queue_panel_messages(&panels[n++], &run->arena, &a->view, &p);
	}
	if (a->list || o->csv) {
		p.limit = o->no_limit ? 0 : o->top ? o->top : CAUSES_TOP;
		queue_panel_causes(&panels[n++], &run->arena, &a->view, &p);
	}
	p.limit = o->no_limit ? 0 : o->top ? o->top : DOMAINS_TOP;
	if (o->summary || o->csv)
		queue_panel_summary(&panels[n++], &run->arena, &a->view, &p);
	if (o->shape || o->csv)
		queue_panel_shape(&panels[n++], &run->arena, &a->view, &p);
	return n;
}

static void print_ids(struct app *app, const struct queue_view *v)
{
	for (size_t i = 0; i < v->n && output_check(&app->out); i++) {
		if (!queue_id_is_safe(v->items[i]->id))
			continue;
		strbuf_add(&app->out.buf, v->items[i]->id);
		strbuf_add_byte(&app->out.buf, '\n');
	}
}

static void print(struct queue_run *run, struct queue_answer *a)
{
	struct app *app = run->app;
	const struct options *o = &app->options;
	const struct queue_out out = { &app->out.buf, &app->term, full, &app->out };
	struct panel panels[4];

	if (o->ids) {
		print_ids(app, &a->view);
		return;
	}
	if (o->count) {
		strbuf_printf(&app->out.buf, "%zu\n", a->view.n);
		return;
	}
	a->list = !o->summary && !o->shape && !o->brief;
	a->panels = panels;
	a->n_panels = build_panels(run, a, panels);
	if (o->json) {
		queue_json(&out, a);
	} else if (o->csv) {
		for (size_t i = 0; i < a->n_panels; i++)
			panel_csv(&app->out.buf, &a->panels[i]);
	} else
		queue_text(&out, a);
}

static int answer(struct queue_run *run)
{
	struct app *app = run->app;
	const struct options *o = &app->options;
	const struct queue_selection all = { .min_bytes = -1, .max_bytes = -1, .younger_us = -1, .older_us = -1 };
	struct queue_answer a = {
		.head = run->pipeline.head,
		.with_log = run->with_log,
		.diagnoser = app_diagnoser(app),
		.queue = &run->queue,
		.limit = o->no_limit ? 0 : o->top ? o->top : MESSAGES_TOP,
		.made_us = made(&run->queue),
		.redact = app->redact,
	};
	struct queue_view everything;
	int code;

	if (run->with_log && !run->logs_named && !a.head.n_sources) /* nothing lies in the usual places */
		run->with_log = a.with_log = false;
	if (!run->with_log)
		a.head.since_us = a.head.until_us = USEC_NONE;
	a.utc_offset_sec = tz_offset_at(app->tz, a.made_us);
	if (run->with_log || !(o->ids || o->count))
		queue_explain(&run->queue, a.diagnoser);
	everything = queue_select(&run->queue, &all);
	a.all = queue_totals(&everything);
	free(everything.items);
	a.view = queue_select(&run->queue, &run->wanted);
	a.totals = queue_totals(&a.view);
	if (app->redact)
		redact_queue(app->redact, &app->masked, &run->queue);
	print(run, &a);
	code = a.view.n ? EXIT_FOUND : EXIT_NOTHING;
	if (run->with_log && run->logs_named && pipeline_failed(&run->pipeline))
		code = EXIT_INPUT;
	free(a.view.items);
	return code;
}

static int run_queue(struct queue_run *run)
{
	struct err err = { 0 };

	if (read_options(run, &err) < 0 || read_queue(run, &err) < 0)
		return app_fail(run->app, &err);
	run->logs_named = run->listings.n_logs > 0;
	if (wants_log(run) && read_log(run, &err) < 0) {
		if (run->logs_named)
			return app_fail(run->app, &err);
		diag_say(&run->app->diag, DIAG_INFO, "%s; the listing alone is shown", err.msg);
	}
	return answer(run);
}

static int run(struct app *app)
{
	struct queue_run run = { .app = app };
	int code = run_queue(&run);

	queue_join_free(run.join);
	queue_done(&run.queue);
	pipeline_close(&run.pipeline);
	listings_done(&run.listings);
	arena_clear(&run.arena);
	return code;
}

const struct command command_queue = {
	.name = "queue",
	.bit = ON_QUEUE,
	.arguments = "[LISTING] [LOG...]",
	.summary = "what waits in the queue, why, since when, and what to do",
	.help = "A LISTING is what `exim -bp`, `postqueue -p`, `postqueue -j` or Sendmail's `mailq` prints, in a file\n"
		"or on standard input (-); it is recognised by what is in it.  Without one the mail server of\n"
		"this machine is asked.  LOGs, or those in the usual places, tell why each message waits and\n"
		"how often it was tried; --no-log leaves them out.\n\n"
		"  mailwhy queue\n"
		"  mailwhy queue --frozen --ids | xargs exim -Mrm\n"
		"  mailwhy queue --sender @shop.example --older 2h --count\n"
		"  exim -bp | mailwhy queue - --summary\n"
		"  ssh mx postqueue -j | mailwhy queue - mx-mail.log --json",
	.run = run,
};

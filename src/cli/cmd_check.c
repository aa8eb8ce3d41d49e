/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_check.c - `mailwhy check [LOG...]`: is anything wrong? for monitoring systems
 *
 * Source: Monitoring Plugins Development Guidelines (ranges, performance data, exit codes).
 * Trap: monitoring systems show standard output alone, so that errors go there as well.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "check/check.h"
#include "check/state.h"
#include "cli/app.h"
#include "cli/causes.h"
#include "cli/check_log.h"
#include "cli/guard.h"
#include "cli/listing.h"
#include "cli/when.h"
#include "export/check.h"

#define MIN_COUNT     10
#define EVIDENCE_MAX  5
#define PROBLEMS_MAX  8
#define CONTEXT_BYTES ((uint64_t)32 << 20) /* of a log that is seen for the first time */

struct check_run {
	struct app *app;
	struct check_result *results;
	size_t n_results;
	bool needs_queue, needs_log;
	usec_t period_us;          /* 0: since the last call */
	enum check_status no_data;
	int quiet_from, quiet_until; /* hours; -1: none */
	char *problems[PROBLEMS_MAX];
	size_t n_problems;
	struct check_state state;
	struct check_log log;
	bool with_log;
	struct aide aide;          /* that writes the state */
	struct listings listings;
	struct queue queue;
	struct check_queue queue_facts;
	bool with_queue;
	struct check_counts counts; /* over the period */
	usec_t from_us;
};

/* --- options ------------------------------------------------------------------------------------------ */

static int add_check(struct check_run *run, const struct check_ops *ops, const char *ranges, struct err *reterr)
{
	struct check_result *r = &run->results[run->n_results];

	*r = (struct check_result){ .ops = ops };
	if (ranges_parse(slice_str(ranges), &ops->scale, &r->warn, &r->crit, reterr) < 0) {
		err_prefix(reterr, "--%s", ops->option);
		return ERR_USAGE;
	}
	run->n_results++;
	run->needs_queue = run->needs_queue || ops->needs_queue;
	run->needs_log = run->needs_log || !ops->needs_queue;
	return 0;
}

static int choose_checks(struct check_run *run, struct err *reterr)
{
	const struct options *o = &run->app->options;
	int r = 0;

	run->results = xcalloc(o->n_checks + check_rows_count, sizeof *run->results);
	for (size_t i = 0; r == 0 && i < o->n_checks; i++) {
		for (size_t k = 0; k < i; k++)
			if (strcmp(o->checks[k].name, o->checks[i].name) == 0)
				return err_set(reterr, ERR_USAGE, "--%s is given twice", o->checks[i].name);
		r = add_check(run, check_find(o->checks[i].name), o->checks[i].value, reterr);
	}
	for (size_t i = 0; r == 0 && !o->n_checks && i < check_rows_count; i++)
		if (check_rows[i].defaults)
			r = add_check(run, &check_rows[i], check_rows[i].defaults, reterr);
	return r;
}

/* "22-6" */
static int read_hours(struct check_run *run, const char *text, struct err *reterr)
{
	if (when_hours(slice_str(text), &run->quiet_from, &run->quiet_until))
		return 0;
	return err_set(reterr, ERR_USAGE, "--silence-ok takes two hours of the day, as 22-6, not '%s'", text);
}

static int read_options(struct check_run *run, struct err *reterr)
{
	const struct options *o = &run->app->options;
	struct slice no_data = slice_str(o->no_data);

	if (choose_checks(run, reterr) < 0)
		return ERR_USAGE;
	if (o->until)
		return err_set(reterr, ERR_USAGE, "check reads up to the end of the log: it takes no --until");
	if (o->period) {
		if (when_span(slice_str(o->period), &run->period_us, reterr) < 0) {
			err_prefix(reterr, "--period");
			return ERR_USAGE;
		}
	}
	run->no_data = o->no_data && slice_is(no_data, "unknown") ? STATUS_UNKNOWN : STATUS_OK;
	if (o->no_data && run->no_data == STATUS_OK && !slice_is(no_data, "ok"))
		return err_set(reterr, ERR_USAGE, "--no-data takes ok or unknown, not '%s'", o->no_data);
	return o->silence_ok ? read_hours(run, o->silence_ok, reterr) : 0;
}

/* --- what keeps us from looking ------------------------------------------------------------------------ */

static void problem(struct check_run *run, const char *text)
{
	if (run->n_problems < PROBLEMS_MAX)
		run->problems[run->n_problems++] = xstrdup(text);
}

static void on_diag(void *ctx, enum diag_level level, const char *text)
{
	if (level == DIAG_ERROR)
		problem(ctx, text);
}

/* --- the state ---------------------------------------------------------------------------------------- */

/* A state of its own for each question: two services must not take each other's lines. */
static void name_state(const struct check_run *run, const char *const *words, size_t n, struct strbuf *out)
{
	const struct options *o = &run->app->options;
	struct strbuf question = { 0 };
	char *cwd = getcwd(NULL, 0);

	for (size_t i = 0; i < n; i++)
		strbuf_printf(&question, "%s/%s\n", words[i][0] == '/' || !cwd ? "" : cwd, words[i]);
	for (size_t i = 0; i < o->journals.n; i++)
		strbuf_printf(&question, "journal %s\n", o->journals.items[i] ? o->journals.items[i] : "");
	for (size_t i = 0; i < run->n_results; i++)
		strbuf_printf(&question, "--%s\n", run->results[i].ops->option);
	for (size_t i = 0; i < o->n_filters; i++)
		strbuf_printf(&question, "%d=%s\n", (int)o->filters[i].kind, o->filters[i].value);
	strbuf_printf(out, "/check-%016llx.json", (unsigned long long)hash_slice(strbuf_slice(&question)));
	strbuf_done(&question);
	free(cwd);
}

static int state_path(const struct check_run *run, const char *const *words, size_t n, struct strbuf *out, struct err *reterr)
{
	static const char SYSTEM[] = "/var/lib/mailwhy";
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (run->app->options.state)
		strbuf_add_str(out, run->app->options.state);
	else if (xdg && xdg[0] == '/')
		strbuf_printf(out, "%s/mailwhy", xdg);
	else if (geteuid() == 0 || access(SYSTEM, W_OK) == 0)
		strbuf_add_str(out, SYSTEM);
	else if (home && home[0] == '/')
		strbuf_printf(out, "%s/.local/state/mailwhy", home);
	else
		return err_set(reterr, ERR_USAGE, "there is no place for the state: --state FILE, or make '%s' writable", SYSTEM);
	if (!run->app->options.state)
		name_state(run, words, n, out);
	return 0;
}

static int open_state(struct check_run *run, const char *const *words, size_t n, struct err *reterr)
{
	struct strbuf path = { 0 };
	int r = state_path(run, words, n, &path, reterr);

	if (r == 0)
		r = state_open(&run->state, path.p, run->app->now_us, reterr);
	if (r == 0)
		run->state.marks.context_bytes = CONTEXT_BYTES;
	strbuf_done(&path);
	return r;
}

static usec_t later(usec_t a, usec_t b)
{
	return a > b ? a : b;
}

static int write_state(void *ctx, struct slice text, struct err *reterr)
{
	return state_write(ctx, text, reterr);
}

/* All that has to do with files comes before the first line is looked at; who writes the state then waits for it. */
static int ready_state(struct check_run *run, const char *const *words, size_t n, struct err *reterr)
{
	int r = open_state(run, words, n, reterr);

	if (r == 0 && !run->app->options.peek)
		r = aide_start(&run->aide, write_state, run->state.path, reterr);
	return r;
}

static int save_state(struct check_run *run, struct err *reterr)
{
	struct strbuf text = { 0 };
	int r;

	state_text(&run->state, &text);
	r = aide_do(&run->aide, strbuf_slice(&text), reterr);
	strbuf_done(&text);
	return r;
}

/* This call becomes part of what is remembered. */
static int keep_state(struct check_run *run, struct err *reterr)
{
	struct check_state *s = &run->state;
	const struct check_span span = { s->marks.made_us == USEC_NONE ? run->app->now_us : s->marks.made_us, run->app->now_us,
					 run->log.fresh };

	run->from_us = span.from_us;
	if (run->period_us > 0) {
		state_add(s, &span, run->app->now_us - run->period_us);
		run->from_us = s->spans[0].from_us;
		run->counts = (struct check_counts){ 0 };
		for (size_t i = 0; i < s->n_spans; i++)
			counts_add(&run->counts, &s->spans[i].counts);
	}
	s->last_mail_us = later(s->last_mail_us, run->log.last_mail_us);
	s->last_line_us = later(s->last_line_us, run->log.last_line_us);
	input_marks_done(&s->marks);
	s->marks = run->log.marks;
	run->log.marks = (struct input_marks){ .made_us = USEC_NONE };
	return run->app->options.peek ? 0 : save_state(run, reterr);
}

/* --- the log ------------------------------------------------------------------------------------------ */

static bool is_stdin(const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], "-") == 0)
			return true;
	return false;
}

static bool asks(const struct check_run *run, enum evidence_kind kind)
{
	for (size_t i = 0; i < run->n_results; i++)
		if (run->results[i].ops->evidence == kind)
			return true;
	return false;
}

static bool anything_read(const struct check_run *run)
{
	const struct answer_head *h = &run->log.pipeline.head;

	for (size_t i = 0; i < h->n_sources; i++)
		if (!h->sources[i].error)
			return true;
	return false;
}

static int read_log(struct check_run *run, const char *const *words, size_t n, struct err *reterr)
{
	const struct diagnoser *d = asks(run, EVIDENCE_BLOCKLISTED) ? app_diagnoser(run->app) : NULL;
	bool remembers = !is_stdin(words, n);
	int r = check_log_read(&run->log, run->app, words, n, remembers ? &run->state.marks : NULL, d, reterr);

	if (r < 0)
		return r;
	if (pipeline_failed(&run->log.pipeline) && !anything_read(run))
		return run->n_problems ? ERR_READ : err_set(reterr, ERR_READ, "no log could be read");
	run->with_log = true;
	run->counts = run->log.fresh;
	if (remembers)
		return keep_state(run, reterr);
	run->state.last_mail_us = run->log.last_mail_us;
	run->state.last_line_us = run->log.last_line_us;
	run->state.created_us = run->app->now_us;
	return 0;
}

/* --- the queue ---------------------------------------------------------------------------------------- */

static usec_t utc_of(void *ctx, usec_t local_us)
{
	const struct app *app = ctx;
	int32_t offset;

	return tz_local_to_utc(app->tz, local_us, false, &offset);
}

static void count_queued(struct check_queue *ret, const struct queue *q)
{
	*ret = (struct check_queue){ .oldest_us = -1 };
	for (size_t i = 0; i < q->n; i++) {
		const struct queued *m = &q->items[i];

		ret->messages++;
		ret->deferred += m->state == QUEUE_DEFERRED || m->state == QUEUE_WAITING;
		ret->held += m->state == QUEUE_FROZEN || m->state == QUEUE_HELD;
		if (m->age_us > ret->oldest_us)
			ret->oldest_us = m->age_us;
	}
}

static int read_queue(struct check_run *run, struct err *reterr)
{
	struct app *app = run->app;
	struct queue_clock clock = { .now_us = app->now_us, .made_us = USEC_NONE, .utc_of = utc_of, .ctx = app };
	int r = 0;

	for (size_t i = 0; r == 0 && i < run->listings.n; i++) {
		struct listing *l = &run->listings.items[i];

		clock.now_us = l->changed_us != USEC_NONE && l->changed_us < app->now_us ? l->changed_us : app->now_us;
		r = queue_read(&run->queue, l->form, l->name, strbuf_slice(&l->text), &clock, reterr);
	}
	if (r < 0)
		return r;
	run->with_queue = true;
	count_queued(&run->queue_facts, &run->queue);
	return 0;
}

/* --- the answer --------------------------------------------------------------------------------------- */

static bool is_quiet_hour(const struct check_run *run)
{
	const struct app *app = run->app;
	usec_t wall = app->now_us + tz_offset_at(app->tz, app->now_us) * USEC_PER_SEC;
	int hour = (int)(wall / USEC_PER_HOUR % 24);

	if (run->quiet_from < 0)
		return false;
	return run->quiet_from < run->quiet_until ? hour >= run->quiet_from && hour < run->quiet_until :
						    hour >= run->quiet_from || hour < run->quiet_until;
}

static void find_evidence(struct check_run *run, struct check_result *r)
{
	struct app *app = run->app;
	struct evidence *list;

	if (!run->with_log || r->ops->evidence == EVIDENCE_NONE)
		return;
	list = arena_alloc(&app->memory, EVIDENCE_MAX * sizeof *list);
	r->n_evidence = counter_evidence(run->log.all, run->log.before, r->ops->evidence, list, EVIDENCE_MAX);
	r->evidence = list;
	for (size_t i = 0; app->redact && i < r->n_evidence; i++)
		list[i].text = redact_value(app->redact, &app->masked, MASK_TEXT, list[i].text);
}

static void judge(struct check_run *run, struct check_answer *a)
{
	const struct check_facts facts = {
		.counts = &run->counts,
		.queue = run->with_queue ? &run->queue_facts : NULL,
		.now_us = run->app->now_us,
		.last_mail_us = run->state.last_mail_us,
		.last_line_us = run->state.last_line_us,
		.watched_us = run->state.created_us,
		.min_count = run->app->options.min_count ? (int64_t)run->app->options.min_count : MIN_COUNT,
		.silence_ok = is_quiet_hour(run),
		.no_data = run->no_data,
	};

	for (size_t i = 0; i < run->n_results; i++) {
		struct check_result *r = &run->results[i];

		if (!r->ops->needs_queue && !run->with_log) {
			r->status = STATUS_UNKNOWN;
			r->part = r->whole = -1;
		} else {
			check_judge(r, &facts);
			find_evidence(run, r);
		}
		a->status = check_status_worse(a->status, r->status);
	}
	if (run->n_problems)
		a->status = check_status_worse(a->status, STATUS_UNKNOWN);
}

static int answer(struct check_run *run)
{
	struct app *app = run->app;
	struct check_answer a = {
		.results = run->results,
		.n_results = run->n_results,
		.with_log = run->with_log,
		.fresh = &run->log.fresh,
		.first = run->with_log && run->state.fresh && app->since_us == USEC_NONE,
		.from_us = run->from_us,
		.until_us = app->now_us,
		.state = run->with_log ? run->state.path : NULL,
		.peek = app->options.peek,
	};

	judge(run, &a);
	a.problems = (const char *const *)run->problems;
	a.n_problems = run->n_problems;
	if (app->options.json)
		check_json(&app->out.buf, &a);
	else
		check_text(&app->out.buf, &a, app->options.verbose);
	return (int)a.status;
}

static void run_check(struct check_run *run)
{
	struct app *app = run->app;
	const char *const *words = app->args;
	size_t n = app->n_args;
	struct err err = { 0 };
	bool queue = false, log;

	if (read_options(run, &err) < 0) {
		run->n_results = 0;
		problem(run, err.msg);
		return;
	}
	log = run->needs_log;
	if (run->needs_queue) {
		queue = listings_read(&run->listings, app, &err) == 0;
		if (!queue)
			problem(run, err.msg);
		words = run->listings.logs;
		n = run->listings.n_logs;
	}
	if (log && !is_stdin(words, n) && ready_state(run, words, n, &err) < 0) {
		problem(run, err.msg);
		log = false;
	}
	guard_enter(app);
	err = (struct err){ 0 };
	if (queue && read_queue(run, &err) < 0)
		problem(run, err.msg);
	err = (struct err){ 0 };
	if (log && read_log(run, words, n, &err) < 0 && err.code)
		problem(run, err.msg);
}

static int run(struct app *app)
{
	struct check_run run = { .app = app, .quiet_from = -1, .from_us = USEC_NONE, .state.lock_fd = -1 };
	int code;

	app->diag = (struct diag){ on_diag, &run };
	run_check(&run);
	code = answer(&run);
	check_log_done(&run.log);
	aide_end(&run.aide);
	state_done(&run.state);
	queue_done(&run.queue);
	listings_done(&run.listings);
	for (size_t i = 0; i < run.n_problems; i++)
		free(run.problems[i]);
	free(run.results);
	return code;
}

static int fail(struct app *app, const struct err *err)
{
	const char *const words = err->msg;
	const struct check_answer a = { .status = STATUS_UNKNOWN, .problems = &words, .n_problems = 1 };

	if (app->options.json)
		check_json(&app->out.buf, &a);
	else
		check_text(&app->out.buf, &a, false);
	return (int)a.status;
}

const struct command command_check = {
	.name = "check",
	.bit = ON_CHECK,
	.arguments = "[LISTING] [LOG...]",
	.summary = "is anything wrong? a plug-in for Nagios, Icinga, Checkmk, Zabbix",
	.help = "Looks at what is new in the logs since the last call, each line once, also when they were\n"
		"rotated in between, and at the queue if a check asks for it.  Prints one line with performance\n"
		"data and exits with 0 (ok), 1 (warning), 2 (critical) or 3 (unknown: wrong usage, or something\n"
		"could not be read).  The first call takes the place at the end of the log, or counts from\n"
		"--since on.  A check takes ranges as the Monitoring Plugins Development Guidelines write them:\n"
		"10 (0 to 10 is fine), 10: (10 and more), ~:10, 10:20, @10:20 (alert inside).\n"
		"docs/monitoring.md shows how to set up monitoring systems.\n"
		"\n"
		"  mailwhy check\n"
		"  mailwhy check --bounce-share 5,20 --auth-failures 100,1000 --period 1h\n"
		"  mailwhy check --queue 500,2000 --queue-age 4h,1d\n"
		"  mailwhy check --silence 30,120 --silence-ok 22-6 /var/log/exim4/mainlog",
	.run = run,
	.fail = fail,
};

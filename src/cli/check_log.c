/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_log.c - reading what is new of the logs, each line once
 */
#include "cli/check_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "track/track.h"

/* Longer than what daemons say of a connection or of a message that has just ended, and than the tracker lingers. */
#define CONTEXT_US    (15 * USEC_PER_MIN)
#define CONTEXT_BYTES ((uint64_t)32 << 20) /* a quarter of a second */
#define PLACE_US      USEC_PER_MIN

/* where a minute of a source begins */
struct place {
	usec_t time_us;
	uint32_t source;
	uint64_t offset;
};

struct reading {
	struct check_log *log;
	const struct input_source *sources;
	size_t n_sources;
	struct tracker *all, *before;
	struct input_reach *reach;
	uint64_t *ends;            /* behind the last line of each source */
	usec_t *placed_us;         /* of the last place of each source */
	struct place *places;
	size_t n_places, cap_places;
	usec_t latest_us;
	bool *panic_logs;          /* is the source one? */
	bool watch_context;        /* old lines tell of the last mail too: nobody saw them before */
	bool ending;
};

/* --- the lines ---------------------------------------------------------------------------------------- */

static bool is_mail(const struct event *e)
{
	return e->kind == EV_ACCEPT ||
	       (e->kind == EV_ATTEMPT && (e->outcome == OUTCOME_DELIVERED || e->outcome == OUTCOME_RELAYED));
}

static void count_line(struct check_counts *c, const struct event *e, int64_t lines)
{
	c->n[COUNT_lines] += lines;
	c->n[e->kind == EV_OTHER     ? COUNT_other :
	     e->kind == EV_FOREIGN   ? COUNT_foreign :
	     e->kind == EV_MALFORMED ? COUNT_malformed :
				       COUNT_event] += lines;
}

static void note_place(struct reading *r, const struct line *l)
{
	usec_t *last = &r->placed_us[l->source];

	if (l->time_us == USEC_NONE)
		return;
	if (l->time_us > r->latest_us)
		r->latest_us = l->time_us;
	if (*last != USEC_NONE && l->time_us < *last + PLACE_US)
		return;
	*last = l->time_us;
	r->places = vec_grow(r->places, r->n_places, &r->cap_places, sizeof *r->places);
	r->places[r->n_places++] = (struct place){ l->time_us, l->source, l->offset };
}

/* An entry of a panic log is one, whatever it says. */
static void note_panic(struct reading *r, const struct line *l, enum input_age age)
{
	counter_panic(r->log->all, l->text);
	if (age != LINE_NEW)
		counter_panic(r->log->before, l->text);
}

static bool feed(void *ctx, const struct line *l, const struct event *e)
{
	struct reading *r = ctx;
	struct check_log *log = r->log;
	enum input_age age = input_line_age(log->pipeline.input, l);

	if (input_line_is_unfinished(log->pipeline.input, l)) {
		if (l->offset < r->reach[l->source].unfinished)
			r->reach[l->source].unfinished = l->offset;
		return true;
	}
	note_place(r, l);
	if (l->offset + l->length > r->ends[l->source])
		r->ends[l->source] = l->offset + l->length;
	if (age != LINE_OLD) /* of a record that goes on, nobody knows how much was there before: mostly its first line */
		count_line(&log->fresh, e, age == LINE_NEW ? l->line_count : l->line_count - 1);
	if (e->kind == EV_FOREIGN)
		return true;
	if (age != LINE_OLD || r->watch_context) {
		if (l->time_us > log->last_line_us)
			log->last_line_us = l->time_us;
		if (l->time_us > log->last_mail_us && is_mail(e))
			log->last_mail_us = l->time_us;
	}
	if (UNLIKELY(r->panic_logs[l->source]))
		note_panic(r, l, age);
	if (age == LINE_OLD)
		tracker_feed(r->before, l, e);
	tracker_feed(r->all, l, e);
	return true;
}

/* --- where the next reading begins -------------------------------------------------------------------- */

/* What is told when the logs end was open. */
static void note_open(struct reading *r, const struct fact_line *lines)
{
	for (; r->ending && lines; lines = lines->next) {
		struct input_reach *reach = lines->source < r->n_sources ? &r->reach[lines->source] : NULL;

		if (reach && lines->offset < reach->resume)
			reach->resume = lines->offset;
		if (reach && lines->time_us != USEC_NONE && lines->time_us < reach->resume_us)
			reach->resume_us = lines->time_us;
	}
}

static void on_message(void *ctx, const struct message *m)
{
	struct reading *r = ctx;
	const struct fact_sink *sink = counter_sink(r->log->all);

	note_open(r, m->lines);
	sink->message(sink->ctx, m);
}

static void on_rejection(void *ctx, const struct rejection *rj)
{
	struct reading *r = ctx;
	const struct fact_sink *sink = counter_sink(r->log->all);

	note_open(r, rj->lines);
	sink->rejection(sink->ctx, rj);
}

static void on_login(void *ctx, const struct login *l)
{
	struct reading *r = ctx;
	const struct fact_sink *sink = counter_sink(r->log->all);

	note_open(r, l->lines);
	sink->login(sink->ctx, l);
}

static void on_tls_failure(void *ctx, const struct tls_failure *f)
{
	const struct fact_sink *sink = counter_sink(((struct reading *)ctx)->log->all);

	sink->tls_failure(sink->ctx, f);
}

static void on_health(void *ctx, const struct health *h)
{
	const struct fact_sink *sink = counter_sink(((struct reading *)ctx)->log->all);

	sink->health(sink->ctx, h);
}

static void note_last_minutes(struct reading *r)
{
	for (size_t i = 0; i < r->n_sources; i++)
		if (r->latest_us != USEC_NONE && r->latest_us - CONTEXT_US < r->reach[i].resume_us)
			r->reach[i].resume_us = r->latest_us - CONTEXT_US;
	for (size_t i = 0; i < r->n_places; i++) {
		const struct place *p = &r->places[i];

		if (p->time_us >= r->latest_us - CONTEXT_US && p->offset < r->reach[p->source].resume)
			r->reach[p->source].resume = p->offset;
	}
}

/* Each log is read on without a gap, and not too far back. */
static void settle_resume(struct reading *r)
{
	for (size_t end = r->n_sources; end > 0;) {
		size_t first = end - 1;
		uint64_t left = CONTEXT_BYTES;
		bool within = false;

		while (first > 0 && r->sources[first - 1].set == r->sources[end - 1].set)
			first--;
		for (size_t i = first; i < end; i++) {
			if (within)
				r->reach[i].resume = 0;
			within = within || r->reach[i].resume < r->ends[i];
		}
		for (size_t i = end; i-- > first;) {
			uint64_t from = r->ends[i] > left ? r->ends[i] - left : 0;

			if (r->reach[i].resume < from)
				r->reach[i].resume = from;
			left -= r->ends[i] - from;
		}
		end = first;
	}
}

/* --- the reading -------------------------------------------------------------------------------------- */

/* "paniclog", "exim_paniclog", "panic.log" and their rotated files */
static bool is_panic_log(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strstr(slash ? slash + 1 : path, "panic") != NULL;
}

static void open_reading(struct reading *r, struct check_log *log, const struct input_marks *marks)
{
	r->log = log;
	r->n_sources = input_sources(log->pipeline.input, &r->sources);
	r->reach = xcalloc(r->n_sources + 1, sizeof *r->reach);
	r->ends = xcalloc(r->n_sources + 1, sizeof *r->ends);
	r->placed_us = xcalloc(r->n_sources + 1, sizeof *r->placed_us);
	r->panic_logs = xcalloc(r->n_sources + 1, sizeof *r->panic_logs);
	for (size_t i = 0; i < r->n_sources; i++) {
		r->reach[i] = (struct input_reach){ UINT64_MAX, UINT64_MAX, INT64_MAX };
		r->placed_us[i] = USEC_NONE;
		r->panic_logs[i] = is_panic_log(r->sources[i].name);
	}
	r->latest_us = USEC_NONE;
	r->watch_context = !marks || marks->made_us == USEC_NONE;
}

static void close_reading(struct reading *r)
{
	free(r->reach);
	free(r->ends);
	free(r->placed_us);
	free(r->panic_logs);
	free(r->places);
}

static void read_lines(struct reading *r, struct app *app)
{
	const struct fact_sink sink = {
		.ctx = r,
		.message = on_message,
		.rejection = on_rejection,
		.login = on_login,
		.tls_failure = on_tls_failure,
		.health = on_health,
	};
	struct tracker_options tracking = {
		.details = filter_is_empty(app->filter) ? 0 : DETAIL_ALL,
		.one_log = pipeline_one_log(&r->log->pipeline),
		.local_domains = app->local_domains,
		.n_local_domains = app->n_local_domains,
		.local_nets = app->local_nets,
		.n_local_nets = app->n_local_nets,
	};

	r->before = tracker_new(&tracking, counter_sink(r->log->before));
	tracking.keep_lines = true;
	r->all = tracker_new(&tracking, &sink);
	pipeline_run(&r->log->pipeline, feed, r);
	r->ending = true;
	tracker_end(r->all);
	tracker_end(r->before);
	tracker_free(r->all);
	tracker_free(r->before);
}

int check_log_read(struct check_log *log, struct app *app, const char *const *paths, size_t n_paths,
		   const struct input_marks *marks, const struct diagnoser *d, struct err *reterr)
{
	struct counter_options counting = { .filter = app->filter, .diagnoser = d };
	struct reading r = { 0 };
	int rc;

	*log = (struct check_log){ .last_mail_us = USEC_NONE, .last_line_us = USEC_NONE, .marks.made_us = USEC_NONE };
	rc = marks ? pipeline_open_marked(&log->pipeline, app, paths, n_paths, marks, reterr) :
		     pipeline_open(&log->pipeline, app, paths, n_paths, 0, reterr);
	if (rc < 0)
		return rc;
	open_reading(&r, log, marks);
	for (size_t i = 0; i < r.n_sources; i++)
		counting.has_panic_log = counting.has_panic_log || r.panic_logs[i];
	log->all = counter_new(&counting);
	log->before = counter_new(&counting);
	read_lines(&r, app);
	counts_add_difference(&log->fresh, counter_counts(log->all), counter_counts(log->before));
	note_last_minutes(&r);
	settle_resume(&r);
	if (marks)
		input_marks_next(log->pipeline.input, marks, r.reach, &log->marks);
	close_reading(&r);
	pipeline_finish(&log->pipeline);
	return 0;
}

void check_log_done(struct check_log *log)
{
	counter_free(log->all);
	counter_free(log->before);
	input_marks_done(&log->marks);
	pipeline_close(&log->pipeline);
}

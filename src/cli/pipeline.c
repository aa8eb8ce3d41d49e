/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipeline.c - from LOGs to facts: the stages put together
 */
#include "cli/pipeline.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "cli/guard.h"
#include "cli/limits.h"
#include "cli/progress.h"
#include "flow/flow.h"
#include "parse/parse.h"

static unsigned jobs_of(const struct app *app)
{
	unsigned wanted = app->options.jobs ? (unsigned)app->options.jobs : flow_processors(), most = limits_threads();

	return wanted < most ? wanted : most;
}

static bool is_mail(const struct line *l)
{
	struct event e;

	parse_line(l, &e);
	return e.kind != EV_FOREIGN;
}

static void guard(void *ctx, const char *const *paths, size_t n)
{
	guard_paths(ctx, paths, n);
}

struct opening {
	const char *const *paths;
	size_t n_paths;
	unsigned needs;
	const struct input_marks *marks; /* or NULL */
	const struct input *again;       /* or NULL */
};

static int open_input(struct pipeline *p, struct app *app, const struct opening *what, struct err *reterr)
{
	const struct options *o = &app->options;
	bool named = what->n_paths || o->journals.n;
	const struct input_options options = {
		.paths = named ? what->paths : o->logs.items,
		.n_paths = named ? what->n_paths : o->logs.n,
		.journals = named ? o->journals.items : o->log_journals.items,
		.n_journals = named ? o->journals.n : o->log_journals.n,
		.journal_wants = parse_knows_program,
		.zones = o->zones,
		.n_zones = o->n_zones,
		.servers = o->servers,
		.n_servers = o->n_servers,
		.year = o->year,
		.since_us = app->since_us,
		.until_us = app->until_us,
		.now_us = app->now_us,
		.number_lines = (what->needs & PIPELINE_LINE_NUMBERS) != 0,
		.keep_stdin = (what->needs & PIPELINE_FETCH) != 0,
		.is_mail = is_mail,
		.jobs = jobs_of(app),
		.batch_lines = o->batch_lines,
		.marks = what->marks,
		.guard = guard,
		.guard_ctx = app,
		.keep_found = (what->needs & PIPELINE_AGAIN) != 0,
		.optional = (what->needs & PIPELINE_OPTIONAL) != 0,
		.again = what->again,
		.diag = &app->diag,
	};

	*p = (struct pipeline){ .app = app };
	p->head.since_us = p->head.until_us = USEC_NONE;
	return input_open(&options, &p->input, reterr);
}

int pipeline_open(struct pipeline *p, struct app *app, const char *const *paths, size_t n_paths, unsigned needs,
		  struct err *reterr)
{
	return open_input(p, app, &(struct opening){ paths, n_paths, needs, NULL, NULL }, reterr);
}

int pipeline_open_again(struct pipeline *p, const struct pipeline *first, const char *const *paths, size_t n_paths, unsigned needs,
			struct err *reterr)
{
	return open_input(p, first->app, &(struct opening){ paths, n_paths, needs, NULL, first->input }, reterr);
}

int pipeline_open_marked(struct pipeline *p, struct app *app, const char *const *paths, size_t n_paths,
			 const struct input_marks *marks, struct err *reterr)
{
	return open_input(p, app, &(struct opening){ paths, n_paths, 0, marks, NULL }, reterr);
}

/* one walk over the lines */
struct walk {
	struct pipeline *p;
	pipeline_line *fn;
	void *ctx;
	struct progress progress;
};

/* with --redact */
static bool walk_line_learning(void *ctx, const struct line *l, const struct event *e)
{
	const struct walk *w = ctx;

	redact_learn(w->p->app->redact, l, e);
	return w->fn(w->ctx, l, e);
}

static bool walk_batch(void *ctx, const struct input_position *position)
{
	struct walk *w = ctx;

	progress_step(&w->progress, position);
	return !w->p->flush_batches || output_flush(&w->p->app->out);
}

void pipeline_run(struct pipeline *p, pipeline_line *fn, void *ctx)
{
	struct walk walk = { .p = p, .fn = fn, .ctx = ctx };
	struct flow_sink sink = { ctx, fn, walk_batch, &walk };
	struct flow_passed passed;
	unsigned jobs = jobs_of(p->app);

	if (p->app->redact) {
		sink.ctx = &walk;
		sink.line = walk_line_learning;
	}
	/* whose output is not wanted any more must not wait for a line that may never come */
	if (p->flush_batches && input_may_wait(p->input))
		jobs = 1;
	/* who sees the lines themselves needs no other sign of life */
	progress_begin(&walk.progress, !p->flush_batches);
	flow_run(p->input, jobs, &sink, &passed);
	progress_end(&walk.progress);
	line_counts_add(&p->head.lines, passed.lines);
	p->head.since_us = passed.since_us;
	p->head.until_us = passed.until_us;
	p->head.since_offset_sec = passed.since_offset_sec;
	p->head.until_offset_sec = passed.until_offset_sec;
}

static struct answer_source source_of(const struct input_source *s)
{
	return (struct answer_source){
		.name = s->name,
		.server = s->server,
		.format = s->envelope == ENVELOPE_NONE ? NULL : envelope_kind_name(s->envelope),
		.compression = s->compression,
		.bytes = s->bytes,
		.lines = s->lines,
		.cut_lines = s->cut_lines,
		.first_us = s->first_us,
		.last_us = s->last_us,
		.year = s->year,
		.zone = s->zone,
		.skipped = s->skipped,
		.error = s->failed ? s->error.msg : NULL,
	};
}

void pipeline_finish(struct pipeline *p)
{
	const struct input_source *sources;
	size_t n = input_sources(p->input, &sources);

	free(p->sources);
	p->sources = xcalloc(n + 1, sizeof *p->sources);
	for (size_t i = 0; i < n; i++)
		p->sources[i] = source_of(&sources[i]);
	p->head.sources = p->sources;
	p->head.n_sources = n;
	if (p->app->redact)
		redact_head(p->app->redact, &p->app->masked, &p->head);
}

const char *pipeline_file(const struct pipeline *p, uint32_t source)
{
	const struct input_source *sources;
	size_t n = input_sources(p->input, &sources);

	return source < n ? sources[source].name : NULL;
}

bool pipeline_one_log(const struct pipeline *p)
{
	const struct input_source *sources;
	size_t n = input_sources(p->input, &sources);

	for (size_t i = 1; i < n; i++)
		if (sources[i].set != sources[0].set)
			return false;
	return true;
}

void pipeline_say_window(const struct pipeline *p, struct strbuf *out)
{
	struct input_extent r;

	if (p->app->since_us == USEC_NONE && p->app->until_us == USEC_NONE)
		return;
	strbuf_add_str(out, "--since or --until left out what lies outside");
	input_extent(p->input, &r);
	if (r.first_us != USEC_NONE) {
		strbuf_add_str(out, ": these logs go from ");
		answer_span(out, r.first_us, r.first_offset_sec, r.last_us, r.last_offset_sec);
	}
	strbuf_add_str(out, ".\n");
}

bool pipeline_failed(const struct pipeline *p)
{
	return input_failed(p->input);
}

void pipeline_close(struct pipeline *p)
{
	free(p->sources);
	p->sources = NULL;
	if (p->input)
		input_close(p->input);
	p->input = NULL;
}

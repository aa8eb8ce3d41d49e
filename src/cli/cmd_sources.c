/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_sources.c - `mailwhy sources [LOG...]`: what is there, how much of it is understood, what it leaves out
 */
#include <stdlib.h>

#include "advice/advice.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/attr.h"
#include "base/map.h"
#include "cli/app.h"
#include "cli/pipeline.h"
#include "cli/unknown.h"
#include "export/sources.h"

#define SERVERS_MAX  64    /* per log that are told one by one */
#define PROGRAMS_MAX 1000  /* strangers may write to a syslog under any name */
#define UNKNOWN_TOP  10

/* what the lines of one log say about it */
struct log_counts {
	uint64_t kinds[EVENT_KIND_COUNT];
	uint64_t writers[WRITER_COUNT];
	uint64_t envelopes[ENVELOPE_KIND_COUNT], grep_lines;
	struct source_count servers[SERVERS_MAX];
	size_t n_servers, last_server;
	uint64_t more_servers;     /* lines of further ones */
	usec_t first_us, last_us;
	int32_t first_offset_sec, last_offset_sec;
};

struct program {
	struct slice key;          /* writer and name */
	struct source_program p;
	uint64_t kinds[EVENT_KIND_COUNT];
};

struct sourcing {
	struct app *app;
	struct pipeline pipe;
	struct arena arena;
	struct log_counts *logs;   /* by number of the set */
	size_t n_logs;
	struct advice *advice;
	struct map programs;       /* --deep */
	struct strbuf key;
	struct unknown unknown;
};

static struct line_counts counts_of(const uint64_t kinds[EVENT_KIND_COUNT])
{
	struct line_counts c = { 0 };

	line_counts_add(&c, kinds);
	return c;
}

/* --- the walk ----------------------------------------------------------------------------------------- */

static void count_server(struct sourcing *s, struct log_counts *g, const struct line *l)
{
	size_t i = g->last_server;

	if (i >= g->n_servers || !slice_eq(g->servers[i].name, l->server))
		for (i = 0; i < g->n_servers && !slice_eq(g->servers[i].name, l->server); i++)
			;
	if (i == SERVERS_MAX) {
		g->more_servers += l->line_count;
		return;
	}
	if (i == g->n_servers)
		g->servers[g->n_servers++].name = arena_copy(&s->arena, l->server);
	g->servers[i].lines += l->line_count;
	g->last_server = i;
}

static void count_time(struct log_counts *g, const struct line *l)
{
	if (l->time_us == USEC_NONE)
		return;
	if (g->first_us == USEC_NONE || l->time_us < g->first_us) {
		g->first_us = l->time_us;
		g->first_offset_sec = l->utc_offset_sec;
	}
	if (g->last_us == USEC_NONE || l->time_us >= g->last_us) {
		g->last_us = l->time_us;
		g->last_offset_sec = l->utc_offset_sec;
	}
}

static void count_program(struct sourcing *s, const struct line *l, const struct event *e)
{
	struct program *p;

	if (e->kind == EV_FOREIGN)
		return;
	strbuf_clear(&s->key);
	strbuf_add_byte(&s->key, (char)e->writer);
	strbuf_add(&s->key, l->program);
	p = map_get(&s->programs, strbuf_slice(&s->key));
	if (!p && s->programs.n >= PROGRAMS_MAX)
		return;
	if (!p) {
		p = arena_alloc(&s->arena, sizeof *p);
		p->key = arena_copy(&s->arena, strbuf_slice(&s->key));
		p->p.program = l->program.p ? slice_from(p->key, 1) : SLICE_NONE;
		p->p.writer = e->writer;
		(void)map_put(&s->programs, p->key, p);
	}
	p->kinds[e->kind] += l->line_count;
}

static bool on_line(void *ctx, const struct line *l, const struct event *e)
{
	struct sourcing *s = ctx;
	struct log_counts *g = &s->logs[l->set];

	if (!filter_event(s->app->filter, l, e))
		return true;
	g->kinds[e->kind] += l->line_count;
	g->envelopes[l->envelope] += l->line_count;
	g->grep_lines += l->flags & LINE_GREP ? l->line_count : 0;
	if (e->kind != EV_FOREIGN)
		g->writers[e->writer] += l->line_count;
	count_server(s, g, l);
	count_time(g, l);
	advice_line(s->advice, l, e);
	if (s->app->options.deep) {
		count_program(s, l, e);
		unknown_add(&s->unknown, pipeline_file(&s->pipe, l->source), l, e);
	}
	return true;
}

/* --- the answer --------------------------------------------------------------------------------------- */

static int by_lines(const void *a, const void *b)
{
	const struct source_count *x = a, *y = b;

	if (x->lines != y->lines)
		return x->lines < y->lines ? 1 : -1;
	return slice_cmp(x->name, y->name);
}

static struct source_counts sorted(struct source_count *items, size_t n, uint64_t more)
{
	if (n)
		qsort(items, n, sizeof *items, by_lines);
	return (struct source_counts){ .items = items, .n = n, .more = more };
}

static struct source_counts name_counts(struct arena *a, const uint64_t *counts, size_t n, const char *(*name)(size_t i))
{
	struct source_count *items = arena_alloc(a, (n + 1) * sizeof *items);
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (counts[i])
			items[k++] = (struct source_count){ slice_str(name(i)), counts[i] };
	return sorted(items, k, 0);
}

static const char *writer_name_of(size_t i)
{
	return writer_name((enum writer)i);
}

static const char *envelope_name_of(size_t i)
{
	return envelope_kind_name((enum envelope_kind)i);
}

static struct source_file file_of(const struct input_source *s)
{
	return (struct source_file){
		.name = slice_str(s->name),
		.compression = slice_str(s->compression),
		.lines = s->lines,
		.bytes = s->bytes,
		.first_us = s->first_us,
		.last_us = s->last_us,
		.skipped = s->skipped ? slice_str(input_skip_name(s->why)) : SLICE_NONE,
		.skipped_why = s->skipped ? slice_str(input_skip_help(s->why)) : SLICE_NONE,
		.same_as = slice_str(s->same_as),
		.error = s->failed ? slice_str(s->error.msg) : SLICE_NONE,
	};
}

/* The files [0, n) are one set, oldest first. */
static void fill_log(struct sourcing *s, const struct input_source *sources, size_t n, struct source_log *ret)
{
	struct log_counts *g = &s->logs[sources[0].set];
	struct source_file *files = arena_alloc(&s->arena, n * sizeof *files);

	*ret = (struct source_log){
		.name = slice_str(sources[n - 1].name),
		.files = files,
		.n_files = n,
		.writers = name_counts(&s->arena, g->writers, WRITER_COUNT, writer_name_of),
		.envelopes = name_counts(&s->arena, g->envelopes, ENVELOPE_KIND_COUNT, envelope_name_of),
		.servers = sorted(g->servers, g->n_servers, g->more_servers),
		.first_us = g->first_us,
		.last_us = g->last_us,
		.first_offset_sec = g->first_offset_sec,
		.last_offset_sec = g->last_offset_sec,
		.lines = counts_of(g->kinds),
		.grep_lines = g->grep_lines,
	};
	for (size_t i = 0; i < n; i++) {
		const struct input_source *f = &sources[i];

		files[i] = file_of(f);
		ret->n_read += !f->skipped && !f->failed;
		ret->bytes += f->bytes;
		ret->cut_lines += f->cut_lines;
		ret->year_guessed = ret->year_guessed || f->year_guessed;
		ret->zone_guessed = ret->zone_guessed || f->zone_guessed;
		if (!ret->year)
			ret->year = f->year;
		if (!ret->zone.p)
			ret->zone = slice_str(f->zone);
	}
}

static size_t fill_logs(struct sourcing *s, struct source_log **ret)
{
	const struct input_source *sources;
	size_t n = input_sources(s->pipe.input, &sources), k = 0;
	struct source_log *logs = arena_alloc(&s->arena, (n + 1) * sizeof *logs);

	for (size_t i = 0, end; i < n; i = end) {
		size_t n_rotated = 0;

		for (end = i; end < n && sources[end].set == sources[i].set; end++)
			n_rotated += sources[end].rotated && !sources[end].skipped && !sources[end].failed;
		fill_log(s, sources + i, end - i, &logs[k]);
		advice_log(s->advice, &(struct advice_log){
					      .set = sources[i].set,
					      .name = logs[k].name,
					      .server = logs[k].servers.n ? logs[k].servers.items[0].name : SLICE_NONE,
					      .n_files = logs[k].n_read,
					      .n_rotated = n_rotated,
					      .first_us = logs[k].first_us,
					      .last_us = logs[k].last_us,
				      });
		k++;
	}
	*ret = logs;
	return k;
}

static size_t fill_passed(struct sourcing *s, const struct source_passed **ret)
{
	const struct input_passed *passed;
	size_t n = input_passed(s->pipe.input, &passed);
	struct source_passed *items = arena_alloc(&s->arena, (n + 1) * sizeof *items);

	for (size_t i = 0; i < n; i++)
		items[i] = (struct source_passed){ slice_str(passed[i].name), slice_str(input_skip_name(passed[i].why)),
						   slice_str(input_skip_help(passed[i].why)) };
	*ret = items;
	return n;
}

static int by_program_lines(const void *a, const void *b)
{
	const struct source_program *x = a, *y = b;
	int by_name;

	if (x->lines.read != y->lines.read)
		return x->lines.read < y->lines.read ? 1 : -1;
	by_name = slice_cmp(x->program, y->program);
	return by_name ? by_name : (int)x->writer - (int)y->writer;
}

static void fill_deep(struct sourcing *s, struct sources_answer *a)
{
	struct source_program *programs = arena_alloc(&s->arena, (s->programs.n + 1) * sizeof *programs);
	const struct options *o = &s->app->options;
	const struct map_slot *slot;
	size_t at = 0;

	while ((slot = map_next(&s->programs, &at)) != NULL) {
		struct program *p = slot->value;

		programs[a->n_programs] = p->p;
		programs[a->n_programs++].lines = counts_of(p->kinds);
	}
	if (a->n_programs)
		qsort(programs, a->n_programs, sizeof *programs, by_program_lines);
	a->programs = programs;
	unknown_sort(&s->unknown);
	a->unknown = s->unknown.list;
	a->n_unknown = s->unknown.n;
	if (!o->no_limit && a->n_unknown > (o->top ? o->top : UNKNOWN_TOP))
		a->n_unknown = o->top ? o->top : UNKNOWN_TOP;
	a->more_unknown = s->unknown.n - a->n_unknown;
}

static void print_answer(struct sourcing *s)
{
	struct sources_answer a = {
		.head = s->pipe.head,
		.deep = s->app->options.deep,
		.no_limit = s->app->options.no_limit,
	};
	struct source_log *logs;

	a.n_logs = fill_logs(s, &logs);
	a.logs = logs;
	a.n_passed = fill_passed(s, &a.passed);
	a.n_advice = advice_items(s->advice, &a.advice);
	if (a.deep)
		fill_deep(s, &a);
	if (s->app->redact)
		redact_sources(s->app->redact, &s->app->masked, &a);
	if (s->app->options.json)
		sources_json(&s->app->out.buf, &a);
	else
		sources_text(&s->app->out.buf, &s->app->term, &a);
}

static void begin_logs(struct sourcing *s)
{
	const struct input_source *sources;
	size_t n = input_sources(s->pipe.input, &sources);

	for (size_t i = 0; i < n; i++)
		if (sources[i].set >= s->n_logs)
			s->n_logs = sources[i].set + 1;
	s->logs = xcalloc(s->n_logs + 1, sizeof *s->logs);
	for (size_t i = 0; i < s->n_logs; i++)
		s->logs[i].first_us = s->logs[i].last_us = USEC_NONE;
}

static int run(struct app *app)
{
	struct sourcing s = { .app = app };
	struct err err = { 0 };
	int code;

	if (pipeline_open(&s.pipe, app, app->args, app->n_args, app->options.deep ? PIPELINE_LINE_NUMBERS : 0, &err) < 0)
		return app_fail(app, &err);
	s.advice = advice_new();
	begin_logs(&s);
	pipeline_run(&s.pipe, on_line, &s);
	pipeline_finish(&s.pipe);
	print_answer(&s);
	code = s.pipe.head.lines.read ? EXIT_FOUND : EXIT_NOTHING;
	if (pipeline_failed(&s.pipe))
		code = EXIT_INPUT;
	advice_free(s.advice);
	unknown_done(&s.unknown);
	map_done(&s.programs);
	strbuf_done(&s.key);
	arena_clear(&s.arena);
	free(s.logs);
	pipeline_close(&s.pipe);
	return code;
}

const struct command command_sources = {
	.name = "sources",
	.bit = ON_SOURCES,
	.arguments = "[LOG...]",
	.summary = "which logs there are, what is understood of them, what they leave out",
	.help = "Shows every log that was found: its writers and form, server, period, lines and the share of them\n"
		"that is understood; what can't be read and who may; copies and subsets of other logs; what the\n"
		"time stamps leave out.  And what the server's own logging leaves out that answers need, with\n"
		"the configuration that adds it.  --deep adds the share of each program and the unknown lines.\n"
		"\n"
		"  mailwhy sources\n"
		"  mailwhy sources --deep --redact /var/log/mail.log*    # for a bug report",
	.run = run,
};

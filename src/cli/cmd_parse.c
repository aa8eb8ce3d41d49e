/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_parse.c - `mailwhy parse`: what each record says, and which records nobody understands
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/attr.h"
#include "base/civil.h"
#include "base/json.h"
#include "base/map.h"
#include "base/shape.h"
#include "cli/app.h"
#include "cli/pipeline.h"

#define SHAPE_TEXT_BYTES ((size_t)400)    /* of a line that decide its shape */
#define SAMPLE_BYTES     ((size_t)1000)   /* of a sample that are kept */
#define SHAPES_MAX       ((size_t)100000) /* distinct ones; further lines are counted together */
#define UNKNOWN_TOP      50               /* shown by default */

static const struct {
	uint32_t bit;
	const char *name;
} FLAGS[] = {
	{ LINE_CUT, "cut" },
	{ LINE_NUL, "nul" },
	{ LINE_NO_NEWLINE, "no_newline" },
	{ LINE_ZONE_GUESSED, "zone_guessed" },
	{ LINE_YEAR_GUESSED, "year_guessed" },
	{ LINE_TIME_CARRIED, "time_carried" },
};

/* --- one object or line per record ------------------------------------------------------------------- */

struct printing {
	struct app *app;
	struct pipeline *pipe;
};

static const char *file_of(struct pipeline *p, uint32_t source)
{
	const struct input_source *sources;
	size_t n = input_sources(p->input, &sources);

	return source < n ? sources[source].name : NULL;
}

static void json_flags(struct json *j, uint32_t flags)
{
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(FLAGS); i++) {
		if (!(flags & FLAGS[i].bit))
			continue;
		if (!any) {
			json_key(j, "flags");
			json_begin_array(j);
		}
		any = true;
		json_string(j, slice_str(FLAGS[i].name));
	}
	if (any)
		json_end_array(j);
}

static bool print_json(void *ctx, const struct line *l, const struct event *e)
{
	struct printing *p = ctx;
	struct json j;

	if (!filter_event(p->app->filter, l, e))
		return true;
	json_init(&j, &p->app->out.buf, 0);
	json_begin_object(&j);
	json_kv_time(&j, "time", l->time_us);
	json_kv_string(&j, "host", l->host);
	json_kv_string(&j, "program", l->program);
	json_kv_int_or_null(&j, "pid", l->pid);
	json_kv_string(&j, "writer",
		       e->writer == WRITER_NONE ? SLICE_NONE : slice_str(writer_name(e->writer)));
	json_kv_str(&j, "envelope", envelope_kind_name(l->envelope));
	event_json(&j, e);
	json_kv_string(&j, "server", l->server);
	json_kv_string(&j, "file", slice_str(file_of(p->pipe, l->source)));
	json_kv_int(&j, "line", (int64_t)l->line_no);
	json_kv_int(&j, "line_count", (int64_t)l->line_count);
	json_flags(&j, l->flags);
	if (p->app->options.raw) {
		json_kv_string(&j, "raw", l->raw);
		if (!e->text.p)
			json_kv_string(&j, "text", l->text);
	}
	json_end_object(&j);
	strbuf_add_byte(&p->app->out.buf, '\n');
	return output_check(&p->app->out);
}

static bool print_text(void *ctx, const struct line *l, const struct event *e)
{
	struct printing *p = ctx;
	struct strbuf *out = &p->app->out.buf;
	const struct term *t = &p->app->term;

	if (!filter_event(p->app->filter, l, e))
		return true;
	term_begin(out, t, TERM_DIM);
	answer_time(out, l->time_us, l->utc_offset_sec);
	strbuf_add_byte(out, ' ');
	term_text(out, l->server);
	term_end(out, t, TERM_DIM);
	strbuf_add_byte(out, ' ');
	if (l->program.p) {
		term_cell(out, t, TERM_NAME, l->program, 0);
		strbuf_add_byte(out, ' ');
	}
	event_text(out, e);
	strbuf_add_byte(out, '\n');
	if (p->app->options.raw) {
		strbuf_add_str(out, "    ");
		term_text(out, l->raw);
		strbuf_add_byte(out, '\n');
	}
	return output_check(&p->app->out);
}

static void counts_text(struct strbuf *out, const struct line_counts *c)
{
	strbuf_printf(out, "%llu lines read = %llu event + %llu other + %llu foreign + %llu malformed\n",
		      (unsigned long long)c->read, (unsigned long long)c->event, (unsigned long long)c->other,
		      (unsigned long long)c->foreign, (unsigned long long)c->malformed);
}

/* --- --unknown: lines by their shape ------------------------------------------------------------------ */

struct shape {
	struct slice key;    /* kind, program, shape */
	struct slice shape, program, sample, file;
	enum event_kind kind;
	enum writer writer;
	uint64_t line_no, count;
};

struct unknown {
	struct app *app;
	struct pipeline *pipe;
	struct map shapes;
	struct arena arena;
	struct strbuf key;
	uint64_t beyond;     /* lines with new shapes after SHAPES_MAX */
};

static bool collect_unknown(void *ctx, const struct line *l, const struct event *e)
{
	struct unknown *u = ctx;
	struct shape *s;
	size_t head;

	if ((e->kind != EV_OTHER && e->kind != EV_MALFORMED) || !filter_event(u->app->filter, l, e))
		return true;
	strbuf_clear(&u->key);
	strbuf_add_byte(&u->key, e->kind == EV_OTHER ? 'o' : 'm');
	strbuf_add(&u->key, l->program);
	strbuf_add_byte(&u->key, '\0');
	head = u->key.n;
	shape_add(&u->key, l->text, SHAPE_TEXT_BYTES);
	s = map_get(&u->shapes, strbuf_slice(&u->key));
	if (!s && u->shapes.n >= SHAPES_MAX) {
		u->beyond += l->line_count;
		return true;
	}
	if (!s) {
		s = arena_alloc(&u->arena, sizeof *s);
		s->key = arena_copy(&u->arena, strbuf_slice(&u->key));
		s->shape = slice_from(s->key, head);
		s->program = arena_copy(&u->arena, l->program);
		s->sample = arena_copy(&u->arena, slice_head(l->raw, SAMPLE_BYTES));
		s->file = arena_copy(&u->arena, slice_str(file_of(u->pipe, l->source)));
		s->line_no = l->line_no;
		s->kind = e->kind;
		s->writer = e->writer;
		(void)map_put(&u->shapes, s->key, s);
	}
	s->count += l->line_count;
	return true;
}

/* most frequent first */
static int by_count(const void *a, const void *b)
{
	const struct shape *x = *(const struct shape *const *)a, *y = *(const struct shape *const *)b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return slice_cmp(x->key, y->key);
}

static struct shape **sorted_shapes(const struct unknown *u)
{
	struct shape **list = xcalloc(u->shapes.n + 1, sizeof(struct shape *));
	const struct map_slot *slot;
	size_t at = 0, n = 0;

	while ((slot = map_next(&u->shapes, &at)) != NULL)
		list[n++] = slot->value;
	qsort(list, n, sizeof(struct shape *), by_count);
	return list;
}

static void unknown_json(struct unknown *u, struct shape *const *list, size_t n)
{
	struct json j;

	json_init(&j, &u->app->out.buf, 2);
	json_begin_object(&j);
	json_kv_int(&j, "schema", ANSWER_SCHEMA);
	answer_json(&j, &u->pipe->head);
	json_key(&j, "unknown");
	json_begin_array(&j);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(&j);
		json_kv_int(&j, "count", (int64_t)list[i]->count);
		json_kv_str(&j, "event", event_kind_name(list[i]->kind));
		json_kv_str(&j, "writer", writer_name(list[i]->writer));
		json_kv_string(&j, "program", list[i]->program);
		json_kv_string(&j, "shape", list[i]->shape);
		json_kv_string(&j, "file", list[i]->file);
		json_kv_int(&j, "line", (int64_t)list[i]->line_no);
		json_kv_string(&j, "sample", list[i]->sample);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_kv_int(&j, "more", (int64_t)(u->shapes.n - n));
	json_kv_int(&j, "beyond", (int64_t)u->beyond);
	json_end_object(&j);
	strbuf_add_byte(&u->app->out.buf, '\n');
}

static void unknown_text(struct unknown *u, struct shape *const *list, size_t n)
{
	struct strbuf *out = &u->app->out.buf;
	const struct term *t = &u->app->term;

	answer_text(out, t, &u->pipe->head);
	counts_text(out, &u->pipe->head.lines);
	for (size_t i = 0; i < n; i++) {
		strbuf_printf(out, "\n%8llu  ", (unsigned long long)list[i]->count);
		term_cell(out, t, list[i]->kind == EV_OTHER ? TERM_WARN : TERM_BAD,
			  slice_str(event_kind_name(list[i]->kind)), 9);
		strbuf_add_str(out, "  ");
		term_cell(out, t, TERM_NAME,
			  list[i]->program.p ? list[i]->program : slice_str(writer_name(list[i]->writer)), 0);
		strbuf_add_str(out, "  ");
		term_text(out, list[i]->shape);
		strbuf_add_str(out, "\n          ");
		term_text(out, list[i]->file);
		strbuf_printf(out, ":%llu: ", (unsigned long long)list[i]->line_no);
		term_text(out, list[i]->sample);
		strbuf_add_byte(out, '\n');
	}
	if (u->shapes.n > n)
		strbuf_printf(out, "\n%zu more shapes not shown; --no-limit shows all\n", u->shapes.n - n);
	if (u->beyond)
		strbuf_printf(out, "\n%llu lines of further shapes were only counted\n",
			      (unsigned long long)u->beyond);
}

static int parse_unknown(struct unknown *u)
{
	const struct options *o = &u->app->options;
	size_t n;
	struct shape **list;
	bool found;

	pipeline_run(u->pipe, collect_unknown, u);
	pipeline_finish(u->pipe);
	list = sorted_shapes(u);
	n = u->shapes.n;
	if (!o->no_limit && n > (o->top ? o->top : UNKNOWN_TOP))
		n = o->top ? o->top : UNKNOWN_TOP;
	if (o->json)
		unknown_json(u, list, n);
	else
		unknown_text(u, list, n);
	found = u->pipe->head.lines.read > 0;
	free(list);
	map_done(&u->shapes);
	arena_clear(&u->arena);
	strbuf_done(&u->key);
	return found ? EXIT_FOUND : EXIT_NOTHING;
}

static int parse_all(struct printing *p)
{
	bool json = p->app->options.json;

	p->pipe->flush_batches = true;
	pipeline_run(p->pipe, json ? print_json : print_text, p);
	if (!json)
		counts_text(&p->app->out.buf, &p->pipe->head.lines);
	return p->pipe->head.lines.read ? EXIT_FOUND : EXIT_NOTHING;
}

static int run(struct app *app)
{
	static const char *const STDIN[] = { "-" };
	const char *const *paths = app->n_args ? app->args : STDIN;
	/* its text shows none */
	unsigned needs = app->options.json || app->options.unknown ? PIPELINE_LINE_NUMBERS : 0;
	struct pipeline pipe;
	struct err err = { 0 };
	int code;

	if (pipeline_open(&pipe, app, paths, app->n_args ? app->n_args : 1, needs, &err) < 0)
		return app_fail(app, &err);
	if (app->options.unknown) {
		struct unknown u = { .app = app, .pipe = &pipe };

		code = parse_unknown(&u);
	} else {
		struct printing p = { .app = app, .pipe = &pipe };

		code = parse_all(&p);
	}
	if (pipeline_failed(&pipe))
		code = EXIT_INPUT;
	pipeline_close(&pipe);
	return code;
}

const struct command command_parse = {
	.name = "parse",
	.bit = ON_PARSE,
	.arguments = "[LOG...]",
	.summary = "what each line says, one line or JSON object per record",
	.help = "Prints every record of the logs with its meaning: time, writer, kind of event and\n"
		"its fields.  "
		"Without LOG it reads standard input.  Filters look at each line by itself.\n\n"
		"  mailwhy parse --json < mail.log | jq 'select(.event == \"reject\")'\n"
		"  mailwhy parse --unknown /var/log/mail.log*",
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_parse.c - `mailwhy parse`: what each record says, and which records nobody understands
 */
#include "base/attr.h"
#include "base/civil.h"
#include "base/json.h"
#include "cli/app.h"
#include "cli/pipeline.h"
#include "cli/unknown.h"

#define UNKNOWN_TOP 50 /* shapes shown by default */

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
	{ LINE_REPEAT, "repeat" },
	{ LINE_GREP, "grep" },
};

/* --- one object or line per record ------------------------------------------------------------------- */

struct printing {
	struct app *app;
	struct pipeline *pipe;
	bool (*print)(struct printing *p, const struct line *l, const struct event *e);
	struct arena masked; /* of one record */
	struct slice file;
};

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

static bool print_json(struct printing *p, const struct line *l, const struct event *e)
{
	struct json j;

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
	json_kv_string(&j, "file", p->file);
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

static bool print_text(struct printing *p, const struct line *l, const struct event *e)
{
	struct strbuf *out = &p->app->out.buf;
	const struct term *t = &p->app->term;

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

static bool print_record(void *ctx, const struct line *l, const struct event *e)
{
	struct printing *p = ctx;
	struct line masked_line = *l;
	struct event masked_event;
	bool more;

	if (!filter_event(p->app->filter, l, e))
		return true;
	p->file = slice_str(pipeline_file(p->pipe, l->source));
	if (!p->app->redact)
		return p->print(p, l, e);
	masked_event = *e;
	redact_record(p->app->redact, &p->masked, &masked_line, &masked_event);
	p->file = redact_value(p->app->redact, &p->masked, MASK_PATH, p->file);
	more = p->print(p, &masked_line, &masked_event);
	arena_clear(&p->masked);
	return more;
}

static void counts_text(struct strbuf *out, const struct line_counts *c)
{
	strbuf_printf(out, "%llu lines read = %llu event + %llu other + %llu foreign + %llu malformed\n",
		      (unsigned long long)c->read, (unsigned long long)c->event, (unsigned long long)c->other,
		      (unsigned long long)c->foreign, (unsigned long long)c->malformed);
}

/* --- --unknown: lines by their shape ------------------------------------------------------------------ */

struct unknown_run {
	struct app *app;
	struct pipeline *pipe;
	struct unknown found;
};

static bool collect_unknown(void *ctx, const struct line *l, const struct event *e)
{
	struct unknown_run *u = ctx;

	if (filter_event(u->app->filter, l, e))
		unknown_add(&u->found, pipeline_file(u->pipe, l->source), l, e);
	return true;
}

static void print_unknown_json(struct unknown_run *u, const struct unknown_item *list, size_t n)
{
	struct json j;

	json_init(&j, &u->app->out.buf, 2);
	json_begin_object(&j);
	json_kv_int(&j, "schema", ANSWER_SCHEMA);
	answer_json(&j, &u->pipe->head);
	unknown_json(&j, list, n);
	json_kv_int(&j, "more", (int64_t)(u->found.n - n));
	json_kv_int(&j, "beyond", (int64_t)u->found.beyond);
	json_end_object(&j);
	strbuf_add_byte(&u->app->out.buf, '\n');
}

static void print_unknown_text(struct unknown_run *u, const struct unknown_item *list, size_t n)
{
	struct strbuf *out = &u->app->out.buf;

	answer_text(out, &u->app->term, &u->pipe->head);
	counts_text(out, &u->pipe->head.lines);
	unknown_text(out, &u->app->term, list, n);
	if (u->found.n > n)
		strbuf_printf(out, "\n%zu more shapes not shown; --no-limit shows all\n", u->found.n - n);
	if (u->found.beyond)
		strbuf_printf(out, "\n%llu lines of further shapes were only counted\n",
			      (unsigned long long)u->found.beyond);
}

static int parse_unknown(struct unknown_run *u)
{
	const struct options *o = &u->app->options;
	const struct unknown_item *list;
	size_t n;

	pipeline_run(u->pipe, collect_unknown, u);
	pipeline_finish(u->pipe);
	unknown_sort(&u->found);
	n = u->found.n;
	list = u->found.list;
	if (!o->no_limit && n > (o->top ? o->top : UNKNOWN_TOP))
		n = o->top ? o->top : UNKNOWN_TOP;
	if (u->app->redact)
		list = redact_unknown(u->app->redact, &u->app->masked, list, n);
	if (o->json)
		print_unknown_json(u, list, n);
	else
		print_unknown_text(u, list, n);
	unknown_done(&u->found);
	return u->pipe->head.lines.read > 0 ? EXIT_FOUND : EXIT_NOTHING;
}

static int parse_all(struct printing *p)
{
	bool json = p->app->options.json;

	p->pipe->flush_batches = true;
	p->print = json ? print_json : print_text;
	pipeline_run(p->pipe, print_record, p);
	if (!json)
		counts_text(&p->app->out.buf, &p->pipe->head.lines);
	return p->pipe->head.lines.read ? EXIT_FOUND : EXIT_NOTHING;
}

static int run(struct app *app)
{
	static const char *const STDIN[] = { "-" };
	size_t n_paths = app->n_args || app->options.journals.n ? app->n_args : 1;
	const char *const *paths = app->n_args ? app->args : STDIN;
	/* its text shows none */
	unsigned needs = app->options.json || app->options.unknown ? PIPELINE_LINE_NUMBERS : 0;
	struct pipeline pipe;
	struct err err = { 0 };
	int code;

	if (pipeline_open(&pipe, app, paths, n_paths, needs, &err) < 0)
		return app_fail(app, &err);
	if (app->options.unknown) {
		struct unknown_run u = { .app = app, .pipe = &pipe };

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

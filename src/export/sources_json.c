/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources_json.c - the answer of `sources` as JSON
 */
#include "export/sources.h"

#include "base/json.h"

static void json_counts(struct json *j, const char *key, const struct source_counts *c)
{
	json_key(j, key);
	json_begin_array(j);
	for (size_t i = 0; i < c->n; i++) {
		json_begin_object(j);
		json_kv_string(j, "name", c->items[i].name);
		json_kv_int(j, "lines", (int64_t)c->items[i].lines);
		json_end_object(j);
	}
	json_end_array(j);
}

static void json_file(struct json *j, const struct source_file *f)
{
	json_begin_object(j);
	json_kv_string(j, "file", f->name);
	json_kv_string(j, "compression", f->compression);
	json_kv_int(j, "lines", (int64_t)f->lines);
	json_kv_int(j, "bytes", (int64_t)f->bytes);
	json_kv_time(j, "since", f->first_us);
	json_kv_time(j, "until", f->last_us);
	json_kv_string(j, "skipped", f->skipped);
	json_kv_string(j, "same_as", f->same_as);
	json_kv_string(j, "error", f->error);
	json_end_object(j);
}

static void json_understood(struct json *j, const struct line_counts *c)
{
	int64_t share = understood_share(c);

	json_key(j, "understood_pct");
	if (share < 0)
		json_null(j);
	else
		json_decimal(j, share, 3);
}

static void json_lines(struct json *j, const struct line_counts *c)
{
	json_key(j, "lines");
	json_begin_object(j);
	json_kv_int(j, "read", (int64_t)c->read);
	json_kv_int(j, "event", (int64_t)c->event);
	json_kv_int(j, "other", (int64_t)c->other);
	json_kv_int(j, "foreign", (int64_t)c->foreign);
	json_kv_int(j, "malformed", (int64_t)c->malformed);
	json_end_object(j);
	json_understood(j, c);
}

static void json_log(struct json *j, const struct source_log *l)
{
	json_begin_object(j);
	json_kv_string(j, "file", l->name);
	json_key(j, "files");
	json_begin_array(j);
	for (size_t i = 0; i < l->n_files; i++)
		json_file(j, &l->files[i]);
	json_end_array(j);
	json_counts(j, "writers", &l->writers);
	json_counts(j, "envelopes", &l->envelopes);
	json_counts(j, "servers", &l->servers);
	json_kv_time(j, "since", l->first_us);
	json_kv_time(j, "until", l->last_us);
	json_lines(j, &l->lines);
	json_kv_int(j, "bytes", (int64_t)l->bytes);
	json_kv_int(j, "cut_lines", (int64_t)l->cut_lines);
	json_kv_int(j, "grep_lines", (int64_t)l->grep_lines);
	json_kv_int_or_null(j, "year", l->year ? l->year : -1);
	json_kv_bool(j, "year_guessed", l->year_guessed);
	json_kv_string(j, "zone", l->zone);
	json_kv_bool(j, "zone_guessed", l->zone_guessed);
	json_end_object(j);
}

static void json_advice(struct json *j, const struct advice_item *a)
{
	json_begin_object(j);
	json_kv_str(j, "id", a->id);
	json_kv_str(j, "group", a->group);
	json_kv_string(j, "server", a->server);
	json_kv_string(j, "file", a->log);
	json_kv_int(j, "lines", (int64_t)a->lines);
	json_kv_str(j, "missing", a->missing);
	json_kv_str(j, "why", a->why);
	json_kv_str(j, "config", a->config);
	json_kv_str(j, "where", a->where);
	json_kv_bool(j, "optional", a->optional);
	json_end_object(j);
}

static void json_deep(struct json *j, const struct sources_answer *a)
{
	json_key(j, "programs");
	json_begin_array(j);
	for (size_t i = 0; i < a->n_programs; i++) {
		const struct source_program *p = &a->programs[i];

		json_begin_object(j);
		json_kv_string(j, "program", p->program);
		json_kv_str(j, "writer", writer_name(p->writer));
		json_lines(j, &p->lines);
		json_end_object(j);
	}
	json_end_array(j);
	unknown_json(j, a->unknown, a->n_unknown);
	json_kv_int(j, "more", (int64_t)a->more_unknown);
}

void sources_json(struct strbuf *out, const struct sources_answer *a)
{
	struct json j;

	json_init(&j, out, 2);
	json_begin_object(&j);
	json_kv_int(&j, "schema", ANSWER_SCHEMA);
	json_key(&j, "period");
	json_begin_object(&j);
	json_kv_time(&j, "since", a->head.since_us);
	json_kv_time(&j, "until", a->head.until_us);
	json_end_object(&j);
	json_lines(&j, &a->head.lines);
	json_key(&j, "sources");
	json_begin_array(&j);
	for (size_t i = 0; i < a->n_logs; i++)
		json_log(&j, &a->logs[i]);
	json_end_array(&j);
	json_key(&j, "passed_over");
	json_begin_array(&j);
	for (size_t i = 0; i < a->n_passed; i++) {
		json_begin_object(&j);
		json_kv_string(&j, "file", a->passed[i].name);
		json_kv_string(&j, "reason", a->passed[i].why);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_key(&j, "advice");
	json_begin_array(&j);
	for (size_t i = 0; i < a->n_advice; i++)
		json_advice(&j, &a->advice[i]);
	json_end_array(&j);
	if (a->deep)
		json_deep(&j, a);
	json_end_object(&j);
	strbuf_add_byte(out, '\n');
}

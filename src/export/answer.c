/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.c - sources, period and line counts, in JSON and for people
 */
#include "export/answer.h"

#include "base/civil.h"

void line_counts_add(struct line_counts *c, const uint64_t lines[EVENT_KIND_COUNT])
{
	uint64_t read = 0;

	for (int kind = 0; kind < EVENT_KIND_COUNT; kind++)
		read += lines[kind];
	c->other += lines[EV_OTHER];
	c->foreign += lines[EV_FOREIGN];
	c->malformed += lines[EV_MALFORMED];
	c->read += read;
	c->event += read - lines[EV_OTHER] - lines[EV_FOREIGN] - lines[EV_MALFORMED];
}

static void json_source(struct json *j, const struct answer_source *s)
{
	json_begin_object(j);
	json_kv_string(j, "file", slice_str(s->name));
	json_kv_string(j, "server", slice_str(s->server));
	json_kv_string(j, "envelope", slice_str(s->format));
	json_kv_string(j, "compression", slice_str(s->compression));
	json_kv_int(j, "lines", (int64_t)s->lines);
	json_kv_int(j, "bytes", (int64_t)s->bytes);
	json_kv_int(j, "cut_lines", (int64_t)s->cut_lines);
	json_kv_time(j, "since", s->first_us);
	json_kv_time(j, "until", s->last_us);
	json_kv_int_or_null(j, "year", s->year ? s->year : -1);
	json_kv_string(j, "zone", slice_str(s->zone));
	json_kv_bool(j, "skipped", s->skipped);
	json_kv_string(j, "error", slice_str(s->error));
	json_end_object(j);
}

void answer_json(struct json *j, const struct answer_head *h)
{
	json_key(j, "period");
	json_begin_object(j);
	json_kv_time(j, "since", h->since_us);
	json_kv_time(j, "until", h->until_us);
	json_end_object(j);
	json_key(j, "sources");
	json_begin_array(j);
	for (size_t i = 0; i < h->n_sources; i++)
		json_source(j, &h->sources[i]);
	json_end_array(j);
	json_key(j, "lines");
	json_begin_object(j);
	json_kv_int(j, "read", (int64_t)h->lines.read);
	json_kv_int(j, "event", (int64_t)h->lines.event);
	json_kv_int(j, "other", (int64_t)h->lines.other);
	json_kv_int(j, "foreign", (int64_t)h->lines.foreign);
	json_kv_int(j, "malformed", (int64_t)h->lines.malformed);
	json_end_object(j);
}

void answer_time(struct strbuf *out, usec_t t, int32_t utc_offset_sec)
{
	if (t == USEC_NONE)
		strbuf_add_byte(out, '-');
	else
		civil_format_local(out, t, utc_offset_sec);
}

static void add_offset(struct strbuf *out, int32_t offset_sec)
{
	int32_t minutes = (offset_sec < 0 ? -offset_sec : offset_sec) / 60;

	strbuf_printf(out, " %c%02d%02d", offset_sec < 0 ? '-' : '+', (int)(minutes / 60), (int)(minutes % 60));
}

void answer_span(struct strbuf *out, usec_t since_us, int32_t since_offset_sec, usec_t until_us, int32_t until_offset_sec)
{
	answer_time(out, since_us, since_offset_sec);
	if (since_offset_sec != until_offset_sec)
		add_offset(out, since_offset_sec);
	strbuf_add_str(out, " to ");
	answer_time(out, until_us, until_offset_sec);
	add_offset(out, until_offset_sec);
}

void answer_text(struct strbuf *out, const struct term *t, const struct answer_head *h)
{
	size_t read = 0;

	for (size_t i = 0; i < h->n_sources; i++)
		read += !h->sources[i].skipped && (!h->sources[i].error || h->sources[i].lines);
	term_begin(out, t, TERM_DIM);
	if (read == 1 && h->n_sources == 1)
		term_text(out, slice_str(h->sources[0].name));
	else
		strbuf_printf(out, "%zu file%s", read, read == 1 ? "" : "s");
	strbuf_add_str(out, ", ");
	term_count(out, h->lines.read);
	strbuf_add_str(out, h->lines.read == 1 ? " line" : " lines");
	if (h->since_us != USEC_NONE) {
		strbuf_add_str(out, ", ");
		answer_span(out, h->since_us, h->since_offset_sec, h->until_us, h->until_offset_sec);
	}
	term_end(out, t, TERM_DIM);
	strbuf_add_byte(out, '\n');
	for (size_t i = 0; i < h->n_sources; i++)
		if (h->sources[i].error) {
			(void)term_cell(out, t, TERM_BAD,
					h->sources[i].lines ? SLICE("not complete: ") : SLICE("not read: "), 0);
			term_text(out, slice_str(h->sources[i].error));
			strbuf_add_byte(out, '\n');
		}
}

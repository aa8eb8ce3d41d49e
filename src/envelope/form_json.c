/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_json.c - one JSON object per line: the journal's, and what Docker keeps of its containers' output
 *
 * {"__REALTIME_TIMESTAMP":"1789200930123456","SYSLOG_IDENTIFIER":"postfix/smtpd","MESSAGE":"connect from ...",...}
 *     journalctl -o json; json-seq has a byte 0x1E in front, json-sse "data: ".  All numbers are strings.  A value is an array of
 *     numbers if it holds bytes that are not text, an array of values if the field is there several times, and null if it
 *     is long (then the text is not in the log at all).
 * {"log":"Sep 12 08:15:30 mail postfix/smtpd[97]: ...\n","stream":"stdout","time":"2026-09-12T08:15:30.123456789Z"}
 *     Docker's json-file; without the newline it is a part of a longer line.
 *
 * Source: systemd src/shared/logs-show.c, output_json(); Docker daemon/logger/jsonfilelog, daemon/logger/copier.go.
 * Trap: a text that was unescaped may hold newlines.  It stays one record: never cut it again, or strangers write our log.
 */
#include "envelope/head.h"
#include "envelope/json_members.h"

static bool is_wanted(struct slice name)
{
	return slice_is(name, "log") || slice_is(name, "time") || slice_is(name, "stream") || journal_fields_wanted(name);
}

/* its value; SLICE_NONE: none, or no text */
static struct slice text_of(const struct json_members *m, struct slice name)
{
	for (size_t i = 0; i < m->n; i++)
		if (slice_eq(m->all[i].name, name) && m->all[i].form == JSON_TEXT)
			return m->all[i].value;
	return SLICE_NONE;
}

static bool is_there(const struct json_members *m, struct slice name)
{
	for (size_t i = 0; i < m->n; i++)
		if (slice_eq(m->all[i].name, name))
			return true;
	return false;
}

static bool journal(const struct json_members *m, const struct envelope_clock *clock, struct head *h)
{
	struct journal_fields f;

	if (!is_there(m, SLICE("__REALTIME_TIMESTAMP")) && !is_there(m, SLICE("MESSAGE")))
		return false;
	journal_fields_init(&f);
	for (size_t i = 0; i < m->n; i++)
		if (m->all[i].value.p)
			journal_fields_add(&f, m->all[i].name, m->all[i].value);
	h->kind = ENVELOPE_JOURNAL_JSON;
	head_journal(&f, clock, h);
	return true;
}

static bool docker_time(struct slice text, struct head *h)
{
	struct cur c = cur_of(text);
	struct stamp s = { .form = STAMP_NONE };

	if (!text.p || !head_stamp_iso(&c, 'T', NULL, &s))
		return false;
	head_stamp_fraction(&c, &s);
	head_stamp_zone(&c, &s);
	if (!s.has_zone || !cur_at_end(&c))
		return false;
	head_set_outer(&s, h);
	return true;
}

static bool docker(const struct json_members *m, const struct envelope_clock *clock, struct head *h)
{
	struct slice log = text_of(m, SLICE("log")), stream = text_of(m, SLICE("stream"));

	if (!log.p || (!docker_time(text_of(m, SLICE("time")), h) && !stream.p))
		return false;
	h->kind = ENVELOPE_DOCKER;
	h->part_of = stream.p && slice_is(stream, "stderr") ? 'e' : 'o';
	h->part_ends = slice_ends(log, "\n");
	h->part_flag = LINE_NO_NEWLINE;
	if (h->part_ends)
		log.n--;
	if (h->part_ends && slice_ends(log, "\r"))
		log.n--;
	h->part = log;
	h->had_nul = h->had_nul || slice_find_byte(log, '\0') < log.n;
	(void)head_inner(log, clock, h);
	return true;
}

bool head_form_json(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	struct json_members m;

	if (!cur_byte(&c, '\x1e'))
		(void)cur_lit(&c, "data: ");
	if (cur_peek(&c) != '{' || !json_members(cur_rest(&c), is_wanted, h->room, &m))
		return false;
	return journal(&m, clock, h) || docker(&m, clock, h);
}

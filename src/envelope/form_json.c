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

#include "config.h"

#if HAVE_JANSSON

#include <jansson.h>

#define DEPTH_MAX 6      /* of arrays and objects in one another */
#define CONTAINERS_MAX 512 /* of them in all: each takes much more memory than its two brackets */

/* What no log needs is not even read. */
static bool is_modest(struct slice s)
{
	const char *p = s.p, *end = s.p + s.n;
	unsigned depth = 0, containers = 0;

	for (; p < end; p++) {
		if (*p == '"') {
			for (p++; p < end && *p != '"'; p++)
				p += *p == '\\';
		} else if (*p == '{' || *p == '[') {
			if (++depth > DEPTH_MAX || ++containers > CONTAINERS_MAX)
				return false;
		} else if ((*p == '}' || *p == ']') && depth > 0) {
			depth--;
		}
	}
	return true;
}

static struct slice text_of(const json_t *v)
{
	return json_is_string(v) ? slice_of(json_string_value(v), json_string_length(v)) : SLICE_NONE;
}

/* ---- the journal ---- */

/* The value that counts: the first, if there are several. */
static const json_t *first_value(const json_t *v)
{
	const json_t *first = json_is_array(v) ? json_array_get(v, 0) : NULL;

	return first && !json_is_integer(first) ? first : v;
}

static bool is_bytes(const json_t *v)
{
	size_t i;
	json_t *byte;

	if (!json_is_array(v))
		return false;
	json_array_foreach(v, i, byte) {
		if (!json_is_integer(byte) || json_integer_value(byte) < 0 || json_integer_value(byte) > 255)
			return false;
	}
	return true;
}

static size_t value_bytes(const json_t *v)
{
	return is_bytes(v) ? json_array_size(v) : text_of(v).n;
}

/* copies the value to *at, and moves that behind it */
static struct slice put_value(const json_t *v, char **at)
{
	struct slice text = text_of(v), put = { *at, value_bytes(v) };
	size_t i;
	json_t *byte;

	if (text.p) {
		memcpy(*at, text.p, text.n);
	} else if (is_bytes(v)) {
		json_array_foreach(v, i, byte)
			(*at)[i] = (char)json_integer_value(byte);
	} else {
		return SLICE_NONE;
	}
	*at += put.n;
	return put;
}

static bool journal(json_t *root, const struct envelope_clock *clock, struct head *h)
{
	struct journal_fields f;
	const char *key;
	json_t *value;
	size_t n = 0;
	char *at;

	if (!json_object_get(root, "__REALTIME_TIMESTAMP") && !json_object_get(root, "MESSAGE"))
		return false;
	json_object_foreach(root, key, value) {
		if (journal_fields_wanted(slice_str(key)))
			n += value_bytes(first_value(value));
	}
	at = h->room->take(h->room->ctx, n);
	journal_fields_init(&f);
	json_object_foreach(root, key, value) {
		if (journal_fields_wanted(slice_str(key)))
			journal_fields_add(&f, slice_str(key), put_value(first_value(value), &at));
	}
	h->kind = ENVELOPE_JOURNAL_JSON;
	head_journal(&f, clock, h);
	return true;
}

/* ---- Docker ---- */

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

static bool docker(const json_t *root, const struct envelope_clock *clock, struct head *h)
{
	struct slice log = text_of(json_object_get(root, "log")), stream = text_of(json_object_get(root, "stream"));
	char *copy;

	if (!log.p || (!docker_time(text_of(json_object_get(root, "time")), h) && !stream.p))
		return false;
	h->kind = ENVELOPE_DOCKER;
	h->part_of = slice_is(stream, "stderr") ? 'e' : 'o';
	h->part_ends = slice_ends(log, "\n");
	h->part_flag = LINE_NO_NEWLINE;
	if (h->part_ends)
		log.n--;
	if (h->part_ends && slice_ends(log, "\r"))
		log.n--;
	copy = h->room->take(h->room->ctx, log.n);
	memcpy(copy, log.p, log.n);
	h->part = slice_of(copy, log.n);
	h->had_nul = h->had_nul || slice_find_byte(log, '\0') < log.n;
	(void)head_inner(h->part, clock, h);
	return true;
}

bool head_form_json(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	json_t *root;
	bool known;

	if (!cur_byte(&c, '\x1e'))
		(void)cur_lit(&c, "data: ");
	if (cur_peek(&c) != '{' || !is_modest(cur_rest(&c)))
		return false;
	root = json_loadb(c.p, cur_left(&c), JSON_ALLOW_NUL, NULL);
	if (!root)
		return false;
	known = journal(root, clock, h) || docker(root, clock, h);
	json_decref(root);
	return known;
}

#else

bool head_form_json(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	(void)c;
	(void)clock;
	(void)h;
	return false;
}

#endif

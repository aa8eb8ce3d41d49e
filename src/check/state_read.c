/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state_read.c - from the file of the state to the state
 *
 * Anything that this program would not have written makes the state damaged: better no answer than a wrong one.
 */
#include "base/alloc.h"
#include "base/cursor.h"
#include "check/state_priv.h"
#include "check/value.h"

/* Larger numbers are none of ours, and could not be added up: instants until the year 2286, offsets, counts. */
#define NUMBER_MAX INT64_C(10000000000000000)
#define COUNT_MAX  INT64_C(100000000000000) /* of one span */

static int64_t number(const struct value *o, const char *key, bool *fine)
{
	int64_t v;

	*fine = value_int(value_member(o, key), &v) && v <= NUMBER_MAX && v >= -NUMBER_MAX && *fine;
	return *fine ? v : 0;
}

static uint64_t size(const struct value *o, const char *key, bool *fine)
{
	int64_t v = number(o, key, fine);

	*fine = *fine && v >= 0;
	return v < 0 ? 0 : (uint64_t)v;
}

static usec_t instant(const struct value *o, const char *key, bool *fine)
{
	return value_is_null(value_member(o, key)) ? USEC_NONE : number(o, key, fine);
}

static uint64_t hex(const struct value *o, const char *key, bool *fine)
{
	struct slice text = SLICE_NONE;
	uint64_t h = 0;

	*fine = value_text(value_member(o, key), &text) && text.n == 16 && *fine;
	for (size_t i = 0; *fine && i < text.n; i++) {
		*fine = ascii_xdigit(text.p[i]);
		h = h << 4 | (*fine ? ascii_hexval(text.p[i]) : 0);
	}
	return h;
}

static bool read_mark(struct input_marks *marks, const struct value *o)
{
	struct slice path = SLICE_NONE;
	bool fine = value_text(value_member(o, "path"), &path);
	struct input_mark m = {
		.dev = hex(o, "dev", &fine),
		.ino = hex(o, "ino", &fine),
		.offset = size(o, "offset", &fine),
		.resume = size(o, "resume", &fine),
		.head_n = size(o, "head_n", &fine),
		.head_hash = hex(o, "head", &fine),
		.tail_n = size(o, "tail_n", &fine),
		.tail_hash = hex(o, "tail", &fine),
		.seen_us = instant(o, "seen", &fine),
	};

	struct slice cursor = SLICE_NONE;

	if (value_text(value_member(o, "cursor"), &cursor)) {
		m.time_us = number(o, "time", &fine);
		m.resume_us = number(o, "resume_time", &fine);
	}
	if (!fine)
		return false;
	m.cursor = cursor.p ? xslicedup(cursor) : NULL;
	m.path = xslicedup(path);
	marks->items = vec_grow(marks->items, marks->n, &marks->cap, sizeof *marks->items);
	marks->items[marks->n++] = m;
	return true;
}

static bool read_delays(struct histogram *h, const struct value *list)
{
	for (size_t i = 0; i < value_items(list); i++) {
		const struct value *v = value_item(list, i);
		int64_t at, n, sum;

		if (!value_int(value_item(v, 0), &at) || !value_int(value_item(v, 1), &n) || !value_int(value_item(v, 2), &sum) ||
		    at < 0 || at >= HISTOGRAM_BUCKETS || n <= 0 || n > COUNT_MAX || sum < 0 || h->buckets[at].n)
			return false;
		h->buckets[at].n = n;
		h->buckets[at].sum_us = sum;
		h->n += n;
	}
	return value_is_array(list);
}

static bool read_span(struct check_state *s, const struct value *o)
{
	struct check_span *span = state_add_span(s);
	const struct value *counts = value_member(o, "counts");
	bool fine = value_is_object(counts);

	span->from_us = number(o, "from", &fine);
	span->until_us = number(o, "until", &fine);
	for (int k = 0; k < CHECK_COUNT_COUNT; k++) {
		const char *name = check_count_name((enum check_count)k);

		/* what is not there is 0, as a count that is new in this version */
		if (value_member(counts, name))
			span->counts.n[k] = number(counts, name, &fine);
		fine = fine && span->counts.n[k] <= COUNT_MAX && span->counts.n[k] >= -COUNT_MAX;
	}
	fine = fine && span->from_us <= span->until_us && s->n_spans <= SPANS_MAX;
	return fine && read_delays(&span->counts.delays, value_member(o, "delays"));
}

static bool read_state(struct check_state *s, const struct value *o)
{
	const struct value *files = value_member(o, "files"), *history = value_member(o, "history");
	bool fine = value_is_object(o) && value_is_array(files) && value_is_array(history);

	fine = number(o, "mailwhy_check", &fine) == STATE_VERSION && fine;
	s->created_us = number(o, "created", &fine);
	s->marks.made_us = number(o, "made", &fine);
	s->last_mail_us = instant(o, "last_mail", &fine);
	s->last_line_us = instant(o, "last_line", &fine);
	for (size_t i = 0; fine && i < value_items(files); i++)
		fine = read_mark(&s->marks, value_item(files, i));
	for (size_t i = 0; fine && i < value_items(history); i++)
		fine = read_span(s, value_item(history, i));
	return fine;
}

int state_supported(struct err *reterr)
{
	return value_built_in ? 0 :
				err_set(reterr, ERR_UNSUPPORTED, "this mailwhy was built without jansson and can't read its state");
}

int state_parse(struct check_state *s, struct slice text, struct err *reterr)
{
	struct value *o = value_read(text);
	bool fine = o && read_state(s, o);

	value_free(o);
	return fine ? 0 :
		      err_set(reterr, ERR_FORMAT, "the state '%s' is damaged: remove it, and the next call begins at the end of the log",
			      s->path);
}

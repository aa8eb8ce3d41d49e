/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panels.c - a queue as tables
 *
 * exiqsumm (Exim src/exiqsumm.src): Count is recipients that wait, Volume the message's size once per recipient.  qshape (Postfix
 * auxiliary/qshape): bucket 1 is below 5 minutes, each next one twice as wide; domains in lower case.
 */
#include "queue/panels.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "diagnose/verdict.h"
#include "report/top.h"

#define BUCKETS      10
#define BUCKET_FIRST (5 * USEC_PER_MIN)
#define NAME_BYTES   253 /* of a domain that are looked at */

/* what is counted under one name */
struct count {
	struct slice name;
	uint64_t messages, recipients;
	int64_t bytes;
	usec_t oldest_us, newest_us; /* -1 */
	uint64_t buckets[BUCKETS];
	const struct queued *last;   /* the message that was counted last */
	const struct cause *cause;   /* of causes; NULL: not known */
};

struct counts {
	struct arena *arena;
	struct map map;              /* name -> count */
	struct count **all;
	size_t n, cap;
};

static struct count *count_of(struct counts *c, struct slice name)
{
	struct count *one = map_get(&c->map, name);

	if (one)
		return one;
	one = arena_alloc(c->arena, sizeof *one);
	one->name = arena_copy(c->arena, name);
	one->oldest_us = one->newest_us = -1;
	(void)map_put(&c->map, one->name, one);
	c->all = vec_grow(c->all, c->n, &c->cap, sizeof *c->all);
	c->all[c->n++] = one;
	return one;
}

static void counts_done(struct counts *c)
{
	map_done(&c->map);
	free(c->all);
}

static unsigned bucket_of(usec_t age)
{
	unsigned b = 0;

	for (usec_t end = BUCKET_FIRST; b + 1 < BUCKETS && age >= end; end *= 2)
		b++;
	return b;
}

/* n recipients (or 1 for the message itself) that wait */
static void add(struct count *c, const struct queued *m, uint64_t recipients, int64_t bytes, uint64_t in_bucket)
{
	c->messages += c->last != m;
	c->last = m;
	c->recipients += recipients;
	if (bytes > 0 && __builtin_add_overflow(c->bytes, bytes, &c->bytes))
		c->bytes = INT64_MAX;
	if (m->age_us < 0)
		return;
	c->buckets[bucket_of(m->age_us)] += in_bucket;
	if (m->age_us > c->oldest_us)
		c->oldest_us = m->age_us;
	if (c->newest_us < 0 || m->age_us < c->newest_us)
		c->newest_us = m->age_us;
}

/* in buf, in lower case */
static struct slice domain_name(struct slice address, bool sender, char *buf)
{
	struct slice d = slice_domain(address);

	if (!address.p)
		return SLICE("(not told)");
	if (sender && !address.n)
		return SLICE("<>");
	if (!d.p || !d.n)
		return SLICE("(no domain)");
	d = slice_head(d, NAME_BYTES);
	for (size_t i = 0; i < d.n; i++)
		buf[i] = ascii_tolower(d.p[i]);
	return slice_of(buf, d.n);
}

static void count_domains(struct counts *c, const struct queue_view *v, bool by_sender)
{
	char buf[NAME_BYTES + 1];

	for (size_t i = 0; i < v->n; i++) {
		const struct queued *m = v->items[i];

		if (by_sender) {
			add(count_of(c, domain_name(m->sender, true, buf)), m, m->n_waiting, m->size_bytes, 1);
			continue;
		}
		for (const struct queued_recipient *r = m->recipients; r; r = r->next)
			if (!r->delivered)
				add(count_of(c, domain_name(r->address, false, buf)), m, 1, m->size_bytes, 1);
	}
}

/* --- tables ------------------------------------------------------------------------------------------- */

struct ordering {
	const struct counts *counts;
	bool by_messages;
};

/* the most first; names break ties */
static int order(const void *ctx, size_t a, size_t b)
{
	const struct ordering *o = ctx;
	const struct count *x = o->counts->all[a], *y = o->counts->all[b];
	uint64_t nx = o->by_messages ? x->messages : x->recipients, ny = o->by_messages ? y->messages : y->recipients;

	if (nx != ny)
		return nx > ny ? -1 : 1;
	return slice_cmp(x->name, y->name);
}

static struct top rank(const struct ordering *o, struct arena *a, size_t limit)
{
	struct top top;

	top_init(&top, limit ? limit : SIZE_MAX, o->counts->n, a, order, o);
	for (size_t i = 0; i < o->counts->n; i++)
		top_add(&top, i);
	top_end(&top);
	return top;
}

static void make_rows(struct panel *p, struct arena *a, const struct top *top)
{
	p->n_rows = top->n;
	p->more = top->seen - top->n;
	p->rows = arena_alloc(a, (p->n_rows + 1) * sizeof *p->rows);
	for (size_t i = 0; i < p->n_rows; i++)
		p->rows[i].cells = arena_alloc(a, p->n_columns * sizeof *p->rows[i].cells);
}

static struct panel_cell text_cell(struct slice s)
{
	return (struct panel_cell){ .text = s, .value = PANEL_NULL };
}

static struct panel_cell span_cell(usec_t v)
{
	return (struct panel_cell){ .value = v < 0 ? PANEL_NULL : v };
}

static struct panel_cell count_cell(uint64_t v)
{
	return (struct panel_cell){ .value = (int64_t)v };
}

/* "--recipient @DOMAIN", for a domain that needs no quotes */
static struct slice filter_of(struct arena *a, struct slice domain, bool by_sender)
{
	struct strbuf sb = { 0 };
	struct slice ret;

	for (size_t i = 0; i < domain.n; i++)
		if (!ascii_alnum(domain.p[i]) && domain.p[i] != '.' && domain.p[i] != '-' && domain.p[i] != '_')
			return SLICE_NONE;
	strbuf_add_str(&sb, by_sender ? "--sender @" : "--recipient @");
	strbuf_add(&sb, domain);
	ret = arena_copy(a, strbuf_slice(&sb));
	strbuf_done(&sb);
	return ret;
}

static const struct panel_column SUMMARY_COLUMNS[] = {
	{ .id = "domain", .title = "domain", .type = COLUMN_TEXT },
	{ .id = "messages", .title = "messages", .type = COLUMN_COUNT, .unit = "messages" },
	{ .id = "recipients", .title = "recipients", .type = COLUMN_COUNT, .unit = "recipients", .bar = true },
	{ .id = "bytes", .title = "volume", .type = COLUMN_BYTES, .unit = "bytes" },
	{ .id = "oldest", .title = "oldest", .type = COLUMN_DURATION, .unit = "seconds" },
	{ .id = "newest", .title = "newest", .type = COLUMN_DURATION, .unit = "seconds" },
};

/* rows by domain, most of them first, for a panel that has its columns */
static void rows_by_domain(struct panel *p, struct arena *a, const struct queue_view *v, const struct queue_panel_options *o,
			   void (*fill)(struct panel_cell *cells, const struct count *one))
{
	struct counts c = { .arena = a };
	const struct ordering by = { &c, o->by_sender };
	struct top top;

	count_domains(&c, v, o->by_sender);
	top = rank(&by, a, o->limit);
	make_rows(p, a, &top);
	for (size_t i = 0; i < top.n; i++) {
		const struct count *one = c.all[top.items[i]];

		p->rows[i].cells[0] = text_cell(one->name);
		fill(p->rows[i].cells, one);
		p->rows[i].filter = filter_of(a, one->name, o->by_sender);
	}
	counts_done(&c);
}

static void fill_summary(struct panel_cell *cells, const struct count *one)
{
	cells[1] = count_cell(one->messages);
	cells[2] = count_cell(one->recipients);
	cells[3] = (struct panel_cell){ .value = one->bytes };
	cells[4] = span_cell(one->oldest_us);
	cells[5] = span_cell(one->newest_us);
}

void queue_panel_summary(struct panel *p, struct arena *a, const struct queue_view *v, const struct queue_panel_options *o)
{
	*p = (struct panel){
		.id = "queue_summary",
		.title = o->by_sender ? "In the queue, by domain of the sender" : "In the queue, by domain of the recipient",
		.columns = SUMMARY_COLUMNS,
		.n_columns = ARRAY_LEN(SUMMARY_COLUMNS),
		.note = SLICE_NONE,
	};
	rows_by_domain(p, a, v, o, fill_summary);
}

#define BUCKET(name, heading) { .id = name, .title = heading, .type = COLUMN_COUNT, .unit = "recipients" }
static const struct panel_column SHAPE_COLUMNS[] = {
	{ .id = "domain", .title = "minutes up to", .type = COLUMN_TEXT },
	BUCKET("total", "all"),       BUCKET("below_5", "5"),     BUCKET("below_10", "10"),     BUCKET("below_20", "20"),
	BUCKET("below_40", "40"),     BUCKET("below_80", "80"),   BUCKET("below_160", "160"),   BUCKET("below_320", "320"),
	BUCKET("below_640", "640"),   BUCKET("below_1280", "1280"), BUCKET("older", "1280+"),
};

_Static_assert(ARRAY_LEN(SHAPE_COLUMNS) == BUCKETS + 2, "a column for each bucket");

static void fill_shape(struct panel_cell *cells, const struct count *one)
{
	cells[1] = count_cell(0);
	for (size_t k = 0; k < BUCKETS; k++) {
		cells[2 + k] = count_cell(one->buckets[k]);
		cells[1].value += (int64_t)one->buckets[k];
	}
}

void queue_panel_shape(struct panel *p, struct arena *a, const struct queue_view *v, const struct queue_panel_options *o)
{
	*p = (struct panel){
		.id = "queue_shape",
		.title = o->by_sender ? "Messages by age and domain of the sender" : "Recipients by age and domain",
		.columns = SHAPE_COLUMNS,
		.n_columns = ARRAY_LEN(SHAPE_COLUMNS),
		.note = SLICE_NONE,
	};
	rows_by_domain(p, a, v, o, fill_shape);
}

/* --- causes ------------------------------------------------------------------------------------------- */

static const struct panel_column CAUSE_COLUMNS[] = {
	{ .id = "messages", .title = "messages", .type = COLUMN_COUNT, .unit = "messages" },
	{ .id = "recipients", .title = "recipients", .type = COLUMN_COUNT, .unit = "recipients" },
	{ .id = "oldest", .title = "oldest", .type = COLUMN_DURATION, .unit = "seconds" },
	{ .id = "cause", .title = "cause", .type = COLUMN_TEXT, .data_only = true },
	{ .id = "class", .title = "class", .type = COLUMN_TEXT, .data_only = true },
	{ .id = "side", .title = "side", .type = COLUMN_TEXT },
	{ .id = "summary", .title = "why", .type = COLUMN_TEXT },
	{ .id = "action", .title = "what to do", .type = COLUMN_TEXT, .data_only = true },
};

/* what is said of those that no reason is known of, by their state: from the listing alone, from logs too */
static const struct slice UNKNOWN[QUEUE_STATE_COUNT][2] = {
	[QUEUE_WAITING] = { LIT("the listing does not say why"), LIT("neither the listing nor the logs say why") },
	[QUEUE_INCOMING] = { LIT("just arrived"), LIT("just arrived") },
	[QUEUE_ACTIVE] = { LIT("being delivered"), LIT("being delivered") },
	[QUEUE_DEFERRED] = { LIT("the listing does not say why"), LIT("neither the listing nor the logs say why") },
	[QUEUE_FROZEN] = { LIT("frozen; the listing does not say why"), LIT("frozen; neither the listing nor the logs say why") },
	[QUEUE_HELD] = { LIT("on hold; the listing does not say why"), LIT("on hold; neither the listing nor the logs say why") },
	[QUEUE_CORRUPT] = { LIT("its file in the queue is damaged"), LIT("its file in the queue is damaged") },
};

static void count_cause(struct counts *c, const struct queued *m, const struct cause *cause, uint64_t recipients, bool with_log)
{
	struct count *one = count_of(c, cause ? cause->id : UNKNOWN[m->state][with_log]);

	one->cause = cause;
	add(one, m, recipients, m->size_bytes, recipients);
}

static void count_causes(struct counts *c, const struct queue_view *v, bool with_log)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct queued *m = v->items[i];

		for (const struct queued_recipient *r = m->recipients; r; r = r->next)
			if (!r->delivered)
				count_cause(c, m, r->cause ? r->cause : m->cause, 1, with_log);
		if (!m->n_waiting)
			count_cause(c, m, m->cause, 0, with_log);
	}
}

/* what is said of all of them: nobody's names in it */
static struct slice sentence_of(struct arena *a, const struct cause *cause,
				void (*write)(struct strbuf *, enum tr_language, const struct cause *, const struct complaint *,
					      const struct deed_words *))
{
	const struct complaint nobody = { .reply = SLICE_NONE, .smtp_code = -1 };
	const struct deed_words nothing = { .who = SLICE_NONE };
	struct strbuf sb = { 0 };
	struct slice ret;

	write(&sb, TR_ENGLISH, cause, &nobody, cause->basis == BASIS_DEED ? &nothing : NULL);
	ret = arena_copy(a, strbuf_slice(&sb));
	strbuf_done(&sb);
	return ret;
}

void queue_panel_causes(struct panel *p, struct arena *a, const struct queue_view *v, const struct queue_panel_options *o)
{
	struct counts c = { .arena = a };
	const struct ordering by = { &c, true };
	struct top top;

	*p = (struct panel){
		.id = "queue_causes",
		.title = "Why they wait",
		.columns = CAUSE_COLUMNS,
		.n_columns = ARRAY_LEN(CAUSE_COLUMNS),
		.note = SLICE_NONE,
	};
	count_causes(&c, v, o->with_log);
	top = rank(&by, a, o->limit);
	make_rows(p, a, &top);
	for (size_t i = 0; i < top.n; i++) {
		const struct count *one = c.all[top.items[i]];
		const struct cause *cause = one->cause;
		struct panel_cell *cells = p->rows[i].cells;

		cells[0] = count_cell(one->messages);
		cells[1] = count_cell(one->recipients);
		cells[2] = span_cell(one->oldest_us);
		cells[3] = text_cell(cause ? cause->id : SLICE_NONE);
		cells[4] = text_cell(cause ? slice_str(cause_class_name(cause->class)) : SLICE_NONE);
		cells[5] = text_cell(cause ? slice_str(cause_side_name(cause->side)) : SLICE_NONE);
		cells[6] = text_cell(cause ? sentence_of(a, cause, verdict_summary) : one->name);
		cells[7] = text_cell(cause ? sentence_of(a, cause, verdict_action) : SLICE_NONE);
	}
	counts_done(&c);
}

/* --- messages ----------------------------------------------------------------------------------------- */

static const struct panel_column MESSAGE_COLUMNS[] = {
	{ .id = "queue_id", .title = "id", .type = COLUMN_TEXT, .whole = true },
	{ .id = "age", .title = "age", .type = COLUMN_DURATION, .unit = "seconds" },
	{ .id = "bytes", .title = "size", .type = COLUMN_BYTES, .unit = "bytes", .spare = true },
	{ .id = "state", .title = "state", .type = COLUMN_TEXT },
	{ .id = "sender", .title = "from", .type = COLUMN_TEXT },
	{ .id = "recipients", .title = "waiting", .type = COLUMN_COUNT, .unit = "recipients", .spare = true },
	{ .id = "recipient", .title = "to", .type = COLUMN_TEXT },
	{ .id = "cause", .title = "cause", .type = COLUMN_TEXT, .data_only = true },
	{ .id = "summary", .title = "why", .type = COLUMN_TEXT },
};

/* the first that has no copy yet */
static struct slice first_waiting(const struct queued *m)
{
	for (const struct queued_recipient *r = m->recipients; r; r = r->next)
		if (!r->delivered)
			return r->address;
	return SLICE_NONE;
}

static void message_cells(struct panel_cell *cells, struct arena *a, const struct queued *m, bool with_log)
{
	cells[0] = text_cell(m->id);
	cells[1] = span_cell(m->age_us);
	cells[2] = (struct panel_cell){ .value = m->size_bytes < 0 ? PANEL_NULL : m->size_bytes };
	cells[3] = text_cell(slice_str(queue_state_name(m->state)));
	cells[4] = text_cell(m->sender.p && !m->sender.n ? SLICE("<>") : m->sender);
	cells[5] = count_cell(m->n_waiting);
	cells[6] = text_cell(first_waiting(m));
	cells[7] = text_cell(m->cause ? m->cause->id : SLICE_NONE);
	cells[8] = text_cell(m->cause ? sentence_of(a, m->cause, verdict_summary) : UNKNOWN[m->state][with_log]);
}

void queue_panel_messages(struct panel *p, struct arena *a, const struct queue_view *v, const struct queue_panel_options *o)
{
	*p = (struct panel){
		.id = "queue_messages",
		.title = "Messages, the oldest first",
		.columns = MESSAGE_COLUMNS,
		.n_columns = ARRAY_LEN(MESSAGE_COLUMNS),
		.n_rows = o->limit && o->limit < v->n ? o->limit : v->n,
		.note = SLICE_NONE,
	};
	p->more = v->n - p->n_rows;
	p->rows = arena_alloc(a, (p->n_rows + 1) * sizeof *p->rows);
	for (size_t i = 0; i < p->n_rows; i++) {
		p->rows[i].filter = SLICE_NONE;
		p->rows[i].cells = arena_alloc(a, p->n_columns * sizeof *p->rows[i].cells);
		message_cells(p->rows[i].cells, a, v->items[i], o->with_log);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counter.c - what the checks look at, counted over facts
 */
#include "check/counter.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/attr.h"
#include "base/map.h"
#include "base/shape.h"
#include "report/report.h"

#define TEXTS_MAX       1000 /* of one kind that are kept; strangers choose them */
#define TEXT_MAX_BYTES  300
#define SHAPE_MAX_BYTES 300

struct text {
	struct slice shape, sample;
	int64_t count;
};

struct counter {
	struct counter_options options;
	bool filtered;
	struct report *report;
	struct fact_sink sink;
	struct check_counts counts;
	struct map texts[EVIDENCE_KIND_COUNT]; /* shape -> struct text */
	size_t n_texts[EVIDENCE_KIND_COUNT];
	struct arena arena;
	struct strbuf scratch;
};

const char *check_count_name(enum check_count c)
{
	static const char *const NAMES[] = {
#define X(name, help) [COUNT_##name] = #name,
		CHECK_COUNTS(X)
#undef X
	};

	return NAMES[c];
}

/* --- evidence ----------------------------------------------------------------------------------------- */

static void note(struct counter *c, enum evidence_kind kind, struct slice text, int64_t count)
{
	struct text *t;

	if (!text.p)
		return;
	strbuf_clear(&c->scratch);
	shape_add(&c->scratch, text, SHAPE_MAX_BYTES);
	t = map_get(&c->texts[kind], strbuf_slice(&c->scratch));
	if (!t) {
		if (c->n_texts[kind] == TEXTS_MAX)
			return;
		c->n_texts[kind]++;
		t = arena_alloc(&c->arena, sizeof *t);
		*t = (struct text){
			.shape = arena_copy(&c->arena, strbuf_slice(&c->scratch)),
			.sample = arena_copy(&c->arena, slice_head(text, text.n < TEXT_MAX_BYTES ? text.n : TEXT_MAX_BYTES)),
		};
		(void)map_put(&c->texts[kind], t->shape, t);
	}
	t->count += count;
}

/* the same for names, which have no shape */
static void note_name(struct counter *c, enum evidence_kind kind, struct slice name, int64_t count)
{
	struct text *t = name.p ? map_get(&c->texts[kind], name) : NULL;

	if (!name.p || (!t && c->n_texts[kind] == TEXTS_MAX))
		return;
	if (!t) {
		c->n_texts[kind]++;
		t = arena_alloc(&c->arena, sizeof *t);
		*t = (struct text){ .shape = arena_copy(&c->arena, name) };
		t->sample = t->shape;
		(void)map_put(&c->texts[kind], t->shape, t);
	}
	t->count += count;
}

static int by_count(const void *va, const void *vb)
{
	const struct evidence *a = va, *b = vb;
	size_t n = a->text.n < b->text.n ? a->text.n : b->text.n;
	int r;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	r = memcmp(a->text.p, b->text.p, n);
	return r ? r : (a->text.n > b->text.n) - (a->text.n < b->text.n);
}

size_t counter_evidence(const struct counter *all, const struct counter *before, enum evidence_kind kind, struct evidence *ret,
			size_t max)
{
	struct evidence *list = xcalloc(all->n_texts[kind] + 1, sizeof *list);
	const struct map_slot *slot;
	size_t n = 0, at = 0;

	while ((slot = map_next(&all->texts[kind], &at))) {
		const struct text *t = slot->value, *old = map_get(&before->texts[kind], t->shape);
		int64_t count = t->count - (old ? old->count : 0);

		if (count > 0)
			list[n++] = (struct evidence){ t->sample, count };
	}
	if (n)
		qsort(list, n, sizeof *list, by_count);
	n = n < max ? n : max;
	if (n)
		memcpy(ret, list, n * sizeof *list);
	free(list);
	return n;
}

/* --- facts -------------------------------------------------------------------------------------------- */

static void count_failure(struct counter *c, const struct recipient *rc, const struct attempt *a, enum evidence_kind kind)
{
	struct cause cause;
	struct complaint complaint;

	note(c, kind, a->reply, 1);
	if (!c->options.diagnoser || !a->reply.p)
		return;
	complaint = (struct complaint){
		.reply = a->reply,
		.smtp_code = a->smtp_code,
		.dsn = a->dsn,
		.host = a->relay_host,
		.said_by = rc->local ? SAID_BY_US : SAID_BY_UNKNOWN,
		.temporary = a->outcome == OUTCOME_DEFERRED,
	};
	diagnose(c->options.diagnoser, &complaint, &cause);
	if (cause.class != CLASS_REPUTATION || cause.side != SIDE_US_REPUTATION)
		return;
	c->counts.n[COUNT_blocklisted]++;
	note(c, EVIDENCE_BLOCKLISTED, a->reply, 1);
}

static void count_recipient(struct counter *c, const struct recipient *rc)
{
	const struct attempt *last = rc->deciding;

	for (const struct attempt *a = rc->attempts; a; a = a->next)
		if (a->outcome == OUTCOME_DEFERRED && a->tried)
			count_failure(c, rc, a, EVIDENCE_DEFERRALS);
	if (!last)
		return;
	if (rc->outcome == OUTCOME_BOUNCED)
		count_failure(c, rc, last, EVIDENCE_BOUNCES);
	else if (rc->outcome == OUTCOME_EXPIRED)
		note(c, EVIDENCE_BOUNCES, last->reply, 1);
	else if (rc->outcome == OUTCOME_DELIVERED || (rc->outcome == OUTCOME_RELAYED && !last->handed_on))
		histogram_add(&c->counts.delays, last->delay_us);
}

static void on_message(void *ctx, const struct message *m)
{
	struct counter *c = ctx;
	const struct fact_sink *report = report_sink(c->report);

	report->message(report->ctx, m);
	if ((c->filtered && !filter_message(c->options.filter, m)) || m->state == MESSAGE_REJECTED || m->state == MESSAGE_ABORTED ||
	    m->role == ROLE_NOTIFICATION || m->role == ROLE_PROBE || m->role == ROLE_FILTERED)
		return;
	for (const struct recipient *rc = m->recipients; rc; rc = rc->next)
		count_recipient(c, rc);
}

static void on_rejection(void *ctx, const struct rejection *r)
{
	struct counter *c = ctx;
	const struct fact_sink *report = report_sink(c->report);

	report->rejection(report->ctx, r);
	if (!c->filtered || filter_rejection(c->options.filter, r))
		note(c, EVIDENCE_REJECTIONS, r->reply, r->attempts);
}

static void on_login(void *ctx, const struct login *l)
{
	struct counter *c = ctx;
	const struct fact_sink *report = report_sink(c->report);

	report->login(report->ctx, l);
	if (!l->success && (!c->filtered || filter_login(c->options.filter, l)))
		note_name(c, EVIDENCE_LOGINS, l->client_ip.p ? l->client_ip : l->user, l->attempts);
}

/* A peer broke the handshake off with an alert about what we had shown. */
static bool refuses_certificate(const struct tls_failure *f)
{
	return !f->outgoing && slice_contains_fold(f->reason, SLICE("alert")) &&
	       (slice_contains_fold(f->reason, SLICE("certificate")) || slice_contains_fold(f->reason, SLICE("unknown ca")) ||
		slice_contains_fold(f->reason, SLICE("CA is unknown")));
}

static void on_tls_failure(void *ctx, const struct tls_failure *f)
{
	struct counter *c = ctx;

	if (c->filtered || !refuses_certificate(f))
		return;
	c->counts.n[COUNT_certificate]++;
	note(c, EVIDENCE_CERTIFICATE, f->reason, 1);
}

static void count_health(struct counter *c, const struct health *h, enum check_count count, enum evidence_kind kind)
{
	c->counts.n[count] += h->count;
	note(c, kind, h->text, h->count);
}

static void on_health(void *ctx, const struct health *h)
{
	struct counter *c = ctx;

	if (c->filtered)
		return;
	if (h->severity >= SEVERITY_ERROR)
		count_health(c, h, COUNT_errors, EVIDENCE_ERRORS);
	if (h->severity == SEVERITY_PANIC && !(h->writer == WRITER_EXIM && c->options.has_panic_log))
		count_health(c, h, COUNT_panics, EVIDENCE_PANICS);
	if (h->category == NOTICE_DISK && h->severity >= SEVERITY_WARNING)
		count_health(c, h, COUNT_disk, EVIDENCE_DISK);
	if (h->category == NOTICE_LIMIT && h->severity >= SEVERITY_WARNING)
		count_health(c, h, COUNT_limits, EVIDENCE_LIMITS);
	if (h->category == NOTICE_TLS && slice_contains_fold(h->text, SLICE("certificate")) &&
	    slice_contains_fold(h->text, SLICE("expire")))
		count_health(c, h, COUNT_certificate, EVIDENCE_CERTIFICATE);
}

void counter_panic(struct counter *c, struct slice text)
{
	if (c->filtered)
		return;
	c->counts.n[COUNT_panics]++;
	note(c, EVIDENCE_PANICS, text, 1);
}

/* --- the counter -------------------------------------------------------------------------------------- */

struct counter *counter_new(const struct counter_options *o)
{
	static const char *const FEWEST[] = { "direction" }; /* a report shows some panel; this one is small */
	const struct report_options counting = { .panels = FEWEST, .n_panels = 1, .filter = o->filter };
	struct counter *c = xcalloc(1, sizeof *c);

	c->options = *o;
	c->filtered = o->filter && !filter_is_empty(o->filter);
	c->report = report_new(&counting);
	c->sink = (struct fact_sink){
		.ctx = c,
		.message = on_message,
		.rejection = on_rejection,
		.login = on_login,
		.tls_failure = on_tls_failure,
		.health = on_health,
	};
	return c;
}

void counter_free(struct counter *c)
{
	if (!c)
		return;
	report_free(c->report);
	for (int k = 0; k < EVIDENCE_KIND_COUNT; k++)
		map_done(&c->texts[k]);
	arena_clear(&c->arena);
	strbuf_done(&c->scratch);
	free(c);
}

const struct fact_sink *counter_sink(struct counter *c)
{
	return &c->sink;
}

const struct check_counts *counter_counts(struct counter *c)
{
	const struct report_totals *t = report_totals(c->report);
	int64_t *n = c->counts.n;

	n[COUNT_messages] = t->messages;
	n[COUNT_delivered] = t->delivered;
	n[COUNT_relayed] = t->relayed;
	n[COUNT_bounced] = t->bounced;
	n[COUNT_expired] = t->expired;
	n[COUNT_deferrals] = t->deferrals;
	n[COUNT_rejections] = t->rejections;
	n[COUNT_logins_ok] = t->logins_ok;
	n[COUNT_logins_failed] = t->logins_failed;
	return &c->counts;
}

/* b - a for two histograms of which the first holds all that the second one holds */
static void add_delays(struct histogram *to, const struct histogram *all, const struct histogram *before)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		int64_t n = all->buckets[i].n - (before ? before->buckets[i].n : 0), sum;

		/* a late word may have taken a delivery back */
		if (n <= 0)
			continue;
		to->buckets[i].n += n;
		to->n += n;
		sum = all->buckets[i].sum_us - (before ? before->buckets[i].sum_us : 0);
		if (__builtin_add_overflow(to->buckets[i].sum_us, sum, &to->buckets[i].sum_us))
			to->buckets[i].sum_us = INT64_MAX;
	}
	if (all->max_us > to->max_us)
		to->max_us = all->max_us;
}

void counts_add_difference(struct check_counts *ret, const struct check_counts *all, const struct check_counts *before)
{
	for (int k = 0; k < CHECK_COUNT_COUNT; k++)
		ret->n[k] += all->n[k] - (before ? before->n[k] : 0);
	add_delays(&ret->delays, &all->delays, before ? &before->delays : NULL);
}

void counts_add(struct check_counts *to, const struct check_counts *from)
{
	counts_add_difference(to, from, NULL);
}

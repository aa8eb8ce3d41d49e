/* SPDX-License-Identifier: Apache-2.0 */
/*
 * select.c - the messages of a queue that the user wants to see
 *
 * The filters are those of all commands: they ask a message as the tracker would tell it, with the log's facts where the log
 * was read, and with the recipients that the listing says are still waiting.
 */
#include "queue/select.h"

#include <stdlib.h>

#include "base/alloc.h"

static enum outcome outcome_of(const struct queued *m, const struct queued_recipient *r)
{
	if (m->state == QUEUE_FROZEN || m->state == QUEUE_HELD)
		return OUTCOME_HELD;
	if (r->fact && r->fact->outcome != OUTCOME_NONE)
		return r->fact->outcome;
	return m->state == QUEUE_DEFERRED || r->cause ? OUTCOME_DEFERRED : OUTCOME_PENDING;
}

static bool passes_filter(const struct filter *f, const struct queued *q, struct arena *scratch)
{
	struct message m = { .arrived_us = q->arrived_us, .finished_us = USEC_NONE, .size_bytes = q->size_bytes };
	struct recipient **at = &m.recipients;

	if (q->message)
		m = *q->message;
	m.writer = queue_form_writer(q->form);
	m.queue_id = q->id;
	if (q->sender.p)
		m.sender = q->sender;
	if (!m.user.p)
		m.user = q->login;
	m.n_recipients = q->n_waiting;
	for (const struct queued_recipient *r = q->recipients; r; r = r->next) {
		struct recipient *one;

		if (r->delivered)
			continue;
		one = arena_alloc(scratch, sizeof *one);
		if (r->fact)
			*one = *r->fact;
		one->outcome = outcome_of(q, r);
		if (one->address.p && !one->orig_address.p)
			one->orig_address = one->address;
		one->address = r->address;
		*at = one;
		at = &one->next;
	}
	*at = NULL;
	return filter_message(f, &m);
}

static bool passes(const struct queue_selection *s, const struct queued *m, struct arena *scratch)
{
	if (s->states && !(s->states & 1U << m->state))
		return false;
	if (s->min_bytes >= 0 && m->size_bytes < s->min_bytes)
		return false;
	if (s->max_bytes >= 0 && (m->size_bytes < 0 || m->size_bytes > s->max_bytes))
		return false;
	if (s->younger_us >= 0 && (m->age_us < 0 || m->age_us >= s->younger_us))
		return false;
	if (s->older_us >= 0 && m->age_us <= s->older_us)
		return false;
	return !s->filter || filter_is_empty(s->filter) || passes_filter(s->filter, m, scratch);
}

static int by_age(const void *a, const void *b)
{
	const struct queued *x = *(const struct queued *const *)a, *y = *(const struct queued *const *)b;

	if (x->arrived_us != y->arrived_us) {
		if (x->arrived_us == USEC_NONE || y->arrived_us == USEC_NONE)
			return x->arrived_us == USEC_NONE ? 1 : -1;
		return x->arrived_us < y->arrived_us ? -1 : 1;
	}
	return slice_cmp(x->id, y->id);
}

struct queue_view queue_select(const struct queue *q, const struct queue_selection *s)
{
	struct queue_view v = { .items = xcalloc(q->n + 1, sizeof *v.items) };
	struct arena_pool pool = { 0 };
	struct arena scratch = { .pool = &pool };

	for (size_t i = 0; i < q->n; i++) {
		if (passes(s, &q->items[i], &scratch))
			v.items[v.n++] = &q->items[i];
		arena_clear(&scratch);
	}
	arena_pool_done(&pool);
	if (v.n)
		qsort(v.items, v.n, sizeof(struct queued *), by_age);
	return v;
}

struct queue_totals queue_totals(const struct queue_view *v)
{
	struct queue_totals t = { .messages = v->n, .oldest_us = -1, .newest_us = -1 };

	for (size_t i = 0; i < v->n; i++) {
		const struct queued *m = v->items[i];

		t.recipients += m->n_waiting;
		t.states[m->state]++;
		if (m->size_bytes > 0 && __builtin_add_overflow(t.bytes, m->size_bytes, &t.bytes))
			t.bytes = INT64_MAX;
		t.rounded = t.rounded || m->size_rounded;
		if (m->age_us >= 0 && m->age_us > t.oldest_us)
			t.oldest_us = m->age_us;
		if (m->age_us >= 0 && (t.newest_us < 0 || m->age_us < t.newest_us))
			t.newest_us = m->age_us;
	}
	return t;
}

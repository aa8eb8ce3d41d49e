/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail_time.c - how long a mail took, and where
 *
 * A hop's time is that of the recipient which took longest.  Between servers the clocks are compared, not the mail: the next server
 * has it when it says so, so what is left between the two lines is the difference of their clocks, and no time of the mail.
 */
#include "fact/trail_priv.h"

/* ---- one hop ---- */

static bool is_settled(const struct recipient *r)
{
	switch (r->outcome) {
	case OUTCOME_NONE:
	case OUTCOME_HELD:
	case OUTCOME_DEFERRED:
	case OUTCOME_PENDING:
		return false;
	default:
		return true;
	}
}

static const struct attempt *last_attempt(const struct recipient *r)
{
	const struct attempt *last = r->attempts;

	while (last && last->next)
		last = last->next;
	return is_settled(r) && r->deciding ? r->deciding : last;
}

static usec_t span(usec_t from, usec_t to)
{
	return from == USEC_NONE || to == USEC_NONE || to < from ? -1 : to - from;
}

static usec_t least(usec_t a, usec_t b)
{
	return a < b ? a : b;
}

/* Postfix tells all parts; the first one holds the time of all earlier tries too. */
static void split_by_parts(struct hop *h, const struct attempt *a, usec_t put_off)
{
	usec_t deferred = put_off < 0 ? -1 : least(a->delay_parts_us[0], put_off);

	h->stages_us[STAGE_DEFERRED] = deferred;
	h->stages_us[STAGE_RECEIVE] = a->delay_parts_us[0] - (deferred > 0 ? deferred : 0);
	h->stages_us[STAGE_QUEUE] = a->delay_parts_us[1];
	h->stages_us[STAGE_CONNECT] = a->delay_parts_us[2];
	h->stages_us[STAGE_TRANSMIT] = a->delay_parts_us[3];
}

static void split(struct hop *h, const struct attempt *a, usec_t put_off)
{
	usec_t transmit = a->delay_parts_us[3], rest;

	if (a->delay_parts_us[0] >= 0) {
		split_by_parts(h, a, put_off);
		return;
	}
	h->stages_us[STAGE_TRANSMIT] = transmit;
	if (put_off < 0 && transmit < 0)
		return;
	rest = h->spent_us - (transmit > 0 ? transmit : 0);
	if (rest < 0)
		return;
	if (put_off >= 0)
		h->stages_us[STAGE_DEFERRED] = least(rest, put_off);
	h->stages_us[STAGE_QUEUE] = rest - (put_off >= 0 ? least(rest, put_off) : 0);
}

static const struct attempt *first_deferral(const struct recipient *r, const struct attempt *before)
{
	for (const struct attempt *a = r->attempts; a && a != before; a = a->next)
		if (a->outcome == OUTCOME_DEFERRED)
			return a;
	return NULL;
}

void trail_measure_hop(struct hop *h)
{
	const struct message *m = h->message;
	const struct recipient *slowest = NULL;
	usec_t put_off = -1;
	bool all = m->recipients != NULL;

	for (const struct recipient *r = m->recipients; r; r = r->next) {
		const struct attempt *a = last_attempt(r);

		all = all && is_settled(r);
		if (a && (!h->last || a->time_us > h->last->time_us)) {
			h->last = a;
			slowest = r;
		}
	}
	if (all)
		h->handed_over_us = h->last ? h->last->time_us : m->finished_us;
	if (!h->last) {
		h->spent_us = span(h->arrived_us, h->handed_over_us);
		return;
	}
	h->spent_us = h->last->delay_us >= 0 ? h->last->delay_us : span(h->arrived_us, h->last->time_us);
	h->first_put_off = first_deferral(slowest, h->last);
	if (!h->first_put_off && h->last->outcome == OUTCOME_DEFERRED)
		h->first_put_off = h->last;
	if (h->first_put_off)
		put_off = span(h->first_put_off->time_us, h->last->time_us);
	split(h, h->last, put_off);
}

/* ---- the whole ---- */

static usec_t start_us(const struct hop *h)
{
	return ((const struct growing *)h)->start_us;
}

/* After how much of its parent's time did it begin? */
static usec_t offset_in_parent(const struct hop *h)
{
	const struct hop *p = h->parent;
	usec_t us;

	for (size_t i = 0; i < p->n_ends; i++)
		if (p->ends[i].next == h && p->ends[i].recipient->deciding && p->ends[i].recipient->deciding->delay_us >= 0)
			return p->ends[i].recipient->deciding->delay_us;
	us = span(p->arrived_us, h->sent_us);
	return us < 0 ? 0 : us;
}

static bool passes_time_between(const struct hop *h)
{
	return h->kind == HOP_MESSAGE && h->relation != RELATION_HANDOFF && h->between_us != USEC_NONE && h->between_us > 0;
}

static void offer(struct trail *t, const struct hop *h, enum hop_stage stage, usec_t us)
{
	if (us > t->slowest_us) {
		t->slowest = h;
		t->slowest_stage = stage;
		t->slowest_us = us;
	}
}

static void offer_hop(struct trail *t, const struct hop *h)
{
	bool any = false;

	for (int i = 0; i < HOP_STAGE_COUNT; i++) {
		any = any || h->stages_us[i] >= 0;
		offer(t, h, (enum hop_stage)i, h->stages_us[i]);
	}
	if (!any)
		offer(t, h, STAGE_WHOLE, h->spent_us);
	if (passes_time_between(h))
		offer(t, h, STAGE_BETWEEN, h->between_us);
}

void trail_measure(struct trail *t)
{
	t->spent_us = -1;
	t->slowest_us = 0;
	for (size_t i = 0; i < t->n_hops; i++) {
		struct hop *h = t->hops[i];
		usec_t end;

		if (h->parent)
			((struct growing *)h)->start_us = start_us(h->parent) + offset_in_parent(h) +
							  (passes_time_between(h) ? h->between_us : 0);
		if (h->aside)
			continue;
		offer_hop(t, h);
		if (h->kind == HOP_MESSAGE && h->handed_over_us == USEC_NONE)
			t->open = true;
		end = h->spent_us < 0 ? -1 : start_us(h) + h->spent_us;
		if (end > t->spent_us)
			t->spent_us = end;
	}
	if (t->slowest_us > t->spent_us)
		t->spent_us = t->slowest_us;
	if (!t->slowest_us)
		t->slowest = NULL;
	if (!t->slowest)
		t->slowest_stage = STAGE_NONE;
}

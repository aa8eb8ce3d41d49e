/* SPDX-License-Identifier: Apache-2.0 */
/*
 * why.c - queued messages and what the log tells of them
 *
 * Trap: Postfix' short queue ids come back after some minutes; a listing's stamp may be off by a zone.  So the message of the
 * log that arrived nearest is taken, and none that is a day away.  All other ids are of one message for ever.
 */
#include "queue/why.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "diagnose/deeds.h"
#include "event/queue_id.h"
#include "fact/copy.h"

#define APART_MAX_US USEC_PER_DAY

struct joined {
	struct queued *item;
	struct arena arena;        /* of item->message */
	usec_t apart_us;           /* how far apart they arrived; INT64_MAX: not known */
};

struct queue_join {
	struct arena_pool pool;
	struct joined *all;        /* by id */
	size_t n;
};

static int by_id(const void *a, const void *b)
{
	return slice_cmp(((const struct joined *)a)->item->id, ((const struct joined *)b)->item->id);
}

struct queue_join *queue_join_new(struct queue *q)
{
	struct queue_join *j = xcalloc(1, sizeof *j);

	j->all = xcalloc(q->n + 1, sizeof *j->all);
	j->n = q->n;
	for (size_t i = 0; i < q->n; i++) {
		j->all[i].item = &q->items[i];
		j->all[i].arena.pool = &j->pool;
	}
	qsort(j->all, j->n, sizeof *j->all, by_id);
	return j;
}

void queue_join_free(struct queue_join *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < j->n; i++)
		arena_clear(&j->all[i].arena);
	arena_pool_done(&j->pool);
	free(j->all);
	free(j);
}

/* the first with that id, or where it would stand */
static size_t find(const struct queue_join *j, struct slice id)
{
	size_t low = 0, high = j->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (slice_cmp(j->all[mid].item->id, id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool comes_back(struct slice id)
{
	usec_t t;

	return queue_id_is_postfix(id) && !queue_id_postfix_time(id, &t);
}

static void offer(struct joined *one, const struct message *m)
{
	usec_t apart = INT64_MAX;

	if (m->writer != queue_form_writer(one->item->form))
		return;
	if (m->arrived_us != USEC_NONE && one->item->arrived_us != USEC_NONE) {
		apart = m->arrived_us - one->item->arrived_us;
		apart = apart < 0 ? -apart : apart;
		if (apart > APART_MAX_US && comes_back(m->queue_id))
			return;
	}
	if (one->item->message && apart > one->apart_us)
		return;
	arena_clear(&one->arena);
	one->item->message = message_copy(&one->arena, m);
	one->apart_us = apart;
}

void queue_join_message(struct queue_join *j, const struct message *m)
{
	if (!m->queue_id.p)
		return;
	for (size_t i = find(j, m->queue_id); i < j->n && slice_eq(j->all[i].item->id, m->queue_id); i++)
		offer(&j->all[i], m);
}

/* --- causes ------------------------------------------------------------------------------------------- */

static bool same_address(const struct queued_recipient *q, struct slice address)
{
	if (!address.p || !q->address.n)
		return false;
	if (q->cut)
		address = slice_head(address, q->address.n);
	return slice_eq_fold(q->address, address);
}

static const struct recipient *find_fact(const struct diagnoser *d, const struct queued *m, const struct queued_recipient *q)
{
	const struct recipient *found = NULL;
	struct recipient_verdict v;

	for (const struct recipient *r = m->message ? m->message->recipients : NULL; r; r = r->next) {
		if (!same_address(q, r->address) && !same_address(q, r->orig_address))
			continue;
		verdict_recipient(d, m->message, r, &v); /* an alias has several: the one that waits */
		if (v.failed)
			return r;
		if (!found)
			found = r;
	}
	return found;
}

static bool is_hold(const struct cause *cause)
{
	static const enum deed HOLDS[] = { DEED_HELD_BY_ADMIN, DEED_HELD_BY_RULE, DEED_HELD_NOTIFICATION };

	for (size_t i = 0; i < ARRAY_LEN(HOLDS); i++)
		if (slice_eq(deed_cause(HOLDS[i]).id, cause->id))
			return true;
	return false;
}

static bool from_log(const struct diagnoser *d, const struct queued *m, const struct recipient *r, struct queue_why *w)
{
	struct recipient_verdict v;

	verdict_recipient(d, m->message, r, &v);
	if (!v.failed)
		return false;
	*w = (struct queue_why){
		.known = true,
		.from_log = true,
		.hold = is_hold(&v.cause),
		.cause = v.cause,
		.complaint = v.complaint,
		.deed = v.deed,
		.failed_before = v.failed_before,
		.cause_before = v.cause_before,
		.complaint_before = v.complaint_before,
	};
	return true;
}

static void from_listing(const struct diagnoser *d, const struct queued *m, struct slice reason, struct slice recipient,
			 struct queue_why *w)
{
	struct other_verdict v;

	w->complaint = (struct complaint){
		.reply = reason,
		.smtp_code = -1,
		.temporary = true,
		.recipient = recipient,
		.sender = m->sender,
	};
	if (slice_starts(reason, "Deferred: ")) /* Sendmail */
		w->complaint.reply = slice_from(reason, strlen("Deferred: "));
	verdict_reply(d, &w->complaint, &v);
	w->known = true;
	w->cause = v.cause;
	w->complaint = v.complaint;
	w->deed = v.deed;
	w->deed.id = m->id;
	w->deed.writer = queue_form_writer(m->form);
}

void queue_why(const struct diagnoser *d, const struct queued *m, const struct queued_recipient *r, struct queue_why *ret)
{
	struct slice reason = r && r->reason.p ? r->reason : !r || m->n_waiting == 1 ? m->reason : SLICE_NONE;

	*ret = (struct queue_why){ .known = false };
	if (r && r->fact && from_log(d, m, r->fact, ret))
		return;
	if (reason.p)
		from_listing(d, m, reason, r ? r->address : SLICE_NONE, ret);
}

/* one of each */
static const struct cause *keep_cause(struct queue *q, const struct cause *cause)
{
	struct cause *kept = map_get(&q->causes, cause->id);

	if (!kept) {
		kept = arena_alloc(&q->arena, sizeof *kept);
		*kept = *cause;
		(void)map_put(&q->causes, kept->id, kept);
	}
	return kept;
}

static void explain_recipient(struct queue *q, const struct diagnoser *d, const struct queued *m, struct queued_recipient *r)
{
	struct recipient_verdict v;
	struct queue_why why;

	r->fact = find_fact(d, m, r);
	if (r->cut && r->fact) { /* what the listing has no room for */
		r->address = same_address(r, r->fact->address) ? r->fact->address : r->fact->orig_address;
		r->cut = false;
	}
	queue_why(d, m, r, &why);
	if (why.known)
		r->cause = keep_cause(q, &why.cause);
	if (!r->fact)
		return;
	verdict_recipient(d, m->message, r->fact, &v);
	r->tries = v.tries;
	r->first_try_us = v.first_try_us;
	r->last_try_us = v.last_try_us;
}

/* Who has to act comes before who has to wait. */
static void explain_message(struct queue *q, const struct diagnoser *d, struct queued *m)
{
	struct queue_why why;

	if (m->sender_cut && m->message && m->message->sender.p) {
		m->sender = m->message->sender;
		m->sender_cut = false;
	}
	for (struct queued_recipient *r = m->recipients; r; r = r->next) {
		if (r->delivered)
			continue;
		explain_recipient(q, d, m, r);
		m->tries = r->tries > m->tries ? r->tries : m->tries;
		if (r->first_try_us != USEC_NONE && (m->first_try_us == USEC_NONE || r->first_try_us < m->first_try_us))
			m->first_try_us = r->first_try_us;
		if (r->last_try_us > m->last_try_us) /* USEC_NONE is before all times */
			m->last_try_us = r->last_try_us;
		if (r->cause && (!m->cause || (m->cause->temporary && !r->cause->temporary)))
			m->cause = r->cause;
	}
	if (!m->cause) {
		queue_why(d, m, NULL, &why);
		if (why.known)
			m->cause = keep_cause(q, &why.cause);
	}
}

void queue_explain(struct queue *q, const struct diagnoser *d)
{
	for (size_t i = 0; i < q->n; i++) {
		struct queued *m = &q->items[i];

		explain_message(q, d, m);
		if (m->state == QUEUE_WAITING && (m->tries || m->cause))
			m->state = QUEUE_DEFERRED;
	}
}

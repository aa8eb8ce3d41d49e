/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_redact.c - queues that name nobody
 *
 * Causes are found in what was really said; so the listing is masked after them, and what they quote when it is shown.
 */
#include "export/queue.h"

void redact_queue(struct redact *r, struct arena *a, struct queue *q)
{
	for (size_t i = 0; i < q->n_listings; i++)
		if (slice_find_byte(slice_str(q->listings[i].name), '/') < slice_str(q->listings[i].name).n) {
			struct slice masked = redact_value(r, a, MASK_PATH, slice_str(q->listings[i].name));
			char *name = arena_alloc(a, masked.n + 1);

			memcpy(name, masked.p, masked.n);
			q->listings[i].name = name;
		}
	for (size_t i = 0; i < q->n; i++) {
		struct queued *m = &q->items[i];

		m->sender = redact_value(r, a, MASK_ADDRESS, m->sender);
		m->login = redact_value(r, a, MASK_USER, m->login);
		m->note = redact_value(r, a, MASK_TEXT, m->note);
		for (struct queued_recipient *one = m->recipients; one; one = one->next)
			one->address = redact_value(r, a, MASK_ADDRESS, one->address);
	}
}

struct slice queue_shown(const struct queue_answer *a, struct arena *scratch, enum mask mask, struct slice s)
{
	return a->redact ? redact_value(a->redact, scratch, mask, s) : s;
}

static void mask_complaint(struct redact *r, struct arena *a, struct complaint *c)
{
	c->reply = redact_value(r, a, MASK_TEXT, c->reply);
	c->host = redact_value(r, a, MASK_HOST, c->host);
	c->ip = redact_value(r, a, MASK_IP, c->ip);
}

void queue_why_shown(const struct queue_answer *a, struct arena *scratch, const struct queued *m, const struct queued_recipient *r,
		     struct queue_why *ret)
{
	queue_why(a->diagnoser, m, r, ret);
	if (!a->redact || !ret->known)
		return;
	mask_complaint(a->redact, scratch, &ret->complaint);
	mask_complaint(a->redact, scratch, &ret->complaint_before);
	ret->deed.who = redact_value(a->redact, scratch, MASK_USER, ret->deed.who);
	ret->deed.words = redact_value(a->redact, scratch, MASK_TEXT, ret->deed.words);
	if (ret->from_log) { /* the listing's are masked already */
		ret->complaint.recipient = redact_value(a->redact, scratch, MASK_ADDRESS, ret->complaint.recipient);
		ret->complaint.sender = redact_value(a->redact, scratch, MASK_ADDRESS, ret->complaint.sender);
	}
	ret->complaint_before.recipient = redact_value(a->redact, scratch, MASK_ADDRESS, ret->complaint_before.recipient);
	ret->complaint_before.sender = redact_value(a->redact, scratch, MASK_ADDRESS, ret->complaint_before.sender);
}

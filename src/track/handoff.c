/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff.c - from one server to the next, whose logs are read too
 *
 * A reply may name the next queue id ("250 OK id=1rJkXm-0003kl-Qp"); Exchange's InternalId, a bare "250 ok" and LMTP name none that
 * is in a log: there the Message-ID leads on.  fact/handoff.h says what is believed.
 * Traps: logs with whole seconds may show the reply before the next server's first line, so a message is looked at again when it is
 * about to be told; a retry makes several attempts, of which only those that worked hand over.
 */
#include "fact/handoff.h"
#include "track/track_priv.h"

#define GUESSES_MAX 64 /* messages with one Message-ID that are looked at: senders may repeat it as they like */

/* The next id is one of this server: no relaying but a hand-on. */
static bool follow_here(struct tracker *t, struct open_message *om, struct recipient *r, struct attempt *a, uint64_t hash)
{
	struct open_message *child = track_find_on_server(t, om->server, a->next_queue_id, hash);

	if (child == om)
		return true;
	if (!child || !handoff_believed_here(handoff_signs(&om->m, NULL, a, &child->m), a))
		return false;
	/* Sendmail's submission program hands its mail to the daemon */
	message_link(t, om, child, om->m.writer == WRITER_SENDMAIL ? RELATION_HANDOFF : RELATION_FILTER, a->time_us);
	a->outcome = OUTCOME_EXPANDED;
	if (r->deciding == a)
		r->outcome = OUTCOME_EXPANDED;
	return true;
}

void handoff_follow(struct tracker *t, struct open_message *om, struct recipient *r, struct attempt *a)
{
	uint64_t hash = track_id_hash(a->next_queue_id);
	struct open_message *child = NULL;

	if (!track_known(t, a->next_queue_id, hash) || follow_here(t, om, r, a, hash))
		return;
	while ((child = track_find_elsewhere(t, om->server, a->next_queue_id, hash, child)) != NULL)
		if (handoff_believed(handoff_signs(&om->m, NULL, a, &child->m))) {
			a->handed_on = true;
			message_link(t, om, child, RELATION_HANDOFF, a->time_us);
			return;
		}
}

/* ---- without an id ---- */

/* Did `om` make `to`?  Then the other direction would make a ring. */
static bool is_parent(const struct open_message *om, const struct open_message *to)
{
	for (const struct message_link *l = to->m.parents; l; l = l->next)
		if (slice_eq(l->queue_id, om->m.queue_id) && slice_eq(l->server, om->m.server))
			return true;
	return false;
}

/* the attempt, and those of its transaction */
static void mark_handed_on(struct open_message *from, const struct attempt *by)
{
	for (struct recipient *r = from->m.recipients; r; r = r->next)
		for (struct attempt *a = r->attempts; a; a = a->next)
			if (a->time_us == by->time_us && handoff_hands_over(a) && slice_eq(a->relay_ip, by->relay_ip) &&
			    slice_eq(a->next_queue_id, by->next_queue_id))
				a->handed_on = true;
}

static void link_best(struct tracker *t, struct open_message *to)
{
	struct handoff_guess best = { 0 };
	struct open_message *parent = NULL;
	unsigned n = 0;

	for (struct open_message *from = track_by_message_id(t, to->message_id_hash); from && n < GUESSES_MAX;
	     from = from->bucket_next) {
		const struct attempt *before = best.a;
		const struct message *was = best.from;

		if (from->server == to->server || from->message_id_hash != to->message_id_hash)
			continue;
		n++;
		if (is_parent(to, from))
			continue;
		handoff_guess(&from->m, &to->m, &best);
		if (best.from != was || best.a != before)
			parent = from;
	}
	if (!parent)
		return;
	message_link(t, parent, to, RELATION_HANDOFF, best.a ? best.a->time_us : parent->m.last_us);
	if (best.a)
		mark_handed_on(parent, best.a);
}

/* Did it go over the network, or may it have gone behind the end of its log? */
static bool may_have_gone(const struct open_message *om)
{
	bool any = false;

	for (const struct recipient *r = om->m.recipients; r; r = r->next)
		for (const struct attempt *a = r->attempts; a; a = a->next) {
			any = true;
			if (handoff_hands_over(a))
				return true;
		}
	return !any;
}

void handoff_came_from(struct tracker *t, struct open_message *om)
{
	unsigned n = 0;

	if (!om->message_id_hash)
		return;
	if (handoff_may_have_come(&om->m))
		link_best(t, om);
	/* this one goes now: those that it made look for it while it is there */
	if (!may_have_gone(om))
		return;
	for (struct open_message *to = track_by_message_id(t, om->message_id_hash); to && n < GUESSES_MAX; to = to->bucket_next) {
		if (to->server == om->server || to->message_id_hash != om->message_id_hash)
			continue;
		n++;
		if (handoff_may_have_come(&to->m))
			link_best(t, to);
	}
}

/* Logs with whole seconds may name the next id before its own first line: by now that was read. */
void handoff_settle(struct tracker *t, struct open_message *om, struct recipient *r)
{
	for (struct attempt *a = r->attempts; a; a = a->next)
		if (a->outcome == OUTCOME_RELAYED && told(a->next_queue_id))
			handoff_follow(t, om, r, a);
}

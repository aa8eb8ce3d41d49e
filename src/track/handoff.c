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

#define SAME_ID_MAX 64 /* messages with one Message-ID that are looked at: senders may repeat it as they like */

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

static bool hands_over(const struct attempt *a)
{
	return a->outcome == OUTCOME_RELAYED && handoff_is_remote(a);
}

static usec_t start_of(const struct open_message *om)
{
	return om->m.arrived_us != USEC_NONE ? om->m.arrived_us : om->m.first_us;
}

/* One attempt makes one message: an older copy with the same Message-ID has its own. */
static bool made_another(const struct open_message *from, const struct attempt *a, const struct open_message *to)
{
	for (const struct message_link *l = from->m.children; l; l = l->next)
		if (l->relation == RELATION_HANDOFF && l->time_us == a->time_us && slice_eq(l->server, to->m.server))
			return true;
	return false;
}

struct guess {
	struct open_message *from;
	const struct attempt *a;   /* NULL: the logs of that server end before */
	unsigned signs;            /* the more the better, before nearness */
	usec_t apart_us;
};

static bool better(const struct guess *a, const struct guess *b)
{
	return !b->from || a->signs > b->signs || (a->signs == b->signs && a->apart_us < b->apart_us);
}

static void offer(struct guess *best, struct open_message *from, const struct recipient *r, const struct attempt *a,
		  const struct open_message *to)
{
	unsigned signs = handoff_signs(&from->m, r, a, &to->m);
	struct guess now = {
		.from = from,
		.a = r ? a : NULL,
		.signs = (signs & HANDOFF_RECIPIENT ? 4U : 0) + (signs & HANDOFF_RELAY ? 2U : 0) +
			 (signs & HANDOFF_CLIENT ? 1U : 0),
		.apart_us = a->time_us < start_of(to) ? start_of(to) - a->time_us : a->time_us - start_of(to),
	};

	/* without the line of the hand-over it takes more */
	if (handoff_believed(signs) && (r || (signs & HANDOFF_CLIENT && signs & HANDOFF_SENDER)) && better(&now, best) &&
	    !made_another(from, a, to))
		*best = now;
}

/* Which attempt of `from` made `to`, if one may be believed to? */
static void guess_attempt(struct open_message *from, const struct open_message *to, struct guess *best)
{
	const struct attempt unseen = { .time_us = from->m.last_us };
	bool any = false;

	for (const struct recipient *r = from->m.recipients; r; r = r->next)
		for (const struct attempt *a = r->attempts; a; a = a->next) {
			any = true;
			if (hands_over(a))
				offer(best, from, r, a, to);
		}
	if (!any)
		offer(best, from, NULL, &unseen, to);
}

/* Did `om` make `to`?  Then the other direction would make a ring. */
static bool is_parent(const struct open_message *om, const struct open_message *to)
{
	for (const struct message_link *l = to->m.parents; l; l = l->next)
		if (slice_eq(l->queue_id, om->m.queue_id) && slice_eq(l->server, om->m.server))
			return true;
	return false;
}

/* Is it one that came over the network, and nobody knows from where? */
static bool may_have_come(const struct open_message *om)
{
	return om->m.role == ROLE_MAIL && !om->m.parents && !om->m.submitted_locally && !om->m.authenticated;
}

/* the attempt, and those of its transaction */
static void mark_handed_on(struct open_message *from, const struct attempt *by)
{
	for (struct recipient *r = from->m.recipients; r; r = r->next)
		for (struct attempt *a = r->attempts; a; a = a->next)
			if (a->time_us == by->time_us && hands_over(a) && slice_eq(a->relay_ip, by->relay_ip) &&
			    slice_eq(a->next_queue_id, by->next_queue_id))
				a->handed_on = true;
}

static void link_best(struct tracker *t, struct open_message *to)
{
	struct guess best = { 0 };
	unsigned n = 0;

	for (struct open_message *from = track_by_message_id(t, to->message_id_hash); from && n < SAME_ID_MAX;
	     from = from->bucket_next)
		if (from->server != to->server && from->message_id_hash == to->message_id_hash && n++ < SAME_ID_MAX &&
		    !is_parent(to, from))
			guess_attempt(from, to, &best);
	if (!best.from)
		return;
	message_link(t, best.from, to, RELATION_HANDOFF, best.a ? best.a->time_us : best.from->m.last_us);
	if (best.a)
		mark_handed_on(best.from, best.a);
}

/* Did it go over the network, or may it have gone behind the end of its log? */
static bool may_have_gone(const struct open_message *om)
{
	bool any = false;

	for (const struct recipient *r = om->m.recipients; r; r = r->next)
		for (const struct attempt *a = r->attempts; a; a = a->next) {
			any = true;
			if (hands_over(a))
				return true;
		}
	return !any;
}

void handoff_came_from(struct tracker *t, struct open_message *om)
{
	unsigned n = 0;

	if (!om->message_id_hash)
		return;
	if (may_have_come(om))
		link_best(t, om);
	/* this one goes now: those that it made look for it while it is there */
	if (!may_have_gone(om))
		return;
	for (struct open_message *to = track_by_message_id(t, om->message_id_hash); to && n < SAME_ID_MAX; to = to->bucket_next)
		if (to->server != om->server && to->message_id_hash == om->message_id_hash && n++ < SAME_ID_MAX &&
		    may_have_come(to))
			link_best(t, to);
}

/* Logs with whole seconds may name the next id before its own first line: by now that was read. */
void handoff_settle(struct tracker *t, struct open_message *om, struct recipient *r)
{
	for (struct attempt *a = r->attempts; a; a = a->next)
		if (a->outcome == OUTCOME_RELAYED && told(a->next_queue_id))
			handoff_follow(t, om, r, a);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff.c - is this message of another server the one that was handed over?
 *
 * Traps: a list or a forwarder of others sends a mail back to us with its Message-ID, minutes later and from its own host; a reply
 * may name a message of ours that the stranger once got ("Received: ... id ..."); a mail may be sent twice with one Message-ID.
 */
#include "fact/handoff.h"

#include "base/attr.h"
#include "base/ip.h"
#include "fact/mailbox.h"

#define RECIPIENTS_MAX 100 /* that are looked through */

static const char *const SIGN_NAMES[] = {
#define X(id, name) [id##_BIT] = name,
	HANDOFF_SIGNS(X)
#undef X
};
_Static_assert(ARRAY_LEN(SIGN_NAMES) == HANDOFF_SIGN_COUNT, "one name per sign");

const char *handoff_sign_name(unsigned bit)
{
	return bit < HANDOFF_SIGN_COUNT ? SIGN_NAMES[bit] : NULL;
}

bool handoff_same_host(struct slice a, struct slice b)
{
	struct slice shorter = a.n < b.n ? a : b, longer = a.n < b.n ? b : a;
	struct ip ip;

	if (longer.n && longer.p[longer.n - 1] == '.')
		longer.n--;
	if (shorter.n == 0 || shorter.n > longer.n)
		return false;
	if (shorter.n == longer.n)
		return slice_eq_fold(a, b);
	return longer.p[shorter.n] == '.' && slice_find_byte(shorter, '.') == shorter.n &&
	       slice_eq_fold(shorter, slice_head(longer, shorter.n)) && !ip_parse(longer, &ip);
}

bool handoff_is_remote(const struct attempt *a)
{
	struct ip ip;

	if (!a->relay_ip.n)
		return false;
	return !ip_parse(a->relay_ip, &ip) || !ip_is_loopback(&ip);
}

static usec_t start_of(const struct message *m)
{
	return m->arrived_us != USEC_NONE ? m->arrived_us : m->first_us;
}

static bool is_private(struct slice text)
{
	struct ip ip;

	return text.n && ip_parse(text, &ip) && ip_is_private(&ip);
}

static usec_t apart_us(usec_t a, usec_t b)
{
	return a < b ? b - a : a - b;
}

/* "<>" and the like are none */
static bool has_message_id(const struct message *m)
{
	return m->message_id.n >= 3;
}

static bool same_ip(struct slice a, struct slice b)
{
	struct ip x, y;

	return a.n && b.n && ip_parse(a, &x) && ip_parse(b, &y) && ip_equal(&x, &y);
}

static bool goes_to(const struct message *m, struct slice address)
{
	unsigned n = 0;

	for (const struct recipient *r = m->recipients; r && n < RECIPIENTS_MAX; r = r->next, n++)
		if ((r->address.n && slice_eq_fold(r->address, address)) ||
		    (r->orig_address.n && slice_eq_fold(r->orig_address, address)))
			return true;
	return false;
}

unsigned handoff_signs(const struct message *from, const struct recipient *r, const struct attempt *a,
		       const struct message *to)
{
	usec_t arrived = start_of(to);
	unsigned signs = 0;

	if (a->next_queue_id.n && slice_eq(a->next_queue_id, to->queue_id))
		signs |= HANDOFF_ID;
	if (arrived != USEC_NONE && a->time_us != USEC_NONE && apart_us(arrived, a->time_us) < HANDOFF_WINDOW_US)
		signs |= HANDOFF_TIME;
	if (has_message_id(from) && has_message_id(to))
		signs |= mailbox_same_id(from->message_id, to->message_id) ? HANDOFF_MESSAGE_ID : HANDOFF_OTHER_ID;
	if (from->sender.p && to->sender.p)
		signs |= slice_eq_fold(from->sender, to->sender) ? HANDOFF_SENDER : HANDOFF_OTHER_SENDER;
	if (handoff_same_host(to->client_host, from->server) || handoff_same_host(to->helo, from->server))
		signs |= HANDOFF_CLIENT;
	if (handoff_same_host(a->relay_host, to->server))
		signs |= HANDOFF_RELAY;
	if (r && r->address.n && start_of(from) <= arrived && goes_to(to, r->address))
		signs |= HANDOFF_RECIPIENT;
	/* it came back from the host that it was handed to: not at once, and by somebody else's doing */
	if (same_ip(a->relay_ip, to->client_ip) && handoff_is_remote(a))
		signs &= ~(unsigned)(HANDOFF_CLIENT | HANDOFF_RELAY);
	return signs;
}

bool handoff_believed(unsigned signs)
{
	if (!(signs & HANDOFF_TIME))
		return false;
	if (signs & HANDOFF_OTHER_ID)
		return signs & HANDOFF_ID && signs & HANDOFF_RELAY;
	if (signs & HANDOFF_ID)
		return signs & (HANDOFF_MESSAGE_ID | HANDOFF_CLIENT | HANDOFF_RELAY | HANDOFF_SENDER) ||
		       !(signs & HANDOFF_OTHER_SENDER);
	return signs & HANDOFF_MESSAGE_ID &&
	       (signs & (HANDOFF_CLIENT | HANDOFF_RELAY) || (signs & HANDOFF_SENDER && signs & HANDOFF_RECIPIENT));
}

bool handoff_believed_here(unsigned signs, const struct attempt *a)
{
	if (!handoff_is_remote(a) || is_private(a->relay_ip))
		return true;
	if (signs & HANDOFF_OTHER_ID)
		return false;
	return (signs & HANDOFF_MESSAGE_ID) || !(signs & HANDOFF_OTHER_SENDER);
}

/* ---- which of several ---- */

bool handoff_hands_over(const struct attempt *a)
{
	return a->outcome == OUTCOME_RELAYED && handoff_is_remote(a);
}

bool handoff_may_have_come(const struct message *m)
{
	return m->role == ROLE_MAIL && !m->parents && !m->submitted_locally && !m->authenticated;
}

/* One attempt makes one message: an older copy with the same Message-ID has its own. */
static bool made_another(const struct message *from, const struct attempt *a, const struct message *to)
{
	for (const struct message_link *l = from->children; l; l = l->next)
		if (l->relation == RELATION_HANDOFF && l->time_us == a->time_us && slice_eq(l->server, to->server))
			return true;
	return false;
}

static bool better(const struct handoff_guess *a, const struct handoff_guess *b)
{
	return !b->from || a->rank > b->rank || (a->rank == b->rank && a->apart_us < b->apart_us);
}

/* r: NULL if the line of the hand-over is not there, which takes more signs */
static void offer(struct handoff_guess *best, const struct message *from, const struct recipient *r, const struct attempt *a,
		  const struct message *to)
{
	unsigned signs = handoff_signs(from, r, a, to);
	struct handoff_guess now = {
		.from = from,
		.a = r ? a : NULL,
		.rank = (signs & HANDOFF_ID ? 8U : 0) + (signs & HANDOFF_RECIPIENT ? 4U : 0) + (signs & HANDOFF_RELAY ? 2U : 0) +
			(signs & HANDOFF_CLIENT ? 1U : 0),
		.apart_us = apart_us(a->time_us, start_of(to)),
	};

	if (handoff_believed(signs) && (r || (signs & HANDOFF_CLIENT && signs & HANDOFF_SENDER)) && better(&now, best) &&
	    !made_another(from, a, to))
		*best = now;
}

void handoff_guess(const struct message *from, const struct message *to, struct handoff_guess *best)
{
	const struct attempt unseen = { .time_us = from->last_us };
	bool any = false;

	for (const struct recipient *r = from->recipients; r; r = r->next)
		for (const struct attempt *a = r->attempts; a; a = a->next) {
			any = true;
			if (handoff_hands_over(a))
				offer(best, from, r, a, to);
		}
	if (!any)
		offer(best, from, NULL, &unseen, to);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sendmail.c - messages of Sendmail
 *
 * What is different here: a line may speak of many recipients; refusals come before the line that names
 * sender and client (from=), so they wait for it; nothing says that a message left the queue (below log level
 * 10), so it is complete when all recipients have a final outcome; aliases are told (at raised levels)
 * before the deliveries that come of them, or not at all; and one process serves one connection, so that its
 * pid joins STARTTLS, AUTH and the messages (sendmail_session.c).
 */
#include "base/ip.h"
#include "event/address_list.h"
#include "track/sendmail_priv.h"

#define PENDING_REJECTIONS_MAX 64    /* per transaction; more are told at once, without a sender */
#define EXPANSIONS_MAX         256   /* steps of alias expansion kept per message */
#define CHAIN_MAX              10    /* aliases of aliases (sendmail's MaxAliasRecursion is 10) */
#define MORE_MAX               10000 /* recipients of a list that was cut in several lines */

struct pending_rejection {
	struct pending_rejection *next;
	struct line line;
	struct event event;
};

/* "alias A => B, C" */
struct expansion {
	struct expansion *next;
	struct slice alias, targets;
	bool used;
};

/* an address of a list whose outcome stands on a later line */
struct more {
	struct more *next;
	struct slice address;
};

/* what only a message of Sendmail needs; in its arena */
struct sendmail_message {
	struct pending_rejection *rejections, *last_rejection;
	size_t n_rejections;
	struct expansion *expansions;
	size_t n_expansions;
	struct more *more, *last_more;
	size_t n_more;
	struct slice service;
	struct slice trouble; /* what the last try met, told before its "to=" */
	usec_t trouble_us;
	unsigned clones; /* envelopes that took recipients over */
	bool broken;	 /* the client vanished in DATA */
};

static struct sendmail_message *state_of(struct open_message *om)
{
	if (!om->sendmail)
		om->sendmail = arena_alloc(&om->arena, sizeof *om->sendmail);
	return om->sendmail;
}

static struct open_message *find(struct tracker *t, const struct line *l, struct slice id)
{
	return track_find(&t->open, track_server(t, l), SYM_NONE, id, track_id_hash(id));
}

static struct open_message *find_or_open(struct tracker *t, const struct line *l, struct slice id)
{
	struct open_message *om = track_find_or_open(t, track_server(t, l), SYM_NONE, id, l, WRITER_SENDMAIL);

	if (om)
		om->m.writer = WRITER_SENDMAIL; /* a milter may have spoken first */
	return om;
}

/* ---- refusals: they wait for the line that names sender and client ---- */

static void keep_text(struct open_message *om, struct slice *s)
{
	if (told(*s))
		*s = arena_copy(&om->arena, *s);
}

static void reject_later(struct open_message *om, const struct line *l, const struct event *e)
{
	struct sendmail_message *sm = state_of(om);
	struct pending_rejection *p = arena_alloc(&om->arena, sizeof *p);

	p->line = track_keep_line(l, om->m.server);
	p->event = *e;
#define F(type, name, help) FIELD_TEXT_##type(keep_text(om, &p->event.name);)
#include "event/fields.def"
#undef F
	if (sm->last_rejection)
		sm->last_rejection->next = p;
	else
		sm->rejections = p;
	sm->last_rejection = p;
	sm->n_rejections++;
}

void sendmail_tell_rejections(struct tracker *t, struct open_message *om)
{
	struct sendmail_message *sm = om->sendmail;

	for (struct pending_rejection *p = sm->rejections; p; p = p->next) {
		if (!told(p->event.service))
			p->event.service = sm->service;
		rejection_emit(t, &p->line, &p->event, om);
	}
	sm->rejections = sm->last_rejection = NULL;
	sm->n_rejections = 0;
}

static void on_reject(struct tracker *t, struct open_message *om, const struct line *l, struct event *e)
{
	struct sendmail_message *sm = state_of(om);
	bool now = om->accepted || sm->n_rejections >= PENDING_REJECTIONS_MAX;

	if (!told(e->client_ip))
		sendmail_session_client(t, l, e);
	if (now) {
		if (!told(e->service))
			e->service = sm->service;
		rejection_emit(t, l, e, om);
	} else {
		reject_later(om, l, e);
	}
	if (told(e->stage) && slice_is(e->stage, "data")) {
		om->rejected = true;
		om->queued = false;
		om->m.finished_us = l->time_us;
		message_set_detail(t, om, &om->m.subject, e->subject);
	}
}

/* ---- arrival ---- */

static void set_envelope(struct open_message *om, const struct event *e)
{
	struct message *m = &om->m;

	message_set(om, &m->sender, e->sender);
	message_set(om, &m->client_host, e->client_host);
	message_set(om, &m->client_ip, e->client_ip);
	message_set(om, &state_of(om)->service, e->service);
}

/* "from=..., nrcpts=0": a transaction of which nothing came */
static void on_nothing_received(struct tracker *t, struct open_message *om, const struct event *e)
{
	set_envelope(om, e);
	om->held = false;
	sendmail_tell_rejections(t, om);
}

static void on_accept(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	struct sendmail_message *sm = state_of(om);
	struct message *m = &om->m;

	set_envelope(om, e);
	om->accepted = true;
	m->start_seen = true;
	m->arrived_us = l->time_us;
	m->utc_offset_sec = l->utc_offset_sec;
	m->submitted_locally = (e->marks & MARK_LOCAL) != 0;
	if (m->submitted_locally)
		message_set(om, &m->user, e->ident);
	else
		sendmail_session_message(t, l, om);
	message_set_protocol(t, om, e->service, e->protocol);
	if (e->size_bytes >= 0)
		m->size_bytes = e->size_bytes;
	m->recipient_count = e->recipient_count;
	/* RFC 3848: the client logged in, even if that line is not in the logs */
	if (told(e->protocol) && slice_starts(e->protocol, "ESMTP") && slice_ends(e->protocol, "A"))
		om->ours = 1;
	if (told(e->message_id)) {
		message_set_message_id(t, om, e->message_id, false);
		message_resubmitted(t, om, l);
	}
	sendmail_tell_rejections(t, om);
	if ((e->marks & MARK_LAST || sm->broken) && !om->rejected) {
		message_finish(om, l);
		om->cancelled = true;
	} else if (!om->rejected) {
		om->queued = true;
	}
}

/* ---- recipients ---- */

static bool is_target(const struct expansion *x, struct slice address)
{
	struct slice list = x->targets, item;

	while (address_list_next(&list, &item))
		if (slice_eq_fold(address_plain(item), address))
			return true;
	return false;
}

static struct expansion *expansion_to(struct sendmail_message *sm, struct slice address)
{
	for (struct expansion *x = sm->expansions; x; x = x->next)
		if (is_target(x, address) && !slice_eq_fold(x->alias, address))
			return x;
	return NULL;
}

/* the only list whose members stand in a file, if there is just one */
static struct expansion *only_include(struct sendmail_message *sm)
{
	struct expansion *found = NULL;

	for (struct expansion *x = sm->expansions; x; x = x->next) {
		if (slice_find(x->targets, SLICE(":include:")) == x->targets.n)
			continue;
		if (found)
			return NULL;
		found = x;
	}
	return found;
}

/* the address that led here through aliases; SLICE_NONE: none is known */
static struct slice origin_of(struct sendmail_message *sm, struct slice address, bool from_list)
{
	struct slice origin = SLICE_NONE;
	struct expansion *x;

	for (int depth = 0; depth < CHAIN_MAX; depth++) {
		x = expansion_to(sm, told(origin) ? origin : address);
		if (!x && !told(origin) && from_list)
			x = only_include(sm);
		if (!x)
			break;
		x->used = true;
		origin = x->alias;
	}
	return origin;
}

static void on_expansion(struct open_message *om, const struct event *e)
{
	struct sendmail_message *sm = state_of(om);
	struct expansion *x;

	if (sm->n_expansions >= EXPANSIONS_MAX)
		return;
	x = arena_alloc(&om->arena, sizeof *x);
	x->alias = arena_copy(&om->arena, e->recipient);
	x->targets = arena_copy(&om->arena, e->recipients);
	x->next = sm->expansions;
	sm->expansions = x;
	sm->n_expansions++;
}

/* An alias that no delivery came of here: its recipients went to another envelope (owner- list). */
static void tell_moved_expansions(struct tracker *t, struct open_message *om, const struct line *l)
{
	struct sendmail_message *sm = state_of(om);

	for (struct expansion *x = sm->expansions; x; x = x->next) {
		struct event e;

		if (x->used || expansion_to(sm, x->alias))
			continue;
		x->used = true;
		event_init(&e, EV_ATTEMPT);
		e.writer = WRITER_SENDMAIL;
		e.outcome = OUTCOME_EXPANDED;
		e.marks = MARK_NO_ATTEMPT;
		e.recipient = x->alias;
		e.reply = x->targets;
		message_attempt(t, om, l, &e);
	}
}

/* Is nothing left to be said about its recipients?  How many other envelopes took over nobody tells. */
static bool is_complete(const struct open_message *om)
{
	const struct sendmail_message *sm = om->sendmail;

	if (om->held || (sm && sm->more))
		return false;
	for (const struct recipient *r = om->m.recipients; r; r = r->next)
		if (!outcome_is_final(r->outcome))
			return false;
	if (sm && sm->clones)
		return true;
	return om->m.n_recipients > 0 && om->m.n_recipients >= om->m.recipient_count;
}

static void settle(struct open_message *om, const struct line *l)
{
	if (om->cancelled || om->told_end)
		return;
	if (om->queued && is_complete(om)) {
		message_finish(om, l);
	} else if (om->done) { /* one more recipient, of an alias perhaps */
		om->done = om->m.end_seen = false;
		om->m.finished_us = USEC_NONE;
	}
}

/* "SYSERR(root): timeout writing message to H.", "timeout waiting for input from H. during client DATA
 * status" */
static void on_trouble(struct open_message *om, const struct line *l, const struct event *e)
{
	struct sendmail_message *sm = state_of(om);

	sm->trouble = arena_copy(&om->arena, told(e->reason) ? e->reason : e->text);
	sm->trouble_us = l->time_us;
}

/* stat= says no more than "Deferred", or repeats the words of another try: the error before it is the reason
 */
static void explain_by_trouble(struct open_message *om, const struct line *l, struct event *e)
{
	struct sendmail_message *sm = om->sendmail;
	bool vague =
		!told(e->reply) || slice_starts(e->reply, "Name server: ");

	if (e->outcome != OUTCOME_DEFERRED || e->smtp_code >= 0 || !told(sm->trouble) || !vague ||
	    !told(e->dsn) || !slice_starts(e->dsn, "4.4.") || slice_is(e->dsn, "4.4.3") ||
	    usec_since(sm->trouble_us, l->time_us) > USEC_PER_SEC)
		return;
	e->reason = e->reply;
	e->reply = sm->trouble;
}

static void attempt_one(struct tracker *t, struct open_message *om, const struct line *l,
			const struct event *e, struct slice item)
{
	struct event one = *e;
	struct slice origin;

	one.recipient = address_plain(item);
	one.recipients = SLICE_NONE;
	origin = om->sendmail && om->sendmail->expansions
			 ? origin_of(om->sendmail, one.recipient, item.n && item.p[0] != '<')
			 : SLICE_NONE;
	if (told(origin))
		one.orig_recipient = origin;
	message_attempt(t, om, l, &one);
}

static void attempt_more(struct tracker *t, struct open_message *om, const struct line *l,
			 const struct event *e)
{
	struct more *m = om->sendmail->more;

	om->sendmail->more = NULL;
	om->sendmail->n_more = 0;
	for (; m; m = m->next)
		attempt_one(t, om, l, e, m->address);
}

static void on_attempt(struct tracker *t, struct open_message *om, const struct line *l, struct event *e)
{
	bool queued = om->queued;

	if (told(e->relay_host) || told(e->relay_ip))
		sendmail_session_outgoing_tls(t, l, e);
	if (om->sendmail)
		explain_by_trouble(om, l, e);
	if (om->sendmail && om->sendmail->more)
		attempt_more(t, om, l, e);
	if (told(e->recipients)) {
		struct slice list = e->recipients, item;

		while (address_list_next(&list, &item))
			attempt_one(t, om, l, e, item);
	} else if (told(e->recipient)) {
		attempt_one(t, om, l, e, e->recipient);
	} else {
		message_attempt(t, om, l, e);
	}
	if (e->outcome == OUTCOME_REJECTED) {
		om->queued = queued && !om->accepted;
		om->rejected = true;
		om->m.finished_us = l->time_us;
	}
	settle(om, l);
}

/* "to=<a>,<b> [more]" */
static void on_more(struct open_message *om, const struct event *e)
{
	struct sendmail_message *sm = state_of(om);
	struct slice list = e->recipients, item;

	om->queued = true;
	while (sm->n_more < MORE_MAX && address_list_next(&list, &item)) {
		struct more *m = arena_alloc(&om->arena, sizeof *m);

		m->address = arena_copy(&om->arena, item);
		if (sm->more)
			sm->last_more->next = m;
		else
			sm->more = m;
		sm->last_more = m;
		sm->n_more++;
	}
}

/* this outcome for all that have no final one, and for those that no line has named */
static void end_all(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e,
		    enum outcome outcome)
{
	if (om->m.n_recipients < om->m.recipient_count && !(om->sendmail && om->sendmail->clones))
		(void)message_recipient(om, SLICE_NONE, SLICE_NONE);
	message_end_all(t, om, l, e, outcome);
}

/* ---- other ids ---- */

/* a notification or a part: its first word is this line */
static void begin_child(struct open_message *child, const struct line *l)
{
	child->queued = true;
	if (child->m.start_seen || child->accepted)
		return;
	child->m.start_seen = true;
	child->m.arrived_us = l->time_us;
	child->m.utc_offset_sec = l->utc_offset_sec;
}

/* an owner- list or a long list of recipients: the same mail under a further id */
static void link_part(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e,
		      struct slice id)
{
	struct open_message *child = find_or_open(t, l, id);
	struct message *m;

	if (!child || child == om)
		return;
	m = &child->m;
	message_link(t, om, child, RELATION_FORWARD, l->time_us);
	begin_child(child, l);
	if (t->o.keep_lines)
		message_add_line(child, l);
	if (!told(m->sender))
		message_set(child, &m->sender, told(e->user) ? e->user : om->m.sender);
	if (!told(m->message_id) && told(om->m.message_id))
		message_set_message_id(t, child, om->m.message_id, false);
	if (m->size_bytes < 0)
		m->size_bytes = om->m.size_bytes;
	state_of(om)->clones++;
	track_touch(t, child, l);
}

static void link_notification(struct tracker *t, struct open_message *om, const struct line *l,
			      const struct event *e)
{
	struct open_message *child = find_or_open(t, l, e->related_queue_id);

	if (!child || child == om)
		return;
	message_link(t, om, child, e->relation, l->time_us);
	begin_child(child, l);
	if (t->o.keep_lines)
		message_add_line(child, l);
	if (!told(child->m.sender))
		child->m.sender = SLICE(""); /* notifications have the null sender */
	track_touch(t, child, l);
}

static void on_link(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	om->queued = true;
	if (e->relation == RELATION_FORWARD) {
		struct slice ids = told(e->text) ? e->text : e->related_queue_id, id;

		while (address_list_next(&ids, &id))
			link_part(t, om, l, e, id);
		tell_moved_expansions(t, om, l);
	} else {
		link_notification(t, om, l, e);
		/* aliases looked up for the notification's own recipient are not this message's */
		if (om->sendmail)
			om->sendmail->expansions = NULL;
		if (e->outcome == OUTCOME_EXPIRED)
			end_all(t, om, l, e, OUTCOME_EXPIRED);
	}
	settle(om, l);
}

/* ---- the end, and what comes before the beginning ---- */

static void add_recipients(struct open_message *om, const struct event *e)
{
	struct slice list = e->recipients, item;

	if (told(e->recipient))
		(void)message_recipient(om, e->recipient, SLICE_NONE);
	while (told(list) && address_list_next(&list, &item))
		(void)message_recipient(om, address_plain(item), SLICE_NONE);
}

static void on_done(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	if (told(e->action) && slice_is(e->action, "canceled")) { /* "aborted by sender" */
		add_recipients(om, e);
		om->cancelled = true;
	} else {
		om->queued = true;
		if (told(e->action) && slice_is(e->action, "discarded"))
			end_all(t, om, l, e, OUTCOME_DISCARDED);
	}
	om->told_end = true;
	message_finish(om, l);
}

static void on_hold(struct tracker *t, struct open_message *om, const struct event *e)
{
	om->held = true;
	message_set_detail(t, om, &om->m.hold_reason, told(e->reason) ? e->reason : e->reply);
	if (!(e->marks & MARK_POLICY_HOLD))
		om->queued = true;
	if (e->marks & MARK_POLICY_HOLD && told(e->client_ip) && !told(om->m.client_ip))
		message_set(om, &om->m.client_ip, e->client_ip);
	else
		add_recipients(om, e);
}

static void on_verdict(struct tracker *t, struct open_message *om, const struct line *l,
		       const struct event *e)
{
	message_add_verdict(t, om, l->time_us, e);
	if (told(e->result) && slice_is(e->result, "discard")) {
		add_recipients(om, e);
		if (!told(om->m.client_ip))
			set_envelope(om, e);
	}
}

static void message_event(struct tracker *t, struct open_message *om, const struct line *l, struct event *e)
{
	switch (e->kind) {
	case EV_ACCEPT:
		on_accept(t, om, l, e);
		break;
	case EV_ATTEMPT:
		if (e->outcome == OUTCOME_EXPANDED)
			on_expansion(om, e);
		else
			on_attempt(t, om, l, e);
		break;
	case EV_QUEUED:
		on_more(om, e);
		break;
	case EV_LINK:
		on_link(t, om, l, e);
		break;
	case EV_HOLD:
		on_hold(t, om, e);
		break;
	case EV_RELEASE:
		om->held = false;
		om->queued = true;
		break;
	case EV_DONE:
		on_done(t, om, l, e);
		break;
	case EV_REJECT:
		on_reject(t, om, l, e);
		break;
	case EV_VERDICT:
		on_verdict(t, om, l, e);
		break;
	case EV_NOTICE:
		if (e->recipient_count == 0)
			on_nothing_received(t, om, e);
		else if (e->category == NOTICE_CONNECTION && told(e->stage) && slice_is(e->stage, "data"))
			state_of(om)->broken = true;
		else if (e->category == NOTICE_REMOTE)
			on_trouble(om, l, e);
		break;
	default:
		break;
	}
}

/* Does it make a message of an id that nobody spoke of before?  Session lines carry ids too. */
static bool opens(const struct event *e)
{
	static const unsigned KINDS = 1U << EV_ACCEPT | 1U << EV_ATTEMPT | 1U << EV_QUEUED | 1U << EV_LINK |
				      1U << EV_HOLD | 1U << EV_RELEASE | 1U << EV_DONE | 1U << EV_REJECT |
				      1U << EV_VERDICT;

	if (KINDS >> e->kind & 1)
		return true;
	/* "collect: premature EOM" comes before "from=" */
	return e->kind == EV_NOTICE && e->category == NOTICE_CONNECTION && told(e->stage) &&
	       slice_is(e->stage, "data");
}

static void beside_message(struct tracker *t, const struct line *l, const struct event *e, bool has_message)
{
	switch (e->kind) {
	case EV_CONNECT:
		sendmail_session_connect(t, l, e);
		break;
	case EV_DISCONNECT:
		oddity_emit(t, l, e);
		sendmail_session_end(t, l, e);
		break;
	case EV_AUTH:
		sendmail_session_auth(t, l, e);
		break;
	case EV_TLS:
		sendmail_session_tls(t, l, e);
		break;
	case EV_REJECT:
		if (!has_message)
			rejection_emit(t, l, e, NULL);
		break;
	case EV_ACCEPT:
		sendmail_session_service(t, l, e->service);
		break;
	case EV_NOTICE:
		sendmail_session_service(t, l, e->service);
		health_emit(t, l, e);
		oddity_emit(t, l, e);
		break;
	default:
		break;
	}
}

/* Addresses of IPv6 are written in full; everybody else shortens them. */
static void shorten_ip(struct slice *address, char buf[IP_TEXT_BYTES])
{
	struct ip ip;

	if (told(*address) && slice_find_byte(*address, ':') < address->n && ip_parse(*address, &ip))
		*address = ip_text(&ip, buf);
}

void sendmail_feed(struct tracker *t, const struct line *l, const struct event *told_event)
{
	char client[IP_TEXT_BYTES], relay[IP_TEXT_BYTES];
	struct open_message *om = NULL;
	struct event e = *told_event;

	shorten_ip(&e.client_ip, client);
	shorten_ip(&e.relay_ip, relay);
	if (told(e.queue_id)) {
		om = opens(&e) ? find_or_open(t, l, e.queue_id) : find(t, l, e.queue_id);
		/* ids of 8.9 and before come back every day */
		if (om && e.kind == EV_ACCEPT && om->accepted)
			om = track_begin_anew(t, om, e.queue_id, l);
		if (om) {
			if (t->o.keep_lines)
				message_add_line(om, l);
			message_event(t, om, l, &e);
			track_touch(t, om, l);
		}
	}
	beside_message(t, l, &e, om != NULL);
}

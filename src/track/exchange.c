/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.c - Microsoft Exchange: one mail on several servers, in several logs
 *
 * All rows of a mail, whichever server and whichever service wrote them, carry its network-message-id: that is the key, and the
 * servers share the message.  Copies for safety's sake (HA...) and hand-overs between own servers do not count again.  A row
 * speaks of several recipients; here they are taken apart.
 * Traps: groups and forwarding rename recipients while the mail is under way; rows of two servers are as far apart as their
 * clocks; before 2013 only the Message-ID joins, which senders repeat.
 */
#include "base/ascii.h"
#include "base/ip.h"
#include "event/queue_id.h"
#include "event/recipient_status.h"
#include "track/exchange_priv.h"

#define KEY_BYTES    QUEUE_ID_MAX_BYTES
#define SKEW_US      (5 * USEC_PER_SEC) /* by which the clocks of two servers differ */
#define FOLDERS_MAX  100 /* of one mail that are shown */
#define RENAMED_MAX  1000 /* among as many recipients it is looked for those that were renamed */

/* ---- the key of a mail ---- */

/* A GUID in its usual form; a Message-ID as it is, long ones cut and told apart by a hash. */
static struct slice key_of(struct slice id, char *buf)
{
	static const char HEX[] = "0123456789abcdef";
	uint64_t hash;

	if (queue_id_is_guid(id))
		return queue_id_guid(id, buf);
	if (id.n <= KEY_BYTES)
		return id;
	hash = hash_slice(id);
	memcpy(buf, id.p, KEY_BYTES - 17);
	buf[KEY_BYTES - 17] = '~';
	for (size_t n = KEY_BYTES - 16; n < KEY_BYTES; n++, hash >>= 4)
		buf[n] = HEX[hash & 15];
	return slice_of(buf, KEY_BYTES);
}

/* A Message-ID was used again: another mail. */
static bool begins_anew(const struct open_message *om, const struct line *l, const struct event *e)
{
	return om->done && e->kind == EV_ACCEPT && told(e->message_id) && slice_eq(e->message_id, e->queue_id) &&
	       l->time_us > om->m.finished_us + SKEW_US;
}

static struct open_message *mail_of(struct tracker *t, const struct line *l, const struct event *e)
{
	char buf[KEY_BYTES];
	struct slice key = key_of(e->queue_id, buf);
	struct exchange *x = exchange_state(t);
	struct open_message *om = track_find(&t->open, x->key, SYM_NONE, key, track_id_hash(key));

	if (om && !begins_anew(om, l, e))
		return om;
	if (e->kind == EV_NOTICE)
		return NULL; /* words about an unknown message open nothing */
	if (om)
		om = track_begin_anew(t, om, key, l);
	else
		om = track_find_or_open(t, x->key, SYM_NONE, key, l, e->writer);
	if (om)
		om->m.server = intern_name(&t->names, track_server(t, l));
	return om;
}

/* ---- own servers ---- */

static void learn_own(struct tracker *t, const struct line *l)
{
	struct exchange *x = exchange_state(t);
	sym_t server = track_server(t, l);

	if (l->host.n == 0)
		return;
	for (size_t i = 0; i < x->n_own; i++)
		if (x->own[i] == server)
			return;
	if (x->n_own < EXCHANGE_OWN_HOSTS)
		x->own[x->n_own++] = server;
}

/* The next hop wrote rows itself, and its name has no domain or its address is of a private network. */
static bool is_own(struct tracker *t, const struct event *e)
{
	struct slice name = slice_head(e->relay_host, slice_find_byte(e->relay_host, '.'));
	struct exchange *x = exchange_state(t);
	struct ip ip;

	if (!told(e->relay_host) ||
	    (name.n < e->relay_host.n && !(told(e->relay_ip) && ip_parse(e->relay_ip, &ip) && ip_is_private(&ip))))
		return false;
	for (size_t i = 0; i < x->n_own; i++)
		if (slice_eq_fold(intern_name(&t->names, x->own[i]), name))
			return true;
	return false;
}

/* ---- recipients ---- */

/* The mailbox's folder, which is another than the inbox. */
static void add_folder(struct tracker *t, struct open_message *om, const struct line *l, const struct event *one)
{
	struct mailbox_action *a, **at = &om->m.mailbox;
	bool keep = t->o.details & DETAIL_MAILBOX;

	if (!(keep || t->sink.mailbox) || !told(one->folder) || one->folder.n == 0 || om->m.n_mailbox++ >= FOLDERS_MAX)
		return;
	a = arena_alloc(&om->arena, sizeof *a);
	a->time_us = l->time_us;
	a->utc_offset_sec = l->utc_offset_sec;
	a->writer = one->writer;
	a->server = om->m.server;
	a->action = SLICE("store");
	message_set(om, &a->user, one->recipient);
	message_set(om, &a->folder, one->folder);
	if (!keep) {
		t->sink.mailbox(t->sink.ctx, a);
		return;
	}
	while (*at)
		at = &(*at)->next;
	*at = a;
}

/* The status of one recipient instead of the list. */
static void set_status(struct event *one, struct slice status)
{
	struct recipient_status part;

	if (told(one->folder)) {
		one->folder = status;
		return;
	}
	recipient_status_read(status, &part);
	one->reply = part.reply;
	if (part.expired && told(part.before)) {
		one->reply = part.before;
		reply_codes(part.before, &part.code, &part.dsn);
	}
	one->smtp_code = part.code;
	one->dsn = part.dsn;
}

/* Each recipient of the row's list with its own status. */
static void each_attempt(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	struct slice statuses = told(e->folder) ? e->folder : e->reply, address, status;
	bool apart = told(statuses) && status_list_count(e->recipients) == status_list_count(statuses);
	struct cur c = cur_of(e->recipients), s = cur_of(statuses);

	while (status_list_next(&c, &address)) {
		const struct recipient *r = message_recipient_at(om, address);
		struct event one = *e;

		if (apart && !status_list_next(&s, &status))
			status = SLICE("");
		if (address.n == 0)
			continue;
		one.recipients = SLICE_NONE;
		one.recipient = address;
		one.orig_recipient = r ? r->orig_address : SLICE_NONE;
		if (apart)
			set_status(&one, status);
		message_attempt(t, om, l, &one);
		add_folder(t, om, l, &one);
	}
}

static bool is_success(enum outcome o)
{
	return o == OUTCOME_DELIVERED || o == OUTCOME_RELAYED || o == OUTCOME_EXPANDED;
}

/* A report about this mail, which its row names by Message-ID. */
static void link_report(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	struct open_message *report;

	if (e->relation != RELATION_BOUNCE && e->relation != RELATION_DELAY_NOTICE)
		return;
	report = message_with_id(t, e->related_queue_id, e->writer);
	if (report && report != om)
		message_link(t, om, report, e->relation, l->time_us);
}

/* An attempt that the row tells of one recipient, of several, or of all. */
static void on_attempt(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	const struct protocol_session *s = exchange_session(exchange_state(t), e->session);
	struct event plain = *e;

	if (e->outcome == OUTCOME_RELAYED && is_own(t, e))
		plain.outcome = OUTCOME_EXPANDED;
	if (plain.outcome == OUTCOME_EXPANDED)
		plain.marks |= MARK_NO_ATTEMPT; /* a leg on the way, no try */
	if (is_success(e->outcome))
		om->held = false;
	if (s && s->tls_n && told(e->relay_ip))
		plain.tls_version = slice_of(s->tls, s->tls_n);
	if (e->relation != RELATION_HANDOFF || plain.outcome == OUTCOME_EXPANDED)
		plain.related_queue_id = SLICE_NONE;
	if (told(e->recipients)) {
		each_attempt(t, om, l, &plain);
	} else {
		const struct recipient *r = told(e->recipient) ? message_recipient_at(om, e->recipient) : NULL;

		plain.orig_recipient = r ? r->orig_address : SLICE_NONE;
		message_attempt(t, om, l, &plain);
		add_folder(t, om, l, &plain);
	}
	link_report(t, om, l, e);
}

/* One of the addresses that the old one stands for; true: it has taken that one's place. */
static bool add_member(struct open_message *om, struct slice address, struct recipient *old, struct slice orig)
{
	if (address.n == 0 || message_recipient_at(om, address))
		return false;
	if (old && !old->attempts) {
		message_rename_recipient(om, old, address, orig);
		return true;
	}
	(void)message_recipient(om, address, orig);
	return false;
}

/*
 * EXPAND, RESOLVE, REDIRECT: the first new address takes the place of the old one, further ones stand beside it; they came from
 * what the sender wrote.  A redirection is a detour of its own: there the address that was left counts.
 */
static void on_expand(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	struct recipient *old = message_recipient_at(om, e->orig_recipient);
	bool redirect = told(e->action) && slice_eq_fold(e->action, SLICE("REDIRECT"));
	struct slice orig = old && told(old->orig_address) && !redirect ? old->orig_address : e->orig_recipient, address;
	struct cur c = cur_of(told(e->recipients) ? e->recipients : e->recipient);
	struct event plain = *e;
	bool renamed = false;

	om->queued = true;
	while (status_list_next(&c, &address))
		if (add_member(om, address, renamed ? NULL : old, orig))
			renamed = true;
	if (!old || renamed || old->attempts)
		return;
	/* all of its members were there already */
	plain.recipient = e->orig_recipient;
	plain.orig_recipient = old->orig_address;
	plain.recipients = SLICE_NONE;
	message_attempt(t, om, l, &plain);
}

/* ---- the mail ---- */

/* It is no recipient, and none that another stands for now. */
static bool is_new(struct open_message *om, struct slice address)
{
	if (address.n == 0 || message_recipient_at(om, address))
		return false;
	if (om->m.n_recipients > RENAMED_MAX)
		return true;
	for (const struct recipient *r = om->m.recipients; r; r = r->next)
		if (told(r->orig_address) && slice_eq_fold(r->orig_address, address))
			return false;
	return true;
}

static void add_recipients(struct open_message *om, struct slice list)
{
	bool any = om->m.recipients != NULL;
	struct cur c = cur_of(list);
	struct slice address;

	while (status_list_next(&c, &address))
		if (any ? is_new(om, address) : address.n && !message_recipient_at(om, address))
			(void)message_recipient(om, address, SLICE_NONE);
}

/* what every row tells, if none told it before */
static void fill_gaps(struct tracker *t, struct open_message *om, const struct event *e)
{
	struct message *m = &om->m;

	if (!told(m->sender))
		message_set(om, &m->sender, e->sender);
	if (!told(m->message_id) && told(e->message_id))
		message_set_message_id(t, om, e->message_id, false);
	if (!told(m->subject))
		message_set_detail(t, om, &m->subject, e->subject);
	if (m->size_bytes < 0 && e->size_bytes > 0)
		m->size_bytes = e->size_bytes;
	if (om->ours < 0 && e->marks & (MARK_ORIGINATING | MARK_INCOMING))
		om->ours = (e->marks & MARK_ORIGINATING) != 0;
}

/* Who handed it in: the first leg tells, but for a mailbox, whose user's address the leg behind it knows. */
static void set_client(struct tracker *t, struct open_message *om, const struct event *e, bool first)
{
	const struct protocol_session *s = exchange_session(exchange_state(t), e->session);
	struct message *m = &om->m;

	if (told(m->client_ip) || !told(e->client_ip) || (!first && told(e->client_host)))
		return;
	message_set(om, &m->client_ip, e->client_ip);
	message_set(om, &m->client_host, e->client_host);
	message_set_protocol(t, om, e->service, SLICE_NONE);
	if (!s)
		return;
	if (s->tls_n)
		message_set(om, &m->tls_version, slice_of(s->tls, s->tls_n));
	if (s->helo_n)
		message_set_detail(t, om, &m->helo, slice_of(s->helo, s->helo_n));
	if (s->user_n)
		message_set(om, &m->user, slice_of(s->user, s->user_n));
	m->authenticated = s->user_n > 0;
}

/* RECEIVE and SUBMIT come once for every server and service on the way; the first one is the arrival. */
static void on_accept(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	struct message *m = &om->m;
	struct open_message *parent;
	bool first = !om->accepted;

	om->accepted = om->queued = true;
	m->start_seen = true;
	set_client(t, om, e, first);
	if (first) {
		m->arrived_us = l->time_us;
		m->submitted_locally = (e->marks & MARK_LOCAL) != 0;
		if (!told(m->user))
			message_set(om, &m->user, e->ident);
	}
	if (m->recipient_count < 0 && told(e->recipients)) { /* later ones are of parts of it */
		add_recipients(om, e->recipients);
		m->recipient_count = (int64_t)status_list_count(e->recipients);
	}
	if (e->relation == RELATION_NONE)
		return;
	parent = message_with_id(t, e->related_queue_id, e->writer);
	if (parent && parent != om)
		message_link(t, parent, om, e->relation, l->time_us);
	else if (m->role == ROLE_MAIL)
		m->role = e->relation == RELATION_FORWARD ? ROLE_FORWARD : ROLE_NOTIFICATION;
}

static void on_hold(struct tracker *t, struct open_message *om, const struct event *e)
{
	om->held = om->queued = true;
	message_set_detail(t, om, &om->m.hold_reason, e->reason);
	add_recipients(om, told(e->recipients) ? e->recipients : told(e->recipient) ? e->recipient : SLICE(""));
}

/* Nothing more is due for this one.  What was handed to another server of ours is not at its end. */
static bool is_settled(const struct recipient *r)
{
	return outcome_is_final(r->outcome) &&
	       !(r->outcome == OUTCOME_EXPANDED && r->deciding && told(r->deciding->relay_host));
}

/* Is it done with this row?  Recipients are looked at once: final ones stay so, new ones come at the end. */
static void check_done(struct open_message *om, const struct line *l)
{
	struct recipient *r = om->unsettled ? om->unsettled : om->m.recipients;

	while (r && is_settled(r) && r->next)
		r = r->next;
	om->unsettled = r;
	if (r && is_settled(r)) {
		if (!om->done)
			message_finish(om, l);
	} else if (om->done) {
		om->done = om->m.end_seen = false;
		om->m.finished_us = USEC_NONE;
	}
}

static void on_row(struct tracker *t, const struct line *l, const struct event *e)
{
	struct open_message *om = mail_of(t, l, e);

	learn_own(t, l);
	if (!om)
		return;
	if (t->o.keep_lines)
		message_add_line(om, l);
	if (e->kind != EV_NOTICE)
		fill_gaps(t, om, e);
	switch (e->kind) {
	case EV_ACCEPT:
		on_accept(t, om, l, e);
		break;
	case EV_ATTEMPT:
		if (told(e->orig_recipient))
			on_expand(t, om, l, e);
		else
			on_attempt(t, om, l, e);
		break;
	case EV_HOLD:
		on_hold(t, om, e);
		break;
	case EV_RELEASE:
		om->held = false;
		break;
	default:
		break;
	}
	check_done(om, l);
	track_touch(t, om, l);
}

void exchange_event(struct tracker *t, const struct line *l, const struct event *e)
{
	if (told(e->queue_id))
		on_row(t, l, e);
	else if (told(e->session) && !told(e->message_id))
		exchange_protocol_event(t, l, e);
	if (e->kind == EV_NOTICE)
		health_emit(t, l, e);
}

/* The last try counts: what was put off and then handed on inside is no longer put off. */
static void settle_recipient(const struct open_message *om, struct recipient *r)
{
	const struct attempt *last = r->attempts;

	while (last && last->next)
		last = last->next;
	if (last && last->outcome == OUTCOME_EXPANDED && r->outcome == OUTCOME_DEFERRED) {
		r->outcome = OUTCOME_EXPANDED;
		r->deciding = last;
	}
	/* what comes from outside is for somebody here, unless it went out again */
	if (om->ours == 0 && r->outcome != OUTCOME_RELAYED && told(r->address))
		r->local = true;
}

void exchange_settle(struct open_message *om)
{
	bool all = om->m.recipients != NULL;

	for (struct recipient *r = om->m.recipients; r; r = r->next) {
		settle_recipient(om, r);
		all = all && outcome_is_final(r->outcome);
	}
	if (all && !om->done) { /* the log of the server that has it now is not there */
		om->done = true;
		om->m.finished_us = om->m.last_us;
	}
	if (all && om->m.state == MESSAGE_EVICTED)
		om->m.state = MESSAGE_OPEN;
}

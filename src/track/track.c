/* SPDX-License-Identifier: Apache-2.0 */
/*
 * track.c - events in, facts out
 *
 * What lines say of a message changes it while it is open (waiting.c); what they say beside messages is told at once, or goes to
 * who keeps it until it is understood.
 */
#include "track/track.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "track/track_priv.h"

#define DEFAULT_LINGER_US     (30 * USEC_PER_SEC)
#define DEFAULT_QUEUE_LIFE_US (6 * USEC_PER_DAY)  /* maximal_queue_lifetime is 5 days, and a margin */
#define DEFAULT_MAX_OPEN      4000000
#define SWEEP_US              USEC_PER_SEC

struct tracker *tracker_new(const struct tracker_options *o, const struct fact_sink *sink)
{
	struct tracker *t = xcalloc(1, sizeof *t);

	t->o = *o;
	t->sink = *sink;
	if (!t->o.linger_us)
		t->o.linger_us = DEFAULT_LINGER_US;
	if (!t->o.queue_life_us)
		t->o.queue_life_us = DEFAULT_QUEUE_LIFE_US;
	if (!t->o.max_open)
		t->o.max_open = DEFAULT_MAX_OPEN;
	t->now_us = t->sweep_due_us = USEC_NONE;
	waiting_init(t);
	open_table_init(&t->by_message_id);
	intern_init(&t->names, (size_t)1 << 20);
	intern_init(&t->local_domains, (size_t)4 << 20);
	for (size_t i = 0; i < o->n_local_domains; i++)
		(void)direction_add_domain(t, o->local_domains[i]);
	logins_init(t);
	repeats_init(t);
	discards_init(t);
	mailboxes_init(t);
	return t;
}

/* ---- names ---- */

ATTR_NOINLINE sym_t track_name_server(struct tracker *t, const struct line *l)
{
	if (!slice_eq(l->server, t->last_server) || !t->last_server_sym) {
		t->last_server_sym = intern(&t->names, l->server);
		t->last_server = intern_name(&t->names, t->last_server_sym);
		if (!t->first_server)
			t->first_server = t->last_server_sym;
		t->several_servers = t->several_servers || t->last_server_sym != t->first_server;
	}
	if (l->server_no && l->server_no < LINE_NUMBERS)
		t->server_by_no[l->server_no] = t->last_server_sym;
	return t->last_server_sym;
}

static sym_t instance_of(struct tracker *t, struct slice program)
{
	struct slice instance;

	if (!program.p)
		return SYM_NONE;
	if (t->last_instance_sym && program.n > t->last_instance.n && program.p[t->last_instance.n] == '/' &&
	    memcmp(program.p, t->last_instance.p, t->last_instance.n) == 0)
		return t->last_instance_sym;
	instance = slice_head(program, slice_find_byte(program, '/'));
	if (instance.n == program.n)
		return SYM_NONE;
	t->last_instance_sym = intern(&t->names, instance);
	t->last_instance = intern_name(&t->names, t->last_instance_sym);
	return t->last_instance_sym;
}

ATTR_NOINLINE sym_t track_name_instance(struct tracker *t, const struct line *l)
{
	sym_t sym = instance_of(t, l->program);

	if (l->program_no && l->program_no < LINE_NUMBERS && sym != SYM_OTHER)
		t->instance_by_no[l->program_no] = sym ? sym : SYM_OTHER;
	return sym;
}

/* ---- time ---- */

static inline void sweep(struct tracker *t)
{
	bool first = t->sweep_due_us == USEC_NONE;

	t->sweep_due_us = t->now_us + SWEEP_US;
	if (first)
		return;
	if (t->words.n)
		words_sweep(t, false);
	waiting_sweep(t);
	if (t->logins.n)
		logins_expire(t, false);
	if (t->mailboxes.n)
		mailboxes_expire(t, 0);
}

/* ---- events ---- */

/* Does this event begin a message, so that a known id must mean an older one? */
static bool begins_anew(const struct open_message *om, const struct event *e, const struct line *l)
{
	static const unsigned STARTS = 1U << EV_ACCEPT | 1U << EV_HEADER | 1U << EV_QUEUED;

	if (!(STARTS >> e->kind & 1))
		return false;
	if (e->kind == EV_ACCEPT && om->accepted)
		return true;
	/* lines of one second may come in any order: a late first line is not a new message */
	return om->done && !(om->m.finished_us != USEC_NONE && usec_since(om->m.finished_us, l->time_us) < USEC_PER_SEC &&
			     !om->accepted);
}

/* the message that the line speaks of; NULL: none that is known, or can be */
static struct open_message *message_of(struct tracker *t, const struct line *l, const struct event *e)
{
	sym_t server = track_server(t, l);
	sym_t instance = e->writer == WRITER_POSTFIX ? track_instance(t, l) : SYM_NONE;
	uint64_t hash = track_id_hash(e->queue_id);
	struct open_message *om = track_find(&t->open, server, instance, e->queue_id, hash);
	uint32_t generation = 0;

	if (om && begins_anew(om, e, l)) {
		generation = om->m.generation + 1;
		track_emit(t, om);
		om = NULL;
	}
	if (!om) {
		if (e->kind == EV_NOTICE)
			return NULL; /* words about an unknown message open nothing */
		om = track_open(t, server, instance, e->queue_id, hash, l, e->writer);
		if (!om)
			return NULL;
		om->m.generation = generation;
	}
	if (t->o.keep_lines)
		message_add_line(om, l);
	return om;
}

/* The transaction that a rule threw away has its id now; nothing more will be said about it. */
static ATTR_NOINLINE void discard_now_known(struct tracker *t, struct open_message *om, const struct line *l,
					    struct smtp_session *s)
{
	struct event e;

	event_init(&e, EV_ATTEMPT);
	e.sender = slice_of(s->discarding->sender, s->discarding->sender_n);
	e.recipient = slice_of(s->discarding->recipient, s->discarding->recipient_n);
	e.reply = slice_of(s->discarding->reason, s->discarding->reason_n);
	message_set(om, &om->m.sender, e.sender);
	message_end_all(t, om, l, &e, OUTCOME_DISCARDED);
	message_finish(om, l);
	free(s->discarding);
	s->discarding = NULL;
}

/* the user that logged in, or the local one that submitted the message */
static inline struct slice user_of(const struct event *e)
{
	return told(e->user) ? e->user : e->marks & MARK_LOCAL ? e->ident : SLICE_NONE;
}

static inline void set_part(struct open_message *om, const struct arena_whole *text, struct slice *field, struct slice value)
{
	if (told(value))
		*field = arena_part(&om->arena, text, value);
}

/* Who asks for all texts of the arrival gets the line's text as a whole. */
static ATTR_NOINLINE void accept_all_texts(struct open_message *om, const struct line *l, const struct event *e)
{
	const struct arena_whole text = track_keep_text(&om->arena, l);
	struct message *m = &om->m;

	set_part(om, &text, &m->sender, e->sender);
	set_part(om, &text, &m->client_host, e->client_host);
	set_part(om, &text, &m->client_ip, e->client_ip);
	set_part(om, &text, &m->user, user_of(e));
	set_part(om, &text, &m->service, e->service);
	set_part(om, &text, &m->protocol, e->protocol);
	set_part(om, &text, &m->helo, e->helo);
	set_part(om, &text, &m->tls_version, e->tls_version);
	set_part(om, &text, &m->tls_cipher, e->tls_cipher);
	set_part(om, &text, &m->subject, e->subject);
}

static inline void accept_texts(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	struct message *m = &om->m;

	if (t->o.details & DETAIL_ARRIVAL) {
		accept_all_texts(om, l, e);
		return;
	}
	message_set(om, &m->sender, e->sender);
	message_set(om, &m->client_host, e->client_host);
	message_set(om, &m->client_ip, e->client_ip);
	message_set(om, &m->user, user_of(e));
	message_set_tls(t, om, e->tls_version);
	message_set_protocol(t, om, e->service, e->protocol);
}

static void on_accept(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	struct message *m = &om->m;
	struct smtp_session *s = e->writer == WRITER_POSTFIX ? session_of(t, l) : NULL;

	om->accepted = true;
	m->start_seen = true;
	m->arrived_us = l->time_us;
	m->utc_offset_sec = l->utc_offset_sec;
	accept_texts(t, om, l, e);
	m->authenticated = told(e->user) && (told(e->auth_method) || e->writer == WRITER_SMARTERMAIL ||
					     e->writer == WRITER_OPENSMTPD);
	m->submitted_locally = (e->marks & MARK_LOCAL) != 0;
	if (e->size_bytes >= 0)
		m->size_bytes = e->size_bytes;
	if (told(e->message_id)) {
		message_set_message_id(t, om, e->message_id, e->writer == WRITER_EXIM);
		message_resubmitted(t, om, l);
	}
	if (told(e->recipients))
		message_add_recipients(om, e->recipients);
	if (e->writer == WRITER_EXIM) {
		om->queued = true; /* <= is written when reception is complete */
		if (t->discards.n)
			discard_claim(t, om, l, e);
		if (m->submitted_locally && t->scripts.n && !told(e->related_queue_id))
			script_claim(t, om, l);
	}
	om->queued = om->queued || e->writer == WRITER_SMARTERMAIL;
	if (s) {
		if (s->current) { /* its transaction is over, whatever became of it */
			s->current->session = NULL;
			s->current->session_over = true;
		}
		s->current = om;
		om->session = s;
		if (s->tls_version_n && !told(m->tls_version))
			message_set_tls(t, om, slice_of(s->tls_version, s->tls_version_n));
		if (s->discarding)
			discard_now_known(t, om, l, s);
	}
	if (told(e->user) && told(e->auth_method))
		login_seen(t, l, e);
	if (UNLIKELY(t->words.n_policy))
		verdict_claim(t, om);
	if (t->o.details & DETAIL_VERDICTS)
		verdict_of_arrival(t, om, l->time_us, e);
}

static ATTR_NOINLINE void on_related(struct tracker *t, struct open_message *om, const struct line *l,
				     const struct event *e)
{
	struct open_message *parent = track_find_or_open(t, om->server, om->instance, e->related_queue_id, l, e->writer);

	if (!parent || parent == om)
		return;
	message_link(t, parent, om, e->relation, l->time_us);
	if (e->relation == RELATION_REQUEUE) {
		parent->done = parent->moved_on = true;
		parent->m.finished_us = l->time_us;
		track_touch(t, parent, l);
	}
}

static void on_queued(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	struct message *m = &om->m;

	om->queued = true;
	if (om->accepted && m->arrived_us == USEC_NONE)
		m->arrived_us = l->time_us;
	/* pickup names the sender as the command gave it ("root"); what the queue manager has is rewritten */
	if (told(e->sender) && !(told(m->sender) && slice_eq(m->sender, e->sender))) /* repeated at every retry */
		message_set(om, &m->sender, e->sender);
	if (e->size_bytes >= 0 && m->size_bytes < 0)
		m->size_bytes = e->size_bytes;
	if (e->recipient_count > m->recipient_count)
		m->recipient_count = e->recipient_count;
	if (UNLIKELY(t->words.n_policy))
		verdict_claim(t, om);
}

static void on_header(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	if (!om->accepted && !om->queued) {
		om->m.start_seen = true; /* a notification or a forward: no client, but this is its start */
		om->m.arrived_us = l->time_us;
	}
	if (told(e->message_id) && !told(om->m.message_id)) {
		message_set_message_id(t, om, e->message_id, false);
		message_resubmitted(t, om, l);
	}
	message_set_detail(t, om, &om->m.subject, e->subject);
	/* a header check's line shows its context */
	if (!told(om->m.sender))
		message_set(om, &om->m.sender, e->sender);
	if (!told(om->m.helo))
		message_set_detail(t, om, &om->m.helo, e->helo);
	message_set(om, &om->context_recipient, e->recipient);
}

static ATTR_NOINLINE void on_link(struct tracker *t, struct open_message *om, const struct line *l,
				     const struct event *e)
{
	struct open_message *child = track_find_or_open(t, om->server, om->instance, e->related_queue_id, l, e->writer);

	if (child && child != om)
		message_link(t, om, child, e->relation, l->time_us);
}

/* it ended in an unusual way */
static ATTR_NOINLINE void done_by(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	if (slice_is(e->action, "canceled"))
		om->cancelled = true;
	else if (slice_is(e->action, "discarded"))
		message_end_all(t, om, l, e, OUTCOME_DISCARDED);
	else
		om->queued = true;
	track_event_end(t, om, l, e);
}

/* Refused after its id was made: the message ends here, unless only one recipient was refused. */
static ATTR_NOINLINE void on_reject(struct tracker *t, struct open_message *om, const struct line *l,
				     const struct event *e)
{
	struct message *m = &om->m;

	if (!slice_is(e->stage, "data"))
		return;
	om->rejected = true;
	om->m.finished_us = l->time_us;
	if (!told(m->sender))
		message_set(om, &m->sender, e->sender);
	if (!told(m->client_ip)) {
		message_set(om, &m->client_ip, e->client_ip);
		message_set(om, &m->client_host, e->client_host);
		message_set_detail(t, om, &m->helo, e->helo);
	}
	message_set_detail(t, om, &m->subject, e->subject);
	if (told(e->message_id))
		message_set_message_id(t, om, e->message_id, false);
	if (told(e->recipients))
		message_add_recipients(om, e->recipients);
	if (told(e->recipient))
		(void)message_recipient(om, e->recipient, SLICE_NONE);
	else if (!m->recipients && told(om->context_recipient))
		(void)message_recipient(om, om->context_recipient, SLICE_NONE);
	message_end_all(t, om, l, e, OUTCOME_REJECTED);
}

static ATTR_NOINLINE void on_hold(struct tracker *t, struct open_message *om, const struct event *e)
{
	struct message *m = &om->m;

	om->held = true;
	om->queued = true;
	message_set_detail(t, om, &m->hold_reason, told(e->reason) ? e->reason : e->reply);
	if (!told(m->sender))
		message_set(om, &m->sender, e->sender);
	if (told(e->recipient))
		(void)message_recipient(om, e->recipient, SLICE_NONE);
}

static bool is_discard(const struct event *e)
{
	return e->kind == EV_VERDICT && !told(e->queue_id) && told(e->recipient) && told(e->result) &&
	       slice_is(e->result, "discard");
}

/* ---- what events say beside their message; om: that, or NULL ---- */

static ATTR_NOINLINE void beside_reject(struct tracker *t, const struct line *l, const struct event *e,
					const struct open_message *om)
{
	rejection_emit(t, l, e, om);
	if (told(e->user) && told(e->auth_method))
		login_seen(t, l, e);
}

static ATTR_NOINLINE void beside_auth(struct tracker *t, const struct line *l, const struct event *e)
{
	login_event(t, l, e);
	if (t->sink.mailbox && (t->o.details & DETAIL_MAILBOX) && e->success == 1 && told(e->session))
		mailbox_login(t, e);
}

static ATTR_NOINLINE void beside_disconnect(struct tracker *t, const struct line *l, const struct event *e)
{
	oddity_emit(t, l, e);
	if (e->writer != WRITER_DOVECOT)
		session_disconnect(t, l, e);
	else if (told(e->commands)) /* no SMTP session */
		mailbox_session_end(t, l, e);
}

static ATTR_NOINLINE void beside_notice(struct tracker *t, const struct line *l, const struct event *e)
{
	health_emit(t, l, e);
	oddity_emit(t, l, e);
	if (e->category == NOTICE_COMMAND && e->writer == WRITER_EXIM && (t->o.details & DETAIL_SCRIPTS))
		script_command(t, l, e);
	if (e->writer == WRITER_DOVECOT)
		mailbox_event(t, l, e);
	if (told(e->user) && told(e->auth_method))
		login_seen(t, l, e);
}

static ATTR_NOINLINE void beside_verdict(struct tracker *t, const struct line *l, const struct event *e)
{
	listing_emit(t, l, e);
	if (is_discard(e) && e->writer == WRITER_EXIM)
		discard_remember(t, l, e);
	else if (is_discard(e) && !session_discard(t, l, e))
		discard_emit(t, l, e);
}

static ATTR_NOINLINE void beside_accept(struct tracker *t, const struct line *l, const struct event *e,
					const struct open_message *om)
{
	if (!om && told(e->user) && told(e->auth_method))
		login_seen(t, l, e); /* before-queue proxy: NOQUEUE: client= */
	if (e->marks & MARK_FAKE_REFUSAL)
		fake_refusal_emit(t, l, e);
}

/* Nothing but jumps. */
static ATTR_NOINLINE void beside_message(struct tracker *t, const struct line *l, const struct event *e,
					 const struct open_message *om)
{
	switch (e->kind) {
	case EV_REJECT:
		beside_reject(t, l, e, om);
		break;
	case EV_AUTH:
		beside_auth(t, l, e);
		break;
	case EV_CONNECT:
		session_connect(t, l, e);
		break;
	case EV_DISCONNECT:
		beside_disconnect(t, l, e);
		break;
	case EV_TLS:
		session_tls(t, l, e);
		break;
	case EV_MAILBOX:
		mailbox_event(t, l, e);
		break;
	case EV_NOTICE:
		beside_notice(t, l, e);
		break;
	case EV_VERDICT:
		beside_verdict(t, l, e);
		break;
	case EV_ACCEPT:
		beside_accept(t, l, e, om);
		break;
	default: /* of messages only */
		break;
	}
}

/* ---- what events do to their message ---- */

static ATTR_NOINLINE void accept_event(struct tracker *t, struct open_message *om, const struct line *l,
				       const struct event *e)
{
	on_accept(t, om, l, e);
	if (told(e->related_queue_id))
		on_related(t, om, l, e);
	track_event_end(t, om, l, e);
	if (UNLIKELY(e->marks & MARK_FAKE_REFUSAL))
		beside_accept(t, l, e, om);
}

static ATTR_NOINLINE void queued_event(struct tracker *t, struct open_message *om, const struct line *l,
				       const struct event *e)
{
	on_queued(t, om, l, e);
	track_event_end(t, om, l, e);
}

static ATTR_NOINLINE void header_event(struct tracker *t, struct open_message *om, const struct line *l,
				       const struct event *e)
{
	on_header(t, om, l, e);
	track_event_end(t, om, l, e);
}

static ATTR_NOINLINE void done_event(struct tracker *t, struct open_message *om, const struct line *l,
				     const struct event *e)
{
	message_finish(om, l);
	if (told(e->action)) {
		done_by(t, om, l, e);
		return;
	}
	om->queued = true;
	track_event_end(t, om, l, e);
}

static ATTR_NOINLINE void other_event(struct tracker *t, struct open_message *om, const struct line *l,
				      const struct event *e)
{
	switch (e->kind) {
	case EV_LINK:
		on_link(t, om, l, e);
		break;
	case EV_HOLD:
		on_hold(t, om, e);
		break;
	case EV_RELEASE:
		om->held = false;
		break;
	case EV_REJECT:
		on_reject(t, om, l, e);
		break;
	case EV_VERDICT:
		message_add_verdict(t, om, l->time_us, e);
		break;
	default:
		break;
	}
	track_event_end(t, om, l, e);
	beside_message(t, l, e, om);
}

/* Nothing but jumps: each function ends with the event. */
static inline void message_event(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	switch (e->kind) {
	case EV_ACCEPT:
		accept_event(t, om, l, e);
		break;
	case EV_QUEUED:
		queued_event(t, om, l, e);
		break;
	case EV_HEADER:
		header_event(t, om, l, e);
		break;
	case EV_ATTEMPT:
		message_attempt_event(t, om, l, e);
		break;
	case EV_DONE:
		done_event(t, om, l, e);
		break;
	default:
		other_event(t, om, l, e);
		break;
	}
}

/* the first line about a message, or that of an unknown one */
static ATTR_NOINLINE void feed_first(struct tracker *t, const struct line *l, const struct event *e, sym_t server,
				     sym_t instance, uint64_t hash)
{
	struct open_message *om = NULL;

	if (e->kind != EV_NOTICE) /* words about an unknown message open nothing */
		om = track_open(t, server, instance, e->queue_id, hash, l, e->writer);
	if (om)
		message_event(t, om, l, e);
	else
		beside_message(t, l, e, NULL);
}

/* the same whatever there is to see to */
static ATTR_NOINLINE void feed_message_slow(struct tracker *t, const struct line *l, const struct event *e)
{
	struct open_message *om = message_of(t, l, e);

	if (om)
		message_event(t, om, l, e);
	else
		beside_message(t, l, e, NULL);
}

#define BIT(writer) (UINT64_C(1) << WRITER_##writer)
/* They speak of other programs' messages, whose ids they may not know: verdict.c. */
#define FILTERS                                                                                              \
	(BIT(AMAVIS) | BIT(SPAMD) | BIT(RSPAMD) | BIT(OPENDKIM) | BIT(OPENDMARC) | BIT(OPENARC) |            \
	 BIT(POLICYD_SPF) | BIT(POSTGREY) | BIT(MILTER_GREYLIST) | BIT(CLAMAV_MILTER) | BIT(CLAMD) |         \
	 BIT(SPAMASS_MILTER) | BIT(MIMEDEFANG) | BIT(MAILSCANNER) | BIT(SQLGREY) | BIT(PLESK) | BIT(POLICYD) | \
	 BIT(PMG))
/* writers that are not treated as all others */
#define APART (FILTERS | BIT(SENDMAIL) | BIT(EXCHANGE) | BIT(SMARTERMAIL) | BIT(OPENSMTPD))

/* Without a call, as long as names have numbers and the queue id is one of the usual ones. */
static ATTR_NOINLINE void feed_message(struct tracker *t, const struct line *l, const struct event *e)
{
	sym_t server = track_numbered_server(t, l), instance = SYM_NONE;
	struct open_message *om;
	uint64_t hash;

	if (e->writer == WRITER_POSTFIX)
		instance = track_numbered_instance(t, l);
	if (UNLIKELY(!server || !(instance || e->writer != WRITER_POSTFIX) || !track_id_is_short(e->queue_id) ||
		     t->o.keep_lines)) {
		feed_message_slow(t, l, e);
		return;
	}
	if (instance == SYM_OTHER)
		instance = SYM_NONE;
	hash = track_id_hash(e->queue_id);
	om = track_find(&t->open, server, instance, e->queue_id, hash);
	if (!om)
		feed_first(t, l, e, server, instance, hash);
	else if (UNLIKELY(e->kind == EV_ACCEPT || om->done) && begins_anew(om, e, l))
		feed_message_slow(t, l, e);
	else
		message_event(t, om, l, e);
}

/* to its message, and to whoever else cares */
static inline void feed(struct tracker *t, const struct line *l, const struct event *e)
{
	if (told(e->queue_id))
		feed_message(t, l, e);
	else
		beside_message(t, l, e, NULL);
}

static ATTR_NOINLINE void smartermail_feed(struct tracker *t, const struct line *l, const struct event *e)
{
	struct event whole = *e;

	if (smartermail_event(t, l, &whole))
		feed(t, l, &whole);
}

static ATTR_NOINLINE void opensmtpd_feed(struct tracker *t, const struct line *l, const struct event *e)
{
	struct event whole = *e;

	opensmtpd_event(t, l, &whole);
	feed(t, l, &whole);
	opensmtpd_settle(t, l, &whole);
}

static ATTR_NOINLINE void feed_apart(struct tracker *t, const struct line *l, const struct event *e)
{
	if (e->writer == WRITER_SENDMAIL)
		sendmail_feed(t, l, e);
	else if (e->writer == WRITER_SMARTERMAIL)
		smartermail_feed(t, l, e);
	else if (e->writer == WRITER_EXCHANGE)
		exchange_event(t, l, e);
	else if (e->writer == WRITER_OPENSMTPD)
		opensmtpd_feed(t, l, e);
	else if (e->kind == EV_AUTH) /* Plesk's password daemon */
		login_event(t, l, e);
	else
		verdict_event(t, l, e);
}

static ATTR_NOINLINE void feed_unless_repeated(struct tracker *t, const struct line *l, const struct event *e)
{
	if (repeat_seen(t, l))
		t->stats.duplicate_lines++;
	else
		feed(t, l, e);
}

/* Nothing but jumps: what a line needs is behind them. */
static inline void dispatch(struct tracker *t, const struct line *l, const struct event *e)
{
	if (UNLIKELY(APART >> e->writer & 1))
		feed_apart(t, l, e);
	else if (repeat_possible(e))
		feed_unless_repeated(t, l, e);
	else
		feed(t, l, e);
}

static ATTR_NOINLINE void feed_behind_sweep(struct tracker *t, const struct line *l, const struct event *e)
{
	sweep(t);
	dispatch(t, l, e);
}

void tracker_feed(struct tracker *t, const struct line *l, const struct event *e)
{
	if (e->kind >= EV_OTHER)
		return;
	if (l->time_us > t->now_us) { /* USEC_NONE is before all times */
		t->now_us = l->time_us;
		if (l->time_us >= t->sweep_due_us) {
			feed_behind_sweep(t, l, e);
			return;
		}
	}
	dispatch(t, l, e);
}

void tracker_end(struct tracker *t)
{
	logins_expire(t, true);
	if (t->words.n)
		words_sweep(t, true);
	sendmail_end(t);
	waiting_end(t);
	mailboxes_expire(t, SIZE_MAX);
}

struct tracker_stats tracker_stats(const struct tracker *t)
{
	struct tracker_stats s = t->stats;

	s.open_messages = t->open.n;
	s.held_bytes = t->pool.held_bytes;
	return s;
}

void tracker_free(struct tracker *t)
{
	if (!t)
		return;
	waiting_done(t);
	open_table_done(&t->by_message_id);
	sessions_done(t);
	logins_done(t);
	repeats_done(t);
	discards_done(t);
	scripts_done(t);
	mailboxes_done(t);
	exchange_done(t);
	opensmtpd_done(t);
	smartermail_done(t);
	words_done(t);
	free(t->sendmail);
	intern_done(&t->names);
	intern_done(&t->local_domains);
	arena_pool_done(&t->pool);
	free(t);
}

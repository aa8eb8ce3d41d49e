/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailbox.c - what mailbox servers say, joined to the messages they speak of
 *
 * The lines of one delivery (LMTP, LDA, Sieve) are gathered by their session and wait for the MTA's word.  LMTP's reply
 * "250 2.0.0 <r> SESSION Saved" names the session: the exact link.  Some seconds later, when the last line was read, the
 * message gets them.  Where the MTA does not log the reply, Message-ID, owner and time decide: when the message is told,
 * when the wait is over, or at the end.  What belongs to no message is told as a fact of its own.  "Saved" only means that
 * Sieve ran: that it discarded, refused or sent on the mail overrules the MTA.  Later doings of the owner: mailbox_later.c.
 *
 * Traps: lines of a mailbox server may stand behind the MTA's (several logs, whole seconds); users may come without their
 * domain; one Message-ID goes to several owners and comes again; Sieve's "saved" and mail_log's "save" are one delivery.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "fact/mailbox.h"
#include "track/track_priv.h"

#define DELIVERIES_MAX  4096
#define BUCKETS         1024
#define WAIT_US         (60 * USEC_PER_SEC) /* for the MTA's word */
#define SETTLE_US       (5 * USEC_PER_SEC)  /* after it: lines of several processes are not in order */
#define NEAR_US         (60 * USEC_PER_SEC) /* between a delivery and the MTA's word about it */
#define LONE_US         (5 * USEC_PER_SEC)  /* the same, when nothing tells whose mailbox it was */
#define GATHER_US       (10 * USEC_PER_SEC) /* lines without a session are one delivery that long */
#define ACTIONS_MAX     32                  /* of one delivery */
#define DELIVERY_BYTES  512                 /* texts and actions of a usual one */
#define STORED_MAX      4096
#define TEXT_MAX        4096                /* of one action: a line may have a MiB */

struct delivery {
	struct delivery *prev, *next;  /* in a ring, oldest first */
	struct delivery *session_next, *id_next, *made_next;
	struct open_message *om;       /* whose it is, and which recipient's; NULL: not known yet */
	struct recipient *r;
	struct delivery *om_next;      /* of the same message */
	struct delivery *unsorted_prev, *unsorted_next; /* among those whose Message-ID stands in no bucket yet */
	struct arena arena;
	sym_t server;
	uint64_t session_hash, id_key; /* 0: none */
	uint64_t made_hash;            /* of the queue id that the Message-ID was made of; 0: none */
	usec_t since_us;               /* it waits, or is known; of the tracker's clock */
	usec_t time_us;                /* of its last line */
	struct slice session, user, message_id, subject;
	struct mailbox_action *actions, *last_action;
	uint32_t n_actions;
	bool stored;                   /* some action says so, also one that is not in the list */
	bool plain;                    /* no line says anything else */
	bool unsorted;                 /* in that list */
	max_align_t first[DELIVERY_BYTES / sizeof(max_align_t)];
};

/* A session that the MTA's reply named before the mailbox server's lines were read (logs with whole seconds). */
struct named_session {
	uint64_t hash, serial;
	struct open_message *om;       /* if it still has this serial */
	struct recipient *r;
};

struct mailbox_store {
	struct delivery waiting, known; /* heads of rings; only prev and next are used */
	struct delivery *free_ones;
	struct delivery *by_session[BUCKETS], *by_id[BUCKETS], *by_made[BUCKETS];
	struct delivery *first_unsorted, *last_unsorted; /* to come into by_id and by_made; see sort_ids() */
	struct named_session named[BUCKETS]; /* the last ones */
	uint64_t stored[STORED_MAX];    /* the last deliveries of which no more is known; see only_stored() */
};

/* What an action means for the message's fate. */
enum fate { FATE_NONE, FATE_STORED, FATE_FORWARDED, FATE_FORWARD_FAILED, FATE_REFUSED, FATE_DISCARDED };

static enum fate fate_of(struct slice action)
{
	static const struct {
		struct slice action;
		enum fate fate;
	} ROWS[] = {
		{ LIT("save"), FATE_STORED },        { LIT("keep"), FATE_STORED },
		{ LIT("pipe"), FATE_STORED },        { LIT("forward"), FATE_FORWARDED },
		{ LIT("forward_failed"), FATE_FORWARD_FAILED },
		{ LIT("reject"), FATE_REFUSED },     { LIT("discard"), FATE_DISCARDED },
	};

	if (slice_is(action, "store")) /* as nearly all are */
		return FATE_STORED;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		if (slice_eq(action, ROWS[i].action))
			return ROWS[i].fate;
	return FATE_NONE;
}

void mailboxes_init(struct tracker *t)
{
	struct mailbox_store *s = xcalloc(1, sizeof *s);

	s->waiting.next = s->waiting.prev = &s->waiting;
	s->known.next = s->known.prev = &s->known;
	t->mailboxes.store = s;
}

/* ---- deliveries that wait ---- */

static struct delivery **session_bucket(struct tracker *t, uint64_t hash)
{
	return &t->mailboxes.store->by_session[(hash >> 1) % BUCKETS];
}

static struct delivery **id_bucket(struct tracker *t, uint64_t key)
{
	return &t->mailboxes.store->by_id[(key >> 1) % BUCKETS];
}

static struct delivery **made_bucket(struct tracker *t, uint64_t hash)
{
	return &t->mailboxes.store->by_made[hash % BUCKETS];
}

/* Most deliveries are claimed by their session before anybody looks for their Message-ID.  id: a text of the delivery */
static void set_id(struct tracker *t, struct delivery *d, struct slice id)
{
	struct mailbox_store *s = t->mailboxes.store;

	d->message_id = id;
	if (d->om)
		return;
	d->unsorted = true;
	d->unsorted_prev = s->last_unsorted;
	*(s->last_unsorted ? &s->last_unsorted->unsorted_next : &s->first_unsorted) = d;
	s->last_unsorted = d;
}

static void forget_unsorted(struct tracker *t, struct delivery *d)
{
	struct mailbox_store *s = t->mailboxes.store;

	*(d->unsorted_prev ? &d->unsorted_prev->unsorted_next : &s->first_unsorted) = d->unsorted_next;
	*(d->unsorted_next ? &d->unsorted_next->unsorted_prev : &s->last_unsorted) = d->unsorted_prev;
	d->unsorted = false;
}

static void sort_id(struct tracker *t, struct delivery *d)
{
	struct slice made = mailbox_made_of(d->message_id);
	struct delivery **bucket;

	forget_unsorted(t, d);
	if (told(made)) {
		d->made_hash = track_id_hash(made);
		bucket = made_bucket(t, d->made_hash);
		d->made_next = *bucket;
		*bucket = d;
	}
	d->id_key = mailbox_id_key(d->message_id);
	if (!d->id_key)
		return;
	bucket = id_bucket(t, d->id_key);
	d->id_next = *bucket;
	*bucket = d;
}

/* Before somebody looks into the buckets: in the order in which the ids were told. */
static void sort_ids(struct tracker *t)
{
	while (t->mailboxes.store->first_unsorted)
		sort_id(t, t->mailboxes.store->first_unsorted);
}

static void ring_add(struct delivery *head, struct delivery *d)
{
	d->next = head;
	d->prev = head->prev;
	d->prev->next = d->next->prev = d;
}

static void ring_remove(struct delivery *d)
{
	d->prev->next = d->next;
	d->next->prev = d->prev;
}

static struct delivery *delivery_new(struct tracker *t)
{
	struct mailbox_store *s = t->mailboxes.store;
	struct delivery *d = s->free_ones;

	if (d)
		s->free_ones = d->next;
	else
		d = xmalloc(sizeof *d);
	track_clear(d, offsetof(struct delivery, first));
	d->arena.pool = &t->pool;
	arena_lend(&d->arena, d->first, sizeof d->first);
	d->plain = true;
	ring_add(&s->waiting, d);
	t->mailboxes.n++;
	return d;
}

/* nothing finds it any more, and it is waited for no longer */
static void delivery_unlink(struct tracker *t, struct delivery *d)
{
	struct delivery **at;

	if (d->unsorted)
		forget_unsorted(t, d);
	if (d->session_hash) {
		for (at = session_bucket(t, d->session_hash); *at != d;)
			at = &(*at)->session_next;
		*at = d->session_next;
	}
	if (d->id_key) {
		for (at = id_bucket(t, d->id_key); *at != d;)
			at = &(*at)->id_next;
		*at = d->id_next;
	}
	if (d->made_hash) {
		for (at = made_bucket(t, d->made_hash); *at != d;)
			at = &(*at)->made_next;
		*at = d->made_next;
	}
	ring_remove(d);
	t->mailboxes.n--;
}

static void delivery_free(struct tracker *t, struct delivery *d)
{
	if (d->arena.chunks)
		arena_clear(&d->arena);
	d->next = t->mailboxes.store->free_ones;
	t->mailboxes.store->free_ones = d;
}

static void delivery_release(struct tracker *t, struct delivery *d)
{
	delivery_unlink(t, d);
	delivery_free(t, d);
}

void mailbox_release(struct tracker *t, struct open_message *om)
{
	while (om->joined) {
		struct delivery *d = om->joined;

		om->joined = d->om_next;
		delivery_free(t, d);
	}
}

void mailboxes_done(struct tracker *t)
{
	struct mailbox_store *s = t->mailboxes.store;

	while (s->waiting.next != &s->waiting)
		delivery_release(t, s->waiting.next);
	while (s->known.next != &s->known)
		delivery_release(t, s->known.next);
	while (s->free_ones) {
		struct delivery *d = s->free_ones;

		s->free_ones = d->next;
		free(d);
	}
	free(s);
	free(t->mailboxes.logins);
}

static uint64_t session_hash(struct slice session)
{
	return told(session) && session.n ? hash_quick(session) | 1 : 0;
}

/* Without a session the owner, the Message-ID and a few seconds tell what belongs together. */
static struct delivery *find_without_session(struct tracker *t, sym_t server, const struct line *l,
					     const struct event *e)
{
	uint64_t key = told(e->message_id) ? mailbox_id_key(e->message_id) : 0;

	sort_ids(t);
	for (struct delivery *d = key ? *id_bucket(t, key) : NULL; d; d = d->id_next)
		if (!d->session_hash && d->server == server && slice_eq(d->user, e->user) &&
		    slice_eq(d->message_id, e->message_id) && track_apart_us(l->time_us, d->time_us) <= GATHER_US)
			return d;
	return NULL;
}

static struct delivery *find_by_session(struct tracker *t, sym_t server, uint64_t hash, const struct event *e)
{
	struct delivery *d = t->mailboxes.n ? *session_bucket(t, hash) : NULL;

	while (d && !(d->session_hash == hash && d->server == server && slice_eq(d->session, e->session) &&
		      slice_eq(d->user, e->user)))
		d = d->session_next;
	return d;
}

static uint64_t *stored_slot(struct tracker *t, uint64_t hash)
{
	return &t->mailboxes.store->stored[(hash >> 1) % STORED_MAX];
}

/* of a session the deliveries into several mailboxes are told apart by the owner */
static uint64_t stored_key(sym_t server, uint64_t hash, struct slice user)
{
	return hash + (hash_quick(user) ^ server) * UINT64_C(0x9e3779b97f4a7c15);
}

/*
 * Most deliveries are one line that says no more than the MTA: stored.  Who only counts is told at once, and that it was
 * stored is all that is noted, in case the owner's script has more to say.  mail_log's "save" waits for Sieve's word for it.
 */
static bool only_stored(struct tracker *t, const struct line *l, const struct event *e)
{
	uint64_t hash = session_hash(e->session), key;
	struct mailbox_action said;

	if ((t->o.details & DETAIL_MAILBOX) || !hash || (t->sink.mailbox && slice_is(e->action, "save")) ||
	    find_by_session(t, track_server(t, l), hash, e))
		return false;
	key = stored_key(track_server(t, l), hash, e->user);
	*stored_slot(t, key) = key;
	if (t->sink.mailbox) {
		mailbox_action_of(l, e, &said);
		t->sink.mailbox(t->sink.ctx, &said);
	}
	return true;
}

/* whole: the line's text, if the delivery is new: copied */
static struct delivery *delivery_of(struct tracker *t, const struct line *l, const struct event *e,
				    struct arena_whole *whole)
{
	sym_t server = track_server(t, l);
	uint64_t hash = session_hash(e->session), key;
	struct delivery *d, **bucket;

	d = hash ? find_by_session(t, server, hash, e) : find_without_session(t, server, l, e);
	*whole = (struct arena_whole){ 0 };
	if (d)
		return d;
	if (t->mailboxes.n >= DELIVERIES_MAX)
		mailboxes_expire(t, 1);
	d = delivery_new(t);
	d->server = server;
	d->since_us = t->now_us;
	d->time_us = l->time_us;
	*whole = track_keep_text(&d->arena, l);
	d->user = arena_part(&d->arena, whole, e->user);
	if (hash) {
		d->session = arena_part(&d->arena, whole, e->session);
		d->session_hash = hash;
		if (!(t->o.details & DETAIL_MAILBOX)) {
			key = stored_key(server, hash, e->user);
			d->stored = *stored_slot(t, key) == key;
		}
		bucket = session_bucket(t, hash);
		d->session_next = *bucket;
		*bucket = d;
	}
	return d;
}

/* ---- the lines of a delivery ---- */

/* mail_log's "save" stands before Sieve's or the LDA's own word for it; NULL: this line is no such word */
static struct mailbox_action *saved_as(struct delivery *d, const struct event *e)
{
	if (e->kind != EV_MAILBOX || !slice_is(e->action, "store"))
		return NULL;
	for (struct mailbox_action *a = d->actions; a; a = a->next)
		if (slice_is(a->action, "save")) {
			a->action = SLICE("store");
			a->folder = arena_copy(&d->arena, slice_head(e->folder, TEXT_MAX));
			return a;
		}
	return NULL;
}

static struct slice keep_text(struct delivery *d, const struct arena_whole *whole, struct slice text)
{
	return arena_part(&d->arena, whole, slice_head(text, TEXT_MAX));
}

/* NULL: there are enough of them */
static struct mailbox_action *add_action(struct tracker *t, struct delivery *d, const struct line *l, const struct event *e,
					 const struct arena_whole *whole)
{
	struct mailbox_action *a;

	if (d->n_actions++ >= ACTIONS_MAX)
		return NULL;
	a = arena_alloc_raw(&d->arena, sizeof *a);
	mailbox_action_of(l, e, a);
	if (e->kind == EV_NOTICE) {
		a->action = SLICE("error");
		a->reason = told(e->text) ? e->text : l->text;
	}
	a->server = d->server == SYM_OTHER ? keep_text(d, whole, l->server) : intern_name(&t->names, d->server);
	a->service = keep_text(d, whole, a->service);
	a->client_ip = keep_text(d, whole, a->client_ip);
	a->recipient = keep_text(d, whole, a->recipient);
	a->action = keep_text(d, whole, a->action);
	a->folder = keep_text(d, whole, a->folder);
	a->reason = keep_text(d, whole, a->reason);
	a->session = d->session;
	a->user = d->user;
	a->message_id = a->subject = SLICE_NONE;
	if (d->last_action)
		d->last_action->next = a;
	else
		d->actions = a;
	d->last_action = a;
	return a;
}

/* all that the line says */
static void keep_line(struct tracker *t, struct delivery *d, const struct line *l, const struct event *e,
		      const struct arena_whole *whole)
{
	struct mailbox_action *a;

	if (!told(d->subject) && told(e->subject))
		d->subject = keep_text(d, whole, e->subject);
	a = saved_as(d, e);
	if (!a)
		a = add_action(t, d, l, e, whole);
	if (a && t->o.keep_lines) {
		struct fact_line *fl = arena_alloc(&d->arena, sizeof *fl);

		*fl = fact_line_of(l);
		fact_line_insert(&a->lines, fl);
	}
}

/* ---- joined to a message ---- */

static struct slice joined(struct open_message *om, const struct slice *parts, size_t n)
{
	size_t bytes = 0, at = 0;
	char *p;

	for (size_t i = 0; i < n; i++)
		bytes += parts[i].n;
	p = arena_bytes(&om->arena, bytes);
	for (size_t i = 0; i < n; at += parts[i++].n)
		if (parts[i].n)
			memcpy(p + at, parts[i].p, parts[i].n);
	return slice_of(p, bytes);
}

/* The words of an action that decides. */
static struct slice words_of(struct open_message *om, const struct mailbox_action *a, enum fate fate)
{
	const struct slice forward[] = { SLICE("forwarded to <"), a->recipient, SLICE(">") };
	const struct slice refuse[] = { SLICE("refused by the script of the mailbox ("), a->reason, SLICE(")") };

	if (fate == FATE_FORWARDED)
		return joined(om, forward, ARRAY_LEN(forward));
	if (fate == FATE_REFUSED)
		return joined(om, refuse, ARRAY_LEN(refuse));
	return a->reason;
}

static void redirect_failed(struct tracker *t, struct open_message *om, const struct recipient *r,
			    const struct mailbox_action *a)
{
	bool temporary = slice_find(a->reason, SLICE("(temporary failure)")) < a->reason.n;
	struct recipient *to;

	if (!a->recipient.n)
		return;
	to = message_recipient(om, a->recipient, r->address);
	message_later_word(t, om, to, a->time_us, temporary ? OUTCOME_DEFERRED : OUTCOME_BOUNCED, a->reason, true);
}

/* The MTA was told "250": what Sieve did with it afterwards is what counts. */
static void overrule(struct tracker *t, struct open_message *om, struct recipient *r, const struct delivery *d)
{
	const struct mailbox_action *decides = NULL;
	enum fate best = d->stored ? FATE_STORED : FATE_NONE;

	for (const struct mailbox_action *a = d->actions; a; a = a->next) {
		enum fate fate = fate_of(a->action);

		if (fate != FATE_NONE && fate != FATE_FORWARD_FAILED && (best == FATE_NONE || fate < best)) {
			best = fate;
			decides = a;
		}
	}
	for (const struct mailbox_action *a = d->actions; a; a = a->next) {
		enum fate fate = fate_of(a->action);

		if (fate == FATE_FORWARD_FAILED)
			redirect_failed(t, om, r, a);
		if (fate == FATE_FORWARDED)
			message_later_word(t, om, r, a->time_us, OUTCOME_EXPANDED, words_of(om, a, fate),
					   best == FATE_FORWARDED);
	}
	if (best == FATE_REFUSED || best == FATE_DISCARDED)
		message_later_word(t, om, r, decides->time_us,
				   best == FATE_REFUSED ? OUTCOME_BOUNCED : OUTCOME_DISCARDED,
				   words_of(om, decides, best), true);
}

/* Did a delivery fail, or is nothing known of its end? */
static bool unsuccessful(const struct delivery *d)
{
	if (d->stored)
		return false;
	for (const struct mailbox_action *a = d->actions; a; a = a->next)
		if (fate_of(a->action) != FATE_NONE)
			return false;
	return true;
}

static void action_tell(struct tracker *t, const struct delivery *d, struct mailbox_action *a)
{
	a->message_id = d->message_id;
	a->subject = d->subject;
	if (t->sink.mailbox)
		t->sink.mailbox(t->sink.ctx, a);
}

/* Its actions go to its message; true: that points into it now. */
static bool join_actions(struct tracker *t, struct delivery *d)
{
	struct open_message *om = d->om;
	struct mailbox_action *next;
	bool linked = false;

	for (struct mailbox_action *a = d->actions; a; a = next) {
		bool forwards = !d->plain && fate_of(a->action) == FATE_FORWARDED;

		next = a->next;
		if (forwards && !om->redirected) {
			om->redirected = true;
			t->mailboxes.redirects++;
		}
		mailbox_take_lines(om, a->lines);
		if (t->o.details & DETAIL_MAILBOX) {
			linked |= mailbox_put(&om->m, a);
			continue;
		}
		if (forwards)
			(void)mailbox_add(&om->arena, &om->m, a);
		action_tell(t, d, a);
	}
	return linked;
}

static void join_delivery(struct tracker *t, struct delivery *d)
{
	struct open_message *om = d->om;
	struct recipient *r = d->r;
	struct delivery **at = &om->deliveries;
	bool linked;

	while (*at != d)
		at = &(*at)->om_next;
	*at = d->om_next;
	if (!unsuccessful(d))
		message_pipe_delivered(t, r);
	if (!d->plain && (r->outcome == OUTCOME_DELIVERED || r->outcome == OUTCOME_RELAYED))
		overrule(t, om, r, d);
	linked = join_actions(t, d);
	if (!told(om->m.message_id) && told(d->message_id) && mailbox_id_key(d->message_id) &&
	    !slice_ends(d->message_id, "..."))
		message_set_message_id(t, om, d->message_id, false);
	if (told(d->subject) && !told(om->m.subject))
		message_set_detail(t, om, &om->m.subject, d->subject);
	if (om->redirected)
		mailbox_follow_redirects(t, om);
	delivery_unlink(t, d);
	if (!linked) {
		delivery_free(t, d);
		return;
	}
	d->om_next = om->joined;
	om->joined = d;
}

/* It is known whose it is.  More lines may come. */
static void delivery_is_of(struct tracker *t, struct delivery *d, struct open_message *om, struct recipient *r)
{
	d->om = om;
	d->r = r;
	d->om_next = om->deliveries;
	om->deliveries = d;
	d->since_us = t->now_us;
	if (d->unsorted)
		forget_unsorted(t, d);
	ring_remove(d);
	ring_add(&t->mailboxes.store->known, d);
}

static struct named_session *named_slot(struct tracker *t, uint64_t hash)
{
	return &t->mailboxes.store->named[(hash >> 1) % BUCKETS];
}

/* Message-IDs of broken headers differ from writer to writer. */
static bool agrees(const struct delivery *d, const struct open_message *om, const struct recipient *r)
{
	return !told(d->message_id) || om->m.message_id.n < 3 || mailbox_same_id(om->m.message_id, d->message_id) ||
	       mailbox_owner_fits(r, d->user);
}

void mailbox_session(struct tracker *t, struct open_message *om, struct recipient *r, struct slice session)
{
	uint64_t hash = session_hash(session);
	struct delivery *d = hash && t->mailboxes.n ? *session_bucket(t, hash) : NULL, *found = NULL;

	/* releases before 2.3 have one session for all recipients: the owner tells them apart */
	for (; d; d = d->session_next)
		if (d->session_hash == hash && !d->om && slice_eq(d->session, session) && agrees(d, om, r) &&
		    (!found || mailbox_owner_fits(r, d->user) > mailbox_owner_fits(r, found->user)))
			found = d;
	if (found)
		delivery_is_of(t, found, om, r);
	else if (hash)
		*named_slot(t, hash) = (struct named_session){ hash, om->m.serial, om, r };
}

/* Did the MTA name this session already? */
static void was_named(struct tracker *t, struct delivery *d)
{
	const struct named_session *n = named_slot(t, d->session_hash);

	if (n->hash == d->session_hash && n->om->m.serial == n->serial && agrees(d, n->om, n->r))
		delivery_is_of(t, d, n->om, n->r);
}

void mailbox_delivery_line(struct tracker *t, const struct line *l, const struct event *e)
{
	struct arena_whole whole;
	struct delivery *d;
	bool stored = e->kind == EV_MAILBOX && fate_of(e->action) == FATE_STORED;

	t->mailboxes.seen = true;
	if (stored && only_stored(t, l, e))
		return;
	d = delivery_of(t, l, e, &whole);
	d->time_us = l->time_us;
	d->stored = d->stored || stored;
	d->plain = d->plain && stored;
	if (!told(d->message_id) && told(e->message_id))
		set_id(t, d, keep_text(d, &whole, e->message_id));
	if (!d->om && d->session_hash)
		was_named(t, d);
	/* who counts asks no more than whether it was stored */
	if (!stored || (t->o.details & DETAIL_MAILBOX) || t->sink.mailbox)
		keep_line(t, d, l, e, &whole);
}

/* ---- by Message-ID, owner and time ---- */

struct match {
	struct open_message *om;
	struct recipient *r;
	int fits;
	usec_t apart_us;
};

static bool better(const struct match *a, const struct match *b)
{
	return a->fits != b->fits ? a->fits > b->fits : a->apart_us < b->apart_us;
}

/* how far the MTA's nearest try is away */
static usec_t nearest_try(const struct recipient *r, const struct delivery *d, bool any_outcome)
{
	usec_t best = NEAR_US + 1;

	for (const struct attempt *a = r->attempts; a; a = a->next) {
		usec_t us = track_apart_us(a->time_us, d->time_us);

		if (us < best && (a->outcome == OUTCOME_DELIVERED || message_by_pipe(a) ||
				  (any_outcome && (a->outcome == OUTCOME_BOUNCED || a->outcome == OUTCOME_DEFERRED))))
			best = us;
	}
	return best;
}

static void match_message(struct open_message *om, const struct delivery *d, struct match *best)
{
	bool any = unsuccessful(d);

	for (struct recipient *r = om->m.recipients; r; r = r->next) {
		struct match now = { om, r, mailbox_owner_fits(r, d->user), nearest_try(r, d, any) };

		if (now.apart_us > NEAR_US)
			continue;
		if (!now.fits && om->m.n_recipients == 1 && om->server == d->server && now.apart_us <= LONE_US)
			now.fits = 1;
		if (now.fits && (!best->om || better(&now, best)))
			*best = now;
	}
}

/* The open message that this delivery is of, if any, gets it. */
static bool place_by_id(struct tracker *t, struct delivery *d)
{
	struct match best = { 0 };
	struct open_message *om;
	unsigned n = 0;

	if (d->unsorted)
		sort_id(t, d);
	om = d->id_key ? track_by_message_id(t, d->id_key) : NULL;
	for (om = track_same_id(om, d->id_key, &n); om; om = track_same_id(om->bucket_next, d->id_key, &n))
		if (mailbox_same_id(om->m.message_id, d->message_id))
			match_message(om, d, &best);
	if (!best.om && d->made_hash) {
		om = track_find_on_server(t, d->server, mailbox_made_of(d->message_id), d->made_hash);
		if (om)
			match_message(om, d, &best);
	}
	if (!best.om)
		return false;
	delivery_is_of(t, d, best.om, best.r);
	return true;
}

/* A notification whose Message-ID no line of the MTA showed: it was made of its queue id. */
static void claim_made(struct tracker *t, struct open_message *om)
{
	sort_ids(t);
	for (struct delivery *d = *made_bucket(t, om->id_hash); d; d = d->made_next) {
		struct match best = { 0 };

		if (d->om || d->made_hash != om->id_hash || !slice_eq(mailbox_made_of(d->message_id), om->m.queue_id))
			continue;
		match_message(om, d, &best);
		if (best.om)
			delivery_is_of(t, d, om, best.r);
	}
}

/* Deliveries that nobody has claimed, and that may be of this message: it can be asked for the last time. */
static void claim_by_id(struct tracker *t, struct open_message *om)
{
	struct delivery *next;
	unsigned n = 0;

	sort_ids(t);
	for (struct delivery *d = *id_bucket(t, om->message_id_hash); d && n < SAME_ID_MAX; d = next) {
		struct match own = { 0 };

		next = d->id_next;
		if (d->id_key != om->message_id_hash || d->om)
			continue;
		n++;
		if (mailbox_same_id(om->m.message_id, d->message_id))
			match_message(om, d, &own);
		if (own.om)
			(void)place_by_id(t, d);
	}
}

void mailbox_before_telling(struct tracker *t, struct open_message *om)
{
	if (!om->message_id_hash && t->mailboxes.n)
		claim_made(t, om);
	if (om->message_id_hash && t->mailboxes.n)
		claim_by_id(t, om);
	while (om->deliveries)
		join_delivery(t, om->deliveries);
	if (!om->message_id_hash || !t->mailboxes.redirects)
		return;
	if (om->redirected)
		mailbox_follow_redirects(t, om);
	if (om->m.parents && om->m.parents->relation != RELATION_FILTER)
		return;
	for (struct open_message *p = track_by_message_id(t, om->message_id_hash); p; p = p->bucket_next)
		if (p->redirected && p != om)
			mailbox_follow_redirects(t, p);
}

/* ---- facts of their own ---- */

static void delivery_tell(struct tracker *t, struct delivery *d)
{
	for (struct mailbox_action *a = d->actions; a; a = a->next)
		if (!slice_is(a->action, "error")) /* told as a notice */
			action_tell(t, d, a);
}

static bool overdue(const struct tracker *t, const struct delivery *d, usec_t wait_us)
{
	return track_apart_us(t->now_us, d->since_us) > wait_us;
}

void mailboxes_expire(struct tracker *t, size_t at_least)
{
	struct delivery *known = &t->mailboxes.store->known, *waiting = &t->mailboxes.store->waiting, *d;

	while ((d = known->next) != known && (at_least > 0 || overdue(t, d, SETTLE_US))) {
		at_least -= at_least > 0;
		join_delivery(t, d);
	}
	while ((d = waiting->next) != waiting && (at_least > 0 || overdue(t, d, WAIT_US))) {
		at_least -= at_least > 0;
		if (place_by_id(t, d)) {
			join_delivery(t, d);
			continue;
		}
		delivery_tell(t, d);
		delivery_release(t, d);
	}
}

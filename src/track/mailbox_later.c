/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailbox_later.c - which lines of mailbox servers speak of deliveries, and what owners do with their mail later
 *
 * A later doing (IMAP, POP3, doveadm) goes to the message if that is still open, else it is a fact of its own.  From where
 * the owner did it, the login of the session tells.
 *
 * Trap: POP3 and IMAP count what was expunged at the end of a session; where mail_log tells it one by one, that is the
 * same once more.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "fact/mailbox.h"
#include "track/track_priv.h"

#define LOGINS 8192 /* the last ones, by their sessions: one that comes in another's place pushes it out */

struct mailbox_login {
	uint64_t session_hash;
	uint8_t client_ip_n;
	char client_ip[46];
};

void mailbox_action_of(const struct line *l, const struct event *e, struct mailbox_action *ret)
{
	/* field by field: all of them */
	ret->next = NULL;
	ret->time_us = l->time_us;
	ret->utc_offset_sec = l->utc_offset_sec;
	ret->writer = e->writer;
	ret->server = l->server;
	ret->service = e->service;
	ret->session = e->session;
	ret->client_ip = e->client_ip;
	ret->user = e->user;
	ret->message_id = e->message_id;
	ret->subject = e->subject;
	ret->recipient = e->recipient;
	ret->action = e->action;
	ret->folder = e->folder;
	ret->reason = e->reason;
	ret->lines = NULL;
}

/* ---- logins ---- */

static struct mailbox_login *login_slot(struct tracker *t, uint64_t hash)
{
	return &t->mailboxes.logins[hash % LOGINS];
}

void mailbox_login(struct tracker *t, const struct event *e)
{
	struct mailbox_login *login;
	uint64_t hash;

	if (!told(e->client_ip) || e->client_ip.n > sizeof login->client_ip)
		return;
	if (!t->mailboxes.logins)
		t->mailboxes.logins = xcalloc(LOGINS, sizeof *t->mailboxes.logins);
	hash = hash_slice(e->session);
	login = login_slot(t, hash);
	login->session_hash = hash;
	login->client_ip_n = (uint8_t)e->client_ip.n;
	memcpy(login->client_ip, e->client_ip.p, e->client_ip.n);
}

/* from where the session of this action came; SLICE_NONE: its login is not known */
static struct slice client_of(struct tracker *t, struct slice session)
{
	const struct mailbox_login *login;
	uint64_t hash;

	if (!told(session) || !t->mailboxes.logins)
		return SLICE_NONE;
	session = slice_head(session, slice_find_byte(session, ':'));
	hash = hash_slice(session);
	login = login_slot(t, hash);
	return login->session_hash == hash && login->client_ip_n ? slice_of(login->client_ip, login->client_ip_n) :
								   SLICE_NONE;
}

/* ---- later doings ---- */

void mailbox_take_lines(struct open_message *om, const struct fact_line *lines)
{
	for (; lines; lines = lines->next) {
		struct fact_line *copy = arena_alloc_raw(&om->arena, sizeof *copy);

		*copy = *lines;
		message_insert_line(om, copy);
	}
}

/* The newest open message of this id that went into this mailbox. */
static struct open_message *owned(struct tracker *t, const struct mailbox_action *a)
{
	uint64_t key = told(a->message_id) ? mailbox_id_key(a->message_id) : 0;
	struct open_message *om = key ? track_by_message_id(t, key) : NULL;
	unsigned n = 0;

	for (om = track_same_id(om, key, &n); om; om = track_same_id(om->bucket_next, key, &n))
		if (mailbox_same_id(om->m.message_id, a->message_id) && mailbox_is_of(&om->m, a))
			return om;
	return NULL;
}

static void owner_line(struct tracker *t, const struct line *l, struct mailbox_action *a)
{
	struct fact_line at = fact_line_of(l);
	struct open_message *om;

	if (!told(a->client_ip))
		a->client_ip = client_of(t, a->session);
	om = t->o.details & DETAIL_MAILBOX ? owned(t, a) : NULL;
	if (om) {
		if (mailbox_add(&om->arena, &om->m, a) && t->o.keep_lines)
			mailbox_take_lines(om, &at);
		return;
	}
	a->lines = t->o.keep_lines ? &at : NULL;
	t->sink.mailbox(t->sink.ctx, a);
}

/* of a server and a service there: where mail_log is on, it tells deletions one by one */
static uint64_t service_bit(struct tracker *t, const struct line *l, const struct event *e)
{
	return UINT64_C(1) << (track_server(t, l) * 4 + (unsigned char)(e->service.n ? e->service.p[0] : 0)) % 64;
}

static bool is_delivery(struct slice service)
{
	return slice_is(service, "lmtp") || slice_is(service, "lda") || slice_is(service, "deliver");
}

/* Does a notice of a delivery tell why something went wrong? */
static bool explains(const struct event *e)
{
	return e->severity >= SEVERITY_WARNING || e->category == NOTICE_FILTER || e->category == NOTICE_CONFIG;
}

void mailbox_event(struct tracker *t, const struct line *l, const struct event *e)
{
	struct mailbox_action a;

	if (!told(e->user) || !told(e->service))
		return;
	if (e->kind == EV_NOTICE) {
		if (told(e->session) && is_delivery(e->service) && explains(e))
			mailbox_delivery_line(t, l, e);
		return;
	}
	if (is_delivery(e->service)) {
		mailbox_delivery_line(t, l, e);
		return;
	}
	if (slice_is(e->action, "expunge"))
		t->mailboxes.tells_expunges |= service_bit(t, l, e);
	if (!t->sink.mailbox)
		return;
	mailbox_action_of(l, e, &a);
	owner_line(t, l, &a);
}

/* "expunged=3" of "in=823 out=15233 deleted=1 expunged=3", "del=2/10" of "top=0/0, retr=2/14523, del=2/10, size=99231" */
static struct slice expunged(struct slice figures)
{
	struct cur c = cur_of(figures);

	while (!cur_at_end(&c)) {
		struct slice word = cur_token(&c, ' ');
		struct slice value = SLICE_NONE;

		if (slice_ends(word, ","))
			word.n--;
		if (slice_starts(word, "del="))
			value = slice_from(word, strlen("del="));
		else if (slice_starts(word, "expunged="))
			value = slice_from(word, strlen("expunged="));
		if (value.n && value.p[0] != '0')
			return word;
	}
	return SLICE_NONE;
}

void mailbox_session_end(struct tracker *t, const struct line *l, const struct event *e)
{
	struct slice figure = told(e->user) && t->sink.mailbox ? expunged(e->commands) : SLICE_NONE;
	struct mailbox_action a;

	if (!told(figure) || t->mailboxes.tells_expunges & service_bit(t, l, e))
		return;
	mailbox_action_of(l, e, &a);
	a.action = SLICE("expunge");
	a.reason = figure;
	owner_line(t, l, &a);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartermail.c - SmarterMail: what a line leaves to the lines before it
 *
 * In the SMTP log a refusal names neither the command nor the addresses, and the line that a mail was taken in names no more than
 * its Message-ID: the session's commands tell the rest.  In the delivery log a result has no reply: the dialogue before it does.
 * A login may be told by the protocol's own log and by the administrative log: the k-th of one is the k-th of the other.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "track/track_priv.h"

#define TALKS        4096 /* sessions and dialogues that are remembered; the oldest go first */
#define BUCKETS      4096
#define LOGINS       256
#define SAME_LOGIN_US (10 * USEC_PER_SEC)
#define LIST_BYTES   1024 /* of the recipients that were taken; the delivery log names all of them again */

/* A client's session, or the dialogue with the next server about a message. */
struct talk {
	uint64_t key;
	uint32_t next;              /* in the bucket: index + 1 */
	usec_t begin_us;            /* USEC_NONE: not seen */
	int64_t size_bytes;
	int64_t code;               /* of `reply`; -1: none */
	int64_t relay_port;
	bool connected;
	bool told;                  /* how the login ended */
	bool deferred;              /* the message will be tried again */
	bool remote;                /* a server was talked to */
	uint16_t stage_n, helo_n, sender_n, user_n, method_n, recipient_n, list_n, reply_n, relay_host_n, relay_ip_n, local_n;
	char stage[10], helo[128], sender[256], user[128], method[32], recipient[256];
	char list[LIST_BYTES];      /* recipients, with blanks between them */
	char reply[512];            /* the last one that decides anything */
	char relay_host[128], relay_ip[48];
	char local[256];            /* recipient of the delivery here that was begun */
};

struct told_login {
	usec_t time_us;
	uint64_t ip, user, service; /* hashes; 0: not told */
	bool success, administrative, matched;
	uint16_t name_n;
	char name[128];             /* administrative: of an attempt whose end does not name it */
};

struct smartermail {
	struct talk *ring;
	uint32_t buckets[BUCKETS];
	size_t head, n;
	struct told_login logins[LOGINS];
	size_t logins_head, logins_n;
};

static struct slice kept(const char *p, size_t n)
{
	return n ? slice_of(p, n) : SLICE_NONE;
}

static uint16_t keep(char *to, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size;

	if (n)
		memcpy(to, s.p, n);
	return (uint16_t)n;
}
#define KEEP(s, field, value) ((s)->field##_n = keep((s)->field, sizeof (s)->field, (value)))
#define KEPT(s, field)        kept((s)->field, (s)->field##_n)

static struct smartermail *state(struct tracker *t)
{
	if (!t->smartermail) {
		t->smartermail = xcalloc(1, sizeof *t->smartermail);
		t->smartermail->ring = xcalloc(TALKS, sizeof *t->smartermail->ring);
	}
	return t->smartermail;
}

void smartermail_done(struct tracker *t)
{
	if (t->smartermail)
		free(t->smartermail->ring);
	free(t->smartermail);
	t->smartermail = NULL;
}

/* ---- talks ---- */

static void forget_oldest(struct smartermail *x)
{
	uint32_t index = (uint32_t)x->head;
	uint32_t *at = &x->buckets[x->ring[index].key % BUCKETS];

	while (*at && *at != index + 1)
		at = &x->ring[*at - 1].next;
	if (*at)
		*at = x->ring[index].next;
	x->head = (x->head + 1) % TALKS;
	x->n--;
}

static void talk_clear(struct talk *k)
{
	uint64_t key = k->key;
	uint32_t next = k->next;

	*k = (struct talk){ .key = key, .next = next, .begin_us = USEC_NONE, .size_bytes = -1, .code = -1, .relay_port = -1 };
}

/* the server's talk of this id, of a session or of a message */
static struct talk *talk_of(struct tracker *t, const struct line *l, struct slice id, bool session)
{
	struct smartermail *x = state(t);
	uint64_t key = (hash_slice(id) ^ (uint64_t)track_server(t, l) * UINT64_C(0x9e3779b97f4a7c15)) * 2 + session;
	uint32_t at = x->buckets[key % BUCKETS], index;
	struct talk *k;

	while (at && x->ring[at - 1].key != key)
		at = x->ring[at - 1].next;
	if (at)
		return &x->ring[at - 1];
	if (x->n == TALKS)
		forget_oldest(x);
	index = (uint32_t)((x->head + x->n++) % TALKS);
	k = &x->ring[index];
	k->key = key;
	k->next = x->buckets[key % BUCKETS];
	x->buckets[key % BUCKETS] = index + 1;
	talk_clear(k);
	return k;
}

/* ---- sessions of clients ---- */

static void forget_mail(struct talk *k)
{
	k->sender_n = k->recipient_n = k->list_n = 0;
	k->size_bytes = -1;
}

static void note_command(struct talk *k, const struct event *e)
{
	if (told(e->helo))
		KEEP(k, helo, e->helo);
	if (told(e->sender)) {
		forget_mail(k);
		KEEP(k, sender, e->sender);
		k->size_bytes = e->size_bytes;
	}
	if (told(e->recipient))
		KEEP(k, recipient, e->recipient);
	if (told(e->auth_method)) {
		KEEP(k, method, e->auth_method);
		k->told = false;
	}
	KEEP(k, stage, e->stage);
}

/* the recipient was taken */
static void note_recipient(struct talk *k)
{
	if (k->recipient_n == 0 || (size_t)k->list_n + k->recipient_n + 1 > sizeof k->list)
		return;
	if (k->list_n)
		k->list[k->list_n++] = ' ';
	memcpy(k->list + k->list_n, k->recipient, k->recipient_n);
	k->list_n = (uint16_t)(k->list_n + k->recipient_n);
	k->recipient_n = 0;
}

static void note_words(struct talk *k, const struct event *e)
{
	if (told(e->commands)) {
		note_command(k, e);
	} else if (e->smtp_code >= 200 && e->smtp_code < 300 && slice_is(KEPT(k, stage), "rcpt")) {
		note_recipient(k);
	} else if (told(e->user)) {
		KEEP(k, user, e->user); /* who tries to log in */
	} else if (e->size_bytes >= 0) {
		k->size_bytes = e->size_bytes;
	}
}

static void fill_refusal(const struct talk *k, struct event *e)
{
	struct slice stage = KEPT(k, stage);

	if (!told(e->stage) && stage.n)
		e->stage = stage;
	else if (!told(e->stage) && k->begin_us != USEC_NONE && !k->helo_n)
		e->stage = SLICE("connect");
	e->helo = KEPT(k, helo);
	if (k->told)
		e->user = KEPT(k, user);
	if (slice_is(stage, "mail") || slice_is(stage, "rcpt") || slice_is(stage, "data"))
		e->sender = k->sender_n ? KEPT(k, sender) : SLICE("");
	if (slice_is(stage, "rcpt"))
		e->recipient = KEPT(k, recipient);
	else if (slice_is(stage, "data"))
		e->recipients = KEPT(k, list);
}

static void fill_accept(const struct talk *k, struct event *e)
{
	e->helo = KEPT(k, helo);
	if (slice_is(KEPT(k, stage), "data") || k->list_n || k->recipient_n)
		e->sender = k->sender_n ? KEPT(k, sender) : SLICE("");
	e->recipients = k->list_n ? KEPT(k, list) : KEPT(k, recipient);
	e->size_bytes = k->size_bytes;
	if (k->told)
		e->user = KEPT(k, user);
}

/* The words of a failed login and the reply are one; false: it is known. */
static bool fill_login(struct talk *k, struct event *e)
{
	if (k->told && e->smtp_code >= 0)
		return false;
	if (!told(e->user))
		e->user = KEPT(k, user);
	else
		KEEP(k, user, e->user);
	e->auth_method = KEPT(k, method);
	k->told = true;
	if (e->success != 1)
		k->user_n = 0;
	return true;
}

static void end_session(struct tracker *t, const struct line *l, const struct event *e, struct talk *k)
{
	struct session fact = { .begin_us = k->begin_us, .end_us = l->time_us, .utc_offset_sec = l->utc_offset_sec,
				.server = l->server, .writer = e->writer, .service = e->service, .client_ip = e->client_ip };

	k->connected = false;
	if (t->sink.session && (!told(e->service) || slice_is(e->service, "smtp")))
		t->sink.session(t->sink.ctx, &fact);
}

/* ---- logins told twice ---- */

static bool same_name(uint64_t a, uint64_t b)
{
	return a == b || !a || !b;
}

/* with and without its domain it is one user */
static uint64_t name_hash(struct slice user)
{
	user = told(user) ? slice_head(user, slice_find_byte(user, '@')) : user;
	return user.n ? hash_slice(user) : 0;
}

static struct told_login login_of(const struct tracker *t, const struct event *e, bool administrative)
{
	return (struct told_login){ .time_us = t->now_us, .ip = told(e->client_ip) ? hash_slice(e->client_ip) : 0,
				    .user = name_hash(e->user), .service = told(e->service) ? hash_slice(e->service) : 0,
				    .success = e->success == 1, .administrative = administrative };
}

static struct told_login *login_at(struct smartermail *x, size_t back)
{
	return &x->logins[(x->logins_head + x->logins_n - 1 - back) % LOGINS];
}

static void login_keep(struct smartermail *x, const struct told_login *login)
{
	if (x->logins_n == LOGINS) {
		x->logins_head = (x->logins_head + 1) % LOGINS;
		x->logins_n--;
	}
	x->logins[(x->logins_head + x->logins_n++) % LOGINS] = *login;
}

/* "Attempting to login user: U": who it is about, should the end not say it */
static void note_attempt(struct tracker *t, const struct event *e)
{
	struct told_login login = login_of(t, e, true);

	login.matched = true;
	login.name_n = keep(login.name, sizeof login.name, e->user);
	login_keep(state(t), &login);
}

/* The other log has told this login; else it is kept, and *e gets the name that its attempt had. */
static bool login_known(struct tracker *t, struct event *e, bool administrative)
{
	struct smartermail *x = state(t);
	struct told_login login = login_of(t, e, administrative);

	for (size_t i = 0; i < x->logins_n; i++) {
		struct told_login *other = login_at(x, i);

		if (login.time_us == USEC_NONE || other->time_us == USEC_NONE)
			continue; /* a line before the first date */
		if (login.time_us - other->time_us > SAME_LOGIN_US)
			break;
		if (other->ip != login.ip || !same_name(other->service, login.service))
			continue;
		if (other->name_n) {
			if (administrative && !told(e->user))
				e->user = KEPT(other, name);
		} else if (!other->matched && other->administrative != administrative && other->success == login.success &&
			   same_name(other->user, login.user)) {
			other->matched = true;
			return true;
		}
	}
	login.user = name_hash(e->user);
	login_keep(x, &login);
	return false;
}

/* ---- deliveries ---- */

static void note_reply(struct talk *k, const struct event *e)
{
	k->remote = true;
	/* a refusal is not forgotten for the answer to QUIT */
	if (e->smtp_code < 400 && k->code >= 400)
		return;
	if (e->smtp_code == 354 || e->smtp_code < 200 || (e->smtp_code < 300 && !slice_is(KEPT(k, stage), "data")))
		return;
	k->code = e->smtp_code;
	KEEP(k, reply, e->reply);
}

static void note_dialogue(struct talk *k, const struct event *e)
{
	if (told(e->commands)) {
		k->remote = true;
		KEEP(k, stage, e->stage);
		if (told(e->sender))
			k->code = -1;
	} else if (e->smtp_code >= 0) {
		note_reply(k, e);
	} else if (e->category == NOTICE_DELIVERY && told(e->recipient)) {
		KEEP(k, local, e->recipient);
	} else if (e->category == NOTICE_QUEUE) {
		k->deferred = true;
	}
	if (told(e->relay_ip)) {
		k->remote = true;
		KEEP(k, relay_ip, e->relay_ip);
		k->relay_port = e->relay_port;
	}
	if (told(e->relay_host))
		KEEP(k, relay_host, e->relay_host);
}

static void fill_result(struct talk *k, struct event *e)
{
	bool here = k->local_n && slice_eq_fold(KEPT(k, local), e->recipient);

	k->deferred = e->outcome == OUTCOME_DEFERRED;
	if (here) {
		e->marks |= MARK_LOCAL;
		e->reason = SLICE_NONE;
		return;
	}
	if (!k->remote)
		return;
	if (e->outcome == OUTCOME_DELIVERED)
		e->outcome = OUTCOME_RELAYED;
	e->relay_host = KEPT(k, relay_host);
	e->relay_ip = KEPT(k, relay_ip);
	e->relay_port = k->relay_port;
	if (k->code < 0 || (k->code >= 400) != (e->outcome != OUTCOME_RELAYED))
		return;
	e->smtp_code = k->code;
	e->reply = KEPT(k, reply);
	e->reason = SLICE_NONE;
}

static bool delivery(struct tracker *t, const struct line *l, struct event *e)
{
	struct talk *k = talk_of(t, l, e->queue_id, false);

	switch (e->kind) {
	case EV_QUEUED:
		talk_clear(k);
		break;
	case EV_NOTICE:
		note_dialogue(k, e);
		break;
	case EV_ATTEMPT:
		fill_result(k, e);
		break;
	case EV_DONE:
		if (told(e->sender) && k->deferred) { /* this round is over, no more */
			e->kind = EV_NOTICE;
			e->category = NOTICE_DELIVERY;
			e->severity = SEVERITY_INFO;
		}
		break;
	default:
		break;
	}
	return true;
}

/* ---- events ---- */

static bool client(struct tracker *t, const struct line *l, struct event *e)
{
	struct talk *k = talk_of(t, l, e->session, true);

	switch (e->kind) {
	case EV_CONNECT:
		if (k->connected)
			return false;
		talk_clear(k);
		k->begin_us = l->time_us;
		k->connected = true;
		return true;
	case EV_DISCONNECT:
		end_session(t, l, e, k);
		return false;
	case EV_NOTICE:
		note_words(k, e);
		return true;
	case EV_REJECT:
		fill_refusal(k, e);
		return true;
	case EV_AUTH:
		return fill_login(k, e) && !login_known(t, e, false);
	case EV_ACCEPT:
		fill_accept(k, e);
		forget_mail(k);
		return true;
	default:
		return true;
	}
}

bool smartermail_event(struct tracker *t, const struct line *l, struct event *e)
{
	if (told(e->session))
		return client(t, l, e);
	if (told(e->queue_id))
		return delivery(t, l, e);
	if (e->kind == EV_AUTH)
		return !login_known(t, e, true);
	if (e->kind == EV_NOTICE && e->category == NOTICE_AUTH && told(e->user))
		note_attempt(t, e);
	return true;
}

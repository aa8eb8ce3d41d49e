/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange_session.c - the sessions of Exchange's protocol logs
 *
 * What a refusal or a login is about stands in the commands before it.  Clients may send several ahead of the answers
 * (RFC 2920), so they wait in order.  The tracking log names a session by the same id.
 * Trap: the front end passes sessions on to the transport service of the same server, which logs them once more.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "track/exchange_priv.h"

#define SESSIONS 4096 /* that are remembered; the oldest go first */
#define BUCKETS  4096

static struct slice kept(const char *p, size_t n)
{
	return n ? slice_of(p, n) : SLICE_NONE;
}

static size_t keep(char *to, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size;

	if (n)
		memcpy(to, s.p, n);
	return n;
}
#define KEEP(s, field, value) ((s)->field##_n = (uint16_t)keep((s)->field, sizeof (s)->field, (value)))
#define KEPT(s, field)        kept((s)->field, (s)->field##_n)

struct exchange *exchange_state(struct tracker *t)
{
	if (!t->exchange) {
		t->exchange = xcalloc(1, sizeof *t->exchange);
		t->exchange->key = intern(&t->names, SLICE("\1exchange"));
	}
	return t->exchange;
}

void exchange_done(struct tracker *t)
{
	if (!t->exchange)
		return;
	free(t->exchange->ring);
	free(t->exchange->buckets);
	free(t->exchange);
	t->exchange = NULL;
}

static void forget_oldest(struct exchange *x)
{
	uint32_t index = (uint32_t)x->head;
	uint32_t *at = &x->buckets[x->ring[index].hash % BUCKETS];

	while (*at && *at != index + 1)
		at = &x->ring[*at - 1].next;
	if (*at)
		*at = x->ring[index].next;
	x->head = (x->head + 1) % SESSIONS;
	x->n--;
}

static struct protocol_session *find(const struct exchange *x, struct slice id)
{
	uint64_t hash;
	uint32_t at;

	if (!x->ring || !told(id))
		return NULL;
	hash = hash_slice(id);
	for (at = x->buckets[hash % BUCKETS]; at && x->ring[at - 1].hash != hash;)
		at = x->ring[at - 1].next;
	return at ? &x->ring[at - 1] : NULL;
}

const struct protocol_session *exchange_session(const struct exchange *x, struct slice id)
{
	return find(x, id);
}

static struct protocol_session *find_or_add(struct exchange *x, struct slice id)
{
	struct protocol_session *s = find(x, id);
	uint32_t index;

	if (s)
		return s;
	if (!x->ring) {
		x->ring = xcalloc(SESSIONS, sizeof *x->ring);
		x->buckets = xcalloc(BUCKETS, sizeof *x->buckets);
	}
	if (x->n == SESSIONS)
		forget_oldest(x);
	index = (uint32_t)((x->head + x->n++) % SESSIONS);
	s = &x->ring[index];
	*s = (struct protocol_session){ .hash = hash_slice(id), .begin_us = USEC_NONE };
	s->next = x->buckets[s->hash % BUCKETS];
	x->buckets[s->hash % BUCKETS] = index + 1;
	return s;
}

/* A command of the client. */
static void note_command(struct protocol_session *s, const struct event *e)
{
	struct waiting_command *w;

	if (told(e->helo))
		KEEP(s, helo, e->helo);
	if (told(e->sender))
		KEEP(s, sender, e->sender);
	if (told(e->auth_method))
		KEEP(s, method, e->auth_method);
	if (s->challenged || s->n == EXCHANGE_WAITING)
		return;
	w = &s->waiting[(s->first + s->n++) % EXCHANGE_WAITING];
	w->stage_n = (uint8_t)keep(w->stage, sizeof w->stage, e->stage);
	w->recipient_n = (uint8_t)keep(w->recipient, sizeof w->recipient, e->recipient);
}

/* An answer: to the command that waits the longest; NULL: to none that was seen.  354 and 334 ask for more first. */
static const struct waiting_command *answered(struct protocol_session *s, int64_t code)
{
	const struct waiting_command *w = s->n ? &s->waiting[s->first] : NULL;

	s->challenged = w && code == 334;
	if (w && code != 334 && code != 354) {
		s->first = (uint8_t)((s->first + 1) % EXCHANGE_WAITING);
		s->n--;
	}
	return w;
}

static void on_refusal(struct tracker *t, const struct line *l, const struct event *e, struct protocol_session *s)
{
	const struct waiting_command *w = answered(s, e->smtp_code);
	struct event refusal = *e;

	refusal.helo = KEPT(s, helo);
	refusal.user = KEPT(s, user);
	if (!told(refusal.client_ip))
		refusal.client_ip = KEPT(s, client_ip);
	if (w) {
		refusal.stage = kept(w->stage, w->stage_n);
		refusal.recipient = kept(w->recipient, w->recipient_n);
	} else if (s->begin_us != USEC_NONE && !s->helo_n) {
		refusal.stage = SLICE("connect");
	}
	if (told(refusal.stage) && (slice_is(refusal.stage, "mail") || slice_is(refusal.stage, "rcpt") ||
				    slice_is(refusal.stage, "data")))
		refusal.sender = KEPT(s, sender);
	if (!s->proxied || !t->exchange->sees_clients)
		rejection_emit(t, l, &refusal, NULL);
}

static void on_login(struct tracker *t, const struct line *l, const struct event *e, struct protocol_session *s)
{
	struct event login = *e;

	if (e->success == 0 && e->smtp_code >= 0)
		(void)answered(s, e->smtp_code);
	if (!told(login.auth_method))
		login.auth_method = KEPT(s, method);
	if (!told(login.user))
		login.user = KEPT(s, tried);
	if (login.success == 1)
		KEEP(s, user, e->user);
	s->tried_n = 0;
	login_event(t, l, &login);
}

static void on_end(struct tracker *t, const struct line *l, const struct event *e, const struct protocol_session *s)
{
	struct session fact = { .begin_us = s->begin_us, .end_us = l->time_us, .utc_offset_sec = l->utc_offset_sec,
				.server = l->server, .writer = e->writer, .service = e->service,
				.client_ip = told(e->client_ip) ? e->client_ip : KEPT(s, client_ip),
				.tls_version = KEPT(s, tls) };

	if (t->sink.session && !s->proxied && told(e->service) && slice_is(e->service, "smtp"))
		t->sink.session(t->sink.ctx, &fact);
}

void exchange_protocol_event(struct tracker *t, const struct line *l, const struct event *e)
{
	struct protocol_session *s = find_or_add(exchange_state(t), e->session);

	if (told(e->client_ip)) {
		s->proxied = told(e->local_ip) && slice_eq(e->client_ip, e->local_ip);
		t->exchange->sees_clients = t->exchange->sees_clients || !s->proxied;
	}
	switch (e->kind) {
	case EV_CONNECT:
		s->begin_us = l->time_us;
		s->n = 0;
		KEEP(s, client_ip, e->client_ip);
		break;
	case EV_DISCONNECT:
		on_end(t, l, e, s);
		break;
	case EV_REJECT:
		on_refusal(t, l, e, s);
		break;
	case EV_AUTH:
		on_login(t, l, e, s);
		break;
	case EV_TLS:
		if (e->success != 0)
			KEEP(s, tls, e->tls_version);
		else
			session_tls(t, l, e);
		break;
	default:
		if (told(e->user))
			KEEP(s, tried, e->user);
		if (told(e->commands) && told(e->client_ip))
			note_command(s, e);
		else if (e->smtp_code >= 0 && told(e->client_ip))
			(void)answered(s, e->smtp_code);
		break;
	}
}

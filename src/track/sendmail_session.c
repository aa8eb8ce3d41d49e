/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sendmail_session.c - connections of Sendmail
 *
 * A child of the daemon serves one connection: STARTTLS=server, AUTH=server and the messages of a client have
 * one pid, and so have STARTTLS=client and the deliveries over it.  Nothing tells the end of an ordinary
 * connection, and by default not its beginning either: what is known of a pid is believed for the same client
 * and an hour.  The daemon's name (the service) stands on lines behind the login, so a login waits for it a
 * little.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "track/sendmail_priv.h"

#define SESSIONS        4096 /* slots, by pid; a later pid of the same slot takes it over */
#define OUTGOING        1024
#define LOGINS          256  /* that wait for their service */
#define SESSION_LIFE_US USEC_PER_HOUR
#define LOGIN_WAIT_US   (10 * USEC_PER_MIN)

struct session_slot {
	int64_t pid; /* 0: free */
	sym_t server;
	usec_t begin_us, last_us;
	int32_t utc_offset_sec;
	bool connected; /* its connect was logged: a session to be told */
	uint16_t ip_n, host_n, version_n, cipher_n, user_n, service_n, waiting;
	char ip[48], host[128], version[16], cipher[64], user[128], service[32];
};

struct outgoing_slot {
	int64_t pid;
	sym_t server;
	usec_t time_us;
	int8_t verified;
	uint16_t ip_n, host_n, version_n, cipher_n;
	char ip[48], host[128], version[16], cipher[64];
};

struct waiting_login {
	bool told;
	int64_t pid;
	sym_t server;
	struct line line;
	bool success;
	uint16_t user_n, ip_n, host_n, method_n, reason_n;
	char user[128], ip[48], host[128], method[32], reason[160];
};

struct sendmail_sessions {
	struct session_slot slots[SESSIONS];
	struct outgoing_slot outgoing[OUTGOING];
	struct waiting_login logins[LOGINS];
	size_t login_head, login_n;
};

static struct sendmail_sessions *sessions(struct tracker *t)
{
	if (!t->sendmail)
		t->sendmail = xcalloc(1, sizeof *t->sendmail);
	return t->sendmail;
}

static void text_set(char *to, size_t size, uint16_t *n, struct slice s)
{
	*n = 0;
	if (!told(s))
		return;
	*n = (uint16_t)(s.n < size ? s.n : size);
	memcpy(to, s.p, *n);
}
#define TEXT_SET(slot, field, s) text_set((slot)->field, sizeof(slot)->field, &(slot)->field##_n, (s))
#define TEXT_GET(slot, field) ((slot)->field##_n ? slice_of((slot)->field, (slot)->field##_n) : SLICE_NONE)

/* ---- logins that wait for their service ---- */

static void login_tell(struct tracker *t, struct waiting_login *w, struct slice service)
{
	struct login login = {
		.time_us = w->line.time_us,
		.utc_offset_sec = w->line.utc_offset_sec,
		.server = intern_name(&t->names, w->server),
		.writer = WRITER_SENDMAIL,
		.service = service,
		.user = TEXT_GET(w, user),
		.client_ip = TEXT_GET(w, ip),
		.client_host = TEXT_GET(w, host),
		.auth_method = TEXT_GET(w, method),
		.success = w->success,
		.attempts = 1,
		.reason = TEXT_GET(w, reason),
	};

	w->told = true;
	login_emit(t, &w->line, &login);
}

static struct waiting_login *login_at(struct sendmail_sessions *s, size_t i)
{
	return &s->logins[(s->login_head + i) % LOGINS];
}

/* drop what is told from the front; tell what waited too long, all of it at the end */
static void logins_advance(struct tracker *t, struct sendmail_sessions *s, bool all)
{
	while (s->login_n) {
		struct waiting_login *w = login_at(s, 0);

		if (!w->told) {
			if (!all && usec_since(w->line.time_us, t->now_us) < LOGIN_WAIT_US)
				return;
			login_tell(t, w, SLICE_NONE);
		}
		s->login_head = (s->login_head + 1) % LOGINS;
		s->login_n--;
	}
}

static void login_wait(struct tracker *t, const struct line *l, const struct event *e)
{
	struct sendmail_sessions *s = sessions(t);
	struct waiting_login *w;

	logins_advance(t, s, false);
	if (s->login_n == LOGINS) {
		w = login_at(s, 0);
		if (!w->told)
			login_tell(t, w, SLICE_NONE);
		s->login_head = (s->login_head + 1) % LOGINS;
		s->login_n--;
	}
	w = login_at(s, s->login_n++);
	w->told = false;
	w->pid = l->pid;
	w->server = track_server(t, l);
	w->line = track_keep_line(l, intern_name(&t->names, w->server));
	w->success = e->success == 1;
	TEXT_SET(w, user, e->user);
	TEXT_SET(w, ip, e->client_ip);
	TEXT_SET(w, host, e->client_host);
	TEXT_SET(w, method, e->auth_method);
	TEXT_SET(w, reason, e->reason);
}

static void logins_resolve(struct tracker *t, struct session_slot *slot, struct slice service)
{
	struct sendmail_sessions *s = sessions(t);

	for (size_t i = 0; i < s->login_n && slot->waiting; i++) {
		struct waiting_login *w = login_at(s, i);

		if (w->told || w->pid != slot->pid || w->server != slot->server)
			continue;
		login_tell(t, w, service);
		slot->waiting--;
	}
	slot->waiting = 0;
}

/* ---- sessions ---- */

static void session_tell(struct tracker *t, struct session_slot *slot)
{
	struct session fact = {
		.begin_us = slot->begin_us,
		.end_us = slot->last_us,
		.utc_offset_sec = slot->utc_offset_sec,
		.server = intern_name(&t->names, slot->server),
		.writer = WRITER_SENDMAIL,
		.service = TEXT_GET(slot, service),
		.client_host = TEXT_GET(slot, host),
		.client_ip = TEXT_GET(slot, ip),
		.tls_version = TEXT_GET(slot, version),
	};

	if (slot->connected && t->sink.session)
		t->sink.session(t->sink.ctx, &fact);
	slot->connected = false;
}

static void session_close(struct tracker *t, struct session_slot *slot)
{
	if (slot->pid) {
		logins_resolve(t, slot, SLICE_NONE);
		session_tell(t, slot);
	}
	slot->pid = 0;
}

/* what is known of the line's process; NULL: nothing, or not of this client */
static struct session_slot *session_find(struct tracker *t, const struct line *l, struct slice client_ip)
{
	struct session_slot *slot;

	if (!t->sendmail || l->pid <= 0)
		return NULL;
	slot = &t->sendmail->slots[(uint64_t)l->pid % SESSIONS];
	if (slot->pid != l->pid || slot->server != track_server(t, l) ||
	    usec_since(slot->last_us, l->time_us) > SESSION_LIFE_US)
		return NULL;
	if (told(client_ip) && slot->ip_n && !slice_eq(client_ip, slice_of(slot->ip, slot->ip_n)))
		return NULL;
	slot->last_us = l->time_us;
	return slot;
}

static struct session_slot *session_open(struct tracker *t, const struct line *l, const struct event *e)
{
	struct session_slot *slot;

	if (l->pid <= 0)
		return NULL;
	slot = &sessions(t)->slots[(uint64_t)l->pid % SESSIONS];
	session_close(t, slot);
	*slot = (struct session_slot){ .pid = l->pid,
				       .server = track_server(t, l),
				       .begin_us = l->time_us,
				       .last_us = l->time_us,
				       .utc_offset_sec = l->utc_offset_sec };
	TEXT_SET(slot, ip, e->client_ip);
	TEXT_SET(slot, host, e->client_host);
	return slot;
}

static struct session_slot *session_find_or_open(struct tracker *t, const struct line *l,
						 const struct event *e)
{
	struct session_slot *slot = session_find(t, l, e->client_ip);

	return slot ? slot : session_open(t, l, e);
}

void sendmail_session_connect(struct tracker *t, const struct line *l, const struct event *e)
{
	struct session_slot *slot = session_open(t, l, e);

	if (slot)
		slot->connected = true;
}

void sendmail_session_service(struct tracker *t, const struct line *l, struct slice service)
{
	struct session_slot *slot = told(service) ? session_find(t, l, SLICE_NONE) : NULL;

	if (!slot)
		return;
	TEXT_SET(slot, service, service);
	if (slot->waiting)
		logins_resolve(t, slot, service);
}

void sendmail_session_end(struct tracker *t, const struct line *l, const struct event *e)
{
	struct session_slot *slot = session_find(t, l, SLICE_NONE);

	if (!slot)
		return;
	sendmail_session_service(t, l, e->service);
	session_close(t, slot);
}

void sendmail_session_auth(struct tracker *t, const struct line *l, const struct event *e)
{
	struct session_slot *slot = session_find_or_open(t, l, e);

	if (!slot) {
		login_event(t, l, e);
		return;
	}
	if (e->success == 1)
		TEXT_SET(slot, user, e->user);
	login_wait(t, l, e);
	slot->waiting++;
	if (slot->service_n)
		logins_resolve(t, slot, TEXT_GET(slot, service));
}

void sendmail_session_message(struct tracker *t, const struct line *l, struct open_message *om)
{
	struct session_slot *slot = session_find(t, l, om->m.client_ip);

	if (!slot)
		return;
	if (slot->user_n) {
		message_set(om, &om->m.user, TEXT_GET(slot, user));
		om->m.authenticated = true;
	}
	message_set(om, &om->m.tls_version, TEXT_GET(slot, version));
	message_set_detail(t, om, &om->m.tls_cipher, TEXT_GET(slot, cipher));
}

void sendmail_session_client(struct tracker *t, const struct line *l, struct event *e)
{
	struct session_slot *slot = session_find(t, l, SLICE_NONE);

	if (!slot)
		return;
	e->client_ip = TEXT_GET(slot, ip);
	e->client_host = TEXT_GET(slot, host);
}

/* ---- TLS ---- */

static void outgoing_tls(struct tracker *t, const struct line *l, const struct event *e)
{
	struct outgoing_slot *o;

	if (l->pid <= 0)
		return;
	o = &sessions(t)->outgoing[(uint64_t)l->pid % OUTGOING];
	o->pid = l->pid;
	o->server = track_server(t, l);
	o->time_us = l->time_us;
	o->verified = e->verified;
	TEXT_SET(o, ip, e->relay_ip);
	TEXT_SET(o, host, e->relay_host);
	TEXT_SET(o, version, e->tls_version);
	TEXT_SET(o, cipher, e->tls_cipher);
}

void sendmail_session_tls(struct tracker *t, const struct line *l, const struct event *e)
{
	bool outgoing = told(e->action) && slice_is(e->action, "out");
	struct session_slot *slot;

	if (e->success != 1) {
		session_tls(t, l, e);
		return;
	}
	if (outgoing) {
		outgoing_tls(t, l, e);
		return;
	}
	slot = session_find_or_open(t, l, e);
	if (!slot)
		return;
	TEXT_SET(slot, version, e->tls_version);
	TEXT_SET(slot, cipher, e->tls_cipher);
}

/* the same host; long names are logged as "tenant-example.mai...ction.example.net" */
static bool same_host(struct slice full, struct slice logged)
{
	size_t at = slice_find(logged, SLICE("..."));
	struct slice end;

	if (at == logged.n)
		return slice_eq_fold(full, logged);
	end = slice_from(logged, at + 3);
	/* without the dots of its cut, of which there may be one more, and of its end */
	while (end.n && end.p[0] == '.')
		end = slice_from(end, 1);
	return full.n >= at + end.n && slice_eq_fold(slice_head(full, at), slice_head(logged, at)) &&
	       slice_eq_fold(slice_from(full, full.n - end.n), end);
}

void sendmail_session_outgoing_tls(struct tracker *t, const struct line *l, struct event *e)
{
	const struct outgoing_slot *o;
	bool same;

	if (!t->sendmail || l->pid <= 0)
		return;
	o = &t->sendmail->outgoing[(uint64_t)l->pid % OUTGOING];
	if (o->pid != l->pid || o->server != track_server(t, l) || usec_since(o->time_us, l->time_us) > SESSION_LIFE_US)
		return;
	if (o->host_n && told(e->relay_host))
		same = same_host(slice_of(o->host, o->host_n), e->relay_host);
	else
		same = o->ip_n && told(e->relay_ip) && slice_eq(e->relay_ip, slice_of(o->ip, o->ip_n));
	if (!same)
		return;
	e->tls_version = TEXT_GET(o, version);
	e->tls_cipher = TEXT_GET(o, cipher);
	e->verified = o->verified;
}

/* ---- the end ---- */

void sendmail_end(struct tracker *t)
{
	if (!t->sendmail)
		return;
	for (size_t i = 0; i < SESSIONS; i++)
		session_close(t, &t->sendmail->slots[i]);
	logins_advance(t, t->sendmail, true);
}

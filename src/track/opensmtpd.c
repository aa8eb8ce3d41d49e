/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opensmtpd.c - OpenSMTPD: whose a session is, and when a message is done
 *
 * Only the first line of a session names the client, and only the login names the account.  No line says that a message left the
 * queue: it has when each recipient that was taken has an end.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "track/track_priv.h"

#define SESSIONS 4096 /* places; a session takes that of an older one */

struct client_session {
	uint64_t key; /* 0: free */
	bool local;
	uint16_t ip_n, host_n, user_n;
	char ip[48], host[256], user[128];
};

static uint16_t keep(char *to, size_t size, struct slice s)
{
	size_t n = told(s) ? s.n < size ? s.n : size : 0;

	if (n)
		memcpy(to, s.p, n);
	return (uint16_t)n;
}

static struct slice kept(const char *p, size_t n)
{
	return n ? slice_of(p, n) : SLICE_NONE;
}

/* the session's place; may hold another one */
static struct client_session *place_of(struct tracker *t, uint64_t key)
{
	if (!t->opensmtpd)
		t->opensmtpd = xcalloc(SESSIONS, sizeof *t->opensmtpd);
	return &t->opensmtpd[(key >> 1) % SESSIONS]; /* its lowest bit is always set */
}

static void note(struct client_session *s, uint64_t key, const struct event *e)
{
	if (e->kind == EV_CONNECT) {
		*s = (struct client_session){ .key = key, .local = e->marks & MARK_LOCAL };
		s->ip_n = keep(s->ip, sizeof s->ip, e->client_ip);
		s->host_n = keep(s->host, sizeof s->host, e->client_host);
	} else if (e->kind == EV_AUTH && e->success == 1 && s->key == key) {
		s->user_n = keep(s->user, sizeof s->user, e->user);
	}
}

/* what e leaves out */
static void fill(const struct client_session *s, struct event *e)
{
	if (!told(e->client_ip))
		e->client_ip = kept(s->ip, s->ip_n);
	if (!told(e->client_host))
		e->client_host = kept(s->host, s->host_n);
	if (!told(e->user) && e->kind == EV_ACCEPT)
		e->user = kept(s->user, s->user_n);
	if (s->local)
		e->marks |= MARK_LOCAL;
}

static bool is_complete(const struct open_message *om)
{
	for (const struct recipient *r = om->m.recipients; r; r = r->next)
		if (!outcome_is_final(r->outcome))
			return false;
	return om->accepted && om->m.n_recipients > 0 && om->m.n_recipients >= om->m.recipient_count;
}

void opensmtpd_event(struct tracker *t, const struct line *l, struct event *e)
{
	uint64_t key = hash_slice(e->session) ^ (uint64_t)track_server(t, l) * UINT64_C(0x9e3779b97f4a7c15);
	struct client_session *s;

	if (!told(e->session) || !told(e->service)) /* service: of a client's session */
		return;
	s = place_of(t, key | 1);
	note(s, key | 1, e);
	if (s->key == (key | 1))
		fill(s, e);
}

/* nrcpt= counts what RCPT named; an alias has more ends, which come within the time that a message lingers */
void opensmtpd_settle(struct tracker *t, const struct line *l, const struct event *e)
{
	struct open_message *om;

	if (e->kind != EV_ATTEMPT && e->kind != EV_ACCEPT)
		return;
	om = track_find_on_server(t, track_server(t, l), e->queue_id, track_id_hash(e->queue_id));
	if (om && e->kind == EV_ACCEPT) {
		om->m.recipient_count = e->recipient_count;
	} else if (om && !om->done && is_complete(om)) {
		message_finish(om, l);
		track_touch(t, om, l);
	} else if (om && om->done && !is_complete(om)) { /* one more end, of an alias */
		om->done = om->m.end_seen = false;
		om->m.finished_us = USEC_NONE;
		track_touch(t, om, l);
	}
}

void opensmtpd_done(struct tracker *t)
{
	free(t->opensmtpd);
	t->opensmtpd = NULL;
}

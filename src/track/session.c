/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c - SMTP sessions of daemons that serve one client at a time
 *
 * Postfix' smtpd writes connect, TLS, client=, disconnect with the same pid: (server, tag, pid) is the session.
 * Exim names the client in each line and needs no such memory.  postscreen hands a client on to smtpd, which
 * then logs a connect of its own: only the sessions that end in postscreen count there.
 */
#include <stddef.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "base/scan.h"
#include "track/track_priv.h"

#define MAX_SESSIONS 65536

static void text_set(char *to, size_t size, uint16_t *n, struct slice s)
{
	if (!told(s))
		return;
	*n = (uint16_t)(s.n < size ? s.n : size);
	memcpy(to, s.p, *n);
}
#define TEXT_SET(session, field, s) text_set((session)->field, sizeof (session)->field, &(session)->field##_n, (s))
#define TEXT_GET(session, field) \
	((session)->field##_n ? slice_of((session)->field, (session)->field##_n) : SLICE_NONE)

static struct smtp_session **session_bucket(struct tracker *t, int64_t pid)
{
	return &t->sessions[(uint64_t)pid % ARRAY_LEN(t->sessions)];
}

static inline bool same_program(const struct smtp_session *s, const struct line *l)
{
	if (s->program_no || l->program_no) /* what has no number never gets one */
		return s->program_no == l->program_no;
	return slice_eq(slice_of(s->program, s->program_n), l->program);
}

struct smtp_session *session_search(struct tracker *t, struct smtp_session *s, const struct line *l)
{
	while (s && !(s->pid == l->pid && same_program(s, l) && s->server == track_server(t, l)))
		s = s->bucket_next;
	return s;
}

static void unlink_session(struct tracker *t, struct smtp_session *s)
{
	if (s->prev)
		s->prev->next = s->next;
	else
		t->sessions_head = s->next;
	if (s->next)
		s->next->prev = s->prev;
	else
		t->sessions_tail = s->prev;
}

static void session_free(struct tracker *t, struct smtp_session *s)
{
	struct smtp_session **at = session_bucket(t, s->pid);

	if (s->current)
		s->current->session = NULL;
	while (*at != s)
		at = &(*at)->bucket_next;
	*at = s->bucket_next;
	t->n_sessions--;
	unlink_session(t, s);
	if (s->discarding)
		free(s->discarding);
	s->next = t->free_sessions;
	t->free_sessions = s;
}

static struct smtp_session *session_new(struct tracker *t)
{
	struct smtp_session *s = t->free_sessions;

	if (s)
		t->free_sessions = s->next;
	else
		s = xmalloc(sizeof *s);
	/* nothing is cleared: every field but the texts is set here or by session_connect() */
	s->program_n = s->client_ip_n = s->tls_version_n = s->user_n = 0;
	s->logins = s->failures = 0;
	s->discarding = NULL;
	s->current = NULL;
	s->next = NULL;
	return s;
}

void session_connect(struct tracker *t, const struct line *l, const struct event *e)
{
	struct smtp_session *s, **bucket;

	if (e->writer == WRITER_EXIM)
		t->exim_tells_sessions = true;
	if (e->writer != WRITER_POSTFIX || l->pid < 0 || l->program.n > sizeof s->program ||
	    slice_ends(l->program, "postscreen"))
		return;
	s = session_of(t, l);
	if (s)
		session_free(t, s); /* its disconnect was not logged */
	if (t->n_sessions >= MAX_SESSIONS)
		session_free(t, t->sessions_head);
	s = session_new(t);
	s->server = track_server(t, l);
	s->pid = l->pid;
	s->program_no = l->program_no;
	s->server_no = l->server_no;
	if (!l->program_no) /* else nobody looks at the name */
		TEXT_SET(s, program, l->program);
	bucket = session_bucket(t, l->pid);
	s->bucket_next = *bucket;
	*bucket = s;
	t->n_sessions++;
	s->begin_us = l->time_us;
	TEXT_SET(s, client_ip, e->client_ip);
	s->prev = t->sessions_tail;
	if (t->sessions_tail)
		t->sessions_tail->next = s;
	else
		t->sessions_head = s;
	t->sessions_tail = s;
}

bool session_discard(struct tracker *t, const struct line *l, const struct event *e)
{
	struct smtp_session *s = session_of(t, l);
	struct session_discard *d;

	if (!s || s->discarding)
		return s != NULL; /* further recipients of the same transaction */
	s->discarding = d = xcalloc(1, sizeof *d);
	d->at = fact_line_of(l);
	TEXT_SET(d, sender, e->sender);
	TEXT_SET(d, recipient, e->recipient);
	TEXT_SET(d, reason, told(e->reason) ? e->reason : e->reply);
	return true;
}

/* The session ends and the transaction never got an id. */
static void tell_discard(struct tracker *t, const struct line *l, const struct event *e,
			 const struct session_discard *d)
{
	struct line at = *l;
	struct event words = *e;

	at.source = d->at.source;
	at.length = d->at.length;
	at.line_no = d->at.line_no;
	at.offset = d->at.offset;
	at.time_us = d->at.time_us;
	words.sender = slice_of(d->sender, d->sender_n);
	words.recipient = slice_of(d->recipient, d->recipient_n);
	words.reason = slice_of(d->reason, d->reason_n);
	discard_emit(t, &at, &words);
}

/* "ehlo=1 auth=1/2 mail=1 ...": the figure of AUTH, accepted and in all */
static bool auth_count(struct slice commands, uint64_t *ret_ok, uint64_t *ret_all)
{
	const char *p = commands.p, *end = commands.p + commands.n;

	/* 'u' is rare among the names of commands */
	for (; (p = scan_for_from(commands.p, p, end, 'u')) < end; p++) {
		struct cur c = { p + 1, end };

		if (p == commands.p || p[-1] != 'a' || (p - 1 > commands.p && p[-2] != ' ') || !cur_lit(&c, "th="))
			continue;
		if (!cur_u64(&c, 1000000, ret_ok))
			return false;
		*ret_all = *ret_ok;
		return !cur_byte(&c, '/') || cur_u64(&c, 1000000, ret_all);
	}
	return false;
}

/* Logins that no other line told: a client that logged in and sent nothing, AUTH that failed without a word. */
static void silent_logins(struct tracker *t, const struct line *l, const struct event *e, struct smtp_session *s)
{
	uint64_t ok, all, told_ok = s->logins, told_failed = s->failures;
	struct login login;

	if (!told(e->commands) || !auth_count(e->commands, &ok, &all) ||
	    (ok <= told_ok && (all <= ok || all - ok <= told_failed)))
		return;
	login = (struct login){ .time_us = l->time_us, .utc_offset_sec = l->utc_offset_sec, .server = l->server,
				.writer = e->writer, .service = e->service, .client_ip = e->client_ip,
				.client_host = e->client_host, .attempts = 1 };
	if (ok > told_ok) {
		login.success = true;
		login.attempts = (int64_t)(ok - told_ok);
		login_emit(t, l, &login);
	}
	if (all > ok && all - ok > told_failed) {
		login.success = false;
		login.attempts = (int64_t)(all - ok - told_failed);
		login.reason = SLICE("AUTH failed (from the session's statistics)");
		login_emit(t, l, &login);
	}
}

/* s: what is known of it; NULL: nothing */
static void session_emit(struct tracker *t, const struct line *l, const struct event *e, const struct smtp_session *s)
{
	struct session fact;
	struct fact_line at;

	/* by default Exim tells only of sessions that went wrong: a count of those would mislead */
	if (!t->sink.session || (e->writer == WRITER_EXIM && !t->exim_tells_sessions))
		return;
	fact.begin_us = USEC_NONE;
	fact.end_us = l->time_us;
	fact.utc_offset_sec = l->utc_offset_sec;
	fact.server = l->server;
	fact.writer = e->writer;
	fact.service = e->service;
	fact.client_host = e->client_host;
	fact.client_ip = e->client_ip;
	fact.tls_version = slice_none;
	fact.commands = e->commands;
	fact.lines = NULL;
	if (e->duration_s >= 0 && l->time_us != USEC_NONE)
		fact.begin_us = l->time_us - e->duration_s;
	if (s) {
		fact.begin_us = s->begin_us;
		fact.tls_version = TEXT_GET(s, tls_version);
		if (!told(fact.client_ip))
			fact.client_ip = TEXT_GET(s, client_ip);
	}
	if (t->o.keep_lines) {
		at = fact_line_of(l);
		fact.lines = &at;
	}
	t->sink.session(t->sink.ctx, &fact);
}

void session_disconnect(struct tracker *t, const struct line *l, const struct event *e)
{
	struct smtp_session *s = e->writer == WRITER_POSTFIX ? session_of(t, l) : NULL;

	if (e->writer == WRITER_COURIER)
		return; /* no SMTP session */
	if (s) {
		silent_logins(t, l, e, s);
		if (s->discarding)
			tell_discard(t, l, e, s->discarding);
	}
	session_emit(t, l, e, s);
	if (s) {
		if (s->current)
			s->current->session_over = true;
		session_free(t, s);
	} else if (e->writer == WRITER_EXIM && told(e->user) && told(e->auth_method))
		login_seen(t, l, e);
}

/* How long a connection is believed to be the same one (smtp_connection_reuse_time_limit is 300 s). */
#define OUTGOING_TLS_LIFE_US (10 * USEC_PER_MIN)

static void remember_outgoing_tls(struct tracker *t, const struct line *l, const struct event *e)
{
	struct outgoing_tls *o = &t->outgoing_tls[(uint64_t)l->pid % ARRAY_LEN(t->outgoing_tls)];
	uint16_t ip_n = 0, version_n = 0, cipher_n = 0;

	if (l->pid < 0 || !told(e->relay_ip))
		return;
	text_set(o->ip, sizeof o->ip, &ip_n, e->relay_ip);
	text_set(o->version, sizeof o->version, &version_n, e->tls_version);
	text_set(o->cipher, sizeof o->cipher, &cipher_n, e->tls_cipher);
	o->ip_n = (uint8_t)ip_n;
	o->version_n = (uint8_t)version_n;
	o->cipher_n = (uint8_t)cipher_n;
	o->pid = l->pid;
	o->server = track_server(t, l);
	o->time_us = l->time_us;
	o->verified = e->verified;
}

const struct outgoing_tls *session_outgoing_tls(struct tracker *t, const struct line *l, struct slice relay_ip)
{
	const struct outgoing_tls *o = &t->outgoing_tls[(uint64_t)l->pid % ARRAY_LEN(t->outgoing_tls)];

	if (o->pid != l->pid || !o->version_n || usec_since(o->time_us, l->time_us) > OUTGOING_TLS_LIFE_US ||
	    !slice_eq(relay_ip, slice_of(o->ip, o->ip_n)) || o->server != track_server(t, l))
		return NULL;
	return o;
}

void session_tls(struct tracker *t, const struct line *l, const struct event *e)
{
	bool outgoing = told(e->relay_host) || told(e->relay_ip) || (told(e->action) && slice_is(e->action, "out"));
	struct smtp_session *s;

	if (e->success != 0) {
		s = outgoing ? NULL : session_of(t, l);
		if (s)
			TEXT_SET(s, tls_version, e->tls_version);
		else if (outgoing && t->o.details & DETAIL_TLS)
			remember_outgoing_tls(t, l, e);
		return;
	}
	if (t->sink.tls_failure) {
		struct fact_line at = fact_line_of(l);
		struct tls_failure f = { .time_us = l->time_us, .utc_offset_sec = l->utc_offset_sec,
					 .server = l->server, .writer = e->writer, .outgoing = outgoing,
					 .peer_host = outgoing ? e->relay_host : e->client_host,
					 .peer_ip = outgoing ? e->relay_ip : e->client_ip, .reason = e->reason,
					 .lines = t->o.keep_lines ? &at : NULL };

		t->sink.tls_failure(t->sink.ctx, &f);
	}
}

void sessions_done(struct tracker *t)
{
	while (t->sessions_head)
		session_free(t, t->sessions_head);
	while (t->free_sessions) {
		struct smtp_session *s = t->free_sessions;

		t->free_sessions = s->next;
		free(s);
	}
}

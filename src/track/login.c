/* SPDX-License-Identifier: Apache-2.0 */
/*
 * login.c - one login, told by several programs
 *
 * Dovecot's "auth:" lines (evidence) tell of every refused password, whoever asked: its own login processes,
 * which log the session's failures once more with a count, or an MTA, which logs its own failure.  Evidence is
 * kept until the session's or the MTA's line claims it; what nobody claims is a login of its own.
 *
 * Below both stand saslauthd and PAM, whose lines know no session and, but for PAM's rhost, no address: an MTA's failure of the
 * same user claims them, and so does a login process' line of the same address.  One password that PAM refuses is told by
 * PAM and by saslauthd: of two that fit, the later one is dropped.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "track/track_priv.h"

#define EVIDENCE_MAX        1024
#define RECENT_MAX          1024
#define REPEATS_MAX         64 /* of a line for equal ones: no more failures of one second are told apart */
#define CLAIM_WINDOW_US     (10 * USEC_PER_SEC)
#define SESSION_WINDOW_US   (5 * USEC_PER_MIN) /* login processes give up after 3 minutes */
#define CUT_USER_BYTES      60 /* names that agree so far were cut */
#define SAME_PORT_WINDOW_US USEC_PER_HOUR      /* one connection, several mails */

struct evidence {
	usec_t time_us;
	int32_t utc_offset_sec;
	bool claimed;
	bool below;             /* told by a password daemon or PAM */
	struct slice server;    /* name of the tracker's table */
	int64_t attempts;
	enum writer writer;
	struct fact_line at;
	char user[128], ip[48], method[32], reason[160], service[16];
	uint16_t user_n, ip_n, method_n, reason_n, service_n;
	uint64_t session;       /* hash; 0: none */
};

/* logins told lately: successes (so that a second mail of one connection is no second login), failures of MTAs */
struct recent_login {
	usec_t time_us;
	bool success;
	uint64_t ip, user;      /* hashes; 0: not told */
	int64_t port;
};

void logins_init(struct tracker *t)
{
	t->logins.ring = xcalloc(EVIDENCE_MAX, sizeof *t->logins.ring);
	t->logins.recent = xcalloc(RECENT_MAX, sizeof *t->logins.recent);
}

void logins_done(struct tracker *t)
{
	free(t->logins.ring);
	free(t->logins.recent);
}

static uint64_t hash_or_0(struct slice s)
{
	return told(s) && s.n ? hash_slice(s) : 0;
}

static uint16_t keep(char *to, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size;

	if (n)
		memcpy(to, s.p, n);
	return (uint16_t)n;
}

/* the session without what LMTP and IMAP append to it: "abc:R2" is "abc" */
static uint64_t session_hash(struct slice session)
{
	return hash_or_0(slice_head(session, slice_find_byte(session, ':')));
}

void login_emit(struct tracker *t, const struct line *l, struct login *login)
{
	struct fact_line at;

	if (t->o.keep_lines) {
		at = fact_line_of(l);
		login->lines = &at;
	}
	if (t->sink.login)
		t->sink.login(t->sink.ctx, login);
	login->lines = NULL;
}

/* ---- recent logins ---- */

static void recent_add(struct tracker *t, const struct line *l, const struct event *e, bool success)
{
	struct logins *g = &t->logins;

	g->recent[(g->recent_head + g->recent_n) % RECENT_MAX] = (struct recent_login){
		.time_us = l->time_us, .success = success, .ip = hash_or_0(e->client_ip), .user = hash_or_0(e->user),
		.port = e->client_port };
	if (g->recent_n < RECENT_MAX)
		g->recent_n++;
	else
		g->recent_head = (g->recent_head + 1) % RECENT_MAX;
}

static struct recent_login *recent_at(struct tracker *t, size_t back)
{
	struct logins *g = &t->logins;

	return &g->recent[(g->recent_head + g->recent_n - 1 - back) % RECENT_MAX];
}

/* The same connection's login, told by an earlier mail: only a client port shows that. */
static bool success_known(struct tracker *t, const struct line *l, const struct event *e)
{
	uint64_t ip, user;

	if (e->client_port < 0)
		return false;
	ip = hash_or_0(e->client_ip);
	user = hash_or_0(e->user);
	for (size_t i = 0; i < t->logins.recent_n; i++) {
		struct recent_login *r = recent_at(t, i);

		if (usec_since(r->time_us, l->time_us) > SAME_PORT_WINDOW_US)
			return false;
		if (r->success && r->ip == ip && r->user == user && r->port == e->client_port) {
			r->time_us = l->time_us;
			return true;
		}
	}
	return false;
}

/* a program that login processes and MTAs ask: a password daemon, PAM */
static bool is_below(const struct event *e)
{
	return e->writer == WRITER_PAM || e->writer == WRITER_SASLAUTHD || e->writer == WRITER_PLESK;
}

static bool failure_known(struct tracker *t, const struct line *l, const struct event *e)
{
	uint64_t ip = hash_or_0(e->client_ip), user = hash_or_0(e->user);

	for (size_t i = 0; i < t->logins.recent_n; i++) {
		const struct recent_login *r = recent_at(t, i);

		if (usec_since(r->time_us, l->time_us) > CLAIM_WINDOW_US)
			return false;
		if (!r->success && (r->ip == ip || (!ip && is_below(e))) && (r->user == user || !r->user || !user))
			return true;
	}
	return false;
}

/* ---- evidence ---- */

static struct evidence *evidence_at(struct tracker *t, size_t i)
{
	return &t->logins.ring[(t->logins.head + i) % EVIDENCE_MAX];
}

static void evidence_emit(struct tracker *t, struct evidence *ev, int64_t attempts, struct slice service)
{
	struct login login = { .time_us = ev->time_us, .utc_offset_sec = ev->utc_offset_sec, .server = ev->server,
			       .writer = ev->writer, .service = service, .attempts = attempts };

	if (ev->user_n)
		login.user = slice_of(ev->user, ev->user_n);
	if (ev->ip_n)
		login.client_ip = slice_of(ev->ip, ev->ip_n);
	if (ev->method_n)
		login.auth_method = slice_of(ev->method, ev->method_n);
	if (ev->reason_n)
		login.reason = slice_of(ev->reason, ev->reason_n);
	if (t->o.keep_lines)
		login.lines = &ev->at;
	if (t->sink.login)
		t->sink.login(t->sink.ctx, &login);
}

static void evidence_pop(struct tracker *t)
{
	struct evidence *ev = evidence_at(t, 0);

	if (!ev->claimed)
		evidence_emit(t, ev, ev->attempts, ev->service_n ? slice_of(ev->service, ev->service_n) : SLICE_NONE);
	t->logins.n_below -= ev->below;
	t->logins.head = (t->logins.head + 1) % EVIDENCE_MAX;
	if (--t->logins.n == 0)
		t->logins.head = 0; /* so that a quiet log uses the same few again and again */
}

void logins_expire(struct tracker *t, bool all)
{
	while (t->logins.n) {
		struct evidence *ev = evidence_at(t, 0);

		if (!all && !ev->claimed &&
		    usec_since(ev->time_us, t->now_us) <= (ev->session || ev->below ? SESSION_WINDOW_US : CLAIM_WINDOW_US))
			break;
		evidence_pop(t);
	}
}

/* the next byte; Exim prints those that are not ASCII as \ooo */
static unsigned char printed_byte(struct cur *c)
{
	const char *p = c->p;

	if (cur_left(c) >= 4 && p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' &&
	    p[3] >= '0' && p[3] <= '7') {
		c->p += 4;
		return (unsigned char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0'));
	}
	c->p++;
	return (unsigned char)*p;
}

/* Dovecot cuts long names ("aaaa..."), and so do we: then the shorter one is the start of the other. */
static bool same_user(struct slice kept, struct slice user)
{
	struct cur a, b = cur_of(user);
	size_t n = 0;

	if (slice_ends(kept, "..."))
		kept = slice_head(kept, kept.n - 3);
	a = cur_of(kept);
	for (; !cur_at_end(&a) && !cur_at_end(&b); n++)
		if (printed_byte(&a) != printed_byte(&b))
			return false;
	return n > 0 && ((cur_at_end(&a) && cur_at_end(&b)) || n >= CUT_USER_BYTES);
}

/* names with and without their domain: "ann" and "ann@example.com" */
static bool same_local_part(struct slice a, struct slice b)
{
	return a.n && b.n > a.n && b.p[a.n] == '@' && slice_eq(slice_head(b, a.n), a);
}

/* Could the evidence of a program below be about this one?  What one of them does not tell is no contradiction. */
static bool may_be_same(const struct evidence *ev, const struct event *e)
{
	struct slice user = slice_of(ev->user, ev->user_n), ip = slice_of(ev->ip, ev->ip_n);

	if (ip.n && told(e->client_ip) && !slice_eq(ip, e->client_ip))
		return false;
	return !user.n || !told(e->user) || same_user(user, e->user) || same_local_part(user, e->user) ||
	       same_local_part(e->user, user);
}

/* Up to n attempts that programs below have told of lately, and that may be about this, are told here. */
static void claim_below(struct tracker *t, const struct event *e, int64_t n, usec_t window_us)
{
	if (t->logins.n_below == 0)
		return;
	for (size_t i = 0; i < t->logins.n && n > 0; i++) {
		struct evidence *ev = evidence_at(t, i);

		if (!ev->below || ev->claimed || usec_since(ev->time_us, t->now_us) > window_us || !may_be_same(ev, e))
			continue;
		ev->claimed = true;
		n -= ev->attempts;
	}
}

/* another program below has told of this password already */
static bool below_known(struct tracker *t, const struct event *e)
{
	for (size_t i = t->logins.n; i-- > 0;) {
		const struct evidence *ev = evidence_at(t, i);

		if (usec_since(ev->time_us, t->now_us) > CLAIM_WINDOW_US)
			return false;
		if (ev->below && ev->writer != e->writer && may_be_same(ev, e))
			return true;
	}
	return false;
}

static void evidence_add(struct tracker *t, const struct line *l, const struct event *e)
{
	struct evidence *ev;

	if (e->success == 1 || (!told(e->session) && failure_known(t, l, e)))
		return;
	if (is_below(e)) {
		if (below_known(t, e))
			return;
	} else {
		claim_below(t, e, 1, CLAIM_WINDOW_US);
	}
	if (t->logins.n == EVIDENCE_MAX)
		evidence_pop(t);
	ev = evidence_at(t, t->logins.n++);
	*ev = (struct evidence){ .time_us = l->time_us, .utc_offset_sec = l->utc_offset_sec, .writer = e->writer };
	ev->server = intern_name(&t->names, track_server(t, l));
	ev->at = fact_line_of(l);
	ev->user_n = keep(ev->user, sizeof ev->user, e->user);
	ev->ip_n = keep(ev->ip, sizeof ev->ip, e->client_ip);
	ev->method_n = keep(ev->method, sizeof ev->method, e->auth_method);
	ev->reason_n = keep(ev->reason, sizeof ev->reason, e->reason);
	ev->session = told(e->session) ? session_hash(e->session) : 0;
	ev->below = is_below(e);
	t->logins.n_below += ev->below;
	ev->attempts = e->attempts > 0 ? e->attempts : 1;
	if (ev->below)
		ev->service_n = keep(ev->service, sizeof ev->service, e->service);
}

/* An MTA's failure: evidence of the same address (and user, if both name one) speaks of it. */
static void claim_by_mta(struct tracker *t, const struct event *e)
{
	for (size_t i = 0; i < t->logins.n; i++) {
		struct evidence *ev = evidence_at(t, i);
		struct slice user = slice_of(ev->user, ev->user_n);

		if (ev->claimed || ev->session || usec_since(ev->time_us, t->now_us) > CLAIM_WINDOW_US)
			continue;
		if (ev->below) {
			ev->claimed = may_be_same(ev, e);
			continue;
		}
		if (!slice_eq(slice_of(ev->ip, ev->ip_n), e->client_ip))
			continue;
		if (!user.n || !told(e->user) || same_user(user, e->user))
			ev->claimed = true;
	}
}

/* A login process' line: all evidence of its session.  Before a success they were failures of their own. */
static void claim_by_session(struct tracker *t, const struct event *e)
{
	struct evidence *first = NULL;
	uint64_t session;
	int64_t n = 0;

	if (t->logins.n == 0)
		return;
	if (e->success != 1)
		claim_below(t, e, e->attempts > 0 ? e->attempts : 1, SESSION_WINDOW_US);
	session = told(e->session) ? session_hash(e->session) : 0;
	if (!session)
		return;
	for (size_t i = 0; i < t->logins.n; i++) {
		struct evidence *ev = evidence_at(t, i);

		if (ev->claimed || ev->session != session)
			continue;
		ev->claimed = true;
		n++;
		if (!first)
			first = ev;
	}
	if (first && e->success == 1)
		evidence_emit(t, first, n, e->service);
}

/* ---- events ---- */

/* Exim does not name what is its only one, where a mail tells of the login */
static struct slice service_of(const struct event *e)
{
	return !told(e->service) && e->writer == WRITER_EXIM ? SLICE("smtp") : e->service;
}

/* field by field: all of them */
static inline void login_fill(const struct line *l, const struct event *e, struct login *ret)
{
	ret->time_us = l->time_us;
	ret->utc_offset_sec = l->utc_offset_sec;
	ret->server = l->server;
	ret->writer = e->writer;
	ret->service = service_of(e);
	ret->user = e->user;
	ret->client_ip = e->client_ip;
	ret->client_host = e->client_host;
	ret->auth_method = e->auth_method;
	ret->tls_version = e->tls_version;
	ret->success = e->success == 1;
	ret->attempts = e->attempts > 0 ? e->attempts : 1;
	ret->reason = told(e->reason) ? e->reason : e->reply;
	ret->lines = NULL;
}

/* the handshake was a line of its own */
static void take_session_tls(struct login *login, const struct smtp_session *s)
{
	if (!told(login->tls_version) && s->tls_version_n)
		login->tls_version = slice_of(s->tls_version, s->tls_version_n);
}

void login_event(struct tracker *t, const struct line *l, const struct event *e)
{
	struct login login;

	if (e->marks & MARK_EVIDENCE) {
		/* a line for several equal ones: nobody knows which of them another line claims */
		for (int64_t n = e->attempts < REPEATS_MAX ? e->attempts : REPEATS_MAX; n > 1; n--)
			evidence_add(t, l, e);
		evidence_add(t, l, e);
		return;
	}
	login_fill(l, e, &login);
	if (e->writer == WRITER_DOVECOT)
		claim_by_session(t, e);
	else if (e->success != 1) {
		struct smtp_session *s = e->writer == WRITER_POSTFIX ? session_of(t, l) : NULL;

		claim_by_mta(t, e);
		recent_add(t, l, e, false);
		if (s) {
			s->failures += (uint32_t)login.attempts;
			take_session_tls(&login, s);
		}
	}
	login_emit(t, l, &login);
}

void login_seen(struct tracker *t, const struct line *l, const struct event *e)
{
	struct smtp_session *s = e->writer == WRITER_POSTFIX ? session_of(t, l) : NULL;
	struct login login;

	if (s) {
		struct slice user = slice_head(e->user, sizeof s->user);

		if (s->logins && slice_eq(user, slice_of(s->user, s->user_n)))
			return;
		s->user_n = keep(s->user, sizeof s->user, user);
		s->logins++;
	} else if (success_known(t, l, e))
		return;
	else if (e->client_port >= 0) /* nothing else finds it again */
		recent_add(t, l, e, true);
	login_fill(l, e, &login);
	if (s)
		take_session_tls(&login, s);
	login.success = true;
	login.attempts = 1;
	login.reason = SLICE_NONE;
	login_emit(t, l, &login);
}

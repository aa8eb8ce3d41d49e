/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtpd.c - the SMTP server: sessions, receptions, refusals, policy, failed logins
 *
 * Written by postfix src/smtpd/smtpd.c, smtpd_check.c (log_whatsup), smtpd_proxy.c, smtpd_sasl_glue.c,
 * smtpd_milter.c; also qmqpd.  Checked against 2.8 to 3.11.
 * Traps: the text of a refusal holds what the client sent, semicolons and "from=<" included: its context is
 * found from the right.  "NOQUEUE: client=" is a proxied session, no reception.  From 3.10 on the end of a
 * session has a queue id or NOQUEUE in front, and the context grew sasl_* keys.
 */
#include "base/attr.h"
#include "base/ip.h"
#include "parse/postfix/postfix_priv.h"

static inline enum parse_result take_connect(const struct pf *f, struct event *e)
{
	e->kind = EV_CONNECT;
	e->service = pf_service(f);
	return PARSE_OK;
}

ATTR_NOINLINE static enum parse_result parse_odd_connect(const struct pf *f, struct cur c, struct event *e)
{
	return pf_client(&c, e) ? take_connect(f, e) : PARSE_BAD;
}

/* behind "connect from ": "name[addr]" */
ATTR_NOINLINE static enum parse_result parse_connect(const struct pf *f, struct cur c, struct event *e)
{
	return LIKELY(pf_usual_client(f, &c, e)) ? take_connect(f, e) : parse_odd_connect(f, c, e);
}

/* since 3.0, " ehlo=1 auth=0/1 quit=1 commands=2/3" */
static inline enum parse_result take_disconnect(const struct pf *f, struct cur c, struct event *e)
{
	e->kind = EV_DISCONNECT;
	e->service = pf_service(f);
	if (cur_byte(&c, ' '))
		e->commands = cur_rest(&c);
	return PARSE_OK;
}

ATTR_NOINLINE static enum parse_result parse_odd_disconnect(const struct pf *f, struct cur c, struct event *e)
{
	return pf_client(&c, e) ? take_disconnect(f, c, e) : PARSE_BAD;
}

/* behind "disconnect from ": "name[addr]" and counts */
ATTR_NOINLINE static enum parse_result parse_disconnect(const struct pf *f, struct cur c, struct event *e)
{
	return LIKELY(pf_usual_client(f, &c, e)) ? take_disconnect(f, c, e) : parse_odd_disconnect(f, c, e);
}

/* where a free value that holds a comma ends: before the first of these keys, or at the end */
ATTR_NOINLINE static const char *end_of_user(struct slice rest)
{
	static const struct slice NEXT[] = {
		{ ", sasl_sender=", 14 }, { ", orig_queue_id=", 16 }, { ", orig_client=", 14 },
	};
	size_t end = rest.n;

	for (size_t i = 0; i < ARRAY_LEN(NEXT); i++) {
		size_t at = slice_find(rest, NEXT[i]);

		if (at < end)
			end = at;
	}
	return rest.p + end;
}

/* up to ", " (not consumed) or the end */
static inline struct slice take_value(const struct pf *f, struct cur *c)
{
	const char *p = c->p;

	c->p = scan_mostly_near(f->begin, p, c->end, ',', ',', 32);
	return slice_between(p, c->p);
}

/* A filter gives the mail back, and says by XFORWARD whose it is; without the id that it had here nothing else will tell. */
ATTR_NOINLINE static void set_orig_client(struct slice s, struct event *e)
{
	struct slice host = e->client_host, ip = e->client_ip;
	struct cur c = cur_of(s);
	struct ip parsed;

	e->client_host = SLICE_NONE;
	if (!pf_client(&c, e) || !ip_parse(e->client_ip, &parsed)) {
		e->client_host = host;
		e->client_ip = ip;
	}
}

/* [", sasl_method="..] [", sasl_username="..] [", sasl_sender="..] [", orig_queue_id="..] [", orig_client="..] */
ATTR_NOINLINE static enum parse_result parse_client_keys(const struct pf *f, struct cur c, struct event *e)
{
	struct slice orig_client = SLICE_NONE;

	while (!cur_at_end(&c)) {
		if (cur_lit(&c, ", sasl_method=")) {
			e->auth_method = take_value(f, &c);
		} else if (cur_lit(&c, ", sasl_username=")) {
			struct slice rest = cur_rest(&c);

			e->user = take_value(f, &c);
			if (UNLIKELY(!cur_at_end(&c))) {
				c.p = end_of_user(rest);
				e->user = slice_between(rest.p, c.p);
			}
		} else if (cur_lit(&c, ", orig_queue_id=")) {
			e->related_queue_id = take_value(f, &c);
			e->relation = RELATION_FILTER;
		} else if (cur_lit(&c, ", orig_client=")) {
			orig_client = take_value(f, &c);
		} else if (cur_lit(&c, ", ")) {
			(void)take_value(f, &c);
		} else {
			return PARSE_BAD;
		}
	}
	if (UNLIKELY(orig_client.p && !e->related_queue_id.p))
		set_orig_client(orig_client, e);
	return PARSE_OK;
}

static inline enum parse_result take_client(const struct pf *f, struct cur c, struct event *e)
{
	e->kind = EV_ACCEPT;
	e->service = pf_service(f);
	if (f->noqueue)
		e->marks |= MARK_PROXIED;
	return cur_at_end(&c) ? PARSE_OK : parse_client_keys(f, c, e);
}

ATTR_NOINLINE static enum parse_result parse_odd_client(const struct pf *f, struct cur c, struct event *e)
{
	return pf_client(&c, e) ? take_client(f, c, e) : PARSE_BAD;
}

/* behind "client=": "name[addr][:port]" and keys */
ATTR_NOINLINE static enum parse_result parse_client(const struct pf *f, struct cur c, struct event *e)
{
	return LIKELY(pf_usual_client(f, &c, e)) ? take_client(f, c, e) : parse_odd_client(f, c, e);
}

static const struct {
	struct slice word, stage;
} STAGES[] = {
#define STAGE(word, stage) { { word, sizeof(word) - 1 }, { stage, sizeof(stage) - 1 } }
	STAGE("RCPT", "rcpt"),
	STAGE("MAIL", "mail"),
	STAGE("CONNECT", "connect"),
	STAGE("END-OF-MESSAGE", "data"),
	STAGE("EHLO", "helo"),
	STAGE("HELO", "helo"),
	STAGE("DATA", "data"),
	STAGE("BDAT", "data"),
	STAGE("DATA content", "data"),
	STAGE("BDAT content", "data"),
	STAGE("AUTH", "auth"),
	STAGE("STARTTLS", "starttls"),
	STAGE("TLS", "starttls"),
	STAGE("VRFY", "vrfy"),
	STAGE("ETRN", "etrn"),
	STAGE("UNKNOWN", "unknown"),
	STAGE("NOOP", "noop"),
	STAGE("RSET", "rset"),
	STAGE("XCLIENT", "xclient"),
	STAGE("XFORWARD", "xforward"),
	STAGE("QUIT", "quit"),
	STAGE("HELP", "help"),
#undef STAGE
};

static struct slice stage_of(struct slice word)
{
	size_t paren = slice_find(word, SLICE(" ("));

	word = slice_head(word, paren); /* "DATA (17 bytes)" */
	for (size_t i = 0; i < ARRAY_LEN(STAGES); i++)
		if (slice_eq(STAGES[i].word, word))
			return STAGES[i].stage;
	return word;
}

enum verb { VERB_REJECT, VERB_NOTICE, VERB_HOLD, VERB_DISCARD, VERB_PROXY_REJECT, VERB_PROXY_ACCEPT };

static const struct {
	struct slice word;
	enum verb verb;
} VERBS[] = {
#define VERB(word, verb) { { word, sizeof(word) - 1 }, verb }
	VERB("reject: ", VERB_REJECT),
	VERB("milter-reject: ", VERB_REJECT),
	VERB("discard: ", VERB_DISCARD),
	VERB("milter-discard: ", VERB_DISCARD),
	VERB("hold: ", VERB_HOLD),
	VERB("milter-hold: ", VERB_HOLD),
	VERB("hangup: ", VERB_REJECT),
	VERB("abort: ", VERB_REJECT),
	VERB("proxy-reject: ", VERB_PROXY_REJECT),
	VERB("proxy-accept: ", VERB_PROXY_ACCEPT),
	VERB("reject_warning: ", VERB_NOTICE),
	VERB("warn: ", VERB_NOTICE),
	VERB("info: ", VERB_NOTICE),
	VERB("filter: ", VERB_NOTICE),
	VERB("redirect: ", VERB_NOTICE),
	VERB("bcc: ", VERB_NOTICE),
	VERB("permit: ", VERB_NOTICE),
	VERB("prepend: ", VERB_NOTICE),
	VERB("delay: ", VERB_NOTICE),
#undef VERB
};

/* the text of the program or the administrator, and the context behind it */
static inline void take_reply(struct slice text, struct event *e)
{
	struct pf_context x;

	e->reply = text;
	if (pf_context(text, PF_TAIL_END, &x)) {
		e->reply = x.before;
		pf_context_to_event(&x, e);
	}
}

/* log_whatsup(): "ACTION: STAGE from name[addr]: TEXT; context"; c stands behind the action */
static enum parse_result take_verdict(const struct pf *f, struct cur *c, struct event *e)
{
	struct slice stage;

	if (LIKELY(cur_lit(c, "RCPT from ")))
		e->stage = SLICE("rcpt");
	else if (cur_until_lit(c, " from ", &stage))
		e->stage = stage_of(stage);
	else
		return PARSE_BAD;
	if ((UNLIKELY(!pf_usual_client(f, c, e)) && !pf_client(c, e)) || !cur_lit(c, ": "))
		return PARSE_BAD;
	take_reply(cur_rest(c), e);
	return PARSE_OK;
}

static void discard(const struct pf *f, struct event *e)
{
	if (f->id.p) {
		e->kind = EV_ATTEMPT;
		e->outcome = OUTCOME_DISCARDED;
		e->marks |= MARK_DEFERRED_ALL; /* the whole message vanishes, not this recipient's copy alone */
	} else {
		e->kind = EV_VERDICT;
		e->check = SLICE("acl");
		e->result = SLICE("discard");
	}
	e->reason = e->reply;
	e->reply = SLICE_NONE;
}

static enum parse_result act(const struct pf *f, enum verb verb, struct slice word, struct event *e)
{
	e->action = slice_head(word, word.n - 2);
	switch (verb) {
	case VERB_REJECT:
	case VERB_PROXY_REJECT:
		e->kind = EV_REJECT;
		pf_reply(e->reply, e);
		return PARSE_OK;
	case VERB_HOLD:
		e->kind = EV_HOLD;
		e->marks |= MARK_POLICY_HOLD;
		e->reason = e->reply;
		e->reply = SLICE_NONE;
		return PARSE_OK;
	case VERB_DISCARD:
		discard(f, e);
		return PARSE_OK;
	case VERB_NOTICE:
	case VERB_PROXY_ACCEPT:
		break;
	}
	e->reason = e->reply;
	e->reply = SLICE_NONE;
	return pf_notice(f, verb == VERB_PROXY_ACCEPT ? NOTICE_FILTER : NOTICE_ACL, e);
}

/* "proxy-reject: STAGE[ from name[addr]]: REPLY; context": no id, and most releases name no client; the
 * accepting reply names the real message */
static enum parse_result take_proxy(struct cur *c, struct event *e)
{
	const char *p = c->p;
	size_t at;

	while (c->p < c->end && *c->p != ':' && *c->p != ' ')
		c->p++;
	e->stage = stage_of(slice_between(p, c->p));
	if (cur_lit(c, " from ") && !pf_client(c, e))
		return PARSE_BAD;
	if (!cur_lit(c, ": "))
		return PARSE_BAD;
	take_reply(cur_rest(c), e);
	at = slice_rfind(e->reply, SLICE("queued as "));
	if (at < e->reply.n) {
		struct slice id = slice_from(e->reply, at + 10);

		e->related_queue_id = slice_head(id, slice_find_byte(id, ' '));
		e->relation = RELATION_FILTER;
	}
	return PARSE_OK;
}

static enum parse_result parse_policy(const struct pf *f, struct cur c, struct event *e)
{
	for (size_t i = 0; i < ARRAY_LEN(VERBS); i++) {
		struct slice word = VERBS[i].word;
		enum parse_result r;

		if (cur_peek(&c) != word.p[0] || !cur_lit_(&c, word.p, word.n))
			continue;
		e->service = pf_service(f);
		if (VERBS[i].verb == VERB_PROXY_REJECT || VERBS[i].verb == VERB_PROXY_ACCEPT)
			r = take_proxy(&c, e);
		else
			r = take_verdict(f, &c, e);
		return r == PARSE_OK ? act(f, VERBS[i].verb, word, e) : r;
	}
	return PARSE_NOT_MINE;
}

/* "lost connection after STAGE from name[addr]", "improper command pipelining after STAGE from name[addr]: TEXT" */
static enum parse_result parse_end(const struct pf *f, struct cur c, struct event *e)
{
	enum notice category = NOTICE_CONNECTION;
	struct slice stage;

	if (cur_lit(&c, "too many errors after "))
		category = NOTICE_LIMIT;
	else if (cur_lit(&c, "improper command pipelining after "))
		category = NOTICE_PROTOCOL;
	else if (!cur_lit(&c, "lost connection after ") && !cur_lit(&c, "timeout after "))
		return PARSE_NOT_MINE;
	if (!cur_until_lit(&c, " from ", &stage) || !pf_client(&c, e))
		return PARSE_BAD;
	e->stage = stage_of(stage);
	e->service = pf_service(f);
	if (cur_lit(&c, ": "))
		e->reason = cur_rest(&c);
	return pf_notice(f, category, e);
}

/* failures of our own back end: the password was never looked at */
static const struct slice BACK_END[] = {
	{ "Connection lost to authentication server", 40 },
	{ "Can't connect to authentication server", 38 },
	{ "Temporary authentication failure", 32 },
};

static void auth_reason(struct slice reason, struct event *e)
{
	for (size_t i = 0; i < ARRAY_LEN(BACK_END); i++)
		if (slice_eq(slice_head(reason, BACK_END[i].n), BACK_END[i]))
			e->marks |= MARK_TEMPORARY;
	/* The prompts "Password:" and "Username:" in base64 leak through in old releases. */
	if (reason.n && !slice_is(reason, "(reason unavailable)") && !slice_is(reason, "UGFzc3dvcmQ6") &&
	    !slice_is(reason, "VXNlcm5hbWU6"))
		e->reason = reason;
}

/* "SASL METHOD authentication failed: REASON[, sasl_username=USER]", "SASL METHOD authentication aborted" */
static enum parse_result parse_auth(const struct pf *f, struct cur c, struct event *e)
{
	struct slice reason, user;

	if (!cur_until_lit(&c, " authentication ", &e->auth_method))
		return PARSE_NOT_MINE;
	if (cur_lit(&c, "aborted")) {
		e->reason = SLICE("aborted");
	} else if (cur_lit(&c, "failed:")) {
		(void)cur_byte(&c, ' ');
		if (cur_until_lit(&c, ", sasl_username=", &reason)) {
			user = cur_rest(&c);
			e->user = slice_is(user, "(unavailable)") ? SLICE_NONE : user;
		} else {
			reason = cur_rest(&c);
		}
		auth_reason(reason, e);
	} else if (!cur_lit(&c, "failed") || !cur_at_end(&c)) { /* no reason up to 2.5 */
		return PARSE_BAD;
	}
	e->kind = EV_AUTH;
	e->success = 0;
	e->attempts = 1;
	e->service = pf_service(f);
	return PARSE_OK;
}

/* "warning: name[addr]: WORDS" */
static enum parse_result parse_peer_warning(const struct pf *f, struct cur c, struct event *e)
{
	static const struct pf_row ROWS[] = {
		PF_ROW("request longer than ", NOTICE_PROTOCOL, PF_NOTHING),
		PF_ROW("replacing command ", NOTICE_PROTOCOL, PF_NOTHING),
		PF_ROW("subject_CN=", NOTICE_TLS, PF_NOTHING),
		PF_ROW("Untrusted", NOTICE_TLS, PF_NOTHING),
		PF_ROW("Trusted", NOTICE_TLS, PF_NOTHING),
		PF_ROW("re-using session ", NOTICE_TLS, PF_NOTHING),
		PF_ROW("reusing session ", NOTICE_TLS, PF_NOTHING),
		PF_ROW("Issuing session ticket", NOTICE_TLS, PF_NOTHING),
		PF_ROW("save session ", NOTICE_TLS, PF_NOTHING),
		PF_ROW("certificate ", NOTICE_TLS, PF_NOTHING),
	};
	struct pf inner = *f;
	enum parse_result r;

	if (!pf_client(&c, e) || !cur_lit(&c, ": "))
		return PARSE_NOT_MINE;
	if (cur_lit(&c, "SASL "))
		return parse_auth(f, c, e);
	inner.rest = cur_rest(&c);
	r = pf_rows(&inner, ROWS, ARRAY_LEN(ROWS), e);
	e->text = f->rest;
	e->service = pf_service(f);
	return r;
}

static const struct pf_row WARNINGS[] = {
	PF_ROW("hostname * does not resolve to address ", NOTICE_DNS, PF_NOTHING),
	PF_ROW("Connection rate limit exceeded: * from ", NOTICE_LIMIT, PF_CLIENT),
	PF_ROW("Connection concurrency limit exceeded: * from ", NOTICE_LIMIT, PF_CLIENT),
	PF_ROW("Message delivery request rate limit exceeded: * from ", NOTICE_LIMIT, PF_CLIENT),
	PF_ROW("Recipient address rate limit exceeded: * from ", NOTICE_LIMIT, PF_CLIENT),
	PF_ROW("New TLS session rate limit exceeded: * from ", NOTICE_LIMIT, PF_CLIENT),
	PF_ROW("AUTH command rate limit exceeded: * from ", NOTICE_LIMIT, PF_CLIENT),
	PF_ROW("Illegal address syntax from ", NOTICE_PROTOCOL, PF_CLIENT),
	PF_ROW("non-SMTP command from ", NOTICE_PROTOCOL, PF_CLIENT),
	PF_ROW("* hostname * verification failed: ", NOTICE_DNS, PF_NOTHING),
	PF_ROW("* address not listed for hostname ", NOTICE_DNS, PF_DOMAIN),
	PF_ROW("* RBL lookup error: ", NOTICE_DNS, PF_REASON),
	PF_ROW("Unable to look up * host for ", NOTICE_DNS, PF_DOMAIN),
	PF_ROW("Unable to look up ", NOTICE_DNS, PF_NOTHING),
	PF_ROW("reject: ETRN ", NOTICE_PROTOCOL, PF_NOTHING),
	PF_ROW("bad ETRN ", NOTICE_PROTOCOL, PF_NOTHING),
	PF_ROW("ETRN ", NOTICE_PROTOCOL, PF_NOTHING),
	PF_ROW("SASL authentication failure: ", NOTICE_AUTH, PF_REASON),
	PF_ROW("SASL authentication problem: ", NOTICE_AUTH, PF_REASON),
	PF_ROW("SASL: ", NOTICE_AUTH, PF_REASON),
	PF_ROW("SASL per-process initialization failed", NOTICE_AUTH, PF_REASON),
	PF_ROW("SASL ", NOTICE_AUTH, PF_NOTHING),
	PF_ROW("no SASL authentication mechanisms", NOTICE_AUTH, PF_NOTHING),
	PF_ROW("xsasl_", NOTICE_AUTH, PF_NOTHING),
	PF_ROW("unknown SASL ", NOTICE_AUTH, PF_NOTHING),
	PF_ROW("bad SASL ", NOTICE_AUTH, PF_NOTHING),
	PF_ROW("not enough free space in mail queue: ", NOTICE_DISK, PF_NOTHING),
	PF_ROW("too many connections from ", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("access table ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("unknown smtpd restriction: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("restriction ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("support for restriction ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("smtpd_peer_", NOTICE_DNS, PF_NOTHING),
	PF_ROW("bad command ", NOTICE_PROTOCOL, PF_NOTHING),
	PF_ROW("Refusing STARTTLS request from ", NOTICE_LIMIT, PF_CLIENT),
	PF_ROW("Refusing TLS service request from ", NOTICE_LIMIT, PF_CLIENT),
	PF_ROW("Relaying allowed for certified client: ", NOTICE_ACL, PF_NOTHING),
	PF_ROW("relay_clientcerts: ", NOTICE_ACL, PF_NOTHING),
	PF_ROW("Session aborted, reason: ", NOTICE_SESSION, PF_REASON),
	PF_ROW("bad * address syntax from proxy", NOTICE_PROTOCOL, PF_NOTHING),
	PF_ROW("bad * client ", NOTICE_PROTOCOL, PF_NOTHING),
	PF_ROW("bad * server ", NOTICE_PROTOCOL, PF_NOTHING),
	PF_ROW("* command payload ", NOTICE_PROTOCOL, PF_NOTHING),
	PF_ROW("mapping DSN status ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("missing Dovecot server ", NOTICE_AUTH, PF_NOTHING),
	PF_ROW("Wrapper-mode request dropped from ", NOTICE_TLS, PF_CLIENT),
	PF_ROW("discarding EHLO keywords: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("proxy * rejected ", NOTICE_FILTER, PF_NOTHING),
	PF_ROW("connect to proxy filter ", NOTICE_FILTER, PF_NOTHING),
	PF_ROW("connect to proxy service ", NOTICE_FILTER, PF_NOTHING),
	PF_ROW("lost connection with proxy ", NOTICE_FILTER, PF_NOTHING),
	PF_ROW("timeout talking to proxy ", NOTICE_FILTER, PF_NOTHING),
	PF_ROW("timeout while talking to proxy ", NOTICE_FILTER, PF_NOTHING),
	PF_ROW("proxy ", NOTICE_FILTER, PF_NOTHING),
	PF_ROW("haproxy ", NOTICE_PROTOCOL, PF_NOTHING),
	PF_ROW("mail_stream_", NOTICE_QUEUE, PF_NOTHING),
	PF_ROW("setting up TLS connection from ", NOTICE_TLS, PF_CLIENT),
};

/* the words of a hostname warning: who and which name */
static void hostname_warning(struct slice text, struct event *e)
{
	struct cur c = cur_of(text);
	struct slice name;

	if (cur_until_lit(&c, ": address not listed for hostname ", &name) ||
	    cur_until_lit(&c, ": hostname ", &name)) { /* up to 2.x */
		e->client_ip = name;
		e->domain = cur_token(&c, ' ');
		return;
	}
	if (cur_lit(&c, "hostname ") && cur_until(&c, ' ', &name) &&
	    cur_lit(&c, "does not resolve to address ")) {
		const char *p = c.p;

		/* an address holds colons, the reason follows ": " */
		while (c.p < c.end && *c.p != ' ' && !(*c.p == ':' && c.p + 1 < c.end && c.p[1] == ' '))
			c.p++;
		e->client_ip = slice_between(p, c.p);
		e->domain = name;
	}
}

static enum parse_result parse_rest(const struct pf *f, struct cur c, struct event *e)
{
	enum parse_result r = parse_peer_warning(f, c, e);

	if (r != PARSE_NOT_MINE)
		return r;
	e->client_host = e->client_ip = SLICE_NONE;
	e->client_port = -1;
	e->auth_method = e->text = e->service = SLICE_NONE;
	r = pf_rows(f, WARNINGS, ARRAY_LEN(WARNINGS), e);
	if (r == PARSE_OK && e->category == NOTICE_DNS)
		hostname_warning(f->rest, e);
	return r == PARSE_OK ? r : pf_common(f, c, e);
}

/* "queue file size limit exceeded": cleanup says the same of the same id, the refusal is counted here */
static enum parse_result too_big(const struct pf *f, struct event *e)
{
	e->kind = EV_REJECT;
	e->stage = SLICE("data");
	e->service = pf_service(f);
	e->smtp_code = 552;
	e->dsn = SLICE("5.3.4");
	e->reply = f->rest;
	return PARSE_OK;
}

/* "warning: " and its like */
ATTR_NOINLINE static enum parse_result parse_warned(const struct pf *f, struct cur c, struct event *e)
{
	if (f->id.p && slice_is(f->rest, "queue file size limit exceeded"))
		return too_big(f, e);
	return parse_rest(f, c, e);
}

/* all but the beginning and the end of a session and of a reception */
ATTR_NOINLINE static enum parse_result parse_words(const struct pf *f, struct cur c, struct event *e)
{
	enum parse_result r = pf_tls(f, c, e);

	if (r == PARSE_NOT_MINE)
		r = parse_policy(f, c, e);
	if (r == PARSE_NOT_MINE)
		r = parse_end(f, c, e);
	return r == PARSE_NOT_MINE ? parse_rest(f, c, e) : r;
}

enum parse_result pf_smtpd(const struct pf *f, struct cur c, struct event *e)
{
	if (UNLIKELY(f->severity != SEVERITY_NONE))
		return parse_warned(f, c, e);
	if (cur_lit(&c, "disconnect from "))
		return parse_disconnect(f, c, e);
	if (f->id.p || f->noqueue) {
		if (cur_lit(&c, "client="))
			return parse_client(f, c, e);
	} else if (cur_lit(&c, "connect from ")) {
		return parse_connect(f, c, e);
	}
	return parse_words(f, c, e);
}

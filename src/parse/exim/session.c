/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c - SMTP sessions without an id: begin, end, AUTH, TLS, protocol errors
 *
 * Source: exim src/src/smtp_in.c, daemon.c, tls-gnu.c, tls-openssl.c.
 * Every session that ends has exactly one line that says so and becomes a disconnect: "SMTP connection from
 * ... closed by|lost", "unexpected disconnection", "SMTP command timeout", "SMTP data timeout", "SMTP call
 * from ... dropped".  "no MAIL in", "incomplete transaction" stand beside it and are notices.
 */
#include "parse/exim/exim_priv.h"

static enum parse_result session_notice(struct event *e, struct cur c, const struct exim_rule *r)
{
	return exim_notice(e, r->category, r->severity, exim_line(c, r));
}

static bool take_duration(struct cur *c, struct event *e)
{
	e->duration_s = exim_time(exim_word(c));
	return true;
}

static bool take_commands(struct cur *c, struct event *e)
{
	e->commands = exim_word(c);
	return true;
}

static bool take_auth(struct cur *c, struct event *e)
{
	static const struct slice STOPS[] = { LIT(" X="), LIT(" CV="), LIT(" C=") };

	return exim_step(c, exim_auth_until(*c, e, STOPS, ARRAY_LEN(STOPS)));
}

static bool field(struct cur *c, struct event *e)
{
	switch (cur_peek(c)) {
	case 'A':
		return cur_lit(c, "A=") && take_auth(c, e);
	case 'C':
		if (cur_lit(c, "C="))
			return take_commands(c, e);
		return cur_lit(c, "CV=") && exim_take_verified(c, e);
	case 'D':
		if (cur_lit(c, "D="))
			return take_duration(c, e);
		return cur_lit(c, "DN=\"") && exim_take_dn(c, e);
	case 'F':
		return cur_lit(c, "F=<") && exim_take_sender(c, e);
	case 'S':
		return cur_lit(c, "SNI=\"") && exim_take_quoted(c, e);
	case 'X':
		return cur_lit(c, "X=") && exim_take_tls(c, e);
	default:
		return false;
	}
}

/* D= A= X= CV= DN="" C= at the end of a line about a session */
static void take_fields(struct cur *c, struct event *e)
{
	while (cur_byte(c, ' '))
		if (!exim_field(field, c, e))
			exim_skip_word(c);
}

/* "H=localhost A=127.0.0.1 P=PORT U=USER ...": cPanel's word on who sits behind a loopback port */
static enum parse_result identification(struct cur c, struct event *e, struct slice whole)
{
	while (!cur_at_end(&c)) {
		struct slice w = exim_word(&c);
		struct cur t = cur_of(w);

		if (cur_lit(&t, "U="))
			e->user = cur_rest(&t);
		else if (cur_lit(&t, "A="))
			e->client_ip = cur_rest(&t);
		else if (cur_lit(&t, "P="))
			(void)cur_i64(&t, 65535, &e->client_port);
		else if (cur_lit(&t, "M="))
			e->related_queue_id = cur_rest(&t);
		if (!cur_byte(&c, ' '))
			break;
	}
	return exim_notice(e, NOTICE_SESSION, SEVERITY_INFO, whole);
}

/* "EPOCH ID DOMAIN RCPT": cPanel, before a remote delivery; no connection of ours */
static enum parse_result outbound(struct cur c, struct event *e, struct slice whole)
{
	struct slice epoch, id;

	if (!cur_until(&c, ' ', &epoch) || !cur_until(&c, ' ', &id) || !cur_until(&c, ' ', &e->domain))
		return PARSE_BAD;
	e->recipient = cur_rest(&c);
	if (!e->queue_id.p)
		e->queue_id = id;
	return exim_notice(e, NOTICE_DELIVERY, SEVERITY_INFO, whole);
}

/* how a session ended, behind WHO0; false if this is no end */
static bool session_end(struct cur *c, struct event *e)
{
	struct cur t = *c;

	(void)(cur_lit(&t, " TFO*") || cur_lit(&t, " TFO"));
	if (cur_lit(&t, " D="))
		e->duration_s = exim_time(exim_word(&t));
	if (!cur_byte(&t, ' '))
		return false;
	e->reason = cur_rest(&t);
	if (cur_lit(&t, "lost")) {
		struct cur tail = { e->reason.p, e->reason.p + e->reason.n };
		size_t at = slice_rfind(e->reason, SLICE(" D="));

		if (at < e->reason.n) {
			tail.p += at;
			take_fields(&tail, e);
			e->reason = slice_head(e->reason, at);
		}
		return true;
	}
	return cur_lit(&t, "closed ");
}

/* "SMTP connection from [Ci=.. ]WHO0 ..." */
static enum parse_result rule_connection(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r);

	if (cur_lit(&c, "outbound "))
		return outbound(c, e, whole);
	if (cur_lit(&c, "identification "))
		return identification(c, e, whole);
	if (cur_lit(&c, "Ci=")) {
		e->session = exim_word(&c);
		(void)cur_byte(&c, ' ');
	}
	if (!cur_lit(&c, "from ") || !exim_who(&c, e, false))
		return PARSE_BAD;
	if (session_end(&c, e)) {
		e->kind = EV_DISCONNECT;
		if (e->queue_id.p)
			e->marks |= MARK_LAST;
		return PARSE_OK;
	}
	e->reason = SLICE_NONE;
	e->kind = EV_CONNECT;
	if (cur_at_end(&c) || cur_lit(&c, " (TCP/IP connection count = ") || cur_lit(&c, " (via inetd)"))
		return PARSE_OK;
	return PARSE_BAD;
}

/* "unexpected disconnection while reading SMTP command from [TFO ]WHO0[ (error: TEXT)] D=TIME" */
static enum parse_result rule_unexpected(struct cur c, struct event *e, const struct exim_rule *r)
{
	(void)(cur_lit(&c, "TFO* ") || cur_lit(&c, "TFO "));
	e->reason = slice_starts(r->prefix, "unexpected EOF") ? SLICE("unexpected EOF")
							      : SLICE("unexpected disconnection");
	e->kind = EV_DISCONNECT;
	if (!exim_who(&c, e, false))
		return slice_starts(cur_rest(&c), "unknown") ? PARSE_OK : PARSE_BAD;
	take_fields(&c, e);
	return PARSE_OK;
}

/* "SMTP command timeout on[ TLS] connection from WHO0 D=TIME", "SMTP data timeout ..." */
static enum parse_result rule_timeout(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice s;

	if (!cur_until_lit(&c, "connection from ", &s) || !exim_who(&c, e, false))
		return PARSE_BAD;
	e->kind = EV_DISCONNECT;
	e->reason = slice_starts(r->prefix, "SMTP data") ? SLICE("data timeout") : SLICE("command timeout");
	if (e->queue_id.p)
		e->marks |= MARK_LAST;
	take_fields(&c, e);
	return PARSE_OK;
}

/* "SMTP call from WHO0 dropped: too many nonmail commands (last was "CMD")" */
static enum parse_result rule_dropped(struct cur c, struct event *e, const struct exim_rule *r)
{
	(void)r;
	if (!exim_who(&c, e, false) || !cur_byte(&c, ' '))
		return PARSE_BAD;
	e->kind = EV_DISCONNECT;
	e->reason = cur_rest(&c);
	return cur_lit(&c, "dropped: ") ? PARSE_OK : PARSE_BAD;
}

/* "no MAIL in [TFO ]SMTP connection from WHO0 D=TIME [A=..] [X=..] [C=EHLO,AUTH,QUIT]" */
static enum parse_result rule_no_mail(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct cur line = c;
	struct slice s;

	if (!cur_until_lit(&c, "SMTP connection ", &s))
		return PARSE_BAD;
	if (cur_lit(&c, "Ci=")) {
		e->session = exim_word(&c);
		(void)cur_byte(&c, ' ');
	}
	if (!cur_lit(&c, "from ") || !exim_who(&c, e, false))
		return PARSE_BAD;
	take_fields(&c, e);
	return session_notice(e, line, r);
}

/* "SMTP syntax error in "CMD" WHO REASON": CMD may hold quotes, so the last '" H=' or '" U=' ends it */
static enum parse_result rule_protocol_error(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct cur line = c;
	struct slice command;

	if (!cur_until_last_lit(&c, "\" H=", &command) && !cur_until_last_lit(&c, "\" U=", &command))
		return PARSE_BAD;
	c.p -= 2;
	if (!exim_who(&c, e, true))
		return PARSE_BAD;
	e->commands = command;
	if (cur_byte(&c, ' '))
		e->reason = cur_rest(&c);
	return session_notice(e, line, r);
}

/* lines that hold WHO0 behind their prefix and free text behind that */
static enum parse_result rule_from_host(struct cur c, struct event *e, const struct exim_rule *r)
{
	(void)exim_who(&(struct cur){ c.p, c.end }, e, false);
	return session_notice(e, c, r);
}

/* "ETRN #x received from WHO0": the prefix is "ETRN " */
static enum parse_result rule_etrn(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct cur line = c;
	struct slice s;

	if (!cur_until_lit(&c, " received from ", &s) || !exim_who(&c, e, false))
		return PARSE_BAD;
	e->domain = s;
	return session_notice(e, line, r);
}

/* "VRFY failed for ARG WHO", "ignoring AUTH=<x> from WHO (REASON)" */
static enum parse_result rule_vrfy(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct cur line = c;
	struct slice s;

	if (cur_until_last_lit(&c, " H=", &s)) {
		c.p -= 2;
		(void)exim_who(&c, e, true);
	}
	return session_notice(e, line, r);
}

/* "TLS error on connection from HOST [I=..] (FUNC): TEXT" */
static enum parse_result rule_tls_error(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct cur line = c;
	struct slice function;

	if (!exim_who(&c, e, false) || !cur_byte(&c, ' '))
		return PARSE_BAD;
	e->reason = cur_rest(&c);
	if (cur_byte(&c, '(') && cur_until_lit(&c, "): ", &function) &&
	    (slice_is(function, "recv") || slice_is(function, "send") || slice_is(function, "uncork")))
		return session_notice(e, line, r);
	e->kind = EV_TLS;
	e->success = 0;
	return PARSE_OK;
}

/* "TLS error (SSL_read): on connection from HOST TEXT", "TLS error (D-H param setting 'x'): TEXT" */
static enum parse_result rule_tls_function(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct cur line = c;
	struct slice s;

	if (cur_until_lit(&c, "): on connection from ", &s)) {
		(void)exim_who(&c, e, false);
		return exim_notice(e, NOTICE_TLS, SEVERITY_INFO, exim_line(line, r));
	}
	return session_notice(e, line, r);
}

/*
 * "NAME authenticator failed for WHO0: CODE TEXT" up to 4.98, "... for H=WHO0: ..." from 4.99.  The set_id
 * is what the client sent; it ends at the last bracket, but for a 435, whose reason stands behind it.
 */
enum parse_result exim_auth_failed(struct cur c, struct event *e)
{
	static const struct slice SET_ID = LIT(" (set_id=");
	struct slice s;
	size_t at, end;

	if (!cur_until(&c, ' ', &s) || !cur_lit(&c, "authenticator failed for "))
		return PARSE_NOT_MINE;
	e->auth_method = s;
	if (!exim_who(&c, e, cur_peek(&c) == 'U' && slice_starts(cur_rest(&c), "U=")))
		return PARSE_BAD;
	if (!cur_lit(&c, ": ") || cur_at_end(&c))
		return PARSE_BAD;
	e->kind = EV_AUTH;
	e->success = 0;
	e->attempts = 1;
	if (!e->service.p)
		e->service = SLICE("smtp");
	e->reply = s = cur_rest(&c);
	if (exim_reply(s, e) && e->smtp_code < 500)
		e->marks |= MARK_TEMPORARY;
	if (e->smtp_code >= 0)
		s = slice_trim(slice_from(s, 3));
	e->reason = s;
	at = slice_find_byte(s, '(');
	if (at > 0 && s.n - at >= SET_ID.n - 1 && memcmp(s.p + at - 1, SET_ID.p, SET_ID.n) == 0)
		at--;
	else if (at < s.n)
		at = slice_find(s, SET_ID);
	if (at == s.n)
		return PARSE_OK;
	e->reason = slice_head(s, at);
	s = slice_from(s, at + SET_ID.n);
	end = e->marks & MARK_TEMPORARY ? slice_find(s, SLICE("): ")) : s.n;
	if (end == s.n)
		end = s.n && s.p[s.n - 1] == ')' ? s.n - 1 : slice_rfind_byte(s, ')');
	e->user = slice_head(s, end);
	if (end + 3 < s.n)
		e->reason = slice_from(s, end + 3);
	return PARSE_OK;
}

static const struct exim_rule RULES[] = {
	{ LIT("SMTP connection "),                 rule_connection, 0, 0 },
	{ LIT("no MAIL in "),                      rule_no_mail, NOTICE_SESSION, SEVERITY_INFO },
	{ LIT("unexpected disconnection while reading SMTP command from "), rule_unexpected, 0, 0 },
	{ LIT("unexpected EOF while reading SMTP command from "), rule_unexpected, 0, 0 },
	{ LIT("SMTP command timeout on "),         rule_timeout, 0, 0 },
	{ LIT("SMTP data timeout (message abandoned) on "), rule_timeout, 0, 0 },
	{ LIT("SMTP call from "),                  rule_dropped, 0, 0 },
	{ LIT("SMTP syntax error in \""),          rule_protocol_error, NOTICE_PROTOCOL, SEVERITY_WARNING },
	{ LIT("SMTP protocol error in \""),        rule_protocol_error, NOTICE_PROTOCOL, SEVERITY_WARNING },
	{ LIT("TLS error on connection from "),    rule_tls_error, NOTICE_TLS, SEVERITY_INFO },
	{ LIT("TLS error ("),                      rule_tls_function, NOTICE_TLS, SEVERITY_ERROR },
	{ LIT("TLS ALPN ("),                       NULL, NOTICE_TLS, SEVERITY_WARNING },
	{ LIT("ALPN "),                            NULL, NOTICE_TLS, SEVERITY_WARNING },
	{ LIT("SSL_write: "),                      NULL, NOTICE_TLS, SEVERITY_INFO },
	{ LIT("SSL_read: "),                       NULL, NOTICE_TLS, SEVERITY_INFO },
	{ LIT("Error or EOF on input from "),      rule_from_host, NOTICE_CONNECTION, SEVERITY_WARNING },
	{ LIT("ETRN "),                            rule_etrn, NOTICE_SESSION, SEVERITY_INFO },
	{ LIT("VRFY failed for "),                 rule_vrfy, NOTICE_SESSION, SEVERITY_INFO },
	{ LIT("ignoring AUTH="),                   rule_vrfy, NOTICE_AUTH, SEVERITY_WARNING },
	{ LIT("listen backlog "),                  NULL, NOTICE_LIMIT, SEVERITY_WARNING },
};
static const uint64_t BEGINS =
	EXIM_BEGIN('A') | EXIM_BEGIN('E') | EXIM_BEGIN('S') | EXIM_BEGIN('T') | EXIM_BEGIN('V') |
	EXIM_BEGIN('i') | EXIM_BEGIN('l') | EXIM_BEGIN('n') | EXIM_BEGIN('u');

enum parse_result exim_session(struct cur c, struct event *e)
{
	return exim_rules_of(BEGINS, RULES, ARRAY_LEN(RULES), c, e);
}

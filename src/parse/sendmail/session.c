/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c - connections: clients, AUTH, STARTTLS
 *
 * Sources: sendmail 8.17 sendmail/srvrsmtp.c ("%s did not issue MAIL/EXPN/VRFY/ETRN during connection to %s",
 * "AUTH failure (%s): %s (%d) %s, user=%s, relay=%.100s", "%s: possible SMTP attack: command=%.40s,
 * count=%u"), sendmail/daemon.c ("connect from %s"), sendmail/tls.c ("STARTTLS=%s, relay=%.100s,
 * version=%.16s, verify=%.16s, cipher=%.64s, bits=%.6s/%.6s"), sendmail/usersmtp.c ("AUTH=client,
 * relay=%.100s, mech=%.16s, bits=%d").
 */
#include "parse/sendmail/sendmail_priv.h"

/* ---- lines that begin with the client ---- */

static const struct {
	struct slice prefix; /* behind "NAME [ip]" */
	enum notice category;
	struct slice stage;
} CLIENT_LINES[] = {
	{ LIT(": possible SMTP attack: command=AUTH,"), NOTICE_LIMIT, LIT("auth") },
	{ LIT(": possible SMTP attack: command="), NOTICE_LIMIT, { NULL, 0 } },
	{ LIT(": Possible SMTP RCPT flood, "), NOTICE_LIMIT, LIT("rcpt") },
	{ LIT(": probable open proxy: command="), NOTICE_PROTOCOL, { NULL, 0 } },
	{ LIT(": SMTP violation, input too long: "), NOTICE_PROTOCOL, { NULL, 0 } },
	{ LIT(": VRFY "), NOTICE_PROTOCOL, LIT("vrfy") },
	{ LIT(": EXPN "), NOTICE_PROTOCOL, LIT("vrfy") },
	/* the command as the client wrote it */
	{ LIT(": vrfy "), NOTICE_PROTOCOL, LIT("vrfy") },
	{ LIT(": expn "), NOTICE_PROTOCOL, LIT("vrfy") },
	{ LIT(": ETRN "), NOTICE_QUEUE_RUN, LIT("etrn") },
	{ LIT(": CONNECT "), NOTICE_PROTOCOL, { NULL, 0 } },
	{ LIT(": Dummy SMTP command: "), NOTICE_PROTOCOL, { NULL, 0 } },
	{ LIT(": RCPT rejected"), NOTICE_LIMIT, LIT("rcpt") },
	{ LIT(": exceeded max errors"), NOTICE_LIMIT, { NULL, 0 } },
};

static bool starts_with(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n && memcmp(s.p, prefix.p, prefix.n) == 0;
}

enum parse_result smta_peer_line(const struct smta *s, struct cur c, struct event *e)
{
	struct slice rest;

	if (!smta_take_client(&c, e))
		return PARSE_NOT_MINE;
	rest = cur_rest(&c);
	if (cur_lit(&c, " did not issue MAIL/EXPN/VRFY/ETRN during connection to ")) {
		e->kind = EV_DISCONNECT;
		e->service = smta_service(cur_rest(&c));
		e->reason = SLICE("did not issue MAIL/EXPN/VRFY/ETRN");
		return e->service.n ? PARSE_OK : PARSE_BAD;
	}
	for (size_t i = 0; i < ARRAY_LEN(CLIENT_LINES); i++)
		if (starts_with(rest, CLIENT_LINES[i].prefix)) {
			e->stage = CLIENT_LINES[i].stage;
			return smta_notice(s, CLIENT_LINES[i].category, SEVERITY_WARNING, e);
		}
	return PARSE_NOT_MINE;
}

/* ---- AUTH ---- */

static bool is_relay_end(struct cur c)
{
	struct smta_peer peer;

	return smta_take_peer(&c, &peer) && cur_at_end(&c);
}

/* the last ", relay=PEER": user names are the client's, the peer is ours */
static bool take_relay_at_end(struct slice *s, struct event *e)
{
	size_t at = slice_rfind(*s, SLICE(", relay="));
	struct cur c;

	if (at == s->n)
		return false;
	c = cur_of(slice_from(*s, at + strlen(", relay=")));
	if (!is_relay_end(c) || !smta_take_client(&c, e))
		return false;
	*s = slice_head(*s, at);
	return true;
}

/* "(MECH): ERRSTRING (CODE) DETAIL[, user=U], relay=PEER"; c stands behind "AUTH failure " */
enum parse_result smta_auth_failure(const struct smta *s, struct cur c, struct event *e)
{
	struct slice rest, method;
	size_t at;

	(void)s;
	if (!cur_byte(&c, '(') || !cur_until_lit(&c, "): ", &method))
		return PARSE_BAD;
	rest = cur_rest(&c);
	if (!take_relay_at_end(&rest, e))
		return PARSE_BAD;
	e->kind = EV_AUTH;
	e->success = 0;
	e->attempts = 1;
	if (!slice_is(method, "(unknown)") && !slice_is(method, "unknown") && method.n)
		e->auth_method = method;
	at = slice_find(rest, SLICE(", user="));
	if (at < rest.n) {
		e->user = slice_from(rest, at + strlen(", user="));
		rest = slice_head(rest, at);
	}
	e->reason = rest;
	return PARSE_OK;
}

/* "PEER, authid=U, mech=M, bits=N" */
static enum parse_result auth_server(struct cur c, struct event *e)
{
	struct slice rest;
	size_t at;

	if (!cur_lit(&c, "relay=") || !smta_take_client(&c, e) || !cur_lit(&c, ", authid="))
		return PARSE_BAD;
	rest = cur_rest(&c);
	at = slice_rfind(rest, SLICE(", mech="));
	if (at == rest.n)
		return PARSE_BAD;
	e->user = slice_head(rest, at);
	c = cur_of(slice_from(rest, at + strlen(", mech=")));
	if (!cur_until_lit(&c, ", bits=", &e->auth_method))
		return PARSE_BAD;
	e->kind = EV_AUTH;
	e->success = 1;
	e->attempts = 1;
	return PARSE_OK;
}

/* c stands behind "AUTH=" */
enum parse_result smta_auth(const struct smta *s, struct cur c, struct event *e)
{
	if (cur_lit(&c, "server, "))
		return auth_server(c, e);
	if (!cur_lit(&c, "client, "))
		return PARSE_NOT_MINE;
	if (cur_lit(&c, "relay=") && !smta_take_relay(&c, e))
		return PARSE_BAD;
	if (cur_lit(&c, ", mech=") && cur_peek(&c) != ',')
		(void)cur_until(&c, ',', &e->auth_method);
	return smta_notice(s, NOTICE_AUTH, SEVERITY_INFO, e);
}

/* ---- STARTTLS ---- */

static int8_t verified(struct slice word)
{
	return slice_is(word, "OK") || slice_is(word, "TRUSTED") || slice_is(word, "DANE_TRUSTED");
}

/* "relay=PEER, version=V, verify=W, cipher=C, bits=N/N" */
static enum parse_result handshake(struct cur c, bool client, struct event *e)
{
	struct slice word;

	if (!(client ? smta_take_relay(&c, e) : smta_take_client(&c, e)) || !cur_lit(&c, ", version=") ||
	    !cur_until_lit(&c, ", verify=", &e->tls_version) || !cur_until_lit(&c, ", cipher=", &word) ||
	    !cur_until_lit(&c, ", bits=", &e->tls_cipher))
		return PARSE_BAD;
	e->kind = EV_TLS;
	e->success = 1;
	e->verified = verified(word);
	e->tls_policy = word;
	e->action = client ? SLICE("out") : SLICE("in");
	return PARSE_OK;
}

/* "accept failed=-1, reason=WORDS, SSL_error=1, errno=0, retry=-1[, relay=PEER]" */
static enum parse_result handshake_failed(struct cur c, bool client, struct event *e)
{
	struct slice rest, before;

	if (!cur_until_lit(&c, ", reason=", &before))
		return PARSE_NOT_MINE;
	rest = cur_rest(&c);
	if (!client && slice_rfind(rest, SLICE(", relay=")) < rest.n && !take_relay_at_end(&rest, e))
		return PARSE_BAD;
	c = cur_of(rest);
	if (!cur_until_lit(&c, ", SSL_error=", &e->reason))
		return PARSE_BAD;
	e->kind = EV_TLS;
	e->success = 0;
	e->action = client ? SLICE("out") : SLICE("in");
	return PARSE_OK;
}

static const struct {
	struct slice prefix; /* behind "STARTTLS" */
	enum severity severity;
} TLS_NOTICES[] = {
	{ LIT(": "), SEVERITY_INFO },
	{ LIT("=read: "), SEVERITY_INFO },
	{ LIT("=write: "), SEVERITY_INFO },
	{ LIT("=client: "), SEVERITY_WARNING },
	{ LIT("=server: "), SEVERITY_WARNING },
	{ LIT("=client, cert-subject="), SEVERITY_INFO },
	{ LIT("=server, cert-subject="), SEVERITY_INFO },
	{ LIT("=client, init="), SEVERITY_INFO },
	{ LIT("=server, init="), SEVERITY_INFO },
	{ LIT("=client, start="), SEVERITY_INFO },
	{ LIT("=server, start="), SEVERITY_INFO },
	{ LIT("=client, SSL_shutdown "), SEVERITY_INFO },
	{ LIT("=server, SSL_shutdown "), SEVERITY_INFO },
	{ LIT("=server, Diffie-Hellman "), SEVERITY_INFO },
	{ LIT("=client, Diffie-Hellman "), SEVERITY_INFO },
	{ LIT("=client, error: "), SEVERITY_WARNING },
	{ LIT("=server, error: "), SEVERITY_WARNING },
	{ LIT("=client, get_verify: "), SEVERITY_INFO },
	{ LIT("=server, get_verify: "), SEVERITY_INFO },
	{ LIT("=client, info: "), SEVERITY_INFO },
	{ LIT("=server, info: "), SEVERITY_INFO },
	{ LIT("=read, info: "), SEVERITY_INFO },
	{ LIT("=write, info: "), SEVERITY_INFO },
};

/* c stands behind "STARTTLS" */
enum parse_result smta_starttls(const struct smta *s, struct cur c, struct event *e)
{
	struct slice rest = cur_rest(&c);
	bool client = cur_lit(&c, "=client, ");
	enum parse_result r = PARSE_NOT_MINE;

	if (client || cur_lit(&c, "=server, ")) {
		if (cur_lit(&c, "relay="))
			return handshake(c, client, e);
		if (cur_lit(&c, "error: "))
			r = handshake_failed(c, client, e);
	}
	for (size_t i = 0; r == PARSE_NOT_MINE && i < ARRAY_LEN(TLS_NOTICES); i++)
		if (starts_with(rest, TLS_NOTICES[i].prefix))
			return smta_notice(s, NOTICE_TLS, TLS_NOTICES[i].severity, e);
	return r;
}

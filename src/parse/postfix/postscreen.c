/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postscreen.c - postscreen, dnsblog, tlsproxy
 *
 * Written by postfix src/postscreen/ (since 2.8), src/dnsblog/dnsblog.c, src/tlsproxy/tlsproxy.c.
 * Traps: peers have no name ("[addr]:port"); the fields behind a refusal are separated by commas, not by
 * blanks as smtpd's are; the HELO name is printed as the client sent it and may imitate that context, so it
 * is taken from the left; WHITELISTED and BLACKLISTED are the older words.
 */
#include "base/attr.h"
#include "parse/postfix/postfix_priv.h"

/* "CONNECT from [A]:P to [B]:Q", "DISCONNECT [A]:P" */
static enum parse_result parse_session(struct cur c, enum event_kind kind, struct event *e)
{
	struct pf_peer local;

	if (!pf_client(&c, e))
		return PARSE_BAD;
	e->kind = kind;
	e->service = SLICE("smtp");
	if (cur_lit(&c, " to ") && pf_peer(&c, &local)) {
		e->local_ip = local.address;
		e->local_port = local.port;
	}
	return PARSE_OK;
}

/* "<value>" up to the first ">, KEY" that may follow, or to the end */
static bool take_field(struct cur *c, struct slice *ret)
{
	const char *p = c->p;
	struct slice part;

	while (cur_until(c, '>', &part)) {
		struct cur next = *c;

		if (cur_at_end(c) || cur_lit(&next, ", to=<") || cur_lit(&next, ", proto=") ||
		    cur_lit(&next, ", helo=<")) {
			*ret = slice_between(p, part.p + part.n);
			return true;
		}
	}
	return false;
}

/* "; from=<S>, to=<R>, proto=P, helo=<H>" */
static void take_context(struct cur c, struct event *e)
{
	if (!take_field(&c, &e->sender))
		return;
	if (cur_lit(&c, ", to=<") && !take_field(&c, &e->recipient))
		return;
	if (cur_lit(&c, ", proto=")) {
		e->protocol = cur_token(&c, ',');
		if (!cur_at_end(&c))
			c.p--;
	}
	if (cur_lit(&c, ", helo=<")) {
		e->helo = cur_rest(&c);
		if (slice_ends(e->helo, ">"))
			e->helo.n--;
	}
}

/* "reject: RCPT from [A]:P: CODE ENH TEXT; from=..., ...", "reject: CONNECT from [A]:P: too many connections" */
static enum parse_result parse_reject(struct cur c, struct event *e)
{
	if (cur_lit(&c, "RCPT from "))
		e->stage = SLICE("rcpt");
	else if (cur_lit(&c, "CONNECT from ") || cur_lit(&c, "connect from "))
		e->stage = SLICE("connect");
	else if (cur_lit(&c, "MAIL from "))
		e->stage = SLICE("mail");
	else
		return PARSE_NOT_MINE;
	if (!pf_client(&c, e) || !cur_lit(&c, ": "))
		return PARSE_BAD;
	e->kind = EV_REJECT;
	e->service = SLICE("smtp");
	if (cur_until_lit(&c, "; from=<", &e->reply))
		take_context(c, e);
	else
		e->reply = cur_rest(&c);
	pf_reply(e->reply, e);
	if (slice_is(e->stage, "connect")) /* 421: too many connections, all ports busy */
		e->marks |= MARK_TEMPORARY;
	return PARSE_OK;
}

/* "PASS NEW [A]:P" and its like */
static const struct {
	struct slice words, result;
} LISTS[] = {
#define LIST(words, result) { { words, sizeof(words) - 1 }, { result, sizeof(result) - 1 } }
	LIST("PASS OLD ", "pass"),
	LIST("PASS NEW ", "pass"),
	LIST("ALLOWLISTED ", "allowlisted"),
	LIST("WHITELISTED ", "allowlisted"),
	LIST("DENYLISTED ", "denylisted"),
	LIST("BLACKLISTED ", "denylisted"),
	LIST("ALLOWLIST VETO ", "allowlist_veto"),
	LIST("WHITELIST VETO ", "allowlist_veto"),
#undef LIST
};

static enum parse_result parse_list(const struct pf *f, struct cur c, struct event *e)
{
	for (size_t i = 0; i < ARRAY_LEN(LISTS); i++) {
		struct slice words = LISTS[i].words;

		if (!cur_lit_(&c, words.p, words.n))
			continue;
		if (!pf_client(&c, e))
			return PARSE_BAD;
		e->kind = EV_VERDICT;
		e->check = SLICE("postscreen");
		e->result = LISTS[i].result;
		e->reason = slice_of(f->rest.p, words.n - 1);
		e->service = SLICE("smtp");
		return PARSE_OK;
	}
	return PARSE_NOT_MINE;
}

/* "DNSBL rank N for [A]:P" */
static enum parse_result parse_dnsbl(struct cur c, struct event *e)
{
	uint64_t rank;

	if (!cur_u64(&c, INT32_MAX, &rank) || !cur_lit(&c, " for ") || !pf_client(&c, e))
		return PARSE_BAD;
	e->kind = EV_VERDICT;
	e->check = SLICE("dnsbl");
	e->result = SLICE("listed");
	e->score_milli = (int64_t)rank * 1000;
	e->service = SLICE("smtp");
	return PARSE_OK;
}

static const struct pf_row ROWS[] = {
	PF_ROW("HANGUP after * from ", NOTICE_CONNECTION, PF_CLIENT),
	PF_ROW("PREGREET * after * from ", NOTICE_PROTOCOL, PF_CLIENT),
	PF_ROW("COMMAND PIPELINING from ", NOTICE_PROTOCOL, PF_CLIENT),
	PF_ROW("NON-SMTP COMMAND from ", NOTICE_PROTOCOL, PF_CLIENT),
	PF_ROW("BARE NEWLINE from ", NOTICE_PROTOCOL, PF_CLIENT),
	PF_ROW("COMMAND TIME LIMIT from ", NOTICE_LIMIT, PF_CLIENT),
	PF_ROW("COMMAND COUNT LIMIT from ", NOTICE_LIMIT, PF_CLIENT),
	PF_ROW("COMMAND LENGTH LIMIT from ", NOTICE_LIMIT, PF_CLIENT),
	PF_ROW("DATA without valid RCPT from ", NOTICE_PROTOCOL, PF_CLIENT),
	PF_ROW("BDAT without valid RCPT from ", NOTICE_PROTOCOL, PF_CLIENT),
	PF_ROW("NOQUEUE: ", NOTICE_SESSION, PF_NOTHING),
	PF_ROW("entering STRESS mode ", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("leaving STRESS mode ", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("cache * full cleanup", NOTICE_CACHE, PF_NOTHING),
	PF_ROW("cache ", NOTICE_CACHE, PF_NOTHING),
	PF_ROW("close database ", NOTICE_CACHE, PF_NOTHING),
	PF_ROW("psc_cache_", NOTICE_CACHE, PF_NOTHING),
	PF_ROW("dnsblog reply timeout ", NOTICE_DNS, PF_NOTHING),
	PF_ROW("dnsblog_query: ", NOTICE_DNS, PF_NOTHING),
	PF_ROW("psc_dnsbl_", NOTICE_DNS, PF_NOTHING),
	PF_ROW("cannot connect to service ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("psc_", NOTICE_SESSION, PF_NOTHING),
	PF_ROW("haproxy ", NOTICE_PROTOCOL, PF_NOTHING),
	PF_ROW("getpeername: ", NOTICE_CONNECTION, PF_NOTHING),
	PF_ROW("getsockname: ", NOTICE_CONNECTION, PF_NOTHING),
	PF_ROW("write [", NOTICE_CONNECTION, PF_NOTHING),
	PF_ROW("address conversion error for ", NOTICE_DNS, PF_NOTHING),
	PF_ROW("cannot convert ", NOTICE_CONNECTION, PF_NOTHING),
	PF_ROW("* discarding EHLO keywords: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("* replacing command ", NOTICE_PROTOCOL, PF_NOTHING),
};

enum parse_result pf_postscreen(const struct pf *f, struct cur c, struct event *e)
{
	enum parse_result r = PARSE_NOT_MINE;

	if (f->severity == SEVERITY_NONE) {
		if (cur_lit(&c, "CONNECT from "))
			return parse_session(c, EV_CONNECT, e);
		if (cur_lit(&c, "DISCONNECT "))
			return parse_session(c, EV_DISCONNECT, e);
		if (cur_lit(&c, "DNSBL rank "))
			return parse_dnsbl(c, e);
		if (cur_lit(&c, "reject: "))
			return parse_reject(c, e);
		r = parse_list(f, c, e);
	}
	if (r == PARSE_NOT_MINE)
		r = pf_rows(f, ROWS, ARRAY_LEN(ROWS), e);
	return r == PARSE_NOT_MINE ? pf_common(f, c, e) : r;
}

/* "addr A listed by domain ZONE as 127.0.0.N": one per hit, no verdict on the client yet */
enum parse_result pf_dnsblog(const struct pf *f, struct cur c, struct event *e)
{
	if (!cur_lit(&c, "addr "))
		return pf_postscreen(f, c, e);
	if (!cur_until(&c, ' ', &e->client_ip))
		return PARSE_BAD;
	if (!cur_lit(&c, "listed by domain "))
		return pf_notice(f, NOTICE_DNS, e);
	e->kind = EV_VERDICT;
	e->check = SLICE("dnsbl");
	e->result = SLICE("listed");
	e->domain = cur_token(&c, ' ');
	if (cur_lit(&c, "as "))
		e->reason = cur_rest(&c);
	return PARSE_OK;
}

/* "CONNECT from [A]:P", "CONNECT to [A]:P", "DISCONNECT [A]:P", TLS lines,
 * "TLS handshake failed for service=S peer=[A]:P" */
enum parse_result pf_tlsproxy(const struct pf *f, struct cur c, struct event *e)
{
	enum parse_result r;
	struct slice service;

	if (cur_lit(&c, "TLS handshake failed for service=")) {
		if (!cur_until(&c, ' ', &service) || !cur_lit(&c, "peer=") || !pf_client(&c, e))
			return PARSE_BAD;
		e->kind = EV_TLS;
		e->success = 0;
		e->action = slice_is(service, "smtp") ? SLICE("out") : SLICE("in");
		e->reason = SLICE("TLS handshake failed");
		return PARSE_OK;
	}
	/* the session itself is postscreen's or the smtp client's */
	if (cur_lit(&c, "CONNECT from ") || cur_lit(&c, "CONNECT to ") || cur_lit(&c, "DISCONNECT ")) {
		(void)pf_client(&c, e);
		return pf_notice(f, NOTICE_SESSION, e);
	}
	if (cur_lit(&c, "deadlock on ") || cur_lit(&c, "ciphertext read/write "))
		return pf_notice(f, NOTICE_TLS, e);
	r = pf_tls(f, c, e);
	return r == PARSE_NOT_MINE ? pf_common(f, c, e) : r;
}

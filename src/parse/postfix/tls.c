/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.c - TLS summaries and handshake failures of smtpd, tlsproxy and the smtp client
 *
 * Written by postfix src/tls/tls_misc.c (tls_log_summary), tls_server.c, tls_client.c.  "reused" and " to SNI"
 * since 3.4, the words behind "bits)" only with TLS 1.3.
 */
#include "base/attr.h"
#include "parse/postfix/postfix_priv.h"

/* "PROTO with cipher C (used/alg bits) ..." */
static inline bool take_cipher(const char *base, struct cur *c, struct event *e)
{
	const char *begin = c->p, *blank = scan_mostly_near(base, begin, c->end, ' ', ' ', 16);

	if (!slice_starts(slice_between(blank, c->end), " with cipher "))
		return false;
	e->tls_version = slice_between(begin, blank);
	begin = blank + strlen(" with cipher ");
	e->tls_cipher = slice_between(begin, scan_mostly_near(base, begin, c->end, ' ', ' ', 32));
	return true;
}

/* "STATUS TLS connection established|reused from|to PEER[ to SNI]: ..." ; c stands behind STATUS */
static enum parse_result parse_summary(const struct pf *f, struct cur c, bool verified, struct event *e)
{
	struct slice sni;
	bool out;

	if (!cur_lit(&c, " TLS connection established ")) {
		if (!cur_lit(&c, " TLS connection reused "))
			return PARSE_NOT_MINE;
		e->marks |= MARK_REUSED;
	}
	out = cur_lit(&c, "to ");
	if (!out && !cur_lit(&c, "from "))
		return PARSE_BAD;
	if (out ? !pf_relay(&c, e) : UNLIKELY(!pf_usual_client(f, &c, e)) && !pf_client(&c, e))
		return PARSE_BAD;
	if (UNLIKELY(!cur_lit(&c, ": "))) {
		if (!cur_lit(&c, " to ") || !cur_until_lit(&c, ": ", &sni))
			return PARSE_BAD;
		e->domain = sni;
	}
	if (UNLIKELY(!take_cipher(f->begin, &c, e)))
		return PARSE_BAD;
	e->kind = EV_TLS;
	e->action = out ? SLICE("out") : SLICE("in");
	e->success = 1;
	e->verified = verified;
	if (!out)
		e->service = pf_service(f);
	return PARSE_OK;
}

/* "SSL_accept error from PEER: WHY", "SSL_connect error to PEER: WHY" */
static enum parse_result parse_error(const struct pf *f, struct cur c, bool out, struct event *e)
{
	if (!(out ? pf_relay(&c, e) : pf_client(&c, e)) || !cur_lit(&c, ": "))
		return PARSE_BAD;
	e->kind = EV_TLS;
	e->action = out ? SLICE("out") : SLICE("in");
	e->success = 0;
	e->reason = cur_rest(&c);
	if (!out)
		e->service = pf_service(f);
	return PARSE_OK;
}

static const struct pf_row ROWS[] = {
	PF_ROW("TLS library problem: ", NOTICE_TLS, PF_REASON),
	PF_ROW("TLS SNI * from ", NOTICE_TLS, PF_CLIENT),
	PF_ROW("TLS SNI ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("TLS ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("SSL_", NOTICE_TLS, PF_NOTHING),
};

enum parse_result pf_tls(const struct pf *f, struct cur c, struct event *e)
{
	enum parse_result r = PARSE_NOT_MINE;

	switch (cur_peek(&c)) {
	case 'A':
		return cur_lit(&c, "Anonymous") ? parse_summary(f, c, false, e) : PARSE_NOT_MINE;
	case 'U':
		return cur_lit(&c, "Untrusted") ? parse_summary(f, c, false, e) : PARSE_NOT_MINE;
	case 'V':
		return cur_lit(&c, "Verified") ? parse_summary(f, c, true, e) : PARSE_NOT_MINE;
	case 'T':
		if (cur_lit(&c, "Trusted"))
			r = parse_summary(f, c, true, e);
		break;
	case 'S':
		if (cur_lit(&c, "SSL_accept error from "))
			return parse_error(f, c, false, e);
		if (cur_lit(&c, "SSL_connect error to "))
			return parse_error(f, c, true, e);
		break;
	case 'C':
		if (f->id.p && cur_lit(&c, "Cannot start TLS: ")) {
			e->kind = EV_TLS;
			e->action = SLICE("out");
			e->success = 0;
			e->reason = cur_rest(&c);
			return PARSE_OK;
		}
		return PARSE_NOT_MINE;
	default:
		return PARSE_NOT_MINE;
	}
	/* "TLS is required, but ..." and its like, with an id, speak of one host that was tried */
	return r == PARSE_NOT_MINE && !f->id.p ? pf_rows(f, ROWS, ARRAY_LEN(ROWS), e) : r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery.c - the delivery agents: smtp, lmtp, local, virtual, pipe, error, retry, discard
 *
 * "ID: to=<R>[, orig_to=<O>], relay=X[, conn_use=N], delay=D, delays=a/b/c/d[, tls=T], dsn=x.y.z, status=ST (reason)"
 * written by postfix src/global/log_adhoc.c, 2.3 to 3.11 (tls= since 3.11); also by cleanup and qmgr.
 * Traps: the reason is the remote server's and may hold anything, ", status=" included: fields are taken from
 * the left and the first status wins.  "postfix/error" carries permanent and temporary results.
 */
#include <limits.h>

#include "base/ascii.h"
#include "base/attr.h"
#include "parse/postfix/postfix_priv.h"

static const struct {
	struct slice word;
	enum outcome outcome;
	uint32_t marks;
} STATUS[] = {
#define STATUS_ROW(word, outcome, marks) { { word, sizeof(word) - 1 }, outcome, marks }
	STATUS_ROW("sent", OUTCOME_RELAYED, 0),
	STATUS_ROW("deferred", OUTCOME_DEFERRED, MARK_TEMPORARY),
	STATUS_ROW("bounced", OUTCOME_BOUNCED, 0),
	STATUS_ROW("expired", OUTCOME_EXPIRED, 0),
	STATUS_ROW("force-expired", OUTCOME_EXPIRED, 0),
	STATUS_ROW("SOFTBOUNCE", OUTCOME_DEFERRED, MARK_TEMPORARY),
	STATUS_ROW("deliverable", OUTCOME_DELIVERED, MARK_PROBE),
	STATUS_ROW("undeliverable", OUTCOME_BOUNCED, MARK_PROBE),
	STATUS_ROW("undeliverable-but-not-cached", OUTCOME_BOUNCED, MARK_PROBE),
#undef STATUS_ROW
};

/* behind "<": the address ends at the first ">" that the next known key follows */
ATTR_NOINLINE static bool take_odd_recipient(struct cur *c, struct slice *ret)
{
	const char *p = c->p;
	struct slice part;

	while (pf_address(c, &part)) {
		const char *end = c->p - 1;
		struct cur next = *c;

		if (cur_lit(&next, ", relay=") || cur_lit(&next, ", orig_to=<")) {
			*ret = slice_between(p, end);
			return cur_lit(c, ", ");
		}
	}
	return false;
}

/* up to ", ", which is consumed too; values hold no comma */
static bool take_value(struct cur *c, struct slice *ret)
{
	return cur_until(c, ',', ret) && cur_byte(c, ' ');
}

/* behind "to=<" of what does not follow the usual order, up to "relay=" */
ATTR_NOINLINE static bool take_odd_head(struct cur *c, struct event *e)
{
	if (!take_odd_recipient(c, &e->recipient))
		return false;
	if (cur_lit(c, "orig_to=<") && !take_odd_recipient(c, &e->orig_recipient))
		return false;
	return cur_lit(c, "relay=");
}

/* any relay, "none" and "dovecot" */
ATTR_NOINLINE static bool take_odd_relay(struct cur *c, struct event *e)
{
	struct cur at = *c;
	struct slice word;

	if (pf_relay(&at, e) && cur_lit(&at, ", ")) {
		*c = at;
		return true;
	}
	e->relay_ip = SLICE_NONE;
	e->relay_port = -1;
	if (!take_value(c, &word))
		return false;
	e->relay_host = slice_is(word, "none") ? SLICE_NONE : word;
	return true;
}

/* "host[192.0.2.1]:25, " or "host[/path/of/socket], " */
static inline bool take_relay(const struct pf *f, struct cur *c, struct event *e)
{
	struct cur at = { pf_usual_peer(f->begin, *c, 32, &e->relay_host, &e->relay_ip), c->end };

	if (LIKELY(at.p && cur_lit(&at, ":25, "))) {
		e->relay_port = 25;
	} else if (at.p && *e->relay_ip.p == '/' && cur_lit(&at, ", ")) {
		e->relay_ip = SLICE_NONE;
	} else {
		return take_odd_relay(c, e);
	}
	c->p = at.p;
	return true;
}

/* "R>, [orig_to=<O>, ]relay=X, "; nearly all: no quotes, the first '>' is the one, and relay= follows */
static inline bool take_head(const struct pf *f, struct cur *c, struct event *e)
{
	const char *begin = c->p, *close = scan_near(f->begin, begin, c->end, '>', '>', 32);

	if (LIKELY(close && slice_starts(slice_between(close, c->end), ">, relay=") && *begin != '"')) {
		e->recipient = slice_between(begin, close);
		c->p = close + strlen(">, relay=");
	} else if (!take_odd_head(c, e)) {
		return false;
	}
	return take_relay(f, c, e);
}

/* What follows a number in take_usual_fields(), at its usual length. */
#define BEHIND_TRANSMIT strlen(", dsn=x.y.z, status=")
#define BEHIND_CONNECT  (strlen("/1.23") + BEHIND_TRANSMIT)
#define BEHIND_QUEUE    (strlen("/1.23") + BEHIND_CONNECT)
#define BEHIND_QUEUE_IN (strlen("/1.23") + BEHIND_QUEUE)
#define BEHIND_DELAY    (strlen(", delays=1.23") + BEHIND_QUEUE_IN)

ATTR_NOINLINE static const char *take_odd_seconds(const char *p, const char *end, char next, size_t behind,
						  usec_t *ret)
{
	struct cur c = { p, end };

	return cur_seconds(&c, ret) && cur_left(&c) >= behind && *c.p == next ? c.p : NULL;
}

/*
 * cur_seconds() at p; returns the end of the number, or NULL: it is none, `next` does not follow it, or fewer bytes
 * than `behind` do.  At least four more than these lie between p and end.
 * Postfix writes two significant digits and most delays are short: "7", "1.2", "0.07".  Which of the three it is,
 * nobody could guess: there is no branch.
 */
static inline ATTR_ALWAYS_INLINE const char *take_seconds(const char *p, const char *end, char next, size_t behind,
							  usec_t *ret)
{
	unsigned whole = (unsigned)p[0] - '0', tenths = (unsigned)p[2] - '0', hundredths = (unsigned)p[3] - '0';
	unsigned point = p[1] == '.' ? UINT_MAX : 0, two = hundredths <= 9 ? UINT_MAX : 0;
	const char *stop = p + 1 + (point & (2 - two));

	if (UNLIKELY(whole > 9 || (tenths & point) > 9 || *stop != next))
		return take_odd_seconds(p, end, next, behind, ret);
	*ret = (usec_t)((whole * 100 + (point & (tenths * 10 + (two & hundredths)))) * 10000);
	return stop;
}

/* "delay=D, delays=a/b/c/d, dsn=x.y.z, status=", as nearly all lines have it; else only some delays are taken */
static inline bool take_usual_fields(struct cur *c, struct event *e)
{
	const char *p = c->p, *end = c->end;

	/* without a word on the odds, the compiler takes the end of so many conditions for cold */
	if (UNLIKELY(cur_left(c) < strlen("delay=1.23") + BEHIND_DELAY || !bytes_eq(p, "delay=", 6)))
		return false;
	p = take_seconds(p + strlen("delay="), end, ',', BEHIND_DELAY, &e->delay_s);
	if (UNLIKELY(!p || !bytes_eq(p, ", delays=", 9)))
		return false;
	p = take_seconds(p + strlen(", delays="), end, '/', BEHIND_QUEUE_IN, &e->delay_queue_in_s);
	if (UNLIKELY(!p))
		return false;
	p = take_seconds(p + 1, end, '/', BEHIND_QUEUE, &e->delay_queue_s);
	if (UNLIKELY(!p))
		return false;
	p = take_seconds(p + 1, end, '/', BEHIND_CONNECT, &e->delay_connect_s);
	if (UNLIKELY(!p))
		return false;
	p = take_seconds(p + 1, end, ',', BEHIND_TRANSMIT, &e->delay_transmit_s);
	if (UNLIKELY(!p || !bytes_eq(p, ", dsn=", 6) || !pf_is_short_dsn(p + 6) ||
		     !bytes_eq(p + 11, ", status=", 9)))
		return false;
	e->dsn = slice_of(p + strlen(", dsn="), 5);
	c->p = p + BEHIND_TRANSMIT;
	return true;
}

static void take_delays(struct slice text, struct event *e)
{
	struct cur c = cur_of(text);
	usec_t a, b, d, t;

	if (!cur_seconds(&c, &a) || !cur_byte(&c, '/') || !cur_seconds(&c, &b) || !cur_byte(&c, '/') ||
	    !cur_seconds(&c, &d) || !cur_byte(&c, '/') || !cur_seconds(&c, &t))
		return;
	e->delay_queue_in_s = a;
	e->delay_queue_s = b;
	e->delay_connect_s = d;
	e->delay_transmit_s = t;
}

/* what stands between relay= and status=, in whatever order and number a release writes it */
ATTR_NOINLINE static bool take_fields(struct cur *c, struct event *e)
{
	struct slice value;

	e->delay_s = e->delay_queue_in_s = e->delay_queue_s = e->delay_connect_s = e->delay_transmit_s = -1;
	while (!cur_lit(c, "status=")) {
		if (cur_lit(c, "delay=")) {
			if (!cur_seconds(c, &e->delay_s) || !cur_lit(c, ", "))
				return false;
			continue;
		}
		if (cur_lit(c, "dsn=")) {
			if (!take_value(c, &e->dsn))
				return false;
			continue;
		}
		if (cur_lit(c, "delays=")) {
			if (!take_value(c, &value))
				return false;
			take_delays(value, e);
			continue;
		}
		if (cur_lit(c, "conn_use=")) {
			e->marks |= MARK_REUSED;
		} else if (cur_lit(c, "tls=")) {
			if (!take_value(c, &e->tls_policy))
				return false;
			continue;
		}
		if (!take_value(c, &value))
			return false;
	}
	return true;
}

static bool take_status(struct cur *c, struct event *e)
{
	struct slice word;

	if (LIKELY(cur_lit(c, "sent "))) {
		e->outcome = OUTCOME_RELAYED;
		return true;
	}
	word = cur_token(c, ' ');
	for (size_t i = 0; i < ARRAY_LEN(STATUS); i++) {
		if (!slice_eq(STATUS[i].word, word))
			continue;
		e->outcome = STATUS[i].outcome;
		e->marks |= STATUS[i].marks;
		return true;
	}
	return false;
}

enum parse_result pf_delivery(const struct pf *f, struct cur c, struct event *e)
{
	if (UNLIKELY(!take_head(f, &c, e)))
		return PARSE_BAD;
	if (UNLIKELY(!take_usual_fields(&c, e)) && !take_fields(&c, e))
		return PARSE_BAD;
	if (UNLIKELY(!take_status(&c, e)))
		return PARSE_BAD;
	if (LIKELY(cur_byte(&c, '('))) {
		e->reply = cur_take_rest(&c);
		if (slice_ends(e->reply, ")")) /* cut lines have none */
			e->reply.n--;
	}
	e->kind = EV_ATTEMPT;
	if (LIKELY(!slice_is(f->process, "postfix"))) /* a tag that lost its daemon */
		e->transport = f->process;
	pf_reason(f, e);
	return PARSE_OK;
}

/* "host NAME[ADDR] said: REPLY (in reply to X command)", "host NAME[ADDR] refused to talk to me: REPLY" */
static enum parse_result parse_host_said(const struct pf *f, struct cur c, struct event *e)
{
	if (!pf_relay(&c, e) || (!cur_lit(&c, " said: ") && !cur_lit(&c, " refused to talk to me: ")))
		return PARSE_NOT_MINE;
	pf_reply(cur_rest(&c), e);
	e->reply = f->rest;
	return pf_notice(f, NOTICE_REMOTE, e);
}

/* "connect to NAME[ADDR]:25: Connection timed out", without a queue id */
static enum parse_result parse_connect_to(const struct pf *f, struct cur c, struct event *e)
{
	if (!pf_relay(&c, e) || !cur_lit(&c, ": "))
		return PARSE_NOT_MINE;
	e->reply = f->rest;
	e->reason = cur_rest(&c);
	return pf_notice(f, NOTICE_REMOTE, e);
}

static const struct pf_row ROWS[] = {
	PF_ROW("certificate verification failed for ", NOTICE_TLS, PF_RELAY),
	PF_ROW("server certificate verification failed for ", NOTICE_TLS, PF_RELAY),
	PF_ROW("certificate peer name verification failed for ", NOTICE_TLS, PF_RELAY),
	PF_ROW("lost connection with ", NOTICE_REMOTE, PF_RELAY),
	PF_ROW("conversation with ", NOTICE_REMOTE, PF_RELAY),
	PF_ROW("no MX host for ", NOTICE_DNS, PF_DOMAIN),
	PF_ROW("numeric ", NOTICE_DNS, PF_NOTHING),
	PF_ROW("TLS is required", NOTICE_REMOTE, PF_NOTHING),
	PF_ROW("Cannot start TLS", NOTICE_REMOTE, PF_NOTHING),
	PF_ROW("Server certificate ", NOTICE_REMOTE, PF_NOTHING),
	PF_ROW("SASL authentication failed", NOTICE_REMOTE, PF_NOTHING),
	PF_ROW("SASL [CACHED] authentication failed", NOTICE_REMOTE, PF_NOTHING),
	PF_ROW("SASL ", NOTICE_AUTH, PF_NOTHING),
	PF_ROW("SMTPUTF8 is required", NOTICE_REMOTE, PF_NOTHING),
	PF_ROW("TLSA lookup error for ", NOTICE_TLS, PF_RELAY),
	PF_ROW("message size ", NOTICE_REMOTE, PF_NOTHING),
	PF_ROW("network address conversion failed", NOTICE_REMOTE, PF_NOTHING),
	PF_ROW("enabling PIX workarounds: ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("disabling PIX workarounds", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("passing <", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("breaking line > ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("status=", NOTICE_QUEUE, PF_NOTHING),
	PF_ROW("Host offered STARTTLS: ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("TLSRPT: ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("TLS policy ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("MX name * does not match STS ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("setting up TLS connection to ", NOTICE_TLS, PF_RELAY),
	PF_ROW("non-ESMTP response from ", NOTICE_PROTOCOL, PF_RELAY),
	PF_ROW("non-SMTP response from ", NOTICE_PROTOCOL, PF_RELAY),
	PF_ROW("non-LMTP response from ", NOTICE_PROTOCOL, PF_RELAY),
	PF_ROW("valid_", NOTICE_DNS, PF_NOTHING),
	PF_ROW("mailer loop: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("mailer configuration error", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("required alias not found: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("maildir access problem for ", NOTICE_PERMISSION, PF_NOTHING),
	PF_ROW("perhaps you need to create the maildirs", NOTICE_PERMISSION, PF_NOTHING),
	PF_ROW("specify \"", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("process * ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("command ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("pipe_command", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("stat ", NOTICE_PERMISSION, PF_NOTHING),
	PF_ROW("suspicious ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("address with illegal ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("local mail ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("cannot ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("file ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("missing ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("bad ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("user ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("* has exceeded ", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("header ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("discarding EHLO keywords: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("server * violates ", NOTICE_PROTOCOL, PF_NOTHING),
	PF_ROW("Unexpected response from ", NOTICE_PROTOCOL, PF_RELAY),
	PF_ROW("* offered no supported AUTH mechanisms", NOTICE_AUTH, PF_NOTHING),
	PF_ROW("* offered null AUTH mechanism list", NOTICE_AUTH, PF_NOTHING),
	PF_ROW("per-session SASL ", NOTICE_AUTH, PF_NOTHING),
	PF_ROW("set per-session SASL ", NOTICE_AUTH, PF_NOTHING),
	PF_ROW("to prevent loss of mail, ", NOTICE_PROTOCOL, PF_NOTHING),
	PF_ROW("local data error while talking to ", NOTICE_REMOTE, PF_RELAY),
	PF_ROW("mail for * loops back to myself", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("mail forwarding loop for ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("null destination: ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("null username in ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("postmaster notify: ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("destination ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("recipient *: ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("recipient * ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("no recipient in alias lookup result ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("no @ in recipient address: ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("unable to lookup :include: file ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW(":include:", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("biff_notify: ", NOTICE_DELIVERY, PF_NOTHING),
	PF_ROW("unexpected process name ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("* MX or address lookup error: ", NOTICE_DNS, PF_REASON),
	PF_ROW("* address or MX lookup error: ", NOTICE_DNS, PF_REASON),
	PF_ROW("* I am not listed as MX relay", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("host * offers ", NOTICE_PROTOCOL, PF_NOTHING),
	PF_ROW("host ", NOTICE_REMOTE, PF_NOTHING),
};

/* smtp_header_checks: "replace: header ..." */
static const struct pf_row HEADER_ROWS[] = {
	PF_ROW("replace: header ", NOTICE_REWRITE, PF_REASON),
	PF_ROW("prepend: header ", NOTICE_REWRITE, PF_REASON),
	PF_ROW("strip: header ", NOTICE_REWRITE, PF_REASON),
	PF_ROW("warning: header ", NOTICE_ACL, PF_REASON),
	PF_ROW("info: header ", NOTICE_ACL, PF_REASON),
	PF_ROW("bcc: header ", NOTICE_ACL, PF_REASON),
	PF_ROW("replace: body ", NOTICE_REWRITE, PF_REASON),
	PF_ROW("prepend: body ", NOTICE_REWRITE, PF_REASON),
	PF_ROW("strip: body ", NOTICE_REWRITE, PF_REASON),
	PF_ROW("warning: body ", NOTICE_ACL, PF_REASON),
	PF_ROW("info: body ", NOTICE_ACL, PF_REASON),
};

/* "host NAME[ADDR]:25 greeted me with my own hostname X": a mail loop about to be built */
static bool is_own_name(struct cur c, struct event *e)
{
	return pf_relay(&c, e) &&
	       (cur_lit(&c, " greeted me with ") || cur_lit(&c, " replied to HELO/EHLO with "));
}

/* "NAME[ADDR]:25: Matched DANE EE certificate at depth 0: ...": the words before a handshake is done */
static bool is_peer_words(struct cur c, struct event *e)
{
	return pf_relay(&c, e) && (cur_lit(&c, ": ") || cur_lit(&c, " "));
}

enum parse_result pf_delivery_agent(const struct pf *f, struct cur c, struct event *e)
{
	enum parse_result r = pf_tls(f, c, e);

	if (r != PARSE_NOT_MINE)
		return r;
	if (cur_lit(&c, "connect to ")) {
		r = parse_connect_to(f, c, e);
	} else if (cur_lit(&c, "host ")) {
		if (is_own_name(c, e))
			return pf_notice(f, NOTICE_CONFIG, e);
		r = parse_host_said(f, c, e);
	}
	if (r != PARSE_NOT_MINE)
		return r;
	if (f->id.p && f->severity == SEVERITY_NONE)
		r = pf_rows(f, HEADER_ROWS, ARRAY_LEN(HEADER_ROWS), e);
	if (r == PARSE_NOT_MINE)
		r = pf_rows(f, ROWS, ARRAY_LEN(ROWS), e);
	if (r == PARSE_OK && e->category == NOTICE_REMOTE)
		e->reply = f->rest;
	if (r == PARSE_NOT_MINE)
		r = pf_common(f, cur_of(f->rest), e);
	if (r == PARSE_NOT_MINE && is_peer_words(cur_of(f->rest), e))
		return pf_notice(f, f->severity == SEVERITY_NONE ? NOTICE_TLS : NOTICE_REMOTE, e);
	return r;
}

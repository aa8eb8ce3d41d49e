/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acl.c - refusals and other words of the access rules, with an id or without
 *
 * Source: exim src/src/acl.c and smtp_in.c (log_write ... "%s%s%s%s%srejected %s%s"):
 *   [ DS] WHO [X= CV= DN="" SNI=] [F=<SENDER> [A=]] [SPF] [DMARC] [temporarily ]rejected WHAT[: LOGTEXT]
 * A line "ID H=NAME [IP]..." without one of these words is about an outgoing connection (deliver.c).
 * Trap: LOGTEXT is the site's own, in any language; only the words before it are fixed.
 */
#include "event/queue_id.h"
#include "parse/exim/exim_priv.h"

static bool take_auth(struct cur *c, struct event *e)
{
	/* one that holds another stands before it */
	static const struct slice STOPS[] = {
		LIT(" temporarily rejected "), LIT(" rejected "), LIT(" RCPT "), LIT(" SPF"), LIT(" DMARC"),
	};

	return exim_step(c, exim_auth_until(*c, e, STOPS, ARRAY_LEN(STOPS)));
}

static bool field(struct cur *c, struct event *e)
{
	switch (cur_peek(c)) {
	case 'A':
		return cur_lit(c, "A=") && take_auth(c, e);
	case 'C':
		return cur_lit(c, "CV=") && exim_take_verified(c, e);
	case 'D':
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

struct slice exim_argument(struct cur *c)
{
	struct slice s;
	const char *q = c->p;

	if (exim_angle(c, &s))
		return s;
	for (; q < c->end && *q != ' ' && !(*q == ':' && (q + 1 == c->end || q[1] == ' ')); q++)
		;
	s = slice_between(c->p, q);
	c->p = q;
	if (s.n && s.p[0] == '<')
		s = slice_from(s, 1); /* cut at 100 bytes, the closing bracket is gone */
	return s;
}

/* ": LOGTEXT" at the end, maybe with a code of the site's own */
static void log_text(struct cur *c, struct event *e)
{
	struct slice s;

	if (!cur_lit(c, ": ") && !cur_until_lit(c, ": ", &s))
		return;
	e->reply = cur_take_rest(c);
	(void)exim_reply(e->reply, e);
}

enum what_argument { ARG_NONE, ARG_SENDER, ARG_RECIPIENT, ARG_HELO, ARG_SKIP };

static const struct {
	struct slice text, stage;
	enum what_argument argument;
} WHATS[] = {
	{ LIT("RCPT "),                     LIT("rcpt"),     ARG_RECIPIENT },
	{ LIT("MAIL FROM:"),                LIT("mail"),     ARG_SENDER },
	{ LIT("MAIL command"),              LIT("mail"),     ARG_NONE },
	{ LIT("MAIL "),                     LIT("mail"),     ARG_SENDER },
	{ LIT("EHLO or HELO "),             LIT("helo"),     ARG_HELO },
	{ LIT("after DATA PRDR"),           LIT("data"),     ARG_NONE },
	{ LIT("after DATA"),                LIT("data"),     ARG_NONE },
	{ LIT("DATA"),                      LIT("data"),     ARG_NONE },
	{ LIT("during MIME ACL checks"),    LIT("data"),     ARG_NONE },
	{ LIT("by local_scan()"),           LIT("data"),     ARG_NONE },
	{ LIT("by non-SMTP ACL"),           LIT("data"),     ARG_NONE },
	{ LIT("by system filter"),          LIT("data"),     ARG_NONE },
	{ LIT("connection in \"connect\" ACL"), LIT("connect"), ARG_NONE },
	{ LIT("connection"),                LIT("connect"),  ARG_NONE },
	{ LIT("AUTH"),                      LIT("auth"),     ARG_SKIP },
	{ LIT("STARTTLS"),                  LIT("starttls"), ARG_NONE },
	{ LIT("VRFY "),                     LIT("vrfy"),     ARG_RECIPIENT },
	{ LIT("EXPN "),                     LIT("vrfy"),     ARG_RECIPIENT },
	{ LIT("ETRN "),                     LIT("etrn"),     ARG_SKIP },
	{ LIT("QUIT"),                      LIT("quit"),     ARG_NONE },
};

static void take_argument(struct cur *c, enum what_argument kind, struct event *e)
{
	struct slice s;

	switch (kind) {
	case ARG_SENDER:
		e->sender = exim_argument(c);
		break;
	case ARG_RECIPIENT:
		e->recipient = exim_argument(c);
		break;
	case ARG_HELO:
		s = cur_rest(c);
		s = slice_head(s, slice_find(s, SLICE(": ")));
		c->p += s.n;
		if (!e->helo.p)
			e->helo = s;
		break;
	case ARG_SKIP:
		s = cur_rest(c);
		c->p += slice_find(s, SLICE(": "));
		break;
	case ARG_NONE:
		break;
	}
}

enum parse_result exim_rejected(struct cur c, struct event *e, bool temporary)
{
	e->kind = EV_REJECT;
	if (temporary)
		e->marks |= MARK_TEMPORARY;
	for (size_t i = 0; i < ARRAY_LEN(WHATS); i++) {
		if (!cur_lit_(&c, WHATS[i].text.p, WHATS[i].text.n))
			continue;
		e->stage = WHATS[i].stage;
		take_argument(&c, WHATS[i].argument, e);
		log_text(&c, e);
		return PARSE_OK;
	}
	if (cur_at_end(&c))
		return PARSE_BAD;
	e->reply = cur_rest(&c);
	return PARSE_OK;
}

/* "RCPT <a>: discarded by RCPT ACL[: TEXT]": taken, and silently thrown away */
static enum parse_result discarded(struct cur c, struct event *e)
{
	struct slice arguments;

	e->recipient = exim_argument(&c);
	if (!cur_lit(&c, ": discarded by ") && !cur_until_lit(&c, ": discarded by ", &arguments))
		return PARSE_BAD;
	e->kind = EV_VERDICT;
	e->check = SLICE("acl");
	e->result = SLICE("discard");
	e->reason = cur_rest(&c);
	return PARSE_OK;
}

/* "sender verify fail for <a>[: TEXT]" */
static enum parse_result sender_verify(struct cur c, struct event *e, bool temporary)
{
	e->sender = exim_argument(&c);
	e->kind = EV_VERDICT;
	e->check = SLICE("sender_verify");
	e->result = temporary ? SLICE("temperror") : SLICE("fail");
	if (temporary)
		e->marks |= MARK_TEMPORARY;
	if (cur_lit(&c, ": "))
		e->reason = cur_rest(&c);
	return PARSE_OK;
}

/* "incomplete transaction (QUIT) from <S>[ for A B]" */
static enum parse_result incomplete(struct cur c, struct event *e, struct slice whole)
{
	struct slice s;

	if (!cur_until(&c, ')', &e->reason))
		return PARSE_BAD;
	if (cur_lit(&c, " from ") && exim_angle(&c, &s)) {
		e->sender = s;
		if (cur_lit(&c, " for "))
			e->recipients = cur_rest(&c);
	}
	return exim_notice(e, NOTICE_SESSION, SEVERITY_INFO, whole);
}

/* cPanel: "SpamAssassin as USER detected message as [NOT ]spam (7.6)", OUTGOING too */
static bool spam_assassin(struct cur c, struct event *e)
{
	struct slice s, score;
	usec_t micro;
	bool negative;

	(void)cur_byte(&c, '"');
	if (!cur_lit(&c, "SpamAssassin as ") || !cur_until_lit(&c, " detected ", &e->user) ||
	    !cur_until_lit(&c, "message as ", &s))
		return false;
	e->result = cur_lit(&c, "NOT ") ? SLICE("ham") : SLICE("spam");
	if (!cur_lit(&c, "spam"))
		return false;
	e->kind = EV_VERDICT;
	e->check = SLICE("spam");
	if (!cur_lit(&c, " (") || !cur_until(&c, ')', &score))
		return true;
	c = cur_of(score);
	negative = cur_byte(&c, '-');
	if (cur_seconds(&c, &micro))
		e->score_milli = negative ? -(micro / 1000) : micro / 1000;
	return true;
}

static enum parse_result warning(struct cur c, struct event *e, struct slice whole)
{
	struct cur t = c;

	if (spam_assassin(c, e))
		return PARSE_OK;
	if (cur_lit(&t, "Message has been scanned: no virus")) {
		e->kind = EV_VERDICT;
		e->check = SLICE("virus");
		e->result = SLICE("clean");
		e->reason = cur_rest(&c);
		return PARSE_OK;
	}
	if (cur_lit(&t, "ACL 'warn' statement skipped"))
		return exim_notice(e, NOTICE_ACL, SEVERITY_WARNING, whole);
	e->reason = cur_rest(&c);
	return exim_notice(e, NOTICE_ACL, SEVERITY_INFO, whole);
}

/* the words that may follow a client's WHO; PARSE_NOT_MINE if none of them does */
static enum parse_result client_words(struct cur c, struct event *e, struct slice whole)
{
	struct slice s;

	if (cur_lit(&c, "rejected "))
		return exim_rejected(c, e, false);
	if (cur_lit(&c, "temporarily rejected "))
		return exim_rejected(c, e, true);
	if (cur_lit(&c, "Warning: "))
		return warning(c, e, whole);
	if (cur_lit(&c, "incomplete transaction ("))
		return incomplete(c, e, whole);
	if (cur_lit(&c, "sender verify fail for "))
		return sender_verify(c, e, false);
	if (cur_lit(&c, "sender verify defer for "))
		return sender_verify(c, e, true);
	if (cur_lit(&c, "RCPT "))
		return discarded(c, e);
	if (cur_lit(&c, "dropped by ")) {
		/* TLS-on-connect: "dropped by 'connect' ACL: TEXT" */
		e->kind = EV_REJECT;
		e->stage = SLICE("connect");
		if (cur_until_lit(&c, ": ", &s)) {
			e->reply = cur_rest(&c);
			(void)exim_reply(e->reply, e);
		}
		return PARSE_OK;
	}
	return PARSE_NOT_MINE;
}

/* "H=mx [IP]:25: TEXT", "H=mx [IP] Connection refused", "H=mx [IP] TLS error on connection (recv): TEXT" */
static enum parse_result outgoing(struct cur c, struct event *e, const struct exim_host *h,
				  struct slice whole)
{
	struct slice function;

	exim_set_relay(e, h);
	if (!cur_lit(&c, ": "))
		(void)cur_byte(&c, ' ');
	e->reply = cur_rest(&c);
	if (!e->reply.n)
		return PARSE_BAD;
	if (cur_lit(&c, "TLS error on connection (") && cur_until_lit(&c, "): ", &function)) {
		/* recv, send, uncork: hung up without a goodbye; the delivery's own line tells its fate */
		if (slice_is(function, "recv") || slice_is(function, "send") || slice_is(function, "uncork"))
			return exim_notice(e, NOTICE_TLS, SEVERITY_INFO, whole);
		e->kind = EV_TLS;
		e->success = 0;
		e->reason = e->reply;
		e->reply = SLICE_NONE;
		return PARSE_OK;
	}
	if (slice_starts(e->reply, "TLS session: (")) {
		e->kind = EV_TLS;
		e->success = 0;
		e->reason = e->reply;
		e->reply = SLICE_NONE;
		return PARSE_OK;
	}
	exim_message(e->reply, e);
	return exim_notice(e, NOTICE_REMOTE, SEVERITY_WARNING, whole);
}

/* " F=<SENDER> [temporarily ]rejected RCPT <RECIPIENT>[: TEXT]": most refusals, and what client_words() makes of them */
static inline bool refused_recipient(struct cur c, struct event *e)
{
	bool temporary;

	if (!cur_lit(&c, " F=<") || !exim_take_sender(&c, e))
		return false;
	temporary = cur_lit(&c, " temporarily");
	if (!cur_lit(&c, " rejected RCPT ") || !exim_angle(&c, &e->recipient))
		return false;
	if (cur_lit(&c, ": ")) {
		e->reply = cur_rest(&c);
		(void)exim_reply(e->reply, e);
	} else if (!cur_at_end(&c)) {
		return false;
	}
	e->kind = EV_REJECT;
	e->stage = SLICE("rcpt");
	if (temporary)
		e->marks |= MARK_TEMPORARY;
	return true;
}

/* anything else behind WHO; it began at who, in a text that began at begin */
static ATTR_NOINLINE enum parse_result any_policy(struct cur c, const char *begin, const char *who, struct event *e)
{
	struct slice whole = slice_between(begin, c.end);
	enum parse_result r = PARSE_NOT_MINE;
	struct cur behind = { who, c.end };
	struct slice id = e->queue_id;
	struct exim_host h;

	while (cur_byte(&c, ' ')) {
		if (exim_field(field, &c, e))
			continue;
		r = client_words(c, e, whole);
		if (r != PARSE_NOT_MINE)
			return r;
		if (!slice_starts(cur_rest(&c), "SPF") && !slice_starts(cur_rest(&c), "DMARC") &&
		    !slice_starts(cur_rest(&c), "SNI=") && !slice_starts(cur_rest(&c), "DS "))
			break;
		(void)exim_word(&c);
	}
	if (id.p && cur_lit(&behind, "H=") && exim_host(&behind, &h) && h.ip.p && !h.helo.p) {
		event_init(e, EV_NOTICE);
		e->queue_id = id;
		return outgoing(behind, e, &h, whole);
	}
	/* the site's own words about a client (logwrite) */
	return exim_notice(e, NOTICE_ACL, SEVERITY_INFO, whole);
}

/* The cursor at "H=", "U=" or " DS H=" at the start of the text. */
enum parse_result exim_policy(struct cur c, struct event *e)
{
	const char *begin = c.p, *who;

	cur_skip_spaces(&c);
	(void)cur_lit(&c, "DS ");
	who = c.p;
	if (!exim_who(&c, e, true))
		return slice_starts(cur_rest(&c), "H=") ? PARSE_BAD : PARSE_NOT_MINE;
	return LIKELY(refused_recipient(c, e)) ? PARSE_OK : any_policy(c, begin, who, e);
}

/* "rejected from <S> H=..: message too big: read=N max=N", behind "rejected from " */
static enum parse_result rejected_from(struct cur c, struct event *e)
{
	if (!exim_angle(&c, &e->sender) || !cur_byte(&c, ' ') || !exim_who(&c, e, true))
		return PARSE_BAD;
	e->kind = EV_REJECT;
	e->stage = SLICE("data");
	log_text(&c, e);
	return e->reply.p ? PARSE_OK : PARSE_BAD;
}

/* "rejected EHLO from WHO0: TEXT", "rejected "EHLO x" from WHO0", "rejected MAIL from WHO0: TEXT" */
static enum parse_result rejected_command(struct cur c, struct event *e, bool temporary)
{
	struct slice command = SLICE_NONE;

	if (temporary)
		e->marks |= MARK_TEMPORARY;
	e->kind = EV_REJECT;
	if (cur_lit(&c, "MAIL FROM:")) {
		e->stage = SLICE("mail");
		e->sender = exim_argument(&c);
		if (!cur_byte(&c, ' ') || !exim_who(&c, e, true))
			return PARSE_BAD;
	} else if (cur_lit(&c, "MAIL command ")) {
		e->stage = SLICE("mail");
		if (!exim_who(&c, e, true))
			return PARSE_BAD;
	} else {
		if (cur_byte(&c, '"'))
			command = exim_quoted(&c);
		else
			command = exim_word(&c);
		if (!cur_lit(&c, " from ") || !exim_who(&c, e, false))
			return PARSE_BAD;
		e->stage = slice_starts(command, "MAIL") ? SLICE("mail") : SLICE("helo");
	}
	log_text(&c, e);
	if (!e->reply.p && slice_find_byte(command, ' ') < command.n)
		e->helo = slice_from(command, slice_find_byte(command, ' ') + 1);
	return PARSE_OK;
}

static enum parse_result rule_rejected(struct cur c, struct event *e, const struct exim_rule *r)
{
	(void)r;
	return cur_lit(&c, "from ") ? rejected_from(c, e) : rejected_command(c, e, false);
}

static enum parse_result rule_temporarily_rejected(struct cur c, struct event *e, const struct exim_rule *r)
{
	(void)r;
	return rejected_command(c, e, true);
}

/* "unqualified sender rejected: <A> WHO[ (HOSTMSG)]" */
static enum parse_result rule_unqualified(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice kind, address;

	if (!cur_until_lit(&c, " rejected: ", &kind) || !exim_angle(&c, &address) || !cur_byte(&c, ' ') ||
	    !exim_who(&c, e, true))
		return PARSE_BAD;
	e->kind = EV_REJECT;
	if (slice_is(kind, "sender")) {
		e->stage = SLICE("mail");
		e->sender = address;
	} else {
		e->stage = slice_is(kind, "verify") ? SLICE("vrfy") : SLICE("rcpt");
		e->recipient = address;
	}
	e->reply = slice_between(kind.p - r->prefix.n, kind.p + kind.n + sizeof " rejected" - 1);
	return PARSE_OK;
}

/* "too many recipients: message rejected: sender=<A> WHO", "...: excess temporarily rejected: ..." */
static enum parse_result rule_too_many(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice what;

	if (!cur_until_lit(&c, ": sender=", &what) || !exim_angle(&c, &e->sender) || !cur_byte(&c, ' ') ||
	    !exim_who(&c, e, true))
		return PARSE_BAD;
	e->kind = EV_REJECT;
	e->stage = SLICE("rcpt");
	e->reply = slice_between(what.p - r->prefix.n, what.p + what.n);
	if (slice_starts(what, "excess temporarily"))
		e->marks |= MARK_TEMPORARY;
	return PARSE_OK;
}

/* "F=<S> rejected by non-SMTP ACL: TEXT", "F=S H=.. [temporarily ]rejected by local_scan(): TEXT" */
static enum parse_result rule_sender_first(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r);

	if (!exim_angle(&c, &e->sender))
		e->sender = exim_word(&c);
	while (cur_byte(&c, ' ')) {
		enum parse_result result = client_words(c, e, whole);

		if (result != PARSE_NOT_MINE)
			return result;
		if (!exim_who(&c, e, true))
			(void)exim_word(&c);
	}
	return PARSE_NOT_MINE;
}

/* "Connection from [IP]:PORT refused: too many connections" */
static enum parse_result rule_connection_refused(struct cur c, struct event *e, const struct exim_rule *r)
{
	(void)r;
	if (!exim_who(&c, e, false) || !cur_lit(&c, " refused"))
		return PARSE_BAD;
	e->kind = EV_REJECT;
	e->stage = SLICE("connect");
	e->marks |= MARK_TEMPORARY;
	if (cur_lit(&c, ": ") || cur_lit(&c, " "))
		e->reply = cur_rest(&c);
	return PARSE_OK;
}

/* "refused connection from WHO0 (host_reject_connection)", "temporarily refused connection from ..." */
static enum parse_result rule_refused_connection(struct cur c, struct event *e, const struct exim_rule *r)
{
	if (!exim_who(&c, e, false))
		return PARSE_BAD;
	e->kind = EV_REJECT;
	e->stage = SLICE("connect");
	if (slice_starts(r->prefix, "temporarily"))
		e->marks |= MARK_TEMPORARY;
	if (cur_lit(&c, ": ") || cur_lit(&c, " "))
		e->reply = cur_rest(&c);
	return PARSE_OK;
}

/*
 * "(input sent without waiting for greeting): rejected connection from WHO input="TEXT""
 * "(next input sent too soon: pipelining was[ not] advertised): rejected "CMD" WHO next input="TEXT""
 */
static enum parse_result rule_synchronization(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice command;

	(void)r;
	if (!cur_until_lit(&c, "): rejected ", &e->reply))
		return PARSE_BAD;
	e->kind = EV_REJECT;
	if (cur_lit(&c, "connection from ")) {
		e->stage = SLICE("connect");
	} else if (cur_byte(&c, '"') &&
		   (cur_until_lit(&c, "\" H=", &command) || cur_until_lit(&c, "\" U=", &command))) {
		c.p -= 2; /* back on the tag */
		e->stage = slice_starts(command, "MAIL")   ? SLICE("mail")
			   : slice_starts(command, "RCPT") ? SLICE("rcpt")
			   : slice_starts(command, "DATA") ? SLICE("data")
			   : slice_starts(command, "AUTH") ? SLICE("auth")
							   : SLICE("helo");
	}
	return e->stage.p && exim_who(&c, e, true) ? PARSE_OK : PARSE_BAD;
}

/* "ridiculously long message header received from HOST (more than N characters): message abandoned" */
static enum parse_result rule_long_header(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r);

	if (!exim_who(&c, e, false))
		return PARSE_BAD;
	e->kind = EV_REJECT;
	e->stage = SLICE("data");
	e->reply = whole;
	return PARSE_OK;
}

static const struct exim_rule RULES[] = {
	{ LIT("rejected "),                               rule_rejected, 0, 0 },
	{ LIT("temporarily rejected "),                   rule_temporarily_rejected, 0, 0 },
	{ LIT("unqualified "),                            rule_unqualified, 0, 0 },
	{ LIT("too many recipients: "),                   rule_too_many, 0, 0 },
	{ LIT("F="),                                      rule_sender_first, 0, 0 },
	{ LIT("Connection from "),                        rule_connection_refused, 0, 0 },
	{ LIT("connection from "),                        rule_connection_refused, 0, 0 },
	{ LIT("refused connection from "),                rule_refused_connection, 0, 0 },
	{ LIT("temporarily refused connection from "),    rule_refused_connection, 0, 0 },
	{ LIT("SMTP protocol synchronization error ("),   rule_synchronization, 0, 0 },
	{ LIT("ridiculously long message header received from "), rule_long_header, 0, 0 },
};
static const uint64_t BEGINS =
	EXIM_BEGIN('C') | EXIM_BEGIN('F') | EXIM_BEGIN('S') | EXIM_BEGIN('c') | EXIM_BEGIN('r') |
	EXIM_BEGIN('t') | EXIM_BEGIN('u');

enum parse_result exim_refusal(struct cur c, struct event *e)
{
	return exim_rules_of(BEGINS, RULES, ARRAY_LEN(RULES), c, e);
}

/* ---- the header part of a reject log entry ---- */

/* "I Message-ID: <x>" or "  Subject: y": type letter, blank, name, colon */
static bool header_start(struct cur c, struct slice *ret_name, struct slice *ret_value)
{
	struct slice name;

	if (cur_left(&c) < 3 || c.p[1] != ' ' || ascii_space(c.p[2]))
		return false;
	c.p += 2;
	if (!cur_until(&c, ':', &name) || !name.n || slice_find_byte(name, ' ') < name.n)
		return false;
	*ret_name = name;
	*ret_value = cur_rest(&c);
	return true;
}

/*
 * One recipient is given bare; several as they stand, "<a>\n    <b>": addresses in brackets with white
 * space between, as a slice cannot join them.
 */
static void envelope_to(struct cur *text, struct slice first, struct event *e)
{
	struct cur c = *text;
	const char *end = first.p + first.n;
	bool several = false;
	struct slice line;

	while (cur_lit(&c, "    <")) {
		line = cur_token(&c, '\n');
		end = line.p + line.n;
		several = true;
		*text = c;
	}
	if (several)
		e->recipients = slice_between(first.p, end);
	else if (first.n >= 2 && first.p[0] == '<' && end[-1] == '>')
		e->recipients = slice_of(first.p + 1, first.n - 2);
}

/* the value of a header with its continuation lines */
static struct slice header_value(struct slice first, struct cur *text)
{
	struct cur c = *text;
	const char *end = first.p + first.n;

	while (!cur_at_end(&c) && (*c.p == ' ' || *c.p == '\t')) {
		struct slice line, name, value;
		struct cur t = c;

		line = cur_token(&c, '\n');
		t.end = line.p + line.n;
		if (header_start(t, &name, &value))
			break;
		end = line.p + line.n;
		*text = c;
	}
	return slice_trim(slice_between(first.p, end));
}

void exim_reject_headers(struct slice text, struct event *e)
{
	struct cur c = cur_of(text);

	while (!cur_at_end(&c)) {
		struct slice line = cur_token(&c, '\n'), name, value;
		struct cur t = cur_of(line);

		if (cur_lit(&t, "Envelope-from: ")) {
			if (!e->sender.p)
				(void)exim_angle(&t, &e->sender);
		} else if (cur_lit(&t, "Envelope-to: ")) {
			envelope_to(&c, cur_rest(&t), e);
		} else if (header_start(t, &name, &value)) {
			if (!e->message_id.p && slice_eq_fold(name, SLICE("Message-ID")))
				e->message_id = header_value(value, &c);
			else if (!e->subject.p && slice_eq_fold(name, SLICE("Subject")))
				e->subject = header_value(value, &c);
		}
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.c - refusals: rule sets, milters, errors told to the client
 *
 * Sources: sendmail 8.17 sendmail/parseaddr.c rscheck() "ruleset=%s[, arg1=%s][, arg2=%s][, relay=%s],
 * reject=%s | discard | quarantine=%s"; sendmail/srvrsmtp.c and sendmail/milter.c "Milter: %s=%s, reject=%s",
 * "milter=%s, action=%s, reject=%s"; sendmail/err.c usrerr() "%.900s" (the reply without its codes). Traps:
 * arg1 is an address or, for rule sets of header lines, the raw header, and the reply repeats addresses: both
 * may imitate the fields.  Rule sets of our own client side (tls_server) refuse nobody: a delivery line
 * follows.
 */
#include "event/address_list.h"
#include "parse/sendmail/sendmail_priv.h"

/* what arg1 is, and what the rule set guards */
enum argument { ARG_CLIENT, ARG_SENDER, ARG_RECIPIENT, ARG_WORD };

static const struct ruleset {
	struct slice name, stage;
	enum argument argument;
	enum notice instead; /* no refusal of mail: a notice of this category */
} RULESETS[] = {
	{ LIT("check_rcpt"), LIT("rcpt"), ARG_RECIPIENT, NOTICE_NONE },
	{ LIT("check_mail"), LIT("mail"), ARG_SENDER, NOTICE_NONE },
	{ LIT("check_relay"), LIT("connect"), ARG_CLIENT, NOTICE_NONE },
	{ LIT("check_data"), LIT("data"), ARG_WORD, NOTICE_NONE },
	{ LIT("check_eom"), LIT("data"), ARG_WORD, NOTICE_NONE },
	{ LIT("check_eoh"), LIT("data"), ARG_WORD, NOTICE_NONE },
	{ LIT("check_compat"), LIT("data"), ARG_SENDER, NOTICE_NONE },
	{ LIT("check_etrn"), LIT("etrn"), ARG_WORD, NOTICE_NONE },
	{ LIT("check_vrfy"), LIT("vrfy"), ARG_WORD, NOTICE_NONE },
	{ LIT("check_expn"), LIT("vrfy"), ARG_WORD, NOTICE_NONE },
	{ LIT("tls_client"), LIT("starttls"), ARG_WORD, NOTICE_NONE },
	{ LIT("tls_server"), LIT(""), ARG_WORD, NOTICE_TLS },
	{ LIT("tls_rcpt"), LIT(""), ARG_RECIPIENT, NOTICE_TLS },
	{ LIT("try_tls"), LIT(""), ARG_WORD, NOTICE_TLS },
	{ LIT("tls_srv_features"), LIT(""), ARG_WORD, NOTICE_TLS },
	{ LIT("tls_clt_features"), LIT(""), ARG_WORD, NOTICE_TLS },
	{ LIT("srv_features"), LIT("connect"), ARG_CLIENT, NOTICE_NONE },
	{ LIT("trust_auth"), LIT(""), ARG_WORD, NOTICE_AUTH },
	{ LIT("authinfo"), LIT(""), ARG_WORD, NOTICE_AUTH },
	{ LIT("queuegroup"), LIT(""), ARG_RECIPIENT, NOTICE_QUEUE },
};

/* a header line's own rule set */
static const struct ruleset HEADER_RULE = { LIT(""), LIT("data"), ARG_WORD, NOTICE_NONE };

enum verdict { VERDICT_NONE, VERDICT_REJECT, VERDICT_DISCARD, VERDICT_QUARANTINE };

struct rule_line {
	struct slice arg1, arg2, text;
	enum verdict verdict;
};

/* "reject=TEXT", "discard", "quarantine=TEXT" */
static enum verdict take_verdict(struct cur c, struct slice *ret_text)
{
	*ret_text = SLICE_NONE;
	if (cur_lit(&c, "reject=")) {
		*ret_text = cur_rest(&c);
		return VERDICT_REJECT;
	}
	if (cur_lit(&c, "quarantine=")) {
		*ret_text = cur_rest(&c);
		return VERDICT_QUARANTINE;
	}
	if (cur_lit(&c, "discard") && cur_at_end(&c))
		return VERDICT_DISCARD;
	return VERDICT_NONE;
}

/* behind ", relay=": a peer and a verdict */
static bool is_relay_and_verdict(struct cur c)
{
	struct smta_peer peer;
	struct slice text;

	return smta_take_peer(&c, &peer) && cur_lit(&c, ", ") && take_verdict(c, &text) != VERDICT_NONE;
}

/* the last ", relay=" behind which a verdict stands: a header line's value may hold others */
static bool find_last_relay(struct slice s, size_t *ret)
{
	struct slice lit = SLICE(", relay=");

	for (size_t at = slice_rfind(s, lit); at < s.n; at = slice_rfind(slice_head(s, at), lit)) {
		if (is_relay_and_verdict(cur_of(slice_from(s, at + lit.n)))) {
			*ret = at;
			return true;
		}
		if (slice_rfind(slice_head(s, at), lit) == at)
			break;
	}
	return false;
}

static bool is_verdict(struct cur c)
{
	struct slice text;

	return take_verdict(c, &text) != VERDICT_NONE;
}

/* "[, relay=PEER], VERDICT": check_compat may speak where no client is; *ret_args is what stands before it */
static bool take_end(struct slice s, const struct ruleset *r, bool ours, struct slice *ret_args,
		     struct rule_line *ret, struct event *e)
{
	struct cur c;
	size_t at;

	if (r == &HEADER_RULE ? find_last_relay(s, &at)
			      : smta_find(s, SLICE(", relay="), is_relay_and_verdict, &at)) {
		c = cur_of(slice_from(s, at + strlen(", relay=")));
		if (!(ours ? smta_take_relay(&c, e) : smta_take_client(&c, e)) || !cur_lit(&c, ", "))
			return false;
	} else {
		if (!smta_find(s, SLICE(", "), is_verdict, &at))
			return false;
		c = cur_of(slice_from(s, at + 2));
	}
	ret->verdict = take_verdict(c, &ret->text);
	*ret_args = slice_head(s, at);
	return true;
}

static bool take_rule_line(struct slice s, const struct ruleset *r, struct rule_line *ret, struct event *e)
{
	struct slice args;
	size_t at;

	if (!take_end(s, r, r->instead == NOTICE_TLS, &args, ret, e))
		return false;
	if (slice_starts(args, ", arg1="))
		ret->arg1 = slice_from(args, strlen(", arg1="));
	at = slice_rfind(ret->arg1, SLICE(", arg2="));
	if (r != &HEADER_RULE && at < ret->arg1.n) {
		ret->arg2 = slice_from(ret->arg1, at + strlen(", arg2="));
		ret->arg1 = slice_head(ret->arg1, at);
	}
	return true;
}

static void set_argument(const struct ruleset *r, struct slice arg, struct event *e)
{
	if (!arg.p)
		return;
	if (r->argument == ARG_SENDER)
		e->sender = address_plain(arg);
	else if (r->argument == ARG_RECIPIENT)
		e->recipient = address_plain(arg);
	else if (r == &HEADER_RULE)
		e->reason = slice_trim(arg);
}

/* the list that "Rejected: 192.0.2.66 listed at bl.example" names (cf/feature/dnsbl.m4) */
static void set_dnsbl(struct slice text, struct event *e)
{
	size_t at = slice_rfind(text, SLICE(" listed at "));
	struct cur c;

	if (at == text.n)
		return;
	c = cur_of(slice_from(text, at + strlen(" listed at ")));
	e->check = SLICE("dnsbl");
	e->result = SLICE("listed");
	e->domain = cur_token(&c, ' ');
}

static enum parse_result set_verdict(const struct smta *s, const struct ruleset *r,
				     const struct rule_line *line, struct event *e)
{
	struct slice text;

	switch (line->verdict) {
	case VERDICT_REJECT:
		e->reply = line->text;
		if (!smta_reply(line->text, e, &text))
			text = line->text;
		if (r->instead != NOTICE_NONE)
			return smta_notice(s, r->instead, SEVERITY_WARNING, e);
		e->kind = EV_REJECT;
		e->stage = r->stage;
		set_dnsbl(text, e);
		return PARSE_OK;
	case VERDICT_DISCARD:
		e->kind = EV_VERDICT;
		e->check = SLICE("acl");
		e->result = SLICE("discard");
		e->stage = r->stage;
		return PARSE_OK;
	case VERDICT_QUARANTINE:
		e->reason = line->text;
		e->stage = r->stage;
		e->kind = EV_HOLD;
		e->marks |= MARK_POLICY_HOLD;
		return s->id.p ? PARSE_OK : PARSE_NOT_MINE;
	default:
		return PARSE_BAD;
	}
}

/* c stands behind "ruleset=" */
enum parse_result smta_ruleset(const struct smta *s, struct cur c, struct event *e)
{
	const struct ruleset *r = &HEADER_RULE;
	struct rule_line line = { .verdict = VERDICT_NONE };
	const char *begin = c.p;
	struct slice name;

	while (c.p < c.end && (ascii_alnum(*c.p) || *c.p == '_'))
		c.p++;
	name = slice_between(begin, c.p);
	for (size_t i = 0; i < ARRAY_LEN(RULESETS); i++)
		if (slice_eq(name, RULESETS[i].name))
			r = &RULESETS[i];
	if (name.n == 0 || !take_rule_line(cur_rest(&c), r, &line, e))
		return PARSE_BAD;
	e->action = name;
	if (r->argument != ARG_CLIENT)
		set_argument(r, line.arg1, e);
	return set_verdict(s, r, &line, e);
}

/* ---- milters ---- */

static struct slice milter_stage(struct slice what)
{
	static const struct {
		struct slice word, stage;
	} WORDS[] = {
		{ LIT("from"), LIT("mail") },	 { LIT("to"), LIT("rcpt") },
		{ LIT("helo"), LIT("helo") },	 { LIT("mail"), LIT("mail") },
		{ LIT("rcpt"), LIT("rcpt") },	 { LIT("connect"), LIT("connect") },
		{ LIT("data"), LIT("data") },	 { LIT("header"), LIT("data") },
		{ LIT("headers"), LIT("data") }, { LIT("eoh"), LIT("data") },
		{ LIT("body"), LIT("data") },	 { LIT("eom"), LIT("data") },
		{ LIT("cmd"), LIT("data") },	 { LIT("unknown"), LIT("unknown") },
		{ LIT("quit"), LIT("connect") },
	};

	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
		if (slice_eq(what, WORDS[i].word))
			return WORDS[i].stage;
	return SLICE_NONE;
}

static enum parse_result milter_verdict(const struct smta *s, enum verdict verdict, struct slice text,
					struct event *e)
{
	switch (verdict) {
	case VERDICT_REJECT:
		e->kind = EV_REJECT;
		e->reply = text;
		(void)smta_reply(text, e, NULL);
		return PARSE_OK;
	case VERDICT_DISCARD:
		e->kind = EV_VERDICT;
		e->check = SLICE("content");
		e->result = SLICE("discard");
		return PARSE_OK;
	case VERDICT_QUARANTINE:
		e->kind = EV_HOLD;
		e->marks |= MARK_POLICY_HOLD;
		e->reason = text;
		return s->id.p ? PARSE_OK : PARSE_NOT_MINE;
	default:
		return PARSE_NOT_MINE;
	}
}

/* "connect: host=h, addr=ip" */
static void set_milter_client(struct slice args, struct event *e)
{
	struct cur c = cur_of(args);
	struct slice host;
	struct smta_peer peer;

	if (!cur_lit(&c, " host=") || !cur_until_lit(&c, ", addr=", &host))
		return;
	if (smta_take_peer(&c, &peer))
		e->client_ip = peer.ip.p ? peer.ip : peer.host;
	if (host.n && host.p[0] != '[')
		e->client_host = host;
}

static void set_milter_argument(struct slice what, struct slice value, struct event *e)
{
	if (slice_is(what, "from"))
		e->sender = address_plain(value);
	else if (slice_is(what, "to"))
		e->recipient = address_plain(value);
	else if (slice_is(what, "helo"))
		e->helo = value;
	else if (slice_is(what, "connect"))
		set_milter_client(value, e);
}

/* c stands behind "Milter: " */
enum parse_result smta_milter(const struct smta *s, struct cur c, struct event *e)
{
	struct slice rest = cur_rest(&c), what, text;
	const char *begin = c.p;
	enum verdict verdict;
	size_t at;

	while (c.p < c.end && ascii_lower(*c.p))
		c.p++;
	what = slice_between(begin, c.p);
	e->stage = milter_stage(what);
	if (!e->stage.p || !smta_find(rest, SLICE(", "), is_verdict, &at))
		return PARSE_NOT_MINE;
	verdict = take_verdict(cur_of(slice_from(rest, at + 2)), &text);
	if (at > what.n + 1)
		set_milter_argument(what, slice_of(rest.p + what.n + 1, at - what.n - 1), e);
	e->action = SLICE("milter");
	return milter_verdict(s, verdict, text, e);
}

/* what a milter did, at raised log levels: the refusal itself is told by "Milter: ..., reject=" */
static enum parse_result milter_action(struct cur c, struct event *e)
{
	struct slice action, text;

	if (!cur_until_lit(&c, ", ", &action))
		return PARSE_NOT_MINE;
	e->kind = EV_VERDICT;
	e->check = SLICE("content");
	e->stage = milter_stage(action);
	if (cur_lit(&c, "reject=")) {
		text = cur_rest(&c);
		e->result = SLICE("reject");
		e->reply = text;
		(void)smta_reply(text, e, NULL);
		return PARSE_OK;
	}
	text = cur_rest(&c);
	if (slice_is(text, "reject") || slice_is(text, "discard") || slice_is(text, "tempfail") ||
	    slice_is(text, "accepted") || slice_is(text, "continue") || slice_is(text, "skip") ||
	    slice_is(text, "accept") || slice_is(text, "shutdown")) {
		e->result = text;
		return PARSE_OK;
	}
	return PARSE_NOT_MINE;
}

/* c stands behind "milter=" */
enum parse_result smta_milter_name(const struct smta *s, struct cur c, struct event *e)
{
	if (!cur_until_lit(&c, ", ", &e->domain))
		return PARSE_NOT_MINE;
	if (cur_lit(&c, "action="))
		return milter_action(c, e);
	e->action = SLICE("milter");
	if (cur_lit(&c, "quarantine="))
		return milter_verdict(s, VERDICT_QUARANTINE, cur_rest(&c), e);
	if (cur_lit(&c, "reject=")) {
		e->kind = EV_VERDICT;
		e->check = SLICE("content");
		e->result = SLICE("reject");
		e->reply = cur_rest(&c);
		(void)smta_reply(e->reply, e, NULL);
		return PARSE_OK;
	}
	return PARSE_NOT_MINE;
}

/* ---- errors told to the client ---- */

static const struct {
	struct slice text; /* behind "<address>... " */
	int code;
	struct slice dsn;
} USER_ERRORS[] = {
	{ LIT("User unknown"), 550, LIT("5.1.1") },
	{ LIT("User address required"), 553, LIT("5.1.3") },
};

static bool is_anything(struct cur c)
{
	(void)c;
	return true;
}

/*
 * "<bob@example.com>... User unknown": a recipient that is refused.  usrerr() takes the codes off; those that
 * its callers always give are known.  A syntax error names neither the command nor, surely, an address.
 */
enum parse_result smta_user_error(const struct smta *s, struct cur c, struct event *e)
{
	struct slice rest = cur_rest(&c), address, text;
	size_t at;

	if (!s->id.p || rest.n < 4 || slice_rfind(rest, SLICE("... ")) == rest.n)
		return PARSE_NOT_MINE;
	text = slice_from(rest, slice_rfind(rest, SLICE("... ")) + 4);
	if (slice_starts(text, "Unbalanced '"))
		return smta_notice(s, NOTICE_PROTOCOL, SEVERITY_INFO, e);
	if (rest.p[0] != '<' || !smta_find(rest, SLICE("... "), is_anything, &at) || at < 2 ||
	    rest.p[at - 1] != '>')
		return PARSE_NOT_MINE;
	address = slice_head(rest, at);
	text = slice_from(rest, at + 4);
	e->kind = EV_REJECT;
	e->reply = rest;
	if (slice_find(text, SLICE("sender address")) < text.n) {
		e->stage = SLICE("mail");
		e->sender = address_plain(address);
		return PARSE_OK;
	}
	e->stage = SLICE("rcpt");
	e->recipient = address_plain(address);
	for (size_t i = 0; i < ARRAY_LEN(USER_ERRORS); i++)
		if (slice_eq(text, USER_ERRORS[i].text)) {
			e->smtp_code = USER_ERRORS[i].code;
			e->dsn = USER_ERRORS[i].dsn;
		}
	return PARSE_OK;
}

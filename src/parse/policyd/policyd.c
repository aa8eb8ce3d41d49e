/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policyd.c - policy services of Postfix that are written as lists of KEY=VALUE: postfwd, cbpolicyd, policyd, policyd-weight
 *
 *   postfwd      [RULES] rule=N, id=I, client=HOST[IP], [user=U, ]sender=<S>, recipient=<R>, helo=<H>, ..., hits=..., action=A
 *   cbpolicyd    module=M, action=A, host=IP, helo=H, from=S, to=R, reason=W[, ...]
 *   policyd      rcpt=N, [greylist|throttle|...]=WORD, host=IP (HOST), from=S, to=R, size=N
 *   policyd-weight (tag "postfix/policyd-weight")
 *                weighted check:  CHECKS; <client=IP> <helo=H> <from=S> <to=R>; rate: N
 *                decided action=A REASON; <client=IP> <helo=H> <from=S> <to=R>; delay: Ns
 * Trap: S, R and H are the client's and may hold ", "; what stands behind them is looked for from the right.
 */
#include "parse/policyd/policyd.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool is_postfwd(struct slice program)
{
	return slice_starts(program, "postfwd");
}

static bool is_weight(struct slice program)
{
	return slice_is(program, "postfix/policyd-weight") || slice_is(program, "policyd-weight");
}

static bool policyd_claims(const struct line *l)
{
	return is_postfwd(l->program) || is_weight(l->program) || slice_is(l->program, "policyd") ||
	       slice_is(l->program, "postfix-policyd") || slice_is(l->program, "cbpolicyd");
}

/* Postfix' actions (access(5)) in our words; their first word decides */
static const struct word ACTIONS[] = {
	WORD("DUNNO", "none"),       WORD("OK", "pass"),         WORD("PERMIT", "pass"),      WORD("REJECT", "reject"),
	WORD("DISCARD", "discarded"), WORD("DEFER", "defer"),    WORD("DEFER_IF_PERMIT", "defer"), WORD("DEFER_IF_REJECT", "defer"),
	WORD("HOLD", "hold"),        WORD("PREPEND", "pass"),    WORD("WARN", "warn"),        WORD("FILTER", "pass"),
	WORD("REDIRECT", "redirect"), WORD("BCC", "pass"),       WORD("none", "none"),        WORD("pass", "pass"),
};

/* "REJECT text", "550 5.7.1 text", "450 4.7.1 text" */
static enum parse_result set_action(struct slice check, struct slice action, struct event *ret)
{
	struct cur c = cur_of(action);
	struct slice verb = cur_token(&c, ' ');
	struct cur number = cur_of(verb);
	int64_t code;

	ret->kind = EV_VERDICT;
	ret->check = check;
	ret->action = verb;
	ret->result = word_meaning(ACTIONS, ARRAY_LEN(ACTIONS), verb);
	if (!ret->result.p && verb.n == 3 && cur_i64(&number, 599, &code) && code >= 400 && cur_at_end(&number)) {
		ret->smtp_code = code;
		ret->result = code < 500 ? SLICE("defer") : SLICE("reject");
	}
	if (!ret->result.p)
		ret->result = verb;
	if (slice_is(ret->result, "defer"))
		ret->marks |= MARK_TEMPORARY;
	if (!cur_at_end(&c) && !ret->reason.p)
		ret->reason = cur_rest(&c);
	return PARSE_OK;
}

/* "[RULES] rule=N, id=I, client=HOST[IP], ..." */
static enum parse_result parse_postfwd(struct cur c, struct event *ret)
{
	struct slice rule, client, sender, recipient, between;

	if (!cur_lit(&c, "[RULES] rule=") || !cur_until_lit(&c, ", client=", &rule) || !cur_until_lit(&c, ", ", &client))
		return PARSE_NOT_MINE;
	(void)row_client_name_ip(client, ret);
	if (!cur_until_lit(&c, "sender=<", &between) || !cur_until_lit(&c, ">, recipient=<", &sender) ||
	    !cur_until_lit(&c, ">, helo=<", &recipient) || !cur_until_lit(&c, ">, ", &ret->helo) ||
	    !cur_until_last_lit(&c, ", action=", &between))
		return PARSE_BAD;
	ret->sender = sender;
	ret->recipient = row_filled(recipient);
	ret->helo = row_filled(ret->helo);
	return set_action(SLICE("policy"), cur_rest(&c), ret);
}

/* "module=M, action=A, host=IP, helo=H, from=S, to=R, reason=W" */
static enum parse_result parse_cbpolicyd(struct cur c, struct event *ret)
{
	struct slice module, action, host, helo, sender, recipient;
	struct cur tail;

	if (!cur_lit(&c, "module="))
		return PARSE_NOT_MINE;
	if (!cur_until_lit(&c, ", action=", &module) || !cur_until_lit(&c, ", host=", &action) ||
	    !cur_until_lit(&c, ", helo=", &host) || !cur_until_lit(&c, ", from=", &helo) || !cur_until_lit(&c, ", to=", &sender) ||
	    !cur_until_lit(&c, ", reason=", &recipient))
		return PARSE_BAD;
	row_client(host, ret);
	ret->helo = row_filled(helo);
	ret->sender = sender;
	ret->recipient = row_filled(recipient);
	tail = c;
	ret->reason = row_filled(cur_token(&tail, ','));
	return set_action(slice_eq_fold(module, SLICE("Greylisting")) ? SLICE("greylist") : SLICE("policy"), action, ret);
}

/* "<client=IP> <helo=H> <from=S> <to=R>" */
static bool take_weight_client(struct slice s, struct event *ret)
{
	struct cur c = cur_of(s);
	struct slice ip, helo, sender;

	if (!cur_lit(&c, "<client=") || !cur_until_lit(&c, "> <helo=", &ip) || !cur_until_lit(&c, "> <from=", &helo) ||
	    !cur_until_last_lit(&c, "> <to=", &sender) || !slice_ends(cur_rest(&c), ">"))
		return false;
	ret->client_ip = row_ip(ip);
	ret->helo = row_filled(helo);
	ret->sender = sender;
	ret->recipient = row_filled(slice_of(c.p, cur_left(&c) - 1));
	return ret->client_ip.p != NULL;
}

static enum parse_result parse_weight(struct cur c, struct event *ret)
{
	struct slice checks, client, action;
	struct cur score;

	if (cur_lit(&c, "weighted check: ")) {
		if (!cur_until_lit(&c, "; <client=", &checks))
			return PARSE_BAD;
		c.p -= strlen("<client=");
		if (!cur_until_last_lit(&c, "; rate: ", &client) || !take_weight_client(client, ret))
			return PARSE_BAD;
		score = c;
		if (!row_score(&score, &ret->score_milli))
			return PARSE_BAD;
		ret->kind = EV_VERDICT;
		ret->check = SLICE("policy");
		ret->result = SLICE("scored");
		ret->reason = row_filled(slice_trim(checks));
		return PARSE_OK;
	}
	if (!cur_lit(&c, "decided action="))
		return PARSE_NOT_MINE;
	if (!cur_until_last_lit(&c, "; delay: ", &action))
		return PARSE_BAD;
	c = cur_of(action);
	if (cur_until_lit(&c, "; <client=", &action)) {
		c.p -= strlen("<client=");
		if (!take_weight_client(cur_rest(&c), ret))
			return PARSE_BAD;
	}
	return set_action(SLICE("policy"), action, ret);
}

/* "rcpt=N, throttle=clear(a), host=IP (HOST), from=S, to=R, size=N": the first word behind the count decides */
static enum parse_result parse_policyd(struct cur c, struct event *ret)
{
	struct slice count, check, result, host, sender;

	if (!cur_lit(&c, "rcpt="))
		return PARSE_NOT_MINE;
	if (!cur_until_lit(&c, ", ", &count) || !cur_until(&c, '=', &check) || !cur_until_lit(&c, ", host=", &result) ||
	    !cur_until_lit(&c, ", from=", &host) || !cur_until_lit(&c, ", to=", &sender))
		return PARSE_BAD;
	ret->client_ip = row_ip(slice_head(host, slice_find_byte(host, ' ')));
	ret->sender = slice_is(sender, "<>") ? slice_head(sender, 0) : sender;
	ret->recipient = row_filled(cur_token(&c, ','));
	ret->kind = EV_VERDICT;
	ret->check = check;
	ret->result = row_filled(slice_head(result, slice_find_byte(result, '(')));
	if (slice_is(check, "greylist") && (slice_is(ret->result, "new") || slice_is(ret->result, "abuse"))) {
		ret->result = SLICE("greylisted"); /* abuse: it came back too early */
		ret->marks |= MARK_TEMPORARY;
	} else if (slice_is(check, "greylist") && slice_is(ret->result, "update")) {
		ret->result = SLICE("pass");
	}
	return ret->result.p ? PARSE_OK : PARSE_BAD;
}

static const struct row NOTICES[] = {
	ROW("[STATS] ", STATISTICS, INFO),
	ROW("[CLEANUP] ", CACHE, INFO),
	ROW("postfwd * ready for input", START, INFO),
	ROW("postfwd* * starting", START, INFO),
	ROW("postfwd* * terminated", STOP, INFO),
	ROW("policyd-weight * started and daemonized", START, INFO),
	ROW("child: ", PROCESS, INFO),
	ROW("cache: ", CACHE, INFO),
	ROW("cache killed", CACHE, INFO),
	ROW("Process Backgrounded", START, INFO),
	ROW("Policyd Client ", START, INFO),
	ROW("Initializing ", START, INFO),
	ROW("fatal: ", FILTER, FATAL),
	ROW("err: ", FILTER, ERROR),
	ROW("error: ", FILTER, ERROR),
	ROW("warning: ", FILTER, WARNING),
};

static enum parse_result policyd_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);
	enum parse_result r;

	if (is_postfwd(l->program))
		r = parse_postfwd(c, ret);
	else if (is_weight(l->program))
		r = parse_weight(c, ret);
	else if (slice_starts(l->text, "module="))
		r = parse_cbpolicyd(c, ret);
	else
		r = parse_policyd(c, ret);
	return r == PARSE_NOT_MINE ? rows_notice(NOTICES, ARRAY_LEN(NOTICES), l->text, ret) : r;
}

#define W "postfix/policyd-weight"
static const struct parse_sample SAMPLES[] = {
	{ "postfwd2/policy", "[RULES] rule=7, id=R_01, client=unknown[192.0.2.66], sender=<s@example.net>, recipient=<bob@example.com>, helo=<x>, "
			     "proto=ESMTP, state=RCPT, delay=0.01s, hits=R_01, action=REJECT go away",
	  "verdict client_ip=\"192.0.2.66\" helo=\"x\" sender=\"s@example.net\" recipient=\"bob@example.com\" check=\"policy\" result=\"reject\" "
	  "action=\"REJECT\" reason=\"go away\"" },
	{ "postfwd2/policy", "[RULES] rule=0, id=R_02, client=mail.example.org[192.0.2.10], user=ann, sender=<>, recipient=<bob@example.com>, "
			     "helo=<mail.example.org>, proto=ESMTP, state=RCPT, delay=0.00s, hits=R_02, action=DUNNO",
	  "verdict client_host=\"mail.example.org\" client_ip=\"192.0.2.10\" helo=\"mail.example.org\" sender=\"\" recipient=\"bob@example.com\" "
	  "check=\"policy\" result=\"none\" action=\"DUNNO\"" },
	{ "cbpolicyd", "module=Greylisting, action=defer, host=192.0.2.66, helo=x, from=s@example.net, to=bob@example.com, reason=greylisted",
	  "verdict +temporary client_ip=\"192.0.2.66\" helo=\"x\" sender=\"s@example.net\" recipient=\"bob@example.com\" check=\"greylist\" "
	  "result=\"defer\" action=\"defer\" reason=\"greylisted\"" },
	{ "policyd", "rcpt=1234, throttle=clear(a), host=192.0.2.10 (mail.example.org), from=ann@example.org, to=bob@example.com, size=100",
	  "verdict client_ip=\"192.0.2.10\" sender=\"ann@example.org\" recipient=\"bob@example.com\" check=\"throttle\" result=\"clear\"" },
	{ "postfix-policyd", "rcpt=7, greylist=update, host=192.0.2.10 (mail.example.org), from=ann@example.org, to=bob@example.com, size=0",
	  "verdict client_ip=\"192.0.2.10\" sender=\"ann@example.org\" recipient=\"bob@example.com\" check=\"greylist\" result=\"pass\"" },
	{ "postfix-policyd", "rcpt=8, greylist=new, host=192.0.2.10 (mail.example.org), from=ann@example.org, to=bob@example.com, size=0",
	  "verdict +temporary client_ip=\"192.0.2.10\" sender=\"ann@example.org\" recipient=\"bob@example.com\" check=\"greylist\" "
	  "result=\"greylisted\"" },
	{ W, "weighted check:  IN_DYN_PBL_SPAMHAUS=3.25 NOT_IN_SBL=-0.5; <client=192.0.2.66> <helo=x> <from=s@example.net> <to=bob@example.com>; "
	     "rate: 4.5",
	  "verdict client_ip=\"192.0.2.66\" helo=\"x\" sender=\"s@example.net\" recipient=\"bob@example.com\" check=\"policy\" result=\"scored\" "
	  "score_milli=4500 reason=\"IN_DYN_PBL_SPAMHAUS=3.25 NOT_IN_SBL=-0.5\"" },
	{ W, "decided action=550 Mail appeared to be SPAM; <client=192.0.2.66> <helo=x> <from=s@example.net> <to=bob@example.com>; delay: 1s",
	  "verdict client_ip=\"192.0.2.66\" helo=\"x\" sender=\"s@example.net\" recipient=\"bob@example.com\" smtp_code=550 check=\"policy\" "
	  "result=\"reject\" action=\"550\" reason=\"Mail appeared to be SPAM\"" },
	{ "postfwd2/policy", "[STATS] Counters: 10 seconds uptime, 3 rules", "notice severity=\"info\" category=\"statistics\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ "postfwd2/policy", "[RULES] rule=7, id=R_01, client=unknown[192.0.2.66], sender=<s@example.net>", NULL },
	{ "cbpolicyd", "module=Greylisting, action=defer", NULL },
	{ W, "decided action=550 cut", NULL },
	{ W, "weighted check:  A=1; <client=nobody> <helo=x> <from=s> <to=r>; rate: 1", NULL },
	{ "policyd", "rcpt=1234", NULL },
	{ NULL, NULL, NULL },
};
#undef W

const struct writer_ops policyd_writer = {
	.writer = WRITER_POLICYD,
	.claims = policyd_claims,
	.parse = policyd_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policyd_spf.c - SPF policy services of Postfix: policyd-spf (Python) and postfix-policyd-spf-perl
 *
 * policyd-spf of spf-engine 3.0: "QID: TEXT", where QID is empty before Postfix has made one, which it mostly has not: the text
 * begins with ": " then.  Tag of the Perl one: "postfix/policy-spf" (2.011).  Traps: one line per recipient, not per message;
 * sender, HELO and recipient are the client's and stand in the line as they came; the explanation in
 * parentheses may be the text of the domain's own record.
 */
#include "parse/policyd_spf/policyd_spf.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool is_perl(struct slice program)
{
	return slice_is(program, "postfix/policy-spf") || slice_is(program, "policy-spf");
}

static bool policyd_spf_claims(const struct line *l)
{
	return slice_is(l->program, "policyd-spf") || is_perl(l->program);
}

static enum parse_result verdict(struct slice result, struct slice reason, struct event *ret)
{
	ret->kind = EV_VERDICT;
	ret->check = SLICE("spf");
	ret->result = result;
	ret->reason = reason;
	return PARSE_OK;
}

/* what it was about: the sender's domain, or the HELO name where there is no sender */
static void set_domain(bool helo, struct event *ret)
{
	if (!helo && ret->sender.n)
		ret->domain = slice_domain(ret->sender);
	else if (ret->helo.n)
		ret->domain = ret->helo;
}

/* the recipient, or only its domain, or "<UNKNOWN>" */
static void set_receiver(struct slice s, struct event *ret)
{
	s = slice_trim(s);
	if (slice_find_byte(s, '@') < s.n)
		ret->recipient = s;
}

/* "client-ip=A; helo=H; envelope-from=S; receiver=R" */
static bool take_context(struct cur c, struct event *ret)
{
	struct slice ip, helo, sender;

	if (!cur_lit(&c, "client-ip=") || !cur_until_lit(&c, "; helo=", &ip) ||
	    !cur_until_lit(&c, "; envelope-from=", &helo) || !cur_until_last_lit(&c, "; receiver=", &sender))
		return false;
	ip = row_ip(ip);
	if (!ip.p)
		return false;
	ret->client_ip = ip;
	ret->helo = row_filled(helo);
	ret->sender = slice_is(sender, "<>") ? slice_head(sender, 0) : sender;
	set_receiver(cur_rest(&c), ret);
	return true;
}

/*
 * "Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=...": the explanation in parentheses is a fixed word for
 * results of the sender; else the first place wins from which the rest is what it must be.
 */
static enum parse_result parse_received_spf(struct cur c, struct event *ret)
{
	struct slice word, identity, explanation, result, before;
	struct cur begin;

	if (!cur_until_lit(&c, " (", &word))
		return PARSE_BAD;
	result = word_auth_result(word);
	if (!result.p)
		return PARSE_BAD;
	begin = c;
	while (cur_until_lit(&c, ") identity=", &before)) {
		struct cur at = c;

		if (!cur_until_lit(&at, "; ", &identity) || !take_context(at, ret))
			continue;
		explanation = slice_between(begin.p, c.p - strlen(") identity="));
		set_domain(slice_is(identity, "helo"), ret);
		return verdict(result, slice_is(explanation, "mailfrom") ? SLICE_NONE : row_filled(explanation), ret);
	}
	return PARSE_BAD;
}

/* "Authentication-Results: HOST; spf=pass (EXPLANATION) smtp.mailfrom=S (client-ip=...)" */
static enum parse_result parse_authentication_results(struct cur c, struct event *ret)
{
	struct slice host, word, explanation, result;

	if (!cur_until_lit(&c, "; spf=", &host) || !cur_until_lit(&c, " (", &word) ||
	    !cur_until_last_lit(&c, " (client-ip=", &explanation))
		return PARSE_BAD;
	result = word_auth_result(word);
	c.p -= strlen("client-ip=");
	if (slice_ends(cur_rest(&c), ")"))
		c.end--;
	if (!result.p || !take_context(c, ret))
		return PARSE_BAD;
	explanation = slice_head(explanation, slice_rfind(explanation, SLICE(") smtp.")));
	set_domain(false, ret);
	return verdict(result, row_filled(explanation), ret);
}

/* "X-Comment: SPF check N/A for local connections - client-ip=...", "X-Comment: SPF skipped for whitelisted relay - ..." */
static enum parse_result parse_comment(struct cur c, struct event *ret)
{
	struct slice why;

	if (!cur_until_lit(&c, " - client-ip=", &why))
		return PARSE_BAD;
	c.p -= strlen("client-ip=");
	return take_context(c, ret) ? verdict(SLICE("skipped"), why, ret) : PARSE_BAD;
}

static enum parse_result parse_prepend(struct cur c, struct event *ret)
{
	if (cur_lit(&c, "Received-SPF: "))
		return parse_received_spf(c, ret);
	if (cur_lit(&c, "Authentication-Results: "))
		return parse_authentication_results(c, ret);
	if (cur_lit(&c, "X-Comment: "))
		return parse_comment(c, ret);
	return PARSE_NOT_MINE;
}

/* "Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=mfrom;id=S;ip=A;r=R" */
static const struct {
	struct slice text, result;
} REASONS[] = {
	{ LIT("SPF fail"), LIT("fail") },
	{ LIT("Receiver policy for SPF Softfail"), LIT("softfail") },
	{ LIT("Receiver policy for SPF Neutral"), LIT("neutral") },
	{ LIT("Receiver policy for SPF None"), LIT("none") },
	{ LIT("Receiver policy for SPF Permerror"), LIT("permerror") },
	{ LIT("SPF softfail"), LIT("softfail") },
	{ LIT("SPF Permanent Error"), LIT("permerror") },
	{ LIT("SPF Permerror"), LIT("permerror") },
	{ LIT("SPF Temporary Error"), LIT("temperror") },
	{ LIT("SPF Temperror"), LIT("temperror") },
};

static struct slice result_of(struct slice reason)
{
	for (size_t i = 0; i < ARRAY_LEN(REASONS); i++)
		if (slice_eq_fold(slice_head(reason, REASONS[i].text.n), REASONS[i].text))
			return REASONS[i].result;
	return SLICE_NONE;
}

/* "s=mfrom;id=S;ip=A;r=R": the address and what stands behind it are ours, the sender may hold anything */
static void take_why(struct cur c, struct event *ret)
{
	struct slice scope, sender, ip;

	if (!cur_lit(&c, "s=") || !cur_until_lit(&c, ";id=", &scope) || !cur_until_last_lit(&c, ";ip=", &sender) ||
	    !cur_until_lit(&c, ";r=", &ip))
		return;
	ip = row_ip(ip);
	if (!ip.p)
		return;
	ret->client_ip = ip;
	if (slice_is(scope, "helo"))
		ret->helo = row_filled(sender);
	else
		ret->sender = sender;
	set_receiver(cur_rest(&c), ret);
	set_domain(slice_is(scope, "helo"), ret);
}

/* "5.7.23 ", "[4.7.24] " */
static struct slice take_dsn(struct cur *c)
{
	struct cur at = *c;
	struct slice dsn;
	uint64_t n;

	(void)cur_byte(&at, '[');
	dsn = cur_rest(&at);
	if ((cur_peek(&at) != '4' && cur_peek(&at) != '5') || !cur_u64(&at, 9, &n) || !cur_byte(&at, '.') ||
	    !cur_u64(&at, 999, &n) || !cur_byte(&at, '.') || !cur_u64(&at, 999, &n))
		return SLICE_NONE;
	dsn = slice_between(dsn.p, at.p);
	(void)cur_byte(&at, ']');
	if (!cur_byte(&at, ' '))
		return SLICE_NONE;
	*c = at;
	return dsn;
}

/* "550 5.7.23 Message rejected due to: WHY. Please see URL", "451 4.7.24 ...", "defer_if_permit 4.7.24 ..." */
static enum parse_result parse_refusal(struct cur c, int64_t code, struct event *ret)
{
	struct slice before, reason, result;

	ret->dsn = take_dsn(&c);
	if (!cur_lit(&c, "Message rejected due to: ") && !cur_lit(&c, "Message deferred due to: "))
		return PARSE_NOT_MINE;
	reason = cur_rest(&c);
	if (cur_until_lit(&c, ". Please see ", &before)) {
		reason = before;
		if (cur_until_lit(&c, "/Why?", &before))
			take_why(c, ret);
	}
	result = result_of(reason);
	if (!result.p)
		return PARSE_NOT_MINE;
	ret->smtp_code = code;
	ret->action = code >= 500 ? SLICE("reject") : SLICE("defer");
	if (code < 500)
		ret->marks |= MARK_TEMPORARY;
	return verdict(result, reason, ret);
}

static const struct row NOTICES[] = {
	ROW("spfcheck: ", FILTER, DEBUG),
	ROW("Config: ", CONFIG, DEBUG),
	ROW("Read line: ", FILTER, DEBUG),
	ROW("Found the end of entry", FILTER, DEBUG),
	ROW("Cached data for this instance: ", FILTER, DEBUG),
	ROW("Action: ", FILTER, DEBUG),
	ROW("skip_addresses enabled", FILTER, DEBUG),
	ROW("Starting", START, INFO),
	ROW("Normal exit", STOP, INFO),
	ROW("ERROR: ", FILTER, ERROR),
	ROW("warning: ", FILTER, WARNING),
	ROW("Pass; identity=", FILTER, DEBUG),
	ROW("Fail; identity=", FILTER, DEBUG),
	ROW("Softfail; identity=", FILTER, DEBUG),
	ROW("Neutral; identity=", FILTER, DEBUG),
	ROW("None; identity=", FILTER, DEBUG),
	ROW("Temperror; identity=", FILTER, DEBUG),
	ROW("Permerror; identity=", FILTER, DEBUG),
	ROW("Traceback (most recent call last)", FILTER, ERROR),
};

static enum parse_result parse_python(struct cur c, struct event *ret)
{
	int64_t code;
	struct cur at;

	(void)row_take_queue_id(&c, ret);
	at = c;
	if (cur_lit(&at, "prepend ") || cur_lit(&at, "Header field not prepended: ") || cur_lit(&at, "result_only "))
		return parse_prepend(at, ret);
	if (cur_i64(&at, 599, &code) && code >= 400 && cur_byte(&at, ' '))
		return parse_refusal(at, code, ret);
	at = c;
	if (cur_lit(&at, "defer_if_permit "))
		return parse_refusal(at, 450, ret);
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), cur_rest(&c), ret);
}

/*
 * "Received-SPF: pass (EXPLANATION) receiver=R; identity=I; envelope-from="S"; helo=H; client-ip=A": read from the end,
 * which is the only place where the client has no say.
 */
static enum parse_result parse_perl_header(struct cur c, struct event *ret)
{
	struct slice word, result, text, ip, before;
	size_t at;

	if (!cur_until_lit(&c, " (", &word))
		return PARSE_BAD;
	result = word_auth_result(word);
	if (!result.p || !cur_until_last_lit(&c, "; client-ip=", &text))
		return PARSE_BAD;
	ip = row_ip(slice_trim(cur_rest(&c)));
	if (!ip.p)
		return PARSE_BAD;
	at = slice_rfind(text, SLICE("; helo="));
	before = slice_head(text, at);
	if (at < text.n)
		ret->helo = row_filled(slice_from(text, at + strlen("; helo=")));
	at = slice_rfind(before, SLICE("; envelope-from="));
	if (at < before.n) {
		struct slice sender = slice_from(before, at + strlen("; envelope-from="));

		before = slice_head(before, at);
		if (sender.n >= 2 && *sender.p == '"' && sender.p[sender.n - 1] == '"')
			sender = slice_of(sender.p + 1, sender.n - 2);
		ret->sender = sender;
	}
	ret->client_ip = ip;
	set_domain(slice_ends(before, "; identity=helo"), ret);
	at = slice_rfind(before, SLICE(") receiver="));
	return verdict(result, row_filled(slice_head(before, at)), ret);
}

/* "SPF fail: HELO/EHLO: h, IP Address: A, Recipient: R" */
static enum parse_result parse_perl_result(struct cur c, struct event *ret)
{
	struct slice word, result, helo, ip;

	if (!cur_until_lit(&c, ": HELO/EHLO: ", &word) || !cur_until_last_lit(&c, ", IP Address: ", &helo) ||
	    !cur_until_lit(&c, ", Recipient: ", &ip))
		return PARSE_NOT_MINE;
	result = word_auth_result(word);
	ip = row_ip(ip);
	if (!result.p || !ip.p)
		return PARSE_BAD;
	ret->helo = row_filled(helo);
	ret->client_ip = ip;
	set_receiver(cur_rest(&c), ret);
	return verdict(result, SLICE_NONE, ret);
}

static const struct row PERL_NOTICES[] = {
	ROW("Policy action=DUNNO", FILTER, INFO),
	ROW("Policy action=PREPEND X-Comment: ", FILTER, INFO),
	ROW("Policy action=DEFER_IF_PERMIT ", FILTER, WARNING),
	ROW("handler * is decisive.", FILTER, DEBUG),
	ROW("handler * ", FILTER, DEBUG),
	ROW("Attribute: ", FILTER, DEBUG),
	ROW("warning: ignoring garbage: ", PROTOCOL, WARNING),
	ROW("error: ", FILTER, ERROR),
	/* 2.007 and before: "SPF pass (Mechanism 'mx' matched): Envelope-from: S"; the action follows with all of it */
	ROW("SPF * (", FILTER, INFO),
	ROW("SPF not applicable to ", FILTER, INFO),
	ROW("HELO check failed - ", FILTER, WARNING),
	ROW("Mail From (sender) check failed - ", FILTER, WARNING),
};

/* "Please see http://www.openspf.org/Why?s=mfrom;id=S;ip=A;r=R": S is percent-encoded and not taken */
static void take_perl_why(struct slice text, struct event *ret)
{
	struct cur c = cur_of(text);
	struct slice before, ip;

	if (cur_until_lit(&c, "/Why?", &before) && cur_until_last_lit(&c, ";ip=", &before) &&
	    cur_until_lit(&c, ";r=", &ip))
		ret->client_ip = row_ip(ip);
}

/* "[QID: ]TEXT"; 2.001 to 2.010 wrote ": TEXT" as long as there was no queue id */
static enum parse_result parse_perl(struct cur c, struct event *ret)
{
	struct cur at;
	int64_t code;

	(void)row_take_queue_id(&c, ret);
	at = c;
	if (cur_lit(&at, "Policy action=PREPEND Received-SPF: "))
		return parse_perl_header(at, ret);
	if (cur_lit(&at, "Policy action=") && cur_i64(&at, 599, &code) && code >= 400 && cur_byte(&at, ' ')) {
		ret->smtp_code = code;
		ret->action = code >= 500 ? SLICE("reject") : SLICE("defer");
		if (code < 500)
			ret->marks |= MARK_TEMPORARY;
		take_perl_why(cur_rest(&at), ret);
		return verdict(code >= 500 ? SLICE("fail") : SLICE("temperror"), cur_rest(&at), ret);
	}
	at = c;
	if (cur_lit(&at, "SPF ")) {
		enum parse_result r = parse_perl_result(at, ret);

		if (r != PARSE_NOT_MINE)
			return r;
	}
	return rows_notice(PERL_NOTICES, ARRAY_LEN(PERL_NOTICES), cur_rest(&c), ret);
}

static enum parse_result policyd_spf_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);

	return is_perl(l->program) ? parse_perl(c, ret) : parse_python(c, ret);
}

#define T "policyd-spf"
#define P "postfix/policy-spf"
static const struct parse_sample SAMPLES[] = {
	{ T, "prepend Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=192.0.2.10; helo=mail.example.org; "
	     "envelope-from=ann@example.org; receiver=bob@example.com",
	  "verdict client_ip=\"192.0.2.10\" helo=\"mail.example.org\" sender=\"ann@example.org\" recipient=\"bob@example.com\" "
	  "check=\"spf\" result=\"pass\" domain=\"example.org\"" },
	{ T, ": prepend Received-SPF: Softfail (mailfrom) identity=mailfrom; client-ip=192.0.2.66; helo=x; "
	     "envelope-from=s@example.net; receiver=example.com ",
	  "verdict client_ip=\"192.0.2.66\" helo=\"x\" sender=\"s@example.net\" check=\"spf\" result=\"softfail\" domain=\"example.net\"" },
	{ T, "4A1B2C3D4E: prepend Received-SPF: None (no SPF record) identity=helo; client-ip=2001:db8::1; helo=h.example; "
	     "envelope-from=<>; receiver=<UNKNOWN> ",
	  "verdict queue_id=\"4A1B2C3D4E\" client_ip=\"2001:db8::1\" helo=\"h.example\" sender=\"\" check=\"spf\" result=\"none\" "
	  "domain=\"h.example\" reason=\"no SPF record\"" },
	/* a HELO name that imitates the address does not replace it */
	{ T, ": prepend Received-SPF: Fail (mailfrom) identity=mailfrom; client-ip=192.0.2.66; "
	     "helo=x) identity=mailfrom; client-ip=198.51.100.1; helo=y; envelope-from=s@example.net; receiver=example.com ",
	  "verdict client_ip=\"192.0.2.66\"" },
	{ T, ": prepend Authentication-Results: mx1.example.com; spf=pass (sender SPF authorized) "
	     "smtp.mailfrom=ann@example.org (client-ip=192.0.2.10; helo=mail.example.org; envelope-from=ann@example.org; "
	     "receiver=bob@example.com)",
	  "verdict client_ip=\"192.0.2.10\" helo=\"mail.example.org\" sender=\"ann@example.org\" recipient=\"bob@example.com\" "
	  "check=\"spf\" result=\"pass\" domain=\"example.org\" reason=\"sender SPF authorized\"" },
	{ T, ": prepend X-Comment: SPF check N/A for local connections - client-ip=127.0.0.1; helo=localhost; "
	     "envelope-from=ann@example.com; receiver=bob@example.com ",
	  "verdict client_ip=\"127.0.0.1\" helo=\"localhost\" sender=\"ann@example.com\" recipient=\"bob@example.com\" check=\"spf\" "
	  "result=\"skipped\" reason=\"SPF check N/A for local connections\"" },
	{ T, ": 550 5.7.23 Message rejected due to: SPF fail - not authorized. Please see "
	     "http://www.openspf.net/Why?s=mfrom;id=s@example.net;ip=192.0.2.66;r=bob@example.com",
	  "verdict client_ip=\"192.0.2.66\" sender=\"s@example.net\" recipient=\"bob@example.com\" smtp_code=550 dsn=\"5.7.23\" "
	  "check=\"spf\" result=\"fail\" domain=\"example.net\" action=\"reject\" reason=\"SPF fail - not authorized\"" },
	{ T, ": 550 5.7.24 Message rejected due to: SPF Permanent Error: Void lookup limit of 2 exceeded. Please see "
	     "http://www.openspf.net/Why?s=mfrom;id=s@example.net;ip=2001:db8::66;r=<UNKNOWN>",
	  "verdict client_ip=\"2001:db8::66\" sender=\"s@example.net\" smtp_code=550 dsn=\"5.7.24\" check=\"spf\" result=\"permerror\"" },
	{ T, ": defer_if_permit [4.7.24] Message deferred due to: SPF Temporary Error: DNS no nameservers. Please see "
	     "http://www.openspf.net/Why?s=mfrom;id=s@example.net;ip=192.0.2.66;r=bob@example.com",
	  "verdict +temporary client_ip=\"192.0.2.66\"" },
	{ T, ": spfcheck: pyspf result: \"['Pass', '', 'mailfrom']\"", "notice severity=\"debug\" category=\"filter\"" },
	{ P, "Policy action=PREPEND Received-SPF: pass (example.org: 192.0.2.10 is authorized to use 'ann@example.org' in 'mfrom' "
	     "identity (mechanism 'mx' matched)) receiver=mx1.example.com; identity=mailfrom; "
	     "envelope-from=\"ann@example.org\"; helo=mail.example.org; client-ip=192.0.2.10",
	  "verdict client_ip=\"192.0.2.10\" helo=\"mail.example.org\" sender=\"ann@example.org\" check=\"spf\" result=\"pass\" "
	  "domain=\"example.org\"" },
	{ P, "Policy action=550 Please see http://www.openspf.net/Why?s=mfrom;id=s%40example.net;ip=192.0.2.66;r=mx1.example.com",
	  "verdict client_ip=\"192.0.2.66\" smtp_code=550 check=\"spf\" result=\"fail\" action=\"reject\"" },
	{ P, "Policy action=DUNNO", "notice severity=\"info\" category=\"filter\"" },
	{ P, ": Policy action=PREPEND Received-SPF: none (example.org: No applicable sender policy available) "
	     "receiver=mx1.example.com; identity=mfrom; envelope-from=\"ann@example.org\"; helo=mail.example.org; client-ip=192.0.2.10",
	  "verdict client_ip=\"192.0.2.10\" helo=\"mail.example.org\" sender=\"ann@example.org\" check=\"spf\" result=\"none\" "
	  "domain=\"example.org\"" },
	{ P, ": SPF pass (Mechanism 'include:spf.example.net' matched): Envelope-from: ann@example.org",
	  "notice severity=\"info\" category=\"filter\"" },
	{ P, "SPF fail: HELO/EHLO: h.example, IP Address: 192.0.2.66, Recipient: bob@example.com",
	  "verdict client_ip=\"192.0.2.66\" helo=\"h.example\" recipient=\"bob@example.com\" check=\"spf\" result=\"fail\"" },
	{ P, "handler sender_policy_framework: is decisive.", "notice severity=\"debug\" category=\"filter\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, ": prepend Received-SPF: Maybe (mailfrom) identity=mailfrom; client-ip=192.0.2.66; helo=x; envelope-from=s@example.net; "
	     "receiver=example.com ", NULL },
	{ T, ": prepend Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=nobody; helo=x; envelope-from=s; receiver=r ", NULL },
	{ T, ": prepend Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=192.0.2.66; helo=x", NULL },
	{ T, ": 550 5.7.23 Something else", NULL },
	{ P, "Policy action=PREPEND Received-SPF: pass (x) receiver=mx; client-ip=forged; helo=h", NULL },
	{ P, "connect from unknown[192.0.2.1]", NULL },
	{ NULL, NULL, NULL },
};
#undef T
#undef P

const struct writer_ops policyd_spf_writer = {
	.writer = WRITER_POLICYD_SPF,
	.claims = policyd_spf_claims,
	.parse = policyd_spf_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

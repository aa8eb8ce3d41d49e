/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opendkim.c - the DKIM milter
 *
 * Written by opendkim/opendkim.c (2.9 to 2.11).  All lines about a message begin with its queue id and ": "; SyslogSuccess adds
 * successes, LogWhy the reasons why nothing was done, LogResults one line per signature.  Traps: "DKIM verification
 * successful" names no domain; a message may have several signatures with different results; the line of an OpenSSL error has
 * an empty end when OpenSSL had nothing to say, and the failure follows in a line of its own.
 */
#include "parse/opendkim/opendkim.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool opendkim_claims(const struct line *l)
{
	return slice_is(l->program, "opendkim");
}

static enum parse_result verdict(struct slice result, struct slice reason, struct event *ret)
{
	ret->kind = EV_VERDICT;
	ret->check = SLICE("dkim");
	ret->result = result;
	ret->reason = reason;
	return PARSE_OK;
}

/* "%s: DKIM-Signature field added (s=%s, d=%s)" */
static enum parse_result parse_added(struct cur c, struct event *ret)
{
	struct slice selector;

	if (!cur_until_lit(&c, ", d=", &selector) || !slice_ends(cur_rest(&c), ")"))
		return PARSE_BAD;
	ret->domain = slice_of(c.p, cur_left(&c) - 1);
	return verdict(SLICE("signed"), SLICE_NONE, ret);
}

/* "%s: signature=%s domain=%s selector=%s result=\"%s\"" */
static enum parse_result parse_signature(struct cur c, struct event *ret)
{
	struct slice head, domain, selector, text;

	if (!cur_until_lit(&c, " domain=", &head) || !cur_until_lit(&c, " selector=", &domain) ||
	    !cur_until_lit(&c, " result=\"", &selector) || !slice_ends(cur_rest(&c), "\""))
		return PARSE_BAD;
	text = slice_of(c.p, cur_left(&c) - 1);
	ret->domain = row_filled(domain);
	if (slice_is(text, "no signature error"))
		return verdict(SLICE("pass"), SLICE_NONE, ret);
	return verdict(SLICE("fail"), text, ret);
}

/* "%s: s=%s d=%s[ a=%s] SSL %s": why OpenSSL refused the signature; what became of the message follows */
static enum parse_result parse_ssl(struct cur c, struct event *ret)
{
	struct slice text = slice_of(c.p - strlen("s="), cur_left(&c) + strlen("s=")), selector, domain, algorithm;

	if (!cur_until_lit(&c, " d=", &selector) || !cur_until(&c, ' ', &domain) ||
	    (cur_lit(&c, "a=") && !cur_until(&c, ' ', &algorithm)) || !cur_lit(&c, "SSL"))
		return PARSE_BAD;
	ret->kind = EV_NOTICE;
	ret->category = NOTICE_FILTER;
	ret->severity = SEVERITY_INFO;
	ret->domain = row_filled(domain);
	ret->text = text;
	return PARSE_OK;
}

/* "(s=%s, d=%s[, a=%s])[: %s]" behind what went wrong with the key */
static enum parse_result parse_key(struct cur c, struct slice result, struct slice reason, struct event *ret)
{
	struct slice inside, selector;
	struct cur at;

	if (!cur_until(&c, ')', &inside) || !(cur_at_end(&c) || cur_peek(&c) == ':'))
		return PARSE_BAD;
	at = cur_of(inside);
	if (!cur_until_lit(&at, ", d=", &selector))
		return PARSE_BAD;
	ret->domain = row_filled(cur_token(&at, ','));
	return verdict(result, reason, ret);
}

/* a query that timed out may work later; a key that is not there will not */
static enum parse_result parse_retrieval(struct cur c, struct event *ret)
{
	struct slice whole = cur_rest(&c), inside, reason = SLICE("key retrieval failed");

	if (cur_until(&c, ')', &inside) && cur_lit(&c, ": ") && !cur_at_end(&c))
		reason = cur_rest(&c);
	return parse_key(cur_of(whole), slice_ends(reason, "record not found") ? SLICE("permerror") : SLICE("temperror"),
			 reason, ret);
}

static enum parse_result parse_revoked(struct cur c, struct event *ret)
{
	return parse_key(c, SLICE("permerror"), SLICE("key revoked"), ret);
}

static const struct {
	struct slice prefix;
	enum parse_result (*parse)(struct cur c, struct event *ret);
} RULES[] = {
	{ LIT("signature="), parse_signature },
	{ LIT("s="), parse_ssl },
	{ LIT("DKIM-Signature field added (s="), parse_added },
	{ LIT("DKIM-Signature header added (s="), parse_added },
	{ LIT("\"DKIM-Signature\" header added (s="), parse_added },
	{ LIT("key retrieval failed (s="), parse_retrieval },
	{ LIT("key revoked (s="), parse_revoked },
};

/* the whole text, or its start where `open` */
static const struct {
	struct slice text;
	struct slice result;
	bool open;
} VERDICTS[] = {
	{ LIT("DKIM verification successful"), LIT("pass"), false },
	{ LIT("bad signature data"), LIT("fail"), false },
	{ LIT("no signature data"), LIT("none"), false },
	{ LIT("signature processing failed"), LIT("permerror"), true },
	{ LIT("syntax error: "), LIT("permerror"), true },
	{ LIT("resource unavailable: "), LIT("temperror"), true },
};

static const struct row NOTICES[] = {
	/* LogWhy: why nothing was done */
	ROW("* * not internal", FILTER, INFO),
	ROW("not authenticated", FILTER, INFO),
	ROW("not internal", FILTER, INFO),
	ROW("no signing domain match for '", FILTER, INFO),
	ROW("no signing subdomain match for '", FILTER, INFO),
	ROW("no signing table match for '", FILTER, INFO),
	ROW("no signing keylist match for '", FILTER, INFO),
	ROW("no MTA name match (host=", FILTER, INFO),
	ROW("no macros match", FILTER, INFO),
	ROW("no sender header found; accepting", FILTER, INFO),
	ROW("can't determine message sender; accepting", FILTER, INFO),
	ROW("can't parse From: header value '", FILTER, INFO),
	ROW("skipping signing of mail to '", FILTER, INFO),
	ROW("mode select: ", FILTER, INFO),
	ROW("message has signatures from ", FILTER, INFO),
	ROW("DKIM-Signature authentication rate limited", FILTER, INFO),
	ROW("Author Domain Signing Practices", FILTER, INFO),
	ROW("Sender Signing Policy", FILTER, INFO),
	ROW("ADSP query: ", FILTER, INFO),
	ROW("external host * attempted to send as ", ACL, WARNING),
	ROW("RFC5322 header requirement error", PROTOCOL, INFO),
	ROW("key data is not secure: ", PERMISSION, WARNING),
	ROW("* key data is not secure: ", PERMISSION, WARNING),
	ROW("signing table references unknown key ", CONFIG, ERROR),
	ROW("internal error from libopendkim: ", FILTER, ERROR),
	ROW("error loading key ", CONFIG, ERROR),
	ROW("can't load key from ", CONFIG, ERROR),
	ROW("failed to add ", FILTER, ERROR),
	ROW("failed to parse ", PROTOCOL, INFO),
	ROW("mlfi_", FILTER, ERROR),
	ROW("smfi_", FILTER, ERROR),
	ROW("ignoring header field ", FILTER, INFO),
	ROW("can't initialize DKIM handle", FILTER, ERROR),
	ROW("dkim_", FILTER, ERROR),
	ROW("dkimf_", FILTER, ERROR),
	/* without a queue id */
	ROW("OpenDKIM Filter * starting", START, INFO),
	ROW("OpenDKIM Filter * terminating", STOP, INFO),
	ROW("OpenDKIM Filter: mi_stop=1", STOP, INFO),
	ROW("OpenDKIM Filter: Unable to bind to ", PROCESS, ERROR),
	ROW("OpenDKIM Filter: Unable to create listening socket on conn ", PROCESS, ERROR),
	ROW("OpenDKIM Filter: Opening listen socket on conn ", START, INFO),
	ROW("smfi_opensocket() failed", PROCESS, ERROR),
	ROW("configuration reloaded from ", RELOAD, INFO),
	ROW("configuration reload ", CONFIG, ERROR),
	ROW("/etc/opendkim", CONFIG, ERROR), /* "/etc/opendkim.conf: configuration error at line 12: ..." */
};

static enum parse_result opendkim_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);
	struct slice text;

	if (!row_take_queue_id(&c, ret))
		return rows_notice(NOTICES, ARRAY_LEN(NOTICES), l->text, ret);
	text = cur_rest(&c);
	for (size_t i = 0; i < ARRAY_LEN(VERDICTS); i++) {
		struct slice want = VERDICTS[i].text;

		if (slice_eq(slice_head(text, want.n), want) && (VERDICTS[i].open || text.n == want.n))
			return verdict(VERDICTS[i].result, slice_is(VERDICTS[i].result, "pass") ? SLICE_NONE : text, ret);
	}
	for (size_t i = 0; i < ARRAY_LEN(RULES); i++)
		if (cur_lit_(&c, RULES[i].prefix.p, RULES[i].prefix.n))
			return RULES[i].parse(c, ret);
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), text, ret);
}

#define T "opendkim"
static const struct parse_sample SAMPLES[] = {
	{ T, "4A1B2C3D4E: DKIM-Signature field added (s=sel1, d=example.com)",
	  "verdict queue_id=\"4A1B2C3D4E\" check=\"dkim\" result=\"signed\" domain=\"example.com\"" },
	{ T, "4A1B2C3D4E: \"DKIM-Signature\" header added (s=sel1, d=example.com)",
	  "verdict queue_id=\"4A1B2C3D4E\" check=\"dkim\" result=\"signed\" domain=\"example.com\"" },
	{ T, "5A1B2C3D4E: DKIM verification successful", "verdict queue_id=\"5A1B2C3D4E\" check=\"dkim\" result=\"pass\"" },
	{ T, "(unknown-jobid): DKIM verification successful", "verdict check=\"dkim\" result=\"pass\"" },
	{ T, "4X5Zq62Jzpz9sB: bad signature data", "verdict queue_id=\"4X5Zq62Jzpz9sB\" check=\"dkim\" result=\"fail\"" },
	{ T, "5A1B2C3D4F: no signature data", "verdict queue_id=\"5A1B2C3D4F\" check=\"dkim\" result=\"none\"" },
	{ T, "5A1B2C3D4F: s=sel9 d=example.net a=rsa-sha256 SSL error:02000068:rsa routines::bad signature",
	  "notice queue_id=\"5A1B2C3D4F\" domain=\"example.net\" severity=\"info\" category=\"filter\"" },
	{ T, "5A1B2C3D4F: s=sel9 d=example.net a=rsa-sha256 SSL ", "notice queue_id=\"5A1B2C3D4F\" domain=\"example.net\"" },
	{ T, "5A1B2C3D4F: s=sel9 d=example.net SSL error:04091068:rsa routines:INT_RSA_VERIFY:bad signature",
	  "notice queue_id=\"5A1B2C3D4F\" domain=\"example.net\" severity=\"info\" category=\"filter\"" },
	{ T, "5A1B2C3D4F: signature=aB3dE6gH domain=example.net selector=sel9 result=\"signature verification failed\"",
	  "verdict queue_id=\"5A1B2C3D4F\" check=\"dkim\" result=\"fail\" domain=\"example.net\" reason=\"signature verification failed\"" },
	{ T, "5A1B2C3D4F: signature=aB3dE6gH domain=example.net selector=sel9 result=\"no signature error\"",
	  "verdict queue_id=\"5A1B2C3D4F\" check=\"dkim\" result=\"pass\" domain=\"example.net\"" },
	{ T, "5A1B2C3D50: key retrieval failed (s=sel2, d=example.org): 'sel2._domainkey.example.org' record not found",
	  "verdict queue_id=\"5A1B2C3D50\" check=\"dkim\" result=\"permerror\" domain=\"example.org\" "
	  "reason=\"'sel2._domainkey.example.org' record not found\"" },
	{ T, "5A1B2C3D50: key retrieval failed (s=sel2, d=example.org): 'sel2._domainkey.example.org' query timed out",
	  "verdict queue_id=\"5A1B2C3D50\" check=\"dkim\" result=\"temperror\" domain=\"example.org\"" },
	{ T, "5A1B2C3D50: key retrieval failed (s=sel2, d=example.org)",
	  "verdict queue_id=\"5A1B2C3D50\" check=\"dkim\" result=\"temperror\" domain=\"example.org\" reason=\"key retrieval failed\"" },
	{ T, "5A1B2C3D50: key revoked (s=sel2, d=example.org, a=rsa-sha256)",
	  "verdict queue_id=\"5A1B2C3D50\" check=\"dkim\" result=\"permerror\" domain=\"example.org\" reason=\"key revoked\"" },
	{ T, "5A1B2C3D51: mail.example.org [192.0.2.10] not internal",
	  "notice queue_id=\"5A1B2C3D51\" severity=\"info\" category=\"filter\"" },
	{ T, "5A1B2C3D51: [192.0.2.10] [192.0.2.10] not internal", "notice queue_id=\"5A1B2C3D51\"" },
	{ T, "5A1B2C3D51: external host mail.example.org attempted to send as example.com",
	  "notice queue_id=\"5A1B2C3D51\" severity=\"warning\" category=\"acl\"" },
	{ T, "sel1._domainkey.example.com: key data is not secure: /etc/dkimkeys/sel1 is writeable and owned by uid 110 which is not the executing uid (0) or the superuser",
	  "notice severity=\"warning\" category=\"permission\"" },
	{ T, "5A1B2C3D51: signing table references unknown key 'sel1'", "notice queue_id=\"5A1B2C3D51\" severity=\"error\" category=\"config\"" },
	{ T, "/etc/opendkim.conf: configuration error at line 12: unrecognized parameter", "notice severity=\"error\" category=\"config\"" },
	{ T, "OpenDKIM Filter v2.11.0 starting (args: -f -x /etc/opendkim.conf)", "notice severity=\"info\" category=\"start\"" },
	{ T, "OpenDKIM Filter v2.11.0 terminating with status 0, errno = 0", "notice severity=\"info\" category=\"stop\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, "bad signature data", NULL },
	{ T, "5A1B2C3D4F: bad signature data of a stranger", NULL },
	{ T, "5A1B2C3D4F: signature=aB3dE6gH domain=example.net selector=sel9 result=\"cut", NULL },
	{ T, "5A1B2C3D4F: key retrieval failed (s=sel2, d=example.org", NULL },
	{ T, "not/an/id: DKIM verification successful", NULL },
	{ NULL, NULL, NULL },
};
#undef T

const struct writer_ops opendkim_writer = {
	.writer = WRITER_OPENDKIM,
	.claims = opendkim_claims,
	.parse = opendkim_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

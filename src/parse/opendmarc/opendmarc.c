/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opendmarc.c - the DMARC milter
 *
 * Written by opendmarc/opendmarc.c (1.3, 1.4): "%s: %s %s" with queue id, From: domain and result; "%s: SPF(%s): %s %s".
 * Trap: "fail" is an evaluation, no action: what becomes of the message hangs on the domain's policy and on
 * RejectFailures, and the MTA says it.
 */
#include "parse/opendmarc/opendmarc.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool opendmarc_claims(const struct line *l)
{
	return slice_is(l->program, "opendmarc");
}

/* "DOMAIN RESULT", nothing behind it */
static bool take_domain_result(struct cur c, struct event *ret)
{
	struct slice domain, result;

	if (!cur_until(&c, ' ', &domain) || domain.n == 0 || slice_ends(domain, ":"))
		return false;
	result = word_auth_result(cur_rest(&c));
	if (!result.p)
		return false;
	ret->kind = EV_VERDICT;
	ret->domain = domain;
	ret->result = result;
	return true;
}

/* "SPF(mailfrom): DOMAIN RESULT" */
static enum parse_result parse_spf(struct cur c, struct event *ret)
{
	struct slice scope;

	if (!cur_until_lit(&c, "): ", &scope) || !take_domain_result(c, ret))
		return PARSE_BAD;
	ret->check = SLICE("spf");
	if (!slice_is(scope, "mailfrom"))
		ret->reason = scope;
	return PARSE_OK;
}

/* "ARC pass, policy pass > overriding DMARC fail" */
static enum parse_result parse_arc(struct cur c, struct event *ret)
{
	struct slice written, result;

	if (!cur_until(&c, ',', &written))
		return PARSE_BAD;
	result = word_auth_result(written);
	if (!result.p)
		return PARSE_BAD;
	ret->kind = EV_VERDICT;
	ret->check = SLICE("arc");
	ret->result = result;
	cur_skip_spaces(&c);
	ret->reason = cur_rest(&c);
	return PARSE_OK;
}

static const struct row NOTICES[] = {
	ROW("ignoring mail from ", FILTER, INFO),
	ROW("ignoring invalid Authentication-Results header ", PROTOCOL, INFO),
	ROW("ignoring Authentication-Results at ", FILTER, INFO),
	ROW("ignoring connection from ", FILTER, INFO),
	ROW("* ignoring Authentication-Results at ", FILTER, INFO), /* the queue id without its colon */
	ROW("RFC5322 requirement error: ", PROTOCOL, INFO),
	ROW("unable to parse From header field", PROTOCOL, INFO),
	ROW("multi-valued From field detected", PROTOCOL, INFO),
	ROW("opendmarc_policy_", DNS, WARNING),
	ROW("opendmarc_", FILTER, WARNING),
	ROW("failed to parse Authentication-Results", PROTOCOL, INFO),
	ROW("unable to ", FILTER, ERROR),
	ROW("can't ", FILTER, ERROR),
	ROW("mlfi_", FILTER, ERROR),
	ROW("smfi_", FILTER, ERROR),
	ROW("OpenDMARC Filter * starting", START, INFO),
	ROW("OpenDMARC Filter * terminating", STOP, INFO),
	ROW("OpenDMARC Filter: mi_stop=1", STOP, INFO),
	ROW("OpenDMARC Filter: Unable to bind to ", PROCESS, ERROR),
	ROW("OpenDMARC Filter: Unable to create listening socket on conn ", PROCESS, ERROR),
	ROW("OpenDMARC Filter: Opening listen socket on conn ", START, INFO),
	ROW("additional trusted authentication services: ", CONFIG, INFO),
	ROW("trusted authentication services: ", CONFIG, INFO),
	ROW("implicit authentication service: ", CONFIG, INFO),
	ROW("configuration reloaded from ", RELOAD, INFO),
};

static enum parse_result opendmarc_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);

	if (row_take_queue_id(&c, ret)) {
		if (cur_lit(&c, "SPF("))
			return parse_spf(c, ret);
		if (cur_lit(&c, "ARC "))
			return parse_arc(c, ret);
		if (take_domain_result(c, ret)) {
			ret->check = SLICE("dmarc");
			return PARSE_OK;
		}
	}
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), cur_rest(&c), ret);
}

#define T "opendmarc"
static const struct parse_sample SAMPLES[] = {
	{ T, "5A1B2C3D4E: example.org pass",
	  "verdict queue_id=\"5A1B2C3D4E\" check=\"dmarc\" result=\"pass\" domain=\"example.org\"" },
	{ T, "5A1B2C3D4F: example.net fail",
	  "verdict queue_id=\"5A1B2C3D4F\" check=\"dmarc\" result=\"fail\" domain=\"example.net\"" },
	{ T, "5A1B2C3D50: SPF(mailfrom): example.org pass",
	  "verdict queue_id=\"5A1B2C3D50\" check=\"spf\" result=\"pass\" domain=\"example.org\"" },
	{ T, "5A1B2C3D50: SPF(helo): mail.example.org tempfail",
	  "verdict queue_id=\"5A1B2C3D50\" check=\"spf\" result=\"temperror\" domain=\"mail.example.org\" reason=\"helo\"" },
	{ T, "5A1B2C3D50: ARC pass, policy pass > overriding DMARC fail",
	  "verdict queue_id=\"5A1B2C3D50\" check=\"arc\" result=\"pass\" reason=\"policy pass > overriding DMARC fail\"" },
	{ T, "5A1B2C3D50: ignoring mail from example.com", "notice queue_id=\"5A1B2C3D50\" severity=\"info\" category=\"filter\"" },
	{ T, "5A1B2C3D50 ignoring Authentication-Results at 0 from mx.example.net", "notice severity=\"info\" category=\"filter\"" },
	{ T, "5A1B2C3D50: opendmarc_policy_query_dmarc(example.org) returned status 5",
	  "notice queue_id=\"5A1B2C3D50\" severity=\"warning\" category=\"dns\"" },
	{ T, "OpenDMARC Filter v1.4.2 starting (args: -f -c /etc/opendmarc.conf)", "notice severity=\"info\" category=\"start\"" },
	{ T, "additional trusted authentication services: mx.example.com", "notice severity=\"info\" category=\"config\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, "example.org pass", NULL },
	{ T, "5A1B2C3D4E: example.org passed", NULL },
	{ T, "5A1B2C3D4E: DKIM: pass", NULL },
	{ T, "5A1B2C3D4E: example.org pass ", NULL },
	{ T, "5A1B2C3D50: SPF(mailfrom): example.org maybe", NULL },
	{ NULL, NULL, NULL },
};
#undef T

const struct writer_ops opendmarc_writer = {
	.writer = WRITER_OPENDMARC,
	.claims = opendmarc_claims,
	.parse = opendmarc_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

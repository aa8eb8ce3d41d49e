/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlgrey.c - greylisting with a database, a policy service of Postfix
 *
 * Written by sqlgrey 1.8 (mylog: "%s: TEXT" of the kind of message: grey, whitelist, optin, spam, mail, dbaccess, conf, perf, util, ...):
 *   grey: new: NET(IP), SENDER -> RECIPIENT          grey: early reconnect: NET(IP), SENDER -> RECIPIENT
 *   grey: reconnect ok: NET(IP), SENDER -> RECIPIENT (HH:MM:SS)
 * Trap: sender and recipient are the client's; a null sender is written as "-undef-".
 */
#include "parse/sqlgrey/sqlgrey.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool sqlgrey_claims(const struct line *l)
{
	return slice_is(l->program, "sqlgrey");
}

static const struct {
	struct slice text, result, reason;
	bool temporary;
} GREYS[] = {
	{ LIT("new: "), LIT("greylisted"), LIT("new"), true },
	{ LIT("early reconnect: "), LIT("greylisted"), LIT("early reconnect"), true },
	{ LIT("throttling: "), LIT("greylisted"), LIT("throttling"), true },
	{ LIT("reconnect ok: "), LIT("pass"), LIT("reconnect ok"), false },
};

/* "NET(IP), SENDER -> RECIPIENT[ (HH:MM:SS)]" */
static bool take_triplet(struct cur c, struct event *ret)
{
	struct slice net, ip, sender, recipient;
	size_t open;

	if (!cur_until(&c, '(', &net) || !cur_until_lit(&c, "), ", &ip) || !cur_until_last_lit(&c, " -> ", &sender))
		return false;
	ip = row_ip(ip);
	if (!ip.p)
		return false;
	recipient = cur_rest(&c);
	open = slice_rfind(recipient, SLICE(" ("));
	ret->client_ip = ip;
	ret->sender = slice_is(sender, "-undef-") ? slice_head(sender, 0) : sender;
	ret->recipient = slice_head(recipient, open);
	return ret->recipient.n > 0;
}

static enum parse_result parse_grey(struct cur c, struct event *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(GREYS); i++) {
		if (!cur_lit_(&c, GREYS[i].text.p, GREYS[i].text.n))
			continue;
		if (!take_triplet(c, ret))
			return PARSE_BAD;
		ret->kind = EV_VERDICT;
		ret->check = SLICE("greylist");
		ret->result = GREYS[i].result;
		ret->reason = GREYS[i].reason;
		if (GREYS[i].temporary)
			ret->marks |= MARK_TEMPORARY;
		return PARSE_OK;
	}
	return PARSE_NOT_MINE;
}

/* "WHAT, NAME(IP) -> RECIPIENT" */
static enum parse_result parse_whitelist(struct cur c, struct event *ret)
{
	struct slice what, name, ip;

	if (!cur_until_lit(&c, ", ", &what) || !cur_until(&c, '(', &name) || !cur_until_lit(&c, ") -> ", &ip))
		return PARSE_NOT_MINE;
	ip = row_ip(ip);
	if (!ip.p)
		return PARSE_BAD;
	row_client(name, ret);
	ret->client_ip = ip;
	ret->recipient = row_filled(cur_rest(&c));
	ret->kind = EV_VERDICT;
	ret->check = SLICE("greylist");
	ret->result = SLICE("pass");
	ret->reason = what;
	return PARSE_OK;
}

static const struct row NOTICES[] = {
	ROW("grey: from awl match: updating ", CACHE, INFO),
	ROW("grey: domain awl match: updating ", CACHE, INFO),
	ROW("grey: from awl: ", CACHE, INFO),
	ROW("grey: domain awl: ", CACHE, INFO),
	ROW("grey: ", FILTER, INFO),
	ROW("whitelist: ", FILTER, INFO),
	ROW("optin: ", FILTER, INFO),
	ROW("spam: ", FILTER, INFO),
	ROW("mail: ", FILTER, INFO),
	ROW("martians: ", FILTER, INFO),
	ROW("dbaccess: ", LOOKUP, WARNING),
	ROW("conf: ", CONFIG, INFO),
	ROW("perf: ", STATISTICS, INFO),
	ROW("util: ", FILTER, INFO),
	ROW("system: ", FILTER, INFO),
	ROW("Process Backgrounded", START, INFO),
	ROW("* sqlgrey (type ", START, INFO),
	ROW("Binding to ", START, INFO),
	ROW("Setting gid to ", START, INFO),
	ROW("Setting uid to ", START, INFO),
	ROW("* Server closing!", STOP, INFO),
	ROW("fatal: ", FILTER, FATAL),
	ROW("warning: ", FILTER, WARNING),
};

static enum parse_result sqlgrey_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text), at = c;
	enum parse_result r = PARSE_NOT_MINE;

	if (cur_lit(&at, "grey: "))
		r = parse_grey(at, ret);
	else if (cur_lit(&at, "whitelist: "))
		r = parse_whitelist(at, ret);
	return r == PARSE_NOT_MINE ? rows_notice(NOTICES, ARRAY_LEN(NOTICES), l->text, ret) : r;
}

#define T "sqlgrey"
static const struct parse_sample SAMPLES[] = {
	{ T, "grey: new: 192.0.2(192.0.2.66), s@example.net -> bob@example.com",
	  "verdict +temporary client_ip=\"192.0.2.66\" sender=\"s@example.net\" recipient=\"bob@example.com\" check=\"greylist\" "
	  "result=\"greylisted\" reason=\"new\"" },
	{ T, "grey: early reconnect: 192.0.2.10(192.0.2.10), -undef- -> bob@example.com",
	  "verdict +temporary client_ip=\"192.0.2.10\" sender=\"\" recipient=\"bob@example.com\"" },
	{ T, "grey: reconnect ok: 192.0.2(192.0.2.10), ann@example.org -> bob@example.com (00:10:12)",
	  "verdict client_ip=\"192.0.2.10\" sender=\"ann@example.org\" recipient=\"bob@example.com\" check=\"greylist\" result=\"pass\"" },
	{ T, "whitelist: domain .example.org, mail.example.org(192.0.2.10) -> bob@example.com",
	  "verdict client_host=\"mail.example.org\" client_ip=\"192.0.2.10\" recipient=\"bob@example.com\" check=\"greylist\" result=\"pass\" "
	  "reason=\"domain .example.org\"" },
	{ T, "grey: from awl match: updating 192.0.2(192.0.2.10), ann@example.org(ann@example.org)", "notice severity=\"info\" category=\"cache\"" },
	{ T, "perf: spent 0s cleaning: from_awl (0) domain_awl (0) connect (3)", "notice severity=\"info\" category=\"statistics\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, "grey: new: 192.0.2(nobody), s@example.net -> bob@example.com", NULL },
	{ T, "grey: new: 192.0.2(192.0.2.66), s@example.net", NULL },
	{ T, "odd: text", NULL },
	{ NULL, NULL, NULL },
};
#undef T

const struct writer_ops sqlgrey_writer = {
	.writer = WRITER_SQLGREY,
	.claims = sqlgrey_claims,
	.parse = sqlgrey_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * milter_greylist.c - greylisting as a milter
 *
 * Written by milter-greylist (milter-greylist.c, autowhite.c, acl.c; 4.6): "QID: addr HOST[IP] from <S> to <R> delayed[ again]
 * for HH:MM:SS[ (ACL N)]" and its like.  Trap: under Postfix the id is mostly "(unknown id)", since it is made later.
 */
#include "parse/milter_greylist/milter_greylist.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool milter_greylist_claims(const struct line *l)
{
	return slice_is(l->program, "milter-greylist");
}

static enum parse_result verdict(struct slice result, struct slice reason, struct event *ret)
{
	ret->kind = EV_VERDICT;
	ret->check = SLICE("greylist");
	ret->result = result;
	ret->reason = reason;
	return PARSE_OK;
}

/* "S> to <R", or "S" alone; both are the client's, the rightmost split it is */
static bool take_pair(struct slice s, struct slice between, struct event *ret)
{
	size_t at = slice_rfind(s, between);

	if (at == s.n)
		return false;
	ret->sender = slice_head(s, at);
	ret->recipient = slice_from(s, at + between.n);
	return true;
}

/* "HH:MM:SS" */
static bool take_clock(struct cur *c)
{
	uint64_t n;

	return cur_u64(c, 99999, &n) && cur_byte(c, ':') && cur_u64(c, 59, &n) && cur_byte(c, ':') && cur_u64(c, 59, &n);
}

/* What follows the addresses, searched from the right; all that is behind it is our side's. */
static const struct {
	struct slice text, result;
	bool temporary, clock;
} TAILS[] = {
	{ LIT("> delayed for "), LIT("greylisted"), true, true },
	{ LIT("> delayed again for "), LIT("greylisted"), true, true },
	{ LIT("> delayed again? for "), LIT("greylisted"), true, true },
	{ LIT("> blacklisted"), LIT("reject"), false, false },
	{ LIT(">: autowhitelisted for "), LIT("pass"), false, true },
	{ LIT(">: autowhitelisted for more "), LIT("pass"), false, true },
};

/* behind "addr " */
static enum parse_result parse_address(struct cur c, struct event *ret)
{
	struct slice client, rest, tail;

	if (!cur_until_lit(&c, " from <", &client))
		return PARSE_BAD;
	if (!row_client_name_ip(client, ret))
		ret->client_ip = row_ip(client);
	rest = cur_rest(&c);
	if (slice_ends(rest, ">: autowhitelisted entry expired")) {
		ret->kind = EV_NOTICE;
		ret->category = NOTICE_CACHE;
		ret->severity = SEVERITY_INFO;
		ret->text = slice_between(client.p - strlen("addr "), c.end);
		return PARSE_OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(TAILS); i++) {
		size_t at = slice_rfind(rest, TAILS[i].text);
		struct cur behind;

		if (at == rest.n)
			continue;
		tail = slice_from(rest, at + TAILS[i].text.n);
		behind = cur_of(tail);
		if (TAILS[i].clock && !take_clock(&behind))
			continue;
		if (!cur_at_end(&behind) && !cur_lit(&behind, " (ACL "))
			continue;
		rest = slice_head(rest, at);
		if (!take_pair(rest, SLICE("> to <"), ret) && !take_pair(rest, SLICE("> rcpt <"), ret))
			ret->sender = rest;
		if (TAILS[i].temporary)
			ret->marks |= MARK_TEMPORARY;
		/* the words without what bounds them */
		tail = slice_between(rest.p + rest.n + 1, c.end);
		if (slice_starts(tail, ": "))
			tail = slice_from(tail, 2);
		return verdict(TAILS[i].result, slice_trim(tail), ret);
	}
	return PARSE_BAD;
}

/* "(from=<S>, rcpt=<R>, addr=HOST[IP]) ACL N" at the end of the reason */
static void take_context(struct slice text, struct event *ret)
{
	size_t begin = slice_find(text, SLICE("(from=<")), at;
	struct slice rest;

	if (begin == text.n)
		return;
	rest = slice_from(text, begin + strlen("(from=<"));
	at = slice_rfind(rest, SLICE(">, addr="));
	if (at == rest.n)
		return;
	if (take_pair(slice_head(rest, at), SLICE(">, rcpt=<"), ret)) {
		struct slice client = slice_from(rest, at + strlen(">, addr="));

		(void)row_client_name_ip(slice_head(client, slice_find_byte(client, ')')), ret);
	}
}

/* "IP A and address S are SPF-compliant, bypassing greylist", behind "Sender " */
static enum parse_result parse_spf(struct cur c, struct event *ret)
{
	struct slice ip, sender;

	if (!cur_lit(&c, "IP ") || !cur_until_lit(&c, " and address ", &ip) ||
	    !cur_until_last_lit(&c, " are SPF-compliant, bypassing greylist", &sender))
		return PARSE_BAD;
	ret->client_ip = row_ip(ip);
	ret->sender = slice_unwrap(sender, '<', '>');
	return verdict(SLICE("pass"), SLICE("SPF-compliant"), ret);
}

static const struct row NOTICES[] = {
	ROW("milter-greylist-", START, INFO),
	ROW("greylist daemon ", START, INFO),
	ROW("Final database dump", CACHE, INFO),
	ROW("dumped database in ", CACHE, DEBUG),
	ROW("(Re)loaded config file ", RELOAD, INFO),
	ROW("conf reloaded", RELOAD, INFO),
	ROW("reloading config file ", RELOAD, INFO),
	ROW("reloading \"", RELOAD, INFO),
	ROW("socket * opened", START, INFO),
	ROW("Exiting", STOP, INFO),
	ROW("smfi_main() returned ", STOP, INFO),
	ROW("config error at line ", CONFIG, ERROR),
	ROW("cannot ", FILTER, ERROR),
	ROW("MX sync: ", FILTER, INFO),
	ROW("peer * ", FILTER, INFO),
	ROW("DKIM failed: ", FILTER, INFO),
	ROW("smfi_getsymval failed for ", CONFIG, WARNING),
};

static enum parse_result milter_greylist_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text), at;

	(void)row_take_queue_id(&c, ret);
	at = c;
	if (cur_lit(&at, "addr "))
		return parse_address(at, ret);
	if (cur_lit(&at, "skipping greylist because ")) {
		struct slice why = cur_rest(&at);

		take_context(why, ret);
		return verdict(SLICE("pass"), why, ret);
	}
	if (cur_lit(&at, "Sender "))
		return parse_spf(at, ret);
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), cur_rest(&c), ret);
}

#define T "milter-greylist"
static const struct parse_sample SAMPLES[] = {
	{ T, "68C8FU5u003011: addr mail.example.org[192.0.2.10] from <ann@example.org> to <bob@example.com> delayed for 00:05:00 (ACL 42)",
	  "verdict +temporary queue_id=\"68C8FU5u003011\" client_host=\"mail.example.org\" client_ip=\"192.0.2.10\" "
	  "sender=\"ann@example.org\" recipient=\"bob@example.com\" check=\"greylist\" result=\"greylisted\" "
	  "reason=\"delayed for 00:05:00 (ACL 42)\"" },
	{ T, "(unknown id): addr mail.example.org[192.0.2.10] from <> to <bob@example.com> delayed again for 00:04:10",
	  "verdict +temporary client_host=\"mail.example.org\" client_ip=\"192.0.2.10\" sender=\"\" recipient=\"bob@example.com\"" },
	{ T, "(unknown id): addr [192.0.2.66][192.0.2.66] from <s@example.net> blacklisted (ACL 7)",
	  "verdict client_ip=\"192.0.2.66\" sender=\"s@example.net\" check=\"greylist\" result=\"reject\" reason=\"blacklisted (ACL 7)\"" },
	{ T, "68C8FU5u003011: addr 192.0.2.10 from <ann@example.org> rcpt <bob@example.com>: autowhitelisted for more 72:00:00",
	  "verdict queue_id=\"68C8FU5u003011\" client_ip=\"192.0.2.10\" sender=\"ann@example.org\" recipient=\"bob@example.com\" "
	  "check=\"greylist\" result=\"pass\" reason=\"autowhitelisted for more 72:00:00\"" },
	{ T, "(local): addr 192.0.2.10 from <ann@example.org> rcpt <bob@example.com>: autowhitelisted entry expired",
	  "notice client_ip=\"192.0.2.10\" severity=\"info\" category=\"cache\"" },
	{ T, "(unknown id): skipping greylist because address 192.0.2.10 is whitelisted, (from=<ann@example.org>, rcpt=<bob@example.com>, "
	     "addr=mail.example.org[192.0.2.10]) ACL 12",
	  "verdict client_host=\"mail.example.org\" client_ip=\"192.0.2.10\" sender=\"ann@example.org\" recipient=\"bob@example.com\" "
	  "check=\"greylist\" result=\"pass\"" },
	{ T, "68C8FU5u003011: skipping greylist because recipient <bob@example.com> is whitelisted",
	  "verdict queue_id=\"68C8FU5u003011\" check=\"greylist\" result=\"pass\" reason=\"recipient <bob@example.com> is whitelisted\"" },
	{ T, "68C8FU5u003011: Sender IP 192.0.2.10 and address <ann@example.org> are SPF-compliant, bypassing greylist",
	  "verdict queue_id=\"68C8FU5u003011\" client_ip=\"192.0.2.10\" sender=\"ann@example.org\"" },
	{ T, "(Re)loaded config file \"/etc/milter-greylist/greylist.conf\"", "notice severity=\"info\" category=\"reload\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, "68C8FU5u003011: addr mail.example.org[192.0.2.10] from <ann@example.org> to <bob@example.com> delayed for ever", NULL },
	{ T, "68C8FU5u003011: addr mail.example.org[192.0.2.10] from <a> blacklisted(ACL 1)", NULL },
	{ T, "68C8FU5u003011: Sender IP 192.0.2.10", NULL },
	{ NULL, NULL, NULL },
};
#undef T

const struct writer_ops milter_greylist_writer = {
	.writer = WRITER_MILTER_GREYLIST,
	.claims = milter_greylist_claims,
	.parse = milter_greylist_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postgrey.c - greylisting as a policy service of Postfix
 *
 * Written by postgrey 1.37: "[QID: ]action=A, reason=W[, delay=N], client_name=N, client_address=A, sender=S, recipient=R".
 * Keys without a value are left out, so a missing sender is the null sender.  Traps: no brackets around addresses; a
 * queue id stands there only from the second accepted recipient on; one line per recipient.
 */
#include "parse/postgrey/postgrey.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool postgrey_claims(const struct line *l)
{
	return slice_is(l->program, "postgrey");
}

/* behind "action=" */
static enum parse_result parse_action(struct cur c, struct event *ret)
{
	struct slice action, text, address;
	struct cur reason;

	if (!cur_until_lit(&c, ", reason=", &action) || !cur_until_lit(&c, ", client_", &text))
		return PARSE_BAD;
	reason = cur_of(text);
	if (cur_until_lit(&reason, ", delay=", &ret->reason)) {
		if (!cur_seconds(&reason, &ret->delay_s) || !cur_at_end(&reason))
			return PARSE_BAD;
	} else {
		ret->reason = text;
	}
	if (cur_lit(&c, "name=")) {
		if (!cur_until_lit(&c, ", client_address=", &text))
			return PARSE_BAD;
		row_client(text, ret);
	} else if (!cur_lit(&c, "address=")) {
		return PARSE_BAD;
	}
	if (!cur_until_lit(&c, ", ", &address))
		return PARSE_BAD;
	/* a port may follow; with --privacy a hash stands there */
	ret->client_ip = row_ip(slice_head(address, slice_find_byte(address, '/')));
	ret->sender = slice_head(address, 0);
	if (cur_lit(&c, "sender=")) {
		if (!cur_until_last_lit(&c, ", recipient=", &ret->sender))
			return PARSE_BAD;
	} else if (!cur_lit(&c, "recipient=")) {
		return PARSE_BAD;
	}
	ret->recipient = cur_rest(&c);
	ret->kind = EV_VERDICT;
	ret->check = SLICE("greylist");
	if (slice_is(action, "pass")) {
		ret->result = SLICE("pass");
	} else if (slice_is(action, "greylist")) {
		ret->result = SLICE("greylisted");
		ret->marks |= MARK_TEMPORARY;
	} else {
		return PARSE_BAD;
	}
	return PARSE_OK;
}

static const struct row NOTICES[] = {
	ROW("cleaning up old logs", CACHE, INFO),
	ROW("cleaning up old entries", CACHE, INFO),
	ROW("cleaning main database finished. before: ", CACHE, INFO),
	ROW("cleaning clients database finished. before: ", CACHE, INFO),
	ROW("whitelisted: ", FILTER, INFO),
	ROW("Process Backgrounded", START, INFO),
	ROW("* postgrey (type ", START, INFO),
	ROW("Binding to ", START, INFO),
	ROW("Resolved [", START, INFO),
	ROW("Group Not Defined", START, INFO),
	ROW("User Not Defined", START, INFO),
	ROW("Starting \"* children", START, INFO),
	ROW("rm ", CACHE, INFO),
	ROW("Binding open file handle", START, INFO),
	ROW("Setting gid to ", START, INFO),
	ROW("Setting uid to ", START, INFO),
	ROW("* Server closing!", STOP, INFO),
	ROW("Couldn't ", PROCESS, ERROR),
	ROW("fatal: ", FILTER, FATAL),
	ROW("FATAL: ", FILTER, FATAL),
	ROW("unrecognized request type: ", PROTOCOL, WARNING),
	ROW("ignoring garbage: ", PROTOCOL, WARNING),
	ROW("error: ", FILTER, ERROR),
	ROW("warning: ", FILTER, WARNING),
};

static enum parse_result postgrey_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);

	(void)row_take_queue_id(&c, ret);
	if (cur_lit(&c, "action="))
		return parse_action(c, ret);
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), cur_rest(&c), ret);
}

#define T "postgrey"
static const struct parse_sample SAMPLES[] = {
	{ T, "action=greylist, reason=new, client_name=unknown, client_address=192.0.2.66, sender=s@example.net, recipient=bob@example.com",
	  "verdict +temporary client_ip=\"192.0.2.66\" sender=\"s@example.net\" recipient=\"bob@example.com\" check=\"greylist\" "
	  "result=\"greylisted\" reason=\"new\"" },
	{ T, "action=greylist, reason=early-retry (240s missing), client_name=mail.example.org, client_address=192.0.2.10, "
	     "sender=ann@example.org, recipient=bob@example.com",
	  "verdict +temporary client_host=\"mail.example.org\" client_ip=\"192.0.2.10\" sender=\"ann@example.org\" "
	  "recipient=\"bob@example.com\" check=\"greylist\" result=\"greylisted\" reason=\"early-retry (240s missing)\"" },
	{ T, "4A1B2C3D4E: action=pass, reason=triplet found, delay=612, client_name=mail.example.org, client_address=192.0.2.10, "
	     "sender=ann@example.org, recipient=bob@example.com",
	  "verdict queue_id=\"4A1B2C3D4E\" client_host=\"mail.example.org\" client_ip=\"192.0.2.10\" sender=\"ann@example.org\" "
	  "recipient=\"bob@example.com\" delay_s=612.000000 check=\"greylist\" result=\"pass\" reason=\"triplet found\"" },
	{ T, "action=pass, reason=client whitelist, client_name=mail.example.org, client_address=2001:db8::1, recipient=bob@example.com",
	  "verdict client_host=\"mail.example.org\" client_ip=\"2001:db8::1\" sender=\"\" recipient=\"bob@example.com\" "
	  "check=\"greylist\" result=\"pass\" reason=\"client whitelist\"" },
	/* a sender that imitates the recipient */
	{ T, "action=greylist, reason=new, client_name=unknown, client_address=192.0.2.66, sender=\"x, recipient=v\"@example.net, "
	     "recipient=bob@example.com",
	  "verdict +temporary client_ip=\"192.0.2.66\" sender=\"\\\"x, recipient=v\\\"@example.net\" recipient=\"bob@example.com\"" },
	{ T, "cleaning main database finished. before: 10, after: 7", "notice severity=\"info\" category=\"cache\"" },
	{ T, "2026/09/12-10:15:30 postgrey (type Net::Server::Multiplex) starting! pid(650)", "notice severity=\"info\" category=\"start\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, "action=greylist, reason=new, client_name=unknown, client_address=192.0.2.66", NULL },
	{ T, "action=dunno, reason=new, client_name=unknown, client_address=192.0.2.66, sender=s@example.net, recipient=r@example.com", NULL },
	{ T, "pass, reason=new", NULL },
	{ NULL, NULL, NULL },
};
#undef T

const struct writer_ops postgrey_writer = {
	.writer = WRITER_POSTGREY,
	.claims = postgrey_claims,
	.parse = postgrey_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

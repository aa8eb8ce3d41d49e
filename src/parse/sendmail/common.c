/* SPDX-License-Identifier: Apache-2.0 */
/*
 * common.c - what many Sendmail lines hold: peers, replies, delays, queue ids
 *
 * Sources: sendmail/conf.c hostnamebyanyaddr(), anynet_ntoa() ("IPv6:2001:db8:0:0:0:0:0:7", never shortened),
 * sendmail/macro.c (${_}: "user@host [address] (may be forged)"), sendmail/convtime.c pintvl().
 */
#include "base/ip.h"
#include "event/queue_id.h"
#include "parse/sendmail/sendmail_priv.h"

static struct slice without_dot(struct slice host)
{
	if (host.n > 1 && host.p[host.n - 1] == '.')
		host.n--;
	return host;
}

static struct slice known_ip(struct slice s)
{
	struct ip ip;

	if (slice_starts(s, "IPv6:"))
		s = slice_from(s, strlen("IPv6:"));
	return ip_parse(s, &ip) ? s : SLICE_NONE;
}

/* "[192.0.2.1]", "[IPv6:...]", "[[UNIX: /path]]", "[RESPONSE]" */
static bool take_bracket(struct cur *c, struct smta_peer *ret)
{
	struct slice inside;

	if (cur_lit(c, "[[UNIX: ")) {
		if (!cur_until_lit(c, "]]", &ret->path))
			return false;
		return true;
	}
	if (!cur_byte(c, '[') || !cur_until(c, ']', &inside))
		return false;
	if (!ret->ip.p)
		ret->ip = known_ip(inside);
	return true;
}

bool smta_take_peer(struct cur *c, struct smta_peer *ret)
{
	struct smta_peer peer = { SLICE_NONE, SLICE_NONE, SLICE_NONE, SLICE_NONE };
	struct cur at = *c;

	if (cur_peek(&at) == '[') {
		if (!take_bracket(&at, &peer))
			return false;
	} else {
		const char *begin = at.p;
		size_t sign;

		while (at.p < at.end && *at.p != ' ' && *at.p != ',' && *at.p != ':')
			at.p++;
		peer.host = slice_between(begin, at.p);
		if (peer.host.n == 0)
			return false;
		sign = slice_rfind_byte(peer.host, '@');
		if (sign < peer.host.n) {
			peer.ident = slice_head(peer.host, sign);
			peer.host = slice_from(peer.host, sign + 1);
		}
		peer.host = without_dot(peer.host);
		if (peer.host.n == 0 || slice_is(peer.host, "unknown"))
			peer.host = SLICE_NONE;
	}
	if (cur_left(&at) > 2 && at.p[0] == ' ' && at.p[1] == '[') {
		struct cur bracket = { at.p + 1, at.end };

		if (take_bracket(&bracket, &peer))
			at = bracket;
	}
	if (cur_lit(&at, " (may be forged)"))
		peer.host = SLICE_NONE;
	*ret = peer;
	*c = at;
	return true;
}

bool smta_take_client(struct cur *c, struct event *e)
{
	struct smta_peer peer;

	if (!smta_take_peer(c, &peer))
		return false;
	e->client_host = peer.host;
	e->client_ip = peer.ip;
	e->ident = peer.ident;
	return true;
}

bool smta_take_relay(struct cur *c, struct event *e)
{
	struct smta_peer peer;

	if (!smta_take_peer(c, &peer))
		return false;
	e->relay_host = peer.path.p ? peer.path : peer.host;
	e->relay_ip = peer.ip;
	return true;
}

/* sendmail/daemon.c: the names are free; those of the examples that all follow are known */
struct slice smta_service(struct slice daemon)
{
	if (slice_starts(daemon, "TLSMTA"))
		return SLICE("smtps");
	if (slice_starts(daemon, "MSA") || slice_starts(daemon, "MSP"))
		return SLICE("submission");
	return slice_starts(daemon, "MTA") ? SLICE("smtp") : daemon;
}

struct slice smta_stage(struct slice command)
{
	static const struct {
		struct slice name, stage;
	} STAGES[] = {
#define STAGE(name, stage) { { name, sizeof(name) - 1 }, { stage, sizeof(stage) - 1 } }
		STAGE("startup", "connect"), STAGE("helo", "helo"),	    STAGE("ehlo", "helo"),
		STAGE("mail", "mail"),	     STAGE("rcpt", "rcpt"),	    STAGE("data", "data"),
		STAGE("auth", "auth"),	     STAGE("starttls", "starttls"), STAGE("vrfy", "vrfy"),
		STAGE("expn", "vrfy"),	     STAGE("etrn", "etrn"),
#undef STAGE
	};

	for (size_t i = 0; i < ARRAY_LEN(STAGES); i++)
		if (slice_eq_fold(command, STAGES[i].name))
			return STAGES[i].stage;
	return SLICE_NONE;
}

static size_t find_shielded(struct slice s, struct slice lit, bool (*ok)(struct cur c))
{
	bool quoted = false, angle = false;
	int comments = 0;

	for (size_t i = 0; i + lit.n <= s.n; i++) {
		char c = s.p[i];

		if (!quoted && !angle && comments == 0 && c == lit.p[0] &&
		    memcmp(s.p + i, lit.p, lit.n) == 0 && ok(cur_of(slice_from(s, i + lit.n))))
			return i;
		if (c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (c == '<' || c == '>')
			angle = c == '<';
		else if (c == '(')
			comments++;
		else if (c == ')' && comments > 0)
			comments--;
	}
	return s.n;
}

bool smta_find(struct slice s, struct slice lit, bool (*ok)(struct cur c), size_t *ret_at)
{
	size_t at = find_shielded(s, lit, ok);

	for (size_t from = 0; at == s.n && from < s.n;) {
		size_t next = from + slice_find(slice_from(s, from), lit);

		if (next + lit.n > s.n)
			return false;
		if (ok(cur_of(slice_from(s, next + lit.n))))
			at = next;
		from = next + 1;
	}
	if (at == s.n)
		return false;
	*ret_at = at;
	return true;
}

bool smta_dsn(struct cur *c, struct slice *ret)
{
	struct cur at = *c;
	uint64_t number;

	if (!cur_byte(&at, '2') && !cur_byte(&at, '4') && !cur_byte(&at, '5'))
		return false;
	if (!cur_byte(&at, '.') || !cur_u64(&at, 999, &number) || !cur_byte(&at, '.') ||
	    !cur_u64(&at, 999, &number))
		return false;
	if (!cur_at_end(&at) && *at.p != ' ' && *at.p != ',')
		return false;
	*ret = slice_between(c->p, at.p);
	*c = at;
	return true;
}

bool smta_reply(struct slice reply, struct event *e, struct slice *ret_text)
{
	struct cur c = cur_of(reply);
	struct slice dsn;
	uint64_t code;

	if (!cur_u64(&c, 599, &code) || code < 200 || c.p - reply.p != 3 ||
	    !(cur_at_end(&c) || *c.p == ' ' || *c.p == '-'))
		return false;
	e->smtp_code = (int64_t)code;
	if (code >= 400 && code < 500)
		e->marks |= MARK_TEMPORARY;
	if (!cur_at_end(&c))
		c.p++;
	if (smta_dsn(&c, &dsn)) {
		if (!e->dsn.p)
			e->dsn = dsn;
		(void)cur_byte(&c, ' ');
	}
	if (ret_text)
		*ret_text = cur_rest(&c);
	return true;
}

bool smta_delay(struct cur *c, usec_t *ret)
{
	uint64_t days = 0, hours, minutes, seconds;
	struct cur at = *c;

	if (!cur_u64(&at, 100000, &hours))
		return false;
	if (cur_byte(&at, '+')) {
		days = hours;
		if (!cur_u64(&at, 23, &hours))
			return false;
	}
	if (!cur_byte(&at, ':') || !cur_u64(&at, 59, &minutes) || !cur_byte(&at, ':') ||
	    !cur_u64(&at, 59, &seconds))
		return false;
	*ret = (usec_t)(((days * 24 + hours) * 60 + minutes) * 60 + seconds) * USEC_PER_SEC;
	*c = at;
	return true;
}

bool smta_id(struct cur *c, struct slice *ret)
{
	size_t n = queue_id_sendmail_prefix(cur_rest(c));

	if (n == 0)
		return false;
	*ret = slice_of(c->p, n);
	c->p += n + 2;
	return true;
}

enum parse_result smta_notice(const struct smta *s, enum notice category, enum severity severity,
			      struct event *e)
{
	e->kind = EV_NOTICE;
	e->category = category;
	e->severity = severity;
	e->text = s->text;
	return PARSE_OK;
}

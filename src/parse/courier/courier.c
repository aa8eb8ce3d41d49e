/* SPDX-License-Identifier: Apache-2.0 */
/*
 * courier.c - the IMAP and POP3 servers of Courier, and authdaemond
 *
 * Written by courier-imap 5 (imap/imaplogin.c, pop3dcapa.c, pop3login.c, imapd.c): "LOGIN, user=U, ip=[A], port=[P], protocol=IMAP",
 * "LOGIN FAILED, [user=U, |method=M, ]ip=[A]", "LOGOUT, user=U, ip=[A], ..., rcvd=N, sent=N, time=N", "DISCONNECTED, ...", "TIMEOUT, ...",
 * "Connection, ip=[A]", "Disconnected, ip=[A], time=N".  Traps: the tags "imapd" and "pop3d" are other servers' too, the
 * text decides; a user name may hold ", ip=[": the last one counts, since nothing of the client's follows the address.
 */
#include "parse/courier/courier.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static const struct slice TAGS[] = {
	LIT("imapd"),         LIT("imapd-ssl"),     LIT("pop3d"),          LIT("pop3d-ssl"), LIT("imaplogin"),
	LIT("pop3login"),     LIT("courier-imap"),  LIT("courier-imapd"),  LIT("courier-imaps"),
	LIT("courier-pop3d"), LIT("courier-pop3s"), LIT("courier-pop3"),
};

static const struct slice STARTS[] = {
	LIT("LOGIN, "),   LIT("LOGIN FAILED, "),  LIT("LOGOUT, "),     LIT("DISCONNECTED, "),
	LIT("TIMEOUT, "), LIT("Connection, ip="), LIT("Disconnected, "), LIT("LOGOUT, ip="),
	LIT("Maximum connection limit reached for "), LIT("couriertls: "),
};

static bool courier_claims(const struct line *l)
{
	for (size_t i = 0; i < ARRAY_LEN(TAGS); i++) {
		if (!slice_eq(TAGS[i], l->program))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(STARTS); k++)
			if (slice_starts_(l->text, STARTS[k].p, STARTS[k].n))
				return true;
	}
	return false;
}

/* by the tag, as long as the line does not tell */
static struct slice service_of(struct slice program)
{
	if (slice_find(program, SLICE("pop3")) < program.n)
		return SLICE("pop3");
	return SLICE("imap");
}

/* "[user=U, |method=M, ]ip=[A]" and what follows the address, to which *c moves */
static bool take_who(struct cur *c, struct event *ret)
{
	struct slice before, ip;
	struct cur at = *c, who;

	if (cur_lit(&at, "ip=["))
		before = slice_head(cur_rest(&at), 0);
	else if (!cur_until_last_lit(&at, ", ip=[", &before))
		return false;
	if (!cur_until(&at, ']', &ip))
		return false;
	ret->client_ip = row_ip(ip);
	who = cur_of(before);
	if (cur_lit(&who, "method="))
		ret->auth_method = cur_rest(&who);
	else if (cur_lit(&who, "user="))
		ret->user = row_filled(cur_rest(&who));
	*c = at;
	return true;
}

/* "KEY=N" or "KEY=[N]" among what our side wrote behind the address */
static bool take_number(struct cur c, struct slice key, int64_t *ret)
{
	size_t at = slice_find(cur_rest(&c), key);

	if (at == cur_left(&c))
		return false;
	c.p += at + key.n;
	(void)cur_byte(&c, '[');
	return cur_i64(&c, INT64_MAX / 2, ret);
}

static enum parse_result parse_login(struct cur c, bool success, struct event *ret)
{
	if (!take_who(&c, ret))
		return PARSE_BAD;
	(void)take_number(c, SLICE(", port="), &ret->client_port);
	ret->kind = EV_AUTH;
	ret->success = success;
	ret->attempts = 1;
	return PARSE_OK;
}

static enum parse_result parse_end(struct cur c, struct slice why, struct event *ret)
{
	int64_t seconds;

	if (!take_who(&c, ret))
		return PARSE_BAD;
	if (take_number(c, SLICE(", time="), &seconds) && seconds < INT32_MAX)
		ret->duration_s = seconds * USEC_PER_SEC;
	ret->kind = EV_DISCONNECT;
	ret->reason = why;
	return PARSE_OK;
}

static enum parse_result courier_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);

	ret->service = service_of(l->program);
	if (cur_lit(&c, "LOGIN, "))
		return parse_login(c, true, ret);
	if (cur_lit(&c, "LOGIN FAILED, "))
		return parse_login(c, false, ret);
	if (cur_lit(&c, "LOGOUT, "))
		return parse_end(c, SLICE("logout"), ret);
	if (cur_lit(&c, "DISCONNECTED, ") || cur_lit(&c, "Disconnected, "))
		return parse_end(c, SLICE("disconnected"), ret);
	if (cur_lit(&c, "TIMEOUT, "))
		return parse_end(c, SLICE("timeout"), ret);
	if (cur_lit(&c, "Connection, ")) {
		if (!take_who(&c, ret))
			return PARSE_BAD;
		ret->kind = EV_CONNECT;
		return PARSE_OK;
	}
	ret->kind = EV_NOTICE;
	ret->severity = SEVERITY_WARNING;
	ret->category = cur_lit(&c, "couriertls: ") ? NOTICE_TLS : NOTICE_LIMIT;
	ret->text = l->text;
	return PARSE_OK;
}

#define T "imapd"
static const struct parse_sample SAMPLES[] = {
	{ T, "LOGIN, user=ann@example.com, ip=[::ffff:198.51.100.9], port=[50123], protocol=IMAP",
	  "auth service=\"imap\" client_ip=\"198.51.100.9\" client_port=50123 user=\"ann@example.com\" success=true attempts=1" },
	{ T, "LOGIN FAILED, user=ann@example.com, ip=[::ffff:198.51.100.9]",
	  "auth service=\"imap\" client_ip=\"198.51.100.9\" user=\"ann@example.com\" success=false attempts=1" },
	{ "pop3d-ssl", "LOGIN FAILED, method=PLAIN, ip=[2001:db8::9]",
	  "auth service=\"pop3\" client_ip=\"2001:db8::9\" auth_method=\"PLAIN\" success=false attempts=1" },
	{ T, "LOGIN FAILED, user=x, ip=[192.0.2.1], ip=[::ffff:198.51.100.9]",
	  "auth service=\"imap\" client_ip=\"198.51.100.9\" user=\"x, ip=[192.0.2.1]\" success=false" },
	{ T, "LOGOUT, user=ann@example.com, ip=[::ffff:198.51.100.9], headers=0, body=0, rcvd=100, sent=900, time=12",
	  "disconnect service=\"imap\" client_ip=\"198.51.100.9\" user=\"ann@example.com\" duration_s=12.000000 reason=\"logout\"" },
	{ T, "Connection, ip=[::ffff:198.51.100.9]", "connect service=\"imap\" client_ip=\"198.51.100.9\"" },
	{ T, "Disconnected, ip=[::ffff:198.51.100.9], time=0", "disconnect service=\"imap\" client_ip=\"198.51.100.9\" duration_s=0.000000" },
	{ T, "Maximum connection limit reached for ::ffff:198.51.100.9", "notice service=\"imap\" severity=\"warning\" category=\"limit\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, "LOGIN, user=ann@example.com", NULL },
	{ T, "LOGIN FAILED, user=ann@example.com, ip=[198.51.100.9", NULL },
	{ T, "login: host.example.com [198.51.100.9] ann plaintext User logged in", NULL },
	{ NULL, NULL, NULL },
};
#undef T

const struct writer_ops courier_writer = {
	.writer = WRITER_COURIER,
	.claims = courier_claims,
	.parse = courier_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

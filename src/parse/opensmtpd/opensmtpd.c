/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opensmtpd.c - the mail server of OpenBSD
 *
 * Written by OpenSMTPD 6.0 to 7.x (smtp_session.c, mta.c, mta_session.c, mda.c): "SESSION AGENT VERB KEY=VALUE ...", SESSION of 16
 * hexadecimal digits, AGENT smtp (clients), mta (next servers) or mda (mailboxes); 6.0 to 6.3 write "event=VERB".
 * A message is its msgid of 8 digits, an envelope its evpid: the msgid and 8 more.  No line says that a message is done.
 * Traps: command="..." is the client's and may hold quotes; what stands behind it is looked for from the right.  Only the first
 * line of a session names the client (track/opensmtpd.c).
 */
#include "parse/opensmtpd/opensmtpd.h"

#include "base/ascii.h"
#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

#define SESSION_BYTES 16
#define MSGID_BYTES   8

static bool opensmtpd_claims(const struct line *l)
{
	return slice_is(l->program, "smtpd");
}

static bool take_hex(struct cur *c, size_t n, struct slice *ret)
{
	for (size_t i = 0; i < n; i++)
		if (cur_left(c) <= i || !ascii_xdigit(c->p[i]))
			return false;
	*ret = slice_of(c->p, n);
	c->p += n;
	return true;
}

/* "KEY=VALUE" and the blank behind it; the value may stand in quotes or angle brackets */
static bool take_pair(struct cur *c, struct slice *ret_key, struct slice *ret_value)
{
	struct cur at = *c;

	if (!cur_until(&at, '=', ret_key))
		return false;
	if (cur_byte(&at, '<')) {
		if (!cur_until(&at, '>', ret_value))
			return false;
	} else if (cur_byte(&at, '"')) {
		if (!cur_until(&at, '"', ret_value))
			return false;
	} else {
		*ret_value = cur_token(&at, ' ');
		*c = at;
		return true;
	}
	if (!cur_at_end(&at) && !cur_byte(&at, ' '))
		return false;
	*c = at;
	return true;
}

/* "192.0.2.1", "[2001:db8::1]", "local" */
static void set_client(struct slice s, struct event *e)
{
	if (slice_is(s, "local")) {
		e->marks |= MARK_LOCAL;
		return;
	}
	e->client_ip = row_ip(slice_unwrap(s, '[', ']'));
}

/* "550 5.7.1 text" */
static void set_reply(struct slice s, struct event *e)
{
	struct cur c = cur_of(s);
	int64_t code;
	struct slice dsn;

	e->reply = s;
	if (!cur_i64(&c, 599, &code) || code < 200 || !(cur_at_end(&c) || cur_byte(&c, ' ')))
		return;
	e->smtp_code = code;
	dsn = cur_token(&c, ' ');
	if (slice_ends(dsn, ":"))
		dsn.n--;
	if (dsn.n >= 5 && dsn.n <= 9 && dsn.p[1] == '.' && dsn.p[0] == s.p[0] && ascii_digit(dsn.p[dsn.n - 1]))
		e->dsn = dsn;
}

/* duration_to_text(): "1d2h3m4s" */
static usec_t duration(struct slice s)
{
	static const struct {
		char unit;
		usec_t us;
	} UNITS[] = {
		{ 'd', 86400 * USEC_PER_SEC }, { 'h', 3600 * USEC_PER_SEC }, { 'm', 60 * USEC_PER_SEC }, { 's', USEC_PER_SEC },
	};
	struct cur c = cur_of(s);
	usec_t sum = 0;

	while (!cur_at_end(&c)) {
		int64_t n;
		size_t i = 0;

		if (!cur_i64(&c, 100000, &n))
			return -1;
		while (i < ARRAY_LEN(UNITS) && !cur_byte(&c, UNITS[i].unit))
			i++;
		if (i == ARRAY_LEN(UNITS))
			return -1;
		sum += n * UNITS[i].us;
	}
	return s.n ? sum : -1;
}

/* "connected address=%s host=%s" */
static enum parse_result parse_connected(struct cur c, struct event *e)
{
	struct slice key, value;

	while (take_pair(&c, &key, &value)) {
		if (slice_is(key, "address"))
			set_client(value, e);
		else if (slice_is(key, "host") && !slice_is(value, "unknown"))
			e->client_host = row_filled(value);
	}
	if (!e->client_ip.p && !(e->marks & MARK_LOCAL))
		return PARSE_BAD;
	e->kind = EV_CONNECT;
	return PARSE_OK;
}

/* "authentication user=%s result=ok|permfail|tempfail"; blanks of the name are escaped */
static enum parse_result parse_authentication(struct cur c, struct event *e)
{
	struct slice key, value, result = SLICE_NONE;

	while (take_pair(&c, &key, &value)) {
		if (slice_is(key, "user"))
			e->user = row_filled(value);
		else if (slice_is(key, "result"))
			result = value;
	}
	if (!result.p)
		return PARSE_BAD;
	e->kind = EV_AUTH;
	e->attempts = 1;
	e->success = slice_is(result, "ok");
	if (!e->success)
		e->reason = result;
	if (slice_is(result, "tempfail"))
		e->marks |= MARK_TEMPORARY;
	return PARSE_OK;
}

/* "message msgid=%08x size=%zu nrcpt=%zu proto=%s"; before 6.4 with from=<> to=<> for each recipient */
static enum parse_result parse_message(struct cur c, struct event *e)
{
	struct slice key, value;

	while (take_pair(&c, &key, &value)) {
		struct cur number = cur_of(value);

		if (slice_is(key, "msgid") && value.n == MSGID_BYTES)
			(void)take_hex(&number, MSGID_BYTES, &e->queue_id);
		else if (slice_is(key, "size"))
			(void)cur_i64(&number, INT64_MAX, &e->size_bytes);
		else if (slice_is(key, "nrcpt") || slice_is(key, "ndest"))
			(void)cur_i64(&number, INT32_MAX, &e->recipient_count);
		else if (slice_is(key, "proto"))
			e->protocol = row_filled(value);
		else if (slice_is(key, "from"))
			e->sender = value;
	}
	e->kind = EV_ACCEPT;
	return e->queue_id.p ? PARSE_OK : PARSE_BAD;
}

/* "envelope evpid=%016x from=<%s> to=<%s>" */
static enum parse_result parse_envelope(struct cur c, struct event *e)
{
	struct slice key, value;

	while (take_pair(&c, &key, &value)) {
		struct cur id = cur_of(value);

		if (slice_is(key, "evpid"))
			(void)take_hex(&id, MSGID_BYTES, &e->queue_id);
		else if (slice_is(key, "from"))
			e->sender = value;
		else if (slice_is(key, "to"))
			e->recipient = row_filled(value);
	}
	e->kind = EV_QUEUED;
	return e->queue_id.p && e->sender.p ? PARSE_OK : PARSE_BAD;
}

static const struct {
	struct slice result;
	enum outcome outcome;
} RESULTS[] = {
	{ LIT("Ok"), OUTCOME_RELAYED },           { LIT("TempFail"), OUTCOME_DEFERRED },
	{ LIT("PermFail"), OUTCOME_BOUNCED },     { LIT("LoopDetect"), OUTCOME_BOUNCED },
	{ LIT("Expire"), OUTCOME_EXPIRED },
};

/* "192.0.2.1 (mx.example.net)" */
static void set_relay(struct slice s, struct event *e)
{
	struct cur c = cur_of(s);
	struct slice ip = slice_unwrap(cur_token(&c, ' '), '[', ']');

	e->relay_ip = row_ip(ip);
	if (cur_byte(&c, '(') && slice_ends(cur_rest(&c), ")")) {
		e->relay_host = row_filled(slice_head(cur_rest(&c), cur_left(&c) - 1));
		if (slice_eq(e->relay_host, ip))
			e->relay_host = SLICE_NONE;
	}
}

static void set_delivery(struct slice key, struct slice value, struct event *e)
{
	struct cur id = cur_of(value);

	if (slice_is(key, "evpid"))
		(void)take_hex(&id, MSGID_BYTES, &e->queue_id);
	else if (slice_is(key, "from"))
		e->sender = value;
	else if (slice_is(key, "to"))
		e->recipient = row_filled(value);
	else if (slice_is(key, "rcpt") && !slice_is(value, "-"))
		e->orig_recipient = row_filled(value);
	else if (slice_is(key, "relay"))
		set_relay(value, e);
	else if (slice_is(key, "user"))
		e->user = row_filled(value);
	else if (slice_is(key, "delay"))
		e->delay_s = duration(value);
	for (size_t i = 0; slice_is(key, "result") && i < ARRAY_LEN(RESULTS); i++)
		if (slice_eq(RESULTS[i].result, value))
			e->outcome = RESULTS[i].outcome;
}

/* "delivery evpid=%016x from=<%s> to=<%s> rcpt=<%s> ... delay=%s result=%s stat=%s", the last one the other server's */
static enum parse_result parse_delivery(bool local, struct cur c, struct event *e)
{
	struct slice key, value;

	while (!cur_lit(&c, "stat=")) {
		if (!take_pair(&c, &key, &value))
			return PARSE_BAD;
		set_delivery(key, value, e);
	}
	if (!e->queue_id.p || !e->recipient.p || e->outcome == OUTCOME_NONE)
		return PARSE_BAD;
	value = cur_rest(&c);
	if (value.n >= 2 && slice_starts(value, "\"") && slice_ends(value, "\""))
		value = slice_of(value.p + 1, value.n - 2);
	set_reply(value, e);
	if (e->orig_recipient.p && slice_eq_fold(e->orig_recipient, e->recipient))
		e->orig_recipient = SLICE_NONE;
	if (local) {
		e->marks |= MARK_LOCAL;
		e->transport = SLICE("mda");
		e->outcome = e->outcome == OUTCOME_RELAYED ? OUTCOME_DELIVERED : e->outcome;
	}
	if (e->outcome == OUTCOME_DEFERRED)
		e->marks |= MARK_TEMPORARY;
	e->kind = EV_ATTEMPT;
	return PARSE_OK;
}

static const struct {
	struct slice verb, stage;
} STAGES[] = {
	{ LIT("MAIL FROM:"), LIT("mail") }, { LIT("RCPT TO:"), LIT("rcpt") }, { LIT("DATA"), LIT("data") },
	{ LIT("EHLO"), LIT("helo") },       { LIT("HELO"), LIT("helo") },
};

/* the address of "RCPT TO:<a@b> KEY=VALUE" */
static struct slice address(struct slice command)
{
	struct cur c = cur_of(command);
	struct slice verb, s;

	return cur_until(&c, '<', &verb) && cur_until(&c, '>', &s) ? s : SLICE_NONE;
}

/* "failed-command command=\"%s\" result=\"%s\""; no command: the connection was refused, or the message as a whole */
static enum parse_result parse_failed(struct cur c, struct event *e)
{
	struct slice skipped, command, reply;

	if (!cur_until_lit(&c, "command=\"", &skipped) || !cur_until_last_lit(&c, "\" result=\"", &command))
		return PARSE_BAD;
	reply = cur_rest(&c);
	reply.n -= slice_ends(reply, "\"");
	set_reply(reply, e);
	if (e->smtp_code < 400)
		return PARSE_BAD;
	if (e->smtp_code < 500)
		e->marks |= MARK_TEMPORARY;
	e->commands = row_filled(slice_trim(command));
	for (size_t i = 0; i < ARRAY_LEN(STAGES); i++)
		if (command.n >= STAGES[i].verb.n && slice_eq_fold(slice_head(command, STAGES[i].verb.n), STAGES[i].verb))
			e->stage = STAGES[i].stage;
	if (!e->stage.p && command.n) { /* AUTH and the like where it is not offered, and nonsense */
		e->kind = EV_NOTICE;
		e->category = NOTICE_PROTOCOL;
		e->severity = SEVERITY_WARNING;
		e->reason = reply;
		return PARSE_OK;
	}
	if (!e->stage.p)
		e->stage = SLICE("connect");
	if (slice_is(e->stage, "mail"))
		e->sender = address(command);
	else if (slice_is(e->stage, "rcpt"))
		e->recipient = row_filled(address(command));
	e->commands = SLICE_NONE;
	e->kind = EV_REJECT;
	return PARSE_OK;
}

/* "disconnected reason=%s", "closed reason=%s"; the reason may stand in quotes */
static enum parse_result parse_disconnected(struct cur c, struct event *e)
{
	struct slice skipped;

	if (!cur_until_lit(&c, "reason=", &skipped))
		return PARSE_BAD;
	e->reason = row_filled(cur_rest(&c));
	if (e->reason.n >= 2 && slice_starts(e->reason, "\"") && slice_ends(e->reason, "\""))
		e->reason = slice_of(e->reason.p + 1, e->reason.n - 2);
	e->kind = EV_DISCONNECT;
	return PARSE_OK;
}

static const struct row SMTP[] = {
	ROW("tls ", TLS, INFO),
	ROW("starttls ", TLS, INFO),
	ROW("cert-check ", TLS, INFO),
	ROW("client-cert-check ", TLS, INFO),
	ROW("bad-input ", PROTOCOL, WARNING),
	ROW("proxy ", CONNECTION, INFO),
};

static const struct row MTA[] = {
	ROW("connecting ", CONNECTION, DEBUG),
	ROW("connected", CONNECTION, DEBUG),
	ROW("disconnected ", CONNECTION, DEBUG),
	ROW("closed ", CONNECTION, DEBUG),
	ROW("tls ", TLS, INFO),
	ROW("starttls ", TLS, INFO),
	ROW("cert-check ", TLS, INFO),
	ROW("server-cert-check ", TLS, INFO),
	ROW("error ", REMOTE, WARNING),
};

static const struct row OTHERS[] = {
	ROW("info: OpenSMTPD * starting", START, INFO),
	ROW("info: ", PROCESS, INFO),
	ROW("warn: smtp-out: ", REMOTE, WARNING),
	ROW("warn: table", LOOKUP, WARNING),
	ROW("warn: ", PROCESS, WARNING),
	ROW("fatal: ", PROCESS, FATAL),
	ROW("Exiting", STOP, INFO),
	ROW("smtp-out: ", REMOTE, INFO),
	ROW("smtp-in: ", SESSION, INFO),
};

/* behind "SESSION smtp " */
static enum parse_result parse_smtp(struct cur c, struct event *e)
{
	e->service = SLICE("smtp");
	if (cur_lit(&c, "connected "))
		return parse_connected(c, e);
	if (cur_lit(&c, "authentication "))
		return parse_authentication(c, e);
	if (cur_lit(&c, "message "))
		return parse_message(c, e);
	if (cur_lit(&c, "envelope "))
		return parse_envelope(c, e);
	if (cur_lit(&c, "failed-command "))
		return parse_failed(c, e);
	if (cur_lit(&c, "disconnected ") || cur_lit(&c, "closed "))
		return parse_disconnected(c, e);
	return rows_notice(SMTP, ARRAY_LEN(SMTP), cur_rest(&c), e);
}

static enum parse_result opensmtpd_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);
	struct slice agent;

	if (!take_hex(&c, SESSION_BYTES, &ret->session) || !cur_byte(&c, ' ')) {
		ret->session = SLICE_NONE;
		return rows_notice(OTHERS, ARRAY_LEN(OTHERS), l->text, ret);
	}
	agent = cur_token(&c, ' ');
	(void)cur_lit(&c, "event=");
	if (slice_is(agent, "smtp"))
		return parse_smtp(c, ret);
	if (slice_is(agent, "mda") && cur_lit(&c, "delivery "))
		return parse_delivery(true, c, ret);
	if (!slice_is(agent, "mta"))
		return PARSE_NOT_MINE;
	return cur_lit(&c, "delivery ") ? parse_delivery(false, c, ret) : rows_notice(MTA, ARRAY_LEN(MTA), cur_rest(&c), ret);
}

#define T "smtpd"
#define S "5df87c972116a049 "
static const struct parse_sample SAMPLES[] = {
	{ T, S "smtp connected address=192.0.2.66 host=<unknown>",
	  "connect service=\"smtp\" session=\"5df87c972116a049\" client_ip=\"192.0.2.66\"" },
	{ T, S "smtp connected address=[2001:db8::1] host=mail.example.org",
	  "connect service=\"smtp\" session=\"5df87c972116a049\" client_host=\"mail.example.org\" client_ip=\"2001:db8::1\"" },
	{ T, S "smtp connected address=local host=mx.example.com",
	  "connect +local service=\"smtp\" session=\"5df87c972116a049\" client_host=\"mx.example.com\"" },
	{ T, S "smtp event=connected address=192.0.2.66 host=mail.example.org",
	  "connect service=\"smtp\" session=\"5df87c972116a049\" client_host=\"mail.example.org\" client_ip=\"192.0.2.66\"" },
	{ T, S "smtp tls ciphers=TLSv1.3:TLS_AES_256_GCM_SHA384:256",
	  "notice service=\"smtp\" session=\"5df87c972116a049\" severity=\"info\" category=\"tls\"" },
	{ T, S "smtp authentication user=ann result=ok",
	  "auth service=\"smtp\" session=\"5df87c972116a049\" user=\"ann\" success=true attempts=1" },
	{ T, S "smtp authentication user=root result=permfail",
	  "auth service=\"smtp\" session=\"5df87c972116a049\" user=\"root\" success=false attempts=1 reason=\"permfail\"" },
	{ T, S "smtp message msgid=3d4c4a42 size=319 nrcpt=1 proto=ESMTP",
	  "accept queue_id=\"3d4c4a42\" service=\"smtp\" session=\"5df87c972116a049\" protocol=\"ESMTP\" recipient_count=1 size_bytes=319" },
	{ T, S "smtp envelope evpid=3d4c4a424797fe79 from=<ann@example.com> to=<bob@example.net>",
	  "queued queue_id=\"3d4c4a42\" service=\"smtp\" session=\"5df87c972116a049\" sender=\"ann@example.com\" recipient=\"bob@example.net\"" },
	{ T, S "smtp failed-command command=\"RCPT TO:<x@example.com> \" result=\"550 Invalid recipient: <x@example.com>\"",
	  "reject service=\"smtp\" session=\"5df87c972116a049\" recipient=\"x@example.com\" smtp_code=550 "
	  "reply=\"550 Invalid recipient: <x@example.com>\" stage=\"rcpt\"" },
	{ T, S "smtp failed-command command=\"\" result=\"550 no rDNS please fix\"",
	  "reject service=\"smtp\" session=\"5df87c972116a049\" smtp_code=550 reply=\"550 no rDNS please fix\" stage=\"connect\"" },
	{ T, S "smtp failed-command command=\"DATA\" result=\"451 Try again later\"",
	  "reject +temporary service=\"smtp\" session=\"5df87c972116a049\" smtp_code=451 reply=\"451 Try again later\" stage=\"data\"" },
	{ T, S "smtp failed-command command=\"X\" result=\"250 ok\" result=\"500 5.5.1 Invalid command: Command unrecognized\"",
	  "notice service=\"smtp\" session=\"5df87c972116a049\" smtp_code=500 dsn=\"5.5.1\" "
	  "reply=\"500 5.5.1 Invalid command: Command unrecognized\" commands=\"X\\\" result=\\\"250 ok\" "
	  "reason=\"500 5.5.1 Invalid command: Command unrecognized\" severity=\"warning\" category=\"protocol\"" },
	{ T, S "smtp bad-input result=\"500 5.5.1 Invalid command: Pipelining not supported\"",
	  "notice service=\"smtp\" session=\"5df87c972116a049\" severity=\"warning\" category=\"protocol\"" },
	{ T, S "smtp disconnected reason=\"io-error: handshake failed\"",
	  "disconnect service=\"smtp\" session=\"5df87c972116a049\" reason=\"io-error: handshake failed\"" },
	{ T, S "mta delivery evpid=f6e94209918f7e7b from=<ann@example.com> to=<bob@example.net> rcpt=<-> source=\"192.0.2.1\" "
	     "relay=\"198.51.100.27 (mx.example.net)\" delay=1h2s result=\"Ok\" stat=\"250 2.0.0 OK  1562385708 z11si67 - gsmtp\"",
	  "attempt queue_id=\"f6e94209\" outcome=\"relayed\" session=\"5df87c972116a049\" sender=\"ann@example.com\" "
	  "recipient=\"bob@example.net\" relay_host=\"mx.example.net\" relay_ip=\"198.51.100.27\" smtp_code=250 dsn=\"2.0.0\" "
	  "reply=\"250 2.0.0 OK  1562385708 z11si67 - gsmtp\" delay_s=3602.000000" },
	{ T, S "mta event=delivery evpid=7077717e797a776e from=<ann@example.com> to=<bob@example.net> rcpt=<-> source=\"192.0.2.1\" "
	     "relay=\"198.51.100.33 (198.51.100.33)\" delay=1s result=\"PermFail\" stat=\"550 5.7.1 weren't sent. \"now\"\"",
	  "attempt queue_id=\"7077717e\" outcome=\"bounced\" session=\"5df87c972116a049\" sender=\"ann@example.com\" "
	  "recipient=\"bob@example.net\" relay_ip=\"198.51.100.33\" smtp_code=550 dsn=\"5.7.1\" "
	  "reply=\"550 5.7.1 weren't sent. \\\"now\\\"\" delay_s=1.000000" },
	{ T, S "mda delivery evpid=c405e39ad6bbc64f from=<> to=<ann@example.com> rcpt=<a@example.com> user=ann delay=0s result=Ok stat=Delivered",
	  "attempt +local queue_id=\"c405e39a\" outcome=\"delivered\" session=\"5df87c972116a049\" user=\"ann\" sender=\"\" "
	  "recipient=\"ann@example.com\" orig_recipient=\"a@example.com\" transport=\"mda\" reply=\"Delivered\" delay_s=0.000000" },
	{ T, S "mta error reason=TLS required but not supported by remote host",
	  "notice session=\"5df87c972116a049\" severity=\"warning\" category=\"remote\"" },
	{ T, S "mta connecting address=smtp://198.51.100.27:25 host=mx.example.net",
	  "notice session=\"5df87c972116a049\" severity=\"debug\" category=\"connection\"" },
	{ T, "info: OpenSMTPD 7.3.0 starting", "notice severity=\"info\" category=\"start\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, S "smtp connected address=nowhere host=x", NULL },
	{ T, S "smtp message size=1 nrcpt=1", NULL },
	{ T, S "smtp failed-command command=\"X\" result=\"250 fine\"", NULL },
	{ T, S "mta delivery evpid=f6e94209918f7e7b to=<bob@example.net> result=\"Odd\" stat=\"250\"", NULL },
	{ T, S "mta delivery to=<bob@example.net> result=\"Ok\" stat=\"250\"", NULL },
	{ T, S "smtp authentication user=x", NULL },
	{ NULL, NULL, NULL },
};
#undef S
#undef T

const struct writer_ops opensmtpd_writer = {
	.writer = WRITER_OPENSMTPD,
	.claims = opensmtpd_claims,
	.parse = opensmtpd_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailbox.c - rows of the POP3 and IMAP4 protocol logs
 *
 * dateTime,sessionId,seqNumber,sIp,cIp,user,duration,rqsize,rpsize,command,parameters,context,puid: one row per command.
 * context is 'R=reply;Msg=...;ErrMsg=...'; only what stands right behind "R=" is the server's own word: "R=OK", or
 * 'R="2 NO AUTHENTICATE failed."', 'R="-ERR ..."'.
 * Source: rows of Exchange 2016 and 2019.  Traps: a blank stands in front of the mechanism in POP3 rows; Msg holds the user
 * name that the client gave.
 */
#include "parse/exchange/exchange_priv.h"

#include "base/attr.h"
#include "base/cursor.h"

/* commands that end with the client being logged in, or not */
static const struct {
	struct slice command;
	bool mechanism;        /* is its parameter */
} LOGINS[] = {
	{ { "authenticate", 12 }, true }, { { "auth", 4 }, true },  { { "login", 5 }, false },
	{ { "pass", 4 }, false },         { { "apop", 4 }, false },
};

/* the value of a key: quoted, or up to the next ';' */
static struct slice value_at(struct cur *c)
{
	struct slice s;
	const char *from = c->p;

	if (!cur_byte(c, '"'))
		return cur_token(c, ';');
	if (!cur_until(c, '"', &s)) {
		c->p = from;
		return cur_token(c, ';');
	}
	/* quotes that are doubled since nobody undid them */
	if (s.n == 0 && !cur_at_end(c) && *c->p != ';' && cur_until_lit(c, "\"\"", &s)) {
		(void)cur_byte(c, ';');
		return s;
	}
	(void)cur_byte(c, ';');
	return s;
}

struct context {
	struct slice reply, error; /* R=, ErrMsg=; SLICE_NONE */
};

static struct context read_context(struct slice s)
{
	struct context x = { SLICE_NONE, SLICE_NONE };
	struct cur c = cur_of(s), at;
	struct slice before;

	if (!s.p)
		return x;
	if (cur_lit(&c, "R="))
		x.reply = value_at(&c);
	at = c;
	/* from the end: the user's name comes before it */
	if (cur_until_last_lit(&at, "ErrMsg=", &before))
		x.error = value_at(&at);
	return x;
}

/* "OK", "ok", "2 OK LOGIN completed.", "+OK ..." */
static bool is_ok(struct slice reply)
{
	struct cur c = cur_of(reply);
	struct slice word = cur_token(&c, ' ');

	if (slice_eq_fold(word, SLICE("OK")) || slice_eq_fold(word, SLICE("+OK")))
		return true;
	/* behind the client's tag, which is one word */
	word = cur_token(&c, ' ');
	return slice_eq_fold(word, SLICE("OK"));
}

static struct slice service_of(const struct line *l, const struct event *e)
{
	if (l->columns->kind == LOG_IMAP || e->local_port == 143 || e->local_port == 993)
		return SLICE("imap");
	if (l->columns->kind == LOG_POP3 || e->local_port == 110 || e->local_port == 995)
		return SLICE("pop3");
	return SLICE_NONE;
}

static void set_duration(struct slice milliseconds, struct event *e)
{
	struct cur c = cur_of(milliseconds);
	int64_t v;

	if (milliseconds.p && cur_i64(&c, INT64_MAX / 1000000, &v) && cur_at_end(&c))
		e->duration_s = v * (USEC_PER_SEC / 1000);
}

static enum parse_result parse_login(const struct log_row *row, const struct context *x, bool mechanism, struct event *e)
{
	struct slice parameters = row->field[COL_PARAMETERS];

	e->kind = EV_AUTH;
	e->success = is_ok(x->reply);
	e->reply = x->reply;
	e->reason = x->error;
	if (mechanism && parameters.p) {
		struct cur c = cur_of(slice_trim(parameters));

		e->auth_method = cur_token(&c, ' ');
	}
	return PARSE_OK;
}

enum parse_result exchange_mailbox(const struct line *l, const struct log_row *row, struct event *ret)
{
	struct slice command = row->field[COL_COMMAND];
	struct context x = read_context(row->field[COL_CONTEXT]);

	if (!row->field[COL_SESSION].p)
		return PARSE_BAD;
	ret->session = row->field[COL_SESSION];
	ret->user = row->field[COL_USER];
	exchange_endpoint(row->field[COL_LOCAL], &ret->local_ip, &ret->local_port);
	exchange_endpoint(row->field[COL_REMOTE], &ret->client_ip, &ret->client_port);
	ret->service = service_of(l, ret);
	set_duration(row->field[COL_DURATION], ret);
	for (size_t i = 0; i < ARRAY_LEN(LOGINS); i++)
		if (x.reply.p && slice_eq_fold(command, LOGINS[i].command))
			return parse_login(row, &x, LOGINS[i].mechanism, ret);
	if (slice_eq_fold(command, SLICE("OpenSession"))) {
		ret->kind = EV_CONNECT;
		return PARSE_OK;
	}
	if (slice_eq_fold(command, SLICE("CloseSession"))) {
		ret->kind = EV_DISCONNECT;
		return PARSE_OK;
	}
	ret->kind = EV_NOTICE;
	ret->category = NOTICE_SESSION;
	ret->severity = SEVERITY_INFO;
	ret->commands = command;
	ret->reply = x.reply;
	ret->text = command.p ? command : SLICE("");
	return PARSE_OK;
}

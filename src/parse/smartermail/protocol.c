/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protocol.c - sessions of clients: the SMTP, IMAP and POP logs
 *
 * "[ip][session] cmd: COMMAND", "... rsp: REPLY", and words about the session.  A refusal names neither the command nor the
 * addresses it is about: those stand in the lines before (the tracker knows).
 * Traps: what the client says and what a reply repeats of it are a stranger's; answers to AUTH are passwords in base64 and never
 * get into a field, nor does what an IMAP or POP client says.
 */
#include "base/attr.h"
#include "parse/smartermail/smartermail_priv.h"

#define REPLY_AUTH_OK     235
#define REPLY_AUTH_FAILED 535

/* ---- commands ---- */

/* "<a@b> SIZE=1", "a@b": the address; a quoted local part may hold anything */
static struct slice path_of(struct cur *c)
{
	bool quoted = false;
	const char *begin;
	struct slice path;

	cur_skip_spaces(c);
	if (!cur_byte(c, '<'))
		return cur_token(c, ' ');
	for (begin = c->p; c->p < c->end && (quoted || *c->p != '>'); c->p++) {
		if (*c->p == '\\' && c->p + 1 < c->end)
			c->p++;
		else if (*c->p == '"')
			quoted = !quoted;
	}
	path = slice_between(begin, c->p);
	(void)cur_byte(c, '>');
	return path;
}

static void set_helo(struct cur *c, struct event *e)
{
	e->helo = row_filled(cur_token(c, ' '));
}

static void set_mail(struct cur *c, struct event *e)
{
	e->sender = path_of(c);
	cur_skip_spaces(c);
	if (sm_lit(c, "SIZE="))
		(void)cur_size(c, &e->size_bytes);
}

static void set_rcpt(struct cur *c, struct event *e)
{
	e->recipient = path_of(c);
}

static void set_mechanism(struct cur *c, struct event *e)
{
	e->auth_method = row_filled(cur_token(c, ' '));
}

static const struct {
	struct slice verb, stage;
	void (*arguments)(struct cur *c, struct event *e);
} COMMANDS[] = {
	{ LIT("EHLO "), LIT("helo"), set_helo },      { LIT("HELO "), LIT("helo"), set_helo },
	{ LIT("MAIL FROM:"), LIT("mail"), set_mail }, { LIT("RCPT TO:"), LIT("rcpt"), set_rcpt },
	{ LIT("DATA"), LIT("data"), NULL },           { LIT("AUTH "), LIT("auth"), set_mechanism },
	{ LIT("BDAT "), LIT("data"), NULL },          { LIT("STARTTLS"), LIT("starttls"), NULL },
	{ LIT("VRFY "), LIT("vrfy"), NULL },          { LIT("ETRN "), LIT("etrn"), NULL },
	{ LIT("QUIT"), { NULL, 0 }, NULL },               { LIT("RSET"), { NULL, 0 }, NULL },
	{ LIT("NOOP"), { NULL, 0 }, NULL },
};

bool sm_command(struct slice text, struct event *e)
{
	for (size_t i = 0; i < ARRAY_LEN(COMMANDS); i++) {
		struct slice verb = COMMANDS[i].verb;
		struct cur c = cur_of(text);

		if (!slice_eq_fold(slice_head(text, verb.n), verb))
			continue;
		c.p += verb.n;
		if (verb.p[verb.n - 1] != ' ' && verb.p[verb.n - 1] != ':' && !cur_at_end(&c) && *c.p != ' ')
			continue;
		e->stage = COMMANDS[i].stage;
		e->commands = slice_head(text, slice_find_byte(text, ' '));
		if (COMMANDS[i].arguments)
			COMMANDS[i].arguments(&c, e);
		return true;
	}
	return false;
}

static enum parse_result parse_command(const struct sm_line *s, struct slice text, struct event *e)
{
	bool smtp = !s->service.p || slice_is(s->service, "smtp");

	if (smtp && sm_command(text, e)) {
		e->service = SLICE("smtp");
		/* "AUTH PLAIN AGZvbwBiYXI=": not the rest of it */
		if (e->auth_method.p)
			text = slice_between(text.p, e->auth_method.p + e->auth_method.n);
		return sm_notice(e, NOTICE_SESSION, SEVERITY_INFO, text);
	}
	return sm_notice(e, NOTICE_SESSION, SEVERITY_INFO, SLICE("(a command that is not shown)"));
}

/* ---- replies ---- */

bool sm_reply(struct slice text, struct event *e)
{
	struct cur c = cur_of(text), at;
	int64_t code;
	uint64_t n;

	if (text.n < 3 || !cur_i64(&c, 599, &code) || code < 200 || c.p != text.p + 3 ||
	    !(cur_at_end(&c) || *c.p == ' ' || *c.p == '-'))
		return false;
	e->smtp_code = code;
	c.p += !cur_at_end(&c);
	at = c;
	if (cur_u64(&at, 5, &n) && (int64_t)n == code / 100 && cur_byte(&at, '.') && cur_u64(&at, 999, &n) && cur_byte(&at, '.') &&
	    cur_u64(&at, 999, &n) && (cur_at_end(&at) || *at.p == ' '))
		e->dsn = slice_between(c.p, at.p);
	return true;
}

/* syntax errors refuse no mail */
static bool is_protocol_error(int64_t code)
{
	return code == 500 || (code >= 502 && code <= 504);
}

static enum parse_result parse_reply(const struct sm_line *s, struct slice text, struct event *e)
{
	if (!sm_reply(text, e))
		return sm_notice(e, NOTICE_SESSION, SEVERITY_INFO, text);
	if (!s->service.p)
		e->service = SLICE("smtp");
	if (e->smtp_code < 400 && e->smtp_code != REPLY_AUTH_OK)
		return sm_notice(e, NOTICE_SESSION, SEVERITY_INFO, text);
	if (is_protocol_error(e->smtp_code))
		return sm_notice(e, NOTICE_PROTOCOL, SEVERITY_INFO, text);
	e->reply = text;
	if (e->smtp_code == REPLY_AUTH_OK || e->smtp_code == REPLY_AUTH_FAILED) {
		e->kind = EV_AUTH;
		e->success = e->smtp_code == REPLY_AUTH_OK;
		e->attempts = 1;
		return PARSE_OK;
	}
	e->kind = EV_REJECT;
	if (e->smtp_code < 500)
		e->marks |= MARK_TEMPORARY;
	return PARSE_OK;
}

/* ---- words about the session ---- */

static enum parse_result auth(struct slice user, bool success, struct slice reason, struct event *e)
{
	e->kind = EV_AUTH;
	e->success = success;
	e->attempts = 1;
	e->user = row_filled(user);
	e->reason = reason;
	return PARSE_OK;
}

enum parse_result sm_login_failed(struct cur c, struct event *e)
{
	struct slice reason = cur_rest(&c), user;

	/* "User [x] not found": x is the client's */
	if (cur_lit(&c, "User [") && cur_until_last_lit(&c, "] ", &user))
		return auth(user, false, reason, e);
	return auth(SLICE_NONE, false, row_filled(reason), e);
}

static enum parse_result parse_failed(struct cur c, struct event *e)
{
	return sm_login_failed(c, e);
}

/* "[x]" behind "Authentication failed for user " */
static enum parse_result parse_auth_failed(struct cur c, struct event *e)
{
	if (!cur_byte(&c, '[') || !slice_ends(cur_rest(&c), "]"))
		return PARSE_BAD;
	return auth(slice_of(c.p, cur_left(&c) - 1), false, SLICE("Authentication failed"), e);
}

/* "X logged in" behind "User " */
static enum parse_result parse_user(struct cur c, struct event *e)
{
	struct slice user;

	if (!cur_until_last_lit(&c, " logged in", &user) || !cur_at_end(&c) || user.n == 0)
		return PARSE_NOT_MINE;
	if (user.n > 2 && *user.p == '[' && user.p[user.n - 1] == ']')
		user = slice_of(user.p + 1, user.n - 2);
	return auth(user, true, SLICE_NONE, e);
}

static enum parse_result parse_authenticating(struct cur c, struct event *e)
{
	if (cur_at_end(&c))
		return PARSE_BAD;
	e->user = cur_rest(&c);
	return sm_notice(e, NOTICE_AUTH, SEVERITY_INFO, slice_between(c.p - strlen("Authenticating as "), c.end));
}

static enum parse_result parse_connected(struct cur c, struct event *e)
{
	(void)c;
	e->kind = EV_CONNECT;
	return PARSE_OK;
}

static enum parse_result parse_disconnected(struct cur c, struct event *e)
{
	(void)c;
	e->kind = EV_DISCONNECT;
	return PARSE_OK;
}

/* "NNN.eml[ (MessageID: <...>)]" */
static enum parse_result parse_written(struct cur c, struct event *e)
{
	struct slice file = cur_token(&c, ' ');

	e->queue_id = sm_queue_id(file);
	if (!e->queue_id.p)
		return PARSE_BAD;
	if (cur_lit(&c, "(MessageID: ") && slice_ends(cur_rest(&c), ")"))
		e->message_id = row_filled(slice_of(c.p, cur_left(&c) - 1));
	e->kind = EV_ACCEPT;
	return PARSE_OK;
}

/* "(C:\SmarterMail\Spool\SubSpool8\67518204.hdr)" */
static enum parse_result parse_header_file(struct cur c, struct event *e)
{
	struct slice text = slice_between(c.p - strlen("Successfully wrote to the HDR file. ("), c.end);

	if (!slice_ends(cur_rest(&c), ")"))
		return PARSE_BAD;
	e->queue_id = sm_queue_id(slice_of(c.p, cur_left(&c) - 1));
	return sm_notice(e, NOTICE_QUEUE, SEVERITY_INFO, text);
}

static enum parse_result parse_size(struct cur c, struct event *e)
{
	struct slice text = slice_between(c.p - strlen("Received message size: "), c.end);

	if (!cur_size(&c, &e->size_bytes))
		return PARSE_BAD;
	return sm_notice(e, NOTICE_SESSION, SEVERITY_INFO, text);
}

static const struct {
	struct slice prefix;
	enum parse_result (*parse)(struct cur c, struct event *e);
} RULES[] = {
	{ LIT("connected at "), parse_connected },
	{ LIT("Connection initiated"), parse_connected },
	{ LIT("disconnected at "), parse_disconnected },
	{ LIT("Data transfer succeeded, writing mail to "), parse_written },
	{ LIT("Successfully wrote to the HDR file. ("), parse_header_file },
	{ LIT("User "), parse_user },
	{ LIT("Login failed: "), parse_failed },
	{ LIT("Authentication failed for user "), parse_auth_failed },
	{ LIT("Authenticating as "), parse_authenticating },
	{ LIT("Received message size: "), parse_size },
};

/* refused before it said anything */
static const struct slice REFUSED[] = {
	LIT("IP blocked by "),
	LIT("IP is in the blacklist"),
	LIT("IP is blocked"),
};

static const struct row NOTICES[] = {
	ROW("Country code: ", SESSION, INFO),
	ROW("senderEmail(", SESSION, INFO),
	ROW("Sender accepted. Weight: ", FILTER, INFO),
	ROW("Data transfer failed", CONNECTION, WARNING),
	ROW("Performing PTR host name lookup for ", DNS, INFO),
	ROW("PTR host name for ", DNS, INFO),
	ROW("Exception: ", PROCESS, ERROR),
};

enum parse_result sm_protocol(const struct sm_line *s, struct event *e)
{
	struct cur c = cur_of(s->text);

	e->session = s->session;
	e->service = s->service;
	if (sm_lit(&c, "cmd:"))
		return parse_command(s, cur_rest(&c), e);
	if (sm_lit(&c, "rsp:"))
		return parse_reply(s, cur_rest(&c), e);
	for (size_t i = 0; i < ARRAY_LEN(RULES); i++)
		if (cur_lit_(&c, RULES[i].prefix.p, RULES[i].prefix.n))
			return RULES[i].parse(c, e);
	for (size_t i = 0; i < ARRAY_LEN(REFUSED); i++)
		if (slice_starts_(s->text, REFUSED[i].p, REFUSED[i].n)) {
			e->kind = EV_REJECT;
			e->stage = SLICE("connect");
			e->reply = s->text;
			return PARSE_OK;
		}
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), s->text, e);
}

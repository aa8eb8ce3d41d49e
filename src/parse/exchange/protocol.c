/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protocol.c - rows of the SMTP protocol logs
 *
 * Source: Microsoft, "Protocol logging": event is '+' connect, '-' disconnect, '>' what this server said, '<' what it was told,
 * '*' information.  In the receive log the client gives commands ('<') and we reply ('>'), in the send log it is the other way
 * round.  Each row is one of these, whatever its text: the text of '<' is a stranger's.
 * Traps: a session may go on in the next file, so that it begins in the middle; what a refusal is about stands in the rows
 * before it (the tracker knows); the answer to EHLO is one row with blanks for newlines.
 */
#include "parse/exchange/exchange_priv.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "event/recipient_status.h"

#define REPLY_AUTH_FAILED 535
#define REPLY_AUTH_OK     235

static bool starts_fold(struct slice s, struct slice what)
{
	return s.n >= what.n && slice_eq_fold(slice_head(s, what.n), what);
}

static enum parse_result note(struct event *e, enum notice category, enum severity severity, struct slice text)
{
	e->kind = EV_NOTICE;
	e->category = category;
	e->severity = severity;
	if (text.p)
		e->text = text;
	return PARSE_OK;
}

static enum parse_result session_note(struct event *e, struct slice text)
{
	return note(e, NOTICE_SESSION, SEVERITY_INFO, text);
}

/* ---- what a client says ---- */

/* "<a@b> SIZE=1", "a@b": the address; quotes may hold anything */
static struct slice path_of(struct cur c)
{
	struct slice rest;
	bool quoted = false;
	size_t i;

	cur_skip_spaces(&c);
	if (!cur_byte(&c, '<'))
		return cur_token(&c, ' ');
	rest = cur_rest(&c);
	for (i = 0; i < rest.n && (quoted || rest.p[i] != '>'); i++) {
		if (rest.p[i] == '\\' && i + 1 < rest.n)
			i++;
		else if (rest.p[i] == '"')
			quoted = !quoted;
	}
	return slice_head(rest, i);
}

static void set_helo(struct cur c, struct event *e)
{
	e->helo = cur_token(&c, ' ');
}

static void set_mail(struct cur c, struct event *e)
{
	e->sender = path_of(c);
}

static void set_rcpt(struct cur c, struct event *e)
{
	e->recipient = path_of(c);
}

static void set_mechanism(struct cur c, struct event *e)
{
	e->auth_method = cur_token(&c, ' ');
}

static const struct {
	struct slice verb;
	struct slice stage;
	void (*arguments)(struct cur c, struct event *e);
} COMMANDS[] = {
	{ { "EHLO ", 5 }, { "helo", 4 }, set_helo },
	{ { "HELO ", 5 }, { "helo", 4 }, set_helo },
	{ { "MAIL FROM:", 10 }, { "mail", 4 }, set_mail },
	{ { "RCPT TO:", 8 }, { "rcpt", 4 }, set_rcpt },
	{ { "AUTH ", 5 }, { "auth", 4 }, set_mechanism },
	{ { "DATA", 4 }, { "data", 4 }, NULL },
	{ { "BDAT ", 5 }, { "data", 4 }, NULL },
	{ { "STARTTLS", 8 }, { "starttls", 8 }, NULL },
	{ { "VRFY ", 5 }, { "vrfy", 4 }, NULL },
	{ { "ETRN ", 5 }, { "etrn", 4 }, NULL },
};

static enum parse_result parse_command(struct slice data, struct event *e)
{
	for (size_t i = 0; i < ARRAY_LEN(COMMANDS); i++) {
		if (!starts_fold(data, COMMANDS[i].verb))
			continue;
		e->stage = COMMANDS[i].stage;
		if (COMMANDS[i].arguments)
			COMMANDS[i].arguments(cur_of(slice_from(data, COMMANDS[i].verb.n)), e);
		break;
	}
	e->commands = slice_head(data, slice_find_byte(data, ' '));
	return session_note(e, data);
}

/* ---- replies ---- */

/* Our answer to a client. */
static enum parse_result parse_answer(struct slice data, struct event *e)
{
	reply_codes(data, &e->smtp_code, &e->dsn);
	if (e->smtp_code == REPLY_AUTH_FAILED) {
		e->kind = EV_AUTH;
		e->success = 0;
		e->reply = data;
		return PARSE_OK;
	}
	if (e->smtp_code < 400)
		return note(e, e->smtp_code == REPLY_AUTH_OK ? NOTICE_AUTH : NOTICE_SESSION, SEVERITY_INFO, data);
	e->kind = EV_REJECT;
	e->reply = data;
	if (e->smtp_code < 500)
		e->marks |= MARK_TEMPORARY;
	return PARSE_OK;
}

/* A remote server's answer to us. */
static enum parse_result parse_remote(struct slice data, struct event *e)
{
	reply_codes(data, &e->smtp_code, &e->dsn);
	if (e->smtp_code < 400)
		return session_note(e, data);
	e->reply = data;
	if (e->smtp_code < 500)
		e->marks |= MARK_TEMPORARY;
	return note(e, NOTICE_REMOTE, SEVERITY_INFO, data);
}

/* ---- information ---- */

static const struct {
	struct slice word, version;
} PROTOCOLS[] = {
	{ { "SP_PROT_TLS1_0", 14 }, { "TLSv1", 5 } },
	{ { "SP_PROT_TLS1_1", 14 }, { "TLSv1.1", 7 } },
	{ { "SP_PROT_TLS1_2", 14 }, { "TLSv1.2", 7 } },
	{ { "SP_PROT_TLS1_3", 14 }, { "TLSv1.3", 7 } },
	{ { "SP_PROT_SSL3", 12 }, { "SSLv3", 5 } },
};

/* "TLS protocol SP_PROT_TLS1_2_SERVER negotiation succeeded using bulk encryption algorithm CALG_AES_256 with ..." */
static bool parse_tls(struct slice words, struct event *e)
{
	struct cur c = cur_of(words);
	struct slice protocol, cipher;

	if (cur_lit(&c, "TLS negotiation failed")) {
		e->kind = EV_TLS;
		e->success = 0;
		e->reason = words;
		return true;
	}
	if (!cur_lit(&c, "TLS protocol ") || !cur_until(&c, ' ', &protocol) || !cur_lit(&c, "negotiation succeeded"))
		return false;
	e->kind = EV_TLS;
	e->success = 1;
	e->tls_version = protocol;
	for (size_t i = 0; i < ARRAY_LEN(PROTOCOLS); i++)
		if (starts_fold(protocol, PROTOCOLS[i].word))
			e->tls_version = PROTOCOLS[i].version;
	if (cur_lit(&c, " using bulk encryption algorithm ") && cur_until(&c, ' ', &cipher))
		e->tls_cipher = cipher;
	return true;
}

/* '*': the words stand in data, in context, or in both: "user" "authenticated", "list of rights" "Set Session Permissions" */
static enum parse_result parse_information(const struct log_row *row, bool sending, struct event *e)
{
	struct slice data = row->field[COL_DATA], context = row->field[COL_CONTEXT];
	struct slice words = context.p ? context : data;

	if (!words.p)
		return session_note(e, SLICE(""));
	if (data.p && context.p && slice_eq_fold(context, SLICE("authenticated"))) {
		e->kind = EV_AUTH;
		e->success = 1;
		e->user = data;
		return PARSE_OK;
	}
	if (parse_tls(words, e) || (data.p && parse_tls(data, e)))
		return PARSE_OK;
	if (data.p && context.p)
		e->reason = data;
	if (slice_starts(words, "Tarpit for "))
		return note(e, NOTICE_LIMIT, SEVERITY_INFO, words);
	if (slice_starts(words, "Inbound authentication failed") || slice_starts(words, "Outbound authentication failed") ||
	    slice_starts(words, "Inbound AUTH "))
		return note(e, NOTICE_AUTH, SEVERITY_INFO, words);
	if (slice_starts(words, "User Name: ")) { /* that was tried */
		e->user = slice_from(words, sizeof "User Name: " - 1);
		return note(e, NOTICE_AUTH, SEVERITY_INFO, words);
	}
	if (sending && slice_starts(words, "attempting to connect"))
		return note(e, NOTICE_CONNECTION, SEVERITY_INFO, words);
	if (sending && slice_starts(words, "Failed to connect"))
		return note(e, NOTICE_REMOTE, SEVERITY_INFO, words);
	return session_note(e, words);
}

/* ---- rows ---- */

/* Of a log whose header does not tell: only a receive connector's name has its server in front. */
static bool is_sending(const struct line *l, struct slice connector)
{
	if (l->columns->kind != LOG_SMTP)
		return l->columns->kind == LOG_SMTP_SEND;
	return !connector.p || slice_find_byte(connector, '\\') == connector.n;
}

static struct slice service_of(enum log_kind kind, bool sending)
{
	if (kind == LOG_IMAP)
		return SLICE("imap");
	if (kind == LOG_POP3)
		return SLICE("pop3");
	return sending ? SLICE_NONE : SLICE("smtp");
}

static void set_common(const struct log_row *row, bool sending, struct event *e)
{
	e->session = row->field[COL_SESSION];
	e->transport = row->field[COL_CONNECTOR];
	exchange_endpoint(row->field[COL_LOCAL], &e->local_ip, &e->local_port);
	if (sending)
		exchange_endpoint(row->field[COL_REMOTE], &e->relay_ip, &e->relay_port);
	else
		exchange_endpoint(row->field[COL_REMOTE], &e->client_ip, &e->client_port);
}

/* our connections to others are no sessions of clients */
static enum parse_result parse_ends(struct slice event, const struct log_row *row, bool sending, struct event *e)
{
	bool begin = *event.p == '+';

	e->reason = row->field[COL_CONTEXT];
	if (sending)
		return note(e, NOTICE_CONNECTION, SEVERITY_INFO, begin ? SLICE("connected") : SLICE("disconnected"));
	e->kind = begin ? EV_CONNECT : EV_DISCONNECT;
	return PARSE_OK;
}

enum parse_result exchange_protocol(const struct line *l, const struct log_row *row, struct event *ret)
{
	struct slice event = row->field[COL_EVENT], data = row->field[COL_DATA];
	bool sending = is_sending(l, row->field[COL_CONNECTOR]);

	if (event.n != 1 || !row->field[COL_SESSION].p)
		return PARSE_BAD;
	set_common(row, sending, ret);
	ret->service = service_of(l->columns->kind, sending);
	if (!data.p)
		data = SLICE("");
	switch (*event.p) {
	case '+':
	case '-':
		return parse_ends(event, row, sending, ret);
	case '<':
		return sending ? parse_remote(data, ret) : parse_command(data, ret);
	case '>':
		return sending ? parse_command(data, ret) : parse_answer(data, ret);
	case '*':
		return parse_information(row, sending, ret);
	default:
		return PARSE_BAD;
	}
}

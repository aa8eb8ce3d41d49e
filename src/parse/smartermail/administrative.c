/* SPDX-License-Identifier: Apache-2.0 */
/*
 * administrative.c - the administrative log: logins by every protocol, blocks, what users of the web interface do
 *
 * "[ip] PROTOCOL Login failed: WHY", "[ip] PROTOCOL Login successful: With user U", "[ip] User U calling ACTION".  The protocol's own log
 * may tell of the same login (the tracker knows).  Trap: some failures name no user; "Attempting to login user: U" stands before.
 */
#include "base/attr.h"
#include "parse/smartermail/smartermail_priv.h"

static const struct word SERVICES[] = {
	WORD("SMTP ", "smtp"),       WORD("IMAP ", "imap"),             WORD("POP ", "pop3"),      WORD("POP3 ", "pop3"),
	WORD("Webmail ", "webmail"), WORD("ActiveSync ", "activesync"), WORD("EAS ", "activesync"), WORD("CalDAV ", "caldav"),
	WORD("CardDAV ", "carddav"), WORD("XMPP ", "xmpp"),             WORD("API ", "api"),       WORD("USER ", "webmail"),
};

/* the name of a protocol, in any case of letters; "User x@ calling ..." is none */
static struct slice take_service(struct cur *c)
{
	for (size_t i = 0; i < ARRAY_LEN(SERVICES); i++) {
		struct cur at = *c;

		if (!sm_word(&at, SERVICES[i].written))
			continue;
		if (!slice_starts(cur_rest(&at), "Login") && !slice_starts(cur_rest(&at), "Log") &&
		    !slice_starts(cur_rest(&at), "Attempting"))
			continue;
		*c = at;
		return SERVICES[i].meaning;
	}
	return SLICE_NONE;
}

static enum parse_result login_ok(struct cur c, struct event *e)
{
	e->kind = EV_AUTH;
	e->success = 1;
	e->attempts = 1;
	if (cur_lit(&c, ": With user ") || cur_lit(&c, ": "))
		e->user = row_filled(cur_rest(&c));
	return PARSE_OK;
}

/* behind the protocol */
static enum parse_result parse_protocol(struct cur c, struct event *e)
{
	struct slice text = cur_rest(&c);

	if (cur_lit(&c, "Login failed: "))
		return sm_login_failed(c, e);
	if (cur_lit(&c, "Login successful"))
		return login_ok(c, e);
	if (cur_lit(&c, "Attempting to login user: ")) {
		e->user = row_filled(cur_rest(&c));
		return sm_notice(e, NOTICE_AUTH, SEVERITY_INFO, text);
	}
	if (cur_lit(&c, "Attempting login"))
		return sm_notice(e, NOTICE_AUTH, SEVERITY_INFO, text);
	if (cur_lit(&c, "Logout"))
		return sm_notice(e, NOTICE_SESSION, SEVERITY_INFO, text);
	return PARSE_NOT_MINE;
}

/* "U calling ACTION", "U logging out" behind "User " */
static enum parse_result parse_user(struct cur c, struct slice text, struct event *e)
{
	struct cur at = c;
	struct slice user;

	if (cur_until_lit(&at, " calling ", &user)) {
		e->user = row_filled(user);
		e->action = cur_rest(&at);
		return sm_notice(e, NOTICE_ADMIN, SEVERITY_INFO, text);
	}
	if (cur_until_lit(&c, " logging out", &user)) {
		e->user = row_filled(user);
		return sm_notice(e, NOTICE_SESSION, SEVERITY_INFO, text);
	}
	return PARSE_NOT_MINE;
}

static const struct row NOTICES[] = {
	ROW("IP blocked ", LIMIT, WARNING),
	ROW("IP is blocked", LIMIT, WARNING),
	ROW("Blocked IP ", LIMIT, WARNING),
	ROW("Brute force attempts increased to ", AUTH, INFO),
	ROW("Next clean available at ", AUTH, INFO),
};

enum parse_result sm_administrative(const struct sm_line *s, struct event *e)
{
	struct cur c = cur_of(s->text);

	e->service = take_service(&c);
	if (e->service.p)
		return parse_protocol(c, e);
	if (cur_lit(&c, "User "))
		return parse_user(c, s->text, e);
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), s->text, e);
}

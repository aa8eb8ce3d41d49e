/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery.c - the delivery log: every message from the spool on
 *
 * "[id] text", where id is the last eight characters of the spool file's name: the message's id here.  "CMD:" and "RSP:" are the
 * dialogue with the next server.  The line of the result names both addresses but no reply; that stands in the lines before (the
 * tracker knows).  Traps: of the results only "(Delivered)" was seen for certain; deliveries go on after midnight in another file.
 */
#include "base/attr.h"
#include "parse/smartermail/smartermail_priv.h"

/* the words of a result */
static const struct {
	struct slice word;
	enum outcome outcome;
} RESULTS[] = {
	{ LIT("Delivered"), OUTCOME_DELIVERED }, { LIT("Bounced"), OUTCOME_BOUNCED },
	{ LIT("Failed"), OUTCOME_BOUNCED },      { LIT("Deferred"), OUTCOME_DEFERRED },
	{ LIT("Delayed"), OUTCOME_DEFERRED },    { LIT("Requeued"), OUTCOME_DEFERRED },
	{ LIT("Deleted"), OUTCOME_DISCARDED },
};

static struct slice trim_end(struct slice s)
{
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* "A to B<tab>has completed (WORD)" */
static enum parse_result parse_result_line(struct cur c, struct event *e)
{
	struct slice both, word;
	size_t at;

	if (!cur_until_last_lit(&c, "has completed (", &both) || !slice_ends(cur_rest(&c), ")"))
		return PARSE_BAD;
	word = slice_of(c.p, cur_left(&c) - 1);
	both = trim_end(both);
	at = slice_rfind(both, SLICE(" to "));
	if (at == both.n)
		return PARSE_BAD;
	e->sender = slice_head(both, at);
	e->recipient = slice_from(both, at + strlen(" to "));
	for (size_t i = 0; i < ARRAY_LEN(RESULTS); i++)
		if (slice_eq_fold(RESULTS[i].word, word)) {
			e->kind = EV_ATTEMPT;
			e->outcome = RESULTS[i].outcome;
			e->reason = word;
			return PARSE_OK;
		}
	return PARSE_NOT_MINE;
}

/* "A", "A at 12:34:56 PM", with "[id:N]" behind it */
static struct slice sender_of(struct cur c)
{
	struct slice rest = cur_rest(&c);
	size_t at = slice_rfind(rest, SLICE(" at "));

	return trim_end(slice_head(rest, at));
}

static enum parse_result parse_started(struct cur c, struct event *e)
{
	e->kind = EV_QUEUED;
	e->sender = sender_of(c);
	return PARSE_OK;
}

static enum parse_result parse_finished(struct cur c, struct event *e)
{
	e->kind = EV_DONE;
	e->sender = sender_of(c);
	return PARSE_OK;
}

/* "Killed: False, Failed: True, Finished: False": it leaves the spool, whatever became of it */
static enum parse_result parse_removing(struct cur c, struct event *e)
{
	struct slice killed, failed;

	if (!cur_lit(&c, "Killed: ") || !cur_until_lit(&c, ", Failed: ", &killed) || !cur_until_lit(&c, ", Finished: ", &failed))
		return PARSE_BAD;
	e->kind = EV_DONE;
	e->reason = slice_is(killed, "True") ? SLICE("killed") : slice_is(failed, "True") ? SLICE("failed") : SLICE("finished");
	return PARSE_OK;
}

static enum parse_result parse_local(struct cur c, struct event *e)
{
	e->recipient = trim_end(cur_rest(&c));
	return sm_notice(e, NOTICE_DELIVERY, SEVERITY_INFO, slice_between(c.p - strlen("Starting local delivery to "), c.end));
}

/* "<a> for <b>. Action: MoveToJunk" behind "Blocking sender " */
static enum parse_result parse_blocking(struct cur c, struct event *e)
{
	struct slice sender, recipient;

	if (!cur_byte(&c, '<') || !cur_until_lit(&c, "> for <", &sender) || !cur_until_last_lit(&c, ">. Action: ", &recipient) ||
	    cur_at_end(&c))
		return PARSE_BAD;
	e->kind = EV_VERDICT;
	e->check = SLICE("acl");
	e->result = SLICE("blocked");
	e->sender = sender;
	e->recipient = recipient;
	e->action = cur_rest(&c);
	e->reason = cur_rest(&c);
	return PARSE_OK;
}

/* "B (MessageID: <...>)" behind "End delivery to " */
static enum parse_result parse_end(struct cur c, struct event *e)
{
	if (!cur_until_last_lit(&c, " (MessageID: ", &e->recipient) || !slice_ends(cur_rest(&c), ")"))
		return PARSE_BAD;
	e->message_id = row_filled(slice_of(c.p, cur_left(&c) - 1));
	e->kind = EV_HEADER;
	return PARSE_OK;
}

static enum parse_result parse_spam(struct cur c, struct event *e)
{
	e->kind = EV_VERDICT;
	e->check = SLICE("spam");
	e->result = SLICE("checked");
	e->reason = cur_rest(&c);
	return PARSE_OK;
}

/* "203.0.113.1:25 from 192.0.2.9:50000 succeeded (Id: 1)", "203.0.113.1:25 (Id: 1)", "203.0.113.1" */
static void take_relay(struct cur c, struct event *e)
{
	struct slice address = cur_token(&c, ' ');
	size_t colon = slice_rfind_byte(address, ':');
	struct cur port;

	if (!row_ip(address).p && colon < address.n) {
		port = cur_of(slice_from(address, colon + 1));
		if (cur_i64(&port, 65535, &e->relay_port))
			address = slice_head(address, colon);
		if (address.n > 2 && *address.p == '[')
			address = slice_of(address.p + 1, address.n - 2);
	}
	e->relay_ip = row_ip(address);
}

/* "Connecting to A:25 (Id: 1)", "Initiating connection to A", "Connection to A:25 from ... succeeded" */
static enum parse_result parse_connection(struct cur c, struct event *e)
{
	bool failed = slice_find(cur_rest(&c), SLICE(" failed")) < cur_left(&c);

	take_relay(c, e);
	return sm_notice(e, failed ? NOTICE_REMOTE : NOTICE_CONNECTION, SEVERITY_INFO, SLICE_NONE);
}

/* "'mx.x' ip: '203.0.113.1'" behind "Attempting to send to MxRecord " */
static enum parse_result parse_mx(struct cur c, struct event *e)
{
	struct slice host, ip;

	if (!cur_byte(&c, '\'') || !cur_until_lit(&c, "' ip: '", &host) || !cur_until(&c, '\'', &ip))
		return PARSE_BAD;
	e->relay_host = row_filled(host);
	e->relay_ip = row_ip(ip);
	return sm_notice(e, NOTICE_CONNECTION, SEVERITY_INFO, SLICE_NONE);
}

static enum parse_result parse_command(struct cur c, struct event *e)
{
	struct slice text = cur_rest(&c);

	if (sm_command(text, e) && e->auth_method.p)
		text = slice_between(text.p, e->auth_method.p + e->auth_method.n);
	return sm_notice(e, NOTICE_SESSION, SEVERITY_INFO, text);
}

/* what the next server said */
static enum parse_result parse_reply(struct cur c, struct event *e)
{
	struct slice text = cur_rest(&c);

	if (!sm_reply(text, e))
		return sm_notice(e, NOTICE_SESSION, SEVERITY_INFO, text);
	e->reply = text;
	if (e->smtp_code >= 400 && e->smtp_code < 500)
		e->marks |= MARK_TEMPORARY;
	return sm_notice(e, e->smtp_code >= 400 ? NOTICE_REMOTE : NOTICE_SESSION, SEVERITY_INFO, SLICE_NONE);
}

static const struct {
	struct slice prefix;
	enum parse_result (*parse)(struct cur c, struct event *e);
} RULES[] = {
	{ LIT("Delivery for "), parse_result_line },
	{ LIT("Delivery started for "), parse_started },
	{ LIT("Delivery finished for "), parse_finished },
	{ LIT("Removing Spool message: "), parse_removing },
	{ LIT("Starting local delivery to "), parse_local },
	{ LIT("Blocking sender "), parse_blocking },
	{ LIT("End delivery to "), parse_end },
	{ LIT("Spam check results: "), parse_spam },
	{ LIT("Attempting to send to MxRecord "), parse_mx },
	{ LIT("Initiating connection to "), parse_connection },
	{ LIT("Connecting to "), parse_connection },
	{ LIT("Connection to "), parse_connection },
};

static const struct row NOTICES[] = {
	ROW("Blocked Sender Checks started.", FILTER, INFO),
	ROW("Blocked Sender Checks completed.", FILTER, INFO),
	ROW("REASON: ", FILTER, INFO),
	ROW("Skipping spam checks: ", FILTER, INFO),
	ROW("Spam Checks started", FILTER, INFO),
	ROW("Spam Checks completed", FILTER, INFO),
	ROW("Spam checks started", FILTER, INFO),
	ROW("Spam checks completed", FILTER, INFO),
	ROW("Virus checks started", FILTER, INFO),
	ROW("Virus checks completed", FILTER, INFO),
	ROW("Queued for domain", QUEUE, INFO),
	ROW("Delivery blocked by policy", ACL, WARNING),
	ROW("Sending remote mail for ", DELIVERY, INFO),
	ROW("Sending remote mail to ", DELIVERY, INFO),
	ROW("MxRecord count: ", DNS, INFO),
	ROW("Attempting MxRecord Host Name: ", DNS, INFO),
	ROW("Attempt to ip, ", CONNECTION, INFO),
	ROW("Message is being bounced", DELIVERY, INFO),
	ROW("DSN", DELIVERY, INFO),
	ROW("Moving Spool message to the waiting queue", QUEUE, INFO),
};

enum parse_result sm_delivery(const struct sm_line *s, struct event *e)
{
	struct cur c = cur_of(s->text);

	e->queue_id = sm_queue_id(s->session);
	if (sm_lit(&c, "CMD:"))
		return parse_command(c, e);
	if (sm_lit(&c, "RSP:"))
		return parse_reply(c, e);
	for (size_t i = 0; i < ARRAY_LEN(RULES); i++) {
		enum parse_result r;

		if (!cur_lit_(&c, RULES[i].prefix.p, RULES[i].prefix.n))
			continue;
		r = RULES[i].parse(c, e);
		if (r == PARSE_OK && e->kind == EV_NOTICE && !e->text.p)
			e->text = s->text;
		return r;
	}
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), s->text, e);
}

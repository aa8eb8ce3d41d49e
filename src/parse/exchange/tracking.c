/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tracking.c - rows of the message tracking log
 *
 * Source: Microsoft, "Message tracking" (fields, event-ids, sources), for 2007 to 2019 and Get-MessageTrackingLog's export.
 * What a row names stays together: its recipients are one list, its statuses another, and the tracker takes them apart
 * (event/recipient_status.h).  `action` is the event-id, `router` the source, `transport` the connector, as written.
 * Traps: the queue id is the network-message-id, which all servers and copies share; 2010 and before have none, so there the
 * Message-ID has to do.  sender-address is a header, return-path the envelope.  For a client behind a proxy or a mailbox the
 * original-client-ip is the one that counts.
 */
#include "parse/exchange/exchange_priv.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "event/recipient_status.h"

#define SESSION_DIGITS 16

struct rule;

typedef enum parse_result parse_fn(const struct rule *rule, const struct line *l, const struct log_row *row,
				   struct event *ret);

struct rule {
	struct slice event_id;
	parse_fn *parse;
	enum outcome outcome;   /* of an attempt */
	enum notice category;   /* of a notice */
	enum severity severity; /* the same */
	struct slice reason;    /* if the row has none */
};

/* ---- fields ---- */

/* What PowerShell shows of a list that was not joined. */
static struct slice list_or_none(struct slice s)
{
	return s.p && (slice_starts(s, "System.String[") || slice_starts(s, "System.Collections.")) ? SLICE_NONE : s;
}

static void set_number(struct slice s, int64_t *ret)
{
	struct cur c = cur_of(s);
	int64_t v;

	if (s.p && cur_i64(&c, INT64_MAX / 10, &v) && cur_at_end(&c))
		*ret = v;
}

/* "08DCD5A100000009;250 2.0.0 Ok": the session's id, if one stands at the start; *ret_rest is what follows it */
static struct slice session_of(struct slice context, struct slice *ret_rest)
{
	size_t n = 0;

	while (n < context.n && ascii_xdigit(context.p[n]))
		n++;
	if (n != SESSION_DIGITS || (n < context.n && context.p[n] != ';')) {
		*ret_rest = context;
		return SLICE_NONE;
	}
	*ret_rest = n < context.n ? slice_from(context, n + 1) : SLICE_NONE;
	return slice_head(context, n);
}

/* `recipient` if there is one, else the list */
static void set_recipients(const struct log_row *row, struct event *e)
{
	struct slice list = list_or_none(row->field[COL_RECIPIENTS]);

	if (!list.p)
		return;
	if (status_list_count(list) == 1)
		e->recipient = list;
	else
		e->recipients = list;
}

static void set_sender(const struct log_row *row, struct event *e)
{
	struct slice path = row->field[COL_RETURN_PATH];

	if (!path.p)
		return;
	e->sender = slice_is(path, "<>") ? SLICE("") : path;
}

static void set_common(const struct log_row *row, struct event *e)
{
	struct slice direction = row->field[COL_DIRECTIONALITY], rest;

	e->message_id = row->field[COL_MESSAGE_ID];
	e->queue_id = row->field[COL_NETWORK_ID].p ? row->field[COL_NETWORK_ID] : e->message_id;
	e->action = row->field[COL_EVENT_ID];
	e->router = row->field[COL_SOURCE];
	e->transport = row->field[COL_CONNECTOR];
	e->subject = row->field[COL_SUBJECT];
	e->session = session_of(row->field[COL_SOURCE_CONTEXT], &rest);
	set_sender(row, e);
	set_recipients(row, e);
	set_number(row->field[COL_TOTAL_BYTES], &e->size_bytes);
	set_number(row->field[COL_RECIPIENT_COUNT], &e->recipient_count);
	if (direction.p && slice_eq_fold(direction, SLICE("Originating")))
		e->marks |= MARK_ORIGINATING;
	if (direction.p && slice_eq_fold(direction, SLICE("Incoming")))
		e->marks |= MARK_INCOMING;
}

static bool has_source(const struct log_row *row, struct slice source)
{
	return slice_eq_fold(row->field[COL_SOURCE], source);
}

/* ---- rows ---- */

static enum parse_result parse_note(const struct rule *rule, const struct line *l, const struct log_row *row,
				    struct event *ret)
{
	(void)l;
	ret->kind = EV_NOTICE;
	ret->category = rule->category;
	ret->severity = rule->severity;
	ret->text = row->field[COL_SOURCE_CONTEXT].p ? row->field[COL_SOURCE_CONTEXT] : row->field[COL_CUSTOM_DATA];
	return PARSE_OK;
}

/* RECEIVE, SUBMIT, CLIENTSUBMISSION */
static enum parse_result parse_accept(const struct rule *rule, const struct line *l, const struct log_row *row,
				      struct event *ret)
{
	struct slice client = row->field[COL_CLIENT_IP], original = row->field[COL_ORIGINAL_CLIENT_IP];

	if (!ret->queue_id.p)
		return parse_note(rule, l, row, ret);
	ret->kind = EV_ACCEPT;
	/* also one recipient is a list here, as in every arrival */
	ret->recipients = list_or_none(row->field[COL_RECIPIENTS]);
	ret->recipient = SLICE_NONE;
	ret->client_ip = original;
	if (has_source(row, SLICE("SMTP"))) {
		ret->service = SLICE("smtp");
		ret->client_ip = exchange_address(original.p ? original : client);
		if (!original.p || slice_eq(original, client))
			ret->client_host = row->field[COL_CLIENT_HOST];
	} else {
		ret->marks |= MARK_LOCAL;
	}
	if (has_source(row, SLICE("STOREDRIVER")) || slice_eq_fold(ret->action, SLICE("CLIENTSUBMISSION")))
		ret->ident = row->field[COL_SENDER];
	if (row->field[COL_REFERENCE].p && slice_starts(row->field[COL_REFERENCE], "<")) {
		ret->related_queue_id = row->field[COL_REFERENCE];
		ret->relation = RELATION_FORWARD;
	}
	return PARSE_OK;
}

/* The report's own row: reference is the Message-ID of the mail that it is about. */
static enum parse_result parse_dsn(const struct rule *rule, const struct line *l, const struct log_row *row,
				   struct event *ret)
{
	static const struct {
		struct slice start;
		enum relation relation;
	} SUBJECTS[] = {
		{ { "Delivery delayed:", 17 }, RELATION_DELAY_NOTICE }, { { "Delayed:", 8 }, RELATION_DELAY_NOTICE },
		{ { "Relayed:", 8 }, RELATION_SUCCESS_NOTICE },         { { "Delivered:", 10 }, RELATION_SUCCESS_NOTICE },
		{ { "Expanded:", 9 }, RELATION_SUCCESS_NOTICE },
	};
	struct slice subject = row->field[COL_SUBJECT];

	(void)rule;
	(void)l;
	if (!ret->queue_id.p)
		return PARSE_NOT_MINE;
	ret->kind = EV_ACCEPT;
	ret->marks |= MARK_LOCAL;
	ret->recipients = list_or_none(row->field[COL_RECIPIENTS]);
	ret->recipient = SLICE_NONE;
	ret->related_queue_id = row->field[COL_REFERENCE];
	ret->relation = RELATION_BOUNCE;
	for (size_t i = 0; subject.p && i < ARRAY_LEN(SUBJECTS); i++)
		if (slice_eq(slice_head(subject, SUBJECTS[i].start.n), SUBJECTS[i].start))
			ret->relation = SUBJECTS[i].relation;
	return PARSE_OK;
}

/* a part of the queued message goes on under another number */
static enum parse_result parse_transfer(const struct rule *rule, const struct line *l, const struct log_row *row,
					struct event *ret)
{
	(void)rule;
	(void)l;
	ret->kind = EV_LINK;
	ret->relation = RELATION_REQUEUE;
	ret->related_queue_id = row->field[COL_REFERENCE];
	return PARSE_OK;
}

static void set_next_hop(const struct log_row *row, struct event *e)
{
	e->relay_host = row->field[COL_SERVER_HOST];
	if (row->field[COL_SERVER_IP].p)
		e->relay_ip = exchange_address(row->field[COL_SERVER_IP]);
}

/* the statuses; of a single one the parts */
static void set_status(const struct log_row *row, struct event *e)
{
	struct slice status = list_or_none(row->field[COL_RECIPIENT_STATUS]), first = SLICE_NONE;
	struct recipient_status s;
	struct cur c = cur_of(status);

	if (!status.p)
		return;
	if (!e->recipient.p && status_list_next(&c, &first) && !cur_at_end(&c)) {
		e->reply = status;
		recipient_status_read(first, &s);
	} else {
		recipient_status_read(status, &s);
		e->reply = s.reply;
	}
	e->smtp_code = s.code;
	e->dsn = s.dsn;
	if (!e->relay_host.p)
		e->relay_host = s.host;
	if (!e->relay_ip.p)
		e->relay_ip = s.ip;
	if (s.expired && s.before.p && e->recipient.p) {
		/* "expired" says when it ended, the error before says why */
		e->reason = s.reply;
		e->reply = s.before;
		reply_codes(s.before, &e->smtp_code, &e->dsn);
	}
}

/* the first of a list of statuses says so */
static bool is_expired(const struct event *e, const struct log_row *row)
{
	struct cur c = cur_of(list_or_none(row->field[COL_RECIPIENT_STATUS]));
	struct recipient_status s;
	struct slice first;

	if (e->recipient.p)
		first = cur_rest(&c);
	else if (!status_list_next(&c, &first))
		return false;
	recipient_status_read(first, &s);
	return s.expired;
}

/* FAIL, DEFER, DROP and their like */
static enum parse_result parse_attempt(const struct rule *rule, const struct line *l, const struct log_row *row,
				       struct event *ret)
{
	struct slice context;

	(void)l;
	if (!ret->queue_id.p && !ret->recipient.p && !ret->recipients.p)
		return parse_note(rule, l, row, ret);
	(void)session_of(row->field[COL_SOURCE_CONTEXT], &context);
	ret->kind = EV_ATTEMPT;
	ret->outcome = rule->outcome;
	/* who fails inside names itself as the server */
	if (has_source(row, SLICE("SMTP")))
		set_next_hop(row, ret);
	set_status(row, ret);
	if (!ret->reason.p && context.n)
		ret->reason = context;
	if (!ret->reason.p && !ret->reply.p && rule->reason.p)
		ret->reason = rule->reason;
	if (rule->outcome == OUTCOME_DEFERRED)
		ret->marks |= MARK_TEMPORARY;
	if (rule->outcome == OUTCOME_BOUNCED && has_source(row, SLICE("ADMIN")))
		ret->outcome = OUTCOME_REMOVED;
	else if (rule->outcome == OUTCOME_BOUNCED && is_expired(ret, row))
		ret->outcome = OUTCOME_EXPIRED;
	if (row->field[COL_REFERENCE].p && slice_starts(row->field[COL_REFERENCE], "<")) {
		ret->related_queue_id = row->field[COL_REFERENCE];
		ret->relation = ret->outcome == OUTCOME_DEFERRED ? RELATION_DELAY_NOTICE : RELATION_BOUNCE;
	}
	return PARSE_OK;
}

/* throttled: reference says why */
static enum parse_result parse_throttle(const struct rule *rule, const struct line *l, const struct log_row *row,
					struct event *ret)
{
	enum parse_result r = parse_attempt(rule, l, row, ret);

	ret->marks |= MARK_NO_ATTEMPT;
	if (!ret->reply.p && row->field[COL_REFERENCE].p)
		ret->reason = row->field[COL_REFERENCE];
	return r;
}

/* "250 2.0.0 Ok: queued as 4XyZ12abcDz", "250 2.6.0 <id> [InternalId=5012, Hostname=mx.example.net] Queued mail for delivery" */
static void set_next_id(struct slice reply, struct event *e)
{
	struct cur c = cur_of(reply), at = c;
	struct slice before, id, host;
	size_t n = 0;

	if (cur_until_last_lit(&at, "[InternalId=", &before) && cur_until_lit(&at, ", Hostname=", &id) &&
	    cur_until(&at, ']', &host) && id.n && slice_find_byte(id, ' ') == id.n) {
		e->related_queue_id = id;
		e->related_server = host;
	} else if (cur_until_lit(&c, " queued as ", &before)) {
		id = cur_rest(&c);
		while (n < id.n && (ascii_alnum(id.p[n]) || id.p[n] == '-'))
			n++;
		if (n > 0)
			e->related_queue_id = slice_head(id, n);
	}
	if (e->related_queue_id.p)
		e->relation = RELATION_HANDOFF;
}

/* Source context: "session;the remote server's last reply;ClientSubmitTime:..."; the reply is what stands between. */
static struct slice remote_reply(struct slice context)
{
	struct slice reply, before;
	struct cur c;

	(void)session_of(context, &reply);
	c = cur_of(reply);
	if (reply.p && cur_until_last_lit(&c, ";ClientSubmitTime:", &before))
		reply = before;
	return reply.n && ascii_digit(reply.p[0]) ? reply : SLICE_NONE;
}

static bool is_intra_organization(struct slice connector)
{
	return connector.p && slice_eq_fold(connector, SLICE("Intra-Organization SMTP Send Connector"));
}

static void set_delay(const struct line *l, const struct log_row *row, struct event *e)
{
	usec_t entered = row->field[COL_MESSAGE_INFO].p ? exchange_time(row->field[COL_MESSAGE_INFO]) : USEC_NONE;

	if (entered != USEC_NONE && l->time_us != USEC_NONE && l->time_us >= entered)
		e->delay_s = l->time_us - entered;
}

static enum parse_result parse_send(const struct rule *rule, const struct line *l, const struct log_row *row,
				    struct event *ret)
{
	struct slice reply = remote_reply(row->field[COL_SOURCE_CONTEXT]);

	ret->kind = EV_ATTEMPT;
	ret->outcome = is_intra_organization(ret->transport) ? OUTCOME_EXPANDED : rule->outcome;
	set_next_hop(row, ret);
	set_status(row, ret);
	if (reply.p) { /* it says more than the answers to the recipients */
		ret->reply = reply;
		reply_codes(reply, &ret->smtp_code, &ret->dsn);
		set_next_id(reply, ret);
	}
	set_delay(l, row, ret);
	return PARSE_OK;
}

static enum parse_result parse_deliver(const struct rule *rule, const struct line *l, const struct log_row *row,
				       struct event *ret)
{
	ret->kind = EV_ATTEMPT;
	ret->outcome = rule->outcome;
	ret->marks |= MARK_LOCAL;
	ret->folder = list_or_none(row->field[COL_RECIPIENT_STATUS]);
	set_delay(l, row, ret);
	return PARSE_OK;
}

/* EXPAND, RESOLVE, REDIRECT: related-recipient-address was the old one */
static enum parse_result parse_expand(const struct rule *rule, const struct line *l, const struct log_row *row,
				      struct event *ret)
{
	(void)l;
	ret->kind = EV_ATTEMPT;
	ret->outcome = rule->outcome;
	ret->orig_recipient = row->field[COL_RELATED];
	return PARSE_OK;
}

static enum parse_result parse_hold(const struct rule *rule, const struct line *l, const struct log_row *row,
				    struct event *ret)
{
	struct slice context = row->field[COL_SOURCE_CONTEXT];

	(void)l;
	ret->kind = EV_HOLD;
	ret->marks |= MARK_POLICY_HOLD;
	ret->reason = context.p ? context : rule->reason;
	if (row->field[COL_REFERENCE].p && slice_starts(row->field[COL_REFERENCE], "<"))
		ret->related_queue_id = row->field[COL_REFERENCE];
	return PARSE_OK;
}

static enum parse_result parse_release(const struct rule *rule, const struct line *l, const struct log_row *row,
				       struct event *ret)
{
	(void)l;
	(void)row;
	ret->kind = EV_RELEASE;
	ret->reason = rule->reason;
	return PARSE_OK;
}

#define ID(s) { s, sizeof(s) - 1 }
#define NOTE(id, category) { ID(id), parse_note, OUTCOME_NONE, category, SEVERITY_INFO, { NULL, 0 } }
#define ROW(id, fn, outcome, reason) { ID(id), fn, outcome, NOTICE_DELIVERY, SEVERITY_ERROR, ID(reason) }
#define PLAIN(id, fn, outcome) { ID(id), fn, outcome, NOTICE_QUEUE, SEVERITY_INFO, { NULL, 0 } }

/* the most frequent first */
static const struct rule RULES[] = {
	PLAIN("RECEIVE", parse_accept, OUTCOME_NONE),
	PLAIN("DELIVER", parse_deliver, OUTCOME_DELIVERED),
	PLAIN("SEND", parse_send, OUTCOME_RELAYED),
	NOTE("AGENTINFO", NOTICE_FILTER),
	NOTE("HADISCARD", NOTICE_QUEUE),
	NOTE("HARECEIVE", NOTICE_QUEUE),
	NOTE("HAREDIRECT", NOTICE_QUEUE),
	PLAIN("SUBMIT", parse_accept, OUTCOME_NONE),
	NOTE("NOTIFYMAPI", NOTICE_QUEUE),
	NOTE("NOTIFYSHADOW", NOTICE_QUEUE),
	{ ID("HAREDIRECTFAIL"), parse_note, OUTCOME_NONE, NOTICE_QUEUE, SEVERITY_WARNING, { NULL, 0 } },
	PLAIN("FAIL", parse_attempt, OUTCOME_BOUNCED),
	PLAIN("DEFER", parse_attempt, OUTCOME_DEFERRED),
	PLAIN("DSN", parse_dsn, OUTCOME_NONE),
	PLAIN("EXPAND", parse_expand, OUTCOME_EXPANDED),
	PLAIN("RESOLVE", parse_expand, OUTCOME_EXPANDED),
	PLAIN("REDIRECT", parse_expand, OUTCOME_EXPANDED),
	PLAIN("TRANSFER", parse_transfer, OUTCOME_NONE),
	NOTE("DUPLICATEDELIVER", NOTICE_DELIVERY),
	NOTE("DUPLICATEEXPAND", NOTICE_DELIVERY),
	NOTE("DUPLICATEREDIRECT", NOTICE_DELIVERY),
	PLAIN("CLIENTSUBMISSION", parse_accept, OUTCOME_NONE),
	PLAIN("DROP", parse_attempt, OUTCOME_DISCARDED),
	ROW("SUPPRESSED", parse_attempt, OUTCOME_DISCARDED, "the transmission was suppressed"),
	ROW("BADMAIL", parse_attempt, OUTCOME_BOUNCED, "it can be neither delivered nor returned"),
	ROW("DELIVERFAIL", parse_attempt, OUTCOME_BOUNCED, "the folder does not exist"),
	ROW("SUBMITDEFER", parse_attempt, OUTCOME_DEFERRED, "the submission was put off"),
	ROW("SUBMITFAIL", parse_attempt, OUTCOME_BOUNCED, "the submission failed"),
	ROW("THROTTLE", parse_throttle, OUTCOME_DEFERRED, "throttled"),
	ROW("POISONMESSAGE", parse_hold, OUTCOME_NONE, "poison queue"),
	ROW("SUSPEND", parse_hold, OUTCOME_NONE, "suspended"),
	ROW("INITMESSAGECREATED", parse_hold, OUTCOME_NONE, "sent to a moderator"),
	ROW("MODERATORAPPROVE", parse_release, OUTCOME_NONE, "approved by a moderator"),
	ROW("MODERATORREJECT", parse_attempt, OUTCOME_BOUNCED, "rejected by a moderator"),
	ROW("MODERATIONEXPIRE", parse_attempt, OUTCOME_BOUNCED, "no moderator decided in time"),
	ROW("MODERATORSALLNDR", parse_attempt, OUTCOME_BOUNCED, "no moderator could be reached"),
	NOTE("LOAD", NOTICE_QUEUE),
	NOTE("PROCESS", NOTICE_QUEUE),
	NOTE("PROCESSMEETINGMESSAGE", NOTICE_QUEUE),
	NOTE("RESUBMIT", NOTICE_QUEUE),
	NOTE("RESUBMITDEFER", NOTICE_QUEUE),
	{ ID("RESUBMITFAIL"), parse_note, OUTCOME_NONE, NOTICE_QUEUE, SEVERITY_WARNING, { NULL, 0 } },
};

enum parse_result exchange_tracking(const struct line *l, const struct log_row *row, struct event *ret)
{
	struct slice id = row->field[COL_EVENT_ID];

	for (size_t i = 0; i < ARRAY_LEN(RULES); i++) {
		if (id.n != RULES[i].event_id.n || !slice_eq_fold(id, RULES[i].event_id))
			continue;
		set_common(row, ret);
		return RULES[i].parse(&RULES[i], l, row, ret);
	}
	return PARSE_NOT_MINE;
}

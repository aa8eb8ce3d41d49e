/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_sentence.c - what a line says as a whole, in one sentence
 *
 * Rows by kind of event and outcome, the first that fits.  In a row {field} is a field of the event, and what stands in [brackets]
 * is left out if one of its fields is not told.
 */
#include "base/attr.h"
#include "base/cursor.h"
#include "diagnose/explain_priv.h"

struct row {
	enum event_kind kind;
	enum outcome outcome;   /* OUTCOME_NONE: any */
	int success;            /* -1: any */
	uint32_t mark;          /* 0: any */
	enum relation relation; /* RELATION_NONE: any */
	const char *text;       /* key */
};

static const struct row ROWS[] = {
	{ EV_CONNECT, OUTCOME_NONE, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.connect", "A client[ at {client_ip}][ ({client_host})] connected.") },
	{ EV_DISCONNECT, OUTCOME_NONE, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.disconnect", "A session ended[: user {user}][, client {client_ip}].") },
	{ EV_ACCEPT, OUTCOME_NONE, -1, MARK_FAKE_REFUSAL, RELATION_NONE,
	  TR_KEY("explain.says.fake_refusal", "The message was taken in, although the client was told that it was refused.") },
	{ EV_ACCEPT, OUTCOME_NONE, -1, MARK_LOCAL, RELATION_NONE,
	  TR_KEY("explain.says.accept_local", "A message[ from {sender}][ for {recipients}] was made on this machine[ by {ident}] and put into "
					      "the queue.") },
	{ EV_ACCEPT, OUTCOME_NONE, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.accept",
		 "This server received a message[ from {sender}][ for {recipients}][, sent by {client_ip}]"
		 "[, handed in by the user {user}]; it is in the queue now.") },
	{ EV_QUEUED, OUTCOME_NONE, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.queued", "The message[ from {sender}] is in the queue and is about to be delivered[ to {recipient_count} recipient(s)].") },
	{ EV_HEADER, OUTCOME_NONE, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.header", "The message has[ the Message-ID {message_id}][ the subject {subject}].") },
	{ EV_ATTEMPT, OUTCOME_DELIVERED, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.delivered", "Delivered[ to {recipient}]: it is in the mailbox (or file or program) on this side"
					   "[, {delay_s} s after it came].") },
	{ EV_ATTEMPT, OUTCOME_RELAYED, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.relayed",
		 "Handed on[ for {recipient}]: the next server[, {relay_host},] accepted the message"
		 "[ {delay_s} s after it came]; from here on it is responsible.") },
	{ EV_ATTEMPT, OUTCOME_BOUNCED, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.bounced", "Not delivered[ to {recipient}], for good; the sender gets a notice.") },
	{ EV_ATTEMPT, OUTCOME_EXPIRED, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.expired", "Not delivered[ to {recipient}]: given up after trying for too long; the sender gets a notice.") },
	{ EV_ATTEMPT, OUTCOME_REJECTED, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.rejected", "Not accepted[ for {recipient}]: the client was told so.") },
	{ EV_ATTEMPT, OUTCOME_DISCARDED, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.discarded", "Thrown away[ for {recipient}]: it is in no mailbox, and nobody is told.") },
	{ EV_ATTEMPT, OUTCOME_REMOVED, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.removed", "Deleted from the queue by an administrator.") },
	{ EV_ATTEMPT, OUTCOME_HELD, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.held", "Held[ for {recipient}]: it waits for somebody to let it go.") },
	{ EV_ATTEMPT, OUTCOME_DEFERRED, -1, MARK_NO_ATTEMPT, RELATION_NONE,
	  TR_KEY("explain.says.not_tried", "Not tried now[ for {recipient}]: the server waits after earlier failures; the message stays in the queue.") },
	{ EV_ATTEMPT, OUTCOME_DEFERRED, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.deferred", "Not delivered yet[ to {recipient}]: the message stays in the queue and is tried again by itself.") },
	{ EV_ATTEMPT, OUTCOME_EXPANDED, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.expanded", "Passed on inside this server[ for {recipient}][ as {related_queue_id}]: an alias, a forward or a filter.") },
	{ EV_ATTEMPT, OUTCOME_PENDING, -1, 0, RELATION_NONE, TR_KEY("explain.says.pending", "Nothing has been tried yet[ for {recipient}].") },
	{ EV_LINK, OUTCOME_NONE, -1, 0, RELATION_BOUNCE,
	  TR_KEY("explain.says.bounce", "A notice of failure was made about the message[ {queue_id}]: it is the message {related_queue_id}.") },
	{ EV_LINK, OUTCOME_NONE, -1, 0, RELATION_DELAY_NOTICE,
	  TR_KEY("explain.says.delay_notice", "The sender is told that the message[ {queue_id}] is late; the notice is the message {related_queue_id}.") },
	{ EV_LINK, OUTCOME_NONE, -1, 0, RELATION_SUCCESS_NOTICE,
	  TR_KEY("explain.says.success_notice", "A delivery report was made about the message[ {queue_id}]: it is the message {related_queue_id}.") },
	{ EV_LINK, OUTCOME_NONE, -1, 0, RELATION_POSTMASTER_NOTICE,
	  TR_KEY("explain.says.postmaster_notice", "The postmaster is told about the message[ {queue_id}], by the message {related_queue_id}.") },
	{ EV_LINK, OUTCOME_NONE, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.link", "The message {queue_id} belongs together with[ the message {related_queue_id}]: a notice about it, a copy or "
				      "its next part.") },
	{ EV_HOLD, OUTCOME_NONE, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.hold", "The message is held: it stays in the queue and is not tried until somebody lets it go.") },
	{ EV_RELEASE, OUTCOME_NONE, -1, 0, RELATION_NONE, TR_KEY("explain.says.release", "The message was let go and is tried again.") },
	{ EV_DONE, OUTCOME_NONE, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.done", "The server is done with the message: it left the queue. Whether it was delivered stands in the lines before.") },
	{ EV_REJECT, OUTCOME_NONE, -1, MARK_TEMPORARY, RELATION_NONE,
	  TR_KEY("explain.says.reject_temporary",
		 "This server refused the client[ {client_ip}] for now[ (from {sender}][ for {recipient})]; it is to try again later.") },
	{ EV_REJECT, OUTCOME_NONE, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.reject", "This server refused the client[ {client_ip}][, mail from {sender}][ for {recipient}]: nothing was taken in.") },
	{ EV_AUTH, OUTCOME_NONE, 1, 0, RELATION_NONE, TR_KEY("explain.says.login", "The user[ {user}] logged in[ from {client_ip}].") },
	{ EV_AUTH, OUTCOME_NONE, 0, 0, RELATION_NONE,
	  TR_KEY("explain.says.login_failed", "A log-in[ as {user}][ from {client_ip}] failed[ ({attempts} attempt(s))].") },
	{ EV_AUTH, OUTCOME_NONE, -1, 0, RELATION_NONE, TR_KEY("explain.says.auth", "About logging in.") },
	{ EV_TLS, OUTCOME_NONE, 0, 0, RELATION_NONE,
	  TR_KEY("explain.says.tls_failed", "Encryption[ with {client_ip}][ with {relay_host}] could not be set up, or broke.") },
	{ EV_TLS, OUTCOME_NONE, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.tls", "The connection[ with {client_ip}][ with {relay_host}] is encrypted[ ({tls_version})].") },
	{ EV_VERDICT, OUTCOME_NONE, -1, 0, RELATION_NONE, TR_KEY("explain.says.verdict", "A filter's word[ ({check})][: {result}].") },
	{ EV_MAILBOX, OUTCOME_NONE, -1, 0, RELATION_NONE,
	  TR_KEY("explain.says.mailbox", "Something was done in the mailbox[ of {user}][: {action}][, folder {folder}].") },
};

static const char *const NOTICE_HELP[] = {
#define X(id, name, help) [id] = TR_KEY("explain.notice." name, help),
	NOTICES(X)
#undef X
};

/* 0.45, 12, 3600 */
static void add_seconds(struct strbuf *out, usec_t v)
{
	strbuf_add_i64(out, v / USEC_PER_SEC);
	if (v % USEC_PER_SEC)
		strbuf_printf(out, ".%02d", (int)(v % USEC_PER_SEC / 10000));
}

#define TOLD_TEXT(f)          if (f.n) { strbuf_add(out, f); return true; } return false;
#define TOLD_INT(f)           if (f >= 0) { strbuf_add_i64(out, f); return true; } return false;
#define TOLD_SECONDS(f)       if (f >= 0) { add_seconds(out, f); return true; } return false;
#define TOLD_BOOL(f)          return false;
#define TOLD_ENUM_RELATION(f) return false;
#define TOLD_ENUM_OUTCOME(f)  return false;
#define TOLD_ENUM_SEVERITY(f) return false;
#define TOLD_ENUM_NOTICE(f)   return false;

/* the value of a field; false: it is not told */
static bool add_field(struct strbuf *out, const struct event *e, struct slice name)
{
#define F(type, field, help)             \
	if (slice_is(name, #field)) {    \
		TOLD_##type(e->field)    \
	}
#include "event/fields.def"
#undef F
	return false;
}

/* a template or a bracket of it; false: a field of it is not told */
static bool fill(struct strbuf *out, const struct event *e, struct slice text)
{
	struct cur c = cur_of(text);
	bool told = true;

	while (!cur_at_end(&c)) {
		size_t before = out->n;
		struct slice part;

		if (cur_byte(&c, '[') && cur_until(&c, ']', &part)) {
			if (!fill(out, e, part))
				out->n = before;
		} else if (cur_byte(&c, '{') && cur_until(&c, '}', &part)) {
			told = add_field(out, e, part) && told;
		} else {
			strbuf_add_byte(out, *c.p++);
		}
	}
	return told;
}

/* a notice has the null sender */
static const char NULL_SENDER[] =
	TR_KEY("explain.says.notice_queued",
	       "A notice without a sender (a bounce, a delay warning or an automatic reply)[ for {recipients}][ about the message "
	       "{related_queue_id}] is in the queue now.");

void explain_sentence(struct explanation *x, struct strbuf *out, const struct event *e)
{
	if ((e->kind == EV_ACCEPT || e->kind == EV_QUEUED) && e->sender.p && !e->sender.n) {
		(void)fill(out, e, slice_str(explain_words(x, NULL_SENDER)));
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		const struct row *r = &ROWS[i];

		if (r->kind != e->kind || (r->relation != RELATION_NONE && r->relation != e->relation) || (r->outcome != OUTCOME_NONE && r->outcome != e->outcome) ||
		    (r->success >= 0 && r->success != e->success) || (r->mark && !(e->marks & r->mark)))
			continue;
		(void)fill(out, e, slice_str(explain_words(x, r->text)));
		return;
	}
	if (e->kind == EV_NOTICE) {
		const struct tr_value v = { "what", slice_str(explain_words(x, NOTICE_HELP[e->category])) };

		tr_fill(out, explain_words(x, TR_KEY("explain.says.notice", "A note of the program: {what}.")), &v, 1);
	}
}

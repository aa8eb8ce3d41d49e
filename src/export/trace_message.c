/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_message.c - one message in the answer of `trace` for people
 *
 * One line per recipient.  On a terminal long replies go on under their recipient; in a file or a pipe each recipient
 * stays one line, so that grep and awk see the whole of it.  Replies are never cut: they are what the user came for.
 */
#include "export/trace_text_priv.h"

#include "base/attr.h"
#include "base/tr.h"
#include "export/trace_mailbox.h"
#include "export/trace_verdict.h"
#include "export/trail_text.h"
#include "export/verdict_text.h"

#define LABEL_COLUMNS   14 /* as far in as the addresses of the recipients */
#define OUTCOME_COLUMNS 10 /* "discarded " */
#define REPLY_INDENT    (4 + OUTCOME_COLUMNS)
#define ADDRESS_MAX     40 /* addresses longer than this do not widen the column */
#define OTHERS_NAMED    10 /* recipients that were not asked for, beside some that were */

static const enum term_style OUTCOME_STYLES[] = {
	[OUTCOME_DELIVERED] = TERM_GOOD, [OUTCOME_RELAYED] = TERM_GOOD,   [OUTCOME_BOUNCED] = TERM_BAD,
	[OUTCOME_EXPIRED] = TERM_BAD,    [OUTCOME_REJECTED] = TERM_BAD,   [OUTCOME_DISCARDED] = TERM_WARN,
	[OUTCOME_REMOVED] = TERM_WARN,   [OUTCOME_HELD] = TERM_WARN,      [OUTCOME_DEFERRED] = TERM_WARN,
	[OUTCOME_EXPANDED] = TERM_PLAIN, [OUTCOME_PENDING] = TERM_WARN,
};
_Static_assert(ARRAY_LEN(OUTCOME_STYLES) == OUTCOME_COUNT, "one style per outcome");

enum term_style trace_outcome_style(enum outcome o)
{
	return OUTCOME_STYLES[o];
}

static const char *const ROLE_WORDS[] = {
	[ROLE_MAIL] = "",
	[ROLE_FILTER_PASS] = TR_KEY("trace.role.filter_pass", "pass behind a content filter"),
	[ROLE_FORWARD] = TR_KEY("trace.role.forward", "forwarded copy"),
	[ROLE_NOTIFICATION] = TR_KEY("trace.role.notification", "notification made here"),
	[ROLE_PROBE] = TR_KEY("trace.role.probe", "address verification, no mail"),
	[ROLE_FILTERED] = TR_KEY("trace.role.filtered", "only its filter speaks of it, the mail server's lines are not in the logs"),
};
_Static_assert(ARRAY_LEN(ROLE_WORDS) == MESSAGE_ROLE_COUNT, "one word per role");

/* Sendmail's submission program and the next server whose logs are read too pass on what they took. */
static const char *role_words(const struct message *m)
{
	if (m->role == ROLE_FILTER_PASS && m->parents && m->parents->relation == RELATION_HANDOFF)
		return tr("trace.role.handed_over", "the same mail, handed over");
	return tr_key(ROLE_WORDS[m->role]);
}

/* what related_queue_id is, seen from the message; relations are told from the parent's side */
static const struct {
	const char *parent, *child;
} RELATION_WORDS[] = {
	[RELATION_NONE] = { TR_KEY("trace.relation.none.parent", "belongs to"),
		TR_KEY("trace.relation.none.child", "has") },
	[RELATION_BOUNCE] = { TR_KEY("trace.relation.bounce.parent", "bounce of"),
		TR_KEY("trace.relation.bounce.child", "bounce sent") },
	[RELATION_DELAY_NOTICE] = { TR_KEY("trace.relation.delay_notice.parent", "delay warning about"),
		TR_KEY("trace.relation.delay_notice.child", "delay warning sent") },
	[RELATION_SUCCESS_NOTICE] = { TR_KEY("trace.relation.success_notice.parent", "success report about"),
		TR_KEY("trace.relation.success_notice.child", "success report sent") },
	[RELATION_POSTMASTER_NOTICE] = { TR_KEY("trace.relation.postmaster_notice.parent", "postmaster notice about"),
		TR_KEY("trace.relation.postmaster_notice.child", "postmaster notice sent") },
	[RELATION_FORWARD] = { TR_KEY("trace.relation.forward.parent", "forwarded from"),
		TR_KEY("trace.relation.forward.child", "forwarded as") },
	[RELATION_FILTER] = { TR_KEY("trace.relation.filter.parent", "before the filter"),
		TR_KEY("trace.relation.filter.child", "after the filter") },
	[RELATION_HANDOFF] = { TR_KEY("trace.relation.handoff.parent", "handed over from"),
		TR_KEY("trace.relation.handoff.child", "handed over as") },
	[RELATION_REQUEUE] = { TR_KEY("trace.relation.requeue.parent", "requeued from"),
		TR_KEY("trace.relation.requeue.child", "requeued as") },
};
_Static_assert(ARRAY_LEN(RELATION_WORDS) == RELATION_COUNT, "words for each relation");

/* what the recipients' lines of one message share */
struct layout {
	const struct trace_out *o;
	const struct trace_answer *a;
	const struct message_verdict *verdict;
	size_t address_columns;
};

static void label(const struct trace_out *o, const char *key)
{
	struct slice word = slice_str(tr_key(key));

	strbuf_add_str(o->out, "  ");
	/* a translation may be longer than the column */
	if (term_cell(o->out, o->term, TERM_DIM, word, LABEL_COLUMNS - 2) >= LABEL_COLUMNS - 2 && word.n >= LABEL_COLUMNS - 2)
		strbuf_add_byte(o->out, ' ');
}

void trace_end_line(const struct trace_out *o)
{
	while (o->out->n && o->out->p[o->out->n - 1] == ' ')
		o->out->n--;
	strbuf_add_byte(o->out, '\n');
}

/* an address, or a word for the null sender and for what the log does not name */
size_t trace_address(const struct trace_out *o, struct slice s, size_t columns)
{
	if (!s.p)
		return term_cell(o->out, o->term, TERM_DIM, slice_str(tr("trace.not_named", "(not named)")), columns);
	if (s.n == 0)
		return term_cell(o->out, o->term, TERM_PLAIN, SLICE("<>"), columns);
	return term_cell(o->out, o->term, TERM_PLAIN, s, columns);
}

/* "name [192.0.2.1]" */
void trace_host(struct strbuf *out, struct slice name, struct slice ip)
{
	(void)term_text(out, name);
	if (ip.p && !slice_eq(name, ip)) {
		strbuf_add_str(out, name.p ? " [" : "[");
		(void)term_text(out, ip);
		strbuf_add_byte(out, ']');
	}
}

static void separator(struct strbuf *out, size_t from)
{
	if (out->n > from)
		strbuf_add_str(out, ", ");
}

/* --- a message's head --------------------------------------------------------------------------------- */

static void state_words(const struct trace_out *o, const struct message *m)
{
	struct strbuf *out = o->out;

	switch (m->state) {
	case MESSAGE_DONE:
		strbuf_add_str(out, tr("trace.state.done", "done"));
		if (m->arrived_us != USEC_NONE && m->finished_us != USEC_NONE &&
		    m->finished_us >= m->arrived_us) {
			strbuf_add_str(out, tr("trace.state.after", " after "));
			term_span(out, m->finished_us - m->arrived_us);
		}
		break;
	case MESSAGE_OPEN:
		term_cell(out, o->term, TERM_WARN, slice_str(tr("trace.state.open", "still in the queue when the logs end")), 0);
		break;
	case MESSAGE_HELD:
		term_cell(out, o->term, TERM_WARN, slice_str(tr("trace.state.held", "on hold when the logs end")), 0);
		break;
	case MESSAGE_ABORTED:
		term_cell(out, o->term, TERM_WARN, slice_str(tr("trace.state.aborted", "reception was never completed")), 0);
		break;
	case MESSAGE_REJECTED:
		term_cell(out, o->term, TERM_BAD, slice_str(tr("trace.state.rejected", "refused")), 0);
		break;
	case MESSAGE_EVICTED:
		term_cell(out, o->term, TERM_WARN, slice_str(tr("trace.state.evicted", "its end is not in the logs")), 0);
		break;
	case MESSAGE_STATE_COUNT:
		break;
	}
	if (!m->start_seen)
		strbuf_add_str(out, tr("trace.state.begins_before", ", begins before the logs"));
}

static void message_title(const struct layout *y, const struct trace_item *item)
{
	const struct trace_out *o = y->o;
	const struct message *m = item->message;
	struct strbuf *out = o->out;

	term_begin(out, o->term, TERM_HEADING);
	answer_time(out, m->arrived_us != USEC_NONE ? m->arrived_us : m->first_us, m->utc_offset_sec);
	strbuf_add_str(out, "  ");
	(void)term_text(out, m->queue_id.p ? m->queue_id : slice_str(tr("trace.no_queue_id", "(no queue id)")));
	term_end(out, o->term, TERM_HEADING);
	strbuf_add_str(out, "  ");
	if (m->role != ROLE_FILTERED)
		state_words(o, m);
	if (m->role != ROLE_MAIL)
		strbuf_printf(out, m->role == ROLE_FILTERED ? "(%s)" : "  (%s)", role_words(m));
	trace_end_line(o);
}

static void message_server(const struct trace_out *o, const struct message *m)
{
	struct strbuf *out = o->out;

	label(o, TR_KEY("trace.label.server", "server"));
	(void)term_text(out, m->server);
	strbuf_printf(out, ", %s", writer_name(m->writer));
	if (m->instance.p && !slice_is(m->instance, "postfix")) {
		strbuf_add_str(out, tr("trace.instance", " instance "));
		(void)term_text(out, m->instance);
	}
	if (m->direction != DIRECTION_NONE)
		strbuf_printf(out, ", %s", direction_name(m->direction));
	trace_end_line(o);
}

static void message_sender(const struct trace_out *o, const struct message *m)
{
	struct strbuf *out = o->out;

	if (!m->sender.p && !m->user.p)
		return;
	label(o, TR_KEY("trace.label.from", "from"));
	(void)trace_address(o, m->sender, 0);
	if (m->user.p) {
		strbuf_add_str(out, m->authenticated ? tr("trace.logged_in_as", ", logged in as ") :
							       tr("trace.local_user", ", local user "));
		(void)term_cell(out, o->term, TERM_NAME, m->user, 0);
	}
	trace_end_line(o);
}

static void message_client(const struct trace_out *o, const struct message *m)
{
	struct strbuf *out = o->out;
	size_t from;

	if (!m->client_host.p && !m->client_ip.p && !m->helo.p && !m->submitted_locally)
		return;
	label(o, TR_KEY("trace.label.client", "client"));
	from = out->n;
	trace_host(out, m->client_host, m->client_ip);
	if (m->helo.p && !slice_eq_fold(m->helo, m->client_host)) {
		separator(out, from);
		strbuf_add_str(out, "HELO ");
		(void)term_text(out, m->helo);
	}
	if (m->submitted_locally) {
		separator(out, from);
		strbuf_add_str(out, tr("trace.submitted_here", "submitted on this machine"));
		if (m->directory.p) {
			strbuf_add_str(out, tr("trace.submitted_from", " in "));
			(void)term_text(out, m->directory);
		}
	}
	if (m->service.p && !m->submitted_locally) {
		separator(out, from);
		(void)term_text(out, m->service);
	}
	if (m->protocol.p && !m->submitted_locally && !slice_eq_fold(m->protocol, m->service)) {
		separator(out, from);
		(void)term_text(out, m->protocol);
	}
	if (m->tls_version.p) {
		separator(out, from);
		(void)term_text(out, m->tls_version);
	}
	trace_end_line(o);
}

static void message_rest(const struct trace_out *o, const struct message *m)
{
	struct strbuf *out = o->out;

	if (m->subject.p) {
		label(o, TR_KEY("trace.label.subject", "subject"));
		(void)term_wrapped(out, o->term, LABEL_COLUMNS, LABEL_COLUMNS, m->subject);
		trace_end_line(o);
	}
	if (m->message_id.p) {
		label(o, TR_KEY("trace.label.id", "id"));
		(void)term_text(out, m->message_id);
		trace_end_line(o);
	}
	if (m->size_bytes >= 0 || m->n_recipients > 0) {
		label(o, TR_KEY("trace.label.size", "size"));
		if (m->size_bytes >= 0) {
			term_bytes(out, m->size_bytes);
			strbuf_add_str(out, ", ");
		}
		term_count(out, m->n_recipients);
		strbuf_add_str(out, trn("trace.recipients", " recipient", " recipients", m->n_recipients));
		trace_end_line(o);
	}
	if (m->hold_reason.p && m->hold_reason.n) {
		label(o, TR_KEY("trace.label.held", "held"));
		(void)term_wrapped(out, o->term, LABEL_COLUMNS, LABEL_COLUMNS, m->hold_reason);
		trace_end_line(o);
	}
}

static void verdicts(const struct trace_out *o, const struct message *m)
{
	for (const struct verdict *v = m->verdicts; v; v = v->next) {
		label(o, TR_KEY("trace.label.check", "check"));
		verdict_text(o->out, o->term, LABEL_COLUMNS, m->writer, m->n_recipients, v);
		trace_end_line(o);
	}
}

/* --- recipients --------------------------------------------------------------------------------------- */

/* the attempt whose reply is shown: the one that decided, else the last one that says anything */
const struct attempt *trace_telling_attempt(const struct recipient *r)
{
	const struct attempt *last = NULL;

	for (const struct attempt *a = r->attempts; a; a = a->next)
		if (!last || a->reply.p || a->smtp_code != -1)
			last = a;
	return r->deciding ? r->deciding : last;
}

static uint32_t tries(const struct recipient *r)
{
	uint32_t n = 0;

	for (const struct attempt *a = r->attempts; a; a = a->next)
		n += a->tried;
	return n;
}

static void attempt_words(struct strbuf *out, const struct message *m, const struct recipient *r, const struct attempt *a)
{
	uint32_t n = tries(r);

	answer_time(out, a->time_us, m->utc_offset_sec);
	if (a->delay_us >= 0) {
		strbuf_add_str(out, tr("trace.attempt.after", ", after "));
		term_span(out, a->delay_us);
	}
	if (n > 1)
		strbuf_printf(out, ", %lu %s", (unsigned long)n, trn("trace.attempt.tries", "try", "tries", n));
	if (a->relay_host.p || a->relay_ip.p) {
		strbuf_add_str(out, tr("trace.attempt.via", ", via "));
		trace_host(out, a->relay_host, a->relay_ip);
	} else if (a->transport.p) {
		strbuf_add_str(out, tr("trace.attempt.by", ", by "));
		(void)term_text(out, a->transport);
	}
}

/* on a terminal a line of its own below the recipient, else the same line */
static void continuation(const struct trace_out *o)
{
	if (o->term->width) {
		trace_end_line(o);
		strbuf_printf(o->out, "%*s", REPLY_INDENT, "");
	} else
		strbuf_add_str(o->out, "  ");
}

/* Exim writes the line ends of a reply as "\\n": on a terminal they are lines again */
static void reply_text(const struct trace_out *o, size_t column, struct slice s)
{
	size_t n;

	while (o->term->width && (n = slice_find(s, SLICE("\\n"))) < s.n) {
		(void)term_wrapped(o->out, o->term, column, REPLY_INDENT, slice_head(s, n));
		continuation(o);
		column = REPLY_INDENT;
		s = slice_from(s, n + 2);
	}
	(void)term_wrapped(o->out, o->term, column, REPLY_INDENT, s);
}

/* the reply in full; where the log has none, what it has: the codes */
static void reply(const struct layout *y, const struct attempt *a)
{
	const struct trace_out *o = y->o;

	if (!a->reply.p && a->smtp_code == -1 && !a->dsn.p && !a->next_queue_id.p)
		return;
	continuation(o);
	if (a->reply.p) {
		reply_text(o, REPLY_INDENT, a->reply);
		return;
	}
	if (a->smtp_code != -1)
		strbuf_printf(o->out, "%lld ", (long long)a->smtp_code);
	(void)term_text(o->out, a->dsn);
	if (a->next_queue_id.p) {
		strbuf_add_str(o->out, a->dsn.p || a->smtp_code != -1 ? " " : "");
		strbuf_add_str(o->out, tr("trace.queued_as", "queued as "));
		(void)term_text(o->out, a->next_queue_id);
	}
}

/*
 * "retry time not reached" and "retry timeout exceeded" say nothing about the reason: the last real try
 * before does.
 */
static void real_reason(const struct layout *y, const struct message *m, const struct recipient *r,
			const struct attempt *shown)
{
	const struct trace_out *o = y->o;
	const struct attempt *last = NULL;
	size_t column;

	if (shown->tried && r->outcome != OUTCOME_EXPIRED)
		return;
	for (const struct attempt *a = r->attempts; a && a != shown; a = a->next)
		if (a->tried && a->reply.p && a->outcome == OUTCOME_DEFERRED)
			last = a;
	if (!last || slice_eq(last->reply, shown->reply))
		return;
	continuation(o);
	column = o->out->n;
	strbuf_add_str(o->out, tr("trace.last_try", "last try "));
	answer_time(o->out, last->time_us, m->utc_offset_sec);
	if (last->relay_host.p || last->relay_ip.p) {
		strbuf_add_str(o->out, tr("trace.last_try.via", " via "));
		trace_host(o->out, last->relay_host, last->relay_ip);
	}
	strbuf_add_str(o->out, ": ");
	column = REPLY_INDENT + (o->out->n - column);
	reply_text(o, column, last->reply);
}

/* the cause and the action that the message's sentence has left out */
static void note(const struct layout *y, const struct recipient *r)
{
	struct strbuf text = { 0 };

	if (message_verdict_note(&text, TR_LOCAL, y->verdict, r)) {
		continuation(y->o);
		(void)term_wrapped(y->o->out, y->o->term, REPLY_INDENT, REPLY_INDENT, strbuf_slice(&text));
	}
	strbuf_done(&text);
}

static void recipient(const struct layout *y, const struct message *m, const struct recipient *r)
{
	const struct trace_out *o = y->o;
	const struct attempt *a = trace_telling_attempt(r);
	struct strbuf *out = o->out;
	size_t column = REPLY_INDENT;

	strbuf_add_str(out, "  ");
	(void)term_cell(out, o->term, OUTCOME_STYLES[r->outcome], slice_str(outcome_name(r->outcome)),
			OUTCOME_COLUMNS);
	strbuf_add_str(out, "  ");
	column += trace_address(o, r->address.p ? r->address : r->orig_address, y->address_columns);
	if (r->orig_address.p && r->address.p && !slice_eq_fold(r->orig_address, r->address)) {
		strbuf_add_str(out, tr("trace.for", "  (for "));
		column += term_text(out, r->orig_address) + 8;
		strbuf_add_byte(out, ')');
	}
	if (a) {
		struct strbuf words = { 0 };

		strbuf_add_str(out, "  ");
		attempt_words(&words, m, r, a);
		(void)term_wrapped(out, o->term, column + 2, REPLY_INDENT, strbuf_slice(&words));
		strbuf_done(&words);
		reply(y, a);
		real_reason(y, m, r, a);
	}
	note(y, r);
	trace_end_line(o);
}

static size_t address_columns(const struct message *m)
{
	size_t widest = 0;

	for (const struct recipient *r = m->recipients; r; r = r->next) {
		size_t n = r->address.p ? r->address.n : r->orig_address.n;

		if (n <= ADDRESS_MAX && n > widest)
			widest = n;
	}
	return widest;
}

/* place among the messages, then the related ones */
static const struct trail *trail_of(const struct trace_answer *a, const struct trace_item *item)
{
	size_t i = (size_t)(item - a->messages.items);

	if (!a->trails)
		return NULL;
	if (item < a->messages.items || i >= a->messages.n)
		i = a->messages.n + (size_t)(item - a->related.items);
	return &a->trails->items[a->trails->trail_of_message[i]];
}

/* of a message that is a trail for itself; a tree tells more */
static void way(const struct trace_out *o, const struct trail *t)
{
	size_t from = o->out->n;

	if (!t || trail_has_tree(t))
		return;
	if (trail_end_unknown(t)) {
		label(o, TR_KEY("trace.label.next", "next"));
		trail_text_gap(o->out, trail_end_unknown(t));
		trace_end_line(o);
		from = o->out->n;
	}
	label(o, TR_KEY("trace.label.delay", "delay"));
	if (trail_text_slowest(o, t, LABEL_COLUMNS))
		trace_end_line(o);
	else
		o->out->n = from;
}

static void links(const struct trace_out *o, const struct trace_answer *a, const struct trace_item *item, const struct message_link *l,
		  bool parent)
{
	const struct message *m = item->message;
	struct strbuf *out = o->out;

	for (; l; l = l->next) {
		if (trail_shows(trail_of(a, item), l))
			continue;
		strbuf_add_str(out, "  ");
		(void)term_cell(out, o->term, TERM_NAME,
				slice_str(tr_key(parent ? RELATION_WORDS[l->relation].parent :
							  RELATION_WORDS[l->relation].child)), 0);
		strbuf_add_byte(out, ' ');
		(void)term_text(out, l->queue_id);
		if (l->server.p && l->server.n && !slice_eq_fold(l->server, m->server)) {
			strbuf_add_str(out, tr("trace.link.on", " on "));
			(void)term_text(out, l->server);
		}
		trace_end_line(o);
	}
}

/* a record may be several physical lines: they stay apart, under each other */
void trace_lines(const struct trace_out *o, const struct trace_item *item)
{
	struct strbuf *out = o->out;

	for (size_t i = 0; i < item->n_lines; i++) {
		const struct trace_line *l = &item->lines[i];
		struct slice rest = l->text;

		strbuf_add_str(out, "    ");
		term_begin(out, o->term, TERM_DIM);
		(void)term_text(out, slice_str(l->file));
		strbuf_printf(out, ":%llu:", (unsigned long long)l->line_no);
		term_end(out, o->term, TERM_DIM);
		if (!rest.p)
			strbuf_add_str(out, tr("trace.line.lost", " (the file could not be read again)"));
		while (rest.p) {
			size_t n = slice_find_byte(rest, '\n');

			strbuf_add_byte(out, ' ');
			(void)term_text(out, slice_head(rest, n));
			if (n == rest.n)
				break;
			strbuf_add_str(out, "\n       ");
			rest = slice_from(rest, n + 1);
		}
		trace_end_line(o);
	}
}

/* the verdict on a message */
void trace_sentence(const struct trace_out *o, const struct message_verdict *v, size_t indent)
{
	enum term_style style = message_verdict_style(v);
	struct strbuf text = { 0 };

	message_verdict_sentence(&text, TR_LOCAL, v);
	strbuf_printf(o->out, "%*s", (int)indent, "");
	term_begin(o->out, o->term, style);
	(void)term_wrapped(o->out, o->term, indent, indent, strbuf_slice(&text));
	term_end(o->out, o->term, style);
	trace_end_line(o);
	strbuf_done(&text);
}

static void mailbox(const struct trace_out *o, const struct message *m)
{
	uint32_t shown = 0;

	for (const struct mailbox_action *a = m->mailbox; a; a = a->next, shown++) {
		label(o, TR_KEY("trace.label.mailbox", "mailbox"));
		mailbox_line(o, a);
		trace_end_line(o);
	}
	if (m->n_mailbox > shown) {
		label(o, TR_KEY("trace.label.mailbox", "mailbox"));
		term_count(o->out, m->n_mailbox - shown);
		strbuf_add_str(o->out, tr("trace.mailbox.more", " more"));
		trace_end_line(o);
	}
}

/* The recipients that were asked for; of many others how many there are.  A message that was not asked for itself shows all. */
static void recipients(const struct layout *y, const struct trace_item *item)
{
	const struct trace_item *plain = plain_item(y->a, item);
	const struct message *m = item->message, *asked = plain ? plain->message : m;
	const struct recipient *r = m->recipients, *a = asked->recipients;
	uint64_t others[OUTCOME_COUNT] = { 0 }, n = 0, all = 0;
	const char *before = ": ";

	for (; a; a = a->next, all++)
		n += y->a->filter && !y->a->every_recipient && !filter_recipient(y->a->filter, asked, a);
	if (n <= OTHERS_NAMED || n == all)
		n = 0;
	for (a = asked->recipients; r; r = r->next, a = a->next) {
		if (n && !filter_recipient(y->a->filter, asked, a))
			others[r->outcome]++;
		else
			recipient(y, m, r);
	}
	if (!n)
		return;
	label(y->o, TR_KEY("trace.label.others", "others"));
	term_count(y->o->out, n);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (others[i]) {
			strbuf_add_str(y->o->out, before);
			term_count(y->o->out, others[i]);
			strbuf_printf(y->o->out, " %s", outcome_name((enum outcome)i));
			before = ", ";
		}
	strbuf_add_str(y->o->out, tr("trace.others.limit", "; --no-limit names them"));
	trace_end_line(y->o);
}

void trace_message(struct trace_view *v, const struct trace_item *item)
{
	const struct trace_out *o = v->o;
	const struct message *m = item->message;
	struct message_verdict *verdict = message_verdict_new(v->a, v->index, item);
	struct layout y = { .o = o, .a = v->a, .verdict = verdict, .address_columns = address_columns(m) };

	strbuf_add_byte(o->out, '\n');
	message_title(&y, item);
	if (!v->said)
		trace_sentence(o, y.verdict, 2);
	message_server(o, m);
	message_sender(o, m);
	message_client(o, m);
	message_rest(o, m);
	verdicts(o, m);
	links(o, v->a, item, m->parents, true);
	recipients(&y, item);
	mailbox(o, m);
	links(o, v->a, item, m->children, false);
	way(o, trail_of(v->a, item));
	trace_lines(o, item);
	message_verdict_free(verdict);
}

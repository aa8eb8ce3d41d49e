/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_text.c - the answer of `trace` for people
 *
 * One block per message, one line per recipient.  On a terminal long replies go on under their recipient;
 * in a file or a pipe each recipient stays one line, so that grep and awk see the whole of it.  Replies are
 * never cut: they are what the user came for.
 */
#include "export/trace.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/tr.h"
#include "export/trace_mailbox.h"
#include "export/trace_verdict.h"
#include "export/trail_text.h"
#include "export/verdict_text.h"

#define LABEL_COLUMNS   14 /* as far in as the addresses of the recipients */
#define OUTCOME_COLUMNS 10 /* "discarded " */
#define REPLY_INDENT    (4 + OUTCOME_COLUMNS)
#define RELATED_SHOWN   50 /* linked messages of one trail that are shown in full */
#define ADDRESS_MAX     40 /* addresses longer than this do not widen the column */

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

/* what the blocks of one answer share */
struct view {
	const struct trace_out *o;
	const struct trace_answer *a;
	struct verdict_index *index;
	bool said;                 /* the verdict on the only message stands at the very top */
	struct slice *causes;      /* of a section: whose actions were told; ids live as long as the diagnoser */
	size_t n_causes, cap_causes;
};

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

static void end_line(const struct trace_out *o)
{
	while (o->out->n && o->out->p[o->out->n - 1] == ' ')
		o->out->n--;
	strbuf_add_byte(o->out, '\n');
}

/* an address, or a word for the null sender and for what the log does not name */
static size_t address(const struct trace_out *o, struct slice s, size_t columns)
{
	if (!s.p)
		return term_cell(o->out, o->term, TERM_DIM, slice_str(tr("trace.not_named", "(not named)")), columns);
	if (s.n == 0)
		return term_cell(o->out, o->term, TERM_PLAIN, SLICE("<>"), columns);
	return term_cell(o->out, o->term, TERM_PLAIN, s, columns);
}

/* "name [192.0.2.1]" */
static void host(struct strbuf *out, struct slice name, struct slice ip)
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
	end_line(o);
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
	end_line(o);
}

static void message_sender(const struct trace_out *o, const struct message *m)
{
	struct strbuf *out = o->out;

	if (!m->sender.p && !m->user.p)
		return;
	label(o, TR_KEY("trace.label.from", "from"));
	(void)address(o, m->sender, 0);
	if (m->user.p) {
		strbuf_add_str(out, m->authenticated ? tr("trace.logged_in_as", ", logged in as ") :
							       tr("trace.local_user", ", local user "));
		(void)term_cell(out, o->term, TERM_NAME, m->user, 0);
	}
	end_line(o);
}

static void message_client(const struct trace_out *o, const struct message *m)
{
	struct strbuf *out = o->out;
	size_t from;

	if (!m->client_host.p && !m->client_ip.p && !m->helo.p && !m->submitted_locally)
		return;
	label(o, TR_KEY("trace.label.client", "client"));
	from = out->n;
	host(out, m->client_host, m->client_ip);
	if (m->helo.p && !slice_eq_fold(m->helo, m->client_host)) {
		separator(out, from);
		strbuf_add_str(out, "HELO ");
		(void)term_text(out, m->helo);
	}
	if (m->submitted_locally) {
		separator(out, from);
		strbuf_add_str(out, tr("trace.submitted_here", "submitted on this machine"));
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
	end_line(o);
}

static void message_rest(const struct trace_out *o, const struct message *m)
{
	struct strbuf *out = o->out;

	if (m->subject.p) {
		label(o, TR_KEY("trace.label.subject", "subject"));
		(void)term_wrapped(out, o->term, LABEL_COLUMNS, LABEL_COLUMNS, m->subject);
		end_line(o);
	}
	if (m->message_id.p) {
		label(o, TR_KEY("trace.label.id", "id"));
		(void)term_text(out, m->message_id);
		end_line(o);
	}
	if (m->size_bytes >= 0 || m->n_recipients > 0) {
		label(o, TR_KEY("trace.label.size", "size"));
		if (m->size_bytes >= 0) {
			term_bytes(out, m->size_bytes);
			strbuf_add_str(out, ", ");
		}
		term_count(out, m->n_recipients);
		strbuf_add_str(out, trn("trace.recipients", " recipient", " recipients", m->n_recipients));
		end_line(o);
	}
	if (m->hold_reason.p && m->hold_reason.n) {
		label(o, TR_KEY("trace.label.held", "held"));
		(void)term_wrapped(out, o->term, LABEL_COLUMNS, LABEL_COLUMNS, m->hold_reason);
		end_line(o);
	}
}

static void verdicts(const struct trace_out *o, const struct message *m)
{
	for (const struct verdict *v = m->verdicts; v; v = v->next) {
		label(o, TR_KEY("trace.label.check", "check"));
		verdict_text(o->out, o->term, LABEL_COLUMNS, m->writer, m->n_recipients, v);
		end_line(o);
	}
}

/* --- recipients --------------------------------------------------------------------------------------- */

/* the attempt whose reply is shown: the one that decided, else the last one that says anything */
static const struct attempt *telling(const struct recipient *r)
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

static void attempt_words(const struct layout *y, const struct message *m, const struct recipient *r,
			  const struct attempt *a)
{
	struct strbuf *out = y->o->out;
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
		host(out, a->relay_host, a->relay_ip);
	} else if (a->transport.p) {
		strbuf_add_str(out, tr("trace.attempt.by", ", by "));
		(void)term_text(out, a->transport);
	}
}

/* on a terminal a line of its own below the recipient, else the same line */
static void continuation(const struct trace_out *o)
{
	if (o->term->width) {
		end_line(o);
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
		host(o->out, last->relay_host, last->relay_ip);
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
	const struct attempt *a = telling(r);
	struct strbuf *out = o->out;

	strbuf_add_str(out, "  ");
	(void)term_cell(out, o->term, OUTCOME_STYLES[r->outcome], slice_str(outcome_name(r->outcome)),
			OUTCOME_COLUMNS);
	strbuf_add_str(out, "  ");
	(void)address(o, r->address.p ? r->address : r->orig_address, y->address_columns);
	if (r->orig_address.p && r->address.p && !slice_eq_fold(r->orig_address, r->address)) {
		strbuf_add_str(out, tr("trace.for", "  (for "));
		(void)term_text(out, r->orig_address);
		strbuf_add_byte(out, ')');
	}
	if (a) {
		strbuf_add_str(out, "  ");
		attempt_words(y, m, r, a);
		reply(y, a);
		real_reason(y, m, r, a);
	}
	note(y, r);
	end_line(o);
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
		end_line(o);
		from = o->out->n;
	}
	label(o, TR_KEY("trace.label.delay", "delay"));
	if (trail_text_slowest(o, t))
		end_line(o);
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
		end_line(o);
	}
}

/* a record may be several physical lines: they stay apart, under each other */
static void lines(const struct trace_out *o, const struct trace_item *item)
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
		end_line(o);
	}
}

/* the verdict on a message */
static void sentence(const struct trace_out *o, const struct message_verdict *v, size_t indent)
{
	enum term_style style = message_verdict_style(v);
	struct strbuf text = { 0 };

	message_verdict_sentence(&text, TR_LOCAL, v);
	strbuf_printf(o->out, "%*s", (int)indent, "");
	term_begin(o->out, o->term, style);
	(void)term_wrapped(o->out, o->term, indent, indent, strbuf_slice(&text));
	term_end(o->out, o->term, style);
	end_line(o);
	strbuf_done(&text);
}

static void mailbox(const struct trace_out *o, const struct message *m)
{
	uint32_t shown = 0;

	for (const struct mailbox_action *a = m->mailbox; a; a = a->next, shown++) {
		label(o, TR_KEY("trace.label.mailbox", "mailbox"));
		mailbox_line(o, a);
		end_line(o);
	}
	if (m->n_mailbox > shown) {
		label(o, TR_KEY("trace.label.mailbox", "mailbox"));
		term_count(o->out, m->n_mailbox - shown);
		strbuf_add_str(o->out, tr("trace.mailbox.more", " more"));
		end_line(o);
	}
}

static void message(struct view *v, const struct trace_item *item)
{
	const struct trace_out *o = v->o;
	const struct message *m = item->message;
	struct message_verdict *verdict = message_verdict_new(v->a, v->index, item);
	struct layout y = { .o = o, .a = v->a, .verdict = verdict, .address_columns = address_columns(m) };

	strbuf_add_byte(o->out, '\n');
	message_title(&y, item);
	if (!v->said)
		sentence(o, y.verdict, 2);
	message_server(o, m);
	message_sender(o, m);
	message_client(o, m);
	message_rest(o, m);
	verdicts(o, m);
	links(o, v->a, item, m->parents, true);
	for (const struct recipient *r = m->recipients; r; r = r->next)
		recipient(&y, m, r);
	mailbox(o, m);
	links(o, v->a, item, m->children, false);
	way(o, trail_of(v->a, item));
	lines(o, item);
	message_verdict_free(verdict);
}

/* what to do about a cause is told once in a section */
static bool is_new_cause(struct view *v, struct slice id)
{
	for (size_t i = 0; i < v->n_causes; i++)
		if (slice_eq(v->causes[i], id))
			return false;
	if (v->n_causes == v->cap_causes) {
		v->cap_causes = v->cap_causes ? 2 * v->cap_causes : 16;
		v->causes = xreallocarray(v->causes, v->cap_causes, sizeof *v->causes);
	}
	v->causes[v->n_causes++] = id;
	return true;
}

/* on a terminal a line of its own, else the same line */
static void further(const struct trace_out *o, size_t indent)
{
	if (o->term->width)
		strbuf_printf(o->out, "\n%*s", (int)indent, "");
	else
		strbuf_add_str(o->out, "  ");
}

/* --- rejections and logins ---------------------------------------------------------------------------- */

static void rejection(struct view *v, const struct trace_item *item)
{
	const struct trace_out *o = v->o;
	const struct trace_answer *a = v->a;
	const struct rejection *r = item->rejection;
	struct strbuf *out = o->out;
	struct strbuf text = { 0 };
	struct other_verdict why;
	enum { INDENT = 23 };

	answer_time(out, r->time_us, r->utc_offset_sec);
	strbuf_add_str(out, "  ");
	(void)term_cell(out, o->term, r->temporary ? TERM_WARN : TERM_BAD, r->stage.p ? r->stage : SLICE("-"),
			8);
	strbuf_add_str(out, "  ");
	if (a->several_servers) {
		(void)term_text(out, r->server);
		strbuf_add_str(out, "  ");
	}
	host(out, r->client_host, r->client_ip);
	if (r->helo.p && !slice_eq_fold(r->helo, r->client_host)) {
		strbuf_add_str(out, " HELO ");
		(void)term_text(out, r->helo);
	}
	if (r->user.p) {
		strbuf_add_str(out, tr("trace.rejection.user", " user "));
		(void)term_cell(out, o->term, TERM_NAME, r->user, 0);
	}
	if (r->sender.p || r->recipient.p) {
		strbuf_add_str(out, "  ");
		(void)address(o, r->sender, 0);
		if (r->recipient.p) {
			strbuf_add_str(out, " -> ");
			(void)address(o, r->recipient, 0);
		}
	}
	if (r->queue_id.p) {
		strbuf_add_str(out, "  ");
		(void)term_text(out, r->queue_id);
	}
	if (r->attempts > 1)
		strbuf_printf(out, "  %lld %s", (long long)r->attempts, tr("trace.rejection.times", "times"));
	if (r->reply.p) {
		further(o, INDENT);
		(void)term_wrapped(out, o->term, INDENT, INDENT, r->reply);
	}
	for (const struct verdict *check = r->verdicts; check; check = check->next) {
		further(o, INDENT);
		strbuf_add_str(out, tr("trace.rejection.check", "check "));
		verdict_text(out, o->term, INDENT, r->writer, 0, check);
	}
	judge_rejection(a, item, &why);
	further(o, INDENT);
	rejection_sentence(&text, TR_LOCAL, r, &why, is_new_cause(v, why.cause.id));
	(void)term_wrapped(out, o->term, INDENT, INDENT, strbuf_slice(&text));
	strbuf_done(&text);
	end_line(o);
	lines(o, item);
}

static void login(struct view *v, const struct trace_item *item)
{
	const struct trace_out *o = v->o;
	const struct trace_answer *a = v->a;
	const struct login *l = item->login;
	struct strbuf *out = o->out, text = { 0 };
	struct other_verdict why;
	enum { INDENT = 23 };

	answer_time(out, l->time_us, l->utc_offset_sec);
	strbuf_add_str(out, "  ");
	(void)term_cell(out, o->term, l->success ? TERM_GOOD : TERM_BAD,
			slice_str(l->success ? tr("trace.login.ok", "login ok") : tr("trace.login.failed", "login failed")), 12);
	strbuf_add_str(out, "  ");
	(void)term_cell(out, o->term, TERM_PLAIN, l->service.p ? l->service : SLICE("-"), 10);
	strbuf_add_str(out, "  ");
	if (a->several_servers) {
		(void)term_text(out, l->server);
		strbuf_add_str(out, "  ");
	}
	(void)term_cell(out, o->term, TERM_NAME, l->user.p ? l->user : slice_str(tr("trace.login.nobody", "(user not named)")), 0);
	if (l->client_host.p || l->client_ip.p) {
		strbuf_add_str(out, tr("trace.login.from", "  from "));
		host(out, l->client_host, l->client_ip);
	}
	if (l->auth_method.p) {
		strbuf_add_str(out, "  ");
		(void)term_text(out, l->auth_method);
	}
	if (l->attempts > 1)
		strbuf_printf(out, "  %lld %s", (long long)l->attempts, tr("trace.login.attempts", "attempts"));
	if (l->reason.p && l->reason.n) {
		strbuf_add_str(out, "  ");
		(void)term_text(out, l->reason);
	}
	if (!l->success) {
		judge_login(a, item, &why);
		further(o, INDENT);
		login_sentence(&text, TR_LOCAL, &why, is_new_cause(v, why.cause.id));
		(void)term_wrapped(out, o->term, INDENT, INDENT, strbuf_slice(&text));
		strbuf_done(&text);
	}
	end_line(o);
	lines(o, item);
}

static void mailbox_event(struct view *v, const struct trace_item *item)
{
	const struct trace_out *o = v->o;
	const struct trace_answer *a = v->a;
	const struct mailbox_action *m = item->mailbox;
	struct strbuf *out = o->out;

	mailbox_line(o, m);
	if (a->several_servers) {
		strbuf_add_str(out, tr("trace.mailbox.on", "  on "));
		(void)term_text(out, m->server);
	}
	if (m->message_id.n) {
		strbuf_add_str(out, "  ");
		(void)term_text(out, m->message_id);
	}
	if (m->subject.n) {
		strbuf_add_str(out, "  \"");
		(void)term_text(out, m->subject);
		strbuf_add_byte(out, '"');
	}
	end_line(o);
	lines(o, item);
}

/* --- the whole ---------------------------------------------------------------------------------------- */

static const struct section {
	const char *one, *many;
	void (*item)(struct view *v, const struct trace_item *item);
} SECTIONS[] = {
	{ TR_KEY("trace.section.message", "message"), TR_PLURAL("messages"), message },
	{ TR_KEY("trace.section.linked_message", "linked message"), TR_PLURAL("linked messages"), message },
	{ TR_KEY("trace.section.rejection", "rejection"), TR_PLURAL("rejections"), rejection },
	{ TR_KEY("trace.section.login", "login"), TR_PLURAL("logins"), login },
	{ TR_KEY("trace.section.mailbox_event", "mailbox event"), TR_PLURAL("mailbox events"), mailbox_event },
};

static void amount(struct strbuf *out, uint64_t n, const struct section *s)
{
	term_count(out, n);
	strbuf_printf(out, " %s", tr_plural(s->one, s->many, n));
}

/* linked: messages that come with them */
static void section_title(const struct trace_out *o, const struct section *s, const struct trace_list *list, size_t linked)
{
	strbuf_add_byte(o->out, '\n');
	term_begin(o->out, o->term, TERM_HEADING);
	amount(o->out, list->n + list->more, s);
	term_end(o->out, o->term, TERM_HEADING);
	if (list->more) {
		strbuf_add_str(o->out, tr("trace.newest", ", the newest "));
		term_count(o->out, list->n);
	}
	if (linked) {
		strbuf_add_str(o->out, tr("trace.and-linked", ", and "));
		amount(o->out, linked, &SECTIONS[1]);
	}
	strbuf_add_byte(o->out, '\n');
}

static bool section(struct view *v, const struct section *s, const struct trace_list *list)
{
	v->n_causes = 0;
	if (!list->n)
		return true;
	section_title(v->o, s, list, 0);
	for (size_t i = 0; i < list->n; i++) {
		s->item(v, &list->items[i]);
		if (!v->o->full(v->o->ctx))
			return false;
	}
	return true;
}

/* messages[i], in the order of the answer: those that were found, then those linked with them */
static const struct trace_item *item_at(const struct trace_answer *a, size_t i)
{
	return i < a->messages.n ? &a->messages.items[i] : &a->related.items[i - a->messages.n];
}

/* the tree, then the messages; what was said at the top is about the first that was found */
static bool one_trail(struct view *v, const struct trail *t, bool said)
{
	const struct trace_out *o = v->o;
	size_t related = 0;

	if (trail_has_tree(t)) {
		strbuf_add_byte(o->out, '\n');
		trail_text(o, t);
	}
	for (size_t i = 0; i < t->n_hops; i++) {
		const struct hop *h = t->hops[i];

		if (h->kind != HOP_MESSAGE || (h->message_no >= v->a->messages.n && related++ >= RELATED_SHOWN))
			continue;
		v->said = said && h->message_no == 0;
		message(v, item_at(v->a, h->message_no));
		if (!o->full(o->ctx))
			return false;
	}
	if (related > RELATED_SHOWN) {
		strbuf_add_byte(o->out, '\n');
		term_count(o->out, related - RELATED_SHOWN);
		strbuf_add_str(o->out, tr("trace.trail.more-related", " further linked messages are not shown"));
		strbuf_add_byte(o->out, '\n');
	}
	return true;
}

/* The trail had too many hops for this one, which was asked for. */
static bool is_left_out(const struct trace_answer *a, size_t i)
{
	return a->trails->of_message[i]->no >= a->trails->items[a->trails->trail_of_message[i]].n_hops;
}

/* What belongs together stands together. */
static bool messages(struct view *v)
{
	const struct trace_answer *a = v->a;
	bool said = v->said;

	if (!a->trails)
		return section(v, &SECTIONS[0], &a->messages) && section(v, &SECTIONS[1], &a->related);
	if (!a->messages.n)
		return true;
	section_title(v->o, &SECTIONS[0], &a->messages, a->related.n);
	for (size_t k = 0; k < a->trails->n; k++)
		if (!one_trail(v, &a->trails->items[k], said))
			return false;
	v->said = false;
	for (size_t i = 0; i < a->messages.n; i++)
		if (is_left_out(a, i)) {
			message(v, &a->messages.items[i]);
			if (!v->o->full(v->o->ctx))
				return false;
		}
	return true;
}

static void top_sentence(const struct view *v)
{
	struct message_verdict *verdict = message_verdict_new(v->a, v->index, &v->a->messages.items[0]);

	sentence(v->o, verdict, 0);
	strbuf_add_byte(v->o->out, '\n');
	message_verdict_free(verdict);
}

/* of several mails: how many arrived */
static void overview(const struct view *v)
{
	size_t styles[TERM_NAME + 1] = { 0 };
	struct strbuf out = { 0 }, n[4] = { 0 };

	for (size_t i = 0; i < v->a->messages.n; i++) {
		struct message_verdict *verdict = message_verdict_new(v->a, v->index, &v->a->messages.items[i]);

		styles[message_verdict_style(verdict)]++;
		message_verdict_free(verdict);
	}
	term_count(&n[0], v->a->messages.n);
	term_count(&n[1], styles[TERM_GOOD]);
	if (styles[TERM_BAD])
		term_count(&n[2], styles[TERM_BAD]);
	if (styles[TERM_WARN] + styles[TERM_PLAIN])
		term_count(&n[3], styles[TERM_WARN] + styles[TERM_PLAIN]);
	tr_fill(&out,
		v->a->messages.more ?
			tr("trace.overview.newest",
			   "Of the newest {all} messages: {good} delivered, or accepted by the next server{; not delivered: bad}{; waiting, held, thrown away or not told: open}.") :
			tr("trace.overview",
			   "Of {all} messages: {good} delivered, or accepted by the next server{; not delivered: bad}{; waiting, held, thrown away or not told: open}."),
		(struct tr_value[]){ { "all", strbuf_slice(&n[0]) },
				     { "good", strbuf_slice(&n[1]) },
				     { "bad", strbuf_slice(&n[2]) },
				     { "open", strbuf_slice(&n[3]) } },
		4);
	(void)term_wrapped(v->o->out, v->o->term, 0, 0, strbuf_slice(&out));
	strbuf_add_str(v->o->out, "\n\n");
	strbuf_done(&out);
	for (size_t i = 0; i < ARRAY_LEN(n); i++)
		strbuf_done(&n[i]);
}

static void top_refusal(const struct view *v)
{
	const struct trace_item *item = &v->a->rejections.items[0];
	struct strbuf text = { 0 };
	struct other_verdict why;

	judge_rejection(v->a, item, &why);
	rejection_sentence(&text, TR_LOCAL, item->rejection, &why, true);
	(void)term_wrapped(v->o->out, v->o->term, 0, 0, strbuf_slice(&text));
	strbuf_add_str(v->o->out, "\n\n");
	strbuf_done(&text);
}

/* What can be read out at once: the verdict on the only mail, or how it stands with several. */
static void opening(struct view *v)
{
	const struct trace_answer *a = v->a;

	if (!a->messages.n) {
		if (a->rejections.n == 1 && !a->rejections.more)
			top_refusal(v);
		return;
	}
	v->said = !a->messages.more && !a->rejections.n && (a->messages.n == 1 || (a->trails && a->trails->n == 1));
	if (v->said)
		top_sentence(v);
	else if (a->messages.n > 1)
		overview(v);
}

void trace_text(const struct trace_out *o, const struct trace_answer *a)
{
	const struct trace_list *lists[] = { &a->messages, &a->related, &a->rejections, &a->logins, &a->mailbox };
	struct view v = { .o = o, .a = a, .index = verdict_index_new(a) };
	uint64_t more = 0;
	bool all = true;

	opening(&v);
	answer_text(o->out, o->term, &a->head);
	if (!a->messages.n && a->rejections.n)
		strbuf_printf(o->out, "\n%s\n",
			      tr("trace.refused_only", "No message: what was found was refused before it got a queue id."));
	all = messages(&v);
	for (size_t i = 0; i < ARRAY_LEN(SECTIONS) && all; i++) {
		all = i < 2 || section(&v, &SECTIONS[i], lists[i]);
		more += lists[i]->more;
	}
	verdict_index_free(v.index);
	free(v.causes);
	if (!all || !more)
		return;
	strbuf_printf(o->out, "\n%s", tr("trace.not_shown", "Not shown:"));
	for (size_t i = 0, k = 0; i < ARRAY_LEN(SECTIONS); i++)
		if (lists[i]->more) {
			strbuf_add_str(o->out, k++ ? ", " : " ");
			term_count(o->out, lists[i]->more);
			strbuf_printf(o->out, " %s %s", tr("trace.older", "older"),
				      tr_plural(SECTIONS[i].one, SECTIONS[i].many, lists[i]->more));
		}
	strbuf_printf(o->out, "; %s\n", tr("trace.how_to_see_all", "--no-limit shows all, --since and --until narrow the time"));
}

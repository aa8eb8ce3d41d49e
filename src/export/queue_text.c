/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_text.c - the answer of `queue` for people
 *
 * First how much there is, then why it waits and what to do, then the messages, the oldest first.  What strangers chose goes
 * through term_text() or term_wrapped().
 */
#include "base/cursor.h"
#include "diagnose/deeds.h"
#include "export/panel_text.h"
#include "export/queue.h"
#include "export/trace_verdict.h"

#define RECIPIENTS_SHOWN 8  /* of one message */
#define AGE_COLUMNS      11
#define SIZE_COLUMNS     9
#define CAUSE_ID         3  /* columns of queue_panel_causes() */
#define CAUSE_SUMMARY    6

/* a number, and its words with a blank before them */
static void counted(struct strbuf *out, uint64_t n, const char *words)
{
	term_count(out, n);
	strbuf_add_str(out, words);
}

static void count_messages(struct strbuf *out, uint64_t n)
{
	counted(out, n, trn("queue.messages", " message", " messages", n));
}

/* "6 messages for 8 recipients, about 40.2 KiB, the oldest 4 d 0 h" */
static void how_many(struct strbuf *out, const struct queue_totals *t)
{
	struct strbuf messages = { 0 }, recipients = { 0 }, size = { 0 }, age = { 0 };

	count_messages(&messages, t->messages);
	counted(&recipients, t->recipients, trn("queue.recipients", " recipient", " recipients", t->recipients));
	if (t->rounded)
		strbuf_add_str(&size, tr("queue.about", "about "));
	term_bytes(&size, t->bytes);
	if (t->oldest_us >= 0)
		term_span(&age, t->oldest_us);
	tr_fill(out, tr("queue.total", "{messages} for {recipients}, {size}{, the oldest age}"),
		(struct tr_value[]){
			{ "messages", strbuf_slice(&messages) },
			{ "recipients", strbuf_slice(&recipients) },
			{ "size", strbuf_slice(&size) },
			{ "age", strbuf_slice(&age) },
		},
		4);
	strbuf_done(&messages);
	strbuf_done(&recipients);
	strbuf_done(&size);
	strbuf_done(&age);
}

static void states(struct strbuf *out, const struct queue_totals *t)
{
	static const struct {
		enum queue_state state;
		const char *words;
	} STATES[] = {
		{ QUEUE_FROZEN, TR_KEY("queue.count.frozen", " frozen") },
		{ QUEUE_HELD, TR_KEY("queue.count.held", " on hold") },
		{ QUEUE_CORRUPT, TR_KEY("queue.count.corrupt", " damaged") },
		{ QUEUE_DEFERRED, TR_KEY("queue.count.deferred", " deferred") },
		{ QUEUE_ACTIVE, TR_KEY("queue.count.active", " being delivered") },
		{ QUEUE_INCOMING, TR_KEY("queue.count.incoming", " incoming") },
		{ QUEUE_WAITING, TR_KEY("queue.count.waiting", " waiting") },
	};
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(STATES); i++) {
		if (!t->states[STATES[i].state])
			continue;
		strbuf_add_str(out, any ? ", " : "; ");
		counted(out, t->states[STATES[i].state], tr_key(STATES[i].words));
		any = true;
	}
}

static void head(struct strbuf *out, const struct term *t, const struct queue_answer *a)
{
	uint64_t odd = 0;

	term_begin(out, t, TERM_HEADING);
	for (size_t i = 0; i < a->queue->n_listings; i++) {
		const char *program = queue_form_program(a->queue->listings[i].form);

		strbuf_add_str(out, i ? tr("queue.and", " and ") : "");
		strbuf_add_str(out, program ? program : tr("queue.queue", "Queue"));
		strbuf_add_str(out, " (");
		(void)term_text(out, slice_str(a->queue->listings[i].name));
		strbuf_add_byte(out, ')');
		odd += a->queue->listings[i].odd_lines;
	}
	term_end(out, t, TERM_HEADING);
	strbuf_add_str(out, ": ");
	how_many(out, &a->all);
	states(out, &a->all);
	strbuf_add_byte(out, '\n');
	if (a->view.n < a->all.messages) {
		strbuf_add_str(out, tr("queue.selected", "selected: "));
		how_many(out, &a->totals);
		strbuf_add_byte(out, '\n');
	}
	if (odd) {
		(void)term_cell(out, t, TERM_WARN, slice_str(tr("queue.odd", "not understood: ")), 0);
		counted(out, odd, trn("queue.odd_lines", " line of the listing", " lines of the listing", odd));
		strbuf_add_byte(out, '\n');
	}
	if (a->with_log)
		answer_text(out, t, &a->head);
}

static void paragraph(struct strbuf *out, const struct term *t, enum term_style style, struct slice s)
{
	strbuf_add_str(out, "      ");
	term_begin(out, t, style);
	(void)term_wrapped(out, t, 6, 6, s);
	term_end(out, t, style);
	strbuf_add_byte(out, '\n');
}

/* --- causes ------------------------------------------------------------------------------------------- */

/* the sentence and the action of a cause as a whole, in the user's language */
static void cause_text(struct strbuf *summary, struct strbuf *action, const struct cause *cause)
{
	const struct complaint nobody = { .reply = SLICE_NONE, .smtp_code = -1 };
	const struct deed_words nothing = { .who = SLICE_NONE };
	const struct deed_words *deed = cause->basis == BASIS_DEED ? &nothing : NULL;

	verdict_summary(summary, TR_LOCAL, cause, &nobody, deed);
	verdict_action(action, TR_LOCAL, cause, &nobody, deed);
}

static void causes(struct strbuf *out, const struct term *t, const struct queue_answer *a)
{
	const struct panel *p = &a->panels[0];

	strbuf_add_byte(out, '\n');
	term_begin(out, t, TERM_HEADING);
	strbuf_add_str(out, tr("queue.causes", "Why they wait"));
	term_end(out, t, TERM_HEADING);
	strbuf_add_byte(out, '\n');
	for (size_t i = 0; i < p->n_rows; i++) {
		const struct panel_cell *cells = p->rows[i].cells;
		const struct cause *cause = cells[CAUSE_ID].text.p ? map_get(&a->queue->causes, cells[CAUSE_ID].text) : NULL;
		struct strbuf line = { 0 }, summary = { 0 }, action = { 0 };
		size_t column = 2;

		strbuf_add_str(out, "  ");
		count_messages(&line, (uint64_t)cells[0].value);
		if (cells[2].value != PANEL_NULL) {
			strbuf_add_str(&line, cells[0].value == 1 ? ", " : tr("queue.oldest", ", the oldest "));
			term_span(&line, cells[2].value);
		}
		strbuf_add_str(&line, ": ");
		column += term_cell(out, t, TERM_WARN, strbuf_slice(&line), 0);
		if (cause) {
			cause_text(&summary, &action, cause);
			strbuf_printf(&summary, " [%.*s]", SLICE_ARG(cells[CAUSE_ID].text));
		} else {
			strbuf_add(&summary, cells[CAUSE_SUMMARY].text);
		}
		(void)term_wrapped(out, t, column, 6, strbuf_slice(&summary));
		strbuf_add_byte(out, '\n');
		if (action.n)
			paragraph(out, t, TERM_PLAIN, strbuf_slice(&action));
		strbuf_done(&line);
		strbuf_done(&summary);
		strbuf_done(&action);
	}
	if (p->more) {
		strbuf_add_str(out, tr("queue.and_more", "  ... and "));
		counted(out, p->more, trn("queue.more_causes", " more cause", " more causes", p->more));
		strbuf_add_byte(out, '\n');
	}
}

/* --- messages ----------------------------------------------------------------------------------------- */

static const struct {
	const char *word, *verb; /* in the list; before a sentence */
	enum term_style style;
} STATES[QUEUE_STATE_COUNT] = {
	[QUEUE_WAITING] = { TR_KEY("queue.state.waiting", "waiting"), TR_KEY("queue.verb.waiting", "Waiting"), TERM_PLAIN },
	[QUEUE_INCOMING] = { TR_KEY("queue.state.incoming", "incoming"), TR_KEY("queue.verb.incoming", "Incoming"), TERM_PLAIN },
	[QUEUE_ACTIVE] = { TR_KEY("queue.state.active", "active"), TR_KEY("queue.verb.active", "Being delivered"), TERM_GOOD },
	[QUEUE_DEFERRED] = { TR_KEY("queue.state.deferred", "deferred"), TR_KEY("queue.verb.deferred", "Deferred"), TERM_WARN },
	[QUEUE_FROZEN] = { TR_KEY("queue.state.frozen", "frozen"), TR_KEY("queue.verb.frozen", "Frozen"), TERM_BAD },
	[QUEUE_HELD] = { TR_KEY("queue.state.held", "held"), TR_KEY("queue.verb.held", "On hold"), TERM_BAD },
	[QUEUE_CORRUPT] = { TR_KEY("queue.state.corrupt", "damaged"), TR_KEY("queue.verb.corrupt", "Damaged"), TERM_BAD },
};

static const char *verb_of(enum queue_state state)
{
	return tr_key(STATES[state].verb);
}

static void right(struct strbuf *out, struct slice s, size_t columns)
{
	strbuf_printf(out, "%*s", (int)(s.n < columns ? columns - s.n : 0), "");
	strbuf_add(out, s);
}

/* Postfix logs the number of a local user */
static void add_user(struct strbuf *out, struct slice user)
{
	struct cur c = cur_of(user);
	uint64_t number;

	if (!user.p)
		return;
	strbuf_add_str(out, cur_u64(&c, UINT32_MAX, &number) && cur_at_end(&c) ? tr("queue.uid", ", uid ") : tr("queue.user", ", user "));
	(void)term_text(out, user);
}

static void first_line(struct strbuf *out, const struct term *t, const struct queue_answer *a, const struct queued *m)
{
	struct arena scratch = { 0 };
	struct strbuf text = { 0 };

	if (m->age_us >= 0)
		term_span(&text, m->age_us);
	right(out, strbuf_slice(&text), AGE_COLUMNS);
	strbuf_clear(&text);
	if (m->size_bytes >= 0)
		term_bytes(&text, m->size_bytes);
	strbuf_add_str(out, "  ");
	right(out, strbuf_slice(&text), SIZE_COLUMNS);
	strbuf_add_str(out, "  ");
	(void)term_cell(out, t, TERM_NAME, m->id, 0);
	strbuf_add_str(out, "  ");
	(void)term_cell(out, t, STATES[m->state].style, slice_str(tr_key(STATES[m->state].word)), 0);
	if (m->sender.p) {
		strbuf_add_str(out, tr("queue.from", "  from "));
		(void)term_text(out, m->sender.n ? m->sender : SLICE("<>"));
		strbuf_add_str(out, m->sender_cut ? "..." : "");
	}
	add_user(out, m->message && m->message->user.p ? queue_shown(a, &scratch, MASK_USER, m->message->user) : m->login);
	if (m->expiring)
		strbuf_add_str(out, tr("queue.expiring", ", to be expired"));
	strbuf_add_byte(out, '\n');
	strbuf_done(&text);
	arena_clear(&scratch);
}

static void name_recipient(struct strbuf *out, const struct queued_recipient *r)
{
	(void)term_text(out, r->address);
	strbuf_add_str(out, r->cut ? "..." : "");
}

/* ", tried 5 times since 2026-11-21 09:00:00, last 2026-11-22 07:37:34" */
static void add_tries(struct strbuf *out, const struct queue_answer *a, uint32_t n, usec_t first, usec_t last)
{
	struct strbuf first_text = { 0 }, last_text = { 0 }, number = { 0 };
	const char *text = tr("queue.tried_never", ", not tried yet");

	if (n == 1)
		text = tr("queue.tried_once", ", tried once: {last}");
	else if (n == 2)
		text = tr("queue.tried_twice", ", tried twice{ since first}, last {last}");
	else if (n > 2)
		text = trn("queue.tried", ", tried {n} time{ since first}, last {last}", ", tried {n} times{ since first}, last {last}", n);
	term_count(&number, n);
	answer_time(&last_text, last, a->utc_offset_sec);
	if (n > 1 && last - first >= USEC_PER_SEC)
		answer_time(&first_text, first, a->utc_offset_sec);
	tr_fill(out, text,
		(struct tr_value[]){
			{ "n", strbuf_slice(&number) },
			{ "first", strbuf_slice(&first_text) },
			{ "last", strbuf_slice(&last_text) },
		},
		3);
	strbuf_done(&first_text);
	strbuf_done(&last_text);
	strbuf_done(&number);
}

/* "Deferred: the mailbox ... (451 4.7.1)." and the reply below it */
static void sentence(struct strbuf *out, const struct term *t, const char *verb, const struct cause *cause,
		     const struct complaint *complaint, const struct deed_words *deed)
{
	struct strbuf text = { 0 }, codes = { 0 };

	strbuf_add_str(&text, verb);
	strbuf_add_str(&text, ": ");
	verdict_summary(&text, TR_LOCAL, cause, complaint, deed);
	verdict_codes(&codes, complaint);
	if (codes.n) {
		strbuf_add_str(&text, " (");
		strbuf_add(&text, strbuf_slice(&codes));
		strbuf_add_byte(&text, ')');
	}
	strbuf_add_str(&text, ".");
	paragraph(out, t, TERM_PLAIN, strbuf_slice(&text));
	if (complaint->reply.n) {
		strbuf_clear(&text);
		term_one_line(&text, complaint->reply);
		paragraph(out, t, TERM_DIM, strbuf_slice(&text));
	}
	strbuf_done(&codes);
	strbuf_done(&text);
}

static bool is_stuck(const struct queued *m)
{
	return m->state == QUEUE_FROZEN || m->state == QUEUE_HELD;
}

/* Exim freezes a bounce that bounces */
static bool is_frozen_bounce(const struct queued *m)
{
	return m->message && m->message->hold_reason.p &&
	       slice_contains_fold(m->message->hold_reason, SLICE("delivery error message"));
}

/* Why nobody tries to deliver it, and how to release it.  w: of some recipient; it may not tell. */
static void tell_hold(struct strbuf *out, const struct term *t, const struct queued *m, const struct queue_why *w)
{
	const struct cause bounce = deed_cause(DEED_HELD_NOTIFICATION), unknown = deed_cause(DEED_HELD_BY_RULE);
	const struct deed_words deed = { .id = m->id, .writer = queue_form_writer(m->form) };
	const struct complaint nothing = { .smtp_code = -1 };
	struct strbuf text = { 0 };

	strbuf_add_str(&text, verb_of(m->state));
	strbuf_add_str(&text, ": ");
	if (m->note.n)
		strbuf_add(&text, m->note);
	else if (w->known && w->hold)
		verdict_summary(&text, TR_LOCAL, &w->cause, &w->complaint, &w->deed);
	else if (is_frozen_bounce(m))
		verdict_summary(&text, TR_LOCAL, &bounce, &nothing, &deed);
	else
		strbuf_add_str(&text, tr("queue.not_tried", "nobody tries to deliver it"));
	strbuf_add_str(&text, ". ");
	if (w->known && w->hold)
		verdict_action(&text, TR_LOCAL, &w->cause, &w->complaint, &w->deed);
	else
		verdict_action(&text, TR_LOCAL, &unknown, &nothing, &deed);
	paragraph(out, t, TERM_PLAIN, strbuf_slice(&text));
	strbuf_done(&text);
}

static void tell_why(struct strbuf *out, const struct term *t, const struct queued *m, const struct queue_why *w)
{
	const char *verb = is_stuck(m)                 ? tr("queue.before", "Before that")
			   : m->state == QUEUE_CORRUPT ? verb_of(QUEUE_CORRUPT)
						       : verb_of(QUEUE_DEFERRED);

	if (!w->known)
		return;
	if (!w->hold)
		sentence(out, t, verb, &w->cause, &w->complaint, w->cause.basis == BASIS_DEED ? &w->deed : NULL);
	else if (w->failed_before)
		sentence(out, t, verb, &w->cause_before, &w->complaint_before, NULL);
}

/* the same for the reader: cause, reply but for the name in it, tries */
static bool same_why(const struct queued_recipient *a, const struct queued_recipient *b)
{
	return a->cause == b->cause && a->tries == b->tries && !a->fact == !b->fact &&
	       a->last_try_us / USEC_PER_SEC == b->last_try_us / USEC_PER_SEC;
}

/* Recipients that stand behind one another and fail alike share their lines.  Returns the next one. */
static const struct queued_recipient *recipients(struct strbuf *out, const struct term *t, const struct queue_answer *a,
						  const struct queued *m, const struct queued_recipient *r)
{
	const struct queued_recipient *next = r->next;
	struct arena scratch = { 0 };
	struct queue_why w;

	strbuf_add_str(out, tr("queue.to", "    to "));
	name_recipient(out, r);
	for (size_t n = 1; next && (next->delivered || (n < RECIPIENTS_SHOWN && same_why(r, next))); next = next->next) {
		if (next->delivered)
			continue;
		strbuf_add_str(out, ", ");
		name_recipient(out, next);
		n++;
	}
	if (r->fact)
		add_tries(out, a, r->tries, r->first_try_us, r->last_try_us);
	strbuf_add_byte(out, '\n');
	queue_why_shown(a, &scratch, m, r, &w);
	tell_why(out, t, m, &w);
	arena_clear(&scratch);
	return next;
}

/* what holds for all recipients, before them */
static void above_recipients(struct strbuf *out, const struct term *t, const struct queue_answer *a, const struct queued *m)
{
	const struct queued_recipient *r = m->recipients;
	struct arena scratch = { 0 };
	struct queue_why w;

	while (r && (r->delivered || !r->fact))
		r = r->next;
	if (is_stuck(m)) {
		queue_why_shown(a, &scratch, m, r, &w);
		tell_hold(out, t, m, &w);
	} else if (m->note.n) {
		struct strbuf text = { 0 };

		strbuf_printf(&text, "%s: ", verb_of(m->state));
		strbuf_add(&text, m->note);
		paragraph(out, t, TERM_PLAIN, strbuf_slice(&text));
		strbuf_done(&text);
	}
	arena_clear(&scratch);
}

/* what no recipient's cause tells, behind them */
static void below_recipients(struct strbuf *out, const struct term *t, const struct queue_answer *a, const struct queued *m)
{
	const struct queued_recipient *r = m->recipients;
	struct arena scratch = { 0 };
	struct queue_why w;

	while (r && !r->cause)
		r = r->next;
	if (!r && m->cause) {
		queue_why_shown(a, &scratch, m, NULL, &w);
		tell_why(out, t, m, &w);
	}
	if (m->message && m->message->finished_us != USEC_NONE) {
		strbuf_add_str(out, tr("queue.left", "      The log says that it left the queue: "));
		answer_time(out, m->message->finished_us, a->utc_offset_sec);
		strbuf_add_byte(out, '\n');
	}
	if (a->with_log && !m->message) {
		strbuf_add_str(out, tr("queue.not_in_log", "      The logs do not tell of it."));
		strbuf_add_byte(out, '\n');
	}
	arena_clear(&scratch);
}

static void message(struct strbuf *out, const struct term *t, const struct queue_answer *a, const struct queued *m)
{
	const struct queued_recipient *r = m->recipients;
	size_t shown = 0;
	uint64_t left = 0, delivered = m->n_recipients - m->n_waiting;

	first_line(out, t, a, m);
	above_recipients(out, t, a, m);
	while (r && shown < RECIPIENTS_SHOWN) {
		if (r->delivered) {
			r = r->next;
			continue;
		}
		r = recipients(out, t, a, m, r);
		shown++;
	}
	for (; r; r = r->next)
		left += !r->delivered;
	if (left) {
		strbuf_add_str(out, tr("queue.and_to", "    and to "));
		counted(out, left, trn("queue.more_recipients", " more recipient", " more recipients", left));
		strbuf_add_byte(out, '\n');
	}
	if (delivered) {
		strbuf_add_str(out, "    ");
		counted(out, delivered,
			trn("queue.delivered", " recipient has its copy already", " recipients have their copies already", delivered));
		strbuf_add_byte(out, '\n');
	}
	below_recipients(out, t, a, m);
}

static void messages(const struct queue_out *o, const struct queue_answer *a)
{
	size_t n = a->limit && a->limit < a->view.n ? a->limit : a->view.n;

	strbuf_add_byte(o->out, '\n');
	term_begin(o->out, o->term, TERM_HEADING);
	strbuf_add_str(o->out, tr("queue.list", "Messages, the oldest first"));
	term_end(o->out, o->term, TERM_HEADING);
	strbuf_add_byte(o->out, '\n');
	for (size_t i = 0; i < n && o->full(o->ctx); i++)
		message(o->out, o->term, a, a->view.items[i]);
	if (n < a->view.n) {
		strbuf_add_str(o->out, tr("queue.and_more", "  ... and "));
		counted(o->out, a->view.n - n,
			trn("queue.more_messages", " more (--no-limit shows all)", " more (--no-limit shows all)", a->view.n - n));
		strbuf_add_byte(o->out, '\n');
	}
}

void queue_text(const struct queue_out *o, const struct queue_answer *a)
{
	size_t from = 0;

	head(o->out, o->term, a);
	if (!a->all.messages) {
		strbuf_add_str(o->out, tr("queue.empty", "The queue is empty."));
		strbuf_add_byte(o->out, '\n');
		return;
	}
	if (!a->view.n) {
		strbuf_add_str(o->out, tr("queue.none", "None of them was selected."));
		strbuf_add_byte(o->out, '\n');
		return;
	}
	if (a->list && a->n_panels) {
		causes(o->out, o->term, a);
		from = 1;
	}
	panels_text(o->out, o->term, a->panels + from, a->n_panels - from, a->utc_offset_sec);
	if (a->list)
		messages(o, a);
}

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
#define CAUSES_SHOWN     10
#define AGE_COLUMNS      11
#define SIZE_COLUMNS     9
#define CAUSE_ACTION     7  /* columns of queue_panel_causes() */
#define CAUSE_SUMMARY    6

static void plural(struct strbuf *out, uint64_t n, const char *one, const char *many)
{
	term_count(out, n);
	strbuf_add_byte(out, ' ');
	strbuf_add_str(out, n == 1 ? one : many);
}

static void how_many(struct strbuf *out, const struct queue_totals *t)
{
	plural(out, t->messages, "message", "messages");
	strbuf_add_str(out, " for ");
	plural(out, t->recipients, "recipient", "recipients");
	strbuf_add_str(out, t->rounded ? ", about " : ", ");
	term_bytes(out, t->bytes);
	if (t->oldest_us >= 0) {
		strbuf_add_str(out, ", the oldest ");
		term_span(out, t->oldest_us);
		strbuf_add_str(out, " old");
	}
}

static void states(struct strbuf *out, const struct queue_totals *t)
{
	static const struct {
		enum queue_state state;
		const char *words;
	} STATES[] = {
		{ QUEUE_FROZEN, "frozen" },       { QUEUE_HELD, "on hold" },       { QUEUE_CORRUPT, "damaged" },
		{ QUEUE_DEFERRED, "deferred" },   { QUEUE_ACTIVE, "being delivered" }, { QUEUE_INCOMING, "incoming" },
		{ QUEUE_WAITING, "waiting" },
	};
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(STATES); i++) {
		if (!t->states[STATES[i].state])
			continue;
		strbuf_add_str(out, any ? ", " : "; ");
		term_count(out, t->states[STATES[i].state]);
		strbuf_add_byte(out, ' ');
		strbuf_add_str(out, STATES[i].words);
		any = true;
	}
}

static void head(struct strbuf *out, const struct term *t, const struct queue_answer *a)
{
	uint64_t odd = 0;

	term_begin(out, t, TERM_HEADING);
	for (size_t i = 0; i < a->queue->n_listings; i++) {
		const char *program = queue_form_program(a->queue->listings[i].form);

		strbuf_add_str(out, i ? " and " : "");
		strbuf_add_str(out, program ? program : "Queue");
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
		strbuf_add_str(out, "selected: ");
		how_many(out, &a->totals);
		strbuf_add_byte(out, '\n');
	}
	if (odd) {
		(void)term_cell(out, t, TERM_WARN, SLICE("not understood: "), 0);
		plural(out, odd, "line", "lines");
		strbuf_add_str(out, " of the listing\n");
	}
	if (a->with_log)
		answer_text(out, t, &a->head);
}

/* --- causes ------------------------------------------------------------------------------------------- */

static void causes(struct strbuf *out, const struct term *t, const struct panel *p)
{
	strbuf_add_byte(out, '\n');
	term_begin(out, t, TERM_HEADING);
	strbuf_add_str(out, p->title);
	term_end(out, t, TERM_HEADING);
	strbuf_add_byte(out, '\n');
	for (size_t i = 0; i < p->n_rows; i++) {
		const struct panel_cell *cells = p->rows[i].cells;
		struct strbuf line = { 0 };
		size_t column = 2;

		strbuf_add_str(out, "  ");
		plural(&line, (uint64_t)cells[0].value, "message", "messages");
		if (cells[2].value != PANEL_NULL) {
			strbuf_add_str(&line, cells[0].value == 1 ? ", " : ", the oldest ");
			term_span(&line, cells[2].value);
		}
		strbuf_add_str(&line, ": ");
		column += term_cell(out, t, TERM_WARN, strbuf_slice(&line), 0);
		(void)term_wrapped(out, t, column, 6, cells[CAUSE_SUMMARY].text);
		strbuf_add_byte(out, '\n');
		if (cells[CAUSE_ACTION].text.n) {
			strbuf_add_str(out, "      ");
			(void)term_wrapped(out, t, 6, 6, cells[CAUSE_ACTION].text);
			strbuf_add_byte(out, '\n');
		}
		strbuf_done(&line);
	}
	if (p->more) {
		strbuf_add_str(out, "  ... and ");
		plural(out, p->more, "more cause\n", "more causes\n");
	}
}

/* --- messages ----------------------------------------------------------------------------------------- */

static const struct {
	const char *word, *verb; /* in the list; before a sentence */
	enum term_style style;
} STATES[QUEUE_STATE_COUNT] = {
	[QUEUE_WAITING] = { "waiting", "Waiting", TERM_PLAIN },
	[QUEUE_INCOMING] = { "incoming", "Incoming", TERM_PLAIN },
	[QUEUE_ACTIVE] = { "active", "Being delivered", TERM_GOOD },
	[QUEUE_DEFERRED] = { "deferred", "Deferred", TERM_WARN },
	[QUEUE_FROZEN] = { "frozen", "Frozen", TERM_BAD },
	[QUEUE_HELD] = { "held", "On hold", TERM_BAD },
	[QUEUE_CORRUPT] = { "damaged", "Damaged", TERM_BAD },
};

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
	strbuf_add_str(out, cur_u64(&c, UINT32_MAX, &number) && cur_at_end(&c) ? ", uid " : ", user ");
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
	(void)term_cell(out, t, STATES[m->state].style, slice_str(STATES[m->state].word), 0);
	if (m->sender.p) {
		strbuf_add_str(out, "  from ");
		(void)term_text(out, m->sender.n ? m->sender : SLICE("<>"));
		strbuf_add_str(out, m->sender_cut ? "..." : "");
	}
	add_user(out, m->message && m->message->user.p ? queue_shown(a, &scratch, MASK_USER, m->message->user) : m->login);
	if (m->expiring)
		strbuf_add_str(out, ", to be expired");
	strbuf_add_byte(out, '\n');
	strbuf_done(&text);
	arena_clear(&scratch);
}

static void name_recipient(struct strbuf *out, const struct queued_recipient *r)
{
	(void)term_text(out, r->address);
	strbuf_add_str(out, r->cut ? "..." : "");
}

static void add_tries(struct strbuf *out, const struct queue_answer *a, uint32_t n, usec_t first, usec_t last)
{
	if (n == 0) {
		strbuf_add_str(out, ", not tried yet");
		return;
	}
	strbuf_add_str(out, n == 1 ? ", tried once: " : n == 2 ? ", tried twice" : ", tried ");
	if (n > 2) {
		term_count(out, n);
		strbuf_add_str(out, " times");
	}
	if (n > 1 && last - first >= USEC_PER_SEC) {
		strbuf_add_str(out, " since ");
		answer_time(out, first, a->utc_offset_sec);
	}
	if (n > 1)
		strbuf_add_str(out, ", last ");
	answer_time(out, last, a->utc_offset_sec);
}

static void paragraph(struct strbuf *out, const struct term *t, enum term_style style, struct slice s)
{
	strbuf_add_str(out, "      ");
	term_begin(out, t, style);
	(void)term_wrapped(out, t, 6, 6, s);
	term_end(out, t, style);
	strbuf_add_byte(out, '\n');
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
	if (complaint->reply.n)
		paragraph(out, t, TERM_DIM, complaint->reply);
	strbuf_done(&codes);
	strbuf_done(&text);
}

static bool is_stuck(const struct queued *m)
{
	return m->state == QUEUE_FROZEN || m->state == QUEUE_HELD;
}

/* Why nobody tries to deliver it, and how to release it.  w: of some recipient; it may not tell. */
static void tell_hold(struct strbuf *out, const struct term *t, const struct queued *m, const struct queue_why *w)
{
	const struct cause unknown = deed_cause(DEED_HELD_BY_RULE);
	const struct deed_words deed = { .id = m->id, .writer = queue_form_writer(m->form) };
	const struct complaint nothing = { .smtp_code = -1 };
	struct strbuf text = { 0 };

	strbuf_add_str(&text, STATES[m->state].verb);
	strbuf_add_str(&text, ": ");
	if (m->note.n)
		strbuf_add(&text, m->note);
	else if (w->known && w->hold)
		verdict_summary(&text, TR_LOCAL, &w->cause, &w->complaint, &w->deed);
	else
		strbuf_add_str(&text, "nobody tries to deliver it");
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
	const char *verb = is_stuck(m) ? "Before that" : STATES[m->state == QUEUE_CORRUPT ? QUEUE_CORRUPT : QUEUE_DEFERRED].verb;

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

	strbuf_add_str(out, "    to ");
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

		strbuf_printf(&text, "%s: ", STATES[m->state].verb);
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
		strbuf_add_str(out, "      The log says that it left the queue: ");
		answer_time(out, m->message->finished_us, a->utc_offset_sec);
		strbuf_add_byte(out, '\n');
	}
	if (a->with_log && !m->message)
		strbuf_add_str(out, "      The logs do not tell of it.\n");
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
		strbuf_add_str(out, "    and to ");
		plural(out, left, "more recipient\n", "more recipients\n");
	}
	if (delivered) {
		strbuf_add_str(out, "    ");
		plural(out, delivered, "recipient has its copy already\n", "recipients have their copies already\n");
	}
	below_recipients(out, t, a, m);
}

static void messages(const struct queue_out *o, const struct queue_answer *a)
{
	size_t n = a->limit && a->limit < a->view.n ? a->limit : a->view.n;

	strbuf_add_byte(o->out, '\n');
	term_begin(o->out, o->term, TERM_HEADING);
	strbuf_add_str(o->out, "Messages, the oldest first");
	term_end(o->out, o->term, TERM_HEADING);
	strbuf_add_byte(o->out, '\n');
	for (size_t i = 0; i < n && o->full(o->ctx); i++)
		message(o->out, o->term, a, a->view.items[i]);
	if (n < a->view.n) {
		strbuf_add_str(o->out, "  ... and ");
		plural(o->out, a->view.n - n, "more (--no-limit shows all)\n", "more (--no-limit shows all)\n");
	}
}

void queue_text(const struct queue_out *o, const struct queue_answer *a)
{
	size_t from = 0;

	head(o->out, o->term, a);
	if (!a->all.messages) {
		strbuf_add_str(o->out, "The queue is empty.\n");
		return;
	}
	if (!a->view.n) {
		strbuf_add_str(o->out, "None of them was selected.\n");
		return;
	}
	if (a->list && a->n_panels) {
		causes(o->out, o->term, &a->panels[0]);
		from = 1;
	}
	panels_text(o->out, o->term, a->panels + from, a->n_panels - from, a->utc_offset_sec);
	if (a->list)
		messages(o, a);
}

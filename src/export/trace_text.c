/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_text.c - the answer of `trace` for people: what opens it, its sections and trails
 */
#include "export/trace_text_priv.h"

#include <stdlib.h>

#include "base/attr.h"
#include "base/tr.h"
#include "export/trail_text.h"

#define RELATED_SHOWN 50 /* linked messages of one trail that are shown in full */

static const struct section {
	const char *one, *many;
	void (*item)(struct trace_view *v, const struct trace_item *item);
	void (*brief)(struct trace_view *v, const struct trace_item *item);
} SECTIONS[] = {
	{ TR_KEY("trace.section.message", "message"), TR_PLURAL("messages"), trace_message, trace_message_brief },
	{ TR_KEY("trace.section.linked_message", "linked message"), TR_PLURAL("linked messages"), trace_message, trace_message_brief },
	{ TR_KEY("trace.section.rejection", "rejection"), TR_PLURAL("rejections"), trace_rejection, trace_rejection_brief },
	{ TR_KEY("trace.section.login", "login"), TR_PLURAL("logins"), trace_login, trace_login_brief },
	{ TR_KEY("trace.section.mailbox_event", "mailbox event"), TR_PLURAL("mailbox events"), trace_mailbox_event, trace_mailbox_event },
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

static bool section(struct trace_view *v, const struct section *s, const struct trace_list *list)
{
	v->n_causes = 0;
	if (!list->n)
		return true;
	section_title(v->o, s, list, 0);
	for (size_t i = 0; i < list->n; i++) {
		(v->a->brief ? s->brief : s->item)(v, &list->items[i]);
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
static bool one_trail(struct trace_view *v, const struct trail *t, bool said)
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
		trace_message(v, item_at(v->a, h->message_no));
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
static bool messages(struct trace_view *v)
{
	const struct trace_answer *a = v->a;
	bool said = v->said;

	if (a->brief)
		return section(v, &SECTIONS[0], &a->messages);
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
			trace_message(v, &a->messages.items[i]);
			if (!v->o->full(v->o->ctx))
				return false;
		}
	return true;
}

static void top_sentence(const struct trace_view *v)
{
	struct message_verdict *verdict = message_verdict_new(v->a, v->index, &v->a->messages.items[0]);

	trace_sentence(v->o, verdict, 0);
	strbuf_add_byte(v->o->out, '\n');
	message_verdict_free(verdict);
}

/* of several mails: how many arrived */
static void overview(const struct trace_view *v)
{
	size_t styles[TERM_NAME + 1] = { 0 };
	struct strbuf out = { 0 }, n[5] = { 0 };

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
	term_count(&n[4], v->a->messages.n + v->a->messages.more);
	tr_fill(&out,
		v->a->messages.more ?
			tr("trace.overview.newest",
			   "Of the newest {all} of {found} messages: {good} delivered, or accepted by the next server{; not delivered: bad}{; waiting, held, thrown away or not told: open}.") :
			tr("trace.overview",
			   "Of {all} messages: {good} delivered, or accepted by the next server{; not delivered: bad}{; waiting, held, thrown away or not told: open}."),
		(struct tr_value[]){ { "all", strbuf_slice(&n[0]) },
				     { "good", strbuf_slice(&n[1]) },
				     { "bad", strbuf_slice(&n[2]) },
				     { "open", strbuf_slice(&n[3]) },
				     { "found", strbuf_slice(&n[4]) } },
		5);
	(void)term_wrapped(v->o->out, v->o->term, 0, 0, strbuf_slice(&out));
	strbuf_add_str(v->o->out, "\n\n");
	strbuf_done(&out);
	for (size_t i = 0; i < ARRAY_LEN(n); i++)
		strbuf_done(&n[i]);
}

static void top_refusal(const struct trace_view *v)
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
static void opening(struct trace_view *v)
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
	struct trace_view v = { .o = o, .a = a, .index = verdict_index_new(a) };
	uint64_t more = 0;
	bool all = true;

	if (!a->brief)
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

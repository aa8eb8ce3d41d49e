/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_events.c - one rejection, login or event in a mailbox in the answer of `trace` for people
 */
#include "export/trace_text_priv.h"

#include "base/alloc.h"
#include "base/tr.h"
#include "export/trace_mailbox.h"
#include "export/verdict_text.h"

/* what to do about a cause is told once in a section */
static bool is_new_cause(struct trace_view *v, struct slice id)
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

void trace_rejection(struct trace_view *v, const struct trace_item *item)
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
	trace_host(out, r->client_host, r->client_ip);
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
		(void)trace_address(o, r->sender, 0);
		if (r->recipient.p) {
			strbuf_add_str(out, " -> ");
			(void)trace_address(o, r->recipient, 0);
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
	trace_end_line(o);
	trace_lines(o, item);
}

void trace_login(struct trace_view *v, const struct trace_item *item)
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
		trace_host(out, l->client_host, l->client_ip);
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
	trace_end_line(o);
	trace_lines(o, item);
}

void trace_mailbox_event(struct trace_view *v, const struct trace_item *item)
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
	trace_end_line(o);
	trace_lines(o, item);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_brief.c - one line for each recipient, refusal and login, as a log has them, but with the cause
 *
 * For many of them at once.  They are in the order of the other form; each line is whole, also on a terminal, so that grep sees all of it.
 */
#include "export/trace_text_priv.h"

#include "base/tr.h"

#define OUTCOME_COLUMNS 10 /* "discarded " */

static void begin(const struct trace_view *v, usec_t t, int32_t utc_offset_sec, enum term_style style, struct slice outcome,
		  struct slice server)
{
	const struct trace_out *o = v->o;

	answer_time(o->out, t, utc_offset_sec);
	strbuf_add_str(o->out, "  ");
	(void)term_cell(o->out, o->term, style, outcome, OUTCOME_COLUMNS);
	strbuf_add_str(o->out, "  ");
	if (v->a->several_servers) {
		(void)term_text(o->out, server);
		strbuf_add_str(o->out, "  ");
	}
}

static void way(const struct trace_out *o, struct slice sender, struct slice recipient)
{
	(void)trace_address(o, sender, 0);
	strbuf_add_str(o->out, " -> ");
	(void)trace_address(o, recipient, 0);
}

static uint32_t tries(const struct recipient *r)
{
	uint32_t n = 0;

	for (const struct attempt *a = r->attempts; a; a = a->next)
		n += a->tried;
	return n;
}

/* where it went, or why not */
static void fate(const struct trace_view *v, const struct message *m, const struct recipient *r, const struct message *plain_m,
		 const struct recipient *plain_r)
{
	const struct trace_out *o = v->o;
	const struct attempt *last = trace_telling_attempt(r);
	struct recipient_verdict why;
	struct strbuf text = { 0 };
	uint32_t n = tries(r);

	judge_recipient(v->a, m, r, plain_m, plain_r, &why);
	if (why.failed) {
		strbuf_add_str(o->out, "  ");
		verdict_summary(&text, TR_LOCAL, &why.cause, &why.complaint,
				why.cause.basis == BASIS_DEED ? &why.deed : NULL);
		(void)term_text(o->out, strbuf_slice(&text));
		strbuf_done(&text);
	} else if (last && (last->relay_host.p || last->relay_ip.p)) {
		strbuf_add_str(o->out, "  ");
		trace_host(o->out, last->relay_host, last->relay_ip);
	} else if (last && last->transport.p) {
		strbuf_add_str(o->out, "  ");
		(void)term_text(o->out, last->transport);
	}
	if (why.failed && last && last->smtp_code > 0) {
		strbuf_printf(o->out, " (%lld%s", (long long)last->smtp_code, last->dsn.n ? " " : "");
		(void)term_text(o->out, last->dsn);
		strbuf_add_byte(o->out, ')');
	}
	if (n > 1)
		strbuf_printf(o->out, ", %lu %s", (unsigned long)n, trn("trace.attempt.tries", "try", "tries", n));
}

void trace_message_brief(struct trace_view *v, const struct trace_item *item)
{
	const struct trace_item *plain = plain_item(v->a, item);
	const struct message *m = item->message, *plain_m = plain ? plain->message : NULL;
	const struct message *asked = plain_m ? plain_m : m;
	const struct recipient *plain_r = plain_m ? plain_m->recipients : NULL;

	for (const struct recipient *r = m->recipients; r; r = r->next, plain_r = plain_r ? plain_r->next : NULL) {
		const struct attempt *last = trace_telling_attempt(r);

		if (v->a->filter && !filter_recipient(v->a->filter, asked, plain_r ? plain_r : r))
			continue;
		begin(v, last ? last->time_us : m->first_us, m->utc_offset_sec, trace_outcome_style(r->outcome),
		      slice_str(outcome_name(r->outcome)), m->server);
		(void)term_text(v->o->out, m->queue_id.p ? m->queue_id : SLICE("-"));
		strbuf_add_str(v->o->out, "  ");
		way(v->o, m->sender, r->address.p ? r->address : r->orig_address);
		fate(v, m, r, plain_m, plain_r);
		trace_end_line(v->o);
	}
	if (!m->recipients) {
		begin(v, m->first_us, m->utc_offset_sec, TERM_PLAIN, slice_str(message_state_name(m->state)), m->server);
		(void)term_text(v->o->out, m->queue_id.p ? m->queue_id : SLICE("-"));
		strbuf_add_str(v->o->out, "  ");
		(void)trace_address(v->o, m->sender, 0);
		trace_end_line(v->o);
	}
	trace_lines(v->o, item);
}

void trace_rejection_brief(struct trace_view *v, const struct trace_item *item)
{
	const struct rejection *r = item->rejection;
	const struct trace_out *o = v->o;
	struct other_verdict why;
	struct strbuf text = { 0 };

	begin(v, r->time_us, r->utc_offset_sec, r->temporary ? TERM_WARN : TERM_BAD,
	      slice_str(r->temporary ? tr("trace.brief.put-off", "put off") : tr("trace.brief.refused", "refused")), r->server);
	trace_host(o->out, r->client_host, r->client_ip);
	if (r->sender.p || r->recipient.p) {
		strbuf_add_str(o->out, "  ");
		way(o, r->sender, r->recipient);
	}
	judge_rejection(v->a, item, &why);
	strbuf_add_str(o->out, "  ");
	verdict_summary(&text, TR_LOCAL, &why.cause, &why.complaint, why.cause.basis == BASIS_DEED ? &why.deed : NULL);
	(void)term_text(o->out, strbuf_slice(&text));
	strbuf_done(&text);
	if (r->smtp_code > 0) {
		strbuf_printf(o->out, " (%lld%s", (long long)r->smtp_code, r->dsn.n ? " " : "");
		(void)term_text(o->out, r->dsn);
		strbuf_add_byte(o->out, ')');
	}
	trace_end_line(o);
	trace_lines(o, item);
}

void trace_login_brief(struct trace_view *v, const struct trace_item *item)
{
	const struct login *l = item->login;
	const struct trace_out *o = v->o;

	begin(v, l->time_us, l->utc_offset_sec, l->success ? TERM_GOOD : TERM_BAD,
	      slice_str(l->success ? tr("trace.brief.login-ok", "logged in") : tr("trace.brief.login-failed", "failed")), l->server);
	(void)term_cell(o->out, o->term, TERM_PLAIN, l->service.p ? l->service : SLICE("-"), 0);
	strbuf_add_str(o->out, "  ");
	(void)term_cell(o->out, o->term, TERM_NAME, l->user.p ? l->user : slice_str(tr("trace.login.nobody", "(user not named)")), 0);
	strbuf_add_str(o->out, "  ");
	trace_host(o->out, l->client_host, l->client_ip);
	if (l->reason.n) {
		strbuf_add_str(o->out, "  ");
		(void)term_text(o->out, l->reason);
	}
	if (l->attempts > 1)
		strbuf_printf(o->out, ", %lld %s", (long long)l->attempts, tr("trace.login.attempts", "attempts"));
	trace_end_line(o);
	trace_lines(o, item);
}

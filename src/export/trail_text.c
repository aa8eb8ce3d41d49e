/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail_text.c - trails for people: a tree, one line per hop
 *
 *     2026-11-21 09:12:01  mx1  4A1B2C3D4E  from out.example.net [192.0.2.9], 2.1 s
 *     `- 09:12:03  mx2  1rJkXm-0003kl-Qp  handed over, 1.0 s
 *        |- delivered   bob@example.com  INBOX
 *        `- relayed     eve@example.org  mx.example.org [198.51.100.7], there as 9F2C
 *
 * Names come from logs: all go through term_text().  A loop of forwards is as deep as it likes, so depth and lines are bounded.
 */
#include "export/trail_text.h"

#include "base/attr.h"
#include "base/tr.h"
#include "export/trace_mailbox.h"

#define HOPS_SHOWN   100 /* of one tree */
#define DEPTH_SHOWN  30
#define ENDS_SHOWN   20 /* recipients that ended in one hop */
#define SLOW_US      (5 * USEC_PER_SEC) /* less is not worth a sentence */
#define SKEW_US      (2 * USEC_PER_SEC) /* stamps are cut to seconds, lines are late */
#define REASON_BYTES 300

static const char *const STEM[2][4] = {
	/* more to come, last one, line that goes on, nothing */
	{ "|- ", "`- ", "|  ", "   " },
	{ "\u251c\u2500 ", "\u2514\u2500 ", "\u2502  ", "   " },
};
enum { STEM_BRANCH, STEM_LAST, STEM_LINE, STEM_NONE };

/* a sentence with its values made safe */
static void say(struct strbuf *out, const char *text, const struct tr_value *values, size_t n)
{
	struct strbuf safe[4] = { 0 };
	struct tr_value put[ARRAY_LEN(safe)];

	n = n < ARRAY_LEN(put) ? n : ARRAY_LEN(put);
	for (size_t i = 0; i < n; i++) {
		(void)term_text(&safe[i], values[i].value);
		put[i] = (struct tr_value){ values[i].name, strbuf_slice(&safe[i]) };
	}
	tr_fill(out, text, put, n);
	for (size_t i = 0; i < n; i++)
		strbuf_done(&safe[i]);
}

/* "name [192.0.2.1]", to be made safe */
static struct slice host_words(struct strbuf *sb, struct slice name, struct slice ip)
{
	strbuf_add(sb, name);
	if (ip.n && !slice_eq(name, ip)) {
		strbuf_add_str(sb, name.n ? " [" : "[");
		strbuf_add(sb, ip);
		strbuf_add_byte(sb, ']');
	}
	return strbuf_slice(sb);
}

static struct slice span_words(struct strbuf *sb, usec_t us)
{
	term_span(sb, us);
	return strbuf_slice(sb);
}

/* --- times -------------------------------------------------------------------------------------------- */

enum { DATE_BYTES = 10 }; /* of "2026-11-21 09:12:01" */

static usec_t time_of(const struct hop *h)
{
	if (h->kind == HOP_GAP)
		return h->sent_us;
	if (h->arrived_us != USEC_NONE)
		return h->arrived_us;
	return h->message ? h->message->first_us : USEC_NONE;
}

/* with the date only where it is another one than above */
static void put_time(struct strbuf *out, usec_t t, int32_t offset_sec, usec_t above)
{
	struct strbuf now = { 0 }, before = { 0 };

	answer_time(&now, t, offset_sec);
	answer_time(&before, above, offset_sec);
	if (now.n > DATE_BYTES && before.n > DATE_BYTES && memcmp(now.p, before.p, DATE_BYTES) == 0)
		strbuf_add(out, slice_from(strbuf_slice(&now), DATE_BYTES + 1));
	else
		strbuf_add(out, strbuf_slice(&now));
	strbuf_done(&now);
	strbuf_done(&before);
}

/* --- branches ----------------------------------------------------------------------------------------- */

static size_t depth_of(const struct hop *h)
{
	size_t n = 0;

	while ((h = h->parent) != NULL)
		n++;
	return n;
}

static void put_stem(const struct trace_out *o, int which)
{
	strbuf_add_str(o->out, STEM[o->term->utf8][which]);
}

/* the lines of the hops above that go on below; depth: of h */
static void put_stems(const struct trace_out *o, const struct hop *h, size_t depth)
{
	const struct hop *above[DEPTH_SHOWN + 1];

	for (size_t i = depth; i > 0; i--, h = h->parent)
		above[i] = h;
	for (size_t i = 1; i <= depth; i++)
		put_stem(o, above[i]->next_sibling ? STEM_LINE : STEM_NONE);
}

/* --- one hop ------------------------------------------------------------------------------------------ */

/* how it came from the hop above */
static const char *relation_words(const struct hop *h)
{
	switch (h->relation) {
	case RELATION_BOUNCE:
		return tr("trace.trail.bounce", "bounce");
	case RELATION_DELAY_NOTICE:
		return tr("trace.trail.delay-notice", "delay warning");
	case RELATION_SUCCESS_NOTICE:
		return tr("trace.trail.success-notice", "success report");
	case RELATION_POSTMASTER_NOTICE:
		return tr("trace.trail.postmaster-notice", "notice to the postmaster");
	case RELATION_FORWARD:
		return tr("trace.trail.forward", "forwarded");
	case RELATION_FILTER:
		return tr("trace.trail.filter", "back from the filter");
	case RELATION_REQUEUE:
		return tr("trace.trail.requeue", "queued anew");
	default:
		return h->kind == HOP_MAILBOX ? tr("trace.trail.mailbox", "into the mailbox") :
						tr("trace.trail.handoff", "handed over");
	}
}

static void put_origin(struct strbuf *out, const struct message *m)
{
	struct strbuf host = { 0 };
	struct tr_value values[] = { { "client", host_words(&host, m->client_host, m->client_ip) }, { "user", m->user } };

	if (m->submitted_locally)
		strbuf_add_str(out, tr("trace.trail.local", "submitted here"));
	else if (m->user.n)
		say(out, host.n ? tr("trace.trail.from-user", "from {client}, logged in as {user}") :
				  tr("trace.trail.user", "logged in as {user}"), values, ARRAY_LEN(values));
	else if (host.n)
		say(out, tr("trace.trail.from", "from {client}"), values, ARRAY_LEN(values));
	else if (m->role == ROLE_NOTIFICATION)
		strbuf_add_str(out, tr("trace.trail.made-here", "made here"));
	else
		strbuf_add_str(out, tr("trace.trail.begin-unknown", "where it came from is not in the logs"));
	strbuf_done(&host);
}

static void put_spent(struct strbuf *out, const struct hop *h)
{
	struct strbuf span = { 0 };
	const struct tr_value value = { "time", span_words(&span, h->spent_us) };

	if (h->kind == HOP_MESSAGE && h->handed_over_us == USEC_NONE && h->message->recipients) {
		strbuf_add_str(out, ", ");
		say(out, h->spent_us > 0 ? tr("trace.trail.open-after", "not through with it after {time}") :
					   tr("trace.trail.open", "not through with it"), &value, 1);
	} else if (h->kind == HOP_MESSAGE && h->spent_us >= 0) {
		strbuf_add_str(out, ", ");
		strbuf_add(out, value.value);
	}
	strbuf_done(&span);
}

static usec_t magnitude(usec_t us)
{
	return us < 0 ? -us : us;
}

/* The next server had it when the first one was told so: what is between is their clocks. */
static void put_skew(struct strbuf *out, const struct hop *h)
{
	struct strbuf span = { 0 };
	usec_t allowed = SKEW_US;
	struct tr_value value;

	if (h->relation != RELATION_HANDOFF || h->between_us == USEC_NONE || !h->parent || h->parent->kind != HOP_MESSAGE ||
	    slice_eq(h->parent->server, h->server))
		return;
	if (h->parent->stages_us[STAGE_TRANSMIT] > 0 && h->between_us < 0)
		allowed += h->parent->stages_us[STAGE_TRANSMIT];
	if (magnitude(h->between_us) <= allowed)
		return;
	value = (struct tr_value){ "time", span_words(&span, magnitude(h->between_us)) };
	strbuf_add_str(out, ", ");
	say(out, h->between_us < 0 ? tr("trace.trail.clock-behind", "its clock is {time} behind") :
				     tr("trace.trail.clock-ahead", "its clock is {time} ahead"), &value, 1);
	strbuf_done(&span);
}

static const char *log_words(const struct hop *gap)
{
	if (gap->owner == OWNER_UNKNOWN)
		return tr("trace.trail.gap-unknown", "no log of that server was read (if it is not yours, its postmaster can tell)");
	switch (gap->log) {
	case HOP_LOG_ENDS_BEFORE:
		return tr("trace.trail.gap-ends", "the log of that server ends before that time");
	case HOP_LOG_BEGINS_AFTER:
		return tr("trace.trail.gap-begins", "the log of that server begins after that time");
	case HOP_LOG_NO_LINE:
		return tr("trace.trail.gap-no-line", "the log of that server has no line about it");
	default:
		return tr("trace.trail.gap-not-read", "no log of that server was read");
	}
}

static void gap_words(struct strbuf *out, const struct hop *gap, bool with_time)
{
	struct strbuf host = { 0 }, at = { 0 };
	struct tr_value values[] = {
		{ "host", host_words(&host, gap->server, gap->ip) },
		{ "id", gap->queue_id },
		{ "time", SLICE_NONE },
	};

	answer_time(&at, gap->sent_us, gap->utc_offset_sec);
	values[2].value = strbuf_slice(&at);
	if (!gap->parent)
		say(out, tr("trace.trail.gap-from", "came from {host}"), values, ARRAY_LEN(values));
	else if (gap->queue_id.n)
		say(out, tr("trace.trail.gap-to-id", "handed to {host} as {id}"), values, ARRAY_LEN(values));
	else
		say(out, tr("trace.trail.gap-to", "handed to {host}"), values, ARRAY_LEN(values));
	if (with_time && gap->sent_us != USEC_NONE)
		say(out, tr("trace.trail.gap-at", " at {time}"), values, ARRAY_LEN(values));
	strbuf_add_str(out, "; ");
	strbuf_add_str(out, log_words(gap));
	strbuf_done(&host);
	strbuf_done(&at);
}

void trail_text_gap(struct strbuf *out, const struct hop *gap)
{
	gap_words(out, gap, true);
}

static void put_hop(const struct trace_out *o, const struct hop *h)
{
	struct strbuf *out = o->out;
	usec_t above = h->parent ? time_of(h->parent) : USEC_NONE;

	if (time_of(h) != USEC_NONE) {
		put_time(out, time_of(h), h->utc_offset_sec, above);
		strbuf_add_str(out, "  ");
	}
	if (h->kind == HOP_GAP) {
		term_begin(out, o->term, TERM_WARN);
		gap_words(out, h, false);
		term_end(out, o->term, TERM_WARN);
		strbuf_add_byte(out, '\n');
		return;
	}
	(void)term_text(out, h->server);
	if (h->host.n) {
		strbuf_add_str(out, " (");
		(void)term_text(out, h->host);
		strbuf_add_byte(out, ')');
	}
	strbuf_add_str(out, "  ");
	(void)term_cell(out, o->term, TERM_NAME, h->queue_id.n ? h->queue_id : SLICE("-"), 0);
	strbuf_add_str(out, "  ");
	if (h->parent)
		strbuf_add_str(out, relation_words(h));
	else if (h->message)
		put_origin(out, h->message);
	put_spent(out, h);
	put_skew(out, h);
	strbuf_add_byte(out, '\n');
}

/* --- where recipients ended --------------------------------------------------------------------------- */

static void put_end_words(struct strbuf *out, const struct hop_end *e)
{
	const struct attempt *a = e->recipient->deciding;
	struct strbuf host = { 0 };
	struct tr_value values[2] = { { "host", SLICE_NONE }, { "id", SLICE_NONE } };

	if (e->mailbox && slice_is(e->mailbox->action, "store") && e->mailbox->folder.n) {
		values[0] = (struct tr_value){ "folder", e->mailbox->folder };
		say(out, tr("trace.trail.end-folder", "  in {folder}"), values, 1);
	} else if (a && (a->relay_host.n || a->relay_ip.n)) {
		values[0].value = host_words(&host, a->relay_host, a->relay_ip);
		values[1].value = a->next_queue_id;
		say(out, a->outcome == OUTCOME_DELIVERED && !a->relay_ip.n ? tr("trace.trail.end-by", "  by {host}") :
			 a->outcome != OUTCOME_RELAYED ? tr("trace.trail.end-at", "  at {host}") :
			 a->next_queue_id.n	       ? tr("trace.trail.end-id", "  to {host}, there it is {id}") :
							 tr("trace.trail.end-to", "  to {host}"), values, 2);
	}
	strbuf_done(&host);
}

static void put_end(const struct trace_out *o, const struct hop_end *e, bool in_gap)
{
	const struct recipient *r = e->recipient;

	(void)term_cell(o->out, o->term, trace_outcome_style(r->outcome), slice_str(outcome_name(r->outcome)), 10);
	strbuf_add_str(o->out, "  ");
	if (r->address.n || r->orig_address.n)
		(void)term_text(o->out, r->address.n ? r->address : r->orig_address);
	else
		strbuf_add_str(o->out, tr("trace.trail.not-named", "(not named)"));
	if (!in_gap)
		put_end_words(o->out, e);
	strbuf_add_byte(o->out, '\n');
}

/* "480 more: 470 relayed, 10 bounced" */
static void put_more(const struct trace_out *o, const uint64_t counts[OUTCOME_COUNT], uint64_t n)
{
	const char *before = ": ";

	term_count(o->out, n);
	strbuf_add_str(o->out, tr("trace.trail.more-recipients", " more"));
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (counts[i]) {
			strbuf_add_str(o->out, before);
			term_count(o->out, counts[i]);
			strbuf_printf(o->out, " %s", outcome_name((enum outcome)i));
			before = ", ";
		}
	strbuf_add_byte(o->out, '\n');
}

static void put_ends(const struct trace_out *o, const struct hop *h, size_t depth, const struct hop_end *ends, size_t n_ends,
		     const struct hop *next)
{
	uint64_t counts[OUTCOME_COUNT] = { 0 };
	size_t n = 0, shown = 0;

	for (size_t i = 0; i < n_ends; i++)
		n += ends[i].next == next;
	for (size_t i = 0; i < n_ends; i++) {
		if (ends[i].next != next)
			continue;
		if (shown >= ENDS_SHOWN) {
			counts[ends[i].recipient->outcome]++;
			continue;
		}
		put_stems(o, h, depth);
		put_stem(o, ++shown == n && !h->first_child ? STEM_LAST : STEM_BRANCH);
		put_end(o, &ends[i], h->kind == HOP_GAP);
	}
	if (n <= shown)
		return;
	put_stems(o, h, depth);
	put_stem(o, h->first_child ? STEM_BRANCH : STEM_LAST);
	put_more(o, counts, n - shown);
}

/* behind a gap: what the mailbox server tells, which knows no recipient but the owner */
static void put_mailbox_end(const struct trace_out *o, const struct hop *h, size_t depth)
{
	put_stems(o, h, depth);
	put_stem(o, h->first_child ? STEM_BRANCH : STEM_LAST);
	mailbox_line(o, h->mailbox);
	strbuf_add_byte(o->out, '\n');
}

const struct hop *trail_end_unknown(const struct trail *t)
{
	return t->n_hops == 2 && t->hops[1]->kind == HOP_GAP && t->hops[1]->owner == OWNER_UNKNOWN ? t->hops[1] : NULL;
}

/* --- the whole ---------------------------------------------------------------------------------------- */

bool trail_has_tree(const struct trail *t)
{
	return t->n_hops > 2 || (t->n_hops == 2 && !trail_end_unknown(t));
}

bool trail_shows(const struct trail *t, const struct message_link *l)
{
	for (size_t i = 0; t && i < t->n_hops; i++)
		if (t->hops[i]->kind == HOP_MESSAGE && slice_eq(t->hops[i]->queue_id, l->queue_id) &&
		    slice_eq(t->hops[i]->server, l->server))
			return true;
	return false;
}

static void put_head(const struct trace_out *o, const struct trail *t)
{
	struct strbuf span = { 0 }, count = { 0 };
	struct tr_value values[2];

	term_count(&count, t->n_servers);
	values[0] = (struct tr_value){ "n", strbuf_slice(&count) };
	values[1] = (struct tr_value){ "time", span_words(&span, t->spent_us) };
	term_begin(o->out, o->term, TERM_HEADING);
	if (t->n_servers > 1)
		say(o->out, tr("trace.trail.head-servers", "The way of this mail, over {n} servers"), values, 1);
	else
		strbuf_add_str(o->out, tr("trace.trail.head", "The way of this mail"));
	if (span.n && !t->open)
		say(o->out, tr("trace.trail.head-time", ", {time}"), values, 2);
	term_end(o->out, o->term, TERM_HEADING);
	strbuf_add_byte(o->out, '\n');
	strbuf_done(&span);
	strbuf_done(&count);
}

void trail_text(const struct trace_out *o, const struct trail *t)
{
	uint64_t left_out = t->more_hops;
	size_t shown = 0;

	put_head(o, t);
	for (size_t i = 0; i < t->n_hops; i++) {
		const struct hop *h = t->hops[i];
		size_t depth = depth_of(h);

		if (shown == HOPS_SHOWN || depth > DEPTH_SHOWN) {
			left_out++;
			continue;
		}
		shown++;
		if (depth) {
			put_stems(o, h->parent, depth - 1);
			put_stem(o, h->next_sibling ? STEM_BRANCH : STEM_LAST);
		}
		put_hop(o, h);
		if (h->kind == HOP_MESSAGE)
			put_ends(o, h, depth, h->ends, h->n_ends, NULL);
		else if (h->parent && h->parent->kind == HOP_MESSAGE)
			put_ends(o, h, depth, h->parent->ends, h->parent->n_ends, h);
		else if (h->mailbox)
			put_mailbox_end(o, h, depth);
	}
	if (left_out) {
		term_count(o->out, left_out);
		strbuf_add_str(o->out, tr("trace.trail.more-hops", " further hops are not shown"));
		strbuf_add_byte(o->out, '\n');
	}
	if (trail_text_slowest(o, t, 0))
		strbuf_add_byte(o->out, '\n');
}

/* --- where the time went ------------------------------------------------------------------------------ */

static const char *slowest_words(enum hop_stage stage)
{
	switch (stage) {
	case STAGE_RECEIVE:
		return tr("trace.trail.slow-receive", "{part} of {whole} passed while {server} took it in");
	case STAGE_DEFERRED:
		return tr("trace.trail.slow-deferred", "{part} of {whole} were spent waiting in the queue of {server}");
	case STAGE_QUEUE:
		return tr("trace.trail.slow-queue", "{part} of {whole} were spent in the queue of {server}");
	case STAGE_CONNECT:
		return tr("trace.trail.slow-connect", "{part} of {whole} went into the connection from {server} to {host}");
	case STAGE_TRANSMIT:
		return tr("trace.trail.slow-transmit", "{part} of {whole} went into handing it over from {server} to {host}");
	case STAGE_BETWEEN:
		return tr("trace.trail.slow-between", "{part} of {whole} passed before it came back to {server}");
	default:
		return tr("trace.trail.slow-whole", "{part} of {whole} were spent at {server}");
	}
}

static void put_reason(struct strbuf *out, const struct trail *t)
{
	const struct attempt *a = t->slowest->first_put_off;
	struct strbuf reply = { 0 };
	struct tr_value value;

	if (t->slowest_stage != STAGE_DEFERRED || !a || !a->reply.n)
		return;
	term_one_line(&reply, a->reply);
	value = (struct tr_value){ "reply", slice_head(strbuf_slice(&reply), REASON_BYTES) };
	tr_fill(out, reply.n > REASON_BYTES ? tr("trace.trail.slow-reason-cut", " (the first try was put off: {reply}...)") :
					      tr("trace.trail.slow-reason", " (the first try was put off: {reply})"), &value, 1);
	strbuf_done(&reply);
}

bool trail_text_slowest(const struct trace_out *o, const struct trail *t, size_t indent)
{
	struct strbuf text = { 0 }, part = { 0 }, whole = { 0 }, host = { 0 };
	struct tr_value values[4];
	const struct attempt *a;

	if (!t->slowest || t->slowest_us < SLOW_US)
		return false;
	a = t->slowest->last;
	values[0] = (struct tr_value){ "part", span_words(&part, t->slowest_us) };
	values[1] = (struct tr_value){ "whole", span_words(&whole, t->spent_us) };
	values[2] = (struct tr_value){ "server", t->slowest->server };
	values[3] = (struct tr_value){ "host", SLICE_NONE };
	if (a)
		values[3].value = a->relay_host.n || a->relay_ip.n ? host_words(&host, a->relay_host, a->relay_ip) : a->transport;
	if (!values[3].value.n)
		values[3].value = slice_str(tr("trace.trail.slow-next", "the next one"));
	tr_fill(&text, slowest_words(t->slowest_stage), values, ARRAY_LEN(values));
	put_reason(&text, t);
	term_begin(o->out, o->term, TERM_WARN);
	(void)term_wrapped(o->out, o->term, indent, indent, strbuf_slice(&text));
	term_end(o->out, o->term, TERM_WARN);
	strbuf_done(&text);
	strbuf_done(&part);
	strbuf_done(&whole);
	strbuf_done(&host);
	return true;
}

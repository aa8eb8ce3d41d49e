/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_line.c - a record: its envelope, then its text with the glossaries of its writer, then what it says as a whole
 */
#include "base/ascii.h"
#include "base/attr.h"
#include "base/cursor.h"
#include "diagnose/explain_priv.h"
#include "event/columns.h"
#include "event/queue_id.h"

static const enum gloss_scope EXIM_ARRIVAL_SCOPES[] = { SCOPE_EXIM_FLAG, SCOPE_EXIM_ARRIVAL };
static const enum gloss_scope EXIM_DELIVERY_SCOPES[] = { SCOPE_EXIM_FLAG, SCOPE_EXIM_DELIVERY };
/* one try at one host */
static const enum gloss_scope EXIM_REMOTE_SCOPES[] = { SCOPE_EXIM_FLAG, SCOPE_EXIM_DELIVERY, SCOPE_EXIM_WORD };
static const enum gloss_scope EXIM_OTHER_SCOPES[] = { SCOPE_EXIM_FLAG, SCOPE_EXIM_SESSION, SCOPE_EXIM_WORD };
static const enum gloss_scope POSTFIX_SCOPES[] = { SCOPE_POSTFIX_FIELD, SCOPE_POSTFIX_WORD };
static const enum gloss_scope DOVECOT_SCOPES[] = { SCOPE_DOVECOT_SERVICE, SCOPE_DOVECOT_FIELD, SCOPE_DOVECOT_WORD };
static const enum gloss_scope SENDMAIL_SCOPES[] = { SCOPE_SENDMAIL_FIELD, SCOPE_SENDMAIL_WORD };
static const enum gloss_scope SMARTERMAIL_SCOPES[] = { SCOPE_SMARTERMAIL_WORD, SCOPE_SMTP_COMMAND };
static const enum gloss_scope FILTER_SCOPES[] = { SCOPE_FILTER_FIELD, SCOPE_FILTER_WORD };

struct scopes {
	const enum gloss_scope *list;
	size_t n;
};

#define SCOPES(list) ((struct scopes){ list, ARRAY_LEN(list) })

/* a line that no rule knows: its flag tells */
static struct scopes exim_scopes_by_flag(struct slice text)
{
	size_t id = queue_id_exim_prefix(text);
	struct slice rest = slice_trim(slice_from(text, id));

	if (slice_starts(rest, "<=") || slice_starts(rest, "(="))
		return SCOPES(EXIM_ARRIVAL_SCOPES);
	if (slice_starts(rest, "=>") || slice_starts(rest, "->") || slice_starts(rest, "**") || slice_starts(rest, "=="))
		return SCOPES(EXIM_DELIVERY_SCOPES);
	return SCOPES(EXIM_OTHER_SCOPES);
}

static struct scopes exim_scopes(const struct line *l, const struct event *e)
{
	if (e->kind == EV_OTHER || e->kind == EV_MALFORMED)
		return exim_scopes_by_flag(l->text);
	if (e->kind == EV_ACCEPT)
		return SCOPES(EXIM_ARRIVAL_SCOPES);
	if (e->kind == EV_ATTEMPT)
		return SCOPES(EXIM_DELIVERY_SCOPES);
	return e->relay_host.n || e->relay_ip.n ? SCOPES(EXIM_REMOTE_SCOPES) : SCOPES(EXIM_OTHER_SCOPES);
}

static struct scopes scopes_of(const struct line *l, const struct event *e)
{
	switch (e->writer) {
	case WRITER_EXIM:
		return exim_scopes(l, e);
	case WRITER_POSTFIX:
		return SCOPES(POSTFIX_SCOPES);
	case WRITER_DOVECOT:
		return SCOPES(DOVECOT_SCOPES);
	case WRITER_SENDMAIL:
		return SCOPES(SENDMAIL_SCOPES);
	case WRITER_SMARTERMAIL:
		return SCOPES(SMARTERMAIL_SCOPES);
	default:
		return SCOPES(FILTER_SCOPES);
	}
}

/* --- the envelope ------------------------------------------------------------------------------------ */

static void add_envelope(struct explanation *x, const char *form, struct slice text, const struct strbuf *more)
{
	const struct gloss *g = gloss_find(SCOPE_ENVELOPE, slice_str(form));
	struct explain_part *p;

	text = slice_trim(text);
	if (!text.n || !g)
		return;
	p = explain_add(x, text);
	if (!p)
		return;
	p->name = slice_str(explain_words(x, g->name));
	p->meaning = more && more->n ? explain_keep(x, more) : slice_str(explain_words(x, g->meaning));
}

/* "[123]" or "#123" at its end: the process; returns what stands before */
static struct slice without_pid(struct slice stamp)
{
	struct slice s = slice_trim(stamp);
	size_t n = s.n;

	n -= n && s.p[n - 1] == ']';
	while (n && ascii_digit(s.p[n - 1]))
		n--;
	if (n < 2 || n + 1 >= s.n || (s.p[n - 1] != '#' && !(s.p[n - 1] == '[' && s.p[s.n - 1] == ']')) || s.p[n - 2] != ' ')
		return stamp;
	return slice_head(s, n - 1);
}

static void add_time(struct explanation *x, const struct line *l, struct slice text)
{
	struct slice stamp = without_pid(text);
	struct strbuf more = { 0 };
	int32_t offset = l->utc_offset_sec < 0 ? -l->utc_offset_sec : l->utc_offset_sec;

	if (l->time_us != USEC_NONE && !(l->flags & LINE_TIME_CARRIED)) {
		explain_clock(x, &more, l->time_us, l->utc_offset_sec);
		if (l->flags & LINE_ZONE_GUESSED)
			strbuf_add_str(&more, explain_words(x, TR_KEY("explain.time.zone", " by the clock of the machine that wrote it")));
		else if (l->utc_offset_sec == 0)
			strbuf_add_str(&more, " UTC");
		else
			strbuf_printf(&more, " UTC%c%02d:%02d", l->utc_offset_sec < 0 ? '-' : '+', (int)(offset / 3600),
				      (int)(offset / 60 % 60));
		if (l->flags & LINE_YEAR_GUESSED) {
			strbuf_add_str(&more, "; ");
			strbuf_add_str(&more, explain_words(x, TR_KEY("explain.time.year", "the line names no year: the latest that fits")));
		}
	}
	add_envelope(x, "time", stamp, &more);
	add_envelope(x, "pid", slice_from(text, (size_t)(stamp.p - text.p) + stamp.n), NULL);
	strbuf_done(&more);
}

/* "postfix/smtpd[123]:", "exim[42]:" */
static void add_program(struct explanation *x, struct slice tag)
{
	static const enum gloss_scope DAEMONS[] = { SCOPE_POSTFIX_DAEMON };
	struct strbuf more = { 0 };
	size_t open = slice_find_byte(tag, '['), slash = slice_rfind_byte(slice_head(tag, open), '/');
	struct slice name = slice_head(tag, open);
	const struct gloss *g;

	while (name.n && (name.p[name.n - 1] == ':' || name.p[name.n - 1] == ' '))
		name.n--;
	if (slash < name.n) {
		struct slice last = slice_from(name, slash + 1);

		g = gloss_find(DAEMONS[0], last);
		if (g) {
			struct tr_value v[] = { { "daemon", last }, { "what", slice_str(explain_words(x, g->meaning)) } };

			tr_fill(&more, explain_words(x, TR_KEY("explain.postfix_daemon", "Postfix's {daemon}: {what}")), v, ARRAY_LEN(v));
		}
	} else {
		g = gloss_find(SCOPE_PROGRAM, name);
		if (g)
			strbuf_add_str(&more, explain_words(x, g->meaning));
	}
	if (open == tag.n)
		open = name.n = tag.n;
	add_envelope(x, "program", slice_head(tag, name.n), &more);
	add_envelope(x, "pid", slice_from(tag, name.n), NULL);
	strbuf_done(&more);
}

static bool lies_in(struct slice outer, struct slice s)
{
	uintptr_t begin = (uintptr_t)outer.p, at = (uintptr_t)s.p;

	return s.p && outer.p && at >= begin && at + s.n <= begin + outer.n;
}

/* Where a name stands in the head of the record: names may be kept elsewhere; at the end: nowhere. */
static size_t find_name(struct slice head, struct slice name)
{
	if (!name.n)
		return head.n;
	if (lies_in(head, name))
		return (size_t)(name.p - head.p);
	return slice_find(head, name);
}

/* the syslog priority of RFC 5424 in front of it: "<22>1 " */
static struct slice take_priority(struct explanation *x, struct slice head)
{
	struct cur c = cur_of(head), begin = c;
	uint64_t n;

	if (!cur_byte(&c, '<') || !cur_u64(&c, 191, &n) || !cur_byte(&c, '>'))
		return head;
	(void)cur_lit(&c, "1 ");
	add_envelope(x, "priority", slice_between(begin.p, c.p), NULL);
	return cur_rest(&c);
}

/* what stands in front of the text */
static void add_head(struct explanation *x, const struct line *l, struct slice head)
{
	size_t host, program, end;

	head = take_priority(x, head);
	host = find_name(head, l->host);
	if (host < head.n) {
		add_time(x, l, slice_head(head, host));
		head = slice_from(head, host);
		program = l->host.n;
		add_envelope(x, "host", slice_head(head, program), NULL);
		head = slice_from(head, program);
		program = find_name(head, l->program);
	} else {
		program = find_name(head, l->program);
		add_time(x, l, slice_head(head, program));
		if (program == head.n)
			return;
		head = slice_from(head, program);
		program = 0;
	}
	if (program >= head.n) {
		add_envelope(x, "structured data", head, NULL);
		return;
	}
	add_envelope(x, "structured data", slice_head(head, program), NULL);
	head = slice_from(head, program);
	end = l->program.n;
	if (end < head.n && head.p[end] == '[')
		end += slice_find_byte(slice_from(head, end), ']') + 1;
	if (end < head.n && head.p[end] == ':')
		end++;
	if (end > head.n)
		end = head.n;
	add_program(x, slice_head(head, end));
	add_envelope(x, "structured data", slice_from(head, end), NULL);
}

/* --- records in JSON --------------------------------------------------------------------------------- */

/* past a JSON text, or a value without blanks or braces inside */
static void pass_value(struct cur *c)
{
	int depth = 0;

	if (cur_byte(c, '"')) {
		while (!cur_at_end(c) && *c->p != '"')
			c->p += *c->p == '\\' && c->p + 1 < c->end ? 2 : 1;
		(void)cur_byte(c, '"');
		return;
	}
	for (; !cur_at_end(c); c->p++) {
		depth += (*c->p == '[' || *c->p == '{') - (*c->p == ']' || *c->p == '}');
		if (depth < 0 || (depth == 0 && *c->p == ','))
			return;
	}
}

/* The members of the record around the text; the text's own parts follow. */
static void add_members(struct explanation *x, struct slice record)
{
	static const struct slice TEXTS[] = { LIT("MESSAGE"), LIT("log"), LIT("message"), LIT("msg") };
	struct cur c = cur_of(record);

	(void)cur_byte(&c, '{');
	while (!cur_at_end(&c) && x->n_parts < EXPLAIN_PARTS_MAX) {
		struct cur key;
		struct slice name;
		bool text = false;
		const struct gloss *g;

		while (cur_byte(&c, ' ') || cur_byte(&c, ','))
			;
		key = c;
		pass_value(&c);
		name = slice_between(key.p + (key.p < c.p), c.p - (c.p > key.p + 1));
		if (!cur_byte(&c, ':') || !name.n)
			return;
		while (cur_byte(&c, ' '))
			;
		pass_value(&c);
		for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++)
			text = text || slice_eq(TEXTS[i], name);
		g = gloss_find(SCOPE_RECORD_MEMBER, name);
		if (g)
			explain_add_gloss(x, slice_between(key.p, c.p), g, SLICE_NONE);
		else if (!text)
			add_envelope(x, "json", slice_between(key.p, c.p), NULL);
	}
}

/* --- the whole --------------------------------------------------------------------------------------- */

/* The verdict on a recipient of whom no more is known than this line. */
static void judge_attempt(struct explanation *x, const struct diagnoser *d, const struct event *e)
{
	struct attempt a = {
		.time_us = USEC_NONE,
		.outcome = e->outcome,
		.tried = !(e->marks & MARK_NO_ATTEMPT),
		.relay_host = e->relay_host,
		.relay_ip = e->relay_ip,
		.relay_port = e->relay_port,
		.smtp_code = e->smtp_code,
		.dsn = e->dsn,
		.reply = e->reply.p ? e->reply : e->reason,
		.transport = e->transport,
		.router = e->router,
		.delay_us = -1,
	};
	struct recipient r = {
		.address = e->recipient.p ? e->recipient : e->recipients,
		.orig_address = e->orig_recipient,
		.outcome = e->outcome,
		.local = (e->marks & MARK_LOCAL) != 0,
		.n_attempts = 1,
		.attempts = &a,
		.deciding = &a,
	};
	struct message m = {
		.writer = e->writer,
		.queue_id = e->queue_id,
		.sender = e->sender,
		.client_ip = e->client_ip,
		.n_recipients = 1,
		.recipients = &r,
		.size_bytes = -1,
		.recipient_count = -1,
	};
	struct recipient_verdict v;

	verdict_recipient(d, &m, &r, &v);
	x->failed = v.failed;
	x->verdict = (struct other_verdict){ v.cause, v.complaint, v.deed };
}

/* May the words of such a line be those of a failure? */
static bool may_complain(const struct event *e)
{
	switch (e->kind) {
	case EV_REJECT:
	case EV_HOLD:
	case EV_NOTICE:
	case EV_VERDICT:
	case EV_MAILBOX:
	case EV_DISCONNECT:
		return true;
	case EV_AUTH:
	case EV_TLS:
		return e->success == 0;
	default:
		return false;
	}
}

/* by words that not everybody uses */
static bool is_special(const struct cause *c)
{
	return c->basis == BASIS_TEXT && (c->of_site || !slice_starts(c->id, "generic-"));
}

/* Rules know whole lines of mail programs, too: a cause that only such words have. */
static void judge_words(struct explanation *x, const struct diagnoser *d, const struct line *l, const struct event *e)
{
	const struct complaint c = {
		.reply = l->time_us == USEC_NONE ? l->raw : l->text, /* with the program's name, if that is all that stands there */
		.smtp_code = -1,
		.said_by = e->kind == EV_REJECT || e->kind == EV_AUTH || e->kind == EV_TLS ? SAID_BY_US : SAID_BY_UNKNOWN,
		.recipient = e->recipient,
		.sender = e->sender,
		.ip = e->client_ip,
	};
	struct other_verdict v = { .complaint = c };

	if ((x->failed && is_special(&x->verdict.cause)) || !may_complain(e))
		return;
	diagnose(d, &c, &v.cause);
	if (!is_special(&v.cause))
		return;
	x->failed = true;
	x->verdict = v;
}

static void judge(struct explanation *x, const struct diagnoser *d, const struct event *e)
{
	struct rejection r;

	const struct login l = { .writer = e->writer, .user = e->user, .client_ip = e->client_ip, .reason = e->reason.p ? e->reason : e->reply };
	const struct complaint c = { .reply = e->reply.p ? e->reply : e->reason, .smtp_code = e->smtp_code, .dsn = e->dsn, .host = e->relay_host,
				     .temporary = (e->marks & MARK_TEMPORARY) != 0 };

	if (e->kind == EV_ATTEMPT) {
		judge_attempt(x, d, e);
	} else if (e->kind == EV_REJECT) {
		rejection_of_event(e, &r);
		verdict_rejection(d, &r, &x->verdict);
		x->failed = true;
	} else if (e->kind == EV_AUTH && e->success == 0) {
		verdict_login(d, &l, &x->verdict);
		x->failed = true;
	} else if ((e->kind == EV_TLS && e->success == 0 && c.reply.n) ||
		   (e->kind == EV_NOTICE && e->category == NOTICE_REMOTE && e->reply.n)) {
		verdict_reply(d, &c, &x->verdict);
		x->failed = true;
	}
}

void explain_line(struct explanation *x, const struct diagnoser *d, const struct line *l, const struct event *e)
{
	struct scopes scopes = scopes_of(l, e);
	struct strbuf sentence = { 0 };
	bool inside = lies_in(l->raw, l->text);
	struct slice prefix = slice_head(l->raw, l->flags & LINE_GREP ? l->prefix_bytes : 0);
	struct slice record = slice_from(l->raw, prefix.n);

	x->input = l->raw;
	x->kind = EXPLAIN_LINE;
	x->writer = e->writer;
	x->event = e->kind;
	if (l->envelope == ENVELOPE_EXCHANGE) {
		explain_row(x, l, e);
	} else {
		add_envelope(x, "grep", prefix, NULL);
		if (inside)
			add_head(x, l, slice_between(record.p, l->text.p));
		else
			add_members(x, record);
		explain_walk(x, l->text, scopes.list, scopes.n, e, false);
		if (inside && l->text.p + l->text.n < l->raw.p + l->raw.n)
			add_envelope(x, "stream", slice_between(l->text.p + l->text.n, l->raw.p + l->raw.n), NULL);
	}
	x->queue_id = e->queue_id;
	explain_sentence(x, &sentence, e);
	x->sentence = explain_keep(x, &sentence);
	strbuf_done(&sentence);
	if (d) {
		judge(x, d, e);
		judge_words(x, d, l, e);
	}
}

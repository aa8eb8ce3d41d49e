/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cleanup.c - the cleanup server: message ids, header and body checks, milters at end of message
 *
 * Written by postfix src/cleanup/cleanup_message.c (cleanup_act), cleanup_milter.c, cleanup_envelope.c.
 * Traps: the matched header comes first and may hold anything, " from x[y]; from=<" included; cleanup puts
 * its own text behind the context (smtpd before it), and the texts of milters lack the reply code.
 */
#include "base/ascii.h"
#include "base/attr.h"
#include "parse/postfix/postfix_priv.h"

enum verb { VERB_REJECT, VERB_HOLD, VERB_DISCARD, VERB_ACL, VERB_REWRITE };

static const struct {
	struct slice word;
	enum verb verb;
} VERBS[] = {
#define VERB(word, verb) { { word, sizeof(word) - 1 }, verb }
	VERB("info: ", VERB_ACL),
	VERB("warning: ", VERB_ACL),
	VERB("reject: ", VERB_REJECT),
	VERB("milter-reject: ", VERB_REJECT),
	VERB("discard: ", VERB_DISCARD),
	VERB("milter-discard: ", VERB_DISCARD),
	VERB("hold: ", VERB_HOLD),
	VERB("milter-hold: ", VERB_HOLD),
	VERB("prepend: ", VERB_REWRITE),
	VERB("replace: ", VERB_REWRITE),
	VERB("strip: ", VERB_REWRITE),
	VERB("redirect: ", VERB_ACL),
	VERB("bcc: ", VERB_ACL),
	VERB("filter: ", VERB_ACL),
	VERB("pass: ", VERB_ACL),
	VERB("delay: ", VERB_ACL),
	VERB("milter-header-reject: ", VERB_REJECT),
	VERB("milter-header-discard: ", VERB_DISCARD),
	VERB("milter-header-hold: ", VERB_HOLD),
	VERB("milter-header-warning: ", VERB_ACL),
	VERB("milter-header-warn: ", VERB_ACL),
	VERB("milter-header-info: ", VERB_ACL),
	VERB("milter-header-filter: ", VERB_ACL),
	VERB("milter-header-redirect: ", VERB_ACL),
	VERB("milter-header-bcc: ", VERB_ACL),
	VERB("milter-header-delay: ", VERB_ACL),
	VERB("milter-header-replace: ", VERB_REWRITE),
	VERB("milter-header-prepend: ", VERB_REWRITE),
	VERB("milter-header-add: ", VERB_REWRITE),
	VERB("milter-header-strip: ", VERB_REWRITE),
	VERB("milter-header-ignore: ", VERB_REWRITE),
#undef VERB
};

/* "Subject: text" -> the text */
static bool subject_of(struct slice header, struct slice *ret)
{
	if (header.n < 8 || !slice_eq_fold(slice_head(header, 8), SLICE("Subject:")))
		return false;
	*ret = slice_from(header, 8);
	if (ret->n && ret->p[0] == ' ')
		*ret = slice_from(*ret, 1);
	return true;
}

/* " from ORIGIN" at the end of what stands before the context: name[addr], "local" or "unknown" */
static bool split_origin(struct slice before, struct slice *ret_content, struct event *e)
{
	size_t at = slice_rfind(before, SLICE(" from "));
	struct cur c;

	if (at == before.n)
		return false;
	c = cur_of(slice_from(before, at + 6));
	if (!pf_client(&c, e)) {
		if (cur_lit(&c, "local"))
			e->marks |= MARK_LOCAL;
		else
			(void)cur_lit(&c, "unknown");
	}
	*ret_content = slice_head(before, at);
	return cur_at_end(&c);
}

/* "header 0*200char from ORIGIN; context[: TEXT]", "body ...", "content ...", "mime-error TEXT: CONTENT ..." */
static enum parse_result take_check(struct cur *c, struct event *e, struct slice *ret_subject)
{
	bool header = cur_lit(c, "header ");
	struct pf_context x;
	struct slice content;

	if (!header && !cur_lit(c, "body ") && !cur_lit(c, "content ") && !cur_lit(c, "mime-error "))
		return PARSE_NOT_MINE;
	if (!pf_context(cur_rest(c), PF_TAIL_TEXT, &x) || !split_origin(x.before, &content, e)) {
		/* smtp_header_checks have no context, and a long line is cut */
		e->reason = cur_rest(c);
		return header || e->reason.n ? PARSE_OK : PARSE_BAD;
	}
	pf_context_to_event(&x, e);
	if (slice_is(e->recipient, "unknown")) /* none yet */
		e->recipient = SLICE_NONE;
	e->reply = x.after;
	e->reason = content;
	if (header)
		(void)subject_of(content, ret_subject);
	return PARSE_OK;
}

/* "END-OF-MESSAGE from name[addr]: TEXT; context" */
static enum parse_result take_milter(struct cur *c, struct event *e)
{
	struct pf_context x;
	const char *p = c->p;
	struct slice stage;

	while (c->p < c->end && (ascii_upper(*c->p) || *c->p == '-'))
		c->p++;
	stage = slice_between(p, c->p);
	if (stage.n == 0 || !cur_lit(c, " from ") || !pf_client(c, e) || !cur_lit(c, ": "))
		return PARSE_NOT_MINE;
	e->reply = cur_rest(c);
	if (pf_context(e->reply, PF_TAIL_END, &x)) {
		e->reply = x.before;
		pf_context_to_event(&x, e);
	}
	return PARSE_OK;
}

static enum parse_result act(const struct pf *f, enum verb verb, struct event *e, struct slice subject)
{
	bool told = subject.p != NULL;

	e->subject = subject;
	switch (verb) {
	case VERB_REJECT:
		e->kind = EV_REJECT;
		e->stage = SLICE("data");
		pf_reply(e->reply, e);
		return PARSE_OK;
	case VERB_HOLD:
		e->kind = EV_HOLD;
		e->marks |= MARK_POLICY_HOLD;
		return PARSE_OK;
	case VERB_DISCARD:
		e->kind = EV_ATTEMPT;
		e->outcome = OUTCOME_DISCARDED;
		e->marks |= MARK_DEFERRED_ALL; /* the context names one recipient, all of them lose it */
		return PARSE_OK;
	case VERB_ACL:
		if (told) {
			e->kind = EV_HEADER;
			return PARSE_OK;
		}
		return pf_notice(f, NOTICE_ACL, e);
	case VERB_REWRITE:
		break;
	}
	return pf_notice(f, NOTICE_REWRITE, e);
}

static enum parse_result parse_verb(const struct pf *f, struct cur c, struct event *e)
{
	for (size_t i = 0; i < ARRAY_LEN(VERBS); i++) {
		struct slice word = VERBS[i].word, subject = SLICE_NONE;
		enum parse_result r;

		if (cur_peek(&c) != word.p[0] || !cur_lit_(&c, word.p, word.n))
			continue;
		e->action = slice_head(word, word.n - 2);
		r = take_check(&c, e, &subject);
		if (r == PARSE_NOT_MINE)
			r = take_milter(&c, e);
		return r == PARSE_OK ? act(f, VERBS[i].verb, e, subject) : r;
	}
	return PARSE_NOT_MINE;
}

static const struct pf_row ROWS[] = {
	PF_ROW("file system clock is ", NOTICE_CLOCK, PF_NOTHING),
	PF_ROW("queue file size limit exceeded", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("mail_stream_cleanup: close error", NOTICE_QUEUE, PF_NOTHING),
	PF_ROW("mail_stream_", NOTICE_QUEUE, PF_NOTHING),
	PF_ROW("write queue file: ", NOTICE_DISK, PF_REASON),
	PF_ROW("* map lookup problem", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("* map lookup error", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("unreasonable ", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("header count exceeds ", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("too many hops", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("queue file ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("header_checks ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("message rejected: ", NOTICE_QUEUE, PF_REASON),
	PF_ROW("ignoring ", NOTICE_CONFIG, PF_NOTHING),
};

enum parse_result pf_cleanup(const struct pf *f, struct cur c, struct event *e)
{
	enum parse_result r;

	if (f->id.p && f->severity == SEVERITY_NONE) {
		if (cur_lit(&c, "message-id=")) {
			e->kind = EV_HEADER;
			e->message_id = cur_rest(&c);
			return PARSE_OK;
		}
		if (cur_lit(&c, "resent-message-id=")) {
			e->kind = EV_HEADER; /* message_id stays untold: the message keeps its own */
			e->text = f->rest;
			return PARSE_OK;
		}
		if (slice_is(f->rest, "removed (canceled)") || slice_is(f->rest, "removed (discarded)")) {
			e->kind = EV_DONE;
			e->action = slice_of(f->rest.p + 9, f->rest.n - 10);
			return PARSE_OK;
		}
		r = parse_verb(f, c, e);
		if (r != PARSE_NOT_MINE)
			return r;
	}
	e->action = SLICE_NONE;
	r = pf_rows(f, ROWS, ARRAY_LEN(ROWS), e);
	return r == PARSE_OK ? r : pf_common(f, c, e);
}

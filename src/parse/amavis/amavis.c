/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amavis.c - lines of amavisd-new and amavis
 *
 * Source: amavisd-new 2.13.0, Amavis.pm (log templates, do_log calls), Amavis/Log.pm; RELEASE_NOTES for older
 * releases.  Every line about a message is "(AMID) TEXT", AMID = "PID-NN[-N]", one per transaction; an alert
 * mark "(!)" or "(!!)" may follow.  The start-up block has no AMID.
 *
 * Traps: a text of more than some 980 bytes is split over several records, "...": each is told as far as it
 * goes (the tracker puts them together by AMID and PID).  "SEND" hands over amavis' own mail about a message,
 * not the message.  Addresses, file names and Message-IDs are a stranger's.
 */
#include "parse/amavis/amavis.h"

#include "base/attr.h"
#include "base/ip.h"
#include "parse/amavis/amavis_priv.h"

#define QUOTED_MAX_BYTES 2048 /* of an address with quotes; where one is open for longer, it is none */

static bool amavis_claims(const struct line *l)
{
	return slice_is(l->program, "amavis") || slice_is(l->program, "amavisd") ||
	       slice_is(l->program, "amavisd-new");
}

/* "(01234-05-2) " */
static bool take_amid(struct cur *c, struct slice *ret)
{
	struct cur at = *c;
	const char *begin;
	int dashes = 0;

	if (!cur_byte(&at, '('))
		return false;
	for (begin = at.p; at.p < at.end && (ascii_digit(*at.p) || *at.p == '-'); at.p++)
		dashes += *at.p == '-';
	if (at.p == begin || dashes == 0)
		return false;
	*ret = slice_between(begin, at.p);
	if (!cur_lit(&at, ") "))
		return false;
	*c = at;
	return true;
}

/* "(!)", "(!!)": how many */
static int take_alert(struct cur *c)
{
	if (cur_lit(c, "(!)"))
		return 1;
	return cur_lit(c, "(!!)") ? 2 : 0;
}

bool amavis_address(struct cur *c, struct slice *ret)
{
	struct cur at = *c;
	const char *begin, *near;
	bool quoted = false;

	if (!cur_byte(&at, '<'))
		return false;
	begin = at.p;
	near = at.end - begin > QUOTED_MAX_BYTES ? begin + QUOTED_MAX_BYTES : at.end;
	for (; at.p < near && (quoted || *at.p != '>'); at.p++) {
		if (*at.p == '\\' && quoted && at.p + 1 < at.end)
			at.p++;
		else if (*at.p == '"')
			quoted = !quoted;
	}
	if (at.p < near) {
		*ret = slice_between(begin, at.p);
		c->p = at.p + 1;
		return true;
	}
	at.p = begin;
	if (!cur_until(&at, '>', ret))
		return false;
	*c = at;
	return true;
}

bool amavis_envelope(struct cur *c, struct event *e)
{
	struct cur at = *c;
	const char *begin;
	unsigned n = 0;

	if (!amavis_address(&at, &e->sender) || !cur_lit(&at, " -> "))
		return false;
	begin = at.p;
	do {
		if (!amavis_address(&at, &e->recipient))
			break;
		n++;
		*c = at;
	} while (cur_byte(&at, ','));
	if (n == 0) {
		e->recipient = SLICE_NONE;
		*c = at;
		return cur_at_end(&at) || cur_peek(&at) == '<' || slice_is(cur_rest(&at), "...");
	}
	if (n > 1) {
		e->recipient = SLICE_NONE;
		e->recipients = slice_between(begin, c->p);
	}
	return true;
}

/* The id in the next hop's reply: a Postfix behind a filter repeats other servers' words before its own. */
static struct slice next_id(struct slice reply)
{
	size_t at = slice_rfind(reply, SLICE("queued as ")), n = 0;
	struct slice s;

	if (at < reply.n)
		at += 10;
	else if ((at = slice_rfind(reply, SLICE("OK id="))) < reply.n)
		at += 6;
	else
		return SLICE_NONE;
	s = slice_from(reply, at);
	while (n < s.n && (ascii_alnum(s.p[n]) || s.p[n] == '-'))
		n++;
	return n ? slice_head(s, n) : SLICE_NONE;
}

/* ", BODY=7BIT ENVID=AM.x@h 250 2.0.0 ...": the reply behind the parameters, of which there may be none */
static bool take_reply(struct cur *c, struct slice *ret)
{
	struct cur at = *c;
	struct slice rest;

	if (!cur_byte(&at, ','))
		return false;
	cur_skip_spaces(&at);
	for (;;) {
		struct cur next = at;
		struct slice word = cur_token(&next, ' ');

		if (word.n && (!ascii_alpha(word.p[0]) || slice_find_byte(word, '=') == word.n))
			break;
		if (cur_at_end(&next))
			return false;
		at = next;
	}
	rest = cur_rest(&at);
	if (rest.n < 3 || rest.p[0] < '2' || rest.p[0] > '5' || !ascii_digit(rest.p[1]) ||
	    !ascii_digit(rest.p[2]))
		return false;
	*ret = rest;
	return true;
}

/* mail to "spam-quarantine@..." is a quarantine, no word to anybody */
static bool to_quarantine(const struct event *e)
{
	return e->recipient.p && slice_find(e->recipient, SLICE("quarantine")) < e->recipient.n;
}

/*
 * "%s FWD from %s -> %s,%s %s", "%s(%s) SEND from ...": mail_id, the mail_id of the message that it is about,
 * envelope, parameters, reply of the MTA.  Before 2.5: "FWD via SMTP: <s> -> <r>,... 250 ...".
 */
static enum parse_result hand_over(struct cur c, bool send, struct event *e)
{
	e->kind = EV_LINK;
	if (!amavis_envelope(&c, e))
		return PARSE_BAD;
	if (!take_reply(&c, &e->reply))
		return PARSE_BAD;
	e->smtp_code = (e->reply.p[0] - '0') * 100 + (e->reply.p[1] - '0') * 10 + (e->reply.p[2] - '0');
	e->related_queue_id = e->reply.p[0] == '2' ? next_id(e->reply) : SLICE_NONE;
	if (!e->related_queue_id.p) {
		e->kind = EV_NOTICE;
		e->category = NOTICE_DELIVERY;
		e->severity = e->reply.p[0] == '2' ? SEVERITY_INFO : SEVERITY_WARNING;
		return PARSE_OK;
	}
	if (!send)
		e->relation = RELATION_FILTER;
	else
		e->relation = e->sender.n || to_quarantine(e) ? RELATION_POSTMASTER_NOTICE : RELATION_BOUNCE;
	return PARSE_OK;
}

/* "MAILID FWD from ", "MAILID(MAILID) SEND from ", "FWD via SMTP: " */
static bool take_hand_over(struct cur *c, bool *ret_send)
{
	struct cur at = *c;

	if (!cur_lit(&at, "FWD via SMTP: ") && !cur_lit(&at, "SEND via SMTP: ")) {
		while (at.p < at.end && (ascii_alnum(*at.p) || *at.p == '-' || *at.p == '_' || *at.p == '+'))
			at.p++;
		if (cur_byte(&at, '(')) {
			while (at.p < at.end &&
			       (ascii_alnum(*at.p) || *at.p == '-' || *at.p == '_' || *at.p == '+'))
				at.p++;
			if (!cur_byte(&at, ')'))
				return false;
		}
		if (at.p == c->p)
			return false;
		*ret_send = cur_lit(&at, " SEND from ");
		if (!*ret_send && !cur_lit(&at, " FWD from "))
			return false;
	} else
		*ret_send = *c->p == 'S';
	*c = at;
	return true;
}

/* "Checking: MAILID [IP] <s> -> <r>"; policy banks may stand before the address */
static enum parse_result checking(struct cur c, struct event *e)
{
	struct slice word;
	struct ip ip;

	while (cur_peek(&c) != '<') {
		struct slice s;

		if (!cur_until(&c, ' ', &word))
			return PARSE_BAD;
		s = word.n > 2 ? slice_of(word.p + 1, word.n - 2) : SLICE_NONE;
		if (word.n > 2 && word.p[0] == '[' && ip_parse(s, &ip))
			e->client_ip = s;
	}
	e->kind = EV_NOTICE;
	e->category = NOTICE_FILTER;
	e->severity = SEVERITY_INFO;
	return amavis_envelope(&c, e) ? PARSE_OK : PARSE_BAD;
}

/* "ESMTP [127.0.0.1]:10024 TEMPDIR: <s> -> <r> SIZE=525[ BODY=8BITMIME] Received: ..."; before 2.8
 * "ESMTP::10024 ..." */
static enum parse_result received(struct cur c, struct event *e)
{
	struct slice skipped;

	if (!cur_until_lit(&c, ": <", &skipped))
		return PARSE_BAD;
	c.p--;
	e->kind = EV_NOTICE;
	e->category = NOTICE_FILTER;
	e->severity = SEVERITY_INFO;
	if (!amavis_envelope(&c, e))
		return PARSE_BAD;
	if (cur_lit(&c, " SIZE="))
		(void)cur_i64(&c, INT64_MAX, &e->size_bytes);
	return PARSE_OK;
}

static bool take_protocol(struct cur *c)
{
	struct cur at = *c;
	struct slice word;

	while (at.p < at.end && *at.p >= 'A' && *at.p <= 'Z')
		at.p++;
	word = slice_between(c->p, at.p);
	if (!(slice_starts(word, "SMTP") || slice_starts(word, "ESMTP") || slice_starts(word, "LMTP") ||
	      slice_starts(word, "UTF8SMTP") || slice_starts(word, "AM")) ||
	    !(cur_lit(&at, " [") || cur_lit(&at, ":")))
		return false;
	*c = at;
	return true;
}

/* "local delivery: <s> -> spam-quarantine, mbx=PATH": to a file of the quarantine */
static enum parse_result quarantined(struct cur c, struct event *e)
{
	struct slice to;

	e->kind = EV_VERDICT;
	e->result = SLICE("quarantined");
	if (!amavis_address(&c, &e->sender) || !cur_lit(&c, " -> ") || !cur_until_lit(&c, ", mbx=", &to) ||
	    cur_at_end(&c))
		return PARSE_BAD;
	e->check = slice_starts(to, "spam")    ? SLICE("spam")
		   : slice_starts(to, "virus") ? SLICE("virus")
					       : SLICE("content");
	e->folder = cur_rest(&c);
	return PARSE_OK;
}

/* "SPAM-TAG, <s> -> <r>, Yes, score=7.1 tagged_above=-999 required=5 tests=[A=1,B=2] autolearn=no": the
 * scores before the site's own boosts */
static enum parse_result spam_tag(struct cur c, struct event *e)
{
	struct slice word;

	e->kind = EV_VERDICT;
	e->check = SLICE("spam");
	if (!amavis_envelope(&c, e) || !cur_lit(&c, ", "))
		return PARSE_BAD;
	word = cur_token(&c, ',');
	e->result = slice_is(word, "Yes") ? SLICE("spam") : SLICE("ham");
	if (!slice_is(word, "Yes") && !slice_is(word, "No"))
		return PARSE_BAD;
	cur_skip_spaces(&c);
	while (!cur_at_end(&c)) {
		if (cur_lit(&c, "tests=[")) {
			e->reason = cur_token(&c, ']');
			break;
		}
		word = cur_token(&c, ' ');
		if (slice_starts(word, "score="))
			(void)amavis_score(slice_from(word, 6), &e->score_milli);
		else if (slice_starts(word, "required="))
			(void)amavis_score(slice_from(word, 9), &e->threshold_milli);
	}
	return PARSE_OK;
}

/* "INFECTED (NAME, NAME)[, <s> -> <r>, ...]" */
static enum parse_result infected(struct cur c, struct event *e)
{
	e->kind = EV_VERDICT;
	e->check = SLICE("virus");
	e->result = SLICE("infected");
	if (!cur_until(&c, ')', &e->reason))
		return PARSE_BAD;
	if (cur_lit(&c, ", ") || cur_lit(&c, " "))
		(void)amavis_envelope(&c, e);
	return PARSE_OK;
}

/* "p.path BANNED:1 r@x: \"P=p003,L=1,M=multipart/mixed | ...\", matching_key=\"...\"": a part's way through
 * the message; what it names is a stranger's */
static enum parse_result part_path(struct cur c, struct event *e)
{
	uint64_t n;

	e->kind = EV_VERDICT;
	e->check = SLICE("content");
	e->result = SLICE("banned");
	if (!cur_u64(&c, UINT32_MAX, &n) || !cur_byte(&c, ' ') || !cur_until_lit(&c, ": \"", &e->recipient))
		return PARSE_BAD;
	c.p--;
	e->reason = cur_rest(&c);
	return PARSE_OK;
}

typedef enum parse_result line_fn(struct cur c, struct event *e);

static const struct {
	struct slice prefix;
	line_fn *parse;
} LINES[] = {
	{ LIT("Checking: "), checking },      { LIT("local delivery: "), quarantined },
	{ LIT("SPAM-TAG, "), spam_tag },      { LIT("spam-tag, "), spam_tag },
	{ LIT("SPAM, "), spam_tag },	      { LIT("INFECTED ("), infected },
	{ LIT("p.path BANNED:"), part_path },
};

static enum parse_result of_message(struct cur c, struct event *e)
{
	struct slice text = cur_rest(&c);
	bool send;

	if (cur_lit(&c, "..."))
		return amavis_continuation(c, e);
	if (cur_lit(&c, "Passed"))
		return amavis_verdict(c, false, e);
	if (cur_lit(&c, "Blocked"))
		return amavis_verdict(c, true, e);
	for (size_t i = 0; i < ARRAY_LEN(LINES); i++)
		if (cur_lit_(&c, LINES[i].prefix.p, LINES[i].prefix.n))
			return LINES[i].parse(c, e);
	if (take_protocol(&c))
		return received(c, e);
	if (take_hand_over(&c, &send))
		return hand_over(c, send, e);
	return amavis_notice(text, 0, true, e);
}

/* the first part of a record that was split before it said what it is about */
static enum parse_result first_part(const struct line *l, struct event *e)
{
	struct slice session = e->session;

	event_init(e, EV_NOTICE);
	e->marks = MARK_CONTINUED;
	e->session = session;
	e->category = NOTICE_FILTER;
	e->severity = SEVERITY_INFO;
	e->text = l->text;
	return PARSE_OK;
}

static enum parse_result amavis_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);
	enum parse_result r;
	int alert;

	if (!take_amid(&c, &ret->session)) {
		ret->session = SLICE_NONE;
		alert = take_alert(&c);
		return amavis_notice(cur_rest(&c), alert, false, ret);
	}
	alert = take_alert(&c);
	if (alert)
		return amavis_notice(cur_rest(&c), alert, true, ret);
	r = of_message(c, ret);
	if (slice_ends(l->text, "..."))
		ret->marks |= MARK_CONTINUED;
	return r == PARSE_BAD && slice_ends(l->text, "...") ? first_part(l, ret) : r;
}

const struct writer_ops amavis_writer = {
	.writer = WRITER_AMAVIS,
	.claims = amavis_claims,
	.parse = amavis_parse,
	.samples = amavis_samples,
	.refused = amavis_refused,
};

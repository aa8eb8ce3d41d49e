/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartermail.c - SmarterMail's logs: which of them a line stands in, and the lines that any of them may have
 *
 * Sources: SmarterTools' help and blog (how to trace a message), logs of builds of 2020 (16.x) and 2026 (100.0.9742).  The name of the
 * file says which log it is ("smtpLog", "delivery", "administrative"); the envelope hands it on as "smartermail-smtp".  Where it
 * does not, the shape of the brackets does.
 * Trap: builds differ in wording, blanks, and the case of "cmd:" and "rsp:".
 */
#include "parse/smartermail/smartermail.h"

#include "base/attr.h"
#include "base/ip.h"
#include "parse/smartermail/smartermail_priv.h"

#define QUEUE_ID_BYTES 8

static bool smartermail_claims(const struct line *l)
{
	return slice_is(l->program, "smartermail") || slice_starts(l->program, "smartermail-");
}

enum parse_result sm_notice(struct event *e, enum notice category, enum severity severity, struct slice text)
{
	e->kind = EV_NOTICE;
	e->category = category;
	e->severity = severity;
	e->text = text;
	return PARSE_OK;
}

bool sm_word(struct cur *c, struct slice word)
{
	if (cur_left(c) < word.n || !slice_eq_fold(slice_of(c->p, word.n), word))
		return false;
	c->p += word.n;
	while (cur_peek(c) == ' ' || cur_peek(c) == '\t')
		c->p++;
	return true;
}

/* digits, perhaps with a hyphen among them */
static bool is_session(struct slice s)
{
	if (s.n == 0 || !ascii_digit(*s.p))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_digit(s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

struct slice sm_queue_id(struct slice file)
{
	size_t at = slice_rfind_byte(file, '\\');

	if (at < file.n)
		file = slice_from(file, at + 1);
	at = slice_rfind_byte(file, '/');
	if (at < file.n)
		file = slice_from(file, at + 1);
	file = slice_head(file, slice_find_byte(file, '.'));
	if (!is_session(file))
		return SLICE_NONE;
	return file.n > QUEUE_ID_BYTES ? slice_from(file, file.n - QUEUE_ID_BYTES) : file;
}

static struct slice service_of(struct slice program)
{
	static const struct word SERVICES[] = {
		WORD("smartermail-smtp", "smtp"), WORD("smartermail-imap", "imap"), WORD("smartermail-pop", "pop3"),
		WORD("smartermail-xmpp", "xmpp"),
	};

	return word_meaning(SERVICES, ARRAY_LEN(SERVICES), program);
}

/* Brackets mean this only in these logs: elsewhere a number in them is something else. */
static bool fits(struct slice program, enum sm_shape shape)
{
	if (slice_is(program, "smartermail"))
		return true;
	if (shape == SM_DELIVERY)
		return slice_is(program, "smartermail-delivery");
	if (shape == SM_ADMINISTRATIVE)
		return slice_is(program, "smartermail-administrative");
	return service_of(program).p != NULL;
}

static void take_apart(const struct line *l, struct sm_line *s)
{
	struct cur c = cur_of(l->text), at;
	struct slice inside;

	*s = (struct sm_line){ .shape = SM_PLAIN, .service = service_of(l->program), .text = l->text };
	if (!cur_byte(&c, '[') || !cur_until(&c, ']', &inside))
		return;
	if (is_session(inside)) {
		s->shape = SM_DELIVERY;
		s->session = inside;
	} else if (row_ip(inside).p) {
		s->shape = SM_ADMINISTRATIVE;
		s->ip = row_ip(inside);
		at = c;
		cur_skip_spaces(&at);
		if (cur_byte(&at, '[') && cur_until(&at, ']', &inside) && is_session(inside)) {
			s->shape = SM_PROTOCOL;
			s->session = inside;
			c = at;
		}
	} else {
		return;
	}
	if (!fits(l->program, s->shape)) {
		s->shape = SM_PLAIN;
		return;
	}
	cur_skip_spaces(&c);
	s->text = cur_rest(&c);
}

/* a word or some */
static bool is_name(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alpha(s.p[i]) && s.p[i] != ' ')
			return false;
	return s.n > 0;
}

/* "smtp started at 1/15/2024 12:34:56 PM", "Relay server stopped at ..." */
static bool parse_service(struct slice text, struct event *ret)
{
	static const struct {
		struct slice words;
		enum notice category;
	} ROWS[] = {
		{ LIT(" started at "), NOTICE_START },
		{ LIT(" stopped at "), NOTICE_STOP },
	};

	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		size_t at = slice_find(text, ROWS[i].words), behind = at + ROWS[i].words.n;

		if (behind >= text.n || !ascii_digit(text.p[behind]) || !is_name(slice_head(text, at)))
			continue;
		(void)sm_notice(ret, ROWS[i].category, SEVERITY_INFO, text);
		return true;
	}
	return false;
}

static const struct row NOTICES[] = {
	ROW("Updating ClamAV database", CACHE, INFO),
	ROW("ClamAV database ", CACHE, INFO),
	ROW("Updating SpamAssassin ", CACHE, INFO),
};

static enum parse_result smartermail_parse(const struct line *l, struct event *ret)
{
	struct sm_line s;
	enum parse_result r = PARSE_NOT_MINE;

	/* what does not begin with a time goes on with the entry before: stack traces, details of a failed login */
	if (l->text.n && (l->text.p[0] == '\t' || l->text.p[0] == ' '))
		return sm_notice(ret, NOTICE_LOGGING, SEVERITY_INFO, l->text);
	take_apart(l, &s);
	if (s.shape != SM_PLAIN)
		ret->client_ip = s.ip.p ? s.ip : SLICE_NONE;
	if (s.shape == SM_PROTOCOL)
		r = sm_protocol(&s, ret);
	else if (s.shape == SM_DELIVERY)
		r = sm_delivery(&s, ret);
	else if (s.shape == SM_ADMINISTRATIVE)
		r = sm_administrative(&s, ret);
	else if (parse_service(s.text, ret))
		r = PARSE_OK;
	return r == PARSE_NOT_MINE && s.shape == SM_PLAIN ? rows_notice(NOTICES, ARRAY_LEN(NOTICES), s.text, ret) : r;
}

const struct writer_ops smartermail_writer = {
	.writer = WRITER_SMARTERMAIL,
	.claims = smartermail_claims,
	.parse = smartermail_parse,
	.samples = smartermail_samples,
	.refused = smartermail_refused,
};

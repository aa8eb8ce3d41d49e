/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clamav_milter.c - the virus scanner's milter
 *
 * Written by ClamAV 1.4, clamav-milter/clamfi.c, with LogInfected and LogClean at Basic or Full:
 *   "Message [QID ]from <S> to <R>[ with subject 'T' message-id 'M' date 'D'] infected by NAME"
 *   "Clean message [QID ]from <S> to <R>[ with subject 'T' message-id 'M' date 'D']"
 * Trap: the subject holds anything, quotes included; what follows it is looked for from the right.
 */
#include "parse/clamav_milter/clamav_milter.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool clamav_milter_claims(const struct line *l)
{
	return slice_is(l->program, "clamav-milter");
}

/* a header as it is logged; where it was missing, words in angle brackets without an address */
static struct slice header(struct slice s)
{
	if (s.n == 0 || slice_is(s, "<unavailable>") || slice_is(s, "unavailable") || slice_is(s, "(null)"))
		return SLICE_NONE;
	return s;
}

/* "T' message-id 'M' date 'D'", from the right */
static bool take_headers(struct cur c, struct event *ret)
{
	struct slice subject, message_id;

	if (!slice_ends(cur_rest(&c), "'"))
		return false;
	c.end--;
	if (!cur_until_last_lit(&c, "' message-id '", &subject) || !cur_until_last_lit(&c, "' date '", &message_id))
		return false;
	ret->subject = header(subject);
	ret->message_id = header(message_id);
	return true;
}

/* "[QID ]from <S> to <R>[ with subject ...]" */
static bool take_message(struct cur c, struct event *ret)
{
	struct slice id, from;
	struct cur at = c;

	if (!cur_lit(&c, "from ")) {
		if (!cur_until_lit(&at, " from ", &id) || slice_find_byte(id, ' ') < id.n)
			return false;
		if (row_is_queue_id(id))
			ret->queue_id = id;
		c = at;
	}
	if (!cur_byte(&c, '<') || !cur_until_lit(&c, "> to <", &from))
		return false;
	ret->sender = from;
	at = c;
	if (cur_until_lit(&at, "> with subject '", &ret->recipient))
		return take_headers(at, ret);
	if (!slice_ends(cur_rest(&c), ">"))
		return false;
	ret->recipient = slice_of(c.p, cur_left(&c) - 1);
	return true;
}

static enum parse_result parse_infected(struct cur c, struct event *ret)
{
	struct slice message;

	if (!cur_until_last_lit(&c, " infected by ", &message) || cur_at_end(&c) ||
	    !take_message(cur_of(message), ret))
		return PARSE_BAD;
	ret->kind = EV_VERDICT;
	ret->check = SLICE("virus");
	ret->result = SLICE("infected");
	ret->reason = cur_rest(&c);
	return PARSE_OK;
}

static enum parse_result parse_clean(struct cur c, struct event *ret)
{
	if (!take_message(c, ret))
		return PARSE_BAD;
	ret->kind = EV_VERDICT;
	ret->check = SLICE("virus");
	ret->result = SLICE("clean");
	return PARSE_OK;
}

static const struct row NOTICES[] = {
	ROW("No clamd server appears to be available", FILTER, ERROR),
	ROW("Streaming failed", FILTER, ERROR),
	ROW("Failed to initiate streaming/fdpassing", FILTER, ERROR),
	ROW("Failed to connect to ", FILTER, ERROR),
	ROW("Failed to ", FILTER, ERROR),
	ROW("No reply from clamd", FILTER, ERROR),
	ROW("Unknown reply from clamd", FILTER, ERROR),
	ROW("Timed out while reading clamd reply", FILTER, ERROR),
	ROW("Communication error", FILTER, ERROR),
	ROW("Probe for slot ", FILTER, INFO),
	ROW("Reached maximum number of connections", LIMIT, WARNING),
	ROW("+++ Started at ", START, INFO),
	ROW("clamav-milter: stopped", STOP, INFO),
	ROW("Daemon started", START, INFO),
	ROW("Local socket ", START, INFO),
	ROW("Limits: ", CONFIG, INFO),
	ROW("Setting connection queue length to ", CONFIG, INFO),
	ROW("WARNING: ", FILTER, WARNING),
	ROW("ERROR: ", FILTER, ERROR),
};

static enum parse_result clamav_milter_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);

	if (cur_lit(&c, "Message "))
		return parse_infected(c, ret);
	if (cur_lit(&c, "Clean message "))
		return parse_clean(c, ret);
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), l->text, ret);
}

#define T "clamav-milter"
static const struct parse_sample SAMPLES[] = {
	{ T, "Message 6A1B2C3D4E from <pc@example.com> to <x@example.net> with subject 'it's here' message-id '<m4@example.com>' "
	     "date 'Sat, 12 Sep 2026 10:15:30 +0200' infected by Eicar-Signature",
	  "verdict queue_id=\"6A1B2C3D4E\" sender=\"pc@example.com\" recipient=\"x@example.net\" message_id=\"<m4@example.com>\" "
	  "subject=\"it's here\" check=\"virus\" result=\"infected\" reason=\"Eicar-Signature\"" },
	{ T, "Clean message from <ann@example.org> to <bob@example.com>",
	  "verdict sender=\"ann@example.org\" recipient=\"bob@example.com\" check=\"virus\" result=\"clean\"" },
	{ T, "Message from <> to <bob@example.com> infected by Win.Test.EICAR_HDB-1",
	  "verdict sender=\"\" recipient=\"bob@example.com\" check=\"virus\" result=\"infected\" reason=\"Win.Test.EICAR_HDB-1\"" },
	{ T, "Clean message 6A1B2C3D4E from <pc@example.com> to <x@example.net> with subject 'a' message-id 'x' infected by Y' "
	     "message-id '<m4@example.com>' date 'now'",
	  "verdict queue_id=\"6A1B2C3D4E\" sender=\"pc@example.com\" recipient=\"x@example.net\" message_id=\"<m4@example.com>\" "
	  "subject=\"a' message-id 'x' infected by Y\" check=\"virus\" result=\"clean\"" },
	{ T, "No clamd server appears to be available", "notice severity=\"error\" category=\"filter\"" },
	{ T, "+++ Started at Sat Sep 12 10:15:30 2026", "notice severity=\"info\" category=\"start\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, "Message from <a@example.org> to <b@example.com>", NULL },
	{ T, "Message from <a@example.org> infected by X", NULL },
	{ T, "Clean message from <a@example.org> to <b@example.com> with subject 'cut", NULL },
	{ NULL, NULL, NULL },
};
#undef T

const struct writer_ops clamav_milter_writer = {
	.writer = WRITER_CLAMAV_MILTER,
	.claims = clamav_milter_claims,
	.parse = clamav_milter_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

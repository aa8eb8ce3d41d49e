/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rspamd_verdict.c - the line with rspamd's word
 *
 * Source: rspamd 3.4, conf/logging.inc (log_format), src/libserver/task.c (rspamd_task_write_log):
 *
 *   id: <M>, [qid: <Q>, ][ip: A, ][user: U, ][from: <S>, ](default: F (ACTION): [SCORE/REQUIRED]
 *   [SYM(W){OPT;OPT;},SYM(W){}...]), len: N, time: T ms, dns req: N, digest: <HEX>[, rcpts: <R,R>][,
 * mime_rcpts: <R,R>]
 *   [, file: NAME][, forced: ACTION "MSG"; score=S (set by SYMBOL)][, settings_id: X]
 *
 * Traps: the Message-ID may hold any of these texts, options of symbols as well: the id ends at the first
 * place behind which all that must follow does follow.  The letter says nothing about the action: "S
 * (reject)" is a reject. Required is the score of a reject.
 */
#include "base/attr.h"
#include "base/ip.h"
#include "parse/rspamd/rspamd_priv.h"

/* "1.20", "-0.80"; "nan" is no score */
static bool take_score(struct cur *c, int64_t *ret_milli)
{
	struct cur at = *c;
	bool negative = cur_byte(&at, '-');
	usec_t micro;

	if (cur_lit(&at, "nan") || cur_lit(&at, "inf")) {
		*c = at;
		return true;
	}
	if (!cur_seconds(&at, &micro))
		return false;
	*ret_milli = negative ? -(micro / 1000) : micro / 1000;
	*c = at;
	return true;
}

/* "(default: F (no action): [1.20/15.00] [" */
static bool take_action(struct cur *c, struct event *e)
{
	struct slice metric;

	if (!cur_byte(c, '(') || !cur_until_lit(c, ": ", &metric) || metric.n > 32)
		return false;
	if (cur_left(c) < 3 || (*c->p != 'T' && *c->p != 'F' && *c->p != 'S'))
		return false;
	c->p++;
	return cur_lit(c, " (") && cur_until(c, ')', &e->result) && e->result.n <= 64 && cur_lit(c, ": [") &&
	       take_score(c, &e->score_milli) && cur_byte(c, '/') && take_score(c, &e->threshold_milli) &&
	       cur_lit(c, "] [");
}

/* what stands between the Message-ID and the symbols; each part may be missing */
static bool take_envelope(struct cur *c, struct event *e)
{
	struct slice ip;
	struct ip parsed;

	if (cur_lit(c, "qid: <")) {
		if (!cur_until_lit(c, ">, ", &e->queue_id) || e->queue_id.n == 0 ||
		    slice_find_byte(e->queue_id, ' ') < e->queue_id.n)
			return false;
		if (slice_is(e->queue_id, "undef"))
			e->queue_id = SLICE_NONE;
	}
	if (cur_lit(c, "ip: ")) {
		if (!cur_until_lit(c, ", ", &ip) || !(ip_parse(ip, &parsed) || slice_is(ip, "undef")))
			return false;
		e->client_ip = slice_is(ip, "undef") ? SLICE_NONE : ip;
	}
	if (cur_lit(c, "user: ") && !cur_until_lit(c, ", ", &e->user))
		return false;
	if (cur_lit(c, "from: <") && !cur_until_lit(c, ">, (", &e->sender))
		return false;
	if (e->sender.p)
		c->p--;
	return take_action(c, e);
}

/*
 * "SYM(W){OPT;OPT;},SYM(W){}": behind its end stands "])".  Options hold what they like, but each ends in
 * ';', so that a brace behind a ';' or behind another brace closes.
 */
static bool take_symbols(struct cur *c, struct slice *ret)
{
	const char *begin = c->p;

	for (const char *p = begin; c->end - p >= 2; p++) {
		bool first = p == begin,
		     closed = !first && p[-1] == '}' && p - begin >= 2 && (p[-2] == ';' || p[-2] == '{');

		if (p[0] == ']' && p[1] == ')' && (first || closed || p[-1] == ')')) {
			*ret = slice_between(begin, p);
			c->p = p + 2;
			return true;
		}
	}
	return false;
}

/* "<a@x,b@y>": one recipient, or the list as it stands */
static void take_recipients(struct cur *c, struct event *e)
{
	struct slice list;

	if (!cur_until_lit(c, ">, ", &list)) {
		list = cur_rest(c);
		if (!slice_ends(list, ">"))
			return;
		list.n--;
	}
	if (list.n == 0)
		return;
	if (slice_find_byte(list, ',') == list.n)
		e->recipient = list;
	else
		e->recipients = list;
}

/* ", len: N, time: 123.456ms, dns req: N, digest: <HEX>, rcpts: <...>" */
static void take_rest(struct cur c, struct event *e)
{
	struct slice skipped;
	usec_t ms;

	if (!cur_lit(&c, ", len: ") || !cur_i64(&c, INT64_MAX, &e->size_bytes))
		return;
	if (cur_lit(&c, ", time: ") && cur_seconds(&c, &ms) && ms < INT64_MAX / 1000)
		e->duration_s = ms / 1000;
	if (cur_until_lit(&c, ", digest: <", &skipped) && cur_until(&c, '>', &skipped) &&
	    cur_lit(&c, ", rcpts: <"))
		take_recipients(&c, e);
}

struct slice rspamd_message_id(struct slice s)
{
	return s.n <= 2 || slice_is(s, "<undef>") ? SLICE_NONE : s;
}

enum parse_result rspamd_verdict(struct cur c, struct event *e)
{
	struct slice id, skipped;
	const char *begin;

	if (!cur_lit(&c, "id: "))
		return PARSE_NOT_MINE;
	begin = c.p;
	if (cur_peek(&c) != '<')
		return PARSE_BAD;
	while (cur_until_lit(&c, ">, ", &skipped)) {
		struct cur at = c;
		struct event found;

		event_init(&found, EV_VERDICT);
		if (!take_envelope(&at, &found) || !take_symbols(&at, &found.reason))
			continue;
		id = slice_between(begin, c.p - 2);
		found.session = e->session;
		found.check = SLICE("spam");
		found.message_id = rspamd_message_id(id);
		take_rest(at, &found);
		*e = found;
		return PARSE_OK;
	}
	return PARSE_BAD;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exim.c - the writer exim: whose line is it, and which family reads it
 *
 * entry = [ ID SP ] text.  Behind an id stands a flag of two characters (<= (= => -> >> *> == **) or a word;
 * without one the text begins with a word, "H=", "U=", "[", or the free text of an ACL.  An entry of the
 * reject log goes on with the message's header in further physical lines.
 */
#include "event/queue_id.h"
#include "parse/exim/exim_priv.h"

/* "exim", "exim4", "exim-out"; not "eximstats" */
static bool exim_claims(const struct line *l)
{
	struct slice program = l->program;

	return slice_starts(program, "exim") && (program.n == 4 || !ascii_alpha(program.p[4]));
}

/* a flag: one of "<(=->*", one of "=>*" */
static inline enum parse_result behind_flag(char a, char b, struct cur c, struct event *e)
{
	switch (b) {
	case '>':
		if (a == '=' || a == '-' || a == '>' || a == '*')
			return exim_delivery(c, e, a == '*');
		return PARSE_BAD;
	case '=':
		if (a == '<')
			return exim_arrival(c, e);
		if (a == '(') {
			e->marks |= MARK_FAKE_REFUSAL;
			return exim_arrival(c, e);
		}
		return a == '=' ? exim_deferral(c, e) : PARSE_BAD;
	default:
		return a == '*' ? exim_failure(c, e) : PARSE_BAD;
	}
}

static inline bool is_flag(char a, char b)
{
	if (b != '=' && b != '>' && b != '*')
		return false;
	switch (a) {
	case '<':
	case '(':
	case '=':
	case '-':
	case '>':
	case '*':
		return true;
	default:
		return false;
	}
}

static ATTR_NOINLINE enum parse_result without_id(struct cur c, struct event *e)
{
	struct slice text = cur_rest(&c);
	enum parse_result r;

	if (slice_starts(text, "H=") || slice_starts(text, "U=") || slice_starts(text, "DS H=") ||
	    slice_starts(text, " DS H="))
		return exim_policy(c, e);
	/* frequent, and none of the others' */
	if (slice_starts(text, "no host name found ") || slice_starts(text, "cwd="))
		return exim_health(c, e);
	r = exim_session(c, e);
	if (r == PARSE_NOT_MINE)
		r = exim_refusal(c, e);
	if (r == PARSE_NOT_MINE)
		r = exim_auth_failed(c, e);
	if (r == PARSE_NOT_MINE)
		r = exim_health(c, e);
	return r;
}

/* log.c cuts an entry of more than 8192 bytes and says so */
static struct slice without_overflow(struct slice s)
{
	static const struct slice MARK = LIT(" **** log string overflowed log buffer ****");

	if (s.n && s.p[s.n - 1] == '*' && slice_ends_(s, MARK.p, MARK.n))
		s.n -= MARK.n;
	return s;
}

/* words behind an id */
static ATTR_NOINLINE enum parse_result words(struct cur c, struct event *e)
{
	enum parse_result r = PARSE_NOT_MINE;

	if (slice_starts(cur_rest(&c), "H=") || slice_starts(cur_rest(&c), "U="))
		r = exim_policy(c, e);
	else
		r = exim_state(c, e);
	return r == PARSE_NOT_MINE ? without_id(c, e) : r;
}

static inline enum parse_result with_id(struct cur c, struct event *e)
{
	if (cur_left(&c) > 2 && c.p[2] == ' ') {
		struct cur behind = { c.p + 3, c.end };

		if (bytes_eq(c.p, "=>", 2))
			return exim_delivery(behind, e, false);
		if (bytes_eq(c.p, "<=", 2))
			return exim_arrival(behind, e);
		if (is_flag(c.p[0], c.p[1]))
			return behind_flag(c.p[0], c.p[1], behind, e);
	}
	if (slice_is(cur_rest(&c), "Completed")) { /* every message ends so: not through the rules */
		e->kind = EV_DONE;
		return PARSE_OK;
	}
	if (cur_left(&c) == 2 && is_flag(c.p[0], c.p[1]))
		return behind_flag(c.p[0], c.p[1], (struct cur){ c.end, c.end }, e);
	return words(c, e);
}

/* "[2/3] ": a piece of an entry that syslog cut and that could not be joined */
static bool is_piece(struct cur c)
{
	uint64_t v;

	return cur_byte(&c, '[') && cur_u64(&c, 999, &v) && (cur_byte(&c, '/') || cur_byte(&c, '\\')) &&
	       cur_u64(&c, 999, &v) && cur_lit(&c, "] ");
}

static ATTR_NOINLINE enum parse_result bracketed(struct cur c, struct event *e)
{
	return is_piece(c) ? PARSE_BAD : without_id(c, e);
}

static enum parse_result exim_parse(const struct line *l, struct event *ret);

/* no id and a blank in front */
static ATTR_NOINLINE enum parse_result odd_entry(struct slice first, struct event *e)
{
	struct cur c = cur_of(first);

	if (!cur_at_end(&c) && queue_id_exim_prefix(first))
		return PARSE_BAD;
	return cur_peek(&c) == '[' ? bracketed(c, e) : without_id(c, e);
}

/* an entry without the lines below it */
static inline enum parse_result entry(struct slice text, struct event *e)
{
	struct slice first = without_overflow(text);
	size_t n = queue_id_exim_before_blank(first);

	if (!n)
		return odd_entry(first, e);
	e->queue_id = slice_of(first.p, n);
	return with_id((struct cur){ first.p + n + 1, first.p + first.n }, e);
}

/* an entry of several physical lines: the header of a rejected message stands below */
static ATTR_NOINLINE enum parse_result long_entry(const struct line *l, size_t newline, struct event *ret)
{
	struct slice below = slice_from(l->text, newline + 1);
	struct line first = *l;
	enum parse_result r;

	first.text = slice_head(l->text, newline);
	r = exim_parse(&first, ret);
	if (r != PARSE_OK)
		return r;
	if (ret->kind == EV_NOTICE && ret->text.p)
		ret->text = slice_between(ret->text.p, below.p + below.n);
	else
		exim_reject_headers(below, ret);
	return r;
}

static ATTR_NOINLINE enum parse_result any_entry(const struct line *l, struct event *ret)
{
	size_t newline = slice_find_byte(l->text, '\n');

	return newline < l->text.n ? long_entry(l, newline, ret) : entry(l->text, ret);
}

static enum parse_result exim_parse(const struct line *l, struct event *ret)
{
	if (LIKELY(l->envelope == ENVELOPE_EXIM && l->line_count == 1))
		return entry(l->text, ret);
	return any_entry(l, ret);
}

const struct writer_ops exim_writer = {
	.writer = WRITER_EXIM,
	.envelope = ENVELOPE_EXIM,
	.claims = exim_claims,
	.parse = exim_parse,
	.samples = exim_samples,
	.refused = exim_refused,
};

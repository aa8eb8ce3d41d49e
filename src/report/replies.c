/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replies.c - the shapes of replies, and samples of them
 */
#include "base/ascii.h"
#include "base/shape.h"
#include "report/memo.h"

#define SHAPE_MAX_BYTES  400 /* of a reply that are looked at */
#define SAMPLE_MAX_BYTES 500

/* ": 450 " or ": 550-": where a server's own words begin in the client's account of them */
static size_t find_reply_code(struct slice s)
{
	const char *p = s.p, *end = s.p + s.n;

	while (end - p >= 6 && (p = memchr(p, ':', (size_t)(end - p) - 5))) {
		if (p[1] == ' ' && (p[2] == '4' || p[2] == '5') && ascii_digit(p[3]) && ascii_digit(p[4]) &&
		    (p[5] == ' ' || p[5] == '-'))
			return (size_t)(p + 2 - s.p);
		p++;
	}
	return s.n;
}

/*
 * What the other side said, without our side's words around it: Postfix "host H[IP] said: ... (in reply to
 * RCPT TO command)", Exim "SMTP error from remote mail server after RCPT TO:<A>: ...".  A reply that imitates
 * these words is grouped elsewhere, no more.
 */
struct slice reply_core(struct slice s)
{
	if (slice_starts(s, "host ") || slice_starts(s, "SMTP error from remote ") ||
	    slice_starts(s, "LMTP error ")) {
		size_t at = find_reply_code(s);

		if (at < s.n)
			s = slice_from(s, at);
	}
	if (s.n && s.p[s.n - 1] == ')' && slice_ends(s, " command)")) {
		size_t at = slice_rfind(s, SLICE(" (in reply to "));

		s = slice_head(s, at);
	}
	return s;
}

/* Our own reasons are short and few: their shapes by the text itself. */
sym_t counters_shape(struct counters *c, struct slice reply)
{
	struct memo_slot *slot;
	sym_t shape;

	if (!reply.p)
		return SYM_NONE;
	slot = counters_memo(c, MEMO_SHAPE, reply);
	if (slot && memo_is(slot, reply))
		return slot->sym;
	strbuf_clear(&c->scratch);
	shape_add(&c->scratch, reply_core(slice_head(reply, SHAPE_MAX_BYTES)), SHAPE_MAX_BYTES);
	shape = intern(&c->names, strbuf_slice(&c->scratch));
	if (slot)
		memo_set(slot, reply, shape);
	return shape;
}

sym_t counters_sample(struct counters *c, struct slice text)
{
	return intern(&c->names, slice_head(text, SAMPLE_MAX_BYTES));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arrival.c - "<=" and "(=": a message was received
 *
 * Source: exim src/src/receive.c (receive_msg), fields in a fixed order:
 *   SENDER R= DS H= I= TFO U= Ci= P= L SPF X= CV= DN="" SNI= A= PRDR PRX= K S= M8S= DKIM= ARC DMARC RT= Q=
 *   id= T="" from <> for ...
 * Traps: idents and authenticated ids may hold blanks; the message id and the subject are the sender's, so
 * everything behind S= is read strictly from the left.
 */
#include "parse/exim/exim_priv.h"

static bool take_reference(struct cur *c, struct event *e)
{
	e->related_queue_id = exim_word(c);
	e->relation = RELATION_BOUNCE;
	return true;
}

static bool take_protocol(struct cur *c, struct event *e)
{
	e->protocol = exim_word(c);
	return true;
}

/* The value ends before the first blank that the next field follows. */
static inline struct slice up_to(struct cur *c, bool (*next)(struct slice rest))
{
	const char *begin = c->p, *q = begin;

	while (q < c->end && (q = memchr(q, ' ', (size_t)(c->end - q))) != NULL) {
		if (next(slice_between(q + 1, c->end))) {
			c->p = q;
			return slice_between(begin, q);
		}
		q++;
	}
	return exim_word(c);
}

static bool behind_ident(struct slice rest)
{
	return slice_starts(rest, "P=") || slice_starts(rest, "Ci=");
}

static bool take_ident(struct cur *c, struct event *e)
{
	e->ident = up_to(c, behind_ident);
	return true;
}

static bool behind_auth(struct slice rest)
{
	return slice_starts(rest, "S=") || slice_starts(rest, "PRDR ") || slice_starts(rest, "PRX=") ||
	       slice_starts(rest, "K S=");
}

static bool take_auth(struct cur *c, struct event *e)
{
	exim_auth(up_to(c, behind_auth), e);
	return true;
}

static bool take_size(struct cur *c, struct event *e)
{
	return cur_i64(c, INT64_MAX, &e->size_bytes);
}

static bool take_reception(struct cur *c, struct event *e)
{
	e->duration_s = exim_time(exim_word(c));
	return true;
}

/* a Message-ID without its brackets: blanks only inside quoted strings */
static bool take_message_id(struct cur *c, struct event *e)
{
	const char *q = scan_either(c->p, c->end, ' ', '"');
	bool quoted = false;

	if (q == c->end || *q == ' ') {
		e->message_id = slice_between(c->p, q);
		c->p = q;
		return true;
	}
	for (q = c->p; q < c->end && (quoted || *q != ' '); q++) {
		if (*q == '\\' && quoted && q + 1 < c->end)
			q++;
		else if (*q == '"')
			quoted = !quoted;
	}
	if (quoted) {
		e->message_id = exim_word(c);
		return true;
	}
	e->message_id = slice_between(c->p, q);
	c->p = q;
	return true;
}

static bool take_subject(struct cur *c, struct event *e)
{
	e->subject = exim_quoted(c);
	return true;
}

/* received_sender: the sender before rewriting; the one before the fields is what counts */
static bool take_from(struct cur *c, struct event *e)
{
	struct slice before_rewriting;

	(void)e;
	c->p--;
	return exim_angle(c, &before_rewriting);
}

static bool take_for(struct cur *c, struct event *e)
{
	static const struct slice CUT = LIT(" <trunc>");
	struct slice s = cur_take_rest(c);

	e->recipients = exim_has(s.p, s.p + s.n, '<') ? slice_head(s, slice_find(s, CUT)) : s;
	return true;
}

static bool field(struct cur *c, struct event *e)
{
	switch (cur_peek(c)) {
	case 'A':
		return cur_lit(c, "A=") && take_auth(c, e);
	case 'C':
		if (cur_lit(c, "CV="))
			return exim_take_verified(c, e);
		return cur_lit(c, "Ci=") && exim_take_session(c, e);
	case 'D':
		return cur_lit(c, "DN=\"") && exim_take_dn(c, e);
	case 'H':
		return cur_lit(c, "H=") && exim_take_host_client(c, e);
	case 'I':
		return cur_lit(c, "I=") && exim_local(c, e);
	case 'P':
		return cur_lit(c, "P=") && take_protocol(c, e);
	case 'R':
		if (cur_lit(c, "R="))
			return take_reference(c, e);
		return cur_lit(c, "RT=") && take_reception(c, e);
	case 'S':
		if (cur_lit(c, "S="))
			return take_size(c, e);
		return cur_lit(c, "SNI=\"") && exim_take_quoted(c, e);
	case 'T':
		return cur_lit(c, "T=\"") && take_subject(c, e);
	case 'U':
		return cur_lit(c, "U=") && take_ident(c, e);
	case 'X':
		return cur_lit(c, "X=") && exim_take_tls(c, e);
	case 'f':
		if (cur_lit(c, "for "))
			return take_for(c, e);
		return cur_lit(c, "from <") && take_from(c, e);
	case 'i':
		return (cur_lit(c, "id=") || cur_lit(c, "id*=")) && take_message_id(c, e);
	default:
		return false;
	}
}

static bool field_follows(struct cur c)
{
	struct slice rest = cur_rest(&c);

	return slice_starts(rest, "H=") || slice_starts(rest, "U=") || slice_starts(rest, "P=") ||
	       slice_starts(rest, "R=") || slice_starts(rest, "S=") || slice_starts(rest, "I=") ||
	       slice_starts(rest, "DS ");
}

/* no brackets around it, but blanks inside quotes: "a b"@example.net */
static bool take_envelope_sender(struct cur *c, struct event *e)
{
	const char *q;
	bool quoted = false;

	if (cur_lit(c, "<>")) {
		e->sender = slice_of(c->p - 1, 0);
		return true;
	}
	q = scan_either(c->p, c->end, ' ', '"');
	if (q < c->end && *q == '"')
		q = c->p;
	for (; q < c->end; q++) {
		if (*q == '\\' && quoted && q + 1 < c->end)
			q++;
		else if (*q == '"')
			quoted = !quoted;
		else if (*q == ' ' && !quoted && field_follows((struct cur){ q + 1, c->end }))
			break;
	}
	if (q == c->end || q == c->p)
		return false;
	e->sender = slice_between(c->p, q);
	c->p = q;
	return true;
}

static bool is_delay_warning(struct slice subject)
{
	return slice_starts(subject, "Warning: message ") &&
	       slice_find(subject, SLICE(" delayed ")) < subject.n;
}

static bool is_local_protocol(struct slice protocol)
{
	return slice_starts(protocol, "local");
}

enum parse_result exim_arrival(struct cur c, struct event *e)
{
	e->kind = EV_ACCEPT;
	if (!take_envelope_sender(&c, e))
		return PARSE_BAD;
	while (cur_byte(&c, ' '))
		if (!exim_field(field, &c, e))
			exim_skip_word(&c);
	if (e->size_bytes < 0)
		return PARSE_BAD; /* S= is always there: the line is cut */
	if (e->related_queue_id.p && is_delay_warning(e->subject))
		e->relation = RELATION_DELAY_NOTICE;
	if (!e->client_ip.p && (e->ident.p || is_local_protocol(e->protocol)))
		e->marks |= MARK_LOCAL;
	if ((e->marks & MARK_LOCAL) && !e->user.p && !e->related_queue_id.p)
		e->user = e->ident;
	return PARSE_OK;
}

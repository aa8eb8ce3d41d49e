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

/* The value ends before the first blank behind which one of these begins (each with its own first byte). */
static struct slice up_to(struct cur *c, const struct slice *stops, size_t n)
{
	const char *begin = c->p, *q = begin;

	while (q < c->end && (q = memchr(q, ' ', (size_t)(c->end - q))) != NULL) {
		struct slice rest = slice_between(q + 1, c->end);

		for (size_t i = 0; i < n; i++)
			if (slice_starts_(rest, stops[i].p, stops[i].n)) {
				c->p = q;
				return slice_between(begin, q);
			}
		q++;
	}
	return exim_word(c);
}

static bool take_ident(struct cur *c, struct event *e)
{
	static const struct slice STOPS[] = { LIT("P="), LIT("Ci=") };

	e->ident = up_to(c, STOPS, ARRAY_LEN(STOPS));
	return true;
}

static bool take_auth(struct cur *c, struct event *e)
{
	static const struct slice STOPS[] = { LIT("S="), LIT("PRDR "), LIT("PRX="), LIT("K S=") };

	exim_auth(up_to(c, STOPS, ARRAY_LEN(STOPS)), e);
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
	const char *q = c->p;
	bool quoted = false;

	for (; q < c->end && (quoted || *q != ' '); q++) {
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
	size_t cut = slice_find(s, CUT);

	e->recipients = slice_head(s, cut);
	return true;
}

static bool take_local(struct cur *c, struct event *e)
{
	return exim_local(c, e);
}

static const struct exim_field FIELDS[] = {
	{ LIT("R="),    take_reference },
	{ LIT("H="),    exim_take_host_client },
	{ LIT("I="),    take_local },
	{ LIT("U="),    take_ident },
	{ LIT("Ci="),   exim_take_session },
	{ LIT("P="),    take_protocol },
	{ LIT("X="),    exim_take_tls },
	{ LIT("CV="),   exim_take_verified },
	{ LIT("DN=\""), exim_take_dn },
	{ LIT("SNI=\""), exim_take_quoted },
	{ LIT("A="),    take_auth },
	{ LIT("S="),    take_size },
	{ LIT("RT="),   take_reception },
	{ LIT("id="),   take_message_id },
	{ LIT("id*="),  take_message_id },
	{ LIT("T=\""),  take_subject },
	{ LIT("from <"), take_from },
	{ LIT("for "),  take_for },
};

static bool field_follows(struct cur c)
{
	static const struct slice FIRST[] = {
		LIT("H="), LIT("U="), LIT("P="), LIT("R="), LIT("DS "), LIT("S="), LIT("I="),
	};
	struct slice rest = cur_rest(&c);

	for (size_t i = 0; i < ARRAY_LEN(FIRST); i++)
		if (slice_starts_(rest, FIRST[i].p, FIRST[i].n))
			return true;
	return false;
}

/* no brackets around it, but blanks inside quotes: "a b"@example.net */
static bool take_envelope_sender(struct cur *c, struct event *e)
{
	const char *q = c->p;
	bool quoted = false;

	if (cur_lit(c, "<>")) {
		e->sender = slice_of(c->p - 1, 0);
		return true;
	}
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
	size_t at = 0;

	e->kind = EV_ACCEPT;
	if (!take_envelope_sender(&c, e))
		return PARSE_BAD;
	while (cur_byte(&c, ' '))
		if (!exim_field(FIELDS, ARRAY_LEN(FIELDS), &at, &c, e))
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

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

static bool behind_auth(struct slice rest)
{
	return slice_starts(rest, "S=") || slice_starts(rest, "PRDR ") || slice_starts(rest, "PRX=") ||
	       slice_starts(rest, "K S=");
}

static inline bool take_auth(struct cur *c, struct event *e)
{
	const char *colon = scan_either(c->p, c->end, ':', ' ');
	const char *blank = colon < c->end ? scan_either(colon + 1, c->end, ' ', ':') : colon;

	/* "METHOD:USER", one colon and no blank in it */
	if (LIKELY(c->end - blank >= 3 && memcmp(blank, " S=", 3) == 0 && *colon == ':')) {
		e->auth_method = slice_between(c->p, colon);
		e->user = slice_between(colon + 1, blank);
		c->p = blank;
		return true;
	}
	exim_auth(up_to(c, behind_auth), e);
	return true;
}

static bool take_reception(struct cur *c, struct event *e)
{
	e->duration_s = exim_time(exim_word(c));
	return true;
}

/* "SPF": it passed; "SPF=RESULT" */
static bool take_spf(struct cur *c, struct event *e)
{
	struct slice word = exim_word(c);

	if (slice_starts(word, "SPF="))
		e->spf = slice_from(word, 4);
	else if (slice_is(word, "SPF"))
		e->spf = SLICE("pass");
	return e->spf.p;
}

/* Exim's word is what the domain's policy asks for: what is accepted has passed. */
static struct slice dmarc_result(struct slice status)
{
	if (slice_is(status, "accept"))
		return SLICE("pass");
	if (slice_is(status, "reject") || slice_is(status, "quarantine"))
		return SLICE("fail");
	return slice_is(status, "temperror") ? SLICE("temperror") : SLICE("none");
}

/* "DMARC": it passed; "DMARC=STATUS" */
static bool take_dmarc(struct cur *c, struct event *e)
{
	struct slice word = exim_word(c);

	if (slice_starts(word, "DMARC="))
		e->dmarc = dmarc_result(slice_from(word, 6));
	else if (slice_is(word, "DMARC"))
		e->dmarc = SLICE("pass");
	return e->dmarc.p;
}

static bool take_dkim(struct cur *c, struct event *e)
{
	e->dkim_domain = exim_word(c);
	return true;
}

/* "ARC": the chain passed */
static bool take_arc(struct cur *c, struct event *e)
{
	if (!slice_is(exim_word(c), "ARC"))
		return false;
	e->check = SLICE("arc");
	e->result = SLICE("pass");
	return true;
}

/* a Message-ID with quoted strings, which may hold blanks */
static ATTR_NOINLINE const char *quoted_message_id(const char *p, const char *end)
{
	struct cur c = { p, end };
	bool quoted = false;

	for (; p < end && (quoted || *p != ' '); p++) {
		if (*p == '\\' && quoted && p + 1 < end)
			p++;
		else if (*p == '"')
			quoted = !quoted;
	}
	if (quoted)
		(void)exim_word(&c);
	return quoted ? c.p : p;
}

/* a Message-ID without its brackets; from base on may be read */
static inline bool take_message_id(const char *base, struct cur *c, struct event *e)
{
	const char *q = scan_mostly_near(base, c->p, c->end, ' ', '"', 32);

	if (q < c->end && *q == '"')
		q = quoted_message_id(c->p, c->end);
	e->message_id = slice_between(c->p, q);
	c->p = q;
	return true;
}

/* received_sender: the sender before rewriting; the one before the fields is what counts */
static bool take_from(struct cur *c)
{
	struct slice before_rewriting;

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

/* a tag of one letter, the cursor behind its "=" */
static inline bool short_field(char tag, struct cur *c, struct event *e)
{
	switch (tag) {
	case 'A':
		return take_auth(c, e);
	case 'H':
		return exim_take_host_client(c, e);
	case 'I':
		return exim_local(c, e);
	case 'P':
		e->protocol = exim_word(c);
		return true;
	case 'R':
		e->related_queue_id = exim_word(c);
		e->relation = RELATION_BOUNCE;
		return true;
	case 'S':
		return cur_size(c, &e->size_bytes);
	case 'T':
		if (!cur_byte(c, '"'))
			return false;
		e->subject = exim_quoted(c);
		return true;
	case 'U':
		e->ident = up_to(c, behind_ident);
		return true;
	case 'X':
		return exim_take_tls(c, e);
	default:
		return false;
	}
}

static inline bool long_field(struct cur *c, struct event *e)
{
	switch (cur_peek(c)) {
	case 'A':
		return take_arc(c, e);
	case 'C':
		if (cur_lit(c, "CV="))
			return exim_take_verified(c, e);
		return cur_lit(c, "Ci=") && exim_take_session(c, e);
	case 'D':
		if (cur_lit(c, "DKIM="))
			return take_dkim(c, e);
		return cur_lit(c, "DN=\"") ? exim_take_dn(c, e) : take_dmarc(c, e);
	case 'R':
		return cur_lit(c, "RT=") && take_reception(c, e);
	case 'S':
		return cur_lit(c, "SNI=\"") ? exim_take_quoted(c, e) : take_spf(c, e);
	case 'f':
		if (cur_lit(c, "for "))
			return take_for(c, e);
		return cur_lit(c, "from <") && take_from(c);
	case 'i':
		return (cur_lit(c, "id=") || cur_lit(c, "id*=")) && take_message_id(c->p, c, e);
	default:
		return false;
	}
}

/* a field, or a word that is none */
static inline void take_field(struct cur *c, struct event *e)
{
	const char *begin = c->p;
	bool taken;

	if (cur_left(c) >= 2 && begin[1] == '=') {
		c->p += 2;
		taken = short_field(*begin, c, e);
	} else {
		taken = long_field(c, e);
	}
	if (!taken) {
		c->p = begin;
		exim_skip_word(c);
	}
}

/*
 * The fields of nearly all messages that came over a network, in the order in which Exim writes them.  The first other one ends
 * it: take_field() knows all, in any order.
 */
static inline void usual_fields(struct cur *c, struct event *e)
{
	const char *begin = c->p;
	struct cur t = *c;

	if (!cur_lit(&t, " H=") || !exim_take_host_client(&t, e))
		return;
	if (cur_lit(&t, " P="))
		e->protocol = exim_word(&t);
	if (cur_lit(&t, " X="))
		(void)exim_take_tls(&t, e);
	if (cur_lit(&t, " CV="))
		(void)exim_take_verified(&t, e);
	if (cur_lit(&t, " A="))
		(void)take_auth(&t, e);
	*c = t;
	if (!cur_lit(&t, " S=") || !cur_size(&t, &e->size_bytes))
		return;
	if (cur_lit(&t, " id="))
		(void)take_message_id(begin, &t, e);
	*c = t;
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
	q = scan_mostly_near(c->p, c->p, c->end, ' ', '"', 32);
	if (LIKELY(q > c->p && c->end - q >= 3 && memcmp(q, " H=", 3) == 0)) {
		e->sender = slice_between(c->p, q);
		c->p = q;
		return true;
	}
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
	usual_fields(&c, e);
	while (cur_byte(&c, ' '))
		take_field(&c, e);
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

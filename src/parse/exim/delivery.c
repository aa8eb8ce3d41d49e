/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery.c - "=>" "->" ">>" "*>" delivered, "==" deferred, "**" failed
 *
 * Source: exim src/src/deliver.c (delivery_log, deferral_log, failure_log, d_hostlog, d_tlslog).
 *   => ADDRPART [F=<>] [Q=] [P=<>] [R=] T= [S=] [H= [IP]:PORT*] [I=] [PS=] [X= CV=] [DN=""] [A=] [C=""]
 *      [QT=] [DT=]
 *   == ADDRPART [Q=] [R=] [T=] [routing|transporting] defer (N)[: STRERROR] [H=..] [DT=] [: MESSAGE]
 *   ** ADDRPART [F=<>] [Q=] [P=<>] [R=] [T=] [H=..] [X= CV=] [DN=""] SEP STRERROR SEP MESSAGE [DT=]
 * SEP is ": " glued to the last field up to 4.98 and " : " from 4.99.
 * Traps: behind the first separator everything is the remote host's text; DT= of "**" stands behind it.
 */
#include "parse/exim/exim_priv.h"

/* "X=<...>", the cursor behind the bracket */
static ATTR_NOINLINE const char *bracketed_end(const char *p, const char *end)
{
	struct cur c = { p - 1, end };
	struct slice s;

	return exim_angle(&c, &s) ? c.p : NULL;
}

/* "archive (mailbox locked)" */
static ATTR_NOINLINE const char *shadow_end(const char *p, const char *end)
{
	struct cur c = { p, end }, t;
	struct slice s;

	(void)exim_word(&c);
	t = c;
	return cur_lit(&t, " (") && cur_until(&t, ')', &s) ? t.p : c.p;
}

/* a tag of one letter, the cursor behind its "=" */
static inline bool short_field(char tag, struct cur *c, struct event *e)
{
	switch (tag) {
	case 'A':
		exim_auth(exim_word(c), e);
		return true;
	case 'C':
		if (!cur_byte(c, '"'))
			return false;
		e->reply = exim_quoted(c);
		return true;
	case 'F':
		return cur_byte(c, '<') && exim_take_sender(c, e);
	case 'H':
		return exim_take_host_relay(c, e);
	case 'I':
		return exim_local(c, e);
	case 'P':
		return cur_byte(c, '<') && exim_step(c, bracketed_end(c->p, c->end));
	case 'R':
		e->router = exim_word(c);
		return true;
	case 'S':
		return cur_size(c, &e->size_bytes);
	case 'T':
		e->transport = exim_word(c);
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
	case 'C':
		return cur_lit(c, "CV=") && exim_take_verified(c, e);
	case 'D':
		if (cur_lit(c, "DT=")) {
			e->delay_transmit_s = exim_time(exim_word(c));
			return true;
		}
		return cur_lit(c, "DN=\"") && exim_take_dn(c, e);
	case 'Q':
		if (!cur_lit(c, "QT="))
			return false;
		e->delay_s = exim_time(exim_word(c));
		return true;
	case 'S':
		if (cur_lit(c, "ST="))
			return exim_step(c, shadow_end(c->p, c->end));
		return cur_lit(c, "SRS=<") && exim_step(c, bracketed_end(c->p, c->end));
	default:
		return false;
	}
}

/* The fields of nearly all deliveries, in the order in which Exim writes them; the first other one ends it. */
static inline void usual_fields(struct cur *c, struct event *e)
{
	struct cur t = *c;

	if (!cur_lit(&t, " R="))
		return;
	e->router = exim_word(&t);
	if (cur_lit(&t, " T="))
		e->transport = exim_word(&t);
	*c = t;
	if (cur_lit(&t, " H=")) {
		if (!exim_take_host_relay(&t, e))
			return;
		if (cur_lit(&t, " X="))
			(void)exim_take_tls(&t, e);
		if (cur_lit(&t, " CV="))
			(void)exim_take_verified(&t, e);
	}
	if (cur_lit(&t, " C=\""))
		e->reply = exim_quoted(&t);
	*c = t;
}

/* the end of the fields at the cursor: there is a blank that something else follows, or no blank */
static const char *fields_end(struct cur c, struct event *e)
{
	while (cur_peek(&c) == ' ') {
		const char *begin = c.p++;
		bool taken;

		if (cur_left(&c) >= 2 && c.p[1] == '=') {
			c.p += 2;
			taken = short_field(begin[1], &c, e);
		} else {
			taken = long_field(&c, e);
		}
		if (!taken)
			return begin;
	}
	return c.p;
}

static inline void take_fields(struct cur *c, struct event *e)
{
	c->p = fields_end(*c, e);
}

#define POSTFIX_QUEUED "250 2.0.0 Ok: queued as "

/* "250 2.0.0 Ok: queued as ID", Postfix's reply, with an id of letters and digits: the id, else SLICE_NONE */
static inline struct slice postfix_id(struct slice reply)
{
	struct slice id;

	if (!slice_starts(reply, POSTFIX_QUEUED) || reply.n > sizeof POSTFIX_QUEUED - 1 + 16)
		return SLICE_NONE;
	id = slice_from(reply, sizeof POSTFIX_QUEUED - 1);
	/* in the last 16 bytes, without those before it */
	if (id.n < 4 || (~scan_alnum16(id.p + id.n - 16) & 0xffff) >> (16 - id.n))
		return SLICE_NONE;
	return id;
}

/* the id behind a marker: letters, digits and what sits in ids */
static struct slice id_at(struct slice s)
{
	size_t n = s.n >= 16 ? (size_t)__builtin_ctz(~scan_alnum16(s.p)) : 0;

	while (n < s.n && (exim_class(s.p[n]) & EXIM_ID))
		n++;
	while (n && s.p[n - 1] == '.')
		n--;
	return n >= 4 ? slice_head(s, n) : SLICE_NONE;
}

/* The next server's queue id in its reply to the message. */
static void handoff(struct event *e)
{
	static const struct slice MARKERS[] = { LIT("queued as "), LIT("OK id="), LIT("InternalId=") };
	static const struct slice HOSTNAME = LIT("Hostname=");

	if (!e->reply.p)
		return;
	for (size_t i = 0; i < ARRAY_LEN(MARKERS); i++) {
		size_t at = slice_rfind(e->reply, MARKERS[i]);
		struct slice id;

		if (at == e->reply.n)
			continue;
		id = id_at(slice_from(e->reply, at + MARKERS[i].n));
		if (!id.p)
			continue;
		e->related_queue_id = id;
		e->relation = RELATION_HANDOFF;
		break;
	}
	if (!e->related_queue_id.p) {
		/* sendmail: "250 2.0.0 5ALL1xxx012345 Message accepted for delivery" */
		size_t at = slice_find(e->reply, SLICE(" Message accepted for delivery"));
		struct slice before = slice_head(e->reply, at), id;
		size_t blank = slice_rfind_byte(before, ' ');

		if (at == e->reply.n || blank == before.n)
			return;
		id = slice_from(before, blank + 1);
		if (id.n >= 14 && slice_eq(id_at(id), id)) {
			e->related_queue_id = id;
			e->relation = RELATION_HANDOFF;
		}
		return;
	}
	size_t at = slice_find_byte(e->reply, 'H');

	if (at < e->reply.n && (at = slice_find(e->reply, HOSTNAME)) < e->reply.n) {
		struct slice host = id_at(slice_from(e->reply, at + HOSTNAME.n));

		if (host.p)
			e->related_server = host;
	}
}

/* Dovecot LMTP: "250 2.0.0 <user@example.com> SESSION Saved" */
struct saved {
	struct slice address, session;
	bool one_line; /* no backslash in it */
};

static ATTR_NOINLINE bool any_saved(struct slice reply, struct saved *ret)
{
	struct cur c = cur_of(slice_from(reply, sizeof "250 2.0.0 " - 1));

	ret->one_line = false;
	if (!exim_angle(&c, &ret->address) || !cur_byte(&c, ' '))
		return false;
	ret->session = exim_word(&c);
	return ret->session.n && cur_lit(&c, " Saved") && cur_at_end(&c);
}

/* the same; through a copy, so that *ret of lmtp_saved() stays in registers */
static inline bool saved_lines(struct slice reply, struct saved *ret)
{
	struct saved any;

	if (!any_saved(reply, &any))
		return false;
	*ret = any;
	return true;
}

static inline bool lmtp_saved(struct slice reply, struct saved *ret)
{
	const char *begin, *last, *close;
	uint32_t ends;

	if (!slice_starts(reply, "250 2.0.0 <") || !slice_ends(reply, " Saved"))
		return false;
	begin = reply.p + sizeof "250 2.0.0 <" - 1;
	last = reply.p + reply.n - (sizeof " Saved" - 1);
	/* a quote within a reply stands behind a backslash */
	ends = last - begin >= 32 ? scan_mask(begin, 32, '>', '\\') : 0;
	close = ends ? begin + __builtin_ctz(ends) : scan_either_from(reply.p, begin, last, '>', '\\');
	if (close == last || *close != '>')
		return saved_lines(reply, ret);
	ret->address = slice_between(begin, close);
	if (close[1] != ' ' || last - close < 3)
		return false;
	ret->session = slice_between(close + 2, last);
	if (ret->session.n > 32 || last - reply.p < 32 || last[-1] == ':')
		return saved_lines(reply, ret);
	/* in the last 32 bytes, without those before it */
	if (scan_mask(last - 32, 32, ' ', '\\') >> (32 - ret->session.n))
		return saved_lines(reply, ret);
	ret->one_line = true;
	return true;
}

/* May it hold one of these letters?  No for sure, in a look at up to 16 bytes. */
static inline bool may_hold_l_or_d(struct slice s)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t head, tail;

	if (s.n < 8 || s.n > 16)
		return true;
	memcpy(&head, s.p, 8);
	memcpy(&tail, s.p + s.n - 8, 8);
	head = (head | ones * 0x28) ^ ones * 'l';
	tail = (tail | ones * 0x28) ^ ones * 'l';
	return (((head - ones) & ~head) | ((tail - ones) & ~tail)) & ones * 0x80;
}

/* "lmtp" or "dovecot", in any case, within a transport's name */
static bool names_lmtp(struct slice transport)
{
	_Static_assert(('D' | 0x28) == 'l' && ('L' | 0x28) == 'l' && ('d' | 0x28) == 'l', "two bits differ");
	if (!may_hold_l_or_d(transport))
		return false;
	for (size_t i = 0; i < transport.n; i++) {
		struct slice word;

		if ((transport.p[i] | 0x28) != 'l')
			continue;
		word = ascii_tolower(transport.p[i]) == 'l' ? SLICE("lmtp") : SLICE("dovecot");
		if (transport.n - i >= word.n && slice_eq_fold(slice_of(transport.p + i, word.n), word))
			return true;
	}
	return false;
}

/* Into a mailbox, or to the next server?  LMTP may go over the network too. */
static bool is_remote(const struct event *e)
{
	return e->relay_ip.p && !names_lmtp(e->transport);
}

/* "discarded (system filter)", "blackhole (RCPT ACL discarded recipients)[: TEXT]": all recipients */
static bool discard_all(struct cur c, struct event *e)
{
	struct cur t = c;

	if (cur_peek(&c) != 'b' && cur_peek(&c) != 'd')
		return false;
	if (!cur_lit(&c, "blackhole (") && !cur_lit(&c, "discarded (system filter)"))
		return false;
	(void)(cur_lit(&t, "blackhole ") || cur_lit(&t, "discarded "));
	e->outcome = OUTCOME_DISCARDED;
	e->marks |= MARK_DEFERRED_ALL;
	e->reason = cur_rest(&t);
	return true;
}

/* where a command, a path or an answer goes */
static void set_target(const struct exim_addr *a, struct event *e)
{
	if (a->kind == EXIM_ADDR_FILE)
		e->folder = a->final;
	else if (a->kind == EXIM_ADDR_PIPE || a->kind == EXIM_ADDR_REPLY)
		e->relay_host = a->final;
}

static void settle_delivery(const struct exim_addr *a, bool bypassed, struct event *e)
{
	struct saved mailbox;
	bool saved = lmtp_saved(e->reply, &mailbox);
	struct slice next_id = saved ? SLICE_NONE : postfix_id(e->reply);

	exim_addr_recipient(a, saved ? mailbox.address : SLICE_NONE, e);
	set_target(a, e);
	if ((saved && mailbox.one_line) || next_id.p) {
		/* what exim_reply() would find */
		e->smtp_code = 250;
		e->dsn = slice_of(e->reply.p + 4, 5);
	} else if (e->reply.p) {
		(void)exim_reply(e->reply, e);
	}
	if (!e->transport.p || bypassed) {
		e->outcome = OUTCOME_DISCARDED;
		if (a->kind == EXIM_ADDR_SPECIAL)
			e->reason = a->final;
		return;
	}
	if (a->kind == EXIM_ADDR_REPLY) {
		/* an answer was written: what becomes of the message itself stands in other lines */
		e->outcome = OUTCOME_EXPANDED;
		e->action = SLICE("reply");
	} else if (a->kind == EXIM_ADDR_PLAIN && is_remote(e) && !saved) {
		e->outcome = OUTCOME_RELAYED;
		if (next_id.p) {
			e->related_queue_id = next_id;
			e->relation = RELATION_HANDOFF;
		} else {
			handoff(e);
		}
		return;
	} else {
		e->outcome = OUTCOME_DELIVERED;
		if (saved)
			e->session = mailbox.session;
	}
	e->marks |= MARK_LOCAL;
}

enum parse_result exim_delivery(struct cur c, struct event *e, bool bypassed)
{
	struct exim_addr a;
	const char *behind;

	a.recipient = SLICE_NONE;
	behind = exim_addr_end(c.p, c.end, &a);
	e->kind = EV_ATTEMPT;
	/* it holds no address */
	if (!a.recipient.p && discard_all(c, e))
		return PARSE_OK;
	if (!behind)
		return PARSE_BAD;
	c.p = behind;
	if (a.kind == EXIM_ADDR_PLAIN && slice_is(a.final, "discarded"))
		a.kind = EXIM_ADDR_SPECIAL;
	usual_fields(&c, e);
	while (!cur_at_end(&c)) {
		take_fields(&c, e);
		if (!cur_byte(&c, ' '))
			break;
		exim_skip_word(&c);
	}
	if (a.kind == EXIM_ADDR_SPECIAL && e->transport.p)
		a.kind = EXIM_ADDR_PLAIN; /* a user of that name */
	if (!e->transport.p && a.kind != EXIM_ADDR_SPECIAL)
		return PARSE_BAD; /* only discards have no transport: the line is cut */
	settle_delivery(&a, bypassed, e);
	return PARSE_OK;
}

/* " DT=5s" at the end of the text; a remote host can forge all but the last */
static struct slice cut_delivery_time(struct slice s, struct event *e)
{
	size_t at = slice_rfind_byte(s, ' ');
	usec_t t;

	if (at == s.n || !slice_starts(slice_from(s, at), " DT="))
		return s;
	t = exim_time(slice_from(s, at + 4));
	if (t < 0)
		return s;
	e->delay_transmit_s = t;
	return slice_head(s, at);
}

/* Put off without a try; the numbers moved between versions, the texts did not. */
static bool no_attempt(struct slice message, int64_t number)
{
	static const struct slice TEXTS[] = {
		LIT("retry time not reached"),
		LIT("Retry time not yet reached"),
		LIT("remote deliveries suppressed"),
		LIT("domain is in queue_domains"),
		LIT("domain is held"),
		LIT("reusing SMTP connection skips previous routing defer"),
		LIT("concurrency limit reached"),
		LIT("max_parallel"),
	};

	for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++)
		if (slice_starts_(message, TEXTS[i].p, TEXTS[i].n))
			return true;
	return number == -23;
}

/* N as event.error_number; -1 is "not told" there, and Exim's -1 is "unknown" */
static bool defer_number(struct cur *c, int64_t *ret)
{
	bool negative = cur_byte(c, '-');
	int64_t v;

	if (!cur_i64(c, INT32_MAX, &v))
		return false;
	*ret = negative ? -v : v;
	return true;
}

/* STRERROR: up to " H=", " DT=" or ": " */
static struct slice strerror_text(struct cur *c)
{
	const char *begin = c->p, *q = begin;

	for (; q < c->end; q++) {
		struct cur t = { q, c->end };

		if (cur_lit(&t, ": ") || cur_lit(&t, " H=") || cur_lit(&t, " DT="))
			break;
	}
	c->p = q;
	return slice_between(begin, q);
}

/* the cursor behind "defer (" */
static enum parse_result deferral_reason(struct cur c, struct event *e)
{
	struct slice error = SLICE_NONE, message = SLICE_NONE;
	int64_t number;

	if (!defer_number(&c, &number) || !cur_byte(&c, ')'))
		return PARSE_BAD;
	e->error_number = number;
	if (number > 0 && cur_lit(&c, ": "))
		error = strerror_text(&c);
	for (take_fields(&c, e); cur_byte(&c, ' '); take_fields(&c, e))
		(void)exim_word(&c);
	if (cur_lit(&c, ": "))
		message = cur_rest(&c);
	if (message.p)
		exim_message(message, e);
	e->reply = message.p ? message : error;
	if (e->reply.p && no_attempt(e->reply, number))
		e->marks |= MARK_NO_ATTEMPT;
	return PARSE_OK;
}

enum parse_result exim_deferral(struct cur c, struct event *e)
{
	struct exim_addr a;

	e->kind = EV_ATTEMPT;
	e->outcome = OUTCOME_DEFERRED;
	e->marks |= MARK_TEMPORARY;
	if (!exim_addr(&c, &a))
		return PARSE_BAD;
	exim_addr_recipient(&a, SLICE_NONE, e);
	set_target(&a, e);
	for (take_fields(&c, e); cur_byte(&c, ' '); take_fields(&c, e)) {
		if (cur_lit(&c, "defer ("))
			return deferral_reason(c, e);
		(void)exim_word(&c);
	}
	return PARSE_BAD;
}

/* Given up after temporary failures?  The text says so, or the last failure was a temporary one. */
static bool is_expiry(struct slice message, const struct event *e)
{
	return slice_starts(message, "retry timeout exceeded") || slice_starts(message, "all hosts ") ||
	       slice_starts(message, "retry time not reached") ||
	       (e->smtp_code >= 400 && e->smtp_code < 500) ||
	       (slice_starts(message, "Child process of ") &&
		slice_find(message, SLICE(" returned 75 (")) < message.n);
}

/* flags between the fields of a failure; any other lower-case word begins the text */
static bool is_flag(struct slice word)
{
	return slice_find_byte(word, '=') < word.n || slice_starts(word, "TFO") || slice_starts(word, "L") ||
	       slice_is(word, "K") || slice_is(word, "PRDR") || slice_is(word, "DS");
}

enum parse_result exim_failure(struct cur c, struct event *e)
{
	struct exim_addr a = { .kind = EXIM_ADDR_PLAIN };
	struct slice message = SLICE_NONE;

	e->kind = EV_ATTEMPT;
	e->outcome = OUTCOME_BOUNCED;
	if (slice_starts(cur_rest(&c), "mua_wrapper is set but ")) {
		e->marks |= MARK_DEFERRED_ALL;
		e->reply = cur_rest(&c);
		return PARSE_OK;
	}
	if (!exim_addr(&c, &a))
		return PARSE_BAD;
	exim_addr_recipient(&a, SLICE_NONE, e);
	set_target(&a, e);
	for (take_fields(&c, e); !cur_at_end(&c); take_fields(&c, e)) {
		struct cur before;

		if (cur_lit(&c, ": ") || cur_lit(&c, " : ")) {
			message = cur_rest(&c);
			break;
		}
		if (!cur_byte(&c, ' '))
			break;
		before = c;
		if (is_flag(exim_word(&c)))
			continue;
		message = cur_rest(&before);
		break;
	}
	if (!message.p)
		return PARSE_BAD;
	e->reply = cut_delivery_time(message, e);
	exim_message(e->reply, e);
	if (is_expiry(e->reply, e))
		e->outcome = OUTCOME_EXPIRED;
	return PARSE_OK;
}

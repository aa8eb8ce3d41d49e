/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply.c - what the reason in a delivery line's parentheses says
 *
 * The next server's own id, its reply code, and the true outcome: status=sent also covers what was thrown
 * away or merely handed on under a new queue id.
 * Written by the delivery agents (local, virtual, pipe) and by whoever answered the smtp client: Postfix,
 * Exim, Sendmail, Exchange, Dovecot, amavis.  A Postfix id in a chain of replies is the last "queued as".
 */
#include "base/ascii.h"
#include "base/attr.h"
#include "parse/postfix/postfix_priv.h"

#define SCAN_BYTES_MIN 12 /* of the name of a scan of Proxmox Mail Gateway */

static inline void hand_off(struct slice id, struct event *e)
{
	if (id.n == 0)
		return;
	e->related_queue_id = id;
	e->relation = RELATION_HANDOFF;
}

/* up to a blank, ';' or ')' */
static struct slice id_word(struct slice s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != ' ' && s.p[n] != ';' && s.p[n] != ')')
		n++;
	return slice_head(s, n);
}

/* Exchange: "250 2.6.0 <msgid> [InternalId=123, Hostname=x.example] Queued mail for delivery" */
static bool exchange_id(struct cur c, struct event *e)
{
	struct slice message_id, id, host;

	if (!cur_until_lit(&c, " [InternalId=", &message_id))
		return false;
	id = id_word(cur_rest(&c));
	if (slice_ends(id, ","))
		id.n--;
	if (slice_ends(id, "]"))
		id.n--;
	hand_off(id, e);
	if (cur_until_lit(&c, "Hostname=", &id) && cur_until(&c, ']', &host))
		e->related_server = host;
	return true;
}

/* Dovecot LMTP: "<r> SESSION Saved" */
static inline bool dovecot_session(struct cur c, struct event *e)
{
	const char *p = c.p, *base = p, *begin;

	if (!cur_byte(&c, '<'))
		return false;
	do {
		p = scan_mostly_near(base, p + 1, c.end, '>', '>', 32);
		if (c.end - p < 2)
			return false;
	} while (UNLIKELY(p[1] != ' '));
	begin = p + 2;
	p = scan_mostly_near(base, begin, c.end, ' ', ' ', 32);
	if (!slice_starts(slice_between(p, c.end), " Saved"))
		return false;
	e->session = slice_between(begin, p);
	return true;
}

/* Gmail: "OK  1789200930 d2e1a72fcca58-123si4567890pfi.12 - gsmtp" */
static bool gmail_id(struct cur c, struct event *e)
{
	struct slice rest = cur_rest(&c), id;
	uint64_t seconds;

	if (!slice_ends(rest, "gsmtp") || !cur_lit(&c, "OK "))
		return false;
	cur_skip_spaces(&c);
	if (!cur_u64(&c, INT64_MAX, &seconds) || !cur_byte(&c, ' ') || !cur_until(&c, ' ', &id))
		return false;
	hand_off(id, e);
	return true;
}

/* "Ok: queued as ID", alone or with one more word behind a ';' */
static inline bool postfix_id(struct cur c, struct event *e)
{
	const char *base = c.p;

	if (!cur_lit(&c, "Ok: queued as ") || scan_mostly_near(base, c.p, c.end, ' ', ')', 16) != c.end)
		return false;
	hand_off(slice_between(c.p, scan_mostly_near(base, c.p, c.end, ';', ';', 16)), e);
	return true;
}

/* behind "250 2.0.0 ": the id that nearly all tell */
static inline bool usual_id(struct cur c, struct event *e)
{
	return postfix_id(c, e) || (slice_ends(cur_rest(&c), " Saved") && dovecot_session(c, e));
}

/* behind "250 2.0.0 ": whose reply is it, and which id does it tell? */
ATTR_NOINLINE static void next_id(struct cur c, struct event *e)
{
	struct slice id;
	size_t at;

	if (usual_id(c, e))
		return;
	at = slice_rfind(cur_rest(&c), SLICE("queued as "));
	if (at < cur_left(&c)) {
		hand_off(id_word(slice_from(cur_rest(&c), at + 10)), e);
		return;
	}
	if (cur_peek(&c) == '<' && (dovecot_session(c, e) || exchange_id(c, e)))
		return;
	if (cur_lit(&c, "OK id=") || cur_lit(&c, "Ok id=") || cur_lit(&c, "ok id=")) { /* Exim */
		hand_off(id_word(cur_rest(&c)), e);
		return;
	}
	if (gmail_id(c, e))
		return;
	id = cur_token(&c, ' ');
	if (cur_lit(&c, "Message accepted for delivery")) /* Sendmail, OpenSMTPD */
		hand_off(id, e);
}

/* The reply starts at the cursor, is_code() said so: code, enhanced code, and for 2xx the next id.  What follows
 * code and enhanced code goes to *ret_text. */
static void smtp_reply(struct cur c, struct event *e, struct cur *ret_text)
{
	struct slice reply = cur_rest(&c), told = e->dsn, dsn;

	e->smtp_code = (c.p[0] - '0') * 100 + (c.p[1] - '0') * 10 + (c.p[2] - '0');
	c.p += cur_left(&c) > 3 ? 4 : 3;
	if (pf_dsn(&c, &dsn)) {
		if (!told.p)
			e->dsn = dsn;
		(void)cur_byte(&c, ' ');
		*ret_text = c;
	}
	if (reply.p[0] == '2') {
		next_id(c, e);
		return;
	}
	/* dsn=5.0.0 was made from the code: the first line had no enhanced code, the last may have one */
	if (reply.n > 4 && reply.p[3] == '-' && slice_ends(told, ".0.0")) {
		char code[] = { ' ', reply.p[0], reply.p[1], reply.p[2], ' ', '\0' };
		size_t at = slice_rfind(reply, slice_of(code, 5));

		if (at < reply.n) {
			struct cur last = cur_of(slice_from(reply, at + 5));

			if (pf_dsn(&last, &dsn) && dsn.p[0] == told.p[0])
				e->dsn = dsn;
		}
	}
}

static bool is_code(struct cur c)
{
	return cur_left(&c) >= 3 && c.p[0] >= '2' && c.p[0] <= '5' && ascii_digit(c.p[1]) &&
	       ascii_digit(c.p[2]) && (cur_left(&c) == 3 || c.p[3] == ' ' || c.p[3] == '-');
}

/* "host H[A] said: 550 5.1.1 ...", "host H[A] refused to talk to me: 421 ...", "TLS is required, but host H
 * refused to start TLS: 454 ...", "SASL authentication failed; server H[A] said: 535 ..." */
static bool find_reply(struct cur *c)
{
	struct pf_peer peer;
	struct slice word;

	if (is_code(*c))
		return true;
	if (cur_lit(c, "host ") || cur_lit(c, "SASL authentication failed; server ") ||
	    cur_lit(c, "SASL [CACHED] authentication failed; server "))
		return pf_peer(c, &peer) && (cur_lit(c, " said: ") || cur_lit(c, " refused to talk to me: ")) &&
		       is_code(*c);
	if (cur_lit(c, "TLS is required, but host "))
		return cur_until(c, ' ', &word) && cur_lit(c, "refused to start TLS: ") && is_code(*c);
	return false;
}

/* of a delivery on this machine */
ATTR_NOINLINE static enum outcome local_outcome(const struct pf *f, struct event *e)
{
	struct cur c = cur_of(e->reply);

	if (slice_is(f->process, "discard"))
		return OUTCOME_DISCARDED;
	if (cur_lit(&c, "forwarded as ")) {
		e->related_queue_id = id_word(cur_rest(&c));
		e->relation = RELATION_FORWARD;
		return OUTCOME_EXPANDED;
	}
	if (slice_starts(e->reply, "alias expanded"))
		return OUTCOME_EXPANDED;
	if (slice_is(e->reply, "discarded") || slice_is(e->reply, "delivered to file: /dev/null") ||
	    slice_is(e->reply, "undeliverable postmaster notification discarded"))
		return OUTCOME_DISCARDED;
	if (e->relay_port != -1)
		return OUTCOME_RELAYED; /* a renamed smtp client */
	e->marks |= MARK_LOCAL;
	return OUTCOME_DELIVERED;
}

/* "OK (381C4E5DFA32622BFC4)": the filter of Proxmox Mail Gateway took it; what it did with it, it says itself */
ATTR_NOINLINE static bool is_scan(struct cur text)
{
	struct slice id;

	if (!cur_lit(&text, "OK (") || !cur_until(&text, ')', &id) || !cur_at_end(&text) || id.n < SCAN_BYTES_MIN)
		return false;
	while (id.n && ascii_xdigit(id.p[id.n - 1]))
		id.n--;
	return id.n == 0;
}

/* text: of the reply, behind its codes */
static inline enum outcome sent_outcome(const struct pf *f, struct cur text, struct event *e)
{
	bool lmtp = slice_is(f->process, "lmtp");

	if (!lmtp && !slice_is(f->process, "smtp"))
		return local_outcome(f, e);
	/* amavis took it and will not pass it on: "Ok, discarded, id=", "Ok, id=01234-05, BOUNCE" */
	if (UNLIKELY(cur_lit(&text, "Ok, ")) && slice_starts(e->reply, "250 ")) {
		if (cur_lit(&text, "discarded"))
			return OUTCOME_DISCARDED;
		if (cur_lit(&text, "id=") && slice_ends(e->reply, ", BOUNCE"))
			return OUTCOME_BOUNCED;
	}
	if (UNLIKELY(lmtp && slice_ends(e->reply, ")"))) {
		if (cur_lit(&text, "BLOCKED (")) /* Proxmox Mail Gateway: the name of the scan follows */
			return OUTCOME_DISCARDED;
		if (is_scan(text))
			return OUTCOME_RELAYED;
	}
	if (!lmtp || e->related_queue_id.p)
		return OUTCOME_RELAYED;
	e->marks |= MARK_LOCAL;
	return OUTCOME_DELIVERED;
}

ATTR_NOINLINE static void any_reason(const struct pf *f, struct event *e)
{
	struct cur c = cur_of(e->reply), text = { c.end, c.end };

	if (e->outcome == OUTCOME_DEFERRED && (cur_lit(&c, "delivery temporarily suspended: ") ||
					       slice_is(e->reply, "deferred transport")))
		e->marks |= MARK_NO_ATTEMPT;
	if (find_reply(&c))
		smtp_reply(c, e, &text);
	if (e->outcome == OUTCOME_RELAYED)
		e->outcome = sent_outcome(f, text, e);
}

void pf_reason(const struct pf *f, struct event *e)
{
	struct cur c = cur_of(e->reply);

	/* nearly all */
	if (LIKELY(e->outcome == OUTCOME_RELAYED && e->dsn.p && cur_lit(&c, "250 2.0.0 "))) {
		e->smtp_code = 250;
		if (UNLIKELY(!usual_id(c, e)))
			next_id(c, e);
		e->outcome = sent_outcome(f, c, e);
		return;
	}
	any_reason(f, e);
}

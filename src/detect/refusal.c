/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refusal.c - what a refusal says about the client, and what a reply says about us
 */
#include "detect/refusal.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/shape.h"
#include "detect/detect_priv.h"
#include "diagnose/verdict.h"

#define SHAPES_MAX  8192 /* then all are forgotten: a flood of inventions costs time, no memory */
#define SHAPE_BYTES 200

/* --- refusals ----------------------------------------------------------------------------------------- */

/* Ids of causes that say more than their class.  The first row that fits counts. */
static const struct {
	const char *id; /* '*' at the end: whatever follows */
	enum refusal kind;
} TABLE[] = {
	{ "postfix-relay-denied", REFUSAL_RELAY },
	{ "exim-relay-not-permitted", REFUSAL_RELAY },
	{ "sendmail-relaying-denied", REFUSAL_RELAY },
	{ "sendmail-relaying-ptr", REFUSAL_RELAY },
	{ "exchange-relay-denied", REFUSAL_RELAY },
	{ "generic-relay-denied-ours", REFUSAL_RELAY },
	{ "cpanel-turn-on-auth", REFUSAL_RELAY },
	{ "postfix-user-unknown", REFUSAL_UNKNOWN },
	{ "postfix-undeliverable-address", REFUSAL_UNKNOWN },
	{ "postfix-unverified-address", REFUSAL_UNKNOWN },
	{ "exim-unrouteable-address", REFUSAL_UNKNOWN },
	{ "sendmail-user-unknown", REFUSAL_UNKNOWN },
	{ "cpanel-no-such-user", REFUSAL_UNKNOWN },
	{ "directadmin-invalid-user", REFUSAL_UNKNOWN },
	{ "dovecot-user-unknown", REFUSAL_UNKNOWN },
	{ "exchange-recipient-not-found", REFUSAL_UNKNOWN },
	{ "generic-unknown-user*", REFUSAL_UNKNOWN },
	{ "generic-not-our-mailbox", REFUSAL_UNKNOWN },
	{ "generic-too-many-bad-recipients", REFUSAL_UNKNOWN },
	{ "exim-too-many-bad-recipients", REFUSAL_UNKNOWN },
	{ "status-5.1.1", REFUSAL_UNKNOWN },
	{ "status-5.1.x", REFUSAL_UNKNOWN },
	{ "postfix-helo-rejected", REFUSAL_HELO },
	{ "postfix-helo-access-denied", REFUSAL_HELO },
	{ "exim-helo-invalid", REFUSAL_HELO },
	{ "exim-helo-verify", REFUSAL_HELO },
	{ "sendmail-helo-invalid", REFUSAL_HELO },
	{ "cpanel-bad-helo", REFUSAL_HELO },
	{ "generic-helo-ours", REFUSAL_HELO },
	{ "exim-sync-error", REFUSAL_PROTOCOL },
	{ "exim-too-many-bad-commands", REFUSAL_PROTOCOL },
	{ "postfix-pipelining*", REFUSAL_PROTOCOL },
	{ "sendmail-pre-greeting-traffic", REFUSAL_PROTOCOL },
	{ "sendmail-attack", REFUSAL_PROTOCOL },
	{ "generic-protocol-ours", REFUSAL_PROTOCOL },
	{ "exim-too-many-connections-from-ip", REFUSAL_CONNECTIONS },
	{ "postfix-anvil-limit", REFUSAL_CONNECTIONS },
	{ "sendmail-connection-rate", REFUSAL_CONNECTIONS },
	{ "exim-ratelimited", REFUSAL_RATE },
	{ "generic-too-fast-ours", REFUSAL_RATE },
	{ "rspamd-ratelimit", REFUSAL_RATE },
	{ "postfix-sender-domain-not-found", REFUSAL_SENDER },
	{ "postfix-sender-null-mx", REFUSAL_SENDER },
	{ "sendmail-sender-domain", REFUSAL_SENDER },
	{ "sendmail-sender-real-domain", REFUSAL_SENDER },
	{ "exim-sender-verify-failed", REFUSAL_SENDER },
	{ "generic-spoofed-ours", REFUSAL_SENDER },
	{ "spf-policy-fail", REFUSAL_SENDER },
	{ "opendmarc-reject", REFUSAL_SENDER },
};

static bool id_fits(struct slice id, const char *pattern)
{
	struct slice p = slice_str(pattern);

	if (!slice_ends(p, "*"))
		return slice_eq(id, p);
	p = slice_head(p, p.n - 1);
	return id.n >= p.n && memcmp(id.p, p.p, p.n) == 0;
}

static enum refusal of_class(const struct cause *cause)
{
	switch (cause->class) {
	case CLASS_REPUTATION:
		return REFUSAL_LISTED;
	case CLASS_CONTENT:
		return REFUSAL_CONTENT;
	case CLASS_AUTH:
		return cause->side == SIDE_SENDER_DOMAIN ? REFUSAL_SENDER : REFUSAL_OTHER;
	case CLASS_GREYLIST:
		return REFUSAL_GREYLIST;
	default:
		return REFUSAL_OTHER;
	}
}

static enum refusal of_cause(const struct cause *cause)
{
	for (size_t i = 0; i < ARRAY_LEN(TABLE); i++)
		if (id_fits(cause->id, TABLE[i].id))
			return TABLE[i].kind;
	return of_class(cause);
}

/* "victim%example.com@our.example": our server is to send it on (RFC 5321 knows no such paths any more) */
static bool is_source_route(struct slice recipient)
{
	struct slice local = slice_head(recipient, slice_rfind_byte(recipient, '@'));

	return recipient.n && (slice_find_byte(local, '%') < local.n || slice_find_byte(local, '!') < local.n ||
			       slice_find_byte(local, '@') < local.n);
}

/* --- causes by shape ---------------------------------------------------------------------------------- */

struct known_cause {
	struct cause cause;
	enum refusal kind;
	char key[];
};

static void forget(struct refusals *r)
{
	const struct map_slot *slot;
	size_t at = 0;

	while ((slot = map_next(&r->known, &at)))
		free(slot->value);
	map_done(&r->known);
	r->known = (struct map){ 0 };
}

void refusals_done(struct refusals *r)
{
	forget(r);
	strbuf_done(&r->key);
}

/* what stands in front of the shape keeps apart who said it, and when */
static struct slice key_of(struct refusals *r, enum said_by said_by, int64_t code, struct slice stage, struct slice reply)
{
	strbuf_clear(&r->key);
	strbuf_add_byte(&r->key, (char)('0' + said_by));
	strbuf_add_i64(&r->key, code);
	strbuf_add_byte(&r->key, ' ');
	strbuf_add(&r->key, slice_head(stage, 16));
	strbuf_add_byte(&r->key, ' ');
	shape_add(&r->key, reply, SHAPE_BYTES);
	return strbuf_slice(&r->key);
}

static const struct known_cause *keep(struct refusals *r, struct slice key, const struct cause *cause)
{
	struct known_cause *k;

	if (r->known.n >= SHAPES_MAX)
		forget(r);
	k = xmalloc(sizeof *k + key.n);
	k->cause = *cause;
	k->kind = of_cause(cause);
	memcpy(k->key, key.p, key.n);
	(void)map_put(&r->known, slice_of(k->key, key.n), k);
	return k;
}

static enum refusal kind_of(struct refusals *all, const struct diagnoser *rules, const struct rejection *r)
{
	struct slice key = key_of(all, SAID_BY_US, r->smtp_code, r->stage, r->reply);
	const struct known_cause *k = map_get(&all->known, key);
	struct other_verdict v;

	if (!k) {
		verdict_rejection(rules, r, &v);
		k = keep(all, key, &v.cause);
	}
	return k->kind;
}

enum refusal detect_refusal(const struct detect *d, const struct rejection *r)
{
	const struct diagnoser *rules = detect_options_of(d)->diagnoser;
	struct refusals *all = detect_refusals(d);

	if (all->current == r)
		return all->kind;
	all->current = r;
	all->kind = rules ? kind_of(all, rules, r) : REFUSAL_OTHER;
	if (all->kind == REFUSAL_OTHER && !r->temporary && is_source_route(r->recipient))
		all->kind = REFUSAL_RELAY;
	return all->kind;
}

bool detect_cause(const struct detect *d, const struct complaint *complaint, struct cause *ret)
{
	const struct diagnoser *rules = detect_options_of(d)->diagnoser;
	struct refusals *all = detect_refusals(d);
	const struct known_cause *k;
	struct slice key;

	if (!rules)
		return false;
	key = key_of(all, complaint->said_by, complaint->smtp_code, complaint->stage, complaint->reply);
	k = map_get(&all->known, key);
	if (!k) {
		struct cause cause;

		diagnose(rules, complaint, &cause);
		k = keep(all, key, &cause);
	}
	*ret = k->cause;
	return true;
}

bool detect_attempt_cause(const struct detect *d, const struct message *m, const struct recipient *r, const struct attempt *a,
			  struct cause *ret)
{
	const struct complaint complaint = {
		.reply = a->reply, .smtp_code = a->smtp_code, .dsn = a->dsn, .host = a->relay_host,
		.said_by = verdict_said_by(r, a), .temporary = a->outcome == OUTCOME_DEFERRED,
		.recipient = r->address, .sender = m->sender, .ip = a->relay_ip,
	};

	return a->reply.n && detect_cause(d, &complaint, ret);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff.h - is this message of another server the one that was handed over?
 *
 * Nobody tells for certain: the next server's id stands in its reply, and a stranger may reply what he likes; Message-IDs are the
 * sender's; clocks differ.  So signs are counted, and a hand-over is believed when several agree and none speaks against it.
 */
#ifndef FACT_HANDOFF_H
#define FACT_HANDOFF_H

#include "fact/fact.h"

#define HANDOFF_WINDOW_US (10 * USEC_PER_MIN) /* by which clocks may differ, or an answer may be late */

#define HANDOFF_SIGNS(X) \
	X(HANDOFF_ID, "id")                 /* the reply names the queue id */ \
	X(HANDOFF_TIME, "time")             /* it arrived when it was handed over */ \
	X(HANDOFF_MESSAGE_ID, "message_id") /* both have the same */ \
	X(HANDOFF_SENDER, "sender") \
	X(HANDOFF_RECIPIENT, "recipient") \
	X(HANDOFF_CLIENT, "client")         /* it came from a client that is named as the first server */ \
	X(HANDOFF_RELAY, "relay")           /* it was handed to a host that is named as the second server */

enum handoff_sign {
#define X(id, name) id##_BIT,
	HANDOFF_SIGNS(X)
#undef X
	HANDOFF_SIGN_COUNT,
#define X(id, name) id = 1 << id##_BIT,
	HANDOFF_SIGNS(X)
#undef X
	/* what speaks against it */
	HANDOFF_OTHER_ID = 1 << 14,         /* both have a Message-ID, and they differ */
	HANDOFF_OTHER_SENDER = 1 << 15,
};

/* name of a bit's number, for JSON */
const char *handoff_sign_name(unsigned bit);

/* The signs for and against it that `a`, an attempt of `from` for `r`, made `to`.  r: NULL where the recipient is not asked for. */
unsigned handoff_signs(const struct message *from, const struct recipient *r, const struct attempt *a,
		       const struct message *to);
/* Are these enough, on different servers? */
bool handoff_believed(unsigned signs);
/* The same where both messages are of one server: a filter that gives mail back, a second instance. */
bool handoff_believed_here(unsigned signs, const struct attempt *a);

/* which attempt of one message made another one */
struct handoff_guess {
	const struct message *from;
	const struct attempt *a;   /* NULL: the logs of that server end before */
	unsigned rank;             /* signs that agree: the more the better, before nearness */
	usec_t apart_us;
};

/* Offer the attempts of `from` for having made `to`, a message of another server: *best is set if one is believed, and better. */
void handoff_guess(const struct message *from, const struct message *to, struct handoff_guess *best);
/* Did it go over the network to a server that took it? */
bool handoff_hands_over(const struct attempt *a);
/* Is it one that came over the network, and nobody knows from where? */
bool handoff_may_have_come(const struct message *m);

/* Do these name one host: "mx" and "mx.example.com", whatever their case? */
bool handoff_same_host(struct slice a, struct slice b);
/* The recipient's mail was handed to a host over the network, which is not this one. */
bool handoff_is_remote(const struct attempt *a);

#endif

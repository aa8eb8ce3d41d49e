/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refusal.h - what a refusal says about the client, and what a reply says about us
 *
 * The rules of causes know the words of all mail servers; a table makes of their ids the few kinds that detectors ask for.  Replies
 * repeat themselves: the cause of a shape is looked for once.
 */
#ifndef DETECT_REFUSAL_H
#define DETECT_REFUSAL_H

#include "base/map.h"
#include "base/strbuf.h"
#include "detect/detector.h"
#include "diagnose/diagnose.h"

#define REFUSALS(X) /* we refused a client, because ... */ \
	X(REFUSAL_OTHER)       /* other or unknown reasons, our own trouble among them */ \
	X(REFUSAL_RELAY)       /* it wanted to send through us to others */ \
	X(REFUSAL_UNKNOWN)     /* there is no such mailbox */ \
	X(REFUSAL_LISTED)      /* it is on a blocklist, or has a bad name */ \
	X(REFUSAL_CONTENT)     /* spam, a virus */ \
	X(REFUSAL_SENDER)      /* the sender is forged or does not exist: SPF, DMARC, no such domain */ \
	X(REFUSAL_HELO)        /* of the name it gave */ \
	X(REFUSAL_PROTOCOL)    /* of how it talks */ \
	X(REFUSAL_CONNECTIONS) /* of too many connections */ \
	X(REFUSAL_RATE)        /* of too much mail */ \
	X(REFUSAL_GREYLIST)    /* it is new */

enum refusal {
#define X(id) id,
	REFUSALS(X)
#undef X
	REFUSAL_COUNT
};

/* Causes by shape.  Zero-initialised is ready to use. */
struct refusals {
	struct map known;
	struct strbuf key;
	const struct rejection *current; /* the kind of this one is `kind` */
	enum refusal kind;
};

void refusals_done(struct refusals *r);
/* A new fact: forget `current`. */
static inline void refusals_next(struct refusals *r)
{
	r->current = NULL;
}

/* of a rejection by us */
enum refusal detect_refusal(const struct detect *d, const struct rejection *r);

/* The cause of a reply or reason; false: there are no rules. */
bool detect_cause(const struct detect *d, const struct complaint *complaint, struct cause *ret);
/* the same of a failed attempt */
bool detect_attempt_cause(const struct detect *d, const struct message *m, const struct recipient *r, const struct attempt *a,
			  struct cause *ret);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ahead.h - the names of a message, fetched before it is counted
 *
 * The names of a large log do not fit into the processor's caches, and a message has several.  The tracker announces a
 * message a little before it tells it: then the memory is asked for its names, and while it answers others are counted.
 */
#ifndef REPORT_AHEAD_H
#define REPORT_AHEAD_H

#include "base/attr.h"
#include "report/report_priv.h"

#define AHEAD_RECIPIENTS 8 /* whose names are fetched */
#define AHEAD_MESSAGES   8 /* a power of two */
#define AHEAD_NAMES      2 /* so many messages later a message's names are fetched: then it is known where they stand */

/* the names of a message */
struct message_keys {
	struct name_key sender, client, user;
	struct name_key recipients[AHEAD_RECIPIENTS]; /* of the first ones */
	size_t n_recipients;
};

/* zero-initialised is ready to use */
struct ahead {
	struct hint {
		uint64_t serial;          /* of a message that was announced; 0: free, or it was told */
		struct message_keys keys; /* their texts are only to be compared: the message may be gone */
	} hints[AHEAD_MESSAGES];          /* the last ones */
	size_t n_hints;
	size_t told;                      /* the hint behind that of the message that was told last */
	struct message_keys keys;         /* of one that was not announced, or has changed since */
};

/* fetches where the search for its names begins, and the names of one that was announced AHEAD_NAMES messages before */
void ahead_note(struct ahead *a, const struct counters *c, const struct message *m);
/* the keys of a message that is counted now; borrowed until the next one */
const struct message_keys *ahead_find(struct ahead *a, const struct counters *c, const struct message *m);

/* The address that names a mailbox: the final one, unless that is a bare user, file or pipe. */
static inline struct slice recipient_address(const struct recipient *rc)
{
	if (rc->orig_address.p && (!rc->address.p || slice_find_byte(rc->address, '@') == rc->address.n))
		return rc->orig_address;
	return rc->address;
}

/* no name if no panel wants it */
static inline void client_key(const struct counters *c, struct name_key *k, struct slice ip, struct slice host)
{
	if (!(c->wanted & WANT_CLIENT))
		name_key_fold(k, SLICE_NONE);
	else if (ip.p)
		name_key(k, ip);
	else
		name_key_fold(k, host);
}

#endif

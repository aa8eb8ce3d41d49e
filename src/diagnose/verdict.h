/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict.h - the cause of what became of a recipient, of a refusal, of a failed login
 */
#ifndef DIAGNOSE_VERDICT_H
#define DIAGNOSE_VERDICT_H

#include <stdbool.h>

#include "base/tr.h"
#include "diagnose/diagnose.h"
#include "fact/fact.h"

/* What the sentences of a deed (deeds.def) name beside the complaint.  All may be SLICE_NONE. */
struct deed_words {
	struct slice who;          /* who did it, or which filter */
	struct slice words;        /* what the log quotes */
	struct slice id;           /* queue id of the message */
	enum writer writer;
	const struct verdict *filter; /* for the score; NULL: none */
};

/* A recipient's failure.  "expired" is never a cause: the last temporary failure is. */
struct recipient_verdict {
	bool failed;               /* false: nothing to explain (delivered, relayed, expanded, pending without a try) */
	struct cause cause;        /* of a deed: basis BASIS_DEED */
	struct complaint complaint;/* slices of the message */
	struct deed_words deed;
	const struct attempt *attempt; /* the one that the cause comes from; NULL: none */
	/* held or removed after tries that failed: why they did */
	bool failed_before;
	struct cause cause_before;
	struct complaint complaint_before;
	uint32_t tries;            /* attempts that were really made */
	usec_t first_try_us, last_try_us; /* USEC_NONE: none was made */
	usec_t try_gap_us;         /* between the last two; -1: not known */
};

void verdict_recipient(const struct diagnoser *d, const struct message *m, const struct recipient *r,
		       struct recipient_verdict *ret);

/* a refusal's or a failed login's */
struct other_verdict {
	struct cause cause;
	struct complaint complaint;
	struct deed_words deed;
};

void verdict_rejection(const struct diagnoser *d, const struct rejection *r, struct other_verdict *ret);
/* of a login that failed */
void verdict_login(const struct diagnoser *d, const struct login *l, struct other_verdict *ret);

/* The same from what a reason tally keeps of a failure: a sample of its replies. */
void verdict_reply(const struct diagnoser *d, const struct complaint *c, struct other_verdict *ret);

/* who told the reply of an attempt */
enum said_by verdict_said_by(const struct recipient *r, const struct attempt *a);

/* whether a relay is a program of this machine: loopback, a socket */
bool verdict_is_own_relay(struct slice host, struct slice ip);

/*
 * The summary or the action of a cause, filled in and appended as it is (strangers' text: escape the result for its medium).
 * deed: NULL where there is none.
 */
void verdict_summary(struct strbuf *out, enum tr_language language, const struct cause *cause,
		     const struct complaint *complaint, const struct deed_words *deed);
void verdict_action(struct strbuf *out, enum tr_language language, const struct cause *cause,
		    const struct complaint *complaint, const struct deed_words *deed);

/* "550 5.1.1", "4.4.1", "" */
void verdict_codes(struct strbuf *out, const struct complaint *complaint);

#endif

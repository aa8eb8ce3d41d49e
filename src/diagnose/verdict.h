/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict.h - the cause of what became of a recipient, and the sentence to read out
 */
#ifndef DIAGNOSE_VERDICT_H
#define DIAGNOSE_VERDICT_H

#include <stdbool.h>

#include "diagnose/diagnose.h"
#include "fact/fact.h"

/* A recipient's failure.  "expired" is never a cause: the last temporary failure is. */
struct recipient_verdict {
	bool failed;               /* false: nothing to explain (delivered, relayed, expanded, pending without a try) */
	struct cause cause;
	struct complaint complaint;/* slices of the message */
	const struct attempt *attempt; /* the one that the cause comes from; NULL: none */
	uint32_t tries;            /* attempts that were really made */
};

void verdict_recipient(const struct diagnoser *d, const struct message *m, const struct recipient *r,
		       struct recipient_verdict *ret);
void verdict_rejection(const struct diagnoser *d, const struct rejection *r, struct cause *cause,
		       struct complaint *complaint);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blocking.h - whom to block: what the action of a finding says and what --ban lists are the same
 */
#ifndef DETECT_BLOCKING_H
#define DETECT_BLOCKING_H

#include "detect/detect.h"
#include "detect/finding.h"
#include "detect/known.h"

/* What speaks against the finding's subject, as a number: the first count among the evidence. */
uint64_t blocking_count(const struct finding *f);
/* Honest people log in from there, or so much of its mail is taken that `against` counts for less. */
bool blocking_hurts(const struct known_address *k, uint64_t against);

/*
 * blocking_settle - decide for all findings together, once they are merged and sorted
 *
 * Adds to actions: which addresses to block where somebody got in, and a word of care where honest people share the
 * address.  `blockable` of single addresses is settled.
 */
void blocking_settle(const struct detect *d, struct findings *list, struct finding *f, size_t n);

#endif

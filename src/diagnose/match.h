/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match.h - which rule fits a reply best
 *
 * All texts of all rules are looked for in one walk over the reply.  Of each text, the four bytes that are rarest among the samples and texts of
 * the rules are put into a bitmap that fits the first-level cache; where the reply has such four bytes, the texts they belong to
 * are compared.  Every match is hung up on its longest text: it is looked at only if that was found.  A match without
 * a text is hung up on its code.
 */
#ifndef DIAGNOSE_MATCH_H
#define DIAGNOSE_MATCH_H

#include "diagnose/reply_priv.h"
#include "diagnose/rules.h"

struct matcher;

/* r: borrowed, unchanged as long as the matcher lives */
struct matcher *matcher_new(const struct rules *r);
void matcher_free(struct matcher *m);

/* The rule that fits best and what it was found by; NULL: none does. */
const struct rule *matcher_find(const struct matcher *m, const struct reply_view *v, enum cause_basis *ret_basis);

#endif

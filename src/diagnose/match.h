/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match.h - which rule fits a reply best
 *
 * All texts of all rules are looked for in one walk over the reply.  Each text has a gram of its own, the four bytes of it that cost least to look
 * for: those that few samples of the rules hold, and other texts have too.  Where the reply has such four bytes, the texts they belong to
 * are compared.  Every match is hung up on its rarest text: it is looked at only if that was found.  A match without a text is
 * hung up on its code.
 *
 * What costs time is not the work, but what the processor cannot foretell: so there are many passes over short lists, with hardly a branch in any.
 */
#ifndef DIAGNOSE_MATCH_H
#define DIAGNOSE_MATCH_H

#include "diagnose/reply_priv.h"
#include "diagnose/rules.h"

struct matcher;

/* r: may go when this has returned */
struct matcher *matcher_new(const struct rules *r);
void matcher_free(struct matcher *m);

/* What the rule that fits best says; false: none does.  Texts lie in the matcher. */
bool matcher_find(const struct matcher *m, const struct reply_view *v, struct cause *ret);

/* the same without the instructions that not every processor has */
bool matcher_find_plain(const struct matcher *m, const struct reply_view *v, struct cause *ret);

/* the rules of data/causes: made by embed.c when mailwhy is built */
extern const struct matcher builtin_matcher;

#endif

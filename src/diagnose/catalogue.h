/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalogue.h - all causes that mailwhy knows by itself, for its manual
 */
#ifndef DIAGNOSE_CATALOGUE_H
#define DIAGNOSE_CATALOGUE_H

#include <stddef.h>

#include "base/strbuf.h"
#include "diagnose/cause.h"

struct catalogue_cause {
	struct cause cause;  /* its texts live as long as the program */
	bool by_code;        /* whether waiting helps is not in the rule: as the first digit of the reply says */
};

/* The causes of data/causes, then those of deeds.def; false past the last one. */
bool catalogue_get(size_t i, struct catalogue_cause *ret);
/* The one of that id; false: there is none. */
bool catalogue_find(struct slice id, struct catalogue_cause *ret);

/* What it says of a failure of which nothing else is known: a sentence without its full stop, and what to do. */
void catalogue_summary(struct strbuf *out, const struct catalogue_cause *c);
void catalogue_action(struct strbuf *out, const struct catalogue_cause *c);

#endif

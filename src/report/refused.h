/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refused.h - what several panels of refusals share: what each client was told
 */
#ifndef REPORT_REFUSED_H
#define REPORT_REFUSED_H

#include "report/report_priv.h"
#include "report/seen.h"

enum { REFUSED_COUNT, REFUSED_SEEN, REFUSED_TEMPORARY = REFUSED_SEEN + SEEN_VALUES, REFUSED_VALUES };

/* whether the client had logged in */
enum { REFUSED_STRANGER, REFUSED_ACCOUNT, REFUSED_KINDS };

struct refused {
	struct tally t[REFUSED_KINDS]; /* (shape of the reply, client; NAME_NONE: not told) */
};

/* add the counters of a row to those of another one */
void refused_merge(int64_t *into, const int64_t *from);

static inline void refused_add(int64_t *v, const struct rejection *r)
{
	v[REFUSED_COUNT] += r->attempts;
	v[REFUSED_TEMPORARY] += r->temporary ? r->attempts : 0;
	seen_at(v + REFUSED_SEEN, r->time_us);
}

/* counts, and is no panel; its state is a struct refused */
extern const struct panel_ops counting_refused;

#endif

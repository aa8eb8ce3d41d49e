/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pflogsumm.h - the grand totals of pflogsumm 1.1.5 (Debian's 1.1.5-8), by its own counting rules
 *
 * It looks at bytes, not at events: lines are matched as that program matches them, oddities included.  See
 * docs/counting.md for what they mean and where our own numbers differ.
 */
#ifndef COMPAT_PFLOGSUMM_H
#define COMPAT_PFLOGSUMM_H

#include <stdint.h>

#include "base/strbuf.h"
#include "event/event.h"
#include "event/line.h"

struct compat_pflogsumm;

struct compat_pflogsumm_totals {
	uint64_t received, delivered, forwarded;
	uint64_t deferred, deferrals; /* messages; tries */
	uint64_t bounced, rejected, reject_warnings, held, discarded;
	unsigned rejected_pct, discarded_pct; /* of delivered + rejected + discarded, cut off */
	uint64_t bytes_received, bytes_delivered;
	uint64_t senders, sending_domains, recipients, recipient_domains;
};

struct compat_pflogsumm *compat_pflogsumm_new(void);
/* NULL is fine */
void compat_pflogsumm_free(struct compat_pflogsumm *c);
/* one record, in the order of the logs; e is not looked at and may be NULL */
void compat_pflogsumm_feed(struct compat_pflogsumm *c, const struct line *l, const struct event *e);
void compat_pflogsumm_totals(const struct compat_pflogsumm *c, struct compat_pflogsumm_totals *ret);
/* the "Grand Totals" block byte for byte, from its empty first line to the empty line after it */
void compat_pflogsumm_text(const struct compat_pflogsumm *c, struct strbuf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eximstats.h - the grand totals of eximstats (Exim 4.96, as Debian 12 ships it), by its own counting rules
 *
 * It looks at bytes, not at events: lines are matched as that program matches them, oddities included (new
 * message ids are not seen at all).  See docs/peers.md for what they mean and where our own numbers
 * differ.
 */
#ifndef COMPAT_EXIMSTATS_H
#define COMPAT_EXIMSTATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "event/event.h"
#include "event/line.h"

struct compat_eximstats;

struct compat_eximstats_totals {
	uint64_t received_bytes, received_messages, received_hosts;
	uint64_t delayed_messages, failed_messages; /* at least one address delayed (failed) */
	uint64_t delivered_bytes, delivered_messages, delivered_addresses, delivered_hosts;
	uint64_t rejects, reject_hosts, temp_rejects, temp_reject_hosts;
	uint64_t ham, ham_hosts, spam, spam_hosts; /* SpamAssassin at SMTP time (SA-Exim) */
};

struct compat_eximstats *compat_eximstats_new(void);
/* NULL is fine */
void compat_eximstats_free(struct compat_eximstats *c);
/* one record of a main log, in the order of the logs; e is not looked at and may be NULL */
void compat_eximstats_feed(struct compat_eximstats *c, const struct line *l, const struct event *e);
void compat_eximstats_totals(const struct compat_eximstats *c, struct compat_eximstats_totals *ret);
/*
 * The "Grand total summary" block byte for byte, from its empty first line to the empty line after it.
 * False, and nothing added, if no line was taken: eximstats then says "No valid log lines read" and ends
 * with 1.
 */
bool compat_eximstats_text(const struct compat_eximstats *c, struct strbuf *out);

#endif

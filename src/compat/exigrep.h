/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exigrep.h - all lines of every message of which one line matches a pattern
 *
 * Exim: by the rules of exigrep (4.96, as Debian 12 ships it): the same set of lines, for both forms of
 * message ids (exigrep itself does not know the new one).  Other MTAs: grouped by queue id in the same way.
 * Patterns are Perl regular expressions, matched on bytes.
 */
#ifndef COMPAT_EXIGREP_H
#define COMPAT_EXIGREP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "event/event.h"
#include "event/line.h"

struct compat_exigrep;

/*
 * Called once for each message and each single line with text to be shown as it is: its lines, newlines
 * included, and the empty line that exigrep puts behind them; borrowed for the call.
 */
typedef void compat_exigrep_print_fn(void *ctx, struct slice text);

/*
 * compat_exigrep_new - compile a pattern
 *
 * literal: no character of the pattern has a meaning (exigrep -l); case_sensitive: exigrep -I.
 * Returns NULL and fills *reterr (ERR_USAGE) when the pattern is no regular expression.
 */
struct compat_exigrep *compat_exigrep_new(struct slice pattern, bool literal, bool case_sensitive,
					  compat_exigrep_print_fn *print, void *ctx, struct err *reterr);
/* NULL is fine */
void compat_exigrep_free(struct compat_exigrep *g);
/* One record, in the order of the logs.  Memory grows with what is open: as exigrep, lines of a message are
 * kept until it ends. */
void compat_exigrep_feed(struct compat_exigrep *g, const struct line *l, const struct event *e);
/* the input has ended: messages that match and have not, under "+++ ID has not completed +++" */
void compat_exigrep_end(struct compat_exigrep *g);
/* messages and single lines shown so far */
uint64_t compat_exigrep_shown(const struct compat_exigrep *g);

#endif

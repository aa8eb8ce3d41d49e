/* SPDX-License-Identifier: Apache-2.0 */
/*
 * when.h - the times of --since and --until
 */
#ifndef CLI_WHEN_H
#define CLI_WHEN_H

#include "base/err.h"
#include "base/slice.h"
#include "base/usec.h"
#include "envelope/tz.h"

/*
 * when_parse - an instant as journalctl takes it
 *
 *   2026-11-21 14:00[:00[.5]]   2026-11-21   14:00[:00]   (wall clock of tz; a date alone is its first second)
 *   2026-11-21T14:00:00+01:00   ...Z              (RFC 3339; the offset may be missing)
 *   now   today   yesterday   tomorrow            (the first second of that day; a time may follow)
 *   -2h   +30min   -1d12h   "2 hours ago"         (from now)
 *   @1795305600   1795305600[.25]                 (seconds since the epoch)
 *
 * Letters may have either case.  Returns 0 or ERR_USAGE with a sentence.
 */
ATTR_NODISCARD int when_parse(struct slice text, usec_t now_us, const struct tz *tz, usec_t *ret,
			      struct err *reterr);

/* A span as "90s", "30m", "2h", "1d12h", "2 hours"; a bare number is seconds.  Returns 0 or ERR_USAGE with a sentence. */
ATTR_NODISCARD int when_span(struct slice text, usec_t *ret, struct err *reterr);

/* Two hours of the day as "22-6": 0 <= *ret_from < 24, 0 <= *ret_until <= 24.  False: it is none. */
bool when_hours(struct slice text, int *ret_from, int *ret_until);

#endif

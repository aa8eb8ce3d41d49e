/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tz.h - time zones from the system's TZif files (RFC 8536)
 *
 * Several zones at once, thread-safe: no TZ variable, no localtime().
 */
#ifndef ENVELOPE_TZ_H
#define ENVELOPE_TZ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/slice.h"
#include "base/usec.h"

struct tz;

/*
 * tz_open - a zone by name
 *
 * name: "Europe/Berlin", "UTC", a fixed offset "+0100" "+01:00" "-05", or NULL for this machine's zone
 * (/etc/localtime, UTC if there is none).  Zone files come from /usr/share/zoneinfo; names with ".." or a
 * leading '/' are refused.  On success *ret is the caller's, to free with tz_free().
 * Returns 0, ERR_NOT_FOUND, ERR_FORMAT.
 */
ATTR_NODISCARD int tz_open(const char *name, struct tz **ret, struct err *reterr);
/* The same from the bytes of a TZif file.  Returns 0, ERR_FORMAT. */
ATTR_NODISCARD int tz_from_bytes(struct slice bytes, struct tz **ret, struct err *reterr);
void tz_free(struct tz *tz);

/* seconds east of UTC at that instant; after the last transition the footer's POSIX rule counts */
int32_t tz_offset_at(const struct tz *tz, usec_t t);

/*
 * tz_local_to_utc - the instant of a wall clock time
 *
 * local: civil time read as if it were UTC.  In the hour that happens twice the first one is meant unless
 * `later`; a time that never was is moved forward.  *ret_offset gets the offset in force.
 */
usec_t tz_local_to_utc(const struct tz *tz, usec_t local, bool later, int32_t *ret_offset);

/* The offset of instant t holds from *ret_from up to (not including) *ret_until; INT64_MIN, INT64_MAX: for ever. */
void tz_flat_range(const struct tz *tz, usec_t t, usec_t *ret_from, usec_t *ret_until);

#endif

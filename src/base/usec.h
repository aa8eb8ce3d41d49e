/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usec.h - the one unit of time
 *
 * Instants are microseconds since 1970-01-01 00:00:00 UTC, spans are microseconds.  Leap seconds are
 * counted as POSIX does (23:59:60 is the next day's 00:00:00).
 */
#ifndef BASE_USEC_H
#define BASE_USEC_H

#include <stdint.h>

typedef int64_t usec_t;

#define USEC_PER_SEC  INT64_C(1000000)
#define USEC_PER_MSEC INT64_C(1000)
#define USEC_PER_MIN  (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (3600 * USEC_PER_SEC)
#define USEC_PER_DAY  (86400 * USEC_PER_SEC)
#define USEC_NONE     INT64_MIN /* no instant known; for spans use -1 */

/* from one instant to another; beyond all limits if just one of them is known */
static inline usec_t usec_since(usec_t from, usec_t to)
{
	if (from == to)
		return 0;
	return from == USEC_NONE || to == USEC_NONE ? INT64_MAX : to - from;
}

#endif

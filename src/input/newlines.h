/* SPDX-License-Identifier: Apache-2.0 */
/*
 * newlines.h - where the lines of a chunk end, found in one go
 */
#ifndef INPUT_NEWLINES_H
#define INPUT_NEWLINES_H

#include <stddef.h>
#include <stdint.h>

#define NEWLINES_STEP 64 /* bytes that are looked at together */

/*
 * newlines_find - the newlines in buf[from, end)
 *
 * Their places go to ret_at in order, at most max of them (at least NEWLINES_STEP); returns how many.  All bytes up
 * to *ret_end were looked at.
 */
size_t newlines_find(const char *buf, size_t from, size_t end, uint32_t *ret_at, size_t max, size_t *ret_end);

/* how many there are */
size_t newlines_count(const char *buf, size_t n);

/* Where the first NUL is; n: there is none, which is found out faster than by memchr(). */
size_t newlines_find_nul(const char *buf, size_t n);

#endif

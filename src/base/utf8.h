/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.h - UTF-8 from strangers
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* length of the valid sequence (RFC 3629) at the start of s, 0 if there is none; *ret_cp is its code point */
size_t utf8_next(struct slice s, uint32_t *ret_cp);

/*
 * utf8_unsafe - must this code point never reach a screen as it is?
 *
 * Control characters, and those that change how others are shown or that cannot be seen at all: bidirectional
 * overrides and marks, line separators, zero width characters, tags.
 */
bool utf8_unsafe(uint32_t cp);

#endif

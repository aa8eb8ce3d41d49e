/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape.h - the shape of a text: what stays when everything that varies is masked
 *
 * Two replies that say the same about different people, hosts and queue ids have the same shape, so that
 * reasons can be counted and unknown lines grouped.
 */
#ifndef BASE_SHAPE_H
#define BASE_SHAPE_H

#include "base/strbuf.h"

/*
 * shape_add - add the shape of a text
 *
 * Masks: addresses "<address>", IP addresses "<ip>", host names "<host>", links "<url>", numbers "<n>", clock
 * times "<time>", words of letters and digits mixed "<id>".  Kept: words, reply codes (2xx 4xx 5xx) and
 * enhanced status codes.  White space collapses, control bytes become '?'.
 * At most max_bytes of the text are looked at; what is added is never longer than 4 * max_bytes.
 */
void shape_add(struct strbuf *out, struct slice text, size_t max_bytes);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mime.h - texts in the forms that mail carries (RFC 2045, 2047, 5322)
 */
#ifndef EXPORT_MIME_H
#define EXPORT_MIME_H

#include "base/slice.h"
#include "base/strbuf.h"
#include "base/usec.h"

/*
 * mime_quoted_printable - a text of lines (RFC 2045, section 6.7)
 *
 * Lines of at most 76 columns in pure ASCII, each ended by "\n", as programs that take a mail on standard input want them.  What looks
 * like an envelope's "From " or an end of the message is encoded too.
 */
void mime_quoted_printable(struct strbuf *out, struct slice text);

/*
 * mime_header - "Name: text\n", folded
 *
 * The text may be anything: control bytes become escapes, and what is not printable ASCII, too long for a line or looks encoded
 * is written as encoded words (RFC 2047).  So no text can begin another header.
 */
void mime_header(struct strbuf *out, const char *name, struct slice text);

/* "Sun, 22 Nov 2026 06:30:00 +0100" */
void mime_date(struct strbuf *out, usec_t t, int32_t utc_offset_sec);

#endif

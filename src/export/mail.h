/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail.h - an answer as a mail
 */
#ifndef EXPORT_MAIL_H
#define EXPORT_MAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/strbuf.h"
#include "base/usec.h"

#define MAIL_ADDRESS_MAX 254 /* RFC 5321: of an address */

struct mail {
	struct slice subject;        /* anything: it is escaped and encoded */
	const char *const *to;       /* mail_address_ok() */
	size_t n_to;
	const char *host;            /* of the Message-ID; anything */
	usec_t date_us;
	int32_t utc_offset_sec;
	uint64_t unique;             /* makes Message-ID and boundary differ from those of another mail */
	struct slice text, html;     /* the same twice: multipart/alternative */
};

/* May this stand in To: as it is?  "root", "ops@example.com"; no comments, no quotes, no display names, nothing that is not ASCII. */
bool mail_address_ok(struct slice address);

/*
 * mail_compose - the mail as it goes to the standard input of sendmail
 *
 * Lines end with "\n".  There is no From: who sends is what the mail server says of the user.  Auto-Submitted (RFC 3834)
 * keeps holiday notices from answering.
 */
void mail_compose(struct strbuf *out, const struct mail *m);

#endif

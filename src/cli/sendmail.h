/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sendmail.h - hand a mail to this machine's mail server
 */
#ifndef CLI_SENDMAIL_H
#define CLI_SENDMAIL_H

#include "base/attr.h"
#include "base/err.h"
#include "base/slice.h"

/*
 * sendmail_send - give a mail with its header to `sendmail -i TO...`
 *
 * program: NULL for /usr/sbin/sendmail or /usr/lib/sendmail; there is no shell, and whatever the header says, the mail goes to nobody
 * but these.  Returns 0 when it took the mail; ERR_WRITE with what it said if not.
 */
ATTR_NODISCARD int sendmail_send(struct slice mail, const char *program, const char *const *to, size_t n_to, struct err *reterr);

#endif

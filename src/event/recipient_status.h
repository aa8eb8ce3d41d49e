/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recipient_status.h - Exchange's lists of recipients and of what became of them
 *
 * One row speaks of several recipients, "a@b;c@d", and has as many statuses: replies, folders, or "[{LED=reply};{MSG=the error
 * before};{FQDN=host};{IP=address};{LRT=time}]".  Replies hold ';' as well: it separates only outside of brackets, braces and
 * quotes, and if the numbers do not match, one status speaks of all.
 */
#ifndef EVENT_RECIPIENT_STATUS_H
#define EVENT_RECIPIENT_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/slice.h"

/* the next entry of a list, trimmed; false: there is none */
bool status_list_next(struct cur *list, struct slice *ret);
/* how many there are */
size_t status_list_count(struct slice list);

struct recipient_status {
	struct slice reply;    /* the last error in full */
	struct slice before;   /* the one before; SLICE_NONE: not told */
	struct slice host, ip; /* of the next hop; SLICE_NONE */
	int64_t code;          /* of `reply`; -1: none */
	struct slice dsn;      /* the same; SLICE_NONE */
	bool expired;          /* it was in the queue for too long: `before` says why */
};

void recipient_status_read(struct slice status, struct recipient_status *ret);

/* "550 5.1.1 text": its code and enhanced code, as far as they are there (-1, SLICE_NONE) */
void reply_codes(struct slice reply, int64_t *ret_code, struct slice *ret_dsn);

#endif

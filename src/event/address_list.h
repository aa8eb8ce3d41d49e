/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address_list.h - a list of recipients as Sendmail logs it: "<a@b>,<\"x, y\"@c>,carol,\"|/usr/bin/prog
 * arg\""
 *
 * Commas inside double quotes, angle brackets or comments do not separate.
 */
#ifndef EVENT_ADDRESS_LIST_H
#define EVENT_ADDRESS_LIST_H

#include <stdbool.h>

#include "base/slice.h"

/* the next item without the blanks around it, as it is written; false at the end of the list */
bool address_list_next(struct slice *list, struct slice *ret);

/*
 * the address itself: without angle brackets and a name in front of them, without the quotes around a command,
 * without the backslashes that keep a local name from being expanded (`\\ann`)
 */
struct slice address_plain(struct slice item);

#endif

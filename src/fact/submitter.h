/* SPDX-License-Identifier: Apache-2.0 */
/*
 * submitter.h - who hands mail in on this machine
 */
#ifndef FACT_SUBMITTER_H
#define FACT_SUBMITTER_H

#include <stdbool.h>

#include "base/slice.h"

/*
 * Is it the account that a web server runs its scripts under?  A name, or a number as Postfix logs it.  Names go by
 * the distributions' packages; numbers only where distributions give them away for good.
 */
bool submitter_is_web_server(struct slice user);

/* the account whose home a directory lies in: "anna" of /home/anna/public_html or /home2/anna; SLICE_NONE: not told by its name */
struct slice submitter_of_home(struct slice directory);

#endif

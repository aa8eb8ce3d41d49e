/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oddity.h - clients that do not behave as mail clients do
 *
 * What the lines say of a session beside mail, refusals and logins: a web browser's request, commands before the greeting, too
 * many errors, limits that were hit.  Each writer has its own words for it; here they become one of a few kinds.  A single one means
 * little (a port scan, a broken program, a lost line); who watches for abuse counts them by address.
 */
#ifndef FACT_ODDITY_H
#define FACT_ODDITY_H

#include "event/event.h"
#include "fact/fact.h"

/* What one line tells of it; false: nothing.  Time, server and lines are left to the caller.  Texts are the event's. */
bool oddity_of_event(const struct event *e, struct oddity *ret);

#endif

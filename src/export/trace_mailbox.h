/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_mailbox.h - what happened in mailboxes, in words
 */
#ifndef EXPORT_TRACE_MAILBOX_H
#define EXPORT_TRACE_MAILBOX_H

#include "export/trace.h"

/* "2026-11-21 20:56:49  ann@example.com  moved to Trash ... by imap" and the like, without the line's end */
void mailbox_line(const struct trace_out *o, const struct mailbox_action *a);

#endif

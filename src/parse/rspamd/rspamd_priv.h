/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rspamd_priv.h - what the files of the rspamd parser share
 */
#ifndef PARSE_RSPAMD_PRIV_H
#define PARSE_RSPAMD_PRIV_H

#include "base/cursor.h"
#include "parse/parse.h"

/* a literal as a constant initialiser of a slice */

/* behind "rspamd_task_write_log: " */
enum parse_result rspamd_verdict(struct cur c, struct event *e);
/* "<M>" up to what must follow it, without its outer brackets' ambiguity: the id with them; SLICE_NONE for "<undef>" */
struct slice rspamd_message_id(struct slice s);

#endif

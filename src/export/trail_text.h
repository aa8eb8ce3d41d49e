/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail_text.h - trails for people: a tree, one line per hop
 */
#ifndef EXPORT_TRAIL_TEXT_H
#define EXPORT_TRAIL_TEXT_H

#include "export/trace.h"
#include "fact/trail.h"

/* Is there more to show than one message? */
bool trail_has_tree(const struct trail *t);
/* A single message that went on to a server which may be ours or not: a line of its block says so.  NULL: it is none. */
const struct hop *trail_end_unknown(const struct trail *t);
/* Does the tree show the message that this link leads to? */
bool trail_shows(const struct trail *t, const struct message_link *l);
/* The tree, and under it where the time went. */
void trail_text(const struct trace_out *o, const struct trail *t);
/*
 * "5 min 12 s of 5 min 18 s were spent waiting in the queue of mx1 (first try was put off: Connection refused)" without
 * a line end; false, and nothing, if no stage took long.
 */
bool trail_text_slowest(const struct trace_out *o, const struct trail *t, size_t indent);
/*
 * "handed to b.example.com [10.0.0.2] as 1abc at 09:12:03; no log of that server was read" (or that it ends before that time,
 * and so on) without a line end
 */
void trail_text_gap(struct strbuf *out, const struct hop *gap);

#endif

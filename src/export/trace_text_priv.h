/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_text_priv.h - what the parts of the answer of `trace` for people share
 *
 * All add to the output and end with the line.
 */
#ifndef EXPORT_TRACE_TEXT_PRIV_H
#define EXPORT_TRACE_TEXT_PRIV_H

#include "export/trace.h"
#include "export/trace_verdict.h"

/* what the blocks of one answer share */
struct trace_view {
	const struct trace_out *o;
	const struct trace_answer *a;
	struct verdict_index *index;
	bool said;                 /* the verdict on the only message stands at the very top */
	struct slice *causes;      /* of a section: whose actions were told; ids live as long as the diagnoser */
	size_t n_causes, cap_causes;
};

/* one item of a section */
void trace_message(struct trace_view *v, const struct trace_item *item);
void trace_rejection(struct trace_view *v, const struct trace_item *item);
void trace_login(struct trace_view *v, const struct trace_item *item);
void trace_mailbox_event(struct trace_view *v, const struct trace_item *item);
/* the same in one line for each recipient */
void trace_message_brief(struct trace_view *v, const struct trace_item *item);
void trace_rejection_brief(struct trace_view *v, const struct trace_item *item);
void trace_login_brief(struct trace_view *v, const struct trace_item *item);

/* the attempt that tells most of what became of a recipient; NULL: there was none */
const struct attempt *trace_telling_attempt(const struct recipient *r);

/* the verdict on a message */
void trace_sentence(const struct trace_out *o, const struct message_verdict *v, size_t indent);
/* the log lines of an item, if they were asked for */
void trace_lines(const struct trace_out *o, const struct trace_item *item);

/* Without the end of a line: an address (or a word for the null sender and for what the log does not name), as wide as `columns`;
 * returns the columns taken.  "name [192.0.2.1]". */
size_t trace_address(const struct trace_out *o, struct slice s, size_t columns);
void trace_host(struct strbuf *out, struct slice name, struct slice ip);
/* no blanks at its end */
void trace_end_line(const struct trace_out *o);

#endif

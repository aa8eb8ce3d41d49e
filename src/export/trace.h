/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.h - the answer of `trace` as a value, and its renderings
 */
#ifndef EXPORT_TRACE_H
#define EXPORT_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "diagnose/diagnose.h"
#include "export/answer.h"
#include "export/terminal.h"
#include "fact/fact.h"
#include "fact/filter.h"
#include "fact/trail.h"

/* a log line behind a fact; text is SLICE_NONE if it could not be read again */
struct trace_line {
	const char *file;
	uint64_t line_no;
	struct slice text;
};

/* one fact of any kind with its lines; exactly one of them is set */
struct trace_item {
	const struct message *message;
	const struct rejection *rejection;
	const struct login *login;
	const struct mailbox_action *mailbox;
	const struct trace_line *lines; /* NULL: not asked for */
	size_t n_lines;
};

/* newest last */
struct trace_list {
	const struct trace_item *items;
	size_t n;
	uint64_t more; /* older ones that were left out */
};

struct trace_filter {
	const char *name;  /* option name without "--" */
	const char *value; /* as the user wrote it */
};

/* The question, as it stands beside the answer. */
struct trace_query {
	const struct slice *what;
	size_t n_what;
	bool all;
	usec_t since_us, until_us; /* USEC_NONE: open */
	const struct trace_filter *filters;
	size_t n_filters;
};

struct trace_answer {
	struct answer_head head;
	const struct diagnoser *diagnoser; /* for the causes; never NULL */
	const struct trace_answer *plain;  /* the same before its names were masked; NULL: they are not */
	struct trace_query query;
	struct trace_list messages, rejections, logins;
	struct trace_list mailbox;  /* what happened in mailboxes, of no message shown here */
	struct trace_list related;  /* messages that were not asked for, but are linked with one that was */
	struct trace_list loose;    /* what mailbox servers tell of mails shown here that went to them over a gap; not shown by itself */
	struct trails *trails;      /* over the messages, then the related ones; NULL: not made */
	bool lines;                 /* asked for */
	bool brief;                 /* for people: one line for each recipient */
	const struct filter *filter;/* for people: the recipients that pass it, and how many there are besides; NULL: all */
	bool every_recipient;       /* name those that do not pass it, however many they are (never in brief) */
	bool several_servers;       /* name the server of every fact */
	const struct slice *nearest;/* addresses that come near, when nothing was found */
	size_t n_nearest;
};

/* Where a rendering goes; full() is called between facts and may empty *out.  False from it: stop. */
struct trace_out {
	struct strbuf *out;
	const struct term *term;
	bool (*full)(void *ctx);
	void *ctx;
};

enum term_style trace_outcome_style(enum outcome o);

/* DESIGN section 6; docs/json.md describes every member */
void trace_json(const struct trace_out *o, const struct trace_answer *a);
/* for people */
void trace_text(const struct trace_out *o, const struct trace_answer *a);

#endif

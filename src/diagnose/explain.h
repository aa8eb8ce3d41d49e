/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.h - what each part of a log line, reply, code or word means
 *
 * The parts of a line cover it from its first byte to its last, in order; only blanks lie between them.  Their words are in the
 * user's language or in English.  Everything lives in the explanation's arena.
 */
#ifndef DIAGNOSE_EXPLAIN_H
#define DIAGNOSE_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"
#include "base/tr.h"
#include "diagnose/diagnose.h"
#include "diagnose/verdict.h"
#include "event/event.h"
#include "event/line.h"

#define EXPLAIN_KINDS(X) /* id, name, help */ \
	X(EXPLAIN_UNKNOWN, "unknown", "nothing that mailwhy knows, though parts of it may be") \
	X(EXPLAIN_LINE, "line", "a line of a log") \
	X(EXPLAIN_REPLY, "reply", "what a mail server answered") \
	X(EXPLAIN_CODE, "reply_code", "a three digit code") \
	X(EXPLAIN_DSN, "enhanced_code", "an enhanced status code") \
	X(EXPLAIN_NUMBER, "error_number", "a number of the system or of Exim") \
	X(EXPLAIN_TERM, "term", "a flag, field, program or word of logs") \
	X(EXPLAIN_SELECTOR, "log_selector", "Exim's log selectors") \
	X(EXPLAIN_QUEUE_ID, "queue_id", "a queue id") \
	X(EXPLAIN_CAUSE, "cause", "the id of a cause")

enum explain_kind {
#define X(id, name, help) id,
	EXPLAIN_KINDS(X)
#undef X
	EXPLAIN_KIND_COUNT
};

const char *explain_kind_name(enum explain_kind k);

/* SLICE_NONE: nothing to say.  Texts lie in the input (or in what was unescaped of it), in the arena, or are constants. */
struct explain_part {
	struct slice text;
	struct slice name, meaning;
	struct slice where;        /* of a word by itself: the log in which it has this meaning */
};

struct explanation {
	struct arena arena;
	enum tr_language language; /* set before */

	struct slice input;
	enum explain_kind kind;
	struct explain_part *parts;
	size_t n_parts, cap;
	struct slice sentence;     /* of a line: what it says as a whole; SLICE_NONE: nothing is known */
	bool failed;               /* something failed that has a cause: */
	struct other_verdict verdict; /* slices of the input */
	bool waits_by_code;        /* of EXPLAIN_CAUSE: waiting helps if the reply begins with 4 */
	struct slice queue_id;     /* of the message that a line is about; SLICE_NONE: none */
	enum writer writer;        /* of a line */
	enum event_kind event;     /* of a line; EV_FOREIGN: it is none of a mail program */
};

/* Both add to *x, which is zero but for `language`; input and the slices of line and event are borrowed as long as *x lives. */

/* A record that the envelope and a parser have seen.  d: NULL: no causes. */
void explain_line(struct explanation *x, const struct diagnoser *d, const struct line *l, const struct event *e);
/* Anything but a line: a reply, a code, a word.  kind is EXPLAIN_UNKNOWN if it is nothing that is known. */
void explain_text(struct explanation *x, const struct diagnoser *d, struct slice text);

void explanation_done(struct explanation *x);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse.h - from a record's text to one event
 *
 * A writer is a program (or a family of programs) that writes mail logs.  Its parser is a pure function of
 * the record: no memory of earlier lines, no allocation, no I/O.  Adding a writer is a directory with one
 * struct writer_ops and one row in registry.c.
 */
#ifndef PARSE_PARSE_H
#define PARSE_PARSE_H

#include <stdbool.h>

#include "event/event.h"
#include "event/line.h"

enum parse_result {
	PARSE_OK,
	PARSE_NOT_MINE, /* a line of this writer that no rule knows: becomes EV_OTHER */
	PARSE_BAD,      /* a rule knows how it begins, but it is cut or garbled: becomes EV_MALFORMED */
};

/* A line of the writer as its program writes it, and what it must become.  Tests run every sample through
 * every writer, and every prefix of it through its own under ASan. */
struct parse_sample {
	const char *program; /* syslog tag; NULL for logs whose envelope names their writer (Exim's own files) */
	const char *text;
	const char *want;    /* the start of event_text(): "attempt queue_id=\"4A1B2C3D4E\""; at least the kind */
	const char *header;  /* of comma separated logs: the lines of it that matter; NULL: none */
};

struct writer_ops {
	enum writer writer;
	enum envelope_kind envelope; /* of its own files, whose records have no tag; ENVELOPE_NONE: it has none */
	/* Is this record the writer's?  The tag tells; where programs share one, the start of the text does as well.
	 * No record may be claimed by two. */
	bool (*claims)(const struct line *l);
	/* Fill *ret (already initialised with event_init()); on anything but PARSE_OK its content does not
	 * matter.  l->text is the text, l->program the tag; newlines inside the text are an entry of
	 * several physical lines.  Slices in *ret point into l->text or to constants. */
	enum parse_result (*parse)(const struct line *l, struct event *ret);
	const struct parse_sample *samples; /* ends with .text == NULL */
	const struct parse_sample *refused; /* texts that must not become an event (want is ignored) */
};

/* all writers; ends with NULL */
extern const struct writer_ops *const parse_writers[];

/*
 * parse_line - what does this record say?
 *
 * Always leaves a valid event: EV_FOREIGN for a program that is none of ours (and for empty records),
 * EV_OTHER and EV_MALFORMED with the text for what a writer does not know or finds broken.  A notice
 * without a category becomes EV_OTHER.  ret->writer is set.  Thread-safe.
 */
void parse_line(const struct line *l, struct event *ret);

/* Is this the tag of a program whose lines some writer reads, or of a mail program that none does yet? */
bool parse_knows_program(struct slice program);

#endif

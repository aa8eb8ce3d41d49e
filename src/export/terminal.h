/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal.h - text for people: made safe, coloured, wrapped
 *
 * Everything that comes from a log was chosen by strangers.  It reaches a terminal (or a file that somebody
 * will show on one) through term_text() only: control bytes, bidirectional overrides, invisible characters
 * and invalid UTF-8 are shown as escapes, so that no name can move the cursor or reorder a line.
 */
#ifndef EXPORT_TERMINAL_H
#define EXPORT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/strbuf.h"
#include "base/usec.h"

enum term_style {
	TERM_PLAIN,
	TERM_HEADING, /* bold */
	TERM_DIM,
	TERM_GOOD,
	TERM_BAD,
	TERM_WARN,
	TERM_NAME,
};

/* How to draw.  Colour never carries meaning alone: the words are the same without it. */
struct term {
	bool colour;
	size_t width; /* columns to wrap at; 0: never wrap (files, pipes) */
	bool utf8;    /* the terminal shows more than ASCII: lines of trees */
};

/* Add s made safe; returns the columns it takes.  SLICE_NONE adds nothing. */
size_t term_text(struct strbuf *out, struct slice s);

/* s with blanks where Exim writes the line ends of a reply (as a backslash and an n); not made safe. */
void term_one_line(struct strbuf *out, struct slice s);

/* Begin and end of a style; nothing without colour. */
void term_begin(struct strbuf *out, const struct term *t, enum term_style style);
void term_end(struct strbuf *out, const struct term *t, enum term_style style);

/* s made safe, in a style, padded with blanks to `columns` (0: not padded); returns the columns used */
size_t term_cell(struct strbuf *out, const struct term *t, enum term_style style, struct slice s, size_t columns);

/*
 * term_wrapped - a running text made safe, broken at blanks
 *
 * column is where the cursor stands, indent where further lines begin.  A word longer than a line is not
 * broken: what is copied from a terminal must be what the log says.  Without a width it is one line.
 * Returns the column after it.
 */
size_t term_wrapped(struct strbuf *out, const struct term *t, size_t column, size_t indent, struct slice s);

/* "40 ms", "3.4 s", "12 s", "3 min 20 s", "2 h 5 min", "4 d 3 h"; nothing for negative spans */
void term_span(struct strbuf *out, usec_t span);
/* "912 B", "4.1 KiB", "25.0 MiB" */
void term_bytes(struct strbuf *out, int64_t bytes);
/* 1234567 as "1,234,567" */
void term_count(struct strbuf *out, uint64_t n);
/* as one word of a POSIX shell, quoted only where needed; control bytes as $'\x1b' */
void term_shell_word(struct strbuf *out, struct slice s);

#endif

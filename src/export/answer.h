/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.h - what every answer says about itself: the sources it was read from, their period, their lines
 */
#ifndef EXPORT_ANSWER_H
#define EXPORT_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/slice.h"
#include "base/strbuf.h"
#include "base/usec.h"
#include "event/event.h"
#include "export/terminal.h"

#define ANSWER_SCHEMA 1 /* of all JSON answers; goes up when a name or a meaning changes */

/* One file that was read, or that should have been.  Strings are borrowed; NULL is null. */
struct answer_source {
	const char *name;        /* path as given or found; "-" is standard input */
	const char *server;
	const char *format;      /* envelope of its lines */
	const char *compression;
	uint64_t bytes, lines;   /* decompressed */
	uint64_t cut_lines;      /* longer than the cap */
	usec_t first_us, last_us;/* USEC_NONE: nothing read */
	int year;                /* 0: the stamps have years */
	const char *zone;        /* NULL: the stamps have zones */
	bool skipped;            /* outside the window, or the same log as another source */
	const char *error;       /* why it could not be read; NULL: it could */
};

/* physical lines; read = event + other + foreign + malformed */
struct line_counts {
	uint64_t read, event, other, foreign, malformed;
};

/* Add lines by kind of event: the new kinds of a vocabulary that grows are events. */
void line_counts_add(struct line_counts *c, const uint64_t lines[EVENT_KIND_COUNT]);

/* What all answers share. */
struct answer_head {
	usec_t since_us, until_us;   /* first and last instant of what was read; USEC_NONE: nothing with a time */
	int32_t since_offset_sec, until_offset_sec; /* of the log's wall clock there */
	const struct answer_source *sources;
	size_t n_sources;
	struct line_counts lines;
};

/* "period", "sources" and "lines" as members of the object that is open */
void answer_json(struct json *j, const struct answer_head *h);
/* "3 files, 12,345 lines, 2026-11-20 00:00:03 to 2026-11-21 23:59:58 +0100", and the sources that failed */
void answer_text(struct strbuf *out, const struct term *t, const struct answer_head *h);
/* "2026-11-21 14:00:05" on the wall clock at that offset; "-" if unknown */
void answer_time(struct strbuf *out, usec_t t, int32_t utc_offset_sec);
/* "2026-11-20 00:00:03 to 2026-11-21 23:59:58 +0100"; both are known */
void answer_span(struct strbuf *out, usec_t since_us, int32_t since_offset_sec, usec_t until_us, int32_t until_offset_sec);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources.h - the answer of `sources`: what was found, how much of it is understood, what it leaves out
 */
#ifndef EXPORT_SOURCES_H
#define EXPORT_SOURCES_H

#include "advice/advice.h"
#include "export/answer.h"
#include "export/unknown.h"

/* something that occurs in so many lines */
struct source_count {
	struct slice name;
	uint64_t lines;
};

struct source_counts {
	const struct source_count *items; /* most lines first */
	size_t n;
	uint64_t more;                    /* kinds that were not counted one by one */
};

/* one file of a log */
struct source_file {
	struct slice name;
	struct slice compression; /* SLICE_NONE: plain */
	uint64_t lines, bytes;
	usec_t first_us, last_us;
	struct slice skipped;     /* a word: why it was not read; SLICE_NONE: it was */
	struct slice skipped_why; /* the same as a sentence */
	struct slice same_as;     /* the file that is read instead */
	struct slice error;       /* why it could not be read (to its end) */
};

/* a log: a file, or all files of a rotated set */
struct source_log {
	struct slice name;        /* of the file that is written to, else of the newest one */
	const struct source_file *files; /* oldest first */
	size_t n_files, n_read;
	struct source_counts writers, envelopes, servers;
	usec_t first_us, last_us; /* USEC_NONE: nothing with a time */
	int32_t first_offset_sec, last_offset_sec;
	struct line_counts lines;
	uint64_t bytes, cut_lines;
	uint64_t grep_lines;      /* behind a file or a number that grep printed */
	int year;                 /* of the first stamp without one; 0: they have years */
	bool year_guessed;
	struct slice zone;        /* used for stamps without one; SLICE_NONE: they have zones */
	bool zone_guessed;
};

/* a file of a directory that is no mail log */
struct source_passed {
	struct slice name;
	struct slice why, sentence;
};

/* how much is understood of one program's lines */
struct source_program {
	struct slice program;     /* SLICE_NONE: the envelope names none */
	enum writer writer;
	struct line_counts lines;
};

struct sources_answer {
	struct answer_head head;
	const struct source_log *logs;
	size_t n_logs;
	const struct source_passed *passed;
	size_t n_passed;
	const struct advice_item *advice;
	size_t n_advice;
	bool deep;                /* the rest was asked for */
	const struct source_program *programs;
	size_t n_programs;
	const struct unknown_item *unknown;
	size_t n_unknown, more_unknown;
	bool no_limit;            /* show all that was passed over */
};

/* thousandths of a percent of the mail programs' lines, rounded down: 100 % is all of them; -1: there are none */
int64_t understood_share(const struct line_counts *c);

void sources_json(struct strbuf *out, const struct sources_answer *a);
void sources_text(struct strbuf *out, const struct term *t, const struct sources_answer *a);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input.h - where lines come from: files, directories, globs, rotated sets, standard input
 *
 * A journal of systemd is a source like a file: an entry is one line, its number that of the entry among those that were
 * read.  Opens everything that was asked for, orders rotated sets oldest first, merges the sets by time, and hands
 * out batches of records whose envelope is already taken off, in the order in which they happened.
 * Sequential inside a set; ties between sets go by the order in which the sets were given.
 */
#ifndef INPUT_INPUT_H
#define INPUT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"
#include "event/line.h"

#define INPUT_RECORD_MAX_BYTES ((size_t)1 << 20) /* longer records are cut, marked and counted */

struct input;
struct input_marks;

/* "FILE=VALUE" or "VALUE" (file NULL: for all).  file is compared with the path as given and its base name,
 * and may be a glob. */
struct input_setting {
	const char *file;
	const char *value;
};

struct input_options {
	const char *const *paths; /* files, directories, globs, "-"; borrowed for the call */
	size_t n_paths;           /* 0: the usual places of this machine, and its journal if they hold no more than files
				     that single programs write */
	const char *const *journals; /* beside them: directories and files of the systemd journal, NULL for that of this
				     machine; borrowed for the call */
	size_t n_journals;
	bool (*journal_wants)(struct slice program); /* does a mail program write under this tag? */
	const struct input_setting *zones;   /* --tz, in order; the last that names a file that fits wins, then the last for all */
	size_t n_zones;
	const struct input_setting *servers; /* --server FILE=NAME */
	size_t n_servers;
	int year;                 /* --year: of the first line; 0: find out */
	usec_t since_us, until_us;/* window, until is exclusive; USEC_NONE: open.  Records outside are not handed
				     out (and not counted); what lies far outside is not even read */
	bool number_lines;        /* line_no of the lines matters: what lies before the window is read to count
				     them; without, they are of no use */
	bool whole_files;         /* for tests: read all of each file of which something may lie in the window */
	usec_t now_us;            /* wall clock, injected */
	size_t read_bytes;        /* bytes per read(2), 0: 32 KiB; tests use 1, 2, 3, 7 */
	size_t batch_lines;       /* lines per batch, 0: 256; likewise */
	unsigned jobs;            /* threads that work on the lines; if it is not one alone, up to jobs - 1 more decompress
				     files ahead of them; 0: 1 */
	bool (*is_mail)(const struct line *l); /* is it a mail program's? asked for samples of logs of everything, like a
				     container's, in the usual places: without mail they are passed over; NULL: never asked */
	bool keep_stdin;          /* spool standard input and journals to unlinked files so that lines can be shown later */
	const struct input_marks *marks; /* how far the logs were read before (mark.h): only what is new, and what it takes to
				     understand that, is read, also of the rotated files beside those that are named; since_us is
				     for the first time; NULL: everything is read.  Borrowed for the life of the input */
	/* Called when it is known which files and directories will be opened, and none of them was: NULL: nobody asks.  paths is
	 * borrowed for the call.  From then on nothing else is opened but what libraries need, and time zones. */
	void (*guard)(void *ctx, const char *const *paths, size_t n);
	void *guard_ctx;
	bool keep_found;          /* `again` of another input will be this one */
	bool optional;            /* the usual places may be empty: that is said, but is no error */
	const struct input *again; /* look for nothing: the files are those that were found for that one; NULL */
	const struct diag *diag;  /* warnings and per-file errors go here; may be NULL */
};

/* why a file was not read although nothing is wrong with it */
#define INPUT_SKIPS(X) /* id, name, help */ \
	X(SKIP_NONE, "none", "it was read") \
	X(SKIP_WINDOW, "window", "outside of --since and --until") \
	X(SKIP_SAME_FILE, "same_file", "another name of the same file") \
	X(SKIP_SAME_LOG, "same_log", "a copy of another file, or its beginning") \
	X(SKIP_SUBSET, "subset", "repeats what another file holds") \
	X(SKIP_OTHER_LOG, "other_log", "a log of another program, by its name") \
	X(SKIP_BINARY, "binary", "no text") \
	X(SKIP_NO_LOG, "no_log", "its lines have no form of a log that is known here") \
	X(SKIP_NO_MAIL, "no_mail", "no line of a mail program in its sample") \
	X(SKIP_EMPTY, "empty", "nothing in it") \
	X(SKIP_READ, "read", "was read before")

enum input_skip {
#define X(id, name, help) id,
	INPUT_SKIPS(X)
#undef X
	INPUT_SKIP_COUNT
};

const char *input_skip_name(enum input_skip s);
/* "outside of --since and --until" */
const char *input_skip_help(enum input_skip s);

/* A file of a directory or of the usual places that is no mail log: not even a source. */
struct input_passed {
	const char *name;         /* path */
	enum input_skip why;
};

/* One file, as it stands in "sources" of every answer. */
struct input_source {
	const char *name;         /* path as given (or found); "-" for standard input */
	uint32_t set;
	const char *server;       /* label of its records without a host */
	enum envelope_kind envelope; /* of its first recognised record */
	const char *compression;  /* "gzip", "zstd", ..., NULL: plain */
	uint64_t bytes;           /* decompressed bytes read so far, to look for records in the window */
	uint64_t lines;           /* physical lines handed out so far; of them: */
	uint64_t cut_lines;       /* records over the cap */
	usec_t first_us, last_us; /* smallest and largest instant seen; USEC_NONE */
	int year;                 /* settled for its first stamp without year; 0: the stamps have years */
	bool year_guessed;        /* neither the user nor ids told it */
	const char *zone;         /* name of the zone used for stamps without one; NULL: the stamps have zones */
	bool zone_guessed;        /* neither the user nor ids told it */
	bool rotated;             /* by its name: no longer written to */
	bool skipped;             /* outside the time window, or the same log as another source; */
	enum input_skip why;      /* which of them, */
	const char *same_as;      /* and as which other file; NULL: none */
	bool failed;              /* could not be read (to its end); error says why */
	struct err error;
};

/*
 * input_open - find and open everything
 *
 * An input that can't be opened is told to diag, remembered in its source (failed), and the others are still
 * read.  Returns 0 and *ret (caller frees with input_close()) even if all of them failed; ERR_USAGE for a zone
 * that does not exist.
 */
ATTR_NODISCARD int input_open(const struct input_options *o, struct input **ret, struct err *reterr);
void input_close(struct input *in);

struct input_held;

/* Lines and the bytes that they are made of.  Zero-initialised is ready to use. */
struct input_batch {
	const struct line *lines;
	size_t n;
	struct input_held *held;  /* private: what has to be given back */
};

/*
 * input_next - the next batch of lines
 *
 * Gives back what *b held and fills it anew; returns b->n, 0 at the end.  A batch is full but for the last one; from
 * a pipe it may be shorter, since nobody waits for more with complete lines in hand.  Read errors in the middle of
 * a file are told to diag and end that file only.
 *
 * Lines and slices are valid until the batch is given back, however many other batches are read meanwhile.  Threads:
 * all calls on `in` come from one at a time (or none), but for batches, each of which may be used and given
 * back by a thread of its own.
 */
size_t input_next(struct input *in, struct input_batch *b);
/* Give everything back, before input_close().  *b is ready for new use. */
void input_batch_done(struct input_batch *b);

/* How far the reading has got. */
struct input_position {
	uint64_t read_bytes;      /* decompressed */
	uint64_t taken_bytes;     /* as they lie in the files: of those that are done, and of those being read */
	uint64_t total_bytes;     /* of all files, as they lie there; 0: not known, since one is a pipe */
};

/* where the batches read so far end: for who calls input_next() */
void input_position(const struct input *in, struct input_position *ret);
/* Some source is no regular file: input_next() may wait until somebody writes to it. */
bool input_may_wait(const struct input *in);

size_t input_sources(const struct input *in, const struct input_source **ret);
/* the files that were passed over, in the order in which they were found */
size_t input_passed(const struct input *in, const struct input_passed **ret);
/* any source failed */
bool input_failed(const struct input *in);

/* From when to when the files go, those too that lie outside the window: by a look at their ends, before they are read. */
struct input_extent {
	usec_t first_us, last_us;  /* USEC_NONE: not known */
	int32_t first_offset_sec, last_offset_sec; /* of their wall clocks */
};
void input_extent(const struct input *in, struct input_extent *ret);

/* Where a record lies, to print it later. */
struct line_ref {
	uint32_t source;
	uint32_t length;     /* bytes including the newline(s) */
	uint64_t line_no;
	uint64_t offset;     /* decompressed */
	usec_t time_us;
};

/*
 * input_fetch - read records again
 *
 * Calls fn for each ref in the order given (refs need not be sorted; reading is done file by file).  raw is
 * borrowed for the call; it is SLICE_NONE if the file can't be read again.  An entry of the journal comes as the line that
 * journalctl -o short-iso-precise would show.  Call it after input_next() gave 0.
 */
void input_fetch(struct input *in, const struct line_ref *refs, size_t n,
		 void (*fn)(void *ctx, size_t index, struct slice raw), void *ctx);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mark.h - how far the files of a log were read, to go on from there another time
 *
 * A mark knows a file by what is in it (a hash of its first bytes, and of the bytes before the place), and by its inode:
 * the file is found again when it was renamed, compressed, or copied and cut.  What is new after a while:
 *
 *   mail.log            renamed to mail.log.1: the rest of that one, then the new mail.log
 *   mail.log            copied to mail.log.1 and cut: the rest of the copy, then mail.log from its beginning
 *   mail.log.1          compressed to mail.log.2.gz in the meantime: the same, decompressed
 *   mail.log            cut without a copy: from its beginning; what was not read is gone
 *
 * Files that no mark knows are new if they follow one that is known, or are no rotated ones; what precedes is old.
 */
#ifndef INPUT_MARK_H
#define INPUT_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/usec.h"
#include "event/line.h"

#define MARK_HEAD_BYTES ((size_t)1024)
#define MARK_TAIL_BYTES ((size_t)256)

struct input;

struct input_mark {
	char *path;                    /* where the file lay; owned */
	uint64_t dev, ino;
	uint64_t head_hash, tail_hash; /* of the first head_n bytes, and of the tail_n bytes before `offset` */
	uint64_t head_n, tail_n;       /* tail_n 0: not known */
	uint64_t offset;               /* the lines before it were new once; decompressed, as all offsets */
	uint64_t resume;               /* where the next reading begins: lines up to `offset` come again, to be understood with the new ones */
	/* of a journal, which has no offsets: */
	char *cursor;                  /* of the last entry that was new once; NULL: the mark is of a file; owned */
	usec_t time_us;                /* when that came */
	usec_t resume_us;              /* as `resume` */
	usec_t seen_us;                /* when the file was there last */
};

/* of one log, or of several that are read together */
struct input_marks {
	struct input_mark *items;
	size_t n, cap;
	usec_t made_us;                /* when; USEC_NONE: nothing was ever read, and what is there now is old */
	uint64_t context_bytes;        /* without marks: so much of the end of each log is handed out, as old lines */
};

void input_marks_done(struct input_marks *m);

/* How far a source was read this time. */
struct input_reach {
	uint64_t unfinished;           /* where a line begins that is still on its way into the file; UINT64_MAX: none is */
	uint64_t resume;               /* for the next mark; UINT64_MAX: nothing needs to come again */
	usec_t resume_us;              /* the same as an instant, for journals; INT64_MAX */
};

enum input_age {
	LINE_OLD,      /* was handed out as new before */
	LINE_NEW,
	LINE_CONTINUED, /* a record whose beginning was handed out before: its later lines are new */
};

enum input_age input_line_age(const struct input *in, const struct line *l);
/* It may still be on its way into the file: it has no newline, and somebody may still write there.  The next reading will bring it. */
bool input_line_is_unfinished(const struct input *in, const struct line *l);

/*
 * input_marks_next - the marks for the next reading, after this one has come to its end
 *
 * old: those that the input was opened with.  reach: one per source.  *ret is filled anew; input_marks_done() frees it.  A mark whose
 * file is not there (any more) is kept for a week: it may come back.
 */
void input_marks_next(const struct input *in, const struct input_marks *old, const struct input_reach *reach,
		      struct input_marks *ret);

#endif

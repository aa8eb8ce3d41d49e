/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.h - from bytes to records
 *
 * A record is a physical line, an entry of Exim's own files with the lines that continue it, or an entry of the
 * systemd journal's export form (frame_export.c).  Records are
 * slices of the framer's chunk: they live as long as somebody holds that.  The records do not depend on how many
 * bytes each read brings.
 */
#ifndef INPUT_FRAME_H
#define INPUT_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "envelope/envelope.h"
#include "event/line.h"
#include "input/chunk.h"
#include "input/input.h"
#include "input/reader.h"

enum frame_result {
	FRAME_RECORD, /* *l holds the next record */
	FRAME_MORE,   /* call frame_fill() first: the framer may give its chunk back */
	FRAME_END,
};

#define FRAMER_NEWLINES 320
#define FRAMER_STAMP_BYTES ((size_t)64) /* enough of a line to see whether Exim's stamp starts it */
#define FRAMER_PLAIN_MIN_BYTES ((size_t)20) /* Exim's stamp and a blank */

/* How far an entry of the journal's export form has been passed. */
struct frame_entry {
	enum {
		FRAME_ENTRY_NONE,  /* there is none at `at`, as far as is known */
		FRAME_ENTRY_FIELD, /* a line begins */
		FRAME_ENTRY_TEXT,  /* in a value that ends with its line */
		FRAME_ENTRY_BYTES, /* in a value of which `left` bytes are to come */
	} state;
	size_t passed;             /* distance from the framer's `at` */
	uint64_t left;
	uint64_t lines;            /* newlines so far; */
	bool at_newline;           /* the last byte was one */
	uint64_t dropped;          /* bytes so far that are over the cap */
};

struct framer {
	/* set by the owner */
	bool entries_are_lines; /* an entry of the journal counts as one line */
	uint32_t source, set;   /* of the records */
	/* read-only for the owner */
	uint64_t bytes; /* read so far */
	struct slice fresh; /* what the last frame_fill() brought */
	bool eof;
	struct chunk *chunk; /* in which the last record lies; NULL before the first */

	/* private */
	struct chunk_pool *pool;
	size_t read_bytes;
	char *buf;             /* of the chunk */
	size_t at, end;        /* unread part of buf */
	size_t searched;       /* no newline in [at, searched) but for those of `more_*` */
	size_t nul_at;         /* first NUL in [at, end), or end */
	uint64_t offset;       /* of buf[at] in the stream */
	uint64_t line_no;      /* of the next physical line */
	uint32_t flags;        /* found before the record: LINE_NUL for skipped ones */
	bool begun;            /* the byte order mark was looked for */
	bool dropping;         /* the record at `at` is over the cap: its tail is thrown away */
	uint64_t dropped;      /* bytes of it so far */
	/* the entry at `at` so far, if frame_next() had to ask for more: its end and lines */
	size_t more_stop;      /* distance of its last newline from `at` */
	uint32_t more_lines;   /* 0: nothing found yet */
	struct frame_entry entry;
	struct envelope_exim_stamp exim_stamp; /* the last one seen */
	bool plain;            /* nothing of the above is in the way of the record at `at` */
	bool at_exim;          /* the record at `at` is known to start with Exim's stamp */
	/* the newlines in [at, indexed) are newlines[newline..n_newlines) */
	size_t indexed;
	uint32_t newline, n_newlines;
	uint32_t newlines[FRAMER_NEWLINES];
};

/* read_bytes: at most as many per read; 0: as many as there is room for */
void framer_init(struct framer *f, struct chunk_pool *pool, size_t read_bytes);
/* back to the start, for another stream */
void framer_reset(struct framer *f);
/* The bytes to come stand there in the stream, at the start of a line; for a framer that has not begun. */
void framer_start_at(struct framer *f, uint64_t offset, uint64_t line_no);
void framer_done(struct framer *f);

enum frame_result frame_any(struct framer *f, struct line *l);

/* The next record is not to come from frame_plain() or frame_run(). */
static inline void framer_pause(struct framer *f)
{
	f->plain = false;
}

/* Is it clear that the line from p is the whole record, where the one before is not Exim's?  It has FRAMER_PLAIN_MIN_BYTES
 * at least. */
static inline bool frame_is_plain(const char *p)
{
	/* else it may be Exim's, or an entry of the journal */
	return p[10] != ' ' && !(UNLIKELY((unsigned char)*p > 'Z') && (*p == '\xef' || *p == '_'));
}

/* The same where its stamp is known to be Exim's: so it is if the line behind buf[stop] has one, too. */
static inline bool frame_is_plain_exim(struct framer *f, size_t stop)
{
	return f->end - stop > FRAMER_STAMP_BYTES &&
	       envelope_starts_exim(slice_of(f->buf + stop + 1, FRAMER_STAMP_BYTES), &f->exim_stamp);
}

/* The upper half of *l for a line of n bytes and its newline. */
static inline void frame_put(const struct framer *f, struct line *l, const char *p, size_t n, uint64_t line_no,
			     uint64_t offset)
{
	l->raw = slice_of(p, n - (p[n - 1] == '\r'));
	l->source = f->source;
	l->set = f->set;
	l->line_count = 1;
	l->length = (uint32_t)n + 1;
	l->line_no = line_no;
	l->offset = offset;
	l->flags = 0;
}

/* May the line of so many bytes be a record? */
static inline bool frame_is_line(size_t n)
{
	return n - FRAMER_PLAIN_MIN_BYTES <= INPUT_RECORD_MAX_BYTES - FRAMER_PLAIN_MIN_BYTES;
}

/* The ordinary case: a whole line, and it is plain that it is the whole record; false: it is something else. */
static inline bool frame_plain(struct framer *f, struct line *l)
{
	const char *p;
	size_t stop, n;

	if (!f->plain || f->newline == f->n_newlines)
		return false;
	p = f->buf + f->at;
	stop = f->newlines[f->newline];
	n = stop - f->at;
	if (!frame_is_line(n) || stop >= f->nul_at ||
	    !(f->at_exim ? frame_is_plain_exim(f, stop) : frame_is_plain(p)))
		return false;
	frame_put(f, l, p, n, f->line_no++, f->offset);
	f->offset += n + 1;
	f->at = stop + 1;
	f->newline++;
	return true;
}

/*
 * frame_run - as many records in a row as frame_plain() would give, at most max
 *
 * May find none where frame_any() finds one.  If *ret_stamped, these are lines of a file of Exim's, and they are records
 * as long as each has a stamp: the caller, who looks at the stamps anyway, takes back the first one that has none, what follows,
 * and the one before it.
 */
size_t frame_run(struct framer *f, struct line *lines, size_t max, bool *ret_stamped);

/* Take back the last n records of the last frame_run(), which begin at *first. */
void frame_unread(struct framer *f, const struct line *first, size_t n);

/* Fill the upper half of *l. */
static inline enum frame_result frame_next(struct framer *f, struct line *l)
{
	return LIKELY(frame_plain(f, l)) ? FRAME_RECORD : frame_any(f, l);
}

/* Read once.  Returns 0, or an enum err_code; after an error or the end what is there is all there is. */
ATTR_NODISCARD int frame_fill(struct framer *f, struct reader *r, struct err *reterr);

/* Use these bytes as if they had just been read.  Borrowed memory is copied. */
void frame_feed(struct framer *f, struct slice bytes);

#endif

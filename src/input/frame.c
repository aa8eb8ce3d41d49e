/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.c - cutting a stream of bytes into records
 *
 * A chunk is read into until it is full; only the record that is not complete then moves on, to the front of the
 * next one (a bigger one if need be).  Every decision is taken on complete physical lines (or on the cap), so that
 * it can't depend on the size of the reads.
 * Traps: NUL runs of any length in front of a record (crash, copytruncate of an open log) are skipped without
 * being kept; an entry of Exim's files ends where the next one starts, so the last one waits for it.
 */
#include "input/frame_priv.h"

#include <string.h>

#include "envelope/envelope.h"
#include "input/newlines.h"

#define ROOM_MIN_BYTES ((size_t)4 << 10) /* less is not worth a read */
#define MAX_LINES ((uint32_t)1 << 24)

/* All places are others. */
static void forget_newlines(struct framer *f)
{
	f->indexed = f->at;
	f->newline = f->n_newlines = 0;
}

void framer_init(struct framer *f, struct chunk_pool *pool, size_t read_bytes)
{
	*f = (struct framer){ .pool = pool, .read_bytes = read_bytes ? read_bytes : SIZE_MAX };
	framer_reset(f);
}

void framer_reset(struct framer *f)
{
	*f = (struct framer){
		.pool = f->pool,
		.read_bytes = f->read_bytes,
		.entries_are_lines = f->entries_are_lines,
		.source = f->source,
		.set = f->set,
		.chunk = f->chunk,
		.buf = f->buf,
		.at = f->end, /* records before it may be somebody's */
		.end = f->end,
		.searched = f->end,
		.nul_at = f->end,
		.indexed = f->end,
		.line_no = 1,
	};
}

void framer_start_at(struct framer *f, uint64_t offset, uint64_t line_no)
{
	f->offset = offset;
	f->line_no = line_no;
	f->begun = true;
}

void framer_done(struct framer *f)
{
	chunk_release(f->chunk);
	f->chunk = NULL;
	f->buf = NULL;
	f->at = f->end = f->searched = f->nul_at = 0;
	forget_newlines(f);
}

/* The newline at or after `from`, or `end` at the end of the stream; false: not there yet. */
static bool line_stop(struct framer *f, size_t from, size_t *ret)
{
	size_t at = from > f->searched ? from : f->searched;
	const char *q = at < f->end ? memchr(f->buf + at, '\n', f->end - at) : NULL;

	if (q) {
		*ret = (size_t)(q - f->buf);
		return true;
	}
	f->searched = f->end;
	*ret = f->end;
	return f->eof;
}

/* Where the text of the line that stops at `stop` ends: before a CR. */
static size_t text_stop(const struct framer *f, size_t from, size_t stop)
{
	return stop > from && f->buf[stop - 1] == '\r' ? stop - 1 : stop;
}

static void skip_to(struct framer *f, size_t at)
{
	f->offset += at - f->at;
	f->at = at;
	if (f->nul_at < at) {
		const char *q = at < f->end ? memchr(f->buf + at, '\0', f->end - at) : NULL;

		f->nul_at = q ? (size_t)(q - f->buf) : f->end;
	}
	while (f->newline < f->n_newlines && f->newlines[f->newline] < at)
		f->newline++;
}

/* Find the next newlines: those behind the last one known. */
static void index_newlines(struct framer *f)
{
	size_t from = f->indexed > f->at ? f->indexed : f->at;

	f->n_newlines =
		(uint32_t)newlines_find(f->buf, from, f->end, f->newlines, FRAMER_NEWLINES, &f->indexed);
	f->newline = 0;
}

enum frame_result frame_emit(struct framer *f, struct line *l, size_t text, size_t next, uint64_t length, uint32_t lines)
{
	l->raw = slice_of(f->buf + f->at, text - f->at);
	l->source = f->source;
	l->set = f->set;
	l->line_count = lines;
	l->length = length > UINT32_MAX ? UINT32_MAX : (uint32_t)length;
	l->line_no = f->line_no;
	l->offset = f->offset;
	l->flags = f->flags | (f->nul_at < text ? LINE_NUL : 0);
	f->flags = 0;
	f->line_no += lines;
	f->offset += length - (next - f->at);
	skip_to(f, next);
	f->more_lines = 0;
	f->at_exim = false;
	f->plain = true;
	return FRAME_RECORD;
}

/* The record at `at` is over the cap: wait for its newline, throwing away what comes before. */
static enum frame_result drop_tail(struct framer *f, struct line *l)
{
	size_t kept = f->at + INPUT_RECORD_MAX_BYTES;
	const char *q = kept < f->end ? memchr(f->buf + kept, '\n', f->end - kept) : NULL;
	size_t stop = q ? (size_t)(q - f->buf) : f->end;
	size_t next = q ? stop + 1 : stop;

	if (!q && !f->eof) {
		f->dropped += f->end - kept;
		f->end = kept;
		f->searched = kept;
		forget_newlines(f);
		if (f->nul_at > kept)
			f->nul_at = kept;
		return FRAME_MORE;
	}
	f->dropping = false;
	f->flags |= LINE_CUT | (q ? 0 : LINE_NO_NEWLINE);
	return frame_emit(f, l, kept, next, f->dropped + (next - f->at), 1);
}

/* Does this physical line stand in a transport's envelope of its own? */
static bool starts_record(struct slice line)
{
	struct envelope_hints hints = { .kind = ENVELOPE_NONE };

	if (frame_starts_export(line))
		return true;
	envelope_look(&hints, line);
	return hints.kind != ENVELOPE_NONE;
}

/* grep -A, -B, -C: what comes next does not adjoin */
static bool is_grep_break(struct slice line)
{
	return slice_is(line, "--");
}

enum next_line { NEXT_CONTINUES, NEXT_STARTS, NEXT_IS_EXIM, NEXT_UNKNOWN };

/* Does the physical line at `next` continue the Exim entry at `at`?  If so, *ret_stop is its end. */
static enum next_line look_at_next(struct framer *f, size_t next, size_t *ret_stop)
{
	size_t left = f->end - next;
	bool complete;

	if (left == 0)
		return f->eof ? NEXT_STARTS : NEXT_UNKNOWN;
	if (f->buf[next] == '\0')
		return NEXT_STARTS;
	if (left >= FRAMER_STAMP_BYTES &&
	    envelope_starts_exim(slice_of(f->buf + next, FRAMER_STAMP_BYTES), &f->exim_stamp))
		return NEXT_IS_EXIM;
	complete = line_stop(f, next, ret_stop);
	if (!complete && f->end - f->at > INPUT_RECORD_MAX_BYTES + 1)
		return NEXT_STARTS;
	if (!complete)
		return NEXT_UNKNOWN;
	if (is_grep_break(slice_between(f->buf + next, f->buf + text_stop(f, next, *ret_stop))))
		return NEXT_STARTS;
	if (text_stop(f, next, *ret_stop) - f->at > INPUT_RECORD_MAX_BYTES)
		return NEXT_STARTS;
	if (starts_record(slice_between(f->buf + next, f->buf + text_stop(f, next, *ret_stop))))
		return NEXT_STARTS;
	return NEXT_CONTINUES;
}

/* The record at `at` starts with Exim's stamp and its first line ends at `stop`: take the lines that
 * follow. */
static enum frame_result exim_entry(struct framer *f, struct line *l, size_t stop)
{
	uint32_t lines = 1;
	bool exim_follows = false;
	size_t next, text;

	if (f->more_lines) {
		lines = f->more_lines;
		stop = f->at + f->more_stop;
	}
	while (stop < f->end && lines < MAX_LINES) {
		size_t more_stop = 0;
		enum next_line what = look_at_next(f, stop + 1, &more_stop);

		if (what == NEXT_UNKNOWN) {
			f->more_lines = lines;
			f->more_stop = stop - f->at;
			return FRAME_MORE;
		}
		exim_follows = what == NEXT_IS_EXIM;
		if (what != NEXT_CONTINUES)
			break;
		stop = more_stop;
		lines++;
	}
	f->flags |= stop < f->end ? 0 : LINE_NO_NEWLINE;
	text = text_stop(f, f->at, stop);
	next = stop < f->end ? stop + 1 : stop;
	(void)frame_emit(f, l, text, next, next - f->at, lines);
	f->at_exim = exim_follows;
	return FRAME_RECORD;
}

/* NULs in front of a record are nobody's. */
static void skip_nuls(struct framer *f)
{
	size_t at = f->at;

	while (at < f->end && f->buf[at] == '\0')
		at++;
	if (at > f->at) {
		f->flags |= LINE_NUL;
		skip_to(f, at);
	}
}

/* A byte order mark in front of everything; false: more bytes are needed to tell. */
static bool skip_mark(struct framer *f)
{
	static const char mark[] = { '\xef', '\xbb', '\xbf' };
	size_t n = f->end - f->at;

	if (n < sizeof mark && !f->eof && (n == 0 || memcmp(f->buf + f->at, mark, n) == 0))
		return false;
	if (n >= sizeof mark && memcmp(f->buf + f->at, mark, sizeof mark) == 0)
		skip_to(f, f->at + sizeof mark);
	f->begun = true;
	return true;
}

static enum frame_result any_record(struct framer *f, struct line *l)
{
	size_t stop, text, next;

	f->plain = false;
	if (f->dropping)
		return drop_tail(f, l);
	if (UNLIKELY(!f->begun) && !skip_mark(f))
		return FRAME_MORE;
	if (f->nul_at == f->at)
		skip_nuls(f);
	if (f->at == f->end)
		return f->eof ? FRAME_END : FRAME_MORE;
	if (f->entry.state != FRAME_ENTRY_NONE)
		return frame_export(f, l);
	if (f->more_lines)
		return exim_entry(f, l, 0);
	if (!line_stop(f, f->at, &stop)) {
		if (f->end - f->at <= INPUT_RECORD_MAX_BYTES + 1)
			return FRAME_MORE;
		f->dropping = true;
		f->dropped = 0;
		return drop_tail(f, l);
	}
	text = text_stop(f, f->at, stop);
	next = stop < f->end ? stop + 1 : stop;
	if (UNLIKELY(text - f->at > INPUT_RECORD_MAX_BYTES)) {
		f->flags |= LINE_CUT | (stop < f->end ? 0 : LINE_NO_NEWLINE);
		return frame_emit(f, l, f->at + INPUT_RECORD_MAX_BYTES, next, next - f->at, 1);
	}
	if (f->at_exim || envelope_starts_exim(slice_of(f->buf + f->at, text - f->at), &f->exim_stamp))
		return exim_entry(f, l, stop);
	if (f->buf[f->at] == '_' && frame_starts_export(slice_of(f->buf + f->at, text - f->at)))
		return frame_export(f, l);
	f->flags |= stop < f->end ? 0 : LINE_NO_NEWLINE;
	return frame_emit(f, l, text, next, next - f->at, 1);
}

static inline ATTR_ALWAYS_INLINE size_t run_of(struct framer *f, bool exim, struct line *lines, size_t max)
{
	const uint32_t *newline = f->newlines + f->newline;
	/* the distance stays the same */
	uint64_t offset = f->offset - f->at, line_no = f->line_no;
	size_t at = f->at, n;

	while (max > 0 && newline[max - 1] >= f->nul_at)
		max--;
	for (n = 0; n < max; n++) {
		const char *p = f->buf + at;
		size_t stop = newline[n], bytes = stop - at;

		if (!frame_is_line(bytes) || (!exim && !frame_is_plain(p)))
			break;
		frame_put(f, &lines[n], p, bytes, line_no + n, offset + at);
		at = stop + 1;
	}
	for (; exim && n > 0 && !frame_is_plain_exim(f, newline[n - 1]); n--)
		at = (size_t)(lines[n - 1].raw.p - f->buf);
	f->newline += (uint32_t)n;
	f->at = at;
	f->offset = offset + at;
	f->line_no = line_no + n;
	return n;
}

size_t frame_run(struct framer *f, struct line *lines, size_t max, bool *ret_stamped)
{
	size_t known = f->plain ? f->n_newlines - f->newline : 0;

	if (max > known)
		max = known;
	*ret_stamped = f->at_exim;
	return f->at_exim ? run_of(f, true, lines, max) : run_of(f, false, lines, max);
}

void frame_unread(struct framer *f, const struct line *first, size_t n)
{
	f->newline -= (uint32_t)n;
	f->at = (size_t)(first->raw.p - f->buf);
	f->offset = first->offset;
	f->line_no = first->line_no;
}

enum frame_result frame_any(struct framer *f, struct line *l)
{
	/* is there just no newline known any more? */
	if (f->plain && f->newline == f->n_newlines && f->indexed < f->end) {
		index_newlines(f);
		if (frame_plain(f, l))
			return FRAME_RECORD;
	}
	return any_record(f, l);
}

/* Put what is left into the front of another chunk, with room for n bytes behind it. */
static void change_chunk(struct framer *f, size_t n)
{
	size_t left = f->end - f->at;
	struct chunk *old = f->chunk;

	/* of a record that fills half a chunk much more may follow */
	f->chunk = chunk_new(f->pool, left > f->pool->chunk_bytes / 2 ? 2 * left + n : left + n);
	if (left)
		memcpy(f->chunk->bytes, f->buf + f->at, left);
	f->buf = f->chunk->bytes;
	chunk_release(old);
	f->searched = f->searched > f->at ? f->searched - f->at : 0;
	f->nul_at -= f->at;
	f->end = left;
	f->at = 0;
	forget_newlines(f);
}

/* Make room for at least n bytes behind the end; returns how much there is. */
static size_t make_room(struct framer *f, size_t n)
{
	if (f->at == f->end && f->end > 0 && chunk_is_mine(f->chunk)) {
		f->at = f->end = f->searched = f->nul_at = 0;
		forget_newlines(f);
	}
	if (!f->chunk || f->chunk->cap - f->end < n)
		change_chunk(f, n);
	return f->chunk->cap - f->end;
}

/* n bytes were put behind `end`. */
static void take_in(struct framer *f, size_t n)
{
	f->fresh = slice_of(f->buf + f->end, n);
	if (f->nul_at == f->end)
		f->nul_at += newlines_find_nul(f->fresh.p, n);
	f->end += n;
	f->bytes += n;
}

int frame_fill(struct framer *f, struct reader *r, struct err *reterr)
{
	size_t room;
	ssize_t got;

	f->fresh = SLICE_NONE;
	if (f->eof)
		return 0;
	room = make_room(f, f->read_bytes < ROOM_MIN_BYTES ? f->read_bytes : ROOM_MIN_BYTES);
	got = reader_read(r, f->buf + f->end, room < f->read_bytes ? room : f->read_bytes, reterr);
	if (got <= 0)
		f->eof = true;
	else
		take_in(f, (size_t)got);
	return got < 0 ? (int)got : 0;
}

void frame_feed(struct framer *f, struct slice bytes)
{
	if (bytes.n == 0)
		return;
	(void)make_room(f, bytes.n);
	memcpy(f->buf + f->end, bytes.p, bytes.n);
	take_in(f, bytes.n);
}

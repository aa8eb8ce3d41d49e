/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge.c - streams and their merging by time
 *
 * A stream is one rotated set, read file by file.  A binary heap holds the streams by the time of their next
 * record; the one in front goes on into the batch without touching the heap while no other is earlier.  A
 * stream that is not open yet stands in the heap with the time that the sample showed, so that it is opened
 * when it is its turn. A batch ends when a stream that has lines in it must overwrite its buffer.
 */
#include "input/input_priv.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"

#define MANY_STREAMS 16
#define SMALL_READ_BYTES ((size_t)32 << 10)
#define WINDOW_SLACK_US USEC_PER_DAY /* by which lines may be out of order */

static bool earlier(const struct stream *a, const struct stream *b)
{
	return a->key != b->key ? a->key < b->key : a->set < b->set;
}

static void sift_down(struct input *in, size_t i)
{
	struct stream *s = in->heap[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= in->n_heap)
			break;
		if (child + 1 < in->n_heap && earlier(in->heap[child + 1], in->heap[child]))
			child++;
		if (!earlier(in->heap[child], s))
			break;
		in->heap[i] = in->heap[child];
		i = child;
	}
	in->heap[i] = s;
}

/* No other stream is before the front one. */
static bool front_is_first(const struct input *in)
{
	const struct stream *s = in->heap[0];

	return (in->n_heap < 2 || earlier(s, in->heap[1])) && (in->n_heap < 3 || earlier(s, in->heap[2]));
}

void merge_init(struct input *in)
{
	size_t read_bytes = in->options.read_bytes;

	if (read_bytes == 0 && in->n_streams > MANY_STREAMS)
		read_bytes = SMALL_READ_BYTES;
	in->lines = xcalloc(INPUT_BATCH_LINES, sizeof *in->lines);
	in->heap = xcalloc(in->n_streams ? in->n_streams : 1, sizeof *in->heap);
	for (size_t i = 0; i < in->n_streams; i++) {
		struct stream *s = &in->streams[i];

		s->file = s->first_file;
		s->key = in->files[s->first_file].first_us;
		framer_init(&s->framer, read_bytes);
		s->framer.eof = true;
		in->heap[in->n_heap++] = s;
	}
	for (size_t i = in->n_heap / 2; i-- > 0;)
		sift_down(in, i);
}

/* No record of the file lies in the window, as far as its sample and the file behind it tell. */
static bool out_of_window(const struct input *in, const struct stream *s, const struct input_file *f)
{
	const struct input_options *o = &in->options;
	const struct input_file *next = f + 1 < in->files + s->end_file ? f + 1 : NULL;
	usec_t last_us = f->last_us == USEC_NONE && next ? next->first_us : f->last_us;

	if (o->until_us != USEC_NONE && f->first_us != USEC_NONE &&
	    f->first_us - WINDOW_SLACK_US >= o->until_us)
		return true;
	return o->since_us != USEC_NONE && f->first_us != USEC_NONE && last_us != USEC_NONE &&
	       last_us + WINDOW_SLACK_US < o->since_us;
}

void stream_done(struct stream *s)
{
	reader_free(s->reader);
	s->reader = NULL;
	framer_done(&s->framer);
	envelope_join_done(&s->joiner);
	arena_clear(&s->joined);
}

static void spool(struct input *in, struct input_file *f, struct slice bytes)
{
	while (bytes.n && f->spool_fd >= 0) {
		ssize_t put = write(f->spool_fd, bytes.p, bytes.n);

		if (put <= 0) {
			(void)close(f->spool_fd);
			f->spool_fd = -1;
			diag_say(in->diag, DIAG_WARNING,
				 "no room to keep standard input: its lines can't be shown");
			return;
		}
		bytes.p += put;
		bytes.n -= (size_t)put;
	}
}

static void spool_open(struct input_file *f)
{
	static const char *const dirs[] = { "/var/tmp", "/tmp" };

	for (size_t i = 0; i < ARRAY_LEN(dirs) && f->spool_fd < 0; i++)
		f->spool_fd = open(dirs[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (f->spool_fd < 0)
		f->spool_fd = memfd_create("mailwhy", MFD_CLOEXEC);
}

/* Start with the stream's file; false: it can't be read. */
static bool open_file(struct input *in, struct stream *s)
{
	struct input_file *f = &in->files[s->file];
	struct err err;

	if (!f->failed && out_of_window(in, s, f))
		in->sources[s->file].skipped = f->skipped = true;
	if (f->failed || f->skipped)
		return false;
	framer_reset(&s->framer);
	if (f->reader) {
		if (in->options.keep_stdin)
			spool_open(f);
		spool(in, f, slice_of(f->head, f->head_n));
		frame_feed(&s->framer, slice_of(f->head, f->head_n));
		s->reader = f->reader;
		f->reader = NULL;
		free(f->head);
		f->head = NULL;
	} else if (probe_reopen(f, &s->reader, &err) < 0) {
		input_fail(in, f, &err);
		return false;
	}
	s->clock = (struct envelope_clock){
		.tz = f->tz,
		.guessed = f->zone_guessed ? LINE_ZONE_GUESSED : 0,
		.year = f->year,
		.latest_us = f->latest_us,
	};
	return true;
}

/* More bytes for the stream, from its next file if need be. */
static void stream_fill(struct input *in, struct stream *s)
{
	struct input_file *f = &in->files[s->file];
	size_t before = s->framer.end - s->framer.at;
	struct err err;

	arena_clear(&s->joined);
	if (!s->reader) {
		while (s->file < s->end_file && !open_file(in, s))
			s->file++;
		return;
	}
	if (frame_fill(&s->framer, s->reader, &err) < 0)
		input_fail(in, f, &err);
	else if (f->spool_fd >= 0)
		spool(in, f, slice_of(s->framer.buf + before, s->framer.end - before));
	in->sources[s->file].bytes = s->framer.bytes;
}

static void stream_next_file(struct stream *s)
{
	reader_free(s->reader);
	s->reader = NULL;
	s->file++;
	s->framer.eof = true;
}

static bool outside(const struct input *in, usec_t t)
{
	const struct input_options *o = &in->options;

	return (o->since_us != USEC_NONE && t < o->since_us) ||
	       (o->until_us != USEC_NONE && t >= o->until_us);
}

/* Fill in what the record's text does not say, and count it. */
static void finish_line(struct input *in, const struct stream *s, struct line *l)
{
	struct input_source *src = &in->sources[l->source];

	if (!s->server_forced && l->host.n > 0) {
		l->server = l->host;
	} else {
		l->server = s->server;
		l->flags |= s->server_flag;
	}
	if (UNLIKELY(s->not_mail) && l->envelope == ENVELOPE_EXIM)
		l->flags |= LINE_NOT_MAIL;
	src->lines += l->line_count;
	if (UNLIKELY(l->flags & (LINE_CUT | LINE_TIME_CARRIED))) {
		src->cut_lines += (l->flags & LINE_CUT) != 0;
		if (l->flags & LINE_TIME_CARRIED)
			return;
	}
	if (UNLIKELY(l->time_us == USEC_NONE))
		return;
	/* USEC_NONE is before everything */
	if (l->time_us > src->last_us)
		src->last_us = l->time_us;
	if (UNLIKELY(l->time_us < src->first_us || src->first_us == USEC_NONE))
		src->first_us = l->time_us;
	if (UNLIKELY(src->envelope == ENVELOPE_NONE))
		src->envelope = l->envelope;
}

/* The stream's next record of the file, with its envelope off. */
static enum frame_result stream_take(struct stream *s, struct line *l)
{
	enum frame_result got;

	if (!s->reader)
		return FRAME_MORE;
	do {
		got = frame_next(&s->framer, l);
		if (got != FRAME_RECORD)
			return got;
		l->source = s->file;
		l->set = s->set;
		envelope_parse(&s->clock, l);
	} while (UNLIKELY(!envelope_join(&s->joiner, l, &s->joined)));
	return FRAME_RECORD;
}

/* The stream's next record that lies in the window. */
static enum frame_result stream_next(struct input *in, struct stream *s, struct line *l)
{
	for (;;) {
		enum frame_result got = s->file < s->end_file ? stream_take(s, l) : FRAME_END;

		if (got == FRAME_END && s->file < s->end_file) {
			stream_next_file(s);
			if (s->file < s->end_file)
				return FRAME_MORE;
		}
		if (got == FRAME_END && !envelope_join_flush(&s->joiner, l, &s->joined))
			return FRAME_END;
		if (got == FRAME_MORE)
			return got;
		if (UNLIKELY(outside(in, l->time_us)))
			continue;
		finish_line(in, s, l);
		if (l->time_us > s->key)
			s->key = l->time_us;
		return FRAME_RECORD;
	}
}

static void heap_pop(struct input *in)
{
	in->heap[0] = in->heap[--in->n_heap];
	if (in->n_heap)
		sift_down(in, 0);
}

size_t merge_next(struct input *in)
{
	size_t n = 0;

	in->batch++;
	while (in->n_heap && n < INPUT_BATCH_LINES) {
		struct stream *s = in->heap[0];
		enum frame_result got;

		if (UNLIKELY(s->has_head)) {
			in->lines[n++] = s->head;
			s->has_head = false;
			s->batch = in->batch;
			continue;
		}
		/* with one stream, or while it is the first, straight on */
		while ((got = stream_next(in, s, &in->lines[n])) == FRAME_RECORD && front_is_first(in)) {
			s->batch = in->batch;
			if (++n == INPUT_BATCH_LINES)
				return n;
		}
		if (got == FRAME_RECORD) {
			s->head = in->lines[n];
			s->has_head = true;
			sift_down(in, 0);
		} else if (s->batch == in->batch) {
			break; /* its lines are still in the batch */
		} else if (got == FRAME_END) {
			stream_done(s);
			heap_pop(in);
		} else {
			stream_fill(in, s);
		}
	}
	return n;
}

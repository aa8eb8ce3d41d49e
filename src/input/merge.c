/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge.c - streams and their merging by time
 *
 * A stream is one rotated set, read file by file.  A binary heap holds the streams by the time of their next
 * record; the one in front goes on into the batch without touching the heap while no other is earlier.  A
 * stream that is not open yet stands in the heap with the time that the sample showed, so that it is opened
 * when it is its turn.
 */
#include "input/input_priv.h"

#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

#define MANY_STREAMS 16
#define SMALL_CHUNK_BYTES ((size_t)16 << 10)
#define GREP_DISORDER_US USEC_PER_HOUR /* more than what the clocks of several logs may differ by */
#define RUN_LINES ((size_t)32) /* that are looked at twice: they stay in the first cache */

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

/*
 * How many files may be decompressed in threads of their own.  Two threads already share reading and the rest well
 * as long as one file is read at a time; beside another one, it pays.
 */
static unsigned ahead_of_jobs(const struct input *in)
{
	unsigned jobs = in->options.jobs;
	size_t n = 0;

	for (size_t i = 0; i < in->n_streams; i++) {
		const struct stream *s = &in->streams[i];
		uint32_t k = s->first_file;

		while (k < s->end_file && !in->files[k].compression)
			k++;
		n += k < s->end_file;
	}
	return jobs > 2 || (jobs == 2 && n > 1) ? jobs - 1 : 0;
}

/* 0: not known */
static uint64_t total_bytes(const struct input *in)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < in->n_files; i++) {
		if (!in->files[i].regular)
			return 0;
		sum += in->files[i].size_bytes;
	}
	return sum;
}

void merge_init(struct input *in)
{
	size_t read_bytes = in->options.read_bytes;

	if (read_bytes == 0)
		in->chunks.chunk_bytes = in->n_streams > MANY_STREAMS ? SMALL_CHUNK_BYTES : INPUT_CHUNK_BYTES;
	else
		in->chunks.chunk_bytes = read_bytes > INPUT_CHUNK_MIN_BYTES ? read_bytes : INPUT_CHUNK_MIN_BYTES;
	in->max_ahead = ahead_of_jobs(in);
	in->since_us = in->options.since_us; /* USEC_NONE is before everything */
	in->until_us = in->options.until_us == USEC_NONE ? INT64_MAX : in->options.until_us;
	in->windowed = in->options.since_us != USEC_NONE || in->options.until_us != USEC_NONE;
	in->heap = xcalloc(in->n_streams ? in->n_streams : 1, sizeof *in->heap);
	for (size_t i = 0; i < in->n_streams; i++) {
		struct stream *s = &in->streams[i];

		s->file = s->first_file;
		s->run_lines = RUN_LINES;
		s->server_no = envelope_names_number(&in->numbers.servers, s->server);
		s->key = in->files[s->first_file].first_us;
		framer_init(&s->framer, &in->chunks, read_bytes);
		side_init(&s->side, &in->chunks);
		s->framer.eof = true;
		in->heap[in->n_heap++] = s;
	}
	for (size_t i = in->n_heap / 2; i-- > 0;)
		sift_down(in, i);
	in->done.total_bytes = total_bytes(in);
}

void stream_done(struct stream *s)
{
	reader_free(s->reader);
	reader_free(s->next);
	s->reader = s->next = NULL;
	framer_done(&s->framer);
	envelope_join_done(&s->joiner);
	side_done(&s->side);
	before_done(&s->before);
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

/* a file that never has a name; -1 */
static int spool_new(void)
{
	static const char *const dirs[] = { "/var/tmp", "/tmp" };
	int fd = -1;

	for (size_t i = 0; i < ARRAY_LEN(dirs) && fd < 0; i++)
		fd = open(dirs[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd < 0 ? memfd_create("mailwhy", MFD_CLOEXEC) : fd;
}

/* Journals and pipes, as far as that can be told from outside; and one that turns out to be a journal, or is added. */
void spools_open(struct input *in)
{
	size_t n = 1;

	if (!in->options.keep_stdin)
		return;
	for (size_t i = 0; i < in->n_files; i++) {
		const struct input_file *f = &in->files[i];
		struct stat st;

		n += f->journal != JOURNAL_NOT || strcmp(f->path, "-") == 0 || slice_ends(slice_str(f->path), ".journal") ||
		     slice_ends(slice_str(f->path), ".journal~") || stat(f->path, &st) < 0 || !S_ISREG(st.st_mode);
	}
	in->spools = xcalloc(n, sizeof *in->spools);
	while (in->n_spools < n && (in->spools[in->n_spools] = spool_new()) >= 0)
		in->n_spools++;
}

static void spool_open(struct input *in, struct input_file *f)
{
	if (in->n_spools)
		f->spool_fd = in->spools[--in->n_spools];
}

/* A reader of a file that lies there; if it is compressed, with a thread. */
static int open_ahead(struct input *in, const struct input_file *f, struct reader **ret, struct err *reterr)
{
	int rc = probe_reopen(f, ret, reterr);

	if (rc == 0 && f->regular && (*ret)->compression && in->n_ahead < in->max_ahead) {
		*ret = reader_ahead(*ret);
		in->n_ahead += (*ret)->ahead;
	}
	return rc;
}

/* The stream will need another file some time: let its first bytes be ready then. */
static void open_next(struct input *in, struct stream *s)
{
	uint32_t k = s->file + 1;

	/* what is to be read now comes first */
	if (s->next || in->n_ahead + in->n_heap > in->max_ahead)
		return;
	while (k < s->end_file && (in->files[k].failed || in->files[k].skipped ||
				   window_misses(in, s, &in->files[k])))
		k++;
	if (k == s->end_file || !in->files[k].compression)
		return;
	/* if it can't be opened that is told when it is its turn */
	if (open_ahead(in, &in->files[k], &s->next, NULL) == 0)
		s->next_file = k;
}

static int open_reader(struct input *in, struct stream *s, struct err *reterr)
{
	int rc = 0;

	if (s->next && s->next_file == s->file) {
		s->reader = s->next;
		s->next = NULL;
	} else {
		rc = open_ahead(in, &in->files[s->file], &s->reader, reterr);
	}
	if (rc == 0)
		open_next(in, s);
	return rc;
}

/* Start with the stream's file; false: it can't be read. */
static bool open_file(struct input *in, struct stream *s)
{
	struct input_file *f = &in->files[s->file];
	struct err err;

	if (!f->failed && !f->skipped && window_misses(in, s, f)) {
		input_skip(f, SKIP_WINDOW, NULL);
		in->sources[s->file].skipped = true;
		in->sources[s->file].why = f->why;
	}
	if (f->failed || f->skipped)
		return false;
	framer_reset(&s->framer);
	s->framer.entries_are_lines = f->journal != JOURNAL_NOT;
	if (f->reader) {
		if (in->options.keep_stdin)
			spool_open(in, f);
		spool(in, f, slice_of(f->head, f->head_n));
		frame_feed(&s->framer, slice_of(f->head, f->head_n));
		s->reader = f->reader;
		f->reader = NULL;
		free(f->head);
		f->head = NULL;
	} else if (open_reader(in, s, &err) < 0) {
		input_fail(in, f, &err);
		return false;
	}
	s->clock = (struct envelope_clock){
		.tz = f->tz,
		.guessed = f->zone_guessed ? LINE_ZONE_GUESSED : 0,
		.year = f->year,
		.latest_us = f->latest_us,
		.numbers = &in->numbers,
		.room = &s->side.room,
		.header.dates = f->hints.dates,
		.day = f->day,
		.label = s->server,
		.label_no = s->server_no,
		.label_flags = s->server_flag | (s->not_mail ? LINE_NOT_MAIL : 0),
	};
	s->framer.source = s->file;
	s->framer.set = s->set;
	s->n_behind = 0;
	s->lines_before = 0;
	if (f->start_at > 0)
		window_start_at(in, s, f->start_at);
	window_open_file(in, s);
	return true;
}

/* More bytes for the stream, from its next file if need be. */
static void stream_fill(struct input *in, struct stream *s)
{
	struct input_file *f = &in->files[s->file];
	struct err err;

	if (!s->reader) {
		while (s->file < s->end_file && !open_file(in, s))
			in->done.taken_bytes += in->files[s->file++].size_bytes;
		return;
	}
	if (frame_fill(&s->framer, s->reader, &err) < 0)
		input_fail(in, f, &err);
	else if (f->spool_fd >= 0)
		spool(in, f, s->framer.fresh);
	in->sources[s->file].bytes = s->framer.bytes;
}

static void stream_next_file(struct input *in, struct stream *s)
{
	in->done.read_bytes += s->framer.bytes;
	in->done.taken_bytes += in->files[s->file].size_bytes;
	in->files[s->file].read_to = s->framer.offset;
	in->n_ahead -= s->reader->ahead;
	reader_free(s->reader);
	s->reader = NULL;
	s->file++;
	s->framer.eof = true;
}

/* One more record lies outside: is it the last of many in a row that lie far behind the window? */
static bool is_enough(const struct input *in, struct stream *s, usec_t t)
{
	uint64_t lines;

	if (t < s->end_us || !s->reader) {
		s->n_behind = 0;
		return false;
	}
	lines = in->sources[s->file].lines;
	s->n_behind = lines == s->lines_before ? s->n_behind + 1 : 1;
	s->lines_before = lines;
	return s->n_behind == WINDOW_RECORDS_BEHIND;
}

/* Enough records of the file lie behind the window: it ends here. */
static ATTR_NOINLINE void stream_stop(struct input *in, struct stream *s)
{
	in->sources[s->file].bytes = s->framer.bytes - (s->framer.end - s->framer.at);
	stream_next_file(in, s);
	framer_reset(&s->framer);
	s->framer.eof = true;
}

static inline bool outside(const struct input *in, usec_t t)
{
	return t < in->since_us || t >= in->until_us;
}

/* The time is the latest of the file so far. */
static inline void later(struct stream *s, struct input_source *src, const struct line *l)
{
	if (UNLIKELY(src->last_us == USEC_NONE)) {
		src->first_us = l->time_us;
		src->envelope = l->envelope;
	}
	src->last_us = l->time_us;
	if (l->time_us > s->key)
		s->key = l->time_us;
}

/* The stream's label instead of a host. */
static inline void put_label(const struct stream *s, struct line *l)
{
	l->server = s->server;
	l->server_no = s->server_no;
	l->flags |= s->server_flag;
	if (UNLIKELY(s->not_mail) && l->envelope == ENVELOPE_EXIM)
		l->flags |= LINE_NOT_MAIL;
}

/* The record before *l in the stream; NULL: there is none, or it is not known any more. */
static const struct line *line_before(const struct input *in, const struct stream *s, const struct line *l)
{
	while (l > in->batch_lines)
		if ((--l)->set == s->set)
			return l;
	return s->before.known ? &s->before.line : NULL;
}

/* What grep printed of several files goes by their names: `maillog` comes before `maillog-20260510`. */
static ATTR_NOINLINE void look_at_order(struct input *in, const struct input_source *src, const struct line *l)
{
	struct input_file *f = &in->files[l->source];

	if (f->told_order || src->last_us == USEC_NONE || l->time_us >= src->last_us - GREP_DISORDER_US)
		return;
	f->told_order = true;
	diag_say(in->diag, DIAG_WARNING,
		 "'%s': grep printed lines of several files, and later ones first: a mail that lies in two of them may be shown "
		 "as two; give the files themselves, or let grep have the oldest first: grep ... $(ls -tr FILES)", f->path);
}

/* Fill in what the record's text does not say, and count it. */
static inline void finish_line(struct input *in, struct stream *s, struct line *l)
{
	struct input_source *src = &in->sources[l->source]; /* of an entry's first piece: maybe a file before */

	if (s->server_forced || l->host.n == 0)
		put_label(s, l);
	src->lines += l->line_count;
	if (UNLIKELY(l->flags & (LINE_CUT | LINE_TIME_CARRIED | LINE_REPEAT | LINE_GREP))) {
		src->cut_lines += (l->flags & LINE_CUT) != 0;
		if (l->flags & LINE_REPEAT)
			envelope_repeat(&s->clock, line_before(in, s, l), l);
		if (l->flags & LINE_TIME_CARRIED) {
			s->key = l->time_us > s->key ? l->time_us : s->key;
			return;
		}
		if (l->flags & LINE_GREP)
			look_at_order(in, src, l);
	}
	/* USEC_NONE is before everything */
	if (l->time_us > src->last_us)
		later(s, src, l);
	else if (UNLIKELY(l->time_us < src->first_us))
		src->first_us = l->time_us;
}

/* Take the record's envelope off; false: it is a piece of a longer one, which is not yet whole. */
static inline bool stream_envelope(struct stream *s, struct line *l)
{
	if (LIKELY(envelope_quick(&s->clock, l)))
		return true;
	if (!envelope_join_in_full(&s->joiner, &s->clock, l))
		return false;
	if (UNLIKELY(s->joiner.has_ready))
		framer_pause(&s->framer); /* the next record is not the framer's */
	return true;
}

/* The next record if it is no plain one. */
static ATTR_NOINLINE enum frame_result take_any(struct stream *s, struct line *l)
{
	enum frame_result got;

	if (s->joiner.has_ready) {
		*l = s->joiner.ready;
		s->joiner.has_ready = false;
		return FRAME_RECORD;
	}
	do {
		if (s->file == s->end_file)
			return FRAME_END;
		got = s->reader ? frame_any(&s->framer, l) : FRAME_MORE;
	} while (got == FRAME_RECORD && !stream_envelope(s, l));
	return got;
}

/* The stream's next record of the file, with its envelope off. */
static inline enum frame_result stream_take(struct stream *s, struct line *l)
{
	do {
		if (!frame_plain(&s->framer, l))
			return take_any(s, l);
	} while (UNLIKELY(!stream_envelope(s, l)));
	return FRAME_RECORD;
}

/* The stream's next record that lies in the window. */
static inline enum frame_result stream_next(struct input *in, struct stream *s, struct line *l)
{
	for (;;) {
		enum frame_result got = stream_take(s, l);

		if (got == FRAME_END && s->file < s->end_file) {
			stream_next_file(in, s);
			if (s->file < s->end_file)
				return FRAME_MORE;
		}
		if (got == FRAME_END && !envelope_join_flush(&s->joiner, &s->clock, l))
			return FRAME_END;
		if (got == FRAME_MORE)
			return got;
		if (UNLIKELY(outside(in, l->time_us))) {
			if (is_enough(in, s, l->time_us))
				stream_stop(in, s);
			continue;
		}
		finish_line(in, s, l);
		return FRAME_RECORD;
	}
}

/* finish_line() for n records that say all of themselves, in one go; those without a host have their label. */
static void finish_plain(struct input *in, struct stream *s, struct line *lines, size_t n,
			 const struct envelope_span *span)
{
	struct input_source *src = &in->sources[s->file];

	for (size_t i = 0; s->server_forced && i < n; i++)
		put_label(s, &lines[i]);
	src->lines += n;
	if (UNLIKELY(src->last_us == USEC_NONE)) {
		src->first_us = span->first_us;
		src->envelope = lines->envelope;
	}
	src->first_us = span->first_us < src->first_us ? span->first_us : src->first_us;
	src->last_us = span->last_us > src->last_us ? span->last_us : src->last_us;
	s->key = src->last_us > s->key ? src->last_us : s->key;
}

/*
 * As many records as begin as others did, at most max: nearly all of a log.  Only for a stream that is alone, without a
 * window, since records that are not wanted can't be told before.
 */
static size_t stream_plain(struct input *in, struct stream *s, struct line *lines, size_t max)
{
	struct envelope_span span;
	size_t total = 0, framed, n;
	bool stamped;

	if (!s->reader || s->joiner.has_ready || in->windowed)
		return 0;
	do {
		framed = frame_run(&s->framer, &lines[total], max - total < s->run_lines ? max - total : s->run_lines,
				   &stamped);
		n = envelope_quick_run(&s->clock, &lines[total], framed, stamped, &span);
		if (UNLIKELY(n < framed)) {
			n -= stamped && n > 0; /* it may go on in the next line */
			frame_unread(&s->framer, &lines[total + n], framed - n);
			s->run_lines = n > 0 ? n : 1; /* what was framed in vain costs something */
		} else if (s->run_lines < RUN_LINES) {
			s->run_lines = s->run_lines < RUN_LINES / 2 ? s->run_lines * 2 : RUN_LINES;
		}
		if (n > 0)
			finish_plain(in, s, &lines[total], n, &span);
		total += n;
	} while (n == RUN_LINES && total < max);
	return total;
}

static void heap_pop(struct input *in)
{
	in->heap[0] = in->heap[--in->n_heap];
	if (in->n_heap)
		sift_down(in, 0);
}

/* The stream's last records are in the batch: that needs what they are made of. */
static inline void keep_bytes(struct input *in, struct stream *s, struct input_batch *b)
{
	if (UNLIKELY(s->side.n_chunks > 0))
		side_keep(&s->side, b, in->batch);
	if (s->batch == in->batch && s->held == s->framer.chunk)
		return;
	s->batch = in->batch;
	s->held = s->framer.chunk;
	batch_hold(b, s->held);
}

/* Reading on may take as long as somebody takes to write. */
static bool may_wait(const struct input *in, const struct stream *s)
{
	struct pollfd now = { .events = POLLIN };

	if (!s->reader || in->files[s->file].regular || in->files[s->file].journal || s->framer.eof)
		return false;
	now.fd = reader_fd(s->reader);
	return now.fd < 0 || poll(&now, 1, 0) <= 0;
}

/* Go straight on with the stream that is the first.  FRAME_RECORD: the batch is full, or one more is behind its lines,
 * but it is not its turn. */
static enum frame_result stream_run(struct input *in, struct stream *s, struct input_batch *b, size_t max)
{
	struct line *lines = b->held->lines;
	enum frame_result got = FRAME_RECORD;
	bool alone = in->n_heap == 1;
	size_t n = b->n;

	if (UNLIKELY(s->side.n_chunks > 1) && !s->joiner.has_ready)
		side_forget(&s->side);
	while (n < max) {
		n += alone ? stream_plain(in, s, &lines[n], max - n) : 0;
		if (n == max)
			break;
		got = stream_next(in, s, &lines[n]);
		if (got != FRAME_RECORD || !(alone || front_is_first(in)))
			break;
		n++;
	}
	if (n > b->n)
		keep_bytes(in, s, b);
	b->n = n;
	return got;
}

/* What comes next may repeat the last line of each stream. */
static void keep_last_lines(struct input *in, const struct input_batch *b)
{
	for (size_t i = 0; i < in->n_heap; i++) {
		struct stream *s = in->heap[i];
		size_t n = b->n;

		if (s->batch != in->batch)
			continue;
		while (n > 0 && b->lines[n - 1].set != s->set)
			n--;
		if (n > 0)
			before_keep(&s->before, &b->lines[n - 1]);
	}
}

size_t merge_next(struct input *in, struct input_batch *b, size_t max)
{
	struct line *lines = b->held->lines;

	in->batch++;
	in->batch_lines = lines;
	while (in->n_heap && b->n < max) {
		struct stream *s = in->heap[0];
		enum frame_result got;

		if (UNLIKELY(s->has_head)) {
			lines[b->n++] = s->head;
			s->has_head = false;
			keep_bytes(in, s, b);
			continue;
		}
		got = stream_run(in, s, b, max);
		if (b->n == max)
			break;
		if (got == FRAME_RECORD) {
			s->head = lines[b->n];
			s->has_head = true;
			sift_down(in, 0);
		} else if (got == FRAME_END) {
			stream_done(s);
			heap_pop(in);
		} else if (b->n > 0 && may_wait(in, s)) {
			break;
		} else {
			stream_fill(in, s);
		}
	}
	keep_last_lines(in, b);
	return b->n;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window.c - what need not be read when only a window of time is asked for
 *
 * Whole files, by their first and last stamps; what lies before the window in a big plain file, by bisection; the
 * rest of a file once enough records in a row lie behind the window.  The records in the window come out as if
 * everything had been read, as long as no line is out of order by more than the slack.  Where the places looked at
 * speak against that, the file is read from its beginning.
 *
 * Traps: stamps without year are settled by walking forward through the file, so the clock walks through the places
 * looked at, in order, and goes on from there.  In the hour that comes twice only what came before tells which one is
 * meant; the slack is longer, so that all of that hour lies before the window if the reading begins in it.
 */
#include "input/input_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "input/newlines.h"

/* Whole files go by what a sample tells and by the stamps of their neighbours. */
#define FILE_SLACK_US USEC_PER_DAY
/*
 * By which lines of one file may be out of order.  Daemons and relays of syslog are late by seconds to minutes; clocks
 * that are set mostly step by an hour, zone or summer time being wrong; and a stamp without zone may be taken for one
 * of the hour before.  A day would cost as much as all else where one hour is asked for in the log of a week.
 */
#define LINE_SLACK_US (2 * USEC_PER_HOUR)

#define SEARCH_MIN_BYTES ((uint64_t)1 << 20) /* a smaller file is read at once */
#define PROBE_BYTES ((size_t)8 << 10)        /* holds some dozens of records */
#define GRID 16             /* places looked at in any case, to see whether the file is in order */
#define NEAR_BYTES (4 * (uint64_t)PROBE_BYTES) /* as near as this is near enough */
#define COUNT_BYTES ((size_t)128 << 10)
/* Between two places with stamps without year: more may be a year more. */
#define YEARLESS_STEP_US (31 * USEC_PER_DAY)
#define YEARLESS_SPAN_US (183 * USEC_PER_DAY)

bool window_misses(const struct input *in, const struct stream *s, const struct input_file *f)
{
	const struct input_options *o = &in->options;
	const struct input_file *next = f + 1 < in->files + s->end_file ? f + 1 : NULL;
	usec_t last_us = f->last_us == USEC_NONE && next ? next->first_us : f->last_us;

	if (envelope_from_grep(&f->hints))
		return false;
	if (o->until_us != USEC_NONE && f->first_us != USEC_NONE && f->first_us - FILE_SLACK_US >= o->until_us)
		return true;
	return o->since_us != USEC_NONE && f->first_us != USEC_NONE && last_us != USEC_NONE &&
	       last_us + FILE_SLACK_US < o->since_us;
}

/* --- the start ---------------------------------------------------------------------------------------- */

/* A place from which the file may be read. */
struct place {
	uint64_t probed;             /* offset of the bytes looked at */
	uint64_t offset;             /* of the first record there */
	struct envelope_clock clock; /* behind these records */
};

struct search {
	int fd;
	usec_t target_us;
	usec_t first_us;        /* the first instant; USEC_NONE: none was seen yet */
	struct chunk_pool pool;
	char *buf;
};

enum found {
	FOUND_NOTHING, /* no stamps */
	FOUND_EARLY,   /* all stamps are before the target */
	FOUND_LATE,    /* some are not */
	FOUND_ODD,     /* not in order, or of an uncertain year: do not search */
};

/* The record has a stamp of its own and is nothing special. */
static bool is_stamped(const struct line *l)
{
	return l->time_us != USEC_NONE && (l->flags & (LINE_TIME_CARRIED | LINE_NUL | LINE_CUT)) == 0;
}

/* Does the record fit behind those that were seen? */
static bool fits(const struct search *s, const struct line *l, usec_t high_us)
{
	if (high_us == 0)
		return true;
	if (l->time_us < high_us - LINE_SLACK_US)
		return false;
	return !(l->flags & LINE_YEAR_GUESSED) || (l->time_us - high_us < YEARLESS_STEP_US &&
						   l->time_us - s->first_us < YEARLESS_SPAN_US);
}

static enum found look_at_records(struct search *s, struct framer *framer, struct place *p)
{
	enum found found = FOUND_NOTHING;
	struct line l;

	while (frame_next(framer, &l) == FRAME_RECORD) {
		usec_t high_us = p->clock.high_water_us;

		envelope_parse(&p->clock, &l);
		if (!is_stamped(&l))
			continue;
		if (!fits(s, &l, high_us))
			return FOUND_ODD;
		if (s->first_us == USEC_NONE)
			s->first_us = l.time_us;
		if (found == FOUND_NOTHING) {
			p->offset = l.offset;
			found = FOUND_EARLY;
		}
		if (l.time_us >= s->target_us)
			found = FOUND_LATE;
	}
	return found;
}

/* Look at the records behind the first newline at p->probed; the clock is that of a place before. */
static enum found look(struct search *s, struct place *p)
{
	ssize_t n = pread(s->fd, s->buf, PROBE_BYTES, (off_t)p->probed);
	size_t skip = n > 0 && p->probed > 0 ? slice_find_byte(slice_of(s->buf, (size_t)n), '\n') + 1 : 0;
	struct framer framer;
	enum found found;

	if (n <= 0 || skip >= (size_t)n)
		return FOUND_NOTHING;
	framer_init(&framer, &s->pool, 0);
	if (p->probed > 0)
		framer_start_at(&framer, p->probed + skip, 1);
	frame_feed(&framer, slice_of(s->buf + skip, (size_t)n - skip));
	found = look_at_records(s, &framer, p);
	framer_done(&framer);
	return found;
}

/*
 * Look at places all over the file.  *ret is the last one before the first late one, which is before *ret_late.
 * False: do not search in this file.
 */
static bool look_all_over(struct search *s, uint64_t size, struct place *ret, uint64_t *ret_late)
{
	struct place p = *ret;
	bool late = false;

	*ret_late = size;
	for (uint64_t i = 0; i <= GRID; i++) {
		enum found found;

		p.probed = i < GRID ? size / GRID * i : size - PROBE_BYTES;
		found = look(s, &p);
		if (found == FOUND_ODD)
			return false;
		if (found == FOUND_EARLY && !late)
			*ret = p;
		if (found == FOUND_LATE && !late) {
			late = true;
			*ret_late = p.probed;
		}
	}
	return true;
}

/* Come nearer to the target; false: do not search in this file. */
static bool come_nearer(struct search *s, uint64_t late, struct place *ret)
{
	while (late - ret->probed > NEAR_BYTES) {
		struct place p = *ret;
		enum found found;

		p.probed += (late - ret->probed) / 2;
		found = look(s, &p);
		if (found == FOUND_ODD)
			return false;
		if (found == FOUND_EARLY)
			*ret = p;
		else
			late = p.probed;
	}
	return true;
}

/* How many newlines there are before the offset; false: it can't be read so far. */
static bool count_newlines(int fd, uint64_t end, uint64_t *ret)
{
	char *buf = xmalloc(COUNT_BYTES);
	uint64_t at = 0, n = 0;

	while (at < end) {
		size_t want = end - at < COUNT_BYTES ? (size_t)(end - at) : COUNT_BYTES;
		ssize_t got = pread(fd, buf, want, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += newlines_count(buf, (size_t)got);
		at += (uint64_t)got;
	}
	free(buf);
	*ret = n;
	return at == end;
}

/* A big plain file of which something may be left out. */
static bool worth_a_look(const struct input *in, const struct input_file *f, const struct reader *r)
{
	/* of some logs only the beginning says what their columns are */
	return f->regular && reader_fd(r) >= 0 && f->hints.kind != ENVELOPE_EXCHANGE && f->size_bytes >= SEARCH_MIN_BYTES && f->first_us != USEC_NONE &&
	       f->last_us != USEC_NONE &&
	       ((in->options.since_us != USEC_NONE && f->first_us + LINE_SLACK_US < in->options.since_us) ||
		(in->options.until_us != USEC_NONE && f->last_us - LINE_SLACK_US >= in->options.until_us));
}

/* Pass over what lies before the place. */
static void start_at_place(struct input *in, struct stream *s, const struct place *p)
{
	uint64_t newlines = 0;

	if (in->options.number_lines && !count_newlines(reader_fd(s->reader), p->offset, &newlines))
		return;
	if (!reader_seek(s->reader, p->offset))
		return;
	s->clock = p->clock;
	framer_start_at(&s->framer, p->offset, newlines + 1);
}

/* False: the file is not in order. */
static bool search_plain(struct input *in, struct stream *s)
{
	usec_t since_us = in->options.since_us;
	struct search search = { .fd = reader_fd(s->reader), .target_us = USEC_NONE, .first_us = USEC_NONE };
	struct place *place = xcalloc(1, sizeof *place);
	uint64_t late;
	bool in_order;

	if (since_us != USEC_NONE && in->files[s->file].first_us + LINE_SLACK_US < since_us)
		search.target_us = since_us - LINE_SLACK_US;
	search.buf = xmalloc(PROBE_BYTES);
	place->clock = s->clock;
	in_order = look_all_over(&search, in->files[s->file].size_bytes, place, &late) &&
		   come_nearer(&search, late, place);
	if (in_order && place->offset > 0)
		start_at_place(in, s, place);
	free(place);
	free(search.buf);
	chunk_pool_done(&search.pool);
	return in_order;
}

/* How far the next line begins behind the offset: 0 if one begins there.  SIZE_MAX: not found. */
static size_t to_line(int fd, uint64_t offset, char *buf)
{
	ssize_t n = pread(fd, buf, PROBE_BYTES, (off_t)offset - 1);
	size_t at = n > 0 ? slice_find_byte(slice_of(buf, (size_t)n), '\n') : 0;

	return n > 0 && at < (size_t)n ? at : SIZE_MAX;
}

void window_start_at(struct input *in, struct stream *s, uint64_t start_at)
{
	const struct input_file *f = &in->files[s->file];
	struct search search = { .fd = reader_fd(s->reader), .target_us = INT64_MAX, .first_us = USEC_NONE };
	struct place *place;
	size_t skip;
	bool in_order = true;

	if (!f->regular || search.fd < 0 || f->hints.kind == ENVELOPE_EXCHANGE || start_at < SEARCH_MIN_BYTES ||
	    in->options.whole_files)
		return;
	search.buf = xmalloc(PROBE_BYTES);
	skip = to_line(search.fd, start_at, search.buf);
	place = xcalloc(1, sizeof *place);
	place->clock = s->clock;
	/* the clock comes to know of a new year on its way there */
	for (uint64_t i = 0; i < GRID && in_order; i++) {
		place->probed = start_at / GRID * i;
		in_order = look(&search, place) != FOUND_ODD;
	}
	if (in_order && skip != SIZE_MAX) {
		place->offset = start_at + skip;
		start_at_place(in, s, place);
	}
	free(place);
	free(search.buf);
	chunk_pool_done(&search.pool);
}

void window_open_file(struct input *in, struct stream *s)
{
	const struct input_file *f = &in->files[s->file];
	usec_t until_us = in->options.until_us;
	bool in_order = true;

	s->end_us = INT64_MAX;
	if (in->options.whole_files || !f->regular || envelope_from_grep(&f->hints))
		return;
	if (worth_a_look(in, f, s->reader))
		in_order = search_plain(in, s);
	if (in_order && until_us != USEC_NONE && until_us < INT64_MAX - LINE_SLACK_US &&
	    (f->last_us == USEC_NONE || f->last_us - LINE_SLACK_US >= until_us))
		s->end_us = until_us + LINE_SLACK_US;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mark.c - how far the files of a log were read
 *
 * Traps: while logrotate copies (copytruncate) or gzip compresses, two files hold the same lines: each mark is given to one
 * file, the one with its inode first, and what else fits it is a copy that is left alone.  A log that begins anew may be
 * longer than the old one was, under the same inode: its first bytes tell.  A renamed log is written to until its daemon is told.
 */
#include "input/mark.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "input/input_priv.h"

#define MISSING_FOR_US   (7 * USEC_PER_DAY) /* marks of files that are not there are kept so long */
#define MARKS_MAX        256
#define JOURNAL_CONTEXT_US (6 * USEC_PER_HOUR) /* so far back a journal is read again, and no further */
#define KEEP_IN_SET      4                  /* marks of files that are read to their end: for what comes before them */
#define MTIME_SLACK_US   (2 * USEC_PER_SEC) /* our mtime_us is of whole seconds, and file systems' clocks lag behind */
#define WRITER_PATIENCE_US (10 * USEC_PER_SEC) /* a line of a rotated file that has no end after so long will have none */

void input_marks_done(struct input_marks *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->items[i].path);
		free(m->items[i].cursor);
	}
	free(m->items);
	*m = (struct input_marks){ .made_us = USEC_NONE };
}

/* --- which file is it? -------------------------------------------------------------------------------- */

/* The bytes before the mark's offset are those that were there. */
static bool tail_fits(const struct input_file *f, const struct input_mark *m)
{
	char buf[MARK_TAIL_BYTES];
	ssize_t n;

	if (f->compression || m->tail_n == 0)
		return true;
	if (m->tail_n > MARK_TAIL_BYTES || m->tail_n > m->offset)
		return false;
	n = pread(f->held_fd, buf, (size_t)m->tail_n, (off_t)(m->offset - m->tail_n));
	return n == (ssize_t)m->tail_n && hash_slice(slice_of(buf, (size_t)n)) == m->tail_hash;
}

/* It begins as the marked file did. */
static bool head_fits(const struct input_file *f, const struct input_mark *m)
{
	return !m->cursor && m->head_n > 0 && m->head_n <= f->start_n && hash_slice(slice_of(f->start, (size_t)m->head_n)) == m->head_hash;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool same_family(const struct input_file *f, const struct input_mark *m)
{
	struct rotated r;
	bool same;

	rotated_parse(slice_str(base_of(m->path)), &r);
	same = strcmp(r.base, f->rotated.base) == 0;
	free(r.base);
	return same;
}

static bool candidate(const struct input_file *f)
{
	return f->regular && !f->failed && !f->skipped;
}

/* how well the file fits the mark; 0: it is another one */
static unsigned fit(const struct input_file *f, const struct input_mark *m)
{
	if (!candidate(f) || !same_family(f, m) || !head_fits(f, m))
		return 0;
	if (!f->compression && (f->size_bytes < m->offset || !tail_fits(f, m)))
		return 0;
	if (f->dev == m->dev && f->ino == m->ino)
		return 3;
	return f->compression ? 1 : 2;
}

/* Give each mark its file; of several that fit equally well the oldest, which is the copy that nobody writes to. */
static void find_marked(struct input *in, const struct input_marks *marks)
{
	for (size_t k = 0; k < marks->n; k++) {
		const struct input_mark *m = &marks->items[k];
		struct input_file *best = NULL;
		unsigned best_fit = 0;

		for (size_t i = 0; i < in->n_files; i++) {
			struct input_file *f = &in->files[i];
			unsigned how = fit(f, m);

			if (how > 0 && f->marked) {
				best = NULL; /* an older mark of the same file */
				break;
			}
			if (how > best_fit) {
				best = f;
				best_fit = how;
			}
		}
		if (!best)
			continue;
		best->marked = true;
		best->new_from = m->offset;
		best->start_at = m->resume < m->offset ? m->resume : m->offset;
	}
}

/* It holds what a file that was found holds, or the beginning of that. */
static bool is_copy(const struct input_file *f, const struct input_marks *marks)
{
	for (size_t k = 0; k < marks->n; k++)
		if (same_family(f, &marks->items[k]) && head_fits(f, &marks->items[k]))
			return true;
	return false;
}

/* Was f begun after g? */
static bool is_later(const struct input_file *f, const struct input_file *g)
{
	int by_name = rotated_compare(&g->rotated, &f->rotated);

	if (by_name == 0)
		return false;
	return f->set == g->set ? f->order > g->order : by_name < 0;
}

/* The last file of f's log that a mark knows; NULL: none does. */
static const struct input_file *last_marked(const struct input *in, const struct input_file *f)
{
	const struct input_file *last = NULL;

	for (size_t i = 0; i < in->n_files; i++) {
		const struct input_file *g = &in->files[i];

		if (g->marked && strcmp(g->dir, f->dir) == 0 && strcmp(g->rotated.base, f->rotated.base) == 0 &&
		    (!last || is_later(g, last)))
			last = g;
	}
	return last;
}

static bool is_new_file(const struct input *in, const struct input_file *f, const struct input_marks *marks)
{
	const struct input_file *last = last_marked(in, f);

	if (is_copy(f, marks))
		return false;
	if (last)
		return is_later(f, last);
	/* nothing is known of this log: a rotated file that nobody wrote to since is none of the new ones */
	return f->rotated.kind == ROTATED_LIVE || f->mtime_us + MTIME_SLACK_US > marks->made_us;
}

static void skip_read(struct input *in, size_t i)
{
	input_skip(&in->files[i], SKIP_READ, NULL);
	in->sources[i].skipped = true;
	in->sources[i].why = SKIP_READ;
}

/* Nothing was ever read: what is there is old, but for what the user asks for with a time. */
static void first_time(struct input *in, size_t i, const struct input_marks *marks)
{
	struct input_file *f = &in->files[i];

	if (in->options.since_us != USEC_NONE)
		return;
	if (f->rotated.kind != ROTATED_LIVE) {
		skip_read(in, i);
		return;
	}
	f->new_from = f->compression ? UINT64_MAX : f->size_bytes;
	f->start_at = f->size_bytes > marks->context_bytes ? f->size_bytes - marks->context_bytes : 0;
}

void marks_resolve(struct input *in)
{
	const struct input_marks *marks = in->options.marks;

	if (!marks)
		return;
	find_marked(in, marks);
	for (size_t i = 0; i < in->n_files; i++) {
		const struct input_file *f = &in->files[i];

		if (!candidate(f) || f->marked)
			continue;
		if (marks->made_us == USEC_NONE)
			first_time(in, i, marks);
		else if (!is_new_file(in, f, marks))
			skip_read(in, i);
	}
	if (marks->made_us != USEC_NONE)
		in->options.since_us = USEC_NONE;
}

enum input_age input_line_age(const struct input *in, const struct line *l)
{
	const struct input_file *f = &in->files[l->source];
	uint64_t new_from = f->place ? journal_new_at(f->place) : f->new_from;

	if (l->offset >= new_from)
		return LINE_NEW;
	return !f->place && l->line_count > 1 && l->offset + l->length > new_from ? LINE_CONTINUED : LINE_OLD;
}

bool input_line_is_unfinished(const struct input *in, const struct line *l)
{
	const struct input_file *f = &in->files[l->source];

	if (!(l->flags & LINE_NO_NEWLINE) || !f->regular || f->compression)
		return false;
	return f->rotated.kind == ROTATED_LIVE || in->options.now_us - f->mtime_us < WRITER_PATIENCE_US;
}

/* --- marks -------------------------------------------------------------------------------------------- */

static void mark_tail(const struct input_file *f, struct input_mark *m)
{
	size_t want = m->offset < MARK_TAIL_BYTES ? (size_t)m->offset : MARK_TAIL_BYTES;
	char buf[MARK_TAIL_BYTES];

	if (f->compression || pread(f->held_fd, buf, want, (off_t)(m->offset - want)) != (ssize_t)want)
		return;
	m->tail_n = want;
	m->tail_hash = hash_slice(slice_of(buf, want));
}

/* A log that was empty when it was opened may have got its first lines since. */
static void mark_head(const struct input_file *f, struct input_mark *m)
{
	size_t want = f->read_to < MARK_HEAD_BYTES ? (size_t)f->read_to : MARK_HEAD_BYTES;
	char buf[MARK_HEAD_BYTES];
	ssize_t n = f->start_n || f->compression ? 0 : pread(f->held_fd, buf, want, 0);

	m->head_n = n > 0 ? (uint64_t)n : f->start_n;
	m->head_hash = hash_slice(slice_of(n > 0 ? buf : f->start, (size_t)m->head_n));
}

static struct input_mark *add_mark(struct input_marks *m)
{
	m->items = vec_grow(m->items, m->n, &m->cap, sizeof *m->items);
	m->items[m->n] = (struct input_mark){ 0 };
	return &m->items[m->n++];
}

/* --- journals ----------------------------------------------------------------------------------------- */

usec_t marks_place_journal(const struct input *in, struct input_file *f)
{
	const struct input_marks *marks = in->options.marks;
	bool first = marks->made_us == USEC_NONE;

	f->place = xcalloc(1, sizeof *f->place);
	f->place->new_at = UINT64_MAX;
	f->place->time_us = first ? in->options.now_us : marks->made_us;
	if (first && in->options.since_us != USEC_NONE) {
		f->place->new_at = 0;
		return in->options.since_us;
	}
	for (size_t i = 0; i < marks->n; i++)
		if (marks->items[i].cursor && strcmp(marks->items[i].path, f->path) == 0) {
			f->place->cursor = xstrdup(marks->items[i].cursor);
			f->place->time_us = marks->items[i].time_us;
			return marks->items[i].resume_us;
		}
	return f->place->time_us - JOURNAL_CONTEXT_US;
}

static void mark_journal(const struct input *in, const struct input_file *f, const struct input_reach *reach, struct input_mark *m)
{
	usec_t oldest_us = f->place->time_us - JOURNAL_CONTEXT_US;

	m->path = xstrdup(f->path);
	m->cursor = xstrdup(f->place->cursor);
	m->time_us = f->place->time_us;
	m->resume_us = reach->resume_us < m->time_us ? reach->resume_us : m->time_us;
	m->resume_us = m->resume_us > oldest_us ? m->resume_us : oldest_us;
	m->seen_us = in->options.now_us;
}

/* Where the last whole line of a plain file ended when it was opened. */
static uint64_t last_line_end(const struct input_file *f)
{
	char buf[4096];
	uint64_t at = f->size_bytes;

	while (at > 0) {
		size_t want = at < sizeof buf ? (size_t)at : sizeof buf;
		ssize_t n = pread(f->held_fd, buf, want, (off_t)(at - want));
		size_t nl = n == (ssize_t)want ? slice_rfind_byte(slice_of(buf, want), '\n') : 0;

		if (n != (ssize_t)want)
			break;
		at -= want;
		if (nl < want) {
			at += nl + 1;
			break;
		}
	}
	return at;
}

static void mark_file(const struct input *in, const struct input_file *f, const struct input_reach *reach, struct input_marks *ret)
{
	struct input_mark *m = add_mark(ret);

	m->path = xasprintf("%s/%s", f->dir, base_of(f->path));
	m->dev = f->dev;
	m->ino = f->ino;
	mark_head(f, m);
	m->offset = reach->unfinished < f->read_to ? reach->unfinished : f->read_to;
	if (f->marked && f->new_from > m->offset)
		m->offset = f->new_from;
	if (f->skipped)
		m->offset = last_line_end(f);
	m->resume = reach->resume < m->offset ? reach->resume : m->offset;
	m->seen_us = in->options.now_us;
	mark_tail(f, m);
}

/* It may still be written to, something of it will be needed again, or it says where its log was left. */
static bool worth_a_mark(const struct input *in, size_t i, const struct input_reach *reach, bool first)
{
	const struct input_file *f = &in->files[i];
	size_t later = 0;

	if (!f->regular || (f->failed && f->read_to == 0) || (f->start_n == 0 && f->read_to == 0))
		return false;
	/* what is old at the first time is marked as well: later it must not be taken for new */
	if (f->skipped && (f->compression || (f->why != SKIP_WINDOW && !(f->why == SKIP_READ && first))))
		return false;
	for (size_t k = i + 1; k < in->n_files && in->files[k].set == f->set; k++)
		later += in->files[k].regular;
	return later < KEEP_IN_SET || reach[i].resume < f->read_to;
}

void input_marks_next(const struct input *in, const struct input_marks *old, const struct input_reach *reach,
		      struct input_marks *ret)
{
	*ret = (struct input_marks){ .made_us = in->options.now_us };
	for (size_t i = 0; i < in->n_files && ret->n < MARKS_MAX; i++)
		if (in->files[i].place && in->files[i].place->cursor)
			mark_journal(in, &in->files[i], &reach[i], add_mark(ret));
		else if (worth_a_mark(in, i, reach, old->made_us == USEC_NONE))
			mark_file(in, &in->files[i], &reach[i], ret);
	for (size_t k = 0; k < old->n && ret->n < MARKS_MAX; k++) {
		const struct input_mark *m = &old->items[k];
		struct input_mark *kept;
		bool known = false;

		for (size_t i = 0; i < ret->n && !known; i++)
			known = m->cursor ? ret->items[i].cursor && strcmp(ret->items[i].path, m->path) == 0 :
					    ret->items[i].head_n >= m->head_n && ret->items[i].head_hash == m->head_hash;
		for (size_t i = 0; i < in->n_files && !known && !m->cursor; i++)
			/* a file that was cut while it was looked at fits no more, and is no reason to forget */
			known = in->files[i].marked && same_family(&in->files[i], m) && head_fits(&in->files[i], m);
		if (known || in->options.now_us - m->seen_us > MISSING_FOR_US)
			continue;
		kept = add_mark(ret);
		*kept = *m;
		kept->path = xstrdup(m->path);
		kept->cursor = m->cursor ? xstrdup(m->cursor) : NULL;
	}
}

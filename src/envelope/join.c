/* SPDX-License-Identifier: Apache-2.0 */
/*
 * join.c - putting together what was cut on its way
 *
 * Traps: a container that ends (or is killed) in the middle of a line leaves a piece without an end, and the next line
 * begins anew.  A line may be cut anywhere, so a piece of full size goes on whatever the next one looks like: only
 * behind a shorter one a line with a stamp of its own is another record.
 */
#include "envelope/join.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "envelope/head.h"

#define PENDING_MAX     64                  /* records that wait: as many processes write at the same time */
#define ENTRY_MAX_BYTES ((size_t)32 << 10)  /* an entry of Exim has at most 8 KiB */
#define LINE_MAX_BYTES  ((size_t)1 << 20)   /* a container's line is cut there, as any other */
#define PIECE_MAX_BYTES ((size_t)16 << 10)  /* what Docker cuts lines into */

struct envelope_pending {
	bool container;        /* else Exim's */
	struct line line;      /* of the first piece; its slices are stale */
	struct strbuf raw;     /* Exim: the first piece's up to the piece mark, then all texts; else of all pieces */
	uint64_t end;          /* offset behind the last piece; 0: pieces do not adjoin */

	/* Exim */
	size_t head_bytes;     /* where the texts begin in raw */
	struct strbuf names;   /* host and program */
	size_t host_n;
	bool has_host;
	uint32_t expected, count; /* number of the next piece; of all */

	/* containers */
	struct strbuf payload; /* of all pieces */
	size_t piece_bytes;    /* of the last one */
	struct head head;      /* of the first piece: what wraps it; its slices are stale */
};

static void add_place(struct envelope_pending *p, const struct line *l)
{
	p->line.line_count += l->line_count;
	p->line.flags |= l->flags & (LINE_CUT | LINE_NUL | LINE_NO_NEWLINE);
	if (p->end == l->offset) {
		p->end = l->offset + l->length;
		p->line.length += l->length;
	} else {
		p->end = 0;
	}
}

/* room for one more; the oldest has been given up if need be */
static struct envelope_pending *pending_new(struct envelope_joiner *j, const struct line *l)
{
	struct envelope_pending *p;

	j->pending = vec_grow(j->pending, j->n, &j->cap, sizeof *j->pending);
	p = &j->pending[j->n++];
	*p = (struct envelope_pending){ .line = *l, .end = l->offset + l->length };
	return p;
}

static void pending_remove(struct envelope_joiner *j, size_t at)
{
	struct envelope_pending *p = &j->pending[at];

	strbuf_done(&p->raw);
	strbuf_done(&p->names);
	strbuf_done(&p->payload);
	j->n--;
	memmove(p, p + 1, (j->n - at) * sizeof *p);
}

static char *put(char *to, struct slice bytes)
{
	if (bytes.n)
		memcpy(to, bytes.p, bytes.n);
	return to + bytes.n;
}

static void finish_oldest(struct envelope_joiner *j, size_t at, struct envelope_clock *clock, struct line *l);

/* ---- Exim ---- */

static bool same_writer(const struct envelope_pending *p, const struct line *l, const struct piece *piece)
{
	struct slice names = strbuf_slice(&p->names);

	return !p->container && p->line.pid == l->pid && p->count == piece->count && p->line.source == l->source &&
	       p->has_host == (l->host.p != NULL) && slice_eq(slice_head(names, p->host_n), l->host) &&
	       slice_eq(slice_from(names, p->host_n), l->program);
}

static void add_piece(struct envelope_pending *p, const struct piece *piece)
{
	strbuf_add(&p->raw, piece->text);
	if (piece->newline)
		strbuf_add_byte(&p->raw, '\n');
	p->expected = piece->number + 1;
}

/* What stands before the text; nothing if that is not of the file's own bytes. */
static struct slice before_text(const struct line *l)
{
	bool own = l->text.p >= l->raw.p && l->text.p <= l->raw.p + l->raw.n;

	return own ? slice_between(l->raw.p, l->text.p) : SLICE("");
}

static void start_entry(struct envelope_joiner *j, const struct line *l, const struct piece *piece)
{
	struct envelope_pending *p = pending_new(j, l);

	p->has_host = l->host.p != NULL;
	p->host_n = l->host.n;
	p->count = piece->count;
	strbuf_add(&p->names, l->host);
	strbuf_add(&p->names, l->program);
	strbuf_add(&p->raw, before_text(l));
	p->head_bytes = p->raw.n;
	add_piece(p, piece);
}

/* entry `at` becomes *l and is forgotten */
static void finish_entry(struct envelope_joiner *j, size_t at, bool whole, struct envelope_clock *clock, struct line *l)
{
	struct envelope_pending *p = &j->pending[at];
	struct slice raw = strbuf_slice(&p->raw), names = strbuf_slice(&p->names);
	char *bytes = clock->room->take(clock->room->ctx, raw.n + names.n), *behind = put(bytes, raw);
	struct stamp stamp;

	(void)put(behind, names);
	*l = p->line;
	l->raw = slice_of(bytes, raw.n);
	l->host = l->server = p->has_host ? slice_of(behind, p->host_n) : SLICE_NONE;
	l->program = slice_of(behind + p->host_n, names.n - p->host_n);
	/* envelope_parse() has taken the time from the stamp in the first piece, but left it there */
	l->text = head_exim_stamp(slice_from(l->raw, p->head_bytes), NULL, &stamp, &l->pid);
	if (!whole)
		l->flags |= LINE_CUT;
	pending_remove(j, at);
}

static size_t find_entry(const struct envelope_joiner *j, const struct line *l, const struct piece *piece)
{
	size_t i = 0;

	while (i < j->n && !same_writer(&j->pending[i], l, piece))
		i++;
	return i;
}

/* The record's text begins as a piece does; true: *l is to be handed on. */
static bool join_piece(struct envelope_joiner *j, struct envelope_clock *clock, struct line *l)
{
	struct piece piece;
	struct line done;
	size_t at;

	if (!head_piece(l->text, &piece))
		return true;
	at = find_entry(j, l, &piece);
	if (piece.number == 1) {
		bool full = at < j->n || j->n >= PENDING_MAX;

		if (full) /* the same process began anew: what it began before stays without an end */
			finish_oldest(j, at < j->n ? at : 0, clock, &done);
		start_entry(j, l, &piece);
		if (full)
			*l = done;
		return full;
	}
	if (at == j->n) /* its beginning was never seen: it stays what it is */
		return true;
	if (piece.number < j->pending[at].expected)
		return true;
	add_piece(&j->pending[at], &piece);
	add_place(&j->pending[at], l);
	if (piece.number < piece.count && j->pending[at].raw.n < ENTRY_MAX_BYTES)
		return false;
	finish_entry(j, at, piece.number == piece.count, clock, l);
	return true;
}

/* ---- containers ---- */

static size_t find_line(const struct envelope_joiner *j, const struct line *l, const struct head *h)
{
	size_t i = 0;

	while (i < j->n && !(j->pending[i].container && j->pending[i].head.part_of == h->part_of &&
			     j->pending[i].line.source == l->source))
		i++;
	return i;
}

static void add_part(struct envelope_pending *p, const struct line *l, const struct head *h)
{
	size_t room = p->payload.n < LINE_MAX_BYTES ? LINE_MAX_BYTES - p->payload.n : 0;

	strbuf_add(&p->payload, slice_head(h->part, room));
	p->piece_bytes = h->part.n;
	if (h->part.n > room) {
		p->line.flags |= LINE_CUT;
	} else {
		if (p->raw.n)
			strbuf_add_byte(&p->raw, '\n');
		strbuf_add(&p->raw, l->raw);
	}
}

static void start_line(struct envelope_joiner *j, const struct line *l, const struct head *h)
{
	struct envelope_pending *p = pending_new(j, l);

	p->container = true;
	p->head = *h;
	/* the whole line may have no tag where its first piece looked like one */
	p->head.host = p->head.program = SLICE_NONE;
	p->head.pid = -1;
	add_part(p, l, h);
}

/* line `at` becomes *l and is forgotten */
static void finish_line(struct envelope_joiner *j, size_t at, struct envelope_clock *clock, struct line *l)
{
	struct envelope_pending *p = &j->pending[at];
	struct slice raw = strbuf_slice(&p->raw), payload = strbuf_slice(&p->payload);
	char *bytes = clock->room->take(clock->room->ctx, raw.n + payload.n), *behind = put(bytes, raw);

	(void)put(behind, payload);
	*l = p->line;
	l->raw = slice_of(bytes, raw.n);
	p->head.room = clock->room;
	head_inner(slice_of(behind, payload.n), clock, &p->head);
	head_put(clock, &p->head, l);
	pending_remove(j, at);
}

/* Does the record begin anew although the pending line has no end?  Only a stamp says so: much looks like a tag. */
static bool begins_anew(const struct envelope_pending *p, const struct head *h)
{
	return p->piece_bytes < PIECE_MAX_BYTES && h->stamp.form != STAMP_NONE;
}

/* A line of a container, or a part of one; true: *l is to be handed on. */
static bool join_part(struct envelope_joiner *j, struct envelope_clock *clock, struct head *h, struct line *l)
{
	size_t at = find_line(j, l, h);

	if (at < j->n && begins_anew(&j->pending[at], h)) {
		struct line next = *l;

		finish_oldest(j, at, clock, l);
		if (h->part_ends) {
			head_put(clock, h, &next);
			j->ready = next;
			j->has_ready = true;
		} else {
			start_line(j, &next, h);
		}
		return true;
	}
	if (at == j->n && h->part_ends) {
		head_put(clock, h, l);
		return true;
	}
	if (at == j->n) {
		struct line done;
		bool full = j->n >= PENDING_MAX;

		if (full)
			finish_oldest(j, 0, clock, &done);
		start_line(j, l, h);
		if (full)
			*l = done;
		return full;
	}
	add_part(&j->pending[at], l, h);
	add_place(&j->pending[at], l);
	if (!h->part_ends)
		return false;
	finish_line(j, at, clock, l);
	return true;
}

/* ---- all ---- */

static void finish_oldest(struct envelope_joiner *j, size_t at, struct envelope_clock *clock, struct line *l)
{
	if (j->pending[at].container) {
		j->pending[at].line.flags |= j->pending[at].head.part_flag;
		finish_line(j, at, clock, l);
	} else {
		finish_entry(j, at, false, clock, l);
	}
}

bool envelope_join_in_full(struct envelope_joiner *j, struct envelope_clock *clock, struct line *l)
{
	struct head h;

	assert(clock->room);
	head_split(l->raw, clock, clock->room, &h);
	if (h.part.p)
		return join_part(j, clock, &h, l);
	head_row(clock, &h, l);
	head_put(clock, &h, l);
	if (l->text.n < 6 || l->text.p[0] != '[' || l->program.n < 4 || l->program.p[0] != 'e')
		return true;
	return join_piece(j, clock, l);
}

bool envelope_join_flush(struct envelope_joiner *j, struct envelope_clock *clock, struct line *l)
{
	if (j->n == 0)
		return false;
	finish_oldest(j, 0, clock, l);
	return true;
}

void envelope_join_done(struct envelope_joiner *j)
{
	while (j->n > 0)
		pending_remove(j, j->n - 1);
	free(j->pending);
	*j = (struct envelope_joiner){ 0 };
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * join.c - putting together what Exim cut for syslog
 */
#include "envelope/join.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "envelope/head.h"

#define PENDING_MAX     64               /* entries that wait: as many processes write at the same time */
#define ENTRY_MAX_BYTES ((size_t)32 << 10) /* an entry of Exim has at most 8 KiB */

struct envelope_pending {
	struct line line;     /* of the first piece; its slices are stale */
	struct strbuf bytes;  /* the first piece's raw up to the piece mark, then all texts */
	size_t head_bytes;    /* where the texts begin */
	size_t host_at, host_n, program_at, program_n;
	bool has_host;
	uint32_t expected, count; /* number of the next piece; of all */
	uint64_t end;         /* offset behind the last piece; 0: pieces do not adjoin */
};

static bool same_writer(const struct envelope_pending *p, const struct line *l, const struct piece *piece)
{
	struct slice host = slice_of(p->bytes.p + p->host_at, p->host_n);

	return p->line.pid == l->pid && p->count == piece->count && p->line.source == l->source &&
	       p->has_host == (l->host.p != NULL) &&
	       slice_eq(slice_of(p->bytes.p + p->program_at, p->program_n), l->program) &&
	       (!p->has_host || slice_eq(host, l->host));
}

static void pending_add(struct envelope_pending *p, const struct line *l, const struct piece *piece)
{
	strbuf_add(&p->bytes, piece->text);
	if (piece->newline)
		strbuf_add_byte(&p->bytes, '\n');
	p->expected = piece->number + 1;
	if (piece->number == 1)
		return;
	p->line.line_count += l->line_count;
	p->line.flags |= l->flags & (LINE_CUT | LINE_NUL | LINE_NO_NEWLINE);
	if (p->end == l->offset) {
		p->end = l->offset + l->length;
		p->line.length += l->length;
	} else {
		p->end = 0;
	}
}

static size_t position(const struct line *l, struct slice s)
{
	return s.p ? (size_t)(s.p - l->raw.p) : 0;
}

static void pending_start(struct envelope_joiner *j, const struct line *l, const struct piece *piece)
{
	struct envelope_pending *p;

	j->pending = vec_grow(j->pending, j->n, &j->cap, sizeof *j->pending);
	p = &j->pending[j->n++];
	*p = (struct envelope_pending){
		.line = *l,
		.head_bytes = position(l, l->text),
		.host_at = position(l, l->host),
		.host_n = l->host.n,
		.program_at = position(l, l->program),
		.program_n = l->program.n,
		.has_host = l->host.p != NULL,
		.count = piece->count,
		.end = l->offset + l->length,
	};
	strbuf_add(&p->bytes, slice_head(l->raw, p->head_bytes));
	pending_add(p, l, piece);
}

/* entry `at` becomes *l and is forgotten; its bytes are the caller's */
static void pending_finish(struct envelope_joiner *j, size_t at, bool whole, struct line *l, char **ret_bytes)
{
	struct envelope_pending *p = &j->pending[at];
	struct stamp stamp;

	*l = p->line;
	l->raw = strbuf_slice(&p->bytes);
	*ret_bytes = p->bytes.p;
	l->host = l->server = p->has_host ? slice_of(l->raw.p + p->host_at, p->host_n) : SLICE_NONE;
	l->program = slice_of(l->raw.p + p->program_at, p->program_n);
	/* envelope_parse() has taken the time from the stamp in the first piece, but left it there */
	l->text = head_exim_stamp(slice_from(l->raw, p->head_bytes), NULL, &stamp, &l->pid);
	if (!whole)
		l->flags |= LINE_CUT;
	j->n--;
	memmove(p, p + 1, (j->n - at) * sizeof *p);
}

static size_t pending_find(const struct envelope_joiner *j, const struct line *l, const struct piece *piece)
{
	size_t i = 0;

	while (i < j->n && !same_writer(&j->pending[i], l, piece))
		i++;
	return i;
}

bool envelope_join_piece(struct envelope_joiner *j, struct line *l, char **ret_bytes)
{
	struct piece piece;
	struct line done;
	size_t at;

	if (!head_piece(l->text, &piece))
		return true;
	at = pending_find(j, l, &piece);
	if (piece.number == 1) {
		bool full = at < j->n || j->n >= PENDING_MAX;

		if (full) /* the same process began anew: what it began before stays without an end */
			pending_finish(j, at < j->n ? at : 0, false, &done, ret_bytes);
		pending_start(j, l, &piece);
		if (full)
			*l = done;
		return full;
	}
	if (at == j->n) /* its beginning was never seen: it stays what it is */
		return true;
	if (piece.number < j->pending[at].expected)
		return true;
	pending_add(&j->pending[at], l, &piece);
	if (piece.number < piece.count && j->pending[at].bytes.n < ENTRY_MAX_BYTES)
		return false;
	pending_finish(j, at, piece.number == piece.count, l, ret_bytes);
	return true;
}

bool envelope_join_flush(struct envelope_joiner *j, struct line *l, char **ret_bytes)
{
	if (j->n == 0)
		return false;
	pending_finish(j, 0, false, l, ret_bytes);
	return true;
}

void envelope_join_done(struct envelope_joiner *j)
{
	for (size_t i = 0; i < j->n; i++)
		strbuf_done(&j->pending[i].bytes);
	free(j->pending);
	*j = (struct envelope_joiner){ 0 };
}

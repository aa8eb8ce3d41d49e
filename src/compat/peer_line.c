/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer_line.c - a record as the peers see it
 */
#include "compat/peer_line.h"

#include "base/ascii.h"

void peer_lines_begin(struct peer_lines *p, const struct line *l)
{
	bool newline = !(l->flags & LINE_NO_NEWLINE);
	bool whole = !(l->flags & (LINE_CUT | LINE_NUL));

	p->rest = l->raw;
	p->more = true;
	p->last_newline = newline;
	if (whole && l->line_count <= 1 && l->length == l->raw.n + 1 + (newline ? 1 : 0)) {
		strbuf_clear(&p->scratch);
		strbuf_add(&p->scratch, l->raw);
		strbuf_add_byte(&p->scratch, '\r');
		p->rest = strbuf_slice(&p->scratch);
	}
}

bool peer_lines_next(struct peer_lines *p, struct peer_line *ret)
{
	size_t n;

	if (!p->more)
		return false;
	n = slice_find_byte(p->rest, '\n');
	ret->text = slice_head(p->rest, n);
	p->more = n < p->rest.n;
	ret->newline = p->more || p->last_newline;
	if (p->more)
		p->rest = slice_from(p->rest, n + 1);
	return true;
}

void peer_lines_done(struct peer_lines *p)
{
	strbuf_done(&p->scratch);
	*p = (struct peer_lines){ .more = false };
}

bool peer_word(char c)
{
	return ascii_alnum(c) || c == '_';
}

bool peer_space(char c)
{
	return ascii_space(c);
}

bool peer_boundary(struct slice s, size_t at)
{
	bool before = at > 0 && peer_word(s.p[at - 1]);
	bool after = at < s.n && peer_word(s.p[at]);

	return before != after;
}

bool peer_strip_syslog(struct slice *s)
{
	struct slice rest = *s;

	for (;;) {
		size_t at = slice_find(rest, SLICE(" exim"));

		if (at == rest.n)
			return false;
		rest = slice_from(rest, at + 5);
		if (rest.n && peer_word(rest.p[0]))
			continue;
		at = slice_find(rest, SLICE(": "));
		if (at == rest.n)
			return false;
		*s = slice_from(rest, at + 2);
		return true;
	}
}

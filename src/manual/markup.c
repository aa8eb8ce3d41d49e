/* SPDX-License-Identifier: Apache-2.0 */
/*
 * markup.c - the form in which pages of the manual are written
 */
#include "manual/markup.h"

#include "base/cursor.h"

static bool is_mark(char c)
{
	return c == '`' || c == '{' || c == '}' || c == '\\';
}

static bool is_running(struct slice line)
{
	return line.n && line.p[0] != '\t' && !slice_starts(line, "= ") && !slice_starts(line, "# ") && !slice_starts(line, "## ");
}

/* the lines of running text at the cursor */
static struct slice running_text(struct cur *c)
{
	const char *from = c->p, *end = from;

	for (struct cur line = *c; !cur_at_end(&line); *c = line) {
		struct slice s = cur_token(&line, '\n');

		if (!is_running(s))
			break;
		end = s.p + s.n;
	}
	return slice_between(from, end);
}

/* The lines with a tab, and empty ones between them; the tabs go. */
static void literal(struct cur *c, manual_block_fn *block, void *ctx)
{
	struct strbuf text = { 0 };
	size_t empty = 0;

	for (struct cur line = *c; !cur_at_end(&line);) {
		struct slice s = cur_token(&line, '\n');

		if (!s.n) {
			empty++;
			continue;
		}
		if (s.p[0] != '\t')
			break;
		for (; empty; empty--)
			strbuf_add_byte(&text, '\n');
		strbuf_add(&text, slice_from(s, 1));
		strbuf_add_byte(&text, '\n');
		*c = line;
	}
	block(ctx, MANUAL_LITERAL, strbuf_slice(&text), SLICE_NONE);
	strbuf_done(&text);
}

void manual_read(struct slice page, manual_block_fn *block, void *ctx)
{
	struct cur c = cur_of(page);

	while (!cur_at_end(&c)) {
		struct cur line = c;
		struct slice s = cur_token(&line, '\n');

		if (s.n && s.p[0] == '\t') {
			literal(&c, block, ctx);
		} else if (is_running(s)) {
			block(ctx, MANUAL_PARAGRAPH, running_text(&c), SLICE_NONE);
		} else {
			c = line;
			if (slice_starts(s, "## "))
				block(ctx, MANUAL_PART, slice_from(s, 3), SLICE_NONE);
			else if (slice_starts(s, "# "))
				block(ctx, MANUAL_SECTION, slice_from(s, 2), SLICE_NONE);
			else if (s.n)
				block(ctx, MANUAL_ITEM, slice_from(s, 2), running_text(&c));
		}
	}
}

bool manual_span(struct slice *text, struct strbuf *ret_text, enum manual_face *ret_face)
{
	enum manual_face face = !text->n ? MANUAL_PLAIN : text->p[0] == '`' ? MANUAL_BOLD : text->p[0] == '{' ? MANUAL_ITALIC : MANUAL_PLAIN;
	size_t i = face != MANUAL_PLAIN;

	strbuf_clear(ret_text);
	if (!text->n)
		return false;
	for (; i < text->n; i++) {
		char c = text->p[i];

		if (face == MANUAL_BOLD ? c == '`' : face == MANUAL_ITALIC ? c == '}' : c == '`' || c == '{')
			break;
		if (c == '\\' && i + 1 < text->n && is_mark(text->p[i + 1]))
			c = text->p[++i];
		if (c == '\n')
			c = ' ';
		if (c != ' ' || !ret_text->n || ret_text->p[ret_text->n - 1] != ' ')
			strbuf_add_byte(ret_text, c);
	}
	*text = slice_from(*text, face == MANUAL_PLAIN || i == text->n ? i : i + 1);
	*ret_face = face;
	return true;
}

void manual_add_plain(struct strbuf *out, struct slice words)
{
	for (size_t i = 0; i < words.n; i++) {
		if (is_mark(words.p[i]))
			strbuf_add_byte(out, '\\');
		strbuf_add_byte(out, words.p[i]);
	}
}

void manual_add_literal(struct strbuf *out, struct slice words)
{
	strbuf_add_byte(out, '`');
	manual_add_plain(out, words);
	strbuf_add_byte(out, '`');
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * markup.h - the form in which pages of the manual are written
 *
 *	# SECTION              ## Part of a section
 *	= term                 an item: what it is stands in the lines below, up to an empty line or the next item
 *	a line                 a paragraph: lines up to an empty one
 *	<tab>text              shown as it is, without any markup
 *	`literal`  {PLACE}     in running text: as it is typed (bold), and what stands for something else (italic)
 *	\` \{ \} \\            those four bytes themselves; between two ` only the backslash is one
 *
 * Renderers (roff.h, text.h) get blocks and spans; none of them knows the markup.
 */
#ifndef MANUAL_MARKUP_H
#define MANUAL_MARKUP_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/strbuf.h"

enum manual_block {
	MANUAL_SECTION,
	MANUAL_PART,
	MANUAL_PARAGRAPH,
	MANUAL_ITEM,    /* text: the term; body: what it is, or empty */
	MANUAL_LITERAL, /* text: lines, each with its end; no spans in them */
};

enum manual_face { MANUAL_PLAIN, MANUAL_BOLD, MANUAL_ITALIC, MANUAL_FACE_COUNT };

typedef void manual_block_fn(void *ctx, enum manual_block kind, struct slice text, struct slice body);

/* Hand the blocks of a page on, in their order; slices are borrowed for the call. */
void manual_read(struct slice page, manual_block_fn *block, void *ctx);

/*
 * manual_span - the next span of a running text
 *
 * *ret_text is emptied and gets its bytes, escapes resolved and runs of blanks and line ends made one blank.  False at the end.
 */
bool manual_span(struct slice *text, struct strbuf *ret_text, enum manual_face *ret_face);

/* Add words that are no markup. */
void manual_add_plain(struct strbuf *out, struct slice words);
/* Add them as `literal` */
void manual_add_literal(struct strbuf *out, struct slice words);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strbuf.h - owned text that grows
 *
 * Always NUL-terminated once something was added; n does not count that byte.  Zero-initialised is an
 * empty buffer.  There is no cap here: callers that add input-sized text check n first.
 */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/slice.h"

struct strbuf {
	char *p;       /* NULL while nothing was added */
	size_t n, cap; /* bytes in use, bytes allocated */
};

/* room for n more bytes (and the NUL); returns where they go.  The caller then adds to n. */
char *strbuf_reserve(struct strbuf *sb, size_t n);
void strbuf_add(struct strbuf *sb, struct slice s);
void strbuf_add_str(struct strbuf *sb, const char *s);
void strbuf_add_byte(struct strbuf *sb, char c);
void strbuf_add_i64(struct strbuf *sb, int64_t v);
void strbuf_printf(struct strbuf *sb, const char *format, ...) ATTR_PRINTF(2, 3);
/* empty, memory kept */
void strbuf_clear(struct strbuf *sb);
/* empty, memory released */
void strbuf_done(struct strbuf *sb);

static inline struct slice strbuf_slice(const struct strbuf *sb)
{
	return (struct slice){ sb->p ? sb->p : "", sb->n };
}

#endif

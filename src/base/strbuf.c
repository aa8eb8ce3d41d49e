/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strbuf.c - owned text that grows
 */
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

char *strbuf_reserve(struct strbuf *sb, size_t n)
{
	size_t need;

	if (__builtin_add_overflow(sb->n, n, &need) || __builtin_add_overflow(need, 1, &need))
		need = SIZE_MAX; /* xrealloc says "out of memory" */
	if (need > sb->cap) {
		size_t cap = sb->cap < SIZE_MAX / 2 ? sb->cap * 2 : need;

		if (cap < need)
			cap = need;
		if (cap < 64)
			cap = 64;
		sb->p = xrealloc(sb->p, cap);
		sb->cap = cap;
	}
	return sb->p + sb->n;
}

void strbuf_add(struct strbuf *sb, struct slice s)
{
	char *to = strbuf_reserve(sb, s.n);

	if (s.n)
		memcpy(to, s.p, s.n);
	sb->n += s.n;
	sb->p[sb->n] = '\0';
}

void strbuf_add_str(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, slice_str(s));
}

void strbuf_add_byte(struct strbuf *sb, char c)
{
	char *to = strbuf_reserve(sb, 1);

	to[0] = c;
	to[1] = '\0';
	sb->n++;
}

void strbuf_add_i64(struct strbuf *sb, int64_t v)
{
	char digits[24], *p = digits + sizeof digits;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		*--p = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (v < 0)
		*--p = '-';
	strbuf_add(sb, slice_between(p, digits + sizeof digits));
}

void strbuf_printf(struct strbuf *sb, const char *format, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, format);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n > 0) {
		(void)vsnprintf(strbuf_reserve(sb, (size_t)n), (size_t)n + 1, format, again);
		sb->n += (size_t)n;
	}
	va_end(again);
}

void strbuf_clear(struct strbuf *sb)
{
	sb->n = 0;
	if (sb->p)
		sb->p[0] = '\0';
}

void strbuf_done(struct strbuf *sb)
{
	free(sb->p);
	*sb = (struct strbuf){ 0 };
}

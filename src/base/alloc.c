/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc.c - memory or the end
 *
 * The one place below main.c that ends the program: there is nothing better to do without memory.
 */
#include "base/alloc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Other threads may go on until the end: nothing that they use is taken down, and nothing is allocated. */
static ATTR_NORETURN void out_of_memory(size_t n)
{
	struct rlimit limit;
	char text[160];
	bool limited = getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
	int len;

	if (limited)
		len = snprintf(text, sizeof text,
			       "mailwhy: error: more memory is needed than the limit of %llu MiB allows: --memory-limit sets another\n",
			       (unsigned long long)(limit.rlim_cur >> 20));
	else
		len = snprintf(text, sizeof text, "mailwhy: out of memory (asked for %zu bytes)\n", n);
	while (len > 0 && write(STDERR_FILENO, text, (size_t)len) < 0 && errno == EINTR)
		;
	_exit(limited ? EXIT_LIMITED : EXIT_SOFTWARE);
}

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		out_of_memory(n);
	return p;
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		out_of_memory(size);
	return p;
}

void *xrealloc(void *p, size_t n)
{
	void *q = realloc(p, n ? n : 1);

	if (!q)
		out_of_memory(n);
	return q;
}

void *xreallocarray(void *p, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		out_of_memory(SIZE_MAX);
	return xrealloc(p, n);
}

void *xaligned(size_t align, size_t count, size_t size)
{
	size_t n;
	void *p;

	if (__builtin_mul_overflow(count, size, &n))
		out_of_memory(SIZE_MAX);
	if (posix_memalign(&p, align, n ? n : 1) != 0)
		out_of_memory(n);
	return p;
}

char *xstrdup(const char *s)
{
	return xslicedup(slice_str(s));
}

char *xslicedup(struct slice s)
{
	char *p = xmalloc(s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

char *xasprintf(const char *format, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, format);
	n = vasprintf(&s, format, ap);
	va_end(ap);
	if (n < 0)
		out_of_memory(0);
	return s;
}

void *vec_grow(void *items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return items;
	*cap = *cap ? *cap * 2 : 16;
	return xreallocarray(items, *cap, size);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc.h - memory or the end
 *
 * These never return NULL: when memory is exhausted the program says so and exits with 70, or with 3 when that was the limit
 * that is set on this process (RLIMIT_DATA).  Nothing whose size the input chooses may come here without a cap of its own.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

#include "base/attr.h"
#include "base/slice.h"

#define EXIT_SOFTWARE 70 /* our bug or out of memory */
#define EXIT_LIMITED  3  /* out of the memory that this process may take: to those who called it, an input that could not be read */

void *xmalloc(size_t n) ATTR_MALLOC;
void *xcalloc(size_t count, size_t size) ATTR_MALLOC;
void *xrealloc(void *p, size_t n);
/* count * size, checked for overflow */
void *xreallocarray(void *p, size_t count, size_t size);
/* count * size bytes that begin at a multiple of `align` (a power of two, of at least a pointer's size); checked for overflow */
void *xaligned(size_t align, size_t count, size_t size) ATTR_MALLOC;
/* NUL-terminated copies; caller frees with free() */
char *xstrdup(const char *s) ATTR_MALLOC;
char *xslicedup(struct slice s) ATTR_MALLOC;
/* printf into fresh memory; caller frees with free() */
char *xasprintf(const char *format, ...) ATTR_PRINTF(1, 2);

/*
 * vec_grow - make room for one more element in a growing array
 *
 * items: the array, n: elements in use, *cap: elements allocated, size: of one element.
 * Returns the array, moved if need be; amortised O(1).
 */
void *vec_grow(void *items, size_t n, size_t *cap, size_t size);

#endif

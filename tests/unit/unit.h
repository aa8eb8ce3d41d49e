/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit.h - what every unit test starts with: cmocka and a few helpers
 *
 * A test is a table of rows and one loop.  ROW() names the row that is being looked at, so that a failure
 * tells which one it was.
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/slice.h"

/* fail with a sentence unless the condition holds */
#define CHECK(condition, ...)                                            \
	do {                                                             \
		if (!(condition)) {                                      \
			(void)fprintf(stderr, "%s: ", #condition);       \
			(void)fprintf(stderr, __VA_ARGS__);              \
			(void)fputc('\n', stderr);                       \
			fail();                                          \
		}                                                        \
	} while (0)

/* fail unless both slices hold the same bytes */
#define CHECK_SLICE(got, want)                                                                          \
	do {                                                                                            \
		struct slice got_ = (got), want_ = (want);                                              \
		CHECK(slice_eq(got_, want_) && !got_.p == !want_.p, "got '%.*s', want '%.*s'",          \
		      SLICE_ARG(got_), SLICE_ARG(want_));                                               \
	} while (0)

/* the same bytes in a heap block of exactly their size: ASan sees every step past the end; free() it */
static inline struct slice heap_copy(struct slice s)
{
	char *p = malloc(s.n ? s.n : 1);

	assert_non_null(p);
	if (s.n)
		memcpy(p, s.p, s.n);
	return slice_of(p, s.n);
}

static inline void heap_free(struct slice s)
{
	free((void *)(uintptr_t)s.p);
}

/* a small generator with a fixed seed: the same numbers in every run */
static inline uint32_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

#endif

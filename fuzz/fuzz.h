/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz.h - what the fuzz targets share
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* the target itself, as libFuzzer calls it; returns 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* part is not told, or lies inside whole */
static inline void assert_inside(struct slice whole, struct slice part)
{
	if (part.p) {
		assert((uintptr_t)part.p >= (uintptr_t)whole.p);
		assert((uintptr_t)part.p + part.n <= (uintptr_t)whole.p + whole.n);
	}
}

/* the same for a field that may also be a constant: a slice that begins inside whole ends inside it */
static inline void assert_inside_or_constant(struct slice whole, struct slice part)
{
	if ((uintptr_t)part.p >= (uintptr_t)whole.p && (uintptr_t)part.p <= (uintptr_t)whole.p + whole.n && whole.n)
		assert_inside(whole, part);
}

#endif

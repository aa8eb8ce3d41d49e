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
#include "event/event.h"

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

/* what every parser owes: enums in their ranges, numbers told or not, texts inside that of the line */
static inline void assert_event(struct slice text, const struct event *e)
{
	assert(e->kind < EVENT_KIND_COUNT && (e->kind != EV_NOTICE || e->category != NOTICE_NONE));
#define FUZZ_TEXT(s)          assert_inside_or_constant(text, (s))
#define FUZZ_INT(v)           (void)(v) /* Exim's own error numbers are negative */
#define FUZZ_SECONDS(v)       assert((v) >= -1)
#define FUZZ_BOOL(v)          assert((v) >= -1 && (v) <= 1)
#define FUZZ_ENUM_RELATION(v) assert((v) < RELATION_COUNT)
#define FUZZ_ENUM_OUTCOME(v)  assert((v) < OUTCOME_COUNT)
#define FUZZ_ENUM_SEVERITY(v) assert((v) < SEVERITY_COUNT)
#define FUZZ_ENUM_NOTICE(v)   assert((v) < NOTICE_COUNT)
#define F(type, name, help)   FUZZ_##type(e->name);
#include "event/fields.def"
#undef F
}

#endif

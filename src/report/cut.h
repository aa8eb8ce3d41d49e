/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cut.h - which of many things stay when only so many bytes may
 *
 * The heaviest stay, and equal ones stay or go together.  The things are shown CUT_PASSES times, in any order; the
 * memory that this takes does not depend on how many there are.
 *
 *	cut_init(&cut, keep_bytes);
 *	while (cut_pass(&cut))
 *		for (each thing)
 *			cut_add(&cut, weight, bytes);
 *	for (each thing)
 *		if (cut_drops(&cut, weight))
 *			...
 *	cut_done(&cut);
 */
#ifndef REPORT_CUT_H
#define REPORT_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CUT_BITS   12 /* of a weight, looked at in one pass */
#define CUT_PASSES 2
#define CUT_MAX    ((UINT32_C(1) << CUT_BITS * CUT_PASSES) - 1) /* weights above are taken for this one */

struct cut {
	size_t *bytes;     /* by the bits of this pass */
	size_t keep, kept; /* bytes that may stay; of things that stay for sure */
	int pass;
	int64_t most;      /* what weighs no more goes; -1: nothing goes.  Read-only, final after the last pass */
};

void cut_init(struct cut *c, size_t keep_bytes);
void cut_done(struct cut *c);
/* one more pass; false: `most` is found */
bool cut_pass(struct cut *c);
void cut_add(struct cut *c, uint64_t weight, size_t bytes);

static inline bool cut_drops(const struct cut *c, uint64_t weight)
{
	return (int64_t)(weight < CUT_MAX ? weight : CUT_MAX) <= c->most;
}

#endif

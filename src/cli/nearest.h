/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearest.h - "did you mean ...?"
 */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * edit_distance - insertions, deletions, replacements and swaps of neighbours, ASCII case ignored
 *
 * Gives up with limit + 1 as soon as the distance must be larger than limit.  Texts over 128 bytes are
 * never near.  O(a.n * limit).
 */
unsigned edit_distance(struct slice a, struct slice b, unsigned limit);

/* The name nearest to `what` if it is near enough to be a slip of the finger, else NULL. */
const char *nearest_name(struct slice what, const char *const *names, size_t n);

/* The addresses of a log that come nearest to one that was not found. */
#define NEAREST_MAX 5
struct nearest {
	struct slice what;  /* borrowed */
	struct nearest_item {
		char text[256];
		size_t n;
		unsigned score; /* small is near */
		uint64_t count; /* since it is on the list: a rough figure */
	} items[NEAREST_MAX];
	size_t n;
};

/* Show one address to the collector; it keeps the nearest NEAREST_MAX of all it saw. */
void nearest_offer(struct nearest *c, struct slice address);

#endif

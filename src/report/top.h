/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top.h - the first of many, in order
 *
 * Items come one by one in any order; what is not among the first `limit` is forgotten.  Without a limit this
 * sorts; with one it costs little more than looking at each item.
 */
#ifndef REPORT_TOP_H
#define REPORT_TOP_H

#include <stddef.h>

#include "base/arena.h"

/* < 0 if item a comes before item b; must never say 0 for two different items */
typedef int (*top_order)(const void *ctx, size_t a, size_t b);

struct top {
	size_t *items;    /* n of them; read-only */
	size_t n, limit;
	size_t seen;      /* items that came: read-only */
	top_order order;
	const void *ctx;
};

/* room for the first `limit` of at most `most` items, from the arena */
void top_init(struct top *t, size_t limit, size_t most, struct arena *arena, top_order order,
	      const void *ctx);
void top_add(struct top *t, size_t item);
/* all have come: put what is left in order */
void top_end(struct top *t);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unknown.h - collecting the lines that no rule knows by their shape
 */
#ifndef CLI_UNKNOWN_H
#define CLI_UNKNOWN_H

#include "base/arena.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "event/event.h"
#include "event/line.h"
#include "export/unknown.h"

#define UNKNOWN_SHAPES_MAX ((size_t)100000) /* distinct ones; further lines are counted together */

/* Zero-initialised is ready to use. */
struct unknown {
	struct map shapes;
	struct arena arena;
	struct strbuf key;
	uint64_t beyond;           /* lines with new shapes after UNKNOWN_SHAPES_MAX */
	struct unknown_item *list; /* after unknown_sort() */
	size_t n;
};

/* Any line with its event; what is understood, or foreign, is passed over. */
void unknown_add(struct unknown *u, const char *file, const struct line *l, const struct event *e);
/* Fill list and n: most frequent first. */
void unknown_sort(struct unknown *u);
void unknown_done(struct unknown *u);

#endif

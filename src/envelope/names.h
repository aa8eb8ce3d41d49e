/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h - numbers for the names that stand in every line: hosts and programs
 *
 * Equal numbers mean equal bytes and the other way round, so that whoever follows looks at each name once.  Numbers
 * count from 1; names that come when LINE_NUMBERS are reached, and overlong ones, have none (0).
 */
#ifndef ENVELOPE_NAMES_H
#define ENVELOPE_NAMES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/slice.h"
#include "event/columns.h"

/* Zero-initialised is ready to use. */
struct envelope_names {
	struct map map;     /* to uint32_t */
	struct arena bytes; /* of names and numbers */
};

#define ENVELOPE_HEADERS 256 /* different ones in one input; rows below further ones have none */

/* Of one input: all its files share them. */
struct envelope_numbers {
	struct envelope_names servers, programs;
	struct log_columns *columns[ENVELOPE_HEADERS]; /* each once; immutable, as long as this lives */
	size_t n_columns;
};

/* the number of a name, a new one if need be; 0: it has none, or there is no name */
uint32_t envelope_names_number(struct envelope_names *t, struct slice name);
/* the same columns, kept; NULL: there is no room */
const struct log_columns *envelope_names_columns(struct envelope_numbers *n, const struct log_columns *columns);
void envelope_numbers_done(struct envelope_numbers *n);

#endif

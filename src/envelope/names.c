/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.c - numbers for the names that stand in every line
 */
#include "envelope/names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "event/line.h"

#define NAME_MAX_BYTES 256 /* host names have at most 255 */

uint32_t envelope_names_number(struct envelope_names *t, struct slice name)
{
	uint32_t *number;

	if (name.n == 0 || name.n > NAME_MAX_BYTES)
		return 0;
	number = map_get(&t->map, name);
	if (number)
		return *number;
	if (t->map.n + 1 >= LINE_NUMBERS)
		return 0;
	number = arena_alloc(&t->bytes, sizeof *number);
	*number = (uint32_t)t->map.n + 1;
	(void)map_put(&t->map, arena_copy(&t->bytes, name), number);
	return *number;
}

const struct log_columns *envelope_names_columns(struct envelope_numbers *n, const struct log_columns *columns)
{
	struct log_columns *kept;

	for (size_t i = 0; i < n->n_columns; i++)
		if (memcmp(n->columns[i], columns, sizeof *columns) == 0)
			return n->columns[i];
	if (n->n_columns == ENVELOPE_HEADERS)
		return NULL;
	kept = xcalloc(1, sizeof *kept);
	memcpy(kept, columns, sizeof *kept);
	n->columns[n->n_columns++] = kept;
	return kept;
}

static void names_done(struct envelope_names *t)
{
	map_done(&t->map);
	arena_clear(&t->bytes);
}

void envelope_numbers_done(struct envelope_numbers *n)
{
	names_done(&n->servers);
	names_done(&n->programs);
	for (size_t i = 0; i < n->n_columns; i++)
		free(n->columns[i]);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refused.c - what each client was told
 */
#include "report/refused.h"

#include <stdlib.h>

#include "base/alloc.h"

void refused_merge(int64_t *into, const int64_t *from)
{
	into[REFUSED_COUNT] += from[REFUSED_COUNT];
	into[REFUSED_TEMPORARY] += from[REFUSED_TEMPORARY];
	seen_widen(into + REFUSED_SEEN, from[REFUSED_SEEN + SEEN_FIRST], from[REFUSED_SEEN + SEEN_LAST]);
}

static void *refused_new(const struct panel_ops *ops, struct counters *c)
{
	struct refused *s = xcalloc(1, sizeof *s);

	(void)ops;
	for (int k = 0; k < REFUSED_KINDS; k++) {
		tally_init(&s->t[k], REFUSED_VALUES, 0);
		s->t[k].other = tally_pair(SYM_OTHER, SYM_OTHER);
		counters_add_tally(c, &(struct named_tally){ .t = &s->t[k], .major = PART_SYMBOL, .minor = PART_CLIENT, .weights = 1,
							     .merge = refused_merge });
	}
	return s;
}

static void refused_free(void *state)
{
	struct refused *s = state;

	for (int k = 0; k < REFUSED_KINDS; k++)
		tally_done(&s->t[k]);
	free(s);
}

static void refused_count(void *state, const struct counted_rejection *cr)
{
	struct refused *s = state;
	uint64_t key = tally_pair(cr->failure.shape, cr->client ? cr->client->ref : NAME_NONE);

	refused_add(tally_row(&s->t[cr->user ? REFUSED_ACCOUNT : REFUSED_STRANGER], key), cr->r);
}

const struct panel_ops counting_refused = {
	.names = WANT_CLIENT,
	.new = refused_new,
	.free = refused_free,
	.on_rejection = refused_count,
};

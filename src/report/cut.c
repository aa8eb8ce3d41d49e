/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cut.c - which of many things stay when only so many bytes may
 *
 * A histogram of the upper bits of the weights says where the cut lies, one of the lower bits below those exactly.
 */
#include "report/cut.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define BUCKETS ((size_t)1 << CUT_BITS)

void cut_init(struct cut *c, size_t keep_bytes)
{
	*c = (struct cut){ .bytes = xcalloc(BUCKETS, sizeof *c->bytes), .keep = keep_bytes };
}

void cut_done(struct cut *c)
{
	free(c->bytes);
	c->bytes = NULL;
}

/* from the heaviest down: the first bucket that does not fit holds the cut */
static void narrow(struct cut *c)
{
	size_t i = BUCKETS;

	while (i > 0 && c->bytes[i - 1] <= c->keep - c->kept)
		c->kept += c->bytes[--i];
	c->most = c->most << CUT_BITS | (int64_t)(i ? i - 1 : 0);
	if (i == 0) /* all fit */
		c->most = -1;
}

bool cut_pass(struct cut *c)
{
	if (c->pass > 0 && c->most >= 0)
		narrow(c);
	memset(c->bytes, 0, BUCKETS * sizeof *c->bytes);
	return c->pass++ < CUT_PASSES && c->most >= 0;
}

void cut_add(struct cut *c, uint64_t weight, size_t bytes)
{
	size_t w = weight < CUT_MAX ? weight : CUT_MAX;

	if (c->pass == 1)
		c->bytes[w >> CUT_BITS] += bytes;
	else if ((int64_t)(w >> CUT_BITS) == c->most)
		c->bytes[w & (BUCKETS - 1)] += bytes;
}

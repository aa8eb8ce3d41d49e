/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearest.c - edit distance, and the names nearest to a word
 */
#include "cli/nearest.h"

#include <stdbool.h>

#include "base/ascii.h"

#define WORD_MAX 128

static unsigned min2(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned edit_distance(struct slice a, struct slice b, unsigned limit)
{
	unsigned rows[3][WORD_MAX + 1];
	size_t longer = a.n > b.n ? a.n : b.n, shorter = a.n < b.n ? a.n : b.n;

	if (a.n > WORD_MAX || b.n > WORD_MAX || longer - shorter > limit)
		return limit + 1;
	for (size_t j = 0; j <= b.n; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.n; i++) {
		unsigned *now = rows[i % 3], *before = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];
		unsigned best = now[0] = (unsigned)i;

		for (size_t j = 1; j <= b.n; j++) {
			char ca = ascii_tolower(a.p[i - 1]), cb = ascii_tolower(b.p[j - 1]);

			now[j] = min2(before[j - 1] + (ca != cb), min2(before[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && ca == ascii_tolower(b.p[j - 2]) &&
			    cb == ascii_tolower(a.p[i - 2]))
				now[j] = min2(now[j], second[j - 2] + 1);
			best = min2(best, now[j]);
		}
		if (best > limit)
			return limit + 1;
	}
	return min2(rows[a.n % 3][b.n], limit + 1);
}

const char *nearest_name(struct slice what, const char *const *names, size_t n)
{
	const char *found = NULL;
	unsigned best = what.n <= 3 ? 1 : what.n <= 6 ? 2 : 3;

	for (size_t i = 0; i < n; i++) {
		struct slice name = slice_str(names[i]);
		unsigned d = edit_distance(what, name, best);

		/* "--queue" for "--queue-id": a beginning is as good as one slip */
		if (what.n >= 3 && name.n > what.n && slice_eq_fold(slice_head(name, what.n), what))
			d = 1;
		if (d < best || (d == best && !found)) {
			best = d;
			found = names[i];
		}
	}
	return found;
}

/*
 * Small is near: slips in the whole address first, then the same domain with a local part that is not far,
 * then the same local part elsewhere.  UINT32_MAX: not near at all.
 */
static unsigned address_score(struct slice what, struct slice address)
{
	struct slice what_domain = slice_domain(what), domain = slice_domain(address);
	struct slice what_local = what_domain.p ? slice_head(what, what.n - what_domain.n - 1) : what;
	struct slice local = domain.p ? slice_head(address, address.n - domain.n - 1) : address;
	unsigned d = edit_distance(what, address, 3);

	if (d <= 3 && d * 3 <= what.n)
		return d;
	if (what_domain.p && what_local.n && domain.p && slice_eq_fold(what_domain, domain)) {
		d = edit_distance(what_local, local, 8);
		return slice_contains_fold(local, what_local) || slice_contains_fold(what_local, local)
			       ? 10
			       : 20 + d;
	}
	if (what_local.n && slice_eq_fold(what_local, local))
		return 15;
	return UINT32_MAX;
}

void nearest_offer(struct nearest *c, struct slice address)
{
	struct nearest_item *item;
	size_t at;
	unsigned score;

	/* who asks for "@domain" is told of domains */
	if (c->what.n && c->what.p[0] == '@' && address.n)
		address = slice_from(address, slice_rfind_byte(address, '@'));
	if (!address.n || address.n > sizeof c->items[0].text)
		return;
	for (size_t i = 0; i < c->n; i++)
		if (slice_eq_fold(slice_of(c->items[i].text, c->items[i].n), address)) {
			c->items[i].count++;
			return;
		}
	score = address_score(c->what, address);
	if (score == UINT32_MAX || (c->n == NEAREST_MAX && score >= c->items[NEAREST_MAX - 1].score))
		return;
	at = c->n < NEAREST_MAX ? c->n++ : NEAREST_MAX - 1;
	for (; at > 0 && c->items[at - 1].score > score; at--)
		c->items[at] = c->items[at - 1];
	item = &c->items[at];
	memcpy(item->text, address.p, address.n);
	item->n = address.n;
	item->score = score;
	item->count = 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram.c - percentiles of spans of time in fixed memory
 */
#include "report/histogram.h"

void histogram_merge(struct histogram *h, const struct histogram *from)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		h->buckets[i].n += from->buckets[i].n;
		if (__builtin_add_overflow(h->buckets[i].sum_us, from->buckets[i].sum_us, &h->buckets[i].sum_us))
			h->buckets[i].sum_us = INT64_MAX;
	}
	h->n += from->n;
	if (from->max_us > h->max_us)
		h->max_us = from->max_us;
}

usec_t histogram_percentile(const struct histogram *h, unsigned permille)
{
	int64_t rank, seen = 0;

	if (h->n == 0)
		return -1;
	rank = h->n / 1000 * permille + (h->n % 1000 * permille + 999) / 1000;
	if (rank < 1)
		rank = 1;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->buckets[i].n;
		if (seen >= rank)
			return h->buckets[i].sum_us / h->buckets[i].n;
	}
	return h->max_us;
}

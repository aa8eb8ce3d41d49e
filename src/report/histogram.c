/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram.c - percentiles of spans of time in fixed memory
 */
#include "report/histogram.h"

/* Below 32 each value has its own bucket; above, the five bits after the leading one choose it. */
static unsigned bucket_of(uint64_t v)
{
	unsigned octave, b;

	if (v < HISTOGRAM_STEPS)
		return (unsigned)v;
	octave = 63 - (unsigned)__builtin_clzll(v) - 5;
	b = (octave + 1) * HISTOGRAM_STEPS + (unsigned)(v >> octave & (HISTOGRAM_STEPS - 1));
	return b < HISTOGRAM_BUCKETS ? b : HISTOGRAM_BUCKETS - 1;
}

void histogram_add(struct histogram *h, usec_t span_us)
{
	unsigned b;

	if (span_us < 0)
		return;
	b = bucket_of((uint64_t)span_us);
	h->buckets[b].n++;
	if (__builtin_add_overflow(h->buckets[b].sum_us, span_us, &h->buckets[b].sum_us))
		h->buckets[b].sum_us = INT64_MAX;
	h->n++;
	if (span_us > h->max_us)
		h->max_us = span_us;
}

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

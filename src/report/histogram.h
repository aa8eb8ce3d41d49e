/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram.h - percentiles of spans of time in fixed memory
 *
 * Buckets grow with the value: 32 to each doubling, and each knows its mean, so a percentile is exact within
 * 3 %, mostly much better.  The maximum is exact.
 */
#ifndef REPORT_HISTOGRAM_H
#define REPORT_HISTOGRAM_H

#include <stdint.h>

#include "base/attr.h"
#include "base/usec.h"

#define HISTOGRAM_OCTAVES 42
#define HISTOGRAM_STEPS   32
#define HISTOGRAM_BUCKETS ((HISTOGRAM_OCTAVES + 1) * HISTOGRAM_STEPS)

struct histogram {
	struct {
		int64_t n;
		usec_t sum_us;
	} buckets[HISTOGRAM_BUCKETS];
	int64_t n;
	usec_t max_us;
};

/* Below 32 each value has its own bucket; above, the five bits after the leading one choose it.  The bit for 32 makes both cases one. */
static inline unsigned histogram_bucket(uint64_t v)
{
	unsigned octave = (63U ^ (unsigned)__builtin_clzll(v | HISTOGRAM_STEPS)) - 5;
	unsigned b = octave * HISTOGRAM_STEPS + (unsigned)(v >> octave); /* the leading one adds the octave's 32 */

	return b < HISTOGRAM_BUCKETS ? b : HISTOGRAM_BUCKETS - 1;
}

/* spans below 0 are not told and not counted */
static inline void histogram_add(struct histogram *h, usec_t span_us)
{
	unsigned b;

	if (span_us < 0)
		return;
	b = histogram_bucket((uint64_t)span_us);
	h->buckets[b].n++;
	if (UNLIKELY(__builtin_add_overflow(h->buckets[b].sum_us, span_us, &h->buckets[b].sum_us)))
		h->buckets[b].sum_us = INT64_MAX;
	h->n++;
	if (span_us > h->max_us)
		h->max_us = span_us;
}

/* add all that another one counted */
void histogram_merge(struct histogram *h, const struct histogram *from);
/* nearest rank; permille 500 is the median.  -1 if nothing was counted */
usec_t histogram_percentile(const struct histogram *h, unsigned permille);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finding.h - the findings of one run: collected, put together by family, sorted
 */
#ifndef DETECT_FINDING_H
#define DETECT_FINDING_H

#include "base/arena.h"
#include "detect/detector.h"

#define FINDINGS_MAX 100000

struct findings {
	struct finding **items; /* in the arena */
	size_t n, cap;
	struct arena *arena;
	enum tr_language language;
	int32_t utc_offset_sec;  /* of the newest fact */
};

void findings_done(struct findings *f);
/* One array, by the caller to be freed: those of one family about one subject are one, the worst first. */
struct finding *findings_sorted(struct findings *f, size_t *ret_n);

/* of the run that a detector belongs to */
struct findings *detect_list(const struct watch_context *c);

#endif

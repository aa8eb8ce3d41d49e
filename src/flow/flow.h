/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow.h - from an open input to parsed lines, on one thread or on several
 *
 * The lines come out in the order in which the input hands them out, and the sink is called by the thread that
 * called flow_run(): whatever the number of threads, it sees the same calls in the same order.
 */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include <stdbool.h>

#include "event/event.h"
#include "event/line.h"
#include "input/input.h"

#define FLOW_JOBS_MAX 64

struct flow_sink {
	void *ctx;
	/* one record with its event; slices are borrowed for the call; false ends the walk */
	bool (*line)(void *ctx, const struct line *l, const struct event *e);
	/* a batch of lines is through, so much of the sources was read; false ends the walk; may be NULL */
	bool (*batch)(void *batch_ctx, const struct input_position *position);
	void *batch_ctx;
};

/* what went by */
struct flow_passed {
	uint64_t lines[EVENT_KIND_COUNT]; /* physical ones */
	usec_t since_us, until_us;        /* first and last time; USEC_NONE: none was told */
	int32_t since_offset_sec, until_offset_sec;
};

/* how many processors this process may use: 1 to FLOW_JOBS_MAX */
unsigned flow_processors(void);

/*
 * flow_run - walk all lines of an input
 *
 * jobs: threads that work, the caller's among them; 0 and 1: only the caller's.  The others read, frame and parse
 * ahead of the caller, by a bounded number of batches; they have ended when this returns.  The input must not be
 * touched by anybody else meanwhile.  A sink that may end the walk while the input waits for somebody to write (a
 * pipe) must run alone.  ret: all lines that the sink got.
 */
void flow_run(struct input *in, unsigned jobs, const struct flow_sink *sink, struct flow_passed *ret);

#endif

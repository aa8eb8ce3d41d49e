/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stages.c - what each stage of a report costs by itself
 *
 *	stages LOG [ROUNDS]
 *
 * Walks the log up to one stage after the other, on one thread; a stage costs what its walk takes longer than the one
 * before.  Prints a table with the best CPU time of ROUNDS (5) walks: ns per line, MB/s, share of the whole.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/civil.h"
#include "base/cursor.h"
#include "envelope/envelope.h"
#include "envelope/tz.h"
#include "input/frame.h"
#include "input/input.h"
#include "parse/parse.h"
#include "report/report.h"
#include "track/track.h"

enum stage { READ, FRAME, ENVELOPE, INPUT, PARSE, TRACK, REPORT, STAGES };

static const char *const NAMES[STAGES] = { "read", "framing", "envelope", "merging", "parse", "track", "report" };

/* what keeps the compiler from leaving a walk out, and the walks comparable */
struct walked {
	uint64_t lines, bytes, sum;
};

static double cpu_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what, const struct err *err)
{
	fprintf(stderr, "stages: %s: %s\n", what, err ? err->msg : "");
	exit(1);
}

/* read, framing, envelope: one file without the input around it */
static void walk_file(const char *path, enum stage upto, struct walked *w)
{
	struct chunk_pool pool = { .chunk_bytes = (size_t)64 << 10 };
	struct envelope_clock clock = { .year = 2026 };
	struct tz *tz = NULL;
	struct framer f;
	struct reader *r;
	struct line l = { 0 };
	struct err err = { 0 };
	enum frame_result got;
	static char bytes[64 << 10];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || reader_open_fd(fd, path, &r, &err) < 0 || tz_open("UTC", &tz, &err) < 0)
		die(path, &err);
	clock.tz = tz;
	while (upto == READ && (n = reader_read(r, bytes, sizeof bytes, &err)) > 0)
		w->sum += (unsigned char)bytes[0];
	framer_init(&f, &pool, 0);
	while (upto != READ && (got = frame_next(&f, &l)) != FRAME_END) {
		if (got == FRAME_MORE) {
			if (frame_fill(&f, r, &err) < 0)
				die(path, &err);
			continue;
		}
		if (upto >= ENVELOPE)
			envelope_parse(&clock, &l);
		w->lines += l.line_count;
		w->sum += l.raw.n;
	}
	w->bytes = reader_taken(r);
	framer_done(&f);
	chunk_pool_done(&pool);
	reader_free(r);
	tz_free(tz);
}

static void walk_batch(const struct input_batch *b, enum stage upto, struct report *report, struct tracker *tracker,
		       struct walked *w)
{
	struct event e;

	for (size_t i = 0; i < b->n; i++) {
		const struct line *l = &b->lines[i];

		w->lines += l->line_count;
		w->sum += l->text.n;
		if (upto < PARSE)
			continue;
		parse_line(l, &e);
		w->sum += e.kind;
		if (upto >= REPORT)
			report_line(report_lines(report), l, &e);
		if (upto >= TRACK)
			tracker_feed(tracker, l, &e);
	}
}

/* the others: as a report does it */
static void walk_input(const char *path, enum stage upto, struct walked *w)
{
	static const struct fact_sink nobody;
	const struct civil now = { 2026, 11, 1, 0, 0, 0, 0 };
	const struct input_options options = {
		.paths = &path, .n_paths = 1, .since_us = USEC_NONE, .until_us = USEC_NONE, .now_us = civil_to_usec(&now),
	};
	const struct report_options what = { .top = 10, .all_panels = true };
	const struct tracker_options how = { .queue_life_us = 0 };
	struct report *report = report_new(&what);
	struct tracker *tracker = tracker_new(&how, upto >= REPORT ? report_sink(report) : &nobody);
	struct input_batch batch = { 0 };
	struct input *in;
	struct err err = { 0 };

	if (input_open(&options, &in, &err) < 0)
		die(path, &err);
	while (input_next(in, &batch) != 0)
		walk_batch(&batch, upto, report, tracker, w);
	tracker_end(tracker);
	input_batch_done(&batch);
	input_close(in);
	tracker_free(tracker);
	report_free(report);
}

static double best_of(const char *path, enum stage upto, uint64_t rounds, struct walked *ret)
{
	double best = 1e9;

	for (uint64_t i = 0; i < rounds; i++) {
		struct walked w = { 0 };
		double begin = cpu_seconds(), took;

		if (upto < INPUT)
			walk_file(path, upto, &w);
		else
			walk_input(path, upto, &w);
		took = cpu_seconds() - begin;
		best = took < best ? took : best;
		ret->lines = w.lines > ret->lines ? w.lines : ret->lines;
		ret->bytes = w.bytes > ret->bytes ? w.bytes : ret->bytes;
	}
	return best;
}

static void print_row(const char *name, double seconds, double whole, const struct walked *w)
{
	printf("| %s | %.0f | %.0f | %.0f %% |\n", name, seconds * 1e9 / (double)w->lines,
	       seconds > 0 ? (double)w->bytes / 1e6 / seconds : 0, whole > 0 ? seconds / whole * 100 : 0);
}

int main(int argc, char **argv)
{
	struct walked w = { 0 };
	double upto[STAGES], before = 0;
	uint64_t rounds = 5;
	struct cur c = cur_of(slice_str(argc > 2 ? argv[2] : "5"));

	if (argc < 2 || !cur_u64(&c, 1000, &rounds) || rounds == 0) {
		fprintf(stderr, "usage: stages LOG [ROUNDS]\n");
		return 2;
	}
	for (int s = 0; s < STAGES; s++)
		upto[s] = best_of(argv[1], (enum stage)s, rounds, &w);
	printf("| stage | ns per line | MB/s | share |\n|---|---|---|---|\n");
	for (int s = 0; s < STAGES; s++) {
		print_row(NAMES[s], upto[s] - before, upto[REPORT], &w);
		before = upto[s];
	}
	print_row("all", upto[REPORT], upto[REPORT], &w);
	return 0;
}

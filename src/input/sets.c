/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sets.c - grouping files into rotated sets and ordering them
 *
 * Files of one directory whose names differ only in rotation and compression are one set.  Names give the
 * order inside it; where the stamps of all its files have years, the first instants overrule names that
 * contradict them.
 */
#include "input/input_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "input/places.h"

/* Files of a set that lie on each other for longer than this are no rotated set, whatever their names. */
#define OVERLAP_US (3 * USEC_PER_HOUR)
/* Names are believed if the first instants do not step back by more than this: clocks get set, lines come
 * late. */
#define ORDER_SLACK_US (2 * USEC_PER_HOUR)
#define PASSED_MAX 10000 /* files that were passed over and can be told */

static bool same_set(const struct input_file *a, const struct input_file *b)
{
	return strcmp(a->rotated.base, b->rotated.base) == 0 && strcmp(a->dir, b->dir) == 0;
}

/* Directories may be written in several ways. */
static void resolve_directories(struct input *in)
{
	for (size_t i = 0; i < in->n_files; i++) {
		struct input_file *f = &in->files[i];
		char *real = realpath(f->dir[0] ? f->dir : ".", NULL);

		if (!real)
			continue;
		free(f->dir);
		f->dir = real;
	}
}

/* Throw out the files that are no mail logs; who asks for them can still be told. */
static void bury(struct input *in)
{
	size_t n = 0;

	for (size_t i = 0; i < in->n_files; i++) {
		struct input_file *f = &in->files[i];

		if (!f->dead) {
			in->files[n++] = *f;
			continue;
		}
		if (f->why && in->n_passed < PASSED_MAX) {
			in->passed = vec_grow(in->passed, in->n_passed, &in->cap_passed, sizeof *in->passed);
			in->passed[in->n_passed++] = (struct input_passed){ xstrdup(f->path), f->why };
		}
		input_file_done(f);
	}
	in->n_files = n;
}

static bool readable(const struct input_file *f)
{
	return !f->failed && !f->skipped;
}

/* The file that repeats what another file of the same directory holds: read once. */
static const struct input_file *repeated_by(const struct input *in, const struct input_file *f)
{
	for (size_t r = 0; r < repeats_count; r++) {
		if (strcmp(repeats[r].name, f->rotated.base) != 0)
			continue;
		for (size_t i = 0; i < in->n_files; i++) {
			const struct input_file *of = &in->files[i];

			if (readable(of) && of->first_raw && strcmp(of->rotated.base, repeats[r].of) == 0 &&
			    strcmp(of->dir, f->dir) == 0)
				return of;
		}
	}
	return NULL;
}

static void skip_repeats(struct input *in)
{
	for (size_t i = 0; i < in->n_files; i++) {
		struct input_file *f = &in->files[i];
		const struct input_file *of = readable(f) ? repeated_by(in, f) : NULL;

		if (!of)
			continue;
		input_skip(f, SKIP_SUBSET, of->path);
		if (f->origin != ORIGIN_PLACE)
			diag_say(in->diag, f->origin == ORIGIN_NAMED ? DIAG_WARNING : DIAG_INFO,
				 "'%s' repeats the mail records of '%s', skipping", f->path, of->path);
	}
}

static int by_set(const void *va, const void *vb)
{
	const struct input_file *a = va, *b = vb;
	int by_name;

	if (a->set != b->set)
		return a->set < b->set ? -1 : 1;
	by_name = rotated_compare(&a->rotated, &b->rotated);
	if (by_name)
		return by_name;
	return a->given < b->given ? -1 : a->given > b->given;
}

static int by_instant(const void *va, const void *vb)
{
	const struct input_file *a = va, *b = vb;

	if (a->first_us != b->first_us)
		return a->first_us < b->first_us ? -1 : 1;
	return by_set(va, vb);
}

static int by_order(const void *va, const void *vb)
{
	const struct input_file *a = va, *b = vb;

	if (a->set != b->set)
		return a->set < b->set ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Files [first, end) are a set in the order of their names: do their stamps agree? */
static void check_order(struct input *in, size_t first, size_t end)
{
	bool wrong = false;
	usec_t last = USEC_NONE;

	for (size_t i = first; i < end; i++) {
		const struct input_file *f = &in->files[i];

		if (!readable(f) || !f->first_raw)
			continue;
		if (f->first_us == USEC_NONE)
			return;
		if (last != USEC_NONE && f->first_us < last - ORDER_SLACK_US)
			wrong = true;
		last = f->first_us;
	}
	if (!wrong)
		return;
	diag_say(in->diag, DIAG_INFO,
		 "'%s' and its kin: read in the order of their stamps, not of their names",
		 in->files[first].path);
	qsort(in->files + first, end - first, sizeof *in->files, by_instant);
}

/* Give the files of [first, end) that run beside the ones before them a set of their own. */
static void split_parallel(struct input *in, size_t first, size_t end, uint32_t *n_sets)
{
	const struct input_file *before = NULL;

	for (size_t i = first; i < end; i++) {
		struct input_file *f = &in->files[i];

		if (!readable(f) || f->first_us == USEC_NONE)
			continue;
		if (before && before->last_us != USEC_NONE && f->first_us < before->last_us - OVERLAP_US)
			f->set = (*n_sets)++;
		else
			before = f;
	}
}

static size_t set_end(const struct input *in, size_t first)
{
	size_t end = first + 1;

	while (end < in->n_files && in->files[end].set == in->files[first].set)
		end++;
	return end;
}

/* The file's name is one of those that Exim's logs have. */
static bool named_as_exim(const char *base)
{
	static const char *const names[] = {
		"mainlog", "rejectlog", "paniclog", "main.log", "reject.log", "panic.log", "main", "reject", "panic",
	};

	if (strstr(base, "exim"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(base, names[i]) == 0)
			return true;
	return false;
}

/* Some records of the set have Exim's stamp, but nothing else speaks of Exim. */
static bool not_mail(const struct input *in, const struct stream *s)
{
	bool stamps = false;

	for (uint32_t i = s->first_file; i < s->end_file; i++) {
		const struct input_file *f = &in->files[i];

		if (f->hints.exim_texts || named_as_exim(f->rotated.base))
			return false;
		stamps = stamps || f->hints.exim_stamps;
	}
	return stamps;
}

static void make_sources(struct input *in)
{
	in->sources = xcalloc(in->n_files ? in->n_files : 1, sizeof *in->sources);
	for (size_t i = 0; i < in->n_files; i++) {
		const struct input_file *f = &in->files[i];

		in->sources[i] = (struct input_source){
			.name = f->path,
			.set = f->set,
			.envelope = f->hints.kind,
			.compression = f->compression,
			.first_us = USEC_NONE,
			.last_us = USEC_NONE,
			.rotated = f->rotated.kind != ROTATED_LIVE,
			.skipped = f->skipped,
			.why = f->why,
			.same_as = f->same_as,
			.failed = f->failed,
			.error = f->error,
		};
	}
}

void sets_make(struct input *in)
{
	uint32_t n_sets = 0;

	bury(in);
	resolve_directories(in);
	skip_repeats(in);
	for (size_t i = 0; i < in->n_files; i++) {
		size_t k = 0;

		while (k < i && !same_set(&in->files[k], &in->files[i]))
			k++;
		in->files[i].set = k < i ? in->files[k].set : n_sets++;
	}
	if (in->n_files)
		qsort(in->files, in->n_files, sizeof *in->files, by_set);
	for (size_t i = 0, end; i < in->n_files; i = end) {
		end = set_end(in, i);
		check_order(in, i, end);
		for (size_t k = i; k < end; k++)
			in->files[k].order = (uint32_t)(k - i);
		split_parallel(in, i, end, &n_sets);
	}
	if (in->n_files)
		qsort(in->files, in->n_files, sizeof *in->files, by_order);
	in->streams = xcalloc(n_sets ? n_sets : 1, sizeof *in->streams);
	for (size_t i = 0, end; i < in->n_files; i = end) {
		end = set_end(in, i);
		in->streams[in->n_streams++] = (struct stream){
			.set = in->files[i].set,
			.first_file = (uint32_t)i,
			.end_file = (uint32_t)end,
		};
		in->streams[in->n_streams - 1].not_mail = not_mail(in, &in->streams[in->n_streams - 1]);
	}
	make_sources(in);
}

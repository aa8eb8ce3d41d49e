/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input.c - opening, closing, and reading records again
 */
#include "input/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "input/input_priv.h"

void input_file_done(struct input_file *f)
{
	free(f->path);
	free(f->dir);
	free(f->rotated.base);
	free(f->head);
	free(f->start);
	if (f->place)
		free(f->place->cursor);
	free(f->place);
	free(f->host);
	free(f->same_as);
	for (size_t i = 0; i < f->n_members; i++)
		free(f->members[i]);
	free(f->members);
	free(f->first_raw);
	free(f->last_raw);
	reader_free(f->reader);
	if (f->spool_fd >= 0)
		(void)close(f->spool_fd);
	if (f->held_fd >= 0)
		(void)close(f->held_fd);
}

/* From here on a stranger's bytes are looked at. */
static void guard(const struct input *in)
{
	static const char *const JOURNALS[] = { "/var/log/journal", "/run/log/journal" };
	const char **paths;
	bool journals = in->options.n_paths == 0 && in->options.n_journals == 0;
	size_t n = 0;

	if (!in->options.guard)
		return;
	paths = xcalloc(in->n_files + ARRAY_LEN(JOURNALS), sizeof *paths);
	for (size_t i = 0; i < in->n_files; i++) {
		const struct input_file *f = &in->files[i];

		journals = journals || f->journal == JOURNAL_LOCAL;
		if (!f->failed && !f->dead && f->journal != JOURNAL_LOCAL && strcmp(f->path, "-") != 0)
			paths[n++] = f->path;
	}
	for (size_t i = 0; journals && i < ARRAY_LEN(JOURNALS); i++)
		paths[n++] = JOURNALS[i];
	in->options.guard(in->options.guard_ctx, paths, n);
	free(paths);
}

int input_open(const struct input_options *o, struct input **ret, struct err *reterr)
{
	struct input *in = xcalloc(1, sizeof *in);
	int rc;

	in->diag = o->diag;
	in->options = *o;
	discover(in, o);
	access_check(in);
	spools_open(in);
	guard(in);
	probe_all(in);
	settle_rough(in);
	sets_make(in);
	rc = settle_clocks(in, reterr);
	if (rc < 0) {
		input_close(in);
		return rc;
	}
	settle_servers(in);
	marks_resolve(in);
	merge_init(in);
	if (in->n_files == 0 && !(o->n_paths && input_was_read(in))) {
		in->nothing = true;
		diag_say(in->diag, o->optional ? DIAG_INFO : DIAG_ERROR,
			 "no mail log in the usual places of this machine, and no mail in its systemd journal: "
			 "name a log, or pipe one in");
	}
	*ret = in;
	return 0;
}

void input_close(struct input *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < in->n_streams; i++)
		stream_done(&in->streams[i]);
	for (size_t i = 0; i < in->n_files; i++)
		input_file_done(&in->files[i]);
	for (size_t i = 0; i < in->n_zones; i++) {
		tz_free(in->zones[i].tz);
		free(in->zones[i].name);
	}
	for (size_t i = 0; i < in->n_labels; i++)
		free(in->labels[i]);
	for (size_t i = 0; i < in->n_spools; i++)
		(void)close(in->spools[i]);
	free(in->spools);
	discover_done(in);
	for (size_t i = 0; i < in->n_passed; i++)
		free((void *)(uintptr_t)in->passed[i].name);
	free(in->passed);
	free(in->labels);
	free(in->zones);
	free(in->heap);
	free(in->streams);
	free(in->sources);
	free(in->files);
	envelope_numbers_done(&in->numbers);
	chunk_pool_done(&in->chunks);
	free(in);
}

size_t input_next(struct input *in, struct input_batch *b)
{
	size_t n = in->options.batch_lines ? in->options.batch_lines : INPUT_BATCH_LINES;

	batch_begin(b, n);
	b->n = merge_next(in, b, n);
	return b->n;
}

void input_position(const struct input *in, struct input_position *ret)
{
	*ret = in->done;
	for (size_t i = 0; i < in->n_heap; i++) {
		const struct stream *s = in->heap[i];

		if (!s->reader)
			continue;
		ret->read_bytes += s->framer.bytes;
		ret->taken_bytes += reader_taken(s->reader);
	}
}

bool input_may_wait(const struct input *in)
{
	for (size_t i = 0; i < in->n_files; i++)
		if (!in->files[i].regular && in->files[i].journal == JOURNAL_NOT)
			return true;
	return false;
}

size_t input_sources(const struct input *in, const struct input_source **ret)
{
	*ret = in->sources;
	return in->n_files;
}

size_t input_passed(const struct input *in, const struct input_passed **ret)
{
	*ret = in->passed;
	return in->n_passed;
}

static const struct {
	const char *name, *help;
} SKIPS[] = {
#define X(id, name, help) [id] = { name, help },
	INPUT_SKIPS(X)
#undef X
};

const char *input_skip_name(enum input_skip s)
{
	return SKIPS[s].name;
}

const char *input_skip_help(enum input_skip s)
{
	return SKIPS[s].help;
}

static void widen(struct input_extent *r, const struct input_file *f, usec_t t)
{
	if (t == USEC_NONE)
		return;
	if (r->first_us == USEC_NONE || t < r->first_us) {
		r->first_us = t;
		r->first_offset_sec = f->tz ? tz_offset_at(f->tz, t) : 0;
	}
	if (t > r->last_us) {
		r->last_us = t;
		r->last_offset_sec = f->tz ? tz_offset_at(f->tz, t) : 0;
	}
}

void input_extent(const struct input *in, struct input_extent *ret)
{
	*ret = (struct input_extent){ .first_us = USEC_NONE, .last_us = USEC_NONE };
	for (size_t i = 0; i < in->n_files; i++) {
		widen(ret, &in->files[i], in->files[i].first_us);
		widen(ret, &in->files[i], in->files[i].last_us);
	}
}

void input_skip(struct input_file *f, enum input_skip why, const char *same_as)
{
	f->skipped = true;
	f->why = why;
	free(f->same_as);
	f->same_as = same_as ? xstrdup(same_as) : NULL;
}

void input_pass(struct input_file *f, enum input_skip why)
{
	f->dead = true;
	f->why = why;
}

bool input_failed(const struct input *in)
{
	for (size_t i = 0; i < in->n_files; i++)
		if (in->sources[i].failed)
			return true;
	return in->nothing;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.c - reading records again, to print them
 *
 * The records wanted are read file by file in the order of their offsets: plain files and the spool by
 * position, compressed files by decompressing them once more up to the last one.  An entry of the journal in its export
 * form (or of the journal itself, which the spool keeps) is shown as the line that journalctl would show.
 */
#include "input/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/civil.h"
#include "base/strbuf.h"
#include "input/frame_priv.h"
#include "input/input_priv.h"

struct want {
	const struct line_ref *ref;
	size_t index;
	char *bytes; /* NULL: not found */
	size_t n;
};

static int by_place(const void *va, const void *vb)
{
	const struct line_ref *a = ((const struct want *)va)->ref, *b = ((const struct want *)vb)->ref;

	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	return a->length < b->length ? -1 : a->length > b->length;
}

static int by_index(const void *va, const void *vb)
{
	const struct want *a = va, *b = vb;

	return a->index < b->index ? -1 : a->index > b->index;
}

static size_t wanted_bytes(const struct line_ref *ref)
{
	return ref->length < INPUT_RECORD_MAX_BYTES + 2 ? ref->length : INPUT_RECORD_MAX_BYTES;
}

static ssize_t read_at(int fd, char *buf, size_t n, uint64_t offset)
{
	size_t at = 0;

	while (at < n) {
		ssize_t got = pread(fd, buf + at, n - at, (off_t)(offset + at));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		at += (size_t)got;
	}
	return (ssize_t)at;
}

static void fetch_fd(int fd, struct want *wants, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct want *w = &wants[i];

		w->n = wanted_bytes(w->ref);
		w->bytes = xmalloc(w->n + 1);
		if (read_at(fd, w->bytes, w->n, w->ref->offset) != (ssize_t)w->n) {
			free(w->bytes);
			w->bytes = NULL;
		}
	}
}

/* The wants are sorted by offset but may overlap. */
static void fetch_stream(struct reader *r, struct want *wants, size_t n)
{
	char *buf = xmalloc(INPUT_HEAD_BYTES);
	uint64_t at = 0;
	size_t first = 0;
	ssize_t got;

	for (size_t i = 0; i < n; i++) {
		wants[i].n = 0;
		wants[i].bytes = xmalloc(wanted_bytes(wants[i].ref) + 1);
	}
	while (first < n && (got = reader_read(r, buf, INPUT_HEAD_BYTES, NULL)) > 0) {
		uint64_t end = at + (uint64_t)got;

		for (size_t i = first; i < n && wants[i].ref->offset < end; i++) {
			struct want *w = &wants[i];
			uint64_t from = w->ref->offset + w->n;
			size_t left = wanted_bytes(w->ref) - w->n;
			size_t take = end - from < left ? (size_t)(end - from) : left;

			if (from >= end || left == 0)
				continue;
			memcpy(w->bytes + w->n, buf + (from - at), take);
			w->n += take;
		}
		at = end;
		while (first < n && wants[first].n == wanted_bytes(wants[first].ref))
			first++;
	}
	for (size_t i = first; i < n; i++)
		if (wants[i].n != wanted_bytes(wants[i].ref)) {
			free(wants[i].bytes);
			wants[i].bytes = NULL;
		}
	free(buf);
}

static void fetch_file(struct input *in, struct want *wants, size_t n)
{
	struct input_file *f = &in->files[wants[0].ref->source];
	struct reader *r;

	if (f->spool_fd >= 0) {
		fetch_fd(f->spool_fd, wants, n);
		return;
	}
	if (!f->regular || probe_reopen(f, &r, NULL) < 0)
		return;
	if (!r->compression && reader_fd(r) >= 0)
		fetch_fd(reader_fd(r), wants, n);
	else
		fetch_stream(r, wants, n);
	reader_free(r);
}

static struct slice without_newline(const struct want *w)
{
	struct slice s;

	if (!w->bytes)
		return SLICE_NONE;
	s = slice_of(w->bytes, w->n);
	if (w->ref->length > w->n)
		return s;
	if (s.n && s.p[s.n - 1] == '\n')
		s.n--;
	if (s.n && s.p[s.n - 1] == '\r')
		s.n--;
	if (s.n > INPUT_RECORD_MAX_BYTES)
		s.n = INPUT_RECORD_MAX_BYTES;
	return s;
}

static bool is_entry(const struct want *w)
{
	return w->bytes && frame_starts_export(slice_of(w->bytes, w->n));
}

/* "2026-11-21T09:00:01.123456+01:00 mx1 postfix/smtp[123]: text" */
static void show_entry(const struct input_file *f, const struct want *w, struct strbuf *out)
{
	struct envelope_clock clock = { .tz = f->tz, .day = f->day };
	struct line l = { .raw = slice_of(w->bytes, w->n), .line_count = 1 };
	struct civil c;
	int32_t minutes;

	envelope_parse(&clock, &l);
	if (l.time_us != USEC_NONE) {
		c = civil_of(l.time_us, l.utc_offset_sec);
		minutes = (l.utc_offset_sec < 0 ? -l.utc_offset_sec : l.utc_offset_sec) / 60;
		strbuf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%06d%c%02d:%02d ", c.year, c.month, c.day, c.hour,
			      c.minute, c.second, c.usec, l.utc_offset_sec < 0 ? '-' : '+', minutes / 60,
			      minutes % 60);
	}
	strbuf_add(out, l.host);
	strbuf_add_str(out, l.host.n ? " " : "");
	strbuf_add(out, l.program);
	if (l.pid >= 0)
		strbuf_printf(out, "[%lld]", (long long)l.pid);
	strbuf_add_str(out, l.program.n ? ": " : "");
	strbuf_add(out, l.text);
}

void input_fetch(struct input *in, const struct line_ref *refs, size_t n,
		 void (*fn)(void *ctx, size_t index, struct slice raw), void *ctx)
{
	struct want *wants = xcalloc(n ? n : 1, sizeof *wants);
	struct strbuf entry = { 0 };

	for (size_t i = 0; i < n; i++)
		wants[i] = (struct want){ .ref = &refs[i], .index = i };
	qsort(wants, n, sizeof *wants, by_place);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && wants[end].ref->source == wants[i].ref->source;)
			end++;
		if (wants[i].ref->source < in->n_files)
			fetch_file(in, wants + i, end - i);
	}
	qsort(wants, n, sizeof *wants, by_index);
	for (size_t i = 0; i < n; i++) {
		strbuf_clear(&entry);
		if (is_entry(&wants[i]))
			show_entry(&in->files[wants[i].ref->source], &wants[i], &entry);
		fn(ctx, i, is_entry(&wants[i]) ? strbuf_slice(&entry) : without_newline(&wants[i]));
		free(wants[i].bytes);
	}
	strbuf_done(&entry);
	free(wants);
}

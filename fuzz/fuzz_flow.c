/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_flow.c - log files read to their end: the same lines and events, however they are read and by how many threads
 *
 * The first byte chooses what is tried beside the plain run, the rest are files (logs.h).  Every line of the files is handed out once,
 * fields lie inside their line, and what is read again to be shown is what was read before.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/strbuf.h"
#include "flow/flow.h"
#include "fuzz.h"
#include "logs.h"
#include "parse/parse.h"

#define NOW_US (INT64_C(1795333200) * USEC_PER_SEC)

struct record {
	uint64_t hash;        /* of all that is told */
	uint64_t raw_hash;
	struct line_ref ref;
	uint32_t line_count;
	bool plain;           /* one record of the file as it stands there */
};

struct run {
	struct record *records;
	size_t n, cap;
	uint64_t lines;
	bool entries;         /* some are of a journal's export: an entry is one line */
	struct strbuf text;
};

static uint64_t hash_line(struct strbuf *text, const struct line *l, const struct event *e)
{
	struct slice server = l->server;
	uint64_t parts[] = {
		hash_slice(l->raw), l->source, l->set, l->line_count, l->length, l->line_no, l->offset, l->flags, (uint64_t)l->envelope,
		(uint64_t)l->utc_offset_sec, (uint64_t)l->time_us, hash_slice(l->host), hash_slice(l->program), (uint64_t)l->pid,
		hash_slice(l->text), hash_slice(server), (uint64_t)e->kind, (uint64_t)e->writer, e->marks, 0,
	};

	strbuf_clear(text);
	event_text(text, e);
	parts[sizeof parts / sizeof parts[0] - 1] = hash_slice(strbuf_slice(text));
	return hash_slice(slice_of((const char *)parts, sizeof parts));
}

static bool add_line(void *ctx, const struct line *l, const struct event *e)
{
	struct run *run = ctx;
	struct record *r;

	assert(l->raw.p && l->server.n && l->text.p && l->line_count >= 1);
	assert(l->time_us == USEC_NONE || (l->utc_offset_sec > -26 * 3600 && l->utc_offset_sec < 26 * 3600));
	assert_event(l->text, e);
	if (run->n == run->cap) {
		run->cap = run->cap * 2 + 64;
		run->records = xreallocarray(run->records, run->cap, sizeof *run->records);
	}
	r = &run->records[run->n++];
	*r = (struct record){
		.hash = hash_line(&run->text, l, e),
		.raw_hash = hash_slice(l->raw),
		.ref = { l->source, l->length, l->line_no, l->offset, l->time_us },
		.line_count = l->line_count,
		.plain = l->line_count == 1 && !(l->flags & LINE_CUT),
	};
	run->lines += l->line_count;
	run->entries |= l->envelope == ENVELOPE_JOURNAL;
	return true;
}

static void check_fetched(void *ctx, size_t index, struct slice raw)
{
	const struct run *run = ctx;
	const struct record *r = &run->records[index];

	assert(!r->plain || run->entries || (raw.p && hash_slice(raw) == r->raw_hash));
}

static void fetch_all(struct input *in, struct run *run)
{
	struct line_ref *refs = xcalloc(run->n + 1, sizeof *refs);

	for (size_t i = 0; i < run->n; i++)
		refs[i] = run->records[i].ref;
	input_fetch(in, refs, run->n, check_fetched, run);
	free(refs);
}

/* Physical lines.  What room was made for and nothing was written to (NULs, a byte order mark alone) is no line. */
static uint64_t lines_of(struct slice bytes)
{
	uint64_t lines = 0;
	size_t start = 0;

	for (size_t k = 0; k < bytes.n; k++)
		if (bytes.p[k] == '\n') {
			lines++;
			start = k + 1;
		}
	if (start == 0 && bytes.n >= 3 && memcmp(bytes.p, "\xef\xbb\xbf", 3) == 0)
		start = 3;
	while (start < bytes.n && bytes.p[start] == '\0')
		start++;
	return lines + (start < bytes.n);
}

/* Physical lines of what was read. */
static uint64_t lines_in(const struct logs *logs, const struct input *in, bool *ret_plain)
{
	const struct input_source *sources;
	size_t n = input_sources(in, &sources);
	uint64_t lines = 0;

	*ret_plain = n == logs->n;
	for (size_t i = 0; i < n; i++) {
		struct slice bytes = SLICE_NONE;

		for (size_t k = 0; k < logs->n; k++)
			if (strcmp(logs->paths[k], sources[i].name) == 0)
				bytes = logs->bytes[k];
		if (sources[i].skipped || sources[i].failed || sources[i].compression || sources[i].bytes != bytes.n) {
			*ret_plain = false;
			return 0;
		}
		lines += lines_of(bytes);
	}
	return lines;
}

static void read_all(struct run *run, const struct logs *logs, struct input_options *o, unsigned jobs)
{
	const struct input_setting zone = { NULL, "Europe/Berlin" };
	const struct flow_sink sink = { .ctx = run, .line = add_line };
	struct flow_passed passed;
	struct input *in;
	uint64_t lines;
	bool plain;

	o->paths = logs->paths;
	o->n_paths = logs->n;
	o->zones = &zone;
	o->n_zones = 1;
	o->now_us = NOW_US;
	o->number_lines = true;
	o->jobs = jobs;
	if (input_open(o, &in, NULL) < 0)
		abort();
	flow_run(in, jobs, &sink, &passed);
	lines = lines_in(logs, in, &plain);
	assert(!plain || run->entries || o->since_us != USEC_NONE || lines == run->lines);
	if (o->read_bytes == 0 && jobs == 1)
		fetch_all(in, run);
	input_close(in);
}

static void run_done(struct run *run)
{
	free(run->records);
	strbuf_done(&run->text);
}

static void same_as(const struct run *first, const struct logs *logs, size_t read_bytes, size_t batch_lines, unsigned jobs)
{
	struct input_options o = { .since_us = USEC_NONE, .until_us = USEC_NONE, .read_bytes = read_bytes, .batch_lines = batch_lines };
	struct run again = { 0 };

	read_all(&again, logs, &o, jobs);
	assert(again.n == first->n && again.lines == first->lines);
	for (size_t i = 0; i < again.n; i++)
		assert(again.records[i].hash == first->records[i].hash);
	run_done(&again);
}

/* From one record's time to another's: nothing outside comes out. */
static void window(const struct run *first, const struct logs *logs, unsigned which)
{
	struct input_options o = { .since_us = USEC_NONE, .until_us = USEC_NONE };
	const struct record *from = &first->records[which % first->n], *until = &first->records[which * 7 % first->n];
	struct run part = { 0 };

	if (from->ref.time_us == USEC_NONE || until->ref.time_us == USEC_NONE || from->ref.time_us >= until->ref.time_us)
		return;
	o.since_us = from->ref.time_us;
	o.until_us = until->ref.time_us;
	read_all(&part, logs, &o, 1);
	assert(part.n <= first->n);
	for (size_t i = 0; i < part.n; i++)
		assert(part.records[i].ref.time_us == USEC_NONE ||
		       (part.records[i].ref.time_us >= o.since_us && part.records[i].ref.time_us < o.until_us));
	run_done(&part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input_options o = { .since_us = USEC_NONE, .until_us = USEC_NONE };
	struct run first = { 0 };
	struct logs logs;
	unsigned how;

	if (!size)
		return 0;
	how = data[0];
	logs_write(&logs, slice_of((const char *)data + 1, size - 1));
	read_all(&first, &logs, &o, 1);
	same_as(&first, &logs, size < 300 ? 1 + how % 7 : 61 + how, 1 + how % 5, 1);
	if (how % 8 == 0)
		same_as(&first, &logs, 0, 2, 3);
	if (first.n)
		window(&first, &logs, how);
	run_done(&first);
	logs_remove(&logs);
	return 0;
}

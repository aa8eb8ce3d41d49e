/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seeds.c - what the fuzzers begin with: the lines of logs, sorted by who wrote them and how they are wrapped
 *
 *	fuzz_seeds FOLDER LOG...
 *
 * Writes FOLDER/parse-WRITER/N from the samples that the parsers bring with them and from the records of the logs, FOLDER/rows/N
 * from samples of comma separated logs, and FOLDER/envelope-FORM/N from the records as they stand there, four of them in a file.
 * Of records of one shape the first is taken: thousands of lines become some hundred.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "base/map.h"
#include "base/shape.h"
#include "base/strbuf.h"
#include "flow/flow.h"
#include "parse/parse.h"

#define SHAPE_BYTES  ((size_t)400)
#define RECORD_BYTES ((size_t)6000)
#define RECORDS_A_FILE 4
#define FILES_MAX    1500 /* in a folder */

struct folder {
	char *name;
	unsigned n_files;
	struct strbuf pending; /* records that are not written yet */
	unsigned n_pending;
};

struct seeds {
	const char *root;
	struct map shapes;   /* "FOLDER SHAPE": seen */
	struct map folders;
};

static struct folder *folder_of(struct seeds *s, const char *name)
{
	struct folder *f = map_get(&s->folders, slice_str(name));
	char *path;

	if (f)
		return f;
	f = xcalloc(1, sizeof *f);
	f->name = xasprintf("%s", name);
	(void)map_put(&s->folders, slice_str(f->name), f);
	path = xasprintf("%s/%s", s->root, name);
	if (mkdir(path, 0777) < 0 && errno != EEXIST) {
		perror(path);
		exit(1);
	}
	free(path);
	return f;
}

static void write_seed(struct seeds *s, struct folder *f, struct slice bytes)
{
	char *path;
	FILE *out;

	if (f->n_files >= FILES_MAX)
		return;
	path = xasprintf("%s/%s/%u", s->root, f->name, f->n_files++);
	out = fopen(path, "wb");
	if (!out || fwrite(bytes.p, 1, bytes.n, out) != bytes.n || fclose(out) != 0) {
		perror(path);
		exit(1);
	}
	free(path);
}

/* the first of its shape in the folder? */
static bool is_new(struct seeds *s, const struct folder *f, struct slice program, struct slice text)
{
	struct strbuf key = { 0 };
	bool known;

	strbuf_printf(&key, "%s %.*s ", f->name, SLICE_ARG(program));
	shape_add(&key, text, SHAPE_BYTES);
	known = map_get(&s->shapes, strbuf_slice(&key)) != NULL;
	if (known)
		strbuf_done(&key);
	else
		(void)map_put(&s->shapes, strbuf_slice(&key), key.p);
	return !known;
}

/* as fuzz_parse.c reads it */
static void add_text(struct seeds *s, enum writer writer, const char *header, enum envelope_kind kind, struct slice program,
		     struct slice text)
{
	char *name = xasprintf("parse-%s", writer_name(writer));
	struct folder *f = folder_of(s, name);
	struct strbuf seed = { 0 };

	free(name);
	if (text.n > RECORD_BYTES || !is_new(s, f, program, text))
		return;
	if (program.n)
		strbuf_add(&seed, program);
	else
		strbuf_printf(&seed, "=%s", envelope_kind_name(kind));
	strbuf_add_byte(&seed, '\n');
	if (header)
		strbuf_printf(&seed, "%s\n", header);
	strbuf_add(&seed, text);
	write_seed(s, f, strbuf_slice(&seed));
	strbuf_done(&seed);
}

static void add_samples(struct seeds *s, const struct writer_ops *w, const struct parse_sample *samples)
{
	for (; samples && samples->text; samples++) {
		const char *header = samples->header;
		struct slice last = slice_str(header);

		/* of a header the last line names the columns */
		if (header && slice_rfind_byte(last, '\n') < last.n)
			header += slice_rfind_byte(last, '\n') + 1;
		add_text(s, w->writer, header, w->envelope, slice_str(samples->program), slice_str(samples->text));
		if (samples->header) {
			struct strbuf seed = { 0 };

			strbuf_printf(&seed, "%s\n%s\n", samples->header, samples->text);
			write_seed(s, folder_of(s, "rows"), strbuf_slice(&seed));
			strbuf_done(&seed);
		}
	}
}

static void flush(struct seeds *s, struct folder *f)
{
	if (f->pending.n)
		write_seed(s, f, strbuf_slice(&f->pending));
	strbuf_clear(&f->pending);
	f->n_pending = 0;
}

/* as fuzz_envelope.c reads it */
static void add_record(struct seeds *s, const struct line *l)
{
	char *name = xasprintf("envelope-%s", envelope_kind_name(l->envelope));
	struct folder *f = folder_of(s, name);

	free(name);
	if (l->raw.n > RECORD_BYTES || !is_new(s, f, l->program, l->raw))
		return;
	strbuf_add(&f->pending, l->raw);
	strbuf_add_str(&f->pending, l->envelope == ENVELOPE_JOURNAL ? "\n\n" : "\n");
	if (++f->n_pending == RECORDS_A_FILE)
		flush(s, f);
}

static bool add_line(void *ctx, const struct line *l, const struct event *e)
{
	struct seeds *s = ctx;

	add_record(s, l);
	if (e->writer != WRITER_NONE && e->writer != WRITER_MAIL && l->envelope != ENVELOPE_EXCHANGE)
		add_text(s, e->writer, NULL, l->envelope, l->program, l->text);
	return true;
}

static void finish(struct seeds *s)
{
	const struct map_slot *slot;
	size_t at = 0;

	while ((slot = map_next(&s->folders, &at))) {
		struct folder *f = slot->value;

		flush(s, f);
		strbuf_done(&f->pending);
		free(f->name);
		free(f);
	}
	for (at = 0; (slot = map_next(&s->shapes, &at));)
		free(slot->value);
	map_done(&s->folders);
	map_done(&s->shapes);
}

int main(int argc, char **argv)
{
	struct seeds s = { .root = argc > 1 ? argv[1] : NULL };
	const struct input_setting zone = { NULL, "UTC" };
	const struct flow_sink sink = { &s, add_line, NULL };

	if (!s.root) {
		(void)fputs("usage: fuzz_seeds FOLDER LOG...\n", stderr);
		return 2;
	}
	for (size_t i = 0; parse_writers[i]; i++) {
		add_samples(&s, parse_writers[i], parse_writers[i]->samples);
		add_samples(&s, parse_writers[i], parse_writers[i]->refused);
	}
	for (int i = 2; i < argc; i++) {
		const char *path = argv[i];
		const struct input_options o = { .paths = &path, .n_paths = 1, .zones = &zone, .n_zones = 1, .year = 2026,
						 .since_us = USEC_NONE, .until_us = USEC_NONE,
						 .now_us = INT64_C(1795333200) * USEC_PER_SEC };
		struct flow_passed passed;
		struct input *in;

		if (input_open(&o, &in, NULL) < 0)
			return 1;
		flow_run(in, 1, &sink, &passed);
		input_close(in);
	}
	finish(&s);
	return 0;
}

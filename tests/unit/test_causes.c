/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_causes.c - every sample of every rule is won by its own rule
 *
 *	test_causes [FILE.rules...]
 *
 * Without files: the rules that are compiled in.  With files: the samples of these, with these in place of what is compiled in under
 * their names: what the writer of rules runs.  All losers are told, with the winner.
 */
#include "unit.h"

#include "base/strbuf.h"
#include "diagnose/builtin.h"
#include "diagnose/diagnose_priv.h"
#include "diagnose/reply_priv.h"

static unsigned complaints;

static void say(void *ctx, enum diag_level level, const char *text)
{
	(void)ctx;
	(void)level;
	complaints++;
	printf("%s\n", text);
}

static struct diag sink = { .emit = say };

static struct slice read_file(const char *path)
{
	struct strbuf sb = { 0 };
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f) {
		printf("%s: cannot be read\n", path);
		exit(2);
	}
	do {
		char *to = strbuf_reserve(&sb, 65536);

		n = fread(to, 1, 65536, f);
		sb.n += n;
	} while (n);
	(void)fclose(f);
	strbuf_add_str(&sb, "");
	return strbuf_slice(&sb);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *given(char **files, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (strcmp(base_name(files[i]), name) == 0)
			return files[i];
	return NULL;
}

/* All files in the order of their names, as they are compiled in; add() makes the order of the rules. */
static int by_name(const void *a, const void *b)
{
	return strcmp(base_name(*(char *const *)a), base_name(*(char *const *)b));
}

static void load(struct rules *r, char **files, int n)
{
	int i = 0;

	qsort(files, (size_t)n, sizeof *files, by_name);
	for (const struct builtin_rules *b = builtin_rules;; b++) {
		for (; i < n && (!b->name || strcmp(base_name(files[i]), b->name) <= 0); i++)
			(void)rules_parse(r, files[i], read_file(files[i]), false, &sink);
		if (!b->name)
			break;
		if (!given(files, n, b->name))
			(void)rules_parse(r, b->name, b->text, false, &sink);
	}
}

/* 0 or 1 lost */
static unsigned run_sample(const struct diagnoser *d, const struct rules *r, const struct sample *sample)
{
	const struct rule *own = &r->rules[sample->rule];
	struct slice copy = heap_copy(sample->text);
	struct complaint c;
	struct cause got;
	struct strbuf filled = { 0 };
	unsigned lost;

	assert_true(sample_complaint(copy, &c));
	diagnose(d, &c, &got);
	lost = !slice_eq(got.id, own->id);
	if (lost)
		printf("%s:%llu: the sample of '%.*s' goes to '%.*s': %.*s\n", own->file, (unsigned long long)sample->line,
		       SLICE_ARG(own->id), SLICE_ARG(got.id), SLICE_ARG(sample->text));
	cause_fill(&filled, got.summary, &c);
	cause_fill(&filled, got.action, &c);
	strbuf_done(&filled);
	heap_free(copy);
	return lost;
}

int main(int argc, char **argv)
{
	struct rules r = { 0 };
	struct diagnoser *d;
	unsigned lost = 0, samples = 0;

	load(&r, argv + 1, argc - 1);
	d = diagnoser_of_rules(&r);
	for (size_t i = 0; i < r.n_samples; i++) {
		const char *file = r.rules[r.samples[i].rule].file;

		if (argc > 1 && !given(argv + 1, argc - 1, base_name(file)))
			continue;
		samples++;
		lost += run_sample(d, &r, &r.samples[i]);
	}
	printf("%zu causes, %u samples tried, %u lost, %u errors\n", r.n_rules, samples, lost, complaints);
	diagnoser_free(d);
	rules_done(&r);
	return lost || complaints || !samples;
}

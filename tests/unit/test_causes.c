/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_causes.c - every sample of every rule is won by its own rule
 *
 *	test_causes [FILE.rules...]
 *
 * Without files: all of data/causes, by the rules that are compiled in, and by those of the files made ready here.  With files: the samples of
 * these, with these in place of those of data/causes of their names: what the writer of rules runs.  All losers are told,
 * with the winner.
 */
#include "unit.h"

#include "base/strbuf.h"
#include "diagnose/diagnose_priv.h"
#include "diagnose/match.h"
#include "diagnose/rule_files.h"

static unsigned complaints;

static void say(void *ctx, enum diag_level level, const char *text)
{
	(void)ctx;
	(void)level;
	complaints++;
	printf("%s\n", text);
}

static struct diag sink = { .emit = say };

static void read_file(struct rules *r, const char *path)
{
	if (rule_file_read(r, path, &sink))
		return;
	printf("%s: cannot be read\n", path);
	exit(2);
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

/* All files in the order of their names, as they are compiled in; that makes the order of the rules. */
static int by_name(const void *a, const void *b)
{
	return strcmp(base_name(*(char *const *)a), base_name(*(char *const *)b));
}

static void load(struct rules *r, char **files, int n, char **ours, int n_ours)
{
	int i = 0;

	qsort(files, (size_t)n, sizeof *files, by_name);
	for (int k = 0; k <= n_ours; k++) {
		const char *name = k < n_ours ? base_name(ours[k]) : NULL;

		for (; i < n && (!name || strcmp(base_name(files[i]), name) <= 0); i++)
			read_file(r, files[i]);
		if (name && !given(files, n, name))
			read_file(r, ours[k]);
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

static unsigned run_samples(const struct diagnoser *d, const struct rules *r, char **files, int n)
{
	unsigned lost = 0, tried = 0;

	for (size_t i = 0; i < r->n_samples; i++) {
		const char *file = r->rules[r->samples[i].rule].file;

		if (n && !given(files, n, base_name(file)))
			continue;
		tried++;
		lost += run_sample(d, r, &r->samples[i]);
	}
	printf("%zu causes, %u samples tried, %u lost\n", r->n_rules, tried, lost);
	return lost + !tried;
}

/* what a processor without AVX2 finds of them; returns how many differ */
static unsigned run_plain(const struct rules *r)
{
	unsigned differ = 0;

	for (size_t i = 0; i < r->n_samples; i++) {
		struct bare_reply bare;
		struct reply_view view;
		struct complaint c;
		struct cause got, plain;

		assert_true(sample_complaint(r->samples[i].text, &c));
		reply_bare(&c, &bare);
		reply_view(&c, &bare, &view);
		assert_true(matcher_find(&builtin_matcher, &view, &got) && matcher_find_plain(&builtin_matcher, &view, &plain));
		if (got.id.p == plain.id.p && got.basis == plain.basis)
			continue;
		printf("'%.*s' without AVX2 in place of '%.*s': %.*s\n", SLICE_ARG(plain.id), SLICE_ARG(got.id), SLICE_ARG(r->samples[i].text));
		differ++;
	}
	return differ;
}

int main(int argc, char **argv)
{
	struct rules r = { 0 };
	struct diagnoser *d;
	char **ours;
	int n = rule_files_list(RULES_DIR, &ours);
	unsigned lost;

	load(&r, argv + 1, argc - 1, ours, n);
	d = diagnoser_of_rules(&r);
	lost = run_samples(d, &r, argv + 1, argc - 1);
	diagnoser_free(d);
	if (argc == 1) {
		d = diagnoser_new();
		lost += run_samples(d, &r, NULL, 0);
		diagnoser_free(d);
		lost += run_plain(&r);
	}
	rules_done(&r);
	for (int i = 0; i < n; i++)
		free(ours[i]);
	free(ours);
	return lost || complaints;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed.c - the rules of data/causes as C tables: a program that runs while mailwhy is built
 *
 *	embed DIR OUT.c DEPFILE
 *
 * Reads the *.rules of DIR in the order of their names, with the parser that reads a site's, makes them ready with the code
 * that makes a site's ready, and writes what comes of it as constants.  A rule with an error ends the build.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "diagnose/match_priv.h"
#include "diagnose/rule_files.h"

static unsigned complaints;

static void say(void *ctx, enum diag_level level, const char *text)
{
	(void)ctx;
	(void)level;
	complaints++;
	(void)fprintf(stderr, "%s\n", text);
}

static ATTR_NORETURN void give_up(const char *path)
{
	perror(path);
	exit(1);
}

/* ---- writing ---- */

static void write_bytes(FILE *out, const char *p, size_t n)
{
	(void)fputs("static const char BYTES[] =\n\"", out);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (i && i % 120 == 0)
			(void)fputs("\"\n\"", out);
		if (c < ' ' || c > '~' || c == '"' || c == '\\' || c == '?')
			(void)fprintf(out, "\\%03o", c); /* octal escapes have an end */
		else
			(void)fputc(c, out);
	}
	(void)fputs("\";\n\n", out);
}

#define WRITE_TABLE(out, type, name, n, ...) \
	do { \
		(void)fprintf(out, "static const %s %s[] = {\n", type, name); \
		for (size_t i = 0; i < (n); i++) \
			(void)fprintf(out, __VA_ARGS__); \
		(void)fputs("};\n\n", out); \
	} while (0)

#define SPAN_FORMAT "{%" PRIu32 ",%" PRIu32 "}"
#define SPAN_ARG(s) (s).at, (s).n

static const char *line_end(size_t i)
{
	return i % 16 == 15 ? "\n" : "";
}

static void write_fragments(FILE *out, const struct matcher *m)
{
	(void)fputs("static const struct fragment FRAGMENTS[] = {\n", out);
	for (size_t i = 0; i < m->n_fragments; i++) {
		const struct fragment *f = &m->fragments[i];

		(void)fputs("{{", out);
		for (size_t k = 0; k < TAIL_BYTES; k++)
			(void)fprintf(out, "%d,", f->tail[k]);
		(void)fprintf(out, "},%" PRIu32 ",%" PRIu32 ",%d,%d,%d,%#x,%d},\n", f->at, f->first_hook, f->n_hooks, f->n, f->gram_at,
			      f->tail_mask, f->order);
	}
	(void)fputs("};\n\n", out);
}

static void write_tables(FILE *out, const struct matcher *m)
{
	write_bytes(out, m->bytes, m->n_bytes);
	WRITE_TABLE(out, "struct verse", "VERSES", m->n_verses,
		    "{" SPAN_FORMAT "," SPAN_FORMAT "," SPAN_FORMAT "," SPAN_FORMAT "," SPAN_FORMAT ",%d,%d,%d,%d},\n",
		    SPAN_ARG(m->verses[i].id), SPAN_ARG(m->verses[i].number), SPAN_ARG(m->verses[i].summary),
		    SPAN_ARG(m->verses[i].action), SPAN_ARG(m->verses[i].source), m->verses[i].tier, m->verses[i].class,
		    m->verses[i].side, m->verses[i].waiting);
	write_fragments(out, m);
	WRITE_TABLE(out, "struct text_ref", "TEXTS", m->n_texts, "{%d,%d,%d},\n", m->texts[i].fragment, m->texts[i].n, m->texts[i].gram);
	WRITE_TABLE(out, "struct check", "CHECKS", m->n_checks, "{%d,%d,%d,%" PRIu32 ",%#" PRIx32 ",%" PRIu32 "},\n",
		    m->checks[i].kind, m->checks[i].negated, m->checks[i].n, m->checks[i].first, m->checks[i].mask,
		    m->checks[i].span);
	WRITE_TABLE(out, "struct span", "HOSTS", m->n_hosts, SPAN_FORMAT ",\n", SPAN_ARG(m->hosts[i]));
	WRITE_TABLE(out, "struct hook", "HOOKS", m->n_hooks, "{%#" PRIx64 ",%" PRIu32 ",%#x,%#x,%d,%d},\n", m->hooks[i].best_rank,
		    m->hooks[i].first_check, m->hooks[i].state_mask, m->hooks[i].state, m->hooks[i].n_checks, m->hooks[i].basis);
	WRITE_TABLE(out, "struct list", "LISTS_OF_CODES", (size_t)LISTS, "{%#" PRIx64 ",%" PRIu32 ",%" PRIu32 "},\n",
		    m->lists[i].best_rank, m->lists[i].first_hook, m->lists[i].n_hooks);
	WRITE_TABLE(out, "uint64_t", "IS_KNOWN", (size_t)GRAM_WORDS, "%#" PRIx64 ",%s", m->is_known[i], line_end(i));
	WRITE_TABLE(out, "uint16_t", "KNOWN_BEFORE", (size_t)GRAM_WORDS, "%d,%s", m->known_before[i], line_end(i));
	WRITE_TABLE(out, "struct gram", "GRAMS", m->n_grams, "{%d,%d},%s", m->grams[i].first, m->grams[i].n, line_end(i));
}

static void write_matcher(FILE *out, const struct matcher *m)
{
	(void)fputs("/* made from the rule files in data/causes: change those */\n#include \"diagnose/match_priv.h\"\n\n", out);
	write_tables(out, m);
	(void)fprintf(out,
		      "const struct matcher builtin_matcher = {\n"
		      ".bytes = BYTES, .verses = VERSES, .fragments = FRAGMENTS, .texts = TEXTS, .checks = CHECKS, .hosts = HOSTS,\n"
		      ".hooks = HOOKS, .lists = LISTS_OF_CODES, .best_of_codes = %#" PRIx64 ",\n"
		      ".best_of_dsns = %#" PRIx64 ", .best_of_subjects = %#" PRIx64 ", .is_known = IS_KNOWN, .known_before = KNOWN_BEFORE, .grams = GRAMS,\n"
		      ".n_bytes = %" PRIu32 ", .n_verses = %" PRIu32 ", .n_fragments = %" PRIu32 ", .n_texts = %" PRIu32
		      ", .n_checks = %" PRIu32 ", .n_hosts = %" PRIu32 ", .n_hooks = %" PRIu32 ", .n_grams = %" PRIu32 ",\n};\n",
		      m->best_of_codes, m->best_of_dsns, m->best_of_subjects, m->n_bytes, m->n_verses, m->n_fragments, m->n_texts,
		      m->n_checks, m->n_hosts, m->n_hooks, m->n_grams);
}

/* what the tables depend on: the folder too, since a new file changes it */
static void write_depfile(FILE *out, const char *target, const char *dir, char **paths, int n)
{
	(void)fprintf(out, "%s: %s", target, dir);
	for (int i = 0; i < n; i++)
		(void)fprintf(out, " %s", paths[i]);
	(void)fputc('\n', out);
}

static FILE *create(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		give_up(path);
	return f;
}

static void finish(FILE *f, const char *path)
{
	bool bad = ferror(f);

	if (fclose(f) || bad)
		give_up(path);
}

int main(int argc, char **argv)
{
	const struct diag sink = { .emit = say };
	struct rules rules = { 0 };
	struct matcher *m;
	char **paths;
	FILE *out;
	int n;

	if (argc != 4)
		return 2;
	n = rule_files_list(argv[1], &paths);
	if (n < 0)
		give_up(argv[1]);
	for (int i = 0; i < n; i++)
		if (!rule_file_read(&rules, paths[i], &sink))
			give_up(paths[i]);
	m = matcher_new(&rules);
	out = create(argv[2]);
	write_matcher(out, m);
	finish(out, argv[2]);
	out = create(argv[3]);
	write_depfile(out, argv[2], argv[1], paths, n);
	finish(out, argv[3]);
	for (int i = 0; i < n; i++)
		free(paths[i]);
	free(paths);
	matcher_free(m);
	rules_done(&rules);
	return complaints > 0;
}

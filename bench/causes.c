/* SPDX-License-Identifier: Apache-2.0 */
/*
 * causes.c - how many distinct replies a second one core diagnoses
 *
 *	causes [REPLIES [ROUNDS]]
 *
 * Makes REPLIES (200000) replies, no two the same, from the samples of all rules: other people, addresses and numbers in each, whole or wrapped as
 * mail programs do; every eighth says what no rule knows, in words of the samples.  Diagnoses all of them on one
 * thread, ROUNDS (5) times, and prints the best: "replies N bytes N known N ns N per_second N ready_us N" (known: by their
 * words; ready: until the first reply can be diagnosed).
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/cursor.h"
#include "base/strbuf.h"
#include "diagnose/diagnose.h"
#include "diagnose/rule_files.h"

struct replies {
	struct strbuf bytes;
	size_t *ends;
	size_t n;
};

static uint32_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

static double cpu_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool is_word_byte(char c)
{
	return ascii_alnum(c) || c == '.' || c == '@' || c == '-' || c == '_';
}

/* A word that names somebody or something: an address, an IP address, a long number.  Codes and tokens are none. */
static bool varies(struct slice w)
{
	size_t digits = 0, dots = 0;

	for (size_t i = 0; i < w.n; i++) {
		digits += ascii_digit(w.p[i]);
		dots += w.p[i] == '.';
	}
	return slice_find_byte(w, '@') < w.n || (digits + dots == w.n && (dots == 3 || digits > 5));
}

static void add_varied(struct strbuf *out, struct slice w, uint64_t *seed)
{
	bool address = slice_find_byte(w, '@') < w.n, domain = false;

	for (size_t i = 0; i < w.n; i++) {
		char c = w.p[i];

		domain |= c == '@';
		if (address && !domain && ascii_alnum(c))
			c = (char)('a' + next_random(seed) % 26);
		else if (!address && ascii_digit(c) && (i == 0 || w.p[i - 1] != '.'))
			c = (char)('1' + next_random(seed) % 9);
		strbuf_add_byte(out, c);
	}
}

/* a sample with other names in it; a number in front of the last word makes it the only one */
static void add_sample(struct strbuf *out, struct slice s, size_t number, uint64_t *seed)
{
	struct slice rest = s;

	while (rest.n) {
		struct slice w = slice_of(rest.p, 0);

		while (w.n < rest.n && is_word_byte(w.p[w.n]))
			w.n++;
		if (varies(w))
			add_varied(out, w, seed);
		else
			strbuf_add(out, w);
		rest = slice_from(rest, w.n);
		if (rest.n) {
			strbuf_add_byte(out, rest.p[0]);
			rest = slice_from(rest, 1);
		}
	}
	strbuf_printf(out, " %zx", number + 0xabcdef);
}

/* words of samples in any order, behind a code */
static void add_unknown(struct strbuf *out, const struct rules *r, size_t number, uint64_t *seed)
{
	strbuf_printf(out, "host mx%zu.example.net[192.0.2.%u] said: %u", number, (unsigned)(number % 256), 450U + next_random(seed) % 2 * 100U);
	for (int words = 12; words; words--) {
		struct slice s = r->samples[next_random(seed) % r->n_samples].text;
		size_t at = next_random(seed) % s.n, end;

		while (at && s.p[at - 1] != ' ')
			at--;
		for (end = at; end < s.n && s.p[end] != ' '; end++)
			;
		strbuf_add_byte(out, ' ');
		strbuf_add(out, slice_of(s.p + at, end - at));
	}
	strbuf_add_str(out, " (in reply to RCPT TO command)");
}

static void make(struct replies *to, const struct rules *r, size_t n)
{
	uint64_t seed = 1;

	to->ends = xcalloc(n, sizeof *to->ends);
	for (to->n = 0; to->n < n; to->n++) {
		if (to->n % 8 == 7)
			add_unknown(&to->bytes, r, to->n, &seed);
		else
			add_sample(&to->bytes, r->samples[next_random(&seed) % r->n_samples].text, to->n, &seed);
		to->ends[to->n] = to->bytes.n;
	}
}

/* returns how many were found by their words */
static size_t diagnose_all(const struct diagnoser *d, const struct replies *r)
{
	size_t known = 0, begin = 0;

	for (size_t i = 0; i < r->n; i++) {
		struct complaint c = { .reply = slice_of(r->bytes.p + begin, r->ends[i] - begin), .smtp_code = -1 };
		struct cause cause;

		diagnose(d, &c, &cause);
		known += cause.basis == BASIS_TEXT;
		begin = r->ends[i];
	}
	return known;
}

static uint64_t argument(int argc, char **argv, int i, uint64_t otherwise)
{
	struct cur c = cur_of(slice_str(i < argc ? argv[i] : NULL));
	uint64_t v;

	return i < argc && cur_u64(&c, 100000000, &v) && v ? v : otherwise;
}

static void read_rules(struct rules *to)
{
	char **paths;
	int n = rule_files_list(RULES_DIR, &paths);

	for (int i = 0; i < n; i++)
		if (!rule_file_read(to, paths[i], NULL))
			perror(paths[i]);
	if (!to->n_samples) {
		(void)fputs("no samples in '" RULES_DIR "'\n", stderr);
		exit(1);
	}
	for (int i = 0; i < n; i++)
		free(paths[i]);
	free(paths);
}

int main(int argc, char **argv)
{
	size_t n = argument(argc, argv, 1, 200000), known = 0;
	uint64_t rounds = argument(argc, argv, 2, 5);
	double best = 1e9, ready = -cpu_seconds();
	struct diagnoser *d = diagnoser_new();
	struct replies r = { { 0 }, NULL, 0 };
	struct rules rules = { 0 };

	ready += cpu_seconds();
	read_rules(&rules);
	make(&r, &rules, n);
	rules_done(&rules);
	for (uint64_t i = 0; i < rounds; i++) {
		double begin = cpu_seconds(), took;

		known = diagnose_all(d, &r);
		took = cpu_seconds() - begin;
		best = took < best ? took : best;
	}
	printf("replies %zu bytes %zu known %zu ns %.0f per_second %.0f ready_us %.0f\n", r.n, r.bytes.n, known,
	       best / (double)r.n * 1e9, (double)r.n / best, ready * 1e6);
	strbuf_done(&r.bytes);
	free(r.ends);
	diagnoser_free(d);
	return 0;
}

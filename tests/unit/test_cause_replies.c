/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_cause_replies.c - replies that are no samples of the rules lead to their causes all the same
 *
 *	test_cause_replies FILE.replies...
 *
 * A file names a cause in a line of its own; the indented lines behind it are replies that must lead to it.  Providers change their wording, and
 * each mail program wraps it in its own way: these files hold such variants.  All losers are told, with the winner.
 */
#include "unit.h"

#include "base/cursor.h"
#include "base/strbuf.h"
#include "diagnose/rules.h"

struct tally {
	unsigned tried, lost;
};

static void try_reply(const struct diagnoser *d, const char *file, unsigned line, struct slice id, struct slice reply, struct tally *t)
{
	struct slice copy = heap_copy(reply);
	struct complaint c;
	struct cause got;

	t->tried++;
	if (!sample_complaint(copy, &c)) {
		t->lost++;
		printf("%s:%u: the terms in front of the reply are wrong\n", file, line);
	} else {
		diagnose(d, &c, &got);
		if (!slice_eq(got.id, id)) {
			t->lost++;
			printf("%s:%u: a reply of '%.*s' goes to '%.*s': %.*s\n", file, line, SLICE_ARG(id), SLICE_ARG(got.id),
			       SLICE_ARG(reply));
		}
	}
	heap_free(copy);
}

static void try_file(const struct diagnoser *d, const char *file, struct tally *t)
{
	char text[65536];
	struct strbuf id = { 0 };
	FILE *f = fopen(file, "r");

	assert_non_null(f);
	for (unsigned line = 1; fgets(text, sizeof text, f); line++) {
		struct slice s = slice_str(text), bare = slice_trim(s);

		if (!bare.n || s.p[0] == '#')
			continue;
		if (s.p[0] == ' ') {
			assert_true(id.n > 0);
			try_reply(d, file, line, strbuf_slice(&id), bare, t);
			continue;
		}
		strbuf_clear(&id);
		strbuf_add(&id, bare);
	}
	(void)fclose(f);
	strbuf_done(&id);
}

int main(int argc, char **argv)
{
	struct diagnoser *d = diagnoser_new();
	struct tally t = { 0 };

	for (int i = 1; i < argc; i++)
		try_file(d, argv[i], &t);
	printf("%u replies tried, %u lost\n", t.tried, t.lost);
	diagnoser_free(d);
	return t.lost || !t.tried;
}

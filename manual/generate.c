/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate.c - the pages of the manual and the completions of shells: a program that runs while mailwhy is built
 *
 *	generate FILE...
 *
 * The name of a file says what is written into it: "mailwhy-trace.1" a page, "mailwhy" the completion of bash, "_mailwhy" that of zsh,
 * "mailwhy.fish" that of fish.  A page that no FILE asks for, or that has no text, ends the build.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config.h"

#include "base/attr.h"
#include "base/civil.h"
#include "base/cursor.h"
#include "cli/manual.h"
#include "manual/roff.h"

#include "completion.h"

static ATTR_NORETURN void give_up(const char *what, const char *why)
{
	(void)fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

/* of the package's changelog (reproducible-builds.org), or today */
static void add_date(struct strbuf *out)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	struct cur c = cur_of(slice_str(epoch));
	uint64_t seconds;
	struct civil day;

	if (!epoch || !cur_u64(&c, INT32_MAX, &seconds))
		seconds = (uint64_t)time(NULL);
	day = civil_of((usec_t)seconds * USEC_PER_SEC, 0);
	strbuf_printf(out, "%04d-%02d-%02d", day.year, day.month, day.day);
}

static void add_page(struct strbuf *out, const struct manual_page *page)
{
	struct strbuf markup = { 0 }, date = { 0 };

	if (!page->source.n)
		give_up(page->name, "there is no manual/pages/TOPIC.txt for it");
	add_date(&date);
	strbuf_add_byte(&date, '\0');
	manual_page_add(&markup, page);
	manual_roff(out, &(struct manual_title){ page->name, page->section, date.p, "mailwhy " MAILWHY_VERSION, "The manual of mailwhy" },
		    strbuf_slice(&markup));
	strbuf_done(&markup);
	strbuf_done(&date);
}

/* what stands behind the last "/" */
static struct slice name_of(const char *path)
{
	struct slice all = slice_str(path);
	size_t at = slice_rfind_byte(all, '/');

	return at < all.n ? slice_from(all, at + 1) : all;
}

/* "mailwhy-trace.1" */
static bool is_file_of(const struct manual_page *page, struct slice file)
{
	return file.n == strlen(page->name) + 2 && slice_eq(slice_head(file, file.n - 2), slice_str(page->name)) &&
	       file.p[file.n - 2] == '.' && file.p[file.n - 1] == '0' + page->section;
}

static void write_file(const char *path)
{
	struct slice name = name_of(path);
	struct strbuf out = { 0 };
	struct manual_page page;
	FILE *f;
	bool bad;

	for (size_t i = 0; !out.n && manual_page_get(i, &page); i++)
		if (is_file_of(&page, name))
			add_page(&out, &page);
	if (slice_is(name, "mailwhy"))
		completion_bash(&out);
	else if (slice_is(name, "_mailwhy"))
		completion_zsh(&out);
	else if (slice_is(name, "mailwhy.fish"))
		completion_fish(&out);
	if (!out.n)
		give_up(path, "there is no such page");
	f = fopen(path, "w");
	if (!f)
		give_up(path, "cannot be written");
	bad = fwrite(out.p, 1, out.n, f) != out.n;
	if (fclose(f) || bad)
		give_up(path, "cannot be written");
	strbuf_done(&out);
}

int main(int argc, char **argv)
{
	struct manual_page page;

	for (size_t i = 0; manual_page_get(i, &page); i++) {
		bool asked = false;

		for (int k = 1; k < argc; k++)
			asked = asked || is_file_of(&page, name_of(argv[k]));
		if (!asked)
			give_up(page.name, "is in no row of manual_pages in src/manual/meson.build");
	}
	for (int k = 1; k < argc; k++)
		write_file(argv[k]);
	return 0;
}

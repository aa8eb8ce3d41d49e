/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manual.c - the pages of the manual: prose with what the tables of the program say
 *
 * A page that asks for what there is not is our mistake, and ends the build: all pages are written then.
 */
#include "cli/manual.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/attr.h"
#include "base/cursor.h"
#include "base/tr.h"
#include "cli/app.h"
#include "cli/conf.h"
#include "cli/values.h"
#include "detect/detector.h"
#include "diagnose/catalogue.h"
#include "manual/markup.h"
#include "manual/pages.h"
#include "report/report.h"

/* --- pages -------------------------------------------------------------------------------------------- */

static const struct manual_page FIRST_PAGE = {
	.topic = "mailwhy", .name = "mailwhy", .section = 1, .summary = "what happened to a message, and why, from the logs of mail servers",
};

static const struct manual_page LAST_PAGES[] = {
	{ .topic = "conf", .name = "mailwhy.conf", .section = 5, .summary = "settings of mailwhy" },
	{ .topic = "causes", .name = "mailwhy-causes", .section = 5, .summary = "why mail was not delivered: all causes that mailwhy tells apart" },
};

static struct slice source_of(const char *topic)
{
	for (size_t i = 0; manual_sources[i].name; i++)
		if (slice_eq(slice_str(manual_sources[i].name), slice_str(topic)))
			return manual_sources[i].text;
	return SLICE_NONE;
}

bool manual_page_get(size_t i, struct manual_page *ret)
{
	size_t n = 0;

	while (commands[n])
		n++;
	if (i == 0) {
		*ret = FIRST_PAGE;
	} else if (i <= n) {
		const struct command *c = commands[i - 1];

		*ret = (struct manual_page){ .topic = c->name, .section = 1, .summary = c->summary, .command = c };
		(void)snprintf(ret->name, sizeof ret->name, "mailwhy-%s", c->name);
	} else if (i - n - 1 < ARRAY_LEN(LAST_PAGES)) {
		*ret = LAST_PAGES[i - n - 1];
	} else {
		return false;
	}
	ret->source = source_of(ret->topic);
	return true;
}

bool manual_page_find(struct slice topic, struct manual_page *ret)
{
	struct manual_page page;

	for (size_t i = 0; manual_page_get(i, &page); i++)
		if (slice_eq(topic, slice_str(page.topic)) || slice_eq(topic, slice_str(page.name))) {
			*ret = page;
			return true;
		}
	return false;
}

/* --- words -------------------------------------------------------------------------------------------- */

/* "WHAT [LOG...]": what is in capitals stands for something else */
static void add_arguments(struct strbuf *out, struct slice s)
{
	for (size_t i = 0; i < s.n;) {
		size_t from = i;

		while (i < s.n && ascii_upper(s.p[i]))
			i++;
		if (i > from) {
			strbuf_add_byte(out, '{');
			strbuf_add(out, slice_of(s.p + from, i - from));
			strbuf_add_byte(out, '}');
			continue;
		}
		manual_add_plain(out, slice_of(s.p + i, 1));
		i++;
	}
}

/* Is it one of the words in capitals of an argument? */
static bool is_place(struct slice word, const char *argument)
{
	struct slice all = slice_str(argument);
	size_t at = word.n ? slice_find(all, word) : all.n;

	for (size_t i = 0; i < word.n; i++)
		if (!ascii_upper(word.p[i]))
			return false;
	return at < all.n && (at == 0 || !ascii_upper(all.p[at - 1])) &&
	       (at + word.n == all.n || !ascii_upper(all.p[at + word.n]));
}

static bool is_of_word(char c)
{
	return ascii_alnum(c) || c == '-' || c == '_';
}

/* A text of a table: options and what stands in back quotes are literal, and what it says of its own argument is a place.  argument: may be NULL */
static void add_help(struct strbuf *out, const char *help, const char *argument)
{
	struct slice s = slice_str(help);
	bool quoted = false;

	for (size_t i = 0; i < s.n;) {
		size_t from = i;
		struct slice word;

		while (i < s.n && is_of_word(s.p[i]))
			i++;
		word = slice_of(s.p + from, i - from);
		if (!word.n && s.p[i] == '`') {
			strbuf_add_byte(out, '`');
			quoted = !quoted;
			i++;
		} else if (!word.n) {
			manual_add_plain(out, slice_of(s.p + i, 1));
			i++;
		} else if (!quoted && slice_starts(word, "--") && word.n > 2) {
			manual_add_literal(out, word);
		} else if (!quoted && argument && is_place(word, argument)) {
			strbuf_add_byte(out, '{');
			strbuf_add(out, word);
			strbuf_add_byte(out, '}');
		} else {
			manual_add_plain(out, word);
		}
	}
	assert(!quoted);
}

/* --- tables ------------------------------------------------------------------------------------------- */

static void add_option(struct strbuf *out, const struct option_info *o)
{
	strbuf_add_str(out, "= ");
	if (o->letter)
		strbuf_printf(out, "`-%c`, ", o->letter);
	strbuf_printf(out, "`--%s`", o->name);
	if (o->argument) {
		strbuf_add_str(out, o->attached ? "" : " ");
		add_arguments(out, slice_str(o->argument));
	}
	strbuf_add_byte(out, '\n');
	add_help(out, o->help, o->argument);
	if (o->fallback)
		strbuf_printf(out, " (`%s`)", o->fallback);
	strbuf_add_str(out, "\n\n");
}

static void add_aliases(struct strbuf *out, const struct option_info *o)
{
	const char *name, *other;

	for (size_t i = 0; options_alias(i, &name, &other); i++)
		if (slice_eq(slice_str(other), slice_str(o->name))) {
			struct option_info alias = *o;
			char *help = xasprintf("the same as --%s", other);

			alias.name = name;
			alias.letter = 0;
			alias.help = help;
			add_option(out, &alias);
			free(help);
		}
}

/* on: the ON_ bit of a command; ON_LOGS: what all that read logs know, and every filter */
static void add_options(struct strbuf *out, unsigned on, enum option_group group)
{
	struct option_info o;

	for (size_t i = 0; options_row(i, &o); i++)
		if (o.group == group && (on == ON_LOGS && group != OPTION_FILTER ? (o.commands & on) == on : o.commands & on)) {
			add_option(out, &o);
			add_aliases(out, &o);
		}
}

static void add_commands(struct strbuf *out)
{
	for (size_t i = 0; commands[i]; i++) {
		strbuf_printf(out, "= `%s`%s", commands[i]->name, *commands[i]->arguments ? " " : "");
		add_arguments(out, slice_str(commands[i]->arguments));
		strbuf_add_byte(out, '\n');
		manual_add_plain(out, slice_str(commands[i]->summary));
		strbuf_add_str(out, "\n\n");
	}
}

static void add_values(struct strbuf *out, struct slice word)
{
	struct value_words w = { 0 };
	char *argument = xslicedup(word);

	(void)value_form_of(argument, &w);
	assert(w.n);
	for (size_t i = 0; i < w.n; i++) {
		strbuf_add_str(out, i ? ", " : "");
		manual_add_literal(out, slice_str(w.items[i].word));
	}
	strbuf_add_str(out, ".\n");
	value_words_done(&w);
	free(argument);
}

/* The same as items, of words that are explained. */
static void add_meanings(struct strbuf *out, struct slice word)
{
	struct value_words w = { 0 };
	char *argument = xslicedup(word);

	(void)value_form_of(argument, &w);
	assert(w.n);
	for (size_t i = 0; i < w.n; i++) {
		assert(w.items[i].help);
		strbuf_add_str(out, "= ");
		manual_add_literal(out, slice_str(w.items[i].word));
		strbuf_add_byte(out, '\n');
		manual_add_plain(out, slice_str(w.items[i].help));
		strbuf_add_str(out, "\n\n");
	}
	value_words_done(&w);
	free(argument);
}

static void add_panels(struct strbuf *out)
{
	struct arena arena = { 0 };
	size_t n;
	const struct panel_name *names = report_panel_names(&arena, &n);

	for (size_t i = 0; i < n; i++) {
		strbuf_add_str(out, "= ");
		manual_add_literal(out, slice_str(names[i].id));
		strbuf_add_str(out, names[i].by_default ? "*\n" : "\n");
		manual_add_plain(out, slice_str(names[i].title));
		strbuf_add_str(out, "\n\n");
	}
	arena_clear(&arena);
}

static void add_detectors(struct strbuf *out)
{
	struct strbuf value = { 0 };

	for (size_t i = 0; detectors[i]; i++) {
		const struct detector *d = detectors[i];

		strbuf_add_str(out, "## ");
		manual_add_literal(out, slice_str(d->id));
		strbuf_add_str(out, ": ");
		manual_add_plain(out, slice_str(tr_in(TR_ENGLISH, d->title)));
		strbuf_add_byte(out, '\n');
		manual_add_plain(out, slice_str(d->help));
		strbuf_add_str(out, "\n\n");
		for (size_t k = 0; k < d->n_settings; k++) {
			const struct detector_setting *s = &d->settings[k];

			strbuf_clear(&value);
			detect_setting_text(&value, s->type, s->fallback);
			strbuf_printf(out, "= `%s.%s` = ", d->id, s->name);
			manual_add_literal(out, strbuf_slice(&value));
			strbuf_add_byte(out, '\n');
			manual_add_plain(out, slice_str(s->help));
			strbuf_add_str(out, "\n\n");
		}
	}
	strbuf_done(&value);
}

static void add_key(struct strbuf *out, const struct config_key_info *key)
{
	struct slice name = slice_str(key->name);

	strbuf_add_str(out, "= ");
	while (name.n) { /* "threats.DETECTOR.SETTING" */
		size_t n = 0;

		while (n < name.n && !ascii_upper(name.p[n]))
			n++;
		if (n)
			manual_add_literal(out, slice_head(name, n));
		name = slice_from(name, n);
		for (n = 0; n < name.n && ascii_upper(name.p[n]);)
			n++;
		if (n)
			strbuf_printf(out, "{%.*s}", SLICE_ARG(slice_head(name, n)));
		name = slice_from(name, n);
	}
	strbuf_add_str(out, " = ");
	add_arguments(out, slice_str(key->argument));
	strbuf_add_byte(out, '\n');
	add_help(out, key->help, key->argument);
	if (key->fallback) {
		strbuf_add_str(out, " Without it: ");
		add_help(out, key->fallback, NULL);
		strbuf_add_byte(out, '.');
	}
	if (key->join != CONFIG_SINGLE)
		strbuf_add_str(out, key->join == CONFIG_ADDS ? " It may come several times, and all count."
							     : " It may come several times; a later file that has it replaces the list.");
	if (key->option)
		strbuf_printf(out, " On the command line: `--%s`.", key->option);
	strbuf_add_str(out, "\n\n");
}

static void add_keys(struct strbuf *out)
{
	int group = -1;

	for (size_t i = 0; i < config_n_keys(); i++) {
		struct config_key_info key = config_key_info(i);

		if ((int)key.group != group)
			strbuf_printf(out, "## %s\n", config_group_heading(key.group));
		group = (int)key.group;
		add_key(out, &key);
	}
}

/* --- causes ------------------------------------------------------------------------------------------- */

static const char *waiting_words(const struct catalogue_cause *c)
{
	return c->by_code ? "waiting helps if the reply begins with 4" : c->cause.temporary ? "waiting may help" : "waiting does not help";
}

static void add_cause(struct strbuf *out, const struct catalogue_cause *c)
{
	struct strbuf text = { 0 };

	strbuf_add_str(out, "= ");
	manual_add_literal(out, c->cause.id);
	strbuf_printf(out, " (%s; %s)\n", cause_side_name(c->cause.side), waiting_words(c));
	catalogue_summary(&text, c);
	strbuf_add_str(&text, ". ");
	catalogue_action(&text, c);
	manual_add_plain(out, strbuf_slice(&text));
	strbuf_add_str(out, "\n\n");
	strbuf_done(&text);
}

static int by_id(const void *a, const void *b)
{
	const struct catalogue_cause *x = a, *y = b;

	return slice_cmp(x->cause.id, y->cause.id);
}

static void add_causes(struct strbuf *out, struct slice class)
{
	struct catalogue_cause c, *list = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; catalogue_get(i, &c); i++) {
		if (!slice_eq(class, slice_str(cause_class_name(c.cause.class))))
			continue;
		list = vec_grow(list, n, &cap, sizeof *list);
		list[n++] = c;
	}
	assert(n);
	qsort(list, n, sizeof *list, by_id);
	for (size_t i = 0; i < n; i++)
		add_cause(out, &list[i]);
	free(list);
}

bool manual_cause_add(struct strbuf *out, struct slice id)
{
	struct catalogue_cause c;

	if (!catalogue_find(id, &c))
		return false;
	add_cause(out, &c);
	strbuf_printf(out, "Class: `%s`. What classes and sides are: `mailwhy help causes`.\n", cause_class_name(c.cause.class));
	return true;
}

/* --- putting a page together -------------------------------------------------------------------------- */

static void add_pages(struct strbuf *out, const struct manual_page *but)
{
	struct manual_page page;
	bool first = true;

	for (size_t i = 0; manual_page_get(i, &page); i++) {
		if (slice_eq(slice_str(page.topic), slice_str(but->topic)))
			continue;
		strbuf_printf(out, "%s`%s`(%d)", first ? "" : ", ", page.name, page.section);
		first = false;
	}
	strbuf_add_byte(out, '\n');
}

/* "options", "causes hard": what stands behind the @ of a line */
static void add_insert(struct strbuf *out, const struct manual_page *page, struct slice words)
{
	struct cur c = cur_of(words);
	struct slice what = cur_token(&c, ' ');
	unsigned on = page->command ? page->command->bit : ON_LOGS;

	if (slice_is(what, "commands"))
		add_commands(out);
	else if (slice_is(what, "options"))
		add_options(out, on, OPTION_OWN);
	else if (slice_is(what, "checks"))
		add_options(out, on, OPTION_CHECK);
	else if (slice_is(what, "filters"))
		add_options(out, on, OPTION_FILTER);
	else if (slice_is(what, "common"))
		add_options(out, on, OPTION_COMMON);
	else if (slice_is(what, "values"))
		add_values(out, cur_rest(&c));
	else if (slice_is(what, "meanings"))
		add_meanings(out, cur_rest(&c));
	else if (slice_is(what, "panels"))
		add_panels(out);
	else if (slice_is(what, "detectors"))
		add_detectors(out);
	else if (slice_is(what, "keys"))
		add_keys(out);
	else if (slice_is(what, "causes"))
		add_causes(out, cur_rest(&c));
	else if (slice_is(what, "pages"))
		add_pages(out, page);
	else
		assert(false); /* a page asks for a table that there is not */
}

void manual_page_add(struct strbuf *out, const struct manual_page *page)
{
	struct cur c = cur_of(page->source);

	assert(page->source.n);
	strbuf_printf(out, "# NAME\n%s - %s\n\n", page->name, page->summary);
	if (page->command) {
		strbuf_printf(out, "# SYNOPSIS\n`mailwhy %s` [{OPTION}...]%s", page->command->name, *page->command->arguments ? " " : "");
		add_arguments(out, slice_str(page->command->arguments));
		strbuf_add_str(out, "\n\n");
	}
	while (!cur_at_end(&c)) {
		struct slice line = cur_token(&c, '\n');

		if (slice_starts(line, "@")) {
			add_insert(out, page, slice_from(line, 1));
			continue;
		}
		strbuf_add(out, line);
		strbuf_add_byte(out, '\n');
	}
}

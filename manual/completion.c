/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion.c - what shells need to know to complete the words of mailwhy
 */
#include "completion.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/cursor.h"

#define TAIL_WORDS 50 /* fewer are not worth a function of their own */

/* "PANEL[,PANEL]" is "panel" */
static void set_name(struct completion_argument *item, const char *argument)
{
	struct slice s = slice_str(argument);
	size_t n = 0;

	s = slice_head(s, slice_find(s, SLICE("[,")));
	for (size_t i = 0; i < s.n && n + 1 < sizeof item->name; i++)
		if (ascii_alnum(s.p[i]))
			item->name[n++] = ascii_tolower(s.p[i]);
	item->name[n] = '\0';
}

static void add(struct completion_arguments *a, const char *argument)
{
	struct completion_argument item = { 0 };

	set_name(&item, argument);
	for (size_t i = 0; i < a->n; i++)
		if (slice_eq(slice_str(a->items[i].name), slice_str(item.name)))
			return;
	item.form = value_form_of(argument, &item.words);
	a->items = vec_grow(a->items, a->n, &a->cap, sizeof *a->items);
	a->items[a->n++] = item;
}

static bool ends_with(const struct value_words *w, const struct value_words *tail)
{
	if (!tail->n || tail->n >= w->n)
		return false;
	for (size_t i = 0; i < tail->n; i++)
		if (!slice_eq(slice_str(w->items[w->n - tail->n + i].word), slice_str(tail->items[i].word)))
			return false;
	return true;
}

/* The topics of `help` end with all the causes, which `explain` takes too.  Short lists may be alike by chance: they stay as they are. */
static void find_tails(struct completion_arguments *a)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < a->n && !a->items[i].tail; k++)
			if (a->items[k].words.n >= TAIL_WORDS && ends_with(&a->items[i].words, &a->items[k].words))
				a->items[i].tail = &a->items[k];
}

size_t completion_own_words(const struct completion_argument *a)
{
	return a->words.n - (a->tail ? a->tail->words.n : 0);
}

/* the next word of "WHAT [LOG...]"; the caller frees it; NULL: there is none */
static char *next_word(struct cur *c)
{
	return cur_at_end(c) ? NULL : xslicedup(cur_token(c, ' '));
}

void completion_arguments_init(struct completion_arguments *a)
{
	struct option_info o;
	char *word;

	*a = (struct completion_arguments){ 0 };
	for (size_t i = 0; options_row(i, &o); i++)
		if (o.argument)
			add(a, o.argument);
	for (size_t i = 0; commands[i]; i++) {
		struct cur c = cur_of(slice_str(commands[i]->arguments));

		while ((word = next_word(&c))) {
			add(a, word);
			free(word);
		}
	}
	find_tails(a);
}

void completion_arguments_done(struct completion_arguments *a)
{
	for (size_t i = 0; i < a->n; i++)
		value_words_done(&a->items[i].words);
	free(a->items);
}

const struct completion_argument *completion_argument_of(const struct completion_arguments *a, const char *argument)
{
	struct completion_argument item = { 0 };

	set_name(&item, argument);
	for (size_t i = 0; i < a->n; i++)
		if (slice_eq(slice_str(a->items[i].name), slice_str(item.name)))
			return &a->items[i];
	assert(false); /* completion_arguments_init() added every one */
	return NULL;
}

const struct completion_argument *completion_argument_of_command(const struct completion_arguments *a, const struct command *c)
{
	struct cur words = cur_of(slice_str(c->arguments));
	const struct completion_argument *found = NULL;
	char *word;

	while ((word = next_word(&words))) {
		const struct completion_argument *item = completion_argument_of(a, word);

		if (!found && item->form != VALUE_FREE)
			found = item;
		free(word);
	}
	return found;
}

/* The rows, then the further spellings. */
bool completion_any_option(size_t *at, struct option_info *ret)
{
	const char *name, *other;
	size_t rows = 0;
	struct option_info o;

	if (options_row(*at, ret)) {
		++*at;
		return true;
	}
	while (options_row(rows, &o))
		rows++;
	if (!options_alias(*at - rows, &name, &other))
		return false;
	for (size_t i = 0; options_row(i, ret) && !slice_eq(slice_str(ret->name), slice_str(other)); i++)
		;
	ret->name = name;
	ret->letter = 0;
	++*at;
	return true;
}

bool completion_option(const struct command *c, size_t *at, struct option_info *ret)
{
	while (completion_any_option(at, ret))
		if (c ? (ret->commands & c->bit) != 0 : ret->group == OPTION_COMMON)
			return true;
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion.h - what shells need to know to complete the words of mailwhy
 *
 * One file per shell.  All of them walk the tables behind --help: options_row(), commands, and what their arguments stand for.
 */
#ifndef COMPLETION_H
#define COMPLETION_H

#include "base/strbuf.h"
#include "cli/app.h"
#include "cli/values.h"

/* what an argument stands for */
struct completion_argument {
	char name[32];            /* may stand in the name of a function: "panel" */
	enum value_form form;
	struct value_words words;
	const struct completion_argument *tail; /* an argument whose words are the last ones of these, so that they need not be said again; or NULL */
};

/* how many of the words are no tail's */
size_t completion_own_words(const struct completion_argument *a);

/* all that options and commands have */
struct completion_arguments {
	struct completion_argument *items;
	size_t n, cap;
};

void completion_arguments_init(struct completion_arguments *a);
void completion_arguments_done(struct completion_arguments *a);
/* argument: of an option, or one word of a command's; never NULL */
const struct completion_argument *completion_argument_of(const struct completion_arguments *a, const char *argument);
/* what may stand where a command has neither command nor options; NULL: nothing that we know */
const struct completion_argument *completion_argument_of_command(const struct completion_arguments *a, const struct command *c);

/* All options, each once, and their further spellings; *at is 0 at first.  False past the last one. */
bool completion_any_option(size_t *at, struct option_info *ret);
/* The same, of a command; if c is NULL those that all commands know. */
bool completion_option(const struct command *c, size_t *at, struct option_info *ret);

void completion_bash(struct strbuf *out);
void completion_zsh(struct strbuf *out);
void completion_fish(struct strbuf *out);

#endif

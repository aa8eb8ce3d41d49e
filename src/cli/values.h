/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values.h - what may stand where the help shows a word in capitals: for completions and manual
 */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include "base/arena.h"
#include "base/slice.h"

enum value_form {
	VALUE_FREE,   /* whatever the user knows */
	VALUE_FILE,
	VALUE_DIR,
	VALUE_WORD,   /* one of the words */
	VALUE_LIST,   /* one or several of the words, with commas between them */
	VALUE_KEY,    /* one of the words, and behind it something of the user's own */
};

/* words of one kind, with what each means */
struct value_words {
	struct value_word {
		const char *word;
		const char *help; /* NULL: it explains itself */
	} *items;
	size_t n, cap;
	struct arena arena;
};
void value_words_done(struct value_words *w);

/*
 * value_form_of - what an argument is, as options.def and struct command write it: "FILE", "[=DIR]", "PANEL[,PANEL]", "auto|always|never"
 *
 * Its words, if it has some, are added to *ret (zeroed before; value_words_done() after).
 */
enum value_form value_form_of(const char *argument, struct value_words *ret);

#endif

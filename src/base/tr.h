/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tr.h - texts for people in their language, through gettext
 *
 * A text has a stable id (the message context of the catalogue) and its English words (the message itself): what no
 * catalogue knows, or knows with other English words, stays English.  Ids: "trace.label.server", and of a cause its id with
 * ".summary" or ".action".  What programs read (JSON, CSV, ids, classes, sides) is never translated.
 *
 * script/update-pot collects the literals in tr(), TR_KEY() and trn() and the texts of data/; so ids and texts stand there
 * as literals.  Values go in by name, "{host}", so that a translator may move them and a catalogue can't crash us.
 *
 * Any number of threads may ask, once tr_open() was called.  Without a catalogue asking costs a look at the locale's name.
 */
#ifndef BASE_TR_H
#define BASE_TR_H

#include <stddef.h>

#include "base/slice.h"
#include "base/strbuf.h"

#define TR_DOMAIN "mailwhy"

/* From `dir`/LANGUAGE/LC_MESSAGES/mailwhy.mo.  For cli only, after setlocale(LC_MESSAGES). */
void tr_open(const char *dir);

/* A text in a table, to be given to tr_key() when it is shown.  script/update-pot lets the preprocessor show it all of them. */
#ifdef TR_COLLECT
#define TR_KEY(id, text)      tr_collect_(id, text)
#define TR_PLURAL(text)       tr_collect_plural_(text)
#else
#define TR_KEY(id, text)      "" id "\004" text ""
#define TR_PLURAL(text)       "" text ""
#endif
/* A text; the result lives as long as the program */
#define tr(id, text)          tr_key(TR_KEY(id, text))
/* One of two by a number, in English `one` for 1 */
#define trn(id, one, many, n) tr_plural(TR_KEY(id, one), TR_PLURAL(many), (n))

/* JSON and CSV are English, whatever the locale says */
enum tr_language { TR_ENGLISH, TR_LOCAL };

const char *tr_key(const char *key);
const char *tr_in(enum tr_language language, const char *key);
const char *tr_plural(const char *key, const char *many, unsigned long n);
const char *tr_plural_in(enum tr_language language, const char *key, const char *many, unsigned long n);

/* A text that is data: of the id `id` with `suffix` (".summary") behind it.  The result lives as long as the program or `english`. */
struct slice tr_slice(struct slice id, const char *suffix, struct slice english);

/* what stands for "{name}" */
struct tr_value {
	const char *name;   /* lower-case letters, digits and '_' */
	struct slice value; /* SLICE_NONE or empty: not known */
};

/*
 * tr_fill - a text with its values put in as they are (escape the result for its medium)
 *
 * "{host|the other server}" has the words for a value that is not known, "{, via host}" words before one that is.
 * Braces with a name that is not among the values stay as they are.
 */
void tr_fill(struct strbuf *out, const char *text, const struct tr_value *values, size_t n);

#endif

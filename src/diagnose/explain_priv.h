/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_priv.h - between the files of explain (private to src/diagnose)
 */
#ifndef DIAGNOSE_EXPLAIN_PRIV_H
#define DIAGNOSE_EXPLAIN_PRIV_H

#include "base/strbuf.h"
#include "base/tr.h"
#include "diagnose/explain.h"
#include "diagnose/glossary.h"

#define EXPLAIN_PARTS_MAX 2000 /* of one input; what is left over is one part */

/* A text of TR_KEY() in the language of this explanation. */
const char *explain_words(const struct explanation *x, const char *key);
/* a copy in the arena, without blanks at both ends; SLICE_NONE if nothing is left */
struct slice explain_keep(struct explanation *x, const struct strbuf *text);

/* One more part; NULL if there are too many (the last one is made longer). */
struct explain_part *explain_add(struct explanation *x, struct slice text);
/* ... with the name and the meaning of a row, and what `value` is in words; value SLICE_NONE: it has none */
void explain_add_gloss(struct explanation *x, struct slice text, const struct gloss *g, struct slice value);

/* What a value is in words, appended; nothing if it is plain. */
void explain_value(const struct explanation *x, struct strbuf *out, int as, struct slice value);
void explain_dsn(const struct explanation *x, struct strbuf *out, struct slice dsn);
/* the kind of a queue id and what it carries; false: it is none */
bool explain_queue_id(const struct explanation *x, struct strbuf *out, struct slice id);
/* ... and how it is made, for somebody who asks for nothing else */
void explain_queue_id_form(const struct explanation *x, struct strbuf *out, struct slice id);
/* "Mon 2024-01-15 09:23:41" of an instant on a wall clock */
void explain_clock(const struct explanation *x, struct strbuf *out, usec_t t, int32_t utc_offset_sec);

/* The length of an enhanced code, a reply code, at the start of the text; 0: there is none. */
size_t explain_dsn_at(struct slice text);
size_t explain_code_at(struct slice text);

/* The parts of a text: of `scopes`, of the event's fields (NULL: none), and of replies.  all_reply: it is nothing but one. */
void explain_walk(struct explanation *x, struct slice text, const enum gloss_scope *scopes, size_t n_scopes,
		  const struct event *e, bool all_reply);

/* What an event says as a whole; nothing if nobody knows. */
void explain_sentence(struct explanation *x, struct strbuf *out, const struct event *e);

/* Exchange: a row and its columns */
void explain_row(struct explanation *x, const struct line *l, const struct event *e);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memo.h - what the last short texts became, found by a look at the text
 *
 * Services, protocols, transports, stages, our own reasons: a log has a handful of each and names one with every fact.  A
 * text that comes in another's place pushes it out.
 */
#ifndef REPORT_MEMO_H
#define REPORT_MEMO_H

#include "report/report_priv.h"
#include "report/same.h"

/* by the length and three of the bytes; the text is not empty */
static inline size_t memo_hash(struct slice text)
{
	return text.n + (unsigned char)text.p[0] + (unsigned char)text.p[text.n / 2] * 5U +
	       (unsigned char)text.p[text.n - 1] * 3U;
}

/* where a text of that kind may be noted; NULL: it is too long, or empty */
static inline struct memo_slot *counters_memo(struct counters *c, enum memo_kind kind, struct slice text)
{
	if (text.n - 1 >= sizeof c->memos[0][0].text)
		return NULL;
	return &c->memos[kind][memo_hash(text) % MEMO_SLOTS];
}

static inline bool memo_is(const struct memo_slot *slot, struct slice text)
{
	return slot->n == text.n && same_bytes(slot->text, text.p, text.n);
}

static inline void memo_set(struct memo_slot *slot, struct slice text, sym_t sym)
{
	memcpy(slot->text, text.p, text.n);
	slot->n = (uint32_t)text.n;
	slot->sym = sym;
}

sym_t counters_new_text(struct counters *c, enum memo_kind kind, struct slice text);
/* The symbol of a text that is one of a few: SYM_NONE for SLICE_NONE.  MEMO_TEXT or MEMO_FOLDED. */
static inline sym_t counters_text(struct counters *c, enum memo_kind kind, struct slice text)
{
	const struct memo_slot *slot;

	if (!text.p)
		return SYM_NONE;
	slot = counters_memo(c, kind, text);
	return slot && memo_is(slot, text) ? slot->sym : counters_new_text(c, kind, text);
}

/* the same for the key of a row: the words as row_word() puts them together */
sym_t counters_words(struct counters *c, const struct slice *words, size_t n, size_t max_bytes);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memo.h - what the last short texts became, found by a look at the text
 *
 * Services, protocols, transports, stages, our own reasons: a log has a handful of each and names one with every fact.  A
 * text that comes in another's place pushes it out.
 */
#ifndef REPORT_MEMO_H
#define REPORT_MEMO_H

#include "base/attr.h"
#include "report/report_priv.h"
#include "report/same.h"

/* the text is not empty */
static inline size_t memo_hash(struct slice text)
{
	uint64_t w;

	if (text.n < 8)
		w = load_short(text.p, text.n);
	else
		w = load8(text.p) + load8(text.p + text.n / 2 - 4) * 3 + load8(text.p + text.n - 8) * 5;
	return (size_t)((w + text.n) * UINT64_C(0xa24baed4963ee407) >> (64 - MEMO_BITS));
}

/* where a text of that kind may be noted; NULL: it is too long, or empty */
static inline struct memo_slot *counters_memo(struct counters *c, enum memo_kind kind, struct slice text)
{
	if (text.n - 1 >= sizeof c->memos[0][0].text)
		return NULL;
	return &c->memos[kind][memo_hash(text)];
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

/* Keys of words know how many they are: a byte 0 in a word, which row_word() replaces, is the end of no other one then. */
#define WORDS_SHIFT 8

/* Is this the text that row_word() makes of the words? */
static inline ATTR_ALWAYS_INLINE bool memo_is_words(const struct memo_slot *slot, const struct slice *words, size_t n)
{
	const char *p = slot->text;

	for (size_t i = 0; i < n; p += words[i++].n + 1)
		if (p[words[i].n] != '\0' || !same_bytes(p, words[i].p, words[i].n))
			return false;
	return true;
}

sym_t counters_new_words(struct counters *c, struct memo_slot *slot, const struct slice *words, size_t n, size_t max_bytes);
/* the same for the key of a row: the words as row_word() puts them together */
static inline ATTR_ALWAYS_INLINE sym_t counters_words(struct counters *c, const struct slice *words, size_t n, size_t max_bytes)
{
	struct memo_slot *slot = NULL;
	size_t bytes = n, h = 0;

	for (size_t i = 0; i < n; i++) {
		bytes += words[i].n;
		h = h * 7 + words[i].n + (words[i].n ? (unsigned char)words[i].p[words[i].n - 1] : 0);
	}
	if (bytes <= sizeof slot->text && bytes <= max_bytes) {
		slot = &c->memos[MEMO_WORDS][h % MEMO_SLOTS];
		if (slot->n == (bytes | n << WORDS_SHIFT) && memo_is_words(slot, words, n))
			return slot->sym;
	}
	return counters_new_words(c, slot, words, n, max_bytes);
}

#endif

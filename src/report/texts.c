/* SPDX-License-Identifier: Apache-2.0 */
/*
 * texts.c - the symbols of short texts that come again and again
 */
#include "report/memo.h"

#include "base/attr.h"

ATTR_NOINLINE sym_t counters_new_text(struct counters *c, enum memo_kind kind, struct slice text)
{
	struct memo_slot *slot = counters_memo(c, kind, text);
	sym_t sym = kind == MEMO_FOLDED ? intern_fold(&c->names, text) : intern(&c->names, text);

	if (slot)
		memo_set(slot, text, sym);
	return sym;
}

_Static_assert(sizeof((struct memo_slot){ 0 }.text) < 1 << WORDS_SHIFT, "room for the length");

ATTR_NOINLINE sym_t counters_new_words(struct counters *c, struct memo_slot *slot, const struct slice *words, size_t n,
				       size_t max_bytes)
{
	sym_t sym;

	strbuf_clear(&c->scratch);
	for (size_t i = 0; i < n; i++)
		row_word(&c->scratch, words[i], max_bytes);
	sym = intern(&c->names, strbuf_slice(&c->scratch));
	if (slot) {
		memo_set(slot, strbuf_slice(&c->scratch), sym);
		slot->n |= (uint32_t)n << WORDS_SHIFT;
	}
	return sym;
}

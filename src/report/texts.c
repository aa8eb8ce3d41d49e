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

/* Keys of words know how many they are: a byte 0 in a word, which row_word() replaces, is the end of no other one then. */
#define WORDS_SHIFT 8
_Static_assert(sizeof((struct memo_slot){ 0 }.text) < 1 << WORDS_SHIFT, "room for the length");

/* Is this the text that row_word() makes of the words? */
static bool is_words(const struct memo_slot *slot, const struct slice *words, size_t n)
{
	const char *p = slot->text;

	for (size_t i = 0; i < n; p += words[i++].n + 1)
		if (!same_bytes(p, words[i].p, words[i].n) || p[words[i].n] != '\0')
			return false;
	return true;
}

sym_t counters_words(struct counters *c, const struct slice *words, size_t n, size_t max_bytes)
{
	struct memo_slot *slot = NULL;
	size_t bytes = n, h = 0;
	sym_t sym;

	for (size_t i = 0; i < n; i++) {
		bytes += words[i].n;
		h = h * 7 + words[i].n + (words[i].n ? (unsigned char)words[i].p[words[i].n - 1] : 0);
	}
	if (bytes <= sizeof slot->text && bytes <= max_bytes) {
		slot = &c->memos[MEMO_WORDS][h % MEMO_SLOTS];
		if (slot->n == (bytes | n << WORDS_SHIFT) && is_words(slot, words, n))
			return slot->sym;
	}
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

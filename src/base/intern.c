/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intern.c - names as small numbers
 */
#include "base/intern.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/hash.h"

#define DEFAULT_LIMIT_BYTES ((size_t)256 << 20)
#define FOLD_MAX_BYTES      512

void intern_init(struct intern *t, size_t limit_bytes)
{
	*t = (struct intern){ .limit_bytes = limit_bytes ? limit_bytes : DEFAULT_LIMIT_BYTES };
	t->cap = 256;
	t->slots = xcalloc(t->cap, sizeof *t->slots);
	t->names_cap = 128;
	t->names = xcalloc(t->names_cap, sizeof *t->names);
	t->names[SYM_OTHER] = SLICE("(other)");
	t->n = 2;
}

void intern_done(struct intern *t)
{
	arena_clear(&t->arena);
	free(t->slots);
	free(t->names);
	*t = (struct intern){ 0 };
}

static void intern_grow(struct intern *t)
{
	struct intern_slot *slots = xcalloc(t->cap * 2, sizeof *slots);
	size_t mask = t->cap * 2 - 1;

	for (size_t i = 0; i < t->cap; i++) {
		size_t at;

		if (!t->slots[i].sym)
			continue;
		at = (size_t)hash_slice(t->names[t->slots[i].sym]) & mask;
		while (slots[at].sym)
			at = (at + 1) & mask;
		slots[at] = t->slots[i];
	}
	free(t->slots);
	t->slots = slots;
	t->cap *= 2;
}

/* the slot that holds s, or the free one where it belongs */
static size_t slot_of(const struct intern *t, struct slice s, uint64_t hash)
{
	size_t at = (size_t)hash & (t->cap - 1);

	while (t->slots[at].sym && !(t->slots[at].hash_high == (uint32_t)(hash >> 32) &&
				     slice_eq(t->names[t->slots[at].sym], s)))
		at = (at + 1) & (t->cap - 1);
	return at;
}

sym_t intern(struct intern *t, struct slice s)
{
	uint64_t hash;
	size_t at;

	if (!s.p)
		return SYM_NONE;
	hash = hash_slice(s);
	at = slot_of(t, s, hash);
	if (t->slots[at].sym)
		return t->slots[at].sym;
	if (t->bytes + s.n > t->limit_bytes || t->n >= UINT32_MAX) {
		t->overflows++;
		return SYM_OTHER;
	}
	t->names = vec_grow(t->names, t->n, &t->names_cap, sizeof *t->names);
	t->names[t->n] = arena_copy(&t->arena, s);
	t->bytes += s.n;
	t->slots[at] = (struct intern_slot){ (uint32_t)(hash >> 32), (sym_t)t->n };
	t->n++;
	if (t->n > t->cap - t->cap / 4)
		intern_grow(t);
	return (sym_t)(t->n - 1);
}

/* s in lower case, in buf; s itself if it is too long for that */
static struct slice fold(struct slice s, char buf[FOLD_MAX_BYTES])
{
	if (!s.p || s.n > FOLD_MAX_BYTES)
		return s;
	for (size_t i = 0; i < s.n; i++)
		buf[i] = ascii_tolower(s.p[i]);
	return slice_of(buf, s.n);
}

sym_t intern_fold(struct intern *t, struct slice s)
{
	char buf[FOLD_MAX_BYTES];

	return intern(t, fold(s, buf));
}

sym_t intern_find_fold(const struct intern *t, struct slice s)
{
	char buf[FOLD_MAX_BYTES];

	s = fold(s, buf);
	return s.p ? t->slots[slot_of(t, s, hash_slice(s))].sym : SYM_NONE;
}

struct slice intern_name(const struct intern *t, sym_t sym)
{
	return sym && sym < t->n ? t->names[sym] : SLICE_NONE;
}

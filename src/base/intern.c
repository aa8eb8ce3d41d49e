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

/* Where a name's search begins: the slots keep enough of the hash that growing needs none of the names. */
static size_t home_of(const struct intern *t, uint32_t hash)
{
	return hash & (t->cap - 1);
}

static void intern_grow(struct intern *t)
{
	struct intern_slot *old = t->slots;
	size_t old_cap = t->cap;

	t->cap *= 2;
	t->slots = xcalloc(t->cap, sizeof *t->slots);
	for (size_t i = 0; i < old_cap; i++) {
		size_t at;

		if (!old[i].sym)
			continue;
		at = home_of(t, old[i].hash);
		while (t->slots[at].sym)
			at = (at + 1) & (t->cap - 1);
		t->slots[at] = old[i];
	}
	free(old);
}

/* the slot that holds s, or the free one where it belongs */
static size_t slot_of(const struct intern *t, struct slice s, uint32_t hash)
{
	size_t at = home_of(t, hash);

	while (t->slots[at].sym &&
	       !(t->slots[at].hash == hash && slice_eq(t->names[t->slots[at].sym], s)))
		at = (at + 1) & (t->cap - 1);
	return at;
}

static sym_t look_up(struct intern *t, struct slice s)
{
	uint32_t hash;
	size_t at;

	hash = (uint32_t)hash_slice(s);
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
	if (t->meter)
		*t->meter += s.n + INTERN_NAME_BYTES;
	t->slots[at] = (struct intern_slot){ hash, (sym_t)t->n };
	t->n++;
	if (t->n > t->cap - t->cap / 4)
		intern_grow(t);
	return (sym_t)(t->n - 1);
}

sym_t intern(struct intern *t, struct slice s)
{
	return s.p ? look_up(t, s) : SYM_NONE;
}

/* a byte with the high bit set for each capital letter among eight bytes */
static uint64_t capitals(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t w, low;

	memcpy(&w, p, sizeof w);
	low = w & ones * 0x7f; /* sums of these stay within their byte */
	return (low + ones * (0x80 - 'A')) & ~(low + ones * (0x7f - 'Z')) & ~w & ones * 0x80;
}

static bool has_capitals(struct slice s)
{
	uint64_t found = 0;
	size_t i = 0;

	if (s.n >= 8) {
		for (; i + 8 < s.n; i += 8)
			found |= capitals(s.p + i);
		return (found | capitals(s.p + s.n - 8)) != 0;
	}
	for (; i < s.n; i++)
		found |= ascii_upper(s.p[i]);
	return found != 0;
}

/* s in lower case, in buf; s itself if it is that already (most names are), or too long */
static struct slice fold(struct slice s, char buf[FOLD_MAX_BYTES])
{
	if (!s.p || s.n > FOLD_MAX_BYTES || !has_capitals(s))
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
	return s.p ? t->slots[slot_of(t, s, (uint32_t)hash_slice(s))].sym : SYM_NONE;
}

struct slice intern_name(const struct intern *t, sym_t sym)
{
	return sym && sym < t->n ? t->names[sym] : SLICE_NONE;
}

void intern_retain(struct intern *t, sym_t *map)
{
	struct intern old = *t;
	size_t before = t->bytes + t->n * INTERN_NAME_BYTES;

	intern_init(t, old.limit_bytes);
	t->overflows = old.overflows;
	map[SYM_NONE] = SYM_NONE;
	map[SYM_OTHER] = SYM_OTHER;
	for (size_t sym = SYM_OTHER + 1; sym < old.n; sym++)
		map[sym] = map[sym] ? look_up(t, old.names[sym]) : SYM_OTHER;
	t->meter = old.meter;
	if (t->meter)
		*t->meter += t->bytes + t->n * INTERN_NAME_BYTES - before;
	intern_done(&old);
}

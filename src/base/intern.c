/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intern.c - names as small numbers
 */
#include "base/intern.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/attr.h"
#include "base/hash.h"

#define DEFAULT_LIMIT_BYTES ((size_t)256 << 20)
#define FOLD_MAX_BYTES      512
#define RECENT_BITS         11 /* of each kind: as they are, folded */

enum recent_kind { RECENT_AS_IS, RECENT_FOLDED, RECENT_KINDS };

void intern_init(struct intern *t, size_t limit_bytes)
{
	*t = (struct intern){ .limit_bytes = limit_bytes ? limit_bytes : DEFAULT_LIMIT_BYTES };
	t->cap = 256;
	t->slots = xcalloc(t->cap, sizeof *t->slots);
	t->recent = xcalloc((size_t)RECENT_KINDS << RECENT_BITS, sizeof *t->recent);
	t->names_cap = 128;
	t->names = xcalloc(t->names_cap, sizeof *t->names);
	t->names[SYM_OTHER] = SLICE("(other)");
	t->n = 2;
}

void intern_done(struct intern *t)
{
	arena_clear(&t->arena);
	free(t->slots);
	free(t->recent);
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

static uint64_t load(const char *p, size_t n)
{
	uint64_t w = 0;

	memcpy(&w, p, n);
	return w;
}

/*
 * Names come again and again: a place for each of the last ones, by both ends of it.  Names that share a place
 * push each other out.
 */
static struct intern_slot *recent_of(const struct intern *t, struct slice s, enum recent_kind kind, uint32_t *ret_tag)
{
	uint64_t a = 0, b = 0;

	if (s.n >= 8) {
		a = load(s.p, 8);
		b = load(s.p + s.n - 8, 8);
	} else if (s.n >= 4) {
		a = load(s.p, 4);
		b = load(s.p + s.n - 4, 4);
	} else if (s.n) {
		a = (unsigned char)s.p[0];
		b = (unsigned char)s.p[s.n - 1];
	}
	a = ((a ^ (b << 29 | b >> 35)) + s.n) * UINT64_C(0x9e3779b97f4a7c15);
	*ret_tag = (uint32_t)(a >> 16);
	return &t->recent[((size_t)kind << RECENT_BITS) + (a >> (64 - RECENT_BITS))];
}

/* the tag keeps most other names from being fetched for a comparison */
static bool recent_is(const struct intern *t, const struct intern_slot *recent, uint32_t tag, struct slice s)
{
	return recent->hash == tag && recent->sym > SYM_OTHER && slice_eq(t->names[recent->sym], s);
}

sym_t intern(struct intern *t, struct slice s)
{
	struct intern_slot *recent;
	uint32_t tag;

	if (!s.p)
		return SYM_NONE;
	recent = recent_of(t, s, RECENT_AS_IS, &tag);
	if (recent_is(t, recent, tag, s))
		return recent->sym;
	*recent = (struct intern_slot){ tag, look_up(t, s) };
	return recent->sym;
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

/* `recent` gets no names that had to be folded: those never equal their own name */
static ATTR_NOINLINE sym_t look_up_folded(struct intern *t, struct slice s, struct intern_slot *recent, uint32_t tag)
{
	char buf[FOLD_MAX_BYTES];
	struct slice folded = fold(s, buf);
	sym_t sym = look_up(t, folded);

	if (folded.p == s.p)
		*recent = (struct intern_slot){ tag, sym };
	return sym;
}

sym_t intern_fold(struct intern *t, struct slice s)
{
	struct intern_slot *recent;
	uint32_t tag;

	if (!s.p)
		return SYM_NONE;
	recent = recent_of(t, s, RECENT_FOLDED, &tag);
	if (recent_is(t, recent, tag, s))
		return recent->sym;
	return look_up_folded(t, s, recent, tag);
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.c - names with the counters of all lists that count by them
 *
 * Names stand one after another in chunks; a table of slots, kept by hash, says where.  Slots hold enough of
 * the hash that growing needs none of the names.
 */
#include "report/names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/attr.h"
#include "base/hash.h"
#include "report/same.h"
#include "report/top.h"

#define DEFAULT_LIMIT_BYTES ((size_t)256 << 20)
#define FIRST_SLOTS         256
#define CHUNK_UNITS         ((size_t)1 << NAMES_CHUNK_BITS)
#define CHUNK_BYTES         (CHUNK_UNITS * NAMES_UNIT)
#define SLOT_BYTES          24 /* what a name takes in slots at most, while they are moved into more */
#define BASE_MAX            (UINT32_MAX >> NAMES_LISTS_MAX)

_Static_assert(sizeof(struct name) % NAMES_UNIT == 0, "counters are aligned");

void names_init(struct names *t, size_t limit_bytes)
{
	*t = (struct names){ .limit_bytes = limit_bytes ? limit_bytes : DEFAULT_LIMIT_BYTES };
}

void names_done(struct names *t)
{
	for (size_t i = 0; i < t->n_chunks; i++)
		free(t->chunks[i]);
	free(t->chunks);
	free(t->slots);
	*t = (struct names){ 0 };
}

struct names_list names_add_list(struct names *t, const struct names_list_ops *ops)
{
	struct names_list l = {
		.names = t,
		.offset = (uint32_t)(sizeof(struct name) + t->counter_bytes),
		.bit = UINT32_C(1) << t->n_lists,
	};

	assert(!t->none && t->n_lists < NAMES_LISTS_MAX && ops->bytes >= sizeof(struct name_counts));
	t->counter_bytes += (uint32_t)names_list_bytes(ops);
	t->ops[t->n_lists++] = ops;
	return l;
}

/* what a name takes, in units */
static size_t units_of(const struct names *t, size_t text_bytes)
{
	return (sizeof(struct name) + t->counter_bytes + text_bytes + NAMES_UNIT - 1) / NAMES_UNIT;
}

/* the same in bytes, with its slot */
static size_t bytes_of(const struct names *t, size_t text_bytes)
{
	return units_of(t, text_bytes) * NAMES_UNIT + SLOT_BYTES;
}

/* memory for one more name: a large one gets chunks of its own, side by side, and nothing comes behind it */
static void add_chunks(struct names *t, size_t units)
{
	size_t n = (units + CHUNK_UNITS - 1) / CHUNK_UNITS;

	t->end = t->n_chunks * CHUNK_UNITS;
	for (size_t i = 0; i < n; i++) {
		t->chunks = vec_grow(t->chunks, t->n_chunks, &t->chunks_cap, sizeof *t->chunks);
		t->chunks[t->n_chunks++] = i ? NULL : xcalloc(n, CHUNK_BYTES);
	}
}

static struct name *place_of(const struct names *t, size_t at)
{
	return (struct name *)(void *)(t->chunks[at / CHUNK_UNITS] + at % CHUNK_UNITS * NAMES_UNIT);
}

static char *text_of(const struct names *t, const struct name *name)
{
	return (char *)(uintptr_t)(name + 1) + t->counter_bytes;
}

static void charge(struct names *t, size_t bytes)
{
	t->bytes += bytes;
	if (t->meter)
		*t->meter += bytes;
}

/* ASCII letters in lower case */
static inline uint64_t fold_word(uint64_t w)
{
	const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f), ones = UINT64_C(0x0101010101010101);
	/* the high bit of each byte says it; no carry leaves a byte */
	uint64_t least_a = (w & low) + ones * (0x80 - 'A'), above_z = (w & low) + ones * (0x7f - 'Z');

	return w | (least_a & ~above_z & ~w & ~low) >> 2;
}

/* Eight bytes at a time from where the text comes: it would be too early to read what was just written. */
static void copy_folded(char *to, struct slice s)
{
	uint64_t w;

	for (size_t i = 0; i + 8 <= s.n; i += 8) {
		w = fold_word(load8(s.p + i));
		__asm__("" : "+r"(w)); /* names are too short for vectors */
		memcpy(to + i, &w, sizeof w);
	}
	if (s.n >= 8) {
		w = fold_word(load8(s.p + s.n - 8));
		memcpy(to + s.n - 8, &w, sizeof w);
		return;
	}
	for (size_t i = 0; i < s.n; i++)
		to[i] = ascii_tolower(s.p[i]);
}

/* its text is left to the caller */
static struct name *new_name(struct names *t, struct slice s)
{
	size_t units = units_of(t, s.n);
	struct name *name;

	if (t->end + units > t->n_chunks * CHUNK_UNITS)
		add_chunks(t, units);
	name = names_at(t, (uint32_t)t->end);
	name->ref = (uint32_t)t->end;
	name->n = (uint32_t)s.n;
	name->used = t->base << NAMES_LISTS_MAX;
	t->end = units > CHUNK_UNITS ? t->n_chunks * CHUNK_UNITS : t->end + units;
	charge(t, bytes_of(t, s.n));
	return name;
}

void names_start(struct names *t)
{
	assert(!t->none);
	t->cap = FIRST_SLOTS;
	t->slots = xcalloc(t->cap, sizeof *t->slots);
	t->none = new_name(t, SLICE_NONE);
	t->other = new_name(t, SLICE("(other)"));
	memcpy(text_of(t, t->other), "(other)", t->other->n);
	t->none->ref = NAME_NONE;
	t->other->ref = NAME_OTHER;
}

/* makes a letter small and leaves digits, dots and hyphens as they are: all that a hash needs */
#define SMALL   UINT64_C(0x2020202020202020)
#define SUSPECT UINT64_C(0x4040404040404040)

uint32_t name_hash(struct slice s)
{
	uint64_t h = s.n;
	size_t i = 0;

	if (s.n < 8)
		return (uint32_t)hash_mix(h, load_short(s.p, s.n) | SMALL);
	for (; i + 8 < s.n; i += 8)
		h = hash_mix(h, load8(s.p + i) | SMALL);
	return (uint32_t)hash_mix(h, load8(s.p + s.n - 8) | SMALL);
}

/*
 * Without capital letters a text is found under the same hash, folded or not.  With them it stands apart from
 * all that were folded.
 */
void name_key(struct name_key *k, struct slice s)
{
	uint64_t h = s.n, w, suspect = 0; /* bytes from 0x40 to 0x5f: digits and dots have none */
	size_t i = 0;

	/* what name_hash() does, and a look at the case */
	for (; i + 8 < s.n; i += 8) {
		w = load8(s.p + i);
		suspect |= w & ~(w << 1);
		h = hash_mix(h, w | SMALL);
	}
	w = s.n >= 8 ? load8(s.p + s.n - 8) : load_short(s.p, s.n);
	suspect |= w & ~(w << 1);
	k->s = s;
	k->hash = (uint32_t)hash_mix(h, w | SMALL);
	k->exact = false;
	if (!(suspect & SUSPECT) && s.n >= 8)
		return;
	for (i = 0; i < s.n && !k->exact; i++)
		k->exact = ascii_upper(s.p[i]);
	if (k->exact)
		k->hash = ~k->hash;
}

static bool same_folded(const char *text, const struct name_key *k)
{
	if (k->exact)
		return false;
	for (size_t i = 0; i < k->s.n; i++)
		if (text[i] != ascii_tolower(k->s.p[i]))
			return false;
	return true;
}

static void put_slot(struct names *t, struct names_slot slot)
{
	size_t at = slot.hash & (t->cap - 1);

	while (t->slots[at].ref)
		at = (at + 1) & (t->cap - 1);
	t->slots[at] = slot;
}

static void grow(struct names *t)
{
	struct names_slot *old = t->slots;
	size_t old_cap = t->cap;

	t->cap *= 2;
	t->slots = xcalloc(t->cap, sizeof *t->slots);
	for (size_t i = 0; i < old_cap; i++)
		if (old[i].ref)
			put_slot(t, old[i]);
	free(old);
}

static ATTR_NOINLINE struct name *add_name(struct names *t, const struct name_key *k, size_t at)
{
	struct name *name;

	if (t->bytes + bytes_of(t, k->s.n) > t->limit_bytes) {
		t->refused++;
		return t->other;
	}
	name = new_name(t, k->s);
	if (!k->exact)
		copy_folded(text_of(t, name), k->s);
	else
		memcpy(text_of(t, name), k->s.p, k->s.n);
	t->slots[at] = (struct names_slot){ k->hash, name->ref };
	t->n++;
	if (t->n > t->cap - t->cap / 4)
		grow(t);
	return name;
}

/*
 * The whole search.  The hash has no secret: who wants to can send mail under many names with one hash.  They get no
 * further than the others.
 */
static ATTR_NOINLINE struct name *search(struct names *t, const struct name_key *k)
{
	size_t at = k->hash & (t->cap - 1);

	for (unsigned probes = 0; t->slots[at].ref; at = (at + 1) & (t->cap - 1)) {
		struct name *name;
		const char *text;

		if (++probes == NAMES_PROBES_MAX) {
			t->refused++;
			return t->other;
		}
		if (t->slots[at].hash != k->hash)
			continue;
		name = place_of(t, t->slots[at].ref);
		text = text_of(t, name);
		if (name->n == k->s.n && (same_bytes(text, k->s.p, k->s.n) || same_folded(text, k)))
			return name;
	}
	return add_name(t, k, at);
}

/* A name usually stands where the search for it begins, or right behind that. */
static inline const struct names_slot *likely_slot(const struct names *t, const struct name_key *k)
{
	const struct names_slot *slot = &t->slots[k->hash & (t->cap - 1)];

	return LIKELY(slot->hash == k->hash) ? slot : &t->slots[(k->hash + 1) & (t->cap - 1)];
}

struct name *names_get(struct names *t, const struct name_key *k)
{
	const struct names_slot *slot;
	struct name *name;

	if (!k->s.p)
		return t->none;
	slot = likely_slot(t, k);
	if (slot->hash != k->hash || !slot->ref)
		return search(t, k);
	/* usually it was noted as it is */
	name = place_of(t, slot->ref);
	if (name->n != k->s.n || !same_bytes(text_of(t, name), k->s.p, k->s.n))
		return search(t, k);
	return name;
}

void names_prefetch_name(const struct names *t, const struct name_key *k)
{
	const struct names_slot *slot = likely_slot(t, k);
	const char *p;

	if (slot->hash != k->hash || !slot->ref)
		return;
	p = (const char *)place_of(t, slot->ref);
	__builtin_prefetch(p, 1);
	__builtin_prefetch(p + sizeof(struct name) + t->counter_bytes, 1);
	__builtin_prefetch(p + sizeof(struct name) + t->counter_bytes + k->s.n);
}

struct slice names_text(const struct names *t, const struct name *name)
{
	return name == t->none ? SLICE_NONE : slice_of(text_of(t, name), name->n);
}

int names_cmp(const struct names *t, const struct name *a, const struct name *b)
{
	return a == b ? 0 : slice_cmp(names_text(t, a), names_text(t, b));
}

struct name *names_next(const struct names *t, size_t *at)
{
	while (*at < t->end) {
		struct name *name;
		size_t in_chunk = *at % CHUNK_UNITS;

		/* the rest of a chunk may be too small for a name; then it is zero */
		if (t->chunks[*at / CHUNK_UNITS] && CHUNK_UNITS - in_chunk >= units_of(t, 0)) {
			name = place_of(t, *at);
			if (name->ref || *at == 0) {
				*at += units_of(t, name->n);
				return name;
			}
		}
		*at += CHUNK_UNITS - in_chunk;
	}
	return NULL;
}

static int order_by_counts(const void *ctx, size_t a, size_t b)
{
	const struct names_list *l = ctx;
	const struct name *na = names_at(l->names, (uint32_t)a), *nb = names_at(l->names, (uint32_t)b);
	struct name_counts ca, cb;
	int c;

	memcpy(&ca, names_counts(l, na), sizeof ca);
	memcpy(&cb, names_counts(l, nb), sizeof cb);
	if (ca.count != cb.count)
		return ca.count > cb.count ? -1 : 1;
	if (ca.second != cb.second)
		return ca.second > cb.second ? -1 : 1;
	c = names_cmp(l->names, na, nb);
	return c ? c : (na->ref > nb->ref) - (na->ref < nb->ref);
}

const struct name **names_top(const struct names_list *l, size_t limit, struct arena *arena, size_t *ret_n,
			      size_t *ret_all)
{
	const struct name **found, *name;
	struct top top;

	top_init(&top, limit, l->names->n + 2, arena, order_by_counts, l);
	for (size_t at = 0; (name = names_next(l->names, &at));)
		if (name->used & l->bit)
			top_add(&top, name->ref);
	top_end(&top);
	found = arena_alloc(arena, (top.n ? top.n : 1) * sizeof(const struct name *));
	for (size_t i = 0; i < top.n; i++)
		found[i] = names_at(l->names, (uint32_t)top.items[i]);
	*ret_n = top.n;
	*ret_all = top.seen;
	return found;
}

/* --- folding ------------------------------------------------------------------------------------------ */

uint64_t names_weight(const struct names *t, const struct name *name)
{
	const char *counters = (const char *)(name + 1);
	uint64_t weight = 0;

	for (unsigned i = 0; i < t->n_lists; i++) {
		weight += t->ops[i]->weight(counters);
		counters += names_list_bytes(t->ops[i]);
	}
	return weight;
}

/* what decides: how often it was counted since the last folding that could have hit it */
static uint64_t key_of(const struct names *t, const struct name *name)
{
	if (units_of(t, name->n) > CHUNK_UNITS)
		return 0;
	return names_weight(t, name) + (name->used >> NAMES_LISTS_MAX) - t->base;
}

/* where names begin that are not in every table */
static size_t first_place(const struct names *t)
{
	return units_of(t, 0) + units_of(t, t->other->n);
}

static void merge(const struct names *t, struct name *into, const struct name *from)
{
	size_t at = sizeof *from;

	for (unsigned i = 0; i < t->n_lists; i++) {
		if (from->used >> i & 1) /* what no list shows adds nothing to "(other)" either */
			t->ops[i]->merge((char *)into + at, (const char *)from + at);
		at += names_list_bytes(t->ops[i]);
	}
	into->used |= from->used & ((1U << NAMES_LISTS_MAX) - 1);
}

/* where the next name goes: what new_name() does, without the memory */
static size_t next_place(size_t *end, size_t units)
{
	size_t at = *end;

	if (at % CHUNK_UNITS + units > CHUNK_UNITS)
		at += CHUNK_UNITS - at % CHUNK_UNITS;
	*end = at + units;
	return at;
}

size_t names_fold(struct names *t, size_t keep_bytes)
{
	size_t fixed = bytes_of(t, 0) + bytes_of(t, t->other->n), end = first_place(t), n = 0, at;
	struct cut cut;
	struct name *name;

	if (t->bytes <= keep_bytes || t->bytes <= fixed)
		return 0;
	cut_init(&cut, keep_bytes > fixed ? keep_bytes - fixed : 0);
	while (cut_pass(&cut))
		for (at = first_place(t); (name = names_next(t, &at));)
			cut_add(&cut, key_of(t, name), bytes_of(t, name->n));
	assert(cut.most >= 0);
	for (at = first_place(t); (name = names_next(t, &at));) {
		if (cut_drops(&cut, key_of(t, name))) {
			merge(t, t->other, name);
			name->ref = NAME_OTHER;
			n++;
		} else {
			name->ref = (uint32_t)next_place(&end, units_of(t, name->n));
		}
	}
	t->base = cut.most < BASE_MAX - t->base ? t->base + (uint32_t)cut.most : BASE_MAX;
	t->folding = true;
	cut_done(&cut);
	return n;
}

/* the slots of those that stay, in as few as they need */
static void settle_slots(struct names *t, size_t n)
{
	struct names_slot *old = t->slots;
	size_t old_cap = t->cap;

	for (t->cap = FIRST_SLOTS; n > t->cap - t->cap / 4;)
		t->cap *= 2;
	t->slots = xcalloc(t->cap, sizeof *t->slots);
	t->n = n;
	for (size_t i = 0; i < old_cap; i++) {
		uint32_t ref = old[i].ref ? names_forward(t, old[i].ref) : NAME_OTHER;

		if (ref != NAME_OTHER)
			put_slot(t, (struct names_slot){ old[i].hash, ref });
	}
	free(old);
}

/* nothing but zeros behind the last name of its chunk */
static void clear_rest(struct names *t, size_t end)
{
	if (end % CHUNK_UNITS)
		memset(place_of(t, end), 0, (CHUNK_UNITS - end % CHUNK_UNITS) * NAMES_UNIT);
}

/* Names move forward only, and in order: what they are written over has moved already. */
void names_settle(struct names *t)
{
	size_t at, end = first_place(t), n = 0, bytes = bytes_of(t, 0) + bytes_of(t, t->other->n);
	struct name *name;

	if (!t->folding)
		return;
	for (at = end; (name = names_next(t, &at));)
		n += name->ref != NAME_OTHER;
	settle_slots(t, n);
	for (at = end; (name = names_next(t, &at));) {
		size_t units = units_of(t, name->n), to = name->ref;

		if (to == NAME_OTHER && units > CHUNK_UNITS) {
			free(name); /* it began a chunk of its own */
			t->chunks[(at - units) / CHUNK_UNITS] = NULL;
		}
		if (to == NAME_OTHER)
			continue;
		bytes += bytes_of(t, name->n);
		if (to != end)
			clear_rest(t, end);
		if (!t->chunks[to / CHUNK_UNITS]) /* a large one was there */
			t->chunks[to / CHUNK_UNITS] = xcalloc(1, CHUNK_BYTES);
		memmove(place_of(t, to), name, units * NAMES_UNIT);
		end = to + units;
	}
	clear_rest(t, end);
	for (size_t i = (end + CHUNK_UNITS - 1) / CHUNK_UNITS; i < t->n_chunks; i++)
		free(t->chunks[i]);
	t->n_chunks = (end + CHUNK_UNITS - 1) / CHUNK_UNITS;
	t->end = end;
	charge(t, bytes - t->bytes);
	t->folding = false;
}

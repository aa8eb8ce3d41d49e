/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map.c - open addressing, linear probing, backward-shift deletion
 */
#include "base/map.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"

static size_t slot_of(const struct map *m, struct slice key, uint64_t hash)
{
	size_t mask = m->cap - 1, i = (size_t)hash & mask;

	while (m->slots[i].key.p && !(m->slots[i].hash == hash && slice_eq(m->slots[i].key, key)))
		i = (i + 1) & mask;
	return i;
}

static void map_grow(struct map *m)
{
	struct map old = *m;

	m->cap = old.cap ? old.cap * 2 : 64;
	m->slots = xcalloc(m->cap, sizeof *m->slots);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].key.p)
			m->slots[slot_of(m, old.slots[i].key, old.slots[i].hash)] = old.slots[i];
	free(old.slots);
}

void *map_get(const struct map *m, struct slice key)
{
	return m->n ? m->slots[slot_of(m, key, hash_slice(key))].value : NULL;
}

void *map_put(struct map *m, struct slice key, void *value)
{
	uint64_t hash = hash_slice(key);
	struct map_slot *s;
	void *old;

	assert(key.p && value);
	if (m->n >= m->cap - m->cap / 4)
		map_grow(m);
	s = &m->slots[slot_of(m, key, hash)];
	old = s->value;
	if (!s->key.p)
		m->n++;
	*s = (struct map_slot){ key, hash, value };
	return old;
}

void *map_remove(struct map *m, struct slice key)
{
	size_t mask, hole;
	void *old;

	if (!m->n)
		return NULL;
	mask = m->cap - 1;
	hole = slot_of(m, key, hash_slice(key));
	old = m->slots[hole].value;
	if (!old)
		return NULL;
	m->n--;
	for (size_t i = (hole + 1) & mask; m->slots[i].key.p; i = (i + 1) & mask) {
		size_t home = (size_t)m->slots[i].hash & mask;

		/* an entry may move into the hole unless its home lies cyclically after the hole */
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole] = (struct map_slot){ 0 };
	return old;
}

const struct map_slot *map_next(const struct map *m, size_t *at)
{
	while (*at < m->cap) {
		const struct map_slot *s = &m->slots[(*at)++];

		if (s->key.p)
			return s;
	}
	return NULL;
}

void map_done(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * id_table.c - open addressing by hash, backward-shift deletion
 */
#include "compat/id_table.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"

static uint64_t key_of(struct slice name)
{
	uint64_t h = hash_slice(name);

	return h ? h : 1;
}

static struct id_entry *slot_of(const struct id_table *t, uint64_t key)
{
	size_t at = (size_t)key & (t->cap - 1);

	while (t->slots[at].key && t->slots[at].key != key)
		at = (at + 1) & (t->cap - 1);
	return &t->slots[at];
}

struct id_entry *id_table_get(const struct id_table *t, struct slice name)
{
	struct id_entry *e;

	if (t->cap == 0)
		return NULL;
	e = slot_of(t, key_of(name));
	return e->key ? e : NULL;
}

static void grow(struct id_table *t)
{
	struct id_table bigger = { .n = t->n, .cap = t->cap ? t->cap * 2 : 1024 };

	bigger.slots = xcalloc(bigger.cap, sizeof *bigger.slots);
	for (size_t i = 0; i < t->cap; i++)
		if (t->slots[i].key)
			*slot_of(&bigger, t->slots[i].key) = t->slots[i];
	free(t->slots);
	*t = bigger;
}

struct id_entry *id_table_put(struct id_table *t, struct slice name)
{
	uint64_t key = key_of(name);
	struct id_entry *e;

	if (t->n + 1 > t->cap / 4 * 3)
		grow(t);
	e = slot_of(t, key);
	if (!e->key) {
		e->key = key;
		t->n++;
	}
	return e;
}

bool id_table_add(struct id_table *t, struct slice name)
{
	size_t before = t->n;

	(void)id_table_put(t, name);
	return t->n > before;
}

void id_table_remove(struct id_table *t, struct slice name)
{
	struct id_entry *e = id_table_get(t, name);
	size_t hole, at;

	if (!e)
		return;
	hole = (size_t)(e - t->slots);
	for (at = (hole + 1) & (t->cap - 1); t->slots[at].key; at = (at + 1) & (t->cap - 1)) {
		size_t home = (size_t)t->slots[at].key & (t->cap - 1);

		/* move it into the hole unless its home lies cyclically in (hole, at] */
		if (((at - home) & (t->cap - 1)) >= ((at - hole) & (t->cap - 1))) {
			t->slots[hole] = t->slots[at];
			hole = at;
		}
	}
	t->slots[hole] = (struct id_entry){ .key = 0 };
	t->n--;
}

void id_table_done(struct id_table *t)
{
	free(t->slots);
	*t = (struct id_table){ .cap = 0 };
}

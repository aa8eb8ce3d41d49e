/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_map.c - the hash map against a plain array, with random operations
 */
#include "unit.h"

#include "base/hash.h"
#include "base/map.h"

/* every entry is reachable from its home slot without crossing a free one, and the count is right */
static void check_map(const struct map *m)
{
	size_t used = 0;

	for (size_t i = 0; i < m->cap; i++) {
		const struct map_slot *s = &m->slots[i];

		if (!s->key.p) {
			assert_null(s->value);
			continue;
		}
		used++;
		assert_int_equal(s->hash, hash_slice(s->key));
		for (size_t at = (size_t)s->hash & (m->cap - 1); at != i; at = (at + 1) & (m->cap - 1))
			assert_non_null(m->slots[at].key.p);
		assert_ptr_equal(map_get(m, s->key), s->value);
	}
	assert_int_equal(used, m->n);
	assert_true(m->cap == 0 || m->n < m->cap);
}

enum { KEYS = 300 };

struct entry {
	char key[16];
	size_t n;
	bool in;
};

static void test_random(void **state)
{
	static struct entry entries[KEYS];
	struct map m = { 0 };
	uint64_t seed = 42;
	size_t in = 0;

	(void)state;
	for (size_t i = 0; i < KEYS; i++)
		entries[i].n = (size_t)snprintf(entries[i].key, sizeof entries[i].key, "%zX", i * 7919);
	for (size_t step = 0; step < 20000; step++) {
		struct entry *e = &entries[next_random(&seed) % KEYS];
		struct slice key = slice_of(e->key, e->n);
		void *want = e->in ? e : NULL;

		assert_ptr_equal(map_get(&m, key), want);
		if (next_random(&seed) % 100 < (step / 5000 % 2 ? 30u : 70u)) {
			assert_ptr_equal(map_put(&m, key, e), want);
			in += !e->in;
			e->in = true;
		} else {
			assert_ptr_equal(map_remove(&m, key), want);
			in -= e->in;
			e->in = false;
		}
		assert_int_equal(m.n, in);
		if (step % 37 == 0)
			check_map(&m);
	}
	map_done(&m);
}

static void test_iterate(void **state)
{
	static struct entry entries[KEYS];
	struct map m = { 0 };
	const struct map_slot *s;
	size_t at = 0, seen = 0;

	(void)state;
	assert_null(map_next(&m, &at));
	assert_null(map_get(&m, SLICE("x")));
	assert_null(map_remove(&m, SLICE("x")));
	for (size_t i = 0; i < KEYS; i++) {
		entries[i].n = (size_t)snprintf(entries[i].key, sizeof entries[i].key, "%zu", i);
		assert_null(map_put(&m, slice_of(entries[i].key, entries[i].n), &entries[i]));
	}
	check_map(&m);
	for (at = 0; (s = map_next(&m, &at));) {
		struct entry *e = s->value;

		assert_false(e->in);
		e->in = true;
		seen++;
	}
	assert_int_equal(seen, KEYS);
	map_done(&m);
	assert_int_equal(m.n, 0);
}

/* an entry that is put again borrows the new key: the old one may go away */
static void test_replace_key(void **state)
{
	struct map m = { 0 };
	struct slice old = heap_copy(SLICE("4A1B2C3D4E")), new = heap_copy(SLICE("4A1B2C3D4E"));
	int a, b;

	(void)state;
	assert_null(map_put(&m, old, &a));
	assert_ptr_equal(map_put(&m, new, &b), &a);
	heap_free(old);
	assert_ptr_equal(map_get(&m, SLICE("4A1B2C3D4E")), &b);
	assert_int_equal(m.n, 1);
	map_done(&m);
	heap_free(new);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_iterate),
		cmocka_unit_test(test_replace_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_memory.c - arenas, growing text, names as numbers
 */
#include "unit.h"

#include "base/arena.h"
#include "base/intern.h"
#include "base/strbuf.h"

/* blocks are aligned, zeroed, do not overlap, and keep what was written until the end */
static void test_arena_blocks(void **state)
{
	enum { N = 3000 };
	static struct {
		unsigned char *p;
		size_t n;
	} blocks[N];
	struct arena_pool pool = { .chunk_bytes = 512 };
	struct arena a = { .pool = &pool };
	uint64_t seed = 1;

	(void)state;
	for (size_t round = 0; round < 3; round++) {
		for (size_t i = 0; i < N; i++) {
			size_t n = next_random(&seed) % (i % 100 == 0 ? 2000 : 70);

			blocks[i].p = arena_alloc(&a, n);
			blocks[i].n = n;
			assert_int_equal((uintptr_t)blocks[i].p % _Alignof(max_align_t), 0);
			for (size_t k = 0; k < n; k++)
				assert_int_equal(blocks[i].p[k], 0);
			memset(blocks[i].p, (int)(i % 251) + 1, n);
		}
		for (size_t i = 0; i < N; i++)
			for (size_t k = 0; k < blocks[i].n; k++)
				assert_int_equal(blocks[i].p[k], i % 251 + 1);
		arena_clear(&a);
	}
	arena_pool_done(&pool);
	assert_int_equal(pool.held_bytes, 0);
}

/* chunks come back from the pool: many short lives need no more memory than one */
static void test_arena_reuse(void **state)
{
	struct arena_pool pool = { 0 };
	size_t held = 0;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		struct arena a = { .pool = &pool };

		(void)arena_alloc(&a, 100);
		CHECK_SLICE(arena_copy(&a, SLICE("alice@example.com")), SLICE("alice@example.com"));
		(void)arena_alloc(&a, 700);
		if (i == 0)
			held = pool.held_bytes;
		assert_int_equal(pool.held_bytes, held);
		arena_clear(&a);
	}
	arena_pool_done(&pool);
}

static void test_arena_copy(void **state)
{
	struct arena a = { 0 };
	struct slice heap = heap_copy(SLICE("abc")), copy = arena_copy(&a, heap);

	(void)state;
	heap_free(heap);
	CHECK_SLICE(copy, SLICE("abc"));
	CHECK_SLICE(arena_copy(&a, SLICE_NONE), SLICE_NONE);
	CHECK_SLICE(arena_copy(&a, SLICE("")), SLICE(""));
	arena_clear(&a);
}

/* every length, at every offset: all of it and nothing beside it */
static void test_arena_copy_lengths(void **state)
{
	struct arena_pool pool = { .chunk_bytes = 256 };
	struct arena a = { .pool = &pool };

	(void)state;
	for (size_t n = 0; n < 100; n++) {
		struct slice before = arena_copy(&a, SLICE("<")), heap, copy, after;
		char text[100];

		for (size_t i = 0; i < n; i++)
			text[i] = (char)('!' + i);
		heap = heap_copy(slice_of(text, n));
		copy = arena_copy(&a, heap);
		after = arena_copy(&a, SLICE(">"));
		heap_free(heap);
		CHECK_SLICE(before, SLICE("<"));
		CHECK_SLICE(copy, slice_of(text, n));
		CHECK_SLICE(after, SLICE(">"));
	}
	arena_clear(&a);
	arena_pool_done(&pool);
}

/* lent bytes come first, chunks when they are used up; nothing of them is given back */
static void test_arena_lend(void **state)
{
	struct arena_pool pool = { 0 };
	struct arena a = { .pool = &pool };
	max_align_t *bytes = xmalloc(256);
	char *p = (char *)bytes;

	(void)state;
	arena_lend(&a, bytes, 256);
	assert_ptr_equal(arena_copy(&a, SLICE("alice")).p, p);
	assert_true((char *)arena_alloc(&a, 100) < p + 256);
	assert_int_equal(pool.held_bytes, 0);
	CHECK_SLICE(slice_of(memset(arena_bytes(&a, 200), 'x', 200), 3), SLICE("xxx"));
	assert_int_not_equal(pool.held_bytes, 0);
	arena_clear(&a);
	arena_pool_done(&pool);
	free(bytes);
}

static void test_strbuf(void **state)
{
	struct strbuf sb = { 0 };
	char *line = xmalloc(10000);

	(void)state;
	CHECK_SLICE(strbuf_slice(&sb), SLICE(""));
	strbuf_add(&sb, SLICE("a"));
	strbuf_add_byte(&sb, 'b');
	strbuf_add_i64(&sb, INT64_MIN);
	strbuf_add_byte(&sb, ' ');
	strbuf_add_i64(&sb, 0);
	strbuf_printf(&sb, " %s %d", "c", 5);
	strbuf_printf(&sb, "%s", "");
	strbuf_add(&sb, SLICE_NONE);
	CHECK_SLICE(strbuf_slice(&sb), SLICE("ab-9223372036854775808 0 c 5"));
	assert_int_equal(sb.p[sb.n], '\0');
	strbuf_clear(&sb);
	CHECK_SLICE(strbuf_slice(&sb), SLICE(""));
	memset(line, 'x', 10000);
	for (size_t i = 0; i < 10; i++)
		strbuf_add(&sb, slice_of(line, 10000));
	assert_int_equal(sb.n, 100000);
	assert_int_equal(sb.p[99999], 'x');
	assert_int_equal(sb.p[100000], '\0');
	free(line);
	strbuf_done(&sb);
	assert_null(sb.p);
}

static void test_intern(void **state)
{
	struct intern t;
	static sym_t first[5000];
	char name[32];

	(void)state;
	intern_init(&t, 0);
	assert_int_equal(intern(&t, SLICE_NONE), SYM_NONE);
	CHECK_SLICE(intern_name(&t, SYM_NONE), SLICE_NONE);
	CHECK_SLICE(intern_name(&t, SYM_OTHER), SLICE("(other)"));
	for (size_t round = 0; round < 2; round++)
		for (size_t i = 0; i < 5000; i++) {
			int n = snprintf(name, sizeof name, "user%zu@example.com", i);
			sym_t sym = intern(&t, slice_of(name, (size_t)n));

			CHECK_SLICE(intern_name(&t, sym), slice_of(name, (size_t)n));
			if (round)
				assert_int_equal(sym, first[i]);
			else
				first[i] = sym;
		}
	assert_int_equal(t.n, 5002);
	assert_int_equal(intern_fold(&t, SLICE("USER7@Example.com")), first[7]);
	assert_int_not_equal(intern(&t, SLICE("USER7@Example.com")), first[7]);
	CHECK_SLICE(intern_name(&t, intern(&t, SLICE(""))), SLICE(""));
	intern_done(&t);
}

/* a capital letter is found at every place of names of every length; its neighbours are none */
static void test_intern_fold(void **state)
{
	static const char CAPITALS[] = "AMZ", OTHERS[] = "@[`{\xc1\xda";
	struct intern t;
	char name[40], folded[40];

	(void)state;
	intern_init(&t, 0);
	for (size_t n = 1; n <= sizeof name; n++)
		for (size_t at = 0; at < n; at++) {
			for (const char *c = CAPITALS; *c; c++) {
				memset(name, 'x', n);
				memcpy(folded, name, n);
				name[at] = *c;
				folded[at] = (char)(*c | 0x20);
				CHECK_SLICE(intern_name(&t, intern_fold(&t, slice_of(name, n))),
					    slice_of(folded, n));
				CHECK_SLICE(intern_name(&t, intern(&t, slice_of(name, n))), slice_of(name, n));
				assert_int_equal(intern_fold(&t, slice_of(name, n)),
						 intern(&t, slice_of(folded, n)));
			}
			for (const char *c = OTHERS; *c; c++) {
				memset(name, 'x', n);
				name[at] = *c;
				CHECK_SLICE(intern_name(&t, intern_fold(&t, slice_of(name, n))),
					    slice_of(name, n));
			}
		}
	intern_done(&t);
}

/* past the cap new names are "(other)", old ones are still found */
static void test_intern_cap(void **state)
{
	struct intern t;
	char name[32];
	sym_t sym[20];

	(void)state;
	intern_init(&t, 100);
	for (size_t i = 0; i < 20; i++) {
		int n = snprintf(name, sizeof name, "host%06zu", i);

		sym[i] = intern(&t, slice_of(name, (size_t)n));
		assert_true(i < 10 ? sym[i] > SYM_OTHER : sym[i] == SYM_OTHER);
	}
	assert_int_equal(t.overflows, 10);
	assert_true(t.bytes <= 100);
	assert_int_equal(intern(&t, SLICE("host000003")), sym[3]);
	intern_done(&t);
}

static void test_vec(void **state)
{
	uint16_t *v = NULL;
	size_t cap = 0;

	(void)state;
	for (size_t n = 0; n < 1000; n++) {
		v = vec_grow(v, n, &cap, sizeof *v);
		assert_true(cap > n);
		v[n] = (uint16_t)n;
	}
	for (size_t n = 0; n < 1000; n++)
		assert_int_equal(v[n], n);
	free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena_blocks), cmocka_unit_test(test_arena_reuse),
		cmocka_unit_test(test_arena_copy),
		cmocka_unit_test(test_arena_copy_lengths),
		cmocka_unit_test(test_arena_lend),   cmocka_unit_test(test_strbuf),
		cmocka_unit_test(test_intern),       cmocka_unit_test(test_intern_fold),
		cmocka_unit_test(test_intern_cap),
		cmocka_unit_test(test_vec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_watch.c - tables that strangers cannot swell, sliding windows, rhythms, peers
 */
#include "unit.h"

#include <stdio.h>

#include "detect/watch.h"

#define SEC USEC_PER_SEC
#define T0  (INT64_C(1795305600) * SEC)

static void test_window_is_exact(void **state)
{
	struct watch_meter m = { 0, SIZE_MAX };
	struct watch_window w = { 0 };

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(watch_window_add(&w, 600 * SEC, T0 + i * 150 * SEC, 1, &m), (uint64_t)i + 1);
	/* the first one is exactly 600 s old and counts; then it is older */
	assert_int_equal(watch_window_add(&w, 600 * SEC, T0 + 601 * SEC, 1, &m), 5);
	assert_int_equal(w.peak, 5);
	assert_int_equal(w.total, 6);
	/* a step back counts as now */
	assert_int_equal(watch_window_add(&w, 600 * SEC, T0, 1, &m), 6);
	watch_window_done(&w, &m);
	assert_int_equal(m.used, 0);
}

static void test_window_never_counts_too_much(void **state)
{
	struct watch_meter m = { 0, SIZE_MAX };
	struct watch_window w = { 0 };
	uint64_t exact;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		uint64_t sum = watch_window_add(&w, 100 * SEC, T0 + i * SEC, 1, &m);

		exact = i < 100 ? (uint64_t)i + 1 : 101;
		assert_true(sum <= exact && sum * 10 >= exact * 8);
	}
	watch_window_done(&w, &m);
}

static void test_rhythm(void **state)
{
	struct watch_rhythm r = { 0 };

	(void)state;
	assert_int_equal(watch_rhythm_median(&r), -1);
	for (int i = 0; i < 40; i++)
		watch_rhythm_add(&r, T0 + i * 60 * SEC + (i % 3) * SEC);
	assert_in_range(watch_rhythm_median(&r), 58 * SEC, 62 * SEC);
	assert_int_equal(watch_rhythm_regular(&r), 1000);
	for (int i = 0; i < 16; i++)
		watch_rhythm_add(&r, T0 + 3000 * SEC + (1 << (i % 12)) * 7 * SEC);
	assert_true(watch_rhythm_regular(&r) < 600);
}

static void test_peers(void **state)
{
	struct watch_meter m = { 0, SIZE_MAX };
	struct watch_peers p = { 0 };
	char name[64];

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < PEERS_MAX + 20; i++) {
			int n = snprintf(name, sizeof name, i % 2 ? "user%d" : "a name that is longer than small ones, %d", i);
			struct watch_peer *peer = watch_peers_at(&p, slice_of(name, (size_t)n), &m);

			assert_int_equal(peer != NULL, i < PEERS_MAX);
			if (peer)
				watch_peer_add(peer, round == 1, T0 + i * SEC, 2);
		}
	assert_int_equal(p.n, PEERS_MAX);
	assert_int_equal(p.more, 40);
	for (uint32_t i = 0; i < p.n; i++) {
		assert_ptr_equal(watch_peers_find(&p, watch_peer_key(&p.items[i])), &p.items[i]);
		assert_int_equal(p.items[i].failures, 2);
		assert_int_equal(p.items[i].successes, 2);
		assert_int_equal(p.items[i].first_failure_us, T0 + (int64_t)i * SEC);
	}
	assert_null(watch_peers_find(&p, SLICE("nobody")));
	watch_peers_done(&p, &m);
	assert_int_equal(m.used, 0);
}

struct thing {
	struct watch_entry entry;
	uint64_t count;
};

static uint64_t thing_weight(const void *entry)
{
	return ((const struct thing *)entry)->count;
}

static void test_a_flood_evicts_itself(void **state)
{
	static const struct watch_ops OPS = { sizeof(struct thing), thing_weight, NULL };
	struct watch_meter m = { 0, SIZE_MAX };
	struct watch_table t;
	char name[32];
	void **sorted;
	size_t n;

	(void)state;
	watch_table_init(&t, &OPS, 1000, &m);
	for (int i = 0; i < 50000; i++) {
		struct thing *attacker = watch_table_at(&t, SLICE("attacker"), T0 + i);

		attacker->count++;
		n = (size_t)snprintf(name, sizeof name, "invented%d", i);
		((struct thing *)watch_table_at(&t, slice_of(name, n), T0 + i))->count = 1;
	}
	assert_int_equal(t.n, 1000);
	assert_int_equal(t.evicted, 50001 - 1000);
	assert_int_equal(((struct thing *)watch_table_find(&t, SLICE("attacker")))->count, 50000);
	sorted = watch_table_sorted(&t, &n);
	for (size_t i = 1; i < n; i++)
		assert_true(slice_cmp(((struct thing *)sorted[i - 1])->entry.key, ((struct thing *)sorted[i])->entry.key) < 0);
	free(sorted);
	watch_table_done(&t);
	assert_int_equal(m.used, 0);
}

static void test_keys(void **state)
{
	static const struct {
		const char *ip, *address, *network;
	} ROWS[] = {
		{ "203.0.113.7", "203.0.113.7", "203.0.113.0/24" },
		{ "::ffff:203.0.113.7", "203.0.113.7", "203.0.113.0/24" },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48" },
	};
	char buf[WATCH_NET_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct ip ip;
		struct ip_net net;

		assert_true(ip_parse(slice_str(ROWS[i].ip), &ip));
		net = watch_address(&ip);
		assert_true(slice_eq(watch_net_text(&net, buf), slice_str(ROWS[i].address)));
		net = watch_network(&ip);
		assert_true(slice_eq(watch_net_text(&net, buf), slice_str(ROWS[i].network)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window_is_exact), cmocka_unit_test(test_window_never_counts_too_much),
		cmocka_unit_test(test_rhythm),		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_a_flood_evicts_itself), cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

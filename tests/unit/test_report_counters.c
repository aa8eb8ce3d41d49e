/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_report_counters.c - what panels are made with: tallies, histograms, shapes
 */
#include "unit.h"

#include "base/shape.h"
#include "report/histogram.h"
#include "report/memo.h"
#include "report/report_priv.h"

/* --- tally -------------------------------------------------------------------------------------------- */

#define KEYS 3000

/* against a plain array, with keys in random order */
static void test_tally_counts(void **state)
{
	static int64_t want[KEYS];
	uint64_t seed = 1;
	struct tally t;
	int64_t sum = 0;

	(void)state;
	memset(want, 0, sizeof want);
	tally_init(&t, 2, 0);
	for (int i = 0; i < 50000; i++) {
		uint32_t k = next_random(&seed) % KEYS;

		tally_row(&t, tally_pair(k, k * 7))[0]++;
		tally_row(&t, tally_pair(k, k * 7))[1] += k;
		want[k]++;
	}
	for (uint32_t k = 0; k < KEYS; k++) {
		const int64_t *v = tally_find(&t, tally_pair(k, k * 7));

		CHECK((v ? v[0] : 0) == want[k], "key %u", k);
		CHECK((v ? v[1] : 0) == want[k] * k, "key %u", k);
		assert_null(tally_find(&t, tally_pair(k, k * 7 + 1)));
	}
	for (size_t i = 0; i < t.n; i++) {
		assert_int_equal(tally_index(&t, tally_values(&t, i)), i);
		sum += tally_values(&t, i)[0];
	}
	assert_int_equal(sum, 50000);
	tally_done(&t);
}

/* past the limit everything new is "(other)", and no count is lost */
static void test_tally_limit(void **state)
{
	struct tally t;
	int64_t sum = 0;

	(void)state;
	tally_init(&t, 1, 10);
	for (uint64_t k = 2; k < 1000; k++)
		tally_row(&t, k)[0]++;
	assert_int_equal(t.n, 11);
	assert_int_equal(tally_find(&t, SYM_OTHER)[0], 998 - 10);
	for (size_t i = 0; i < t.n; i++)
		sum += tally_values(&t, i)[0];
	assert_int_equal(sum, 998);
	tally_done(&t);
}

/* without counters it is a set: each key is new once, and the limit holds */
static void test_tally_set(void **state)
{
	static bool seen[KEYS];
	uint64_t seed = 2;
	struct tally t;
	size_t n = 0;

	(void)state;
	memset(seen, 0, sizeof seen);
	tally_init(&t, 0, KEYS);
	for (int i = 0; i < 20000; i++) {
		uint32_t k = next_random(&seed) % KEYS;

		CHECK(tally_add(&t, tally_pair(k * 3, k)) == !seen[k], "key %u", k);
		n += !seen[k];
		seen[k] = true;
		assert_int_equal(t.n, n);
	}
	for (uint32_t k = 0; k < KEYS; k++)
		CHECK((tally_find(&t, tally_pair(k * 3, k)) != NULL) == seen[k], "key %u", k);
	for (uint32_t k = 0; k < KEYS; k++)
		tally_add(&t, tally_pair(k * 3, k));
	assert_int_equal(t.n, KEYS);
	assert_false(tally_add(&t, tally_pair(1, 1)));
	assert_int_equal(t.n, KEYS + 1);
	assert_non_null(tally_find(&t, SYM_OTHER));
	tally_done(&t);
}

static bool is_even(const void *ctx, uint64_t key)
{
	(void)ctx;
	return key % 2 == 0;
}

static void test_tally_retain(void **state)
{
	struct tally t;

	(void)state;
	tally_init(&t, 1, 0);
	tally_retain(&t, is_even, NULL);
	for (uint64_t k = 0; k < 500; k++)
		tally_row(&t, k)[0] = (int64_t)k;
	tally_retain(&t, is_even, NULL);
	assert_int_equal(t.n, 250);
	for (uint64_t k = 0; k < 500; k++) {
		const int64_t *v = tally_find(&t, k);

		CHECK(k % 2 == 0 ? v && v[0] == (int64_t)k : !v, "key %d", (int)k);
	}
	tally_done(&t);
}

/* the top N by the heap is the head of the whole order, for every N; ties go by name, whenever it came */
static void test_tally_top(void **state)
{
	uint64_t seed = 7;
	struct counters counters = { 0 };
	struct intern *names = &counters.names;
	struct tally t;
	struct arena arena = { 0 };
	size_t n, *all;

	(void)state;
	intern_init(names, 0);
	tally_init(&t, 1, 0);
	for (int i = 0; i < 400; i++) {
		char name[16];

		(void)snprintf(name, sizeof name, "n%u", next_random(&seed) % 300);
		tally_row(&t, intern(names, slice_str(name)))[0]++;
	}
	all = tally_top(&t, SIZE_MAX, order_by_values, &counters, &arena, &n);
	assert_int_equal(n, t.n);
	for (size_t i = 1; i < n; i++) {
		int64_t a = tally_values(&t, all[i - 1])[0], b = tally_values(&t, all[i])[0];

		CHECK(a > b || (a == b && slice_cmp(intern_name(names, (sym_t)tally_key(&t, all[i - 1])),
						    intern_name(names, (sym_t)tally_key(&t, all[i]))) < 0),
		      "row %zu", i);
	}
	for (size_t limit = 0; limit <= t.n + 1; limit++) {
		size_t *top = tally_top(&t, limit, order_by_values, &counters, &arena, &n);

		assert_int_equal(n, limit < t.n ? limit : t.n);
		for (size_t i = 0; i < n; i++)
			CHECK(top[i] == all[i], "limit %zu, row %zu", limit, i);
	}
	arena_clear(&arena);
	tally_done(&t);
	intern_done(names);
}

/* --- names -------------------------------------------------------------------------------------------- */

struct two_counts {
	NAME_COUNTS(bytes);
	uint32_t more;
};

static uint64_t two_weight(const void *counts)
{
	return ((const struct two_counts *)counts)->count;
}

static void two_merge(void *into, const void *from)
{
	struct two_counts *v = into;
	const struct two_counts *w = from;

	count_add(&v->count, w->count);
	v->bytes += w->bytes;
	count_add(&v->more, w->more);
}

static uint64_t one_weight(const void *counts)
{
	struct name_counts v;

	memcpy(&v, counts, sizeof v);
	return v.count;
}

static void one_merge(void *into, const void *from)
{
	struct name_counts *v = into;
	const struct name_counts *w = from;

	count_add(&v->count, w->count);
	v->second += w->second;
}

static const struct names_list_ops TWO_LIST = { sizeof(struct two_counts), two_weight, two_merge, 0 };
static const struct names_list_ops ONE_LIST = { sizeof(struct name_counts), one_weight, one_merge, 0 };

static struct name *get_folded(struct names *t, struct slice s)
{
	struct name_key k;

	name_key_fold(&k, s);
	return names_get(t, &k);
}

static struct name *get_exact(struct names *t, struct slice s)
{
	struct name_key k;

	name_key(&k, s);
	return names_get(t, &k);
}

/* names of every length up to some words, in many cases: one name each, and every count is kept */
static void test_names(void **state)
{
	enum { NAMES = 5000 };
	static struct name *made[NAMES];
	struct names t;
	struct names_list first, second;
	char text[80];

	(void)state;
	names_init(&t, 0);
	first = names_add_list(&t, &TWO_LIST);
	second = names_add_list(&t, &ONE_LIST);
	names_start(&t);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < NAMES; i++) {
			int n = snprintf(text, sizeof text, "%.*s%d%s", i % 40,
					 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq", i,
					 i % 3 ? "" : "@example.com");
			struct two_counts *v;

			for (int k = round; k < n && round; k += 3)
				text[k] = (char)(text[k] >= 'a' && text[k] <= 'z' ? text[k] - 32 : text[k]);
			if (round == 0)
				made[i] = get_folded(&t, slice_of(text, (size_t)n));
			assert_ptr_equal(get_folded(&t, slice_of(text, (size_t)n)), made[i]);
			assert_ptr_equal(names_at(&t, made[i]->ref), made[i]);
			v = names_count(&first, made[i]);
			v->count++;
			v->more += 2;
		}
	}
	for (int i = 0; i < NAMES; i++) {
		const struct two_counts *v = names_counts(&first, made[i]);
		const struct name_counts *none = names_counts(&second, made[i]);

		CHECK(v->count == 3 && v->more == 6 && v->bytes == 0, "name %d", i);
		CHECK(none->count == 0 && none->second == 0, "name %d", i);
	}
	names_done(&t);
}

static void test_names_special(void **state)
{
	static char large[200000];
	struct names t;
	struct name *name;

	(void)state;
	names_init(&t, 0);
	(void)names_add_list(&t, &ONE_LIST);
	names_start(&t);
	assert_ptr_equal(get_folded(&t, SLICE_NONE), t.none);
	assert_ptr_equal(names_at(&t, NAME_NONE), t.none);
	assert_ptr_equal(names_at(&t, NAME_OTHER), t.other);
	CHECK_SLICE(names_text(&t, t.none), SLICE_NONE);
	CHECK_SLICE(names_text(&t, t.other), SLICE("(other)"));
	name = get_folded(&t, SLICE(""));
	assert_true(name->ref > NAME_OTHER);
	CHECK_SLICE(names_text(&t, name), SLICE(""));
	assert_true(names_cmp(&t, t.none, name) == 0);

	/* as it is: apart only where case differs */
	assert_ptr_equal(get_exact(&t, SLICE("2001:db8::1")), get_folded(&t, SLICE("2001:DB8::1")));
	name = get_exact(&t, SLICE("2001:DB8::1"));
	CHECK_SLICE(names_text(&t, name), SLICE("2001:DB8::1"));
	assert_ptr_equal(get_exact(&t, SLICE("2001:DB8::1")), name);
	assert_ptr_not_equal(get_folded(&t, SLICE("2001:DB8::1")), name);

	/* longer than a chunk, and too long to be folded */
	memset(large, 'X', sizeof large);
	name = get_folded(&t, slice_of(large, sizeof large));
	CHECK_SLICE(names_text(&t, name), slice_of(large, sizeof large));
	assert_ptr_equal(get_exact(&t, slice_of(large, sizeof large)), name);
	assert_ptr_equal(names_at(&t, get_folded(&t, SLICE("after"))->ref), get_folded(&t, SLICE("after")));
	names_done(&t);
}

/* past the cap new names are "(other)", old ones stay */

#ifdef __SIZEOF_INT128__
/* what names.c does with eight bytes of a name */
static uint64_t mix_like_names(uint64_t h, uint64_t w)
{
	__extension__ unsigned __int128 product = (unsigned __int128)(h ^ w) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* A first half of a name, and the second half that takes the hash to zero: all such names have one hash. */
static void next_colliding(uint64_t *seed, char text[24])
{
	const uint64_t small = UINT64_C(0x2020202020202020);
	uint64_t first, second;

	do {
		*seed = *seed * UINT64_C(6364136223846793005) + 1;
		first = *seed | small;
		second = mix_like_names(24, first);
	} while ((second & small) != small);
	memcpy(text, &first, 8);
	memcpy(text + 8, &second, 8);
	memcpy(text + 16, "@evil.eg", 8);
}

/* Names that strangers made so that they collide cost no more than others. */
static void test_names_collide(void **state)
{
	struct names t;
	char text[24];
	uint64_t seed = 1;
	unsigned found = 0, other = 0;
	struct slice s = slice_of(text, sizeof text);

	(void)state;
	names_init(&t, 0);
	(void)names_add_list(&t, &ONE_LIST);
	names_start(&t);
	next_colliding(&seed, text);
	for (unsigned i = 0, hash = name_hash(s); i < NAMES_PROBES_MAX + 500; i++, next_colliding(&seed, text)) {
		const struct name *name = get_exact(&t, s);

		CHECK(name_hash(s) == hash, "name %u", i);
		found += name != t.other;
		other += name == t.other;
	}
	CHECK(found == NAMES_PROBES_MAX && other == 500, "%u found", found);
	assert_ptr_not_equal(get_folded(&t, SLICE("innocent@example.com")), t.other);
	names_done(&t);
}
#else
static void test_names_collide(void **state)
{
	(void)state;
	skip(); /* the hash is another one there */
}
#endif

static void test_names_cap(void **state)
{
	struct names t;
	struct name *first;
	char text[16];

	(void)state;
	names_init(&t, 1000);
	(void)names_add_list(&t, &ONE_LIST);
	names_start(&t);
	first = get_folded(&t, SLICE("first"));
	for (int i = 0; i < 1000; i++)
		(void)get_folded(&t, slice_of(text, (size_t)snprintf(text, sizeof text, "name%d", i)));
	assert_true(t.bytes <= 1000 && t.n < 30);
	assert_ptr_equal(get_folded(&t, SLICE("newcomer")), t.other);
	assert_ptr_equal(get_folded(&t, SLICE("First")), first);
	names_done(&t);
}

/* all chunks are walked, and only what the list counted is in it */
static void test_names_top(void **state)
{
	static char large[100000];
	struct names t;
	struct names_list l, others;
	struct arena arena = { 0 };
	const struct name **all;
	size_t n, n_all, want = 0;
	char text[64];

	(void)state;
	memset(large, 'x', sizeof large);
	names_init(&t, 0);
	others = names_add_list(&t, &ONE_LIST);
	l = names_add_list(&t, &ONE_LIST);
	names_start(&t);
	for (int i = 0; i < 4000; i++) {
		int len = snprintf(text, sizeof text, "%d-%.*s", i, i % 23, "abcdefghijklmnopqrstuvwxyz");
		struct name *name = get_folded(&t, slice_of(text, (size_t)len));

		if (i % 1000 == 7)
			name = get_folded(&t, slice_of(large, sizeof large - (size_t)i));
		if (i % 2) {
			struct name_counts *v = names_count(&l, name);

			v->count = (uint32_t)(i % 50);
			v->second = i % 7;
			want++;
		} else {
			(void)names_count(&others, name);
		}
	}
	(void)names_count(&l, t.none);
	(void)names_count(&l, t.other);
	all = names_top(&l, SIZE_MAX, &arena, &n, &n_all);
	assert_int_equal(n, want + 2);
	assert_int_equal(n_all, n);
	for (size_t i = 1; i < n; i++) {
		const struct name_counts *a = names_counts(&l, all[i - 1]), *b = names_counts(&l, all[i]);

		CHECK(a->count > b->count ||
			      (a->count == b->count &&
			       (a->second > b->second ||
				(a->second == b->second && names_cmp(&t, all[i - 1], all[i]) < 0))),
		      "name %zu", i);
	}
	for (size_t limit = 0; limit < 60; limit++) {
		const struct name **top = names_top(&l, limit, &arena, &n, &n_all);

		assert_int_equal(n, limit);
		assert_int_equal(n_all, want + 2);
		for (size_t i = 0; i < n; i++)
			assert_ptr_equal(top[i], all[i]);
	}
	arena_clear(&arena);
	names_done(&t);
}

static void test_count_add(void **state)
{
	uint32_t n = 0;

	(void)state;
	count_add(&n, 7);
	assert_int_equal(n, 7);
	count_add(&n, UINT32_MAX - 7);
	assert_int_equal(n, UINT32_MAX);
	count_add(&n, INT64_MAX);
	assert_int_equal(n, UINT32_MAX);
}

/* --- histogram ---------------------------------------------------------------------------------------- */

static int compare_spans(const void *a, const void *b)
{
	usec_t x = *(const usec_t *)a, y = *(const usec_t *)b;

	return (x > y) - (x < y);
}

/* every percentile within 3 % of the exact one, for spans from microseconds to weeks */
static void test_percentiles(void **state)
{
	enum { N = 5000 };
	static const unsigned PERMILLE[] = { 1, 100, 500, 900, 990, 999, 1000 };
	static usec_t spans[N];
	struct histogram *h = xcalloc(1, sizeof *h);
	uint64_t seed = 3;

	(void)state;
	assert_int_equal(histogram_percentile(h, 500), -1);
	histogram_add(h, -1);
	assert_int_equal(h->n, 0);
	for (int i = 0; i < N; i++) {
		spans[i] = (usec_t)(((uint64_t)next_random(&seed) << 10 | 1) >> next_random(&seed) % 40);
		histogram_add(h, spans[i]);
	}
	qsort(spans, N, sizeof *spans, compare_spans);
	for (size_t k = 0; k < sizeof PERMILLE / sizeof *PERMILLE; k++) {
		size_t rank = ((size_t)N * PERMILLE[k] + 999) / 1000;
		usec_t want = spans[rank - 1], got = histogram_percentile(h, PERMILLE[k]);

		CHECK(llabs((long long)(got - want)) <= want / 32 + 1, "permille %u: got %lld, want %lld",
		      PERMILLE[k], (long long)got, (long long)want);
	}
	assert_int_equal(h->max_us, spans[N - 1]);
	free(h);
}

static void test_histogram_ends(void **state)
{
	struct histogram *h = xcalloc(1, sizeof *h);

	(void)state;
	histogram_add(h, 0);
	assert_int_equal(histogram_percentile(h, 1000), 0);
	histogram_add(h, INT64_MAX);
	histogram_add(h, INT64_MAX);
	assert_int_equal(h->max_us, INT64_MAX);
	CHECK(histogram_percentile(h, 990) > 365 * USEC_PER_DAY, "%lld",
	      (long long)histogram_percentile(h, 990));
	*h = (struct histogram){ 0 };
	for (int i = 0; i < 5; i++)
		histogram_add(h, 300000);
	assert_int_equal(histogram_percentile(h, 500), 300000); /* equal spans are exact */
	free(h);
}

/* --- shapes ------------------------------------------------------------------------------------------- */

static void test_shapes(void **state)
{
	static const struct {
		const char *text, *want;
	} ROWS[] = {
		{ "", "" },
		{ "User unknown", "User unknown" },
		{ "550 5.1.1 <bob@example.com>: Recipient address rejected",
		  "550 5.1.1 <address>: Recipient address rejected" },
		{ "550 5.1.1 bob@example.com... User unknown", "550 5.1.1 <address>... User unknown" },
		{ "connect to mx.example.net[192.0.2.7]:25: Connection refused",
		  "connect to <host>[<ip>]:<n>: Connection refused" },
		{ "Greylisted for 300 seconds", "Greylisted for <n> seconds" },
		{ "try again in 00:04:59", "try again in <time>" },
		{ "see http://a.example/x?q=1&y=2 now", "see <url> now" },
		{ "(see https://a.example/x)", "(see <url>)" },
		{ "queued as 4A1B2C3D4E", "queued as <id>" },
		{ "[oewhx0e6rlfbq]", "[<id>]" },
		{ "TLSv1 MX2 S3140 S31405", "TLSv1 MX2 S<n> <id>" },
		{ "from 2001:db8::1 and ::1", "from <ip> and <ip>" },
		{ "550-5.7.26 one\\n550-5.7.26 two", "550-5.7.26 one 550-5.7.26 two" },
		{ "550-mx.example.net said", "550-<host> said" },
		{ "4.7.511 and 4.7.1 and 9.7.1 and 12", "4.7.511 and 4.7.1 and <n> and <n>" },
		{ "a\tb\n c  d", "a b c d" },
		{ "\x1b[2J", "?[2J" },
		{ "<>", "<>" },
		{ "<no address>", "<no address>" },
		{ "a-b -- c.", "a-b -- c." },
		{ "2026-11-21 12:34:56", "<n> <time>" },
		{ "r\xc3\xa9seau", "r\xc3\xa9seau" },
		{ "@", "@" },
		{ "a@", "<address>" },
		{ "face:b00c::1 and abc::", "<ip> and <ip>" },
		{ "https http: no", "https http: no" },
		{ "a word of abcdefghijklmnopqrstuvwxyz letters", "a word of abcdefghijklmnopqrstuvwxyz letters" },
		{ "one  two\tthree\\nfour five-six", "one two three four five-six" },
		{ "abcdefghijklmn o abcdefghijklmno p", "abcdefghijklmn o abcdefghijklmno p" },
	};
	struct strbuf sb = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct slice text = slice_str(ROWS[i].text);

		strbuf_clear(&sb);
		shape_add(&sb, text, 400);
		CHECK(slice_eq(strbuf_slice(&sb), slice_str(ROWS[i].want)), "%s: got '%s', want '%s'",
		      ROWS[i].text, sb.p ? sb.p : "", ROWS[i].want);
		for (size_t n = 0; n <= text.n; n++) { /* every prefix: nothing past the end is looked at */
			struct slice copy = heap_copy(slice_head(text, n));

			strbuf_clear(&sb);
			shape_add(&sb, copy, 400);
			CHECK(sb.n <= 4 * copy.n + 4, "%s, %zu bytes became %zu", ROWS[i].text, n, sb.n);
			heap_free(copy);
		}
		if (text.n) { /* the same in the middle of a text, where more bytes are looked at at once */
			struct strbuf longer = { 0 }, want = { 0 };

			strbuf_printf(&longer, "%s and so on, as it was", ROWS[i].text);
			strbuf_printf(&want, "%s and so on, as it was", ROWS[i].want);
			strbuf_clear(&sb);
			shape_add(&sb, strbuf_slice(&longer), 400);
			CHECK(slice_eq(strbuf_slice(&sb), strbuf_slice(&want)), "got '%s', want '%s'", sb.p, want.p);
			strbuf_done(&longer);
			strbuf_done(&want);
		}
	}
	strbuf_done(&sb);
}

/* the same reason about others has the same shape; another reason has not */
static void test_shapes_group(void **state)
{
	static const char *const SAME[] = {
		"host mx.a.example[192.0.2.1] said: 450 4.2.0 <a@a.example>: Greylisted for 300 seconds (in "
		"reply to RCPT TO command)",
		"host mx2.b.example[2001:db8::2] said: 450 4.2.0 <x.y@b.example>: Greylisted for 1 seconds "
		"(in reply to RCPT TO command)",
		"SMTP error from remote mail server after RCPT TO:<c@c.example>: 450 4.2.0 <c@c.example>: "
		"Greylisted for 77 seconds",
		"SMTP error from remote mail server after pipelined MAIL FROM:<c@c.example> SIZE=123: 450 "
		"4.2.0 <c@c.example>: Greylisted for 7 seconds",
	};
	static const char OTHER[] = "host mx.a.example[192.0.2.1] said: 450 4.2.0 <a@a.example>: Try again";
	struct counters c = { 0 };
	sym_t first;

	(void)state;
	intern_init(&c.names, 0);
	first = counters_shape(&c, slice_str(SAME[0]));
	CHECK_SLICE(intern_name(&c.names, first), SLICE("450 4.2.0 <address>: Greylisted for <n> seconds"));
	for (size_t i = 1; i < sizeof SAME / sizeof *SAME; i++)
		CHECK(counters_shape(&c, slice_str(SAME[i])) == first, "%s", SAME[i]);
	CHECK(counters_shape(&c, slice_str(OTHER)) != first, "%s", OTHER);
	assert_int_equal(counters_shape(&c, SLICE_NONE), SYM_NONE);
	strbuf_done(&c.scratch);
	intern_done(&c.names);
}

/* --- texts that come again ---------------------------------------------------------------------------- */

/* more texts than there are places, alike in what the places go by: the symbols are those of the texts all the same */
static void test_texts(void **state)
{
	struct counters c = { 0 };
	uint64_t seed = 1;

	(void)state;
	intern_init(&c.names, 0);
	for (int i = 0; i < 20000; i++) {
		unsigned n = next_random(&seed) % 70, k = next_random(&seed) % 8;
		char text[80];
		sym_t plain, folded;

		memset(text, 'a', sizeof text);
		for (unsigned b = 0; b < 3 && n; b++)
			text[(n - 1) * b / 2] = (char)((k >> b & 1 ? 'A' : 'a') + (int)(next_random(&seed) % 3));
		plain = counters_text(&c, MEMO_TEXT, slice_of(text, n));
		folded = counters_text(&c, MEMO_FOLDED, slice_of(text, n));
		CHECK_SLICE(intern_name(&c.names, plain), slice_of(text, n));
		assert_int_equal(folded, intern_fold(&c.names, slice_of(text, n)));
	}
	assert_int_equal(counters_text(&c, MEMO_TEXT, SLICE_NONE), SYM_NONE);
	assert_int_equal(counters_text(&c, MEMO_TEXT, SLICE("")), intern(&c.names, SLICE("")));
	intern_done(&c.names);
}

/* the key of a row is what its words become, one after the other, whatever was asked before */
static void test_words(void **state)
{
	static const char BYTES[] = { 'a', 'b', '\0', ' ' };
	struct counters c = { 0 };
	struct strbuf want = { 0 };
	uint64_t seed = 1;

	(void)state;
	intern_init(&c.names, 0);
	for (int i = 0; i < 20000; i++) {
		char text[3][40];
		struct slice words[3];
		size_t n = 1 + next_random(&seed) % 3;

		strbuf_clear(&want);
		for (size_t k = 0; k < n; k++) {
			words[k] = slice_of(text[k], next_random(&seed) % (i % 100 ? 3 : 40));
			for (size_t b = 0; b < words[k].n; b++)
				text[k][b] = BYTES[next_random(&seed) % sizeof BYTES];
			if (!words[k].n && i % 2)
				words[k] = SLICE_NONE;
			row_word(&want, words[k], 30);
		}
		CHECK_SLICE(intern_name(&c.names, counters_words(&c, words, n, 30)), strbuf_slice(&want));
	}
	strbuf_done(&want);
	strbuf_done(&c.scratch);
	intern_done(&c.names);
}

/* Replies of few words, so that forms meet: what is remembered of one never gives another one a shape that is not its own. */
static void test_shapes_by_form(void **state)
{
	static const char *const WORDS[] = {
		"<a@b.example>", "<x", "<a b@c>", "<@>", "<user>", "y>", "[192.0.2.1]", "[192.0.2.999]", "[1.2.3]", "[::1]", "x[192.0.2.7]",
		"http://a.example/1", "https://b.example/<c@d>", "ahttp://c", "http:/", "(https://e)", "http://f\t", "450", "550-5.1.1",
		"host", "said:", ": 450 ", "12:30:45", "it", "\\n", "\x01", "long.host.example", "u@v", "that is a reply of many words", ".", "-",
		"(in reply to RCPT TO command)", "\"", "::", ",",
	};
	uint64_t seed = 3;
	struct counters c = { 0 };
	struct strbuf reply = { 0 }, want = { 0 };

	(void)state;
	intern_init(&c.names, 0);
	for (int i = 0; i < 100000; i++) {
		struct slice got, copy;

		strbuf_clear(&reply);
		for (unsigned n = next_random(&seed) % 6 + 1; n; n--) {
			strbuf_add_str(&reply, WORDS[next_random(&seed) % ARRAY_LEN(WORDS)]);
			if (next_random(&seed) % 4)
				strbuf_add_byte(&reply, ' ');
		}
		copy = heap_copy(strbuf_slice(&reply));
		strbuf_clear(&want);
		shape_add(&want, reply_core(copy), 400);
		got = intern_name(&c.names, counters_shape(&c, copy));
		CHECK(slice_eq(got, strbuf_slice(&want)), "'%.*s' became '%.*s'", SLICE_ARG(copy), SLICE_ARG(got));
		heap_free(copy);
	}
	strbuf_done(&reply);
	strbuf_done(&want);
	strbuf_done(&c.scratch);
	intern_done(&c.names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),            cmocka_unit_test(test_words),
		cmocka_unit_test(test_tally_counts),     cmocka_unit_test(test_tally_limit),
		cmocka_unit_test(test_tally_set),
		cmocka_unit_test(test_tally_retain),     cmocka_unit_test(test_tally_top),
		cmocka_unit_test(test_names),            cmocka_unit_test(test_names_special),
		cmocka_unit_test(test_names_cap),        cmocka_unit_test(test_names_top),
		cmocka_unit_test(test_names_collide),
		cmocka_unit_test(test_count_add),
		cmocka_unit_test(test_percentiles),      cmocka_unit_test(test_histogram_ends),
		cmocka_unit_test(test_shapes),           cmocka_unit_test(test_shapes_group),
		cmocka_unit_test(test_shapes_by_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

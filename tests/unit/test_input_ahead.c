/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_input_ahead.c - reading ahead in a thread: the same bytes, the same errors at the same place
 */
#include "base/strbuf.h"
#include "input/reader.h"
#include "unit.h"

static const size_t sizes[] = { 0, 1, 17, 65535, 65536, 65537, 262144, 300000, 1000000 };
static const size_t reads[] = { 7, 4096, 65536, 1000000 };
static const size_t fails[] = { 16, 17, 65536, 65537, 250000, SIZE_MAX };

#define FOR_EACH(i, table) for (size_t i = 0; i < sizeof(table) / sizeof *(table); i++)

static char bytes[1000000];

static struct reader *open_bytes(size_t n, size_t fail_at)
{
	struct reader *r;
	struct err err;

	assert_int_equal(reader_open_mem(slice_of(bytes, n), fail_at, "mem", &r, &err), 0);
	return r;
}

/* all bytes, then the error if there is one */
static void drain(struct reader *r, size_t read_bytes, struct strbuf *out)
{
	char *buf = xmalloc(read_bytes);
	struct err err;
	ssize_t n;

	while ((n = reader_read(r, buf, read_bytes, &err)) > 0)
		strbuf_add(out, slice_of(buf, (size_t)n));
	if (n < 0)
		strbuf_printf(out, "error %d %s", (int)n, err.msg);
	assert_int_equal(reader_read(r, buf, read_bytes, &err), 0);
	free(buf);
}

static void test_same_bytes(void **state)
{
	(void)state;
	FOR_EACH(i, sizes)
	FOR_EACH(j, fails)
	FOR_EACH(k, reads) {
		struct strbuf want = { 0 }, got = { 0 };
		struct reader *alone = open_bytes(sizes[i], fails[j]);
		struct reader *ahead = reader_ahead(open_bytes(sizes[i], fails[j]));

		assert_true(ahead->ahead);
		drain(alone, reads[k], &want);
		drain(ahead, reads[k], &got);
		CHECK(slice_eq(strbuf_slice(&got), strbuf_slice(&want)), "%zu bytes, error at %zu, reads of %zu",
		      sizes[i], fails[j], reads[k]);
		reader_free(alone);
		reader_free(ahead);
		strbuf_done(&want);
		strbuf_done(&got);
	}
}

/* whoever has enough need not read on */
static void test_given_up(void **state)
{
	char buf[1000];

	(void)state;
	FOR_EACH(i, sizes)
	for (size_t n = 0; n < 100; n += 33) {
		struct reader *r = reader_ahead(open_bytes(sizes[i], SIZE_MAX));
		struct err err;

		for (size_t k = 0; k < n; k++)
			assert_true(reader_read(r, buf, sizeof buf, &err) >= 0);
		reader_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_given_up),
	};
	uint64_t seed = 1;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)next_random(&seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

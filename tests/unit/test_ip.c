/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ip.c - addresses and networks
 */
#include "unit.h"

#include "base/ip.h"

static void test_parse(void **state)
{
	static const struct {
		const char *in, *want; /* NULL: refused */
	} ROWS[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "1.2.3.4", "1.2.3.4" },
		{ "001.0002.3.00000004", "1.2.3.4" },
		{ "192.0.2.1001", NULL },
		{ "192.0.2560.1", NULL },
		{ "1000.0.2.1", NULL },
		{ "192.0..1", NULL },
		{ "192.0.2.", NULL },
		{ ".0.2.1", NULL },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::FFFF:c000:0201", "192.0.2.1" },
		{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
		{ "IPv6:2001:db8::1", "2001:db8::1" },
		{ "ipv6:::1", "::1" },
		{ "::", "::" },
		{ "256.0.0.1", NULL },
		{ "192.0.2", NULL },
		{ "192.0.2.1.5", NULL },
		{ "192.0.2.1 ", NULL },
		{ "1.2.3.x", NULL },
		{ "2001:db8::1::2", NULL },
		{ "2001:db8::1%eth0", NULL },
		{ "[192.0.2.1]", NULL },
		{ "unknown", NULL },
		{ "", NULL },
		{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", NULL },
	};
	char buf[IP_TEXT_BYTES];
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct slice s = heap_copy(slice_str(ROWS[i].in));
		bool ok = ip_parse(s, &ip);

		CHECK(ok == (ROWS[i].want != NULL), "'%s'", ROWS[i].in);
		if (ok)
			CHECK_SLICE(ip_text(&ip, buf), slice_str(ROWS[i].want));
		heap_free(s);
	}
	assert_false(ip_parse(slice_of("::1\0", 4), &ip));
}

static void test_net(void **state)
{
	static const struct {
		const char *net, *ip;
		bool valid, in;
	} ROWS[] = {
		{ "192.0.2.0/24", "192.0.2.255", true, true },
		{ "192.0.2.0/24", "192.0.3.0", true, false },
		{ "192.0.2.0/25", "192.0.2.128", true, false },
		{ "0.0.0.0/0", "203.0.113.9", true, true },
		{ "0.0.0.0/0", "2001:db8::1", true, false },
		{ "192.0.2.7", "192.0.2.7", true, true },
		{ "192.0.2.7", "192.0.2.6", true, false },
		{ "192.0.2.7/32", "::ffff:192.0.2.7", true, true },
		{ "2001:db8::/32", "2001:db8:ffff::1", true, true },
		{ "2001:db8::/33", "2001:db8:8000::1", true, false },
		{ "::/0", "2001:db8::1", true, true },
		{ "192.0.2.0/33", "192.0.2.0", false, false },
		{ "2001:db8::/129", "::", false, false },
		{ "192.0.2.0/", "192.0.2.0", false, false },
		{ "192.0.2.0/24x", "192.0.2.0", false, false },
		{ "/24", "192.0.2.0", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct slice s = heap_copy(slice_str(ROWS[i].net));
		struct ip_net net;
		struct ip ip;

		assert_true(ip_parse(slice_str(ROWS[i].ip), &ip));
		CHECK(ip_net_parse(s, &net) == ROWS[i].valid, "'%s'", ROWS[i].net);
		if (ROWS[i].valid)
			CHECK(ip_in_net(&ip, &net) == ROWS[i].in, "'%s' in '%s'", ROWS[i].ip, ROWS[i].net);
		heap_free(s);
	}
}

static void test_classes(void **state)
{
	static const struct {
		const char *ip;
		bool v4, loopback, private;
	} ROWS[] = {
		{ "127.0.0.1", true, true, true },       { "127.255.0.1", true, true, true },
		{ "128.0.0.1", true, false, false },     { "10.1.2.3", true, false, true },
		{ "172.16.0.1", true, false, true },     { "172.31.255.255", true, false, true },
		{ "172.32.0.1", true, false, false },    { "192.168.9.9", true, false, true },
		{ "192.169.0.1", true, false, false },   { "169.254.1.1", true, false, true },
		{ "100.64.0.1", true, false, true },     { "100.128.0.1", true, false, false },
		{ "203.0.113.1", true, false, false },   { "::1", false, true, true },
		{ "fd00::1", false, false, true },       { "fe80::1", false, false, true },
		{ "fec0::1", false, false, false },      { "2001:db8::1", false, false, false },
		{ "::ffff:10.0.0.1", true, false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct ip ip;

		assert_true(ip_parse(slice_str(ROWS[i].ip), &ip));
		CHECK(ip_is_v4(&ip) == ROWS[i].v4, "%s", ROWS[i].ip);
		CHECK(ip_is_loopback(&ip) == ROWS[i].loopback, "%s", ROWS[i].ip);
		CHECK(ip_is_private(&ip) == ROWS[i].private, "%s", ROWS[i].ip);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_net),
		cmocka_unit_test(test_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

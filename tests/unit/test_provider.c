/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_provider.c - whose domain, whose host
 */
#include "unit.h"

#include "fact/provider.h"

static const struct {
	const char *name;
	enum provider domain, host;
} ROWS[] = {
	{ "gmail.com", PROVIDER_GOOGLE, PROVIDER_GOOGLE },
	{ "GMail.COM", PROVIDER_GOOGLE, PROVIDER_GOOGLE },
	{ "gmail-smtp-in.l.google.com", PROVIDER_NONE, PROVIDER_GOOGLE },
	{ "aspmx.l.google.com.", PROVIDER_NONE, PROVIDER_GOOGLE },
	{ "example-com.mail.protection.outlook.com", PROVIDER_MICROSOFT, PROVIDER_MICROSOFT },
	{ "example-com.p-v1.mx.microsoft", PROVIDER_NONE, PROVIDER_MICROSOFT },
	{ "hotmail.co.uk", PROVIDER_MICROSOFT, PROVIDER_MICROSOFT },
	{ "mta5.am0.yahoodns.net", PROVIDER_NONE, PROVIDER_YAHOO },
	{ "yahoo.co.jp", PROVIDER_YAHOO_JAPAN, PROVIDER_YAHOO_JAPAN },
	{ "yahoo.co.uk", PROVIDER_YAHOO, PROVIDER_YAHOO },
	{ "mx01.mail.icloud.com", PROVIDER_APPLE, PROVIDER_APPLE },
	{ "mx00.emig.gmx.net", PROVIDER_GMX, PROVIDER_GMX },
	{ "mx00.kundenserver.de", PROVIDER_NONE, PROVIDER_GMX },
	{ "mx00.t-online.de", PROVIDER_TELEKOM, PROVIDER_TELEKOM },
	{ "smtp-in.orange.fr", PROVIDER_ORANGE, PROVIDER_ORANGE },
	{ "smtp-in.libero.it", PROVIDER_LIBERO, PROVIDER_LIBERO },
	{ "mxs.mail.ru", PROVIDER_MAILRU, PROVIDER_MAILRU },
	{ "mx.yandex.net", PROVIDER_NONE, PROVIDER_YANDEX },
	{ "163mx01.mxmail.netease.com", PROVIDER_NONE, PROVIDER_NETEASE },
	{ "mx1a1.comcast.net", PROVIDER_COMCAST, PROVIDER_COMCAST },
	{ "mail.protonmail.ch", PROVIDER_PROTON, PROVIDER_PROTON },
	{ "eu-smtp-inbound-1.mimecast.com", PROVIDER_NONE, PROVIDER_MIMECAST },
	{ "mxa-00123456.gslb.pphosted.com", PROVIDER_NONE, PROVIDER_PROOFPOINT },
	{ "d1234.ess.barracudanetworks.com", PROVIDER_NONE, PROVIDER_BARRACUDA },
	{ "mx1.hc123-45.iphmx.com", PROVIDER_NONE, PROVIDER_CISCO },
	{ "mx1.mail.ovh.net", PROVIDER_NONE, PROVIDER_OVH },
	{ "ns300123.ovh.net", PROVIDER_NONE, PROVIDER_NONE },
	{ "inbound-smtp.eu-west-1.amazonaws.com", PROVIDER_NONE, PROVIDER_AMAZON },
	{ "ec2-192-0-2-1.compute.amazonaws.com", PROVIDER_NONE, PROVIDER_NONE },
	{ "notgmail.com", PROVIDER_NONE, PROVIDER_NONE },
	{ "gmail.com.example", PROVIDER_NONE, PROVIDER_NONE },
	{ "gmail.test", PROVIDER_NONE, PROVIDER_NONE },
	{ "com", PROVIDER_NONE, PROVIDER_NONE },
	{ ".", PROVIDER_NONE, PROVIDER_NONE },
	{ "", PROVIDER_NONE, PROVIDER_NONE },
};

static void test_rows(void **state)
{
	struct provider_index index;

	(void)state;
	provider_index_init(&index);
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct slice name = slice_str(ROWS[i].name);

		CHECK(provider_of_domain(&index, name) == ROWS[i].domain, "domain '%s': %s", ROWS[i].name,
		      provider_name(provider_of_domain(&index, name)));
		CHECK(provider_of_host(&index, name) == ROWS[i].host, "host '%s': %s", ROWS[i].name,
		      provider_name(provider_of_host(&index, name)));
	}
	assert_int_equal(provider_of_host(&index, SLICE_NONE), PROVIDER_NONE);
}

/* Each domain of the table is found by its own row: none hides another one. */
static void test_table(void **state)
{
	static const struct {
		const char *domain;
		enum provider want;
	} TABLE[] = {
#define PROVIDER(id, name)
#define DOMAIN(id, domain) { domain, PROVIDER_##id },
#define HOST(id, domain) { domain, PROVIDER_##id },
#include "data/providers.def"
	};
	struct provider_index index;

	(void)state;
	provider_index_init(&index);
	for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
		CHECK(provider_of_host(&index, slice_str(TABLE[i].domain)) == TABLE[i].want, "'%s'", TABLE[i].domain);
		for (size_t k = 0; k < i; k++)
			CHECK(strcmp(TABLE[i].domain, TABLE[k].domain) != 0, "'%s' twice", TABLE[i].domain);
	}
	for (int p = 0; p < PROVIDER_COUNT; p++)
		assert_non_null(provider_name((enum provider)p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

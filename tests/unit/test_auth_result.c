/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_auth_result.c - results of SPF, DKIM, DMARC and ARC, from verdicts and from lists of symbols
 */
#include "unit.h"

#include "fact/auth_result.h"

/* "spf pass example.net\n..." of up to four verdicts */
static void check_results(const struct verdict *list, size_t n, const char *want)
{
	static const char *const WORDS[] = {
#define X(id, name) name,
		AUTH_RESULTS(X)
#undef X
	};
	struct auth_result results[AUTH_RESULTS_MAX];
	struct verdict chain[4];
	char got[1024] = "";
	size_t at = 0, found;

	assert_true(n <= 4);
	for (size_t i = 0; i < n; i++) {
		chain[i] = list[i];
		chain[i].next = i + 1 < n ? &chain[i + 1] : NULL;
	}
	found = auth_results_of(n ? chain : NULL, results);
	for (size_t i = 0; i < found; i++)
		at += (size_t)snprintf(got + at, sizeof got - at, "%s %s %.*s\n", auth_check_name(results[i].check), WORDS[results[i].word],
				       SLICE_ARG(results[i].domain.p ? results[i].domain : SLICE("-")));
	assert_string_equal(got, want);
}

#define CHECK_RESULTS(want, ...)                                                  \
	do {                                                                      \
		const struct verdict list_[] = { __VA_ARGS__ };                   \
		check_results(list_, sizeof list_ / sizeof *list_, (want));       \
	} while (0)

static struct verdict said(enum writer writer, const char *check, const char *result, const char *domain)
{
	return (struct verdict){ .writer = writer, .check = slice_str(check), .result = slice_str(result),
				 .domain = domain ? slice_str(domain) : SLICE_NONE };
}

static struct verdict symbols(enum writer writer, const char *list)
{
	return (struct verdict){ .writer = writer, .check = SLICE("spam"), .result = SLICE("ham"), .detail = slice_str(list) };
}

static void test_words(void **state)
{
	(void)state;
	check_results(NULL, 0, "");
	CHECK_RESULTS("spf softfail example.net\ndmarc fail example.net\n", said(WRITER_POLICYD_SPF, "spf", "Softfail", "example.net"),
		      said(WRITER_OPENDMARC, "dmarc", "fail", "example.net"), said(WRITER_AMAVIS, "virus", "pass", NULL),
		      said(WRITER_OPENDKIM, "dkim", "no idea", NULL));
	CHECK_RESULTS("spf error -\ndkim error x.example\narc none -\n", said(WRITER_POLICYD_SPF, "spf", "temperror", NULL),
		      said(WRITER_OPENDKIM, "dkim", "permerror", "x.example"), said(WRITER_OPENARC, "arc", "none", NULL));
}

/* two lines about one signature, and two filters that agree */
static void test_once(void **state)
{
	(void)state;
	CHECK_RESULTS("dkim pass example.net\n", said(WRITER_OPENDKIM, "dkim", "pass", NULL),
		      said(WRITER_OPENDKIM, "dkim", "pass", "example.net"), said(WRITER_EXIM, "dkim", "pass", "EXAMPLE.net"));
	/* the other one may speak of another signature */
	CHECK_RESULTS("dkim pass -\ndkim fail example.net\n", said(WRITER_OPENDKIM, "dkim", "pass", NULL),
		      said(WRITER_OPENDKIM, "dkim", "fail", "example.net"));
}

static void test_symbols(void **state)
{
	(void)state;
	CHECK_RESULTS("spf pass -\ndmarc fail customer.example\ndkim pass example.net\narc none -\n",
		      symbols(WRITER_RSPAMD, "FORGED_SENDER(0.30){a@customer.example;b@example.net;},R_SPF_ALLOW(-0.20){+ip4:198.51.100.0/24:c;},"
						     "DMARC_POLICY_SOFTFAIL(0.10){customer.example : SPF not aligned (relaxed), No valid DKIM;none;},"
						     "R_DKIM_ALLOW(-0.20){example.net:s=sel1;},ARC_NA(0.00){}"));
	CHECK_RESULTS("dkim fail -\nspf pass -\n", symbols(WRITER_SPAMD, "DKIM_INVALID,DKIM_SIGNED,SPF_HELO_NONE,SPF_PASS"));
}

/* what a mail puts between the braces is no symbol; lists that are cut */
static void test_hostile(void **state)
{
	static const char *const CUT[] = { "R_SPF_ALLOW(", "R_SPF_ALLOW(-0.2){", "(", "{", ",,,", "R_SPF_ALLOW(-0.20){a},", "\xff\xfe", "=" };

	(void)state;
	CHECK_RESULTS("", symbols(WRITER_RSPAMD, "SUBJ(0.1){x,R_SPF_ALLOW(0.1){paypal.example;}"));
	CHECK_RESULTS("dmarc pass -\n", symbols(WRITER_RSPAMD, "DMARC_POLICY_ALLOW(0.1){not a domain;}"));
	for (size_t i = 0; i < ARRAY_LEN(CUT); i++) {
		struct slice copy = heap_copy(slice_str(CUT[i]));
		struct verdict v = { .check = SLICE("spam"), .detail = copy };
		struct auth_result results[AUTH_RESULTS_MAX];

		assert_true(auth_results_of(&v, results) <= 1);
		heap_free(copy);
	}
}

/* as many domains as somebody cares to sign with */
static void test_many(void **state)
{
	static struct verdict list[1000];
	static char domains[1000][16];
	struct auth_result results[AUTH_RESULTS_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		(void)snprintf(domains[i], sizeof domains[i], "d%zu.example", i);
		list[i] = said(WRITER_OPENDKIM, "dkim", "pass", domains[i]);
		list[i].next = i + 1 < ARRAY_LEN(list) ? &list[i + 1] : NULL;
	}
	assert_int_equal(auth_results_of(list, results), AUTH_RESULTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),	cmocka_unit_test(test_once), cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

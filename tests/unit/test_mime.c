/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_mime.c - texts in the forms that mail carries
 */
#include "unit.h"

#include "base/attr.h"
#include "export/mime.h"

static void test_quoted_printable(void **state)
{
	static const struct {
		const char *name, *in, *want;
	} ROWS[] = {
		{ "nothing", "", "" },
		{ "plain", "a b\nc", "a b\nc\n" },
		{ "equals", "a=b", "a=3Db\n" },
		{ "blank at the end", "a \nb\t\n", "a=20\nb=09\n" },
		{ "eight bits", "\xc3\xbc\x01\r", "=C3=BC=01=0D\n" },
		{ "what mbox and SMTP would change", "From me\n.\nx From .\n", "=46rom me\n=2E\nx From .\n" },
		{ "75 columns", "123456789 123456789 123456789 123456789 123456789 123456789 123456789 12345",
		  "123456789 123456789 123456789 123456789 123456789 123456789 123456789 12345\n" },
		{ "76 columns", "123456789 123456789 123456789 123456789 123456789 123456789 123456789 12345.",
		  "123456789 123456789 123456789 123456789 123456789 123456789 123456789 12345=\n=2E\n" },
		{ "no escape is divided", "123456789 123456789 123456789 123456789 123456789 123456789 123456789 1234=",
		  "123456789 123456789 123456789 123456789 123456789 123456789 123456789 1234=\n=3D\n" },
	};
	struct strbuf out = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		strbuf_clear(&out);
		mime_quoted_printable(&out, slice_str(ROWS[i].in));
		if (!slice_eq(strbuf_slice(&out), slice_str(ROWS[i].want)))
			fail_msg("%s: '%s', not '%s'", ROWS[i].name, out.p ? out.p : "", ROWS[i].want);
	}
	strbuf_done(&out);
}

static void test_header(void **state)
{
	static const struct {
		const char *in, *want;
	} ROWS[] = {
		{ "mx1, 2026-11-21", "Subject: mx1, 2026-11-21\n" },
		{ "a\r\nBcc: x@y", "Subject: a\\x0d\\x0aBcc: x@y\n" },
		{ "=?utf-8?Q?Bcc=3A?=", "Subject: =?utf-8?Q?=3D=3Futf-8=3FQ=3FBcc=3D3A=3F=3D?=\n" },
		{ "g\xc3\xbcn \xff", "Subject: =?utf-8?Q?g=C3=BCn_=5Cxff?=\n" },
		{ "12345678901234567890123456789012345678901234567890123456789012345678",
		  "Subject: =?utf-8?Q?123456789012345678901234567890123456789012345678901234?=\n =?utf-8?Q?56789012345678?=\n" },
	};
	struct strbuf out = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		strbuf_clear(&out);
		mime_header(&out, "Subject", slice_str(ROWS[i].in));
		if (!slice_eq(strbuf_slice(&out), slice_str(ROWS[i].want)))
			fail_msg("'%s', not '%s'", out.p, ROWS[i].want);
	}
	strbuf_done(&out);
}

static void test_date(void **state)
{
	struct strbuf out = { 0 };

	(void)state;
	mime_date(&out, INT64_C(1795332600) * USEC_PER_SEC, 3600);
	assert_string_equal(out.p, "Sun, 22 Nov 2026 08:30:00 +0100");
	strbuf_clear(&out);
	mime_date(&out, 0, -12600);
	assert_string_equal(out.p, "Wed, 31 Dec 1969 20:30:00 -0330");
	strbuf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quoted_printable),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_input_rotated.c - the names of rotated logs: what set they belong to, which is older
 */
#include "input/rotated.h"

#include "unit.h"

struct row {
	const char *name;
	const char *base;
	enum rotated_kind kind;
	int64_t value;
};

static const struct row rows[] = {
	{ "mail.log", "mail.log", ROTATED_LIVE, 0 },
	{ "mail.log.1", "mail.log", ROTATED_NUMBER, 1 },
	{ "mail.log.2.gz", "mail.log", ROTATED_NUMBER, 2 },
	{ "mail.log.10.xz", "mail.log", ROTATED_NUMBER, 10 },
	{ "mail.log.gz", "mail.log", ROTATED_LIVE, 0 },
	{ "mail.3.log", "mail.log", ROTATED_NUMBER, 3 },
	{ "maillog.0.bz2", "maillog", ROTATED_NUMBER, 0 },
	{ "mainlog.01", "mainlog", ROTATED_NUMBER, 1 },
	{ "mainlog.02.gz", "mainlog", ROTATED_NUMBER, 2 },
	{ "mainlog.100.gz", "mainlog", ROTATED_NUMBER, 100 },
	{ "maillog-20261121", "maillog", ROTATED_DATE, 20261121000000 },
	{ "maillog-20261121.gz", "maillog", ROTATED_DATE, 20261121000000 },
	{ "maillog-2026112109", "maillog", ROTATED_DATE, 20261121090000 },
	{ "exim_mainlog-20261121.gz", "exim_mainlog", ROTATED_DATE, 20261121000000 },
	{ "maillog.20260912-101530.gz", "maillog", ROTATED_DATE, 20260912101530 },
	{ "mail-20261121.log", "mail.log", ROTATED_DATE, 20261121000000 },
	{ "mail.log-2026-11-21.zst", "mail.log", ROTATED_DATE, 20261121000000 },
	{ "20261121-mainlog", "mainlog", ROTATED_DATE, 20261121000000 },
	{ "exim-reject-20261121.log", "exim-reject.log", ROTATED_DATE, 20261121000000 },
	{ "2026.09.14-smtpLog.log", "smtpLog.log", ROTATED_DATE, 20260914000000 },
	{ "2026.09.14-delivery.log.zip", "delivery.log", ROTATED_DATE, 20260914000000 },
	{ "main.202611", "main", ROTATED_DATE, 20261100000000 },
	{ "mail.log-20240229", "mail.log", ROTATED_DATE, 20240229000000 },
	{ "MSGTRK2026091408-1.LOG", "MSGTRK.LOG", ROTATED_DATE, 20260914080001 },
	{ "MSGTRK2026091408-12.LOG", "MSGTRK.LOG", ROTATED_DATE, 20260914080012 },
	{ "MSGTRKMD20260914-2.LOG.gz", "MSGTRKMD.LOG", ROTATED_DATE, 20260914000002 },
	{ "msgtrkms2026091423-1.log", "msgtrkms.log", ROTATED_DATE, 20260914230001 },
	{ "RECV2023011116-1.LOG", "RECV.LOG", ROTATED_DATE, 20230111160001 },
	{ "IMAP420260914-1.LOG", "IMAP4.LOG", ROTATED_DATE, 20260914000001 },
	/* what looks like one but is none */
	{ "MSGTRK2026091424-1.LOG", "MSGTRK2026091424-1.LOG", ROTATED_LIVE, 0 },
	{ "MSGTRK2026131408-1.LOG", "MSGTRK2026131408-1.LOG", ROTATED_LIVE, 0 },
	{ "MSGTRK2026091408-12345.LOG", "MSGTRK2026091408-12345.LOG", ROTATED_LIVE, 0 },
	{ "MSGTRK2026091408-1.LOG.bak", "MSGTRK2026091408-1.LOG.bak", ROTATED_LIVE, 0 },
	{ "RECV20260914.LOG", "RECV20260914.LOG", ROTATED_LIVE, 0 },
	{ "mail.log-20230229", "mail.log-20230229", ROTATED_LIVE, 0 },
	{ "mail.log-20261321", "mail.log-20261321", ROTATED_LIVE, 0 },
	{ "mail.log.12345", "mail.log.12345", ROTATED_LIVE, 0 },
	{ "mx1", "mx1", ROTATED_LIVE, 0 },
	{ "mx20261121", "mx20261121", ROTATED_LIVE, 0 },
	{ "20261121", "20261121", ROTATED_LIVE, 0 },
	{ "1", "1", ROTATED_LIVE, 0 },
	{ ".1", ".1", ROTATED_LIVE, 0 },
	{ "", "", ROTATED_LIVE, 0 },
	{ "-", "-", ROTATED_LIVE, 0 },
};

static void names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct slice name = heap_copy(slice_str(rows[i].name));
		struct rotated r;

		rotated_parse(name, &r);
		CHECK(strcmp(r.base, rows[i].base) == 0, "%s: base '%s', want '%s'", rows[i].name, r.base,
		      rows[i].base);
		CHECK(r.kind == rows[i].kind, "%s: kind %d, want %d", rows[i].name, (int)r.kind,
		      (int)rows[i].kind);
		CHECK(r.value == rows[i].value, "%s: value %lld", rows[i].name, (long long)r.value);
		free(r.base);
		heap_free(name);
	}
}

/* each list is in its right order */
static const char *const orders[][8] = {
	{ "mail.log.10.gz", "mail.log.9.gz", "mail.log.2.gz", "mail.log.1", "mail.log" },
	{ "mainlog.100.gz", "mainlog.99.gz", "mainlog.02.gz", "mainlog.01", "mainlog" },
	{ "maillog-20251231.gz", "maillog-20260101.gz", "maillog-20261121", "maillog" },
	{ "maillog.20260912-091530.gz", "maillog.20260912-101530.gz", "maillog.20260913-001530.gz",
	  "maillog" },
	{ "mail.log-20261101.gz", "mail.log.2.gz", "mail.log.1", "mail.log" },
	{ "main.202609", "main.202610", "main.202611" },
	{ "2025.12.31-smtpLog.log.zip", "2026.01.01-smtpLog.log.zip", "2026.01.02-smtpLog.log" },
};

static void order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		for (size_t a = 0; a < 8 && orders[i][a]; a++)
			for (size_t b = 0; b < 8 && orders[i][b]; b++) {
				struct rotated ra, rb;
				int got;

				rotated_parse(slice_str(orders[i][a]), &ra);
				rotated_parse(slice_str(orders[i][b]), &rb);
				got = rotated_compare(&ra, &rb);
				CHECK(strcmp(ra.base, rb.base) == 0, "%s and %s", orders[i][a], orders[i][b]);
				CHECK(a < b   ? got < 0
				      : a > b ? got > 0
					      : got == 0,
				      "%s and %s: %d", orders[i][a], orders[i][b], got);
				free(ra.base);
				free(rb.base);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

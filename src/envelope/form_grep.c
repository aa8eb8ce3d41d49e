/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_grep.c - what grep and its kin put in front of the lines that they print
 *
 * "FILE:RECORD", "FILE:LINE:RECORD", "LINE:RECORD"  what was found: grep, grep -n, zgrep, rg; git grep, ack, findstr
 * "FILE-RECORD", "FILE-LINE-RECORD", "LINE-RECORD"  the lines around it (-A, -B, -C)
 *
 * RECORD is of any other form, whose name it keeps.  Where the file's name has the day on which logrotate put it away
 * ("maillog-20260510.gz"), that tells the year of stamps without one.
 * Source: POSIX, grep; GNU grep 3.11, src/grep.c, print_line_head(); ripgrep 14, manual.
 * Traps: names hold both separators and dates, so the prefix ends where a stamp follows; texts hold stamps, so it ends
 * before the first blank.  A line of an entry of Exim's reject log begins with a letter and a blank, or with a blank.
 */
#include "envelope/head.h"

#include <string.h>

#include "base/ascii.h"
#include "base/civil.h"

#define PREFIX_MAX_BYTES 1024
#define NAME_DATE_BYTES  8  /* "20260510" */
#define TIME_BYTES       8
#define LATE_DAYS        40 /* by which records may be later than the day in the name: it may be the first of a month's log */

static bool one_of(const char *bytes, char c)
{
	return c && strchr(bytes, c);
}

/* of names of files; what quotes, brackets and values are made of is more likely a text */
static bool name_byte(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f && !one_of("\"'<>()[]{}|=,;*?", c);
}

/* Does a stamp stand there, or something that will have one: "<22>", {"log":, "[2026.11.21] "? */
static bool starts_stamped(struct cur c)
{
	char first = cur_peek(&c);
	struct stamp s;

	if (ascii_digit(first))
		return head_stamp_iso(&c, 'T', NULL, &s) || head_stamp_iso(&c, ' ', NULL, &s);
	if (first == '<' || first == '[')
		return cur_left(&c) > 1 && ascii_digit(c.p[1]);
	return first == '{' || head_stamp_bsd(&c, NULL, &s);
}

/* The file and the line, and the record behind them. */
static bool split_prefix(struct cur c, struct slice *ret_prefix, struct cur *ret_record)
{
	const char *start = c.p, *max = cur_left(&c) > PREFIX_MAX_BYTES ? start + PREFIX_MAX_BYTES : c.end;

	(void)(cur_lit(&c, "(standard input)") || cur_lit(&c, "<stdin>"));
	for (const char *p = c.p; p < max && name_byte(*p); p++) {
		struct cur at = { p + 1, c.end };

		if ((*p != ':' && *p != '-') || p == start || !starts_stamped(at))
			continue;
		*ret_prefix = slice_between(start, p);
		*ret_record = at;
		return true;
	}
	return false;
}

/* "maillog-20260510.gz:123": the last such day; an offset in bytes stands behind a colon */
static bool name_date(struct slice name, int64_t *ret_days, int *ret_year)
{
	for (size_t at = name.n; at-- > 1;) {
		struct cur c = cur_of(slice_from(name, at)), before = c;
		uint64_t v;
		int year, month, day;

		if (!ascii_digit(*c.p) || !one_of("-._", name.p[at - 1]))
			continue;
		if (!cur_u64(&c, 99991231, &v) || c.p - before.p != NAME_DATE_BYTES)
			continue;
		year = (int)(v / 10000);
		month = (int)(v / 100 % 100);
		day = (int)(v % 100);
		if (year < 1980 || month < 1 || month > 12 || day < 1 || day > civil_month_days(year, month))
			continue;
		*ret_days = civil_days(year, month, day);
		*ret_year = year;
		return true;
	}
	return false;
}

/* The stamp gets the last year in which it is not later than the file. */
static void put_year(struct slice name, const struct envelope_clock *clock, struct head *h)
{
	struct stamp_fields f = stamp_fields(&h->stamp);
	int64_t days;
	int year;

	if (!name_date(name, &days, &year))
		return;
	year += civil_days(year + 1, f.month, f.day) <= days + LATE_DAYS;
	year -= civil_days(year, f.month, f.day) > days + LATE_DAYS;
	if (f.day > civil_month_days(year, f.month))
		return;
	head_write_stamp(year, f.month, f.day, h->stamp.text.p + h->stamp.text.n - TIME_BYTES, clock, h);
}

bool head_form_grep(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	struct slice prefix;
	struct cur record;

	if (h->prefix_bytes || !split_prefix(c, &prefix, &record))
		return false;
	h->prefix_bytes = (uint32_t)prefix.n + 1;
	if (!head_record(record, clock, h) || (h->stamp.form == STAMP_NONE && h->outer_us == USEC_NONE) || h->header ||
	    h->kind == ENVELOPE_EXCHANGE) {
		h->prefix_bytes = 0;
		return false;
	}
	if (h->stamp.form == STAMP_BSD && h->outer_us == USEC_NONE)
		put_year(prefix, clock, h);
	return true;
}

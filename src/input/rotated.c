/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotated.c - names of rotated logs
 *
 * logrotate: NAME.1 NAME.2.gz, NAME-YYYYMMDD[.gz], with "extension .log" NAME.1.log and NAME-YYYYMMDD.log;
 * exicyclog: NAME.01 NAME.02.gz (three digits from 100 on); Exim's %D and %M anywhere in the name:
 * mainlog-20261121, 20261121-mainlog, main.202611, exim-reject-20261121.log; Postfix:
 * maillog.20260912-101530.gz; newsyslog: maillog.0.bz2; Exchange: MSGTRK2026091408-1.LOG, where the date may lack the hour and the
 * number counts the files of a day; SmarterMail: 2026.09.14-smtpLog.log, and .zip behind it.
 */
#include "input/rotated.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/civil.h"

#define NUMBER_DIGITS_MAX 4

static const char *const compression_suffixes[] = {
	".gz", ".bz2", ".xz", ".zst", ".lz4", ".lzma", ".lz", ".Z", ".zip"
};

static struct slice strip_compression(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(compression_suffixes); i++) {
		struct slice suffix = slice_str(compression_suffixes[i]);

		if (name.n > suffix.n && memcmp(name.p + name.n - suffix.n, suffix.p, suffix.n) == 0)
			return slice_of(name.p, name.n - suffix.n);
	}
	return name;
}

static bool is_separator(char c)
{
	return c == '.' || c == '-' || c == '_';
}

static size_t digits_at(struct slice s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && ascii_digit(s.p[at + n]))
		n++;
	return n;
}

static int64_t number_at(struct slice s, size_t at, size_t n)
{
	int64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v * 10 + (s.p[at + i] - '0');
	return v;
}

static bool date_fits(int64_t year, int64_t month, int64_t day)
{
	return year >= 1980 && year < 2200 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= civil_month_days((int)year, (int)month);
}

/* A date in the name: [at, at + n) is it with its time of day. */
struct token {
	size_t at, n;
};

/* "-101530", "_1015", "-1758012345" behind a date: a time of day or an epoch, kept as it is for the order */
static size_t time_behind(struct slice s, size_t at, int64_t *ret)
{
	size_t skip = at < s.n && (s.p[at] == '-' || s.p[at] == '_' || s.p[at] == 'T') ? 1 : 0;
	size_t n = digits_at(s, at + skip);

	*ret = 0;
	if (skip == 0 || (n != 2 && n != 4 && n != 6 && n != 10))
		return 0;
	*ret = n == 2	? number_at(s, at + skip, n) * 10000
	       : n == 4 ? number_at(s, at + skip, n) * 100
	       : n == 6 ? number_at(s, at + skip, n)
			: number_at(s, at + skip, n) % 86400;
	return skip + n;
}

/* A date whose digits begin at `at` (no digit before): 20261121, 2026112110, 2026-11-21, 2026.11.21, or 202611 at the
 * end of a word. */
static bool date_at(struct slice s, size_t at, struct rotated *r, struct token *ret)
{
	size_t n = digits_at(s, at);
	int64_t year = number_at(s, at, n < 4 ? n : 4), month, day = 0, time = 0;
	size_t end = at + n;

	if (n == 8 || n == 10) {
		month = number_at(s, at + 4, 2);
		day = number_at(s, at + 6, 2);
		time = n == 10 ? number_at(s, at + 8, 2) * 10000 : 0;
		if (n == 8)
			end += time_behind(s, end, &time);
	} else if (n == 4 && s.n - at >= 10 && (s.p[at + 4] == '-' || s.p[at + 4] == '.') && digits_at(s, at + 5) == 2 &&
		   s.p[at + 7] == s.p[at + 4] && digits_at(s, at + 8) == 2) {
		month = number_at(s, at + 5, 2);
		day = number_at(s, at + 8, 2);
		end = at + 10;
		end += time_behind(s, end, &time);
	} else if (n == 6) {
		month = number_at(s, at + 4, 2);
	} else {
		return false;
	}
	if (!date_fits(year, month, n == 6 ? 1 : day) || time >= 240000)
		return false;
	r->kind = ROTATED_DATE;
	r->value = ((year * 100 + month) * 100 + day) * 1000000 + time;
	r->year = (int)year;
	r->month = (int)month;
	r->day = (int)day;
	*ret = (struct token){ at, end - at };
	return true;
}

/* The last date in the name that stands between separators or ends. */
static bool find_date(struct slice s, struct rotated *r, struct token *ret)
{
	for (size_t at = s.n; at-- > 0;) {
		if (!ascii_digit(s.p[at]) || (at > 0 && !is_separator(s.p[at - 1])))
			continue;
		if (date_at(s, at, r, ret) &&
		    (ret->at + ret->n == s.n || is_separator(s.p[ret->at + ret->n])))
			return true;
	}
	r->kind = ROTATED_LIVE;
	return false;
}

/* ".12" at the end or in front of ".log" */
static bool find_number(struct slice s, struct rotated *r, struct token *ret)
{
	size_t stop = slice_ends(s, ".log") ? s.n - 4 : s.n;

	for (;;) {
		size_t at = stop;

		while (at > 0 && ascii_digit(s.p[at - 1]))
			at--;
		if (stop > at && stop - at <= NUMBER_DIGITS_MAX && at > 1 && s.p[at - 1] == '.') {
			r->kind = ROTATED_NUMBER;
			r->value = number_at(s, at, stop - at);
			*ret = (struct token){ at, stop - at };
			return true;
		}
		if (stop == s.n)
			return false;
		stop = s.n;
	}
}

static bool starts_fold(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n && slice_eq_fold(slice_head(s, prefix.n), prefix);
}

/* PREFIXyyyymmdd[hh]-n.LOG, all of the name; the token is what stands between the prefix and ".LOG" */
static bool find_exchange(struct slice s, struct rotated *r, struct token *ret)
{
	static const struct slice prefixes[] = {
		{ "MSGTRKMA", 8 }, { "MSGTRKMD", 8 }, { "MSGTRKMS", 8 }, { "MSGTRKM", 7 }, { "MSGTRK", 6 },
		{ "RECV", 4 },     { "SEND", 4 },     { "IMAP4", 5 },    { "POP3", 4 },
	};
	struct slice suffix = s.n > 4 ? slice_from(s, s.n - 4) : s;
	int64_t number, hour;
	size_t at, n, digits;

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		at = prefixes[i].n;
		n = starts_fold(s, prefixes[i]) && slice_eq_fold(suffix, SLICE(".log")) ? digits_at(s, at) : 0;
		if ((n != 8 && n != 10) || s.p[at + n] != '-')
			continue;
		digits = digits_at(s, at + n + 1);
		if (digits == 0 || digits > NUMBER_DIGITS_MAX || at + n + 1 + digits + suffix.n != s.n)
			continue;
		number = number_at(s, at + n + 1, digits);
		hour = n == 10 ? number_at(s, at + 8, 2) : 0;
		r->year = (int)number_at(s, at, 4);
		r->month = (int)number_at(s, at + 4, 2);
		r->day = (int)number_at(s, at + 6, 2);
		if (!date_fits(r->year, r->month, r->day) || hour > 23)
			continue;
		r->kind = ROTATED_DATE;
		r->value = number_at(s, at, 8) * 1000000 + hour * 10000 + number;
		*ret = (struct token){ at, n + 1 + digits };
		return true;
	}
	return false;
}

void rotated_parse(struct slice name, struct rotated *ret)
{
	struct slice s = strip_compression(name);
	struct token t = { s.n, 0 };
	char *base;

	*ret = (struct rotated){ .kind = ROTATED_LIVE };
	if (find_exchange(s, ret, &t)) {
		/* no separator */
	} else if (find_date(s, ret, &t) || find_number(s, ret, &t)) {
		/* one separator goes with it */
		if (t.at > 0) {
			t.at--;
			t.n++;
		} else if (t.n < s.n) {
			t.n++;
		}
	}
	if (t.n == s.n) { /* nothing but a date or a number: a name like any other */
		*ret = (struct rotated){ .kind = ROTATED_LIVE };
		t = (struct token){ s.n, 0 };
	}
	base = xslicedup(s);
	memmove(base + t.at, base + t.at + t.n, s.n - t.at - t.n);
	base[s.n - t.n] = '\0';
	ret->base = base;
}

int rotated_compare(const struct rotated *a, const struct rotated *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->value == b->value)
		return 0;
	if (a->kind == ROTATED_NUMBER)
		return a->value > b->value ? -1 : 1;
	return a->value < b->value ? -1 : 1;
}

/* what SmarterMail calls its logs, with or without "Log" behind it, and what the envelope calls them */
static const struct {
	struct slice name, program;
} smartermail_logs[] = {
#define LOG(name, program) { { name, sizeof(name) - 1 }, { "smartermail-" program, sizeof("smartermail-" program) - 1 } }
	LOG("smtp", "smtp"),
	LOG("imap", "imap"),
	LOG("pop", "pop"),
	LOG("xmpp", "xmpp"),
	LOG("delivery", "delivery"),
	LOG("administrative", "administrative"),
	LOG("profiler", "profiler"),
	LOG("imapRetrieval", "retrieval"),
	LOG("activation", "activation"),
	LOG("autoCleanFolders", "folders"),
	LOG("calendars", "calendars"),
	LOG("contentFilter", "filter"),
	LOG("event", "event"),
	LOG("generalErrors", "errors"),
	LOG("indexing", "indexing"),
	LOG("ldap", "ldap"),
	LOG("maintenance", "maintenance"),
	LOG("spamChecks", "spam"),
	LOG("webdav", "webdav"),
#undef LOG
};

/* "2026.09.14-": only SmarterMail's logs begin so */
static bool starts_with_day(struct slice name)
{
	return name.n > 11 && digits_at(name, 0) == 4 && name.p[4] == '.' && digits_at(name, 5) == 2 && name.p[7] == '.' &&
	       digits_at(name, 8) == 2 && name.p[10] == '-';
}

struct envelope_day rotated_day(struct slice name, const struct rotated *r)
{
	struct envelope_day day = { .year = 0 };
	struct slice log = slice_str(r->base);

	if (r->kind != ROTATED_DATE || !r->day)
		return day;
	day.year = r->year;
	day.month = r->month;
	day.day = r->day;
	if (!starts_with_day(name))
		return day;
	if (slice_ends(log, ".log"))
		log.n -= strlen(".log");
	if (log.n > 3 && slice_eq_fold(slice_from(log, log.n - 3), SLICE("log")))
		log.n -= strlen("log");
	for (size_t i = 0; i < sizeof smartermail_logs / sizeof *smartermail_logs; i++)
		if (slice_eq_fold(log, smartermail_logs[i].name))
			day.program = smartermail_logs[i].program;
	return day;
}

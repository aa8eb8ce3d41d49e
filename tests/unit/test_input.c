/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_input.c - files to records: order, years, zones, servers, copies, windows, errors, reading again; libraries
 */
#include "config.h"

#include "input/input.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/strbuf.h"
#include "input/library.h"
#include "input/mark.h"
#include "unit.h"

#define FILES_MAX 4
#define HAVE_GZIP (HAVE_ISAL || HAVE_LIBARCHIVE)

static char dir[] = "/tmp/mailwhy-test-XXXXXX";

struct file {
	const char *name;
	const char *text;
	const char *mtime;  /* "2026-11-21"; NULL: now */
	const char *stored; /* in a gzip header: the file is compressed then; "" for none */
};

static usec_t day(const char *s)
{
	int year = (s[0] - '0') * 1000 + (s[1] - '0') * 100 + (s[2] - '0') * 10 + (s[3] - '0');

	return civil_days(year, (s[5] - '0') * 10 + (s[6] - '0'), (s[8] - '0') * 10 + (s[9] - '0')) *
	       USEC_PER_DAY;
}

static uint32_t crc32_of(struct slice s)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < s.n; i++) {
		crc ^= (unsigned char)s.p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void add_u32(struct strbuf *sb, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		strbuf_add_byte(sb, (char)(v >> (8 * i)));
}

/* a gzip member with one stored block */
static void gzip(struct strbuf *sb, struct slice text, uint32_t stored)
{
	strbuf_add(sb, slice_of("\x1f\x8b\x08\0", 4));
	add_u32(sb, stored);
	strbuf_add(sb, slice_of("\0\3\1", 3));
	add_u32(sb, (uint32_t)text.n | ~(uint32_t)text.n << 16);
	strbuf_add(sb, text);
	add_u32(sb, crc32_of(text));
	add_u32(sb, (uint32_t)text.n);
}

static char *path_of(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static void write_bytes(const char *name, struct slice bytes, const char *mtime)
{
	char *path = path_of(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_true(write(fd, bytes.p ? bytes.p : "", bytes.n) == (ssize_t)bytes.n);
	if (mtime) {
		struct timespec t = { .tv_sec = (time_t)(day(mtime) / USEC_PER_SEC) };

		assert_int_equal(futimens(fd, (struct timespec[]){ t, t }), 0);
	}
	(void)close(fd);
	free(path);
}

static void write_file(const struct file *f)
{
	struct strbuf sb = { 0 };

	if (f->stored)
		gzip(&sb, slice_str(f->text), f->stored[0] ? (uint32_t)(day(f->stored) / USEC_PER_SEC) : 0);
	else
		strbuf_add_str(&sb, f->text);
	write_bytes(f->name, strbuf_slice(&sb), f->mtime);
	strbuf_done(&sb);
}

static void remove_file(const char *name)
{
	char *path = path_of(name);

	(void)unlink(path);
	free(path);
}

/* what the diag sink heard */
static struct strbuf heard;

static void hear(void *ctx, enum diag_level level, const char *text)
{
	(void)ctx;
	strbuf_printf(&heard, "%c %s\n", level == DIAG_ERROR ? 'E' : level == DIAG_WARNING ? 'W' : 'I', text);
}

static const struct diag diag = { .emit = hear };

static struct input_options options(void)
{
	strbuf_clear(&heard);
	return (struct input_options){
		.since_us = USEC_NONE,
		.until_us = USEC_NONE,
		.now_us = day("2026-11-21"),
		.diag = &diag,
	};
}

/* the names given, in the test's directory */
struct paths {
	char *p[FILES_MAX];
	size_t n;
};

static struct input *open_names(struct input_options *o, const char *const *names, struct paths *paths)
{
	struct input *in = NULL;
	struct err err;

	*paths = (struct paths){ .n = 0 };
	while (paths->n < FILES_MAX && names[paths->n]) {
		const char *name = names[paths->n];

		paths->p[paths->n++] = strcmp(name, "-") == 0 ? xstrdup(name) : path_of(name);
	}
	o->paths = (const char *const *)paths->p;
	o->n_paths = paths->n;
	assert_int_equal(input_open(o, &in, &err), 0);
	return in;
}

static void close_names(struct input *in, struct paths *paths)
{
	input_close(in);
	for (size_t i = 0; i < paths->n; i++)
		free(paths->p[i]);
}

static void add_time(struct strbuf *sb, usec_t t)
{
	struct civil c;

	if (t == USEC_NONE) {
		strbuf_add_str(sb, "none");
		return;
	}
	c = civil_of(t, 0);
	strbuf_printf(sb, "%04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
}

/* What the numbers of one input stand for. */
struct numbered {
	char *servers[LINE_NUMBERS], *programs[LINE_NUMBERS];
};

static void check_number(char **names, uint32_t number, struct slice name)
{
	assert_true(number < LINE_NUMBERS && (number == 0) == (name.n == 0));
	if (number == 0)
		return;
	if (!names[number])
		names[number] = xslicedup(name);
	for (uint32_t i = 1; i < LINE_NUMBERS && (i == 1 || names[i - 1]); i++)
		if (names[i])
			assert_int_equal(i == number, slice_eq(slice_str(names[i]), name));
}

static void numbered_done(struct numbered *n)
{
	for (size_t i = 0; i < LINE_NUMBERS; i++) {
		free(n->servers[i]);
		free(n->programs[i]);
	}
}

enum show { SHOW_TEXT = 1, SHOW_TIME = 2, SHOW_SERVER = 4, SHOW_FLAGS = 8 };

/* all records: "time server text;" as asked for */
static void drain(struct input *in, unsigned show, struct strbuf *out)
{
	struct input_batch batch = { 0 };
	struct numbered numbered = { 0 };
	size_t n;

	while ((n = input_next(in, &batch)))
		for (size_t i = 0; i < n; i++) {
			const struct line *l = batch.lines;

			check_number(numbered.servers, l[i].server_no, l[i].server);
			check_number(numbered.programs, l[i].program_no, l[i].program);
			if (show & SHOW_TIME)
				add_time(out, l[i].time_us);
			if (show & SHOW_SERVER)
				strbuf_printf(out, "%s%.*s", show & SHOW_TIME ? " " : "",
					      SLICE_ARG(l[i].server));
			if (show & SHOW_FLAGS && l[i].flags & LINE_SERVER_GUESSED)
				strbuf_add_byte(out, '?');
			if (show & SHOW_FLAGS && l[i].flags & LINE_ZONE_GUESSED)
				strbuf_add_byte(out, '~');
			if (show & SHOW_TEXT)
				strbuf_printf(out, "%s%.*s", show == SHOW_TEXT ? "" : " ",
					      SLICE_ARG(l[i].text));
			strbuf_add_byte(out, ';');
		}
	input_batch_done(&batch);
	numbered_done(&numbered);
}

struct row {
	const char *name;
	struct file files[FILES_MAX];
	const char *given[FILES_MAX]; /* NULL: as in files */
	int year;
	const char *zone, *server, *zone_file; /* zone NULL: UTC */
	bool no_zone;                          /* no --tz at all */
	unsigned show;
	const char *want;
	const char *want_heard; /* a part of it; NULL: silence but for notes */
};

#define EXIM(time, text) "2026-11-21 " time " " text "\n"
#define SYSLOG(date, text) date " mx postfix/qmgr[1]: " text "\n"

static const struct row rows[] = {
	{ .name = "rotated, in whatever order",
	  .files = { { "mail.log", SYSLOG("Nov 20 10:00:00", "d") },
		     { "mail.log.1", SYSLOG("Nov 19 10:00:00", "c") },
		     { "mail.log.2.gz", SYSLOG("Nov 18 10:00:00", "b"), NULL, "" },
		     { "mail.log.10.gz", SYSLOG("Nov 17 10:00:00", "a"), NULL, "" } },
	  .given = { "mail.log.1", "mail.log.10.gz", "mail.log", "mail.log.2.gz" },
	  .show = SHOW_TEXT,
	  .want = "a;b;c;d;" },
	{ .name = "stamps overrule names",
	  .files = { { "mainlog.1", EXIM("09:00:00", "old") }, { "mainlog.2", EXIM("19:00:00", "new") } },
	  .show = SHOW_TEXT,
	  .want = "old;new;" },
	{ .name = "two logs, merged by time",
	  .files = { { "a.log", SYSLOG("Nov 20 10:00:00", "1") SYSLOG("Nov 20 10:00:02", "3") },
		     { "b.log", SYSLOG("Nov 20 10:00:01", "2") SYSLOG("Nov 20 10:00:02", "4")
					SYSLOG("Nov 20 10:00:03", "5") } },
	  .show = SHOW_TEXT,
	  .want = "1;2;3;4;5;" },
	{ .name = "ties go by the order given",
	  .files = { { "a.log", SYSLOG("Nov 20 10:00:00", "a") },
		     { "b.log", SYSLOG("Nov 20 10:00:00", "b") } },
	  .given = { "b.log", "a.log" },
	  .show = SHOW_TEXT,
	  .want = "b;a;" },
	{ .name = "a late line holds nobody up",
	  .files = { { "a.log", SYSLOG("Nov 20 10:00:05", "2") SYSLOG("Nov 20 10:00:01", "late") },
		     { "b.log", SYSLOG("Nov 20 10:00:04", "1") SYSLOG("Nov 20 10:00:06", "3") } },
	  .show = SHOW_TEXT,
	  .want = "1;2;late;3;" },
	{ .name = "logs of two hosts with names of one rotated set run side by side",
	  .files = { { "mx.1", EXIM("09:00:00", "1") EXIM("18:00:00", "4") },
		     { "mx.2", EXIM("09:00:01", "2") EXIM("17:00:00", "3") } },
	  .show = SHOW_TEXT,
	  .want = "1;2;3;4;" },

	{ .name = "year from the file's time",
	  .files = { { "mail.log", SYSLOG("Dec 31 10:00:00", "a") SYSLOG("Jan  1 10:00:00", "b"),
		       "2024-01-01" } },
	  .show = SHOW_TIME,
	  .want = "2023-12-31 10:00;2024-01-01 10:00;" },
	{ .name = "year from now: this year's",
	  .files = { { "mail.log", SYSLOG("Nov 20 10:00:00", "a"), "2027-03-01" } },
	  .show = SHOW_TIME,
	  .want = "2026-11-20 10:00;" },
	{ .name = "year from now: last year's",
	  .files = { { "mail.log", SYSLOG("Dec  5 10:00:00", "a"), "2026-11-21" } },
	  .show = SHOW_TIME,
	  .want = "2025-12-05 10:00;" },
	{ .name = "year from a gzip header",
	  .files = { { "mail.log.2.gz", SYSLOG("Mar  9 10:00:00", "a"), "2026-11-01", "2024-03-10" } },
	  .show = SHOW_TIME,
	  .want = "2024-03-09 10:00;" },
	{ .name = "year from a date in the name",
	  .files = { { "maillog-20230105", SYSLOG("Dec 30 10:00:00", "a") SYSLOG("Jan  4 10:00:00", "b") } },
	  .show = SHOW_TIME,
	  .want = "2022-12-30 10:00;2023-01-04 10:00;" },
	{ .name = "year from a month in the name",
	  .files = { { "maillog.202301", SYSLOG("Jan 30 10:00:00", "a") } },
	  .show = SHOW_TIME,
	  .want = "2023-01-30 10:00;" },
	{ .name = "years of a set fit together",
	  .files = { { "mail.log", SYSLOG("Jan 10 10:00:00", "c"), "2026-11-21" },
		     { "mail.log.1", SYSLOG("Dec 28 10:00:00", "a") SYSLOG("Jan  9 10:00:00", "b"),
		       "2026-11-21" },
		     { "mail.log.2.gz", SYSLOG("Nov 21 10:00:00", "0"), "2026-11-21", "" } },
	  .show = SHOW_TIME,
	  .want = "2025-11-21 10:00;2025-12-28 10:00;2026-01-09 10:00;2026-01-10 10:00;" },
	{ .name = "29 February wants a leap year",
	  .files = { { "mail.log", SYSLOG("Feb 20 10:00:00", "a") SYSLOG("Feb 29 10:00:00", "b"),
		       "2026-11-21" } },
	  .show = SHOW_TIME,
	  .want = "2024-02-20 10:00;2024-02-29 10:00;" },
	{ .name = "29 February behind New Year",
	  .files = { { "mail.log", SYSLOG("Dec 20 10:00:00", "a") SYSLOG("Feb 29 10:00:00", "b"),
		       "2026-11-21" } },
	  .show = SHOW_TIME,
	  .want = "2023-12-20 10:00;2024-02-29 10:00;" },
	{ .name = "--year is that of the first line",
	  .files = { { "mail.log.1", SYSLOG("Dec 30 10:00:00", "a") },
		     { "mail.log", SYSLOG("Jan  2 10:00:00", "b") } },
	  .year = 2019,
	  .show = SHOW_TIME,
	  .want = "2019-12-30 10:00;2020-01-02 10:00;" },
	{ .name = "year from a queue id, and on from it",
	  .files = { { "mail.log.1",
		       "Dec 31 23:58:04 mx2 postfix/smtpd[1]: 4k0kRs4X1WzM0: client=x[192.0.2.1]\n" },
		     { "mail.log", SYSLOG("Jan  2 10:00:00", "b") } },
	  .show = SHOW_TIME,
	  .want = "2026-12-31 23:58;2027-01-02 10:00;" },
	{ .name = "a late line in the new year",
	  .files = { { "mail.log",
		       SYSLOG("Jan  1 00:00:01", "a") SYSLOG("Dec 31 23:59:59", "b")
			       SYSLOG("Jan  1 00:01:00", "c"),
		       "2026-01-02" } },
	  .show = SHOW_TIME,
	  .want = "2026-01-01 00:00;2025-12-31 23:59;2026-01-01 00:01;" },

	{ .name = "grep, the newest file first",
	  .files = { { "found", "maillog:" SYSLOG("May 15 10:00:00", "c") "maillog.1:" SYSLOG("Apr 20 10:00:00", "a")
			       "maillog.1:" SYSLOG("Apr 27 10:00:00", "b"),
		       "2026-05-16" } },
	  .show = SHOW_TIME,
	  .want = "2026-05-15 10:00;2026-04-20 10:00;2026-04-27 10:00;",
	  .want_heard = "later ones first" },
	{ .name = "grep, the newest file first, of last year",
	  .files = { { "found", "maillog:" SYSLOG("Jan  5 10:00:00", "c") "maillog.1:" SYSLOG("Dec 20 10:00:00", "a"), "2026-01-06" } },
	  .show = SHOW_TIME,
	  .want = "2026-01-05 10:00;2025-12-20 10:00;",
	  .want_heard = "later ones first" },
	{ .name = "grep, in order",
	  .files = { { "found", "maillog.1:" SYSLOG("Dec 20 10:00:00", "a") "maillog:" SYSLOG("Jan  5 10:00:00", "b"), "2026-01-06" } },
	  .show = SHOW_TIME,
	  .want = "2025-12-20 10:00;2026-01-05 10:00;" },
	{ .name = "grep, a year from a name",
	  .files = { { "found", "maillog:" SYSLOG("Jan  5 10:00:00", "c") "maillog-20211226:" SYSLOG("Dec 20 10:00:00", "a"),
		       "2026-05-16" } },
	  .show = SHOW_TIME,
	  .want = "2022-01-05 10:00;2021-12-20 10:00;",
	  .want_heard = "later ones first" },
	{ .name = "grep, the names of a whole year",
	  .files = { { "found", "maillog:" SYSLOG("Nov 20 10:00:00", "c") "maillog-20251201:" SYSLOG("Nov 25 10:00:00", "a")
			       "maillog-20261101:" SYSLOG("Oct 25 10:00:00", "b"),
		       "2026-11-21" } },
	  .show = SHOW_TIME,
	  .want = "2026-11-20 10:00;2025-11-25 10:00;2026-10-25 10:00;",
	  .want_heard = "later ones first" },

	{ .name = "year of the logs beside it",
	  .files = { { "mainlog", "2024-03-10 10:00:00 a\n2024-03-12 10:00:00 c\n" },
		     { "mail.log", SYSLOG("Mar 11 10:00:00", "b") SYSLOG("Mar 20 10:00:00", "d") } },
	  .show = SHOW_TIME,
	  .want = "2024-03-10 10:00;2024-03-11 10:00;2024-03-12 10:00;2024-03-20 10:00;" },
	{ .name = "logs of other times beside it say nothing",
	  .files = { { "mainlog", "2024-03-10 10:00:00 a\n" },
		     { "mail.log", SYSLOG("Aug 11 10:00:00", "b") } },
	  .show = SHOW_TIME,
	  .want = "2024-03-10 10:00;2026-08-11 10:00;" },
	{ .name = "--tz",
	  .files = { { "mainlog", EXIM("09:00:00", "a") } },
	  .zone = "+0200",
	  .show = SHOW_TIME,
	  .want = "2026-11-21 07:00;" },
	{ .name = "--tz for one file",
	  .files = { { "mainlog", EXIM("09:00:00", "a") }, { "other", EXIM("09:00:00", "b") } },
	  .zone = "+0100",
	  .zone_file = "main*",
	  .show = SHOW_TIME | SHOW_TEXT,
	  .want = "2026-11-21 08:00 a;2026-11-21 09:00 b;" },
	{ .name = "the zone from Exim's ids",
	  .files = { { "mainlog", "2026-11-21 11:00:02 1xUgwz-00016v-84 <= a@b U=root P=local S=1\n" } },
	  .no_zone = true,
	  .show = SHOW_TIME | SHOW_SERVER | SHOW_FLAGS,
	  .want = "2026-11-21 09:00 mainlog?;" },
	{ .name = "--tz for a log means its rotated set",
	  .files = { { "mainlog", EXIM("09:00:00", "b") }, { "mainlog.1", EXIM("08:00:00", "a") } },
	  .zone = "+0100",
	  .zone_file = "mainlog",
	  .show = SHOW_TIME,
	  .want = "2026-11-21 07:00;2026-11-21 08:00;" },
	{ .name = "the zone of the other logs is the best guess",
	  .files = { { "mainlog", "2026-11-21 09:00:00 +0300 a\n" },
		     { "mail.log", SYSLOG("Nov 21 09:00:01", "b") } },
	  .no_zone = true,
	  .show = SHOW_TIME | SHOW_SERVER | SHOW_FLAGS | SHOW_TEXT,
	  .want = "2026-11-21 06:00 mainlog? a;2026-11-21 06:00 mx~ b;" },

	{ .name = "the server is the host",
	  .files = { { "mail.log", SYSLOG("Nov 20 10:00:00", "a") } },
	  .show = SHOW_SERVER | SHOW_FLAGS,
	  .want = "mx;" },
	{ .name = "a label for all logs without hosts",
	  .files = { { "mainlog", EXIM("09:00:00", "a") }, { "rejectlog", EXIM("09:00:01", "b") } },
	  .show = SHOW_SERVER | SHOW_FLAGS,
	  .want = "mainlog?;mainlog?;" },
	{ .name = "the host in Exim's own Message-IDs",
	  .files = { { "mainlog", EXIM("09:00:00", "1xUgwz-00016v-84 <= a@b U=root P=local S=1 "
						   "id=E1xUgwz-00016v-84@mx9.example.com") },
		     { "rejectlog", EXIM("09:00:01", "b") } },
	  .show = SHOW_SERVER | SHOW_FLAGS,
	  .want = "mx9.example.com;mx9.example.com;" },
	{ .name = "Exim's full name and the short one of its syslog are one server",
	  .files = { { "mainlog", EXIM("09:00:00", "1xUgwz-00016v-84 <= a@b U=root P=local S=1 "
						   "id=E1xUgwz-00016v-84@mx.example.com") },
		     { "mail.log", SYSLOG("Nov 21 09:00:01", "b") } },
	  .show = SHOW_SERVER | SHOW_FLAGS,
	  .want = "mx;mx;" },
	{ .name = "--server for one file",
	  .files = { { "mail.log", SYSLOG("Nov 20 10:00:00", "a") }, { "mainlog", EXIM("09:00:00", "b") } },
	  .server = "mail.log",
	  .show = SHOW_SERVER | SHOW_FLAGS,
	  .want = "named;mainlog?;" },
	{ .name = "a record without host in a log with hosts",
	  .files = { { "mail.log", SYSLOG("Nov 20 10:00:00", "a") "\n" } },
	  .show = SHOW_SERVER | SHOW_TEXT,
	  .want = "mx a;mx ;" },

	{ .name = "the same log twice",
	  .files = { { "a.log", SYSLOG("Nov 20 10:00:00", "a") },
		     { "b.log.gz", SYSLOG("Nov 20 10:00:00", "a"), NULL, "" } },
	  .show = SHOW_TEXT,
	  .want = "a;",
	  .want_heard = "W '/b.log.gz' holds the same log as '/a.log', read once" },
	{ .name = "the same file twice",
	  .files = { { "a.log", SYSLOG("Nov 20 10:00:00", "a") } },
	  .given = { "a.log", "a.log" },
	  .show = SHOW_TEXT,
	  .want = "a;",
	  .want_heard = "W '/a.log' is the same file as '/a.log', read once" },
	{ .name = "one incident in two of Exim's logs is no copy",
	  .files = { { "mainlog", EXIM("09:00:00", "a") }, { "paniclog", EXIM("09:00:00", "a") } },
	  .show = SHOW_TEXT,
	  .want = "a;a;" },
	{ .name = "a part of a log beside the whole",
	  .files = { { "mail.log", SYSLOG("Nov 20 10:00:00", "a") SYSLOG("Nov 20 10:00:01", "b") },
		     { "mail.err", SYSLOG("Nov 20 10:00:01", "b") } },
	  .show = SHOW_TEXT,
	  .want = "a;b;",
	  .want_heard = "W '/mail.err' repeats the mail records of '/mail.log', skipping" },
	{ .name = "empty logs are nothing to speak of",
	  .files = { { "a.log", "" },
		     { "b.log.gz", "", NULL, "" },
		     { "c.log", SYSLOG("Nov 20 10:00:00", "c") } },
	  .show = SHOW_TEXT,
	  .want = "c;" },
	{ .name = "no log at all is read as it is",
	  .files = { { "a.txt", "hello\n\nworld" } },
	  .show = SHOW_TIME | SHOW_TEXT,
	  .want = "none hello;none ;none world;" },
	{ .name = "no such file",
	  .files = { { "a.log", SYSLOG("Nov 20 10:00:00", "a") } },
	  .given = { "nothing.log", "a.log" },
	  .show = SHOW_TEXT,
	  .want = "a;",
	  .want_heard = "E '/nothing.log': no such file" },
	{ .name = "a glob that the shell left alone",
	  .files = { { "a.log.1", SYSLOG("Nov 19 10:00:00", "a") },
		     { "a.log", SYSLOG("Nov 20 10:00:00", "b") } },
	  .given = { "a.l*" },
	  .show = SHOW_TEXT,
	  .want = "a;b;" },
	{ .name = "a glob that fits nothing",
	  .given = { "x*y" },
	  .show = SHOW_TEXT,
	  .want = "",
	  .want_heard = "E '/x*y': no such file" },
	{ .name = "not a log",
	  .files = { { "a.bin", "\x7f"
				"ELF\2\1\1\3\4\5\6\7" } },
	  .show = SHOW_TEXT,
	  .want = "",
	  .want_heard = "E '/a.bin' is not a text log, skipping" },
	{ .name = "a journal",
	  .files = { { "system.journal", "LPKSHHRH\1\2" } },
	  .show = SHOW_TEXT,
	  .want = "",
	  .want_heard = "E '/system.journal'" },
	{ .name = "a directory: its logs",
	  .show = SHOW_TEXT,
	  .want = "a;b;",
	  .given = { "" },
	  .files = { { "a.log.1", SYSLOG("Nov 19 10:00:00", "a") },
		     { "a.log", SYSLOG("Nov 20 10:00:00", "b") },
		     { "README", "read me\nas it is\n" },
		     { "x.bin", "\1\2\3\4" } } },
	{ .name = "a directory without logs",
	  .show = SHOW_TEXT,
	  .want = "",
	  .given = { "" },
	  .files = { { "README", "read me\n" } },
	  .want_heard = "E '/': no logs in this directory" },
};

/* what was heard, with the directory's name taken out */
static const char *heard_short(void)
{
	static char text[4096];
	size_t n = 0, len = strlen(dir);

	for (const char *p = heard.p ? heard.p : ""; *p && n + 1 < sizeof text;) {
		if (strncmp(p, dir, len) == 0)
			p += len;
		else
			text[n++] = *p++;
	}
	text[n] = '\0';
	return text;
}

static void check_row(const struct row *r, size_t read_bytes)
{
	struct input_options o = options();
	struct input_setting zone = { r->zone_file, r->zone ? r->zone : "UTC" }, server = { r->server, "named" };
	const char *names[FILES_MAX + 1] = { NULL };
	struct strbuf out = { 0 };
	struct paths paths;
	struct input *in;

	for (size_t i = 0; i < FILES_MAX; i++) {
		names[i] = r->given[0] ? r->given[i] : r->files[i].name;
		if (r->files[i].name)
			write_file(&r->files[i]);
	}
	o.year = r->year;
	o.read_bytes = read_bytes;
	o.zones = &zone;
	o.n_zones = r->no_zone ? 0 : 1;
	o.servers = &server;
	o.n_servers = r->server ? 1 : 0;
	in = open_names(&o, names, &paths);
	drain(in, r->show, &out);
	CHECK(slice_eq(strbuf_slice(&out), slice_str(r->want)), "%s:\n got %s\nwant %s", r->name,
	      out.p ? out.p : "", r->want);
	if (r->want_heard)
		CHECK(strstr(heard_short(), r->want_heard), "%s: heard %s, want %s", r->name, heard_short(),
		      r->want_heard);
	else
		CHECK(!strstr(heard_short(), "E ") && !strstr(heard_short(), "W "), "%s: heard %s", r->name,
		      heard_short());
	CHECK(input_failed(in) == (r->want_heard && r->want_heard[0] == 'E'), "%s", r->name);
	close_names(in, &paths);
	strbuf_done(&out);
	for (size_t i = 0; i < FILES_MAX; i++)
		if (r->files[i].name)
			remove_file(r->files[i].name);
}

static bool can_read(const struct row *r)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (r->files[i].stored && !HAVE_GZIP)
			return false;
	return true;
}

static void table(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 7 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t k = 0; k < ARRAY_LEN(sizes) && can_read(&rows[i]); k++)
			check_row(&rows[i], sizes[k]);
}

static void window(void **state)
{
	const struct file old = { "mail.log.1", SYSLOG("Nov 10 10:00:00", "a"), NULL, NULL };
	const struct file live = { "mail.log",
				   SYSLOG("Nov 19 23:59:59", "b") SYSLOG("Nov 20 00:00:00", "c")
					   SYSLOG("Nov 20 23:59:59", "d") SYSLOG("Nov 21 00:00:00", "e"),
				   NULL, NULL };
	const char *const names[] = { "mail.log.1", "mail.log", NULL };
	struct input_setting utc = { NULL, "UTC" };
	struct input_options o = options();
	const struct input_source *sources;
	struct strbuf out = { 0 };
	struct paths paths;
	struct input *in;

	(void)state;
	write_file(&old);
	write_file(&live);
	o.zones = &utc;
	o.n_zones = 1;
	o.since_us = day("2026-11-20");
	o.until_us = day("2026-11-21");
	in = open_names(&o, names, &paths);
	drain(in, SHOW_TEXT, &out);
	CHECK_SLICE(strbuf_slice(&out), SLICE("c;d;"));
	assert_int_equal(input_sources(in, &sources), 2);
	assert_true(sources[0].skipped && sources[0].lines == 0);
	assert_true(!sources[1].skipped && sources[1].lines == 2 && !input_failed(in));
	close_names(in, &paths);
	strbuf_done(&out);
	remove_file(old.name);
	remove_file(live.name);
}

static void rename_log(void *ctx, const char *const *paths, size_t n)
{
	char *path = path_of("mail.log"), *old = path_of("mail.log.1");

	(void)ctx;
	(void)paths;
	(void)n;
	(void)rename(path, old);
	free(path);
	free(old);
}

/* A log that is renamed when it is about to be opened is missed for once if it was read before: it is no error then. */
static void renamed_meanwhile(void **state)
{
	static const char *const names[] = { "mail.log", NULL };
	static const struct file log = { .name = "mail.log", .text = "Nov 21 09:00:01 mx postfix/qmgr[5]: 0123456789: removed\n" };

	(void)state;
	for (int before = 0; before < 2; before++) {
		struct input_marks marks = { .made_us = before ? day("2026-11-20") : USEC_NONE };
		struct input_options o = options();
		struct paths paths;
		struct input *in;

		o.marks = &marks;
		o.guard = rename_log;
		write_file(&log);
		in = open_names(&o, names, &paths);
		assert_int_equal(input_failed(in), !before);
		assert_int_equal(heard.n > 0, !before);
		close_names(in, &paths);
		remove_file("mail.log.1");
	}
}

static void no_such_zone(void **state)
{
	struct input_setting zone = { "never", "Nowhere/Atall" };
	struct input_options o = options();
	const char *const path = "-";
	struct input *in = NULL;
	struct err err;

	(void)state;
	o.paths = &path;
	o.n_paths = 1;
	o.zones = &zone;
	o.n_zones = 1;
	assert_int_equal(input_open(&o, &in, &err), ERR_USAGE);
	assert_true(err.code == ERR_USAGE && strstr(err.msg, "Nowhere/Atall"));
}

/* A gzip file that is cut anywhere: an error, and the records up to there. */
static void truncated(void **state)
{
	const char *text = SYSLOG("Nov 20 10:00:00", "a") SYSLOG("Nov 20 10:00:01", "b");
	const char *const names[] = { "mail.log.gz", NULL };
	struct strbuf whole = { 0 };

	(void)state;
	if (!HAVE_GZIP)
		skip();
	gzip(&whole, slice_str(text), 0);
	for (size_t n = 3; n < whole.n; n++) {
		struct input_options o = options();
		const struct input_source *sources;
		struct strbuf out = { 0 };
		struct paths paths;
		struct input *in;

		write_bytes("mail.log.gz", slice_of(whole.p, n), NULL);
		in = open_names(&o, names, &paths);
		drain(in, SHOW_TEXT, &out);
		CHECK(input_failed(in), "cut at %zu", n);
		CHECK(strstr(heard.p, "': compressed data end early"), "cut at %zu: %s", n, heard.p);
		assert_int_equal(input_sources(in, &sources), 1);
		assert_true(sources[0].failed && sources[0].error.code == ERR_READ);
		if (HAVE_ISAL && n >= whole.n - 8)
			CHECK_SLICE(strbuf_slice(&out), SLICE("a;b;"));
		close_names(in, &paths);
		strbuf_done(&out);
	}
	strbuf_done(&whole);
	remove_file("mail.log.gz");
}

struct fetched {
	struct strbuf *want;
	size_t n;
};

static void check_fetched(void *ctx, size_t index, struct slice raw)
{
	struct fetched *f = ctx;

	assert_int_equal(index, f->n++);
	CHECK_SLICE(raw, strbuf_slice(&f->want[index]));
}

/* Read everything, then all of it again in another order. */
static void fetch_from(const char *const *names)
{
	struct input_options o = options();
	struct line_ref refs[64];
	struct strbuf want[64] = { 0 };
	struct fetched f = { want, 0 };
	struct paths paths;
	struct input *in;
	struct input_batch batch = { 0 };
	size_t n, total = 0;

	o.keep_stdin = true;
	o.read_bytes = 50;
	in = open_names(&o, names, &paths);
	while ((n = input_next(in, &batch)))
		for (size_t i = 0; i < n; i++, total++) {
			const struct line *l = batch.lines;

			assert_true(total < ARRAY_LEN(refs));
			refs[total] = (struct line_ref){ l[i].source, l[i].length, l[i].line_no, l[i].offset,
							 l[i].time_us };
			strbuf_add(&want[total], l[i].raw);
			strbuf_reserve(&want[total], 1);
		}
	input_batch_done(&batch);
	assert_true(total >= 4);
	for (size_t i = 0; i < total / 2; i += 2) {
		struct line_ref ref = refs[i];
		struct strbuf text = want[i];

		refs[i] = refs[total - 1 - i];
		want[i] = want[total - 1 - i];
		refs[total - 1 - i] = ref;
		want[total - 1 - i] = text;
	}
	refs[total] = refs[0]; /* the same one twice */
	strbuf_add(&want[total], strbuf_slice(&want[0]));
	input_fetch(in, refs, total + 1, check_fetched, &f);
	assert_int_equal(f.n, total + 1);
	close_names(in, &paths);
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		strbuf_done(&want[i]);
}

static void fetch(void **state)
{
	const char *const entries =
		EXIM("09:00:00", "a") " more\n" EXIM("09:00:01", "b") "\n" EXIM("09:00:02", "c");
	const char *const both[] = { "mainlog", "mainlog.1.gz", NULL };
	const char *const stdin_only[] = { "-", NULL };
	const struct file live = { "mainlog", SYSLOG("Nov 21 10:00:00", "a\r") "\n\nx\ny", NULL, NULL };
	const struct file old = { "mainlog.1.gz", entries, NULL, "" };
	int saved = dup(STDIN_FILENO), ends[2];

	(void)state;
	if (!HAVE_GZIP)
		skip();
	write_file(&live);
	write_file(&old);
	fetch_from(both);
	remove_file(live.name);
	remove_file(old.name);

	assert_int_equal(pipe(ends), 0);
	assert_true(write(ends[1], entries, strlen(entries)) == (ssize_t)strlen(entries));
	assert_true(write(ends[1], live.text, strlen(live.text)) == (ssize_t)strlen(live.text));
	(void)close(ends[1]);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	(void)close(ends[0]);
	fetch_from(stdin_only);
	(void)dup2(saved, STDIN_FILENO);
	(void)close(saved);
}

/* a library that is not here, one that lacks a call, one that has it by its older name */
static void libraries(void **state)
{
	static const struct library_call CALLS[] = { { "strlen", NULL }, { "a_call_that_no_libc_has", "strnlen" } };
	static const struct library_call NONE = { "a_call_that_no_libc_has", "nor_this" };
	struct {
		size_t (*length)(const char *s);
		size_t (*length_up_to)(const char *s, size_t n);
	} calls;

	(void)state;
	assert_string_equal(library_load("libmailwhy-needs-none.so.1", CALLS, 2, &calls), "libmailwhy-needs-none.so.1");
	assert_string_equal(library_load("libc.so.6", &NONE, 1, &calls), NONE.name);
	assert_null(library_load("libc.so.6", CALLS, 2, &calls));
	assert_int_equal(calls.length("four"), 4);
	assert_int_equal(calls.length_up_to("four", 3), 3);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
	(void)state;
	strbuf_done(&heard);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),     cmocka_unit_test(window), cmocka_unit_test(no_such_zone),
		cmocka_unit_test(truncated), cmocka_unit_test(fetch), cmocka_unit_test(libraries),
		cmocka_unit_test(renamed_meanwhile),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}

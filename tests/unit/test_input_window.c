/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_input_window.c - what lies outside the window is not read, and what lies in it comes out as if it were
 *
 * Big logs of many kinds are made up; for many windows the records are the same as those of a reader that never
 * passes over anything inside a file.
 */
#include "input/input.h"

#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/strbuf.h"
#include "envelope/tz.h"
#include "unit.h"

#define WINDOWS 12

enum form { FORM_RFC3164, FORM_RFC3339, FORM_EXIM, FORM_EXIM_SYSLOG };

enum oddity {
	ODD_LATE = 1 << 0,      /* lines come up to a quarter of an hour late */
	ODD_NULS = 1 << 1,
	ODD_CRLF = 1 << 2,
	ODD_STRETCHES = 1 << 3, /* without stamps, for many KiB */
	ODD_FUTURE = 1 << 4,    /* some lines of a clock that ran years ahead */
	ODD_AHEAD = 1 << 5,     /* for some thousand lines the clock is two days ahead */
	ODD_TWICE = 1 << 6,     /* the first half comes once more */
	ODD_LONG = 1 << 7,      /* lines over the cap */
	ODD_BURST = 1 << 8,     /* most lines are of the last hours */
};

#define DIRT (ODD_LATE | ODD_NULS | ODD_STRETCHES)

struct row {
	const char *name;
	enum form form;
	unsigned odd;
	const char *from;     /* civil time, "2026-10-20" */
	unsigned days, records;
	bool searched;        /* the start is found by bisection: little is read */
};

static const struct row rows[] = {
	{ "a week of syslog, summer time ends", FORM_RFC3164, 0, "2026-10-22", 7, 15000, true },
	{ "an evening, summer time ends", FORM_RFC3164, 0, "2026-10-24", 2, 15000, false },
	{ "a week of syslog, summer time begins", FORM_RFC3164, 0, "2026-03-26", 7, 15000, true },
	{ "New Year", FORM_RFC3164, 0, "2025-12-20", 30, 15000, true },
	{ "a leap day", FORM_RFC3164, 0, "2024-02-20", 15, 15000, true },
	{ "half a year and more", FORM_RFC3164, 0, "2025-03-01", 250, 15000, false },
	{ "two years", FORM_RFC3164, 0, "2024-03-01", 700, 15000, false },
	{ "two years, most of it in the end", FORM_RFC3164, ODD_BURST, "2024-03-01", 700, 15000, false },
	{ "two years with years", FORM_RFC3339, 0, "2024-03-01", 700, 13000, true },
	{ "RFC 3339", FORM_RFC3339, ODD_CRLF, "2026-10-22", 7, 13000, true },
	{ "Exim's own, entries of several lines", FORM_EXIM, 0, "2026-10-22", 7, 15000, true },
	{ "Exim's own, all sorts of dirt", FORM_EXIM, DIRT, "2026-10-22", 7, 15000, true },
	{ "Exim in syslog, entries in pieces", FORM_EXIM_SYSLOG, 0, "2026-10-22", 7, 15000, true },
	{ "late lines", FORM_RFC3164, ODD_LATE, "2026-10-22", 7, 15000, true },
	{ "syslog, all sorts of dirt", FORM_RFC3164, DIRT | ODD_CRLF, "2026-10-22", 7, 15000, true },
	{ "long lines", FORM_RFC3164, ODD_LONG, "2026-06-22", 7, 15000, false },
	{ "a clock far ahead at times", FORM_RFC3339, ODD_FUTURE, "2026-06-22", 7, 13000, false },
	{ "a clock ahead for a time", FORM_RFC3339, ODD_AHEAD, "2026-06-22", 7, 13000, false },
	{ "a log twice in one file", FORM_RFC3164, ODD_TWICE, "2026-06-22", 7, 13000, false },
};

static const char *path;
static struct tz *berlin;

static usec_t day(const char *s)
{
	int year = (s[0] - '0') * 1000 + (s[1] - '0') * 100 + (s[2] - '0') * 10 + (s[3] - '0');

	return civil_days(year, (s[5] - '0') * 10 + (s[6] - '0'), (s[8] - '0') * 10 + (s[9] - '0')) * USEC_PER_DAY;
}

/* --- logs --------------------------------------------------------------------------------------------- */

static const char *const MONTHS[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static void add_stamp(struct strbuf *sb, enum form form, usec_t t)
{
	struct civil c = civil_of(t, form == FORM_RFC3339 ? 3600 : tz_offset_at(berlin, t));

	if (form == FORM_RFC3339)
		strbuf_printf(sb, "%04d-%02d-%02dT%02d:%02d:%02d.%06d+01:00", c.year, c.month, c.day, c.hour, c.minute,
			      c.second, (int)(t % USEC_PER_SEC));
	else if (form == FORM_EXIM)
		strbuf_printf(sb, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute, c.second);
	else
		strbuf_printf(sb, "%s %2d %02d:%02d:%02d", MONTHS[c.month - 1], c.day, c.hour, c.minute, c.second);
}

static void add_record(struct strbuf *sb, const struct row *r, usec_t t, unsigned n, uint64_t *seed)
{
	const char *newline = r->odd & ODD_CRLF ? "\r\n" : "\n";
	unsigned id = next_random(seed) % 0xffffff;

	add_stamp(sb, r->form, t);
	if (r->form == FORM_EXIM && n % 5 == 0)
		strbuf_printf(sb,
			      " H=(x%u) [192.0.2.1] rejected RCPT <u%u@example.org>: no%sEnvelope-from: <a@b.example>%s"
			      "  2026-10-25 02:30:00 no stamp%sP Received: by mx%s",
			      id, n, newline, newline, newline, newline);
	else if (r->form == FORM_EXIM)
		strbuf_printf(sb, " 1rJkXm-00%04x-Qp <= a%u@example.org H=mx [192.0.2.1] P=esmtp S=%u%s",
			      n % 0xffff, id, n, newline);
	else if (r->form == FORM_EXIM_SYSLOG && n % 4 == 0)
		strbuf_printf(sb, " mx exim[%u]: [1/2] 2026-10-22 rejected u%u and so on%s", n, id, newline);
	else if (r->form == FORM_EXIM_SYSLOG && n % 4 == 1)
		strbuf_printf(sb, " mx exim[%u]: [2/2] to the end%s", n - 1, newline);
	else
		strbuf_printf(sb, " mx%u postfix/smtpd[%u]: %06X: client=host%u.example.org[192.0.2.%u]: u%u%s",
			      n % 3, 1000 + n % 50, id, id % 7000, id % 250, id % 100, newline);
}

static void add_dirt(struct strbuf *sb, const struct row *r, usec_t t, unsigned n, uint64_t *seed)
{
	static const char nuls[300];

	if (r->odd & ODD_NULS && n % 100 == 7)
		strbuf_add(sb, slice_of(nuls, next_random(seed) % sizeof nuls));
	if (r->odd & ODD_STRETCHES && n % 4000 == 17)
		for (unsigned i = 0; i < 2000; i++)
			strbuf_printf(sb, "  no stamp %u, no stamp at all, whatever is said here\n", i);
	if (r->odd & ODD_LONG && n % 12000 == 77) {
		add_stamp(sb, r->form, t);
		strbuf_add_str(sb, " mx long: ");
		for (unsigned i = 0; i < 140000; i++)
			strbuf_add_str(sb, "and so on ");
		strbuf_add_byte(sb, '\n');
	}
}

static usec_t time_of(const struct row *r, unsigned n, uint64_t *seed)
{
	usec_t from = day(r->from), t = from + r->days * USEC_PER_DAY / r->records * n;

	if (r->odd & ODD_BURST)
		t = n < r->records / 20 ? from + r->days * USEC_PER_DAY / (r->records / 20) * n
					: from + r->days * USEC_PER_DAY + n * USEC_PER_SEC;
	if (r->odd & ODD_LATE && n % 3 == 0)
		t -= next_random(seed) % (15 * USEC_PER_MIN);
	if (r->odd & ODD_FUTURE && n % 500 == 499)
		t += 800 * USEC_PER_DAY;
	if (r->odd & ODD_AHEAD && n > r->records / 3 && n < r->records / 2)
		t += 2 * USEC_PER_DAY;
	return t;
}

static uint64_t make_log(const struct row *r)
{
	struct strbuf sb = { 0 };
	uint64_t seed = 5, size;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (unsigned n = 0; n < r->records; n++) {
		usec_t t = time_of(r, n, &seed);

		add_dirt(&sb, r, t, n, &seed);
		add_record(&sb, r, t, n, &seed);
	}
	assert_true(fd >= 0);
	for (unsigned i = 0; i < (r->odd & ODD_TWICE ? 2 : 1); i++)
		for (size_t at = 0; at < sb.n;) {
			ssize_t put = write(fd, sb.p + at, sb.n - at);

			assert_true(put > 0);
			at += (size_t)put;
		}
	size = sb.n * (r->odd & ODD_TWICE ? 2 : 1);
	(void)close(fd);
	strbuf_done(&sb);
	return size;
}

/* --- reading ------------------------------------------------------------------------------------------ */

struct window {
	usec_t since_us, until_us;
};

/* what is known of a line that was handed out */
struct record {
	uint64_t offset, line_no;
	usec_t time_us;
	uint32_t length, line_count, flags;
	int32_t utc_offset_sec;
	enum envelope_kind envelope;
	uint64_t hash; /* of its server and its first bytes */
};

struct seen {
	struct record *records;
	size_t n, cap;
	struct input_source source;
	uint64_t read_bytes; /* as the kernel counts */
};

/* what this process has read so far */
static uint64_t read_so_far(void)
{
	unsigned long long n = 0;
	FILE *f = fopen("/proc/self/io", "r");

	if (!f || fscanf(f, "rchar: %llu", &n) != 1)
		n = 0;
	if (f)
		(void)fclose(f);
	return n;
}

static struct record record_of(const struct line *l, bool numbers)
{
	struct record c = { l->offset, numbers ? l->line_no : 0, l->time_us, l->length, l->line_count, l->flags,
			    l->utc_offset_sec, l->envelope, 0 };

	for (size_t i = 0; i < l->raw.n && i < 100; i++)
		c.hash = c.hash * 31 + (unsigned char)l->raw.p[i];
	for (size_t i = 0; i < l->server.n; i++)
		c.hash = c.hash * 31 + (unsigned char)l->server.p[i];
	return c;
}

static bool same_record(const struct record *a, const struct record *b)
{
	return a->offset == b->offset && a->line_no == b->line_no && a->time_us == b->time_us &&
	       a->length == b->length && a->line_count == b->line_count && a->flags == b->flags &&
	       a->utc_offset_sec == b->utc_offset_sec && a->envelope == b->envelope && a->hash == b->hash;
}

static void read_window(const struct row *r, const struct window *w, bool whole, bool numbers, struct seen *ret)
{
	static const struct input_setting zone = { NULL, "Europe/Berlin" };
	struct input_options o = {
		.paths = &path,
		.n_paths = 1,
		.zones = &zone,
		.n_zones = 1,
		.year = (r->from[2] - '0') * 10 + (r->from[3] - '0') + 2000,
		.since_us = w->since_us,
		.until_us = w->until_us,
		.now_us = day("2027-06-01"),
		.whole_files = whole,
		.number_lines = numbers,
	};
	const struct input_source *source;
	struct input_batch batch = { 0 };
	struct input *in;
	struct err err;

	*ret = (struct seen){ .read_bytes = read_so_far() };
	assert_int_equal(input_open(&o, &in, &err), 0);
	while (input_next(in, &batch))
		for (size_t i = 0; i < batch.n; i++) {
			ret->records = vec_grow(ret->records, ret->n, &ret->cap, sizeof *ret->records);
			ret->records[ret->n++] = record_of(&batch.lines[i], numbers);
		}
	input_batch_done(&batch);
	assert_int_equal(input_sources(in, &source), 1);
	ret->source = *source;
	ret->read_bytes = read_so_far() - ret->read_bytes;
	input_close(in);
}

static void check_window(const struct row *r, const struct window *w, bool numbers, uint64_t *ret_read)
{
	struct seen whole, part;
	size_t at = 0;

	read_window(r, w, true, numbers, &whole);
	read_window(r, w, false, numbers, &part);
	while (at < whole.n && at < part.n && same_record(&whole.records[at], &part.records[at]))
		at++;
	CHECK(whole.n == part.n && at == part.n,
	      "%s: window %lld to %lld: %zu records instead of %zu, the first %zu are the same", r->name,
	      (long long)w->since_us, (long long)w->until_us, part.n, whole.n, at);
	CHECK(whole.source.lines == part.source.lines && whole.source.first_us == part.source.first_us &&
	      whole.source.last_us == part.source.last_us && whole.source.cut_lines == part.source.cut_lines &&
	      whole.source.year == part.source.year && whole.source.skipped == part.source.skipped,
	      "%s: the source", r->name);
	CHECK(part.source.bytes <= whole.source.bytes, "%s: more bytes", r->name);
	*ret_read = part.read_bytes;
	free(whole.records);
	free(part.records);
}

static struct window random_window(const struct row *r, uint64_t *seed)
{
	usec_t from = day(r->from), minutes = r->days * 1440;
	usec_t since = from + ((usec_t)next_random(seed) % (minutes + 600) - 300) * USEC_PER_MIN;
	usec_t n = (usec_t)next_random(seed) % (next_random(seed) % 2 ? minutes : 300);

	return (struct window){ next_random(seed) % 8 ? since : USEC_NONE,
				next_random(seed) % 4 ? since + n * USEC_PER_MIN : USEC_NONE };
}

static void test_windows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		uint64_t seed = i, size = make_log(r), n;
		usec_t end = day(r->from) + r->days * USEC_PER_DAY, late = end - r->days * USEC_PER_DAY / 5;
		struct window small = { late, late + 10 * USEC_PER_MIN };

		for (unsigned k = 0; k < WINDOWS; k++) {
			struct window w = random_window(r, &seed);

			check_window(r, &w, k % 2, &n);
		}
		/* around the change of 2026 in small steps */
		for (usec_t t = 0; t < 6 && r->from[5] == '1'; t++) {
			usec_t since = day("2026-10-24") + (21 + t) * USEC_PER_HOUR + 10 * USEC_PER_MIN;

			check_window(r, &(struct window){ since, since + 3 * USEC_PER_HOUR }, true, &n);
		}
		check_window(r, &(struct window){ end - USEC_PER_HOUR, USEC_NONE }, true, &n);
		check_window(r, &(struct window){ USEC_NONE, day(r->from) + USEC_PER_HOUR }, true, &n);
		check_window(r, &small, false, &n);
		if (r->searched && n > 0)
			CHECK(n < size / 3, "%s: %llu of %llu bytes read", r->name, (unsigned long long)n,
			      (unsigned long long)size);
	}
}

/* A big file, a small window: next to nothing is read. */
static void test_little_is_read(void **state)
{
	static const struct row big = { "big", FORM_RFC3339, 0, "2026-06-01", 100, 200000, true };
	usec_t middle = day(big.from) + 50 * USEC_PER_DAY;
	const struct window windows[] = {
		{ middle, middle + USEC_PER_HOUR },
		{ day(big.from), day(big.from) + USEC_PER_HOUR },
		{ day(big.from) + 99 * USEC_PER_DAY, USEC_NONE },
		{ USEC_NONE, day(big.from) },
	};
	uint64_t n, size = make_log(&big);

	(void)state;
	for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
		struct seen seen;

		read_window(&big, &windows[i], false, false, &seen);
		CHECK(seen.source.bytes < size / 20, "%zu: %llu bytes", i, (unsigned long long)seen.source.bytes);
		CHECK(seen.read_bytes < size / 20, "%zu: %llu bytes", i, (unsigned long long)seen.read_bytes);
		free(seen.records);
		check_window(&big, &windows[i], true, &n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_little_is_read),
	};
	char name[] = "/tmp/mailwhy-window-XXXXXX";
	int fd = mkstemp(name), failed;
	struct err err;

	if (fd < 0 || tz_open("Europe/Berlin", &berlin, &err) < 0)
		return 1;
	(void)close(fd);
	path = name;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	tz_free(berlin);
	(void)unlink(name);
	return failed;
}

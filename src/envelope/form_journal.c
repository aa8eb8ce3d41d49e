/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_journal.c - the journal as journalctl prints it, where that is not syslog's form
 *
 * -o short-full, with-unit  "Sat 2026-09-12 10:15:30 CEST mx1 postfix/qmgr[901]: TEXT"; with-unit has the unit for the tag
 * -o short-unix             "1789200930.123456 mx1 postfix/qmgr[901]: TEXT"
 * -o short-monotonic        "[ 1234.567890] mx1 postfix/qmgr[901]: TEXT", no moment; short-delta: " <  0.000123 >" in the brackets
 * Between the records: "-- Boot 0123456789abcdef0123456789abcdef --", "-- No entries --", ...
 * The other short forms look like syslog's; see split_syslog().  -o verbose and json-pretty have no records by lines.
 * Source: systemd src/shared/logs-show.c, src/journal/journalctl.c.
 *
 * Trap: an abbreviation of a zone may stand for several (IST, CST); then the file's zone counts.
 */
#include "envelope/head.h"

#include "base/ascii.h"
#include "base/attr.h"

#define HOUR 3600
#define ABBREVIATION_MAX_BYTES 6

/* Those that mean one offset only, wherever they are in use today. */
static const struct {
	struct slice name;
	int32_t offset_sec;
} ZONES[] = {
	{ { "UTC", 3 }, 0 },          { { "GMT", 3 }, 0 },          { { "WET", 3 }, 0 },
	{ { "WEST", 4 }, HOUR },      { { "CET", 3 }, HOUR },       { { "CEST", 4 }, 2 * HOUR },
	{ { "EET", 3 }, 2 * HOUR },   { { "EEST", 4 }, 3 * HOUR },  { { "MSK", 3 }, 3 * HOUR },
	{ { "SAST", 4 }, 2 * HOUR },  { { "WIB", 3 }, 7 * HOUR },   { { "HKT", 3 }, 8 * HOUR },
	{ { "JST", 3 }, 9 * HOUR },   { { "KST", 3 }, 9 * HOUR },   { { "AWST", 4 }, 8 * HOUR },
	{ { "AEST", 4 }, 10 * HOUR }, { { "AEDT", 4 }, 11 * HOUR }, { { "NZST", 4 }, 12 * HOUR },
	{ { "NZDT", 4 }, 13 * HOUR }, { { "EST", 3 }, -5 * HOUR },  { { "EDT", 3 }, -4 * HOUR },
	{ { "MST", 3 }, -7 * HOUR },  { { "MDT", 3 }, -6 * HOUR },  { { "PDT", 3 }, -7 * HOUR },
};

static bool weekday(struct cur *c)
{
	static const char NAMES[] = "Mon Tue Wed Thu Fri Sat Sun ";

	for (const char *day = NAMES; *day; day += 4)
		if (cur_left(c) >= 4 && memcmp(c->p, day, 4) == 0) {
			c->p += 4;
			return true;
		}
	return false;
}

/* "CEST ", "+03 ", "-0330 " */
static bool zone(struct cur *c, struct stamp *s)
{
	struct slice name;

	if (cur_peek(c) == '+' || cur_peek(c) == '-') {
		head_stamp_zone(c, s);
		return s->has_zone && cur_byte(c, ' ');
	}
	name = cur_token(c, ' ');
	if (name.n == 0 || name.n > ABBREVIATION_MAX_BYTES)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < 'A' || name.p[i] > 'Z')
			return false;
	for (size_t i = 0; i < ARRAY_LEN(ZONES); i++)
		if (slice_eq(name, ZONES[i].name)) {
			s->has_zone = true;
			s->zone_sec = ZONES[i].offset_sec;
		}
	return true;
}

static bool full(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	if (!weekday(&c) || !head_stamp_iso(&c, ' ', clock, &h->stamp))
		return false;
	head_stamp_fraction(&c, &h->stamp);
	/* a bracket: -o verbose */
	if (!cur_byte(&c, ' ') || !zone(&c, &h->stamp) || cur_peek(&c) == '[')
		return false;
	head_host(c, clock, h);
	return true;
}

/* seconds and six digits: "1789200930.123456" */
static bool seconds(struct cur *c, usec_t *ret)
{
	const char *dot;
	struct cur at = *c;
	uint64_t sec, usec;

	if (!cur_u64(&at, UINT64_C(99999999999), &sec) || !cur_byte(&at, '.'))
		return false;
	dot = at.p;
	if (!cur_u64(&at, 999999, &usec) || at.p - dot != 6)
		return false;
	*ret = (usec_t)sec * USEC_PER_SEC + (usec_t)usec;
	*c = at;
	return true;
}

static bool epoch(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	const char *begin = c.p;
	usec_t t;

	if (!seconds(&c, &t) || c.p - begin < 9 + 1 + 6 || !cur_byte(&c, ' '))
		return false;
	h->outer_us = t;
	head_host(c, clock, h);
	return true;
}

static bool monotonic(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	struct slice delta;
	usec_t t;

	if (!cur_byte(&c, '['))
		return false;
	cur_skip_spaces(&c);
	if (!seconds(&c, &t))
		return false;
	if (cur_lit(&c, " <") && (!cur_until_lit(&c, " >", &delta) || delta.n > 32))
		return false;
	if (!cur_lit(&c, "] "))
		return false;
	head_host(c, clock, h);
	return h->program.p != NULL;
}

/* What journalctl says between the entries: no record of anybody. */
static bool separator(struct cur c, struct head *h)
{
	h->text = cur_rest(&c);
	return slice_ends(h->text, " --") &&
	       (cur_lit(&c, "-- Boot ") || cur_lit(&c, "-- Reboot ") || cur_lit(&c, "-- No entries ") ||
		cur_lit(&c, "-- Logs begin ") || cur_lit(&c, "-- Journal begins "));
}

bool head_form_journal(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	h->kind = ENVELOPE_JOURNAL_SHORT;
	if (cur_peek(&c) == '-')
		return separator(c, h);
	if (cur_peek(&c) == '[')
		return monotonic(c, clock, h);
	return ascii_digit(cur_peek(&c)) ? epoch(c, clock, h) : full(c, clock, h);
}

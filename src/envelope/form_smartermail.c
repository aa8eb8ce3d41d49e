/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_smartermail.c - SmarterMail's logs
 *
 * "12:35:01.220 [192.0.2.1][12345678] text": local time, and the date stands in the file's name only ("2024.01.15-smtpLog.log").  Old builds
 * leave out the milliseconds.  The web interface puts the date in front, "[2024.01.15] 12:35:01.220 ...", and some builds put
 * the time of the administrative log at the end.  Lines without a time continue the entry before.
 * Sources: SmarterTools' help; logs of builds of 2020 and 2026.
 * Trap: much else begins with a time of day: without a name that is SmarterMail's, the brackets must be of a known shape.
 */
#include "envelope/head.h"

#include "base/ascii.h"
#include "base/attr.h"
#include "base/civil.h"
#include "base/ip.h"
#include "envelope/digits.h"

#define DATE_BYTES 10 /* "2024.01.15" */
#define TIME_BYTES 8  /* "12:35:01" */

/* "[2024.01.15] " */
static bool take_date(struct cur *c, struct envelope_day *ret)
{
	struct cur at = *c;
	int64_t year, month, day;
	const char *p;

	if (!cur_byte(&at, '['))
		return false;
	p = at.p;
	if (!cur_i64(&at, 9999, &year) || !cur_byte(&at, '.') || !cur_i64(&at, 12, &month) || !cur_byte(&at, '.') ||
	    !cur_i64(&at, 31, &day) || at.p - p != DATE_BYTES || !cur_lit(&at, "] ") || year < 1980 || month < 1 || day < 1 ||
	    day > civil_month_days((int)year, (int)month))
		return false;
	*ret = (struct envelope_day){ .year = (int)year, .month = (int)month, .day = (int)day };
	*c = at;
	return true;
}

/* "12:35:01.220", and nothing of a word behind it */
static bool take_time(struct cur *c, struct stamp *s, const char **ret_text)
{
	struct cur at = *c;

	if (cur_left(&at) < TIME_BYTES || (cur_left(&at) < sizeof(uint64_t)))
		return false;
	s->day_sec = digits_time_of_day(digits_load(at.p));
	if (s->day_sec < 0)
		return false;
	*ret_text = at.p;
	at.p += TIME_BYTES;
	head_stamp_fraction(&at, s);
	if (!cur_at_end(&at) && *at.p != ' ')
		return false;
	*c = at;
	return true;
}

/* the time at the end of "[ip] text 00:00:03.300"; *c ends before it then */
static bool take_last_time(struct cur *c, struct stamp *s, const char **ret_text)
{
	size_t blank = slice_rfind_byte(cur_rest(c), ' ');
	struct cur at;

	if (cur_peek(c) != '[' || blank == cur_left(c))
		return false;
	at = (struct cur){ c->p + blank + 1, c->end };
	if (!take_time(&at, s, ret_text) || !cur_at_end(&at))
		return false;
	c->end = c->p + blank;
	return true;
}

static bool is_number(struct slice s)
{
	if (s.n < 4 || !ascii_digit(*s.p))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_digit(s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

/* Which log has such a text?  SLICE_NONE: none that is known. */
static struct slice program_of(struct slice text)
{
	static const struct slice SERVICES[] = {
		{ "smtp st", 7 }, { "imap st", 7 }, { "pop st", 6 }, { "Delivery server st", 18 }, { "Relay server st", 15 },
	};
	struct cur c = cur_of(text);
	struct slice inside;
	struct ip ip;

	if (cur_byte(&c, '[') && cur_until(&c, ']', &inside)) {
		if (is_number(inside))
			return SLICE("smartermail-delivery");
		if (!ip_parse(inside, &ip))
			return SLICE_NONE;
		cur_skip_spaces(&c);
		return cur_peek(&c) == '[' ? SLICE("smartermail") : SLICE("smartermail-administrative");
	}
	for (size_t i = 0; i < ARRAY_LEN(SERVICES); i++)
		if (slice_eq(slice_head(text, SERVICES[i].n), SERVICES[i]))
			return SLICE("smartermail");
	return SLICE_NONE;
}

/* A line that has no time: of an entry that began before.  In a file of unknown name it must be indented. */
static bool continues(struct slice text, const struct envelope_clock *clock, struct head *h)
{
	if (!clock || text.n == 0)
		return false;
	if (!clock->day.program.p && !(clock->in_smartermail && ascii_space(text.p[0])))
		return false;
	h->kind = ENVELOPE_SMARTERMAIL;
	h->program = clock->day.program.p ? clock->day.program : SLICE("smartermail");
	h->text = text;
	return true;
}

bool head_form_smartermail(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	const struct envelope_day *file = clock ? &clock->day : NULL;
	struct envelope_day day = { 0 };
	struct slice whole = cur_rest(&c), program;
	const char *time = NULL;

	(void)take_date(&c, &day);
	if (!take_time(&c, &h->stamp, &time) && !take_last_time(&c, &h->stamp, &time))
		return continues(whole, clock, h);
	(void)cur_byte(&c, ' ');
	program = program_of(cur_rest(&c));
	if (file && file->program.p)
		program = file->program;
	if (!program.p)
		return false;
	h->kind = ENVELOPE_SMARTERMAIL;
	h->program = program;
	h->text = cur_rest(&c);
	if (!day.year && file)
		day = *file;
	if (day.year)
		head_write_stamp(day.year, day.month, day.day, time, clock, h);
	return true;
}

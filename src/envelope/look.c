/* SPDX-License-Identifier: Apache-2.0 */
/*
 * look.c - what the first records of a file tell of its year, its zone and its server
 *
 * Queue ids that carry the time in UTC (Exim's, Postfix's long ones, Sendmail's) are read from lines on which a
 * message begins: there, and only there, the id's time is the line's.  On other lines an id may be days old, which
 * still tells the year.
 */
#include "envelope/envelope.h"

#include <string.h>

#include "base/attr.h"
#include "base/civil.h"
#include "base/cursor.h"
#include "envelope/head.h"
#include "event/queue_id.h"

#define QUARTER_SEC 900
#define DISORDER_DAYS 7
#define HALF_YEAR_DAYS 183
#define EARLIEST_SEC INT64_C(946684800)   /* 2000: an id that says less is none */
#define LATEST_SEC   INT64_C(4102444800)  /* 2100 */

struct id_time {
	usec_t us;
	bool fresh; /* the message begins with this line */
	struct slice exim_id;
};

static bool plausible(usec_t t)
{
	return t >= EARLIEST_SEC * USEC_PER_SEC && t < LATEST_SEC * USEC_PER_SEC;
}

static bool exim_id_time(struct slice text, struct id_time *ret)
{
	size_t n = queue_id_exim_prefix(text);
	struct cur c;

	if (n == 0 || !queue_id_exim_time(slice_head(text, n), &ret->us) || !plausible(ret->us))
		return false;
	ret->exim_id = slice_head(text, n);
	c = cur_of(slice_from(text, n));
	ret->fresh = cur_lit(&c, " <= ");
	return true;
}

static bool postfix_id_time(const struct head *h, struct id_time *ret)
{
	struct cur c = cur_of(h->text);
	struct slice id;

	if (!cur_until_lit(&c, ": ", &id) || id.n > 25 || !queue_id_postfix_time(id, &ret->us) || !plausible(ret->us))
		return false;
	ret->fresh = (slice_ends(h->program, "/smtpd") && cur_lit(&c, "client=")) ||
		     (slice_ends(h->program, "/pickup") && cur_lit(&c, "uid="));
	return true;
}

static bool sendmail_id_time(const struct head *h, struct id_time *ret)
{
	struct cur c = cur_of(h->text);
	size_t n;

	if (!slice_starts(h->program, "sm-") && !slice_is(h->program, "sendmail"))
		return false;
	n = queue_id_sendmail_prefix(h->text);
	if (n == 0 || !queue_id_sendmail_time(slice_head(h->text, n), &ret->us) || !plausible(ret->us))
		return false;
	c.p += n;
	ret->fresh = cur_lit(&c, ": from=");
	return true;
}

/* the wall clock read as UTC, with the year that brings it nearest to t */
static usec_t wall_near(const struct stamp_fields *f, usec_t t, int *ret_year)
{
	int year = f->year ? f->year : civil_of(t, 0).year - 1;
	int last = f->year ? f->year : year + 2;
	usec_t best = USEC_NONE;

	for (; year <= last; year++) {
		struct civil c = { year, f->month, f->day, f->hour, f->minute, f->second, 0 };
		usec_t wall = civil_valid(&c) ? civil_to_usec(&c) : USEC_NONE;

		if (wall == USEC_NONE || (best != USEC_NONE && (wall > t ? wall - t : t - wall) >
								       (best > t ? best - t : t - best)))
			continue;
		best = wall;
		*ret_year = year;
	}
	return best;
}

static void vote_offset(struct envelope_hints *h, usec_t wall, usec_t id_us)
{
	int64_t delta = (wall - id_us + USEC_PER_MIN) / USEC_PER_SEC;
	int32_t offset;

	if (delta < -13 * 3600 || delta > 15 * 3600)
		return;
	/* a minute of slack was added: the line follows the id by 0 to some seconds */
	offset = (int32_t)(delta - ((delta % QUARTER_SEC) + QUARTER_SEC) % QUARTER_SEC);
	if (delta - offset > 300)
		return;
	if (h->offset_votes == 0) {
		h->id_offset_sec = offset;
		h->offset_votes = 1;
	} else if (h->id_offset_sec == offset) {
		h->offset_votes++;
	} else {
		h->offset_dissent++;
	}
	h->offset_known = h->offset_votes > 4 * h->offset_dissent;
}

/* Where the name stands in the record itself; SLICE_NONE: it was escaped. */
static struct slice in_record(struct slice raw, struct slice name)
{
	size_t at = name.n ? slice_find(raw, name) : raw.n;

	return at < raw.n ? slice_of(raw.p + at, name.n) : SLICE_NONE;
}

/* Exim makes Message-IDs as "E<own queue id>@<its host name>" */
static void look_for_exim_host(struct envelope_hints *h, const struct head *head, const struct id_time *id,
			       struct slice raw)
{
	struct cur c = cur_of(head->text);
	struct slice before, own;

	if (!id->exim_id.n || !id->fresh)
		return;
	while (!h->server.p && cur_until_lit(&c, " id=E", &before)) {
		own = slice_head(cur_rest(&c), id->exim_id.n);
		if (!slice_eq(own, id->exim_id))
			continue;
		c.p += own.n;
		if (cur_byte(&c, '@'))
			h->server = in_record(raw, cur_token(&c, ' '));
	}
}

static void look_at_id(struct envelope_hints *h, const struct head *head, const struct stamp_fields *f)
{
	struct id_time id = { 0 };
	usec_t wall;
	int year = 0;

	if (!exim_id_time(head->text, &id) && !postfix_id_time(head, &id) && !sendmail_id_time(head, &id))
		return;
	wall = wall_near(f, id.us, &year);
	if (wall == USEC_NONE)
		return;
	if (h->id_year == 0) {
		/* a sample that began in December has its first record in the year before */
		bool passed = h->month && (h->month > f->month || (h->month == f->month && h->day > f->day)) &&
			      h->month - f->month > 6;

		/* the newest of several files came first */
		bool back = h->steps_back && h->month && f->month - h->month > 6;

		h->id_year = year - passed + back;
	}
	if (id.fresh && !head->stamp.has_zone)
		vote_offset(h, wall, id.us);
	if (!h->server.p || !head->host.p)
		look_for_exim_host(h, head, &id, head->text);
}

/*
 * Other programs (dpkg, databases) stamp their lines as Exim does.  A guess for a whole sample, so that it may
 * search: one text that only a mail server writes is enough.
 */
static bool looks_like_exim(struct slice text)
{
	static const struct slice starts[] = {
		{ "cwd=", 4 },     { "H=", 2 },        { "no host name", 12 }, { "no IP address", 13 },
		{ "TLS ", 4 },     { "rejected ", 9 }, { "Start queue run", 15 }, { "End queue run", 13 },
		{ "DKIM: ", 6 },   { "refused ", 8 },  { "sender verify ", 14 }, { "Failed to get ", 14 },
		{ "host name ", 10 }, { "ident con", 9 }, { "log string ", 11 }, { "Completed", 9 },
	};
	static const struct slice inside[] = {
		{ "SMTP", 4 }, { " H=", 3 }, { "exim", 4 }, { "Exim", 4 }, { "authenticator", 13 }, { "F=<", 3 },
	};

	if (queue_id_exim_prefix(text) > 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(starts); i++)
		if (slice_eq(slice_head(text, starts[i].n), starts[i]))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(inside); i++)
		if (slice_find(text, inside[i]) < text.n)
			return true;
	return false;
}

static const struct log_columns *keep_columns(void *ctx, const struct log_columns *columns)
{
	struct envelope_hints *h = ctx;

	h->columns = *columns;
	return &h->columns;
}

/* a date whose order of day and month is in question: "9/14/2026" */
static bool has_slashes(struct slice time)
{
	return slice_find_byte(slice_head(time, 3), '/') < 3 && time.n >= 3;
}

static void look_at_row(struct envelope_hints *h, const struct head *head)
{
	struct log_row row;

	if (!h->exchange.columns) {
		h->headerless = true;
		(void)log_row_shape(head->text, &h->row_columns);
		return;
	}
	if (!h->exchange.columns->exported)
		return;
	log_row_split(h->exchange.columns, head->text, &row);
	h->unjoined = h->unjoined || (row.field[COL_RECIPIENTS].p &&
				      slice_starts(row.field[COL_RECIPIENTS], "System.String["));
	h->slashes = h->slashes || (row.field[COL_DATE_TIME].p && has_slashes(row.field[COL_DATE_TIME]));
	h->dates = h->exchange.dates;
}

/* A line of a comma separated log, or one of no form at all. */
static void look_at_exchange(struct envelope_hints *h, struct head *head)
{
	if (h->exchange.columns) /* hints are copied about */
		h->exchange.columns = &h->columns;
	head_exchange(&h->exchange, head, keep_columns, h);
	h->header = head->header;
	if (head->kind == ENVELOPE_EXCHANGE && !head->header)
		look_at_row(h, head);
}

/* The year of the first record without one, by a record that has one. */
static void look_at_year(struct envelope_hints *h, int year, int month, int day)
{
	if (h->id_year || h->stated_year || year < 2000)
		return;
	if (h->month) {
		h->id_year = h->month > month || (h->month == month && h->day > day) ? year - 1 : year;
		return;
	}
	h->stated_year = year;
	h->stated_month = month;
	h->stated_day = day;
}

/* The first record without a year, behind one that has it: some disorder is no new year. */
static void look_at_yearless(struct envelope_hints *h)
{
	int64_t here;

	if (h->id_year || !h->stated_year)
		return;
	here = civil_days(h->stated_year, h->month, h->day);
	h->id_year = h->stated_year + (here < civil_days(h->stated_year, h->stated_month, h->stated_day) - DISORDER_DAYS);
}

/* The dates of what grep printed, of which several files may follow each other in any order. */
static void look_at_grep(struct envelope_hints *h, const struct stamp_fields *f)
{
	int64_t step;

	if (h->grep_month) { /* in a leap year, so that every date is one */
		step = civil_days(2024, f->month, f->day) - civil_days(2024, h->grep_month, h->grep_day);
		h->steps_back = h->steps_back || step > HALF_YEAR_DAYS || (step < -DISORDER_DAYS && step > -HALF_YEAR_DAYS);
	}
	h->grep_month = f->month;
	h->grep_day = f->day;
	if (f->year < 2000 || civil_days(f->year, f->month, f->day) <=
				      (h->told_year ? civil_days(h->told_year, h->told_month, h->told_day) : INT64_MIN))
		return;
	h->told_year = f->year;
	h->told_month = f->month;
	h->told_day = f->day;
}

/* A record that something wraps, which tells the instant. */
static void look_at_wrapped(struct envelope_hints *h, struct slice raw, const struct head *head)
{
	struct civil date = civil_of(head->outer_us, head->outer_zone_sec);
	struct id_time id = { 0 };

	if (head->stamp.form != STAMP_NONE || (head->outer_has_zone && head->outer_zone_sec != 0))
		h->shows_zone = true;
	look_at_year(h, date.year, date.month, date.day);
	if (head->kind == ENVELOPE_EXIM && !h->server.p && exim_id_time(head->text, &id))
		look_for_exim_host(h, head, &id, raw);
}

static void look_at_head(struct envelope_hints *h, struct slice raw, const struct head *head)
{
	struct stamp_fields f;

	h->records++;
	if (head->kind == ENVELOPE_NONE)
		return;
	h->recognised++;
	if (h->kind == ENVELOPE_NONE)
		h->kind = head->kind;
	h->prefixed += head->prefix_bytes > 0;
	if (head->kind == ENVELOPE_EXIM) {
		h->exim_stamps = true;
		h->exim_texts = h->exim_texts || looks_like_exim(head->text);
	}
	if (!h->server.p)
		h->server = in_record(raw, head->host);
	if (head->kind == ENVELOPE_SMARTERMAIL && head->outer_us == USEC_NONE) { /* the date may stand in the file's name */
		h->lacks_zone = true;
		h->dateless = h->dateless || head->stamp.form == STAMP_NONE;
	}
	if (head->outer_us != USEC_NONE) {
		look_at_wrapped(h, raw, head);
		return;
	}
	if (head->stamp.form == STAMP_NONE || head->header)
		return;
	f = stamp_fields(&head->stamp);
	h->lacks_zone = h->lacks_zone || !head->stamp.has_zone;
	h->shows_zone = h->shows_zone || head->stamp.has_zone;
	if (head->prefix_bytes)
		look_at_grep(h, &f);
	else if (f.year != 0)
		look_at_year(h, f.year, f.month, f.day);
	if (f.year == 0) {
		h->lacks_year = true;
		if (h->month == 0) {
			h->month = f.month;
			h->day = f.day;
			look_at_yearless(h);
		}
		if (f.month == 2 && f.day == 29)
			h->leap_day = 1;
	}
	look_at_id(h, head, &f);
}

void envelope_look(struct envelope_hints *h, struct slice raw)
{
	struct envelope_scratch scratch;
	struct head head;

	envelope_scratch_init(&scratch);
	head_split(raw, NULL, &scratch.room, &head);
	h->header = false;
	if (head.kind == ENVELOPE_NONE || head.kind == ENVELOPE_EXCHANGE)
		look_at_exchange(h, &head);
	look_at_head(h, raw, &head);
	arena_clear(&scratch.arena);
}

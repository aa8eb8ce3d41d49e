/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_success.c - how much is delivered, at all and at the first try, and whether that is what these logs usually show
 *
 * Everything is counted by hour of the wall clock: mails when they arrived, recipients when they were settled (delivered or
 * bounced).  A day, or the part of it that the logs hold so far, is compared with the same hours of earlier days: of the same weekday
 * if there are enough of them, else of the same kind (workday, weekend).  The usual is the median, which a bad day does not move.
 * With too few earlier days nothing is compared, and the panel says so.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/clock.h"
#include "report/panels.h"

enum { MAILS, SETTLED, DELIVERED, FIRST_TRY, VALUES };

#define DAYS_SHOWN     7
#define HOURS_SHOWN    24
#define BEFORE_MIN     3   /* earlier days that make a usual */
#define BEFORE_MAX     26  /* and the newest that are looked at: half a year of one weekday */
#define LOOK_BACK_DAYS 200
#define FULL_SHARE     (55.0 / 60) /* an hour whose last line lies behind that is over */
/* What is unusual: all three of a difference that matters, one that chance does not make (three standard deviations), and one that
 * these days do not show among themselves (three median deviations). */
#define SETTLED_MIN    20
#define SHARE_STEP     2000 /* thousandths of a percent */
#define VOLUME_FACTOR  2.0
#define CHANCE         3.0
#define DEVIATION      (3 * 1.4826) /* of a normal distribution: its standard deviation is 1.4826 median deviations */
#define NOTE_HOURS     6

enum { C_WHEN, C_MAILS, C_USUAL_MAILS, C_SETTLED, C_DELIVERED, C_USUAL_DELIVERED, C_FIRST, C_USUAL_FIRST, C_BEFORE, C_UNUSUAL };

#define SUCCESS_COLUMNS                                                                                \
	[C_MAILS] = { "mails", "Mails", COLUMN_COUNT, "messages" },                                    \
	[C_USUAL_MAILS] = { "usual_mails", "Usual", COLUMN_COUNT, "messages" },                        \
	[C_SETTLED] = { "settled", "Settled", COLUMN_COUNT, "recipients", .data_only = true },         \
	[C_DELIVERED] = { "delivered", "Delivered", COLUMN_PERCENT, "percent" },                       \
	[C_USUAL_DELIVERED] = { "usual_delivered", "Usual", COLUMN_PERCENT, "percent" },               \
	[C_FIRST] = { "first_try", "First try", COLUMN_PERCENT, "percent" },                           \
	[C_USUAL_FIRST] = { "usual_first_try", "Usual", COLUMN_PERCENT, "percent", .spare = true },     \
	[C_BEFORE] = { "compared_with", "Compared with", COLUMN_TEXT, NULL, .spare = true },           \
	[C_UNUSUAL] = { "unusual", "Unusual", COLUMN_TEXT, NULL }

static const struct panel_column DAY_COLUMNS[] = {
	[C_WHEN] = { "day", "Day", COLUMN_TEXT, NULL },
	SUCCESS_COLUMNS,
};
static const struct panel_column HOUR_COLUMNS[] = {
	[C_WHEN] = { "hour", "Hour", COLUMN_TEXT, NULL },
	SUCCESS_COLUMNS,
};

/* --- the usual ---------------------------------------------------------------------------------------- */

/* some hours of one day */
struct hours {
	int64_t day;           /* since 1970 */
	int first, last;       /* of 24 */
	double part;           /* of the last hour that has passed: 1 but for the newest */
};

struct usual {
	size_t n;              /* earlier days that were looked at; 0: nothing to compare with */
	bool weekday;          /* of the same weekday */
	int64_t mails, mails_off; /* median, median deviation */
	int64_t delivered, delivered_off, first, first_off; /* shares; PANEL_NULL: none */
};

/* adds up to v; false: no mail in these hours */
static bool sum_hours(const struct clock *s, const struct hours *h, double *mails, int64_t *v)
{
	bool any = false;

	*mails = 0;
	memset(v, 0, VALUES * sizeof *v);
	for (int k = h->first; k <= h->last; k++) {
		const int64_t *row = tally_find(&s->t, (uint64_t)(h->day * 24 + k + CLOCK_HOUR_BASE));

		if (!row || !(row[CLOCK_MAILS] + row[CLOCK_DELIVERED] + row[CLOCK_BOUNCED]))
			continue;
		v[MAILS] += row[CLOCK_MAILS];
		v[SETTLED] += row[CLOCK_DELIVERED] + row[CLOCK_BOUNCED];
		v[DELIVERED] += row[CLOCK_DELIVERED];
		v[FIRST_TRY] += row[CLOCK_FIRST_TRY];
		*mails += (double)row[CLOCK_MAILS] * (k == h->last ? h->part : 1);
		any = true;
	}
	return any;
}

static int compare_values(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* the median of n values, which are put in order; *ret_off: that of their distances from it */
static int64_t median_of(int64_t *v, size_t n, int64_t *ret_off)
{
	int64_t off[BEFORE_MAX], median;

	*ret_off = 0;
	if (n == 0)
		return PANEL_NULL;
	qsort(v, n, sizeof *v, compare_values);
	median = n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
	for (size_t i = 0; i < n; i++)
		off[i] = v[i] < median ? median - v[i] : v[i] - median;
	qsort(off, n, sizeof *off, compare_values);
	*ret_off = off[n / 2];
	return median;
}

/* 0: Monday; the epoch was a Thursday */
static int weekday_of(int64_t day)
{
	return (int)(((day + 3) % 7 + 7) % 7);
}

static bool is_like(int64_t day, int64_t other, bool weekday)
{
	return weekday ? weekday_of(day) == weekday_of(other) : (weekday_of(day) >= 5) == (weekday_of(other) >= 5);
}

/* the same hours of earlier days; the logs must hold the whole of them */
static void look_back(const struct clock *s, const struct hours *h, bool weekday, struct usual *u)
{
	int64_t mails[BEFORE_MAX], delivered[BEFORE_MAX], first[BEFORE_MAX], v[VALUES];
	int64_t begin = s->first_us / USEC_PER_DAY; /* day of the first line: not whole */
	size_t n = 0, shares = 0;

	*u = (struct usual){ .weekday = weekday, .delivered = PANEL_NULL, .first = PANEL_NULL };
	for (int64_t day = h->day - 1; day > begin && day > h->day - LOOK_BACK_DAYS && n < BEFORE_MAX; day--) {
		struct hours before = { day, h->first, h->last, h->part };
		double weighed;

		if (!is_like(h->day, day, weekday))
			continue;
		if (!sum_hours(s, &before, &weighed, v) && !sum_hours(s, &(struct hours){ day, 0, 23, 1 }, &weighed, v))
			continue; /* no mail all day: the logs have a gap */
		(void)sum_hours(s, &before, &weighed, v);
		mails[n++] = (int64_t)(weighed + 0.5);
		if (v[SETTLED]) {
			delivered[shares] = share_of(v[DELIVERED], v[SETTLED]);
			first[shares++] = share_of(v[FIRST_TRY], v[SETTLED]);
		}
	}
	if (n < BEFORE_MIN)
		return;
	u->n = n;
	u->mails = median_of(mails, n, &u->mails_off);
	if (shares >= BEFORE_MIN) {
		u->delivered = median_of(delivered, shares, &u->delivered_off);
		u->first = median_of(first, shares, &u->first_off);
	}
}

static void find_usual(const struct clock *s, const struct hours *h, struct usual *u)
{
	look_back(s, h, true, u);
	if (!u->n)
		look_back(s, h, false, u);
}

/* Are fewer of `of` recipients than usual what the count says? */
static bool is_low(int64_t n, int64_t of, int64_t usual, int64_t off)
{
	double p = (double)usual / 100000, missing;

	if (usual == PANEL_NULL || of < SETTLED_MIN)
		return false;
	missing = p * (double)of - (double)n;
	return usual - share_of(n, of) >= SHARE_STEP && (double)(usual - share_of(n, of)) > DEVIATION * (double)off &&
	       missing * missing > CHANCE * CHANCE * ((double)of * p * (1 - p) + 1);
}

/* -1: less mail than usual, 1: more, 0: neither */
static int volume_sign(int64_t n, int64_t usual, int64_t off)
{
	double x = (double)n, m = (double)usual, apart = x < m ? m - x : x - m;

	if (apart <= DEVIATION * (double)off || apart * apart <= CHANCE * CHANCE * (m + 1))
		return 0;
	return x * VOLUME_FACTOR < m ? -1 : x > m * VOLUME_FACTOR && n >= SETTLED_MIN ? 1 : 0;
}

/* --- rows --------------------------------------------------------------------------------------------- */

static void add_word(struct strbuf *sb, const char *word)
{
	if (sb->n)
		strbuf_add(sb, SLICE(", "));
	strbuf_add_str(sb, word);
}

/* "4 Saturdays" */
static struct slice before_text(struct panel_build *b, const struct usual *u, int64_t day)
{
	static const char *const WEEKDAYS[] = { "Mondays", "Tuesdays", "Wednesdays", "Thursdays",
						"Fridays", "Saturdays", "Sundays" };
	struct strbuf *sb = &b->counters->scratch;

	strbuf_clear(sb);
	strbuf_printf(sb, "%zu %s", u->n, u->weekday ? WEEKDAYS[weekday_of(day)] : weekday_of(day) >= 5 ? "weekend days" : "workdays");
	return arena_copy(b->arena, strbuf_slice(sb));
}

static void compare(struct panel_build *b, struct panel_cell *cells, const struct usual *u, int64_t day, const int64_t *v)
{
	struct strbuf words = { 0 };
	int volume = volume_sign(v[MAILS], u->mails, u->mails_off);

	cells[C_USUAL_MAILS] = cell_value(u->mails);
	cells[C_USUAL_DELIVERED] = cell_value(u->delivered);
	cells[C_USUAL_FIRST] = cell_value(u->first);
	cells[C_BEFORE] = cell_text(before_text(b, u, day));
	if (is_low(v[DELIVERED], v[SETTLED], u->delivered, u->delivered_off)) {
		cells[C_DELIVERED].mark = MARK_BAD;
		add_word(&words, "fewer delivered");
	}
	if (is_low(v[FIRST_TRY], v[SETTLED], u->first, u->first_off)) {
		cells[C_FIRST].mark = MARK_NOTICE;
		if (!words.n) /* else it follows */
			add_word(&words, "fewer at the first try");
	}
	if (volume) {
		cells[C_MAILS].mark = MARK_NOTICE;
		add_word(&words, volume < 0 ? "little mail" : "much mail");
	}
	if (words.n) {
		cells[C_UNUSUAL] = cell_text(arena_copy(b->arena, strbuf_slice(&words)));
		cells[C_UNUSUAL].mark = MARK_NOTICE;
	}
	strbuf_done(&words);
}

/* false: no mail in these hours, and usually none; *ret_compared is set if there was something to compare with */
static bool fill(const struct clock *s, struct panel_build *b, struct panel_cell *cells, const struct hours *h,
		 bool *ret_compared)
{
	struct usual u;
	int64_t v[VALUES];
	double mails;

	find_usual(s, h, &u);
	if (!sum_hours(s, h, &mails, v) && u.mails == 0)
		return false;
	cells[C_MAILS] = cell_value(v[MAILS]);
	cells[C_SETTLED] = cell_value(v[SETTLED]);
	cells[C_DELIVERED] = cell_value(share_of(v[DELIVERED], v[SETTLED]));
	cells[C_FIRST] = cell_value(share_of(v[FIRST_TRY], v[SETTLED]));
	cells[C_BEFORE] = cells[C_UNUSUAL] = cell_text(SLICE_NONE);
	if (u.n) {
		compare(b, cells, &u, h->day, v);
		*ret_compared = true;
	}
	return true;
}

/* how much of the newest hour has passed */
static double last_part(const struct clock *s)
{
	double part = (double)(s->last_us % USEC_PER_HOUR) / (double)USEC_PER_HOUR;

	return part >= FULL_SHARE ? 1 : part;
}

static struct slice hour_text(struct panel_build *b, int64_t day, int hour)
{
	struct slice text = build_day(b, day);
	struct strbuf *sb = &b->counters->scratch;

	strbuf_clear(sb);
	strbuf_add(sb, text);
	strbuf_printf(sb, " %02d:00", hour);
	return arena_copy(b->arena, strbuf_slice(sb));
}

/* "Unusual hours: 14:00, 15:00" of the newest day */
static void note_hours(const struct clock *s, struct panel_build *b, int64_t day, int last_hour)
{
	struct panel_cell cells[C_UNUSUAL + 1];
	struct strbuf note = { 0 };
	size_t n = 0;

	for (int k = 0; k <= last_hour && n < NOTE_HOURS; k++) {
		struct hours h = { day, k, k, k == last_hour ? last_part(s) : 1 };
		bool compared = false;

		if (!fill(s, b, cells, &h, &compared) || !cells[C_UNUSUAL].text.p)
			continue;
		strbuf_printf(&note, "%s%02d:00 (", n++ ? ", " : "Unusual hours of the last day: ", k);
		strbuf_add(&note, cells[C_UNUSUAL].text);
		strbuf_add_byte(&note, ')');
	}
	if (n)
		b->panel->note = arena_copy(b->arena, strbuf_slice(&note));
	strbuf_done(&note);
}

static void note_history(const struct clock *s, struct panel_build *b)
{
	struct strbuf note = { 0 };
	int64_t days = s->last_us / USEC_PER_DAY - s->first_us / USEC_PER_DAY + 1;

	strbuf_printf(&note, "Not compared: the logs cover %lld day%s, and %d earlier ones of the same kind are needed.",
		      (long long)days, days == 1 ? "" : "s", BEFORE_MIN);
	b->panel->note = arena_copy(b->arena, strbuf_slice(&note));
	strbuf_done(&note);
}

static void build_days(const struct clock *s, struct panel_build *b, int64_t day, int hour)
{
	struct strbuf filter = { 0 };
	size_t n = 0, most = b->no_limit ? LOOK_BACK_DAYS : DAYS_SHOWN;
	bool compared = false;

	build_rows(b, most);
	for (int64_t d = day - (int64_t)most + 1; d <= day; d++) {
		struct hours h = { d, 0, d == day ? hour : 23, d == day ? last_part(s) : 1 };
		struct panel_row *row = &b->panel->rows[n];

		if (!fill(s, b, row->cells, &h, &compared))
			continue;
		row->cells[C_WHEN] = cell_text(build_day(b, d));
		build_filter_day(b, &filter, d, s->utc_offset_sec);
		build_filter_end(b, row, &filter);
		n++;
	}
	b->panel->n_rows = n;
	strbuf_done(&filter);
	if (compared)
		note_hours(s, b, day, hour);
	else
		note_history(s, b);
}

static void build_hours(const struct clock *s, struct panel_build *b, int64_t last)
{
	size_t n = 0;
	bool compared = false;

	build_rows(b, HOURS_SHOWN);
	for (int64_t k = last - HOURS_SHOWN + 1; k <= last; k++) {
		int64_t day = k / 24;
		int hour = (int)(k % 24);
		struct hours h = { day, hour, hour, k == last ? last_part(s) : 1 };
		struct panel_row *row = &b->panel->rows[n];

		if (!fill(s, b, row->cells, &h, &compared))
			continue;
		row->cells[C_WHEN] = cell_text(hour_text(b, day, hour));
		n++;
	}
	b->panel->n_rows = n;
	if (!compared)
		note_history(s, b);
}

/* the last hour that the logs reach into, since 1970; -1: there is none */
static int64_t last_hour(const struct clock *s)
{
	return s->last_us == USEC_NONE || s->first_us < 0 ? -1 : s->last_us / USEC_PER_HOUR; /* < 0: clocks before 1970 */
}

static void days_build(void *state, struct panel_build *b)
{
	int64_t last = last_hour(state);

	if (last >= 0)
		build_days(state, b, last / 24, (int)(last % 24));
}

static void hours_build(void *state, struct panel_build *b)
{
	int64_t last = last_hour(state);

	if (last >= 0)
		build_hours(state, b, last);
}

const struct panel_ops panel_success = {
	.id = "success",
	.title = "Success against the usual",
	.columns = DAY_COLUMNS,
	.n_columns = ARRAY_LEN(DAY_COLUMNS),
	.new = clock_of,
	.build = days_build,
};

const struct panel_ops panel_success_hours = {
	.id = "success_hours",
	.title = "Success against the usual, last 24 hours",
	.on_request = true,
	.columns = HOUR_COLUMNS,
	.n_columns = ARRAY_LEN(HOUR_COLUMNS),
	.new = clock_of,
	.build = hours_build,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_exchange.c - Microsoft Exchange's logs: lines of a header, and rows of comma separated values
 *
 * "#Software: ...", "#Version: 15.02.1118.037", "#Log-type: ...", "#Date: 2026-09-14T08:00:00.000Z", "#Fields: date-time,...";
 * then "2026-09-14T08:00:00.101Z,...".  Times are UTC.  An export by Get-MessageTrackingLog begins with "#TYPE ..." or with the
 * bare names, and its times are local ones in the form of somebody's culture.
 * Sources: Microsoft, "Message tracking", "Protocol logging", "Search message tracking logs".
 * Traps: the web server's logs have such headers too, but their names are separated by blanks; the host that logged a row stands
 * in one column or another, depending on the event; clients choose the other one.
 */
#include "envelope/head.h"

#include <string.h>

#include "base/ascii.h"
#include "base/civil.h"

#define HOST_MAX_BYTES 64
#define STAMP_BYTES    24 /* "2026-09-14T08:00:00.101Z" */

/* "15.02.1118.037": four numbers */
static bool is_build(struct cur c)
{
	uint64_t v;
	int n = 0;

	do {
		if (!cur_u64(&c, UINT32_MAX, &v))
			return false;
		n++;
	} while (cur_byte(&c, '.'));
	return n == 4 && cur_at_end(&c);
}

/* a line that begins with '#' */
static bool is_comment(struct cur c, struct head *h)
{
	struct cur at = c;

	if (cur_lit(&c, "#Software: "))
		return cur_lit(&c, "Microsoft Exchange");
	if (cur_lit(&c, "#Version: "))
		return is_build(c);
	if (cur_lit(&c, "#TYPE "))
		return cur_left(&c) > 0;
	if (cur_lit(&c, "#Date: ")) {
		if (!head_stamp_iso(&c, 'T', NULL, &h->stamp))
			return false;
		head_stamp_fraction(&c, &h->stamp);
		head_stamp_zone(&c, &h->stamp);
		return h->stamp.has_zone;
	}
	if (cur_lit(&at, "#Log-type: ") || cur_lit(&at, "#Log-Type: "))
		return log_kind_of_type(cur_rest(&at)) != LOG_NONE;
	return false;
}

bool head_form_exchange(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	struct slice whole = cur_rest(&c);
	struct log_columns columns;
	char first = cur_peek(&c);

	(void)clock;
	if (first != '#' && first != '"' && !ascii_alpha(first))
		return false;
	if (!(first == '#' && is_comment(c, h)) && !log_columns_read(whole, LOG_NONE, &columns))
		return false;
	h->kind = ENVELOPE_EXCHANGE;
	h->header = true;
	h->text = whole;
	return true;
}

/* ---- times of exports ---- */

struct numbers {
	int64_t v[3];
	unsigned digits[3];
	char separator;
};

/* "9/14/2026", "14.09.2026", "2026-09-14" */
static bool three_numbers(struct cur *c, struct numbers *ret)
{
	for (int i = 0; i < 3; i++) {
		const char *from = c->p;

		if (i == 1)
			ret->separator = cur_peek(c);
		if (i > 0 && !cur_byte(c, ret->separator))
			return false;
		from = c->p;
		if (!cur_i64(c, 9999, &ret->v[i]))
			return false;
		ret->digits[i] = (unsigned)(c->p - from);
	}
	return ret->separator == '/' || ret->separator == '.' || ret->separator == '-';
}

static bool date_of(const struct numbers *n, enum date_order *order, struct civil *ret)
{
	bool day_first;

	if (n->digits[0] == 4) {
		ret->year = (int)n->v[0];
		ret->month = (int)n->v[1];
		ret->day = (int)n->v[2];
		return true;
	}
	if (n->v[0] > 12)
		*order = DATES_DAY_FIRST;
	else if (n->v[1] > 12)
		*order = DATES_MONTH_FIRST;
	/* only the slash is used both ways */
	day_first = *order == DATES_UNKNOWN ? n->separator != '/' : *order == DATES_DAY_FIRST;
	ret->year = (int)(n->digits[2] == 2 ? 2000 + n->v[2] : n->v[2]);
	ret->month = (int)n->v[day_first ? 1 : 0];
	ret->day = (int)n->v[day_first ? 0 : 1];
	return n->digits[2] == 2 || n->digits[2] == 4;
}

static bool two_or_one(struct cur *c, int max, int *ret)
{
	const char *from = c->p;
	uint64_t v;

	if (!cur_u64(c, (uint64_t)max, &v) || c->p - from > 2)
		return false;
	*ret = (int)v;
	return true;
}

/* "10:00:00 AM", "22:00", "10.00.00" */
static bool time_of(struct cur *c, struct civil *ret)
{
	char separator;

	if (!two_or_one(c, 23, &ret->hour))
		return false;
	separator = cur_peek(c);
	if ((separator != ':' && separator != '.') || !cur_byte(c, separator) || !two_or_one(c, 59, &ret->minute))
		return false;
	if (cur_byte(c, separator) && !two_or_one(c, 59, &ret->second))
		return false;
	(void)(cur_byte(c, ' ') || cur_lit(c, "\xe2\x80\xaf")); /* a narrow one in newer versions */
	if (cur_left(c) == 2 && (c->p[1] | 0x20) == 'm' && ret->hour >= 1 && ret->hour <= 12) {
		char half = ascii_tolower(*c->p);

		if (half != 'a' && half != 'p')
			return false;
		ret->hour = ret->hour % 12 + (half == 'p' ? 12 : 0);
		c->p += 2;
	}
	return cur_at_end(c);
}

static void two_digits_at(char *to, int v)
{
	to[0] = (char)('0' + v / 10 % 10);
	to[1] = (char)('0' + v % 10);
}

/* A local time into a stamp of ours, which has no zone. */
static bool exported_stamp(struct slice s, enum date_order *order, struct head *h)
{
	struct cur c = cur_of(s);
	struct civil t = { .year = 0 };
	struct numbers n = { .separator = 0 };
	char *to = h->written;

	if (!three_numbers(&c, &n) || !date_of(&n, order, &t) || (!cur_byte(&c, ' ') && !cur_byte(&c, 'T')) ||
	    !time_of(&c, &t) || !civil_valid(&t))
		return false;
	memcpy(to, "yyyy-mm-ddThh:mm:ss", 19);
	two_digits_at(to, t.year / 100);
	two_digits_at(to + 2, t.year % 100);
	two_digits_at(to + 5, t.month);
	two_digits_at(to + 8, t.day);
	two_digits_at(to + 11, t.hour);
	two_digits_at(to + 14, t.minute);
	two_digits_at(to + 17, t.second);
	c = cur_of(slice_of(to, 19));
	return head_stamp_iso(&c, 'T', NULL, &h->stamp);
}

/* ---- rows ---- */

static bool logged_stamp(struct slice s, bool exported, struct stamp *ret)
{
	struct cur c = cur_of(s);

	if (!head_stamp_iso(&c, 'T', NULL, ret))
		return false;
	head_stamp_fraction(&c, ret);
	head_stamp_zone(&c, ret);
	if (!exported && !ret->has_zone) {
		ret->has_zone = true; /* always UTC */
		ret->zone_sec = 0;
	}
	return cur_at_end(&c);
}

/* "MBX01.example.com" and "MBX01" are one server. */
static struct slice server_name(struct slice host)
{
	host = slice_head(host, slice_find_byte(host, '.'));
	return host.n && host.n <= HOST_MAX_BYTES ? host : SLICE_NONE;
}

/* Of client and server the one that wrote the row: the client of what it sends, the server of what it receives. */
static struct slice tracking_host(const struct log_row *row)
{
	static const struct slice RECEIVING[] = {
		{ "RECEIVE", 7 }, { "HARECEIVE", 9 }, { "NOTIFYMAPI", 10 }, { "SUBMIT", 6 },
	};
	struct slice client = row->field[COL_CLIENT_HOST], server = row->field[COL_SERVER_HOST];
	bool receiving = !client.p;

	for (size_t i = 0; i < ARRAY_LEN(RECEIVING); i++)
		receiving = receiving || slice_eq_fold(row->field[COL_EVENT_ID], RECEIVING[i]);
	return server_name(receiving ? server : client);
}

static struct slice host_of(const struct log_columns *columns, const struct log_row *row)
{
	struct slice connector = row->field[COL_CONNECTOR];
	size_t n = connector.p ? slice_find_byte(connector, '\\') : 0;

	if (columns->kind == LOG_TRACKING)
		return tracking_host(row);
	/* of a receive connector: "MBX01\Default Frontend MBX01" */
	return connector.p && n < connector.n ? server_name(slice_head(connector, n)) : SLICE_NONE;
}

/* a row below a header (columns), or without one (NULL) */
static bool is_row(struct slice text, struct envelope_header *header, struct head *h)
{
	const struct log_columns *columns = header->columns;
	struct log_row row;
	struct slice time;
	unsigned n;

	if (!columns) {
		if (log_row_shape(text, &n) == LOG_NONE)
			return false;
		return logged_stamp(slice_head(text, STAMP_BYTES), false, &h->stamp);
	}
	log_row_split(columns, text, &row);
	time = row.field[COL_DATE_TIME];
	/* a row may be cut inside its time */
	if (!time.p || (row.n < 2 && !ascii_digit(*time.p)))
		return false;
	if (!logged_stamp(time, columns->exported, &h->stamp) &&
	    !(columns->exported && exported_stamp(time, &header->dates, h)))
		h->stamp.form = STAMP_NONE;
	h->host = host_of(columns, &row);
	return h->stamp.form != STAMP_NONE || columns->kind != LOG_NONE;
}

/* Names of columns, or another line of the header. */
static void read_header(struct envelope_header *header, struct slice text,
			const struct log_columns *(*keep)(void *ctx, const struct log_columns *columns), void *ctx)
{
	static const struct log_columns UNKNOWN = { .kind = LOG_NONE, .separator = ',', .n = 1, .at = { COL_DATE_TIME } };
	struct cur c = cur_of(text);
	struct log_columns columns;

	if (cur_lit(&c, "#Software: ")) {
		header->exchange = true;
		header->type = LOG_NONE;
	} else if (cur_lit(&c, "#Log-type: ") || cur_lit(&c, "#Log-Type: ")) {
		header->type = log_kind_of_type(cur_rest(&c));
	} else if (log_columns_read(text, header->type, &columns)) {
		header->columns = keep(ctx, &columns);
	} else if (cur_lit(&c, "#Fields:")) {
		header->columns = keep(ctx, &UNKNOWN);
	}
}

void head_exchange(struct envelope_header *header, struct head *h,
		   const struct log_columns *(*keep)(void *ctx, const struct log_columns *columns), void *ctx)
{
	struct slice text = h->text;

	if (h->kind == ENVELOPE_NONE && slice_starts(text, "#") && header->exchange) {
		h->kind = ENVELOPE_EXCHANGE;
		h->header = true;
	}
	if (h->header) {
		read_header(header, text, keep, ctx);
	} else if (slice_starts(text, "#")) {
		if (slice_starts(text, "#Fields:") || slice_starts(text, "#Software:"))
			*header = (struct envelope_header){ .columns = NULL };
	} else if (is_row(text, header, h)) {
		h->kind = ENVELOPE_EXCHANGE;
	}
}

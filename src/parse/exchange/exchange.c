/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.c - Microsoft Exchange: message tracking and protocol logs
 *
 * A row means what its columns are, and these stand in the header above it: the line brings them (event/columns.h).
 * Source: Microsoft, "Message tracking", "Protocol logging".
 * Trap: a row that is cut still has fields that look right: with a number of fields that is not the header's it is broken.
 */
#include "parse/exchange/exchange.h"

#include "base/civil.h"
#include "base/cursor.h"
#include "parse/exchange/exchange_priv.h"

#define TIME_BYTES 19 /* "2026-09-14T08:00:00" */

static bool exchange_claims(const struct line *l)
{
	return l->envelope == ENVELOPE_EXCHANGE;
}

struct slice exchange_address(struct slice ip)
{
	return slice_head(ip, slice_find_byte(ip, '%'));
}

void exchange_endpoint(struct slice s, struct slice *ret_ip, int64_t *ret_port)
{
	size_t colon = s.p ? slice_rfind_byte(s, ':') : 0;
	struct slice ip = slice_head(s, colon);
	struct cur c;
	int64_t port;

	if (!s.p)
		return;
	c = cur_of(slice_from(s, colon < s.n ? colon + 1 : s.n));
	if (!cur_i64(&c, 65535, &port) || !cur_at_end(&c))
		return;
	*ret_ip = exchange_address(slice_unwrap(ip, '[', ']'));
	*ret_port = port;
}

/* two or four digits behind what was read */
static bool number(struct cur *c, unsigned digits, int *ret)
{
	const char *from = c->p;
	uint64_t v;

	if (!cur_u64(c, 9999, &v) || c->p - from != (ptrdiff_t)digits)
		return false;
	*ret = (int)v;
	return true;
}

usec_t exchange_time(struct slice s)
{
	struct cur c = cur_of(s);
	struct civil t = { .year = 0 };
	usec_t fraction = 0;

	if (s.n < TIME_BYTES || !number(&c, 4, &t.year) || !cur_byte(&c, '-') || !number(&c, 2, &t.month) ||
	    !cur_byte(&c, '-') || !number(&c, 2, &t.day) || !cur_byte(&c, 'T') || !number(&c, 2, &t.hour) ||
	    !cur_byte(&c, ':') || !number(&c, 2, &t.minute) || !cur_byte(&c, ':') || !number(&c, 2, &t.second) ||
	    !civil_valid(&t))
		return USEC_NONE;
	if (cur_byte(&c, '.')) {
		usec_t unit = USEC_PER_SEC / 10;

		for (; ascii_digit(cur_peek(&c)) && unit > 0; c.p++, unit /= 10)
			fraction += (*c.p - '0') * unit;
	}
	return cur_peek(&c) == 'Z' ? civil_to_usec(&t) + fraction : USEC_NONE;
}

/* "#Software: ...", "#Fields: ...", the bare names of an export */
static enum parse_result parse_header(const struct line *l, struct event *ret)
{
	ret->kind = EV_NOTICE;
	ret->category = NOTICE_LOGGING;
	ret->severity = SEVERITY_INFO;
	ret->text = l->text;
	return PARSE_OK;
}

/* Rows below no header were recognised by their look; which column is which nobody says. */
static bool is_header(struct slice text)
{
	struct log_columns columns;

	return slice_starts(text, "#") || log_columns_read(text, LOG_NONE, &columns);
}

static enum parse_result exchange_parse(const struct line *l, struct event *ret)
{
	struct log_row row;

	if (!l->columns)
		return is_header(l->text) ? parse_header(l, ret) : PARSE_BAD;
	if (l->columns->kind == LOG_NONE)
		return PARSE_NOT_MINE;
	if (l->flags & LINE_DECODED)
		log_row_split_decoded(l->columns, l->text, &row);
	else
		log_row_split(l->columns, l->text, &row);
	if (row.open || row.n != l->columns->n || (l->flags & (LINE_TIME_CARRIED | LINE_CUT)))
		return PARSE_BAD;
	switch (l->columns->kind) {
	case LOG_TRACKING:
		return exchange_tracking(l, &row, ret);
	case LOG_IMAP:
	case LOG_POP3:
	case LOG_MAILBOX:
		if (row.field[COL_COMMAND].p || !row.field[COL_EVENT].p)
			return exchange_mailbox(l, &row, ret);
		return exchange_protocol(l, &row, ret);
	default:
		return exchange_protocol(l, &row, ret);
	}
}

const struct writer_ops exchange_writer = {
	.writer = WRITER_EXCHANGE,
	.envelope = ENVELOPE_EXCHANGE,
	.claims = exchange_claims,
	.parse = exchange_parse,
	.samples = exchange_samples,
	.refused = exchange_refused,
};

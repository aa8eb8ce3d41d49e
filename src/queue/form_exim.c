/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_exim.c - `exim -bp` and its kin (-bpa, -bpr, -bpra, -bpu, -bpru), exiqgrep
 *
 *  0m   280 1xUgwz-00016v-84 <a@example.net>
 *         D hole@example.com
 *           user@example.org
 *
 * 25h  2.9K 1xUgx3-0000000017N-3m88 <> *** frozen ***
 *        +D child@example.net
 *
 * Source: Exim src/queue.c queue_list(), src/string.c string_format_size().  The age is "%2dm" up to 90 minutes, "%2dh" up to 72
 * hours, "%2dd"; the size "%5d", "%4.1fK", "%4dK", ..., blanks for 0.  After the sender: " (LOGIN)" if it was not believed, then
 * " *** frozen ***".  A damaged file gives "*** spool format error: size=N ***" or "*** spool read error: TEXT ***" in the next
 * line, and may leave out age and sender.
 * Trap: an address may hold '>', blanks and all that stands behind it; the last '>' of the line ends the sender.
 */
#include "event/queue_id.h"
#include "queue/queue_priv.h"

#define LOOK_LINES 50

struct exim_line {
	usec_t age_us, resolution_us; /* -1: not told; the age is at least that old, less than that more */
	int64_t size_bytes;           /* -1 */
	bool size_rounded;
	struct slice id, rest;
};

/* "12m", "25h", "3d" */
static bool read_age(struct cur *c, struct exim_line *l)
{
	struct cur d = *c;
	uint64_t v;

	if (!cur_u64(&d, 100000, &v) || cur_at_end(&d))
		return false;
	switch (*d.p++) {
	case 'm':
		l->age_us = (usec_t)v * USEC_PER_MIN;
		l->resolution_us = USEC_PER_MIN;
		break;
	case 'h': /* rounded, and so are the hours of a day */
		l->age_us = (usec_t)v * USEC_PER_HOUR - USEC_PER_HOUR / 2;
		l->resolution_us = USEC_PER_HOUR;
		break;
	case 'd':
		l->age_us = (usec_t)v * USEC_PER_DAY - USEC_PER_DAY / 2 - USEC_PER_HOUR / 2;
		l->resolution_us = USEC_PER_DAY + USEC_PER_HOUR;
		break;
	default:
		return false;
	}
	*c = d;
	return true;
}

/* "280", "2.9K", "12K", "1.1M", "12M" */
static bool read_size(struct cur *c, struct exim_line *l)
{
	static const char LETTERS[] = "KMGT";
	struct cur d = *c;
	uint64_t v, tenth = 0;
	unsigned shift = 0;

	if (!cur_u64(&d, UINT32_MAX, &v))
		return false;
	if (cur_byte(&d, '.') && !cur_u64(&d, 9, &tenth))
		return false;
	for (unsigned i = 0; i < sizeof LETTERS - 1 && !shift; i++)
		if (cur_byte(&d, LETTERS[i]))
			shift = 10 * (i + 1);
	if (cur_peek(&d) != ' ' && cur_peek(&d) != '\t')
		return false;
	if (v > (uint64_t)INT64_MAX >> (shift + 8))
		return false;
	l->size_bytes = (int64_t)((v << shift) + ((tenth << shift) + 5) / 10);
	l->size_rounded = shift > 0;
	*c = d;
	return true;
}

static bool read_id(struct cur *c, struct exim_line *l)
{
	size_t n = queue_id_exim_prefix(cur_rest(c));

	if (!n)
		return false;
	l->id = slice_of(c->p, n);
	c->p += n;
	return true;
}

/* the first line of a message */
static bool read_first(struct slice line, struct exim_line *ret)
{
	struct exim_line l = { .age_us = -1, .size_bytes = -1 };
	struct cur c = cur_of(line);

	queue_skip_blanks(&c);
	if (!read_id(&c, &l)) {
		if (read_age(&c, &l))
			queue_skip_blanks(&c);
		if (!read_id(&c, &l)) {
			if (!read_size(&c, &l))
				return false;
			queue_skip_blanks(&c);
			if (!read_id(&c, &l))
				return false;
		} else
			l.size_bytes = 0; /* blanks */
	}
	if (!cur_at_end(&c) && *c.p != ' ')
		return false;
	l.rest = cur_rest(&c);
	*ret = l;
	return true;
}

static bool is_mine(struct slice text)
{
	struct cur c = cur_of(text);
	struct exim_line l;
	struct slice line;

	for (int i = 0; i < LOOK_LINES && queue_line(&c, &line); i++)
		if (read_first(line, &l) && l.age_us >= 0 && slice_starts(l.rest, " <"))
			return true;
	return false;
}

/* " <SENDER> (LOGIN) *** frozen ***" */
static void read_rest(struct queued *m, struct slice rest)
{
	size_t end;

	if (slice_ends(rest, " *** frozen ***")) {
		m->state = QUEUE_FROZEN;
		rest.n -= strlen(" *** frozen ***");
	}
	end = slice_rfind_byte(rest, '>');
	if (!slice_starts(rest, " <") || end == rest.n)
		return;
	m->sender = slice_of(rest.p + 2, end - 2);
	rest = slice_from(rest, end + 1);
	if (slice_starts(rest, " (") && slice_ends(rest, ")") && rest.n > 3)
		m->login = slice_of(rest.p + 2, rest.n - 3);
}

static struct queued *add(struct queue_reader *r, const struct exim_line *l)
{
	struct queued *m = queue_add(r, l->id);
	usec_t made;

	m->size_bytes = l->size_bytes;
	m->size_rounded = l->size_rounded;
	read_rest(m, l->rest);
	if (!queue_id_exim_time(l->id, &m->arrived_us))
		m->arrived_us = USEC_NONE;
	if (m->arrived_us == USEC_NONE || l->age_us < 0)
		return m;
	/* the listing was made at this time or later; where the ages are rough, that may still be now */
	made = m->arrived_us + l->age_us;
	if (made + l->resolution_us > r->clock->now_us && made < r->clock->now_us)
		made = r->clock->now_us;
	if (r->made_us == USEC_NONE || made > r->made_us)
		r->made_us = made;
	return m;
}

/* 8 blanks, "D" or a blank, a blank; or 7 blanks and "+D " */
static void read_recipient(struct queue_reader *r, struct queued *m, struct slice line)
{
	struct slice s = slice_trim(line);
	bool delivered = false;

	if (slice_starts(s, "***")) {
		m->state = QUEUE_CORRUPT;
		m->note = s;
		return;
	}
	if (slice_starts(s, "+D ")) {
		delivered = true;
		s = slice_from(s, 3);
	} else if (slice_starts(s, "D ") && !slice_starts(line, "          ")) {
		delivered = true;
		s = slice_from(s, 2);
	}
	(void)queue_add_recipient(r, m, slice_trim(s), delivered);
}

static int read(struct queue_reader *r, struct slice text, struct err *reterr)
{
	struct cur c = cur_of(text);
	struct queued *m = NULL;
	struct exim_line l;
	struct slice line;

	(void)reterr;
	while (queue_line(&c, &line)) {
		if (slice_trim(line).n == 0)
			m = NULL;
		else if (read_first(line, &l))
			m = add(r, &l);
		else if (m && (line.p[0] == ' ' || line.p[0] == '\t'))
			read_recipient(r, m, line);
		else
			r->odd_lines++;
	}
	return 0;
}

const struct queue_form queue_form_exim = {
	.name = "exim",
	.program = "Exim",
	.writer = WRITER_EXIM,
	.is_mine = is_mine,
	.read = read,
};

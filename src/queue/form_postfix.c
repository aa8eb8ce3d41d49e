/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_postfix.c - `postqueue -p`, which is Postfix' `mailq`
 *
 * -Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------
 * 4A1B2C3D4E*    1843 Sat Sep 12 10:15:30  ann@example.com
 *                                          bob@example.net
 *
 * 5A1B2C3D4E      912 Sat Sep 12 09:00:01  MAILER-DAEMON
 * (connect to mx.example.net[192.0.2.25]:25: Connection timed out)
 *                                          carol@example.net
 *
 * -- 3 Kbytes in 2 Requests.
 *
 * Source: Postfix src/postqueue/showq_compat.c: "%-11s %7ld %20.20s %s", with long ids "%-17s %8ld %19.19s %s"; '*' active, '!' on hold,
 * '#' to be expired (since 3.5, behind the others).  A reason stands before the recipients that it is about, moved to the right so
 * that it ends at column 76, and is said again only when it changes.
 * Trap: the stamp has no year.  A null sender is MAILER-DAEMON.  Reasons are the other server's words.
 */
#include "event/queue_id.h"
#include "queue/queue_priv.h"

#define LOOK_LINES       50
#define REASON_MAX_LINES 20 /* that one reason may go over */

struct postfix_line {
	struct slice id;
	bool active, held, expiring;
	int64_t size_bytes;
	usec_t arrived_us;
	struct slice sender;
};

static bool read_first(const struct queue_reader *r, struct slice line, struct postfix_line *ret)
{
	struct postfix_line l = { .active = false };
	struct cur c = cur_of(line);
	const char *from = c.p;

	while (c.p < c.end && ascii_alnum(*c.p))
		c.p++;
	l.id = slice_between(from, c.p);
	if (!queue_id_is_postfix(l.id))
		return false;
	for (; c.p < c.end && *c.p != ' '; c.p++) {
		l.active = l.active || *c.p == '*';
		l.held = l.held || *c.p == '!';
		l.expiring = l.expiring || *c.p == '#';
		if (*c.p != '*' && *c.p != '!' && *c.p != '#')
			return false;
	}
	queue_skip_blanks(&c);
	if (!cur_i64(&c, INT64_MAX, &l.size_bytes) || !cur_byte(&c, ' '))
		return false;
	queue_skip_blanks(&c);
	if (!queue_stamp(r, &c, &l.arrived_us))
		return false;
	queue_skip_blanks(&c);
	l.sender = slice_trim(cur_rest(&c));
	*ret = l;
	return true;
}

static bool is_mine(struct slice text)
{
	struct cur c = cur_of(text);
	struct slice line;

	for (int i = 0; i < LOOK_LINES && queue_line(&c, &line); i++) {
		line = slice_trim(line);
		if (slice_is(line, "Mail queue is empty"))
			return true;
		if ((slice_starts(line, "-Queue ID-") || slice_starts(line, "----Queue ID-----")) &&
		    slice_find(line, SLICE("Sender/Recipient")) < line.n)
			return true;
	}
	return false;
}

static struct queued *add(struct queue_reader *r, const struct postfix_line *l)
{
	struct queued *m = queue_add(r, l->id);
	usec_t exact;

	m->size_bytes = l->size_bytes;
	m->arrived_us = queue_id_postfix_time(l->id, &exact) ? exact : l->arrived_us;
	m->state = l->held ? QUEUE_HELD : l->active ? QUEUE_ACTIVE : QUEUE_WAITING;
	m->expiring = l->expiring;
	m->sender = slice_is(l->sender, "MAILER-DAEMON") ? slice_of(l->sender.p, 0) : l->sender;
	return m;
}

/* "(TEXT)", perhaps over several lines; the cursor stands behind the first */
static struct slice read_reason(struct cur *c, struct slice first)
{
	struct slice s = slice_trim(first), line;
	struct cur d = *c;

	for (int i = 0; i < REASON_MAX_LINES && !slice_ends(s, ")") && queue_line(&d, &line); i++) {
		line = slice_trim(line);
		if (!line.n)
			break;
		if (slice_ends(line, ")")) {
			*c = d;
			s = slice_between(s.p, line.p + line.n);
		}
	}
	s = slice_from(s, 1);
	return slice_ends(s, ")") ? slice_head(s, s.n - 1) : s;
}

static void set_reason(struct queued *m, struct slice reason)
{
	if (m->state == QUEUE_WAITING)
		m->state = QUEUE_DEFERRED;
	if (!m->reason.p && !slice_is(reason, "reason unavailable"))
		m->reason = reason;
}

static bool is_furniture(struct slice line)
{
	return slice_starts(line, "-Queue ID-") || slice_starts(line, "----Queue ID-----") || slice_starts(line, "-- ") ||
	       slice_starts(line, "Mail queue is empty");
}

static int read(struct queue_reader *r, struct slice text, struct err *reterr)
{
	struct slice line, s, reason = SLICE_NONE;
	struct cur c = cur_of(text);
	struct queued *m = NULL;
	struct postfix_line l;

	(void)reterr;
	while (queue_line(&c, &line)) {
		s = slice_trim(line);
		if (!s.n) {
			m = NULL;
		} else if (read_first(r, line, &l)) {
			m = add(r, &l);
			reason = SLICE_NONE;
		} else if (m && s.p[0] == '(') {
			reason = read_reason(&c, line);
			set_reason(m, reason);
		} else if (m && (line.p[0] == ' ' || line.p[0] == '\t')) {
			queue_add_recipient(r, m, s, false)->reason = reason;
		} else if (!is_furniture(s))
			r->odd_lines++;
	}
	return 0;
}

const struct queue_form queue_form_postfix = {
	.name = "postfix",
	.program = "Postfix",
	.writer = WRITER_POSTFIX,
	.is_mine = is_mine,
	.read = read,
};

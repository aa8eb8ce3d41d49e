/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_sendmail.c - `mailq` of Sendmail (`sendmail -bp`), of the queue of the server and of that of its clients, with -v and without
 *
 *		/var/spool/mqueue (2 requests)
 * -----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------
 * 68C8FUxx003012*     195 Sat Sep 12 08:15 <ann@example.com>
 *       8BITMIME   (Deferred: 451 4.7.1 <bob@example.net>: Recipient address rej)
 *					 <bob@example.net>
 *		Total requests: 2
 *
 * -----Q-ID----- --Size-- -Priority- ---Q-Time--- --------Sender/Recipient--------
 * 68C8FUxx003012      195     120257 Sep 12 08:15 <ann@example.com>
 *                  (Deferred: 451 4.7.1 <bob@example.net>: Recipient address rejected: Greylisted, see http://postgrey.e)
 *						<bob@example.net>
 *		 (Deferred: 451 4.7.1 <bob@example.net>: Recipient address rejected: Greylisted, see http://postgrey.e)
 *
 * Source: Sendmail queue.c print_single_queue().  The mark behind the id: '*' a daemon works on it, '-' too young to be tried again,
 * 'X' the load is too high, '?' lost.  A '+' behind the priority: a warning was sent.  With -v a reason follows its recipient.
 * Trap: without -v sender and recipients are cut after 39 and 38 bytes, reasons after 60, 100 with -v, the brackets stay.
 */
#include "event/queue_id.h"
#include "queue/queue_priv.h"

#define LOOK_LINES       50
#define SENDER_BYTES     39 /* without -v */
#define RECIPIENT_BYTES  38
#define V_SENDER_BYTES   78
#define V_RECIPIENT_BYTES 71

struct sendmail_line {
	struct slice id;
	char mark;
	int64_t size_bytes; /* -1 */
	usec_t arrived_us;  /* USEC_NONE */
	struct slice sender;
};

/* "68C8FUxx003012*" */
static bool read_id(struct cur *c, struct sendmail_line *l)
{
	struct slice word = queue_word(c);

	if (queue_id_is_sendmail(word)) {
		l->id = word;
		return true;
	}
	if (word.n < 2 || !memchr("*-X?", word.p[word.n - 1], 4))
		return false;
	l->mark = word.p[word.n - 1];
	l->id = slice_head(word, word.n - 1);
	return queue_id_is_sendmail(l->id);
}

/* the first line of a message */
static bool read_first(const struct queue_reader *r, struct slice line, struct sendmail_line *ret)
{
	struct sendmail_line l = { .mark = ' ', .size_bytes = -1, .arrived_us = USEC_NONE, .sender = SLICE_NONE };
	struct cur c = cur_of(line), d;
	int64_t priority;

	if (line.n && line.p[0] == '\t')
		return false;
	queue_skip_blanks(&c);
	if (!read_id(&c, &l))
		return false;
	queue_skip_blanks(&c);
	if (cur_peek(&c) == '(') { /* "(job completed)": it went while the listing was made */
		l.sender = cur_rest(&c);
		*ret = l;
		return true;
	}
	if (!cur_i64(&c, INT64_MAX, &l.size_bytes) || !cur_byte(&c, ' '))
		return false;
	queue_skip_blanks(&c);
	d = c;
	(void)cur_byte(&d, '-');
	if (cur_i64(&d, INT64_MAX, &priority)) {
		c = d;
		(void)cur_byte(&c, '+');
		queue_skip_blanks(&c);
	}
	if (!queue_stamp(r, &c, &l.arrived_us))
		return false;
	l.sender = slice_trim(cur_rest(&c));
	*ret = l;
	return true;
}

/* "-----Q-ID----- --Size-- ..."; "--Q-ID-- --Size-- ..." before 8.10 */
static bool is_columns(struct slice line)
{
	return slice_starts(line, "--") && slice_find(line, SLICE("-Q-ID-")) < line.n &&
	       slice_find(line, SLICE("Sender/Recipient")) < line.n;
}

static bool is_heading(struct slice line)
{
	return is_columns(line) || slice_starts(line, "Total requests:") || slice_ends(line, " is empty") ||
	       ((slice_starts(line, "/") || slice_starts(line, "Mail Queue")) && slice_find(line, SLICE(" request")) < line.n);
}

static bool is_mine(struct slice text)
{
	struct cur c = cur_of(text);
	struct slice line;

	for (int i = 0; i < LOOK_LINES && queue_line(&c, &line); i++) {
		line = slice_trim(line);
		if (is_columns(line) || slice_starts(line, "Total requests:") ||
		    (slice_starts(line, "/") && slice_ends(line, " is empty")))
			return true;
	}
	return false;
}

/* "<a@b>" or "a@b"; cut in the listing if it fills its room */
static struct slice address_of(struct slice s, size_t room, bool *ret_cut)
{
	*ret_cut = s.n >= room && !slice_ends(s, ">");
	if (s.n && s.p[0] == '<') {
		s = slice_from(s, 1);
		if (slice_ends(s, ">"))
			s.n--;
	}
	return s;
}

static struct queued *add(struct queue_reader *r, const struct sendmail_line *l, bool verbose)
{
	struct queued *m;
	usec_t exact;

	if (l->size_bytes < 0 && slice_starts(l->sender, "(job completed)"))
		return NULL;
	m = queue_add(r, l->id);
	m->size_bytes = l->size_bytes;
	m->state = l->mark == '*' ? QUEUE_ACTIVE : l->mark == '-' ? QUEUE_DEFERRED : QUEUE_WAITING;
	m->arrived_us = l->arrived_us;
	/* the id is of the same minute, and exact */
	if (queue_id_sendmail_time(l->id, &exact) &&
	    (l->arrived_us == USEC_NONE || (exact - l->arrived_us >= 0 && exact - l->arrived_us < USEC_PER_MIN)))
		m->arrived_us = exact;
	if (l->size_bytes < 0) {
		m->state = QUEUE_CORRUPT;
		m->note = l->sender;
		return m;
	}
	m->sender = address_of(l->sender, verbose ? V_SENDER_BYTES : SENDER_BYTES, &m->sender_cut);
	if (slice_is(m->sender, "MAILER-DAEMON"))
		m->sender.n = 0;
	return m;
}

/* "(TEXT)" */
static void read_reason(struct queued *m, struct slice s)
{
	s = slice_from(s, 1);
	if (slice_ends(s, ")"))
		s.n--;
	if (m->last) /* -v: of the recipient before it */
		m->last->reason = s;
	else
		m->reason = s;
	if (m->state == QUEUE_WAITING)
		m->state = QUEUE_DEFERRED;
}

/* "8BITMIME", "QUARANTINE: TEXT", or both in one line */
static bool read_property(struct queued *m, struct slice s)
{
	struct cur c = cur_of(s);
	struct slice word = queue_word(&c);

	if (m->last || !word.n)
		return false;
	if (!slice_is(word, "QUARANTINE:")) {
		if (!slice_is(word, "8BITMIME") && !slice_is(word, "7BIT") && !slice_is(word, "BINARYMIME"))
			return false;
		queue_skip_blanks(&c);
		word = queue_word(&c);
	}
	if (slice_is(word, "QUARANTINE:")) {
		queue_skip_blanks(&c);
		m->state = QUEUE_HELD;
		m->note = cur_rest(&c);
	} else if (word.n && word.p[0] == '(')
		read_reason(m, slice_between(word.p, s.p + s.n));
	return true;
}

static void read_more(struct queue_reader *r, struct queued *m, struct slice s, bool verbose)
{
	struct queued_recipient *one;
	bool was_cut;

	if (slice_starts(s, "(---")) /* with -v: as whom it is delivered */
		return;
	if (s.p[0] == '(') {
		read_reason(m, s);
		return;
	}
	if (read_property(m, s))
		return;
	s = address_of(s, verbose ? V_RECIPIENT_BYTES : RECIPIENT_BYTES, &was_cut);
	one = queue_add_recipient(r, m, s, false);
	one->cut = was_cut;
}

static int read(struct queue_reader *r, struct slice text, struct err *reterr)
{
	struct cur c = cur_of(text);
	struct queued *m = NULL;
	struct sendmail_line l;
	struct slice line, s;
	bool verbose = false;

	(void)reterr;
	while (queue_line(&c, &line)) {
		s = slice_trim(line);
		if (!s.n)
			continue;
		if (is_heading(s)) {
			m = NULL;
			if (is_columns(s))
				verbose = slice_find(s, SLICE("-Priority-")) < s.n;
		} else if (read_first(r, line, &l))
			m = add(r, &l, verbose);
		else if (m && (line.p[0] == ' ' || line.p[0] == '\t'))
			read_more(r, m, s, verbose);
		else
			r->odd_lines++;
	}
	return 0;
}

const struct queue_form queue_form_sendmail = {
	.name = "sendmail",
	.program = "Sendmail",
	.writer = WRITER_SENDMAIL,
	.is_mine = is_mine,
	.read = read,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery.c - "to=...": what became of recipients
 *
 * Source: sendmail 8.17 sendmail/deliver.c logdelivery():
 *   "to=%s[, ctladdr=%s[ (%d/%d)]], delay=%s[, xdelay=%s][, mailer=%s], pri=%ld[, relay=%s[ [%s]]][, dsn=%s]
 *    [, ntries=%d][, quarantine=%s][, reply=%s], stat=%s"; the list is a part of it where "[more]" follows.
 * Traps: the list, reply= and stat= hold texts of strangers; relay= and stat= are shortened in their middle
 * with
 * "..."; a line without mailer= is no delivery: the message was refused, discarded or given up before it was
 * taken over; the text behind "Deferred: " may be left over from another try: the enhanced code is what
 * counts.
 */
#include "event/address_list.h"
#include "parse/sendmail/sendmail_priv.h"

static bool is_delay(struct cur c)
{
	usec_t t;

	return smta_delay(&c, &t) && (cur_at_end(&c) || *c.p == ',');
}

static bool is_anything(struct cur c)
{
	(void)c;
	return true;
}

/* ---- the words of stat= ---- */

static const struct {
	struct slice prefix;
	enum outcome outcome;
	uint32_t marks;
} STATS[] = {
	{ LIT("Sent"), OUTCOME_RELAYED, 0 },
	{ LIT("Deferred"), OUTCOME_DEFERRED, 0 },
	{ LIT("queued"), OUTCOME_DEFERRED, MARK_NO_ATTEMPT },
	{ LIT("quarantined"), OUTCOME_HELD, 0 },
	{ LIT("discarded"), OUTCOME_DISCARDED, 0 },
	{ LIT("Cannot send message "), OUTCOME_EXPIRED, 0 },
	{ LIT("Can't send message "), OUTCOME_EXPIRED, 0 },
	{ LIT("retry"), OUTCOME_DEFERRED, 0 },
	{ LIT("tempfail"), OUTCOME_DEFERRED, 0 },
	{ LIT("Transient parse error"), OUTCOME_DEFERRED, 0 },
	{ LIT("Delivery not attempted"), OUTCOME_DEFERRED, MARK_NO_ATTEMPT },
	/* sendmail/sysexits.c, for releases that write no dsn= */
	{ LIT("User unknown"), OUTCOME_BOUNCED, 0 },
	{ LIT("Host unknown"), OUTCOME_BOUNCED, 0 },
	{ LIT("Service unavailable"), OUTCOME_BOUNCED, 0 },
	{ LIT("Local configuration error"), OUTCOME_BOUNCED, 0 },
	{ LIT("Data format error"), OUTCOME_BOUNCED, 0 },
	{ LIT("Command line usage error"), OUTCOME_BOUNCED, 0 },
	{ LIT("Cannot open input"), OUTCOME_BOUNCED, 0 },
	{ LIT("Can't open input"), OUTCOME_BOUNCED, 0 },
	{ LIT("Internal error"), OUTCOME_BOUNCED, 0 },
	{ LIT("Operating system error"), OUTCOME_BOUNCED, 0 },
	{ LIT("System file missing"), OUTCOME_BOUNCED, 0 },
	{ LIT("Can't create output"), OUTCOME_BOUNCED, 0 },
	{ LIT("I/O error"), OUTCOME_BOUNCED, 0 },
	{ LIT("Remote protocol error"), OUTCOME_BOUNCED, 0 },
	{ LIT("Insufficient permission"), OUTCOME_BOUNCED, 0 },
	{ LIT("Unsupported"), OUTCOME_BOUNCED, 0 },
	{ LIT("unknown mailer error "), OUTCOME_BOUNCED, 0 },
	{ LIT("Authentication required"), OUTCOME_BOUNCED, 0 },
	{ LIT("Message "), OUTCOME_BOUNCED, 0 },
};

static enum outcome of_class(char class)
{
	return class == '5' ? OUTCOME_BOUNCED : class == '4' ? OUTCOME_DEFERRED : OUTCOME_NONE;
}

static bool starts_with(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n && memcmp(s.p, prefix.p, prefix.n) == 0;
}

/* by the words, else by the code in front of them */
static enum outcome stat_outcome(struct slice stat, uint32_t *ret_marks)
{
	*ret_marks = 0;
	for (size_t i = 0; i < ARRAY_LEN(STATS); i++)
		if (starts_with(stat, STATS[i].prefix)) {
			*ret_marks = STATS[i].marks;
			return STATS[i].outcome;
		}
	if (stat.n > 3 && ascii_digit(stat.p[1]) && ascii_digit(stat.p[2]) &&
	    (stat.p[3] == ' ' || stat.p[3] == '-'))
		return of_class(stat.p[0]);
	return OUTCOME_NONE;
}

/* ---- fields ---- */

struct fields {
	struct slice list, ctladdr, mailer, relay, dsn, quarantine, stat;
	bool more;
};

/* Does the text fit the class of the enhanced code?  So a stranger's ", stat=" makes no other outcome of it.
 */
static bool stat_fits(struct slice stat, struct slice dsn)
{
	uint32_t marks;
	enum outcome o = stat_outcome(stat, &marks);

	if (!dsn.p)
		return o != OUTCOME_NONE;
	switch (dsn.p[0]) {
	case '2':
		return o == OUTCOME_RELAYED;
	case '4':
		return o == OUTCOME_DEFERRED || o == OUTCOME_HELD;
	default:
		return o == OUTCOME_BOUNCED || o == OUTCOME_EXPIRED;
	}
}

/* "TEXT, stat=TEXT": where the second begins, both told by the remote server */
static bool split_reply(struct slice s, struct slice dsn, struct slice *ret_reply, struct slice *ret_stat)
{
	struct slice lit = SLICE(", stat=");
	size_t last = slice_rfind(s, lit);

	if (last == s.n)
		return false;
	for (size_t at = slice_find(s, lit); at < last;) {
		struct slice stat = slice_from(s, at + lit.n);

		if (stat_fits(stat, dsn)) {
			last = at;
			break;
		}
		at += lit.n + slice_find(stat, lit);
	}
	*ret_reply = slice_head(s, last);
	*ret_stat = slice_from(s, last + lit.n);
	return true;
}

/* "dsn=5.1.1" and its like into where it belongs; what nobody knows is passed over */
static bool set_field(struct slice key, struct slice value, struct fields *f, struct event *e)
{
	struct cur c = cur_of(value);
	usec_t ignored;

	if (slice_is(key, "delay"))
		return smta_delay(&c, &e->delay_s);
	if (slice_is(key, "xdelay"))
		return smta_delay(&c, &ignored) && (e->delay_transmit_s = ignored, true);
	if (slice_is(key, "mailer"))
		f->mailer = value;
	else if (slice_is(key, "relay"))
		f->relay = value;
	else if (slice_is(key, "dsn"))
		return smta_dsn(&c, &e->dsn);
	else if (slice_is(key, "quarantine"))
		f->quarantine = value;
	return true;
}

/* c stands at "delay="; all fields up to the end.  False if the line was cut. */
static bool take_fields(struct cur c, struct fields *f, struct event *e)
{
	struct slice key, value;

	do {
		const char *begin = c.p;

		while (c.p < c.end && (ascii_lower(*c.p) || *c.p == '_'))
			c.p++;
		key = slice_between(begin, c.p);
		if (cur_lit(&c, "...")) { /* fields left out by a short system log buffer */
			if (!cur_until_lit(&c, ", ", &value))
				return false;
			continue;
		}
		if (key.n == 0 || !cur_byte(&c, '='))
			return false;
		if (slice_is(key, "stat")) {
			f->stat = cur_take_rest(&c);
			return f->stat.n > 0;
		}
		if (slice_is(key, "reply"))
			return split_reply(cur_rest(&c), e->dsn, &e->reply, &f->stat);
		if (slice_is(key, "quarantine"))
			return split_reply(cur_rest(&c), SLICE_NONE, &f->quarantine, &f->stat);
		if (!cur_until_lit(&c, ", ", &value) || !set_field(key, value, f, e))
			return false;
	} while (true);
}

/* "LIST[ [more]][, ctladdr=A]" */
static void split_list(struct slice s, struct fields *f)
{
	size_t at;

	if (smta_find(s, SLICE(", ctladdr="), is_anything, &at)) {
		f->ctladdr = slice_from(s, at + strlen(", ctladdr="));
		s = slice_head(s, at);
	}
	if (slice_ends(s, " [more]")) {
		f->more = true;
		s.n -= strlen(" [more]");
		if (slice_ends(s, ","))
			s.n--;
	}
	f->list = s;
}

static void set_recipients(const struct fields *f, struct event *e)
{
	struct slice list = f->list, first, second;

	if (!address_list_next(&list, &first) || slice_is(first, "NO-TO-LIST"))
		return;
	if (address_list_next(&list, &second))
		e->recipients = f->list;
	else
		e->recipient = address_plain(first);
}

/* "<list-owner@x> (1/0)", "ann (1000/1000)" */
static struct slice ctladdr_user(struct slice s)
{
	size_t at = slice_rfind(s, SLICE(" ("));

	return address_plain(slice_head(s, at));
}

/* ---- what the next hop answered ---- */

static struct slice id_word(struct slice s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != ' ' && s.p[n] != ';' && s.p[n] != ',' && s.p[n] != ']' && s.p[n] != ')')
		n++;
	return slice_head(s, n);
}

static void hand_off(struct slice id, struct event *e)
{
	if (id.n == 0)
		return;
	e->related_queue_id = id;
	e->relation = RELATION_HANDOFF;
}

/* "<recipient> SESSION Saved" of Dovecot's LMTP */
static bool dovecot_session(struct cur c, struct event *e)
{
	struct slice recipient, session;

	if (!slice_ends(cur_rest(&c), " Saved") || !cur_byte(&c, '<') ||
	    !cur_until_lit(&c, "> ", &recipient) || !cur_until_lit(&c, " Saved", &session) || !cur_at_end(&c))
		return false;
	e->session = session;
	return true;
}

/* the text in "Sent (TEXT)" */
static void sent_reply(struct slice text, struct event *e)
{
	struct cur c = cur_of(text);
	struct slice word, ignored;
	uint64_t number;
	size_t at;

	e->reply = text;
	if (smta_dsn(&c, &ignored))
		(void)cur_byte(&c, ' ');
	at = slice_rfind(cur_rest(&c), SLICE("queued as "));
	if (at < cur_left(&c)) {
		hand_off(id_word(slice_from(cur_rest(&c), at + strlen("queued as "))), e);
		return;
	}
	if (cur_lit(&c, "OK id=") || cur_lit(&c, "Ok id=") || cur_lit(&c, "ok id=")) { /* Exim */
		hand_off(id_word(cur_rest(&c)), e);
		return;
	}
	if (cur_peek(&c) == '<') {
		if (!dovecot_session(c, e) && cur_until_lit(&c, " [InternalId=", &word))
			hand_off(id_word(cur_rest(&c)), e);
		return;
	}
	if (slice_ends(text, " - gsmtp") && cur_lit(&c, "OK ")) {
		cur_skip_spaces(&c);
		if (cur_u64(&c, INT64_MAX, &number) && cur_byte(&c, ' '))
			hand_off(cur_token(&c, ' '), e);
		return;
	}
	word = cur_token(&c, ' ');
	if (cur_lit(&c, "Message accepted for delivery"))
		hand_off(word, e);
}

/* mailers that speak SMTP to another server (cf/mailer/smtp.m4); all others end here, whatever their names */
static bool goes_out(struct slice mailer)
{
	return slice_is(mailer, "esmtp") || slice_is(mailer, "smtp") || slice_is(mailer, "relay") ||
	       slice_is(mailer, "smtp8") || slice_is(mailer, "dsmtp") || slice_starts(mailer, "uucp") ||
	       slice_starts(mailer, "suucp") || slice_starts(mailer, "fax");
}

static void set_sent(const struct fields *f, struct event *e)
{
	struct slice text = slice_from(f->stat, strlen("Sent"));

	if (slice_starts(text, " (") && slice_ends(text, ")"))
		sent_reply(slice_of(text.p + 2, text.n - 3), e);
	if (goes_out(f->mailer) || (!f->mailer.p && e->relay_ip.p)) {
		e->outcome = OUTCOME_RELAYED;
		return;
	}
	if (f->mailer.p)
		e->marks |= MARK_LOCAL;
	e->outcome = OUTCOME_DELIVERED;
	if (slice_is(f->mailer, "*file*") && e->recipient.p && slice_is(e->recipient, "/dev/null"))
		e->outcome = OUTCOME_DISCARDED;
}

static void set_failed(const struct fields *f, struct event *e)
{
	struct slice text = f->stat, server = e->reply;

	if (slice_starts(text, "Deferred: "))
		text = slice_from(text, strlen("Deferred: "));
	else if (slice_is(text, "Deferred"))
		text = SLICE_NONE;
	if (server.p)
		e->reason = f->stat;
	else
		e->reply = server = text;
	e->dsn = SLICE_NONE;
	if (server.p)
		(void)smta_reply(server, e, NULL);
	/* 4.0.0 and 5.0.0 are made from the class alone; else Sendmail took the code that counts */
	if (!e->dsn.p || (f->dsn.p && (f->dsn.p[0] != e->dsn.p[0] || !slice_ends(f->dsn, ".0.0"))))
		e->dsn = f->dsn;
	e->marks &= ~(uint32_t)MARK_TEMPORARY;
}

static void set_relay(struct slice relay, struct event *e)
{
	struct cur c = cur_of(relay);

	if (relay.p && smta_take_relay(&c, e) && !cur_at_end(&c))
		e->relay_host = e->relay_ip = SLICE_NONE;
}

/* ---- lines without mailer= ---- */

static enum parse_result never_taken(const struct fields *f, struct event *e)
{
	uint32_t marks;

	e->reply = f->stat;
	switch (stat_outcome(f->stat, &marks)) {
	case OUTCOME_DISCARDED:
		e->outcome = OUTCOME_DISCARDED;
		return PARSE_OK;
	case OUTCOME_RELAYED:
	case OUTCOME_DEFERRED:
	case OUTCOME_HELD:
	case OUTCOME_EXPIRED:
		return PARSE_NOT_MINE;
	default:
		break;
	}
	if (slice_is(f->stat, "aborted by sender")) {
		e->kind = EV_DONE;
		e->action = SLICE("canceled");
		return PARSE_OK;
	}
	e->outcome = OUTCOME_REJECTED;
	return PARSE_OK;
}

static enum parse_result outcome_of(struct fields *f, struct event *e)
{
	uint32_t marks;
	enum outcome o = stat_outcome(f->stat, &marks),
		     by_code = e->dsn.p ? of_class(e->dsn.p[0]) : OUTCOME_NONE;

	if (!f->mailer.p && (o == OUTCOME_NONE || o == OUTCOME_BOUNCED || o == OUTCOME_DISCARDED) &&
	    by_code == OUTCOME_NONE)
		return never_taken(f, e);
	if (o == OUTCOME_RELAYED) {
		set_sent(f, e);
		return PARSE_OK;
	}
	if (by_code != OUTCOME_NONE && o != OUTCOME_EXPIRED && o != OUTCOME_HELD && o != OUTCOME_DISCARDED)
		o = by_code;
	if (o == OUTCOME_NONE)
		return PARSE_NOT_MINE;
	e->outcome = o;
	e->marks |= marks;
	f->dsn = e->dsn;
	set_failed(f, e);
	if (o == OUTCOME_HELD) {
		e->kind = EV_HOLD;
		e->outcome = OUTCOME_NONE;
		if (f->quarantine.p)
			e->reason = f->quarantine;
	}
	return PARSE_OK;
}

/* the list alone and its fate: somebody's abridgement */
static bool find_stat(struct slice text, size_t *ret)
{
	return smta_find(text, SLICE(", stat="), is_anything, ret) &&
	       slice_find(slice_head(text, *ret), SLICE(", ")) == *ret;
}

enum parse_result smta_to(const struct smta *s, struct cur c, struct event *e)
{
	struct fields f = { .more = false };
	struct slice text = cur_rest(&c);
	size_t at;

	if (!s->id.p)
		return PARSE_NOT_MINE;
	if (!smta_find(text, SLICE(", delay="), is_delay, &at) && !find_stat(text, &at)) {
		if (!slice_ends(text, " [more]"))
			return PARSE_BAD;
		at = text.n;
	}
	split_list(slice_head(text, at), &f);
	e->kind = EV_ATTEMPT;
	if (at == text.n) { /* the rest of the list and what became of it stand on another line */
		e->kind = EV_QUEUED;
		e->recipients = f.list;
		return PARSE_OK;
	}
	if (!take_fields(cur_of(slice_from(text, at + 2)), &f, e))
		return PARSE_BAD;
	set_recipients(&f, e);
	if (f.ctladdr.p)
		e->user = ctladdr_user(f.ctladdr);
	/* a command or a file can only be the target of an alias or a .forward file: that of its controlling
	 * user */
	if (e->user.p && e->recipient.p && (slice_is(f.mailer, "prog") || slice_is(f.mailer, "*file*")))
		e->orig_recipient = e->user;
	e->transport = f.mailer;
	set_relay(f.relay, e);
	return outcome_of(&f, e);
}

/* ---- notifications ---- */

static const struct {
	struct slice kind;
	enum relation relation;
} KINDS[] = {
	{ LIT("DSN: "), RELATION_BOUNCE },
	{ LIT("sender notify: "), RELATION_BOUNCE },
	{ LIT("return to sender: "), RELATION_BOUNCE },
	{ LIT("postmaster notify: "), RELATION_POSTMASTER_NOTICE },
};

static bool take(struct cur *c, struct slice lit)
{
	if (!starts_with(cur_rest(c), lit))
		return false;
	c->p += lit.n;
	return true;
}

/* sendmail/savemail.c, sendmail/queue.c: "%s: %s: %s" */
static enum parse_result notification(struct cur c, struct event *e)
{
	for (size_t i = 0; i < ARRAY_LEN(KINDS); i++) {
		if (!take(&c, KINDS[i].kind))
			continue;
		e->kind = EV_LINK;
		e->relation = KINDS[i].relation;
		e->reason = cur_rest(&c);
		if (slice_starts(e->reason, "Warning: could not send message"))
			e->relation = RELATION_DELAY_NOTICE;
		else if (slice_starts(e->reason, "Return receipt"))
			e->relation = RELATION_SUCCESS_NOTICE;
		else if (slice_starts(e->reason, "Cannot send message"))
			e->outcome = OUTCOME_EXPIRED;
		return PARSE_OK;
	}
	return PARSE_NOT_MINE;
}

/* "split: maxrcpts=100, rcpts=250, count=2, ids=A,B", "split: count=1, id=A": all ids go to *text */
enum parse_result smta_split(const struct smta *s, struct cur c, struct event *e)
{
	size_t at = slice_rfind(cur_rest(&c), SLICE("="));
	struct slice ids = slice_from(cur_rest(&c), at < cur_left(&c) ? at + 1 : at);

	if (!s->id.p || ids.n == 0)
		return PARSE_BAD;
	e->kind = EV_LINK;
	e->relation = RELATION_FORWARD;
	e->action = SLICE("split");
	e->related_queue_id = slice_head(ids, slice_find_byte(ids, ','));
	e->text = ids;
	return PARSE_OK;
}

/* "alias <a@b> => c, d", "forward <a@b> => \\\\a, c@d": one step of an expansion; c stands behind the word */
enum parse_result smta_expansion(const struct smta *s, struct cur c, struct event *e)
{
	struct slice rest = cur_rest(&c);
	size_t at;

	if (!s->id.p || !smta_find(rest, SLICE(" => "), is_anything, &at) || at == 0)
		return PARSE_NOT_MINE;
	e->kind = EV_ATTEMPT;
	e->outcome = OUTCOME_EXPANDED;
	e->marks |= MARK_NO_ATTEMPT;
	e->recipient = address_plain(slice_head(rest, at));
	e->recipients = slice_from(rest, at + strlen(" => "));
	return PARSE_OK;
}

/* "NEWID: DSN: User unknown", "NEWID: clone: owner=owner-list" */
enum parse_result smta_notification(const struct smta *s, struct cur c, struct event *e)
{
	if (!s->id.p || !smta_id(&c, &e->related_queue_id))
		return PARSE_NOT_MINE;
	if (cur_lit(&c, "clone: ")) {
		e->kind = EV_LINK;
		e->relation = RELATION_FORWARD;
		e->action = SLICE("clone");
		if (cur_lit(&c, "owner="))
			e->user = cur_rest(&c);
		return PARSE_OK;
	}
	return notification(c, e);
}

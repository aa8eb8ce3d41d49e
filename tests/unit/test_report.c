/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_report.c - facts made by hand become totals and rows
 */
#include "panels.h"
#include "unit.h"

#include "base/alloc.h"
#include "base/civil.h"
#include "export/panel_csv.h"
#include "export/panel_json.h"
#include "export/panel_text.h"
#include "report/report.h"

#define T0 (INT64_C(1795305600) * USEC_PER_SEC) /* 2026-11-22 00:00:00 UTC */

/* --- facts -------------------------------------------------------------------------------------------- */

static struct attempt attempt_of(enum outcome outcome, const char *reply, usec_t at)
{
	return (struct attempt){
		.time_us = at,
		.outcome = outcome,
		.tried = true,
		.relay_host = SLICE("mx.example.net"),
		.relay_ip = SLICE("192.0.2.25"),
		.relay_port = 25,
		.smtp_code = -1,
		.reply = slice_str(reply),
		.delay_us = 2 * USEC_PER_SEC,
		.delay_parts_us = { -1, -1, -1, USEC_PER_SEC },
		.tls_verified = -1,
		.size_bytes = -1,
	};
}

static struct message message_of(const char *sender, struct recipient *recipients)
{
	return (struct message){
		.server = SLICE("mx1"),
		.writer = WRITER_POSTFIX,
		.queue_id = SLICE("4A1B2C3D4E"),
		.state = MESSAGE_DONE,
		.role = ROLE_MAIL,
		.direction = DIRECTION_OUTBOUND,
		.start_seen = true,
		.end_seen = true,
		.arrived_us = T0,
		.sender = slice_str(sender),
		.client_host = SLICE("pc.example.com"),
		.client_ip = SLICE("198.51.100.9"),
		.user = SLICE("Alice@Example.com"),
		.authenticated = true,
		.size_bytes = 1000,
		.recipients = recipients,
	};
}

static struct recipient recipient_of(const char *address, enum outcome outcome, struct attempt *last)
{
	return (struct recipient){
		.address = slice_str(address), .outcome = outcome, .attempts = last, .deciding = last
	};
}

/* one fact after another into a report; facts are gone after each call, as the tracker's are */
static void feed_message(struct report *r, const struct message *m)
{
	report_sink(r)->message(report_sink(r)->ctx, m);
}

static struct report *new_report(size_t top, const struct filter *filter)
{
	const struct report_options o = { .top = top, .all_panels = true, .filter = filter };

	return report_new(&o);
}

/* --- looking at panels -------------------------------------------------------------------------------- */

static size_t column_of(const struct panel *p, const char *id)
{
	for (size_t k = 0; k < p->n_columns; k++)
		if (strcmp(p->columns[k].id, id) == 0)
			return k;
	fail_msg("%s has no column %s", p->id, id);
	abort();
}

static int64_t value_at(const struct panel *p, size_t row, const char *column)
{
	assert_true(row < p->n_rows);
	return p->rows[row].cells[column_of(p, column)].value;
}

static struct slice text_at(const struct panel *p, size_t row, const char *column)
{
	assert_true(row < p->n_rows);
	return p->rows[row].cells[column_of(p, column)].text;
}

/* --- totals ------------------------------------------------------------------------------------------- */

static int64_t sum_of_outcomes(const struct report_totals *t)
{
	return t->delivered + t->relayed + t->deferred + t->bounced + t->expired + t->rejected +
	       t->discarded + t->held + t->removed + t->pending;
}

/* each outcome has its total; expanded recipients are no destination */
static void test_outcomes(void **state)
{
	struct report *r = new_report(0, NULL);
	const struct report_totals *t;

	(void)state;
	for (int o = OUTCOME_DELIVERED; o < OUTCOME_COUNT; o++) {
		struct recipient rc = recipient_of("bob@example.net", (enum outcome)o, NULL);
		struct message m = message_of("alice@example.com", &rc);

		feed_message(r, &m);
	}
	t = report_totals(r);
	assert_int_equal(t->messages, OUTCOME_COUNT - 1);
	assert_int_equal(t->bytes, 1000 * (OUTCOME_COUNT - 1));
	assert_int_equal(t->recipients, OUTCOME_COUNT - 2);
	assert_int_equal(t->expanded, 1);
	assert_int_equal(sum_of_outcomes(t), t->recipients);
	CHECK(t->delivered == 1 && t->relayed == 1 && t->deferred == 1 && t->bounced == 1 &&
		      t->expired == 1 && t->rejected == 1 && t->discarded == 1 && t->held == 1 &&
		      t->removed == 1 && t->pending == 1,
	      "one of each");
	report_free(r);
}

/* what a queue id is decides where it counts */
static void test_roles(void **state)
{
	static const struct {
		const char *name;
		enum message_role role;
		enum message_state state;
		bool start_seen;
		int64_t messages, recipients, passes, forwards, notifications, probes;
	} ROWS[] = {
		{ "mail", ROLE_MAIL, MESSAGE_DONE, true, 1, 1, 0, 0, 0, 0 },
		{ "still open", ROLE_MAIL, MESSAGE_OPEN, true, 1, 1, 0, 0, 0, 0 },
		{ "started before the logs", ROLE_MAIL, MESSAGE_DONE, false, 0, 1, 0, 0, 0, 0 },
		{ "never completed", ROLE_MAIL, MESSAGE_ABORTED, true, 0, 0, 0, 0, 0, 0 },
		{ "refused", ROLE_MAIL, MESSAGE_REJECTED, true, 0, 0, 0, 0, 0, 0 },
		{ "behind a filter", ROLE_FILTER_PASS, MESSAGE_DONE, true, 0, 1, 1, 0, 0, 0 },
		{ "forward", ROLE_FORWARD, MESSAGE_DONE, true, 0, 1, 0, 1, 0, 0 },
		{ "bounce", ROLE_NOTIFICATION, MESSAGE_DONE, true, 0, 0, 0, 0, 1, 0 },
		{ "probe", ROLE_PROBE, MESSAGE_DONE, true, 0, 0, 0, 0, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct report *r = new_report(0, NULL);
		const struct report_totals *t;
		struct recipient rc = recipient_of("bob@example.net", OUTCOME_RELAYED, NULL);
		struct message m = message_of("alice@example.com", &rc);

		m.role = ROWS[i].role;
		m.state = ROWS[i].state;
		m.start_seen = ROWS[i].start_seen;
		feed_message(r, &m);
		t = report_totals(r);
		CHECK(t->messages == ROWS[i].messages && t->bytes == 1000 * ROWS[i].messages &&
			      t->recipients == ROWS[i].recipients && t->relayed == ROWS[i].recipients &&
			      t->filter_passes == ROWS[i].passes && t->forwards == ROWS[i].forwards &&
			      t->notifications == ROWS[i].notifications && t->probes == ROWS[i].probes,
		      "%s", ROWS[i].name);
		report_free(r);
	}
}

/* tries count, postponements do not; a recipient that was deferred twice is one recipient */
static void test_deferrals(void **state)
{
	struct report *r = new_report(0, NULL);
	struct attempt third = attempt_of(OUTCOME_RELAYED, NULL, T0 + 90 * USEC_PER_SEC);
	struct attempt second =
		attempt_of(OUTCOME_DEFERRED, "450 4.2.0 <bob@example.net>: Greylisted", T0 + USEC_PER_SEC);
	struct attempt postponed =
		attempt_of(OUTCOME_DEFERRED, "retry time not reached", T0 + 2 * USEC_PER_SEC);
	struct attempt first = second;
	struct recipient rc = recipient_of("bob@example.net", OUTCOME_RELAYED, &first);
	struct message m = message_of("alice@example.com", &rc);
	const struct panel *p;

	(void)state;
	postponed.tried = false;
	first.next = &postponed;
	postponed.next = &second;
	second.next = &third;
	rc.deciding = &third;
	feed_message(r, &m);
	assert_int_equal(report_totals(r)->deferrals, 2);
	assert_int_equal(report_totals(r)->relayed, 1);
	assert_int_equal(report_totals(r)->deferred, 0);
	p = panel_of(r, "deferral_replies");
	assert_int_equal(p->n_rows, 1);
	assert_int_equal(value_at(p, 0, "count"), 2);
	assert_int_equal(value_at(p, 0, "domains"), 1);
	CHECK_SLICE(text_at(p, 0, "top_domain"), SLICE("example.net"));
	CHECK_SLICE(text_at(p, 0, "reason"), SLICE("450 4.2.0 <address>: Greylisted"));
	CHECK_SLICE(text_at(p, 0, "sample"), SLICE("450 4.2.0 <bob@example.net>: Greylisted"));
	CHECK_SLICE(p->rows[0].filter, SLICE("--recipient @example.net"));
	p = panel_of(r, "relays");
	assert_int_equal(p->n_rows, 1);
	CHECK_SLICE(text_at(p, 0, "relay"), SLICE("mx.example.net"));
	assert_int_equal(value_at(p, 0, "delivered"), 1);
	assert_int_equal(value_at(p, 0, "deferrals"), 2);
	assert_int_equal(value_at(p, 0, "delay_max"), 2 * USEC_PER_SEC);
	CHECK_SLICE(p->rows[0].filter, SLICE("--client mx.example.net"));
	report_free(r);
}

/* a message may change or vanish after it was announced: nothing but the message itself counts */
static void test_announced(void **state)
{
	struct report *r = new_report(0, NULL);
	const struct fact_sink *sink = report_sink(r);
	const struct panel *p;
	int64_t carols = 0;

	(void)state;
	for (int i = 0; i < 50; i++) {
		struct recipient rc = recipient_of("bob@example.net", OUTCOME_RELAYED, NULL);
		struct message *m = malloc(sizeof *m);
		char *sender = xasprintf("alice%d@example.com", i % 3), *id = xasprintf("4A%d", i);
		char *other = xasprintf("carol%d@example.com", i % 3);

		assert_non_null(m);
		*m = message_of(sender, &rc);
		m->queue_id = slice_str(id);
		sink->soon(sink->ctx, m);
		if (i % 5 == 1)
			m->sender = slice_str(other);
		if (i % 5 == 2)
			m->recipients = NULL;
		if (i % 5 != 3)
			sink->message(sink->ctx, m);
		free(sender); /* the next one, and its texts, often stand where this one stood */
		free(other);
		free(id);
		free(m);
	}
	assert_int_equal(report_totals(r)->messages, 40);
	p = panel_of(r, "senders");
	assert_int_equal(p->n_rows, 6);
	for (size_t i = 0; i < p->n_rows; i++)
		carols += slice_starts(text_at(p, i, "sender"), "carol") ? value_at(p, i, "messages") : 0;
	assert_int_equal(carols, 10);
	report_free(r);
}

/* over a gateway whose logs are here, and so are those of the next server: one recipient */
static void test_handed_on(void **state)
{
	struct report *r = new_report(0, NULL);
	struct attempt a = attempt_of(OUTCOME_RELAYED, NULL, T0);
	struct recipient rc = recipient_of("bob@example.net", OUTCOME_RELAYED, &a);
	struct message m = message_of("alice@example.com", &rc);

	(void)state;
	a.handed_on = true;
	feed_message(r, &m);
	assert_int_equal(report_totals(r)->recipients, 0);
	assert_int_equal(report_totals(r)->expanded, 1);
	m.role = ROLE_FILTER_PASS; /* the next server, which hands it to one that we know nothing of */
	a.handed_on = false;
	feed_message(r, &m);
	assert_int_equal(report_totals(r)->messages, 1);
	assert_int_equal(report_totals(r)->recipients, 1);
	assert_int_equal(report_totals(r)->relayed, 1);
	assert_int_equal(value_at(panel_of(r, "relays"), 0, "delivered"), 2); /* tries */
	report_free(r);
}

/* a mail that expired counts under the failure that kept it, not under "expired" */
static void test_expired_reason(void **state)
{
	struct report *r = new_report(0, NULL);
	struct attempt last =
		attempt_of(OUTCOME_EXPIRED, "expired, returned to sender", T0 + 99 * USEC_PER_SEC);
	struct attempt first = attempt_of(OUTCOME_DEFERRED, "451 4.3.0 Temporary lookup failure", T0);
	struct recipient rc = recipient_of("bob@example.net", OUTCOME_EXPIRED, &first);
	struct message m = message_of("alice@example.com", &rc);
	const struct panel *p;

	(void)state;
	first.next = &last;
	rc.deciding = &last;
	feed_message(r, &m);
	p = panel_of(r, "bounce_replies");
	assert_int_equal(p->n_rows, 1);
	CHECK_SLICE(text_at(p, 0, "reason"), SLICE("451 4.3.0 Temporary lookup failure"));
	CHECK_SLICE(p->rows[0].filter, SLICE("--status bounced --status expired --recipient @example.net"));
	report_free(r);
}

/* --- rows --------------------------------------------------------------------------------------------- */

static void test_names_fold(void **state)
{
	static const char *const SENDERS[] = { "Bob@Example.ORG", "bob@example.org", "bob@EXAMPLE.org", "",
					       "zed@example.org" };
	struct report *r = new_report(0, NULL);
	const struct panel *p;

	(void)state;
	for (size_t i = 0; i < sizeof SENDERS / sizeof *SENDERS; i++) {
		struct message m = message_of(SENDERS[i], NULL);

		feed_message(r, &m);
	}
	p = panel_of(r, "senders");
	assert_int_equal(p->n_rows, 3);
	CHECK_SLICE(text_at(p, 0, "sender"), SLICE("bob@example.org"));
	assert_int_equal(value_at(p, 0, "messages"), 3);
	CHECK_SLICE(text_at(p, 1, "sender"), SLICE("<>"));
	CHECK_SLICE(p->rows[1].filter, SLICE("--sender '<>'"));
	p = panel_of(r, "sender_domains");
	assert_int_equal(p->n_rows, 2);
	assert_int_equal(value_at(p, 0, "messages"), 4);
	CHECK_SLICE(p->rows[0].filter, SLICE("--sender @example.org"));
	p = panel_of(r, "clients");
	assert_int_equal(p->n_rows, 1);
	CHECK_SLICE(text_at(p, 0, "client"), SLICE("pc.example.com [198.51.100.9]"));
	p = panel_of(r, "accounts");
	assert_int_equal(p->n_rows, 1);
	CHECK_SLICE(text_at(p, 0, "account"), SLICE("alice@example.com"));
	CHECK_SLICE(text_at(p, 0, "login"), SLICE("smtp auth"));
	assert_int_equal(value_at(p, 0, "sent"), 5);
	report_free(r);
}

/* rows + more is everything; equal counts go by name whatever order they came in */
static void test_limit(void **state)
{
	struct report *r = new_report(3, NULL);
	const struct panel *p;

	(void)state;
	for (int i = 9; i >= 0; i--) {
		char sender[32];
		struct message m;

		(void)snprintf(sender, sizeof sender, "s%d@example.org", i);
		m = message_of(sender, NULL);
		feed_message(r, &m);
	}
	p = panel_of(r, "senders");
	assert_int_equal(p->n_rows, 3);
	assert_int_equal(p->more, 7);
	CHECK_SLICE(text_at(p, 0, "sender"), SLICE("s0@example.org"));
	CHECK_SLICE(text_at(p, 2, "sender"), SLICE("s2@example.org"));
	report_free(r);
}

static void test_filters_are_quoted(void **state)
{
	static const struct {
		const char *sender, *want; /* NULL: no filter */
	} ROWS[] = {
		{ "plain+tag@example.org", "--sender plain+tag@example.org" },
		{ "o'neill@example.org", "--sender 'o'\\''neill@example.org'" },
		{ "$(reboot)@example.org", "--sender '$(reboot)@example.org'" },
		{ "a b;c@example.org", "--sender 'a b;c@example.org'" },
		{ "-rf@example.org", "--sender=-rf@example.org" },
		{ "\"x\\y\"@example.org", "--sender '\"x\\y\"@example.org'" },
		{ "esc\x1b[2J@example.org", NULL },
		{ "nl\n@example.org", NULL },
		{ "caf\xc3\xa9@example.org", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct report *r = new_report(0, NULL);
		struct message m = message_of(ROWS[i].sender, NULL);
		struct slice got;

		feed_message(r, &m);
		got = panel_of(r, "senders")->rows[0].filter;
		CHECK(slice_eq(got, slice_str(ROWS[i].want)) && !got.p == !ROWS[i].want, "%s: got %.*s",
		      ROWS[i].sender, SLICE_ARG(got));
		report_free(r);
	}
}

/* hours and days are those of the log's wall clock */
static void test_wall_clock(void **state)
{
	struct report *r = new_report(0, NULL);
	struct attempt a = attempt_of(OUTCOME_RELAYED, NULL, T0 + 3600 * USEC_PER_SEC);
	struct recipient rc = recipient_of("bob@example.net", OUTCOME_RELAYED, &a);
	struct message m = message_of("alice@example.com", &rc);
	const struct panel *p;

	(void)state;
	m.utc_offset_sec = -1800; /* 23:30 on the day before */
	feed_message(r, &m);
	p = panel_of(r, "days");
	assert_int_equal(p->n_rows, 2);
	CHECK_SLICE(text_at(p, 0, "day"), SLICE("2026-11-21"));
	assert_int_equal(value_at(p, 0, "received"), 1);
	assert_int_equal(value_at(p, 0, "delivered"), 0);
	CHECK_SLICE(text_at(p, 1, "day"), SLICE("2026-11-22"));
	assert_int_equal(value_at(p, 1, "delivered"), 1);
	CHECK_SLICE(p->rows[1].filter,
		    SLICE("--since 2026-11-22T00:00:00-00:30 --until 2026-11-23T00:00:00-00:30"));
	p = panel_of(r, "hours");
	assert_int_equal(p->n_rows, 24);
	assert_int_equal(value_at(p, 23, "received"), 1);
	assert_int_equal(value_at(p, 0, "delivered"), 1);
	report_free(r);
}

/* only the last seven days with mail, whatever order they come in; memory stays small */
static void test_account_days(void **state)
{
	struct report *r = new_report(0, NULL);
	const struct panel *p;

	(void)state;
	for (int64_t i = 0; i < 400; i++) {
		struct message m = message_of("alice@example.com", NULL);

		m.arrived_us = T0 + (i * 37 % 400) * 2 * USEC_PER_DAY;
		feed_message(r, &m);
	}
	p = panel_of(r, "account_days");
	assert_int_equal(p->n_rows, 7);
	for (size_t i = 0; i < 7; i++) {
		struct civil c = civil_of(T0 + (int64_t)(393 + i) * 2 * USEC_PER_DAY, 0);
		char day[64];

		(void)snprintf(day, sizeof day, "%04d-%02d-%02d", c.year, c.month, c.day);
		CHECK_SLICE(text_at(p, i, "day"), slice_str(day));
		assert_int_equal(value_at(p, i, "sent"), 1);
	}
	assert_int_equal(value_at(panel_of(r, "accounts"), 0, "sent"), 400);
	report_free(r);
}

/* --- other facts -------------------------------------------------------------------------------------- */

static void test_logins(void **state)
{
	struct report *r = new_report(0, NULL);
	struct login l = {
		.time_us = T0,
		.writer = WRITER_DOVECOT,
		.service = SLICE("imap"),
		.user = SLICE("alice@example.com"),
		.client_ip = SLICE("203.0.113.5"),
		.success = false,
		.attempts = 3,
	};
	const struct panel *p;

	(void)state;
	report_sink(r)->login(report_sink(r)->ctx, &l);
	l.user = SLICE("bob@example.com");
	l.attempts = 1;
	report_sink(r)->login(report_sink(r)->ctx, &l);
	l.user = SLICE_NONE;
	report_sink(r)->login(report_sink(r)->ctx, &l);
	l.user = SLICE("alice@example.com");
	l.success = true;
	report_sink(r)->login(report_sink(r)->ctx, &l);
	assert_int_equal(report_totals(r)->logins_failed, 5);
	assert_int_equal(report_totals(r)->logins_ok, 1);
	p = panel_of(r, "login_addresses");
	assert_int_equal(p->n_rows, 1);
	assert_int_equal(value_at(p, 0, "failed"), 5);
	assert_int_equal(value_at(p, 0, "accounts"), 2);
	assert_int_equal(value_at(p, 0, "successes"), 1);
	p = panel_of(r, "login_accounts");
	assert_int_equal(p->n_rows, 3);
	CHECK_SLICE(text_at(p, 0, "account"), SLICE("alice@example.com"));
	assert_int_equal(value_at(p, 0, "failed"), 3);
	assert_int_equal(value_at(p, 0, "successes"), 1);
	report_free(r);
}

static void test_rejections(void **state)
{
	struct report *r = new_report(0, NULL);
	struct rejection rj = {
		.attempts = 1,
		.time_us = T0,
		.writer = WRITER_POSTFIX,
		.stage = SLICE("rcpt"),
		.client_ip = SLICE("203.0.113.5"),
		.sender = SLICE("spam@example.org"),
		.recipient = SLICE("bob@example.net"),
		.smtp_code = 554,
		.reply = SLICE("554 5.7.1 <bob@example.net>: Relay access denied"),
	};
	const struct panel *p;

	(void)state;
	report_sink(r)->rejection(report_sink(r)->ctx, &rj);
	rj.recipient = SLICE("eve@example.net");
	rj.reply = SLICE("554 5.7.1 <eve@example.net>: Relay access denied");
	report_sink(r)->rejection(report_sink(r)->ctx, &rj);
	rj.stage = SLICE("mail");
	report_sink(r)->rejection(report_sink(r)->ctx, &rj);
	assert_int_equal(report_totals(r)->rejections, 3);
	p = panel_of(r, "rejection_replies");
	assert_int_equal(p->n_rows, 2);
	CHECK_SLICE(text_at(p, 0, "stage"), SLICE("rcpt"));
	assert_int_equal(value_at(p, 0, "count"), 2);
	assert_int_equal(value_at(p, 0, "smtp_code"), 554);
	CHECK_SLICE(p->rows[0].filter, SLICE("--status rejected --sender @example.org"));
	p = panel_of(r, "clients");
	assert_int_equal(value_at(p, 0, "rejections"), 3);
	assert_int_equal(value_at(p, 0, "messages"), 0);
	report_free(r);
}

/* a filter chooses among messages, rejections, logins; what it can't choose among is not told */
static void test_filter(void **state)
{
	struct filter *f = filter_new();
	struct report *r;
	struct message m = message_of("alice@example.com", NULL);
	struct session s = { .writer = WRITER_POSTFIX };

	(void)state;
	assert_int_equal(filter_add(f, FILTER_SENDER, SLICE("alice@example.com"), NULL), 0);
	r = new_report(0, f);
	feed_message(r, &m);
	m.sender = SLICE("bob@example.com");
	feed_message(r, &m);
	report_sink(r)->session(report_sink(r)->ctx, &s);
	assert_int_equal(report_totals(r)->messages, 1);
	assert_int_equal(report_totals(r)->connections, -1);
	report_free(r);
	filter_free(f);
	r = new_report(0, NULL);
	assert_int_equal(report_totals(r)->connections, -1);
	report_sink(r)->session(report_sink(r)->ctx, &s);
	s.writer = WRITER_DOVECOT;
	report_sink(r)->session(report_sink(r)->ctx, &s);
	assert_int_equal(report_totals(r)->connections, 1);
	report_free(r);
}

static void test_understood(void **state)
{
	struct report *r = new_report(0, NULL);
	struct line l = { .line_count = 3, .program = SLICE("postfix/smtpd") };
	struct event e;
	const struct panel *p;

	(void)state;
	event_init(&e, EV_CONNECT);
	e.writer = WRITER_POSTFIX;
	report_line(report_lines(r), &l, &e);
	e.kind = EV_OTHER;
	l.line_count = 1;
	report_line(report_lines(r), &l, &e);
	l.program = SLICE("sshd");
	e.kind = EV_FOREIGN;
	e.writer = WRITER_NONE;
	report_line(report_lines(r), &l, &e);
	l.program = SLICE_NONE;
	e.kind = EV_ACCEPT;
	e.writer = WRITER_EXIM;
	report_line(report_lines(r), &l, &e);
	p = panel_of(r, "understood");
	assert_int_equal(p->n_rows, 2);
	CHECK_SLICE(text_at(p, 0, "program"), SLICE("postfix/smtpd"));
	assert_int_equal(value_at(p, 0, "lines"), 4);
	assert_int_equal(value_at(p, 0, "event"), 3);
	assert_int_equal(value_at(p, 0, "other"), 1);
	CHECK_SLICE(text_at(p, 1, "program"), SLICE("exim"));
	assert_non_null(p->note.p);
	report_free(r);
}

/* with or without a number, and with the highest: the same rows */
static void test_numbered_programs(void **state)
{
	static const struct {
		const char *program;
		uint32_t no;
		enum writer writer;
	} LINES[] = {
		{ "postfix/smtp", 0, WRITER_POSTFIX },
		{ "postfix/smtp", 1, WRITER_POSTFIX },
		{ "mail", LINE_NUMBERS - 1, WRITER_MAIL },
		{ "postfix/smtp", 1, WRITER_POSTFIX },
		{ "mail", LINE_NUMBERS - 1, WRITER_POSTFIX }, /* one name, two writers */
		{ "mail", 0, WRITER_MAIL },
	};
	struct report *r = new_report(0, NULL);
	const struct panel *p;
	struct event e;

	(void)state;
	event_init(&e, EV_CONNECT);
	for (size_t i = 0; i < ARRAY_LEN(LINES); i++) {
		struct line l = { .line_count = 1,
				  .program = slice_str(LINES[i].program),
				  .program_no = LINES[i].no };

		e.writer = LINES[i].writer;
		report_line(report_lines(r), &l, &e);
	}
	p = panel_of(r, "understood");
	assert_int_equal(p->n_rows, 3);
	CHECK_SLICE(text_at(p, 0, "program"), SLICE("postfix/smtp"));
	assert_int_equal(value_at(p, 0, "lines"), 3);
	CHECK_SLICE(text_at(p, 1, "writer"), SLICE("mail"));
	assert_int_equal(value_at(p, 1, "event"), 2);
	CHECK_SLICE(text_at(p, 2, "writer"), SLICE("postfix"));
	assert_int_equal(value_at(p, 2, "lines"), 1);
	report_free(r);
}

/* --- renderers ---------------------------------------------------------------------------------------- */

static void test_csv(void **state)
{
	static const struct {
		const char *text, *want;
	} ROWS[] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "a,b", "\"a,b\"" },
		{ "say \"hi\"", "\"say \"\"hi\"\"\"" },
		{ "=1+1", "'=1+1" },
		{ "+1", "'+1" },
		{ "-1", "'-1" },
		{ "@x", "'@x" },
		{ "\tx", "'\\x09x" },
		{ "\rx", "'\\x0dx" },
		{ "a\nb", "a\\x0ab" },
		{ "=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"" },
	};
	struct strbuf sb = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		strbuf_clear(&sb);
		csv_text(&sb, slice_str(ROWS[i].text));
		CHECK(slice_eq(strbuf_slice(&sb), slice_str(ROWS[i].want)), "%s: got %s", ROWS[i].text, sb.p);
	}
	strbuf_done(&sb);
}

/* Names that try to draw on the terminal reach no medium raw. */
static void test_hostile_names(void **state)
{
	struct report *r = new_report(0, NULL);
	struct message m = message_of("evil\x1b[31m\xe2\x80\xae@example.org", NULL);
	struct strbuf text = { 0 }, wide = { 0 }, data = { 0 };
	const struct panel *panels;
	struct json j;
	size_t n;

	(void)state;
	feed_message(r, &m);
	panels = report_panels(r, NULL, &n);
	totals_text(&text, &(struct term){ .width = 80 }, report_totals(r));
	panels_text(&text, &(struct term){ .width = 80 }, panels, n, 0);
	panels_text(&wide, &(struct term){ .width = 220 }, panels, n, 0);
	json_init(&j, &data, 0);
	json_begin_array(&j);
	totals_json(&j, report_totals(r));
	for (size_t i = 0; i < n; i++) {
		panel_json(&j, &panels[i]);
		panel_csv(&data, &panels[i]);
	}
	json_end_array(&j);
	totals_csv(&data, report_totals(r));
	assert_null(memchr(text.p, 0x1b, text.n));
	assert_null(memchr(wide.p, 0x1b, wide.n));
	assert_null(memchr(data.p, 0x1b, data.n));
	assert_null(memmem(text.p, text.n, "\xe2\x80\xae", 3));
	assert_null(memmem(data.p, data.n, "\xe2\x80\xae", 3));
	assert_non_null(memmem(text.p, text.n, "evil\\x1b[31m", 12));
	assert_non_null(memmem(wide.p, wide.n, "evil\\x1b[31m", 12));
	strbuf_done(&text);
	strbuf_done(&wide);
	strbuf_done(&data);
	report_free(r);
}

/* bars in eighths of a column where the terminal can, # elsewhere; shorter where there is less room */
static void test_bars(void **state)
{
	static const struct panel_column columns[] = { { "hour", "Hour", COLUMN_TEXT }, { "n", "Mails", COLUMN_COUNT, "messages", .bar = true } };
	struct panel_cell cells[][2] = {
		{ { .text = SLICE("00") }, { .value = 160 } }, { { .text = SLICE("01") }, { .value = 0 } },
		{ { .text = SLICE("02") }, { .value = 81 } },  { { .text = SLICE("03") }, { .value = 1 } },
	};
	struct panel_row rows[] = { { cells[0], SLICE_NONE }, { cells[1], SLICE_NONE }, { cells[2], SLICE_NONE }, { cells[3], SLICE_NONE } };
	const struct panel p = {
		.id = "hours", .title = "Hours", .columns = columns, .n_columns = 2, .rows = rows, .n_rows = 4, .chart = CHART_TIMELINE
	};
	struct strbuf text = { 0 };

	(void)state;
#define FULL "\u2588"
#define FOUR FULL FULL FULL FULL
	panels_text(&text, &(struct term){ .width = 80, .utf8 = true }, &p, 1, 0);
	sparkline_text(&text, &(struct term){ .width = 80, .utf8 = true }, &p);
	assert_string_equal(text.p, "\nHours\n  Hour  Mails\n"
				    "  00      160  " FOUR FOUR FOUR FOUR FOUR "\n"
				    "  02       81  " FOUR FOUR FULL FULL "\u258f\n"
				    "  03        1  \u258f\n"
				    "\n  00 " FULL " \u2584\u2581 03  Mails, most at 00: 160\n");
	strbuf_clear(&text);
	panels_text(&text, &(struct term){ .width = 25 }, &p, 1, 0);
	sparkline_text(&text, &(struct term){ .width = 25 }, &p);
	assert_string_equal(text.p, "\nHours\n  Hour  Mails\n  00      160  ##########\n  02       81  #####\n  03        1  #\n");
#undef FOUR
#undef FULL
	strbuf_done(&text);
}

/* tables keep within the terminal, and whatever its width no row gets lost */
static void test_text_fits(void **state)
{
	struct report *r = new_report(0, NULL);
	struct attempt bounce =
		attempt_of(OUTCOME_BOUNCED,
			   "550 5.1.1 no such user here: ask the postmaster of that place about it", T0);
	struct strbuf text = { 0 };
	const struct panel *panels;
	size_t n;

	(void)state;
	for (int i = 0; i < 10; i++) {
		char sender[80];
		struct recipient rc = recipient_of("bob@example.net", OUTCOME_BOUNCED, &bounce);
		struct message m;

		(void)snprintf(sender, sizeof sender, "x%d.somebody.with.a.long.name@department.example.org",
			       i);
		m = message_of(sender, &rc);
		m.size_bytes = 123456789;
		feed_message(r, &m);
	}
	panels = report_panels(r, NULL, &n);
	for (size_t width = 72; width <= 240; width++) {
		strbuf_clear(&text);
		panels_text(&text, &(struct term){ .width = width, .colour = width % 2 }, panels, n, 0);
		for (struct slice rest = strbuf_slice(&text); rest.n;) {
			struct slice line = slice_head(rest, slice_find_byte(rest, '\n'));
			size_t columns = 0;

			for (size_t i = 0; i < line.n; i++)
				if (line.p[i] == '\x1b')
					i += slice_find_byte(slice_from(line, i), 'm');
				else
					columns++;
			CHECK(columns <= width, "width %zu: %.*s", width, SLICE_ARG(line));
			rest = slice_from(rest, line.n + (line.n < rest.n));
		}
		for (int i = 0; i < 10; i++) {
			char start[24];

			(void)snprintf(start, sizeof start, "  x%d.somebody", i);
			CHECK(memmem(text.p, text.n, start, strlen(start)), "width %zu: no row '%s'", width,
			      start);
		}
		CHECK(memmem(text.p, text.n, "550 5.1.1", 9), "width %zu: no reply", width);
	}
	strbuf_done(&text);
	report_free(r);
}

/* every panel builds from nothing, and text says nothing then */
static void test_empty(void **state)
{
	struct report *r = new_report(0, NULL);
	struct strbuf text = { 0 };
	size_t n;
	const struct panel *panels = report_panels(r, NULL, &n);

	(void)state;
	assert_true(n >= 12);
	for (size_t i = 0; i < n; i++) {
		CHECK(panels[i].n_rows == 0 && panels[i].more == 0, "%s", panels[i].id);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(panels[i].id, panels[k].id);
	}
	panels_text(&text, &(struct term){ .width = 200 }, panels, n, 0);
	assert_int_equal(text.n, 0);
	report_free(r);
	strbuf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_deferrals),
		cmocka_unit_test(test_announced),
		cmocka_unit_test(test_handed_on),
		cmocka_unit_test(test_expired_reason),
		cmocka_unit_test(test_names_fold),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_filters_are_quoted),
		cmocka_unit_test(test_wall_clock),
		cmocka_unit_test(test_account_days),
		cmocka_unit_test(test_logins),
		cmocka_unit_test(test_rejections),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_understood),
		cmocka_unit_test(test_numbered_programs),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_text_fits),
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_queue.c - listings of queues: what is read of them, what is selected, how it is counted
 */
#include "unit.h"

#include "base/attr.h"
#include "base/civil.h"
#include "base/strbuf.h"
#include "queue/panels.h"
#include "queue/queue.h"
#include "queue/queue_priv.h"
#include "queue/select.h"

/* 2026-11-22 07:40:00 UTC */
#define NOW (INT64_C(1795333200) * USEC_PER_SEC)

/* two hours east */
static usec_t utc_of(void *ctx, usec_t local_us)
{
	(void)ctx;
	return local_us - 2 * USEC_PER_HOUR;
}

static const struct queue_clock CLOCK = { .now_us = NOW, .made_us = USEC_NONE, .utc_of = utc_of };

static void add_text(struct strbuf *out, const char *name, struct slice s)
{
	if (!s.p)
		return;
	strbuf_printf(out, " %s=<", name);
	strbuf_add(out, s);
	strbuf_add_byte(out, '>');
}

/* "ID STATE SIZE~ TIME AGEm sender=<> | to[D] reason=<>" */
static void dump(struct strbuf *out, const struct queue *q)
{
	for (size_t i = 0; i < q->n; i++) {
		const struct queued *m = &q->items[i];

		strbuf_add(out, m->id);
		strbuf_printf(out, " %s %lld%s", queue_state_name(m->state), (long long)m->size_bytes, m->size_rounded ? "~" : "");
		if (m->arrived_us != USEC_NONE) {
			strbuf_add_byte(out, ' ');
			civil_format_local(out, m->arrived_us, 0);
		}
		strbuf_printf(out, " %lldm%s", (long long)(m->age_us / USEC_PER_MIN), m->expiring ? " expiring" : "");
		add_text(out, "sender", m->sender);
		strbuf_add_str(out, m->sender_cut ? "..." : "");
		add_text(out, "login", m->login);
		add_text(out, "reason", m->reason);
		add_text(out, "note", m->note);
		for (const struct queued_recipient *r = m->recipients; r; r = r->next) {
			strbuf_add_str(out, r->delivered ? " | D " : " | ");
			strbuf_add(out, r->address);
			strbuf_add_str(out, r->cut ? "..." : "");
			add_text(out, "reason", r->reason);
		}
		strbuf_add_byte(out, '\n');
	}
	for (size_t i = 0; i < q->n_listings; i++)
		if (q->listings[i].odd_lines)
			strbuf_printf(out, "odd lines: %d\n", (int)q->listings[i].odd_lines);
}

static void read_text(struct queue *q, const char *form, struct slice text)
{
	const struct queue_form *f = queue_recognise(text);

	CHECK(f && strcmp(queue_form_name(f), form) == 0, "%s: taken for %s", form, f ? queue_form_name(f) : "no listing");
	assert_int_equal(queue_read(q, f, "test", text, &CLOCK, NULL), 0);
}

/* --- the forms ---------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *form, *text, *want;
} ROWS[] = {
	{ "exim: two messages", "exim",
	  " 5h  1.8K 1xUxSP-00004G-20 <shop@example.test>\n          fay@example.org\n        D gus@example.org\n\n"
	  "25h   280 1xUeOp-0000000004P-2Iab <> *** frozen ***\n          user@example.org\n       +D child@example.net\n\n",
	  "1xUxSP-00004G-20 waiting 1843~ 2026-11-22 02:37:33 302m sender=<shop@example.test> | fay@example.org | D gus@example.org\n"
	  "1xUeOp-0000000004P-2Iab frozen 280 2026-11-21 06:16:35 1523m sender=<> | user@example.org | D child@example.net\n" },
	{ "exim: no size, a login, all that a sender may hold", "exim",
	  " 3m       1xV25p-00003z-1g <a b@example.net> (www-data) *** frozen ***\n          x@example.org\n\n"
	  " 3m  2.1M 1xV25p-00003z-1h <\"> *** frozen ***\"@example.net>\n          \"a b\"@example.org\n",
	  "1xV25p-00003z-1g frozen 0 2026-11-22 07:34:33 3m sender=<a b@example.net> login=<www-data> | x@example.org\n"
	  "1xV25p-00003z-1h waiting 2202010~ 2026-11-22 07:34:33 3m sender=<\"> *** frozen ***\"@example.net> | \"a b\"@example.org\n" },
	{ "exim: a damaged file", "exim",
	  " 0m   10K 1xV25p-00003z-1g <a@example.net>\n    *** spool format error: size=17 ***\n\n"
	  "1xV25p-00003z-1h\n    *** spool read error: Permission denied ***\n\n",
	  "1xV25p-00003z-1g corrupt 10240~ 2026-11-22 07:34:33 0m sender=<a@example.net> note=<*** spool format error: size=17 ***>\n"
	  "1xV25p-00003z-1h corrupt -1 2026-11-22 07:34:33 0m note=<*** spool read error: Permission denied ***>\n" },
	{ "exim: made an hour ago", "exim", "12m   10K 1xV12z-00004C-1v <a@example.net>\r\n          b@example.net\r\n",
	  "1xV12z-00004C-1v waiting 10240~ 2026-11-22 06:27:33 12m sender=<a@example.net> | b@example.net\n" },
	{ "postfix: marks, reasons, no year", "postfix",
	  "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
	  "4A1B2C3D4E*    1843 Sun Nov 22 09:15:30  ann@example.com\n"
	  "                                         bob@example.net\n\n"
	  "5A1B2C3D4E      912 Sat Dec 27 09:00:01  MAILER-DAEMON\n"
	  "    (connect to mx.example.net[192.0.2.25]:25: Connection timed out)\n"
	  "                                         carol@example.net\n"
	  "                                         dan@example.net\n"
	  "(host mx.example.org[192.0.2.26] said: 451 4.7.1 (later) (in reply to RCPT TO command))\n"
	  "                                         eve@example.org\n\n"
	  "6A1B2C3D4E!#    912 Sun Nov 22 09:00:01  f@example.com\n                                         g@example.net\n\n"
	  "-- 3 Kbytes in 3 Requests.\n",
	  "4A1B2C3D4E active 1843 2026-11-22 07:15:30 24m sender=<ann@example.com> | bob@example.net\n"
	  "5A1B2C3D4E deferred 912 2025-12-27 07:00:01 475239m sender=<> "
	  "reason=<connect to mx.example.net[192.0.2.25]:25: Connection timed out> "
	  "| carol@example.net reason=<connect to mx.example.net[192.0.2.25]:25: Connection timed out> "
	  "| dan@example.net reason=<connect to mx.example.net[192.0.2.25]:25: Connection timed out> "
	  "| eve@example.org reason=<host mx.example.org[192.0.2.26] said: 451 4.7.1 (later) (in reply to RCPT TO command)>\n"
	  "6A1B2C3D4E held 912 2026-11-22 07:00:01 39m expiring sender=<f@example.com> | g@example.net\n" },
	{ "postfix: long ids are exact; a reason over two lines; words before the listing", "postfix",
	  "postqueue: warning: Mail system is down -- accessing queue directly\n"
	  "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n"
	  "4jXLWt67kcz3s          479 Sun Nov 22 09:37:46 ann@example.test\n"
	  "(host said: 451 first\n   second)\n"
	  "                                               bob@example.net\n",
	  "4jXLWt67kcz3s deferred 479 2026-11-22 07:37:46 2m sender=<ann@example.test> reason=<host said: 451 first\n   second> "
	  "| bob@example.net reason=<host said: 451 first\n   second>\nodd lines: 1\n" },
	{ "postfix: empty", "postfix", "Mail queue is empty\n", "" },
	{ "postfix json", "postfix_json",
	  "{\"queue_name\": \"deferred\", \"queue_id\": \"30AA578\", \"arrival_time\": 1795313571, \"message_size\": 627, "
	  "\"forced_expire\": true, \"sender\": \"MAILER-DAEMON\", \"new\": [1], \"recipients\": [{\"address\": \"a@b.example\", "
	  "\"delay_reason\": \"said \\\"no\\\"\"}, {\"orig_address\": \"x\", \"address\": \"c@d.example\"}]}\n"
	  "{\"queue_name\": \"hold\", \"queue_id\": \"x; rm\", \"sender\": \"a\"}\n"
	  "{\"queue_name\": \"hold\", \"queue_id\": \"30AA579\"}\n[[[[[[[[]]]]]]]]\n{\"queue_name\":\n",
	  "30AA578 deferred 627 2026-11-22 02:12:51 327m expiring sender=<> reason=<said \"no\"> "
	  "| a@b.example reason=<said \"no\"> | c@d.example\n30AA579 held -1 0m\nodd lines: 3\n" },
	{ "sendmail", "sendmail",
	  "\t\t/var/spool/mqueue (3 requests)\n"
	  "-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------\n"
	  "6AM7bYu2000045*    1830 Sun Nov 22 09:37 MAILER-DAEMON\n"
	  "      8BITMIME   (Deferred: Connection refused by mx.example.org.)\n\t\t\t\t\t root\n"
	  "6AM7bYF2000046-     299 Sun Nov 22 09:37 <a.very.long.mailbox.name.of.somebody@e\n"
	  "                 (Deferred: 451 4.7.1 <a.very.long.mailbox.name.of.somebody@ex)\n"
	  "\t\t\t\t\t <a.very.long.mailbox.name.of.somebody@\n\t\t\t\t\t <b@example.org>\n"
	  "6AM7bYF2000047 (job completed)\n6AM7bYF2000048 (no control file)\n"
	  "6AM7bYu2000049X    1830 Sun Nov 22 09:10 <c@example.net>\n     QUARANTINE: looks like spam\n\t\t\t\t\t <d@example.net>\n"
	  "\t\tTotal requests: 3\n",
	  "6AM7bYu2000045 active 1830 2026-11-22 07:37:34 2m sender=<> reason=<Deferred: Connection refused by mx.example.org.> | root\n"
	  "6AM7bYF2000046 deferred 299 2026-11-22 07:37:34 2m sender=<a.very.long.mailbox.name.of.somebody@e>... "
	  "reason=<Deferred: 451 4.7.1 <a.very.long.mailbox.name.of.somebody@ex> "
	  "| a.very.long.mailbox.name.of.somebody@... | b@example.org\n"
	  "6AM7bYF2000048 corrupt -1 2026-11-22 07:37:34 2m note=<(no control file)>\n"
	  "6AM7bYu2000049 held 1830 2026-11-22 07:10:00 30m sender=<c@example.net> note=<looks like spam> | d@example.net\n" },
	{ "sendmail -v", "sendmail",
	  "\t\t/var/spool/mqueue (1 request)\n"
	  "-----Q-ID----- --Size-- -Priority- ---Q-Time--- --------Sender/Recipient--------\n"
	  "6AM7bYRw000031     4992     185055+Nov 22 09:37 <ann@mx.example.test>\n"
	  "                 (Deferred: 451 4.7.1 <carol@example.net>: no)\n\t\t\t\t\t\t(---:postmaster---)\n"
	  "\t\t\t\t\t\t<carol@example.net>\n\t\t (Deferred: 451 4.7.1 <carol@example.net>: no)\n"
	  "\t\t\t\t\t\t<dan@example.org>\n\t\tTotal requests: 1\n",
	  "6AM7bYRw000031 deferred 4992 2026-11-22 07:37:34 2m sender=<ann@mx.example.test> "
	  "reason=<Deferred: 451 4.7.1 <carol@example.net>: no> "
	  "| carol@example.net reason=<Deferred: 451 4.7.1 <carol@example.net>: no> | dan@example.org\n" },
	{ "sendmail 8.9, and a queue in several directories", "sendmail",
	  "\t\tMail Queue (1 request)\n--Q-ID-- --Size-- -----Q-Time----- ------------Sender/Recipient------------\n"
	  "HAA12345     912 Sun Nov 22 09:37 <a@example.net>\n\t\t\t\t   <b@example.org>\n"
	  "\t\t/var/spool/mqueue/q1 (1 request)\n-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------\n"
	  "6AM7bYRw000031      12 Sun Nov 22 09:37 <c@example.net>\n\t\t\t\t\t <d@example.org>\n"
	  "/var/spool/mqueue/q2 is empty\n\t\tTotal requests: 2\n",
	  "HAA12345 waiting 912 2026-11-22 07:37:00 3m sender=<a@example.net> | b@example.org\n"
	  "6AM7bYRw000031 waiting 12 2026-11-22 07:37:34 2m sender=<c@example.net> | d@example.org\n" },
	{ "sendmail: empty", "sendmail", "/var/spool/mqueue is empty\n\t\tTotal requests: 0\n", "" },
	{ "nothing", "empty", " \n\n", "" },
};

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct queue q = { 0 };
		struct strbuf got = { 0 };

		read_text(&q, ROWS[i].form, slice_str(ROWS[i].text));
		dump(&got, &q);
		CHECK(slice_eq(strbuf_slice(&got), slice_str(ROWS[i].want)), "%s: got\n%swant\n%s", ROWS[i].name, got.p ? got.p : "",
		      ROWS[i].want);
		strbuf_done(&got);
		queue_done(&q);
	}
}

/* Every beginning of every listing, in a block of exactly its size, is read as any form without a step past its end. */
static void test_every_prefix(void **state)
{
	const struct queue_form *const forms[] = { &queue_form_exim, &queue_form_postfix, &queue_form_postfix_json,
						   &queue_form_sendmail };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		for (size_t n = 0; n <= strlen(ROWS[i].text); n++) {
			struct slice text = heap_copy(slice_of(ROWS[i].text, n));

			(void)queue_recognise(text);
			for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
				struct queue q = { 0 };
				struct strbuf out = { 0 };

				assert_int_equal(queue_read(&q, forms[f], "test", text, &CLOCK, NULL), 0);
				dump(&out, &q);
				for (size_t k = 0; k < q.n; k++)
					assert_true(queue_id_is_safe(q.items[k].id));
				strbuf_done(&out);
				queue_done(&q);
			}
			heap_free(text);
		}
}

static const char *const NO_LISTINGS[] = {
	"2026-11-22 07:37:33 1xV28j-00003z-1g <= ann@mx.example.test U=root P=local S=520\n",
	"Nov 22 07:37:41 mx postfix/qmgr[1]: 4A1B2C3D4E: from=<a@b.example>, size=1, nrcpt=1 (queue active)\n",
	"{\"queue_id\": \"30AA578\"}\n",
	"{\"MESSAGE\":\"4A1B2C3D4E: removed\",\"SYSLOG_IDENTIFIER\":\"postfix/qmgr\"}\n",
	"hello\n",
	"1xV28j-00003z-1g\n",
	"6\n",
};

static void test_what_is_no_listing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(NO_LISTINGS); i++)
		CHECK(!queue_recognise(slice_str(NO_LISTINGS[i])), "'%s' was taken for a listing", NO_LISTINGS[i]);
}

/* --- selections and tables ---------------------------------------------------------------------------- */

static const char SOME[] = "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
			   "AAAAAA1*    1000 Sun Nov 22 09:35:01  a@one.example\n                 x@big.example\n\n"
			   "AAAAAA2!    2000 Sun Nov 22 09:35:00  b@two.example\n   y@BIG.example\n   z@small.example\n\n"
			   "AAAAAA3     3000 Sun Nov 22 08:39:59  MAILER-DAEMON\n(later)\n   z@small.example\n\n"
			   "AAAAAA4     4000 Sat Nov 21 12:20:00  c@one.example\n(later)\n   root\n\n"
			   "AAAAAA5     5000 Sat Nov 21 12:20:01  c@one.example\n   w@big.example\n\n";

static void test_selections(void **state)
{
	static const struct {
		const char *name;
		int64_t min, max;
		usec_t younger, older;
		unsigned states;
		const char *sender, *recipient, *want;
	} SELECTIONS[] = {
		{ "all", -1, -1, -1, -1, 0, NULL, NULL, "45321" },
		{ "at least", 3000, -1, -1, -1, 0, NULL, NULL, "453" },
		{ "at most", -1, 3000, -1, -1, 0, NULL, NULL, "321" },
		{ "younger", -1, -1, USEC_PER_HOUR, -1, 0, NULL, NULL, "21" },
		{ "older", -1, -1, -1, USEC_PER_HOUR, 0, NULL, NULL, "453" },
		{ "held", -1, -1, -1, -1, 1U << QUEUE_HELD, NULL, NULL, "2" },
		{ "deferred", -1, -1, -1, -1, 1U << QUEUE_DEFERRED, NULL, NULL, "43" },
		{ "sender", -1, -1, -1, -1, 0, "@one.example", NULL, "451" },
		{ "null sender", -1, -1, -1, -1, 0, "<>", NULL, "3" },
		{ "recipient", -1, -1, -1, -1, 0, NULL, "@big.example", "521" },
		{ "several", -1, 4000, -1, USEC_PER_MIN, 0, "@one.example", "root", "4" },
		{ "none", -1, 10, -1, -1, 0, NULL, NULL, "" },
	};
	struct queue q = { 0 };

	(void)state;
	read_text(&q, "postfix", slice_str(SOME));
	for (size_t i = 0; i < ARRAY_LEN(SELECTIONS); i++) {
		struct filter *f = filter_new();
		const struct queue_selection s = {
			f, SELECTIONS[i].min, SELECTIONS[i].max, SELECTIONS[i].younger, SELECTIONS[i].older, SELECTIONS[i].states,
		};
		struct strbuf got = { 0 };
		struct queue_view v;

		if (SELECTIONS[i].sender)
			assert_int_equal(filter_add(f, FILTER_SENDER, slice_str(SELECTIONS[i].sender), NULL), 0);
		if (SELECTIONS[i].recipient)
			assert_int_equal(filter_add(f, FILTER_RECIPIENT, slice_str(SELECTIONS[i].recipient), NULL), 0);
		v = queue_select(&q, &s);
		for (size_t k = 0; k < v.n; k++)
			strbuf_add_byte(&got, v.items[k]->id.p[6]);
		CHECK(slice_eq(strbuf_slice(&got), slice_str(SELECTIONS[i].want)), "%s: got %s, want %s", SELECTIONS[i].name,
		      got.p ? got.p : "", SELECTIONS[i].want);
		strbuf_done(&got);
		free(v.items);
		filter_free(f);
	}
	queue_done(&q);
}

static void test_delivered_recipients_do_not_count(void **state)
{
	const struct queue_selection all = { NULL, -1, -1, -1, -1, 0 };
	struct filter *f = filter_new();
	const struct queue_selection some = { f, -1, -1, -1, -1, 0 };
	struct queue q = { 0 };
	struct queue_view v;

	(void)state;
	read_text(&q, "exim", slice_str(ROWS[0].text));
	assert_int_equal(filter_add(f, FILTER_RECIPIENT, SLICE("gus@example.org"), NULL), 0);
	v = queue_select(&q, &some);
	assert_int_equal(v.n, 0);
	free(v.items);
	v = queue_select(&q, &all);
	assert_int_equal(queue_totals(&v).recipients, 2);
	assert_int_equal(queue_totals(&v).bytes, 1843 + 280);
	assert_true(queue_totals(&v).rounded);
	free(v.items);
	filter_free(f);
	queue_done(&q);
}

/* "domain cell cell ...;" per row */
static void add_rows(struct strbuf *out, const struct panel *p)
{
	for (size_t i = 0; i < p->n_rows; i++) {
		for (size_t k = 0; k < p->n_columns; k++) {
			strbuf_add_str(out, k ? " " : "");
			if (p->columns[k].type == COLUMN_TEXT)
				strbuf_add(out, p->rows[i].cells[k].text);
			else
				strbuf_add_i64(out, p->columns[k].type == COLUMN_DURATION ? p->rows[i].cells[k].value / USEC_PER_SEC
											  : p->rows[i].cells[k].value);
		}
		strbuf_add_str(out, "; ");
		strbuf_add(out, p->rows[i].filter);
		strbuf_add_byte(out, '\n');
	}
	strbuf_printf(out, "%d more\n", (int)p->more);
}

static void test_panels(void **state)
{
	static const struct {
		const char *name;
		void (*build)(struct panel *p, struct arena *a, const struct queue_view *v, const struct queue_panel_options *o);
		struct queue_panel_options options;
		const char *want;
	} PANELS[] = {
		{ "summary", queue_panel_summary, { .by_sender = false },
		  "big.example 3 3 8000 76799 299; --recipient @big.example\n"
		  "small.example 2 2 5000 3601 300; --recipient @small.example\n(no domain) 1 1 4000 76800 76800; \n0 more\n" },
		{ "summary of two", queue_panel_summary, { .limit = 1 },
		  "big.example 3 3 8000 76799 299; --recipient @big.example\n2 more\n" },
		{ "summary by sender", queue_panel_summary, { .by_sender = true },
		  "one.example 3 3 10000 76800 299; --sender @one.example\n<> 1 1 3000 3601 3601; \n"
		  "two.example 1 2 2000 300 300; --sender @two.example\n0 more\n" },
		{ "shape", queue_panel_shape, { .by_sender = false },
		  "big.example 3 1 1 0 0 0 0 0 0 1 0; --recipient @big.example\n"
		  "small.example 2 0 1 0 0 1 0 0 0 0 0; --recipient @small.example\n(no domain) 1 0 0 0 0 0 0 0 0 0 1; \n0 more\n" },
	};
	const struct queue_selection all = { NULL, -1, -1, -1, -1, 0 };
	struct queue q = { 0 };
	struct queue_view v;

	(void)state;
	read_text(&q, "postfix", slice_str(SOME));
	v = queue_select(&q, &all);
	for (size_t i = 0; i < ARRAY_LEN(PANELS); i++) {
		struct strbuf got = { 0 };
		struct arena a = { 0 };
		struct panel p;

		PANELS[i].build(&p, &a, &v, &PANELS[i].options);
		add_rows(&got, &p);
		CHECK(slice_eq(strbuf_slice(&got), slice_str(PANELS[i].want)), "%s: got\n%swant\n%s", PANELS[i].name, got.p,
		      PANELS[i].want);
		strbuf_done(&got);
		arena_clear(&a);
	}
	free(v.items);
	queue_done(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_what_is_no_listing),
		cmocka_unit_test(test_selections),
		cmocka_unit_test(test_delivered_recipients_do_not_count),
		cmocka_unit_test(test_panels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

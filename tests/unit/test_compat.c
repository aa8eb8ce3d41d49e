/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_compat.c - the peers' counting rules, line by line (tests/whole/test_compat.py compares with the peers)
 */
#include "unit.h"

#include "compat/exigrep.h"
#include "compat/eximstats.h"
#include "compat/id_table.h"
#include "compat/pflogsumm.h"

static struct line line_of(struct slice s, enum envelope_kind envelope)
{
	return (struct line){
		.raw = s, .text = s, .line_count = 1, .length = (uint32_t)s.n + 1, .envelope = envelope,
		.server = SLICE("mx"), .pid = -1,
	};
}

/* --- pflogsumm -------------------------------------------------------------------------------------------- */

#define T "Sep 12 10:00:00 mx "

static void test_pflogsumm(void **state)
{
	static const char *const LINES[] = {
		T "postfix/smtpd[100]: 4A1B2C3D4E: client=a.mail.example.com[192.0.2.1]",
		T "postfix/smtpd[100]: 4A1B2C3D4E: reject: RCPT from a.mail.example.com[192.0.2.1]: 550 5.1.1 <x1@example.org>: no; from=<s@example.com> to=<x1@example.org>",
		T "postfix/qmgr[102]: 4A1B2C3D4E: from=<s@example.com>, size=1000, nrcpt=1 (queue active)",
		T "postfix/smtp[103]: 4A1B2C3D4E: to=<r1@example.net>, relay=m[192.0.2.9]:25, delay=1, delays=0.1/0/0.2/0.7, dsn=2.0.0, status=sent (250 ok)",
		/* tls= of Postfix 3.11 hides a delivery from it */
		T "postfix/smtp[103]: 4A1B2C3D4E: to=<r2@example.net>, relay=m[192.0.2.9]:25, delay=1, delays=0.1/0/0.2/0.7, tls=may, dsn=2.0.0, status=sent (250 ok)",
		T "postfix/smtp[103]: 4A1B2C3D4E: to=<r3@example.net>, relay=m[192.0.2.9]:25, delay=1, delays=0/0/0/0, dsn=4.0.0, status=deferred (no)",
		T "postfix/smtp[103]: 4A1B2C3D4E: to=<r3@example.net>, relay=m[192.0.2.9]:25, delay=9, delays=0/0/0/0, dsn=4.0.0, status=deferred (no)",
		/* "submissions" is no smtpd to it, "submission" is */
		T "postfix/submissions/smtpd[100]: 4A1B2C3D4F: client=b[192.0.2.2]",
		T "postfix/submission/smtpd[100]: 4A1B2C3D50: client=b[192.0.2.2]",
		T "postfix/cleanup[104]: 4A1B2C3D50: milter-hold: END-OF-MESSAGE from b[192.0.2.2]: quarantined; from=<a@b>",
		/* the journal's zone without a colon is no stamp to it */
		"2026-09-12T10:00:00+0200 mx postfix/smtpd[100]: 4A1B2C3D51: client=b[192.0.2.2]",
		"2026-09-12T10:00:00.123+02:00 mx postfix/pickup[100]: 4A1B2C3D52: uid=0 from=<root>",
	};
	struct compat_pflogsumm *c = compat_pflogsumm_new();
	struct compat_pflogsumm_totals t;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(LINES); i++) {
		struct slice s = heap_copy(slice_str(LINES[i]));
		struct line l = line_of(s, ENVELOPE_RFC3164);

		compat_pflogsumm_feed(c, &l, NULL);
		heap_free(s);
	}
	compat_pflogsumm_totals(c, &t);
	assert_int_equal(t.received, 3);
	assert_int_equal(t.delivered, 1);
	assert_int_equal(t.deferred, 1);
	assert_int_equal(t.deferrals, 2);
	assert_int_equal(t.rejected, 1);
	assert_int_equal(t.rejected_pct, 50);
	assert_int_equal(t.held, 1);
	assert_int_equal(t.bytes_received, 1000);
	assert_int_equal(t.bytes_delivered, 1000);
	assert_int_equal(t.senders, 1);
	assert_int_equal(t.sending_domains, 1);
	assert_int_equal(t.recipients, 1);
	assert_int_equal(t.recipient_domains, 1);
	compat_pflogsumm_free(c);
}

/* --- eximstats -------------------------------------------------------------------------------------------- */

#define E "2026-09-12 10:00:00 "
#define ID "1rJkXm-0003kl-Qp "

static void test_eximstats(void **state)
{
	static const struct {
		const char *name, *in;
		struct compat_eximstats_totals want;
	} ROWS[] = {
		{ "arrival", E ID "<= a@example.com H=mx [192.0.2.1] P=esmtp S=900",
		  { .received_messages = 1, .received_bytes = 900, .received_hosts = 1 } },
		{ "new id", E "1rJkXm-00000003klQ-0000 <= a@example.com H=mx [192.0.2.1] P=esmtp S=900", { 0 } },
		{ "delivery without arrival", E ID "=> b@example.com R=r T=t H=mx [192.0.2.1]",
		  { .delivered_messages = 1, .delivered_addresses = 1, .delivered_hosts = 1 } },
		{ "second address", E ID "-> b@example.com R=r T=t H=mx [192.0.2.1]", { .delivered_addresses = 1 } },
		{ "black hole is also a rejection", E ID "=> :blackhole: <b@example.com> R=r",
		  { .delivered_messages = 1, .delivered_addresses = 1, .delivered_hosts = 1, .rejects = 1,
		    .reject_hosts = 1 } },
		{ "deferral without arrival", E ID "== b@example.com R=r T=t defer (-44): no", { 0 } },
		{ "rejection", E "H=(x) [192.0.2.1] F=<a@b> rejected RCPT <c@d>: no",
		  { .rejects = 1, .reject_hosts = 1 } },
		{ "temporary", E "H=(x) [192.0.2.1] F=<a@b> temporarily rejected RCPT <c@d>: no",
		  { .temp_rejects = 1, .temp_reject_hosts = 1 } },
		{ "temporary at connect",
		  E "H=x [192.0.2.1] temporarily rejected connection in \"connect\" ACL: too fast",
		  { .temp_rejects = 1, .temp_reject_hosts = 1 } },
		{ "outgoing connection refused", E ID "H=mx [192.0.2.1] Connection refused",
		  { .rejects = 1, .reject_hosts = 1 } },
		{ "syslog", "Sep 12 10:00:00 mx exim[1]: " E ID "<= a@example.com U=root P=local S=900",
		  { .received_messages = 1, .received_bytes = 900, .received_hosts = 1 } },
		{ "fraction, zone, pid", "2026-09-12 10:00:00.123 +0200 [991] " ID "<= a@example.com H=mx S=900",
		  { .received_messages = 1, .received_bytes = 900, .received_hosts = 1 } },
		{ "too short", "2026-09-12 10:00:00 1rJkXm-0003kl-Qp", { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct slice s = heap_copy(slice_str(ROWS[i].in));
		struct line l = line_of(s, ENVELOPE_EXIM);
		struct compat_eximstats *c = compat_eximstats_new();
		struct compat_eximstats_totals t;

		compat_eximstats_feed(c, &l, NULL);
		compat_eximstats_totals(c, &t);
		CHECK(memcmp(&t, &ROWS[i].want, sizeof t) == 0, "%s", ROWS[i].name);
		compat_eximstats_free(c);
		heap_free(s);
	}
}

/* --- exigrep ---------------------------------------------------------------------------------------------- */

static void collect(void *ctx, struct slice text)
{
	strbuf_add(ctx, text);
}

static void test_exigrep(void **state)
{
#define ARRIVAL(id) E id " <= a@example.com H=mx [192.0.2.1]"
#define NEW_ID "1rJkXm-00000003klQ-0000"
	static const struct {
		const char *name, *pattern;
		bool literal, sensitive;
		const char *in[4], *want;
	} ROWS[] = {
		{ "a message as one block", "BOB", false, false,
		  { ARRIVAL("1rJkXm-0003kl-Qp"), E "single bob", E "1rJkXm-0003kl-Qp => bob@example.com",
		    E "1rJkXm-0003kl-Qp Completed" },
		  E "single bob\n\n" ARRIVAL("1rJkXm-0003kl-Qp") "\n" E "1rJkXm-0003kl-Qp => bob@example.com\n" E
		  "1rJkXm-0003kl-Qp Completed\n\n" },
		{ "case", "BOB", false, true, { E "single bob" }, "" },
		{ "literal", "b.b", true, false, { E "single bob", E "single b.b" }, E "single b.b\n\n" },
		{ "not ended", "example", false, false, { ARRIVAL("1rJkXm-0003kl-Qp") },
		  "+++ 1rJkXm-0003kl-Qp has not completed +++\n" ARRIVAL("1rJkXm-0003kl-Qp") "\n\n" },
		{ "new ids are groups", "bob", false, false,
		  { ARRIVAL(NEW_ID), E NEW_ID " => bob@example.com", E NEW_ID " Completed" },
		  ARRIVAL(NEW_ID) "\n" E NEW_ID " => bob@example.com\n" E NEW_ID " Completed\n\n" },
		{ "no stamp", "bob", false, false, { "bob" }, "" },
		{ "syslog", "bob", false, false, { "Sep 12 10:00:00 mx exim[1]: " E "single bob" },
		  E "single bob\n\n" },
		{ "rejected right behind the id ends", "bob", false, false,
		  { E "1rJkXm-0003kl-Qp rejected from <bob@b>: too big", E "1rJkXm-0003kl-Qp again" },
		  E "1rJkXm-0003kl-Qp rejected from <bob@b>: too big\n\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct strbuf out = { 0 };
		struct compat_exigrep *g = compat_exigrep_new(slice_str(ROWS[i].pattern), ROWS[i].literal,
							      ROWS[i].sensitive, collect, &out, NULL);

		assert_non_null(g);
		for (size_t k = 0; k < 4 && ROWS[i].in[k]; k++) {
			struct slice s = heap_copy(slice_str(ROWS[i].in[k]));
			struct line l = line_of(s, ENVELOPE_NONE);

			compat_exigrep_feed(g, &l, NULL);
			heap_free(s);
		}
		compat_exigrep_end(g);
		CHECK(slice_eq(strbuf_slice(&out), slice_str(ROWS[i].want)), "%s:\n%s", ROWS[i].name,
		      out.p ? out.p : "");
		compat_exigrep_free(g);
		strbuf_done(&out);
	}
}

static void feed_event(struct compat_exigrep *g, const char *text, const char *queue_id, enum event_kind kind)
{
	struct line l = line_of(slice_str(text), ENVELOPE_RFC3164);
	struct event e;

	event_init(&e, kind);
	e.queue_id = slice_str(queue_id);
	compat_exigrep_feed(g, &l, &e);
}

static void test_exigrep_by_event(void **state)
{
	struct strbuf out = { 0 };
	struct compat_exigrep *g = compat_exigrep_new(SLICE("bob"), false, false, collect, &out, NULL);

	(void)state;
	feed_event(g, "one", "4A1B2C3D4E", EV_QUEUED);
	feed_event(g, "other", "4A1B2C3D4F", EV_QUEUED);
	feed_event(g, "to bob", "4A1B2C3D4E", EV_ATTEMPT);
	feed_event(g, "removed", "4A1B2C3D4E", EV_DONE);
	feed_event(g, "the id again", "4A1B2C3D4E", EV_QUEUED);
	feed_event(g, "bob connects", NULL, EV_CONNECT);
	compat_exigrep_end(g);
	assert_string_equal(out.p, "one\nto bob\nremoved\n\nbob connects\n\n");
	assert_int_equal(compat_exigrep_shown(g), 2);
	compat_exigrep_free(g);
	strbuf_done(&out);
}

static void test_exigrep_bad_pattern(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_null(compat_exigrep_new(SLICE("a(b"), false, false, collect, NULL, &err));
	assert_int_equal(err.code, ERR_USAGE);
}

/* --- id_table --------------------------------------------------------------------------------------------- */

static void test_id_table(void **state)
{
	struct id_table t = { 0 };
	bool there[3000] = { false };
	size_t n = 0;
	uint32_t dice = 1;

	(void)state;
	for (size_t step = 0; step < 100000; step++) {
		char name[16];
		size_t k;
		struct slice s;

		dice = dice * 1664525 + 1013904223;
		k = (dice >> 8) % ARRAY_LEN(there);
		s = slice_of(name, (size_t)snprintf(name, sizeof name, "id%zu", k));
		CHECK((id_table_get(&t, s) != NULL) == there[k], "step %zu", step);
		if (dice >> 31) {
			id_table_remove(&t, s);
			n -= there[k];
			there[k] = false;
		} else {
			CHECK(id_table_add(&t, s) != there[k], "step %zu", step);
			n += !there[k];
			there[k] = true;
		}
		CHECK(t.n == n, "step %zu", step);
	}
	id_table_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pflogsumm),
		cmocka_unit_test(test_eximstats),
		cmocka_unit_test(test_exigrep),
		cmocka_unit_test(test_exigrep_by_event),
		cmocka_unit_test(test_exigrep_bad_pattern),
		cmocka_unit_test(test_id_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

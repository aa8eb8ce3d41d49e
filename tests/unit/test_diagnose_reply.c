/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_diagnose_reply.c - replies taken apart: what the mail program wrapped them in, codes, lists, addresses
 */
#include "unit.h"

#include "diagnose/diagnose.h"

static const struct row {
	const char *reply, *core, *host, *ip, *stage;
	int64_t code;
	const char *dsn;
	enum said_by said_by;
} ROWS[] = {
	/* Postfix */
	{ "host mx.example.net[192.0.2.1] said: 550 5.1.1 <bob@example.net>: no such user (in reply to RCPT TO command)",
	  "550 5.1.1 <bob@example.net>: no such user", "mx.example.net", "192.0.2.1", "rcpt", 550, "5.1.1", SAID_BY_UNKNOWN },
	{ "host mx.example.net[2001:db8::1]:25 said: 451 later (in reply to end of DATA command)", "451 later",
	  "mx.example.net", "2001:db8::1", "eod", 451, NULL, SAID_BY_UNKNOWN },
	{ "host mx.example.net[192.0.2.1] refused to talk to me: 421 4.7.0 busy", "421 4.7.0 busy", "mx.example.net", "192.0.2.1",
	  "connect", 421, "4.7.0", SAID_BY_UNKNOWN },
	{ "delivery temporarily suspended: host mx.example.net[192.0.2.1] refused to talk to me: 421 busy", "421 busy",
	  "mx.example.net", "192.0.2.1", "connect", 421, NULL, SAID_BY_UNKNOWN },
	{ "delivery temporarily suspended: connect to mx.example.net[192.0.2.1]:25: Connection refused",
	  "connect to mx.example.net[192.0.2.1]:25: Connection refused", "mx.example.net", "192.0.2.1", "connect", -1, NULL, SAID_BY_UNKNOWN },
	{ "lost connection with mx.example.net[192.0.2.1] while sending end of data -- message may be sent more than once",
	  "lost connection with mx.example.net[192.0.2.1] while sending end of data -- message may be sent more than once",
	  "mx.example.net", "192.0.2.1", "eod", -1, NULL, SAID_BY_UNKNOWN },
	{ "conversation with mx.example.net[192.0.2.1] timed out while receiving the initial server greeting",
	  "conversation with mx.example.net[192.0.2.1] timed out while receiving the initial server greeting", "mx.example.net",
	  "192.0.2.1", "connect", -1, NULL, SAID_BY_UNKNOWN },
	{ "host mx[private/dovecot-lmtp] said: 552 5.2.2 <bob> Quota exceeded (in reply to end of DATA command)",
	  "552 5.2.2 <bob> Quota exceeded", NULL, NULL, "eod", 552, "5.2.2", SAID_BY_US },
	{ "host 127.0.0.1[127.0.0.1]:10025 said: 554 5.7.1 spam (in reply to end of DATA command)", "554 5.7.1 spam", "127.0.0.1", "127.0.0.1",
	  "eod", 554, "5.7.1", SAID_BY_US },
	{ "TLS is required, but host mx.example.net[192.0.2.1] refused to start TLS: 454 4.7.0 no",
	  "TLS is required, but host mx.example.net[192.0.2.1] refused to start TLS: 454 4.7.0 no", "mx.example.net", "192.0.2.1", "starttls",
	  454, "4.7.0", SAID_BY_UNKNOWN },
	{ "TLS is required, but was not offered by host mx.example.net[192.0.2.1]",
	  "TLS is required, but was not offered by host mx.example.net[192.0.2.1]", "mx.example.net", "192.0.2.1", "starttls", -1, NULL,
	  SAID_BY_UNKNOWN },
	{ "SMTPUTF8 is required, but was not offered by host mx.example.net[192.0.2.1]",
	  "SMTPUTF8 is required, but was not offered by host mx.example.net[192.0.2.1]", "mx.example.net", "192.0.2.1", NULL, -1, NULL,
	  SAID_BY_UNKNOWN },
	/* Exim */
	{ "LMTP error after BDAT 1843 LAST: 552 5.2.2 <bob> full", "552 5.2.2 <bob> full", NULL, NULL, "eod", 552, "5.2.2", SAID_BY_UNKNOWN },
	{ "SMTP error from remote mail server after RCPT TO:<bob@example.net>: 550 5.1.1 no such user", "550 5.1.1 no such user", NULL,
	  NULL, "rcpt", 550, "5.1.1", SAID_BY_UNKNOWN },
	{ "SMTP error from remote mail server after RCPT TO:<bob@example.net>: host mx.example.net [192.0.2.1]: 550 no such user",
	  "550 no such user", "mx.example.net", "192.0.2.1", "rcpt", 550, NULL, SAID_BY_UNKNOWN },
	{ "host mx.example.net [192.0.2.1]: SMTP error from remote mail server after pipelined end of data: 554 5.7.1 spam",
	  "554 5.7.1 spam", "mx.example.net", "192.0.2.1", "eod", 554, "5.7.1", SAID_BY_UNKNOWN },
	{ "SMTP error from remote mailer after end of data: host mx.example.net [192.0.2.1]: 552 too big", "552 too big",
	  "mx.example.net", "192.0.2.1", "eod", 552, NULL, SAID_BY_UNKNOWN },
	{ "SMTP error from remote mail server after MAIL FROM:<a@example.org> SIZE=1234: 452 full: retry timeout exceeded", "452 full",
	  NULL, NULL, "mail", 452, NULL, SAID_BY_UNKNOWN },
	{ "R=dnslookup T=remote_smtp H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<b@c>: 450 4.2.0 later",
	  "450 4.2.0 later", "mx.example.net", "192.0.2.1", "rcpt", 450, "4.2.0", SAID_BY_UNKNOWN },
	{ "R=dnslookup T=remote_smtp defer (-44) H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<b@c>: 451 later",
	  "451 later", "mx.example.net", "192.0.2.1", "rcpt", 451, NULL, SAID_BY_UNKNOWN },
	{ "defer (-53): retry time not reached for any host", "retry time not reached for any host", NULL, NULL, NULL, -1, NULL,
	  SAID_BY_UNKNOWN },
	{ "SMTP timeout after sending data block (1234 bytes written): Connection timed out",
	  "SMTP timeout after sending data block (1234 bytes written): Connection timed out", NULL, NULL, "eod", -1, NULL, SAID_BY_UNKNOWN },
	{ "(SMTP error from remote mail server after initial connection: 421 busy)", "421 busy", NULL, NULL, "connect", 421, NULL,
	  SAID_BY_UNKNOWN },
	{ "rejected RCPT <bob@example.net>: relay not permitted", "relay not permitted", NULL, NULL, "rcpt", -1, NULL, SAID_BY_US },
	/* Sendmail */
	{ "stat=Deferred: 451 4.3.0 try again", "451 4.3.0 try again", NULL, NULL, NULL, 451, "4.3.0", SAID_BY_UNKNOWN },
	{ "stat=User unknown", "User unknown", NULL, NULL, NULL, -1, NULL, SAID_BY_UNKNOWN },
	{ "Deferred: Connection refused by mx.example.net.", "Connection refused by mx.example.net.", "mx.example.net", NULL, NULL, -1, NULL,
	  SAID_BY_UNKNOWN },
	{ "Connection timed out with mx.example.net.", "Connection timed out with mx.example.net.", "mx.example.net", NULL, NULL, -1, NULL,
	  SAID_BY_UNKNOWN },
	/* Exchange */
	{ "[{LRT=11/21/2026 9:00:00 AM};{LED=550 5.1.1 User unknown};{FQDN=mx.example.net};{IP=192.0.2.1}]", "550 5.1.1 User unknown",
	  "mx.example.net", "192.0.2.1", NULL, 550, "5.1.1", SAID_BY_UNKNOWN },
	{ "Remote Server returned '550 5.7.1 no'", "550 5.7.1 no", NULL, NULL, NULL, 550, "5.7.1", SAID_BY_UNKNOWN },
	{ "Remote Server at mx.example.net (192.0.2.1) returned '450 4.4.316 Connection refused'", "450 4.4.316 Connection refused",
	  "mx.example.net", "192.0.2.1", NULL, 450, "4.4.316", SAID_BY_UNKNOWN },
	{ "451 4.4.0 Primary target IP address responded with: \"421 4.4.2 Connection dropped.\" Attempted failover",
	  "451 4.4.0 Primary target IP address responded with: \"421 4.4.2 Connection dropped.\" Attempted failover", NULL, NULL, NULL, 421,
	  "4.4.2", SAID_BY_UNKNOWN },
	/* RFC 3464 */
	{ "smtp; 550 #5.1.0 Address rejected", "550 #5.1.0 Address rejected", NULL, NULL, NULL, 550, "5.1.0", SAID_BY_UNKNOWN },
	/* none, or broken */
	{ "421 Message (4.7.0) refused", "421 Message (4.7.0) refused", NULL, NULL, NULL, 421, "4.7.0", SAID_BY_UNKNOWN },
	{ "550-5.7.1 one\\n550-5.7.1 two\\n550 5.7.26 three", "550-5.7.1 one\\n550-5.7.1 two\\n550 5.7.26 three", NULL, NULL, NULL, 550,
	  "5.7.26", SAID_BY_UNKNOWN },
	{ "550 4.4.7 expired", "550 4.4.7 expired", NULL, NULL, NULL, 550, "4.4.7", SAID_BY_UNKNOWN },
	{ "500 messages of 450 people at 5.1.1.4", "500 messages of 450 people at 5.1.1.4", NULL, NULL, NULL, 500, NULL, SAID_BY_UNKNOWN },
	{ "", "", NULL, NULL, NULL, -1, NULL, SAID_BY_UNKNOWN },
	{ "host ", "host", NULL, NULL, NULL, -1, NULL, SAID_BY_UNKNOWN },
	{ "host mx.example.net[192.0.2.1", "host mx.example.net[192.0.2.1", NULL, NULL, NULL, -1, NULL, SAID_BY_UNKNOWN },
	{ "SMTP error from remote mail server after RCPT TO:<bob", "SMTP error from remote mail server after RCPT TO:<bob", NULL, NULL,
	  "rcpt", -1, NULL, SAID_BY_UNKNOWN },
	{ "[{LED=", "[{LED=", NULL, NULL, NULL, -1, NULL, SAID_BY_UNKNOWN },
};

#define CHECK_ROW(got, want, what)                                                                             \
	CHECK(slice_eq((got), slice_str(want)), "%s: %s is '%.*s', want '%s'", row->reply, what, SLICE_ARG(got), \
	      (want) ? (want) : "(none)")

static void check_row(const struct row *row)
{
	struct slice reply = heap_copy(slice_str(row->reply));
	struct complaint c = { .reply = reply, .smtp_code = -1 };
	struct reply_parts p;

	reply_take_apart(&c, &p);
	CHECK_ROW(p.core, row->core, "core");
	CHECK_ROW(p.host, row->host, "host");
	CHECK_ROW(p.ip, row->ip, "ip");
	CHECK_ROW(p.stage, row->stage, "stage");
	CHECK_ROW(p.dsn, row->dsn, "dsn");
	CHECK(p.smtp_code == row->code, "%s: code %d", row->reply, (int)p.smtp_code);
	CHECK(p.said_by == row->said_by, "%s: said by %d", row->reply, (int)p.said_by);
	heap_free(reply);
}

static void test_wrappers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
		check_row(&ROWS[i]);
}

/* next to nothing, too, has a cause */
static void test_short(void **state)
{
	static const char *const SHORT[] = { "", " ", "a", "ab", "abc", "550" };
	struct diagnoser *d = diagnoser_new();

	(void)state;
	for (size_t i = 0; i < sizeof SHORT / sizeof *SHORT; i++) {
		struct slice reply = heap_copy(slice_str(SHORT[i]));
		struct complaint c = { .reply = reply, .smtp_code = -1, .said_by = i % 2 ? SAID_BY_US : SAID_BY_UNKNOWN };
		struct cause k = { 0 };

		diagnose(d, &c, &k);
		CHECK(k.id.n > 0, "'%s': no cause", SHORT[i]);
		heap_free(reply);
	}
	diagnoser_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrappers),
		cmocka_unit_test(test_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

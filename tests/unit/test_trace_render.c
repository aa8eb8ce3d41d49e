/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_trace_render.c - a trace for people, byte for byte, from facts made by hand
 */
#include "unit.h"

#include "export/trace.h"

/* a slice in a static initialiser */
#define S(literal) { "" literal "", sizeof(literal) - 1 }

#define T(seconds) (INT64_C(1795251600) * USEC_PER_SEC + (seconds) * USEC_PER_SEC) /* 2026-11-21 09:00 UTC */

static struct attempt bob_postponed = {
	.time_us = T(600), .outcome = OUTCOME_DEFERRED, .relay_port = -1, .smtp_code = -1,
	.reply = S("retry time not reached"), .delay_us = 599 * USEC_PER_SEC, .size_bytes = -1,
};
static struct attempt bob_tried = {
	.next = &bob_postponed, .time_us = T(2), .outcome = OUTCOME_DEFERRED, .tried = true, .relay_host = S("mx.example.net"),
	.relay_ip = S("198.51.100.2"), .relay_port = 25, .smtp_code = 450, .dsn = S("4.2.0"),
	.reply = S("450 4.2.0 try again later"), .delay_us = 1100000, .size_bytes = -1,
};
static struct attempt carol_tried = {
	.time_us = T(3), .outcome = OUTCOME_BOUNCED, .tried = true, .relay_host = S("mx.example.org"),
	.relay_ip = S("203.0.113.5"), .relay_port = 25, .smtp_code = 550, .dsn = S("5.1.1"),
	.reply = S("550 5.1.1 \033[31m<carol@example.org> \xe2\x80\xaeunknown"), .delay_us = 2100000, .size_bytes = -1,
};
static struct recipient carol = {
	.address = S("carol@example.org"), .orig_address = S("sales@example.com"),
	.outcome = OUTCOME_BOUNCED, .n_attempts = 1, .attempts = &carol_tried, .deciding = &carol_tried,
};
static struct recipient bob = {
	.next = &carol, .address = S("bob@example.net"), .outcome = OUTCOME_DEFERRED, .n_attempts = 2,
	.attempts = &bob_tried, .deciding = &bob_postponed,
};
static struct message_link parent = { .relation = RELATION_FILTER, .server = S("mx1"), .queue_id = S("AAAA01") };
static struct message_link child = { .relation = RELATION_BOUNCE, .server = S("mx2"), .queue_id = S("BBBB02") };
static struct message mail = {
	.server = S("mx1"), .instance = S("postfix-out"), .writer = WRITER_POSTFIX,
	.queue_id = S("4A1B2C3D4E"), .state = MESSAGE_OPEN, .role = ROLE_MAIL, .direction = DIRECTION_OUTBOUND,
	.start_seen = true, .first_us = T(0), .last_us = T(600), .arrived_us = T(0), .finished_us = USEC_NONE,
	.utc_offset_sec = 3600, .sender = S("alice@example.com"), .client_host = S("pc.example.com"),
	.client_ip = S("192.0.2.7"), .helo = S("laptop"), .user = S("alice"), .authenticated = true,
	.service = S("submission"), .protocol = S("ESMTPSA"), .tls_version = S("TLSv1.3"),
	.size_bytes = 4200, .message_id = S("<m1@example.com>"), .subject = S("hello\nworld"),
	.recipient_count = 2, .n_recipients = 2, .recipients = &bob, .parents = &parent, .children = &child,
};
static struct message probe = {
	.server = S("mx1"), .writer = WRITER_EXIM, .state = MESSAGE_DONE, .role = ROLE_PROBE, .first_us = T(60),
	.last_us = T(60), .arrived_us = USEC_NONE, .finished_us = T(61), .sender = { "", 0 }, .size_bytes = -1,
	.recipient_count = -1,
};
static const struct rejection refusal = {
	.time_us = T(10), .server = S("mx1"), .writer = WRITER_POSTFIX, .stage = S("rcpt"),
	.client_ip = S("203.0.113.9"), .helo = S("friend"), .sender = { "", 0 },
	.recipient = S("bob@example.com"), .smtp_code = 554, .reply = S("554 5.7.1 no"),
};
static const struct login failed = {
	.time_us = T(20), .server = S("mx1"), .writer = WRITER_DOVECOT, .service = S("imap"),
	.user = S("alice"), .client_ip = S("203.0.113.9"), .auth_method = S("PLAIN"), .attempts = 3,
	.reason = S("password mismatch"),
};

static const struct trace_line LINES[] = {
	{ "/var/log/mail.log", 17, S("Nov 21 10:00:00 mx1 postfix/qmgr[1]: x\n  y") },
	{ "/var/log/mail.log", 18, { NULL, 0 } },
};

static bool never_full(void *ctx)
{
	(void)ctx;
	return true;
}

static const char RULES[] =
	"tier site\n"
	"cause later\n class greylist\n side none\n waiting yes\n match \"try again later\"\n"
	" summary {host|it} says later\n action Wait.\n sample 450 4.2.0 try again later\n"
	"cause nobody\n class hard\n side sender-user\n waiting no\n match \"unknown\"\n"
	" summary {recipient|it} is nobody\n action Correct it.\n sample 550 5.1.1 unknown\n"
	"cause no\n class policy\n side us-config\n waiting no\n match \"5.7.1 no\" :ours\n"
	" summary no means no\n action Ask.\n sample [:ours] 554 5.7.1 no\n";

static void render(struct strbuf *out, size_t width, struct trace_answer *a,
		   void (*fn)(const struct trace_out *o, const struct trace_answer *a))
{
	const struct term t = { .width = width };
	const struct trace_out o = { out, &t, never_full, NULL };

	struct diagnoser *d = diagnoser_new();
	struct diag quiet = { 0 };

	/* the words of the built-in rules may change */
	assert_int_equal(diagnoser_add(d, "test", slice_str(RULES), &quiet), 3);
	a->diagnoser = d;
	fn(&o, a);
	diagnoser_free(d);
}

static struct trace_answer answer(void)
{
	static const struct answer_source SOURCE = { .name = "/var/log/mail.log", .lines = 1234, .first_us = T(0) };
	static const struct trace_item MESSAGES[] = {
		{ .message = &mail, .lines = LINES, .n_lines = 2 },
		{ .message = &probe },
	};
	static const struct trace_item REJECTION = { .rejection = &refusal }, LOGIN = { .login = &failed };

	return (struct trace_answer){
		.head = {
			.since_us = T(0), .until_us = T(7200), .since_offset_sec = 3600, .until_offset_sec = 3600,
			.sources = &SOURCE, .n_sources = 1, .lines = { .read = 1234, .event = 1234 },
		},
		.query = { .since_us = USEC_NONE, .until_us = USEC_NONE },
		.messages = { MESSAGES, 2, 12 },
		.rejections = { &REJECTION, 1, 0 },
		.logins = { &LOGIN, 1, 1 },
	};
}

static const char PIPE[] =
	"Of the newest 2 of 14 messages: 0 delivered, or accepted by the next server; not delivered: 1; "
	"waiting, held, thrown away or not told: 1.\n"
	"\n"
	"/var/log/mail.log, 1,234 lines, 2026-11-21 10:00:00 to 2026-11-21 12:00:00 +0100\n"
	"\n"
	"14 messages, the newest 2\n"
	"\n"
	"2026-11-21 10:00:00  4A1B2C3D4E  still in the queue when the logs end\n"
	"  Not delivered yet to bob@example.net: mx.example.net says later (450 4.2.0). Tried once, at 10:00:02. "
	"By default it is given up about 2026-11-26 10:00. "
	"Not delivered to carol@example.org: carol@example.org is nobody (550 5.1.1).\n"
	"  server      mx1, postfix instance postfix-out, outbound\n"
	"  from        alice@example.com, logged in as alice\n"
	"  client      pc.example.com [192.0.2.7], HELO laptop, submission, ESMTPSA, TLSv1.3\n"
	"  subject     hello\\x0aworld\n"
	"  id          <m1@example.com>\n"
	"  size        4.1 KiB, 2 recipients\n"
	"  before the filter AAAA01\n"
	"  deferred    bob@example.net    2026-11-21 10:10:00, after 9 min 59 s  retry time not reached  "
	"last try 2026-11-21 10:00:02 via mx.example.net [198.51.100.2]: 450 4.2.0 try again later  "
	"What to do: Wait. [greylist, none, later]\n"
	"  bounced     carol@example.org  (for sales@example.com)  2026-11-21 10:00:03, after 2.1 s, "
	"via mx.example.org [203.0.113.5]  550 5.1.1 \\x1b[31m<carol@example.org> \\u202eunknown  "
	"What to do: Correct it. [hard, sender-user, nobody]\n"
	"  bounce sent BBBB02 on mx2\n"
	"    /var/log/mail.log:17: Nov 21 10:00:00 mx1 postfix/qmgr[1]: x\n"
	"          y\n"
	"    /var/log/mail.log:18: (the file could not be read again)\n"
	"\n"
	"2026-11-21 09:01:00  (no queue id)  done, begins before the logs  (address verification, no mail)\n"
	"  No mail, only a check whether the address exists. "
	"The logs that were read name no recipient of it; the last word about it is of 09:01:00.\n"
	"  server      mx1, exim\n"
	"  from        <>\n"
	"\n"
	"1 rejection\n"
	"2026-11-21 09:00:10  rcpt      [203.0.113.9] HELO friend  <> -> bob@example.com  554 5.7.1 no  "
	"Refused: no means no (554 5.7.1). Ask. [policy, us-config, no]\n"
	"\n"
	"2 logins, the newest 1\n"
	"2026-11-21 09:00:20  login failed  imap        alice  from [203.0.113.9]  PLAIN  3 attempts  password mismatch  "
	"Login failed: the user name or the password was wrong. Have the user enter the password again in every mail program "
	"and phone; many different names from one address are an attack. [auth, us-account, login-wrong-password]\n"
	"\n"
	"Not shown: 12 older messages, 1 older login; --no-limit shows all, --since and --until narrow the time\n";

static void test_pipe(void **state)
{
	struct trace_answer a = answer();
	struct strbuf out = { 0 };

	(void)state;
	render(&out, 0, &a, trace_text);
	assert_string_equal(out.p, PIPE);
	strbuf_done(&out);
}

/* on a narrow terminal every word of the reply is there, under its recipient */
static void test_terminal(void **state)
{
	struct trace_answer a = answer();
	struct strbuf out = { 0 };

	(void)state;
	render(&out, 60, &a, trace_text);
	assert_non_null(strstr(out.p, "after\n              9 min 59 s\n              retry time not reached\n"
				      "              last try 2026-11-21 10:00:02 via mx.example.net"));
	assert_non_null(strstr(out.p, "\n              550 5.1.1 \\x1b[31m<carol@example.org>\n              \\u202eunknown\n"));
	strbuf_done(&out);
}

static void test_json(void **state)
{
	struct trace_answer a = answer();
	struct strbuf out = { 0 };

	(void)state;
	render(&out, 0, &a, trace_json);
	assert_non_null(strstr(out.p, "\"delay_s\": 599.000000,"));
	assert_non_null(strstr(out.p, "\"finished\": null"));
	assert_non_null(strstr(out.p, "\"queue_id\": null"));
	assert_non_null(strstr(out.p, "\"reply\": \"550 5.1.1 \\u001b[31m<carol@example.org> \\u202eunknown\""));
	assert_non_null(strstr(out.p, "\"relation\": \"filter\""));
	assert_non_null(strstr(out.p, "\"line\": 18,\n          \"text\": null"));
	assert_non_null(strstr(out.p, "\"more\": {\n    \"messages\": 12,\n    \"rejections\": 0,\n    \"logins\": 1,\n    \"mailbox\": 0\n  }"));
	strbuf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

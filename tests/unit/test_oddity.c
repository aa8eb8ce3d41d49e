/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_oddity.c - what each mail server says of clients that do not behave
 */
#include "unit.h"

#include "fact/oddity.h"
#include "parse/parse.h"

#define EXIM NULL

static const struct row {
	const char *program, *text;
	enum oddity_kind want;
} ROWS[] = {
	{ "postfix/smtpd", "warning: non-SMTP command from unknown[203.0.113.160]: GET / HTTP/1.1", ODD_PROTOCOL },
	{ "postfix/smtpd", "improper command pipelining after CONNECT from unknown[203.0.113.162]: EHLO early.test\\r\\n", ODD_EARLY },
	{ "postfix/smtpd", "improper command pipelining after HELO from unknown[203.0.113.166]: MAIL FROM:<p@pipe.test>\\r\\n", ODD_PIPELINING },
	{ "postfix/smtpd", "warning: dyn-163.pool.isp.test[203.0.113.163]: request longer than 2048: EHLO xEHLO xEHLO...", ODD_TOO_LONG },
	{ "postfix/smtpd", "too many errors after NOOP from unknown[203.0.113.164]", ODD_ERRORS },
	{ "postfix/smtpd", "warning: Illegal address syntax from out21.partner.test[198.51.100.31] in RCPT command: <x@y z>", ODD_SYNTAX },
	{ "postfix/smtpd", "lost connection after CONNECT from unknown[203.0.113.1]", ODD_LOST },
	{ "postfix/smtpd", "timeout after DATA (18 bytes) from out24.partner.test[198.51.100.34]", ODD_LOST },
	{ "postfix/smtpd", "warning: Connection concurrency limit exceeded: 9 from unknown[203.0.113.200] for service smtp", ODD_CONNECTIONS },
	{ "postfix/smtpd", "warning: Connection rate limit exceeded: 61 from unknown[203.0.113.200] for service smtp", ODD_CONNECTIONS },
	{ "postfix/smtpd", "warning: Message delivery request rate limit exceeded: 61 from unknown[198.51.100.245] for service smtp", ODD_MESSAGES },
	{ "postfix/smtpd", "warning: AUTH command rate limit exceeded: 11 from unknown[203.0.113.140] for service submission", ODD_LOGINS },
	{ "postfix/postscreen", "PREGREET 39 after 0 from [203.0.113.162]:36553: EHLO early.test\\r\\n", ODD_EARLY },
	{ "postfix/postscreen", "COMMAND PIPELINING from [203.0.113.162]:36553 after EHLO: MAIL FROM:<a@b.test>\\r\\n", ODD_PIPELINING },
	{ "postfix/postscreen", "NON-SMTP COMMAND from [203.0.113.160]:41212 after CONNECT: GET / HTTP/1.1", ODD_PROTOCOL },
	{ "postfix/postscreen", "HANGUP after 15 from [203.0.113.162]:36553 in tests after SMTP handshake", ODD_LOST },
	{ "postfix/smtpd", "connect from unknown[203.0.113.160]", ODD_NONE },
	/* what the client sent tells nothing: a HELO that looks like a limit */
	{ "postfix/smtpd", "warning: Illegal address syntax from a.test[198.51.100.31] in RCPT command: <[1.2.3.4]: request longer than 9>", ODD_SYNTAX },
	{ EXIM, "SMTP call from dyn-165.pool.isp.test [203.0.113.165] dropped: too many unrecognized commands (last was \"BAD5\")", ODD_ERRORS },
	{ EXIM, "SMTP call from [203.0.113.164] dropped: too many nonmail commands (last was \"NOOP\")", ODD_ERRORS },
	{ EXIM, "SMTP syntax error in \"GET / HTTP/1.1\" H=[203.0.113.160]:55143 unrecognized command", ODD_PROTOCOL },
	{ EXIM, "SMTP syntax error in \"Host: mail\" H=[203.0.113.160]:55143 unrecognized command", ODD_SYNTAX },
	{ EXIM, "SMTP protocol error in \"DATA\" H=dyn-171.pool.isp.test [203.0.113.171]:46327 valid RCPT command must precede DATA", ODD_SYNTAX },
	{ EXIM, "no MAIL in SMTP connection from [203.0.113.160]:55143 I=[192.0.2.10]:25 D=0.000s", ODD_LOST },
	{ EXIM, "SMTP command timeout on connection from (early.test) [203.0.113.162]", ODD_LOST },
	{ EXIM, "unexpected disconnection while reading SMTP command from out21.partner.test (out1.partner.test) [198.51.100.31] D=0s", ODD_LOST },
	{ EXIM, "SMTP connection from [203.0.113.170]:38877 I=[192.0.2.10]:25 (TCP/IP connection count = 2)", ODD_NONE },
	{ EXIM, "SMTP connection from out21.partner.test [198.51.100.31]:49707 closed by QUIT", ODD_NONE },
	{ "sm-mta", "6ALL0ZP1003418: [203.0.113.160]: probable open proxy: command=GET / HTTP/1.1\\r\\n", ODD_PROTOCOL },
	{ "sm-mta", "6ALL1dPB005800: dyn-163.pool.isp.test [203.0.113.163]: SMTP violation, input too long: 3002", ODD_TOO_LONG },
	{ "sm-mta", "6ALL0b3A003495: [203.0.113.164]: possible SMTP attack: command=NOOP, count=20", ODD_ERRORS },
	{ "sm-mta", "6ALL0Y7A003407: dyn-169.pool.isp.test [203.0.113.169]: possible SMTP attack: command=AUTH, count=3", ODD_LOGINS },
	{ "sm-mta", "6ALL2VHL007524: dyn-167.pool.isp.test [203.0.113.167]: VRFY root", ODD_VRFY },
	{ "sm-mta", "6ALL2VHL007524: dyn-167.pool.isp.test [203.0.113.167]: EXPN staff", ODD_VRFY },
	{ "sm-mta", "6ALL1nKT005975: rejecting server HELO from [203.0.113.166] [203.0.113.166] due to traffic before response", ODD_PIPELINING },
	{ "sm-mta", "6ALL1uBo014819: rejecting commands from [203.0.113.162] [203.0.113.162] due to pre-greeting traffic after 0 seconds", ODD_EARLY },
	{ "sm-mta", "6ALL0ftY003602: dyn-165.pool.isp.test [203.0.113.165] did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA", ODD_LOST },
	{ "sm-mta", "6ALL1uBo014819: timeout waiting for input from [203.0.113.162] during server cmd read", ODD_LOST },
};

static void test_words(void **state)
{
	size_t failed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		const struct row *r = &ROWS[i];
		struct slice text = heap_copy(slice_str(r->text));
		struct line l = { .text = text, .raw = text, .program = slice_str(r->program), .pid = -1,
				  .server = SLICE("mx1"),
				  .envelope = r->program ? ENVELOPE_RFC3164 : ENVELOPE_EXIM };
		struct oddity o = { .kind = ODD_NONE };
		struct event e;

		event_init(&e, EV_FOREIGN);
		parse_line(&l, &e);
		if (!oddity_of_event(&e, &o))
			o.kind = ODD_NONE;
		if (o.kind != r->want || (r->want != ODD_NONE && !o.client_ip.p)) {
			(void)fprintf(stderr, "%s: got %d, want %d\n", r->text, (int)o.kind, (int)r->want);
			failed++;
		}
		heap_free(text);
	}
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_words) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

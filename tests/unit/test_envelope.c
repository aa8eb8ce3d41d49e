/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_envelope.c - every form of a record's front, the year's and the zone's turns, Exim's pieces
 */
#include "envelope/envelope.h"

#include "config.h"

#include "base/arena.h"
#include "base/civil.h"
#include "base/strbuf.h"
#include "envelope/join.h"
#include "envelope/journal_fields.h"
#include "envelope/json_members.h"
#include "unit.h"

static char *arena_take(void *ctx, size_t n)
{
	return arena_bytes(ctx, n + !n);
}

static struct slice or_none(const char *s)
{
	return slice_str(s);
}

static void check_slice(const char *raw, const char *what, struct slice got, const char *want)
{
	if ((got.p != NULL) != (want != NULL) || !slice_eq(got, or_none(want)))
		fail_msg("%s: %s: got '%.*s'%s, want '%s'", raw, what, SLICE_ARG(got), got.p ? "" : " (none)",
			 want ? want : "(none)");
}

static const char *utc(usec_t t)
{
	static char text[64];
	struct strbuf sb = { 0 };

	if (t == USEC_NONE)
		return "none";
	civil_format_rfc3339(&sb, t);
	memcpy(text, sb.p, sb.n + 1);
	strbuf_done(&sb);
	return text;
}

struct row {
	const char *raw;
	enum envelope_kind kind;
	const char *utc; /* zone +0100, year 2026 */
	int32_t offset_sec;
	const char *host, *program;
	int64_t pid;
	const char *text;
};

#define HOUR 3600
#define RAW_5424 "<22>1 2026-09-12T10:15:30.123456+02:00 mx1 "

static const struct row rows[] = {
	/* Exim's own files */
	{ "2026-11-21 09:00:01 1vMLgh-000000001gb-0abc Completed", ENVELOPE_EXIM, "2026-11-21T08:00:01.000000Z", HOUR,
	  NULL, NULL, -1, "1vMLgh-000000001gb-0abc Completed" },
	{ "2026-11-21 09:00:01.123 text", ENVELOPE_EXIM, "2026-11-21T08:00:01.123000Z", HOUR, NULL, NULL, -1, "text" },
	{ "2026-11-21 09:00:01 -0330 text", ENVELOPE_EXIM, "2026-11-21T12:30:01.000000Z", -12600, NULL, NULL, -1,
	  "text" },
	{ "2026-11-21 22:10:44.274 +0100 [15129] SMTP connection from [198.51.100.75]:56165", ENVELOPE_EXIM,
	  "2026-11-21T21:10:44.274000Z", HOUR, NULL, NULL, 15129, "SMTP connection from [198.51.100.75]:56165" },
	{ "2026-11-21 09:00:01 [4273] exim 4.96 daemon started: pid=4273", ENVELOPE_EXIM, "2026-11-21T08:00:01.000000Z",
	  HOUR, NULL, NULL, 4273, "exim 4.96 daemon started: pid=4273" },
	{ "2026-11-21 09:00:01 [192.0.2.1] SSL verify error", ENVELOPE_EXIM, "2026-11-21T08:00:01.000000Z", HOUR, NULL,
	  NULL, -1, "[192.0.2.1] SSL verify error" },
	/* syslog's with Exim's stamp, by a template of the site's */
	{ "2026-11-21 09:00:01 mx1 postfix/smtpd[77]: text", ENVELOPE_RFC3339, "2026-11-21T08:00:01.000000Z", HOUR, "mx1",
	  "postfix/smtpd", 77, "text" },
	{ "2026-11-21 09:00:01.5 +0200 mx1 dovecot: text", ENVELOPE_RFC3339, "2026-11-21T07:00:01.500000Z", 2 * HOUR, "mx1",
	  "dovecot", -1, "text" },
	{ "2026-11-21 09:00:01 mx1 exim: text", ENVELOPE_EXIM, "2026-11-21T08:00:01.000000Z", HOUR, NULL, NULL, -1,
	  "mx1 exim: text" },
	{ "2026-11-21 09:00:01 +01 is no zone", ENVELOPE_EXIM, "2026-11-21T08:00:01.000000Z", HOUR, NULL, NULL, -1,
	  "+01 is no zone" },
	{ "2026-11-21 09:00:01", ENVELOPE_EXIM, "2026-11-21T08:00:01.000000Z", HOUR, NULL, NULL, -1, "" },
	{ "2026-12-31 23:59:60 leap", ENVELOPE_EXIM, "2026-12-31T23:00:00.000000Z", HOUR, NULL, NULL, -1, "leap" },
	{ "\xef\xbb\xbf" "2026-11-21 09:00:01 text", ENVELOPE_EXIM, "2026-11-21T08:00:01.000000Z", HOUR, NULL, NULL, -1,
	  "text" },
	/* RFC 3164 */
	{ "Sep  2 10:15:30 mx1 postfix/smtpd[2412]: connect from mail.example.com[192.0.2.10]", ENVELOPE_RFC3164,
	  "2026-09-02T09:15:30.000000Z", HOUR, "mx1", "postfix/smtpd", 2412, "connect from mail.example.com[192.0.2.10]" },
	{ "Sep 12 10:15:30 mx1 postfix-out/submission/smtpd[2413]: x: y", ENVELOPE_RFC3164, "2026-09-12T09:15:30.000000Z",
	  HOUR, "mx1", "postfix-out/submission/smtpd", 2413, "x: y" },
	{ "Sep 2 10:15:30 mx1 a: b", ENVELOPE_RFC3164, "2026-09-02T09:15:30.000000Z", HOUR, "mx1", "a", -1, "b" },
	{ "Sep 02 10:15:30 mx1 postfix/postlogd[55]: warning: x", ENVELOPE_POSTFIX, "2026-09-02T09:15:30.000000Z", HOUR,
	  "mx1", "postfix/postlogd", 55, "warning: x" },
	{ "Sep 12 10:15:30.123456 mx1 dovecot[812]: lmtp(ann@example.com)<993><abc>: msgid=<x>", ENVELOPE_JOURNAL_SHORT,
	  "2026-09-12T09:15:30.123456Z", HOUR, "mx1", "dovecot", 812, "lmtp(ann@example.com)<993><abc>: msgid=<x>" },
	{ "<22>Sep 12 10:15:30 mx1 sm-mta[3011]: a: from=<b>", ENVELOPE_RFC3164, "2026-09-12T09:15:30.000000Z", HOUR,
	  "mx1", "sm-mta", 3011, "a: from=<b>" },
	{ "Sep 12 10:15:40 sol1 sendmail[77]: [ID 801593 mail.info] 68C8: to=<b>", ENVELOPE_RFC3164,
	  "2026-09-12T09:15:40.000000Z", HOUR, "sol1", "sendmail", 77, "68C8: to=<b>" },
	{ "Sep 12 10:15:40 postfix/smtpd[1]: no host", ENVELOPE_RFC3164, "2026-09-12T09:15:40.000000Z", HOUR, NULL,
	  "postfix/smtpd", 1, "no host" },
	{ "Sep 12 10:15:40 postlogd: Info: Login", ENVELOPE_RFC3164, "2026-09-12T09:15:40.000000Z", HOUR, NULL,
	  "postlogd", -1, "Info: Login" },
	{ "Sep 12 10:15:40 2001:db8::7 a[1]: b", ENVELOPE_RFC3164, "2026-09-12T09:15:40.000000Z", HOUR, "2001:db8::7", "a",
	  1, "b" },
	{ "Sep 12 10:15:40 mx1 last message repeated 2 times", ENVELOPE_RFC3164, "2026-09-12T09:15:40.000000Z", HOUR,
	  "mx1", NULL, -1, "last message repeated 2 times" },
	{ "Sep 12 10:15:40 mx1 postfix/smtpd[123][456]: x", ENVELOPE_RFC3164, "2026-09-12T09:15:40.000000Z", HOUR, "mx1",
	  "postfix/smtpd", 123, "x" },
	{ "Sep 12 10:15:40 mx1 (systemd)[5] x", ENVELOPE_RFC3164, "2026-09-12T09:15:40.000000Z", HOUR, "mx1",
	  "(systemd)", 5, "x" },
	{ "Sep 12 10:15:40 mx1 dovecot:", ENVELOPE_RFC3164, "2026-09-12T09:15:40.000000Z", HOUR, "mx1", "dovecot", -1,
	  "" },
	{ "Sep 12 10:15:40 mx1", ENVELOPE_RFC3164, "2026-09-12T09:15:40.000000Z", HOUR, "mx1", NULL, -1, "" },
	{ "Sep 12 10:15:40 <mail.info> bsd a[1]: b", ENVELOPE_RFC3164, "2026-09-12T09:15:40.000000Z", HOUR, "bsd", "a", 1,
	  "b" },
	{ "Jun 30 23:59:60 mx1 a: b", ENVELOPE_RFC3164, "2026-06-30T23:00:00.000000Z", HOUR, "mx1", "a", -1, "b" },
	{ "Sep 12 10:15:40 mx1 a[1]:  two blanks", ENVELOPE_RFC3164, "2026-09-12T09:15:40.000000Z", HOUR, "mx1", "a", 1,
	  " two blanks" },
	/* RFC 3339 */
	{ "2026-09-12T10:15:30.123456+02:00 mx1 postfix/smtpd[2412]: connect", ENVELOPE_RFC3339,
	  "2026-09-12T08:15:30.123456Z", 2 * HOUR, "mx1", "postfix/smtpd", 2412, "connect" },
	{ "2026-09-12T08:15:30Z mx1.example.com dovecot: imap-login: Login: user=<ann>", ENVELOPE_RFC3339,
	  "2026-09-12T08:15:30.000000Z", 0, "mx1.example.com", "dovecot", -1, "imap-login: Login: user=<ann>" },
	{ "2026-09-12T10:15:30.5-0330 mx1 a[1]: b", ENVELOPE_RFC3339, "2026-09-12T13:45:30.500000Z", -12600, "mx1", "a", 1,
	  "b" },
	{ "2026-09-12T10:15:30.123456789Z mx1 a[1]: b", ENVELOPE_RFC3339, "2026-09-12T10:15:30.123456Z", 0, "mx1", "a", 1,
	  "b" },
	{ "<22>2026-09-12T10:15:30Z mx1 a[1]: b", ENVELOPE_RFC3339, "2026-09-12T10:15:30.000000Z", 0, "mx1", "a", 1, "b" },
	{ "2026-09-12T10:15:30 mx1 a[1]: b", ENVELOPE_RFC3339, "2026-09-12T09:15:30.000000Z", HOUR, "mx1", "a", 1, "b" },
	/* RFC 5424 */
	{ RAW_5424 "postfix/smtpd 2412 - - connect from x", ENVELOPE_RFC5424, "2026-09-12T08:15:30.123456Z", 2 * HOUR,
	  "mx1", "postfix/smtpd", 2412, "connect from x" },
	{ RAW_5424 "postfix/qmgr 901 - -  4A1B2C3D4E: removed", ENVELOPE_RFC5424, "2026-09-12T08:15:30.123456Z", 2 * HOUR,
	  "mx1", "postfix/qmgr", 901, "4A1B2C3D4E: removed" },
	{ RAW_5424 "dovecot - - -    three", ENVELOPE_RFC5424, "2026-09-12T08:15:30.123456Z", 2 * HOUR, "mx1", "dovecot",
	  -1, "  three" },
	{ RAW_5424 "a 1 ID47 [x@1 k=\"a\\]\\\"b ] c\"][y@1] \xef\xbb\xbftext", ENVELOPE_RFC5424,
	  "2026-09-12T08:15:30.123456Z", 2 * HOUR, "mx1", "a", 1, "text" },
	{ "186 <22>1 2026-09-12T10:15:30Z mx1 postfix/smtpd 2412 - - left in the file", ENVELOPE_RFC5424,
	  "2026-09-12T10:15:30.000000Z", 0, "mx1", "postfix/smtpd", 2412, "left in the file" },
	{ "<22>1 - - - - - - text", ENVELOPE_RFC5424, "none", 0, NULL, NULL, -1, "text" },
	{ "<22>1 2026-09-12T10:15:30Z mx1 a b - -", ENVELOPE_RFC5424, "2026-09-12T10:15:30.000000Z", 0, "mx1", "a", -1,
	  "" },
	{ RAW_5424 "a 1 - [cut k=\"v", ENVELOPE_RFC5424, "2026-09-12T08:15:30.123456Z", 2 * HOUR, "mx1", "a", 1,
	  "[cut k=\"v" },
	/* Exim in syslog */
	{ "Nov 21 09:00:09 mx exim[4273]: 2026-11-21 09:00:01 1vMLgh-000000001gb-0abc <= a@b", ENVELOPE_RFC3164,
	  "2026-11-21T08:00:01.000000Z", HOUR, "mx", "exim", 4273, "1vMLgh-000000001gb-0abc <= a@b" },
	{ "2026-11-21T09:00:09Z mx exim[4273]: 2026-11-21 09:00:01.123 +0100 [77] text", ENVELOPE_RFC3339,
	  "2026-11-21T08:00:01.123000Z", HOUR, "mx", "exim", 77, "text" },
	{ "Nov 21 09:00:09 mx exim[4273]: 1vMLgh-000000001gb-0abc Completed", ENVELOPE_RFC3164,
	  "2026-11-21T08:00:09.000000Z", HOUR, "mx", "exim", 4273, "1vMLgh-000000001gb-0abc Completed" },
	{ "Nov 21 09:00:09 mx exim[4273]: [1/2] 2026-11-21 09:00:01 text", ENVELOPE_RFC3164,
	  "2026-11-21T08:00:01.000000Z", HOUR, "mx", "exim", 4273, "[1/2] 2026-11-21 09:00:01 text" },
	{ "Nov 21 09:00:09 mx other[4273]: 2026-11-21 09:00:01 text", ENVELOPE_RFC3164, "2026-11-21T08:00:09.000000Z", HOUR,
	  "mx", "other", 4273, "2026-11-21 09:00:01 text" },
	/* none of these */
	{ "", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "" },
	{ " continued", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, " continued" },
	{ "Nov 31 09:00:01 mx a: b", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "Nov 31 09:00:01 mx a: b" },
	{ "Nov 30 24:00:01 mx a: b", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "Nov 30 24:00:01 mx a: b" },
	{ "Nov  0 09:00:01 mx a: b", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "Nov  0 09:00:01 mx a: b" },
	{ "Nov 30 09:00", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "Nov 30 09:00" },
	{ "2026-02-29 09:00:01 text", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "2026-02-29 09:00:01 text" },
	{ "2026-11-21 09:00:01,5 text", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "2026-11-21 09:00:01,5 text" },
	{ "2026-11-21 22:06:05 #11201(main) lua; x", ENVELOPE_RSPAMD, "2026-11-21T21:06:05.000000Z", HOUR, NULL, "rspamd",
	  11201, "(main) lua; x" },
	{ "2026-11-21 22:06:05.250 [notice] #11201(main) lua; x", ENVELOPE_RSPAMD, "2026-11-21T21:06:05.250000Z", HOUR, NULL,
	  "rspamd", 11201, "(main) lua; x" },
	{ "2026-11-21 22:06:05 [info] #7(normal) <a1b2c3>; task; x: y", ENVELOPE_RSPAMD, "2026-11-21T21:06:05.000000Z", HOUR,
	  NULL, "rspamd", 7, "(normal) <a1b2c3>; task; x: y" },
	{ "2026-11-21 22:06:05 #11201 lua; x", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "2026-11-21 22:06:05 #11201 lua; x" },
	/* Dovecot's own files */
	{ "Sep 02 10:15:30 imap-login: Info: Login: user=<ann>", ENVELOPE_DOVECOT, "2026-09-02T09:15:30.000000Z", HOUR, NULL,
	  "dovecot", -1, "imap-login: Info: Login: user=<ann>" },
	{ "Sep 12 10:15:30 lmtp(997, two words)<1><a:R2>: Error: x", ENVELOPE_DOVECOT, "2026-09-12T09:15:30.000000Z", HOUR,
	  NULL, "dovecot", -1, "lmtp(997, two words)<1><a:R2>: Error: x" },
	{ "Sep 12 10:15:30 imap(we(ir)d: Info: x)<1><a>: Warning: x", ENVELOPE_DOVECOT, "2026-09-12T09:15:30.000000Z", HOUR,
	  NULL, "dovecot", -1, "imap(we(ir)d: Info: x)<1><a>: Warning: x" },
	{ "2026-09-12T10:15:30.5+0200 auth: Info: sql(a): unknown user", ENVELOPE_DOVECOT, "2026-09-12T08:15:30.500000Z",
	  2 * HOUR, NULL, "dovecot", -1, "auth: Info: sql(a): unknown user" },
	{ "2026-09-12 10:15:30 imap(ann)<1><a>: Info: Logged out in=1 out=2", ENVELOPE_DOVECOT,
	  "2026-09-12T09:15:30.000000Z", HOUR, NULL, "dovecot", -1, "imap(ann)<1><a>: Info: Logged out in=1 out=2" },
	{ "2026-09-12 10:15:30.25 imap(ann)<1><a>: Info: Logged out in=1 out=2", ENVELOPE_DOVECOT,
	  "2026-09-12T09:15:30.250000Z", HOUR, NULL, "dovecot", -1, "imap(ann)<1><a>: Info: Logged out in=1 out=2" },
	{ "master: Warning: Killed with signal 15 (by pid=1 uid=0 code=kill)", ENVELOPE_DOVECOT, "none", 0, NULL, "dovecot", -1,
	  "master: Warning: Killed with signal 15 (by pid=1 uid=0 code=kill)" },
	{ "Sep 12 10:15:30 fail2ban: Info: x", ENVELOPE_RFC3164, "2026-09-12T09:15:30.000000Z", HOUR, NULL, "fail2ban", -1,
	  "Info: x" },
	{ "Sep 12 10:15:30 imap dovecot: imap-login: Info: x", ENVELOPE_RFC3164, "2026-09-12T09:15:30.000000Z", HOUR, "imap",
	  "dovecot", -1, "imap-login: Info: x" },
	{ "Sep 12 10:15:30 auth: sshd", ENVELOPE_RFC3164, "2026-09-12T09:15:30.000000Z", HOUR, NULL, "auth", -1, "sshd" },
	{ "2026-09-12 10:15:30 no host name found for IP address 192.0.2.1", ENVELOPE_EXIM, "2026-09-12T09:15:30.000000Z", HOUR,
	  NULL, NULL, -1, "no host name found for IP address 192.0.2.1" },
	{ "<192>Sep 12 10:15:30 mx1 a: b", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "<192>Sep 12 10:15:30 mx1 a: b" },
	/* the journal as text */
	{ "Sat 2026-09-12 10:15:30 CEST mx1 postfix/qmgr[901]: 4A1B2C3D4E: removed", ENVELOPE_JOURNAL_SHORT,
	  "2026-09-12T08:15:30.000000Z", 2 * HOUR, "mx1", "postfix/qmgr", 901, "4A1B2C3D4E: removed" },
	{ "Sat 2026-09-12 10:15:30 UTC mx1 dovecot[901]: x", ENVELOPE_JOURNAL_SHORT, "2026-09-12T10:15:30.000000Z", 0, "mx1",
	  "dovecot", 901, "x" },
	{ "Sat 2026-09-12 10:15:30 -0330 mx1 dovecot[901]: x", ENVELOPE_JOURNAL_SHORT, "2026-09-12T13:45:30.000000Z", -12600,
	  "mx1", "dovecot", 901, "x" },
	{ "Sat 2026-09-12 10:15:30 +03 mx1 dovecot[901]: x", ENVELOPE_JOURNAL_SHORT, "2026-09-12T07:15:30.000000Z", 3 * HOUR,
	  "mx1", "dovecot", 901, "x" },
	{ "Sat 2026-09-12 10:15:30 IST mx1 dovecot[901]: x", ENVELOPE_JOURNAL_SHORT, "2026-09-12T09:15:30.000000Z", HOUR, "mx1",
	  "dovecot", 901, "x" },
	{ "Sat 2026-09-12 10:15:30 CEST mx1 postfix@-.service[901]: x", ENVELOPE_JOURNAL_SHORT, "2026-09-12T08:15:30.000000Z",
	  2 * HOUR, "mx1", "postfix@-.service", 901, "x" },
	{ "Sat 2026-09-12 10:15:30.123456 CEST [s=1;i=2]", ENVELOPE_NONE, "none", 0, NULL, NULL, -1,
	  "Sat 2026-09-12 10:15:30.123456 CEST [s=1;i=2]" },
	{ "Sab 2026-09-12 10:15:30 CEST mx1 a[1]: x", ENVELOPE_NONE, "none", 0, NULL, NULL, -1,
	  "Sab 2026-09-12 10:15:30 CEST mx1 a[1]: x" },
	{ "Sat 2026-09-12 10:15:30 cest mx1 a[1]: x", ENVELOPE_NONE, "none", 0, NULL, NULL, -1,
	  "Sat 2026-09-12 10:15:30 cest mx1 a[1]: x" },
	{ "1789200930.123456 mx1 postfix/qmgr[901]: 4A1B2C3D4E: removed", ENVELOPE_JOURNAL_SHORT, "2026-09-12T08:15:30.123456Z",
	  HOUR, "mx1", "postfix/qmgr", 901, "4A1B2C3D4E: removed" },
	{ "1789200930.123456 mx1 exim4[901]: 2026-09-12 10:15:29 text", ENVELOPE_JOURNAL_SHORT, "2026-09-12T08:15:30.123456Z",
	  2 * HOUR, "mx1", "exim4", 901, "text" },
	{ "1789200930.12345 mx1 a[901]: x", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "1789200930.12345 mx1 a[901]: x" },
	{ "[ 1234.567890] mx1 postfix/qmgr[901]: x", ENVELOPE_JOURNAL_SHORT, "none", 0, "mx1", "postfix/qmgr", 901, "x" },
	{ "[ 1234.567890 <    0.000123 >] mx1 postfix/qmgr[901]: x", ENVELOPE_JOURNAL_SHORT, "none", 0, "mx1", "postfix/qmgr",
	  901, "x" },
	{ "-- Boot 0123456789abcdef0123456789abcdef --", ENVELOPE_JOURNAL_SHORT, "none", 0, NULL, NULL, -1,
	  "-- Boot 0123456789abcdef0123456789abcdef --" },
	{ "-- No entries --", ENVELOPE_JOURNAL_SHORT, "none", 0, NULL, NULL, -1, "-- No entries --" },
	{ "-- Bootleg --", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "-- Bootleg --" },
	{ "2026-09-12T10:15:30+0200 mx1 postfix/cleanup[2420]: 4A1B2C3D4E: message-id=<x1@example.com>", ENVELOPE_RFC3339,
	  "2026-09-12T08:15:30.000000Z", 2 * HOUR, "mx1", "postfix/cleanup", 2420, "4A1B2C3D4E: message-id=<x1@example.com>" },
	/* the journal as JSON */
#if HAVE_JANSSON
	{ "{\"__REALTIME_TIMESTAMP\":\"1789200930123456\",\"SYSLOG_IDENTIFIER\":\"postfix/smtpd\",\"SYSLOG_PID\":\"2412\","
	  "\"_PID\":\"2413\",\"_HOSTNAME\":\"mx1\",\"MESSAGE\":\"connect from \\u0061\"}", ENVELOPE_JOURNAL_JSON,
	  "2026-09-12T08:15:30.123456Z", HOUR, "mx1", "postfix/smtpd", 2412, "connect from a" },
	{ "\x1e{\"__REALTIME_TIMESTAMP\":\"1789200931000000\",\"SYSLOG_IDENTIFIER\":\"dovecot\",\"MESSAGE\":[105,109,97,112,58,"
	  "32,255]}", ENVELOPE_JOURNAL_JSON, "2026-09-12T08:15:31.000000Z", HOUR, NULL, "dovecot", -1, "imap: \xff" },
	{ "data: {\"MESSAGE\":null,\"_COMM\":\"spamd\",\"__REALTIME_TIMESTAMP\":\"1789200931000000\"}", ENVELOPE_JOURNAL_JSON,
	  "2026-09-12T08:15:31.000000Z", HOUR, NULL, "spamd", -1, "" },
	{ "{\"MESSAGE\":[\"one\",\"two\"],\"SYSLOG_IDENTIFIER\":[[97,98],\"c\"],\"__REALTIME_TIMESTAMP\":[\"1789200931000000\"]}",
	  ENVELOPE_JOURNAL_JSON, "2026-09-12T08:15:31.000000Z", HOUR, NULL, "ab", -1, "one" },
	{ "{\"MESSAGE\":[256],\"_PID\":7,\"_HOSTNAME\":{\"a\":1}}", ENVELOPE_JOURNAL_JSON, "none", 0, NULL, NULL, -1, "" },
	{ "{\"__REALTIME_TIMESTAMP\":\"1789200930123456\",\"CONTAINER_NAME\":\"mail\",\"SYSLOG_IDENTIFIER\":\"a1b2\",\"_PID\":\"9\","
	  "\"_HOSTNAME\":\"h\",\"MESSAGE\":\"Sep 12 08:15:29 box postfix/smtpd[97]: x\"}", ENVELOPE_JOURNAL_JSON,
	  "2026-09-12T08:15:30.123456Z", 0, "box", "postfix/smtpd", 97, "x" },
	{ "{\"__REALTIME_TIMESTAMP\":\"1789200930123456\",\"CONTAINER_NAME\":\"mail\",\"SYSLOG_IDENTIFIER\":\"a1b2\",\"_PID\":\"9\","
	  "\"MESSAGE\":\"no head\"}", ENVELOPE_JOURNAL_JSON, "2026-09-12T08:15:30.123456Z", HOUR, "mail", "a1b2", 9, "no head" },
	/* containers */
	{ "{\"log\":\"Sep 12 08:15:31 mail postfix/qmgr[60]: 4A1B2C3D4E: from=\\u003cann@example.com\\u003e\\n\",\"stream\":\"stdout\","
	  "\"time\":\"2026-09-12T08:15:31.000000001Z\"}", ENVELOPE_DOCKER, "2026-09-12T08:15:31.000000Z", 0, "mail",
	  "postfix/qmgr", 60, "4A1B2C3D4E: from=<ann@example.com>" },
	{ "{\"log\":\"Sep 12 10:15:30 mail a[1]: x\\r\\n\",\"time\":\"2026-09-12T08:15:31.5Z\"}", ENVELOPE_DOCKER,
	  "2026-09-12T08:15:31.500000Z", 2 * HOUR, "mail", "a", 1, "x" },
	{ "{\"log\":\"2026-09-12T10:15:30.25+02:00 mail a[1]: x\\n\",\"time\":\"2026-09-12T08:15:31.5Z\"}", ENVELOPE_DOCKER,
	  "2026-09-12T08:15:30.250000Z", 2 * HOUR, "mail", "a", 1, "x" },
	{ "{\"log\":\"2026-09-12T10:15:30+02:00 mail a[1]: x\\n\",\"time\":\"2026-09-12T08:15:31.5Z\"}", ENVELOPE_DOCKER,
	  "2026-09-12T08:15:31.500000Z", 2 * HOUR, "mail", "a", 1, "x" },
	{ "{\"log\":\"Dec 31 23:05:30 mail a[1]: old\\n\",\"time\":\"2026-01-01T11:59:31.5Z\"}", ENVELOPE_DOCKER,
	  "2025-12-31T22:05:30.000000Z", HOUR, "mail", "a", 1, "old" },
	{ "{\"log\":\"postfix/smtpd[97]: x\\n\",\"time\":\"2026-09-12T10:15:31.5+02:00\"}", ENVELOPE_DOCKER,
	  "2026-09-12T08:15:31.500000Z", 2 * HOUR, NULL, "postfix/smtpd", 97, "x" },
	{ "{\"log\":\"Starting up\\n\",\"stream\":\"stderr\"}", ENVELOPE_DOCKER, "none", 0, NULL, NULL, -1, "Starting up" },
	{ "{\"log\":\"2026-09-12 10:15:30 1vMLgh-000000001gb-0abc Completed\\n\",\"time\":\"2026-09-12T08:15:30.75Z\"}",
	  ENVELOPE_EXIM, "2026-09-12T08:15:30.750000Z", 2 * HOUR, NULL, NULL, -1, "1vMLgh-000000001gb-0abc Completed" },
	{ "{\"log\":\"2026-09-12 10:15:30 #7(main) x\\n\",\"time\":\"2026-09-12T08:15:30.75Z\"}", ENVELOPE_RSPAMD,
	  "2026-09-12T08:15:30.750000Z", 2 * HOUR, NULL, "rspamd", 7, "(main) x" },
	{ "{\"log\":\"two\\nSep 12 08:15:31 mx a[1]: lines\\n\",\"time\":\"2026-09-12T08:15:31Z\"}", ENVELOPE_DOCKER,
	  "2026-09-12T08:15:31.000000Z", 0, NULL, NULL, -1, "two\nSep 12 08:15:31 mx a[1]: lines" },
	{ "{\"log\":\"x\\u0001y\\n\",\"time\":\"2026-09-12T08:15:31Z\",\"attrs\":{\"tag\":\"mail\"}}", ENVELOPE_DOCKER,
	  "2026-09-12T08:15:31.000000Z", 0, NULL, NULL, -1, "x\1y" },
	{ "{\"log\":\"cut", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "{\"log\":\"cut" },
	{ "{\"log\":\"bad \xff\\n\",\"stream\":\"stdout\"}", ENVELOPE_DOCKER, "none", 0, NULL, NULL, -1, "bad \xff" },
	{ "{\"log\":[[[[[[[[]]]]]]]],\"stream\":\"stdout\"}", ENVELOPE_NONE, "none", 0, NULL, NULL, -1,
	  "{\"log\":[[[[[[[[]]]]]]]],\"stream\":\"stdout\"}" },
#endif
	{ "2026-09-12T10:15:30.123456789+02:00 stdout F Sep 12 08:15:30 mail postfix/smtpd[97]: connect", ENVELOPE_CRI,
	  "2026-09-12T08:15:30.123456Z", 0, "mail", "postfix/smtpd", 97, "connect" },
	{ "2026-09-12T10:15:30.123456789+02:00 stderr F postfix/smtpd[97]: connect", ENVELOPE_CRI,
	  "2026-09-12T08:15:30.123456Z", 2 * HOUR, NULL, "postfix/smtpd", 97, "connect" },
	{ "2026-09-12T10:15:30.123456789+02:00 stdout F ", ENVELOPE_CRI, "2026-09-12T08:15:30.123456Z", 2 * HOUR, NULL, NULL,
	  -1, "" },
	{ "2026-09-12T10:15:30.123456789+02:00 stdout Full: x", ENVELOPE_RFC3339, "2026-09-12T08:15:30.123456Z", 2 * HOUR,
	  "stdout", "Full", -1, "x" },
	{ "2026-09-12T08:15:30.123456789Z Sep 12 08:15:30 mail postfix/smtpd[97]: connect", ENVELOPE_DOCKER,
	  "2026-09-12T08:15:30.123456Z", 0, "mail", "postfix/smtpd", 97, "connect" },
	{ "2026-09-12T08:15:30.123456789Z 2026-09-12 10:15:30 1vMLgh-000000001gb-0abc Completed", ENVELOPE_EXIM,
	  "2026-09-12T08:15:30.123456Z", 2 * HOUR, NULL, NULL, -1, "1vMLgh-000000001gb-0abc Completed" },
	{ "2026-09-12T08:15:30.123456789Z postfix/smtpd[97]: connect", ENVELOPE_RFC3339, "2026-09-12T08:15:30.123456Z", 0, NULL,
	  "postfix/smtpd", 97, "connect" },
	{ "mail-1  | Sep 12 10:15:30 box a[1]: x", ENVELOPE_DOCKER, "2026-09-12T09:15:30.000000Z", HOUR, "box", "a", 1, "x" },
	{ "\x1b[36mmail-1  |\x1b[0m postfix/smtpd[97]: x", ENVELOPE_DOCKER, "none", 0, "mail-1", "postfix/smtpd", 97, "x" },
	{ "\x1b[36mmail-1  | \x1b[0mpostfix/smtpd[97]: x", ENVELOPE_DOCKER, "none", 0, "mail-1", "postfix/smtpd", 97, "x" },
	{ "mail-1  | 2026-09-12T08:15:30.5Z Sep 12 10:15:30 a[1]: x", ENVELOPE_DOCKER, "2026-09-12T08:15:30.500000Z", 2 * HOUR,
	  "mail-1", "a", 1, "x" },
	{ "mail-1  | no head", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "mail-1  | no head" },
	{ "[pod/mail-0/postfix] 2026-09-12T08:15:30.5Z postfix/smtpd[97]: x", ENVELOPE_DOCKER, "2026-09-12T08:15:30.500000Z", 0,
	  "mail-0", "postfix/smtpd", 97, "x" },
	{ "[pod/mail-0/postfix] postfix/smtpd[97]: x", ENVELOPE_DOCKER, "none", 0, "mail-0", "postfix/smtpd", 97, "x" },
	{ "{\"log\":\"x\"}", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "{\"log\":\"x\"}" },

	/* what grep prints */
	{ "/var/log/maillog:Nov 21 09:00:01 mx1 a[1]: x", ENVELOPE_RFC3164, "2026-11-21T08:00:01.000000Z", HOUR, "mx1", "a", 1,
	  "x" },
	{ "/var/log/mail-log.1:123:Nov 21 09:00:01 mx1 a[1]: x", ENVELOPE_RFC3164, "2026-11-21T08:00:01.000000Z", HOUR, "mx1",
	  "a", 1, "x" },
	{ "123:Nov 21 09:00:01 mx1 a[1]: x", ENVELOPE_RFC3164, "2026-11-21T08:00:01.000000Z", HOUR, "mx1", "a", 1, "x" },
	{ "mail.log-124-Nov 21 09:00:01 mx1 a[1]: x", ENVELOPE_RFC3164, "2026-11-21T08:00:01.000000Z", HOUR, "mx1", "a", 1, "x" },
	{ "mail.log-2026-2026-11-21T09:00:01+01:00 mx1 a[1]: x", ENVELOPE_RFC3339, "2026-11-21T08:00:01.000000Z", HOUR, "mx1",
	  "a", 1, "x" },
	{ "mail-2026-11-21:2026-11-21 09:00:01 1vMLgh-000000001gb-0abc Completed", ENVELOPE_EXIM, "2026-11-21T08:00:01.000000Z",
	  HOUR, NULL, NULL, -1, "1vMLgh-000000001gb-0abc Completed" },
	{ "2026-11-21:2026-11-21 09:00:01 1vMLgh-000000001gb-0abc Completed", ENVELOPE_EXIM, "2026-11-21T08:00:01.000000Z",
	  HOUR, NULL, NULL, -1, "1vMLgh-000000001gb-0abc Completed" },
	{ "C:\\logs\\maillog:<22>1 2026-11-21T09:00:01+01:00 mx1 a 1 - - x", ENVELOPE_RFC5424, "2026-11-21T08:00:01.000000Z",
	  HOUR, "mx1", "a", 1, "x" },
	{ "(standard input):Nov 21 09:00:01 mx1 a[1]: x", ENVELOPE_RFC3164, "2026-11-21T08:00:01.000000Z", HOUR, "mx1", "a", 1,
	  "x" },
	{ "<stdin>:Nov 21 09:00:01 mx1 a[1]: x", ENVELOPE_RFC3164, "2026-11-21T08:00:01.000000Z", HOUR, "mx1", "a", 1, "x" },
	{ "0.log:2026-09-12T10:15:30.123456789+02:00 stdout F Sep 12 08:15:30 mail a[97]: x", ENVELOPE_CRI,
	  "2026-09-12T08:15:30.123456Z", 0, "mail", "a", 97, "x" },
	{ "dovecot.log:Nov 21 09:00:01 imap-login: Info: x", ENVELOPE_DOVECOT, "2026-11-21T08:00:01.000000Z", HOUR, NULL,
	  "dovecot", -1, "imap-login: Info: x" },
	{ "smtp.log:[2026.11.21] 09:00:01.123 [192.0.2.1][12345] x", ENVELOPE_SMARTERMAIL, "2026-11-21T08:00:01.123000Z", HOUR,
	  NULL, "smartermail", -1, "[192.0.2.1][12345] x" },
	/* the year of the name */
	{ "maillog-20200105.gz:Dec 30 09:00:01 mx1 a[1]: x", ENVELOPE_RFC3164, "2019-12-30T08:00:01.000000Z", HOUR, "mx1", "a", 1,
	  "x" },
	{ "maillog-20200105.gz-77-Jan  4 09:00:01 mx1 a[1]: x", ENVELOPE_RFC3164, "2020-01-04T08:00:01.000000Z", HOUR, "mx1", "a",
	  1, "x" },
	{ "mail.20191201.log:Dec 30 09:00:01 mx1 a[1]: x", ENVELOPE_RFC3164, "2019-12-30T08:00:01.000000Z", HOUR, "mx1", "a", 1,
	  "x" },
	{ "maillog-20191230:20200105:Dec 30 09:00:01 mx1 a[1]: x", ENVELOPE_RFC3164, "2019-12-30T08:00:01.000000Z", HOUR, "mx1",
	  "a", 1, "x" },
	{ "maillog-20191301:Nov 21 09:00:01 mx1 a[1]: x", ENVELOPE_RFC3164, "2026-11-21T08:00:01.000000Z", HOUR, "mx1", "a", 1,
	  "x" },
	/* no prefix of grep's */
	{ ":Nov 21 09:00:01 mx1 a[1]: x", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, ":Nov 21 09:00:01 mx1 a[1]: x" },
	{ "mail.log: Nov 21 09:00:01 mx1 a[1]: x", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "mail.log: Nov 21 09:00:01 mx1 a[1]: x" },
	{ "my mail.log:Nov 21 09:00:01 mx1 a[1]: x", ENVELOPE_NONE, "none", 0, NULL, NULL, -1,
	  "my mail.log:Nov 21 09:00:01 mx1 a[1]: x" },
	{ "F From:2026-11-21 09:00:01 1vMLgh-000000001gb-0abc => bob@example.com", ENVELOPE_NONE, "none", 0, NULL, NULL, -1,
	  "F From:2026-11-21 09:00:01 1vMLgh-000000001gb-0abc => bob@example.com" },
	{ "reject.log-\t2026-11-21 09:00:01 1vMLgh-000000001gb-0abc => bob@example.com", ENVELOPE_NONE, "none", 0, NULL, NULL, -1,
	  "reject.log-\t2026-11-21 09:00:01 1vMLgh-000000001gb-0abc => bob@example.com" },
	{ "{\"a\":2026-11-21T09:00:01Z", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "{\"a\":2026-11-21T09:00:01Z" },
	{ "mail.log:123", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "mail.log:123" },
	{ "a:b:Nov 32 09:00:01 mx1 a[1]: x", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "a:b:Nov 32 09:00:01 mx1 a[1]: x" },
	{ "--", ENVELOPE_NONE, "none", 0, NULL, NULL, -1, "--" },
};

static struct tz *zone(const char *name)
{
	struct tz *tz = NULL;

	assert_int_equal(tz_open(name, &tz, NULL), 0);
	return tz;
}

static void test_forms(void **state)
{
	struct tz *tz = zone("+0100");
	struct arena arena = { 0 };
	const struct envelope_room room = { arena_take, &arena };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct envelope_clock clock = { .tz = tz, .year = 2026, .room = &room };
		struct line l = { .raw = slice_str(r->raw) };

		for (int again = 0; again < 2; again++) { /* the second time from the cache */
			envelope_parse(&clock, &l);
			if (l.envelope != r->kind)
				fail_msg("%s: got %s, want %s", r->raw, envelope_kind_name(l.envelope),
					 envelope_kind_name(r->kind));
			check_slice(r->raw, "time", slice_str(utc(l.time_us)), r->utc);
			assert_int_equal(l.utc_offset_sec, r->offset_sec);
			check_slice(r->raw, "host", l.host, r->host);
			check_slice(r->raw, "program", l.program, r->program);
			check_slice(r->raw, "text", l.text, r->text);
			assert_int_equal(l.pid, r->pid);
		}
	}
	arena_clear(&arena);
	tz_free(tz);
}

/* every prefix of every row, in a block of exactly that size */
static void test_prefixes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct envelope_clock clock = { .year = 2026 };
		struct envelope_hints hints = { 0 };

		for (size_t n = 0; n <= strlen(rows[i].raw); n++) {
			char *block = malloc(n + !n);
			struct line l = { .raw = slice_of(block, n) };

			memcpy(block, rows[i].raw, n);
			envelope_parse(&clock, &l);
			envelope_look(&hints, l.raw);
			/* without room nothing that is unescaped is told */
			assert_true(l.text.p >= l.raw.p && l.text.p + l.text.n == l.raw.p + l.raw.n);
			free(block);
		}
	}
}

struct step {
	const char *stamp; /* local time of a record of RFC 3164, or all of another record */
	const char *utc;
};

struct walk {
	const char *name, *zone;
	int year;
	const char *latest; /* RFC 3164 stamp in 2026, or NULL */
	struct step steps[10];
};

static const struct walk walks[] = {
	{ "new year", "UTC", 2025, NULL,
	  { { "Dec 31 23:59:59", "2025-12-31T23:59:59.000000Z" },
	    { "Jan  1 00:00:01", "2026-01-01T00:00:01.000000Z" },
	    { "Dec 31 23:59:58", "2025-12-31T23:59:58.000000Z" },
	    { "Jan  1 00:00:02", "2026-01-01T00:00:02.000000Z" },
	    { "Jan  4 00:00:02", "2026-01-04T00:00:02.000000Z" },
	    { "Dec 30 00:00:02", "2025-12-30T00:00:02.000000Z" },
	    { "Jan  4 00:00:03", "2026-01-04T00:00:03.000000Z" } } },
	{ "small steps back are disorder", "UTC", 2026, NULL,
	  { { "Jun 10 10:00:00", "2026-06-10T10:00:00.000000Z" },
	    { "Jun  7 10:00:00", "2026-06-07T10:00:00.000000Z" },
	    { "Mar  1 10:00:00", "2026-03-01T10:00:00.000000Z" },
	    { "Jun 10 10:00:00", "2026-06-10T10:00:00.000000Z" } } },
	{ "a gap forward is no year", "UTC", 2026, NULL,
	  { { "Jan 20 10:00:00", "2026-01-20T10:00:00.000000Z" }, { "Dec 20 10:00:00", "2026-12-20T10:00:00.000000Z" } } },
	{ "two years", "UTC", 2024, NULL,
	  { { "Oct  1 00:00:00", "2024-10-01T00:00:00.000000Z" },
	    { "Feb  1 00:00:00", "2025-02-01T00:00:00.000000Z" },
	    { "Nov  1 00:00:00", "2025-11-01T00:00:00.000000Z" },
	    { "Jan  1 00:00:00", "2026-01-01T00:00:00.000000Z" } } },
	{ "leap day", "UTC", 2024, NULL,
	  { { "Feb 28 23:59:59", "2024-02-28T23:59:59.000000Z" },
	    { "Feb 29 00:00:00", "2024-02-29T00:00:00.000000Z" },
	    { "Mar  1 00:00:00", "2024-03-01T00:00:00.000000Z" } } },
	{ "a leap day puts the year right", "UTC", 2026, NULL,
	  { { "Feb 29 00:00:00", "2024-02-29T00:00:00.000000Z" }, { "Mar  1 00:00:00", "2024-03-01T00:00:00.000000Z" } } },
	{ "not beyond the latest", "UTC", 2026, "Nov 22 00:00:00",
	  { { "Nov 20 10:00:00", "2026-11-20T10:00:00.000000Z" },
	    { "Jan  1 00:00:10", "2026-01-01T00:00:10.000000Z" },
	    { "Nov 21 10:00:00", "2026-11-21T10:00:00.000000Z" } } },
	{ "unknown year", "UTC", 0, NULL,
	  { { "Nov 20 10:00:00", "none" },
	    { "2026-11-20T10:00:01Z mx a: b", "2026-11-20T10:00:01.000000Z" },
	    { "Nov 20 10:00:02", "2026-11-20T10:00:02.000000Z" },
	    { "nothing", "2026-11-20T10:00:02.000000Z" } } },
	{ "the form changes inside", "Europe/Berlin", 2025, NULL,
	  { { "Dec 31 23:59:59", "2025-12-31T22:59:59.000000Z" },
	    { "2026-01-01T00:00:01+01:00 mx a: b", "2025-12-31T23:00:01.000000Z" },
	    { "Jan  1 00:00:02", "2025-12-31T23:00:02.000000Z" } } },
	{ "the hour that comes twice", "Europe/Berlin", 2026, NULL,
	  { { "Oct 25 01:59:59", "2026-10-24T23:59:59.000000Z" },
	    { "Oct 25 02:00:00", "2026-10-25T00:00:00.000000Z" },
	    { "Oct 25 02:59:59", "2026-10-25T00:59:59.000000Z" },
	    { "Oct 25 02:59:57", "2026-10-25T00:59:57.000000Z" },
	    { "Oct 25 02:00:01", "2026-10-25T01:00:01.000000Z" },
	    { "Oct 25 02:59:59", "2026-10-25T01:59:59.000000Z" },
	    { "Oct 25 02:59:57", "2026-10-25T01:59:57.000000Z" },
	    { "Oct 25 03:00:00", "2026-10-25T02:00:00.000000Z" } } },
	{ "each second its own", "Europe/Berlin", 2026, NULL,
	  { { "Dec 31 23:59:59 mx postfix/qmgr[7]: 4A1B2C: removed", "2026-12-31T22:59:59.000000Z" },
	    { "Dec 31 23:59:59 mx postfix/qmgr[7]: 4A1B2D: removed", "2026-12-31T22:59:59.000000Z" },
	    { "Dec 31 23:59:60 mx postfix/qmgr[7]: 4A1B2E: removed", "2026-12-31T23:00:00.000000Z" },
	    { "Jan  1 00:00:00 mx postfix/qmgr[7]: 4A1B2E: removed", "2026-12-31T23:00:00.000000Z" },
	    { "Jan  1 00:00:00 mx postfix/qmgr[7]: 4A1B2F: removed", "2026-12-31T23:00:00.000000Z" },
	    { "Dec 31 23:59:59 mx postfix/qmgr[7]: 4A1B2F: removed", "2026-12-31T22:59:59.000000Z" },
	    { "Jan  1 00:00:00 mx postfix/qmgr[7]: 4A1B2F: removed", "2026-12-31T23:00:00.000000Z" },
	    { "Jan  1 00:00:01 mx postfix/qmgr[7]: 4A1B30: removed", "2026-12-31T23:00:01.000000Z" } } },
	{ "the hour that never was", "Europe/Berlin", 2026, NULL,
	  { { "Mar 29 01:59:59", "2026-03-29T00:59:59.000000Z" }, { "Mar 29 03:00:00", "2026-03-29T01:00:00.000000Z" } } },
};

static usec_t in_2026(const char *stamp)
{
	struct envelope_clock clock = { .year = 2026 };
	struct line l = { .raw = slice_str(stamp) };

	envelope_parse(&clock, &l);
	return l.time_us;
}

static void test_walks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(walks); i++) {
		const struct walk *w = &walks[i];
		struct tz *tz = zone(w->zone);
		struct envelope_clock clock = { .tz = tz, .year = w->year };

		if (w->latest)
			clock.latest_us = in_2026(w->latest);
		for (const struct step *s = w->steps; s->stamp; s++) {
			struct line l = { .raw = slice_str(s->stamp) };

			envelope_parse(&clock, &l);
			check_slice(w->name, s->stamp, slice_str(utc(l.time_us)), s->utc);
		}
		tz_free(tz);
	}
}

static void test_flags(void **state)
{
	static const struct {
		const char *raw;
		size_t n;
		uint32_t want;
	} cases[] = {
		{ "2026-11-21 09:00:01 x", 21, LINE_ZONE_GUESSED },
		{ "2026-11-21 09:00:01 +0100 x", 27, 0 },
		{ "Nov 21 09:00:01 mx a: b", 23, LINE_ZONE_GUESSED | LINE_YEAR_GUESSED },
		{ "Nov 21 09:00:01 mx exim: 2026-11-21 09:00:01 +0100 x", 52, 0 },
		{ "2026-11-21T09:00:01Z mx a: b", 28, 0 },
		{ "\0\0\0" "2026-11-21T09:00:01Z mx a: b", 31, LINE_NUL },
		{ "whatever", 8, LINE_TIME_CARRIED },
		{ "2026-11-21T09:00:01Z mx last message repeated 3 times", 53, LINE_REPEAT },
		{ "2026-11-21T09:00:01Z stdout F Nov 21 09:00:01 mx a: b", 53, 0 },
		{ "mail.log:Nov 21 09:00:01 mx a: b", 32, LINE_GREP | LINE_ZONE_GUESSED | LINE_YEAR_GUESSED },
		{ "mail-20261122:Nov 21 09:00:01 mx a: b", 37, LINE_GREP | LINE_ZONE_GUESSED },
#if HAVE_JANSSON
		{ "{\"log\":\"a\\u0000b\",\"time\":\"2026-11-21T09:00:01Z\"}", 48, LINE_NUL },
#endif
	};
	struct envelope_clock clock = { .year = 2026, .guessed = LINE_ZONE_GUESSED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct line l = { .raw = slice_of(cases[i].raw, cases[i].n) };

		envelope_parse(&clock, &l);
		if (l.flags != cases[i].want)
			fail_msg("%s: got flags %x, want %x", cases[i].raw, l.flags, cases[i].want);
	}
}

static void test_starts_exim(void **state)
{
	static const struct {
		const char *line;
		bool want;
	} cases[] = {
		{ "2026-11-21 09:00:01 x", true },
		{ "2026-11-21 09:00:01 y", true },
		{ "2026-11-21 09:00:02 x", true },
		{ "2026-11-21 09:00:02 #11201(main) x", false },
		{ "2026-11-21 09:00:02 #", false },
		{ "2026-11-21 09:61:02 x", false },
		{ "2026-11-21 09:00:02x x", false },
		{ "2026-11-22 09:00:02 x", true },
		{ "2026-13-22 09:00:02 x", false },
		{ "2026-11-21 09:00:01.123 x", true },
		{ "2026-11-21 09:00:01.123 +0100 [123] a longer text", true },
		{ "2026-11-21 09:00:02.1234567 +0100 [123] a longer text", true },
		{ "2026-11-21 09:00:02.12345678 +0100 [123] a longer text", true },
		{ "2026-11-21 09:00:02.1234567890 +0100 [123] a longer text", false },
		{ "2026-11-21 09:00:02.123 #11201(main) a longer text", false },
		{ "2026-11-21 09:00:02.123x a longer text and more", false },
		{ "2026-11-21 09:00:02.x a longer text and even more", false },
		{ "2026-11-21 09:00:02. a longer text and even more", false },
		{ "2026-11-21 09:00:62.123 a longer text and even more", false },
		{ "2026-11-21 09:00:02 a longer text and even more", true },
		{ "2026-11-21 09:00:01", true },
		{ "\xef\xbb\xbf" "2026-11-21 09:00:01 x", true },
		{ "2026-11-21T09:00:01 x", false },
		{ "2026-11-21 09:00:0", false },
		{ "  Suggested action: x", false },
		{ "", false },
	};
	struct envelope_exim_stamp last = { 0 };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		size_t k = i % ARRAY_LEN(cases);
		struct envelope_exim_stamp none = { 0 };

		if (envelope_starts_exim(slice_str(cases[k].line), &last) != cases[k].want)
			fail_msg("%s: want %d", cases[k].line, cases[k].want);
		assert_int_equal(envelope_starts_exim(slice_str(cases[k].line), &none), cases[k].want);
	}
}

/* What was read before never changes what a record is found to be. */
static void check_behind(const struct envelope_clock *fresh, const char *first, struct slice raw)
{
	struct envelope_clock warm = *fresh, cold = *fresh;
	struct line before = { .raw = heap_copy(slice_str(first)) };
	struct line l = { .raw = heap_copy(raw) }, alone = l;

	envelope_parse(&warm, &before);
	envelope_parse(&warm, &before);
	envelope_parse(&warm, &l);
	envelope_parse(&cold, &alone);
	if (l.flags & LINE_TIME_CARRIED) {
		assert_int_equal(alone.time_us, USEC_NONE);
		alone.flags |= LINE_TIME_CARRIED;
		alone.time_us = l.time_us;
		alone.utc_offset_sec = l.utc_offset_sec;
	}
	if (memcmp(&l, &alone, sizeof l) != 0)
		fail_msg("behind '%s': '%.*s' is read in another way", first, SLICE_ARG(raw));
	heap_free(before.raw);
	heap_free(l.raw);
}

/* A record without a stamp has the time of the one before it, whatever forms were mixed before that. */
static void test_carried(void **state)
{
	static const char BSD[] = "Nov 21 09:00:01 mx1 postfix/smtpd[2600]: connect from unknown[198.51.100.7]";
	static const char ISO[] = "2026-11-21T09:00:02+01:00 mx1 postfix/smtpd[7]: connect from unknown[::1]";
	static const char *const lines[] = { BSD, BSD, ISO, ISO, BSD, BSD, ISO, BSD };
	struct envelope_clock clock = { .year = 2026 };
	struct tz *tz;

	(void)state;
	assert_int_equal(tz_open("-0200", &tz, NULL), 0);
	clock.tz = tz;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct line l = { .raw = slice_str(lines[i]) };
		struct line bare = { .raw = SLICE("a record of more than forty bytes, without any stamp in front") };

		envelope_parse(&clock, &l);
		envelope_parse(&clock, &bare);
		assert_true(bare.flags & LINE_TIME_CARRIED);
		assert_int_equal(bare.time_us, l.time_us);
		assert_int_equal(bare.utc_offset_sec, lines[i] == ISO ? 3600 : -7200);
	}
	tz_free(tz);
}

/* Many at once are read as one by one. */
static void test_run(void **state)
{
	static const char *const lines[] = {
		"Nov 21 09:00:01 mx1 postfix/smtpd[2600]: connect from unknown[198.51.100.7]",
		"Nov 21 09:00:01 mx1 postfix/smtp[2600]: connect from unknown[198.51.100.7]",
		"Nov 21 09:00:02 mx1 postfix/smtpd[2601]: disconnect from unknown[198.51.100.7]",
		"Nov 21 09:00:02 mx1 postfix/smtp[2601]: disconnect from unknown[198.51.100.7]",
		"Nov 21 09:00:03 mx1 postfix/smtpd[2602]: disconnect from unknown[198.51.100.7]",
		"Nov 21 09:00:03 mx1 postfix/smtp[2601]: [ID 197553 mail.info] disconnect from x",
		"Nov 21 09:00:03 mx1 postfix/smtpd[2602]: disconnect from unknown[198.51.100.7]",
	};
	struct envelope_clock clock = { .year = 2026 }, other;
	struct line run[ARRAY_LEN(lines)], one;
	struct envelope_span span;
	struct tz *tz;

	(void)state;
	assert_int_equal(tz_open("-0200", &tz, NULL), 0);
	clock.tz = tz;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		run[i] = (struct line){ .raw = slice_str(lines[i]) };
	assert_int_equal(envelope_quick_run(&clock, run, ARRAY_LEN(run), false, &span), 0);
	for (size_t i = 0; i < 2; i++) {
		one = run[i];
		envelope_parse(&clock, &one);
	}
	other = clock;
	assert_int_equal(envelope_quick_run(&clock, run, 0, false, &span), 0);
	assert_int_equal(envelope_quick_run(&clock, run, ARRAY_LEN(run), false, &span), 5);
	for (size_t i = 0; i < 5; i++) {
		one = (struct line){ .raw = slice_str(lines[i]) };
		envelope_parse(&other, &one);
		assert_memory_equal(&one, &run[i], sizeof one);
	}
	assert_int_equal(span.first_us, run[0].time_us);
	assert_int_equal(span.last_us, run[4].time_us);
	assert_int_equal(clock.carried_us, other.carried_us);
	assert_int_equal(clock.high_water_us, other.high_water_us);
	assert_int_equal(envelope_quick_run(&clock, &run[6], 1, false, &span), 1);
	tz_free(tz);
}

/* So are those of several forms, hosts and minutes; time may step back. */
static void test_mixed_run(void **state)
{
	static const char *const lines[] = {
		"Nov 21 09:00:01 mx1 postfix/smtpd[2600]: connect from unknown[198.51.100.7]",
		"Nov 21 09:01:59 mx1 postfix/smtpd[2600]: connect from unknown[198.51.100.7]",
		"2026-11-21T09:00:02.250000+01:00 mx1 postfix/smtpd[2600]: connect from unknown[198.51.100.7]",
		"Nov 21 09:02:00 other.mail.example.com postfix/submission/smtpd[7]: connect from unknown[198.51.100.7]",
		"2026-11-21 09:03:00 1veMOe-0000mO-00 Completed and more",
		"2026-11-21T09:00:01.750000+01:00 mx1 postfix/smtpd[2600]: connect from unknown[198.51.100.7]",
		"2026-11-21 09:02:07 1veMOe-0000mO-00 Completed and more",
		"Nov 21 08:59:58 mx1 dovecot: imap-login: Login: user=<anna>, method=PLAIN",
	};
	static const size_t latest = 2;
	struct envelope_clock clock = { .year = 2026, .label = SLICE("box"), .label_no = 7, .label_flags = LINE_SERVER_GUESSED };
	struct line run[ARRAY_LEN(lines)], one;
	struct envelope_clock other = { .year = 2026 };
	struct envelope_span span;
	struct tz *tz;

	(void)state;
	assert_int_equal(tz_open("+0200", &tz, NULL), 0);
	clock.tz = other.tz = tz;
	for (size_t i = 0; i < 2 * ARRAY_LEN(lines); i++) {
		one = (struct line){ .raw = slice_str(lines[i % ARRAY_LEN(lines)]) };
		envelope_parse(&clock, &one);
	}
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		run[i] = (struct line){ .raw = slice_str(lines[i]) };
	/* a file of Exim's: what has another stamp belongs to the record before it, perhaps */
	assert_int_equal(envelope_quick_run(&clock, &run[4], 4, true, &span), 1);
	assert_int_equal(envelope_quick_run(&clock, &run[5], 3, true, &span), 0);
	run[4] = (struct line){ .raw = slice_str(lines[4]) };
	assert_int_equal(envelope_quick_run(&clock, run, ARRAY_LEN(run), false, &span), ARRAY_LEN(run));
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		one = (struct line){ .raw = slice_str(lines[i]) };
		envelope_in_full(&other, &one);
		if (one.envelope == ENVELOPE_EXIM) {
			one.server = clock.label;
			one.server_no = clock.label_no;
			one.flags |= clock.label_flags;
		}
		assert_memory_equal(&one, &run[i], sizeof one);
	}
	assert_int_equal(span.first_us, run[ARRAY_LEN(run) - 1].time_us);
	assert_int_equal(span.last_us, run[latest].time_us);
	assert_int_equal(clock.carried_us, span.first_us);
	assert_int_equal(clock.high_water_us, other.high_water_us);
	tz_free(tz);
}

static void test_same_as_alone(void **state)
{
	static const char *const lines[] = {
		"Nov 21 09:00:01 mx1 postfix/smtpd[2600]: connect from unknown[198.51.100.7]",
		"Nov 21 09:00:01 mx1 postfix/smtpd[2600]: disconnect from unknown[198.51.100.7]",
		"Nov 21 09:00:02 mx1 postfix/smtpd[12345678901]: disconnect from unknown[198.51.100.7]",
		"Nov 21 09:00:02 mx1 postfix/smtpd: disconnect from unknown[198.51.100.7] and more",
		"Nov 21 09:00:02 mx1 postfix/smtpd[]: disconnect from unknown[198.51.100.7] and more",
		"Nov 21 09:00:02 mx1 postfix/smtpd[7][8]: disconnect from unknown[198.51.100.7] more",
		"Nov 21 09:00:02 mx1 postfix/smtpd[7] disconnect from unknown[198.51.100.7] and more",
		"Nov 21 09:00:02 mx1 postfix/smtpd[7]:disconnect from unknown[198.51.100.7] and more",
		"Nov 21 09:00:02 mx1 postfix/smtpd:disconnect from unknown[198.51.100.7] and more!!",
		"Nov 21 09:00:02 mx1 postfix/smtpd[7]: [ID 197553 mail.info] disconnect from unknown",
		"Nov 21 09:00:02 mx1 postfix/smtpd disconnect from unknown[198.51.100.7] and more!!",
		"Nov 21 09:00:02 mx10 postfix/smtpd[7]: disconnect from unknown[198.51.100.7] and more",
		"Nov 21 09:00:02 mx1: postfix/smtpd[7]: disconnect from unknown[198.51.100.7] and more",
		"Nov 21 09:00:02 <mail.info> postfix/smtpd[7]: disconnect from unknown[198.51.100.7]",
		"Nov 21 09:00:02 <mail.info postfix/smtpd[7]: disconnect from unknown[198.51.100.7]",
		"Nov 21 09:00:02 postfix/smtpd[7]: disconnect from unknown[198.51.100.7] and more!!!",
		"Nov 21 09:00:60 mx1 postfix/smtpd[7]: disconnect from unknown[198.51.100.7] and more",
		"Nov 21 09:00:61 mx1 postfix/smtpd[7]: disconnect from unknown[198.51.100.7] and more",
		"Nov 21 09:00:02.25 mx1 postfix/smtpd[7]: disconnect from unknown[198.51.100.7] more",
		"Nov 02 09:00:02 mx1 postfix/smtpd[7]: disconnect from unknown[198.51.100.7] and more",
		"Nov 02 09:00:03 mx1 postfix/smtpd[7]: disconnect from unknown[198.51.100.7] and more",
		"Nov 2 09:00:02 mx1 postfix/smtpd[7]: disconnect from unknown[198.51.100.7] and more!",
		"Nov 2 09:00:03 mx1 postfix/smtpd[7]: disconnect from unknown[198.51.100.7] and more!",
		"2026-11-21T09:00:01.123456+01:00 mx1 postfix/smtpd[7]: disconnect from unknown[::1]",
		"2026-11-21T09:00:01.123457+01:00 mx1 postfix/smtpd[7]: disconnect from unknown[::1]",
		"2026-11-21T09:00:01.123+01:00 mx1 postfix/smtpd[7]: disconnect from unknown[::1]!!!",
		"2026-11-21T09:00:01.123456789+01:00 mx1 postfix/smtpd[7]: disconnect from unknown[]",
		"2026-11-21T09:00:01.123456+02:00 mx1 postfix/smtpd[7]: disconnect from unknown[::1]",
		"2026-11-21T09:00:02+02:00 mx1 postfix/smtpd[7]: disconnect from unknown[::1] & more",
		"2026-11-21T09:00:02Z mx1 postfix/smtpd[7]: disconnect from unknown[::1] and so on !",
		"2026-11-21T09:00:02 mx1 postfix/smtpd[7]: disconnect from unknown[::1] and so on !!",
		"2026-11-21 09:00:02 1wM0sX-0000000Ab-1c2D <= anna@example.org H=pc.example.org P=esmtp",
		"2026-11-21 09:00:03 1wM0sX-0000000Ab-1c2D => otto@example.net R=dnslookup T=remote_smtp",
		"2026-11-21 09:00:03 [12] 1wM0sX-0000000Ab-1c2D => otto@example.net R=dnslookup T=smtp",
		"2026-11-21 09:00:03 +0100 1wM0sX-0000000Ab-1c2D => otto@example.net R=dnslookup T=smtp",
		"2026-11-21 09:00:03.250 1wM0sX-0000000Ab-1c2D => otto@example.net R=dnslookup T=smtp",
		"2026-11-21 09:00:03 #11201(main) <abcdef>; task; rspamd_task_write_log: id: <undef>..",
		"2026-11-21 09:00:03.250 #11201(main) <abcdef>; task; rspamd_task_write_log: id: <und>",
		"2026-11-21 09:00:03.250 +0100 1wM0sX-0000000Ab-1c2D => otto@example.net R=dnslookup T=",
		"2026-11-21 09:00:03.251 +0100 [1234] 1wM0sX-0000000Ab-1c2D => otto@example.net R=dns T",
		"2026-11-21 09:00:03.251 +0100 [1234]1wM0sX-0000000Ab-1c2D => otto@example.net R=dns T=",
		"2026-11-21 09:00:03.252 +0100 [12345678] 1wM0sX-0000000Ab-1c2D => otto@example.net R=d",
		"2026-11-21 09:00:03.252 +0200 [1234567] 1wM0sX-0000000Ab-1c2D => otto@example.net R=dn",
		"2026-11-21 09:00:03.252 +9900 [1234567] 1wM0sX-0000000Ab-1c2D => otto@example.net R=dn",
		"2026-11-21 09:00:03.252 +0200x [1234567] 1wM0sX-0000000Ab-1c2D => otto@example.net R=d",
		"2026-11-21 09:00:03.252 [1234567] 1wM0sX-0000000Ab-1c2D => otto@example.net R=dns T=x",
		"2026-11-21 09:00:04 +0100 [1234567] 1wM0sX-0000000Ab-1c2D => otto@example.net R=dns T",
		"2026-11-21 09:00:04 [198.51.100.7] SSL verify error: depth=0 error=unable to get local",
		"2026-11-21 09:00:04 [1] 1wM0sX-0000000",
		"2026-11-21 09:00:04 [1] 1wM0sX-0000000Ab",
		"2026-11-21 09:00:04.250 +0100 [1234567] ",
		"2026-11-21 09:00:04.250 +0100 [1234567]",
		"2026-11-21 09:00:04.123456 +0100 [123456] ",
		"2026-11-21 09:00:04.123456 +0100 [123456]",
		"2026-11-21 09:00:04.123456 +0100 #12345 x",
		"2026-11-21 09:00:04 +0100 -0200 1wM0sX-0000000Ab-1c2D => otto@example.net R=dns T=smtp",
		"Nov 21 09:00:02 mx1 exim[12]: 2026-11-21 09:00:01 1wM0sX-0000000Ab-1c2D Completed and",
		"Nov 21 09:00:02 mx1 exim[12]: 1wM0sX-0000000Ab-1c2D Completed and more and more text",
		"Nov 21 09:00:02 mx1 exim[12]: [1/2] 1wM0sX-0000000Ab-1c2D Completed and more and more",
		"Nov 21 09:00:02 mx.example.com dovecot: lmtp(4321): Disconnect from local: Logged out",
		"Nov 21 09:00:02 mx.example.com dovecot[77]: lmtp(4321): Disconnect from local: bye bye",
		"Nov 21 09:00:02 mx.example.com amavis[7654321]: (7654321-01) Passed CLEAN {Relayed}!!!",
		"Nov 21 09:00:02 mx.example.com amavis[87654321]: (7654321-01) Passed CLEAN {Relayed}!!",
		"Nov 21 09:00:02 a-host-with-a-long-name.example.com postfix-out/submission/smtpd[7]: x",
		"Nov 21 09:00:02 a-host-with-a-long-name.example.com postfix-out/submission/smtps[7]: x",
		"Nov 21 09:00:02 mx1 postfix/qmgr[7]: 4A1B2C: removed",
		"Nov 21 09:00:02 mx1 postfix/qmgr[7]: 4",
		"Nov 21 09:00:02 mx1 postfix/qmgr[7]: ",
		"Nov 21 09:00:02 mx1 postfix/qmgr[7]:",
		"Nov 21 09:00:02 mx1 postfix/qmgr:",
		"Nov 21 09:00:02 mx1 a-tag-without-a-pid-at-the-end-of-the-line: x",
		"Nov 21 09:00:02 mx1 a-tag-without-a-pid-at-the-end-of-the-line:",
		"2026-11-21T09:00:01.1+01:00 mx1 postfix/smtpd[7]: disconnect from unknown[::1] !!!!!",
		"2026-11-21T09:00:01.12+01:00 mx1 postfix/smtpd[7]: disconnect from unknown[::1] !!!!",
		"2026-11-21T09:00:01.1234567+01:00 mx1 postfix/smtpd[7]: disconnect from unknown[::1]",
		"2026-11-21T09:00:01.12345x+01:00 mx1 postfix/smtpd[7]: disconnect from unknown[::1]!",
		"2026-11-21T09:00:01.+01:00 mx1 postfix/smtpd[7]: disconnect from unknown[::1] !!!!!!",
		"2026-11-21T09:00:01.123456 mx1 postfix/smtpd[7]: disconnect from unknown[::1] !!!!!!",
		"2026-11-21T09:00:01.123456Z mx1 postfix/smtpd[7]: disconnect from unknown[::1] !!!!!",
		"2026-11-21T09:00:01.123456-0330 mx1 postfix/smtpd[7]: disconnect from unknown[::1] !",
		"2026-11-21T09:00:01,123456+01:00 mx1 postfix/smtpd[7]: disconnect from unknown[::1] !",
		"2026-11-21T09:00:0a.123456+01:00 mx1 postfix/smtpd[7]: disconnect from unknown[::1] !",
		"2026-11-21T09;00:01.123456+01:00 mx1 postfix/smtpd[7]: disconnect from unknown[::1] !",
		"2026-11-21T24:00:01.123456+01:00 mx1 postfix/smtpd[7]: disconnect from unknown[::1] !",
		"Nov 21 09:00:02 imap-login: Info: Login: user=<ann>, method=PLAIN, rip=192.0.2.1 ....",
		"Nov 21 09:00:02 imap-login: Info; Login: user=<ann>, method=PLAIN, rip=192.0.2.1 ....",
		"2026-11-21 09:00:02 imap-login: Info: Login: user=<ann>, method=PLAIN, rip=192.0.2.1 ",
		"2026-11-21 09:00:02 imap-login: Info; Login: user=<ann>, method=PLAIN, rip=192.0.2.1 ",
		"2026-11-21 09:00:02.250 imap-login: Info: Login: user=<ann>, method=PLAIN, rip=192.0 ",
		"2026-11-21T09:00:02.123456+01:00 imap-login: Info: Login: user=<ann>, rip=192.0.2.1 .",
	};
	struct envelope_numbers numbers = { 0 };
	struct envelope_clock fresh;
	struct tz *tz;

	(void)state;
	assert_int_equal(tz_open("+0100", &tz, NULL), 0);
	fresh = (struct envelope_clock){ .tz = tz, .year = 2026, .guessed = LINE_ZONE_GUESSED, .numbers = &numbers };
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		for (size_t k = 0; k < ARRAY_LEN(lines); k++)
			check_behind(&fresh, lines[i], slice_str(lines[k]));
	envelope_numbers_done(&numbers);
	tz_free(tz);
}

/* A record that differs from the one before in no more than one byte of its stamp or its writer, whatever that is. */
static void test_each_byte(void **state)
{
	static const char *const lines[] = {
		"Nov 21 09:00:01 mx1 postfix/smtpd[2600]: connect from unknown[198.51.100.7]",
		"2026-11-21T09:00:01.123456+01:00 mx1 postfix/smtpd[7]: disconnect from unknown[::1]",
		"2026-11-21 09:00:02 1wM0sX-0000000Ab-1c2D <= anna@example.org H=pc.example.org P=esmtp",
		"2026-11-21 09:00:03.251 +0100 [1234] 1wM0sX-0000000Ab-1c2D => otto@example.net R=dns T",
		"Nov 21 09:00:02 a-host-with-a-long-name.example.com postfix-out/submission/smtpd[7]: x",
	};
	static const char others[] = { '\0', ' ', '-', '0', '1', '2', '3', '6', '9', ':', 'T', '[', 'a' };
	struct envelope_numbers numbers = { 0 };
	struct envelope_clock fresh = { .year = 2026, .guessed = LINE_ZONE_GUESSED, .numbers = &numbers };
	struct tz *tz;

	(void)state;
	assert_int_equal(tz_open("+0100", &tz, NULL), 0);
	fresh.tz = tz;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		for (size_t at = 0; lines[i][at]; at++)
			for (size_t k = 0; k < ARRAY_LEN(others); k++) {
				struct strbuf sb = { 0 };

				strbuf_add_str(&sb, lines[i]);
				sb.p[at] = others[k];
				check_behind(&fresh, lines[i], strbuf_slice(&sb));
				strbuf_done(&sb);
			}
	envelope_numbers_done(&numbers);
	tz_free(tz);
}

/* equal names have equal numbers, other names others; when the numbers are used up the rest has none */
static void test_numbers(void **state)
{
	struct envelope_numbers numbers = { 0 };
	struct envelope_clock clock = { .year = 2026, .numbers = &numbers };
	uint64_t seed = 1;

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t r = next_random(&seed), host = i < 4000 ? i / 3 : r % 1500, program = i / 5 % 1300;
		struct strbuf raw = { 0 };
		struct line l;

		strbuf_printf(&raw, "Nov 21 09:00:%02u mx%u.example.com prog%u/smtpd[%u]: connect", i % 60, host,
			      program, i);
		l = (struct line){ .raw = strbuf_slice(&raw), .line_count = 1, .server_no = 77, .program_no = 77 };
		envelope_parse(&clock, &l);
		assert_int_equal(l.server_no, host + 1 < LINE_NUMBERS ? host + 1 : 0);
		assert_int_equal(l.program_no, program + 1 < LINE_NUMBERS ? program + 1 : 0);
		strbuf_done(&raw);
	}
	for (uint32_t i = 0; i < 3; i++) {
		struct line l = { .raw = SLICE("2026-11-21 09:00:01 1wM0sX-0000000Ab-1c2D Completed"),
				  .line_count = 1, .server_no = 77, .program_no = 77 };

		envelope_parse(&clock, &l);
		assert_true(l.server_no == 0 && l.program_no == 0);
	}
	envelope_numbers_done(&numbers);
}

/* ---- pieces ---- */

struct piece_row {
	const char *raw;
	const char *want; /* text handed on, NULL: kept */
	uint32_t want_lines;
};

#define EX "Nov 21 09:00:01 mx exim[7]: "

static const struct piece_row pieces[] = {
	{ EX "1vMLgh-000000001gb-0abc Completed", "1vMLgh-000000001gb-0abc Completed", 1 },
	{ EX "[1/3] 2026-11-21 09:00:00 one ", NULL, 0 },
	{ "Nov 21 09:00:01 mx exim[8]: [1\\2] 2026-11-21 09:00:00 [8] other", NULL, 0 },
	{ EX "[2/3] two ", NULL, 0 },
	{ "Nov 21 09:00:01 mx postfix/smtpd[7]: [1/3] x", "[1/3] x", 1 },
	{ "Nov 21 09:00:01 mx exim[8]: [2/2] entry", "other\nentry", 2 },
	{ EX "[3/3] three", "one two three", 3 },
	{ EX "[3/3] its beginning was never seen", "[3/3] its beginning was never seen", 1 },
	{ EX "[1/2] begun", NULL, 0 },
	{ EX "[1/2] begun anew", "begun", 1 },
};

static void test_join(void **state)
{
	struct arena arena = { 0 };
	const struct envelope_room room = { arena_take, &arena };
	struct envelope_clock clock = { .year = 2026, .room = &room };
	struct envelope_joiner joiner = { 0 };
	struct line l;
	uint64_t offset = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		const struct piece_row *r = &pieces[i];
		char *copy = strdup(r->raw); /* a batch that dies before the entry is whole */
		bool ready;

		l = (struct line){ .raw = slice_str(copy), .line_count = 1, .line_no = i + 1, .offset = offset };
		l.length = (uint32_t)l.raw.n + 1;
		offset += l.length;
		ready = envelope_next(&joiner, &clock, &l);
		if (ready != (r->want != NULL))
			fail_msg("%s: got %d", r->raw, ready);
		if (ready) {
			check_slice(r->raw, "text", l.text, r->want);
			assert_int_equal(l.line_count, r->want_lines);
		}
		if (ready && r->want_lines == 3) {
			check_slice(r->raw, "raw", l.raw, EX "2026-11-21 09:00:00 one two three");
			check_slice(r->raw, "program", l.program, "exim");
			check_slice(r->raw, "host", l.host, "mx");
			assert_string_equal(utc(l.time_us), "2026-11-21T09:00:00.000000Z");
			assert_int_equal(l.line_no, 2);
			assert_false(l.flags & LINE_CUT);
		}
		free(copy);
	}
	assert_true(envelope_join_flush(&joiner, &clock, &l));
	check_slice("flush", "text", l.text, "begun anew");
	assert_true(l.flags & LINE_CUT);
	assert_false(envelope_join_flush(&joiner, &clock, &l));
	envelope_join_done(&joiner);
	arena_clear(&arena);
}

/* a container's line whose first piece looks like a tag, which the whole is not: nothing of the piece is left */
static void test_join_no_tag(void **state)
{
	static const char *const pieces_of[] = { "2026-11-21T10:00:06Z stdout P exim[7]", "2026-11-21T10:00:06Z stdout F and so on" };
	struct arena arena = { 0 };
	const struct envelope_room room = { arena_take, &arena };
	struct envelope_clock clock = { .year = 2026, .room = &room };
	struct envelope_joiner joiner = { 0 };
	struct line l = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pieces_of); i++) {
		char *copy = strdup(pieces_of[i]);

		l = (struct line){ .raw = slice_str(copy), .line_count = 1 };
		assert_int_equal(envelope_next(&joiner, &clock, &l), i == 1);
		free(copy);
	}
	check_slice("whole", "text", l.text, "exim[7]and so on");
	assert_null(l.program.p);
	assert_int_equal(l.pid, -1);
	envelope_join_done(&joiner);
	arena_clear(&arena);
}

/* what waits is bounded: of 1000 entries without an end the oldest are given up */
static void test_join_bound(void **state)
{
	struct arena arena = { 0 };
	const struct envelope_room room = { arena_take, &arena };
	struct envelope_clock clock = { .year = 2026, .room = &room };
	struct envelope_joiner joiner = { 0 };
	size_t given = 0;
	struct line l;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct strbuf raw = { 0 };

		strbuf_printf(&raw, "Nov 21 09:00:01 mx exim[%d]: [1/2] text %d", i + 1, i);
		l = (struct line){ .raw = strbuf_slice(&raw), .line_count = 1 };
		given += envelope_next(&joiner, &clock, &l);
		strbuf_done(&raw);
	}
	assert_true(given > 500);
	while (envelope_join_flush(&joiner, &clock, &l))
		given++;
	assert_int_equal(given, 1000);
	envelope_join_done(&joiner);
	arena_clear(&arena);
}

/* ---- the journal ---- */

struct journal_row {
	const char *name;
	const char *fields[16]; /* name, value, name, value, ... */
	const char *utc;        /* zone +0100 */
	int32_t offset_sec;
	const char *host, *program;
	int64_t pid;
	const char *text;
};

static const struct journal_row entries[] = {
	{ "usual", { "PRIORITY", "6", "_HOSTNAME", "mx1", "SYSLOG_IDENTIFIER", "postfix/smtpd", "SYSLOG_PID", "2412", "_PID",
	  "2413", "__REALTIME_TIMESTAMP", "1789200930123456", "MESSAGE", "connect from x" },
	  "2026-09-12T08:15:30.123456Z", HOUR, "mx1", "postfix/smtpd", 2412, "connect from x" },
	{ "sent before it was received", { "__REALTIME_TIMESTAMP", "1789200930123456", "_SOURCE_REALTIME_TIMESTAMP",
	  "1789200930123400", "_COMM", "smtpd", "_PID", "7", "MESSAGE", "x" },
	  "2026-09-12T08:15:30.123400Z", HOUR, NULL, "smtpd", 7, "x" },
	{ "the first of several counts", { "MESSAGE", "one", "MESSAGE", "two", "SYSLOG_IDENTIFIER", "a", "SYSLOG_IDENTIFIER",
	  "b", "__REALTIME_TIMESTAMP", "1789200930000000", "__REALTIME_TIMESTAMP", "1" },
	  "2026-09-12T08:15:30.000000Z", HOUR, NULL, "a", -1, "one" },
	{ "no numbers", { "__REALTIME_TIMESTAMP", "12x", "_PID", "", "SYSLOG_PID", "-7", "SYSLOG_IDENTIFIER", "",
	  "_COMM", "c", "MESSAGE", "" }, "none", 0, NULL, "c", -1, "" },
	{ "no time", { "__REALTIME_TIMESTAMP", "99999999999999999" }, "none", 0, NULL, NULL, -1, "" },
	{ "exim's stamp shows the zone", { "__REALTIME_TIMESTAMP", "1789200930123456", "SYSLOG_IDENTIFIER", "exim4", "MESSAGE",
	  "2026-09-12 10:15:30 1vMLgh-000000001gb-0abc Completed" },
	  "2026-09-12T08:15:30.123456Z", 2 * HOUR, NULL, "exim4", -1, "1vMLgh-000000001gb-0abc Completed" },
	{ "exim's stamp is the exact one", { "__REALTIME_TIMESTAMP", "1789200930123456", "SYSLOG_IDENTIFIER", "exim", "MESSAGE",
	  "2026-09-12 10:15:29.875 +0200 [77] text" },
	  "2026-09-12T08:15:29.875000Z", 2 * HOUR, NULL, "exim", 77, "text" },
	{ "an old entry of exim", { "__REALTIME_TIMESTAMP", "1789200930123456", "SYSLOG_IDENTIFIER", "exim", "MESSAGE",
	  "2026-09-10 10:07:30 text" },
	  "2026-09-10T09:07:30.000000Z", HOUR, NULL, "exim", -1, "text" },
};

static void test_journal_fields(void **state)
{
	struct tz *tz = zone("+0100");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		const struct journal_row *r = &entries[i];
		struct envelope_clock clock = { .tz = tz, .year = 2026 };
		struct journal_fields f;
		struct line l = { .raw = SLICE("whatever") };

		journal_fields_init(&f);
		for (size_t k = 0; k + 1 < ARRAY_LEN(r->fields) && r->fields[k]; k += 2)
			journal_fields_add(&f, slice_str(r->fields[k]), slice_str(r->fields[k + 1]));
		envelope_journal(&clock, &f, ENVELOPE_JOURNAL, &l);
		assert_int_equal(l.envelope, ENVELOPE_JOURNAL);
		check_slice(r->name, "time", slice_str(utc(l.time_us)), r->utc);
		assert_int_equal(l.utc_offset_sec, r->offset_sec);
		check_slice(r->name, "host", l.host, r->host);
		check_slice(r->name, "program", l.program, r->program);
		check_slice(r->name, "text", l.text, r->text);
		assert_int_equal(l.pid, r->pid);
	}
	tz_free(tz);
}

/* ---- JSON ---- */

static bool is_wanted(struct slice name)
{
	return name.n == 1 && name.p[0] >= 'a' && name.p[0] <= 'd';
}

enum { QUICK = 1, FULL = 2, BOTH = 3 };

static const struct {
	const char *record;
	int readers;      /* that take it */
	const char *want; /* name=form:value ... */
} objects[] = {
	{ "{}", FULL, "" },
	{ "{\"a\":\"x\",\"z\":\"y\",\"b\":null}", BOTH, "a=1:x b=0:- " },
	{ " {\"a\":\"x\"}", FULL, "a=1:x " },
	{ "{ \"a\" : \"x\" , \"b\": [1, 65 ,255 ] } ", BOTH, "a=1:x b=2:\x01" "A\xff " },
	{ "{\"b\":[],\"a\":\"\"}", BOTH, "a=1: b=2: " },
	{ "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e4\\u20ac\\ud83d\\ude00\"}", BOTH,
	  "a=1:\"\\/\b\f\n\r\tA\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 " },
	{ "{\"z\":\"\\\\\",\"a\":\"x\\\\\\\"\"}", BOTH, "a=1:x\\\" " },
	{ "{\"z\":{\"a\":[\"}\",{}]},\"y\":-1.5e3,\"x\":true,\"a\":\"x\"}", BOTH, "a=1:x " },
	{ "{\"a\":\"x\",\"a\":\"y\"}", FULL, "a=1:y " },
	{ "{\"\\u0061\":\"x\"}", FULL, "a=1:x " },
	{ "{\"a\":[\"x\",\"y\"],\"b\":[[65,66],\"y\"],\"c\":[300],\"d\":{\"a\":\"x\"}}", FULL, "a=1:x b=2:AB c=0:- d=0:- " },
	{ "{\"a\":7,\"b\":true}", FULL, "a=0:- b=0:- " },
	{ "{\"a\":\"x\xff\"}", QUICK, "a=1:x\xff " },
	{ "{\"a\":\"x\\ud800\"}", 0, NULL },
	{ "{\"a\":\"x\\udc00\\ud800\"}", 0, NULL },
	{ "{\"a\":\"x\\u00`0\"}", 0, NULL },
	{ "{\"a\":\"x\\u00\"}", 0, NULL },
	{ "{\"a\":\"x\\x\"}", 0, NULL },
	{ "{\"a\":\"x\ty\"}", 0, NULL },
	{ "{\"a\":[01]}", 0, NULL },
	{ "{\"a\":[1,]}", 0, NULL },
	{ "{\"a\":\"x\",}", 0, NULL },
	{ "{\"a\":}", 0, NULL },
	{ "{\"z\":}", 0, NULL },
	{ "{\"a\"}", 0, NULL },
	{ "{a:1}", 0, NULL },
	{ "{\"a\":\"x\"", 0, NULL },
	{ "{\"a\":\"x", 0, NULL },
	{ "{\"a\":\"x\"} y", 0, NULL },
	{ "[\"a\"]", 0, NULL },
	{ "{\"z\":[[[[[[[[]]]]]]]]}", 0, NULL },
	{ "{", 0, NULL },
	{ "", 0, NULL },
};

static void render_members(struct strbuf *out, const struct json_members *m)
{
	strbuf_clear(out);
	for (char name = 'a'; name <= 'd'; name++)
		for (size_t i = 0; i < m->n; i++) {
			const struct json_member *one = &m->all[i];

			if (one->name.p[0] != name)
				continue;
			strbuf_printf(out, "%c=%d:", name, (int)one->form);
			strbuf_add(out, one->value.p ? one->value : SLICE("-"));
			strbuf_add_byte(out, ' ');
		}
}

static void test_json(void **state)
{
	struct arena arena = { 0 };
	const struct envelope_room room = { arena_take, &arena };
	struct strbuf got = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		struct slice record = heap_copy(slice_str(objects[i].record));
		struct json_members m;
		bool quick = json_members_quick(record, is_wanted, &room, &m), full;

		CHECK(quick == ((objects[i].readers & QUICK) != 0), "%s: quick %d", objects[i].record, quick);
		if (quick) {
			render_members(&got, &m);
			check_slice(objects[i].record, "quick", strbuf_slice(&got), objects[i].want);
		}
		full = json_members_in_full(record, is_wanted, &room, &m);
		CHECK(!HAVE_JANSSON || full == ((objects[i].readers & FULL) != 0), "%s: full %d", objects[i].record, full);
		if (full) {
			render_members(&got, &m);
			check_slice(objects[i].record, "full", strbuf_slice(&got), objects[i].want);
		}
		heap_free(record);
	}
	strbuf_done(&got);
	arena_clear(&arena);
}

/* ---- hints ---- */

static void test_hints(void **state)
{
	/* 4jX4XL3qMbzpH: 2026-11-21 21:07:18 UTC; 1xUsN9: 2026-11-21 21:11:47 UTC */
	static const char *const POSTFIX[] = {
		"garbage",
		"Nov 21 22:07:18 mx1 postfix/smtpd[1]: 4jX4XL3qMbzpH: client=a[192.0.2.1]",
		"Nov 23 22:07:20 mx1 postfix/qmgr[1]: 4jX4XL3qMbzpH: removed",
	};
	static const char *const EXIM[] = {
		"2026-11-21 22:11:47 1xUsN9-00056X-2x <= <> R=x U=mail P=local S=1 id=E1aaaaa-00056X-2x@else.example",
		"2026-11-21 22:11:47 1xUsN9-00056X-2x <= a@b U=mail P=local S=1 id=E1xUsN9-00056X-2x@mail.example.com for c",
	};
	static const char *const JANUARY[] = {
		"Dec 30 22:07:18 mx1 postfix/smtpd[1]: connect from x",
		"Jan  2 22:07:18 mx1 postfix/qmgr[1]: 4k0kRs4X1WzM0: removed",
	};
	static const char *const SENDMAIL[] = {
		/* an id of some days ago, and one of a session whose message came 20 seconds later */
		"Sep 12 10:15:32 mx1 sm-mta[9]: 689C0000002911: to=<a@b.example>, delay=3+02:00:00, mailer=esmtp, stat=queued",
		"Sep 12 10:15:50 mx1 sm-mta[3011]: 68C8FU5u003011: from=<a@b.example>, size=1, class=0, nrcpts=1, relay=[192.0.2.1]",
		"Sep 12 10:15:51 mx1 other[1]: 6BC8FU5u003011: from=<a@b.example>, size=1, class=0, nrcpts=1, relay=[192.0.2.1]",
	};
	struct envelope_hints h = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(SENDMAIL); i++)
		envelope_look(&h, slice_str(SENDMAIL[i]));
	assert_int_equal(h.id_year, 2026);
	assert_true(h.offset_known);
	assert_int_equal(h.id_offset_sec, 7200);

	h = (struct envelope_hints){ 0 };
	for (size_t i = 0; i < ARRAY_LEN(POSTFIX); i++)
		envelope_look(&h, slice_str(POSTFIX[i]));
	assert_int_equal(h.records, 3);
	assert_int_equal(h.recognised, 2);
	assert_int_equal(h.kind, ENVELOPE_RFC3164);
	assert_true(h.lacks_year && h.lacks_zone);
	assert_int_equal(h.id_year, 2026);
	assert_int_equal(h.month * 100 + h.day, 1121);
	assert_true(h.offset_known);
	assert_int_equal(h.id_offset_sec, 3600);
	check_slice("postfix", "server", h.server, "mx1");

	h = (struct envelope_hints){ 0 };
	for (size_t i = 0; i < ARRAY_LEN(EXIM); i++)
		envelope_look(&h, slice_str(EXIM[i]));
	assert_false(h.lacks_year);
	assert_true(h.offset_known);
	assert_int_equal(h.id_offset_sec, 3600);
	check_slice("exim", "server", h.server, "mail.example.com");

	h = (struct envelope_hints){ 0 };
	for (size_t i = 0; i < ARRAY_LEN(JANUARY); i++)
		envelope_look(&h, slice_str(JANUARY[i]));
	assert_int_equal(h.month, 12);
	assert_int_equal(h.id_year, 2026);
	assert_false(h.offset_known);
	assert_false(envelope_from_grep(&h));
}

static void test_hints_of_grep(void **state)
{
	static const char *const LINES[] = {
		"maillog:Jan  2 09:00:00 mx1 postfix/qmgr[1]: 4A1B2C3D4E: removed",
		"--",
		"maillog.1:Dec 30 22:07:18 mx1 postfix/qmgr[1]: 4k0kRs4X1WzM0: removed",
		"maillog-20261220:Dec 19 22:07:18 mx1 postfix/qmgr[1]: 4A1B2C3D4F: removed",
	};
	struct envelope_hints h = { 0 };

	(void)state;
	envelope_look(&h, slice_str(LINES[0]));
	assert_true(envelope_from_grep(&h));
	assert_false(h.steps_back);
	for (size_t i = 1; i < ARRAY_LEN(LINES); i++)
		envelope_look(&h, slice_str(LINES[i]));
	assert_true(envelope_from_grep(&h));
	assert_true(h.steps_back);
	assert_int_equal(h.prefixed, 3);
	assert_int_equal(h.kind, ENVELOPE_RFC3164);
	assert_int_equal(h.month * 100 + h.day, 102);
	assert_int_equal(h.id_year, 2027); /* the id is of the year before */
	assert_int_equal(h.told_year * 10000 + h.told_month * 100 + h.told_day, 20261219);
	check_slice("grep", "server", h.server, "mx1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),       cmocka_unit_test(test_prefixes), cmocka_unit_test(test_walks),
		cmocka_unit_test(test_flags),       cmocka_unit_test(test_starts_exim),
		cmocka_unit_test(test_carried),     cmocka_unit_test(test_run),
		cmocka_unit_test(test_mixed_run),
		cmocka_unit_test(test_same_as_alone), cmocka_unit_test(test_each_byte), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_join),        cmocka_unit_test(test_join_bound),
		cmocka_unit_test(test_join_no_tag),
		cmocka_unit_test(test_journal_fields), cmocka_unit_test(test_json),
		cmocka_unit_test(test_hints),       cmocka_unit_test(test_hints_of_grep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

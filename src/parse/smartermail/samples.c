/* SPDX-License-Identifier: Apache-2.0 */
/*
 * samples.c - lines of SmarterMail, and what they must become
 */
#include "parse/smartermail/smartermail_priv.h"

#define S "smartermail-smtp"
#define D "smartermail-delivery"
#define A "smartermail-administrative"
#define X "smartermail"

const struct parse_sample smartermail_samples[] = {
	{ S, "smtp started at 1/15/2024 12:34:56 PM", "notice severity=\"info\" category=\"start\"" },
	{ S, "[192.0.2.1][12345678] rsp: 220 mail.example.com",
	  "notice service=\"smtp\" session=\"12345678\" client_ip=\"192.0.2.1\" smtp_code=220 severity=\"info\" category=\"session\"" },
	{ S, "[192.0.2.1][12345678] connected at 1/15/2024 12:35:01 PM", "connect service=\"smtp\" session=\"12345678\" client_ip=\"192.0.2.1\"" },
	{ S, "[192.0.2.1] [12345678] Connection initiated", "connect service=\"smtp\" session=\"12345678\" client_ip=\"192.0.2.1\"" },
	{ S, "[192.0.2.1][12345678] disconnected at 1/15/2024 12:35:03 PM", "disconnect service=\"smtp\" session=\"12345678\"" },
	{ S, "[192.0.2.1][12345678] cmd: EHLO client.example.net",
	  "notice service=\"smtp\" session=\"12345678\" client_ip=\"192.0.2.1\" helo=\"client.example.net\" stage=\"helo\" commands=\"EHLO\"" },
	{ S, "[192.0.2.1][12345678] cmd: AUTH PLAIN AGZvbwBiYXI=",
	  "notice service=\"smtp\" session=\"12345678\" client_ip=\"192.0.2.1\" auth_method=\"PLAIN\" stage=\"auth\" commands=\"AUTH\" "
	  "severity=\"info\" category=\"session\" text=\"AUTH PLAIN\"" },
	{ S, "[192.0.2.1][12345678] cmd: c2VjcmV0",
	  "notice service=\"smtp\" session=\"12345678\" client_ip=\"192.0.2.1\" severity=\"info\" category=\"session\" "
	  "text=\"(a command that is not shown)\"" },
	{ "smartermail-imap", "[192.0.2.1][12345678] cmd: a1 LOGIN ann secret",
	  "notice service=\"imap\" session=\"12345678\" client_ip=\"192.0.2.1\" severity=\"info\" category=\"session\" "
	  "text=\"(a command that is not shown)\"" },
	{ S, "[192.0.2.1][12345678] rsp: 535 Authentication failed",
	  "auth service=\"smtp\" session=\"12345678\" client_ip=\"192.0.2.1\" success=false attempts=1 smtp_code=535" },
	{ S, "[192.0.2.1][12345678] rsp: 235 Authentication successful",
	  "auth service=\"smtp\" session=\"12345678\" client_ip=\"192.0.2.1\" success=true" },
	{ S, "[198.51.100.7] [10059869] cmd: MAIL FROM:<anna@example.com> SIZE=2048",
	  "notice service=\"smtp\" session=\"10059869\" client_ip=\"198.51.100.7\" sender=\"anna@example.com\" size_bytes=2048 stage=\"mail\"" },
	{ S, "[198.51.100.7] [10059869] cmd: RCPT TO:<\"a> b\"@example.net>",
	  "notice service=\"smtp\" session=\"10059869\" client_ip=\"198.51.100.7\" recipient=\"\\\"a> b\\\"@example.net\" stage=\"rcpt\"" },
	{ S, "[198.51.100.7][10059869] rsp: 550 <bob@example.net> No such user here",
	  "reject service=\"smtp\" session=\"10059869\" client_ip=\"198.51.100.7\" smtp_code=550 reply=\"550 <bob@example.net> No such user here\"" },
	{ S, "[198.51.100.7][10059869] rsp: 451 Greylisted, please try again in 300 seconds",
	  "reject +temporary service=\"smtp\" session=\"10059869\"" },
	{ S, "[198.51.100.7][10059869] rsp: 503 Bad sequence of commands",
	  "notice service=\"smtp\" session=\"10059869\" client_ip=\"198.51.100.7\" smtp_code=503 severity=\"info\" category=\"protocol\"" },
	{ S, "[198.51.100.7] [10059869] Successfully wrote to the HDR file. (C:\\SmarterMail\\Spool\\SubSpool8\\67518204.hdr)",
	  "notice queue_id=\"67518204\" service=\"smtp\" session=\"10059869\"" },
	{ S, "[198.51.100.7] [10059869] Data transfer succeeded, writing mail to 422405313454.eml (MessageID: <20240115123610@example.com>)",
	  "accept queue_id=\"05313454\" service=\"smtp\" session=\"10059869\" client_ip=\"198.51.100.7\" message_id=\"<20240115123610@example.com>\"" },
	{ S, "[198.51.100.7] [10059869] Data transfer succeeded, writing mail to 67518204.eml", "accept queue_id=\"67518204\"" },
	{ S, "[198.51.100.7][10059869] User anna@example.com logged in",
	  "auth service=\"smtp\" session=\"10059869\" client_ip=\"198.51.100.7\" user=\"anna@example.com\" success=true attempts=1" },
	{ S, "[198.51.100.7][10059869] Login failed: User [x] not found",
	  "auth service=\"smtp\" session=\"10059869\" client_ip=\"198.51.100.7\" user=\"x\" success=false attempts=1" },
	{ S, "[198.51.100.7][10059869] Authentication failed for user [x] y]",
	  "auth service=\"smtp\" session=\"10059869\" client_ip=\"198.51.100.7\" user=\"x] y\" success=false attempts=1" },
	{ S, "[198.51.100.7][10059869] IP blocked by brute force abuse detection rule",
	  "reject service=\"smtp\" session=\"10059869\" client_ip=\"198.51.100.7\"" },
	{ X, "[198.51.100.7][10059869] rsp: 250 OK", "notice service=\"smtp\" session=\"10059869\" client_ip=\"198.51.100.7\" smtp_code=250" },
	{ D, "[67518204] Delivery started for anna@example.com", "queued queue_id=\"67518204\" sender=\"anna@example.com\"" },
	{ D, "[67518204] Delivery started for anna@example.com at 12:34:56 PM", "queued queue_id=\"67518204\" sender=\"anna@example.com\"" },
	{ D, "[67518204] CMD: RCPT TO:<bob@example.net>", "notice queue_id=\"67518204\" recipient=\"bob@example.net\" stage=\"rcpt\"" },
	{ D, "[67518204] RSP: 550 5.1.1 <bob@example.net>: Recipient address rejected: User unknown",
	  "notice queue_id=\"67518204\" smtp_code=550 dsn=\"5.1.1\" reply=\"550 5.1.1 <bob@example.net>: Recipient address rejected: User unknown\" "
	  "severity=\"info\" category=\"remote\"" },
	{ D, "[313455-1] Delivery for anna@example.com to dave@example.net\thas completed (Delivered)",
	  "attempt queue_id=\"313455-1\" outcome=\"delivered\" sender=\"anna@example.com\" recipient=\"dave@example.net\"" },
	{ D, "[67518204] Delivery for anna@example.com to bob@example.net has completed (Bounced)",
	  "attempt queue_id=\"67518204\" outcome=\"bounced\" sender=\"anna@example.com\" recipient=\"bob@example.net\"" },
	{ D, "[67518204] Removing Spool message: Killed: False, Failed: True, Finished: False", "done queue_id=\"67518204\"" },
	{ D, "[313455-1] Delivery finished for anna@example.com at 12:41:08 PM\t[id:422405313455-1]", "done queue_id=\"313455-1\" sender=\"anna@example.com\"" },
	{ D, "[72495970] Starting local delivery to carol@example.com",
	  "notice queue_id=\"72495970\" recipient=\"carol@example.com\" severity=\"info\" category=\"delivery\"" },
	{ D, "[72495970] Blocking sender <x@bad.example> for <carol@example.com>. Action: MoveToJunk",
	  "verdict queue_id=\"72495970\" sender=\"x@bad.example\" recipient=\"carol@example.com\" check=\"acl\" result=\"blocked\" "
	  "action=\"MoveToJunk\"" },
	{ D, "[72495970] REASON: User '<carol@example.com>' has <x@bad.example> on their blocked list.",
	  "notice queue_id=\"72495970\" severity=\"info\" category=\"filter\"" },
	{ D, "[67518204] Attempting to send to MxRecord 'mx.example.net' ip: '203.0.113.1'",
	  "notice queue_id=\"67518204\" relay_host=\"mx.example.net\" relay_ip=\"203.0.113.1\"" },
	{ D, "[67518204] Connection to 203.0.113.1:25 from 192.0.2.9:50000 succeeded (Id: 1)",
	  "notice queue_id=\"67518204\" relay_ip=\"203.0.113.1\" relay_port=25" },
	{ A, "[198.51.100.66] Webmail Attempting to login user: admin",
	  "notice service=\"webmail\" client_ip=\"198.51.100.66\" user=\"admin\" severity=\"info\" category=\"auth\"" },
	{ A, "[198.51.100.66] Webmail Login failed: LOGIN_FAILURE_DOMAIN_NOT_FOUND. Brute force attempts increased to 1.",
	  "auth service=\"webmail\" client_ip=\"198.51.100.66\" success=false attempts=1 reason=\"LOGIN_FAILURE_DOMAIN_NOT_FOUND. "
	  "Brute force attempts increased to 1.\"" },
	{ A, "[198.51.100.66] Webmail Login successful: With user admin",
	  "auth service=\"webmail\" client_ip=\"198.51.100.66\" user=\"admin\" success=true" },
	{ A, "[198.51.100.66] IMAP Login failed: User [sales204] not found",
	  "auth service=\"imap\" client_ip=\"198.51.100.66\" user=\"sales204\" success=false attempts=1" },
	{ A, "[203.0.113.9] IMAP Login successful", "auth service=\"imap\" client_ip=\"203.0.113.9\" success=true" },
	{ A, "[203.0.113.9] User admin@ calling GetSettings",
	  "notice client_ip=\"203.0.113.9\" user=\"admin@\" action=\"GetSettings\" severity=\"info\" category=\"admin\"" },
	{ A, "\tBrute force attempts increased to 1 of 5 in 10 minutes.", "notice severity=\"info\" category=\"logging\"" },
	{ X, "   at MailService.RelayServer.MessageQueue.Example()", "notice severity=\"info\" category=\"logging\"" },
	{ X, "Updating ClamAV database...", "notice severity=\"info\" category=\"cache\"" },
	{ NULL, NULL, NULL },
};

const struct parse_sample smartermail_refused[] = {
	{ S, "[192.0.2.1][12345678] Data transfer succeeded, writing mail to nowhere.eml", NULL },
	{ S, "[192.0.2.1][12345678] User anna@example.com did something", NULL },
	{ S, "[192.0.2.1][12345678] Authentication failed for user [x", NULL },
	{ S, "[192.0.2.1][12345678] something else", NULL },
	{ D, "[67518204] Delivery for anna@example.com to bob@example.net has completed", NULL },
	{ D, "[67518204] Delivery for anna@example.com to bob@example.net has completed (Odd)", NULL },
	{ D, "[67518204] Removing Spool message: Killed", NULL },
	{ A, "[198.51.100.66] IMAP Something", NULL },
	{ X, "[no address] text", NULL },
	{ "smartermail-retrieval", "[67518204] Delivery started for anna@example.com", NULL },
	{ S, "[67518204] Delivery started for anna@example.com", NULL },
	{ NULL, NULL, NULL },
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amavis_samples.c - lines of amavis and what they must become
 */
#include "parse/amavis/amavis_priv.h"

const struct parse_sample amavis_samples[] = {
	{ "amavis",
	  "(01234-05) Passed CLEAN {RelayedInbound}, [192.0.2.10]:41234 [198.51.100.20] <ann@example.org> -> "
	  "<bob@example.com>, Queue-ID: 4A1B2C3D4E, Message-ID: <m1@example.org>, mail_id: aBcDeFgHiJkL, Hits: -1.899, "
	  "size: 1843, queued_as: 9F8E7D6C5B, dkim_sd=sel1:example.org, 812 ms",
	  "verdict queue_id=\"4A1B2C3D4E\" related_queue_id=\"9F8E7D6C5B\" relation=\"filter\" session=\"01234-05\" "
	  "client_ip=\"192.0.2.10\" client_port=41234 sender=\"ann@example.org\" recipient=\"bob@example.com\" "
	  "size_bytes=1843 message_id=\"<m1@example.org>\" duration_s=0.812000 check=\"spam\" result=\"clean\" "
	  "score_milli=-1899 domain=\"example.org\" action=\"relay\"" },
	{ "amavis",
	  "(01234-06) Blocked SPAM {DiscardedInbound,Quarantined}, [192.0.2.66]:50001 <s@example.net> -> "
	  "<bob@example.com>, quarantine: a/aBcDeFgHiJkM, Queue-ID: 5A1B2C3D4E, Message-ID: <m2@example.net>, mail_id: "
	  "aBcDeFgHiJkM, Hits: 17.3, size: 5120, 1503 ms",
	  "verdict queue_id=\"5A1B2C3D4E\" outcome=\"discarded\" session=\"01234-06\" client_ip=\"192.0.2.66\" "
	  "client_port=50001 sender=\"s@example.net\" recipient=\"bob@example.com\" size_bytes=5120 "
	  "message_id=\"<m2@example.net>\" duration_s=1.503000 check=\"spam\" result=\"spam\" score_milli=17300 "
	  "folder=\"a/aBcDeFgHiJkM\" action=\"discard\"" },
	{ "amavisd",
	  "(01234-07-2) Passed SPAMMY {RelayedTaggedInbound}, <> -> <bob@example.com>,<carol@example.com>, Message-ID: "
	  "<m3@example.net>, mail_id: aBcDeFgHiJkN, Hits: 5.0+1.5-0.5, size: 900, queued_as: AF8E7D6C5B/BF8E7D6C5B, 402 ms",
	  "verdict related_queue_id=\"AF8E7D6C5B\" relation=\"filter\" session=\"01234-07-2\" sender=\"\" "
	  "recipients=\"<bob@example.com>,<carol@example.com>\" size_bytes=900 message_id=\"<m3@example.net>\" "
	  "duration_s=0.402000 check=\"spam\" result=\"spammy\" score_milli=6000 action=\"relay\"" },
	{ "amavis",
	  "(01235-01) Blocked INFECTED (Eicar-Signature, Win.X (2)) {DiscardedInbound,Quarantined}, MYNETS/ORIGINATING LOCAL "
	  "[192.0.2.30]:50003 <pc@example.com> -> <x@example.net>, quarantine: v/virus-aBc, Queue-ID: 6A1B2C3D4E, "
	  "Message-ID: <m4@example.com>, mail_id: aBcDeFgHiJkO, Hits: -, size: 70000, 98 ms",
	  "verdict queue_id=\"6A1B2C3D4E\" outcome=\"discarded\" session=\"01235-01\" client_ip=\"192.0.2.30\" "
	  "client_port=50003 sender=\"pc@example.com\" recipient=\"x@example.net\" size_bytes=70000 "
	  "message_id=\"<m4@example.com>\" duration_s=0.098000 check=\"virus\" result=\"infected\" folder=\"v/virus-aBc\" "
	  "action=\"discard\" reason=\"Eicar-Signature, Win.X (2)\"" },
	{ "amavis",
	  "(01235-02) Blocked BANNED (.exe,.exe-ms,a) {x}, b.exe) {NoBounceInbound,Quarantined}, [2001:db8::66]:50004 "
	  "<a@example.org> -> <bob@example.com>, quarantine: b/banned-aBc, Message-ID: <m5@example.org>, mail_id: "
	  "aBcDeFgHiJkP, Hits: -, size: 30000, 120 ms",
	  "verdict outcome=\"discarded\" session=\"01235-02\" client_ip=\"2001:db8::66\" client_port=50004 "
	  "sender=\"a@example.org\" recipient=\"bob@example.com\" size_bytes=30000 message_id=\"<m5@example.org>\" "
	  "duration_s=0.120000 check=\"content\" result=\"banned\" folder=\"b/banned-aBc\" action=\"discard\" "
	  "reason=\".exe,.exe-ms,a) {x}, b.exe\"" },
	/* a Message-ID that tells keys of its own */
	{ "amavis",
	  "(1-01) Passed CLEAN {RelayedInbound}, <a@b.example> -> <c@d.example>, Queue-ID: 4A1B2C3D4E, Message-ID: "
	  "<x>, mail_id: y, Hits: -9, queued_as: FFFFFFFF, 1 ms@b.example>, mail_id: Z, Hits: 3, size: 1, 5 ms",
	  "verdict queue_id=\"4A1B2C3D4E\" session=\"1-01\" sender=\"a@b.example\" recipient=\"c@d.example\" size_bytes=1 "
	  "message_id=\"<x>, mail_id: y, Hits: -9, queued_as: FFFFFFFF, 1 ms@b.example>\" duration_s=0.005000 "
	  "check=\"spam\" result=\"clean\" score_milli=3000 action=\"relay\"" },
	/* a quoted local part with all that ends an address */
	{ "amavis",
	  "(1-02) Passed BAD-HEADER-2 {RelayedOutbound}, ORIGINATING <\"a> -> <b>, Queue-ID: X\"@b.example> -> "
	  "<c@d.example>, Queue-ID: 4A1B2C3D4E, Message-ID: <m@b.example>, mail_id: Z, Hits: 3, size: 1, 5 ms",
	  "verdict queue_id=\"4A1B2C3D4E\" session=\"1-02\" sender=\"\\\"a> -> <b>, Queue-ID: X\\\"@b.example\" "
	  "recipient=\"c@d.example\" size_bytes=1 message_id=\"<m@b.example>\" duration_s=0.005000 check=\"content\" "
	  "result=\"bad_header\" score_milli=3000 action=\"relay\"" },
	/* 2.6, 2.2, the verbose template */
	{ "amavis",
	  "(01300-01) Passed CLEAN, [192.0.2.10] <ann@example.org> -> <bob@example.com>, Message-ID: <m6@example.org>, "
	  "mail_id: XyZ, Hits: -1.9, size: 1843, queued_as: BF8E7D6C5B, 500 ms",
	  "verdict related_queue_id=\"BF8E7D6C5B\" relation=\"filter\" session=\"01300-01\" client_ip=\"192.0.2.10\" "
	  "sender=\"ann@example.org\" recipient=\"bob@example.com\" size_bytes=1843 message_id=\"<m6@example.org>\" "
	  "duration_s=0.500000 check=\"spam\" result=\"clean\" score_milli=-1900 action=\"relay\"" },
	{ "amavis",
	  "(01300-02) Blocked SPAM, <s@example.net> -> <bob@example.com>, quarantine: q@example.com, Message-ID: "
	  "<m7@example.org>, Hits: 12.1",
	  "verdict session=\"01300-02\" sender=\"s@example.net\" recipient=\"bob@example.com\" "
	  "message_id=\"<m7@example.org>\" check=\"spam\" result=\"spam\" score_milli=12100 folder=\"q@example.com\"" },
	{ "amavis", "(01300-03) Passed, <s@example.net> -> <bob@example.com>, Message-ID: <m8@example.org>, Hits: -",
	  "verdict session=\"01300-03\" sender=\"s@example.net\" recipient=\"bob@example.com\" "
	  "message_id=\"<m8@example.org>\" check=\"content\" result=\"passed\" action=\"relay\"" },
	{ "amavis",
	  "(01300-04) Passed SPAMMY {RelayedTaggedInbound}, [192.0.2.10]:4 [192.0.2.11] <s@example.net> -> "
	  "<bob@example.com>, Queue-ID: 4A1B2C3D4E, Message-ID: <m9@example.org>, mail_id: X, b: AbC, Hits: 6, size: 9, "
	  "queued_as: 9F8E7D6C5B, Subject: \"Hi\", From: A_<a@example.net>, Tests: [BAYES_99=3.5,X=2.5], autolearn=no, 77 ms",
	  "verdict queue_id=\"4A1B2C3D4E\" related_queue_id=\"9F8E7D6C5B\" relation=\"filter\" session=\"01300-04\" "
	  "client_ip=\"192.0.2.10\" client_port=4 sender=\"s@example.net\" recipient=\"bob@example.com\" size_bytes=9 "
	  "message_id=\"<m9@example.org>\" subject=\"Hi\" duration_s=0.077000 check=\"spam\" result=\"spammy\" "
	  "score_milli=6000 action=\"relay\" reason=\"BAYES_99=3.5,X=2.5\"" },
	/* a verdict in two records */
	{ "amavis", "(01300-05) Passed CLEAN {RelayedInbound}, <s@example.net> -> <bob@example.com>,<carol@exam...",
	  "verdict +continued session=\"01300-05\" sender=\"s@example.net\" recipient=\"bob@example.com\" check=\"spam\" result=\"clean\" "
	  "action=\"relay\"" },
	{ "amavis",
	  "(01300-05) ...ple.com>, Queue-ID: 4A1B2C3D4E, Message-ID: <m9@example.org>, mail_id: X, Hits: -1, size: 9, "
	  "queued_as: 9F8E7D6C5B, 77 ms",
	  "verdict queue_id=\"4A1B2C3D4E\" related_queue_id=\"9F8E7D6C5B\" relation=\"filter\" session=\"01300-05\" "
	  "size_bytes=9 message_id=\"<m9@example.org>\" duration_s=0.077000 score_milli=-1000" },
	{ "amavis", "(01300-05) ...ecode: 3 (1%)98, rundown: 1 (0%)100", "notice session=\"01300-05\" severity=\"info\" category=\"filter\"" },
	{ "amavis", "(01300-06) Passed CLEAN {RelayedInb...", "notice +continued session=\"01300-06\" severity=\"info\" category=\"filter\"" },
	/* hand-overs */
	{ "amavis",
	  "(01237-03) aBcDeFgHiJkQ FWD from <ann@example.org> -> <bob@example.com>, BODY=7BIT 250 2.0.0 from "
	  "MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 9F8E7D6C5C",
	  "link related_queue_id=\"9F8E7D6C5C\" relation=\"filter\" session=\"01237-03\" sender=\"ann@example.org\" "
	  "recipient=\"bob@example.com\" smtp_code=250 reply=\"250 2.0.0 from MTA(" },
	{ "amavis",
	  "(01237-03) aBcDeFgHiJkQ FWD from <ann@example.org> -> <bob@example.com>,<c@example.com>,  250 2.0.0 from "
	  "MTA(smtp:[127.0.0.1]:10025): 250 OK id=1abcde-000001-AB",
	  "link related_queue_id=\"1abcde-000001-AB\" relation=\"filter\" session=\"01237-03\" sender=\"ann@example.org\" "
	  "recipients=\"<bob@example.com>,<c@example.com>\"" },
	{ "amavis",
	  "(01237-04) bBcDeFgHiJkQ(cBcDeFgHiJkQ) SEND from <> -> <a@example.org>, "
	  "ENVID=AM.bBcDeFgHiJkQ.20260912T081530Z@mx1.example.com 250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 "
	  "Ok: queued as 9F8E7D6C5D",
	  "link related_queue_id=\"9F8E7D6C5D\" relation=\"bounce\" session=\"01237-04\" sender=\"\" recipient=\"a@example.org\"" },
	{ "amavis",
	  "(01237-04) bBcDeFgHiJkQ(cBcDeFgHiJkQ) SEND from <postmaster@mx1> -> <postmaster@mx1>, 250 2.0.0 from "
	  "MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 9F8E7D6C5E",
	  "link related_queue_id=\"9F8E7D6C5E\" relation=\"postmaster_notice\" session=\"01237-04\"" },
	{ "amavis",
	  "(01237-05) FWD via SMTP: <ann@example.org> -> <bob@example.com>,BODY=7BIT 250 2.0.0 Ok: queued as 9F8E7D6C5F",
	  "link related_queue_id=\"9F8E7D6C5F\" relation=\"filter\" session=\"01237-05\"" },
	{ "amavis",
	  "(01237-06) aBcDeFgHiJkQ FWD from <ann@example.org> -> <bob@example.com>, BODY=7BIT 451 4.5.0 From "
	  "MTA(smtp:[127.0.0.1]:10025) during fwd-connect (Negative greeting: 421 4.3.2 down): id=01237-06",
	  "notice session=\"01237-06\" sender=\"ann@example.org\" recipient=\"bob@example.com\" smtp_code=451" },
	/* words of one test */
	{ "amavis", "(01237-05) local delivery: <> -> spam-quarantine, mbx=/var/lib/amavis/virusmails/d/spam-dBc.gz",
	  "verdict session=\"01237-05\" sender=\"\" check=\"spam\" result=\"quarantined\" "
	  "folder=\"/var/lib/amavis/virusmails/d/spam-dBc.gz\"" },
	{ "amavis",
	  "(01237-05) SPAM-TAG, <s@example.net> -> <bob@example.com>, Yes, score=7.1 tagged_above=-999 required=5 "
	  "tests=[A=1,B=2] autolearn=no",
	  "verdict session=\"01237-05\" sender=\"s@example.net\" recipient=\"bob@example.com\" check=\"spam\" result=\"spam\" "
	  "score_milli=7100 threshold_milli=5000 reason=\"A=1,B=2\"" },
	{ "amavis",
	  "(01237-05) p.path BANNED:1 r@x.example: \"P=p003,L=1,M=multipart/mixed | P=p002,N=a.exe\", matching_key=\"x\"",
	  "verdict session=\"01237-05\" recipient=\"r@x.example\" check=\"content\" result=\"banned\" reason=\"\\\"P=p003" },
	{ "amavis", "(01237-05) INFECTED (Eicar-Test-Signature), <s@example.net> -> <bob@example.com>",
	  "verdict session=\"01237-05\" sender=\"s@example.net\" recipient=\"bob@example.com\" check=\"virus\" "
	  "result=\"infected\" reason=\"Eicar-Test-Signature\"" },
	/* notices */
	{ "amavis",
	  "(01237-03) ESMTP [127.0.0.1]:10024 /var/lib/amavis/tmp/amavis-20260912T101530-01237-aBcDeFgH: <ann@example.org> -> "
	  "<bob@example.com> SIZE=1843 Received: from mx1.example.com ([127.0.0.1]) by localhost; Sat, 12 Sep 2026",
	  "notice session=\"01237-03\" sender=\"ann@example.org\" recipient=\"bob@example.com\" size_bytes=1843 "
	  "severity=\"info\" category=\"filter\"" },
	{ "amavis", "(01237-03) LMTP::10024 /var/amavis/amavis-1: <> -> <bob@example.com> SIZE=3 Received: SIZE=4",
	  "notice session=\"01237-03\" sender=\"\" recipient=\"bob@example.com\" size_bytes=3" },
	{ "amavis", "(01237-03) Checking: oAnV1MoWyNDF MYNETS [198.51.100.78] <o@example.org> -> <d@example.com>",
	  "notice session=\"01237-03\" client_ip=\"198.51.100.78\" sender=\"o@example.org\" recipient=\"d@example.com\"" },
	{ "amavis", "(01237-06) Open relay? Nonlocal recips but not originating: x@example.net, y@example.net",
	  "notice session=\"01237-06\" severity=\"warning\" category=\"config\"" },
	{ "amavis", "(01236-01) (!)ClamAV-clamd av-scanner FAILED: run_av error: Too many retries to talk to /run/clamd",
	  "notice session=\"01236-01\" severity=\"warning\" category=\"connection\"" },
	{ "amavis", "(01236-01) (!!)AV: ALL VIRUS SCANNERS FAILED",
	  "notice session=\"01236-01\" severity=\"error\" category=\"filter\" text=\"AV: ALL VIRUS SCANNERS FAILED\"" },
	{ "amavis", "(01236-01) TIMING [total 812 ms] - SMTP EHLO: 2 (0%)0", "notice session=\"01236-01\" severity=\"info\" category=\"statistics\"" },
	{ "amavis", "Net::Server: 2026/11/21-21:06:04 Amavis (type Net::Server::PreForkSimple) starting! pid(6206)",
	  "notice severity=\"info\" category=\"start\"" },
	{ "amavis", "Net::Server: 2026/11/21-21:10:11 Server closing!", "notice severity=\"info\" category=\"stop\"" },
	{ "amavis", "perl=5.036000, user=, EUID: 997 (997);  group=(), EGID: 997 997 (997 997)", "notice severity=\"info\" category=\"start\"" },
	{ "amavisd-new", "starting. /usr/sbin/amavisd-new at mx amavis-2.13.0 (20230106), Unicode aware", "notice severity=\"info\" category=\"start\"" },
	{ "amavis", "(01236-02) check_header: 2, Non-encoded 8-bit data (char AE hex): Subject: hi",
	  "notice session=\"01236-02\" severity=\"info\" category=\"filter\"" },
	{ "amavis", "(01236-02) p003 1/2 Content-Type: text/html, size: 460 B, name: ",
	  "notice session=\"01236-02\" severity=\"info\" category=\"filter\"" },
	{ "amavis", "(01236-02) TROUBLE in check_mail: parts_decode FAILED: Can't fork at /usr/sbin/amavisd line 70.",
	  "notice session=\"01236-02\" severity=\"error\" category=\"filter\"" },
	{ "amavis", "Net::Server: Process Backgrounded", "notice severity=\"info\" category=\"start\"" },
	{ "amavis", "Perl version               5.008005", "notice severity=\"info\" category=\"start\"" },
	{ NULL, NULL, NULL },
};

const struct parse_sample amavis_refused[] = {
	{ "amavis", "(01234-05) ", NULL },
	{ "amavis", "(01234-05) something new", NULL },
	{ "amavis", "something new", NULL },
	{ "amavis", "(x) Passed CLEAN {RelayedInbound}, <a@b.example> -> <c@d.example>", NULL },
	{ "amavis", "(01234-05) Passed CLEAN {RelayedInbound}, [192.0.2.10]:412", NULL },
	{ "amavis", "(01234-05) Passed STRANGE {RelayedInbound}, <a@b.example> -> <c@d.example>, Queue-ID: 4A1B2C3D4E", NULL },
	{ "amavis", "(01234-05) Blocked INFECTED (x {DiscardedInbound}", NULL },
	{ "amavis", "(01234-05) aBc FWD from <a@b.example> -> <c@d.example>, BODY=7BIT", NULL },
	{ "amavis", "(01234-05) local delivery: <> -> spam-quarantine", NULL },
	{ "amavis", "(01234-05) Checking: aBc [192.0.2.1]", NULL },
	{ NULL, NULL, NULL },
};

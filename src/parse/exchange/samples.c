/* SPDX-License-Identifier: Apache-2.0 */
/*
 * samples.c - rows of every kind, and what they must become
 */
#include "parse/exchange/exchange_priv.h"

#define TRACKING \
	"#Fields: date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id," \
	"message-id,network-message-id,recipient-address,recipient-status,total-bytes,related-recipient-address,reference," \
	"message-subject,sender-address,return-path,message-info,directionality,original-client-ip,custom-data"
#define OLD "#Fields: date-time,source,event-id,message-id,recipient-address,recipient-status,return-path"
#define NAMES "date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context"
#define RECEIVED "#Log-type: SMTP Receive Protocol Log\n#Fields: " NAMES
#define SENT "#Log-type: SMTP Send Protocol Log\n#Fields: " NAMES
#define MAILBOX "#Fields: dateTime,sessionId,seqNumber,sIp,cIp,user,duration,rqsize,rpsize,command,parameters,context,puid"
#define EXPORT \
	"\"Timestamp\",\"ClientIp\",\"ClientHostname\",\"Source\",\"EventId\",\"MessageId\",\"NetworkMessageId\",\"Recipients\"," \
	"\"Sender\",\"ReturnPath\""

#define T "2026-09-14T08:00:00.101Z,"
#define R T "MBX01\\Default MBX01,08DCD5A200000001,1,192.0.2.11:25,198.51.100.10:51000,"
#define S T "To Internet,08DCD5A300000001,1,192.0.2.11:40123,203.0.113.25:25,"
#define M T "000000000000004B,2,192.0.2.11:993,198.51.100.66:49016,anna,34,31,31,"

#define SAMPLE(header, text, want) { NULL, text, want, header }

const struct parse_sample exchange_samples[] = {
	{ NULL, "#Software: Microsoft Exchange Server", "notice severity=\"info\" category=\"logging\"", NULL },
	{ NULL, TRACKING, "notice severity=\"info\" category=\"logging\"", NULL },
	{ NULL, "\"Timestamp\",\"Sender\",\"EventId\",\"MessageId\",\"Recipients\"", "notice severity=\"info\" category=\"logging\"", NULL },
	/* message tracking */
	SAMPLE(TRACKING, T "192.0.2.50,out.example.net,192.0.2.11,MBX01,08DCD5A200000001;2026-09-14T07:59:59.000Z;0,MBX01\\Default,"
		"SMTP,RECEIVE,<a@b>,g-1,sales@example.com;x@example.com,,300,,,\"Hi, you\",h@example.net,e@example.net,0cA: ,Incoming,"
		"192.0.2.50,",
		"accept +incoming queue_id=\"g-1\" service=\"smtp\" session=\"08DCD5A200000001\" client_host=\"out.example.net\" "
		"client_ip=\"192.0.2.50\" sender=\"e@example.net\" recipients=\"sales@example.com;x@example.com\" size_bytes=300 "
		"message_id=\"<a@b>\" subject=\"Hi, you\" transport=\"MBX01\\\\Default\" router=\"SMTP\" action=\"RECEIVE\""),
	SAMPLE(TRACKING, T "192.0.2.11,MBX01,,MBX01,,,STOREDRIVER,RECEIVE,<a@b>,g-1,x@example.com,To,300,,,Hi,h@example.com,<>,,"
		"Originating,,",
		"accept +local +originating queue_id=\"g-1\" ident=\"h@example.com\" sender=\"\" recipients=\"x@example.com\""),
	SAMPLE(TRACKING, T ",,,MBX01,,,MAILBOXRULE,RECEIVE,<a@b>,g-1,x@example.com,,300,,<p@b>,Hi,h@example.com,h@example.com,,"
		"Originating,,",
		"accept +local +originating queue_id=\"g-1\" related_queue_id=\"<p@b>\" relation=\"forward\""),
	SAMPLE(TRACKING, T "192.0.2.11,MBX01,203.0.113.25,mx1.example.net,08DCD5A100000009;250 2.0.0 Ok: queued as 4XyZ12abcDz;"
		"ClientSubmitTime:2026-09-14T07:59:59.700Z,To Internet,SMTP,SEND,<a@b>,g-1,bob@example.net,250 2.1.5 Ok,300,,,Hi,h@b,"
		"h@b,2026-09-14T07:59:59.000Z;SRV=x,Originating,,",
		"attempt +originating queue_id=\"g-1\" related_queue_id=\"4XyZ12abcDz\" relation=\"handoff\" outcome=\"relayed\" "
		"session=\"08DCD5A100000009\" sender=\"h@b\" recipient=\"bob@example.net\" size_bytes=300 message_id=\"<a@b>\" "
		"subject=\"Hi\" relay_host=\"mx1.example.net\" relay_ip=\"203.0.113.25\" transport=\"To Internet\" router=\"SMTP\" "
		"smtp_code=250 dsn=\"2.0.0\" reply=\"250 2.0.0 Ok: queued as 4XyZ12abcDz\""),
	/* the remote server's words may hold anything; what stands behind the last mark is Exchange's */
	SAMPLE(TRACKING, T "192.0.2.11,MBX01,203.0.113.25,mx1.example.net,\"08DCD5A100000009;250 2.6.0 <x@y> [InternalId=77, "
		"Hostname=mx.example.net] Queued mail for delivery;ClientSubmitTime:forged;ClientSubmitTime:\",To Internet,SMTP,SEND,"
		"<a@b>,g-1,b@example.net,,300,,,,,<>,,,,",
		"attempt queue_id=\"g-1\" related_queue_id=\"77\" relation=\"handoff\" related_server=\"mx.example.net\" "
		"outcome=\"relayed\""),
	SAMPLE(TRACKING, T "192.0.2.11,MBX01,192.0.2.12,MBX02.example.com,08DCD5B000000005;250 2.0.0 OK;ClientSubmitTime:,"
		"Intra-Organization SMTP Send Connector,SMTP,SEND,<a@b>,g-1,d@example.com;f@example.com,250 2.1.5 Ok;250 2.1.5 Ok,3,,,"
		"Hi,h@b,h@b,,Incoming,,",
		"attempt +incoming queue_id=\"g-1\" outcome=\"expanded\" session=\"08DCD5B000000005\" sender=\"h@b\" "
		"recipients=\"d@example.com;f@example.com\""),
	SAMPLE(TRACKING, T "192.0.2.11,MBX02,,MBX02,08DCD5B000000006,,STOREDRIVER,DELIVER,<a@b>,g-1,d@example.com;f@example.com,"
		";Inbox\\Orders,3,,,Hi,h@b,h@b,2026-09-14T08:00:00.000Z;LSRV=x,Incoming,,",
		"attempt +local +incoming queue_id=\"g-1\" outcome=\"delivered\" session=\"08DCD5B000000006\" sender=\"h@b\" "
		"recipients=\"d@example.com;f@example.com\" size_bytes=3 message_id=\"<a@b>\" subject=\"Hi\" router=\"STOREDRIVER\" "
		"folder=\";Inbox\\\\Orders\""),
	SAMPLE(TRACKING, T "192.0.2.11,MBX01,203.0.113.90,mx.example.org,08DCD5A10000000A,To Internet,SMTP,DEFER,<a@b>,g-1,"
		"c@example.org,\"[{LED=451 4.7.1 Greylisted, later};{MSG=};{FQDN=mx.example.org};{IP=203.0.113.90};{LRT=9/14/2026}]\","
		"3,,,Hi,h@b,h@b,,Originating,,",
		"attempt +temporary +originating queue_id=\"g-1\" outcome=\"deferred\" session=\"08DCD5A10000000A\" sender=\"h@b\" "
		"recipient=\"c@example.org\" size_bytes=3 message_id=\"<a@b>\" subject=\"Hi\" relay_host=\"mx.example.org\" "
		"relay_ip=\"203.0.113.90\" transport=\"To Internet\" router=\"SMTP\" smtp_code=451 dsn=\"4.7.1\" "
		"reply=\"451 4.7.1 Greylisted, later\""),
	SAMPLE(TRACKING, T ",MBX01,,MBX01,,,QUEUE,FAIL,<a@b>,g-1,o@dead.example,\"[{LED=550 4.4.7 QUEUE.Expired; message expired};"
		"{MSG=441 4.4.1 Error: \"\"Failed; 10060.\"\"};{FQDN=dead.example};{IP=203.0.113.200};{LRT=x}]\",3,,,Hi,h@b,h@b,,,,",
		"attempt queue_id=\"g-1\" outcome=\"expired\" sender=\"h@b\" recipient=\"o@dead.example\" size_bytes=3 "
		"message_id=\"<a@b>\" subject=\"Hi\" relay_host=\"dead.example\" relay_ip=\"203.0.113.200\" router=\"QUEUE\" "
		"smtp_code=441 dsn=\"4.4.1\""),
	SAMPLE(TRACKING, T ",MBX01,,MBX01,,,ROUTING,FAIL,<a@b>,g-1,n@example.com,550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found,"
		"3,,<dsn@b>,Hi,h@b,h@b,,,,",
		"attempt queue_id=\"g-1\" related_queue_id=\"<dsn@b>\" relation=\"bounce\" outcome=\"bounced\""),
	SAMPLE(TRACKING, T ",MBX01,,MBX01,Transport Rule Agent,,AGENT,FAIL,<a@b>,g-1,n@example.com,550 5.7.1 No,3,,,Hi,h@b,h@b,,,,",
		"attempt queue_id=\"g-1\" outcome=\"bounced\""),
	SAMPLE(TRACKING, T ",MBX01,,MBX01,,,ADMIN,FAIL,<a@b>,g-1,n@example.com,550 4.3.2 QUEUE.Admin; deleted,3,,,Hi,h@b,h@b,,,,",
		"attempt queue_id=\"g-1\" outcome=\"removed\""),
	SAMPLE(TRACKING, T ",MBX01,,MBX01,Malware Agent,,AGENT,DROP,<a@b>,g-1,n@example.com,,3,,,Hi,h@b,h@b,,,,",
		"attempt queue_id=\"g-1\" outcome=\"discarded\""),
	SAMPLE(TRACKING, T ",MBX01,,MBX01,,,APPROVAL,MODERATORREJECT,<a@b>,g-1,n@example.com,,3,,,Hi,h@b,h@b,,,,",
		"attempt queue_id=\"g-1\" outcome=\"bounced\""),
	SAMPLE(TRACKING, T ",MBX01,,MBX01,,,QUEUE,THROTTLE,<a@b>,g-1,n@example.com,,3,,too many,Hi,h@b,h@b,,,,",
		"attempt +temporary +no_attempt queue_id=\"g-1\" outcome=\"deferred\""),
	SAMPLE(TRACKING, T ",MBX01,,MBX01,Bad header in pickup file,,PICKUP,BADMAIL,,,,,0,,,,,,,,,",
		"notice size_bytes=0 router=\"PICKUP\" action=\"BADMAIL\" severity=\"error\" category=\"delivery\" "
		"text=\"Bad header in pickup file\""),
	SAMPLE(TRACKING, T ",MBX01,,MBX01,,,ROUTING,EXPAND,<a@b>,g-1,d@example.com;e@example.com,,3,sales@example.com,,Hi,h@b,h@b,,,,",
		"attempt queue_id=\"g-1\" outcome=\"expanded\" sender=\"h@b\" orig_recipient=\"sales@example.com\" "
		"recipients=\"d@example.com;e@example.com\""),
	SAMPLE(TRACKING, T ",MBX01,,MBX01,,,DSN,DSN,<dsn@b>,g-2,h@b,,3,,<a@b>,Undeliverable: Hi,p@b,<>,,Originating,,",
		"accept +local +originating queue_id=\"g-2\" related_queue_id=\"<a@b>\" relation=\"bounce\""),
	SAMPLE(TRACKING, T ",MBX01,,MBX01,,,ROUTING,TRANSFER,<a@b>,g-1,c@example.org,,3,,9012345678902,Hi,h@b,h@b,,,,",
		"link queue_id=\"g-1\" related_queue_id=\"9012345678902\" relation=\"requeue\""),
	SAMPLE(TRACKING, T ",MBX01,,MBX01,,,POISONMESSAGE,POISONMESSAGE,<a@b>,g-1,a@b,,7,,,,p@b,p@b,,Incoming,,",
		"hold +policy_hold +incoming queue_id=\"g-1\""),
	SAMPLE(TRACKING, T ",MBX01,,MBX01,,,APPROVAL,MODERATORAPPROVE,<a@b>,g-1,a@b,,7,,,,p@b,p@b,,,,",
		"release queue_id=\"g-1\""),
	SAMPLE(TRACKING, T ",MBX01,,,,,AGENT,AGENTINFO,<a@b>,g-1,x@b,,3,,,Hi,h@b,h@b,,,,S:AMA=SUM|action=p",
		"notice queue_id=\"g-1\" sender=\"h@b\" recipient=\"x@b\" size_bytes=3 message_id=\"<a@b>\" subject=\"Hi\" "
		"router=\"AGENT\" action=\"AGENTINFO\" severity=\"info\" category=\"filter\" text=\"S:AMA=SUM|action=p\""),
	SAMPLE(TRACKING, T ",MBX01,,MBX02,no answer,,SMTP,HAREDIRECTFAIL,<a@b>,g-1,x@b,,3,,,Hi,h@b,h@b,,,,",
		"notice queue_id=\"g-1\" sender=\"h@b\" recipient=\"x@b\" size_bytes=3 message_id=\"<a@b>\" subject=\"Hi\" "
		"router=\"SMTP\" action=\"HAREDIRECTFAIL\" severity=\"warning\" category=\"queue\" text=\"no answer\""),
	/* before 2013 the Message-ID is all there is */
	SAMPLE(OLD, T "STOREDRIVER,deliver,<a@b>,x@b,,h@b", "attempt +local queue_id=\"<a@b>\" outcome=\"delivered\""),
	SAMPLE(EXPORT, "\"9/14/2026 10:00:00 AM\",\"192.0.2.50\",\"out\",\"SMTP\",\"RECEIVE\",\"<a@b>\",\"g-1\",\"System.String[]\","
		"\"h@b\",\"h@b\"",
		"accept queue_id=\"g-1\" service=\"smtp\" client_host=\"out\" client_ip=\"192.0.2.50\" sender=\"h@b\" message_id=\"<a@b>\""),
	/* SMTP */
	SAMPLE(RECEIVED, R "+,,", "connect service=\"smtp\" session=\"08DCD5A200000001\" client_ip=\"198.51.100.10\" client_port=51000 "
		"local_ip=\"192.0.2.11\" local_port=25"),
	SAMPLE(RECEIVED, R "-,,Remote(SocketError)", "disconnect service=\"smtp\""),
	SAMPLE(RECEIVED, R "<,EHLO mail.partner.example,", "notice service=\"smtp\" session=\"08DCD5A200000001\" "
		"client_ip=\"198.51.100.10\" client_port=51000 helo=\"mail.partner.example\""),
	SAMPLE(RECEIVED, R "<,MAIL FROM:<\"a>b\"@example.net> SIZE=3,", "notice service=\"smtp\" session=\"08DCD5A200000001\" "
		"client_ip=\"198.51.100.10\" client_port=51000 local_ip=\"192.0.2.11\" local_port=25 sender=\"\\\"a>b\\\"@example.net\""),
	SAMPLE(RECEIVED, R "<,550 forged,", "notice service=\"smtp\""),
	SAMPLE(RECEIVED, R ">,\"220 MBX01 ready at Mon, 14 Sep 2026\",", "notice service=\"smtp\""),
	SAMPLE(RECEIVED, R ">,535 5.7.3 Authentication unsuccessful,", "auth service=\"smtp\" session=\"08DCD5A200000001\" "
		"client_ip=\"198.51.100.10\" client_port=51000 local_ip=\"192.0.2.11\" local_port=25 success=false"),
	SAMPLE(RECEIVED, R "*,EXAMPLE\\anna,authenticated", "auth service=\"smtp\" session=\"08DCD5A200000001\" "
		"client_ip=\"198.51.100.10\" client_port=51000 local_ip=\"192.0.2.11\" local_port=25 user=\"EXAMPLE\\\\anna\" success=true"),
	SAMPLE(RECEIVED, R "*,,Inbound AUTH LOGIN failed because of LogonDenied", "notice service=\"smtp\""),
	SAMPLE(RECEIVED, R "*,,User Name: bob", "notice service=\"smtp\" session=\"08DCD5A200000001\" client_ip=\"198.51.100.10\" "
		"client_port=51000 local_ip=\"192.0.2.11\" local_port=25 user=\"bob\""),
	SAMPLE(RECEIVED, R ">,550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain,", "reject service=\"smtp\""),
	SAMPLE(RECEIVED, R ">,421 4.3.2 Service not available,", "reject +temporary service=\"smtp\""),
	SAMPLE(RECEIVED, R "*,,Tarpit for '0.00:00:05'", "notice service=\"smtp\""),
	SAMPLE(RECEIVED, R "*,,TLS protocol SP_PROT_TLS1_2_SERVER negotiation succeeded using bulk encryption algorithm CALG_AES_256 "
		"with strength 256 bits", "tls service=\"smtp\""),
	SAMPLE(SENT, T "To Internet,08DCD5A300000001,0,,203.0.113.25:25,*,,attempting to connect",
		"notice session=\"08DCD5A300000001\" relay_ip=\"203.0.113.25\" relay_port=25 transport=\"To Internet\" "
		"severity=\"info\" category=\"connection\""),
	SAMPLE(SENT, S "+,,", "notice session=\"08DCD5A300000001\""),
	SAMPLE(SENT, S ">,MAIL FROM:<a@b> SIZE=3,", "notice session=\"08DCD5A300000001\""),
	SAMPLE(SENT, S "<,\"550 5.7.1 blocked, sorry\",", "notice session=\"08DCD5A300000001\" local_ip=\"192.0.2.11\" local_port=40123 "
		"relay_ip=\"203.0.113.25\" relay_port=25 transport=\"To Internet\" smtp_code=550 dsn=\"5.7.1\" "
		"reply=\"550 5.7.1 blocked, sorry\" severity=\"info\" category=\"remote\""),
	SAMPLE("#Fields: " NAMES, S "<,550 no,", "notice session=\"08DCD5A300000001\" local_ip=\"192.0.2.11\" local_port=40123 "
		"relay_ip=\"203.0.113.25\""),
	SAMPLE("#Fields: " NAMES, R ">,550 no,", "reject service=\"smtp\""),
	/* POP3 and IMAP4 */
	SAMPLE(MAILBOX, M "authenticate, PLAIN,\"R=\"\"2 NO AUTHENTICATE failed.\"\";Msg=\"\"AuthFailed:LogonDenied,User: anna\"\";"
		"ErrMsg=AuthFailed:LogonDenied\",", "auth service=\"imap\" session=\"000000000000004B\" client_ip=\"198.51.100.66\" "
		"client_port=49016 local_ip=\"192.0.2.11\" local_port=993 user=\"anna\" auth_method=\"PLAIN\" success=false "
		"reply=\"2 NO AUTHENTICATE failed.\" duration_s=0.034000 reason=\"AuthFailed:LogonDenied\""),
	SAMPLE(MAILBOX, M "authenticate,PLAIN,R=OK,", "auth service=\"imap\" session=\"000000000000004B\" client_ip=\"198.51.100.66\" "
		"client_port=49016 local_ip=\"192.0.2.11\" local_port=993 user=\"anna\" auth_method=\"PLAIN\" success=true"),
	SAMPLE(MAILBOX, M "select,INBOX,R=OK,", "notice service=\"imap\""),
	SAMPLE(MAILBOX, M "OpenSession,,,", "connect service=\"imap\""),
	{ NULL, NULL, NULL, NULL },
};

const struct parse_sample exchange_refused[] = {
	/* a row below no header */
	{ NULL, R "+,,", NULL, NULL },
	/* a field too few, too many, a quote that nobody closed */
	SAMPLE(RECEIVED, R "+,", NULL),
	SAMPLE(RECEIVED, R ">,550 no, really,", NULL),
	SAMPLE(RECEIVED, R ">,\"550 no,", NULL),
	SAMPLE(RECEIVED, R "?,550 no,", NULL),
	SAMPLE(TRACKING, T "192.0.2.50,out.example.net,192.0.2.11,MBX01,,,SMTP,RECEIVE,<a@b>,g-1,x@example.com", NULL),
	/* an event that nobody knows */
	SAMPLE(OLD, T "SMTP,EXPLODE,<a@b>,x@b,,h@b", NULL),
	{ NULL, NULL, NULL, NULL },
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_replies.c - replies as servers of the world word them, and the class and side that they must lead to
 *
 * None of them is a sample of a rule: they show whether the rules hold for words that they were not written for.  A row may
 * begin with terms in square brackets, as samples do (docs/causes.md).
 */
#include "unit.h"

#include "diagnose/diagnose_priv.h"
#include "diagnose/rules.h"

static struct diagnoser *rules;

struct row {
	const char *reply;
	enum cause_class class;
	enum cause_side side;
};

static void check_rows(const struct row *rows, size_t n)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < n; i++) {
		struct slice copy = heap_copy(slice_str(rows[i].reply));
		struct complaint c;
		struct cause got;

		assert_true(sample_complaint(copy, &c));
		diagnose(rules, &c, &got);
		if (got.class != rows[i].class || got.side != rows[i].side) {
			printf("%s/%s instead of %s/%s by %.*s: %s\n", cause_class_name(got.class), cause_side_name(got.side),
			       cause_class_name(rows[i].class), cause_side_name(rows[i].side), SLICE_ARG(got.id), rows[i].reply);
			wrong++;
		}
		heap_free(copy);
	}
	assert_int_equal(wrong, 0);
}

#define CHECK_ROWS(rows) check_rows(rows, ARRAY_LEN(rows))

#define HARD(side, reply)       { reply, CLASS_HARD, SIDE_##side }
#define SOFT(side, reply)       { reply, CLASS_SOFT, SIDE_##side }
#define POLICY(side, reply)     { reply, CLASS_POLICY, SIDE_##side }
#define REPUTATION(side, reply) { reply, CLASS_REPUTATION, SIDE_##side }
#define AUTH(side, reply)       { reply, CLASS_AUTH, SIDE_##side }
#define CONTENT(side, reply)    { reply, CLASS_CONTENT, SIDE_##side }
#define QUOTA(side, reply)      { reply, CLASS_QUOTA, SIDE_##side }
#define DNS(side, reply)        { reply, CLASS_DNS, SIDE_##side }
#define NETWORK(side, reply)    { reply, CLASS_NETWORK, SIDE_##side }
#define TLS(side, reply)        { reply, CLASS_TLS, SIDE_##side }
#define CONFIG(side, reply)     { reply, CLASS_CONFIG, SIDE_##side }
#define GREYLIST(side, reply)   { reply, CLASS_GREYLIST, SIDE_##side }
#define RATE(side, reply)       { reply, CLASS_RATE, SIDE_##side }
#define LOOP(side, reply)       { reply, CLASS_LOOP, SIDE_##side }
#define SECURITY(side, reply)   { reply, CLASS_SECURITY, SIDE_##side }
#define PROTOCOL(side, reply)   { reply, CLASS_PROTOCOL, SIDE_##side }

#define POSTFIX(host, reply, command) "host " host "[192.0.2.25] said: " reply " (in reply to " command " command)"
#define EXIM(after, host, reply)      "SMTP error from remote mail server after " after ": host " host " [192.0.2.25]: " reply

/* Postfix, Exim, Sendmail, qmail, Exchange and others: nobody there */
static void test_unknown_users(void **state)
{
	static const struct row ROWS[] = {
		HARD(SENDER_USER, POSTFIX("mx.acme.example", "550 5.1.1 <joe@acme.example>: Recipient address rejected: User unknown in "
			"virtual alias table", "RCPT TO")),
		HARD(SENDER_USER, POSTFIX("mail.acme.example", "550 5.1.1 <joe@acme.example>... User unknown", "RCPT TO")),
		HARD(SENDER_USER, POSTFIX("mx.acme.example", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient joe@acme.example "
			"not found by SMTP address lookup", "end of DATA")),
		HARD(SENDER_USER, "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found"),
		HARD(SENDER_USER, EXIM("RCPT TO:<joe@acme.example>", "mx.acme.example", "550 No Such User Here")),
		HARD(SENDER_USER, EXIM("RCPT TO:<joe@acme.example>", "mx.acme.example", "550-Callout verification failed:\\n550-5.1.1 <joe@acme.example>: "
			"User unknown\\n550 verification failed")),
		HARD(SENDER_USER, "550 sorry, no mailbox here by that name (#5.1.1 - chkuser)"),
		HARD(SENDER_USER, "511 sorry, no mailbox here by that name (#5.1.1 - chkuser)"),
		HARD(SENDER_USER, "550 5.1.1 sorry, no mailbox here by that name. (#5.7.17)"),
		HARD(SENDER_USER, "550 5.1.1 unknown or illegal alias: joe@acme.example"),
		HARD(SENDER_USER, "550 unrouteable address"),
		HARD(SENDER_USER, "550 5.1.1 <joe@acme.example> is not a valid mailbox"),
		HARD(SENDER_USER, "550 5.1.1 Mailbox \"joe@acme.example\" does not exist"),
		HARD(SENDER_USER, "550 Mailbox <joe> not found"),
		HARD(SENDER_USER, "550 #5.1.0 Address rejected joe@acme.example"),
		HARD(SENDER_USER, "550 5.4.1 Recipient address rejected: user joe@acme.example does not exist"),
		HARD(SENDER_USER, "551 5.1.1 This mail address doesn't exist"),
		HARD(SENDER_USER, "550 RCPT TO:<joe@acme.example> User unknown"),
		HARD(SENDER_USER, "550 Recipient unknown. Please check the recipient email address."),
		HARD(SENDER_USER, "550 Address unknown"),
		HARD(SENDER_USER, "550 5.1.1 Address does not exist"),
		HARD(SENDER_USER, "553 5.3.0 <joe@acme.example>... Addressee unknown, relay=[192.0.2.7]"),
		HARD(SENDER_USER, "553 5.1.2 We weren't able to find the recipient domain. Please check for any spelling errors"),
		HARD(SENDER_USER, "554 5.1.1 <joe@acme.example> unknown recipient"),
		HARD(SENDER_USER, "550 unknown user <joe@acme.example>"),
		HARD(SENDER_USER, "550 joe@acme.example: no such user here"),
		HARD(SENDER_USER, "550 5.2.1 User unknown - VRFY failed"),
		HARD(SENDER_USER, "550 Invalid recipient joe@acme.example (Mode: normal)"),
		HARD(SENDER_USER, "550 cuda_nsu <joe@acme.example>: Recipient address rejected: User unknown"),
		HARD(SENDER_USER, "550 5.1.1 <joe@acme.example>: Email address could not be found, or was misspelled (G8)"),
		HARD(SENDER_USER, "554 5.7.1 <joe@acme.example>: Recipient address rejected: User unknown in relay recipient table"),
		HARD(SENDER_USER, "550 5.1.1 joe@acme.example User doesn't exist: joe@acme.example"),
		HARD(SENDER_USER, "550 Unknown address error 550-'5.1.1 <joe@acme.example>... User unknown'"),
		HARD(SENDER_USER, "550-Mailbox unknown.  Either there is no mailbox associated with this\n550-name or you do not have authorization to "
			"see it.\n550 5.1.1 User unknown"),
		HARD(SENDER_USER, "550 5.1.1 Unbekannter Empfaenger"),
		HARD(SENDER_USER, "550 5.1.1 Der Empfänger existiert nicht / Recipient does not exist"),
		HARD(SENDER_USER, "550 5.1.1 L'utilisateur n'existe pas"),
		HARD(SENDER_USER, "550 El usuario no existe"),
		HARD(SENDER_USER, "550 5.1.1 Destinatario sconosciuto"),
		HARD(SENDER_USER, "550 5.1.1 O usuário não existe"),
		HARD(SENDER_USER, "550 5.1.1 Het opgegeven e-mail adres bestaat niet"),
		HARD(SENDER_USER, "550 5.1.1 Nie ma takiego użytkownika"),
		HARD(SENDER_USER, "550 5.1.1 Получатель не найден"),
		HARD(SENDER_USER, "550 Böyle bir kullanıcı yok"),
		HARD(SENDER_USER, "550 5.1.6 <joe@acme.example>: Recipient no longer on server"),
		HARD(SENDER_USER, "550 5.1.1 joe has left the company, write to info@acme.example"),
		HARD(SENDER_USER, "556 5.1.10 <joe@acme.example>: Recipient address rejected: Domain acme.example does not accept mail (nullMX)"),
		HARD(SENDER_USER, "[:ours :rcpt] 550 Unknown user"),
		HARD(SENDER_USER, "[:ours :rcpt] 550 5.1.1 <x@acme.example>... User unknown"),
	};

	(void)state;
	CHECK_ROWS(ROWS);
}

static void test_closed_and_full(void **state)
{
	static const struct row ROWS[] = {
		HARD(RCPT_USER, "550 5.2.1 The email account that you tried to reach is disabled."),
		HARD(RCPT_USER, "550 5.2.1 <joe@acme.example>: Recipient address rejected: Mailbox disabled"),
		HARD(RCPT_USER, "554 30 Sorry, your message to joe@acme.example cannot be delivered. This mailbox is disabled (554.30)."),
		HARD(RCPT_USER, "550 5.2.1 <joe@acme.example>... User account expired"),
		HARD(RCPT_USER, "550 Account suspended"),
		HARD(RCPT_USER, "554 delivery error: dd This account has been disabled or discontinued"),
		HARD(RCPT_USER, "550 extended-user mailbox is inactive"),
		HARD(RCPT_USER, "550 5.7.1 Recipient has been disabled"),
		HARD(RCPT_USER, "550 Compte désactivé"),
		HARD(RCPT_USER, "550 Cuenta suspendida"),
		HARD(RCPT_USER, "550 Ящик заблокирован"),
		QUOTA(RCPT_USER, "552 5.2.2 <joe@acme.example>: Over quota"),
		QUOTA(RCPT_USER, POSTFIX("mx.acme.example", "452 4.2.2 <joe@acme.example> Mailbox full", "RCPT TO")),
		QUOTA(RCPT_USER, "552 5.2.2 <joe@acme.example> Quota exceeded (mailbox for user is full)"),
		QUOTA(RCPT_USER, "550 5.7.1 User's mailbox is full: quota exceeded"),
		QUOTA(RCPT_USER, "552 5.2.2 This message is larger than the current system limit or the recipient's mailbox is full."),
		QUOTA(RCPT_USER, "452-4.2.2 The email account that you tried to reach is over quota. Please direct\n452-4.2.2 the recipient to\n452 "
			"4.2.2 https://support.google.com/mail/?p=OverQuotaTemp x1si1 - gsmtp"),
		QUOTA(RCPT_USER, "554 5.2.2 mailbox full; MSEXCH:MSExchangeIS:/DC=com/DC=acme:EX1"),
		QUOTA(RCPT_USER, "422 4.2.2 The recipient's mailbox is over its storage limit"),
		QUOTA(RCPT_USER, EXIM("RCPT TO:<joe@acme.example>", "mx.acme.example", "452 4.2.2 user joe is over quota")),
		QUOTA(RCPT_USER, "552 Requested mail action aborted: exceeded storage allocation"),
		QUOTA(RCPT_USER, "550 Mailbox quota exceeded / Die Mailbox des Empfaengers ist voll"),
		QUOTA(RCPT_USER, "552 5.2.2 La boîte aux lettres est pleine"),
		QUOTA(RCPT_USER, "552 5.2.2 El buzón está lleno"),
		QUOTA(RCPT_USER, "552 5.2.2 Caixa postal lotada"),
		QUOTA(RCPT_USER, "552 5.2.2 Kutu dolu: posta kutusu dolu"),
		QUOTA(RCPT_USER, "552 5.2.2 Почтовый ящик получателя переполнен"),
		QUOTA(RCPT_ADMIN, "452 4.3.1 Insufficient system storage"),
		QUOTA(RCPT_ADMIN, "451 4.3.0 no space left on device"),
		QUOTA(RCPT_ADMIN, "452 4.3.1 Out of memory or disk space: out of disk"),
		SOFT(NONE, "450 4.2.0 Mailbox busy, please try again"),
		SOFT(NONE, "450 Requested mail action not taken: mailbox unavailable"),
	};

	(void)state;
	CHECK_ROWS(ROWS);
}

static void test_names_and_lists(void **state)
{
	static const struct row ROWS[] = {
		REPUTATION(US_REPUTATION, "host mx.acme.example[192.0.2.25] refused to talk to me: 554 5.7.1 Service unavailable; Client host "
			"[198.51.100.9] blocked using zen.spamhaus.org; https://www.spamhaus.org/sbl/query/SBLCSS"),
		REPUTATION(US_REPUTATION, EXIM("initial connection", "mx.acme.example", "554-mx.acme.example ESMTP not accepting messages\\n554 "
			"Your IP is listed on bl.spamcop.net")),
		REPUTATION(US_REPUTATION, "550 JunkMail rejected - mail.example.org [198.51.100.9]:51234 is in an RBL: "
			"https://www.spamcop.net/bl.shtml?198.51.100.9"),
		SECURITY(US_REPUTATION, "550 5.7.1 Client host [198.51.100.9] blocked by xbl.spamhaus.org"),
		CONFIG(US_CONFIG, "550 5.7.1 Mail from 198.51.100.9 refused - see https://www.spamhaus.org/query/pbl/198.51.100.9"),
		CONFIG(RCPT_ADMIN, "554 5.7.1 Service unavailable; Client host [198.51.100.9] blocked using zen.spamhaus.org; Error: open resolver; "
			"https://www.spamhaus.org/returnc/pub/2001:db8::1"),
		REPUTATION(RCPT_ADMIN, "550 5.7.1 Service unavailable; client [198.51.100.9] blocked using spam.dnsbl.sorbs.net"),
		REPUTATION(PROVIDER, "554 5.7.1 Service unavailable; Client host [198.51.100.9] blocked using dnsbl-2.uceprotect.net; Net "
			"198.51.100.0/24 is UCEPROTECT-Level 2 listed because 12 abusers are hosted by EXAMPLE/AS64500 there"),
		REPUTATION(US_REPUTATION, "554 5.7.1 Service unavailable; Client host [198.51.100.9] blocked using dnsbl-1.uceprotect.net"),
		REPUTATION(US_REPUTATION, "550 5.7.1 [198.51.100.9] is blacklisted at b.barracudacentral.org"),
		REPUTATION(US_REPUTATION, "554 5.7.1 blocked using combined.njabl.org"),
		REPUTATION(US_REPUTATION, "550-198.51.100.9 is listed at some.list.example (127.0.0.2: spam source)"),
		REPUTATION(US_REPUTATION, "550 Rule imposed mailbox access for acme.example refused: 198.51.100.9 in blacklist"),
		REPUTATION(US_REPUTATION, "554 5.7.1 Your IP address has been blocked. Please contact postmaster@acme.example"),
		REPUTATION(US_REPUTATION, "550 5.7.1 Connection from 198.51.100.9 denied due to low reputation of your server"),
		REPUTATION(US_REPUTATION, "421 4.7.1 Your server has been temporarily blacklisted"),
		REPUTATION(US_REPUTATION, "554 Ihre IP-Adresse wurde auf unserer Sperrliste gefunden"),
		REPUTATION(US_REPUTATION, "550 Su servidor está en una lista negra"),
		REPUTATION(US_REPUTATION, "550 Twój serwer jest na czarnej liście"),
		REPUTATION(US_CONFIG, "550 5.7.1 Dynamic IP addresses are not allowed to send mail here"),
		REPUTATION(US_CONFIG, "554 5.7.1 Mail from dial-up hosts is not accepted, use the relay of your ISP"),
		REPUTATION(US_REPUTATION, "554-mx.acme.example\n554 Your access to this mail system has been rejected due to the sending MTA's poor "
			"reputation. If you believe that this failure is in error, please contact the intended recipient via alternate means."),
		REPUTATION(SENDER_DOMAIN, "[:ours :rcpt] 554 5.7.1 Service unavailable; Client host [203.0.113.5] blocked using "
			"b.barracudacentral.org; http://www.barracudanetworks.com/reputation/?pr=1&ip=203.0.113.5"),
		REPUTATION(SENDER_DOMAIN, "[:ours :rcpt] 550-203.0.113.5 is in a black list at zen.spamhaus.org"),
		REPUTATION(SENDER_DOMAIN, "[:ours :connect] 550 5.7.1 Rejected: 203.0.113.5 listed at sbl-xbl.spamhaus.org"),
		REPUTATION(SENDER_DOMAIN, "[:ours :rcpt] 554 5.7.1 Service unavailable; Sender address [x@spam.example] blocked using "
			"dbl.spamhaus.org"),
		DNS(US_CONFIG, EXIM("RCPT TO:<joe@acme.example>", "mx.acme.example", "550 5.7.25 The IP address sending this message does not have a PTR "
			"record setup")),
		DNS(US_CONFIG, "550 5.7.1 Client host rejected: cannot find your reverse hostname, [198.51.100.9]"),
		DNS(US_CONFIG, "450 4.7.1 Client host rejected: cannot find your hostname, [198.51.100.9]"),
		DNS(US_CONFIG, "554 5.7.1 Fix reverse DNS for 198.51.100.9"),
		DNS(US_CONFIG, "554 No SMTPd here: missing PTR record for 198.51.100.9"),
		DNS(US_CONFIG, "550 5.7.1 Invalid or no reverse DNS (rDNS) for 198.51.100.9"),
		DNS(US_CONFIG, "554 Kein gültiger PTR-Eintrag: reverse DNS lookup failed"),
		DNS(SENDER_DOMAIN, "[:ours :rcpt] 550 5.7.1 Your IP has no PTR record"),
		CONFIG(US_CONFIG, POSTFIX("mx.acme.example", "504 5.5.2 <mail>: Helo command rejected: need fully-qualified hostname", "RCPT TO")),
		CONFIG(US_CONFIG, "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)"),
		CONFIG(US_CONFIG, "501 Syntactically invalid HELO argument(s)"),
		CONFIG(SENDER_DOMAIN, "[:ours :helo] 504 5.5.2 <user-pc>: Helo command rejected: need fully-qualified hostname"),
		DNS(SENDER_DOMAIN, "450 4.1.8 <web@server.example.org>: Sender address rejected: Domain not found"),
		DNS(SENDER_DOMAIN, "553 5.1.8 <www-data@web1.local>... Domain of sender address www-data@web1.local does not exist"),
		DNS(SENDER_DOMAIN, "550 5.1.8 Sender domain must exist"),
		DNS(SENDER_DOMAIN, "451 4.1.8 Domain of sender address x@example.org does not resolve"),
		DNS(SENDER_USER, "550 5.1.2 Bad destination system address: domain does not exist"),
	};

	(void)state;
	CHECK_ROWS(ROWS);
}

static void test_authentication(void **state)
{
	static const struct row ROWS[] = {
		AUTH(SENDER_DOMAIN, "550 5.7.26 This mail has been blocked because the sender is unauthenticated."),
		AUTH(SENDER_DOMAIN, "550 5.7.1 Unauthenticated email from example.org is not accepted due to domain's DMARC policy."),
		AUTH(SENDER_DOMAIN, "554 5.7.1 DMARC policy of example.org forbids this (p=reject)"),
		AUTH(SENDER_DOMAIN, "550 5.7.0 Email rejected per DMARC policy for example.org"),
		AUTH(SENDER_DOMAIN, "550 5.7.23 <joe@acme.example>: Recipient address rejected: Message rejected due to: SPF fail - not authorized"),
		AUTH(SENDER_DOMAIN, "550 [SPF] 198.51.100.9 is not allowed to send mail from example.org"),
		AUTH(SENDER_DOMAIN, "550 5.7.1 The message did not meet SPF requirements: SPF fail"),
		AUTH(SENDER_DOMAIN, "550-SPF check failed\n550 see http://www.openspf.org/Why?id=x%40example.org&ip=198.51.100.9"),
		AUTH(SENDER_DOMAIN, "451 4.7.24 SPF temporary error, please retry: spf temperror"),
		AUTH(SENDER_DOMAIN, "550 5.7.24 SPF permerror for example.org: too many DNS lookups"),
		AUTH(SENDER_DOMAIN, "554 5.7.5 Permanent error evaluating DMARC policy"),
		AUTH(SENDER_DOMAIN, "550 5.7.20 No passing DKIM signature found"),
		AUTH(SENDER_DOMAIN, "550 5.7.1 DKIM signature verification failed"),
		AUTH(SENDER_DOMAIN, "550 Absender per SPF nicht erlaubt: SPF check failed"),
		AUTH(SENDER_DOMAIN, "[:ours :rcpt] 550 5.7.23 SPF fail for example.org"),
		AUTH(SENDER_DOMAIN, "[:ours :eod] 550 5.7.1 rejected by DMARC policy for example.org"),
		AUTH(US_CONFIG, POSTFIX("relay.example.net", "530 5.7.0 Authentication required", "MAIL FROM")),
		AUTH(US_CONFIG, POSTFIX("relay.example.net", "535 5.7.8 Authentication credentials invalid", "AUTH")),
		AUTH(US_ACCOUNT, "[:ours :auth] 535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6"),
		AUTH(US_ACCOUNT, "[:ours :auth] 535 Incorrect authentication data (set_id=joe)"),
		AUTH(SENDER_USER, "[:ours :mail] 530 5.7.0 Must authenticate before sending"),
		POLICY(SENDER_USER, "[:ours :rcpt] 554 5.7.1 <joe@gmail.example>: Relay access denied"),
		POLICY(SENDER_USER, "[:ours :rcpt] 550 5.7.1 <joe@gmail.example>... Relaying denied. Proper authentication required."),
		POLICY(SENDER_USER, "[:ours :rcpt] 550-Please turn on SMTP Authentication in your mail client.\n550-host (x) [203.0.113.5]:58133 "
			"is not permitted to relay\n550 through this server without authentication."),
		POLICY(RCPT_ADMIN, "550 5.7.1 relaying to <joe@acme.example> prohibited by administrator"),
		POLICY(RCPT_ADMIN, "553 5.7.1 sorry, that domain isn't in my list of allowed rcpthosts (#5.5.3 - chkuser)"),
		POLICY(RCPT_ADMIN, "550 we do not relay for acme.example"),
		TLS(US_CONFIG, "530 5.7.0 Must issue a STARTTLS command first"),
		TLS(US_CONFIG, "550 5.7.1 Encryption required: this server requires TLS"),
		TLS(SENDER_USER, "[:ours :mail] 530 5.7.0 TLS is required for log-in"),
	};

	(void)state;
	CHECK_ROWS(ROWS);
}

static void test_content_and_policy(void **state)
{
	static const struct row ROWS[] = {
		CONTENT(SENDER_USER, POSTFIX("mx.acme.example", "554 5.7.1 Message blocked: identified as SPAM", "end of DATA")),
		CONTENT(SENDER_USER, EXIM("end of data", "mx.acme.example", "550 This message was classified as SPAM and may not be delivered")),
		CONTENT(SENDER_USER, "554 5.7.1 Spam message rejected; If this is not spam contact abuse"),
		CONTENT(SENDER_USER, "550 High probability of spam"),
		CONTENT(SENDER_USER, "552 spam score exceeded threshold"),
		CONTENT(SENDER_USER, "554 5.6.0 Message contains invalid header"),
		CONTENT(SENDER_USER, "550 5.7.1 Unsolicited bulk mail is not wanted here"),
		CONTENT(SENDER_USER, "554 rejected due to spam content"),
		CONTENT(SENDER_USER, "571 Message Refused: looks like spam"),
		CONTENT(SENDER_USER, "550 Mensaje rechazado: considerado como spam"),
		CONTENT(SENDER_USER, "550 Wiadomość uznana za spam"),
		CONTENT(SENDER_USER, "550 Die Nachricht wurde als Spam erkannt"),
		CONTENT(SENDER_USER, "550 Messaggio rifiutato: posta indesiderata"),
		CONTENT(SENDER_USER, "554 5.7.1 Virus found: Eicar-Test-Signature"),
		CONTENT(SENDER_USER, "550 This message contains a virus (Eicar-Test-Signature)."),
		CONTENT(SENDER_USER, "554 5.7.0 Reject, id=01234-05 - VIRUS: Html.Phishing (INFECTED)"),
		CONTENT(SENDER_USER, "550 5.7.1 Message contains malware"),
		CONTENT(SENDER_USER, "552-5.7.0 This message was blocked because its content presents a potential\n552 5.7.0 security issue."),
		CONTENT(SENDER_USER, "550 5.7.1 executable attachments are not allowed"),
		CONTENT(SENDER_USER, "554 5.7.1 Message contains banned attachment type .js"),
		CONTENT(SENDER_USER, POSTFIX("mail1.acme.example", "550 5.7.1 Message rejected due to content restrictions", "end of DATA")),
		CONTENT(SENDER_USER, "550 5.6.0 Lone CR or LF in body / malformed message"),
		CONTENT(SENDER_USER, "554 5.6.1 Body type not supported by Remote Host: 8bit"),
		CONTENT(SENDER_USER, "550 5.7.1 Suspicious message: looks like phishing"),
		HARD(SENDER_USER, "552 5.3.4 Message size exceeds fixed maximum message size (10485760)"),
		HARD(SENDER_USER, "552 5.2.3 Message exceeds maximum fixed size (25000000)"),
		HARD(SENDER_USER, "523 the message's size (31457280) exceeds the size limit"),
		HARD(SENDER_USER, "552 Nachricht zu groß"),
		HARD(SENDER_USER, "552 message too big for this system: maximum size is 30 MB"),
		POLICY(RCPT_ADMIN, "550 5.7.1 Your message was rejected by policy of this site"),
		POLICY(RCPT_ADMIN, "554 5.7.1 <joe@acme.example>: Recipient address rejected: Access denied"),
		POLICY(RCPT_ADMIN, "550 Administrative prohibition"),
		POLICY(RCPT_ADMIN, "550 5.7.1 Delivery not authorized, message refused"),
		POLICY(RCPT_ADMIN, "550 rejected by system administrator"),
		POLICY(RCPT_ADMIN, "550 Nachricht abgelehnt"),
		POLICY(RCPT_ADMIN, "554 Transaction failed"),
		POLICY(RCPT_ADMIN, "550 5.7.1 mail from 198.51.100.0/24 refused: blocked country"),
		POLICY(RCPT_USER, "550 5.7.1 Your address has been blocked by recipient"),
		POLICY(RCPT_USER, "550 5.7.1 message rejected by this user's filter, you are not on the whitelist"),
		POLICY(SENDER_USER, "550 5.7.2 You are not allowed to post to this mailing list: not a member of this list"),
		POLICY(US_CONFIG, "[:ours :rcpt] 554 5.7.1 <203.0.113.5>: Client host rejected: Access denied"),
		LOOP(US_CONFIG, "554 5.4.6 Too many hops"),
		LOOP(US_CONFIG, "554 5.4.14 Hop count exceeded - possible mail loop"),
		LOOP(US_CONFIG, "550 mail loop detected: this message has 30 received headers"),
		CONFIG(US_CONFIG, "503 5.5.1 Error: need MAIL command"),
		CONFIG(US_CONFIG, "500 5.5.1 Invalid command: unrecognized command XXXA"),
	};

	(void)state;
	CHECK_ROWS(ROWS);
}

static void test_passing(void **state)
{
	static const struct row ROWS[] = {
		GREYLIST(NONE, POSTFIX("mx.acme.example", "450 4.2.0 <joe@acme.example>: Recipient address rejected: Greylisted, see "
			"http://postgrey.schweikert.ch/help/acme.example.html", "RCPT TO")),
		GREYLIST(NONE, POSTFIX("mx.acme.example", "451 4.7.1 Greylisting in action, please come back in 00:05:00", "RCPT TO")),
		GREYLIST(NONE, "451 4.7.1 Please try again in 300 seconds: you have been greylisted"),
		GREYLIST(NONE, "450 4.7.1 <joe@acme.example>: Recipient address rejected: Policy Rejection- Please try later: graylisted"),
		GREYLIST(NONE, EXIM("RCPT TO:<joe@acme.example>", "mx.acme.example", "451 Resources temporarily not available - Please try again later "
			"(greylist)")),
		GREYLIST(NONE, POSTFIX("mx.acme.example", "450 4.7.1 <joe@acme.example>: try again later", "RCPT TO")),
		RATE(US_CONFIG, "host mx.acme.example[192.0.2.25] refused to talk to me: 421 4.7.0 Too many connections from your IP, try again later"),
		RATE(US_CONFIG, "421 4.4.5 Too many simultaneous connections; please try again later."),
		RATE(US_CONFIG, "450 4.7.1 Error: too much mail from 198.51.100.9"),
		RATE(US_CONFIG, "421 4.3.2 Connection rate limit exceeded."),
		RATE(US_CONFIG, "451 4.7.1 You are sending too fast, please slow down"),
		RATE(US_CONFIG, "452 4.5.3 Error: too many recipients"),
		RATE(US_CONFIG, "421 Zu viele gleichzeitige Verbindungen, bitte später erneut versuchen"),
		RATE(SENDER_DOMAIN, "[:ours :connect] 421 Too many concurrent SMTP connections from this IP address; please try again later."),
		RATE(US_ACCOUNT, POSTFIX("relay.example.net", "554 5.7.1 You have exceeded your hourly limit of 200 messages per hour", "RCPT TO")),
		RATE(US_ACCOUNT, "550 5.4.5 Daily sending quota exceeded, monthly limit"),
		SOFT(RCPT_ADMIN, "421 mx.acme.example closing connection"),
		SOFT(NONE, "451 4.3.0 Temporary server failure. Please try again later"),
		SOFT(NONE, "host mx.acme.example[192.0.2.25] refused to talk to me: 421 4.3.2 system overloaded, closing"),
		CONFIG(RCPT_ADMIN, "451 Temporary local problem - please try later"),
		SOFT(NONE, "451 4.4.2 mx.acme.example Error: timeout exceeded"),
		SOFT(NONE, "432 4.3.2 the server is undergoing maintenance"),
		SOFT(NONE, "421 4.3.0 collect: Cannot write ./dfx (bfcommit, uid=0, gid=51): load too high"),
		SOFT(NONE, "451 le service est temporairement indisponible, reessayez plus tard"),
		SOFT(NONE, "451 4.3.0 попробуйте позже"),
		DNS(NETWORK, "451 4.4.3 Temporary DNS failure while looking up acme.example"),
		NETWORK(NETWORK, "connection reset by peer"),
	};

	(void)state;
	CHECK_ROWS(ROWS);
}

/* Security gateways and providers whose words are their own */
static void test_vendors(void **state)
{
	static const struct row ROWS[] = {
		REPUTATION(US_REPUTATION, "554 5.7.1 [P4] Message blocked due to spam content in the message: see http://csi.cloudmark.com/reset-request/"),
		REPUTATION(US_REPUTATION, "550 5.7.0 Blocked - see https://ipcheck.proofpoint.com/?ip=198.51.100.9"),
		REPUTATION(US_REPUTATION, "550 Rejected by header based manually Blocked Senders: csi.mimecast.org poor reputation sender"),
		POLICY(RCPT_ADMIN, "[@eu-smtp-inbound-2.mimecast.com] 550 Administrative prohibition - envelope blocked"),
		GREYLIST(NONE, "[@us-smtp-inbound-1.mimecast.com] 451 Internal resources are temporarily unavailable - "
			"https://community.mimecast.com/docs/DOC-1369#451"),
		TLS(US_CONFIG, "553 This route requires encryption (TLS). - https://community.mimecast.com/"),
		REPUTATION(US_REPUTATION, "554 Service unavailable; Client host [mail.example.org] blocked using Barracuda Reputation; "
			"http://www.barracudanetworks.com/reputation/?pr=1&ip=198.51.100.9"),
		POLICY(RCPT_ADMIN, "[@d2a.ess.barracudanetworks.com] 550 permanent failure for one or more recipients (joe@acme.example:blocked)"),
		RATE(US_REPUTATION, "[@esa2.acme.example] 452 Too many recipients received this hour"),
		CONTENT(SENDER_USER, "554 5.7.0 Reject, id=31415-09 - SPAM"),
		CONTENT(SENDER_USER, "554 5.7.0 Reject, id=31415-09 - BANNED: application/octet-stream,.exe"),
		CONTENT(SENDER_USER, "554 5.7.1 Gtube pattern; If this is not spam contact"),
		REPUTATION(US_CONFIG, "[@mx03.t-online.de :connect] 554 IP=198.51.100.9 - A problem occurred. (Ask your postmaster for help or to contact "
			"tosa@rx.t-online.de to clarify.) (BL)"),
		REPUTATION(US_CONFIG, "554 IP=198.51.100.9 - None/bad reputation. (NOWL)"),
		DNS(US_CONFIG, "554-web.de (mxweb011) Nemesis ESMTP Service not available\n554-No SMTP service\n554-Bad DNS PTR resource record.\n554 For "
			"explanation visit https://postmaster.web.de/en/error-messages?ip=198.51.100.9&c=rdns"),
		REPUTATION(US_REPUTATION, "554-gmx.net (mxgmx101) Nemesis ESMTP Service not available\\n554-No SMTP service\\n554-IP address is block "
			"listed.\\n554 For explanation visit https://postmaster.gmx.net/en/error-messages?ip=198.51.100.9&c=bl"),
		HARD(SENDER_USER, "[@mx00.emig.gmx.net] 550 Requested action not taken: mailbox unavailable"),
		HARD(SENDER_USER, "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR204_416 [416]"),
		RATE(US_CONFIG, "421 mwinf5c35 ME Trop de connexions, veuillez verifier votre configuration. Too many connections, slow down. OFR005_104 [104]"),
		REPUTATION(US_REPUTATION, "421 mwinf5c10 Service refuse. Veuillez essayer plus tard. Service refused, please try later. LPN007_510"),
		CONTENT(SENDER_USER, "550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506]"),
		REPUTATION(US_REPUTATION, "421 Too many errors from your ip (198.51.100.9), please visit http://postmaster.free.fr/"),
		CONTENT(SENDER_USER, "550 spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=abc or  report details to "
			"abuse@corp.mail.ru. Error code: AB12CD34. ID: 0000000000000000."),
		HARD(SENDER_USER, "550 Message was not accepted -- invalid mailbox.  Local mailbox joe@mail.ru is unavailable: user not found"),
		CONTENT(SENDER_USER, "554 5.7.1 [1] Message rejected under suspicion of SPAM; https://ya.cc/1IrBc"),
		HARD(SENDER_USER, "[@mx2.qq.com] 550 Mailbox not found. https://service.mail.qq.com/detail/122/169"),
		RATE(US_CONFIG, "[@mx2.qq.com] 550 IP frequency limited. https://service.mail.qq.com/detail/0/410"),
		CONTENT(SENDER_USER, "554 DT:SPM 126 smtp2,DMmowADnTzr 198.51.100.9 http://mail.163.com/help/help_spam_16.htm?ip=198.51.100.9"),
		AUTH(SENDER_DOMAIN, "550 MI:SPF 163 mx23,Q5m 198.51.100.9"),
		REPUTATION(US_REPUTATION, "554 resimta-po-03v.sys.comcast.net resimta-po-03v.sys.comcast.net 198.51.100.9 Comcast block for spam. Please see "
			"http://postmaster.comcast.net/smtp-error-codes.php#BL000000"),
		REPUTATION(US_REPUTATION, "554 p3plibsmtp02-03.prod.phx3.secureserver.net bizsmtp IB103. Connection refused. 198.51.100.9 has a poor "
			"reputation on Cloudmark Sender Intelligence (CSI)."),
		REPUTATION(US_REPUTATION, "554 cdptpa-pub-iedge-vip.email.rr.com cmsmtp ESMTP server not available AUP#I-1000"),
		RATE(US_ACCOUNT, "[@relay.example.net] 451 4.7.1 monthly limit reached, upgrade your plan"),
		CONFIG(US_CONFIG, "554 Message rejected: Email address is not verified. The following identities failed the check in region US-EAST-1: x@example.org"),
		CONFIG(RCPT_ADMIN, "551 5.7.1 https://improvmx.com/errors#id-5.9.2"),
		LOOP(RCPT_ADMIN, "551 5.7.1 https://improvmx.com/errors#id-5.9.0"),
		CONFIG(RCPT_ADMIN, "421 4.3.2 License Expired"),
	};

	(void)state;
	CHECK_ROWS(ROWS);
}

/* Strangers write replies too: names and addresses in them decide nothing, the most specific part of several does */
static void test_hostile(void **state)
{
	static const struct row ROWS[] = {
		HARD(SENDER_USER, POSTFIX("mx.policy.example", "550 5.1.1 <spam@example.net>: user unknown", "RCPT TO")),
		HARD(SENDER_USER, POSTFIX("mx.example.net", "550 5.1.1 <spam@blacklist.example>", "RCPT TO")),
		HARD(SENDER_USER, POSTFIX("virus.example.net", "550 5.1.1 quota@virus.example", "RCPT TO")),
		HARD(SENDER_USER, POSTFIX("spam.policy.example", "550 5.1.1 nobody", "RCPT TO")),
		QUOTA(RCPT_USER, POSTFIX("greylist.example.net", "552 5.2.2 <virus@spam.example>", "RCPT TO")),
		HARD(SENDER_USER, POSTFIX("mx.odd.example", "550 5.1.1 no such user (sorry) (said: \"go (away)\") => <x@y.example> status=sent, relay=none",
			"RCPT TO")),
		HARD(SENDER_USER, "550-5.7.1 hello\n550-5.7.1 please read on\n550 5.1.1 user unknown"),
		HARD(SENDER_USER, "550-5.1.1 The email account that you tried to reach does not exist. Please try\\n550-5.1.1 double-checking the "
			"recipient's email address for typos or\\n550-5.1.1 unnecessary spaces.\\n550 5.1.1 https://support.google.com/mail/?p=NoSuchUser"),
		QUOTA(RCPT_USER, "550 5.7.1 552 5.2.2 mailbox full"),
		HARD(SENDER_USER, "5.1.1"),
		HARD(SENDER_USER, "550 5.1.1"),
		POLICY(RCPT_ADMIN, "550 5.7.1 \x01\x02\x03\xff\xfe\xc3"),
		POLICY(RCPT_ADMIN, "554 %s%n%d ${jndi:ldap://x} `reboot` $(reboot) \x1b[2J"),
		POLICY(RCPT_ADMIN, "550"),
		SOFT(RCPT_ADMIN, "421"),
		SOFT(RCPT_ADMIN, ""),
		SOFT(RCPT_ADMIN, " "),
		SOFT(RCPT_ADMIN, "x"),
		SOFT(RCPT_ADMIN, "\n\n"),
		HARD(SENDER_USER, "550 5.1.1 \"\\\"<>:::;;;,,,()(((( user    unknown ))))"),
		HARD(SENDER_USER, "550 user\r\nunknown"),
		HARD(SENDER_USER, "550 USER UNKNOWN"),
		HARD(SENDER_USER, "host x[1.2.3.4] said: host y[5.6.7.8] said: 550 5.1.1 user unknown (in reply to RCPT TO command) (in reply to RCPT TO command)"),
	};

	(void)state;
	CHECK_ROWS(ROWS);
}

/* Replies as guides and handbooks for newcomers show them */
static void test_guides(void **state)
{
	static const struct row ROWS[] = {
		HARD(SENDER_USER, "SMTP error from remote mail server after RCPT TO:<[email protected]>: 550 5.1.1 The email account that you tried to "
			"reach does not exist"),
		AUTH(US_ACCOUNT, "[:ours :auth] 535 Incorrect authentication data ([email protected])"),
		AUTH(SENDER_DOMAIN, "SMTP error from remote mail server after MAIL FROM:<[email protected]> SIZE=1234: 550-5.7.26 This mail is "
			"unauthenticated, which poses a security risk to the sender and Gmail users"),
		POLICY(SENDER_USER, "[:ours :rcpt] 554 5.7.1 Relay access denied"),
		POLICY(RCPT_ADMIN, "554 5.7.1 Relay access denied"),
		GREYLIST(NONE, "SMTP error from remote mail server after MAIL FROM:<[email protected]> SIZE=6601: host mta5.am0.yahoodns.net "
			"[192.0.2.240]: 421 4.7.0 [GL01] Message from (198.51.100.133) temporarily deferred - 4.16.50. Please refer to "
			"http://postmaster.yahoo.com/errors/postmaster-21.html"),
		REPUTATION(US_REPUTATION, "SMTP error from remote mail server after end of data: host gmail-smtp-in.l.google.com [192.0.2.27]: 421-4.7.0 "
			"[198.51.100.195 15] Our system has detected an unusual rate of\\n421-4.7.0 unsolicited mail originating from your IP address. To "
			"protect our\\n421-4.7.0 users from spam, mail sent from your IP address has been temporarily\\n421-4.7.0 rate limited."),
		REPUTATION(US_REPUTATION, "SMTP error from remote mail server after MAIL FROM:<[email protected]> SIZE=1811: host mta7.am0.yahoodns.net "
			"[192.0.2.66]: 421 4.7.1 [TS03] All messages from 198.51.100.212 will be permanently deferred; Retrying will NOT succeed. See "
			"http://postmaster.yahoo.com/421-ts03.html"),
		DNS(US_CONFIG, "host mx.someaddress.com [192.0.2.20]: 450 4.7.1 Client host rejected: cannot find your hostname, [198.51.100.20]"),
		SOFT(NONE, "SMTP error from remote mail server after RCPT TO:<[email protected]>: host pro-mail-mx-002.bol.example [192.0.2.20]: 450 4.7.1 "
			"Service unavailable"),
		SOFT(SENDER_DOMAIN, "[:ours :rcpt] Could not complete sender verify"),
		QUOTA(RCPT_ADMIN, "SMTP error from remote mail server after RCPT TO:<[email protected]>: host mail.fictional.example [192.0.2.204]: 452 "
			"<[email protected]> Domain size limit exceeded"),
		DNS(SENDER_USER, "SMTP error from remote mail server after RCPT TO:<[email protected]>: host mail.domain.example [192.0.2.204]: "
			"550-Verification for <[email protected]>\\n550-The mail server could not deliver mail to [email protected] The account or domain may "
			"not exist, they may be blacklisted, or missing the proper dns entries."),
		DNS(SENDER_DOMAIN, "SMTP error from remote mail server after RCPT TO:: host mail.fictional.example[192.0.2.204]: 550-Sender has no A, AAAA, "
			"or MX DNS records. mail.fictional.example\\n550 l mail.fictional.example"),
		CONTENT(SENDER_USER, "host mail1.domain.example [192.0.2.204] said: 550 5.7.1 Message rejected due to content restrictions (in reply to end "
			"of DATA command)"),
		POLICY(SENDER_USER, "[:ours :rcpt] 550-Please turn on SMTP Authentication in your mail client. 550-mail.fictional.example "
			"[192.0.2.204]:58133 is not permitted to relay 550 through this server without authentication."),
		CONFIG(US_CONFIG, "SMTP error from remote mail server after MAIL FROM:<[email protected]> SIZE=1834: host mail.fictional.example "
			"[192.0.2.204]: 550 \"REJECTED - Bad HELO - Host impersonating [mail.fictional2.example]\""),
		DNS(SENDER_DOMAIN, "SMTP error from remote mail server after MAIL FROM:<[email protected]>: host mail.fictional.example [192.0.2.204]: 553 "
			"sorry, your domain does not exists."),
		DNS(SENDER_DOMAIN, "SMTP error from remote mail server after MAIL FROM:<[email protected]> SIZE=1604: host mail.fictional.example "
			"[192.0.2.204]: 553 <[email protected]> unable to verify address"),
		HARD(SENDER_USER, "SMTP error from remote mail server after RCPT TO:<[email protected]>: host x.example [192.0.2.1]: 550 No Such User Here"),
	};

	(void)state;
	CHECK_ROWS(ROWS);
}

/* One line of each of many servers, filters and languages of configuration */
static void test_wordings(void **state)
{
	static const struct row ROWS[] = {
		HARD(SENDER_USER, "550 5.1.1 <kijitora@example.co.jp>... User Unknown"),
		QUOTA(RCPT_USER, "550 5.2.2 <kijitora@example.jp>... Mailbox Full"),
		HARD(SENDER_USER, "550 : User unknown"),
		HARD(SENDER_USER, "550 Unknown user kijitora@docomo.ne.jp"),
		HARD(SENDER_USER, "550 <kijitora@ezweb.ne.jp>: User unknown"),
		HARD(SENDER_USER, "550 Invalid recipient: <kijitora@softbank.ne.jp>"),
		HARD(SENDER_USER, "550 5.1.0 Address rejected."),
		HARD(SENDER_USER, "553 Invalid recipient kijitora@example.com (Mode: normal)"),
		HARD(SENDER_USER, "554 kijitora@example.com... Address rejected"),
		CONTENT(SENDER_USER, "550 5.7.1 Message content rejected, UBE, id=00000-00-000"),
		CONTENT(SENDER_USER, "554 5.7.1 This message has been blocked because it contains FortiGuard - AntiSpam blocking URL(s)."),
		REPUTATION(US_REPUTATION, "554 Sender domain is listed at spamhaus"),
		LOOP(US_CONFIG, "554 5.4.6 Too many hops"),
		LOOP(US_CONFIG, "554 Too many hops 26 (25 max): from <> via mx.example.org, to <x@example.com>"),
		HARD(SENDER_USER, "552 5.3.4 Error: message file too big"),
		HARD(SENDER_USER, "552 Message size exceeds maximum permitted"),
		HARD(SENDER_USER, "552 5.2.3 Message size exceeds fixed maximum message size (20971520)"),
		DNS(SENDER_DOMAIN, "501 5.1.8 Sender domain must exist"),
		DNS(SENDER_DOMAIN, "553 5.1.8 <httpd@host1.mailhost.example>... Domain of sender address httpd@host1.mailhost.example does "
			"not exist"),
		CONFIG(RCPT_ADMIN, "451 4.3.0 Temporary lookup failure"),
		RATE(US_CONFIG, "452 4.3.2 Connection rate limit exceeded."),
		POLICY(RCPT_ADMIN, "571 Message Refused"),
		POLICY(RCPT_ADMIN, "550 Relay Not Permitted."),
		CONFIG(US_CONFIG, "550 5.7.1 Unable to relay for joe@example.com"),
		CONFIG(US_CONFIG, "550 5.7.1 Unable to relay"),
		POLICY(RCPT_ADMIN, "550 relaying mail to example.com is not allowed"),
		HARD(SENDER_USER, "551 not our customer"),
		REPUTATION(US_REPUTATION, "550 SC-001 (BAY004-MC1F1) Unfortunately, messages from 203.0.113.4 weren't sent."),
		CONTENT(SENDER_USER, "550-5.7.1 [203.0.113.4      12] Our system has detected that this message is likely unsolicited mail."),
		CONTENT(SENDER_USER, "554 5.7.1 The file has been blocked: banned file type"),
		CONTENT(SENDER_USER, "550 5.7.1 The message was rejected because of a virus signature: Trojan.Gen"),
		HARD(SENDER_USER, "550 Requested action not taken: mailbox unavailable"),
		POLICY(RCPT_ADMIN, "550 Denied by policy"),
		REPUTATION(US_REPUTATION, "421 4.7.0 [TSS04] Messages from 203.0.113.4 temporarily deferred due to user complaints"),
		NETWORK(RCPT_ADMIN, "450 4.4.1 connect to example.com: Connection refused"),
		NETWORK(NETWORK, "421 4.4.1 Connection timed out"),
		DNS(US_CONFIG, "450 4.7.25 Client host rejected: cannot find your hostname, [203.0.113.4]"),
		POLICY(US_ACCOUNT, "553 5.7.1 You are not allowed to use this sender address"),
		REPUTATION(US_REPUTATION, "550 5.7.1 Recipient not authorized, your IP has been found on a block list"),
		POLICY(RCPT_ADMIN, "550 5.7.1 Client host rejected: Access denied"),
		POLICY(RCPT_ADMIN, "554 5.7.1 <mx.example.org[203.0.113.4]>: Client host rejected: Access denied"),
		CONTENT(SENDER_USER, "550 \"The mail server detected your message as spam and has prevented delivery.\""),
		REPUTATION(US_REPUTATION, "550 IP 203.0.113.4 is locally blocked"),
		POLICY(RCPT_ADMIN, "550 Blocked by local policy"),
		CONTENT(SENDER_USER, "550 Message blocked by SpamTitan"),
		CONTENT(SENDER_USER, "550 5.7.1 Message rejected by Cleanmx"),
		DNS(SENDER_DOMAIN, "550 Verification failed for <x@example.org>"),
		AUTH(US_CONFIG, "550 authentication required"),
		AUTH(US_CONFIG, "550 must be authenticated"),
		AUTH(US_CONFIG, "553 authentication is required"),
		AUTH(US_ACCOUNT, "535 5.7.3 Authentication unsuccessful"),
		AUTH(US_ACCOUNT, "535 5.7.139 Authentication unsuccessful, basic authentication is disabled"),
		AUTH(US_ACCOUNT, "534 5.7.14 <https://accounts.google.com/signin/continue?...> Please log in via your web browser"),
		TLS(RCPT_ADMIN, "454 4.7.0 TLS not available due to local problem"),
		TLS(RCPT_ADMIN, "403 4.7.0 encryption too weak 128 less than 256"),
		TLS(RCPT_ADMIN, "451 4.7.5 Certificate verification failed"),
		RATE(US_CONFIG, "550 5.7.1 too many recipients for this sender"),
		RATE(US_CONFIG, "452 4.5.3 Your message has too many recipients"),
		RATE(US_CONFIG, "450 4.7.1 Too many mails (mail sent to foo too often in short time)"),
		RATE(US_CONFIG, "554 5.7.1 rate-limited"),
		RATE(US_CONFIG, "450 4.7.1 Recipient address rejected: Rate limit exceeded"),
		RATE(US_ACCOUNT, "550 Maximum number of messages per hour has been exceeded"),
		HARD(SENDER_USER, "552 sorry, that message size exceeds my databytes limit (#5.3.4)"),
		HARD(SENDER_USER, "552 Mail size limit exceeded"),
		CONTENT(SENDER_USER, "500 Line too long"),
		CONTENT(SENDER_USER, "500 5.2.2 Line too long"),
		CONTENT(SENDER_USER, "554 5.6.0 Message is not RFC 5322 compliant because it has duplicate 'From' headers."),
		POLICY(RCPT_ADMIN, "550 5.7.0 Message Size Violates Policy"),
		CONTENT(SENDER_USER, "550 Messages without To/Cc/Bcc headers not accepted"),
		CONTENT(SENDER_USER, "550 Missing required header field: Date"),
		AUTH(SENDER_DOMAIN, "550 5.7.1 Rejected: DKIM test result = fail"),
		AUTH(SENDER_DOMAIN, "550-DMARC validation failed\n550 rejected due to DMARC"),
		AUTH(SENDER_DOMAIN, "550 5.7.1 Email rejected due to DMARC policy"),
		AUTH(SENDER_DOMAIN, "550 5.7.1 Sender ID (PRA) Not Permitted"),
		AUTH(SENDER_DOMAIN, "550 5.7.1 SPF verification failed"),
		AUTH(SENDER_DOMAIN, "550 Sender is not allowed according to SPF"),
		AUTH(SENDER_DOMAIN, "550 Message rejected because SPF check failed for 203.0.113.4"),
		SOFT(NONE, "450 4.3.2 <x@example.com>: Recipient address rejected: Service is unavailable (try later)"),
		SOFT(NONE, "421 Service not available"),
		RATE(US_CONFIG, "421 Server busy, too many connections"),
		SOFT(RCPT_ADMIN, "421 4.3.2 All server ports are busy"),
		SOFT(NONE, "421 try later"),
		SOFT(SENDER_DOMAIN, "451 Could not complete sender verify callout"),
		DNS(US_CONFIG, "451 4.1.8 Possibly forged hostname for 203.0.113.4"),
		DNS(US_CONFIG, "550 5.7.1 Possibly forged hostname for 203.0.113.4"),
		DNS(US_CONFIG, "550 5.7.1 Reverse DNS does not match, access denied"),
		DNS(US_CONFIG, "554 5.7.1 PTR lookup failure"),
		DNS(US_CONFIG, "554 - no reverse mapping for 203.0.113.4"),
		DNS(US_CONFIG, "550 Your IP address 203.0.113.4 does not have a PTR record"),
		DNS(US_CONFIG, "550 No RDNS entry for 203.0.113.4"),
		DNS(US_CONFIG, "550 Mail is rejected because your IP has no reverse lookup"),
		REPUTATION(US_CONFIG, "550 5.7.1 Suspected generic rDNS"),
		REPUTATION(US_CONFIG, "550 Dynamic IP addresses rejected: pool-203-0-113-4.dsl.example.net"),
		REPUTATION(US_CONFIG, "550 You appear to be on a dynamic IP"),
		REPUTATION(US_REPUTATION, "554 5.7.1 Rejected 203.0.113.4 found in dnsbl.example.com"),
		POLICY(RCPT_ADMIN, "550 ERROR: Mail Refused - 203.0.113.4 - See https://www.example.net/blocked"),
		REPUTATION(US_REPUTATION, "553 Mail from 203.0.113.4 not allowed - 5.7.1 [BL21] Connections not accepted from IP addresses "
			"on Spamhaus PBL"),
		CONTENT(SENDER_USER, "550 SPAM: your message was refused"),
		CONTENT(SENDER_USER, "550 5.7.1 Blacklisted URL in message"),
		CONTENT(SENDER_USER, "550 5.7.1 Service refused by antispam policy"),
		DNS(US_CONFIG, "554 Refused. Your reverse DNS entry does not resolve."),
		CONFIG(US_CONFIG, "550 HELO argument does not match calling host"),
		CONFIG(US_CONFIG, "550 Host impersonation: bad HELO"),
		CONFIG(US_CONFIG, "504 <localhost>: HELO command rejected: need fully-qualified hostname"),
		CONFIG(US_CONFIG, "501 Invalid HELO name"),
		CONFIG(US_CONFIG, "550 EHLO/HELO string is invalid or suspicious"),
		CONTENT(SENDER_USER, "550 5.7.1 Attachments of type .exe are not allowed"),
		CONTENT(SENDER_USER, "552 We do not accept executables in email"),
		CONTENT(SENDER_USER, "554 Message contains a banned attachment"),
		CONTENT(SENDER_USER, "550 Content blocked"),
		CONTENT(SENDER_USER, "550 Message filtered, please see the FAQs section on spam"),
		CONTENT(SENDER_USER, "550 Error: content rejected"),
		CONTENT(SENDER_USER, "554 rejected, virus found: W32/Netsky"),
		POLICY(SENDER_USER, "550 List is moderated; not subscribed"),
		POLICY(SENDER_USER, "550 5.7.2 Posting not allowed"),
		HARD(SENDER_USER, "551 User not local; please try <forward-path>"),
		POLICY(RCPT_ADMIN, "553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)"),
		POLICY(RCPT_ADMIN, "553 sorry, your envelope recipient is in my badrcptto list"),
		HARD(SENDER_USER, "553 sorry, this recipient is not in my validrcptto list (#5.7.1)"),
		SOFT(NONE, "451 qq temporary problem (#4.3.0)"),
		QUOTA(RCPT_ADMIN, "451 qq write error or disk full (#4.3.0)"),
		LOOP(US_CONFIG, "554 qq Sorry, message has too many hops (#5.4.6)"),
		SOFT(NONE, "451 mail server temporarily rejected message (#4.3.0)"),
		AUTH(SENDER_DOMAIN, "571 sorry, sender IP address does not match SPF record"),
		DNS(SENDER_USER, "550 cannot route to address"),
		DNS(SENDER_USER, "550 No such domain at this location"),
		DNS(SENDER_USER, "550 Host unknown"),
		HARD(SENDER_USER, "550 Unrouteable mail domain \"example.con\""),
		HARD(SENDER_USER, "553 5.1.3 Invalid email address"),
		CONFIG(US_CONFIG, "555 5.5.2 Syntax error, goodbye"),
		CONFIG(US_CONFIG, "502 5.5.2 Error: command not recognized"),
		CONFIG(US_CONFIG, "503 RCPT first"),
		CONFIG(US_CONFIG, "503 valid RCPT command must precede DATA"),
		QUOTA(RCPT_USER, "550 Mailbox has exceeded the limit"),
		QUOTA(RCPT_USER, "550 User has too many messages on the server"),
		QUOTA(RCPT_USER, "550 recipient mailbox is full"),
		QUOTA(RCPT_USER, "552 Mailfolder is full"),
		QUOTA(RCPT_USER, "552 disk quota exceeded"),
		QUOTA(RCPT_USER, "452 Mailbox size limit exceeded"),
		QUOTA(RCPT_USER, "550 user over quota"),
		QUOTA(RCPT_USER, "550 The user's mailbox is over quota, mail cannot be delivered"),
		QUOTA(RCPT_USER, "422 Mailbox full"),
		QUOTA(RCPT_USER, "452 4.2.2 Mailbox full"),
		QUOTA(RCPT_USER, "550 Storage quota reached"),
	};

	(void)state;
	CHECK_ROWS(ROWS);
}

/* Short and blunt ones, as old servers and small filters give them */
static void test_blunt_wordings(void **state)
{
	static const struct row ROWS[] = {
		REPUTATION(US_REPUTATION, "550 198.51.100.9 blacklisted see http://www.spamhaus.org/query/bl?ip=203.0.113.9"),
		REPUTATION(US_REPUTATION, "550 5.2.1 Mailbox unavailable. Your IP address 203.0.113.9 is blacklisted using SPAMHAUS-XBL. "
			"Details: https://www.spamhaus.org/query/ip/203.0.113.9."),
		REPUTATION(US_REPUTATION, "550 5.7.0 Your server IP address is in the SpamHaus SBL-XBL database, bye"),
		REPUTATION(US_REPUTATION, "550 5.7.1 203.0.113.9 has been blocked by zen.spamhaus.org"),
		POLICY(RCPT_ADMIN, "554 5.7.1 Service unavailable; Client host [198.51.100.9] blocked using ee.countries.nerd.dk; Your IP "
			"is in ee, rejected based on geographical location"),
		GREYLIST(NONE, "421 4.7.1 Service unavailable; Client host [198.51.100.9] blocked using grey.rbl - Rechazo temporal, "
			"intentelo mas tarde por favor...Greylisting in action, please try again later"),
		SECURITY(US_REPUTATION, "550 5.7.1 :127.0.0.4:Client host 203.0.113.9 blocked using 87.blocklist.zap; Mail from IP banned. "
			"To request removal from this list please visit http://www.spamhaus.org/query/bl?ip=$"),
		REPUTATION(RCPT_ADMIN, "454 4.7.1 Service unavailable; Client host [198.51.100.9] blocked using dnsbl.sorbs.net; Currently "
			"Sending Spam See: http://www.sorbs.net/lookup.shtml?198.51.100.9"),
		REPUTATION(US_REPUTATION, "550 5.7.1 <sender@example.com>... 203.0.113.9 listed at zen.spamhaus.org"),
		REPUTATION(US_REPUTATION, "550 5.7.1 Blacklisted by zen.spamhaus.org. To avoid this problem"),
		REPUTATION(US_REPUTATION, "550 5.7.1 Blacklisted by recipient"),
		REPUTATION(US_REPUTATION, "550 5.7.1 Client address [203.0.113.9] blocked. You are in the SPAMMER List - Listed on The "
			"Spamhaus Project."),
		REPUTATION(US_REPUTATION, "550 5.7.1 Rejected. Sender 203.0.113.9 found in SPL-XBL listing; see "
			"http://www.spamhaus.org/query/bl?ip=203.0.113.9"),
		CONTENT(SENDER_USER, "554 5.7.1 Service unavailable; Client host [mail.example.com] blocked using multi.uribl.com"),
		CONFIG(RCPT_ADMIN, "554 5.7.1 Service unavailable; Client host [mail.example.com] blocked using multi.uribl.com; 127.0.0.1 "
			"-> Query Refused. See http://uribl.com/refused.shtml for more information [Your DNS IP: 198.51.100.9]"),
		REPUTATION(US_REPUTATION, "554 5.7.1 Service unavailable; Sender address [user@example.com] blocked using "
			"dbl.spamhaus.org; https://www.spamhaus.org/query/domain/example.com"),
		REPUTATION(US_REPUTATION, "550 5.7.1 The IP address was rejected by the Realtime Block List provider zen.spamhaus.org."),
		REPUTATION(US_REPUTATION, "550 5.7.1 This system is configured to reject mail from mta.example.com. Connecting host "
			"[203.0.113.9] is listed by the lookup site 'zen.spamhaus.org.'."),
		REPUTATION(US_REPUTATION, "550 Email blocked by SPAMHAUS"),
		REPUTATION(US_REPUTATION, "550 https://www.spamhaus.org/query/ip/203.0.113.9"),
		REPUTATION(US_REPUTATION, "553 5.3.0 203.0.113.9 Rejected - see http://www.spamhaus.org"),
		REPUTATION(US_REPUTATION, "554 5.7.1 You are sending spam (check http://www.spamhaus.org/query/bl?ip=203.0.113.9)"),
		SECURITY(US_REPUTATION, "554 Denied [SHXBL] - Denied by Spamhaus XBL - See http://www.spamhaus.org/query/bl?ip=203.0.113.9 "
			"(Mode: normal)"),
		REPUTATION(US_CONFIG, "554 IP:203.0.113.9 - A problem occurred. (Ask your postmaster for help or to contact "
			"tosa@rx.t-online.de to clarify.)"),
		REPUTATION(US_REPUTATION, "550 Rejected due to DNSBL server response (dnsbl.cobion.com - 198.51.100.9)"),
		REPUTATION(RCPT_ADMIN, "550 5.7.1 YOUR server 198.51.100.9 is in the blacklist dnsbl.sorbs.net, your message was blocked "
			"by Sorbs! Check http://www.robtex.com/ip/198.51.100.9.html#blacklists"),
		REPUTATION(RCPT_ADMIN, "554 Connection from 198.51.100.9 rejected for policy reasons. Host found in DNS blacklist at "
			"dnsbl.sorbs.net"),
		REPUTATION(RCPT_ADMIN, "451 Currently Sending Spam See: http://www.sorbs.net/lookup.shtml?198.51.100.9"),
		REPUTATION(RCPT_ADMIN, "501 5.7.1 <sender@example.com>... Sender refused by the DNSBL dnsbl.sorbs.net"),
		REPUTATION(RCPT_ADMIN, "450 Requested action not taken:c1mx2, IwENCgC3+s5MYEpYXlIcAA--.4588S3, dnsbl.sorbs.net, please try again"),
		REPUTATION(US_REPUTATION, "554 5.5.4 Your IP 198.51.100.9 address has a bad reputation. To unblock visit "
			"http://cloud-security.net/unblock?x"),
		DNS(US_CONFIG, "550 all mail servers must have a PTR record with a valid Reverse DNS entry"),
		REPUTATION(US_REPUTATION, "550 Bad sender IP address"),
		AUTH(SENDER_DOMAIN, "550 can't determine Purported Responsible Address"),
		DNS(US_CONFIG, "550 cannot resolve your address"),
		AUTH(SENDER_DOMAIN, "550 domain example.org mismatches client ip"),
		REPUTATION(US_CONFIG, "550 hosts with dynamic ip"),
		AUTH(SENDER_DOMAIN, "550 INVALID IP FOR SENDING MAIL OF DOMAIN example.org"),
		REPUTATION(US_REPUTATION, "550 IP/domain reputation problems"),
		DNS(US_CONFIG, "550 IPs with missing PTR records"),
		AUTH(SENDER_DOMAIN, "550 198.51.100.9 is not allowed to send from <example.org> per it's SPF Record"),
		REPUTATION(US_REPUTATION, "550 mail server at 198.51.100.9 is blocked"),
		REPUTATION(US_REPUTATION, "550 Message from 198.51.100.9 rejected based on blacklist"),
		REPUTATION(US_REPUTATION, "550 no access from mail server 198.51.100.9"),
		DNS(US_CONFIG, "550 Please get a custom reverse DNS name from your ISP for your host"),
		AUTH(SENDER_DOMAIN, "550 Please inspect your SPF settings"),
		REPUTATION(US_CONFIG, "550 Please use the smtp server of your ISP"),
		REPUTATION(US_REPUTATION, "550 Rejecting open proxy 198.51.100.9"),
		REPUTATION(US_REPUTATION, "550 Sender IP address rejected"),
		DNS(US_CONFIG, "550 Sender IP reverse lookup rejected"),
		DNS(US_CONFIG, "550 Server access to mx forbidden by invalid RDNS record of your mail server"),
		REPUTATION(US_REPUTATION, "550 Server access forbidden by your IP 198.51.100.9"),
		REPUTATION(US_REPUTATION, "550 Server IP 198.51.100.9 listed as abusive"),
		DNS(US_CONFIG, "550 This system will not accept messages from servers/devices with no reverse DNS"),
		REPUTATION(US_REPUTATION, "550 Too many spams from your IP"),
		DNS(US_CONFIG, "550 unresolvable relay host name"),
		REPUTATION(US_REPUTATION, "550 your network is temporary blacklisted"),
		REPUTATION(US_REPUTATION, "550 You are sending spam"),
		CONTENT(SENDER_USER, "550 Your message was rejected for possible spam/virus content"),
		HARD(SENDER_USER, "550 <joe@example.com> not found"),
		HARD(RCPT_USER, "550 archived recipient"),
		HARD(SENDER_USER, "550 BAD-RECIPIENT"),
		HARD(SENDER_USER, "550 can't accept user"),
		HARD(SENDER_USER, "550 destination addresses were unknown"),
		HARD(SENDER_USER, "550 destination server rejected recipients"),
		HARD(SENDER_USER, "550 invalid mailbox path"),
		HARD(SENDER_USER, "550 is not an active address at this host"),
		HARD(SENDER_USER, "550 mailbox joe@example.com unavailable"),
		HARD(SENDER_USER, "550 mailbox is unavailable"),
		HARD(SENDER_USER, "550 mailbox not present"),
		HARD(SENDER_USER, "550 No existe dicha persona"),
		HARD(SENDER_USER, "550 No existe ese usuario"),
		HARD(SENDER_USER, "550 no mail box available for this user"),
		HARD(RCPT_USER, "550 no thank you rejected: Account Unavailable: Possible Forgery"),
		HARD(SENDER_USER, "550 nonexistent user"),
		HARD(SENDER_USER, "550 not a valid user here"),
		HARD(SENDER_USER, "550 recipient was not found in LDAP"),
		HARD(SENDER_USER, "550 recipient not OK"),
		HARD(SENDER_USER, "550 recipient is not local"),
		HARD(SENDER_USER, "550 There is no one at this address"),
		HARD(SENDER_USER, "550 this address no longer accepts mail"),
		HARD(SENDER_USER, "550 this email address is wrong or no longer valid"),
		HARD(SENDER_USER, "550 unknown e-mail address"),
		HARD(SENDER_USER, "550 user joe was not found"),
		HARD(SENDER_USER, "550 user missing home directory"),
		HARD(SENDER_USER, "550 user not known"),
		HARD(SENDER_USER, "550 I cannot deliver mail for <joe@example.com>"),
		HARD(SENDER_USER, "550 That recipient is not allowed"),
		HARD(SENDER_USER, "550 Address invalid"),
		HARD(SENDER_USER, "550 No such ID"),
		HARD(SENDER_USER, "553 mailbox name not allowed"),
		HARD(RCPT_USER, "550 User account not activated"),
		QUOTA(RCPT_USER, "550 Mailbox is full / Blocks limit exceeded / Inode limit exceeded"),
		QUOTA(RCPT_USER, "550 account is overquota"),
		DNS(SENDER_USER, "498 No MX for example.com"),
		AUTH(US_CONFIG, "503 This mail server requires authentication when attempting to send to a non-local e-mail address"),
		POLICY(RCPT_ADMIN, "554 Error: transaction failed, blame it on the weather: E2: Cannot accept your message due to internal error"),
		DNS(SENDER_DOMAIN, "550 Domain may not exist or DNS check failed"),
		AUTH(SENDER_DOMAIN, "550 Message rejected due to senders DMARC policy"),
		DNS(SENDER_DOMAIN, "553 Sender Domain Resolve Fail"),
		DNS(SENDER_DOMAIN, "550 sorry, your envelope sender domain must exist"),
		CONTENT(SENDER_USER, "550 Rejected - Content Policy"),
		CONTENT(SENDER_USER, "550 REJECT spam"),
		REPUTATION(US_REPUTATION, "550 The sending IP 198.51.100.9 is listed on xyz. Please resolve this and retry"),
		REPUTATION(US_REPUTATION, "550 Blocked by ivmSIP"),
		REPUTATION(US_REPUTATION, "554 Blocklisting in effect"),
		REPUTATION(US_REPUTATION, "550 Your IP or Email address blocked by the FakeMail User"),
		CONTENT(SENDER_USER, "553 Blocked Using Spam Pattern, Your Message May Contain The Spam Contents"),
		CONTENT(SENDER_USER, "550 A URL in this email (x) is listed on y. Please resolve and retry"),
		CONTENT(SENDER_USER, "550 REJECTED - spamtext"),
		SOFT(NONE, "451 Temporarily unable to process your email"),
		CONTENT(SENDER_USER, "550 appears to be unsolicited"),
		CONTENT(SENDER_USER, "550 block for spam"),
		REPUTATION(US_REPUTATION, "550 blocked for abuse. see http://att.net/blocks"),
		CONTENT(SENDER_USER, "550 content filter rejection"),
		CONTENT(SENDER_USER, "550 denied due to spam list"),
		CONTENT(SENDER_USER, "550 may consider spam"),
		CONTENT(SENDER_USER, "550 message looks like spam"),
		CONTENT(SENDER_USER, "550 message refused by mailmarshal spamprofiler"),
		CONTENT(SENDER_USER, "550 message rejected because of unacceptable content"),
		CONTENT(SENDER_USER, "550 our email server thinks this email is spam"),
		CONTENT(SENDER_USER, "550 our filters rate at and above 90 percent probability of being spam"),
		CONTENT(SENDER_USER, "550 REJECT bulk.advertising"),
		CONTENT(SENDER_USER, "550 spam blocked"),
		CONTENT(SENDER_USER, "550 spam not accepted"),
		CONTENT(SENDER_USER, "550 spamming not allowed"),
		CONTENT(SENDER_USER, "550 Too much spam."),
		CONTENT(SENDER_USER, "550 the message was rejected due to classification as bulk mail"),
		CONTENT(SENDER_USER, "550 this message was rejected by Recurrent Pattern Detection System"),
		CONTENT(SENDER_USER, "550 we dont accept spam"),
		CONTENT(SENDER_USER, "550 you're using a mass mailer"),
		CONTENT(SENDER_USER, "550 your email breaches local URIBL policy"),
		CONTENT(SENDER_USER, "550 your email had spam-like header contents"),
		CONTENT(SENDER_USER, "550 your message has triggered a SPAM block"),
		CONTENT(SENDER_USER, "550 your message failed several antispam checks"),
	};

	(void)state;
	CHECK_ROWS(ROWS);
}

static int setup(void **state)
{
	(void)state;
	rules = diagnoser_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	diagnoser_free(rules);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_users),
		cmocka_unit_test(test_closed_and_full),
		cmocka_unit_test(test_names_and_lists),
		cmocka_unit_test(test_authentication),
		cmocka_unit_test(test_content_and_policy),
		cmocka_unit_test(test_passing),
		cmocka_unit_test(test_vendors),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_guides),
		cmocka_unit_test(test_wordings),
		cmocka_unit_test(test_blunt_wordings),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

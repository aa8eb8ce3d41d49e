/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate_postfix.c - a syslog file of Postfix with Dovecot: mail in both directions, retries, bounces,
 * refusals, logins good and bad, and some lines of other programs
 *
 * The shares are those of a middling company server; the texts are those of Postfix 3.7 and Dovecot 2.3.
 */
#include "generate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"

#define SERVER "mx1"
#define SERVER_FULL "mx1.acme.example"
#define RECIPIENTS_MAX 8
#define TRIES_MAX 5
#define PROCESSES 12 /* of each daemon */
#define TLS_TEXT "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 " \
		 "server-signature RSA-PSS (2048 bits) server-digest SHA256"

enum fate { FATE_OPEN, FATE_DONE };

struct recipient {
	char address[64];
	bool local;
	enum fate fate;
	int tries_wanted; /* the try on which it succeeds; above TRIES_MAX: never */
	bool bounces;     /* fails for good on its first try */
};

struct message {
	char id[24];
	char sender[64];
	bool sender_local;
	uint32_t size;
	usec_t arrived;
	bool notification;
	struct recipient to[RECIPIENTS_MAX];
	unsigned n;
};

static void syslog_line(struct generator *g, usec_t t, const char *program, uint32_t pid, const char *format, ...)
	ATTR_PRINTF(5, 6);

static void syslog_line(struct generator *g, usec_t t, const char *program, uint32_t pid, const char *format, ...)
{
	static const char *const MONTHS[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct civil c = civil_of(t, 0);
	struct strbuf sb = { 0 };
	char text[2048];
	va_list ap;

	if (g->rfc3339)
		strbuf_printf(&sb, "%04d-%02d-%02dT%02d:%02d:%02d.%06d+00:00 " SERVER " %s", c.year, c.month, c.day,
			      c.hour, c.minute, c.second, c.usec, program);
	else
		strbuf_printf(&sb, "%s %2d %02d:%02d:%02d " SERVER " %s", MONTHS[c.month - 1], c.day, c.hour, c.minute,
			      c.second, program);
	if (pid)
		strbuf_printf(&sb, "[%u]", pid);
	va_start(ap, format);
	(void)vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	strbuf_add_str(&sb, ": ");
	strbuf_add_str(&sb, text);
	put_line(g, t, &sb);
	strbuf_done(&sb);
}

static uint32_t process(struct generator *g, uint32_t base)
{
	return base + draw(g, PROCESSES);
}

/* the first process that is free, as Postfix's master takes it */
static unsigned pool_take(const struct generator *g, const struct pool *pool)
{
	unsigned i = 0;

	while (i < POOL_MAX - 1 && pool->busy_until[i] > g->now)
		i++;
	return i;
}

static void name_copy(char to[64], struct strbuf *sb)
{
	size_t n = sb->n < 63 ? sb->n : 63;

	memcpy(to, sb->p, n);
	to[n] = '\0';
	strbuf_done(sb);
}

static void local_address(struct generator *g, char to[64])
{
	struct strbuf sb = { 0 };

	add_local_user(&sb, draw_name(g, &g->local_users));
	name_copy(to, &sb);
}

static void remote_address(struct generator *g, char to[64])
{
	struct strbuf sb = { 0 };

	add_remote_user(&sb, g);
	name_copy(to, &sb);
}

/* short ids with traditional stamps, long ones with RFC 3339: as the two kinds of servers are found */
static void queue_id(struct generator *g, usec_t t, char ret[24])
{
	static const char DIGITS[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxy";
	uint64_t inode = 60000 + g->serial++;
	uint64_t sec = (uint64_t)(t / USEC_PER_SEC), usec = (uint64_t)(t % USEC_PER_SEC);
	char *p = ret;

	if (!g->rfc3339) {
		(void)snprintf(ret, 24, "%05X%05X", (unsigned)usec, (unsigned)inode);
		return;
	}
	/* base 52 is the alphabet and 'z'; seconds of our days have six digits */
	for (uint64_t unit = UINT64_C(380204032); unit; unit /= 52)
		*p++ = sec / unit % 52 == 51 ? 'z' : DIGITS[sec / unit % 52];
	for (uint64_t unit = 140608; unit; unit /= 52)
		*p++ = usec / unit % 52 == 51 ? 'z' : DIGITS[usec / unit % 52];
	*p++ = 'z';
	for (uint64_t unit = 132651; unit; unit /= 51)
		*p++ = DIGITS[inode / unit % 51];
	*p = '\0';
}

static void qmgr_active(struct generator *g, usec_t t, const struct message *m)
{
	unsigned open = 0;

	for (unsigned i = 0; i < m->n; i++)
		open += m->to[i].fate == FATE_OPEN;
	syslog_line(g, t, "postfix/qmgr", 901, "%s: from=<%s>, size=%u, nrcpt=%u (queue active)", m->id, m->sender, m->size,
		    open);
}

/* seconds as Postfix writes delays: two digits that count, but never an exponent */
static const char *seconds(double s, char buf[24])
{
	if (s < 10)
		(void)snprintf(buf, 24, "%.2g", s < 0.005 ? 0 : s);
	else
		(void)snprintf(buf, 24, "%.0f", s);
	return buf;
}

static void result_line(struct generator *g, usec_t t, const struct message *m, const struct recipient *r,
			const char *daemon, const char *relay, const char *dsn, const char *status, const char *reply)
{
	double delay = (double)(t - m->arrived) / 1e6, connect = draw(g, 40) / 100.0, send = draw(g, 40) / 100.0;
	double before = delay > connect + send ? delay - connect - send : 0;
	char program[32], a[5][24];

	(void)snprintf(program, sizeof program, "postfix/%s", daemon);
	syslog_line(g, t, program, process(g, daemon[0] == 'l' ? 3200 : 3100),
		    "%s: to=<%s>, relay=%s, delay=%s, delays=%s/%s/%s/%s, dsn=%s, status=%s (%s)", m->id, r->address,
		    relay, seconds(delay, a[0]), seconds(before, a[1]), seconds(draw(g, 5) / 100.0, a[2]),
		    seconds(connect, a[3]), seconds(send, a[4]), dsn, status, reply);
}

static void session_id(struct generator *g, char ret[24])
{
	static const char SET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (int i = 0; i < 22; i++)
		ret[i] = SET[draw(g, 64)];
	ret[22] = '\0';
}

static void deliver_local(struct generator *g, usec_t t, struct message *m, struct recipient *r, int try)
{
	static const char RELAY[] = SERVER_FULL "[/run/dovecot/lmtp]";
	char session[24], reply[256];

	if (r->bounces) {
		(void)snprintf(reply, sizeof reply,
			       "host " SERVER_FULL "[/run/dovecot/lmtp] said: 552 5.2.2 <%s> Quota exceeded (mailbox for user is "
			       "full) (in reply to end of DATA command)",
			       r->address);
		result_line(g, t, m, r, "lmtp", RELAY, "5.2.2", "bounced", reply);
	} else if (try < r->tries_wanted) {
		(void)snprintf(reply, sizeof reply,
			       "host " SERVER_FULL "[/run/dovecot/lmtp] said: 451 4.3.0 <%s> Temporary internal error (in reply "
			       "to RCPT TO command)",
			       r->address);
		result_line(g, t, m, r, "lmtp", RELAY, "4.3.0", "deferred", reply);
	} else {
		session_id(g, session);
		syslog_line(g, t - 2000, "dovecot", 0, "lmtp(%s)<%u><%s>: msgid=<%s@" SERVER_FULL ">: saved mail to INBOX",
			    r->address, process(g, 5100), session, m->id);
		(void)snprintf(reply, sizeof reply, "250 2.0.0 <%s> %s Saved", r->address, session);
		result_line(g, t, m, r, "lmtp", RELAY, "2.0.0", "sent", reply);
	}
}

static void deliver_remote(struct generator *g, usec_t t, struct message *m, struct recipient *r, int try)
{
	const char *domain = strchr(r->address, '@') + 1;
	uint32_t n = draw(g, 3);
	char relay[128], reply[400];

	(void)snprintf(relay, sizeof relay, "mx%u.%s[192.0.%u.%u]:25", n, domain, (unsigned)strlen(domain) + 3,
		       10 * n + (unsigned char)domain[4] % 10);
	if (try == 1 && chance(g, 500))
		syslog_line(g, t - 1000, "postfix/smtp", process(g, 3100), "Trusted TLS connection established to %s: %s",
			    relay, TLS_TEXT);
	if (r->bounces) {
		(void)snprintf(reply, sizeof reply,
			       "host mx%u.%s[192.0.2.%u] said: 550 5.1.1 <%s>: Recipient address rejected: User unknown (in reply "
			       "to RCPT TO command)",
			       n, domain, n, r->address);
		result_line(g, t, m, r, "smtp", relay, "5.1.1", "bounced", reply);
	} else if (try < r->tries_wanted && n == 0) {
		(void)snprintf(reply, sizeof reply, "connect to mx%u.%s[192.0.2.9]:25: Connection timed out", n, domain);
		result_line(g, t, m, r, "smtp", "none", "4.4.1", "deferred", reply);
	} else if (try < r->tries_wanted) {
		(void)snprintf(reply, sizeof reply,
			       "host mx%u.%s[192.0.2.%u] said: 450 4.2.0 <%s>: Recipient address rejected: Greylisted, see "
			       "http://postgrey.example/help/%s.html (in reply to RCPT TO command)",
			       n, domain, n, r->address, domain);
		result_line(g, t, m, r, "smtp", relay, "4.2.0", "deferred", reply);
	} else {
		(void)snprintf(reply, sizeof reply, "250 2.0.0 Ok: queued as %08X%u", draw(g, UINT32_MAX), draw(g, 99));
		result_line(g, t, m, r, "smtp", relay, "2.0.0", "sent", reply);
	}
}

/* one pass over the open recipients; returns how many failed for good, *ret_deferred how many stay open */
static unsigned attempt(struct generator *g, usec_t *t, struct message *m, int try, unsigned *ret_deferred)
{
	unsigned failed = 0, deferred = 0;

	for (unsigned i = 0; i < m->n; i++) {
		struct recipient *r = &m->to[i];

		if (r->fate != FATE_OPEN)
			continue;
		*t += draw_span(g, 3 * USEC_PER_SEC) + 5000;
		if (r->local)
			deliver_local(g, *t, m, r, try);
		else
			deliver_remote(g, *t, m, r, try);
		if (r->bounces) {
			failed++;
			g->truth.bounced++;
			r->fate = FATE_DONE;
		} else if (try < r->tries_wanted) {
			deferred++;
			g->truth.deferrals++;
		} else {
			r->fate = FATE_DONE;
			if (m->notification)
				*(r->local ? &g->truth.notifications_delivered : &g->truth.notifications_relayed) += 1;
			else
				*(r->local ? &g->truth.delivered : &g->truth.relayed) += 1;
		}
	}
	*ret_deferred = deferred;
	return failed;
}

static void live(struct generator *g, usec_t t, struct message *m);

static void notify(struct generator *g, usec_t t, const struct message *m)
{
	struct message bounce = { .size = m->size + 2000, .arrived = t, .notification = true, .n = 1 };

	if (m->sender[0] == '\0')
		return;
	g->truth.notifications++;
	queue_id(g, t, bounce.id);
	memcpy(bounce.to[0].address, m->sender, sizeof m->sender);
	bounce.to[0].local = m->sender_local;
	bounce.to[0].tries_wanted = 1;
	syslog_line(g, t, "postfix/cleanup", process(g, 2900), "%s: message-id=<%s@" SERVER_FULL ">", bounce.id, bounce.id);
	syslog_line(g, t + 100, "postfix/bounce", process(g, 3300), "%s: sender non-delivery notification: %s", m->id,
		    bounce.id);
	live(g, t + 1000, &bounce);
}

/* from the queue manager's first line to its last */
static void live(struct generator *g, usec_t t, struct message *m)
{
	usec_t wait = 5 * USEC_PER_MIN;

	for (int try = 1;; try++) {
		unsigned deferred, failed;

		qmgr_active(g, t, m);
		failed = attempt(g, &t, m, try, &deferred);
		t += 1000;
		if (failed)
			notify(g, t, m);
		if (deferred == 0)
			break;
		t += wait + draw_span(g, USEC_PER_MIN);
		wait *= 2;
		if (try == TRIES_MAX) {
			syslog_line(g, t, "postfix/qmgr", 901, "%s: from=<%s>, status=expired, returned to sender", m->id,
				    m->sender);
			g->truth.expired += deferred;
			notify(g, t + 500, m);
			t += 2000;
			break;
		}
	}
	syslog_line(g, t + 500, "postfix/qmgr", 901, "%s: removed", m->id);
}

/* recipients' fates, and the message's share of the truth */
static void decide(struct generator *g, struct message *m)
{
	g->truth.messages++;
	g->truth.bytes += m->size;
	g->truth.recipients += m->n;
	for (unsigned i = 0; i < m->n; i++) {
		struct recipient *r = &m->to[i];

		r->bounces = chance(g, r->local ? 15 : 50);
		r->tries_wanted = 1;
		if (!r->bounces && chance(g, r->local ? 10 : 90))
			r->tries_wanted = chance(g, 80) ? TRIES_MAX + 1 : 2 + (int)draw(g, 3);
	}
}

static bool recipient_known(const struct message *m, const char *address)
{
	for (unsigned i = 0; i < m->n; i++)
		if (strcmp(m->to[i].address, address) == 0)
			return true;
	return false;
}

static void add_recipients(struct generator *g, struct message *m, bool local)
{
	unsigned want = chance(g, 850) ? 1 : 2 + draw(g, RECIPIENTS_MAX - 2);

	for (unsigned i = 0; i < want; i++) {
		struct recipient *r = &m->to[m->n];

		r->local = local;
		if (local)
			local_address(g, r->address);
		else
			remote_address(g, r->address);
		if (!recipient_known(m, r->address))
			m->n++;
	}
}

static void message_id(struct generator *g, usec_t t, const struct message *m)
{
	syslog_line(g, t, "postfix/cleanup", process(g, 2900), "%s: message-id=<%08x.%s@%s>", m->id, draw(g, UINT32_MAX), m->id,
		    strchr(m->sender, '@') ? strchr(m->sender, '@') + 1 : SERVER_FULL);
}

static void client_name(struct generator *g, char name[96], bool known)
{
	uint32_t i = draw_name(g, &g->clients);
	struct strbuf ip = { 0 };

	add_client_ip(&ip, i);
	if (known && i % 5)
		(void)snprintf(name, 96, "out%u.mail%u.test[%s]", i, i % 500, ip.p);
	else
		(void)snprintf(name, 96, "unknown[%s]", ip.p);
	strbuf_done(&ip);
}

static void inbound(struct generator *g)
{
	struct message m = { .size = 800 + draw(g, 40000) };
	unsigned slot = pool_take(g, &g->smtpd), pid = 2400 + slot;
	usec_t t = g->now;
	char client[96];

	client_name(g, client, true);
	if (!chance(g, 60))
		remote_address(g, m.sender);
	add_recipients(g, &m, true);
	decide(g, &m);
	g->truth.connections++;
	syslog_line(g, t, "postfix/smtpd", pid, "connect from %s", client);
	if (chance(g, 650))
		syslog_line(g, t += 50000, "postfix/smtpd", pid, "Anonymous TLS connection established from %s: %s", client,
			    TLS_TEXT);
	t += draw_span(g, USEC_PER_SEC);
	m.arrived = t;
	queue_id(g, t, m.id);
	syslog_line(g, t, "postfix/smtpd", pid, "%s: client=%s", m.id, client);
	message_id(g, t + 1000, &m);
	syslog_line(g, t + 40000, "postfix/smtpd", pid, "disconnect from %s ehlo=2 starttls=1 mail=1 rcpt=%u data=1 quit=1 "
		    "commands=%u", client, m.n, m.n + 6);
	g->smtpd.busy_until[slot] = t + 41000;
	live(g, t + 20000, &m);
}

static void outbound(struct generator *g)
{
	struct message m = { .size = 600 + draw(g, 80000), .sender_local = true };
	unsigned slot = pool_take(g, &g->submission), pid = 2600 + slot;
	usec_t t = g->now;
	char client[96];

	client_name(g, client, false);
	local_address(g, m.sender);
	add_recipients(g, &m, chance(g, 150));
	decide(g, &m);
	g->truth.connections++;
	g->truth.logins_ok++;
	syslog_line(g, t, "postfix/submission/smtpd", pid, "connect from %s", client);
	syslog_line(g, t += 60000, "postfix/submission/smtpd", pid, "Anonymous TLS connection established from %s: %s", client,
		    TLS_TEXT);
	t += draw_span(g, USEC_PER_SEC);
	m.arrived = t;
	queue_id(g, t, m.id);
	syslog_line(g, t, "postfix/submission/smtpd", pid, "%s: client=%s, sasl_method=PLAIN, sasl_username=%s", m.id, client,
		    m.sender);
	message_id(g, t + 1000, &m);
	syslog_line(g, t + 40000, "postfix/submission/smtpd", pid,
		    "disconnect from %s ehlo=2 starttls=1 auth=1 mail=1 rcpt=%u data=1 quit=1 commands=%u", client, m.n, m.n + 7);
	g->submission.busy_until[slot] = t + 41000;
	live(g, t + 20000, &m);
}

static void from_cron(struct generator *g)
{
	struct message m = { .size = 500 + draw(g, 3000), .arrived = g->now, .sender_local = true };

	local_address(g, m.sender);
	add_recipients(g, &m, true);
	decide(g, &m);
	queue_id(g, g->now, m.id);
	syslog_line(g, g->now, "postfix/pickup", 905, "%s: uid=%u from=<%s>", m.id, 1000 + draw(g, 9), m.sender);
	message_id(g, g->now + 1000, &m);
	live(g, g->now + 20000, &m);
}

static void refused(struct generator *g)
{
	static const struct {
		const char *code, *text;
	} REASONS[] = {
		{ "550 5.1.1", "Recipient address rejected: User unknown in local recipient table" },
		{ "554 5.7.1", "Relay access denied" },
		{ "450 4.7.1", "Recipient address rejected: Greylisted" },
	};
	unsigned slot = pool_take(g, &g->smtpd), pid = 2400 + slot;
	uint32_t kind = draw(g, 4), n = 1 + (chance(g, 100) ? draw(g, 4) : 0);
	usec_t t = g->now;
	char client[96], sender[64], to[64], text[200];
	struct strbuf ip = { 0 };

	add_attacker_ip(&ip, draw_name(g, &g->attackers));
	(void)snprintf(client, sizeof client, "unknown[%s]", ip.p);
	remote_address(g, sender);
	g->truth.connections++;
	syslog_line(g, t, "postfix/smtpd", pid, "connect from %s", client);
	for (uint32_t i = 0; i < n; i++) {
		t += 100000 + draw_span(g, USEC_PER_SEC);
		if (kind == 1)
			remote_address(g, to);
		else
			local_address(g, to);
		if (kind < 3)
			(void)snprintf(text, sizeof text, "%s <%s>: %s", REASONS[kind].code, to, REASONS[kind].text);
		else
			(void)snprintf(text, sizeof text,
				       "554 5.7.1 Service unavailable; Client host [%s] blocked using bl.test; Listed, see "
				       "https://www.bl.test/query/%s", ip.p, ip.p);
		syslog_line(g, t, "postfix/smtpd", pid, "NOQUEUE: reject: RCPT from %s: %s; from=<%s> to=<%s> proto=ESMTP "
			    "helo=<%s>", client, text, sender, to, strchr(sender, '@') + 1);
		g->truth.rejections++;
	}
	syslog_line(g, t + 50000, "postfix/smtpd", pid, "disconnect from %s ehlo=1 mail=1 rcpt=0/%u quit=1 commands=3/%u",
		    client, n, n + 3);
	g->smtpd.busy_until[slot] = t + 51000;
	strbuf_done(&ip);
}

static void bad_smtp_login(struct generator *g)
{
	unsigned slot = pool_take(g, &g->submission), pid = 2600 + slot;
	usec_t t = g->now;
	struct strbuf ip = { 0 };

	add_attacker_ip(&ip, draw_name(g, &g->attackers));
	g->truth.connections++;
	g->truth.logins_failed++;
	syslog_line(g, t, "postfix/submission/smtpd", pid, "connect from unknown[%s]", ip.p);
	syslog_line(g, t + 400000, "postfix/submission/smtpd", pid,
		    "warning: unknown[%s]: SASL LOGIN authentication failed: UGFzc3dvcmQ6", ip.p);
	syslog_line(g, t + 900000, "postfix/submission/smtpd", pid, "disconnect from unknown[%s] ehlo=1 auth=0/1 quit=1 "
		    "commands=2/3", ip.p);
	g->submission.busy_until[slot] = t + 901000;
	strbuf_done(&ip);
}

static void no_mail(struct generator *g)
{
	unsigned slot = pool_take(g, &g->smtpd), pid = 2400 + slot;
	char client[96];

	client_name(g, client, true);
	g->truth.connections++;
	syslog_line(g, g->now, "postfix/smtpd", pid, "connect from %s", client);
	syslog_line(g, g->now + 900000, "postfix/smtpd", pid, "lost connection after EHLO from %s", client);
	syslog_line(g, g->now + 900100, "postfix/smtpd", pid, "disconnect from %s ehlo=1 commands=1", client);
	g->smtpd.busy_until[slot] = g->now + 901000;
}

static void imap_login(struct generator *g)
{
	char user[64], session[24];
	struct strbuf ip = { 0 };
	uint32_t pid = process(g, 6100), pop = chance(g, 200);

	local_address(g, user);
	session_id(g, session);
	add_client_ip(&ip, draw_name(g, &g->clients));
	syslog_line(g, g->now, "dovecot", 0,
		    "%s-login: Login: user=<%s>, method=PLAIN, rip=%s, lip=192.0.2.10, mpid=%u, TLS, session=<%s>",
		    pop ? "pop3" : "imap", user, ip.p, pid, session);
	if (pop)
		syslog_line(g, g->now + draw_span(g, USEC_PER_MIN), "dovecot", 0,
			    "pop3(%s)<%u><%s>: Disconnected: Logged out top=0/0, retr=0/0, del=0/%u, size=%u", user, pid,
			    session, draw(g, 50), draw(g, 900000));
	else
		syslog_line(g, g->now + draw_span(g, USEC_PER_HOUR), "dovecot", 0,
			    "imap(%s)<%u><%s>: Disconnected: Logged out in=%u out=%u deleted=0 expunged=0 trashed=0 hdr_count=0 "
			    "hdr_bytes=0 body_count=0 body_bytes=0", user, pid, session, draw(g, 9000), draw(g, 90000));
	g->truth.logins_ok++;
	strbuf_done(&ip);
}

static void bad_imap_login(struct generator *g)
{
	char user[64], session[24];
	struct strbuf ip = { 0 };
	uint32_t attempts = 1 + draw(g, 3);

	local_address(g, user);
	session_id(g, session);
	add_attacker_ip(&ip, draw_name(g, &g->attackers));
	syslog_line(g, g->now, "dovecot", 0,
		    "imap-login: Disconnected: Connection closed (auth failed, %u attempts in %u secs): user=<%s>, method=PLAIN, "
		    "rip=%s, lip=192.0.2.10, TLS, session=<%s>", attempts, 2 * attempts, user, ip.p, session);
	g->truth.logins_failed += attempts;
	strbuf_done(&ip);
}

static void other_program(struct generator *g)
{
	syslog_line(g, g->now, "CRON", 7000 + draw(g, 9000), "(root) CMD (test -x /usr/bin/backup && /usr/bin/backup)");
	g->truth.foreign++;
}

void postfix_step(struct generator *g)
{
	static const struct {
		uint32_t share;
		void (*make)(struct generator *g);
	} KINDS[] = {
		{ 420, inbound }, { 150, outbound },      { 30, from_cron },      { 140, refused },      { 40, no_mail },
		{ 40, bad_smtp_login }, { 130, imap_login }, { 40, bad_imap_login }, { 10, other_program },
	};
	uint32_t at = draw(g, 1000);

	for (size_t i = 0; i < ARRAY_LEN(KINDS); i++) {
		if (at < KINDS[i].share) {
			KINDS[i].make(g);
			return;
		}
		at -= KINDS[i].share;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate_exim.c - a main log of Exim: mail in both directions, retries, bounces, refusals, logins
 *
 * Default log selectors; the texts are those of Exim 4.96.
 */
#include "generate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"

#define SERVER_FULL "mx.acme.example"
#define RECIPIENTS_MAX 8
#define TRIES_MAX 4
#define TLS_FIELDS "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no"

struct recipient {
	char address[64];
	bool local, bounces, done;
	int tries_wanted;
};

struct message {
	char id[20];
	char sender[64];
	bool sender_local, notification;
	uint32_t size;
	usec_t arrived;
	struct recipient to[RECIPIENTS_MAX];
	unsigned n;
};

static void main_line(struct generator *g, usec_t t, const char *format, ...) ATTR_PRINTF(3, 4);

static void main_line(struct generator *g, usec_t t, const char *format, ...)
{
	struct civil c = civil_of(t, 0);
	struct strbuf sb = { 0 };
	char text[2048];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	strbuf_printf(&sb, "%04d-%02d-%02d %02d:%02d:%02d %s", c.year, c.month, c.day, c.hour, c.minute, c.second, text);
	put_line(g, t, &sb);
	strbuf_done(&sb);
}

static void base62(char *p, int digits, uint64_t v)
{
	static const char SET[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	for (p += digits; digits > 0; digits--, v /= 62)
		*--p = SET[v % 62];
}

static void message_id(struct generator *g, usec_t t, char ret[20])
{
	base62(ret, 6, (uint64_t)(t / USEC_PER_SEC));
	ret[6] = '-';
	base62(ret + 7, 6, 3000 + g->serial++ % 4000000);
	ret[13] = '-';
	base62(ret + 14, 2, (uint64_t)(t % USEC_PER_SEC / 500));
	ret[16] = '\0';
}

static void address(struct generator *g, bool local, char to[64])
{
	struct strbuf sb = { 0 };

	if (local)
		add_local_user(&sb, draw_name(g, &g->local_users));
	else
		add_remote_user(&sb, g);
	(void)snprintf(to, 64, "%s", sb.p);
	strbuf_done(&sb);
}

static void client_name(struct generator *g, struct population *from, char ret[128])
{
	uint32_t i = draw_name(g, from);
	struct strbuf ip = { 0 };

	if (from == &g->attackers)
		add_attacker_ip(&ip, i);
	else
		add_client_ip(&ip, i);
	if (i % 4 == 0 || from == &g->attackers)
		(void)snprintf(ret, 128, "(pc-%u.local) [%s]", i, ip.p);
	else
		(void)snprintf(ret, 128, "out%u.mail%u.test [%s]", i, i % 500, ip.p);
	strbuf_done(&ip);
}

static void deliver_local(struct generator *g, usec_t t, const struct message *m, const struct recipient *r, int try)
{
	int user = (int)(strchr(r->address, '@') - r->address);

	if (r->bounces)
		main_line(g, t, "%s ** %s: Unrouteable address", m->id, r->address);
	else if (try < r->tries_wanted)
		main_line(g, t, "%s == %s R=virtual_users T=dovecot_lmtp defer (-1): Failed to connect to socket "
			  "/run/dovecot/lmtp for dovecot_lmtp transport: Connection refused", m->id, r->address);
	else
		main_line(g, t, "%s => %.*s <%s> R=virtual_users T=dovecot_lmtp C=\"250 2.0.0 <%s> %08x%08x Saved\"", m->id,
			  user, r->address, r->address, r->address, draw(g, UINT32_MAX), draw(g, UINT32_MAX));
}

static void deliver_remote(struct generator *g, usec_t t, const struct message *m, const struct recipient *r, int try)
{
	const char *domain = strchr(r->address, '@') + 1;
	uint32_t n = draw(g, 3);
	char host[128];

	(void)snprintf(host, sizeof host, "mx%u.%s [192.0.%u.%u]", n, domain, (unsigned)strlen(domain) + 3,
		       10 * n + (unsigned char)domain[4] % 10);
	if (r->bounces)
		main_line(g, t, "%s ** %s R=dnslookup T=remote_smtp H=%s " TLS_FIELDS ": SMTP error from remote mail server "
			  "after RCPT TO:<%s>: 550 5.1.1 <%s>: Recipient address rejected: User unknown", m->id, r->address,
			  host, r->address, r->address);
	else if (try < r->tries_wanted && n == 0)
		main_line(g, t, "%s == %s R=dnslookup T=remote_smtp defer (110): Connection timed out H=%s", m->id, r->address,
			  host);
	else if (try < r->tries_wanted)
		main_line(g, t, "%s == %s R=dnslookup T=remote_smtp defer (-44) H=%s: SMTP error from remote mail server after "
			  "RCPT TO:<%s>: 450 4.2.0 <%s>: Recipient address rejected: Greylisted", m->id, r->address, host,
			  r->address, r->address);
	else
		main_line(g, t, "%s => %s R=dnslookup T=remote_smtp H=%s " TLS_FIELDS " C=\"250 2.0.0 Ok: queued as %08X%u\"",
			  m->id, r->address, host, draw(g, UINT32_MAX), draw(g, 99));
}

/* one run over the open recipients; returns how many failed, *ret_deferred how many stay open */
static unsigned attempt(struct generator *g, usec_t *t, struct message *m, int try, unsigned *ret_deferred)
{
	unsigned failed = 0, deferred = 0;

	for (unsigned i = 0; i < m->n; i++) {
		struct recipient *r = &m->to[i];

		if (r->done)
			continue;
		*t += draw_span(g, 3 * USEC_PER_SEC) + 5000;
		if (r->local)
			deliver_local(g, *t, m, r, try);
		else
			deliver_remote(g, *t, m, r, try);
		if (r->bounces) {
			failed++;
			g->truth.bounced++;
			r->done = true;
		} else if (try < r->tries_wanted) {
			deferred++;
			g->truth.deferrals++;
		} else {
			r->done = true;
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
	message_id(g, t, bounce.id);
	memcpy(bounce.to[0].address, m->sender, sizeof m->sender);
	bounce.to[0].local = m->sender_local;
	bounce.to[0].tries_wanted = 1;
	main_line(g, t, "%s <= <> R=%s U=Debian-exim P=local S=%u", bounce.id, m->id, bounce.size);
	live(g, t + 1000, &bounce);
}

/* everything behind the arrival line */
static void live(struct generator *g, usec_t t, struct message *m)
{
	usec_t wait = 15 * USEC_PER_MIN;

	for (int try = 1;; try++) {
		unsigned deferred, failed = attempt(g, &t, m, try, &deferred);

		t += 1000;
		if (failed)
			notify(g, t, m);
		if (deferred == 0)
			break;
		t += wait + draw_span(g, USEC_PER_MIN);
		wait *= 2;
		if (try < TRIES_MAX)
			continue;
		for (unsigned i = 0; i < m->n; i++)
			if (!m->to[i].done)
				main_line(g, t, "%s ** %s: retry timeout exceeded", m->id, m->to[i].address);
		g->truth.expired += deferred;
		notify(g, t + 500, m);
		t += 2000;
		break;
	}
	main_line(g, t + 500, "%s Completed", m->id);
}

static void begin(struct generator *g, struct message *m, bool local)
{
	unsigned want = chance(g, 850) ? 1 : 2 + draw(g, RECIPIENTS_MAX - 2);

	m->arrived = g->now;
	message_id(g, g->now, m->id);
	for (unsigned i = 0; i < want; i++) {
		struct recipient *r = &m->to[m->n];
		bool known = false;

		address(g, local, r->address);
		for (unsigned k = 0; k < m->n; k++)
			known |= strcmp(m->to[k].address, r->address) == 0;
		if (known)
			continue;
		r->local = local;
		r->bounces = chance(g, local ? 15 : 50);
		r->tries_wanted = 1;
		if (!r->bounces && chance(g, local ? 10 : 90))
			r->tries_wanted = chance(g, 80) ? TRIES_MAX + 1 : 2 + (int)draw(g, 3);
		m->n++;
	}
	g->truth.messages++;
	g->truth.bytes += m->size;
	g->truth.recipients += m->n;
}

static void inbound(struct generator *g)
{
	struct message m = { .size = 800 + draw(g, 40000) };
	char client[128];

	client_name(g, &g->clients, client);
	if (!chance(g, 60))
		address(g, false, m.sender);
	begin(g, &m, true);
	if (m.sender[0])
		main_line(g, g->now, "%s <= %s H=%s P=esmtps " TLS_FIELDS " S=%u id=%08x@%s", m.id, m.sender, client, m.size,
			  draw(g, UINT32_MAX), strchr(m.sender, '@') + 1);
	else
		main_line(g, g->now, "%s <= <> H=%s P=esmtp S=%u id=%08x@mail1.test", m.id, client, m.size,
			  draw(g, UINT32_MAX));
	live(g, g->now + 20000, &m);
}

static void outbound(struct generator *g)
{
	struct message m = { .size = 600 + draw(g, 80000), .sender_local = true };
	char client[128];

	client_name(g, &g->clients, client);
	address(g, true, m.sender);
	begin(g, &m, chance(g, 150));
	main_line(g, g->now, "%s <= %s H=%s P=esmtpsa " TLS_FIELDS " A=dovecot_plain:%s S=%u id=%08x@acme.example", m.id,
		  m.sender, client, m.sender, m.size, draw(g, UINT32_MAX));
	g->truth.logins_ok++;
	live(g, g->now + 20000, &m);
}

static void from_cron(struct generator *g)
{
	struct message m = { .size = 500 + draw(g, 3000), .sender_local = true };

	address(g, true, m.sender);
	begin(g, &m, true);
	main_line(g, g->now, "%s <= %s U=www-data P=local S=%u id=E%s@" SERVER_FULL, m.id, m.sender, m.size, m.id);
	live(g, g->now + 20000, &m);
}

static void refused(struct generator *g)
{
	char client[128], sender[64], to[64];
	uint32_t kind = draw(g, 4);

	client_name(g, &g->attackers, client);
	address(g, false, sender);
	address(g, kind != 1, to);
	g->truth.rejections++;
	if (kind == 0)
		main_line(g, g->now, "H=%s F=<%s> rejected RCPT <%s>: Unrouteable address", client, sender, to);
	else if (kind == 1)
		main_line(g, g->now, "H=%s F=<%s> rejected RCPT <%s>: relay not permitted", client, sender, to);
	else if (kind == 2)
		main_line(g, g->now, "H=%s F=<%s> temporarily rejected RCPT <%s>: greylisted", client, sender, to);
	else
		main_line(g, g->now, "H=%s F=<%s> rejected RCPT <%s>: listed in bl.test", client, sender, to);
}

static void bad_login(struct generator *g)
{
	char client[128], user[64];

	client_name(g, &g->attackers, client);
	address(g, true, user);
	g->truth.logins_failed++;
	main_line(g, g->now, "dovecot_login authenticator failed for %s: 535 Incorrect authentication data (set_id=%s)", client,
		  user);
}

static void no_host_name(struct generator *g)
{
	struct strbuf ip = { 0 };

	add_attacker_ip(&ip, draw_name(g, &g->attackers));
	main_line(g, g->now, "no host name found for IP address %s", ip.p);
	strbuf_done(&ip);
}

void exim_step(struct generator *g)
{
	static const struct {
		uint32_t share;
		void (*make)(struct generator *g);
	} KINDS[] = {
		{ 420, inbound }, { 170, outbound }, { 30, from_cron }, { 200, refused }, { 80, bad_login }, { 100, no_host_name },
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

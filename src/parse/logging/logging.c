/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logging.c - where the logging itself says that lines of mail programs are missing: all counts are then too low
 *
 * Sources: rsyslog 8.2302 runtime/ratelimit.c ("%s: begin to drop messages due to rate-limiting", "%s: %u messages lost due to
 * rate-limiting (%u allowed within %u seconds)", with a name as plugins/imuxsock/imuxsock.c makes it, "imuxsock[pid: %d, name:
 * %s]", and perhaps " from <HOST:TAG>") and its older plugins/imuxsock/imuxsock.c ("imuxsock lost %d messages from pid %lu due to
 * rate-limiting", "imuxsock begins to drop messages from pid %lu due to rate-limiting"); systemd src/journal/journald-rate-limit.c
 * ("Suppressed %u messages from %s", a unit) and journald-syslog.c ("Forwarding to syslog missed %u messages.").
 *
 * Traps: most such lines are about other programs.  Those that name one are ours only if it is a mail program; those that
 * name none may be about any.
 */
#include "parse/logging/logging.h"

#include "base/attr.h"
#include "base/cursor.h"

/* the beginnings of names of mail programs and their units */
static const struct slice MAIL[] = {
	LIT("postfix"),   LIT("dovecot"),    LIT("exim"),       LIT("sendmail"),     LIT("sm-"),          LIT("opendkim"),
	LIT("opendmarc"), LIT("rspamd"),     LIT("amavis"),     LIT("spamd"),        LIT("spamassassin"), LIT("clamav-milter"),
	LIT("clamd"),     LIT("postgrey"),   LIT("policyd"),    LIT("saslauthd"),    LIT("milter"),       LIT("spamass-milter"),
	LIT("mailman"),   LIT("courier"),    LIT("cyrus"),      LIT("mimedefang"),   LIT("MailScanner"),  LIT("mail"),
};

static bool is_mail(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(MAIL); i++)
		if (slice_eq(slice_head(name, MAIL[i].n), MAIL[i]))
			return true;
	return false;
}

/* some part of "/system.slice/postfix.service", "/usr/lib/postfix/sbin/smtpd", "postfix@-.service" */
static bool names_mail(struct slice path)
{
	struct cur c = cur_of(path);

	while (!cur_at_end(&c))
		if (is_mail(cur_token(&c, '/')))
			return true;
	return false;
}

/* "Suppressed 1423 messages from postfix@-.service", "Forwarding to syslog missed 8 messages." */
static bool of_journald(struct cur c)
{
	uint64_t n;

	if (cur_lit(&c, "Suppressed "))
		return cur_u64(&c, UINT32_MAX, &n) && cur_lit(&c, " messages from ") && names_mail(cur_rest(&c));
	return cur_lit(&c, "Forwarding to syslog missed ") && cur_u64(&c, UINT32_MAX, &n) && cur_lit(&c, " messages");
}

/* what rsyslog says of whom it means: "[pid: 2412, name: /usr/bin/x]", " from <mx1:postfix/smtpd>", both, or nothing */
static bool whom(struct cur *c, bool *ret_mail)
{
	struct slice pid, path, host, tag;
	bool named = false, mail = false;

	if (cur_lit(c, "[pid: ")) {
		if (!cur_until_lit(c, ", name: ", &pid) || !cur_until(c, ']', &path))
			return false;
		named = true;
		mail = names_mail(path);
	}
	if (cur_lit(c, " from <")) {
		if (!cur_until(c, ':', &host) || !cur_until(c, '>', &tag))
			return false;
		named = true;
		mail = is_mail(tag);
	}
	*ret_mail = mail || !named;
	return true;
}

static bool lost(struct cur c)
{
	uint64_t n;

	if (cur_lit(&c, "begin to drop messages due to rate-limiting"))
		return true;
	return cur_u64(&c, UINT32_MAX, &n) && cur_lit(&c, " messages lost due to rate-limiting");
}

/* by pid only: "lost 5 messages from pid 2412 due to rate-limiting" */
static bool lost_by_pid(struct cur c)
{
	uint64_t n;

	if (cur_lit(&c, "lost ")) {
		if (!cur_u64(&c, UINT32_MAX, &n) || !cur_lit(&c, " messages"))
			return false;
	} else if (!cur_lit(&c, "begins to drop messages")) {
		return false;
	}
	return cur_lit(&c, " from pid ") && cur_u64(&c, UINT32_MAX, &n) && cur_lit(&c, " due to rate-limiting");
}

static bool of_rsyslog(struct cur c)
{
	bool mail;

	if (!cur_lit(&c, "imuxsock") && !cur_lit(&c, "imjournal"))
		return false;
	if (cur_peek(&c) == ' ' && lost_by_pid((struct cur){ c.p + 1, c.end }))
		return true;
	return whom(&c, &mail) && cur_lit(&c, ": ") && lost(c) && mail;
}

static bool speaks_of_us(const struct line *l)
{
	struct cur c = cur_of(l->text);

	if (slice_starts(l->program, "rsyslogd")) /* "rsyslogd-2177", too */
		return of_rsyslog(c);
	return (slice_starts(l->program, "systemd-journal") || slice_is(l->program, "journal")) && of_journald(c);
}

static bool logging_claims(const struct line *l)
{
	return l->program.n >= 7 && (l->program.p[0] == 'r' || l->program.p[0] == 's' || l->program.p[0] == 'j') &&
	       speaks_of_us(l);
}

static enum parse_result logging_parse(const struct line *l, struct event *ret)
{
	if (!speaks_of_us(l))
		return PARSE_NOT_MINE;
	ret->kind = EV_NOTICE;
	ret->category = NOTICE_LOGGING;
	ret->severity = SEVERITY_WARNING;
	ret->text = l->text;
	return PARSE_OK;
}

#define LOST "notice severity=\"warning\" category=\"logging\" text="

static const struct parse_sample SAMPLES[] = {
	{ "rsyslogd", "imuxsock[pid: 2412, name: /usr/lib/postfix/sbin/smtpd] from <mx1:postfix/smtpd>: begin to drop messages due to "
		      "rate-limiting", LOST },
	{ "rsyslogd", "imuxsock[pid: 57, name: /usr/sbin/exim4]: 48814808 messages lost due to rate-limiting (20000 allowed within 300 "
		      "seconds)", LOST },
	{ "rsyslogd-2177", "imjournal: 236 messages lost due to rate-limiting", LOST },
	{ "rsyslogd", "imuxsock lost 12 messages from pid 2412 due to rate-limiting", LOST },
	{ "rsyslogd", "imuxsock begins to drop messages from pid 2412 due to rate-limiting", LOST },
	{ "systemd-journald", "Suppressed 1423 messages from postfix@-.service", LOST },
	{ "systemd-journal", "Suppressed 917 messages from /system.slice/dovecot.service", LOST },
	{ "journal", "Suppressed 917 messages from /system.slice/exim.service", LOST },
	{ "systemd-journald", "Forwarding to syslog missed 8 messages.", LOST },
	{ 0 },
};

static const struct parse_sample REFUSED[] = {
	{ "rsyslogd", "imuxsock[pid: 57, name: /usr/bin/orchagent] from <mx1:postfix-like:x> begin to drop messages", "" },
	{ "rsyslogd", "imuxsock[pid: 57, name: /usr/bin/orchagent] from <mx1:orchagent>: begin to drop messages due to rate-limiting", "" },
	{ "rsyslogd", "imuxsock lost x messages from pid 2412 due to rate-limiting", "" },
	{ "rsyslogd", "[origin software=\"rsyslogd\" swVersion=\"8.2302.0\"] start", "" },
	{ "systemd-journald", "Suppressed 1423 messages from nginx.service", "" },
	{ "systemd-journald", "Journal started", "" },
	{ 0 },
};

const struct writer_ops logging_writer = {
	.writer = WRITER_LOGGING,
	.claims = logging_claims,
	.parse = logging_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

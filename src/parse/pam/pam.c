/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pam.c - PAM modules, asked by a mail program
 *
 * Written by Linux-PAM 1.5 (modules/pam_unix/pam_unix_auth.c, support.c: "authentication failure; logname=%s uid=%d euid=%d tty=%s
 * ruser=%s rhost=%s  user=%s"), pam_sss, pam_ldap, pam_faillock and others, as "MODULE(SERVICE:TYPE): TEXT".  The tag is the program
 * that asked ("auth", "saslauthd", "imap"), so the text decides: the service in the parentheses must be one of mail.
 * These support the line of the program that asked: MARK_EVIDENCE.  Traps: sshd, cron and sudo write the same texts;
 * ruser is the client's and may hold " rhost=": the last one counts, since the name behind it is an account of this machine.
 * Tags of Dovecot ("dovecot-auth") stay with Dovecot.
 */
#include "parse/pam/pam.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

/* services of PAM that mail programs use */
static const struct slice SERVICES[] = {
	LIT("dovecot"), LIT("smtp"),    LIT("smtps"),    LIT("smtpd"),    LIT("submission"),
	LIT("imap"),    LIT("imaps"),   LIT("imapd"),    LIT("imap4"),    LIT("pop"),
	LIT("pop3"),    LIT("pop3s"),   LIT("pop3d"),    LIT("sieve"),    LIT("managesieve"),
	LIT("lmtp"),    LIT("mail"),    LIT("exim"),     LIT("exim4"),    LIT("postfix"),
	LIT("sendmail"), LIT("cyrus"),  LIT("courier"),  LIT("mupdate"),  LIT("authdaemon"),
};

/* tags that only mail programs have: there the service is a mail service whatever its name */
static const struct slice TAGS[] = {
	LIT("auth"),  LIT("saslauthd"), LIT("imap"),  LIT("imapd"), LIT("pop3"),
	LIT("pop3d"), LIT("smtpd"),     LIT("authdaemond"), LIT("auth-worker"),
};

/* their services are their own, under whatever tag */
static const struct slice OTHERS[] = {
	LIT("sshd"), LIT("cron"), LIT("crond"), LIT("sudo"), LIT("su"), LIT("su-l"), LIT("login"),
	LIT("systemd-user"), LIT("vsftpd"), LIT("proftpd"), LIT("ftp"), LIT("sshd-session"),
};

static bool listed(const struct slice *all, size_t n, struct slice s)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_fold(all[i], s))
			return true;
	return false;
}

struct pam_line {
	struct slice service; /* SLICE_NONE: none is named */
	struct slice text;
};

/* "MODULE(SERVICE:TYPE): TEXT", "MODULE: TEXT", "(MODULE) TEXT", "PAM N more ..." */
static bool take_pam(struct slice text, struct pam_line *ret)
{
	struct cur c = cur_of(text);
	struct slice module, inside;

	*ret = (struct pam_line){ SLICE_NONE, text };
	if (!row_is_pam(text))
		return false;
	if (cur_lit(&c, "PAM ")) {
		ret->text = cur_rest(&c);
		return true;
	}
	if (cur_byte(&c, '(')) {
		if (!cur_until_lit(&c, ") ", &module))
			return false;
		ret->text = cur_rest(&c);
		return true;
	}
	while (c.p < c.end && (ascii_alnum(*c.p) || *c.p == '_'))
		c.p++;
	if (cur_byte(&c, '(')) {
		struct cur in;

		if (!cur_until(&c, ')', &inside))
			return false;
		in = cur_of(inside);
		ret->service = row_filled(cur_token(&in, ':'));
		if (!cur_lit(&c, ": "))
			return false;
	} else if (!cur_lit(&c, ": ")) {
		return false;
	}
	ret->text = cur_rest(&c);
	return true;
}

static bool pam_claims(const struct line *l)
{
	struct pam_line p;

	if (slice_starts(l->program, "dovecot") || slice_starts(l->program, "postfix") || slice_starts(l->program, "exim") ||
	    listed(OTHERS, ARRAY_LEN(OTHERS), l->program) || !take_pam(l->text, &p))
		return false;
	if (p.service.p && listed(OTHERS, ARRAY_LEN(OTHERS), p.service))
		return false;
	return (p.service.p && listed(SERVICES, ARRAY_LEN(SERVICES), p.service)) || listed(TAGS, ARRAY_LEN(TAGS), l->program);
}

/* "logname=L uid=N euid=N tty=T ruser=U rhost=H  user=A" */
static enum parse_result parse_failure(struct cur c, int64_t attempts, struct event *ret)
{
	struct slice before, host, ruser;
	size_t at;

	if (!cur_lit(&c, "logname=") || !cur_until_last_lit(&c, " rhost=", &before))
		return PARSE_BAD;
	at = slice_find(before, SLICE(" ruser="));
	if (at == before.n)
		return PARSE_BAD;
	ruser = slice_from(before, at + strlen(" ruser="));
	host = cur_token(&c, ' ');
	cur_skip_spaces(&c);
	row_client(host, ret);
	if (cur_lit(&c, "user=") && !cur_at_end(&c))
		ret->user = cur_rest(&c);
	else
		ret->user = row_filled(ruser);
	ret->kind = EV_AUTH;
	ret->marks |= MARK_EVIDENCE;
	ret->success = 0;
	ret->attempts = attempts;
	ret->reason = SLICE("authentication failure");
	return PARSE_OK;
}

static const struct row NOTICES[] = {
	ROW("check pass; user unknown", AUTH, INFO), /* "authentication failure" follows */
	ROW("check pass; user (", AUTH, INFO),
	ROW("bad username [", AUTH, INFO),
	ROW("user [", AUTH, INFO),
	ROW("session opened for user ", SESSION, INFO),
	ROW("session closed for user ", SESSION, INFO),
	ROW("account * has expired", AUTH, WARNING),
	ROW("expired password for user ", AUTH, WARNING),
	ROW("password changed for ", ADMIN, INFO),
	ROW("received for user ", AUTH, INFO), /* pam_sss, behind its own "authentication failure" */
	ROW("User info message: ", AUTH, INFO),
	ROW("authentication success; logname=", AUTH, INFO),
	ROW("Consecutive login failures for user ", LIMIT, WARNING),
	ROW("User unknown", AUTH, INFO),
	ROW("user * tally ", LIMIT, WARNING),
	ROW("user * (*) tally ", LIMIT, WARNING),
	ROW("pam_get_uid; ", LOOKUP, WARNING),
	ROW("requirement \"", AUTH, INFO),
	ROW("error trying to bind ", LOOKUP, WARNING),
	ROW("error opening connection to nslcd: ", LOOKUP, ERROR),
	ROW("ldap_", LOOKUP, WARNING),
	ROW("could not ", LOOKUP, WARNING),
	ROW("couldn't ", LOOKUP, WARNING),
	ROW("nslcd authentication; user=", AUTH, INFO),
	ROW("failed to ", AUTH, WARNING),
	ROW("Request to sssd failed. ", LOOKUP, ERROR),
	ROW("unrecognized option ", CONFIG, WARNING),
};

static enum parse_result pam_parse(const struct line *l, struct event *ret)
{
	struct pam_line p;
	struct cur c, at;
	int64_t n;

	if (!take_pam(l->text, &p))
		return PARSE_BAD;
	ret->service = p.service;
	c = at = cur_of(p.text);
	if (cur_lit(&at, "authentication failure; "))
		return parse_failure(at, 1, ret);
	if (cur_i64(&at, INT32_MAX, &n) && n > 0 && cur_lit(&at, " more authentication failure")) {
		(void)cur_byte(&at, 's');
		return cur_lit(&at, "; ") ? parse_failure(at, n, ret) : PARSE_BAD;
	}
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), cur_rest(&c), ret);
}

#define T "auth"
static const struct parse_sample SAMPLES[] = {
	{ T, "pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=info rhost=198.51.100.9",
	  "auth +evidence service=\"dovecot\" client_ip=\"198.51.100.9\" user=\"info\" success=false attempts=1 reason=\"authentication failure\"" },
	{ T, "pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=ann@example.com rhost=2001:db8::9  user=ann",
	  "auth +evidence service=\"dovecot\" client_ip=\"2001:db8::9\" user=\"ann\" success=false" },
	/* a user name that imitates the address */
	{ T, "pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=x rhost=192.0.2.1 rhost=198.51.100.9 ",
	  "auth +evidence service=\"dovecot\" client_ip=\"198.51.100.9\" user=\"x rhost=192.0.2.1\"" },
	{ T, "pam_unix(dovecot:auth): check pass; user unknown", "notice service=\"dovecot\" severity=\"info\" category=\"auth\"" },
	{ "saslauthd", "pam_unix(smtp:auth): 2 more authentication failures; logname= uid=0 euid=0 tty= ruser= rhost=  user=info",
	  "auth +evidence service=\"smtp\" user=\"info\" success=false attempts=2" },
	{ "saslauthd", "PAM 2 more authentication failures; logname= uid=0 euid=0 tty= ruser= rhost=  user=info",
	  "auth +evidence user=\"info\" success=false attempts=2" },
	{ "imap", "pam_sss(imap:auth): authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=198.51.100.9 user=info",
	  "auth +evidence service=\"imap\" client_ip=\"198.51.100.9\" user=\"info\"" },
	{ "imap", "pam_sss(imap:auth): received for user info: 7 (Authentication failure)",
	  "notice service=\"imap\" severity=\"info\" category=\"auth\"" },
	{ "saslauthd", "(pam_unix) authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=  user=info",
	  "auth +evidence user=\"info\" success=false" },
	{ T, "pam_unix(dovecot:session): session opened for user ann(uid=1000) by (uid=0)",
	  "notice service=\"dovecot\" severity=\"info\" category=\"session\"" },
	{ T, "pam_ldap: error trying to bind as user \"uid=ann,dc=example,dc=com\" (Invalid credentials)",
	  "notice severity=\"warning\" category=\"lookup\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ "sshd", "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.9  user=root", NULL },
	{ "sshd", "pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=x rhost=198.51.100.9", NULL },
	{ "auth", "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.9  user=root", NULL },
	{ "CRON", "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)", NULL },
	{ "sudo", "pam_unix(sudo:auth): authentication failure; logname=ann uid=1000 euid=0 tty=/dev/pts/0 ruser=ann rhost=  user=ann", NULL },
	{ T, "pam_unix(dovecot:auth): authentication failure; logname= uid=0", NULL },
	{ T, "pam_unix(dovecot:auth): something else", NULL },
	{ NULL, NULL, NULL },
};
#undef T

const struct writer_ops pam_writer = {
	.writer = WRITER_PAM,
	.claims = pam_claims,
	.parse = pam_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

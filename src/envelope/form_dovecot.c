/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_dovecot.c - Dovecot's own log file (log_path, info_log_path)
 *
 * "STAMP SERVICE[(ARGS)][<PID>][<SESSION>]: LEVEL: TEXT": no host and no tag, but always a level (Dovecot
 * src/lib/failures.c).  STAMP is log_timestamp, a strftime pattern: "%b %d %H:%M:%S " by default; also seen are RFC 3339
 * and "%Y-%m-%d %H:%M:%S ", and none at all.  The text keeps all of it from SERVICE on: it is what syslog has behind
 * "dovecot: ", but for "Info: ".  Traps: other programs write "name: Info: text" too, so SERVICE must be one of Dovecot's;
 * in ARGS a user name may hold blanks and brackets.
 */
#include "base/ascii.h"
#include "base/attr.h"
#include "envelope/head.h"

static const struct slice SERVICES[] = {
	LIT("aggregator"),   LIT("anvil"),         LIT("auth"),          LIT("auth-worker"),
	LIT("config"),       LIT("deliver"),       LIT("dict"),          LIT("dict-async"),
	LIT("dict-expire"),  LIT("director"),      LIT("doveadm"),       LIT("doveconf"),
	LIT("dovecot"),      LIT("dsync"),         LIT("dsync-local"),   LIT("dsync-remote"),
	LIT("dsync-server"), LIT("health-check"),  LIT("imap"),          LIT("imap-hibernate"),
	LIT("imap-login"),   LIT("imap-urlauth"),  LIT("imap-urlauth-login"), LIT("imap-urlauth-worker"),
	LIT("indexer"),      LIT("indexer-worker"), LIT("ipc"),          LIT("lda"),
	LIT("lmtp"),         LIT("log"),           LIT("lua"),           LIT("managesieve"),
	LIT("managesieve-login"), LIT("master"),   LIT("old-stats"),     LIT("pop3"),
	LIT("pop3-login"),   LIT("quota-status"),  LIT("replicator"),    LIT("script"),
	LIT("script-login"), LIT("ssl-params"),    LIT("stats"),         LIT("submission"),
	LIT("submission-login"), LIT("tcpwrap"),
};

static const struct slice LEVELS[] = {
	LIT("Info"), LIT("Warning"), LIT("Error"), LIT("Debug"), LIT("Fatal"), LIT("Panic"),
};

static bool one_of(struct slice s, const struct slice *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(s, list[i]))
			return true;
	return false;
}

/* "<991><Qz3k9wABcDEKAAAB>: Info: ", of which the brackets may be missing */
static bool at_level(struct cur c)
{
	struct slice part;

	while (cur_byte(&c, '<'))
		if (!cur_until(&c, '>', &part))
			return false;
	return cur_lit(&c, ": ") && cur_until_lit(&c, ": ", &part) && one_of(part, LEVELS, ARRAY_LEN(LEVELS));
}

bool head_is_dovecot(struct slice text)
{
	struct cur c = cur_of(text);
	struct slice part;

	while (c.p < c.end && (ascii_lower(*c.p) || ascii_digit(*c.p) || *c.p == '-'))
		c.p++;
	part = slice_between(text.p, c.p);
	if (part.n < 3 || (cur_peek(&c) != ':' && cur_peek(&c) != '(' && cur_peek(&c) != '<') ||
	    !one_of(part, SERVICES, ARRAY_LEN(SERVICES)))
		return false;
	if (!cur_byte(&c, '('))
		return at_level(c);
	while (cur_until(&c, ')', &part))
		if (at_level(c))
			return true;
	return false;
}

bool head_form_dovecot(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	if (head_stamp_bsd(&c, clock, &h->stamp)) {
		head_stamp_fraction(&c, &h->stamp);
	} else if (head_stamp_iso(&c, 'T', clock, &h->stamp) || head_stamp_iso(&c, ' ', clock, &h->stamp)) {
		head_stamp_fraction(&c, &h->stamp);
		(void)(cur_left(&c) > 1 && c.p[0] == ' ' && (c.p[1] == '+' || c.p[1] == '-') && cur_byte(&c, ' '));
		head_stamp_zone(&c, &h->stamp);
	}
	if (h->stamp.form != STAMP_NONE && !cur_byte(&c, ' '))
		return false;
	if (!head_is_dovecot(cur_rest(&c)))
		return false;
	h->kind = ENVELOPE_DOVECOT;
	h->program = SLICE("dovecot");
	h->text = cur_rest(&c);
	return true;
}

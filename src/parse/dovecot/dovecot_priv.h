/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dovecot_priv.h - what the files of the Dovecot parser share
 */
#ifndef PARSE_DOVECOT_PRIV_H
#define PARSE_DOVECOT_PRIV_H

#include "base/cursor.h"
#include "parse/parse.h"

/* a literal as a constant initialiser of a slice */

/* A line without its envelope: "SERVICE(USER)<PID><SESSION>: Level: TEXT", taken apart. */
struct dovecot_line {
	struct slice service;	/* "imap-login", "lmtp", "auth", "master"; SLICE_NONE: none was written */
	struct slice args;	/* between the parentheses after the service; SLICE_NONE: no parentheses */
	struct slice user;	/* mail processes: the user; SLICE_NONE: not told */
	struct slice session;	/* with its suffix; SLICE_NONE: not told or empty */
	struct slice client_ip; /* SLICE_NONE: not told (Plesk's prefix has it) */
	enum severity level;	/* SEVERITY_INFO when no word was written */
	struct slice text;
};

/* consume this text; most do not even begin like it, which is all that is looked at then */
static inline bool dovecot_take(struct cur *c, struct slice text)
{
	return cur_peek(c) == text.p[0] && cur_lit_(c, text.p, text.n);
}

static inline bool dovecot_starts(struct slice s, struct slice text)
{
	return s.n && s.p[0] == text.p[0] && slice_starts_(s, text.p, text.n);
}

/* service of the protocol: "imap-login" gives "imap", "managesieve" gives "sieve" */
struct slice dovecot_protocol(struct slice service);
/* an address as we write it: "::ffff:192.0.2.1" gives "192.0.2.1"; SLICE_NONE if it is none */
struct slice dovecot_ip(struct slice s);
/* a session id without what follows its first ':'; empty gives SLICE_NONE */
struct slice dovecot_session_base(struct slice s);

/* Each takes the lines of one family; PARSE_NOT_MINE: not of this family. */
enum parse_result dovecot_login(const struct dovecot_line *d, struct event *ret);    /* *-login */
enum parse_result dovecot_auth(const struct dovecot_line *d, struct event *ret);     /* auth, auth-worker */
enum parse_result dovecot_delivery(const struct dovecot_line *d, struct event *ret); /* lmtp, lda, Sieve */
enum parse_result dovecot_mail_log(const struct dovecot_line *d, struct event *ret); /* the mail_log plugin */
enum parse_result dovecot_session(const struct dovecot_line *d, struct event *ret);  /* imap, pop3, ... */
enum parse_result dovecot_notice(const struct dovecot_line *d, struct event *ret);   /* all else */

extern const struct parse_sample dovecot_samples[];
extern const struct parse_sample dovecot_refused[];

#endif

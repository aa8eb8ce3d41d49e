/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diagnose.h - from a reply to its cause
 *
 * A diagnoser holds the rules, ours and a site's, made ready for matching.  It is constant once it is used: any number of
 * threads may ask it.  Asking allocates nothing.
 */
#ifndef DIAGNOSE_DIAGNOSE_H
#define DIAGNOSE_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/slice.h"
#include "base/strbuf.h"
#include "diagnose/cause.h"

struct diagnoser;

/* The built-in rules, ready for diagnose(). */
struct diagnoser *diagnoser_new(void);
void diagnoser_free(struct diagnoser *d);

/*
 * diagnoser_add - rules of a site, which come before all others; before the first diagnose()
 *
 * name: of the file, for messages.  text: borrowed for the call.  A rule with an error is told to `diag` (name, line, reason)
 * and left out.  Returns the number of rules added.
 */
size_t diagnoser_add(struct diagnoser *d, const char *name, struct slice text, const struct diag *diag);

/* The cause of a rule of the site's own, by its id; false: there is none.  by_code: as the first digit of the reply says, waiting helps. */
bool diagnoser_site_cause(const struct diagnoser *d, struct slice id, struct cause *ret, bool *ret_by_code);

enum said_by {
	SAID_BY_UNKNOWN,           /* just a text */
	SAID_BY_REMOTE,            /* the other server's reply */
	SAID_BY_US,                /* we refused a client, or a delivery on this server failed */
};

/* What is known of a failure.  SLICE_NONE, -1: not told. */
struct complaint {
	struct slice reply;        /* as logged, wrapped in the mail program's words or not, of one line or several */
	int64_t smtp_code;         /* if the log tells them apart from the reply */
	struct slice dsn;
	struct slice host;         /* who answered: a name */
	struct slice stage;        /* connect helo auth mail rcpt data eod starttls */
	enum said_by said_by;
	bool temporary;            /* the mail program will try again: for BASIS_CLASS */
	/* only for the sentences */
	struct slice recipient, sender, ip;
};

/* What a reply says, taken apart.  Slices point into complaint.reply or into the complaint. */
struct reply_parts {
	struct slice core;         /* without the mail program's wrapping */
	struct slice host, ip;     /* who said it, if the wrapping or the complaint names it */
	struct slice stage;
	int64_t smtp_code;         /* the one that counts: the last of several; -1 */
	struct slice dsn;
	struct slice list;         /* name of a blocklist that it names */
	struct slice named_ip;     /* address of the client that it names */
	enum said_by said_by;
};

/* Take a reply apart: `host H [IP]: `, `host H[IP] said: ... (in reply to RCPT TO command)`, `SMTP error from remote mail server after ...:`,
 * `H[IP] refused to talk to me: `, `delivery temporarily suspended: `, `retry timeout exceeded` and their kin. */
void reply_take_apart(const struct complaint *c, struct reply_parts *ret);
/* the same for `list` alone: less than half of the work */
struct slice reply_list(const struct complaint *c);

/* The cause of one failure.  Always gives one: what no rule knows falls back to codes, then to BASIS_CLASS. */
void diagnose(const struct diagnoser *d, const struct complaint *c, struct cause *ret);

/*
 * cause_fill - a template with its placeholders filled in, appended to `out`
 *
 * Values are appended as they are (they are strangers' text: escape the result for its medium).  Host names, domains, lists and IP addresses that
 * are none (other bytes than letters, digits, `.`, `-`, `_`, `:`) are taken as not known: they stand in commands.
 */
void cause_fill(struct strbuf *out, struct slice template, const struct complaint *c);

#endif

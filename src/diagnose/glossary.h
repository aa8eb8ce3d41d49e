/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glossary.h - the glossaries: what flags, fields, codes and words of logs mean
 *
 * The rows are data/terms/ *.def: T(scope, form, as, name, meaning).
 *   scope    where the form has this meaning; scope and form together are the row's stable id ("term.EXIM_FLAG.<=")
 *   form     as it stands in the log.  One that ends in '=' or ':' has its value behind it; one that ends in an opening bracket
 *            has it inside.  Blanks are blanks.
 *   as       what its value is (AS_...), or IN(SCOPE): a word of that scope
 *   name     two or three words
 *   meaning  what it says, in one phrase, so that ": " and its value may follow
 */
#ifndef DIAGNOSE_GLOSSARY_H
#define DIAGNOSE_GLOSSARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define GLOSS_ROWS_MAX 4096

#define GLOSS_SCOPES(X) /* id, where forms of this scope stand; "": only as the value of something */ \
	X(EXIM_FLAG, "Exim")                                      \
	X(EXIM_ARRIVAL, "Exim, arrival (<=)")                     \
	X(EXIM_DELIVERY, "Exim, delivery (=> -> >> *> == **)")    \
	X(EXIM_SESSION, "Exim, sessions and refusals")            \
	X(EXIM_WORD, "Exim")                                      \
	X(EXIM_SELECTOR, "Exim, log_selector")                    \
	X(EXIM_ERROR, "Exim, defer (N)")                          \
	X(EXIM_PROTOCOL, "Exim, P=")                              \
	X(EXIM_ROUTER, "Exim, R= (usual names)")                  \
	X(EXIM_TRANSPORT, "Exim, T= (usual names)")               \
	X(EXIM_ADDRESS, "")                                       \
	X(EXIM_USER, "Exim, U= (usual names)")                    \
	X(EXIM_VERIFIED, "")                                      \
	X(EXIM_M8S, "")                                           \
	X(POSTFIX_FIELD, "Postfix")                               \
	X(POSTFIX_WORD, "Postfix")                                \
	X(POSTFIX_DAEMON, "Postfix, program")                     \
	X(POSTFIX_STATUS, "Postfix, status=")                     \
	X(POSTFIX_RELAY, "")                                      \
	X(SMTP_PROTOCOL, "proto=")                                \
	X(DOVECOT_FIELD, "Dovecot")                               \
	X(DOVECOT_WORD, "Dovecot")                                \
	X(DOVECOT_SERVICE, "Dovecot, process")                    \
	X(SENDMAIL_FIELD, "Sendmail")                             \
	X(SENDMAIL_WORD, "Sendmail")                              \
	X(SENDMAIL_STAT, "Sendmail, stat=")                       \
	X(SENDMAIL_MAILER, "Sendmail, mailer=")                   \
	X(EXCHANGE_COLUMN, "Exchange, column")                    \
	X(EXCHANGE_EVENT, "Exchange, event-id")                   \
	X(EXCHANGE_SOURCE, "Exchange, source")                    \
	X(EXCHANGE_DIRECTION, "")                                 \
	X(EXCHANGE_MARK, "Exchange, protocol log")                \
	X(SMARTERMAIL_WORD, "SmarterMail")                        \
	X(FILTER_FIELD, "filters and log-ins")                    \
	X(FILTER_WORD, "filters and log-ins")                     \
	X(RESULT, "SPF, DKIM, DMARC")                             \
	X(PROGRAM, "program")                                     \
	X(SMTP_CODE, "SMTP reply code")                           \
	X(SMTP_CLASS, "")                                         \
	X(SMTP_SUBJECT, "")                                       \
	X(SMTP_DSN, "")                                           \
	X(SMTP_COMMAND, "SMTP command")                           \
	X(REPLY_WORD, "")                                         \
	X(ERRNO, "error of the system (Linux)")                   \
	X(EVENT_FIELD, "mailwhy parse --json")                    \
	X(RECORD_MEMBER, "journalctl -o json, docker")            \
	X(ENVELOPE, "")

enum gloss_scope {
#define X(id, where) SCOPE_##id,
	GLOSS_SCOPES(X)
#undef X
	SCOPE_COUNT
};

/* What a value is, and so how it is said in words. */
enum gloss_as {
	AS_NONE,      /* it has none, or what it says is plain */
	AS_TEXT,
	AS_BYTES,
	AS_SECONDS,   /* 0.45, or Exim's 1m2s */
	AS_HMS,       /* Sendmail's 1+02:03:04 */
	AS_COUNT,
	AS_OK_OF,     /* 0/2: that worked, of all */
	AS_ADDRESS,   /* a mail address: <> is the null sender */
	AS_HOST,      /* name[address]:port */
	AS_QUEUE_ID,
	AS_CODE,
	AS_DSN,
	AS_REPLY,     /* a server's answer, with its codes */
	AS_ERRNO,     /* a number of the system, or of Exim if it is negative */
	AS_EPOCH,     /* seconds since 1970 */
	AS_TLS,       /* Exim's TLS1.3:CIPHER:256 */
	AS_EXIM_AUTH, /* authenticator:user */
	AS_DELAYS,    /* Postfix's a/b/c/d */
	AS_IN,        /* and more: a word of scope as - AS_IN */
	AS_ERRNO_IS = 1000, /* and more: the row is about the system's error as - AS_ERRNO_IS */
};

struct gloss {
	enum gloss_scope scope;
	int as;
	struct slice form;
	const char *name, *meaning; /* keys for tr_key() */
};

/* all rows, in the order of the files */
size_t gloss_list(const struct gloss **ret);
/* where the forms of a scope stand: a key for tr_key(); "" in English: nowhere by themselves */
const char *gloss_where(enum gloss_scope scope);
/* the row whose form is exactly this; NULL: none */
const struct gloss *gloss_find(enum gloss_scope scope, struct slice form);
/* The row of these scopes whose form is the longest that the text begins with, as a whole word; NULL: none.  Among equal ones
 * that of the scope that comes first. */
const struct gloss *gloss_match(const enum gloss_scope *scopes, size_t n, struct slice text);
/* The rows of some scopes by their first byte, for many questions. */
struct gloss_set {
	uint16_t first[256];           /* number of a row + 1; 0: none */
	uint16_t next[GLOSS_ROWS_MAX]; /* likewise */
};

void gloss_set_init(struct gloss_set *set, const enum gloss_scope *scopes, size_t n);
/* gloss_match() in a set; among equal rows the first of the files.  but: a scope that does not count; SCOPE_COUNT: all do */
const struct gloss *gloss_set_match(const struct gloss_set *set, struct slice text, enum gloss_scope but);

/* the row of the system's error; NULL: none */
const struct gloss *gloss_errno(int number);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cause.h - the vocabulary of "why": classes, sides, causes
 *
 * docs/causes.md says what they mean and how rules lead to them.
 */
#ifndef DIAGNOSE_CAUSE_H
#define DIAGNOSE_CAUSE_H

#include <stdbool.h>

#include "base/slice.h"

#define CAUSE_CLASSES(X) \
	X(CLASS_HARD, "hard")             /* the address is dead */ \
	X(CLASS_SOFT, "soft")             /* a passing trouble */ \
	X(CLASS_POLICY, "policy") \
	X(CLASS_REPUTATION, "reputation") \
	X(CLASS_AUTH, "auth")             /* SPF, DKIM, DMARC; log-ins */ \
	X(CLASS_CONTENT, "content") \
	X(CLASS_QUOTA, "quota") \
	X(CLASS_DNS, "dns") \
	X(CLASS_NETWORK, "network") \
	X(CLASS_TLS, "tls") \
	X(CLASS_CONFIG, "config") \
	X(CLASS_GREYLIST, "greylist") \
	X(CLASS_RATE, "rate") \
	X(CLASS_LOOP, "loop") \
	X(CLASS_SECURITY, "security")     /* an account or machine is abused, or attacks */ \
	X(CLASS_PROTOCOL, "protocol")

enum cause_class {
#define X(id, name) id,
	CAUSE_CLASSES(X)
#undef X
	CAUSE_CLASS_COUNT
};

#define CAUSE_SIDES(X) /* who has to act, seen by the administrator whose log it is */ \
	X(SIDE_US_CONFIG, "us-config") \
	X(SIDE_US_ACCOUNT, "us-account") \
	X(SIDE_US_REPUTATION, "us-reputation") \
	X(SIDE_SENDER_DOMAIN, "sender-domain") \
	X(SIDE_SENDER_USER, "sender-user") \
	X(SIDE_RCPT_USER, "rcpt-user") \
	X(SIDE_RCPT_ADMIN, "rcpt-admin") \
	X(SIDE_PROVIDER, "provider") \
	X(SIDE_NETWORK, "network") \
	X(SIDE_NONE, "none")              /* nobody: wait */

enum cause_side {
#define X(id, name) id,
	CAUSE_SIDES(X)
#undef X
	CAUSE_SIDE_COUNT
};

/* what a cause was found by, the most telling first */
#define CAUSE_BASES(X) \
	X(BASIS_TEXT, "text")             /* words of the reply */ \
	X(BASIS_DEED, "deed")             /* no reply: what this server, a filter, an owner or an administrator did */ \
	X(BASIS_DSN, "enhanced_code")     /* no rule knows the words */ \
	X(BASIS_CODE, "reply_code")       /* nor the enhanced code, or there is none */ \
	X(BASIS_CLASS, "outcome")         /* there is no code either: only that it failed, or was put off */

enum cause_basis {
#define X(id, name) id,
	CAUSE_BASES(X)
#undef X
	CAUSE_BASIS_COUNT
};

/* Texts live as long as the diagnoser; summary and action are templates (docs/causes.md, cause_fill()). */
struct cause {
	struct slice id;
	enum cause_class class;
	enum cause_side side;
	bool temporary;            /* waiting helps */
	enum cause_basis basis;
	struct slice summary, action;
	struct slice number, source; /* SLICE_NONE: the rule names none */
	bool of_site;              /* a rule of the site's own */
};

const char *cause_class_name(enum cause_class c);
const char *cause_side_name(enum cause_side s);
const char *cause_basis_name(enum cause_basis b);

#endif

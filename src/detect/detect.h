/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect.h - who abuses the server: facts in, findings out
 *
 * A detector looks at facts and keeps what it needs to tell an attack from an honest mistake; when all is read it says
 * what it found.  Each is one file with a struct detector (detector.h) and one row in registry.c.
 *
 * A finding accuses its subject only if `blames` says so: the account that somebody guesses at is a victim, the address that
 * guesses is not.  Own, private and trusted addresses are never blamed as attackers; a machine of our own that sends spam is a
 * finding that no firewall solves.
 */
#ifndef DETECT_DETECT_H
#define DETECT_DETECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/slice.h"
#include "base/tr.h"
#include "base/usec.h"
#include "diagnose/diagnose.h"
#include "fact/fact.h"
#include "fact/filter.h"

#define THREAT_LEVELS(X) /* how bad it is, if it is true */ \
	X(LEVEL_LOW, "low")           /* noise of the Internet: nothing was gained */ \
	X(LEVEL_MEDIUM, "medium")     /* an attack that goes on: block it */ \
	X(LEVEL_HIGH, "high")         /* it works, or soon will; or others begin to refuse our mail */ \
	X(LEVEL_CRITICAL, "critical") /* somebody else sends through this server: act now */

enum threat_level {
#define X(id, name) id,
	THREAT_LEVELS(X)
#undef X
	THREAT_LEVEL_COUNT
};

#define THREAT_CONFIDENCES(X) /* how sure that it is no honest mistake */ \
	X(CONFIDENCE_LOW, "low") \
	X(CONFIDENCE_MEDIUM, "medium") \
	X(CONFIDENCE_HIGH, "high")

enum threat_confidence {
#define X(id, name) id,
	THREAT_CONFIDENCES(X)
#undef X
	THREAT_CONFIDENCE_COUNT
};

#define SUBJECT_KINDS(X) /* what a finding is about */ \
	X(SUBJECT_ADDRESS, "address")       /* an IPv4 address, or the /64 of an IPv6 address: `net` */ \
	X(SUBJECT_NETWORK, "network")       /* a /24, or a shorter IPv6 prefix: `net` */ \
	X(SUBJECT_ACCOUNT, "account")       /* who logs in */ \
	X(SUBJECT_LOCAL_USER, "local_user") /* who submits with the sendmail command */ \
	X(SUBJECT_DIRECTORY, "directory")   /* where a script that sends runs */ \
	X(SUBJECT_MAILBOX, "mailbox")       /* a recipient here */ \
	X(SUBJECT_DOMAIN, "domain")         /* a domain or provider outside */ \
	X(SUBJECT_SERVER, "server")         /* this server itself */ \
	X(SUBJECT_CAMPAIGN, "campaign")     /* many addresses that work together: `members` */

enum subject_kind {
#define X(id, name) id,
	SUBJECT_KINDS(X)
#undef X
	SUBJECT_KIND_COUNT
};

const char *threat_level_name(enum threat_level l);
const char *threat_confidence_name(enum threat_confidence c);
const char *subject_kind_name(enum subject_kind k);
bool threat_level_parse(struct slice name, enum threat_level *ret);

enum evidence_type { EVIDENCE_COUNT, EVIDENCE_SHARE, EVIDENCE_SPAN, EVIDENCE_TIME, EVIDENCE_TEXT };

/* one thing that speaks for a finding: "failed logins: 42" */
struct evidence {
	const char *id;          /* JSON name: "failures" */
	const char *title;       /* TR_KEY(): "failed logins" */
	enum evidence_type type;
	int64_t value;           /* a count; thousandths of a per cent; microseconds; a time */
	int64_t usual;           /* what is usual here, in the same unit; -1: not known, or there is no such thing */
	struct slice text;       /* EVIDENCE_TEXT */
};

#define FINDING_EVIDENCE_MAX 12
#define FINDING_ALSO_MAX     8
#define FINDING_LINES_MAX    5   /* sample lines */
#define FINDING_MEMBERS_MAX  200 /* addresses, accounts ...; `more_members` counts the others */

struct detector;

/* All texts live as long as the struct detect. */
struct finding {
	const struct detector *detector;
	const struct detector *also[FINDING_ALSO_MAX]; /* of its family, that found the same subject */
	size_t n_also;
	enum threat_level level;
	enum threat_confidence confidence;
	enum subject_kind kind;
	struct slice subject;    /* "203.0.113.7", "2001:db8:1:2::/64", "anna@example.com", "/home/anna/public_html" */
	bool blames;             /* the subject does it; false: it happens to the subject */
	bool is_net;             /* `net` holds */
	struct ip_net net;
	bool blockable;          /* blocking `net` (or each address among the members) ends it and hurts nobody that we have seen */
	struct ip_net *intruders; /* addresses from where somebody got in: to be blocked, whoever seems to be at home there */
	size_t n_intruders;
	struct slice server;     /* SLICE_NONE: several */
	struct slice summary;    /* one sentence: what, how much, since when, what is usual */
	struct slice action;     /* one or two: what to do now */
	struct slice trace;      /* options of `trace` that show it, quoted for the shell; SLICE_NONE: none */
	usec_t first_us, last_us;
	int32_t utc_offset_sec;
	const char *setting;     /* the threshold that fired */
	int64_t setting_value;
	struct evidence evidence[FINDING_EVIDENCE_MAX];
	size_t n_evidence;
	struct slice *members;   /* the other side: accounts that an address tried, addresses that guessed at an account */
	size_t n_members;
	uint64_t more_members;
	enum subject_kind member_kind;
	struct fact_line lines[FINDING_LINES_MAX]; /* oldest first; `next` is not used */
	size_t n_lines;
};

/* "brute_force.failures=20": thresholds that differ from the built-in ones; see detector_settings in detector.h */
struct detect_setting {
	struct slice detector, name;
	int64_t value;
};

struct detect_options {
	const struct ip_net *trusted;        /* --trust and our own networks; borrowed.  Loopback, private and link-local
						addresses are always trusted */
	size_t n_trusted;
	const struct slice *local_domains;   /* borrowed */
	size_t n_local_domains;
	const struct detect_setting *settings;
	size_t n_settings;
	const struct filter *filter;         /* borrowed; NULL: everything */
	const char *const *detectors;        /* ids; n 0: all */
	size_t n_detectors;
	const struct diagnoser *diagnoser;   /* borrowed: causes of refusals; NULL: none */
	int (*country)(void *ctx, const struct ip *ip); /* 26 * first letter + second ("aa" is 0), -1: not known; NULL: nobody knows */
	void *country_ctx;
	enum tr_language language;
	size_t memory_bytes;                 /* cap on what all detectors keep; 0: 256 MiB */
};

struct detect;

/* Unknown settings or detectors: the caller has checked them with detect_check_setting(). */
struct detect *detect_new(const struct detect_options *o);
void detect_free(struct detect *d);

/* Where the tracker delivers; borrowed, lives as long as d.  The tracker keeps lines (fact.lines) and detect_details(). */
const struct fact_sink *detect_sink(struct detect *d);
/* bits of enum fact_detail that the detectors need */
unsigned detect_details(const struct detect *d);

/*
 * detect_findings - all was read: what was found
 *
 * The worst first, then by confidence, then by time; one subject is blamed once by detectors of one family (brute force
 * and spraying of one address are one finding with the evidence of both).  Borrowed until detect_free().
 */
const struct finding *detect_findings(struct detect *d, size_t *ret_n);

/* What a list of trusted networks has kept from being accused: shown, so that trust is no blind spot. */
struct detect_left_out {
	uint64_t findings;
	const struct ip_net *nets; /* of them; borrowed */
	size_t n_nets;
};
struct detect_left_out detect_left_out(const struct detect *d);

/* "brute_force.failures" with "20", "10m", "15%": 0, or ERR_USAGE that names the nearest name and the range.  *ret borrows key. */
ATTR_NODISCARD int detect_check_setting(struct slice key, struct slice value, struct detect_setting *ret, struct err *reterr);

#endif

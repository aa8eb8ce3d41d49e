/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detector.h - what a detector is
 *
 * A new detector: one file with a struct detector, one row in registry.c, a twin in the tests that looks like it and is honest.
 */
#ifndef DETECT_DETECTOR_H
#define DETECT_DETECTOR_H

#include "detect/detect.h"

struct known_address;
struct known_account;

/* Whom a fact is about, looked up once for all detectors; borrowed for the call. */
struct party {
	bool has_ip;             /* the next four hold */
	bool trusted;            /* own, private or trusted: never blamed as an attacker */
	struct ip ip;
	struct ip_net address;   /* IPv4: itself; IPv6: its /64 */
	struct ip_net network;   /* the /24, of IPv6 the /48 */
	struct slice account;    /* in lower case; SLICE_NONE: not told */
	const struct known_address *from; /* what is known of the address so far; NULL: nothing */
	const struct known_account *who;  /* the same of the account */
};

enum setting_type { SETTING_COUNT, SETTING_SPAN, SETTING_SHARE }; /* a number; microseconds; thousandths of a per cent */

/* a threshold, with a row in the help and the configuration */
struct detector_setting {
	const char *name;
	enum setting_type type;
	int64_t fallback, min, max;
	const char *help;
};

#define DETECTOR_SETTINGS_MAX 8

/* what a detector works with */
struct watch_context {
	struct detect *detect;
	const struct detector *self;
	int64_t settings[DETECTOR_SETTINGS_MAX]; /* in force, in the order of self->settings */
};

struct detector {
	const char *id;           /* "brute_force" */
	const char *title;        /* TR_KEY(): "guesses passwords" */
	const char *ban;          /* what one of the addresses of a finding does, if the title says it of something else; English, plain letters */
	const char *help;         /* one or two sentences: what it looks at, what it lets pass */
	const char *family;       /* findings of one family about one subject become one; NULL: its own */
	const struct detector_setting *settings;
	size_t n_settings;
	unsigned details;         /* what it needs of facts: bits of enum fact_detail */
	void *(*new)(const struct watch_context *c); /* c lives as long as the state */
	void (*free)(void *state);
	/* any of these may be NULL; on_login gets no failure that is our own fault */
	void (*on_message)(void *state, const struct message *m, const struct party *p);
	void (*on_rejection)(void *state, const struct rejection *r, const struct party *p);
	void (*on_login)(void *state, const struct login *l, const struct party *p);
	/* a login that failed by our own fault: nobody said whether the password was right */
	void (*on_unanswered)(void *state, const struct login *l, const struct party *p);
	void (*on_session)(void *state, const struct session *s, const struct party *p);
	void (*on_tls_failure)(void *state, const struct tls_failure *f, const struct party *p);
	void (*on_oddity)(void *state, const struct oddity *o, const struct party *p);
	void (*on_health)(void *state, const struct health *h);
	/* all was read: tell what was found, through detect_report() */
	void (*end)(void *state);
};

/* all detectors; ends with NULL */
extern const struct detector *const detectors[];
/* NULL: there is none of that id */
const struct detector *detector_find(struct slice id);
/* a value as it is written: "20", "10m", "15%" */
void detect_setting_text(struct strbuf *out, enum setting_type type, int64_t value);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.h - the rules of causes as their files say them (docs/causes.md is the grammar)
 */
#ifndef DIAGNOSE_RULES_H
#define DIAGNOSE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/map.h"
#include "diagnose/cause.h"
#include "diagnose/diagnose.h"

#define RULE_TIERS(X) /* the first wins */ \
	X(TIER_SITE, "site") \
	X(TIER_TOKEN, "token") \
	X(TIER_PROVIDER, "provider") \
	X(TIER_LIST, "list") \
	X(TIER_WRITER, "writer") \
	X(TIER_GENERIC, "generic") \
	X(TIER_CODE, "code")

enum rule_tier {
#define X(id, name) id,
	RULE_TIERS(X)
#undef X
	RULE_TIER_COUNT
};

#define REPLY_STAGES(X) \
	X(STAGE_CONNECT, "connect") \
	X(STAGE_HELO, "helo") \
	X(STAGE_AUTH, "auth") \
	X(STAGE_MAIL, "mail") \
	X(STAGE_RCPT, "rcpt") \
	X(STAGE_DATA, "data") \
	X(STAGE_EOD, "eod") \
	X(STAGE_STARTTLS, "starttls")

enum reply_stage {
#define X(id, name) id,
	REPLY_STAGES(X)
#undef X
	REPLY_STAGE_COUNT
};

const char *reply_stage_name(enum reply_stage s);

enum waiting {
	WAITING_NO,
	WAITING_YES,
	WAITING_CODE, /* as the reply code says */
};

enum term_kind {
	TERM_TEXT,
	TERM_CODE,
	TERM_DSN,
	TERM_HOST,          /* the host that answered is known to be this */
	TERM_HOST_OR_NONE,  /* or it is not known */
	TERM_OURS,
	TERM_THEIRS,
	TERM_TEMPORARY,
	TERM_PERMANENT,
	TERM_STAGE,
};

/* 5.7.606-649; -1: x */
struct dsn_range {
	int16_t class, subject;
	int16_t lo, hi; /* -1, -1: x */
};

struct code_range {
	int16_t lo, hi;
};

struct term {
	enum term_kind kind;
	bool negated;       /* it must not hold */
	union {
		struct {
			uint32_t first, n; /* of rules.texts: any of them */
		} texts;
		struct code_range code;
		struct dsn_range dsn;
		struct slice host;
		enum reply_stage stage;
	};
};

struct match {
	uint32_t rule;
	uint32_t first_term, n_terms;
};

struct rule {
	struct slice id, number, summary, action, source;
	enum rule_tier tier;
	enum cause_class class;
	enum cause_side side;
	enum waiting waiting;
	int32_t prefer;
	const char *file;  /* the name it was parsed under */
	uint64_t line;
};

struct sample {
	uint32_t rule;
	uint64_t line;
	struct slice text; /* with its terms in front */
};

/* Zero-initialised is empty.  Texts lie in the arena or in the parsed files. */
struct rules {
	struct arena arena;
	struct rule *rules;
	struct match *matches;
	struct term *terms;
	struct slice *texts;   /* of terms: folded, a run of blanks is one */
	struct sample *samples;
	size_t n_rules, n_matches, n_terms, n_texts, n_samples;
	size_t rules_cap, matches_cap, terms_cap, texts_cap, samples_cap;
	struct map ids[2];     /* to struct rule's place + 1; those of a site may be the same as ours */
};

#define RULES_MAX      8192 /* in all: more are refused */
#define RULE_TEXTS_MAX 16384
#define RULE_VALUE_MAX 4096 /* bytes of a value */
#define RULE_TERMS_MAX 32   /* of a match */

/*
 * rules_parse - add the rules of a file
 *
 * name, text: borrowed as long as the rules live.  site: all of them are of the tier `site`, whatever the file says.  A rule with an error is told
 * to `diag` (name:line: reason) and left out.  Returns the number of rules added.
 */
size_t rules_parse(struct rules *r, const char *name, struct slice text, bool site, const struct diag *diag);
void rules_done(struct rules *r);

/* What a sample says, with the terms in front of it; false: they are wrong.  Slices point into text. */
bool sample_complaint(struct slice text, struct complaint *ret);

/* A placeholder of a template, without its braces: the name, and the words to take when it is not known */
enum placeholder {
	FILL_RECIPIENT, FILL_RECIPIENT_DOMAIN, FILL_SENDER, FILL_SENDER_DOMAIN, FILL_HOST, FILL_IP, FILL_REVERSED_IP,
	FILL_LIST,
	PLACEHOLDER_COUNT, /* none of them */
};
enum placeholder placeholder_parse(struct slice inside, struct slice *ret_words);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_priv.h - rules made ready for matching: index.c makes them, match.c asks them, embed.c writes ours as constants
 *
 * All tables refer to each other by numbers, never by pointers: what is compiled in needs no start-up, and takes memory only where it is looked at.
 *
 * docs/causes.md says what "best" is.  A match's rank is one number, the least wins: tier, then (negated) weight of the evidence, then the
 * rule's place.  The place can be read from it again.
 */
#ifndef DIAGNOSE_MATCH_PRIV_H
#define DIAGNOSE_MATCH_PRIV_H

#include <endian.h>
#include <string.h>

#include "diagnose/match.h"

#define GRAM_BYTES   4            /* texts that are shorter are looked for when they are asked for */
#define GRAM_BITS    16           /* of the hash of one */
#define GRAM_WORDS   (1U << GRAM_BITS >> 6)
#define NO_GRAM      UINT16_MAX
#define TAIL_BYTES   16
#define CODES        400          /* 200 to 599 */
#define DSN_BUCKETS  1024
#define SUBJECTS     11           /* 0 to 9, and all others */

#define BYTES_SLACK  16           /* behind the last of matcher.bytes, since texts are compared so many bytes at a time */

#define RANK_TIER    56           /* bits: tier, 24 of weight, 32 of place */
#define RANK_WEIGHT  32
#define WEIGHT_ZERO  0x800000     /* so that a negative one sorts too */
#define WEIGHT_MAX   0xffffff

/* n of matcher.bytes; n == 0: none */
struct span {
	uint32_t at, n;
};

/* what a rule says */
struct verse {
	struct span id, number, summary, action, source;
	uint8_t tier, class, side, waiting;
};

/* a text of some rules; those that are too short for a gram stand at the end */
struct fragment {
	char tail[TAIL_BYTES];      /* from its gram on */
	uint32_t at;                /* in matcher.bytes */
	uint32_t first_hook;
	uint16_t n_hooks;
	uint16_t n;                 /* bytes of it */
	uint16_t gram_at;           /* where in it its gram is */
	uint16_t tail_mask;         /* a bit for each byte of tail that it has */
	uint16_t order;             /* how good the best match is that hangs on it: 0 is best */
};

/* its fragments stand together, and in front those on which something hangs */
struct gram {
	uint16_t first, n;          /* of those on which something hangs */
};

/* What a reply says beside its words and its codes: a bit each. */
#define STATE_OURS      1U
#define STATE_TEMPORARY 2U
#define STATE_STAGES    2        /* and up: enum reply_stage */
#define STATE_NEVER     0x8000U

enum check_kind { CHECK_CODE, CHECK_DSN, CHECK_HOST, CHECK_TEXT };

/*
 * A term of a match, but for the text that it is hung up on, and for what asks for a state.  Of the codes of a reply, one has to lie, in
 * the bits of the mask, between two numbers.
 */
struct check {
	uint8_t kind;               /* enum check_kind */
	bool negated;
	uint16_t n;                 /* CHECK_TEXT: how many of texts[]; CHECK_HOST: 1: or none */
	uint32_t first;             /* of texts[], hosts[]; of the numbers */
	uint32_t mask, span;        /* of codes; the last number is first + span */
};

/* a match that hangs on something, and the best rank that it can have */
struct hook {
	uint64_t best_rank;
	uint32_t first_check;
	uint16_t state_mask, state; /* what the state has to be in these bits */
	uint8_t n_checks;
	uint8_t basis;              /* enum cause_basis */
};

/* a text that a check asks for; the longest of a check first */
struct text_ref {
	uint16_t fragment;
	uint16_t n;                 /* its length */
	uint16_t gram;              /* NO_GRAM: it is too short */
};

/* matches that hang on a code, the best first */
struct list {
	uint64_t best_rank;         /* UINT64_MAX: it is empty */
	uint32_t first_hook, n_hooks;
};

enum { LIST_CODE, LIST_DSN = LIST_CODE + CODES, LIST_SUBJECT = LIST_DSN + DSN_BUCKETS, LIST_LOOSE = LIST_SUBJECT + SUBJECTS, LISTS };

struct matcher {
	const char *bytes;
	const struct verse *verses;             /* of the rules, in their order */
	const struct fragment *fragments;
	const struct text_ref *texts;           /* of the rules' terms */
	const struct check *checks;
	const struct span *hosts;
	const struct hook *hooks;
	const struct list *lists;               /* of LISTS */
	uint64_t best_of_codes, best_of_dsns, best_of_subjects; /* ranks in these lists */
	/*
	 * Grams are numbered by their hashes.  To find one by its hash: a bit for each hash, set if a gram has it; and how many are
	 * set before each word of 64.
	 */
	const uint64_t *is_known;               /* of GRAM_WORDS */
	const uint16_t *known_before;           /* of GRAM_WORDS */
	const struct gram *grams;
	uint32_t n_bytes, n_verses, n_fragments, n_texts, n_checks, n_hosts, n_hooks, n_grams;
};

static inline uint64_t rank_lighter(uint64_t rank, uint32_t by)
{
	return rank + ((uint64_t)by << RANK_WEIGHT);
}

/* a hash of the four bytes at p: the upper half of a product depends on all of them */
#define GRAM_FACTOR UINT32_C(0x9e3779b1)

static inline uint32_t gram_hash(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return le32toh(v) * GRAM_FACTOR >> (32 - GRAM_BITS);
}

static inline uint32_t dsn_list(uint32_t subject, uint32_t detail)
{
	return LIST_DSN + (subject * 37 + detail) % DSN_BUCKETS;
}

static inline uint32_t subject_list(uint32_t subject)
{
	return LIST_SUBJECT + (subject < SUBJECTS - 1 ? subject : SUBJECTS - 1);
}

#endif

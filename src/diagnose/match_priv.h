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
#define GRAMS        65536        /* hashes of them */
#define BUCKETS      32768         /* hashes that have these bits in common stand together: a small table stays in the cache */
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

/* a text of some rules; those that share a bucket stand together, and at the end those that are too short for a gram */
struct fragment {
	uint64_t head;              /* up to eight bytes of it from its gram on */
	uint32_t key;               /* KEY_ORDER: how good the best match is that hangs on it, 0 is best; below that, its number */
	uint32_t at;                /* in matcher.bytes */
	uint32_t first_hook;
	uint16_t n_hooks;
	uint16_t n;                 /* bytes of it */
	uint16_t gram;              /* where in it that is */
	uint16_t head_bytes;
};

#define KEY_ORDER    16

/*
 * What a reply says beside its words, as numbers: its codes; its enhanced codes; and what else is known of it, a bit each.  A check asks for
 * one that lies, in the bits of its mask, between two numbers.
 */
enum fact_kind { FACT_CODE, FACT_DSN, FACT_STATE, FACT_KINDS };

#define FACT_NONE      (UINT32_C(1) << 31) /* in place of a code that there is not; in all masks */
#define FACT_CLASS     20                  /* bits of an enhanced code */
#define FACT_SUBJECT   10
#define FACT_PART      UINT32_C(0x3ff)
#define STATE_OURS     UINT32_C(1)
#define STATE_TEMPORARY UINT32_C(2)
#define STATE_STAGES   8                   /* and up: enum reply_stage */

enum check_kind { CHECK_FACT, CHECK_HOST, CHECK_TEXT };

/* a term of a match, but for the text that it is hung up on */
struct check {
	uint8_t kind;               /* enum check_kind */
	bool negated;
	uint16_t n;                 /* CHECK_TEXT: how many of texts[]; CHECK_FACT: enum fact_kind; CHECK_HOST: 1: or none */
	uint32_t first;             /* of texts[], hosts[]; of the numbers */
	uint32_t mask, span;        /* CHECK_FACT; the last number is first + span */
};

/* a match that hangs on something, and the best rank that it can have */
struct hook {
	uint64_t best_rank;
	uint32_t first_check;       /* of n_facts, and others */
	uint8_t n_facts, n_others;
	uint16_t basis;             /* enum cause_basis */
};

/* a text that a check asks for; the longest of a check first */
struct text_ref {
	uint16_t fragment;
	uint16_t n;                 /* its length */
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
	const uint16_t *first_fragment;         /* of BUCKETS, and one more */
	const uint8_t *is_known;                /* of GRAMS; 1: it is that of a fragment.  A byte: nothing else is looked at as often. */
	uint32_t n_bytes, n_verses, n_fragments, n_texts, n_checks, n_hosts, n_hooks;
};

static inline uint64_t rank_lighter(uint64_t rank, uint32_t by)
{
	return rank + ((uint64_t)by << RANK_WEIGHT);
}

/*
 * A hash of the four bytes at p.  Made of two products, since SSE2 multiplies words of 16 bits; the
 * middle of their sum depends on all four.
 */
#define GRAM_FACTOR_LO 30011
#define GRAM_FACTOR_HI 20249

static inline uint32_t gram_hash(const char *p)
{
	int16_t lo, hi;

	memcpy(&lo, p, sizeof lo);
	memcpy(&hi, p + 2, sizeof hi);
	return (uint32_t)((int16_t)le16toh((uint16_t)lo) * GRAM_FACTOR_LO + (int16_t)le16toh((uint16_t)hi) * GRAM_FACTOR_HI) >> 8 & 0xffff;
}

static inline uint32_t dsn_bucket(int subject, int detail)
{
	return ((uint32_t)subject * 37U + (uint32_t)detail) % DSN_BUCKETS;
}

static inline uint32_t subject_list(int subject)
{
	return subject >= 0 && subject < SUBJECTS - 1 ? (uint32_t)subject : SUBJECTS - 1;
}

#endif

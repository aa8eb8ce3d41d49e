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
#define BUCKETS      32768         /* hashes that have these bits in common share slots: a small table stays in the cache */
#define CODES        400          /* 200 to 599 */
#define DSN_BUCKETS  256
#define SUBJECTS     11           /* 0 to 9, and all others */

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

/* a text of some rules */
struct fragment {
	uint32_t at;                /* in matcher.bytes */
	uint16_t n;
	uint16_t rare;              /* where in it its rarest gram is */
};

/* Where a fragment may be.  Those of a bucket stand together. */
struct slot {
	uint64_t head;              /* up to eight bytes of it from the gram on */
	uint64_t best_rank;         /* of the matches that hang on it; UINT64_MAX: none does */
	uint16_t fragment;
	uint16_t is_last;           /* 1: of its bucket */
	uint32_t unused_bits;       /* of head */
};

/* a term of a match, but for a single text that it is hung up on */
struct check {
	uint8_t kind;               /* enum term_kind */
	bool negated;
	int8_t class;               /* TERM_DSN: as struct dsn_range has them; TERM_CODE: lo and hi only */
	int16_t subject, lo, hi;
	uint16_t n;                 /* TERM_TEXT: how many of texts[]; TERM_STAGE: which */
	uint32_t first;             /* of texts[], hosts[] */
};

/* a match in a list, and the best rank that it can have */
struct hook {
	uint64_t best_rank;
	uint32_t first_check;
	uint16_t n_checks;
	uint16_t basis;             /* enum cause_basis */
};

/* a text that a check asks for */
struct text_ref {
	uint16_t fragment;
	uint16_t n;                 /* its length */
};

/* lists of hooks, one behind the other, each the best first: list i is items[start[i]] to items[start[i + 1]] */
struct hooks {
	const uint64_t *best_rank;  /* of a list; UINT64_MAX: it is empty */
	const uint32_t *start;
	const struct hook *items;
	uint32_t n_lists;
};

struct matcher {
	const char *bytes;
	const struct verse *verses;             /* of the rules, in their order */
	const struct fragment *fragments;
	const struct text_ref *texts;           /* of the rules' terms */
	const struct check *checks;
	const struct span *hosts;
	struct hooks by_fragment, by_code, by_dsn, by_subject, loose;
	const struct slot *slots;
	const uint16_t *first_slot;             /* of BUCKETS */
	const uint8_t *is_known;                /* of GRAMS; 1: there are slots of this hash.  A byte: nothing else is looked at as often. */
	uint32_t n_bytes, n_verses, n_fragments, n_texts, n_checks, n_hosts, n_slots;
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

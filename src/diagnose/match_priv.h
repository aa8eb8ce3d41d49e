/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_priv.h - rules made ready for matching: index.c makes them, match.c asks them
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

/* a text of some rules */
struct fragment {
	const char *p;
	uint32_t n;
	uint32_t rare;              /* where in it its rarest gram is */
	uint32_t often;             /* how often that is in the samples and texts; UINT32_MAX: it is too short to have one */
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
	uint16_t n;                 /* TERM_TEXT: how many of texts[]; TERM_STAGE: which */
	union {
		uint32_t first;     /* of texts[], hosts[] */
		struct code_range code;
		struct {
			int16_t class, subject, lo;
		} dsn;              /* n: hi */
	};
};

/* a match in a list, and the best rank that it can have */
struct hook {
	uint64_t best_rank;
	uint32_t first_check;
	uint16_t n_checks;
	uint16_t basis;             /* enum cause_basis */
	uint32_t list;              /* while the lists are made */
};

/* a text that a check asks for */
struct text_ref {
	uint16_t fragment;
	uint16_t n;                 /* its length */
};

/* lists of hooks, one behind the other, each the best first: list i is items[start[i]] to items[start[i + 1]] */
struct hooks {
	uint64_t *best_rank;        /* of a list; UINT64_MAX: it is empty */
	uint32_t *start;
	struct hook *items;
	size_t n, cap;
};

struct matcher {
	const struct rules *rules;
	struct fragment *fragments;
	struct text_ref *texts;     /* of the rules */
	struct check *checks;
	struct slice *hosts;
	size_t n_fragments, n_checks, n_hosts;
	struct hooks by_fragment, by_code, by_dsn, by_subject, loose;
	struct slot *slots;
	uint16_t first_slot[BUCKETS];
	uint8_t is_known[GRAMS];    /* 1: there are slots of this hash.  A byte: nothing else is looked at as often. */
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

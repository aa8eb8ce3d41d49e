/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match.c - which rule fits a reply best
 *
 * docs/causes.md says what "best" is.  A candidate's rank is one number, the least wins: tier, then (negated) weight of the evidence, then the
 * rule's place.
 */
#include "diagnose/match.h"

#include <endian.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/map.h"

#define GRAM_BITS    16           /* of the bitmap: 8 KiB */
#define BUCKET_BITS  12
#define BUCKETS      (1U << BUCKET_BITS)
#define GRAM_MASK    0xffffffU    /* three bytes of a little-endian word */
#define TERM_WEIGHT  8            /* of a term that is no text */
#define CODES        400          /* 200 to 599 */
#define DSN_BUCKETS  256
#define SUBJECTS     11           /* 0 to 9, and all others */
#define WEIGHT_ZERO  0x800000     /* so that a negative one sorts too */
#define WEIGHT_MAX   0xffffff

/* a text of some rules */
struct fragment {
	const char *p;
	uint32_t n;
	uint32_t rare;              /* where in it its rarest three bytes are */
};

struct gram_entry {
	uint32_t gram, fragment;
};

struct candidate {
	uint32_t rule;
	uint32_t first_term, n_terms;
	enum cause_basis basis;
	int32_t weight;             /* without what depends on which text is found */
	uint64_t best_rank;         /* if the longest of each are */
};

/* lists of numbers, one behind the other: list i is items[start[i]] to items[start[i + 1]] */
struct lists {
	uint32_t *start, *items;
	uint32_t n;
};

struct matcher {
	const struct rules *rules;
	struct fragment *fragments;
	const struct term *terms;
	uint32_t *texts;            /* fragment of each text of the rules */
	struct candidate *candidates;
	size_t n_fragments, n_candidates;
	struct lists by_fragment;   /* candidates */
	struct lists by_code, by_dsn, by_subject, loose;
	uint64_t bitmap[1U << (GRAM_BITS - 6)];
	struct lists by_gram;       /* places in entries */
	struct gram_entry *entries;
};

static inline uint32_t load_gram(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return le32toh(v) & GRAM_MASK;
}

static inline uint32_t gram_hash(uint32_t gram)
{
	return (gram * UINT32_C(0x9e3779b1)) >> (32 - GRAM_BITS);
}

/* ---- lists ---- */

struct pair {
	uint32_t list, item;
};

struct pairs {
	struct pair *p;
	size_t n, cap;
};

static void add_pair(struct pairs *pairs, uint32_t list, uint32_t item)
{
	pairs->p = vec_grow(pairs->p, pairs->n, &pairs->cap, sizeof *pairs->p);
	pairs->p[pairs->n++] = (struct pair){ list, item };
}

/* n lists from pairs, in their order; frees the pairs */
static struct lists lists_of(struct pairs *pairs, uint32_t n)
{
	struct lists l = { xcalloc(n + 2, sizeof *l.start), xcalloc(pairs->n + 1, sizeof *l.items), n };

	for (size_t i = 0; i < pairs->n; i++)
		l.start[pairs->p[i].list + 2]++;
	for (uint32_t i = 2; i < n + 2; i++)
		l.start[i] += l.start[i - 1];
	for (size_t i = 0; i < pairs->n; i++)
		l.items[l.start[pairs->p[i].list + 1]++] = pairs->p[i].item;
	free(pairs->p);
	*pairs = (struct pairs){ 0 };
	return l;
}

static void lists_done(struct lists *l)
{
	free(l->start);
	free(l->items);
}

/* ---- making it ---- */

/* equal texts of several rules are one fragment */
static void gather_fragments(struct matcher *m)
{
	const struct rules *r = m->rules;
	struct map known = { 0 };

	m->texts = xcalloc(r->n_texts + 1, sizeof *m->texts);
	m->fragments = xcalloc(r->n_texts + 1, sizeof *m->fragments);
	for (size_t i = 0; i < r->n_texts; i++) {
		struct slice text = r->texts[i];
		struct fragment *f = map_get(&known, text);

		if (!f) {
			f = &m->fragments[m->n_fragments++];
			f->p = text.p;
			f->n = (uint32_t)text.n;
			(void)map_put(&known, text, f);
		}
		m->texts[i] = (uint32_t)(f - m->fragments);
	}
	map_done(&known);
}

/* how often each hashed gram is in the texts and samples: what is rare there is rare in replies */
static uint16_t *count_grams(const struct rules *r)
{
	uint16_t *counts = xcalloc((size_t)1 << GRAM_BITS, sizeof *counts);

	for (size_t i = 0; i < r->n_texts + r->n_samples; i++) {
		struct slice s = i < r->n_texts ? r->texts[i] : r->samples[i - r->n_texts].text;
		uint32_t gram = 0;

		for (size_t at = 0; at < s.n; at++) {
			uint16_t *count;

			gram = gram >> 8 | (uint32_t)(unsigned char)ascii_tolower(s.p[at]) << 16;
			count = &counts[gram_hash(gram)];
			*count = (uint16_t)(*count + (*count < UINT16_MAX));
		}
	}
	return counts;
}

static uint32_t fragment_gram(const struct fragment *f, uint32_t at)
{
	const unsigned char *p = (const unsigned char *)f->p + at;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

static void hang_up_fragments(struct matcher *m)
{
	uint16_t *counts = count_grams(m->rules);
	struct pairs pairs = { 0 };

	m->entries = xcalloc(m->n_fragments + 1, sizeof *m->entries);
	for (uint32_t i = 0; i < m->n_fragments; i++) {
		struct fragment *f = &m->fragments[i];
		uint32_t hash, best = UINT32_MAX;

		for (uint32_t at = 0; at + 3 <= f->n; at++) {
			uint32_t count = counts[gram_hash(fragment_gram(f, at))];

			if (count < best) {
				best = count;
				f->rare = at;
			}
		}
		m->entries[i] = (struct gram_entry){ fragment_gram(f, f->rare), i };
		hash = gram_hash(m->entries[i].gram);
		m->bitmap[hash / 64] |= UINT64_C(1) << hash % 64;
		add_pair(&pairs, hash >> (GRAM_BITS - BUCKET_BITS), i);
	}
	m->by_gram = lists_of(&pairs, BUCKETS);
	free(counts);
}

static uint64_t rank_of(const struct rule *rule, int32_t weight, uint32_t place)
{
	int32_t w = weight + WEIGHT_ZERO;

	w = w < 0 ? 0 : w > WEIGHT_MAX ? WEIGHT_MAX : w;
	return (uint64_t)rule->tier << 56 | (uint64_t)(uint32_t)(WEIGHT_MAX - w) << 32 | place;
}

/* of the rules that go by codes only: the enhanced code before the reply code, exact before ranges and x */
static int32_t code_weight(const struct term *t)
{
	if (t->kind == TERM_DSN)
		return 400 + (t->dsn.class >= 0 ? 10 : 0) + (t->dsn.subject >= 0 ? 100 : 0) +
		       (t->dsn.lo < 0 ? 0 : t->dsn.lo < t->dsn.hi ? 200 : 300);
	return t->code.lo == t->code.hi ? 300 : t->code.hi - t->code.lo < 10 ? 200 : 100;
}

static int32_t term_weight(const struct rule *rule, const struct term *t)
{
	if (t->negated)
		return 0;
	switch (t->kind) {
	case TERM_TEXT: /* known when it is found */
		return 0;
	case TERM_CODE:
	case TERM_DSN:
		return rule->tier == TIER_CODE ? code_weight(t) : TERM_WEIGHT;
	default:
		return TERM_WEIGHT;
	}
}

static void text_lengths(const struct matcher *m, const struct term *t, uint32_t *ret_min, uint32_t *ret_max)
{
	*ret_min = UINT32_MAX;
	*ret_max = 0;
	for (uint32_t i = 0; i < t->texts.n; i++) {
		uint32_t n = m->fragments[m->texts[t->texts.first + i]].n;

		*ret_min = n < *ret_min ? n : *ret_min;
		*ret_max = n > *ret_max ? n : *ret_max;
	}
}

/* the lists of candidates while they grow */
struct hooks {
	struct pairs by_fragment, by_code, by_dsn, by_subject, loose;
};

static uint32_t dsn_bucket(int16_t subject, int16_t detail)
{
	return ((uint32_t)subject * 37U + (uint32_t)detail) % DSN_BUCKETS;
}

static uint32_t subject_list(int16_t subject)
{
	return subject >= 0 && subject < SUBJECTS - 1 ? (uint32_t)subject : SUBJECTS - 1;
}

static void hang_up_code(struct hooks *h, const struct term *t, uint32_t candidate)
{
	if (t->kind == TERM_DSN && t->dsn.subject >= 0 && t->dsn.lo >= 0 && t->dsn.lo == t->dsn.hi)
		add_pair(&h->by_dsn, dsn_bucket(t->dsn.subject, t->dsn.lo), candidate);
	else if (t->kind == TERM_DSN && t->dsn.subject >= 0)
		add_pair(&h->by_subject, subject_list(t->dsn.subject), candidate);
	else if (t->kind == TERM_CODE)
		for (int code = t->code.lo; code <= t->code.hi; code++)
			add_pair(&h->by_code, (uint32_t)code - 200, candidate);
	else
		add_pair(&h->loose, 0, candidate);
}

static void add_candidate(struct matcher *m, struct hooks *h, const struct match *match)
{
	const struct rule *rule = &m->rules->rules[match->rule];
	const struct term *anchor = NULL;
	uint32_t place = (uint32_t)m->n_candidates, longest = 0;
	struct candidate c = { match->rule, match->first_term, match->n_terms, BASIS_CLASS, rule->prefer, 0 };
	int32_t most = c.weight;

	for (uint32_t i = 0; i < match->n_terms; i++) {
		const struct term *t = &m->terms[match->first_term + i];
		uint32_t least_text, most_text;

		c.weight += term_weight(rule, t);
		if (t->negated)
			continue;
		if (t->kind == TERM_DSN || (t->kind == TERM_CODE && c.basis == BASIS_CLASS)) {
			c.basis = t->kind == TERM_DSN ? BASIS_DSN : BASIS_CODE;
			anchor = longest ? anchor : t;
		}
		if (t->kind != TERM_TEXT)
			continue;
		text_lengths(m, t, &least_text, &most_text);
		most += (int32_t)most_text;
		if (least_text > longest) {
			longest = least_text;
			anchor = t;
		}
	}
	if (longest)
		c.basis = BASIS_TEXT;
	c.best_rank = rank_of(rule, most + c.weight - rule->prefer, match->rule);
	if (!anchor)
		add_pair(&h->loose, 0, place);
	else if (anchor->kind == TERM_TEXT)
		for (uint32_t i = 0; i < anchor->texts.n; i++)
			add_pair(&h->by_fragment, m->texts[anchor->texts.first + i], place);
	else
		hang_up_code(h, anchor, place);
	m->candidates[m->n_candidates++] = c;
}

struct matcher *matcher_new(const struct rules *r)
{
	struct matcher *m = xcalloc(1, sizeof *m);
	struct hooks h = { 0 };

	m->rules = r;
	m->terms = r->terms;
	gather_fragments(m);
	hang_up_fragments(m);
	m->candidates = xcalloc(r->n_matches + 1, sizeof *m->candidates);
	for (size_t i = 0; i < r->n_matches; i++)
		add_candidate(m, &h, &r->matches[i]);
	m->by_fragment = lists_of(&h.by_fragment, (uint32_t)m->n_fragments);
	m->by_code = lists_of(&h.by_code, CODES);
	m->by_dsn = lists_of(&h.by_dsn, DSN_BUCKETS);
	m->by_subject = lists_of(&h.by_subject, SUBJECTS);
	m->loose = lists_of(&h.loose, 1);
	return m;
}

void matcher_free(struct matcher *m)
{
	if (!m)
		return;
	lists_done(&m->by_gram);
	lists_done(&m->by_fragment);
	lists_done(&m->by_code);
	lists_done(&m->by_dsn);
	lists_done(&m->by_subject);
	lists_done(&m->loose);
	free(m->fragments);
	free(m->texts);
	free(m->entries);
	free(m->candidates);
	free(m);
}

/* ---- asking it ---- */

#define FOUND_WORDS (RULE_TEXTS_MAX / 64)

struct search {
	const struct matcher *m;
	const struct reply_view *v;
	uint64_t rank;              /* of the best */
	const struct candidate *best;
	uint64_t found[FOUND_WORDS]; /* fragments, a bit each */
};

static inline bool is_found(const struct search *s, uint32_t fragment)
{
	return s->found[fragment / 64] >> fragment % 64 & 1;
}

static ATTR_NOINLINE void look_at(struct search *s, const char *p, uint32_t gram, uint32_t hash)
{
	const struct matcher *m = s->m;
	const uint32_t *start = &m->by_gram.start[hash >> (GRAM_BITS - BUCKET_BITS)];
	const char *text = s->v->text, *end = text + s->v->n;

	for (uint32_t i = start[0]; i < start[1]; i++) {
		const struct gram_entry *e = &m->entries[m->by_gram.items[i]];
		const struct fragment *f = &m->fragments[e->fragment];
		const char *from = p - f->rare;

		if (e->gram == gram && (size_t)(p - text) >= f->rare && (size_t)(end - from) >= f->n &&
		    memcmp(from, f->p, f->n) == 0)
			s->found[e->fragment / 64] |= UINT64_C(1) << e->fragment % 64;
	}
}

static void find_fragments(struct search *s)
{
	const uint64_t *bitmap = s->m->bitmap;
	const char *p = s->v->text, *last = p + s->v->n - 3;

	for (; p <= last; p++) {
		uint32_t gram = load_gram(p), hash = gram_hash(gram);

		if (UNLIKELY(bitmap[hash / 64] >> hash % 64 & 1))
			look_at(s, p, gram, hash);
	}
}

static bool code_holds(const struct reply_view *v, const struct code_range *r)
{
	for (size_t i = 0; i < v->n_codes; i++)
		if (v->codes[i] >= r->lo && v->codes[i] <= r->hi)
			return true;
	return false;
}

static bool dsn_holds(const struct reply_view *v, const struct dsn_range *r)
{
	for (size_t i = 0; i < v->n_dsns; i++) {
		const struct dsn *d = &v->dsns[i];

		if ((r->class < 0 || r->class == d->class) && (r->subject < 0 || r->subject == d->subject) &&
		    (r->lo < 0 || (d->detail >= r->lo && d->detail <= r->hi)))
			return true;
	}
	return false;
}

/* it is `domain`, or below it */
static bool host_holds(struct slice host, struct slice domain)
{
	if (host.n < domain.n || !slice_eq_fold(slice_from(host, host.n - domain.n), domain))
		return false;
	return host.n == domain.n || host.p[host.n - domain.n - 1] == '.';
}

/* bytes of the longest text found; 0: none */
static uint32_t text_found(const struct search *s, const struct term *t)
{
	uint32_t longest = 0;

	for (uint32_t i = 0; i < t->texts.n; i++) {
		uint32_t f = s->m->texts[t->texts.first + i];

		if (is_found(s, f) && s->m->fragments[f].n > longest)
			longest = s->m->fragments[f].n;
	}
	return longest;
}

/* a term that is no text */
static bool term_holds(const struct reply_view *v, const struct term *t)
{
	switch (t->kind) {
	case TERM_CODE:
		return code_holds(v, &t->code);
	case TERM_DSN:
		return dsn_holds(v, &t->dsn);
	case TERM_HOST:
		return v->host.n && host_holds(v->host, t->host);
	case TERM_HOST_OR_NONE:
		return !v->host.n || host_holds(v->host, t->host);
	case TERM_OURS:
		return v->said_by == SAID_BY_US;
	case TERM_THEIRS:
		return v->said_by != SAID_BY_US;
	case TERM_TEMPORARY:
		return v->temporary;
	case TERM_PERMANENT:
		return !v->temporary;
	case TERM_STAGE:
		return v->stages >> t->stage & 1;
	default:
		return false;
	}
}

static void consider(struct search *s, uint32_t index)
{
	const struct candidate *c = &s->m->candidates[index];
	const struct term *t = &s->m->terms[c->first_term], *end = t + c->n_terms;
	int32_t weight = c->weight;
	uint64_t rank;

	if (c->best_rank >= s->rank)
		return;
	for (; t < end; t++) {
		uint32_t n = t->kind == TERM_TEXT ? text_found(s, t) : term_holds(s->v, t);

		if (!n == !t->negated)
			return;
		if (t->kind == TERM_TEXT && !t->negated)
			weight += (int32_t)n;
	}
	rank = rank_of(&s->m->rules->rules[c->rule], weight, c->rule);
	if (rank < s->rank) {
		s->rank = rank;
		s->best = c;
	}
}

static void consider_list(struct search *s, const struct lists *l, uint32_t list)
{
	for (uint32_t i = l->start[list]; i < l->start[list + 1]; i++)
		consider(s, l->items[i]);
}

static void consider_codes(struct search *s)
{
	const struct matcher *m = s->m;
	const struct reply_view *v = s->v;

	for (size_t i = 0; i < v->n_dsns; i++) {
		consider_list(s, &m->by_dsn, dsn_bucket(v->dsns[i].subject, v->dsns[i].detail));
		consider_list(s, &m->by_subject, subject_list(v->dsns[i].subject));
	}
	for (size_t i = 0; i < v->n_codes; i++)
		consider_list(s, &m->by_code, (uint32_t)v->codes[i] - 200);
	consider_list(s, &m->loose, 0);
}

const struct rule *matcher_find(const struct matcher *m, const struct reply_view *v, enum cause_basis *ret_basis)
{
	struct search s;
	size_t words = (m->n_fragments + 63) / 64;

	s.m = m;
	s.v = v;
	s.rank = UINT64_MAX;
	s.best = NULL;
	memset(s.found, 0, words * sizeof *s.found);
	find_fragments(&s);
	for (size_t w = 0; w < words; w++)
		for (uint64_t bits = s.found[w]; bits; bits &= bits - 1)
			consider_list(&s, &m->by_fragment, (uint32_t)(w * 64 + (unsigned)__builtin_ctzll(bits)));
	consider_codes(&s);
	if (!s.best)
		return NULL;
	*ret_basis = s.best->basis;
	return &m->rules->rules[s.best->rule];
}

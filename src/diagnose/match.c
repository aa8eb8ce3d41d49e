/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match.c - which rule fits a reply best
 */
#include "diagnose/match_priv.h"

#include "base/attr.h"
#include "base/scan.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#define HITS_MAX       1024 /* grams that are looked at in one reply: an ordinary one has 10 */
#define CANDIDATES_MAX 2048 /* and texts that have them */
#define STEP           64   /* bytes whose grams are looked up at once */

#define AT_BITS 16          /* numbers of grams and of fragments stand above where they are in the reply */
#define AT      0xffff

#define NO_PLACE UINT64_MAX

struct search {
	const struct matcher *m;
	const struct reply_view *v;
	uint64_t rank;              /* of the best; UINT64_MAX: none yet */
	enum cause_basis basis;     /* of the best */
	uint32_t state;             /* of the reply */
	uint32_t n_hits, n_places;
	uint64_t perhaps;           /* the grams of hits: a bit for those of the same last six bits */
	uint64_t best_place;        /* NO_PLACE: there is none */
	uint32_t hits[HITS_MAX + STEP]; /* where the reply has the gram of a text: its number above that */
	/* texts that the reply may have: the order of each, above its number, above where its gram is.  So the least is the one to look at first. */
	uint64_t places[CANDIDATES_MAX + 1];
};

static inline struct slice span_of(const struct matcher *m, struct span s)
{
	uintptr_t told = 0 - (uintptr_t)(s.n > 0);

	return (struct slice){ (const char *)((uintptr_t)(m->bytes + s.at) & told), s.n };
}

/* ---- texts ---- */

/* which of the grams at p to p + 63 are those of texts: bit i is that at p[i] */
typedef uint64_t known_mask(const struct matcher *m, const char *p);

static inline uint64_t known_plain(const struct matcher *m, const char *p)
{
	uint64_t mask = 0;

	for (uint32_t i = 0; i < STEP; i++) {
		uint32_t hash = gram_hash(p + i);

		mask |= (m->is_known[hash / 64] >> hash % 64 & 1) << i;
	}
	return mask;
}

/* Where the reply has such grams.  Eight are written without a look at how many there are, which cannot be foretold. */
static inline ATTR_ALWAYS_INLINE uint32_t find_grams(known_mask *known, const struct matcher *m, const struct reply_view *v, uint16_t *ret)
{
	uint32_t end = v->n < GRAM_BYTES ? 0 : (uint32_t)(v->n - GRAM_BYTES + 1), n = 0;

	for (uint32_t at = 0; at < end && n < HITS_MAX; at += STEP) {
		uint32_t left = end - at, beyond = left < STEP ? STEP - left : 0, i = 0, n_next;
		uint64_t mask = known(m, v->text + at) & UINT64_MAX >> beyond;

		n_next = n + (uint32_t)__builtin_popcountll(mask);
		for (; i < 8; i++, mask &= mask - 1)
			ret[n + i] = (uint16_t)(at + (uint32_t)__builtin_ctzll(mask | UINT64_C(1) << 63));
		for (; mask; i++, mask &= mask - 1)
			ret[n + i] = (uint16_t)(at + (uint32_t)__builtin_ctzll(mask));
		n = n_next;
	}
	return n;
}

/*
 * The grams that the reply has, and the texts that have them and on which something hangs: the number of each above where its gram is.
 * Most grams have one or two: four are written without a look.  Returns how many.
 */
static inline ATTR_ALWAYS_INLINE uint32_t list_candidates(struct search *s, const uint16_t *at, uint32_t n_at, uint32_t *ret)
{
	const struct matcher *m = s->m;
	uint64_t perhaps = 0;
	uint32_t i, n = 0;

	for (i = 0; i < n_at && n < CANDIDATES_MAX; i++) {
		uint32_t hash = gram_hash(s->v->text + at[i]), k = 0;
		uint64_t before = m->is_known[hash / 64] & ((UINT64_C(1) << hash % 64) - 1);
		uint32_t gram = m->known_before[hash / 64] + (uint32_t)__builtin_popcountll(before);
		uint32_t candidate = (uint32_t)m->grams[gram].first << AT_BITS | at[i];

		__builtin_prefetch(&m->fragments[m->grams[gram].first]);
		s->hits[i] = gram << AT_BITS | at[i];
		perhaps |= UINT64_C(1) << gram % 64;
		for (; k < 4; k++)
			ret[n + k] = candidate + (k << AT_BITS);
		for (; k < m->grams[gram].n && n + k < CANDIDATES_MAX; k++)
			ret[n + k] = candidate + (k << AT_BITS);
		n += m->grams[gram].n;
	}
	s->n_hits = i;
	s->perhaps = perhaps;
	return n < CANDIDATES_MAX ? n : CANDIDATES_MAX;
}

/* those that go on as the reply does there */
static inline ATTR_ALWAYS_INLINE void find_places(known_mask *known, struct search *s)
{
	uint16_t at[HITS_MAX + STEP];
	uint32_t candidates[CANDIDATES_MAX + 4], n_candidates, n = 0;
	uint64_t best = NO_PLACE;

	n_candidates = list_candidates(s, at, find_grams(known, s->m, s->v, at), candidates);
	for (uint32_t i = 0; i < n_candidates; i++) {
		const struct fragment *f = &s->m->fragments[candidates[i] >> AT_BITS];
		unsigned same = scan_equal16(s->v->text + (candidates[i] & AT), f->tail);
		uint64_t place = (uint64_t)f->order << 32 | candidates[i], fits = !(~same & f->tail_mask);

		s->places[n] = place;
		n += (uint32_t)fits;
		place |= fits - 1;
		best = place < best ? place : best;
	}
	s->n_places = n;
	s->best_place = best;
}

#ifdef __x86_64__
/* 32 of them */
__attribute__((target("avx2"))) static inline uint64_t known32(const struct matcher *m, const char *p)
{
	const __m256i factor = _mm256_set1_epi32((int)GRAM_FACTOR), sign = _mm256_set1_epi32(INT32_MIN), low = _mm256_set1_epi32(31);
	__m256i found = _mm256_setzero_si256();

	for (int i = 0; i < 4; i++) { /* those at p + i, p + i + 4, ... */
		__m256i grams = _mm256_loadu_si256((const __m256i *)(const void *)(p + i));
		__m256i hashes = _mm256_srli_epi32(_mm256_mullo_epi32(grams, factor), 32 - GRAM_BITS);
		__m256i words = _mm256_i32gather_epi32((const int *)(const void *)m->is_known, _mm256_srli_epi32(hashes, 5), 4);
		__m256i bits = _mm256_and_si256(_mm256_sllv_epi32(words, _mm256_andnot_si256(hashes, low)), sign);

		found = _mm256_or_si256(found, _mm256_srli_epi32(bits, 24 - 8 * i));
	}
	return (uint32_t)_mm256_movemask_epi8(found);
}

__attribute__((target("avx2"))) static inline uint64_t known_avx2(const struct matcher *m, const char *p)
{
	return known32(m, p) | known32(m, p + 32) << 32;
}

__attribute__((target("avx2,bmi,bmi2,popcnt"))) static void find_places_avx2(struct search *s)
{
	find_places(known_avx2, s);
}

static bool can_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}
#endif

static void find_places_plain(struct search *s)
{
	find_places(known_plain, s);
}

/* memcmp() == 0, of a place in the reply and a text of the rules: what lies behind them may be read, too */
static inline bool same_text(const char *a, const char *b, size_t n)
{
	size_t last = n > 16 ? n - 16 : 0;
	unsigned same = scan_equal16(a, b) & scan_equal16(a + last, b + last);

	for (size_t at = 16; at < last; at += 16)
		same &= scan_equal16(a + at, b + at);
	return !(~same & 0xffffU >> (16 - (n - last)));
}

/* gram: where in the reply its gram is */
static inline bool is_at(const struct search *s, const struct fragment *f, uint32_t gram)
{
	uint32_t at = gram - f->gram_at;

	return gram >= f->gram_at && s->v->n - at >= f->n && same_text(s->v->text + at, s->m->bytes + f->at, f->n);
}

static bool is_found(const struct search *s, const struct text_ref *t)
{
	const struct fragment *f;

	if (t->gram != NO_GRAM && !(s->perhaps >> t->gram % 64 & 1))
		return false;
	f = &s->m->fragments[t->fragment];
	if (t->gram == NO_GRAM)
		return view_has(s->v, slice_of(s->m->bytes + f->at, f->n));
	for (uint32_t i = 0; i < s->n_hits; i++)
		if (s->hits[i] >> AT_BITS == t->gram && is_at(s, f, s->hits[i] & AT))
			return true;
	return false;
}

/* the longest of these texts that is found, or NULL */
static const struct text_ref *find_text(const struct search *s, const struct check *c)
{
	const struct text_ref *t = s->m->texts + c->first, *end = t + c->n;

	for (; t < end; t++)
		if (is_found(s, t))
			return t;
	return NULL;
}

/* ---- other terms ---- */

static inline bool number_holds(const struct reply_numbers *numbers, const struct check *c)
{
	for (uint32_t i = 0; i < numbers->n; i++)
		if ((numbers->v[i] & c->mask) - c->first <= c->span)
			return true;
	return false;
}

/* it is `domain`, or below it */
static bool is_below(struct slice host, struct slice domain)
{
	if (host.n < domain.n || !slice_eq_fold(slice_from(host, host.n - domain.n), domain))
		return false;
	return host.n == domain.n || host.p[host.n - domain.n - 1] == '.';
}

static bool host_holds(const struct search *s, const struct check *c)
{
	if (!s->v->host.n)
		return c->n;
	return is_below(s->v->host, span_of(s->m, s->m->hosts[c->first]));
}

/* ---- matches ---- */

/* rank: becomes lighter if not the longest text of the check was found */
static inline bool check_holds(const struct search *s, const struct check *c, uint64_t *rank)
{
	const struct text_ref *t;

	switch (c->kind) {
	case CHECK_CODE:
		return number_holds(&s->v->codes, c);
	case CHECK_DSN:
		return number_holds(&s->v->dsns, c);
	case CHECK_HOST:
		return host_holds(s, c);
	default:
		t = find_text(s, c);
		if (t)
			*rank = rank_lighter(*rank, (uint32_t)(s->m->texts[c->first].n - t->n));
		return t;
	}
}

static void consider(struct search *s, const struct hook *h)
{
	const struct check *c = &s->m->checks[h->first_check], *end = c + h->n_checks;
	uint64_t rank = h->best_rank;

	if ((s->state & h->state_mask) != h->state)
		return;
	for (; c < end; c++)
		if (check_holds(s, c, &rank) == c->negated)
			return;
	if (rank < s->rank) {
		s->rank = rank;
		s->basis = (enum cause_basis)h->basis;
	}
}

/* some hooks, the best first: it is better than what was found as yet */
static void consider_hooks(struct search *s, uint32_t first, uint32_t n)
{
	const struct hook *h = s->m->hooks + first, *end = h + n;

	do
		consider(s, h);
	while (++h < end && h->best_rank < s->rank);
}

static inline void consider_list(struct search *s, uint32_t list)
{
	const struct list *l = &s->m->lists[list];

	if (l->best_rank < s->rank)
		consider_hooks(s, l->first_hook, l->n_hooks);
}

static void consider_codes(struct search *s)
{
	const struct reply_numbers *codes = &s->v->codes, *dsns = &s->v->dsns;

	if (s->m->best_of_dsns < s->rank)
		for (uint32_t i = 0; i < dsns->n; i++)
			consider_list(s, dsn_list(dsn_subject(dsns->v[i]), dsn_detail(dsns->v[i])));
	if (s->m->best_of_subjects < s->rank)
		for (uint32_t i = 0; i < dsns->n; i++)
			consider_list(s, subject_list(dsn_subject(dsns->v[i])));
	if (s->m->best_of_codes < s->rank)
		for (uint32_t i = 0; i < codes->n; i++)
			consider_list(s, LIST_CODE + codes->v[i] - 200);
	consider_list(s, LIST_LOOSE);
}

/* the best place behind this one */
static uint64_t next_place(const struct search *s, uint64_t last)
{
	uint64_t from = last + 1, nearest = NO_PLACE;

	for (uint32_t i = 0; i < s->n_places; i++) {
		uint64_t away = s->places[i] - from; /* places before it are the farthest away */

		nearest = away < nearest ? away : nearest;
	}
	return nearest < NO_PLACE - from ? from + nearest : NO_PLACE;
}

/* the best first: mostly it wins, and nothing else need be looked at */
static void consider_places(struct search *s)
{
	for (uint64_t place = s->best_place; place != NO_PLACE; place = next_place(s, place)) {
		const struct fragment *f = &s->m->fragments[place >> AT_BITS & 0xffff];
		const struct hook *best = &s->m->hooks[f->first_hook];

		if (best->best_rank >= s->rank)
			return;
		__builtin_prefetch(&s->m->verses[(uint32_t)best->best_rank]);
		if (is_at(s, f, place & AT))
			consider_hooks(s, f->first_hook, f->n_hooks);
		if (s->rank <= best->best_rank)
			return;
	}
}

static void tell_cause(const struct search *s, struct cause *ret)
{
	const struct matcher *m = s->m;
	const struct verse *r = &m->verses[(uint32_t)s->rank];

	*ret = (struct cause){
		.id = span_of(m, r->id), .class = (enum cause_class)r->class, .side = (enum cause_side)r->side, .basis = s->basis,
		.summary = span_of(m, r->summary), .action = span_of(m, r->action), .number = span_of(m, r->number),
		.source = span_of(m, r->source), .of_site = r->tier == TIER_SITE,
		.temporary = r->waiting == WAITING_CODE ? s->v->temporary : r->waiting == WAITING_YES,
	};
}

static bool find(const struct matcher *m, const struct reply_view *v, void (*places)(struct search *s), struct cause *ret)
{
	struct search s;

	s.m = m;
	s.v = v;
	s.rank = UINT64_MAX;
	s.basis = BASIS_CLASS;
	s.state = (v->said_by == SAID_BY_US ? STATE_OURS : 0) | (v->temporary ? STATE_TEMPORARY : 0) | v->stages << STATE_STAGES;
	places(&s);
	consider_places(&s);
	consider_codes(&s);
	if (s.rank == UINT64_MAX)
		return false;
	tell_cause(&s, ret);
	return true;
}

bool matcher_find(const struct matcher *m, const struct reply_view *v, struct cause *ret)
{
#ifdef __x86_64__
	if (can_avx2())
		return find(m, v, find_places_avx2, ret);
#endif
	return matcher_find_plain(m, v, ret);
}

bool matcher_find_plain(const struct matcher *m, const struct reply_view *v, struct cause *ret)
{
	return find(m, v, find_places_plain, ret);
}

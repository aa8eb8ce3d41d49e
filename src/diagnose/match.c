/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match.c - which rule fits a reply best
 */
#include "diagnose/match_priv.h"

#include "base/scan.h"

#define CANDIDATES_MAX 2048 /* fragments that are looked at for one reply: an ordinary one needs 15 */

/*
 * A text may be here: from the top, struct fragment's key (how good the best match is that hangs on it; which fragment), and 16 bits
 * that say where its gram is.  So the least is the one to look at first.
 */
#define PLACE_KEY  16
#define PLACE_AT   0xffff
#define NO_PLACE   UINT64_MAX
#define PLACE_MAX  (((uint64_t)UINT32_MAX + 1) << PLACE_KEY)

struct search {
	const struct matcher *m;
	const struct reply_view *v;
	uint64_t rank;              /* of the best; UINT64_MAX: none yet */
	enum cause_basis basis;     /* of the best */
	uint32_t n_places;
	uint64_t best_place;        /* NO_PLACE: there is none */
	uint64_t perhaps;           /* fragments that have a place: a bit for those of the same last six bits */
	uint32_t n_facts[FACT_KINDS];
	uint32_t facts[FACT_KINDS][REPLY_MAX_CODES];
	uint64_t places[CANDIDATES_MAX + 1];
};

static inline const struct fragment *place_fragment(const struct search *s, uint64_t place)
{
	return &s->m->fragments[place >> PLACE_KEY & ((1U << KEY_ORDER) - 1)];
}

static inline struct slice span_of(const struct matcher *m, struct span s)
{
	return (struct slice){ s.n ? m->bytes + s.at : NULL, s.n };
}

/* ---- texts ---- */

#ifdef __SSE2__
/* of the grams at p, p + 4, p + 8, p + 12 */
static inline __m128i hash_every_4th(const char *p)
{
	return _mm_madd_epi16(_mm_loadu_si128((const __m128i *)(const void *)p),
			      _mm_set1_epi32(GRAM_FACTOR_HI << 16 | GRAM_FACTOR_LO));
}

/* those of a and of b, turn about */
static inline __m128i two_hashes(__m128i a, __m128i b)
{
	const __m128i low = _mm_set1_epi32(0xffff);

	return _mm_or_si128(_mm_and_si128(_mm_srli_epi32(a, 8), low), _mm_andnot_si128(low, _mm_slli_epi32(b, 8)));
}
#endif

#ifdef __SSE2__
/* which of the 16 bytes are the same: bit i is a[i] */
static inline unsigned same16(const char *a, const char *b)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)a),
							  _mm_loadu_si128((const __m128i *)(const void *)b)));
}
#endif

/* the grams of 16 bytes: their hashes above where they are */
static inline void hash_grams(const char *p, size_t at, uint32_t *ret)
{
#ifdef __SSE2__
	const __m128i even = two_hashes(hash_every_4th(p), hash_every_4th(p + 1));
	const __m128i odd = two_hashes(hash_every_4th(p + 2), hash_every_4th(p + 3));
	const __m128i low = _mm_unpacklo_epi32(even, odd), high = _mm_unpackhi_epi32(even, odd);
	const __m128i first = _mm_add_epi16(_mm_set1_epi16((short)at), _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7));
	const __m128i second = _mm_add_epi16(first, _mm_set1_epi16(8));

	_mm_storeu_si128((__m128i *)(void *)ret, _mm_unpacklo_epi16(first, low));
	_mm_storeu_si128((__m128i *)(void *)(ret + 4), _mm_unpackhi_epi16(first, low));
	_mm_storeu_si128((__m128i *)(void *)(ret + 8), _mm_unpacklo_epi16(second, high));
	_mm_storeu_si128((__m128i *)(void *)(ret + 12), _mm_unpackhi_epi16(second, high));
#else
	for (size_t i = 0; i < 16; i++)
		ret[i] = gram_hash(p + i) << PLACE_KEY | (uint32_t)(at + i);
#endif
}

/*
 * Where the reply has a gram that some text has, too: its hash above where it is.  No branch depends on what is found: it would be
 * guessed wrongly each time.  Behind the reply lie zeros, which no text holds: what is noted there will not be found.
 */
static size_t find_hits(const struct matcher *m, const struct reply_view *v, uint32_t *ret)
{
	size_t n = 0;

	for (size_t at = 0; at < v->n; at += 16) {
		uint32_t grams[16];

		hash_grams(v->text + at, at, grams);
		for (size_t i = 0; i < 16; i++) {
			ret[n] = grams[i];
			n += m->is_known[grams[i] >> PLACE_KEY];
		}
	}
	return n;
}

static inline uint64_t load_head(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return le64toh(v);
}

/* eight candidates: fragments that stand one behind the other */
static inline void put_candidates(uint32_t *ret, uint32_t first)
{
#ifdef __SSE2__
	__m128i four = _mm_add_epi32(_mm_set1_epi32((int)first), _mm_setr_epi32(0, 1 << PLACE_KEY, 2 << PLACE_KEY, 3 << PLACE_KEY));

	_mm_storeu_si128((__m128i *)(void *)ret, four);
	_mm_storeu_si128((__m128i *)(void *)(ret + 4), _mm_add_epi32(four, _mm_set1_epi32(4 << PLACE_KEY)));
#else
	for (uint32_t k = 0; k < 8; k++)
		ret[k] = first + (k << PLACE_KEY);
#endif
}

/*
 * The fragments of what was hit: the number of each above where it was hit.  Most hits have one or two: eight are written
 * without a look at how many there are, which could not be foretold.
 */
static uint32_t list_candidates(const struct matcher *m, const uint32_t *hits, size_t n_hits, uint32_t *ret)
{
	uint32_t n = 0;

	for (size_t i = 0; i < n_hits && n < CANDIDATES_MAX; i++) {
		const uint16_t *first = &m->first_fragment[(hits[i] >> PLACE_KEY) % BUCKETS];
		uint32_t candidate = (uint32_t)first[0] << PLACE_KEY | (hits[i] & PLACE_AT), more = (uint32_t)first[1] - first[0];

		__builtin_prefetch(&m->fragments[first[0]]);
		put_candidates(ret + n, candidate);
		for (uint32_t k = 8; k < more && n + k < CANDIDATES_MAX; k++)
			ret[n + k] = candidate + (k << PLACE_KEY);
		n += more;
	}
	return n < CANDIDATES_MAX ? n : CANDIDATES_MAX;
}

/* those that have these bytes at their grams */
static void add_places(struct search *s, const uint32_t *candidates, uint32_t n_candidates)
{
	static const uint64_t MASKS[] = { /* of so many bytes: that of a gram at least */
		[4] = UINT32_MAX, [5] = 0xffffffffff, [6] = 0xffffffffffff, [7] = 0xffffffffffffff, [8] = UINT64_MAX,
	};
	uint64_t perhaps = 0, best = NO_PLACE;
	uint32_t n = 0;

	for (uint32_t i = 0; i < n_candidates; i++) {
		uint32_t at = candidates[i] & PLACE_AT;
		const struct fragment *f = &s->m->fragments[candidates[i] >> PLACE_KEY];
		uint32_t fits = (load_head(s->v->text + at) & MASKS[f->head_bytes]) == f->head;
		uint64_t place = (uint64_t)f->key << PLACE_KEY | at;

		s->places[n] = place;
		place |= (uint64_t)fits - 1;
		best = place < best ? place : best;
		perhaps |= (uint64_t)fits << f->key % 64;
		n += fits;
	}
	s->perhaps = perhaps;
	s->n_places = n;
	s->best_place = best;
}

/* memcmp() == 0, of a place in the reply and a text of the rules: what lies behind them may be read, too */
static inline bool same_text(const char *a, const char *b, size_t n)
{
#ifdef __SSE2__
	unsigned same = same16(a, b);

	if (n <= 16)
		return !(~same << (16 - n) & 0xffff);
	for (size_t at = 16; at + 16 < n && same == 0xffff; at += 16)
		same = same16(a + at, b + at);
	return (same & same16(a + n - 16, b + n - 16)) == 0xffff;
#else
	return memcmp(a, b, n) == 0;
#endif
}

static inline bool is_at(const struct search *s, const struct fragment *f, uint64_t place)
{
	size_t gram = place & PLACE_AT, at = gram - f->gram;

	return gram >= f->gram && s->v->n - at >= f->n && same_text(s->v->text + at, s->m->bytes + f->at, f->n);
}

static bool is_found(const struct search *s, uint32_t fragment)
{
	const struct fragment *f = &s->m->fragments[fragment];

	if (f->n < GRAM_BYTES)
		return view_has(s->v, slice_of(s->m->bytes + f->at, f->n));
	if (!(s->perhaps >> fragment % 64 & 1))
		return false;
	for (uint32_t i = 0; i < s->n_places; i++)
		if (place_fragment(s, s->places[i]) == f && is_at(s, f, s->places[i]))
			return true;
	return false;
}

/* the longest of these texts that is found, or NULL */
static const struct text_ref *find_text(const struct search *s, const struct check *c)
{
	const struct text_ref *t = s->m->texts + c->first, *end = t + c->n;

	for (; t < end; t++)
		if (is_found(s, t->fragment))
			return t;
	return NULL;
}

/* ---- other terms ---- */

static void gather_facts(struct search *s)
{
	const struct reply_view *v = s->v;

	s->facts[FACT_CODE][0] = s->facts[FACT_DSN][0] = FACT_NONE;
	for (size_t i = 0; i < v->n_codes; i++)
		s->facts[FACT_CODE][i] = (uint32_t)v->codes[i];
	for (size_t i = 0; i < v->n_dsns; i++)
		s->facts[FACT_DSN][i] = (uint32_t)v->dsns[i].class << FACT_CLASS | (uint32_t)v->dsns[i].subject << FACT_SUBJECT |
					(uint32_t)v->dsns[i].detail;
	s->facts[FACT_STATE][0] = (v->said_by == SAID_BY_US ? STATE_OURS : 0) | (v->temporary ? STATE_TEMPORARY : 0) |
				  v->stages << STATE_STAGES;
	s->n_facts[FACT_CODE] = (uint32_t)(v->n_codes ? v->n_codes : 1);
	s->n_facts[FACT_DSN] = (uint32_t)(v->n_dsns ? v->n_dsns : 1);
	s->n_facts[FACT_STATE] = 1;
}

static inline bool fact_holds(const struct search *s, const struct check *c)
{
	const uint32_t *fact = s->facts[c->n];
	uint32_t i = 0, n = s->n_facts[c->n];

	while ((fact[i] & c->mask) - c->first > c->span)
		if (++i == n)
			return false;
	return true;
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

static void consider(struct search *s, const struct hook *h)
{
	const struct check *c = &s->m->checks[h->first_check], *end = c + h->n_facts;
	uint64_t rank = h->best_rank;

	for (; c < end; c++)
		if (fact_holds(s, c) == c->negated)
			return;
	for (end += h->n_others; c < end; c++) {
		const struct text_ref *t;

		if (c->kind == CHECK_HOST) {
			if (host_holds(s, c) == c->negated)
				return;
			continue;
		}
		t = find_text(s, c);
		if (!t != c->negated)
			return;
		if (t)
			rank = rank_lighter(rank, (uint32_t)(s->m->texts[c->first].n - t->n));
	}
	if (rank < s->rank) {
		__builtin_prefetch(&s->m->verses[(uint32_t)rank]);
		s->rank = rank;
		s->basis = (enum cause_basis)h->basis;
	}
}

static void consider_hooks(struct search *s, uint32_t first, uint32_t n)
{
	const struct hook *h = s->m->hooks + first, *end = h + n;

	for (; h < end && h->best_rank < s->rank; h++)
		consider(s, h);
}

static inline void consider_list(struct search *s, uint32_t list)
{
	const struct list *l = &s->m->lists[list];

	if (l->best_rank < s->rank)
		consider_hooks(s, l->first_hook, l->n_hooks);
}

static void consider_codes(struct search *s)
{
	const struct reply_view *v = s->v;

	for (size_t i = 0; i < v->n_dsns; i++) {
		consider_list(s, LIST_DSN + dsn_bucket(v->dsns[i].subject, v->dsns[i].detail));
		consider_list(s, LIST_SUBJECT + subject_list(v->dsns[i].subject));
	}
	for (size_t i = 0; i < v->n_codes; i++)
		consider_list(s, LIST_CODE + (uint32_t)v->codes[i] - 200);
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
	return nearest <= PLACE_MAX - from ? from + nearest : NO_PLACE;
}

/* the best first: mostly it wins, and nothing else need be looked at */
static void consider_places(struct search *s)
{
	for (uint64_t place = s->best_place; place != NO_PLACE; place = next_place(s, place)) {
		const struct fragment *f = place_fragment(s, place);
		const struct hook *best = &s->m->hooks[f->first_hook];

		if (!f->n_hooks || best->best_rank >= s->rank)
			return;
		if (is_at(s, f, place))
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

bool matcher_find(const struct matcher *m, const struct reply_view *v, struct cause *ret)
{
	uint32_t hits[REPLY_BUF_BYTES], candidates[CANDIDATES_MAX + 8], n_candidates;
	size_t n = find_hits(m, v, hits);
	struct search s;

	n_candidates = list_candidates(m, hits, n, candidates);
	s.m = m;
	s.v = v;
	s.rank = UINT64_MAX;
	s.basis = BASIS_CLASS;
	gather_facts(&s);
	add_places(&s, candidates, n_candidates);
	consider_places(&s);
	consider_codes(&s);
	if (s.rank == UINT64_MAX)
		return false;
	tell_cause(&s, ret);
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match.c - which rule fits a reply best
 */
#include "diagnose/match_priv.h"

#include "base/scan.h"

#define PLACES_MAX 1024 /* in one reply where a text that matters may be: an ordinary one holds ten */

/* a text may be here */
struct place {
	uint16_t fragment;
	uint16_t at;                /* of its gram */
};

struct search {
	const struct matcher *m;
	const struct reply_view *v;
	uint64_t rank;              /* of the best; UINT64_MAX: none yet */
	enum cause_basis basis;     /* of the best */
	uint32_t n_places;
	uint32_t best_place;        /* n_places: nothing hangs on any */
	uint64_t perhaps;           /* fragments that have a place: a bit for those of the same last six bits */
	struct place places[PLACES_MAX];
	uint64_t ranks[PLACES_MAX]; /* the best of what hangs on each */
};

static inline struct slice span_of(const struct matcher *m, struct span s)
{
	return s.n ? slice_of(m->bytes + s.at, s.n) : SLICE_NONE;
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

/* the hashes of the grams of 16 bytes */
static inline void hash_grams(const char *p, uint16_t *ret)
{
#ifdef __SSE2__
	__m128i even = two_hashes(hash_every_4th(p), hash_every_4th(p + 1));
	__m128i odd = two_hashes(hash_every_4th(p + 2), hash_every_4th(p + 3));

	_mm_storeu_si128((__m128i *)(void *)ret, _mm_unpacklo_epi32(even, odd));
	_mm_storeu_si128((__m128i *)(void *)(ret + 8), _mm_unpackhi_epi32(even, odd));
#else
	for (size_t i = 0; i < 16; i++)
		ret[i] = (uint16_t)gram_hash(p + i);
#endif
}

static inline size_t note_hit(const struct matcher *m, const uint16_t *hashes, size_t at, uint16_t *ret, size_t n)
{
	ret[n] = (uint16_t)at;
	return n + m->is_known[hashes[at]];
}

/*
 * Where the reply has a gram that some text has, too.  No branch depends on what is found: it would be guessed wrongly each
 * time.  Behind the reply lie zeros, which no text holds: what is noted there will not be found.
 */
static size_t find_hits(const struct matcher *m, const struct reply_view *v, uint16_t *hashes, uint16_t *ret)
{
	size_t n = 0;

	for (size_t at = 0; at < v->n; at += 16) {
		hash_grams(v->text + at, hashes + at);
		for (size_t i = at; i < at + 16; i += 4) {
			n = note_hit(m, hashes, i, ret, n);
			n = note_hit(m, hashes, i + 1, ret, n);
			n = note_hit(m, hashes, i + 2, ret, n);
			n = note_hit(m, hashes, i + 3, ret, n);
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

/* the texts that have these bytes at their grams */
static void add_places(struct search *s, const uint16_t *hits, size_t n_hits, const uint16_t *hashes)
{
	const struct matcher *m = s->m;
	uint64_t perhaps = 0, best_rank = UINT64_MAX;
	uint32_t n = 0, best = UINT32_MAX;

	for (size_t i = 0; i < n_hits && n < PLACES_MAX; i++) {
		const struct slot *slot = &m->slots[m->first_slot[hashes[hits[i]] % BUCKETS]];
		uint64_t here = load_head(s->v->text + hits[i]);

		do {
			uint32_t fits = !((here ^ slot->head) << slot->unused_bits);
			uint64_t rank = slot->best_rank | ((uint64_t)fits - 1);

			s->places[n] = (struct place){ slot->fragment, hits[i] };
			s->ranks[n] = rank;
			best = rank < best_rank ? n : best;
			best_rank = rank < best_rank ? rank : best_rank;
			perhaps |= (uint64_t)fits << slot->fragment % 64;
			n += fits;
		} while (!(slot++)->is_last && n < PLACES_MAX);
	}
	s->perhaps = perhaps;
	s->n_places = n;
	s->best_place = best < n ? best : n;
}

/* memcmp() == 0, of texts that are mostly longer than 16 bytes, but not by much */
static inline bool same_text(const char *a, const char *b, size_t n)
{
#ifdef __SSE2__
	if (n >= 16) {
		size_t at = 0;
		unsigned same = 0xffff;

		for (; at + 16 < n && same == 0xffff; at += 16)
			same = same16(a + at, b + at);
		return same == 0xffff && same16(a + n - 16, b + n - 16) == 0xffff;
	}
#endif
	return scan_same(a, b, n);
}

static inline bool is_at(const struct search *s, const struct place *place)
{
	const struct fragment *f = &s->m->fragments[place->fragment];
	size_t at = (size_t)place->at - f->rare;

	return place->at >= f->rare && s->v->n - at >= f->n && same_text(s->v->text + at, s->m->bytes + f->at, f->n);
}

static bool is_found(const struct search *s, uint32_t fragment)
{
	const struct fragment *f = &s->m->fragments[fragment];

	if (f->n < GRAM_BYTES)
		return view_has(s->v, slice_of(s->m->bytes + f->at, f->n));
	if (!(s->perhaps >> fragment % 64 & 1))
		return false;
	for (uint32_t i = 0; i < s->n_places; i++)
		if (s->places[i].fragment == fragment && is_at(s, &s->places[i]))
			return true;
	return false;
}

/* bytes of the longest text found; 0: none.  ret_most: of the longest of all */
static uint32_t text_found(const struct search *s, const struct check *c, uint32_t *ret_most)
{
	uint32_t longest = 0, most = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		struct text_ref t = s->m->texts[c->first + i];

		most = t.n > most ? t.n : most;
		if (t.n > longest && is_found(s, t.fragment))
			longest = t.n;
	}
	*ret_most = most;
	return longest;
}

/* ---- other terms ---- */

static bool code_holds(const struct reply_view *v, const struct check *c)
{
	for (size_t i = 0; i < v->n_codes; i++)
		if (v->codes[i] >= c->lo && v->codes[i] <= c->hi)
			return true;
	return false;
}

static bool dsn_holds(const struct reply_view *v, const struct check *c)
{
	for (size_t i = 0; i < v->n_dsns; i++) {
		const struct dsn *d = &v->dsns[i];

		if ((c->class < 0 || c->class == d->class) && (c->subject < 0 || c->subject == d->subject) &&
		    (c->lo < 0 || (d->detail >= c->lo && d->detail <= c->hi)))
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

static bool check_holds(const struct search *s, const struct check *c)
{
	const struct reply_view *v = s->v;

	switch (c->kind) {
	case TERM_CODE:
		return code_holds(v, c);
	case TERM_DSN:
		return dsn_holds(v, c);
	case TERM_HOST:
		return v->host.n && host_holds(v->host, span_of(s->m, s->m->hosts[c->first]));
	case TERM_HOST_OR_NONE:
		return !v->host.n || host_holds(v->host, span_of(s->m, s->m->hosts[c->first]));
	case TERM_OURS:
		return v->said_by == SAID_BY_US;
	case TERM_THEIRS:
		return v->said_by != SAID_BY_US;
	case TERM_TEMPORARY:
		return v->temporary;
	case TERM_PERMANENT:
		return !v->temporary;
	case TERM_STAGE:
		return v->stages >> c->n & 1;
	default:
		return false;
	}
}

/* ---- matches ---- */

static void consider(struct search *s, const struct hook *h)
{
	const struct check *c = &s->m->checks[h->first_check], *end = c + h->n_checks;
	uint64_t rank = h->best_rank;

	for (; c < end; c++) {
		if (c->kind == TERM_TEXT) {
			uint32_t most, n = text_found(s, c, &most);

			if (!n != c->negated)
				return;
			rank = c->negated ? rank : rank_lighter(rank, most - n);
		} else if (check_holds(s, c) == c->negated) {
			return;
		}
	}
	if (rank < s->rank) {
		s->rank = rank;
		s->basis = (enum cause_basis)h->basis;
	}
}

static void walk_list(struct search *s, const struct hooks *l, uint32_t list)
{
	const struct hook *h = l->items + l->start[list], *end = l->items + l->start[list + 1];

	for (; h < end && h->best_rank < s->rank; h++)
		consider(s, h);
}

static inline void consider_list(struct search *s, const struct hooks *l, uint32_t list)
{
	if (l->best_rank[list] < s->rank)
		walk_list(s, l, list);
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

/* the place of the best rank that is better than the best so far, or n_places */
static uint32_t best_place(const struct search *s)
{
	uint64_t rank = s->rank;
	uint32_t best = s->n_places;

	for (uint32_t i = 0; i < s->n_places; i++) {
		uint64_t r = s->ranks[i];

		best = r < rank ? i : best;
		rank = r < rank ? r : rank;
	}
	return best;
}

/* the best first: mostly it wins, and nothing else need be looked at */
static void consider_places(struct search *s)
{
	for (uint32_t i = s->best_place; i < s->n_places; i = best_place(s)) {
		uint64_t best = s->ranks[i];

		if (is_at(s, &s->places[i]))
			walk_list(s, &s->m->by_fragment, s->places[i].fragment);
		if (s->rank == best)
			return;
		s->ranks[i] = UINT64_MAX;
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
	uint16_t hashes[REPLY_BUF_BYTES], hits[REPLY_BUF_BYTES];
	size_t n = find_hits(m, v, hashes, hits);
	struct search s;

	for (size_t i = 0; i < n; i++) /* all are asked for before the first is needed */
		__builtin_prefetch(&m->slots[m->first_slot[hashes[hits[i]] % BUCKETS]]);
	s.m = m;
	s.v = v;
	s.rank = UINT64_MAX;
	s.basis = BASIS_CLASS;
	add_places(&s, hits, n, hashes);
	consider_places(&s);
	consider_codes(&s);
	if (s.rank == UINT64_MAX)
		return false;
	tell_cause(&s, ret);
	return true;
}

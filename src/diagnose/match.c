/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match.c - which rule fits a reply best
 */
#include "diagnose/match_priv.h"

#include "base/scan.h"

#define PLACES_MAX 1024 /* in one reply where a text that matters may be: an ordinary one holds ten */

/* a text may be here */
struct place {
	uint64_t best_rank;         /* of what hangs on it */
	uint32_t fragment;
	uint16_t at;                /* where it would begin */
};

struct search {
	const struct matcher *m;
	const struct reply_view *v;
	uint64_t rank;              /* of the best; UINT64_MAX: none yet */
	uint32_t best;              /* candidate */
	uint32_t n_places;
	uint64_t perhaps[RULE_TEXTS_MAX / 64]; /* fragments that have a place, a bit each */
	struct place places[PLACES_MAX];
};

/* ---- texts ---- */

/* the hashes of all grams of the text, and some behind it */
static void hash_grams(const struct reply_view *v, uint16_t *ret)
{
#ifdef __SSE2__
	const __m128i factors = _mm_set1_epi32(GRAM_FACTOR_HI << 16 | GRAM_FACTOR_LO);
	const __m128i low = _mm_set1_epi32(0xffff);

	for (size_t at = 0; at < v->n; at += 16) {
		__m128i h[4], even, odd;

		for (int i = 0; i < 4; i++) /* of bytes i, i + 4, i + 8, i + 12 */
			h[i] = _mm_madd_epi16(_mm_loadu_si128((const __m128i *)(const void *)(v->text + at + i)), factors);
		even = _mm_or_si128(_mm_and_si128(_mm_srli_epi32(h[0], 8), low), _mm_andnot_si128(low, _mm_slli_epi32(h[1], 8)));
		odd = _mm_or_si128(_mm_and_si128(_mm_srli_epi32(h[2], 8), low), _mm_andnot_si128(low, _mm_slli_epi32(h[3], 8)));
		_mm_storeu_si128((__m128i *)(void *)(ret + at), _mm_unpacklo_epi32(even, odd));
		_mm_storeu_si128((__m128i *)(void *)(ret + at + 8), _mm_unpackhi_epi32(even, odd));
	}
#else
	for (size_t at = 0; at < v->n; at++)
		ret[at] = (uint16_t)gram_hash(v->text + at);
#endif
}

/* Where there is a gram of some text.  No branch depends on what is found: it would be guessed wrongly each time. */
static size_t find_grams(const struct matcher *m, const uint16_t *hashes, size_t n_hashes, uint16_t *ret)
{
	size_t n = 0, at = 0;

	for (; at + 4 <= n_hashes; at += 4)
		for (size_t i = 0; i < 4; i++) {
			ret[n] = (uint16_t)(at + i);
			n += m->is_known[hashes[at + i]];
		}
	for (; at < n_hashes; at++) {
		ret[n] = (uint16_t)at;
		n += m->is_known[hashes[at]];
	}
	return n;
}

/* the texts that may have this gram at this place */
static void add_places(struct search *s, uint32_t at, uint32_t hash)
{
	const struct slot *slot = &s->m->slots[s->m->first_slot[hash]];
	uint64_t here;

	memcpy(&here, s->v->text + at, sizeof here);
	here = le64toh(here);
	for (bool last = false; !last && s->n_places < PLACES_MAX; slot++) {
		unsigned fits = !((here ^ slot->head) << slot->unused_bits) & (at >= slot->rare);

		s->places[s->n_places] = (struct place){ slot->best_rank, slot->fragment, (uint16_t)(at - slot->rare) };
		s->perhaps[slot->fragment / 64] |= (uint64_t)fits << slot->fragment % 64;
		s->n_places += fits;
		last = slot->last;
	}
}

static bool is_at(const struct search *s, const struct place *place)
{
	const struct fragment *f = &s->m->fragments[place->fragment];

	return s->v->n - place->at >= f->n && scan_same(s->v->text + place->at, f->p, f->n);
}

static bool is_found(const struct search *s, uint32_t fragment)
{
	const struct fragment *f = &s->m->fragments[fragment];

	if (f->n < GRAM_BYTES)
		return view_has(s->v, slice_of(f->p, f->n));
	if (!(s->perhaps[fragment / 64] >> fragment % 64 & 1))
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
		uint32_t fragment = s->m->texts[c->first + i], n = s->m->fragments[fragment].n;

		most = n > most ? n : most;
		if (n > longest && is_found(s, fragment))
			longest = n;
	}
	*ret_most = most;
	return longest;
}

/* ---- other terms ---- */

static bool code_holds(const struct reply_view *v, const struct code_range *r)
{
	for (size_t i = 0; i < v->n_codes; i++)
		if (v->codes[i] >= r->lo && v->codes[i] <= r->hi)
			return true;
	return false;
}

static bool dsn_holds(const struct reply_view *v, const struct check *c)
{
	for (size_t i = 0; i < v->n_dsns; i++) {
		const struct dsn *d = &v->dsns[i];

		if ((c->dsn.class < 0 || c->dsn.class == d->class) && (c->dsn.subject < 0 || c->dsn.subject == d->subject) &&
		    (c->dsn.lo < 0 || (d->detail >= c->dsn.lo && d->detail <= (int16_t)c->n)))
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
		return code_holds(v, &c->code);
	case TERM_DSN:
		return dsn_holds(v, c);
	case TERM_HOST:
		return v->host.n && host_holds(v->host, s->m->hosts[c->first]);
	case TERM_HOST_OR_NONE:
		return !v->host.n || host_holds(v->host, s->m->hosts[c->first]);
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

/* ---- candidates ---- */

static void consider(struct search *s, const struct hook *h)
{
	const struct candidate *cand = &s->m->candidates[h->candidate];
	const struct check *c = &s->m->checks[cand->first_check], *end = c + cand->n_checks;
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
		s->best = h->candidate;
	}
}

static void consider_list(struct search *s, const struct hooks *l, uint32_t list)
{
	const struct hook *h = l->items + l->start[list], *end = l->items + l->start[list + 1];

	for (; h < end && h->best_rank < s->rank; h++)
		consider(s, h);
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

/* the best first: mostly it wins, and nothing else need be looked at */
static void consider_places(struct search *s)
{
	for (;;) {
		struct place *best = NULL;
		uint64_t rank = s->rank;

		for (uint32_t i = 0; i < s->n_places; i++)
			if (s->places[i].best_rank < rank) {
				best = &s->places[i];
				rank = best->best_rank;
			}
		if (!best)
			return;
		if (is_at(s, best))
			consider_list(s, &s->m->by_fragment, best->fragment);
		best->best_rank = UINT64_MAX;
	}
}

const struct rule *matcher_find(const struct matcher *m, const struct reply_view *v, enum cause_basis *ret_basis)
{
	uint16_t hashes[REPLY_BUF_BYTES], grams[REPLY_BUF_BYTES];
	struct search s;
	size_t n;

	s.m = m;
	s.v = v;
	s.rank = UINT64_MAX;
	s.best = 0;
	s.n_places = 0;
	memset(s.perhaps, 0, (m->n_fragments + 63) / 64 * sizeof *s.perhaps);
	hash_grams(v, hashes);
	n = find_grams(m, hashes, v->n < GRAM_BYTES ? 0 : v->n - GRAM_BYTES + 1, grams);
	for (size_t i = 0; i < n; i++)
		add_places(&s, grams[i], hashes[grams[i]]);
	consider_places(&s);
	consider_codes(&s);
	if (s.rank == UINT64_MAX)
		return NULL;
	*ret_basis = (enum cause_basis)m->candidates[s.best].basis;
	return &m->rules->rules[(uint32_t)s.rank];
}

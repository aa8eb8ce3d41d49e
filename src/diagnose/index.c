/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.c - rules made ready for matching
 */
#include <endian.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/map.h"
#include "diagnose/match_priv.h"

#define TERM_WEIGHT 8 /* of a term that is no text */
#define SHARED      5 /* a gram of another text is as bad as one that is seen so many times more */
#define COUNT_STEP  4 /* every so manieth sample tells enough about what is rare, and starting takes less time */

/* ---- texts ---- */

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
		m->texts[i] = (struct text_ref){ (uint16_t)(f - m->fragments), (uint16_t)f->n };
	}
	map_done(&known);
}

/* how often each hashed gram is in a text; letters are folded in a rough way that is right for words */
static void count_grams(uint16_t *counts, struct slice s)
{
	for (size_t at = 0; at + GRAM_BYTES <= s.n; at++) {
		uint32_t gram;
		uint16_t *count;

		memcpy(&gram, s.p + at, sizeof gram);
		gram |= UINT32_C(0x20202020);
		count = &counts[gram_hash((const char *)&gram)];
		*count = (uint16_t)(*count + (*count < UINT16_MAX));
	}
}

/* what is rare in the texts and samples is rare in replies */
static uint16_t *count_all_grams(const struct rules *r)
{
	uint16_t *counts = xcalloc(GRAMS, sizeof *counts);

	for (size_t i = 0; i < r->n_texts; i++)
		count_grams(counts, r->texts[i]);
	for (size_t i = 0; i < r->n_samples; i += COUNT_STEP)
		count_grams(counts, r->samples[i].text);
	return counts;
}

static void find_rarest(struct matcher *m)
{
	uint16_t *counts = count_all_grams(m->rules);

	for (size_t i = 0; i < m->n_fragments; i++) {
		struct fragment *f = &m->fragments[i];

		f->often = UINT32_MAX;
		for (uint32_t at = 0; at + GRAM_BYTES <= f->n; at++) {
			uint32_t count = counts[gram_hash(f->p + at)];

			if (count < f->often) {
				f->often = count;
				f->rare = at;
			}
		}
		if (f->n >= GRAM_BYTES) /* others had better take another one */
			counts[gram_hash(f->p + f->rare)] = (uint16_t)(f->often + SHARED < UINT16_MAX ? f->often + SHARED : UINT16_MAX);
	}
	free(counts);
}

static void fill_slot(const struct matcher *m, struct slot *slot, uint32_t fragment)
{
	const struct fragment *f = &m->fragments[fragment];
	uint32_t n = f->n - f->rare < 8 ? f->n - f->rare : 8;
	char head[8] = { 0 };

	memcpy(head, f->p + f->rare, n);
	memcpy(&slot->head, head, sizeof head);
	slot->head = le64toh(slot->head);
	slot->best_rank = m->by_fragment.best_rank[fragment];
	slot->fragment = (uint16_t)fragment;
	slot->unused_bits = 64 - 8 * n;
}

/* by the hashes of their grams; behind the lists of hooks */
static void fill_slots(struct matcher *m)
{
	uint32_t *end = xcalloc(BUCKETS + 1, sizeof *end);

	m->slots = xcalloc(m->n_fragments + 1, sizeof *m->slots);
	for (size_t i = 0; i < m->n_fragments; i++) {
		const struct fragment *f = &m->fragments[i];

		if (f->n < GRAM_BYTES)
			continue;
		m->is_known[gram_hash(f->p + f->rare)] = 1;
		end[gram_hash(f->p + f->rare) % BUCKETS + 1]++;
	}
	for (uint32_t i = 0; i < BUCKETS; i++) {
		uint32_t n = end[i + 1];

		m->first_slot[i] = (uint16_t)end[i];
		end[i + 1] += end[i];
		if (n)
			m->slots[end[i + 1] - 1].is_last = 1;
	}
	for (uint32_t i = 0; i < m->n_fragments; i++) {
		const struct fragment *f = &m->fragments[i];

		if (f->n >= GRAM_BYTES)
			fill_slot(m, &m->slots[end[gram_hash(f->p + f->rare) % BUCKETS]++], i);
	}
	free(end);
}

/* ---- lists ---- */

static void add_hook(struct hooks *h, uint32_t list, struct hook hook)
{
	h->items = vec_grow(h->items, h->n, &h->cap, sizeof *h->items);
	hook.list = list;
	h->items[h->n++] = hook;
}

/* into its list, behind the better ones: lists are short */
static void insert_hook(struct hook *list, uint32_t n, struct hook h)
{
	while (n && list[n - 1].best_rank > h.best_rank) {
		list[n] = list[n - 1];
		n--;
	}
	list[n] = h;
}

/* n lists of what was added */
static void sort_hooks(struct hooks *h, uint32_t n)
{
	struct hook *sorted = xcalloc(h->n + 1, sizeof *sorted);
	uint32_t *end = xcalloc((size_t)n + 1, sizeof *end);

	h->start = xcalloc((size_t)n + 1, sizeof *h->start);
	for (size_t i = 0; i < h->n; i++)
		h->start[h->items[i].list + 1]++;
	for (uint32_t i = 0; i < n; i++)
		end[i + 1] = h->start[i + 1] += h->start[i];
	for (size_t i = 0; i < h->n; i++) {
		uint32_t list = h->items[i].list, from = h->start[list];

		insert_hook(sorted + from, end[list]++ - from, h->items[i]);
	}
	free(h->items);
	free(end);
	h->items = sorted;
	h->best_rank = xcalloc((size_t)n + 1, sizeof *h->best_rank);
	for (uint32_t i = 0; i < n; i++)
		h->best_rank[i] = h->start[i] < h->start[i + 1] ? sorted[h->start[i]].best_rank : UINT64_MAX;
}

static void hooks_done(struct hooks *h)
{
	free(h->best_rank);
	free(h->start);
	free(h->items);
}

/* ---- matches ---- */

static uint64_t rank_of(const struct rule *rule, int32_t weight, uint32_t place)
{
	int32_t w = weight + WEIGHT_ZERO;

	w = w < 0 ? 0 : w > WEIGHT_MAX ? WEIGHT_MAX : w;
	return (uint64_t)rule->tier << RANK_TIER | (uint64_t)(uint32_t)(WEIGHT_MAX - w) << RANK_WEIGHT | place;
}

/* of the rules that go by codes only: the enhanced code before the reply code, exact before ranges and x */
static int32_t code_weight(const struct term *t)
{
	if (t->kind == TERM_DSN)
		return 400 + (t->dsn.class >= 0 ? 10 : 0) + (t->dsn.subject >= 0 ? 100 : 0) +
		       (t->dsn.lo < 0 ? 0 : t->dsn.lo < t->dsn.hi ? 200 : 300);
	return t->code.lo == t->code.hi ? 300 : t->code.hi - t->code.lo < 10 ? 200 : 100;
}

/* bytes of the shortest and the longest of its texts */
static void text_lengths(const struct matcher *m, const struct term *t, uint32_t *ret_min, uint32_t *ret_max)
{
	*ret_min = UINT32_MAX;
	*ret_max = 0;
	for (uint32_t i = 0; i < t->texts.n; i++) {
		uint32_t n = m->texts[t->texts.first + i].n;

		*ret_min = n < *ret_min ? n : *ret_min;
		*ret_max = n > *ret_max ? n : *ret_max;
	}
}

/* the most that a term can weigh */
static int32_t term_weight(const struct matcher *m, const struct rule *rule, const struct term *t)
{
	uint32_t least, most;

	if (t->negated)
		return 0;
	if (t->kind == TERM_TEXT) {
		text_lengths(m, t, &least, &most);
		return (int32_t)most;
	}
	if (rule->tier == TIER_CODE && (t->kind == TERM_CODE || t->kind == TERM_DSN))
		return code_weight(t);
	return TERM_WEIGHT;
}

/* how often one of its texts is seen, roughly */
static uint64_t how_often(const struct matcher *m, const struct term *t)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < t->texts.n; i++)
		sum += m->fragments[m->texts[t->texts.first + i].fragment].often;
	return sum;
}

/* the term that is looked for first: the rarest text, else an enhanced code, else a code */
static const struct term *find_anchor(const struct matcher *m, const struct match *match)
{
	const struct term *anchor = NULL;
	uint64_t least = UINT32_MAX;

	for (uint32_t i = 0; i < match->n_terms; i++) {
		const struct term *t = &m->rules->terms[match->first_term + i];

		if (t->negated)
			continue;
		if (t->kind == TERM_TEXT && how_often(m, t) < least) {
			least = how_often(m, t);
			anchor = t;
		} else if (least == UINT32_MAX && (t->kind == TERM_DSN || (t->kind == TERM_CODE && !anchor))) {
			anchor = t;
		}
	}
	return anchor;
}

static enum cause_basis basis_of(const struct matcher *m, const struct match *match)
{
	enum cause_basis basis = BASIS_CLASS;

	for (uint32_t i = 0; i < match->n_terms; i++) {
		const struct term *t = &m->rules->terms[match->first_term + i];
		enum cause_basis b = t->kind == TERM_TEXT ? BASIS_TEXT
				   : t->kind == TERM_DSN  ? BASIS_DSN
				   : t->kind == TERM_CODE ? BASIS_CODE
							  : BASIS_CLASS;

		if (!t->negated && b < basis)
			basis = b;
	}
	return basis;
}

/* where its anchor will be found */
static void hang_up(struct matcher *m, const struct term *t, struct hook hook)
{
	if (t && t->kind == TERM_TEXT)
		for (uint32_t i = 0; i < t->texts.n; i++)
			add_hook(&m->by_fragment, m->texts[t->texts.first + i].fragment, hook);
	else if (t && t->kind == TERM_DSN && t->dsn.subject >= 0 && t->dsn.lo >= 0 && t->dsn.lo == t->dsn.hi)
		add_hook(&m->by_dsn, dsn_bucket(t->dsn.subject, t->dsn.lo), hook);
	else if (t && t->kind == TERM_DSN && t->dsn.subject >= 0)
		add_hook(&m->by_subject, subject_list(t->dsn.subject), hook);
	else if (t && t->kind == TERM_CODE)
		for (int code = t->code.lo; code <= t->code.hi; code++)
			add_hook(&m->by_code, (uint32_t)code - 200, hook);
	else
		add_hook(&m->loose, 0, hook);
}

static void add_check(struct matcher *m, const struct term *t)
{
	struct check *c = &m->checks[m->n_checks++];

	*c = (struct check){ .kind = (uint8_t)t->kind, .negated = t->negated };
	switch (t->kind) {
	case TERM_TEXT:
		c->first = t->texts.first;
		c->n = (uint16_t)t->texts.n;
		break;
	case TERM_CODE:
		c->code = t->code;
		break;
	case TERM_DSN:
		c->dsn.class = t->dsn.class;
		c->dsn.subject = t->dsn.subject;
		c->dsn.lo = t->dsn.lo;
		c->n = (uint16_t)t->dsn.hi;
		break;
	case TERM_HOST:
	case TERM_HOST_OR_NONE:
		c->first = (uint32_t)m->n_hosts;
		m->hosts[m->n_hosts++] = t->host;
		break;
	case TERM_STAGE:
		c->n = (uint16_t)t->stage;
		break;
	default:
		break;
	}
}

static void add_match(struct matcher *m, const struct match *match)
{
	const struct rule *rule = &m->rules->rules[match->rule];
	const struct term *anchor = find_anchor(m, match);
	struct hook h = { .first_check = (uint32_t)m->n_checks, .basis = (uint16_t)basis_of(m, match) };
	int32_t weight = rule->prefer;

	for (uint32_t i = 0; i < match->n_terms; i++)
		weight += term_weight(m, rule, &m->rules->terms[match->first_term + i]);
	for (int texts = 0; texts < 2; texts++) /* texts take longer */
		for (uint32_t i = 0; i < match->n_terms; i++) {
			const struct term *t = &m->rules->terms[match->first_term + i];

			if ((t->kind == TERM_TEXT) == texts && (t != anchor || !texts || t->texts.n > 1))
				add_check(m, t);
		}
	h.n_checks = (uint16_t)(m->n_checks - h.first_check);
	h.best_rank = rank_of(rule, weight, match->rule);
	hang_up(m, anchor, h);
}

struct matcher *matcher_new(const struct rules *r)
{
	struct matcher *m = xcalloc(1, sizeof *m);

	m->rules = r;
	gather_fragments(m);
	find_rarest(m);
	m->checks = xcalloc(r->n_terms + 1, sizeof *m->checks);
	m->hosts = xcalloc(r->n_terms + 1, sizeof *m->hosts);
	for (size_t i = 0; i < r->n_matches; i++)
		add_match(m, &r->matches[i]);
	sort_hooks(&m->by_fragment, (uint32_t)m->n_fragments);
	sort_hooks(&m->by_code, CODES);
	sort_hooks(&m->by_dsn, DSN_BUCKETS);
	sort_hooks(&m->by_subject, SUBJECTS);
	sort_hooks(&m->loose, 1);
	fill_slots(m);
	return m;
}

void matcher_free(struct matcher *m)
{
	if (!m)
		return;
	hooks_done(&m->by_fragment);
	hooks_done(&m->by_code);
	hooks_done(&m->by_dsn);
	hooks_done(&m->by_subject);
	hooks_done(&m->loose);
	free(m->fragments);
	free(m->texts);
	free(m->slots);
	free(m->checks);
	free(m->hosts);
	free(m);
}

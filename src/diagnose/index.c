/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.c - rules made ready for matching
 */
#include <endian.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "diagnose/match_priv.h"

#define TERM_WEIGHT 8 /* of a term that is no text */
#define SHARED      5 /* a gram of another text is as bad as one that is seen so many times more */
#define COUNT_STEP  4 /* every so manieth sample tells enough about what is rare, and starting takes less time */

/* hooks that are not in order yet */
struct loose_hooks {
	struct hook *items;
	uint32_t *lists;            /* which list each belongs to */
	size_t n, items_cap, lists_cap;
};

/* what a matcher is made with */
struct maker {
	const struct rules *rules;
	struct arena arena;         /* what becomes of it */
	struct strbuf bytes;
	struct map known_bytes;     /* to a place in `bytes` + 1 */
	struct verse *verses;
	struct fragment *fragments;
	uint32_t *often;            /* how often the rarest gram of each is seen; UINT32_MAX: it is too short to have one */
	struct text_ref *texts;
	struct check *checks;
	struct span *hosts;
	uint32_t n_fragments, n_checks, n_hosts;
	struct loose_hooks by_fragment, by_code, by_dsn, by_subject, loose;
};

/* a matcher that was made here */
struct made {
	struct matcher m;
	struct arena arena;
};

/* ---- texts ---- */

static struct span add_bytes(struct maker *k, struct slice s)
{
	uintptr_t at;

	if (!s.n)
		return (struct span){ 0 };
	at = (uintptr_t)map_get(&k->known_bytes, s);
	if (!at) {
		at = k->bytes.n + 1;
		strbuf_add(&k->bytes, s);
		(void)map_put(&k->known_bytes, s, (void *)at);
	}
	return (struct span){ (uint32_t)at - 1, (uint32_t)s.n };
}

static void gather_verses(struct maker *k)
{
	k->verses = arena_alloc(&k->arena, (k->rules->n_rules + 1) * sizeof *k->verses);
	for (size_t i = 0; i < k->rules->n_rules; i++) {
		const struct rule *r = &k->rules->rules[i];

		k->verses[i] = (struct verse){
			.id = add_bytes(k, r->id), .number = add_bytes(k, r->number), .summary = add_bytes(k, r->summary),
			.action = add_bytes(k, r->action), .source = add_bytes(k, r->source), .tier = (uint8_t)r->tier,
			.class = (uint8_t)r->class, .side = (uint8_t)r->side, .waiting = (uint8_t)r->waiting,
		};
	}
}

/* equal texts of several rules are one fragment */
static void gather_fragments(struct maker *k)
{
	const struct rules *r = k->rules;
	struct map known = { 0 };

	k->texts = arena_alloc(&k->arena, (r->n_texts + 1) * sizeof *k->texts);
	k->fragments = arena_alloc(&k->arena, (r->n_texts + 1) * sizeof *k->fragments);
	for (size_t i = 0; i < r->n_texts; i++) {
		struct slice text = r->texts[i];
		struct fragment *f = map_get(&known, text);

		if (!f) {
			f = &k->fragments[k->n_fragments++];
			*f = (struct fragment){ .at = (uint32_t)k->bytes.n, .n = (uint16_t)text.n };
			strbuf_add(&k->bytes, text);
			(void)map_put(&known, text, f);
		}
		k->texts[i] = (struct text_ref){ (uint16_t)(f - k->fragments), f->n };
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

static const char *rare_gram(const struct maker *k, const struct fragment *f)
{
	return k->bytes.p + f->at + f->rare;
}

static void find_rarest(struct maker *k)
{
	uint16_t *counts = count_all_grams(k->rules);

	k->often = xcalloc(k->n_fragments + 1, sizeof *k->often);
	for (uint32_t i = 0; i < k->n_fragments; i++) {
		struct fragment *f = &k->fragments[i];
		uint32_t least = UINT32_MAX;

		for (uint16_t at = 0; at + GRAM_BYTES <= f->n; at++) {
			uint32_t count = counts[gram_hash(k->bytes.p + f->at + at)];

			if (count < least) {
				least = count;
				f->rare = at;
			}
		}
		k->often[i] = least;
		if (f->n >= GRAM_BYTES) /* others had better take another one */
			counts[gram_hash(rare_gram(k, f))] = (uint16_t)(least + SHARED < UINT16_MAX ? least + SHARED : UINT16_MAX);
	}
	free(counts);
}

static struct slot slot_of(const struct maker *k, uint32_t fragment, const struct hooks *lists)
{
	const struct fragment *f = &k->fragments[fragment];
	uint32_t n = f->n - f->rare < 8 ? (uint32_t)(f->n - f->rare) : 8;
	struct slot slot = { .best_rank = lists->best_rank[fragment], .fragment = (uint16_t)fragment, .unused_bits = 64 - 8 * n };

	memcpy(&slot.head, rare_gram(k, f), n);
	slot.head = le64toh(slot.head);
	return slot;
}

/* by the hashes of their grams; behind the lists of hooks */
static void fill_slots(struct maker *k, struct matcher *m)
{
	uint32_t *end = xcalloc(BUCKETS + 1, sizeof *end);
	uint8_t *is_known = arena_alloc(&k->arena, GRAMS);
	uint16_t *first_slot = arena_alloc(&k->arena, BUCKETS * sizeof *first_slot);
	struct slot *slots = arena_alloc(&k->arena, (k->n_fragments + 1) * sizeof *slots);

	for (size_t i = 0; i < k->n_fragments; i++) {
		uint32_t hash = gram_hash(rare_gram(k, &k->fragments[i]));

		if (k->fragments[i].n < GRAM_BYTES)
			continue;
		is_known[hash] = 1;
		end[hash % BUCKETS + 1]++;
	}
	for (uint32_t i = 0; i < BUCKETS; i++) {
		first_slot[i] = (uint16_t)end[i];
		end[i + 1] += end[i];
	}
	m->n_slots = end[BUCKETS];
	for (uint32_t i = 0; i < k->n_fragments; i++) {
		uint32_t *at = &end[gram_hash(rare_gram(k, &k->fragments[i])) % BUCKETS];

		if (k->fragments[i].n >= GRAM_BYTES)
			slots[(*at)++] = slot_of(k, i, &m->by_fragment);
	}
	for (uint32_t i = 0; i < BUCKETS; i++) /* `end` is what it says now */
		if (end[i] > first_slot[i])
			slots[end[i] - 1].is_last = 1;
	m->slots = slots;
	m->first_slot = first_slot;
	m->is_known = is_known;
	free(end);
}

/* ---- lists ---- */

static void add_hook(struct loose_hooks *h, uint32_t list, struct hook hook)
{
	h->items = vec_grow(h->items, h->n, &h->items_cap, sizeof *h->items);
	h->lists = vec_grow(h->lists, h->n, &h->lists_cap, sizeof *h->lists);
	h->items[h->n] = hook;
	h->lists[h->n++] = list;
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

/* n lists of what was added, which is freed */
static struct hooks sort_hooks(struct maker *k, struct loose_hooks *h, uint32_t n)
{
	struct hook *sorted = arena_alloc(&k->arena, (h->n + 1) * sizeof *sorted);
	uint32_t *start = arena_alloc(&k->arena, ((size_t)n + 1) * sizeof *start);
	uint64_t *best_rank = arena_alloc(&k->arena, ((size_t)n + 1) * sizeof *best_rank);
	uint32_t *end = xcalloc((size_t)n + 1, sizeof *end);

	for (size_t i = 0; i < h->n; i++)
		start[h->lists[i] + 1]++;
	for (uint32_t i = 0; i < n; i++)
		end[i + 1] = start[i + 1] += start[i];
	for (size_t i = 0; i < h->n; i++) {
		uint32_t list = h->lists[i], from = start[list];

		insert_hook(sorted + from, end[list]++ - from, h->items[i]);
	}
	for (uint32_t i = 0; i < n; i++)
		best_rank[i] = start[i] < start[i + 1] ? sorted[start[i]].best_rank : UINT64_MAX;
	free(h->items);
	free(h->lists);
	free(end);
	return (struct hooks){ best_rank, start, sorted, n };
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
static void text_lengths(const struct maker *k, const struct term *t, uint32_t *ret_min, uint32_t *ret_max)
{
	*ret_min = UINT32_MAX;
	*ret_max = 0;
	for (uint32_t i = 0; i < t->texts.n; i++) {
		uint32_t n = k->texts[t->texts.first + i].n;

		*ret_min = n < *ret_min ? n : *ret_min;
		*ret_max = n > *ret_max ? n : *ret_max;
	}
}

/* the most that a term can weigh */
static int32_t term_weight(const struct maker *k, const struct rule *rule, const struct term *t)
{
	uint32_t least, most;

	if (t->negated)
		return 0;
	if (t->kind == TERM_TEXT) {
		text_lengths(k, t, &least, &most);
		return (int32_t)most;
	}
	if (rule->tier == TIER_CODE && (t->kind == TERM_CODE || t->kind == TERM_DSN))
		return code_weight(t);
	return TERM_WEIGHT;
}

/* how often one of its texts is seen, roughly */
static uint64_t how_often(const struct maker *k, const struct term *t)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < t->texts.n; i++)
		sum += k->often[k->texts[t->texts.first + i].fragment];
	return sum;
}

/* the term that is looked for first: the rarest text, else an enhanced code, else a code */
static const struct term *find_anchor(const struct maker *k, const struct match *match)
{
	const struct term *anchor = NULL;
	uint64_t least = UINT32_MAX;

	for (uint32_t i = 0; i < match->n_terms; i++) {
		const struct term *t = &k->rules->terms[match->first_term + i];

		if (t->negated)
			continue;
		if (t->kind == TERM_TEXT && how_often(k, t) < least) {
			least = how_often(k, t);
			anchor = t;
		} else if (least == UINT32_MAX && (t->kind == TERM_DSN || (t->kind == TERM_CODE && !anchor))) {
			anchor = t;
		}
	}
	return anchor;
}

static enum cause_basis basis_of(const struct maker *k, const struct match *match)
{
	enum cause_basis basis = BASIS_CLASS;

	for (uint32_t i = 0; i < match->n_terms; i++) {
		const struct term *t = &k->rules->terms[match->first_term + i];
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
static void hang_up(struct maker *k, const struct term *t, struct hook hook)
{
	if (t && t->kind == TERM_TEXT)
		for (uint32_t i = 0; i < t->texts.n; i++)
			add_hook(&k->by_fragment, k->texts[t->texts.first + i].fragment, hook);
	else if (t && t->kind == TERM_DSN && t->dsn.subject >= 0 && t->dsn.lo >= 0 && t->dsn.lo == t->dsn.hi)
		add_hook(&k->by_dsn, dsn_bucket(t->dsn.subject, t->dsn.lo), hook);
	else if (t && t->kind == TERM_DSN && t->dsn.subject >= 0)
		add_hook(&k->by_subject, subject_list(t->dsn.subject), hook);
	else if (t && t->kind == TERM_CODE)
		for (int code = t->code.lo; code <= t->code.hi; code++)
			add_hook(&k->by_code, (uint32_t)code - 200, hook);
	else
		add_hook(&k->loose, 0, hook);
}

static void add_check(struct maker *k, const struct term *t)
{
	struct check *c = &k->checks[k->n_checks++];

	*c = (struct check){ .kind = (uint8_t)t->kind, .negated = t->negated };
	switch (t->kind) {
	case TERM_TEXT:
		c->first = t->texts.first;
		c->n = (uint16_t)t->texts.n;
		break;
	case TERM_CODE:
		c->lo = t->code.lo;
		c->hi = t->code.hi;
		break;
	case TERM_DSN:
		c->class = (int8_t)t->dsn.class;
		c->subject = t->dsn.subject;
		c->lo = t->dsn.lo;
		c->hi = t->dsn.hi;
		break;
	case TERM_HOST:
	case TERM_HOST_OR_NONE:
		c->first = k->n_hosts;
		k->hosts[k->n_hosts++] = add_bytes(k, t->host);
		break;
	case TERM_STAGE:
		c->n = (uint16_t)t->stage;
		break;
	default:
		break;
	}
}

static void add_match(struct maker *k, const struct match *match)
{
	const struct rule *rule = &k->rules->rules[match->rule];
	const struct term *anchor = find_anchor(k, match);
	struct hook h = { .first_check = k->n_checks, .basis = (uint16_t)basis_of(k, match) };
	int32_t weight = rule->prefer;

	for (uint32_t i = 0; i < match->n_terms; i++)
		weight += term_weight(k, rule, &k->rules->terms[match->first_term + i]);
	for (int texts = 0; texts < 2; texts++) /* texts take longer */
		for (uint32_t i = 0; i < match->n_terms; i++) {
			const struct term *t = &k->rules->terms[match->first_term + i];

			if ((t->kind == TERM_TEXT) == texts && (t != anchor || !texts || t->texts.n > 1))
				add_check(k, t);
		}
	h.n_checks = (uint16_t)(k->n_checks - h.first_check);
	h.best_rank = rank_of(rule, weight, match->rule);
	hang_up(k, anchor, h);
}

static void set_tables(struct maker *k, struct matcher *m)
{
	const struct rules *r = k->rules;

	m->bytes = arena_copy(&k->arena, strbuf_slice(&k->bytes)).p;
	m->verses = k->verses;
	m->fragments = k->fragments;
	m->texts = k->texts;
	m->checks = k->checks;
	m->hosts = k->hosts;
	m->n_bytes = (uint32_t)k->bytes.n;
	m->n_verses = (uint32_t)r->n_rules;
	m->n_fragments = k->n_fragments;
	m->n_texts = (uint32_t)r->n_texts;
	m->n_checks = k->n_checks;
	m->n_hosts = k->n_hosts;
	m->by_fragment = sort_hooks(k, &k->by_fragment, k->n_fragments);
	m->by_code = sort_hooks(k, &k->by_code, CODES);
	m->by_dsn = sort_hooks(k, &k->by_dsn, DSN_BUCKETS);
	m->by_subject = sort_hooks(k, &k->by_subject, SUBJECTS);
	m->loose = sort_hooks(k, &k->loose, 1);
	fill_slots(k, m);
}

struct matcher *matcher_new(const struct rules *r)
{
	struct maker k = { .rules = r };
	struct made *made = xcalloc(1, sizeof *made);

	gather_verses(&k);
	k.checks = arena_alloc(&k.arena, (r->n_terms + 1) * sizeof *k.checks);
	k.hosts = arena_alloc(&k.arena, (r->n_terms + 1) * sizeof *k.hosts);
	gather_fragments(&k);
	find_rarest(&k);
	for (size_t i = 0; i < r->n_matches; i++)
		add_match(&k, &r->matches[i]);
	set_tables(&k, &made->m);
	made->arena = k.arena;
	strbuf_done(&k.bytes);
	map_done(&k.known_bytes);
	free(k.often);
	return &made->m;
}

void matcher_free(struct matcher *m)
{
	struct made *made = (struct made *)(void *)m;

	if (!made)
		return;
	arena_clear(&made->arena);
	free(made);
}

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
#define RANGE_MAX   250 /* enhanced codes that a match hangs on, each by itself; of a longer range it hangs on the subject */
#define COST_OF_GRAM 1   /* to fetch what has it, */
#define COST_OF_TEXT 2   /* and to compare each text */

/* what a matcher is made with */
struct maker {
	const struct rules *rules;
	struct arena arena;         /* what becomes of it */
	struct strbuf bytes;
	struct map known_bytes;     /* to a place in `bytes` + 1 */
	struct verse *verses;
	struct fragment *fragments;
	uint32_t *often;            /* how often the gram of each is seen, roughly; UINT32_MAX: it is too short to have one */
	struct text_ref *texts;
	struct check *checks;
	struct span *hosts;
	uint16_t *first_fragment;
	uint32_t n_fragments, n_checks, n_hosts;
	struct hanging *hanging;    /* hooks that are not in order yet */
	size_t n_hanging, hanging_cap;
};

struct hanging {
	struct hook hook;
	uint32_t list;              /* of LISTS; and behind them, a fragment's */
	uint32_t place;             /* among the hooks: of equal ones, the earlier is better */
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

static int longest_first(const void *a, const void *b)
{
	const struct text_ref *x = a, *y = b;

	return x->n != y->n ? y->n - x->n : x->fragment - y->fragment;
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
	for (size_t i = 0; i < r->n_terms; i++)
		if (r->terms[i].kind == TERM_TEXT)
			qsort(k->texts + r->terms[i].texts.first, r->terms[i].texts.n, sizeof *k->texts, longest_first);
}

/* how often each hashed gram is in the samples: what is rare there is rare in replies */
static uint32_t *count_grams(const struct rules *r)
{
	uint32_t *counts = xcalloc(GRAMS, sizeof *counts);

	for (size_t i = 0; i < r->n_samples; i++) {
		struct complaint c;
		struct bare_reply bare;
		struct reply_view view;

		(void)sample_complaint(r->samples[i].text, &c);
		reply_bare(&c, &bare);
		reply_view(&c, &bare, &view);
		for (size_t at = 0; at < view.n; at++)
			counts[gram_hash(view.text + at)]++;
	}
	return counts;
}

static const char *gram_of(const struct maker *k, const struct fragment *f)
{
	return k->bytes.p + f->at + f->gram;
}

/* The gram that costs least: where a reply has it, there is something to be fetched, and all texts of the same gram to be compared. */
static uint32_t choose_gram(const struct maker *k, struct fragment *f, const uint32_t *counts, const uint16_t *users)
{
	uint32_t least = UINT32_MAX;

	for (uint16_t at = 0; at + GRAM_BYTES <= f->n; at++) {
		uint32_t hash = gram_hash(k->bytes.p + f->at + at);
		uint32_t cost = (1 + 4 * counts[hash]) * (users[hash] ? COST_OF_TEXT : COST_OF_TEXT + COST_OF_GRAM);

		if (cost < least) {
			least = cost;
			f->gram = at;
		}
	}
	return least;
}

/* The choice of one text depends on those of the others: they choose again. */
static void choose_grams(struct maker *k)
{
	uint32_t *counts = count_grams(k->rules);
	uint16_t *users = xcalloc(GRAMS, sizeof *users);

	k->often = xcalloc(k->n_fragments + 1, sizeof *k->often);
	for (int round = 0; round < 3; round++)
		for (uint32_t i = 0; i < k->n_fragments; i++) {
			struct fragment *f = &k->fragments[i];

			k->often[i] = UINT32_MAX;
			if (f->n < GRAM_BYTES)
				continue;
			if (round)
				users[gram_hash(gram_of(k, f))]--;
			k->often[i] = choose_gram(k, f, counts, users);
			users[gram_hash(gram_of(k, f))]++;
		}
	free(counts);
	free(users);
}

/* BUCKETS: it is too short to have one */
static uint32_t bucket_of(const struct maker *k, const struct fragment *f)
{
	return f->n < GRAM_BYTES ? BUCKETS : gram_hash(gram_of(k, f)) % BUCKETS;
}

/* the fragments in the order of their buckets, and the texts that name them */
static void sort_fragments(struct maker *k)
{
	struct fragment *sorted = arena_alloc(&k->arena, (k->n_fragments + 1) * sizeof *sorted);
	uint32_t *often = xcalloc(k->n_fragments + 1, sizeof *often), *place = xcalloc(k->n_fragments + 1, sizeof *place);
	uint16_t *first_fragment = arena_alloc(&k->arena, (BUCKETS + 1) * sizeof *first_fragment);
	uint32_t n = 0;

	for (uint32_t i = 0; i < k->n_fragments; i++)
		first_fragment[bucket_of(k, &k->fragments[i])]++;
	for (uint32_t i = 0; i <= BUCKETS; i++) {
		n += first_fragment[i];
		first_fragment[i] = (uint16_t)n; /* of the next one: counted down now */
	}
	for (uint32_t i = k->n_fragments; i-- > 0;) {
		place[i] = --first_fragment[bucket_of(k, &k->fragments[i])];
		sorted[place[i]] = k->fragments[i];
		often[place[i]] = k->often[i];
	}
	for (size_t i = 0; i < k->rules->n_texts; i++)
		k->texts[i].fragment = (uint16_t)place[k->texts[i].fragment];
	free(place);
	free(k->often);
	k->often = often;
	k->fragments = sorted;
	k->first_fragment = first_fragment;
}

/* ---- lists ---- */

static void add_hook(struct maker *k, uint32_t list, struct hook hook)
{
	k->hanging = vec_grow(k->hanging, k->n_hanging, &k->hanging_cap, sizeof *k->hanging);
	k->hanging[k->n_hanging] = (struct hanging){ hook, list, (uint32_t)k->n_hanging };
	k->n_hanging++;
}

static int by_rank(const void *a, const void *b)
{
	const struct hanging *x = a, *y = b;

	if (x->hook.best_rank != y->hook.best_rank)
		return x->hook.best_rank < y->hook.best_rank ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static int by_list(const void *a, const void *b)
{
	const struct hanging *x = a, *y = b;

	return x->list != y->list ? (x->list < y->list ? -1 : 1) : by_rank(a, b);
}

/* which fragment's best match is best, which is next */
static void set_orders(struct maker *k)
{
	uint32_t order = 0;

	qsort(k->hanging, k->n_hanging, sizeof *k->hanging, by_rank);
	for (uint32_t i = 0; i < k->n_fragments; i++)
		k->fragments[i].key = UINT32_C(0xffff) << KEY_ORDER | i;
	for (size_t i = 0; i < k->n_hanging; i++) {
		uint32_t list = k->hanging[i].list, fragment = list - LISTS;

		if (list >= LISTS && !k->fragments[fragment].n_hooks++)
			k->fragments[fragment].key = order++ << KEY_ORDER | fragment;
	}
}

static void set_lists(struct maker *k, struct matcher *m)
{
	struct hook *hooks = arena_alloc(&k->arena, (k->n_hanging + 1) * sizeof *hooks);
	struct list *lists = arena_alloc(&k->arena, LISTS * sizeof *lists);

	for (uint32_t i = 0; i < LISTS; i++)
		lists[i].best_rank = UINT64_MAX;
	qsort(k->hanging, k->n_hanging, sizeof *k->hanging, by_list);
	for (size_t i = k->n_hanging; i-- > 0;) { /* the first of a list comes last */
		uint32_t list = k->hanging[i].list;

		hooks[i] = k->hanging[i].hook;
		if (list < LISTS)
			lists[list] = (struct list){ hooks[i].best_rank, (uint32_t)i, lists[list].n_hooks + 1 };
		else
			k->fragments[list - LISTS].first_hook = (uint32_t)i;
	}
	m->hooks = hooks;
	m->n_hooks = (uint32_t)k->n_hanging;
	m->lists = lists;
	free(k->hanging);
}

static void set_heads(struct maker *k, struct matcher *m)
{
	uint8_t *is_known = arena_alloc(&k->arena, GRAMS);

	for (uint32_t i = 0; i < k->first_fragment[BUCKETS]; i++) {
		struct fragment *f = &k->fragments[i];

		f->head_bytes = f->n - f->gram < 8 ? (uint16_t)(f->n - f->gram) : 8;
		memcpy(&f->head, gram_of(k, f), f->head_bytes);
		f->head = le64toh(f->head);
		is_known[gram_hash(gram_of(k, f))] = 1;
	}
	m->first_fragment = k->first_fragment;
	m->is_known = is_known;
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

/* the most that a term can weigh: its longest text comes first */
static int32_t term_weight(const struct maker *k, const struct rule *rule, const struct term *t)
{
	if (t->negated)
		return 0;
	if (t->kind == TERM_TEXT)
		return k->texts[t->texts.first].n;
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

/* Where its anchor will be found.  Of several texts each has the weight that it adds itself: if a longer one is there too, that one's hook wins. */
static void hang_up(struct maker *k, const struct term *t, struct hook hook)
{
	if (t && t->kind == TERM_TEXT)
		for (uint32_t i = 0; i < t->texts.n; i++) {
			struct text_ref text = k->texts[t->texts.first + i];
			struct hook h = hook;

			h.best_rank = rank_lighter(hook.best_rank, (uint32_t)(k->texts[t->texts.first].n - text.n));
			add_hook(k, LISTS + text.fragment, h);
		}
	else if (t && t->kind == TERM_DSN && t->dsn.subject >= 0 && t->dsn.lo >= 0 && t->dsn.hi - t->dsn.lo < RANGE_MAX)
		for (int detail = t->dsn.lo; detail <= t->dsn.hi; detail++)
			add_hook(k, LIST_DSN + dsn_bucket(t->dsn.subject, detail), hook);
	else if (t && t->kind == TERM_DSN && t->dsn.subject >= 0)
		add_hook(k, LIST_SUBJECT + subject_list(t->dsn.subject), hook);
	else if (t && t->kind == TERM_CODE)
		for (int code = t->code.lo; code <= t->code.hi; code++)
			add_hook(k, LIST_CODE + (uint32_t)code - 200, hook);
	else
		add_hook(k, LIST_LOOSE, hook);
}

static struct check dsn_check(const struct dsn_range *d)
{
	struct check c = { .kind = CHECK_FACT, .n = FACT_DSN, .mask = FACT_NONE };

	if (d->class >= 0) {
		c.mask |= FACT_PART << FACT_CLASS;
		c.first |= (uint32_t)d->class << FACT_CLASS;
	}
	if (d->subject >= 0) {
		c.mask |= FACT_PART << FACT_SUBJECT;
		c.first |= (uint32_t)d->subject << FACT_SUBJECT;
	}
	if (d->lo >= 0) {
		uint32_t lo = (uint32_t)d->lo;

		c.mask |= FACT_PART;
		c.first |= lo;
		c.span = (uint32_t)d->hi - lo;
	}
	return c;
}

static struct check state_check(uint32_t bit, bool set)
{
	return (struct check){ .kind = CHECK_FACT, .n = FACT_STATE, .mask = bit, .first = set ? bit : 0 };
}

static struct check check_of(struct maker *k, const struct term *t)
{
	switch (t->kind) {
	case TERM_TEXT:
		return (struct check){ .kind = CHECK_TEXT, .n = (uint16_t)t->texts.n, .first = t->texts.first };
	case TERM_CODE:
		return (struct check){ .kind = CHECK_FACT, .n = FACT_CODE, .mask = UINT32_MAX, .first = (uint32_t)t->code.lo,
				       .span = (uint32_t)(t->code.hi - t->code.lo) };
	case TERM_DSN:
		return dsn_check(&t->dsn);
	case TERM_OURS:
	case TERM_THEIRS:
		return state_check(STATE_OURS, t->kind == TERM_OURS);
	case TERM_TEMPORARY:
	case TERM_PERMANENT:
		return state_check(STATE_TEMPORARY, t->kind == TERM_TEMPORARY);
	case TERM_STAGE:
		return state_check(UINT32_C(1) << (STATE_STAGES + t->stage), true);
	default:
		k->hosts[k->n_hosts] = add_bytes(k, t->host);
		return (struct check){ .kind = CHECK_HOST, .n = t->kind == TERM_HOST_OR_NONE, .first = k->n_hosts++ };
	}
}

static enum check_kind check_kind(const struct term *t)
{
	return t->kind == TERM_TEXT					     ? CHECK_TEXT
	       : t->kind == TERM_HOST || t->kind == TERM_HOST_OR_NONE ? CHECK_HOST
								      : CHECK_FACT;
}

/* those of this kind, without the text that is found before the match is looked at; returns how many */
static uint8_t add_checks(struct maker *k, const struct match *match, enum check_kind kind, const struct term *found)
{
	uint8_t n = 0;

	for (uint32_t i = 0; i < match->n_terms; i++) {
		const struct term *t = &k->rules->terms[match->first_term + i];

		if (t == found || check_kind(t) != kind)
			continue;
		k->checks[k->n_checks] = check_of(k, t);
		k->checks[k->n_checks++].negated = t->negated;
		n++;
	}
	return n;
}

static void add_match(struct maker *k, const struct match *match)
{
	const struct rule *rule = &k->rules->rules[match->rule];
	const struct term *anchor = find_anchor(k, match);
	struct hook h = { .first_check = k->n_checks, .basis = (uint16_t)basis_of(k, match) };
	int32_t weight = rule->prefer;

	for (uint32_t i = 0; i < match->n_terms; i++)
		weight += term_weight(k, rule, &k->rules->terms[match->first_term + i]);
	h.n_facts = add_checks(k, match, CHECK_FACT, NULL);
	h.n_others = add_checks(k, match, CHECK_HOST, NULL);
	h.n_others = (uint8_t)(h.n_others + add_checks(k, match, CHECK_TEXT, anchor)); /* they take longest */
	h.best_rank = rank_of(rule, weight, match->rule);
	hang_up(k, anchor, h);
}

static void set_tables(struct maker *k, struct matcher *m)
{
	const struct rules *r = k->rules;

	for (int i = 0; i < BYTES_SLACK; i++)
		strbuf_add_byte(&k->bytes, '\0');
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
	set_orders(k);
	set_lists(k, m);
	set_heads(k, m);
}

struct matcher *matcher_new(const struct rules *r)
{
	struct maker k = { .rules = r };
	struct made *made = xcalloc(1, sizeof *made);

	gather_verses(&k);
	k.checks = arena_alloc(&k.arena, (r->n_terms + 1) * sizeof *k.checks);
	k.hosts = arena_alloc(&k.arena, (r->n_terms + 1) * sizeof *k.hosts);
	gather_fragments(&k);
	choose_grams(&k);
	sort_fragments(&k);
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

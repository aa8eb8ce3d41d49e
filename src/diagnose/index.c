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
	uint32_t n_fragments, n_checks, n_hosts;
	struct hanging *hanging;    /* hooks that are not in order yet */
	size_t n_hanging, hanging_cap;
};

/* where a fragment will stand */
struct place {
	uint32_t hash;              /* of its gram; NO_HASH: it is too short to have one */
	uint16_t order;             /* of struct fragment; NO_ORDER: nothing hangs on it */
	uint16_t number;            /* of the fragment as yet */
};

#define HASHES   (UINT32_C(1) << GRAM_BITS)
#define NO_HASH  HASHES
#define NO_ORDER UINT16_MAX

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
		k->texts[i] = (struct text_ref){ (uint16_t)(f - k->fragments), f->n, NO_GRAM };
	}
	map_done(&known);
	for (size_t i = 0; i < r->n_terms; i++)
		if (r->terms[i].kind == TERM_TEXT)
			qsort(k->texts + r->terms[i].texts.first, r->terms[i].texts.n, sizeof *k->texts, longest_first);
}

/* how often each hashed gram is in the samples: what is rare there is rare in replies */
static uint32_t *count_grams(const struct rules *r)
{
	uint32_t *counts = xcalloc(HASHES, sizeof *counts);

	for (size_t i = 0; i < r->n_samples; i++) {
		struct complaint c;
		struct bare_reply bare;
		struct reply_view view;

		(void)sample_complaint(r->samples[i].text, &c);
		reply_bare(&c, &bare);
		reply_view(&c, &bare, &view);
		for (size_t at = 0; at + GRAM_BYTES <= view.n; at++)
			counts[gram_hash(view.text + at)]++;
	}
	return counts;
}

static const char *gram_of(const struct maker *k, const struct fragment *f)
{
	return k->bytes.p + f->at + f->gram_at;
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
			f->gram_at = at;
		}
	}
	return least;
}

/* The choice of one text depends on those of the others: they choose again. */
static void choose_grams(struct maker *k)
{
	uint32_t *counts = count_grams(k->rules);
	uint16_t *users = xcalloc(HASHES, sizeof *users);

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

/* how good the best match of each fragment is */
static void set_orders(struct maker *k)
{
	uint16_t order = 0;

	for (uint32_t i = 0; i < k->n_fragments; i++)
		k->fragments[i].order = NO_ORDER;
	qsort(k->hanging, k->n_hanging, sizeof *k->hanging, by_rank);
	for (size_t i = 0; i < k->n_hanging; i++) {
		uint32_t list = k->hanging[i].list;

		if (list >= LISTS && !k->fragments[list - LISTS].n_hooks++)
			k->fragments[list - LISTS].order = order++;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->order != y->order ? x->order - y->order : x->number - y->number;
}

/* of the fragments in their order; places: where they stand */
static void set_grams(struct maker *k, struct matcher *m, const struct place *places, uint16_t *ret_of_fragments)
{
	uint64_t *is_known = arena_alloc(&k->arena, GRAM_WORDS * sizeof *is_known);
	uint16_t *before = arena_alloc(&k->arena, GRAM_WORDS * sizeof *before), n = 0;
	struct gram *grams = arena_alloc(&k->arena, (k->n_fragments + 1) * sizeof *grams);

	for (uint32_t i = 0; i < k->n_fragments && places[i].hash != NO_HASH; i++) {
		uint32_t hash = places[i].hash;

		if (i == 0 || hash != places[i - 1].hash) {
			is_known[hash / 64] |= UINT64_C(1) << hash % 64;
			grams[n++].first = (uint16_t)i;
		}
		grams[n - 1].n = (uint16_t)(grams[n - 1].n + (places[i].order != NO_ORDER));
		ret_of_fragments[i] = (uint16_t)(n - 1);
	}
	for (uint32_t i = 1; i < GRAM_WORDS; i++)
		before[i] = (uint16_t)(before[i - 1] + __builtin_popcountll(is_known[i - 1]));
	m->is_known = is_known;
	m->known_before = before;
	m->grams = grams;
	m->n_grams = n;
}

static void set_tail(const struct maker *k, struct fragment *f)
{
	size_t n = (size_t)(f->n - f->gram_at);

	n = n < TAIL_BYTES ? n : TAIL_BYTES;
	memcpy(f->tail, gram_of(k, f), n);
	f->tail_mask = (uint16_t)((1U << n) - 1);
}

/* the fragments in the order of their places, and whoever names them */
static void sort_fragments(struct maker *k, struct matcher *m)
{
	struct fragment *sorted = arena_alloc(&k->arena, (k->n_fragments + 1) * sizeof *sorted);
	struct place *places = xcalloc(k->n_fragments + 1, sizeof *places);
	uint16_t *now = xcalloc(k->n_fragments + 1, sizeof *now), *grams = xcalloc(k->n_fragments + 1, sizeof *grams);

	for (uint32_t i = 0; i < k->n_fragments; i++) {
		const struct fragment *f = &k->fragments[i];

		places[i] = (struct place){ f->n < GRAM_BYTES ? NO_HASH : gram_hash(gram_of(k, f)), f->order, (uint16_t)i };
		grams[i] = NO_GRAM;
	}
	qsort(places, k->n_fragments, sizeof *places, by_place);
	for (uint32_t i = 0; i < k->n_fragments; i++) {
		sorted[i] = k->fragments[places[i].number];
		set_tail(k, &sorted[i]);
		now[places[i].number] = (uint16_t)i;
	}
	k->fragments = sorted;
	set_grams(k, m, places, grams);
	for (size_t i = 0; i < k->rules->n_texts; i++) {
		struct text_ref *t = &k->texts[i];

		t->fragment = now[t->fragment];
		t->gram = grams[t->fragment];
	}
	for (size_t i = 0; i < k->n_hanging; i++)
		if (k->hanging[i].list >= LISTS)
			k->hanging[i].list = LISTS + now[k->hanging[i].list - LISTS];
	free(places);
	free(now);
	free(grams);
}

static uint64_t best_of(const struct list *l, size_t n)
{
	uint64_t best = UINT64_MAX;

	for (size_t i = 0; i < n; i++)
		best = l[i].best_rank < best ? l[i].best_rank : best;
	return best;
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
	m->best_of_codes = best_of(lists + LIST_CODE, CODES);
	m->best_of_dsns = best_of(lists + LIST_DSN, DSN_BUCKETS);
	m->best_of_subjects = best_of(lists + LIST_SUBJECT, SUBJECTS);
	free(k->hanging);
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
			add_hook(k, dsn_list((uint32_t)t->dsn.subject, (uint32_t)detail), hook);
	else if (t && t->kind == TERM_DSN && t->dsn.subject >= 0)
		add_hook(k, subject_list((uint32_t)t->dsn.subject), hook);
	else if (t && t->kind == TERM_CODE)
		for (int code = t->code.lo; code <= t->code.hi; code++)
			add_hook(k, LIST_CODE + (uint32_t)code - 200, hook);
	else
		add_hook(k, LIST_LOOSE, hook);
}

static struct check dsn_check(const struct dsn_range *d)
{
	struct check c = { .kind = CHECK_DSN };

	if (d->class >= 0) {
		c.mask |= DSN_PART << DSN_CLASS;
		c.first |= (uint32_t)d->class << DSN_CLASS;
	}
	if (d->subject >= 0) {
		c.mask |= DSN_PART << DSN_SUBJECT;
		c.first |= (uint32_t)d->subject << DSN_SUBJECT;
	}
	if (d->lo >= 0) {
		uint32_t lo = (uint32_t)d->lo;

		c.mask |= DSN_PART;
		c.first |= lo;
		c.span = (uint32_t)d->hi - lo;
	}
	return c;
}

/* the bit of the state that a term asks for; 0: it asks for something else */
static uint32_t state_bit(const struct term *t)
{
	switch (t->kind) {
	case TERM_OURS:
	case TERM_THEIRS:
		return STATE_OURS;
	case TERM_TEMPORARY:
	case TERM_PERMANENT:
		return STATE_TEMPORARY;
	case TERM_STAGE:
		return 1U << (STATE_STAGES + t->stage);
	default:
		return 0;
	}
}

static void ask_state(struct hook *h, const struct term *t)
{
	uint32_t bit = state_bit(t), set = (t->kind == TERM_THEIRS || t->kind == TERM_PERMANENT) == t->negated ? bit : 0;

	if (h->state_mask & bit && (h->state & bit) != set)
		set = STATE_NEVER; /* which is in no mask */
	h->state_mask = (uint16_t)(h->state_mask | bit);
	h->state = (uint16_t)(h->state | set);
}

static struct check check_of(struct maker *k, const struct term *t)
{
	switch (t->kind) {
	case TERM_TEXT:
		return (struct check){ .kind = CHECK_TEXT, .n = (uint16_t)t->texts.n, .first = t->texts.first };
	case TERM_CODE:
		return (struct check){ .kind = CHECK_CODE, .mask = UINT32_MAX, .first = (uint32_t)t->code.lo,
				       .span = (uint32_t)(t->code.hi - t->code.lo) };
	case TERM_DSN:
		return dsn_check(&t->dsn);
	default:
		k->hosts[k->n_hosts] = add_bytes(k, t->host);
		return (struct check){ .kind = CHECK_HOST, .n = t->kind == TERM_HOST_OR_NONE, .first = k->n_hosts++ };
	}
}

static enum check_kind check_kind(const struct term *t)
{
	switch (t->kind) {
	case TERM_TEXT:
		return CHECK_TEXT;
	case TERM_CODE:
		return CHECK_CODE;
	case TERM_DSN:
		return CHECK_DSN;
	default:
		return CHECK_HOST;
	}
}

/* what asks for no state, without the text that is found before the match is looked at; what takes longest comes last */
static void add_checks(struct maker *k, const struct match *match, const struct term *found, struct hook *h)
{
	for (enum check_kind kind = CHECK_CODE; kind <= CHECK_TEXT; kind++)
		for (uint32_t i = 0; i < match->n_terms; i++) {
			const struct term *t = &k->rules->terms[match->first_term + i];

			if (state_bit(t) || (t == found && t->kind == TERM_TEXT) || check_kind(t) != kind)
				continue;
			k->checks[k->n_checks] = check_of(k, t);
			k->checks[k->n_checks++].negated = t->negated;
			h->n_checks++;
		}
}

static void add_match(struct maker *k, const struct match *match)
{
	const struct rule *rule = &k->rules->rules[match->rule];
	const struct term *anchor = find_anchor(k, match);
	struct hook h = { .first_check = k->n_checks, .basis = (uint8_t)basis_of(k, match) };
	int32_t weight = rule->prefer;

	for (uint32_t i = 0; i < match->n_terms; i++) {
		const struct term *t = &k->rules->terms[match->first_term + i];

		weight += term_weight(k, rule, t);
		if (state_bit(t))
			ask_state(&h, t);
	}
	add_checks(k, match, anchor, &h);
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
	sort_fragments(k, m);
	set_lists(k, m);
	m->fragments = k->fragments;
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

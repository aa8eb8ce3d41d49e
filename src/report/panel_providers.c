/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_providers.c - mail to other servers, by the provider whose server answered
 *
 * The next hop decides; where the log names none (no connection, no answer of the DNS) the recipient's domain.  What is delivered
 * on this server is not looked at.  The commonest cause is found per distinct reply, when the panel is built.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/map.h"
#include "fact/provider.h"
#include "report/histogram.h"
#include "report/panels.h"
#include "report/reasons.h"
#include "report/top.h"

#define PAIRS_MAX          ((size_t)1 << 16)
#define SETTLED_MIN        10      /* fewer recipients are too few to say that a share is low */
#define SHARE_BAD          90000   /* thousandths of a percent: worse is marked */
#define SHARE_NOTICE       97000

enum { RECIPIENTS, DELIVERED, DEFERRALS, BOUNCED, VALUES };

/* Whose a domain is, and the host that was seen last for it; of a next hop: whose it is.  0: not looked up yet */
struct known_provider {
	NAME_COUNTS(unused); /* every list's counters begin so */
	uint8_t by_host, by_domain; /* enum provider + 1 */
};

struct providers_state {
	struct counters *c;
	struct provider_index index;
	struct names_list domains, relays; /* struct known_provider; no name is ever in these lists */
	int64_t values[PROVIDER_COUNT][VALUES];
	struct histogram *delays[PROVIDER_COUNT]; /* NULL: none yet */
	struct tally causes[2];    /* by enum failure_kind: (shape, provider) */
};

_Static_assert(FAILURE_DEFERRAL == 0 && FAILURE_BOUNCE == 1, "indices of causes");
_Static_assert(PROVIDER_COUNT < UINT8_MAX, "a byte in struct known_provider");

static const struct panel_column COLUMNS[] = {
	{ "provider", "Provider", COLUMN_TEXT, NULL },
	{ "recipients", "Recipients", COLUMN_COUNT, "recipients", .data_only = true },
	{ "delivered", "Delivered", COLUMN_COUNT, "recipients", .tone = TONE_GOOD },
	{ "success", "Success", COLUMN_PERCENT, "percent" },
	{ "deferrals", "Deferrals", COLUMN_COUNT, "attempts", .tone = TONE_WAIT },
	{ "bounced", "Bounced", COLUMN_COUNT, "recipients", .tone = TONE_BAD },
	{ "p50", "50 %", COLUMN_DURATION, "seconds" },
	{ "p90", "90 %", COLUMN_DURATION, "seconds" },
	{ "class", "Class", COLUMN_TEXT, NULL, .data_only = true },
	{ "side", "Side", COLUMN_TEXT, NULL, .data_only = true },
	{ "cause_id", "Cause id", COLUMN_TEXT, NULL, .data_only = true },
	{ "cause", "Failed mostly because", COLUMN_TEXT, NULL, .spare = true },
};
#define CAUSE_AT 8
_Static_assert(ARRAY_LEN(COLUMNS) == CAUSE_AT + CAUSE_COLUMNS_N, "columns of build_cause()");

static uint64_t no_weight(const void *counts)
{
	(void)counts;
	return 0;
}

/* names that share "(other)" are looked up there again */
static void no_merge(void *into, const void *from)
{
	(void)from;
	*(struct known_provider *)into = (struct known_provider){ 0 };
}

static const struct names_list_ops KNOWN_LIST = {
	.bytes = sizeof(struct known_provider),
	.weight = no_weight,
	.merge = no_merge,
};

static void *providers_new(const struct panel_ops *ops, struct counters *c)
{
	struct providers_state *s = xcalloc(1, sizeof *s);

	(void)ops;
	s->c = c;
	provider_index_init(&s->index);
	s->domains = names_add_list(&c->domains, &KNOWN_LIST);
	s->relays = names_add_list(&c->relays, &KNOWN_LIST);
	for (size_t kind = 0; kind < ARRAY_LEN(s->causes); kind++) {
		tally_init(&s->causes[kind], 1, PAIRS_MAX);
		s->causes[kind].other_by_minor = true;
		counters_add_tally(c, &(struct named_tally){ .t = &s->causes[kind], .major = PART_SYMBOL, .weights = 1 });
	}
	return s;
}

static void providers_free(void *state)
{
	struct providers_state *s = state;

	for (size_t kind = 0; kind < ARRAY_LEN(s->causes); kind++)
		tally_done(&s->causes[kind]);
	for (size_t i = 0; i < PROVIDER_COUNT; i++)
		free(s->delays[i]);
	free(s);
}

/* whose the next hop is that answered last, + 1; 0: there was none */
static uint8_t provider_of_relay(struct providers_state *s, struct counted_recipient *cr)
{
	const struct attempt *last = cr->r->deciding;
	struct known_provider *known;
	struct name *relay;

	if (!last || !last->relay_host.p) {
		last = NULL;
		for (const struct attempt *a = cr->r->attempts; a; a = a->next)
			if (a->relay_host.p)
				last = a;
	}
	if (!last)
		return 0;
	relay = last == cr->r->deciding ? counted_relay(s->c, cr) : counters_relay(s->c, last);
	if (relay->ref <= NAME_OTHER)
		return (uint8_t)(provider_of_host(&s->index, last->relay_host) + 1);
	known = names_room(&s->relays, relay);
	if (!known->by_host)
		known->by_host = (uint8_t)(provider_of_host(&s->index, last->relay_host) + 1);
	return known->by_host;
}

static enum provider provider_of(struct providers_state *s, struct counted_recipient *cr)
{
	struct known_provider *known = names_room(&s->domains, cr->domain);
	bool shared = cr->domain->ref <= NAME_OTHER; /* of many domains */
	uint8_t by_host = provider_of_relay(s, cr);

	if (by_host) {
		known->by_host = by_host;
		return (enum provider)(by_host - 1);
	}
	if (shared)
		return PROVIDER_NONE;
	if (known->by_host)
		return (enum provider)(known->by_host - 1);
	if (!known->by_domain)
		known->by_domain = (uint8_t)(provider_of_domain(&s->index, names_text(s->domains.names, cr->domain)) + 1);
	return (enum provider)(known->by_domain - 1);
}

static void count_recipient(struct providers_state *s, enum provider p, const struct counted_recipient *cr)
{
	int64_t *v = s->values[p];

	v[RECIPIENTS] += !cr->expanded;
	v[DELIVERED] += cr->delivered;
	v[DEFERRALS] += cr->deferrals;
	v[BOUNCED] += cr->bounced;
	if (!cr->delivered)
		return;
	if (!s->delays[p])
		s->delays[p] = xcalloc(1, sizeof *s->delays[p]);
	histogram_add(s->delays[p], cr->delay_us);
}

static void providers_message(void *state, const struct counted_message *cm)
{
	struct providers_state *s = state;
	const struct counted_failure *f = cm->failures, *end = f ? f + cm->n_failures : f; /* in the order of recipients */

	for (size_t i = 0; i < cm->n_recipients; i++) {
		struct counted_recipient *cr = &cm->recipients[i];
		bool here = cr->r->outcome == OUTCOME_DELIVERED || (cr->r->local && !cr->delivered);
		enum provider p = here ? PROVIDER_NONE : provider_of(s, cr);

		if (!here)
			count_recipient(s, p, cr);
		for (; f < end && f->recipient == cr->r; f++)
			if (!here)
				tally_row(&s->causes[f->kind], tally_pair(f->shape, p))[0] += f->count;
	}
}

/* the causes of one provider, by how often they occurred */
struct cause_count {
	struct cause cause;
	int64_t n[PROVIDER_COUNT];
};

static void count_causes(const struct providers_state *s, enum failure_kind kind, struct map *by_id, struct arena *arena)
{
	const struct tally *t = &s->causes[kind];

	for (size_t i = 0; i < t->n; i++) {
		uint64_t key = tally_key(t, i);
		size_t row = reason_row(s->c, kind, tally_major(key));
		struct cause_count *count;
		struct cause cause;

		if (row == SIZE_MAX || !reason_cause(s->c, kind, row, &cause))
			continue;
		count = map_get(by_id, cause.id);
		if (!count) {
			count = arena_alloc(arena, sizeof *count);
			count->cause = cause;
			(void)map_put(by_id, count->cause.id, count);
		}
		count->n[tally_minor(key)] += tally_values(t, i)[0];
	}
}

/* the commonest cause of a provider, the first by id of several; NULL: none */
static const struct cause *commonest(const struct map *by_id, enum provider p)
{
	const struct cause_count *best = NULL;
	const struct map_slot *slot;

	for (size_t at = 0; (slot = map_next(by_id, &at));) {
		const struct cause_count *c = slot->value;

		if (c->n[p] && (!best || c->n[p] > best->n[p] ||
				(c->n[p] == best->n[p] && slice_cmp(c->cause.id, best->cause.id) < 0)))
			best = c;
	}
	return best ? &best->cause : NULL;
}

static void fill(const struct providers_state *s, struct panel_build *b, struct panel_cell *cells, enum provider p,
		 const struct map *causes)
{
	const int64_t *v = s->values[p];
	int64_t settled = v[DELIVERED] + v[BOUNCED];

	cells[0] = cell_text(slice_str(provider_name(p)));
	cells[1] = cell_value(v[RECIPIENTS]);
	cells[2] = cell_value(v[DELIVERED]);
	cells[3] = cell_value(share_of(v[DELIVERED], settled));
	if (settled >= SETTLED_MIN && cells[3].value < SHARE_NOTICE)
		cells[3].mark = cells[3].value < SHARE_BAD ? MARK_BAD : MARK_NOTICE;
	cells[4] = cell_value(v[DEFERRALS]);
	cells[5] = cell_value(v[BOUNCED]);
	if (s->delays[p] && s->delays[p]->n) {
		cells[6] = cell_value(histogram_percentile(s->delays[p], 500));
		cells[7] = cell_value(histogram_percentile(s->delays[p], 900));
	}
	build_cause(b, cells + CAUSE_AT, commonest(causes, p));
}

/* most recipients first */
static int order_providers(const void *ctx, size_t a, size_t b)
{
	const struct providers_state *s = ctx;
	const int64_t *x = s->values[a], *y = s->values[b];

	if (x[RECIPIENTS] != y[RECIPIENTS])
		return x[RECIPIENTS] > y[RECIPIENTS] ? -1 : 1;
	return a < b ? -1 : a > b;
}

static void providers_build(void *state, struct panel_build *b)
{
	struct providers_state *s = state;
	struct map causes = { 0 };
	struct top top;

	top_init(&top, b->limit, PROVIDER_COUNT, b->arena, order_providers, s);
	for (size_t p = 0; p < PROVIDER_COUNT; p++)
		if (s->values[p][RECIPIENTS] || s->values[p][DEFERRALS])
			top_add(&top, p);
	top_end(&top);
	for (int kind = FAILURE_DEFERRAL; kind <= FAILURE_BOUNCE; kind++)
		count_causes(s, (enum failure_kind)kind, &causes, b->arena);
	build_rows(b, top.n);
	b->panel->more = top.seen - top.n;
	for (size_t i = 0; i < top.n; i++)
		fill(s, b, b->panel->rows[i].cells, (enum provider)top.items[i], &causes);
	map_done(&causes);
}

const struct panel_ops panel_providers = {
	.id = "providers",
	.title = "Receiving providers",
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = providers_new,
	.free = providers_free,
	.on_message = providers_message,
	.build = providers_build,
};

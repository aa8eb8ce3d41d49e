/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_refusals.c - what this server refused: by stage and class, and attempts to relay through it
 *
 * Refusals are counted by the shape of the reply; what the shape means is asked when the panel is built.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/panels.h"
#include "report/reasons.h"
#include "report/seen.h"

enum refusals_variant { STAGES, RELAY_CLIENTS, RELAY_DOMAINS };

enum { COUNT, TEMPORARY, SEEN, VALUES = SEEN + SEEN_VALUES };

#define NO_CLASS CAUSE_CLASS_COUNT

struct refusals_state {
	enum refusals_variant variant;
	struct counters *c;
	struct tally t; /* (shape, stage), (shape, client) or (shape, domain of the recipient) */
};

static const struct panel_column STAGE_COLUMNS[] = {
	{ "stage", "Stage", COLUMN_TEXT, NULL },
	{ "class", "Class", COLUMN_TEXT, NULL },
	{ "count", "Refused", COLUMN_COUNT, "refusals", .bar = true },
	{ "permanent", "For good", COLUMN_COUNT, "refusals", .tone = TONE_SHUT },
	{ "temporary", "For now", COLUMN_COUNT, "refusals", .tone = TONE_WAIT },
	SEEN_COLUMNS,
};
static const struct panel_column CLIENT_COLUMNS[] = {
	{ "client", "Client", COLUMN_TEXT, NULL },
	{ "count", "Refused", COLUMN_COUNT, "refusals", .bar = true },
	SEEN_COLUMNS,
};
static const struct panel_column DOMAIN_COLUMNS[] = {
	{ "domain", "To domain", COLUMN_TEXT, NULL },
	{ "count", "Refused", COLUMN_COUNT, "refusals", .bar = true },
	SEEN_COLUMNS,
};

static void refusals_merge(int64_t *into, const int64_t *from)
{
	into[COUNT] += from[COUNT];
	into[TEMPORARY] += from[TEMPORARY];
	seen_widen(into + SEEN, from[SEEN + SEEN_FIRST], from[SEEN + SEEN_LAST]);
}

static void *refusals_new(const struct panel_ops *ops, struct counters *c)
{
	static const enum key_part MINOR[] = { PART_SYMBOL, PART_CLIENT, PART_DOMAIN };
	struct refusals_state *s = xcalloc(1, sizeof *s);

	s->variant = (enum refusals_variant)ops->variant;
	s->c = c;
	tally_init(&s->t, VALUES, 0);
	s->t.other = tally_pair(SYM_OTHER, SYM_OTHER);
	counters_add_tally(c, &(struct named_tally){ .t = &s->t, .major = PART_SYMBOL, .minor = MINOR[s->variant], .weights = 1,
						     .merge = refusals_merge });
	return s;
}

static void refusals_free(void *state)
{
	struct refusals_state *s = state;

	tally_done(&s->t);
	free(s);
}

static uint32_t minor_of(struct refusals_state *s, const struct counted_rejection *cr)
{
	struct name_key domain;

	if (s->variant == STAGES)
		return cr->failure.stage;
	if (s->variant == RELAY_CLIENTS)
		return cr->client ? cr->client->ref : NAME_NONE;
	domain = name_key_fold(slice_domain(cr->r->recipient));
	return names_get(&s->c->domains, &domain)->ref;
}

static void refusals_count(void *state, const struct counted_rejection *cr)
{
	struct refusals_state *s = state;
	int64_t *v = tally_row(&s->t, tally_pair(cr->failure.shape, minor_of(s, cr)));

	v[COUNT] += cr->r->attempts;
	v[TEMPORARY] += cr->r->temporary ? cr->r->attempts : 0;
	seen_at(v + SEEN, cr->r->time_us);
}

static bool is_relaying(const struct cause *cause)
{
	return cause->class == CLASS_POLICY && slice_find(cause->id, SLICE("relay")) < cause->id.n;
}

/* What a shape means, in the terms of this panel; UINT32_MAX: nothing of it is shown.  Stages: the class. */
static uint32_t meaning(const struct refusals_state *s, size_t reason)
{
	struct cause cause;

	if (!reason_cause(s->c, FAILURE_REJECTION, reason, &cause))
		return s->variant == STAGES ? NO_CLASS : UINT32_MAX;
	if (s->variant == STAGES)
		return cause.class;
	return is_relaying(&cause) ? 0 : UINT32_MAX;
}

/* by (minor, meaning) */
static void sum_up(const struct refusals_state *s, struct tally *sums)
{
	const struct tally *reasons = &s->c->reasons[FAILURE_REJECTION];
	struct tally meanings;

	tally_init(&meanings, 1, 0);
	for (size_t i = 0; i < reasons->n; i++) {
		uint64_t key = tally_key(reasons, i);

		tally_row(&meanings, s->variant == STAGES ? key : tally_major(key))[0] = meaning(s, i);
	}
	for (size_t i = 0; i < s->t.n; i++) {
		uint64_t key = tally_key(&s->t, i);
		const int64_t *found = tally_find(&meanings, s->variant == STAGES ? key : tally_major(key));
		uint32_t means = found ? (uint32_t)found[0] : s->variant == STAGES ? NO_CLASS : UINT32_MAX;

		if (means != UINT32_MAX)
			refusals_merge(tally_row(sums, tally_pair(tally_minor(key), means)), tally_values(&s->t, i));
	}
	tally_done(&meanings);
}

static int order_sums(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	const struct refusals_state *s = ctx;
	uint64_t ka = tally_key(t, a), kb = tally_key(t, b);
	int64_t na = tally_values(t, a)[COUNT], nb = tally_values(t, b)[COUNT];
	int c = (na < nb) - (na > nb);

	if (c)
		return c;
	if (s->variant == STAGES)
		c = order_names(&s->c->names, tally_major(ka), tally_major(kb));
	else
		c = order_refs(s->variant == RELAY_CLIENTS ? &s->c->clients : &s->c->domains, tally_major(ka), tally_major(kb));
	return c ? c : (ka > kb) - (ka < kb);
}

static void fill_stage(struct panel_build *b, struct panel_row *row, uint64_t key, const int64_t *v)
{
	uint32_t class = tally_minor(key);

	row->cells[0] = cell_text(build_name(b, tally_major(key)));
	row->cells[1] = cell_text(class < NO_CLASS ? slice_str(cause_class_name((enum cause_class)class)) : SLICE_NONE);
	row->cells[2] = cell_value(v[COUNT]);
	row->cells[3] = cell_value(v[COUNT] - v[TEMPORARY]);
	row->cells[4] = cell_value(v[TEMPORARY]);
	seen_cells(row->cells + 5, v + SEEN);
}

static void fill_relaying(struct refusals_state *s, struct panel_build *b, struct panel_row *row, uint64_t key, const int64_t *v,
			  struct strbuf *filter)
{
	const struct names *table = s->variant == RELAY_CLIENTS ? &s->c->clients : &s->c->domains;
	const struct name *name = names_at(table, tally_major(key));

	row->cells[0] = cell_text(build_name_of(table, name));
	row->cells[1] = cell_value(v[COUNT]);
	seen_cells(row->cells + 2, v + SEEN);
	if (name->ref <= NAME_OTHER)
		return;
	build_filter(b, filter, "--status", SLICE("rejected"));
	if (s->variant == RELAY_CLIENTS)
		build_client_filter(b, filter, names_text(table, name));
	else
		build_filter(b, filter, "--recipient", build_address_value(b, table, name));
}

static void refusals_build(void *state, struct panel_build *b)
{
	struct refusals_state *s = state;
	struct strbuf filter = { 0 };
	struct tally sums;
	size_t n, *top;

	tally_init(&sums, VALUES, 0);
	sum_up(s, &sums);
	top = tally_top(&sums, b->limit, order_sums, s, b->arena, &n);
	build_rows(b, n);
	b->panel->more = sums.n - n;
	for (size_t i = 0; i < n; i++) {
		struct panel_row *row = &b->panel->rows[i];

		if (s->variant == STAGES)
			fill_stage(b, row, tally_key(&sums, top[i]), tally_values(&sums, top[i]));
		else
			fill_relaying(s, b, row, tally_key(&sums, top[i]), tally_values(&sums, top[i]), &filter);
		build_filter_end(b, row, &filter);
	}
	strbuf_done(&filter);
	tally_done(&sums);
}

#define REFUSALS_PANEL(name, panel_id, panel_title, panel_columns, panel_variant) \
	const struct panel_ops name = {                                           \
		.id = panel_id,                                                   \
		.title = panel_title,                                             \
		.columns = panel_columns,                                         \
		.n_columns = ARRAY_LEN(panel_columns),                            \
		.variant = panel_variant,                                         \
		.on_request = true,                                               \
		.new = refusals_new,                                              \
		.free = refusals_free,                                            \
		.on_rejection = refusals_count,                                   \
		.build = refusals_build,                                          \
	}

REFUSALS_PANEL(panel_rejection_stages, "rejection_stages", "Rejections by stage and class", STAGE_COLUMNS, STAGES);
REFUSALS_PANEL(panel_relaying, "relaying", "Attempts to relay through this server, by client", CLIENT_COLUMNS, RELAY_CLIENTS);
REFUSALS_PANEL(panel_relaying_domains, "relaying_domains", "Attempts to relay through this server, by receiving domain",
	       DOMAIN_COLUMNS, RELAY_DOMAINS);

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
#include "report/refused.h"

enum refusals_variant { STAGES, RELAY_CLIENTS, RELAY_DOMAINS };

#define NO_CLASS CAUSE_CLASS_COUNT

struct refusals_state {
	enum refusals_variant variant;
	struct counters *c;
	const struct refused *refused; /* RELAY_CLIENTS */
	struct tally t;                /* the others: (shape, stage) or (shape, domain of the recipient) */
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

static void *refusals_new(const struct panel_ops *ops, struct counters *c)
{
	struct refusals_state *s = xcalloc(1, sizeof *s);

	s->variant = (enum refusals_variant)ops->variant;
	s->c = c;
	if (s->variant == RELAY_CLIENTS) {
		s->refused = counters_counting(c, &counting_refused);
		return s;
	}
	tally_init(&s->t, REFUSED_VALUES, 0);
	s->t.other = tally_pair(SYM_OTHER, SYM_OTHER);
	counters_add_tally(c, &(struct named_tally){ .t = &s->t, .major = PART_SYMBOL,
						     .minor = s->variant == STAGES ? PART_SYMBOL : PART_DOMAIN, .weights = 1,
						     .merge = refused_merge });
	return s;
}

static void refusals_free(void *state)
{
	struct refusals_state *s = state;

	tally_done(&s->t);
	free(s);
}

static void stages_count(void *state, const struct counted_rejection *cr)
{
	struct refusals_state *s = state;

	refused_add(tally_row(&s->t, tally_pair(cr->failure.shape, cr->failure.stage)), cr->r);
}

static void domains_count(void *state, const struct counted_rejection *cr)
{
	struct refusals_state *s = state;
	struct name_key domain;

	name_key_fold(&domain, slice_domain(cr->r->recipient));
	refused_add(tally_row(&s->t, tally_pair(cr->failure.shape, names_get(&s->c->domains, &domain)->ref)), cr->r);
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

static void add_rows(const struct refusals_state *s, const struct tally *t, const struct tally *meanings, struct tally *sums)
{
	for (size_t i = 0; i < t->n; i++) {
		uint64_t key = tally_key(t, i);
		const int64_t *found = tally_find(meanings, s->variant == STAGES ? key : tally_major(key));
		uint32_t means = found ? (uint32_t)found[0] : s->variant == STAGES ? NO_CLASS : UINT32_MAX;

		if (means != UINT32_MAX)
			refused_merge(tally_row(sums, tally_pair(tally_minor(key), means)), tally_values(t, i));
	}
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
	if (s->variant == RELAY_CLIENTS) {
		for (int k = 0; k < REFUSED_KINDS; k++)
			add_rows(s, &s->refused->t[k], &meanings, sums);
	} else {
		add_rows(s, &s->t, &meanings, sums);
	}
	tally_done(&meanings);
}

static int order_sums(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	const struct refusals_state *s = ctx;
	uint64_t ka = tally_key(t, a), kb = tally_key(t, b);
	int64_t na = tally_values(t, a)[REFUSED_COUNT], nb = tally_values(t, b)[REFUSED_COUNT];
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
	row->cells[2] = cell_value(v[REFUSED_COUNT]);
	row->cells[3] = cell_value(v[REFUSED_COUNT] - v[REFUSED_TEMPORARY]);
	row->cells[4] = cell_value(v[REFUSED_TEMPORARY]);
	seen_cells(row->cells + 5, v + REFUSED_SEEN);
}

static void fill_relaying(struct refusals_state *s, struct panel_build *b, struct panel_row *row, uint64_t key, const int64_t *v,
			  struct strbuf *filter)
{
	const struct names *table = s->variant == RELAY_CLIENTS ? &s->c->clients : &s->c->domains;
	const struct name *name = names_at(table, tally_major(key));

	row->cells[0] = cell_text(build_name_of(table, name));
	row->cells[1] = cell_value(v[REFUSED_COUNT]);
	seen_cells(row->cells + 2, v + REFUSED_SEEN);
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

	tally_init(&sums, REFUSED_VALUES, 0);
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

#define REFUSALS_PANEL(name, panel_id, panel_title, panel_columns, panel_variant, count) \
	const struct panel_ops name = {                                           \
		.id = panel_id,                                                   \
		.title = panel_title,                                             \
		.columns = panel_columns,                                         \
		.n_columns = ARRAY_LEN(panel_columns),                            \
		.variant = panel_variant,                                         \
		.on_request = true,                                               \
		.new = refusals_new,                                              \
		.free = refusals_free,                                            \
		.on_rejection = count,                                            \
		.build = refusals_build,                                          \
	}

REFUSALS_PANEL(panel_rejection_stages, "rejection_stages", "Rejections by stage and class", STAGE_COLUMNS, STAGES,
	       stages_count);
REFUSALS_PANEL(panel_relaying, "relaying", "Attempts to relay through this server, by client", CLIENT_COLUMNS, RELAY_CLIENTS,
	       NULL);
REFUSALS_PANEL(panel_relaying_domains, "relaying_domains", "Attempts to relay through this server, by receiving domain",
	       DOMAIN_COLUMNS, RELAY_DOMAINS, domains_count);

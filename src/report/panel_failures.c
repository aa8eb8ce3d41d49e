/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_failures.c - deferrals, bounces and rejections by reason and by domain
 *
 * A reason is the shape of a reply: the same words about other people, hosts and ids are the same reason.
 * Each row of reasons carries the first such reply in full, and the part of it that the other side said.  The
 * domain is the recipient's; for rejections, where a stranger wanted something from us, the sender's.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/panels.h"
#include "report/reasons.h"

/* variant: enum failure_kind, or with FOR_DOMAINS in it */
#define FOR_DOMAINS 16

#define DOMAIN_LIMIT_ROWS ((size_t)1 << 16)
#define FILTER_DOMAINS    4 /* a reason that met more domains gets a filter without them */

/* the first counters of reasons and of domains are the same */
enum { COUNT = REASON_COUNT, OTHERS = REASON_OTHERS, BEST = REASON_BEST, VALUES };
_Static_assert(VALUES == 3, "the counters of domains");

struct failures_state {
	enum failure_kind kind;
	bool for_domains;
	struct counters *c;
	struct tally by_domain;
	struct tally *t;           /* reasons: (shape, stage); domains: by_domain */
	const struct tally *pairs; /* (shape, domain): how often */
	/* shapes and stages are symbols, domains are refs */
};

#define REASON_COLUMNS(unit)                                               \
	{ "count", "Count", COLUMN_COUNT, unit },                          \
	{ "domains", "Domains", COLUMN_COUNT, "domains", .spare = true },   \
	{ "top_domain", "Most for", COLUMN_TEXT, NULL },                   \
	{ "smtp_code", "Code", COLUMN_COUNT, NULL, .data_only = true },    \
	{ "reason", "Reason", COLUMN_TEXT, NULL, .data_only = true },      \
	{ "sample", "Sample", COLUMN_TEXT, NULL, .data_only = true },      \
	CAUSE_COLUMNS,                                                     \
	{ "reply", "Reply, for example", COLUMN_TEXT, NULL }
#define DOMAIN_COLUMNS(unit)                                               \
	{ "domain", "Domain", COLUMN_TEXT, NULL },                         \
	{ "count", "Count", COLUMN_COUNT, unit },                          \
	{ "reasons", "Reasons", COLUMN_COUNT, "reasons", .spare = true },   \
	CAUSE_COLUMNS,                                                     \
	{ "top_reason", "Most often", COLUMN_TEXT, NULL }

static const struct panel_column DEFERRAL_REASONS[] = { REASON_COLUMNS("attempts") };
static const struct panel_column BOUNCE_REASONS[] = { REASON_COLUMNS("recipients") };
static const struct panel_column REJECTION_REASONS[] = {
	{ "stage", "Stage", COLUMN_TEXT, NULL },
	REASON_COLUMNS("refusals"),
};
static const struct panel_column DEFERRAL_DOMAINS[] = { DOMAIN_COLUMNS("attempts") };
static const struct panel_column BOUNCE_DOMAINS[] = { DOMAIN_COLUMNS("recipients") };
static const struct panel_column REJECTION_DOMAINS[] = { DOMAIN_COLUMNS("refusals") };

/* what stands behind COUNT is of one reason, or found when the panel is built */
static void failures_merge(int64_t *into, const int64_t *from)
{
	into[COUNT] += from[COUNT];
}

static void add_domains(struct counters *c, struct tally *t)
{
	counters_add_tally(c, &(struct named_tally){
				      .t = t,
				      .minor = PART_DOMAIN,
				      .weights = 1,
				      .merge = failures_merge,
			      });
}

static void *failures_new(const struct panel_ops *ops, struct counters *c)
{
	struct failures_state *s = xcalloc(1, sizeof *s);

	s->kind = (enum failure_kind)(ops->variant & ~FOR_DOMAINS);
	s->for_domains = ops->variant & FOR_DOMAINS;
	s->c = c;
	tally_init(&s->by_domain, VALUES, DOMAIN_LIMIT_ROWS);
	s->t = s->for_domains ? &s->by_domain : &c->reasons[s->kind];
	s->pairs = &c->pairs[s->kind];
	if (s->for_domains)
		add_domains(c, &s->by_domain);
	return s;
}

static void failures_free(void *state)
{
	struct failures_state *s = state;

	tally_done(&s->by_domain);
	free(s);
}

/* reasons are counted by reasons_count() */
static void count_domain(void *state, const struct counted_failure *f)
{
	struct failures_state *s = state;

	if (s->for_domains)
		tally_row(&s->by_domain, f->domain->ref)[COUNT] += f->count;
}

static int order_domains(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	const struct counters *counters = ctx;
	int c = order_values(t, a, b);

	return c ? c : order_refs(&counters->domains, (uint32_t)tally_key(t, a), (uint32_t)tally_key(t, b));
}

/* of the other sides of two pairs */
static int order_others(const struct failures_state *s, uint32_t a, uint32_t b)
{
	return s->for_domains ? order_names(&s->c->names, a, b) : order_refs(&s->c->domains, a, b);
}

/* For each row: how many different others it met, and which one most often (the first by name on a tie). */
static void sum_pairs(struct failures_state *s)
{
	struct tally firsts;

	tally_init(&firsts, 3, 0); /* by shape (or domain): others, best, count of best */
	for (size_t i = 0; i < s->pairs->n; i++) {
		uint64_t key = tally_key(s->pairs, i);
		uint32_t other = s->for_domains ? tally_major(key) : tally_minor(key);
		int64_t n = tally_values(s->pairs, i)[0];
		int64_t *v = tally_row(&firsts, s->for_domains ? tally_minor(key) : tally_major(key));

		v[0]++;
		if (n < v[2] || (n == v[2] && order_others(s, other, (uint32_t)v[1]) > 0))
			continue;
		v[1] = other;
		v[2] = n;
	}
	for (size_t i = 0; i < s->t->n; i++) {
		uint64_t key = tally_key(s->t, i);
		const int64_t *from = tally_find(&firsts, s->for_domains ? (sym_t)key : tally_major(key));
		int64_t *v = tally_values(s->t, i);

		/* none: the pairs were folded */
		v[OTHERS] = from ? from[0] : PANEL_NULL;
		v[BEST] = from ? from[1] : SYM_OTHER;
	}
	tally_done(&firsts);
}

static void filter_status(struct failures_state *s, struct panel_build *b, struct strbuf *filter)
{
	if (s->kind == FAILURE_BOUNCE) {
		build_filter(b, filter, "--status", SLICE("bounced"));
		build_filter(b, filter, "--status", SLICE("expired"));
	} else if (s->kind == FAILURE_REJECTION) {
		build_filter(b, filter, "--status", SLICE("rejected"));
	}
}

static struct slice domain_value(struct failures_state *s, struct panel_build *b, uint32_t domain)
{
	return build_address_value(b, &s->c->domains, names_at(&s->c->domains, domain));
}

/* The domains that a reason met, if they are few and all known: then trace shows little else. */
static void filter_domains(struct failures_state *s, struct panel_build *b, sym_t shape,
			   struct strbuf *filter)
{
	const char *option = s->kind == FAILURE_REJECTION ? "--sender" : "--recipient";
	uint32_t domains[FILTER_DOMAINS];
	size_t n = 0;

	if (tally_find(s->pairs, s->pairs->other)) /* some were folded */
		return;
	for (size_t i = 0; i < s->pairs->n; i++) {
		uint64_t key = tally_key(s->pairs, i);

		if (tally_major(key) != shape)
			continue;
		if (n == FILTER_DOMAINS || tally_minor(key) <= NAME_OTHER)
			return;
		domains[n++] = tally_minor(key);
	}
	for (size_t i = 0; i < n; i++)
		build_filter(b, filter, option, domain_value(s, b, domains[i]));
}

static struct slice domain_name(const struct failures_state *s, uint32_t domain)
{
	return build_name_of(&s->c->domains, names_at(&s->c->domains, domain));
}

static struct slice reason_name(struct panel_build *b, sym_t shape)
{
	return shape ? build_name(b, shape) : SLICE("(no reason told)");
}

static void fill_reason(struct failures_state *s, struct panel_build *b, struct panel_row *row, size_t i)
{
	const int64_t *v = tally_values(s->t, i);
	uint64_t key = tally_key(s->t, i);
	bool other = tally_major(key) == SYM_OTHER; /* of many reasons */
	struct slice sample = intern_name(&s->c->names, other ? SYM_OTHER : (sym_t)v[REASON_SAMPLE]);
	struct panel_cell *c = row->cells;
	struct cause cause;

	if (s->kind == FAILURE_REJECTION)
		*c++ = cell_text(intern_name(&s->c->names, tally_minor(key)));
	*c++ = cell_value(v[COUNT]);
	*c++ = cell_value(v[OTHERS]);
	*c++ = cell_text(domain_name(s, (uint32_t)v[BEST]));
	*c++ = cell_value(v[REASON_CODE] > 0 && !other ? v[REASON_CODE] : PANEL_NULL);
	*c++ = cell_text(reason_name(b, tally_major(key)));
	*c++ = cell_text(sample);
	build_cause(b, c, reason_cause(s->c, s->kind, i, &cause) ? &cause : NULL);
	c += CAUSE_COLUMNS_N;
	*c = cell_text(sample.p ? reply_core(sample) : SLICE("(no reason told)"));
}

/* the cause of a domain's most frequent reason */
static void most_often(const struct failures_state *s, struct panel_build *b, struct panel_cell *cells, sym_t shape)
{
	size_t row = reason_row(s->c, s->kind, shape);
	struct cause cause;

	build_cause(b, cells, row != SIZE_MAX && reason_cause(s->c, s->kind, row, &cause) ? &cause : NULL);
}

static void failures_build(void *state, struct panel_build *b)
{
	struct failures_state *s = state;
	struct strbuf filter = { 0 };
	size_t *top;

	sum_pairs(s);
	top = build_top(b, s->t, s->for_domains ? order_domains : order_by_values);
	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		const int64_t *v = tally_values(s->t, top[i]);
		uint64_t key = tally_key(s->t, top[i]);
		uint32_t domain = (uint32_t)key;

		if ((s->for_domains ? domain : tally_major(key)) != SYM_OTHER)
			filter_status(s, b, &filter);
		if (!s->for_domains) {
			fill_reason(s, b, row, top[i]);
			if (tally_major(key) != SYM_OTHER)
				filter_domains(s, b, tally_major(key), &filter);
		} else {
			row->cells[0] = cell_text(domain_name(s, domain));
			row->cells[1] = cell_value(v[COUNT]);
			row->cells[2] = cell_value(v[OTHERS]);
			most_often(s, b, row->cells + 3, (sym_t)v[BEST]);
			row->cells[3 + CAUSE_COLUMNS_N] = cell_text(reason_name(b, (sym_t)v[BEST]));
			if (domain > NAME_OTHER)
				build_filter(b, &filter,
					     s->kind == FAILURE_REJECTION ? "--sender" : "--recipient",
					     domain_value(s, b, domain));
		}
		build_filter_end(b, row, &filter);
	}
	strbuf_done(&filter);
}

#define FAILURES_PANEL(name, panel_id, panel_title, panel_columns, panel_variant) \
	const struct panel_ops name = {                                           \
		.id = panel_id,                                                   \
		.title = panel_title,                                             \
		.columns = panel_columns,                                         \
		.n_columns = ARRAY_LEN(panel_columns),                            \
		.variant = panel_variant,                                         \
		.on_request = (panel_variant) != FAILURE_REJECTION,               \
		.failures = (panel_variant) & FOR_DOMAINS ? 1U << ((panel_variant) & ~FOR_DOMAINS) : 0, \
		.new = failures_new,                                              \
		.free = failures_free,                                            \
		.on_failure = count_domain,                                       \
		.build = failures_build,                                          \
	}

FAILURES_PANEL(panel_deferral_replies, "deferral_replies", "Deferrals by reply", DEFERRAL_REASONS,
	       FAILURE_DEFERRAL);
FAILURES_PANEL(panel_deferral_domains, "deferral_domains", "Deferrals by receiving domain", DEFERRAL_DOMAINS,
	       FAILURE_DEFERRAL | FOR_DOMAINS);
FAILURES_PANEL(panel_bounce_replies, "bounce_replies", "Bounces by reply", BOUNCE_REASONS, FAILURE_BOUNCE);
FAILURES_PANEL(panel_bounce_domains, "bounce_domains", "Bounces by receiving domain", BOUNCE_DOMAINS,
	       FAILURE_BOUNCE | FOR_DOMAINS);
FAILURES_PANEL(panel_rejection_replies, "rejection_replies", "Rejections by reason", REJECTION_REASONS,
	       FAILURE_REJECTION);
FAILURES_PANEL(panel_rejection_domains, "rejection_domains", "Rejections by sending domain",
	       REJECTION_DOMAINS, FAILURE_REJECTION | FOR_DOMAINS);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_bounces.c - dead addresses, passing troubles and refusals: the recipients that bounced or expired, by kind
 *
 * Those who send to lists tell three kinds apart, since each asks for something else: hard (the address does not exist: never
 * send there again), soft (full, or not reachable for long: may work later), blocked (the other side does not want this mail, this server or
 * this sender).  The kind is that of the cause, found once per distinct reply; what was given up after temporary failures is soft
 * unless the words say that it was blocked.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/panels.h"
#include "report/reasons.h"
#include "report/top.h"

enum bounces_variant { BY_KIND, BY_SENDER_DOMAIN, BY_ACCOUNT };

enum bounce_kind { BOUNCE_HARD, BOUNCE_SOFT, BOUNCE_BLOCKED, BOUNCE_OTHER, BOUNCE_KIND_COUNT };

static const char *const KIND_NAMES[BOUNCE_KIND_COUNT] = {
	[BOUNCE_HARD] = "hard",
	[BOUNCE_SOFT] = "soft",
	[BOUNCE_BLOCKED] = "blocked",
	[BOUNCE_OTHER] = "other",
};

/* of a failure for good; of one that was given up, what is hard or other here is soft */
static const enum bounce_kind KIND_OF[CAUSE_CLASS_COUNT] = {
	[CLASS_HARD] = BOUNCE_HARD,         [CLASS_DNS] = BOUNCE_HARD,           [CLASS_SOFT] = BOUNCE_SOFT,
	[CLASS_QUOTA] = BOUNCE_SOFT,        [CLASS_NETWORK] = BOUNCE_SOFT,       [CLASS_GREYLIST] = BOUNCE_SOFT,
	[CLASS_RATE] = BOUNCE_SOFT,         [CLASS_POLICY] = BOUNCE_BLOCKED,     [CLASS_REPUTATION] = BOUNCE_BLOCKED,
	[CLASS_AUTH] = BOUNCE_BLOCKED,      [CLASS_CONTENT] = BOUNCE_BLOCKED,    [CLASS_SECURITY] = BOUNCE_BLOCKED,
	[CLASS_TLS] = BOUNCE_OTHER,         [CLASS_CONFIG] = BOUNCE_OTHER,       [CLASS_LOOP] = BOUNCE_OTHER,
	[CLASS_PROTOCOL] = BOUNCE_OTHER,
};

#define PAIRS_MAX ((size_t)1 << 18)

/* recipients of a domain or account */
struct sent_counts {
	NAME_COUNTS(delivered); /* all */
};

struct bounces_state {
	enum bounces_variant variant;
	struct counters *c;
	struct tally expired;   /* BY_KIND: (shape, expired or not) */
	struct tally pairs;     /* the others: (shape, sender's domain or account): bounced, expired */
	struct names_list sent; /* of domains or accounts: struct sent_counts */
};

static const struct panel_column KIND_COLUMNS[] = {
	{ "kind", "Kind", COLUMN_TEXT, NULL },
	{ "class", "Class", COLUMN_TEXT, NULL },
	{ "recipients", "Recipients", COLUMN_COUNT, "recipients", .bar = true, .tone = TONE_BAD },
	{ "share", "Share", COLUMN_PERCENT, "percent" },
	{ "expired", "Given up", COLUMN_COUNT, "recipients" },
};

#define SENDER_COLUMNS                                                              \
	{ "recipients", "Recipients", COLUMN_COUNT, "recipients" },                 \
	{ "bounced", "Bounced", COLUMN_COUNT, "recipients", .tone = TONE_BAD },     \
	{ "share", "Share", COLUMN_PERCENT, "percent" },                            \
	{ "hard", "Hard", COLUMN_COUNT, "recipients" },                             \
	{ "soft", "Soft", COLUMN_COUNT, "recipients" },                             \
	{ "blocked", "Blocked", COLUMN_COUNT, "recipients" },                       \
	{ "other", "Other", COLUMN_COUNT, "recipients", .spare = true }

static const struct panel_column DOMAIN_COLUMNS[] = {
	{ "domain", "Sending domain", COLUMN_TEXT, NULL },
	SENDER_COLUMNS,
};
static const struct panel_column ACCOUNT_COLUMNS[] = {
	{ "account", "Account", COLUMN_TEXT, NULL },
	SENDER_COLUMNS,
};

enum { EXPIRED_NOT, EXPIRED };

static uint64_t sent_weight(const void *counts)
{
	return ((const struct sent_counts *)counts)->count;
}

static void sent_merge(void *into, const void *from)
{
	struct sent_counts *v = into;
	const struct sent_counts *w = from;

	count_add(&v->count, w->count);
	v->delivered += w->delivered;
}

static const struct names_list_ops SENT_LIST = {
	.bytes = sizeof(struct sent_counts),
	.weight = sent_weight,
	.merge = sent_merge,
};

static void *bounces_new(const struct panel_ops *ops, struct counters *c)
{
	struct bounces_state *s = xcalloc(1, sizeof *s);
	enum key_part who = ops->variant == BY_ACCOUNT ? PART_USER : PART_DOMAIN;

	s->variant = (enum bounces_variant)ops->variant;
	s->c = c;
	tally_init(&s->expired, 1, PAIRS_MAX);
	tally_init(&s->pairs, 2, PAIRS_MAX);
	s->expired.other_by_minor = true;
	s->pairs.other = tally_pair(SYM_OTHER, NAME_OTHER);
	if (s->variant == BY_KIND) {
		counters_add_tally(c, &(struct named_tally){ .t = &s->expired, .major = PART_SYMBOL, .weights = 1 });
		return s;
	}
	counters_add_tally(c, &(struct named_tally){ .t = &s->pairs, .major = PART_SYMBOL, .minor = who, .weights = 2 });
	s->sent = names_add_list(s->variant == BY_ACCOUNT ? &c->users : &c->domains, &SENT_LIST);
	return s;
}

static void bounces_free(void *state)
{
	struct bounces_state *s = state;

	tally_done(&s->expired);
	tally_done(&s->pairs);
	free(s);
}

static void kinds_failure(void *state, const struct counted_failure *f)
{
	struct bounces_state *s = state;

	tally_row(&s->expired, tally_pair(f->shape, f->temporary ? EXPIRED : EXPIRED_NOT))[0] += f->count;
}

static void senders_message(void *state, const struct counted_message *cm)
{
	struct bounces_state *s = state;
	struct name *who = s->variant == BY_ACCOUNT ? cm->user : cm->sender_domain;
	struct sent_counts *v;

	if (!who || !(cm->destinations || cm->n_failures))
		return;
	v = names_count(&s->sent, who);
	count_add(&v->count, cm->destinations);
	v->delivered += cm->delivered;
	for (size_t i = 0; i < cm->n_failures; i++) {
		const struct counted_failure *f = &cm->failures[i];

		if (f->kind == FAILURE_BOUNCE)
			tally_row(&s->pairs, tally_pair(f->shape, who->ref))[f->temporary] += f->count;
	}
}

/* how bounces with these words count; *ret_class: CAUSE_CLASS_COUNT if there is no cause */
static enum bounce_kind kind_of(const struct counters *c, sym_t shape, bool expired, enum cause_class *ret_class)
{
	size_t row = reason_row(c, FAILURE_BOUNCE, shape);
	struct cause cause;
	enum bounce_kind kind;

	*ret_class = CAUSE_CLASS_COUNT;
	if (row == SIZE_MAX || !reason_cause(c, FAILURE_BOUNCE, row, &cause))
		return expired ? BOUNCE_SOFT : BOUNCE_OTHER;
	*ret_class = cause.class;
	kind = KIND_OF[cause.class];
	return expired && kind != BOUNCE_BLOCKED ? BOUNCE_SOFT : kind;
}

/* --- by kind ------------------------------------------------------------------------------------------ */

/* of one kind and class */
struct kind_row {
	int64_t recipients, expired;
};

#define CLASSES (CAUSE_CLASS_COUNT + 1) /* one for those without a cause */

/* kinds in their order, in each the classes that occurred most */
static int order_kinds(const void *ctx, size_t a, size_t b)
{
	const struct kind_row *rows = ctx;

	if (a / CLASSES != b / CLASSES)
		return a / CLASSES < b / CLASSES ? -1 : 1;
	if (rows[a].recipients != rows[b].recipients)
		return rows[a].recipients > rows[b].recipients ? -1 : 1;
	return a < b ? -1 : a > b;
}

static void kinds_build(void *state, struct panel_build *b)
{
	const struct bounces_state *s = state;
	struct kind_row *rows = arena_alloc(b->arena, sizeof *rows * BOUNCE_KIND_COUNT * CLASSES);
	int64_t all = 0;
	struct top top;

	for (size_t i = 0; i < s->expired.n; i++) {
		uint64_t key = tally_key(&s->expired, i);
		bool expired = tally_minor(key) == EXPIRED;
		enum cause_class class;
		enum bounce_kind kind = kind_of(s->c, tally_major(key), expired, &class);
		struct kind_row *row = &rows[(size_t)kind * CLASSES + class];
		int64_t n = tally_values(&s->expired, i)[0];

		row->recipients += n;
		row->expired += expired ? n : 0;
		all += n;
	}
	top_init(&top, b->limit, BOUNCE_KIND_COUNT * CLASSES, b->arena, order_kinds, rows);
	for (size_t i = 0; i < BOUNCE_KIND_COUNT * CLASSES; i++)
		if (rows[i].recipients)
			top_add(&top, i);
	top_end(&top);
	build_rows(b, top.n);
	b->panel->more = top.seen - top.n;
	for (size_t i = 0; i < top.n; i++) {
		struct panel_cell *cells = b->panel->rows[i].cells;
		size_t class = top.items[i] % CLASSES;

		cells[0] = cell_text(slice_str(KIND_NAMES[top.items[i] / CLASSES]));
		cells[1] = cell_text(class < CAUSE_CLASS_COUNT ? slice_str(cause_class_name((enum cause_class)class)) :
								 SLICE("(other)"));
		cells[2] = cell_value(rows[top.items[i]].recipients);
		cells[3] = cell_value(share_of(rows[top.items[i]].recipients, all));
		cells[4] = cell_value(rows[top.items[i]].expired);
	}
}

/* --- by sender ---------------------------------------------------------------------------------------- */

/* rows of `kinds`: by the ref of the domain or account, its bounces and their kinds */
enum { BOUNCED, KINDS, KIND_VALUES = KINDS + BOUNCE_KIND_COUNT };

static const struct names *whose(const struct bounces_state *s)
{
	return s->variant == BY_ACCOUNT ? &s->c->users : &s->c->domains;
}

static int order_senders(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	const struct bounces_state *s = ctx;
	int64_t x = tally_values(t, a)[BOUNCED], y = tally_values(t, b)[BOUNCED];

	if (x != y)
		return x > y ? -1 : 1;
	return order_refs(whose(s), tally_minor(tally_key(t, a)), tally_minor(tally_key(t, b)));
}

static void gather_kinds(const struct bounces_state *s, struct tally *kinds)
{
	for (size_t i = 0; i < s->pairs.n; i++) {
		uint64_t key = tally_key(&s->pairs, i);
		int64_t *v = tally_row(kinds, tally_minor(key));

		for (int expired = 0; expired < 2; expired++) {
			enum cause_class class;
			int64_t n = tally_values(&s->pairs, i)[expired];

			if (!n)
				continue;
			v[BOUNCED] += n;
			v[KINDS + kind_of(s->c, tally_major(key), expired, &class)] += n;
		}
	}
}

static void fill_sender(const struct bounces_state *s, struct panel_build *b, struct panel_row *row, uint32_t ref,
			const int64_t *v, struct strbuf *filter)
{
	const struct name *name = names_at(whose(s), ref);
	const struct sent_counts *sent = names_is_counted(&s->sent, name) ? names_counts(&s->sent, name) : NULL;

	row->cells[0] = cell_text(build_name_of(whose(s), name));
	row->cells[1] = cell_value(sent ? sent->count : PANEL_NULL);
	row->cells[2] = cell_value(v[BOUNCED]);
	row->cells[3] = cell_value(sent ? share_of(v[BOUNCED], sent->delivered + v[BOUNCED]) : PANEL_NULL);
	for (int k = 0; k < BOUNCE_KIND_COUNT; k++)
		row->cells[4 + k] = cell_value(v[KINDS + k]);
	if (ref > NAME_OTHER)
		build_filter(b, filter, s->variant == BY_ACCOUNT ? "--user" : "--sender",
			     build_address_value(b, whose(s), name));
	build_filter_end(b, row, filter);
}

static void senders_build(void *state, struct panel_build *b)
{
	const struct bounces_state *s = state;
	struct strbuf filter = { 0 };
	struct tally kinds;
	size_t n, *top;

	tally_init(&kinds, KIND_VALUES, SIZE_MAX);
	gather_kinds(s, &kinds);
	top = tally_top(&kinds, b->limit, order_senders, s, b->arena, &n);
	build_rows(b, n);
	b->panel->more = kinds.n - n;
	for (size_t i = 0; i < n; i++)
		fill_sender(s, b, &b->panel->rows[i], tally_minor(tally_key(&kinds, top[i])), tally_values(&kinds, top[i]),
			    &filter);
	tally_done(&kinds);
	strbuf_done(&filter);
}

const struct panel_ops panel_bounces = {
	.id = "bounces",
	.title = "Hard and soft bounces",
	.on_request = true,
	.columns = KIND_COLUMNS,
	.n_columns = ARRAY_LEN(KIND_COLUMNS),
	.failures = 1U << FAILURE_BOUNCE,
	.variant = BY_KIND,
	.new = bounces_new,
	.free = bounces_free,
	.on_failure = kinds_failure,
	.build = kinds_build,
};

const struct panel_ops panel_bounce_senders = {
	.id = "bounce_senders",
	.title = "Bounces by sending domain",
	.on_request = true,
	.columns = DOMAIN_COLUMNS,
	.n_columns = ARRAY_LEN(DOMAIN_COLUMNS),
	.variant = BY_SENDER_DOMAIN,
	.names = WANT_SENDER_DOMAIN,
	.new = bounces_new,
	.free = bounces_free,
	.on_message = senders_message,
	.build = senders_build,
};

const struct panel_ops panel_bounce_accounts = {
	.id = "bounce_accounts",
	.title = "Bounces by account",
	.on_request = true,
	.columns = ACCOUNT_COLUMNS,
	.n_columns = ARRAY_LEN(ACCOUNT_COLUMNS),
	.variant = BY_ACCOUNT,
	.new = bounces_new,
	.free = bounces_free,
	.on_message = senders_message,
	.build = senders_build,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * problems.c - what is wrong, picked from the panels of a report
 *
 * A problem is what somebody here should look at: not that mail bounces (it always does), but that the reason lies with
 * this server, or that it is more than usual.  What strangers cause by themselves is no problem; `threats` has those.
 */
#include "report/problems.h"

#include "base/attr.h"
#include "base/strbuf.h"
#include "fact/provider.h"

#define OWN_BOUNCES        3   /* for a reason of ours; one mail alone happens */
#define OWN_DEFERRALS      20
#define REPUTATION_BOUNCES 1
#define REPUTATION_TRIES   10
#define ACCOUNT_BOUNCES    20
#define ACCOUNT_SHARE      5   /* and more than one in so many recipients */
#define STRANGE_LINES_MIN  50
#define STRANGE_SHARE      20  /* more than one line in so many */
#define SETTLED_MIN        20

enum severity_word { IS_ERROR, IS_WARNING };

/* a row of a panel under a rule's eye */
struct look {
	const struct panel *p;
	const struct panel_row *row;
};

struct problem_rule {
	const char *id;    /* JSON */
	const char *panel;
	enum severity_word severity;
	const char *title; /* TR_KEY() */
	bool (*is)(const struct look *l);
	/* columns of the panel that say where, how often, how; where2, detail: or NULL */
	const char *where, *where2, *count, *detail;
};

static size_t column_of(const struct panel *p, const char *id)
{
	size_t k = 0;

	while (k < p->n_columns && !slice_eq(slice_str(p->columns[k].id), slice_str(id)))
		k++;
	return k;
}

static struct panel_cell cell_of(const struct look *l, const char *id)
{
	size_t k = id ? column_of(l->p, id) : l->p->n_columns;

	return k < l->p->n_columns ? l->row->cells[k] : (struct panel_cell){ .value = PANEL_NULL };
}

static struct slice text_of(const struct look *l, const char *id)
{
	return cell_of(l, id).text;
}

/* 0 for null */
static int64_t value_of(const struct look *l, const char *id)
{
	size_t k = column_of(l->p, id);
	int64_t v = k < l->p->n_columns ? l->row->cells[k].value : 0;

	return v == PANEL_NULL ? 0 : v;
}

static bool is_one_of(struct slice s, const char *const *words)
{
	for (; *words; words++)
		if (slice_eq(s, slice_str(*words)))
			return true;
	return false;
}

/* --- the rules ---------------------------------------------------------------------------------------- */

/* what clients and other servers cause, whatever word the program has for it */
static const char *const OF_OTHERS[] = { "connection", "remote", "protocol", "session", "acl", NULL };
/* warnings that do not go away by themselves */
static const char *const STAYS[] = { "disk", "spool", "permission", "lookup", "clock", "logging", "process", "panic", NULL };

static bool is_fatal(const struct look *l)
{
	struct slice severity = text_of(l, "severity");

	return slice_is(severity, "panic") || slice_is(severity, "fatal") ||
	       (slice_is(severity, "error") && !is_one_of(text_of(l, "category"), OF_OTHERS));
}

static bool is_certificate(const struct look *l)
{
	return !is_fatal(l) && slice_is(text_of(l, "category"), "tls") && slice_contains_fold(text_of(l, "sample"), SLICE("certificate"));
}

static bool is_lasting(const struct look *l)
{
	return !is_fatal(l) && is_one_of(text_of(l, "category"), STAYS);
}

static bool is_reputation(const struct look *l)
{
	return slice_is(text_of(l, "side"), "us-reputation") &&
	       (value_of(l, "recipients") >= REPUTATION_BOUNCES || value_of(l, "deferrals") >= REPUTATION_TRIES);
}

static bool is_own_cause(const struct look *l)
{
	struct slice side = text_of(l, "side");

	return slice_starts(side, "us-") && !slice_is(side, "us-reputation") &&
	       (value_of(l, "recipients") >= OWN_BOUNCES || value_of(l, "deferrals") >= OWN_DEFERRALS);
}

static enum cell_mark mark_of(const struct look *l, const char *id)
{
	size_t k = column_of(l->p, id);

	return k < l->p->n_columns ? l->row->cells[k].mark : MARK_NONE;
}

/* earlier days were told of when they were the last */
static bool is_last(const struct look *l)
{
	return l->row == &l->p->rows[l->p->n_rows - 1];
}

/* the panel itself says what is unusual */
static bool is_less_delivered(const struct look *l)
{
	return is_last(l) && mark_of(l, "delivered") == MARK_BAD;
}

static bool is_less_mail(const struct look *l)
{
	return is_last(l) && mark_of(l, "mails") != MARK_NONE && value_of(l, "mails") < value_of(l, "usual_mails");
}

static bool is_bad_provider(const struct look *l)
{
	return mark_of(l, "success") == MARK_BAD && value_of(l, "recipients") >= SETTLED_MIN &&
	       !slice_eq(text_of(l, "provider"), slice_str(provider_name(PROVIDER_NONE)));
}

static bool bounces_much(const struct look *l)
{
	int64_t bounced = value_of(l, "bounced");

	return bounced >= ACCOUNT_BOUNCES && bounced * ACCOUNT_SHARE > value_of(l, "delivered") + bounced;
}

static bool is_strange(const struct look *l)
{
	int64_t strange = value_of(l, "other") + value_of(l, "malformed");

	return strange >= STRANGE_LINES_MIN && strange * STRANGE_SHARE > value_of(l, "lines");
}

/* in the order in which they are shown; errors stand before warnings */
static const struct problem_rule RULES[] = {
	{ "program-error", "health", IS_ERROR, TR_KEY("report.problem.program-error", "a mail program fails"), is_fatal,
	  .where = "program", .where2 = "category", .count = "count", .detail = "sample" },
	{ "reputation", "causes", IS_ERROR, TR_KEY("report.problem.reputation", "this server has a bad name elsewhere"), is_reputation,
	  .where = "top_domain", .count = "recipients", .detail = "advice" },
	{ "success", "success", IS_ERROR, TR_KEY("report.problem.success", "less mail is delivered than usual"), is_less_delivered,
	  .where = "day", .count = "settled", .detail = "unusual" },
	{ "little-mail", "success", IS_WARNING, TR_KEY("report.problem.little-mail", "there is less mail than usual"), is_less_mail,
	  .where = "day", .count = "mails", .detail = "compared_with" },
	{ "own-cause", "causes", IS_WARNING, TR_KEY("report.problem.own-cause", "mail fails for a reason on this side"), is_own_cause,
	  .where = "top_domain", .count = "recipients", .detail = "advice" },
	{ "provider", "providers", IS_WARNING, TR_KEY("report.problem.provider", "a provider refuses much of our mail"), is_bad_provider,
	  .where = "provider", .count = "bounced", .detail = "cause" },
	{ "account-bounces", "accounts", IS_WARNING, TR_KEY("report.problem.account-bounces", "much of an account's mail bounces"), bounces_much,
	  .where = "account", .count = "bounced" },
	{ "certificate", "health", IS_WARNING, TR_KEY("report.problem.certificate", "a certificate is not in order"), is_certificate,
	  .where = "program", .count = "count", .detail = "sample" },
	{ "program-warning", "health", IS_WARNING, TR_KEY("report.problem.program-warning", "a mail program warns"), is_lasting,
	  .where = "program", .where2 = "category", .count = "count", .detail = "sample" },
	{ "not-understood", "understood", IS_WARNING, TR_KEY("report.problem.not-understood", "many lines are not understood"), is_strange,
	  .where = "program", .count = "other" },
};

const char *const *problems_panels(void)
{
	static const char *const NAMES[] = { "causes", "success", "providers", "accounts", "health", "understood", NULL };

	return NAMES;
}

/* --- the panel ---------------------------------------------------------------------------------------- */

enum { SEVERITY, ID, TITLE, WHERE, COUNT, PANEL, DETAIL, COLUMNS_N };

static const struct panel_column COLUMNS[COLUMNS_N] = {
	[SEVERITY] = { "severity", "Severity", COLUMN_TEXT, NULL },
	[ID] = { "problem_id", "Problem id", COLUMN_TEXT, NULL, .data_only = true },
	[TITLE] = { "problem", "What is wrong", COLUMN_TEXT, NULL },
	[WHERE] = { "where", "Where", COLUMN_TEXT, NULL },
	[COUNT] = { "count", "Count", COLUMN_COUNT, NULL },
	[PANEL] = { "panel", "Panel", COLUMN_TEXT, NULL, .data_only = true },
	[DETAIL] = { "detail", "More", COLUMN_TEXT, NULL, .below = true },
};

struct build {
	struct arena *arena;
	const struct problems_input *in;
	struct panel *panel;
	size_t cap;
};

/* A new row, or NULL if there are enough; all its texts are to be set. */
static struct panel_row *add_row(struct build *b, enum severity_word severity, const char *id, const char *title)
{
	struct panel *p = b->panel;
	struct panel_row *row;
	struct panel_cell *c;

	if (b->in->limit && p->n_rows == b->in->limit) {
		p->more++;
		return NULL;
	}
	if (p->n_rows == b->cap) {
		struct panel_row *old = p->rows;

		b->cap = b->cap ? b->cap * 2 : 16;
		p->rows = arena_alloc(b->arena, b->cap * sizeof *p->rows);
		if (old)
			memcpy(p->rows, old, p->n_rows * sizeof *old);
	}
	row = &p->rows[p->n_rows++];
	row->filter = SLICE_NONE;
	row->cells = c = arena_alloc(b->arena, COLUMNS_N * sizeof *c);
	c[SEVERITY].text = severity == IS_ERROR ? SLICE("error") : SLICE("warning");
	c[SEVERITY].mark = severity == IS_ERROR ? MARK_BAD : MARK_NOTICE;
	c[ID].text = slice_str(id);
	c[TITLE].text = slice_str(tr_in(b->in->language, title));
	c[COUNT].value = 1;
	return row;
}

/* "postfix/smtpd, disk" */
static struct slice where_of(struct build *b, const struct problem_rule *rule, const struct look *l)
{
	struct slice first = text_of(l, rule->where), second = text_of(l, rule->where2), ret;
	struct strbuf sb = { 0 };

	if (!first.n || !second.n)
		return first.n ? first : second;
	strbuf_add(&sb, first);
	strbuf_add(&sb, SLICE(", "));
	strbuf_add(&sb, second);
	ret = arena_copy(b->arena, strbuf_slice(&sb));
	strbuf_done(&sb);
	return ret;
}

static void add_problem(struct build *b, const struct problem_rule *rule, const struct look *l)
{
	struct panel_row *row = add_row(b, rule->severity, rule->id, rule->title);
	struct panel_cell *c;

	if (!row)
		return;
	c = row->cells;
	c[WHERE].text = where_of(b, rule, l);
	c[COUNT].value = value_of(l, rule->count);
	c[PANEL].text = slice_str(rule->panel);
	c[DETAIL] = cell_of(l, rule->detail);
	row->filter = l->row->filter;
}

static void add_of_rule(struct build *b, const struct problem_rule *rule)
{
	for (size_t i = 0; i < b->in->n_panels; i++) {
		const struct panel *p = &b->in->panels[i];

		if (!slice_eq(slice_str(p->id), slice_str(rule->panel)))
			continue;
		for (size_t k = 0; k < p->n_rows; k++) {
			struct look l = { p, &p->rows[k] };

			if (rule->is(&l))
				add_problem(b, rule, &l);
		}
	}
}

/* what keeps everything else from being seen */
static void add_of_reading(struct build *b)
{
	for (size_t i = 0; i < b->in->n_sources; i++) {
		struct panel_row *row =
			add_row(b, IS_ERROR, "not-read", TR_KEY("report.problem.not-read", "a log could not be read to its end"));

		if (!row)
			continue;
		row->cells[WHERE].text = b->in->sources[i].name;
		row->cells[DETAIL].text = b->in->sources[i].reason;
	}
	if (b->in->no_mail)
		(void)add_row(b, IS_ERROR, "no-mail", TR_KEY("report.problem.no-mail", "no mail program wrote anything in this time"));
}

struct panel problems_panel(struct arena *a, const struct problems_input *in)
{
	struct panel p = {
		.id = "problems",
		.title = "What is wrong",
		.columns = COLUMNS,
		.n_columns = COLUMNS_N,
	};
	struct build b = { a, in, &p, 0 };

	add_of_reading(&b);
	for (size_t i = 0; i < ARRAY_LEN(RULES); i++)
		add_of_rule(&b, &RULES[i]);
	return p;
}

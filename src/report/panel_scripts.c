/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_scripts.c - what on this server sends: by directory and local user
 *
 * Counts mail that a command handed in, not what came over SMTP.  The directory is told by Exim only, the user by all
 * mail servers: by name, or by number (Postfix).  A script of a web site without an account of its own runs as the web
 * server.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/attr.h"
#include "fact/submitter.h"
#include "report/panels.h"
#include "report/seen.h"

enum { MESSAGES, RECIPIENTS, DELIVERED, DEFERRALS, BOUNCED, WEIGHTS, SEEN = WEIGHTS, VALUES = SEEN + SEEN_VALUES };

struct scripts_state {
	struct counters *c;
	struct tally t; /* (directory, user) */
};

static const struct panel_column COLUMNS[] = {
	{ "user", "User", COLUMN_TEXT, NULL },
	{ "runs_as", "Runs as", COLUMN_TEXT, NULL },
	{ "sent", "Sent", COLUMN_COUNT, "messages" },
	{ "recipients", "Recipients", COLUMN_COUNT, "recipients" },
	{ "delivered", "Delivered", COLUMN_COUNT, "recipients", .tone = TONE_GOOD },
	{ "deferrals", "Deferrals", COLUMN_COUNT, "attempts", .spare = true, .tone = TONE_WAIT },
	{ "bounced", "Bounced", COLUMN_COUNT, "recipients", .tone = TONE_BAD },
	SEEN_COLUMNS,
	{ "directory", "Directory", COLUMN_TEXT, NULL }, /* the last one is cut last, and its end matters */
};

static void scripts_merge(int64_t *into, const int64_t *from)
{
	for (int k = 0; k < WEIGHTS; k++)
		into[k] += from[k];
	seen_widen(into + SEEN, from[SEEN + SEEN_FIRST], from[SEEN + SEEN_LAST]);
}

static void *scripts_new(const struct panel_ops *ops, struct counters *c)
{
	struct scripts_state *s = xcalloc(1, sizeof *s);

	(void)ops;
	s->c = c;
	tally_init(&s->t, VALUES, 0);
	s->t.other = tally_pair(SYM_OTHER, NAME_OTHER);
	counters_add_tally(c, &(struct named_tally){ .t = &s->t, .major = PART_SYMBOL, .minor = PART_USER,
						     .weights = WEIGHTS, .merge = scripts_merge });
	return s;
}

static void scripts_free(void *state)
{
	struct scripts_state *s = state;

	tally_done(&s->t);
	free(s);
}

static void scripts_message(void *state, const struct counted_message *cm)
{
	struct scripts_state *s = state;
	const struct message *m = cm->m;
	struct slice directory = m->origin ? m->origin->directory : m->directory;
	int64_t *v;

	if (!(m->origin ? m->origin->submitted_locally : m->submitted_locally))
		return;
	if (!directory.n && !cm->user) /* OpenSMTPD does not tell who it was */
		return;
	v = tally_row(&s->t, tally_pair(intern(&s->c->names, directory), cm->user ? cm->user->ref : NAME_NONE));
	v[MESSAGES] += cm->received;
	v[RECIPIENTS] += cm->destinations;
	v[DELIVERED] += cm->delivered;
	v[DEFERRALS] += cm->deferrals;
	v[BOUNCED] += cm->bounced;
	seen_at(v + SEEN, m->arrived_us);
}

static int order_scripts(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	const struct counters *counters = ctx;
	uint64_t ka = tally_key(t, a), kb = tally_key(t, b);
	int c = order_values(t, a, b);

	if (!c)
		c = order_names(&counters->names, tally_major(ka), tally_major(kb));
	return c ? c : order_refs(&counters->users, tally_minor(ka), tally_minor(kb));
}

/* "uid 33" for a number */
static struct slice shown_user(struct panel_build *b, struct slice user)
{
	size_t digits = 0;

	while (digits < user.n && ascii_digit(user.p[digits]))
		digits++;
	if (!user.n || digits < user.n)
		return user;
	strbuf_clear(&b->counters->scratch);
	strbuf_add_str(&b->counters->scratch, "uid ");
	strbuf_add(&b->counters->scratch, user);
	return arena_copy(b->arena, strbuf_slice(&b->counters->scratch));
}

static void fill_row(struct scripts_state *s, struct panel_build *b, struct panel_row *row, size_t i, struct strbuf *filter)
{
	uint64_t key = tally_key(&s->t, i);
	const int64_t *v = tally_values(&s->t, i);
	struct slice directory = intern_name(&s->c->names, tally_major(key));
	struct slice user = names_text(&s->c->users, names_at(&s->c->users, tally_minor(key)));

	row->cells[0] = cell_text(shown_user(b, user));
	row->cells[1] = cell_text(!user.p || tally_minor(key) == NAME_OTHER ? SLICE_NONE :
				  submitter_is_web_server(user)		    ? SLICE("web server") :
				  slice_is(user, "root") || slice_is(user, "0") ? SLICE("root") :
									      SLICE("user"));
	if (submitter_is_web_server(user))
		row->cells[1].mark = MARK_NOTICE;
	for (int k = 0; k < WEIGHTS; k++)
		row->cells[2 + k] = cell_value(v[k]);
	seen_cells(row->cells + 2 + SEEN, v + SEEN);
	row->cells[2 + VALUES] = cell_text(directory);
	if (key != s->t.other && directory.p)
		build_filter(b, filter, "--directory", directory);
	if (key != s->t.other && user.p)
		build_filter(b, filter, "--user", user);
}

static void scripts_build(void *state, struct panel_build *b)
{
	struct scripts_state *s = state;
	struct strbuf filter = { 0 };
	size_t *top = build_top(b, &s->t, order_scripts);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		fill_row(s, b, &b->panel->rows[i], top[i], &filter);
		build_filter_end(b, &b->panel->rows[i], &filter);
	}
	strbuf_done(&filter);
}

const struct panel_ops panel_scripts = {
	.id = "scripts",
	.title = "Scripts and local users that send",
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.details = DETAIL_SCRIPTS,
	.new = scripts_new,
	.free = scripts_free,
	.on_message = scripts_message,
	.build = scripts_build,
};

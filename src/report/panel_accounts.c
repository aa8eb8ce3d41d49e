/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_accounts.c - who submits: authenticated accounts and local logins, in all and for the last days
 *
 * A day counts a mail and all that became of it on the day it was sent.  Only the last seven days with mail
 * are kept, so that years of logs cost no more than a week.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/panels.h"

enum { SENT, RECIPIENTS, DELIVERED, DEFERRALS, BOUNCED, REJECTED, SHOWN, BYTES = SHOWN, VALUES };

#define DAYS_KEPT   7
#define PRUNE_ROWS  1024 /* at least so many rows between two prunings */

struct accounts_state {
	const struct names *users;
	struct tally t; /* accounts: (user, authenticated or not); days: (user, day); users are refs */
	struct tally ranks; /* days: the rank of each user when the panel is built */
	uint32_t days[DAYS_KEPT]; /* newest first */
	struct wall_span span;
	size_t n_days, prune_at;
	int32_t utc_offset_sec;   /* latest seen */
};

#define ACCOUNT_COLUMNS                                                             \
	{ "sent", "Sent", COLUMN_COUNT, "messages" },                               \
	{ "recipients", "Recipients", COLUMN_COUNT, "recipients", .spare = true },  \
	{ "delivered", "Delivered", COLUMN_COUNT, "recipients", .tone = TONE_GOOD },                   \
	{ "deferrals", "Deferrals", COLUMN_COUNT, "attempts", .tone = TONE_WAIT },                     \
	{ "bounced", "Bounced", COLUMN_COUNT, "recipients", .tone = TONE_BAD },                       \
	{ "rejected", "Rejected", COLUMN_COUNT, "refusals", .tone = TONE_SHUT }

static const struct panel_column TOTAL_COLUMNS[] = {
	{ "account", "Account", COLUMN_TEXT, NULL },
	{ "login", "Login", COLUMN_TEXT, NULL, .spare = true },
	ACCOUNT_COLUMNS,
	{ "bytes", "Size", COLUMN_BYTES, "bytes", .spare = true },
};
static const struct panel_column DAY_COLUMNS[] = {
	{ "account", "Account", COLUMN_TEXT, NULL },
	{ "day", "Day", COLUMN_TEXT, NULL },
	ACCOUNT_COLUMNS,
};

static void *accounts_new(const struct panel_ops *ops, struct counters *c)
{
	struct accounts_state *s = xcalloc(1, sizeof *s);

	s->users = &c->users;
	tally_init(&s->t, ops == &panel_accounts ? VALUES : SHOWN, 0);
	s->t.other_by_minor = true;
	counters_add_tally(c, &(struct named_tally){ .t = &s->t, .major = PART_USER, .weights = SHOWN });
	tally_init(&s->ranks, 1, 0);
	s->prune_at = PRUNE_ROWS;
	s->span.length = USEC_PER_DAY;
	return s;
}

static void accounts_free(void *state)
{
	struct accounts_state *s = state;

	tally_done(&s->t);
	tally_done(&s->ranks);
	free(s);
}

/* all but the size */
static void add_message(int64_t *v, const struct counted_message *cm)
{
	v[SENT] += cm->received;
	v[RECIPIENTS] += cm->destinations;
	v[DELIVERED] += cm->delivered;
	v[DEFERRALS] += cm->deferrals;
	v[BOUNCED] += cm->bounced;
}

static void accounts_message(void *state, const struct counted_message *cm)
{
	struct accounts_state *s = state;
	const struct origin *o = cm->m->origin;
	int64_t *v;

	if (!cm->user)
		return;
	v = tally_row(&s->t, tally_pair(cm->user->ref, o ? o->authenticated : cm->m->authenticated));
	add_message(v, cm);
	v[BYTES] += cm->received ? cm->bytes : 0;
}

static void accounts_rejection(void *state, const struct counted_rejection *cr)
{
	struct accounts_state *s = state;

	if (cr->user)
		tally_row(&s->t, tally_pair(cr->user->ref, true))[REJECTED] += cr->r->attempts;
}

static int order_accounts(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	const struct counters *counters = ctx;
	uint64_t ka = tally_key(t, a), kb = tally_key(t, b);
	int c = order_values(t, a, b);

	if (!c)
		c = order_refs(&counters->users, tally_major(ka), tally_major(kb));
	return c ? c : (ka > kb) - (ka < kb);
}

static struct slice account_name(const struct accounts_state *s, uint32_t user)
{
	return build_name_of(s->users, names_at(s->users, user));
}

static void accounts_build(void *state, struct panel_build *b)
{
	struct accounts_state *s = state;
	struct strbuf filter = { 0 };
	size_t *top = build_top(b, &s->t, order_accounts);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		uint64_t key = tally_key(&s->t, top[i]);
		const int64_t *v = tally_values(&s->t, top[i]);

		row->cells[0] = cell_text(account_name(s, tally_major(key)));
		row->cells[1] = cell_text(tally_minor(key) ? SLICE("smtp auth") : SLICE("local"));
		for (int k = 0; k < VALUES; k++)
			row->cells[2 + k] = cell_value(v[k]);
		if (tally_major(key) > NAME_OTHER)
			build_filter(b, &filter, "--user", account_name(s, tally_major(key)));
		build_filter_end(b, row, &filter);
	}
	strbuf_done(&filter);
}

/* Is the day among the newest that are kept?  A new one pushes the oldest out. */
static bool keep_day(struct accounts_state *s, uint32_t day)
{
	size_t i = 0;

	while (i < s->n_days && s->days[i] > day)
		i++;
	if (i < s->n_days && s->days[i] == day)
		return true;
	if (i == DAYS_KEPT)
		return false;
	if (s->n_days < DAYS_KEPT)
		s->n_days++;
	memmove(s->days + i + 1, s->days + i, (s->n_days - 1 - i) * sizeof *s->days);
	s->days[i] = day;
	return true;
}

static bool day_is_kept(const void *ctx, uint64_t key)
{
	const struct accounts_state *s = ctx;

	return s->n_days < DAYS_KEPT || tally_minor(key) >= s->days[s->n_days - 1];
}

static int64_t *day_row(struct accounts_state *s, const struct name *user, usec_t t, int32_t utc_offset_sec)
{
	uint32_t day;

	if (!user || t == USEC_NONE)
		return NULL;
	day = (uint32_t)(wall_number(&s->span, t, utc_offset_sec) + DAY_BASE);
	s->utc_offset_sec = utc_offset_sec;
	if (!keep_day(s, day))
		return NULL;
	if (s->t.n >= s->prune_at) {
		tally_retain(&s->t, day_is_kept, s);
		s->prune_at = s->t.n + (s->t.n / 8 > PRUNE_ROWS ? s->t.n / 8 : PRUNE_ROWS);
	}
	return tally_row(&s->t, tally_pair(user->ref, day));
}

static void days_message(void *state, const struct counted_message *cm)
{
	int64_t *v = day_row(state, cm->user, cm->m->arrived_us, cm->m->utc_offset_sec);

	if (v)
		add_message(v, cm);
}

static void days_rejection(void *state, const struct counted_rejection *cr)
{
	int64_t *v = day_row(state, cr->user, cr->r->time_us, cr->r->utc_offset_sec);

	if (v)
		v[REJECTED] += cr->r->attempts;
}

#define UNRANKED INT64_MAX

/* users by their rank, then each user's days, oldest first */
static int order_days(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	const struct tally *users = ctx;
	uint64_t ka = tally_key(t, a), kb = tally_key(t, b);
	int64_t ra, rb;

	if (tally_major(ka) != tally_major(kb)) {
		ra = tally_find(users, tally_major(ka))[0];
		rb = tally_find(users, tally_major(kb))[0];
		if (ra != rb)
			return ra < rb ? -1 : 1;
	}
	return (ka > kb) - (ka < kb);
}

static int order_users(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	int c = order_values(t, a, b);

	return c ? c : order_refs(ctx, (uint32_t)tally_key(t, a), (uint32_t)tally_key(t, b));
}

/*
 * Ranks the users that are shown by what they sent in the days that are kept.  The limit of the panel is on
 * them.  Returns how many days they have in all.
 */
static size_t rank_users(struct accounts_state *s, struct panel_build *b)
{
	size_t n, days = 0, *top;

	tally_done(&s->ranks);
	tally_init(&s->ranks, 1, 0);
	for (size_t i = 0; i < s->t.n; i++)
		tally_row(&s->ranks, tally_major(tally_key(&s->t, i)))[0] += tally_values(&s->t, i)[SENT];
	top = tally_top(&s->ranks, b->limit, order_users, s->users, b->arena, &n);
	for (size_t i = 0; i < s->ranks.n; i++)
		tally_values(&s->ranks, i)[0] = UNRANKED;
	for (size_t i = 0; i < n; i++)
		tally_values(&s->ranks, top[i])[0] = (int64_t)i;
	for (size_t i = 0; i < s->t.n; i++)
		days += tally_row(&s->ranks, tally_major(tally_key(&s->t, i)))[0] != UNRANKED;
	return days;
}

static void days_build(void *state, struct panel_build *b)
{
	struct accounts_state *s = state;
	struct strbuf sb = { 0 };
	size_t n, *top;

	tally_retain(&s->t, day_is_kept, s);
	top = tally_top(&s->t, rank_users(s, b), order_days, &s->ranks, b->arena, &n);
	b->panel->more = s->t.n - n;
	build_rows(b, n);
	for (size_t i = 0; i < n; i++) {
		struct panel_row *row = &b->panel->rows[i];
		uint64_t key = tally_key(&s->t, top[i]);
		int64_t day = (int64_t)tally_minor(key) - DAY_BASE;

		row->cells[0] = cell_text(account_name(s, tally_major(key)));
		row->cells[1] = cell_text(build_day(b, day));
		for (int k = 0; k < SHOWN; k++)
			row->cells[2 + k] = cell_value(tally_values(&s->t, top[i])[k]);
		if (tally_major(key) > NAME_OTHER)
			build_filter(b, &sb, "--user", account_name(s, tally_major(key)));
		if (tally_major(key) != NAME_OTHER)
			build_filter_day(b, &sb, day, s->utc_offset_sec);
		build_filter_end(b, row, &sb);
	}
	strbuf_done(&sb);
}

const struct panel_ops panel_accounts = {
	.id = "accounts",
	.title = "Accounts",
	.columns = TOTAL_COLUMNS,
	.n_columns = ARRAY_LEN(TOTAL_COLUMNS),
	.new = accounts_new,
	.free = accounts_free,
	.on_message = accounts_message,
	.on_rejection = accounts_rejection,
	.build = accounts_build,
};

const struct panel_ops panel_account_days = {
	.id = "account_days",
	.title = "Mail sent by account, last days",
	.on_request = true,
	.columns = DAY_COLUMNS,
	.n_columns = ARRAY_LEN(DAY_COLUMNS),
	.pivot = 1,
	.new = accounts_new,
	.free = accounts_free,
	.on_message = days_message,
	.on_rejection = days_rejection,
	.build = days_build,
};

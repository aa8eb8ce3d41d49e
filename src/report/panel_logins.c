/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_logins.c - failed logins by address and by account
 *
 * A row shows who failed; how often the same address or account succeeded stands beside it, since a success
 * among many failures is what to look for.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/panels.h"

enum login_variant { BY_ADDRESS, BY_ACCOUNT };
enum { FAILED, OTHERS, SUCCESSES, LAST_US, HOST, VALUES };

#define PAIR_LIMIT_ROWS ((size_t)1 << 20)

struct logins_state {
	enum login_variant variant;
	struct counters *c;
	struct tally t;
	struct tally pairs; /* (address, account) or (account, address): seen */
	struct tally good;  /* successes of names that have not failed (yet): kept apart, they are many */
};

static const struct panel_column ADDRESS_COLUMNS[] = {
	{ "client", "Client", COLUMN_TEXT, NULL },
	{ "failed", "Failed", COLUMN_COUNT, "attempts" },
	{ "accounts", "Accounts", COLUMN_COUNT, "accounts" },
	{ "successes", "Succeeded", COLUMN_COUNT, "logins" },
	{ "last", "Last", COLUMN_TIME, NULL, .spare = true },
};
static const struct panel_column ACCOUNT_COLUMNS[] = {
	{ "account", "Account", COLUMN_TEXT, NULL },
	{ "failed", "Failed", COLUMN_COUNT, "attempts" },
	{ "addresses", "Addresses", COLUMN_COUNT, "addresses" },
	{ "successes", "Succeeded", COLUMN_COUNT, "logins" },
	{ "last", "Last", COLUMN_TIME, NULL, .spare = true },
};

static void *logins_new(const struct panel_ops *ops, struct counters *c)
{
	struct logins_state *s = xcalloc(1, sizeof *s);

	s->variant = (enum login_variant)ops->variant;
	s->c = c;
	tally_init(&s->t, VALUES, 0);
	tally_init(&s->pairs, 1, PAIR_LIMIT_ROWS);
	tally_init(&s->good, 1, 0);
	return s;
}

static void logins_free(void *state)
{
	struct logins_state *s = state;

	tally_done(&s->t);
	tally_done(&s->pairs);
	tally_done(&s->good);
	free(s);
}

static void logins_count(void *state, const struct counted_login *cl)
{
	struct logins_state *s = state;
	sym_t name = s->variant == BY_ADDRESS ? cl->ip : cl->user;
	sym_t other = s->variant == BY_ADDRESS ? cl->user : cl->ip;
	int64_t *v, *seen;

	if (cl->l->success) {
		tally_row(&s->good, name)[0]++;
		return;
	}
	v = tally_row(&s->t, name);
	v[FAILED] += cl->l->attempts;
	if (v[LAST_US] == 0 || cl->l->time_us > v[LAST_US])
		v[LAST_US] = cl->l->time_us;
	if (!v[HOST] && cl->l->client_host.p && s->variant == BY_ADDRESS)
		v[HOST] = intern_fold(&s->c->names, cl->l->client_host);
	seen = other ? tally_row(&s->pairs, tally_pair(name, other)) : NULL;
	if (seen && (*seen)++ == 0)
		v[OTHERS]++;
}

static void logins_build(void *state, struct panel_build *b)
{
	struct logins_state *s = state;
	struct strbuf filter = { 0 };
	size_t *top = build_top(b, &s->t, order_by_values);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		const int64_t *v = tally_values(&s->t, top[i]);
		sym_t name = (sym_t)tally_key(&s->t, top[i]);
		const int64_t *good = tally_find(&s->good, name);
		struct slice host = intern_name(&s->c->names, (sym_t)v[HOST]);

		if (s->variant == BY_ADDRESS && name > SYM_OTHER)
			row->cells[0] = cell_text(build_host(b, host, build_name(b, name)));
		else
			row->cells[0] = cell_text(build_name(b, name));
		row->cells[1] = cell_value(v[FAILED]);
		row->cells[2] = cell_value(v[OTHERS]);
		row->cells[3] = cell_value(good ? good[0] : 0);
		row->cells[4] = cell_value(v[LAST_US]);
		if (name > SYM_OTHER)
			build_filter(b, &filter, s->variant == BY_ADDRESS ? "--ip" : "--user",
				     intern_name(&s->c->names, name));
		build_filter_end(b, row, &filter);
	}
	strbuf_done(&filter);
}

const struct panel_ops panel_login_addresses = {
	.id = "login_addresses",
	.title = "Failed logins by address",
	.columns = ADDRESS_COLUMNS,
	.n_columns = ARRAY_LEN(ADDRESS_COLUMNS),
	.variant = BY_ADDRESS,
	.new = logins_new,
	.free = logins_free,
	.on_login = logins_count,
	.build = logins_build,
};

const struct panel_ops panel_login_accounts = {
	.id = "login_accounts",
	.title = "Failed logins by account",
	.columns = ACCOUNT_COLUMNS,
	.n_columns = ARRAY_LEN(ACCOUNT_COLUMNS),
	.variant = BY_ACCOUNT,
	.new = logins_new,
	.free = logins_free,
	.on_login = logins_count,
	.build = logins_build,
};

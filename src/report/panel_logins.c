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

struct login_counts {
	NAME_COUNTS(others);   /* failures; accounts of an address, or addresses of an account */
	uint32_t successes;    /* also of names that have not failed (yet): those are not in the list */
	sym_t host;            /* of an address */
	usec_t last_us;        /* 0: none yet */
};

struct logins_state {
	enum login_variant variant;
	struct counters *c;
	struct names_list list;
};

static const struct panel_column ADDRESS_COLUMNS[] = {
	{ "client", "Client", COLUMN_TEXT, NULL },
	{ "failed", "Failed", COLUMN_COUNT, "attempts" },
	{ "accounts", "Accounts", COLUMN_COUNT, "accounts" },
	{ "successes", "Succeeded", COLUMN_COUNT, "logins" },
	{ "last", "Last", COLUMN_TIME, NULL, .spare = true, .brief = true },
};
static const struct panel_column ACCOUNT_COLUMNS[] = {
	{ "account", "Account", COLUMN_TEXT, NULL },
	{ "failed", "Failed", COLUMN_COUNT, "attempts" },
	{ "addresses", "Addresses", COLUMN_COUNT, "addresses" },
	{ "successes", "Succeeded", COLUMN_COUNT, "logins" },
	{ "last", "Last", COLUMN_TIME, NULL, .spare = true, .brief = true },
};

static uint64_t login_weight(const void *counts)
{
	const struct login_counts *v = counts;

	return (uint64_t)v->count + v->successes;
}

/* accounts of several addresses may be the same: their sum is how many there may be */
static void login_merge(void *into, const void *from)
{
	struct login_counts *v = into;
	const struct login_counts *w = from;

	count_add(&v->count, w->count);
	v->others += w->others;
	count_add(&v->successes, w->successes);
	if (w->last_us && (v->last_us == 0 || w->last_us > v->last_us))
		v->last_us = w->last_us;
}

static const struct names_list_ops LOGIN_LIST = {
	.bytes = sizeof(struct login_counts),
	.weight = login_weight,
	.merge = login_merge,
	.symbol = offsetof(struct login_counts, host),
};

static void *logins_new(const struct panel_ops *ops, struct counters *c)
{
	struct logins_state *s = xcalloc(1, sizeof *s);

	s->variant = (enum login_variant)ops->variant;
	s->c = c;
	s->list = names_add_list(s->variant == BY_ADDRESS ? &c->clients : &c->users, &LOGIN_LIST);
	return s;
}

static void logins_count(void *state, const struct counted_login *cl)
{
	struct logins_state *s = state;
	struct name *name = s->variant == BY_ADDRESS ? cl->client : cl->user;
	const struct name *other = s->variant == BY_ADDRESS ? cl->user : cl->client;
	struct login_counts *v;

	if (cl->l->success) {
		v = names_room(&s->list, name);
		count_add(&v->successes, 1);
		return;
	}
	v = names_count(&s->list, name);
	count_add(&v->count, cl->l->attempts);
	if (v->last_us == 0 || cl->l->time_us > v->last_us)
		v->last_us = cl->l->time_us;
	if (!v->host && cl->l->client_host.p && s->variant == BY_ADDRESS)
		v->host = intern_fold(&s->c->names, cl->l->client_host);
	if (cl->first_failure && other->ref != NAME_NONE)
		v->others++;
}

static void logins_build(void *state, struct panel_build *b)
{
	struct logins_state *s = state;
	struct strbuf filter = { 0 };
	const struct name **top = build_top_names(b, &s->list);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		const struct login_counts *v = names_counts(&s->list, top[i]);
		struct slice name = build_name_of(s->list.names, top[i]);
		struct slice host = intern_name(&s->c->names, v->host);

		if (s->variant == BY_ADDRESS && top[i]->ref > NAME_OTHER)
			row->cells[0] = cell_text(build_host(b, host, name));
		else
			row->cells[0] = cell_text(name);
		row->cells[1] = cell_value(v->count);
		row->cells[2] = cell_value(v->others);
		row->cells[3] = cell_value(v->successes);
		row->cells[4] = cell_value(v->last_us);
		if (top[i]->ref > NAME_OTHER)
			build_filter(b, &filter, s->variant == BY_ADDRESS ? "--ip" : "--user",
				     names_text(s->list.names, top[i]));
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
	.free = free,
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
	.free = free,
	.on_login = logins_count,
	.build = logins_build,
};

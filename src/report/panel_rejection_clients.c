/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_rejection_clients.c - refusals by client, with what was said most often
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/ip.h"
#include "report/panels.h"
#include "report/refused.h"

struct client_counts {
	NAME_COUNTS(temporary); /* refusals; of them temporary ones */
	sym_t host;
	usec_t last_us;         /* 0: none yet */
};

struct clients_state {
	struct counters *c;
	struct names_list list;
	const struct refused *refused;
};

static const struct panel_column COLUMNS[] = {
	{ "client", "Client", COLUMN_TEXT, NULL },
	{ "rejections", "Rejections", COLUMN_COUNT, "refusals", .tone = TONE_SHUT },
	{ "temporary", "For now", COLUMN_COUNT, "refusals", .spare = true },
	{ "last", "Last", COLUMN_TIME, NULL, .brief = true, .spare = true },
	{ "top_reason", "Most often", COLUMN_TEXT, NULL },
};

static uint64_t client_weight(const void *counts)
{
	return ((const struct client_counts *)counts)->count;
}

static void client_merge(void *into, const void *from)
{
	struct client_counts *v = into;
	const struct client_counts *w = from;

	count_add(&v->count, w->count);
	v->temporary += w->temporary;
	if (w->last_us && (v->last_us == 0 || w->last_us > v->last_us))
		v->last_us = w->last_us;
}

static const struct names_list_ops CLIENT_LIST = {
	.bytes = sizeof(struct client_counts),
	.weight = client_weight,
	.merge = client_merge,
	.symbol = offsetof(struct client_counts, host),
};

static void *clients_new(const struct panel_ops *ops, struct counters *c)
{
	struct clients_state *s = xcalloc(1, sizeof *s);

	(void)ops;
	s->c = c;
	s->list = names_add_list(&c->clients, &CLIENT_LIST);
	s->refused = counters_counting(c, &counting_refused);
	return s;
}

static void clients_rejection(void *state, const struct counted_rejection *cr)
{
	struct clients_state *s = state;
	struct name *client = cr->client ? cr->client : s->c->clients.none;
	struct client_counts *v = names_count(&s->list, client);

	count_add(&v->count, cr->r->attempts);
	v->temporary += cr->r->temporary ? cr->r->attempts : 0;
	if (v->last_us == 0 || cr->r->time_us > v->last_us)
		v->last_us = cr->r->time_us;
	if (!v->host && cr->r->client_host.p && cr->r->client_ip.p)
		v->host = intern_fold(&s->c->names, cr->r->client_host);
}

/* what each client was told most often, the first by name of several: client -> (count, shape) */
static void find_reasons(const struct clients_state *s, struct tally *reasons)
{
	struct tally pairs;

	tally_init(&pairs, 1, SIZE_MAX);
	for (int k = 0; k < REFUSED_KINDS; k++)
		for (size_t i = 0; i < s->refused->t[k].n; i++)
			if (tally_key(&s->refused->t[k], i) != s->refused->t[k].other)
				tally_row(&pairs, tally_key(&s->refused->t[k], i))[0] += tally_values(&s->refused->t[k], i)[REFUSED_COUNT];
	for (size_t i = 0; i < pairs.n; i++) {
		uint64_t key = tally_key(&pairs, i);
		int64_t n = tally_values(&pairs, i)[0];
		int64_t *v = tally_row(reasons, tally_minor(key));

		if (n < v[0] || (n == v[0] && order_names(&s->c->names, tally_major(key), (sym_t)v[1]) > 0))
			continue;
		v[0] = n;
		v[1] = tally_major(key);
	}
	tally_done(&pairs);
}

static void fill(const struct clients_state *s, struct panel_build *b, struct panel_row *row, const struct name *client,
		 const struct tally *reasons, struct strbuf *filter)
{
	const struct client_counts *v = names_counts(&s->list, client);
	const int64_t *reason = tally_find(reasons, client->ref);
	struct slice name = names_text(&s->c->clients, client), host = intern_name(&s->c->names, v->host);
	struct ip ip;
	bool named = client->ref > NAME_OTHER, is_ip = named && ip_parse(name, &ip);

	row->cells[0] = cell_text(is_ip ? build_host(b, host, name) : build_name_of(&s->c->clients, client));
	row->cells[1] = cell_value(v->count);
	row->cells[2] = cell_value(v->temporary);
	row->cells[3] = cell_value(v->last_us);
	row->cells[4] = cell_text(!reason    ? SLICE_NONE :
				  !reason[1] ? SLICE("(no reason told)") :
					       build_name(b, (sym_t)reason[1]));
	if (named) {
		build_filter(b, filter, "--status", SLICE("rejected"));
		build_filter(b, filter, is_ip ? "--ip" : "--client", name);
	}
	build_filter_end(b, row, filter);
}

static void clients_build(void *state, struct panel_build *b)
{
	struct clients_state *s = state;
	struct strbuf filter = { 0 };
	struct tally reasons;
	const struct name **top = build_top_names(b, &s->list);

	tally_init(&reasons, 2, SIZE_MAX);
	find_reasons(s, &reasons);
	for (size_t i = 0; i < b->panel->n_rows; i++)
		fill(s, b, &b->panel->rows[i], top[i], &reasons, &filter);
	tally_done(&reasons);
	strbuf_done(&filter);
}

const struct panel_ops panel_rejection_clients = {
	.id = "rejection_clients",
	.title = "Rejections by client",
	.on_request = true,
	.names = WANT_CLIENT,
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = clients_new,
	.free = free,
	.on_rejection = clients_rejection,
	.build = clients_build,
};

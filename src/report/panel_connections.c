/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_connections.c - SMTP sessions by client: how many, and how long they lasted
 *
 * Only sessions whose beginning is in the logs have a length.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/ip.h"
#include "report/panels.h"

struct client_counts {
	NAME_COUNTS(timed); /* sessions; of them those whose length is known */
	sym_t host;
	usec_t sum_us, max_us;
};

struct connections_state {
	struct counters *c;
	struct names_list list;
};

static const struct panel_column COLUMNS[] = {
	{ "client", "Client", COLUMN_TEXT, NULL },
	{ "connections", "Connections", COLUMN_COUNT, "connections" },
	{ "time", "Together", COLUMN_DURATION, "seconds" },
	{ "time_average", "Avg", COLUMN_DURATION, "seconds" },
	{ "time_max", "Max", COLUMN_DURATION, "seconds" },
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
	v->timed += w->timed;
	v->sum_us += w->sum_us;
	if (w->max_us > v->max_us)
		v->max_us = w->max_us;
}

static const struct names_list_ops CLIENT_LIST = {
	.bytes = sizeof(struct client_counts),
	.weight = client_weight,
	.merge = client_merge,
	.symbol = offsetof(struct client_counts, host),
};

static void *connections_new(const struct panel_ops *ops, struct counters *c)
{
	struct connections_state *s = xcalloc(1, sizeof *s);

	(void)ops;
	s->c = c;
	s->list = names_add_list(&c->clients, &CLIENT_LIST);
	return s;
}

static void connections_session(void *state, const struct session *session)
{
	struct connections_state *s = state;
	struct client_counts *v;
	struct name_key key;

	if (session->client_ip.p)
		name_key(&key, session->client_ip);
	else
		name_key_fold(&key, session->client_host);
	v = names_count(&s->list, names_get(&s->c->clients, &key));
	count_add(&v->count, 1);
	if (!v->host && session->client_host.p && session->client_ip.p)
		v->host = intern_fold(&s->c->names, session->client_host);
	if (session->begin_us == USEC_NONE || session->end_us < session->begin_us)
		return;
	v->timed++;
	v->sum_us += session->end_us - session->begin_us;
	if (session->end_us - session->begin_us > v->max_us)
		v->max_us = session->end_us - session->begin_us;
}

static void connections_build(void *state, struct panel_build *b)
{
	struct connections_state *s = state;
	struct strbuf filter = { 0 };
	const struct name **top = build_top_names(b, &s->list);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		const struct client_counts *v = names_counts(&s->list, top[i]);
		struct slice name = names_text(&s->c->clients, top[i]), host = intern_name(&s->c->names, v->host);
		struct ip ip;
		bool named = top[i]->ref > NAME_OTHER, is_ip = named && ip_parse(name, &ip);

		row->cells[0] = cell_text(is_ip ? build_host(b, host, name) : build_name_of(&s->c->clients, top[i]));
		row->cells[1] = cell_value(v->count);
		if (v->timed) {
			row->cells[2] = cell_value(v->sum_us);
			row->cells[3] = cell_value(v->sum_us / v->timed);
			row->cells[4] = cell_value(v->max_us);
		}
		if (named)
			build_filter(b, &filter, is_ip ? "--ip" : "--client", name);
		build_filter_end(b, row, &filter);
	}
	strbuf_done(&filter);
}

const struct panel_ops panel_connections = {
	.id = "connections",
	.title = "Connections by client",
	.on_request = true,
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = connections_new,
	.free = free,
	.on_session = connections_session,
	.build = connections_build,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_origins.c - who sends: addresses, domains, client hosts
 *
 * One group of counters per name.  A mail that goes on under another queue id (filter, forward) counts its
 * recipients for the same sender, but is a mail only once.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/panels.h"

enum origin_variant { BY_SENDER, BY_DOMAIN, BY_CLIENT };

struct origin_counts {
	NAME_COUNTS(bytes); /* mails */
	uint32_t recipients, delivered, deferrals, bounced;
	uint32_t rejections; /* clients */
};

struct origin_state {
	enum origin_variant variant;
	struct counters *c;
	struct names_list list; /* clients: a name's link is the symbol of the host name */
};

#define ORIGIN_COLUMNS                                                              \
	{ "messages", "Mails", COLUMN_COUNT, "messages" },                          \
	{ "bytes", "Size", COLUMN_BYTES, "bytes", .spare = true },                  \
	{ "recipients", "Recipients", COLUMN_COUNT, "recipients", .spare = true },  \
	{ "delivered", "Delivered", COLUMN_COUNT, "recipients", .tone = TONE_GOOD },                   \
	{ "deferrals", "Deferrals", COLUMN_COUNT, "attempts", .tone = TONE_WAIT },                     \
	{ "bounced", "Bounced", COLUMN_COUNT, "recipients", .tone = TONE_BAD }

static const struct panel_column SENDER_COLUMNS[] = {
	{ "sender", "Sender", COLUMN_TEXT, NULL },
	ORIGIN_COLUMNS,
};
static const struct panel_column DOMAIN_COLUMNS[] = {
	{ "domain", "Sending domain", COLUMN_TEXT, NULL },
	ORIGIN_COLUMNS,
};
static const struct panel_column CLIENT_COLUMNS[] = {
	{ "client", "Client", COLUMN_TEXT, NULL },
	ORIGIN_COLUMNS,
	{ "rejections", "Rejections", COLUMN_COUNT, "refusals", .tone = TONE_SHUT },
};

static uint64_t origin_weight(const void *counts)
{
	const struct origin_counts *v = counts;

	return (uint64_t)v->count + v->deferrals + v->bounced + v->rejections;
}

static void origin_merge(void *into, const void *from)
{
	struct origin_counts *v = into;
	const struct origin_counts *w = from;

	count_add(&v->count, w->count);
	v->bytes += w->bytes;
	count_add(&v->recipients, w->recipients);
	count_add(&v->delivered, w->delivered);
	count_add(&v->deferrals, w->deferrals);
	count_add(&v->bounced, w->bounced);
	count_add(&v->rejections, w->rejections);
}

static const struct names_list_ops ORIGIN_LIST = {
	.bytes = sizeof(struct origin_counts),
	.weight = origin_weight,
	.merge = origin_merge,
};

static void *origin_new(const struct panel_ops *ops, struct counters *c)
{
	struct origin_state *s = xcalloc(1, sizeof *s);

	s->variant = (enum origin_variant)ops->variant;
	s->c = c;
	s->list = names_add_list(s->variant == BY_DOMAIN   ? &c->domains
				 : s->variant == BY_CLIENT ? &c->clients
							   : &c->addresses,
				 &ORIGIN_LIST);
	return s;
}

static void origin_count(struct origin_state *s, const struct counted_message *cm, struct name *name)
{
	struct origin_counts *v = names_count(&s->list, name);

	if (cm->received) {
		count_add(&v->count, 1);
		v->bytes += cm->bytes;
	}
	count_add(&v->recipients, cm->destinations);
	count_add(&v->delivered, cm->delivered);
	if (cm->deferrals)
		count_add(&v->deferrals, cm->deferrals);
	if (cm->bounced)
		count_add(&v->bounced, cm->bounced);
}

static void sender_message(void *state, const struct counted_message *cm)
{
	origin_count(state, cm, cm->sender);
}

static void domain_message(void *state, const struct counted_message *cm)
{
	origin_count(state, cm, cm->sender_domain);
}

/* the client's name, from the first line that has one */
static void note_host(struct origin_state *s, struct name *client, struct slice host)
{
	if (!client->link && host.p)
		client->link = intern_fold(&s->c->names, host);
}

static void client_message(void *state, const struct counted_message *cm)
{
	const struct origin *o = cm->m->origin;

	/* behind a filter counts who gave it to us first; what else was not received here this machine handed over itself */
	if (!cm->client || !(cm->received || o))
		return;
	note_host(state, cm->client, o ? o->client_host : cm->m->client_host);
	origin_count(state, cm, cm->client);
}

static void client_rejection(void *state, const struct counted_rejection *cr)
{
	struct origin_state *s = state;
	struct origin_counts *v;

	if (!cr->client)
		return;
	note_host(s, cr->client, cr->r->client_host);
	v = names_count(&s->list, cr->client);
	count_add(&v->rejections, cr->r->attempts);
}

static void client_name(struct origin_state *s, struct panel_build *b, struct panel_row *row,
			const struct name *client, struct strbuf *filter)
{
	struct slice name = names_text(s->list.names, client);
	struct slice host = intern_name(&s->c->names, client->link);

	if (client->ref == NAME_OTHER || (host.p && slice_eq_fold(name, host))) { /* known by name only */
		row->cells[0] = cell_text(name);
		if (client->ref != NAME_OTHER)
			build_filter(b, filter, "--client", name);
		return;
	}
	row->cells[0] = cell_text(build_host(b, host, build_name_of(s->list.names, client)));
	build_filter(b, filter, "--ip", name);
}

static void origin_build(void *state, struct panel_build *b)
{
	struct origin_state *s = state;
	struct strbuf filter = { 0 };
	const struct name **top = build_top_names(b, &s->list);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		const struct origin_counts *v = names_counts(&s->list, top[i]);
		const int64_t values[] = { v->count, v->bytes, v->recipients, v->delivered,
					   v->deferrals,   v->bounced,     v->rejections };

		for (size_t k = 1; k < b->panel->n_columns; k++)
			row->cells[k] = cell_value(values[k - 1]);
		if (s->variant == BY_CLIENT) {
			client_name(s, b, row, top[i], &filter);
		} else {
			row->cells[0] = cell_text(build_name_of(s->list.names, top[i]));
			if (top[i]->ref > NAME_OTHER)
				build_filter(b, &filter, "--sender",
					     build_address_value(b, s->list.names, top[i]));
		}
		build_filter_end(b, row, &filter);
	}
	strbuf_done(&filter);
}

const struct panel_ops panel_senders = {
	.id = "senders",
	.title = "Senders",
	.columns = SENDER_COLUMNS,
	.n_columns = ARRAY_LEN(SENDER_COLUMNS),
	.variant = BY_SENDER,
	.new = origin_new,
	.free = free,
	.on_message = sender_message,
	.build = origin_build,
};

const struct panel_ops panel_sender_domains = {
	.id = "sender_domains",
	.title = "Sending domains",
	.on_request = true,
	.columns = DOMAIN_COLUMNS,
	.n_columns = ARRAY_LEN(DOMAIN_COLUMNS),
	.variant = BY_DOMAIN,
	.names = WANT_SENDER_DOMAIN,
	.new = origin_new,
	.free = free,
	.on_message = domain_message,
	.build = origin_build,
};

const struct panel_ops panel_clients = {
	.id = "clients",
	.title = "Client hosts",
	.on_request = true,
	.columns = CLIENT_COLUMNS,
	.n_columns = ARRAY_LEN(CLIENT_COLUMNS),
	.variant = BY_CLIENT,
	.names = WANT_CLIENT,
	.new = origin_new,
	.free = free,
	.on_message = client_message,
	.on_rejection = client_rejection,
	.build = origin_build,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_origins.c - who sends: addresses, domains, client hosts
 *
 * One counter row per name.  A mail that goes on under another queue id (filter, forward) counts its
 * recipients for the same sender, but is a mail only once.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/panels.h"

enum origin_variant { BY_SENDER, BY_DOMAIN, BY_CLIENT };
enum { MESSAGES, BYTES, RECIPIENTS, DELIVERED, DEFERRALS, BOUNCED, SHOWN, REJECTIONS = SHOWN, HOST, VALUES };

struct origin_state {
	enum origin_variant variant;
	struct counters *c;
	struct tally t;
};

#define ORIGIN_COLUMNS                                                              \
	{ "messages", "Mails", COLUMN_COUNT, "messages" },                          \
	{ "bytes", "Size", COLUMN_BYTES, "bytes", .spare = true },                  \
	{ "recipients", "Recipients", COLUMN_COUNT, "recipients", .spare = true },  \
	{ "delivered", "Delivered", COLUMN_COUNT, "recipients" },                   \
	{ "deferrals", "Deferrals", COLUMN_COUNT, "attempts" },                     \
	{ "bounced", "Bounced", COLUMN_COUNT, "recipients" }

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
	{ "rejections", "Rejections", COLUMN_COUNT, "refusals" },
};

static void *origin_new(const struct panel_ops *ops, struct counters *c)
{
	struct origin_state *s = xcalloc(1, sizeof *s);

	s->variant = (enum origin_variant)ops->variant;
	s->c = c;
	if (s->variant == BY_DOMAIN)
		tally_init(&s->t, SHOWN, 0);
	else
		tally_init_symbols(&s->t, s->variant == BY_CLIENT ? VALUES : SHOWN, 0);
	return s;
}

static void origin_free(void *state)
{
	struct origin_state *s = state;

	tally_done(&s->t);
	free(s);
}

/* The client's row, with its name from the first line that has one. */
static int64_t *client_row(struct origin_state *s, sym_t client, struct slice host)
{
	int64_t *v = tally_row(&s->t, client);

	if (!v[HOST] && host.p)
		v[HOST] = intern_fold(&s->c->names, host);
	return v;
}

static void origin_before(void *state, const struct counted_message *cm, int round)
{
	const struct origin_state *s = state;
	sym_t key = s->variant == BY_CLIENT ? cm->client : cm->sender;

	if (round == 0)
		tally_prefetch_slot(&s->t, key);
	else
		tally_prefetch_row(&s->t, key);
}

static void origin_message(void *state, const struct counted_message *cm)
{
	struct origin_state *s = state;
	int64_t *v;

	if (s->variant == BY_CLIENT) {
		if (!cm->received || !cm->client) /* a filter or this machine itself hands over the others */
			return;
		v = client_row(s, cm->client, cm->m->client_host);
	} else {
		v = tally_row(&s->t, s->variant == BY_SENDER ? cm->sender : cm->sender_domain);
	}
	if (cm->received) {
		v[MESSAGES]++;
		v[BYTES] += cm->bytes;
	}
	v[RECIPIENTS] += cm->destinations;
	v[DELIVERED] += cm->delivered;
	v[DEFERRALS] += cm->deferrals;
	v[BOUNCED] += cm->bounced;
}

static void client_rejection(void *state, const struct counted_rejection *cr)
{
	if (cr->client)
		client_row(state, cr->client, cr->r->client_host)[REJECTIONS] += cr->r->attempts;
}

static void client_name(struct origin_state *s, struct panel_build *b, struct panel_row *row, sym_t client,
			sym_t host, struct strbuf *filter)
{
	struct slice name = intern_name(&s->c->names, client), host_name = intern_name(&s->c->names, host);

	if (client == SYM_OTHER || (host && slice_eq_fold(name, host_name))) { /* known by name only */
		row->cells[0] = cell_text(name);
		if (client != SYM_OTHER)
			build_filter(b, filter, "--client", name);
		return;
	}
	row->cells[0] = cell_text(build_host(b, host_name, name));
	build_filter(b, filter, "--ip", name);
}

static void origin_build(void *state, struct panel_build *b)
{
	struct origin_state *s = state;
	struct strbuf filter = { 0 };
	size_t *top = build_top(b, &s->t, order_by_values);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		const int64_t *v = tally_values(&s->t, top[i]);
		sym_t name = (sym_t)tally_key(&s->t, top[i]);

		for (size_t k = 1; k < b->panel->n_columns; k++)
			row->cells[k] = cell_value(v[k - 1]);
		if (s->variant == BY_CLIENT) {
			client_name(s, b, row, name, (sym_t)v[HOST], &filter);
		} else {
			row->cells[0] = cell_text(build_name(b, name));
			if (name > SYM_OTHER)
				build_filter(b, &filter, "--sender",
					     build_address_value(b, name, s->variant == BY_DOMAIN));
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
	.free = origin_free,
	.before_message = origin_before,
	.on_message = origin_message,
	.build = origin_build,
};

const struct panel_ops panel_sender_domains = {
	.id = "sender_domains",
	.title = "Sending domains",
	.columns = DOMAIN_COLUMNS,
	.n_columns = ARRAY_LEN(DOMAIN_COLUMNS),
	.variant = BY_DOMAIN,
	.new = origin_new,
	.free = origin_free,
	.on_message = origin_message,
	.build = origin_build,
};

const struct panel_ops panel_clients = {
	.id = "clients",
	.title = "Client hosts",
	.columns = CLIENT_COLUMNS,
	.n_columns = ARRAY_LEN(CLIENT_COLUMNS),
	.variant = BY_CLIENT,
	.new = origin_new,
	.free = origin_free,
	.before_message = origin_before,
	.on_message = origin_message,
	.on_rejection = client_rejection,
	.build = origin_build,
};

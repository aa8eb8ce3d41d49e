/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_destinations.c - where mail goes: addresses, domains, next hops
 *
 * Recipients that were expanded into others are no destination.  Addresses and domains count by the outcome
 * of a recipient, next hops by each try.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/panels.h"

enum destination_variant { BY_RECIPIENT, BY_DOMAIN, BY_RELAY };

struct destination_counts {
	NAME_COUNTS(bytes); /* delivered */
	uint32_t deferrals, bounced;
};

/* of domains and next hops */
struct delay_counts {
	struct destination_counts d;
	uint32_t n;
	bool has_ip, is_ip; /* next hops: what the name is */
	usec_t sum_us, max_us;
};

struct destination_state {
	enum destination_variant variant;
	struct counters *c;
	struct names_list list;
};

#define DESTINATION_COLUMNS                                         \
	{ "delivered", "Delivered", COLUMN_COUNT, "recipients", .tone = TONE_GOOD },   \
	{ "bytes", "Size", COLUMN_BYTES, "bytes", .spare = true },  \
	{ "deferrals", "Deferrals", COLUMN_COUNT, "attempts", .tone = TONE_WAIT },     \
	{ "bounced", "Bounced", COLUMN_COUNT, "recipients", .tone = TONE_BAD }
#define DELAY_COLUMNS                                                                 \
	{ "delay_average", "Avg delay", COLUMN_DURATION, "seconds" },                 \
	{ "delay_max", "Max delay", COLUMN_DURATION, "seconds", .spare = true }

static const struct panel_column RECIPIENT_COLUMNS[] = {
	{ "recipient", "Recipient", COLUMN_TEXT, NULL },
	DESTINATION_COLUMNS,
};
static const struct panel_column DOMAIN_COLUMNS[] = {
	{ "domain", "Receiving domain", COLUMN_TEXT, NULL },
	DESTINATION_COLUMNS,
	DELAY_COLUMNS,
};
static const struct panel_column RELAY_COLUMNS[] = {
	{ "relay", "Next hop", COLUMN_TEXT, NULL },
	DESTINATION_COLUMNS,
	DELAY_COLUMNS,
};

static uint64_t destination_weight(const void *counts)
{
	const struct destination_counts *v = counts;

	return (uint64_t)v->count + v->deferrals + v->bounced;
}

static void destination_merge(void *into, const void *from)
{
	struct destination_counts *v = into;
	const struct destination_counts *w = from;

	count_add(&v->count, w->count);
	v->bytes += w->bytes;
	count_add(&v->deferrals, w->deferrals);
	count_add(&v->bounced, w->bounced);
}

static void delay_merge(void *into, const void *from)
{
	struct delay_counts *v = into;
	const struct delay_counts *w = from;

	destination_merge(&v->d, &w->d);
	count_add(&v->n, w->n);
	v->sum_us += w->sum_us;
	if (w->max_us > v->max_us)
		v->max_us = w->max_us;
}

static const struct names_list_ops DESTINATION_LIST = {
	.bytes = sizeof(struct destination_counts),
	.weight = destination_weight,
	.merge = destination_merge,
};
static const struct names_list_ops DELAY_LIST = {
	.bytes = sizeof(struct delay_counts),
	.weight = destination_weight, /* they begin with the same */
	.merge = delay_merge,
};

static void *destination_new(const struct panel_ops *ops, struct counters *c)
{
	struct destination_state *s = xcalloc(1, sizeof *s);

	s->variant = (enum destination_variant)ops->variant;
	s->c = c;
	s->list = s->variant == BY_RECIPIENT ?
			  names_add_list(&c->addresses, &DESTINATION_LIST) :
			  names_add_list(s->variant == BY_DOMAIN ? &c->domains : &c->relays, &DELAY_LIST);
	return s;
}

static void count_delay(struct delay_counts *v, usec_t delay_us)
{
	if (delay_us < 0)
		return;
	v->sum_us += delay_us;
	count_add(&v->n, 1);
	if (delay_us > v->max_us)
		v->max_us = delay_us;
}

static void count_delivered(struct destination_counts *v, int64_t bytes)
{
	count_add(&v->count, 1);
	v->bytes += bytes;
}

/* one recipient; `v`: the counters of its address or domain */
static void count_recipient(struct destination_counts *v, const struct counted_message *cm,
			    const struct counted_recipient *cr)
{
	count_add(&v->deferrals, cr->deferrals);
	count_add(&v->bounced, cr->bounced);
	if (cr->delivered)
		count_delivered(v, cm->bytes);
}

static void recipients_message(void *state, const struct counted_message *cm)
{
	struct destination_state *s = state;

	for (size_t i = 0; i < cm->n_recipients; i++) {
		const struct counted_recipient *cr = &cm->recipients[i];

		if (!cr->expanded || cr->deferrals)
			count_recipient(names_count(&s->list, cr->address), cm, cr);
	}
}

static void domains_message(void *state, const struct counted_message *cm)
{
	struct destination_state *s = state;

	for (size_t i = 0; i < cm->n_recipients; i++) {
		const struct counted_recipient *cr = &cm->recipients[i];
		struct delay_counts *v;

		if (cr->expanded && !cr->deferrals)
			continue;
		v = names_count(&s->list, cr->domain);
		count_recipient(&v->d, cm, cr);
		if (cr->delivered)
			count_delay(v, cr->delay_us);
	}
}

static void count_try(struct destination_state *s, const struct counted_message *cm, struct counted_recipient *cr,
		      const struct attempt *a)
{
	struct name *relay;
	struct delay_counts *v;

	if (!a->tried || a->outcome == OUTCOME_EXPANDED)
		return;
	relay = a == cr->r->deciding ? counted_relay(s->c, cr) : counters_relay(s->c, a);
	if (!relay)
		return;
	v = names_count(&s->list, relay);
	if (a->relay_ip.p && a->relay_host.p)
		v->has_ip = true;
	else if (a->relay_ip.p)
		v->is_ip = true;
	if (a->outcome == OUTCOME_DELIVERED || a->outcome == OUTCOME_RELAYED) {
		count_delivered(&v->d, cm->bytes);
		count_delay(v, a->delay_us);
	} else if (a->outcome == OUTCOME_DEFERRED) {
		count_add(&v->d.deferrals, 1);
	} else if (a->outcome == OUTCOME_BOUNCED || a->outcome == OUTCOME_EXPIRED) {
		count_add(&v->d.bounced, 1);
	}
}

static void relay_message(void *state, const struct counted_message *cm)
{
	for (size_t i = 0; i < cm->n_recipients; i++)
		for (const struct attempt *a = cm->recipients[i].r->attempts; a; a = a->next)
			count_try(state, cm, &cm->recipients[i], a);
}

static void name_filter(struct destination_state *s, struct panel_build *b, const struct name *name,
			struct strbuf *filter)
{
	const struct delay_counts *v = names_counts(&s->list, name);

	if (name->ref <= NAME_OTHER)
		return;
	if (s->variant != BY_RELAY)
		build_filter(b, filter, "--recipient", build_address_value(b, s->list.names, name));
	else if (v->is_ip)
		build_filter(b, filter, "--ip", build_name_of(s->list.names, name));
	else if (v->has_ip)
		build_filter(b, filter, "--client", build_name_of(s->list.names, name));
}

static void destination_build(void *state, struct panel_build *b)
{
	struct destination_state *s = state;
	struct strbuf filter = { 0 };
	const struct name **top = build_top_names(b, &s->list);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		const struct destination_counts *v = names_counts(&s->list, top[i]);

		row->cells[0] = cell_text(build_name_of(s->list.names, top[i]));
		row->cells[1] = cell_value(v->count);
		row->cells[2] = cell_value(v->bytes);
		row->cells[3] = cell_value(v->deferrals);
		row->cells[4] = cell_value(v->bounced);
		if (s->variant != BY_RECIPIENT) {
			const struct delay_counts *delays = names_counts(&s->list, top[i]);

			if (delays->n) {
				row->cells[5] = cell_value(delays->sum_us / delays->n);
				row->cells[6] = cell_value(delays->max_us);
			}
		}
		name_filter(s, b, top[i], &filter);
		build_filter_end(b, row, &filter);
	}
	strbuf_done(&filter);
}

const struct panel_ops panel_recipients = {
	.id = "recipients",
	.title = "Recipients",
	.on_request = true,
	.columns = RECIPIENT_COLUMNS,
	.n_columns = ARRAY_LEN(RECIPIENT_COLUMNS),
	.variant = BY_RECIPIENT,
	.new = destination_new,
	.free = free,
	.on_message = recipients_message,
	.build = destination_build,
};

const struct panel_ops panel_recipient_domains = {
	.id = "recipient_domains",
	.title = "Receiving domains",
	.on_request = true,
	.columns = DOMAIN_COLUMNS,
	.n_columns = ARRAY_LEN(DOMAIN_COLUMNS),
	.variant = BY_DOMAIN,
	.new = destination_new,
	.free = free,
	.on_message = domains_message,
	.build = destination_build,
};

const struct panel_ops panel_relays = {
	.id = "relays",
	.title = "Next hops",
	.on_request = true,
	.columns = RELAY_COLUMNS,
	.n_columns = ARRAY_LEN(RELAY_COLUMNS),
	.variant = BY_RELAY,
	.new = destination_new,
	.free = free,
	.on_message = relay_message,
	.build = destination_build,
};

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
enum { DELIVERED, BYTES, DEFERRALS, BOUNCED, SHOWN };
enum { DELAY_SUM = SHOWN, DELAY_MAX, DELAY_N, HAS_IP, IS_IP, VALUES };

struct destination_state {
	enum destination_variant variant;
	struct counters *c;
	struct tally t;
};

#define DESTINATION_COLUMNS                                         \
	{ "delivered", "Delivered", COLUMN_COUNT, "recipients" },   \
	{ "bytes", "Size", COLUMN_BYTES, "bytes", .spare = true },  \
	{ "deferrals", "Deferrals", COLUMN_COUNT, "attempts" },     \
	{ "bounced", "Bounced", COLUMN_COUNT, "recipients" }
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

static void *destination_new(const struct panel_ops *ops, struct counters *c)
{
	struct destination_state *s = xcalloc(1, sizeof *s);

	s->variant = (enum destination_variant)ops->variant;
	s->c = c;
	if (s->variant == BY_RECIPIENT)
		tally_init_symbols(&s->t, SHOWN, 0);
	else
		tally_init(&s->t, VALUES, 0);
	return s;
}

static void destination_free(void *state)
{
	struct destination_state *s = state;

	tally_done(&s->t);
	free(s);
}

static void count_delay(int64_t *v, usec_t delay_us)
{
	if (delay_us < 0)
		return;
	v[DELAY_SUM] += delay_us;
	v[DELAY_N]++;
	if (delay_us > v[DELAY_MAX])
		v[DELAY_MAX] = delay_us;
}

static void recipients_before(void *state, const struct counted_message *cm, int round)
{
	const struct destination_state *s = state;

	for (size_t i = 0; i < cm->n_recipients && i < INTERN_PREFETCH_MAX; i++) {
		if (round == 0)
			tally_prefetch_slot(&s->t, cm->recipients[i].address);
		else
			tally_prefetch_row(&s->t, cm->recipients[i].address);
	}
}

static void destination_message(void *state, const struct counted_message *cm)
{
	struct destination_state *s = state;

	for (size_t i = 0; i < cm->n_recipients; i++) {
		const struct counted_recipient *cr = &cm->recipients[i];
		int64_t *v;

		if (cr->expanded && !cr->deferrals)
			continue;
		v = tally_row(&s->t, s->variant == BY_RECIPIENT ? cr->address : cr->domain);
		v[DEFERRALS] += cr->deferrals;
		v[BOUNCED] += cr->bounced;
		if (!cr->delivered)
			continue;
		v[DELIVERED]++;
		v[BYTES] += cm->bytes;
		if (s->variant == BY_DOMAIN)
			count_delay(v, cr->delay_us);
	}
}

/* The next hop by name, or by address where it has none; by transport for mailboxes, files and programs. */
static int64_t *relay_row(struct destination_state *s, const struct attempt *a)
{
	struct slice name = a->relay_host.p ? a->relay_host : a->relay_ip.p ? a->relay_ip : a->transport;
	int64_t *v;

	if (!name.p)
		return NULL;
	v = tally_row(&s->t, intern_fold(&s->c->names, name));
	if (a->relay_ip.p)
		v[a->relay_host.p ? HAS_IP : IS_IP] = true;
	return v;
}

static void count_try(struct destination_state *s, const struct counted_message *cm, const struct attempt *a)
{
	int64_t *v;

	if (!a->tried || a->outcome == OUTCOME_EXPANDED)
		return;
	v = relay_row(s, a);
	if (!v)
		return;
	v[DEFERRALS] += a->outcome == OUTCOME_DEFERRED;
	v[BOUNCED] += a->outcome == OUTCOME_BOUNCED || a->outcome == OUTCOME_EXPIRED;
	if (a->outcome != OUTCOME_DELIVERED && a->outcome != OUTCOME_RELAYED)
		return;
	v[DELIVERED]++;
	v[BYTES] += cm->bytes;
	count_delay(v, a->delay_us);
}

static void relay_message(void *state, const struct counted_message *cm)
{
	for (size_t i = 0; i < cm->n_recipients; i++)
		for (const struct attempt *a = cm->recipients[i].r->attempts; a; a = a->next)
			count_try(state, cm, a);
}

static void destination_build(void *state, struct panel_build *b)
{
	struct destination_state *s = state;
	struct strbuf filter = { 0 };
	size_t *top = build_top(b, &s->t, order_by_values);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		const int64_t *v = tally_values(&s->t, top[i]);
		sym_t name = (sym_t)tally_key(&s->t, top[i]);

		row->cells[0] = cell_text(build_name(b, name));
		for (int k = 0; k < SHOWN; k++)
			row->cells[1 + k] = cell_value(v[k]);
		if (s->variant != BY_RECIPIENT && v[DELAY_N]) {
			row->cells[1 + SHOWN] = cell_value(v[DELAY_SUM] / v[DELAY_N]);
			row->cells[2 + SHOWN] = cell_value(v[DELAY_MAX]);
		}
		if (name > SYM_OTHER && s->variant != BY_RELAY)
			build_filter(b, &filter, "--recipient",
				     build_address_value(b, name, s->variant == BY_DOMAIN));
		else if (name > SYM_OTHER && v[IS_IP])
			build_filter(b, &filter, "--ip", build_name(b, name));
		else if (name > SYM_OTHER && v[HAS_IP])
			build_filter(b, &filter, "--client", build_name(b, name));
		build_filter_end(b, row, &filter);
	}
	strbuf_done(&filter);
}

const struct panel_ops panel_recipients = {
	.id = "recipients",
	.title = "Recipients",
	.columns = RECIPIENT_COLUMNS,
	.n_columns = ARRAY_LEN(RECIPIENT_COLUMNS),
	.variant = BY_RECIPIENT,
	.new = destination_new,
	.free = destination_free,
	.before_message = recipients_before,
	.on_message = destination_message,
	.build = destination_build,
};

const struct panel_ops panel_recipient_domains = {
	.id = "recipient_domains",
	.title = "Receiving domains",
	.columns = DOMAIN_COLUMNS,
	.n_columns = ARRAY_LEN(DOMAIN_COLUMNS),
	.variant = BY_DOMAIN,
	.new = destination_new,
	.free = destination_free,
	.on_message = destination_message,
	.build = destination_build,
};

const struct panel_ops panel_relays = {
	.id = "relays",
	.title = "Next hops",
	.columns = RELAY_COLUMNS,
	.n_columns = ARRAY_LEN(RELAY_COLUMNS),
	.variant = BY_RELAY,
	.new = destination_new,
	.free = destination_free,
	.on_message = relay_message,
	.build = destination_build,
};

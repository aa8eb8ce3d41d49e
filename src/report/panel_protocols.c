/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_protocols.c - how mail came in and by which transport it left
 *
 * Protocols: service and SMTP variant of each mail as the log names them (Exim P=; Postfix tells the variant of refusals only, Sendmail
 * proto=).  Transports: Exim's T=, Postfix's delivery agents, counted per try as next hops are.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/memo.h"
#include "report/panels.h"

enum protocols_variant { PROTOCOLS, TRANSPORTS };

#define ROWS_MAX 4096

struct protocols_state {
	struct counters *c;
	struct tally t; /* (service, protocol); (transport, nothing) */
	int64_t mails;
};

enum { MAILS, BYTES, PROTOCOL_VALUES };
enum { DELIVERED, DEFERRALS, BOUNCED, TRANSPORT_BYTES, TRANSPORT_VALUES };

static const struct panel_column PROTOCOL_COLUMNS[] = {
	{ "service", "Service", COLUMN_TEXT, NULL },
	{ "protocol", "Protocol", COLUMN_TEXT, NULL },
	{ "messages", "Mails", COLUMN_COUNT, "messages", .bar = true },
	{ "share", "Share", COLUMN_PERCENT, "percent" },
	{ "bytes", "Size", COLUMN_BYTES, "bytes" },
};
static const struct panel_column TRANSPORT_COLUMNS[] = {
	{ "transport", "Transport", COLUMN_TEXT, NULL },
	{ "delivered", "Delivered", COLUMN_COUNT, "recipients", .tone = TONE_GOOD },
	{ "deferrals", "Deferrals", COLUMN_COUNT, "attempts", .tone = TONE_WAIT },
	{ "bounced", "Bounced", COLUMN_COUNT, "recipients", .tone = TONE_BAD },
	{ "bytes", "Size", COLUMN_BYTES, "bytes", .spare = true },
};

static void *protocols_new(const struct panel_ops *ops, struct counters *c)
{
	struct protocols_state *s = xcalloc(1, sizeof *s);
	bool transports = ops->variant == TRANSPORTS;

	s->c = c;
	tally_init(&s->t, transports ? TRANSPORT_VALUES : PROTOCOL_VALUES, ROWS_MAX);
	s->t.other = tally_pair(SYM_OTHER, transports ? SYM_NONE : SYM_OTHER);
	counters_add_tally(c, &(struct named_tally){
				      .t = &s->t, .major = PART_SYMBOL, .minor = PART_SYMBOL, .weights = transports ? 3 : 1 });
	return s;
}

static void protocols_free(void *state)
{
	struct protocols_state *s = state;

	tally_done(&s->t);
	free(s);
}

static void protocols_message(void *state, const struct counted_message *cm)
{
	struct protocols_state *s = state;
	const struct message *m = cm->m;
	sym_t service;
	int64_t *v;

	if (!cm->received)
		return;
	service = counters_text(s->c, MEMO_TEXT, m->submitted_locally && !m->service.p ? SLICE("local") : m->service);
	v = tally_row(&s->t, tally_pair(service, counters_text(s->c, MEMO_FOLDED, m->protocol)));
	v[MAILS]++;
	v[BYTES] += cm->bytes;
	s->mails++;
}

static void count_try(struct protocols_state *s, const struct counted_message *cm, const struct attempt *a)
{
	int64_t *v;

	if (!a->tried || a->outcome == OUTCOME_EXPANDED)
		return;
	v = tally_row(&s->t, tally_pair(counters_text(s->c, MEMO_TEXT, a->transport), SYM_NONE));
	if (a->outcome == OUTCOME_DELIVERED || a->outcome == OUTCOME_RELAYED) {
		v[DELIVERED]++;
		v[TRANSPORT_BYTES] += cm->bytes;
	} else if (a->outcome == OUTCOME_DEFERRED) {
		v[DEFERRALS]++;
	} else if (a->outcome == OUTCOME_BOUNCED || a->outcome == OUTCOME_EXPIRED) {
		v[BOUNCED]++;
	}
}

static void transports_message(void *state, const struct counted_message *cm)
{
	for (size_t i = 0; i < cm->n_recipients; i++)
		for (const struct attempt *a = cm->recipients[i].r->attempts; a; a = a->next)
			count_try(state, cm, a);
}

static void protocols_build(void *state, struct panel_build *b)
{
	struct protocols_state *s = state;
	size_t *top = build_top(b, &s->t, order_by_values);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_cell *cells = b->panel->rows[i].cells;
		uint64_t key = tally_key(&s->t, top[i]);
		const int64_t *v = tally_values(&s->t, top[i]);

		cells[0] = cell_text(build_name(b, tally_major(key)));
		cells[1] = cell_text(build_name(b, tally_minor(key)));
		cells[2] = cell_value(v[MAILS]);
		cells[3] = cell_value(share_of(v[MAILS], s->mails));
		cells[4] = cell_value(v[BYTES]);
	}
}

static void transports_build(void *state, struct panel_build *b)
{
	struct protocols_state *s = state;
	size_t *top = build_top(b, &s->t, order_by_values);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_cell *cells = b->panel->rows[i].cells;

		cells[0] = cell_text(build_name(b, tally_major(tally_key(&s->t, top[i]))));
		for (int k = 0; k < TRANSPORT_VALUES; k++)
			cells[1 + k] = cell_value(tally_values(&s->t, top[i])[k]);
	}
}

const struct panel_ops panel_protocols = {
	.id = "protocols",
	.title = "How mail came in",
	.on_request = true,
	.columns = PROTOCOL_COLUMNS,
	.n_columns = ARRAY_LEN(PROTOCOL_COLUMNS),
	.variant = PROTOCOLS,
	.details = DETAIL_PROTOCOL,
	.new = protocols_new,
	.free = protocols_free,
	.on_message = protocols_message,
	.build = protocols_build,
};

const struct panel_ops panel_transports = {
	.id = "transports",
	.title = "Deliveries by transport",
	.on_request = true,
	.columns = TRANSPORT_COLUMNS,
	.n_columns = ARRAY_LEN(TRANSPORT_COLUMNS),
	.variant = TRANSPORTS,
	.details = DETAIL_TRANSPORT,
	.new = protocols_new,
	.free = protocols_free,
	.on_message = transports_message,
	.build = transports_build,
};

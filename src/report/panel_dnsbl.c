/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_dnsbl.c - clients that DNS blocklists list, by list
 *
 * Refusals whose reply names the list, and what postscreen's dnsblog says of each answer: a client may be listed and
 * still be let in.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/attr.h"
#include "report/memo.h"
#include "report/panels.h"
#include "report/seen.h"

#define CLIENTS_MAX ((size_t)1 << 18)

enum { REFUSED, LISTED, CLIENTS, SEEN, VALUES = SEEN + SEEN_VALUES };

struct dnsbl_state {
	struct counters *c;
	struct tally lists;   /* names */
	struct tally clients; /* (list, client) */
};

static const struct panel_column COLUMNS[] = {
	{ "list", "List", COLUMN_TEXT, NULL },
	{ "refused", "Refused", COLUMN_COUNT, "refusals", .bar = true },
	{ "listed", "Looked up and listed", COLUMN_COUNT, "answers", .spare = true },
	{ "clients", "Clients", COLUMN_COUNT, "clients" },
	SEEN_COLUMNS,
};

static void dnsbl_merge(int64_t *into, const int64_t *from)
{
	into[REFUSED] += from[REFUSED];
	into[LISTED] += from[LISTED];
	into[CLIENTS] += from[CLIENTS];
	seen_widen(into + SEEN, from[SEEN + SEEN_FIRST], from[SEEN + SEEN_LAST]);
}

static void *dnsbl_new(const struct panel_ops *ops, struct counters *c)
{
	struct dnsbl_state *s = xcalloc(1, sizeof *s);

	(void)ops;
	s->c = c;
	tally_init(&s->lists, VALUES, 0);
	s->lists.other = tally_pair(SYM_OTHER, 0);
	tally_init(&s->clients, 1, CLIENTS_MAX);
	s->clients.other = tally_pair(SYM_OTHER, SYM_OTHER);
	counters_add_tally(c, &(struct named_tally){ .t = &s->lists, .major = PART_SYMBOL, .weights = 2, .merge = dnsbl_merge });
	counters_add_tally(c, &(struct named_tally){ .t = &s->clients, .major = PART_SYMBOL, .minor = PART_CLIENT, .weights = 1 });
	return s;
}

static void dnsbl_free(void *state)
{
	struct dnsbl_state *s = state;

	tally_done(&s->lists);
	tally_done(&s->clients);
	free(s);
}

static void count(struct dnsbl_state *s, sym_t sym, const struct name *client, const int64_t *value)
{
	int64_t *seen = client ? tally_row(&s->clients, tally_pair(sym, client->ref)) : NULL;
	int64_t *v = tally_row(&s->lists, tally_pair(sym, 0));

	dnsbl_merge(v, value);
	v[CLIENTS] += seen && seen[0]++ == 0;
}

/* "... is in an RBL, see https://www.spamhaus.org/query/...", as cPanel writes: the zone is not named, who keeps it is */
static struct slice keeper(struct slice reply)
{
	static const struct slice WORDS[] = {
		LIT("in an RBL"), LIT("DNSBL"), LIT("blocklist"), LIT("blacklist"), LIT("black list"),
	};
	struct slice link = slice_from(reply, slice_find(reply, SLICE("://")));
	size_t k = 0, n = 3;

	if (link.n <= 3)
		return SLICE_NONE;
	while (k < ARRAY_LEN(WORDS) && !slice_contains_fold(reply, WORDS[k]))
		k++;
	if (k == ARRAY_LEN(WORDS))
		return SLICE_NONE;
	while (n < link.n && (ascii_alnum(link.p[n]) || link.p[n] == '-' || link.p[n] == '.'))
		n++;
	link = slice_of(link.p + 3, n - 3);
	return slice_starts(link, "www.") ? slice_from(link, 4) : link;
}

/* the list that a reply names, or who keeps it; SYM_NONE: neither */
static sym_t list_of(struct dnsbl_state *s, struct slice reply)
{
	struct complaint complaint = { .reply = reply, .smtp_code = -1, .said_by = SAID_BY_US };
	struct memo_slot *slot = counters_memo(s->c, MEMO_LIST, reply);
	struct slice list;
	sym_t sym;

	if (slot && memo_is(slot, reply))
		return slot->sym;
	list = reply_list(&complaint);
	if (!list.n)
		list = keeper(reply);
	sym = list.n ? counters_text(s->c, MEMO_FOLDED, list) : SYM_NONE;
	if (slot)
		memo_set(slot, reply, sym);
	return sym;
}

static void dnsbl_rejection(void *state, const struct counted_rejection *cr)
{
	int64_t value[VALUES] = { [REFUSED] = cr->r->attempts };
	sym_t list = cr->r->reply.p ? list_of(state, cr->r->reply) : SYM_NONE;

	if (!list)
		return;
	seen_at(value + SEEN, cr->r->time_us);
	count(state, list, cr->client, value);
}

static void dnsbl_listing(void *state, const struct counted_listing *cl)
{
	int64_t value[VALUES] = { [LISTED] = 1 };

	seen_at(value + SEEN, cl->l->time_us);
	count(state, counters_text(((struct dnsbl_state *)state)->c, MEMO_FOLDED, cl->l->list), cl->client, value);
}

static void dnsbl_build(void *state, struct panel_build *b)
{
	struct dnsbl_state *s = state;
	size_t *top = build_top(b, &s->lists, order_by_values);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		const int64_t *v = tally_values(&s->lists, top[i]);

		row->cells[0] = cell_text(build_name(b, tally_major(tally_key(&s->lists, top[i]))));
		for (int k = REFUSED; k <= CLIENTS; k++)
			row->cells[1 + k] = cell_value(v[k]);
		seen_cells(row->cells + 4, v + SEEN);
	}
}

const struct panel_ops panel_dnsbl = {
	.id = "dnsbl",
	.title = "Clients on DNS blocklists, by list",
	.on_request = true,
	.names = WANT_CLIENT,
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = dnsbl_new,
	.free = dnsbl_free,
	.on_rejection = dnsbl_rejection,
	.on_listing = dnsbl_listing,
	.build = dnsbl_build,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_login_networks.c - failed logins by network: the /24 of an IPv4 address, the /64 of an IPv6 address
 *
 * Who guesses from many addresses of one network shows up here and not in the list by address.  Addresses and accounts are found
 * when the panel is built, from the pairs that failed.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/ip.h"
#include "report/panels.h"
#include "report/reasons.h"

#define V4_BITS      24
#define V6_BITS      64
/* A key is the first 64 bits of an address.  None of IPv6 begins with 32 ones (RFC 4291: that is multicast, ff00::/8, with reserved
 * flags), so these stand before the 32 bits of IPv4 and what is no network. */
#define KEY_V4       (UINT64_C(0xffffffff) << 32)
#define KEY_NOT_TOLD UINT64_C(0xfffffffffffffffe) /* 255.255.255.254 is no /24 */
#define KEY_OTHER    UINT64_MAX

enum { FAILED, SUCCEEDED, FIRST, LAST, VALUES };

#define KNOWN_CLIENTS 256 /* a power of two */

struct networks_state {
	struct counters *c;
	struct tally t;
	/* the rows of the last clients, by ref: most log in again and again */
	struct known_client {
		uint32_t ref; /* 0: none */
		uint32_t row;
	} known[KNOWN_CLIENTS];
};

static const struct panel_column COLUMNS[] = {
	{ "network", "Network", COLUMN_TEXT, NULL },
	{ "failed", "Failed", COLUMN_COUNT, "attempts", .tone = TONE_BAD },
	{ "addresses", "Addresses", COLUMN_COUNT, "addresses" },
	{ "accounts", "Accounts", COLUMN_COUNT, "accounts" },
	{ "successes", "Succeeded", COLUMN_COUNT, "logins" },
	{ "first", "First", COLUMN_TIME, NULL, .brief = true, .spare = true },
	{ "last", "Last", COLUMN_TIME, NULL, .brief = true },
};

/* a row of failures and successes; one that has not failed has no times */
static void networks_merge(int64_t *into, const int64_t *from)
{
	if (!into[FAILED])
		into[FIRST] = into[LAST] = USEC_NONE;
	into[FAILED] += from[FAILED];
	into[SUCCEEDED] += from[SUCCEEDED];
	if (from[FAILED])
		widen_span(&into[FIRST], &into[LAST], from[FIRST], from[LAST]);
}

static void *networks_new(const struct panel_ops *ops, struct counters *c)
{
	struct networks_state *s = xcalloc(1, sizeof *s);

	(void)ops;
	s->c = c;
	tally_init(&s->t, VALUES, 0);
	s->t.other = KEY_OTHER;
	counters_add_tally(c, &(struct named_tally){ .t = &s->t, .weights = 2, .merge = networks_merge });
	return s;
}

static void networks_free(void *state)
{
	struct networks_state *s = state;

	tally_done(&s->t);
	free(s);
}

static uint64_t network_key(struct slice address)
{
	uint64_t key = 0;
	struct ip ip;

	if (!address.p || !ip_parse(address, &ip))
		return KEY_NOT_TOLD;
	if (ip_is_v4(&ip))
		return KEY_V4 | (uint64_t)ip.b[12] << 24 | (uint64_t)ip.b[13] << 16 | (uint64_t)ip.b[14] << 8;
	for (int i = 0; i < V6_BITS / 8; i++)
		key = key << 8 | ip.b[i];
	return key;
}

static int64_t *row_of(struct networks_state *s, const struct counted_login *cl)
{
	struct known_client *known = &s->known[cl->client->ref % KNOWN_CLIENTS];
	int64_t *v;

	if (cl->client->ref > NAME_OTHER && known->ref == cl->client->ref)
		return tally_values(&s->t, known->row);
	v = tally_row(&s->t, network_key(cl->l->client_ip));
	*known = (struct known_client){ cl->client->ref, (uint32_t)tally_index(&s->t, v) };
	return v;
}

static void networks_fold(void *state)
{
	struct networks_state *s = state;

	memset(s->known, 0, sizeof s->known);
}

static void networks_login(void *state, const struct counted_login *cl)
{
	struct networks_state *s = state;
	const struct login *l = cl->l;
	int64_t *v = row_of(s, cl);

	if (l->success) {
		v[SUCCEEDED]++;
		return;
	}
	if (!v[FAILED])
		v[FIRST] = v[LAST] = l->time_us;
	v[FAILED] += l->attempts;
	widen_span(&v[FIRST], &v[LAST], l->time_us, l->time_us);
}

/* --- rows --------------------------------------------------------------------------------------------- */

/* how many addresses and accounts failed in each network: rows of `t` by index */
enum { ADDRESSES, ACCOUNTS, OTHERS_VALUES };

static void count_others(const struct networks_state *s, struct tally *others)
{
	const struct tally *pairs = &s->c->login_pairs;
	struct tally clients, accounts; /* met before: client -> network; (network, account) */

	tally_init(&clients, 1, SIZE_MAX);
	tally_init(&accounts, 1, SIZE_MAX);
	for (size_t i = 0; i < pairs->n; i++) {
		uint64_t key = tally_key(pairs, i);
		uint32_t client = tally_major(key), user = tally_minor(key);
		int64_t *network, *v;
		const int64_t *row;

		if (client <= NAME_OTHER || key == tally_other(pairs, key))
			continue;
		network = tally_row(&clients, client);
		if (!network[0]) {
			row = tally_find(&s->t, network_key(names_text(&s->c->clients, names_at(&s->c->clients, client))));
			network[0] = row ? (int64_t)tally_index(&s->t, row) + 1 : -1;
			if (row)
				tally_row(others, (uint64_t)network[0])[ADDRESSES]++;
		}
		if (network[0] < 0 || user <= NAME_OTHER)
			continue;
		v = tally_row(&accounts, tally_pair((uint32_t)network[0], user));
		if (!v[0]++)
			tally_row(others, (uint64_t)network[0])[ACCOUNTS]++;
	}
	tally_done(&clients);
	tally_done(&accounts);
}

static int order_networks(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	uint64_t ka = tally_key(t, a), kb = tally_key(t, b);
	int c = order_values(t, a, b);

	(void)ctx;
	return c ? c : (ka > kb) - (ka < kb);
}

static struct slice network_text(struct panel_build *b, uint64_t key)
{
	struct strbuf *sb = &b->counters->scratch;
	struct ip ip = { 0 };
	char text[IP_TEXT_BYTES];
	bool v4 = key >> 32 == KEY_V4 >> 32;

	if (key == KEY_OTHER)
		return SLICE("(other)");
	if (key == KEY_NOT_TOLD)
		return SLICE("(not told)");
	if (v4)
		ip.b[10] = ip.b[11] = 0xff;
	for (int i = 0; i < (v4 ? 4 : 8); i++)
		ip.b[(v4 ? 12 : 0) + i] = (uint8_t)(key >> (v4 ? 24 - 8 * i : 56 - 8 * i));
	strbuf_clear(sb);
	strbuf_add(sb, ip_text(&ip, text));
	strbuf_printf(sb, "/%d", v4 ? V4_BITS : V6_BITS);
	return arena_copy(b->arena, strbuf_slice(sb));
}

/* the networks that failed, as a tally of their own */
static void copy_failed(const struct tally *from, struct tally *to)
{
	tally_init(to, VALUES, SIZE_MAX);
	for (size_t i = 0; i < from->n; i++)
		if (tally_values(from, i)[FAILED])
			memcpy(tally_row(to, tally_key(from, i)), tally_values(from, i), VALUES * sizeof(int64_t));
}

static void fill(const struct networks_state *s, struct panel_build *b, struct panel_row *row, uint64_t key,
		 const int64_t *v, const struct tally *others, struct strbuf *filter)
{
	bool network = key != KEY_OTHER && key != KEY_NOT_TOLD;
	const int64_t *o = tally_find(others, tally_index(&s->t, tally_find(&s->t, key)) + 1);

	row->cells[0] = cell_text(network_text(b, key));
	row->cells[1] = cell_value(v[FAILED]);
	if (o || !network || !counters_folded(s->c)) { /* else the pairs were folded */
		row->cells[2] = cell_value(o ? o[ADDRESSES] : network ? 0 : PANEL_NULL);
		row->cells[3] = cell_value(o ? o[ACCOUNTS] : network ? 0 : PANEL_NULL);
	}
	row->cells[4] = cell_value(v[SUCCEEDED]);
	row->cells[5] = cell_value(v[FIRST]);
	row->cells[6] = cell_value(v[LAST]);
	if (network)
		build_filter(b, filter, "--ip", row->cells[0].text);
	build_filter_end(b, row, filter);
}

static void networks_build(void *state, struct panel_build *b)
{
	struct networks_state *s = state;
	struct strbuf filter = { 0 };
	struct tally failed, others;
	size_t *top;

	copy_failed(&s->t, &failed);
	tally_init(&others, OTHERS_VALUES, SIZE_MAX);
	count_others(s, &others);
	top = build_top(b, &failed, order_networks);
	for (size_t i = 0; i < b->panel->n_rows; i++)
		fill(s, b, &b->panel->rows[i], tally_key(&failed, top[i]), tally_values(&failed, top[i]), &others, &filter);
	tally_done(&failed);
	tally_done(&others);
	strbuf_done(&filter);
}

const struct panel_ops panel_login_networks = {
	.id = "login_networks",
	.title = "Failed logins by network",
	.on_request = true,
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = networks_new,
	.free = networks_free,
	.on_login = networks_login,
	.on_fold = networks_fold,
	.build = networks_build,
};

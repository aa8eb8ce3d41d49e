/* SPDX-License-Identifier: Apache-2.0 */
/*
 * campaign.c - many addresses that work through the same list of accounts: a botnet
 *
 * Honest mistakes are private: the one who mistypes a password is the one who owns the account.  Accounts at which several
 * strangers fail, and strangers that fail at such accounts, belong together; each such cluster is one campaign.  It takes every address only
 * a try or two, so that no limit per address sees it.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "detect/detectors.h"
#include "detect/logins.h"

#define PER_ACCOUNT 3 /* strangers at an account that make it one of a list */

enum { ADDRESSES, ACCOUNTS, NETWORKS, WINDOW };

static const struct detector_setting SETTINGS[] = {
	[ADDRESSES] = { "addresses", SETTING_COUNT, 10, 3, 100000, "strange addresses that fail at the same accounts" },
	[ACCOUNTS] = { "accounts", SETTING_COUNT, 2, 2, 100000, "so many accounts" },
	[NETWORKS] = { "networks", SETTING_COUNT, 5, 1, 100000, "from so many networks (/24, /48)" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_DAY, USEC_PER_MIN, 30 * USEC_PER_DAY, "within this time" },
};

/* --- clusters ----------------------------------------------------------------------------------------- */

/* an address at an account of a list */
struct pairing {
	struct ip_net address;
	usec_t first_us, last_us;
	uint32_t account;    /* place among the accounts */
	uint32_t failures;
};

struct accounts {
	const struct watch_context *c;
	const struct known_account **items;
	uint32_t *parent;    /* of the cluster that an account belongs to */
	size_t n, cap;
	struct pairing *pairings;
	size_t n_pairings, pairings_cap;
};

static uint32_t root_of(struct accounts *a, uint32_t i)
{
	while (a->parent[i] != i) {
		a->parent[i] = a->parent[a->parent[i]];
		i = a->parent[i];
	}
	return i;
}

static int by_address(const void *a, const void *b)
{
	const struct pairing *x = a, *y = b;
	int r = memcmp(&x->address, &y->address, sizeof x->address);

	return r ? r : x->account < y->account ? -1 : x->account > y->account;
}

static void gather(void *ctx, const struct known_account *e)
{
	struct accounts *a = ctx;
	size_t before = a->n_pairings;

	if (!e->watched)
		return;
	for (uint32_t k = 0; k < e->addresses.n; k++) {
		const struct watch_peer *p = &e->addresses.items[k];
		struct ip_net net = watch_key_net(watch_peer_key(p));

		if (!p->failures || !login_is_stranger(a->c->detect, &net, e->entry.key))
			continue;
		a->pairings = vec_grow(a->pairings, a->n_pairings, &a->pairings_cap, sizeof *a->pairings);
		a->pairings[a->n_pairings++] = (struct pairing){ net, p->first_failure_us, p->last_failure_us, (uint32_t)a->n, p->failures };
	}
	if (a->n_pairings - before < PER_ACCOUNT) {
		a->n_pairings = before;
		return;
	}
	a->items = vec_grow(a->items, a->n, &a->cap, sizeof *a->items);
	a->items[a->n++] = e;
}

/* Accounts that an address has in common are one cluster. */
static void join(struct accounts *a)
{
	a->parent = xcalloc(a->n + 1, sizeof *a->parent);
	for (uint32_t i = 0; i < a->n; i++)
		a->parent[i] = i;
	if (a->n_pairings)
		qsort(a->pairings, a->n_pairings, sizeof *a->pairings, by_address);
	for (size_t i = 1; i < a->n_pairings; i++)
		if (memcmp(&a->pairings[i].address, &a->pairings[i - 1].address, sizeof a->pairings[i].address) == 0)
			a->parent[root_of(a, a->pairings[i].account)] = root_of(a, a->pairings[i - 1].account);
}

/* One try per address joins nothing; lists that are worked through at the same time by strangers of the same kind are one, too. */
static void join_by_time(struct accounts *a, usec_t window)
{
	for (uint32_t i = 1; i < a->n; i++)
		for (uint32_t k = 0; k < i && k < 64; k++) {
			const struct watch_entry *x = &a->items[i]->entry, *y = &a->items[k]->entry;

			if (x->first_us <= y->last_us + window && y->first_us <= x->last_us + window) {
				a->parent[root_of(a, i)] = root_of(a, k);
				break;
			}
		}
}

/* --- telling ------------------------------------------------------------------------------------------ */

struct cluster {
	struct ip_net *addresses; /* in order */
	size_t n;
	uint64_t failures;
	uint32_t accounts, root;
	usec_t first_us, last_us;
	struct watch_lines lines;
	struct slice names[6];
};

static void collect(struct accounts *a, uint32_t root, struct cluster *c)
{
	c->addresses = xcalloc(a->n_pairings + 1, sizeof *c->addresses);
	c->first_us = INT64_MAX;
	c->last_us = USEC_NONE;
	for (size_t i = 0; i < a->n_pairings; i++) {
		const struct pairing *p = &a->pairings[i];

		if (root_of(a, p->account) != root)
			continue;
		c->failures += p->failures;
		if (p->first_us < c->first_us)
			c->first_us = p->first_us;
		if (p->last_us > c->last_us)
			c->last_us = p->last_us;
		if (!c->n || memcmp(&c->addresses[c->n - 1], &p->address, sizeof p->address) != 0)
			c->addresses[c->n++] = p->address;
	}
	for (uint32_t i = 0; i < a->n; i++) {
		if (root_of(a, i) != root)
			continue;
		if (c->accounts < ARRAY_LEN(c->names))
			c->names[c->accounts] = a->items[i]->entry.key;
		if (!c->accounts++ && a->items[i]->lines)
			c->lines = *a->items[i]->lines;
	}
}

static void tell(const struct watch_context *c, const struct cluster *x)
{
	struct strbuf names = { 0 }, subject = { 0 };
	struct finding *f;

	for (uint32_t i = 0; i < x->accounts && i < ARRAY_LEN(x->names); i++) {
		if (i)
			strbuf_add(&names, SLICE(", "));
		strbuf_add(&names, x->names[i]);
	}
	if (x->accounts > ARRAY_LEN(x->names))
		strbuf_add(&names, SLICE(", ..."));
	strbuf_printf(&subject, "%zu addresses", x->n);
	f = detect_report(c, SUBJECT_CAMPAIGN, strbuf_slice(&subject));
	strbuf_done(&subject);
	const struct tr_value values[] = {
		{ "n", detect_count_text(c, x->n) },
		{ "networks", detect_count_text(c, login_networks(x->addresses, x->n)) },
		{ "failures", detect_count_text(c, x->failures) },
		{ "accounts", detect_count_text(c, x->accounts) },
		{ "span", detect_span_text(c, usec_since(x->first_us, x->last_us)) },
	};
	finding_level(f, LEVEL_MEDIUM, x->n >= 2 * (uint64_t)c->settings[ADDRESSES] ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	f->blames = f->blockable = true;
	finding_when(f, x->first_us, x->last_us);
	finding_setting(c, f, ADDRESSES);
	finding_summary(c, f, TR_KEY("threat.campaign.summary",
				     "{n} addresses of {networks} networks share a list of {accounts} accounts and tried {failures} passwords within {span}."),
			values, ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.campaign.action",
				    "Each address stays below any limit, so block them together, and see to it that the accounts have long passwords "
				    "that are used nowhere else."), NULL, 0);
	finding_count(f, "addresses", TR_KEY("threat.evidence.addresses", "addresses"), (int64_t)x->n, -1);
	finding_count(f, "networks", TR_KEY("threat.evidence.networks", "networks"), (int64_t)login_networks(x->addresses, x->n), -1);
	finding_count(f, "failures", TR_KEY("threat.evidence.failures", "failed logins"), (int64_t)x->failures, -1);
	finding_count(f, "accounts", TR_KEY("threat.evidence.accounts", "accounts tried"), x->accounts, -1);
	finding_text(c, f, "list", TR_KEY("threat.evidence.list", "the accounts"), strbuf_slice(&names));
	strbuf_done(&names);
	finding_members(c, f, SUBJECT_ADDRESS, x->n);
	for (size_t i = 0; i < x->n; i++)
		finding_member_net(c, f, &x->addresses[i]);
	finding_lines(f, &x->lines);
}

static void *new(const struct watch_context *c)
{
	return (void *)(uintptr_t)c;
}

static void end(void *state)
{
	const struct watch_context *c = state;
	const int64_t *set = c->settings;
	struct accounts a = { .c = c };

	known_each_account(detect_known(c->detect), PER_ACCOUNT, gather, &a);
	join(&a);
	join_by_time(&a, set[WINDOW]);
	for (uint32_t i = 0; i < a.n; i++) {
		struct cluster x = { .root = i };

		if (root_of(&a, i) != i)
			continue;
		collect(&a, i, &x);
		if (x.n >= (uint64_t)set[ADDRESSES] && x.accounts >= set[ACCOUNTS] && login_networks(x.addresses, x.n) >= (uint64_t)set[NETWORKS])
			tell(c, &x);
		free(x.addresses);
	}
	free(a.items);
	free(a.parent);
	free(a.pairings);
}

const struct detector detector_campaign = {
	.id = "campaign",
	.title = TR_KEY("threat.campaign.title", "work through one list of accounts"),
	.ban = "works through a list of accounts together with others",
	.help = "Many addresses, each with a try or two, that fail at the same accounts. Passes over addresses from which anybody logs in or sends "
		"mail, and devices with an old password.",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = new,
	.end = end,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_guessing.c - several addresses of one neighbourhood (/24, of IPv6 /48) that try passwords together
 *
 * Whoever rents a small network spreads the work over it, so that each address stays below the limits.  The network itself is
 * blamed only if nobody honest was seen in it; else its guessers are, one by one.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "detect/detectors.h"
#include "detect/logins.h"

enum { ADDRESSES, FAILURES, WINDOW };

static const struct detector_setting SETTINGS[] = {
	[ADDRESSES] = { "addresses", SETTING_COUNT, 3, 2, 256, "addresses of one network with failed logins" },
	[FAILURES] = { "failures", SETTING_COUNT, 8, 2, 1000000, "and so many failures in all" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_HOUR, USEC_PER_SEC, 7 * USEC_PER_DAY, "within this time" },
};

static bool names_account(const struct known_address *a)
{
	for (uint32_t i = 0; i < a->accounts.n; i++)
		if (a->accounts.items[i].failures && a->accounts.items[i].key_n)
			return true;
	return false;
}

/* the addresses of one network that guess */
struct guilty {
	const struct watch_context *c;
	struct ip_net net;
	const struct known_address *items[PEERS_MAX];
	uint32_t n, failures;
	uint64_t more;
	usec_t first_us, last_us;
	struct watch_peers accounts;
};

static usec_t last_failure(const struct known_address *a)
{
	usec_t last = USEC_NONE;

	for (uint32_t i = 0; i < a->accounts.n; i++)
		if (a->accounts.items[i].last_failure_us > last)
			last = a->accounts.items[i].last_failure_us;
	return last;
}

static bool may_be_guilty(const struct detect *d, const struct known_address *a)
{
	struct ip_net address = watch_key_net(a->entry.key);
	struct known_foreign foreign;

	if (!a->watched || !a->failures)
		return false;
	foreign = known_foreign(a);
	return foreign.failures && foreign.accounts > known_homes(a) && !login_looks_like_device(d, a) && !detect_trusts_net(d, &address);
}

static int by_time(const void *a, const void *b)
{
	const struct known_address *x = *(const struct known_address *const *)a, *y = *(const struct known_address *const *)b;

	if (x->first_failure_us != y->first_failure_us)
		return x->first_failure_us < y->first_failure_us ? -1 : 1;
	return slice_cmp(x->entry.key, y->entry.key);
}

static int by_key(const void *a, const void *b)
{
	return slice_cmp((*(const struct known_address *const *)a)->entry.key, (*(const struct known_address *const *)b)->entry.key);
}

/* Only those of the densest time are left, and of a log that names accounts only those that named one: the others may have had another trouble. */
static void narrow(struct guilty *g)
{
	usec_t window = g->c->settings[WINDOW];
	uint32_t best = 0, most = 0, from = 0, kept = 0;
	bool any_named = false;

	for (uint32_t i = 0; i < g->n; i++)
		any_named |= names_account(g->items[i]);
	for (uint32_t i = 0; i < g->n; i++)
		if (!any_named || names_account(g->items[i]))
			g->items[kept++] = g->items[i];
	g->n = kept;
	if (!kept)
		return;
	qsort(g->items, kept, sizeof *g->items, by_time);
	for (uint32_t i = 0; i < kept; i++) {
		while (g->items[i]->first_failure_us > last_failure(g->items[from]) + window)
			from++;
		if (i - from + 1 > most) {
			most = i - from + 1;
			best = from;
		}
	}
	memmove(g->items, g->items + best, most * sizeof *g->items);
	g->n = most;
	qsort(g->items, most, sizeof *g->items, by_key);
}

static void add_up(struct guilty *g)
{
	struct watch_meter *m = detect_meter(g->c->detect);

	g->first_us = INT64_MAX;
	g->last_us = USEC_NONE;
	for (uint32_t i = 0; i < g->n; i++) {
		const struct known_address *a = g->items[i];
		usec_t last = last_failure(a);

		g->failures += known_foreign(a).failures;
		if (a->first_failure_us < g->first_us)
			g->first_us = a->first_failure_us;
		if (last > g->last_us)
			g->last_us = last;
		for (uint32_t k = 0; k < a->accounts.n; k++)
			if (a->accounts.items[k].key_n && a->accounts.items[k].failures && !known_at_home(&a->accounts.items[k]))
				(void)watch_peers_at(&g->accounts, watch_peer_key(&a->accounts.items[k]), m);
	}
}

struct neighbours {
	uint32_t honest;     /* addresses from which somebody logs in, or whose mail is taken */
};

static bool count_honest(void *ctx, const struct known_address *a)
{
	struct neighbours *n = ctx;

	if (a->mails || known_homes(a))
		n->honest++;
	return true;
}

static struct finding *begin(const struct watch_context *c, const struct ip_net *net, uint32_t honest)
{
	char text[WATCH_NET_BYTES];
	struct finding *f;

	if (!honest)
		return detect_report_net(c, net);
	f = detect_report(c, SUBJECT_CAMPAIGN, watch_net_text(net, text));
	f->blames = f->blockable = true;
	return f;
}

static void tell(const struct guilty *g)
{
	const struct watch_context *c = g->c;
	struct neighbours near = { 0 };
	struct finding *f;

	known_within(detect_known(c->detect), &g->net, count_honest, &near);
	f = begin(c, &g->net, near.honest);
	const struct tr_value values[] = {
		{ "net", f->subject },
		{ "n", detect_count_text(c, g->n) },
		{ "failures", detect_count_text(c, g->failures) },
		{ "accounts", detect_count_text(c, g->accounts.n) },
		{ "honest", near.honest ? detect_count_text(c, near.honest) : SLICE_NONE },
	};
	finding_level(f, LEVEL_MEDIUM, g->n >= 2 * (uint64_t)c->settings[ADDRESSES] ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	finding_when(f, g->first_us, g->last_us);
	finding_setting(c, f, ADDRESSES);
	finding_summary(c, f, TR_KEY("threat.network_guessing.summary",
				     "{n} addresses of {net} tried {failures} passwords, for {accounts} accounts."), values, ARRAY_LEN(values));
	if (near.honest)
		finding_action(c, f, TR_KEY("threat.network_guessing.action_members",
					    "Block these addresses, not the whole network: honest mail comes from {honest} others in it."),
			       values, ARRAY_LEN(values));
	else
		finding_action(c, f, TR_KEY("threat.network_guessing.action",
					    "Block the network: nobody honest was seen in it."), NULL, 0);
	finding_trace(c, f, "--ip", f->subject);
	finding_count(f, "addresses", TR_KEY("threat.evidence.addresses", "addresses"), g->n, -1);
	finding_count(f, "failures", TR_KEY("threat.evidence.failures", "failed logins"), g->failures, -1);
	finding_count(f, "accounts", TR_KEY("threat.evidence.accounts", "accounts tried"), g->accounts.n, -1);
	if (near.honest)
		finding_count(f, "honest", TR_KEY("threat.evidence.honest", "honest addresses in the network"), near.honest, -1);
	finding_members(c, f, SUBJECT_ADDRESS, g->n);
	for (uint32_t i = 0; i < g->n; i++) {
		struct ip_net address = watch_key_net(g->items[i]->entry.key);

		finding_member_net(c, f, &address);
	}
	f->more_members += g->more;
	login_first_lines(f, g->items, g->n);
}

static void judge(struct guilty *g)
{
	const int64_t *set = g->c->settings;

	if (g->n >= set[ADDRESSES]) {
		narrow(g);
		add_up(g);
		/* one account from several addresses is a phone that changes them */
		if (g->n >= set[ADDRESSES] && g->failures >= set[FAILURES] && g->accounts.n != 1)
			tell(g);
		watch_peers_done(&g->accounts, detect_meter(g->c->detect));
	}
	g->n = g->failures = 0;
	g->more = 0;
}

/* addresses come in order, so those of one network one after the other */
static void take(void *ctx, const struct known_address *a)
{
	struct guilty *g = ctx;
	struct ip_net address = watch_key_net(a->entry.key);

	if (!a->failures)
		return;
	if (!ip_in_net(&address.addr, &g->net)) {
		judge(g);
		g->net = watch_network(&address.addr);
	}
	if (!may_be_guilty(g->c->detect, a))
		return;
	if (g->n < PEERS_MAX)
		g->items[g->n++] = a;
	else
		g->more++;
}

static void *new(const struct watch_context *c)
{
	struct guilty *g = xcalloc(1, sizeof *g);

	g->c = c;
	g->net.bits = 128;
	return g;
}

static void end(void *state)
{
	struct guilty *g = state;

	known_each_address(detect_known(g->c->detect), take, g);
	judge(g);
}

const struct detector detector_network_guessing = {
	.id = "network_guessing",
	.title = TR_KEY("threat.network_guessing.title", "guesses passwords from several addresses"),
	.help = "Several addresses of one /24 (of IPv6 one /48) with failed logins at about the same time. Passes over devices and people that "
		"log in from there; blames the whole network only if nobody honest was seen in it.",
	.family = "networks",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = new,
	.free = free,
	.end = end,
};

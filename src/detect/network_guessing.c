/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_guessing.c - several addresses of one neighbourhood (/24, of IPv6 /48) that try passwords together
 *
 * Whoever rents a small network spreads the work over it, so that each address stays below the limits.  The network itself is
 * blamed only if nobody honest was seen in it; else its guessers are, one by one.
 */
#include "base/attr.h"
#include "detect/detectors.h"
#include "detect/logins.h"

enum { ADDRESSES, FAILURES, WINDOW };

static const struct detector_setting SETTINGS[] = {
	[ADDRESSES] = { "addresses", SETTING_COUNT, 3, 2, 256, "addresses of one network with failed logins" },
	[FAILURES] = { "failures", SETTING_COUNT, 8, 2, 1000000, "and so many failures in all" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_HOUR, USEC_PER_SEC, 7 * USEC_PER_DAY, "within this time" },
};

static void note(struct login_table *t, const struct login *l, const struct party *p)
{
	struct login_entry *e = login_table_add(t, watch_net_key(&p->network), l);
	struct watch_peer *peer = watch_peers_at(&e->peers, watch_net_key(&p->address), t->table.meter);

	if (peer)
		watch_peer_add(peer, false, l->time_us, l->attempts);
	(void)watch_window_add(&e->window, t->c->settings[WINDOW], l->time_us, (uint64_t)l->attempts, t->table.meter);
}

static void on_login(void *state, const struct login *l, const struct party *p)
{
	if (!l->success && p->has_ip)
		note(state, l, p);
}

static bool names_account(const struct known_address *a)
{
	for (uint32_t i = 0; i < a->accounts.n; i++)
		if (a->accounts.items[i].failures && a->accounts.items[i].key_n)
			return true;
	return false;
}

struct guilty {
	const struct login_entry *e;
	struct watch_peers peers;   /* the addresses; not owned: items of `e` */
	uint32_t n, failures, unnamed;
	const struct watch_peer *items[PEERS_MAX];
	struct watch_peers accounts;
};

/* those that guess at the time of the peak; a client that named no account may have had another trouble */
static void find_guilty(const struct login_table *t, const struct login_entry *e, struct guilty *g)
{
	const struct known *known = detect_known(t->c->detect);
	usec_t from = e->window.peak_us - t->c->settings[WINDOW];
	bool any_named = false;

	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < e->peers.n; i++) {
			const struct watch_peer *p = &e->peers.items[i];
			struct ip_net address = watch_key_net(watch_peer_key(p));
			const struct known_address *a = known_address(known, &address);
			struct known_foreign foreign;

			if (!a || p->last_failure_us < from || p->first_failure_us > e->window.peak_us)
				continue;
			if (pass == 0) {
				any_named |= names_account(a);
				continue;
			}
			foreign = known_foreign(a);
			if (!foreign.failures || (any_named && !names_account(a)) || foreign.accounts <= known_homes(a) ||
			    login_looks_like_device(t->c->detect, a) || detect_trusts_net(t->c->detect, &address))
				continue;
			g->items[g->n++] = p;
			g->failures += foreign.failures;
			for (uint32_t k = 0; k < a->accounts.n; k++)
				if (a->accounts.items[k].key_n && !known_at_home(&a->accounts.items[k]))
					(void)watch_peers_at(&g->accounts, watch_peer_key(&a->accounts.items[k]), t->table.meter);
		}
}

struct neighbours {
	const struct guilty *g;
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

static void tell(const struct login_table *t, const struct login_entry *e, const struct guilty *g)
{
	const struct watch_context *c = t->c;
	struct ip_net net = watch_key_net(e->entry.key);
	struct neighbours near = { g, 0 };
	struct finding *f;

	known_within(detect_known(c->detect), &net, count_honest, &near);
	f = begin(c, &net, near.honest);
	const struct tr_value values[] = {
		{ "net", f->subject },
		{ "n", detect_count_text(c, g->n) },
		{ "failures", detect_count_text(c, g->failures) },
		{ "accounts", detect_count_text(c, g->accounts.n) },
		{ "honest", near.honest ? detect_count_text(c, near.honest) : SLICE_NONE },
	};
	finding_level(f, LEVEL_MEDIUM, g->n >= 2 * (uint64_t)c->settings[ADDRESSES] ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	finding_when(f, e->entry.first_us, e->entry.last_us);
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
		struct ip_net address = watch_key_net(watch_peer_key(g->items[i]));

		finding_member_net(c, f, &address);
	}
	finding_lines(f, &e->lines);
}

static void judge(const struct login_table *t, const struct login_entry *e)
{
	const int64_t *set = t->c->settings;
	struct guilty g = { .e = e };

	if (e->window.peak < (uint64_t)set[FAILURES] || e->peers.n < (uint64_t)set[ADDRESSES])
		return;
	find_guilty(t, e, &g);
	/* one account from several addresses is a phone that changes them */
	if (g.n >= set[ADDRESSES] && g.failures >= set[FAILURES] && g.accounts.n != 1)
		tell(t, e, &g);
	watch_peers_done(&g.accounts, t->table.meter);
}

static void end(void *state)
{
	login_table_each(state, judge);
}

const struct detector detector_network_guessing = {
	.id = "network_guessing",
	.title = TR_KEY("threat.network_guessing.title", "guesses passwords from several addresses"),
	.help = "Several addresses of one /24 (of IPv6 one /48) with failed logins at about the same time. Passes over devices and people that "
		"log in from there; blames the whole network only if nobody honest was seen in it.",
	.family = "networks",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = login_table_new,
	.free = login_table_free,
	.on_login = on_login,
	.end = end,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guessed_account.c - a login that succeeds where passwords were guessed before: somebody got in
 *
 * People mistype too, and then succeed.  What tells them apart: the address fails at other accounts as well; its neighbours guess; or it
 * failed faster than anybody types and went on at once when it succeeded.  An account that was at home at the address before is no guess.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "detect/detectors.h"
#include "detect/logins.h"

#define MACHINE_GAP_US   (3 * USEC_PER_SEC)  /* between failures, on average */
#define MACHINE_PAUSE_US (5 * USEC_PER_SEC)  /* before the success */
#define LONG_ROW         20
#define LONG_ROW_GAP_US  (10 * USEC_PER_SEC)

enum { FAILURES, NEIGHBOUR_FAILURES, WINDOW };

static const struct detector_setting SETTINGS[] = {
	[FAILURES] = { "failures", SETTING_COUNT, 5, 1, 1000000, "failed logins from the address before it succeeds" },
	[NEIGHBOUR_FAILURES] = { "neighbour_failures", SETTING_COUNT, 3, 1, 1000000, "so many, if other addresses of its network guess" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_DAY, USEC_PER_MIN, 30 * USEC_PER_DAY, "within this time" },
};

/* a success that may be a guess: of one account from one address */
struct guess {
	struct watch_entry entry;    /* key: the address, then the account */
	struct watch_lines lines;
	uint32_t failures;           /* of this account from there, before the first success */
	bool like_machine;
	usec_t first_us, success_us;
	uint32_t successes;
};

static void *guesses_new(const struct watch_context *c)
{
	static const struct watch_ops OPS = { sizeof(struct guess), NULL, NULL };
	struct login_table *t = xcalloc(1, sizeof *t);

	t->c = c;
	watch_table_init(&t->table, &OPS, LOGIN_ENTRIES_MAX, detect_meter(c->detect));
	return t;
}

/* Postfix tells of a login without mail in the session's statistics only, without a name: it is that of the only account tried. */
static struct slice account_of(const struct party *p)
{
	struct slice only = SLICE_NONE;

	if (p->account.n)
		return p->account;
	for (uint32_t i = 0; i < p->from->accounts.n; i++) {
		const struct watch_peer *peer = &p->from->accounts.items[i];

		if (!peer->key_n)
			continue;
		if (only.p)
			return SLICE_NONE;
		only = watch_peer_key(peer);
	}
	return only;
}

static struct slice pair_key(const struct party *p, struct slice account, char *buf)
{
	account = slice_head(account, WATCH_KEY_BYTES - sizeof p->address);
	memcpy(buf, &p->address, sizeof p->address);
	memcpy(buf + sizeof p->address, account.p, account.n);
	return slice_of(buf, sizeof p->address + account.n);
}

/* the failures of this account from there until now */
static bool is_like_machine(const struct watch_peer *p, usec_t success_us)
{
	usec_t span = usec_since(p->first_failure_us, p->last_failure_us);

	if (p->failures < 2)
		return false;
	if (p->failures >= LONG_ROW)
		return span < (p->failures - 1) * LONG_ROW_GAP_US;
	return span < (p->failures - 1) * MACHINE_GAP_US && usec_since(p->last_failure_us, success_us) <= MACHINE_PAUSE_US;
}

/* failures of the account from there, those that nobody answered too, if it is the only one */
static uint32_t failures_before(const struct known_address *a, const struct watch_peer *p)
{
	return p->failures + (a->accounts.n <= 2 ? a->unanswered : 0);
}

static bool may_be_guess(const struct login_table *t, const struct party *p, const struct watch_peer *peer)
{
	/* at home there before it failed, if it failed */
	if (!peer || peer->successes > 1 || (peer->failures && peer->successes && peer->first_success_us < peer->first_failure_us))
		return false;
	return p->from->failures + p->from->unanswered >= (uint64_t)t->c->settings[NEIGHBOUR_FAILURES];
}

static void on_login(void *state, const struct login *l, const struct party *p)
{
	char buf[WATCH_KEY_BYTES];
	struct login_table *t = state;
	const struct watch_peer *peer;
	struct slice account;
	struct guess *g;

	if (!l->success || !p->has_ip || p->trusted || !p->from->failures)
		return;
	account = account_of(p);
	if (!account.n)
		return;
	g = watch_table_find(&t->table, pair_key(p, account, buf));
	if (!g) {
		peer = watch_peers_find(&p->from->accounts, account);
		if (!may_be_guess(t, p, peer))
			return;
		g = watch_table_at(&t->table, pair_key(p, account, buf), l->time_us);
		if (peer->failures && usec_since(peer->last_failure_us, l->time_us) <= t->c->settings[WINDOW]) {
			g->failures = failures_before(p->from, peer);
			g->like_machine = is_like_machine(peer, l->time_us);
		}
		g->first_us = peer->failures ? peer->first_failure_us : l->time_us;
		g->success_us = l->time_us;
	}
	g->entry.last_us = l->time_us;
	g->successes++;
	watch_lines_add(&g->lines, l->lines);
}

/* --- judging ------------------------------------------------------------------------------------------ */

enum why { WHY_NOT, WHY_ATTACKER, WHY_NEIGHBOURS, WHY_MACHINE };

static enum why why(const struct login_table *t, const struct guess *g, const struct known_address *a, struct slice account)
{
	const int64_t *set = t->c->settings;
	struct known_foreign foreign = login_others(a, account);
	struct ip_net net = watch_key_net(a->entry.key);

	if (known_is_shared(a))
		return WHY_NOT;
	if ((foreign.accounts >= LOGIN_OTHER_ACCOUNTS || foreign.failures >= set[FAILURES]) && foreign.accounts + 1 > known_homes(a))
		return WHY_ATTACKER;
	if (g->failures >= set[FAILURES] && g->like_machine)
		return WHY_MACHINE;
	if (g->failures < set[NEIGHBOUR_FAILURES])
		return WHY_NOT;
	return login_guessing_neighbours(t->c->detect, &net, LOGIN_NEIGHBOURS) >= LOGIN_NEIGHBOURS ? WHY_NEIGHBOURS : WHY_NOT;
}

static void tell(const struct login_table *t, const struct guess *g, const struct known_address *a, struct slice account, enum why reason)
{
	static const char *const SUMMARIES[] = {
		[WHY_ATTACKER] = TR_KEY("threat.guessed_account.attacker",
					"{ip} logged in as {who} at {time}, and it guesses at other accounts, too{, failures at this one: failures}."),
		[WHY_NEIGHBOURS] = TR_KEY("threat.guessed_account.neighbours",
					  "{ip} logged in as {who} at {time} after {failures} failures, and other addresses of its network guess passwords."),
		[WHY_MACHINE] = TR_KEY("threat.guessed_account.machine",
				       "{ip} logged in as {who} at {time} after {failures} failures that came faster than anybody types."),
	};
	const struct watch_context *c = t->c;
	struct ip_net net = watch_key_net(a->entry.key);
	char text[WATCH_NET_BYTES];
	struct finding *f = detect_report(c, SUBJECT_ACCOUNT, account);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "ip", detect_copy(c, watch_net_text(&net, text)) },
		{ "time", detect_time_text(c, g->success_us) },
		{ "failures", g->failures ? detect_count_text(c, g->failures) : SLICE_NONE },
	};

	finding_level(f, LEVEL_CRITICAL, reason == WHY_ATTACKER ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	f->blockable = true;
	finding_when(f, g->first_us, g->entry.last_us);
	finding_setting(c, f, reason == WHY_NEIGHBOURS ? NEIGHBOUR_FAILURES : FAILURES);
	finding_summary(c, f, SUMMARIES[reason], values, ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.guessed_account.action",
				    "Change the password of {who} now and end its sessions; then look at what was sent with the account "
				    "and for new forwarding rules."), values, ARRAY_LEN(values));
	finding_trace(c, f, "--user", account);
	finding_time(f, "success", TR_KEY("threat.evidence.success_time", "first success"), g->success_us);
	finding_count(f, "failures", TR_KEY("threat.evidence.failures_before", "failed logins before it"), g->failures, -1);
	finding_count(f, "logins", TR_KEY("threat.evidence.logins_since", "logins from there since"), g->successes, -1);
	finding_members(c, f, SUBJECT_ADDRESS, 1);
	finding_member_net(c, f, &net);
	finding_intruder(c, f, &net);
	finding_lines(f, &g->lines);
}

static void end(void *state)
{
	const struct login_table *t = state;
	size_t n;
	void **all = watch_table_sorted(&t->table, &n);

	for (size_t i = 0; i < n; i++) {
		const struct guess *g = all[i];
		struct ip_net net = watch_key_net(slice_head(g->entry.key, sizeof net));
		struct slice account = slice_from(g->entry.key, sizeof net);
		const struct known_address *a = known_address(detect_known(t->c->detect), &net);
		enum why reason = a ? why(t, g, a, account) : WHY_NOT;

		if (reason)
			tell(t, g, a, account, reason);
	}
	free(all);
}

const struct detector detector_guessed_account = {
	.id = "guessed_account",
	.title = TR_KEY("threat.guessed_account.title", "was guessed: a stranger has logged in"),
	.help = "A login that succeeds from an address which guessed passwords before, at this or at other accounts. Passes over people who mistype "
		"and then succeed, and accounts that logged in from there before.",
	.family = "accounts",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = guesses_new,
	.free = login_table_free,
	.on_login = on_login,
	.end = end,
};

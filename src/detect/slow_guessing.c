/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slow_guessing.c - one address that tries a password now and then, for hours and days, below every limit
 *
 * A device with an old password does that too.  It knows one account, which is somebody's, and nobody else fails at it.
 */
#include "base/attr.h"
#include "detect/detectors.h"
#include "detect/logins.h"

#define SLOW_US USEC_PER_HOUR
#define OTHERS  3 /* strangers that try the same account: then it is under attack */

enum { FAILURES, WINDOW, GAP, GAP_FAILURES };

static const struct detector_setting SETTINGS[] = {
	[FAILURES] = { "failures", SETTING_COUNT, 10, 2, 1000000, "failed logins from one address" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_DAY, USEC_PER_MIN, 30 * USEC_PER_DAY, "within this time" },
	[GAP] = { "gap", SETTING_SPAN, 20 * USEC_PER_MIN, USEC_PER_MIN, 7 * USEC_PER_DAY, "or with so much time between them (median)" },
	[GAP_FAILURES] = { "gap_failures", SETTING_COUNT, 4, 2, 1000000, "if there are so many of these" },
};

static void on_login(void *state, const struct login *l, const struct party *p)
{
	struct login_table *t = state;

	if (!l->success && p->has_ip)
		(void)login_table_add_address(t, l, p, t->c->settings[WINDOW]);
}

/* One account, that is somebody's, and others are not after it. */
static bool is_somebodys(const struct login_table *t, const struct known_address *a)
{
	const struct known *known = detect_known(t->c->detect);
	const struct watch_peer *only = a->accounts.n == 1 && !a->accounts.more ? &a->accounts.items[0] : NULL;
	const struct known_account *who = only && only->key_n ? known_account(known, watch_peer_key(only)) : NULL;
	uint32_t strangers = 0;

	if (!who || !who->successes)
		return false;
	for (uint32_t i = 0; i < who->addresses.n; i++)
		strangers += !who->addresses.items[i].successes;
	return strangers <= OTHERS;
}

static void tell(const struct login_table *t, const struct login_entry *e, const struct known_address *a, bool by_gap)
{
	const struct watch_context *c = t->c;
	struct ip_net net = watch_key_net(e->entry.key);
	struct finding *f = detect_report_net(c, &net);
	usec_t gap = watch_rhythm_median(&e->rhythm);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "n", detect_count_text(c, known_foreign(a).failures) },
		{ "span", detect_span_text(c, usec_since(e->entry.first_us, e->entry.last_us)) },
		{ "gap", detect_span_text(c, gap) },
		{ "accounts", login_accounts_text(c, a) },
	};

	finding_level(f, LEVEL_MEDIUM, known_foreign(a).accounts > 1 ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	f->blockable = !known_homes(a) && !a->mails;
	finding_when(f, e->entry.first_us, e->entry.last_us);
	finding_setting(c, f, by_gap ? GAP : FAILURES);
	finding_summary(c, f, TR_KEY("threat.slow_guessing.summary",
				     "{who} has tried {n} passwords for {span}, one every {gap}{, for accounts}."), values, ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.slow_guessing.action",
				    "Block the address for a week or longer: limits that forget after minutes do not stop it."), NULL, 0);
	finding_trace(c, f, "--ip", f->subject);
	finding_count(f, "failures", TR_KEY("threat.evidence.failures", "failed logins"), known_foreign(a).failures, -1);
	finding_span(f, "gap", TR_KEY("threat.evidence.gap", "time between them (median)"), gap);
	login_evidence(c, f, a);
	finding_lines(f, &e->lines);
}

static void judge(const struct login_table *t, const struct login_entry *e)
{
	const int64_t *set = t->c->settings;
	struct ip_net net = watch_key_net(e->entry.key);
	const struct known_address *a = known_address(detect_known(t->c->detect), &net);
	struct known_foreign foreign;
	bool by_gap;

	if (!a || (e->window.peak < (uint64_t)set[FAILURES] && e->failures < (uint64_t)set[GAP_FAILURES]))
		return;
	foreign = known_foreign(a);
	by_gap = foreign.failures >= set[GAP_FAILURES] && watch_rhythm_median(&e->rhythm) >= set[GAP];
	if (!by_gap && (e->window.peak < (uint64_t)set[FAILURES] || foreign.failures < set[FAILURES]))
		return;
	if (usec_since(e->entry.first_us, e->entry.last_us) < SLOW_US)
		return; /* quick ones are for others */
	if (known_homes(a) || login_is_honest(t->c->detect, a, &e->rhythm) || is_somebodys(t, a))
		return;
	tell(t, e, a, by_gap);
}

static void end(void *state)
{
	login_table_each(state, judge);
}

const struct detector detector_slow_guessing = {
	.id = "slow_guessing",
	.title = TR_KEY("threat.slow_guessing.title", "guesses passwords slowly"),
	.help = "One address that tries passwords for hours and days, too slowly for limits per minute. Passes over a device that fails at "
		"the one account which is its owner's.",
	.family = "logins",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = login_table_new,
	.free = login_table_free,
	.on_login = on_login,
	.end = end,
};

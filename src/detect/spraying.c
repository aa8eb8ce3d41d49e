/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spraying.c - one address that tries many accounts, each with a password or two
 *
 * An office whose passwords all changed at once looks like that from outside.  The difference is what came before or after: its accounts
 * log in from there too.
 */
#include "base/attr.h"
#include "detect/detectors.h"
#include "detect/logins.h"

enum { ACCOUNTS, WINDOW };

static const struct detector_setting SETTINGS[] = {
	[ACCOUNTS] = { "accounts", SETTING_COUNT, 8, 2, PEERS_MAX, "accounts that one address failed at and never logs in with" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_HOUR, USEC_PER_SEC, 7 * USEC_PER_DAY, "within this time" },
};

static void on_login(void *state, const struct login *l, const struct party *p)
{
	struct login_table *t = state;
	struct login_entry *e;
	uint32_t before;

	if (l->success || !p->has_ip || !p->account.n)
		return;
	e = login_table_add(t, watch_net_key(&p->address), l);
	before = e->peers.n;
	(void)watch_peers_at(&e->peers, p->account, t->table.meter);
	if (e->peers.n > before)
		(void)watch_window_add(&e->window, t->c->settings[WINDOW], l->time_us, 1, t->table.meter);
}

static void tell(const struct login_table *t, const struct login_entry *e, const struct known_address *a, const struct known_foreign *foreign)
{
	const struct watch_context *c = t->c;
	struct ip_net net = watch_key_net(e->entry.key);
	struct finding *f = detect_report_net(c, &net);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "n", detect_count_text(c, foreign->accounts) },
		{ "tries", detect_count_text(c, foreign->failures) },
		{ "span", detect_span_text(c, e->entry.last_us - e->entry.first_us) },
	};

	finding_level(f, LEVEL_HIGH, known_homes(a) ? CONFIDENCE_LOW :
		      e->window.peak >= 2 * (uint64_t)c->settings[ACCOUNTS] ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	f->blockable = !known_homes(a) && !a->mails;
	finding_when(f, e->entry.first_us, e->entry.last_us);
	finding_setting(c, f, ACCOUNTS);
	finding_summary(c, f, TR_KEY("threat.spraying.summary", "{who} tried {n} accounts within {span}, with {tries} passwords in all."), values,
			ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.spraying.action",
				    "Block the address at the firewall. Whoever has a simple password among these accounts is next: see "
				    "to it that they are long, or that a second factor is asked for."), NULL, 0);
	finding_trace(c, f, "--ip", f->subject);
	finding_count(f, "failures", TR_KEY("threat.evidence.failures", "failed logins"), foreign->failures, -1);
	login_evidence(c, f, a);
	finding_lines(f, &e->lines);
}

static void judge(const struct login_table *t, const struct login_entry *e)
{
	struct ip_net net = watch_key_net(e->entry.key);
	const struct known_address *a = known_address(detect_known(t->c->detect), &net);
	struct known_foreign foreign;

	if (e->window.peak < (uint64_t)t->c->settings[ACCOUNTS] || !a || known_is_shared(a))
		return;
	foreign = known_foreign(a);
	if (foreign.accounts >= t->c->settings[ACCOUNTS] && foreign.accounts > 2 * known_homes(a))
		tell(t, e, a, &foreign);
}

static void end(void *state)
{
	login_table_each(state, judge);
}

const struct detector detector_spraying = {
	.id = "spraying",
	.title = TR_KEY("threat.spraying.title", "tries one account after the other"),
	.help = "One address that fails at many accounts, with few tries for each. Passes over addresses from which most of these accounts "
		"log in: an office, webmail.",
	.family = "logins",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = login_table_new,
	.free = login_table_free,
	.on_login = on_login,
	.end = end,
};

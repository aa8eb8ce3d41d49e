/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brute_force.c - one address that tries passwords
 *
 * Fail2ban's rule is what people expect: 5 failures in 10 minutes.  What it lacks is a memory, so it shuts out users whose
 * phone has an old password.  Here an address is let off if the accounts it failed at are at home there, if it is a
 * device (one account, regular intervals, and the account is somebody's), and if it is shared by many who do log in.
 *
 * While the password daemon is down nobody is told whether a password was right: such tries count for an address from which
 * nobody ever logged in, and if there are no others, only if they come faster than anybody types.
 */
#include "base/attr.h"
#include "detect/detectors.h"
#include "detect/logins.h"

#define HOUSE_FACTOR  4                  /* where somebody is at home, so many times more are needed */
#define MACHINE_GAP_US (2 * USEC_PER_SEC)

enum { FAILURES, WINDOW };

static const struct detector_setting SETTINGS[] = {
	[FAILURES] = { "failures", SETTING_COUNT, 5, 1, 1000000, "failed logins from one address" },
	[WINDOW] = { "window", SETTING_SPAN, 10 * USEC_PER_MIN, USEC_PER_SEC, 7 * USEC_PER_DAY, "within this time" },
};

static void on_login(void *state, const struct login *l, const struct party *p)
{
	struct login_table *t = state;

	if (!l->success && p->has_ip)
		(void)login_table_add_address(t, l, p, t->c->settings[WINDOW]);
}

static void on_unanswered(void *state, const struct login *l, const struct party *p)
{
	struct login_table *t = state;

	if (p->has_ip && !p->from->successes)
		(void)login_table_add_address(t, l, p, t->c->settings[WINDOW]);
}

static void tell(const struct login_table *t, const struct login_entry *e, const struct known_address *a, uint32_t failures)
{
	const struct watch_context *c = t->c;
	struct ip_net net = watch_key_net(e->entry.key);
	struct finding *f = detect_report_net(c, &net);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "n", detect_count_text(c, failures) },
		{ "span", detect_span_text(c, usec_since(e->entry.first_us, e->entry.last_us)) },
		{ "accounts", login_accounts_text(c, a) },
	};

	if (!a->failures)
		finding_level(f, LEVEL_LOW, CONFIDENCE_LOW);
	else
		finding_level(f, LEVEL_MEDIUM, known_homes(a) ? CONFIDENCE_LOW :
			      e->window.peak >= 2 * (uint64_t)c->settings[FAILURES] ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	f->blockable = !known_homes(a) && !a->mails;
	finding_when(f, e->entry.first_us, e->entry.last_us);
	finding_setting(c, f, FAILURES);
	finding_summary(c, f, TR_KEY("threat.brute_force.summary", "{who} tried {n} passwords within {span}{, for accounts}."), values,
			ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.brute_force.action",
				    "Block the address at the firewall for some hours. If you know who is behind it, have the password "
				    "in that device corrected instead."), NULL, 0);
	finding_trace(c, f, "--ip", f->subject);
	finding_count(f, "failures", TR_KEY("threat.evidence.failures", "failed logins"), failures, -1);
	finding_count(f, "peak", TR_KEY("threat.evidence.peak", "most within one window"), (int64_t)e->window.peak, -1);
	if (a->unanswered)
		finding_count(f, "unanswered", TR_KEY("threat.evidence.unanswered", "tries that could not be checked"), a->unanswered, -1);
	login_evidence(c, f, a);
	finding_lines(f, &e->lines);
}

static void judge(const struct login_table *t, const struct login_entry *e)
{
	uint64_t threshold = (uint64_t)t->c->settings[FAILURES];
	struct ip_net net = watch_key_net(e->entry.key);
	const struct known_address *a = known_address(detect_known(t->c->detect), &net);
	uint32_t failures;

	if (e->window.peak < threshold || !a || login_is_honest(t->c->detect, a, &e->rhythm))
		return;
	failures = known_foreign(a).failures;
	if (!failures && watch_rhythm_median(&e->rhythm) > MACHINE_GAP_US)
		return;
	if (!a->successes)
		failures += a->unanswered;
	if (failures >= threshold * (known_homes(a) ? HOUSE_FACTOR : 1))
		tell(t, e, a, failures);
}

static void end(void *state)
{
	login_table_each(state, judge);
}

const struct detector detector_brute_force = {
	.id = "brute_force",
	.title = TR_KEY("threat.brute_force.title", "guesses passwords"),
	.help = "One address with many failed logins in a short time. Passes over accounts that log in from there too, devices that "
		"repeat an old password at regular intervals, and addresses that many users share.",
	.family = "logins",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = login_table_new,
	.free = login_table_free,
	.on_login = on_login,
	.on_unanswered = on_unanswered,
	.end = end,
};

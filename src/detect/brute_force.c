/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brute_force.c - one address that tries passwords
 *
 * Fail2ban's rule is what people expect: 5 failures in 10 minutes.  What it lacks is a memory, so it shuts out users whose
 * phone has an old password.  Here an address is let off if the accounts it failed at are at home there, if it is a
 * device (one account, regular intervals, and the account is somebody's), and if it is shared by many who do log in.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "detect/detect_priv.h"
#include "detect/detectors.h"
#include "detect/logins.h"

enum { FAILURES, WINDOW };

static const struct detector_setting SETTINGS[] = {
	[FAILURES] = { "failures", SETTING_COUNT, 5, 1, 1000000, "failed logins from one address" },
	[WINDOW] = { "window", SETTING_SPAN, 10 * USEC_PER_MIN, USEC_PER_SEC, 7 * USEC_PER_DAY, "within this time" },
};

struct guesser {
	struct watch_entry entry;
	struct watch_window window;
	struct watch_rhythm rhythm;
	struct watch_lines lines;
};

struct brute_force {
	const struct watch_context *c;
	struct watch_table guessers;
};

static uint64_t guesser_weight(const void *entry)
{
	return ((const struct guesser *)entry)->window.total;
}

static void guesser_done(void *entry, struct watch_meter *m)
{
	watch_window_done(&((struct guesser *)entry)->window, m);
}

static void *brute_force_new(const struct watch_context *c)
{
	static const struct watch_ops OPS = { sizeof(struct guesser), guesser_weight, guesser_done };
	struct brute_force *s = xcalloc(1, sizeof *s);

	s->c = c;
	watch_table_init(&s->guessers, &OPS, LOGIN_ADDRESSES_MAX, detect_meter(c->detect));
	return s;
}

static void brute_force_free(void *state)
{
	struct brute_force *s = state;

	watch_table_done(&s->guessers);
	free(s);
}

static void on_login(void *state, const struct login *l, const struct party *p)
{
	struct brute_force *s = state;
	struct guesser *g;

	if (l->success || !p->has_ip)
		return;
	g = watch_table_at(&s->guessers, watch_net_key(&p->address), l->time_us);
	(void)watch_window_add(&g->window, s->c->settings[WINDOW], l->time_us, (uint64_t)l->attempts, s->guessers.meter);
	watch_rhythm_add(&g->rhythm, l->time_us);
	watch_lines_add(&g->lines, l->lines);
}

static void tell(const struct brute_force *s, const struct guesser *g, const struct known_address *a, const struct known_foreign *foreign)
{
	const struct watch_context *c = s->c;
	struct ip_net net = watch_key_net(g->entry.key);
	struct finding *f = detect_report_net(c, &net);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "n", detect_count_text(c, foreign->failures) },
		{ "span", detect_span_text(c, g->entry.last_us - g->entry.first_us) },
		{ "accounts", login_accounts_text(c, a) },
	};

	finding_level(f, LEVEL_MEDIUM, g->window.peak >= 2 * (uint64_t)c->settings[FAILURES] ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	finding_when(f, g->entry.first_us, g->entry.last_us);
	finding_setting(c, f, FAILURES);
	finding_summary(c, f, TR_KEY("threat.brute_force.summary", "{who} tried {n} passwords within {span}{, for accounts}."), values,
			ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.brute_force.action",
				    "Block the address at the firewall for some hours. If you know who is behind it, have the password "
				    "in that device corrected instead."), NULL, 0);
	finding_trace(c, f, "--ip", f->subject);
	finding_count(f, "failures", TR_KEY("threat.evidence.failures", "failed logins"), foreign->failures, -1);
	finding_count(f, "peak", TR_KEY("threat.evidence.peak", "of them within the window"), (int64_t)g->window.peak, -1);
	login_evidence(c, f, a);
	finding_lines(f, &g->lines);
}

static void end(void *state)
{
	struct brute_force *s = state;
	size_t n;
	void **all = watch_table_sorted(&s->guessers, &n);

	for (size_t i = 0; i < n; i++) {
		const struct guesser *g = all[i];
		struct ip_net net = watch_key_net(g->entry.key);
		const struct known_address *a = known_address(detect_known(s->c->detect), &net);
		struct known_foreign foreign;

		if (g->window.peak < (uint64_t)s->c->settings[FAILURES] || !a)
			continue;
		foreign = known_foreign(a);
		if (foreign.failures < (uint64_t)s->c->settings[FAILURES] || login_is_honest(s->c->detect, a, &g->rhythm))
			continue;
		tell(s, g, a, &foreign);
	}
	free(all);
}

const struct detector detector_brute_force = {
	.id = "brute_force",
	.title = "guesses passwords",
	.help = "One address with many failed logins in a short time. Passes over accounts that log in from there too, devices that "
		"repeat an old password at regular intervals, and addresses that many users share.",
	.family = "logins",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = brute_force_new,
	.free = brute_force_free,
	.on_login = on_login,
	.end = end,
};

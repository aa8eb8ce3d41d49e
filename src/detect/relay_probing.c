/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay_probing.c - clients that try whether this server passes on other people's mail
 *
 * Spammers look for open relays all day; being refused they did no harm.  A single try says nothing (somebody's program has the
 * wrong server) unless others tried the same recipient: the mailbox in which the spammer waits for what gets through.  Users who
 * forgot to switch on the login come from addresses where they do log in: those are let off.
 * What was passed on is the matter of open_relay.c.
 */
#include "detect/crowd.h"
#include "detect/detectors.h"
#include "detect/refusal.h"

enum { ATTEMPTS, WINDOW, NETWORK_ADDRESSES, NETWORK_ATTEMPTS, ALL_ADDRESSES, ALL_ATTEMPTS, SAME_RECIPIENT };

static const struct detector_setting SETTINGS[] = {
	[ATTEMPTS] = { "attempts", SETTING_COUNT, 3, 1, 1000000, "refused attempts to relay from one address" },
	[WINDOW] = { "window", SETTING_SPAN, 10 * USEC_PER_MIN, USEC_PER_SEC, 7 * USEC_PER_DAY, "within this time" },
	[NETWORK_ADDRESSES] = { "network_addresses", SETTING_COUNT, 3, 2, 256, "or so many addresses of one network in a day" },
	[NETWORK_ATTEMPTS] = { "network_attempts", SETTING_COUNT, 5, 2, 1000000, "with so many attempts together" },
	[ALL_ADDRESSES] = { "all_addresses", SETTING_COUNT, 5, 2, 1000000, "or so many other addresses in a day" },
	[ALL_ATTEMPTS] = { "all_attempts", SETTING_COUNT, 8, 2, 1000000, "with so many attempts together" },
	[SAME_RECIPIENT] = { "same_recipient", SETTING_COUNT, 3, 1, 1000000, "or one attempt for a recipient that so many others tried" },
};

static void *watch_new(const struct watch_context *c)
{
	const struct crowd_rule rule = {
		.span_us = c->settings[WINDOW],
		.address_deeds = (uint64_t)c->settings[ATTEMPTS],
		.network_addresses = (uint64_t)c->settings[NETWORK_ADDRESSES],
		.network_deeds = (uint64_t)c->settings[NETWORK_ATTEMPTS],
		.rest_addresses = (uint64_t)c->settings[ALL_ADDRESSES],
		.rest_deeds = (uint64_t)c->settings[ALL_ATTEMPTS],
		.shared_things = (unsigned)c->settings[SAME_RECIPIENT],
		.mail_weight = 3,
	};

	return crowd_new(c, &rule);
}

static void on_rejection(void *state, const struct rejection *r, const struct party *p)
{
	struct crowd *w = state;

	if (p->account.n || detect_refusal(w->c->detect, r) != REFUSAL_RELAY)
		return;
	crowd_add(w, p, r->time_us, 0, r->attempts, r->recipient, r->lines);
}

static void tell(const struct crowd *w, struct finding *f, const struct crowd_group *g)
{
	static const int SETTING[] = { [CROWD_ADDRESS] = ATTEMPTS, [CROWD_NETWORK] = NETWORK_ATTEMPTS, [CROWD_REST] = ALL_ATTEMPTS };
	const struct watch_context *c = w->c;
	const struct tr_value values[] = {
		{ "who", crowd_who(w, f, g) },
		{ "times", detect_times_text(c, g->deeds) },
		{ "since", detect_time_text(c, g->first_us) },
	};

	finding_level(f, LEVEL_LOW, g->scope == CROWD_REST || g->mails ? CONFIDENCE_MEDIUM : CONFIDENCE_HIGH);
	finding_setting(c, f, (size_t)SETTING[g->scope]);
	finding_summary(c, f, TR_KEY("threat.relay_probing.summary",
				     "{who} tried {times} to send mail to others through this server, since {since}; it was refused."),
			values, ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.relay_probing.action", "Nothing got through and nothing needs to be done. If it is a user of "
				    "yours: his mail program has to log in (SMTP AUTH on port 587 or 465)."), NULL, 0);
	crowd_trace(w, f, g);
	finding_count(f, "attempts", TR_KEY("threat.evidence.relay_attempts", "refused attempts to relay"), (int64_t)g->deeds, -1);
	if (g->scope != CROWD_ADDRESS)
		finding_count(f, "addresses", TR_KEY("threat.evidence.addresses", "addresses"), (int64_t)g->n, -1);
	finding_count(f, "recipients", TR_KEY("threat.evidence.recipients_tried", "different recipients"), (int64_t)g->things, -1);
}

static void end(void *state)
{
	crowd_end(state, tell);
}

const struct detector detector_relay_probing = {
	.id = "relay_probing",
	.title = TR_KEY("threat.relay_probing.title", "looked for an open relay"),
	.help = "Clients that were refused because they wanted mail passed on to other servers. Passes over addresses from where people log "
		"in, and servers whose mail is taken otherwise.",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = watch_new,
	.free = crowd_free,
	.on_rejection = on_rejection,
	.end = end,
};

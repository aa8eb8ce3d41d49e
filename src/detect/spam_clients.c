/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spam_clients.c - clients that keep delivering what is refused as spam, and snowshoe spam
 *
 * What is refused does no harm, and everybody's server has blocklisted clients all day: worth a word is one that does not give up, or a
 * neighbourhood in which many addresses do the same ("snowshoe": the load is spread so that none of them stands out).
 * A provider's servers carry some spam as well, but most of their mail is taken.  Forged senders (SPF, DMARC) only count beside the rest.
 */
#include "detect/crowd.h"
#include "detect/detectors.h"
#include "detect/refusal.h"

enum { REFUSALS_ONE, WINDOW, NETWORK_ADDRESSES, NETWORK_REFUSALS };

static const struct detector_setting SETTINGS[] = {
	[REFUSALS_ONE] = { "refusals", SETTING_COUNT, 10, 1, 1000000, "refusals as spam of one address" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_DAY, USEC_PER_SEC, 7 * USEC_PER_DAY, "within this time" },
	[NETWORK_ADDRESSES] = { "network_addresses", SETTING_COUNT, 5, 2, 256, "or so many addresses of one network in a day" },
	[NETWORK_REFUSALS] = { "network_refusals", SETTING_COUNT, 7, 2, 1000000, "with so many refusals together" },
};

enum { KIND_LISTED, KIND_CONTENT, KIND_SENDER };

/* A forged sender alone may be a forwarder, or a domain whose SPF record is wrong. */
static bool is_spam(const struct crowd_group *g)
{
	return (g->kinds[KIND_LISTED] + g->kinds[KIND_CONTENT]) * 2 >= g->deeds;
}

static void *watch_new(const struct watch_context *c)
{
	const struct crowd_rule rule = {
		.span_us = c->settings[WINDOW],
		.address_deeds = (uint64_t)c->settings[REFUSALS_ONE],
		.network_addresses = (uint64_t)c->settings[NETWORK_ADDRESSES],
		.network_deeds = (uint64_t)c->settings[NETWORK_REFUSALS],
		.fits = is_spam,
		.mail_weight = 2,
	};

	return crowd_new(c, &rule);
}

static void on_rejection(void *state, const struct rejection *r, const struct party *p)
{
	struct crowd *w = state;
	enum refusal kind;

	if (p->account.n)
		return;
	kind = detect_refusal(w->c->detect, r);
	if (kind == REFUSAL_LISTED || kind == REFUSAL_CONTENT || (kind == REFUSAL_SENDER && !r->temporary))
		crowd_add(w, p, r->time_us, kind == REFUSAL_LISTED ? KIND_LISTED : kind == REFUSAL_CONTENT ? KIND_CONTENT : KIND_SENDER,
			  r->attempts, r->sender, r->lines);
}

static void tell(const struct crowd *w, struct finding *f, const struct crowd_group *g)
{
	const struct watch_context *c = w->c;
	const struct tr_value values[] = {
		{ "who", crowd_who(w, f, g) },
		{ "times", detect_times_text(c, g->deeds) },
		{ "since", detect_time_text(c, g->first_us) },
	};

	finding_level(f, LEVEL_LOW, g->mails ? CONFIDENCE_LOW : CONFIDENCE_MEDIUM);
	finding_setting(c, f, g->scope == CROWD_ADDRESS ? REFUSALS_ONE : NETWORK_REFUSALS);
	finding_summary(c, f, TR_KEY("threat.spam_clients.summary", "{who} tried to deliver spam {times} since {since}; it was refused."),
			values, ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.spam_clients.action", "Nothing needs to be done: it is refused already. Blocking the address saves "
				    "look-ups and lines in the log."), NULL, 0);
	crowd_trace(w, f, g);
	finding_count(f, "refusals", TR_KEY("threat.evidence.spam_refusals", "refused as spam or forged"), (int64_t)g->deeds, -1);
	if (g->scope != CROWD_ADDRESS)
		finding_count(f, "addresses", TR_KEY("threat.evidence.addresses", "addresses"), (int64_t)g->n, -1);
	finding_count(f, "listed", TR_KEY("threat.evidence.listed", "because a blocklist names it"), (int64_t)g->kinds[KIND_LISTED], -1);
	finding_count(f, "content", TR_KEY("threat.evidence.content", "because of the content"), (int64_t)g->kinds[KIND_CONTENT], -1);
	finding_count(f, "sender", TR_KEY("threat.evidence.forged_sender", "because the sender is forged or does not exist"),
		      (int64_t)g->kinds[KIND_SENDER], -1);
	finding_count(f, "senders", TR_KEY("threat.evidence.senders", "different senders"), (int64_t)g->things, -1);
	finding_count(f, "delivered", TR_KEY("threat.evidence.delivered_from", "mails from there that were delivered"), (int64_t)g->mails, -1);
}

static void end(void *state)
{
	crowd_end(state, tell);
}

const struct detector detector_spam_clients = {
	.id = "spam_clients",
	.title = TR_KEY("threat.spam_clients.title", "kept sending spam"),
	.help = "Clients, or many addresses of one network, that are refused again and again because a blocklist names them or for the "
		"content; forged senders count beside these. Passes over networks most of whose mail is delivered.",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = watch_new,
	.free = crowd_free,
	.on_rejection = on_rejection,
	.end = end,
};

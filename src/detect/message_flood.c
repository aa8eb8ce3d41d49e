/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message_flood.c - clients that send faster than this server's limits permit
 *
 * A limit does not know who sends: a flood, or the newsletter of a partner.  Whoever sends far more than is turned away is let off.  Users
 * who logged in are watched by what they send (spam_source, account takeover).
 */
#include "detect/crowd.h"
#include "detect/detectors.h"
#include "detect/refusal.h"

enum { HITS, WINDOW };

static const struct detector_setting SETTINGS[] = {
	[HITS] = { "hits", SETTING_COUNT, 10, 1, 1000000, "limits on mail or recipients that one address hit" },
	[WINDOW] = { "window", SETTING_SPAN, 10 * USEC_PER_MIN, USEC_PER_SEC, 7 * USEC_PER_DAY, "within this time" },
};

#define MAILS_PER_HIT 10 /* a server that sends so much more than it hits limits is let off */

static void *watch_new(const struct watch_context *c)
{
	const struct crowd_rule rule = { .span_us = c->settings[WINDOW], .address_deeds = (uint64_t)c->settings[HITS],
					 .mail_weight = 1, .deed_weight = MAILS_PER_HIT };

	return crowd_new(c, &rule);
}

static void on_oddity(void *state, const struct oddity *o, const struct party *p)
{
	if (o->kind == ODD_MESSAGES)
		crowd_add(state, p, o->time_us, 0, o->count, SLICE_NONE, o->lines);
}

static void on_rejection(void *state, const struct rejection *r, const struct party *p)
{
	struct crowd *w = state;

	if (!p->account.n && detect_refusal(w->c->detect, r) == REFUSAL_RATE)
		crowd_add(w, p, r->time_us, 0, r->attempts, r->sender, r->lines);
}

static void tell(const struct crowd *w, struct finding *f, const struct crowd_group *g)
{
	const struct watch_context *c = w->c;
	const struct tr_value values[] = {
		{ "who", crowd_who(w, f, g) },
		{ "times", detect_times_text(c, g->deeds) },
		{ "since", detect_time_text(c, g->first_us) },
	};

	finding_level(f, LEVEL_LOW, CONFIDENCE_MEDIUM);
	finding_setting(c, f, HITS);
	finding_summary(c, f, TR_KEY("threat.message_flood.summary", "{who} was turned away {times} since {since}, because it sent more mail "
				     "than the limits permit."), values, ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.message_flood.action", "Look at what it sends. If it is wanted (a newsletter, a partner), raise the "
				    "limit for it; if not, block the address."), NULL, 0);
	crowd_trace(w, f, g);
	finding_count(f, "hits", TR_KEY("threat.evidence.mail_hits", "limits on mail hit"), (int64_t)g->deeds, -1);
	finding_count(f, "delivered", TR_KEY("threat.evidence.delivered_from", "mails from there that were delivered"), (int64_t)g->mails, -1);
	if (g->mails)
		f->blockable = false;
}

static void end(void *state)
{
	crowd_end(state, tell);
}

const struct detector detector_message_flood = {
	.id = "message_flood",
	.title = TR_KEY("threat.message_flood.title", "sent more than the limits permit"),
	.help = "Clients that hit the limits on messages or recipients. Passes over servers that send far more mail than is turned away, and "
		"users who logged in.",
	.family = "floods",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = watch_new,
	.free = crowd_free,
	.on_rejection = on_rejection,
	.on_oddity = on_oddity,
	.end = end,
};

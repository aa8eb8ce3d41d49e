/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harvesting.c - clients that try which addresses exist here
 *
 * Somebody with a bad list (a newsletter, a shop that keeps old customers) hits unknown mailboxes too, but most of his mail is
 * taken.  A harvester is refused nearly always, quickly, and at names that people think of: info, admin, john, sales1.
 */
#include "detect/crowd.h"
#include "detect/detectors.h"
#include "detect/refusal.h"

enum { RECIPIENTS, ATTEMPTS, WINDOW, NETWORK_ADDRESSES, NETWORK_ATTEMPTS, ALL_ADDRESSES, ALL_ATTEMPTS };

static const struct detector_setting SETTINGS[] = {
	[RECIPIENTS] = { "recipients", SETTING_COUNT, 5, 1, 500, "different unknown mailboxes tried from one address" },
	[ATTEMPTS] = { "attempts", SETTING_COUNT, 10, 1, 1000000, "in so many attempts" },
	[WINDOW] = { "window", SETTING_SPAN, 10 * USEC_PER_MIN, USEC_PER_SEC, 7 * USEC_PER_DAY, "within this time" },
	[NETWORK_ADDRESSES] = { "network_addresses", SETTING_COUNT, 5, 2, 256, "or so many addresses of one network in a day" },
	[NETWORK_ATTEMPTS] = { "network_attempts", SETTING_COUNT, 30, 2, 1000000, "with so many attempts together" },
	[ALL_ADDRESSES] = { "all_addresses", SETTING_COUNT, 50, 2, 1000000, "or so many other addresses in a day" },
	[ALL_ATTEMPTS] = { "all_attempts", SETTING_COUNT, 300, 2, 1000000, "with so many attempts together" },
};

#define MANY_RECIPIENTS 10
#define MANY_ATTEMPTS   20

static void *watch_new(const struct watch_context *c)
{
	const struct crowd_rule rule = {
		.span_us = c->settings[WINDOW],
		.address_deeds = (uint64_t)c->settings[ATTEMPTS],
		.address_things = (uint64_t)c->settings[RECIPIENTS],
		.network_addresses = (uint64_t)c->settings[NETWORK_ADDRESSES],
		.network_deeds = (uint64_t)c->settings[NETWORK_ATTEMPTS],
		.rest_addresses = (uint64_t)c->settings[ALL_ADDRESSES],
		.rest_deeds = (uint64_t)c->settings[ALL_ATTEMPTS],
		.mail_weight = 4,
	};

	return crowd_new(c, &rule);
}

static void on_rejection(void *state, const struct rejection *r, const struct party *p)
{
	struct crowd *w = state;

	if (p->account.n || detect_refusal(w->c->detect, r) != REFUSAL_UNKNOWN)
		return;
	crowd_add(w, p, r->time_us, 0, r->attempts, r->recipient, r->lines);
}

/* names that lists of guesses begin with */
static bool is_guess(struct slice recipient)
{
	static const struct slice NAMES[] = {
		LIT("abuse"), LIT("account"), LIT("accounting"), LIT("accounts"), LIT("admin"), LIT("administrator"), LIT("backup"),
		LIT("billing"), LIT("ceo"), LIT("contact"), LIT("dev"), LIT("finance"), LIT("ftp"), LIT("guest"), LIT("help"), LIT("hr"),
		LIT("info"), LIT("it"), LIT("jobs"), LIT("john"), LIT("mail"), LIT("marketing"), LIT("mary"), LIT("mysql"),
		LIT("office"), LIT("oracle"), LIT("postgres"), LIT("root"), LIT("sales"), LIT("scan"), LIT("scanner"), LIT("service"),
		LIT("spam"), LIT("staff"), LIT("support"), LIT("test"), LIT("user"), LIT("web"), LIT("webmaster"), LIT("www"),
	};
	struct slice local = slice_head(recipient, slice_rfind_byte(recipient, '@'));

	while (local.n && local.p[local.n - 1] >= '0' && local.p[local.n - 1] <= '9')
		local.n--; /* sales1 */
	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++)
		if (slice_eq_fold(local, NAMES[i]))
			return true;
	return local.n <= 1; /* a, b, x17 */
}

static uint64_t guesses_of(const struct crowd_group *g)
{
	uint64_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		for (uint32_t k = 0; k < g->entries[i]->things.n; k++)
			n += is_guess(watch_peer_key(&g->entries[i]->things.items[k]));
	return n;
}

static void tell(const struct crowd *w, struct finding *f, const struct crowd_group *g)
{
	static const int SETTING[] = { [CROWD_ADDRESS] = RECIPIENTS, [CROWD_NETWORK] = NETWORK_ATTEMPTS, [CROWD_REST] = ALL_ATTEMPTS };
	const struct watch_context *c = w->c;
	uint64_t guesses = guesses_of(g);
	const struct tr_value values[] = {
		{ "who", crowd_who(w, f, g) },
		{ "times", detect_times_text(c, g->deeds) },
		{ "names", detect_count_text(c, g->things) },
		{ "span", detect_span_text(c, usec_since(g->first_us, g->last_us)) },
	};
	bool sure = guesses * 3 >= g->things && !g->mails;

	finding_level(f, g->things >= MANY_RECIPIENTS || g->deeds >= MANY_ATTEMPTS ? LEVEL_MEDIUM : LEVEL_LOW,
		      sure ? CONFIDENCE_HIGH : g->scope == CROWD_REST ? CONFIDENCE_LOW : CONFIDENCE_MEDIUM);
	finding_setting(c, f, (size_t)SETTING[g->scope]);
	finding_summary(c, f, TR_KEY("threat.harvesting.summary",
				     "{who} tried {names} mailboxes that do not exist here, {times} within {span}."),
			values, ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.harvesting.action", "Block the address for some hours. Let the server hang up after a few "
				    "unknown recipients (Postfix: smtpd_hard_error_limit; Exim: ratelimit in the RCPT ACL; Sendmail: "
				    "BadRcptThrottle)."), NULL, 0);
	crowd_trace(w, f, g);
	finding_count(f, "attempts", TR_KEY("threat.evidence.unknown_attempts", "refused: no such mailbox"), (int64_t)g->deeds, -1);
	finding_count(f, "recipients", TR_KEY("threat.evidence.recipients_tried", "different recipients"), (int64_t)g->things, -1);
	finding_count(f, "guesses", TR_KEY("threat.evidence.guesses", "names that everybody guesses"), (int64_t)guesses, -1);
	finding_count(f, "delivered", TR_KEY("threat.evidence.delivered_from", "mails from there that were delivered"), (int64_t)g->mails, -1);
	if (g->scope != CROWD_ADDRESS)
		finding_count(f, "addresses", TR_KEY("threat.evidence.addresses", "addresses"), (int64_t)g->n, -1);
}

static void end(void *state)
{
	crowd_end(state, tell);
}

const struct detector detector_harvesting = {
	.id = "harvesting",
	.title = TR_KEY("threat.harvesting.title", "looked for mailboxes that exist"),
	.help = "Clients that are refused at many different mailboxes that do not exist. Passes over senders most of whose mail is "
		"delivered: a newsletter with old addresses.",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = watch_new,
	.free = crowd_free,
	.on_rejection = on_rejection,
	.end = end,
};

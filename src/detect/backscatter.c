/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backscatter.c - this server sends notifications to people who never wrote
 *
 * Who takes a mail and finds out later that he can't deliver it must tell the sender; the sender of spam is forged, and a stranger
 * gets the notification.  Honest ones go to our own users.  Of those that leave, the ones about forged senders stand out
 * by their own fate: many of their addresses do not exist either.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "detect/detectors.h"
#include "detect/detect_priv.h"

enum { NOTIFICATIONS, WINDOW, DOMAINS, FAILED };

static const struct detector_setting SETTINGS[] = {
	[NOTIFICATIONS] = { "notifications", SETTING_COUNT, 50, 1, 1000000, "notifications to senders outside" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_HOUR, USEC_PER_MIN, 7 * USEC_PER_DAY, "within this time" },
	[DOMAINS] = { "domains", SETTING_COUNT, 10, 1, 500, "in so many domains that wrote nothing that was delivered" },
	[FAILED] = { "failed", SETTING_SHARE, 20000, 0, 100000, "and so many of them can't be delivered" },
};

#define DOMAINS_MAX 50000
#define SERVERS_SEEN 1000

struct sender_domain {
	struct watch_entry entry;
	uint64_t delivered;       /* mails of its people that were delivered */
};

struct notifier {
	struct watch_entry entry; /* key: the server */
	struct watch_window window;
	struct watch_peers domains;
	uint64_t failed, total;
	struct watch_lines lines;
};

struct backscatter {
	const struct watch_context *c;
	struct watch_table senders, servers;
};

static uint64_t sender_weight(const void *entry)
{
	return ((const struct sender_domain *)entry)->delivered;
}

static void notifier_done(void *entry, struct watch_meter *m)
{
	struct notifier *x = entry;

	watch_window_done(&x->window, m);
	watch_peers_done(&x->domains, m);
}

static void *watch_new(const struct watch_context *c)
{
	static const struct watch_ops SENDERS = { sizeof(struct sender_domain), sender_weight, NULL };
	static const struct watch_ops SERVERS = { sizeof(struct notifier), NULL, notifier_done };
	struct backscatter *s = xcalloc(1, sizeof *s);

	s->c = c;
	watch_table_init(&s->senders, &SENDERS, DOMAINS_MAX, detect_meter(c->detect));
	watch_table_init(&s->servers, &SERVERS, SERVERS_SEEN, detect_meter(c->detect));
	return s;
}

static void watch_free(void *state)
{
	struct backscatter *s = state;

	watch_table_done(&s->senders);
	watch_table_done(&s->servers);
	free(s);
}

static bool was_delivered(const struct message *m)
{
	for (const struct recipient *r = m->recipients; r; r = r->next)
		if (r->outcome == OUTCOME_DELIVERED || r->outcome == OUTCOME_RELAYED)
			return true;
	return false;
}

static void on_notification(struct backscatter *s, const struct message *m)
{
	struct watch_meter *meter = s->servers.meter;

	for (const struct recipient *r = m->recipients; r; r = r->next) {
		struct slice domain = slice_domain(r->address);
		struct notifier *x;

		if (r->local || !domain.n)
			continue;
		x = watch_table_at(&s->servers, m->server, m->first_us);
		(void)watch_window_add(&x->window, s->c->settings[WINDOW], m->first_us, 1, meter);
		(void)watch_peers_at(&x->domains, domain, meter);
		x->total++;
		x->failed += r->outcome != OUTCOME_RELAYED && r->outcome != OUTCOME_DELIVERED && r->outcome != OUTCOME_EXPANDED;
		watch_lines_add_of(&x->lines, m->lines, r->deciding);
	}
}

static void on_message(void *state, const struct message *m, const struct party *p)
{
	struct backscatter *s = state;
	struct slice domain;

	(void)p;
	if (m->role == ROLE_NOTIFICATION) {
		on_notification(s, m);
		return;
	}
	domain = slice_domain(m->sender);
	if (domain.n && was_delivered(m))
		((struct sender_domain *)watch_table_at(&s->senders, domain, m->first_us))->delivered++;
}

static uint64_t strangers(const struct backscatter *s, const struct notifier *x)
{
	uint64_t n = x->domains.more;

	for (uint32_t i = 0; i < x->domains.n; i++)
		n += !watch_table_find(&s->senders, watch_peer_key(&x->domains.items[i]));
	return n;
}

static void tell(const struct backscatter *s, const struct notifier *x, uint64_t domains)
{
	const struct watch_context *c = s->c;
	struct finding *f = detect_report(c, SUBJECT_SERVER, x->entry.key);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "n", detect_count_text(c, x->total) },
		{ "domains", detect_count_text(c, domains) },
		{ "failed", detect_share_text(c, x->failed, x->total) },
		{ "since", detect_time_text(c, x->entry.first_us) },
	};

	f->blames = false;
	f->server = f->subject;
	finding_level(f, LEVEL_HIGH, x->failed * 2 >= x->total ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	finding_when(f, x->entry.first_us, x->entry.last_us);
	finding_setting(c, f, NOTIFICATIONS);
	finding_summary(c, f, TR_KEY("threat.backscatter.summary", "{who} sent {n} notifications to senders outside since {since}, into {domains} domains "
				     "that never wrote; {failed} of them can't be delivered: the senders were forged."), values, ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.backscatter.action", "Refuse during the SMTP dialogue instead of later: unknown recipients (also those behind a "
				    "gateway: verify them), full mailboxes, spam and viruses. Others put servers that do this on blocklists."), NULL, 0);
	finding_count(f, "notifications", TR_KEY("threat.evidence.notifications", "notifications to senders outside"), (int64_t)x->total, -1);
	finding_count(f, "peak", TR_KEY("threat.evidence.peak", "most within one window"), (int64_t)x->window.peak, -1);
	finding_count(f, "domains", TR_KEY("threat.evidence.stranger_domains", "domains that never wrote"), (int64_t)domains, -1);
	finding_share(f, "failed", TR_KEY("threat.evidence.undeliverable", "can't be delivered"), x->failed, x->total, -1);
	finding_lines(f, &x->lines);
}

static void end(void *state)
{
	struct backscatter *s = state;
	const int64_t *set = s->c->settings;
	size_t n;
	void **all = watch_table_sorted(&s->servers, &n);

	for (size_t i = 0; i < n; i++) {
		const struct notifier *x = all[i];
		uint64_t domains;

		if (x->window.peak < (uint64_t)set[NOTIFICATIONS] || x->failed * 100000 < x->total * (uint64_t)set[FAILED])
			continue;
		domains = strangers(s, x);
		if (domains >= (uint64_t)set[DOMAINS])
			tell(s, x, domains);
	}
	free(all);
}

const struct detector detector_backscatter = {
	.id = "backscatter",
	.title = TR_KEY("threat.backscatter.title", "sends notifications to forged senders"),
	.help = "Notifications of this server to many domains outside that never wrote, many of which can't be delivered. Passes over those to our own users, "
		"to people who do write, and what out-of-office replies send.",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = watch_new,
	.free = watch_free,
	.on_message = on_message,
	.end = end,
};

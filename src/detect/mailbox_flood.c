/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailbox_flood.c - mailboxes that are flooded: with bounces of mail they never sent, or with subscriptions
 *
 * A spammer who uses somebody's address as the sender sends him the bounces ("joe job").  A bomber signs somebody up at hundreds
 * of web pages, to bury a mail that he is not to see: an order, a warning of his bank.  Both show in one hour; a busy mailbox
 * is busy in every hour, so a flood must stand out from the mailbox's own usual hours where the log is long enough to know them.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "detect/detectors.h"
#include "detect/detect_priv.h"

enum { MAILS, WINDOW, DOMAINS, USUAL };

static const struct detector_setting BOUNCES[] = {
	[MAILS] = { "mails", SETTING_COUNT, 50, 1, 1000000, "bounces to one mailbox" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_HOUR, USEC_PER_MIN, 7 * USEC_PER_DAY, "within this time" },
	[DOMAINS] = { "servers", SETTING_COUNT, 10, 1, 500, "from so many servers" },
	[USUAL] = { "usual", SETTING_COUNT, 5, 1, 1000, "and so many times what is usual there" },
};

static const struct detector_setting BOMBING[] = {
	[MAILS] = { "mails", SETTING_COUNT, 100, 1, 1000000, "mails to one mailbox" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_HOUR, USEC_PER_MIN, 7 * USEC_PER_DAY, "within this time" },
	[DOMAINS] = { "domains", SETTING_COUNT, 30, 1, 500, "from so many domains, most of them with one or two" },
	[USUAL] = { "usual", SETTING_COUNT, 5, 1, 1000, "and so many times what is usual there" },
};

#define MAILBOXES_MAX 50000

struct flooded {
	struct watch_entry entry;  /* key: the mailbox */
	struct watch_window window;
	struct watch_peers sources; /* servers, domains */
	uint64_t robots;           /* senders that nobody is: noreply@ */
	struct watch_lines lines;
};

struct mailbox_flood {
	const struct watch_context *c;
	struct watch_table mailboxes;
	bool bounces;
};

static uint64_t flooded_weight(const void *entry)
{
	return ((const struct flooded *)entry)->window.total;
}

static void flooded_done(void *entry, struct watch_meter *m)
{
	struct flooded *x = entry;

	watch_window_done(&x->window, m);
	watch_peers_done(&x->sources, m);
}

static void *watch(const struct watch_context *c, bool bounces)
{
	static const struct watch_ops OPS = { sizeof(struct flooded), flooded_weight, flooded_done };
	struct mailbox_flood *s = xcalloc(1, sizeof *s);

	s->c = c;
	s->bounces = bounces;
	watch_table_init(&s->mailboxes, &OPS, MAILBOXES_MAX, detect_meter(c->detect));
	return s;
}

static void *bounces_new(const struct watch_context *c)
{
	return watch(c, true);
}

static void *bombing_new(const struct watch_context *c)
{
	return watch(c, false);
}

static void watch_free(void *state)
{
	struct mailbox_flood *s = state;

	watch_table_done(&s->mailboxes);
	free(s);
}

/* "no-reply", "newsletter", "bounces+anna=example.com": web pages that confirm, greet and remind */
static bool is_robot(struct slice sender)
{
	static const struct slice BEGINS[] = {
		LIT("noreply"), LIT("no-reply"), LIT("no_reply"), LIT("donotreply"), LIT("do-not-reply"), LIT("newsletter"), LIT("news"),
		LIT("bounce"), LIT("mailer"), LIT("notification"), LIT("notify"), LIT("confirm"), LIT("subscri"), LIT("welcome"),
		LIT("info"), LIT("hello"), LIT("team"), LIT("support"), LIT("account"), LIT("register"), LIT("registration"), LIT("list"),
		LIT("owner-"), LIT("wordpress"), LIT("admin"), LIT("marketing"),
	};

	for (size_t i = 0; i < ARRAY_LEN(BEGINS); i++)
		if (sender.n > BEGINS[i].n && slice_eq_fold(slice_head(sender, BEGINS[i].n), BEGINS[i]))
			return true;
	return false;
}

static void count(struct mailbox_flood *s, struct slice mailbox, struct slice source, bool robot, usec_t time,
		  const struct fact_line *lines)
{
	char key[WATCH_KEY_BYTES];
	struct flooded *x;

	mailbox = slice_head(mailbox, sizeof key);
	for (size_t i = 0; i < mailbox.n; i++)
		key[i] = ascii_tolower(mailbox.p[i]);
	x = watch_table_at(&s->mailboxes, slice_of(key, mailbox.n), time);
	(void)watch_window_add(&x->window, s->c->settings[WINDOW], time, 1, s->mailboxes.meter);
	if (source.n) {
		struct watch_peer *peer = watch_peers_at(&x->sources, source, s->mailboxes.meter);

		if (peer)
			watch_peer_add(peer, true, time, 1);
	}
	x->robots += robot;
	watch_lines_add_of(&x->lines, lines, NULL);
}

static void on_message(void *state, const struct message *m, const struct party *p)
{
	struct mailbox_flood *s = state;
	bool null_sender = m->sender.p && !m->sender.n;
	char ip[IP_TEXT_BYTES];
	struct slice source;

	if (m->role != ROLE_MAIL || m->authenticated || m->submitted_locally || !m->sender.p || null_sender != s->bounces || !p->has_ip ||
	    p->trusted || m->state == MESSAGE_REJECTED || m->state == MESSAGE_ABORTED)
		return;
	source = s->bounces ? ip_text(&p->ip, ip) : slice_domain(m->sender);
	for (const struct recipient *r = m->recipients; r; r = r->next) {
		struct slice mailbox = r->orig_address.n ? r->orig_address : r->address;

		if (r->local && mailbox.n && slice_find_byte(mailbox, '@') < mailbox.n)
			count(s, mailbox, source, !s->bounces && is_robot(m->sender), m->first_us, m->lines);
	}
}

/* in an hour beside the busiest one; -1: the log is too short to know */
static int64_t usual(const struct flooded *x, usec_t span)
{
	usec_t rest = usec_since(x->entry.first_us, x->entry.last_us) - span;

	if (rest < 12 * USEC_PER_HOUR)
		return -1;
	return (int64_t)((x->window.total - x->window.peak) / (uint64_t)(rest / span));
}

static bool stands_out(const struct mailbox_flood *s, const struct flooded *x)
{
	int64_t often = usual(x, s->c->settings[WINDOW]);

	return often < 0 || x->window.peak >= (uint64_t)(often * s->c->settings[USUAL]);
}

/* Signed up everywhere: hardly anybody writes more than twice, and nearly all are machines. */
static bool is_bombing(const struct flooded *x)
{
	uint64_t once = 0;

	for (uint32_t i = 0; i < x->sources.n; i++)
		once += x->sources.items[i].successes <= 2;
	return once * 3 >= (uint64_t)x->sources.n * 2 && x->robots * 2 >= x->window.total;
}

static void tell(const struct mailbox_flood *s, const struct flooded *x)
{
	const struct watch_context *c = s->c;
	struct finding *f = detect_report(c, SUBJECT_MAILBOX, x->entry.key);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "n", detect_count_text(c, x->window.peak) },
		{ "span", detect_span_text(c, c->settings[WINDOW]) },
		{ "sources", detect_count_text(c, x->sources.n + x->sources.more) },
		{ "when", detect_time_text(c, x->window.peak_us) },
	};

	f->blames = false;
	finding_level(f, s->bounces ? LEVEL_MEDIUM : LEVEL_HIGH, usual(x, c->settings[WINDOW]) < 0 ? CONFIDENCE_MEDIUM : CONFIDENCE_HIGH);
	finding_when(f, x->entry.first_us, x->entry.last_us);
	finding_setting(c, f, MAILS);
	finding_summary(c, f, s->bounces ?
			TR_KEY("threat.bounce_flood.summary", "{who} got {n} bounces within {span} (until {when}) from {sources} servers: somebody uses the "
			       "address as the sender of spam.") :
			TR_KEY("threat.list_bombing.summary", "{who} got {n} mails within {span} (until {when}) from {sources} domains, most of them from "
			       "machines: somebody signed the address up everywhere."), values, ARRAY_LEN(values));
	finding_action(c, f, s->bounces ?
		       TR_KEY("threat.bounce_flood.action", "Make sure that the mail did not come from here (accounts, scripts). Then it passes by itself "
			      "within days; an SPF record that ends in -all and a DMARC policy make the address useless for it.") :
		       TR_KEY("threat.list_bombing.action", "Tell the owner to look for a mail that is meant to drown: an order, a warning of a bank, a "
			      "changed password. Hold or greylist what comes for the mailbox for some hours."), NULL, 0);
	finding_trace(c, f, "--recipient", f->subject);
	finding_count(f, "mails", TR_KEY("threat.evidence.mails_to_mailbox", "mails to the mailbox"), (int64_t)x->window.total, -1);
	finding_count(f, "peak", TR_KEY("threat.evidence.peak", "most within one window"), (int64_t)x->window.peak,
		      usual(x, c->settings[WINDOW]));
	finding_count(f, "sources", s->bounces ? TR_KEY("threat.evidence.bounce_servers", "servers that sent them") :
						 TR_KEY("threat.evidence.flood_domains", "domains that sent them"),
		      (int64_t)(x->sources.n + x->sources.more), -1);
	finding_lines(f, &x->lines);
}

static void end(void *state)
{
	struct mailbox_flood *s = state;
	const int64_t *set = s->c->settings;
	size_t n;
	void **all = watch_table_sorted(&s->mailboxes, &n);

	for (size_t i = 0; i < n; i++) {
		const struct flooded *x = all[i];

		if (x->window.peak >= (uint64_t)set[MAILS] && x->sources.n + x->sources.more >= (uint64_t)set[DOMAINS] && stands_out(s, x) &&
		    (s->bounces || is_bombing(x)))
			tell(s, x);
	}
	free(all);
}

const struct detector detector_bounce_flood = {
	.id = "bounce_flood",
	.title = TR_KEY("threat.bounce_flood.title", "gets bounces of mail that it never sent"),
	.help = "Mailboxes that get many bounces (mail without a sender) from many servers in a short time. Passes over mailboxes that get as many "
		"all the time.",
	.settings = BOUNCES,
	.n_settings = ARRAY_LEN(BOUNCES),
	.new = bounces_new,
	.free = watch_free,
	.on_message = on_message,
	.end = end,
};

const struct detector detector_list_bombing = {
	.id = "list_bombing",
	.title = TR_KEY("threat.list_bombing.title", "is flooded with subscriptions"),
	.help = "Mailboxes that get mail of machines (noreply, newsletter, ...) from many domains in a short time. Passes over mailboxes that people "
		"write to, and those that get as many all the time.",
	.settings = BOMBING,
	.n_settings = ARRAY_LEN(BOMBING),
	.new = bombing_new,
	.free = watch_free,
	.on_message = on_message,
	.end = end,
};

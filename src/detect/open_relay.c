/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open_relay.c - this server passed on mail of strangers to strangers
 *
 * That is what a backup mail server, a gateway in front of somebody's own server, an alias and a mailing list do as well, and the log
 * does not say which domains a server is asked to serve.  So it is counted only what none of them does: many recipients that
 * nobody else writes to, in domains that are certainly not served here (a large provider's mailboxes, or a domain
 * for which relaying was refused to somebody), or in many domains by many different next hops; from a client that
 * brings hardly any mail for mailboxes here.  Names that an alias led to do not count.  Let off are servers that mail is handed on to
 * as well (the hub behind a gateway), and those that send for domains that are served here: they may relay by their address.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "detect/detectors.h"
#include "detect/detect_priv.h"
#include "detect/refusal.h"
#include "fact/provider.h"

enum { RECIPIENTS, DOMAINS };

static const struct detector_setting SETTINGS[] = {
	[RECIPIENTS] = { "recipients", SETTING_COUNT, 5, 1, 500, "recipients in domains that are certainly not served here, for one stranger" },
	[DOMAINS] = { "domains", SETTING_COUNT, 10, 2, 500, "or recipients in so many domains, by so many next hops" },
};

#define CLIENTS_MAX    50000
#define RECIPIENTS_MAX 200000
#define DOMAINS_MAX    20000
#define LOCAL_WEIGHT   5 /* a client that brings mail for here, too, is let off sooner */

struct stranger {
	struct watch_entry entry;      /* key: watch_net_key() */
	struct watch_peers recipients; /* outside, that no alias led to */
	struct watch_peers hops;
	struct watch_peers senders;    /* domains; successes: messages */
	uint64_t messages, local;      /* with recipients outside; recipients here */
	struct watch_lines lines;
};

/* an address outside: whose clients write to it? */
struct target {
	struct watch_entry entry;
	struct ip_net first;
	bool several;
};

#define SERVED_FROM 3 /* clients that bring mail for a domain */
#define HOP_FROM    5 /* mails that are handed on to a server */

/* a domain that strangers bring mail for, and how many of them */
struct served {
	struct watch_entry entry;
	struct ip_net clients[SERVED_FROM];
	unsigned n;
	bool here;                     /* in mailboxes here */
};

/* where mail is handed on to */
struct next_hop {
	struct watch_entry entry;      /* key: watch_net_key() */
	uint64_t mails;
};

struct open_relay {
	const struct watch_context *c;
	struct watch_table strangers, targets, denied, served, hops;
	struct provider_index providers;
};

static uint64_t stranger_weight(const void *entry)
{
	return ((const struct stranger *)entry)->messages;
}

static void stranger_done(void *entry, struct watch_meter *m)
{
	struct stranger *s = entry;

	watch_peers_done(&s->recipients, m);
	watch_peers_done(&s->hops, m);
	watch_peers_done(&s->senders, m);
}

static void *watch_new(const struct watch_context *c)
{
	static const struct watch_ops STRANGERS = { sizeof(struct stranger), stranger_weight, stranger_done };
	static const struct watch_ops TARGETS = { sizeof(struct target), NULL, NULL };
	static const struct watch_ops DENIED = { sizeof(struct watch_entry), NULL, NULL };
	static const struct watch_ops SERVED = { sizeof(struct served), NULL, NULL };
	static const struct watch_ops HOPS = { sizeof(struct next_hop), NULL, NULL };
	struct open_relay *s = xcalloc(1, sizeof *s);
	struct watch_meter *m = detect_meter(c->detect);

	s->c = c;
	provider_index_init(&s->providers);
	watch_table_init(&s->strangers, &STRANGERS, CLIENTS_MAX, m);
	watch_table_init(&s->targets, &TARGETS, RECIPIENTS_MAX, m);
	watch_table_init(&s->denied, &DENIED, DOMAINS_MAX, m);
	watch_table_init(&s->served, &SERVED, DOMAINS_MAX, m);
	watch_table_init(&s->hops, &HOPS, CLIENTS_MAX, m);
	return s;
}

static void watch_free(void *state)
{
	struct open_relay *s = state;

	watch_table_done(&s->strangers);
	watch_table_done(&s->targets);
	watch_table_done(&s->denied);
	watch_table_done(&s->served);
	watch_table_done(&s->hops);
	free(s);
}

static void on_rejection(void *state, const struct rejection *r, const struct party *p)
{
	struct open_relay *s = state;
	struct slice domain = slice_domain(r->recipient);

	(void)p;
	if (domain.n && detect_refusal(s->c->detect, r) == REFUSAL_RELAY)
		(void)watch_table_at(&s->denied, domain, r->time_us);
}

/* This server took it for somebody outside and the next one has it; no name here led there. */
static bool is_passed_on(const struct recipient *r)
{
	return !r->local && r->outcome == OUTCOME_RELAYED && slice_domain(r->address).n &&
	       (!r->orig_address.n || slice_eq_fold(r->orig_address, r->address)) && r->deciding && !r->deciding->handed_on &&
	       (r->deciding->relay_host.n || r->deciding->relay_ip.n);
}

static void note(struct open_relay *s, struct stranger *x, const struct recipient *r, const struct party *p, usec_t time)
{
	struct watch_meter *m = s->strangers.meter;
	struct target *t = watch_table_at(&s->targets, r->address, time);

	if (t->first.bits == 0)
		t->first = p->address;
	else if (memcmp(&t->first, &p->address, sizeof t->first) != 0)
		t->several = true;
	(void)watch_peers_at(&x->recipients, r->address, m);
	(void)watch_peers_at(&x->hops, r->deciding->relay_ip.n ? r->deciding->relay_ip : r->deciding->relay_host, m);
}

static void note_served(struct open_relay *s, const struct recipient *r, const struct party *p, usec_t time)
{
	struct slice domain = slice_domain(r->orig_address.n ? r->orig_address : r->address);
	struct served *d;
	unsigned i = 0;

	if (!domain.n)
		return;
	d = watch_table_at(&s->served, domain, time);
	d->here = d->here || r->local;
	while (i < d->n && memcmp(&d->clients[i], &p->address, sizeof p->address) != 0)
		i++;
	if (i == d->n && d->n < SERVED_FROM)
		d->clients[d->n++] = p->address;
}

static void note_hop(struct open_relay *s, const struct recipient *r, usec_t time)
{
	struct ip_net net;
	struct ip ip;

	if (!r->deciding || r->outcome != OUTCOME_RELAYED || !ip_parse(r->deciding->relay_ip, &ip))
		return;
	net = watch_address(&ip);
	((struct next_hop *)watch_table_at(&s->hops, watch_net_key(&net), time))->mails++;
}

static void on_message(void *state, const struct message *m, const struct party *p)
{
	struct open_relay *s = state;
	struct stranger *x = NULL;
	uint64_t local = 0;
	struct slice domain = slice_domain(m->sender);

	if (m->role != ROLE_MAIL || m->origin || m->authenticated || m->submitted_locally || p->account.n || !p->has_ip || p->trusted ||
	    (m->direction != DIRECTION_RELAYED && m->direction != DIRECTION_INBOUND))
		return;
	for (const struct recipient *r = m->recipients; r; r = r->next) {
		local += r->local || r->orig_address.n > 0;
		note_served(s, r, p, m->first_us);
		note_hop(s, r, m->first_us);
	}
	for (const struct recipient *r = m->recipients; r; r = r->next) {
		if (!is_passed_on(r))
			continue;
		if (!x)
			x = watch_table_at(&s->strangers, watch_net_key(&p->address), m->first_us);
		note(s, x, r, p, m->first_us);
	}
	if (!x && local)
		x = watch_table_find(&s->strangers, watch_net_key(&p->address));
	if (!x)
		return;
	x->local += local;
	if (m->direction == DIRECTION_RELAYED) {
		struct watch_peer *peer = watch_peers_at(&x->senders, domain.n ? domain : SLICE(""), s->strangers.meter);

		if (peer)
			watch_peer_add(peer, true, m->first_us, 1);
		x->messages++;
		watch_lines_add_of(&x->lines, m->lines, NULL);
	}
}

static bool is_foreign(const struct open_relay *s, struct slice domain)
{
	return provider_of_domain(&s->providers, domain) != PROVIDER_NONE || watch_table_find(&s->denied, domain);
}

/* strangers bring mail for it, or its mailboxes are here */
static bool is_served(const struct open_relay *s, struct slice domain)
{
	const struct served *d = domain.n ? watch_table_find(&s->served, domain) : NULL;

	return d && (d->here || d->n >= SERVED_FROM) && !is_foreign(s, domain);
}

/* It may relay by its address: a server behind this one, or one that sends for domains that are served here. */
static bool is_partner(const struct open_relay *s, const struct stranger *x)
{
	const struct next_hop *hop = watch_table_find(&s->hops, x->entry.key);
	uint64_t served = 0;

	for (uint32_t i = 0; i < x->senders.n; i++)
		if (is_served(s, watch_peer_key(&x->senders.items[i])))
			served += x->senders.items[i].successes;
	return (hop && hop->mails >= HOP_FROM) || served * 2 >= x->messages;
}

struct sum {
	uint64_t foreign, alone; /* recipients in domains that are certainly not ours; recipients that nobody else writes to */
	uint64_t domains;
};

static int compare_slices(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static struct sum sum_up(const struct open_relay *s, const struct stranger *x)
{
	struct slice *domains = xcalloc(x->recipients.n + 1, sizeof *domains);
	struct sum sum = { 0 };

	for (uint32_t i = 0; i < x->recipients.n; i++) {
		struct slice address = watch_peer_key(&x->recipients.items[i]), domain = slice_domain(address);
		const struct target *t = watch_table_find(&s->targets, address);

		if (!t || t->several)
			continue;
		domains[sum.alone++] = domain;
		sum.foreign += is_foreign(s, domain);
	}
	if (sum.alone)
		qsort(domains, sum.alone, sizeof *domains, compare_slices);
	for (uint64_t i = 0; i < sum.alone; i++)
		sum.domains += i == 0 || !slice_eq(domains[i - 1], domains[i]);
	free(domains);
	return sum;
}

static void tell(const struct open_relay *s, const struct stranger *x, const struct sum *sum, bool sure)
{
	const struct watch_context *c = s->c;
	struct ip_net net = watch_key_net(x->entry.key);
	struct finding *f = detect_report_net(c, &net);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "n", detect_count_text(c, x->messages) },
		{ "all", detect_count_text(c, x->recipients.n + x->recipients.more) },
		{ "domains", detect_count_text(c, sum->domains) },
		{ "since", detect_time_text(c, x->entry.first_us) },
	};

	f->blames = f->blockable = true;
	finding_level(f, LEVEL_CRITICAL, sure ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	finding_when(f, x->entry.first_us, x->entry.last_us);
	finding_setting(c, f, sure ? RECIPIENTS : DOMAINS);
	finding_summary(c, f, TR_KEY("threat.open_relay.summary", "This server passed on mail of {who}, who did not log in, to {all} strangers in {domains} "
				     "domains, {n} mails since {since}: it is an open relay."), values, ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.open_relay.action", "Look at who may relay without a login (Postfix: mynetworks and "
				    "smtpd_relay_restrictions; Exim: relay_from_hosts and the RCPT ACL; Sendmail: the access map) and close it now. If you "
				    "want to relay for that address, --trust it; if it brings mail for domains that you serve, name them with --local."),
		       NULL, 0);
	finding_trace(c, f, "--ip", f->subject);
	finding_count(f, "messages", TR_KEY("threat.evidence.relayed", "mails passed on"), (int64_t)x->messages, -1);
	finding_count(f, "recipients", TR_KEY("threat.evidence.relayed_recipients", "recipients outside"),
		      (int64_t)(x->recipients.n + x->recipients.more), -1);
	finding_count(f, "foreign", TR_KEY("threat.evidence.relayed_foreign", "of them in domains that are certainly not served here"),
		      (int64_t)sum->foreign, -1);
	finding_count(f, "domains", TR_KEY("threat.evidence.domains", "domains written to"), (int64_t)sum->domains, -1);
	finding_lines(f, &x->lines);
}

static void end(void *state)
{
	struct open_relay *s = state;
	const int64_t *set = s->c->settings;
	size_t n;
	void **all = watch_table_sorted(&s->strangers, &n);

	for (size_t i = 0; i < n; i++) {
		const struct stranger *x = all[i];
		struct sum sum = sum_up(s, x);
		bool sure = sum.foreign >= (uint64_t)set[RECIPIENTS];

		if (x->local * LOCAL_WEIGHT >= sum.alone || is_partner(s, x))
			continue;
		if (sure || (sum.domains >= (uint64_t)set[DOMAINS] && x->hops.n >= (uint64_t)set[DOMAINS]))
			tell(s, x, &sum, sure);
	}
	free(all);
}

const struct detector detector_open_relay = {
	.id = "open_relay",
	.title = TR_KEY("threat.open_relay.title", "sends to others through this server without a login"),
	.help = "Mail of strangers that this server passed on to strangers. Passes over aliases and forwards, backup mail servers and gateways for a "
		"few domains, own and trusted networks.",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = watch_new,
	.free = watch_free,
	.on_message = on_message,
	.on_rejection = on_rejection,
	.end = end,
};

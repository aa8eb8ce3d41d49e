/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account_takeover.c - an account in other hands: what it does differs from what it did
 *
 * No single sign proves it, so signs are added up, day by day:
 *
 *     4  a stranger guessed its password (he logged in from an address that guesses)
 *     3  volume: within an hour many recipients, five times what is usual and twice what ever was; only 2 from an address that
 *        tells nothing (webmail, our own networks), 1 from where it has always logged in, or if the log knows no earlier days
 *     2  new networks that day (4: and they lie in several countries)
 *     2  many recipients failed; 2 many were refused as spam
 *     2  nearly all recipients were new to it (1 from where it has always logged in)
 *     2  envelope senders of many domains that are not its own
 *
 * A newsletter comes from its home and rarely fails, a road warrior sends no more than before, a shop writes to new
 * people all the time but to as many as ever.  A day is one of 24 hours of UTC.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/hash.h"
#include "detect/detectors.h"
#include "detect/logins.h"

#define ACCOUNTS_MAX     50000
#define RECIPIENTS_MAX   4096  /* that are remembered of an account; past it nobody is new */
#define DOMAINS_MAX      32    /* of senders, of a day */
#define HOUR_BUCKETS     24    /* recipients of an hour, by powers of two */
#define HISTORY_HOURS    5     /* in which it sent: a history */
#define HISTORY_KNOWN    20    /* recipients of it */
#define TIMES_USUAL      5
#define TIMES_MOST       2
#define FRESH_PER_CENT   90
#define REFUSED_MIN      10
#define REFUSED_PER_CENT 5

enum { SCORE, RECIPIENTS, FAILED, FAILED_SHARE, FRESH, NETWORKS, COUNTRIES, DOMAINS };

static const struct detector_setting SETTINGS[] = {
	[SCORE] = { "score", SETTING_COUNT, 5, 1, 100, "signs that add up to an alarm" },
	[RECIPIENTS] = { "recipients", SETTING_COUNT, 200, 1, 100000000, "recipients within an hour, and far beyond what is usual" },
	[FAILED] = { "failed", SETTING_COUNT, 50, 1, 100000000, "recipients of a day that failed" },
	[FAILED_SHARE] = { "failed_share", SETTING_SHARE, 20000, 1000, 100000, "and their share" },
	[FRESH] = { "new_recipients", SETTING_COUNT, 100, 1, RECIPIENTS_MAX, "recipients of a day that it never wrote to before" },
	[NETWORKS] = { "networks", SETTING_COUNT, 5, 2, PEERS_MAX, "new networks (/16, /48) of a day from which it logged in" },
	[COUNTRIES] = { "countries", SETTING_COUNT, 3, 2, 250, "new countries among them (--geoip)" },
	[DOMAINS] = { "sender_domains", SETTING_COUNT, 5, 2, DOMAINS_MAX, "domains of envelope senders of a day that are not its own" },
};

struct account_day {
	int64_t day;
	uint32_t messages, recipients, failed, refused;
	uint32_t fresh, known_before; /* recipients */
	bool knows_recipients;       /* their table was not full */
	uint32_t strange, neutral;   /* recipients of mail from networks that are new, or that tell nothing */
	uint32_t networks, countries; /* new ones */
	uint64_t peak;               /* recipients within an hour */
	int64_t usual, most;         /* of the hours before; -1: no history */
	uint64_t domains[DOMAINS_MAX];
	uint32_t n_domains;
	usec_t first_us, last_us;
};

struct account_watch {
	struct watch_entry entry;
	struct watch_lines lines;    /* of the worst day */
	struct watch_peers networks; /* from which it logged in or sent; keys: networks */
	uint8_t countries[26 * 26 / 8 + 1]; /* bit per country */
	struct watch_window hour;
	int64_t hour_number;
	uint32_t hour_recipients, most_hour, n_hours;
	uint32_t hours[HOUR_BUCKETS];
	uint64_t *known;             /* hashes of recipients; open addressing */
	uint32_t n_known, known_cap;
	struct account_day today, worst;
	struct watch_lines today_lines;
	unsigned worst_points;
};

struct takeover {
	const struct watch_context *c;
	struct watch_table accounts;
};

static uint64_t account_weight(const void *entry)
{
	const struct account_watch *a = entry;

	return (uint64_t)a->n_hours + a->n_known + a->worst_points * 1000U;
}

static void account_done(void *entry, struct watch_meter *m)
{
	struct account_watch *a = entry;

	watch_peers_done(&a->networks, m);
	watch_window_done(&a->hour, m);
	m->used -= a->known_cap * sizeof *a->known;
	free(a->known);
}

static void *takeover_new(const struct watch_context *c)
{
	static const struct watch_ops OPS = { sizeof(struct account_watch), account_weight, account_done };
	struct takeover *s = xcalloc(1, sizeof *s);

	s->c = c;
	watch_table_init(&s->accounts, &OPS, ACCOUNTS_MAX, detect_meter(c->detect));
	return s;
}

static void takeover_free(void *state)
{
	struct takeover *s = state;

	watch_table_done(&s->accounts);
	free(s);
}

/* --- points ------------------------------------------------------------------------------------------- */

struct points {
	unsigned guessed, volume, sources, failed, refused, fresh, domains;
};

static unsigned sum(const struct points *p)
{
	return p->guessed + p->volume + p->sources + p->failed + p->refused + p->fresh + p->domains;
}

enum origin_of { FROM_HOME, FROM_NEUTRAL, FROM_STRANGE };

static enum origin_of origin_of_day(const struct account_day *d)
{
	if (d->strange * 2 >= d->recipients)
		return FROM_STRANGE;
	return (d->strange + d->neutral) * 2 >= d->recipients ? FROM_NEUTRAL : FROM_HOME;
}

static unsigned volume_points(const struct watch_context *c, const struct account_day *d)
{
	static const unsigned POINTS[] = { [FROM_HOME] = 1, [FROM_NEUTRAL] = 2, [FROM_STRANGE] = 3 };

	if (d->peak < (uint64_t)c->settings[RECIPIENTS])
		return 0;
	if (d->usual < 0)
		return 1;
	if (d->peak < TIMES_USUAL * (uint64_t)d->usual || d->peak < TIMES_MOST * (uint64_t)d->most)
		return 0;
	return POINTS[origin_of_day(d)];
}

static struct points points_of(const struct watch_context *c, const struct account_day *d)
{
	const int64_t *set = c->settings;
	struct points p = { .volume = volume_points(c, d) };

	if (d->networks >= set[NETWORKS])
		p.sources = 2;
	if (d->countries >= set[COUNTRIES])
		p.sources = 4;
	if (d->failed >= set[FAILED] && d->failed * INT64_C(100000) >= d->recipients * set[FAILED_SHARE])
		p.failed = 2;
	if (d->refused >= REFUSED_MIN && d->refused * 100 >= d->recipients * REFUSED_PER_CENT)
		p.refused = 2;
	if (d->knows_recipients && d->known_before >= HISTORY_KNOWN && d->fresh >= set[FRESH] &&
	    d->fresh * 100 >= d->recipients * FRESH_PER_CENT)
		p.fresh = origin_of_day(d) == FROM_HOME ? 1 : 2;
	if (d->n_domains >= set[DOMAINS])
		p.domains = 2;
	return p;
}

/* A sum of small things is no theft: something must tell of a stranger, or of spam in volume. */
static bool tells_of_theft(const struct points *p)
{
	return p->guessed || p->sources || p->volume >= 2 || (p->volume && p->failed && p->refused);
}

/* --- days and hours ----------------------------------------------------------------------------------- */

static unsigned bucket_of(uint32_t n)
{
	unsigned b = 0;

	while (n >>= 1)
		b++;
	return b < HOUR_BUCKETS ? b : HOUR_BUCKETS - 1;
}

/* recipients of an hour that 95 of 100 hours did not exceed, rounded up to a power of two; -1: no history */
static int64_t usual_hour(const struct account_watch *a)
{
	uint32_t left = a->n_hours - a->n_hours * 95 / 100;

	if (a->n_hours < HISTORY_HOURS)
		return -1;
	for (unsigned b = HOUR_BUCKETS; b-- > 0;) {
		if (a->hours[b] >= left) {
			int64_t top = (INT64_C(2) << b) - 1;

			return top < a->most_hour ? top : a->most_hour;
		}
		left -= a->hours[b];
	}
	return a->most_hour;
}

static void close_hour(struct account_watch *a)
{
	if (!a->hour_recipients)
		return;
	a->hours[bucket_of(a->hour_recipients)]++;
	a->n_hours++;
	if (a->hour_recipients > a->most_hour)
		a->most_hour = a->hour_recipients;
	a->hour_recipients = 0;
}

static void close_day(const struct takeover *s, struct account_watch *a)
{
	struct points p = points_of(s->c, &a->today);
	unsigned points = sum(&p);

	if (points > a->worst_points || (points && points == a->worst_points && a->today.recipients > a->worst.recipients)) {
		a->worst = a->today;
		a->worst_points = points;
		a->lines = a->today_lines;
	}
}

static void move_on(const struct takeover *s, struct account_watch *a, usec_t time_us)
{
	int64_t hour = time_us / USEC_PER_HOUR, day = time_us / USEC_PER_DAY;

	if (hour > a->hour_number) {
		close_hour(a);
		a->hour_number = hour;
	}
	if (day <= a->today.day)
		return;
	if (a->today.day)
		close_day(s, a);
	a->today = (struct account_day){
		.day = day, .known_before = a->n_known, .knows_recipients = true, .first_us = time_us, .usual = usual_hour(a),
		.most = a->most_hour,
	};
	a->today_lines = (struct watch_lines){ 0 };
}

static struct account_watch *account_at(struct takeover *s, struct slice account, usec_t time_us)
{
	struct account_watch *a = watch_table_at(&s->accounts, account, time_us);

	move_on(s, a, time_us);
	if (time_us > a->today.last_us)
		a->today.last_us = time_us;
	return a;
}

/* --- where from --------------------------------------------------------------------------------------- */

/* carriers move phones about within a /16 */
static struct ip_net wide_network(const struct ip *ip)
{
	struct ip_net net = watch_network(ip);

	if (ip_is_v4(ip)) {
		net.addr.b[14] = 0;
		net.bits = 96 + 16;
	}
	return net;
}

static bool mark_country(const struct takeover *s, struct account_watch *a, const struct ip *ip)
{
	int country = detect_country(s->c->detect, ip);
	bool fresh;

	if (country < 0)
		return false;
	fresh = !(a->countries[country / 8] & 1 << country % 8);
	a->countries[country / 8] |= (uint8_t)(1 << country % 8);
	return fresh;
}

static enum origin_of note_source(const struct takeover *s, struct account_watch *a, const struct party *p, usec_t time_us)
{
	bool history = usec_since(a->entry.first_us, time_us) >= USEC_PER_DAY;
	uint32_t before = a->networks.n;
	struct watch_peer *peer;
	struct ip_net net;

	if (!p->has_ip || p->trusted)
		return FROM_NEUTRAL;
	net = wide_network(&p->ip);
	peer = watch_peers_at(&a->networks, watch_net_key(&net), s->accounts.meter);
	if (!peer)
		return FROM_NEUTRAL;
	watch_peer_add(peer, true, time_us, 1);
	if (a->networks.n > before && history) {
		a->today.networks++;
		a->today.countries += mark_country(s, a, &p->ip);
	} else if (a->networks.n > before) {
		(void)mark_country(s, a, &p->ip);
	}
	if (p->from && known_is_shared(p->from))
		return FROM_NEUTRAL;
	/* new for a day, to an account that is not new itself */
	return history && usec_since(peer->first_success_us, time_us) < USEC_PER_DAY &&
			       usec_since(a->entry.first_us, peer->first_success_us) >= USEC_PER_DAY ?
		       FROM_STRANGE : FROM_HOME;
}

static void on_login(void *state, const struct login *l, const struct party *p)
{
	struct takeover *s = state;

	if (l->success && p->account.n)
		(void)note_source(s, account_at(s, p->account, l->time_us), p, l->time_us);
}

/* --- what it sends ------------------------------------------------------------------------------------ */

static void known_put(uint64_t *table, uint32_t cap, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & (cap - 1);

	while (table[i])
		i = (i + 1) & (cap - 1);
	table[i] = hash;
}

/* Was it never written to before?  False, and *full, if there is no room to remember it. */
static bool is_fresh(struct account_watch *a, struct slice address, struct watch_meter *m, bool *full)
{
	uint64_t hash = hash_slice(address) | 1;

	if ((a->n_known + 1) * 2 > a->known_cap && a->n_known < RECIPIENTS_MAX) {
		uint32_t cap = a->known_cap ? a->known_cap * 2 : 32;
		uint64_t *table = xcalloc(cap, sizeof *table);

		for (uint32_t i = 0; i < a->known_cap; i++)
			if (a->known[i])
				known_put(table, cap, a->known[i]);
		m->used += (cap - a->known_cap) * sizeof *table;
		free(a->known);
		a->known = table;
		a->known_cap = cap;
	}
	for (uint32_t i = (uint32_t)hash & (a->known_cap - 1); a->known[i]; i = (i + 1) & (a->known_cap - 1))
		if (a->known[i] == hash)
			return false;
	if (a->n_known >= RECIPIENTS_MAX) {
		*full = true;
		return false;
	}
	known_put(a->known, a->known_cap, hash);
	a->n_known++;
	return true;
}

static void note_sender(struct account_watch *a, struct slice sender)
{
	struct slice domain = slice_domain(sender), own = slice_domain(a->entry.key);
	uint64_t hash;

	if (!domain.n || slice_eq_fold(domain, own) || a->today.n_domains == DOMAINS_MAX)
		return;
	hash = hash_slice(domain);
	for (uint32_t i = 0; i < a->today.n_domains; i++)
		if (a->today.domains[i] == hash)
			return;
	a->today.domains[a->today.n_domains++] = hash;
}

/* the other server called it spam, or us a spammer */
static bool is_refused_as_spam(const struct takeover *s, const struct recipient *r)
{
	const struct diagnoser *d = detect_options_of(s->c->detect)->diagnoser;
	const struct attempt *t = r->deciding;
	struct complaint complaint;
	struct cause cause;

	if (!d || !t || !t->reply.n)
		return false;
	complaint = (struct complaint){
		.reply = t->reply, .smtp_code = t->smtp_code, .dsn = t->dsn, .host = t->relay_host, .said_by = SAID_BY_REMOTE,
	};
	diagnose(d, &complaint, &cause);
	return cause.class == CLASS_REPUTATION || cause.class == CLASS_CONTENT;
}

static void note_failures(const struct takeover *s, struct account_watch *a, const struct message *m)
{
	for (const struct recipient *r = m->recipients; r; r = r->next) {
		if (r->outcome != OUTCOME_BOUNCED && r->outcome != OUTCOME_EXPIRED && r->outcome != OUTCOME_REJECTED)
			continue;
		a->today.failed++;
		a->today.refused += is_refused_as_spam(s, r);
	}
}

static void note_recipients(const struct takeover *s, struct account_watch *a, const struct message *m, enum origin_of from, usec_t time_us)
{
	struct account_day *d = &a->today;
	uint32_t n = 0;
	uint64_t hour;
	bool full = false;

	for (const struct recipient *r = m->recipients; r; r = r->next) {
		struct slice address = r->orig_address.n ? r->orig_address : r->address;

		n++;
		d->fresh += is_fresh(a, address, s->accounts.meter, &full);
	}
	d->knows_recipients &= !full;
	d->messages++;
	d->recipients += n;
	a->hour_recipients += n;
	if (from == FROM_STRANGE)
		d->strange += n;
	else if (from == FROM_NEUTRAL)
		d->neutral += n;
	hour = watch_window_add(&a->hour, USEC_PER_HOUR, time_us, n, s->accounts.meter);
	if (hour > d->peak)
		d->peak = hour;
}

/* the line that says who came in: the first one */
static void note_line(struct account_watch *a, const struct message *m)
{
	struct fact_line first;

	if (!m->lines)
		return;
	first = *m->lines;
	first.next = NULL;
	watch_lines_add(&a->today_lines, &first);
}

static void on_message(void *state, const struct message *m, const struct party *p)
{
	usec_t time_us = m->arrived_us != USEC_NONE ? m->arrived_us : m->first_us;
	struct takeover *s = state;
	struct account_watch *a;

	if (!p->account.n || (m->role != ROLE_MAIL && m->role != ROLE_FILTER_PASS))
		return;
	a = account_at(s, p->account, time_us);
	if (m->role == ROLE_MAIL) {
		enum origin_of from = note_source(s, a, p, time_us);

		note_sender(a, m->sender);
		note_recipients(s, a, m, from, time_us);
		note_line(a, m);
	}
	note_failures(s, a, m);
}

/* --- the end ------------------------------------------------------------------------------------------ */

static bool was_guessed(const struct takeover *s, struct slice account)
{
	const struct known_account *who = known_account(detect_known(s->c->detect), account);

	for (uint32_t i = 0; who && i < who->addresses.n; i++) {
		struct ip_net net = watch_key_net(watch_peer_key(&who->addresses.items[i]));

		if (who->addresses.items[i].successes && login_is_intruder(s->c->detect, &net, account))
			return true;
	}
	return false;
}

/* those that were new that day */
static void tell_networks(const struct watch_context *c, struct finding *f, const struct account_watch *a)
{
	finding_members(c, f, SUBJECT_NETWORK, a->networks.n);
	for (uint32_t i = 0; i < a->networks.n; i++) {
		struct ip_net net = watch_key_net(watch_peer_key(&a->networks.items[i]));

		if (a->networks.items[i].first_success_us / USEC_PER_DAY == a->worst.day)
			finding_member_net(c, f, &net);
	}
}

static void tell_evidence(const struct takeover *s, struct finding *f, const struct account_watch *a, unsigned points)
{
	const struct watch_context *c = s->c;
	const struct account_day *d = &a->worst;

	finding_count(f, "score", TR_KEY("threat.evidence.score", "signs"), points, -1);
	finding_count(f, "recipients", TR_KEY("threat.evidence.recipients", "recipients that day"), d->recipients, -1);
	finding_count(f, "hour", TR_KEY("threat.evidence.hour", "most within an hour"), (int64_t)d->peak, d->usual);
	if (d->failed)
		finding_share(f, "failed", TR_KEY("threat.evidence.failed", "failed"), d->failed, d->recipients, -1);
	if (d->refused)
		finding_count(f, "refused", TR_KEY("threat.evidence.refused", "refused as spam"), d->refused, -1);
	if (d->known_before >= HISTORY_KNOWN && d->knows_recipients)
		finding_share(f, "new_recipients", TR_KEY("threat.evidence.fresh", "recipients it never wrote to before"), d->fresh,
			      d->recipients, -1);
	if (d->networks)
		finding_count(f, "networks", TR_KEY("threat.evidence.new_networks", "new networks"), d->networks, -1);
	if (d->countries)
		finding_count(f, "countries", TR_KEY("threat.evidence.new_countries", "new countries"), d->countries, -1);
	if (d->n_domains >= c->settings[DOMAINS])
		finding_count(f, "sender_domains", TR_KEY("threat.evidence.sender_domains", "foreign domains of senders"), d->n_domains, -1);
	tell_networks(c, f, a);
	finding_lines(f, &a->lines);
}

static void tell(const struct takeover *s, const struct account_watch *a, const struct points *p)
{
	const struct watch_context *c = s->c;
	const struct account_day *d = &a->worst;
	struct finding *f = detect_report(c, SUBJECT_ACCOUNT, a->entry.key);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "n", detect_count_text(c, d->recipients) },
		{ "peak", p->volume ? detect_count_text(c, d->peak) : SLICE_NONE },
		{ "usual", p->volume && d->usual >= 0 ? detect_count_text(c, (uint64_t)d->usual) : SLICE_NONE },
		{ "networks", p->sources ? detect_count_text(c, d->networks) : SLICE_NONE },
		{ "failed", p->failed ? detect_share_text(c, d->failed, d->recipients) : SLICE_NONE },
		{ "refused", p->refused ? detect_count_text(c, d->refused) : SLICE_NONE },
		{ "guessed", p->guessed ? SLICE("1") : SLICE_NONE },
	};

	finding_level(f, p->volume || p->guessed ? LEVEL_CRITICAL : LEVEL_HIGH, sum(p) >= 7 ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	f->blames = true;
	finding_when(f, d->first_us, d->last_us);
	finding_setting(c, f, SCORE);
	finding_summary(c, f, TR_KEY("threat.account_takeover.summary",
				     "{who} wrote to {n} recipients in a day{; in its busiest hour: peak}{, as a rule at most: usual}{; failed: failed}"
				     "{; refused as spam: refused}{; new networks: networks}."), values, ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.account_takeover.action",
				    "Change the password of {who} now and end its sessions; hold its mail in the queue and look at it before it is "
				    "deleted; look for new forwarding rules; scan the owner's devices."), values, ARRAY_LEN(values));
	finding_trace(c, f, "--user", f->subject);
	tell_evidence(s, f, a, sum(p));
}

static void end(void *state)
{
	struct takeover *s = state;
	size_t n;
	void **all = watch_table_sorted(&s->accounts, &n);

	for (size_t i = 0; i < n; i++) {
		struct account_watch *a = all[i];
		struct points p;

		close_day(s, a);
		p = points_of(s->c, &a->worst);
		if (sum(&p) + 4 < (uint64_t)s->c->settings[SCORE])
			continue;
		p.guessed = was_guessed(s, a->entry.key) ? 4 : 0;
		if (sum(&p) >= (uint64_t)s->c->settings[SCORE] && tells_of_theft(&p) && a->worst_points)
			tell(s, a, &p);
	}
	free(all);
}

const struct detector detector_account_takeover = {
	.id = "account_takeover",
	.title = TR_KEY("threat.account_takeover.title", "is probably in other hands"),
	.help = "An account that does what it never did: many recipients within an hour, new networks, failures, refusals as spam, new recipients, "
		"senders of foreign domains. One sign is none: they are added up. Passes over newsletters from where the account has always logged "
		"in, and travellers.",
	.family = "accounts",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = takeover_new,
	.free = takeover_free,
	.on_login = on_login,
	.on_message = on_message,
	.end = end,
};

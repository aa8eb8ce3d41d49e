/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crowd.c - who misbehaves: addresses, their neighbourhoods, and those that are many and each do little
 */
#include "detect/crowd.h"

#include <stdlib.h>

#include "base/alloc.h"

#define ADDRESSES_MAX 100000
#define DAY_US        USEC_PER_DAY
#define REGULAR       800 /* thousandths of the last intervals that are alike */

static uint64_t entry_weight(const void *entry)
{
	return ((const struct crowd_entry *)entry)->window.total;
}

static void entry_done(void *entry, struct watch_meter *m)
{
	struct crowd_entry *e = entry;

	watch_window_done(&e->window, m);
	watch_peers_done(&e->things, m);
}

void crowd_init(struct crowd *w, const struct watch_context *c, const struct crowd_rule *rule)
{
	static const struct watch_ops OPS = { sizeof(struct crowd_entry), entry_weight, entry_done };

	w->c = c;
	w->rule = *rule;
	if (!w->rule.deed_weight)
		w->rule.deed_weight = 1;
	watch_table_init(&w->table, &OPS, ADDRESSES_MAX, detect_meter(c->detect));
}

void crowd_done(struct crowd *w)
{
	watch_table_done(&w->table);
}

struct crowd *crowd_new(const struct watch_context *c, const struct crowd_rule *rule)
{
	struct crowd *w = xcalloc(1, sizeof *w);

	crowd_init(w, c, rule);
	return w;
}

void crowd_free(void *crowd)
{
	crowd_done(crowd);
	free(crowd);
}

void crowd_add(struct crowd *w, const struct party *p, usec_t time_us, unsigned kind, int64_t count, struct slice thing,
	       const struct fact_line *lines)
{
	struct crowd_entry *e;
	usec_t last;

	if (!p->has_ip || ip_is_loopback(&p->ip))
		return;
	e = watch_table_at(&w->table, watch_net_key(&p->address), time_us);
	watch_lines_add(&e->lines, lines);
	last = e->kinds[kind] ? e->last_deed_us[kind] : USEC_NONE;
	e->last_deed_us[kind] = time_us;
	if (w->rule.once_us && last != USEC_NONE && usec_since(last, time_us) < w->rule.once_us)
		return;
	e->kinds[kind] += (uint64_t)count;
	if (w->rule.regular_is_honest)
		watch_rhythm_add(&e->rhythm, time_us);
	(void)watch_window_add(&e->window, w->rule.span_us, time_us, (uint64_t)count, w->table.meter);
	if (thing.p)
		(void)watch_peers_at(&e->things, thing, w->table.meter);
}

/* --- who is left alone -------------------------------------------------------------------------------- */

static struct ip_net net_of(const struct crowd_entry *e)
{
	return watch_key_net(e->entry.key);
}

static uint64_t things_of(const struct crowd_entry *e)
{
	return e->things.n + e->things.more;
}

static bool is_regular(const struct crowd_entry *e)
{
	return usec_since(e->entry.first_us, e->entry.last_us) >= USEC_PER_HOUR && watch_rhythm_regular(&e->rhythm) >= REGULAR &&
	       watch_rhythm_median(&e->rhythm) >= USEC_PER_SEC;
}

static bool is_honest(const struct crowd *w, const struct crowd_entry *e)
{
	struct ip_net net = net_of(e);
	const struct known_address *k = known_address(detect_known(w->c->detect), &net);

	if (w->rule.regular_is_honest && is_regular(e))
		return true;
	if (!k)
		return false;
	for (uint32_t i = 0; i < k->accounts.n; i++)
		if (known_at_home(&k->accounts.items[i]))
			return true;
	return k->mails && k->mails * w->rule.mail_weight >= e->window.total * w->rule.deed_weight;
}

/* mail from all addresses of a network that was delivered; known is sorted by address */
static uint64_t mails_from(void *const *known, size_t n, const struct ip_net *net)
{
	size_t low = 0, high = n;
	uint64_t mails = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct ip_net at = watch_key_net(((const struct known_address *)known[mid])->entry.key);

		if (memcmp(at.addr.b, net->addr.b, sizeof at.addr.b) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < n; low++) {
		const struct known_address *k = known[low];
		struct ip_net at = watch_key_net(k->entry.key);

		if (!ip_in_net(&at.addr, net))
			break;
		mails += k->mails;
	}
	return mails;
}

/* --- groups ------------------------------------------------------------------------------------------- */

static int compare_times(const void *a, const void *b)
{
	const struct crowd_entry *x = *(const struct crowd_entry *const *)a, *y = *(const struct crowd_entry *const *)b;

	if (x->entry.last_us != y->entry.last_us)
		return x->entry.last_us < y->entry.last_us ? -1 : 1;
	return slice_cmp(x->entry.key, y->entry.key);
}

/* Enough of them, doing enough, within one day?  The entries are sorted by time. */
static bool is_dense(const struct crowd_entry *const *e, size_t n, uint64_t addresses, uint64_t deeds)
{
	uint64_t sum = 0;

	for (size_t i = 0, begin = 0; i < n; i++) {
		sum += e[i]->window.total;
		while (usec_since(e[begin]->entry.last_us, e[i]->entry.last_us) > DAY_US)
			sum -= e[begin++]->window.total;
		if (i + 1 - begin >= addresses && sum >= deeds)
			return true;
	}
	return false;
}

static uint64_t deeds_of(const struct crowd_entry *const *e, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += e[i]->window.total;
	return sum;
}

static void sum_up(struct crowd_group *g)
{
	g->first_us = g->entries[0]->entry.first_us;
	for (size_t i = 0; i < g->n; i++) {
		const struct crowd_entry *e = g->entries[i];

		g->deeds += e->window.total;
		g->things += things_of(e);
		for (size_t k = 0; k < CROWD_KINDS; k++)
			g->kinds[k] += e->kinds[k];
		if (e->entry.first_us < g->first_us)
			g->first_us = e->entry.first_us;
	}
	g->last_us = g->entries[g->n - 1]->entry.last_us;
}

/* the most active first; ties by address */
static int compare_deeds(const void *a, const void *b)
{
	const struct crowd_entry *x = *(const struct crowd_entry *const *)a, *y = *(const struct crowd_entry *const *)b;

	if (x->window.total != y->window.total)
		return x->window.total > y->window.total ? -1 : 1;
	return slice_cmp(x->entry.key, y->entry.key);
}

static void add_members(const struct crowd *w, struct finding *f, const struct crowd_group *g)
{
	const struct crowd_entry **by_deeds = xcalloc(g->n, sizeof *by_deeds);

	memcpy(by_deeds, g->entries, g->n * sizeof *by_deeds);
	qsort(by_deeds, g->n, sizeof *by_deeds, compare_deeds);
	finding_members(w->c, f, SUBJECT_ADDRESS, g->n);
	for (size_t i = 0; i < g->n && i < FINDING_MEMBERS_MAX; i++) {
		struct ip_net net = net_of(by_deeds[i]);

		finding_member_net(w->c, f, &net);
	}
	finding_lines(f, &by_deeds[0]->lines);
	free(by_deeds);
}

typedef void tell_fn(const struct crowd *w, struct finding *f, const struct crowd_group *g);

static bool fits(const struct crowd *w, struct crowd_group *g)
{
	sum_up(g);
	return !w->rule.fits || w->rule.fits(g);
}

/* "17 addresses of 203.0.113.0/24", "23 addresses" (net: SLICE_NONE) */
static struct slice addresses_of(const struct crowd *w, size_t n, struct slice net)
{
	const struct watch_context *c = w->c;
	const struct tr_value values[] = { { "n", detect_count_text(c, n) }, { "net", net } };
	struct strbuf text = { 0 };
	struct slice r;

	tr_fill(&text, tr_in(detect_options_of(c->detect)->language, TR_KEY("threat.crowd.addresses", "{n} addresses{ of net}")), values,
		ARRAY_LEN(values));
	r = detect_copy(c, strbuf_slice(&text));
	strbuf_done(&text);
	return r;
}

/* g is summed up */
static void tell_group(const struct crowd *w, struct crowd_group *g, const struct ip_net *net, tell_fn *tell)
{
	struct finding *f;

	f = net ? detect_report_net(w->c, net) : detect_report(w->c, SUBJECT_CAMPAIGN, addresses_of(w, g->n, SLICE_NONE));
	f->blames = true;
	f->blockable = true;
	if (g->scope == CROWD_ADDRESS)
		finding_lines(f, &g->entries[0]->lines);
	else
		add_members(w, f, g);
	finding_when(f, g->first_us, g->last_us);
	tell(w, f, g);
}

/* false: it does not fit */
static bool tell_address(const struct crowd *w, const struct crowd_entry *e, tell_fn *tell)
{
	struct ip_net net = net_of(e);
	const struct known_address *k = known_address(detect_known(w->c->detect), &net);
	struct crowd_group g = { .scope = CROWD_ADDRESS, .entries = &e, .n = 1, .mails = k ? k->mails : 0 };

	if (!fits(w, &g))
		return false;
	tell_group(w, &g, &net, tell);
	return true;
}

static bool enough_alone(const struct crowd *w, const struct crowd_entry *e)
{
	return e->window.peak >= w->rule.address_deeds && things_of(e) >= w->rule.address_things;
}

/* the neighbours from `at` on, which are sorted by address */
static size_t neighbours(const struct crowd_entry *const *e, size_t n, size_t at, struct ip_net *ret)
{
	struct ip_net first = net_of(e[at]);
	size_t end = at + 1;

	*ret = watch_network(&first.addr);
	for (; end < n; end++) {
		struct ip_net net = net_of(e[end]);

		if (ip_is_v4(&net.addr) != ip_is_v4(&ret->addr) || !ip_in_net(&net.addr, ret))
			break;
	}
	return end - at;
}

/* Neighbourhoods are told and taken out; returns how many entries are left. */
static size_t tell_networks(const struct crowd *w, const struct crowd_entry **e, size_t n, tell_fn *tell)
{
	void **known = NULL;
	size_t n_known = 0, kept = 0;

	for (size_t at = 0, len; at < n; at += len) {
		struct crowd_group g = { .scope = CROWD_NETWORK, .entries = e + at };
		struct ip_net net;
		bool told = false;

		g.n = len = neighbours(e, n, at, &net);
		if (len >= w->rule.network_addresses) {
			qsort(e + at, len, sizeof *e, compare_times);
			told = is_dense(e + at, len, w->rule.network_addresses, w->rule.network_deeds);
		}
		if (told && !known)
			known = watch_table_sorted(&detect_known(w->c->detect)->addresses, &n_known);
		if (told) {
			g.mails = mails_from(known, n_known, &net);
			told = g.mails < deeds_of(e + at, len) && fits(w, &g);
		}
		if (told)
			tell_group(w, &g, &net, tell);
		else if (kept != at)
			memmove(e + kept, e + at, len * sizeof *e);
		kept += told ? 0 : len;
	}
	free(known);
	return kept;
}

/* how many addresses did it to a thing */
struct shared {
	struct watch_entry entry;
	uint32_t addresses;
};

#define THINGS_MAX 100000

static void note_things(const struct crowd *w, const struct crowd_entry *e, struct watch_table *things)
{
	for (uint32_t i = 0; w->rule.shared_things && i < e->things.n; i++)
		((struct shared *)watch_table_at(things, watch_peer_key(&e->things.items[i]), e->entry.last_us))->addresses++;
}

static bool shares_thing(const struct crowd *w, const struct crowd_entry *e, const struct watch_table *things)
{
	for (uint32_t i = 0; i < e->things.n; i++) {
		const struct shared *x = watch_table_find(things, watch_peer_key(&e->things.items[i]));

		if (x && x->addresses > w->rule.shared_things)
			return true;
	}
	return false;
}

static void tell_rest(const struct crowd *w, const struct crowd_entry **e, size_t n, const struct watch_table *things, tell_fn *tell)
{
	struct crowd_group g = { .scope = CROWD_REST, .entries = e, .n = n };

	qsort(e, n, sizeof *e, compare_times);
	if (!w->rule.rest_addresses || n < w->rule.rest_addresses || !is_dense(e, n, w->rule.rest_addresses, w->rule.rest_deeds)) {
		g.n = 0;
		for (size_t i = 0; w->rule.shared_things && i < n; i++)
			if (shares_thing(w, e[i], things))
				e[g.n++] = e[i];
	}
	if (g.n == 1)
		(void)tell_address(w, e[0], tell);
	else if (g.n && fits(w, &g))
		tell_group(w, &g, NULL, tell);
}

void crowd_end(struct crowd *w, tell_fn *tell)
{
	static const struct watch_ops SHARED = { sizeof(struct shared), NULL, NULL };
	struct watch_table things;
	size_t n, kept = 0;
	void **all = watch_table_sorted(&w->table, &n);
	const struct crowd_entry **e = xcalloc(n ? n : 1, sizeof *e);

	watch_table_init(&things, &SHARED, THINGS_MAX, detect_meter(w->c->detect));
	for (size_t i = 0; i < n; i++) {
		const struct crowd_entry *entry = all[i];
		struct ip_net net = net_of(entry);

		if (is_honest(w, entry))
			continue;
		note_things(w, entry, &things);
		if ((!enough_alone(w, entry) || !tell_address(w, entry, tell)) && !detect_trusts_net(w->c->detect, &net))
			e[kept++] = entry;
	}
	if (w->rule.network_addresses)
		kept = tell_networks(w, e, kept, tell);
	if (kept)
		tell_rest(w, e, kept, &things, tell);
	watch_table_done(&things);
	free(e);
	free(all);
}

struct slice crowd_who(const struct crowd *w, const struct finding *f, const struct crowd_group *g)
{
	return g->scope == CROWD_NETWORK ? addresses_of(w, g->n, f->subject) : f->subject;
}

void crowd_trace(const struct crowd *w, struct finding *f, const struct crowd_group *g)
{
	if (g->scope != CROWD_REST)
		finding_trace(w->c, f, "--ip", f->subject);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logins.c - what the detectors of logins share
 */
#include "detect/logins.h"

#include <stdlib.h>

#include "base/alloc.h"

#define DEVICE_GAP_US     (20 * USEC_PER_SEC) /* devices try again after half a minute, 1, 5, 15 minutes; a person who retypes, too */
#define DEVICE_REGULAR    600                 /* thousandths of the gaps */

/* --- tables ------------------------------------------------------------------------------------------- */

static uint64_t entry_weight(const void *entry)
{
	const struct login_entry *e = entry;

	return e->failures + e->peers.n;
}

static void entry_done(void *entry, struct watch_meter *m)
{
	struct login_entry *e = entry;

	watch_window_done(&e->window, m);
	watch_peers_done(&e->peers, m);
}

void *login_table_new(const struct watch_context *c)
{
	static const struct watch_ops OPS = { sizeof(struct login_entry), entry_weight, entry_done };
	struct login_table *t = xcalloc(1, sizeof *t);

	t->c = c;
	watch_table_init(&t->table, &OPS, LOGIN_ENTRIES_MAX, detect_meter(c->detect));
	return t;
}

void login_table_free(void *state)
{
	struct login_table *t = state;

	watch_table_done(&t->table);
	free(t);
}

struct login_entry *login_table_add(struct login_table *t, struct slice key, const struct login *l)
{
	struct login_entry *e = watch_table_at(&t->table, key, l->time_us);

	e->failures += (uint64_t)l->attempts;
	watch_rhythm_add(&e->rhythm, l->time_us);
	watch_lines_add(&e->lines, l->lines);
	return e;
}

struct login_entry *login_table_add_address(struct login_table *t, const struct login *l, const struct party *p, usec_t window)
{
	const struct known_address *a = p->from;
	struct login_entry *e;

	if (a->failures + a->unanswered < 2)
		return NULL;
	e = watch_table_at(&t->table, watch_net_key(&p->address), l->time_us);
	if (!e->failures && a->failures + a->unanswered > l->attempts) {
		e->entry.first_us = a->first_failure_us;
		e->failures = a->first_failures;
		watch_rhythm_add(&e->rhythm, a->first_failure_us);
		(void)watch_window_add(&e->window, window, a->first_failure_us, a->first_failures, t->table.meter);
		if (a->first_line.length)
			watch_lines_add(&e->lines, &a->first_line);
	}
	e->failures += (uint64_t)l->attempts;
	watch_rhythm_add(&e->rhythm, l->time_us);
	watch_lines_add(&e->lines, l->lines);
	(void)watch_window_add(&e->window, window, l->time_us, (uint64_t)l->attempts, t->table.meter);
	return e;
}

void login_first_lines(struct finding *f, const struct known_address *const *addresses, size_t n)
{
	struct watch_lines lines = { 0 };

	for (size_t i = 0; i < n; i++)
		if (addresses[i]->first_line.length)
			watch_lines_add(&lines, &addresses[i]->first_line);
	finding_lines(f, &lines);
}

void login_table_each(const struct login_table *t, void (*fn)(const struct login_table *t, const struct login_entry *e))
{
	size_t n;
	void **all = watch_table_sorted(&t->table, &n);

	for (size_t i = 0; i < n; i++)
		fn(t, all[i]);
	free(all);
}

/* --- who is honest ------------------------------------------------------------------------------------ */

/* the only account that was tried from there; NULL: several, or not told */
static const struct watch_peer *only_account(const struct known_address *a)
{
	const struct watch_peer *only = NULL;

	if (a->accounts.more)
		return NULL;
	for (uint32_t i = 0; i < a->accounts.n; i++) {
		const struct watch_peer *p = &a->accounts.items[i];

		if (!p->failures)
			continue;
		if (only)
			return NULL;
		only = p;
	}
	return only && only->key_n ? only : NULL;
}

/* also what people do who type */
static bool is_device(const struct detect *d, const struct known_address *a, const struct watch_rhythm *r)
{
	const struct watch_peer *only = only_account(a);

	return only && known_exists(detect_known(d), watch_peer_key(only)) && watch_rhythm_median(r) >= DEVICE_GAP_US &&
	       watch_rhythm_regular(r) >= DEVICE_REGULAR;
}

bool login_looks_like_device(const struct detect *d, const struct known_address *a)
{
	const struct watch_peer *only = only_account(a);

	return only && only->failures > 1 && known_exists(detect_known(d), watch_peer_key(only)) &&
	       usec_since(only->first_failure_us, only->last_failure_us) >= (only->failures - 1) * (DEVICE_GAP_US / 2);
}

bool login_is_stranger(const struct detect *d, const struct ip_net *address, struct slice account)
{
	const struct known_address *a = known_address(detect_known(d), address);
	const struct watch_peer *p = a ? watch_peers_find(&a->accounts, account) : NULL;

	return p && p->failures && !a->successes && !a->mails && !detect_trusts_net(d, address) && !login_looks_like_device(d, a);
}

struct known_foreign login_others(const struct known_address *a, struct slice account)
{
	struct known_foreign f = { 0 };

	for (uint32_t i = 0; i < a->accounts.n; i++) {
		const struct watch_peer *p = &a->accounts.items[i];

		if (!p->failures || known_at_home(p) || slice_eq(watch_peer_key(p), account))
			continue;
		f.accounts++;
		f.failures += p->failures;
	}
	return f;
}

struct neighbours {
	struct ip_net self;
	unsigned guessing, enough;
};

static bool count_guessing(void *ctx, const struct known_address *a)
{
	struct neighbours *n = ctx;
	struct ip_net net = watch_key_net(a->entry.key);

	if (memcmp(&net, &n->self, sizeof net) != 0 && !a->successes)
		n->guessing += known_guesses(a);
	return n->guessing < n->enough;
}

unsigned login_guessing_neighbours(const struct detect *d, const struct ip_net *address, unsigned enough)
{
	struct neighbours n = { *address, 0, enough };
	struct ip_net net = watch_network(&address->addr);

	known_within(detect_known(d), &net, count_guessing, &n);
	return n.guessing;
}

bool login_is_intruder(const struct detect *d, const struct ip_net *address, struct slice account)
{
	const struct known_address *a = known_address(detect_known(d), address);
	const struct watch_peer *p = a ? watch_peers_find(&a->accounts, account) : NULL;
	struct known_foreign foreign;

	if (!p || !p->successes || known_is_shared(a) || detect_trusts_net(d, address))
		return false;
	foreign = login_others(a, account);
	if (p->failures && p->first_success_us < p->first_failure_us)
		return false;
	if (foreign.accounts >= LOGIN_OTHER_ACCOUNTS && foreign.accounts + 1 > known_homes(a))
		return true;
	return p->failures >= LOGIN_OTHER_ACCOUNTS && login_guessing_neighbours(d, address, LOGIN_NEIGHBOURS) >= LOGIN_NEIGHBOURS;
}

size_t login_networks(const struct ip_net *addresses, size_t n)
{
	struct ip_net last = { 0 };
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		struct ip_net net = watch_network(&addresses[i].addr);

		if (i && memcmp(&net, &last, sizeof net) == 0)
			continue;
		last = net;
		found++;
	}
	return found;
}

bool login_is_honest(const struct detect *d, const struct known_address *a, const struct watch_rhythm *rhythm)
{
	return known_is_shared(a) || is_device(d, a, rhythm);
}

/* those that are not at home there */
static uint32_t tried(const struct known_address *a, const struct watch_peer **ret_one)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->accounts.n; i++) {
		const struct watch_peer *p = &a->accounts.items[i];

		if (!p->failures || !p->key_n || known_at_home(p))
			continue;
		n++;
		*ret_one = p;
	}
	return n;
}

struct slice login_accounts_text(const struct watch_context *c, const struct known_address *a)
{
	const struct watch_peer *one = NULL;
	uint32_t n = tried(a, &one);
	struct strbuf text = { 0 };
	struct slice s;
	struct tr_value value;

	if (n == 0)
		return SLICE_NONE;
	if (n == 1)
		return watch_peer_key(one);
	value = (struct tr_value){ "n", detect_count_text(c, n) };
	tr_fill(&text, tr_in(detect_options_of(c->detect)->language, TR_KEY("threat.accounts", "{n} accounts")), &value, 1);
	s = detect_copy(c, strbuf_slice(&text));
	strbuf_done(&text);
	return s;
}

void login_evidence(const struct watch_context *c, struct finding *f, const struct known_address *a)
{
	const struct watch_peer *one = NULL;
	uint32_t n = tried(a, &one);

	if (n)
		finding_count(f, "accounts", TR_KEY("threat.evidence.accounts", "accounts tried"), n, -1);
	finding_count(f, "successes", TR_KEY("threat.evidence.successes", "logins that succeeded"), a->successes, -1);
	if (a->mails)
		finding_count(f, "mails", TR_KEY("threat.evidence.mails", "mails taken from it"), a->mails, -1);
	finding_peers(c, f, SUBJECT_ACCOUNT, &a->accounts, false);
}

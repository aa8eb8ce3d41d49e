/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account_guessing.c - one account that many addresses try: a botnet, so that no address reaches a limit
 *
 * The account is the victim.  Its owner, who travels with an old password in the phone, is not many networks within an hour, and logs in from one
 * of them in the end.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "detect/detectors.h"
#include "detect/logins.h"

enum { ADDRESSES, WINDOW, A_DAY, NETWORKS };

static const struct detector_setting SETTINGS[] = {
	[ADDRESSES] = { "addresses", SETTING_COUNT, 10, 2, PEERS_MAX, "strange addresses that fail at one account" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_HOUR, USEC_PER_SEC, 7 * USEC_PER_DAY, "within this time" },
	[A_DAY] = { "addresses_a_day", SETTING_COUNT, 30, 2, PEERS_MAX, "or so many within a day" },
	[NETWORKS] = { "networks", SETTING_COUNT, 5, 1, PEERS_MAX, "from so many networks (/24, /48)" },
};

static int by_time(const void *a, const void *b)
{
	const struct watch_peer *x = *(const struct watch_peer *const *)a, *y = *(const struct watch_peer *const *)b;

	if (x->first_failure_us != y->first_failure_us)
		return x->first_failure_us < y->first_failure_us ? -1 : 1;
	return slice_cmp(watch_peer_key(x), watch_peer_key(y));
}

/* the most that came first within one span */
static size_t densest(const struct watch_peer *const *sorted, size_t n, usec_t span)
{
	size_t most = 0, from = 0;

	for (size_t i = 0; i < n; i++) {
		while (usec_since(sorted[from]->first_failure_us, sorted[i]->first_failure_us) > span)
			from++;
		if (i - from + 1 > most)
			most = i - from + 1;
	}
	return most;
}

static int by_net(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ip_net));
}

/* when they failed */
static void period(const struct known_account *e, usec_t *ret_first, usec_t *ret_last)
{
	*ret_first = INT64_MAX;
	*ret_last = USEC_NONE;
	for (uint32_t i = 0; i < e->addresses.n; i++) {
		const struct watch_peer *p = &e->addresses.items[i];

		if (!p->failures)
			continue;
		if (p->first_failure_us < *ret_first)
			*ret_first = p->first_failure_us;
		if (p->last_failure_us > *ret_last)
			*ret_last = p->last_failure_us;
	}
}

static void tell(const struct watch_context *c, const struct known_account *e, const struct ip_net *nets, size_t n, bool by_day)
{
	bool exists = known_exists(detect_known(c->detect), e->entry.key);
	struct finding *f = detect_report(c, SUBJECT_ACCOUNT, e->entry.key);
	usec_t first_us, last_us;

	period(e, &first_us, &last_us);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "n", detect_count_text(c, n) },
		{ "networks", detect_count_text(c, login_networks(nets, n)) },
		{ "span", detect_span_text(c, usec_since(first_us, last_us)) },
	};

	finding_level(f, exists ? LEVEL_HIGH : LEVEL_MEDIUM, n >= 2 * (uint64_t)c->settings[ADDRESSES] ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	f->blockable = true;
	finding_when(f, first_us, last_us);
	finding_setting(c, f, by_day ? A_DAY : ADDRESSES);
	finding_summary(c, f, TR_KEY("threat.account_guessing.summary",
				     "{n} addresses of {networks} networks tried passwords for {who} within {span}."), values, ARRAY_LEN(values));
	if (exists)
		finding_action(c, f, TR_KEY("threat.account_guessing.action",
					    "See to it that its password is long and used nowhere else, and that nobody gets in: mailwhy threats "
					    "would say so. Blocking single addresses does not end it; a limit per account does."), NULL, 0);
	else
		finding_action(c, f, TR_KEY("threat.account_guessing.action_nobody",
					    "Nobody logs in with that name here, so nothing can be guessed. Block the addresses if they are a nuisance."),
			       NULL, 0);
	finding_trace(c, f, "--user", f->subject);
	finding_count(f, "addresses", TR_KEY("threat.evidence.addresses", "addresses"), (int64_t)n, -1);
	finding_count(f, "networks", TR_KEY("threat.evidence.networks", "networks"), (int64_t)login_networks(nets, n), -1);
	finding_count(f, "failures", TR_KEY("threat.evidence.failures", "failed logins"), e->failures, -1);
	finding_members(c, f, SUBJECT_ADDRESS, n);
	for (size_t i = 0; i < n; i++)
		finding_member_net(c, f, &nets[i]);
	f->more_members += e->addresses.more;
	if (e->lines)
		finding_lines(f, e->lines);
}

static void judge(void *ctx, const struct known_account *e)
{
	const struct watch_context *c = ctx;
	const int64_t *set = c->settings;
	const struct watch_peer **strangers;
	struct ip_net *nets;
	bool by_day = false;
	size_t n = 0;

	if (!e->watched || (e->addresses.n < set[ADDRESSES] && e->addresses.n < set[A_DAY]))
		return;
	strangers = xcalloc(e->addresses.n, sizeof *strangers);
	nets = xcalloc(e->addresses.n, sizeof *nets);
	for (uint32_t i = 0; i < e->addresses.n; i++) {
		struct ip_net net = watch_key_net(watch_peer_key(&e->addresses.items[i]));

		if (!e->addresses.items[i].failures || !login_is_stranger(c->detect, &net, e->entry.key))
			continue;
		nets[n] = net;
		strangers[n++] = &e->addresses.items[i];
	}
	if (n) {
		qsort(nets, n, sizeof *nets, by_net);
		qsort(strangers, n, sizeof *strangers, by_time);
	}
	if (n && densest(strangers, n, set[WINDOW]) < (uint64_t)set[ADDRESSES])
		by_day = true;
	if (n && (!by_day || densest(strangers, n, USEC_PER_DAY) >= (uint64_t)set[A_DAY]) && login_networks(nets, n) >= (uint64_t)set[NETWORKS])
		tell(c, e, nets, n, by_day);
	free(strangers);
	free(nets);
}

static void *new(const struct watch_context *c)
{
	return (void *)(uintptr_t)c;
}

static void end(void *state)
{
	struct watch_context *c = state;

	known_each_account(detect_known(c->detect), 2, judge, c);
}

const struct detector detector_account_guessing = {
	.id = "account_guessing",
	.title = TR_KEY("threat.account_guessing.title", "is guessed at from many addresses"),
	.ban = "guesses the password of one account together with others",
	.help = "One account at which many addresses of several networks fail, from which nobody ever logs in or sends mail. The account is not "
		"accused: it is the victim.",
	.family = "accounts",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = new,
	.end = end,
};

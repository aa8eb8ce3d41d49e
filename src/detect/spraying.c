/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spraying.c - one address that tries many accounts, each with a password or two
 *
 * An office whose passwords all changed at once looks like that from outside.  The difference is what came before or after: its accounts
 * log in from there too.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "detect/detectors.h"
#include "detect/logins.h"

enum { ACCOUNTS, WINDOW };

static const struct detector_setting SETTINGS[] = {
	[ACCOUNTS] = { "accounts", SETTING_COUNT, 8, 2, PEERS_MAX, "accounts that one address failed at and never logs in with" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_HOUR, USEC_PER_SEC, 7 * USEC_PER_DAY, "within this time" },
};

/* What the detector knows stands in the shared knowledge; a state it has none. */
static void *new(const struct watch_context *c)
{
	return (void *)(uintptr_t)c;
}

static int by_time(const void *a, const void *b)
{
	usec_t x = *(const usec_t *)a, y = *(const usec_t *)b;

	return x < y ? -1 : x > y;
}

struct spree {
	uint32_t accounts;   /* the most that were tried for the first time within the window */
	usec_t first_us, last_us;
};

static struct spree spree_of(const struct known_address *a, usec_t window)
{
	usec_t *first = xcalloc(a->accounts.n + 1, sizeof *first);
	struct spree s = { 0, INT64_MAX, USEC_NONE };
	uint32_t n = 0, from = 0;

	for (uint32_t i = 0; i < a->accounts.n; i++) {
		const struct watch_peer *p = &a->accounts.items[i];

		if (!p->failures || !p->key_n || known_at_home(p))
			continue;
		first[n++] = p->first_failure_us;
		if (p->first_failure_us < s.first_us)
			s.first_us = p->first_failure_us;
		if (p->last_failure_us > s.last_us)
			s.last_us = p->last_failure_us;
	}
	if (n)
		qsort(first, n, sizeof *first, by_time);
	for (uint32_t i = 0; i < n; i++) {
		while (first[i] - first[from] > window)
			from++;
		if (i - from + 1 > s.accounts)
			s.accounts = i - from + 1;
	}
	free(first);
	return s;
}

static void tell(const struct watch_context *c, const struct known_address *a, const struct spree *s, const struct known_foreign *foreign)
{
	struct ip_net net = watch_key_net(a->entry.key);
	struct finding *f = detect_report_net(c, &net);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "n", detect_count_text(c, foreign->accounts) },
		{ "tries", detect_count_text(c, foreign->failures) },
		{ "span", detect_span_text(c, usec_since(s->first_us, s->last_us)) },
	};

	finding_level(f, LEVEL_HIGH, known_homes(a) ? CONFIDENCE_LOW :
		      s->accounts >= 2 * c->settings[ACCOUNTS] ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	f->blockable = !known_homes(a) && !a->mails;
	finding_when(f, s->first_us, s->last_us);
	finding_setting(c, f, ACCOUNTS);
	finding_summary(c, f, TR_KEY("threat.spraying.summary", "{who} tried {n} accounts within {span}, with {tries} passwords in all."), values,
			ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.spraying.action",
				    "Block the address at the firewall. Whoever has a simple password among these accounts is next: see "
				    "to it that they are long, or that a second factor is asked for."), NULL, 0);
	finding_trace(c, f, "--ip", f->subject);
	finding_count(f, "failures", TR_KEY("threat.evidence.failures", "failed logins"), foreign->failures, -1);
	login_evidence(c, f, a);
	login_first_lines(f, &a, 1);
}

static void judge(void *ctx, const struct known_address *a)
{
	const struct watch_context *c = ctx;
	struct known_foreign foreign;
	struct spree s;

	if (!a->watched || a->accounts.n < c->settings[ACCOUNTS] || known_is_shared(a))
		return;
	foreign = known_foreign(a);
	if (foreign.accounts < c->settings[ACCOUNTS] || foreign.accounts <= 2 * known_homes(a))
		return;
	s = spree_of(a, c->settings[WINDOW]);
	if (s.accounts >= c->settings[ACCOUNTS])
		tell(c, a, &s, &foreign);
}

static void end(void *state)
{
	struct watch_context *c = state;

	known_each_address(detect_known(c->detect), judge, c);
}

const struct detector detector_spraying = {
	.id = "spraying",
	.title = TR_KEY("threat.spraying.title", "tries one account after the other"),
	.help = "One address that fails at many accounts, with few tries for each. Passes over addresses from which most of these accounts "
		"log in: an office, webmail.",
	.family = "logins",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = new,
	.end = end,
};

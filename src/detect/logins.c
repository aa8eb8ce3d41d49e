/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logins.c - what the detectors of logins share
 */
#include "detect/logins.h"

#define DEVICE_GAP_US     (45 * USEC_PER_SEC) /* phones try again after 1, 5, 15 minutes */
#define DEVICE_REGULAR    600                 /* thousandths of the gaps */

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

static bool is_device(const struct detect *d, const struct known_address *a, const struct watch_rhythm *r)
{
	const struct watch_peer *only = only_account(a);

	return only && known_exists(detect_known(d), watch_peer_key(only)) && watch_rhythm_median(r) >= DEVICE_GAP_US &&
	       watch_rhythm_regular(r) >= DEVICE_REGULAR;
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

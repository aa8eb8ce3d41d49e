/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known.c - who logs in from where
 */
#include "detect/known.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"

#define ADDRESSES_MAX  200000
#define ACCOUNTS_MAX   200000
#define SHARED_FROM    3
#define TYPING_MISTAKES 4                      /* of a person, before the password is right */
#define QUICK_GAP_US   (3 * USEC_PER_SEC)      /* more failures that follow each other faster are no person's who types */
#define LONG_ROW       20
#define LONG_GAP_US    (10 * USEC_PER_SEC)     /* the same for so many */
#define GUESSES         5                      /* failures, or */
#define GUESSED_NAMES   3                      /* accounts */

static uint64_t address_weight(const void *entry)
{
	const struct known_address *a = entry;

	return (uint64_t)a->successes * 16 + (uint64_t)a->mails * 4 + a->failures;
}

static uint64_t account_weight(const void *entry)
{
	const struct known_account *a = entry;

	return (uint64_t)a->successes * 16 + a->messages + a->failures;
}

static void address_done(void *entry, struct watch_meter *m)
{
	watch_peers_done(&((struct known_address *)entry)->accounts, m);
}

static void account_done(void *entry, struct watch_meter *m)
{
	struct known_account *a = entry;

	if (a->lines)
		m->used -= sizeof *a->lines;
	free(a->lines);
	watch_peers_done(&a->addresses, m);
}

static const struct watch_ops ADDRESSES = { sizeof(struct known_address), address_weight, address_done };
static const struct watch_ops ACCOUNTS = { sizeof(struct known_account), account_weight, account_done };

void known_init(struct known *k, struct watch_meter *m)
{
	k->meter = m;
	watch_table_init(&k->addresses, &ADDRESSES, ADDRESSES_MAX, m);
	watch_table_init(&k->accounts, &ACCOUNTS, ACCOUNTS_MAX, m);
}

void known_done(struct known *k)
{
	watch_table_done(&k->addresses);
	watch_table_done(&k->accounts);
	free(k->sorted);
	k->sorted = NULL;
}

static uint64_t number_of(const uint8_t *p)
{
	uint64_t v = 0;

	for (size_t i = 0; i < sizeof v; i++)
		v = v << 8 | p[i];
	return v;
}

/* IPv4 addresses lie in ::ffff:0:0/96, of IPv6 the /64 is kept: one number has room for both */
static uint64_t order_of(const struct ip_net *net)
{
	uint64_t high = number_of(net->addr.b);

	return high ? high : number_of(net->addr.b + 8);
}

static int by_number(const void *a, const void *b)
{
	const struct known_address *x = *(const struct known_address *const *)a, *y = *(const struct known_address *const *)b;

	return x->number < y->number ? -1 : x->number > y->number;
}

void known_sort(struct known *k)
{
	free(k->sorted);
	k->n_sorted = k->addresses.n;
	k->sorted = xcalloc(k->n_sorted + 1, sizeof *k->sorted);
	for (size_t i = 0; i < k->n_sorted; i++)
		k->sorted[i] = (const struct known_address *)k->addresses.entries[i];
	if (k->n_sorted)
		qsort(k->sorted, k->n_sorted, sizeof *k->sorted, by_number);
}

struct known_address *known_address_at(struct known *k, const struct ip_net *address, usec_t now_us)
{
	struct known_address *a = watch_table_at(&k->addresses, watch_net_key(address), now_us);

	if (!a->number)
		a->number = order_of(address);
	return a;
}

struct known_account *known_account_at(struct known *k, struct slice account, usec_t now_us)
{
	return watch_table_at(&k->accounts, account, now_us);
}

void known_each_address(const struct known *k, void (*fn)(void *ctx, const struct known_address *a), void *ctx)
{
	for (size_t i = 0; i < k->n_sorted; i++)
		fn(ctx, k->sorted[i]);
}

void known_each_account(const struct known *k, uint32_t addresses, void (*fn)(void *ctx, const struct known_account *a), void *ctx)
{
	for (size_t i = 0; i < k->accounts.n; i++) {
		const struct known_account *a = (const struct known_account *)k->accounts.entries[i];

		if (a->addresses.n >= addresses)
			fn(ctx, a);
	}
}

void known_within(const struct known *k, const struct ip_net *net, bool (*fn)(void *ctx, const struct known_address *a), void *ctx)
{
	uint64_t first = order_of(net);
	size_t low = 0, high = k->n_sorted;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (k->sorted[middle]->number < first)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < k->n_sorted; low++) {
		struct ip_net address = watch_key_net(k->sorted[low]->entry.key);

		if (!ip_in_net(&address.addr, net) || !fn(ctx, k->sorted[low]))
			return;
	}
}

const struct known_address *known_address(const struct known *k, const struct ip_net *address)
{
	return watch_table_find(&k->addresses, watch_net_key(address));
}

const struct known_account *known_account(const struct known *k, struct slice account)
{
	return watch_table_find(&k->accounts, account);
}

bool known_exists(const struct known *k, struct slice account)
{
	const struct known_account *a = account.n ? known_account(k, account) : NULL;

	return a && a->successes;
}

/* A client that tries several ways to log in fails twice in a moment. */
bool known_at_home(const struct watch_peer *p)
{
	if (!p->successes)
		return false;
	if (p->failures <= TYPING_MISTAKES || p->first_success_us <= p->first_failure_us)
		return true;
	return usec_since(p->first_failure_us, p->last_failure_us) >= (p->failures - 1) * (p->failures < LONG_ROW ? QUICK_GAP_US : LONG_GAP_US);
}

uint32_t known_homes(const struct known_address *a)
{
	uint32_t home = 0;

	for (uint32_t i = 0; i < a->accounts.n; i++)
		home += known_at_home(&a->accounts.items[i]);
	return home;
}

bool known_guesses(const struct known_address *a)
{
	struct known_foreign f = known_foreign(a);

	return (f.failures >= GUESSES || f.accounts >= GUESSED_NAMES) && f.accounts > known_homes(a);
}

bool known_is_shared(const struct known_address *a)
{
	uint32_t home = known_homes(a);

	return home >= SHARED_FROM && home * 2 >= a->accounts.n && !a->accounts.more;
}

struct known_foreign known_foreign(const struct known_address *a)
{
	struct known_foreign f = { 0 };

	for (uint32_t i = 0; i < a->accounts.n; i++) {
		const struct watch_peer *p = &a->accounts.items[i];

		if (!p->failures || known_at_home(p))
			continue;
		f.failures += p->failures;
		f.accounts++;
	}
	return f;
}

/*
 * Exim src/auths: "Unable to authenticate at present", "authentication socket ..."; Postfix src/xsasl: "Connection lost to
 * authentication server"; Dovecot: "Temporary authentication failure", "internal failure"; the client's mistake or our lack, no
 * guess: a mechanism that we do not offer, an exchange that was given up.
 */
bool known_is_own_fault(struct slice reason)
{
	static const struct slice WORDS[] = {
		LIT("at present"), LIT("Connection lost to authentication"), LIT("Invalid authentication mechanism"),
		LIT("emporary"), LIT("nternal"), LIT("aborted"), LIT("cancelled"), LIT("unavailable"), LIT("timed out"),
		LIT("imeout"), LIT("Connection refused"), LIT("connect to"), LIT("annot reach"), LIT("base64"), LIT("decode64"),
		LIT("no mechanism available"), LIT("generic failure"), LIT("too many connections"), LIT("mechanism too weak"),
	};

	for (size_t i = 0; reason.n && i < ARRAY_LEN(WORDS); i++)
		if (slice_find(reason, WORDS[i]) < reason.n)
			return true;
	return false;
}

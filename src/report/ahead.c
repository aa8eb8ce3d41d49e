/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ahead.c - the names of a message, fetched before it is counted
 */
#include "report/ahead.h"

/* who handed it in: in the first place, where that is known */
static struct slice client_ip_of(const struct message *m)
{
	return UNLIKELY(m->origin != NULL) ? m->origin->client_ip : m->client_ip;
}

static struct slice client_host_of(const struct message *m)
{
	return UNLIKELY(m->origin != NULL) ? m->origin->client_host : m->client_host;
}

static struct slice user_of(const struct message *m)
{
	return UNLIKELY(m->origin != NULL) ? m->origin->user : m->user;
}

static void keys_of(const struct counters *c, const struct message *m, struct message_keys *keys)
{
	size_t n = 0;

	name_key_fold(&keys->sender, m->sender);
	client_key(c, &keys->client, client_ip_of(m), client_host_of(m));
	name_key_fold(&keys->user, user_of(m));
	for (const struct recipient *rc = m->recipients; rc && n < AHEAD_RECIPIENTS; rc = rc->next)
		name_key_fold(&keys->recipients[n++], recipient_address(rc));
	keys->n_recipients = n;
}

static inline bool same_place(struct slice a, struct slice b)
{
	return a.p == b.p && a.n == b.n;
}

static bool client_fits(const struct message_keys *keys, const struct message *m)
{
	struct slice ip = client_ip_of(m);

	return same_place(keys->client.s, ip.p ? ip : client_host_of(m));
}

/* Are these still the keys?  Texts of a message stay as they are where they are. */
static bool keys_fit(const struct counters *c, const struct message_keys *keys, const struct message *m)
{
	size_t n = 0;

	if (!same_place(keys->sender.s, m->sender) || !same_place(keys->user.s, user_of(m)) ||
	    (c->wanted & WANT_CLIENT && !client_fits(keys, m)))
		return false;
	for (const struct recipient *rc = m->recipients; rc && n < AHEAD_RECIPIENTS; rc = rc->next, n++)
		if (n == keys->n_recipients || !same_place(keys->recipients[n].s, recipient_address(rc)))
			return false;
	return n == keys->n_recipients;
}

/* A message's names lie all over the memory: ask for them together, so that they cost one wait. */
static void fetch_slots(const struct counters *c, const struct message_keys *keys)
{
	names_prefetch_slot(&c->addresses, &keys->sender);
	names_prefetch_slot(&c->clients, &keys->client);
	names_prefetch_slot(&c->users, &keys->user);
	for (size_t i = 0; i < keys->n_recipients; i++)
		names_prefetch_slot(&c->addresses, &keys->recipients[i]);
}

static void fetch_names(const struct counters *c, const struct message_keys *keys)
{
	names_prefetch_name(&c->addresses, &keys->sender);
	if (keys->client.s.p)
		names_prefetch_name(&c->clients, &keys->client);
	if (keys->user.s.p)
		names_prefetch_name(&c->users, &keys->user);
	for (size_t i = 0; i < keys->n_recipients; i++)
		names_prefetch_name(&c->addresses, &keys->recipients[i]);
}

void ahead_note(struct ahead *a, const struct counters *c, const struct message *m)
{
	struct hint *hint = &a->hints[a->n_hints % AHEAD_MESSAGES];
	const struct hint *before = &a->hints[(a->n_hints + AHEAD_MESSAGES - AHEAD_NAMES) % AHEAD_MESSAGES];

	/* names before slots: where they stand has come, and would wait behind what is only asked for now */
	if (before->serial)
		fetch_names(c, &before->keys);
	hint->serial = m->serial;
	keys_of(c, m, &hint->keys);
	fetch_slots(c, &hint->keys);
	a->n_hints++;
}

/* NULL: it was not announced */
static struct hint *hint_of(struct ahead *a, const struct message *m)
{
	for (size_t i = 0; i < AHEAD_MESSAGES; i++) { /* mostly they are told in the order in which they were announced */
		struct hint *hint = &a->hints[(a->told + i) % AHEAD_MESSAGES];

		if (hint->serial == m->serial && m->serial) {
			a->told += i + 1;
			return hint;
		}
	}
	return NULL;
}

const struct message_keys *ahead_find(struct ahead *a, const struct counters *c, const struct message *m)
{
	struct hint *hint = hint_of(a, m);

	if (LIKELY(hint != NULL)) {
		hint->serial = 0;
		if (LIKELY(keys_fit(c, &hint->keys, m))) /* it may have changed since it was announced */
			return &hint->keys;
	}
	keys_of(c, m, &a->keys);
	if (!hint) {
		fetch_slots(c, &a->keys);
		fetch_names(c, &a->keys);
	}
	return &a->keys;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * family.c - messages that are linked with those that were found
 */
#include "cli/family.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "cli/collect.h"
#include "fact/copy.h"
#include "fact/mailbox.h"

#define FAMILY_GUESSES 64 /* messages of other servers with the Message-ID of one that was found */
#define WHOLE_MAX      16 /* messages of a family that may be seen to be whole */

struct wanted {
	struct wanted *next; /* of the same owner */
	struct kept *owner;
	struct slice id;     /* in the same block */
};

struct family *family_new(struct arena_pool *pool)
{
	struct family *f = xcalloc(1, sizeof *f);

	f->pool = pool;
	return f;
}

void family_free(struct family *f)
{
	const struct map_slot *slot;
	size_t at = 0;

	if (!f)
		return;
	while ((slot = map_next(&f->wanted, &at)) != NULL)
		free(slot->value);
	for (size_t i = 0; i < FAMILY_RING; i++)
		kept_free(f->ring[i]);
	map_done(&f->passed);
	map_done(&f->passed_ids);
	map_done(&f->wanted);
	strbuf_done(&f->key);
	free(f);
}

/* server and queue id; borrowed until the next call */
static struct slice id_of(struct family *f, struct slice server, struct slice queue_id)
{
	strbuf_clear(&f->key);
	strbuf_add(&f->key, server);
	strbuf_add_byte(&f->key, '\0');
	strbuf_add(&f->key, queue_id);
	return strbuf_slice(&f->key);
}

static size_t bit_of_wanted(struct slice queue_id)
{
	return (size_t)(hash_quick(queue_id) % FAMILY_WANTED_BITS);
}

/* nobody waits for it: NULL */
static struct wanted *wanted_of(struct family *f, const struct message *m)
{
	size_t bit;

	if (!f->wanted.n || !m->queue_id.p)
		return NULL;
	bit = bit_of_wanted(m->queue_id);
	if (!(f->wanted_bits[bit / 64] >> bit % 64 & 1))
		return NULL;
	return map_get(&f->wanted, id_of(f, m->server, m->queue_id));
}

static struct kept *copy_of(struct family *f, const struct message *m)
{
	struct kept *k = xcalloc(1, sizeof *k);
	struct message *copy;

	k->arena.pool = f->pool;
	k->time_us = m->arrived_us != USEC_NONE ? m->arrived_us : m->first_us;
	copy = message_copy(&k->arena, m);
	k->item.message = copy;
	k->lines = copy->lines;
	return k;
}

static void adopt(struct family *f, struct kept *owner, struct kept *relative)
{
	relative->relatives = owner->relatives;
	owner->relatives = relative;
	family_follow(f, owner, relative->item.message);
}

static struct slice key_of(const struct kept *k)
{
	return slice_of((const char *)&k->id_key, sizeof k->id_key);
}

/* the ring by Message-ID: keys are borrowed, the newest owns its own */
static void index_id(struct family *f, struct kept *k)
{
	const struct message *m = k->item.message;

	k->id_key = f->several_servers && m->message_id.n >= 3 ? mailbox_id_key(m->message_id) : 0;
	if (!k->id_key)
		return;
	k->same_id = map_remove(&f->passed_ids, key_of(k));
	(void)map_put(&f->passed_ids, key_of(k), k);
}

static void forget_id(struct family *f, struct kept *k)
{
	struct kept *first, **at = &first;

	if (!k->id_key)
		return;
	first = map_remove(&f->passed_ids, key_of(k));
	while (*at != k)
		at = &(*at)->same_id;
	*at = k->same_id;
	if (first)
		(void)map_put(&f->passed_ids, key_of(first), first);
	k->id_key = 0;
	k->same_id = NULL;
}

/* out of the ring; the caller owns it */
static void take_out(struct family *f, struct kept *k)
{
	forget_id(f, k);
	if (map_get(&f->passed, k->id) == k)
		(void)map_remove(&f->passed, k->id);
	f->ring[k->ring_place] = NULL;
}

static void remember(struct family *f, struct kept *k)
{
	struct slice id;

	if (f->ring[f->at]) {
		struct kept *oldest = f->ring[f->at];

		take_out(f, oldest);
		kept_free(oldest);
	}
	id = id_of(f, k->item.message->server, k->item.message->queue_id);
	k->id = arena_copy(&k->arena, id);
	k->ring_place = f->at;
	/* the key must be that of the newer one: keys are borrowed */
	(void)map_remove(&f->passed, k->id);
	(void)map_put(&f->passed, k->id, k);
	f->ring[f->at] = k;
	f->at = (f->at + 1) % FAMILY_RING;
	index_id(f, k);
}

bool family_is_wanted(struct family *f, const struct message *m)
{
	return wanted_of(f, m) != NULL;
}

bool family_same_id(struct family *f, struct kept *owner, const struct message *m)
{
	struct kept *k;

	if (!f->several_servers || owner->n_guesses >= FAMILY_GUESSES || slice_eq(owner->item.message->server, m->server) ||
	    !slice_eq(owner->item.message->message_id, m->message_id))
		return false;
	owner->n_guesses++;
	k = copy_of(f, m);
	k->guessed = true;
	adopt(f, owner, k);
	return true;
}

void family_find_same_id(struct family *f, struct kept *owner)
{
	const struct message *m = owner->item.message;
	uint64_t key = f->several_servers && m->message_id.n >= 3 ? mailbox_id_key(m->message_id) : 0;
	struct kept *k = key ? map_get(&f->passed_ids, slice_of((const char *)&key, sizeof key)) : NULL, *next;

	for (; k && owner->n_guesses < FAMILY_GUESSES; k = next) {
		next = k->same_id;
		if (slice_eq(k->item.message->server, m->server) || !slice_eq(k->item.message->message_id, m->message_id))
			continue;
		owner->n_guesses++;
		k->guessed = true;
		take_out(f, k);
		adopt(f, owner, k);
		/* what it led to may have been taken out too */
		next = map_get(&f->passed_ids, slice_of((const char *)&key, sizeof key));
	}
}

/* ---- families of which all have passed ---- */

struct passing {
	const struct message *m;        /* the one that passes now */
	struct kept *others[WHOLE_MAX]; /* those of its family that passed before it */
	size_t n;
};

/* Have all that these links lead to passed?  They are added. */
static bool add_passed(struct family *f, struct passing *p, const struct message_link *l)
{
	for (; l; l = l->next) {
		struct kept *k;
		size_t i = 0;

		if (slice_eq(l->queue_id, p->m->queue_id) && slice_eq(l->server, p->m->server))
			continue;
		k = map_get(&f->passed, id_of(f, l->server, l->queue_id));
		while (i < p->n && p->others[i] != k)
			i++;
		if (!k || i == WHOLE_MAX)
			return false;
		if (i == p->n)
			p->others[p->n++] = k;
	}
	return true;
}

static uint32_t *place_of_forgotten(struct family *f, uint32_t hash)
{
	return &f->forgotten[hash % FAMILY_FORGOTTEN];
}

static uint32_t forgotten_hash(struct slice id)
{
	return (uint32_t)(hash_quick(id) >> 32) | 1U << 31;
}

static void note_forgotten(struct family *f, struct slice id)
{
	uint32_t hash = forgotten_hash(id);

	*place_of_forgotten(f, hash) = hash;
}

static bool is_forgotten(struct family *f, struct slice id)
{
	uint32_t hash = forgotten_hash(id);

	return *place_of_forgotten(f, hash) == hash;
}

/*
 * Most families are two messages, one right after the other, and none of them is asked for.  They need not be remembered until
 * the ring comes round: that keeps memory small, and so in the processor's cache.  True: m was the last of its family.
 */
static bool forget_whole(struct family *f, const struct message *m)
{
	struct passing p = { .m = m };
	bool whole = add_passed(f, &p, m->parents) && add_passed(f, &p, m->children);

	for (size_t i = 0; whole && i < p.n; i++) {
		const struct message *other = p.others[i]->item.message;

		whole = add_passed(f, &p, other->parents) && add_passed(f, &p, other->children);
	}
	if (!whole)
		return false;
	note_forgotten(f, id_of(f, m->server, m->queue_id));
	for (size_t i = 0; i < p.n; i++) {
		note_forgotten(f, p.others[i]->id);
		take_out(f, p.others[i]);
		kept_free(p.others[i]);
	}
	return true;
}

void family_pass(struct family *f, const struct message *m)
{
	struct wanted *w;

	if (!m->queue_id.p)
		return;
	w = wanted_of(f, m);
	if (w)
		adopt(f, w->owner, copy_of(f, m));
	else if (f->several_servers || ((m->parents || m->children) && (f->read_once || !forget_whole(f, m))))
		remember(f, copy_of(f, m));
}

static void follow_link(struct family *f, struct kept *owner, const struct message_link *l)
{
	struct slice id = id_of(f, l->server, l->queue_id);
	struct kept *k = map_get(&f->passed, id);
	struct wanted *w;
	size_t bit;

	if (k) {
		take_out(f, k);
		adopt(f, owner, k);
		return;
	}
	f->missed = f->missed || is_forgotten(f, id);
	if (map_get(&f->wanted, id))
		return;
	w = xmalloc(sizeof *w + id.n);
	*w = (struct wanted){ .next = owner->wanted, .owner = owner, .id = slice_of((char *)(w + 1), id.n) };
	memcpy(w + 1, id.p, id.n);
	owner->wanted = w;
	(void)map_put(&f->wanted, w->id, w);
	bit = bit_of_wanted(l->queue_id);
	f->wanted_bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

void family_follow(struct family *f, struct kept *owner, const struct message *m)
{
	for (const struct message_link *l = m->parents; l; l = l->next)
		follow_link(f, owner, l);
	for (const struct message_link *l = m->children; l; l = l->next)
		follow_link(f, owner, l);
}

void family_forget(struct family *f, struct kept *owner)
{
	while (owner->wanted) {
		struct wanted *w = owner->wanted;

		owner->wanted = w->next;
		(void)map_remove(&f->wanted, w->id);
		free(w);
	}
	while (owner->relatives) {
		struct kept *k = owner->relatives;

		owner->relatives = k->relatives;
		kept_free(k);
	}
}

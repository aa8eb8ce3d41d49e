/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail.c - the messages that are one mail, as a tree
 *
 * Links between messages are the tracker's work.  A message with several parents hangs below the first of them that is known;
 * a link that would close a ring is left out.  No step is recursive: a loop of forwards makes chains of thousands.
 */
#include "fact/trail.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "fact/handoff.h"
#include "fact/mailbox.h"
#include "fact/trail_priv.h"

#define SAME_ID_MAX 64 /* messages with one Message-ID that are looked at */

static const char *const LOG_NAMES[] = {
#define X(id, name) [id] = name,
	HOP_LOGS(X)
#undef X
};
_Static_assert(ARRAY_LEN(LOG_NAMES) == HOP_LOG_COUNT, "one name per state of a log");

static const char *const STAGE_NAMES[] = {
#define X(id, name) [id] = name,
	HOP_STAGES(X)
#undef X
	[STAGE_WHOLE] = "whole",
	[STAGE_BETWEEN] = "between",
};

const char *hop_log_name(enum hop_log l)
{
	return LOG_NAMES[l];
}

const char *hop_stage_name(enum hop_stage s)
{
	return s < ARRAY_LEN(STAGE_NAMES) ? STAGE_NAMES[s] : NULL;
}

static usec_t start_of(const struct message *m)
{
	return m->arrived_us != USEC_NONE ? m->arrived_us : m->first_us;
}

/* ---- hops ---- */

struct hop *trail_new_hop(struct build *b, enum hop_kind kind)
{
	struct growing *g = arena_alloc(b->a, sizeof *g);
	struct hop *h = &g->hop;

	h->kind = kind;
	h->arrived_us = h->handed_over_us = h->sent_us = h->between_us = USEC_NONE;
	h->spent_us = -1;
	for (int i = 0; i < HOP_STAGE_COUNT; i++)
		h->stages_us[i] = -1;
	return h;
}

void trail_add_child(struct hop *parent, struct hop *child)
{
	struct growing *g = (struct growing *)parent;

	child->parent = parent;
	if (g->last_child)
		g->last_child->next_sibling = child;
	else
		parent->first_child = child;
	g->last_child = child;
}

static struct hop *hop_of(struct build *b, const struct message *m)
{
	struct hop *h = trail_new_hop(b, HOP_MESSAGE);

	h->message = m;
	h->server = m->server;
	h->host = servers_host(b->servers, m->server);
	h->queue_id = m->queue_id;
	h->arrived_us = m->start_seen ? m->arrived_us : USEC_NONE;
	h->utc_offset_sec = m->utc_offset_sec;
	trail_measure_hop(h);
	return h;
}

/* ---- links ---- */

static struct slice key_of(struct arena *a, struct slice server, struct slice id)
{
	char *p = arena_bytes(a, server.n + 1 + id.n);

	if (server.n)
		memcpy(p, server.p, server.n);
	p[server.n] = '\0';
	if (id.n)
		memcpy(p + server.n + 1, id.p, id.n);
	return slice_of(p, server.n + 1 + id.n);
}

static void index_hop(struct build *b, struct growing *g)
{
	const struct message *m = g->hop.message;
	struct slice key;

	if (!m->queue_id.n)
		return;
	key = key_of(b->a, m->server, m->queue_id);
	g->same_id = map_get(&b->by_id, key);
	if (g->same_id) {
		struct growing *first = g->same_id;

		/* the key stays that of the first */
		g->same_id = first->same_id;
		first->same_id = g;
	} else {
		(void)map_put(&b->by_id, key, g);
	}
}

static usec_t away_from(const struct message *m, usec_t time_us)
{
	if (time_us < m->first_us)
		return usec_since(time_us, m->first_us);
	return time_us > m->last_us ? usec_since(m->last_us, time_us) : 0;
}

/* The message that a link means; of several generations of an id the one that lived then. */
static struct hop *linked(struct build *b, struct arena *scratch, const struct message_link *l)
{
	struct growing *g = map_get(&b->by_id, key_of(scratch, l->server, l->queue_id)), *best = g;

	for (; g; g = g->same_id)
		if (away_from(g->hop.message, l->time_us) < away_from(best->hop.message, l->time_us))
			best = g;
	return best ? &best->hop : NULL;
}

static bool descends_from(const struct hop *h, const struct hop *from)
{
	for (; h; h = h->parent)
		if (h == from)
			return true;
	return false;
}

static unsigned evidence_of(const struct hop *parent, const struct hop *child)
{
	unsigned best = 0;

	for (const struct recipient *r = parent->message->recipients; r; r = r->next)
		for (const struct attempt *a = r->attempts; a; a = a->next)
			if (a->handed_on && a->time_us == child->sent_us) {
				unsigned signs = handoff_signs(parent->message, r, a, child->message);

				if (signs & HANDOFF_ID || !best)
					best = signs;
				if (signs & HANDOFF_ID)
					return best;
			}
	return best;
}

static void find_parent(struct build *b, struct arena *scratch, struct hop *h)
{
	for (const struct message_link *l = h->message->parents; l; l = l->next) {
		struct hop *parent = linked(b, scratch, l);

		if (!parent || descends_from(parent, h))
			continue;
		h->relation = l->relation;
		h->sent_us = l->time_us;
		if (h->arrived_us != USEC_NONE && l->time_us != USEC_NONE)
			h->between_us = h->arrived_us - l->time_us;
		trail_add_child(parent, h);
		if (l->relation == RELATION_HANDOFF && !slice_eq(parent->server, h->server))
			h->evidence = evidence_of(parent, h);
		return;
	}
}

/* ---- hand-overs that the tracker could not see: clocks of two servers may differ by more than messages stay open ---- */

static uint64_t id_key_of(const struct hop *h)
{
	return h->message->message_id.n >= 3 ? mailbox_id_key(h->message->message_id) : 0;
}

static void add_guess(struct hop *child, struct hop *parent, const struct attempt *a)
{
	child->relation = RELATION_HANDOFF;
	child->via = a;
	child->sent_us = a->time_us;
	if (child->arrived_us != USEC_NONE && a->time_us != USEC_NONE)
		child->between_us = child->arrived_us - a->time_us;
	for (const struct recipient *r = parent->message->recipients; r; r = r->next)
		for (const struct attempt *each = r->attempts; each; each = each->next)
			if (each == a)
				child->evidence = handoff_signs(parent->message, r, a, child->message);
	trail_add_child(parent, child);
}

/* Was it taken by another child already? */
static bool has_child_of(const struct hop *h, const struct attempt *a)
{
	for (const struct hop *child = h->first_child; child; child = child->next_sibling)
		if (child->via && child->via->time_us == a->time_us && slice_eq(child->via->relay_ip, a->relay_ip))
			return true;
	return false;
}

static void guess_parent(struct hop *h, struct growing *same)
{
	struct handoff_guess best = { 0 };
	struct hop *parent = NULL;
	unsigned n = 0;

	for (; same && n < SAME_ID_MAX; same = same->same_message_id, n++) {
		struct handoff_guess now = best;

		if (slice_eq(same->hop.server, h->server) || descends_from(&same->hop, h))
			continue;
		handoff_guess(same->hop.message, h->message, &now);
		if (now.a && now.a != best.a && !now.a->handed_on && !has_child_of(&same->hop, now.a)) {
			best = now;
			parent = &same->hop;
		}
	}
	if (parent)
		add_guess(h, parent, best.a);
}

static void guess_all(struct build *b, struct growing **order)
{
	struct map by_message_id = { 0 };

	for (size_t i = b->n; i-- > 0;) {
		struct growing *g = order[i];

		g->id_key = id_key_of(&g->hop);
		if (!g->id_key)
			continue;
		g->same_message_id = map_remove(&by_message_id, slice_of((const char *)&g->id_key, sizeof g->id_key));
		(void)map_put(&by_message_id, slice_of((const char *)&g->id_key, sizeof g->id_key), g);
	}
	for (size_t i = 0; i < b->n; i++) {
		struct growing *g = order[i];

		if (g->id_key && !g->hop.parent && handoff_may_have_come(g->hop.message))
			guess_parent(&g->hop, map_get(&by_message_id, slice_of((const char *)&g->id_key, sizeof g->id_key)));
	}
	map_done(&by_message_id);
}

/* ---- in the order of time ---- */

static int by_start(const void *x, const void *y)
{
	const struct growing *a = *(struct growing *const *)x, *b = *(struct growing *const *)y;
	usec_t s = start_of(a->hop.message), t = start_of(b->hop.message);

	if (s != t)
		return s < t ? -1 : 1;
	return a->hop.no < b->hop.no ? -1 : a->hop.no > b->hop.no;
}

static void link_all(struct build *b)
{
	struct growing **order = xcalloc(b->n + 1, sizeof *order);
	struct arena scratch = { 0 };

	for (size_t i = 0; i < b->n; i++) {
		order[i] = b->of_message[i];
		order[i]->hop.no = order[i]->hop.message_no = i;
		index_hop(b, order[i]);
	}
	qsort(order, b->n, sizeof *order, by_start);
	for (size_t i = 0; i < b->n; i++) {
		find_parent(b, &scratch, &order[i]->hop);
		if (i % 256 == 255)
			arena_clear(&scratch);
	}
	arena_clear(&scratch);
	if (b->servers->n > 1)
		guess_all(b, order);
	map_done(&b->by_id);
	free(order);
}

/* ---- trees ---- */

static struct hop *next_in_tree(const struct hop *root, struct hop *h)
{
	if (h->first_child)
		return h->first_child;
	while (h != root && !h->next_sibling)
		h = h->parent;
	return h == root ? NULL : h->next_sibling;
}

static bool is_aside(const struct hop *h)
{
	switch (h->relation) {
	case RELATION_BOUNCE:
	case RELATION_DELAY_NOTICE:
	case RELATION_SUCCESS_NOTICE:
	case RELATION_POSTMASTER_NOTICE:
		return true;
	default:
		return h->parent && h->parent->aside;
	}
}

static size_t count_servers(const struct trail *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_hops; i++) {
		struct slice name = t->hops[i]->server.n ? t->hops[i]->server : t->hops[i]->ip;
		size_t k = 0;

		while (k < i && !slice_eq(name, t->hops[k]->server.n ? t->hops[k]->server : t->hops[k]->ip))
			k++;
		n += k == i;
		if (i >= 200) /* the rest may be as many as it likes */
			break;
	}
	return n;
}

static void grow(struct build *b, struct trail *t, struct hop *root)
{
	struct hop *front;
	size_t n = 0, mark = 0;

	for (struct hop *h = root; h; h = next_in_tree(root, h)) {
		h->aside = is_aside(h);
		if (h->kind != HOP_MESSAGE)
			continue;
		trail_add_mailboxes(b, h);
		trail_add_ends(b, h);
	}
	front = trail_gap_in_front(b, root);
	if (front) {
		trail_add_child(front, root);
		root = front;
	}
	for (struct hop *h = root; h; h = next_in_tree(root, h))
		n++;
	t->n_hops = n < TRAIL_HOPS_MAX ? n : TRAIL_HOPS_MAX;
	t->more_hops = n - t->n_hops;
	t->hops = arena_alloc(b->a, (t->n_hops + 1) * sizeof *t->hops);
	for (struct hop *h = root; h; h = next_in_tree(root, h), mark++) {
		h->no = mark;
		if (mark < t->n_hops)
			t->hops[mark] = h;
	}
	t->n_servers = count_servers(t);
	trail_measure(t);
}

static struct hop *root_of(struct hop *h)
{
	while (h->parent)
		h = h->parent;
	return h;
}

static void sort_by_address(struct trails *t);

void trails_build(struct trails *ret, struct arena *a, const struct message *const *messages, size_t n,
		  const struct mailbox_action *const *loose, size_t n_loose, const struct servers *servers)
{
	struct build b = { .a = a, .servers = servers, .messages = messages, .n = n, .loose = loose, .n_loose = n_loose };

	*ret = (struct trails){ .n_messages = n };
	ret->of_message = arena_alloc(a, (n + 1) * sizeof *ret->of_message);
	ret->by_address = arena_alloc(a, (n + 1) * sizeof *ret->by_address);
	ret->trail_of_message = arena_alloc(a, (n + 1) * sizeof *ret->trail_of_message);
	ret->items = arena_alloc(a, (n + 1) * sizeof *ret->items);
	b.of_message = arena_alloc(a, (n + 1) * sizeof *b.of_message);
	for (size_t i = 0; i < n; i++) {
		ret->of_message[i] = hop_of(&b, messages[i]);
		b.of_message[i] = (struct growing *)ret->of_message[i];
	}
	link_all(&b);
	for (size_t i = 0; i < n; i++) {
		struct hop *root = root_of(ret->of_message[i]);

		/* the number of a root is that of its trail, once it has one */
		if (!root->aside) {
			root->aside = true;
			root->no = ret->n++;
		}
		ret->trail_of_message[i] = root->no;
		ret->items[root->no].slowest = root;
	}
	for (size_t k = 0; k < ret->n; k++) {
		struct hop *root = (struct hop *)(uintptr_t)ret->items[k].slowest;

		root->aside = false;
		ret->items[k].slowest = NULL;
		grow(&b, &ret->items[k], root);
	}
	memcpy(ret->by_address, ret->of_message, n * sizeof *ret->by_address);
	sort_by_address(ret);
}

/* ---- asking ---- */

static int by_message(const void *x, const void *y)
{
	uintptr_t a = (uintptr_t)(*(struct hop *const *)x)->message, b = (uintptr_t)(*(struct hop *const *)y)->message;

	return a < b ? -1 : a > b;
}

static void sort_by_address(struct trails *t)
{
	if (t->n_messages)
		qsort(t->by_address, t->n_messages, sizeof(struct hop *), by_message);
}

const struct hop *trail_gap(const struct trails *t, const struct message *m, const struct recipient *r)
{
	const struct hop wanted = { .message = m }, *key = &wanted;
	struct hop *const *found = t->n_messages ? bsearch(&key, t->by_address, t->n_messages, sizeof(struct hop *), by_message) : NULL;
	const struct hop *h = found ? *found : NULL;

	for (size_t k = 0; h && k < h->n_ends; k++)
		if (h->ends[k].recipient == r)
			return h->ends[k].next && h->ends[k].next->kind == HOP_GAP ? h->ends[k].next : NULL;
	return NULL;
}

/* ---- other copies of the same ---- */

struct swap {
	const void *from, *to;
};

struct swaps {
	struct arena arena;
	struct map map;
};

static void add_swap(struct swaps *s, const void *from, const void *to)
{
	struct swap *one = arena_alloc(&s->arena, sizeof *one);

	*one = (struct swap){ from, to };
	(void)map_put(&s->map, slice_of((const char *)&one->from, sizeof one->from), one);
}

static const void *swapped(const struct swaps *s, const void *p)
{
	const struct swap *one = p ? map_get(&s->map, slice_of((const char *)&p, sizeof p)) : NULL;

	return one ? one->to : p;
}

static void add_message(struct swaps *s, const struct message *from, const struct message *to)
{
	const struct recipient *q = to->recipients;
	const struct mailbox_action *b = to->mailbox;

	add_swap(s, from, to);
	for (const struct recipient *r = from->recipients; r && q; r = r->next, q = q->next) {
		const struct attempt *y = q->attempts;

		add_swap(s, r, q);
		for (const struct attempt *x = r->attempts; x && y; x = x->next, y = y->next)
			add_swap(s, x, y);
	}
	for (const struct mailbox_action *a = from->mailbox; a && b; a = a->next, b = b->next)
		add_swap(s, a, b);
}

static void swap_hop(const struct swaps *s, struct hop *h)
{
	h->message = swapped(s, h->message);
	h->mailbox = swapped(s, h->mailbox);
	h->last = swapped(s, h->last);
	h->via = swapped(s, h->via);
	h->first_put_off = swapped(s, h->first_put_off);
	if (h->message)
		h->server = h->message->server;
	if (h->mailbox) {
		h->server = h->mailbox->server;
		h->queue_id = h->mailbox->session;
	}
	for (size_t i = 0; i < h->n_ends; i++) {
		h->ends[i].recipient = swapped(s, h->ends[i].recipient);
		h->ends[i].mailbox = swapped(s, h->ends[i].mailbox);
	}
}

void trails_swap(struct trails *t, const struct message *const *messages, const struct message *const *copies, size_t n,
		 const struct mailbox_action *const *loose, const struct mailbox_action *const *loose_copies, size_t n_loose)
{
	struct swaps s = { 0 };

	for (size_t i = 0; i < n; i++)
		add_message(&s, messages[i], copies[i]);
	for (size_t i = 0; i < n_loose; i++)
		add_swap(&s, loose[i], loose_copies[i]);
	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < t->items[i].n_hops; k++)
			swap_hop(&s, t->items[i].hops[k]);
	for (size_t i = 0; i < t->n_messages; i++)
		if (t->of_message[i]->message == messages[i]) /* one that its trail has left out */
			swap_hop(&s, t->of_message[i]);
	map_done(&s.map);
	arena_clear(&s.arena);
	sort_by_address(t);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.c - capped tables, sliding windows, rhythms, samples
 */
#include "detect/watch.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"

#define ENTRIES_KEPT 256 /* of each table, even if others take all the memory */
#define EVICT_LOOKS  16 /* entries that are looked at for the one that weighs least */

/* --- tables ------------------------------------------------------------------------------------------- */

void watch_table_init(struct watch_table *t, const struct watch_ops *ops, size_t limit, struct watch_meter *m)
{
	*t = (struct watch_table){ .ops = ops, .limit = limit, .meter = m };
}

static size_t entry_bytes(const struct watch_table *t, const struct watch_entry *e)
{
	return t->ops->bytes + e->key.n + sizeof(struct map_slot) + sizeof e;
}

static void entry_free(struct watch_table *t, struct watch_entry *e)
{
	t->meter->used -= entry_bytes(t, e);
	if (t->ops->done)
		t->ops->done(e, t->meter);
	free(e);
}

void watch_table_done(struct watch_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		entry_free(t, t->entries[i]);
	free(t->entries);
	map_done(&t->map);
	*t = (struct watch_table){ 0 };
}

static void evict(struct watch_table *t)
{
	struct watch_entry *least = NULL, *last;
	uint64_t least_weight = 0;

	for (size_t i = 0; i < EVICT_LOOKS && i < t->n; i++) {
		struct watch_entry *e = t->entries[t->hand++ % t->n];
		uint64_t weight = t->ops->weight ? t->ops->weight(e) : 0;

		if (!least || weight < least_weight || (weight == least_weight && e->last_us < least->last_us)) {
			least = e;
			least_weight = weight;
		}
	}
	if (!least)
		return;
	(void)map_remove(&t->map, least->key);
	last = t->entries[--t->n];
	t->entries[least->place] = last;
	last->place = least->place;
	t->evicted++;
	entry_free(t, least);
}

static struct watch_entry *add(struct watch_table *t, struct slice key)
{
	struct watch_entry *e;

	if (t->n >= t->limit)
		evict(t);
	for (int i = 0; i < 2 && t->n > ENTRIES_KEPT && t->meter->used >= t->meter->limit; i++)
		evict(t);
	e = xcalloc(1, t->ops->bytes + key.n + 1);
	e->key = slice_of((char *)e + t->ops->bytes, key.n);
	if (key.n)
		memcpy((char *)e + t->ops->bytes, key.p, key.n);
	e->place = t->n;
	t->entries = vec_grow(t->entries, t->n, &t->cap, sizeof(struct watch_entry *));
	t->entries[t->n++] = e;
	(void)map_put(&t->map, e->key, e);
	t->meter->used += entry_bytes(t, e);
	return e;
}

void *watch_table_at(struct watch_table *t, struct slice key, usec_t now_us)
{
	struct watch_entry *e;

	key = slice_head(key, WATCH_KEY_BYTES);
	e = map_get(&t->map, key);
	if (!e) {
		e = add(t, key);
		e->first_us = e->last_us = now_us;
	} else if (now_us > e->last_us) {
		if (e->first_us == USEC_NONE)
			e->first_us = now_us;
		e->last_us = now_us;
	}
	return e;
}

void *watch_table_find(const struct watch_table *t, struct slice key)
{
	return map_get(&t->map, slice_head(key, WATCH_KEY_BYTES));
}

static int by_key(const void *a, const void *b)
{
	const struct watch_entry *x = *(const struct watch_entry *const *)a, *y = *(const struct watch_entry *const *)b;

	return slice_cmp(x->key, y->key);
}

void **watch_table_sorted(const struct watch_table *t, size_t *ret_n)
{
	void **sorted = xcalloc(t->n + 1, sizeof *sorted);

	if (t->n) {
		memcpy(sorted, t->entries, t->n * sizeof *sorted);
		qsort(sorted, t->n, sizeof *sorted, by_key);
	}
	*ret_n = t->n;
	return sorted;
}

/* --- keys --------------------------------------------------------------------------------------------- */

struct ip_net watch_address(const struct ip *ip)
{
	struct ip_net net = { *ip, 128 };

	if (!ip_is_v4(ip)) {
		net.bits = 64;
		memset(net.addr.b + 8, 0, 8);
	}
	return net;
}

struct ip_net watch_network(const struct ip *ip)
{
	struct ip_net net = { *ip, 96 + 24 };

	if (ip_is_v4(ip)) {
		net.addr.b[15] = 0;
	} else {
		net.bits = 48;
		memset(net.addr.b + 6, 0, 10);
	}
	return net;
}

struct ip_net watch_key_net(struct slice key)
{
	struct ip_net net = { 0 };

	if (key.n == sizeof net)
		memcpy(&net, key.p, sizeof net);
	return net;
}

struct slice watch_net_text(const struct ip_net *net, char buf[static WATCH_NET_BYTES])
{
	struct slice s = ip_text(&net->addr, buf);
	unsigned bits = ip_is_v4(&net->addr) ? net->bits - 96U : net->bits;
	char *p = buf + s.n;

	if (net->bits == 128)
		return s;
	*p++ = '/';
	if (bits >= 100)
		*p++ = '1';
	if (bits >= 10)
		*p++ = (char)('0' + bits / 10 % 10);
	*p++ = (char)('0' + bits % 10);
	return slice_between(buf, p);
}

/* --- sliding windows ---------------------------------------------------------------------------------- */

static void window_grow(struct watch_window *w, struct watch_meter *m)
{
	uint32_t cap = w->cap ? w->cap * 2 : 4;

	w->slots = xreallocarray(w->slots, cap, sizeof *w->slots);
	m->used += (cap - w->cap) * sizeof *w->slots;
	w->cap = cap;
}

/* The two neighbours that are nearest in time become one, of the older time: it leaves the window too early, never too late. */
static void window_merge(struct watch_window *w)
{
	uint32_t at = 0;

	for (uint32_t i = 1; i + 1 < w->n; i++)
		if (usec_since(w->slots[i].time_us, w->slots[i + 1].time_us) < usec_since(w->slots[at].time_us, w->slots[at + 1].time_us))
			at = i;
	w->slots[at].count += w->slots[at + 1].count;
	memmove(&w->slots[at + 1], &w->slots[at + 2], (w->n - at - 2) * sizeof *w->slots);
	w->n--;
}

uint64_t watch_window_add(struct watch_window *w, usec_t span_us, usec_t time_us, uint64_t count, struct watch_meter *m)
{
	uint32_t old = 0;

	if (w->n && time_us < w->slots[w->n - 1].time_us)
		time_us = w->slots[w->n - 1].time_us;
	while (old < w->n && usec_since(w->slots[old].time_us, time_us) > span_us)
		w->sum -= w->slots[old++].count;
	if (old) {
		w->n -= old;
		memmove(w->slots, w->slots + old, w->n * sizeof *w->slots);
	}
	if (w->n && w->slots[w->n - 1].time_us == time_us) {
		w->slots[w->n - 1].count += count;
	} else {
		if (w->n == WINDOW_SLOTS)
			window_merge(w);
		else if (w->n == w->cap)
			window_grow(w, m);
		w->slots[w->n++] = (struct window_slot){ time_us, count };
	}
	w->sum += count;
	w->total += count;
	if (w->sum > w->peak) {
		w->peak = w->sum;
		w->peak_us = time_us;
	}
	return w->sum;
}

void watch_window_done(struct watch_window *w, struct watch_meter *m)
{
	m->used -= w->cap * sizeof *w->slots;
	free(w->slots);
	*w = (struct watch_window){ 0 };
}

/* --- rhythm ------------------------------------------------------------------------------------------- */

void watch_rhythm_add(struct watch_rhythm *r, usec_t time_us)
{
	usec_t gap = usec_since(r->last_us, time_us);

	if (time_us == USEC_NONE)
		return;
	if (r->last_us) {
		gap = gap < 0 ? 0 : gap / (USEC_PER_SEC / 10);
		r->gaps_ds[r->n++ % RHYTHM_GAPS] = gap > UINT32_MAX ? UINT32_MAX : (uint32_t)gap;
	}
	if (time_us > r->last_us)
		r->last_us = time_us;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static size_t kept_gaps(const struct watch_rhythm *r)
{
	return r->n < RHYTHM_GAPS ? r->n : RHYTHM_GAPS;
}

usec_t watch_rhythm_median(const struct watch_rhythm *r)
{
	uint32_t gaps[RHYTHM_GAPS];
	size_t n = kept_gaps(r);

	if (!n)
		return -1;
	memcpy(gaps, r->gaps_ds, n * sizeof *gaps);
	qsort(gaps, n, sizeof *gaps, by_number);
	return (usec_t)gaps[(n - 1) / 2] * (USEC_PER_SEC / 10);
}

unsigned watch_rhythm_regular(const struct watch_rhythm *r)
{
	usec_t median = watch_rhythm_median(r) / (USEC_PER_SEC / 10);
	unsigned near = 0;
	size_t n = kept_gaps(r);

	for (size_t i = 0; i < n; i++)
		for (usec_t times = 1; times <= 3; times++) {
			usec_t off = (usec_t)r->gaps_ds[i] - times * median;

			if ((off < 0 ? -off : off) <= median / 4) {
				near++;
				break;
			}
		}
	return n ? near * 1000 / (unsigned)n : 0;
}

/* --- the other side ----------------------------------------------------------------------------------- */

#define INDEX_FROM 8 /* peers that are found by looking at each */

static void index_put(struct watch_peers *p, uint32_t at)
{
	uint32_t i = (uint32_t)p->items[at].hash & (p->index_cap - 1);

	while (p->index[i])
		i = (i + 1) & (p->index_cap - 1);
	p->index[i] = (uint16_t)(at + 1);
}

static void index_grow(struct watch_peers *p, struct watch_meter *m)
{
	uint32_t cap = p->index_cap ? p->index_cap * 2 : 4 * INDEX_FROM;

	free(p->index);
	p->index = xcalloc(cap, sizeof *p->index);
	m->used += (cap - p->index_cap) * sizeof *p->index;
	p->index_cap = cap;
	for (uint32_t i = 0; i < p->n; i++)
		index_put(p, i);
}

static bool is_peer(const struct watch_peer *p, uint64_t hash, struct slice key)
{
	return p->hash == hash && slice_eq(watch_peer_key(p), key);
}

static struct watch_peer *find_peer(const struct watch_peers *p, uint64_t hash, struct slice key)
{
	if (!p->index_cap) {
		for (uint32_t i = 0; i < p->n; i++)
			if (is_peer(&p->items[i], hash, key))
				return &p->items[i];
		return NULL;
	}
	for (uint32_t i = (uint32_t)hash & (p->index_cap - 1); p->index[i]; i = (i + 1) & (p->index_cap - 1))
		if (is_peer(&p->items[p->index[i] - 1], hash, key))
			return &p->items[p->index[i] - 1];
	return NULL;
}

struct watch_peer *watch_peers_find(const struct watch_peers *p, struct slice key)
{
	key = slice_head(key, WATCH_KEY_BYTES);
	return p->n ? find_peer(p, hash_slice(key), key) : NULL;
}

static void keep_key(struct watch_peer *p, struct slice key, struct watch_meter *m)
{
	if (key.n > WATCH_SMALL_KEY) {
		p->key.large = xslicedup(key);
		m->used += key.n;
	} else if (key.n) {
		memcpy(p->key.small, key.p, key.n);
	}
}

struct watch_peer *watch_peers_at(struct watch_peers *p, struct slice key, struct watch_meter *m)
{
	struct watch_peer *found;
	uint64_t hash;

	key = slice_head(key, WATCH_KEY_BYTES);
	hash = hash_slice(key);
	found = find_peer(p, hash, key);
	if (found)
		return found;
	if (p->n == PEERS_MAX) {
		p->more++;
		return NULL;
	}
	if (p->n == p->cap) {
		uint32_t cap = p->cap ? p->cap * 2 : 1;

		p->items = xreallocarray(p->items, cap, sizeof *p->items);
		m->used += (cap - p->cap) * sizeof *p->items;
		p->cap = cap;
	}
	p->items[p->n++] = (struct watch_peer){
		.hash = hash,
		.key_n = (uint32_t)key.n,
		.first_failure_us = USEC_NONE,
		.last_failure_us = USEC_NONE,
		.first_success_us = USEC_NONE,
		.last_success_us = USEC_NONE,
	};
	keep_key(&p->items[p->n - 1], key, m);
	if (p->n * 2 > p->index_cap && p->n > INDEX_FROM)
		index_grow(p, m);
	else if (p->index_cap)
		index_put(p, p->n - 1);
	return &p->items[p->n - 1];
}

void watch_peers_done(struct watch_peers *p, struct watch_meter *m)
{
	for (uint32_t i = 0; i < p->n; i++) {
		if (p->items[i].key_n <= WATCH_SMALL_KEY)
			continue;
		m->used -= p->items[i].key_n;
		free(p->items[i].key.large);
	}
	m->used -= p->cap * sizeof *p->items + p->index_cap * sizeof *p->index;
	free(p->items);
	free(p->index);
	*p = (struct watch_peers){ 0 };
}

static void add_to(uint32_t *counter, int64_t n)
{
	*counter = n > (int64_t)(UINT32_MAX - *counter) ? UINT32_MAX : *counter + (uint32_t)n;
}

void watch_peer_add(struct watch_peer *p, bool success, usec_t time_us, int64_t attempts)
{
	usec_t *first = success ? &p->first_success_us : &p->first_failure_us;
	usec_t *last = success ? &p->last_success_us : &p->last_failure_us;

	add_to(success ? &p->successes : &p->failures, attempts);
	if (*first == USEC_NONE)
		*first = time_us;
	if (time_us > *last)
		*last = time_us;
}

/* --- sample lines ------------------------------------------------------------------------------------- */

void watch_lines_add(struct watch_lines *s, const struct fact_line *lines)
{
	const struct fact_line *l = lines;

	if (!l)
		return;
	while (l->next)
		l = l->next;
	if (s->n < SAMPLE_FIRST)
		s->first[s->n] = *l;
	else
		s->last[(s->n - SAMPLE_FIRST) % SAMPLE_LAST] = *l;
	s->n++;
}

void watch_lines_add_of(struct watch_lines *s, const struct fact_line *lines, const struct attempt *a)
{
	const struct fact_line *best = lines;
	struct fact_line one;

	for (const struct fact_line *l = lines; l && a && a->line_no; l = l->next)
		if (l->line_no == a->line_no && l->time_us == a->time_us)
			best = l;
	if (!best)
		return;
	one = *best;
	one.next = NULL;
	watch_lines_add(s, &one);
}

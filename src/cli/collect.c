/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collect.c - keeping the facts that an answer shows
 */
#include "cli/collect.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "fact/copy.h"
#include "fact/mailbox.h"

#define LOOSE_MAX 10000

void collect_init(struct collect *c, const struct filter *filter, size_t limit, bool follow)
{
	*c = (struct collect){ .filter = filter };
	c->family = follow ? family_new(&c->pool) : NULL;
	c->messages.limit = c->rejections.limit = c->logins.limit = c->mailbox.limit = limit;
}

void kept_free(struct kept *k)
{
	if (!k)
		return;
	arena_clear(&k->arena);
	free(k);
}

static void list_done(struct kept_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		kept_free(l->items[i]);
	free(l->items);
}

void collect_done(struct collect *c)
{
	list_done(&c->messages);
	list_done(&c->rejections);
	list_done(&c->logins);
	list_done(&c->mailbox);
	list_done(&c->loose);
	servers_done(&c->servers);
	arena_clear(&c->trail_arena);
	map_done(&c->by_message_id);
	list_done(&c->related);
	family_free(c->family);
	arena_pool_done(&c->pool);
}

static bool older(const struct kept *a, const struct kept *b)
{
	return a->time_us != b->time_us ? a->time_us < b->time_us : a->sequence < b->sequence;
}

static void sift_up(struct kept **heap, size_t at)
{
	for (; at > 0 && older(heap[at], heap[(at - 1) / 2]); at = (at - 1) / 2) {
		struct kept *k = heap[at];

		heap[at] = heap[(at - 1) / 2];
		heap[(at - 1) / 2] = k;
	}
}

static void sift_down(struct kept **heap, size_t n)
{
	size_t at = 0;

	for (;;) {
		size_t child = 2 * at + 1;
		struct kept *k = heap[at];

		if (child < n - 1 && older(heap[child + 1], heap[child]))
			child++;
		if (child >= n || !older(heap[child], k))
			return;
		heap[at] = heap[child];
		heap[child] = k;
		at = child;
	}
}

/* Would a fact of that time be kept?  If not it is counted here and need not be copied. */
static bool wanted(struct kept_list *l, usec_t time_us)
{
	if (!l->limit || l->n < l->limit || time_us >= l->items[0]->time_us)
		return true;
	l->more++;
	return false;
}

/* ---- messages by Message-ID: for what happens to them in mailboxes later ---- */

static struct slice key_of(const struct kept *k)
{
	return slice_of((const char *)&k->id_key, sizeof k->id_key);
}

static void index_id(struct collect *c, struct kept *k, const struct message *m)
{
	k->id_key = m->message_id.p ? mailbox_id_key(m->message_id) : 0;
	if (!k->id_key)
		return;
	k->same_id = map_remove(&c->by_message_id, key_of(k)); /* keys are borrowed: the newest owns its own */
	(void)map_put(&c->by_message_id, key_of(k), k);
}

static void forget_id(struct collect *c, struct kept *k)
{
	struct kept *first, **at = &first;

	if (!k->id_key)
		return;
	first = map_remove(&c->by_message_id, key_of(k));
	while (*at != k)
		at = &(*at)->same_id;
	*at = k->same_id;
	if (first)
		(void)map_put(&c->by_message_id, key_of(first), first);
}

static struct kept *keep(struct collect *c, struct kept_list *l, usec_t time_us)
{
	struct kept *k = xcalloc(1, sizeof *k);

	k->arena.pool = &c->pool;
	k->time_us = time_us;
	k->sequence = c->sequence++;
	if (!l->limit || l->n < l->limit) {
		l->items = vec_grow(l->items, l->n, &l->cap, sizeof *l->items);
		l->items[l->n++] = k;
		if (l->limit)
			sift_up(l->items, l->n - 1);
		return k;
	}
	forget_id(c, l->items[0]);
	if (c->family)
		family_forget(c->family, l->items[0]);
	kept_free(l->items[0]);
	l->more++;
	l->items[0] = k;
	sift_down(l->items, l->n);
	return k;
}

static void note_server(struct collect *c, struct slice server)
{
	server = slice_head(server, sizeof c->server_text);
	if (!c->server.p) {
		if (server.n)
			memcpy(c->server_text, server.p, server.n);
		c->server = slice_of(c->server_text, server.n);
	} else if (!slice_eq(c->server, server))
		c->several_servers = true;
}

/* Has it the Message-ID of one that was found, on another server? */
static bool takes_message(struct collect *c, const struct message *m)
{
	uint64_t key = c->servers.n > 1 && m->message_id.n >= 3 ? mailbox_id_key(m->message_id) : 0;
	struct kept *k = key ? map_get(&c->by_message_id, slice_of((const char *)&key, sizeof key)) : NULL;

	for (; k; k = k->same_id)
		if (!family_is_wanted(c->family, m) && family_same_id(c->family, k, m))
			return true;
	return false;
}

static void on_message(void *ctx, const struct message *m)
{
	struct collect *c = ctx;
	usec_t time_us = m->arrived_us != USEC_NONE ? m->arrived_us : m->first_us;
	struct message *copy;
	struct kept *k;

	servers_note(&c->servers, m);
	if (c->family)
		c->family->several_servers = c->servers.n > 1;
	if (!filter_message(c->filter, m)) {
		if (c->family && !takes_message(c, m))
			family_pass(c->family, m);
		return;
	}
	if (!wanted(&c->messages, time_us))
		return;
	note_server(c, m->server);
	k = keep(c, &c->messages, time_us);
	copy = message_copy(&k->arena, m);
	k->lines = copy->lines;
	k->item.message = copy;
	index_id(c, k, copy);
	if (!c->family)
		return;
	family_follow(c->family, k, copy);
	family_find_same_id(c->family, k);
}

/* Did this message go into that mailbox?  Then the action and its lines are its own. */
static bool takes_action(struct kept *k, const struct mailbox_action *a)
{
	struct message *m = (struct message *)(uintptr_t)k->item.message; /* our copy */

	if (!m->message_id.p || !mailbox_same_id(m->message_id, a->message_id) || !mailbox_is_of(m, a))
		return false;
	if (!mailbox_add(&k->arena, m, a))
		return true;
	for (const struct fact_line *f = a->lines; f; f = f->next) {
		struct fact_line *copy = arena_alloc(&k->arena, sizeof *copy);

		*copy = *f;
		fact_line_insert(&m->lines, copy);
	}
	k->lines = m->lines;
	return true;
}

/* The newest message that is kept, or one of its relatives. */
static bool belongs_to_message(struct collect *c, const struct mailbox_action *a)
{
	uint64_t key = a->message_id.p ? mailbox_id_key(a->message_id) : 0;
	struct kept *k = key ? map_get(&c->by_message_id, slice_of((const char *)&key, sizeof key)) : NULL;

	for (; k; k = k->same_id) {
		if (takes_action(k, a))
			return true;
		for (struct kept *r = k->relatives; r; r = r->relatives)
			if (takes_action(r, a))
				return true;
	}
	return false;
}

/* Is a message kept that has its Message-ID? */
static bool has_message_id(const struct collect *c, const struct mailbox_action *a)
{
	uint64_t key = a->message_id.p ? mailbox_id_key(a->message_id) : 0;

	return key && map_get(&c->by_message_id, slice_of((const char *)&key, sizeof key));
}

static void on_mailbox(void *ctx, const struct mailbox_action *a)
{
	struct collect *c = ctx;
	struct kept_list *list = &c->mailbox;
	struct mailbox_action *copy;
	struct kept *k;

	servers_note_mailbox(&c->servers, a);
	if (belongs_to_message(c, a))
		return;
	if (!filter_mailbox(c->filter, a)) {
		if (!has_message_id(c, a) || c->loose.n >= LOOSE_MAX)
			return;
		list = &c->loose;
	} else if (!wanted(list, a->time_us))
		return;
	note_server(c, a->server);
	k = keep(c, list, a->time_us);
	copy = mailbox_action_copy(&k->arena, a);
	k->lines = copy->lines;
	k->item.mailbox = copy;
}

static void on_rejection(void *ctx, const struct rejection *r)
{
	struct collect *c = ctx;
	struct rejection *copy;
	struct kept *k;

	if (!filter_rejection(c->filter, r) || !wanted(&c->rejections, r->time_us))
		return;
	note_server(c, r->server);
	k = keep(c, &c->rejections, r->time_us);
	copy = rejection_copy(&k->arena, r);
	k->lines = copy->lines;
	k->item.rejection = copy;
}

static void on_login(void *ctx, const struct login *l)
{
	struct collect *c = ctx;
	struct login *copy;
	struct kept *k;

	if (!filter_login(c->filter, l) || !wanted(&c->logins, l->time_us))
		return;
	note_server(c, l->server);
	k = keep(c, &c->logins, l->time_us);
	copy = login_copy(&k->arena, l);
	k->lines = copy->lines;
	k->item.login = copy;
}

struct fact_sink collect_sink(struct collect *c)
{
	return (struct fact_sink){
		.ctx = c,
		.message = on_message,
		.rejection = on_rejection,
		.login = on_login,
		.mailbox = on_mailbox,
	};
}

static int by_age(const void *a, const void *b)
{
	const struct kept *x = *(const struct kept *const *)a, *y = *(const struct kept *const *)b;

	return older(x, y) ? -1 : older(y, x);
}

static void list_sort(struct kept_list *l)
{
	if (l->n)
		qsort(l->items, l->n, sizeof(struct kept *), by_age);
}

/* ---- what belongs to what was found ---- */

/* the ids of all messages that are kept, in the arena */
static struct slice name_of(struct arena *a, const struct message *m)
{
	char *p = arena_bytes(a, m->server.n + m->queue_id.n + 1);

	if (m->server.n)
		memcpy(p, m->server.p, m->server.n);
	p[m->server.n] = '\0';
	if (m->queue_id.n)
		memcpy(p + m->server.n + 1, m->queue_id.p, m->queue_id.n);
	return slice_of(p, m->server.n + m->queue_id.n + 1);
}

static void name_all(struct collect *c, struct map *names, struct arena *a)
{
	for (size_t i = 0; i < c->messages.n; i++)
		for (struct kept *k = c->messages.items[i]; k; k = k->relatives)
			(void)map_put(names, name_of(a, k->item.message), k);
}

bool collect_misses(struct collect *c)
{
	const struct map_slot *slot;
	struct arena arena = { 0 };
	struct map names = { 0 };
	bool any = false;
	size_t at = 0;

	if (!c->family || !c->family->wanted.n)
		return false;
	if (c->family->missed) {
		c->family->missed = false;
		return true;
	}
	name_all(c, &names, &arena);
	while (!any && (slot = map_next(&c->family->wanted, &at)) != NULL)
		any = !map_get(&names, slot->key);
	map_done(&names);
	arena_clear(&arena);
	return any;
}

static void on_message_again(void *ctx, const struct message *m)
{
	struct collect *c = ctx;

	family_pass(c->family, m);
}

struct fact_sink collect_sink_again(struct collect *c)
{
	return (struct fact_sink){ .ctx = c, .message = on_message_again };
}

/* The same pass of the same mail, told in two walks. */
static bool is_twice(struct map *passes, struct arena *a, struct kept *k)
{
	const struct message *m = k->item.message;
	const uint64_t pass[] = { (uint64_t)m->first_us, m->generation };
	struct slice name = name_of(a, m);
	char *p = arena_bytes(a, name.n + sizeof pass);
	struct slice key = slice_of(p, name.n + sizeof pass);

	memcpy(p, pass, sizeof pass);
	memcpy(p + sizeof pass, name.p, name.n);
	return map_put(passes, key, k) != NULL;
}

/* the relatives of what is shown become a list of their own */
static void gather_relatives(struct collect *c)
{
	struct kept_list *l = &c->related;
	struct arena arena = { 0 };
	struct map passes = { 0 };

	for (size_t i = 0; i < c->messages.n; i++)
		(void)is_twice(&passes, &arena, c->messages.items[i]);
	for (size_t i = 0; i < c->messages.n; i++) {
		struct kept *k = c->messages.items[i]->relatives;

		c->messages.items[i]->relatives = NULL;
		while (k) {
			struct kept *next = k->relatives;

			if (is_twice(&passes, &arena, k)) {
				kept_free(k);
				k = next;
				continue;
			}
			note_server(c, k->item.message->server);
			k->relatives = NULL;
			k->sequence = c->sequence++;
			l->items = vec_grow(l->items, l->n, &l->cap, sizeof *l->items);
			l->items[l->n++] = k;
			k = next;
		}
	}
	map_done(&passes);
	arena_clear(&arena);
}

void collect_sort(struct collect *c)
{
	list_sort(&c->messages);
	list_sort(&c->rejections);
	list_sort(&c->logins);
	list_sort(&c->mailbox);
	list_sort(&c->loose);
	gather_relatives(c);
	list_sort(&c->related);
}

static void build_trails(struct collect *c)
{
	size_t n = c->messages.n + c->related.n, n_loose = c->mailbox.n + c->loose.n;
	const struct message **m = arena_alloc(&c->trail_arena, (n + 1) * sizeof *m);
	const struct mailbox_action **a = arena_alloc(&c->trail_arena, (n_loose + 1) * sizeof *a);

	for (size_t i = 0; i < n; i++)
		m[i] = (i < c->messages.n ? c->messages.items[i] : c->related.items[i - c->messages.n])->item.message;
	for (size_t i = 0; i < n_loose; i++)
		a[i] = (i < c->mailbox.n ? c->mailbox.items[i] : c->loose.items[i - c->mailbox.n])->item.mailbox;
	trails_build(&c->trails, &c->trail_arena, m, n, a, n_loose, &c->servers);
}

/* Messages that only had the Message-ID of one that was found belong to no trail of one: they go.  True: some did. */
static bool drop_guesses(struct collect *c)
{
	bool *found = xcalloc(c->trails.n + 1, sizeof *found), *guessed = xcalloc(c->trails.n + 1, sizeof *guessed);
	size_t n = 0, before = c->related.n;

	for (size_t i = 0; i < c->messages.n; i++)
		found[c->trails.trail_of_message[i]] = true;
	for (size_t i = 0; i < c->related.n; i++)
		if (c->related.items[i]->guessed)
			guessed[c->trails.trail_of_message[c->messages.n + i]] = true;
	for (size_t i = 0; i < before; i++) {
		size_t trail = c->trails.trail_of_message[c->messages.n + i];

		if (found[trail] || !guessed[trail])
			c->related.items[n++] = c->related.items[i];
		else
			kept_free(c->related.items[i]);
	}
	c->related.n = n;
	free(found);
	free(guessed);
	return n < before;
}

void collect_trails(struct collect *c)
{
	build_trails(c);
	if (c->servers.n > 1 && drop_guesses(c)) {
		arena_clear(&c->trail_arena);
		build_trails(c);
	}
}

bool collect_empty(const struct collect *c)
{
	return c->messages.n + c->rejections.n + c->logins.n + c->mailbox.n == 0;
}

/* --- lines -------------------------------------------------------------------------------------------- */

struct fetching {
	struct line_ref *refs;
	struct fetch_place {
		struct kept *kept;
		struct trace_line *line;
	} *places;
	size_t n;
};

static size_t count_lines(const struct kept_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		for (const struct fact_line *f = l->items[i]->lines; f; f = f->next)
			n++;
	return n;
}

static void add_places(struct fetching *g, const struct kept_list *l, const struct input_source *sources,
		       size_t n_sources)
{
	for (size_t i = 0; i < l->n; i++) {
		struct kept *k = l->items[i];
		struct trace_line *line;
		size_t n = 0;

		for (const struct fact_line *f = k->lines; f; f = f->next)
			n++;
		line = arena_alloc(&k->arena, (n + 1) * sizeof *line);
		k->item.lines = line;
		k->item.n_lines = n;
		for (const struct fact_line *f = k->lines; f; f = f->next, line++) {
			line->file = f->source < n_sources ? sources[f->source].name : NULL;
			line->line_no = f->line_no;
			g->refs[g->n] =
				(struct line_ref){ f->source, f->length, f->line_no, f->offset, f->time_us };
			g->places[g->n++] = (struct fetch_place){ k, line };
		}
	}
}

static void on_fetched(void *ctx, size_t index, struct slice raw)
{
	struct fetching *g = ctx;
	struct fetch_place *place = &g->places[index];

	place->line->text = arena_copy(&place->kept->arena, raw);
}

void collect_fetch_lines(struct collect *c, struct input *in)
{
	size_t n = count_lines(&c->messages) + count_lines(&c->related) + count_lines(&c->rejections) +
		   count_lines(&c->logins) + count_lines(&c->mailbox);
	const struct input_source *sources;
	size_t n_sources = input_sources(in, &sources);
	struct fetching g = {
		.refs = xcalloc(n + 1, sizeof *g.refs),
		.places = xcalloc(n + 1, sizeof *g.places),
	};

	add_places(&g, &c->messages, sources, n_sources);
	add_places(&g, &c->related, sources, n_sources);
	add_places(&g, &c->rejections, sources, n_sources);
	add_places(&g, &c->logins, sources, n_sources);
	add_places(&g, &c->mailbox, sources, n_sources);
	input_fetch(in, g.refs, g.n, on_fetched, &g);
	free(g.refs);
	free(g.places);
}

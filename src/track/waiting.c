/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waiting.c - open messages, from the first word about them until they are told
 *
 * They stand in a table by (server, instance, queue id) and in one of a few lists, each ordered by the last word said about
 * them, so that time alone decides who leaves and nothing is searched for.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "track/track_priv.h"

#define BRIEF_LIFE_US         USEC_PER_HOUR       /* the longest reception that is believed */
#define REFUSED_LIFE_US       (5 * USEC_PER_MIN)
#define SETTLED_LIFE_US       (15 * USEC_PER_MIN) /* connections to the hosts of further recipients may time out */

/* who goes first when not all can stay, and at the end */
static const enum wait_list ORDER[] = { WAIT_LINGER, WAIT_SETTLED, WAIT_BRIEF, WAIT_QUEUED };

void waiting_init(struct tracker *t)
{
	t->lists_due_us = USEC_NONE;
	t->shortest_life[WAIT_BRIEF] = REFUSED_LIFE_US;
	t->shortest_life[WAIT_QUEUED] = t->o.queue_life_us;
	t->shortest_life[WAIT_LINGER] = t->o.linger_us;
	t->shortest_life[WAIT_SETTLED] = SETTLED_LIFE_US;
	for (int i = 0; i < WAIT_LIST_COUNT; i++) {
		t->waits[i] = (struct wait_link){ &t->waits[i], &t->waits[i] };
		t->list_due_us[i] = USEC_NONE;
	}
	open_table_init(&t->open);
}

/* ---- wait lists ---- */

static void list_remove(struct tracker *t, struct open_message *om)
{
	om->wait.prev->next = om->wait.next;
	om->wait.next->prev = om->wait.prev;
	t->n_waiting[om->list]--;
}

static void list_append(struct tracker *t, struct open_message *om, enum wait_list list)
{
	struct wait_link *head = &t->waits[list];

	om->list = list;
	om->wait.next = head;
	om->wait.prev = head->prev;
	head->prev->next = &om->wait;
	head->prev = &om->wait;
	t->n_waiting[list]++;
}

/* the one whose last word is the oldest; NULL: the list is empty */
static struct open_message *list_first(struct tracker *t, enum wait_list list)
{
	struct wait_link *head = &t->waits[list];

	return head->next == head ? NULL : (struct open_message *)head->next;
}

/* ---- table of open messages ---- */

static inline ATTR_ALWAYS_INLINE struct open_message *message_new(struct tracker *t)
{
	struct open_message *om = t->free_messages;

	if (om)
		t->free_messages = om->id_next;
	else
		om = xmalloc(sizeof *om);
	track_clear(&om->m.generation, offsetof(struct open_message, first) - offsetof(struct open_message, m.generation));
	om->arena = (struct arena){ .pool = &t->pool };
	arena_lend(&om->arena, om->first, sizeof om->first);
	om->ours = -1;
	om->m.serial = ++t->last_serial;
	return om;
}

static void message_release(struct tracker *t, struct open_message *om)
{
	if (om->message_id_hash)
		message_forget_message_id(t, om);
	if (om->session)
		om->session->current = NULL;
	open_table_remove(&t->open, om);
	list_remove(t, om);
	if (om->by_recipient.slots)
		map_done(&om->by_recipient);
	if (om->joined)
		mailbox_release(t, om);
	if (om->arena.chunks)
		arena_clear(&om->arena);
	om->m.serial = 0;
	om->id_next = t->free_messages;
	t->free_messages = om;
}

static bool worth_telling(const struct open_message *om)
{
	const struct message *m = &om->m;

	return om->accepted || om->queued || om->rejected || om->done || m->recipients || m->parents || m->children;
}

void track_emit(struct tracker *t, struct open_message *om)
{
	if (UNLIKELY(om->sendmail))
		sendmail_tell_rejections(t, om);
	if (t->mailboxes.n | t->mailboxes.redirects)
		mailbox_before_telling(t, om);
	if (worth_telling(om)) {
		message_settle(t, om);
		if (t->sink.message)
			t->sink.message(t->sink.ctx, &om->m);
	}
	message_release(t, om);
}

#define SOON_MESSAGES 4 /* before its turn: time for two answers of the memory, where a name stands and the name */

/* the one whose turn it will be SOON_MESSAGES after that of om, or the last one */
static void announce_later(struct tracker *t, struct open_message *om)
{
	struct wait_link *head = &t->waits[om->list], *at = &om->wait;
	struct open_message *later;

	for (int i = 0; i < SOON_MESSAGES && at->next != head; i++)
		at = at->next;
	if (at == &om->wait)
		return;
	later = (struct open_message *)at;
	if (!later->announced && worth_telling(later))
		t->sink.soon(t->sink.ctx, &later->m);
	later->announced = true;
}

/* Messages leave a list one after the other: the sink hears of each a little before it is told. */
static void emit_first(struct tracker *t, struct open_message *om)
{
	if (t->sink.soon)
		announce_later(t, om);
	track_emit(t, om);
}

static void evict_oldest(struct tracker *t)
{
	for (size_t i = 0; i < ARRAY_LEN(ORDER); i++) {
		struct open_message *om = list_first(t, ORDER[i]);

		if (!om)
			continue;
		if (ORDER[i] != WAIT_LINGER && ORDER[i] != WAIT_SETTLED) {
			om->m.state = MESSAGE_EVICTED;
			t->stats.evicted++;
		}
		track_emit(t, om);
		return;
	}
}

/* both ends of it, which overlap */
static struct slice keep_short_id(struct open_message *om, struct slice id)
{
	uint64_t head = track_load(id.p), tail = track_load(id.p + id.n - sizeof tail);

	memcpy(om->id, &head, sizeof head);
	memcpy(om->id + id.n - sizeof tail, &tail, sizeof tail);
	return slice_of(om->id, id.n);
}

struct open_message *track_open(struct tracker *t, sym_t server, sym_t instance, struct slice queue_id, uint64_t hash,
			        const struct line *l, enum writer writer)
{
	struct open_message *om;
	struct message *m;

	if (queue_id.n == 0 || queue_id.n > QUEUE_ID_MAX_BYTES)
		return NULL;
	if (t->open.n >= t->o.max_open)
		evict_oldest(t);
	om = message_new(t);
	om->id_hash = hash;
	om->server = server;
	om->instance = instance;
	m = &om->m;
	m->server = intern_name(&t->names, server);
	m->instance = instance ? intern_name(&t->names, instance) : SLICE_NONE;
	m->writer = writer;
	m->queue_id = track_id_is_short(queue_id) ? keep_short_id(om, queue_id) : arena_copy(&om->arena, queue_id);
	m->first_us = m->last_us = l->time_us;
	m->arrived_us = m->finished_us = USEC_NONE;
	m->utc_offset_sec = l->utc_offset_sec;
	m->size_bytes = m->recipient_count = -1;
	open_table_add(&t->open, om);
	list_append(t, om, WAIT_BRIEF);
	om->touched_us = t->now_us;
	if (t->open.n > t->stats.peak_messages)
		t->stats.peak_messages = t->open.n;
	return om;
}

struct open_message *track_find_or_open(struct tracker *t, sym_t server, sym_t instance, struct slice queue_id,
					const struct line *l, enum writer writer)
{
	uint64_t hash = track_id_hash(queue_id);
	struct open_message *om = track_find(&t->open, server, instance, queue_id, hash);

	return om ? om : track_open(t, server, instance, queue_id, hash, l, writer);
}

struct open_message *track_begin_anew(struct tracker *t, struct open_message *om, struct slice queue_id, const struct line *l)
{
	uint32_t generation = om->m.generation + 1;
	sym_t server = om->server, instance = om->instance;
	enum writer writer = om->m.writer;

	track_emit(t, om);
	om = track_find_or_open(t, server, instance, queue_id, l, writer);
	if (om)
		om->m.generation = generation;
	return om;
}

/* ---- time ---- */

/* how long this one may be silent */
static usec_t life_of(const struct tracker *t, const struct open_message *om)
{
	if (om->list == WAIT_BRIEF && !om->rejected && !om->session_over)
		return BRIEF_LIFE_US;
	return t->shortest_life[om->list];
}

static ATTR_NOINLINE void sweep_list(struct tracker *t, enum wait_list list)
{
	struct open_message *om;

	/* USEC_NONE is long ago */
	while ((om = list_first(t, list)) && om->touched_us + life_of(t, om) < t->now_us) {
		if (list == WAIT_QUEUED)
			om->m.state = MESSAGE_EVICTED;
		emit_first(t, om);
	}
}

/* when the first one of a list may have to leave; who comes into it stays for its life at least */
static inline usec_t list_due_us(struct tracker *t, enum wait_list list)
{
	struct open_message *om = list_first(t, list);

	return (om ? om->touched_us : t->now_us) + t->shortest_life[list];
}

void waiting_sweep_lists(struct tracker *t)
{
	usec_t due_us = INT64_MAX;

	for (enum wait_list list = 0; list < WAIT_LIST_COUNT; list++) {
		if (t->list_due_us[list] < t->now_us) {
			if (list_due_us(t, list) < t->now_us)
				sweep_list(t, list);
			t->list_due_us[list] = list_due_us(t, list);
		}
		due_us = t->list_due_us[list] < due_us ? t->list_due_us[list] : due_us;
	}
	t->lists_due_us = due_us;
}

void waiting_make_room(struct tracker *t)
{
	struct open_message *om;

	while (t->n_waiting[WAIT_LINGER] > MAX_LINGERING && (om = list_first(t, WAIT_LINGER)))
		emit_first(t, om);
	while (t->n_waiting[WAIT_SETTLED] > MAX_LINGERING && (om = list_first(t, WAIT_SETTLED)))
		emit_first(t, om);
}

void waiting_end(struct tracker *t)
{
	struct open_message *om;

	for (size_t i = 0; i < ARRAY_LEN(ORDER); i++)
		while ((om = list_first(t, ORDER[i])))
			emit_first(t, om);
}

void waiting_done(struct tracker *t)
{
	struct open_message *om;

	for (int i = 0; i < WAIT_LIST_COUNT; i++)
		while ((om = list_first(t, (enum wait_list)i)))
			message_release(t, om);
	while (t->free_messages) {
		om = t->free_messages;
		t->free_messages = om->id_next;
		free(om);
	}
	open_table_done(&t->open);
}

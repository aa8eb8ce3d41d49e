/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open_table.c - open messages by queue id, and by Message-ID
 *
 * By queue id: buckets by the hash of the queue id alone: messages with one id in several instances or on several servers stand
 * in one chain, so that "does anybody here know this id?" is one look.  The table doubles when it holds more
 * messages than buckets and never shrinks.  The table by Message-ID does, too; in its buckets the newest are the first.
 * Both are small as long as few messages are open, so that they stay in the processor's cache.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "track/track_priv.h"

#define FIRST_BUCKETS 256

static struct open_message **bucket_of(const struct open_table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->cap - 1)];
}

void open_table_init(struct open_table *table)
{
	*table = (struct open_table){ .cap = FIRST_BUCKETS };
	table->buckets = xcalloc(table->cap, sizeof(struct open_message *));
}

ATTR_NOINLINE void open_table_grow(struct open_table *table)
{
	struct open_table old = *table;

	table->cap = old.cap * 2;
	table->buckets = xcalloc(table->cap, sizeof(struct open_message *));
	for (size_t i = 0; i < old.cap; i++) {
		struct open_message *om = old.buckets[i];

		while (om) {
			struct open_message *next = om->id_next, **bucket = bucket_of(table, om->id_hash);

			om->id_next = *bucket;
			*bucket = om;
			om = next;
		}
	}
	free(old.buckets);
}

void open_table_remove(struct open_table *table, struct open_message *om)
{
	struct open_message **at = bucket_of(table, om->id_hash);

	while (*at != om)
		at = &(*at)->id_next;
	*at = om->id_next;
	table->n--;
}

void open_table_done(struct open_table *table)
{
	free(table->buckets);
	*table = (struct open_table){ 0 };
}

/* ---- by Message-ID ---- */

/* the oldest ones first, so that the newest are the first again */
ATTR_NOINLINE void message_id_table_grow(struct open_table *table)
{
	struct open_table old = *table;

	table->cap = old.cap * 2;
	table->buckets = xcalloc(table->cap, sizeof(struct open_message *));
	for (size_t i = 0; i < old.cap; i++) {
		struct open_message *om = old.buckets[i];

		while (om && om->bucket_next)
			om = om->bucket_next;
		while (om) {
			struct open_message *newer = om->bucket_prev;

			message_id_table_put(table, om);
			om = newer;
		}
	}
	free(old.buckets);
}

void message_id_table_remove(struct open_table *table, struct open_message *om)
{
	if (om->bucket_prev)
		om->bucket_prev->bucket_next = om->bucket_next;
	else
		*message_id_bucket(table, om) = om->bucket_next;
	if (om->bucket_next)
		om->bucket_next->bucket_prev = om->bucket_prev;
	om->bucket_prev = om->bucket_next = NULL;
	table->n--;
}

/* ---- by queue id, seen from elsewhere ---- */

/* the first message from om on in its chain that has this id; NULL: none */
static struct open_message *same_id(struct open_message *om, uint64_t hash, struct slice queue_id)
{
	while (om && !track_has_id(om, queue_id, hash))
		om = om->id_next;
	return om;
}

bool track_known(struct tracker *t, struct slice queue_id, uint64_t hash)
{
	return same_id(*bucket_of(&t->open, hash), hash, queue_id) != NULL;
}

struct open_message *track_find_on_server(struct tracker *t, sym_t server, struct slice queue_id, uint64_t hash)
{
	struct open_message *om = same_id(*bucket_of(&t->open, hash), hash, queue_id);

	while (om && om->server != server)
		om = same_id(om->id_next, hash, queue_id);
	return om;
}

struct open_message *track_find_elsewhere(struct tracker *t, sym_t server, struct slice queue_id, uint64_t hash,
					  const struct open_message *after)
{
	struct open_message *om = same_id(after ? after->id_next : *bucket_of(&t->open, hash), hash, queue_id);

	while (om && om->server == server)
		om = same_id(om->id_next, hash, queue_id);
	return om;
}

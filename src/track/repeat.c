/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repeat.c - what another log of the same server has told already
 *
 * Exim writes a rejection to its main and its reject log, a panic to its main and its panic log: the k-th equal
 * line of one cancels the k-th of the other, never two lines of one log.  Through syslog the same entry is sent
 * twice with different priorities and may end in one file: an immediate repeat by the same process is one entry.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "track/track_priv.h"

#define RING_MAX    4096 /* refusals within the window; small enough to stay near the processor */
#define BUCKETS     8192
#define WINDOW_US   (30 * USEC_PER_SEC)
#define LOGS_MAX    4 /* main, reject, panic, and one to spare */

struct seen_line {
	uint64_t hash;
	usec_t time_us;
	uint16_t set[LOGS_MAX], count[LOGS_MAX]; /* per log: its rotated set + 1 (0: free), lines seen */
	uint32_t next;                           /* in the bucket: index + 1 */
};

void repeats_init(struct tracker *t)
{
	t->repeats.ring = xcalloc(RING_MAX, sizeof *t->repeats.ring);
	t->repeats.buckets = xcalloc(BUCKETS, sizeof *t->repeats.buckets);
}

void repeats_done(struct tracker *t)
{
	free(t->repeats.ring);
	free(t->repeats.buckets);
}

static void forget_oldest(struct repeats *r)
{
	uint32_t index = (uint32_t)r->head;
	uint32_t *at = &r->buckets[r->ring[index].hash % BUCKETS];

	while (*at && *at != index + 1)
		at = &r->ring[*at - 1].next;
	if (*at)
		*at = r->ring[index].next;
	r->head = (r->head + 1) % RING_MAX;
	r->n--;
}

static struct seen_line *find_or_add(struct repeats *r, uint64_t hash, usec_t now)
{
	uint32_t *bucket = &r->buckets[hash % BUCKETS];
	struct seen_line *s;
	uint32_t index;

	while (r->n && now - r->ring[r->head].time_us > WINDOW_US)
		forget_oldest(r);
	for (uint32_t at = *bucket; at; at = r->ring[at - 1].next)
		if (r->ring[at - 1].hash == hash)
			return &r->ring[at - 1];
	if (r->n == RING_MAX)
		forget_oldest(r);
	index = (uint32_t)((r->head + r->n) % RING_MAX);
	r->n++;
	s = &r->ring[index];
	*s = (struct seen_line){ .hash = hash, .time_us = now, .next = *bucket };
	*bucket = index + 1;
	return s;
}

/* the k-th line of this log: is there a k-th of another one? */
static bool count_line(struct seen_line *s, uint32_t set)
{
	size_t mine = 0;
	bool told_elsewhere = false;

	if (set >= UINT16_MAX)
		return false;
	while (mine < LOGS_MAX && s->set[mine] && s->set[mine] != set + 1)
		mine++;
	if (mine == LOGS_MAX)
		return false;
	s->set[mine] = (uint16_t)(set + 1);
	if (s->count[mine] < UINT16_MAX)
		s->count[mine]++;
	for (size_t i = 0; i < LOGS_MAX; i++)
		if (i != mine && s->count[i] >= s->count[mine])
			told_elsewhere = true;
	return told_elsewhere;
}

bool repeat_seen(struct tracker *t, const struct line *l)
{
	struct repeats *r = &t->repeats;
	struct slice first_line;
	uint64_t hash;

	if (l->envelope != ENVELOPE_EXIM) {
		hash = hash_slice(l->text) ^ (uint64_t)l->pid * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)l->time_us;
		if (hash == r->last_syslog_hash)
			return true;
		r->last_syslog_hash = hash;
		return false;
	}
	if (t->o.one_log)
		return false;
	first_line = slice_head(l->raw, slice_find_byte(l->raw, '\n'));
	return count_line(find_or_add(r, hash_slice(first_line), t->now_us), l->set);
}

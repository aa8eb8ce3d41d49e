/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_postfix_json.c - `postqueue -j` of Postfix 3.1 and later: one JSON object per line
 *
 * {"queue_name": "deferred", "queue_id": "4A1B2C3D4E", "arrival_time": 1789200930, "message_size": 1843, "forced_expire": false,
 *  "sender": "ann@example.com", "recipients": [{"address": "bob@example.net", "delay_reason": "connect to ..."}]}
 *
 * Source: Postfix src/postqueue/showq_json.c.  forced_expire since 3.5; orig_address, bounce_reason and other_reason since 3.11.
 * Members may come in any order, and new ones with the next version.
 */
#include "event/queue_id.h"
#include "queue/postfix_entry.h"
#include "queue/queue_priv.h"

static const struct {
	struct slice name;
	enum queue_state state;
} QUEUES[] = {
	{ LIT("maildrop"), QUEUE_INCOMING }, { LIT("incoming"), QUEUE_INCOMING }, { LIT("active"), QUEUE_ACTIVE },
	{ LIT("deferred"), QUEUE_DEFERRED }, { LIT("hold"), QUEUE_HELD },         { LIT("corrupt"), QUEUE_CORRUPT },
	{ LIT("corrupted"), QUEUE_CORRUPT },
};

static bool is_mine(struct slice text)
{
	struct cur c = cur_of(text);
	struct slice line;

	while (queue_line(&c, &line)) {
		line = slice_trim(line);
		if (line.n)
			return line.p[0] == '{' && slice_find(line, SLICE("\"queue_id\"")) < line.n &&
			       slice_find(line, SLICE("\"queue_name\"")) < line.n;
	}
	return false;
}

static enum queue_state state_of(struct slice queue)
{
	for (size_t i = 0; i < ARRAY_LEN(QUEUES); i++)
		if (slice_eq(queue, QUEUES[i].name))
			return QUEUES[i].state;
	return QUEUE_WAITING;
}

static void add(struct queue_reader *r, const struct postfix_entry *e)
{
	struct queued *m = queue_add(r, e->id);
	usec_t exact;

	m->state = state_of(e->queue);
	m->size_bytes = e->size_bytes;
	if (queue_id_postfix_time(e->id, &exact))
		m->arrived_us = exact;
	else if (e->arrived_sec >= 0 && e->arrived_sec < INT64_MAX / USEC_PER_SEC)
		m->arrived_us = e->arrived_sec * USEC_PER_SEC;
	m->expiring = e->forced_expire;
	m->sender = e->sender;
	if (m->sender.p && slice_is(m->sender, "MAILER-DAEMON"))
		m->sender.n = 0;
	for (const struct postfix_entry_recipient *v = e->recipients; v; v = v->next) {
		queue_add_recipient(r, m, v->address, false)->reason = v->reason;
		if (!m->reason.p)
			m->reason = v->reason;
	}
}

static int read(struct queue_reader *r, struct slice text, struct err *reterr)
{
	struct cur c = cur_of(text);
	struct postfix_entry e;
	struct slice line;

	if (!postfix_entry_built_in)
		return err_set(reterr, ERR_UNSUPPORTED, "this mailwhy was built without jansson and cannot read "
							"'postqueue -j'; 'postqueue -p' it can");
	while (queue_line(&c, &line)) {
		if (slice_trim(line).n == 0)
			continue;
		if (postfix_entry_read(&r->q->arena, line, &e) && e.id.p && queue_id_is_postfix(e.id))
			add(r, &e);
		else
			r->odd_lines++;
	}
	return 0;
}

const struct queue_form queue_form_postfix_json = {
	.name = "postfix_json",
	.program = "Postfix",
	.writer = WRITER_POSTFIX,
	.is_mine = is_mine,
	.read = read,
};

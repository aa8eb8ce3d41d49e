/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tell.c - what is told as soon as it is read: refusals, health, messages that never had an id
 */
#include "fact/oddity.h"
#include "track/track_priv.h"

/* om: the message it belongs to, which may know more than the line; NULL: none */
void rejection_emit(struct tracker *t, const struct line *l, const struct event *e, const struct open_message *om)
{
	struct fact_line at = fact_line_of(l);
	struct rejection r;

	rejection_of_event(e, &r);
	r.time_us = l->time_us;
	r.utc_offset_sec = l->utc_offset_sec;
	r.server = l->server;
	r.lines = t->o.keep_lines ? &at : NULL;
	if (om && !told(r.client_ip)) {
		r.client_ip = om->m.client_ip;
		r.client_host = om->m.client_host;
	}
	if (om && !told(r.helo))
		r.helo = om->m.helo;
	if (om && !told(r.sender))
		r.sender = om->m.sender;
	if (om && !told(r.recipient))
		r.recipient = om->context_recipient;
	if (UNLIKELY(t->words.n_policy)) {
		struct arena arena = { .pool = &t->pool };

		r.verdicts = verdict_explain(t, track_server(t, l), &r, &arena);
		if (t->sink.rejection)
			t->sink.rejection(t->sink.ctx, &r);
		arena_clear(&arena);
		return;
	}
	if (t->sink.rejection)
		t->sink.rejection(t->sink.ctx, &r);
}

/* Exim (=: the client was told 550, the message was accepted all the same. */
void fake_refusal_emit(struct tracker *t, const struct line *l, const struct event *e)
{
	struct event refusal = *e;

	refusal.stage = SLICE("data");
	rejection_emit(t, l, &refusal, NULL);
}

void health_emit(struct tracker *t, const struct line *l, const struct event *e)
{
	struct health h = {
		.time_us = l->time_us,
		.utc_offset_sec = l->utc_offset_sec,
		.server = l->server,
		.writer = e->writer,
		.program = l->program,
		.severity = e->severity,
		.category = e->category,
		.queue_id = e->queue_id,
		.count = e->attempts > 0 ? e->attempts : 1,
		.text = told(e->text) ? e->text : l->text,
	};

	if (t->sink.health)
		t->sink.health(t->sink.ctx, &h);
}

void oddity_tell(struct tracker *t, const struct line *l, const struct event *e)
{
	struct fact_line at = fact_line_of(l);
	struct oddity o;

	if (!oddity_of_event(e, &o))
		return;
	o.time_us = l->time_us;
	o.utc_offset_sec = l->utc_offset_sec;
	o.server = l->server;
	o.lines = t->o.keep_lines ? &at : NULL;
	t->sink.oddity(t->sink.ctx, &o);
}

void listing_emit(struct tracker *t, const struct line *l, const struct event *e)
{
	struct blocklisting listing = { .time_us = l->time_us, .utc_offset_sec = l->utc_offset_sec, .server = l->server,
				   .writer = e->writer, .client_ip = e->client_ip, .list = e->domain };

	if (t->sink.listing && told(e->check) && slice_is(e->check, "dnsbl") && told(e->domain) && told(e->client_ip))
		t->sink.listing(t->sink.ctx, &listing);
}

/* A rule threw the message away before it had an id: nothing else will be said, so it is told here. */
void discard_emit(struct tracker *t, const struct line *l, const struct event *e)
{
	struct attempt a = { .time_us = l->time_us, .outcome = OUTCOME_DISCARDED, .tried = true, .relay_port = -1,
			     .smtp_code = -1, .reply = told(e->reason) ? e->reason : e->reply, .delay_us = -1,
			     .delay_parts_us = { -1, -1, -1, -1 }, .tls_verified = -1, .size_bytes = -1 };
	struct recipient r = { .address = e->recipient, .outcome = OUTCOME_DISCARDED, .n_attempts = 1, .attempts = &a,
			       .deciding = &a };
	struct fact_line at = fact_line_of(l);
	struct message m = { .server = l->server, .writer = e->writer, .state = MESSAGE_DONE, .start_seen = true,
			     .end_seen = true, .first_us = l->time_us, .last_us = l->time_us, .arrived_us = l->time_us,
			     .finished_us = l->time_us, .utc_offset_sec = l->utc_offset_sec, .sender = e->sender,
			     .client_host = e->client_host, .client_ip = e->client_ip, .helo = e->helo, .user = e->user,
			     .service = e->service, .size_bytes = -1, .recipient_count = 1, .n_recipients = 1,
			     .recipients = &r, .lines = t->o.keep_lines ? &at : NULL };

	r.local = direction_is_local_address(t, e->recipient);
	m.direction = direction_of(direction_is_ours(t, &m), r.local, !r.local && told(r.address));
	if (t->sink.message)
		t->sink.message(t->sink.ctx, &m);
}

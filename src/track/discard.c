/* SPDX-License-Identifier: Apache-2.0 */
/*
 * discard.c - recipients that a rule threw away before the message had an id
 *
 * Exim writes "H=... F=<s> RCPT <r>: discarded by RCPT ACL" while the client still talks; the message follows
 * for the other recipients, or as "=> blackhole (RCPT ACL discarded recipients)".  Until its arrival line shows
 * the same client and sender, the recipient waits here.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "track/track_priv.h"

#define DISCARDS_MAX 256
#define WINDOW_US    (10 * USEC_PER_MIN) /* the longest wait between RCPT and the end of DATA */

struct discard {
	usec_t time_us;
	sym_t server;
	bool taken;
	uint64_t client_ip, sender; /* hashes */
	struct fact_line at;
	char recipient[256], reason[256];
	uint16_t recipient_n, reason_n;
};

void discards_init(struct tracker *t)
{
	t->discards.ring = xcalloc(DISCARDS_MAX, sizeof *t->discards.ring);
}

void discards_done(struct tracker *t)
{
	free(t->discards.ring);
}

void discard_remember(struct tracker *t, const struct line *l, const struct event *e)
{
	struct discards *d = &t->discards;
	struct discard *it = &d->ring[(d->head + d->n) % DISCARDS_MAX];
	struct slice recipient = slice_head(e->recipient, sizeof it->recipient);
	struct slice reason = told(e->reason) ? slice_head(e->reason, sizeof it->reason) : SLICE("");

	*it = (struct discard){ .time_us = l->time_us, .server = track_server(t, l),
				.client_ip = hash_slice(e->client_ip), .sender = hash_slice(e->sender),
				.at = { .source = l->source, .length = l->length, .line_no = l->line_no,
					.offset = l->offset, .time_us = l->time_us },
				.recipient_n = (uint16_t)recipient.n, .reason_n = (uint16_t)reason.n };
	memcpy(it->recipient, recipient.p, recipient.n);
	memcpy(it->reason, reason.p, reason.n);
	if (d->n < DISCARDS_MAX)
		d->n++;
	else
		d->head = (d->head + 1) % DISCARDS_MAX;
}

void discard_claim(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	struct discards *d = &t->discards;
	uint64_t client_ip, sender;

	if (!d->n)
		return;
	client_ip = hash_slice(e->client_ip);
	sender = hash_slice(e->sender);

	for (size_t i = 0; i < d->n; i++) {
		struct discard *it = &d->ring[(d->head + i) % DISCARDS_MAX];
		struct event words;

		if (it->taken || it->server != om->server || it->client_ip != client_ip || it->sender != sender ||
		    usec_since(it->time_us, l->time_us) > WINDOW_US)
			continue;
		it->taken = true;
		event_init(&words, EV_ATTEMPT);
		words.reply = slice_of(it->reason, it->reason_n);
		words.recipient = slice_of(it->recipient, it->recipient_n);
		message_discard_one(t, om, l, &words);
	}
}

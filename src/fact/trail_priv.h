/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail_priv.h - what the files that build trails share
 */
#ifndef FACT_TRAIL_PRIV_H
#define FACT_TRAIL_PRIV_H

#include "base/map.h"
#include "fact/trail.h"

struct growing {
	struct hop hop;            /* first: hops are these */
	struct hop *last_child;
	struct growing *same_id;   /* another message of the same server and queue id */
	struct growing *same_message_id;
	uint64_t id_key;           /* of the Message-ID; 0: none */
	usec_t start_us;           /* after how much time of the trail it begins */
};

struct build {
	struct arena *a;
	const struct servers *servers;
	const struct message *const *messages;
	size_t n;
	struct growing **of_message;
	struct map by_id;          /* server and queue id -> struct growing */
	const struct mailbox_action *const *loose;
	size_t n_loose;
};

struct hop *trail_new_hop(struct build *b, enum hop_kind kind);
/* the newest child comes last */
void trail_add_child(struct hop *parent, struct hop *child);

/* ---- trail_ends.c: where recipients end, and what the logs leave out ---- */

/* hops of the mailbox servers that tell of the hop's message */
void trail_add_mailboxes(struct build *b, struct hop *h);
/* the ends of a message's hop, and gaps behind it; its other children are known */
void trail_add_ends(struct build *b, struct hop *h);
/* the gap in front of the root; NULL: none */
struct hop *trail_gap_in_front(struct build *b, const struct hop *root);

/* ---- trail_time.c ---- */

/* spent_us and the stages of a message's hop */
void trail_measure_hop(struct hop *h);
/* the sums of a trail whose hops are in place */
void trail_measure(struct trail *t);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail.h - the messages that are one mail, as a tree
 *
 * Through content filters, aliases, forwards, lists, notifications and from server to server: the root is where the mail came in
 * first (as far as the logs tell), a hop is one pass through one server under one queue id, its branches end with the recipients'
 * outcomes.  Where the mail went on to a server whose log does not tell, or came from one, a hop stands that says so.
 *
 * Made from the messages that an answer holds; nothing is learnt from lines here.
 */
#ifndef FACT_TRAIL_H
#define FACT_TRAIL_H

#include "base/arena.h"
#include "fact/servers.h"

#define TRAIL_HOPS_MAX 2000 /* of one trail; further ones are counted */

enum hop_kind {
	HOP_MESSAGE,
	HOP_MAILBOX, /* a delivery, as another server tells it that keeps mailboxes */
	HOP_GAP,     /* a server that took it or had it, and does not tell */
};

#define HOP_LOGS(X) \
	X(HOP_LOG_READ, "read")                 /* the hop is from it */ \
	X(HOP_LOG_NOT_READ, "not_read")         /* no log of that server is among those read */ \
	X(HOP_LOG_ENDS_BEFORE, "ends_before")   /* there is one, but it ends before that time */ \
	X(HOP_LOG_BEGINS_AFTER, "begins_after") \
	X(HOP_LOG_NO_LINE, "no_line")           /* it covers the time, and has no line about this mail */

enum hop_log {
#define X(id, name) id,
	HOP_LOGS(X)
#undef X
	HOP_LOG_COUNT
};

#define HOP_STAGES(X) \
	X(STAGE_RECEIVE, "receive")   /* until the queue manager had it */ \
	X(STAGE_DEFERRED, "deferred") /* put off, waiting for the next try */ \
	X(STAGE_QUEUE, "queue")       /* in the queue, but for what was put off */ \
	X(STAGE_CONNECT, "connect") \
	X(STAGE_TRANSMIT, "transmit") /* where the log does not tell them apart (Exim, Sendmail): with the connection */

enum hop_stage {
#define X(id, name) id,
	HOP_STAGES(X)
#undef X
	HOP_STAGE_COUNT,
	STAGE_WHOLE = HOP_STAGE_COUNT, /* the log does not split it */
	STAGE_BETWEEN,                 /* a filter's or a script's time, before this hop */
	STAGE_NONE,
};

struct hop;

/* where a recipient of a hop ended there, or went on */
struct hop_end {
	const struct recipient *recipient;
	const struct hop *next;     /* NULL: it ended here */
	const struct mailbox_action *mailbox; /* what became of it in its mailbox; NULL: not told */
	enum owner to;              /* of what was relayed and not followed: whose server took it */
};

struct hop {
	enum hop_kind kind;
	enum hop_log log;
	enum owner owner;           /* of a gap */
	const struct message *message;        /* NULL but of HOP_MESSAGE */
	size_t message_no;          /* its place as given */
	const struct mailbox_action *mailbox; /* of HOP_MAILBOX: the first of the delivery */
	struct slice server;        /* name; of a gap SLICE_NONE if it has none */
	struct slice host;          /* its name elsewhere, where `server` is a label; SLICE_NONE: the same, or not known */
	struct slice ip;            /* of a gap */
	struct slice queue_id;      /* or the mailbox server's session; SLICE_NONE: not told */
	enum relation relation;     /* to the parent; RELATION_NONE: the root */
	const struct attempt *via;  /* the parent's, where no link of the tracker led here; else NULL */
	unsigned evidence;          /* enum handoff_sign, of a hand-over to another server that was followed */
	usec_t arrived_us;          /* USEC_NONE: its start was not seen */
	usec_t handed_over_us;      /* the last recipient was settled; USEC_NONE: not yet */
	usec_t spent_us;            /* from arrival to then, or until the last word; -1: not known */
	usec_t stages_us[HOP_STAGE_COUNT]; /* of the recipient that took longest; -1: not told */
	usec_t sent_us;             /* when the parent handed it on; USEC_NONE */
	usec_t between_us;          /* from then until it arrived: negative if clocks differ; USEC_NONE: not known */
	int32_t utc_offset_sec;
	const struct attempt *last; /* that gave spent_us; NULL: none */
	const struct attempt *first_put_off; /* of the same recipient; NULL: it was not */
	struct hop *parent, *first_child, *next_sibling; /* children oldest first */
	struct hop_end *ends;       /* one for each recipient of the message */
	size_t n_ends;
	size_t no;                  /* place in trail.hops */
	bool aside;                 /* a notification or what became of one: not the mail itself */
};

struct trail {
	struct hop **hops;          /* the root first, each before its children */
	size_t n_hops;
	size_t n_servers;
	uint64_t more_hops;         /* left out */
	usec_t spent_us;            /* from the root's arrival to the last settled recipient; -1: not known */
	bool open;                  /* a recipient waits still */
	const struct hop *slowest;  /* where most of it went; NULL: nowhere in particular */
	enum hop_stage slowest_stage;
	usec_t slowest_us;
};

struct trails {
	struct trail *items;        /* in the order of their roots' first messages as given */
	size_t n;
	struct hop **of_message;    /* for each message as given */
	struct hop **by_address;    /* the same, in the order of the messages' addresses in memory: for look-ups */
	size_t n_messages;
	size_t *trail_of_message;   /* index into items */
};

/*
 * trails_build - trees of messages
 *
 * messages: n of them, each once.  loose: n_loose mailbox actions of no message.  All are borrowed for the life of the trails, which
 * live in the arena.
 */
void trails_build(struct trails *ret, struct arena *a, const struct message *const *messages, size_t n,
		  const struct mailbox_action *const *loose, size_t n_loose, const struct servers *servers);

/* Where this recipient of a message was handed on to a server of ours (or perhaps ours) whose log does not tell; NULL: nowhere. */
const struct hop *trail_gap(const struct trails *t, const struct message *m, const struct recipient *r);

/* The same trails over copies of the messages (masked ones): copies[i] is one of messages[i], with the lists as long.  Names of
 * gaps are the caller's. */
void trails_swap(struct trails *t, const struct message *const *messages, const struct message *const *copies, size_t n,
		 const struct mailbox_action *const *loose, const struct mailbox_action *const *loose_copies, size_t n_loose);

const char *hop_log_name(enum hop_log l);
/* "whole" and "between" too */
const char *hop_stage_name(enum hop_stage s);

#endif

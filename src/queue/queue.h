/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h - what a mail server has in its queue, read from the listing that it prints
 *
 * One file per form of listing (forms.c lists them); which form a text has is seen from the text.  Listings hold what
 * strangers chose (addresses, replies): every text here is theirs, and only ids were checked (queued.id).
 */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/slice.h"
#include "base/usec.h"
#include "diagnose/cause.h"
#include "fact/fact.h"

#define QUEUE_STATES(X) \
	X(QUEUE_WAITING, "waiting")   /* in the queue; the listing does not tell whether it was tried, or is being delivered */ \
	X(QUEUE_INCOMING, "incoming") /* not seen by the queue manager yet */ \
	X(QUEUE_ACTIVE, "active")     /* being delivered */ \
	X(QUEUE_DEFERRED, "deferred") /* was tried, will be tried again */ \
	X(QUEUE_FROZEN, "frozen")     /* Exim: not tried until somebody or a timer thaws it */ \
	X(QUEUE_HELD, "held")         /* on hold, in quarantine: not tried until somebody releases it */ \
	X(QUEUE_CORRUPT, "corrupt")   /* its file cannot be read */

enum queue_state {
#define X(id, name) id,
	QUEUE_STATES(X)
#undef X
	QUEUE_STATE_COUNT
};

const char *queue_state_name(enum queue_state s);

struct queued_recipient {
	struct queued_recipient *next;
	struct slice address;
	bool cut;                  /* the listing shows only the beginning of the address, and the log none */
	bool delivered;            /* has its copy already */
	struct slice reason;       /* from the listing: why it was deferred; SLICE_NONE: not told */
	const struct recipient *fact; /* from the log; NULL: it does not tell of it */
	const struct cause *cause; /* why it waits; NULL: not known, or queue_explain() was not asked */
	uint32_t tries;            /* that the log tells of; 0 without a log */
	usec_t first_try_us, last_try_us; /* USEC_NONE */
};

/* one message */
struct queued {
	struct slice id;           /* well-formed for its program: letters, digits and dashes only */
	const struct queue_form *form;
	enum queue_state state;
	bool expiring;             /* Postfix: postsuper -e was said about it */
	int64_t size_bytes;        /* -1: not told */
	bool size_rounded;         /* as "2.9K" */
	usec_t arrived_us;         /* USEC_NONE: not told */
	usec_t age_us;             /* when the listing was made; -1 */
	struct slice sender;       /* empty: the null sender; SLICE_NONE: not told */
	bool sender_cut;
	struct slice login;        /* Exim: the local user, where that is not the sender */
	struct slice reason;       /* why the message (some recipient of it) was deferred */
	struct slice note;         /* why it is held, or what is wrong with its file */
	struct queued_recipient *recipients, *last;
	uint32_t n_recipients, n_waiting; /* all; those that have no copy yet */
	const struct message *message; /* from the log; NULL: it does not tell of it */
	const struct cause *cause; /* of the recipient that somebody has to act for, else of the first; NULL: not known */
	uint32_t tries;            /* for the recipient that was tried most */
	usec_t first_try_us, last_try_us; /* USEC_NONE */
};

/* one listing that was read */
struct queue_listing {
	const char *name;          /* file, "-", or the command that was run; borrowed */
	const struct queue_form *form;
	usec_t made_us;
	size_t messages;
	uint64_t odd_lines;        /* that are no part of such a listing */
};

struct queue {
	struct arena arena;        /* of recipients, causes, and what is not in the listing's own bytes */
	struct queued *items;
	size_t n, cap;
	struct queue_listing *listings;
	size_t n_listings, listings_cap;
	struct map causes;         /* by id */
};

/* When, and in which zone, a listing was made. */
struct queue_clock {
	usec_t now_us;             /* this machine's, or what the user said */
	usec_t made_us;            /* USEC_NONE: not known, but for what the listing tells */
	usec_t (*utc_of)(void *ctx, usec_t local_us); /* the listing's wall clock */
	void *ctx;
};

/* Which form has this text?  The beginning of it will do (QUEUE_LOOK_BYTES).  NULL: it is no listing.  A text without any is one:
 * of an empty queue. */
#define QUEUE_LOOK_BYTES ((size_t)64 << 10)
const struct queue_form *queue_recognise(struct slice text);
/* "exim", "postfix", "postfix_json", "sendmail", "empty" */
const char *queue_form_name(const struct queue_form *f);
/* "Exim", ...; NULL: the empty one does not tell */
const char *queue_form_program(const struct queue_form *f);
/* whose log goes with it */
enum writer queue_form_writer(const struct queue_form *f);

/*
 * queue_read - add the messages of a listing
 *
 * text: borrowed for the life of the queue.  form: what queue_recognise() said.  Ages are of the time when the listing was made:
 * clock->made_us, else what the listing tells (Exim's ages and ids together), else clock->now_us.
 * ERR_UNSUPPORTED: this build cannot read that form.
 */
ATTR_NODISCARD int queue_read(struct queue *q, const struct queue_form *form, const char *name, struct slice text,
			      const struct queue_clock *clock, struct err *reterr);
void queue_done(struct queue *q);

/* Letters, digits and dashes of a form that some mail server uses: safe on any command line. */
bool queue_id_is_safe(struct slice id);

#endif

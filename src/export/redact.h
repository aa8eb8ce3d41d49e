/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redact.h - answers that name nobody (--redact)
 *
 * Every name, address, IP address, host, user, subject and Message-ID gets a mask; the same name gets the same mask, so that
 * what belongs together still does.  Masks are made with SipHash under a secret key: without it nobody finds a name by
 * trying.  What is kept: queue ids (they join lines, and name nobody), codes, programs, sizes, times, the words of replies.
 *
 *     alice@mail.example.com  u9k3...@h2f8....h7c1....example   each part of a domain for itself, from the right
 *     198.51.100.7            an address of 240.0.0.0/4, which is never used: the documentation's networks would be too
 *                             small to keep addresses apart; private ones stay private (10.0.0.0/8), loopback stays
 *     2001:db8:1::7           an address of 2001:db8::/32
 *
 * Values with a type (fields of events and facts, cells of panels) are masked by their type.  In free text (replies, reasons,
 * whole lines) what looks like a name is masked, and what is known to be one: redact_learn() collects users, hosts and
 * recipients of all lines that pass.  Answers are masked as values, before they are rendered: no medium can forget it.
 */
#ifndef EXPORT_REDACT_H
#define EXPORT_REDACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/siphash.h"
#include "base/slice.h"
#include "event/event.h"
#include "event/line.h"
#include "export/sources.h"
#include "export/trace.h"
#include "report/panel.h"

#define REDACT_NAMES_MAX ((size_t)500000) /* known names; beyond, free text is masked as a whole */

enum mask {
	MASK_KEEP,
	MASK_ID,        /* queue ids: kept if they look like one */
	MASK_ADDRESS,
	MASK_ADDRESSES, /* separated by blanks or commas */
	MASK_USER,
	MASK_HOST,      /* or an address literal */
	MASK_RELAY,     /* a host, or a service of this server, which is kept */
	MASK_CLIENT,    /* "host [ip]", "[ip]", "ip" or "host" */
	MASK_IP,
	MASK_MESSAGE_ID,
	MASK_SUBJECT,
	MASK_SESSION,   /* Dovecot's hold the client's address */
	MASK_FOLDER,
	MASK_PATH,
	MASK_ARGUMENT,  /* of a site's own rule: an address, a host or words of a message */
	MASK_TEXT,      /* free text of a known kind */
	MASK_RAW,       /* a line that nobody understood: quoted and bracketed words are masked too */
};

struct redact;

/* path_word: is this part of a path the same everywhere?  It is kept then. */
struct redact *redact_new(const struct siphash_key *key, bool (*path_word)(struct slice part));
/* NULL is fine */
void redact_free(struct redact *r);

/* The mask of a value, in the arena; SLICE_NONE stays, and so does an empty text.  No value must be masked twice. */
struct slice redact_value(struct redact *r, struct arena *a, enum mask mask, struct slice s);

/* Remember the names of a line, to find them in free text. */
void redact_learn(struct redact *r, const struct line *l, const struct event *e);

/* Mask a record in place: *l and *e are the caller's copies. */
void redact_record(struct redact *r, struct arena *a, struct line *l, struct event *e);

/* Mask answers in place; what hangs on them is copied into the arena. */
void redact_head(struct redact *r, struct arena *a, struct answer_head *h);
void redact_trace(struct redact *r, struct arena *a, struct trace_answer *t);
const struct panel *redact_panels(struct redact *r, struct arena *a, const struct panel *panels, size_t n);
const struct unknown_item *redact_unknown(struct redact *r, struct arena *a, const struct unknown_item *items, size_t n);
void redact_sources(struct redact *r, struct arena *a, struct sources_answer *s);

#endif

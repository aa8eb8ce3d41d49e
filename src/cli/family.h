/* SPDX-License-Identifier: Apache-2.0 */
/*
 * family.h - messages that are linked with those that were found
 *
 * Who asks for one message wants the end of its story too: the copy behind the content filter, the forwarded
 * one, the bounce.  A linked message may come before or after the one that was found.  The last ones that
 * came before are remembered, in a bounded ring, until all of their family have passed; for those to come there is a list of
 * wanted ids.  So one walk over the logs is mostly enough, standard input can be followed too, and memory stays bounded; for
 * a relative that ended long before, files are walked again.
 */
#ifndef CLI_FAMILY_H
#define CLI_FAMILY_H

#include <stddef.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "fact/fact.h"

struct kept;

#define FAMILY_RING 4096 /* messages with links that passed by */
#define FAMILY_WANTED_BITS 4096
#define FAMILY_FORGOTTEN 8192 /* the same of families of which all had passed; a power of two */

struct family {
	struct arena_pool *pool;         /* borrowed */
	struct kept *ring[FAMILY_RING];
	size_t at;                       /* the next place to use */
	struct map passed;               /* id -> struct kept of the ring */
	struct map wanted;               /* id -> struct wanted */
	uint64_t wanted_bits[FAMILY_WANTED_BITS / 64]; /* a bit for each queue id in it, by its hash: most others have none */
	uint32_t forgotten[FAMILY_FORGOTTEN]; /* hashes of ids, each in the place that its low bits name; 0: none */
	bool missed;                     /* one that was found leads to one that was forgotten: walk again */
	struct map passed_ids;           /* key of the Message-ID -> the newest kept of the ring that has it */
	bool read_once;                  /* there will be no other walk: nothing is forgotten before its time */
	bool several_servers;            /* logs of several are read: clocks differ, so the tracker may have missed what belongs together */
	struct strbuf key;
};

struct family *family_new(struct arena_pool *pool);
/* NULL is fine */
void family_free(struct family *f);

/* Is it linked with one that was found? */
bool family_is_wanted(struct family *f, const struct message *m);
/* With several servers: a message of another server that has the Message-ID of one that owner leads to.  Whether it belongs to it
 * is told when the trails are built.  True: it was taken. */
bool family_same_id(struct family *f, struct kept *owner, const struct message *m);
/* The same among those that passed. */
void family_find_same_id(struct family *f, struct kept *owner);
/* A message that was not asked for: it becomes a relative of its owner, or is remembered if it has links. */
void family_pass(struct family *f, const struct message *m);
/* m was found (or became a relative of owner): its links belong to the answer. */
void family_follow(struct family *f, struct kept *owner, const struct message *m);
/* owner and its relatives are not shown after all; frees the relatives */
void family_forget(struct family *f, struct kept *owner);

#endif

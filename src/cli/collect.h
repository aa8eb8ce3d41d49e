/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collect.h - keeping the facts that an answer shows
 *
 * A fact lives as long as the call of the sink; what trace shows is copied.  Only the newest `limit` of each
 * kind are kept, the rest are counted: memory does not grow with what was found.
 */
#ifndef CLI_COLLECT_H
#define CLI_COLLECT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "cli/family.h"
#include "export/trace.h"
#include "fact/fact.h"
#include "fact/filter.h"
#include "fact/trail.h"
#include "input/input.h"

/* one kept fact */
struct kept {
	struct arena arena;
	usec_t time_us;
	uint64_t sequence;         /* in which it came: breaks ties of time */
	const struct fact_line *lines;
	struct trace_item item;
	struct kept *relatives;    /* of a message: what family.c found; of a relative: the next one */
	struct wanted *wanted;     /* private to family.c */
	struct slice id;           /* the same */
	uint64_t id_key;           /* of the Message-ID; 0: none */
	struct kept *same_id;      /* the next one of that key */
	size_t ring_place;         /* the same */
	unsigned n_guesses;        /* the same */
	bool guessed;              /* a relative that may turn out to be none */
};

/* NULL is fine; relatives are not touched */
void kept_free(struct kept *k);

/* the newest `limit`: a heap with the oldest on top until collect_sort() */
struct kept_list {
	struct kept **items;
	size_t n, cap, limit;      /* limit 0: none */
	uint64_t more;
};

struct collect {
	const struct filter *filter; /* borrowed */
	struct arena_pool pool;
	struct kept_list messages, rejections, logins, mailbox;
	struct kept_list loose;    /* deliveries of mails that are kept, which passed over a server that does not tell */
	struct servers servers;    /* what passed tells of our own */
	struct arena trail_arena;
	struct trails trails;      /* filled by collect_trails() */
	struct map by_message_id;  /* key of the Message-ID -> messages */
	struct kept_list related;  /* filled by collect_sort() */
	struct family *family;     /* NULL: links are not followed */
	uint64_t sequence;
	struct slice server;       /* of the first fact kept */
	bool several_servers;      /* another one was kept too */
	char server_text[256];
};

/* limit 0: keep everything; follow: keep messages that are linked with those found */
void collect_init(struct collect *c, const struct filter *filter, size_t limit, bool follow);
void collect_done(struct collect *c);
/* where the tracker delivers */
struct fact_sink collect_sink(struct collect *c);
/* All was read, and messages that belong to what was found passed too long before it to be remembered: read again. */
bool collect_misses(struct collect *c);
/* where the tracker delivers then */
struct fact_sink collect_sink_again(struct collect *c);
/* everything was delivered: oldest first from now on */
void collect_sort(struct collect *c);
/* Build the trails of what was found, after collect_sort(). */
void collect_trails(struct collect *c);
/* nothing was found */
bool collect_empty(const struct collect *c);
/* Read the lines behind all kept facts and hang them on their items. */
void collect_fetch_lines(struct collect *c, struct input *in);

#endif

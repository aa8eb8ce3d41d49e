/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - what detectors keep: tables that strangers cannot swell
 *
 * A table maps keys (addresses, networks, names) to entries of its owner.  It has a cap on entries, and all tables of one run share a
 * meter of bytes; past either (but for the last few hundred entries) the entry that weighs least among some goes, so that a flood of invented names pushes out
 * itself and not the attack that is being watched.  Time is the log's.
 */
#ifndef DETECT_WATCH_H
#define DETECT_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/map.h"
#include "base/slice.h"
#include "base/usec.h"
#include "fact/fact.h"

/* bytes that all tables of one run take, and their cap */
struct watch_meter {
	size_t used, limit;
};

/* --- tables ------------------------------------------------------------------------------------------- */

/* Begins each entry. */
struct watch_entry {
	struct slice key;    /* its own copy, behind the entry */
	usec_t first_us, last_us; /* kept by watch_table_at() */
	size_t place;        /* private */
};

struct watch_ops {
	size_t bytes;        /* of an entry, with its struct watch_entry */
	uint64_t (*weight)(const void *entry); /* what weighs least goes first, of equals the one seen longest ago; NULL: all equal */
	void (*done)(void *entry, struct watch_meter *m); /* free what hangs on it; NULL: nothing */
};

struct watch_table {
	const struct watch_ops *ops;
	struct watch_meter *meter;
	struct map map;
	struct watch_entry **entries;
	size_t n, cap, limit; /* entries, room, cap on entries */
	size_t hand;         /* private: where the search for the next to go begins */
	uint64_t evicted;    /* read-only */
};

#define WATCH_KEY_BYTES 256 /* of a key; the rest of a longer name does not count */

/* limit: entries at most */
void watch_table_init(struct watch_table *t, const struct watch_ops *ops, size_t limit, struct watch_meter *m);
void watch_table_done(struct watch_table *t);
/* The entry of a key, made (zeroed) if need be; another one may be evicted for it.  Valid until the next call. */
void *watch_table_at(struct watch_table *t, struct slice key, usec_t now_us);
/* NULL: there is none */
void *watch_table_find(const struct watch_table *t, struct slice key);
/* All entries in the order of their keys; the caller frees the array.  *ret_n of them. */
void **watch_table_sorted(const struct watch_table *t, size_t *ret_n);

/* --- keys --------------------------------------------------------------------------------------------- */

/* An IPv6 address stands for its /64: whoever has one has them all. */
struct ip_net watch_address(const struct ip *ip);
/* The neighbourhood: /24, of IPv6 /48 */
struct ip_net watch_network(const struct ip *ip);
/* a network as the key of a table; borrows it */
static inline struct slice watch_net_key(const struct ip_net *net)
{
	_Static_assert(sizeof *net == 17, "no padding");
	return slice_of((const char *)net, sizeof *net);
}
struct ip_net watch_key_net(struct slice key);
/* "203.0.113.7", "203.0.113.0/24", "2001:db8::/64" */
#define WATCH_NET_BYTES 56
struct slice watch_net_text(const struct ip_net *net, char buf[static WATCH_NET_BYTES]);

/* --- sliding windows ---------------------------------------------------------------------------------- */

#define WINDOW_SLOTS 32

/*
 * How much happened within a span of time: exact while it was told at WINDOW_SLOTS different times or fewer, a little too small
 * beyond.  Zero-initialised is empty; watch_window_done() frees it.
 */
struct watch_window {
	struct window_slot {
		usec_t time_us;
		uint64_t count;
	} *slots;
	uint32_t n, cap;
	uint64_t sum;        /* within the span that ends with the last event */
	uint64_t peak;       /* the largest sum ever */
	usec_t peak_us;      /* when it was reached */
	uint64_t total;
};

/* Returns the sum.  Time may step back a little: such an event counts as one of the newest time. */
uint64_t watch_window_add(struct watch_window *w, usec_t span_us, usec_t time_us, uint64_t count, struct watch_meter *m);
void watch_window_done(struct watch_window *w, struct watch_meter *m);

/* --- rhythm ------------------------------------------------------------------------------------------- */

#define RHYTHM_GAPS 16

/* The spans between the last events: a device asks at regular intervals, a program as fast as it can. */
struct watch_rhythm {
	usec_t last_us;
	uint32_t n;          /* gaps ever */
	uint32_t gaps_ds[RHYTHM_GAPS]; /* in tenths of a second; the last ones */
};

void watch_rhythm_add(struct watch_rhythm *r, usec_t time_us);
/* The median of the last gaps; -1: fewer than two events */
usec_t watch_rhythm_median(const struct watch_rhythm *r);
/* Thousandths of the gaps that lie within a quarter of the median, or of its double or triple (a try was missed) */
unsigned watch_rhythm_regular(const struct watch_rhythm *r);

/* --- the other side ----------------------------------------------------------------------------------- */

#define PEERS_MAX 512
#define WATCH_SMALL_KEY 24 /* bytes that need no memory of their own: all addresses */

/* One of those on the other side: an account that an address tried, an address that tried an account. */
struct watch_peer {
	uint64_t hash;
	union {
		char small[WATCH_SMALL_KEY];
		char *large;
	} key;               /* watch_peer_key() */
	uint32_t key_n;
	uint32_t failures, successes; /* saturate */
	usec_t first_failure_us, last_failure_us, first_success_us, last_success_us; /* USEC_NONE: none */
};

/* The first PEERS_MAX of them, in the order in which they came.  Zero-initialised is empty. */
struct watch_peers {
	struct watch_peer *items;
	uint16_t *index;     /* private */
	uint32_t n, cap, index_cap;
	uint64_t more;       /* times that one came who found no place */
};

/* The peer of a key; made if need be; NULL if there is no place for it.  Valid until the next call. */
struct watch_peer *watch_peers_at(struct watch_peers *p, struct slice key, struct watch_meter *m);
/* NULL: not there */
struct watch_peer *watch_peers_find(const struct watch_peers *p, struct slice key);
void watch_peers_done(struct watch_peers *p, struct watch_meter *m);
/* one more login */
void watch_peer_add(struct watch_peer *p, bool success, usec_t time_us, int64_t attempts);
static inline struct slice watch_peer_key(const struct watch_peer *p)
{
	return slice_of(p->key_n <= WATCH_SMALL_KEY ? p->key.small : p->key.large, p->key_n);
}

/* --- sample lines ------------------------------------------------------------------------------------- */

#define SAMPLE_FIRST 2
#define SAMPLE_LAST  3

/* The first and the last lines of what happened: enough to see it. */
struct watch_lines {
	struct fact_line first[SAMPLE_FIRST], last[SAMPLE_LAST];
	uint32_t n;          /* lines ever */
};

/* the last line of a fact that ends a list (NULL: the tracker keeps none) */
void watch_lines_add(struct watch_lines *s, const struct fact_line *lines);
/* of a message: the line that tells this attempt; its first line, if that is not known (NULL: no attempt is meant) */
void watch_lines_add_of(struct watch_lines *s, const struct fact_line *lines, const struct attempt *a);

#endif

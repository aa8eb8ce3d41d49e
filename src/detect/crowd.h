/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crowd.h - who misbehaves: addresses, their neighbourhoods, and those that are many and each do little
 *
 * What relay probing, harvesting, odd sessions and refused spam have in common: something happens that an honest client does seldom.  One
 * address that does it often is found by itself.  Of the others a neighbourhood (/24, of IPv6 /48) is found that
 * has several of them, and at last all that are left, if they are many: nobody is found for a single deed.
 * Addresses where people log in, and those whose mail is taken more often than they misbehave, are left alone.
 */
#ifndef DETECT_CROWD_H
#define DETECT_CROWD_H

#include "detect/detect_priv.h"

#define CROWD_KINDS 12

struct crowd_group;

struct crowd_rule {
	usec_t span_us;               /* sliding, for one address; neighbourhoods and the rest: within a day */
	uint64_t address_deeds;       /* within the span */
	uint64_t address_things;      /* and so many different things (recipients, ...); 0: does not matter */
	uint64_t network_addresses, network_deeds; /* 0: neighbourhoods do not matter */
	uint64_t rest_addresses, rest_deeds;       /* 0: nor does the rest */
	unsigned shared_things;       /* beside these: whoever did it to a thing that so many others did it to; 0: nobody */
	bool (*fits)(const struct crowd_group *g); /* an address or neighbourhood that it says no to is not found; NULL: all fit */
	bool regular_is_honest;       /* who does it at regular intervals for an hour and more is a machine that watches */
	usec_t once_us;               /* deeds of one kind within this time are one (a session has several lines); 0: each counts */
	/* left alone if mail_weight times the mails that were delivered from there are as many as deed_weight times the deeds */
	uint64_t mail_weight, deed_weight; /* deed_weight 0: 1; neighbourhoods: one mail outweighs one deed */
};

struct crowd_entry {
	struct watch_entry entry;     /* key: watch_net_key() of an address */
	struct watch_window window;
	struct watch_rhythm rhythm;
	struct watch_peers things;
	uint64_t kinds[CROWD_KINDS];
	usec_t last_deed_us[CROWD_KINDS];
	struct watch_lines lines;
};

struct crowd {
	const struct watch_context *c;
	struct crowd_rule rule;
	struct watch_table table;
};

enum crowd_scope { CROWD_ADDRESS, CROWD_NETWORK, CROWD_REST };

/* what a finding is about */
struct crowd_group {
	enum crowd_scope scope;
	const struct crowd_entry *const *entries; /* oldest deed first */
	size_t n;
	uint64_t deeds, things;       /* things: of one address; of several the sum */
	uint64_t kinds[CROWD_KINDS];
	uint64_t mails;               /* without login, that were delivered from there */
	usec_t first_us, last_us;
};

/* *rule is copied */
void crowd_init(struct crowd *w, const struct watch_context *c, const struct crowd_rule *rule);
void crowd_done(struct crowd *w);
/* The same for a detector whose state is one crowd: its new() returns the one, its .free is the other. */
struct crowd *crowd_new(const struct watch_context *c, const struct crowd_rule *rule);
void crowd_free(void *crowd);
/* thing: SLICE_NONE: none */
void crowd_add(struct crowd *w, const struct party *p, usec_t time_us, unsigned kind, int64_t count, struct slice thing,
	       const struct fact_line *lines);

/*
 * crowd_end - the findings
 *
 * Each has its subject, members, times and sample lines when it is given to tell(), which sets the rest.  After the addresses the
 * neighbourhoods come, then the rest.
 */
void crowd_end(struct crowd *w, void (*tell)(const struct crowd *w, struct finding *f, const struct crowd_group *g));

/* For sentences: "203.0.113.7", "17 addresses of 203.0.113.0/24", "23 addresses" */
struct slice crowd_who(const struct crowd *w, const struct finding *f, const struct crowd_group *g);
/* " --ip" for an address or network: what `trace` shows of it */
void crowd_trace(const struct crowd *w, struct finding *f, const struct crowd_group *g);

#endif

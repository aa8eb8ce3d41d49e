/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logins.h - what the detectors of logins share
 *
 * Most of them watch failed logins by one key (address, network, account) and judge at the end.  Each has a table of its own, since what
 * one of them forgets another must not.
 */
#ifndef DETECT_LOGINS_H
#define DETECT_LOGINS_H

#include "detect/detect_priv.h"

#define LOGIN_ENTRIES_MAX    50000 /* that each detector watches */
#define LOGIN_NEIGHBOURS     2     /* that guess, of one network: it is no accident */
#define LOGIN_OTHER_ACCOUNTS 3     /* that an address fails at: it guesses */

struct login_entry {
	struct watch_entry entry;
	struct watch_window window;
	struct watch_rhythm rhythm;
	struct watch_lines lines;
	struct watch_peers peers;    /* the other side: whatever the detector counts by */
	uint64_t failures;
};

struct login_table {
	const struct watch_context *c;
	struct watch_table table;
};

void *login_table_new(const struct watch_context *c);
void login_table_free(void *state);
/* The entry of a key with this login's time, count and line added; the window and peers are left to the caller. */
struct login_entry *login_table_add(struct login_table *t, struct slice key, const struct login *l);
/*
 * The same for the address it came from, from its second failure on: NULL for the first one, which is remembered and
 * comes into the window (of that span) with the second.
 */
struct login_entry *login_table_add_address(struct login_table *t, const struct login *l, const struct party *p, usec_t window);
/* each entry in the order of keys */
void login_table_each(const struct login_table *t, void (*fn)(const struct login_table *t, const struct login_entry *e));

/*
 * Failures from that address are honest mistakes: many share it who do log in; or it is a device with an old password (one
 * account, that logs in somewhere, asked for at regular intervals).
 */
bool login_is_honest(const struct detect *d, const struct known_address *a, const struct watch_rhythm *rhythm);
/* The same without a rhythm: by the time between the first and the last failure */
bool login_looks_like_device(const struct detect *d, const struct known_address *a);

/* A stranger to that account: it failed from there, is not at home there, and nobody has sent mail or logged in from there */
bool login_is_stranger(const struct detect *d, const struct ip_net *address, struct slice account);

/* It logged in with the account, and guesses: at other accounts, or at this one before, as its neighbours do */
bool login_is_intruder(const struct detect *d, const struct ip_net *address, struct slice account);
/* Other addresses of its network that guess, and never log in: at most `enough` are counted */
unsigned login_guessing_neighbours(const struct detect *d, const struct ip_net *address, unsigned enough);
/* What an address tried at other accounts than this, that are not at home there */
struct known_foreign login_others(const struct known_address *a, struct slice account);

/* The first lines of n addresses, as samples */
void login_first_lines(struct finding *f, const struct known_address *const *addresses, size_t n);
/* The networks (/24, /48) among n addresses that stand in order */
size_t login_networks(const struct ip_net *addresses, size_t n);

/* "anna@example.com", or "17 accounts"; SLICE_NONE: the log does not tell */
struct slice login_accounts_text(const struct watch_context *c, const struct known_address *a);

/* Evidence about an address: accounts, successes, mail; and its accounts as members. */
void login_evidence(const struct watch_context *c, struct finding *f, const struct known_address *a);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known.h - what keeps honest people from being accused: who logs in here, from where, and whose mail is taken
 *
 * Kept for all detectors over the whole log, filters or not, so that a judgement at the end knows what came later too: the
 * user whose phone had an old password this morning logs in tonight.
 */
#ifndef DETECT_KNOWN_H
#define DETECT_KNOWN_H

#include "detect/watch.h"

/* an address (IPv6: a /64) */
struct known_address {
	struct watch_entry entry;   /* key: watch_net_key() */
	uint64_t number;            /* orders addresses */
	struct watch_peers accounts; /* that logged in or tried to, folded; an empty name: not told */
	uint32_t failures, successes; /* logins; attempts */
	uint32_t mails;             /* without a login, of which a recipient was delivered or relayed */
	uint32_t unanswered;        /* logins that failed by our own fault */
	uint32_t watched;           /* failures that passed the filters of the command line */
	usec_t first_failure_us;    /* one that nobody answered, too; USEC_NONE: none */
	uint32_t first_failures;    /* that this one stands for */
	struct fact_line first_line; /* of it; length 0: not kept */
};

struct known_account {
	struct watch_entry entry;   /* key: the name, folded */
	struct watch_peers addresses; /* keys: watch_net_key() */
	uint32_t failures, successes;
	uint32_t messages;          /* sent with it */
	uint32_t watched;           /* failures that passed the filters of the command line */
	struct watch_lines *lines;  /* of failures, once several addresses have failed; NULL: none yet */
};

struct known {
	struct watch_table addresses, accounts;
	struct watch_meter *meter;
	const struct known_address **sorted; /* by number; NULL before known_sort() */
	size_t n_sorted;
};

void known_init(struct known *k, struct watch_meter *m);
void known_done(struct known *k);

/* The entries of an address and of an account, made if need be */
struct known_address *known_address_at(struct known *k, const struct ip_net *address, usec_t now_us);
struct known_account *known_account_at(struct known *k, struct slice account, usec_t now_us);
/* NULL: never seen, or forgotten */
const struct known_address *known_address(const struct known *k, const struct ip_net *address);
const struct known_account *known_account(const struct known *k, struct slice account);

/* The account is at home there: it logs in from that address, and not only after a row of quick failures. */
bool known_at_home(const struct watch_peer *p);
/* The account logged in somewhere */
bool known_exists(const struct known *k, struct slice account);
/*
 * Many people share the address (webmail, an office behind one address): three accounts or more are at home there, and
 * at least as many as have only failed.  Whoever blocks it shuts them all out.
 */
bool known_is_shared(const struct known_address *a);
/* So many accounts are at home there. */
uint32_t known_homes(const struct known_address *a);
/* What was tried from there on accounts that are not at home there */
struct known_foreign {
	uint32_t accounts, failures;
};
struct known_foreign known_foreign(const struct known_address *a);

/* It guesses: failures at accounts that are not at home there, so many that nobody mistypes so often */
bool known_guesses(const struct known_address *a);
/*
 * The addresses within a network, in order, when all was read: call fn for each until it says false.
 * known_sort() first, once; nothing may be learnt between.
 */
void known_sort(struct known *k);
/* each address, in order; each account that at least so many addresses have tried, in an order that is always the same */
void known_each_address(const struct known *k, void (*fn)(void *ctx, const struct known_address *a), void *ctx);
void known_each_account(const struct known *k, uint32_t addresses, void (*fn)(void *ctx, const struct known_account *a), void *ctx);
void known_within(const struct known *k, const struct ip_net *net, bool (*fn)(void *ctx, const struct known_address *a), void *ctx);

/* The failure is our own fault, not the client's: the password daemon did not answer ... */
bool known_is_own_fault(struct slice reason);

#endif

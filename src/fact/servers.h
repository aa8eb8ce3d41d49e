/* SPDX-License-Identifier: Apache-2.0 */
/*
 * servers.h - what the logs tell of our own servers: their names and addresses, and the time that their logs cover
 *
 * Who reads the trail of a mail has to know whether the next hop is a server of his own (whose log he may fetch) or a stranger's
 * (whose postmaster he has to ask).  Nobody says so; it is learnt from what passes: a server puts its full name into the Message-IDs
 * that it makes, hand-overs between logs that were read show addresses, deliveries show our domains.
 */
#ifndef FACT_SERVERS_H
#define FACT_SERVERS_H

#include "base/arena.h"
#include "base/ip.h"
#include "fact/fact.h"

#define SERVERS_MAX        64   /* that are told apart */
#define SERVER_ALIASES_MAX 8    /* names and addresses of each */
#define OWN_DOMAINS_MAX    256

/* one server whose log was read */
struct known_server {
	struct slice name;          /* as the facts name it */
	struct slice full_name;     /* with its domain; SLICE_NONE: not learnt */
	struct slice names[SERVER_ALIASES_MAX]; /* other names under which it took part */
	struct ip ips[SERVER_ALIASES_MAX];
	unsigned n_names, n_ips;
	usec_t first_us, last_us;   /* what its logs cover; USEC_NONE: not known */
	bool has_mta;               /* messages are known, not only mailboxes */
};

/* Zero-initialised is ready to use. */
struct servers {
	struct arena arena;
	struct known_server items[SERVERS_MAX];
	size_t n;
	size_t latest;              /* index of the one that was noted last */
	struct slice domains[OWN_DOMAINS_MAX]; /* mail for them was delivered here */
	uint64_t domain_hashes[2 * OWN_DOMAINS_MAX]; /* of these; 0: free */
	size_t n_domains;
	const struct slice *local_domains;     /* --local; borrowed */
	size_t n_local_domains;
	const struct ip_net *local_nets;
	size_t n_local_nets;
};

enum owner {
	OWNER_UNKNOWN,
	OWNER_US,
	OWNER_OTHERS,
};

void servers_done(struct servers *s);

/* A log of this server was read, and covers that time; USEC_NONE: nothing. */
void servers_add_log(struct servers *s, struct slice server, usec_t first_us, usec_t last_us);
/* A message passes, whether it is asked for or not: learn from it.  Cheap. */
void servers_note(struct servers *s, const struct message *m);
/* The same for what a mailbox server tells. */
void servers_note_mailbox(struct servers *s, const struct mailbox_action *a);

/* The server that goes by this name or address; NULL: no log of such a server was read. */
const struct known_server *servers_find(const struct servers *s, struct slice host, struct slice ip);
/* The host that a server is, where the facts name it by a label of ours (Exim's own files name none); SLICE_NONE: not learnt, or
 * the facts say it. */
struct slice servers_host(const struct servers *s, struct slice name);
/* Is this host ours? */
enum owner servers_owner(const struct servers *s, struct slice host, struct slice ip);

#endif

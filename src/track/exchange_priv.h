/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange_priv.h - what the tracker remembers of Exchange beside its mails
 */
#ifndef TRACK_EXCHANGE_PRIV_H
#define TRACK_EXCHANGE_PRIV_H

#include "track/track_priv.h"

#define EXCHANGE_OWN_HOSTS 256  /* servers of ours that are told apart */
#define EXCHANGE_WAITING   8    /* commands without an answer; those beyond are forgotten */

struct waiting_command {
	uint8_t stage_n;
	uint8_t recipient_n;
	char stage[10], recipient[190];
};

/* A session of a protocol log, by its id. */
struct protocol_session {
	uint64_t hash;              /* of the id */
	uint32_t next;              /* in the bucket: index + 1 */
	usec_t begin_us;            /* USEC_NONE: not seen */
	bool challenged;            /* the client answers a challenge now: no commands */
	bool proxied;               /* by another service of the same server, which talks to the client */
	uint8_t first, n;           /* of the commands that wait */
	uint16_t client_ip_n, helo_n, sender_n, user_n, tried_n, method_n, tls_n;
	struct waiting_command waiting[EXCHANGE_WAITING];
	char client_ip[48], helo[128], sender[192], user[128], tried[128], method[32], tls[16];
};

struct exchange {
	struct protocol_session *ring; /* NULL until the first row */
	uint32_t *buckets;
	size_t head, n;
	bool sees_clients;          /* some log tells of sessions that are not proxied */
	sym_t own[EXCHANGE_OWN_HOSTS]; /* names of servers that wrote rows */
	size_t n_own;
	sym_t key;                  /* in the place of a server: they share the mails */
};

/* the tracker's, made if need be */
struct exchange *exchange_state(struct tracker *t);
/* NULL: none that is remembered */
const struct protocol_session *exchange_session(const struct exchange *x, struct slice id);
/* a row of a protocol log */
void exchange_protocol_event(struct tracker *t, const struct line *l, const struct event *e);

#endif

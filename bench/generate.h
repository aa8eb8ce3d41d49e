/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate.h - the parts of the log generator
 *
 * A writer decides the whole life of a message when it arrives and puts every line of it, with its time, on a
 * heap; lines leave the heap in the order of time, so that lives interleave as they do on a busy server.
 */
#ifndef BENCH_GENERATE_H
#define BENCH_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/strbuf.h"
#include "base/usec.h"

/* What the log really tells, counted while it is made. */
#define TRUTHS(X) \
	X(messages)                /* taken in from outside or submitted here */ \
	X(bytes)                   /* their sizes */ \
	X(recipients)              /* of these, by final outcome: */ \
	X(delivered) X(relayed) X(bounced) X(expired) \
	X(notifications)           /* bounces that were sent */ \
	X(notifications_delivered) X(notifications_relayed) \
	X(deferrals)               /* attempts that were put off */ \
	X(rejections)              /* refusals of the SMTP dialogue */ \
	X(logins_ok) X(logins_failed) \
	X(connections)             /* SMTP sessions that the log shows */ \
	X(foreign)                 /* lines of other programs */

struct truth {
#define X(name) uint64_t name;
	TRUTHS(X)
#undef X
};

/* names to draw from; every one is drawn at least once before long, the first ones very often */
struct population {
	size_t n;
	size_t fresh;     /* the next one that was never drawn */
	unsigned every;   /* so many draws bring out one fresh name */
	unsigned draws;
};

/* processes of one daemon: each serves one session at a time */
#define POOL_MAX 100
struct pool {
	usec_t busy_until[POOL_MAX];
};

struct generator {
	uint64_t random;
	usec_t now;       /* of the arrival that is being made */
	bool rfc3339;
	struct truth truth;
	struct population local_users, remote_domains, remote_users, clients, attackers;
	struct pool smtpd, submission;
	uint64_t serial;  /* of messages: makes ids unique */
	uint64_t lines;   /* on the heap or written */
	struct pending_line *heap;
	size_t heap_n, heap_cap;
};

/* uniform, 0 <= result < n */
uint32_t draw(struct generator *g, uint32_t n);
bool chance(struct generator *g, uint32_t percent_of_1000);
uint32_t draw_name(struct generator *g, struct population *p);
/* a time span between 0 and `most`, small ones more often */
usec_t draw_span(struct generator *g, usec_t most);

/* put a line (without stamp and newline) on the heap; the writers' own functions add what stands in front */
void put_line(struct generator *g, usec_t t, const struct strbuf *line);

/* names */
void add_local_user(struct strbuf *sb, uint32_t i);
void add_remote_domain(struct strbuf *sb, uint32_t i);
void add_remote_user(struct strbuf *sb, struct generator *g);
void add_client_ip(struct strbuf *sb, uint32_t i);
void add_attacker_ip(struct strbuf *sb, uint32_t i);

/* one arrival, login or incident of each writer, at g->now */
void postfix_step(struct generator *g);
void exim_step(struct generator *g);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peers.h - `report --compat NAME`: the totals of other programs under their own rules
 */
#ifndef CLI_PEERS_H
#define CLI_PEERS_H

#include <stdbool.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "event/event.h"
#include "event/line.h"

/* one program that we count like */
struct peer_ops {
	const char *name;
	void *(*new)(void);
	void (*free)(void *state);
	void (*feed)(void *state, const struct line *l, const struct event *e);
	/* its own block of totals, byte for byte; false: it would say that there was nothing to count */
	bool (*text)(const void *state, struct strbuf *out);
	/* the same figures as members of the object that is open */
	void (*json)(const void *state, struct json *j);
};

/* NULL if there is none of that name */
const struct peer_ops *peer_find(const char *name);
/* "pflogsumm, eximstats" */
void peer_names(struct strbuf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fact.c - names of the vocabulary of answers
 */
#include "fact/fact.h"

#include "base/attr.h"

#define X(id, name) [id] = name,
static const char *const direction_names[] = { DIRECTIONS(X) };
static const char *const state_names[] = { MESSAGE_STATES(X) };
static const char *const role_names[] = { MESSAGE_ROLES(X) };
#undef X

const char *direction_name(enum direction d)
{
	return direction_names[d];
}

const char *message_state_name(enum message_state s)
{
	return state_names[s];
}

const char *message_role_name(enum message_role r)
{
	return role_names[r];
}

bool direction_parse(struct slice name, enum direction *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(direction_names); i++)
		if (slice_eq(name, slice_str(direction_names[i]))) {
			*ret = (enum direction)i;
			return true;
		}
	return false;
}

void rejection_of_event(const struct event *e, struct rejection *ret)
{
	/* field by field: all of them */
	ret->time_us = 0;
	ret->utc_offset_sec = 0;
	ret->server = slice_none;
	ret->writer = e->writer;
	ret->service = e->service;
	ret->stage = e->stage;
	ret->queue_id = e->queue_id;
	ret->client_host = e->client_host;
	ret->client_ip = e->client_ip;
	ret->helo = e->helo;
	ret->user = e->user;
	ret->sender = e->sender;
	ret->recipient = e->recipient;
	ret->smtp_code = e->smtp_code;
	ret->temporary = (e->marks & MARK_TEMPORARY) != 0;
	ret->attempts = e->attempts > 0 ? e->attempts : 1;
	ret->dsn = e->dsn;
	ret->reply = e->reply.p ? e->reply : e->reason;
	ret->verdicts = NULL;
	ret->lines = NULL;
}

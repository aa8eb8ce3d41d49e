/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copy.c - facts that outlive the call of the sink
 *
 * A field that is forgotten here points into memory that is gone: every slice and pointer of fact.h that
 * belongs to one of the kinds must appear below (the unit test compares all of them).
 */
#include "fact/copy.h"

static void *copy_bytes(struct arena *a, const void *from, size_t n)
{
	return memcpy(arena_alloc_raw(a, n), from, n);
}

/* what is not told, or empty, is half of all */
static inline void keep(struct arena *a, struct slice *s)
{
	if (s->n)
		*s = arena_copy(a, *s);
	else if (s->p)
		*s = SLICE("");
}

#define KEEP(a, s) keep((a), &(s))

static struct fact_line *copy_lines(struct arena *a, const struct fact_line *from)
{
	struct fact_line *first = NULL, **end = &first;

	for (; from; from = from->next) {
		*end = copy_bytes(a, from, sizeof *from);
		end = &(*end)->next;
	}
	return first;
}

static void copy_attempts(struct arena *a, struct recipient *ret, const struct recipient *r)
{
	struct attempt **end = &ret->attempts;

	ret->attempts = ret->newest = NULL;
	ret->deciding = NULL;
	for (const struct attempt *from = r->attempts; from; from = from->next) {
		struct attempt *to = copy_bytes(a, from, sizeof *from);

		KEEP(a, to->relay_host);
		KEEP(a, to->relay_ip);
		KEEP(a, to->dsn);
		KEEP(a, to->reply);
		KEEP(a, to->transport);
		KEEP(a, to->router);
		KEEP(a, to->next_queue_id);
		KEEP(a, to->tls_version);
		KEEP(a, to->tls_cipher);
		if (from == r->deciding)
			ret->deciding = to;
		*end = ret->newest = to;
		end = &to->next;
	}
}

static struct recipient *copy_recipients(struct arena *a, const struct recipient *from)
{
	struct recipient *first = NULL, **end = &first;

	for (; from; from = from->next) {
		struct recipient *to = copy_bytes(a, from, sizeof *from);

		KEEP(a, to->address);
		KEEP(a, to->orig_address);
		copy_attempts(a, to, from);
		*end = to;
		end = &to->next;
	}
	return first;
}

static struct message_link *copy_links(struct arena *a, const struct message_link *from)
{
	struct message_link *first = NULL, **end = &first;

	for (; from; from = from->next) {
		struct message_link *to = copy_bytes(a, from, sizeof *from);

		KEEP(a, to->server);
		KEEP(a, to->queue_id);
		*end = to;
		end = &to->next;
	}
	return first;
}

static struct verdict *copy_verdicts(struct arena *a, const struct verdict *from)
{
	struct verdict *first = NULL, **end = &first;

	for (; from; from = from->next) {
		struct verdict *to = copy_bytes(a, from, sizeof *from);

		KEEP(a, to->check);
		KEEP(a, to->result);
		KEEP(a, to->domain);
		KEEP(a, to->detail);
		KEEP(a, to->action);
		KEEP(a, to->folder);
		KEEP(a, to->recipients);
		KEEP(a, to->id);
		*end = to;
		end = &to->next;
	}
	return first;
}

static struct mailbox_action *copy_actions(struct arena *a, const struct mailbox_action *from)
{
	struct mailbox_action *first = NULL, **end = &first;

	for (; from; from = from->next) {
		struct mailbox_action *to = mailbox_action_copy(a, from);

		*end = to;
		end = &to->next;
	}
	*end = NULL;
	return first;
}

static const struct origin *copy_origin(struct arena *a, const struct origin *from)
{
	struct origin *to;

	if (!from)
		return NULL;
	to = copy_bytes(a, from, sizeof *from);
	KEEP(a, to->client_host);
	KEEP(a, to->client_ip);
	KEEP(a, to->user);
	KEEP(a, to->directory);
	return to;
}

struct message *message_copy(struct arena *a, const struct message *m)
{
	struct message *to = copy_bytes(a, m, sizeof *m);

	KEEP(a, to->server);
	KEEP(a, to->instance);
	KEEP(a, to->queue_id);
	KEEP(a, to->sender);
	KEEP(a, to->client_host);
	KEEP(a, to->client_ip);
	KEEP(a, to->helo);
	KEEP(a, to->user);
	KEEP(a, to->directory);
	KEEP(a, to->service);
	KEEP(a, to->protocol);
	KEEP(a, to->tls_version);
	KEEP(a, to->tls_cipher);
	KEEP(a, to->message_id);
	KEEP(a, to->subject);
	KEEP(a, to->hold_reason);
	to->origin = copy_origin(a, m->origin);
	to->recipients = copy_recipients(a, m->recipients);
	to->parents = copy_links(a, m->parents);
	to->children = copy_links(a, m->children);
	to->verdicts = copy_verdicts(a, m->verdicts);
	to->mailbox = copy_actions(a, m->mailbox);
	to->lines = copy_lines(a, m->lines);
	return to;
}

struct rejection *rejection_copy(struct arena *a, const struct rejection *r)
{
	struct rejection *to = copy_bytes(a, r, sizeof *r);

	KEEP(a, to->server);
	KEEP(a, to->service);
	KEEP(a, to->stage);
	KEEP(a, to->queue_id);
	KEEP(a, to->client_host);
	KEEP(a, to->client_ip);
	KEEP(a, to->helo);
	KEEP(a, to->user);
	KEEP(a, to->sender);
	KEEP(a, to->recipient);
	KEEP(a, to->dsn);
	KEEP(a, to->reply);
	to->verdicts = copy_verdicts(a, r->verdicts);
	to->lines = copy_lines(a, r->lines);
	return to;
}

struct login *login_copy(struct arena *a, const struct login *l)
{
	struct login *to = copy_bytes(a, l, sizeof *l);

	KEEP(a, to->server);
	KEEP(a, to->service);
	KEEP(a, to->user);
	KEEP(a, to->client_ip);
	KEEP(a, to->client_host);
	KEEP(a, to->auth_method);
	KEEP(a, to->tls_version);
	KEEP(a, to->reason);
	to->lines = copy_lines(a, l->lines);
	return to;
}

struct mailbox_action *mailbox_action_copy(struct arena *a, const struct mailbox_action *m)
{
	struct mailbox_action *to = copy_bytes(a, m, sizeof *m);

	to->next = NULL;
	KEEP(a, to->server);
	KEEP(a, to->service);
	KEEP(a, to->session);
	KEEP(a, to->client_ip);
	KEEP(a, to->user);
	KEEP(a, to->message_id);
	KEEP(a, to->subject);
	KEEP(a, to->recipient);
	KEEP(a, to->action);
	KEEP(a, to->folder);
	KEEP(a, to->reason);
	to->lines = copy_lines(a, m->lines);
	return to;
}

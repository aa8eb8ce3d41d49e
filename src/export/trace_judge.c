/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_judge.c - the verdict on a message: where its recipients ended up, and which of them failed for the same cause
 *
 * Trap: causes hang on words, hosts and addresses that --redact masks.  So they are found in what was really said, and only
 * their sentences are filled with masks.
 */
#include "export/trace_verdict_priv.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/map.h"

#define DEPTH_MAX  8 /* messages behind one another */
#define LEAVES_MAX 100000
#define GROUPS_CLOSE 64 /* past so many, causes are one whatever a rule says: a mail may have a hundred thousand recipients */
#define MEMBERS_MAX 2000 /* recipients among which the members of an alias are looked for */

/* --- the messages of the answer ------------------------------------------------------------------------ */

/* its place in a list: pointers into one array can be compared, others can't */
static const struct trace_item *counterpart(const struct trace_list *l, const struct trace_list *plain, const struct trace_item *item)
{
	uintptr_t at = (uintptr_t)item, begin = (uintptr_t)l->items;

	return l->n && at >= begin && at < begin + l->n * sizeof *item ? &plain->items[item - l->items] : NULL;
}

const struct trace_item *plain_item(const struct trace_answer *a, const struct trace_item *item)
{
	const struct trace_answer *p = a->plain;
	const struct trace_item *found = NULL;

	if (p)
		found = counterpart(&a->messages, &p->messages, item);
	if (p && !found)
		found = counterpart(&a->related, &p->related, item);
	if (p && !found)
		found = counterpart(&a->rejections, &p->rejections, item);
	if (p && !found)
		found = counterpart(&a->logins, &p->logins, item);
	return found;
}

struct entry {
	const struct message *message, *plain;
	struct entry *next; /* with the same queue id */
};

struct verdict_index {
	struct map by_id;
	struct entry *entries;
	size_t n;
};

static void index_list(struct verdict_index *x, const struct trace_answer *a, const struct trace_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct entry *e = &x->entries[x->n++];
		const struct trace_item *plain = plain_item(a, &l->items[i]);

		e->message = l->items[i].message;
		e->plain = plain ? plain->message : NULL;
		if (e->message->queue_id.p)
			e->next = map_put(&x->by_id, e->message->queue_id, e);
	}
}

struct verdict_index *verdict_index_new(const struct trace_answer *a)
{
	struct verdict_index *x = xcalloc(1, sizeof *x);

	x->entries = xcalloc(a->messages.n + a->related.n + 1, sizeof *x->entries);
	index_list(x, a, &a->messages);
	index_list(x, a, &a->related);
	return x;
}

void verdict_index_free(struct verdict_index *x)
{
	if (!x)
		return;
	map_done(&x->by_id);
	free(x->entries);
	free(x);
}

/* Ids come back: of several messages the one that began next after the parent. */
static const struct entry *find_child(const struct verdict_index *x, const struct message *m, const struct message_link *l)
{
	const struct entry *e = l->queue_id.p ? map_get(&x->by_id, l->queue_id) : NULL;
	const struct entry *best = NULL;

	for (; e; e = e->next) {
		if (e->message == m || (l->server.n && !slice_eq_fold(l->server, e->message->server)))
			continue;
		if (e->message->last_us < m->first_us)
			continue;
		if (!best || e->message->first_us < best->message->first_us)
			best = e;
	}
	return best;
}

static bool is_same_mail(enum relation r)
{
	return r == RELATION_FILTER || r == RELATION_FORWARD || r == RELATION_HANDOFF || r == RELATION_REQUEUE;
}

/* --- where the recipients ended up ---------------------------------------------------------------------- */

static bool goes_on_as(const struct recipient *r, struct slice queue_id)
{
	for (const struct attempt *a = r->attempts; a; a = a->next)
		if (a->next_queue_id.n && slice_eq_fold(a->next_queue_id, queue_id))
			return true;
	return false;
}

/* its copy is one of the messages behind this one: what becomes of it is told there */
static bool is_told_further_on(const struct verdict_index *x, const struct message *m, const struct recipient *r)
{
	if (r->outcome != OUTCOME_EXPANDED && r->outcome != OUTCOME_RELAYED)
		return false;
	for (const struct message_link *l = m->children; l; l = l->next)
		if (is_same_mail(l->relation) && (r->outcome == OUTCOME_EXPANDED || goes_on_as(r, l->queue_id)) &&
		    find_child(x, m, l))
			return true;
	return false;
}

/* an alias or list whose members are recipients of the same message */
static bool has_members(const struct message *m, const struct recipient *r)
{
	if (r->outcome != OUTCOME_EXPANDED || !r->address.p || m->n_recipients > MEMBERS_MAX)
		return false;
	for (const struct recipient *o = m->recipients; o; o = o->next)
		if (o != r && slice_eq_fold(o->orig_address, r->address))
			return true;
	return false;
}

/* Sendmail gives up "the message": where its recipients are told one by one, that is no recipient more. */
static bool is_the_rest(const struct message *m, const struct recipient *r)
{
	if (r->address.p || r->orig_address.p)
		return false;
	for (const struct recipient *o = m->recipients; o; o = o->next)
		if (o != r && o->outcome == r->outcome && (o->address.p || o->orig_address.p))
			return true;
	return false;
}

static void add_leaf(struct message_verdict *v, const struct leaf *l)
{
	if (v->n == LEAVES_MAX)
		return;
	if (v->n == v->cap) {
		v->cap = v->cap ? 2 * v->cap : 4;
		v->leaves = xreallocarray(v->leaves, v->cap, sizeof *v->leaves);
	}
	v->leaves[v->n++] = *l;
}

static void add_leaves(struct message_verdict *v, const struct verdict_index *x, const struct message *m,
		       const struct message *plain, const struct message **path, size_t depth)
{
	const struct recipient *p = plain ? plain->recipients : NULL;

	for (size_t i = 0; i < depth; i++)
		if (path[i] == m)
			return;
	path[depth++] = m;
	for (const struct recipient *r = m->recipients; r; r = r->next, p = p ? p->next : NULL)
		if (!is_told_further_on(x, m, r) && !has_members(m, r) && !is_the_rest(m, r))
			add_leaf(v, &(struct leaf){ m, r, plain, p, .group = GROUP_NONE });
	for (const struct message_link *l = m->children; l && depth < DEPTH_MAX; l = l->next) {
		const struct entry *child = is_same_mail(l->relation) ? find_child(x, m, l) : NULL;

		if (child)
			add_leaves(v, x, child->message, child->plain, path, depth);
	}
}

/* --- causes in common ----------------------------------------------------------------------------------- */

/* closely: with the same words of a rule too */
static bool same_fate(const struct leaf *a, const struct leaf *b, bool closely)
{
	const struct recipient_verdict *x = &a->verdict, *y = &b->verdict;

	if (a->recipient->outcome != b->recipient->outcome || !slice_eq(x->cause.id, y->cause.id))
		return false;
	return !closely || (slice_eq(x->deed.words, y->deed.words) && slice_eq(x->deed.who, y->deed.who));
}

static void put_in_group(struct message_verdict *v, size_t leaf)
{
	for (size_t i = 0; i < v->n_groups; i++)
		if (same_fate(&v->leaves[v->groups[i].first], &v->leaves[leaf], v->n_groups < GROUPS_CLOSE)) {
			v->groups[i].n++;
			v->groups[i].hosts_differ |= !slice_eq_fold(v->leaves[v->groups[i].first].verdict.complaint.host,
								    v->leaves[leaf].verdict.complaint.host);
			v->leaves[leaf].group = i;
			return;
		}
	/* powers of two are full */
	if ((v->n_groups & (v->n_groups - 1)) == 0)
		v->groups = xreallocarray(v->groups, v->n_groups ? 2 * v->n_groups : 1, sizeof *v->groups);
	v->leaves[leaf].group = v->n_groups;
	v->groups[v->n_groups++] = (struct group){ .first = leaf, .n = 1 };
}

void judge_recipient(const struct trace_answer *a, const struct message *m, const struct recipient *r, const struct message *plain_m,
		     const struct recipient *plain_r, struct recipient_verdict *ret)
{
	struct recipient_verdict plain;

	verdict_recipient(a->diagnoser, m, r, ret);
	if (!plain_m || !plain_r)
		return;
	verdict_recipient(a->diagnoser, plain_m, plain_r, &plain);
	ret->failed = plain.failed;
	ret->cause = plain.cause;
	ret->failed_before = plain.failed_before;
	ret->cause_before = plain.cause_before;
}

void judge_rejection(const struct trace_answer *a, const struct trace_item *item, struct other_verdict *ret)
{
	const struct trace_item *plain = plain_item(a, item);
	struct other_verdict v;

	verdict_rejection(a->diagnoser, item->rejection, ret);
	if (!plain)
		return;
	verdict_rejection(a->diagnoser, plain->rejection, &v);
	ret->cause = v.cause;
}

void judge_login(const struct trace_answer *a, const struct trace_item *item, struct other_verdict *ret)
{
	const struct trace_item *plain = plain_item(a, item);
	struct other_verdict v;

	verdict_login(a->diagnoser, item->login, ret);
	if (!plain)
		return;
	verdict_login(a->diagnoser, plain->login, &v);
	ret->cause = v.cause;
}

static void judge(struct message_verdict *v)
{
	for (size_t i = 0; i < v->n; i++) {
		struct leaf *l = &v->leaves[i];

		judge_recipient(v->answer, l->message, l->recipient, l->plain_message, l->plain_recipient, &l->verdict);
		if (l->verdict.failed)
			put_in_group(v, i);
		else if (l->recipient->outcome == OUTCOME_DELIVERED)
			v->delivered++;
		else if (l->recipient->outcome == OUTCOME_RELAYED)
			v->relayed++;
		else if (l->recipient->outcome == OUTCOME_EXPANDED)
			v->expanded++;
		else
			v->pending++;
	}
}

struct message_verdict *message_verdict_new(const struct trace_answer *a, const struct verdict_index *x,
					    const struct trace_item *item)
{
	struct message_verdict *v = xcalloc(1, sizeof *v);
	const struct trace_item *plain = plain_item(a, item);
	const struct message *path[DEPTH_MAX];

	v->answer = a;
	v->message = item->message;
	add_leaves(v, x, item->message, plain ? plain->message : NULL, path, 0);
	judge(v);
	return v;
}

void message_verdict_free(struct message_verdict *v)
{
	if (!v)
		return;
	free(v->leaves);
	free(v->groups);
	free(v);
}

enum term_style message_verdict_style(const struct message_verdict *v)
{
	bool waits = v->pending != 0;

	for (size_t i = 0; i < v->n_groups; i++) {
		enum outcome o = v->leaves[v->groups[i].first].recipient->outcome;

		if (o == OUTCOME_BOUNCED || o == OUTCOME_EXPIRED || o == OUTCOME_REJECTED)
			return TERM_BAD;
		waits = true;
	}
	return waits ? TERM_WARN : v->delivered + v->relayed ? TERM_GOOD : TERM_PLAIN;
}

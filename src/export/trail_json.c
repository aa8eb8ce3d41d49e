/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail_json.c - trails as JSON
 *
 * The names are API: docs/json.md describes them, and they are not renamed.
 */
#include "export/trail_json.h"

#include "base/attr.h"
#include "fact/handoff.h"

static const char *const KINDS[] = { [HOP_MESSAGE] = "message", [HOP_MAILBOX] = "mailbox", [HOP_GAP] = "gap" };

static void json_no(struct json *j, const char *key, const struct hop *h, size_t n_hops)
{
	json_kv_int_or_null(j, key, h && h->no < n_hops ? (int64_t)h->no : -1);
}

/* may be negative */
static void json_span(struct json *j, const char *key, usec_t us)
{
	json_key(j, key);
	if (us == USEC_NONE)
		json_null(j);
	else
		json_decimal(j, us, 6);
}

static void json_stages(struct json *j, const struct hop *h)
{
	static const char *const NAMES[] = {
#define X(id, name) [id] = name "_s",
		HOP_STAGES(X)
#undef X
	};

	json_key(j, "stages");
	json_begin_object(j);
	for (size_t i = 0; i < HOP_STAGE_COUNT; i++)
		json_kv_seconds_or_null(j, NAMES[i], h->stages_us[i]);
	json_end_object(j);
}

static void json_evidence(struct json *j, const struct hop *h)
{
	json_key(j, "evidence");
	json_begin_array(j);
	for (unsigned bit = 0; handoff_sign_name(bit); bit++)
		if (h->evidence >> bit & 1)
			json_string(j, slice_str(handoff_sign_name(bit)));
	json_end_array(j);
}

static void json_end(struct json *j, const struct hop_end *e, size_t n_hops)
{
	const struct recipient *r = e->recipient;

	json_begin_object(j);
	json_kv_string(j, "recipient", r->address);
	json_kv_string(j, "orig_recipient", r->orig_address);
	json_kv_str(j, "outcome", outcome_name(r->outcome));
	json_no(j, "next", e->next, n_hops);
	json_end_object(j);
}

static void json_ours(struct json *j, const struct hop *h)
{
	json_key(j, "ours");
	if (h->kind == HOP_GAP && h->owner == OWNER_UNKNOWN)
		json_null(j);
	else
		json_bool(j, true);
}

static void json_hop(struct json *j, const struct trail *t, const struct hop *h)
{
	json_begin_object(j);
	json_kv_str(j, "kind", KINDS[h->kind]);
	json_kv_string(j, "server", h->server);
	json_kv_string(j, "host", h->host);
	json_kv_string(j, "ip", h->ip);
	json_kv_string(j, "queue_id", h->queue_id);
	json_no(j, "parent", h->parent, t->n_hops);
	json_kv_str(j, "relation", h->parent ? relation_name(h->relation) : NULL);
	json_evidence(j, h);
	json_kv_str(j, "log", hop_log_name(h->log));
	json_ours(j, h);
	json_kv_time(j, "sent", h->sent_us);
	json_kv_time(j, "arrived", h->arrived_us);
	json_span(j, "between_s", h->between_us);
	json_kv_time(j, "handed_over", h->handed_over_us);
	json_kv_seconds_or_null(j, "seconds", h->spent_us);
	json_stages(j, h);
	json_key(j, "recipients");
	json_begin_array(j);
	for (size_t i = 0; i < h->n_ends; i++)
		json_end(j, &h->ends[i], t->n_hops);
	json_end_array(j);
	json_end_object(j);
}

static void json_slowest(struct json *j, const struct trail *t)
{
	const struct attempt *put_off = t->slowest ? t->slowest->first_put_off : NULL;

	json_key(j, "slowest");
	if (!t->slowest) {
		json_null(j);
		return;
	}
	json_begin_object(j);
	json_no(j, "hop", t->slowest, t->n_hops);
	json_kv_str(j, "stage", hop_stage_name(t->slowest_stage));
	json_kv_seconds_or_null(j, "seconds", t->slowest_us);
	json_kv_string(j, "reason", t->slowest_stage == STAGE_DEFERRED && put_off ? put_off->reply : SLICE_NONE);
	json_end_object(j);
}

void trail_json(struct json *j, const struct trail *t)
{
	const struct hop *root = t->hops[0];

	json_begin_object(j);
	json_key(j, "root");
	json_begin_object(j);
	json_kv_string(j, "server", root->server);
	json_kv_string(j, "queue_id", root->queue_id);
	json_end_object(j);
	json_kv_seconds_or_null(j, "seconds", t->spent_us);
	json_kv_bool(j, "open", t->open);
	json_slowest(j, t);
	json_key(j, "hops");
	json_begin_array(j);
	for (size_t i = 0; i < t->n_hops; i++)
		json_hop(j, t, t->hops[i]);
	json_end_array(j);
	json_kv_int(j, "more_hops", (int64_t)t->more_hops);
	json_end_object(j);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_json.c - the answer of `trace` as JSON
 *
 * The names are API: docs/json.md describes them, and they are not renamed.
 */
#include "export/trace.h"

#include "base/json.h"
#include "export/trace_verdict.h"
#include "export/trail_json.h"

/* what the objects of one answer share */
struct whole {
	const struct trace_answer *answer;
	struct verdict_index *index;
};

static void json_delay(struct json *j, const char *key, usec_t us)
{
	json_kv_seconds_or_null(j, key, us < 0 ? -1 : us);
}

static void json_tri(struct json *j, const char *key, int8_t v)
{
	json_key(j, key);
	if (v < 0)
		json_null(j);
	else
		json_bool(j, v != 0);
}

static void json_attempt(struct json *j, const struct attempt *a)
{
	static const char *const PARTS[] = { "queue_in_s", "queue_s", "connect_s", "transmit_s" };

	json_begin_object(j);
	json_kv_time(j, "time", a->time_us);
	json_kv_str(j, "outcome", outcome_name(a->outcome));
	json_kv_bool(j, "tried", a->tried);
	json_kv_string(j, "relay_host", a->relay_host);
	json_kv_string(j, "relay_ip", a->relay_ip);
	json_kv_int_or_null(j, "relay_port", a->relay_port);
	json_kv_int_or_null(j, "smtp_code", a->smtp_code);
	json_kv_string(j, "dsn", a->dsn);
	json_kv_string(j, "reply", a->reply);
	json_delay(j, "delay_s", a->delay_us);
	json_key(j, "delays");
	json_begin_object(j);
	for (size_t i = 0; i < 4; i++)
		json_delay(j, PARTS[i], a->delay_parts_us[i]);
	json_end_object(j);
	json_kv_string(j, "transport", a->transport);
	json_kv_string(j, "router", a->router);
	json_kv_string(j, "next_queue_id", a->next_queue_id);
	json_kv_string(j, "tls_version", a->tls_version);
	json_kv_string(j, "tls_cipher", a->tls_cipher);
	json_tri(j, "tls_verified", a->tls_verified);
	json_kv_int_or_null(j, "size_bytes", a->size_bytes);
	json_end_object(j);
}

static void json_recipient(struct json *j, const struct recipient *r, const struct recipient_verdict *v)
{
	json_begin_object(j);
	json_kv_string(j, "recipient", r->address);
	json_kv_string(j, "orig_recipient", r->orig_address);
	json_kv_str(j, "outcome", outcome_name(r->outcome));
	json_kv_bool(j, "local", r->local);
	json_recipient_cause(j, v);
	json_key(j, "attempts");
	json_begin_array(j);
	for (const struct attempt *a = r->attempts; a; a = a->next)
		json_attempt(j, a);
	json_end_array(j);
	json_end_object(j);
}

static void json_links(struct json *j, const char *key, const struct message_link *l)
{
	json_key(j, key);
	json_begin_array(j);
	for (; l; l = l->next) {
		json_begin_object(j);
		json_kv_string(j, "server", l->server);
		json_kv_string(j, "queue_id", l->queue_id);
		json_kv_str(j, "relation", relation_name(l->relation));
		json_end_object(j);
	}
	json_end_array(j);
}

static void json_milli(struct json *j, const char *key, int64_t milli)
{
	json_key(j, key);
	if (milli == -1)
		json_null(j);
	else
		json_decimal(j, milli, 3);
}

static void json_verdict(struct json *j, const struct verdict *v)
{
	json_begin_object(j);
	json_kv_time(j, "time", v->time_us);
	json_kv_str(j, "writer", writer_name(v->writer));
	json_kv_string(j, "check", v->check);
	json_kv_string(j, "result", v->result);
	json_milli(j, "score", v->score_milli);
	json_milli(j, "threshold", v->threshold_milli);
	json_kv_string(j, "domain", v->domain);
	json_kv_string(j, "action", v->action);
	json_kv_string(j, "quarantine", v->folder);
	json_kv_string(j, "recipients", v->recipients);
	json_kv_string(j, "id", v->id);
	json_kv_string(j, "detail", v->detail);
	json_end_object(j);
}

static void json_verdicts(struct json *j, const struct verdict *v)
{
	json_key(j, "verdicts");
	json_begin_array(j);
	for (; v; v = v->next)
		json_verdict(j, v);
	json_end_array(j);
}

/* null: not asked for */
static void json_lines(struct json *j, const struct trace_item *item)
{
	json_key(j, "lines");
	if (!item->lines) {
		json_null(j);
		return;
	}
	json_begin_array(j);
	for (size_t i = 0; i < item->n_lines; i++) {
		json_begin_object(j);
		json_kv_string(j, "file", slice_str(item->lines[i].file));
		json_kv_int(j, "line", (int64_t)item->lines[i].line_no);
		json_kv_string(j, "text", item->lines[i].text);
		json_end_object(j);
	}
	json_end_array(j);
}

/* what a mailbox action says wherever it stands */
static void json_mailbox_members(struct json *j, const struct mailbox_action *a)
{
	json_kv_time(j, "time", a->time_us);
	json_kv_string(j, "server", a->server);
	json_kv_str(j, "writer", writer_name(a->writer));
	json_kv_string(j, "service", a->service);
	json_kv_string(j, "session", a->session);
	json_kv_string(j, "client_ip", a->client_ip);
	json_kv_string(j, "user", a->user);
	json_kv_string(j, "action", a->action);
	json_kv_string(j, "folder", a->folder);
	json_kv_string(j, "recipient", a->recipient);
	json_kv_string(j, "reason", a->reason);
}

static void json_origin(struct json *j, const struct origin *o)
{
	json_key(j, "origin");
	if (!o) {
		json_null(j);
		return;
	}
	json_begin_object(j);
	json_kv_string(j, "client_ip", o->client_ip);
	json_kv_string(j, "client_host", o->client_host);
	json_kv_string(j, "user", o->user);
	json_kv_bool(j, "authenticated", o->authenticated);
	json_kv_bool(j, "submitted_locally", o->submitted_locally);
	json_kv_string(j, "directory", o->directory);
	json_end_object(j);
}

static void json_message_head(struct json *j, const struct message *m)
{
	json_kv_string(j, "server", m->server);
	json_kv_string(j, "instance", m->instance);
	json_kv_str(j, "writer", writer_name(m->writer));
	json_kv_string(j, "queue_id", m->queue_id);
	json_kv_int(j, "generation", (int64_t)m->generation);
	json_kv_string(j, "message_id", m->message_id);
	json_kv_str(j, "role", message_role_name(m->role));
	json_kv_string(j, "direction",
		       m->direction == DIRECTION_NONE ? SLICE_NONE : slice_str(direction_name(m->direction)));
	json_kv_string(j, "sender", m->sender);
	json_kv_string(j, "client_ip", m->client_ip);
	json_kv_string(j, "client_host", m->client_host);
	json_kv_string(j, "helo", m->helo);
	json_kv_string(j, "user", m->user);
	json_kv_bool(j, "authenticated", m->authenticated);
	json_kv_bool(j, "submitted_locally", m->submitted_locally);
	json_kv_string(j, "directory", m->directory);
	json_origin(j, m->origin);
	json_kv_string(j, "service", m->service);
	json_kv_string(j, "protocol", m->protocol);
	json_kv_string(j, "tls_version", m->tls_version);
	json_kv_string(j, "tls_cipher", m->tls_cipher);
	json_kv_int_or_null(j, "size_bytes", m->size_bytes);
	json_kv_string(j, "subject", m->subject);
	json_kv_time(j, "first", m->first_us);
	json_kv_time(j, "last", m->last_us);
	json_kv_time(j, "arrived", m->arrived_us);
	json_kv_time(j, "finished", m->finished_us);
	json_kv_bool(j, "start_seen", m->start_seen);
	json_kv_bool(j, "end_seen", m->end_seen);
	json_kv_str(j, "state", message_state_name(m->state));
	json_kv_string(j, "hold_reason", m->hold_reason);
}

static void json_sentence(struct json *j, const struct whole *w, const struct trace_item *item)
{
	struct message_verdict *v = message_verdict_new(w->answer, w->index, item);
	struct strbuf text = { 0 };

	message_verdict_sentence(&text, TR_ENGLISH, v);
	json_kv_string(j, "verdict", strbuf_slice(&text));
	strbuf_done(&text);
	message_verdict_free(v);
}

static void json_message(struct json *j, const struct whole *w, const struct trace_item *item)
{
	const struct message *m = item->message;
	const struct trace_item *plain = plain_item(w->answer, item);
	const struct recipient *p = plain ? plain->message->recipients : NULL;
	struct recipient_verdict v;

	json_begin_object(j);
	json_message_head(j, m);
	json_sentence(j, w, item);
	json_key(j, "recipients");
	json_begin_array(j);
	for (const struct recipient *r = m->recipients; r; r = r->next, p = p ? p->next : NULL) {
		judge_recipient(w->answer, m, r, plain ? plain->message : NULL, p, &v);
		json_recipient(j, r, &v);
	}
	json_end_array(j);
	json_links(j, "parents", m->parents);
	json_links(j, "children", m->children);
	json_verdicts(j, m->verdicts);
	json_key(j, "mailbox");
	json_begin_array(j);
	for (const struct mailbox_action *a = m->mailbox; a; a = a->next) {
		json_begin_object(j);
		json_mailbox_members(j, a);
		json_end_object(j);
	}
	json_end_array(j);
	json_lines(j, item);
	json_end_object(j);
}

static void json_mailbox(struct json *j, const struct whole *w, const struct trace_item *item)
{
	(void)w;
	json_begin_object(j);
	json_mailbox_members(j, item->mailbox);
	json_kv_string(j, "message_id", item->mailbox->message_id);
	json_kv_string(j, "subject", item->mailbox->subject);
	json_lines(j, item);
	json_end_object(j);
}

static void json_rejection(struct json *j, const struct whole *w, const struct trace_item *item)
{
	const struct rejection *r = item->rejection;

	json_begin_object(j);
	json_kv_time(j, "time", r->time_us);
	json_kv_string(j, "server", r->server);
	json_kv_str(j, "writer", writer_name(r->writer));
	json_kv_string(j, "service", r->service);
	json_kv_string(j, "stage", r->stage);
	json_kv_string(j, "queue_id", r->queue_id);
	json_kv_string(j, "client_ip", r->client_ip);
	json_kv_string(j, "client_host", r->client_host);
	json_kv_string(j, "helo", r->helo);
	json_kv_string(j, "user", r->user);
	json_kv_string(j, "sender", r->sender);
	json_kv_string(j, "recipient", r->recipient);
	json_kv_int_or_null(j, "smtp_code", r->smtp_code);
	json_kv_bool(j, "temporary", r->temporary);
	json_kv_int(j, "attempts", r->attempts);
	json_kv_string(j, "dsn", r->dsn);
	json_kv_string(j, "reply", r->reply);
	json_rejection_cause(j, w->answer, item);
	json_verdicts(j, r->verdicts);
	json_lines(j, item);
	json_end_object(j);
}

static void json_login(struct json *j, const struct whole *w, const struct trace_item *item)
{
	const struct login *l = item->login;

	json_begin_object(j);
	json_kv_time(j, "time", l->time_us);
	json_kv_string(j, "server", l->server);
	json_kv_str(j, "writer", writer_name(l->writer));
	json_kv_string(j, "service", l->service);
	json_kv_string(j, "user", l->user);
	json_kv_string(j, "client_ip", l->client_ip);
	json_kv_string(j, "client_host", l->client_host);
	json_kv_string(j, "auth_method", l->auth_method);
	json_kv_bool(j, "success", l->success);
	json_kv_int(j, "attempts", l->attempts);
	json_kv_string(j, "reason", l->reason);
	json_login_cause(j, w->answer, item);
	json_lines(j, item);
	json_end_object(j);
}

static void json_query(struct json *j, const struct trace_query *q)
{
	json_key(j, "query");
	json_begin_object(j);
	json_key(j, "what");
	json_begin_array(j);
	for (size_t i = 0; i < q->n_what; i++)
		json_string(j, q->what[i]);
	json_end_array(j);
	json_kv_bool(j, "all", q->all);
	json_kv_time(j, "since", q->since_us);
	json_kv_time(j, "until", q->until_us);
	json_key(j, "filters");
	json_begin_array(j);
	for (size_t i = 0; i < q->n_filters; i++) {
		json_begin_object(j);
		json_kv_str(j, "name", q->filters[i].name);
		json_kv_str(j, "value", q->filters[i].value);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
}

static bool json_list(const struct trace_out *o, struct json *j, const struct whole *w, const char *key, const struct trace_list *l,
		      void (*put)(struct json *j, const struct whole *w, const struct trace_item *item))
{
	json_key(j, key);
	json_begin_array(j);
	for (size_t i = 0; i < l->n; i++) {
		put(j, w, &l->items[i]);
		if (!o->full(o->ctx))
			return false;
	}
	json_end_array(j);
	return true;
}

static bool json_trails(const struct trace_out *o, struct json *j, const struct trails *t)
{
	json_key(j, "trails");
	json_begin_array(j);
	for (size_t i = 0; t && i < t->n; i++) {
		trail_json(j, &t->items[i]);
		if (!o->full(o->ctx))
			return false;
	}
	json_end_array(j);
	return true;
}

void trace_json(const struct trace_out *o, const struct trace_answer *a)
{
	struct whole w = { a, verdict_index_new(a) };
	struct json j;
	bool all;

	json_init(&j, o->out, 2);
	json_begin_object(&j);
	json_kv_int(&j, "schema", ANSWER_SCHEMA);
	json_query(&j, &a->query);
	answer_json(&j, &a->head);
	all = json_list(o, &j, &w, "messages", &a->messages, json_message) &&
	      json_list(o, &j, &w, "related", &a->related, json_message) &&
	      json_trails(o, &j, a->trails) &&
	      json_list(o, &j, &w, "rejections", &a->rejections, json_rejection) &&
	      json_list(o, &j, &w, "logins", &a->logins, json_login) &&
	      json_list(o, &j, &w, "mailbox", &a->mailbox, json_mailbox);
	verdict_index_free(w.index);
	if (!all)
		return;
	json_key(&j, "more");
	json_begin_object(&j);
	json_kv_int(&j, "messages", (int64_t)a->messages.more);
	json_kv_int(&j, "rejections", (int64_t)a->rejections.more);
	json_kv_int(&j, "logins", (int64_t)a->logins.more);
	json_kv_int(&j, "mailbox", (int64_t)a->mailbox.more);
	json_end_object(&j);
	json_key(&j, "nearest");
	json_begin_array(&j);
	for (size_t i = 0; i < a->n_nearest; i++)
		json_string(&j, a->nearest[i]);
	json_end_array(&j);
	json_end_object(&j);
	strbuf_add_byte(o->out, '\n');
}

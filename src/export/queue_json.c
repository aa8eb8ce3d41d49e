/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_json.c - the answer of `queue` as JSON (docs/json.md)
 */
#include "export/panel_json.h"
#include "export/queue.h"
#include "export/trace_verdict.h"

static void span(struct json *j, const char *key, usec_t v)
{
	json_kv_seconds_or_null(j, key, v < 0 ? -1 : v);
}

static void totals(struct json *j, const struct queue_totals *t)
{
	json_kv_int(j, "messages", (int64_t)t->messages);
	json_kv_int(j, "recipients", (int64_t)t->recipients);
	json_kv_int(j, "bytes", t->bytes);
	json_kv_bool(j, "bytes_rounded", t->rounded);
	span(j, "oldest_s", t->oldest_us);
	span(j, "newest_s", t->newest_us);
	json_key(j, "states");
	json_begin_object(j);
	for (int i = 0; i < QUEUE_STATE_COUNT; i++)
		json_kv_int(j, queue_state_name((enum queue_state)i), (int64_t)t->states[i]);
	json_end_object(j);
}

/* the one program of all listings */
static const char *program_of(const struct queue *q)
{
	const char *program = q->n_listings ? queue_form_program(q->listings[0].form) : NULL;

	for (size_t i = 1; i < q->n_listings; i++)
		if (!slice_eq(slice_str(program), slice_str(queue_form_program(q->listings[i].form))))
			return NULL;
	return program;
}

static void listings(struct json *j, const struct queue *q)
{
	json_key(j, "listings");
	json_begin_array(j);
	for (size_t i = 0; i < q->n_listings; i++) {
		const struct queue_listing *l = &q->listings[i];

		json_begin_object(j);
		json_kv_str(j, "listing", l->name);
		json_kv_str(j, "form", queue_form_name(l->form));
		json_kv_str(j, "program", queue_form_program(l->form));
		json_kv_time(j, "made", l->made_us);
		json_kv_int(j, "messages", (int64_t)l->messages);
		json_kv_int(j, "odd_lines", (int64_t)l->odd_lines);
		json_end_object(j);
	}
	json_end_array(j);
}

static void cause(struct json *j, const char *key, bool known, const struct cause *c, const struct complaint *complaint,
		  const struct deed_words *deed)
{
	json_key(j, key);
	if (known)
		json_cause(j, c, complaint, deed);
	else
		json_null(j);
}

static void why(struct json *j, const struct queue_why *w)
{
	json_kv_string(j, "reason", w->known ? w->complaint.reply : SLICE_NONE);
	json_kv_str(j, "reason_from", w->known ? w->from_log ? "log" : "listing" : NULL);
	cause(j, "cause", w->known, &w->cause, &w->complaint, &w->deed);
	cause(j, "cause_before", w->failed_before, &w->cause_before, &w->complaint_before, NULL);
}

static void tries(struct json *j, bool known, uint32_t n, usec_t first, usec_t last)
{
	json_kv_int_or_null(j, "tries", known ? (int64_t)n : -1);
	json_kv_time(j, "first_try", first);
	json_kv_time(j, "last_try", last);
}

static void recipient(struct json *j, const struct queue_answer *a, const struct queued *m, const struct queued_recipient *r)
{
	struct arena scratch = { 0 };
	struct queue_why w = { .known = false };

	json_begin_object(j);
	json_kv_string(j, "recipient", r->address);
	json_kv_bool(j, "cut", r->cut);
	json_kv_bool(j, "delivered", r->delivered);
	if (!r->delivered)
		queue_why_shown(a, &scratch, m, r, &w);
	tries(j, r->fact != NULL, r->tries, r->first_try_us, r->last_try_us);
	why(j, &w);
	json_end_object(j);
	arena_clear(&scratch);
}

/* what only the log tells */
static void from_log(struct json *j, const struct queue_answer *a, const struct queued *m)
{
	const struct message *f = m->message;
	struct arena scratch = { 0 };

	json_kv_bool(j, "in_log", f != NULL);
	json_kv_string(j, "server", f ? queue_shown(a, &scratch, MASK_HOST, f->server) : SLICE_NONE);
	json_kv_string(j, "user", f ? queue_shown(a, &scratch, MASK_USER, f->user) : SLICE_NONE);
	json_kv_string(j, "client_ip", f ? queue_shown(a, &scratch, MASK_IP, f->client_ip) : SLICE_NONE);
	json_kv_string(j, "message_id", f ? queue_shown(a, &scratch, MASK_MESSAGE_ID, f->message_id) : SLICE_NONE);
	json_kv_string(j, "subject", f ? queue_shown(a, &scratch, MASK_SUBJECT, f->subject) : SLICE_NONE);
	json_kv_time(j, "finished", f ? f->finished_us : USEC_NONE);
	arena_clear(&scratch);
}

/* the reason and the cause of the message: those of the recipient whose they are */
static void message_why(struct json *j, const struct queue_answer *a, const struct queued *m)
{
	const struct queued_recipient *r = m->recipients;
	struct arena scratch = { 0 };
	struct queue_why w = { .known = false };

	while (r && (r->delivered || !r->cause || r->cause != m->cause))
		r = r->next;
	if (m->cause)
		queue_why_shown(a, &scratch, m, r, &w);
	why(j, &w);
	arena_clear(&scratch);
}

static void message(struct json *j, const struct queue_answer *a, const struct queued *m)
{
	json_begin_object(j);
	json_kv_string(j, "queue_id", m->id);
	json_kv_str(j, "program", queue_form_program(m->form));
	json_kv_str(j, "state", queue_state_name(m->state));
	json_kv_bool(j, "forced_expire", m->expiring);
	json_kv_int_or_null(j, "size_bytes", m->size_bytes);
	json_kv_bool(j, "size_rounded", m->size_rounded);
	json_kv_time(j, "arrived", m->arrived_us);
	span(j, "age_s", m->age_us);
	json_kv_string(j, "sender", m->sender);
	json_kv_string(j, "login", m->login);
	json_kv_string(j, "note", m->note);
	tries(j, m->message != NULL, m->tries, m->first_try_us, m->last_try_us);
	message_why(j, a, m);
	from_log(j, a, m);
	json_key(j, "recipients");
	json_begin_array(j);
	for (const struct queued_recipient *r = m->recipients; r; r = r->next)
		recipient(j, a, m, r);
	json_end_array(j);
	json_end_object(j);
}

void queue_json(const struct queue_out *o, const struct queue_answer *a)
{
	size_t n = a->limit && a->limit < a->view.n ? a->limit : a->view.n;
	struct json j;

	json_init(&j, o->out, 2);
	json_begin_object(&j);
	json_kv_int(&j, "schema", ANSWER_SCHEMA);
	answer_json(&j, &a->head);
	json_key(&j, "queue");
	json_begin_object(&j);
	json_kv_str(&j, "program", program_of(a->queue));
	json_kv_time(&j, "made", a->made_us);
	totals(&j, &a->all);
	listings(&j, a->queue);
	json_end_object(&j);
	json_key(&j, "selected");
	json_begin_object(&j);
	totals(&j, &a->totals);
	json_end_object(&j);
	json_key(&j, "panels");
	json_begin_array(&j);
	for (size_t i = 0; i < a->n_panels; i++)
		panel_json(&j, &a->panels[i]);
	json_end_array(&j);
	json_key(&j, "messages");
	json_begin_array(&j);
	for (size_t i = 0; a->list && i < n && o->full(o->ctx); i++)
		message(&j, a, a->view.items[i]);
	json_end_array(&j);
	json_kv_int(&j, "more", (int64_t)(a->list ? a->view.n - n : 0));
	json_end_object(&j);
	strbuf_add_byte(o->out, '\n');
}

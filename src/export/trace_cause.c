/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_cause.c - causes as JSON; docs/json.md describes every member
 */
#include "export/trace_verdict.h"

void json_cause(struct json *j, const struct cause *cause, const struct complaint *complaint, const struct deed_words *deed)
{
	struct strbuf text = { 0 };

	json_begin_object(j);
	json_kv_string(j, "id", cause->id);
	json_kv_str(j, "class", cause_class_name(cause->class));
	json_kv_str(j, "side", cause_side_name(cause->side));
	json_kv_bool(j, "temporary", cause->temporary);
	verdict_summary(&text, TR_ENGLISH, cause, complaint, deed);
	json_kv_string(j, "summary", strbuf_slice(&text));
	strbuf_clear(&text);
	verdict_action(&text, TR_ENGLISH, cause, complaint, deed);
	json_kv_string(j, "action", strbuf_slice(&text));
	json_kv_str(j, "basis", cause_basis_name(cause->basis));
	json_end_object(j);
	strbuf_done(&text);
}

void json_other_cause(struct json *j, const struct other_verdict *v)
{
	json_key(j, "cause");
	json_cause(j, &v->cause, &v->complaint, &v->deed);
}

void json_recipient_cause(struct json *j, const struct recipient_verdict *v)
{
	json_key(j, "cause");
	if (v->failed)
		json_cause(j, &v->cause, &v->complaint, &v->deed);
	else
		json_null(j);
}

void json_rejection_cause(struct json *j, const struct trace_answer *a, const struct trace_item *item)
{
	struct other_verdict v;

	judge_rejection(a, item, &v);
	json_other_cause(j, &v);
}

void json_login_cause(struct json *j, const struct trace_answer *a, const struct trace_item *item)
{
	struct other_verdict v;

	if (item->login->success) {
		json_kv_str(j, "cause", NULL);
		return;
	}
	judge_login(a, item, &v);
	json_other_cause(j, &v);
}

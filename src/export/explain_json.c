/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_json.c - an explanation as JSON (docs/json.md)
 */
#include "export/answer.h"
#include "export/explain.h"
#include "export/trace_verdict.h"

static void part_json(struct json *j, const struct explain_part *p)
{
	json_begin_object(j);
	json_kv_string(j, "text", p->text);
	json_kv_string(j, "name", p->name);
	json_kv_string(j, "meaning", p->meaning);
	json_kv_string(j, "where", p->where);
	json_end_object(j);
}

void explain_to_json(struct json *j, const struct explanation *x)
{
	bool line = x->kind == EXPLAIN_LINE;

	json_begin_object(j);
	json_kv_int(j, "schema", ANSWER_SCHEMA);
	json_kv_string(j, "input", x->input);
	json_kv_str(j, "kind", explain_kind_name(x->kind));
	json_kv_str(j, "writer", line && x->writer != WRITER_NONE ? writer_name(x->writer) : NULL);
	json_kv_str(j, "event", line ? event_kind_name(x->event) : NULL);
	json_kv_string(j, "queue_id", x->queue_id);
	json_key(j, "parts");
	json_begin_array(j);
	for (size_t i = 0; i < x->n_parts; i++)
		part_json(j, &x->parts[i]);
	json_end_array(j);
	json_kv_string(j, "sentence", x->sentence);
	if (x->failed)
		json_other_cause(j, &x->verdict);
	else
		json_kv_str(j, "cause", NULL);
	json_end_object(j);
}

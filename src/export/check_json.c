/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_json.c - the answer of `check` as JSON
 */
#include "base/json.h"
#include "export/check.h"

static void range_json(struct json *j, const char *key, const struct check_range *r)
{
	struct strbuf text = { 0 };

	range_text(&text, r);
	json_kv_string(j, key, r->given ? strbuf_slice(&text) : SLICE_NONE);
	strbuf_done(&text);
}

static void result_json(struct json *j, const struct check_result *r)
{
	static const char *const UNITS[] = { [UNIT_COUNT] = "count", [UNIT_PERCENT] = "percent", [UNIT_SECONDS] = "seconds" };

	json_begin_object(j);
	json_kv_str(j, "check", r->ops->id);
	json_kv_str(j, "status", check_status_name(r->status));
	json_key(j, "value");
	if (!r->known)
		json_null(j);
	else if (r->ops->scale.unit == UNIT_COUNT)
		json_int(j, r->value / 1000);
	else
		json_decimal(j, r->value, 3);
	json_kv_str(j, "unit", UNITS[r->ops->scale.unit]);
	range_json(j, "warning", &r->warn);
	range_json(j, "critical", &r->crit);
	json_kv_int_or_null(j, "part", r->part);
	json_kv_int_or_null(j, "whole", r->whole);
	json_kv_str(j, "of", r->of);
	json_kv_bool(j, "judged", r->known && !r->too_few && !r->excused);
	json_key(j, "evidence");
	json_begin_array(j);
	for (size_t i = 0; i < r->n_evidence; i++) {
		json_begin_object(j);
		json_kv_int(j, "count", r->evidence[i].count);
		json_kv_string(j, "text", r->evidence[i].text);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
}

static void counts_json(struct json *j, const struct check_counts *c)
{
	json_key(j, "new");
	json_begin_object(j);
	for (int k = 0; k < CHECK_COUNT_COUNT; k++)
		json_kv_int(j, check_count_name((enum check_count)k), c->n[k]);
	json_end_object(j);
}

void check_json(struct strbuf *out, const struct check_answer *a)
{
	struct json j;

	json_init(&j, out, 2);
	json_begin_object(&j);
	json_kv_int(&j, "schema", ANSWER_SCHEMA);
	json_kv_str(&j, "status", check_status_name(a->status));
	json_kv_int(&j, "exit_code", a->status);
	json_key(&j, "problems");
	json_begin_array(&j);
	for (size_t i = 0; i < a->n_problems; i++)
		json_string(&j, slice_str(a->problems[i]));
	json_end_array(&j);
	json_kv_bool(&j, "first_call", a->first);
	json_kv_str(&j, "state", a->state);
	json_key(&j, "figures_of");
	json_begin_object(&j);
	json_kv_time(&j, "since", a->from_us);
	json_kv_time(&j, "until", a->until_us);
	json_end_object(&j);
	json_key(&j, "checks");
	json_begin_array(&j);
	for (size_t i = 0; i < a->n_results; i++)
		result_json(&j, &a->results[i]);
	json_end_array(&j);
	if (a->with_log)
		counts_json(&j, a->fresh);
	json_end_object(&j);
	strbuf_add_byte(out, '\n');
}

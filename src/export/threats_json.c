/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threats_json.c - findings for programs: docs/json.md describes every member
 */
#include "export/threats.h"

static void evidence_json(struct json *j, const struct evidence *e)
{
	static const struct {
		const char *unit;
	} UNITS[] = {
		[EVIDENCE_COUNT] = { "count" }, [EVIDENCE_SHARE] = { "percent" }, [EVIDENCE_SPAN] = { "seconds" },
		[EVIDENCE_TIME] = { "time" },	[EVIDENCE_TEXT] = { "text" },
	};
	const char *title = tr_in(TR_ENGLISH, e->title);

	json_begin_object(j);
	json_kv_str(j, "id", e->id);
	json_kv_str(j, "title", title);
	json_kv_str(j, "unit", UNITS[e->type].unit);
	json_key(j, "value");
	switch (e->type) {
	case EVIDENCE_COUNT:
		json_int(j, e->value);
		break;
	case EVIDENCE_SHARE:
		json_decimal(j, e->value, 3);
		break;
	case EVIDENCE_SPAN:
		json_decimal(j, e->value, 6);
		break;
	case EVIDENCE_TIME:
		json_time(j, e->value);
		break;
	case EVIDENCE_TEXT:
		json_string(j, e->text);
		break;
	}
	json_key(j, "usual");
	if (e->usual < 0)
		json_null(j);
	else if (e->type == EVIDENCE_SHARE)
		json_decimal(j, e->usual, 3);
	else
		json_int(j, e->usual);
	json_end_object(j);
}

static void setting_json(struct json *j, const struct finding *f)
{
	const struct detector_setting *s = NULL;
	struct strbuf text = { 0 };

	for (size_t i = 0; f->setting && i < f->detector->n_settings; i++)
		if (strcmp(f->detector->settings[i].name, f->setting) == 0)
			s = &f->detector->settings[i];
	json_key(j, "setting");
	if (!s) {
		json_null(j);
		return;
	}
	detect_setting_text(&text, s->type, f->setting_value);
	json_begin_object(j);
	json_kv_str(j, "name", s->name);
	json_kv_string(j, "value", strbuf_slice(&text));
	json_end_object(j);
	strbuf_done(&text);
}

static void lines_json(struct json *j, const struct threat *t)
{
	json_key(j, "lines");
	json_begin_array(j);
	for (size_t i = 0; i < t->finding->n_lines; i++) {
		json_begin_object(j);
		json_kv_str(j, "file", t->lines[i].file);
		json_kv_int(j, "line", (int64_t)t->lines[i].line_no);
		json_kv_string(j, "text", t->lines[i].text);
		json_end_object(j);
	}
	json_end_array(j);
}

static void net_json(struct json *j, const char *key, const struct ip_net *net)
{
	char text[WATCH_NET_BYTES];

	json_kv_string(j, key, net ? watch_net_text(net, text) : SLICE_NONE);
}

static void finding_json(struct json *j, const struct threat *t)
{
	const struct finding *f = t->finding;

	json_begin_object(j);
	json_kv_str(j, "detector", f->detector->id);
	json_key(j, "also");
	json_begin_array(j);
	for (size_t i = 0; i < f->n_also; i++)
		json_string(j, slice_str(f->also[i]->id));
	json_end_array(j);
	json_kv_str(j, "level", threat_level_name(f->level));
	json_kv_str(j, "confidence", threat_confidence_name(f->confidence));
	json_kv_str(j, "kind", subject_kind_name(f->kind));
	json_kv_string(j, "subject", f->subject);
	json_kv_bool(j, "blames", f->blames);
	net_json(j, "net", f->is_net ? &f->net : NULL);
	json_kv_bool(j, "blockable", f->blockable);
	json_kv_string(j, "server", f->server);
	json_kv_string(j, "summary", f->summary);
	json_kv_string(j, "action", f->action);
	json_kv_string(j, "trace", f->trace);
	json_kv_time(j, "since", f->first_us);
	json_kv_time(j, "until", f->last_us);
	setting_json(j, f);
	json_key(j, "evidence");
	json_begin_array(j);
	for (size_t i = 0; i < f->n_evidence; i++)
		evidence_json(j, &f->evidence[i]);
	json_end_array(j);
	json_kv_str(j, "member_kind", f->n_members ? subject_kind_name(f->member_kind) : NULL);
	json_key(j, "members");
	json_begin_array(j);
	for (size_t i = 0; i < f->n_members; i++)
		json_string(j, f->members[i]);
	json_end_array(j);
	json_kv_int(j, "more_members", (int64_t)f->more_members);
	json_key(j, "intruders");
	json_begin_array(j);
	for (size_t i = 0; i < f->n_intruders; i++) {
		char text[WATCH_NET_BYTES];

		json_string(j, watch_net_text(&f->intruders[i], text));
	}
	json_end_array(j);
	lines_json(j, t);
	json_end_object(j);
}

void threats_json(struct strbuf *out, const struct threats_answer *a)
{
	struct json j;

	json_init(&j, out, 2);
	json_begin_object(&j);
	json_kv_int(&j, "schema", ANSWER_SCHEMA);
	answer_json(&j, &a->head);
	json_key(&j, "levels");
	json_begin_object(&j);
	for (int i = THREAT_LEVEL_COUNT - 1; i >= 0; i--)
		json_kv_int(&j, threat_level_name((enum threat_level)i), (int64_t)a->levels[i]);
	json_end_object(&j);
	json_key(&j, "findings");
	json_begin_array(&j);
	for (size_t i = 0; i < a->n; i++)
		finding_json(&j, &a->threats[i]);
	json_end_array(&j);
	json_kv_int(&j, "more", (int64_t)a->more);
	json_key(&j, "left_out");
	json_begin_object(&j);
	json_kv_int(&j, "findings", (int64_t)a->left_out.findings);
	json_key(&j, "nets");
	json_begin_array(&j);
	for (size_t i = 0; i < a->left_out.n_nets; i++) {
		char text[WATCH_NET_BYTES];

		json_string(&j, watch_net_text(&a->left_out.nets[i], text));
	}
	json_end_array(&j);
	json_end_object(&j);
	json_end_object(&j);
	strbuf_add_byte(out, '\n');
}

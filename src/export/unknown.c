/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unknown.c - lines that no rule knows, in JSON and for people
 */
#include "export/unknown.h"

void unknown_json(struct json *j, const struct unknown_item *items, size_t n)
{
	json_key(j, "unknown");
	json_begin_array(j);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(j);
		json_kv_int(j, "count", (int64_t)items[i].count);
		json_kv_str(j, "event", event_kind_name(items[i].kind));
		json_kv_str(j, "writer", writer_name(items[i].writer));
		json_kv_string(j, "program", items[i].program);
		json_kv_string(j, "shape", items[i].shape);
		json_kv_string(j, "file", items[i].file);
		json_kv_int(j, "line", (int64_t)items[i].line_no);
		json_kv_string(j, "sample", items[i].sample);
		json_end_object(j);
	}
	json_end_array(j);
}

void unknown_text(struct strbuf *out, const struct term *t, const struct unknown_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		strbuf_printf(out, "\n%8llu  ", (unsigned long long)items[i].count);
		term_cell(out, t, items[i].kind == EV_OTHER ? TERM_WARN : TERM_BAD,
			  slice_str(event_kind_name(items[i].kind)), 9);
		strbuf_add_str(out, "  ");
		term_cell(out, t, TERM_NAME,
			  items[i].program.p ? items[i].program : slice_str(writer_name(items[i].writer)), 0);
		strbuf_add_str(out, "  ");
		term_text(out, items[i].shape);
		strbuf_add_str(out, "\n          ");
		term_text(out, items[i].file);
		strbuf_printf(out, ":%llu: ", (unsigned long long)items[i].line_no);
		term_text(out, items[i].sample);
		strbuf_add_byte(out, '\n');
	}
}

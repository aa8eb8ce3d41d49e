/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_json.c - JSON that any reader takes, whatever bytes a stranger put into the log
 */
#include "unit.h"

#include "base/json.h"

static void test_escapes(void **state)
{
#define S(lit) { lit, sizeof(lit) - 1 }
	static const struct {
		struct slice in, want;
	} ROWS[] = {
		{ S("plain"), S("\"plain\"") },
		{ S(""), S("\"\"") },
		{ S("a\"b\\c/"), S("\"a\\\"b\\\\c/\"") },
		{ S("\x1b[31m\n"), S("\"\\u001b[31m\\n\"") },
		{ S("nul\0end"), S("\"nul\\u0000end\"") },
		{ S("del\x7f"), S("\"del\\u007f\"") },
		{ S("\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa7"), S("\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa7\"") },
		{ S("\xe4 latin"), S("\"\xef\xbf\xbd latin\"") },
		{ S("cut \xe2\x82"), S("\"cut \xef\xbf\xbd\xef\xbf\xbd\"") },
		{ S("overlong \xc0\xaf"), S("\"overlong \xef\xbf\xbd\xef\xbf\xbd\"") },
		{ S("surrogate \xed\xa0\x80"), S("\"surrogate \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"") },
		{ S("past the end \xf4\x90\x80\x80"),
		  S("\"past the end \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"") },
		{ S("bidi \xe2\x80\xae."), S("\"bidi \\u202e.\"") },
		{ S("line \xe2\x80\xa8."), S("\"line \\u2028.\"") },
	};
#undef S

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct slice s = heap_copy(ROWS[i].in);
		struct strbuf sb = { 0 };
		struct json j;

		json_init(&j, &sb, 0);
		json_string(&j, s);
		CHECK_SLICE(strbuf_slice(&sb), ROWS[i].want);
		strbuf_done(&sb);
		heap_free(s);
	}
}

static void write_document(struct json *j)
{
	json_begin_object(j);
	json_kv_string(j, "none", SLICE_NONE);
	json_kv_str(j, "null", NULL);
	json_kv_int(j, "min", INT64_MIN);
	json_kv_int_or_null(j, "untold", -1);
	json_kv_seconds_or_null(j, "delay_s", 70000);
	json_kv_seconds_or_null(j, "no_delay", -1);
	json_kv_bool(j, "yes", true);
	json_kv_time(j, "time", INT64_C(1795295388000001));
	json_kv_time(j, "never", USEC_NONE);
	json_key(j, "list");
	json_begin_array(j);
	json_decimal(j, -1234, 3);
	json_begin_object(j);
	json_end_object(j);
	json_begin_array(j);
	json_end_array(j);
	json_int(j, 0);
	json_end_array(j);
	json_end_object(j);
}

static void test_document(void **state)
{
	struct strbuf sb = { 0 };
	struct json j;

	(void)state;
	json_init(&j, &sb, 0);
	write_document(&j);
	CHECK_SLICE(strbuf_slice(&sb),
		    SLICE("{\"none\":null,\"null\":null,\"min\":-9223372036854775808,\"untold\":null,"
			  "\"delay_s\":0.070000,\"no_delay\":null,\"yes\":true,"
			  "\"time\":\"2026-11-21T21:09:48.000001Z\",\"never\":null,"
			  "\"list\":[-1.234,{},[],0]}"));
	strbuf_done(&sb);
}

/* laid out for people, it is the same document */
static void test_indent(void **state)
{
	struct strbuf sb = { 0 };
	struct json j;

	(void)state;
	json_init(&j, &sb, 2);
	json_begin_object(&j);
	json_kv_int(&j, "a", 1);
	json_key(&j, "b");
	json_begin_array(&j);
	json_int(&j, 2);
	json_end_array(&j);
	json_end_object(&j);
	CHECK_SLICE(strbuf_slice(&sb), SLICE("{\n  \"a\": 1,\n  \"b\": [\n    2\n  ]\n}"));
	strbuf_done(&sb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_indent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

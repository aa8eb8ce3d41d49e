/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_vocabulary.c - every enum value has a name of its own, and names lead back
 */
#include "unit.h"

#include "event/event.h"
#include "fact/fact.h"

/* names are API: lower case words, all different */
static void check_names(const char *what, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CHECK(names[i] && names[i][0], "%s %zu", what, i);
		for (const char *s = names[i]; *s; s++)
			CHECK((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '_', "%s '%s'", what,
			      names[i]);
		for (size_t k = 0; k < i; k++)
			CHECK(strcmp(names[i], names[k]) != 0, "%s '%s' twice", what, names[i]);
	}
}

#define NAMES(what, count, function)                                     \
	do {                                                             \
		const char *names[count];                                \
		for (unsigned i = 0; i < (count); i++)                   \
			names[i] = function(i);                          \
		check_names(what, names, count);                         \
	} while (0)

static void test_names(void **state)
{
	(void)state;
	NAMES("event kind", EVENT_KIND_COUNT, event_kind_name);
	NAMES("outcome", OUTCOME_COUNT, outcome_name);
	NAMES("relation", RELATION_COUNT, relation_name);
	NAMES("severity", SEVERITY_COUNT, severity_name);
	NAMES("notice", NOTICE_COUNT, notice_name);
	NAMES("writer", WRITER_COUNT, writer_name);
	NAMES("envelope", ENVELOPE_KIND_COUNT, envelope_kind_name);
	NAMES("direction", DIRECTION_COUNT, direction_name);
	NAMES("state", MESSAGE_STATE_COUNT, message_state_name);
	NAMES("role", MESSAGE_ROLE_COUNT, message_role_name);
}

static void test_parse(void **state)
{
	enum outcome o = OUTCOME_HELD;
	enum writer w = WRITER_EXIM;

	(void)state;
	for (unsigned i = 0; i < OUTCOME_COUNT; i++)
		assert_true(outcome_parse(slice_str(outcome_name(i)), &o) && o == i);
	for (unsigned i = 0; i < WRITER_COUNT; i++)
		assert_true(writer_parse(slice_str(writer_name(i)), &w) && w == i);
	o = OUTCOME_HELD;
	assert_false(outcome_parse(SLICE("Delivered"), &o));
	assert_false(outcome_parse(SLICE("deliver"), &o));
	assert_int_equal(o, OUTCOME_HELD);
}

/* a fresh event says nothing but its kind */
static void test_event_init(void **state)
{
	struct strbuf sb = { 0 };
	struct event e;
	struct json j;

	(void)state;
	for (unsigned kind = 0; kind < EVENT_KIND_COUNT; kind++) {
		memset(&e, 0xa5, sizeof e);
		event_init(&e, kind);
		strbuf_clear(&sb);
		event_text(&sb, &e);
		CHECK_SLICE(strbuf_slice(&sb), slice_str(event_kind_name(kind)));
	}
	event_init(&e, EV_ATTEMPT);
	e.marks = MARK_TEMPORARY | MARK_LOCAL;
	e.recipient = SLICE("a\"b@example.com");
	e.sender = SLICE("");
	e.outcome = OUTCOME_DEFERRED;
	e.smtp_code = 0;
	e.delay_s = 1500000;
	e.success = 0;
	strbuf_clear(&sb);
	event_text(&sb, &e);
	CHECK_SLICE(strbuf_slice(&sb), SLICE("attempt +temporary +local outcome=\"deferred\" success=false sender=\"\" "
					     "recipient=\"a\\\"b@example.com\" smtp_code=0 delay_s=1.500000"));
	strbuf_clear(&sb);
	json_init(&j, &sb, 0);
	json_begin_object(&j);
	event_json(&j, &e);
	json_end_object(&j);
	CHECK_SLICE(strbuf_slice(&sb),
		    SLICE("{\"event\":\"attempt\",\"marks\":[\"temporary\",\"local\"],\"outcome\":\"deferred\","
			  "\"success\":false,\"sender\":\"\",\"recipient\":\"a\\\"b@example.com\","
			  "\"smtp_code\":0,\"delay_s\":1.500000}"));
	strbuf_done(&sb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_event_init),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

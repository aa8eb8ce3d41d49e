/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_explain.c - the glossaries, and the parts into which lines, replies and words are cut
 */
#include "sample_columns.h"
#include "unit.h"

#include "base/ascii.h"
#include "base/attr.h"
#include "base/cursor.h"
#include "base/strbuf.h"
#include "cli/guess.h"
#include "diagnose/explain.h"
#include "diagnose/glossary.h"
#include "envelope/tz.h"
#include "export/explain.h"
#include "parse/parse.h"

#define NOW INT64_C(1795305600000000) /* 2026-11-22 */

static struct diagnoser *diagnoser;

/* --- glossaries -------------------------------------------------------------------------------------- */

static void test_no_row_twice(void **state)
{
	const struct gloss *list;
	size_t n = gloss_list(&list);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		CHECK(gloss_find(list[i].scope, list[i].form) == &list[i], "'%.*s' stands twice in scope %d", SLICE_ARG(list[i].form),
		      (int)list[i].scope);
		CHECK(strchr(list[i].meaning, '\004')[1] != '\0' && strchr(list[i].name, '\004')[1] != '\0', "'%.*s' says nothing",
		      SLICE_ARG(list[i].form));
	}
}

static void test_every_field_has_a_row(void **state)
{
	(void)state;
#define F(type, name, help) CHECK(gloss_find(SCOPE_EVENT_FIELD, SLICE(#name)), "no row for %s", #name);
#include "event/fields.def"
#undef F
}

static void test_every_number_of_exim(void **state)
{
	char number[8];

	(void)state;
	for (int i = 0; i <= 58; i++) {
		(void)snprintf(number, sizeof number, "%d", -i);
		CHECK(gloss_find(SCOPE_EXIM_ERROR, slice_str(number)), "no row for %s", number);
	}
}

static void test_longest_word(void **state)
{
	static const enum gloss_scope BOTH[] = { SCOPE_POSTFIX_FIELD, SCOPE_POSTFIX_WORD };
	static const struct {
		const char *text, *want;
	} ROWS[] = {
		{ "delays=1/2/3/4", "delays=" }, { "delay=1", "delay=" }, { "NOQUEUE: reject", "NOQUEUE" }, { "removed", "removed" },
		{ "removedly", NULL },	 { "nothing", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		const struct gloss *g = gloss_match(BOTH, ARRAY_LEN(BOTH), slice_str(ROWS[i].text));

		CHECK(!g == !ROWS[i].want, "%s", ROWS[i].text);
		if (g)
			CHECK_SLICE(g->form, slice_str(ROWS[i].want));
	}
}

/* --- lines ------------------------------------------------------------------------------------------- */

static void add_dense(struct strbuf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_space(s.p[i]))
			strbuf_add_byte(out, s.p[i]);
}

/* the parts in order are the input, but for blanks */
static void check_covers(const struct explanation *x, struct slice input)
{
	struct strbuf got = { 0 }, want = { 0 };

	for (size_t i = 0; i < x->n_parts; i++)
		add_dense(&got, x->parts[i].text);
	add_dense(&want, input);
	CHECK(slice_eq(strbuf_slice(&got), strbuf_slice(&want)), "parts of '%.*s' are\n'%.*s'", SLICE_ARG(input),
	      SLICE_ARG(strbuf_slice(&got)));
	strbuf_done(&got);
	strbuf_done(&want);
}

static size_t explain_sample(const struct writer_ops *w, const struct parse_sample *s, struct slice text)
{
	struct line l = { .raw = text, .text = text, .line_count = 1, .pid = -1, .time_us = USEC_NONE, .columns = columns_of(s) };
	struct explanation x = { .language = TR_ENGLISH };
	struct strbuf out = { 0 };
	struct event e;
	size_t named = 0;

	l.envelope = s->program ? ENVELOPE_RFC3164 : w->envelope;
	l.program = slice_str(s->program);
	parse_line(&l, &e);
	explain_line(&x, diagnoser, &l, &e);
	check_covers(&x, text);
	for (size_t i = 0; i < x.n_parts; i++)
		named += x.parts[i].name.n > 0;
	explain_to_text(&out, &(struct term){ .width = 80 }, &x);
	strbuf_done(&out);
	explanation_done(&x);
	return named;
}

/* every sample of every writer, in a heap block of its size: nothing is dropped, something is named */
static void test_parts_cover_every_sample(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; parse_writers[i]; i++)
		for (const struct parse_sample *s = parse_writers[i]->samples; s && s->text; s++, n++) {
			struct slice text = heap_copy(slice_str(s->text));
			size_t named = explain_sample(parse_writers[i], s, text);

			CHECK(named > 0 || slice_starts(slice_str(s->want), "other") || slice_starts(slice_str(s->want), "foreign"), "nothing is named in '%s'", s->text);
			heap_free(text);
		}
	CHECK(n > 500, "only %zu samples", n);
}

/* ... and lines that are cut somewhere */
static void test_parts_cover_cut_samples(void **state)
{
	(void)state;
	for (size_t i = 0; parse_writers[i]; i++)
		for (const struct parse_sample *s = parse_writers[i]->samples; s && s->text; s += s[1].text && s[2].text && s[3].text ? 3 : 1)
			for (size_t cut = 1; cut < strlen(s->text); cut += 13) {
				struct slice text = heap_copy(slice_of(s->text, cut));

				(void)explain_sample(parse_writers[i], s, text);
				heap_free(text);
			}
}

struct asked {
	struct guess guess;
	struct tz *tz;
	struct explanation x;
	struct slice text;
	struct line line;
	struct event event;
};

static void ask(struct asked *a, struct slice text)
{
	struct err err = { 0 };

	*a = (struct asked){ .text = heap_copy(text) };
	assert_int_equal(tz_open("UTC", &a->tz, &err), 0);
	guess_init(&a->guess, a->tz, false, 0, NOW);
	a->x.language = TR_ENGLISH;
	if (guess_line(&a->guess, a->text, &a->line, &a->event))
		explain_line(&a->x, diagnoser, &a->line, &a->event);
	else
		explain_text(&a->x, diagnoser, a->text);
}

static void asked_done(struct asked *a)
{
	explanation_done(&a->x);
	guess_done(&a->guess);
	tz_free(a->tz);
	heap_free(a->text);
}

static void test_kinds(void **state)
{
	static const struct {
		const char *text;
		enum explain_kind kind;
		const char *part;   /* the first part whose name holds this word */
	} ROWS[] = {
		{ "=>", EXPLAIN_TERM, "delivery" },
		{ "<>", EXPLAIN_TERM, "null sender" },
		{ "H=", EXPLAIN_TERM, "client" },
		{ "CV=", EXPLAIN_TERM, "certificate" },
		{ "for", EXPLAIN_TERM, "recipients" },
		{ "from", EXPLAIN_TERM, "original sender" },
		{ "P=esmtpsa", EXPLAIN_TERM, "protocol" },
		{ "conn_use=3", EXPLAIN_TERM, "connection" },
		{ "delays=0.1/0.02/0.2/0.13", EXPLAIN_TERM, "connecting" },
		{ "postfix/cleanup", EXPLAIN_TERM, "cleanup" },
		{ "PREGREET", EXPLAIN_TERM, "early" },
		{ "mpid=", EXPLAIN_TERM, "process" },
		{ "ctladdr=", EXPLAIN_TERM, "controlling" },
		{ "HAREDIRECT", EXPLAIN_TERM, "spare" },
		{ "recipient-status", EXPLAIN_TERM, "status" },
		{ "RSP:", EXPLAIN_TERM, "answer" },
		{ "ECONNREFUSED", EXPLAIN_TERM, "refused" },
		{ "smtp_connection", EXPLAIN_TERM, "default" },
		{ "+smtp_connection", EXPLAIN_SELECTOR, "switched on" },
		{ "log_selector = +all -arguments", EXPLAIN_SELECTOR, "switched off" },
		{ "5.7.26", EXPLAIN_DSN, "authenticated" },
		{ "4.4.7", EXPLAIN_DSN, "expired" },
		{ "421", EXPLAIN_CODE, "closing" },
		{ "defer (-44)", EXPLAIN_NUMBER, "RCPT4XX" },
		{ "-44", EXPLAIN_NUMBER, "RCPT4XX" },
		{ "defer (111)", EXPLAIN_NUMBER, "ECONNREFUSED" },
		{ "1rJkXm-0003kl-Qp", EXPLAIN_QUEUE_ID, "queue id" },
		{ "4hhkkB0sf8zyg7", EXPLAIN_QUEUE_ID, "queue id" },
		{ "68C8FU5u003011", EXPLAIN_QUEUE_ID, "queue id" },
		{ "550 5.7.1 go away", EXPLAIN_REPLY, "reply code" },
		{ "550-5.1.1 no such\n550 5.1.1 user", EXPLAIN_REPLY, "enhanced status code" },
		{ "<= a@example.com H=mx.example.com [192.0.2.1] P=esmtp S=12", EXPLAIN_LINE, "arrival" },
		{ "1rJkXm-0003kl-Qp => b@example.net R=dnslookup T=remote_smtp H=mx.example.net [192.0.2.9]", EXPLAIN_LINE, "router" },
		{ "to=<bob@example.net>, relay=none, delay=1, delays=1/0/0/0, dsn=5.4.4, status=bounced (Host not found)", EXPLAIN_LINE,
		  "result" },
		{ "postfix/qmgr[12]: 4A1B2C3D4E: removed", EXPLAIN_LINE, "finished" },
		{ "imap-login: Login: user=<ann>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2, mpid=9, TLS, session=<x>", EXPLAIN_LINE, "local IP" },
		{ "the quick brown fox", EXPLAIN_UNKNOWN, NULL },
		{ "xyzzy", EXPLAIN_UNKNOWN, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct asked a;
		bool found = !ROWS[i].part;

		ask(&a, slice_str(ROWS[i].text));
		for (size_t k = 0; k < a.x.n_parts; k++)
			found = found || slice_contains_fold(a.x.parts[k].name, slice_str(ROWS[i].part));
		CHECK(a.x.kind == ROWS[i].kind, "'%s' is %s, not %s", ROWS[i].text, explain_kind_name(a.x.kind), explain_kind_name(ROWS[i].kind));
		CHECK(found, "'%s': no part is named '%s'", ROWS[i].text, ROWS[i].part);
		asked_done(&a);
	}
}

/* what a stranger wrote stays one part, whatever it looks like */
static void test_hostile(void **state)
{
	static const struct {
		const char *line, *part, *name;
	} ROWS[] = {
		{ "2026-11-21 09:00:01 1xUgwz-00016v-84 <= a@example.net H=mail.example.net [192.0.2.5] P=esmtp S=3022 "
		  "T=\"hi => for b@example.com C=\\\"x\\\" R=evil\" for user@example.com",
		  "T=\"hi => for b@example.com C=\\\"x\\\" R=evil\"", "subject" },
		{ "Nov 21 09:00:01 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[192.0.2.6]: 554 5.7.1 <b@x>: Relay access denied; "
		  "from=<\"to=<q>, status=sent\"@example.com> to=<b@x> proto=ESMTP helo=<h>",
		  "from=<\"to=<q>, status=sent\"@example.com>", "sender" },
		{ "Nov 21 09:00:01 mx postfix/cleanup[1]: 4A1B2C3D4E: message-id=<to=<b@x>, status=bounced>", "message-id=<to=<b@x>, status=bounced>",
		  "Message-ID" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct asked a;
		bool found = false;

		ask(&a, slice_str(ROWS[i].line));
		check_covers(&a.x, a.text);
		for (size_t k = 0; k < a.x.n_parts; k++)
			found = found || (slice_eq(a.x.parts[k].text, slice_str(ROWS[i].part)) && slice_eq(a.x.parts[k].name, slice_str(ROWS[i].name)));
		CHECK(found, "'%s' is no part of its own", ROWS[i].part);
		asked_done(&a);
	}
}

/* bytes of all kinds, long and many */
static void test_noise(void **state)
{
	static const char BYTES[] = "abcZ019 =<>()[]\"'\\,;:/-*.@\n\t\r\x1f\x80\xff\xe2\x80\xae{}+#%";
	uint64_t seed = 7;
	char text[600];

	(void)state;
	for (size_t round = 0; round < 1000; round++) {
		struct asked a;
		size_t n = next_random(&seed) % sizeof text;

		for (size_t i = 0; i < n; i++)
			text[i] = BYTES[next_random(&seed) % (sizeof BYTES - 1)];
		ask(&a, slice_of(text, n));
		check_covers(&a.x, a.text);
		asked_done(&a);
	}
}

static void test_very_long(void **state)
{
	struct strbuf text = { 0 };
	struct asked a;

	(void)state;
	strbuf_add_str(&text, "Nov 21 09:00:01 mx postfix/smtpd[1]: warning: ");
	for (size_t i = 0; i < 20000; i++)
		strbuf_add_str(&text, "to=<a> ");
	ask(&a, strbuf_slice(&text));
	check_covers(&a.x, a.text);
	CHECK(a.x.n_parts < 3000, "%zu parts", a.x.n_parts);
	asked_done(&a);
	strbuf_done(&text);
}

static void test_records(void **state)
{
	struct slice text = SLICE("550-5.1.1 one\n550-5.1.1 two\n550 5.1.1 three\n\n421 next\n"
				  "2026-11-21 09:08:00 1xUh4i-0001tl-00 H=(helo) [192.0.2.66] F=<x@example.net> rejected after DATA: spam\n"
				  "Envelope-from: <x@example.net>\nEnvelope-to: <user@example.com>\nP Received: from [192.0.2.66]\n"
				  "\tby mx.example.com\nF From: x@example.net\n"
				  "2026-11-21 09:08:01 next\n");
	static const size_t LINES[] = { 3, 1, 6, 1 };
	struct slice record;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(LINES); i++) {
		size_t n = 1;

		assert_true(guess_record(&text, &record));
		for (size_t k = 0; k < record.n; k++)
			n += record.p[k] == '\n';
		CHECK(n == LINES[i], "record %zu has %zu lines: %.*s", i, n, SLICE_ARG(record));
	}
	assert_false(guess_record(&text, &record));
}

static int open_rules(void **state)
{
	(void)state;
	diagnoser = diagnoser_new();
	return 0;
}

static int close_rules(void **state)
{
	(void)state;
	diagnoser_free(diagnoser);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_row_twice),
		cmocka_unit_test(test_every_field_has_a_row),
		cmocka_unit_test(test_every_number_of_exim),
		cmocka_unit_test(test_longest_word),
		cmocka_unit_test(test_parts_cover_every_sample),
		cmocka_unit_test(test_parts_cover_cut_samples),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_very_long),
		cmocka_unit_test(test_records),
	};

	return cmocka_run_group_tests(tests, open_rules, close_rules);
}

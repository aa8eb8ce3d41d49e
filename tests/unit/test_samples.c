/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_samples.c - every sample line of every writer
 *
 * The parsers bring their samples with them; here they are run: through parse_line() for what they must
 * become, cut after every byte for reads past the end, and through the other writers, which must not claim
 * them.
 */
#include "sample_columns.h"
#include "unit.h"

#include "base/cursor.h"
#include "base/strbuf.h"
#include "event/event.h"
#include "parse/parse.h"

static struct line line_of(const struct writer_ops *w, const struct parse_sample *s, struct slice text)
{
	struct line l = {
		.raw = text,
		.line_count = 1,
		.line_no = 1,
		.length = (uint32_t)text.n + 1,
		.envelope = s->program ? ENVELOPE_RFC3164 : w->envelope,
		.time_us = 0,
		.server = SLICE("mx"),
		.program = slice_str(s->program),
		.pid = -1,
		.text = text,
		.columns = columns_of(s),
	};

	for (size_t i = 0; i < text.n; i++)
		l.line_count += text.p[i] == '\n';
	if (s->program)
		l.host = SLICE("mx");
	return l;
}

/* every told text lies inside the record or is a constant, which no heap block can surround */
static void check_inside(const struct event *e, struct slice text)
{
	const uintptr_t begin = (uintptr_t)text.p, end = begin + text.n;

#define CHECK_TEXT(name, f)                                                                             \
	if (f.p && (uintptr_t)f.p >= begin && (uintptr_t)f.p <= end)                                    \
		CHECK((uintptr_t)f.p + f.n <= end, "%s ends %zu bytes past the record '%.*s'", name,    \
		      (size_t)((uintptr_t)f.p + f.n - end), SLICE_ARG(text));
#define CHECK_INT(name, f)
#define CHECK_SECONDS(name, f)
#define CHECK_BOOL(name, f)
#define CHECK_ENUM_RELATION(name, f)
#define CHECK_ENUM_OUTCOME(name, f)
#define CHECK_ENUM_SEVERITY(name, f)
#define CHECK_ENUM_NOTICE(name, f)
#define F(type, name, help) CHECK_##type(#name, e->name)
#include "event/fields.def"
#undef F
}

/* reads every byte that the event shows: under ASan a slice into freed or foreign memory is seen */
static void render(struct strbuf *out, const struct event *e)
{
	strbuf_clear(out);
	event_text(out, e);
}

/* equal in every field, told or not */
static void check_equal(const struct event *a, const struct event *b, const char *text)
{
	CHECK(a->kind == b->kind && a->writer == b->writer && a->marks == b->marks, "%s", text);
#define SAME_TEXT(x, y)          ((x).p == (y).p && (x).n == (y).n)
#define SAME_INT(x, y)           ((x) == (y))
#define SAME_SECONDS(x, y)       ((x) == (y))
#define SAME_BOOL(x, y)          ((x) == (y))
#define SAME_ENUM_RELATION(x, y) ((x) == (y))
#define SAME_ENUM_OUTCOME(x, y)  ((x) == (y))
#define SAME_ENUM_SEVERITY(x, y) ((x) == (y))
#define SAME_ENUM_NOTICE(x, y)   ((x) == (y))
#define F(type, name, help) CHECK(SAME_##type(a->name, b->name), "%s differs: %s", #name, text);
#include "event/fields.def"
#undef F
}

/* What lay in the event's memory before does not matter: one after the other is parsed into the same. */
static void check_reused(const struct line *l, const struct event *e, const char *text)
{
	struct event reused;

	memset(&reused, 0xa5, sizeof reused);
	parse_line(l, &reused);
	check_equal(&reused, e, text);
}

static size_t check_samples(const struct writer_ops *w, struct strbuf *got)
{
	size_t failed = 0;

	for (const struct parse_sample *s = w->samples; s && s->text; s++) {
		struct slice text = heap_copy(slice_str(s->text)), want = slice_str(s->want);
		struct line l = line_of(w, s, text);
		struct event e;

		parse_line(&l, &e);
		render(got, &e);
		check_inside(&e, text);
		if (got->n < want.n || memcmp(got->p, want.p, want.n) != 0 || e.writer != w->writer) {
			(void)fprintf(stderr, "%s: %s\n    got  %s\n    want %s\n", s->program ? s->program : "exim file",
				      s->text, got->p, s->want);
			failed++;
		}
		heap_free(text);
	}
	return failed;
}

static void test_samples(void **state)
{
	struct strbuf got = { 0 };
	size_t failed = 0;

	(void)state;
	for (size_t i = 0; parse_writers[i]; i++)
		failed += check_samples(parse_writers[i], &got);
	strbuf_done(&got);
	CHECK(failed == 0, "%zu samples became something else", failed);
}

/* "message repeated 3 times: [ TEXT]" says what TEXT says, three times. */
static void test_repeated(void **state)
{
	struct strbuf text = { 0 }, want = { 0 }, got = { 0 };

	(void)state;
	for (size_t i = 0; parse_writers[i]; i++)
		for (const struct parse_sample *s = parse_writers[i]->samples; s && s->text; s++) {
			struct line one = line_of(parse_writers[i], s, slice_str(s->text)), l;
			struct event e;

			if (!s->program || slice_starts(one.text, "message repeated "))
				continue;
			parse_line(&one, &e);
			if (e.kind < EV_OTHER)
				e.attempts = (e.attempts > 0 ? e.attempts : 1) * 3;
			render(&want, &e);
			strbuf_clear(&text);
			strbuf_printf(&text, "message repeated 3 times: [ %s]", s->text);
			l = line_of(parse_writers[i], s, strbuf_slice(&text));
			parse_line(&l, &e);
			render(&got, &e);
			CHECK(slice_eq(strbuf_slice(&got), strbuf_slice(&want)), "%s: %s\n    got  %s\n    want %s", s->program,
			      text.p, got.p, want.p);
		}
	strbuf_done(&text);
	strbuf_done(&want);
	strbuf_done(&got);
}

static void test_transport(void **state)
{
	static const struct {
		const char *program, *text;
		enum envelope_kind envelope;
		const char *want;
	} rows[] = {
		{ "postfix/smtpd", "[10B blob data]", ENVELOPE_RFC3164, "notice reason=\"journalctl" },
		{ "dovecot", "[1.2K blob data]", ENVELOPE_JOURNAL_SHORT, "notice reason=\"journalctl" },
		{ "dovecot", "[1.2K blob data] ", ENVELOPE_JOURNAL_SHORT, "other text=" },
		{ "cron", "[10B blob data]", ENVELOPE_RFC3164, "foreign text=" },
		{ "postfix/smtpd", "", ENVELOPE_JOURNAL_JSON, "notice reason=\"the journal" },
		{ "postfix/smtpd", "", ENVELOPE_RFC3164, "other text=" },
		{ "postfix/smtpd", "Last message 'connect from unknown' repeated 3 times, suppressed by syslog-ng on mx",
		  ENVELOPE_RFC3164, "notice reason=\"repeats" },
		{ "postfix/smtpd", "Last message 'longer than twenty bytes' repeated 3 times, suppressed by syslog-ng on mx",
		  ENVELOPE_RFC3164, "other text=" },
		{ "postfix/smtpd", "message repeated x times: [ connect from unknown[192.0.2.1]]", ENVELOPE_RFC3164, "other text=" },
		{ "postfix/smtpd", "message repeated 2 times: [ message repeated 2 times: [ connect from unknown[192.0.2.1]]]",
		  ENVELOPE_RFC3164, "other text=\"message repeated 2 times: [ message" },
		{ "postfix/smtpd", "message repeated 2 times: [ connect from unknown[192.0.2.1]]", ENVELOPE_RFC3164, "connect " },
		{ "cron", "message repeated 2 times: [ connect from unknown[192.0.2.1]]", ENVELOPE_RFC3164, "foreign text=\"connect" },
	};
	struct strbuf got = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct line l = { .raw = slice_str(rows[i].text), .text = slice_str(rows[i].text), .envelope = rows[i].envelope,
				  .program = slice_str(rows[i].program), .line_count = 1, .pid = -1 };
		struct event e;

		parse_line(&l, &e);
		render(&got, &e);
		CHECK(slice_eq(slice_head(strbuf_slice(&got), strlen(rows[i].want)), slice_str(rows[i].want)), "%s: %s",
		      rows[i].text, got.p);
	}
	strbuf_done(&got);
}

static void reuse_samples(const struct writer_ops *w, const struct parse_sample *samples)
{
	for (const struct parse_sample *s = samples; s && s->text; s++) {
		struct line l = line_of(w, s, slice_str(s->text));
		struct event e;

		parse_line(&l, &e);
		check_reused(&l, &e, s->text);
		l.program = SLICE("kernel");
		l.envelope = ENVELOPE_RFC3164;
		parse_line(&l, &e);
		check_reused(&l, &e, s->text);
	}
}

/* samples, lines that are refused, and both from a program that no writer claims */
static void test_reused(void **state)
{
	(void)state;
	for (size_t i = 0; parse_writers[i]; i++) {
		reuse_samples(parse_writers[i], parse_writers[i]->samples);
		reuse_samples(parse_writers[i], parse_writers[i]->refused);
	}
}

/* whatever was told before: nothing is */
static void test_init(void **state)
{
	struct event e;

	(void)state;
	memset(&e, 0xa5, sizeof e);
	event_init(&e, EV_REJECT);
	CHECK(e.kind == EV_REJECT && e.writer == WRITER_NONE && e.marks == 0, "the head");
#define F(type, name, help) CHECK(SAME_##type(e.name, FIELD_NONE_##type), "%s is told", #name);
#include "event/fields.def"
#undef F
}

/* program and text decide whose line it is: exactly one writer may claim it */
static void test_one_owner(void **state)
{
	(void)state;
	for (size_t i = 0; parse_writers[i]; i++)
		for (const struct parse_sample *s = parse_writers[i]->samples; s && s->text; s++)
			for (size_t k = 0; s->program && parse_writers[k]; k++) {
				struct line l = line_of(parse_writers[i], s, slice_str(s->text));

				CHECK(parse_writers[k]->claims(&l) == (k == i), "'%s: %s' and the writer %s", s->program,
				      s->text, writer_name(parse_writers[k]->writer));
			}
}

/* texts that look like an event and are none */
static void test_refused(void **state)
{
	struct strbuf got = { 0 };
	size_t failed = 0;

	(void)state;
	for (size_t i = 0; parse_writers[i]; i++)
		for (const struct parse_sample *s = parse_writers[i]->refused; s && s->text; s++) {
			struct slice text = heap_copy(slice_str(s->text));
			struct line l = line_of(parse_writers[i], s, text);
			struct event e;

			parse_line(&l, &e);
			if (e.kind != EV_OTHER && e.kind != EV_MALFORMED && e.kind != EV_FOREIGN) {
				render(&got, &e);
				(void)fprintf(stderr, "%s: %s\n    must be refused, got %s\n",
					      s->program ? s->program : "exim file", s->text, got.p);
				failed++;
			}
			heap_free(text);
		}
	strbuf_done(&got);
	CHECK(failed == 0, "%zu lines were taken that must be refused", failed);
}

static void cut_everywhere(const struct writer_ops *w, const struct parse_sample *s, struct strbuf *got)
{
	size_t n = strlen(s->text);

	for (size_t cut = 0; cut <= n; cut++) {
		struct slice text = heap_copy(slice_of(s->text, cut));
		struct line l = line_of(w, s, text);
		struct event e;

		parse_line(&l, &e);
		check_inside(&e, text);
		check_reused(&l, &e, s->text);
		render(got, &e);
		heap_free(text);
	}
}

static void test_prefixes(void **state)
{
	struct strbuf got = { 0 };

	(void)state;
	for (size_t i = 0; parse_writers[i]; i++) {
		const struct writer_ops *w = parse_writers[i];

		for (const struct parse_sample *s = w->samples; s && s->text; s++)
			cut_everywhere(w, s, &got);
		for (const struct parse_sample *s = w->refused; s && s->text; s++)
			cut_everywhere(w, s, &got);
	}
	strbuf_done(&got);
}

/* one byte changed, at every place: parsers must stay inside, whatever they make of it */
static void test_mutations(void **state)
{
	static const char BYTES[] = { '\0', ' ', '>', '<', '=', ',', ')', '(', '"', '\\', ':', '[', ']', '\n', '\xff', '0' };
	struct strbuf got = { 0 };

	(void)state;
	for (size_t i = 0; parse_writers[i]; i++)
		for (const struct parse_sample *s = parse_writers[i]->samples; s && s->text; s++) {
			struct slice text = heap_copy(slice_str(s->text));
			char *p = (char *)(uintptr_t)text.p;

			for (size_t at = 0; at < text.n; at++) {
				struct line l = line_of(parse_writers[i], s, text);
				struct event e;
				char old = p[at];

				p[at] = BYTES[(at * 7 + text.n) % sizeof BYTES];
				parse_line(&l, &e);
				check_inside(&e, text);
				check_reused(&l, &e, s->text);
				render(&got, &e);
				p[at] = old;
			}
			heap_free(text);
		}
	strbuf_done(&got);
}

/* a writer without samples is not tested at all */
static void test_covered(void **state)
{
	bool seen[WRITER_COUNT] = { false };

	(void)state;
	for (size_t i = 0; parse_writers[i]; i++) {
		const struct writer_ops *w = parse_writers[i];
		size_t n = 0;

		CHECK(w->writer > WRITER_NONE && w->writer < WRITER_COUNT && !seen[w->writer], "row %zu", i);
		seen[w->writer] = true;
		for (const struct parse_sample *s = w->samples; s && s->text; s++, n++)
			CHECK(s->want && *s->want, "%s: sample without a want: %s", writer_name(w->writer), s->text);
		CHECK(n > 0, "%s has no samples", writer_name(w->writer));
		CHECK(w->refused && w->refused[0].text, "%s has no refused lines", writer_name(w->writer));
	}
	for (size_t i = WRITER_NONE + 1; i < WRITER_COUNT; i++)
		CHECK(seen[i] || i == WRITER_MAIL, "%s has no parser", writer_name((enum writer)i));
}

static void test_foreign(void **state)
{
	static const struct {
		const char *program, *text;
		enum event_kind want;
	} ROWS[] = {
		{ "kernel", "eth0: link up", EV_FOREIGN },
		{ "CRON", "pam_unix(cron:session): session opened", EV_FOREIGN },
		{ NULL, "not a log line", EV_FOREIGN },
		{ "rspamd", "<abc>; proxy; rspamd_task_write_log", EV_OTHER },
		{ "", "", EV_FOREIGN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct line l = { .program = slice_str(ROWS[i].program), .text = slice_str(ROWS[i].text), .pid = -1 };
		struct event e;

		parse_line(&l, &e);
		CHECK(e.kind == ROWS[i].want, "'%s' became %s", ROWS[i].text, event_kind_name(e.kind));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples), cmocka_unit_test(test_repeated), cmocka_unit_test(test_transport),  cmocka_unit_test(test_one_owner), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_prefixes), cmocka_unit_test(test_mutations), cmocka_unit_test(test_covered),
		cmocka_unit_test(test_foreign),  cmocka_unit_test(test_reused), cmocka_unit_test(test_init),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

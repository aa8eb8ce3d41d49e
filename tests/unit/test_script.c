/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_script.c - which directory a local submission came from, and which it did not
 */
#include "unit.h"

#include "fact/submitter.h"
#include "track/track.h"

#define T0 (INT64_C(1795230000) * USEC_PER_SEC)

/* the messages told, "user directory\n" each, in order of their ids */
struct heard {
	char text[2048];
	size_t n, lines;
};

static void on_message(void *ctx, const struct message *m)
{
	struct heard *h = ctx;
	int n = snprintf(h->text + h->n, sizeof h->text - h->n, "%.*s %.*s\n", SLICE_ARG(m->user),
			 SLICE_ARG(m->directory.p ? m->directory : SLICE("-")));

	assert_true(n > 0 && h->n + (size_t)n < sizeof h->text);
	h->n += (size_t)n;
	for (const struct fact_line *l = m->lines; l; l = l->next)
		h->lines++;
}

struct run {
	struct heard heard;
	struct tracker *t;
	unsigned next_id;
};

static void begin(struct run *r, unsigned details, bool keep_lines)
{
	const struct tracker_options o = { .details = details, .keep_lines = keep_lines };
	struct fact_sink sink = { .ctx = &r->heard, .message = on_message };

	memset(r, 0, sizeof *r);
	r->t = tracker_new(&o, &sink);
}

static const char *end(struct run *r)
{
	tracker_end(r->t);
	tracker_free(r->t);
	return r->heard.text;
}

static struct line line_at(usec_t at, int64_t pid)
{
	return (struct line){ .server = SLICE("mx1"), .program = SLICE("exim"), .pid = pid, .time_us = T0 + at };
}

static void command(struct run *r, usec_t at, int64_t pid, const char *directory, const char *arguments)
{
	struct line l = line_at(at, pid);
	struct event e;

	l.text = slice_str(directory); /* equal lines may be one */
	event_init(&e, EV_NOTICE);
	e.writer = WRITER_EXIM;
	e.category = NOTICE_COMMAND;
	e.folder = slice_str(directory);
	e.action = slice_str(arguments);
	tracker_feed(r->t, &l, &e);
}

static void arrival(struct run *r, usec_t at, int64_t pid, const char *user, const char *sender)
{
	struct line l = line_at(at, pid);
	struct event e;
	char id[32];
	int n = snprintf(id, sizeof id, "1xUbTR-0000000%04u-0aaa", r->next_id++);

	event_init(&e, EV_ACCEPT);
	e.writer = WRITER_EXIM;
	e.queue_id = slice_of(id, (size_t)n);
	e.sender = slice_str(sender);
	e.user = e.ident = slice_str(user);
	e.marks = MARK_LOCAL;
	tracker_feed(r->t, &l, &e);
}

#define SENDMAIL "/usr/sbin/sendmail -t -i"

static void test_next_line(void **state)
{
	struct run r;

	(void)state;
	begin(&r, DETAIL_SCRIPTS, false);
	command(&r, 0, -1, "/home/anna/public_html", SENDMAIL);
	arrival(&r, USEC_PER_SEC, -1, "anna", "anna@example.com");
	arrival(&r, USEC_PER_SEC, -1, "anna", "anna@example.com"); /* its command was used */
	assert_string_equal(end(&r), "anna /home/anna/public_html\nanna -\n");
}

static void test_nobody_asked(void **state)
{
	struct run r;

	(void)state;
	begin(&r, DETAIL_ALL & ~(unsigned)DETAIL_SCRIPTS, false);
	command(&r, 0, -1, "/home/anna/public_html", SENDMAIL);
	arrival(&r, 0, -1, "anna", "anna@example.com");
	assert_string_equal(end(&r), "anna -\n");
}

static void test_interleaved_processes(void **state)
{
	struct run r;

	(void)state;
	begin(&r, DETAIL_SCRIPTS, true);
	command(&r, 0, 100, "/srv/www/a", SENDMAIL);
	command(&r, 0, 101, "/srv/www/b", SENDMAIL);
	command(&r, 0, 102, "/srv/www/c", SENDMAIL);
	arrival(&r, 40 * USEC_PER_SEC, 102, "www-data", "c@example.com"); /* read from a slow script */
	arrival(&r, 41 * USEC_PER_SEC, 100, "www-data", "a@example.com");
	arrival(&r, 42 * USEC_PER_SEC, 999, "www-data", "d@example.com"); /* of a command that is not in the log */
	arrival(&r, 43 * USEC_PER_SEC, 101, "www-data", "b@example.com");
	assert_string_equal(end(&r), "www-data /srv/www/c\nwww-data /srv/www/a\nwww-data -\nwww-data /srv/www/b\n");
	assert_int_equal(r.heard.lines, 7); /* each arrival, and three commands */
}

static void test_wrong_user(void **state)
{
	struct run r;

	(void)state;
	begin(&r, DETAIL_SCRIPTS, false);
	command(&r, 0, -1, "/home/bert/public_html", SENDMAIL);
	command(&r, 0, -1, "/home/anna/public_html", SENDMAIL);
	arrival(&r, 0, -1, "carl", "carl@example.com");
	arrival(&r, 0, -1, "anna", "anna@example.com");
	arrival(&r, 0, -1, "bert", "bert@example.com");
	assert_string_equal(end(&r), "carl -\nanna /home/anna/public_html\nbert /home/bert/public_html\n");
}

/* the oldest, unless another one names the sender or lies in the user's home */
static void test_best_of_several(void **state)
{
	struct run r;

	(void)state;
	begin(&r, DETAIL_SCRIPTS, false);
	command(&r, 0, -1, "/srv/www/a", SENDMAIL);
	command(&r, 0, -1, "/srv/www/b", SENDMAIL " \"-f shop@example.com\"");
	command(&r, 0, -1, "/srv/www/c", SENDMAIL);
	arrival(&r, 0, -1, "nobody", "Shop@example.com");
	arrival(&r, 0, -1, "nobody", "x@example.com");
	arrival(&r, 0, -1, "nobody", "x@example.com");
	assert_string_equal(end(&r), "nobody /srv/www/b\nnobody /srv/www/a\nnobody /srv/www/c\n");
}

static void test_years_apart(void **state)
{
	struct run r;

	(void)state;
	begin(&r, DETAIL_SCRIPTS, false);
	command(&r, 0, 7, "/srv/www/a", SENDMAIL);
	command(&r, 0, -1, "/srv/www/b", SENDMAIL);
	arrival(&r, 366 * USEC_PER_DAY, 7, "www-data", "a@example.com"); /* the same process id again */
	arrival(&r, 366 * USEC_PER_DAY, -1, "www-data", "b@example.com");
	assert_string_equal(end(&r), "www-data -\nwww-data -\n");
}

/* commands that hand nothing in, and such as have no script: these take their own message with them */
static void test_other_commands(void **state)
{
	static const char *const OTHERS[] = { "/usr/sbin/exim -Mc 1xUbTR-00000005Ab1-0aaa", "/usr/sbin/exim -bp", "/usr/sbin/exim -bpc",
					      "/usr/sbin/exim -bd -q1h", "/usr/sbin/exim -q", "/usr/sbin/exim -bV", "/usr/sbin/exim -bt a@b",
					      "/usr/sbin/exim -t -oem -oi -f <> -E1xUbTR-00000005Ab1-0aaa", "" };
	struct run r;

	(void)state;
	begin(&r, DETAIL_SCRIPTS, false);
	for (size_t i = 0; i < ARRAY_LEN(OTHERS); i++)
		command(&r, 0, -1, "/root", OTHERS[i]);
	arrival(&r, 0, -1, "root", "root@example.com");
	command(&r, 0, -1, "/", SENDMAIL);
	command(&r, 0, -1, "/srv/www/a", SENDMAIL);
	arrival(&r, 0, -1, "root", "root@example.com");
	arrival(&r, 0, -1, "www-data", "a@example.com");
	assert_string_equal(end(&r), "root -\nroot -\nwww-data /srv/www/a\n");
}

static void test_several_over_smtp(void **state)
{
	struct run r;

	(void)state;
	begin(&r, DETAIL_SCRIPTS, false);
	command(&r, 0, 5, "/srv/list", "/usr/sbin/exim -bs");
	arrival(&r, 0, 5, "list", "list@example.com");
	arrival(&r, USEC_PER_SEC, 5, "list", "list@example.com");
	assert_string_equal(end(&r), "list /srv/list\nlist /srv/list\n");
}

/* more commands than are remembered, and texts longer than are kept */
static void test_bounds(void **state)
{
	char directory[2000], arguments[3000] = "/usr/sbin/sendmail -f ";
	struct run r;

	(void)state;
	memset(directory, 'd', sizeof directory - 1);
	directory[0] = '/';
	directory[sizeof directory - 1] = '\0';
	memset(arguments + strlen(arguments), '@', sizeof arguments - strlen(arguments) - 1);
	arguments[sizeof arguments - 1] = '\0';
	begin(&r, DETAIL_SCRIPTS, false);
	for (int i = 0; i < 1000; i++)
		command(&r, 0, 1000 + i, "/srv/www/a", SENDMAIL);
	arrival(&r, 0, 1000, "www-data", "a@example.com"); /* forgotten */
	arrival(&r, 0, 1999, "www-data", "a@example.com");
	command(&r, USEC_PER_SEC, 1, directory, arguments);
	arrival(&r, USEC_PER_SEC, 1, "www-data", "a@example.com");
	assert_string_equal(end(&r), "www-data -\nwww-data /srv/www/a\nwww-data -\n");
}

static void test_homes(void **state)
{
	(void)state;
	CHECK_SLICE(submitter_of_home(SLICE("/home/anna/public_html")), SLICE("anna"));
	CHECK_SLICE(submitter_of_home(SLICE("/home/anna")), SLICE("anna"));
	CHECK_SLICE(submitter_of_home(SLICE("/home12/anna/x")), SLICE("anna"));
	CHECK_SLICE(submitter_of_home(SLICE("/usr/home/anna/x")), SLICE("anna"));
	assert_null(submitter_of_home(SLICE("/home")).p);
	assert_null(submitter_of_home(SLICE("/home/")).p);
	assert_null(submitter_of_home(SLICE("/homes/anna")).p);
	assert_null(submitter_of_home(SLICE("/var/www")).p);
	assert_null(submitter_of_home(SLICE_NONE).p);
	assert_true(submitter_is_web_server(SLICE("www-data")));
	assert_true(submitter_is_web_server(SLICE("33")));
	assert_false(submitter_is_web_server(SLICE("0")));
	assert_false(submitter_is_web_server(SLICE_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_line),	   cmocka_unit_test(test_nobody_asked),
		cmocka_unit_test(test_interleaved_processes), cmocka_unit_test(test_wrong_user),
		cmocka_unit_test(test_best_of_several),	   cmocka_unit_test(test_years_apart),
		cmocka_unit_test(test_other_commands),	   cmocka_unit_test(test_several_over_smtp),
		cmocka_unit_test(test_bounds),		   cmocka_unit_test(test_homes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_track.c - the tracker's promises that no log shows: what it keeps, when it announces, how it finds messages
 */
#include "unit.h"

#include "track/track.h"

#define MESSAGES 3000

/* what the sink was told, in its order */
struct heard {
	char ids[MESSAGES][64];
	size_t n, announced, details;
};

static void on_soon(void *ctx, const struct message *m)
{
	struct heard *h = ctx;

	CHECK(m->queue_id.n > 0, "announced without an id");
	h->announced++;
}

static size_t details_of(const struct message *m, const struct attempt *a)
{
	return (size_t)(m->helo.p != NULL) + (m->subject.p != NULL) + (a->dsn.p != NULL) + (a->reply.p != NULL);
}

static void on_message(void *ctx, const struct message *m)
{
	struct heard *h = ctx;
	const struct attempt *a;

	assert_true(h->n < MESSAGES);
	(void)snprintf(h->ids[h->n++], sizeof h->ids[0], "%.*s", SLICE_ARG(m->queue_id));
	CHECK_SLICE(m->server, SLICE("mx1"));
	CHECK_SLICE(m->sender, SLICE("alice@example.com"));
	assert_int_equal(m->n_recipients, 1);
	CHECK_SLICE(m->recipients->address, m->queue_id);
	assert_int_equal(m->recipients->outcome, OUTCOME_RELAYED);
	a = m->recipients->attempts;
	CHECK_SLICE(a->relay_host, SLICE("mx.example.net"));
	CHECK_SLICE(a->relay_ip, SLICE("192.0.2.1"));
	assert_null(a->next);
	h->details += details_of(m, a);
}

/* one line of message i: 0 its arrival, 1 its delivery, 2 its end */
static void feed(struct tracker *t, size_t i, int step, bool numbers)
{
	static const char LONG[] = "abcdefghijklmnopqrstuvwxyzabcdefgh";
	char id[64];
	int n = snprintf(id, sizeof id, "%.*s%04zu", (int)(i % 35), LONG, i); /* 4 to 38 bytes */
	struct line l = { .server = SLICE("mx1"), .program = SLICE("exim"), .pid = -1,
			  .time_us = (usec_t)(i + (size_t)step * 40) * USEC_PER_SEC / 4,
			  .server_no = numbers ? 7 : 0, .program_no = numbers ? 9 : 0 };
	struct event e;

	event_init(&e, step == 0 ? EV_ACCEPT : step == 1 ? EV_ATTEMPT : EV_DONE);
	e.writer = WRITER_EXIM;
	e.queue_id = slice_of(id, (size_t)n);
	if (step == 0) {
		e.sender = SLICE("alice@example.com");
		e.helo = SLICE("pc.example.com");
		e.subject = SLICE("hello");
	} else if (step == 1) {
		e.recipient = e.queue_id;
		e.outcome = OUTCOME_RELAYED;
		e.relay_host = SLICE("mx.example.net");
		e.relay_ip = SLICE("192.0.2.1");
		e.dsn = SLICE("2.0.0");
		e.reply = SLICE("250 ok");
	}
	tracker_feed(t, &l, &e);
}

static struct heard *track(const struct tracker_options *o, bool numbers)
{
	struct heard *h = xcalloc(1, sizeof *h);
	struct fact_sink sink = { .ctx = h, .message = on_message, .soon = on_soon };
	struct tracker *t = tracker_new(o, &sink);

	/* always some dozens open at once, in all stages */
	for (size_t i = 0; i < MESSAGES + 80; i++)
		for (int step = 0; step < 3; step++)
			if (i >= (size_t)step * 40 && i - (size_t)step * 40 < MESSAGES)
				feed(t, i - (size_t)step * 40, step, numbers);
	tracker_end(t);
	assert_int_equal(tracker_stats(t).open_messages, 0);
	tracker_free(t);
	assert_int_equal(h->n, MESSAGES);
	return h;
}

static void test_same_with_numbers(void **state)
{
	const struct tracker_options o = { .details = DETAIL_ALL };
	struct heard *plain = track(&o, false), *numbered = track(&o, true);

	(void)state;
	for (size_t i = 0; i < MESSAGES; i++)
		assert_string_equal(plain->ids[i], numbered->ids[i]);
	free(plain);
	free(numbered);
}

/* all but the first ones of a row, each once */
static void test_announced(void **state)
{
	struct heard *h = track(&(struct tracker_options){ 0 }, true);

	(void)state;
	assert_int_equal(h->announced, MESSAGES - 4);
	free(h);
}

static void test_details(void **state)
{
	struct heard *all = track(&(struct tracker_options){ .details = DETAIL_ALL }, true);
	struct heard *few = track(&(struct tracker_options){ 0 }, true);

	(void)state;
	assert_int_equal(all->details, 4 * MESSAGES);
	assert_int_equal(few->details, 0);
	free(all);
	free(few);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_with_numbers),
		cmocka_unit_test(test_announced),
		cmocka_unit_test(test_details),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

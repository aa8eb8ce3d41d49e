/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_mailbox.c - deliveries joined to messages: any order of the lines, bounds, and whose mail it is
 */
#include "unit.h"

#include "fact/mailbox.h"
#include "track/track.h"

struct heard {
	size_t messages, events, actions, told_actions;
	enum outcome outcomes[8]; /* of the recipients of the last message */
	char first_action[32];
};

static void on_message(void *ctx, const struct message *m)
{
	struct heard *h = ctx;
	size_t n = 0;

	h->messages++;
	h->actions = 0;
	for (const struct recipient *r = m->recipients; r && n < ARRAY_LEN(h->outcomes); r = r->next)
		h->outcomes[n++] = r->outcome;
	for (const struct mailbox_action *a = m->mailbox; a; a = a->next)
		h->actions++;
	h->told_actions = m->n_mailbox;
	if (m->mailbox)
		(void)snprintf(h->first_action, sizeof h->first_action, "%.*s", SLICE_ARG(m->mailbox->action));
}

static void on_mailbox(void *ctx, const struct mailbox_action *a)
{
	struct heard *h = ctx;

	CHECK(a->user.n > 0, "an owner");
	h->events++;
}

static struct tracker *new_tracker_for(struct heard *h, unsigned details)
{
	const struct tracker_options o = { .details = details };
	const struct fact_sink sink = { .ctx = h, .message = on_message, .mailbox = on_mailbox };

	*h = (struct heard){ 0 };
	return tracker_new(&o, &sink);
}

static struct tracker *new_tracker(struct heard *h)
{
	return new_tracker_for(h, DETAIL_ALL);
}

static void feed(struct tracker *t, int64_t at_ms, enum writer writer, struct event *e)
{
	const struct line l = { .server = SLICE("mx1"), .program = SLICE("postfix/x"), .pid = 1,
				.time_us = (usec_t)1000000 * USEC_PER_SEC + at_ms * 1000 };

	e->writer = writer;
	tracker_feed(t, &l, e);
}

static void arrive(struct tracker *t, int64_t at_ms, const char *id, const char *message_id)
{
	struct event e;

	event_init(&e, EV_ACCEPT);
	e.queue_id = slice_str(id);
	e.client_ip = SLICE("198.51.100.7");
	feed(t, at_ms, WRITER_POSTFIX, &e);
	if (!message_id)
		return;
	event_init(&e, EV_HEADER);
	e.queue_id = slice_str(id);
	e.message_id = slice_str(message_id);
	feed(t, at_ms + 1, WRITER_POSTFIX, &e);
}

static void sent(struct tracker *t, int64_t at_ms, const char *id, const char *to, const char *session)
{
	struct event e;

	event_init(&e, EV_ATTEMPT);
	e.marks = MARK_LOCAL;
	e.queue_id = slice_str(id);
	e.recipient = slice_str(to);
	e.outcome = OUTCOME_DELIVERED;
	e.session = session ? slice_str(session) : SLICE_NONE;
	feed(t, at_ms, WRITER_POSTFIX, &e);
}

static void done(struct tracker *t, int64_t at_ms, const char *id)
{
	struct event e;

	event_init(&e, EV_DONE);
	e.queue_id = slice_str(id);
	feed(t, at_ms, WRITER_POSTFIX, &e);
}

static void says(struct tracker *t, int64_t at_ms, const char *service, const char *user, const char *session,
		 const char *message_id, const char *action)
{
	struct event e;

	event_init(&e, EV_MAILBOX);
	e.service = slice_str(service);
	e.user = slice_str(user);
	e.session = session ? slice_str(session) : SLICE_NONE;
	e.message_id = message_id ? slice_str(message_id) : SLICE_NONE;
	e.action = slice_str(action);
	e.folder = SLICE("INBOX");
	feed(t, at_ms, WRITER_DOVECOT, &e);
}

/* lines of two processes come in any order, and with or without the session in the MTA's */
static void test_orders(void **state)
{
	(void)state;
	for (int order = 0; order < 8; order++) {
		const char *session = order & 1 ? "abcdefgh12345678" : NULL;
		struct heard h;
		struct tracker *t = new_tracker(&h);
		int64_t dovecot = order & 2 ? 2 : 500, forward = order & 4 ? 2 : 700;

		for (int64_t ms = 0; ms < 1000; ms++) {
			if (ms == 0)
				arrive(t, ms, "4A1B2C3D4E", "<m1@example.org>");
			if (ms == dovecot)
				says(t, ms, "lmtp", "ann@example.com", "abcdefgh12345678", "<m1@example.org>", "discard");
			if (ms == forward)
				says(t, ms, "lmtp", "ann@example.com", "abcdefgh12345678", "<m1@example.org>", "vacation");
			if (ms == 100)
				sent(t, ms, "4A1B2C3D4E", "ann@example.com", session);
			if (ms == 110)
				done(t, ms, "4A1B2C3D4E");
		}
		tracker_end(t);
		tracker_free(t);
		CHECK(h.messages == 1 && h.events == 0 && h.actions == 2, "order %d: %zu messages, %zu events, %zu actions",
		      order, h.messages, h.events, h.actions);
		CHECK(h.outcomes[0] == OUTCOME_DISCARDED, "order %d: %s", order, outcome_name(h.outcomes[0]));
	}
}

/* without a Message-ID the session alone tells, before the MTA's word and after it */
static void test_no_message_id(void **state)
{
	(void)state;
	for (int order = 0; order < 2; order++) {
		struct heard h;
		struct tracker *t = new_tracker(&h);

		says(t, 0, "lmtp", "zoe@example.com", "zzzzzzzzzzzzzzzz", "<other@example.org>", "store");
		arrive(t, 0, "4A1B2C3D4E", NULL);
		if (order)
			says(t, 10, "lmtp", "ann@example.com", "abcdefgh12345678", NULL, "discard");
		sent(t, 20, "4A1B2C3D4E", "ann@example.com", "abcdefgh12345678");
		done(t, 21, "4A1B2C3D4E");
		if (!order)
			says(t, 30, "lmtp", "ann@example.com", "abcdefgh12345678", NULL, "discard");
		tracker_end(t);
		tracker_free(t);
		CHECK(h.outcomes[0] == OUTCOME_DISCARDED, "order %d: %s", order, outcome_name(h.outcomes[0]));
		assert_int_equal(h.events, 1); /* zoe's */
	}
}

/* Who only counts hears of everything once, by itself, and messages end as they do for others. */
static void test_counted(void **state)
{
	static const struct {
		const char *user, *actions[4];
		size_t events;
		enum outcome outcome;
	} ROWS[] = {
		{ "ann@example.com", { "store" }, 1, OUTCOME_DELIVERED },
		{ "ann@example.com", { "store", "vacation" }, 2, OUTCOME_DELIVERED },
		{ "ann@example.com", { "vacation", "store" }, 2, OUTCOME_DELIVERED },
		{ "ann@example.com", { "save", "store" }, 1, OUTCOME_DELIVERED }, /* two words for one delivery */
		{ "ann@example.com", { "discard" }, 1, OUTCOME_DISCARDED },
		{ "ann@example.com", { "discard", "store" }, 2, OUTCOME_DELIVERED },
		{ "ann@example.com", { "forward" }, 1, OUTCOME_EXPANDED },
		{ "zoe@example.com", { "store" }, 1, OUTCOME_DELIVERED },
		{ "zoe@example.com", { "discard" }, 1, OUTCOME_DELIVERED }, /* of another mail */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS) * 2; i++) {
		unsigned details = i % 2 ? DETAIL_ALL : DETAIL_ALL & ~(unsigned)DETAIL_MAILBOX;
		bool own = ROWS[i / 2].user[0] == 'a';
		const char *session = own ? "abcdefgh12345678" : "zzzzzzzzzzzzzzzz";
		struct heard h;
		struct tracker *t = new_tracker_for(&h, details);
		size_t forwards = slice_is(slice_str(ROWS[i / 2].actions[0]), "forward");

		arrive(t, 0, "4A1B2C3D4E", "<m1@example.org>");
		for (size_t k = 0; k < 4 && ROWS[i / 2].actions[k]; k++)
			says(t, 10, "lmtp", ROWS[i / 2].user, session, own ? "<m1@example.org>" : "<m2@example.org>",
			     ROWS[i / 2].actions[k]);
		sent(t, 20, "4A1B2C3D4E", "ann@example.com", "abcdefgh12345678");
		done(t, 30, "4A1B2C3D4E");
		tracker_end(t);
		tracker_free(t);
		CHECK(h.events == (i % 2 && own ? 0 : ROWS[i / 2].events), "row %zu: %zu events", i, h.events);
		CHECK(h.actions == (i % 2 && own ? ROWS[i / 2].events : forwards), "row %zu: %zu actions", i, h.actions);
		CHECK(h.outcomes[0] == ROWS[i / 2].outcome, "row %zu: %s", i, outcome_name(h.outcomes[0]));
	}
}

/* old releases: all recipients of a transaction have one session */
static void test_one_session(void **state)
{
	struct heard h;
	struct tracker *t = new_tracker(&h);

	(void)state;
	arrive(t, 0, "4A1B2C3D4E", "<m1@example.org>");
	says(t, 10, "lmtp", "ann@example.com", "abcdefgh12345678", "<m1@example.org>", "discard");
	says(t, 11, "lmtp", "bob@example.com", "abcdefgh12345678", "<m1@example.org>", "store");
	sent(t, 20, "4A1B2C3D4E", "ann@example.com", "abcdefgh12345678");
	sent(t, 21, "4A1B2C3D4E", "bob@example.com", "abcdefgh12345678");
	done(t, 30, "4A1B2C3D4E");
	tracker_end(t);
	tracker_free(t);
	assert_int_equal(h.outcomes[0], OUTCOME_DISCARDED);
	assert_int_equal(h.outcomes[1], OUTCOME_DELIVERED);
	assert_int_equal(h.events, 0);
}

/* a session that comes again after its message was told and its place was taken */
static void test_session_of_another(void **state)
{
	struct heard h;
	struct tracker *t = new_tracker(&h);

	(void)state;
	says(t, 0, "lmtp", "zoe@example.com", "zzzzzzzzzzzzzzzz", "<other@example.org>", "store");
	arrive(t, 0, "4A1B2C3D4E", NULL);
	sent(t, 20, "4A1B2C3D4E", "ann@example.com", "abcdefgh12345678");
	done(t, 21, "4A1B2C3D4E");
	arrive(t, 200000, "4A1B2C3D4F", NULL); /* the first one is gone by now */
	sent(t, 200001, "4A1B2C3D4F", "bob@example.com", "hijklmno12345678");
	says(t, 200002, "lmtp", "ann@example.com", "abcdefgh12345678", NULL, "discard");
	tracker_end(t);
	tracker_free(t);
	assert_int_equal(h.messages, 2);
	assert_int_equal(h.outcomes[0], OUTCOME_DELIVERED);
	assert_int_equal(h.events, 2);
}

/* what one owner's script does is not another's */
static void test_two_owners(void **state)
{
	struct heard h;
	struct tracker *t = new_tracker(&h);

	(void)state;
	arrive(t, 0, "4A1B2C3D4E", "<m1@example.org>");
	says(t, 10, "lda", "bob", NULL, "<m1@example.org>", "discard");
	says(t, 11, "lda", "ann", NULL, "<m1@example.org>", "store");
	says(t, 12, "lda", "zoe", NULL, "<m1@example.org>", "store");
	sent(t, 20, "4A1B2C3D4E", "ann+lists@example.com", NULL);
	sent(t, 21, "4A1B2C3D4E", "bob@example.com", NULL);
	done(t, 30, "4A1B2C3D4E");
	tracker_end(t);
	tracker_free(t);
	assert_int_equal(h.messages, 1);
	assert_int_equal(h.outcomes[0], OUTCOME_DELIVERED);
	assert_int_equal(h.outcomes[1], OUTCOME_DISCARDED);
	assert_int_equal(h.events, 1); /* zoe's */
}

/* another message with the same id, long before or to somebody else, gets nothing */
static void test_not_by_id_alone(void **state)
{
	struct heard h;
	struct tracker *t = new_tracker(&h);

	(void)state;
	arrive(t, 0, "4A1B2C3D4E", "<m1@example.org>");
	sent(t, 20, "4A1B2C3D4E", "ann@example.com", "aaaaaaaaaaaaaaaa");
	says(t, 90000, "lmtp", "ann@example.com", "bbbbbbbbbbbbbbbb", "<m1@example.org>", "discard");
	tracker_end(t);
	tracker_free(t);
	assert_int_equal(h.outcomes[0], OUTCOME_DELIVERED);
	assert_int_equal(h.events, 1);
	assert_int_equal(h.actions, 0);
}

/* whoever feeds lines can't make it grow */
static void test_bounds(void **state)
{
	struct heard h;
	struct tracker *t = new_tracker(&h);
	size_t held;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char session[32], id[64];

		(void)snprintf(session, sizeof session, "session%012d", i);
		(void)snprintf(id, sizeof id, "<%d@example.org>", i);
		says(t, i / 1000, "lmtp", "ann@example.com", session, id, "store");
	}
	held = tracker_stats(t).held_bytes;
	CHECK(held < (size_t)16 << 20, "%zu bytes", held);
	CHECK(h.events >= 20000 - 4096, "%zu told", h.events);
	arrive(t, 1000, "4A1B2C3D4E", "<m1@example.org>");
	sent(t, 1001, "4A1B2C3D4E", "ann@example.com", NULL);
	for (int i = 0; i < 10000; i++)
		says(t, 2000 + i, "imap", "ann@example.com", "imap1", "<m1@example.org>", i ? "flag_change" : "expunge");
	tracker_end(t);
	tracker_free(t);
	assert_int_equal(h.actions, MAILBOX_ACTIONS_MAX);
	assert_int_equal(h.told_actions, 10000);
	assert_string_equal(h.first_action, "expunge");
	assert_int_equal(h.events, 20000);
}

static void test_ids(void **state)
{
	static const char LONG[] = "<0102018f3c5e9a7b-4d2c1b0a-9f8e-7d6c-5b4a-392817f6e5d4-000000@eu-west-1.amazonses.example>";
	char cut[96];

	(void)state;
	(void)snprintf(cut, sizeof cut, "%.77s...", LONG);
	assert_true(mailbox_same_id(slice_str(LONG), slice_str(cut)));
	assert_int_equal(mailbox_id_key(slice_str(LONG)), mailbox_id_key(slice_str(cut)));
	assert_true(mailbox_same_id(SLICE("<a@b>"), SLICE(" a@b")));
	assert_int_equal(mailbox_id_key(SLICE("<a@b>")), mailbox_id_key(SLICE(" a@b")));
	assert_false(mailbox_same_id(SLICE("<a@b.example>"), SLICE("<a@b...")));
	assert_false(mailbox_same_id(SLICE("<a@b>"), SLICE("<A@b>")));
	assert_int_equal(mailbox_id_key(SLICE("<>")), 0);
	cut[5]++;
	assert_false(mailbox_same_id(slice_str(LONG), slice_str(cut)));
}

/* notifications have Message-IDs that the MTA made of their queue ids and does not log */
static void test_made(void **state)
{
	struct heard h;
	struct tracker *t = new_tracker(&h);

	(void)state;
	CHECK_SLICE(mailbox_made_of(SLICE("<E1rJkXm-0003kl-Qp@mx.example.com>")), SLICE("1rJkXm-0003kl-Qp"));
	CHECK_SLICE(mailbox_made_of(SLICE("<202611212100.6ALL0cWT003519@mailhost>")), SLICE("6ALL0cWT003519"));
	assert_null(mailbox_made_of(SLICE("<abc@example.org>")).p);
	assert_null(mailbox_made_of(SLICE("<a.b-c-d-e-f-g@example.org>")).p);
	assert_null(mailbox_made_of(SLICE("<E@x>")).p);
	arrive(t, 0, "6ALL0cWT003519", NULL);
	arrive(t, 0, "6ALL0cWT003520", NULL);
	says(t, 10, "lmtp", "ann@example.com", "abcdefgh12345678", "<202611212100.6ALL0cWT003519@mailhost>", "store");
	says(t, 11, "lmtp", "bob@example.com", "bbcdefgh12345678", "<202611212100.6ALL0cWT003520@mailhost>", "store");
	sent(t, 20, "6ALL0cWT003519", "ann@example.com", NULL);
	sent(t, 21, "6ALL0cWT003520", "zoe@example.net", NULL);
	done(t, 21, "6ALL0cWT003519");
	tracker_end(t);
	tracker_free(t);
	assert_int_equal(h.events, 0); /* zoe's mail has one recipient only, and it was at the same time */
	assert_int_equal(h.messages, 2);
}

static void test_owners(void **state)
{
	static const struct {
		const char *address, *orig, *user;
		int want;
	} rows[] = {
		{ "ann@example.com", NULL, "Ann@Example.com", 3 },
		{ "ann+lists@example.com", NULL, "ann@example.com", 2 },
		{ "ann@example.com", NULL, "ann", 2 },
		{ "ann", NULL, "ann@example.com", 2 },
		{ "u1@store.example.com", "ann@example.com", "ann@example.com", 3 },
		{ "ann@example.com", NULL, "ann@example.net", 0 },
		{ "ann@example.com", NULL, "anna", 0 },
		{ "+ann@example.com", NULL, "", 0 },
		{ "+ann@example.com", NULL, "+bob", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct recipient r = { .address = slice_str(rows[i].address),
					     .orig_address = rows[i].orig ? slice_str(rows[i].orig) : SLICE_NONE };

		CHECK(mailbox_owner_fits(&r, slice_str(rows[i].user)) == rows[i].want, "row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counted),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_one_session),
		cmocka_unit_test(test_no_message_id), cmocka_unit_test(test_session_of_another),
		cmocka_unit_test(test_orders), cmocka_unit_test(test_two_owners), cmocka_unit_test(test_not_by_id_alone),
		cmocka_unit_test(test_bounds), cmocka_unit_test(test_ids),	  cmocka_unit_test(test_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

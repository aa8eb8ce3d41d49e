/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_filter.c - which facts pass which filters
 */
#include "unit.h"

#include "fact/filter.h"

/* a slice in a static initialiser */
#define S(literal) { "" literal "", sizeof(literal) - 1 }

static struct attempt refused = {
	.outcome = OUTCOME_BOUNCED, .relay_host = S("mx2.example.org"), .relay_ip = S("2001:db8::25"),
	.reply = S("550 5.1.1 No Such User Here"),
};
static struct attempt taken = {
	.outcome = OUTCOME_RELAYED, .relay_host = S("mx.example.net"), .relay_ip = S("198.51.100.2"),
	.next_queue_id = S("77AA88BB"),
};
static struct recipient carol = {
	.address = S("carol@sub.example.org"), .orig_address = S("sales@example.com"),
	.outcome = OUTCOME_BOUNCED, .attempts = &refused,
};
static struct recipient bob = {
	.next = &carol, .address = S("Bob@Example.NET"), .outcome = OUTCOME_RELAYED, .attempts = &taken,
};
static const struct message mail = {
	.server = S("mx1"), .writer = WRITER_POSTFIX, .queue_id = S("4A1B2C3D4E"),
	.direction = DIRECTION_OUTBOUND, .sender = S("alice@example.com"), .client_host = S("pc.example.com"),
	.client_ip = S("192.0.2.7"), .helo = S("laptop.lan"), .user = S("alice@example.com"), .directory = S("/home/alice/public_html"),
	.message_id = S("<Q5.1@pc.example.com>"), .subject = S("Re: Your invoice No. 77"),
	.recipients = &bob,
};
static const struct message bounce = { .server = S("mx1"), .writer = WRITER_EXIM, .sender = { "", 0 } };

struct row {
	enum filter_kind kind;
	const char *value;
	bool want;
};

static const struct row ROWS[] = {
	{ FILTER_SENDER, "alice@example.com", true },
	{ FILTER_SENDER, "<ALICE@EXAMPLE.com>", true },
	{ FILTER_SENDER, "@example.com", true },
	{ FILTER_SENDER, "@ample.com", false },
	{ FILTER_SENDER, "@com", false },
	{ FILTER_SENDER, "lice@example.com", false },
	{ FILTER_SENDER, "alice", false },
	{ FILTER_SENDER, "<>", false },
	{ FILTER_RECIPIENT, "bob@example.net", true },
	{ FILTER_RECIPIENT, "sales@example.com", true },
	{ FILTER_RECIPIENT, "@sub.example.org", true },
	{ FILTER_RECIPIENT, "@example.org", false },
	{ FILTER_RECIPIENT, "alice@example.com", false },
	{ FILTER_ADDRESS, "alice@example.com", true },
	{ FILTER_ADDRESS, "carol@sub.example.org", true },
	{ FILTER_DOMAIN, "example.org", true },
	{ FILTER_DOMAIN, "@example.org", true },
	{ FILTER_DOMAIN, "ORG", true },
	{ FILTER_DOMAIN, "ample.org", false },
	{ FILTER_DOMAIN, "example.com.", true },
	{ FILTER_USER, "Alice@example.com", true },
	{ FILTER_USER, "alice", false },
	{ FILTER_DIRECTORY, "/home/alice", true },
	{ FILTER_DIRECTORY, "/home/alice/public_html/", true },
	{ FILTER_DIRECTORY, "/", true },
	{ FILTER_DIRECTORY, "/home/ali", false },
	{ FILTER_DIRECTORY, "/home/alice/public_html/wp", false },
	{ FILTER_IP, "192.0.2.7", true },
	{ FILTER_IP, "192.0.2.0/29", true },
	{ FILTER_IP, "192.0.2.8/29", false },
	{ FILTER_IP, "198.51.100.2", true },
	{ FILTER_IP, "2001:db8::/32", true },
	{ FILTER_IP, "::ffff:192.0.2.7", true },
	{ FILTER_CLIENT, "pc.example.com", true },
	{ FILTER_CLIENT, "example.com", true },
	{ FILTER_CLIENT, ".example.com", true },
	{ FILTER_CLIENT, "c.example.com", false },
	{ FILTER_CLIENT, "mx.example.net", true },
	{ FILTER_CLIENT, "laptop.lan", false },
	{ FILTER_SERVER, "MX1", true },
	{ FILTER_SERVER, "mx", false },
	{ FILTER_STATUS, "bounced", true },
	{ FILTER_STATUS, "delivered", false },
	{ FILTER_WRITER, "postfix", true },
	{ FILTER_WRITER, "exim", false },
	{ FILTER_QUEUE_ID, "4A1B2C3D4E", true },
	{ FILTER_QUEUE_ID, "4a1b2c3d4e", false },
	{ FILTER_QUEUE_ID, "77AA88BB", false },
	{ FILTER_MESSAGE_ID, "Q5.1@pc.example.com", true },
	{ FILTER_MESSAGE_ID, "<Q5.1@pc.example.com>", true },
	{ FILTER_MESSAGE_ID, "pc.example.com", false },
	{ FILTER_SUBJECT, "INVOICE your", true },
	{ FILTER_SUBJECT, "invoice 78", false },
	{ FILTER_STATUS, "login_ok", false },
	{ FILTER_STATUS, "login_failed", false },
	{ FILTER_REPLY, "no such user", true },
	{ FILTER_REPLY, "user no such", false },
	{ FILTER_DIRECTION, "outbound", true },
	{ FILTER_DIRECTION, "inbound", false },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct slice value = heap_copy(slice_str(ROWS[i].value));
		struct filter *f = filter_new();
		struct err err = { 0 };

		assert_true(filter_is_empty(f));
		CHECK(filter_add(f, ROWS[i].kind, value, &err) == 0, "%s: %s", ROWS[i].value, err.msg);
		heap_free(value);
		assert_false(filter_is_empty(f));
		CHECK(filter_message(f, &mail) == ROWS[i].want, "kind %d, '%s'", (int)ROWS[i].kind, ROWS[i].value);
		filter_free(f);
	}
}

static const struct {
	const char *what;
	bool want;
} WHATS[] = {
	{ "alice@example.com", true },
	{ "<bob@example.net>", true },
	{ "@example.net", true },
	{ "@ple.net", false },
	{ "4A1B2C3D4E", true },
	{ "77AA88BB", true },  /* the next server's id */
	{ "4A1B2C3D4F", false },
	{ "192.0.2.7", true },
	{ "[192.0.2.7]", true },
	{ "192.0.2.0/24", true },
	{ "192.0.3.0/24", false },
	{ "<Q5.1@pc.example.com>", true },
	{ "q5.1@pc.example.com", true },
	{ "example.org", true },
	{ "pc.example.com", true },
	{ "laptop.lan", true }, /* the HELO name, too */
	{ "laptop.la", false },
	{ "alice", true },      /* the account */
	{ "invoice", true },
	{ "Your invoice", true },
	{ "your bill", false },
	{ "invoice No. 77", true },
};

static void test_what(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof WHATS / sizeof *WHATS; i++) {
		struct filter *f = filter_new();

		assert_int_equal(filter_add_what(f, slice_str(WHATS[i].what), NULL), 0);
		CHECK(filter_message(f, &mail) == WHATS[i].want, "'%s'", WHATS[i].what);
		filter_free(f);
	}
}

/* "kind=value" several times */
static bool passes(const struct message *m, size_t n, const struct row *rows)
{
	struct filter *f = filter_new();
	bool yes;

	for (size_t i = 0; i < n; i++)
		assert_int_equal(filter_add(f, rows[i].kind, slice_str(rows[i].value), NULL), 0);
	yes = filter_message(f, m);
	filter_free(f);
	return yes;
}

#define PASSES(m, ...) \
	passes((m), sizeof((struct row[]){ __VA_ARGS__ }) / sizeof(struct row), (struct row[]){ __VA_ARGS__ })

static void test_together(void **state)
{
	(void)state;
	/* different kinds narrow */
	assert_true(PASSES(&mail, { FILTER_SENDER, "alice@example.com", 0 }, { FILTER_STATUS, "bounced", 0 }));
	assert_false(PASSES(&mail, { FILTER_SENDER, "eve@example.com", 0 }, { FILTER_STATUS, "bounced", 0 }));
	/* one kind widens */
	assert_true(PASSES(&mail, { FILTER_SENDER, "eve@example.com", 0 }, { FILTER_SENDER, "alice@example.com", 0 }));
	/* it must be one and the same recipient */
	assert_true(PASSES(&mail, { FILTER_RECIPIENT, "sales@example.com", 0 }, { FILTER_STATUS, "bounced", 0 }));
	assert_false(PASSES(&mail, { FILTER_RECIPIENT, "bob@example.net", 0 }, { FILTER_STATUS, "bounced", 0 }));
	assert_false(PASSES(&mail, { FILTER_DOMAIN, "example.net", 0 }, { FILTER_STATUS, "bounced", 0 }));
	/* the sender's domain holds whoever the recipient is */
	assert_true(PASSES(&mail, { FILTER_DOMAIN, "example.com", 0 }, { FILTER_STATUS, "relayed", 0 }));
	/* the null sender; no recipient yet is pending */
	assert_true(PASSES(&bounce, { FILTER_SENDER, "<>", 0 }));
	assert_true(PASSES(&bounce, { FILTER_SENDER, "", 0 }));
	assert_true(PASSES(&bounce, { FILTER_STATUS, "pending", 0 }));
	assert_false(PASSES(&bounce, { FILTER_RECIPIENT, "bob@example.net", 0 }));
}

/* of a message that passes, the recipients for which it does */
static void test_recipients(void **state)
{
	struct filter *f = filter_new();

	(void)state;
	assert_true(filter_recipient(f, &mail, &bob) && filter_recipient(f, &mail, &carol));
	assert_int_equal(filter_add(f, FILTER_STATUS, SLICE("bounced"), NULL), 0);
	assert_int_equal(filter_add(f, FILTER_SENDER, SLICE("alice@example.com"), NULL), 0);
	assert_true(filter_recipient(f, &mail, &carol));
	assert_false(filter_recipient(f, &mail, &bob));
	filter_free(f);
}

static void test_rejections_and_logins(void **state)
{
	const struct rejection r = {
		.server = S("mx1"), .writer = WRITER_POSTFIX, .client_ip = S("203.0.113.9"),
		.helo = S("friend.example"), .sender = S("spam@bad.example"),
		.recipient = S("bob@example.net"), .temporary = false, .reply = S("554 5.7.1 Relay access denied"),
	};
	const struct login l = {
		.server = S("mx1"), .writer = WRITER_DOVECOT, .user = S("alice@example.com"),
		.client_ip = S("203.0.113.9"), .reason = S("auth failed"),
	};
	static const struct {
		enum filter_kind kind;
		const char *value;
		bool rejection, login;
	} BOTH[] = {
		{ FILTER_IP, "203.0.113.0/24", true, true },
		{ FILTER_SENDER, "@bad.example", true, false },
		{ FILTER_RECIPIENT, "bob@example.net", true, false },
		{ FILTER_USER, "alice@example.com", false, true },
		{ FILTER_ADDRESS, "alice@example.com", false, true },
		{ FILTER_DOMAIN, "example", true, false },
		{ FILTER_DOMAIN, "com", false, true },
		{ FILTER_STATUS, "rejected", true, false },
		{ FILTER_STATUS, "bounced", false, false },
		{ FILTER_STATUS, "login_ok", false, false },
		{ FILTER_STATUS, "login_failed", false, true },
		{ FILTER_REPLY, "relay", true, false },
		{ FILTER_REPLY, "auth FAILED", false, true },
		{ FILTER_WRITER, "dovecot", false, true },
		{ FILTER_SERVER, "mx1", true, true },
		{ FILTER_DIRECTION, "inbound", false, false },
		{ FILTER_SUBJECT, "x", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof BOTH / sizeof *BOTH; i++) {
		struct filter *f = filter_new();

		assert_true(filter_rejection(f, &r) && filter_login(f, &l));
		assert_int_equal(filter_add(f, BOTH[i].kind, slice_str(BOTH[i].value), NULL), 0);
		CHECK(filter_rejection(f, &r) == BOTH[i].rejection, "rejection: '%s'", BOTH[i].value);
		CHECK(filter_login(f, &l) == BOTH[i].login, "login: '%s'", BOTH[i].value);
		filter_free(f);
	}
}

static void test_refused_values(void **state)
{
	static const struct row BAD[] = {
		{ FILTER_IP, "mx1", 0 },        { FILTER_IP, "192.0.2.0/33", 0 }, { FILTER_STATUS, "lost", 0 },
		{ FILTER_STATUS, "none", 0 },   { FILTER_WRITER, "none", 0 },     { FILTER_DIRECTION, "", 0 },
		{ FILTER_STATUS, "login", 0 },  { FILTER_REPLY, "", 0 },
		{ FILTER_DOMAIN, "@", 0 },      { FILTER_SUBJECT, " ", 0 },       { FILTER_QUEUE_ID, "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
		struct filter *f = filter_new();
		struct err err = { 0 };

		CHECK(filter_add(f, BAD[i].kind, slice_str(BAD[i].value), &err) == ERR_USAGE && err.msg[0],
		      "'%s' was taken", BAD[i].value);
		assert_true(filter_is_empty(f));
		filter_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_what),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_recipients),
		cmocka_unit_test(test_rejections_and_logins),
		cmocka_unit_test(test_refused_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

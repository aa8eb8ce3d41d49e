/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_diagnose_verdict.c - which of a recipient's attempts tells the cause, and what is no reply at all
 */
#include "unit.h"

#include "base/attr.h"
#include "diagnose/verdict.h"

#define S(s)    { "" s "", sizeof(s) - 1 }
#define NONE    { NULL, 0 }
#define AT(sec) ((usec_t)(sec) * USEC_PER_SEC)

/* causes with words that nothing else has */
static const char RULES[] =
	"tier site\n"
	"cause later\n class greylist\n side none\n waiting yes\n match \"zeppelin\"\n summary s {recipient|nobody}\n action a.\n"
	" sample 450 zeppelin\n"
	"cause never\n class hard\n side sender-domain\n waiting no\n match \"dromedary\"\n summary s\n action a.\n sample 550 dromedary\n"
	"cause down\n class network\n side rcpt-admin\n waiting yes\n match \"Connection refused\"\n summary s\n action a.\n"
	" sample Connection refused\n";

struct try {
	enum outcome outcome;
	bool tried;
	struct slice reply, dsn, relay_host, relay_ip, transport;
};

static const struct row {
	const char *name;
	enum writer writer;
	enum outcome outcome;
	bool local;
	struct slice hold_reason;
	enum direction direction;
	struct try tries[5];
	size_t n;
	const char *id;   /* of the cause; NULL: nothing to explain */
	int side;         /* -1: any */
	uint32_t want_tries;
	bool failed_before;
} ROWS[] = {
	{ .name = "delivered", .outcome = OUTCOME_DELIVERED, .tries = { { OUTCOME_DELIVERED, true, S("250 ok") } }, .n = 1, .want_tries = 1, .side = -1 },
	{ .name = "nothing tried", .outcome = OUTCOME_PENDING, .side = -1 },
	{ .name = "bounced", .outcome = OUTCOME_BOUNCED,
	  .tries = { { OUTCOME_DEFERRED, true, S("450 zeppelin") }, { OUTCOME_BOUNCED, true, S("550 dromedary"), .relay_host = S("mx") } },
	  .n = 2, .id = "never", .side = SIDE_SENDER_DOMAIN, .want_tries = 2 },
	{ .name = "what the sender's domain lacks is ours to add", .outcome = OUTCOME_BOUNCED, .direction = DIRECTION_OUTBOUND,
	  .tries = { { OUTCOME_BOUNCED, true, S("550 dromedary"), .relay_host = S("mx") } }, .n = 1, .id = "never", .side = SIDE_US_CONFIG,
	  .want_tries = 1 },
	{ .name = "expired is no cause", .writer = WRITER_EXIM, .outcome = OUTCOME_EXPIRED,
	  .tries = { { OUTCOME_DEFERRED, true, S("450 zeppelin") }, { OUTCOME_EXPIRED, false, S("retry timeout exceeded") } },
	  .n = 2, .id = "later", .side = -1, .want_tries = 1 },
	{ .name = "retry time not reached", .writer = WRITER_EXIM, .outcome = OUTCOME_DEFERRED,
	  .tries = { { OUTCOME_DEFERRED, true, S("450 zeppelin") }, { OUTCOME_DEFERRED, false, S("retry time not reached for any host") } },
	  .n = 2, .id = "later", .side = -1, .want_tries = 1 },
	{ .name = "suspended: the try before says more", .writer = WRITER_POSTFIX, .outcome = OUTCOME_DEFERRED,
	  .tries = { { OUTCOME_DEFERRED, true, S("450 zeppelin") },
		     { OUTCOME_DEFERRED, false, S("delivery temporarily suspended: connect to mx: Connection refused") } },
	  .n = 2, .id = "later", .side = -1, .want_tries = 1 },
	{ .name = "suspended, and nothing before", .writer = WRITER_POSTFIX, .outcome = OUTCOME_DEFERRED,
	  .tries = { { OUTCOME_DEFERRED, false, S("delivery temporarily suspended: connect to mx: Connection refused") } },
	  .n = 1, .id = "down", .side = -1 },
	{ .name = "the last try of several", .outcome = OUTCOME_DEFERRED,
	  .tries = { { OUTCOME_DEFERRED, true, S("Connection refused"), .relay_host = S("mx") }, { OUTCOME_DEFERRED, true, S("450 zeppelin") } },
	  .n = 2, .id = "later", .side = -1, .want_tries = 2 },
	{ .name = "words count more than a code", .writer = WRITER_SENDMAIL, .outcome = OUTCOME_EXPIRED,
	  .tries = { { OUTCOME_DEFERRED, true, S("450 zeppelin") }, { OUTCOME_DEFERRED, false, S("queued"), S("4.4.3") },
		     { OUTCOME_EXPIRED, false, S("Cannot send message for 5 days") } },
	  .n = 3, .id = "later", .side = -1, .want_tries = 1 },
	{ .name = "content filter down", .writer = WRITER_POSTFIX, .outcome = OUTCOME_DEFERRED,
	  .tries = { { OUTCOME_DEFERRED, true, S("connect to 127.0.0.1[127.0.0.1]:10024: Connection refused"), .transport = S("smtp") } },
	  .n = 1, .id = "down", .side = -1, .want_tries = 1 },
	{ .name = "held by a rule", .writer = WRITER_POSTFIX, .outcome = OUTCOME_HELD, .hold_reason = S("Subject: x"), .id = "held-by-rule",
	  .side = SIDE_US_CONFIG },
	{ .name = "held by hand after tries", .writer = WRITER_EXIM, .outcome = OUTCOME_HELD, .hold_reason = S("frozen by root"),
	  .tries = { { OUTCOME_DEFERRED, true, S("450 zeppelin") } }, .n = 1, .id = "held-by-administrator", .side = -1, .want_tries = 1,
	  .failed_before = true },
	{ .name = "held by an ACL", .writer = WRITER_EXIM, .outcome = OUTCOME_HELD, .hold_reason = S("frozen by ACL"), .id = "held-by-rule", .side = -1 },
	{ .name = "frozen bounce", .writer = WRITER_EXIM, .outcome = OUTCOME_HELD, .hold_reason = S("Frozen (delivery error message)"),
	  .id = "held-notification", .side = SIDE_NONE },
	{ .name = "removed", .writer = WRITER_EXIM, .outcome = OUTCOME_REMOVED,
	  .tries = { { OUTCOME_REMOVED, false, S("removed by root") } }, .n = 1, .id = "removed-by-administrator", .side = -1 },
	{ .name = "cancelled", .writer = WRITER_EXIM, .outcome = OUTCOME_BOUNCED,
	  .tries = { { OUTCOME_BOUNCED, false, S("cancelled by root") } }, .n = 1, .id = "cancelled-by-administrator", .side = -1 },
	{ .name = "a remote server can't cancel", .writer = WRITER_EXIM, .outcome = OUTCOME_BOUNCED,
	  .tries = { { OUTCOME_BOUNCED, true, S("cancelled by dromedary"), .relay_host = S("mx") } }, .n = 1, .id = "never", .side = -1, .want_tries = 1 },
	{ .name = "Sieve refused", .outcome = OUTCOME_BOUNCED,
	  .tries = { { OUTCOME_BOUNCED, false, S("refused by the script of the mailbox (reject)"), .transport = S("sieve") } },
	  .n = 1, .id = "refused-by-sieve", .side = SIDE_RCPT_USER },
	{ .name = "Sieve threw it away", .outcome = OUTCOME_DISCARDED,
	  .tries = { { OUTCOME_DISCARDED, false, S("Marked message to be discarded"), .transport = S("sieve") } },
	  .n = 1, .id = "discarded-by-sieve", .side = SIDE_RCPT_USER },
	{ .name = "blackhole", .writer = WRITER_EXIM, .outcome = OUTCOME_DISCARDED,
	  .tries = { { OUTCOME_DISCARDED, true, S(":blackhole:") } }, .n = 1, .id = "discarded-by-alias", .side = SIDE_US_CONFIG, .want_tries = 1 },
	{ .name = "an ACL threw it away", .writer = WRITER_EXIM, .outcome = OUTCOME_DISCARDED,
	  .tries = { { OUTCOME_DISCARDED, false, S("(DATA ACL discarded recipients): rule 18") } }, .n = 1, .id = "discarded-by-rule", .side = -1 },
	{ .name = "a rule of our own refused", .writer = WRITER_EXIM, .outcome = OUTCOME_REJECTED,
	  .tries = { { OUTCOME_REJECTED, true, S("550 5.7.1 xyzzy plugh") } }, .n = 1, .id = "refused-by-own-rule", .side = SIDE_US_CONFIG, .want_tries = 1 },
};

static struct attempt *attempts_of(const struct row *row, struct attempt *room)
{
	for (size_t i = 0; i < row->n; i++) {
		const struct try *t = &row->tries[i];

		room[i] = (struct attempt){
			.next = i + 1 < row->n ? &room[i + 1] : NULL,
			.time_us = AT(100 + 100 * (int64_t)i),
			.outcome = t->outcome,
			.tried = t->tried,
			.reply = t->reply,
			.dsn = t->dsn,
			.smtp_code = -1,
			.relay_host = t->relay_host,
			.relay_ip = t->relay_ip,
			.transport = t->transport,
		};
	}
	return row->n ? room : NULL;
}

static struct diagnoser *new_diagnoser(void)
{
	struct diagnoser *d = diagnoser_new();
	struct diag quiet = { 0 };

	assert_int_equal(diagnoser_add(d, "test", slice_str(RULES), &quiet), 3);
	return d;
}

static void test_rows(void **state)
{
	struct diagnoser *d = new_diagnoser();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		const struct row *row = &ROWS[i];
		struct attempt room[ARRAY_LEN(row->tries)];
		struct recipient r = { .address = S("bob@example.net"), .outcome = row->outcome, .local = row->local };
		struct message m = { .writer = row->writer, .sender = S("a@example.com"), .queue_id = S("4A1B"), .n_recipients = 1,
				     .recipients = &r, .hold_reason = row->hold_reason, .direction = row->direction };
		struct recipient_verdict v;

		r.attempts = attempts_of(row, room);
		for (size_t k = 0; k < row->n; k++)
			if (room[k].outcome == row->outcome)
				r.deciding = &room[k];
		verdict_recipient(d, &m, &r, &v);
		CHECK(v.failed == (row->id != NULL), "%s", row->name);
		CHECK(!row->id || slice_eq(v.cause.id, slice_str(row->id)), "%s: got %.*s, want %s", row->name, SLICE_ARG(v.cause.id), row->id);
		CHECK(row->side < 0 || !row->id || (int)v.cause.side == row->side, "%s: side %s", row->name, cause_side_name(v.cause.side));
		CHECK(v.tries == row->want_tries, "%s: %u tries", row->name, v.tries);
		CHECK(v.failed_before == row->failed_before, "%s", row->name);
	}
	diagnoser_free(d);
}

/* a content filter or mailbox server of this machine: whatever the rules say of the network, it is our own matter */
static void test_own_services(void **state)
{
	struct diagnoser *d = diagnoser_new();
	static const struct complaint ROWS_DOWN[] = {
		{ .reply = S("connect to 127.0.0.1[127.0.0.1]:10024: Connection refused"), .smtp_code = -1, .temporary = true },
		{ .reply = S("connect to localhost[::1]:10025: Connection timed out"), .smtp_code = -1, .temporary = true },
		{ .reply = S("Connection refused"), .smtp_code = -1, .said_by = SAID_BY_US, .temporary = true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS_DOWN); i++) {
		struct other_verdict v;

		verdict_reply(d, &ROWS_DOWN[i], &v);
		CHECK(v.cause.side == SIDE_US_CONFIG, "%.*s: %.*s, %s", SLICE_ARG(ROWS_DOWN[i].reply), SLICE_ARG(v.cause.id),
		      cause_side_name(v.cause.side));
	}
	diagnoser_free(d);
}

static void test_silent_refusals(void **state)
{
	struct diagnoser *d = diagnoser_new();
	struct rejection r = { .writer = WRITER_EXIM, .stage = S("vrfy"), .smtp_code = -1, .attempts = 1 };
	struct other_verdict v;

	(void)state;
	verdict_rejection(d, &r, &v);
	assert_true(slice_is(v.cause.id, "refused-command"));
	r.stage = SLICE("rcpt");
	verdict_rejection(d, &r, &v);
	assert_true(slice_is(v.cause.id, "refused-without-words"));
	r.stage = SLICE("data");
	r.queue_id = SLICE("1abc");
	verdict_rejection(d, &r, &v);
	assert_true(slice_is(v.cause.id, "refused-for-show"));
	diagnoser_free(d);
}

/* what strangers wrote is cut, and no command is made of it */
static void test_hostile_words(void **state)
{
	static char huge[100000];
	struct diagnoser *d = new_diagnoser();
	struct recipient r = { .address = slice_of(huge, sizeof huge), .outcome = OUTCOME_HELD };
	struct message m = { .writer = WRITER_POSTFIX, .queue_id = S("4A; rm -rf /"), .hold_reason = slice_of(huge, sizeof huge), .recipients = &r };
	struct recipient_verdict v;
	struct strbuf out = { 0 };

	(void)state;
	memset(huge, '\xe9', sizeof huge);
	verdict_recipient(d, &m, &r, &v);
	verdict_summary(&out, TR_ENGLISH, &v.cause, &v.complaint, &v.deed);
	assert_true(out.n > 100 && out.n < 1000);
	strbuf_clear(&out);
	verdict_action(&out, TR_LOCAL, &v.cause, &v.complaint, &v.deed);
	assert_non_null(strstr(out.p, "postsuper -H ID"));
	assert_null(strstr(out.p, "rm -rf"));
	strbuf_clear(&out);
	/* placeholders in what they wrote are no placeholders */
	m.hold_reason = SLICE("{release} {recipient} {");
	verdict_recipient(d, &m, &r, &v);
	verdict_summary(&out, TR_ENGLISH, &v.cause, &v.complaint, &v.deed);
	assert_non_null(strstr(out.p, "\"{release} {recipient} {\""));
	strbuf_done(&out);
	diagnoser_free(d);
}

static void test_logins(void **state)
{
	static const struct {
		struct slice reason;
		enum cause_class class;
	} LOGINS[] = {
		{ NONE, CLASS_AUTH },
		{ S("password mismatch"), CLASS_AUTH },
		{ S("unknown user"), CLASS_AUTH },
		{ S("Connection lost to authentication server"), CLASS_CONFIG },
		{ S("Authentication cancelled"), CLASS_PROTOCOL },
	};
	struct diagnoser *d = diagnoser_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(LOGINS); i++) {
		const struct login l = { .reason = LOGINS[i].reason, .attempts = 1, .writer = WRITER_DOVECOT };
		struct other_verdict v;

		verdict_login(d, &l, &v);
		CHECK(v.cause.class == LOGINS[i].class, "%.*s: %.*s", SLICE_ARG(LOGINS[i].reason), SLICE_ARG(v.cause.id));
	}
	diagnoser_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	       cmocka_unit_test(test_own_services), cmocka_unit_test(test_silent_refusals),
		cmocka_unit_test(test_hostile_words),  cmocka_unit_test(test_logins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

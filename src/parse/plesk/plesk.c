/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plesk.c - Plesk's own helpers of Postfix and Courier
 *
 * Seen in logs of Plesk 12 to 18: plesk_saslauthd ("failed mail authentication attempt for user 'U' (password len=N)", "No such user
 * 'U' in mail authorization database"), psa-pc-remote and its handlers ("QID: HANDLER: stderr: PASS",
 * "handlers_stderr: SKIP").  A failed login supports the MTA's own line: MARK_EVIDENCE.  Trap: the user is the client's, quotes
 * included.
 */
#include "parse/plesk/plesk.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool plesk_claims(const struct line *l)
{
	return slice_is(l->program, "plesk_saslauthd") || slice_is(l->program, "psa-pc-remote") ||
	       slice_is(l->program, "plesk-pc-remote");
}

static enum parse_result failure(struct slice user, struct slice reason, struct event *ret)
{
	ret->kind = EV_AUTH;
	ret->marks |= MARK_EVIDENCE;
	ret->success = 0;
	ret->attempts = 1;
	ret->service = SLICE("smtp");
	ret->user = row_filled(user);
	ret->reason = reason;
	return PARSE_OK;
}

/* failed mail authentication attempt for user 'U' (password len=N) */
static enum parse_result parse_failed(struct cur c, struct event *ret)
{
	struct slice user;
	uint64_t n;

	if (!cur_until_last_lit(&c, "' (password len=", &user) || !cur_u64(&c, INT32_MAX, &n) || !cur_lit(&c, ")"))
		return PARSE_BAD;
	return failure(user, SLICE("failed mail authentication attempt"), ret);
}

static const struct row SASL_NOTICES[] = {
	ROW("No such user '", AUTH, INFO), /* the failed attempt follows */
	ROW("Invalid mail address '", AUTH, INFO),
	ROW("listen=", START, INFO),
	ROW("privileges set to ", START, INFO),
	ROW("select timeout, exiting", STOP, INFO),
	ROW("select failed: ", PROCESS, ERROR),
	ROW("received signal ", STOP, INFO),
	ROW("Unable to ", AUTH, ERROR),
};

/* the handlers' answers */
static const struct word ANSWERS[] = {
	WORD("PASS", "pass"), WORD("SKIP", "skipped"), WORD("REJECT", "reject"), WORD("STOP", "stop"), WORD("DEFER", "defer"),
};

/* "HANDLER: stderr: PASS" behind a queue id */
static enum parse_result parse_handler(struct cur c, struct event *ret)
{
	struct slice handler, answer;

	if (!cur_until_lit(&c, ": stderr: ", &handler) || handler.n == 0 || slice_find_byte(handler, ' ') < handler.n)
		return PARSE_NOT_MINE;
	answer = word_meaning(ANSWERS, ARRAY_LEN(ANSWERS), slice_trim(cur_rest(&c)));
	ret->kind = EV_VERDICT;
	ret->check = handler;
	ret->result = answer.p ? answer : SLICE("none");
	if (!answer.p)
		ret->reason = row_filled(cur_rest(&c));
	return PARSE_OK;
}

static const struct row MILTER_NOTICES[] = {
	ROW("handlers_stderr: ", FILTER, INFO),
	ROW("Message aborted", FILTER, INFO),
	ROW("Message accepted", FILTER, INFO),
	ROW("from=<", FILTER, INFO),
	ROW("Unable to ", FILTER, ERROR),
	ROW("Cannot ", FILTER, ERROR),
	ROW("cannot ", FILTER, ERROR),
	ROW("connect", CONNECTION, INFO),
	ROW("DATA REPLY: ", FILTER, INFO),
	ROW("Terminating", STOP, INFO),
	ROW("plesk sendmail", FILTER, INFO),
};

static enum parse_result plesk_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);

	if (slice_is(l->program, "plesk_saslauthd")) {
		if (cur_lit(&c, "failed mail authentication attempt for user '") ||
		    cur_lit(&c, "failed mail authentication attempt for user='"))
			return parse_failed(c, ret);
		return rows_notice(SASL_NOTICES, ARRAY_LEN(SASL_NOTICES), l->text, ret);
	}
	if (row_take_queue_id(&c, ret)) {
		enum parse_result r = parse_handler(c, ret);

		if (r != PARSE_NOT_MINE)
			return r;
	}
	return rows_notice(MILTER_NOTICES, ARRAY_LEN(MILTER_NOTICES), cur_rest(&c), ret);
}

static const struct parse_sample SAMPLES[] = {
	{ "plesk_saslauthd", "failed mail authentication attempt for user 'info@example.com' (password len=8)",
	  "auth +evidence service=\"smtp\" user=\"info@example.com\" success=false attempts=1" },
	{ "plesk_saslauthd", "failed mail authentication attempt for user 'a' (password len=1) 'b' (password len=8)",
	  "auth +evidence service=\"smtp\" user=\"a' (password len=1) 'b\"" },
	{ "plesk_saslauthd", "No such user 'x@example.com' in mail authorization database", "notice severity=\"info\" category=\"auth\"" },
	{ "psa-pc-remote", "handlers_stderr: SKIP", "notice severity=\"info\" category=\"filter\"" },
	{ "psa-pc-remote", "4A1B2C3D4E: spf: stderr: PASS", "verdict queue_id=\"4A1B2C3D4E\" check=\"spf\" result=\"pass\"" },
	{ "psa-pc-remote", "Message aborted.", "notice severity=\"info\" category=\"filter\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ "plesk_saslauthd", "failed mail authentication attempt for user 'info@example.com'", NULL },
	{ "psa-pc-remote", "4A1B2C3D4E: two words: stderr: PASS", NULL },
	{ "psa-pc-remote", "something else", NULL },
	{ NULL, NULL, NULL },
};

const struct writer_ops plesk_writer = {
	.writer = WRITER_PLESK,
	.claims = plesk_claims,
	.parse = plesk_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

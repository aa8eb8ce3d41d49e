/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mimedefang.c - the milter that asks a Perl program
 *
 * Written by MIMEDefang 2.84 to 3.x: the filter's md_graphdefang_log(), "MDLOG,QID,EVENT,VALUE1,VALUE2,SENDER,RECIPIENT,SUBJECT" with
 * commas and other odd bytes of the values written as %XX, and the multiplexor's own lines.  Trap: EVENT is the site's
 * own word; only the usual ones have a meaning here.
 */
#include "parse/mimedefang/mimedefang.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool mimedefang_claims(const struct line *l)
{
	return slice_is(l->program, "mimedefang.pl") || slice_is(l->program, "mimedefang") ||
	       slice_is(l->program, "mimedefang-multiplexor");
}

/* "<a@b>", "%3Ca@b%3E", "a@b" */
static struct slice address(struct slice s)
{
	if (slice_starts(s, "%3C") && slice_ends(s, "%3E"))
		return slice_of(s.p + 3, s.n - 6);
	if (slice_starts(s, "<") && slice_ends(s, ">"))
		return slice_of(s.p + 1, s.n - 2);
	return s;
}

static const struct {
	struct slice event, check, result;
} EVENTS[] = {
	{ LIT("spam"), LIT("spam"), LIT("spam") },
	{ LIT("probable_spam"), LIT("spam"), LIT("spam") },
	{ LIT("non_spam"), LIT("spam"), LIT("ham") },
	{ LIT("mail_in"), LIT("content"), LIT("clean") },
	{ LIT("mail_out"), LIT("content"), LIT("clean") },
	{ LIT("virus"), LIT("virus"), LIT("infected") },
	{ LIT("bad_filename"), LIT("content"), LIT("banned") },
	{ LIT("suspicious_chars"), LIT("content"), LIT("suspicious") },
	{ LIT("message/partial"), LIT("content"), LIT("banned") },
};

/* behind "MDLOG," */
static enum parse_result parse_mdlog(struct cur c, struct event *ret)
{
	struct slice id, event, value1, value2, sender, recipient;
	struct cur score;

	if (!cur_until(&c, ',', &id) || !cur_until(&c, ',', &event) || !cur_until(&c, ',', &value1) ||
	    !cur_until(&c, ',', &value2) || !cur_until(&c, ',', &sender) || !cur_until(&c, ',', &recipient))
		return PARSE_BAD;
	if (row_is_queue_id(id))
		ret->queue_id = id;
	ret->sender = address(sender);
	ret->recipient = row_filled(address(recipient));
	ret->subject = row_filled(cur_rest(&c));
	ret->kind = EV_VERDICT;
	ret->check = SLICE("content");
	ret->result = event;
	for (size_t i = 0; i < ARRAY_LEN(EVENTS); i++)
		if (slice_eq(EVENTS[i].event, event)) {
			ret->check = EVENTS[i].check;
			ret->result = EVENTS[i].result;
		}
	score = cur_of(value1);
	if (!slice_is(ret->check, "spam") || !row_score(&score, &ret->score_milli) || !cur_at_end(&score))
		ret->reason = row_filled(value1);
	return PARSE_OK;
}

static const struct row NOTICES[] = {
	ROW("started; ", START, INFO),
	ROW("Multiplexor alive - entering main loop", START, INFO),
	ROW("Initialized embedded Perl interpreter", START, INFO),
	ROW("Finished initialization", START, INFO),
	ROW("Starting * * (pid *) ", PROCESS, INFO),
	ROW("Killing idle ", PROCESS, INFO),
	ROW("Killing ", PROCESS, INFO),
	ROW("Reap: ", PROCESS, INFO),
	ROW("Worker * ", PROCESS, INFO),
	ROW("Slave * ", PROCESS, INFO),
	ROW("No free workers", LIMIT, WARNING),
	ROW("No free slaves", LIMIT, WARNING),
	ROW("Received SIGTERM", STOP, INFO),
	ROW("Received SIGHUP", RELOAD, INFO),
	ROW("Re-read", RELOAD, INFO),
	ROW("MXCommand: ", FILTER, ERROR),
	ROW("mfconnect: ", FILTER, ERROR),
	ROW("Filter time is ", STATISTICS, DEBUG),
	ROW("filter: ", FILTER, INFO),
};

static enum parse_result mimedefang_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);

	if (cur_lit(&c, "MDLOG,"))
		return parse_mdlog(c, ret);
	(void)row_take_queue_id(&c, ret);
	if (cur_lit(&c, "MDLOG,")) {
		ret->queue_id = SLICE_NONE;
		return parse_mdlog(c, ret);
	}
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), cur_rest(&c), ret);
}

#define T "mimedefang.pl"
static const struct parse_sample SAMPLES[] = {
	{ T, "MDLOG,68C8FU5u003011,spam,7.3,192.0.2.66,%3Cs@example.net%3E,%3Cbob@example.com%3E,Cheap%20watches",
	  "verdict queue_id=\"68C8FU5u003011\" sender=\"s@example.net\" recipient=\"bob@example.com\" subject=\"Cheap%20watches\" "
	  "check=\"spam\" result=\"spam\" score_milli=7300" },
	{ T, "68C8FU5u003011: MDLOG,68C8FU5u003011,virus,Eicar,192.0.2.66,<s@example.net>,<bob@example.com>,x",
	  "verdict queue_id=\"68C8FU5u003011\" sender=\"s@example.net\" recipient=\"bob@example.com\" subject=\"x\" check=\"virus\" "
	  "result=\"infected\" reason=\"Eicar\"" },
	{ T, "MDLOG,68C8FU5u003011,mail_in,,,<a@example.org>,<bob@example.com>,Hello", "verdict queue_id=\"68C8FU5u003011\" sender=\"a@example.org\"" },
	{ "mimedefang-multiplexor", "Killing idle worker 3 (pid 4711): Idle timeout", "notice severity=\"info\" category=\"process\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, "MDLOG,68C8FU5u003011,spam,7.3,192.0.2.66,<s@example.net>", NULL },
	{ T, "a text of the site's own filter", NULL },
	{ NULL, NULL, NULL },
};
#undef T

const struct writer_ops mimedefang_writer = {
	.writer = WRITER_MIMEDEFANG,
	.claims = mimedefang_claims,
	.parse = mimedefang_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

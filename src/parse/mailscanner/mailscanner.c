/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailscanner.c - the scanner that takes mail from one queue and puts it into another
 *
 * Written by MailScanner 5 (lib/MailScanner/Message.pm, MessageBatch.pm, SweepViruses.pm, Postfix.pm).  With Postfix it scans held mail and
 * requeues it under a new queue id: "Requeue: OLD.A1B2C to NEW".  Trap: ids carry a suffix behind a dot that
 * is MailScanner's own.
 */
#include "parse/mailscanner/mailscanner.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool mailscanner_claims(const struct line *l)
{
	return slice_is(l->program, "MailScanner") || slice_is(l->program, "mailscanner");
}

/* "4A1B2C3D4E.A1234" */
static struct slice queue_id(struct slice s)
{
	s = slice_head(s, slice_find_byte(s, '.'));
	return row_is_queue_id(s) ? s : SLICE_NONE;
}

/* how "is W, ..." goes on, and what it means */
static const struct {
	struct slice text, result;
} WORDS[] = {
	{ LIT("is not spam"), LIT("ham") },
	{ LIT("is spam"), LIT("spam") },
	{ LIT("is whitelisted"), LIT("whitelisted") },
	{ LIT("is too big for spam checks"), LIT("skipped") },
};

/* "SpamAssassin (not cached, score=7.3, required 5, ...)" */
static void take_score(struct slice text, struct event *ret)
{
	size_t at = slice_find(text, SLICE("score="));
	struct cur c;

	if (at == text.n)
		return;
	c = cur_of(slice_from(text, at + strlen("score=")));
	(void)row_score(&c, &ret->score_milli);
}

/* "QID from IP (SENDER) to DOMAIN is spam, WHY": the sender is the client's, the domain is no more than words without blanks */
static enum parse_result parse_message(struct cur c, struct event *ret)
{
	struct slice id, ip, sender, domains;

	if (!cur_until_lit(&c, " from ", &id) || !cur_until_lit(&c, " (", &ip) || !cur_until_last_lit(&c, ") to ", &sender) ||
	    !cur_until_lit(&c, " is ", &domains))
		return PARSE_NOT_MINE;
	c.p -= strlen("is ");
	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
		struct cur at = c;

		if (!cur_lit_(&at, WORDS[i].text.p, WORDS[i].text.n) || !(cur_at_end(&at) || *at.p == ',' || *at.p == ' '))
			continue;
		ret->kind = EV_VERDICT;
		ret->queue_id = queue_id(id);
		ret->client_ip = row_ip(ip);
		ret->sender = sender;
		ret->check = SLICE("spam");
		ret->result = WORDS[i].result;
		(void)cur_byte(&at, ',');
		ret->reason = row_filled(slice_trim(cur_rest(&at)));
		if (ret->reason.p)
			take_score(ret->reason, ret);
		return PARSE_OK;
	}
	return PARSE_BAD;
}

/* "Requeue: OLD.A1234 to NEW" */
static enum parse_result parse_requeue(struct cur c, struct event *ret)
{
	struct slice from;

	if (!cur_until_lit(&c, " to ", &from))
		return PARSE_BAD;
	ret->queue_id = queue_id(from);
	ret->related_queue_id = queue_id(cur_rest(&c));
	if (!ret->queue_id.p || !ret->related_queue_id.p)
		return PARSE_BAD;
	ret->kind = EV_LINK;
	ret->relation = RELATION_REQUEUE;
	return PARSE_OK;
}

/* "Infected message QID came from IP" */
static enum parse_result parse_infected(struct cur c, struct event *ret)
{
	struct slice id;

	if (!cur_until_lit(&c, " came from ", &id))
		return PARSE_BAD;
	ret->kind = EV_VERDICT;
	ret->queue_id = queue_id(id);
	ret->client_ip = row_ip(cur_rest(&c));
	ret->check = SLICE("virus");
	ret->result = SLICE("infected");
	return PARSE_OK;
}

/* "Spam Actions: message QID actions are store,deliver" */
static enum parse_result parse_actions(struct cur c, struct event *ret)
{
	struct slice id;

	if (!cur_until_lit(&c, " actions are ", &id))
		return PARSE_BAD;
	ret->kind = EV_VERDICT;
	ret->queue_id = queue_id(id);
	ret->check = SLICE("spam");
	ret->result = SLICE("spam");
	ret->action = cur_rest(&c);
	ret->reason = cur_rest(&c);
	return PARSE_OK;
}

static const struct {
	struct slice prefix;
	enum parse_result (*parse)(struct cur c, struct event *ret);
} RULES[] = {
	{ LIT("Message "), parse_message },
	{ LIT("Requeue: "), parse_requeue },
	{ LIT("Infected message "), parse_infected },
	{ LIT("Spam Actions: message "), parse_actions },
	{ LIT("High Spam Actions: message "), parse_actions },
};

static const struct row NOTICES[] = {
	ROW("MailScanner Email Processor version * starting", START, INFO),
	ROW("MailScanner E-Mail Virus Scanner version * starting", START, INFO),
	ROW("MailScanner child dying of old age", PROCESS, INFO),
	ROW("MailScanner child caught a SIG", PROCESS, INFO),
	ROW("MailScanner: ", FILTER, INFO),
	ROW("Process did not exit cleanly", PROCESS, WARNING),
	ROW("New Batch: ", QUEUE_RUN, INFO),
	ROW("Batch ", STATISTICS, INFO),
	ROW("Unscanned: Delivered ", STATISTICS, INFO),
	ROW("Uninfected: Delivered ", STATISTICS, INFO),
	ROW("Cleaned: Delivered ", STATISTICS, INFO),
	ROW("Disinfection: ", STATISTICS, INFO),
	ROW("Silent: Delivered ", STATISTICS, INFO),
	ROW("Spam Checks: ", FILTER, INFO),
	ROW("Spam Checks completed at ", STATISTICS, INFO),
	ROW("Virus and Content Scanning: ", FILTER, INFO),
	ROW("Virus Scanning: ", FILTER, INFO),
	ROW("Virus Scanning completed at ", STATISTICS, INFO),
	ROW("Virus Processing completed at ", STATISTICS, INFO),
	ROW("Content Checks: ", FILTER, INFO),
	ROW("Other Checks: ", FILTER, INFO),
	ROW("Filename Checks: ", FILTER, INFO),
	ROW("Filetype Checks: ", FILTER, INFO),
	ROW("Saved infected ", FILTER, INFO),
	ROW("Saved entire message to ", FILTER, INFO),
	ROW("Notices: ", FILTER, INFO),
	ROW("RBL checks: ", FILTER, INFO),
	ROW("SpamAssassin cache hit for message ", FILTER, INFO),
	ROW("SpamAssassin timed out ", FILTER, WARNING),
	ROW("SpamAssassin Bayes database rebuild ", CACHE, INFO),
	ROW("SpamAssassin temporary working directory is ", START, INFO),
	ROW("Using SpamAssassin results cache", START, INFO),
	ROW("Connected to SpamAssassin cache database", START, INFO),
	ROW("Enabling SpamAssassin auto-whitelist functionality", START, INFO),
	ROW("Expired * records from the SpamAssassin cache", CACHE, INFO),
	ROW("Connected to Processing Attempts Database", START, INFO),
	ROW("Found * messages in the Processing Attempts Database", START, INFO),
	ROW("Deleted * messages from processing-database", CACHE, INFO),
	ROW("Reading configuration file ", RELOAD, INFO),
	ROW("Read * hostnames from the phishing ", RELOAD, INFO),
	ROW("Using locktype = ", START, INFO),
	ROW("lock.pl sees ", START, DEBUG),
	ROW("Logging message * to SQL", LOGGING, INFO),
	ROW("Found phishing fraud from ", FILTER, WARNING),
	ROW("Clamd::INFECTED:: ", FILTER, WARNING),
	ROW("Whitelist refresh time reached", RELOAD, INFO),
	ROW("Blacklist refresh time reached", RELOAD, INFO),
	ROW("Starting up SQL ", START, INFO),
	ROW("Started SQL Logging child", START, INFO),
	ROW("Read * spam ", RELOAD, INFO),
	ROW("Config: ", CONFIG, INFO),
	ROW("Could not ", FILTER, WARNING),
	ROW("Delivery of nonspam: message ", FILTER, INFO),
	ROW("Delivery of spam: message ", FILTER, INFO),
};

/* "QID: Logged to MailWatch SQL" */
static const struct row MESSAGE_NOTICES[] = {
	ROW("Logged to MailWatch SQL", LOGGING, INFO),
};

static enum parse_result mailscanner_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);
	struct slice id;

	for (size_t i = 0; i < ARRAY_LEN(RULES); i++) {
		struct cur at = c;

		if (cur_lit_(&at, RULES[i].prefix.p, RULES[i].prefix.n))
			return RULES[i].parse(at, ret);
	}
	if (cur_until_lit(&c, ": ", &id) && queue_id(id).p) {
		ret->queue_id = queue_id(id);
		return rows_notice(MESSAGE_NOTICES, ARRAY_LEN(MESSAGE_NOTICES), cur_rest(&c), ret);
	}
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), l->text, ret);
}

#define T "MailScanner"
static const struct parse_sample SAMPLES[] = {
	{ T, "Message 4A1B2C3D4E.A1234 from 192.0.2.66 (s@example.net) to example.com is spam, SpamAssassin (not cached, score=17.3, "
	     "required 5, BAYES_99 3.50)",
	  "verdict queue_id=\"4A1B2C3D4E\" client_ip=\"192.0.2.66\" sender=\"s@example.net\" check=\"spam\" result=\"spam\" score_milli=17300" },
	{ T, "Message 4A1B2C3D4E.A1234 from 192.0.2.10 (x) to y is spam, (z@example.net) to example.com is not spam, SpamAssassin (score=0.1)",
	  "verdict queue_id=\"4A1B2C3D4E\" client_ip=\"192.0.2.10\" sender=\"x) to y is spam, (z@example.net\" check=\"spam\" result=\"ham\"" },
	{ T, "Message 4A1B2C3D4E.A1234 from 192.0.2.10 (ann@example.org) to example.com is whitelisted",
	  "verdict queue_id=\"4A1B2C3D4E\" client_ip=\"192.0.2.10\" sender=\"ann@example.org\" check=\"spam\" result=\"whitelisted\"" },
	{ T, "Requeue: 4A1B2C3D4E.A1234 to 9F8E7D6C5B", "link queue_id=\"4A1B2C3D4E\" related_queue_id=\"9F8E7D6C5B\" relation=\"requeue\"" },
	{ T, "Infected message 4A1B2C3D4E.A1234 came from 192.0.2.66",
	  "verdict queue_id=\"4A1B2C3D4E\" client_ip=\"192.0.2.66\" check=\"virus\" result=\"infected\"" },
	{ T, "Spam Actions: message 4A1B2C3D4E.A1234 actions are store",
	  "verdict queue_id=\"4A1B2C3D4E\" check=\"spam\" result=\"spam\" action=\"store\"" },
	{ T, "New Batch: Scanning 1 messages, 2048 bytes", "notice severity=\"info\" category=\"queue_run\"" },
	{ T, "MailScanner Email Processor version 5.4.4 starting...", "notice severity=\"info\" category=\"start\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, "Message 4A1B2C3D4E.A1234 from 192.0.2.66 (s@example.net) to example.com is odd", NULL },
	{ T, "Requeue: 4A1B2C3D4E.A1234 to nowhere", NULL },
	{ T, "Requeue: 4A1B2C3D4E.A1234", NULL },
	{ NULL, NULL, NULL },
};
#undef T

const struct writer_ops mailscanner_writer = {
	.writer = WRITER_MAILSCANNER,
	.claims = mailscanner_claims,
	.parse = mailscanner_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

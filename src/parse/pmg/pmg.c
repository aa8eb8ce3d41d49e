/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pmg.c - Proxmox Mail Gateway: the content filter and the policy service that stand behind its Postfix
 *
 * Written by pmg-api 5 to 9: bin/pmg-smtp-filter, PMG/RuleDB/{Accept,Block,Quarantine,Remove,BCC,Notify,Spam}.pm, PMG/Utils.pm and
 * bin/pmgpolicy.  Every line about a mail is "LOGID: TEXT"; LOGID is the filter's own name of the scan, which stands in its
 * reply to Postfix as well: "250 2.5.0 OK (LOGID)", "250 2.7.0 BLOCKED (LOGID)".  Only the first line names the mail.
 * Traps: LOGID looks like a queue id and is none; the Message-ID may end in "#012"; the name of a rule holds anything,
 * parentheses included.
 */
#include "parse/pmg/pmg.h"

#include "base/ascii.h"
#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

#define LOGID_MIN 12
#define LOGID_MAX 32

static bool pmg_claims(const struct line *l)
{
	return slice_is(l->program, "pmg-smtp-filter") || slice_is(l->program, "pmgpolicy");
}

/* "%X%X%08X%05X: " of cluster node, process, seconds and microseconds */
static bool take_logid(struct cur *c, struct event *e)
{
	struct cur at = *c;
	struct slice id;

	while (!cur_at_end(&at) && (ascii_digit(*at.p) || (*at.p >= 'A' && *at.p <= 'F')))
		at.p++;
	id = slice_between(c->p, at.p);
	if (id.n < LOGID_MIN || id.n > LOGID_MAX || !cur_lit(&at, ": "))
		return false;
	e->session = id;
	*c = at;
	return true;
}

/* "%s: new mail message-id=%s" */
static enum parse_result parse_new(struct cur c, struct event *ret)
{
	struct slice id = slice_trim(cur_rest(&c));

	while (slice_ends(id, "#012") || slice_ends(id, "#015"))
		id = slice_trim(slice_head(id, id.n - 4));
	ret->kind = EV_HEADER;
	ret->message_id = row_filled(id);
	return PARSE_OK;
}

/* "%s: SA score=%s/%s time=%0.3f bayes=%s autolearn=%s hits=%s" */
static enum parse_result parse_score(struct cur c, struct event *ret)
{
	struct slice skipped;

	if (!row_score(&c, &ret->score_milli) || !cur_byte(&c, '/') || !row_score(&c, &ret->threshold_milli) ||
	    !cur_lit(&c, " time=") || !cur_seconds(&c, &ret->duration_s))
		return PARSE_BAD;
	ret->kind = EV_VERDICT;
	ret->check = SLICE("spam");
	ret->result = ret->score_milli >= ret->threshold_milli ? SLICE("spam") : SLICE("ham");
	if (cur_until_lit(&c, " hits=", &skipped))
		ret->reason = row_filled(cur_rest(&c));
	return PARSE_OK;
}

/* "R> " */
static bool take_recipient(struct cur *c, struct event *e)
{
	return cur_until_lit(c, "> ", &e->recipient);
}

/* "(rule: NAME)" at the end */
static bool take_rule(struct cur c, struct event *e)
{
	if (!cur_lit(&c, "(rule: ") || !slice_ends(cur_rest(&c), ")"))
		return false;
	e->reason = slice_head(cur_rest(&c), cur_left(&c) - 1);
	return true;
}

/* "%s: accept mail to <%s> (%s) (rule: %s)" */
static enum parse_result parse_accept(struct cur c, struct event *ret)
{
	if (!take_recipient(&c, ret) || !cur_byte(&c, '(') || !cur_until_lit(&c, ") ", &ret->related_queue_id) ||
	    !row_is_queue_id(ret->related_queue_id) || !take_rule(c, ret))
		return PARSE_BAD;
	ret->kind = EV_VERDICT;
	ret->relation = RELATION_FILTER;
	ret->check = SLICE("content");
	ret->result = SLICE("passed");
	ret->action = SLICE("relay");
	return PARSE_OK;
}

/* "%s: block mail to <%s> (rule: %s)" */
static enum parse_result parse_block(struct cur c, struct event *ret)
{
	if (!take_recipient(&c, ret) || !take_rule(c, ret))
		return PARSE_BAD;
	ret->kind = EV_VERDICT;
	ret->outcome = OUTCOME_DISCARDED;
	ret->check = SLICE("content");
	ret->result = SLICE("blocked");
	ret->action = SLICE("discard");
	return PARSE_OK;
}

static const struct {
	struct slice name, check, result;
	bool final; /* else the mail goes on, without its attachments */
} QUARANTINES[] = {
	{ LIT("spam"), LIT("spam"), LIT("spam"), true },
	{ LIT("virus"), LIT("virus"), LIT("infected"), true },
	{ LIT("attachment"), LIT("content"), LIT("banned"), false },
};

/* "%s: moved mail for <%s> to spam quarantine - %s (rule: %s)" */
static enum parse_result parse_quarantine(struct cur c, struct event *ret)
{
	struct slice name;

	if (!take_recipient(&c, ret) || !cur_lit(&c, "to ") || !cur_until_lit(&c, " quarantine - ", &name) ||
	    !cur_until(&c, ' ', &ret->folder) || !take_rule(c, ret))
		return PARSE_BAD;
	for (size_t i = 0; i < ARRAY_LEN(QUARANTINES); i++) {
		if (!slice_eq(QUARANTINES[i].name, name))
			continue;
		ret->kind = EV_VERDICT;
		ret->check = QUARANTINES[i].check;
		ret->result = QUARANTINES[i].result;
		if (QUARANTINES[i].final) {
			ret->action = SLICE("discard");
			ret->outcome = OUTCOME_DISCARDED;
		}
		return PARSE_OK;
	}
	return PARSE_BAD;
}

/* "%s: virus detected: %s (clamav)"; the mail's fate is another line */
static enum parse_result parse_virus(struct cur c, struct event *ret)
{
	struct slice name = cur_rest(&c), scanner;
	struct cur at = c;

	if (cur_until_last_lit(&at, " (", &scanner))
		name = scanner;
	if (name.n == 0)
		return PARSE_BAD;
	ret->kind = EV_VERDICT;
	ret->check = SLICE("virus");
	ret->result = SLICE("infected");
	ret->reason = name;
	return PARSE_OK;
}

static const struct row OF_MAIL[] = {
	ROW("processing time: ", STATISTICS, INFO),
	ROW("reinject mail to <* (rule: ", FILTER, ERROR),
	ROW("bcc to <", FILTER, INFO),
	ROW("notify <", FILTER, INFO),
	ROW("sender in user (*) ", FILTER, INFO),
	ROW("found archive '", FILTER, INFO),
	ROW("unpack archive failed ", FILTER, WARNING),
	ROW("unpack archive '", FILTER, INFO),
	ROW("unpack failed - ", FILTER, WARNING),
	ROW("Maximum time (", LIMIT, ERROR),
	ROW("can't exec ", FILTER, ERROR),
};

static const struct row OF_PROGRAM[] = {
	ROW("reloading configuration ", RELOAD, INFO),
	ROW("Filter daemon (re)started ", START, INFO),
	ROW("Policy daemon (re)started", START, INFO),
	ROW("starting database maint", PROCESS, INFO),
	ROW("end database maint", PROCESS, INFO),
	ROW("starting * database maint", PROCESS, INFO),
	ROW("end * database maint", PROCESS, INFO),
	ROW("fast exit because of errors ", PROCESS, WARNING),
	ROW("fast exit to reduce server load ", PROCESS, INFO),
	ROW("Cleanup failures: ", SPOOL, ERROR),
	ROW("ERROR: ", FILTER, ERROR),
	ROW("WARNING: ", FILTER, WARNING),
	ROW("Database connection broken", LOOKUP, ERROR),
	ROW("unable to reconnect to database server: ", LOOKUP, ERROR),
	ROW("DBI connect(", LOOKUP, ERROR),
	ROW("DBD::Pg::", LOOKUP, ERROR),
	ROW("greylist policy protocol error", PROTOCOL, WARNING),
	ROW("SPF timeout", DNS, WARNING),
	ROW("socket not ready - ", FILTER, ERROR),
	ROW("Child Preforked ", PROCESS, DEBUG),
	/* Net::Server, behind "2026/11/21-09:00:01 " */
	ROW("* CONNECT ", CONNECTION, DEBUG),
	ROW("* Server closing!", STOP, INFO),
	ROW("* PMG* (type Net::Server", START, INFO),
	ROW("* main (type Net::Server", START, INFO),
	ROW("* Binding to TCP port ", START, INFO),
	ROW("* Group Not Defined.", START, INFO),
	ROW("* User Not Defined.", START, INFO),
	ROW("* Setting * to ", START, INFO),
	ROW("* Process Backgrounded", START, INFO),
	ROW("* Starting \"", PROCESS, INFO),
	ROW("* Killing \"", PROCESS, INFO),
};

/* behind "LOGID: " */
static enum parse_result parse_mail(struct cur c, struct event *ret)
{
	enum parse_result r;

	if (cur_lit(&c, "new mail message-id="))
		return parse_new(c, ret);
	if (cur_lit(&c, "SA score="))
		return parse_score(c, ret);
	if (cur_lit(&c, "accept mail to <"))
		return parse_accept(c, ret);
	if (cur_lit(&c, "block mail to <"))
		return parse_block(c, ret);
	if (cur_lit(&c, "moved mail for <"))
		return parse_quarantine(c, ret);
	if (cur_lit(&c, "virus detected: "))
		return parse_virus(c, ret);
	r = rows_notice(OF_MAIL, ARRAY_LEN(OF_MAIL), cur_rest(&c), ret);
	if (r == PARSE_OK && cur_lit(&c, "processing time: "))
		(void)cur_seconds(&c, &ret->duration_s);
	return r;
}

static enum parse_result greylisted(struct slice result, uint32_t marks, struct event *ret)
{
	ret->kind = EV_VERDICT;
	ret->marks |= marks;
	ret->check = SLICE("greylist");
	ret->result = result;
	return PARSE_OK;
}

/* pmgpolicy: "SPF says %s", "defer greylisted mail", "accept mails from whitelist - %s", "accept mails to whitelist - <%s>" */
static enum parse_result parse_policy(struct cur c, struct event *ret)
{
	struct slice why;

	if (cur_lit(&c, "SPF says ")) {
		ret->result = word_auth_result(cur_rest(&c));
		if (!ret->result.p)
			return PARSE_BAD;
		ret->kind = EV_VERDICT;
		ret->check = SLICE("spf");
		return PARSE_OK;
	}
	if (cur_lit(&c, "defer greylisted mail") && cur_at_end(&c))
		return greylisted(SLICE("greylisted"), MARK_TEMPORARY, ret);
	if (!cur_lit(&c, "accept mails "))
		return PARSE_NOT_MINE;
	why = cur_rest(&c);
	if (!(cur_lit(&c, "from ") || cur_lit(&c, "to ")) || !cur_until_lit(&c, " - ", &ret->reason) || cur_at_end(&c))
		return PARSE_BAD;
	if (slice_starts(why, "from "))
		ret->client_ip = row_ip(cur_rest(&c));
	return greylisted(SLICE("pass"), 0, ret);
}

static enum parse_result pmg_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);
	enum parse_result r = PARSE_NOT_MINE;

	if (take_logid(&c, ret))
		return parse_mail(c, ret);
	if (slice_is(l->program, "pmgpolicy"))
		r = parse_policy(c, ret);
	return r == PARSE_NOT_MINE ? rows_notice(OF_PROGRAM, ARRAY_LEN(OF_PROGRAM), l->text, ret) : r;
}

#define T "pmg-smtp-filter"
#define P "pmgpolicy"
static const struct parse_sample SAMPLES[] = {
	{ T, "381C4E5DFA32622BFC4: new mail message-id=<m1@example.org>#012",
	  "header session=\"381C4E5DFA32622BFC4\" message_id=\"<m1@example.org>\"" },
	{ T, "381C4E5DFA32622BFC4: new mail message-id=", "header session=\"381C4E5DFA32622BFC4\"" },
	{ T, "381C4E5DFA32622BFC4: SA score=8/5 time=3.611 bayes=0.99 autolearn=no autolearn_force=no hits=BAYES_99(3.5),SPF_PASS(-0.001)",
	  "verdict session=\"381C4E5DFA32622BFC4\" duration_s=3.611000 check=\"spam\" result=\"spam\" score_milli=8000 threshold_milli=5000 "
	  "reason=\"BAYES_99(3.5),SPF_PASS(-0.001)\"" },
	{ T, "381C4E5DFA32622BFC4: SA score=0/5 time=0.5 bayes=undefined autolearn=disabled hits=",
	  "verdict session=\"381C4E5DFA32622BFC4\" duration_s=0.500000 check=\"spam\" result=\"ham\" score_milli=0 threshold_milli=5000" },
	{ T, "381C4E5DFA32622BFC4: accept mail to <bob@example.com> (1C6B541C5D) (rule: default-accept)",
	  "verdict related_queue_id=\"1C6B541C5D\" relation=\"filter\" session=\"381C4E5DFA32622BFC4\" recipient=\"bob@example.com\" "
	  "check=\"content\" result=\"passed\" action=\"relay\" reason=\"default-accept\"" },
	{ T, "381C4E5DFA32622BFC4: block mail to <bob@example.com> (rule: Block Viruses)",
	  "verdict outcome=\"discarded\" session=\"381C4E5DFA32622BFC4\" recipient=\"bob@example.com\" check=\"content\" result=\"blocked\" "
	  "action=\"discard\" reason=\"Block Viruses\"" },
	{ T, "381C4E5DFA32622BFC4: moved mail for <bob@example.com> to spam quarantine - 381C675DFA32622FD56 (rule: Quarantine/Mark Spam (Level 3))",
	  "verdict outcome=\"discarded\" session=\"381C4E5DFA32622BFC4\" recipient=\"bob@example.com\" check=\"spam\" result=\"spam\" "
	  "folder=\"381C675DFA32622FD56\" action=\"discard\" reason=\"Quarantine/Mark Spam (Level 3)\"" },
	{ T, "381C4E5DFA32622BFC4: moved mail for <bob@example.com> to virus quarantine - 381C675DFA32622FD56 (rule: Virus)",
	  "verdict outcome=\"discarded\" session=\"381C4E5DFA32622BFC4\" recipient=\"bob@example.com\" check=\"virus\" result=\"infected\" "
	  "folder=\"381C675DFA32622FD56\" action=\"discard\" reason=\"Virus\"" },
	{ T, "381C4E5DFA32622BFC4: moved mail for <bob@example.com> to attachment quarantine - 381C675DFA32622FD56 (rule: Office)",
	  "verdict session=\"381C4E5DFA32622BFC4\" recipient=\"bob@example.com\" check=\"content\" result=\"banned\" "
	  "folder=\"381C675DFA32622FD56\" reason=\"Office\"" },
	{ T, "381C4E5DFA32622BFC4: virus detected: Win.Test.EICAR_HDB-1 (clamav)",
	  "verdict session=\"381C4E5DFA32622BFC4\" check=\"virus\" result=\"infected\" reason=\"Win.Test.EICAR_HDB-1\"" },
	{ T, "381C4E5DFA32622BFC4: processing time: 3.701 seconds (3.611, 0.021, 0)",
	  "notice session=\"381C4E5DFA32622BFC4\" duration_s=3.701000 severity=\"info\" category=\"statistics\"" },
	{ T, "381C4E5DFA32622BFC4: reinject mail to <bob@example.com> (rule: default-accept) failed",
	  "notice session=\"381C4E5DFA32622BFC4\" severity=\"error\" category=\"filter\"" },
	{ T, "381C4E5DFA32622BFC4: notify <admin@example.com> (rule: Virus, 1C6B541C5E)",
	  "notice session=\"381C4E5DFA32622BFC4\" severity=\"info\" category=\"filter\"" },
	{ T, "2026/11/21-09:00:01 CONNECT TCP Peer: \"[127.0.0.1]:47958\" Local: \"[127.0.0.1]:10023\"",
	  "notice severity=\"debug\" category=\"connection\"" },
	{ T, "reloading configuration Proxmox_ruledb", "notice severity=\"info\" category=\"reload\"" },
	{ T, "end database maintainance (587 ms)", "notice severity=\"info\" category=\"process\"" },
	{ P, "starting policy database maintainance (greylist, rbl)", "notice severity=\"info\" category=\"process\"" },
	{ P, "SPF says pass", "verdict check=\"spf\" result=\"pass\"" },
	{ P, "defer greylisted mail", "verdict +temporary check=\"greylist\" result=\"greylisted\"" },
	{ P, "accept mails from whitelist - 192.0.2.9",
	  "verdict client_ip=\"192.0.2.9\" check=\"greylist\" result=\"pass\" reason=\"whitelist\"" },
	{ P, "accept mails to whitelist - <bob@example.com>", "verdict check=\"greylist\" result=\"pass\" reason=\"whitelist\"" },
	{ P, "Database connection broken - trying to reconnect", "notice severity=\"error\" category=\"lookup\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, "381C4E5DFA32622BFC4: SA score=high", NULL },
	{ T, "381C4E5DFA32622BFC4: accept mail to <bob@example.com> (rule: x)", NULL },
	{ T, "381C4E5DFA32622BFC4: block mail to <bob@example.com>", NULL },
	{ T, "381C4E5DFA32622BFC4: moved mail for <bob@example.com> to the moon quarantine - 1 (rule: x)", NULL },
	{ T, "381C4E5DFA32622BFC4: virus detected: ", NULL },
	{ P, "SPF says hello", NULL },
	{ P, "accept mails from whitelist - ", NULL },
	{ NULL, NULL, NULL },
};
#undef P
#undef T

const struct writer_ops pmg_writer = {
	.writer = WRITER_PMG,
	.claims = pmg_claims,
	.parse = pmg_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spamass_milter.c - the milter in front of spamd
 *
 * Written by spamass-milter 0.4.0 (spamass-milter.cpp, debug() and throw_error()).  Mostly silent: the verdict stands in spamd's own lines,
 * the refusal in the MTA's.  Trap: no line names a queue id.
 */
#include "parse/spamass_milter/spamass_milter.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool spamass_milter_claims(const struct line *l)
{
	return slice_is(l->program, "spamass-milter");
}

/* "550 5.7.1: Blocked by SpamAssassin" behind "Rejecting with " and "Defering with " */
static enum parse_result parse_refusal(struct cur c, struct event *ret)
{
	struct slice dsn;

	if (!cur_i64(&c, 599, &ret->smtp_code) || ret->smtp_code < 400 || !cur_byte(&c, ' ') ||
	    !cur_until_lit(&c, ": ", &dsn))
		return PARSE_BAD;
	ret->kind = EV_VERDICT;
	ret->check = SLICE("spam");
	ret->result = SLICE("spam");
	ret->dsn = dsn;
	ret->reason = cur_rest(&c);
	ret->action = ret->smtp_code < 500 ? SLICE("defer") : SLICE("reject");
	if (ret->smtp_code < 500)
		ret->marks |= MARK_TEMPORARY;
	return PARSE_OK;
}

static const struct row NOTICES[] = {
	ROW("spamass-milter * starting", START, INFO),
	ROW("spamass-milter * exiting", STOP, INFO),
	ROW("Could not extract score from <", FILTER, WARNING),
	ROW("Thrown error: ", FILTER, ERROR),
	ROW("Failed to quarantine", FILTER, ERROR),
	ROW("Could not retrieve sendmail macro \"", CONFIG, WARNING),
	ROW("Can't determine how to ", CONFIG, WARNING),
	ROW("SpamAssassin, mi_stop=1", STOP, INFO),
	ROW("SpamAssassin: ", FILTER, INFO),
};

static enum parse_result spamass_milter_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);

	if (cur_lit(&c, "Rejecting with ") || cur_lit(&c, "Defering with ") || cur_lit(&c, "Deferring with "))
		return parse_refusal(c, ret);
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), l->text, ret);
}

#define T "spamass-milter"
static const struct parse_sample SAMPLES[] = {
	{ T, "Rejecting with 550 5.7.1: Blocked by SpamAssassin",
	  "verdict smtp_code=550 dsn=\"5.7.1\" check=\"spam\" result=\"spam\" action=\"reject\" reason=\"Blocked by SpamAssassin\"" },
	{ T, "Defering with 450 4.7.1: Try again", "verdict +temporary smtp_code=450 dsn=\"4.7.1\" check=\"spam\" result=\"spam\" action=\"defer\"" },
	{ T, "spamass-milter 0.4.0 starting", "notice severity=\"info\" category=\"start\"" },
	{ T, "spamass-milter 0.4.0 exiting", "notice severity=\"info\" category=\"stop\"" },
	{ T, "Could not retrieve sendmail macro \"i\"!.  Please add it to confMILTER_MACROS_ENVFROM for better spamassassin results",
	  "notice severity=\"warning\" category=\"config\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, "Rejecting with pleasure", NULL },
	{ T, "Rejecting with 250 2.0.0: ok", NULL },
	{ NULL, NULL, NULL },
};
#undef T

const struct writer_ops spamass_milter_writer = {
	.writer = WRITER_SPAMASS_MILTER,
	.claims = spamass_milter_claims,
	.parse = spamass_milter_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openarc.c - the ARC milter
 *
 * Written by openarc/openarc.c (the 2018 beta and its successor of 2024): "%s: TEXT" with the queue id; success is silent.
 */
#include "parse/openarc/openarc.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool openarc_claims(const struct line *l)
{
	return slice_is(l->program, "openarc");
}

/* chain state forced to "fail" due to prior result found */
static enum parse_result parse_forced(struct cur c, struct slice text, struct event *ret)
{
	struct slice written, result;

	if (!cur_until_lit(&c, "\" due to ", &written))
		return PARSE_BAD;
	result = word_auth_result(written);
	if (!result.p)
		return PARSE_BAD;
	ret->kind = EV_VERDICT;
	ret->check = SLICE("arc");
	ret->result = result;
	ret->reason = text;
	return PARSE_OK;
}

static const struct row NOTICES[] = {
	ROW("failed to compute seal", FILTER, ERROR),
	ROW("no seal header check matched; continuing", FILTER, INFO),
	ROW("can't initialize ARC handle", FILTER, ERROR),
	ROW("error processing header field ", FILTER, WARNING),
	ROW("error processing body", FILTER, WARNING),
	ROW("RFC5322 header requirement error", PROTOCOL, INFO),
	ROW("ignoring connection from ", FILTER, INFO),
	ROW("assuming sign mode for host ", FILTER, INFO),
	ROW("assuming verify mode for host ", FILTER, INFO),
	ROW("OpenARC Filter * starting", START, INFO),
	ROW("OpenARC Filter * terminating", STOP, INFO),
	ROW("OpenARC Filter: mi_stop=1", STOP, INFO),
	ROW("OpenARC Filter: Unable to ", PROCESS, ERROR),
	ROW("OpenARC Filter: Opening listen socket on conn ", START, INFO),
	ROW("configuration reloaded from ", RELOAD, INFO),
};

static enum parse_result openarc_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);
	struct slice text;
	bool named = row_take_queue_id(&c, ret);

	text = cur_rest(&c);
	if (named && cur_lit(&c, "chain state forced to \""))
		return parse_forced(c, text, ret);
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), text, ret);
}

#define T "openarc"
static const struct parse_sample SAMPLES[] = {
	{ T, "5A1B2C3D4E: chain state forced to \"fail\" due to prior result found",
	  "verdict queue_id=\"5A1B2C3D4E\" check=\"arc\" result=\"fail\"" },
	{ T, "5A1B2C3D4E: failed to compute seal", "notice queue_id=\"5A1B2C3D4E\" severity=\"error\" category=\"filter\"" },
	{ T, "ignoring connection from localhost", "notice severity=\"info\" category=\"filter\"" },
	{ T, "OpenARC Filter v1.0.0 starting (args: -c /etc/openarc.conf)", "notice severity=\"info\" category=\"start\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, "5A1B2C3D4E: chain state forced to \"fail", NULL },
	{ T, "5A1B2C3D4E: chain state forced to \"odd\" due to prior result found", NULL },
	{ NULL, NULL, NULL },
};
#undef T

const struct writer_ops openarc_writer = {
	.writer = WRITER_OPENARC,
	.claims = openarc_claims,
	.parse = openarc_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postsrsd.c - the rewriting of forwarded senders (SRS)
 *
 * Written by postsrsd 1.x (postsrsd.c: "srs_forward: <%s> rewritten as <%s>", "srs_forward: <%s> not rewritten: %s", the same with
 * srs_reverse) and 2.x ("... rewritten as ..." without brackets).
 */
#include "parse/postsrsd/postsrsd.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool postsrsd_claims(const struct line *l)
{
	return slice_is(l->program, "postsrsd");
}

/* the address before " rewritten as " or " not rewritten: " */
static enum parse_result parse_rewrite(struct cur c, struct slice text, struct event *ret)
{
	struct slice from;
	struct cur at = c;

	if (!cur_until_last_lit(&at, " rewritten as ", &from) && !cur_until_lit(&c, " not rewritten: ", &from))
		return PARSE_BAD;
	ret->kind = EV_NOTICE;
	ret->category = NOTICE_REWRITE;
	ret->severity = SEVERITY_INFO;
	ret->sender = slice_unwrap(from, '<', '>');
	ret->text = text;
	return PARSE_OK;
}

static const struct row NOTICES[] = {
	ROW("* * rewritten", REWRITE, INFO),
	ROW("* rewritten as ", REWRITE, INFO),
	ROW("* not rewritten: ", REWRITE, INFO),
	ROW("postsrsd ", START, INFO),
	ROW("Listening on ", START, INFO),
	ROW("error: ", FILTER, ERROR),
	ROW("warning: ", FILTER, WARNING),
};

static enum parse_result postsrsd_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);

	if (cur_lit(&c, "srs_forward: ") || cur_lit(&c, "srs_reverse: "))
		return parse_rewrite(c, l->text, ret);
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), l->text, ret);
}

#define T "postsrsd"
static const struct parse_sample SAMPLES[] = {
	{ T, "srs_forward: <ann@example.org> rewritten as <SRS0=abcd=XY=example.org=ann@example.com>",
	  "notice sender=\"ann@example.org\" severity=\"info\" category=\"rewrite\"" },
	{ T, "srs_reverse: <bob@example.com> not rewritten: No SRS signature", "notice sender=\"bob@example.com\" severity=\"info\" category=\"rewrite\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, "srs_forward: <ann@example.org>", NULL },
	{ T, "something else", NULL },
	{ NULL, NULL, NULL },
};
#undef T

const struct writer_ops postsrsd_writer = {
	.writer = WRITER_POSTSRSD,
	.claims = postsrsd_claims,
	.parse = postsrsd_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};

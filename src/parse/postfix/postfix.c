/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/postfix/postfix.h"

static bool postfix_claims(struct slice program)
{
	return slice_starts(program, "postfix");
}

static enum parse_result postfix_parse(const struct line *l, struct event *ret)
{
	(void)l;
	(void)ret;
	return PARSE_NOT_MINE;
}

static const struct parse_sample SAMPLES[] = { { NULL, NULL, NULL } };

const struct writer_ops postfix_writer = {
	.writer = WRITER_POSTFIX,
	.claims = postfix_claims,
	.parse = postfix_parse,
	.samples = SAMPLES,
	.refused = SAMPLES,
};

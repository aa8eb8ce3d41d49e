/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/exim/exim.h"

static bool exim_claims(struct slice program)
{
	return slice_starts(program, "exim");
}

static enum parse_result exim_parse(const struct line *l, struct event *ret)
{
	(void)l;
	(void)ret;
	return PARSE_NOT_MINE;
}

static const struct parse_sample SAMPLES[] = { { NULL, NULL, NULL } };

const struct writer_ops exim_writer = {
	.writer = WRITER_EXIM,
	.claims = exim_claims,
	.parse = exim_parse,
	.samples = SAMPLES,
	.refused = SAMPLES,
};

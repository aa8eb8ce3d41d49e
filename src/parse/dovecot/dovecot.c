/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/dovecot/dovecot.h"

static bool dovecot_claims(struct slice program)
{
	return slice_starts(program, "dovecot");
}

static enum parse_result dovecot_parse(const struct line *l, struct event *ret)
{
	(void)l;
	(void)ret;
	return PARSE_NOT_MINE;
}

static const struct parse_sample SAMPLES[] = { { NULL, NULL, NULL } };

const struct writer_ops dovecot_writer = {
	.writer = WRITER_DOVECOT,
	.claims = dovecot_claims,
	.parse = dovecot_parse,
	.samples = SAMPLES,
	.refused = SAMPLES,
};

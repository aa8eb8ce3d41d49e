/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_export.c - an entry of the systemd journal in its export form
 *
 * Lines "NAME=value"; for values that are not plain text "NAME", the length as 64 bits (the lowest byte first), the
 * value and a newline.  The record may be cut anywhere.  Source: systemd, docs/JOURNAL_EXPORT_FORMATS.md.
 */
#include "envelope/head.h"

#define LENGTH_BYTES ((size_t)8)

static size_t value_length(const char *p)
{
	uint64_t v = 0;

	for (size_t i = LENGTH_BYTES; i-- > 0;)
		v = v << 8 | (unsigned char)p[i];
	return (size_t)v;
}

/* The field at the cursor; false: there is no more, or none that is complete enough. */
static bool next_field(struct cur *c, struct slice *ret_name, struct slice *ret_value)
{
	struct slice line = cur_token(c, '\n');
	size_t at = slice_find_byte(line, '='), n;

	if (line.n == 0)
		return false;
	*ret_name = slice_head(line, at);
	if (at < line.n) {
		*ret_value = slice_from(line, at + 1);
		if (slice_ends(*ret_value, "\r"))
			ret_value->n--; /* a text value holds none: the file came through Windows */
		return true;
	}
	if (cur_left(c) < LENGTH_BYTES)
		return false;
	n = value_length(c->p);
	c->p += LENGTH_BYTES;
	*ret_value = slice_head(cur_rest(c), n);
	c->p += ret_value->n;
	(void)cur_byte(c, '\n');
	return true;
}

bool head_form_export(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	struct journal_fields f;
	struct slice name, value;

	if (cur_peek(&c) != '_' || (!slice_starts(cur_rest(&c), "__CURSOR=") &&
				    !slice_starts(cur_rest(&c), "__REALTIME_TIMESTAMP=")))
		return false;
	journal_fields_init(&f);
	while (next_field(&c, &name, &value))
		journal_fields_add(&f, name, value);
	h->kind = ENVELOPE_JOURNAL;
	head_journal(&f, clock, h);
	return true;
}

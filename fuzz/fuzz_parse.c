/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_parse.c - any program's text through the parsers
 *
 * The first line of the input is the syslog tag, or "=" and the name of the form in which a record needs no tag ("=exim"; an empty line
 * is the same); behind "=exchange" the next line names the columns.  The rest is the text.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/strbuf.h"
#include "event/columns.h"
#include "fuzz.h"
#include "parse/parse.h"

static enum envelope_kind kind_of(struct slice name)
{
	for (unsigned i = 1; i < ENVELOPE_KIND_COUNT; i++)
		if (slice_eq(name, slice_str(envelope_kind_name(i))))
			return i;
	return ENVELOPE_EXIM;
}

/* Take off what is not the text. */
static void read_head(struct cur *c, struct line *l, struct log_columns *columns)
{
	struct slice first = cur_token(c, '\n'), header;

	l->envelope = ENVELOPE_RFC3164;
	if (first.n && first.p[0] != '=') {
		l->program = first;
		return;
	}
	l->envelope = first.n ? kind_of(slice_from(first, 1)) : ENVELOPE_EXIM;
	if (l->envelope != ENVELOPE_EXCHANGE)
		return;
	header = cur_token(c, '\n');
	if (log_columns_read(header, LOG_NONE, columns) || log_columns_read(header, LOG_SMTP, columns) ||
	    log_columns_read(header, LOG_MAILBOX, columns))
		l->columns = columns;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur c = { (const char *)data, (const char *)data + size };
	struct line l = { .pid = -1, .line_count = 1, .time_us = USEC_NONE };
	struct log_columns columns;
	struct strbuf out = { 0 };
	struct slice rest;
	struct event e;
	char *block;

	read_head(&c, &l, &columns);
	rest = cur_rest(&c);
	block = malloc(rest.n + !rest.n); /* of exactly its size: ASan sees every step past the end */
	if (rest.n)
		memcpy(block, rest.p, rest.n);
	l.raw = l.text = slice_of(block, rest.n);
	for (size_t i = 0; i < rest.n; i++)
		l.line_count += block[i] == '\n';
	parse_line(&l, &e);
	assert_event(l.text, &e);
	event_text(&out, &e); /* touches every byte of every field */
	strbuf_done(&out);
	free(block);
	return 0;
}

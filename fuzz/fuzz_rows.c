/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_rows.c - comma separated logs: headers that say what columns are, and rows below them, through envelope and parsers
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/strbuf.h"
#include "envelope/envelope.h"
#include "event/recipient_status.h"
#include "fuzz.h"
#include "parse/parse.h"

static char *take(void *ctx, size_t n)
{
	return arena_bytes(ctx, n + !n);
}

/* All that a list says lies in it, and it ends. */
static void walk_list(struct slice list)
{
	struct cur c = cur_of(list);
	struct recipient_status status;
	struct slice one;
	size_t n = 0;

	while (list.p && status_list_next(&c, &one)) {
		assert_inside(list, one);
		recipient_status_read(one, &status);
		assert_inside(list, status.reply);
		assert_inside(list, status.before);
		assert_inside(list, status.host);
		n++;
	}
	assert(!list.p || status_list_count(list) - n <= 1);
}

/* Undoing the quotes changes no field but for them. */
static void check_decoded(const struct line *l)
{
	struct log_row row, decoded;
	char *bytes;
	size_t n;

	if (!l->columns || l->flags & LINE_DECODED)
		return;
	bytes = malloc(l->text.n + 1);
	n = log_row_decode(l->columns, l->text, bytes);
	assert(n <= l->text.n + 1);
	log_row_split(l->columns, l->text, &row);
	log_row_split_decoded(l->columns, slice_of(bytes, n), &decoded);
	assert(row.open == decoded.open);
	assert(row.open || l->text.n == 0 || row.n == decoded.n);
	for (size_t i = 0; !row.open && !row.escaped && i < LOG_COLUMN_COUNT; i++)
		assert(row.field[i].n == decoded.field[i].n);
	free(bytes);
}

static void one_line(struct envelope_clock *clock, struct slice raw, struct strbuf *out)
{
	char *block = malloc(raw.n + !raw.n); /* of exactly its size: ASan sees every step past the end */
	struct line l = { .pid = -1, .line_count = 1, .time_us = USEC_NONE };
	struct event e;

	if (raw.n)
		memcpy(block, raw.p, raw.n);
	l.raw = slice_of(block, raw.n);
	envelope_parse(clock, &l);
	check_decoded(&l);
	parse_line(&l, &e);
	assert(e.kind < EVENT_KIND_COUNT);
	assert(e.kind != EV_NOTICE || e.category != NOTICE_NONE);
	event_text(out, &e); /* touches every byte of every field */
	walk_list(e.recipients);
	walk_list(e.reply);
	strbuf_clear(out);
	free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur c = { (const char *)data, (const char *)data + size };
	struct arena arena = { 0 };
	struct envelope_room room = { take, &arena };
	struct envelope_numbers numbers = { .n_columns = 0 };
	struct envelope_clock *clock = calloc(1, sizeof *clock);
	struct strbuf out = { 0 };

	clock->numbers = &numbers;
	clock->room = &room;
	while (!cur_at_end(&c))
		one_line(clock, cur_token(&c, '\n'), &out);
	strbuf_done(&out);
	free(clock);
	envelope_numbers_done(&numbers);
	arena_clear(&arena);
	return 0;
}

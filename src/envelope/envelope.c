/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope.c - taking the transport's part off a record
 */
#include "envelope/envelope.h"

#include "base/attr.h"
#include "envelope/head.h"
#include "envelope/repeat.h"

#define EXIM_DATE_BYTES 11  /* "2026-11-21 " */
#define EXIM_STAMP_BYTES 19 /* "2026-11-21 09:00:01" */

static void carry(struct envelope_clock *clock, struct line *l)
{
	if (clock->carried_us == 0) {
		l->time_us = USEC_NONE;
		l->utc_offset_sec = 0;
		return;
	}
	l->time_us = clock->carried_us;
	l->utc_offset_sec = clock->carried_offset_sec;
	l->flags |= LINE_TIME_CARRIED;
}

/* When it was; false: nobody says. */
static bool put_time(struct envelope_clock *clock, const struct head *h, struct line *l)
{
	if (h->outer_us != USEC_NONE) {
		l->time_us = clock_settle_wrapped(clock, h, &l->utc_offset_sec);
	} else if (h->stamp.form == STAMP_NONE) {
		l->time_us = USEC_NONE;
	} else {
		if (h->stamp.form == STAMP_BSD)
			l->flags |= LINE_YEAR_GUESSED;
		if (!h->stamp.has_zone)
			l->flags |= clock->guessed;
		l->time_us = clock_settle(clock, &h->stamp, &l->utc_offset_sec);
	}
	if (l->time_us == USEC_NONE) {
		carry(clock, l);
		return false;
	}
	clock->carried_us = l->time_us;
	clock->carried_offset_sec = l->utc_offset_sec;
	return true;
}

void head_put(struct envelope_clock *clock, const struct head *h, struct line *l)
{
	l->envelope = h->kind;
	if (h->kind != ENVELOPE_NONE)
		clock->in_smartermail = h->kind == ENVELOPE_SMARTERMAIL;
	l->host = l->server = h->host;
	l->program = h->program;
	l->pid = h->pid;
	l->text = h->text;
	l->server_no = clock->numbers ? envelope_names_number(&clock->numbers->servers, h->host) : 0;
	l->program_no = clock->numbers ? envelope_names_number(&clock->numbers->programs, h->program) : 0;
	if (h->had_nul)
		l->flags |= LINE_NUL;
	if (UNLIKELY(envelope_is_repeat(h->program, h->text)))
		l->flags |= LINE_REPEAT;
	if (UNLIKELY(h->prefix_bytes)) {
		l->flags |= LINE_GREP;
		l->prefix_bytes = h->prefix_bytes;
	}
	if (put_time(clock, h, l) && h->outer_us == USEC_NONE && h->kind != ENVELOPE_EXCHANGE &&
	    h->stamp.text.p == l->raw.p)
		quick_keep(clock, l, h->stamp.has_zone);
}

static char *scratch_take(void *ctx, size_t n)
{
	return arena_bytes(ctx, n + !n);
}

void envelope_scratch_init(struct envelope_scratch *s)
{
	s->arena = (struct arena){ 0 };
	s->room = (struct envelope_room){ scratch_take, &s->arena };
}

/* What does not stand in the record as such goes with the scratch. */
static void forget_unescaped(struct line *l)
{
	l->host = l->server = l->program = SLICE_NONE;
	l->server_no = l->program_no = 0;
	l->text = l->raw;
}

static const struct log_columns *keep_columns(void *ctx, const struct log_columns *columns)
{
	return ctx ? envelope_names_columns(ctx, columns) : NULL;
}

/* A row with doubled quotes gets a text without them, of its own. */
static void undo_quotes(struct envelope_clock *clock, struct head *h, struct line *l)
{
	struct log_row row;
	char *to;

	if (slice_find(h->text, SLICE("\"\"")) == h->text.n)
		return;
	log_row_split(l->columns, h->text, &row);
	if (!row.escaped)
		return;
	to = clock->room->take(clock->room->ctx, h->text.n + 1);
	h->text = slice_of(to, log_row_decode(l->columns, h->text, to));
	l->flags |= LINE_DECODED;
}

void head_row(struct envelope_clock *clock, struct head *h, struct line *l)
{
	/* a row that is cut in its time looks like a line without words */
	if (h->kind == ENVELOPE_RFC3339 && h->text.n == 0 && !h->host.p && clock->header.columns) {
		head_clear(h);
		h->text = l->raw;
	}
	if (h->kind != ENVELOPE_NONE && h->kind != ENVELOPE_EXCHANGE)
		return;
	head_exchange(&clock->header, h, keep_columns, clock->numbers);
	l->columns = h->kind == ENVELOPE_EXCHANGE && !h->header ? clock->header.columns : NULL;
	if (l->columns && clock->room)
		undo_quotes(clock, h, l);
}

void envelope_in_full(struct envelope_clock *clock, struct line *l)
{
	struct envelope_scratch scratch;
	struct head h;

	envelope_scratch_init(&scratch);
	head_split(l->raw, clock, clock->room ? clock->room : &scratch.room, &h);
	head_row(clock, &h, l);
	head_put(clock, &h, l);
	if (UNLIKELY(scratch.arena.chunks != NULL)) {
		forget_unescaped(l);
		arena_clear(&scratch.arena);
	}
}

void envelope_journal(struct envelope_clock *clock, const struct journal_fields *f, enum envelope_kind kind,
		      struct line *l)
{
	struct envelope_scratch scratch;
	struct head h;

	envelope_scratch_init(&scratch); /* nothing of an entry is escaped once more */
	head_begin(&h, clock->room ? clock->room : &scratch.room);
	h.kind = kind;
	head_journal(f, clock, &h);
	head_put(clock, &h, l);
	if (UNLIKELY(scratch.arena.chunks != NULL)) {
		forget_unescaped(l);
		arena_clear(&scratch.arena);
	}
}

/* As if the stamp had neither a fraction nor a zone. */
static inline void keep_exim_stamp(struct envelope_exim_stamp *last, const char *p)
{
	memcpy(last->text, p, EXIM_STAMP_BYTES);
	last->text[EXIM_STAMP_BYTES] = ' ';
}

static ATTR_NOINLINE bool starts_exim_in_full(struct slice s, struct envelope_exim_stamp *last)
{
	struct stamp stamp;
	int64_t pid;

	if (s.n >= 3 && s.p[0] == '\xef' && slice_starts(s, "\xef\xbb\xbf"))
		s = slice_from(s, 3);
	if (s.n < EXIM_STAMP_BYTES || s.p[10] != ' ' || s.p[4] != '-')
		return false;
	(void)head_exim_stamp(s, NULL, &stamp, &pid);
	if (stamp.form != STAMP_NONE)
		keep_exim_stamp(last, s.p);
	return stamp.form != STAMP_NONE;
}

bool envelope_starts_exim_slow(struct slice physical_line, struct envelope_exim_stamp *last)
{
	const char *p = physical_line.p, *behind = p + EXIM_STAMP_BYTES;

	/* another second of the same day */
	if (physical_line.n >= EXIM_STAMP_BYTES + 10 && memcmp(p, last->text, EXIM_DATE_BYTES) == 0 &&
	    digits_time_of_day(digits_load(p + EXIM_DATE_BYTES)) >= 0) {
		unsigned digits = *behind == '.' ? digits_lead(digits_load(behind + 1)) : 0;

		behind += digits ? 1 + digits : 0;
		if (behind[0] == ' ' && behind[1] != '#') {
			keep_exim_stamp(last, p);
			return true;
		}
	}
	return starts_exim_in_full(physical_line, last);
}

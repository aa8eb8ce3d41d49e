/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame_export.c - entries of the systemd journal's export form
 *
 * An entry is a run of fields that ends with an empty line.  A field is "NAME=value\n", or for values that are not
 * plain text "NAME\n", the length as 64 bits (the lowest byte first), the value, "\n".  journalctl -o export and
 * systemd-journal-upload write "__CURSOR=" first, an older systemd-journal-gatewayd "__REALTIME_TIMESTAMP=" in
 * entries that have no cursor.
 * Source: systemd, docs/JOURNAL_EXPORT_FORMATS.md, src/shared/logs-show.c (output_export) and
 * src/shared/journal-importer.c, whose limits are ours: no value is longer than 768 MiB.
 *
 * An entry takes as many physical lines as it has newlines, those inside of values and lengths included: the sum
 * is what wc -l says.  What is longer than a record may be is passed over without being kept.
 * Traps: a length may be anything in a damaged file; an entry that was cut runs into the next one, or into what is
 * no field at all: it ends there, and the rest is looked at by itself.
 */
#include "input/frame_priv.h"

#include <string.h>

#include "base/attr.h"

#define NAME_MAX_BYTES ((size_t)64) /* journald takes no longer ones */
#define LENGTH_BYTES ((size_t)8)
#define KEPT_BYTES (INPUT_RECORD_MAX_BYTES + 1) /* with the last newline */
#define VALUE_MAX_BYTES ((uint64_t)768 << 20)

bool frame_starts_export(struct slice line)
{
	return slice_starts(line, "__CURSOR=") || slice_starts(line, "__REALTIME_TIMESTAMP=");
}

enum step {
	STEP_ON,   /* the state has changed */
	STEP_MORE, /* more bytes are needed */
	STEP_END,  /* the entry ends with the empty line here, */
	STEP_ODD,  /* before what is here, */
	STEP_EOF,  /* with the stream */
};

static size_t name_length(const char *p, size_t n)
{
	size_t k = 0;

	while (k < n && k <= NAME_MAX_BYTES &&
	       ((p[k] >= 'A' && p[k] <= 'Z') || p[k] == '_' || (p[k] >= '0' && p[k] <= '9')))
		k++;
	return k;
}

static uint64_t value_length(const char *p)
{
	uint64_t v = 0;

	for (size_t i = LENGTH_BYTES; i-- > 0;)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

static uint64_t count_newlines(const char *p, size_t n)
{
	const char *end = p + n;
	uint64_t lines = 0;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lines++;
		p++;
	}
	return lines;
}

static void pass(struct framer *f, size_t n)
{
	struct frame_entry *e = &f->entry;

	e->lines += count_newlines(f->buf + f->at + e->passed, n);
	e->passed += n;
	if (n)
		e->at_newline = f->buf[f->at + e->passed - 1] == '\n';
}

/* There is too little to tell what begins here: if nothing follows it belongs to the entry. */
static enum step too_little(struct framer *f, size_t left)
{
	if (!f->eof)
		return STEP_MORE;
	pass(f, left);
	if (left)
		f->entry.state = FRAME_ENTRY_TEXT;
	return STEP_EOF;
}

/* At the start of a line: what is it? */
static enum step step_field(struct framer *f)
{
	struct frame_entry *e = &f->entry;
	const char *p = f->buf + f->at + e->passed;
	size_t left = f->end - f->at - e->passed, n = name_length(p, left);

	if (left == 0 || (n == left && n <= NAME_MAX_BYTES) || (left == 1 && *p == '\r'))
		return too_little(f, left);
	if (n == 0 && (*p == '\n' || (*p == '\r' && p[1] == '\n')))
		return STEP_END;
	if (n == 0 || n > NAME_MAX_BYTES || (p[n] != '=' && p[n] != '\n'))
		return STEP_ODD;
	if (p[n] == '=') {
		if (e->passed > 0 && slice_starts(slice_of(p, n + 1), "__CURSOR="))
			return STEP_ODD;
		pass(f, n + 1);
		e->state = FRAME_ENTRY_TEXT;
		return STEP_ON;
	}
	if (left < n + 1 + LENGTH_BYTES)
		return too_little(f, left);
	e->left = value_length(p + n + 1);
	if (e->left > VALUE_MAX_BYTES)
		return STEP_ODD;
	e->left++; /* the newline behind it */
	pass(f, n + 1 + LENGTH_BYTES);
	e->state = FRAME_ENTRY_BYTES;
	return STEP_ON;
}

/* Inside of a value: go to the end of its line. */
static enum step step_text(struct framer *f)
{
	struct frame_entry *e = &f->entry;
	const char *p = f->buf + f->at + e->passed;
	size_t left = f->end - f->at - e->passed;
	const char *q = left ? memchr(p, '\n', left) : NULL;

	pass(f, q ? (size_t)(q - p) + 1 : left);
	if (!q)
		return f->eof ? STEP_EOF : STEP_MORE;
	e->state = FRAME_ENTRY_FIELD;
	return STEP_ON;
}

/* Inside of a value of known length: `left` bytes of it, and its newline, are to come. */
static enum step step_bytes(struct framer *f)
{
	struct frame_entry *e = &f->entry;
	size_t n = f->end - f->at - e->passed;

	if (n > e->left)
		n = (size_t)e->left;
	pass(f, n);
	e->left -= n;
	if (e->left)
		return f->eof ? STEP_EOF : STEP_MORE;
	/* where the length lied, the rest of this line is part of the value as well */
	e->state = f->buf[f->at + e->passed - 1] == '\n' ? FRAME_ENTRY_FIELD : FRAME_ENTRY_TEXT;
	return STEP_ON;
}

/* Throw away what was passed beyond the cap. */
static void drop_passed(struct framer *f)
{
	struct frame_entry *e = &f->entry;
	size_t kept = f->at + KEPT_BYTES, from = f->at + e->passed;
	const char *nul;

	if (e->passed <= KEPT_BYTES)
		return;
	memmove(f->buf + kept, f->buf + from, f->end - from);
	f->end -= from - kept;
	e->dropped += from - kept;
	e->passed = KEPT_BYTES;
	f->searched = kept;
	f->indexed = f->at;
	f->newline = f->n_newlines = 0;
	if (f->nul_at < kept)
		return;
	nul = f->end > kept ? memchr(f->buf + kept, '\0', f->end - kept) : NULL;
	f->nul_at = nul ? (size_t)(nul - f->buf) : f->end;
}

/* The entry is what was passed, and `more` bytes of an empty line.  cut: the stream ended in a field. */
static enum frame_result end_entry(struct framer *f, struct line *l, size_t more, bool cut)
{
	struct frame_entry e = f->entry;
	size_t next = f->at + e.passed + more, kept = e.passed - !cut;
	uint64_t lines = e.lines + (more > 0 || !e.at_newline);

	f->entry = (struct frame_entry){ .state = FRAME_ENTRY_NONE };
	f->flags |= cut ? LINE_NO_NEWLINE : 0;
	if (e.dropped || kept > INPUT_RECORD_MAX_BYTES) {
		f->flags |= LINE_CUT;
		kept = INPUT_RECORD_MAX_BYTES;
	}
	if (lines > UINT32_MAX)
		lines = UINT32_MAX;
	(void)frame_emit(f, l, f->at + kept, next, e.dropped + (next - f->at),
			 f->entries_are_lines ? 1 : (uint32_t)lines);
	l->flags &= ~(uint32_t)LINE_NUL; /* of lengths, and of what a program wrote on purpose */
	return FRAME_RECORD;
}

enum frame_result frame_export(struct framer *f, struct line *l)
{
	static enum step (*const steps[])(struct framer *) = {
		[FRAME_ENTRY_FIELD] = step_field,
		[FRAME_ENTRY_TEXT] = step_text,
		[FRAME_ENTRY_BYTES] = step_bytes,
	};
	struct frame_entry *e = &f->entry;
	enum step step;

	if (e->state == FRAME_ENTRY_NONE)
		*e = (struct frame_entry){ .state = FRAME_ENTRY_FIELD };
	do
		step = steps[e->state](f);
	while (step == STEP_ON);
	switch (step) {
	case STEP_MORE:
		drop_passed(f);
		return FRAME_MORE;
	case STEP_END:
		return end_entry(f, l, f->buf[f->at + e->passed] == '\r' ? 2 : 1, false);
	case STEP_ODD:
		return end_entry(f, l, 0, false);
	case STEP_EOF:
	default:
		/* the newline behind the last field was there, or not */
		return end_entry(f, l, 0, e->state != FRAME_ENTRY_FIELD);
	}
}

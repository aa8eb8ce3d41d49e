/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mime.c - texts in the forms that mail carries (RFC 2045, 2047, 5322)
 */
#include "export/mime.h"

#include "base/ascii.h"
#include "base/civil.h"
#include "base/utf8.h"
#include "export/terminal.h"

#define LINE_COLUMNS   76
#define HEADER_COLUMNS 76 /* of a line of a header that is not encoded */
#define WORD_COLUMNS   75 /* RFC 2047, section 2: of one encoded word */
#define WORD_BEGIN     "=?utf-8?Q?"
#define WORD_END       "?="

static void add_hex(struct strbuf *out, char c)
{
	strbuf_printf(out, "=%02X", (unsigned char)c);
}

/* --- bodies ------------------------------------------------------------------------------------------- */

/* first: it begins a line of the encoded text */
static bool is_plain(struct slice line, size_t at, bool first)
{
	char c = line.p[at];

	if (c == ' ' || c == '\t')
		return at + 1 < line.n;
	if (first && (c == '.' || slice_starts(slice_from(line, at), "From ")))
		return false;
	return ascii_print(c) && c != '=';
}

static void add_line(struct strbuf *out, struct slice line)
{
	size_t column = 0;

	for (size_t i = 0; i < line.n; i++) {
		size_t n = is_plain(line, i, column == 0) ? 1 : 3;

		if (column + n > LINE_COLUMNS - 1) { /* the last column is for the "=" that breaks it */
			strbuf_add(out, SLICE("=\n"));
			column = 0;
			n = is_plain(line, i, true) ? 1 : 3;
		}
		if (n == 1)
			strbuf_add_byte(out, line.p[i]);
		else
			add_hex(out, line.p[i]);
		column += n;
	}
	strbuf_add_byte(out, '\n');
}

void mime_quoted_printable(struct strbuf *out, struct slice text)
{
	while (text.n) {
		size_t n = slice_find_byte(text, '\n');

		add_line(out, slice_head(text, n));
		text = slice_from(text, n < text.n ? n + 1 : n);
	}
}

/* --- headers ------------------------------------------------------------------------------------------ */

static bool needs_words(struct slice s, size_t column)
{
	if (column + s.n > HEADER_COLUMNS || slice_find(s, SLICE("=?")) < s.n)
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_print(s.p[i]))
			return true;
	return false;
}

/* one character of an encoded word: what RFC 2047 lets stand in any header */
static void add_encoded(struct strbuf *out, struct slice character)
{
	for (size_t i = 0; i < character.n; i++) {
		char c = character.p[i];

		if (ascii_alpha(c) || ascii_digit(c) || c == '-' || c == '/')
			strbuf_add_byte(out, c);
		else if (c == ' ')
			strbuf_add_byte(out, '_');
		else
			add_hex(out, c);
	}
}

/* no character may be divided between two words */
static void add_words(struct strbuf *out, struct slice s, size_t column)
{
	struct strbuf character = { 0 };
	size_t used = column + sizeof WORD_BEGIN - 1;

	strbuf_add(out, SLICE(WORD_BEGIN));
	for (size_t i = 0; i < s.n;) {
		uint32_t cp;
		size_t n = utf8_next(slice_from(s, i), &cp);

		strbuf_clear(&character);
		add_encoded(&character, slice_head(slice_from(s, i), n ? n : 1));
		if (used + character.n + sizeof WORD_END - 1 > WORD_COLUMNS) {
			strbuf_add(out, SLICE(WORD_END "\n " WORD_BEGIN));
			used = 1 + sizeof WORD_BEGIN - 1;
		}
		strbuf_add(out, strbuf_slice(&character));
		used += character.n;
		i += n ? n : 1;
	}
	strbuf_add(out, SLICE(WORD_END));
	strbuf_done(&character);
}

void mime_header(struct strbuf *out, const char *name, struct slice text)
{
	struct strbuf safe = { 0 };
	size_t from = out->n, column;

	(void)term_text(&safe, text);
	strbuf_add_str(out, name);
	strbuf_add(out, SLICE(": "));
	column = out->n - from;
	if (needs_words(strbuf_slice(&safe), column))
		add_words(out, strbuf_slice(&safe), column);
	else
		strbuf_add(out, strbuf_slice(&safe));
	strbuf_add_byte(out, '\n');
	strbuf_done(&safe);
}

void mime_date(struct strbuf *out, usec_t t, int32_t utc_offset_sec)
{
	static const char *const DAYS[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	static const char *const MONTHS[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct civil c = civil_of(t, utc_offset_sec);
	int32_t minutes = (utc_offset_sec < 0 ? -utc_offset_sec : utc_offset_sec) / 60;

	strbuf_printf(out, "%s, %d %s %04d %02d:%02d:%02d %c%02d%02d", DAYS[civil_weekday(civil_days(c.year, c.month, c.day))], c.day,
		      MONTHS[c.month - 1], c.year, c.hour, c.minute, c.second, utc_offset_sec < 0 ? '-' : '+', (int)(minutes / 60),
		      (int)(minutes % 60));
}

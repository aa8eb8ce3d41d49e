/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal.c - text for people: made safe, coloured, wrapped
 *
 * Colours are the eight of ECMA-48, so that they follow the user's own theme.
 */
#include "export/terminal.h"

#include <stdint.h>

#include "base/ascii.h"
#include "base/utf8.h"

static const char *const STYLE_BEGIN[] = {
	[TERM_PLAIN] = "",	  [TERM_HEADING] = "\033[1m", [TERM_DIM] = "\033[2m",
	[TERM_GOOD] = "\033[32m", [TERM_BAD] = "\033[1;31m",  [TERM_WARN] = "\033[33m",
	[TERM_NAME] = "\033[36m",
};

size_t term_text(struct strbuf *out, struct slice s)
{
	size_t i = 0, from = 0, columns = 0;

	while (i < s.n) {
		size_t len = 1, before;
		uint32_t cp = 0;

		if (ascii_print(s.p[i])) {
			i++;
			columns++;
			continue;
		}
		len = utf8_next(slice_from(s, i), &cp);
		if (len && !utf8_unsafe(cp)) {
			i += len;
			columns++;
			continue;
		}
		strbuf_add(out, slice_of(s.p + from, i - from));
		before = out->n;
		if (len <= 1)
			strbuf_printf(out, "\\x%02x", (unsigned char)s.p[i]);
		else
			strbuf_printf(out, cp > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)cp);
		columns += out->n - before;
		i += len ? len : 1;
		from = i;
	}
	if (from < s.n)
		strbuf_add(out, slice_of(s.p + from, s.n - from));
	return columns;
}

void term_one_line(struct strbuf *out, struct slice s)
{
	size_t n;

	while ((n = slice_find(s, SLICE("\\n"))) < s.n) {
		strbuf_add(out, slice_head(s, n));
		strbuf_add_byte(out, ' ');
		s = slice_from(s, n + 2);
	}
	strbuf_add(out, s);
}

void term_begin(struct strbuf *out, const struct term *t, enum term_style style)
{
	if (t->colour)
		strbuf_add_str(out, STYLE_BEGIN[style]);
}

void term_end(struct strbuf *out, const struct term *t, enum term_style style)
{
	if (t->colour && style != TERM_PLAIN)
		strbuf_add_str(out, "\033[0m");
}

size_t term_cell(struct strbuf *out, const struct term *t, enum term_style style, struct slice s,
		 size_t columns)
{
	size_t used;

	term_begin(out, t, style);
	used = term_text(out, s);
	term_end(out, t, style);
	for (; used < columns; used++)
		strbuf_add_byte(out, ' ');
	return used;
}

static void new_line(struct strbuf *out, size_t indent)
{
	while (out->n && out->p[out->n - 1] == ' ')
		out->n--;
	strbuf_printf(out, "\n%*s", (int)indent, "");
}

size_t term_wrapped(struct strbuf *out, const struct term *t, size_t column, size_t indent, struct slice s)
{
	struct strbuf word = { 0 };
	size_t at = 0;

	if (!t->width) {
		column += term_text(out, s);
		return column;
	}
	while (at < s.n) {
		struct slice rest = slice_from(s, at);
		size_t n = slice_find_byte(rest, ' '), columns;

		strbuf_clear(&word);
		columns = term_text(&word, slice_head(rest, n));
		if (columns && column > indent && column + columns > t->width) {
			new_line(out, indent);
			column = indent;
		}
		strbuf_add(out, strbuf_slice(&word));
		column += columns;
		at += n;
		if (at < s.n) {
			strbuf_add_byte(out, ' ');
			column++;
			at++;
		}
	}
	strbuf_done(&word);
	return column;
}

void term_span(struct strbuf *out, usec_t span)
{
	int64_t s = span / USEC_PER_SEC;

	if (span < 0)
		return;
	if (span == 0)
		strbuf_add_str(out, "0 s");
	else if (span < USEC_PER_SEC)
		strbuf_printf(out, "%lld ms", (long long)(span / USEC_PER_MSEC));
	else if (span < 10 * USEC_PER_SEC)
		strbuf_printf(out, "%lld.%lld s", (long long)s, (long long)(span % USEC_PER_SEC / 100000));
	else if (s < 60)
		strbuf_printf(out, "%lld s", (long long)s);
	else if (s < 3600)
		strbuf_printf(out, "%lld min %lld s", (long long)(s / 60), (long long)(s % 60));
	else if (s < 86400)
		strbuf_printf(out, "%lld h %lld min", (long long)(s / 3600), (long long)(s % 3600 / 60));
	else
		strbuf_printf(out, "%lld d %lld h", (long long)(s / 86400), (long long)(s % 86400 / 3600));
}

void term_bytes(struct strbuf *out, int64_t bytes)
{
	static const char *const UNITS[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t b = bytes < 0 ? 0 : (uint64_t)bytes;
	size_t unit = 0;

	if (b < 1024) {
		strbuf_printf(out, "%llu B", (unsigned long long)b);
		return;
	}
	for (; b >= 1024 * 1024 && unit + 1 < ARRAY_LEN(UNITS); unit++)
		b >>= 10;
	strbuf_printf(out, "%llu.%llu %s", (unsigned long long)(b >> 10),
		      (unsigned long long)((b & 1023) * 10 >> 10), UNITS[unit]);
}

void term_count(struct strbuf *out, uint64_t n)
{
	char digits[32], *p = digits + sizeof digits;
	int k = 0;

	do {
		if (k && k % 3 == 0)
			*--p = ',';
		*--p = (char)('0' + n % 10);
		k++;
	} while ((n /= 10) != 0);
	strbuf_add(out, slice_between(p, digits + sizeof digits));
}

void term_shell_word(struct strbuf *out, struct slice s)
{
	bool plain = s.n > 0, control = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		plain = plain && (ascii_alnum(c) || (c && strchr("@%+=:,./-_", c)));
		control = control || (unsigned char)c < 0x20 || (unsigned char)c >= 0x7f;
	}
	if (plain) {
		strbuf_add(out, s);
		return;
	}
	strbuf_add_str(out, control ? "$'" : "'");
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (control && (c < 0x20 || c >= 0x7f))
			strbuf_printf(out, "\\x%02x", c);
		else if (control && (c == '\'' || c == '\\'))
			strbuf_printf(out, "\\%c", c);
		else if (c == '\'')
			strbuf_add_str(out, "'\\''");
		else
			strbuf_add_byte(out, (char)c);
	}
	strbuf_add_byte(out, '\'');
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal.c - text for people: made safe, coloured, wrapped
 *
 * Colours are the eight of ECMA-48, so that they follow the user's own theme.
 */
#include "export/terminal.h"

#include <stdint.h>

#include "base/ascii.h"
#include "base/attr.h"

static const char *const STYLE_BEGIN[] = {
	[TERM_PLAIN] = "",        [TERM_HEADING] = "\033[1m", [TERM_DIM] = "\033[2m",   [TERM_GOOD] = "\033[32m",
	[TERM_BAD] = "\033[1;31m", [TERM_WARN] = "\033[33m",   [TERM_NAME] = "\033[36m",
};

/* code points that change how others are shown, or that cannot be seen */
static const struct {
	uint32_t first, last;
} UNSAFE[] = {
	{ 0x00, 0x1f },         /* C0 */
	{ 0x7f, 0x9f },         /* DEL and C1 */
	{ 0xad, 0xad },         /* soft hyphen */
	{ 0x061c, 0x061c },     /* Arabic letter mark */
	{ 0x180e, 0x180e },     /* Mongolian vowel separator */
	{ 0x200b, 0x200c },     /* zero width space and non-joiner */
	{ 0x200e, 0x200f },     /* left-to-right and right-to-left mark */
	{ 0x2028, 0x202e },     /* line and paragraph separator, embeddings and overrides */
	{ 0x2060, 0x206f },     /* word joiner, invisible operators, isolates, deprecated controls */
	{ 0xfeff, 0xfeff },     /* byte order mark */
	{ 0xfff9, 0xfffb },     /* interlinear annotation */
	{ 0xe0000, 0xe0fff },   /* tags and variation selectors supplement */
};

static bool unsafe(uint32_t cp)
{
	for (size_t i = 0; i < ARRAY_LEN(UNSAFE) && cp >= UNSAFE[i].first; i++)
		if (cp <= UNSAFE[i].last)
			return true;
	return false;
}

/* length of the valid UTF-8 sequence at p (n >= 1 bytes are there), 0 if it is none */
static size_t utf8_length(const unsigned char *p, size_t n, uint32_t *ret_cp)
{
	static const uint32_t LEAST[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf8 ? 4 : 0;
	uint32_t cp;

	if (len == 0 || len > n)
		return 0;
	cp = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (p[i] & 0x3fu);
	}
	if (cp < LEAST[len] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*ret_cp = cp;
	return len;
}

size_t term_text(struct strbuf *out, struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0, from = 0, columns = 0;

	while (i < s.n) {
		size_t len = 1, before;
		uint32_t cp = 0;

		if (ascii_print(s.p[i])) {
			i++;
			columns++;
			continue;
		}
		len = utf8_length(p + i, s.n - i, &cp);
		if (len && !unsafe(cp)) {
			i += len;
			columns++;
			continue;
		}
		strbuf_add(out, slice_of(s.p + from, i - from));
		before = out->n;
		if (len <= 1)
			strbuf_printf(out, "\\x%02x", p[i]);
		else
			strbuf_printf(out, cp > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)cp);
		columns += out->n - before;
		i += len ? len : 1;
		from = i;
	}
	strbuf_add(out, slice_of(s.p + from, s.n - from));
	return columns;
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

size_t term_cell(struct strbuf *out, const struct term *t, enum term_style style, struct slice s, size_t columns)
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
		if (column > indent && column + columns > t->width) {
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
	strbuf_printf(out, "%llu.%llu %s", (unsigned long long)(b >> 10), (unsigned long long)((b & 1023) * 10 >> 10),
		      UNITS[unit]);
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

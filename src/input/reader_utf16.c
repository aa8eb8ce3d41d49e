/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader_utf16.c - text in UTF-16, as Windows PowerShell's ">" writes it, read as UTF-8
 *
 * Known by its byte order mark, or without one by a zero in every second byte of the first characters (RFC 2781).  All
 * that follows sees the decoded stream: offsets, lengths and line numbers are its.
 * Traps: a unit or a pair of surrogates may be cut by any read; a surrogate without its partner, and the odd byte of a
 * file that is cut, become U+FFFD.
 */
#include "input/reader_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"

#define IN_BYTES       ((size_t)16 << 10)
#define UTF8_MAX_BYTES 4 /* of one character; a unit of UTF-16 makes no more than three */
#define SURE_UNITS     4 /* without a mark fewer prove nothing */
#define REPLACEMENT    0xfffdU

struct reader_utf16 {
	struct reader base;
	struct reader *inner;
	bool big_endian, begun, at_end;
	uint32_t high;            /* surrogate that waits for its partner; 0: none */
	size_t n, at;             /* of in */
	char out[2 * UTF8_MAX_BYTES]; /* decoded, but there was no room for it */
	size_t out_n, out_at;
	char in[IN_BYTES];
};

/* a character that may begin a log: no control character but those of text */
static bool is_text(char c)
{
	return ascii_print(c) || ascii_space(c);
}

bool reader_is_utf16(struct slice head, bool *ret_big_endian)
{
	bool little = true, big = true;
	size_t units = head.n / 2;

	if (units >= 1 && (memcmp(head.p, "\xff\xfe", 2) == 0 || memcmp(head.p, "\xfe\xff", 2) == 0)) {
		*ret_big_endian = head.p[0] == '\xfe';
		return true;
	}
	for (size_t i = 0; i < units; i++) {
		little = little && is_text(head.p[2 * i]) && head.p[2 * i + 1] == '\0';
		big = big && head.p[2 * i] == '\0' && is_text(head.p[2 * i + 1]);
	}
	*ret_big_endian = big;
	return units >= SURE_UNITS && (little || big);
}

static size_t put_utf8(uint32_t cp, char *to)
{
	if (cp < 0x80) {
		to[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		to[0] = (char)(0xc0 | cp >> 6);
		to[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		to[0] = (char)(0xe0 | cp >> 12);
		to[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		to[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | cp >> 18);
	to[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	to[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	to[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

static bool is_high(uint32_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(uint32_t unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

/* What one more unit brings: up to two characters; returns their bytes. */
static size_t decode(struct reader_utf16 *u, uint32_t unit, char *to)
{
	uint32_t high = u->high;
	size_t n = 0;

	u->high = 0;
	if (high && is_low(unit))
		return put_utf8(0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00), to);
	if (high)
		n = put_utf8(REPLACEMENT, to);
	if (is_high(unit)) {
		u->high = unit;
		return n;
	}
	return n + put_utf8(is_low(unit) ? REPLACEMENT : unit, to + n);
}

static uint32_t unit_at(const struct reader_utf16 *u, size_t at)
{
	unsigned first = (unsigned char)u->in[at], second = (unsigned char)u->in[at + 1];

	return u->big_endian ? first << 8 | second : second << 8 | first;
}

/* The end of the file: what is left over is no character. */
static void finish(struct reader_utf16 *u)
{
	u->out_at = u->out_n = 0;
	if (u->high)
		u->out_n += put_utf8(REPLACEMENT, u->out);
	if (u->at < u->n)
		u->out_n += put_utf8(REPLACEMENT, u->out + u->out_n);
	u->high = 0;
	u->at = u->n;
	u->at_end = true;
}

/* More units, or the end; an odd byte stays in front.  Returns an enum err_code. */
static int refill(struct reader_utf16 *u, struct err *reterr)
{
	size_t left = u->n - u->at;
	ssize_t got;

	if (left)
		u->in[0] = u->in[u->at];
	u->at = 0;
	u->n = left;
	got = reader_read(u->inner, u->in + left, IN_BYTES - left, reterr);
	if (got < 0)
		return (int)got;
	u->n += (size_t)got;
	if (got == 0)
		finish(u);
	if (!u->begun && u->n >= 2) {
		u->at = unit_at(u, 0) == 0xfeff ? 2 : 0;
		u->begun = true;
	}
	return 0;
}

/* As many characters as fit into n bytes, of those that are here. */
static size_t decode_some(struct reader_utf16 *u, char *buf, size_t n)
{
	size_t at = 0;

	while (u->n - u->at >= 2 && n - at >= sizeof u->out) {
		at += decode(u, unit_at(u, u->at), buf + at);
		u->at += 2;
	}
	if (at == 0 && u->n - u->at >= 2) { /* a small buffer */
		u->out_n = decode(u, unit_at(u, u->at), u->out);
		u->out_at = 0;
		u->at += 2;
	}
	return at;
}

static size_t take_rest(struct reader_utf16 *u, char *buf, size_t n)
{
	size_t left = u->out_n - u->out_at;

	if (n > left)
		n = left;
	if (n)
		memcpy(buf, u->out + u->out_at, n);
	u->out_at += n;
	return n;
}

static ssize_t utf16_read(struct reader *r, char *buf, size_t n, struct err *reterr)
{
	struct reader_utf16 *u = (struct reader_utf16 *)r;
	size_t got = take_rest(u, buf, n);

	while (got == 0) {
		if (u->n - u->at < 2) {
			int rc = u->at_end ? 0 : refill(u, reterr);

			if (rc < 0)
				return rc;
		}
		got = decode_some(u, buf, n);
		if (got == 0)
			got = take_rest(u, buf, n);
		if (got == 0 && u->at_end)
			break;
	}
	return (ssize_t)got;
}

static void utf16_done(struct reader *r)
{
	reader_free(((struct reader_utf16 *)r)->inner);
}

static const struct reader_ops utf16_ops = { .read = utf16_read, .done = utf16_done };

struct reader *reader_utf16_open(struct reader *inner, bool big_endian)
{
	struct reader_utf16 *u = xcalloc(1, sizeof *u);

	u->base.ops = &utf16_ops;
	u->base.compression = inner->compression ? inner->compression : "utf-16";
	u->base.stored_time = inner->stored_time;
	u->base.name = xstrdup(inner->name);
	u->base.plain = inner->plain ? inner->plain : inner;
	u->inner = inner;
	u->big_endian = big_endian;
	return &u->base;
}

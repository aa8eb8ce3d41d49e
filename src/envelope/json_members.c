/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_members.c - the quick reader: one walk over the record, nothing allocated
 *
 * Values that nobody wants are passed over by their quotes and brackets alone.
 */
#include "envelope/json_members.h"

#include <string.h>

#include "base/ascii.h"
#include "base/cursor.h"

#define DEPTH_MAX 6 /* of arrays and objects in one another */

static void skip_blanks(struct cur *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t'))
		c->p++;
}

/* "text": what is between the quotes, as written */
static bool quoted(struct cur *c, struct slice *ret)
{
	const char *begin, *p;

	if (!cur_byte(c, '"'))
		return false;
	begin = c->p;
	for (p = begin; p < c->end && (p = memchr(p, '"', (size_t)(c->end - p))) != NULL; p++) {
		const char *q = p;

		while (q > begin && q[-1] == '\\')
			q--;
		if ((p - q) % 2 == 0) {
			*ret = slice_between(begin, p);
			c->p = p + 1;
			return true;
		}
	}
	return false;
}

/* an array or an object, whatever it holds */
static bool skip_nested(struct cur *c)
{
	struct slice text;
	unsigned depth = 0;

	while (!cur_at_end(c)) {
		char b = *c->p;

		if (b == '"') {
			if (!quoted(c, &text))
				return false;
			continue;
		}
		c->p++;
		if (b == '{' || b == '[') {
			if (++depth > DEPTH_MAX)
				return false;
		} else if (b == '}' || b == ']') {
			if (--depth == 0)
				return true;
		}
	}
	return false;
}

/* 12, -0.5e3, true, null */
static bool skip_bare(struct cur *c)
{
	const char *p = c->p;

	while (p < c->end && (ascii_alnum(*p) || *p == '-' || *p == '+' || *p == '.'))
		p++;
	c->p = p;
	return cur_at_end(c) || *p == ',' || *p == '}' || *p == ' ';
}

/* the wanted member's value */
static bool value(struct cur *c, struct json_member *m)
{
	char first = cur_peek(c);

	if (first == '"') {
		m->form = JSON_TEXT;
		return quoted(c, &m->inside);
	}
	if (first == '[') {
		m->form = JSON_BYTES;
		c->p++;
		return cur_until(c, ']', &m->inside);
	}
	m->form = JSON_NOTHING;
	return cur_lit(c, "null");
}

static bool skip_value(struct cur *c)
{
	struct slice text;

	switch (cur_peek(c)) {
	case '"':
		return quoted(c, &text);
	case '{':
	case '[':
		return skip_nested(c);
	case ',':
	case '}':
		return false;
	default:
		return skip_bare(c);
	}
}

static bool known_already(const struct json_members *m, struct slice name)
{
	for (size_t i = 0; i < m->n; i++)
		if (slice_eq(m->all[i].name, name))
			return true;
	return false;
}

static bool member(struct cur *c, json_wanted *wanted, struct json_members *m)
{
	struct slice name;

	if (!quoted(c, &name) || slice_find_byte(name, '\\') < name.n)
		return false;
	skip_blanks(c);
	if (!cur_byte(c, ':'))
		return false;
	skip_blanks(c);
	if (!wanted(name))
		return skip_value(c);
	if (m->n == JSON_MEMBERS_MAX || known_already(m, name))
		return false;
	m->all[m->n] = (struct json_member){ .name = name };
	return value(c, &m->all[m->n++]);
}

static bool all_members(struct cur c, json_wanted *wanted, struct json_members *m)
{
	m->n = 0;
	if (!cur_byte(&c, '{'))
		return false;
	do {
		skip_blanks(&c);
		if (!member(&c, wanted, m))
			return false;
		skip_blanks(&c);
	} while (cur_byte(&c, ','));
	if (!cur_byte(&c, '}'))
		return false;
	skip_blanks(&c);
	return cur_at_end(&c);
}

static int hex4(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		if (!ascii_xdigit(p[i]))
			return -1;
		v = v * 16 + (int)ascii_hexval(p[i]);
	}
	return v;
}

/* behind "\u"; a pair of surrogates is one character */
static bool unescape_unicode(struct cur *c, char **at)
{
	int high = cur_left(c) >= 4 ? hex4(c->p) : -1, low;
	uint32_t v = (uint32_t)high;
	char *p = *at;

	if (high < 0)
		return false;
	c->p += 4;
	if (high >= 0xd800 && high < 0xe000) {
		if (high >= 0xdc00 || cur_left(c) < 6 || c->p[0] != '\\' || c->p[1] != 'u')
			return false;
		low = hex4(c->p + 2);
		if (low < 0xdc00 || low >= 0xe000)
			return false;
		c->p += 6;
		v = 0x10000 + (((uint32_t)high - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
	}
	if (v < 0x80) {
		*p++ = (char)v;
	} else if (v < 0x800) {
		*p++ = (char)(0xc0 | v >> 6);
		*p++ = (char)(0x80 | (v & 0x3f));
	} else if (v < 0x10000) {
		*p++ = (char)(0xe0 | v >> 12);
		*p++ = (char)(0x80 | (v >> 6 & 0x3f));
		*p++ = (char)(0x80 | (v & 0x3f));
	} else {
		*p++ = (char)(0xf0 | v >> 18);
		*p++ = (char)(0x80 | (v >> 12 & 0x3f));
		*p++ = (char)(0x80 | (v >> 6 & 0x3f));
		*p++ = (char)(0x80 | (v & 0x3f));
	}
	*at = p;
	return true;
}

/* The text is never longer than what was written. */
static bool put_text(struct slice inside, char **at)
{
	static const char NAMES[] = "\"\\/bfnrt", BYTES[] = "\"\\/\b\f\n\r\t";
	struct cur c = cur_of(inside);
	char *p = *at;

	while (!cur_at_end(&c)) {
		size_t n = slice_find_byte(cur_rest(&c), '\\');
		const char *name;

		memcpy(p, c.p, n);
		p += n;
		c.p += n;
		if (cur_at_end(&c))
			break;
		c.p++;
		if (cur_byte(&c, 'u')) {
			if (!unescape_unicode(&c, &p))
				return false;
			continue;
		}
		name = cur_at_end(&c) ? NULL : memchr(NAMES, *c.p, sizeof NAMES - 1);
		if (!name)
			return false;
		*p++ = BYTES[name - NAMES];
		c.p++;
	}
	*at = p;
	return true;
}

/* 105,109,97,112 */
static bool put_bytes(struct slice inside, char **at)
{
	struct cur c = cur_of(inside);
	char *p = *at;
	uint64_t v;

	skip_blanks(&c);
	if (cur_at_end(&c))
		return true;
	do {
		skip_blanks(&c);
		/* a leading zero is for jansson to refuse */
		if ((cur_peek(&c) == '0' && cur_left(&c) > 1 && ascii_digit(c.p[1])) || !cur_u64(&c, 255, &v))
			return false;
		*p++ = (char)v;
		skip_blanks(&c);
	} while (cur_byte(&c, ','));
	*at = p;
	return cur_at_end(&c);
}

/* Does it hold bytes that must be written as escapes? */
static bool has_controls(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20)
			return true;
	return false;
}

bool json_members_quick(struct slice record, json_wanted *wanted, const struct envelope_room *room,
			struct json_members *ret)
{
	size_t n = 0;
	char *at;

	if (!all_members(cur_of(record), wanted, ret))
		return false;
	for (size_t i = 0; i < ret->n; i++)
		n += ret->all[i].inside.n;
	at = room->take(room->ctx, n);
	for (size_t i = 0; i < ret->n; i++) {
		struct json_member *m = &ret->all[i];
		char *begin = at;

		m->value = SLICE_NONE;
		if (m->form == JSON_NOTHING)
			continue;
		if (m->form == JSON_TEXT ? has_controls(m->inside) || !put_text(m->inside, &at) :
					   !put_bytes(m->inside, &at))
			return false;
		m->value = slice_between(begin, at);
	}
	return true;
}

bool json_members(struct slice record, json_wanted *wanted, const struct envelope_room *room, struct json_members *ret)
{
	return json_members_quick(record, wanted, room, ret) || json_members_in_full(record, wanted, room, ret);
}

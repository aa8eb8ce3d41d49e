/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill.c - templates of sentences, filled in
 */
#include "base/ascii.h"
#include "base/cursor.h"
#include "base/ip.h"
#include "base/tr.h"
#include "diagnose/diagnose.h"
#include "diagnose/rules.h"

#define MAX_WORD 255

/* what may stand in a command: else SLICE_NONE */
static struct slice command_word(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && s.p[i] != '.' && s.p[i] != '-' && s.p[i] != '_' && s.p[i] != ':')
			return SLICE_NONE;
	return s.n && s.n <= MAX_WORD && s.p[0] != '-' ? s : SLICE_NONE;
}

/* our address that the reply names, or the client's that we refused */
static struct slice named_ip(const struct complaint *c, const struct reply_parts *parts)
{
	if (c->ip.n && (parts->said_by == SAID_BY_US || !parts->named_ip.n))
		return command_word(c->ip);
	return command_word(parts->named_ip);
}

/* as DNS blocklists are asked for it (RFC 5782): "7.100.51.198"; IPv6 digit by digit.  buf of REVERSED_BYTES */
#define REVERSED_BYTES 64

static struct slice reversed(struct slice text, char *buf)
{
	static const char DIGITS[] = "0123456789abcdef";
	struct ip ip;
	size_t n = 0;

	if (!ip_parse(text, &ip))
		return SLICE_NONE;
	for (size_t i = 16; i-- > (ip_is_v4(&ip) ? 12U : 0U);) {
		unsigned v = ip.b[i];

		if (!ip_is_v4(&ip)) {
			buf[n++] = DIGITS[v & 15];
			buf[n++] = '.';
			buf[n++] = DIGITS[v >> 4];
		} else {
			if (v >= 100)
				buf[n++] = DIGITS[v / 100];
			if (v >= 10)
				buf[n++] = DIGITS[v / 10 % 10];
			buf[n++] = DIGITS[v % 10];
		}
		buf[n++] = '.';
	}
	return slice_of(buf, n - 1);
}

static struct slice value_of(enum placeholder which, const struct complaint *c, const struct reply_parts *parts, char *buf)
{
	switch (which) {
	case FILL_RECIPIENT:
		return c->recipient;
	case FILL_RECIPIENT_DOMAIN:
		return command_word(slice_domain(c->recipient));
	case FILL_SENDER:
		return c->sender;
	case FILL_SENDER_DOMAIN:
		return command_word(slice_domain(c->sender));
	case FILL_HOST:
		return command_word(parts->host.n ? parts->host : parts->ip);
	case FILL_IP:
		return named_ip(c, parts);
	case FILL_REVERSED_IP:
		return reversed(named_ip(c, parts), buf);
	case FILL_LIST:
		return command_word(parts->list);
	default:
		return SLICE_NONE;
	}
}

/* "HOST": to be replaced by whoever types the command */
static bool is_stand_in(struct slice words)
{
	for (size_t i = 0; i < words.n; i++)
		if (!ascii_upper(words.p[i]) && words.p[i] != '-')
			return false;
	return true;
}

/* "the receiving server", "HOST"; what we said ourselves was said by this server */
static struct slice unknown_value(enum placeholder which, struct slice words, const struct reply_parts *parts)
{
	if (which == FILL_HOST && parts->said_by == SAID_BY_US && !is_stand_in(words))
		return slice_str(tr("cause.this_server", "this server"));
	return words;
}

void cause_fill(struct strbuf *out, struct slice template, const struct complaint *c)
{
	struct cur at = cur_of(template), behind = at;
	struct reply_parts parts;
	bool known = false;
	struct slice before, inside, words, value;
	enum placeholder which;
	char buf[REVERSED_BYTES];

	while (cur_until(&behind, '{', &before) && cur_until(&behind, '}', &inside)) {
		if (!known)
			reply_take_apart(c, &parts);
		known = true;
		at = behind;
		strbuf_add(out, before);
		which = placeholder_parse(inside, &words);
		value = value_of(which, c, &parts, buf);
		strbuf_add(out, value.n ? value : unknown_value(which, words, &parts));
	}
	strbuf_add(out, cur_rest(&at));
}

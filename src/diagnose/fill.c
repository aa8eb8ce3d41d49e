/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill.c - templates of sentences, filled in
 */
#include "base/ascii.h"
#include "base/cursor.h"
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

static struct slice value_of(enum placeholder which, const struct complaint *c, const struct reply_parts *parts)
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
		if (parts->said_by == SAID_BY_US && c->ip.n)
			return command_word(c->ip);
		return command_word(parts->named_ip.n ? parts->named_ip : c->ip);
	case FILL_LIST:
		return command_word(parts->list);
	default:
		return SLICE_NONE;
	}
}

void cause_fill(struct strbuf *out, struct slice template, const struct complaint *c)
{
	struct cur at = cur_of(template), behind = at;
	struct reply_parts parts;
	bool known = false;
	struct slice before, inside, words, value;

	while (cur_until(&behind, '{', &before) && cur_until(&behind, '}', &inside)) {
		if (!known)
			reply_take_apart(c, &parts);
		known = true;
		at = behind;
		strbuf_add(out, before);
		value = value_of(placeholder_parse(inside, &words), c, &parts);
		strbuf_add(out, value.n ? value : words);
	}
	strbuf_add(out, cur_rest(&at));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_causes.c - any bytes as a reply, and as a file of rules
 *
 * The first byte says which: 'r' and a reply, told with what the second byte's bits say; anything else: rules of a site, which are then asked about their
 * own text.
 */
#include <stdlib.h>

#include "base/strbuf.h"
#include "diagnose/match.h"
#include "fuzz.h"

/* the way for processors without AVX2 finds the same */
static void ask_plain(const struct complaint *c)
{
	struct bare_reply bare;
	struct reply_view view;
	struct cause found, plain;

	reply_bare(c, &bare);
	reply_view(c, &bare, &view);
	assert(matcher_find(&builtin_matcher, &view, &found) && matcher_find_plain(&builtin_matcher, &view, &plain));
	assert(found.id.p == plain.id.p && found.basis == plain.basis);
}

static void ask(const struct diagnoser *d, const struct complaint *c)
{
	struct strbuf filled = { 0 };
	struct reply_parts parts;
	struct cause cause;

	reply_take_apart(c, &parts);
	assert_inside(c->reply, parts.core);
	assert_inside_or_constant(c->reply, parts.host);
	assert_inside_or_constant(c->reply, parts.ip);
	assert_inside(c->reply, parts.list);
	assert_inside(c->reply, parts.named_ip);
	assert(parts.smtp_code == -1 || (parts.smtp_code >= 200 && parts.smtp_code <= 599));
	diagnose(d, c, &cause);
	ask_plain(c);
	assert(cause.id.n && cause.summary.n && cause.action.n);
	cause_fill(&filled, cause.summary, c);
	cause_fill(&filled, cause.action, c);
	strbuf_done(&filled);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct diagnoser *builtin;
	struct slice text = slice_of((const char *)data, size);
	struct complaint c = { .smtp_code = -1 };

	if (!builtin)
		builtin = diagnoser_new();
	if (text.n >= 2 && text.p[0] == 'r') {
		unsigned bits = (unsigned char)text.p[1];

		c.said_by = (enum said_by)(bits % 3);
		c.stage = bits & 4 ? SLICE("data") : SLICE_NONE;
		c.host = bits & 8 ? SLICE("mx.google.com") : SLICE_NONE;
		c.recipient = bits & 16 ? SLICE("bob@example.net") : SLICE_NONE;
		c.reply = slice_from(text, 2);
		ask(builtin, &c);
	} else {
		struct diagnoser *d = diagnoser_new();

		(void)diagnoser_add(d, "fuzz.rules", text, NULL);
		c.reply = text;
		ask(d, &c);
		diagnoser_free(d);
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repeat.c - "last message repeated 2 times"
 */
#include "envelope/repeat.h"

#include "base/cursor.h"
#include "base/strbuf.h"

#define TIMES_MAX  1000000
#define QUOTED_MAX 20 /* bytes of the text that syslog-ng quotes */

struct repeat {
	uint64_t times;
	struct slice quoted; /* the beginning of the text; SLICE_NONE: it is not told */
};

/* "repeated 2 times", "repeated 1 time" */
static bool times(struct cur *c, uint64_t *ret)
{
	return cur_lit(c, "repeated ") && cur_u64(c, TIMES_MAX, ret) && cur_lit(c, " time") &&
	       (cur_byte(c, 's') || true);
}

static bool parse(struct slice program, struct slice text, struct repeat *ret)
{
	struct cur c = cur_of(text);
	size_t end;

	ret->quoted = SLICE_NONE;
	if (!program.p)
		return cur_lit(&c, "last message ") && times(&c, &ret->times) && cur_at_end(&c);
	if (!cur_lit(&c, "Last message '"))
		return false;
	/* the quoted text may hold quotes: its end is the last place that fits */
	for (end = cur_left(&c) < QUOTED_MAX ? cur_left(&c) : QUOTED_MAX; end > 0; end--) {
		struct cur at = { c.p + end, c.end };

		if (cur_lit(&at, "' ") && times(&at, &ret->times) && cur_lit(&at, ", suppressed by syslog-ng on ")) {
			ret->quoted = slice_of(c.p, end);
			return true;
		}
	}
	return false;
}

bool envelope_is_repeat(struct slice program, struct slice text)
{
	struct repeat r;

	return parse(program, text, &r);
}

/* the text itself, if the record before is a repeat already */
static struct slice repeated_text(const struct line *before)
{
	struct cur c = cur_of(slice_head(before->text, ENVELOPE_REPEAT_MAX_BYTES));
	uint64_t n;

	if (!(before->flags & LINE_REPEAT) && !slice_starts(before->text, "message repeated "))
		return cur_rest(&c);
	if (cur_lit(&c, "message ") && times(&c, &n) && cur_lit(&c, ": [") && cur_left(&c) > 0 && c.end[-1] == ']') {
		(void)cur_byte(&c, ' ');
		c.end--;
		return cur_rest(&c);
	}
	return slice_head(before->text, ENVELOPE_REPEAT_MAX_BYTES);
}

static bool fits(const struct line *before, const struct line *l, const struct repeat *r, struct slice text)
{
	if (!before || !envelope_repeatable(before) || before->source != l->source ||
	    (before->host.p != NULL) != (l->host.p != NULL) || !slice_eq(before->host, l->host))
		return false;
	return !r->quoted.p || (slice_eq(before->program, l->program) && text.n >= r->quoted.n &&
				slice_eq(slice_head(text, r->quoted.n), r->quoted));
}

static struct slice put(char **at, struct slice s)
{
	struct slice copy = { s.p ? *at : NULL, s.n };

	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return copy;
}

void envelope_repeat(struct envelope_clock *clock, const struct line *before, struct line *l)
{
	struct strbuf text = { 0 };
	struct repeat r;
	struct slice repeated;
	bool same_server;
	char *at;

	l->flags &= ~(uint32_t)LINE_REPEAT;
	if (!parse(l->program, l->text, &r))
		return;
	repeated = before ? repeated_text(before) : SLICE_NONE;
	if (!fits(before, l, &r, repeated))
		return;
	strbuf_printf(&text, "message repeated %llu times: [ ", (unsigned long long)r.times);
	strbuf_add(&text, repeated);
	strbuf_add_byte(&text, ']');
	at = clock->room->take(clock->room->ctx, l->host.n + before->program.n + text.n);
	/* the host may be the server's name, too */
	same_server = l->server.p == l->host.p;
	l->host = put(&at, l->host);
	if (same_server)
		l->server = l->host;
	l->program = put(&at, before->program);
	l->program_no = before->program_no;
	l->pid = before->pid;
	l->text = put(&at, strbuf_slice(&text));
	l->flags |= LINE_REPEAT;
	strbuf_done(&text);
}

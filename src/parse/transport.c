/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport.c - what a program's line may say because of those who carried it
 *
 * Sources: rsyslog 8.2302 runtime/ratelimit.c, "message repeated %d times: [%.800s]" (the text has the blank that stood behind
 * its tag); syslog-ng lib/logwriter.c; systemd src/shared/logs-show.c, "[%s blob data]" with a size of format_bytes().
 */
#include "parse/transport.h"

#include "base/cursor.h"

bool transport_repeats(const struct line *l, struct line *ret, int64_t *ret_times)
{
	struct cur c = cur_of(l->text);

	if (!cur_lit(&c, "message repeated ") || !cur_i64(&c, INT32_MAX, ret_times) || !cur_lit(&c, " times: ["))
		return false;
	(void)cur_byte(&c, ' ');
	if (slice_ends(cur_rest(&c), "]"))
		c.end--;
	/* a text that repeats itself is nobody's */
	if (slice_starts(cur_rest(&c), "message repeated "))
		return false;
	*ret = *l;
	ret->text = cur_rest(&c);
	return true;
}

/* "[10B blob data]", "[1.2K blob data]" */
static bool is_blob(struct slice text)
{
	struct cur c = cur_of(text);
	uint64_t n;

	if (!cur_byte(&c, '[') || !cur_u64(&c, UINT32_MAX, &n) ||
	    (cur_byte(&c, '.') && !cur_u64(&c, UINT32_MAX, &n)))
		return false;
	if (cur_peek(&c) == 'K' || cur_peek(&c) == 'M' || cur_peek(&c) == 'G')
		c.p++;
	(void)cur_byte(&c, 'B');
	return cur_lit(&c, " blob data]") && cur_at_end(&c);
}

static bool is_repeat_of_unknown(struct slice text)
{
	struct cur c = cur_of(text);
	struct slice quoted;
	uint64_t n;

	return cur_lit(&c, "Last message '") && cur_until_last_lit(&c, "' repeated ", &quoted) && quoted.n <= 20 &&
	       cur_u64(&c, UINT32_MAX, &n) && cur_lit(&c, " times, suppressed by syslog-ng on ");
}

bool transport_lost(const struct line *l, struct event *ret)
{
	const char *reason;

	if (l->text.n == 0 && (l->envelope == ENVELOPE_JOURNAL_JSON || l->envelope == ENVELOPE_JOURNAL))
		reason = "the journal's text was left out";
	else if (is_blob(l->text))
		reason = "journalctl left out a text with odd bytes; -o json keeps it";
	else if (is_repeat_of_unknown(l->text))
		reason = "repeats of a line that is not known";
	else
		return false;
	event_init(ret, EV_NOTICE);
	ret->category = NOTICE_LOGGING;
	ret->severity = SEVERITY_WARNING;
	ret->reason = slice_str(reason);
	ret->text = l->text;
	return true;
}

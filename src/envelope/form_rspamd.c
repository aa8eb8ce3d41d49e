/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_rspamd.c - rspamd's own log file
 *
 * "2026-09-12 10:15:30[.123456] [[LEVEL] ]#PID(WORKER) TEXT": no zone, no host.  The text keeps "(WORKER) ", as in the form that rspamd
 * writes for the journal.  Source: rspamd 3.4, src/libserver/logger/logger_file.c.
 */
#include "envelope/head.h"

#define PID_MAX         4194304
#define LEVEL_MAX_BYTES 8 /* "notice" */

/* " [notice] #700(" */
bool head_is_rspamd(struct cur c, uint64_t *ret_pid, struct cur *ret_behind)
{
	struct slice level;

	if (!cur_byte(&c, ' '))
		return false;
	if (cur_byte(&c, '[')) {
		if (!cur_until(&c, ']', &level) || level.n > LEVEL_MAX_BYTES || !cur_byte(&c, ' '))
			return false;
		for (size_t i = 0; i < level.n; i++)
			if (!ascii_alpha(level.p[i]))
				return false;
	}
	if (!cur_byte(&c, '#') || !cur_u64(&c, PID_MAX, ret_pid) || cur_peek(&c) != '(')
		return false;
	*ret_behind = c;
	return true;
}

bool head_form_rspamd(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	uint64_t pid;

	if (!head_stamp_iso(&c, ' ', clock, &h->stamp))
		return false;
	head_stamp_fraction(&c, &h->stamp);
	if (!head_is_rspamd(c, &pid, &c))
		return false;
	h->kind = ENVELOPE_RSPAMD;
	h->pid = (int64_t)pid;
	h->program = SLICE("rspamd");
	h->text = cur_rest(&c);
	return true;
}

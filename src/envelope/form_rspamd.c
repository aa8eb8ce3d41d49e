/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_rspamd.c - rspamd's own log file
 *
 * "2026-09-12 10:15:30[.123456] #PID(WORKER) TEXT": no zone, no host.  The text keeps "(WORKER) ", as in the form that rspamd
 * writes for the journal.  Source: rspamd 3.4, src/libserver/logger/logger_file.c.
 */
#include "envelope/head.h"

#define PID_MAX 4194304

bool head_form_rspamd(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	uint64_t pid;

	if (!head_stamp_iso(&c, ' ', clock, &h->stamp))
		return false;
	head_stamp_fraction(&c, &h->stamp);
	if (!cur_lit(&c, " #") || !cur_u64(&c, PID_MAX, &pid) || cur_peek(&c) != '(')
		return false;
	h->kind = ENVELOPE_RSPAMD;
	h->pid = (int64_t)pid;
	h->program = SLICE("rspamd");
	h->text = cur_rest(&c);
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport.h - what a program's line may say because of those who carried it
 *
 * "message repeated 3 times: [ TEXT]"  N more of a record that was written once already (rsyslog, $RepeatedMsgReduction; the
 *                                      envelope turns what other daemons write into this form)
 * "Last message 'TEXT' repeated 3 times, suppressed by syslog-ng on HOST"  the same where nobody knows which record it was
 * "[10B blob data]"                    journalctl does not print texts that hold odd bytes
 * nothing                              journalctl -o json leaves out long texts (null)
 */
#ifndef PARSE_TRANSPORT_H
#define PARSE_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "event/event.h"
#include "event/line.h"

/* "message repeated N times: [ TEXT]": *ret is *l with TEXT for a text, which is cut at 800 bytes by rsyslog. */
bool transport_repeats(const struct line *l, struct line *ret, int64_t *ret_times);

/* A line of a mail program from which the text, or the record that it speaks of, was lost: the event that says so. */
bool transport_lost(const struct line *l, struct event *ret);

#endif

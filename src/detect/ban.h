/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ban.h - findings as commands and map entries that keep their addresses out
 *
 * Printed for an administrator to look at and to run; never run by us.  Nothing that a stranger chose gets into them: addresses
 * were made binary by our own parser and are printed again, reasons are our own words and numbers.  Each tool is a row of a table.
 */
#ifndef DETECT_BAN_H
#define DETECT_BAN_H

#include "base/strbuf.h"
#include "detect/detect.h"

struct ban_tool;

/* "csf", "nftables" ...; NULL: there is none of that name */
const struct ban_tool *ban_tool_find(struct slice name);
/* Names in the order of the table, NULL past the last one: for the help and for messages. */
const char *ban_tool_name(size_t i);

/* Fail2ban's names of jails: letters, digits and "-_.", at most 64; it goes into a command */
bool ban_is_jail(struct slice s);

struct ban_options {
	const struct ban_tool *tool;
	usec_t span_us;      /* how long; 0: 1 hour, a day, a week, by the level, longer for what went on for days */
	usec_t within_us;    /* only what was seen so shortly before the end of the log; 0: a day */
	bool networks;       /* whole networks too, where a finding says so */
	usec_t clock_us;     /* now, to say that a log is old; USEC_NONE: say nothing */
	enum writer mta;     /* that the log is of: filled in */
	const char *jail;    /* of Fail2ban; NULL: the one that comes with it for the mail server of the log */
};

/* Findings of d (detect_findings() was called), worst ones or all of them: n from f on. */
void ban_print(const struct detect *d, const struct finding *f, size_t n, const struct ban_options *o, struct strbuf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ban_priv.h - what the tools of ban.h share
 */
#ifndef DETECT_BAN_PRIV_H
#define DETECT_BAN_PRIV_H

#include "detect/ban.h"

/* one address (IPv6: /64) or network to be kept out */
struct ban_entry {
	struct ip_net net;
	usec_t span_us, last_us;
	uint64_t count;      /* of what it did; 0: not known */
	uint64_t among;      /* it is one of so many that did it together; 0: alone */
	bool intruder;       /* it logged in with a guessed password */
	const struct finding *finding;
};

struct ban_tool {
	const char *name;
	const char *use;      /* goes on after "Read it, then " */
	const char *undo_one, *undo_all;
	/* entries are sorted, IPv6 before IPv4; at least one */
	void (*begin)(const struct ban_options *o, const struct ban_entry *e, size_t n, struct strbuf *out); /* NULL: nothing */
	void (*entry)(const struct ban_options *o, const struct ban_entry *e, struct strbuf *out);
	void (*end)(const struct ban_options *o, const struct ban_entry *e, size_t n, struct strbuf *out); /* the same */
};

/* Why, in our own words: letters, digits, blanks and ",:-" only, one line, safe between any quotes. */
void ban_reason(struct strbuf *out, const struct ban_entry *e);
/* "1h", "7d", "90s" */
void ban_span(struct strbuf *out, usec_t span_us);

#endif

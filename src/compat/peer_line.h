/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer_line.h - a record as the peers see it: physical lines of bytes
 *
 * pflogsumm, eximstats and exigrep read one stream of bytes, line by line.  A record of ours may hold
 * several physical lines and has lost its CR: both are put back here.
 */
#ifndef COMPAT_PEER_LINE_H
#define COMPAT_PEER_LINE_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/strbuf.h"
#include "event/line.h"

/* Zero-initialised is ready to use; keep it from line to line, it owns a buffer. */
struct peer_lines {
	struct strbuf scratch;
	struct slice rest;
	bool more, last_newline;
};

struct peer_line {
	struct slice text; /* with its CR, without its newline */
	bool newline;	   /* the line ends with one */
};

void peer_lines_begin(struct peer_lines *p, const struct line *l);
/* the next physical line; borrowed until the next peer_lines_begin() */
bool peer_lines_next(struct peer_lines *p, struct peer_line *ret);
void peer_lines_done(struct peer_lines *p);

/*
 * "^.*? exim\b.*?: " taken off, as eximstats and exigrep do with lines of a syslog; false: not there
 */
bool peer_strip_syslog(struct slice *s);

/* Perl's classes on bytes: \w and \s */
bool peer_word(char c);
bool peer_space(char c);
/* "\b" in front of s.p[at] */
bool peer_boundary(struct slice s, size_t at);

#endif

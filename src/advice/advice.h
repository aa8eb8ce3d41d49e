/* SPDX-License-Identifier: Apache-2.0 */
/*
 * advice.h - what a server's own logging leaves out, and the configuration that adds it
 *
 * Lines are counted per server and log; a row of data/advice.def speaks when enough lines of one kind were seen and none of
 * them told something.  Nothing is guessed: what was never seen is said only of lines that would have shown it.
 */
#ifndef ADVICE_ADVICE_H
#define ADVICE_ADVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/usec.h"
#include "event/event.h"
#include "event/line.h"

#define ADVICE_SERVERS_MAX 256 /* pairs of a server and a log; further ones are not looked at */

struct advice;

/* One thing that could be better.  Borrowed until advice_free(). */
struct advice_item {
	const char *id;        /* "exim-subject": stable */
	const char *group;     /* items of one server, log and group share config, where: "exim-log-selector"; NULL: none does */
	struct slice server;
	struct slice log;      /* name of the log it is about */
	uint64_t lines;        /* that show it */
	const char *missing;   /* "the subject of mails" */
	const char *why;       /* one sentence */
	const char *config;    /* what to write, lines */
	const char *where;     /* and into which file, or how to run it */
	bool optional;         /* a matter of taste, or of privacy */
};

/* A log as a whole: all files of a rotated set. */
struct advice_log {
	uint32_t set;
	struct slice name, server;
	size_t n_files, n_rotated;
	usec_t first_us, last_us; /* USEC_NONE: nothing with a time */
};

struct advice *advice_new(void);
void advice_free(struct advice *a);

void advice_line(struct advice *a, const struct line *l, const struct event *e);
/* after its lines */
void advice_log(struct advice *a, const struct advice_log *log);

/* All items: rotation first, then by server and log, in the order of the table; to be called once, at the end. */
size_t advice_items(struct advice *a, const struct advice_item **ret);

#endif

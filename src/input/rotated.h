/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotated.h - what a log file's name says about its place in a rotated set
 */
#ifndef INPUT_ROTATED_H
#define INPUT_ROTATED_H

#include <stdint.h>

#include "base/slice.h"
#include "envelope/envelope.h"

enum rotated_kind {
	ROTATED_DATE,   /* "mail.log-20261121.gz": the older, the earlier */
	ROTATED_NUMBER, /* "mail.log.2.gz": the higher, the earlier */
	ROTATED_LIVE,   /* "mail.log" */
};

struct rotated {
	char *base;              /* name without rotation and compression; owned */
	enum rotated_kind kind;
	int64_t value;           /* YYYYMMDDhhmmss, or the number */
	int year, month, day;    /* of a date; day 0: the whole month */
};

/* name: without directory.  The caller frees ret->base. */
void rotated_parse(struct slice name, struct rotated *ret);

/* The day that a log is of, for stamps that have no date; name: as for rotated_parse(), which made *r. */
struct envelope_day rotated_day(struct slice name, const struct rotated *r);

/* < 0: a is older than b; 0: the names do not tell.  Both are of one set. */
int rotated_compare(const struct rotated *a, const struct rotated *b);

#endif

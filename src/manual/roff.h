/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roff.h - a page of the manual for man(1): the man macros of groff and mandoc
 */
#ifndef MANUAL_ROFF_H
#define MANUAL_ROFF_H

#include "base/slice.h"
#include "base/strbuf.h"

struct manual_title {
	const char *name;    /* "mailwhy-trace" */
	int section;
	const char *date;    /* "2026-11-21" */
	const char *source;  /* "mailwhy 0.1.0" */
	const char *manual;  /* the book that it is a page of */
};

/* page: markup, its NAME section included */
void manual_roff(struct strbuf *out, const struct manual_title *title, struct slice page);

#endif

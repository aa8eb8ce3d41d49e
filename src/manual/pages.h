/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages.h - the prose of the manual, made from manual/pages when mailwhy is built
 *
 * A line "@word" stands for what a table says: cli/manual.h.
 */
#ifndef MANUAL_PAGES_H
#define MANUAL_PAGES_H

#include "base/slice.h"

struct manual_source {
	const char *name;  /* of the file, without ".txt" */
	struct slice text; /* markup */
};

/* in the order of meson.build; ends with a NULL name */
extern const struct manual_source manual_sources[];

#endif

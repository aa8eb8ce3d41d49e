/* SPDX-License-Identifier: Apache-2.0 */
/*
 * builtin.h - the rule files that are compiled in (embed.py writes builtin.c from data/causes)
 */
#ifndef DIAGNOSE_BUILTIN_H
#define DIAGNOSE_BUILTIN_H

#include "base/slice.h"

struct builtin_rules {
	const char *name; /* of the file; NULL: the end */
	struct slice text;
};

extern const struct builtin_rules builtin_rules[];

#endif

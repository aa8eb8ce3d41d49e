/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postfix_entry.h - one line of `postqueue -j` (form_postfix_json.c)
 *
 * Apart from the rest, since names of jansson's are those of our own JSON writer.
 */
#ifndef QUEUE_POSTFIX_ENTRY_H
#define QUEUE_POSTFIX_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

struct postfix_entry_recipient {
	struct postfix_entry_recipient *next;
	struct slice address, reason; /* reason: SLICE_NONE: none */
};

/* SLICE_NONE, -1: not told */
struct postfix_entry {
	struct slice queue, id, sender;
	int64_t arrived_sec, size_bytes;
	bool forced_expire;
	struct postfix_entry_recipient *recipients;
};

/* Was this mailwhy built with jansson? */
extern const bool postfix_entry_built_in;

/* False: no JSON object, or too deep a one.  Texts lie in the arena. */
bool postfix_entry_read(struct arena *a, struct slice line, struct postfix_entry *ret);

#endif

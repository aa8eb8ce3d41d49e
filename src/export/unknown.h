/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unknown.h - lines that no rule knows, grouped by their shape
 */
#ifndef EXPORT_UNKNOWN_H
#define EXPORT_UNKNOWN_H

#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "event/event.h"
#include "export/terminal.h"

/* the lines of one shape */
struct unknown_item {
	enum event_kind kind;  /* EV_OTHER or EV_MALFORMED */
	enum writer writer;
	struct slice program;  /* SLICE_NONE: the envelope names none */
	struct slice shape;
	struct slice file, sample; /* of the first one */
	uint64_t line_no, count;
};

/* "unknown": [...], a member of the object that is open */
void unknown_json(struct json *j, const struct unknown_item *items, size_t n);
/* a paragraph per item */
void unknown_text(struct strbuf *out, const struct term *t, const struct unknown_item *items, size_t n);

#endif

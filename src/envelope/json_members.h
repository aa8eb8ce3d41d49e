/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_members.h - the members of a JSON object that a log record needs (private to src/envelope)
 *
 * Two readers with one result.  The quick one takes what programs write for every record: names without escapes, and as
 * values that matter texts, arrays of bytes, null.  Whatever is the least bit unusual is left to jansson.  Only the quick
 * one takes texts that are not UTF-8, as they are.
 */
#ifndef ENVELOPE_JSON_MEMBERS_H
#define ENVELOPE_JSON_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "envelope/envelope.h"

#define JSON_MEMBERS_MAX 16

enum json_form {
	JSON_NOTHING, /* null, or what is of no use */
	JSON_TEXT,
	JSON_BYTES,   /* [105,109,97,112]; [] as well */
};

struct json_member {
	struct slice name;
	struct slice inside;    /* as written, between the quotes or brackets; of the quick reader */
	struct slice value;     /* in the room; SLICE_NONE: nothing */
	enum json_form form;
	const void *node;       /* of the other reader */
};

struct json_members {
	struct json_member all[JSON_MEMBERS_MAX];
	size_t n;
};

/* which members matter */
typedef bool json_wanted(struct slice name);

/*
 * json_members - the wanted members of the object that the record is
 *
 * Each name is there once; the values lie in the room.  Names are those of the record or, from jansson, in the room as
 * well.  Returns false if the record is no object, is nested too deep, or is not whole.
 */
bool json_members(struct slice record, json_wanted *wanted, const struct envelope_room *room, struct json_members *ret);

/* the two readers; the quick one returns false as well for what it leaves to the other */
bool json_members_quick(struct slice record, json_wanted *wanted, const struct envelope_room *room,
			struct json_members *ret);
bool json_members_in_full(struct slice record, json_wanted *wanted, const struct envelope_room *room,
			  struct json_members *ret);

#endif

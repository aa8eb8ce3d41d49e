/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postfix_entry.c - one line of `postqueue -j`
 *
 * Source: Postfix src/postqueue/showq_json.c.
 */
#include "queue/postfix_entry.h"

#include "config.h"

#if HAVE_JANSSON

#include <jansson.h>

#include "base/attr.h"

#define DEPTH_MAX 4 /* of arrays and objects in one another */

const bool postfix_entry_built_in = true;

/* What no listing needs is not even read: deep nesting costs a parser its stack. */
static bool is_flat(struct slice s)
{
	const char *p = s.p, *end = s.p + s.n;
	unsigned depth = 0;

	for (; p < end; p++) {
		if (*p == '"') {
			for (p++; p < end && *p != '"'; p++)
				p += *p == '\\';
		} else if (*p == '{' || *p == '[') {
			if (++depth > DEPTH_MAX)
				return false;
		} else if ((*p == '}' || *p == ']') && depth > 0)
			depth--;
	}
	return true;
}

static struct slice text_of(struct arena *a, const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_string(v) ? arena_copy(a, slice_of(json_string_value(v), json_string_length(v))) : SLICE_NONE;
}

static int64_t number_of(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_integer(v) && json_integer_value(v) >= 0 ? json_integer_value(v) : -1;
}

static struct postfix_entry_recipient *read_recipient(struct arena *a, const json_t *v)
{
	static const char *const REASONS[] = { "delay_reason", "bounce_reason", "other_reason" };
	struct postfix_entry_recipient *one = arena_alloc(a, sizeof *one);

	one->address = text_of(a, v, "address");
	for (size_t i = 0; i < ARRAY_LEN(REASONS) && !one->reason.p; i++)
		one->reason = text_of(a, v, REASONS[i]);
	return one;
}

bool postfix_entry_read(struct arena *a, struct slice line, struct postfix_entry *ret)
{
	json_t *v = is_flat(line) ? json_loadb(line.p, line.n, JSON_ALLOW_NUL, NULL) : NULL;
	struct postfix_entry_recipient **at = &ret->recipients;
	const json_t *one;
	size_t i;

	if (!json_is_object(v)) {
		json_decref(v);
		return false;
	}
	*ret = (struct postfix_entry){
		.queue = text_of(a, v, "queue_name"),
		.id = text_of(a, v, "queue_id"),
		.sender = text_of(a, v, "sender"),
		.arrived_sec = number_of(v, "arrival_time"),
		.size_bytes = number_of(v, "message_size"),
		.forced_expire = json_is_true(json_object_get(v, "forced_expire")),
	};
	json_array_foreach(json_object_get(v, "recipients"), i, one) {
		*at = read_recipient(a, one);
		if ((*at)->address.p)
			at = &(*at)->next;
	}
	*at = NULL;
	json_decref(v);
	return true;
}

#else

const bool postfix_entry_built_in = false;

bool postfix_entry_read(struct arena *a, struct slice line, struct postfix_entry *ret)
{
	(void)a;
	(void)line;
	(void)ret;
	return false;
}

#endif

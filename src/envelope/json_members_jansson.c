/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_members_jansson.c - the reader for what is unusual: any JSON
 *
 * Of a field that is there several times (an array of values) the first one counts, of equal names the last.
 * Trap: an object takes a hundred times as much memory as its two brackets, so that the record is looked at before.
 */
#include "envelope/json_members.h"

#include "config.h"

#if HAVE_JANSSON

#include <jansson.h>

#define DEPTH_MAX      6   /* of arrays and objects in one another */
#define CONTAINERS_MAX 512 /* of them in all */

/* What no log needs is not even read. */
static bool is_modest(struct slice s)
{
	const char *p = s.p, *end = s.p + s.n;
	unsigned depth = 0, containers = 0;

	for (; p < end; p++) {
		if (*p == '"') {
			for (p++; p < end && *p != '"'; p++)
				p += *p == '\\';
		} else if (*p == '{' || *p == '[') {
			if (++depth > DEPTH_MAX || ++containers > CONTAINERS_MAX)
				return false;
		} else if ((*p == '}' || *p == ']') && depth > 0) {
			depth--;
		}
	}
	return true;
}

/* The value that counts: the first, if there are several. */
static const json_t *first_value(const json_t *v)
{
	const json_t *first = json_is_array(v) ? json_array_get(v, 0) : NULL;

	return first && !json_is_integer(first) ? first : v;
}

static bool is_bytes(const json_t *v)
{
	size_t i;
	json_t *byte;

	if (!json_is_array(v))
		return false;
	json_array_foreach(v, i, byte) {
		if (!json_is_integer(byte) || json_integer_value(byte) < 0 || json_integer_value(byte) > 255)
			return false;
	}
	return true;
}

static enum json_form form_of(const json_t *v)
{
	return json_is_string(v) ? JSON_TEXT : is_bytes(v) ? JSON_BYTES : JSON_NOTHING;
}

static size_t value_bytes(const struct json_member *m)
{
	return m->form == JSON_TEXT ? json_string_length(m->node) : m->form == JSON_BYTES ? json_array_size(m->node) : 0;
}

static void find(json_t *root, json_wanted *wanted, struct json_members *ret)
{
	const char *key;
	json_t *v;

	ret->n = 0;
	json_object_foreach(root, key, v) {
		struct json_member *m = &ret->all[ret->n];

		if (ret->n == JSON_MEMBERS_MAX || !wanted(slice_str(key)))
			continue;
		*m = (struct json_member){ .name = slice_str(key), .node = first_value(v) };
		m->form = form_of(m->node);
		ret->n++;
	}
}

static struct slice put(char **at, struct slice s)
{
	struct slice copy = { *at, s.n };

	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return copy;
}

static void put_member(struct json_member *m, char **at)
{
	size_t i;
	json_t *byte;

	m->name = put(at, m->name);
	m->value = SLICE_NONE;
	if (m->form == JSON_TEXT) {
		m->value = put(at, slice_of(json_string_value(m->node), json_string_length(m->node)));
	} else if (m->form == JSON_BYTES) {
		m->value = slice_of(*at, json_array_size(m->node));
		json_array_foreach(m->node, i, byte)
			*(*at)++ = (char)json_integer_value(byte);
	}
	m->node = NULL;
}

bool json_members_in_full(struct slice record, json_wanted *wanted, const struct envelope_room *room,
			  struct json_members *ret)
{
	json_t *root = is_modest(record) ? json_loadb(record.p, record.n, JSON_ALLOW_NUL, NULL) : NULL;
	size_t n = 0;
	char *at;

	if (!json_is_object(root)) {
		json_decref(root);
		return false;
	}
	find(root, wanted, ret);
	for (size_t i = 0; i < ret->n; i++)
		n += ret->all[i].name.n + value_bytes(&ret->all[i]);
	at = room->take(room->ctx, n);
	for (size_t i = 0; i < ret->n; i++)
		put_member(&ret->all[i], &at);
	json_decref(root);
	return true;
}

#else

bool json_members_in_full(struct slice record, json_wanted *wanted, const struct envelope_room *room,
			  struct json_members *ret)
{
	(void)record;
	(void)wanted;
	(void)room;
	ret->n = 0;
	return false;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value.c - reading a JSON text with jansson
 */
#include "check/value.h"

#include "config.h"

#if HAVE_JANSSON

#include <jansson.h>

const bool value_built_in = true;

static const json_t *json_of(const struct value *v)
{
	return (const json_t *)v;
}

struct value *value_read(struct slice text)
{
	return (struct value *)json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
}

void value_free(struct value *v)
{
	json_decref((json_t *)v);
}

const struct value *value_member(const struct value *v, const char *key)
{
	return (const struct value *)json_object_get(json_of(v), key);
}

bool value_is_object(const struct value *v)
{
	return json_is_object(json_of(v));
}

bool value_is_array(const struct value *v)
{
	return json_is_array(json_of(v));
}

bool value_is_null(const struct value *v)
{
	return json_is_null(json_of(v));
}

size_t value_items(const struct value *v)
{
	return json_array_size(json_of(v));
}

const struct value *value_item(const struct value *v, size_t i)
{
	return (const struct value *)json_array_get(json_of(v), i);
}

bool value_int(const struct value *v, int64_t *ret)
{
	*ret = json_integer_value(json_of(v));
	return json_is_integer(json_of(v));
}

bool value_text(const struct value *v, struct slice *ret)
{
	*ret = slice_of(json_string_value(json_of(v)), json_string_length(json_of(v)));
	return json_is_string(json_of(v));
}

#else

const bool value_built_in = false;

struct value *value_read(struct slice text)
{
	(void)text;
	return NULL;
}

void value_free(struct value *v)
{
	(void)v;
}

const struct value *value_member(const struct value *v, const char *key)
{
	(void)key;
	return v;
}

bool value_is_object(const struct value *v)
{
	(void)v;
	return false;
}

bool value_is_array(const struct value *v)
{
	(void)v;
	return false;
}

bool value_is_null(const struct value *v)
{
	(void)v;
	return false;
}

size_t value_items(const struct value *v)
{
	(void)v;
	return 0;
}

const struct value *value_item(const struct value *v, size_t i)
{
	(void)i;
	return v;
}

bool value_int(const struct value *v, int64_t *ret)
{
	(void)v;
	*ret = 0;
	return false;
}

bool value_text(const struct value *v, struct slice *ret)
{
	(void)v;
	*ret = SLICE_NONE;
	return false;
}

#endif

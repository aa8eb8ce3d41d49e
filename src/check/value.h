/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value.h - reading a JSON text: a thin cover over jansson, whose functions have the names of those of base/json.h
 */
#ifndef CHECK_VALUE_H
#define CHECK_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* jansson is there: else nothing can be read */
extern const bool value_built_in;

struct value; /* NULL: not there; everything is inside of the one that was read */

/* NULL: the text is no JSON.  Free it with value_free(). */
struct value *value_read(struct slice text);
void value_free(struct value *v);

const struct value *value_member(const struct value *v, const char *key);
bool value_is_object(const struct value *v);
bool value_is_array(const struct value *v);
bool value_is_null(const struct value *v);
size_t value_items(const struct value *v);
const struct value *value_item(const struct value *v, size_t i);
/* false: it is no such thing */
bool value_int(const struct value *v, int64_t *ret);
/* borrowed, with a NUL behind it */
bool value_text(const struct value *v, struct slice *ret);

#endif

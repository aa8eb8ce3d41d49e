/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - writing JSON
 *
 * Builds text in a strbuf.  Commas and nesting are kept here, so that callers only say what they mean.
 * Strings may hold any bytes: control characters, quotes and backslashes are escaped, bytes that are not
 * valid UTF-8 become U+FFFD, and what must not act where JSON is shown (utf8_unsafe) is escaped as \uXXXX.  With indent > 0 the text is laid out
 * for people, with 0 it is one line.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "base/usec.h"

struct json {
	struct strbuf *out; /* borrowed */
	int indent;         /* blanks per level; 0: one line */
	int depth;          /* at most 32 */
	bool comma;         /* the next value needs one: private */
	bool after_key;     /* private */
};

void json_init(struct json *j, struct strbuf *out, int indent);
void json_begin_object(struct json *j);
void json_end_object(struct json *j);
void json_begin_array(struct json *j);
void json_end_array(struct json *j);
/* the key of the next value; a C string of plain ASCII */
void json_key(struct json *j, const char *key);
/* SLICE_NONE is null */
void json_string(struct json *j, struct slice s);
void json_int(struct json *j, int64_t v);
/* v / 10^decimals, as a decimal number: json_decimal(j, 1234, 3) is 1.234 (trailing zeros kept) */
void json_decimal(struct json *j, int64_t v, int decimals);
void json_bool(struct json *j, bool v);
void json_null(struct json *j);
/* RFC 3339 UTC with microseconds; USEC_NONE is null */
void json_time(struct json *j, usec_t t);

/* key and value in one call */
void json_kv_string(struct json *j, const char *key, struct slice s);
void json_kv_str(struct json *j, const char *key, const char *s); /* NULL is null */
void json_kv_int(struct json *j, const char *key, int64_t v);
/* -1 (not told) is null */
void json_kv_int_or_null(struct json *j, const char *key, int64_t v);
/* seconds with 6 decimals from microseconds; -1 (not told) is null */
void json_kv_seconds_or_null(struct json *j, const char *key, usec_t v);
void json_kv_bool(struct json *j, const char *key, bool v);
void json_kv_time(struct json *j, const char *key, usec_t t);

#endif
